"""Backpropagation: accumulation, order, depth, changed leaves, memory, graphs of derivatives."""

import gc
import math
import sys
from collections import defaultdict

import pytest

from autograd import (
    Value,
    check_gradients,
    detach,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jvp,
    log,
    no_grad,
    relu,
    sin,
    sqrt,
    tanh,
    topological_order,
    values,
    vjp,
    walk,
    where,
)

inf = math.inf


# --- Accumulation ---------------------------------------------------------------------------------


def test_a_value_used_twice():
    a = Value(3.0)
    y = a * a
    assert y.parents == (a, a)
    y.backward()
    assert a.grad == 6
    for f, wanted in (lambda a: a + a, 2), (lambda a: a - a, 0), (lambda a: a / a, 0), (
        lambda a: a**a, 27 * (1 + math.log(3))), (lambda a: a.maximum(a), 1):  # fmt: skip
        a = Value(3.0)
        f(a).backward()
        assert a.grad == pytest.approx(wanted, rel=1e-15)


def test_diamond():
    """Each node is done when all its consumers are: a depth-first walk without a sort is wrong."""
    a = Value(2.0)
    b = a * 3
    c = b + 1
    d = b * c  # b is reached from d before c is done
    e = d * b
    e.backward()
    assert (d.grad, c.grad, b.grad, a.grad) == (6, 36, 120, 360)  # e = b² (b + 1)


def test_gradients_of_results_and_of_the_root():
    a = Value(2.0)
    b = a * 3
    y = b * b
    assert (a.grad, b.grad, y.grad) == (None, None, None)
    y.backward()
    assert (a.grad, b.grad, y.grad) == (36, 12, 1)


def test_a_second_call_exactly_doubles_the_leaves():
    """Inner gradients are computed afresh: adding to them as well gives 45 in place of 27 · 2."""
    a, b = Value(0.1), Value(0.7)
    h = tanh(a * b)
    y = h * h + a
    y.backward()
    first = (a.grad, b.grad, h.grad, y.grad)
    y.backward()
    assert (a.grad, b.grad) == (2 * first[0], 2 * first[1])
    assert (h.grad, y.grad) == first[2:]
    y.backward()
    assert a.grad == first[0] + first[0] + first[0]


def test_gradients_of_several_roots_add_up():
    a = Value(2.0)
    (a * 3).backward()
    (a * a).backward()
    assert a.grad == 7
    a.zero_grad()
    assert a.grad is None
    (a * a).backward()
    assert a.grad == 4


def test_a_shared_inner_node_holds_the_gradient_of_the_last_pass():
    a = Value(2.0)
    h = a * 3
    (h * 1).backward()
    (h * 10).backward()
    assert (h.grad, a.grad) == (10, 33)


def test_a_pass_sums_a_leaf_apart_and_adds_it_once():
    a = Value(1.0)
    a.grad = 1e16
    (a + a + a).backward()  # one by one, each 1 would be lost in 1e16
    assert a.grad == 1e16 + 3


def test_starting_gradient():
    a = Value(3.0)
    y = a * a
    y.backward(0.5)
    assert (a.grad, y.grad) == (3, 0.5)
    y.backward(gradient=Value(2.0))
    assert a.grad == 15
    y.backward(0)
    assert (a.grad, y.grad) == (15, 0)
    for bad in "1", [1.0], math.nan, 1j:
        with pytest.raises(TypeError, match="backward starts from a number, got"):
            y.backward(bad)


def test_backward_from_a_leaf():
    a = Value(3.0)
    a.backward()
    assert a.grad == 1
    a.backward(2)
    assert a.grad == 3


def test_constants_and_unreached_values():
    a, b = Value(3.0), Value(4.0)
    (a * 2 + 1).backward()
    assert (a.grad, b.grad) == (2, None)
    assert (a * 2).operands == (a, 2.0)


def test_a_leaf_that_is_not_reached_keeps_its_gradient():
    a, b = Value(3.0), Value(4.0)
    (a * 5).backward()
    (detach(a) * b).backward()
    where(a, b, 2 * b).backward()
    assert (a.grad, b.grad) == (5, 4)
    c = Value(1.0)
    (c.detach() * b).backward()
    assert c.grad is None


def test_detach():
    a = Value(3.0)
    b = a * 2
    y = b.detach() * b
    y.backward()
    assert (y.data, a.grad) == (36, 12)
    assert gradients(detach(a), [a]) == [0]


# --- Size and depth -------------------------------------------------------------------------------


def test_doubling_sixty_times():
    """2⁶⁰ paths and 60 nodes: whoever walks paths does not come back."""
    x = y = Value(1.0)
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == y.data == 2**60
    assert len(topological_order(y)) == 61
    assert sum(1 for _ in walk(y)) == 120
    assert gradients(y, [x], create_graph=True)[0].data == 2**60


def test_a_chain_far_deeper_than_the_stack():
    n = 100_000
    assert n > 10 * sys.getrecursionlimit()
    x = y = Value(1.0)
    for _ in range(n):
        y = y + 1e-5
    y.backward()
    assert x.grad == 1
    assert y.data == pytest.approx(2.0)
    (slope,) = gradients(y * y, [x], create_graph=True)
    assert gradients(slope, [x]) == [2]
    del y, slope  # is not recursive either


def test_a_sum_of_many_terms():
    x = Value(0.5)
    n = 100_000
    sum(x * i for i in range(n)).backward()
    assert x.grad == n * (n - 1) / 2


def test_one_value_used_many_times():
    x = Value(2.0)
    n = 100_000
    terms = [x * 3 for _ in range(n)]
    y = terms[0]
    for term in terms[1:]:
        y = y + term
    y.backward()
    assert x.grad == 3 * n


# --- Order and steps ------------------------------------------------------------------------------


def network():
    xs = values([0.5, -1.5, 2.0, 0.1])
    a, b, c, d = xs
    h = [tanh(a * b + c), relu(b - d), exp(a * d), where(a > 0, c / (d + 2), sqrt(c))]
    return xs, h, h[0] * h[2] + h[1] * h[3] - h[2] / h[3] + h[0] ** 2 + a


def test_topological_order_puts_consumers_first():
    xs, _, y = network()
    order = topological_order(y)
    position = {node: i for i, node in enumerate(order)}
    assert len(position) == len(order)
    assert order[0] is y
    assert {node for node in order if node.op is None} == set(xs)
    assert all(position[node] < position[x] for node in order for x in node.parents)
    assert all(node.op is None for node in order[-4:])


def test_topological_order_of_several_roots():
    _, h, y = network()
    order = topological_order(h[0], y, y)
    assert len(order) == len(topological_order(y))
    assert set(topological_order(h[0])) <= set(order)


def test_walk_adds_up_to_the_gradients_of_backward():
    _, _, y = network()
    order = topological_order(y)
    sums, last = defaultdict(float, {y: 1.0}), {}
    for step in walk(y):
        assert step.contribution == step.upstream * step.local
        assert any(x is step.operand for x in step.node.parents)
        assert step.upstream == sums[step.node]  # complete by then
        sums[step.operand] += step.contribution
        assert step.total == sums[step.operand]
        last[step.operand] = step.total
    assert all(node.grad is None for node in order)
    y.backward()
    assert last == {node: node.grad for node in order if node in last}
    assert set(last) == set(order) - {y}
    scaled = [step.contribution for step in walk(y, 2)]
    assert scaled == [2 * step.contribution for step in walk(y)]


def test_walk_shows_both_edges_of_a_square():
    a = Value(3.0)
    steps = list(walk(a * a))
    assert [s.operand for s in steps] == [a, a]
    assert [(s.local, s.contribution, s.total) for s in steps] == [(3, 3, 3), (3, 3, 6)]


# --- Changed leaves -------------------------------------------------------------------------------


def test_a_leaf_changed_after_use_is_named():
    a, b = Value(3.0, label="a"), Value(4.0, label="b")
    y = a * b
    y.backward()
    b.data -= 1.0
    calls = [y.backward, lambda: gradients(y, [a]), lambda: list(walk(y)),
             lambda: gradients(y, [a], create_graph=True)]  # fmt: skip
    for call in calls:
        with pytest.raises(RuntimeError, match=r"label='b'\) was changed after multiply .* used"):
            call()
    assert (a.grad, b.grad, y.grad, y.data) == (4, 3, 1, 12)
    (a * b).backward()
    assert (a.grad, b.grad) == (7, 6)


def test_no_gradient_is_touched_when_a_pass_fails_half_way():
    a, b, c = Value(1.0), Value(2.0, label="deep"), Value(3.0)
    y = (a + b) * c + a * 5
    y.backward()
    grads = [v.grad for v in (a, b, c, y)]
    b.data = 7.0
    with pytest.raises(RuntimeError, match="deep"):
        y.backward()
    assert [v.grad for v in (a, b, c, y)] == grads


@pytest.mark.parametrize("position", [0, 1, 2])
def test_every_operand_is_watched(position):
    """Also the condition of where(), which passes no gradient but chooses the branch."""
    operands = values([1.0, 2.0, 3.0], "x")
    y = where(*operands)
    operands[position].data = 0.0
    for call in (y.backward, lambda: gradients(y, operands, create_graph=True),
                 lambda: list(walk(y))):  # fmt: skip
        with pytest.raises(RuntimeError, match=f"label='x{position + 1}'"):
            call()


def test_setting_the_same_number_counts_too():
    a = Value(3.0)
    y = a * 2
    a.data = 3.0
    with pytest.raises(RuntimeError, match="was changed after multiply"):
        y.backward()


def test_a_detached_leaf_may_change():
    a, b = Value(3.0), Value(4.0)
    y = detach(a) * b
    a.data = 100.0
    y.backward()
    assert (a.grad, b.grad) == (None, 3)


def test_a_training_step_is_no_reason_to_complain():
    w = Value(1.0)
    for _ in range(3):
        loss = (w - 3) ** 2
        w.zero_grad()
        loss.backward()
        w.data -= 0.25 * w.grad
    assert w.data == 2.75


def test_a_result_cannot_be_set():
    a = Value(3.0)
    y = a * 2
    with pytest.raises(ValueError, match="is the result of multiply and cannot be set"):
        y.data = 5.0
    assert y.data == 6
    y.backward()
    with no_grad():
        z = a * 2
    z.data = 5.0
    assert z.data == 5


# --- Memory ---------------------------------------------------------------------------------------


def living():
    return sum(type(x) is Value for x in gc.get_objects())


@pytest.fixture
def _no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
def test_graphs_are_freed_by_reference_counting_alone():
    x = Value(0.5)
    before = living()

    def use():
        y = x * x
        for _ in range(50):
            y = tanh(y * x + 1) + where(y > 0, y, x)
        y.backward()
        (slope,) = gradients(y, [x], create_graph=True)
        gradients(slope, [x])
        list(walk(y))
        with pytest.raises(ValueError, match="log: got"):
            log(y - y)
        assert living() > before + 200

    use()
    assert living() == before
    assert x.grad is not None


@pytest.mark.usefixtures("_no_collector")
def test_a_gradient_keeps_no_graph_alive():
    x = Value(0.5)
    before = living()
    y = exp(x * 2)
    y.backward()
    assert living() == before + 2
    del y
    assert living() == before
    with no_grad():
        total = x
        for _ in range(100):
            total = total + x
    assert living() == before + 1


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("argument", [0.5, Value(0.5)], ids=["float", "Value"])
def test_transforms_leave_nothing_behind(argument):
    w = Value(2.0)
    before = living()

    def f(x):
        return tanh(w * x) * x

    for transform in (
        lambda: grad(f)(argument), lambda: grad(grad(f))(argument), lambda: hessian(f)(argument),
        lambda: hvp(f, argument, 1.0), lambda: jvp(f, (argument,), (w,)),
        lambda: vjp(f, argument)[1](w), lambda: check_gradients(f, 0.5),
    ):  # fmt: skip
        transform()
        assert living() == before


# --- create_graph ---------------------------------------------------------------------------------


def test_gradients_store_nothing_and_match_backward():
    xs, h, y = network()
    plain = gradients(y, [*xs, *h, y])
    graph = gradients(y, [*xs, *h, y], create_graph=True)
    assert all(node.grad is None for node in topological_order(y))
    y.backward()
    assert plain == [v.grad for v in (*xs, *h, y)]
    assert [g.data for g in graph] == pytest.approx(plain, rel=1e-13)
    assert all(type(g) is float for g in plain)
    assert all(type(g) is Value for g in graph)


def test_gradients_of_gradients():
    x = Value(2.0)
    y = x**5
    for wanted in (80, 160, 240, 240, 120, 0):
        (y,) = gradients(y, [x], create_graph=True)
        assert y.data == wanted
    assert x.grad is None


def test_a_starting_gradient_is_part_of_the_graph():
    x, v = Value(3.0), Value(5.0)
    (slope,) = gradients(x * x, [x], gradient=v, create_graph=True)
    assert slope.data == 30
    assert gradients(slope, [v, x]) == [6, 10]
    assert gradients(x * x, [x], gradient=v) == [30]
    with pytest.raises(TypeError, match="backward starts from a number"):
        gradients(x * x, [x], gradient=Value(math.nan), create_graph=True)


def test_a_gradient_is_part_of_a_loss():
    w, x = Value(0.5), Value(2.0)
    (slope,) = gradients(sin(w * x), [x], create_graph=True)
    (slope**2).backward()  # (w cos wx)²
    c, s = math.cos(1.0), math.sin(1.0)
    assert w.grad == pytest.approx(2 * 0.5 * c * (c - 0.5 * 2 * s), rel=1e-14)


def test_gradients_by_what_is_not_reached_are_zero():
    x, other = Value(2.0), Value(3.0)
    assert gradients(x * x, [other, x]) == [0, 4]
    found = gradients(x * x, [other], create_graph=True)
    assert type(found[0]) is Value
    assert found[0].data == 0
    assert gradients(x, [x]) == [1]


def test_create_graph_inside_no_grad_is_a_graph_all_the_same():
    x = Value(2.0)
    y = x**3
    with no_grad():
        (slope,) = gradients(y, [x], create_graph=True)
    assert gradients(slope, [x]) == [12]


@pytest.mark.parametrize("x", [3.0, "x", None])
def test_gradients_take_values_only(x):
    v = Value(1.0)
    for call in (lambda: gradients(x, [v]), lambda: gradients(v, [x])):
        with pytest.raises(TypeError, match="gradients takes Values, got"):
            call()
