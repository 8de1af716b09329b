"""Layers that are noise as the network learns, and nothing after: `Dropout` and its like."""

import math
from typing import Any

import numpy as np

from ..given import number
from .base import Layer, Shape

__all__ = ["Dropout", "GaussianDropout", "GaussianNoise"]


class _Noise(Layer):
    """What keeps the generator from which its noise is drawn."""

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Keep the generator."""
        self.rng = rng


class Dropout(_Noise):
    """Set inputs to 0 at random while training, and scale up the others to make up for it.

    Parameters
    ----------
    rate : float
        The share that is set to 0, from 0 to below 1.

    Raises
    ------
    ValueError
        If the rate is no such number.
    """

    def __init__(self, rate: float) -> None:
        self.rate = number(rate, "Dropout: rate", "from 0 to below 1")

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Mask a batch if training; pass it on if not."""
        if not training or not self.rate:
            return x
        kept = self.rng.random(x.shape, dtype=np.float32) >= self.rate
        return x * (kept / np.asarray(1 - self.rate, x.dtype)).astype(x.dtype)


class GaussianNoise(_Noise):
    """Add normal noise while training.

    Parameters
    ----------
    stddev : float
        Its standard deviation.
    """

    def __init__(self, stddev: float) -> None:
        self.stddev = number(stddev, "GaussianNoise: stddev", "from 0")

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Add noise to a batch if training; pass it on if not."""
        if not training or not self.stddev:
            return x
        return x + self.rng.normal(0, self.stddev, x.shape).astype(x.dtype)


class GaussianDropout(_Noise):
    """Multiply by normal noise of mean 1 while training, of the variance of a `Dropout`'s.

    Parameters
    ----------
    rate : float
        That of the `Dropout`: the variance is rate / (1 − rate).
    """

    def __init__(self, rate: float) -> None:
        self.rate = number(rate, "GaussianDropout: rate", "from 0 to below 1")

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Multiply a batch by noise if training; pass it on if not."""
        if not training or not self.rate:
            return x
        deviation = math.sqrt(self.rate / (1 - self.rate))
        return x * self.rng.normal(1, deviation, x.shape).astype(x.dtype)
