"""Keras' regularizers: those of `mlp.regularizers`, by Keras' names."""

from typing import Any

import numpy as np

from autograd import absolute, square

from .. import regularizers
from ..given import one_of
from .missing import missing
from .named import Configured, deserializer, found, serialize

__all__ = [
    "L1", "L1L2", "L2", "OrthogonalRegularizer", "Regularizer", "deserialize", "get", "l1", "l1_l2",
    "l2", "orthogonal_regularizer", "serialize",
]  # fmt: skip


class Regularizer(Configured):
    """What is added to the loss so that parameters stay small; one of your own has a `__call__`.

    Examples
    --------
    >>> class Cubes(Regularizer):
    ...     def __call__(self, x):
    ...         return 0.01 * (absolute(x) ** 3).sum()
    >>> Cubes()(np.array([1.0, 2.0])).item()
    0.09
    """

    def __call__(self, x: Any) -> Any:
        """Compute it."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(x)")


class L1L2(Regularizer):
    """λ₁ Σ |w| + λ₂ Σ w².

    Examples
    --------
    >>> L1L2(l1=0.5, l2=0.1)(np.array([[1.0, -2.0]])).item()
    2.0
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1, self.l2 = l1 or 0.0, l2 or 0.0
        self._penalty = regularizers.L1L2(self.l1, self.l2)

    def __call__(self, x: Any) -> Any:
        """Compute it."""
        return self._penalty(x)


class L1(L1L2):
    """λ Σ |w|."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """λ Σ w²."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


class OrthogonalRegularizer(Regularizer):
    """λ times the mean |cos| of the angles between rows, or columns."""

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = factor
        self.mode = one_of(mode, "OrthogonalRegularizer: mode", "rows", "columns")

    def __call__(self, x: Any) -> Any:
        """Compute it."""
        rows = x if self.mode == "rows" else x.T
        n = rows.shape[0]
        rows = rows / square(rows).sum(axis=1, keepdims=True) ** 0.5
        between = absolute(rows @ rows.T) * (1 - np.eye(n))
        return self.factor * 0.5 * between.sum() / max(n * (n - 1) / 2, 1)


l1, l1_l2, l2, orthogonal_regularizer = L1, L1L2, L2, OrthogonalRegularizer
_TABLE = {f.__name__: f for f in (L1, L1L2, L2, OrthogonalRegularizer)} | {
    "l1": L1, "l2": L2, "l1_l2": L1L2, "l1l2": L1L2,
    "orthogonal_regularizer": OrthogonalRegularizer}  # fmt: skip


def get(identifier: Any) -> Any:
    """Find a regularizer by its name; None and a function stay.

    Examples
    --------
    >>> get("l2").l2
    0.01
    """
    return found("regularizer", identifier, _TABLE)


deserialize = deserializer(get)
__getattr__ = missing(__name__, __all__)
