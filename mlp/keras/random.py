"""Where all that is random comes from: `keras.utils.set_random_seed` begins it anew."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import config
from .missing import missing

__all__ = [
    "SeedGenerator", "dropout", "generator", "normal", "randint", "shuffle", "truncated_normal",
    "uniform",
]  # fmt: skip

Shape = Sequence[int]
_source = [np.random.default_rng()]


class SeedGenerator:
    """A source of random numbers of its own.

    Parameters
    ----------
    seed : int, optional
        The same gives the same numbers.
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        self.name = name or "seed_generator"
        self.rng = np.random.default_rng(_source[0].integers(2**63) if seed is None else seed)


def generator(seed: Any = None) -> np.random.Generator:
    """Give the generator that a seed stands for: a number, a `SeedGenerator`, or None."""
    if isinstance(seed, (SeedGenerator, np.random.Generator)):
        return getattr(seed, "rng", seed)
    return np.random.default_rng(_source[0].integers(2**63) if seed is None else seed)


def begin(seed: int) -> None:
    """Begin anew."""
    _source[0] = np.random.default_rng(seed)


def _cast(x: np.ndarray, dtype: Any) -> np.ndarray:
    return np.asarray(x, dtype or config.floatx())


def normal(shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None,
           seed: Any = None) -> np.ndarray:  # fmt: skip
    """Draw from a normal distribution.

    Examples
    --------
    >>> normal((2, 3), seed=0).shape
    (2, 3)
    """
    return _cast(generator(seed).normal(mean, stddev, shape), dtype)


def truncated_normal(shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None,
                     seed: Any = None) -> np.ndarray:  # fmt: skip
    """Draw from a normal distribution cut off at two standard deviations.

    Examples
    --------
    >>> bool(abs(truncated_normal((1000,), seed=0)).max() <= 2)
    True
    """
    rng = generator(seed)
    z = rng.standard_normal(shape)
    while (outside := np.abs(z) > 2).any():
        z[outside] = rng.standard_normal(np.count_nonzero(outside))
    return _cast(mean + stddev * z, dtype)


def uniform(shape: Shape, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None,
            seed: Any = None) -> np.ndarray:  # fmt: skip
    """Draw evenly from minval to below maxval."""
    return _cast(generator(seed).uniform(minval, maxval, shape), dtype)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """Set numbers to 0 at random, and scale up the others to make up for it."""
    kept = generator(seed).random(noise_shape or inputs.shape) >= rate
    return inputs * _cast(kept / (1 - rate), inputs.dtype)


def randint(shape: Shape, minval: int, maxval: int, dtype: Any = "int32",
            seed: Any = None) -> np.ndarray:  # fmt: skip
    """Draw whole numbers from minval to below maxval."""
    return generator(seed).integers(minval, maxval, shape).astype(dtype)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> np.ndarray:
    """Give x in another order along an axis."""
    return generator(seed).permutation(x, axis=axis)


__getattr__ = missing(__name__, __all__)
