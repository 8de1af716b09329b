"""The gradient checks are put to the test with rows that are wrong on purpose."""

import math

import numpy as np
import pytest

from autograd import (
    Value,
    check_gradients,
    check_operation,
    cos,
    detach,
    elementwise,
    heaviside,
    log,
    relu,
    sin,
    sqrt,
    tanh,
    where,
)  # fmt: skip
from autograd.check import _difference
from autograd.ops import TABLE, unregister


def square_minus(a, b):
    return a * a - 3 * b


WRONG = {  # name: forward for floats, forward for arrays, partials, what the blame says
    "sign": (math.cos, np.cos, (lambda x, y: sin(x),), r"partial by x at"),
    "factor": (lambda x: x * x, np.square, (lambda x, y: x,), r"partial by x at"),
    "swapped": (lambda a, b: a * b * b, lambda a, b: a * b * b,
                (lambda a, b, y: 2 * a * b, lambda a, b, y: b * b), r"partial by a at"),
    "second operand": (square_minus, square_minus, (lambda a, b, y: 2 * a, lambda a, b, y: 3),
                       r"partial by b at"),
    "first operand": (square_minus, square_minus, (lambda a, b, y: -2 * a, -3),
                      r"partial by a at"),
    "constant": (square_minus, square_minus, (lambda a, b, y: 2 * a, -2), r"partial by b at"),
    "second order": (math.sin, np.sin, (lambda x, y: cos(detach(x)),),
                     r"partial by x, differentiated by x, at"),
    "mixed order": (lambda a, b: math.sin(a) * b, lambda a, b: np.sin(a) * b,
                    (lambda a, b, y: cos(a) * detach(b), lambda a, b, y: sin(a)),
                    r"partial by a, differentiated by b, at"),
    "not generic": (math.sin, np.sin, (lambda x, y: math.cos(x),), r"partial by x is not generic"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _table_as_before():
    yield
    if "wrong" in TABLE:
        unregister("wrong")


def wrong(scalar, array, partials, **columns):
    return elementwise("wrong", scalar, array, partials=partials, **columns)


@pytest.mark.parametrize("case", WRONG)
def test_check_operation_finds_a_wrong_row(case):
    *columns, message = WRONG[case]
    with pytest.raises(AssertionError, match=f"^wrong: its {message}"):
        check_operation(wrong(*columns))


@pytest.mark.parametrize("case", WRONG)
def test_check_gradients_blames_the_operation_and_the_operand(case):
    *columns, message = WRONG[case]
    op = wrong(*columns)

    def f(xs, c):
        inner = tanh(op(*[x + 0.1 for x in xs[: op.arity]]))
        return [xs[0].exp(), [inner * c]]

    with pytest.raises(AssertionError, match=f"The fault is in wrong: its {message}"):
        check_gradients(f, [0.7, 1.1], 2.0)


def test_wrong_at_large_x_only_is_found_there():
    op = wrong(math.tanh, np.tanh, (lambda x, y: where(x > 9, 1e-3, 1 - y * y),))
    check_operation(op)
    check_operation(op, [8.9])
    with pytest.raises(AssertionError, match=r"by x at x = 20.0 is 0.001, but .* give 0"):
        check_operation(op, [0.5], [20.0])
    check_gradients(op, 0.5)
    with pytest.raises(AssertionError, match=r"The fault is in wrong: its partial by x at x = 10"):
        check_gradients(lambda x: op(5 * x), 2.0)


def test_wrong_by_a_millionth_part():
    op = wrong(math.sin, np.sin, (lambda x, y: cos(x) * (1 + 3e-6),))
    with pytest.raises(AssertionError, match="partial by x"):
        check_operation(op)


def test_array_forward_that_differs_from_the_scalar_one():
    op = wrong(lambda x: max(x, 0.0), np.abs, (lambda x, y: x > 0,))
    with pytest.raises(AssertionError, match=r"wrong at x = -1.3: 0.0 for floats, 1.3 for arrays"):
        check_operation(op)


def test_partial_that_differs_between_kinds():
    def partial(x, y):
        return -np.cos(x) if isinstance(x, np.ndarray) else cos(x)

    op = wrong(math.sin, np.sin, (partial,))
    with pytest.raises(AssertionError, match=r"0.2674\d+ for floats, -0.2674\d+ for arrays"):
        check_operation(op)
    unregister("wrong")
    op = wrong(math.sin, np.sin, (lambda x, y: -cos(x) if isinstance(x, Value) else cos(x),))
    with pytest.raises(AssertionError, match=r"0.2674\d+ for floats, -0.2674\d+ for Values"):
        check_operation(op)


def test_only_variable_operands_are_blamed():
    op = wrong(lambda a, b: a * b, np.multiply, (lambda a, b, y: b, lambda a, b, y: -a))
    check_gradients(lambda x: op(x, 3.0), 2.0)
    with pytest.raises(AssertionError, match="partial by b"):
        check_gradients(lambda x: op(3.0, x), 2.0)


def test_order_is_respected():
    op = wrong(math.sin, np.sin, (lambda x, y: cos(detach(x)),))
    check_gradients(op, 0.5, order=1)
    with pytest.raises(AssertionError, match=r"order 2, (forward|reverse) mode"):
        check_gradients(op, 0.5, order=2)
    op = tanh
    check_gradients(op, 0.5, order=4)


@pytest.mark.parametrize("f", [
    lambda x: x * x.data, lambda x: x * detach(x), lambda x: Value(math.exp(x.data)) + 0 * x,
])  # fmt: skip
def test_leaving_the_graph_is_not_blamed_on_an_operation(f):
    with pytest.raises(AssertionError, match=r"Every partial .* is right: does f leave the graph"):
        check_gradients(f, 3.0)


@pytest.mark.parametrize(("f", "x", "kink"), [
    (relu, 0.0, "relu: its partial by x at x = 0.0 is 0.0, .* give 0.5: there is a kink"),
    (lambda x: abs(x - 1), 1.0, "sign: its partial by x at x = 0.0 is 0.0"),
    (heaviside, 0.0, "heaviside: its partial by x at x = 0.0"),
    (sqrt, 0.0, "sqrt: its partial by x at x = 0.0 is inf"),
])  # fmt: skip
def test_a_kink_is_named(f, x, kink):
    with pytest.raises(AssertionError, match=kink):
        check_gradients(f, x)


def test_errors_of_f_itself_come_through():
    with pytest.raises(TypeError, match="unsupported operand"):
        check_gradients(lambda x: x + "a", 1.0)
    with pytest.raises(ValueError, match=r"log: got x = -1\.0"):
        check_gradients(log, -1.0)


@pytest.mark.parametrize(("f", "x"), [
    (log, 1e-8), (lambda x: 1 / x, 1e-3), (sin, 1000.0), (lambda x: sin(1 + x), 1e-8),
    (lambda x: 1e6 + tanh(x), 0.3), (lambda x: x * x, 1e150), (lambda x: x**3, -2.0),
    (lambda x: x**2, 0.0), (lambda x: 5.0, 0.3), (lambda x: x.sigmoid(), -40.0),
    (lambda x: x.sigmoid(), 40.0), (lambda x: x.gelu(), -7.0), (lambda x: x.exp(), 690.0),
    (relu, 0.01), (relu, -0.01), (sqrt, 1e-6), (lambda x: x.tan(), 1.57),
])  # fmt: skip
def test_no_false_alarm_at_awkward_points(f, x):
    check_gradients(f, x)


@pytest.mark.parametrize(("f", "slope", "x"), [
    (math.exp, math.exp, 1.0), (math.sin, math.cos, 1000.0), (math.log, lambda x: 1 / x, 1e-6),
    (math.tan, lambda x: 1 + math.tan(x) ** 2, 1.57), (lambda x: x**5, lambda x: 5 * x**4, 2.0),
    (lambda x: 1 / x, lambda x: -1 / x**2, 1e-3), (lambda x: 7.0, lambda x: 0.0, 3.0),
])  # fmt: skip
def test_differences_are_exact_to_eleven_digits_and_know_their_error(f, slope, x):
    (found,), (error,) = _difference(lambda v: [f(v[0])], [x], 0)
    assert abs(found - slope(x)) <= min(error, 4e-12 * abs(slope(x)))
    assert error <= 1e-10 * max(abs(slope(x)), 1)


def test_structures_in_and_out():
    check_gradients(lambda w, x: [w[0] * x, [w[1][0] ** 2, 3.0]], [0.3, [0.7]], 2.0)
    check_gradients(lambda x: x * 2, Value(3.0))
    x = Value(3.0)
    x.grad = 7.0
    check_gradients(lambda a: a * x, 2.0)
    assert x.grad == 7.0
