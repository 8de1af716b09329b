"""Layers that bring inputs into shape: those of `mlp.layers` with Keras' arguments."""

from typing import Any

from ... import layers
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
    """Shift and scale each feature to mean 0 and variance 1: what `adapt` saw, or what is given."""

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        not_here("Normalization", invert=invert)
        if axis not in (-1, [-1], (-1,), None):
            not_here("Normalization", "features lie along the last axis", axis=axis)
        self.axis = axis
        layers.Normalization.__init__(self, mean, variance)

    def adapt(self, data: Any) -> None:
        """Take mean and variance from examples: of each feature, or with ``axis=None`` of all."""
        super().adapt(data)
