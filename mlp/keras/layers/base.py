"""`Layer`, by Keras' ``build(input_shape)``, ``call`` and ``add_weight``; and what layers learn."""

import functools
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd import Tensor, no_grad

from ... import layers
from ...arrays import as_array
from ...given import DType, checked, shape_of, whole
from ...layers.base import example_shape
from .. import config, constraints, initializers, random, regularizers
from ..named import Configured, auto_name, not_here

__all__ = ["Input", "InputLayer", "Layer", "Variable"]

Shape = tuple[int, ...]
_NOW = {  # what Keras once called its arguments
    "output_dim": "units", "nb_units": "units", "init": "kernel_initializer", "p": "rate",
    "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint", "bias": "use_bias",
    "weights": "set_weights(…) when it is built", "mode": "axis", "sigma": "stddev",
}  # fmt: skip
_training: ContextVar[bool] = ContextVar("training", default=False)


class Variable(Tensor):
    """A Tensor that a layer learns, with Keras' spelling of what can be done to it.

    Parameters
    ----------
    initializer : array_like or callable
        Its numbers; or what gives them for a shape and a type.
    shape : tuple of int, optional
        Its shape, for an initializer.
    dtype : dtype, optional
        A floating type, `keras.config.floatx` if not given.
    trainable : bool, optional
        Whether it is to be learned.
    name : str, optional
        Its label.

    Examples
    --------
    >>> w = Variable([1.0, 2.0], name="w")
    >>> w.assign_add([1.0, 1.0])
    >>> w.numpy()
    array([2., 3.], dtype=float32)
    """

    __slots__ = ("constraint", "regularizer", "trainable")

    @checked
    def __init__(
        self, initializer: Any, shape: Any = None, dtype: DType = None,
        trainable: bool = True, name: str | None = None,
    ) -> None:  # fmt: skip
        dtype = dtype or config.floatx()
        if isinstance(initializer, str) or callable(initializer):
            initializer = initializers.get(initializer)(shape or (), dtype)
        super().__init__(as_array(initializer, "Variable: initializer", dtype), name or "")
        self.trainable, self.regularizer, self.constraint = trainable, None, None

    name = property(lambda self: self.label, doc="The label.")
    path = property(lambda self: self.label, doc="The label.")
    value = property(lambda self: self, doc="Itself.")

    def numpy(self) -> np.ndarray:
        """Give its numbers, a copy."""
        return np.array(self.data)

    def assign(self, value: Any) -> None:
        """Set its numbers."""
        value = as_array(value, "assign: value", self.dtype)
        if value.shape != self.shape:
            raise ValueError(f"assign: value has shape {value.shape}, and "
                             f"{self.label or 'the variable'} {self.shape}")  # fmt: skip
        self.data = value.copy()

    def assign_add(self, value: Any) -> None:
        """Add to its numbers."""
        self.assign(self.numpy() + as_array(value, "assign_add: value", self.dtype))

    def assign_sub(self, value: Any) -> None:
        """Subtract from its numbers."""
        self.assign(self.numpy() - as_array(value, "assign_sub: value", self.dtype))


class Layer(Configured, layers.Layer):
    """A layer as Keras has it; one of your own makes its weights in `build`, computes in `call`.

    Parameters
    ----------
    activity_regularizer : str or callable, optional
        What is added to the loss for the outputs.
    trainable : bool, optional
        Whether it is to be learned.
    dtype : dtype, optional
        Its type, which is that of the whole network: see `keras.config.set_floatx`.
    name : str, optional
        Its name, ``dense_1`` and the like if not given.
    **kwargs
        ``input_shape`` or ``input_dim``: the shape of an example, for the first layer.

    Examples
    --------
    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> layer = Scale()
    >>> layer(np.array([[2.0, 3.0]])).tolist(), layer.count_params()
    ([[2.0, 3.0]], 2)
    """

    built = False

    def __init__(
        self, *, activity_regularizer: Any = None, trainable: bool = True, dtype: DType = None,
        autocast: bool = True, name: str | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        kind = type(self).__name__
        dtype = getattr(dtype, "__name__", getattr(dtype, "name", dtype))
        if dtype is not None and dtype != config.floatx():
            not_here(kind, f"a network has one type, keras.config.set_floatx({dtype!r}) sets it",
                     dtype=dtype)  # fmt: skip
        shape = kwargs.pop("input_shape", None)
        dim, batch = kwargs.pop("input_dim", None), kwargs.pop("batch_input_shape", None)
        if batch is not None:
            shape = of_batch(batch, f"{kind}: batch_input_shape")[1:]
        shape = (dim,) if dim is not None else shape
        for other in kwargs:
            now = f"it is {_NOW[other]} now" if other in _NOW else "nor does Keras"
            raise TypeError(f"{kind} takes no {other!r}: {now}")
        self.name = name or auto_name(kind)
        self.trainable = trainable
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.given_shape = None if shape is None else example_shape(shape, f"{kind}: input_shape")
        self._own: list[Variable] = []
        self._losses: list[Any] = []
        if activity_regularizer is not None:
            self.net_input = None  # its outputs are wanted

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in vars(cls) and "net_input" not in vars(cls):
            cls.net_input = None
        if "build" in vars(cls):
            cls.build = _building(cls.build)  # type: ignore[method-assign]

    # --- what a user's class says, or calls ---

    def build(self, input_shape: Any) -> None:  # type: ignore[override]
        """Make the weights, for inputs of a shape that begins with None, the examples."""
        super().build(tuple(input_shape[1:]), self._rng, self.dtype)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Compute the outputs for a batch."""
        return super().__call__(inputs, training)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Give the shape of the outputs for inputs of a shape; both begin with the examples."""
        examples, *shape = of_batch(input_shape, "compute_output_shape: input_shape")
        return (examples, *self._shape_of_outputs(tuple(shape)))

    @checked
    def add_weight(
        self, shape: Any = None, initializer: Any = None, dtype: DType = None,
        trainable: bool = True, autocast: bool = True, regularizer: Any = None,
        constraint: Any = None, aggregation: str = "none", name: str | None = None,
    ) -> Variable:  # fmt: skip
        """Make a weight of a shape, by an initializer."""
        if isinstance(shape, str):
            raise TypeError(f"{type(self).__name__}.add_weight: the shape comes first: "
                            f"add_weight(shape=…, name={shape!r})")  # fmt: skip
        several = isinstance(shape, (tuple, list, np.ndarray))
        shape = () if shape is None else shape_of(shape if several else [shape],
                                                  "add_weight: shape")  # fmt: skip
        initializer = initializers.get("glorot_uniform" if initializer is None else initializer)
        variable = Variable(initializer, shape, dtype or self.dtype, trainable, name)
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._own.append(variable)
        return variable

    add_variable = add_weight

    def add_loss(self, loss: Any) -> None:
        """Add to the loss of the batch that `call` is computing."""
        self._losses += loss if isinstance(loss, (list, tuple)) else [loss]

    # --- what Keras' users ask ---

    @property
    def variables(self) -> list[Variable]:
        """All that it holds, learned or not, with that of the layers in it."""
        own = [*self._own, *(x for x in vars(self).values() if isinstance(x, Variable))]
        own = [x for k, x in enumerate(own) if all(x is not y for y in own[:k])]
        own.sort(key=lambda v: not v.trainable)
        return [*own, *(v for layer in self._inner() for v in layer.tensors())]

    @property
    def trainable_variables(self) -> list[Variable]:
        """What is learned."""
        if not self.trainable:
            return []
        inner = {id(p) for layer in self._inner() for p in layer.tensors()}
        own = [v for v in self.variables if id(v) not in inner and v.trainable]
        return [*own, *(p for layer in self._inner() for p in layer.parameters())]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """What is not."""
        learned = {id(v) for v in self.trainable_variables}
        return [v for v in self.variables if id(v) not in learned]

    weights = property(lambda self: self.variables, doc="All that it holds.")
    trainable_weights = property(lambda self: self.trainable_variables, doc="What is learned.")
    non_trainable_weights = property(lambda self: self.non_trainable_variables, doc="The others.")
    losses = property(lambda self: self.penalties(), doc="What it adds to the loss.")
    path = property(lambda self: self.name, doc="The name.")

    # --- what the rooms of mlp ask ---

    dtype = property(lambda self: vars(self).get("_dtype") or config.floatx(), doc="Its type.")

    @property
    def _rng(self) -> np.random.Generator:
        found: np.random.Generator | None = vars(self).get("rng")
        return random.generator() if found is None else found

    def make(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Build it in a network: its weights, and those of the layers in it."""
        if self.built:
            return
        self._dtype = str(np.dtype(dtype))
        vars(self).setdefault("rng", rng)  # unless it has a seed of its own
        with self.scope:
            self.build((None, *shape))
        self.built = True
        if any(not getattr(layer, "built", True) for layer in self._inner()):
            self._shape_of_outputs(shape)  # they are built by what comes to them

    def output_shape(self, shape: Shape) -> Shape:
        """Give the shape of the outputs for inputs of a shape, without the examples."""
        if type(self).compute_output_shape is not Layer.compute_output_shape:
            return tuple(self.compute_output_shape((None, *shape))[1:])
        return self._shape_of_outputs(shape)

    def _shape_of_outputs(self, shape: Shape) -> Shape:
        if type(self).call is Layer.call:
            return super().output_shape(shape)
        with no_grad():
            return tuple(self(np.zeros((1, *shape), self.dtype)).shape[1:])

    def __call__(self, x: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Compute the outputs for a batch, which the first builds it for."""
        if isinstance(x, layers.Input):
            raise TypeError(f"{type(self).__name__} is called with an Input: the functional API is "
                            "not here; write keras.Sequential([keras.Input(…), …])")  # fmt: skip
        if not isinstance(x, Tensor):
            x = as_array(x, f"{type(self).__name__}: x", self.dtype)
        if not x.ndim:
            raise ValueError(f"{type(self).__name__}: x is a batch, with a row for each example, "
                             f"got {x!r:.60}")  # fmt: skip
        if not self.built:
            self.make(x.shape[1:], self._rng, self.dtype)
        self._losses.clear()
        with _phase(training) as phase:
            if _takes_training(type(self)):
                kwargs["training"] = phase
            y = self.call(x, **kwargs)
        if isinstance(y, np.ndarray) and y.dtype.kind == "f":
            y = y.astype(self.dtype, copy=False)  # a function of an array may have given float64
        if self.activity_regularizer is not None:
            self._losses.append(self.activity_regularizer(y) * (1 / len(x)))
        return y

    def tensors(self) -> list[Tensor]:
        """List all that it holds."""
        return [*self.variables]

    def parameters(self) -> list[Tensor]:
        """List what is to be learned."""
        return [*self.trainable_variables]

    def penalties(self) -> list[Any]:
        """List what is added to the loss."""
        own = [v.regularizer(v) for v in self._own if v.regularizer is not None]
        return [*own, *self._losses, *(p for layer in self._inner() for p in layer.penalties())]

    def _inner(self) -> Iterator[Any]:
        """Go through the layers that are its attributes, or in a list that is one."""
        for name, x in vars(self).items():
            if isinstance(x, layers.Layer):
                yield x
            elif isinstance(x, (list, tuple, dict)) and name != "_arguments":
                several = x.values() if isinstance(x, dict) else x
                yield from (layer for layer in several if isinstance(layer, layers.Layer))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    def get_config(self) -> dict[str, Any]:
        """Give the constructor's arguments."""
        return {"trainable": self.trainable, **super().get_config(), "name": self.name}


def of_batch(shape: Any, name: str) -> tuple[Any, ...]:
    """Take the shape of a batch.

    Examples
    --------
    >>> of_batch(784, "build: input_shape")
    Traceback (most recent call last):
        ...
    TypeError: build: input_shape is the shape of a batch, such as (None, 784), got 784
    """
    if not isinstance(shape, (tuple, list)) or not shape:
        raise TypeError(f"{name} is the shape of a batch, such as (None, 784), got {shape!r:.60}")
    return (shape[0], *(whole(n, name) for n in shape[1:]))


def _building(build: Any) -> Any:
    """Let a class' `build` say that the layer is built."""
    @functools.wraps(build)
    def wrapped(self: Any, input_shape: Any) -> None:
        build(self, of_batch(input_shape, f"{type(self).__name__}.build: input_shape"))
        self.built = True

    return wrapped


@functools.cache
def _takes_training(cls: type) -> bool:
    parameters = inspect.signature(cls.call).parameters  # type: ignore[attr-defined]
    return "training" in parameters


def learning() -> bool:
    """Tell whether the layer that is computing was called to learn."""
    return _training.get()


@contextmanager
def _phase(training: bool | None) -> Iterator[bool]:
    """Hand on to inner layers whether the network is learning."""
    if training is None:
        yield learning()
        return
    token = _training.set(training)
    try:
        yield training
    finally:
        _training.reset(token)


class InputLayer(layers.Input):
    """Says what one example is, as the first of a `Sequential`.

    Parameters
    ----------
    shape : int or tuple of int
        The shape of an example.
    batch_size, dtype, sparse, batch_shape, name
        As in Keras; the number of examples in a batch is not looked at.
    """

    @checked
    def __init__(
        self, shape: Any = None, batch_size: int | None = None, dtype: DType = None,
        sparse: bool | None = None, ragged: bool | None = None, batch_shape: Any = None,
        input_tensor: Any = None, optional: bool = False, name: str | None = None,
        input_shape: Any = None,
    ) -> None:  # fmt: skip
        shape = input_shape if shape is None else shape  # as older scripts call it
        not_here("Input", sparse=sparse, ragged=ragged, optional=optional,
                 input_tensor=input_tensor)  # fmt: skip
        if batch_shape is not None:
            shape = of_batch(batch_shape, "Input: batch_shape")[1:]
        if shape is None:
            raise ValueError("Input: give the shape of an example, such as shape=(784,)")
        super().__init__(shape)
        self.name = name or auto_name("input_layer")


def Input(  # noqa: N802
    shape: Any = None, batch_size: int | None = None, dtype: Any = None, sparse: bool | None = None,
    ragged: bool | None = None, batch_shape: Any = None, name: str | None = None,
    tensor: Any = None, optional: bool = False,
) -> InputLayer:  # fmt: skip
    """Say what one example is, as the first of a `Sequential`: ``Input(shape=(784,))``."""
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name)
