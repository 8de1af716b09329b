"""A network as circles, layer by layer, with its weights as lines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..given import whole
from . import style
from .models import matrices
from .style import GREY, INK, NEGATIVE, POSITIVE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["network"]


def network(
    model: Any, ax: "Axes | None" = None, *, feature_names: Sequence[str] = (),
    target_names: Sequence[str] = (), most: int = 16,
) -> "Axes":  # fmt: skip
    """Draw a network: a circle a neuron, a line a weight, blue positive and red negative.

    A line is the wider and the stronger, the larger its weight is beside the largest.

    Parameters
    ----------
    model : model
        A network of `Dense` layers or of neurons, or one with scikit-learn's ``coefs_``.
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    feature_names, target_names : sequence of str, optional
        What inputs and outputs are called.
    most : int, optional
        How many neurons of a layer to show at most; of more, the first and the last.

    Raises
    ------
    ValueError
        If there is no layer with weights.

    Examples
    --------
    >>> from mlp import MLP
    >>> ax = network(MLP(2, [3, 1], seed=0))
    >>> [len(lines.get_linewidths()) for lines in ax.collections[:2]]
    [6, 3]
    """
    layers = matrices(model)
    most = whole(most, "network: most", 2)
    feature_names = style.texts(feature_names, "network: feature_names")
    target_names = style.texts(target_names, "network: target_names")
    sizes = [layers[0][0].shape[0], *(W.shape[1] for W, _, _ in layers)]
    kept = [_shown(n, most) for n in sizes]
    tallest = max(len(rows) + (len(rows) < n) for rows, n in zip(kept, sizes, strict=True))
    step = max(tallest * 0.55, 2.4)  # between layers; between neurons it is 1
    unit = min(0.42, 5.5 / tallest, 9 / (step * len(sizes)))  # in inches
    left, right = (
        0.9 + 0.085 / unit * max(map(len, map(str, names))) if len(names) == n else 0.9
        for names, n in ((feature_names, sizes[0]), (target_names, sizes[-1]))
    )
    wide, high = left + step * (len(sizes) - 1) + right, tallest + 0.1 + 0.4 / unit
    ax = style.begin(ax, max(unit * wide, 2.6) + 0.2, unit * high + 0.6)
    places = [_places(len(rows), len(rows) < n) for rows, n in zip(kept, sizes, strict=True)]
    largest = max(float(np.abs(W).max()) for W, _, _ in layers) or 1.0
    from matplotlib.collections import EllipseCollection, LineCollection

    for k, (W, _, _) in enumerate(layers):
        some = W[np.ix_(kept[k], kept[k + 1])].astype(float)
        ends = [[(step * k, y), (step * (k + 1), z)] for y in places[k] for z in places[k + 1]]
        strength = np.abs(some.ravel()) / largest
        colours = [(*style.rgb(POSITIVE if w > 0 else NEGATIVE), 0.12 + 0.78 * s)
                   for w, s in zip(some.ravel(), strength, strict=True)]  # fmt: skip
        ax.add_collection(LineCollection(ends, colors=colours, linewidths=0.3 + 3.2 * strength,
                                         zorder=1), autolim=False)  # fmt: skip
    for k, (rows, n) in enumerate(zip(kept, sizes, strict=True)):
        centres = [(step * k, y) for y in places[k]]
        ax.add_collection(EllipseCollection(
            [0.62], [0.62], [0], units="xy", offsets=centres, offset_transform=ax.transData,
            facecolors="#fff5b8" if k == 0 else "white", edgecolors=INK, linewidths=1.1,
            zorder=2), autolim=False)  # fmt: skip
        if len(rows) < n:
            ax.text(step * k, 0, "⋮", ha="center", va="center", fontsize=13, color=GREY)
        phi = layers[k - 1][2] if k else "inputs"
        ax.text(step * k, -tallest / 2 - 0.25, f"{n} {phi}".replace("1 inputs", "1 input"),
                ha="center", va="top", fontsize=9.5, color=GREY)  # fmt: skip
    for k, names, side in (0, feature_names, -1), (len(sizes) - 1, target_names, 1):
        if len(names) == sizes[k]:
            for row, y in zip(kept[k], places[k], strict=True):
                ax.text(step * k + side * 0.5, y, names[row], va="center", color=INK,
                        ha="right" if side < 0 else "left", fontsize=9.5)  # fmt: skip
    ax.set(xlim=(-left, wide - left), ylim=(tallest / 2 + 0.1 - high, tallest / 2 + 0.1),
           aspect="equal")  # fmt: skip
    return style.finish(ax, f"Largest weight {largest:.3g}", frame=False)


def _shown(n: int, most: int) -> list[int]:
    """Choose the neurons that are shown: all, or as many from both ends."""
    half = most // 2
    return list(range(n)) if n <= most else [*range(half), *range(n - half, n)]


def _places(shown: int, gap: bool) -> list[float]:
    """Give the height of each neuron, from above, with room in the middle for those left out."""
    y = [(shown + gap - 1) / 2 - i for i in range(shown)]
    return [at - 1 if gap and i >= shown / 2 else at for i, at in enumerate(y)]
