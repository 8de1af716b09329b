"""NumPy's protocols: what ``np.f(t)`` does with a Tensor, or says."""

import inspect
from functools import cache
from typing import Any

import numpy as np

from .. import array_ops, ops
from ..array_ops import raw
from ..operation import ARRAY_FUNCTIONS, STANDS_FOR, array_function, nearest, numpys, unknown
from ..row import Elementwise
from .products import matvec, vecdot, vecmat

__all__ = [
    "CONSTANT", "call", "call_ufunc", "clip", "copy", "interp", "polyval", "rounded", "vander",
]  # fmt: skip

# --- What has no derivative: arrays, which are constants of a graph -------------------------------

CONSTANT = {
    name: f
    for name in (
        "allclose", "isclose", "array_equal", "array_equiv", "any", "all", "count_nonzero",
        "nonzero", "flatnonzero", "argwhere", "searchsorted", "digitize", "isneginf", "isposinf",
        "isreal", "iscomplex", "isrealobj", "iscomplexobj", "nanargmax", "nanargmin", "lexsort",
        "histogram", "zeros_like", "ones_like", "empty_like", "full_like", "result_type",
        "may_share_memory", "shares_memory", "shape", "ndim", "size", "array_repr", "array_str",
        "array2string", "can_cast", "min_scalar_type", "common_type", "linalg.matrix_rank",
    )
    if (f := numpys(name)) is not None
}  # fmt: skip

PREDICATES = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isinf, np.isfinite, np.signbit,
    np.logical_and, np.logical_or, np.logical_xor, np.logical_not,
}  # fmt: skip

# --- A few more functions -------------------------------------------------------------------------


@array_function()
def clip(x: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    """Limit to an interval; None is no limit."""
    low, high = a_min if min is None else min, a_max if max is None else max
    return ops.clip(x, -np.inf if low is None else low, np.inf if high is None else high)


@array_function("nan_to_num")
def without_nan(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None,
                neginf: Any = None) -> Any:  # fmt: skip
    """Put numbers in the place of NaN and of infinities: 0, and the largest."""
    ends = {n: v for n, v in (("posinf", posinf), ("neginf", neginf)) if v is not None}
    return ops.nan_to_num(x, nan=nan, **ends)


@array_function("round", "around")
def rounded(x: Any, decimals: int = 0) -> Any:
    """Round to so many decimals, halves to even; the derivative is 0."""
    return ops.rint(x * 10.0**decimals) / 10.0**decimals if decimals else ops.rint(x)


@array_function()
def copy(x: Any, order: str = "K") -> Any:
    """Give the same numbers as a node of their own, through which the gradient flows."""
    return ops.positive(x)


@array_function()
def polyval(p: Any, x: Any) -> Any:
    """Compute a polynomial from its coefficients, those of the highest powers first."""
    y = x * 0
    for k in range(array_ops.shape_of(p)[0]):
        y = y * x + p[k]
    return y


@array_function()
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Give the matrix of powers of each element."""
    n = array_ops.shape_of(x)[0] if N is None else N
    powers = np.arange(n) if increasing else np.arange(n)[::-1]
    return array_ops.expand_dims(x, 1) ** powers


@array_function()
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """Interpolate linearly between points; outside, the ends go on."""
    xp, fp = (p if hasattr(p, "dtype") else np.asarray(p, x.dtype) for p in (xp, fp))
    at, places = raw(x), raw(xp)
    k = np.clip(np.searchsorted(places, at, side="right") - 1, 0, len(places) - 2)
    a, b, low, high = xp[k], xp[k + 1], fp[k], fp[k + 1]
    y = low + (high - low) * ops.clip((x - a) / (b - a), 0.0, 1.0)
    y = y if left is None else ops.where(at < places[0], left, y)
    return y if right is None else ops.where(at > places[-1], right, y)


for _name in (
    "sum", "mean", "var", "std", "max", "min", "argmax", "argmin", "dot", "outer", "reshape",
    "ravel", "transpose", "swapaxes", "squeeze", "expand_dims", "broadcast_to", "concatenate",
    "stack", "split", "take", "take_along_axis",
):  # fmt: skip
    array_function(_name)(getattr(array_ops, _name))
for _name, _same in {"amax": "max", "amin": "min", "permute_dims": "transpose", "concat":
                     "concatenate"}.items():  # fmt: skip
    array_function(_name)(ARRAY_FUNCTIONS[_same])
for _name, _row in {"fix": ops.trunc, "real": ops.positive, "real_if_close": ops.positive}.items():
    array_function(_name)(_row)
array_function("angle")(lambda z: ops.arctan2(0.0, z))
array_function("imag")(lambda val: np.zeros_like(raw(val)))

_UFUNCS: dict[Any, Any] = {
    np.matmul: array_ops.matmul, np.vecdot: vecdot, np.divmod: lambda a, b: (
        ops.floor_divide(a, b), ops.remainder(a, b)), np.modf: lambda x: (
        ops.fmod(x, 1.0), ops.trunc(x)), np.ldexp: lambda x, n: x * 2.0 ** raw(n),
    numpys("matvec"): matvec, numpys("vecmat"): vecmat,
}  # fmt: skip

# --- The protocols --------------------------------------------------------------------------------


def call_ufunc(ufunc: Any, method: str, inputs: Any, kwargs: Any) -> Any:
    """Do what a ufunc of NumPy does with Tensors."""
    if method == "__call__":
        if ufunc in _UFUNCS and kwargs.keys() <= {"axis"}:
            return _UFUNCS[ufunc](*inputs, **kwargs)
        if ufunc in PREDICATES:
            return ufunc(*map(raw, inputs), **kwargs)
        if (op := ops.UFUNCS.get(ufunc)) is not None and not kwargs:
            return op(*inputs)
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    raise TypeError(
        f"np.{name}{'(…, ' + ', '.join(kwargs) + '=…)' if kwargs else ''} does not take "
        "Tensors: use t.data for the array, a method of the Tensor, or add an operation"
        + ("; write a = a + t for a += t" if "out" in kwargs else "")
        + ("; np.sum(t) for np.add.reduce(t)" if method == "reduce" else "")
    )


def call(function: Any, args: Any, kwargs: Any) -> Any:
    """Do what any other function of NumPy does with Tensors."""
    if (own := STANDS_FOR.get(function)) is not None:
        args, kwargs = _own_arguments(function, own, args, kwargs)
        return own(*args, **kwargs)
    if (op := ops.UFUNCS.get(function)) is not None:
        return op(*args, **kwargs)
    name = _name_of(function)
    if name in CONSTANT:
        args, kwargs = _raw(args), _raw(kwargs)
        return function(*args, **kwargs)
    near = [] if name.startswith("fft.") else nearest(name)  # the others are complex
    raise TypeError(f"np.{name} does not take Tensors: use t.data for the array" + (
        f", or {' or '.join(f'np.{n}' for n in near)}, which does" if near else
        ", or write it with functions that do: docs/arrays.md lists them"))  # fmt: skip


def _name_of(function: Any) -> str:
    """Name a function of NumPy with its module: ``linalg.svd``."""
    module = (function.__module__ or "").removeprefix("numpy").lstrip(".")
    return f"{module}.{function.__name__}" if module and module[0] != "_" else function.__name__


def _raw(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {n: _raw(x) for n, x in tree.items()}
    return type(tree)(map(_raw, tree)) if isinstance(tree, (list, tuple)) else raw(tree)


_OPEN = inspect.Parameter.VAR_POSITIONAL


def _own_arguments(function: Any, own: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Give the arguments of a function of NumPy to our own: its operand, the others by name.

    So the third of ``np.sum(t, 0, float)`` is a dtype here as well, and refused.
    """
    theirs = _signature(function).parameters
    row = isinstance(own, Elementwise)  # np.real(t)
    ours = {} if row else _signature(getattr(own, "forward", own)).parameters
    if any(p.kind is _OPEN for p in (*theirs.values(), *ours.values())):
        return args, kwargs
    given = _signature(function).bind(*args, **kwargs).arguments
    given |= given.pop("kwargs", {})  # those of np.pad
    first, *others = given
    named = {n: given[n] for n in others if n not in theirs or given[n] is not theirs[n].default}
    if refused := named.keys() - ours.keys():
        raise unknown(f"np.{_name_of(function)} of Tensors", refused, [*ours][1:])
    return (given[first],), named


_signature = cache(inspect.signature)
