"""Pictures of any graph are true: read back, they are a partition of what was recorded."""

import os
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlp
from autograd import Tensor, Value, draw, group, no_grad, values
from autograd.backprop import local_derivatives
from autograd.modes import current
from autograd.node import Node
from autograd.ops import chain
from autograd.show.explore.explore import Explorer
from autograd.show.layout.routing import lay_out
from autograd.show.scene.order import operands_first
from autograd.show.scene.text import data, number
from autograd.show.views.by_layer import ByLayer
from autograd.show.views.by_neuron import ByNeuron
from autograd.show.views.by_operation import ByOperation
from autograd.show.views.folds import Use
from autograd.show.views.quotient import NothingError
from mlp import MLP, Dense, Dropout, Sequential

from .corpus import corpus
from .levels import named

EXAMPLES = int(os.environ.get("PROGRAMS", "60"))  # that are made at random

VIEWS = {"op": ByOperation, "neuron": ByNeuron, "layer": ByLayer}


def views_of(roots):
    """Each view that the graph has."""
    nodes = operands_first(roots)
    for level, view in VIEWS.items():
        with suppress(NothingError):
            yield level, view(nodes, roots), nodes


def hold(roots):
    """Read the pictures of a graph back, and compare them with it; nothing of it has changed."""
    serials = {node: node._serial for node in operands_first(roots)}
    for level, view, nodes in views_of(roots):
        is_partition(view, nodes)
        is_quotient(level, view, nodes)
        says_its_own(level, view)
        view.scene()
    nodes = operands_first(roots)
    explorer = Explorer(nodes, roots)
    assert explorer.html
    for view in explorer.views.values():
        is_partition(view, nodes)
        is_quotient("open", view, nodes)
    assert serials == {node: node._serial for node in operands_first(roots)}


def is_partition(view, nodes):
    """Every operation is in one box; every leaf has one, or is written where it is used."""
    found = Counter(node for stands_for in view.stands_for for node in stands_for)
    operations = [node for node in nodes if node.op is not None]
    assert all(found[node] == 1 for node in operations)
    written = {use.operand for use in view.within}
    assert all(found[leaf] or leaf in written for leaf in nodes if leaf.op is None)
    assert set(found) <= set(nodes)
    assert all(len({x.op is None for x in box}) <= 1 for box in view.stands_for)


def is_quotient(level, view, nodes):
    """Arrows and boxes have the edges of the graph, each of them once, and there is no circle."""
    edges = Counter(
        Use(node, i) for node in nodes for i, x in enumerate(node.operands) if isinstance(x, Node)
    )
    place = {node: box for box, them in enumerate(view.stands_for) for node in them if node.op}
    drawn = Counter(view.within)
    for edge, uses in zip(view.edges, view.carries, strict=True):
        assert edge.source < edge.target
        assert len({edge.target, *(place[use.node] for use in uses)}) == 1
        for use in uses:
            if isinstance(use.operand, Node):
                assert use.operand in {*view.stands_for[edge.source]}
                drawn[use] += 1
        by_layer = level == "layer" or (
            level == "open" and not view.depths[view.stands_for[edge.target][0]])
        if not by_layer:  # where it is the length of a gradient
            flow_is_true(edge, uses)
    drawn.update(
        use for use in edges if use.operand.op and place[use.operand] == place[use.node]
    )
    assert drawn == edges


def flow_is_true(edge, uses):
    """What flows back through an arrow is the sum over its edges of the graph."""
    flows = []
    for node, position in uses:
        local = local_derivatives(node)[position]
        if node.grad is not None and local is not None and np.size(node.grad) == 1:
            flows.append(chain(node.grad, local))
    if edge.flow is not None and flows:
        assert edge.flow == pytest.approx(sum(flows), rel=1e-9, abs=1e-12)


def says_its_own(level, view):
    """The numbers in the table are those of the nodes in the box."""
    if level == "layer":
        written = {
            use.operand for use in view.within
            if view.quotient.fixed.get(use.node, 0) >> use.position & 1
        }
        counts = [row[3].split(" + ") for row in view.rows[1:]]
        new = [int(count) for parts in counts for count in parts if count.isdecimal()]
        assert sum(new) == sum(np.size(leaf.data) for leaf in written)
        return
    names = {name: box for box, name in enumerate(view.names) if view.stands_for[box]}
    for name, *_, now, grad in view.rows[1:]:
        box = view.stands_for[names[name]]
        if any(np.ndim(node.data) for node in box):
            continue
        allowed = {data(node.data) for node in box} | {number(node.data) for node in box}
        assert set(now.removesuffix(" (changed)").split(" … ")) <= allowed
        grads = {"–" if node.grad is None else number(node.grad) for node in box}
        assert set(grad.split(" … ")) <= grads


# Programs, made at random


@st.composite
def programs(draw_from):
    """Make graphs of groups in any order, of objects that are called again and again, and sums."""
    objects = [
        mlp.Neuron(2, "tanh", seed=0), mlp.Neuron(2, "relu", seed=1, name="n"),
        mlp.Layer(2, 2, "sigmoid", seed=2, name="layer", prefix="a"),
        mlp.MLP(2, [2, 1], "tanh", seed=3), mlp.MLP(2, [2, 2], "tanh", seed=4),
    ]  # fmt: skip
    kept = group("kept")
    with kept:
        weight = Value(0.7, "w")
    nodes = [*values([0.3, -0.6, 0.9], "x"), *values([0.2, 0.4], "w"), weight, Value(0.5)]
    scopes = "", "", "a", "a/b", "a/c", "d", "kept"
    step = st.tuples(
        st.sampled_from("+-*tsmoogeq"), st.integers(0, 9), st.integers(0, 60),
        st.sampled_from(scopes), st.integers(0, 4), st.integers(0, 9),
    )  # fmt: skip
    unused = {}
    for kind, near, far, name, which, label in draw_from(st.lists(step, min_size=1, max_size=30)):
        a, b = nodes[-1 - near % len(nodes)], nodes[far % len(nodes)]
        with kept if name == "kept" else group(name):
            made = [a + b]
            match kind:
                case "-":
                    made = [a - b]
                case "*":
                    made = [a * b]
                case "t":
                    made = [b.tanh()]
                case "s":
                    made = [sum(nodes[far % len(nodes) :][: 3 + which])]
                case "m":
                    made = [nodes[3] * a + nodes[4] * b + nodes[5]]
                case "o" | "g":
                    made = objects[which]([a, b])
                    made = made if isinstance(made, list) else [made]
                case "e":  # the mean over examples
                    xs = [[Value(0.1 * k), -0.2 * k] for k in range(2 + which)]
                    made = [sum(square(objects[which](x), k % 2) for k, x in enumerate(xs)) / 5]
                case "q":
                    made = [0.01 * sum(p * p for p in objects[which].parameters())]
        made = [node for node in made if isinstance(node, Value) and node.op is not None]
        if label > 7 and made:
            made[-1].label = f"v{label}"
        nodes += made
        unused |= dict.fromkeys(made)
        for node in made:
            for x in node.parents:
                unused.pop(x, None)
    roots = [*unused][-3:] or [nodes[-1]]
    sum(roots).backward()
    return tuple(roots)


def square(y, target):
    y = y[0] if isinstance(y, list) else y
    return (y - target) ** 2 if target else 2 * y**2


@settings(max_examples=EXAMPLES, deadline=None)
@given(programs())
def test_every_picture_is_true(roots):
    hold(roots)


# Architectures


@pytest.mark.parametrize(("name", "roots"), [pytest.param(*x, id=x[0]) for x in corpus()])
def test_any_architecture(name, roots):
    """Its pictures are true, at every level, and fit on a page if the graph is small."""
    hold(roots)
    nodes = operands_first(roots)
    for level in (None, "neuron", "layer", "op"):
        if level == "layer" and not any(node.call for node in nodes):
            continue
        picture = draw(*roots, level=level)
        layout = lay_out(picture.scene)
        if len(nodes) <= 100 or level is None:
            assert layout.width <= 1800
            assert layout.height <= 2000


@st.composite
def array_programs(draw_from):
    """Make graphs of Tensors: networks that are called again and again, skips, groups, sums."""
    models = [
        Sequential([Dense(3, "relu")], seed=0).build(3),
        Sequential([Dense(4, "tanh"), Dropout(0.5), Dense(3)], seed=1).build(3),
    ]
    nodes = [Tensor(np.linspace(-1, 1, 12).reshape(4, 3), "X"), Tensor(np.ones((4, 3)), "Z")]
    weight, bias = Tensor(np.eye(3), "W"), Tensor(np.zeros(3), "b")
    step = st.tuples(st.sampled_from("+-*twml"), st.integers(0, 9), st.integers(0, 9),
                     st.sampled_from(("", "", "a", "a/b", "c")), st.integers(0, 9))  # fmt: skip
    for kind, near, far, name, label in draw_from(st.lists(step, min_size=1, max_size=12)):
        a, b = nodes[-1 - near % len(nodes)], nodes[far % len(nodes)]
        with group(name):
            match kind:
                case "+":
                    made = a + b
                case "-":
                    made = a - b + 1.0
                case "*":
                    made = a * b
                case "t":
                    made = a.tanh()
                case "w":
                    made = (a @ weight + bias).relu()
                case _:
                    made = models[kind == "l"](a)
        if label > 7:
            made.label = f"v{label}"
        nodes.append(made)
    root = (nodes[-1] * nodes[-1]).mean()
    root.backward()
    return (root,)


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(array_programs())
def test_every_picture_of_arrays_is_true(roots):
    hold(roots)


# Bad input


def test_a_group_that_is_entered_and_not_left():
    """What comes after it is inside; the picture is true."""
    before, left = current.get(), group("left")
    left.__enter__()
    try:
        y = MLP(2, [2, 1], "tanh", seed=0)(values([0.5, -0.3], "x")) * 2
    finally:
        current.set(before)
    y.backward()
    hold((y,))
    assert "left" in [cluster.title for cluster in draw(y, level="op").scene.clusters]


def test_a_call_that_is_used_before_it_is_complete():
    """It is two boxes, before and after what has used it: a part, and no circle."""
    x = Value(0.5, "x")
    with group("open"):
        u = x * 2
        with group("other"):
            v = u.tanh()
        y = named("y", u * v)
    y.backward()
    hold((y,))
    view = ByNeuron(operands_first((y,)), (y,))
    assert [part.path for part in view.quotient.parts] == ["open", "open/other", "open"]
    outside = Value(0.3, "w")
    kept = group("kept")
    with kept:
        a = outside * 3
    b = a.tanh()
    with kept:
        c = named("c", a * b)
    c.backward()
    hold((c,))


def test_what_was_not_recorded():
    with no_grad():
        y = MLP(2, [2, 1], seed=0)(values([1, 2], "x"))
    assert str(draw(y)).splitlines()[1].split()[0] == y.label
    for level, advice in ("neuron", "no sums of weights"), ("layer", "no groups"):
        with pytest.raises(ValueError, match=advice):
            draw(y, level=level)
