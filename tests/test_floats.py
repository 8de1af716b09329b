"""The unrolled backward pass of Values: to the last bit what the careful one gives."""

import math
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograd import Value, detach, floats, gradients, node, tanh, topological_order, values, where
from autograd.backprop import graph_of, propagate
from autograd.ops import TABLE


def carefully(root, seed=1.0):
    order, grads = graph_of((root,))
    grads[root] = seed
    propagate(order, grads)
    return grads


def same(found, wanted):
    """Compare to the last bit, but for the sign of a zero."""
    return found == wanted or repr(found) == repr(wanted) == "nan"


def check(root, seed=1.0):
    wanted = carefully(root, seed)
    for x in wanted:
        x.zero_grad()
    root.backward(seed)
    for x, g in wanted.items():
        assert same(x.grad, g), x


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
@pytest.mark.parametrize("seed", [1.0, -0.7, 0.0, math.inf, 1e-320])
def test_every_row_as_in_the_careful_pass(op, seed):
    for point in (*op.samples, *op.kinks):
        check(op(*map(Value, point)), seed)
        for i in range(op.arity):  # one variable, the rest constant
            x = Value(point[i])
            check(op(*point[:i], x, *point[i + 1 :]) * 1, seed)


@pytest.mark.parametrize("name", floats.COMMON)
def test_what_is_written_into_the_loop_is_the_derivative(name):
    op = TABLE[name]
    scalars = {row.name: row.scalar for row in TABLE.values()}
    for point in op.samples:
        y = op.scalar(*point)
        given = dict(zip(op.operand_names, point, strict=True), y=y)
        for i, code in enumerate(floats.slopes(op)):
            assert same(float(eval(code, scalars | given)), op.local(i, point, y))


STEPS = [
    lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - 0.5 * b, lambda a, b: b / (1 + a * a),
    lambda a, b: (a * a + 1) ** 0.3, lambda a, b: abs(b).sqrt(), lambda a, b: where(a > 0, a, b),
    lambda a, b: tanh(a), lambda a, b: b.relu(), lambda a, b: -a, lambda a, b: detach(b) + a,
    lambda a, b: a.sign(),
]  # fmt: skip


def graph(rng, size, skip=lambda: None):
    """Make a random graph, with a number of serial numbers left out between its nodes."""
    nodes = values([rng.uniform(-2, 2) for _ in range(4)])
    for _ in range(size):
        skip()
        nodes.append(rng.choice(STEPS)(rng.choice(nodes[-12:]), rng.choice(nodes)))
    return sum(rng.sample(nodes, min(len(nodes), 30)), nodes[-1])


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs(seed):
    rng = random.Random(seed)
    check(graph(rng, 10 * 2 ** (seed % 8)))


@pytest.mark.parametrize("gap", [10, 100, 3000])
def test_a_graph_far_thinner_than_the_serial_numbers(gap):
    def skip():
        for _ in range(gap):
            node.next_serial()

    check(graph(random.Random(gap), 100, skip))


def test_an_old_subexpression_is_used_long_after():
    a = Value(0.3)
    old = tanh(a * a)
    for _ in range(30):
        for _ in range(5_000):
            node.next_serial()
        check(tanh(old * a) + old * old)


def test_windows_grow_with_the_graph_and_not_with_the_gaps():
    def lists(root):
        return sum(len(nodes) for nodes, _ in floats.newest_first({root: 1.0}))

    y = a = Value(1.0)
    for _ in range(3000):
        y = y * a
    assert lists(y) < 5 * 3000
    for _ in range(10**6):
        node.next_serial()
    assert lists(y * a + a) < 5 * 3000 + 100


def test_what_no_gradient_reaches_has_none_afterwards():
    a = Value(0.5)
    inner = a * a
    inner.backward()
    assert (inner.grad, a.grad) == (1.0, 1.0)
    y = detach(inner * 3) + 1
    y.backward()
    assert (inner.grad, a.grad, y.grad) == (None, 1.0, 1.0)


def test_a_changed_leaf_leaves_every_gradient_as_it_was():
    a, b = values([2.0, 3.0])
    y = tanh(a * b) * a
    y.backward()
    before = [x.grad for x in topological_order(y)]
    for leaf in a, b:
        leaf.data = leaf.data
        with pytest.raises(RuntimeError, match="was changed after"):
            y.backward()
        assert [x.grad for x in topological_order(y)] == before


def test_threads_walk_one_graph():
    xs = values([0.3, -0.7, 1.2])
    y = xs[0]
    for i in range(2000):
        y = tanh(y * xs[i % 3]) + xs[1]
    alone = gradients(y, xs)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == alone for found in pool.map(lambda _: gradients(y, xs), range(32)))
