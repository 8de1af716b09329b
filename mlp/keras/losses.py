"""Keras' losses, with its arguments and reductions: on those of `mlp.losses`."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd import Tensor

from .. import losses
from ..activations import linear
from ..given import DType, one_of
from .missing import missing
from .named import Configured, deserializer, found, not_here, serialize, snake_case

__all__ = [
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy", "CategoricalHinge", "CosineSimilarity", "Dice", "Hinge",
    "Huber", "KLDivergence", "LogCosh", "Loss", "MeanAbsoluteError", "MeanAbsolutePercentageError",
    "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy",
    "SquaredHinge", "Tversky", "binary_crossentropy", "binary_focal_crossentropy",
    "categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge",
    "cosine_similarity", "deserialize", "dice", "get", "hinge", "huber", "kl_divergence",
    "log_cosh", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error",
    "mean_squared_logarithmic_error", "poisson", "serialize", "sparse_categorical_crossentropy",
    "squared_hinge", "tversky",
]  # fmt: skip

MEAN = "sum_over_batch_size"


class Loss(Configured, losses.Loss):
    """A loss as Keras has it; one of your own says in `call` what each example adds.

    Parameters
    ----------
    name : str, optional
        What it is called.
    reduction : {"sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None}
        How the numbers of the examples become one; with none of them, they stay.
    dtype : dtype, optional
        As in Keras; the loss has that of the outputs.

    Examples
    --------
    >>> class Cubed(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return (abs(y_pred - y_true) ** 3).mean(axis=-1)
    >>> Cubed(reduction="sum")(np.array([[1.0], [2.0]]), np.array([[3.0], [1.0]])).item()
    9.0
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = MEAN, dtype: DType = None
    ) -> None:
        losses.Loss.__init__(self, name or snake_case(type(self).__name__))
        self._reduce(reduction, dtype)

    def _reduce(self, reduction: str | None, dtype: Any, axis: int | None = -1) -> None:
        name = type(self).__name__
        self.reduction = one_of(reduction, f"{name}: reduction", MEAN, "mean",
                                "mean_with_sample_weight", "sum", "none", None)
        if axis not in (-1, None):
            not_here(name, "classes lie along the last axis", axis=axis)
        self.dtype = dtype

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each example."""
        y_pred = losses.classes.as_predictions(y_pred, self.name)
        y_true = losses.classes.of_examples(y_true, f"{self.name}: y_true")
        targets = self.prepare(y_true, y_pred.shape, y_pred.dtype)
        return _examples(self.from_net(targets, y_pred, linear), y_pred)

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute it, by `call`."""
        if type(self).call is Loss.call:
            raise NotImplementedError(f"{type(self).__name__} has no call(y_true, y_pred)")
        found = self.call(y_true, y_pred)
        if isinstance(y_pred, Tensor) and not isinstance(found, Tensor):
            raise TypeError(f"{self.name}: call gave {type(found).__name__}, which has no "
                            "derivative: compute it from y_pred with operators and keras.ops")
        return found

    def prepare(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Check the targets; those of a class of one's own are as they are."""
        if type(self).call is Loss.call:
            return super().prepare(y, shape, dtype)
        near = y.shape[1:] == shape[1:-1] and shape[-1:] == (1,)
        y = losses.classes.as_outputs(y, shape, self.name) if near else y
        return y.astype(dtype, copy=False) if y.dtype.kind == "f" else y

    def cost(
        self, targets: Any, z: Any, phi: Callable[[Any], Any], weights: Any = None
    ) -> Any:
        """Compute the loss of a batch whose outputs are φ(z), each example weighted."""
        if self.reduction in (MEAN, "mean"):
            return super().cost(targets, z, phi, weights)
        each = _examples(self.from_net(targets, z, phi), z)
        if weights is not None:
            each = each * weights.reshape(-1, *[1] * (each.ndim - 1))
        if self.reduction in (None, "none"):
            return each
        if self.reduction == "sum" or weights is None:
            return each.sum() if self.reduction == "sum" else each.mean()
        return each.sum() * (1 / np.broadcast_to(weights, each.shape).sum())


def _examples(found: Any, outputs: Any) -> Any:
    """Take the mean along the last axis, where there is a number for each output."""
    return found.mean(axis=-1) if found.ndim and found.ndim == outputs.ndim else found


class _Plain(Loss):
    """A loss without settings of its own."""

    def __init__(
        self, reduction: str | None = MEAN, name: str | None = None, dtype: DType = None
    ) -> None:
        super().__init__(name or type(self).name, reduction, dtype)


class MeanSquaredError(losses.MeanSquaredError, _Plain):
    """The mean of (y − ŷ)²."""


class MeanAbsoluteError(losses.MeanAbsoluteError, _Plain):
    """The mean of |y − ŷ|."""


class MeanAbsolutePercentageError(losses.MeanAbsolutePercentageError, _Plain):
    """The mean of 100 |y − ŷ| / |y|."""


class MeanSquaredLogarithmicError(losses.MeanSquaredLogarithmicError, _Plain):
    """The mean of (ln(1 + y) − ln(1 + ŷ))²."""


class LogCosh(losses.LogCosh, _Plain):
    """The mean of ln cosh(ŷ − y)."""


class Poisson(losses.Poisson, _Plain):
    """The mean of ŷ − y ln ŷ."""


class KLDivergence(losses.KLDivergence, _Plain):
    """The mean of Σ yᵢ ln(yᵢ / ŷᵢ)."""


class Hinge(losses.Hinge, _Plain):
    """The mean of max(0, 1 − yŷ)."""


class SquaredHinge(losses.SquaredHinge, _Plain):
    """The mean of max(0, 1 − yŷ)²."""


class CategoricalHinge(losses.CategoricalHinge, _Plain):
    """The mean of max(0, 1 + the largest output of a wrong class − that of the right one)."""


class CosineSimilarity(losses.CosineSimilarity, Loss):
    """The mean of −cos ∠(y, ŷ)."""

    def __init__(self, axis: int = -1, reduction: str | None = MEAN,
                 name: str = "cosine_similarity", dtype: DType = None) -> None:  # fmt: skip
        super().__init__(name)
        self._reduce(reduction, dtype, axis)


class Huber(losses.Huber, Loss):
    """The mean of ½e² where e = |y − ŷ| is at most δ, and of δe − ½δ² beyond."""

    def __init__(self, delta: float = 1.0, reduction: str | None = MEAN, name: str = "huber_loss",
                 dtype: DType = None) -> None:  # fmt: skip
        super().__init__(delta, name)
        self._reduce(reduction, dtype)


class BinaryCrossentropy(losses.BinaryCrossentropy, Loss):
    """The mean of −y ln p − (1 − y) ln(1 − p)."""

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
        reduction: str | None = MEAN, name: str = "binary_crossentropy", dtype: DType = None,
    ) -> None:  # fmt: skip
        super().__init__(from_logits, label_smoothing, name)
        self._reduce(reduction, dtype, axis)


class BinaryFocalCrossentropy(losses.BinaryFocalCrossentropy, Loss):
    """`BinaryCrossentropy` in which what is right counts less."""

    def __init__(
        self, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0,
        from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
        reduction: str | None = MEAN, name: str = "binary_focal_crossentropy", dtype: DType = None,
    ) -> None:  # fmt: skip
        super().__init__(apply_class_balancing, alpha, gamma, from_logits, label_smoothing, name)
        self._reduce(reduction, dtype, axis)


class _Fused:
    """What takes its mean in one operation."""

    def cost(
        self: Any, targets: Any, z: Any, phi: Callable[[Any], Any], weights: Any = None
    ) -> Any:
        """Compute it at once for the mean, and example by example for other reductions."""
        cost = super().cost if self.reduction in (MEAN, "mean") else partial(Loss.cost, self)
        return cost(targets, z, phi, weights)


class CategoricalCrossentropy(_Fused, losses.CategoricalCrossentropy, Loss):
    """The mean of −Σ yᵢ ln pᵢ, for one-hot targets."""

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
        reduction: str | None = MEAN, name: str = "categorical_crossentropy", dtype: DType = None,
    ) -> None:  # fmt: skip
        super().__init__(from_logits, label_smoothing, name)
        self._reduce(reduction, dtype, axis)


class CategoricalFocalCrossentropy(_Fused, losses.CategoricalFocalCrossentropy, Loss):
    """`CategoricalCrossentropy` in which what is right counts less."""

    def __init__(
        self, alpha: float = 0.25, gamma: float = 2.0, from_logits: bool = False,
        label_smoothing: float = 0.0, axis: int = -1, reduction: str | None = MEAN,
        name: str = "categorical_focal_crossentropy", dtype: DType = None,
    ) -> None:  # fmt: skip
        super().__init__(alpha, gamma, from_logits, label_smoothing, name)
        self._reduce(reduction, dtype, axis)


class SparseCategoricalCrossentropy(_Fused, losses.SparseCategoricalCrossentropy, Loss):
    """The mean of −ln pᵢ, i being the label."""

    def __init__(
        self, from_logits: bool = False, ignore_class: int | None = None,
        reduction: str | None = MEAN, axis: int = -1,
        name: str = "sparse_categorical_crossentropy", dtype: DType = None,
    ) -> None:  # fmt: skip
        not_here("SparseCategoricalCrossentropy", "give such examples the sample_weight 0",
                 ignore_class=ignore_class)  # fmt: skip
        super().__init__(from_logits, name)
        self._reduce(reduction, dtype, axis)


class Dice(losses.Dice, Loss):
    """1 − 2 Σ yŷ / (Σ y + Σ ŷ), over a whole batch."""

    def __init__(self, reduction: str | None = MEAN, name: str = "dice", axis: int | None = None,
                 dtype: DType = None) -> None:  # fmt: skip
        super().__init__(name)
        self._reduce(reduction, dtype, axis)


class Tversky(losses.Tversky, Loss):
    """1 − Σ yŷ / (Σ yŷ + α Σ y(1 − ŷ) + β Σ (1 − y)ŷ), over a whole batch."""

    def __init__(
        self, alpha: float = 0.5, beta: float = 0.5, reduction: str | None = MEAN,
        name: str = "tversky", axis: int | None = None, dtype: DType = None,
    ) -> None:  # fmt: skip
        super().__init__(alpha, beta, name)
        self._reduce(reduction, dtype, axis)


def _function(cls: type[Loss]) -> Callable[..., Any]:
    """Make the function of a loss: a number for each example."""
    def function(y_true: Any, y_pred: Any, *settings: Any, **more: Any) -> Any:
        return cls(*settings, **more).call(y_true, y_pred)

    function.__name__ = function.__qualname__ = snake_case(cls.__name__)
    function.__doc__ = f"{cls.__doc__} Of each example."
    function.as_loss = cls  # type: ignore[attr-defined]
    return function


binary_crossentropy = _function(BinaryCrossentropy)
binary_focal_crossentropy = _function(BinaryFocalCrossentropy)
categorical_crossentropy = _function(CategoricalCrossentropy)
categorical_focal_crossentropy = _function(CategoricalFocalCrossentropy)
categorical_hinge = _function(CategoricalHinge)
cosine_similarity = _function(CosineSimilarity)
dice = _function(Dice)
hinge = _function(Hinge)
huber = _function(Huber)
kl_divergence = _function(KLDivergence)
log_cosh = _function(LogCosh)
mean_absolute_error = _function(MeanAbsoluteError)
mean_absolute_percentage_error = _function(MeanAbsolutePercentageError)
mean_squared_error = _function(MeanSquaredError)
mean_squared_logarithmic_error = _function(MeanSquaredLogarithmicError)
poisson = _function(Poisson)
sparse_categorical_crossentropy = _function(SparseCategoricalCrossentropy)
squared_hinge = _function(SquaredHinge)
tversky = _function(Tversky)

_CLASSES = {name: x for name, x in vars().items() if isinstance(x, type) and name in __all__}
_TABLE = _CLASSES | {snake_case(name): cls for name, cls in _CLASSES.items() if name != "Loss"} | {
    short: _CLASSES[losses.LOSSES[short].__name__]
    for short in ("mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "kld", "KLD",
                  "logcosh")} | {"bce": BinaryCrossentropy, "BCE": BinaryCrossentropy}  # fmt: skip


def get(identifier: Any) -> Any:
    """Find a loss by its name; a loss, and a function of one's own, stay.

    Examples
    --------
    >>> get("mse").name
    'mean_squared_error'
    """
    return found("loss", getattr(identifier, "as_loss", identifier), _TABLE)


def deserialize(name: Any, custom_objects: Any = None) -> Any:
    """Make what `serialize` described; classes of one's own are given by name."""
    return deserializer(get)(name, custom_objects)


__getattr__ = missing(__name__, __all__)
