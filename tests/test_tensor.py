"""`Tensor`: the table on arrays, backward passes, NumPy's protocols, bad input."""

import copy
import gc
import pickle
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import autograd
from autograd import (
    Tensor,
    Value,
    concatenate,
    detect_anomaly,
    grad,
    gradients,
    group,
    jvp,
    linear,
    no_grad,
    softmax_cross_entropy,
    stack,
    topological_order,
    vjp,
    walk,
    where,
)
from autograd.ops import TABLE

inf, nan = np.inf, np.nan
every_row = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)


def operands(op, shapes, dtype=float):
    """Arrays of sample points, of these shapes: every element on one side of a kink."""
    point = op.samples[0]
    rng = np.random.default_rng(0)
    return [np.asarray(x * rng.uniform(0.8, 1.25, shape), dtype)
            for x, shape in zip(point, shapes, strict=True)]  # fmt: skip


def slopes(f, *arrays):
    tensors = [Tensor(x) for x in arrays]
    f(*tensors).sum().backward()
    return [t.grad for t in tensors]


def test_one_pass_from_numbers_and_arrays():
    def f(x):
        number, array = x
        return [number.exp(), array * array, array.sum(), number * 3]

    _, pull = vjp(f, [2.0, np.array([1.0, 2.0])])
    ((by_number, by_array),) = pull([1.0, np.ones(2), 2.0, 1.0])
    assert by_number == pytest.approx(np.exp(2) + 3)
    np.testing.assert_allclose(by_array, [4.0, 6.0])


# --- The table on arrays --------------------------------------------------------------------------


@every_row
@given(data=st.data())
def test_derivatives_with_broadcasting(op, data, check_tensors):
    shapes = mutually_broadcastable_shapes(
        num_shapes=op.arity, min_dims=0, max_dims=3, min_side=0, max_side=2
    )
    arrays = operands(op, data.draw(shapes).input_shapes)
    fixed = {i: x for i, x in enumerate(arrays) if op.partials[i] is None}

    def f(*xs):
        free = iter(xs)
        return op(*(fixed[i] if i in fixed else next(free) for i in range(op.arity)))

    if len(fixed) < op.arity:
        check_tensors(f, *(x for i, x in enumerate(arrays) if i not in fixed))
    else:
        assert slopes(op, *arrays) == [None] * op.arity


PYTORCH = {  # what PyTorch has under another name, or not as a function of Tensors
    "power": lambda torch, a, b: a**b,
    "softplus": lambda torch, x: torch.nn.functional.softplus(x),
    "log_sigmoid": lambda torch, x: torch.nn.functional.logsigmoid(x),
    "silu": lambda torch, x: torch.nn.functional.silu(x),
    "gelu": lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh"),
    "elu": lambda torch, x, alpha: torch.where(x > 0, x, alpha * torch.expm1(x)),
    "prelu": lambda torch, x, alpha: torch.where(x > 0, x, alpha * x),
    "leaky_relu": lambda torch, x, alpha: torch.where(x > 0, x, alpha * x),
    "where": lambda torch, condition, a, b: torch.where(condition != 0, a, b),
    "chain": lambda torch, g, d: g * d,
    "clip": lambda torch, x, low, high: torch.minimum(torch.maximum(x, low), high),
    "cbrt": lambda torch, x: torch.sign(x) * torch.abs(x) ** (1 / 3),
    "nan_to_num": lambda torch, x, *_: torch.nan_to_num(x) + sum(0 * v for v in _),
}


@every_row
@given(data=st.data(), dtype=st.sampled_from(["float32", "float64"]))
def test_against_pytorch(op, data, dtype, against_pytorch):
    if op.name in {"sign", "heaviside", "detach", "floor", "ceil", "trunc", "rint", "floor_divide"}:
        pytest.skip("PyTorch has no derivative of it")
    shapes = mutually_broadcastable_shapes(
        num_shapes=op.arity, min_dims=0, max_dims=3, min_side=0, max_side=3)
    theirs = PYTORCH.get(op.name) or (lambda torch, *xs: getattr(torch, op.name)(*xs))
    against_pytorch(op, theirs, operands(op, data.draw(shapes).input_shapes, dtype))


@every_row
def test_tensors_and_values_agree(op):
    points = np.array([*op.samples, *op.kinks])
    with np.errstate(all="ignore"):
        tensors = [Tensor(column) for column in points.T]
        y = op(*tensors)
        y.sum().backward()
        assert np.array_equal(y.data, op(*points.T), equal_nan=True)
    for k, point in enumerate(points):
        values = [Value(x) for x in point]
        op(*values).backward()
        for t, v in zip(tensors, values, strict=True):
            found = None if t.grad is None else t.grad[k]
            if v.grad is None:
                assert found is None
            else:
                assert found == pytest.approx(v.grad, rel=1e-14, nan_ok=True)


@every_row
def test_float32_stays_float32(op):
    xs = [Tensor(x) for x in operands(op, [(2, 3)] * op.arity, "float32")]
    y = op(*xs)
    assert y.dtype == np.float32
    for g in gradients(y.sum(), xs, create_graph=True):
        assert g.dtype == np.float32
    y.sum().backward()
    assert {x.grad.dtype for x in xs if x.grad is not None} <= {np.dtype("float32")}
    _, tangent = jvp(op, xs, [x.data for x in xs])
    assert tangent.dtype == np.float32
    constants = [x if i == 0 else x.data.flat[0].item() for i, x in enumerate(xs)]
    assert op(*constants).dtype == np.float32 or op.name == "where"  # of a condition and numbers
    if op.partials[0] is not None:
        doubles = op(xs[0], *(x.data.astype(float) for x in xs[1:])).sum()
        assert gradients(doubles, xs[:1])[0].dtype == np.float32


@every_row
def test_a_method_is_the_function(op):
    x, *others = operands(op, [(3,)] * op.arity)
    t = Tensor(x)
    y = getattr(t, op.name)(*others)
    assert (y.op, y.parents) == (op, (t,))
    assert np.array_equal(y.data, op(x, *others))


def test_operators_and_their_twins():
    a, x = np.array([[2.0], [3.0]]), np.array([0.5, 1.5, 2.5])
    for f in (
        lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b,
        lambda a, b: a**b, lambda a, b: -a + +b, lambda a, b: abs(a) + b,
    ):  # fmt: skip
        for left, right in ((a, x), (a, 2), (2, x), (a, np.float64(2)), (np.float64(2), x)):
            both = f(Tensor(left), Tensor(right))
            assert np.array_equal(f(Tensor(left), right).data, f(left, right))
            assert np.array_equal(f(left, Tensor(right)).data, f(left, right))
            assert np.array_equal(both.data, f(left, right))
    assert np.array_equal(([[1.0, 2]] @ Tensor(a)).data, [[8]])
    assert np.array_equal((Tensor(x) + [1, 2, 3]).data, x + np.arange(1, 4))  # noqa: RUF005
    t = u = Tensor(x)
    t += 1
    assert (u.data.tolist(), t.parents) == (x.tolist(), (u,))


def test_comparisons_give_arrays():
    t = Tensor([1.0, 2.0, 3.0])
    for other in (2, np.array([3, 2, 1]), [3, 2, 1], Tensor([3.0, 2.0, 1.0]), Value(2.0)):
        raw = getattr(other, "data", other) if not isinstance(other, np.ndarray) else other
        assert np.array_equal(t < other, t.data < raw)
        assert np.array_equal(t <= other, t.data <= raw)
        assert np.array_equal(t > other, t.data > raw)
        assert np.array_equal(t >= other, t.data >= raw)
        assert np.array_equal(t == other, t.data == raw)
        assert np.array_equal(t != other, t.data != raw)
    assert np.array_equal(np.array([3, 2, 1]) > t, [True, False, False])
    assert {t: 1}[t] == 1
    assert bool(Tensor(2.0))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(t)


def test_rows_formats_and_lengths():
    t = Tensor([[1.0, 2.0], [3.0, 4.0]], label="t")
    assert [row.data.tolist() for row in t] == [[1, 2], [3, 4]]
    assert (len(t), t.shape, t.ndim, t.size, t.dtype) == (2, (2, 2), 2, 4, np.float64)
    assert f"{Tensor(1.25):.1f} {Tensor([[2.0]]):.0f}" == "1.2 2"
    assert repr(t) == f"{t}" == "Tensor([[1., 2.],\n        [3., 4.]], label='t')"
    assert "dtype=float32" in repr(Tensor(np.zeros(1000, "float32")))
    assert len(repr(Tensor(np.zeros(10**6)))) < 100
    with pytest.raises(TypeError, match=r"'\.1f' formats one number, .* shape \(2, 2\)"):
        f"{t:.1f}"
    for f in (iter, len):
        with pytest.raises(TypeError, match="unsized"):
            list(f(Tensor(1.0)))


# --- 0 · ∞, and plain numbers in partials ---------------------------------------------------------


def test_the_inactive_branch_contributes_nothing():
    x = np.array([-1.0, 0.0, 4.0, 2000.0])
    with np.errstate(all="ignore"):
        for f, wanted in (
            (lambda x: where(x > 0, x.log(), 0), [0, 0, 1 / 4, 1 / 2000]),
            (lambda x: where(x > 0, x.sqrt(), x), [1, 1, 1 / 4, 0.5 / 2000**0.5]),
            (lambda x: where(x < 3, x.exp(), x), [np.exp(-1), 1, 1, 1]),
            (lambda x: where(x < 3, x.exp() * x, x), [0, 1, 1, 1]),
            (lambda x: where(x > 0, 1 / x, 0), [0, 0, -1 / 16, -1 / 2000**2]),
            (lambda x: where(x > 0, x**0.5, 0), [0, 0, 1 / 4, 0.5 / 2000**0.5]),
        ):
            assert slopes(f, x)[0] == pytest.approx(wanted)
            (g,) = gradients(f(t := Tensor(x)).sum(), [t], create_graph=True)
            assert g.data == pytest.approx(wanted)
            assert np.isfinite(gradients(g.sum(), [t])[0]).all()
            assert jvp(f, (x,), (np.ones(4),))[1] == pytest.approx(wanted)


def test_a_zero_gradient_is_not_skipped_at_second_order():
    slope = grad(lambda x: (Tensor(w) * x.sin()).sum())
    w = np.zeros(2)
    assert slope(np.ones(2)).tolist() == [0, 0]
    mixed = grad(lambda w: grad(lambda x: (w * x.sin()).sum())(Tensor(np.ones(2))).sum())(w)
    assert mixed == pytest.approx(np.cos(np.ones(2)))


def test_partials_of_plain_numbers_never_raise():
    with np.errstate(all="ignore"):
        assert slopes(lambda x: x / 0, np.ones(2))[0].tolist() == [inf, inf]
        assert np.isnan(slopes(lambda x: (-2.0) ** x, np.array([2.0]))[0])
        assert slopes(lambda x: 0.0**x, np.array([2.0]))[0] == 0
        (g,) = gradients(((-2.0) ** (x := Tensor([2.0]))).sum(), [x], create_graph=True)
        assert np.isnan(g.data)


def test_negative_bases_follow_numpy():
    x = np.array([-2.0, 3.0])
    assert slopes(lambda x: x**3, x)[0].tolist() == [12, 27]
    assert slopes(lambda x: x ** np.array([2, 0]), x)[0].tolist() == [-4, 0]
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert np.isnan((Tensor(x) ** 0.5).data[0])


# --- Backward passes ------------------------------------------------------------------------------


def network():
    rng = np.random.default_rng(0)
    x, w, b, v = (Tensor(rng.normal(size=s), n)
                  for s, n in (((5, 4), "x"), ((4, 3), "w"), (3, "b"), ((3, 3), "v")))  # fmt: skip
    h = linear(x, w, b)
    h = h + h.tanh() + h.relu()
    z = stack([h @ v, h.T.reshape(5, 3), h[[0, 1, 1, 2, 4]], +h]).mean(axis=0) + h[:, :1]
    return [x, w, b, v], softmax_cross_entropy(z, np.array([0, 1, 2, 2, 1])) + z.norm() + b[0]


def test_no_two_gradients_share_memory():
    _, y = network()
    y.backward()
    found = [node.grad for node in topological_order(y)]
    assert all(type(g) is np.ndarray for g in found)
    for i, g in enumerate(found):
        assert not any(np.shares_memory(g, other) for other in found[:i])
    for node in topological_order(y):
        assert node.grad.shape == node.shape
        assert not any(np.shares_memory(node.grad, x.data) for x in topological_order(y))


def test_a_second_pass_doubles_the_leaves():
    leaves, y = network()
    y.backward()
    first = [x.grad.copy() for x in leaves]
    inner = [n.grad.copy() for n in topological_order(y) if n.op is not None]
    y.backward()
    for x, g in zip(leaves, first, strict=True):
        assert np.array_equal(x.grad, 2 * g)
    for n, g in zip(topological_order(y), inner, strict=False):
        assert np.array_equal(n.grad, g)


def test_steps_of_a_pass_add_up():
    leaves, y = network()
    y.backward()
    totals = {step.operand: step.total for step in walk(y)}
    for x in leaves:
        assert np.array_equal(totals[x], x.grad)


def test_a_root_of_many_numbers():
    x = Tensor([1.0, 2.0], "x")
    with pytest.raises(ValueError, match=r"starts from one number, .* shape \(2,\): sum it"):
        (x * 2).backward()
    for bad in (np.ones(3), 1.0, np.array([nan, 1])):
        with pytest.raises(ValueError, match=r"starts from numbers of shape \(2,\), got"):
            (x * 2).backward(bad)
    assert x.grad is None
    seed = np.array([1.0, 10.0])
    y = x * 2
    y.backward(seed)
    x.backward(Tensor(seed))
    seed[:] = 0
    assert (y.grad.tolist(), x.grad.tolist()) == ([1, 10], [3, 30])
    Tensor([[3.0]]).backward()


def test_a_leaf_changed_after_use():
    x, w = Tensor([1.0, 2.0], "x"), Tensor([3.0, 4.0], "w")
    (x * w).sum().backward()
    before = x.grad.copy(), w.grad.copy()
    y = (x * w).sum()
    w.data -= 0.1
    for f in (y.backward, lambda: gradients(y, [x]), lambda: list(walk(y))):
        with pytest.raises(RuntimeError, match=r"label='w'\) was changed after multiply had used"):
            f()
    assert np.array_equal((x.grad, w.grad), before)
    with pytest.raises(ValueError, match="is the result of sum and cannot be set"):
        y.data = np.ones(())
    with pytest.raises(TypeError, match="holds floats, got int64"):
        w.data = np.arange(2)
    assert w.data.tolist() == [2.9, 3.9]


def test_anomaly_mode_notices_a_written_constant():
    t, c = Tensor([1.0, 2.0], "t"), np.array([2.0, 3.0])
    with detect_anomaly():
        y = (t * c).sum()
        c[0] += 1
        with pytest.raises(RuntimeError, match=r"array\(\[3., 3.\]\) was changed after multiply"):
            y.backward()
    y.backward()  # not looked at elsewhere


def test_anomaly_mode_names_the_first_nan():
    x = Tensor([0.0, 1.0])
    with detect_anomaly(), np.errstate(all="ignore"):
        with pytest.raises(FloatingPointError, match=r"log gave nan in an array of shape \(2,\)"):
            (x - 1).log().exp()
        with pytest.raises(FloatingPointError, match="matmul gave nan"):
            Tensor([inf, 1.0]) @ np.array([0.0, 1.0])
        y = (x * 0).sqrt().sum() * 0
        with pytest.warns(UserWarning, match="derivative of sqrt by x .* 0 · ∞ counts as 0"):
            y.backward()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ((x @ np.ones((2, 2))) * 0).sum().backward()  # no infinity in a matrix product


def test_gradients_written_in_place():
    w, b = Tensor(np.ones((2, 3)), "w"), Tensor(np.ones(3), "b")
    flat = np.full(9, nan)
    w.out, b.out = flat[:6].reshape(2, 3), flat[6:]
    x = np.arange(8.0).reshape(4, 2)
    y = linear(x, w, b)
    y.sum().backward()
    assert w._grad is w.out
    assert b._grad is b.out
    once = flat.copy()
    assert once.tolist() == [12, 12, 12, 16, 16, 16, 4, 4, 4]
    (y * 2).sum().backward()  # adds up
    assert flat.tolist() == (3 * once).tolist()
    assert w._grad is w.out
    w.zero_grad()
    b.zero_grad()
    (linear(x, w, b) + linear(x, w, b) * w.sum()).sum().backward()  # several contributions
    assert w._grad is w.out
    assert b._grad is b.out
    plain = [Tensor(w.data), Tensor(b.data)]
    (linear(x, *plain) + linear(x, *plain) * plain[0].sum()).sum().backward()
    assert flat.tolist() == [*plain[0].grad.flat, *plain[1].grad]
    found = gradients(linear(x, w, b).sum(), [w, b])
    assert not any(np.shares_memory(g, flat) for g in found)
    w.zero_grad()
    z = linear(x, w, b).sum()
    w.data = w.data + 1
    with pytest.raises(RuntimeError, match="label='w'"):
        z.backward()
    assert w.grad is None


def test_gradients_written_in_place_keep_their_type():
    w = Tensor(np.ones((2, 3), "float32"))
    w.out = np.empty((2, 3), "float32")
    linear(np.ones((4, 2)), w).sum().backward()
    assert w._grad is w.out
    assert w.grad.tolist() == [[4] * 3] * 2


def test_graphs_are_freed_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        c = np.ones(1)
        count = sys.getrefcount(c)
        for _ in range(20):
            leaves, y = network()
            z = (y * c).sum()
            z.backward()
            gradients(z, leaves, create_graph=True)
            del leaves, y, z
        assert len(gc.get_objects()) - before < 10
        assert sys.getrefcount(c) == count
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_deep_graphs():
    x = y = Tensor([1.0])
    for _ in range(20_000):
        y = y + x
    y.backward()
    assert x.grad == [20_001]


def test_modes():
    x = Tensor([1.0, 2.0], "x")
    with no_grad():
        y = (x * 2).sum()
    assert (y.op, y.parents, y.data) == (None, (), 6)
    with group("layer"):
        z = x.detach() * x
    assert z.group == z.operands[0].group == "layer"
    z.sum().backward()
    assert x.grad.tolist() == [1, 2]
    assert not np.shares_memory(x.detach().data, x.data)


def test_copies_and_pickles():
    x = Tensor([1.0, 2.0], "x")
    (x * 2).sum().backward()
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert (twin.label, twin.data.tolist(), twin.grad.tolist()) == ("x", [1, 2], [2, 2])
        assert twin.op is None
    assert not np.shares_memory(copy.deepcopy(x).data, x.data)
    for f in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"is a result inside a graph, .*Tensor\(x\.data\)"):
            f(x * 2)


# --- Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [
    np.arange(3), np.array([True]), np.array(["a"]), np.array([1j]), np.array([None]), "a", None,
    1j, np.array([Value(1.0)], object), Value(1.0), Tensor(1.0), [Value(1.0)],
], ids=lambda bad: f"{type(bad).__name__}-{getattr(bad, 'dtype', '')}")  # fmt: skip
def test_what_a_tensor_does_not_hold(bad):
    with pytest.raises(TypeError, match=r"a Tensor (holds floats, got|of a (Value|Tensor))"):
        Tensor(bad)


def test_what_a_tensor_holds():
    assert Tensor([1, 2]).dtype == Tensor(True).dtype == Tensor([]).dtype == np.float64
    assert Tensor([1, 2], dtype="float32").dtype == np.float32
    assert Tensor(np.float32(1)).dtype == np.float32
    a = np.ones(2)
    t = Tensor(a)
    a[0] = 5  # a Tensor's numbers are its own
    assert t.data.tolist() == [1, 1]
    with pytest.raises(TypeError, match="holds floats, not int64"):
        Tensor([1.0], dtype=int)


@pytest.mark.parametrize("bad", [
    "a", None, 1j, Value(1.0), np.array([Value(1.0), Value(2.0)]), np.array(["a", "b"]), {},
], ids=lambda x: type(x).__name__)  # fmt: skip
def test_operands_that_do_not_mix(bad):
    t = Tensor([1.0, 2.0], "t")
    for f in (
        lambda: t + bad, lambda: bad * t, lambda: t @ bad, lambda: t.maximum(bad),
        lambda: autograd.maximum(bad, t), lambda: concatenate([t, bad]),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=r"expected a (Tensor|Value|number)|unsupported|takes"):
            f()
    assert t.grad is None


@pytest.mark.parametrize(("a", "b", "message"), [
    ((2, 3), (2, 4), r"shapes \(2, 3\) and \(2, 4\) do not broadcast: axis -1 is 3 and 4"),
    ((5, 2, 3), (4, 1), r"shapes \(5, 2, 3\) and \(4, 1\) do not broadcast: axis -2 is 2 and 4"),
])  # fmt: skip
def test_shapes_that_do_not_broadcast(a, b, message):
    a, b = Tensor(np.ones(a)), Tensor(np.ones(b))
    for f, name in ((lambda: a + b, "add"), (lambda: where(a > 0, a, b), "where"),
                    (lambda: np.maximum(a, b.data), "maximum")):  # fmt: skip
        with pytest.raises(ValueError, match=f"{name}: .*{message.split('do')[1]}"):
            f()
    with pytest.raises(ValueError, match=message):
        a - b
