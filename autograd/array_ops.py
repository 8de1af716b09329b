r"""Operations on whole arrays: a forward, and for each operand a ``vjp`` and a ``jvp``.

A *vjp* (vector-Jacobian product) turns the gradient of the output into that of one operand; a
*jvp* turns a tangent of that operand into that of the output. Both are written with functions of
this module and of the op table, so that they work on arrays, and on `Tensor`\ s where their
result is to be differentiated in turn. Where an operation is linear, its forward is the jvp.
"""

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .modes import current
from .node import Node
from .operation import ARRAY_OPS as ARRAY_OPS
from .operation import ArrayOperation as ArrayOperation
from .operation import _named as _named  # under which operations were pickled
from .operation import array_operation as array_operation
from .operation import spelled
from .ops import exp, square, where
from .row import as_array, numeric

__all__ = [
    "ARRAY_OPS", "ArrayOperation", "array_operation", "matmul", "dot", "outer", "sum", "mean",
    "var", "std", "max", "min", "norm", "argmax", "argmin", "logsumexp", "softmax", "log_softmax",
    "reshape", "ravel", "transpose", "swapaxes", "squeeze", "expand_dims", "broadcast_to",
    "concatenate", "stack", "split", "take", "take_along_axis", "getitem", "astype",
]  # fmt: skip


def raw(x: Any) -> Any:
    """Give the array of a Tensor; anything else as it is."""
    return x._numbers() if isinstance(x, Node) else x


def shape_of(x: Any) -> tuple[int, ...]:
    """Give the shape of a Tensor, an array or a number."""
    return x.shape if hasattr(x, "shape") else np.shape(x)


# Operations whose rules are in terms of others further down.
reshape: ArrayOperation
transpose: ArrayOperation
astype: ArrayOperation
scatter: ArrayOperation
direction: ArrayOperation


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the axes along which its operand was broadcast."""
    if g.shape == shape:
        return g
    lead = len(g.shape) - len(shape)
    axes = (*range(lead), *(lead + k for k, n in enumerate(shape) if n == 1))
    return reshape(sum(g, axis=axes), shape) if axes else g


# --- Shapes ---------------------------------------------------------------------------------------

reshape = array_operation(
    "reshape", lambda x, shape: np.reshape(x, shape),
    [lambda g, y, x, shape: reshape(g, shape_of(x))])

transpose = array_operation(
    "transpose", lambda x, axes=None: np.transpose(x, axes), symbol="ᵀ",
    vjp=[lambda g, y, x, axes=None: transpose(
        g, axes=None if axes is None else np.argsort(positions_of(x, axes)))])


def positions_of(x: Any, axes: Any) -> tuple[int, ...]:
    """Count axes from the front; a number has an axis 0 and −1 to sum over, as in NumPy."""
    if shape_of(x) == () and isinstance(axes, int) and axes in (0, -1):
        return ()
    return normalize_axis_tuple(axes, len(shape_of(x)), "axis")


broadcast_to = array_operation(
    "broadcast_to", lambda x, shape: np.broadcast_to(x, shape),
    [lambda g, y, x, shape: unbroadcast(g, shape_of(x))])

def _astype(x: Any, dtype: Any) -> Any:
    """Convert to another floating type."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"astype: a Tensor holds floats, not {np.dtype(dtype)}: convert x.data")
    return np.asarray(x, dtype=dtype)


astype = array_operation(
    "astype", _astype,
    [lambda g, y, x, dtype: astype(g, dtype=x.dtype)])


def ravel(x: Any) -> Any:
    """Give all elements in one dimension."""
    return reshape(x, shape=(-1,))


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Exchange two axes."""
    axes = list(range(len(shape_of(x))))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(x, axes=tuple(axes))


def squeeze(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """Leave out axes of length 1."""
    return reshape(x, shape=np.squeeze(np.empty(shape_of(x), np.void), axis).shape)


def expand_dims(x: Any, axis: int | tuple[int, ...]) -> Any:
    """Put in axes of length 1."""
    return reshape(x, shape=np.expand_dims(np.empty(shape_of(x), np.void), axis).shape)


# --- Elements -------------------------------------------------------------------------------------


def _scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Put elements where `index` says, in an array of zeros; what falls on one place adds up."""
    x = np.zeros(shape, g.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if all(k is None or k is Ellipsis or isinstance(k, (slice, int)) for k in parts):
        x[index] = g
    else:
        np.add.at(x, index, g)
    return x


getitem = array_operation(
    "getitem", lambda x, index: x[index], symbol="[ ]",
    vjp=[lambda g, y, x, index: scatter(g, index=index, shape=shape_of(x))])

scatter = array_operation(
    "scatter", _scatter,
    [lambda g, y, x, index, shape: getitem(g, index=index)])


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Take elements along an axis, or of all elements in one dimension."""
    indices = as_array("take", indices)
    if indices.dtype.kind not in "iu" and indices.size:
        raise TypeError(f"take: indices are integers, got {indices.dtype}: for a mask, use x[mask]")
    indices = indices.astype(int, copy=False)
    return getitem(ravel(x), index=indices) if axis is None else _part(x, axis, indices)


def _part(x: Any, axis: int, index: Any) -> Any:
    """Index along one axis."""
    axis = normalize_axis_index(axis, len(shape_of(x)))
    return getitem(x, index=(*[slice(None)] * axis, index))


def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Any:
    """Take elements by indices that match along every other axis."""
    shape, indices = shape_of(x), as_array("take_along_axis", indices)
    axis = normalize_axis_index(axis, len(shape))
    if indices.ndim != len(shape):
        raise ValueError(f"take_along_axis: indices of shape {indices.shape} for an array of shape "
                         f"{shape}: {indices.ndim} and {len(shape)} dimensions differ")  # fmt: skip
    grid = np.ogrid[tuple(map(slice, shape))]
    return getitem(x, index=(*grid[:axis], indices, *grid[axis + 1 :]))


def _concatenate_vjp(i: int, g: Any, y: Any, *xs: Any, axis: int = 0) -> Any:
    start = builtins.sum(shape_of(x)[axis] for x in xs[:i])
    return _part(g, axis, slice(start, start + shape_of(xs[i])[axis]))


def _concatenate_jvp(i: int, t: Any, y: Any, *xs: Any, axis: int = 0) -> Any:
    zeros = [np.zeros(shape_of(x), t.dtype) for x in xs]
    return _concatenated(*zeros[:i], t, *zeros[i + 1 :], axis=axis)


_concatenated = array_operation(
    "concatenate", lambda *xs, axis=0: np.concatenate(xs, axis), _concatenate_vjp,
    _concatenate_jvp)


@spelled
def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """Join arrays along an axis they have; None stands for all elements in one dimension."""
    arrays = _several("concatenate", arrays)
    if axis is None:
        arrays, axis = [ravel(x) for x in arrays], 0
    return _concatenated(*arrays, axis=axis)


@spelled
def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays of one shape along a new axis."""
    arrays = _several("stack", arrays)
    if len(shapes := sorted({shape_of(x) for x in arrays})) > 1:
        raise ValueError(f"stack: arrays of shape {' and '.join(map(str, shapes))}: all have one")
    return concatenate([expand_dims(x, axis) for x in arrays], axis)


def _several(name: str, arrays: Any) -> Any:
    """Check that a function was given several arrays, in a list or along the first axis of one."""
    if isinstance(arrays, (str, dict, set)) or not hasattr(type(arrays), "__iter__"):
        raise TypeError(f"{name}: expected a list of arrays, got {arrays!r:.60}")
    found = list(arrays)
    if not found:
        raise ValueError(f"{name}: expected a list of arrays, and this one has none")
    if any(isinstance(x, Node) for x in found):
        return found
    return [numeric(name, x) for x in found]


def split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """Cut an array in equal parts, or before the given positions."""
    axis = normalize_axis_index(axis, len(shape_of(x)))
    parts = np.split(np.arange(shape_of(x)[axis]), indices_or_sections)
    ends = [(int(part[0]), int(part[-1]) + 1) if part.size else (0, 0) for part in parts]
    return [_part(x, axis, slice(*both)) for both in ends]


# --- Reductions -----------------------------------------------------------------------------------

Axis = int | tuple[int, ...] | None


def _kept(y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Give a reduction the axes back over which it went, with length 1."""
    if keepdims:
        return y
    shape = list(shape_of(x))
    for k in range(len(shape)) if axis is None else positions_of(x, axis):
        shape[k] = 1
    return reshape(y, shape=tuple(shape))


def _sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Add up as NumPy does; float16 in float32, for along an axis 2048 + 1 would be 2048."""
    if getattr(x, "dtype", None) != np.float16:
        return np.sum(x, axis=axis, keepdims=keepdims)
    return np.sum(x, axis=axis, keepdims=keepdims, dtype=np.float32).astype(x.dtype)


sum = array_operation(
    "sum", _sum, symbol="Σ",
    vjp=[lambda g, y, x, axis=None, keepdims=False:
         broadcast_to(_kept(g, x, axis, keepdims), shape=shape_of(x))])


def _share(y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Give each of the largest (or smallest) elements its share of the derivative."""
    mask = x == _kept(y, x, axis, keepdims)
    return (mask / np.sum(mask, axis=axis, keepdims=True)).astype(x.dtype)


def _extremum(name: str, reduction: Callable[..., Any]) -> ArrayOperation:
    return array_operation(
        name, lambda x, axis=None, keepdims=False: reduction(x, axis=axis, keepdims=keepdims),
        [lambda g, y, x, axis=None, keepdims=False:
         _kept(g, x, axis, keepdims) * _share(y, x, axis, keepdims)],
        [lambda t, y, x, axis=None, keepdims=False:
         sum(t * _share(y, x, axis, keepdims), axis=axis, keepdims=keepdims)])  # fmt: skip


max = _extremum("max", np.max)
min = _extremum("min", np.min)


# A sum of squares leaves the range of numbers long before its root does. Divided by a power of two
# no number loses a digit, and float64 has room for the sum.


def _length(x: Any, axis: Axis) -> tuple[Any, Any, Any]:
    """Give x / s, √Σ(x/s)² along axes that stay, and the exponent of s, a power of two."""
    x = np.asarray(x)
    exponent = np.frexp(np.max(np.abs(x), axis=axis, keepdims=True, initial=0))[1]
    scaled = np.ldexp(x, -exponent)
    wide = np.result_type(scaled, np.float64)
    total = np.sum(np.square(scaled), axis=axis, dtype=wide, keepdims=True)
    return scaled, np.sqrt(total), exponent


def _norm(x: Any, axis: Axis = None, keepdims: bool = False, count: float = 1) -> Any:
    """Compute √(Σx² / count); its derivative at 0 is 0."""
    scaled, length, exponent = _length(x, axis)
    y = np.ldexp(length / np.sqrt(float(count)), exponent).astype(scaled.dtype)
    return y if keepdims else np.squeeze(y, axis)


norm = array_operation(
    "norm", _norm, symbol="‖x‖",
    vjp=[lambda g, y, x, axis=None, keepdims=False, count=1:
         _kept(g, x, axis, keepdims) * direction(x, axis=axis, count=count)],
    jvp=[lambda t, y, x, axis=None, keepdims=False, count=1:
         sum(t * direction(x, axis=axis, count=count), axis=axis, keepdims=keepdims)])


def _direction(x: Any, axis: Axis = None, count: float = 1) -> Any:
    """Compute x / ‖x‖, divided by √count; 0 where x is 0."""
    scaled, length, _ = _length(x, axis)
    return (scaled / ((length + (length == 0)) * np.sqrt(float(count)))).astype(scaled.dtype)


def _turned(t: Any, y: Any, x: Any, axis: Axis = None, count: float = 1) -> Any:
    """Compute (t − u Σut) / ‖x‖, u being the direction: its Jacobian is symmetric."""
    u = direction(x, axis=axis)
    across, length = t - u * sum(u * t, axis=axis, keepdims=True), norm(x, axis, keepdims=True)
    kink = raw(length) == 0
    if kink.any() and current.get().anomaly:
        raise FloatingPointError("norm has no second derivative at 0, nor has std where all is "
                                 "equal: for ‖x‖² write (x * x).sum()")  # fmt: skip
    return where(kink & (raw(across) == 0), 0, across / (length * math.sqrt(count)))


direction = array_operation("direction", _direction, [_turned], [_turned], symbol="x/‖x‖")


def _logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Compute ln Σ eˣ without overflow."""
    largest = np.max(x, axis=axis, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0)
    with np.errstate(divide="ignore"):  # ln 0 is −∞
        total = np.log(_sum(np.exp(x - largest), axis, keepdims=True)) + largest
    return total if keepdims else np.squeeze(total, axis)


def _shares(y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Compute the share of each element in the sum; it is 0 where the sum is 0."""
    nothing = np.isneginf(raw(_kept(y, x, axis, keepdims)))
    if nothing.any():
        return where(nothing, 0, softmax(where(nothing, 0, x), axis))
    return softmax(x, axis)  # a large y has lost the digits of x − y


logsumexp = array_operation(
    "logsumexp", _logsumexp,
    [lambda g, y, x, axis=None, keepdims=False:
     _kept(g, x, axis, keepdims) * _shares(y, x, axis, keepdims)],
    [lambda t, y, x, axis=None, keepdims=False:
     sum(t * _shares(y, x, axis, keepdims), axis=axis, keepdims=keepdims)])


def _count(x: Any, axis: Axis, ddof: int = 0) -> int:
    """Count the elements along axes, or their degrees of freedom: as in NumPy never below 0."""
    shape = shape_of(x)
    n = math.prod(shape if axis is None else (shape[k] for k in positions_of(x, axis)))
    return builtins.max(n - ddof, 0)


def _mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Give the mean of the elements, summed in float64."""
    x = np.asarray(x)
    wide, n = np.result_type(x, np.float64), _count(x, axis)
    with np.errstate(over="ignore"):
        y = np.sum(x, axis=axis, keepdims=keepdims, dtype=wide) / n
    if n and np.isinf(y).any():  # the sum may be, and the mean not
        y = np.where(np.isinf(y), np.sum(x / n, axis=axis, keepdims=keepdims, dtype=wide), y)
    return np.asarray(y, x.dtype if x.dtype.kind == "f" else float)


mean = array_operation(
    "mean", _mean, symbol="mean",
    vjp=[lambda g, y, x, axis=None, keepdims=False:
         broadcast_to(divided(_kept(g, x, axis, keepdims), _count(x, axis)), shape=shape_of(x))])


def divided(x: Any, n: Any) -> Any:
    """Compute x / n, also where the type of x has no number as large as n."""
    return x * float(1 / n) if x.dtype == np.float16 else x / n


def var(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """Give the variance: the mean square distance from the mean."""
    y = mean(square(x - mean(x, axis, keepdims=True)), axis, keepdims=keepdims)
    return y / (_count(x, axis, ddof) / builtins.max(_count(x, axis), 1)) if ddof else y


def std(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """Give the standard deviation; its derivative where all elements are equal is 0."""
    distance = x - mean(x, axis, keepdims=True)
    return norm(distance, axis=axis, keepdims=keepdims, count=_count(x, axis, ddof))


@spelled
def softmax(x: Any, axis: Axis = -1) -> Any:
    """Compute eˣ / Σ eˣ along an axis."""
    x = x if isinstance(x, Node) else numeric("softmax", x)
    return exp(log_softmax(x, axis))


@spelled
def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """Compute x − ln Σ eˣ along an axis: the logarithm of `softmax`, with every digit."""
    x = x if isinstance(x, Node) else numeric("log_softmax", x)
    if (apart := getattr(type(x), "_log_softmax", None)) is not None:
        return apart(x, axis)
    if not _count(x, axis):
        raise ValueError(f"softmax of shape {shape_of(x)}: there is nothing along axis {axis}")
    largest = np.max(raw(x), axis=axis, keepdims=True)
    x = x - np.where(np.isfinite(largest), largest, 0)  # a large ln Σ would swallow digits
    return x - logsumexp(x, axis=axis, keepdims=True)


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Give the position of the largest element: an array, which has no derivative."""
    x = np.asarray(raw(x))
    return x.argmax(axis, keepdims=keepdims)


def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Give the position of the smallest element: an array, which has no derivative."""
    x = np.asarray(raw(x))
    return x.argmin(axis, keepdims=keepdims)


# --- Products -------------------------------------------------------------------------------------


def _matmul(a: Any, b: Any) -> Any:
    """Multiply matrices: also stacks of them, and vectors."""
    try:
        return np.matmul(a, b)
    except ValueError:
        raise mismatch("matmul", np.shape(a), np.shape(b)) from None


def mismatch(name: str, left: tuple[int, ...], right: tuple[int, ...]) -> ValueError:
    if not left or not right:
        return ValueError(f"{name}: {left} @ {right}: it takes no numbers, multiply with *")
    if name == "linear" and len(right) != 2:
        return ValueError(f"linear: {left} @ {right}: weights have 2 dimensions, not {len(right)}")
    inner, outer = left[-1], right[-2] if len(right) > 1 else right[0]
    if inner != outer:
        return ValueError(f"{name}: {left} @ {right}: inner dimensions {inner} and {outer} differ")
    return ValueError(f"{name}: {left} @ {right}: the leading dimensions do not broadcast")


def _matmul_vjp(i: int, g: Any, y: Any, a: Any, b: Any) -> Any:
    shape = shape_of((a, b)[i])
    if len(shape_of(b)) == 1:
        b, g = expand_dims(b, -1), expand_dims(g, -1)
    if len(shape_of(a)) == 1:
        a, g = expand_dims(a, 0), expand_dims(g, -2)
    d = matmul(g, swapaxes(b, -1, -2)) if i == 0 else matmul(swapaxes(a, -1, -2), g)
    return reshape(unbroadcast(d, shape_of((a, b)[i])), shape=shape)


matmul = array_operation("matmul", _matmul, _matmul_vjp, symbol="@")


def dot(a: Any, b: Any) -> Any:
    """Multiply: numbers by elements, vectors to a number, matrices as `matmul`."""
    if len(shape_of(b)) > 2:
        raise ValueError(f"dot: {shape_of(a)} and {shape_of(b)}: use matmul for stacks of matrices")
    return matmul(a, b) if shape_of(a) and shape_of(b) else a * b


def outer(a: Any, b: Any) -> Any:
    """Multiply every element of `a` by every element of `b`."""
    return expand_dims(ravel(a), 1) * expand_dims(ravel(b), 0)
