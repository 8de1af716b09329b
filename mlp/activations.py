"""Activation functions by name, and the softmax of a list of Values or of a batch."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

import autograd
from autograd import exp, log, maximum

from .lookup import lookup

__all__ = ["ACTIVATIONS", "activation", "linear", "log_softmax", "softmax"]


def linear(z: Any) -> Any:
    """Give z itself."""
    return z


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": linear,
    **{name: getattr(autograd, name) for name in (
        "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sin",
        "heaviside", "sign")},
}  # fmt: skip


def activation(choice: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Find an activation by its name, or raise a ValueError; a function is given back as it is.

    Examples
    --------
    >>> activation("relu")(-3.0)
    0.0
    """
    return lookup("activation", choice, ACTIVATIONS)


def log_softmax(z: Any) -> Any:
    """Compute zᵢ − ln Σ exp zⱼ: the logarithm of `softmax`, for logits of any size.

    Examples
    --------
    >>> log_softmax([1000.0, 0.0])
    [0.0, -1000.0]
    """
    if isinstance(z, (autograd.Tensor, np.ndarray)):
        return autograd.log_softmax(z)
    shifted = _shifted(z)
    total = log(add_up([exp(x) for x in shifted]))
    return [x - total for x in shifted]


def softmax(z: Any) -> Any:
    r"""Compute exp zᵢ / Σ exp zⱼ, numbers above 0 whose sum is 1.

    Parameters
    ----------
    z : sequence of Value or number, or Tensor or array
        The logits; of a batch, along the last axis. The largest is subtracted from all, which
        changes nothing but the overflow.

    Raises
    ------
    ValueError
        If there are none.

    Examples
    --------
    >>> [round(p, 4) for p in softmax([0.6, 1.1, -1.5, 1.2, 3.2, -1.1])]
    [0.0548, 0.0904, 0.0067, 0.0999, 0.7382, 0.01]
    """
    if isinstance(z, (autograd.Tensor, np.ndarray)):
        return autograd.softmax(z)
    powers = [exp(x) for x in _shifted(z)]
    total = add_up(powers)
    return [p / total for p in powers]


def size_of(x: Any, what: str) -> int:
    """Give the length of a sequence; one number is none, and said to be what it is."""
    try:
        return len(x)
    except TypeError:
        raise TypeError(f"{what} takes a list of numbers, got {x!r:.60}: put one number in "
                        "brackets") from None  # fmt: skip


def add_up(terms: Sequence[Any]) -> Any:
    """Add, beginning with the first term: Python's sum() would put a 0 + in the graph."""
    return sum(terms[1:], terms[0])


def _shifted(z: Sequence[Any]) -> list[Any]:
    """Subtract the largest, which no derivative flows through."""
    if not size_of(z, "softmax"):
        raise ValueError("softmax of no numbers: it needs at least one")
    largest = autograd.detach(reduce(maximum, z))
    return [x - largest for x in z]
