"""Activation functions as layers, one of them learned."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, prelu

from .. import activations
from ..activations import activation as find_activation
from ..given import number
from ..initializers import constant
from .base import Layer, Shape

__all__ = ["Activation", "PReLU", "tensor_activation"]


class Activation(Layer):
    """An activation function, as a layer.

    Parameters
    ----------
    activation : str or callable
        A name of `mlp.activations`, or a function of a Tensor.

    Raises
    ------
    ValueError
        If no activation has that name.
    """

    def __init__(self, activation: str | Callable[[Any], Any]) -> None:
        self.activation = tensor_activation(activation)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Apply the function."""
        return self.activation(x)

    def net_input(self, x: Any, training: bool = False) -> Any:
        """Give x."""
        return x


class PReLU(Layer):
    """A ReLU whose slope below 0 is learned, for each input.

    Parameters
    ----------
    alpha : float, optional
        The slope to begin with; that of `mlp.keras.layers.PReLU` is 0, as in Keras.
    """

    def __init__(self, alpha: float = 0.25) -> None:
        self.initializer = constant(number(alpha, "PReLU: alpha"))

    def get_config(self) -> dict[str, Any]:
        """Give the slope to begin with."""
        return {"alpha": self.initializer.number}

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Make a slope for each input."""
        self.alpha = Tensor(self.initializer(rng, shape, dtype), "alpha")

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute x where it is above 0, and αx elsewhere."""
        return prelu(x, self.alpha)


def tensor_activation(choice: Any) -> Callable[[Any], Any]:
    """Find an activation for Tensors: as for Values, but softmax goes along the last axis."""
    for name, of_rows in ("softmax", autograd.softmax), ("log_softmax", autograd.log_softmax):
        if choice is getattr(activations, name) or (isinstance(choice, str) and choice == name):
            return of_rows
    return find_activation("linear" if choice is None else choice)
