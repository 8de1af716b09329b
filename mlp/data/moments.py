"""Mean and standard deviation of features: what a promise of mean 0 and deviation 1 hangs on."""

import numpy as np

__all__ = ["moments"]


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and standard deviation along the first axis, in float64.

    A deviation is 0 where it is no more than the rounding of x's type at the mean. Nothing
    overflows on the way: numbers are divided by a power of two, which costs no digit.

    Examples
    --------
    >>> moments(np.array([[1.0, 1e200], [3.0, 3e200]]))
    (array([2.e+000, 2.e+200]), array([1.e+000, 1.e+200]))
    """
    eps = np.finfo(x.dtype if x.dtype.kind == "f" else float).eps
    x = x.astype(float)
    exponent = np.frexp(np.abs(x).max(axis=0))[1] + 2
    x = np.ldexp(x, -exponent)
    mean = x.mean(axis=0)
    x -= mean
    rest = x.mean(axis=0)  # what the rounding of a long sum has left over
    mean += rest
    x -= rest
    deviation = np.sqrt(np.square(x, out=x).mean(axis=0))
    deviation = np.where(deviation <= 2 * eps * np.abs(mean), 0.0, deviation)
    return np.ldexp(mean, exponent), np.ldexp(deviation, exponent)
