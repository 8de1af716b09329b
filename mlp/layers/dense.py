"""`Dense`: a layer of neurons, written with matrices."""

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from autograd import Tensor, linear

from ..given import flag, text, whole
from ..initializers import initializer as find_initializer
from ..regularizers import regularizer as find_regularizer
from .activation import tensor_activation
from .base import Layer, Shape

__all__ = ["Dense"]


class Dense(Layer):
    """A layer of neurons, φ(xW + b), for a batch x of shape (examples, inputs).

    Parameters
    ----------
    units : int
        How many neurons.
    activation : str or callable, optional
        φ, linear if not given.
    use_bias : bool, optional
        Whether there is a b.
    kernel_initializer, bias_initializer : str or callable, optional
        How W (inputs, units) and b (units,) begin: names of `mlp.initializers`.
    kernel_regularizer, bias_regularizer : str or callable, optional
        What `Sequential.fit` adds to the loss for W and b: names of `mlp.regularizers`, or a
        function of a Tensor.
    name : str, optional
        The group of its nodes.

    Raises
    ------
    ValueError
        If `units` is no whole number from 1, or a name is not known.

    Examples
    --------
    >>> layer = Dense(2, "relu")
    >>> layer.build((3,), np.random.default_rng(0), "float64")
    >>> layer(np.ones((4, 3))).shape
    (4, 2)
    """

    def __init__(
        self,
        units: int,
        activation: str | Callable[[Any], Any] | None = None,
        *,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        name: str = "",
    ) -> None:
        self.units = whole(units, "Dense: units")
        if isinstance(activation, Real):
            raise TypeError(f"Dense: activation is a name or a function, got {activation!r}: write "
                            "Dense(units, activation); a layer finds the number of its inputs "
                            "itself")  # fmt: skip
        self.activation = tensor_activation(activation)
        self.use_bias = flag(use_bias, "Dense: use_bias")
        self.kernel_initializer = find_initializer(kernel_initializer)
        self.bias_initializer = find_initializer(bias_initializer)
        self.kernel_regularizer = find_regularizer(kernel_regularizer)
        self.bias_regularizer = find_regularizer(bias_regularizer)
        self.name = text(name, "Dense: name")

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Make W and b."""
        self.W = Tensor(self.kernel_initializer(rng, (shape[-1], self.units), dtype), "W")
        if self.use_bias:
            self.b = Tensor(self.bias_initializer(rng, (self.units,), dtype), "b")

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape."""
        return (*shape[:-1], self.units)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute φ(xW + b)."""
        return self.activation(linear(x, self.W, self.b) if self.use_bias else linear(x, self.W))

    def net_input(self, x: Any, training: bool = False) -> Any:
        """Compute xW + b."""
        return linear(x, self.W, self.b) if self.use_bias else linear(x, self.W)

    def penalties(self) -> list[Any]:
        """List what regularizers add to the loss."""
        terms = []
        if self.kernel_regularizer is not None:
            terms.append(self.kernel_regularizer(self.W))
        if self.bias_regularizer is not None and self.use_bias:
            terms.append(self.bias_regularizer(self.b))
        return terms
