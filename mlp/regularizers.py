"""Regularizers: what is added to the loss so that parameters stay small. Names are Keras'."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import absolute, array_operation

from .given import number
from .lookup import lookup

__all__ = ["L1L2", "REGULARIZERS", "l1", "l1_l2", "l2", "regularizer"]


def _sum_of_squares(w: Any) -> Any:
    flat = np.ravel(w)
    return flat.dot(flat)


def _slope(g: Any, y: Any, w: Any, out: Any = None) -> Any:
    return 2 * g * w if out is None else np.multiply(2 * g, w, out=out)


sum_of_squares = array_operation(
    "sum_of_squares", _sum_of_squares, vjp=[_slope], jvp=[lambda t, y, w: (2 * w * t).sum()],
    symbol="Σw²", out=(0,))  # fmt: skip


@dataclass(frozen=True)
class L1L2:
    """λ₁ Σ |w| + λ₂ Σ w², as a function of a Tensor.

    Parameters
    ----------
    l1, l2 : float, optional
        λ₁ and λ₂, from 0.

    Raises
    ------
    ValueError
        If one is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> L1L2(l1=0.5, l2=0.1)(np.array([[1.0, -2.0]])).item()
    2.0
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name, factor in ("l1", self.l1), ("l2", self.l2):
            number(factor, f"L1L2: {name}", "from 0")

    def __call__(self, w: Any) -> Any:
        """Compute it."""
        if not self.l1:
            return self.l2 * sum_of_squares(w)
        penalty = self.l1 * absolute(w).sum()
        return penalty + self.l2 * sum_of_squares(w) if self.l2 else penalty


def l1(l1: float = 0.01) -> L1L2:
    """Make λ Σ |w|, which sets small weights to 0."""
    return L1L2(l1=l1)


def l2(l2: float = 0.01) -> L1L2:
    """Make λ Σ w² (without the ½ of an optimizer's `weight_decay`)."""
    return L1L2(l2=l2)


def l1_l2(l1: float = 0.0, l2: float = 0.0) -> L1L2:
    """Make λ₁ Σ |w| + λ₂ Σ w²."""
    return L1L2(l1, l2)


REGULARIZERS: dict[str, Callable[[], L1L2]] = {"l1": l1, "l2": l2, "l1_l2": l1_l2}


def regularizer(choice: str | Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """Find a regularizer by its name, with Keras' factors, or raise a ValueError; others stay.

    Examples
    --------
    >>> regularizer("l2")
    L1L2(l1=0.0, l2=0.01)
    """
    if choice is None or callable(choice):
        return choice
    found: L1L2 = lookup("regularizer", choice, REGULARIZERS)()
    return found
