"""No intermediate leaves the range that operands and result are within."""

import math

import numpy as np
import pytest

import autograd
import mlp
from autograd import Tensor, Value, detect_anomaly, hessian
from autograd.array_ops import log_softmax, logsumexp, mean, norm, softmax, std, var

inf = np.inf
SIZES = {"float16": (6e4, 1e-7), "float32": (3e38, 1e-44), "float64": (1.7e308, 5e-323)}
each_size = pytest.mark.parametrize(
    ("kind", "size"), [(kind, size) for kind, sizes in SIZES.items() for size in sizes]
)


@each_size
def test_norm_and_its_derivative(kind, size):
    v = Tensor(np.array([size, 0, 0], kind))
    v.norm().backward()
    assert v.norm().data == v.data[0]
    assert v.grad.tolist() == [1, 0, 0]
    if size > 1:
        rows = np.array([[3, 4], [-4, 3]], kind) * np.asarray(size / 8, kind)
        wanted = np.hypot(*rows.astype(float).T)
        np.testing.assert_allclose(norm(rows, axis=1).astype(float), wanted, rtol=2e-3)
        _, pull = autograd.vjp(lambda x: norm(x, axis=1), rows)
        np.testing.assert_allclose(
            np.asarray(pull(np.ones(2, kind))[0], float), rows / wanted[:, None], rtol=2e-3)


@each_size
def test_std_and_its_derivative(kind, size):
    x = np.array([1, -1, 1, -1], kind) * np.asarray(size, kind)
    v = Tensor(x)
    v.std().backward()
    assert v.std().data == abs(x[0])
    assert v.grad.tolist() == [0.25, -0.25, 0.25, -0.25]


@pytest.mark.parametrize("f", [mean, std, lambda x: softmax(x).max(), lambda x: logsumexp(x)])
@pytest.mark.parametrize("size", [1, 200])
def test_float16_of_many(f, size):
    x = (np.arange(70_000) % 3 * size).astype("f2")
    assert float(f(x)) == pytest.approx(float(f(x.astype(float))), rel=1e-2)
    narrow, wide = Tensor(x), Tensor(x.astype(float))
    for v in (narrow, wide):
        v = f(v)
        v.backward()
    np.testing.assert_allclose(narrow.grad, wide.grad, atol=1e-6)


def test_float16_of_many_rows():
    x = Tensor(np.ones((5000, 2), "f2"))
    assert x.sum(axis=0).data.tolist() == [5000, 5000]
    assert x.mean(axis=0).data.tolist() == [1, 1]
    x.mean().backward()
    assert x.grad[0, 0] == np.float16(1e-4)


@pytest.mark.parametrize("name", ["max", "min"])
def test_float16_shares(name):
    v = Tensor(np.ones(70_000, "f2"))
    getattr(v, name)().backward()
    assert v.grad[0] == np.float16(1 / 70_000)


def test_means_of_long_columns():
    x = np.full((200_000, 2), 100.3, "f4")
    assert mean(x, axis=0).tolist() == x[0].tolist()
    assert std(x, axis=0).tolist() == var(x, axis=0).tolist() == [0, 0]
    for size in (3e38, -3e38):
        assert mean(np.full(1000, size, "f4")) == np.float32(size)
        assert mean(np.full(1000, size * 1e269)) == pytest.approx(size * 1e269, rel=1e-12)
    assert var(np.array([1e18, -1e18] * 1000, "f4")) == pytest.approx(1e36, rel=1e-6)
    assert mean([inf, 1.0]) == inf
    with np.errstate(invalid="ignore"):
        assert np.isnan(mean([inf, -inf]))


@pytest.mark.parametrize("name", ["silu", "gelu"])
@pytest.mark.parametrize("kind", [float, "f4", "f2"])
def test_activations_at_infinity(name, kind):
    f = getattr(autograd, name)
    for x, y, slope in ((-inf, 0, 0), (inf, inf, 1)):
        assert f(x) == f(autograd.Value(x)).data == y
        v, t = autograd.Value(x), Tensor(np.array([x], kind))
        f(v).backward()
        f(t).sum().backward()
        assert (v.grad, t.grad[0], f(t).data[0], f(np.array([x], kind))[0]) == (slope, slope, y, y)


# NumPy's sinc and i0 are NaN at infinity, and nan_to_num has a number of its own there.
EVERY = [op for op in autograd.ops.TABLE.values() if (op.arity == 1 or op.defaults)
         and op.name not in ("sinc", "i0", "nan_to_num")]  # fmt: skip


@pytest.mark.parametrize("op", EVERY, ids=lambda op: op.name)
@pytest.mark.parametrize("x", [-inf, inf])
def test_what_rows_have_at_infinity_is_their_limit(op, x):
    """Where there is a limit, which far out is no longer distinguished from the value."""
    try:
        far, y = op(math.copysign(1e300, x)), op(x)
    except ValueError:
        assert op.domain
        return
    assert math.isclose(y, far, abs_tol=1e-290) or abs(y) == inf


def test_softmax_at_infinity():
    assert softmax(np.array([-inf, 0.0])).tolist() == [0, 1]
    assert log_softmax(np.array([-inf, 0.0])).tolist() == [-inf, 0]
    for kind, size in (("f2", 6e4), ("f4", 3e38), (float, 1e308)):
        x = Tensor(np.array([[size, 0]], kind))
        J = autograd.softmax_cross_entropy(x, np.array([1]))
        J.backward()
        assert J.data == x.data[0, 0]
        assert x.grad.tolist() == [[1, -1]]


def test_cross_entropy_of_many_examples_in_float16():
    z = Tensor(np.zeros((70_000, 2), "f2"))
    J = autograd.softmax_cross_entropy(z, np.zeros(70_000, int))
    J.backward()
    assert J.data == np.float16(np.log(2))
    assert J.dtype == "f2"
    np.testing.assert_allclose(z.grad[0], [-0.5 / 70_000, 0.5 / 70_000], atol=6e-8)
    w = np.full(70_000, 2.0, "f2")
    K = autograd.softmax_cross_entropy(z, np.zeros(70_000, int), w)
    K.backward()
    assert K.data == J.data


def test_no_second_derivative_at_the_kink_of_norm():
    for f in (lambda v: autograd.norm(v) ** 2, lambda v: v.norm(), lambda v: v.std()):
        with detect_anomaly(), pytest.raises(FloatingPointError, match="has no second derivative"):
            hessian(f)(np.zeros(2))
    np.testing.assert_allclose(
        hessian(lambda v: autograd.norm(v) ** 2)(np.array([3.0, 4.0])), 2 * np.eye(2), atol=1e-14)
    np.testing.assert_allclose(hessian(autograd.norm)(np.array([3.0, 4.0])),
                               [[16 / 125, -12 / 125], [-12 / 125, 9 / 125]])  # fmt: skip


@pytest.mark.parametrize("f", [softmax, log_softmax])
@pytest.mark.parametrize("kind", [np.asarray, Tensor])
def test_softmax_of_nothing(f, kind):
    with pytest.raises(ValueError, match=r"softmax of shape \(2, 0\): there is nothing along"):
        f(kind(np.zeros((2, 0))))


def test_what_logsumexp_gives_each_element_is_exact():
    x = Tensor(np.array([1e4, 1e4 + 1], "f4"))
    logsumexp(x).backward()
    np.testing.assert_allclose(x.grad, [1 / (1 + np.e), np.e / (1 + np.e)], rtol=1e-6)


@pytest.mark.parametrize("name", ["mse", "huber"])
def test_a_squared_error_in_float16(name):
    y = Tensor(np.array([[300.0], [1.0]], "f2"))
    J = mlp.losses.loss(name)(np.zeros((2, 1), "f2"), y)
    J.backward()
    assert J.item() == {"mse": 90001 / 2, "huber": (299.5 + 0.5) / 2}[name]
    assert y.grad.tolist() == {"mse": [[300], [1]], "huber": [[0.5], [0.5]]}[name]


@pytest.mark.parametrize("t", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("z", [inf, -inf])
def test_the_cross_entropy_of_an_infinite_logit(z, t):
    of_array, of_number = Tensor([z]), Value(z)
    mlp.sigmoid_cross_entropy(of_array, np.array([t])).backward()
    loss = mlp.sigmoid_cross_entropy(of_number, t)
    loss.backward()
    assert loss.data == mlp.sigmoid_cross_entropy(np.array([z]), np.array([t]))[0]
    assert loss.data == (inf if t != (z > 0) else 0)
    assert of_number.grad == of_array.grad[0] == (z > 0) - t
