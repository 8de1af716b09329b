"""Clipping: gradients cut down to a size, between ``backward()`` and an optimizer's step."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, Value

from ..given import listed, number

__all__ = ["clip_by_norm", "clip_by_value"]


def clip_by_norm(parameters: Sequence[Any], limit: float) -> float:
    """Shorten the gradient, of all parameters as one vector, to a length of at most `limit`.

    Parameters
    ----------
    parameters : sequence of Tensor or Value
        Those that have no gradient are passed over.
    limit : float
        A number above 0; math.inf, to find the norm alone.

    Returns
    -------
    float
        The norm before.

    Raises
    ------
    FloatingPointError
        If the norm is not finite; no gradient has changed then.
    ValueError
        If the limit is not a number above 0.

    References
    ----------
    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013,
    algorithm 1 (PyTorch adds 1e-6 to the norm).

    Examples
    --------
    >>> from autograd import Value
    >>> x, y = Value(3.0), Value(4.0)
    >>> ((x**2 + y**2) / 2).backward()
    >>> clip_by_norm([x, y], 1.0)
    5.0
    >>> print(f"{x.grad:.1f} {y.grad:.1f}")
    0.6 0.8
    """
    with_grad = _with_grad(parameters, limit, "clip_by_norm")
    norm = math.hypot(*(_length(p.grad) for p in with_grad))
    if not math.isfinite(norm):
        raise FloatingPointError(f"the norm of the gradient is {norm}: there is no shortening it")
    if norm > limit:
        for p in with_grad:
            shorter = p.grad * np.float64(limit / norm)
            p.grad = np.asarray(shorter, p.dtype) if isinstance(p, Tensor) else float(shorter)
    return norm


def _length(g: Any) -> float:
    """Compute √Σg², which may be a number where float16, or a sum of squares, has none."""
    return float(autograd.norm(np.asarray(g, np.result_type(g, np.float32))))


def clip_by_value(parameters: Sequence[Any], limit: float) -> None:
    """Bring every number of the gradients into ±limit; NaN stays NaN.

    Parameters
    ----------
    parameters, limit
        As of `clip_by_norm`.

    Examples
    --------
    >>> from autograd import Tensor
    >>> w = Tensor([3.0, -0.5])
    >>> (w**2).sum().backward()
    >>> clip_by_value([w], 2.0)
    >>> w.grad
    array([ 2., -1.])
    """
    for p in _with_grad(parameters, limit, "clip_by_value"):
        clipped = np.clip(p.grad, -limit, limit)
        p.grad = clipped if isinstance(p, Tensor) else float(clipped)


def _with_grad(parameters: Any, limit: Any, name: str) -> list[Any]:
    """Give the parameters that have a gradient."""
    number(limit, f"{name}: limit", "above 0, or infinite")
    parameters = listed(parameters, f"{name}: parameters", "Tensors or of Values")
    for p in parameters:
        if not isinstance(p, (Tensor, Value)):
            raise TypeError(f"{name}: parameters are Tensors, or Values; got {p!r:.60}")
    return [p for p in parameters if p.grad is not None]
