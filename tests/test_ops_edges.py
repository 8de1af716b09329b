"""Rows of the table of operations at kinks, at the ends of domains, and beyond."""

import math

import numpy as np
import pytest

import autograd
from autograd import (
    Tensor,
    Value,
    check_gradients,
    elementwise,
    grad,
    gradients,
    hessian,
    jacobian,
    jvp,
)
from autograd.ops import TABLE

inf = math.inf
every_row = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)


def slopes(op, *point):
    """The gradient by every operand, as backward leaves it."""
    xs = [Value(x) for x in point]
    op(*xs).backward()
    return tuple(x.grad for x in xs)


# --- Kinks and edges: the convention --------------------------------------------------------------


@pytest.mark.parametrize(("name", "point", "value", "gradient"), [
    ("relu", (0.0,), 0, (0,)),
    ("relu", (-0.0,), 0, (0,)),
    ("absolute", (0.0,), 0, (0,)),
    ("prelu", (0.0, 0.25), 0, (0.25, 0)),
    ("leaky_relu", (0.0, 0.01), 0, (0.01, 0)),
    ("elu", (0.0, 1.0), 0, (1, 0)),
    ("elu", (0.0, 0.5), 0, (0.5, 0)),
    ("maximum", (1.0, 1.0), 1, (0.5, 0.5)),
    ("maximum", (2.0, 1.0), 2, (1, 0)),
    ("minimum", (1.0, 1.0), 1, (0.5, 0.5)),
    ("minimum", (2.0, 1.0), 1, (0, 1)),
    ("clip", (-1.0, -1.0, 1.0), -1, (1, 0, 0)),
    ("clip", (1.0, -1.0, 1.0), 1, (1, 0, 0)),
    ("clip", (-2.0, -1.0, 1.0), -1, (0, 1, 0)),
    ("clip", (2.0, -1.0, 1.0), 1, (0, 0, 1)),
    ("clip", (1.5, 2.0, 1.0), 1, (0, 0, 1)),  # the bounds crossed: the upper one holds
    ("sign", (0.0,), 0, (0,)),
    ("heaviside", (0.0, 1.0), 1, (0, 1)),
    ("heaviside", (0.0, 0.0), 0, (0, 1)),
    ("heaviside", (2.0, 0.0), 1, (0, 0)),
    ("heaviside", (-2.0, 1.0), 0, (0, 0)),
    ("power", (0.0, 0.0), 1, (0, 0)),
    ("power", (0.0, 1.0), 0, (1, 0)),
    ("power", (0.0, 2.0), 0, (0, 0)),
    ("power", (0.0, 2.5), 0, (0, 0)),
    ("power", (0.0, 0.5), 0, (inf, 0)),
    ("power", (-2.0, 3.0), -8, (12, math.nan)),
    ("power", (-2.0, 0.0), 1, (0, math.nan)),
    ("sqrt", (0.0,), 0, (inf,)),
    ("arcsin", (1.0,), math.pi / 2, (inf,)),
    ("arcsin", (-1.0,), -math.pi / 2, (inf,)),
    ("arccos", (1.0,), 0, (-inf,)),
    ("where", (1.0, 3.0, 4.0), 3, (None, 1, 0)),
    ("where", (0.0, 3.0, 4.0), 4, (None, 0, 1)),
    ("where", (-0.5, 3.0, 4.0), 3, (None, 1, 0)),
    ("detach", (3.0,), 3, (None,)),
    ("chain", (0.0, inf), 0, (inf, 0)),
    ("silu", (0.0,), 0, (0.5,)),
    ("gelu", (0.0,), 0, (0.5,)),
    ("softplus", (0.0,), math.log(2), (0.5,)),
    ("cbrt", (0.0,), 0, (inf,)),
    ("hypot", (0.0, 0.0), 0, (0, 0)),
    ("arctan2", (0.0, 0.0), 0, (0, 0)),
    ("arccosh", (1.0,), 0, (inf,)),
    ("sinc", (0.0,), 1, (0,)),
    ("i0", (0.0,), 1, (0,)),
    ("copysign", (0.0, -1.0), 0, (0, 0)),
    ("copysign", (3.0, -0.0), -3, (-1, 0)),
    ("fmax", (1.0, 1.0), 1, (0.5, 0.5)),
    ("fmax", (1.0, math.nan), 1, (1, 0)),
    ("fmax", (math.nan, 1.0), 1, (0, 1)), ("fmin", (1.0, math.nan), 1, (1, 0)),
    ("fmin", (math.nan, 1.0), 1, (0, 1)),
    ("fmin", (1.0, 1.0), 1, (0.5, 0.5)),
    ("floor", (2.0,), 2, (0,)),
    ("rint", (2.5,), 2, (0,)),
    ("floor_divide", (-7.0, 2.0), -4, (0, 0)),
    ("remainder", (-7.0, 2.0), 1, (1, 4)),
    ("remainder", (1.0, 0.1), 1 % 0.1, (1, -9)),  # 1 / 0.1 is 10: the quotient goes by y
    ("fmod", (-7.0, 2.0), -1, (1, 3)),
    ("nan_to_num", (math.nan, 5.0, 1.0, 2.0), 5, (0, 1, 0, 0)),
    ("nan_to_num", (inf, 5.0, 1.0, 2.0), 1, (0, 0, 1, 0)),
    ("nan_to_num", (-inf, 5.0, 1.0, 2.0), 2, (0, 0, 0, 1)),
])  # fmt: skip
def test_the_convention(name, point, value, gradient):
    op = TABLE[name]
    assert op(*point) == value
    zero = [0.0 if g is None else g for g in gradient]
    reached = slopes(op, *point)
    assert [g is None for g in reached] == [g is None for g in gradient]
    reached = [g or 0.0 for g in reached]
    assert reached == pytest.approx(zero, rel=0, abs=0, nan_ok=True)
    assert list(grad(op, tuple(range(op.arity)))(*point)) == pytest.approx(zero, abs=0, nan_ok=True)


def test_heaviside_at_zero_is_one_unless_told():
    assert autograd.heaviside(0.0) == Value(0.0).heaviside().data == 1
    assert autograd.heaviside(0.0, 0.0) == np.heaviside(Value(0.0), 0.0).data == 0


@pytest.mark.parametrize(("exponent", "first", "second", "third"), [
    (0, 0, 0, 0), (1, 1, 0, 0), (2, 0, 2, 0), (3, 0, 0, 6), (4, 0, 0, 0),
])  # fmt: skip
def test_powers_at_zero_to_higher_order(exponent, first, second, third):
    def f(x):
        return x**exponent

    assert (grad(f)(0.0), grad(grad(f))(0.0), grad(grad(grad(f)))(0.0)) == (first, second, third)
    assert jvp(grad(f), (0.0,), (1.0,))[1] == second


# --- Domains and overflow -------------------------------------------------------------------------


@pytest.mark.parametrize("order", range(1, 7))
def test_derivatives_of_sinc_and_i0_at_0_and_near_it(order):
    """The series are Σ (−1)ᵐ (πx)²ᵐ / (2m + 1)! and Σ (x/2)²ᵐ / m!²."""
    m = order // 2
    sinc = 0.0 if order % 2 else (-1) ** m * math.pi**order / (order + 1)
    i0 = 0.0 if order % 2 else math.factorial(order) / (4**m * math.factorial(m) ** 2)
    for name, wanted in ("sinc", sinc), ("i0", i0):
        f = TABLE[name]
        for _ in range(order):
            f = grad(f)
        for x in 0.0, 1e-9, -1e-12:
            assert f(x) == pytest.approx(wanted, rel=1e-13, abs=1e-5 if x == 1e-9 else 1e-8)


def test_largest_numbers_stand_for_infinity():
    single = np.array([inf, -inf, math.nan, 2], "float32")
    assert np.array_equal(autograd.nan_to_num(single), np.nan_to_num(single))
    assert autograd.nan_to_num(Value(inf)).data == np.finfo(float).max
    assert np.array_equal(autograd.nan_to_num(single, posinf=inf)[:1], [inf])


@pytest.mark.parametrize("name", ["erf", "erfc", "sinc", "i0", "logaddexp", "remainder", "cbrt"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_and_shapes_are_kept(name, dtype):
    op = TABLE[name]
    for shape in (), (0,), (2, 3):
        xs = [Tensor(np.full(shape, v, dtype)) for v in op.samples[0]]
        y = op(*xs)
        assert (y.dtype, y.shape) == (dtype, shape)
        y.sum().backward()
        assert {x.grad.dtype.name for x in xs} == {dtype}


@pytest.mark.parametrize(("name", "point", "error", "message"), [
    ("log", (-1.0,), ValueError, "log: got x = -1.0; it needs x > 0"),
    ("log", (0.0,), ValueError, "log: got x = 0.0; it needs x > 0"),
    ("log1p", (-1.0,), ValueError, "log1p: got x = -1.0; it needs x > −1"),
    ("sqrt", (-4.0,), ValueError, "sqrt: got x = -4.0; it needs x ≥ 0"),
    ("arcsin", (1.5,), ValueError, "arcsin: got x = 1.5; it needs −1 ≤ x ≤ 1"),
    ("arccos", (-1.5,), ValueError, "arccos: got x = -1.5; it needs −1 ≤ x ≤ 1"),
    ("sin", (inf,), ValueError, "sin: got x = inf; it needs a finite x"),
    ("cos", (-inf,), ValueError, "cos: got x = -inf; it needs a finite x"),
    ("tan", (inf,), ValueError, "tan: got x = inf; it needs a finite x"),
    ("divide", (1.0, 0.0), ZeroDivisionError, "divide: got a = 1.0, b = 0.0; it needs b ≠ 0"),
    ("power", (-8.0, 1 / 3), ValueError,
     "power: got a = -8.0, b = 0.3333333333333333; it needs a > 0, or"),
    ("power", (0.0, -1.0), ValueError, "power: got a = 0.0, b = -1.0; it needs a > 0, or"),
    ("arccosh", (0.5,), ValueError, "arccosh: got x = 0.5; it needs x ≥ 1"),
    ("arctanh", (1.0,), ValueError, "arctanh: got x = 1.0; it needs −1 < x < 1"),
    ("log2", (0.0,), ValueError, "log2: got x = 0.0; it needs x > 0"),
    ("log10", (-1.0,), ValueError, "log10: got x = -1.0; it needs x > 0"),
    ("reciprocal", (0.0,), ZeroDivisionError, "reciprocal: got x = 0.0; it needs x ≠ 0"),
    ("remainder", (1.0, 0.0), ZeroDivisionError, "remainder: got a = 1.0, b = 0.0; it needs b"),
    ("floor_divide", (1.0, 0.0), ZeroDivisionError, "floor_divide: got a = 1.0, b = 0.0; it"),
    ("fmod", (1.0, 0.0), ValueError, "fmod: got a = 1.0, b = 0.0; it needs a finite a, and"),
])  # fmt: skip
def test_domain_errors_name_operation_and_operands(name, point, error, message):
    op = TABLE[name]
    for kind in (float, Value, int if all(x == x // 1 < inf for x in map(abs, point)) else float):
        with pytest.raises(error) as caught:
            op(*map(kind, point))
        assert str(caught.value).startswith(message)
        assert caught.value.__cause__ is None


def test_a_domain_error_leaves_graph_and_gradients_alone():
    x = Value(-2.0, label="x")
    y = x * x
    y.backward()
    for bad in (lambda: y + x.log(), lambda: y / (x + 2), lambda: x**0.5, lambda: np.sqrt(x)):
        with pytest.raises((ValueError, ZeroDivisionError)):
            bad()
    assert (x.data, x.grad, y.data, y.grad, y.parents) == (-2, -4, 4, 1, (x, x))
    y.backward()
    assert x.grad == -8


@pytest.mark.parametrize(("name", "point", "value"), [
    ("exp", (1000.0,), inf), ("expm1", (1000.0,), inf), ("cosh", (-1000.0,), inf),
    ("sinh", (1000.0,), inf), ("sinh", (-1000.0,), -inf), ("square", (1e200,), inf),
    ("multiply", (1e200, -1e200), -inf), ("add", (1e308, 1e308), inf),
    ("power", (10.0, 400.0), inf), ("power", (-10.0, 309.0), -inf), ("power", (-10.0, 310.0), inf),
    ("divide", (1e300, 1e-300), inf), ("exp", (-1000.0,), 0.0), ("power", (10.0, -400.0), 0.0),
])  # fmt: skip
def test_overflow_gives_inf_and_does_not_raise(name, point, value):
    op = TABLE[name]
    assert op(*point) == op(*map(Value, point)).data == value
    assert all(isinstance(g, float) for g in slopes(op, *point))
    with np.errstate(over="ignore"):
        assert op(*(np.array([x]) for x in point)).tolist() == [value]


def test_arrays_follow_numpy():
    with np.errstate(all="ignore"):
        assert np.isnan(autograd.log(np.array([-1.0])))
        assert autograd.divide(np.array([1.0]), 0.0).tolist() == [inf]


# --- Zero upstream, infinite local ----------------------------------------------------------------


def test_an_inactive_branch_contributes_zero():
    x = Value(0.0)
    autograd.where(x > 0, x.sqrt(), 3 * x).backward()
    assert x.grad == 3
    x = Value(0.0)
    (0 * x.sqrt() + x**0.5 * 0 + x).backward()
    assert x.grad == 1
    assert jvp(lambda x: autograd.where(False, x.sqrt(), x), (0.0,), (1.0,))[1] == 1
    assert hessian(lambda x: autograd.where(False, x[0].sqrt(), x[0] ** 2))([0.0]) == [[2.0]]


@pytest.mark.parametrize("x", [0.0, 0.3, -2.0])
def test_zero_upstream_is_still_differentiated(x):
    """∂²(w·sin x)/∂x∂w at w = 0 is cos x: a plain skip where upstream is 0 gives 0."""
    def f(w, x):
        return w * autograd.sin(x)

    by_x, by_w = grad(f, 1), grad(f, 0)
    wanted = pytest.approx(math.cos(x), rel=1e-15)
    assert grad(by_x, 0)(0.0, x) == wanted
    assert grad(by_w, 1)(0.0, x) == wanted
    assert jvp(by_x, (0.0, x), (1.0, 0.0))[1] == wanted
    assert grad(lambda w: jvp(lambda x: f(w, x), (x,), (1.0,))[1])(0.0) == wanted
    assert jvp(lambda w: jvp(lambda x: f(w, x), (x,), (1.0,))[1], (0.0,), (1.0,))[1] == wanted
    assert hessian(lambda p: f(*p))([0.0, x])[0][1] == wanted
    w, v = Value(0.0), Value(x)
    (slope,) = gradients(f(w, v), [v], create_graph=True)
    assert slope.data == 0
    assert gradients(slope, [w]) == [wanted]


def test_zero_upstream_is_found_by_jacobian_of_products():
    f = lambda x: [x[0] * autograd.exp(x[1]), x[0] * x[1] * x[2]]  # noqa: E731
    assert jacobian(f)([0.0, 1.0, 0.0]) == [[math.e, 0.0, 0.0], [0.0, 0.0, 0.0]]
    check_gradients(f, [0.0, 1.0, 0.0])


def test_a_row_that_is_wrong_takes_nothing_away():
    first = elementwise("halved", lambda x: x / 2, lambda x: x / 2, partials=(lambda x, y: 0.5,))
    for partials, error in ((lambda x, y: 0.5, TypeError), ((0.5,), TypeError),
                            ((lambda x: 0.5,), ValueError)):  # fmt: skip
        with pytest.raises(error, match="partial"):
            elementwise("halved", lambda x: x / 2, lambda x: x / 2, partials=partials)
        assert TABLE["halved"] is first


def test_what_the_documents_say_of_second_derivatives_of_a_power():
    second = hessian(lambda v: v[0] ** v[1])
    for b in (1.5, 2.0, 2.5, 3.0):
        (_, mixed), (other, _) = second([0.0, b])
        assert mixed == other == 0
    given = [x for b in (0.0, 0.5, 1.0) for x in (second([0.0, b])[0][1], second([0.0, b])[1][0])]
    assert np.isinf(given).any()
    assert np.isnan(given).any()
    assert np.isfinite(given).any()
