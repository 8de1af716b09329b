"""Losses: what ``Sequential.compile(loss=…)`` takes, with Keras' names, definitions and order.

A loss is called as ``loss(y_true, y_pred, sample_weight)``. `functions` has what they stand on,
for Values as well.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, absolute, minimum, sigmoid, square

from ..activations import linear
from ..arrays import as_array
from ..given import flag, number, text
from ..lookup import lookup
from .functions import (
    binary_cross_entropy,
    hinge,
    scaled_cross_entropy,
    sigmoid_cross_entropy,
)

__all__ = [
    "Loss", "MeanSquaredError", "MeanAbsoluteError", "Huber", "Hinge", "BinaryCrossentropy",
    "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "LOSSES", "loss",
]  # fmt: skip


class Loss(ABC):
    """A loss as Keras has it: a mean over the elements of each example, and over the examples.

    One of your own says in `elements` what each element or example adds.

    Parameters
    ----------
    name : str, optional
        What it is called; by default its own name, as in ``"mean_squared_error"``.

    Examples
    --------
    >>> class Cubed(Loss):
    ...     name = "cubed"
    ...     def elements(self, y_true, y_pred):
    ...         return absolute(y_pred - y_true) ** 3
    >>> Cubed()(np.array([[1.0], [2.0]]), np.array([[3.0], [2.0]])).item()
    4.0
    """

    name = "loss"
    better: str | None = "min"  # which end is good, where it is a metric
    mean = True  # where it is one: of `elements`

    def __init__(self, name: str | None = None) -> None:
        self.name = text(self.name if name is None else name, f"{type(self).__name__}: name")

    def __repr__(self) -> str:
        settings = ", ".join(f"{k}={v!r}" for k, v in vars(self).items() if k != "name")
        return f"{type(self).__name__}({settings})"

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Compute the loss of a batch: the sum of weighted losses, by the number of examples."""
        y_pred = as_predictions(y_pred, self.name)
        y_true = of_examples(y_true, f"{self.name}: y_true")
        targets = self.prepare(y_true, y_pred.shape, y_pred.dtype)
        weights = of_each(sample_weight, y_pred, self.name, y_pred.dtype)
        return self.cost(targets, y_pred, linear, weights)

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check all targets once, for outputs of a shape; give them as `elements` wants them.

        Raises
        ------
        ValueError
            If they are not targets for such outputs; the message says what to do.
        """
        return as_outputs(y, shape, self.name).astype(dtype, copy=False)

    @abstractmethod
    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each element, or of each example."""

    def from_net(self, targets: Any, z: Any, phi: Callable[[Any], Any]) -> Any:
        """Compute `elements` for the outputs φ(z): where that is better done from z, from z."""
        return self.elements(targets, phi(z))

    def cost(self, targets: Any, z: Any, phi: Callable[[Any], Any], weights: Any = None) -> Any:
        """Compute the loss of a batch whose outputs are φ(z), each example weighted."""
        if z.dtype == np.float16:  # which has no room for squares and sums
            z = z.astype(np.float32)
        losses = self.from_net(targets, z, phi)
        if weights is not None:
            losses = losses * weights.reshape(-1, *[1] * (losses.ndim - 1))
        return losses.mean()


class MeanSquaredError(Loss):
    """The mean of (y − ŷ)².

    Examples
    --------
    >>> MeanSquaredError()([[0.0, 1.0]], [[2.0, 1.0]]).item()
    2.0
    """

    name = "mean_squared_error"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute (y − ŷ)²."""
        return square(y_pred - y_true)


class MeanAbsoluteError(Loss):
    """The mean of |y − ŷ|.

    Examples
    --------
    >>> MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]]).item()
    1.0
    """

    name = "mean_absolute_error"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute |y − ŷ|."""
        return absolute(y_pred - y_true)


class Huber(Loss):
    """The mean of ½e² where e = |y − ŷ| is at most δ, and of δe − ½δ² beyond: outliers pull less.

    Parameters
    ----------
    delta : float, optional
        δ, above 0.
    name : str, optional
        What it is called.

    References
    ----------
    Huber, "Robust estimation of a location parameter", 1964.

    Examples
    --------
    >>> Huber()([[0.0, 1.0]], [[2.0, 1.0]]).item()
    0.75
    """

    name = "huber"

    def __init__(self, delta: float = 1.0, name: str | None = None) -> None:
        super().__init__(name)
        self.delta = number(delta, "huber: delta", "above 0, or infinite")

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute q (e − ½q), with q = min(e, δ): both cases in one."""
        e = absolute(y_pred - y_true)
        q = minimum(e, self.delta)
        return q * (e - 0.5 * q)


class Hinge(Loss):
    """The mean of max(0, 1 − yŷ), for classes of −1 and 1; 0 and 1 are taken for these.

    Examples
    --------
    >>> Hinge()([[-1.0], [1.0]], [[0.5], [2.0]]).item()
    0.75
    """

    name = "hinge"

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Turn the classes 0 and 1 into −1 and 1."""
        y = super().prepare(y, shape, dtype)
        if not (np.isin(y, (-1, 1)).all() or np.isin(y, (0, 1)).all()):
            shown = ", ".join(f"{x:g}" for x in np.unique(y)[:6])
            raise ValueError(f"{self.name}: classes are −1 and 1, or 0 and 1; got {shown}")
        return 2 * y - 1 if (y >= 0).all() else y

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute max(0, 1 − yŷ)."""
        return hinge(y_pred, y_true)


class _Crossentropy(Loss):
    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.from_logits = flag(from_logits, f"{self.name}: from_logits")
        self.label_smoothing = number(label_smoothing, f"{self.name}: label_smoothing",
                                      "from 0 to 1")  # fmt: skip

    def _smooth(self, y: np.ndarray, classes: int) -> np.ndarray:
        s = self.label_smoothing
        return y * (1 - s) + s / classes if s else y


class BinaryCrossentropy(_Crossentropy):
    """The mean of −y ln p − (1 − y) ln(1 − p), for classes 0 and 1, or probabilities between them.

    If p = σ(z) is the output of a network's last layer, it is computed from z, with every digit.

    Parameters
    ----------
    from_logits : bool, optional
        Whether outputs are logits z, and not yet p = σ(z).
    label_smoothing : float, optional
        How far y is moved towards ½, from 0 to 1.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> print(f"{BinaryCrossentropy()([[1.0], [0.0]], [[0.7], [0.2]]).item():.4f}")
    0.2899
    """

    name = "binary_crossentropy"

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check that targets are within 0…1, and smooth them."""
        y = super().prepare(y, shape, dtype)
        if y.size and (y.min() < 0 or y.max() > 1):
            raise ValueError(
                f"{self.name}: targets are classes 0 and 1, or probabilities; got {y.min():g} to "
                f"{y.max():g}: for more classes, use 'sparse_categorical_crossentropy'")
        return self._smooth(y, 2)

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute −y ln p − (1 − y) ln(1 − p)."""
        f = sigmoid_cross_entropy if self.from_logits else binary_cross_entropy
        return f(y_pred, y_true)

    def from_net(self, targets: Any, z: Any, phi: Callable[[Any], Any]) -> Any:
        """Compute it from z if φ is the sigmoid."""
        if phi is sigmoid and not self.from_logits:
            return sigmoid_cross_entropy(z, targets)
        return self.elements(targets, phi(z))


class CategoricalCrossentropy(_Crossentropy):
    """The mean of −Σ yᵢ ln pᵢ, for one-hot targets, or a probability of each class.

    If p = softmax(z) is the output of a network's last layer, it is computed from z, with every
    digit.

    Parameters
    ----------
    from_logits : bool, optional
        Whether outputs are logits z, and not yet p = softmax(z).
    label_smoothing : float, optional
        How far y is moved towards 1 / classes, from 0 to 1.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> print(f"{CategoricalCrossentropy()([[0, 1, 0]], [[0.2, 0.7, 0.1]]).item():.4f}")
    0.3567
    """

    name = "categorical_crossentropy"

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check the targets, and smooth them."""
        check_classes(shape, self.name, "binary_crossentropy")
        if y.shape[1:] != shape[1:] and y.shape[1:] in (shape[1:-1], (*shape[1:-1], 1)):
            raise ValueError(
                f"{self.name}: targets are one-hot, of shape {_examples(shape)}, got {y.shape}: "
                "for labels, use 'sparse_categorical_crossentropy'")
        y = super().prepare(y, shape, dtype)
        if y.size and y.min() < 0:
            raise ValueError(f"{self.name}: targets are one-hot, or probabilities; got {y.min():g}")
        return self._smooth(y, shape[-1])

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute −Σ yᵢ ln pᵢ."""
        if self.from_logits:
            return _from_logits(y_pred, y_true, reduction="none")
        return scaled_cross_entropy(y_pred, y_true)

    def cost(self, targets: Any, z: Any, phi: Callable[[Any], Any], weights: Any = None) -> Any:
        """Compute it in one operation, from z if φ is the softmax."""
        if self.from_logits:
            z = phi(z)
        elif phi is not autograd.softmax:
            return super().cost(targets, z, phi, weights)
        if weights is None:
            return _from_logits(z, targets)
        positions = math.prod(z.shape[:-1])  # Keras divides by their number, not by Σ weights
        if positions != len(weights):
            weights = np.repeat(weights, positions // len(weights))
        return _from_logits(z, targets, weights=weights, reduction="sum") * (1 / positions)


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """The mean of −ln pᵢ, i being the label: `CategoricalCrossentropy` for labels from 0.

    Parameters
    ----------
    from_logits, name
        As there.

    Examples
    --------
    >>> print(f"{SparseCategoricalCrossentropy()([1], [[0.2, 0.7, 0.1]]).item():.4f}")
    0.3567
    """

    name = "sparse_categorical_crossentropy"

    def __init__(self, from_logits: bool = False, name: str | None = None) -> None:
        super().__init__(from_logits, name=name)

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check that targets are labels."""
        check_classes(shape, self.name, "binary_crossentropy")
        return as_labels(y, shape, self.name)


def as_predictions(y_pred: Any, name: str) -> Any:
    """Give outputs as a Tensor or an array of floats: targets are turned into their type."""
    if isinstance(y_pred, Tensor) and y_pred.ndim:
        return y_pred
    y_pred = of_examples(y_pred, f"{name}: y_pred")
    if y_pred.dtype.kind not in "biuf":
        raise TypeError(f"{name}: y_pred are numbers, got {y_pred.dtype}")
    return y_pred if y_pred.dtype.kind == "f" else y_pred.astype(float)


def of_examples(y: Any, name: str) -> np.ndarray:
    """Take what has something for each example of a batch."""
    y = as_array(y, name)
    if not y.ndim:
        raise ValueError(f"{name} is of a batch, with a row for each example, got {y}")
    return y


def of_each(weights: Any, y_pred: Any, name: str, dtype: Any = float) -> np.ndarray | None:
    """Take a weight for each example, None if there are none; a number is that of all."""
    if weights is None:
        return None
    w, n = as_array(weights, f"{name}: sample_weight", dtype), len(y_pred)
    if w.shape not in ((), (n,), (n, 1)):
        raise ValueError(f"{name}: sample_weight is a number for each of {n} examples, got shape "
                         f"{w.shape}")  # fmt: skip
    return np.broadcast_to(w, n) if w.ndim == 0 else w.ravel()


def check_classes(shape: tuple[int, ...], name: str, instead: str) -> None:
    """Raise where there is nothing to choose from."""
    if shape[-1:] == (1,):
        raise ValueError(f"{name}: of one output, the largest is always right, and its softmax is "
                         f"1: for two classes use {instead!r}, or an output for each class"
                         )  # fmt: skip


def as_labels(y: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    """Give targets as labels, whole numbers from 0, for outputs of a shape; check them."""
    one_hot = y.shape == (len(y), *shape[1:]) and shape[-1] > 1
    if y.shape[1:] == (*shape[1:-1], 1) and not one_hot:
        y = y[..., 0]
    if y.shape[1:] != shape[1:-1]:
        hint = ": for one-hot targets, use 'categorical_crossentropy'" if one_hot else ""
        raise ValueError(f"{name}: targets are labels, of shape {_examples(shape[:-1])}, got "
                         f"{y.shape}{hint}")  # fmt: skip
    if y.dtype.kind in "fb" and y.size and (y == np.floor(y)).all():
        y = y.astype(np.int64)
    if y.dtype.kind not in "iu":
        kind = "numbers that are not whole" if y.dtype.kind == "f" else repr(y.flat[:1].tolist())
        raise ValueError(f"{name}: labels are whole numbers from 0, got {kind}")
    if y.size and (y.min() < 0 or y.max() >= shape[-1]):
        raise ValueError(f"{name}: labels from 0 to {shape[-1] - 1}, for {shape[-1]} outputs; got "
                         f"{y.min()} to {y.max()}")  # fmt: skip
    return y


def as_outputs(y: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    """Give targets the shape of the outputs, where an axis of length 1 is missing or too many."""
    if y.dtype.kind not in "biuf":
        raise ValueError(f"{name}: targets are numbers, got {y.flat[:1].tolist()}")
    if shape[1:] in (y.shape[1:], (*y.shape[1:], 1)) or y.shape[1:] == (*shape[1:], 1):
        return y.reshape(len(y), *shape[1:])
    hint = ""
    if y.shape[1:] == shape[1:-1]:
        hint = f"; are they labels of {shape[-1]} classes? Use 'sparse_categorical_crossentropy'"
    raise ValueError(f"{name}: targets of shape {y.shape} for outputs of shape "
                     f"{_examples(shape)}{hint}")  # fmt: skip


LOSSES: dict[str, Callable[[], Loss]] = {
    **{cls.name: cls for cls in (
        SparseCategoricalCrossentropy, CategoricalCrossentropy, BinaryCrossentropy,
        MeanSquaredError, MeanAbsoluteError, Huber, Hinge)},
    "mse": MeanSquaredError, "mae": MeanAbsoluteError,
    "MSE": MeanSquaredError, "MAE": MeanAbsoluteError,
}  # fmt: skip


class _Function(Loss):
    """A user's function of (y_true, y_pred), which gives one number, or one an example."""

    better = None

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(getattr(function, "__name__", type(function).__name__))
        self.function = function

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Call it, and see that it does not leave the graph."""
        losses = self.function(y_true, y_pred)
        if isinstance(y_pred, Tensor) and not isinstance(losses, Tensor):
            raise TypeError(
                f"the loss {self.name} gave {losses!r:.40} ({type(losses).__name__}), which has no "
                "derivative: compute it from y_pred with operators and functions of autograd")
        return losses

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Give what it likes: only the user knows."""
        near = y.shape[1:] == shape[1:-1] and shape[-1:] == (1,)
        y = as_outputs(y, shape, self.name) if near else y
        return y.astype(dtype, copy=False) if y.dtype.kind == "f" else y


def loss(choice: str | Loss | Callable[[Any, Any], Any]) -> Loss:
    """Find a loss by its name, or raise a ValueError; a function (y_true, y_pred) becomes one.

    Examples
    --------
    >>> loss("mse")
    MeanSquaredError()
    """
    if isinstance(choice, Loss):
        return choice
    found = lookup("loss", choice, LOSSES)
    return found() if isinstance(found, type) else _Function(found)


def _from_logits(z: Any, targets: Any, **how: Any) -> Any:
    """Hand logits of any number of axes on, as rows."""
    if z.ndim == 2:
        return autograd.softmax_cross_entropy(z, targets, **how)
    rows = z.reshape((-1, z.shape[-1]))
    losses = autograd.softmax_cross_entropy(rows, targets.reshape(-1, *targets.shape[z.ndim - 1:]),
                                            **how)  # fmt: skip
    return losses.reshape(z.shape[:-1]) if how.get("reduction") == "none" else losses


def _examples(shape: tuple[int, ...]) -> str:
    """Write a shape whose first axis is that of the examples."""
    return str(("examples", *shape[1:])).replace("'", "")
