"""What training does most, each as one operation: a layer's xW + b, and the softmax's loss."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from .array_ops import (
    array_operation,
    broadcast_to,
    divided,
    expand_dims,
    matmul,
    mismatch,
    raw,
    reshape,
    shape_of,
    softmax,
    sum,
)
from .node import Node
from .ops import chain
from .row import as_array, numeric

__all__ = ["linear", "softmax_cross_entropy"]


def _linear(x: Any, w: Any, *b: Any) -> Any:
    """Compute x @ w + b: what a layer does to a batch."""
    x, w = np.asarray(x), np.asarray(w)
    if w.ndim != 2 or x.shape[-1:] != w.shape[:1]:
        raise mismatch("linear", x.shape, w.shape)
    y = x.dot(w) if x.ndim == 2 else np.matmul(x, w)  # dot has less to look at
    for bias in b:
        if getattr(bias, "shape", ()) != w.shape[1:]:
            raise ValueError(f"linear: weights of shape {w.shape} and a bias of shape "
                             f"{np.shape(bias)}: it must be {w.shape[1:]}")  # fmt: skip
        y += bias
    return y


def _rows(x: Any) -> Any:
    if x.ndim == 2:
        return x
    *lead, n = x.shape
    return reshape(x, shape=(math.prod(lead), n))


def _linear_vjp(i: int, g: Any, y: Any, x: Any, w: Any, *b: Any, out: Any = None) -> Any:
    recorded = any(isinstance(z, Node) for z in (g, x, w))  # g alone may be a constant
    if i == 0:
        return matmul(g, w.T) if recorded else g.dot(w.T)
    if g.ndim != 2:
        x, g = _rows(x), _rows(g)
    if recorded:
        return matmul(x.T, g) if i == 1 else sum(g, axis=0)
    left = x.T if i == 1 else _ones(len(g), g.dtype)
    try:
        return left.dot(g, out)
    except ValueError:  # of several types, which dot does not write
        return np.matmul(left, g, out=out)


@lru_cache(8)
def _ones(n: int, dtype: Any) -> np.ndarray:
    """Give ones: their product with a matrix is faster than a sum over its rows."""
    return np.ones(n, dtype)


def _linear_jvp(i: int, t: Any, y: Any, x: Any, w: Any, *b: Any) -> Any:
    if i == 2:
        return broadcast_to(t, shape=shape_of(y))
    return matmul(t, w) if i == 0 else matmul(x, t)


linear = array_operation(
    "linear", _linear, _linear_vjp, _linear_jvp, symbol="xW + b", out=(1, 2))


def _cross_entropy(
    z: Any, target: Any, weights: Any = None, reduction: str = "mean"
) -> tuple[Any, Any]:
    """Compute the losses, and what the vjp needs: the softmax, and where the labels stand in it."""
    shifted = z - _largest(z)
    p = np.exp(shifted)
    total = p.dot(_ones(z.shape[1], p.dtype))
    p /= total[:, None]
    losses = np.log(total)
    places = None
    if target.ndim == 1:
        places = _places(target, z.shape)
        losses -= shifted.take(places)
    else:
        losses *= np.add.reduce(target, axis=-1)
        losses -= np.add.reduce(chain.array(target, shifted), axis=-1)  # 0 · ln 0 is 0
    saved = p, places
    if reduction == "none":
        return losses if weights is None else losses * weights, saved
    if weights is not None:
        losses = losses * weights
    y = _total(losses)
    if reduction == "mean":
        y = y / _examples(z, weights)
    return (y.astype(p.dtype) if p.dtype.char == "e" else y), saved


def _total(x: Any) -> Any:
    """Add up; float16, in which the sum need not be a number, in float32."""
    return np.add.reduce(x, dtype=np.float32 if x.dtype.char == "e" else None)


def _largest(z: Any) -> Any:
    """Give each example's largest logit: for few classes, NumPy is faster along columns."""
    if z.shape[1] < 64:
        return np.maximum.reduce(z.T.copy(), axis=0)[:, None]
    return np.maximum.reduce(z, axis=1, keepdims=True)


def _places(labels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Give the place of each example's class among all logits, counted row by row."""
    try:
        return np.ravel_multi_index((np.arange(len(labels)), labels), shape)
    except ValueError:
        raise ValueError(
            f"softmax_cross_entropy: labels from 0 to {shape[1] - 1}, got {labels.min()} to "
            f"{labels.max()}"
        ) from None


def _examples(z: Any, weights: Any) -> Any:
    return shape_of(z)[0] if weights is None else _total(weights)


def _cross_entropy_vjp(
    g: Any, y: Any, z: Any, target: Any, weights: Any = None, reduction: str = "mean",
    saved: Any = None,
) -> Any:  # fmt: skip
    if reduction == "mean":
        g = divided(g, _examples(z, weights))
    elif reduction == "none":
        g = expand_dims(g, -1)
    if weights is not None:
        g = g * weights[:, None]
    if isinstance(z, Node) or isinstance(g, Node):
        return g * _slope(softmax(z), target)
    p, places = saved
    return _slope(p, target, places) * g


def _slope(p: Any, target: Any, places: Any = None) -> Any:
    """Compute the derivative of the loss of one example: p − t, or p Σt − t."""
    if target.ndim == 2:
        return p * np.add.reduce(target, axis=-1, keepdims=True) - target
    if isinstance(p, Node):
        return p - np.eye(shape_of(p)[1], dtype=raw(p).dtype)[target]
    slope = p.copy()
    slope.reshape(-1)[_places(target, p.shape) if places is None else places] -= 1
    return slope


def _cross_entropy_jvp(
    t: Any, y: Any, z: Any, target: Any, weights: Any = None, reduction: str = "mean",
    saved: Any = None,
) -> Any:  # fmt: skip
    d = sum(t * _slope(softmax(z), target), axis=-1)
    if weights is not None:
        d = d * weights
    if reduction == "none":
        return d
    return divided(sum(d), _examples(z, weights)) if reduction == "mean" else sum(d)


_recorded_cross_entropy = array_operation(
    "softmax_cross_entropy", _cross_entropy, [_cross_entropy_vjp], [_cross_entropy_jvp],
    symbol="−Σ t ln softmax")


def softmax_cross_entropy(
    z: Any, target: Any, weights: Any = None, reduction: str = "mean"
) -> Any:
    """Compute −Σ tᵢ ln softmax(z)ᵢ for a batch, with every digit.

    Parameters
    ----------
    z : Tensor or ndarray, shape (examples, classes)
        The logits.
    target : ndarray
        Labels from 0, of shape (examples,); or weights of the classes (one-hot), shaped like `z`.
    weights : ndarray, shape (examples,), optional
        How much each example counts: the mean is Σ w·loss / Σ w.
    reduction : {"mean", "sum", "none"}, optional
        Whether to give one number, or one an example.

    Raises
    ------
    ValueError, TypeError
        If shapes do not fit, or a label is not a class.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(softmax_cross_entropy(np.array([[0.6, 1.1, -1.5]]), np.array([1]))), 4)
    0.5193
    """
    if (apart := getattr(type(z), "_cross_entropy", None)) is not None:  # it is being traced
        return apart(z, target, weights, reduction)
    z = z if isinstance(z, Node) else numeric("softmax_cross_entropy", z)
    shape = shape_of(z)
    for name, x in ("target", target), ("weights", weights):
        if isinstance(x, Node):
            raise TypeError(f"softmax_cross_entropy: {name} is a constant: give an array, x.data")
    target = as_array("softmax_cross_entropy", target)
    if len(shape) != 2 or target.shape not in (shape, shape[:1]):
        raise ValueError(
            f"softmax_cross_entropy: logits of shape (examples, classes) and as many labels, or "
            f"targets of the same shape; got {shape} and {target.shape}"
        )
    if target.ndim == 2:
        target = target.astype(np.result_type(raw(z), np.float16), copy=False)
    elif target.dtype.kind not in "iu":
        raise TypeError(f"softmax_cross_entropy: labels are integers, got {target.dtype}")
    if weights is not None:
        weights = as_array("softmax_cross_entropy", weights)
        weights = weights.astype(np.result_type(raw(z), np.float16), copy=False)
        if weights.shape != shape[:1]:
            raise ValueError(
                f"softmax_cross_entropy: a weight an example, shape {shape[:1]}, got "
                f"{weights.shape}"
            )
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(
            f'softmax_cross_entropy: reduction is "mean", "sum" or "none", not {reduction!r}'
        )
    return _recorded_cross_entropy(z, target=target, weights=weights, reduction=reduction)
