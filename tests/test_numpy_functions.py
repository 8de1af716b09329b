"""NumPy's functions on Tensors: each one that stands for one of NumPy's, in NumPy's spelling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from autograd import (
    Tensor,
    detect_anomaly,
    gradients,
    hessian,
    jvp,
    zoom,
)
from autograd.arrays.dispatch import CONSTANT
from autograd.operation import ARRAY_FUNCTIONS, numpys

nan, inf = np.nan, np.inf
rng = np.random.default_rng(0)
A, B = rng.permutation(12).reshape(3, 4) / 4 - 1.3, rng.permutation(12).reshape(3, 4) / 5 - 0.9
C, V, W = rng.permutation(24).reshape(2, 3, 4) / 8 - 1.4, A[0], B[1]
S = np.array([[2.0, 0.3, -0.2], [0.1, 1.5, 0.4], [-0.3, 0.2, 1.8]])
STACK = np.stack([S, S[::-1] + S.T, S @ S + 1])
HOLED = np.where(np.abs(A) < 0.4, nan, A)


def spd(a):
    return a @ np.matrix_transpose(a) + 3 * np.eye(3)


def parts(*ys):
    """All results in one array."""
    return np.concatenate([np.ravel(y) for y in ys])


CASES = {
    # moves
    "flip": [(lambda a: np.flip(a, 1), A), (np.flip, C)], "fliplr": [(np.fliplr, A)],
    "flipud": [(np.flipud, A)], "rot90": [(lambda a: np.rot90(a, 3), A)],
    "roll": [(lambda a: np.roll(a, 2, axis=1), A), (lambda a: np.roll(a, (1, 2), (0, 1)), A)],
    "tile": [(lambda a: np.tile(a, (2, 1, 2)), A), (lambda a: np.tile(a, reps=2), V)],
    "repeat": [(lambda a: np.repeat(a, 2, axis=0), A), (lambda a: a.repeat([1, 0, 3], axis=0), A)],
    "resize": [(lambda a: np.resize(a, (3, 5)), A)], "diag": [
        (np.diag, V), (np.diag, S), (lambda a: np.diag(a, k=1), A)],
    "diagflat": [(lambda a: np.diagflat(a, -1), V)], "diagonal": [
        (lambda a: a.diagonal(1), A), (lambda a: np.diagonal(a, 0, 1, 2), C)],
    "linalg.diagonal": [(np.linalg.diagonal, C)],
    "triu": [(np.triu, C), (lambda a: np.triu(a, 1), A)], "tril": [(lambda a: np.tril(a, -1), A)],
    "delete": [(lambda a: np.delete(a, 1, axis=0), A), (lambda a: np.delete(a, [0, 2]), V)],
    "compress": [(lambda a: np.compress([True, False, True], a, axis=0), A)],
    "extract": [(lambda a: np.extract(A > 0, a), A)], "choose": [
        (lambda a, b: np.choose([0, 1, 1, 0], [a, b]), V, W)],
    "select": [(lambda a, b: np.select([A > 0, A < -1], [a, b]), A, B),
               (lambda a: np.select([A > 0], [a], default=2.0), A)],
    "insert": [(lambda a, b: np.insert(a, 1, b, axis=0), A, V)],
    "append": [(lambda a, b: np.append(a, b), A, V), (lambda a, b: np.append(a, b, axis=0), A, B)],
    "vstack": [(lambda a, b: np.vstack([a, b, [1, 2, 3, 4]]), A, V), (np.vstack, C)],
    "hstack": [(lambda a, b: np.hstack((a, b)), A, B), (lambda a, b: np.hstack((a, b)), V, W)],
    "dstack": [(lambda a, b: np.dstack([a, b]), A, B)],
    "column_stack": [(lambda a, b: np.column_stack([a, b]), V, W)],
    "block": [(lambda a, b: np.block([[a, b], [np.zeros((1, 8))]]), A, B)],
    "array_split": [(lambda a: parts(*(k * x for k, x in enumerate(np.array_split(a, 3)))), V)],
    "hsplit": [(lambda a: np.hsplit(a, 2)[1], A)], "vsplit": [(lambda a: np.vsplit(a, [1])[1], A)],
    "dsplit": [(lambda a: np.dsplit(a, 2)[1], C)], "meshgrid": [
        (lambda a, b: parts(*np.meshgrid(a, b)), V, W),
        (lambda a, b: np.meshgrid(a, b, indexing="ij")[1], V, W[:2])],
    "lib.stride_tricks.sliding_window_view": [
        (lambda a: np.lib.stride_tricks.sliding_window_view(a, (2, 3)), A)],
    "fft.fftshift": [(lambda a: np.fft.fftshift(a, axes=1), A)],
    "fft.ifftshift": [(np.fft.ifftshift, A)],
    "moveaxis": [(lambda a: np.moveaxis(a, 0, -1), C), (
        lambda a: np.moveaxis(a, (0, 1), (2, 0)), C)],
    "rollaxis": [(lambda a: np.rollaxis(a, 2), C)], "matrix_transpose": [(np.matrix_transpose, C)],
    "linalg.matrix_transpose": [(np.linalg.matrix_transpose, C)],
    "atleast_1d": [(lambda a: np.atleast_1d(np.sum(a)), V)], "atleast_2d": [(np.atleast_2d, V)],
    "atleast_3d": [(lambda a, b: parts(*np.atleast_3d(a, b)), V, A)],
    "broadcast_arrays": [(lambda a, b: parts(*np.broadcast_arrays(a, b)), A, V)],
    "pad": [(lambda a: np.pad(a, 1), A), (lambda a: np.pad(a, ((1, 0), (0, 2)), "edge"), A),
            (lambda a: np.pad(a, 2, mode="reflect"), A), (lambda a: np.pad(a, 1, "wrap"), A),
            (lambda a: np.pad(a, 1, constant_values=7.0), A)],
    # products
    "einsum": [
        (lambda a, b: np.einsum("ij,kj->ik", a, b), A, B), (lambda a: np.einsum("ii", a), S),
        (lambda a: np.einsum("ii->i", a), S), (lambda a, b: np.einsum("ij,j", a, b), A, V),
        (lambda a, b: np.einsum("...ij,...jk->...ik", a, b), C, A.T),
        (lambda a, b: np.einsum("ij,kl->k", a, b), A, B), (lambda a: np.einsum("ijk->kj", a), C),
        (lambda a, b: np.einsum("i...,i...->...", a, b), A, B),
        (lambda a, b, c: np.einsum("ij,kj,il->kl", a, b, c), A, B, A),
        (lambda a, b: np.einsum(a, [0, 1], b, [2, 1], [2, 0]), A, B),
        (lambda a, b: np.einsum("ij,ij->j", a, b), A[:1], B),
        (lambda a: np.einsum("iij->j", a), np.stack([A, B, A])),
        (lambda a: np.einsum("...->...", a), A), (lambda a: np.einsum("ij->", a), A),
    ],
    "tensordot": [(lambda a, b: np.tensordot(a, b, axes=([1], [1])), A, B),
                  (np.tensordot, A, B), (lambda a, b: np.tensordot(a, b, 0), V, W),
                  (lambda a, b: np.tensordot(a, b, axes=((2, 1), (1, 0))), C, A)],
    "linalg.tensordot": [(lambda a, b: np.linalg.tensordot(a, b, axes=1), A, B.T)],
    "inner": [(np.inner, A, B), (np.inner, V, W), (lambda a, b: np.inner(a[0], b), V, W)],
    "vdot": [(np.vdot, A, B)], "vecdot": [(np.vecdot, A, V), (
        lambda a, b: np.vecdot(a, b, axis=0), A, B)],
    "linalg.vecdot": [(np.linalg.vecdot, A, B)], "matvec": [], "vecmat": [],
    "kron": [(np.kron, A, S), (np.kron, V, A)], "trace": [
        (np.trace, S), (lambda a: a.trace(1), A), (lambda a: np.trace(a, axis1=1, axis2=2), C)],
    "linalg.trace": [(np.linalg.trace, C)], "linalg.outer": [(np.linalg.outer, V, W)],
    "cross": [(np.cross, S[0], S[1]), (lambda a, b: np.cross(a, b, axis=0), S, S @ S)],
    "linalg.cross": [(np.linalg.cross, S, S @ S)],
    "correlate": [(np.correlate, V, W[:2]), (lambda a, b: np.correlate(a, b, "same"), W[:2], V)],
    "convolve": [(np.convolve, V, W[:3]), (lambda a, b: np.convolve(a, b, "valid"), W[:2], V)],
    # along an axis
    "cumsum": [(lambda a: np.cumsum(a, axis=1), A), (np.cumsum, A), (lambda a: a.cumsum(0), A)],
    "cumprod": [(lambda a: np.cumprod(a, axis=1), A), (np.cumprod, V), (lambda a: a.cumprod(0), C)],
    "prod": [(np.prod, V), (lambda a: np.prod(a, axis=0), A), (lambda a: a.prod((0, 2)), C),
             (lambda a: np.prod(a, axis=-1, keepdims=True), A)],
    "diff": [(lambda a: np.diff(a, axis=1), A), (lambda a: np.diff(a, n=2), A),
             (lambda a, b: np.diff(a, prepend=b[:, :1], append=0), A, B)],
    "trapezoid": [(np.trapezoid, V), (lambda a: np.trapezoid(a, dx=0.5, axis=0), A),
                  (lambda a, b: np.trapezoid(a, b), A, W)],
    "sort": [(lambda a: np.sort(a, axis=1), A), (lambda a: np.sort(a, axis=None), A),
             (lambda a: np.sort(a, kind="stable", axis=0), A)],
    "partition": [(lambda a: np.partition(a, 1), A)], "ptp": [(lambda a: np.ptp(a, axis=0), A)],
    "quantile": [(lambda a: np.quantile(a, 0.3), A), (
        lambda a: np.quantile(a, [0.1, 1], axis=1), A),
                 (lambda a: np.quantile(a, 0.4, axis=(0, 2), keepdims=True), C),
                 (lambda a, q: np.quantile(a, q / 4 + 0.4), A, V),
                 *((lambda a, m=m: np.quantile(a, 0.3, method=m), A) for m in (
                     "lower", "higher", "nearest", "midpoint"))],
    "percentile": [(lambda a, q: np.percentile(a, q * 10 + 50, axis=1), A, V),
                   (lambda a: np.percentile(a, 60, axis=0), A)],
    "median": [(np.median, A), (lambda a: np.median(a, axis=0), A)],
    "nanquantile": [(lambda a: np.nanquantile(a + HOLED * 0, 0.3, axis=1), A)],
    "nanpercentile": [(lambda a: np.nanpercentile(a + HOLED * 0, 30), A)],
    "nanmedian": [(lambda a: np.nanmedian(a + HOLED * 0, axis=0), A)],
    "average": [(lambda a, b: np.average(a, axis=0, weights=b + 2), A, B), (np.average, A),
                (lambda a, b: np.average(a, 1, b + 2), A, W),
                (lambda a, b: parts(*np.average(a, weights=b + 2, returned=True)), A, B)],
    **{f"nan{name}": [(lambda a, name=name: getattr(np, f"nan{name}")(np.where(
        np.isnan(HOLED), nan, a), axis=1), A)] for name in (
            "sum", "prod", "mean", "var", "std", "max", "min", "cumsum", "cumprod")},
    "cov": [(np.cov, A), (lambda a: np.cov(a, rowvar=False, ddof=0), A), (np.cov, V, W), (
        lambda a: np.cov(a, aweights=np.arange(4.0), fweights=[1, 2, 1, 3]), A)],
    "corrcoef": [(np.corrcoef, A)], "gradient": [
        (np.gradient, V), (lambda a: parts(*np.gradient(a, 0.5, [0, 1, 3, 4])), A),
        (lambda a: np.gradient(a, axis=0, edge_order=2), A)],
    # linear algebra
    "linalg.inv": [(np.linalg.inv, S), (np.linalg.inv, STACK)],
    "linalg.det": [(np.linalg.det, S), (np.linalg.det, STACK)],
    "linalg.slogdet": [(lambda a: np.linalg.slogdet(a)[1], STACK)],
    "linalg.solve": [(np.linalg.solve, S, A), (np.linalg.solve, S, A[:, 0]),
                     (np.linalg.solve, STACK, S), (np.linalg.solve, S, STACK)],
    "linalg.pinv": [(np.linalg.pinv, A), (np.linalg.pinv, np.stack([A.T, B.T]))],
    "linalg.lstsq": [(lambda a, b: parts(*np.linalg.lstsq(a, b)[:2]), A.T, W)],
    "linalg.matrix_power": [*((lambda a, n=n: np.linalg.matrix_power(a, n), S) for n in (
        0, 1, 3, 6, -2))],
    "linalg.multi_dot": [(lambda a, b, c: np.linalg.multi_dot([a, b, c]), A, B.T, S)],
    "linalg.tensorinv": [(lambda a: np.linalg.tensorinv(a.reshape(3, 3, 1), ind=1), S)],
    "linalg.tensorsolve": [(lambda a, b: np.linalg.tensorsolve(a.reshape(3, 1, 3), b.reshape(
        3, 1)), S, S[0])],
    "linalg.cholesky": [(lambda a: np.linalg.cholesky(spd(a)), S), (
        lambda a: np.linalg.cholesky(spd(a), upper=True), STACK), (np.linalg.cholesky, S)],
    "linalg.eigh": [(lambda a: parts(*np.linalg.eigh(spd(a))), S), (
        lambda a: np.linalg.eigh(a, "U")[0], S)],
    "linalg.eigvalsh": [(np.linalg.eigvalsh, S), (lambda a: np.linalg.eigvalsh(spd(a)), STACK)],
    "linalg.svd": [(lambda a: parts(*np.linalg.svd(a, full_matrices=False)), A),
                   (lambda a: parts(*np.linalg.svd(a, full_matrices=False)), A.T),
                   (lambda a: parts(*np.linalg.svd(a)), S),
                   (lambda a: np.linalg.svd(a, compute_uv=False), STACK)],
    "linalg.svdvals": [(np.linalg.svdvals, A)],
    "linalg.qr": [(lambda a: parts(*np.linalg.qr(a)), A), (lambda a: parts(*np.linalg.qr(a)), A.T),
                  (lambda a: np.linalg.qr(a, "r"), STACK)],
    "linalg.norm": [
        (np.linalg.norm, A), *((lambda a, k=k: np.linalg.norm(a, k), V) for k in (
            1, 2, 3, 0.5, -1, inf, -inf)),
        *((lambda a, k=k: np.linalg.norm(a, k), A) for k in (
            "fro", "nuc", 1, -1, 2, -2, inf, -inf)),
        (lambda a: np.linalg.norm(a, "nuc", axis=(2, 0), keepdims=True), C),
        (lambda a: np.linalg.norm(a, 1, axis=(0, 1), keepdims=True), C),
        (lambda a: np.linalg.norm(a, 3, axis=1), C)],
    "linalg.vector_norm": [(lambda a: np.linalg.vector_norm(a, ord=3, axis=0), A)],
    "linalg.matrix_norm": [(lambda a: np.linalg.matrix_norm(a, ord="nuc"), C)],
    "linalg.cond": [(np.linalg.cond, S), (lambda a: np.linalg.cond(a, -2), S), (
        lambda a: np.linalg.cond(a, inf), S)],
    # others
    "clip": [(lambda a: np.clip(a, -1, None), A)], "nan_to_num": [
        (lambda a: np.nan_to_num(np.where(A > 1, nan, a), nan=3.0), A)],
    "round": [(lambda a: a + np.round(a, 1) * 0 + np.round(A, 1), A)], "copy": [(np.copy, A)],
    "polyval": [(lambda p, x: np.polyval(p, x), V, A)], "vander": [
        (np.vander, V), (lambda a: np.vander(a, 3, increasing=True), V)],
    "interp": [(lambda x, f: np.interp(x, [-2, -0.51, 0.62, 2], f), A, W),
               (lambda x: np.interp(x, [-0.7, 1.1], [1, 2], left=7), V)],
    "angle": [(lambda a: a + np.angle(a), A)],
}  # fmt: skip
if numpys("matvec"):
    CASES |= {"matvec": [(np.matvec, C, V)], "vecmat": [(np.vecmat, V, np.moveaxis(C, 1, 2))]}
if numpys("unstack"):
    CASES |= {"unstack": [(lambda a: np.unstack(a, axis=1)[2], A)]}
    CASES |= {"cumulative_sum": [(lambda a: np.cumulative_sum(a, axis=0), A)]}
    CASES |= {"cumulative_prod": [(lambda a: np.cumulative_prod(a, axis=0), A)]}
SAME_AS = {  # other names of what is tested, and what `test_array_ops` tests
    "around", "fix", "real", "real_if_close", "imag", "amax", "amin", "permute_dims", "concat",
    "sum", "mean", "var", "std", "max", "min", "argmax", "argmin", "dot", "outer", "reshape",
    "ravel", "transpose", "swapaxes", "squeeze", "expand_dims", "broadcast_to", "concatenate",
    "stack", "split", "take", "take_along_axis", "argsort", "argpartition",
}  # fmt: skip
EVERY = [(name, *case) for name, cases in CASES.items() for case in cases]
every = pytest.mark.parametrize(
    "case", EVERY, ids=[f"{name}-{k}" for name, cases in CASES.items() for k in range(len(cases))])


def test_no_function_is_forgotten():
    assert {*ARRAY_FUNCTIONS} - SAME_AS == {*CASES}


@every
def test_numbers_are_numpys_and_derivatives_right(case, check_tensors):
    name, f, *arrays = case
    y = f(*map(Tensor, arrays))
    assert isinstance(y, Tensor)
    np.testing.assert_allclose(y.data, f(*arrays), rtol=1e-12, atol=1e-12)
    check_tensors(f, *arrays, tolerance=1e-5 if "linalg" in name else 1e-6)


@every
def test_types_are_kept_and_anomalies_looked_for(case):
    _, f, *arrays = case
    xs = [Tensor(x.astype("float32")) for x in arrays]
    y = f(*xs)
    wanted = f(*(x.data for x in xs))
    assert y.dtype in ("float32", wanted.dtype)
    with np.errstate(invalid="ignore"):
        for x, g in zip(xs, gradients(y.sum(), xs), strict=True):
            assert (g.dtype, g.shape) == (np.float32, x.shape)
    if "nan" not in case[0]:
        with detect_anomaly():
            f(*map(Tensor, arrays)).sum().backward()


@pytest.mark.parametrize("case", [c for c in EVERY if c[0] in (
    "flip", "triu", "pad", "vstack", "cumsum", "cumprod", "prod", "sort", "einsum", "kron",
    "diff", "median", "tensordot", "gradient")],
    ids=lambda c: c[0])  # fmt: skip
def test_an_element_is_seen_through(case):
    _, f, *arrays = case
    y = f(*map(Tensor, arrays))
    at = tuple(n - 1 for n in y.shape)
    value = zoom(y, at)
    assert value.data == pytest.approx(y.data[at], rel=1e-12)


# --- Edges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("zeros", [[1], [0, 2], [0, 1, 2, 3], [3]])
def test_products_with_zeros(zeros, check_tensors):
    x = A.copy()
    x[:, zeros] = 0
    check_tensors(lambda a: np.prod(a, axis=1), x)
    check_tensors(np.prod, x[0])
    check_tensors(lambda a: np.cumprod(a, axis=1), x)
    hess = hessian(np.prod)(np.array([0.0, 0.0, 3.0]))
    assert hess.tolist() == [[0, 3, 0], [3, 0, 0], [0, 0, 0]]


def test_what_is_equal_shares_when_sorted():
    x = np.array([2.0, 1.0, 2.0, 1.0, 3.0])
    w = np.array([1.0, 10.0, 100.0, 1000.0, 10000.0])
    (g,) = gradients((np.sort(t := Tensor(x)) * w).sum(), [t])
    assert g.tolist() == [550, 5.5, 550, 5.5, 10000]
    assert jvp(np.sort, (x,), (w,))[1].tolist() == [505, 505, 50.5, 50.5, 10000]
    (by_sort,) = gradients(np.sort(t)[-1], [t])
    assert by_sort.tolist() == gradients(t.max(), [t])[0].tolist()
    assert gradients(np.median(t), [t])[0].tolist() == [0.5, 0, 0.5, 0, 0]


def test_determinants_of_singular_matrices(check_tensors):
    rank_2 = np.array([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]])
    for x in rank_2, np.ones((3, 3)), np.zeros((2, 2)), np.stack([rank_2, S]), np.zeros((1, 1)):
        check_tensors(np.linalg.det, x)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        np.linalg.inv(Tensor(rank_2))


def test_norms_of_matrices_with_equal_singular_values():
    for ord, wanted in ("nuc", np.eye(3)), (2, np.eye(3) / 3), (-2, np.eye(3) / 3):
        for x in np.zeros((3, 3)), np.eye(3):
            (g,) = gradients(np.linalg.norm(t := Tensor(x), ord), [t])
            np.testing.assert_allclose(g, wanted, atol=1e-15)
    (g,) = gradients(np.linalg.eigvalsh(t := Tensor(np.eye(3))).sum(), [t])
    assert g.tolist() == np.eye(3).tolist()


def test_one_triangle_is_read_and_has_the_derivative():
    for f in np.linalg.cholesky, np.linalg.eigvalsh:
        (g,) = gradients(f(x := Tensor(S)).sum(), [x])
        assert np.array_equal(np.triu(g, 1), np.zeros((3, 3)))


def test_nan_goes_where_numpy_lets_it_go():
    x = np.array([[1.0, nan, 3.0], [4.0, 5.0, 6.0]])
    for f in np.median, np.sort, np.cumsum, np.prod, lambda x, axis: np.quantile(x, 0.2, axis=axis):
        np.testing.assert_array_equal(f(Tensor(x), axis=1).data, f(x, axis=1))
    none = np.full((2, 2), nan)
    assert np.isnan(np.nanmax(Tensor(none), axis=0).data).all()
    for f in np.nansum, np.nanmean, np.nanvar, np.nanmax, np.nanmedian:
        (g,) = gradients(f(t := Tensor(x), axis=1).sum(), [t])
        assert np.isfinite(g).all()
        assert g[0, 1] == 0


def test_no_elements():
    nothing = np.zeros((0, 3))
    for f in (np.cumsum, np.prod, np.sort, np.diff, lambda x: np.vstack([x, x]), np.triu,
              lambda x: np.tile(x, 2), lambda x: np.pad(x, 1), lambda x: np.einsum("ij->j", x),
              lambda x: np.linalg.inv(x.reshape(0, 3, 3)), lambda x: np.cumprod(x, axis=1),
              lambda x: np.linalg.eigvalsh(x.reshape(0, 3, 3)),
              lambda x: np.linalg.svd(x.reshape(0, 3, 3), compute_uv=False)):  # fmt: skip
        y = f(x := Tensor(nothing))
        assert y.shape == f(nothing).shape
        y.sum().backward()
        assert x.grad.shape == (0, 3)


@given(data=st.data())
def test_moves_of_any_shape(data, check_tensors):
    shape = data.draw(array_shapes(min_dims=1, max_dims=3, max_side=3))
    x = rng.normal(size=shape)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    other = data.draw(st.integers(-len(shape), len(shape) - 1))
    n = data.draw(st.integers(0, 3))
    f = data.draw(st.sampled_from([
        lambda a: np.flip(a, axis), lambda a: np.roll(a, n, axis), lambda a: np.repeat(a, n, axis),
        lambda a: np.moveaxis(a, axis, other), lambda a: np.pad(a, n, "edge"),
        lambda a: np.tile(a, (n, 2)), lambda a: np.cumsum(a, axis), lambda a: np.cumprod(a, axis),
        lambda a: np.prod(a, axis), lambda a: np.sort(a, axis), lambda a: np.diff(a, n, axis),
        lambda a: np.tensordot(a, a, (axis, axis)), lambda a: np.inner(a, a),
        lambda a: np.quantile(a, [0.2, 0.7], axis), lambda a: np.stack([a, a], axis),
        lambda a: np.append(a, a, axis), lambda a: np.delete(a, 0, axis),
    ]))  # fmt: skip
    np.testing.assert_allclose(f(Tensor(x)).data, f(x), rtol=1e-12, atol=1e-12)
    check_tensors(f, x)


# --- Constants, methods, messages -----------------------------------------------------------------


def test_predicates_and_likes_give_arrays():
    t = Tensor(A)
    assert np.allclose(t, A)
    assert np.isclose(t, A).all()
    assert np.array_equal(t, A)
    assert np.logical_and(t > 0, t).tolist() == (A > 0).tolist()
    for count in np.any, np.all, np.count_nonzero:
        assert count(t) == count(A)
    for like in np.zeros_like, np.ones_like, np.empty_like:
        assert (type(like(t)), like(t).shape) == (np.ndarray, A.shape)
    assert np.full_like(t, 3.0).tolist() == np.full_like(A, 3.0).tolist()
    assert np.searchsorted([-1, 0, 1], t).tolist() == np.searchsorted([-1, 0, 1], A).tolist()
    assert [k.tolist() for k in np.nonzero(t > 1)] == [k.tolist() for k in (A > 1).nonzero()]
    assert np.argsort(t).tolist() == np.argsort(A).tolist()
    assert np.linalg.matrix_rank(t) == 3
    assert "allclose" in CONSTANT


def test_methods():
    t = Tensor(A)
    assert t.tolist() == A.tolist()
    assert t[0, 0].item() == t.item(0) == A[0, 0]
    assert t.flatten().shape == (12,)
    assert t.copy().op.name == "positive"
    assert (t.any(), t.all(axis=0).tolist()) == (A.any(), A.all(axis=0).tolist())
    for name in "prod", "cumsum", "cumprod", "ptp":
        f = getattr(t, name, None) or getattr(np, name)
        assert f(axis=0).data == pytest.approx(getattr(np, name)(A, axis=0))
    assert t.sort(axis=0).data.tolist() == np.sort(A, axis=0).tolist()
    assert t.argsort(axis=0).tolist() == np.argsort(A, axis=0).tolist()
    assert t.round(1).data.tolist() == A.round(1).tolist()
    assert Tensor(C).mT.shape == (2, 4, 3)
    assert (np.divmod(t, 0.7)[1].data == np.divmod(A, 0.7)[1]).all()
    assert (np.modf(t)[0].data == np.modf(A)[0]).all()
    with pytest.raises(ValueError, match="size 1"):
        t.item()


@pytest.mark.parametrize(("call", "message"), [
    (lambda t: np.linalg.eig(t), r"np\.linalg\.eig does not take Tensors: use t\.data for the "
     r"array, or np\.linalg\.eigh"),
    (lambda t: np.fft.fft(t), r"np\.fft\.fft does not take Tensors: .*docs/arrays\.md"),
    (lambda t: np.unwrap(t), r"np\.unwrap does not take Tensors"),
    (lambda t: np.linalg.svd(t), r"linalg\.svd of Tensors: .* write full_matrices=False"),
    (lambda t: t.mean(dim=0), "mean takes no dim=: write axis= for dim="),
    (lambda t: t.sum(dim=0, keepdim=True), "sum takes no dim=, keepdim=: write axis= for dim=, k"),
    (lambda t: t.cumsum(dim=0), "cumsum takes no dim=: write axis= for dim="),
    (lambda t: t.var(unbiased=False), "var takes no unbiased=: write ddof= for unbiased="),
    (lambda t: t.argmax(dim=1), "argmax takes no dim=: write axis= for dim="),
    (lambda t: np.sum(t, dtype=float), r"np\.sum of Tensors takes no dtype=: it takes axis=, keep"),
    (lambda t: np.pad(t, 1, "mean"), "pad: mode='mean' of Tensors: it is one of constant, edge"),
    (lambda t: np.quantile(t, 1.5), r"quantile: q is between 0 and 1, got 1\.5"),
    (lambda t: np.quantile(t, 0.5, method="hazen"), "method='hazen': it is one of linear"),
    (lambda t: np.einsum("ij,jk", t), "einsum: 'ij,jk' is for 2 operands, got 1"),
    (lambda t: np.einsum("i", t), r"einsum: 'i' of 'i' for an operand of shape \(3, 4\)"),
    (lambda t: np.einsum("ij->k", t), "einsum: 'ij->k': the result has k, which no operand has"),
    (lambda t: np.linalg.inv(t), r"inv: an array of shape \(3, 4\): it takes square matrices"),
    (lambda t: np.vstack([t, t.T]), r"vstack of shape \(3, 4\) and \(4, 3\): "),
    (lambda t: np.linalg.norm(t, "no"), "norm: ord='no' of a matrix: it is 'fro', 'nuc', 1"),
    (lambda t: np.cross(t, t), "cross: vectors of 4 and 4 elements: both must have 3"),
])  # fmt: skip
def test_errors_say_what_to_do(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(Tensor(A))
