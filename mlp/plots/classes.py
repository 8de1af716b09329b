"""Classes in the plane: decision boundaries, a perceptron's line, and the confusion matrix."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import as_array
from ..given import number, whole
from . import style
from .models import outputs
from .style import BLUE, COLOURS, GREY, INK, MARKERS, PALE, RED, rgb, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..scalar import PerceptronRun

__all__ = ["confusion_matrix", "decision_boundary", "perceptron"]

_STRONGEST = 0.5  # tint of a region, where the model is sure


def decision_boundary(
    model: Any, x: Any, y: Any, ax: "Axes | None" = None, *, target_names: Sequence[str] = (),
    feature_names: Sequence[str] = ("x1", "x2"), threshold: float | None = None,
    resolution: int = 200,
) -> "Axes":  # fmt: skip
    """Draw the regions that a classifier of two features divides the plane into.

    A region has the colour of its class, stronger where the model is more sure; points are the
    examples, in the colours and shapes of their true classes.

    Parameters
    ----------
    model : model or callable
        Anything with ``predict_proba`` or ``predict``, or a function of a batch: one output for
        two classes, one a class (scores or probabilities), or classes.
    x, y : array_like
        Examples, of shape (examples, 2), and their classes.
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    target_names, feature_names : sequence of str, optional
        What the classes and the axes are called.
    threshold : float, optional
        The single output at which the second class begins. If not given, 0.5 if all outputs are
        from 0 to 1, and 0 if not.
    resolution : int, optional
        Points a side at which the model is computed.

    Raises
    ------
    ValueError
        If examples have not two features, or the model has not one output a class.

    Examples
    --------
    >>> ax = decision_boundary(lambda x: x[:, 0] - x[:, 1], [[0, 1], [1, 0]], [0, 1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['0', '1']
    """
    x = as_array(x, "decision_boundary: x", float)
    y = as_array(y, "decision_boundary: y")
    resolution = whole(resolution, "decision_boundary: resolution", 2)
    if threshold is not None:
        threshold = number(threshold, "decision_boundary: threshold")
    feature_names = style.texts(feature_names, "decision_boundary: feature_names")
    if len(feature_names) != 2:
        raise ValueError("decision_boundary: feature_names are two names, got "
                         f"{feature_names!r:.60}")  # fmt: skip
    if x.ndim != 2 or x.shape[1] != 2 or y.shape != x.shape[:1]:
        raise ValueError("decision_boundary: x of shape (examples, 2) and a class each, got "
                         f"{x.shape} and {y.shape}")  # fmt: skip
    if not len(x) or not np.isfinite(x).all():
        raise ValueError("decision_boundary: one example or more, of finite numbers")
    classes = np.unique(y)
    names = style.names_of(classes, target_names)
    middle, half = (x.max(axis=0) + x.min(axis=0)) / 2, np.ptp(x, axis=0) / 2
    half = np.where(half > 0, (1.12 if len(x) > 20 else 1.4) * half, 1.0)
    (left, bottom), (right, top) = middle - half, middle + half
    across, up = np.meshgrid(np.linspace(left, right, resolution),
                             np.linspace(bottom, top, resolution))  # fmt: skip
    given = outputs(model, np.stack([across.ravel(), up.ravel()], axis=1))
    if threshold is None:
        threshold = 0.5 if given.dtype.kind == "f" and 0 <= given.min() <= given.max() <= 1 else 0.0
    if given.ndim == 2 and given.shape[1] > len(classes) and classes.dtype.kind in "iu":
        classes = np.arange(given.shape[1])  # those that no example has
        names = style.names_of(classes, target_names)
    margins = _margins(given, classes, threshold).reshape(len(classes), *across.shape)
    ax = style.begin(ax, 5.4, 4.2)
    winner = margins.argmax(axis=0)
    sure = 0.16 + (_STRONGEST - 0.16) * np.tanh(2 * np.maximum(margins.max(axis=0), 0))
    image = 1 - sure[..., None] * (1 - np.array([rgb(c) for c in _colours(len(classes))])[winner])
    ax.imshow(image, extent=(left, right, bottom, top), origin="lower", aspect="auto",
              interpolation="bilinear", zorder=0)  # fmt: skip
    for margin in margins[:1] if len(classes) == 2 else margins:
        if margin.min() < 0 < margin.max():
            ax.contour(across, up, margin, [0], colors=[INK], linewidths=1.1, zorder=1)
    _points(ax, x, y, classes, names)
    ax.set(xlim=(left, right), ylim=(bottom, top))
    if len(classes) > 1:
        style.beside(ax)
    right_ones = int((classes[_margins(outputs(model, x), classes, threshold).argmax(axis=0)] == y)
                     .sum())  # fmt: skip
    return style.finish(ax, f"{right_ones:,} of {len(y):,} right", *feature_names)


def _margins(given: np.ndarray, classes: np.ndarray, threshold: float) -> np.ndarray:
    """Give by how much each class beats the best of the others, about from −1 to 1."""
    k = len(classes)
    if given.dtype.kind == "f" and np.isnan(given).any():
        raise ValueError("the model gives NaN")
    labels = given.ndim == 1 and (given.dtype.kind not in "f" or k > 2)
    if labels:
        scores = (given[:, None] == classes).astype(float)
        if not scores.any(axis=1).all():
            raise ValueError(f"the model gives classes other than {classes}: {np.unique(given)}")
    elif given.ndim == 1 and k <= 2:
        second = 2 * (given - threshold)
        return np.stack([-second, second][:k])
    elif given.shape[1] == k:
        scores = given.astype(float)
    else:
        raise ValueError(f"{k} classes, but the model gives {given.shape[1:]} outputs an example")
    best = np.partition(scores, -2, axis=1)[:, -2:] if k > 1 else np.zeros((len(scores), 2))
    others = np.where(scores == best[:, 1:], best[:, :1], best[:, 1:])
    return (scores - others).T


def _colours(k: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(k)]


def _points(ax: Any, x: np.ndarray, y: np.ndarray, classes: Any, names: Sequence[str]) -> None:
    for k, (label, name, colour) in enumerate(zip(classes, names, _colours(len(names)),
                                                  strict=True)):  # fmt: skip
        some = x[y == label]
        ax.scatter(*some.T, s=34 if len(x) < 500 else 14, color=colour, label=name,
                   marker=MARKERS[k % len(MARKERS)], edgecolors="white", linewidths=0.7,
                   zorder=3)  # fmt: skip


def perceptron(
    run: "PerceptronRun", x: Any, y: Any, ax: "Axes | None" = None, *, most: int = 12
) -> "Axes":
    """Draw the line of a perceptron of two inputs as it moved: pale at first, dark at the end.

    Parameters
    ----------
    run : PerceptronRun
        What `Perceptron.fit` returned.
    x, y : array_like
        The examples, of shape (examples, 2), and their targets.
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    most : int, optional
        How many lines; if there are more, they are taken at even distances.

    Raises
    ------
    ValueError
        If it has not two inputs.

    Examples
    --------
    >>> from mlp import Perceptron
    >>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]
    >>> perceptron(Perceptron([0, 0]).fit(x, y), x, y).get_title(loc="left")
    'Converged in epoch 6'
    """
    x, y = as_array(x, "perceptron: x", float), as_array(y, "perceptron: y")
    most = whole(most, "perceptron: most")
    if not hasattr(run, "message"):
        raise TypeError(f"perceptron: run is what Perceptron.fit returned, got {run!r:.60}")
    if x.shape[1:] != (2,) or y.shape[:1] != x.shape[:1] or not y.size:
        raise ValueError("perceptron: x of two inputs, and y, a target each, got shapes "
                         f"{x.shape} and {y.shape}")  # fmt: skip
    y = y.reshape(len(x), -1)[:, 0]
    lines = [w[:, 0] for w in run.weights if np.any(w[:-1, 0])]
    ax = style.begin(ax, 5.0, 4.2)
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.35 * np.where(high > low, high - low, 1)
    (left, bottom), (right, top) = low - margin, high + margin
    shown = [lines[i] for i in np.unique(np.linspace(0, len(lines) - 1, most).astype(int))
             ] if lines else []  # fmt: skip
    if shown:
        across, up = np.meshgrid(np.linspace(left, right, 300), np.linspace(bottom, top, 300))
        fires = across * shown[-1][0] + up * shown[-1][1] + shown[-1][2] > 0
        image = np.where(fires[..., None], tint(COLOURS[1], 0.22), tint(BLUE, 0.16))
        ax.imshow(image, extent=(left, right, bottom, top), origin="lower", aspect="auto", zorder=0)
    for i, (w1, w2, b) in enumerate(shown, 1):
        # The point of the line nearest to the origin, and far along the line both ways.
        foot, along = -b * np.array([w1, w2]) / (w1**2 + w2**2), np.array([-w2, w1])
        reach = 10 * (abs(foot).max() + abs(np.array([left, right, bottom, top])).max())
        ends = foot + np.outer([-reach, reach], along / np.hypot(w1, w2))
        last = i == len(shown)
        ax.plot(*ends.T, color=INK, alpha=1 if last else 0.1 + 0.6 * (i / len(shown)) ** 2,
                linewidth=2.2 if last else 1.2, zorder=2)  # fmt: skip
    classes = np.unique(y)
    _points(ax, x, y, classes, style.names_of(classes, ()))
    ax.set(xlim=(left, right), ylim=(bottom, top))
    style.beside(ax)
    ending = run.message.partition(":")[0]
    return style.finish(ax, ending[:1].upper() + ending[1:], "x1", "x2")


def confusion_matrix(
    y_true: Any, y_pred: Any, ax: "Axes | None" = None, *, target_names: Sequence[str] = ()
) -> "Axes":
    """Draw how often each class was taken for each: right in blue, wrong in orange.

    A cell is the stronger, the larger its share of the examples of its true class.

    Parameters
    ----------
    y_true, y_pred : array_like
        Classes, one an example.
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    target_names : sequence of str, optional
        What the classes are called.

    Raises
    ------
    ValueError
        If there are not as many of one as of the other.

    Examples
    --------
    >>> ax = confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], target_names=["cat", "dog"])
    >>> ax.get_title(loc="left")
    '3 of 4 right, 75.0%'
    """
    from sklearn.metrics import confusion_matrix as count

    y_true = as_array(y_true, "confusion_matrix: y_true")
    y_pred = as_array(y_pred, "confusion_matrix: y_pred")
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or not len(y_true):
        raise ValueError("confusion_matrix: y_true and y_pred are a true and a predicted class "
                         f"for each example, got {y_true.shape} and {y_pred.shape}")  # fmt: skip
    classes = np.unique(np.concatenate([y_true, y_pred]))
    names = style.names_of(classes, target_names)
    counts = count(y_true, y_pred, labels=classes)
    k = len(classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    diagonal = np.eye(k, dtype=bool)[..., None]
    strength = np.where(counts, 0.12 + 0.88 * np.where(diagonal[..., 0], shares, shares**0.5), 0)
    side, label = min(max(0.48 * k, 2.3), 7.0), max(map(len, names))
    turned = label > 4
    ax = style.begin(ax, side + 1.2 + 0.07 * label, side + 1.2 + 0.055 * label * turned)
    ax.imshow(np.where(diagonal, tint(BLUE, strength), tint(RED, strength)))
    size = 10.5 if k <= 12 else 8
    for (i, j), n in np.ndenumerate(counts):
        ink = PALE if not n else "white" if strength[i, j] > 0.55 else INK
        ax.text(j, i, f"{n:,}", ha="center", va="center", color=ink, fontsize=size)
    ax.set(xticks=range(k), yticks=range(k))
    ax.set_xticklabels(names, rotation=40 if turned else 0, ha="right" if turned else "center",
                       rotation_mode="anchor")  # fmt: skip
    ax.set_yticklabels(names)
    ax.set_xticks(np.arange(k + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(k + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=2)
    right = int(np.trace(counts))
    style.finish(ax, f"{right:,} of {len(y_true):,} right, {right / len(y_true):.1%}",
                 "predicted class", "true class")  # fmt: skip
    ax.tick_params(which="both", length=0, labelcolor=GREY)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax
