"""Shapes and elements, in NumPy's spelling."""

import itertools
from typing import Any

import numpy as np

from .table import COUNTERPARTS, F, data, same

__all__: list[str] = []


def _shape(args: Any) -> Any:
    return tuple(args[0]) if len(args) == 1 and not isinstance(args[0], int) else args


same("reshape view view_copy", lambda x, *s, **k: np.reshape(x, _shape(s or (k["shape"],))))
same("reshape_as view_as", lambda x, y: np.reshape(x, y.shape))
same("ravel", lambda x: np.ravel(x))
same("flatten", lambda x, start_dim=0, end_dim=-1: np.reshape(x, (
    *x.shape[: start_dim % max(x.ndim, 1)], -1, *x.shape[end_dim % max(x.ndim, 1) + 1 :])))
same("unflatten", lambda x, dim, sizes: np.reshape(x, (
    *x.shape[: dim % max(x.ndim, 1)], *sizes, *x.shape[dim % max(x.ndim, 1) + 1 :])))  # fmt: skip
same("squeeze squeeze_copy squeeze:multiple", lambda x, dim=None: np.squeeze(x, None if (
    dim is None) else tuple(k for k in (dim if isinstance(dim, (list, tuple)) else [dim])
                            if x.ndim and x.shape[k] == 1)))  # fmt: skip
same("unsqueeze unsqueeze_copy", lambda x, dim: np.expand_dims(x, dim))
same("transpose transpose_copy", lambda x, a, b: np.swapaxes(x, a, b) if x.ndim else x)
same("permute permute_copy", lambda x, *d: np.transpose(x, _shape(d)))
same("t t_copy T H", lambda x: np.transpose(x))
same("mT mH", lambda x: np.matrix_transpose(x))
same("movedim", lambda x, a, b: np.moveaxis(x, a, b))
same("broadcast_to", lambda x, s: np.broadcast_to(x, tuple(s)))
def _expand(x: Any, *s: Any) -> Any:
    s = _shape(s)
    lengths = (0,) * (len(s) - x.ndim) + x.shape
    return np.broadcast_to(x, tuple(m if n == -1 else n for n, m in zip(s, lengths, strict=True)))


same("expand expand_copy", _expand)
same("expand_as", lambda x, y: np.broadcast_to(x, y.shape))
same("broadcast_tensors", lambda *xs: np.broadcast_arrays(*xs))
same("meshgrid:variadic_tensors", lambda *xs, indexing="ij": np.meshgrid(*xs, indexing=indexing))
same("meshgrid:list_of_tensors", lambda xs, indexing="ij": np.meshgrid(*xs, indexing=indexing))
same("atleast_1d atleast_2d atleast_3d")
for _k in (1, 2, 3):
    COUNTERPARTS[f"atleast_{_k}d"] = (lambda f: lambda *xs: f(*(
        xs[0] if isinstance(xs[0], (list, tuple)) else xs)))(getattr(np, f"atleast_{_k}d"))
same("cat", lambda xs, dim=0, axis=None: np.concatenate(
    [x for x in xs if x.shape != (0,)], dim if axis is None else axis))  # fmt: skip
same("stack", lambda xs, dim=0: np.stack(xs, dim))
same("hstack vstack dstack column_stack")
same("block_diag", lambda *xs: np.block([[np.atleast_2d(x) if i == j else np.zeros((
    np.atleast_2d(x).shape[0], np.atleast_2d(y).shape[1])) for j, y in enumerate(xs)]
    for i, x in enumerate(xs)]))  # fmt: skip
same("cartesian_prod", lambda *xs: np.ravel(xs[0]) if len(xs) == 1 else np.stack(
    [np.ravel(m) for m in np.meshgrid(*xs, indexing="ij")], -1))  # fmt: skip
same("chunk unsafe_chunk", lambda x, n, dim=0: np.split(
    x, np.arange(s := -(-x.shape[dim] // n), x.shape[dim], s).tolist(), dim))  # fmt: skip
same("split split:list_args unsafe_split split_with_sizes split_with_sizes_copy",
     lambda x, n, dim=0: np.split(x, (np.arange(n, x.shape[dim], n) if isinstance(n, int) else
                                      np.cumsum(n)[:-1]).tolist(), dim))  # fmt: skip
same("tensor_split", lambda x, n, dim=0: np.array_split(x, data(n) if not isinstance(
    n, (list, tuple)) else list(n), dim))  # fmt: skip
same("hsplit vsplit dsplit", None)
same("unbind unbind_copy", lambda x, dim=0: np.unstack(x, axis=dim))
same("flip", lambda x, dims: np.flip(x, tuple(dims)))
same("fliplr flipud")
same("fft.fftshift", lambda x, dim=None: np.fft.fftshift(x, dim))
same("fft.ifftshift", lambda x, dim=None: np.fft.ifftshift(x, dim))
same("roll", lambda x, shifts, dims=None: np.roll(x, shifts, None if dims in (None, ()) else dims))
same("rot90", lambda x, k=1, dims=(0, 1): np.rot90(x, k, dims))
same("tile", lambda x, *d: np.tile(x, _shape(d)))
same("repeat", lambda x, *d: np.tile(x, _shape(d)))
same("repeat_interleave", lambda x, repeats, dim=None, output_size=None: np.repeat(
    x, data(repeats), dim if x.ndim else None))  # fmt: skip
same("diag", lambda x, diagonal=0: np.diag(x, diagonal))
same("diagflat", lambda x, offset=0: np.diagflat(x, offset))
same("diagonal diagonal_copy", lambda x, offset=0, dim1=0, dim2=1: np.diagonal(
    x, offset, dim1, dim2))  # fmt: skip
same("linalg.diagonal", lambda x, offset=0, dim1=-2, dim2=-1: np.diagonal(x, offset, dim1, dim2))
same("diag_embed", lambda x, offset=0, dim1=-2, dim2=-1: np.moveaxis(
    np.reshape(np.matmul(np.reshape(x, (-1, x.shape[-1])), np.stack([np.ravel(np.diag(e, offset))
                                         for e in np.eye(x.shape[-1])])),
        (*x.shape[:-1], *(x.shape[-1] + abs(offset),) * 2)), (-2, -1), (dim1, dim2)))  # fmt: skip
same("trace", np.trace)
same("tril", lambda x, diagonal=0: np.tril(x, diagonal))
same("triu", lambda x, diagonal=0: np.triu(x, diagonal))
same("narrow narrow_copy", lambda x, dim, start, length: np.take(
    x, int(data(start)) % max(x.shape[dim], 1) + np.arange(length), dim))  # fmt: skip
same("select", lambda x, dim, k: np.take(x, k, dim))
same("slice", lambda x, dim=0, start=None, end=None, step=1: np.moveaxis(
    np.moveaxis(x, dim, 0)[start:end:step], 0, dim))  # fmt: skip
same("index_select", lambda x, dim, k: np.take(np.atleast_1d(x), k, dim).reshape(
    x.shape if not x.ndim else (*x.shape[: dim % x.ndim], -1, *x.shape[dim % x.ndim + 1 :])))
same("take", lambda x, k: np.take(x, k))
same("gather", lambda x, dim, k, sparse_grad=False: np.reshape(
    x, k.shape) if not x.ndim else np.take_along_axis(
    x[tuple(slice(n) if a != dim % x.ndim else slice(None) for a, n in enumerate(k.shape))],
    k, dim))  # fmt: skip
same("take_along_dim", lambda x, k, dim=None: np.take_along_axis(
    np.ravel(x), np.ravel(k), 0) if dim is None else np.take_along_axis(x, k, dim))  # fmt: skip
same("masked_select", lambda x, mask: (lambda a, m: a[m])(*(
    np.broadcast_to(x, (s := np.broadcast_shapes(x.shape, mask.shape))),
    np.broadcast_to(mask, s))))  # fmt: skip
same("__getitem__", lambda x, k: x[tuple(k) if isinstance(k, list) and any(
    isinstance(p, (slice, np.ndarray)) for p in k) else k])  # fmt: skip
same("combinations", lambda x, r=2, with_replacement=False: x[np.array(list(getattr(
    itertools, "combinations" + "_with_replacement" * with_replacement)(
        range(x.shape[0]), r)), int).reshape(-1, r)])  # fmt: skip
same("unfold unfold_copy", lambda x, dim, size, step: np.tile(x, size) if not x.ndim else (
    lambda w: np.moveaxis(np.moveaxis(w, dim, 0)[::step], 0, dim))(
        np.lib.stride_tricks.sliding_window_view(x, size, axis=dim)))  # fmt: skip
same("sum_to_size", lambda x, *s: np.reshape(np.sum(x, axis=tuple(
    k for k in range(x.ndim) if k < x.ndim - len(_shape(s)) or (
        _shape(s)[k - x.ndim + len(_shape(s))] == 1)), keepdims=True), _shape(s)))  # fmt: skip


def _pad(x: Any, widths: Any, mode: str = "constant", value: Any = 0) -> Any:
    """Pad; the widths are those of the last axis first, and a negative one cuts off."""
    pairs = [(0, 0)] * (x.ndim - len(widths) // 2) + [
        (widths[k], widths[k + 1]) for k in range(len(widths) - 2, -1, -2)]  # fmt: skip
    cut = ((max(0, -a), n - max(0, -b)) for (a, b), n in zip(pairs, x.shape, strict=True))
    x = x[tuple(slice(*ends) for ends in cut)]
    pairs = [(max(a, 0), max(b, 0)) for a, b in pairs]
    if mode == "constant":
        return np.pad(x, pairs, constant_values=value or 0)
    return np.pad(x, pairs, {"replicate": "edge", "circular": "wrap"}.get(mode, mode))


same("constant_pad_nd", lambda x, pad, value=0: _pad(x, pad, "constant", value))
same(" ".join(f"{F}pad:{m}" for m in (
    "constant", "reflect", "replicate", "replicate_negative", "circular")),
    lambda x, pad, mode="constant", value=0: _pad(x, pad, mode, value))  # fmt: skip


def _set(x: Any, dim: int, k: Any, source: Any, add: bool = False, alpha: Any = 1) -> Any:
    """Put `source`, or add it, where the one-hot matrix of `k` says."""
    if not x.ndim:
        return _set(x.reshape(1), 0, np.ravel(k), np.reshape(source, 1), add, alpha).reshape(())
    hot = np.eye(x.shape[dim])[np.ravel(data(k))]
    moved = np.moveaxis(x, dim, -1)
    source = source * np.ones((*x.shape[:dim % x.ndim], len(hot), *x.shape[dim % x.ndim + 1:]))
    put = np.matmul(np.moveaxis(source, dim, -1), hot)
    return np.moveaxis((moved if add else moved * (1 - hot.max(axis=0))) + alpha * put, -1, dim)


same("index_add", lambda x, dim, k, source, alpha=1: _set(x, dim, k, source, True, alpha))
same("index_copy", lambda x, dim, k, source: _set(x, dim, k, source))
same("index_fill", lambda x, dim, k, value: x * 0 + value if not x.ndim else np.where(np.reshape(
    np.isin(np.arange(x.shape[dim]), k), (-1,) + (1,) * (x.ndim - 1 - dim % x.ndim)),
    value, x))  # fmt: skip


def _hot(x: Any, dim: int, k: Any, source: Any) -> tuple[Any, Any]:
    """Give what is scattered, and where, as arrays with an axis for the elements of `source`."""
    k = np.atleast_1d(data(k))
    wanted = np.broadcast_to(np.arange(max(x.size, 1)).reshape(x.shape or (1,)), x.shape or (1,))
    grid = list(np.indices(k.shape))
    grid[dim] = k
    places = wanted[tuple(grid)].ravel()
    source = source if np.ndim(data(source)) == 0 else np.ravel(
        source[tuple(slice(n) for n in k.shape)] if np.ndim(data(source)) else source)
    return np.eye(max(x.size, 1))[places], source


def _scatter(x: Any, dim: int, k: Any, source: Any, reduce: str | None = None, **_: Any) -> Any:
    if not np.size(k):
        return np.positive(x)
    hot, source = _hot(x, dim, k, source)
    source = source * np.ones(len(hot))
    flat = np.ravel(x)
    if reduce is None:
        flat = flat * (1 - hot.max(axis=0))
    return np.reshape(flat + np.matmul(source, hot), x.shape)


same("scatter_add", lambda x, dim, k, source: _scatter(x, dim, k, source, "add"))
same("select_scatter", lambda x, source, dim, k: _set(x, dim, [k], np.expand_dims(source, dim)))
same("slice_scatter", lambda x, source, dim=0, start=None, end=None, step=1: _set(
    x, dim, np.arange(x.shape[dim])[start:end:step], source))  # fmt: skip
same("diagonal_scatter", lambda x, source, offset=0, dim1=0, dim2=1: (lambda at: np.reshape(
    np.ravel(x) * (1 - np.eye(x.size)[at].max(axis=0)) + np.matmul(
        np.ravel(source), np.eye(x.size)[at]), x.shape))(np.diagonal(
            np.arange(x.size).reshape(x.shape), offset, dim1, dim2).ravel()))  # fmt: skip
