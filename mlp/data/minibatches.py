"""Mini-batches. Images stay bytes until a batch of them is turned into floats."""

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["batches"]


def batches(
    x: Any,
    y: Any,
    batch_size: int,
    rng: np.random.Generator | int | None = None,
    *,
    shuffle: bool = True,
    drop_last: bool = False,
    scale: float | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Go once through a data set in mini-batches: one epoch.

    Bytes become floats a batch at a time, so a set of images never takes more than its own memory.

    Parameters
    ----------
    x : array_like
        Examples, of shape (examples, ...).
    y : array_like
        Targets of any type, of shape (examples, ...).
    batch_size : int
        How many examples a batch has; the last has what remains.
    rng : Generator or int, optional
        Where the shuffling comes from. Pass the same Generator for every epoch: a seed gives the
        same order again.
    shuffle : bool, optional
        Whether to take the examples in a random order.
    drop_last : bool, optional
        Whether to leave out a last batch that is smaller than the others.
    scale : float, optional
        Each number of x is multiplied by it; if not given by 1/255 if x is uint8, else by 1.

    Yields
    ------
    x_batch : ndarray
        Shape (batch_size, ...), float32 if x is uint8 or float32, float64 if x is float64 or
        int64. **The next batch overwrites it**: copy what is to be kept.
    y_batch : ndarray
        Shape (batch_size, ...), of y's type; a new array every time.

    Raises
    ------
    TypeError
        If x are not numbers.
    ValueError
        If there are no examples, not as many targets, or fewer than batch_size. (All are raised
        by the call, not by the first batch.)

    Examples
    --------
    >>> images = np.array([[0, 255], [0, 255], [255, 255]], dtype=np.uint8)
    >>> for x_batch, y_batch in batches(images, [7, 2, 1], 2, shuffle=False):
    ...     print(x_batch.tolist(), y_batch)
    [[0.0, 1.0], [0.0, 1.0]] [7 2]
    [[1.0, 1.0]] [1]
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.kind not in "buif":
        raise TypeError(f"batches: x must be an array of real numbers, got dtype {x.dtype}")
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"batches: x of shape {x.shape} and y of shape {y.shape} are not "
                         "one target for each example: the first dimensions differ")  # fmt: skip
    if not len(x):
        raise ValueError(f"batches: no examples: x has shape {x.shape}")
    if not 1 <= operator.index(batch_size) <= len(x):
        raise ValueError(f"batches: batch_size is a whole number from 1 to the {len(x)} examples "
                         f"there are, got {batch_size!r}")  # fmt: skip
    if scale is None:
        scale = 1 / 255 if x.dtype == np.uint8 else 1.0
    return _batches(x, y, batch_size, np.random.default_rng(rng), shuffle, drop_last, scale)


def _batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator,
    shuffle: bool, drop_last: bool, scale: float,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    n = len(x)
    order = rng.permutation(n) if shuffle else np.arange(n)
    gathered = np.empty((batch_size, *x.shape[1:]), x.dtype)
    floats = np.empty(gathered.shape, np.result_type(x.dtype, np.float32))
    factor = floats.dtype.type(scale)
    straight = x.flags.c_contiguous and x.flags.aligned  # take would first copy all of another x
    for start in range(0, n - batch_size + 1 if drop_last else n, batch_size):
        rows = order[start : start + batch_size]
        some = slice(len(rows))
        if straight:  # clip: every row is there, and "raise" would first make a copy
            x.take(rows, axis=0, out=gathered[some], mode="clip")
        else:
            gathered[some] = x[rows]
        yield np.multiply(gathered[some], factor, out=floats[some]), y[rows]
