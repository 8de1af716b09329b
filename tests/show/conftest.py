"""Graphs to draw; each has its picture in golden/, under its name."""

import math

import numpy as np
import pytest

from autograd import (
    Tensor,
    Value,
    group,
    linear,
    softmax_cross_entropy,
    values,
    where,
    zoom,
)


def named(label, value):
    value.label = label
    return value


def expression():
    a, b, c = (Value(data, label) for label, data in (("a", 2), ("b", 3), ("c", 4)))
    s = named("s", a + named("2b", 2 * b))
    y = named("y", s * c)
    y.backward()
    return (y,)


def lecture():
    a, b, c = (Value(data, label) for label, data in (("a", 3), ("b", 1), ("c", -2)))
    d = named("d", 2 * b)
    e = named("e", a + d)
    loss = named("L", c * e)
    loss.backward()
    return (loss,)


def before_backward():
    w, x, b = Value(0.5, "w"), Value(2, "x"), Value(-1, "b")
    return (named("y", (w * x + b).tanh()),)


def square():
    a = Value(3, "a")
    y = named("y", a * a)
    y.backward()
    return (y,)


def by_hand(outputs=2, grouped=False):
    x, w = values([0.05, 0.1], "x_"), values([0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55], "w_")
    b1, b2 = Value(0.35, "b_1"), Value(0.6, "b_2")

    def unit(name, weights, inputs, bias):
        with group(f"{'hidden' if name[0] == 'h' else 'output'}/{name}" if grouped else ""):
            z = named(f"in_{name}", weights[0] * inputs[0] + weights[1] * inputs[1] + bias)
            return named(f"out_{name}", z.sigmoid())

    h = [unit("h1", w[:2], x, b1), unit("h2", w[2:4], x, b1)]
    y = [unit(f"o{k + 1}", w[4 + 2 * k : 6 + 2 * k], h, b2) for k in range(outputs)]
    t = [Value(0.01, "t_1"), Value(0.99, "t_2")][:outputs]
    errors = [named(f"E_{k + 1}", 0.5 * (t[k] - y[k]) ** 2) for k in range(outputs)]
    error = named("E", sum(errors[1:], errors[0]))
    error.backward()
    return (error,)


def two_layers():
    x = values([0.5, 1], "x_")

    def unit(name, weights, bias, inputs):
        with group(name):
            w, b = values(weights, "w_"), Value(bias, "b")
            return w[0] * inputs[0] + w[1] * inputs[1] + b

    h = [unit("hidden/h1", [0.2, 0.3], 0.1, x).relu(), unit("hidden/h2", [-1, 0.1], 0.1, x).relu()]
    y = named("y", unit("output/o1", [0.7, -0.4], 0.05, h).sigmoid())
    loss = named("L", -y.log())
    loss.backward()
    return (loss,)


def several_roots():
    a, b = Value(2, "a"), Value(-1.5, "b")
    total, product = named("sum", a + b), named("product", a * b)
    product.backward()
    return total, product, a


def odd_labels():
    labels = ['<script>alert("1")</script>', "a & b's", "😀 λ_θ", "a\nvery " * 9, r"\N \G \l"]
    leaves = [Value(i, label) for i, label in enumerate(labels)]
    with group("</svg>/&amp;"):
        y = named("]]>&lt;b&gt;\x00", sum(leaves[1:], leaves[0]))
    y.backward()
    return (y,)


def odd_numbers():
    numbers = math.nan, math.inf, -0.0, 1e-300, -123456.789
    leaves = [Value(x, label) for x, label in zip(numbers, "abcde", strict=True)]
    y = sum((2 * x for x in leaves[1:]), leaves[0])
    y.backward()
    return (y,)


def horner():
    x = Value(0.5, "x")
    y = Value(1, "c_5")
    for k in reversed(range(5)):
        y = y * x + Value(k - 2, f"c_{k}")
    y.label = "y"
    y.backward()
    return (y,)


def leaf():
    return (Value(1),)


def choice():
    a, b = Value(2, "a"), Value(5, "b")
    y = named("y", where(a > b, a, b.maximum(a)) * where(Value(1, "if"), a, b))
    y.backward()
    return (y,)


def tensors():
    x, w, b = Tensor([[0.5, -1.0]], "x"), Tensor([[0.1, 0.2], [-0.3, 0.4]], "W"), Tensor([0.0, 1.0])
    b.label = "b"
    h = named("h", (x @ w + b).tanh())
    loss = named("L", 0.5 * (h - np.array([1.0, 0.0])).norm() ** 2)
    loss.backward()
    return (loss,)


def tensor_layers():
    w, v = (Tensor((np.arange(n * m) % 5 - 2).reshape(n, m) / 2, label, "float32")
            for n, m, label in ((784, 64, "W_1"), (64, 10, "W_2")))  # fmt: skip
    images = np.arange(128 * 784, dtype="uint8").reshape(128, 784)
    with group("hidden"):
        h = linear(images, w, Tensor(np.zeros(64), "b_1", "float32")).relu()
    z = named("z", linear(h / 1024, v))
    return (named("L", softmax_cross_entropy(z, np.arange(128) % 10)),)


def zoomed():
    w, x = Tensor([[1.0, 2.0], [0.5, -1.5]], "W"), Tensor([0.8, 0.2], "x")
    y = zoom(named("h", (w @ x).tanh()), 1)
    y.backward()
    return (y,)


GRAPHS = {
    "expression": expression,
    "lecture": lecture,
    "before-backward": before_backward,
    "square": square,
    "by-hand": by_hand,
    "by-hand-one-output": lambda: by_hand(outputs=1),
    "by-hand-groups": lambda: by_hand(grouped=True),
    "two-layers": two_layers,
    "several-roots": several_roots,
    "odd-labels": odd_labels,
    "odd-numbers": odd_numbers,
    "horner": horner,
    "leaf": leaf,
    "choice": choice,
    "tensors": tensors,
    "tensor-layers": tensor_layers,
    "zoomed": zoomed,
}


@pytest.fixture(params=GRAPHS)
def name(request):
    """The name of a graph, one after the other."""
    return request.param


@pytest.fixture
def roots(name):
    """Its roots."""
    return GRAPHS[name]()


@pytest.fixture
def graphs():
    """All of them, not yet made."""
    return GRAPHS
