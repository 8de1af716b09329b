"""The two expressions on which micrograd compares itself with PyTorch.

The numbers were computed once with PyTorch 2.13 in double precision.
"""

import random

import numpy as np
import pytest

from autograd import Value, check_gradients, grad, topological_order
from mlp import MLP


def first(x):
    """Reuses z and q, and has a rectifier on a negative and on a positive number."""
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    return (z * z).relu() + q + q * x


def second(a, b):
    """Every operator, each name assigned again and again from its own old value."""
    c, d = a + b, a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    f = (c - d) ** 2
    return f / 2.0 + 10.0 / f


def test_first_expression():
    x = Value(-4.0)
    y = first(x)
    y.backward()
    assert (y.data, x.grad) == (-20, 46)


def test_second_expression():
    a, b = Value(-4.0), Value(2.0)
    g = second(a, b)
    g.backward()
    tight = {"rel": 1e-15, "abs": 0}
    assert g.data == pytest.approx(24.70408163265306, **tight)
    assert a.grad == pytest.approx(138.83381924198252, **tight)
    assert b.grad == pytest.approx(645.5772594752186, **tight)
    assert grad(second, (0, 1))(-4.0, 2.0) == (a.grad, b.grad)


def test_both_against_central_differences():
    check_gradients(first, -4.0)
    check_gradients(second, -4.0, 2.0)


def test_an_old_value_of_a_name_stays_in_the_graph():
    a, b = Value(-4.0), Value(2.0)
    order = topological_order(second(a, b))
    assert sum(node.op is None for node in order) == 2
    assert len(order) == 27


def test_a_training_loop_written_for_micrograd():
    """Every idiom of its demo; the costs of the first and the last step are micrograd's own."""
    random.seed(1337)
    model = MLP(2, [4, 4, 1])
    points = [(0.9, 0.2), (-0.7, 0.6), (0.1, 0.9), (1.2, -0.4), (1.9, 0.3), (0.4, -0.2)]
    classes = np.array([-1, -1, -1, 1, 1, 1])  # NumPy's numbers, as in the demo
    costs = []
    for k in range(20):
        inputs = [list(map(Value, point)) for point in points]
        scores = list(map(model, inputs))
        losses = [(1 + -c * s).relu() for c, s in zip(classes, scores, strict=True)]
        total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 20) * p.grad
        costs.append(total.data)
    assert costs[0] == pytest.approx(1.228659378765277, rel=1e-12)
    assert costs[-1] == pytest.approx(0.27003655971361, rel=1e-12)


def test_its_notebook_that_draws_finds_the_names_that_it_reads():
    """The walk of its trace_graph notebook, and what it writes into each box."""
    x = Value(1.0)
    y = (x * 2 + 1).relu()
    y.backward()
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(y)
    boxes = sorted((f"data {v.data:.4f} | grad {v.grad:.4f}", v._op) for v in nodes)
    assert boxes == [("data 1.0000 | grad 2.0000", ""), ("data 2.0000 | grad 1.0000", "*"),
                     ("data 3.0000 | grad 1.0000", "+"), ("data 3.0000 | grad 1.0000", "ReLU")]
    assert len(edges) == 3
    assert (x * x)._prev == {x}
