"""Operations on whole arrays: derivatives, agreement with NumPy and PyTorch, edges, bad input."""

import copy
import pickle
from operator import attrgetter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes

from autograd import (
    Tensor,
    array_operation,
    array_ops,
    concatenate,
    detect_anomaly,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linear,
    matmul,
    softmax_cross_entropy,
    stack,
    vjp,
)
from autograd.array_ops import ARRAY_OPS
from mlp.regularizers import sum_of_squares

inf, nan = np.inf, np.nan
rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def same_numbers():
    """Every test has the same random numbers, whichever ran before."""
    rng.bit_generator.state = np.random.default_rng(0).bit_generator.state


def array(*shape):
    """Different numbers, none near another, so that max has no kink nearby."""
    n = int(np.prod(shape))
    return (rng.permutation(n) / max(n, 4) * 4 - 1.7).reshape(shape)


def backward(f, *arrays):
    """The gradients of the sum of `f`."""
    tensors = [Tensor(x) for x in arrays]
    f(*tensors).sum().backward()
    return [t.grad for t in tensors]


# --- Derivatives ----------------------------------------------------------------------------------
# Each case draws shapes and parameters, and gives our function, PyTorch's, and the arrays.

shapes = array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)


@st.composite
def axes(draw, shape, several=True):
    """None, one axis, or some: counted from the front or from the back."""
    n = len(shape)
    kinds = ["none", "one"] + ["some"] * several
    kind = draw(st.sampled_from(kinds if n else ["none"]))
    if kind == "none":
        return None
    if kind == "one":
        return draw(st.integers(-n, n - 1))
    chosen = draw(st.lists(st.integers(0, n - 1), unique=True, min_size=1))
    return tuple(k - n * draw(st.booleans()) for k in chosen)


def reduction(name, torch_name=None, least=1):
    @st.composite
    def case(draw):
        shape = draw(array_shapes(min_dims=0, max_dims=3, min_side=least, max_side=3))
        axis, keepdims = draw(axes(shape)), draw(st.booleans())

        def ours(x):
            return getattr(array_ops, name)(x, axis=axis, keepdims=keepdims)

        def theirs(torch, x):
            every = tuple(range(x.ndim)) if axis is None else axis
            every = every if shape else 0
            y = attrgetter(torch_name or name)(torch)(
                x.reshape(shape or 1), dim=every, keepdim=keepdims)
            return y if shape else y.reshape(())

        return ours, theirs, [array(*shape)]

    return case()


def variance(name):
    @st.composite
    def case(draw):
        shape = draw(array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=3))
        axis, ddof, keepdims = draw(axes(shape)), draw(st.integers(0, 1)), draw(st.booleans())
        ours = lambda x: getattr(x, name)(axis=axis, ddof=ddof, keepdims=keepdims)  # noqa: E731
        theirs = lambda torch, x: getattr(torch, name)(  # noqa: E731
            x, dim=axis, correction=ddof, keepdim=keepdims)
        return ours, theirs, [array(*shape)]

    return case()


def along_axis(name):
    @st.composite
    def case(draw):
        shape = draw(shapes)
        axis = draw(st.integers(-len(shape), len(shape) - 1))
        ours = lambda x: getattr(array_ops, name)(x, axis=axis)  # noqa: E731
        return ours, lambda torch, x: getattr(torch, name)(x, dim=axis), [array(*shape)]

    return case()


@st.composite
def reshapes(draw):
    shape = draw(shapes)
    n = int(np.prod(shape))
    new = draw(st.sampled_from([(-1,), (n, 1), (1, -1), shape[::-1], (n,)]))
    return lambda x: x.reshape(new), lambda torch, x: x.reshape(new), [array(*shape)]


@st.composite
def transposes(draw):
    shape = draw(shapes)
    order = draw(st.permutations(range(len(shape))))
    order = [k - len(shape) * draw(st.booleans()) for k in order]
    return lambda x: x.transpose(*order), lambda torch, x: x.permute(*order), [array(*shape)]


@st.composite
def swaps(draw):
    shape = draw(shapes)
    a, b = (draw(st.integers(-len(shape), len(shape) - 1)) for _ in "ab")
    return lambda x: x.swapaxes(a, b), lambda torch, x: x.swapaxes(a, b), [array(*shape)]


@st.composite
def expansions(draw):
    shape = draw(array_shapes(min_dims=0, max_dims=2, max_side=3))
    axis = draw(st.integers(-len(shape) - 1, len(shape)))

    back = draw(st.booleans())

    def ours(x):
        x = array_ops.expand_dims(x, axis)
        return array_ops.squeeze(x, axis) if back else x

    return ours, lambda torch, x: x if back else x.unsqueeze(axis), [array(*shape)]


@st.composite
def broadcasts(draw):
    shape, to = draw(mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)
                     .map(lambda s: (s.input_shapes[0], s.result_shape)))  # fmt: skip
    return (lambda x: array_ops.broadcast_to(x, shape=to),
            lambda torch, x: x.broadcast_to(to), [array(*shape)])  # fmt: skip


@st.composite
def joins(draw):
    shape = list(draw(shapes))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    arrays = []
    for least in (1, 0, 0)[: draw(st.integers(1, 3))]:
        shape[axis] = draw(st.integers(least, 3))
        arrays.append(array(*shape))
    return (lambda *xs: concatenate(xs, axis), lambda torch, *xs: torch.cat(xs, axis), arrays)


@st.composite
def stacks(draw):
    shape = draw(shapes)
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    arrays = [array(*shape) for _ in range(draw(st.integers(1, 3)))]
    return lambda *xs: stack(xs, axis), lambda torch, *xs: torch.stack(xs, axis), arrays


@st.composite
def splits(draw):
    shape = draw(shapes)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    at = sorted(draw(st.lists(st.integers(0, shape[axis]), max_size=3)))

    def ours(x):
        return concatenate([(k + 1) * part for k, part in enumerate(
            array_ops.split(x, at, axis))], axis)  # fmt: skip

    def theirs(torch, x):
        return torch.cat([(k + 1) * part for k, part in enumerate(
            torch.tensor_split(x, at, axis))], axis)  # fmt: skip

    return ours, theirs, [array(*shape)]


INDICES = [
    0, -1, slice(None, None, -1), slice(1, None), None, ..., (..., 0), (0, ..., None), [0, 0, 1],
    (slice(None), [1, 0, 1]), ([0, 1, 0], [1, 1, 1]), (np.array([[0], [1]]), np.array([0, 0])),
    np.array([True, False]), (slice(None), np.array([False, True, True])), np.int64(1), [],
    (0, [0, 0]), (None, [0, 0], ..., 1), True, np.array(1), (np.arange(2) > 5),
]  # fmt: skip


@st.composite
def elements(draw):
    index = draw(st.sampled_from(INDICES))

    def theirs(torch, x):
        take = torch.arange(x.numel()).reshape(x.shape).numpy()[index].copy()
        return x.ravel()[torch.tensor(take)]

    return lambda x: x[index], theirs, [array(2, 3)]


@st.composite
def takes(draw):
    axis = draw(st.sampled_from([None, 0, 1, -1, -2]))
    indices = np.array(draw(st.lists(st.integers(-2, 1), min_size=0, max_size=4)), int)
    if draw(st.booleans()):
        indices = indices[:, None]
    take = np.take(np.arange(6).reshape(2, 3), indices, axis)
    return (lambda x: x.take(indices.tolist() if indices.ndim == 1 else indices, axis),
            lambda torch, x: x.ravel()[torch.tensor(take)], [array(2, 3)])  # fmt: skip


@st.composite
def takes_along(draw):
    axis = draw(st.integers(-2, 1))
    shape = [2, 3]
    shape[axis] = draw(st.integers(1, 3))
    indices = rng.integers(0, [2, 3][axis], shape)
    return (lambda x: array_ops.take_along_axis(x, indices, axis),
            lambda torch, x: torch.take_along_dim(x, torch.tensor(indices), axis),
            [array(2, 3)])  # fmt: skip


@st.composite
def products(draw):
    n, k, m = (draw(st.integers(1, 3)) for _ in "nkm")
    batches = draw(mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=2))
    left, right = batches.input_shapes
    a, b = draw(st.sampled_from([
        ((k,), (k,)), ((k,), (*right, k, m)), ((*left, n, k), (k,)), ((*left, n, k), (*right, k, m))
    ]))  # fmt: skip
    return matmul, lambda torch, a, b: torch.matmul(a, b), [array(*a), array(*b)]


@st.composite
def dots(draw):
    a, b = draw(st.sampled_from([
        ((), ()), ((), (2, 3)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)),
        ((2, 2, 3), (3, 2)),
    ]))  # fmt: skip
    theirs = lambda torch, a, b: a @ b if a.ndim and b.ndim else a * b  # noqa: E731
    return array_ops.dot, theirs, [array(*a), array(*b)]


@st.composite
def squares(draw):
    return sum_of_squares, lambda torch, w: (w * w).sum(), [array(*draw(shapes))]


@st.composite
def outers(draw):
    a, b = draw(shapes), draw(shapes)
    return (array_ops.outer, lambda torch, a, b: torch.outer(a.ravel(), b.ravel()),
            [array(*a), array(*b)])  # fmt: skip


@st.composite
def linears(draw):
    *lead, k, m = draw(array_shapes(min_dims=2, max_dims=4, max_side=3))
    arrays = [array(*lead, k), array(k, m), array(m)][: draw(st.integers(2, 3))]
    return linear, lambda torch, x, w, b=0: x @ w + b, arrays


@st.composite
def cross_entropies(draw):
    n, classes = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    reduction = draw(st.sampled_from(["mean", "sum", "none"]))
    weights = rng.uniform(0.5, 2, n) if draw(st.booleans()) else None
    target = rng.integers(0, classes, n)
    if soft := draw(st.booleans()):
        target = rng.uniform(size=(n, classes))

    def ours(z):
        return softmax_cross_entropy(z, target, weights, reduction)

    def theirs(torch, z):
        p = torch.log_softmax(z, -1)
        t = torch.tensor(target, dtype=None if not soft else z.dtype)
        losses = -(t * p).sum(-1) if soft else -p[torch.arange(n), t]
        if weights is not None:
            losses = losses * torch.tensor(weights, dtype=z.dtype)
        total = n if weights is None else weights.sum()
        return {"none": losses, "sum": losses.sum(), "mean": losses.sum() / total}[reduction]

    return ours, theirs, [array(n, classes)]


CASES = {
    "sum": reduction("sum"), "mean": reduction("mean"), "max": reduction("max", "amax"),
    "min": reduction("min", "amin"), "norm": reduction("norm", "linalg.vector_norm"),
    "logsumexp": reduction("logsumexp"), "var": variance("var"), "std": variance("std"),
    "softmax": along_axis("softmax"), "log_softmax": along_axis("log_softmax"),
    "reshape": reshapes(), "transpose": transposes(), "swapaxes": swaps(),
    "expand_dims": expansions(), "broadcast_to": broadcasts(), "concatenate": joins(),
    "stack": stacks(), "split": splits(), "getitem": elements(), "take": takes(),
    "take_along_axis": takes_along(), "matmul": products(), "dot": dots(), "outer": outers(),
    "linear": linears(), "softmax_cross_entropy": cross_entropies(),
    "sum_of_squares": squares(),
}  # fmt: skip
every_case = pytest.mark.parametrize("name", CASES)


def test_no_operation_is_forgotten():
    composed = {"squeeze": "expand_dims", "ravel": "take", "scatter": "getitem",
                "direction": "norm"}  # fmt: skip
    constant = {"argmax", "argmin", "astype", "array_operation", "ArrayOperation", "ARRAY_OPS"}
    assert {*array_ops.__all__} - constant <= {*CASES, *composed}
    in_test_numpy_functions = {
        "gather", "einsum", "cumsum", "cumprod", "prod", "sort", "inv", "solve", "det", "logdet",
        "pinv", "cholesky", "eigh", "svd", "qr",
    }  # fmt: skip
    assert {*ARRAY_OPS} <= {*CASES, *composed, *in_test_numpy_functions, "astype", "flip"}


@every_case
@given(data=st.data())
def test_derivatives(name, data, check_tensors):
    ours, _, arrays = data.draw(CASES[name])
    check_tensors(ours, *arrays)


@every_case
@given(data=st.data(), dtype=st.sampled_from(["float32", "float64"]))
def test_against_pytorch(name, data, dtype, against_pytorch):
    ours, theirs, arrays = data.draw(CASES[name])
    against_pytorch(ours, theirs, [x.astype(dtype) for x in arrays])


@every_case
@given(data=st.data())
def test_results_equal_those_on_arrays(name, data):
    ours, _, arrays = data.draw(CASES[name])
    if name in ("reshape", "transpose", "swapaxes", "getitem", "take", "var", "std"):
        return  # methods of Tensors
    np.testing.assert_array_equal(ours(*map(Tensor, arrays)).data, ours(*arrays))


def test_an_operation_of_ones_own(check_tensors):
    flip = array_operation("flip", np.flip, vjp=[lambda g, y, x: flip(g)])
    try:
        check_tensors(flip, array(2, 3))
        assert np.array_equal(flip(array(4)[:0]), [])
        assert pickle.loads(pickle.dumps(flip)) is copy.copy(flip) is flip
    finally:
        del ARRAY_OPS["flip"]


# --- Elements -------------------------------------------------------------------------------------


def test_repeated_indices_add_up():
    w = np.array([1.0, 10.0, 100.0, 1000.0])
    for f in (
        lambda x: x[[0, 2, 0, 0]] * w,
        lambda x: x.take([0, 2, 0, 0]) * w,
        lambda x: array_ops.take_along_axis(x, np.array([0, 2, 0, 0]), 0) * w,
    ):
        assert backward(f, array(3))[0].tolist() == [1101, 0, 10]
        assert jvp(f, (np.zeros(3),), (np.array([1.0, 2, 3]),))[1].tolist() == [1, 30, 100, 1000]


def test_positions_from_the_back_are_those_from_the_front():
    x = array(2, 3, 4)
    w = array(4, 2, 3)
    assert np.array_equal(
        *(backward(lambda x, axes=axes: x.transpose(axes) * w, x)[0]
          for axes in ((2, 0, 1), (-1, 0, -2))))  # fmt: skip
    assert Tensor(x).T.shape == Tensor(x).transpose().shape == Tensor(x).transpose(None).shape
    for f in (array_ops.sum, array_ops.var, array_ops.norm, array_ops.logsumexp, array_ops.softmax):
        for back, front in ((-1, 2), (-3, 0), ((-1, -2), (2, 1))):
            assert np.array_equal(f(Tensor(x), axis=back).data, f(Tensor(x), axis=front).data)


@pytest.mark.parametrize("at", [2, [1], [1, 1, 3], [3, 1], [], [-1], [0, 9]])
@pytest.mark.parametrize("axis", [0, -1])
def test_split_is_that_of_numpy(at, axis):
    x = array(4, 6)
    for part, wanted in zip(
        array_ops.split(Tensor(x), at, axis), np.split(x, at, axis), strict=True
    ):
        assert np.array_equal(part.data, wanted)


def test_what_is_out_of_range():
    x = Tensor(array(2, 3))
    for f in (
        lambda: x.take([0], axis=2),
        lambda: array_ops.take_along_axis(x, np.array([[0]]), -3),
        lambda: array_ops.split(x, 2, axis=2),
        lambda: concatenate([x, x], axis=2),
        lambda: x.sum(axis=2),
        lambda: x.mean(axis=(0, 5)),
        lambda: x.swapaxes(0, 2),
        lambda: x[2],
        lambda: x.take([6]),
    ):
        with pytest.raises(IndexError, match=r"out of (bounds|range)"):
            f()
    with pytest.raises(TypeError, match=r"take: indices are integers, got bool.*x\[mask\]"):
        x.take([True, False])
    with pytest.raises(ValueError, match=r"shape \(2,\) for an array of shape \(2, 3\)"):
        array_ops.take_along_axis(x, np.array([0, 0]), 0)
    with pytest.raises(ValueError, match="transpose of shape"):
        x.transpose(0, 0)


# --- Reductions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_share_equally(name):
    f = getattr(array_ops, name)
    x = np.array([[1.0, 1, 1], [2, 2, 3], [0, 3, 3]])
    sign = 1 if name == "max" else -1
    shares = [[1 / 3, 1 / 3, 1 / 3], [0, 0, 1], [0, 0.5, 0.5]]
    assert backward(lambda x: f(x, axis=1), sign * x)[0].tolist() == shares
    assert backward(f, sign * x)[0].tolist() == [[0, 0, 0], [0, 0, 1 / 3], [0, 1 / 3, 1 / 3]]
    assert jvp(f, (sign * x,), (np.eye(3),))[1] == 1 / 3
    assert jvp(f, (sign * x,), (np.ones((3, 3)),))[1] == pytest.approx(1)


def test_no_elements():
    nothing = np.zeros((0, 3))
    for f, shape in ((array_ops.sum, ()), (array_ops.norm, ()), (array_ops.ravel, (0,))):
        assert f(Tensor(nothing)).shape == shape
        assert backward(f, nothing)[0].shape == (0, 3)
    assert backward(lambda x: x.max(axis=1), nothing)[0].shape == (0, 3)
    assert backward(lambda x, w: x @ w, nothing, array(3, 2))[1].tolist() == [[0, 0]] * 3
    assert backward(linear, np.zeros((2, 5, 0)), np.zeros((0, 2)), array(2))[2].tolist() == [10] * 2
    assert backward(lambda x: concatenate([x, x]), nothing)[0].shape == (0, 3)
    for name in ("max", "min", "logsumexp"):
        with pytest.raises(ValueError, match=rf"{name} of shape \(0, 3\): zero-size array"):
            getattr(array_ops, name)(Tensor(nothing), axis=0)
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert np.isnan(Tensor(nothing).mean().data)


def test_norm_and_std_at_0():
    zero = np.zeros(3)
    assert backward(array_ops.norm, zero)[0].tolist() == [0, 0, 0]
    assert backward(array_ops.norm, np.zeros(()))[0] == 0
    assert np.diag(hessian(array_ops.norm)(zero)).tolist() == [inf] * 3
    for f in (array_ops.norm, lambda x: array_ops.norm(x) ** 2, array_ops.std):
        with detect_anomaly(), pytest.raises(FloatingPointError, match="no second derivative at 0"):
            hessian(f)(zero)
    assert jvp(array_ops.norm, (zero,), (np.ones(3),))[1] == 0
    rows = np.array([[2.0, 2, 2], [1, 2, 3]])
    assert backward(lambda x: x.std(axis=1), rows)[0][0].tolist() == [0, 0, 0]
    assert backward(lambda x: x.norm(axis=1), rows * [[0], [1]])[0][0].tolist() == [0, 0, 0]


def test_degrees_of_freedom():
    x = Tensor([1.0, 2.0, 4.0])
    assert x.var(ddof=1).data == pytest.approx(np.var(x.data, ddof=1))
    for ddof, message in ((3, "divide by zero"), (4, "divide by zero")):
        with pytest.warns(RuntimeWarning, match=message):
            assert (x.var(ddof=ddof).data, x.std(ddof=ddof).data) == (inf, inf)


def test_logsumexp_and_softmax_without_overflow():
    x = np.array([[1e4, 1e4 + 1], [-1e4, -1e4], [-inf, 0.0]])
    wanted = [1e4 + np.log1p(np.e), -1e4 + np.log(2), 0]
    assert array_ops.logsumexp(x, axis=1) == pytest.approx(wanted, rel=1e-15)
    p = array_ops.softmax(x, axis=1)
    assert p[1:].tolist() == [[0.5, 0.5], [0, 1]]
    assert p.sum(axis=1) == pytest.approx(1)
    assert backward(lambda x: x.logsumexp(axis=1), x)[0] == pytest.approx(p)
    assert backward(lambda x: x.logsumexp(axis=1), x - inf)[0].tolist() == [[0, 0]] * 3
    assert array_ops.logsumexp(np.full(2, -inf)) == -inf
    few = np.array([1e4, 1e4 + 1], "float32")  # as many digits as a float32 has
    assert array_ops.log_softmax(few) == pytest.approx(-np.log1p([np.e, 1 / np.e]), rel=1e-6)
    cube = array(2, 3, 4)
    assert array_ops.softmax(Tensor(cube), axis=(0, 2)).data.sum(axis=(0, 2)) == pytest.approx(1)
    assert array_ops.softmax(Tensor(cube), axis=None).data.sum() == pytest.approx(1)


def test_nan_stays_nan():
    x = np.array([nan, 1.0])
    for name in ("max", "sum", "norm", "logsumexp", "mean", "var"):
        assert np.isnan(backward(getattr(array_ops, name), x)[0][0]) or name in ("sum", "mean")
        assert np.isnan(getattr(array_ops, name)(Tensor(x)).data)


def test_positions_of_extremes_are_arrays():
    x = Tensor([[3.0, 1.0], [2.0, 5.0]])
    assert type(x.argmax()) is np.int64
    assert x.argmax(axis=1).tolist() == [0, 1]
    assert x.argmin(axis=0, keepdims=True).tolist() == [[1, 0]]


# --- Products -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "a", "b", "message"), [
    (matmul, (128, 784), (64, 32), r"\(128, 784\) @ \(64, 32\): inner dimensions 784 and 64"),
    (matmul, (3,), (2,), "inner dimensions 3 and 2 differ"),
    (matmul, (3,), (3, 2, 2), "inner dimensions 3 and 2 differ"),
    (matmul, (2, 3, 3), (4, 3, 3), "the leading dimensions do not broadcast"),
    (matmul, (2, 2), (), "it takes no numbers, multiply with *"),
    (linear, (5, 4), (3, 2), r"linear: \(5, 4\) @ \(3, 2\): inner dimensions 4 and 3 differ"),
    (linear, (5, 4), (4,), "weights have 2 dimensions, not 1"),
    (linear, (5, 4), (4, 2, 2), "weights have 2 dimensions, not 3"),
    (array_ops.dot, (2, 2), (2, 2, 2), "use matmul"),
])  # fmt: skip
def test_shapes_that_do_not_fit(f, a, b, message):
    a, b = Tensor(np.ones(a), "a"), Tensor(np.ones(b), "b")
    with pytest.raises(ValueError, match=message):
        f(a, b)
    assert a.grad is b.grad is None


def test_a_bias_that_does_not_fit():
    x, w = Tensor(array(5, 3)), Tensor(array(3, 2))
    for shape in ((3,), (1,), (5, 2), (5, 1), ()):
        with pytest.raises(ValueError, match=r"a bias of shape \(.*\): it must be \(2,\)"):
            linear(x, w, Tensor(np.ones(shape)))


def test_shapes_in_messages():
    x = Tensor(array(2, 3))
    with pytest.raises(ValueError, match=r"concatenate of shape \(2, 3\) and \(3, 4\): .* size 3"):
        concatenate([x, np.ones((3, 4))])
    with pytest.raises(ValueError, match=r"reshape of shape \(2, 3\): cannot .* shape \(4,\)"):
        x.reshape(4)
    with pytest.raises(ValueError, match=r"broadcast_to of shape \(2, 3\): .*\(2,4\)"):
        array_ops.broadcast_to(x, shape=(2, 4))
    with pytest.raises(TypeError, match="sum takes no dtype="):
        x.sum(dtype=float)


# --- Types, and matrices of derivatives ----------------------------------------------------------


def test_types_are_kept():
    x = Tensor(array(2, 3).astype("float32"))
    y = x.astype(np.float64)
    (y * y).sum().backward()
    assert (y.dtype, x.grad.dtype) == (np.float64, np.float32)
    with pytest.raises(TypeError, match=r"a Tensor holds floats, not int64: convert x\.data"):
        x.astype(int)


def test_matrices_of_derivatives():
    a = array(2, 3)
    assert jacobian(lambda x: a @ x)(array(3)) == pytest.approx(a)
    assert hessian(lambda x: (x @ a.T @ a @ x) / 2)(array(3)) == pytest.approx(a.T @ a)
    assert hvp(lambda x: array_ops.sum(x**3), array(3), np.ones(3)).shape == (3,)
    y, pull = vjp(lambda x, w: [x @ w, x.sum()], array(2, 3), array(3, 2))
    dx, dw = pull([np.ones((2, 2)), np.float64(2)])
    assert (y[0].shape, dx.shape, dw.shape) == ((2, 2), (2, 3), (3, 2))
    slopes = grad(lambda x, w: (x @ w).sum(), (0, 1))(array(2, 3), array(3, 2))
    assert [d.shape for d in slopes] == [(2, 3), (3, 2)]
