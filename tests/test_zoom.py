"""``zoom``: an element of a Tensor as a graph of Values, with equal numbers and gradients."""

import numpy as np
import pytest

from autograd import (
    Tensor,
    Value,
    array_operation,
    array_ops,
    concatenate,
    draw,
    gradients,
    group,
    linear,
    logsumexp,
    no_grad,
    softmax,
    softmax_cross_entropy,
    stack,
    topological_order,
    where,
    zoom,
)
from autograd.array_ops import ARRAY_OPS
from autograd.ops import TABLE

rng = np.random.default_rng(0)
LABELS = np.array([2, 0])
SOFT = np.array([[0.2, 0.0, 0.8], [0.5, 0.3, 0.1]])


def leaves_of(value):
    return {v.label: v for v in topological_order(value) if v.op is None}


def check(f, *arrays):
    """Every element of f(…), its number and its gradients."""
    tensors = [Tensor(x, label) for x, label in zip(arrays, "ABC", strict=False)]
    y = f(*tensors)
    for index in np.ndindex(y.shape):
        value = zoom(y, index)
        assert value.data == pytest.approx(y.data[index], rel=1e-12, nan_ok=True)
        wanted = gradients(y[index], tensors)
        value.backward()
        for t, g in zip(tensors, wanted, strict=True):
            found = np.zeros(t.shape)
            for label, leaf in leaves_of(value).items():
                if label[:1] == t.label:
                    place = tuple(int(k) - 1 for k in label[1:].split(",") if k)
                    assert leaf.data == t.data[place]
                    found[place] = 0 if leaf.grad is None else leaf.grad
            assert found == pytest.approx(g, rel=1e-10, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_elementwise(op):
    points = np.array(op.samples).T
    check(op, *points)
    check(op, points[0][:, None], *points[1:])


CASES = {
    "sum": lambda x: x.sum(), "sum axis": lambda x: x.sum(axis=1), "keepdims": lambda x: x.max(
        axis=-1, keepdims=True), "sum axes": lambda x: x.sum(axis=(0, -1)), "mean": lambda x:
    x.mean(axis=0), "var": lambda x: x.var(axis=1, ddof=1), "std": lambda x: x.std(),
    "max": lambda x: x.max(), "min": lambda x: x.min(axis=0), "norm": lambda x: x.norm(axis=1),
    "logsumexp": lambda x: logsumexp(x, axis=1), "softmax": softmax, "of no axes": lambda x: x.sum(
        axis=()), "log_softmax": lambda x: x.log_softmax(axis=0), "reshape": lambda x: x.reshape(
        3, 2), "T": lambda x: x.T, "transpose": lambda x: x.reshape(1, 2, 3).transpose(-1, 0, 1),
    "broadcast": lambda x: array_ops.broadcast_to(x, shape=(2, 2, 3)),
    "getitem": lambda x: x[::-1, [0, 0, 2]], "mask": lambda x: x[x.data > 0],
    "take": lambda x: x.take([5, 0, 0]), "split": lambda x: array_ops.split(x, [1], axis=1)[1],
    "concatenate": lambda x: concatenate([x, np.ones((1, 3)), 2 * x]),
    "stack": lambda x: stack([x, x], axis=-1), "where": lambda x: where(x.data > 0, x.exp(), x),
    "matmul": lambda x: x @ x.T, "right": lambda x: np.arange(2.0) @ x, "left": lambda x: x @
    np.arange(3.0), "batch": lambda x: x @ np.arange(12.0).reshape(2, 3, 2), "dot": lambda x:
    x[0] @ x[1], "outer": lambda x: array_ops.outer(x[0], x[1]), "linear": lambda x: linear(
        x, np.ones((3, 2)), x[:, 0]), "no bias": lambda x: linear(x, x.T), "vector": lambda x:
    linear(x[0], x.T), "rows": lambda x: linear(x.reshape(2, 1, 3), x.T),
    "astype": lambda x: x.astype(np.float64) * 2, "constant": lambda x: x * 0 + 3,
    "labels": lambda x: softmax_cross_entropy(x, LABELS),
    "soft": lambda x: softmax_cross_entropy(x, SOFT, [1.0, 3.0]),
    "none": lambda x: softmax_cross_entropy(x, LABELS, np.array([2.0, 0.5]), "none"),
    "total": lambda x: softmax_cross_entropy(x, SOFT, reduction="sum"),
}  # fmt: skip


@pytest.mark.parametrize("f", CASES.values(), ids=CASES)
def test_array_operations(f):
    check(f, rng.normal(size=(2, 3)))


@pytest.mark.parametrize("name", ["getitem", "mask", "take", "concatenate", "norm", "matmul"])
def test_graphs_of_derivatives(name):
    x = Tensor(rng.normal(size=(2, 3)), "A")

    def slope(x):
        y = CASES[name](x)
        return gradients((y * y * y).sum(), [x], create_graph=True)[0]

    check(slope, x.data)


def test_edges():
    check(lambda x: x.max(axis=1), np.array([[1.0, 3, 3], [2, 2, 2]]))
    check(lambda x: x.min(), np.array([[1.0, 3], [1, 2]]))
    check(lambda x: x.norm(), np.zeros(3))
    check(lambda x: logsumexp(x, axis=1), np.array([[-np.inf, 1.0], [-np.inf, -np.inf]]))
    check(lambda x: x.sum() + 1, np.zeros((0, 2)))
    check(lambda x, y: x @ y, np.zeros((2, 0)), np.zeros((0, 2)))
    check(lambda x: x * 2, np.array(3.0))
    with np.errstate(all="ignore"):
        check(lambda x: x.log(), np.array([-1.0, 0.0, 2.0]))


def test_a_network():
    def network(w, b, v):
        x = np.array([[0.5, -1.0], [2.0, 0.3], [0.1, 0.1]])
        z = linear(linear(x, w, b).tanh(), v)
        return softmax_cross_entropy(z, np.array([0, 1, 1]))

    check(network, rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=(3, 2)))


def test_only_what_the_element_depends_on_is_there():
    w, x = Tensor(np.ones((64, 10)), "W"), Tensor(np.ones((1000, 64)), "x")
    value = zoom(x @ w, (7, 3))
    leaves = leaves_of(value)
    assert len(leaves) == 128
    assert {"x8,1", "x8,64", "W1,4", "W64,4"} <= {*leaves}
    assert len(topological_order(value)) == 128 + 64 + 63


def test_labels_and_groups():
    w = Tensor([[1.0, 2.0]], "W")
    s = Tensor(2.0, "s")
    with group("layer"):
        h = w.T * s
        h.label = "h"
        y = h.reshape(2).sum()
    value = zoom(y)
    labels = sorted(v.label for v in topological_order(value))
    assert labels == ["", "W1,1", "W1,2", "h1,1", "h2,1", "s"]
    assert {v.group for v in topological_order(value) if v.op is not None} == {"layer"}
    assert draw(value).svg.count("<title>") > 5
    assert zoom(h, (1, 0)).label == "h2,1"
    assert zoom(w, (0, 1)).parents == ()
    with no_grad():
        assert zoom(y).parents


def test_an_operation_of_ones_own():
    flip = array_operation("flip", lambda x: x[::-1], vjp=[lambda g, y, x: flip(g)])
    bad = array_operation("bad", lambda x: np.linalg.inv(x), vjp=[None])
    try:
        check(lambda x: flip(x * 2) ** 2, np.array([1.0, 2.0, 3.0]))
        with pytest.raises(TypeError, match="zoom: bad does not take arrays of Values"):
            zoom(bad(Tensor(np.eye(2))), (0, 0))
    finally:
        del ARRAY_OPS["flip"], ARRAY_OPS["bad"]


def test_refusals():
    x = Tensor(np.ones((400, 300)), "x")
    with pytest.raises(ValueError, match=r"more than 100,000 Values: look into fewer at a time"):
        zoom((x * x).sum())
    with pytest.raises(ValueError, match=r"gives 120000 elements: give the index of one"):
        zoom(x)
    with pytest.raises(ValueError, match=r"index 0 of a Tensor of shape \(400, 300\) gives 300"):
        zoom(x, 0)
    with pytest.raises(IndexError, match="out of bounds"):
        zoom(x, (0, 300))
    with pytest.raises(TypeError, match="zoom looks into a Tensor, got Value"):
        zoom(Value(1.0))
    y = x * 2
    x.data = x.data + 1
    with pytest.raises(RuntimeError, match="was changed after multiply"):
        zoom(y, (0, 0))
