"""Loops that Numba compiles: one pass over memory where NumPy makes ten. Off until asked for."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

__all__ = ["use_numba"]

loops: dict[str, Callable[..., None]] = {}  # those in use: optimizers and mini-batches look here


def use_numba(on: bool = True) -> None:
    """Compile what training does beside the products: Adam's update, and gathering bytes.

    The numbers are the same, bit for bit. The first call in a process takes about a second, and
    more where Numba has to compile anew; it is worth it for a training of thousands of steps.

    Parameters
    ----------
    on : bool, optional
        Whether to use the compiled loops from now on, or NumPy again.

    Raises
    ------
    ModuleNotFoundError
        If Numba is not installed.

    Examples
    --------
    >>> import mlp
    >>> mlp.use_numba()         # doctest: +SKIP
    """
    loops.clear()
    if on:
        loops.update(_compiled())


@cache
def _compiled() -> dict[str, Callable[..., None]]:
    try:
        import numba
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "use_numba needs Numba, which is not installed: pip install numba", name="numba"
        ) from None
    compile_ = numba.njit(cache=True, nogil=True, error_model="numpy")
    return {"adam": compile_(_adam), "gather": compile_(_gather)}


def _adam(w: Any, g: Any, M: Any, V: Any, beta1: Any, beta2: Any, eps: Any, rate: Any) -> None:
    for i in range(w.size):
        M[i] = M[i] * beta1 + g[i]
        V[i] = V[i] * beta2 + g[i] * g[i]
        w[i] -= M[i] / (np.sqrt(V[i]) + eps) * rate


def _gather(x: Any, rows: Any, scale: Any, out: Any) -> None:
    for i, row in enumerate(rows):
        for j in range(x.shape[1]):
            out[i, j] = x[row, j] * scale
