"""Activation functions by name, and the softmax of a list of Values or of a batch.

leaky_relu has the slope 0.01 below 0, as in PyTorch, and gelu is the form with tanh: Keras' are in
`mlp.keras.activations`.
"""

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

import autograd
from autograd import absolute, elu, erfc, exp, log, maximum, minimum, relu, softplus, tanh

from .arrays import operand
from .lookup import lookup

__all__ = [
    "ACTIVATIONS", "activation", "gelu_erf", "hard_sigmoid", "hard_silu", "linear", "log_softmax",
    "mish", "relu6", "selu", "softmax", "softsign",
]  # fmt: skip


def linear(z: Any) -> Any:
    """Give z itself."""
    return z


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def selu(z: Any) -> Any:
    """Compute λ z above 0 and λα (eᶻ − 1) below: deep networks keep mean 0 and variance 1.

    Klambauer et al., "Self-normalizing neural networks", 2017, with `lecun_normal`.

    Examples
    --------
    >>> round(selu(-1.0), 4)
    -1.1113
    """
    return _SELU_SCALE * elu(operand(z, "selu: z"), _SELU_ALPHA)


def softsign(z: Any) -> Any:
    """Compute z / (1 + |z|).

    Examples
    --------
    >>> softsign(-3.0)
    -0.75
    """
    z = operand(z, "softsign: z")
    return z / (1 + absolute(z))


def mish(z: Any) -> Any:
    """Compute z tanh(ln(1 + eᶻ)).

    Examples
    --------
    >>> round(mish(1.0), 4)
    0.8651
    """
    z = operand(z, "mish: z")
    return z * tanh(softplus(z))


def relu6(z: Any) -> Any:
    """Compute min(max(z, 0), 6).

    Examples
    --------
    >>> relu6(7.0)
    6.0
    """
    return minimum(relu(operand(z, "relu6: z")), 6.0)


def hard_sigmoid(z: Any) -> Any:
    """Compute the line (z + 3) / 6, cut off at 0 and 1.

    Examples
    --------
    >>> hard_sigmoid(0.0)
    0.5
    """
    return relu6(operand(z, "hard_sigmoid: z") + 3.0) * (1 / 6)


def hard_silu(z: Any) -> Any:
    """Compute z · hard_sigmoid(z).

    Examples
    --------
    >>> hard_silu(-4.0)
    -0.0
    """
    z = operand(z, "hard_silu: z")
    return z * hard_sigmoid(z)


def gelu_erf(z: Any) -> Any:
    """Compute z Φ(z), Φ being the normal distribution: of which `autograd.gelu` is the tanh form.

    Examples
    --------
    >>> round(gelu_erf(1.0), 6), round(autograd.gelu(1.0), 6)
    (0.841345, 0.841192)
    """
    z = operand(z, "gelu_erf: z")
    return 0.5 * z * erfc(z * -math.sqrt(0.5))


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": linear,
    **{name: getattr(autograd, name) for name in (
        "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sin",
        "heaviside", "sign")},
    **{f.__name__: f for f in (
        selu, softsign, mish, relu6, hard_sigmoid, hard_silu, gelu_erf)},
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
    shifted = _shifted(z, "log_softmax: z")
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
    powers = [exp(x) for x in _shifted(z, "softmax: z")]
    total = add_up(powers)
    return [p / total for p in powers]


def size_of(x: Any, what: str) -> int:
    """Give the length of a sequence; one number is none, and said to be what it is."""
    try:
        return len(x)
    except TypeError:
        raise TypeError(f"{what} is a list of numbers, got {x!r:.60}: write one number in "
                        "brackets") from None  # fmt: skip


def add_up(terms: Sequence[Any]) -> Any:
    """Add, beginning with the first term: Python's sum() would put a 0 + in the graph."""
    return sum(terms[1:], terms[0])


def _shifted(z: Sequence[Any], name: str) -> list[Any]:
    """Subtract the largest, which no derivative flows through."""
    if not size_of(z, name):
        raise ValueError(f"{name} has no numbers: it needs at least one")
    try:
        largest = autograd.detach(reduce(maximum, z))
        return [x - largest for x in z]
    except TypeError:
        raise TypeError(f"{name} is a list of numbers or Values, got {z!r:.60}") from None
