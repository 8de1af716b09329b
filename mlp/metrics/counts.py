"""Metrics of decisions: what is counted right and wrong at thresholds, and what follows from it.

The counts of a batch are an array of four rows, true and false positives, true and false
negatives, with a column for each threshold; those of an epoch are their sum.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import sigmoid

from ..arrays import as_array
from ..given import flag, number, one_of, whole
from .means import METRICS
from .statistics import Statistic, ratio, weighted

__all__ = [
    "AUC", "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives", "Precision",
    "PrecisionAtRecall", "Recall", "RecallAtPrecision", "SensitivityAtSpecificity",
    "SpecificityAtSensitivity", "TrueNegatives", "TruePositives",
]  # fmt: skip

_LITTLE = 1e-7  # how far the outermost of many thresholds lie outside 0…1


class Counts(Statistic):
    """What outputs above a threshold are, for classes 0 and 1: true or false, positive or negative.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        From 0 to 1; ½ if not given. For several, the metric is an array.
    top_k : int, optional
        Of each example only so many outputs, the largest, may be positive; without thresholds, all
        of them are.
    class_id : int, optional
        To look at one output alone.
    name : str, optional
        What it is called.
    """

    better = "max"

    def __init__(
        self, thresholds: float | Sequence[float] | None = None, top_k: int | None = None,
        class_id: int | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name=name)
        default = 0.5 if top_k is None else -np.inf
        self.thresholds = default if thresholds is None else thresholds
        self._at = np.array([default]) if thresholds is None else _listed(thresholds, self.name)
        self.top_k = top_k if top_k is None else whole(top_k, f"{self.name}: top_k")
        self.class_id = class_id if class_id is None else whole(
            class_id, f"{self.name}: class_id", 0)  # fmt: skip

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check that targets are classes 0 and 1, one for each output."""
        y = super().prepare(y, shape, dtype)
        if y.size and not (y.min() >= 0 and y.max() <= 1):
            raise ValueError(f"{self.name}: targets are classes, 0 and 1, for each output; got "
                             f"{y.min():g} to {y.max():g}")  # fmt: skip
        return y

    def sums(self, y_true: Any, y_pred: Any, weights: Any) -> np.ndarray:
        """Count true and false positives, true and false negatives, at each threshold."""
        y_true, y_pred = self._probabilities(y_true, y_pred)
        if self.top_k is not None:
            least = np.sort(y_pred, -1)[..., -self.top_k, None]
            y_pred = np.where(y_pred >= least, y_pred, -np.inf)
        if self.class_id is not None:
            y_true, y_pred = y_true[..., self.class_id], y_pred[..., self.class_id]
        w = weighted(weights, y_pred).ravel()
        yes, p = y_true.ravel() > 0.5, y_pred.ravel()
        found = _above(p[yes], w[yes], self._at), _above(p[~yes], w[~yes], self._at)
        return np.array([*found, w[~yes].sum() - found[1], w[yes].sum() - found[0]])

    def _probabilities(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        if y_pred.size and not (y_pred.min() >= 0 and y_pred.max() <= 1):
            raise ValueError(
                f"{self.name}: outputs are probabilities, got {y_pred.min():g} to {y_pred.max():g}:"
                " end the network with a sigmoid or a softmax")
        return y_true, y_pred

    def from_sums(self, state: Any) -> Any:
        """Compute the metric, a number for one threshold."""
        found = self.of_counts(*state)
        return float(found[0]) if np.ndim(self.thresholds) == 0 else found

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Compute the metric from the counts at each threshold."""
        raise NotImplementedError(f"{type(self).__name__} has no of_counts(tp, fp, tn, fn)")


def _listed(thresholds: Any, name: str) -> np.ndarray:
    at = np.atleast_1d(as_array(thresholds, f"{name}: thresholds", float))
    if at.ndim > 1 or not ((at >= 0) & (at <= 1)).all():
        raise ValueError(f"{name}: thresholds are from 0 to 1, got {thresholds!r:.60}")
    return at


def _above(p: np.ndarray, w: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Add the weights of what is above each threshold."""
    order = np.argsort(p)
    first = np.searchsorted(p[order], thresholds.astype(p.dtype), side="right")
    return np.append(np.cumsum(w[order][::-1])[::-1], 0.0)[first]


class TruePositives(Counts):
    """How many of class 1 have an output above the threshold.

    Examples
    --------
    >>> TruePositives()([[0], [1], [1], [1]], [[1.0], [0.0], [1.0], [1.0]])
    2.0
    """

    name = "true_positives"

    def __init__(self, thresholds: Any = None, name: str | None = None) -> None:
        super().__init__(thresholds, name=name)

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Give the true positives."""
        return tp


class FalsePositives(TruePositives):
    """How many of class 0 have an output above the threshold."""

    name = "false_positives"
    better = "min"

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Give the false positives."""
        return fp


class TrueNegatives(TruePositives):
    """How many of class 0 have an output that is not above the threshold."""

    name = "true_negatives"

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Give the true negatives."""
        return tn


class FalseNegatives(TruePositives):
    """How many of class 1 have an output that is not above the threshold."""

    name = "false_negatives"
    better = "min"

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Give the false negatives."""
        return fn


class Precision(Counts):
    """Which share of what is said to be 1 is: TP / (TP + FP); 0 where nothing is.

    Examples
    --------
    >>> Precision()([[0], [1], [1]], [[0.9], [0.1], [0.8]])
    0.5
    """

    name = "precision"

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Compute TP / (TP + FP)."""
        return ratio(tp, tp + fp)


class Recall(Counts):
    """Which share of what is 1 is found: TP / (TP + FN).

    Examples
    --------
    >>> Recall()([[0], [1], [1]], [[0.9], [0.1], [0.8]])
    0.5
    """

    name = "recall"

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Compute TP / (TP + FN)."""
        return ratio(tp, tp + fn)


def spread(n: int) -> np.ndarray:
    """Give n thresholds, evenly from just below 0 to just above 1."""
    inner = np.arange(1, n - 1) / (n - 1)
    return np.array([-_LITTLE, *inner, 1 + _LITTLE])


class AUC(Counts):
    """The area under a curve of two shares over all thresholds: of ROC, the chance to rank rightly.

    Parameters
    ----------
    num_thresholds : int, optional
        At how many thresholds, evenly from 0 to 1, the curve is known.
    curve : {"ROC", "PR"}, optional
        The true positive rate by the false positive rate; or precision by recall.
    summation_method : {"interpolation", "minoring", "majoring"}, optional
        Between two points: a line (for PR, as Davis and Goadrich have it), the lower or the higher.
    name : str, optional
        What it is called.
    thresholds : sequence of float, optional
        Thresholds between 0 and 1, in place of `num_thresholds`.
    from_logits : bool, optional
        Whether outputs are logits, and not yet probabilities.

    References
    ----------
    Davis and Goadrich, "The relationship between precision-recall and ROC curves", 2006.

    Examples
    --------
    >>> AUC()([[0], [0], [1], [1]], [[0.0], [0.5], [0.3], [0.9]])
    0.75
    """

    name = "auc"

    def __init__(
        self, num_thresholds: int = 200, curve: str = "ROC",
        summation_method: str = "interpolation", name: str | None = None,
        thresholds: Sequence[float] | None = None, from_logits: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name=name)
        self.curve = one_of(curve, f"{self.name}: curve", "ROC", "PR")
        self.summation_method = one_of(summation_method, f"{self.name}: summation_method",
                                       "interpolation", "minoring", "majoring")  # fmt: skip
        self.from_logits = flag(from_logits, f"{self.name}: from_logits")
        self.thresholds = thresholds
        self.num_thresholds = whole(num_thresholds, f"{self.name}: num_thresholds", 2)
        self._at = spread(self.num_thresholds)
        if thresholds is not None:
            inner = np.sort(_listed(thresholds, self.name))
            self._at = np.array([-_LITTLE, *inner, 1 + _LITTLE])

    def _probabilities(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        if self.from_logits:
            y_pred = sigmoid(y_pred)
        return super()._probabilities(y_true, y_pred)

    def from_sums(self, state: Any) -> float:
        """Compute the area."""
        tp, fp, tn, fn = state
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._between_points(tp, fp, fn)
        recall = ratio(tp, tp + fn)
        x, y = (ratio(fp, fp + tn), recall) if self.curve == "ROC" else (recall, ratio(tp, tp + fp))
        low, high = np.minimum(y[:-1], y[1:]), np.maximum(y[:-1], y[1:])
        height = {"interpolation": (low + high) / 2, "minoring": low, "majoring": high}
        return float(((x[:-1] - x[1:]) * height[self.summation_method]).sum())

    def _between_points(self, tp: Any, fp: Any, fn: Any) -> float:
        """Integrate precision over recall where TP is linear in P = TP + FP between thresholds."""
        said = tp + fp
        slope = ratio(tp[:-1] - tp[1:], np.maximum(said[:-1] - said[1:], 0))
        start = tp[1:] - slope * said[1:]
        both = (said[:-1] > 0) & (said[1:] > 0)
        growth = np.where(both, ratio(said[:-1], said[1:]), 1.0)
        parts = slope * (tp[:-1] - tp[1:] + start * np.log(growth))
        return float(ratio(parts, tp[1:] + fn[1:]).sum())


class _At(Counts):
    """One share where another is at least so large: at the best of many thresholds."""

    of: str  # what the other is called

    def __init__(self, least: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None) -> None:  # fmt: skip
        super().__init__(class_id=class_id, name=name)
        self.least = number(least, f"{self.name}: {self.of}", "from 0 to 1")
        self.num_thresholds = n = whole(num_thresholds, f"{self.name}: num_thresholds")
        self._at = np.array([0.5]) if n == 1 else spread(n)

    def from_sums(self, state: Any) -> float:
        """Give the largest of those shares, 0 if there is none."""
        share, of = self.of_counts(*state)
        return float(share[of >= self.least].max(initial=0.0))


class SensitivityAtSpecificity(_At):
    """TP / (TP + FN) where TN / (TN + FP) is at least a number.

    Parameters
    ----------
    specificity : float
        That number.
    num_thresholds, class_id, name
        As of `AUC` and `Recall`.
    """

    name = "sensitivity_at_specificity"
    of = "specificity"

    def __init__(self, specificity: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None) -> None:  # fmt: skip
        super().__init__(specificity, num_thresholds, class_id, name)
        self.specificity = specificity

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Compute both."""
        return ratio(tp, tp + fn), ratio(tn, tn + fp)


class SpecificityAtSensitivity(_At):
    """TN / (TN + FP) where TP / (TP + FN) is at least a number, `sensitivity`."""

    name = "specificity_at_sensitivity"
    of = "sensitivity"

    def __init__(self, sensitivity: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None) -> None:  # fmt: skip
        super().__init__(sensitivity, num_thresholds, class_id, name)
        self.sensitivity = sensitivity

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Compute both."""
        return ratio(tn, tn + fp), ratio(tp, tp + fn)


class PrecisionAtRecall(_At):
    """`Precision` where `Recall` is at least a number, `recall`."""

    name = "precision_at_recall"
    of = "recall"

    def __init__(self, recall: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None) -> None:  # fmt: skip
        super().__init__(recall, num_thresholds, class_id, name)
        self.recall = recall

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Compute both."""
        return ratio(tp, tp + fp), ratio(tp, tp + fn)


class RecallAtPrecision(_At):
    """`Recall` where `Precision` is at least a number, `precision`."""

    name = "recall_at_precision"
    of = "precision"

    def __init__(self, precision: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None) -> None:  # fmt: skip
        super().__init__(precision, num_thresholds, class_id, name)
        self.precision = precision

    def of_counts(self, tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
        """Compute both."""
        return ratio(tp, tp + fn), ratio(tp, tp + fp)


class FBetaScore(Statistic):
    """(1 + β²) P R / (β² P + R), of precision P and recall R, for each class.

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}, optional
        A number for each class; or of the counts of all; the mean; the mean, weighted by how often
        each class is.
    beta : float, optional
        β: how many times as much recall counts.
    threshold : float, optional
        Outputs above it stand for 1; if not given, the largest of each example does.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> FBetaScore(beta=2.0, threshold=0.5)([[1, 1], [1, 0]], [[0.2, 0.6], [0.7, 0.6]]).round(4)
    array([0.5556, 0.8333])
    """

    name = "fbeta_score"
    better = "max"

    def __init__(self, average: str | None = None, beta: float = 1.0,
                 threshold: float | None = None, name: str | None = None) -> None:  # fmt: skip
        super().__init__(name=name)
        self.average = one_of(average, f"{self.name}: average", None, "micro", "macro", "weighted")
        self.beta = number(beta, f"{self.name}: beta", "above 0")
        self.threshold = threshold if threshold is None else number(
            threshold, f"{self.name}: threshold")  # fmt: skip

    def sums(self, y_true: Any, y_pred: Any, weights: Any) -> np.ndarray:
        """Count true positives, false positives and false negatives of each class."""
        if y_pred.ndim != 2:
            raise ValueError(f"{self.name}: outputs of shape (examples, classes) wanted, got "
                             f"{y_pred.shape}")  # fmt: skip
        if self.threshold is None:
            said = y_pred >= y_pred.max(-1, keepdims=True)
        else:
            said = y_pred > self.threshold
        w = weighted(weights, y_pred)
        return np.array([w * said * y_true, w * said * (1 - y_true),
                         w * (1 - said) * y_true]).sum(1)  # fmt: skip

    def from_sums(self, state: Any) -> Any:
        """Compute the score."""
        tp, fp, fn = state if self.average != "micro" else state.sum(1)
        precision, recall = ratio(tp, tp + fp), ratio(tp, tp + fn)
        b = self.beta**2
        score = ratio((1 + b) * precision * recall, b * precision + recall)
        if self.average == "weighted":
            return float((score * ratio(tp + fn, (tp + fn).sum())).sum())
        return score if self.average is None else float(score.mean())


class F1Score(FBetaScore):
    """2 P R / (P + R), of precision P and recall R, for each class.

    Parameters
    ----------
    average, threshold, name
        As of `FBetaScore`.

    Examples
    --------
    >>> F1Score()([[1, 0], [0, 1], [0, 1]], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]).round(4)
    array([0.6667, 0.6667])
    """

    name = "f1_score"

    def __init__(self, average: str | None = None, threshold: float | None = None,
                 name: str | None = None) -> None:  # fmt: skip
        super().__init__(average, 1.0, threshold, name)


METRICS.update({cls.name: cls for cls in (
    AUC, F1Score, FBetaScore, FalseNegatives, FalsePositives, Precision, Recall, TrueNegatives,
    TruePositives)})  # fmt: skip
