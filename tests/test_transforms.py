"""Transforms: nesting, modes against each other, against JAX, and on random expressions."""

import importlib.util
import math
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    Tensor,
    Value,
    check_gradients,
    detach,
    elu,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    linear,
    no_grad,
    relu,
    sin,
    tanh,
    value_and_grad,
    vjp,
    where,
)

near = lambda x, rel=1e-12: pytest.approx(x, rel=rel, abs=1e-13)  # noqa: E731


# --- Random expressions ---------------------------------------------------------------------------

UNARY = ["sin", "cos", "tanh", "sigmoid", "log_sigmoid", "softplus", "arctan", "silu", "negative"]
BINARY = {
    "sum": lambda m, a, b: a + b,
    "difference": lambda m, a, b: a - 0.5 * b,
    "product": lambda m, a, b: m.tanh(a * b),
    "quotient": lambda m, a, b: a / (1.5 + b * b),
    "power": lambda m, a, b: (1 + m.sigmoid(a)) ** m.tanh(b),
    "decay": lambda m, a, b: m.exp(-a * a) * b,
}
OURS = SimpleNamespace(**{name: getattr(autograd, name) for name in (*UNARY, "exp")})

# A step reads any results before it, so that a program is a graph and not only a tree; beside the
# steps stands how many results it has.
step = st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 99), st.integers(0, 99))
programs = st.tuples(st.lists(step, min_size=2, max_size=8), st.integers(1, 3))
points = st.lists(st.floats(-1.5, 1.5), min_size=2, max_size=3)


def function(program, m=OURS):
    """The function of a list that a program stands for."""
    steps, n = program

    def f(xs):
        found = list(xs)
        for name, i, j in steps:
            a, b = found[-1 - i % len(found)], found[-1 - j % len(found)]
            found.append(BINARY[name](m, a, b) if name in BINARY else getattr(m, name)(a))
        return found[-n:]

    return f


@given(programs, points)
def test_random_expressions_against_central_differences(program, x):
    check_gradients(function(program), x)


@given(programs, points, st.lists(st.floats(-2, 2), min_size=6, max_size=6))
def test_modes_agree_on_random_expressions(program, x, numbers):
    f, n = function(program), len(x)
    u, w = numbers[:n], numbers[3 : 3 + program[1]]
    J = jacobian(f)(x)
    outputs, along = jvp(f, (x,), (u,))
    result, pull = vjp(f, x)
    (back,) = pull(w)
    assert outputs == result == f([float(v) for v in x])
    assert along == near((np.array(J) @ u).tolist(), 1e-10)
    assert back == near((w @ np.array(J)).tolist(), 1e-10)
    assert float(np.dot(w, along)) == near(float(np.dot(back, u)), 1e-10)

    scalar = lambda x: sum(c * y for c, y in zip(w, f(x), strict=True))  # noqa: E731
    assert value_and_grad(scalar)(x)[1] == near(back, 1e-10)
    H = np.array(hessian(scalar)(x))
    assert near(H.T, 1e-9) == H
    assert hvp(scalar, x, u) == near((H @ u).tolist(), 1e-9)
    directional = lambda x: jvp(scalar, (x,), (u,))[1]  # noqa: E731
    assert grad(directional)(x) == near((H @ u).tolist(), 1e-9)  # reverse over forward
    twice = jvp(directional, (x,), (u,))[1]  # forward over forward
    assert twice == near(float(u @ H @ u), 1e-9)


@pytest.fixture(scope="module")
def jax():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed: pip install 'chainrule[reference]'")
    import jax

    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", False)


@settings(max_examples=5)
@given(program=programs, x=st.lists(st.floats(-1.5, 1.5), min_size=2, max_size=2))
def test_random_expressions_against_jax(jax, program, x):
    jnp, nn = jax.numpy, jax.nn
    theirs = SimpleNamespace(
        **{name: getattr(jnp, name, None) or getattr(nn, name) for name in (*UNARY, "exp")}
    )
    f, g = function(program), lambda x: jnp.stack(function(program, theirs)(x))
    first = jax.jacfwd(g)
    all_three = jax.jit(lambda x: (g(x), first(x), jax.jacfwd(first)(x)))
    y, J, H = (wanted.tolist() for wanted in all_three(jnp.array(x)))
    assert f(x) == near(y)
    assert jacobian(f)(x) == [near(row, 1e-10) for row in J]
    for i in range(program[1]):
        assert hessian(lambda x, i=i: f(x)[i])(x) == [near(row, 1e-9) for row in H[i]]


# --- Nesting --------------------------------------------------------------------------------------


def derivatives():
    """Reverse and forward mode as the derivative of a function of one number."""
    return [grad, lambda f: lambda x: jvp(f, (x,), (1.0,))[1], jacobian,
            lambda f: lambda x: vjp(f, x)[1](1.0)[0]]  # fmt: skip


@pytest.mark.parametrize("inner", range(4))
@pytest.mark.parametrize("outer", range(4))
def test_nested_transforms_do_not_confuse_perturbations(inner, outer):
    D, d = derivatives()[outer], derivatives()[inner]
    assert D(lambda x: x * d(lambda y: x * y)(x))(2.0) == 4
    assert D(lambda x: x * d(lambda y: x + y)(1.0))(1.0) == 1
    assert D(lambda x: d(lambda y: x * y * y)(3.0))(5.0) == 6
    assert D(d(lambda x: x**3))(2.0) == 12
    assert D(lambda x: d(sin)(x) * x)(0.5) == near(math.cos(0.5) - 0.5 * math.sin(0.5))
    assert D(lambda x: x * d(lambda y: 3.0)(x))(2.0) == 0


@pytest.mark.parametrize("k", range(4))
def test_three_deep(k):
    D = derivatives()[k]
    assert D(D(D(lambda x: x**4)))(2.0) == 48
    f = lambda x: D(lambda y: D(lambda z: x * y * y * z**3)(y))(x)  # noqa: E731
    assert f(2.0) == 2 * 3 * 4 * 8  # ∂/∂y (3 x y⁴) = 12 x y³ at y = x
    assert D(f)(2.0) == 12 * 4 * 8


def test_a_closure_over_outer_values():
    w = Value(3.0)
    slope = grad(lambda x: w * x * x)(2.0)
    assert type(slope) is Value
    assert slope.data == 12
    assert gradients(slope, [w]) == [4]
    slope.backward()
    assert w.grad == 4
    for d in derivatives():
        assert type(d(lambda x: tanh(w * x))(2.0)) is Value
        assert type(d(lambda x: detach(w).data * x)(2.0)) is float


def test_values_made_inside_are_not_outside():
    result = grad(lambda x: Value(3.0, label="c") * x * x)(2.0)
    assert type(result) is float
    assert result == 12


def test_an_argument_that_is_a_value_is_differentiated_through():
    x = Value(2.0)
    for d in derivatives():
        y = d(lambda x: x**3)(x)
        assert type(y) is Value
        assert gradients(y, [x]) == [12]
    h = hessian(lambda p: p[0] ** 3 * p[1])([x, 5.0])
    assert [[v.data for v in row] for row in h] == [[60, 12], [12, 0]]
    assert gradients(h[0][0], [x]) == [30]


def test_a_tangent_that_is_a_value_is_differentiated_through():
    t = Value(3.0)
    y = jvp(lambda x: x**2, (5.0,), (t,))[1]
    assert y.data == 30
    assert gradients(y, [t]) == [10]
    _, pull = vjp(lambda x: x**2, 5.0)
    assert gradients(pull(t)[0], [t]) == [10]


@pytest.mark.parametrize("x", [-1.0, 0.0, 2.0])
def test_what_is_live_is_a_value_and_what_is_not_a_float(x):
    for f in relu, abs, lambda x: x * 2, lambda x: +x, lambda x: 3.0, lambda x: x.sign(), detach:
        for d in derivatives():
            assert type(d(f)(x)) is float
            assert type(d(f)(Value(x))) is Value


# --- Side effects ---------------------------------------------------------------------------------


def test_no_transform_touches_a_grad():
    x, w = Value(2.0), Value(3.0)
    x.grad, w.grad = 7.0, None
    f = lambda x: w * x * x  # noqa: E731
    for d in derivatives():
        d(f)(x)
        d(f)(2.0)
    hessian(f)(x)
    hvp(f, x, 1.0)
    value_and_grad(f)(x)
    gradients(f(x), [x, w], create_graph=True)
    assert (x.grad, w.grad) == (7, None)
    assert (x.data, w.data, x.op, w.op) == (2, 3, None, None)


def test_arguments_are_not_changed():
    x = [1.0, (2.0, [Value(3.0)])]
    grad(lambda x: x[0] * x[1][0] * x[1][1][0])(x)
    assert x[0] == 1.0
    assert x[1][1][0].grad is None


def test_inside_no_grad_transforms_give_plain_numbers():
    w, x = Value(3.0), Value(2.0)
    f = lambda x: w * x**3  # noqa: E731
    with no_grad():
        for d in derivatives():
            for at in 2.0, x:
                assert type(d(f)(at)) is float
                assert d(f)(at) == 36
                assert d(d(f))(at) == 36
        assert value_and_grad(f)(x) == (24, 36)
        assert hessian(f)(x) == 36
        assert hvp(f, x, 1.0) == 36
        assert jvp(f, (x,), (Value(2.0),)) == (24, 72)
    assert type(value_and_grad(f)(x)[0]) is Value


def test_no_grad_inside_a_function_makes_constants():
    def f(x):
        with no_grad():
            c = x * 10
        return c * x

    for d in derivatives():
        assert d(f)(2.0) == 20


# --- Structures -----------------------------------------------------------------------------------


def test_argnums():
    f = lambda x, y, z: x * y + z  # noqa: E731
    assert grad(f)(2.0, 3.0, 4.0) == 3
    assert grad(f, 1)(2.0, 3.0, 4.0) == 2
    assert grad(f, -1)(2.0, 3.0, 4.0) == 1
    assert grad(f, (2, 0))(2.0, 3.0, 4.0) == (1, 3)
    assert grad(f, (1,))(2.0, 3.0, 4.0) == (2,)
    assert value_and_grad(f, (0, 1))(2.0, 3.0, 4.0) == (10, (3, 2))
    with pytest.raises(TypeError, match="3 arguments were given"):
        grad(f, 3)(2.0, 3.0, 4.0)


def test_arguments_that_are_not_differentiated_pass_untouched():
    def f(w, x, name, how=None):
        assert (x, name) == ([1, "a"], {"b": 2})
        return w * w

    assert grad(f)(3.0, [1, "a"], {"b": 2}) == 6


def test_structures_are_kept():
    f = lambda p: p[0] * p[1][0] + p[1][1][0] ** 2  # noqa: E731
    assert grad(f)([2, (3, [4.0])]) == [3, (2, [8])]
    assert grad(f)((2, [3, (4.0,)])) == (3, [2, (8,)])
    assert jacobian(lambda x: [x[0] * 2, (x[1] * 3,)])((1.0, 1.0)) == [(2, 0), ((0, 3),)]
    assert jacobian(lambda x: (x, [x * x]))(3.0) == (1, [6])
    assert hessian(lambda x: x**3)(2.0) == 12
    assert hvp(lambda p: p[0] * p[1][0], [2.0, (3.0,)], [1.0, (0.0,)]) == [0, (1,)]
    out, tangent = jvp(lambda a, b: (a * b[0], [b[1]]), (2.0, [3.0, 4.0]), (1.0, [0.0, 5.0]))
    assert (out, tangent) == ((6, [4]), (3, [5]))
    out, pull = vjp(lambda a, b: (a * b[0], [b[1]]), 2.0, [3.0, 4.0])
    assert out == (6, [4])
    assert pull((1.0, [10.0])) == (3, [2, 10])
    assert pull((0.0, [1.0])) == (0, [0, 1])


def test_numbers_of_all_kinds_in_and_out():
    for two in 2, 2.0, np.float64(2), np.int64(2), np.array(2.0):
        y, slope = value_and_grad(lambda x: x * x)(two)
        assert (y, slope) == (4, 4)
        assert type(slope) is float
    assert grad(lambda x: 5)(2.0) == 0
    assert grad(lambda x: np.float64(5))(2.0) == 0
    assert jvp(lambda x: [5, x], (2,), (1,)) == ([5, 2], [0, 1])
    assert jacobian(lambda x: [1.0, x[0]])([2.0, 3.0]) == [[0, 0], [1, 0]]
    assert grad(lambda x: x[0] * 2)([1.0, 1.0]) == [2, 0]
    assert type(jvp(lambda x: x * 2, (2,), (1,))[1]) is float


@pytest.mark.parametrize("bad", [None, "1", 1j, {"y": 1.0}, np.ones(2), len], ids=str)
def test_bad_results_are_refused(bad):
    for d in derivatives():
        with pytest.raises(TypeError, match="a function to differentiate returns numbers"):
            d(lambda x: bad)(2.0)
        with pytest.raises(TypeError, match="a function to differentiate returns numbers"):
            d(lambda x: [x, bad])(2.0)


def test_several_results_point_to_jacobian():
    for many in [], [1.0], (1.0, 2.0):
        with pytest.raises(TypeError, match=rf"f returned {len(many)} results .* use jacobian"):
            grad(lambda x: many)(2.0)  # noqa: B023


@pytest.mark.parametrize("bad", [None, "1", 1j, {"y": 1.0}, [1.0, "a"]], ids=str)
def test_bad_arguments_are_refused(bad):
    for d in derivatives():
        with pytest.raises(TypeError, match="a Value holds one number, got"):
            d(lambda x: 1.0)(bad)


def test_primals_and_tangents_that_differ():
    with pytest.raises(ValueError, match="jvp: 2 numbers in primals, 1 in tangents"):
        jvp(lambda x: x[0], ([1.0, 2.0],), (1.0,))
    with pytest.raises(ValueError, match="or in another structure"):
        jvp(lambda p, q: p[0] * q, ([1.0, 2.0], 3.0), (1.0, [2.0, 3.0]))
    assert jvp(lambda p: p[0] * p[1], [(2.0, 3.0)], ([1.0, 1.0],)) == (6, 5)
    with pytest.raises(ValueError, match="vjp: 1 results, but 2 weights"):
        vjp(lambda x: x, 1.0)[1]([1.0, 2.0])
    with pytest.raises(ValueError, match="or in another structure"):
        vjp(lambda x: [x, x], 1.0)[1]([1.0, [2.0]])
    assert vjp(lambda x: [], 2.0)[1]([]) == (0,)


@pytest.mark.parametrize("bad", ["a", None, 1j, np.ones(2)], ids=str)
def test_tangents_and_weights_are_numbers(bad):
    with pytest.raises(TypeError, match="a Value holds one number, got"):
        jvp(lambda x: x * x, (1.0,), (bad,))
    with pytest.raises(TypeError, match="a Value holds one number, got"):
        vjp(lambda x: x * x, 1.0)[1](bad)


def test_an_error_inside_leaves_nothing_behind():
    def f(x):
        raise KeyError("stop")

    x = Value(2.0)
    for d in derivatives():
        with no_grad(), pytest.raises(KeyError):
            d(f)(x)
        with pytest.raises(KeyError):
            d(d(f))(2.0)
    assert (x * 2).parents == (x,)
    with no_grad():
        with pytest.raises(KeyError):
            grad(f)(2.0)
        assert (x * 2).parents == ()


# --- Worked examples ------------------------------------------------------------------------------


def test_rosenbrock():
    f = lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2  # noqa: E731
    assert grad(f)([-1.2, 1.0]) == near([-215.6, -88.0])
    assert hessian(f)([-1.2, 1.0]) == [near([1330.0, 480.0]), near([480.0, 200.0])]
    assert grad(f)([1.0, 1.0]) == [0, 0]


def test_taylor_coefficients_by_nesting():
    f, found = lambda x: exp(sin(x)), []
    for _ in range(6):
        found.append(f(0.0))
        f = grad(f)
    assert found == near([1, 1, 1, 0, -3, -8])


def test_newtons_method_finds_the_minimum():
    f = lambda x: x**4 - 3 * x**3 + 2  # noqa: E731
    x = 3.0
    for _ in range(8):
        x -= grad(f)(x) / grad(grad(f))(x)
    assert x == near(2.25)


def test_a_physical_pendulum():
    """The Euler–Lagrange equation of a pendulum: θ'' = −(g/l) sin θ."""
    g, length = 9.81, 2.0

    def lagrangian(theta, omega):
        return 0.5 * (length * omega) ** 2 + g * length * autograd.cos(theta)

    theta, omega = 0.7, 0.3
    force = grad(lagrangian, 0)(theta, omega)
    momentum = grad(lagrangian, 1)
    mass = grad(momentum, 1)(theta, omega)
    coupling = grad(momentum, 0)(theta, omega)
    assert (force - coupling * omega) / mass == near(-g / length * math.sin(theta))


def test_a_loop_with_a_condition():
    def f(x):
        while x < 100:
            x = x * x if x > 2 else x + 1.5
        return where(x > 150, x, x / 2)

    check_gradients(f, 1.7)
    assert grad(f)(1.7) == near(2 * 3.2**3)  # of (x + 1.5)⁴ / 2


def test_a_derivative_is_a_node_of_its_own():
    a, b = Value(2.0), Value(3.0, label="b")
    (slope,) = gradients(a * b, [a], create_graph=True)
    assert slope is not b
    assert slope.data == 3
    assert gradients(slope, [b]) == [1]


def test_an_argument_named_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        grad(lambda x, y: x * y, (0, -2))(3.0, 4.0)


def test_keywords_are_passed_on():
    assert grad(lambda x, *, power: x**power)(3.0, power=2) == 6


def test_a_long_history_outside_is_not_walked():
    w = Value(1.0)
    old = w
    for _ in range(1000):
        old = old + 0.0
    w.data = 5.0  # stale for old, which does not matter for the derivative by x
    with no_grad():
        assert grad(lambda x: x * old)(2.0) == 1


def test_higher_derivatives_of_elu_at_zero():
    f = elu
    for _ in range(4):
        f = grad(f)
        assert f(0.0) == 1
    h = hessian(lambda z: elu(z[0], z[1]))([0.0, 2.0])
    assert h == [[2, 1], [1, 0]]


def test_structures_with_names_and_arrays_of_values():
    pair = namedtuple("pair", "a b")
    assert grad(lambda p: p.a * p.b)(pair(2.0, 3.0)) == pair(3.0, 2.0)
    W = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert jacobian(lambda x: W @ np.array(x))([1.0, 1.0]) == W.tolist()


def test_a_local_0_stops_a_nan_in_both_modes():
    def f(x):
        return where(0.0, x * math.nan, 3 * x)

    assert jvp(f, (2.0,), (1.0,))[1] == grad(f)(2.0) == 3
    assert math.isnan(jvp(lambda x: f(x) * math.nan, (2.0,), (1.0,))[1])


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3)])
def test_a_gradient_penalty_through_a_layer(shape):
    """Where the gradient of a layer's output is a constant, that by its input hangs on W."""
    rng = np.random.default_rng(0)
    x, w, b = Tensor(rng.normal(size=shape)), Tensor(rng.normal(size=(3, 2))), Tensor(np.ones(2))
    (g,) = gradients(linear(x, w, b).sum(), [x], create_graph=True)
    (by_w,) = gradients((g * g).sum(), [w])
    n = x.size // 3  # Σ‖W1‖² over n rows
    np.testing.assert_allclose(by_w, 2 * n * w.data.sum(1, keepdims=True) * np.ones((3, 2)))
