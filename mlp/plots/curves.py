"""Curves: what was learned epoch by epoch, activation functions, costs and descents."""

import re
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Tensor

from ..activations import ACTIVATIONS
from ..activations import activation as find_activation
from ..arrays import as_array
from ..given import function as checked
from ..given import listed, number, pair
from . import style
from .models import outputs
from .style import BLUE, GREY, INK, PALE, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "activation", "activations", "cost_curve", "cost_surface", "fitted_curve", "learning_curve",
    "learning_curves", "predictions",
]  # fmt: skip

_NOT_METRICS = {"epoch", "epochs", "time", "seconds", "lr", "learning_rate"}
_BETTER_HIGH = re.compile(r"acc|auc|f1|r2|precision|recall|score")


def _series(history: Any) -> dict[str, Sequence[Any]]:
    """Give the numbers of a history by name; a list is of losses. Text of callbacks is none."""
    history = getattr(history, "history", history)
    if not isinstance(history, Mapping):
        history = {"loss": listed(history, "learning_curve: history", "losses, or a History")}
    return {name: ys for name, ys in history.items() if all(map(_is_number, ys))}


def _is_number(y: Any) -> bool:
    return y is None or isinstance(y, Real) or (hasattr(y, "dtype") and np.ndim(y) == 0)


def _epochs(history: Any, name: str) -> np.ndarray:
    """Tell of which epochs, from 1, the numbers of a name are."""
    series = _series(history)
    count, longest = len(series[name]), max(map(len, series.values()))
    for known in getattr(history, "at", {}).get(name, ()), getattr(history, "epoch", ()):
        if len(known) == count:
            return np.asarray(known, int) + 1
    if count < longest:
        raise ValueError(f"learning_curve: of {name!r} there are {count} numbers for {longest} "
                         "epochs, and not of which: give the History of fit, which knows, or NaN "
                         "for the epochs without")  # fmt: skip
    return np.arange(1, count + 1)


def learning_curve(history: Any, metric: str = "loss", ax: "Axes | None" = None) -> "Axes":
    """Draw a loss or metric by epoch, in training and validation, with the best epoch marked.

    Parameters
    ----------
    history : History, mapping of str to list, or list
        What `fit` returns; numbers by name, one an epoch, of which those of validation begin with
        ``val_``; or the losses alone.
    metric : str, optional
        What to draw.
    ax : matplotlib Axes, optional
        Where; a new figure if not given.

    Raises
    ------
    ValueError
        If the history has no such metric, or no epoch; or fewer numbers of one than epochs, and
        does not say of which.

    Examples
    --------
    >>> ax = learning_curve({"loss": [0.9, 0.5, 0.3], "val_loss": [0.9, 0.6, 0.7]})
    >>> [line.get_label() for line in ax.lines[:2]]
    ['training', 'validation']
    """
    series = _series(history)
    if not isinstance(metric, str) or metric not in series or not len(series[metric]):
        raise ValueError(f"learning_curve: of the metric, no epoch of {metric!r:.60}; there is "
                         f"{', '.join(series) or 'nothing in the history'}")  # fmt: skip
    ax, ends = style.begin(ax), []
    for name, label, colour in (metric, "training", BLUE), (f"val_{metric}", "validation", RED):
        if name in series:
            epochs, y = _epochs(history, name), np.asarray(series[name], float)
            ends.append(f"{y[-1]:.4g}")
            ax.plot(epochs, y, color=colour, linewidth=1.8, label=label,
                    marker="o" if len(y) < 16 else None, markersize=3.5)  # fmt: skip
    if f"val_{metric}" in series and np.isfinite(y).any():
        best = int((np.nanargmax if _is_better_high(history, metric) else np.nanargmin)(y))
        ax.plot(epochs[best], y[best], "o", markersize=8, markerfacecolor="none", color=RED,
                label=f"best: {y[best]:.4g} in epoch {epochs[best]}")  # fmt: skip
    ax.grid(axis="y", color=PALE, linewidth=0.6)
    ax.set_axisbelow(True)
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    if len(ends) > 1:
        style.legend(ax)
    spoken = metric.replace("_", " ")
    between = "\n" if len(spoken) > 14 else " "
    return style.finish(ax, f"{spoken.capitalize()}{between}{', in validation '.join(ends)}",
                        "epoch", spoken)  # fmt: skip


def _is_better_high(history: Any, metric: str) -> bool:
    """Tell which end is good: the network that was trained knows it of its metrics, or the name."""
    directions = getattr(getattr(history, "model", None), "directions", dict)()
    known = directions.get(metric)
    return known == "max" if known else bool(_BETTER_HIGH.search(metric))


def learning_curves(history: Any, metrics: Sequence[str] | None = None) -> "Figure":
    """Draw every loss and metric of a history side by side, each as `learning_curve` does.

    Parameters
    ----------
    history : History or mapping of str to list
        As for `learning_curve`.
    metrics : sequence of str, optional
        What to draw, and in which order; all that there are if not given.

    Examples
    --------
    >>> figure = learning_curves({"accuracy": [0.5, 0.9], "loss": [1.0, 0.4]})
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['loss', 'accuracy']
    """
    if metrics is None:
        names = _series(history).keys() - _NOT_METRICS
        metrics = sorted((name for name in names if not name.startswith("val_")),
                         key=lambda name: (name != "loss", name))  # fmt: skip
    metrics = listed(metrics, "learning_curves: metrics", "names")
    shown = style.figure(4.6 * max(len(metrics), 1), 3.6)
    for i, metric in enumerate(metrics, 1):
        learning_curve(history, metric, shown.add_subplot(1, len(metrics), i))
    return shown


def activation(
    function: str | Callable[[Any], Any], ax: "Axes | None" = None, *, span: float = 4.0
) -> "Axes":
    """Draw an activation function and its derivative, which automatic differentiation computes.

    Parameters
    ----------
    function : str or callable
        A name of `mlp.activations`, or a function of a Tensor.
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    span : float, optional
        From −span to span.

    Examples
    --------
    >>> ax = activation("tanh")
    >>> value, derivative = (line.get_ydata() for line in ax.lines[-2:])
    >>> bool(abs(derivative - (1 - value**2)).max() < 1e-12)
    True
    """
    phi = find_activation(function)
    name = function if isinstance(function, str) else getattr(function, "__name__", "φ")
    span = number(span, "activation: span", "above 0")
    x = np.linspace(-span, span, 800)  # an even number: none of them is the kink at 0
    z = Tensor(x)
    y = phi(z)
    if not isinstance(y, Tensor) or y.shape != x.shape:
        raise TypeError(f"activation: a function of each number of a Tensor, got {y!r:.40}")
    y.backward(np.ones_like(x))
    ax = style.begin(ax, 4.2, 3.2)
    ax.axhline(0, color=PALE, linewidth=0.8)
    ax.axvline(0, color=PALE, linewidth=0.8)
    for numbers, label, colour, line in (
        (y.data, "φ(z)", BLUE, "-"),
        (np.zeros_like(x) if z.grad is None else z.grad, "φ′(z)", RED, "--"),
    ):
        jump = np.flatnonzero(np.abs(np.diff(numbers)) > 0.2) + 1  # the line is not drawn across it
        ax.plot(np.insert(x, jump, np.nan), np.insert(numbers, jump, np.nan), line, color=colour,
                linewidth=2.2 if line == "-" else 1.8, label=label)  # fmt: skip
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, -0.35), max(high, 1.25))
    style.legend(ax)
    return style.finish(ax, name.replace("_", " "), "z")


def activations(names: Sequence[str | Callable[[Any], Any]] | None = None) -> "Figure":
    """Draw activation functions side by side, each as `activation` does.

    Parameters
    ----------
    names : sequence of str or callable, optional
        Which; all of the table if not given.

    Examples
    --------
    >>> len(activations(["sigmoid", "tanh", "relu"]).axes)
    3
    """
    names = listed(ACTIVATIONS.keys() if names is None else names, "activations: names",
                   "names or functions")  # fmt: skip
    if not names:
        raise ValueError("activations: names is an empty list: there is nothing to draw")
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    shown = style.figure(3.1 * columns, 2.6 * rows)
    for i, name in enumerate(names, 1):
        ax = activation(name, shown.add_subplot(rows, columns, i))
        if i > 1:
            ax.get_legend().remove()
    return shown


def fitted_curve(model: Any, x: Any, y: Any, ax: "Axes | None" = None) -> "Axes":
    """Draw what a model gives for one feature, as a curve among the examples.

    Parameters
    ----------
    model : model or callable
        Anything with ``predict``, or a function of a batch of shape (examples, 1).
    x, y : array_like
        Examples, of shape (examples,) or (examples, 1), and their targets.
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    """
    x, y = as_array(x, "fitted_curve: x", float), as_array(y, "fitted_curve: y", float).reshape(-1)
    if x.shape not in (y.shape, (*y.shape, 1)) or not len(y):
        raise ValueError("fitted_curve: x is examples of one feature, and y a number for each, got "
                         f"shapes {x.shape} and {y.shape}")  # fmt: skip
    x = x.reshape(-1, 1)
    ax = style.begin(ax)
    margin = 0.05 * (np.ptp(x) or 1)
    line = np.linspace(x.min() - margin, x.max() + margin, 400)
    ax.plot(x[:, 0], y, "o", color=GREY, alpha=0.6, markersize=4, markeredgewidth=0,
            label="examples")  # fmt: skip
    ax.plot(line, outputs(model, line[:, None]), color=RED, linewidth=2.2, label="model")
    error = float(np.mean((outputs(model, x) - y) ** 2))
    style.legend(ax)
    return style.finish(ax, f"Mean squared error {error:.3g}", "x", "y")


def predictions(y_true: Any, y_pred: Any, ax: "Axes | None" = None, unit: str = "") -> "Axes":
    """Draw predicted over true numbers, with the diagonal on which they are equal.

    Parameters
    ----------
    y_true, y_pred : array_like
        Numbers, one an example.
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    unit : str, optional
        The unit of both.
    """
    y_true, y_pred = (as_array(y, f"predictions: {name}", float).reshape(-1)
                      for name, y in (("y_true", y_true), ("y_pred", y_pred)))  # fmt: skip
    if y_true.shape != y_pred.shape or not len(y_true):
        raise ValueError("predictions: y_true and y_pred are a true and a predicted number for "
                         f"each example, got {y_true.shape} and {y_pred.shape}")  # fmt: skip
    ax = style.begin(ax, 4.4, 4.2)
    ends = [min(y_true.min(), y_pred.min()), max(y_true.max(), y_pred.max())]
    ax.plot(ends, ends, color=GREY, linewidth=1, linestyle="--")
    ax.plot(y_true, y_pred, "o", color=BLUE, alpha=0.6, markersize=4.5, markeredgewidth=0)
    ax.set_aspect("equal")
    spread = np.var(y_true)
    share = f"R² = {1 - np.mean((y_true - y_pred) ** 2) / spread:.3f}" if spread else ""
    unit = f" ({unit})" if unit else ""
    return style.finish(ax, share, f"true{unit}", f"predicted{unit}")


def cost_curve(
    cost: Callable[[np.ndarray], Any], path: Any = None, ax: "Axes | None" = None,
    *, span: tuple[float, float] | None = None,
) -> "Axes":  # fmt: skip
    """Draw a cost of one parameter, and the steps of a descent on it.

    Parameters
    ----------
    cost : callable
        The cost of an array of values.
    path : array_like, optional
        The parameter before each step, of shape (steps,).
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    span : tuple of two floats, optional
        From where to where; around the path if not given.

    Examples
    --------
    >>> ax = cost_curve(lambda w: w**2, [3.0, 1.8, 1.08])
    >>> ax.lines[-1].get_ydata().round(2).tolist()
    [9.0, 3.24, 1.17]
    """
    checked(cost, "cost_curve: cost", "of an array of values")
    path = np.zeros(0) if path is None else as_array(path, "cost_curve: path", float).reshape(-1)
    low, high = _around(path) if span is None else pair(span, "cost_curve: span", number)
    w = np.linspace(low, high, 400)
    costs = np.asarray(cost(w), float)
    if costs.shape != w.shape:
        raise ValueError(f"cost_curve: the cost is to be computed for an array of shape {w.shape}, "
                         f"and gave one of shape {costs.shape}")  # fmt: skip
    ax = style.begin(ax)
    ax.plot(w, costs, color=INK, linewidth=1.8)
    if len(path):
        _descent(ax, path, np.asarray(cost(path), float))
    return style.finish(ax, _downhill(cost, path), "w", "cost J(w)")


def cost_surface(
    cost: Callable[[np.ndarray, np.ndarray], Any], path: Any = None, ax: "Axes | None" = None,
    *, spans: tuple[tuple[float, float], tuple[float, float]] | None = None,
    names: tuple[str, str] = ("w1", "w2"),
) -> "Axes":  # fmt: skip
    """Draw a cost of two parameters by its contour lines, and the steps of a descent on it.

    Parameters
    ----------
    cost : callable
        The cost of two arrays of the same shape.
    path : array_like, optional
        The parameters before each step, of shape (steps, 2).
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    spans : pair of tuples of two floats, optional
        From where to where, for each parameter; around the path if not given.
    names : tuple of two str, optional
        What the parameters are called.

    Examples
    --------
    >>> ax = cost_surface(lambda u, v: u**2 + 4 * v**2, [[2.0, 1.0], [1.6, 0.2]])
    >>> ax.get_xlabel(), ax.lines[-1].get_xdata().tolist()
    ('w1', [2.0, 1.6])
    """
    checked(cost, "cost_surface: cost", "of two arrays of values")
    path = np.zeros((0, 2)) if path is None else as_array(path, "cost_surface: path", float)
    if path.ndim != 2 or path.shape[1] != 2:
        raise ValueError(f"cost_surface: a path of shape (steps, 2), got {path.shape}")
    names = pair(style.texts(names, "cost_surface: names"), "cost_surface: names", lambda x, _: x)
    (left, right), (bottom, top) = map(_around, path.T) if spans is None else pair(
        spans, "cost_surface: spans", lambda span, name: pair(span, name, number))  # fmt: skip
    u, v = np.meshgrid(np.linspace(left, right, 160), np.linspace(bottom, top, 160))
    z = np.asarray(cost(u, v), float)
    if z.shape != u.shape:
        raise ValueError(f"cost_surface: the cost is to be computed for arrays of shape {u.shape}, "
                         f"and gave one of shape {z.shape}")  # fmt: skip
    least, most = np.nanmin(z), np.nanmax(z)
    levels = least + (most - least) * np.linspace(0, 1, 15)[1:] ** 2  # closer where it is flat
    ax = style.begin(ax, 5.2, 4.0)
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list("cost", ["#f4f8fc", "#bcd6ea", "#6fa8cf"])
    if most > least:
        ax.contourf(u, v, z, [least, *levels], cmap=shades)
        lines = ax.contour(u, v, z, levels, colors="white", linewidths=0.7)
        for text in ax.clabel(lines, lines.levels[2::3], fontsize=8, fmt="%.3g", colors=[GREY]):
            x, y = text.get_position()  # those that the edge would cut off are left out
            text.set_visible(min((x - left) / (right - left), (right - x) / (right - left),
                                 (y - bottom) / (top - bottom), (top - y) / (top - bottom)) > 0.07)
    if len(path):
        _descent(ax, *path.T)
    ax.set(xlim=(left, right), ylim=(bottom, top))
    return style.finish(ax, _downhill(cost, *path.T), *names)


def _around(path: np.ndarray) -> tuple[float, float]:
    if not np.isfinite(path).any():
        return -1.0, 1.0
    low, high = np.nanmin(path), np.nanmax(path)
    margin = 0.35 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _downhill(cost: Callable[..., Any], *path: np.ndarray) -> str:
    if not len(path[0]):
        return ""
    costs = np.asarray(cost(*path), float)
    return f"Cost {costs[0]:.3g} to {costs[-1]:.3g} in {len(costs) - 1} steps"


def _descent(ax: Any, x: np.ndarray, y: np.ndarray) -> None:
    """Draw the steps of a descent: from a ring to a disc."""
    ax.plot(x[0], y[0], "o", markersize=9, markerfacecolor="white", color=RED, zorder=4)
    ax.plot(x[-1], y[-1], "o", markersize=9, color=RED, zorder=4)
    ax.plot(x, y, "o-", color=RED, linewidth=1.5, markersize=3.5, zorder=3)
