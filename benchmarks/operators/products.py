"""Products and linear algebra, in NumPy's spelling."""

from typing import Any

import numpy as np

from .table import data, same

__all__: list[str] = []

same("matmul mm bmm mv", np.matmul)
same("dot inner kron outer")
same("vdot", np.vdot)
same("einsum", lambda xs, equation: np.einsum(
    equation, *(xs if isinstance(xs, (list, tuple)) else [xs])))  # fmt: skip
same("tensordot", lambda a, b, dims=2: np.tensordot(a, b, dims))
same("addmm addmm:decomposed addmv", lambda x, a, b, beta=1, alpha=1: beta * x + alpha * (a @ b))
same("baddbmm", lambda x, a, b, beta=1, alpha=1: beta * x + alpha * (a @ b))
same("addbmm", lambda x, a, b, beta=1, alpha=1: beta * x + alpha * np.sum(a @ b, axis=0))
same("addr", lambda x, a, b, beta=1, alpha=1: beta * x + alpha * np.outer(a, b))
same("cross linalg.cross", lambda a, b, dim=-1: np.cross(*np.broadcast_arrays(a, b), axis=dim))
same("linalg.vecdot", lambda a, b, dim=-1: np.linalg.vecdot(a, b, axis=dim))
same("linalg.multi_dot", np.linalg.multi_dot)
same("linalg.matrix_power", np.linalg.matrix_power)
same("linalg.det", np.linalg.det)
same("linalg.slogdet", lambda a: tuple(np.linalg.slogdet(a)))
same("logdet", lambda a: np.linalg.slogdet(a)[1])
same("linalg.inv linalg.inv_ex", lambda a, check_errors=False: np.linalg.inv(a))
same("linalg.pinv", lambda a, rcond=None, *, atol=None, rtol=None: np.linalg.pinv(
    a, rtol=_cutoff(a, rcond if rtol is None else rtol, atol)))  # fmt: skip
same("linalg.pinv:hermitian", lambda a, rcond=None, hermitian=True, *, atol=None, rtol=None: (
    np.linalg.pinv(_symmetric(a), rtol=_cutoff(_symmetric(a), rtol, atol))))  # fmt: skip


def _cutoff(a: Any, rtol: Any, atol: Any) -> Any:
    """Give what is as good as 0, relative to the largest singular value, as PyTorch does."""
    if not a.size:
        return None
    largest = np.linalg.svd(data(a), compute_uv=False).max(axis=-1)
    default = max(a.shape[-2:]) * np.finfo(float).eps if atol is None else 0.0
    return np.maximum(default if rtol is None else data(rtol),
                      0.0 if atol is None else data(atol) / largest)  # fmt: skip


def _symmetric(a: Any) -> Any:
    return a + np.matrix_transpose(a)
same("pinverse", lambda a, rcond=None: np.linalg.pinv(a))


def _solve(a: Any, b: Any, left: bool = True, check_errors: bool = False) -> Any:
    vector = b.ndim == 1 or b.shape == a.shape[:-1]
    b = np.expand_dims(b, -1) if vector else b
    y = np.linalg.solve(a, b) if left else np.matrix_transpose(
        np.linalg.solve(np.matrix_transpose(a), np.matrix_transpose(b)))  # fmt: skip
    return np.squeeze(y, -1) if vector else y


same("linalg.solve linalg.solve_ex", _solve)
same("linalg.solve_triangular", lambda a, b, upper, left=True, unitriangular=False: _solve(
    _triangle(a, upper, unitriangular), b, left))  # fmt: skip
same("triangular_solve", lambda b, a, upper=False, transpose=False, unitriangular=False: (
    np.linalg.solve(np.matrix_transpose(t) if transpose else t, b), t * 1) if (
        t := _triangle(a, upper, unitriangular)) is not None else None)  # fmt: skip


def _triangle(a: Any, upper: bool, unit: bool) -> Any:
    if unit:
        return (np.triu(a, 1) if upper else np.tril(a, -1)) + np.eye(a.shape[-1])
    return np.triu(a) if upper else np.tril(a)


def _root(a: Any, upper: bool = False, **_: Any) -> Any:
    y = np.linalg.cholesky(_symmetric(a))
    return np.matrix_transpose(y) if upper else y


same("cholesky linalg.cholesky linalg.cholesky_ex", _root)
same("cholesky_inverse", lambda a, upper=False: np.linalg.inv(
    np.matrix_transpose(t) @ t if upper else t @ np.matrix_transpose(t)) if (
        t := _triangle(a, upper, True)) is not None else None)  # fmt: skip
same("cholesky_solve", lambda b, a, upper=False: np.linalg.solve(
    np.matrix_transpose(t) @ t if upper else t @ np.matrix_transpose(t), b) if (
        t := _triangle(a, upper, False)) is not None else None)  # fmt: skip


same("linalg.eigvalsh", lambda a, UPLO="L": np.linalg.eigvalsh(_symmetric(a)))
same("linalg.eigh", lambda a, UPLO="L": (lambda w, v: (w, np.abs(v)))(
    *np.linalg.eigh(_symmetric(a))))  # fmt: skip
same("linalg.svdvals", lambda a, driver=None: np.linalg.svd(a, compute_uv=False))
same("linalg.svd svd", lambda a, *_, **__: np.linalg.svd(a, full_matrices=False))
same("linalg.qr qr", lambda a, *_, **__: tuple(np.linalg.qr(a)))
same("linalg.lstsq linalg.lstsq:grad_oriented", lambda a, b, driver=None, rcond=None: (
    np.linalg.pinv(a) @ b))  # fmt: skip
same("linalg.tensorinv", lambda a, ind=2: np.linalg.tensorinv(a, ind))
same("linalg.tensorsolve", lambda a, b, dims=None: np.linalg.tensorsolve(a, b, dims))
same("linalg.vander", lambda x, N=None: np.atleast_1d(x)[..., None] ** np.arange(
    N or np.atleast_1d(x).shape[-1]))
same("linalg.cond", lambda a, p=None: np.linalg.cond(a, p))
same("linalg.norm linalg.norm:subgradients_at_zero", lambda x, ord=None, dim=None, keepdim=False,
     dtype=None: np.linalg.norm(x, ord, tuple(dim) if isinstance(dim, list) else dim, keepdim)
     if x.ndim else np.abs(x))  # fmt: skip
same("linalg.matrix_norm", lambda x, ord="fro", dim=(-2, -1), keepdim=False, dtype=None:
     np.linalg.norm(x, ord, tuple(dim), keepdim))  # fmt: skip
same("linalg.vector_norm", lambda x, ord=2, dim=None, keepdim=False, dtype=None:
     np.linalg.vector_norm(x, ord=ord, axis=tuple(dim) if isinstance(dim, list) else dim,
                           keepdims=keepdim))  # fmt: skip
same("norm norm:nuc norm:fro norm:inf", lambda x, p="fro", dim=None, keepdim=False, dtype=None: (
    np.linalg.norm(x, p, axis=tuple(dim) if isinstance(dim, list) else dim or (-2, -1),
                   keepdims=keepdim) if p == "nuc" else np.linalg.vector_norm(
        x, ord=2 if p == "fro" else p, axis=tuple(dim) if isinstance(dim, list) else dim,
        keepdims=keepdim)))  # fmt: skip
