"""Linear algebra: inverses, determinants, decompositions, norms, as in ``np.linalg``.

The formulas are those of M. Giles, "An extended collection of matrix derivative results" (2008);
those of pinv are from G. Golub and V. Pereyra (1973). All take stacks of matrices.
"""

import builtins
import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..array_ops import (
    Axis,
    _kept,
    array_operation,
    concatenate,
    expand_dims,
    getitem,
    matmul,
    max,
    min,
    norm,
    positions_of,
    ravel,
    raw,
    reshape,
    shape_of,
    sum,
    swapaxes,
    transpose,
    unbroadcast,
)
from ..operation import array_function
from ..ops import absolute, chain
from .moves import diagonal, moveaxis, tril, triu
from .products import trace

__all__ = [
    "cholesky", "cond", "det", "eigh", "eigvalsh", "inv", "lstsq", "matrix_norm", "matrix_power",
    "multi_dot", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "tensorinv", "tensorsolve",
]  # fmt: skip


def _t(x: Any) -> Any:
    """Transpose the matrices of a stack."""
    return swapaxes(x, -1, -2)


def _product(*xs: Any) -> Any:
    return reduce(matmul, xs)


def _square(name: str, x: Any) -> tuple[int, ...]:
    shape = shape_of(x)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"{name}: an array of shape {shape}: it takes square matrices, or stacks "
                         "of them")  # fmt: skip
    return shape


def _eye(x: Any) -> Any:
    """Give the identity of the size and type of the rightmost axis."""
    return np.eye(shape_of(x)[-1], dtype=x.dtype)


def _column(x: Any, k: int = -1) -> Any:
    return expand_dims(x, k)


# --- Inverses and determinants --------------------------------------------------------------------

_inv = array_operation(
    "inv", np.linalg.inv,
    [lambda g, y, x: -_product(_t(y), g, _t(y))], [lambda t, y, x: -_product(y, t, y)],
    symbol="⁻¹")  # fmt: skip


@array_function("linalg.inv")
def inv(a: Any) -> Any:
    """Invert matrices."""
    _square("inv", a)
    return _inv(a)


def _solve_vjp(i: int, g: Any, y: Any, a: Any, b: Any) -> Any:
    back = _solve(_t(a), g)
    d = -matmul(back, _t(y)) if i == 0 else back
    return unbroadcast(d, shape_of((a, b)[i]))


def _solve_jvp(i: int, t: Any, y: Any, a: Any, b: Any) -> Any:
    return _solve(a, -matmul(t, y) if i == 0 else t)


_solve = array_operation("solve", np.linalg.solve, _solve_vjp, _solve_jvp)


@array_function("linalg.solve")
def solve(a: Any, b: Any) -> Any:
    """Solve a x = b: for a vector, or for each column of b."""
    _square("solve", a)
    if len(shape_of(b)) != 1:
        return _solve(a, b)
    return reshape(_solve(a, _column(b)), shape=shape_of(a)[:-1])


def _cofactors(y: Any, x: Any) -> Any:
    """Give the derivatives of the determinant: det(x) x⁻ᵀ, or where that is 0 · ∞ by powers of x.

    The determinant times the inverse is accurate also for matrices that are nearly singular
    (G. W. Stewart, "On the adjugate matrix", 1998); the powers are Faddeev and LeVerrier's.
    """
    n = shape_of(x)[-1]
    if raw(y).all() and np.isfinite(raw(y)).all():
        return _column(_column(y)) * _t(_inv(x))
    m = one = np.broadcast_to(_eye(x), shape_of(x))
    for k in range(1, n):
        xm = matmul(x, m)
        m = xm - one * _column(_column(trace(xm, 0, -2, -1))) / k
    return _t(m) * (-1) ** (n - 1)


_det = array_operation(
    "det", np.linalg.det, [lambda g, y, x: _column(_column(g)) * _cofactors(y, x)],
    [lambda t, y, x: sum(t * _cofactors(y, x), axis=(-2, -1))])  # fmt: skip


@array_function("linalg.det")
def det(a: Any) -> Any:
    """Give determinants; the derivative is right for singular matrices, too."""
    _square("det", a)
    return _det(a)


_logdet = array_operation(
    "logdet", lambda x: np.linalg.slogdet(x)[1],
    [lambda g, y, x: _column(_column(g)) * _t(_inv(x))],
    [lambda t, y, x: trace(matmul(_inv(x), t), 0, -2, -1)], symbol="ln |det|")  # fmt: skip


@array_function("linalg.slogdet")
def slogdet(a: Any) -> Any:
    """Give the sign of determinants, an array, and the logarithm of their absolute value."""
    _square("slogdet", a)
    return type(np.linalg.slogdet(np.eye(1)))(np.linalg.slogdet(raw(a))[0], _logdet(a))


def _pinv_vjp(g: Any, y: Any, x: Any, rcond: Any) -> Any:
    gt, yt = _t(g), _t(y)
    left, right = _eye(y) - matmul(x, y), _eye(x) - matmul(y, x)
    return -_product(yt, g, yt) + _product(left, gt, y, yt) + _product(yt, y, gt, right)


def _pinv_jvp(t: Any, y: Any, x: Any, rcond: Any) -> Any:
    tt, yt = _t(t), _t(y)
    left, right = _eye(y) - matmul(x, y), _eye(x) - matmul(y, x)
    return -_product(y, t, y) + _product(y, yt, tt, left) + _product(right, tt, yt, y)


_pinv = array_operation(
    "pinv", lambda x, rcond: np.linalg.pinv(x, rcond), [_pinv_vjp], [_pinv_jvp])


@array_function("linalg.pinv")
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:
    """Give pseudoinverses; differentiable where the rank does not change."""
    return _pinv(a, rcond=rcond if rtol is None else rtol)


@array_function("linalg.lstsq")
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """Give the x for which ‖a x − b‖ is smallest, the squared rest, the rank, singular values."""
    x = matmul(pinv(a), b)
    _, residuals, rank, values = np.linalg.lstsq(raw(a), raw(b), rcond)
    rest = b - matmul(a, x)
    rest = sum(rest * rest, axis=0, keepdims=len(shape_of(b)) == 1)
    return x, rest if residuals.size else residuals, rank, values


@array_function("linalg.matrix_power")
def matrix_power(a: Any, n: int) -> Any:
    """Raise matrices to a whole power, by squaring."""
    shape = _square("matrix_power", a)
    if n < 0:
        a, n = inv(a), -n
    y = None
    while n:
        y = a if n & 1 and y is None else matmul(y, a) if n & 1 else y
        n >>= 1
        a = matmul(a, a) if n else a
    return a * 0 + np.broadcast_to(_eye(a), shape) if y is None else y


@array_function("linalg.multi_dot")
def multi_dot(arrays: Sequence[Any]) -> Any:
    """Multiply several matrices, the first and the last of which may be vectors."""
    return _product(*arrays)


@array_function("linalg.tensorinv")
def tensorinv(a: Any, ind: int = 2) -> Any:
    """Invert an array as the matrix from its last axes to its first `ind`."""
    shape = shape_of(a)
    rows = math.prod(shape[:ind])
    return reshape(inv(reshape(a, shape=(rows, -1))), shape=shape[ind:] + shape[:ind])


@array_function("linalg.tensorsolve")
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """Solve a x = b, where the products are summed over all axes of x."""
    n = len(shape_of(a))
    if axes is not None:
        moved = positions_of(a, tuple(axes))
        a = transpose(a, axes=(*(k for k in range(n) if k not in moved), *moved))
    shape = shape_of(a)[len(shape_of(b)) :]
    return reshape(solve(reshape(a, shape=(-1, math.prod(shape))), ravel(b)), shape=shape)


# --- Decompositions -------------------------------------------------------------------------------
# One operation has one result: the parts lie in it one after the other, and are cut out.


def _packed(parts: Sequence[Any], batch: int) -> Any:
    rows = [reshape(x, shape=(*(s := shape_of(x))[:batch], math.prod(s[batch:]))) for x in parts]
    return concatenate(rows, -1)


def _unpacked(y: Any, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    parts, start = [], 0
    for shape in shapes:
        end = start + math.prod(shape)
        part = getitem(y, index=(..., slice(start, end)))
        parts.append(reshape(part, shape=(*shape_of(y)[:-1], *shape)))
        start = end
    return parts


def _decomposition(
    name: str, forward: Callable[..., Any], shapes: Callable[..., Any],
    vjp: Callable[..., Any], jvp: Callable[..., Any],
) -> Any:  # fmt: skip
    """Make a function that gives several arrays: the rules take and give them as lists."""

    def cut(y: Any, x: Any) -> list[Any]:
        return _unpacked(y, shapes(*shape_of(x)[-2:]))

    def batch(x: Any) -> int:
        return len(shape_of(x)) - 2

    op = array_operation(
        name, lambda x: _packed(forward(x), batch(x)),
        [lambda g, y, x: vjp(cut(g, x), cut(y, x), x)],
        [lambda t, y, x: _packed(jvp(t, cut(y, x), x), batch(x))])  # fmt: skip
    return lambda x: cut(op(x), x)


def _inverse_gaps(w: Any) -> Any:
    """Give 1 / (wⱼ − wᵢ), and 0 on the diagonal; `chain` lets values that are equal be."""
    gaps = _column(w, -2) - _column(w)
    return 1 / (gaps + _eye(w)) * (1 - _eye(w))


def _symmetric(x: Any) -> Any:
    return (x + _t(x)) / 2


def _cholesky_rule(lower: Any, inside: Any) -> Any:
    """Take the lower triangle with half the diagonal."""
    return tril(inside) * (1 - _eye(lower) / 2)


def _cholesky_vjp(g: Any, y: Any, x: Any) -> Any:
    inside = _cholesky_rule(y, matmul(_t(y), g))
    return _symmetric(_solve(_t(y), _t(_solve(_t(y), _t(inside)))))


def _cholesky_jvp(t: Any, y: Any, x: Any) -> Any:
    return matmul(y, _cholesky_rule(y, _solve(y, _t(_solve(y, _t(_symmetric(t)))))))


_cholesky = array_operation("cholesky", np.linalg.cholesky, [_cholesky_vjp], [_cholesky_jvp])


def _of_triangle(x: Any, upper: bool) -> Any:
    """Make symmetric what is given by its lower or upper triangle, as NumPy reads it."""
    half = triu(x, 1) if upper else tril(x, -1)
    return half + _t(half) + x * _eye(x)


@array_function("linalg.cholesky")
def cholesky(a: Any, upper: bool = False) -> Any:
    """Give the lower triangles whose product with their transpose is `a`; of `a` one is read."""
    _square("cholesky", a)
    y = _cholesky(_of_triangle(a, upper))
    return _t(y) if upper else y


def _eigh_vjp(g: Any, y: Any, x: Any) -> Any:
    (gw, gv), (w, v) = g, y
    inside = chain(matmul(_t(v), gv), _inverse_gaps(w)) + _column(gw, -2) * _eye(w)
    return _product(v, inside, _t(v))


def _eigh_jvp(t: Any, y: Any, x: Any) -> Any:
    w, v = y
    inside = _product(_t(v), _symmetric(t), v)
    return diagonal(inside, 0, -2, -1), matmul(v, _inverse_gaps(w) * inside)


_eigh = _decomposition(
    "eigh", np.linalg.eigh, lambda n, m: [(n,), (n, n)], _eigh_vjp, _eigh_jvp)  # fmt: skip


@array_function("linalg.eigh")
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Give eigenvalues and eigenvectors of symmetric matrices, of which one triangle is read."""
    _square("eigh", a)
    return type(np.linalg.eigh(np.eye(1)))(*_eigh(_of_triangle(a, UPLO.upper() == "U")))


@array_function("linalg.eigvalsh")
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Give the eigenvalues of symmetric matrices, in ascending order."""
    return eigh(a, UPLO)[0]


def _svd_vjp(g: Any, y: Any, x: Any) -> Any:
    (gu, gs, gv), (u, s, v) = g, y
    k = shape_of(s)[-1]
    gaps = _inverse_gaps(s * s)
    row, one = _column(s, -2), _eye(s)
    left, right = (chain(_skew(matmul(_t(a), ga)), gaps) for a, ga in ((u, gu), (v, gv)))
    inside = left * row + _column(s) * right + _column(gs, -2) * one
    d = _product(u, inside, _t(v))
    if shape_of(u)[-2] > k:
        d = d + matmul(chain(gu - _product(u, _t(u), gu), 1 / row), _t(v))
    if shape_of(v)[-2] > k:
        d = d + matmul(u, _t(chain(gv - _product(v, _t(v), gv), 1 / row)))
    return d


def _skew(x: Any) -> Any:
    return x - _t(x)


def _svd_jvp(t: Any, y: Any, x: Any) -> Any:
    u, s, v = y
    k, row = shape_of(s)[-1], _column(s, -2)
    inside = _product(_t(u), t, v)
    gaps = _inverse_gaps(s * s)
    scaled, turned = inside * row, _column(s) * inside
    du = matmul(u, gaps * (scaled + _t(scaled)))
    dv = matmul(v, gaps * (turned + _t(turned)))
    if shape_of(u)[-2] > k:
        tv = matmul(t, v)
        du = du + (tv - _product(u, _t(u), tv)) / row
    if shape_of(v)[-2] > k:
        tu = matmul(_t(t), u)
        dv = dv + (tu - _product(v, _t(v), tu)) / row
    return du, diagonal(inside, 0, -2, -1), dv


def _svd_forward(x: Any) -> Any:
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    return u, s, np.swapaxes(vt, -1, -2)


_svd = _decomposition(
    "svd", _svd_forward, lambda n, m: [(n, (k := builtins.min(n, m))), (k,), (m, k)],
    _svd_vjp, _svd_jvp)  # fmt: skip


@array_function("linalg.svd")
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True,
        hermitian: bool = False) -> Any:  # fmt: skip
    """Decompose matrices into u, s and vᵀ; differentiable with ``full_matrices=False``."""
    n, m = shape_of(a)[-2:]
    if not compute_uv:
        return _svd(a)[1]
    if full_matrices and n != m:
        raise TypeError("linalg.svd of Tensors: the vectors beyond the singular values have no "
                        "derivative: write full_matrices=False")  # fmt: skip
    u, s, v = _svd(a)
    return type(np.linalg.svd(np.eye(1)))(u, s, _t(v))


@array_function("linalg.svdvals")
def svdvals(x: Any) -> Any:
    """Give the singular values, in descending order."""
    return _svd(x)[1]


def _qr_vjp(g: Any, y: Any, x: Any) -> Any:
    (gq, gr), (q, r) = g, y
    n, m = shape_of(x)[-2:]
    if m <= n:
        inside = matmul(r, _t(gr)) - matmul(_t(gq), q)
        inside = tril(inside) + _t(tril(inside, -1))
        return _t(_solve(r, _t(gq + matmul(q, inside))))
    left, right = (..., slice(0, n)), (..., slice(n, None))
    ga = _qr_vjp((gq + matmul(getitem(x, index=right), _t(getitem(gr, index=right))),
                  getitem(gr, index=left)), (q, getitem(r, index=left)),
                 getitem(x, index=left))  # fmt: skip
    return concatenate([ga, matmul(q, getitem(gr, index=right))], -1)


def _qr_jvp(t: Any, y: Any, x: Any) -> Any:
    q, r = y
    first = (..., slice(0, shape_of(x)[-2]))
    change = _t(_solve(_t(getitem(r, index=first)), _t(getitem(t, index=first))))
    inside = matmul(_t(q), change)
    turn = tril(inside, -1) - _t(tril(inside, -1))
    dq = matmul(q, turn - inside) + change
    return dq, matmul(_t(q), t) - matmul(turn, r)


_qr = _decomposition(
    "qr", np.linalg.qr, lambda n, m: [(n, (k := builtins.min(n, m))), (k, m)], _qr_vjp, _qr_jvp)


@array_function("linalg.qr")
def qr(a: Any, mode: str = "reduced") -> Any:
    """Decompose matrices of full rank into an orthogonal and an upper triangular one."""
    if mode not in ("reduced", "r"):
        raise TypeError(f"linalg.qr of Tensors: mode={mode!r}: it is 'reduced' or 'r'")
    q, r = _qr(a)
    return r if mode == "r" else type(np.linalg.qr(np.eye(1)))(q, r)


# --- Norms ----------------------------------------------------------------------------------------


def _vector_norm(x: Any, ord: Any, axis: Axis, keepdims: bool) -> Any:
    size = absolute(x)
    if ord in (None, 2, "fro"):
        return norm(x, axis=axis, keepdims=keepdims)
    if ord in (np.inf, -np.inf):
        return (max if ord > 0 else min)(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return sum(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.count_nonzero(raw(x), axis=axis, keepdims=keepdims).astype(x.dtype)
    if isinstance(ord, str):
        raise ValueError(f"norm: ord={ord!r} of a vector: it is a number")
    return sum(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    rows, columns = positions_of(x, axes)
    if ord in (None, "fro"):
        return norm(x, axis=axes, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        by, over = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = sum(absolute(x), axis=by, keepdims=True)
        y = (max if ord > 0 else min)(sums, axis=over, keepdims=True)
        y = reshape(y, shape=np.squeeze(np.empty(shape_of(y)), axes).shape)
    elif ord in (2, -2, "nuc"):
        s = _svd(moveaxis(x, (rows, columns), (-2, -1)))[1]
        y = (sum if ord == "nuc" else max if ord == 2 else min)(s, axis=-1)  # ties share
    else:
        raise ValueError(f"norm: ord={ord!r} of a matrix: it is 'fro', 'nuc', 1, -1, 2, -2, inf or "
                         "-inf")  # fmt: skip
    return _kept(y, x, axes, False) if keepdims else y


@array_function("linalg.norm")
def linalg_norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Give the norm of vectors or matrices, in all the orders that NumPy has."""
    n = len(shape_of(x))
    if axis is None:
        if ord is None:
            return norm(x, keepdims=keepdims)
        axis = tuple(range(n))
    if isinstance(axis, int) or len(axis) == 1:
        return _vector_norm(x, ord, axis, keepdims)
    if len(axis) != 2:
        raise ValueError(f"norm: ord={ord!r} over {len(axis)} axes: it goes over one or two")
    return _matrix_norm(x, ord, axis, keepdims)


@array_function("linalg.vector_norm")
def vector_norm(x: Any, ord: Any = 2, axis: Axis = None, keepdims: bool = False) -> Any:
    """Give the norm of all elements, or of those along axes, as of one vector."""
    return _vector_norm(x, ord, axis, keepdims)


@array_function("linalg.matrix_norm")
def matrix_norm(x: Any, ord: Any = "fro", keepdims: bool = False) -> Any:
    """Give the norm of matrices."""
    return _matrix_norm(x, ord, (-2, -1), keepdims)


@array_function("linalg.cond")
def cond(x: Any, p: Any = None) -> Any:
    """Give the condition number: the norm of a matrix times that of its inverse."""
    if p in (None, 2, -2):
        s = svdvals(x)
        ends = max(s, axis=-1), min(s, axis=-1)
        return ends[0] / ends[1] if p != -2 else ends[1] / ends[0]
    return matrix_norm(x, p) * matrix_norm(inv(x), p)
