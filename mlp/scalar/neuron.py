"""The network of scalars: neurons, composed of Values, composed to layers and networks."""

import random
from collections.abc import Callable, Sequence
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np

from autograd import Value, group

from ..activations import activation as find_activation
from ..activations import add_up, size_of, softmax
from ..given import listed, number, whole
from ..lookup import respelled

__all__ = ["MLP", "Layer", "Module", "Neuron"]

Activation = str | Callable[[Any], Any]
Seed = int | random.Random | None


class Module:
    """Something with parameters; one of your own has `__call__`, and lists its `parameters`.

    Examples
    --------
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope = Value(2.0)
    ...     def parameters(self):
    ...         return [self.slope]
    ...     def __call__(self, x):
    ...         return self.slope * x
    >>> Line()(3.0).data
    6.0
    """

    name = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "forward" in vars(cls):
            raise TypeError(
                f"{cls.__name__}.forward: a Module is called itself: write __call__(self, x), and "
                "parameters(self), which lists its Values; of layers, write Sequential([…])")

    @cached_property
    def scope(self) -> group:
        """The group of its parameters, of which each application is a call."""
        return group(self.name)

    def parameters(self) -> list[Value]:
        """List the parameters: neuron by neuron, the weights before the bias."""
        return []

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            p.zero_grad()


class Neuron(Module):
    """A neural unit, y = φ(w · x + b).

    Parameters
    ----------
    n_inputs : int
        How many numbers it takes.
    activation : str or callable, optional
        φ: a name of `mlp.activations`, or a function of one Value.
    use_bias : bool, optional
        Whether there is a b.
    scale : float, optional
        The weights begin uniform in ±scale, the bias at 0.
    seed : int or random.Random, optional
        Where they are drawn from; Python's own ``random`` if not given.
    name : str, optional
        The group of its nodes, and the label of its sum (``in_h1``) and its output (``out_h1``).

    Raises
    ------
    ValueError
        If there is no input or no such activation; on a call with another number of inputs.

    Examples
    --------
    >>> neuron = Neuron(3, "sigmoid")
    >>> neuron.set([0.2, 0.3, 0.9], 0.5)
    >>> print(f"{neuron([0.5, 0.6, 0.1]):.4f}")
    0.7047
    """

    def __init__(
        self, n_inputs: int, activation: Activation = "relu", *, use_bias: bool = True,
        scale: float = 1.0, seed: Seed = None, name: str = "",
    ) -> None:  # fmt: skip
        whole(n_inputs, "Neuron: n_inputs")
        scale = number(scale, "Neuron: scale")
        rng = _rng(seed, "Neuron")
        self.name = name
        self.activation = find_activation(activation)
        with self.scope:
            self.w = [Value(rng.uniform(-scale, scale), f"w{i + 1}") for i in range(n_inputs)]
            self.b = Value(0.0, "b") if use_bias else None

    def __call__(self, x: Sequence[Any]) -> Any:
        """Compute the output for the inputs `x`."""
        with self.scope:
            z = self.net_input(x)
            y = self.activation(z)
        if self.name:
            y.label = f"out_{self.name}"
        return y

    def net_input(self, x: Sequence[Any]) -> Value:
        """Compute w · x + b."""
        if size_of(x, "a neuron's x") != len(self.w):
            raise ValueError(f"a neuron of {len(self.w)} inputs got {len(x)}: x = {x!r:.60}")
        try:
            z = add_up([w * x for w, x in zip(self.w, x, strict=True)])
        except TypeError:
            if all(isinstance(one, (Real, Value)) for one in x):
                raise
            z = None
        if not isinstance(z, Value):
            raise TypeError(f"a neuron takes one example, a list of {len(self.w)} numbers, got x = "
                            f"{x!r:.60}: call it for each example")  # fmt: skip
        if self.b is not None:
            z = z + self.b
        if self.name:
            z.label = f"in_{self.name}"
        return z

    def parameters(self) -> list[Value]:
        """List the weights, then the bias."""
        return self.w if self.b is None else [*self.w, self.b]

    def set(self, weights: Sequence[float], bias: float | None = None) -> None:
        """Set the weights, and the bias where there is one."""
        weights = listed(weights, "Neuron.set: weights", "numbers")
        if len(weights) != len(self.w) or (bias is None) != (self.b is None):
            wanted = f"{len(self.w)} weights and {'no' if self.b is None else 'a'} bias"
            raise ValueError(f"{self!r} has {wanted}, got {weights!r} and {bias!r}")
        given = weights if bias is None else [*weights, bias]
        given = [number(x, "Neuron.set: one of weights and bias") for x in given]
        for p, x in zip(self.parameters(), given, strict=True):
            p.data = x

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {_name_of(self.activation)!r})"


class Layer(Module):
    """Neurons that see the same inputs, h = φ(Wx + b).

    Parameters
    ----------
    n_inputs, n_outputs : int
        How many numbers it takes, and how many neurons it has.
    activation : str or callable, optional
        Every neuron's φ; or ``"softmax"``, which is of the whole layer.
    use_bias, scale, seed
        As of a `Neuron`.
    name : str, optional
        The group of its nodes; its neurons are numbered within.
    prefix : str, optional
        What its neurons are called before their number: ``h`` makes h1, h2, …

    Examples
    --------
    A layer of one neuron gives a bare Value, others a list:

    >>> len(Layer(2, 3)([1.0, -2.0]))
    3
    """

    def __init__(
        self, n_inputs: int, n_outputs: int, activation: Activation = "relu", *,
        use_bias: bool = True, scale: float = 1.0, seed: Seed = None, name: str = "",
        prefix: str = "",
    ) -> None:  # fmt: skip
        whole(n_inputs, "Layer: n_inputs")
        whole(n_outputs, "Layer: n_outputs")
        scale = number(scale, "Layer: scale")
        rng = _rng(seed, "Layer")
        self.name = name
        self.softmax = activation is softmax or (
            isinstance(activation, str) and activation == "softmax")  # fmt: skip
        if self.softmax and n_outputs == 1:
            raise ValueError("a softmax of one neuron is always 1: give it a 'sigmoid', or the "
                             "layer a neuron for each class")  # fmt: skip
        phi = "linear" if self.softmax else activation
        with self.scope:
            self.neurons = [
                Neuron(n_inputs, phi, use_bias=use_bias, scale=scale, seed=rng,
                       name=f"{prefix}{i + 1}" if prefix else "")
                for i in range(n_outputs)
            ]  # fmt: skip
        _number([self])

    def __call__(self, x: Sequence[Any]) -> Any:
        """Compute the outputs for the inputs `x`: a list, or a bare Value if there is one."""
        with self.scope:
            out = [neuron(x) for neuron in self.neurons]
            if self.softmax:
                with group("softmax"):
                    out = softmax(out)
                for i, p in enumerate(out if self.name else (), 1):
                    p.label = f"p{i}"
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """List the parameters, neuron by neuron."""
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        first = self.neurons[0]
        name = "softmax" if self.softmax else _name_of(first.activation)
        return f"Layer({len(first.w)}, {len(self.neurons)}, {name!r})"


class MLP(Module):
    """A multi-layer perceptron: layers, each of which sees the outputs of the one before.

    Parameters
    ----------
    n_inputs : int
        How many numbers it takes.
    sizes : sequence of int
        How many neurons each layer has.
    activation : str, callable or sequence of them, optional
        One for every layer; or a single one for the hidden layers, and a linear last layer.
    use_bias : bool or sequence of bool, optional
        Whether the layers have a bias: all of them, or one by one.
    scale, seed
        As of a `Neuron`.

    Raises
    ------
    ValueError
        If there is no layer, a layer without neurons, or not one activation a layer.

    Examples
    --------
    >>> model = MLP(2, [16, 16, 1], seed=0)
    >>> model
    MLP(2, [16, 16, 1]): Layer(2, 16, 'relu') Layer(16, 16, 'relu') Layer(16, 1, 'linear')
    >>> len(model.parameters())
    337

    The parameters are numbered through the network: w1, w2, … and b1, b2, …

    >>> MLP(2, [2, 1]).parameters()[-1].label
    'b3'
    """

    def __init__(
        self, n_inputs: int, sizes: Sequence[int],
        activation: Activation | Sequence[Activation] = "relu", *,
        use_bias: bool | Sequence[bool] = True, scale: float = 1.0, seed: Seed = None,
    ) -> None:  # fmt: skip
        sizes = listed(sizes, "MLP: sizes", "numbers, one a layer")
        sizes = [whole(n, "MLP: one of sizes") for n in sizes]
        if isinstance(activation, str) or callable(activation):
            activation = [activation] * (len(sizes) - 1) + ["linear"]
        activation = listed(activation, "MLP: activation", "names or functions, one a layer")
        if len(activation) != len(sizes) or not sizes:
            raise ValueError(f"MLP: {len(sizes)} layers, but {len(activation)} activations")
        biases = [use_bias] * len(sizes) if isinstance(use_bias, bool) else (
            listed(use_bias, "MLP: use_bias", "True or False, one a layer"))  # fmt: skip
        if len(biases) != len(sizes) or not all(isinstance(b, (bool, np.bool)) for b in biases):
            raise ValueError("MLP: use_bias is True or False, or a list of these for the "
                             f"{len(sizes)} layers, got {use_bias!r:.60}")  # fmt: skip
        scale = number(scale, "MLP: scale")
        rng = _rng(seed, "MLP")
        hidden = len(sizes) - 1
        names = [f"hidden{k + 1}" if hidden > 1 else "hidden" for k in range(hidden)] + ["output"]
        prefixes = [f"h{k + 1}." if hidden > 1 else "h" for k in range(hidden)] + ["o"]
        self.layers = [
            Layer(n, m, phi, use_bias=bias, scale=scale, seed=rng, name=name, prefix=prefix)
            for n, m, phi, bias, name, prefix in zip(
                [whole(n_inputs, "MLP: n_inputs"), *sizes], sizes, activation, biases, names,
                prefixes, strict=False)
        ]  # fmt: skip
        _number(self.layers)

    def __call__(self, x: Sequence[Any]) -> Any:
        """Compute the outputs for the inputs `x`: a list, or a bare Value if there is one."""
        for layer in self.layers:
            x = layer(x if hasattr(x, "__len__") else [x])
        return x

    @respelled(lr="learning_rate")
    def fit(
        self, x: Any, y: Any, *, loss: str | Callable[[Any, Any], Value] | None = None,
        optimizer: Any = "adam", learning_rate: float | Callable[[int], float] | None = None,
        epochs: int = 10, batch_size: int = 32, seed: int | None = None, dtype: str = "float32",
        verbose: bool = False, jit_compile: Any = "auto",
    ) -> list[float]:  # fmt: skip
        """Learn from many examples, at the speed of matrices.

        One example is recorded with its loss, `autograd.vectorize` turns that graph into a
        program for batches, and the numbers that it learns come back into the parameters.

        Parameters
        ----------
        x : array_like, shape (examples, …)
            The inputs; bytes (images) are divided by 255.
        y : array_like, shape (examples,) or (examples, outputs)
            Labels from 0, or numbers for every output.
        loss : str or callable, optional
            A name of `mlp.losses`, or a function of the outputs and the targets, both
            Values. If not given, a cross-entropy for labels and for 0 and 1, or else the
            squared error.
        optimizer : str or callable, optional
            A name of `mlp.OPTIMIZERS`, or what makes an optimizer of parameters.
        learning_rate : float or callable, optional
            If not the optimizer's own.
        epochs, batch_size : int, optional
            How often to go through all examples, and how many make a step.
        seed : int, optional
            Where the order of the examples comes from.
        dtype : str, optional
            ``"float32"`` for speed, or ``"float64"``.
        verbose : bool, optional
            Whether to show a bar.
        jit_compile : {"auto", True, False}, optional
            Whether steps are straight code, compiled loops (of Numba), or left to the engine.

        Returns
        -------
        list of float
            The mean loss of each epoch.

        Raises
        ------
        TypeError, ValueError
            If the examples or a setting do not fit; nothing has changed then.
        FloatingPointError
            If a gradient is not finite; what was learned before is kept.

        Examples
        --------
        >>> model = MLP(2, [8, 1], "tanh", seed=1)
        >>> xor = [(0, 0), (0, 1), (1, 0), (1, 1)]
        >>> losses = model.fit(xor, [0, 1, 1, 0], epochs=200, learning_rate=0.05, seed=0)
        >>> [model(x) > 0 for x in xor]
        [False, True, True, False]
        """
        from .fit import fit

        return fit(self, x, y, loss, optimizer, learning_rate, epochs, batch_size, seed, dtype,
                   verbose, jit_compile)  # fmt: skip

    def parameters(self) -> list[Value]:
        """List the parameters, layer by layer."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        n_inputs, sizes = len(self.layers[0].neurons[0].w), [len(x.neurons) for x in self.layers]
        return f"MLP({n_inputs}, {sizes}): {' '.join(map(repr, self.layers))}"


def _number(layers: Sequence[Layer]) -> None:
    """Label the parameters by their number in the network: w1, w2, … and b1, b2, ... ."""
    neurons = [neuron for layer in layers for neuron in layer.neurons]
    weights = [w for neuron in neurons for w in neuron.w]
    biases = [neuron.b for neuron in neurons if neuron.b is not None]
    for letter, parameters in ("w", weights), ("b", biases):
        for i, p in enumerate(parameters, 1):
            p.label = f"{letter}{i}"


def _rng(seed: Seed, owner: str) -> Any:
    if seed is None:
        return random
    try:
        return seed if hasattr(seed, "uniform") else random.Random(seed)
    except TypeError:
        raise TypeError(f"{owner}: seed is a whole number, a random.Random or None, got "
                        f"{seed!r:.60}") from None  # fmt: skip


def _name_of(activation: Any) -> str:
    return getattr(activation, "__name__", type(activation).__name__)
