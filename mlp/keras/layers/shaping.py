"""Layers that bring inputs into shape: those of `mlp.layers` with Keras' arguments."""

from typing import Any

import numpy as np

from ... import layers
from ...arrays import as_array
from ..named import not_here
from .base import Layer

__all__ = ["Flatten", "Normalization", "Permute", "RepeatVector", "Rescaling", "Reshape"]


class Flatten(Layer, layers.Flatten):
    """Make one row of each example: images of shape (28, 28) become 784 numbers."""

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if data_format not in (None, "channels_last"):
            not_here("Flatten", data_format=data_format)


class Reshape(Layer, layers.Reshape):
    """Give each example another shape; one axis may be −1, what is left."""

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layers.Reshape.__init__(self, target_shape)


class Permute(Layer, layers.Permute):
    """Put the axes of each example into another order; they are counted from 1."""

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layers.Permute.__init__(self, dims)


class RepeatVector(Layer, layers.RepeatVector):
    """Give each row n times."""

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layers.RepeatVector.__init__(self, n)


class Rescaling(Layer, layers.Rescaling):
    """Multiply by a factor, and add an offset: ``Rescaling(1 / 255)``."""

    def __init__(self, scale: float, offset: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layers.Rescaling.__init__(self, scale, offset)

    def build(self, input_shape: Any) -> None:
        """Nothing: the type is known."""


class Normalization(Layer, layers.Normalization):
    """Shift and scale each feature to mean 0 and variance 1: what `adapt` saw, or what is given.

    What it saw are weights, which are not learned, but in files.

    Examples
    --------
    >>> layer = Normalization()
    >>> layer.adapt([[1.0, 10.0], [3.0, 30.0]])
    >>> layer(np.array([[3.0, 10.0]])).tolist()
    [[1.0, -1.0]]
    """

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        not_here("Normalization", invert=invert)
        if str(axis) not in ("-1", "[-1]", "(-1,)", "None"):
            not_here("Normalization", "features lie along the last axis", axis=axis)
        if (mean is None) != (variance is None):
            raise ValueError("Normalization: give mean and variance, or neither, and call adapt(x)")
        self.axis, self.adapts = axis, mean is None
        layers.Normalization.__init__(self, mean, variance)

    def adapt(self, data: Any) -> None:
        """Take mean and variance from examples: of each feature, or with ``axis=None`` of all."""
        x = as_array(data, "adapt: data", float)
        if not x.ndim:
            raise ValueError(f"adapt: data is examples, (examples, …), got {x!r:.60}")
        rows = x.reshape(-1, 1 if self.axis is None else x.shape[-1])
        super().adapt(rows)
        self.count = len(rows)
        if self.built:
            self._note()
        else:
            self.make(x.shape[1:], self._rng, self.dtype)

    def build(self, input_shape: Any) -> None:
        """Make the weights for what it saw, or keep what is given."""
        if not self.adapts:
            super().build(input_shape)
            return
        shape = () if self.axis is None else input_shape[-1:]
        self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
        self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance")
        self.adapt_count = self.add_weight((), "zeros", trainable=False, name="count")
        if self.mean is not None:
            self._note()

    def _note(self) -> None:
        for weight, numbers in ((self.adapt_mean, self.mean), (self.adapt_variance, self.variance),
                                (self.adapt_count, self.count)):  # fmt: skip
            weight.assign(np.reshape(numbers, weight.shape))

    def call(self, inputs: Any) -> Any:
        """Compute (x − mean) / √variance."""
        if not self.adapts:
            return layers.Normalization.__call__(self, inputs)
        if self.mean is None and not self.adapt_mean.data.any():
            raise ValueError("Normalization: call adapt(x) first, or give mean and variance")
        return (inputs - self.adapt_mean.data) / np.maximum(np.sqrt(self.adapt_variance.data), 1e-7)
