"""What every layer shares, and `Input`.

A batch is an array of shape (examples, inputs). A layer gets its parameters when the number of its
inputs is known: from an `Input`, from `Sequential.build`, or from the first batch.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd import Tensor, group

from ..activations import linear
from ..arrays import as_array
from ..given import listed, whole
from ..lookup import arguments

__all__ = ["Input", "Layer", "Shape"]

Shape = tuple[int, ...]


class Settings:
    """Another ``mark`` after each change of an attribute of any layer."""

    __slots__ = ("mark",)


settings = Settings()
settings.mark = object()


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
    >>> from mlp import Dense, Sequential
    >>> model = Sequential([Scale(), Dense(1)]).build(3)
    >>> [p.label for p in model.parameters()]
    ['factor', 'W', 'b']
    """

    trainable = True
    name = ""
    activation: Callable[[Any], Any] = staticmethod(linear)
    net_input: Callable[..., Any] | None = None  # what `activation` is applied to, if that is all

    def __init_subclass__(cls) -> None:
        if "__call__" in vars(cls) and "net_input" not in vars(cls):
            cls.net_input = None  # it computes in a way of its own

    @cached_property
    def scope(self) -> group:
        """The group of its parameters, of which each application in a network is a call."""
        return group(self.name)

    def __getattr__(self, name: str) -> Any:
        kind = type(self)
        text = f"{kind.__name__} has no {name!r}"
        if kind.build is not Layer.build and not self.tensors() and not name.startswith("__"):
            text += (", and is not built yet: put it into a Sequential, which knows its inputs, or "
                     "call build(shape, rng, dtype)")  # fmt: skip
        raise AttributeError(text, name=name, obj=self)

    def __setattr__(self, name: str, x: Any) -> None:
        if isinstance(vars(self).get(name), Tensor) and not isinstance(x, Tensor):
            raise TypeError(
                f"{name} of {type(self).__name__} is a parameter, which {type(x).__name__} in its "
                f"place would take out of training: set its numbers, .{name}.data = …, or give a "
                "Tensor"
            )
        super().__setattr__(name, x)
        settings.mark = object()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        settings.mark = object()

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Make the parameters, for inputs of a shape (without the axis of the examples)."""

    def make(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> Any:
        """Do what a network asks for: `build`, which `mlp.keras` calls with Keras' arguments."""
        return self.build(shape, rng, dtype)

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
        weights = [as_array(w, "set_weights: one of weights", float)
                   for w in listed(weights, "set_weights: weights", "arrays")]  # fmt: skip
        given, wanted = [w.shape for w in weights], [p.shape for p in tensors]
        if given != wanted:
            raise ValueError(f"set_weights: expected arrays of shapes {wanted}, got {given}")
        for p, w in zip(tensors, weights, strict=True):
            p.data = w.astype(p.dtype)


class Input(Layer):
    """Say what one example is: ``Input(shape=(784,))``, or ``Input(784)``.

    Parameters
    ----------
    shape : int or tuple of int
        The shape of an example.
    """

    def __init__(self, shape: int | Shape) -> None:
        self.shape = example_shape(shape, "Input: shape")


def example_shape(shape: Any, name: str) -> Shape:
    """Take the shape of an example; a number is that of its only axis.

    Examples
    --------
    >>> example_shape(784, "Input: shape")
    (784,)
    """
    several = isinstance(shape, (tuple, list))
    return tuple(whole(n, name) for n in (shape if several else [shape]))
