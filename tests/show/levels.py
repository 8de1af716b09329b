"""Pictures of networks, by neuron and by layer, and of derivatives; golden/ has each of them."""

import numpy as np

import autograd
import mlp
from autograd import Tensor, Value, draw, gradients, group, values
from mlp import MLP, Dense, Dropout, Sequential


def named(label, value):
    value.label = label
    return value


def lecture(grouped=True):
    """The network of the lecture, whose gradients are known: 2-2-2, biases for whole layers."""
    x, w = values([0.05, 0.1], "x_"), values([0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55], "w_")
    b, t = values([0.35, 0.6], "b_"), values([0.01, 0.99], "t_")

    def unit(name, weights, inputs, bias):
        with group(f"{'hidden' if name[0] == 'h' else 'output'}/{name}" if grouped else ""):
            z = named(f"in_{name}", weights[0] * inputs[0] + weights[1] * inputs[1] + bias)
            return named(f"out_{name}", z.sigmoid())

    h = [unit("h1", w[:2], x, b[0]), unit("h2", w[2:4], x, b[0])]
    o = [unit("o1", w[4:6], h, b[1]), unit("o2", w[6:], h, b[1])]
    error = named("E", mlp.half_squared_error(o, t))
    error.backward()
    return error


def network(sizes, activation="tanh", x=None, loss=mlp.half_squared_error, target=0.5):
    model = MLP(sizes[0], sizes[1:], activation, seed=1)
    y = model(x or values([0.3, -0.2, 0.8, 0.1][: sizes[0]], "x"))
    error = named("L", loss(y, target))
    error.backward()
    return error


def by_hand():
    """A neuron with a function of its own, in groups."""
    x, w, b = values([1, 2, 3], "x"), values([0.1, -0.2, 0.3], "w"), Value(0.05, "b")
    with group("hidden"), group("h1"):
        z = sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)
        y = named("y", z * z.sigmoid())
    y.backward()
    return y


def several_examples():
    model = MLP(2, [3, 1], ["tanh", "sigmoid"], seed=1)
    examples = [(a, b) for a in (0, 1) for b in (0, 1)]
    losses = [mlp.squared_error(model(x), float(x[0] != x[1])) for x in examples]
    cost = named("J", mlp.mean(losses))
    cost.backward()
    return cost


def no_neurons():
    """Groups that are anything else, of which one has two results."""
    a, b = Value(2, "a"), Value(3, "b")
    with group("polar"):
        r, angle = named("r", (a * a + b * b).sqrt()), named("angle", (b / a).arctan())
    y = named("y", r * angle)
    y.backward()
    return y


def odd_labels():
    labels = ['<script>alert("1")</script>', "a & b's", "😀 λ_θ", r"\N $\alpha$"]
    w = [Value(0.5 + i, label) for i, label in enumerate(labels)]
    with group('</svg>/"&amp;"'), group("<b>h_1</b>"):
        y = sum(wi * i for i, wi in enumerate(w, 1)).tanh()
    y.label = "]]>&lt;"
    y.backward()
    return y


def sequential():
    model = Sequential([Dense(16, "relu"), Dropout(0.5), Dense(8, "tanh"), Dense(3)], seed=0)
    x = (np.arange(60).reshape(10, 6) % 7 / 7).astype("float32")
    loss = autograd.softmax_cross_entropy(model(x, training=True), np.arange(10) % 3)
    loss = named("L", loss)
    loss.backward()
    return loss


def matrices():
    """Layers of one's own, nested, on Tensors made outside of them."""
    x, w = Tensor(np.eye(4, 3), "x"), Tensor(np.ones((3, 2)), "W")
    b, v = Tensor(np.zeros(2), "b"), Tensor(np.full((2, 2), 0.5), "V")
    with group("encoder"), group("first"):
        h = (x @ w + b).tanh()
    with group("encoder"), group("second"):
        h = h @ v
    loss = named("L", (h**2).sum())
    loss.backward()
    return loss


def derivative(order):
    x = Value(0.5, "x")
    y = named("y", x.tanh())
    for k in range(order):
        (y,) = gradients(y, [x], create_graph=True)
        y.label = "y" + "′" * (k + 1)
    y.backward()
    return y


def gradient_of_network():
    model = MLP(2, [2, 1], ["tanh", "sigmoid"], seed=0)
    error = mlp.half_squared_error(model(values([0.05, 0.1], "x")), 0.01)
    (g,) = gradients(error, [model.layers[0].neurons[0].w[0]], create_graph=True)
    return named("∂E/∂w1", g)


PICTURES = {
    "neuron-lecture": lambda: draw(lecture(), level="neuron"),
    "neuron-no-groups": lambda: draw(lecture(grouped=False), level="neuron"),
    "neuron-2-2-1": lambda: draw(network([2, 2, 1]), level="neuron"),
    "neuron-4-8-3": lambda: draw(
        network([4, 8, 3], x=[0.1, -0.5, 1.2, 0.3], loss=mlp.softmax_cross_entropy, target=2)
    ),
    "neuron-2-16-16-1": lambda: draw(network([2, 16, 16, 1], "relu", loss=mlp.squared_error)),
    "neuron-softmax": lambda: draw(
        network([2, 3, 3], ["tanh", "softmax"], loss=mlp.cross_entropy, target=[0, 0.5, 0.5]),
        level="neuron",
    ),
    "neuron-by-hand": lambda: draw(by_hand(), level="neuron"),
    "neuron-several-examples": lambda: draw(several_examples()),
    "neuron-no-neurons": lambda: draw(no_neurons(), level="neuron"),
    "neuron-odd-labels": lambda: draw(odd_labels(), level="neuron"),
    "layer-lecture": lambda: draw(lecture(), level="layer"),
    "layer-2-20-20-1": lambda: draw(network([2, 20, 20, 1])),
    "layer-softmax": lambda: draw(
        network([2, 3, 3], ["tanh", "softmax"], loss=mlp.cross_entropy, target=[0, 0.5, 0.5]),
        level="layer",
    ),
    "layer-sequential": lambda: draw(sequential(), level="layer"),
    "layer-matrices": lambda: draw(matrices(), level="layer"),
    "layer-odd-labels": lambda: draw(odd_labels(), level="layer"),
    "derivative-1": lambda: draw(derivative(1)),
    "derivative-2": lambda: draw(derivative(2)),
    "derivative-3": lambda: draw(derivative(3)),
    "derivative-of-network": lambda: draw(gradient_of_network()),
}
