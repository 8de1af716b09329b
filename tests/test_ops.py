"""Every row of the table of operations: derivatives, agreement, stability, kinks, domains."""

import copy
import importlib.util
import math
import pickle
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import (
    Tensor,
    Value,
    check_gradients,
    check_operation,
    elementwise,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
)
from autograd.ops import TABLE, UFUNCS, unregister

inf = math.inf
every_row = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)


def scaled(op, point, factors):
    """A point near a sample: every operand keeps its sign and its side of a kink."""
    return tuple(x * f for x, f in zip(point, factors, strict=False))


@st.composite
def points(draw, op):
    factors = [draw(st.floats(0.8, 1.25)) for _ in range(op.arity)]
    return scaled(op, draw(st.sampled_from(op.samples)), factors)


def varying(op):
    return [i for i, partial in enumerate(op.partials) if partial is not None]


def slopes(op, *point):
    """The gradient by every operand, as backward leaves it."""
    xs = [Value(x) for x in point]
    op(*xs).backward()
    return tuple(x.grad for x in xs)


# --- Derivatives ----------------------------------------------------------------------------------


@every_row
def test_samples_against_central_differences(op):
    check_operation(op)


@every_row
@given(data=st.data())
def test_random_points_against_central_differences(op, data):
    point = data.draw(points(op))
    check_operation(op, point)
    fixed = {i: x for i, x in enumerate(point) if i not in varying(op)}

    def f(*xs):
        free = iter(xs)
        return op(*(fixed[i] if i in fixed else next(free) for i in range(op.arity)))

    check_gradients(f, *(point[i] for i in varying(op)))


def jax_functions():
    import jax
    from jax import nn
    from jax import numpy as jnp

    same = [
        "add", "subtract", "multiply", "divide", "power", "negative", "positive", "absolute",
        "square", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "arcsin", "arccos",
        "arctan", "sinh", "cosh", "tanh", "maximum", "minimum", "clip", "sign", "heaviside",
        "reciprocal", "cbrt", "hypot", "exp2", "log2", "log10", "logaddexp", "logaddexp2",
        "arctan2", "arcsinh", "arccosh", "arctanh", "deg2rad", "rad2deg", "sinc", "fmax", "fmin",
        "copysign", "floor", "ceil", "trunc", "rint", "floor_divide", "remainder", "fmod",
    ]  # fmt: skip
    return {name: getattr(jnp, name) for name in same} | {
        "sigmoid": nn.sigmoid,
        "softplus": nn.softplus,
        "log_sigmoid": nn.log_sigmoid,
        "relu": nn.relu,
        "prelu": nn.leaky_relu,
        "leaky_relu": nn.leaky_relu,
        "elu": nn.elu,
        "silu": nn.silu,
        "gelu": lambda x: nn.gelu(x, approximate=True),
        "where": lambda condition, a, b: jnp.where(condition != 0, a, b),
        "detach": jax.lax.stop_gradient,
        **{name: getattr(jax.scipy.special, name) for name in ("erf", "erfc", "i0")},
        "nan_to_num": jnp.nan_to_num,
        "chain": jnp.multiply,  # where the first factor is not 0, and at no sample it is
    }


@pytest.fixture(scope="module")
def jax():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed: pip install 'chainrule[reference]'")
    import jax

    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", False)


@every_row
def test_against_jax(op, jax):
    if op.name not in jax_functions():
        pytest.skip("no counterpart in JAX is listed: central differences alone")
    f = jax_functions()[op.name]
    rng = np.random.default_rng(0)
    near = [scaled(op, p, rng.uniform(0.8, 1.25, op.arity)) for p in op.samples for _ in range(5)]
    xs = np.array([*op.samples, *near])
    by = tuple(range(op.arity))

    @jax.jit
    @jax.vmap
    def wanted(x):
        return (f(*x), jax.jacfwd(lambda x: f(*x))(x), jax.hessian(lambda x: f(*x))(x))

    for x, y, first, second in zip(xs.tolist(), *map(np.asarray, wanted(xs)), strict=True):
        assert op(*x) == pytest.approx(y, rel=1e-12)
        unit = np.eye(op.arity).tolist()
        assert grad(op, by)(*x) == pytest.approx(first, rel=1e-10, abs=1e-14)
        forward = [jvp(op, x, e)[1] for e in unit]
        assert forward == pytest.approx(first, rel=1e-10, abs=1e-14)
        flat = lambda x: op(*x)  # noqa: E731
        assert np.array(hessian(flat)(x)) == pytest.approx(second, rel=1e-9, abs=1e-13)
        columns = np.array([hvp(flat, x, e) for e in unit])
        assert columns == pytest.approx(second, rel=1e-9, abs=1e-13)


@every_row
def test_floats_arrays_and_values_agree(op):
    at = [*op.samples, *op.kinks]
    arrays = op(*np.array(at, float).T)
    assert isinstance(arrays, np.ndarray)
    for x, from_array in zip(at, arrays, strict=True):
        y = op(*x)
        assert type(y) is float
        assert op(*map(Value, x)).data == y
        assert from_array == pytest.approx(y, rel=1e-15, abs=0)
        assert op(*map(np.float64, x)) == pytest.approx(y, rel=1e-15, abs=0)


@every_row
def test_partials_agree_at_kinks(op):
    for point in op.kinks:
        x, y = [np.float64(v) for v in point], np.float64(op(*point))
        for i in varying(op):
            local = op.local(i, list(point), float(y))
            values = [Value(v) for v in point]
            (graph,) = gradients(op(*values), [values[i]], create_graph=True)
            assert graph.data == pytest.approx(local, rel=0, nan_ok=True)
            if callable(op.partials[i]):
                with np.errstate(all="ignore"):
                    array = op.partials[i](*(np.full(3, v) for v in x), np.full(3, y))
                np.testing.assert_array_equal(np.broadcast_to(array, 3), [local] * 3)


@every_row
def test_partials_of_higher_order_never_raise(op):
    """At kinks too, in both modes, the second derivative is a number, if need be inf or nan."""
    for point in [*op.samples, *op.kinks]:
        f = lambda x: op(*x)  # noqa: E731
        assert np.shape(hessian(f)(list(point))) == (op.arity, op.arity)
        assert len(hvp(f, list(point), [1.0] * op.arity)) == op.arity
        along = lambda x: jvp(lambda x: op(*x), (x,), ([1.0] * op.arity,))[1]  # noqa: E731
        assert type(along([Value(v) for v in point])) is Value
        assert len(grad(along)(list(point))) == op.arity


# --- What a row gives -----------------------------------------------------------------------------


@every_row
def test_function_method_and_node(op):
    assert getattr(autograd, op.name, op) is op
    x, *constants = map(float, op.samples[0])
    v = Value(x)
    y = getattr(v, op.name)(*constants)
    assert y.op is op
    assert y.operands == (v, *constants)
    assert y.parents == (v,)
    assert y.data == op(x, *constants)
    assert pickle.loads(pickle.dumps(op)) is op
    assert copy.deepcopy(op) is op


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
def test_numpy_functions_record_the_row(ufunc):
    op = UFUNCS[ufunc]
    v, *rest = map(Value, op.samples[0])
    y = ufunc(v, *rest)
    assert y.op is op
    assert y.parents == (v, *rest)


def test_numpy_functions_cover_the_usual_ones():
    assert {f.__name__ for f in UFUNCS} >= {
        "add", "subtract", "multiply", "divide", "power", "negative", "absolute", "exp", "log",
        "log1p", "expm1", "sqrt", "square", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arcsin",
        "arccos", "arctan", "maximum", "minimum", "sign", "heaviside",
    }  # fmt: skip


def test_hyperparameters_are_operands_with_defaults():
    x = Value(-2.0)
    assert x.leaky_relu().data == -0.02
    assert x.leaky_relu(0.5).data == x.leaky_relu(alpha=0.5).data == -1.0
    assert x.elu(alpha=2.0).data == 2 * math.expm1(-2.0)
    assert x.clip(high=-3.0).data == -3.0
    assert x.clip(-1.0).data == x.clip(low=-1.0, high=1.0).data == -1.0
    assert autograd.heaviside(0.0, at_zero=0.5) == 0.5
    alpha = Value(0.5)
    x.prelu(alpha).backward()
    assert (x.grad, alpha.grad) == (0.5, -2.0)


@pytest.mark.parametrize(("call", "message"), [
    (lambda x: autograd.tanh(), r"tanh\(x\): got 0 operands"),
    (lambda x: autograd.tanh(x, x), r"tanh\(x\): got 2 operands"),
    (lambda x: autograd.tanh(x, beta=1), r"tanh\(x\): got 1 operands and beta"),
    (lambda x: x.clip(lo=0), r"clip\(x, low=-inf, high=inf\): got 1 operands and lo"),
    (lambda x: x.clip(0, low=1), r"clip\(x, low=-inf, high=inf\): got 2 operands and low"),
    (lambda x: x.prelu(), r"prelu\(x, alpha\): got 1 operands"),
    (lambda x: x.maximum("a"), r"maximum: expected a Value or a number, got 'a' \(str\)"),
    (lambda x: x.maximum(None), r"maximum: expected a Value or a number, got None"),
    (lambda x: x.maximum(1j), r"maximum: expected a Value or a number, got 1j \(complex\)"),
])  # fmt: skip
def test_wrong_operands_are_named(call, message):
    with pytest.raises(TypeError, match=message):
        call(Value(1.0))


def test_a_row_of_ones_own():
    with pytest.raises(AttributeError):
        Value(1.0).squash_softly()
    squash_softly = elementwise(
        "squash_softly", lambda x: x / (1 + abs(x)), lambda x: x / (1 + np.abs(x)),
        symbol="S", kinks=((0.0,),), partials=(lambda x, y: 1 / autograd.square(1 + abs(x)),),
    )  # fmt: skip
    try:
        assert TABLE["squash_softly"] is squash_softly
        x = Value(-3.0)
        y = x.squash_softly()
        assert (y.data, y.op.symbol) == (-0.75, "S")
        y.backward()
        assert x.grad == 1 / 16
        assert squash_softly(1.0) == 0.5
        assert squash_softly(np.array([1.0, -3.0])).tolist() == [0.5, -0.75]
        objects = squash_softly(np.array([x, Value(1.0)]))
        assert [v.data for v in objects] == [-0.75, 0.5]
        assert all(v.op is squash_softly for v in objects)
        check_operation(squash_softly)
        check_gradients(lambda x: squash_softly(squash_softly(x) * 3), 0.7)
        again = elementwise("squash_softly", abs, np.abs, partials=(1,))  # a cell that is run again
        assert TABLE["squash_softly"] is again
    finally:
        unregister("squash_softly")
    assert "squash_softly" not in TABLE
    with pytest.raises(AttributeError):
        x.squash_softly()


def test_a_ufunc_of_ones_own_row_is_dispatched_and_released():
    v = Value(2.0)
    with pytest.raises(TypeError, match=r"np\.spacing is not in the table"):
        np.spacing(v)
    spacing = elementwise(
        "spacing", math.ulp, np.spacing, partials=(0,), samples=((0.7,), (1.4,)))
    try:
        assert np.spacing(v).op is spacing
        check_operation(spacing)
    finally:
        unregister("spacing")
    with pytest.raises(TypeError, match=r"np\.spacing is not in the table"):
        np.spacing(v)


@pytest.mark.parametrize("name", ["tanh", "backward", "data", "grad", "label"])
def test_names_that_are_taken(name):
    with pytest.raises(ValueError, match=f"'{name}' is taken"):
        elementwise(name, abs, np.abs, partials=(1,))
    assert callable(Value(1.0).tanh)


def test_names_that_are_none():
    with pytest.raises(ValueError, match="must be an identifier, not 'soft sign'"):
        elementwise("soft sign", abs, np.abs, partials=(1,))


def test_unregister_leaves_the_built_in_owner_of_a_ufunc():
    elementwise("my_tanh", math.tanh, np.tanh, partials=(lambda x, y: 1 - y * y,))
    unregister("my_tanh")
    assert np.tanh(Value(0.5)).op is autograd.tanh


# --- Stability ------------------------------------------------------------------------------------

FAR = {  # name: the limits far left (value, slope) and far right
    "tanh": (-1, 0, 1, 0),
    "sigmoid": (0, 0, 1, 0),
    "log_sigmoid": (None, 1, 0, 0),
    "softplus": (0, 0, None, 1),
    "silu": (0, 0, None, 1),
    "gelu": (0, 0, None, 1),
    "elu": (-1, 0, None, 1),
}


@pytest.mark.parametrize(("name", "far"), list(product(FAR, [1000.0, 1e200])))
def test_far_out_nothing_overflows(name, far):
    op = TABLE[name]
    left, left_slope, right, right_slope = FAR[name]
    for x, y, slope in (-far, left, left_slope), (far, right, right_slope):
        y, hyper = x if y is None else y, list(op.defaults.values())
        assert op(x) == y
        assert op(np.array([x])).tolist() == [y]
        v = Value(x)
        result = op(v)
        assert result.data == y
        result.backward()
        assert v.grad == slope
        assert jvp(op, (x, *hyper), (1.0, *(0.0 for _ in hyper)))[1] == slope
        if far == 1000.0:
            assert grad(grad(op))(x) == 0


E40 = 4.248354255291588995329234782859e-18  # exp(−40), which is also sigmoid(−40) to 17 digits


@pytest.mark.parametrize(("name", "x", "value", "slope"), [
    ("sigmoid", -40.0, E40, E40),
    ("softplus", -40.0, E40, E40),
    ("softplus", 40.0, 40.0, 1.0),
    ("log_sigmoid", 40.0, -E40, E40),
    ("log_sigmoid", -40.0, -40.0, 1.0),
    ("silu", -40.0, -40 * E40, -39 * E40),
    ("elu", -40.0, -1.0, E40),
    ("tanh", 40.0, 1.0, 0.0),
    ("tanh", -40.0, -1.0, 0.0),
    ("sigmoid", 40.0, 1.0, 0.0),
    ("tanh", 1e-9, 1e-9, 1.0),
    ("expm1", 1e-12, 1.0000000000005e-12, 1.000000000001),
    ("log1p", 1e-12, 9.999999999995e-13, 0.999999999999),
    ("elu", -1e-12, -9.999999999995e-13, 0.999999999999),
    ("gelu", -5.0, -2.2917961966295070495e-7, -1.5463619875325952127e-6),
    ("gelu", -7.0, -2.3154422620725517464e-15, -2.7651173507066051286e-14),
])  # fmt: skip
def test_every_digit_is_kept(name, x, value, slope):
    op, tight = TABLE[name], {"rel": 1e-14, "abs": 0}
    assert op(x) == pytest.approx(value, **tight)
    assert op(np.array([x])).tolist() == pytest.approx([value], **tight)
    v = Value(x)
    op(v).backward()
    assert v.grad == pytest.approx(slope, **tight)


def test_log_sigmoid_is_not_the_log_of_sigmoid():
    assert autograd.log_sigmoid(-800.0) == -800.0
    with pytest.raises(ValueError, match=r"log: got x = 0\.0"):
        autograd.log(autograd.sigmoid(-800.0))


@every_row
def test_nan_stays_nan(op):
    """A NaN operand shows in the result, of floats as of arrays, unless it was not chosen."""
    for i, partial in enumerate(op.partials):
        point = list(op.samples[0])
        point[i] = math.nan
        for_floats = op.evaluate(*point)
        with np.errstate(all="ignore"):
            assert str(float(op.array(*map(np.float64, point)))) == str(for_floats)
        if op.arity == 1:
            assert partial is None or math.isnan(for_floats)


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
    ("fmin", (math.nan, 1.0), 1, (0, 1)),
    ("floor", (2.0,), 2, (0,)),
    ("rint", (2.5,), 2, (0,)),
    ("floor_divide", (-7.0, 2.0), -4, (0, 0)),
    ("remainder", (-7.0, 2.0), 1, (1, 4)),
    ("remainder", (1.0, 0.1), 1 % 0.1, (1, -9)),  # 1 / 0.1 is 10: the quotient goes by y
    ("fmod", (-7.0, 2.0), -1, (1, 3)),
    ("nan_to_num", (math.nan, 5.0, 1.0, 2.0), 5, (0, 1, 0, 0)),
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
