"""Further losses, with Keras' names and definitions: relative errors, divergences, margins."""

import math
from typing import Any

import numpy as np

from autograd import (
    absolute,
    clip,
    log,
    log1p,
    maximum,
    relu,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    square,
)

from ..given import flag, number
from .classes import LOSSES, BinaryCrossentropy, CategoricalCrossentropy, Hinge, Loss
from .functions import EPSILON

__all__ = [
    "BinaryFocalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalHinge",
    "CosineSimilarity", "Dice", "KLDivergence", "LogCosh", "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError", "Poisson", "SquaredHinge", "Tversky",
]  # fmt: skip


class MeanAbsolutePercentageError(Loss):
    """The mean of 100 |y − ŷ| / |y|, where |y| is at least 1e-7.

    Examples
    --------
    >>> MeanAbsolutePercentageError()([[2.0], [4.0]], [[1.0], [5.0]]).item()
    37.5
    """

    name = "mean_absolute_percentage_error"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute 100 |y − ŷ| / |y|."""
        return 100 * absolute(y_pred - y_true) / np.maximum(np.abs(y_true), EPSILON)


class MeanSquaredLogarithmicError(Loss):
    """The mean of (ln(1 + y) − ln(1 + ŷ))², where y and ŷ are at least 1e-7.

    Examples
    --------
    >>> print(f"{MeanSquaredLogarithmicError()([[1.0]], [[3.0]]).item():.4f}")
    0.4805
    """

    name = "mean_squared_logarithmic_error"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute (ln(1 + y) − ln(1 + ŷ))²."""
        return square(log1p(maximum(y_pred, EPSILON)) - np.log1p(np.maximum(y_true, EPSILON)))


class LogCosh(Loss):
    """The mean of ln cosh(ŷ − y): a squared error near 0, an absolute error far off.

    Examples
    --------
    >>> print(f"{LogCosh()([[0.0]], [[1.0]]).item():.4f}")
    0.4338
    """

    name = "log_cosh"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute e + ln(1 + e⁻²ᵉ) − ln 2, with e = ŷ − y, which overflows nowhere."""
        e = y_pred - y_true
        return e + softplus(-2 * e) - math.log(2)


class Poisson(Loss):
    """The mean of ŷ − y ln ŷ, for counts y: less a constant, their −log-likelihood at the rate ŷ.

    Examples
    --------
    >>> print(f"{Poisson()([[2.0]], [[3.0]]).item():.4f}")
    0.8028
    """

    name = "poisson"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute ŷ − y ln ŷ."""
        return y_pred - y_true * log(y_pred + EPSILON)


class KLDivergence(Loss):
    """The mean of Σ yᵢ ln(yᵢ / ŷᵢ), for distributions over classes.

    Examples
    --------
    >>> print(f"{KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]).item():.4f}")
    0.1438
    """

    name = "kl_divergence"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute Σ yᵢ ln(yᵢ / ŷᵢ)."""
        y = np.clip(y_true, EPSILON, 1)
        return (y * (np.log(y) - log(clip(y_pred, EPSILON, 1)))).sum(axis=-1)


class CosineSimilarity(Loss):
    """The mean of −cos ∠(y, ŷ): −1 where both point the same way.

    Examples
    --------
    >>> CosineSimilarity()([[0.0, 2.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]).item()
    -0.5
    """

    name = "cosine_similarity"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute −Σ yᵢŷᵢ / |y||ŷ|."""
        return -(_unit(y_true) * _unit(y_pred)).sum(axis=-1)


def _unit(x: Any) -> Any:
    return x / sqrt(maximum(square(x).sum(axis=-1, keepdims=True), 1e-12))


class SquaredHinge(Hinge):
    """The mean of max(0, 1 − yŷ)², for classes of −1 and 1; 0 and 1 are taken for these.

    Examples
    --------
    >>> SquaredHinge()([[-1.0], [1.0]], [[0.5], [2.0]]).item()
    1.125
    """

    name = "squared_hinge"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute max(0, 1 − yŷ)²."""
        return square(super().elements(y_true, y_pred))


class CategoricalHinge(Loss):
    """The mean of max(0, 1 + the largest output of a wrong class − that of the right one).

    Examples
    --------
    >>> print(CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.25, 0.5, 0.0]]).item())
    0.75
    """

    name = "categorical_hinge"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute max(0, 1 + max (1 − yᵢ)ŷᵢ − Σ yᵢŷᵢ)."""
        wrong = ((1 - y_true) * y_pred).max(axis=-1)
        return relu(1 + wrong - (y_true * y_pred).sum(axis=-1))


class BinaryFocalCrossentropy(BinaryCrossentropy):
    """`BinaryCrossentropy`, each element times (1 − its probability)ᵞ: what is right counts less.

    Parameters
    ----------
    apply_class_balancing : bool, optional
        Whether elements of class 1 count α, and those of class 0 count 1 − α.
    alpha, gamma : float, optional
        α and γ.
    from_logits, label_smoothing, name
        As of `BinaryCrossentropy`.

    References
    ----------
    Lin et al., "Focal loss for dense object detection", 2017.

    Examples
    --------
    >>> print(f"{BinaryFocalCrossentropy()([[1.0]], [[0.75]]).item():.4f}")
    0.0180
    """

    name = "binary_focal_crossentropy"

    def __init__(
        self, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0,
        from_logits: bool = False, label_smoothing: float = 0.0, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(from_logits, label_smoothing, name)
        self.apply_class_balancing = flag(
            apply_class_balancing, f"{self.name}: apply_class_balancing")  # fmt: skip
        self.alpha = number(alpha, f"{self.name}: alpha", "from 0 to 1")
        self.gamma = number(gamma, f"{self.name}: gamma", "from 0")

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute −α (1 − p)ᵞ ln p, p being the probability of what is true."""
        p = sigmoid(y_pred) if self.from_logits else y_pred
        losses = super().elements(y_true, y_pred)
        losses = losses * (1 - (y_true * p + (1 - y_true) * (1 - p))) ** self.gamma
        if not self.apply_class_balancing:
            return losses
        return losses * (y_true * self.alpha + (1 - y_true) * (1 - self.alpha))

    def from_net(self, targets: Any, z: Any, phi: Any) -> Any:
        """Compute it from the outputs."""
        return self.elements(targets, phi(z))


class CategoricalFocalCrossentropy(CategoricalCrossentropy):
    """`CategoricalCrossentropy`, each term times α (1 − pᵢ)ᵞ: what is right counts less.

    Parameters
    ----------
    alpha, gamma : float, optional
        α and γ.
    from_logits, label_smoothing, name
        As of `CategoricalCrossentropy`.

    Examples
    --------
    >>> print(f"{CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.25, 0.75]]).item():.4f}")
    0.0045
    """

    name = "categorical_focal_crossentropy"

    def __init__(
        self, alpha: float = 0.25, gamma: float = 2.0, from_logits: bool = False,
        label_smoothing: float = 0.0, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(from_logits, label_smoothing, name)
        self.alpha = number(alpha, f"{self.name}: alpha", "from 0")
        self.gamma = number(gamma, f"{self.name}: gamma", "from 0")

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute −Σ α (1 − pᵢ)ᵞ yᵢ ln pᵢ."""
        p = softmax(y_pred) if self.from_logits else y_pred
        p = clip(p / p.sum(axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
        return -(self.alpha * (1 - p) ** self.gamma * y_true * log(p)).sum(axis=-1)

    def cost(self, targets: Any, z: Any, phi: Any, weights: Any = None) -> Any:
        """Compute it from the outputs."""
        return Loss.cost(self, targets, z, phi, weights)


class Dice(Loss):
    """1 − 2 Σ yŷ / (Σ y + Σ ŷ), over a whole batch: how little two sets overlap.

    Examples
    --------
    >>> print(f"{Dice()([[1.0, 0.0]], [[0.5, 0.5]]).item():.2f}")
    0.50
    """

    name = "dice"

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute it, for the whole batch."""
        return Tversky().elements(y_true, y_pred)


class Tversky(Loss):
    """1 − Σ yŷ / (Σ yŷ + α Σ y(1 − ŷ) + β Σ (1 − y)ŷ), over a whole batch: `Dice` for α = β = ½.

    Parameters
    ----------
    alpha, beta : float, optional
        α, by which what is missing counts, and β, for what is wrongly there.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> print(f"{Tversky(alpha=1.0, beta=0.0)([[1.0, 0.0]], [[0.5, 0.5]]).item():.2f}")
    0.50
    """

    name = "tversky"

    def __init__(self, alpha: float = 0.5, beta: float = 0.5, name: str | None = None) -> None:
        super().__init__(name)
        self.alpha = number(alpha, f"{self.name}: alpha", "from 0")
        self.beta = number(beta, f"{self.name}: beta", "from 0")

    def elements(self, y_true: Any, y_pred: Any) -> Any:
        """Compute it, for the whole batch."""
        both = (y_true * y_pred).sum()
        missing = (y_true * (1 - y_pred)).sum()
        there = ((1 - y_true) * y_pred).sum()
        return 1 - both / (both + self.alpha * missing + self.beta * there + EPSILON)


LOSSES.update({cls.name: cls for cls in (
    BinaryFocalCrossentropy, CategoricalFocalCrossentropy, CategoricalHinge, CosineSimilarity, Dice,
    KLDivergence, LogCosh, MeanAbsolutePercentageError, MeanSquaredLogarithmicError, Poisson,
    SquaredHinge, Tversky)})  # fmt: skip
LOSSES.update(mape=MeanAbsolutePercentageError, msle=MeanSquaredLogarithmicError,
              MAPE=MeanAbsolutePercentageError, MSLE=MeanSquaredLogarithmicError,
              kld=KLDivergence, KLD=KLDivergence, logcosh=LogCosh)  # fmt: skip
