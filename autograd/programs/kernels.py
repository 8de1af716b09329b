"""What compiled loops are made of: products, and where threads wait for one another.

They count turns in shared memory, and spin, for a step takes microseconds; when that has taken a
while they give way to others. Nothing is left of it between calls, so that processes may fork and
trainings run side by side.
"""

import ctypes
import platform
import sys
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, overload
from threadpoolctl import threadpool_info

__all__ = ["LINE", "NUMPYS", "dot", "fetch", "flush", "maximum", "minimum", "own", "restore",
           "select", "share", "wait"]  # fmt: skip

LINE = 16  # numbers to a pair of cache lines, so that no thread writes where another looks
_SPINS = 20_000
_AT_ONCE = 64  # bytes that a core reads from memory at once
_FLUSH = 0x8040  # in an x86 processor's MXCSR: denormal results are 0, and operands too
_INT, _BYTES = ir.IntType(32), ir.IntType(8).as_pointer()

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


def _numpys_products() -> bool:
    """Name NumPy's own products for compiled code; tell whether it brings any, as its wheels do."""
    for library in threadpool_info():
        if library["internal_api"] == "openblas":
            functions = ctypes.CDLL(library["filepath"])
            if hasattr(functions, "scipy_cblas_sgemm64_"):
                for letter in "sd":
                    f = getattr(functions, f"scipy_cblas_{letter}gemm64_")
                    address = ctypes.cast(f, ctypes.c_void_p).value
                    binding.add_symbol(f"chainrule_{letter}gemm", address)
                return True
    return False


NUMPYS = _numpys_products()
_ROWS, _PLAIN, _TURNED = 101, 111, 112  # the names of CBLAS for these


def dot(a: Any, b: Any, out: Any) -> None:
    """Multiply matrices, by NumPy's BLAS library or else by SciPy's."""
    np.dot(a, b, out)


@overload(dot)
def _dot(a: Any, b: Any, out: Any) -> Any:
    kind = out.dtype
    straight = "A" not in a.layout + b.layout and out.layout == "C"
    if not NUMPYS or kind not in (types.float32, types.float64) or not straight:
        return lambda a, b, out: np.dot(a, b, out)
    size, pointer, how = types.int64, types.CPointer(kind), types.int32
    multiply = types.ExternalFunction(
        f"chainrule_{'s' if kind == types.float32 else 'd'}gemm",
        types.void(how, how, how, size, size, size, kind, pointer, size, pointer, size, kind,
                   pointer, size))  # fmt: skip
    turned_a, turned_b = a.layout == "F", b.layout == "F"
    one, zero = (np.float32(1), np.float32(0)) if kind == types.float32 else (1.0, 0.0)

    def product(a: Any, b: Any, out: Any) -> None:
        (m, inner), n = a.shape, b.shape[1]
        multiply(_ROWS, _TURNED if turned_a else _PLAIN, _TURNED if turned_b else _PLAIN,
                 m, n, inner, one, a.ctypes, m if turned_a else inner,
                 b.ctypes, inner if turned_b else n, zero, out.ctypes, n)  # fmt: skip

    return product


@intrinsic
def _prefetch(typing: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [_BYTES, _INT, _INT, _INT])
        function = builder.module.declare_intrinsic("llvm.prefetch", (_BYTES,), kind)
        builder.call(function, [builder.inttoptr(arguments[0], _BYTES), _INT(0), _INT(2), _INT(1)])
        return context.get_dummy_value()

    return types.void(types.intp), generate


@njit(nogil=True, cache=True)
def fetch(array: Any, row: int) -> None:
    """Ask for a row of data that will be read soon."""
    size = array.shape[1] * array.itemsize
    start = array.ctypes.data + row * size
    for place in range(start, start + size, _AT_ONCE):
        _prefetch(place)


@intrinsic
def _rewrite(typing: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], _INT.as_pointer())
        number = builder.load_atomic(place, "monotonic", 4, typ=_INT)
        builder.store_atomic(number, place, "monotonic", 4)
        return context.get_dummy_value()

    return types.void(types.intp), generate


@njit(nogil=True, cache=True)
def own(array: Any) -> None:
    """Write numbers as they are, where others have read them, to have them to oneself.

    A core that is to write what another holds waits; and while it also writes what none holds, in
    order, it waits for one after the other. So they are claimed before, all at once.
    """
    for place in range(array.ctypes.data, array.ctypes.data + array.nbytes, _AT_ONCE):
        _rewrite(place)


@intrinsic
def _mode(typing: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = cgutils.alloca_once(builder, _INT, size=2)
        after = builder.gep(place, [_INT(1)])
        kind = ir.FunctionType(ir.VoidType(), [_BYTES])
        read, write = (builder.module.declare_intrinsic(f"llvm.x86.sse.{name}mxcsr", (), kind)
                       for name in ("st", "ld"))  # fmt: skip
        builder.call(read, [builder.bitcast(place, _BYTES)])
        builder.store(builder.trunc(arguments[0], _INT), after)
        builder.call(write, [builder.bitcast(after, _BYTES)])
        return builder.zext(builder.load(place), ir.IntType(64))

    return types.int64(types.int64), generate


if platform.machine() in ("x86_64", "AMD64"):
    @njit(nogil=True, cache=True)
    def flush() -> int:
        """Have this thread take denormal numbers, with which it is slow, for 0; say how it was."""
        before = _mode(0x1F80 | _FLUSH)
        _mode(before | _FLUSH)
        return before

    @njit(nogil=True, cache=True)
    def restore(before: int) -> None:
        """Have this thread compute as before `flush`."""
        _mode(before)
else:
    @njit(nogil=True, cache=True)
    def flush() -> int:
        """Do nothing: other processors are as fast with denormal numbers."""
        return 0

    @njit(nogil=True, cache=True)
    def restore(before: int) -> None:
        """Do nothing."""


@njit(nogil=True, cache=True, inline="always")
def select(condition: Any, a: Any, b: Any) -> Any:
    """Give one of two numbers that are there: no branch."""
    return a if condition else b


@njit(nogil=True, cache=True, inline="always")
def maximum(a: Any, b: Any) -> Any:
    """Give the larger number, or NaN if there is one."""
    return a if a >= b or a != a else b


@njit(nogil=True, cache=True, inline="always")
def minimum(a: Any, b: Any) -> Any:
    """Give the smaller number, or NaN if there is one."""
    return a if a <= b or a != a else b


@njit(nogil=True, cache=True)
def share(total: int, me: int, threads: int) -> int:
    """Give where a thread's share of numbers begins: never amid what a core reads at once."""
    return total if me == threads else total * me // threads // LINE * LINE


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
