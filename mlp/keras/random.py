"""Where all that is random comes from: `keras.utils.set_random_seed` begins it anew."""

from typing import Any

import numpy as np

from autograd import Tensor

from ..arrays import as_array
from ..given import CHECKS, DType, Shape, checked, number, shape_of, whole
from . import config
from .missing import missing

__all__ = [
    "SeedGenerator", "dropout", "generator", "normal", "randint", "shuffle", "truncated_normal",
    "uniform",
]  # fmt: skip

_source = [np.random.default_rng()]


class SeedGenerator:
    """A source of random numbers of its own.

    Parameters
    ----------
    seed : int, optional
        The same gives the same numbers.
    """

    @checked
    def __init__(self, seed: Any = None, name: str | None = None) -> None:
        self.name = name or "seed_generator"
        self.rng = generator(seed_of(seed, "SeedGenerator: seed"))


Seed = int | SeedGenerator | np.random.Generator | None


def seed_of(x: Any, name: str) -> Any:
    """Take a seed: a whole number from 0, what draws, or None."""
    if x is None or isinstance(x, (SeedGenerator, np.random.Generator)):
        return x
    return whole(x, name, 0)


CHECKS[Seed] = seed_of


@checked
def generator(seed: Seed = None) -> np.random.Generator:
    """Give the generator that a seed stands for: a number, a `SeedGenerator`, or None."""
    if isinstance(seed, (SeedGenerator, np.random.Generator)):
        return getattr(seed, "rng", seed)
    return np.random.default_rng(_source[0].integers(2**63) if seed is None else seed)


@checked
def begin(seed: int) -> None:
    """Begin anew."""
    _source[0] = np.random.default_rng(seed)


def _array(x: Any, name: str) -> Any:
    x = x if isinstance(x, Tensor) else as_array(x, name)
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{name} are numbers, got {x!r:.60}")
    return x


def _cast(x: np.ndarray, dtype: DType) -> np.ndarray:
    return np.asarray(x, dtype or config.floatx())


@checked
def normal(shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: DType = None,
           seed: Seed = None) -> np.ndarray:  # fmt: skip
    """Draw from a normal distribution.

    Examples
    --------
    >>> normal((2, 3), seed=0).shape
    (2, 3)
    """
    stddev = number(stddev, "normal: stddev", "from 0")
    return _cast(generator(seed).normal(mean, stddev, shape), dtype)


@checked
def truncated_normal(shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: DType = None,
                     seed: Seed = None) -> np.ndarray:  # fmt: skip
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


@checked
def uniform(shape: Shape, minval: float = 0.0, maxval: float = 1.0, dtype: DType = None,
            seed: Seed = None) -> np.ndarray:  # fmt: skip
    """Draw evenly from minval to below maxval."""
    if minval > maxval:
        raise ValueError(f"uniform: minval is at most maxval, got {minval} and {maxval}")
    return _cast(generator(seed).uniform(minval, maxval, shape), dtype)


@checked(inputs=_array)
def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Seed = None) -> Any:
    """Set numbers to 0 at random, and scale up the others to make up for it."""
    rate = number(rate, "dropout: rate", "from 0 to below 1")
    dtype = inputs.dtype if inputs.dtype.kind == "f" else config.floatx()
    shape = inputs.shape if noise_shape is None else shape_of(noise_shape, "dropout: noise_shape")
    return inputs * _cast((generator(seed).random(shape) >= rate) / (1 - rate), dtype)


@checked
def randint(shape: Shape, minval: int, maxval: int, dtype: DType = "int32",
            seed: Seed = None) -> np.ndarray:  # fmt: skip
    """Draw whole numbers from minval to below maxval."""
    if not minval < maxval:
        raise ValueError(f"randint: minval is below maxval, got {minval} and {maxval}")
    return generator(seed).integers(minval, maxval, shape).astype(dtype or "int32")


@checked(x=as_array)
def shuffle(x: Any, axis: int = 0, seed: Seed = None) -> np.ndarray:
    """Give x in another order along an axis."""
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"shuffle: axis {axis} of an array of {x.ndim} axes")
    return generator(seed).permutation(x, axis=axis)


__getattr__ = missing(__name__, __all__)
