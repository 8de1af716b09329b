"""What is seldom entered in the engine: rare arguments, types and errors."""

import datetime
import pickle

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, grad, gradients, jvp, values, vectorize
from autograd.node import _leaf
from autograd.operation import ARRAY_FUNCTIONS, ARRAY_OPS, array_operation
from autograd.ops import elementwise, unregister
from autograd.symbols import Symbol

rng = np.random.default_rng(0)


def slopes(f, x):
    t = Tensor(x)
    f(t).sum().backward()
    return t.grad


def central(f, x, h=1e-6):
    found = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[k] = h
        found[k] = (np.sum(f(x + e)) - np.sum(f(x - e))) / (2 * h)
    return found


A = rng.normal(size=(2, 3, 6)) + np.arange(36).reshape(2, 3, 6) % 7
RARE = {
    "tensorsolve by other axes": (lambda a: np.linalg.tensorsolve(
        a.reshape((2, 6, 3)), np.ones((2, 3)), axes=(1,)), A),
    "trapezoid of uneven steps": (
        lambda y: np.trapezoid(y, np.array([0.0, 0.1, 0.7]), axis=1), A),
    "trapezoid of steps for each": (lambda y: np.trapezoid(y, np.cumsum(abs(A), 2), axis=2), A),
    "the largest of many classes": (lambda z: autograd.softmax_cross_entropy(
        z, np.array([3, 70])), rng.normal(size=(2, 80))),
}  # fmt: skip


@pytest.mark.parametrize("name", RARE)
def test_derivatives(name):
    f, x = RARE[name]
    np.testing.assert_allclose(slopes(f, x), central(f, x), rtol=1e-5, atol=1e-6)


def test_sums_of_float16_are_as_right_as_float32():
    x = Tensor(np.ones(3000, np.float16))
    assert x.sum().item() == 3000  # in float16, 2048 + 1 is 2048
    assert x.sum().dtype == np.float16
    logits = Tensor(np.zeros((1, 70), np.float16))
    assert autograd.softmax_cross_entropy(logits, np.array([0])).item() == pytest.approx(
        np.log(70), rel=1e-3)


def test_functions_without_derivatives():
    x = Tensor([3.0, 0.0, -1.0])
    assert np.linalg.norm(x, 0) == 2
    assert np.argpartition(x, 1)[:1].tolist() == [2]
    assert np.linalg.norm(x, ord=0).dtype == np.float64
    (where,) = x.nonzero()
    assert where.tolist() == [0, 2]
    assert np.corrcoef(Tensor([1.0, 2.0, 4.0])).item() == 1


@pytest.mark.parametrize(("call", "message"), [
    (lambda x: np.diff(x, -1), "n=-1"),
    (lambda x: np.linalg.qr(x, mode="raw"), "mode='raw'"),
    (lambda x: np.linalg.norm(x[0], "nuc"), "ord='nuc' of a vector"),
    (lambda x: np.linalg.norm(x[None], 2, axis=(0, 1, 2)), "over 3 axes"),
    (lambda x: np.tensordot(x, np.ones((4, 2)), axes=([1], [0])), "axes 1 and 0"),
    (lambda x: np.correlate(x[0], x[1], mode="most"), "mode='most'"),
    (lambda x: np.average(x, weights=np.ones(3)), r"weights of shape \(3,\)"),
    (lambda x: jvp(np.sum, (x,), (np.ones(7),)), "a tangent, or weight, of shape"),
])  # fmt: skip
def test_errors_say_what_was_given(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(Tensor(rng.normal(size=(3, 3))))


def test_an_array_function_is_pickled_by_its_name():
    f = ARRAY_FUNCTIONS["trapezoid"]
    assert pickle.loads(pickle.dumps(f)) is f
    assert repr(f) == "<array function trapezoid>"


def test_symbols_that_stand_right_of_a_number():
    x = Symbol("x")
    assert (x % 7).text.index("x") < (x % 7).text.index("7")
    assert (7 % x).text.index("x") > (7 % x).text.index("7")
    assert (x // 7).text.index("x") < (x // 7).text.index("7")
    assert (7 // x).text.index("x") > (7 // x).text.index("7")


def test_a_partial_that_no_float_takes_is_computed_as_ieee_says():
    """(−2)ˣ at 2: its derivative holds the logarithm of −2, and is no number."""
    x = Value(2.0, "x")
    y = (-2.0) ** x
    assert y.data == 4
    y.backward()
    assert np.isnan(x.grad)
    x = Value(2.0, "x")
    (slope,) = gradients((-2.0) ** x, [x], create_graph=True)
    assert np.isnan(slope.data)


def test_a_rule_that_is_wrong_in_the_second_order_alone_is_noticed():
    """Its vjp gives the right numbers, but does not record how they hang on x."""
    cubed = array_operation(
        "cubed", lambda x: x**3, [lambda g, y, x: g * 3 * np.square(getattr(x, "data", x))],
        [lambda t, y, x: t * 3 * np.square(x)])  # fmt: skip
    del ARRAY_OPS["cubed"]
    x = np.array([0.5, 1.5])
    autograd.check_gradients(lambda t: cubed(t).sum(), x, order=1)
    with pytest.raises(AssertionError, match="order 2, forward mode"):
        autograd.check_gradients(lambda t: cubed(t).sum(), x, order=2)


def test_a_view_of_numbers_that_were_computed_is_not_written_into():
    x = Tensor([1.0, 2.0])
    y = x * 2
    with pytest.raises(ValueError, match="write into a copy"):
        y.data[0] = 5
    kept = x.data.copy()
    kept[0] = 7  # a copy is the user's own
    (x * 3).sum().backward()
    assert x.data.tolist() == [1, 2]
    x.data[0] = 4
    assert x.data.tolist() == [4, 2]
    assert (x.data + Tensor([1.0, 1.0])).tolist() == [5, 3]
    assert np.concatenate([x.data, Tensor([1.0])]).tolist() == [4, 2, 1]


def test_leaves_of_old_pickles_have_their_group():
    """They have its path, where a call stands now."""
    x = _leaf(Value, 2.0, "x", "layer/neuron", 1.5)
    assert (x.data, x.label, x.grad) == (2.0, "x", 1.5)
    assert str(x.group) == "layer/neuron"


def test_rows_of_users_are_printed_by_their_symbol():
    mine = elementwise("mine", lambda a, b: a * b + a, lambda a, b: a * b + a, symbol="⊕",
                       partials=(lambda a, b, y: b + 1, lambda a, b, y: a), binds=1)  # fmt: skip
    try:
        assert mine(Symbol("a"), Symbol("b")).text == "a ⊕ b"
    finally:
        unregister("mine")


# --- vectorize ------------------------------------------------------------------------------------


def test_what_vectorize_is_not_given():
    x, w = Value(2.0, "x"), Value(0.5, "w")
    y = w * x
    with pytest.raises(ValueError, match="no outputs"):
        vectorize({}, [x], [w])
    with pytest.raises(ValueError, match="no inputs"):
        vectorize(y, [], [w])
    with pytest.raises(ValueError, match="is empty"):
        vectorize(y, [[]], [w])
    with pytest.raises(ValueError, match="y is an empty list"):
        vectorize({"y": []}, [x], [w])


def test_inputs_of_reserved_and_of_equal_names_are_told_apart():
    x, z, w = Value(2.0, "theta"), Value(3.0, "theta"), Value(0.5, "w")
    text = vectorize(w * x + z, [[x], [z]], [w]).source()
    assert "theta_," in text
    assert "theta__" in text


def test_formulas_of_constants_squares_and_indices():
    x, w = values([1.0, 2.0, 3.0], "x"), values([0.5, -1.0, 2.0], "w")
    scales = [1.5, -2.5, 0.25]
    y = [(a * b * c).square() for a, b, c in zip(w, x, scales, strict=True)]
    program = vectorize(y, [x], w)
    text = str(program)
    assert "**2" in text
    assert "[1.5, -2.5, 0.25]" in text
    batch = rng.normal(size=(4, 3))
    np.testing.assert_allclose(program(batch).data, (batch * [0.5, -1, 2] * scales) ** 2)


def test_dates_are_no_numbers_of_a_graph():
    with pytest.raises(TypeError):
        Tensor([datetime.date(2020, 1, 1)])
    assert grad(lambda x: x * x)(3.0) == 6.0
