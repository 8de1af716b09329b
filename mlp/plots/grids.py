"""Images side by side: errors that were made, and the weights of the first layer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import as_array
from ..given import listed, pair, whole
from . import style
from .models import matrices
from .style import GREY, INK, NEGATIVE, PALE, POSITIVE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["errors", "images", "weights"]


def images(
    pictures: Any, ax: "Axes | None" = None, *, titles: Sequence[str] = (),
    shape: tuple[int, int] | None = None, columns: int | None = None, diverging: bool = False,
    title: str = "",
) -> "Axes":  # fmt: skip
    """Draw images side by side.

    Parameters
    ----------
    pictures : array_like
        Of shape (images, rows, columns), or (images, pixels).
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    titles : sequence of str, optional
        What to write above each.
    shape : tuple of two ints, optional
        Rows and columns of an image; if not given, those of pictures, or of a square.
    columns : int, optional
        How many side by side.
    diverging : bool, optional
        Whether 0 is white, positive blue and negative red; else the largest number is black.
    title : str, optional
        What to write above all.

    Raises
    ------
    ValueError
        If there is no image, or the shape does not fit.

    Examples
    --------
    >>> from mlp import data
    >>> digits = data.digits()
    >>> len(images(digits.x[:10], titles=digits.y[:10]).images)
    10
    """
    pictures = as_array(pictures, "images: pictures", float)
    if pictures.ndim < 2:
        raise ValueError("images: pictures of shape (images, rows, columns) or (images, pixels), "
                         f"got {pictures.shape}")  # fmt: skip
    side = int(np.sqrt(pictures[0].size)) if len(pictures) else 0
    shape = pair(shape, "images: shape", whole) if shape is not None else (
        pictures.shape[1:] if pictures.ndim == 3 else (side, side))  # fmt: skip
    columns = None if columns is None else whole(columns, "images: columns")
    titles = list(map(str, listed(titles, "images: titles", "text, one an image")))
    title = str(title)
    if not len(pictures) or len(shape) != 2 or np.prod(shape) != pictures[0].size:
        raise ValueError(f"images: images of {' × '.join(map(str, shape))} pixels, got pictures of "
                         f"shape {pictures.shape}: say shape=(rows, columns)")  # fmt: skip
    pictures = pictures.reshape(-1, *shape)
    n = len(pictures)
    columns = min(n, columns or (n if n <= 5 else max(5, int(np.ceil(np.sqrt(1.6 * n))))))
    rows = -(-n // columns)
    high = shape[0] / shape[1]
    lines = [line for text in titles for line in text.split("\n")]
    over = 0.16 + 0.16 * max(text.count("\n") + 1 for text in titles) if titles else 0.04
    across, down = 1.12, high * 1.08 + over
    wide = max(0.95 * across * columns, 2.6, 0.1 * len(title) + 0.3)
    ax = style.begin(ax, wide, 0.95 * down * rows + (0.5 if title else 0.2))
    from matplotlib.colors import LinearSegmentedColormap

    inks = [NEGATIVE, "white", POSITIVE] if diverging else ["#ffffff", "#24292f"]
    shades = LinearSegmentedColormap.from_list("ink", inks)
    most = float(np.abs(pictures).max()) or 1.0
    limits = {"vmin": -most, "vmax": most} if diverging else {}
    size = min(9.5, 120 / max(map(len, lines), default=1))
    for i, picture in enumerate(pictures):
        left, top = across * (i % columns), -down * (i // columns)
        ax.imshow(picture, cmap=shades, extent=(left, left + 1, top - high, top),
                  interpolation="nearest", **limits)  # fmt: skip
        ax.plot([left, left + 1, left + 1, left, left],
                [top, top, top - high, top - high, top], color=PALE, linewidth=0.8)  # fmt: skip
        if i < len(titles):
            ax.text(left + 0.5, top + 0.05, titles[i], ha="center", va="bottom", fontsize=size,
                    color=INK)  # fmt: skip
    ax.set(xlim=(-0.06, across * columns - 0.06), aspect="equal", anchor="W",
           ylim=(-down * (rows - 1) - high - 0.06, over + 0.02))  # fmt: skip
    return style.finish(ax, title, frame=False)


def errors(
    x: Any, y_true: Any, y_pred: Any, ax: "Axes | None" = None, *, target_names: Sequence[str] = (),
    shape: tuple[int, int] | None = None, most: int = 24,
) -> "Axes":  # fmt: skip
    """Draw images that were taken for another class, with their true and predicted class.

    Parameters
    ----------
    x : array_like
        Images, of shape (images, rows, columns) or (images, pixels).
    y_true : array_like
        Their classes, of shape (images,).
    y_pred : array_like
        The predicted classes (images,); or the probabilities of all classes (images, classes), by
        which the errors are sorted, those first of which the model was most sure.
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    target_names : sequence of str, optional
        What the classes are called.
    shape : tuple of two ints, optional
        Rows and columns of an image; if not given, those of x, or of a square.
    most : int, optional
        How many errors to show at most.

    Raises
    ------
    ValueError
        If there is not a true and a predicted class for each image.

    Examples
    --------
    >>> ax = errors(np.zeros((3, 4)), [0, 1, 1], [0, 0, 1], target_names=["cat", "dog"])
    >>> ax.texts[0].get_text(), ax.get_title(loc="left")
    ('dog → cat', '1 of 3 wrong: true → predicted')
    """
    x, y_true, y_pred = (as_array(a, f"errors: {name}") for name, a in (
        ("x", x), ("y_true", y_true), ("y_pred", y_pred)))  # fmt: skip
    most = whole(most, "errors: most")
    if y_true.ndim != 1 or y_pred.ndim not in (1, 2) or not x.ndim:
        raise ValueError("errors: x, y_true and y_pred are images, a class for each, and a "
                         "predicted one, or the probabilities of all; got shapes "
                         f"{x.shape}, {y_true.shape} and {y_pred.shape}")  # fmt: skip
    sure = np.zeros(len(y_pred))
    if y_pred.ndim == 2:
        y_pred, sure = y_pred.argmax(axis=1), y_pred.max(axis=1)
    if not len(x) == len(y_true) == len(y_pred):
        raise ValueError("errors: y_true and y_pred are a true and a predicted class for each of "
                         f"{len(x)} images, got {y_true.shape} and {y_pred.shape}")  # fmt: skip
    classes = np.unique(np.concatenate([y_true, y_pred]))
    names = dict(zip(classes.tolist(), style.names_of(classes, target_names), strict=True))
    wrong = np.flatnonzero(y_true != y_pred)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")]
    title = f"{len(wrong):,} of {len(x):,} wrong"
    if not len(wrong):
        return style.finish(style.begin(ax, 4, 1), title, frame=False)
    some = wrong[:most]
    between = "\n→ " if max(map(len, names.values())) > 5 else " → "
    titles = [f"{names[y_true[i].item()]}{between}{names[y_pred[i].item()]}" for i in some]
    title += f", {len(some)} shown" if len(some) < len(wrong) else ""
    return images(x[some], ax, titles=titles, shape=shape, title=f"{title}: true → predicted")


def weights(
    model: Any, ax: "Axes | None" = None, *, shape: tuple[int, int] | None = None, most: int = 64
) -> "Axes":
    """Draw the weights of each neuron of the first layer as an image: what it looks for.

    Parameters
    ----------
    model : model or array_like
        A network, or a matrix of shape (pixels, neurons).
    ax : matplotlib Axes, optional
        Where; a new figure if not given.
    shape : tuple of two ints, optional
        Rows and columns of the images that it sees; a square if not given.
    most : int, optional
        How many neurons to show at most.

    Raises
    ------
    ValueError
        If the inputs are no image of that shape.

    Examples
    --------
    >>> len(weights(np.eye(9)[:, :6]).images)
    6
    """
    given = isinstance(model, (np.ndarray, list))
    matrix = as_array(model, "weights: model", float) if given else matrices(model)[0][0]
    if matrix.ndim != 2 or not matrix.size:
        raise ValueError("weights: model is a network, or a matrix of shape (pixels, neurons), got "
                         f"shape {matrix.shape}")  # fmt: skip
    most = whole(most, "weights: most")
    shown = matrix.T[:most]
    which = f"{len(shown)} of {len(matrix.T)}" if len(shown) < len(matrix.T) else f"{len(shown)}"
    title = f"Weights of {which} neurons, ±{np.abs(shown).max():.2g}"
    ax = images(shown, ax, shape=shape, diverging=True, title=title)
    ax.annotate("blue positive, red negative", (0, 0), (0, -4), xycoords="axes fraction",
                textcoords="offset points", va="top", fontsize=9.5, color=GREY)  # fmt: skip
    return ax
