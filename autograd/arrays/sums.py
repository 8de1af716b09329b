"""Along an axis: products, running sums, order, quantiles; and what passes over NaN."""

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..array_ops import (
    ArrayOperation,
    Axis,
    _kept,
    _part,
    array_operation,
    astype,
    concatenate,
    dot,
    expand_dims,
    getitem,
    max,
    min,
    positions_of,
    ravel,
    raw,
    reshape,
    scatter,
    shape_of,
    sum,
    take_along_axis,
    transpose,
)
from ..node import Node
from ..operation import array_function
from ..ops import chain, sqrt, where
from ..row import numeric
from .moves import flip, moveaxis

__all__ = [
    "argpartition", "argsort", "average", "corrcoef", "cov", "cumprod", "cumsum", "diff",
    "gradient", "median", "nanmax", "nanmean", "nanmedian", "nanmin", "nanprod", "nanquantile",
    "nanstd", "nansum", "nanvar", "partition", "percentile", "prod", "ptp", "quantile", "sort",
    "trapezoid",
]  # fmt: skip

# --- Running sums and products --------------------------------------------------------------------


def _flat(x: Any, axis: int | None) -> tuple[Any, int]:
    """Give an array and an axis of it: all elements in one dimension where none is given."""
    return (ravel(x), 0) if axis is None else (x, normalize_axis_index(axis, len(shape_of(x))))


def _shifted(x: Any, by: int, first: Any, axis: int) -> Any:
    """Move the elements along an axis, and put `first` in front; what falls off is gone."""
    shape = list(shape_of(x))
    shape[axis] = by = builtins.min(by, shape[axis])
    front = np.full(shape, first, x.dtype)
    return concatenate([front, _part(x, axis, slice(0, shape_of(x)[axis] - by))], axis)


def _recurrence(a: Any, b: Any, axis: int) -> Any:
    """Solve yₜ = aₜ yₜ₋₁ + bₜ, in steps that double: after k of them, 2ᵏ terms are in it."""
    by = 1
    while by < shape_of(b)[axis]:
        b = b + chain(a, _shifted(b, by, 0, axis))
        a = chain(a, _shifted(a, by, 0, axis))
        by *= 2
    return b


def _back(f: Callable[..., Any], *xs: Any, axis: int) -> Any:
    """Do from the end what `f` does from the start."""
    return flip(f(*(flip(x, axis) for x in xs), axis=axis), axis)


_cumsum: ArrayOperation = array_operation(
    "cumsum", lambda x, axis: np.cumsum(x, axis),
    [lambda g, y, x, axis: _back(_cumsum, g, axis=axis)])  # fmt: skip


@array_function("cumsum", "cumulative_sum")
def cumsum(x: Any, axis: int | None = None) -> Any:
    """Sum up along an axis, step by step; of all elements where none is given."""
    x, axis = _flat(x, axis)
    return _cumsum(x, axis=axis)


# The derivative of x₁…xₖ by xᵢ is x₁…xᵢ₋₁ · xᵢ₊₁…xₖ: right also where an xᵢ is 0. Over all k, the
# second factors follow a recurrence from the end, sᵢ = gᵢ + xᵢ₊₁ sᵢ₊₁.


def _before(x: Any, axis: int) -> Any:
    """Multiply what stands before each element."""
    return _cumprod(_shifted(x, 1, 1, axis), axis=axis)


def _cumprod_vjp(g: Any, y: Any, x: Any, axis: int) -> Any:
    following = flip(_shifted(flip(x, axis), 1, 0, axis), axis)
    return _before(x, axis) * _back(_recurrence, following, g, axis=axis)


_cumprod = array_operation(
    "cumprod", lambda x, axis: np.cumprod(x, axis), [_cumprod_vjp],
    [lambda t, y, x, axis: _recurrence(x, t * _before(x, axis), axis)])  # fmt: skip


@array_function("cumprod", "cumulative_prod")
def cumprod(x: Any, axis: int | None = None) -> Any:
    """Multiply along an axis, step by step; all elements where none is given."""
    x, axis = _flat(x, axis)
    return _cumprod(x, axis=axis)


def _others(x: Any, axis: Axis) -> Any:
    """Multiply, for each element, all others over which the product goes."""
    n = len(shape_of(x))
    axes = tuple(range(n)) if axis is None else positions_of(x, axis)
    order = (*(k for k in range(n) if k not in axes), *axes)
    moved = transpose(x, axes=order)
    rows = reshape(moved, shape=(*shape_of(moved)[: n - len(axes)], -1)) if x.size else moved
    last = len(shape_of(rows)) - 1
    others = _before(rows, last) * _back(_before, rows, axis=last) if x.size else rows
    return transpose(reshape(others, shape=shape_of(moved)), axes=tuple(np.argsort(order)))


prod = array_function()(array_operation(
    "prod", lambda x, axis=None, keepdims=False: np.prod(x, axis=axis, keepdims=keepdims),
    [lambda g, y, x, axis=None, keepdims=False: _kept(g, x, axis, keepdims) * _others(x, axis)],
    [lambda t, y, x, axis=None, keepdims=False:
     sum(t * _others(x, axis), axis=axis, keepdims=keepdims)], symbol="Π"))  # fmt: skip


@array_function()
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Subtract each element from the next, `n` times."""
    axis = normalize_axis_index(axis, len(shape_of(a)))
    if n < 0:
        raise ValueError(f"diff: n={n}: it is how often to subtract, 0 or more")
    if n == 0:
        return a
    ends = []
    for x in (prepend, a, append):
        if x is not None and x is not np._NoValue:
            shape = list(shape_of(a))
            shape[axis] = 1
            ends.append(x if shape_of(x) else np.full(shape, x) if x is not a else x)
    a = concatenate(ends, axis) if len(ends) > 1 else a
    for _ in range(n):
        a = _part(a, axis, slice(1, None)) - _part(a, axis, slice(None, -1))
    return a


@array_function()
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integrate along an axis by the trapezoidal rule."""
    axis = normalize_axis_index(axis, len(shape_of(y)))
    if x is not None:
        dx = diff(x, axis=axis if len(shape_of(x)) > 1 else -1)
        if len(shape_of(x)) == 1:
            dx = reshape(dx, shape=(-1, *(1,) * (len(shape_of(y)) - axis - 1)))
    pairs = _part(y, axis, slice(1, None)) + _part(y, axis, slice(None, -1))
    return sum(pairs * dx / 2, axis=axis)


# --- Order ----------------------------------------------------------------------------------------
# Equal elements change places freely: they share the derivative equally, as those of `max` do.


def _shared(t: Any, x: Any, axis: int) -> Any:
    """Give what comes to equal neighbours of `x`, which is sorted, their mean."""
    x, t = moveaxis(raw(x), axis, -1), moveaxis(t, axis, -1)
    new = np.concatenate([np.ones((*x.shape[:-1], 1), bool), x[..., 1:] != x[..., :-1]], -1)
    if new.all():
        return moveaxis(t, -1, axis)
    runs = np.cumsum(new) - 1
    means = scatter(ravel(t), index=runs, shape=(int(runs[-1]) + 1,)) / np.bincount(runs)
    return moveaxis(reshape(getitem(means, index=runs), shape=x.shape), -1, axis)


def _sort_vjp(g: Any, y: Any, x: Any, axis: int) -> Any:
    order = np.argsort(raw(x), axis, kind="stable")
    return take_along_axis(_shared(g, y, axis), np.argsort(order, axis), axis)


def _sort_jvp(t: Any, y: Any, x: Any, axis: int) -> Any:
    order = np.argsort(raw(x), axis, kind="stable")
    return _shared(take_along_axis(t, order, axis), y, axis)


_sort = array_operation("sort", lambda x, axis: np.sort(x, axis), [_sort_vjp], [_sort_jvp])


@array_function()
def sort(x: Any, axis: int | None = -1, kind: Any = None, stable: Any = None) -> Any:
    """Sort along an axis; what is equal shares the derivative."""
    x, axis = _flat(x, axis)
    return _sort(x, axis=axis)


@array_function()
def argsort(x: Any, axis: int | None = -1, kind: Any = None, stable: Any = None) -> Any:
    """Give the positions in order: an array, which has no derivative."""
    return np.argsort(raw(x), axis, kind=kind, stable=stable)


@array_function()
def partition(x: Any, kth: Any, axis: int | None = -1) -> Any:
    """Put the element that sorting would in the place `kth`, smaller ones before."""
    x, axis = _flat(x, axis)
    return take_along_axis(x, np.argpartition(raw(x), kth, axis), axis)


@array_function()
def argpartition(x: Any, kth: Any, axis: int | None = -1) -> Any:
    """Give the positions of a `partition`: an array, which has no derivative."""
    return np.argpartition(raw(x), kth, axis)


@array_function()
def ptp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Subtract the smallest from the largest."""
    return max(x, axis=axis, keepdims=keepdims) - min(x, axis=axis, keepdims=keepdims)


_METHODS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda h: h % 1, "lower": lambda h: np.zeros_like(raw(h)),
    "higher": lambda h: raw(h) % 1 > 0, "midpoint": lambda h: (raw(h) % 1 > 0) / 2,
    "nearest": lambda h: np.rint(raw(h)) - np.floor(raw(h)),
}  # fmt: skip


def _quantile(x: Any, q: Any, axis: Axis, keepdims: bool, method: str, ignoring: bool) -> Any:
    if method not in _METHODS:
        raise ValueError(f"quantile: method={method!r}: it is one of {', '.join(_METHODS)}")
    q = q if isinstance(q, Node) else numeric("quantile", q).astype(float)
    if not ((q >= 0) & (q <= 1)).all():
        raise ValueError(f"quantile: q is between 0 and 1, got {raw(q).tolist()}")
    n = len(shape_of(x))
    axes = tuple(range(n)) if axis is None else positions_of(x, axis)
    rest = tuple(k for k in range(n) if k not in axes)
    outer = tuple(shape_of(x)[k] for k in rest)
    rows = sort(reshape(transpose(x, axes=rest + axes), shape=(*outer, -1)))
    count = np.count_nonzero(~np.isnan(raw(rows)), axis=-1, keepdims=True)  # NaN is sorted last
    last = np.maximum(count - 1, 0) if ignoring else np.full_like(count, shape_of(rows)[-1] - 1)
    place = ravel(q) * last
    low = np.floor(raw(place)).astype(int)
    a = take_along_axis(rows, low, -1)
    b = take_along_axis(rows, np.minimum(low + 1, last), -1)
    y = a + (b - a) * astype(_METHODS[method](place), dtype=a.dtype)
    if not ignoring and (count <= last).any():
        y = where(count <= last, np.nan, y)
    y = moveaxis(y, -1, 0)
    inner_shape = tuple(1 if k in axes else shape_of(x)[k] for k in range(n)) if keepdims else outer
    return reshape(y, shape=q.shape + inner_shape)


@array_function()
def quantile(x: Any, q: Any, axis: Axis = None, method: str = "linear",
             keepdims: bool = False) -> Any:  # fmt: skip
    """Give the numbers below which the parts `q` of all elements lie."""
    return _quantile(x, q, axis, keepdims, method, False)


def _percent(q: Any) -> Any:
    return q / 100 if isinstance(q, Node) else np.true_divide(q, 100)


@array_function()
def percentile(x: Any, q: Any, axis: Axis = None, method: str = "linear",
               keepdims: bool = False) -> Any:  # fmt: skip
    """Give the numbers below which `q` percent of all elements lie."""
    return _quantile(x, _percent(q), axis, keepdims, method, False)


@array_function()
def nanquantile(x: Any, q: Any, axis: Axis = None, method: str = "linear",
                keepdims: bool = False) -> Any:  # fmt: skip
    """Do what `quantile` does with those that are not NaN."""
    return _quantile(x, q, axis, keepdims, method, True)


@array_function()
def nanpercentile(x: Any, q: Any, axis: Axis = None, method: str = "linear",
                  keepdims: bool = False) -> Any:  # fmt: skip
    """Do what `percentile` does with those that are not NaN."""
    return _quantile(x, _percent(q), axis, keepdims, method, True)


@array_function()
def median(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Give the middle of the sorted elements, or the mean of the two in the middle."""
    return _quantile(x, 0.5, axis, keepdims, "linear", False)


@array_function()
def nanmedian(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Do what `median` does with those that are not NaN."""
    return _quantile(x, 0.5, axis, keepdims, "linear", True)


# --- Means, and what passes over NaN --------------------------------------------------------------


@array_function()
def average(x: Any, axis: Axis = None, weights: Any = None, returned: bool = False,
            keepdims: bool = False) -> Any:  # fmt: skip
    """Give the mean of the elements, weighted if weights are given."""
    weights = np.ones((), x.dtype) if weights is None else weights
    if 0 < len(shape_of(weights)) < len(shape_of(x)):
        if not isinstance(axis, int):
            raise TypeError(f"average: weights of shape {shape_of(weights)} for an array of shape "
                            f"{shape_of(x)} need the axis along which they go, got axis={axis!r}")
        after = len(shape_of(x)) - 1 - normalize_axis_index(axis, len(shape_of(x)))
        weights = reshape(weights, shape=(*shape_of(weights), *(1,) * after))
    weights = weights * np.ones(shape_of(x), x.dtype)
    share = sum(weights, axis=axis, keepdims=keepdims)
    y = sum(x * weights, axis=axis, keepdims=keepdims) / share
    return (y, share) if returned else y


def _without_nan(x: Any, instead: float) -> Any:
    return where(np.isnan(raw(x)), instead, x)


def _counted(x: Any, axis: Axis, keepdims: bool) -> Any:
    numbers = np.count_nonzero(~np.isnan(raw(x)), axis=axis, keepdims=keepdims)
    return np.asarray(numbers, x.dtype)


@array_function()
def nansum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Sum those that are not NaN."""
    return sum(_without_nan(x, 0), axis=axis, keepdims=keepdims)


@array_function()
def nanprod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Multiply those that are not NaN."""
    return prod(_without_nan(x, 1), axis=axis, keepdims=keepdims)


@array_function()
def nancumsum(x: Any, axis: int | None = None) -> Any:
    """Sum up those that are not NaN, step by step."""
    return cumsum(_without_nan(x, 0), axis)


@array_function()
def nancumprod(x: Any, axis: int | None = None) -> Any:
    """Multiply those that are not NaN, step by step."""
    return cumprod(_without_nan(x, 1), axis)


@array_function()
def nanmean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Give the mean of those that are not NaN."""
    return nansum(x, axis, keepdims) / _counted(x, axis, keepdims)


@array_function()
def nanvar(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """Give the variance of those that are not NaN."""
    distance = where(np.isnan(raw(x)), 0, x - nanmean(x, axis, True))
    freedom = _counted(x, axis, keepdims) - ddof
    return sum(distance * distance, axis=axis, keepdims=keepdims) / freedom


@array_function()
def nanstd(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """Give the standard deviation of those that are not NaN."""
    return sqrt(nanvar(x, axis, ddof, keepdims))


@array_function()
def nanmax(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Give the largest of those that are not NaN."""
    return _nan_where_none(max(_without_nan(x, -np.inf), axis=axis, keepdims=keepdims),
                           x, axis, keepdims)  # fmt: skip


@array_function()
def nanmin(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Give the smallest of those that are not NaN."""
    return _nan_where_none(min(_without_nan(x, np.inf), axis=axis, keepdims=keepdims),
                           x, axis, keepdims)  # fmt: skip


def _nan_where_none(y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    none = _counted(x, axis, keepdims) == 0
    return where(none, np.nan, y) if none.any() else y


@array_function()
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
        fweights: Any = None, aweights: Any = None) -> Any:  # fmt: skip
    """Estimate the covariances of variables, each a row (or a column) of observations."""
    parts = []
    for x in (m, y):
        if x is not None:
            x = reshape(x, shape=(1, -1)) if len(shape_of(x)) < 2 else x
            parts.append(x if rowvar or shape_of(x)[0] == 1 else transpose(x))
    x = concatenate(parts, 0)
    weights = np.ones(shape_of(x)[1], x.dtype)
    for w in (fweights, aweights):
        weights = weights if w is None else weights * w
    whole = sum(weights, axis=None)
    ddof = (0 if bias else 1) if ddof is None else ddof
    spread = whole if aweights is None else sum(weights * aweights, axis=None) / whole
    distance = x - sum(x * weights, axis=1, keepdims=True) / whole
    found = dot(distance * weights, transpose(distance)) / (whole - ddof * (
        1 if aweights is None else spread))  # fmt: skip
    return reshape(found, shape=()) if shape_of(found) == (1, 1) else found


@array_function()
def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    """Estimate the correlation coefficients of variables; see `cov`."""
    c = cov(x, y, rowvar)
    if not shape_of(c):
        return c / c
    spread = sqrt(getitem(c, index=(np.arange(shape_of(c)[0]),) * 2))
    return c / expand_dims(spread, 1) / expand_dims(spread, 0)


@array_function()
def gradient(f: Any, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    """Estimate derivatives along axes, by central differences; one-sided at the ends."""
    n = len(shape_of(f))
    axes = tuple(range(n)) if axis is None else positions_of(f, axis)
    steps = varargs or (1.0,)
    steps = steps * len(axes) if len(steps) == 1 else steps
    found = [_slope(moveaxis(f, k, -1), h, edge_order) for k, h in zip(axes, steps, strict=True)]
    found = [moveaxis(d, -1, k) for d, k in zip(found, axes, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def _slope(y: Any, step: Any, edge_order: Any) -> Any:
    """Differentiate along the last axis: there it is a matrix that NumPy tells."""
    n = shape_of(y)[-1]
    slopes: Any = np.gradient(np.eye(n), step, axis=0, edge_order=edge_order)
    return dot(y, slopes.T.astype(y.dtype))
