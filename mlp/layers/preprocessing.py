"""Layers that bring inputs into shape, and learn nothing by descent."""

import math
from typing import Any

import numpy as np

from .base import Layer, Shape

__all__ = ["Flatten", "Normalization", "Rescaling"]


class Flatten(Layer):
    """Make one row of each example: images of shape (28, 28) become 784 numbers."""

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape."""
        return (math.prod(shape),)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Reshape a batch."""
        return x.reshape(x.shape[0], math.prod(x.shape[1:]))


class Rescaling(Layer):
    """Multiply by a factor, and add an offset: ``Rescaling(1 / 255)`` brings bytes to 0…1.

    Parameters
    ----------
    scale : float
        The factor.
    offset : float, optional
        What is added.
    """

    def __init__(self, scale: float, offset: float = 0.0) -> None:
        self.scale = scale
        self.offset = offset

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Keep the type into which integers are turned."""
        self.dtype = dtype

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute x · scale + offset."""
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        y = x * self.scale
        return y + self.offset if self.offset else y


class Normalization(Layer):
    """Shift and scale each feature to mean 0 and variance 1: what `adapt` saw, or what is given.

    Parameters
    ----------
    mean, variance : array_like, optional
        Of each feature, or of all.

    Examples
    --------
    >>> layer = Normalization()
    >>> layer.adapt([[1.0, 10.0], [3.0, 30.0]])
    >>> layer.mean, layer.variance
    ([2.0, 20.0], [1.0, 100.0])
    """

    def __init__(self, mean: Any = None, variance: Any = None) -> None:
        self.mean, self.variance = (None if x is None else np.asarray(x, float).tolist()
                                    for x in (mean, variance))  # fmt: skip

    def adapt(self, data: Any) -> None:
        """Take mean and variance of each feature from examples; before the layer is built."""
        data = np.asarray(data, float)
        self.mean, self.variance = data.mean(axis=0).tolist(), data.var(axis=0).tolist()

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Keep both in the type of the network; a feature that is always the same becomes 0."""
        if self.mean is None or self.variance is None:
            raise ValueError("Normalization: call adapt(x) first, or give mean and variance")
        mean, variance = np.asarray(self.mean), np.asarray(self.variance)
        if not mean.shape == variance.shape in ((), shape) or not (variance >= 0).all():
            raise ValueError(f"Normalization: a mean and a variance, which is not below 0, for "
                             f"inputs of shape {shape}, got shapes {mean.shape} and "
                             f"{variance.shape}")  # fmt: skip
        self._mean = mean.astype(dtype)
        self._factor = (1 / np.maximum(np.sqrt(variance), 1e-7)).astype(dtype)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute (x − mean) / √variance."""
        return (x - self._mean) * self._factor
