"""Keras' activation functions, with its arguments and defaults: on those of `mlp.activations`."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import (
    exp,
    hypot,
    log_sigmoid,
    maximum,
    minimum,
    sigmoid,
    silu,
    softplus,
    tanh,
    where,
)

from .. import activations
from ..activations import (
    gelu_erf,
    hard_sigmoid,
    hard_silu,
    linear,
    mish,
    relu6,
    selu,
    softsign,
)
from ..arrays import operand
from ..given import checked, number
from .missing import missing
from .named import deserializer, found

__all__ = [
    "celu", "deserialize", "elu", "exponential", "gelu", "get", "glu", "hard_shrink",
    "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid",
    "log_softmax", "mish", "relu", "relu6", "selu", "serialize", "sigmoid", "silu", "soft_shrink",
    "softmax", "softplus", "softsign", "squareplus", "swish", "tanh", "tanh_shrink", "threshold",
]  # fmt: skip

hard_swish, swish = hard_silu, silu


@checked(x=operand)
def elu(x: Any, alpha: float = 1.0) -> Any:
    """Compute x above 0, and α (eˣ − 1) below."""
    return autograd.elu(x, alpha)


@checked(x=operand)
def celu(x: Any, alpha: float = 1.0) -> Any:
    """Compute x above 0, and α (eˣᐟᵅ − 1) below."""
    return alpha * autograd.elu(x * (1 / alpha))


@checked(x=operand)
def exponential(x: Any) -> Any:
    """Compute eˣ."""
    return exp(x)


@checked(x=operand)
def gelu(x: Any, approximate: bool = False) -> Any:
    """Compute x Φ(x), or its form with tanh.

    Examples
    --------
    >>> round(gelu(1.0), 6), round(gelu(1.0, approximate=True), 6)
    (0.841345, 0.841192)
    """
    return autograd.gelu(x) if approximate else gelu_erf(x)


@checked(x=operand)
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Compute x above 0, and a small multiple of it below.

    Examples
    --------
    >>> leaky_relu(-4.0)
    -0.8
    """
    return autograd.leaky_relu(x, negative_slope)


@checked(x=operand)
def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """Compute x above a threshold, at most `max_value`; below it slope · (x − threshold).

    Examples
    --------
    >>> relu(7.0, max_value=6.0), relu(-2.0, negative_slope=0.5)
    (6.0, -1.0)
    """
    if not threshold:
        y = autograd.leaky_relu(x, negative_slope) if negative_slope else autograd.relu(x)
    elif negative_slope:
        y = where(x > threshold, x, negative_slope * (x - threshold))
    else:
        y = x * (x > threshold)
    return y if max_value is None else minimum(y, max_value)


@checked(x=operand)
def hard_tanh(x: Any) -> Any:
    """Cut x off at −1 and 1."""
    return autograd.clip(x, -1.0, 1.0)


@checked(x=operand)
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Compute x, or 0 within ±threshold."""
    return x * (autograd.absolute(x) > threshold)


@checked(x=operand)
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Bring x nearer to 0 by a threshold."""
    return maximum(x - threshold, 0.0) + minimum(x + threshold, 0.0)


@checked(x=operand)
def tanh_shrink(x: Any) -> Any:
    """Compute x − tanh x."""
    return x - tanh(x)


@checked(x=operand)
def squareplus(x: Any, b: float = 4) -> Any:
    """Compute (x + √(x² + b)) / 2."""
    b = number(b, "squareplus: b", "from 0")
    return (x + hypot(x, math.sqrt(b))) * 0.5  # whose square would overflow


@checked(x=operand)
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """Compute x above a threshold, and a number elsewhere."""
    return where(x > threshold, x, default_value)


@checked(x=operand)
def glu(x: Any, axis: int = -1) -> Any:
    """Compute a σ(b), a and b being the halves of x along an axis."""
    if np.shape(x)[_axis(x, axis, "glu")] % 2:
        raise ValueError(f"glu: x has two halves along axis {axis}, got shape {np.shape(x)}")
    a, b = np.split(x, 2, axis=axis)
    return a * sigmoid(b)


@checked(x=operand)
def softmax(x: Any, axis: int = -1) -> Any:
    """Compute exp xᵢ / Σ exp xⱼ along an axis."""
    return _last(activations.softmax, x, _axis(x, axis, "softmax"))


@checked(x=operand)
def log_softmax(x: Any, axis: int = -1) -> Any:
    """Compute ln softmax(x) along an axis."""
    return _last(activations.log_softmax, x, _axis(x, axis, "log_softmax"))


def _axis(x: Any, axis: int, name: str) -> int:
    n = np.ndim(x)
    if not -n <= axis < n:
        raise ValueError(f"{name}: axis {axis} of x, which has {n} axes")
    return axis


def _last(f: Callable[[Any], Any], x: Any, axis: int) -> Any:
    if axis in (-1, getattr(x, "ndim", 1) - 1):
        return f(x)
    return np.moveaxis(f(np.moveaxis(x, axis, -1)), -1, axis)


# What layers are given: for those with a way of their own through a loss, the function of autograd.
_TABLE: dict[str, Callable[[Any], Any]] = {
    name: globals()[name] for name in __all__ if name not in ("deserialize", "get", "serialize")
} | {name: getattr(autograd, name) for name in ("relu", "softmax", "log_softmax")}  # fmt: skip
_PLAIN = {relu: autograd.relu, softmax: autograd.softmax, log_softmax: autograd.log_softmax}


def get(identifier: Any) -> Callable[[Any], Any]:
    """Find an activation by its name; None is `linear`, and a function stays.

    Examples
    --------
    >>> get("swish")(0.0)
    0.0
    """
    if identifier is None:
        return linear
    f: Callable[[Any], Any] = found("activation", identifier, _TABLE)
    return _PLAIN.get(f, f)


def serialize(activation: Callable[[Any], Any]) -> str:
    """Give the name of an activation."""
    return str(getattr(activation, "__name__", activation))


deserialize = deserializer(get)
__getattr__ = missing(__name__, __all__)
