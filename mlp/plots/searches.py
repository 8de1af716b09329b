"""What a search found: the score of each setting, by each of the parameters searched.

The results are read as scikit-learn's searches have them, which need not be there for it.
"""

import math
import textwrap
from collections.abc import Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from . import style
from .style import BLUE, GREY, INK, PALE, RED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["search_results"]

MOST_KINDS = 8  # numbers of more values than this have an axis of numbers
ACROSS = 4  # panels side by side


def search_results(results: Any, score: str = "score") -> "Figure":
    """Draw the score of each setting of a search, in a panel for each parameter searched.

    A dot is a setting, at the mean of its folds; the line goes along the best of each value; the
    best of all is ringed in every panel, with ± over its folds. Settings far below are triangles at
    the lower edge, those without a score crosses.

    Parameters
    ----------
    results : mapping or fitted search
        What `mlp.estimators.kept_search` gives; a search of scikit-learn's, or its ``cv_results_``;
        of a halving one, the last round.
    score : str, optional
        What the score is called.

    Raises
    ------
    ValueError
        If no setting has a score.

    Examples
    --------
    >>> fig = search_results({
    ...     "params": [{"alpha": a, "n": n} for a in (0.1, 1.0) for n in (8, 16)],
    ...     "mean_test_score": [0.91, 0.93, 0.85, 0.88], "std_test_score": [0.01] * 4}, "accuracy")
    >>> [ax.get_xlabel() for ax in fig.axes]
    ['alpha', 'n']
    """
    columns = searched(results)
    means, stds = scores_of(results)
    if np.isnan(means).all():
        raise ValueError("search_results: no setting has a score")
    best = int(np.nanargmax(means))
    low = _low(means)
    across = min(len(columns), ACROSS)
    down = math.ceil(len(columns) / across)
    fig = style.figure(max(2.7 * across, 4.6), 3.8 * down)
    for i, (name, values) in enumerate(columns.items()):
        ax = fig.add_subplot(down, across, i + 1, sharey=fig.axes[0] if i else None)
        x, continuous = _places(ax, values)
        _settings(ax, x, means, low, line=not continuous, named=not i)
        ax.errorbar(x[best], means[best], stds[best], fmt="o", color=RED, markersize=9,
                    markerfacecolor="none", elinewidth=1.2, capsize=3, zorder=4)  # fmt: skip
        ax.grid(axis="y", color=PALE, linewidth=0.6)
        ax.set_axisbelow(True)
        style.finish(ax, "", name, "" if i % across else score)
        if i % across:
            ax.tick_params(labelleft=False)
    high = float(np.nanmax(means + np.where(np.arange(len(means)) == best, stds, 0)))
    room = (high - low or abs(high) or 1.0) * 0.08
    fig.axes[0].set_ylim(low - 1.5 * room, high + room)
    words = ", ".join(f"{name}\u00a0{said(values[best])}" for name, values in columns.items())
    title = f"Best {score} {means[best]:.4f} ± {stds[best]:.4f}: {words}"
    fig.suptitle(style.plain(textwrap.fill(title, int(10.5 * fig.get_figwidth()))), x=0.02,
                 ha="left", fontsize=11.5, fontweight="bold", color=INK)  # fmt: skip
    return fig


def _low(means: np.ndarray) -> float:
    """Say from where a score is worth a height of its own: the middle half is to be seen well."""
    known = means[~np.isnan(means)]
    high, middle = float(known.max()), float(np.quantile(known, 0.4))
    return float(known[known >= high - 3 * (high - middle)].min())


def _places(ax: Any, values: list[Any]) -> tuple[np.ndarray, bool]:
    """Give where values stand: many numbers where they are on the axis, others in turn."""
    numeric = all(isinstance(v, Real) and not isinstance(v, bool) for v in values)
    if numeric and len(set(values)) > MOST_KINDS:
        x = np.array(values, float)
        if x.min() > 0 and x.max() > 30 * x.min():
            ax.set_xscale("log")
        return x, True
    labels = [said(v) for v in values]
    kinds = [said(v) for v in sorted(set(values))] if numeric else list(dict.fromkeys(labels))
    long = sum(map(len, kinds)) > 26
    ax.set_xticks(range(len(kinds)), [style.plain(k) for k in kinds],
                  rotation=35 if long else 0, ha="right" if long else "center")  # fmt: skip
    ax.set_xlim(-0.5, len(kinds) - 0.5)
    return np.array([kinds.index(label) for label in labels], float), False


def _settings(
    ax: Any, x: np.ndarray, means: np.ndarray, low: float, line: bool, named: bool
) -> None:
    """Draw all settings, and a line along the best of each place."""
    with np.errstate(invalid="ignore"):
        seen, far, none = means >= low, means < low, np.isnan(means)
    ax.plot(x[seen], means[seen], "o", color=BLUE, alpha=0.45, markersize=5, markeredgewidth=0)
    for which, marker, label in (far, "v", f"below {low:.3g}"), (none, "x", "no score"):
        if which.any():
            ax.plot(x[which], np.full(which.sum(), 0.03), marker, color=GREY, markersize=5,
                    label=label, transform=ax.get_xaxis_transform(), clip_on=False)  # fmt: skip
    if line:
        places = sorted(set(x[seen]))
        ax.plot(places, [means[seen & (x == p)].max() for p in places], color=BLUE, linewidth=1.6)
    if named and not seen.all():
        ax.figure.legend(loc="outside lower right", ncols=2, frameon=False, fontsize=9.5,
                         labelcolor=INK, handletextpad=0.1)  # fmt: skip


def searched(results: Any) -> dict[str, list[Any]]:
    """Give the parameters that were searched, each with its values, the settings' in their order.

    Parameters
    ----------
    results : mapping or fitted search
        What `kept_search` gives; a search of scikit-learn's, or its ``cv_results_``.

    Returns
    -------
    dict of str to list
        By the names that a reader knows, ``hidden layer sizes``; those alone of which there is more
        than one value.

    Examples
    --------
    >>> searched({"params": [{"mlp__alpha": 0.1, "n": 2}, {"mlp__alpha": 1, "n": 2}]})
    {'alpha': [0.1, 1]}
    """
    settings = results_of(results)["params"]
    names = list(dict.fromkeys(name for setting in settings for name in setting))
    short = [name.rpartition("__")[2] for name in names]
    called = {name: (s if short.count(s) == 1 else name).replace("_", " ")
              for name, s in zip(names, short, strict=True)}  # fmt: skip
    found = {called[name]: [setting.get(name) for setting in settings] for name in names}
    varied = {name: xs for name, xs in found.items() if any(repr(x) != repr(xs[0]) for x in xs)}
    return varied or found


def scores_of(results: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of each setting over the folds, and its deviation.

    Of a halving search those of the last round count, and NaN stands for the others, which were
    scored on less.
    """
    results = results_of(results)
    means, stds = (np.array(results[n], float) for n in ("mean_test_score", "std_test_score"))
    if "iter" in results:
        means[np.asarray(results["iter"]) < max(results["iter"])] = math.nan
    return means, stds


def results_of(results: Any) -> Mapping[str, Any]:
    """Take a search that was fitted, or what came of it."""
    results = getattr(results, "cv_results_", results)
    if not isinstance(results, Mapping) or "params" not in results:
        raise TypeError("results are those of kept_search, or of a search of scikit-learn's that "
                        f"was fitted, got {results!r:.60}")  # fmt: skip
    return results


def said(x: Any) -> str:
    """Write a value: sizes of layers as 64-32, a function by its name.

    Examples
    --------
    >>> said((64, 32)), said(0.001), said(np.tanh)
    ('64-32', '0.001', 'tanh')
    """
    if isinstance(x, (tuple, list)):
        return "-".join(map(said, x)) or "none"
    if isinstance(x, Real) and not isinstance(x, (bool, Integral)):
        return f"{float(x):.6g}"
    return str(getattr(x, "__name__", x))
