"""Derivatives without trivial arithmetic: what is drawn instead is as true."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Tensor, Value, draw, gradients, topological_order
from autograd.backprop import differentiable_edges, local_derivatives
from autograd.node import Node
from autograd.show.views.simplify import simplified

from .levels import named

SMOOTH = ("tanh", "sigmoid", "sin", "exp", "softplus", "square", "negative", "reciprocal")


def operands_first(*roots):
    return topological_order(*roots)[::-1]


def data_of(x):
    return x.data if isinstance(x, Node) else x


def derivatives(f, order):
    """Values x and y = f⁽ᵏ⁾(x), for the orders up to one."""
    x = Value(0.5, "x")
    y = f(x)
    for _ in range(order):
        (y,) = gradients(y, [x], create_graph=True)
    return x, y


@given(st.lists(st.sampled_from([*SMOOTH, "self", "+1", "·2"]), min_size=1, max_size=4),
       st.integers(1, 3))  # fmt: skip
def test_numbers_stay_true(steps, order):
    """Every box is what its operands make, and every gradient the sum of its contributions."""

    def f(x):
        y = x
        for step in steps:
            match step:
                case "self":
                    y = y * x
                case "+1":
                    y = y + 1.0
                case "·2":
                    y = 2.0 * y
                case "square":
                    y = y**2
                case "reciprocal":
                    y = 1 / (2 + y * y)
                case name:
                    y = getattr(y, name)()
        return y

    x, y = derivatives(f, order)
    if not isinstance(y, Value) or y.op is None:
        return
    y.backward()
    (root,) = simplified(operands_first(y), [y])
    nodes = operands_first(root)
    assert len(nodes) <= len(operands_first(y))
    assert root.data == y.data
    sums = {root: 1.0}
    for node in reversed(nodes):
        if node.op is None:
            continue
        assert node.op(*map(data_of, node.operands)) == pytest.approx(node.data, rel=1e-9)
        locals_ = local_derivatives(node)
        for i, operand in differentiable_edges(node):
            sums[operand] = sums.get(operand, 0.0) + (node.grad or 0.0) * locals_[i]
    for node, total in sums.items():
        assert total == pytest.approx(node.grad or 0.0, rel=1e-9, abs=1e-9)
    assert sums.get(x, 0.0) == pytest.approx(x.grad or 0.0, rel=1e-9, abs=1e-9)


def shape(root):
    """The graph as a nested formula, to compare."""
    if not isinstance(root, Node) or root.op is None:
        return root.label if isinstance(root, Node) else root
    return (root.op.symbol, *map(shape, root.operands))


def simple(y):
    return shape(simplified(operands_first(y), [y])[0])


A, B = Value(3.0, "a"), Value(5.0, "b")


@pytest.mark.parametrize(("written", "meant"), [
    (lambda a, b: (a * 1) * b, ("×", "a", "b")),
    (lambda a, b: (1 * a) * b, ("×", "a", "b")),
    (lambda a, b: a * 0 + b * a, ("×", "b", "a")),
    (lambda a, b: (a + 0) * (0 + b), ("×", "a", "b")),
    (lambda a, b: (a - 0) * b, ("×", "a", "b")),
    (lambda a, b: (0 - a) * b, ("×", ("−", "a"), "b")),
    (lambda a, b: a * -1, ("−", "a")),
    (lambda a, b: -1 * a, ("−", "a")),
    (lambda a, b: a.negative().negative() * b, ("×", "a", "b")),
    (lambda a, b: a * b + -b, ("−", ("×", "a", "b"), "b")),
    (lambda a, b: -b + a * b, ("−", ("×", "a", "b"), "b")),
    (lambda a, b: a - -b, ("+", "a", "b")),
    (lambda a, b: (a / 1) ** 1 * b, ("×", "a", "b")),
    (lambda a, b: 2 * (3 * a), ("×", 6.0, "a")),
    (lambda a, b: -(3 * a), ("×", -3.0, "a")),
    (lambda a, b: 2 * -a, ("×", -2.0, "a")),
    (lambda a, b: a.sin() + a.sin(), ("×", 2.0, ("sin", "a"))),
    (lambda a, b: +a * b, ("×", "a", "b")),
    (lambda a, b: 1 - a * a, ("−", 1.0, ("×", "a", "a"))),  # nothing to do
])  # fmt: skip
def test_rules(written, meant):
    assert simple(written(A, B)) == meant


def test_labels_and_roots_are_kept():
    a = Value(3.0, "a")
    kept = named("kept", a * 1.0)
    y = named("y", kept + 0.0)
    assert simple(y) == ("+", ("×", "a", 1.0), 0.0) or simple(y) == ("+", ("×", 1.0, "a"), 0.0)
    labels = [node.label for node in operands_first(*simplified(operands_first(y), [y]))]
    assert labels == ["a", "kept", "y"]


def test_the_curvature_of_tanh():
    """−2 y (1 − y²), in five operations instead of eight."""
    _, y = derivatives(Value.tanh, 2)
    assert simple(y) == (
        "×", ("×", -2.0, ("tanh", "x")), ("−", 1.0, ("×", ("tanh", "x"), ("tanh", "x"))),
    )  # fmt: skip
    assert len(draw(y).scene.boxes) == 8  # with two constants
    assert len(draw(y, simplify=False).scene.boxes) == 11
    assert y.data == pytest.approx(-2 * math.tanh(0.5) * (1 - math.tanh(0.5) ** 2))


def test_what_a_user_writes_is_drawn_as_written():
    a = Value(3.0, "a")
    y = a * 1 + 0
    assert len(draw(y).scene.boxes) == 5
    assert len(draw(named("z", (a * 1).tanh()), simplify=True).scene.boxes) == 2


def test_the_graph_itself_stays():
    _, y = derivatives(Value.tanh, 2)
    before = [(node, node.op, node.operands, node.grad) for node in operands_first(y)]
    draw(y)
    after = [(node, node.op, node.operands, node.grad) for node in operands_first(y)]
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        assert old[0] is new[0]
        assert all(a is b for a, b in zip(old[2], new[2], strict=True))


def test_nodes_that_become_one_have_the_sum_of_their_gradients():
    a = Value(3.0, "a")
    y = a.sin() * 2.0 + a.sin() * a
    y.backward()
    (root,) = simplified(operands_first(y), [y])
    (sine,) = (node for node in operands_first(root) if node.op and node.op.name == "sin")
    assert sine.grad == 5.0


def test_derivatives_of_tensors():
    x = Tensor([0.5, 1.0], "x")
    (slope,) = gradients(x.tanh().sum(), [x], create_graph=True)
    (curvature,) = gradients(slope.sum(), [x], create_graph=True)
    picture = draw(curvature)
    assert len(picture.scene.boxes) < len(draw(curvature, simplify=False).scene.boxes)
    (root,) = simplified(operands_first(curvature), [curvature])
    np.testing.assert_array_equal(root.data, curvature.data)
    broadcast = Tensor([[1.0], [2.0]], "c") * np.ones((2, 3))  # by 1, but the shape is another
    y = broadcast.tanh()
    assert len(operands_first(*simplified(operands_first(y), [y]))) == 3
