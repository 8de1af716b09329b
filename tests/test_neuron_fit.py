"""MLP.fit: networks of Values learn through vectorize."""

import numpy as np
import pytest

from mlp import MLP, data, gradient_descent, mean, squared_error


def accuracy(model, x, y):
    found = [max(range(len(o)), key=lambda i: o[i].data) for o in map(model, x.tolist())]
    return np.mean(found == y)


def test_neurons_learn_digits():
    digits = data.digits()
    x, y = digits.x / 16, digits.y
    model = MLP(64, [32, 10], scale=0.2, seed=0)
    losses = model.fit(x[:1400], y[:1400], epochs=12, learning_rate=0.01, seed=0)
    assert len(losses) == 12
    assert losses[-1] < 0.1 < losses[0]
    assert accuracy(model, x[1400:1450], y[1400:1450]) > 0.85


def test_it_takes_the_steps_of_gradient_descent():
    x = np.random.default_rng(0).normal(size=(8, 3))
    y = x @ [1.0, -2.0, 0.5]
    models = [MLP(3, [4, 1], "tanh", seed=0) for _ in range(2)]

    def cost():
        return mean([squared_error(models[0](a), b)
                     for a, b in zip(x.tolist(), y.tolist(), strict=True)])  # fmt: skip

    costs = list(gradient_descent(cost, models[0].parameters(), learning_rate=0.05, steps=5))
    losses = models[1].fit(x, y, optimizer="sgd", learning_rate=0.05, epochs=5, batch_size=8,
                           dtype="float64")  # fmt: skip
    assert losses == pytest.approx(costs, rel=1e-10)
    for a, b in zip(*(m.parameters() for m in models), strict=True):
        assert a.data == pytest.approx(b.data, rel=1e-10)


@pytest.mark.parametrize(
    ("sizes", "last", "y", "loss"),
    [
        ([3, 2], "softmax", [0, 1, 1, 0], None),
        ([3, 1], "sigmoid", [0, 1, 1, 0], None),
        ([3, 1], "linear", [-1, 1, 1, -1], "hinge"),
        ([3, 2], "linear", [[0.1, 0.2]] * 4, None),
        ([3, 2], "softmax", [[1, 0], [0, 1], [0, 1], [1, 0]], None),
        ([3, 1], "linear", [[0.5], [1.5], [0.0], [2.0]], lambda o, t: (o - t).absolute()),
    ],
)
def test_losses_and_targets(sizes, last, y, loss):
    x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    model = MLP(2, sizes, ["tanh", last], seed=1)
    losses = model.fit(x, y, loss=loss, epochs=100, learning_rate=0.05, batch_size=4, seed=0)
    assert losses[-1] < losses[0]


def test_images_of_bytes_and_a_bar(capsys):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (20, 2, 3), np.uint8)
    model = MLP(6, [3], seed=0)
    losses = model.fit(images, rng.integers(0, 3, 20), epochs=2, verbose=True)
    assert len(losses) == 2
    assert "loss=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("x", "y", "how", "says"),
    [
        ([[1, 2, 3]], [0], {}, "takes 2 numbers an example, but x has 3"),
        ([[1, 2]], [0, 1], {}, "1 examples, but y"),
        ([], [], {}, "x is an array of numbers"),
        ([[1, 2]], [3], {}, "labels from 0 to 2"),
        ([[1, 2]], [[1.0, 2.0]], {}, "3 outputs, but y has shape"),
        ([[1, 2]], [0], {"loss": "croos_entropy"}, "did you mean 'cross_entropy'"),
        ([[1, 2]], [0], {"optimizer": "adan"}, "did you mean 'adam'"),
        ([[1, 2]], [0], {"epochs": -1}, "epochs"),
        ([[1, 2]], [0], {"learning_rate": -1.0}, "learning_rate"),
        ([[1, 2]], [0], {"batch_size": 0}, "batch_size"),
    ],
)
def test_bad_input_changes_nothing(x, y, how, says):
    model = MLP(2, [3], seed=0)
    before = [p.data for p in model.parameters()]
    with pytest.raises(ValueError, match=says):
        model.fit(x, y, **how)
    assert [p.data for p in model.parameters()] == before
