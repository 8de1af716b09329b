"""Mean and standard deviation of features: what a promise of mean 0 and deviation 1 hangs on."""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["moments"]


BLOCK = 1 << 20  # numbers that are looked at together: x may be larger than memory


def moments(x: np.ndarray, precision: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and standard deviation along the first axis, in float64.

    A deviation is 0 where it is no more than the rounding of x's type at the mean. Nothing
    overflows on the way: numbers are divided by a power of two, which costs no digit.

    Parameters
    ----------
    x : ndarray, shape (examples, ...)
        Numbers; of a memory-mapped array a block is in memory at a time.
    precision : dtype, optional
        Whose rounding is meant; that of x, if not given.

    Examples
    --------
    >>> moments(np.array([[1.0, 1e200], [3.0, 3e200]]))
    (array([2.e+000, 2.e+200]), array([1.e+000, 1.e+200]))
    """
    precision = x.dtype if precision is None else np.dtype(precision)
    eps = np.finfo(precision if precision.kind == "f" else float).eps
    n = len(x)
    rows = max(1, BLOCK // max(1, x[:1].size))
    blocks = [slice(k, k + rows) for k in range(0, n, rows)]

    def total(f: Callable[[np.ndarray], np.ndarray]) -> Any:
        return sum(f(x[b] * factor).sum(axis=0) for b in blocks)

    largest = [np.abs(x[b].astype(float)).max(axis=0) for b in blocks]
    exponent = np.maximum(np.frexp(np.max(largest, axis=0))[1] + 2, -1000)
    factor = np.ldexp(1.0, -exponent)
    first = total(lambda x: x) / n
    rest = total(lambda x: x - first) / n  # what the rounding of a long sum has left over
    deviation = np.sqrt(total(lambda x: np.square(x - first - rest)) / n)
    mean = first + rest
    deviation = np.where(deviation <= 2 * eps * np.abs(mean), 0.0, deviation)
    return np.ldexp(mean, exponent), np.ldexp(deviation, exponent)
