"""Keras' metrics, with its arguments, over all that was seen since the last reset."""

from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np

from autograd import Tensor

from .. import losses, metrics
from ..arrays import as_array
from ..given import DType, function
from ..losses.classes import as_outputs
from . import config, initializers
from .losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from .missing import missing
from .named import Configured, auto_name, deserializer, found, not_here, serialize, snake_case

__all__ = [
    "AUC", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy",
    "CategoricalCrossentropy", "CategoricalHinge", "ConcordanceCorrelation", "CosineSimilarity",
    "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives", "Hinge", "KLDivergence",
    "LogCoshError", "Mean", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanMetricWrapper",
    "MeanSquaredError", "MeanSquaredLogarithmicError", "Metric", "PearsonCorrelation", "Poisson",
    "Precision", "PrecisionAtRecall", "R2Score", "Recall", "RecallAtPrecision",
    "RootMeanSquaredError", "SensitivityAtSpecificity", "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "SpecificityAtSensitivity",
    "SquaredHinge", "Sum", "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives",
    "binary_accuracy", "binary_crossentropy", "binary_focal_crossentropy", "categorical_accuracy",
    "categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge",
    "deserialize", "get", "hinge", "huber", "kl_divergence", "log_cosh", "mean_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error",
    "poisson", "serialize", "sparse_categorical_accuracy", "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy", "squared_hinge", "top_k_categorical_accuracy",
]  # fmt: skip


class State(np.ndarray):
    """A number, or some, that a metric remembers."""

    def assign(self, value: Any) -> None:
        """Set it."""
        self[...] = value.data if isinstance(value, Tensor) else value

    def assign_add(self, value: Any) -> None:
        """Add to it."""
        self.assign(self + (value.data if isinstance(value, Tensor) else value))

    def numpy(self) -> np.ndarray:
        """Give a copy, a plain array."""
        return np.array(self)


class Metric(Configured, metrics.Metric):
    """A metric as Keras has it; one of your own has `update_state` and `result`.

    Parameters
    ----------
    dtype : dtype, optional
        As in Keras; sums are made in float64.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> class Largest(Metric):
    ...     def __init__(self, name="largest", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.largest = self.add_weight(name="largest", initializer="zeros")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.largest.assign(np.maximum(self.largest, np.max(y_pred)))
    ...     def result(self):
    ...         return self.largest
    >>> metric = Largest()
    >>> metric.update_state([[0.0]], np.array([[3.0]]))
    >>> metric.update_state([[0.0]], np.array([[2.0]]))
    >>> float(metric.result())
    3.0
    """

    _variables: list[State]
    _ours: tuple[Callable[..., Any], ...] | None = None  # what a class with methods of its own had

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Begin with no sums."""
        made = super().__new__(cls, *args, **kwargs)
        made._sums, made._variables = None, []
        return made

    def __init__(self, dtype: DType = None, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {"update_state", "result", "reset_state"} & {*vars(cls)}
        if cls.__module__ == __name__ or not own:
            return
        if cls._ours is None:
            cls._ours = cls.prepare, cls.updated, cls.from_sums
        cls.mean = False  # the class' own methods say what it is
        cls.prepare, cls.updated, cls.from_sums = (
            Metric._as_given, Metric._by_update_state, Metric._by_result)  # fmt: skip

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: DType = None, name: str | None = None
    ) -> State:
        """Make a variable of a shape, 0 to begin with."""
        make = initializers.get(initializer or "zeros")
        state = np.array(make(tuple(np.atleast_1d(shape).astype(int).tolist()),
                              dtype or config.floatx())).view(State)  # fmt: skip
        self._variables.append(state)
        return state

    add_variable = add_weight
    dtype = "float64"  # of the sums

    @property
    def variables(self) -> list[State]:
        """What was made by `add_weight`."""
        return self._variables

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add what a batch adds."""
        kind = type(self)
        prepare, updated, _ = self._ours or (kind.prepare, kind.updated, None)
        arrays = self.arrays(y_true, y_pred, sample_weight, partial(prepare, self))
        self._sums = updated(self, self._sums, *arrays)

    def result(self) -> Any:
        """Give the metric of all that was seen."""
        *_, from_sums = self._ours or (type(self).from_sums,)
        return 0.0 if self._sums is None else from_sums(self, self._sums)

    def reset_state(self) -> None:
        """Forget what was seen."""
        self._sums = None
        for variable in self._variables:
            variable.assign(0)

    reset_states = reset_state

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add what a batch adds, and give the metric of all that was seen."""
        self.update_state(*args, **kwargs)
        return self.result()

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Compute an array whose mean it is, in classes that have no `update_state`."""
        raise NotImplementedError(f"{type(self).__name__} has no update_state(y_true, y_pred, "
                                  "sample_weight=None)")  # fmt: skip

    # What fit asks of a class with methods of its own: its variables are the sums.

    def _by_update_state(self, state: Any, y_true: Any, y_pred: Any, weights: Any) -> Any:
        self._take(state)
        self.update_state(y_true, y_pred, **({} if weights is None else {"sample_weight": weights}))
        return [self._sums, *(v.numpy() for v in self._variables)]

    def _by_result(self, state: Any) -> Any:
        self._take(state)
        result = self.result()
        result = result.data if isinstance(result, Tensor) else result
        return float(result) if np.ndim(result) == 0 else result

    def _take(self, state: Any) -> None:
        if state is None:
            self.reset_state()
            return
        self._sums, *numbers = state
        for variable, number in zip(self._variables, numbers, strict=True):
            variable.assign(number)

    def _as_given(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        near = y.shape[1:] == shape[1:-1] and shape[-1:] == (1,)
        return as_outputs(y, shape, self.name) if near else y


class _Plain(Metric):
    """A metric without settings of its own."""

    def __init__(self, name: str | None = None, dtype: DType = None) -> None:
        super().__init__(dtype, name or type(self).name)


class Accuracy(metrics.Accuracy, _Plain):
    """How often an output is the target, number for number."""


class CategoricalAccuracy(metrics.CategoricalAccuracy, _Plain):
    """How often the largest output is that of the largest target."""


class SparseCategoricalAccuracy(metrics.SparseCategoricalAccuracy, _Plain):
    """How often the largest output is that of the label."""


class RootMeanSquaredError(metrics.RootMeanSquaredError, _Plain):
    """The root of the mean of (y − ŷ)²."""


class PearsonCorrelation(metrics.PearsonCorrelation, _Plain):
    """The mean over examples of the correlation of y and ŷ along the outputs."""

    def __init__(self, name: str | None = None, dtype: DType = None, axis: int = -1) -> None:
        super().__init__(name, dtype)
        not_here("PearsonCorrelation", axis=None if axis == -1 else axis)


class ConcordanceCorrelation(metrics.ConcordanceCorrelation, _Plain):
    """The mean over examples of their concordance."""

    def __init__(self, name: str | None = None, dtype: DType = None, axis: int = -1) -> None:
        super().__init__(name, dtype)
        not_here("ConcordanceCorrelation", axis=None if axis == -1 else axis)


class BinaryAccuracy(metrics.BinaryAccuracy, Metric):
    """How often an output lies on the side of the threshold where its class, 0 or 1, is."""

    def __init__(self, name: str = "binary_accuracy", dtype: DType = None,
                 threshold: float = 0.5) -> None:  # fmt: skip
        super().__init__(name, threshold)


class TopKCategoricalAccuracy(metrics.TopKCategoricalAccuracy, Metric):
    """How often the output of the largest target is among the k largest."""

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy",
                 dtype: DType = None) -> None:  # fmt: skip
        super().__init__(k, name)


class SparseTopKCategoricalAccuracy(metrics.SparseTopKCategoricalAccuracy, Metric):
    """How often the output of the label is among the k largest."""

    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy",
                 dtype: DType = None, from_sorted_ids: bool = False) -> None:  # fmt: skip
        not_here("SparseTopKCategoricalAccuracy", from_sorted_ids=from_sorted_ids)
        super().__init__(k, name)


class R2Score(metrics.R2Score, Metric):
    """The share of the variance that is explained."""

    def __init__(self, class_aggregation: str | None = "uniform_average", num_regressors: int = 0,
                 name: str = "r2_score", dtype: DType = None) -> None:  # fmt: skip
        super().__init__(class_aggregation, num_regressors, name)


class FBetaScore(metrics.FBetaScore, Metric):
    """A mean of precision and recall, for each class."""

    def __init__(
        self, average: str | None = None, beta: float = 1.0, threshold: float | None = None,
        name: str = "fbeta_score", dtype: DType = None,
    ) -> None:  # fmt: skip
        super().__init__(average, beta, threshold, name)


class F1Score(metrics.FBetaScore, Metric):
    """2 P R / (P + R), of precision P and recall R, for each class."""

    def __init__(self, average: str | None = None, threshold: float | None = None,
                 name: str = "f1_score", dtype: DType = None) -> None:  # fmt: skip
        super().__init__(average, 1.0, threshold, name)


class Precision(metrics.Precision, Metric):
    """Which share of what is said to be 1 is."""

    def __init__(self, thresholds: Any = None, top_k: int | None = None,
                 class_id: int | None = None, name: str | None = None,
                 dtype: DType = None) -> None:  # fmt: skip
        super().__init__(thresholds, top_k, class_id, name)


class Recall(metrics.Recall, Metric):
    """Which share of what is 1 is found."""

    def __init__(self, thresholds: Any = None, top_k: int | None = None,
                 class_id: int | None = None, name: str | None = None,
                 dtype: DType = None) -> None:  # fmt: skip
        super().__init__(thresholds, top_k, class_id, name)


class TruePositives(metrics.TruePositives, Metric):
    """How many of class 1 have an output above the threshold."""

    def __init__(self, thresholds: Any = None, name: str | None = None,
                 dtype: DType = None) -> None:  # fmt: skip
        super().__init__(thresholds, name)


class FalsePositives(metrics.FalsePositives, Metric):
    """How many of class 0 have an output above the threshold."""

    def __init__(self, thresholds: Any = None, name: str | None = None,
                 dtype: DType = None) -> None:  # fmt: skip
        super().__init__(thresholds, name)


class TrueNegatives(metrics.TrueNegatives, Metric):
    """How many of class 0 have an output that is not above the threshold."""

    def __init__(self, thresholds: Any = None, name: str | None = None,
                 dtype: DType = None) -> None:  # fmt: skip
        super().__init__(thresholds, name)


class FalseNegatives(metrics.FalseNegatives, Metric):
    """How many of class 1 have an output that is not above the threshold."""

    def __init__(self, thresholds: Any = None, name: str | None = None,
                 dtype: DType = None) -> None:  # fmt: skip
        super().__init__(thresholds, name)


class AUC(metrics.AUC, Metric):
    """The area under the curve of two shares over all thresholds."""

    def __init__(
        self, num_thresholds: int = 200, curve: str = "ROC",
        summation_method: str = "interpolation", name: str | None = None, dtype: DType = None,
        thresholds: Any = None, multi_label: bool = False, num_labels: int | None = None,
        label_weights: Any = None, from_logits: bool = False,
    ) -> None:  # fmt: skip
        not_here("AUC", "give one for each output, of a function of y[:, k]",
                 multi_label=multi_label, num_labels=num_labels, label_weights=label_weights
                 )  # fmt: skip
        super().__init__(num_thresholds, curve, summation_method, name, thresholds, from_logits)


class SensitivityAtSpecificity(metrics.SensitivityAtSpecificity, Metric):
    """TP / (TP + FN) where TN / (TN + FP) is at least a number."""

    def __init__(self, specificity: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None, dtype: DType = None) -> None:  # fmt: skip
        super().__init__(specificity, num_thresholds, class_id, name)


class SpecificityAtSensitivity(metrics.SpecificityAtSensitivity, Metric):
    """TN / (TN + FP) where TP / (TP + FN) is at least a number."""

    def __init__(self, sensitivity: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None, dtype: DType = None) -> None:  # fmt: skip
        super().__init__(sensitivity, num_thresholds, class_id, name)


class PrecisionAtRecall(metrics.PrecisionAtRecall, Metric):
    """Precision where recall is at least a number."""

    def __init__(self, recall: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None, dtype: DType = None) -> None:  # fmt: skip
        super().__init__(recall, num_thresholds, class_id, name)


class RecallAtPrecision(metrics.RecallAtPrecision, Metric):
    """Recall where precision is at least a number."""

    def __init__(self, precision: float, num_thresholds: int = 200, class_id: int | None = None,
                 name: str | None = None, dtype: DType = None) -> None:  # fmt: skip
        super().__init__(precision, num_thresholds, class_id, name)


class _OfLoss(Metric):
    """The mean of a loss, without what regularizers add."""

    loss: Any
    better = "min"

    def __init__(self, name: str | None = None, dtype: DType = None, **settings: Any) -> None:
        super().__init__(dtype, name or type(self).name)
        self._loss = type(self).loss(name=self.name, **settings)

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check the targets, as the loss does."""
        return self._loss.prepare(y, shape, dtype)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each element."""
        return self._loss.elements(y_true, y_pred)

    def from_net(self, targets: Any, z: Any, phi: Callable[[Any], Any]) -> Any:
        """Compute it for the outputs φ(z), as the loss does."""
        return self._loss.from_net(targets, z, phi)


def _of_loss(name: str, loss: type, called: str | None = None) -> type:
    return type(name, (_OfLoss,), {
        "loss": loss, "name": called or snake_case(name), "__module__": __name__,
        "__doc__": f"The mean of `mlp.losses.{loss.__name__}`."})  # fmt: skip


class BinaryCrossentropy(_OfLoss):
    """The mean of `mlp.losses.BinaryCrossentropy`."""

    name = "binary_crossentropy"
    loss = losses.BinaryCrossentropy

    def __init__(self, name: str | None = None, dtype: DType = None, from_logits: bool = False,
                 label_smoothing: float = 0) -> None:  # fmt: skip
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(_OfLoss):
    """The mean of `mlp.losses.CategoricalCrossentropy`."""

    name = "categorical_crossentropy"
    loss = losses.CategoricalCrossentropy

    def __init__(self, name: str | None = None, dtype: DType = None, from_logits: bool = False,
                 label_smoothing: float = 0, axis: int = -1) -> None:  # fmt: skip
        not_here(type(self).__name__, axis=None if axis == -1 else axis)
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class SparseCategoricalCrossentropy(_OfLoss):
    """The mean of `mlp.losses.SparseCategoricalCrossentropy`."""

    name = "sparse_categorical_crossentropy"
    loss = losses.SparseCategoricalCrossentropy

    def __init__(
        self, name: str | None = None, dtype: DType = None, from_logits: bool = False,
        ignore_class: int | None = None, axis: int = -1,
    ) -> None:  # fmt: skip
        not_here(type(self).__name__, ignore_class=ignore_class, axis=None if axis == -1 else axis)
        super().__init__(name, dtype, from_logits=from_logits)


CategoricalHinge = _of_loss("CategoricalHinge", losses.CategoricalHinge)
Hinge = _of_loss("Hinge", losses.Hinge)
KLDivergence = _of_loss("KLDivergence", losses.KLDivergence)
LogCoshError = _of_loss("LogCoshError", losses.LogCosh, "logcosh")
MeanAbsoluteError = _of_loss("MeanAbsoluteError", losses.MeanAbsoluteError)
MeanAbsolutePercentageError = _of_loss("MeanAbsolutePercentageError",
                                       losses.MeanAbsolutePercentageError)  # fmt: skip
MeanSquaredError = _of_loss("MeanSquaredError", losses.MeanSquaredError)
MeanSquaredLogarithmicError = _of_loss("MeanSquaredLogarithmicError",
                                       losses.MeanSquaredLogarithmicError)  # fmt: skip
Poisson = _of_loss("Poisson", losses.Poisson)
SquaredHinge = _of_loss("SquaredHinge", losses.SquaredHinge)


class CosineSimilarity(_OfLoss):
    """The mean of cos ∠(y, ŷ): 1 where both point the same way."""

    name = "cosine_similarity"
    loss = losses.CosineSimilarity
    better = "max"

    def __init__(self, name: str | None = None, dtype: DType = None, axis: int = -1) -> None:
        not_here(type(self).__name__, axis=None if axis == -1 else axis)
        super().__init__(name, dtype)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the cosine of each example."""
        return -super().values(y_true, y_pred)

    def from_net(self, targets: Any, z: Any, phi: Callable[[Any], Any]) -> Any:
        """Compute it for the outputs φ(z)."""
        return self.values(targets, phi(z))


class Mean(_Plain):
    """The mean of numbers that are given, for loops of one's own.

    Examples
    --------
    >>> mean = Mean()
    >>> mean.update_state([1.0, 3.0])
    >>> mean(8.0)
    4.0
    """

    name = "mean"

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add numbers."""
        values = as_array(values, f"{type(self).__name__}: values", float)
        w = np.broadcast_to(1.0 if sample_weight is None else as_array(
            sample_weight, f"{type(self).__name__}: sample_weight", float),
                            values.shape)  # fmt: skip
        sums = np.array([(w * values).sum(), w.sum()])
        self._sums = sums if self._sums is None else self._sums + sums


class Sum(Mean):
    """The sum of numbers that are given."""

    name = "sum"

    def from_sums(self, state: Any) -> float:
        """Give the sum."""
        return float(state[0])


class MeanMetricWrapper(_Plain):
    """The mean of a function of (y_true, y_pred)."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: DType = None,
                 **kwargs: Any) -> None:  # fmt: skip
        function(fn, "MeanMetricWrapper: fn", "of (y_true, y_pred)")
        super().__init__(name or fn.__name__, dtype)
        self._fn = partial(fn, **kwargs)

    prepare = Metric._as_given

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Call it."""
        values = self._fn(y_true, y_pred)
        return values.data if isinstance(values, Tensor) else values


def _function(cls: type[Metric], **names: str) -> Callable[..., Any]:
    """Make the function of a metric: a number for each example."""
    def function(y_true: Any, y_pred: Any, **settings: Any) -> Any:
        metric = cls(**settings)
        y, p, _ = metric.arrays(y_true, y_pred)
        values = np.asarray(metric.values(y, p), float)
        return values.mean(-1) if values.ndim and values.ndim == p.ndim else values

    function.__name__ = function.__qualname__ = snake_case(cls.__name__)
    function.__doc__ = f"{cls.__doc__} Of each example."
    function.as_metric = cls  # type: ignore[attr-defined]
    return function


binary_accuracy, categorical_accuracy = _function(BinaryAccuracy), _function(CategoricalAccuracy)
sparse_categorical_accuracy = _function(SparseCategoricalAccuracy)
top_k_categorical_accuracy = _function(TopKCategoricalAccuracy)
sparse_top_k_categorical_accuracy = _function(SparseTopKCategoricalAccuracy)
_CLASSES = {name: x for name, x in vars().items() if isinstance(x, type) and name in __all__}
_TABLE = _CLASSES | {snake_case(name): cls for name, cls in _CLASSES.items()} | {
    "r2_score": R2Score, "f1_score": F1Score, "fbeta_score": FBetaScore,
    "mse": MeanSquaredError, "MSE": MeanSquaredError, "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError, "mape": MeanAbsolutePercentageError,
    "MAPE": MeanAbsolutePercentageError, "msle": MeanSquaredLogarithmicError,
    "MSLE": MeanSquaredLogarithmicError, "kld": KLDivergence, "KLD": KLDivergence,
    "bce": BinaryCrossentropy, "BCE": BinaryCrossentropy, "logcosh": LogCoshError,
}  # fmt: skip


def get(identifier: Any) -> Any:
    """Find a metric by its name; one that is made, and a function of one's own, stay.

    Examples
    --------
    >>> get("mse").name
    'mean_squared_error'
    """
    made = getattr(identifier, "as_metric", None)
    if hasattr(identifier, "as_loss"):
        made = _CLASSES.get(identifier.as_loss.__name__, partial(MeanMetricWrapper, identifier))
    if made is not None:
        return made(name=identifier.__name__)
    return found("metric", identifier, _TABLE)


deserialize = deserializer(get)
__getattr__ = missing(__name__, __all__)
