"""Losses of one example, on Values: how far an output is from its target.

Outputs come first, targets second. `mean` makes the cost of many examples from their losses.
"""

import math
from collections.abc import Sequence
from typing import Any

from autograd import log, relu, softplus

from .activations import add_up, log_softmax

__all__ = [
    "binary_cross_entropy", "cross_entropy", "half_squared_error", "hinge", "mean",
    "sigmoid_cross_entropy", "softmax_cross_entropy", "squared_error",
]  # fmt: skip


def mean(losses: Sequence[Any]) -> Any:
    """Give the mean of losses: the cost J of a batch.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not len(losses):
        raise ValueError("the mean of no losses: give at least one example")
    return add_up(losses) * (1.0 / len(losses))


def squared_error(outputs: Any, targets: Any) -> Any:
    """Compute Σ (t − o)², of two numbers or of two sequences of one length.

    Examples
    --------
    >>> squared_error([0.5, 1.0], [1.0, 3.0])
    4.25
    """
    outputs, targets = _sequences(outputs, targets)
    return add_up([(t - o) ** 2 for o, t in zip(outputs, targets, strict=True)])


def half_squared_error(outputs: Any, targets: Any) -> Any:
    """Compute ½ Σ (t − o)², whose derivative by o is o − t.

    Examples
    --------
    >>> half_squared_error([0.5, 1.0], [1.0, 3.0])
    2.125
    """
    outputs, targets = _sequences(outputs, targets)
    return add_up([0.5 * (t - o) ** 2 for o, t in zip(outputs, targets, strict=True)])


def binary_cross_entropy(probability: Any, target: float) -> Any:
    """Compute −t ln p − (1 − t) ln(1 − p).

    Parameters
    ----------
    probability : Value or number
        The output p of a sigmoid. Where it may come to 0 or 1, use `sigmoid_cross_entropy`.
    target : number
        The class, 0 or 1, or a probability in between.

    Raises
    ------
    ValueError
        If the target is not within 0…1, or p is 0 or 1 and the target is not.

    Examples
    --------
    >>> round(binary_cross_entropy(0.7, 1), 4)
    0.3567
    """
    t = _probability(target)
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability is within 0…1, got {probability!r}: from a logit, use "
                         "sigmoid_cross_entropy")  # fmt: skip
    terms = []
    if t > 0:
        terms.append(-t * log(probability))
    if t < 1:
        terms.append(-(1 - t) * log(1 - probability))
    return add_up(terms)


def sigmoid_cross_entropy(logit: Any, target: float) -> Any:
    """Compute the `binary_cross_entropy` of p = σ(z) from the logit z, with every digit.

    With −ln σ(z) = ln(1 + e⁻ᶻ), that is t ln(1 + e⁻ᶻ) + (1 − t) ln(1 + eᶻ).

    Examples
    --------
    >>> sigmoid_cross_entropy(-1000.0, 1)
    1000.0
    """
    t = _probability(target)
    terms = []
    if t > 0:
        terms.append(t * softplus(-logit))
    if t < 1:
        terms.append((1 - t) * softplus(logit))
    return add_up(terms)


def cross_entropy(probabilities: Sequence[Any], target: Any) -> Any:
    """Compute −Σ tᵢ ln pᵢ; for the label i that is −ln pᵢ.

    Parameters
    ----------
    probabilities : sequence of Value or number
        The outputs of a softmax.
    target : int or sequence
        A label from 0, or a weight for every class (one-hot).

    Raises
    ------
    ValueError
        If the label is not a class, or there are not as many weights as classes.

    Examples
    --------
    >>> round(cross_entropy([0.2, 0.7, 0.1], 1), 4)
    0.3567
    >>> round(cross_entropy([0.2, 0.7, 0.1], [0, 1, 0]), 4)
    0.3567
    """
    weights = _weights(target, len(probabilities))
    return -add_up([t * log(p) for p, t in zip(probabilities, weights, strict=True) if t])


def softmax_cross_entropy(logits: Sequence[Any], target: Any) -> Any:
    """Compute the `cross_entropy` of the softmax from the logits, which may be of any size.

    Examples
    --------
    >>> softmax_cross_entropy([1000.0, 0.0], 1)
    1000.0
    """
    weights = _weights(target, len(logits))
    return -add_up([t * p for p, t in zip(log_softmax(logits), weights, strict=True) if t])


def hinge(score: Any, target: int) -> Any:
    """Compute max(0, 1 − t s), for a class t of −1 or 1.

    Examples
    --------
    >>> hinge(0.25, 1)
    0.75
    """
    if target not in (-1, 1):
        raise ValueError(f"hinge: the target is −1 or 1, got {target!r}")
    return relu(1 - target * score)


def _sequences(outputs: Any, targets: Any) -> tuple[Any, Any]:
    """Take a single number as a sequence of one; check the lengths."""
    outputs, targets = (x if hasattr(x, "__len__") else [x] for x in (outputs, targets))
    if len(outputs) != len(targets) or not len(outputs):
        raise ValueError(f"{len(outputs)} outputs, but {len(targets)} targets")
    return outputs, targets


def _probability(t: float) -> float:
    if not 0 <= t <= 1:
        raise ValueError(f"a target of a binary cross-entropy is within 0…1, got {t!r}")
    return t


def _weights(target: Any, classes: int) -> Sequence[float]:
    """Turn a label into a one-hot list; check it, or the weights given."""
    if hasattr(target, "__len__"):
        if len(target) != classes:
            raise ValueError(f"{classes} classes, but {len(target)} target weights")
        if not all(math.isfinite(t) and t >= 0 for t in target) or not any(target):
            raise ValueError(f"target weights are numbers from 0, not all 0, got {target!r}")
        return target
    if target != int(target) or not 0 <= target < classes:
        raise ValueError(f"a label is a whole number from 0 to {classes - 1}, got {target!r}")
    return [float(i == target) for i in range(classes)]
