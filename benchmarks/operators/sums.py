"""Sums, order, and what is not masked, in NumPy's spelling."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.array_ops import log_softmax, logsumexp

from .table import data, out, over, same, softmax_of

__all__: list[str] = []

same("sum", out(np.sum, "axis"))
same("mean", out(np.mean, "axis"))
same("amax", out(np.amax, "axis"))
same("amin", out(np.amin, "axis"))
same("nansum", out(np.nansum, "axis"))
same("nanmean", out(np.nanmean, "axis"))
same("prod", out(np.prod, "axis"))
same("cumsum", lambda x, dim, dtype=None: np.cumsum(x, axis=dim) if x.ndim else x)
same("cumprod", lambda x, dim, dtype=None: np.cumprod(x, axis=dim) if x.ndim else x)
same("aminmax", lambda x, dim=None, keepdim=False: (
    np.min(x, axis=dim, keepdims=keepdim), np.max(x, axis=dim, keepdims=keepdim)))  # fmt: skip
same("max:reduction_no_dim", lambda x: np.max(x))
same("min:reduction_no_dim", lambda x: np.min(x))
same("logsumexp", lambda x, dim, keepdim=False: over(logsumexp)(x, dim, keepdim))


def _spread(f: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *,
             correction: Any = 1) -> Any:  # fmt: skip
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = correction if unbiased is None else int(unbiased)
        ddof = 1 if ddof is None else ddof
        return f(x, axis=tuple(dim) if isinstance(dim, list) else dim, ddof=ddof, keepdims=keepdim)

    return call


same("var var:unbiased", _spread(np.var))
same("std std:unbiased", _spread(np.std))
same("var_mean var_mean:unbiased", lambda x, *a, **k: (
    _spread(np.var)(x, *a, **k), _spread(lambda x, axis, ddof, keepdims: np.mean(
        x, axis=axis, keepdims=keepdims))(x, *a, **k)))  # fmt: skip
same("std_mean std_mean:unbiased", lambda x, *a, **k: (
    _spread(np.std)(x, *a, **k), _spread(lambda x, axis, ddof, keepdims: np.mean(
        x, axis=axis, keepdims=keepdims))(x, *a, **k)))  # fmt: skip


def _picked(f: Callable[..., Any]) -> Callable[..., Any]:
    """Take by positions that NumPy gives."""

    def call(x: Any, dim: int = -1, keepdim: bool = False) -> Any:
        if not x.ndim:
            return x
        y = np.take_along_axis(x, f(data(x), dim), dim)
        return y if keepdim else np.squeeze(y, dim)

    return call


same("max:reduction_with_dim", _picked(lambda x, k: np.expand_dims(np.argmax(x, k), k)))
same("min:reduction_with_dim", _picked(lambda x, k: np.expand_dims(np.argmin(x, k), k)))


def _middle(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Give the lower of the two in the middle."""
    if dim is None:
        x, dim, keepdim = np.ravel(x), 0, False
    if not x.ndim:
        return x
    y = np.take(np.sort(x, axis=dim), [(x.shape[dim] - 1) // 2], axis=dim)
    return y if keepdim else np.squeeze(y, dim)


same("median", _middle)
same("nanmedian", lambda x, dim=None, keepdim=False: np.nanquantile(
    x, 0.5, axis=dim, method="lower", keepdims=keepdim) if x.ndim else x)  # fmt: skip
same("quantile", lambda x, q, dim=None, keepdim=False, interpolation="linear": np.quantile(
    x, q, axis=dim, method=interpolation, keepdims=keepdim))
same("nanquantile", lambda x, q, dim=None, keepdim=False, interpolation="linear": np.nanquantile(
    x, q, axis=dim, method=interpolation, keepdims=keepdim))
same("kthvalue", lambda x, k, dim=-1, keepdim=False: x if not x.ndim else (
    lambda y: y if keepdim else np.squeeze(y, dim))(
        np.take(np.sort(x, axis=dim), [k - 1], axis=dim)))  # fmt: skip


def _sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    if not x.ndim:
        return x
    y = np.sort(x, axis=dim)
    return np.flip(y, dim) if descending else y


same("sort", _sort)
same("msort", lambda x: np.sort(x, axis=0))
same("topk", lambda x, k, dim=-1, largest=True, sorted=True: x if not x.ndim else np.take(
    _sort(x, dim, largest), np.arange(k), axis=dim))  # fmt: skip
same("cummax", lambda x, dim: x if not x.ndim else np.take_along_axis(
    x, _running(data(x), dim, np.greater_equal), dim))  # fmt: skip
same("cummin", lambda x, dim: x if not x.ndim else np.take_along_axis(
    x, _running(data(x), dim, np.less_equal), dim))  # fmt: skip


def _running(x: Any, dim: int, better: Any) -> Any:
    """Give the positions of the largest elements so far."""
    x = np.moveaxis(x, dim, -1)
    at = np.zeros(x.shape, int)
    for k in range(1, x.shape[-1]):
        before = np.take_along_axis(x, at[..., k - 1 : k], -1)[..., 0]
        at[..., k] = np.where(better(x[..., k], before), k, at[..., k - 1])
    return np.moveaxis(at, -1, dim)


same("diff", lambda x, n=1, dim=-1, prepend=None, append=None: np.diff(x, n, dim, **{
    k: v for k, v in (("prepend", prepend), ("append", append)) if v is not None}))  # fmt: skip
same("trapezoid trapz", lambda y, x=None, dim=-1, dx=1.0: np.trapezoid(y, x, dx, dim))
same("cumulative_trapezoid", lambda y, x=None, dim=-1, dx=1.0: np.cumsum(
    (np.take(y, np.arange(1, y.shape[dim]), dim) + np.take(y, np.arange(y.shape[dim] - 1), dim)) / 2
    * (dx if x is None else np.diff(x, axis=dim) if x.ndim > 1 else np.reshape(
        np.diff(x), (-1,) + (1,) * (y.ndim - 1 - dim % y.ndim))), axis=dim))  # fmt: skip
same("logcumsumexp", lambda x, dim: x if not x.ndim else np.stack([
    logsumexp(np.take(x, np.arange(k + 1), dim), axis=dim) for k in range(x.shape[dim])], dim))
same("gradient", lambda x, *a, spacing=1.0, dim=None, edge_order=1: np.gradient(
    x, *([data(s) for s in spacing] if isinstance(spacing, (list, tuple)) else [spacing or 1.0]),
    axis=tuple(dim) if isinstance(dim, list) else dim, edge_order=edge_order))  # fmt: skip
same("cov", lambda x, correction=1, fweights=None, aweights=None: np.cov(
    x, ddof=correction, **{k: data(v) for k, v in (
        ("fweights", fweights), ("aweights", aweights)) if v is not None}))  # fmt: skip
same("corrcoef", np.corrcoef)
same("renorm", lambda x, p, dim, maxnorm: x * np.where(
    (n := np.linalg.norm(np.reshape(np.moveaxis(x, dim, 0), (x.shape[dim], -1)), p, axis=1)) > (
        maxnorm), maxnorm / (n + 1e-7), 1).reshape(
            (-1,) + (1,) * (x.ndim - 1 - dim % x.ndim)))  # fmt: skip


# --- Of what is not masked ------------------------------------------------------------------------

def _masked(f: Callable[..., Any], nothing: float, zero: str = "nowhere") -> Callable[..., Any]:
    """Put what does not count in the place of masked elements.

    The result is 0 ``"where masked"`` or ``"where all are"`` or nowhere.
    """

    def call(x: Any, *args: Any, mask: Any = None, dtype: Any = None, **kwargs: Any) -> Any:
        x = x if mask is None else np.where(mask, x, nothing)
        y = f(x, *args, **kwargs)
        if mask is None or zero == "nowhere":
            return y
        counts = np.broadcast_to(mask, x.shape)
        return np.where(counts if zero == "where masked" else over(np.any)(
            counts, *args, **kwargs), y, 0)  # fmt: skip

    return call


same("masked.sum", _masked(over(np.sum), 0))
same("masked.prod", _masked(over(np.prod), 1))
same("masked.amax", _masked(over(np.max), -np.inf, "where all are"))
same("masked.amin", _masked(over(np.min), np.inf, "where all are"))
same("masked.mean", _masked(over(np.nanmean), np.nan, "where all are"))
same("masked.logsumexp", _masked(over(logsumexp), -np.inf, "where all are"))
same("masked.cumsum", _masked(
    lambda x, dim: np.cumsum(x, axis=dim) if x.ndim else x, 0, "where masked"))  # fmt: skip
same("masked.cumprod", _masked(
    lambda x, dim: np.cumprod(x, axis=dim) if x.ndim else x, 1, "where masked"))  # fmt: skip
same("masked.softmax", _masked(softmax_of, -1e300, "where masked"))
same("masked.softmin", _masked(lambda x, dim: softmax_of(-x, dim), 1e300, "where masked"))
same("masked.log_softmax", _masked(
    lambda x, dim: log_softmax(x, dim) if x.ndim else x * 0, -np.inf, "where masked"))  # fmt: skip
same("masked.norm", _masked(lambda x, ord, dim=None, keepdim=False: np.linalg.vector_norm(
    x, ord=ord, axis=tuple(dim) if isinstance(dim, list) else dim, keepdims=keepdim), 0))
same("masked.normalize", _masked(lambda x, ord, dim, eps=1e-12: x / np.maximum(
    np.linalg.vector_norm(x, ord=ord, axis=dim, keepdims=True), eps), 0))  # fmt: skip
