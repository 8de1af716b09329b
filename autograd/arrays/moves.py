"""What only moves elements: each function of NumPy is shown positions in place of numbers.

Where it puts them, the elements go; so one operation, a gathering, stands for all of them. Position
0 is nothing: a zero that NumPy puts in, as `triu` does.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..array_ops import (
    array_operation,
    broadcast_to,
    getitem,
    raw,
    reshape,
    scatter,
    shape_of,
    swapaxes,
    transpose,
)
from ..operation import ArrayFunction, array_function, numpys, unknown

__all__ = [
    "MOVES", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "diagonal", "flip",
    "gather", "matrix_transpose", "moveaxis", "pad", "repeat", "rollaxis", "tril", "triu",
]  # fmt: skip


def _gather(*xs: Any, places: Any) -> Any:
    """Take elements of all operands, one after the other, counted from 1; 0 gives a zero."""
    kind = np.result_type(*xs)
    return np.concatenate([np.zeros(1), *map(np.ravel, xs)], dtype=kind)[places]


def _gather_vjp(i: int, g: Any, y: Any, *xs: Any, places: Any) -> Any:
    starts = np.cumsum([1, *(np.size(raw(x)) for x in xs)]).tolist()
    all_of_them = scatter(g, index=places, shape=(starts[-1],))
    return reshape(getitem(all_of_them, index=slice(*starts[i : i + 2])), shape=shape_of(xs[i]))


def _gather_jvp(i: int, t: Any, y: Any, *xs: Any, places: Any) -> Any:
    zeros = [np.zeros(shape_of(x), t.dtype) for x in xs]
    return gather(*zeros[:i], t, *zeros[i + 1 :], places=places)


gather = array_operation("gather", _gather, _gather_vjp, _gather_jvp)


def _moving(name: str, *moved: str) -> Any:
    """Make the twin of a function of NumPy that moves the elements of its arguments `moved`."""
    theirs = numpys(name)
    signature = inspect.signature(theirs)
    moved = moved or (next(iter(signature.parameters)),)

    def move(*args: Any, **kwargs: Any) -> Any:
        xs: list[Any] = []

        def positions(x: Any) -> Any:
            if isinstance(x, (list, tuple)):
                return type(x)([positions(part) for part in x])
            start, shape = 1 + sum(np.size(raw(x)) for x in xs), shape_of(x)
            xs.append(x)
            return np.arange(start, start + math.prod(shape)).reshape(shape)

        given = signature.bind(*args, **kwargs)
        if refused := kwargs.keys() & {"out", "dtype", "casting"}:
            raise unknown(name, refused, signature.parameters.keys() - refused)
        for n in moved:
            if n in given.arguments:
                given.arguments[n] = positions(given.arguments[n])
        try:
            found = theirs(*given.args, **given.kwargs)
        except ValueError as error:
            shapes = " and ".join(str(shape_of(x)) for x in xs)
            raise ValueError(f"{name} of shape {shapes}: {error}") from None
        if isinstance(found, (list, tuple)):
            return type(found)([gather(*xs, places=places) for places in found])
        return gather(*xs, places=found)

    move.__name__ = move.__qualname__ = name.rpartition(".")[2]
    move.__doc__ = "Move elements to where NumPy's function of this name puts them."
    return array_function(name)(ArrayFunction(move, move.__name__))


MOVES: dict[str, Any] = {name: _moving(name, *moved) for name, *moved in [
    ("flip",), ("fliplr",), ("flipud",), ("roll",), ("rot90",), ("tile",), ("repeat",),
    ("resize",), ("diag",), ("diagflat",), ("diagonal",), ("linalg.diagonal",), ("triu",),
    ("tril",), ("delete",), ("compress", "a"), ("extract", "arr"), ("choose", "choices"),
    ("select", "choicelist", "default"), ("insert", "arr", "values"), ("append", "arr", "values"),
    ("vstack",), ("hstack",), ("dstack",), ("column_stack",), ("block",), ("array_split",),
    ("hsplit",), ("vsplit",), ("dsplit",), ("unstack",), ("meshgrid",),
    ("lib.stride_tricks.sliding_window_view",), ("fft.fftshift",), ("fft.ifftshift",),
] if numpys(name) is not None}  # fmt: skip

flip, diagonal, repeat, triu, tril = (
    MOVES[name] for name in ("flip", "diagonal", "repeat", "triu", "tril"))


def _reordered(x: Any, order: Callable[[Any], Any]) -> Any:
    """Give the axes the order that a function of NumPy gives them."""
    axes = order(np.empty(range(len(shape_of(x))))).shape  # an axis' length is its number
    return transpose(x, axes=axes)


@array_function()
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Move axes to other positions."""
    return _reordered(x, lambda a: np.moveaxis(a, source, destination))


@array_function()
def rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    """Move one axis before another."""
    return _reordered(x, lambda a: np.rollaxis(a, axis, start))


@array_function("matrix_transpose", "linalg.matrix_transpose")
def matrix_transpose(x: Any) -> Any:
    """Exchange the last two axes."""
    return swapaxes(x, -1, -2)


def _at_least(name: str) -> Any:
    """Make the twin of ``np.atleast_1d`` and the like: they put in axes of length 1."""
    theirs = getattr(np, name)

    def at_least(*arrays: Any) -> Any:
        shaped = [reshape(x, shape=theirs(np.empty(shape_of(x), bool)).shape) for x in arrays]
        return shaped[0] if len(shaped) == 1 else tuple(shaped)

    at_least.__name__ = at_least.__qualname__ = name
    at_least.__doc__ = f"Put in axes of length 1, until there are {name[-2]}."
    return array_function()(at_least)


atleast_1d, atleast_2d, atleast_3d = map(_at_least, ("atleast_1d", "atleast_2d", "atleast_3d"))


@array_function()
def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """Give all arrays the shape that they have together."""
    shape = np.broadcast_shapes(*map(shape_of, arrays))
    return tuple(broadcast_to(x, shape=shape) for x in arrays)


@array_function()
def pad(x: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Any:
    """Put elements around: a constant, or by modes as ``"edge"``, ``"reflect"``, ``"wrap"``."""
    if mode not in (modes := ("constant", "edge", "reflect", "symmetric", "wrap")):
        raise ValueError(f"pad: mode={mode!r} of Tensors: it is one of {', '.join(modes)}")
    places = np.arange(1, 1 + math.prod(shape_of(x))).reshape(shape_of(x))
    inside = np.pad(places, pad_width, mode)
    padded = gather(x, places=inside)
    if mode != "constant" or not np.any(constant_values):
        return padded
    around = np.pad(np.zeros(shape_of(x)), pad_width, constant_values=constant_values)
    return padded + np.where(inside, 0, around).astype(padded.dtype)
