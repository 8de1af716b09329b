"""Mini-batches. Images stay bytes until a batch of them is turned into floats."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..arrays import as_array
from ..given import generator, listed, number, whole

__all__ = ["batches", "minibatches"]


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
        int64. It is kept as it is for as long as somebody, such as a graph, has it.
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
    x, y = as_array(x, "batches: x"), as_array(y, "batches: y")
    batch_size = whole(batch_size, "batches: batch_size")
    if x.dtype.kind not in "buif":
        raise TypeError(f"batches: x must be an array of real numbers, got dtype {x.dtype}")
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"batches: x of shape {x.shape} and y of shape {y.shape} are not "
                         "one target for each example: the first dimensions differ")  # fmt: skip
    if not len(x):
        raise ValueError(f"batches: no examples: x has shape {x.shape}")
    if batch_size > len(x):
        raise ValueError(f"batches: batch_size is a whole number from 1 to the {len(x)} examples "
                         f"there are, got {batch_size!r}")  # fmt: skip
    if scale is None:
        scale = 1 / 255 if x.dtype == np.uint8 else 1.0
    scale = number(scale, "batches: scale")
    order = generator(rng, "batches: rng").permutation(len(x)) if shuffle else np.arange(len(x))
    if drop_last:
        order = order[: len(x) // batch_size * batch_size]
    dtype = np.result_type(x.dtype, np.float32)
    found = minibatches([x, y], batch_size, order, scale=scale, dtype=dtype)
    return map(tuple, found)  # which keeps none, as a loop's variables would


def minibatches(
    arrays: Sequence[np.ndarray], batch_size: int, order: np.ndarray | None = None, *,
    start: int = 0, scale: float = 1.0, dtype: Any = "float32",
) -> Iterator[list[np.ndarray]]:  # fmt: skip
    """Go through arrays side by side, some rows at a time: what `batches` and `fit` stand on.

    Parameters
    ----------
    arrays : sequence of ndarray
        The inputs first, then what belongs to them (targets, weights), all of one length.
    batch_size : int
        How many rows a mini-batch has; the last has what remains.
    order : ndarray of int, optional
        The order of the rows; as they are if not given.
    start : int, optional
        With which mini-batch to begin: an epoch goes on where it was left.
    scale : float, optional
        Each number of the inputs is multiplied by it.
    dtype : dtype, optional
        What the inputs are turned into, a mini-batch at a time: bytes stay bytes until then.

    Yields
    ------
    list of ndarray
        Rows of each array: new ones, or such as nobody has any more; or parts of the array
        itself, where there is no order and nothing to be turned into floats.

    Examples
    --------
    >>> for x, y in minibatches([np.array([[0], [1], [2]]), np.array([7, 8, 9])], 2):
    ...     print(x.ravel(), y)
    [0. 1.] [7 8]
    [2.] [9]
    """
    x, *others = [as_array(a, "minibatches: one of arrays")
                  for a in listed(arrays, "minibatches: arrays", "arrays")]  # fmt: skip
    if not x.ndim or any(a.shape[:1] != x.shape[:1] for a in others):
        raise ValueError("minibatches: arrays are of one length, got shapes "
                         f"{', '.join(str(a.shape) for a in (x, *others))}")  # fmt: skip
    batch_size = whole(batch_size, "minibatches: batch_size")
    n = len(x) if order is None else len(order)
    same = x.dtype == dtype and scale == 1
    shape = (min(batch_size, len(x)), *x.shape[1:])
    buffers: list[np.ndarray] = []
    gathered = None if same else np.empty(shape, x.dtype)
    factor = np.dtype(dtype).type(scale)
    straight = x.flags.c_contiguous and x.flags.aligned  # take would first copy all of another x
    for k in range(start * batch_size, n, batch_size):
        rows: Any = slice(k, k + batch_size) if order is None else order[k : k + batch_size]
        some = slice(min(batch_size, n - k))
        if (buffer := _unused(buffers, _NOBODY_ELSE)) is None:
            buffer = np.empty(shape, dtype)
            buffers.append(buffer)
        inputs = buffer[some]
        del buffer
        if straight and order is not None:  # clip: every row is there, and "raise" would copy
            found = x.take(rows, axis=0, mode="clip",
                           out=inputs if gathered is None else gathered[some])  # fmt: skip
        else:
            found = x[rows]
        if same:
            inputs = found
        else:  # in two calls: one that converts and scales takes longer
            np.copyto(inputs, found)
            inputs *= factor
        del found
        batch = [inputs, *(array[rows] for array in others)]
        del inputs  # whoever has it now is somebody else
        yield batch
        del batch


def _unused(buffers: list[np.ndarray], holders: int) -> np.ndarray | None:
    """Find a buffer that nobody else has, nor a part of it: a graph may have to go backward yet."""
    for buffer in buffers:
        if sys.getrefcount(buffer) == holders:
            return buffer
    return None


_NOBODY_ELSE = next(n for n in range(9) if _unused([np.empty(0)], n) is not None)
