"""Metrics that are means over examples, and how a metric is found by its name."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd

from .. import losses
from ..arrays import as_array
from ..given import number, text, whole
from ..lookup import lookup
from ..losses.classes import (
    Loss,
    as_labels,
    as_outputs,
    as_predictions,
    check_classes,
    of_each,
    of_examples,
)

__all__ = [
    "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "METRICS", "Metric",
    "SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "TopKCategoricalAccuracy",
    "metric", "numbered",
]  # fmt: skip

RESERVED = ("loss", "epoch", "batch", "learning_rate")  # of what stands beside metrics in logs


class Metric(ABC):
    """A mean over examples; one of your own says in `values` what is averaged.

    Parameters
    ----------
    name : str, optional
        What it is called in a `History`.

    Attributes
    ----------
    better : {"max", "min", None}
        Which end is good; None if that is not known.

    Examples
    --------
    >>> class Bias(Metric):
    ...     name = "bias"
    ...     def values(self, y_true, y_pred):
    ...         return y_pred - y_true
    >>> Bias()([[1.0], [2.0]], [[2.0], [2.0]])
    0.5
    """

    name = "metric"
    better: str | None = None
    mean = True  # of `values`, which may be added up at once

    def __init__(self, name: str | None = None) -> None:
        self.name = text(self.name if name is None else name, f"{type(self).__name__}: name")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Compute it for a batch."""
        return self.from_sums(self.updated(None, *self.arrays(y_true, y_pred, sample_weight)))

    def arrays(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, prepare: Any = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Take targets, outputs and weights as arrays, and check them."""
        y_pred = as_array(as_predictions(y_pred, self.name), self.name)
        prepare = prepare or self.prepare
        y_true = prepare(of_examples(y_true, f"{self.name}: y_true"), y_pred.shape, y_pred.dtype)
        return y_true, y_pred, of_each(sample_weight, y_pred, self.name)

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check all targets once, for outputs of a shape; give them as `values` wants them."""
        return as_outputs(y, shape, self.name).astype(dtype, copy=False)

    def updated(self, state: Any, y_true: Any, y_pred: Any, weights: Any) -> Any:
        """Add what a batch adds to the sums of the batches before, or to None."""
        values = np.asarray(self.values(y_true, y_pred), float)
        values = values.reshape(len(values), -1).mean(1) if values.ndim else values[None]
        w = np.ones(len(values)) if weights is None else weights
        sums = np.array([(w * values).sum(), w.sum()])
        return sums if state is None else state + sums

    def from_sums(self, state: Any) -> Any:
        """Compute the metric from the sums: here, the mean."""
        return float(state[0] / state[1]) if state[1] else 0.0

    @abstractmethod
    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Compute an array whose mean is the metric."""

    def from_net(self, targets: Any, z: Any, phi: Callable[[Any], Any]) -> Any:
        """Compute `values` for the outputs φ(z)."""
        return self.values(targets, phi(z))


class Accuracy(Metric):
    """How often an output is the target, number for number.

    Examples
    --------
    >>> Accuracy()([[1], [2]], [[1], [3]])
    0.5
    """

    name = "accuracy"
    better = "max"

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Tell where they are equal."""
        return y_pred == y_true


class SparseCategoricalAccuracy(Metric):
    """How often the largest output is that of the label.

    Examples
    --------
    >>> SparseCategoricalAccuracy()([0, 1], [[0.9, 0.1], [0.8, 0.2]])
    0.5
    """

    name = "sparse_categorical_accuracy"
    better = "max"

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check that targets are labels."""
        check_classes(shape, self.name, "binary_accuracy")
        return as_labels(y, shape, self.name)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Tell where the largest output is that of the label."""
        return y_pred.argmax(-1) == y_true

    def from_net(self, targets: Any, z: Any, phi: Callable[[Any], Any]) -> Any:
        """Spare the softmax, which leaves the largest the largest."""
        return self.values(targets, z if phi is autograd.softmax else phi(z))


class CategoricalAccuracy(SparseCategoricalAccuracy):
    """How often the largest output is that of the largest target, as of one-hot ones.

    Examples
    --------
    >>> CategoricalAccuracy()([[1, 0], [0, 1]], [[0.9, 0.1], [0.8, 0.2]])
    0.5
    """

    name = "categorical_accuracy"

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Turn targets into labels."""
        check_classes(shape, self.name, "binary_accuracy")
        return as_outputs(y, shape, self.name).argmax(-1)


class SparseTopKCategoricalAccuracy(SparseCategoricalAccuracy):
    """How often the output of the label is among the k largest.

    Parameters
    ----------
    k : int, optional
        How many are looked at.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> SparseTopKCategoricalAccuracy(k=2)([0, 2], [[0.5, 0.1, 0.4], [0.8, 0.15, 0.05]])
    0.5
    """

    name = "sparse_top_k_categorical_accuracy"

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        super().__init__(name=name)
        self.k = whole(k, f"{self.name}: k")

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Tell where fewer than k outputs are larger than that of the label."""
        own = np.take_along_axis(y_pred, y_true[..., None], -1)
        return (y_pred > own).sum(-1) < self.k


class TopKCategoricalAccuracy(SparseTopKCategoricalAccuracy):
    """How often the output of the largest target, as of one-hot ones, is among the k largest.

    Parameters
    ----------
    k, name
        As of `SparseTopKCategoricalAccuracy`.
    """

    name = "top_k_categorical_accuracy"
    prepare = CategoricalAccuracy.prepare


class BinaryAccuracy(Metric):
    """How often an output lies on the side of the threshold where its class, 0 or 1, is.

    Parameters
    ----------
    name : str, optional
        What it is called.
    threshold : float, optional
        Outputs above it stand for 1.

    Examples
    --------
    >>> BinaryAccuracy()([[1], [0]], [[0.9], [0.8]])
    0.5
    """

    name = "binary_accuracy"
    better = "max"

    def __init__(self, name: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name=name)
        self.threshold = number(threshold, f"{self.name}: threshold")

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check that targets are classes: no output is equal to another number."""
        y = super().prepare(y, shape, dtype)
        if wrong := sorted(set(np.unique(y).tolist()) - {0, 1}):
            raise ValueError(f"{self.name}: targets are classes, 0 and 1, got {wrong[0]:g}: "
                             "for other numbers use 'mae', say")  # fmt: skip
        return y

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """Tell where an output is right."""
        return (y_pred > self.threshold) == y_true


METRICS: dict[str, Any] = {
    "accuracy": None, "acc": None,  # which one, depends on the outputs and the targets
    **{cls.name: cls for cls in (
        BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy,
        SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy)},
    **losses.LOSSES,
}  # fmt: skip


def metric(choice: Any, y: np.ndarray, shape: Sequence[int]) -> Metric | Loss:
    """Find a metric by its name, for targets and the shape of the outputs.

    Parameters
    ----------
    choice : str, Metric, Loss or callable
        ``"accuracy"`` is the one of the three that fits, as in Keras; the name of a loss is its
        mean; a function of (y_true, y_pred) gives a number, or one an example.
    y : ndarray
        The targets.
    shape : tuple of int
        The shape of the outputs.

    Raises
    ------
    ValueError
        If no metric has that name.

    Examples
    --------
    >>> type(metric("accuracy", np.array([0, 2, 1]), (3, 10))).__name__
    'SparseCategoricalAccuracy'
    """
    if isinstance(choice, (Metric, Loss)):
        return choice
    found = lookup("metric", choice, METRICS)
    if found is None and shape[-1] == 1:
        found = BinaryAccuracy
    elif found is None:
        sparse = y.ndim < len(shape) or y.shape[-1] == 1
        found = SparseCategoricalAccuracy if sparse else CategoricalAccuracy
    made = found() if isinstance(found, type) else losses.loss(found)
    if isinstance(choice, str):
        made.name = choice
    return made


def numbered(metrics: Sequence[Metric | Loss]) -> list[str]:
    """Name metrics as they are called in logs: the second of a name has a 1 after it, as in Keras.

    Raises
    ------
    ValueError
        If a name begins as those of the validation do.

    Examples
    --------
    >>> numbered([BinaryAccuracy(), BinaryAccuracy(threshold=0.9), BinaryAccuracy("loss")])
    ['binary_accuracy', 'binary_accuracy_1', 'loss_1']
    """
    names: list[str] = []
    for name in (m.name for m in metrics):
        if name.startswith("val_"):
            raise ValueError(f"a metric is called {name!r}, and val_ begins the names of the "
                             "validation's numbers: give it another name")  # fmt: skip
        taken = {*RESERVED, *names}
        free = (f"{name}_{k}" for k in itertools.count(1))
        names.append(name if name not in taken else next(n for n in free if n not in taken))
    return names
