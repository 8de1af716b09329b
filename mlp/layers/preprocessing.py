"""Layers that bring inputs into shape, and learn nothing by descent."""

import math
from typing import Any

import numpy as np

from ..arrays import as_array
from ..data.moments import moments
from ..given import listed, number, whole
from .base import Layer, Shape

__all__ = ["Flatten", "Normalization", "Permute", "RepeatVector", "Rescaling", "Reshape"]


class Flatten(Layer):
    """Make one row of each example: images of shape (28, 28) become 784 numbers."""

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape."""
        return (math.prod(shape),)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Reshape a batch."""
        return x.reshape(x.shape[0], math.prod(x.shape[1:]))


class Reshape(Layer):
    """Give each example another shape; one axis may be −1, what is left.

    Parameters
    ----------
    target_shape : tuple of int
        The shape, without the axis of the examples.

    Examples
    --------
    >>> Reshape((2, -1))(np.zeros((5, 6))).shape
    (5, 2, 3)
    """

    def __init__(self, target_shape: Shape) -> None:
        name = "Reshape: target_shape"
        axes = listed(target_shape, name, "whole numbers")
        self.target_shape = tuple(whole(n, name, -1) for n in axes)

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape."""
        try:
            return np.broadcast_to(0, shape).reshape(self.target_shape).shape
        except ValueError:
            raise ValueError(f"Reshape: an example of shape {shape} has {math.prod(shape)} numbers,"
                             f" which {self.target_shape} does not hold") from None  # fmt: skip

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Reshape a batch."""
        return x.reshape(x.shape[0], *self.output_shape(x.shape[1:]))


class Permute(Layer):
    """Put the axes of each example into another order.

    Parameters
    ----------
    dims : tuple of int
        The axes, counted from 1.

    Examples
    --------
    >>> Permute((2, 1))(np.zeros((5, 3, 4))).shape
    (5, 4, 3)
    """

    def __init__(self, dims: Shape) -> None:
        self.dims = tuple(whole(k, "Permute: dims") for k in listed(dims, "Permute: dims", "axes"))
        if sorted(self.dims) != [*range(1, len(self.dims) + 1)]:
            raise ValueError(f"Permute: dims are the axes from 1, each once, got {dims!r}")

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape."""
        if len(shape) != len(self.dims):
            raise ValueError(f"Permute: dims {self.dims} are all axes of an example, and one of "
                             f"shape {shape} came")  # fmt: skip
        return tuple(shape[k - 1] for k in self.dims)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Transpose a batch."""
        return x.transpose(0, *self.dims)


class RepeatVector(Layer):
    """Give each row so many times: (examples, inputs) becomes (examples, n, inputs).

    Parameters
    ----------
    n : int
        How many times.
    """

    def __init__(self, n: int) -> None:
        self.n = whole(n, "RepeatVector: n")

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape."""
        return (self.n, *shape)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Repeat a batch."""
        return np.repeat(x[:, None], self.n, axis=1)


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
        self.scale = number(scale, "Rescaling: scale")
        self.offset = number(offset, "Rescaling: offset")

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
        self.mean, self.variance = (
            None if x is None else as_array(x, f"Normalization: {name}", float).tolist()
            for name, x in (("mean", mean), ("variance", variance)))  # fmt: skip

    def adapt(self, data: Any) -> None:
        """Take mean and variance of each feature from examples; before the layer is built.

        Raises
        ------
        ValueError
            If the variance of a feature is beyond the range of numbers.
        """
        numbers = isinstance(data, np.ndarray) and data.dtype.kind in "biuf"
        x = as_array(data, "adapt: data", None if numbers else float)  # of numbers, some at a time
        if not x.ndim or not len(x):
            raise ValueError(f"adapt: data is examples, (examples, …), got shape {x.shape}")
        mean, deviation = moments(x, float)
        with np.errstate(over="ignore"):
            variance = np.square(deviation)
        beyond = np.isinf(variance) | ((variance == 0) & (deviation > 0))
        if beyond.any():
            raise ValueError(f"Normalization: {deviation[beyond].flat[0]:g}², the variance of a "
                             "feature, is no number of float64: use another unit")  # fmt: skip
        self.mean, self.variance = mean.tolist(), variance.tolist()

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Keep both in the type of the network.

        A feature that is always the same, as far as that type can tell, is only shifted.
        """
        if self.mean is None or self.variance is None:
            raise ValueError("Normalization: call adapt(x) first, or give mean and variance")
        mean, variance = np.asarray(self.mean), np.asarray(self.variance)
        if not mean.shape == variance.shape in ((), shape) or not (variance >= 0).all():
            raise ValueError(f"Normalization: a mean and a variance, which is not below 0, for "
                             f"inputs of shape {shape}, got shapes {mean.shape} and "
                             f"{variance.shape}")  # fmt: skip
        deviation, eps = np.sqrt(variance), np.finfo(dtype).eps
        factor = 1 / np.where(deviation <= eps * np.abs(mean), 1, deviation)
        self._mean, self._factor = mean.astype(dtype), factor.astype(dtype)
        rest = (mean - self._mean) * factor  # of a time stamp, float32 has not all digits
        self._rest = rest.astype(dtype) if (np.abs(rest) > eps).any() else None

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute (x − mean) / √variance."""
        y = (x - self._mean) * self._factor
        return y if self._rest is None else y - self._rest
