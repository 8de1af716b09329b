"""Keras' constraints: what weights are brought back to after each step."""

from typing import Any

import numpy as np

from .missing import missing
from .named import Configured, deserializer, found, serialize

__all__ = [
    "Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "deserialize", "get", "max_norm",
    "min_max_norm", "non_neg", "serialize", "unit_norm",
]  # fmt: skip

_LITTLE = 1e-7


class Constraint(Configured):
    """Gives weights for weights; one of your own has ``__call__(w)``, w being an array.

    Examples
    --------
    >>> class Rounded(Constraint):
    ...     def __call__(self, w):
    ...         return np.round(w, 1)
    >>> Rounded()(np.array([0.123]))
    array([0.1])
    """

    def __call__(self, w: Any) -> Any:
        """Bring them back."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(w)")


class MinMaxNorm(Constraint):
    """Bring the norm of the weights of a unit near to what lies between two numbers.

    Examples
    --------
    >>> MinMaxNorm(0.0, 1.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(2)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0,
                 axis: Any = 0) -> None:  # fmt: skip
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Any) -> Any:
        """Bring them back."""
        norms = _norms(w, self.axis)
        wanted = np.clip(norms, self.min_value, self.max_value)
        return w * ((self.rate * wanted + (1 - self.rate) * norms) / (norms + _LITTLE))


class MaxNorm(MinMaxNorm):
    """Shorten the weights of a unit to a norm of at most a number."""

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        super().__init__(0.0, max_value, 1.0, axis)


class UnitNorm(Constraint):
    """Give the weights of a unit the norm 1."""

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """Bring them back."""
        return w / (_norms(w, self.axis) + _LITTLE)


class NonNeg(Constraint):
    """Set weights below 0 to 0."""

    def __call__(self, w: Any) -> Any:
        """Bring them back."""
        return w * (w >= 0)


def _norms(w: Any, axis: Any) -> Any:
    return np.sqrt(np.maximum(np.square(w).sum(axis=axis, keepdims=True), 0))


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm
_TABLE = {cls.__name__: cls for cls in (MaxNorm, MinMaxNorm, NonNeg, UnitNorm)} | {
    "max_norm": MaxNorm, "min_max_norm": MinMaxNorm, "non_neg": NonNeg, "unit_norm": UnitNorm,
    "nonneg": NonNeg}  # fmt: skip


def get(identifier: Any) -> Any:
    """Find a constraint by its name; None and a function of an array stay.

    Examples
    --------
    >>> get("max_norm").max_value
    2.0
    """
    return found("constraint", identifier, _TABLE)


deserialize = deserializer(get)
__getattr__ = missing(__name__, __all__)
