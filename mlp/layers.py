"""Layers on Tensors: what a network of neurons becomes when it is written with matrices.

A batch is an array of shape (examples, inputs). A layer gets its parameters when the number of its
inputs is known: from an `Input`, from `Sequential.build`, or from the first batch.
"""

from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np

import autograd
from autograd import Tensor, group, linear, prelu

from .activations import activation as find_activation
from .initializers import initializer as find_initializer
from .neuron import MLP

__all__ = ["Activation", "Dense", "Dropout", "Input", "Layer", "PReLU", "Sequential"]

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
    >>> model = Sequential([Scale(), Dense(1)]).build(3)
    >>> [p.label for p in model.parameters()]
    ['factor', 'W', 'b']
    """

    trainable = True
    name = ""

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


class PReLU(Layer):
    """A ReLU whose slope below 0 is learned, for each input.

    Parameters
    ----------
    alpha : float, optional
        The slope to begin with.
    """

    def __init__(self, alpha: float = 0.25) -> None:
        self.start = alpha

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Make a slope for each input."""
        self.alpha = Tensor(np.full(shape, self.start, dtype), "alpha")

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
    initializer, bias_initializer : str or callable, optional
        How W (inputs, units) and b (units,) begin: names of `mlp.initializers`.
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
        initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        name: str = "",
    ) -> None:
        if not isinstance(units, int) or units < 1:
            raise ValueError(f"Dense: units is a whole number from 1, got {units!r}")
        self.units = units
        self.activation = tensor_activation(activation)
        self.use_bias = use_bias
        self.initializer = find_initializer(initializer)
        self.bias_initializer = find_initializer(bias_initializer)
        self.name = name

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Make W and b."""
        self.W = Tensor(self.initializer(rng, (shape[-1], self.units), dtype), "W")
        if self.use_bias:
            self.b = Tensor(self.bias_initializer(rng, (self.units,), dtype), "b")

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape."""
        return (*shape[:-1], self.units)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute φ(xW + b)."""
        return self.activation(linear(x, self.W, self.b) if self.use_bias else linear(x, self.W))


class Sequential(Layer):
    """Layers one after the other.

    Parameters
    ----------
    layers : iterable of Layer, optional
        The layers; `add` adds more.
    seed : int or numpy Generator, optional
        Where the initial parameters and the masks of `Dropout` come from.
    dtype : dtype, optional
        The floating type of the parameters.

    Examples
    --------
    >>> model = Sequential([Input(784), Dense(64, "relu"), Dense(32, "relu"), Dense(10)], seed=0)
    >>> model(np.zeros((128, 784), np.float32)).shape
    (128, 10)
    >>> sum(p.size for p in model.parameters())
    52650
    """

    def __init__(
        self, layers: Iterable[Layer] = (), *, seed: Any = None, dtype: Any = "float32"
    ) -> None:
        self.layers: list[Layer] = []
        self.rng = np.random.default_rng(seed)
        self.dtype = np.dtype(dtype)
        self.shape: Shape | None = None  # of an example, once it is known
        self.next_shape: Shape | None = None  # of what the last layer gives for it
        for layer in layers:
            self.add(layer)

    def add(self, layer: Layer) -> None:
        """Add a layer, which is built at once if the shape of its inputs is known.

        Raises
        ------
        TypeError
            If it is not a layer.
        """
        if not isinstance(layer, Layer):
            raise TypeError(f"Sequential takes layers, got {layer!r} ({type(layer).__name__})")
        self.layers.append(layer)
        layer.name = layer.name or f"{type(layer).__name__.lower()}{len(self.layers)}"
        if self.next_shape is not None:
            self._build(layer)
        elif isinstance(layer, Input):
            self.build(layer.shape)

    def build(self, shape: int | Shape) -> Self:  # type: ignore[override]
        """Build every layer, for examples of a shape."""
        self.shape = self.next_shape = (shape,) if isinstance(shape, int) else tuple(shape)
        for layer in self.layers:
            self._build(layer)
        return self

    def _build(self, layer: Layer) -> None:
        assert self.next_shape is not None
        with group(layer.name):
            layer.build(self.next_shape, self.rng, self.dtype)
        self.next_shape = layer.output_shape(self.next_shape)

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute the outputs for a batch of examples."""
        if self.shape is None:
            self.build(x.shape[1:])
        elif x.shape[1:] != self.shape:
            raise ValueError(
                f"examples of shape {self.shape} wanted, got a batch of shape {x.shape}"
            )
        for layer in self.layers:
            with group(layer.name):
                x = layer(x, training)
        return x

    def tensors(self) -> list[Tensor]:
        """List the parameters, also those of frozen layers."""
        return [p for layer in self.layers for p in layer.tensors()]

    def parameters(self) -> list[Tensor]:
        """List the parameters that are to be learned, layer by layer."""
        return [p for layer in self.layers for p in layer.parameters()] if self.trainable else []

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.tensors():
            p.zero_grad()

    @classmethod
    def from_neurons(cls, network: MLP, dtype: Any = "float64") -> "Sequential":
        """Write a network of neurons with matrices: the same weights, and the same outputs.

        Examples
        --------
        >>> net = MLP(2, [3, 1], "tanh", seed=0)
        >>> model = Sequential.from_neurons(net)
        >>> bool(abs(model(np.array([[0.5, -1.0]])).data.item() - net([0.5, -1.0]).data) < 1e-15)
        True
        """
        model = cls(dtype=dtype)
        for old in network.layers:
            first = old.neurons[0]
            phi = "softmax" if old.softmax else first.activation
            model.add(Dense(len(old.neurons), phi, use_bias=first.b is not None, name=old.name))
        model.build(len(network.layers[0].neurons[0].w))
        for old, new in zip(network.layers, model.layers, strict=True):
            assert isinstance(new, Dense)
            weights = [[w.data for w in neuron.w] for neuron in old.neurons]
            new.W.data = np.array(weights, model.dtype).T.copy()
            if new.use_bias:
                new.b.data = np.array([neuron.b.data for neuron in old.neurons], model.dtype)
        return model

    def to_neurons(self) -> MLP:
        """Write a network of `Dense` layers with neurons: the same weights, and the same outputs.

        Raises
        ------
        TypeError, ValueError
            If another layer has no neurons to become, or the network is not built.
        """
        dense = [layer for layer in self.layers if not isinstance(layer, (Input, Dropout))]
        for layer in dense:
            if not isinstance(layer, Dense):
                raise TypeError(f"{type(layer).__name__} has no neurons: only Dense layers do")
        if self.shape is None or not dense:
            raise ValueError("to_neurons: the network is not built, or has no layers")
        assert all(isinstance(layer, Dense) for layer in dense)
        softmax = autograd.softmax
        network = MLP(
            self.shape[0],
            [layer.units for layer in dense],
            ["softmax" if layer.activation is softmax else layer.activation for layer in dense],
            use_bias=[layer.use_bias for layer in dense],
        )
        for new, old in zip(network.layers, dense, strict=True):
            biases = old.b.data.tolist() if old.use_bias else [None] * old.units
            for neuron, weights, bias in zip(new.neurons, old.W.data.T.tolist(), biases,
                                             strict=True):  # fmt: skip
                neuron.set(weights, bias)
        return network


def tensor_activation(choice: Any) -> Callable[[Any], Any]:
    """Find an activation for Tensors: as for Values, but softmax goes along the last axis."""
    if choice in ("softmax", "log_softmax"):
        return getattr(autograd, choice)
    return find_activation("linear" if choice is None else choice)
