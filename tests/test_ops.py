"""Every row of the table of operations: derivatives, agreement, stability."""

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
    Value,
    check_gradients,
    check_operation,
    elementwise,
    grad,
    gradients,
    hessian,
    hvp,
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
