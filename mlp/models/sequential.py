"""`Sequential`: layers one after the other, trained and asked as in Keras."""

from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np

import autograd
from autograd import Tensor, modes

from ..activations import linear
from ..arrays import as_array
from ..elsewhere import Hinting
from ..given import floating, generator, listed
from ..layers import Dense, Dropout, Input, Layer, Shape
from ..layers.base import example_shape
from ..scalar import MLP, Module
from .inference import Inference
from .saving import Saved
from .summary import summary
from .trainer import Trainer

__all__ = ["Sequential"]


class Sequential(Hinting, Trainer, Saved, Layer):
    """Layers one after the other.

    Parameters
    ----------
    layers : iterable of Layer, optional
        The layers; `add` adds more.
    name : str, optional
        What `summary` calls it.
    seed : int or numpy Generator, optional
        Where the initial parameters, the masks of `Dropout` and the order of examples come from.
    dtype : dtype, optional
        The floating type of the parameters.

    Attributes
    ----------
    layers : list of Layer
        The layers, without an `Input`.
    rng : Generator
        All that is random comes from it.
    extra : dict
        What `save` writes beside the network, and `mlp.load_model` reads, of what JSON has.

    Examples
    --------
    >>> from mlp import data
    >>> digits = data.digits()
    >>> model = Sequential([Dense(32, "relu"), Dense(10, "softmax")], seed=0)
    >>> model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    >>> history = model.fit(digits.x / 16, digits.y, epochs=10, validation_split=0.2, verbose=0)
    >>> history.history["val_accuracy"][-1] > 0.85
    True
    >>> model.predict(digits.x[:5] / 16, verbose=0).argmax(axis=1)
    array([0, 1, 2, 3, 4])

    It is a function of a batch, too, for a loop of your own:

    >>> model = Sequential([Input(784), Dense(64, "relu"), Dense(32, "relu"), Dense(10)], seed=0)
    >>> model(np.zeros((128, 784), np.float32)).shape
    (128, 10)
    >>> sum(p.size for p in model.parameters())
    52650
    """

    _inference: Inference | None = None

    def __init__(
        self, layers: Iterable[Layer] = (), name: str = "", *, seed: Any = None,
        dtype: Any = "float32",
    ) -> None:  # fmt: skip
        self.name = name
        self.layers: list[Layer] = []
        self.rng = generator(seed, "Sequential: seed")
        self.dtype = floating(dtype, "Sequential: dtype")
        self.extra: dict[str, Any] = {}
        self.shape: Shape | None = None  # of an example, once it is known
        self.next_shape: Shape | None = None  # of what the last layer gives for it
        for layer in listed(layers, "Sequential: layers", "layers"):
            self.add(layer)

    def __repr__(self) -> str:
        names = ", ".join(layer.name for layer in self.layers) or "no layers"
        size = "" if self.shape is None else f"; {self.count_params():,} parameters"
        return f"<Sequential: {names}{size}>"

    def add(self, layer: Layer) -> None:
        """Add a layer, which is built at once if the shape of its inputs is known.

        Raises
        ------
        TypeError
            If it is not a layer.
        """
        if not isinstance(layer, Layer):
            neurons = ": a Layer of Values goes into an MLP" if isinstance(layer, Module) else ""
            raise TypeError(f"Sequential takes layers, such as Dense(32), got {layer!r:.60} "
                            f"({type(layer).__name__}){neurons}")  # fmt: skip
        if isinstance(layer, Input):
            if self.layers:
                raise ValueError("Sequential: an Input comes first")
            self.make(layer.shape)
            return
        self.layers.append(layer)
        layer.name = layer.name or f"{type(layer).__name__.lower()}{len(self.layers)}"
        if self.next_shape is not None:
            self._build(layer)

    def build(  # type: ignore[override]
        self, shape: int | Shape, rng: np.random.Generator | None = None, dtype: Any = None
    ) -> Self:
        """Build every layer, for examples of a shape."""
        return self.make(shape, rng, dtype)

    def make(
        self, shape: int | Shape, rng: np.random.Generator | None = None, dtype: Any = None
    ) -> Self:
        """Do what `build` says."""
        if rng is not None:  # as a layer of another network
            self.rng, self.dtype = rng, dtype
        self.shape = self.next_shape = example_shape(shape, "build: shape")
        for layer in self.layers:
            self._build(layer)
        return self

    def _build(self, layer: Layer) -> None:
        assert self.next_shape is not None
        with layer.scope:
            layer.make(self.next_shape, self.rng, self.dtype)
        self.next_shape = layer.output_shape(self.next_shape)

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape."""
        for layer in self.layers:
            shape = layer.output_shape(shape)
        return shape

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute the outputs for a batch of examples."""
        return self._through(self.layers, x, training)

    def net_input(self, x: Any, training: bool = False) -> Any:
        """Compute what `activation` is applied to: the logits, if the last layer has a softmax."""
        last = self.layers[-1] if self.layers else None
        if last is None or last.net_input is None:
            return self(x, training)
        x = self._through(self.layers[:-1], x, training)
        with last.scope:
            return last.net_input(x, training)

    @property
    def activation(self) -> Callable[[Any], Any]:  # type: ignore[override]
        """The activation of the last layer, where it can be taken off."""
        last = self.layers[-1] if self.layers else None
        return linear if last is None or last.net_input is None else last.activation

    def _through(self, layers: list[Layer], x: Any, training: bool) -> Any:
        try:
            shape = x.shape[1:]
        except AttributeError:  # a list
            x = as_array(x, "Sequential: x", self.dtype)
            shape = x.shape[1:]
        if self.shape is None:
            self.make(shape)
        elif shape != self.shape:
            one = ": of one example, make a batch: x[None]" if x.shape == self.shape else ""
            raise ValueError(
                f"Sequential: examples of shape {self.shape} wanted, got x, a batch of shape "
                f"{x.shape}{one}"
            )
        mode = modes.current.get()
        if not mode.recording:  # calls are of interest in a graph alone
            if type(x) is np.ndarray and layers is self.layers and not (training or mode.anomaly):
                if self._inference is None:
                    self._inference = Inference()
                y = self._inference(self, x, mode)
                if y is not None:
                    return y
            for layer in layers:
                x = layer(x, training)
            return x
        for layer in layers:
            with layer.scope:
                x = layer(x, training)
        return x

    def tensors(self) -> list[Tensor]:
        """List the parameters, also those of frozen layers."""
        return [p for layer in self.layers for p in layer.tensors()]

    def parameters(self) -> list[Tensor]:
        """List the parameters that are to be learned, layer by layer."""
        return [p for layer in self.layers for p in layer.parameters()] if self.trainable else []

    def penalties(self) -> list[Any]:
        """List what regularizers add to the loss."""
        return [term for layer in self.layers for term in layer.penalties()]

    def summary(self, print_fn: Callable[[str], Any] = print) -> None:
        """Print the layers, their shapes and how many parameters they have."""
        print_fn(summary(self))

    def get_config(self) -> dict[str, Any]:
        """Give the layers, the name and the type: all but the seed, which has done its work."""
        return {"layers": self.layers, "name": self.name, "dtype": self.dtype}

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
        if not isinstance(network, MLP):
            raise TypeError(f"from_neurons: network is an mlp.MLP, got {network!r:.60}")
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
        dense = [layer for layer in self.layers if not isinstance(layer, Dropout)]
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
