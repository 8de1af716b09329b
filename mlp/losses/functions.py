"""Losses as functions: how far outputs are from their targets. Outputs come first, targets second.

Of Values, numbers and lists they give the loss of one example; of Tensors and arrays, a number for
each element or example. `mean` makes the cost of many from their losses. A target that is a Value
or a Tensor, an input of what is being traced, is not checked, and no term is left out for it.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, Value, chain, clip, log, relu, softplus, square

from ..activations import add_up, log_softmax, size_of
from ..arrays import as_array, check_masked
from ..given import NUMBER

__all__ = [
    "binary_cross_entropy", "cross_entropy", "half_squared_error", "hinge", "mean",
    "sigmoid_cross_entropy", "softmax_cross_entropy", "squared_error",
]  # fmt: skip

EPSILON = 1e-7  # Keras': probabilities of arrays are cut off so far from 0 and 1


def mean(losses: Sequence[Any]) -> Any:
    """Give the mean of losses: the cost J of a batch.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not size_of(losses, "mean: losses"):
        raise ValueError("the mean of no losses: give at least one example")
    if is_array(losses):
        return losses.mean()
    try:
        return add_up(losses) * (1.0 / len(losses))
    except TypeError:
        _check_numbers("mean", losses=losses)
        raise


def squared_error(outputs: Any, targets: Any) -> Any:
    """Compute Σ (t − o)², of two numbers or of two sequences of one length; of arrays, by rows.

    Examples
    --------
    >>> squared_error([0.5, 1.0], [1.0, 3.0])
    4.25
    """
    if is_array(outputs):
        return square(outputs - _like("squared_error", targets, outputs)).sum(axis=-1)
    outputs, targets = _sequences("squared_error", outputs, targets)
    try:
        return add_up([(t - o) ** 2 for o, t in zip(outputs, targets, strict=True)])
    except TypeError:
        _check_numbers("squared_error", outputs=outputs, targets=targets)
        raise


def half_squared_error(outputs: Any, targets: Any) -> Any:
    """Compute ½ Σ (t − o)², whose derivative by o is o − t.

    Examples
    --------
    >>> half_squared_error([0.5, 1.0], [1.0, 3.0])
    2.125
    """
    if is_array(outputs):
        return 0.5 * squared_error(outputs, targets)
    outputs, targets = _sequences("half_squared_error", outputs, targets)
    try:
        return add_up([0.5 * (t - o) ** 2 for o, t in zip(outputs, targets, strict=True)])
    except TypeError:
        _check_numbers("half_squared_error", outputs=outputs, targets=targets)
        raise


def binary_cross_entropy(probability: Any, target: float) -> Any:
    """Compute −t ln p − (1 − t) ln(1 − p).

    Parameters
    ----------
    probability : Value or number, or Tensor or array
        The output p of a sigmoid. Where it may come to 0 or 1, use `sigmoid_cross_entropy`; in
        arrays, it is cut off at 1e-7 and 1 − 1e-7.
    target : number or array
        The class, 0 or 1, or a probability in between.

    Raises
    ------
    ValueError
        If a target or p is not within 0…1, or p is 0 or 1 and the target is not.

    Examples
    --------
    >>> round(binary_cross_entropy(0.7, 1), 4)
    0.3567
    """
    t = _probability("binary_cross_entropy", target, probability)
    if is_array(probability):
        p = _cut_off(probability)
        return -(t * log(p) + (1 - t) * log(1 - p))
    number = probability.data if isinstance(probability, Value) else probability
    if not isinstance(number, NUMBER):
        raise _no_number("binary_cross_entropy: probability", probability)
    if not 0 <= number <= 1:
        raise ValueError(f"binary_cross_entropy: probability is within 0…1, got {probability!r}: "
                         "from a logit, use sigmoid_cross_entropy")  # fmt: skip
    terms = []
    if isinstance(t, Value) or t > 0:
        terms.append(-t * log(probability))
    if isinstance(t, Value) or t < 1:
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
    t = _probability("sigmoid_cross_entropy", target, logit)
    if is_array(logit):
        return chain(t, softplus(-logit)) + chain(1 - t, softplus(logit))  # 0 · ∞ is 0
    if not isinstance(logit, (Value, *NUMBER)):
        raise _no_number("sigmoid_cross_entropy: logit", logit)
    terms = []
    if isinstance(t, Value) or t > 0:
        terms.append(t * softplus(-logit))
    if isinstance(t, Value) or t < 1:
        terms.append((1 - t) * softplus(logit))
    return add_up(terms)


def cross_entropy(probabilities: Sequence[Any], target: Any) -> Any:
    """Compute −Σ tᵢ ln pᵢ; for the label i that is −ln pᵢ.

    Parameters
    ----------
    probabilities : sequence of Value or number, or Tensor or array
        The outputs of a softmax, whose sum is 1; of an array, each row. There they are cut off at
        1e-7.
    target : int or sequence, or array
        A label from 0, or a weight for every class (one-hot); for an array, one for each row.

    Raises
    ------
    ValueError
        If they are no probabilities, the label is not a class, or there are not as many weights as
        classes.

    Examples
    --------
    >>> round(cross_entropy([0.2, 0.7, 0.1], 1), 4)
    0.3567
    >>> round(cross_entropy([0.2, 0.7, 0.1], [0, 1, 0]), 4)
    0.3567
    """
    classes = size_of(probabilities, "cross_entropy: probabilities")
    if is_array(probabilities):
        _check_probabilities(probabilities.data if isinstance(probabilities, Tensor)
                             else probabilities)  # fmt: skip
        return scaled_cross_entropy(probabilities, _checked_targets(target, probabilities.shape))
    weights = _weights("cross_entropy", target, classes)
    try:
        numbers = np.array([p.data if isinstance(p, Value) else p for p in probabilities], float)
    except (TypeError, ValueError):
        raise TypeError("cross_entropy: probabilities is a list of numbers or Values, or an array, "
                        f"got {probabilities!r:.60}") from None  # fmt: skip
    _check_probabilities(numbers)
    return -add_up([t * log(p) for p, t in zip(probabilities, weights, strict=True)
                    if isinstance(t, Value) or t])


def scaled_cross_entropy(outputs: Any, target: np.ndarray) -> Any:
    """Compute the `cross_entropy` of rows from 0, scaled to the sum 1 as Keras does."""
    total = outputs.sum(axis=-1, keepdims=True)
    p = _cut_off(outputs / (total + (total == 0)))
    if target.ndim == p.ndim:
        return -(_like("cross_entropy", target, p) * log(p)).sum(axis=-1)
    return -log(p)[(*np.indices(target.shape, sparse=True), target)]


def softmax_cross_entropy(logits: Any, target: Any, **how: Any) -> Any:
    """Compute the `cross_entropy` of the softmax from the logits, which may be of any size.

    A batch, an array or a Tensor of shape (examples, classes), is handed on to
    `autograd.softmax_cross_entropy`: that gives the mean, and takes weights.

    Examples
    --------
    >>> softmax_cross_entropy([1000.0, 0.0], 1)
    1000.0
    """
    if len(getattr(logits, "shape", ())) > 1:
        return autograd.softmax_cross_entropy(logits, target, **how)
    classes = size_of(logits, "softmax_cross_entropy: logits")
    weights = _weights("softmax_cross_entropy", target, classes)
    return -add_up([t * p for p, t in zip(log_softmax(logits), weights, strict=True)
                    if isinstance(t, Value) or t])


def hinge(score: Any, target: Any) -> Any:
    """Compute max(0, 1 − t s), for a class t of −1 or 1; of arrays, for each element.

    Examples
    --------
    >>> hinge(0.25, 1)
    0.75
    """
    if is_array(score):
        target = _like("hinge", target, score)
        wrong = [] if isinstance(target, Tensor) else target[np.abs(target) != 1]
        if len(wrong):
            raise ValueError(f"hinge: the target is −1 or 1, got {wrong.flat[0]:g}")
    elif not isinstance(score, (Value, *NUMBER)):
        raise _no_number("hinge: score", score)
    elif not isinstance(target, Value) and not (isinstance(target, NUMBER) and abs(target) == 1):
        raise ValueError(f"hinge: the target is −1 or 1, got {target!r:.60}")
    return relu(1 - target * score)


def _sequences(name: str, outputs: Any, targets: Any) -> tuple[Any, Any]:
    """Take a single number as a sequence of one; check the lengths."""
    outputs, targets = (x if hasattr(x, "__len__") else [x] for x in (outputs, targets))
    if len(outputs) != len(targets) or not len(outputs):
        raise ValueError(f"{name}: {len(outputs)} outputs, but {len(targets)} targets")
    return outputs, targets


def _check_numbers(name: str, **sequences: Sequence[Any]) -> None:
    """Raise if there is something else than numbers and Values."""
    for argument, xs in sequences.items():
        for x in xs:
            if not isinstance(x, (Value, *NUMBER)):
                raise TypeError(f"{name}: {argument} are numbers or Values, got {x!r:.60}")


def _no_number(argument: str, x: Any) -> TypeError:
    """Make the error for an argument that is one number, or an array."""
    many = ""
    if hasattr(x, "__len__"):
        name = argument.split(":")[0]
        many = f": of several examples, give the mean, mean([{name}(x, t) for each x, t])"
    return TypeError(f"{argument} is a number, a Value or an array, got {x!r:.60}{many}")


def is_array(x: Any) -> bool:
    check_masked(x, "the array")
    return isinstance(x, (Tensor, np.ndarray))


def _like(name: str, targets: Any, outputs: Any) -> Any:
    """Give targets the dtype of the outputs, if these are an array; check the shape."""
    if not isinstance(targets, Tensor):
        targets = as_array(targets, "targets", outputs.dtype if outputs.dtype.kind == "f" else None)
    if targets.shape != outputs.shape:
        raise ValueError(f"{name}: outputs of shape {outputs.shape}, but targets of shape "
                         f"{targets.shape}")  # fmt: skip
    return targets


def _probability(name: str, t: Any, outputs: Any) -> Any:
    if is_array(outputs):
        t = _like(name, t, outputs)
        if not isinstance(t, Tensor) and not np.logical_and(t >= 0, t <= 1).all():
            wrong = t[~((t >= 0) & (t <= 1))].flat[0]
            raise ValueError(f"{name}: a target is within 0…1, got {wrong}")
    elif not isinstance(t, Value):
        if not isinstance(t, NUMBER):
            raise _no_number(f"{name}: target", t)
        if not 0 <= t <= 1:
            raise ValueError(f"{name}: a target is within 0…1, got {t}")
    return t


def _check_probabilities(p: np.ndarray) -> None:
    """Raise if numbers are not within 0…1, or their sum is not 1, but for two digits' rounding."""
    within = ((p >= 0) & (p <= 1 + 1e-3)).all(axis=-1)
    wrong = ~(within & (abs(p.sum(axis=-1) - 1) <= 0.01 + 1e-9))
    if wrong.any():
        row = p[wrong][0] if p.ndim > 1 else p
        raise ValueError(f"cross_entropy takes probabilities, within 0…1 and of the sum 1, got "
                         f"{row.tolist()!r:.60}, of the sum {row.sum():.4g}: from logits, use "
                         "softmax_cross_entropy")  # fmt: skip


def _checked_targets(target: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Give labels or weights for rows of probabilities; check them."""
    target = as_array(target, "cross_entropy: target")
    if target.shape == shape:
        if not np.isfinite(target).all() or (target < 0).any():
            raise ValueError("cross_entropy: target weights are numbers from 0, got "
                             f"{target[~(target >= 0) | ~np.isfinite(target)][0]}")  # fmt: skip
        return target
    wrong = target[(target < 0) | (target >= shape[-1])]
    if target.shape != shape[:-1] or target.dtype.kind not in "iu" or wrong.size:
        raise ValueError(
            f"cross_entropy: for rows of shape {shape}, targets are labels from 0 to "
            f"{shape[-1] - 1}, of shape {shape[:-1]}, or weights of shape {shape}; got "
            f"{f'the label {wrong[0]}' if wrong.size else f'{target.dtype} of {target.shape}'}")
    return target


def _cut_off(p: Any) -> Any:
    """Keep probabilities of an array from 0 and 1, as Keras does."""
    numbers = p.data if isinstance(p, Tensor) else p
    if numbers.size and not (numbers.min() >= 0 and numbers.max() <= 1 + 1e-3):  # not for NaN
        raise ValueError(
            f"probabilities are within 0…1, got {numbers.min():g} to {numbers.max():g}: end the "
            "network with a softmax or a sigmoid, or say from_logits=True"
        )
    return clip(p, EPSILON, 1 - max(EPSILON, float(np.finfo(p.dtype).epsneg)))


def _weights(name: str, target: Any, classes: int) -> Sequence[float]:
    """Turn a label into a one-hot list; check it, or the weights given."""
    if not classes:
        raise ValueError(f"{name} of no classes: probabilities, or logits, are at least one number")
    if hasattr(target, "__len__"):
        if len(target) != classes:
            raise ValueError(f"{name}: {classes} classes, but {len(target)} target weights")
        if any(isinstance(t, Value) for t in target):
            return target
        try:
            fit = all(math.isfinite(t) and t >= 0 for t in target) and any(target)
        except TypeError:
            fit = False
        if not fit:
            raise ValueError(f"{name}: target weights are numbers from 0, not all 0, got "
                             f"{target!r:.60}")  # fmt: skip
        return target
    if not isinstance(target, NUMBER) or not 0 <= target < classes or target != int(target):
        raise ValueError(f"{name}: target is a label, a whole number from 0 to {classes - 1}, or a "
                         f"weight for every class, got {target!r:.60}")  # fmt: skip
    return [float(i == target) for i in range(classes)]
