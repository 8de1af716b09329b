"""Metrics that are no mean over examples, but follow from sums over them, such as R².

What is added up, batch by batch, is the same for any batches; what follows, is computed at the end.
"""

from abc import abstractmethod
from typing import Any

import numpy as np

from ..given import one_of, whole
from .means import METRICS, Metric

__all__ = [
    "ConcordanceCorrelation", "PearsonCorrelation", "R2Score", "RootMeanSquaredError", "Statistic",
]  # fmt: skip


class Statistic(Metric):
    """A number that follows from sums over all examples; one of your own says both.

    Examples
    --------
    >>> class Spread(Statistic):
    ...     name = "spread"
    ...     def sums(self, y_true, y_pred, weights):
    ...         return np.array([y_pred.size, y_pred.sum(), np.square(y_pred).sum()])
    ...     def from_sums(self, state):
    ...         n, total, squares = state
    ...         return float(squares / n - (total / n) ** 2) ** 0.5
    >>> Spread()([[0.0], [0.0]], [[1.0], [3.0]])
    1.0
    """

    mean = False

    @abstractmethod
    def sums(self, y_true: Any, y_pred: Any, weights: Any) -> np.ndarray:
        """Compute what is added up, of a batch; weights are a number for each example, or None."""

    def updated(self, state: Any, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """Add the sums of a batch to those of the batches before, or to None."""
        sums = self.sums(y_true, y_pred, weights)
        return sums if state is None else state + sums

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Refuse: there is nothing whose mean it would be."""
        raise TypeError(f"{self.name} is no mean over examples")


class RootMeanSquaredError(Statistic):
    """The root of the mean of (y − ŷ)².

    Examples
    --------
    >>> RootMeanSquaredError()([[0.0], [0.0]], [[1.0], [7.0]])
    5.0
    """

    name = "root_mean_squared_error"
    better = "min"

    def sums(self, y_true: Any, y_pred: Any, weights: Any) -> np.ndarray:
        """Compute Σ (y − ŷ)², and how many there are."""
        w = weighted(weights, y_pred)
        return np.array([(w * np.square(y_pred - y_true, dtype=float)).sum(), w.sum()])

    def from_sums(self, state: Any) -> float:
        """Compute the root of their ratio."""
        return float(np.sqrt(ratio(*state)))


class R2Score(Statistic):
    """R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²: the share of the variance that is explained.

    Parameters
    ----------
    class_aggregation : {"uniform_average", "variance_weighted_average", None}, optional
        How the numbers of several outputs become one; None leaves them as they are.
    num_regressors : int, optional
        p, of the adjusted 1 − (1 − R²)(n − 1) / (n − p − 1), where it is not 0.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> R2Score()([[1.0], [3.0]], [[2.0], [3.0]])
    0.5
    """

    name = "r2_score"
    better = "max"

    def __init__(self, class_aggregation: str | None = "uniform_average", num_regressors: int = 0,
                 name: str | None = None) -> None:  # fmt: skip
        super().__init__(name=name)
        self.class_aggregation = one_of(class_aggregation, f"{self.name}: class_aggregation",
                                        "uniform_average", "variance_weighted_average", None)
        self.num_regressors = whole(num_regressors, f"{self.name}: num_regressors", 0)

    def sums(self, y_true: Any, y_pred: Any, weights: Any) -> np.ndarray:
        """Compute Σ (y − ŷ)², Σ y², Σ y, Σ weights and n, of each output."""
        y, p = (x.reshape(len(x), -1).astype(float) for x in (y_true, y_pred))
        w = weighted(weights, y)
        return np.array([w * np.square(y - p), w * np.square(y), w * y, w, np.ones_like(y)]).sum(1)

    def from_sums(self, state: Any) -> Any:
        """Compute R²."""
        errors, squares, total, weight, count = state
        spread = squares - total * ratio(total, weight)
        score = np.where(spread > 0, 1 - ratio(errors, spread), np.where(errors > 0, -np.inf, 1.0))
        if self.class_aggregation == "uniform_average":
            score = score.mean()
        elif self.class_aggregation == "variance_weighted_average":
            score = ratio((spread * score).sum(), spread.sum())
        if p := self.num_regressors:
            n = count.sum()  # of all outputs, as in Keras
            if p < n - 1:
                score = 1 - (1 - score) * (n - 1) / (n - p - 1)
        return float(score) if score.ndim == 0 else score


class PearsonCorrelation(Metric):
    """The mean over examples of the correlation of y and ŷ along the outputs.

    Examples
    --------
    >>> round(PearsonCorrelation()([[0.0, 1.0, 0.5]], [[0.1, 0.9, 1.0]]), 4)
    0.8109
    """

    name = "pearson_correlation"
    better = "max"

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the correlation of each example."""
        y, p = (x - x.mean(-1, keepdims=True) for x in (y_true, y_pred))
        y, p = (x / np.sqrt(np.square(x).sum(-1, keepdims=True)) for x in (y, p))
        return (y * p).sum(-1)


class ConcordanceCorrelation(Metric):
    """The mean over examples of 2 Cov(y, ŷ) / (Var(y) + Var(ŷ) + (ȳ − mean ŷ)²).

    Examples
    --------
    >>> round(ConcordanceCorrelation()([[0.0, 1.0, 0.5]], [[0.1, 0.9, 1.0]]), 4)
    0.7477
    """

    name = "concordance_correlation"
    better = "max"

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Compute it for each example."""
        means = [x.mean(-1, keepdims=True) for x in (y_true, y_pred)]
        y, p = y_true - means[0], y_pred - means[1]
        shift = np.square(means[0] - means[1])[..., 0]
        return 2 * (y * p).mean(-1) / (np.square(y).mean(-1) + np.square(p).mean(-1) + shift)


def weighted(weights: Any, y: np.ndarray) -> np.ndarray:
    """Give a weight for each number of y, from one for each example, or none."""
    if weights is None:
        return np.ones(y.shape)
    return np.broadcast_to(weights.reshape(-1, *[1] * (y.ndim - 1)).astype(float), y.shape)


def ratio(a: Any, b: Any) -> Any:
    """Compute a / b, or 0 where b is 0."""
    return np.divide(a, b, out=np.zeros(np.broadcast(a, b).shape), where=np.not_equal(b, 0))


METRICS.update({cls.name: cls for cls in (
    RootMeanSquaredError, R2Score, PearsonCorrelation, ConcordanceCorrelation)})  # fmt: skip
