"""What compiled loops are made of: products, and where threads wait for one another.

They count turns in shared memory, and spin, for a step takes microseconds; when that has taken a
while they give way to others. Nothing is left of it between calls, so that processes may fork and
trainings run side by side.
"""

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["LINE", "dot", "maximum", "minimum", "wait"]

LINE = 16  # numbers to a pair of cache lines, so that no thread writes where another looks
_SPINS = 20_000

if sys.platform != "win32":
    _give_way = types.ExternalFunction("sched_yield", types.int32())
else:
    @njit
    def _give_way() -> int:
        return 0


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    made = context.make_array(kind)(context, builder, array)
    return cgutils.get_item_pointer(context, builder, kind, made, [index])


@intrinsic
def _load(typing: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _pointer(context, builder, signature.args[0], *arguments)
        return builder.load_atomic(place, "acquire", 8, typ=ir.IntType(64))

    return types.int64(array, types.intp), generate


@intrinsic
def _store(typing: Any, array: Any, index: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _pointer(context, builder, signature.args[0], *arguments[:2])
        builder.store_atomic(arguments[2], place, "release", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), generate


@njit(nogil=True, cache=True)
def dot(a: Any, b: Any, out: Any) -> None:
    """Multiply matrices, by the BLAS library of SciPy."""
    np.dot(a, b, out)


@njit(nogil=True, cache=True, inline="always")
def maximum(a: Any, b: Any) -> Any:
    """Give the larger number, or NaN if there is one."""
    return a if a >= b or a != a else b


@njit(nogil=True, cache=True, inline="always")
def minimum(a: Any, b: Any) -> Any:
    """Give the smaller number, or NaN if there is one."""
    return a if a <= b or a != a else b


@njit(nogil=True, cache=True)
def wait(flags: Any, me: int, threads: int, turn: int) -> int:
    """Wait for the others to come to this turn; −1 says that one of them will not.

    Parameters
    ----------
    flags : ndarray of int64, shape (LINE * (threads + 1),)
        The turns of the threads, and whether to give up.
    me, threads : int
        Which thread this is, of how many.
    turn : int
        The turn before.
    """
    turn += 1
    _store(flags, me * LINE, turn)
    for other in range(threads):
        spins = 0
        while _load(flags, other * LINE) < turn:
            if _load(flags, threads * LINE) != 0:
                return -1
            spins += 1
            if spins > _SPINS:
                _give_way()
    return turn
