"""How the plots look: a figure that a notebook shows, colours, and the finish of axes.

Nothing here touches matplotlib's global settings or pyplot.
"""

import io
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..given import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLOURS", "GREY", "INK", "PALE", "begin", "figure", "finish", "png", "rgb", "tint"]

INK, GREY, PALE = "#24292f", "#57606a", "#d0d7de"
BLUE, RED = "#0072b2", "#d55e00"
POSITIVE, NEGATIVE = "#0969da", "#cf222e"  # as in the pictures of graphs
COLOURS = (BLUE, "#e69f00", "#009e73", "#cc79a7", "#56b4e9", RED, "#8c6d31", "#6f4fa3",
           "#7f7f7f", "#b3a800")  # fmt: skip
"""Okabe and Ito's, which the colour-blind can tell apart, and four more."""
MARKERS = "osD^vPX<>*"


@cache
def _figure_class() -> Any:
    """Make a Figure that shows itself at the end of a notebook's cell, as its axes do."""
    try:
        from matplotlib.axes import Axes
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ModuleNotFoundError("plots need matplotlib: pip install 'chainrule[plot]'") from error

    class ShownFigure(Figure):
        def _repr_png_(self) -> Any:
            return png(self)

        def add_subplot(self, *where: Any, **how: Any) -> Any:
            if "projection" not in how:
                how.setdefault("axes_class", ShownAxes)
            ax = super().add_subplot(*where, **how)
            ax.set_prop_cycle(color=COLOURS)
            return ax

        def savefig(self, fname: Any, **how: Any) -> None:
            from matplotlib import rc_context

            if str(fname).lower().endswith((".svg", ".pdf")):  # the same bytes every time
                date = "Date" if str(fname).lower().endswith(".svg") else "CreationDate"
                how.setdefault("metadata", {date: None})
            with rc_context({"svg.hashsalt": "chainrule"}):
                super().savefig(fname, **{"dpi": 180, **how})

    class ShownAxes(Axes):
        def _repr_png_(self) -> Any:
            return png(self.figure)

    return ShownFigure


def figure(width: float, height: float) -> Any:
    """Make an empty figure that a notebook shows, and in which nothing overlaps.

    Its lines take the colours of all our plots.

    Parameters
    ----------
    width, height : float
        In inches.

    Examples
    --------
    >>> fig = figure(9.6, 3.6)
    >>> for i, name in enumerate(["sine", "cosine"], 1):
    ...     ax = finish(fig.add_subplot(1, 2, i), name, "x")
    >>> fig.axes[1].get_title(loc="left")
    'cosine'
    """
    shown = _figure_class()(figsize=(width, height), layout="constrained", facecolor="white")
    shown.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    return shown


def begin(ax: "Axes | None", width: float = 5.2, height: float = 3.7) -> Any:
    """Give the axes to draw in: the given ones, or those of a new figure."""
    if ax is None:
        return figure(width, height).add_subplot()
    if not hasattr(ax, "set_title"):
        raise TypeError(f"ax is where to draw, matplotlib's Axes, got {ax!r:.60}")
    return ax


def png(shown: Any, scale: float = 2.0) -> tuple[bytes, dict[str, int]]:
    """Draw a figure as a PNG for sharp screens; give it with its width in a page.

    With a height of its own it would be squeezed where a page is narrower.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    file = io.BytesIO()
    FigureCanvasAgg(shown).print_figure(file, format="png", dpi=72 * 1.25 * scale)
    data = file.getvalue()
    return data, {"width": round(int.from_bytes(data[16:20]) / scale)}


def finish(ax: Any, title: str = "", x: str = "", y: str = "", *, frame: bool = True) -> Any:
    """Set the title and the labels of axes, in the manner of all plots here; give the axes.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes.
    title, x, y : str, optional
        The title, and what the axes are called.
    frame : bool, optional
        Whether the axes are shown, with their ticks.
    """
    ax.set_title(title, loc="left", fontsize=11.5, fontweight="bold", color=INK, pad=9)
    ax.set_xlabel(x, fontsize=10.5, color=INK)
    ax.set_ylabel(y, fontsize=10.5, color=INK)
    ax.tick_params(colors=GREY, labelsize=9.5, length=3, width=0.8)
    for side, spine in ax.spines.items():
        spine.set_visible(frame and side in ("left", "bottom"))
        spine.set(color=GREY, linewidth=0.8)
    if not frame:
        ax.set(xticks=[], yticks=[])
    return ax


def legend(ax: Any, **where: Any) -> None:
    """Name the lines or points, without a box."""
    ax.legend(frameon=False, fontsize=9.5, labelcolor=INK, handlelength=1.4,
              borderaxespad=0.3, **where)  # fmt: skip


def beside(ax: Any) -> None:
    """Name the points at the right of the axes."""
    legend(ax, loc="upper left", bbox_to_anchor=(1.01, 1.0), handletextpad=0.4)


def rgb(colour: str) -> np.ndarray:
    """Give a colour as three numbers from 0 to 1."""
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def tint(colour: str, strength: Any) -> np.ndarray:
    """Mix a colour with white: 0 is white, 1 the colour; an array gives an image."""
    strength = np.asarray(strength, float)[..., None]
    return 1 - strength * (1 - rgb(colour))


def plain(name: Any) -> str:
    """Give a name as text in which a dollar sign begins no formula."""
    return str(name).replace("$", r"\$")


def texts(names: Any, name: str) -> list[str]:
    """Take names: a list of them, or text with a character for each."""
    return [plain(x) for x in (names if isinstance(names, str) else listed(names, name, "text"))]


def names_of(classes: np.ndarray, names: Any) -> list[str]:
    """Give what classes are called: their names, or themselves."""
    names = texts(names, "target_names")
    numbers = classes.dtype.kind in "iu" and len(classes) and classes.min() >= 0
    if names and numbers and classes.max() < len(names):
        return [names[int(k)] for k in classes]
    if len(names) == len(classes):
        return list(names)
    if names:
        raise ValueError(f"target_names: {len(names)} names for {len(classes)} classes, {classes}")
    return [f"{k:g}" if isinstance(k, (int, float, np.number)) else plain(k) for k in classes]
