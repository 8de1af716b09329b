"""Layers on Tensors: what a network of neurons becomes when it is written with matrices.

A batch is an array of shape (examples, inputs). A layer gets its parameters when the number of its
inputs is known: from an `Input`, from `Sequential.build`, or from the first batch.
"""

import math
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, linear, prelu

from . import activations
from .activations import activation as find_activation
from .description import arguments
from .initializers import constant
from .initializers import initializer as find_initializer
from .regularizers import regularizer as find_regularizer

__all__ = [
    "Activation", "Dense", "Dropout", "Flatten", "Input", "Layer", "Normalization", "PReLU",
    "Rescaling", "tensor_activation",
]  # fmt: skip

Shape = tuple[int, ...]


class Layer:
    """A layer: `build` makes what it learns, ``__call__`` computes.

    Tensors that are attributes of a layer are its parameters.

    Attributes
    ----------
    trainable : bool
        Whether an optimizer is to change its parameters; False freezes them.
    name : str
        The group of its nodes; given by `Sequential` where it is empty.

    Examples
    --------
    A layer of one's own, that scales each input:

    >>> class Scale(Layer):
    ...     def build(self, shape, rng, dtype):
    ...         self.factor = Tensor(np.ones(shape, dtype), "factor")
    ...     def __call__(self, x, training=False):
    ...         return x * self.factor
    >>> from mlp import Sequential
    >>> model = Sequential([Scale(), Dense(1)]).build(3)
    >>> [p.label for p in model.parameters()]
    ['factor', 'W', 'b']
    """

    trainable = True
    name = ""
    activation: Callable[[Any], Any] = staticmethod(activations.linear)
    net_input: Callable[..., Any] | None = None  # what `activation` is applied to, if that is all

    def __init_subclass__(cls) -> None:
        if "__call__" in vars(cls) and "net_input" not in vars(cls):
            cls.net_input = None  # it computes in a way of its own

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Make the parameters, for inputs of a shape (without the axis of the examples)."""

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape."""
        return shape

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute the outputs for a batch."""
        return x

    def tensors(self) -> list[Tensor]:
        """List the parameters, also when they are frozen."""
        return [x for x in vars(self).values() if isinstance(x, Tensor)]

    def parameters(self) -> list[Tensor]:
        """List the parameters that are to be learned."""
        return self.tensors() if self.trainable else []

    def penalties(self) -> list[Any]:
        """List what regularizers add to the loss."""
        return []

    def get_config(self) -> dict[str, Any]:
        """Give the constructor's arguments, for files: attributes of the same names."""
        return arguments(self)

    def count_params(self) -> int:
        """Count the numbers that the layer holds, learned or frozen."""
        return sum(p.size for p in self.tensors())

    def get_weights(self) -> list[np.ndarray]:
        """Give copies of the parameters, in Keras' order and shapes: for `Dense`, W and b."""
        return [p.data.copy() for p in self.tensors()]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the parameters, in the order of `get_weights`.

        Raises
        ------
        ValueError
            If there are not as many arrays, or one is of another shape; nothing has changed then.
        """
        tensors = self.tensors()
        arrays = [np.array(w, p.dtype) for w, p in zip(weights, tensors, strict=False)]
        given, wanted = [np.shape(w) for w in weights], [p.shape for p in tensors]
        if given != wanted:
            raise ValueError(f"set_weights: expected arrays of shapes {wanted}, got {given}")
        for p, array in zip(tensors, arrays, strict=True):
            p.data = array


class Input(Layer):
    """Say what one example is: ``Input(shape=(784,))``, or ``Input(784)``.

    Parameters
    ----------
    shape : int or tuple of int
        The shape of an example.
    """

    def __init__(self, shape: int | Shape) -> None:
        self.shape = (shape,) if isinstance(shape, int) else tuple(shape)


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


class PReLU(Layer):
    """A ReLU whose slope below 0 is learned, for each input.

    Parameters
    ----------
    alpha : float, optional
        The slope to begin with.
    """

    def __init__(self, alpha: float = 0.25) -> None:
        self.initializer = constant(alpha)

    def get_config(self) -> dict[str, Any]:
        """Give the slope to begin with."""
        return {"alpha": self.initializer.number}

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Make a slope for each input."""
        self.alpha = Tensor(self.initializer(rng, shape, dtype), "alpha")

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute x where it is above 0, and αx elsewhere."""
        return prelu(x, self.alpha)


class Dropout(Layer):
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
        if not 0 <= rate < 1:
            raise ValueError(f"a dropout rate is from 0 to below 1, got {rate!r}")
        self.rate = rate

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Keep the generator from which the masks are drawn."""
        self.rng = rng

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Mask a batch if training; pass it on if not."""
        if not training or not self.rate:
            return x
        kept = self.rng.random(x.shape, dtype=np.float32) >= self.rate
        return x * (kept / np.asarray(1 - self.rate, x.dtype)).astype(x.dtype)


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
        if not isinstance(units, Integral) or units < 1:
            raise ValueError(f"Dense: units is a whole number from 1, got {units!r}")
        self.units = int(units)
        self.activation = tensor_activation(activation)
        self.use_bias = use_bias
        self.kernel_initializer = find_initializer(kernel_initializer)
        self.bias_initializer = find_initializer(bias_initializer)
        self.kernel_regularizer = find_regularizer(kernel_regularizer)
        self.bias_regularizer = find_regularizer(bias_regularizer)
        self.name = name

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


def tensor_activation(choice: Any) -> Callable[[Any], Any]:
    """Find an activation for Tensors: as for Values, but softmax goes along the last axis."""
    if choice in ("softmax", activations.softmax):
        return autograd.softmax
    if choice in ("log_softmax", activations.log_softmax):
        return autograd.log_softmax
    return find_activation("linear" if choice is None else choice)
