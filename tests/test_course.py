"""The worked examples of the lectures, digit for digit. The numbers in brackets are their rows."""

import math
import re
from collections import deque
from itertools import product

import numpy as np
import pytest

from autograd import (
    Value,
    derive,
    grad,
    hessian,
    leaky_relu,
    prelu,
    relu,
    sigmoid,
    tanh,
    values,
    walk,
)
from mlp import (
    MLP,
    Layer,
    Neuron,
    Perceptron,
    binary_cross_entropy,
    cross_entropy,
    gradient_descent,
    half_squared_error,
    mean,
    sigmoid_cross_entropy,
    softmax,
    softmax_cross_entropy,
    squared_error,
)

BITS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def digits(x, wanted, places):
    """Whether `x` is the printed number, to the digits printed."""
    number = getattr(x, "data", x)
    return round(number, places) == wanted


# [1] The neural unit, [2] the bias


def test_neural_unit():
    neuron = Neuron(3, "sigmoid")
    neuron.set([0.2, 0.3, 0.9], 0.5)
    x = [0.5, 0.6, 0.1]
    assert digits(neuron.net_input(x), 0.87, 12)
    assert digits(neuron(x), 0.7047, 4)


def test_bias_shifts_the_curve():
    assert digits(sigmoid(1 * 2 + -5 * 1.0), 0.0474, 4)


# [3] Threshold units


def test_threshold_units_at_zero():
    assert Perceptron([1.0], at_zero=1)([0.0]) == 1
    assert Perceptron([1.0], at_zero=0)([0.0]) == 0
    assert Perceptron([1.0], activation="sign")([[0.0], [2.0], [-2.0]]).tolist() == [0, 1, -1]


def test_threshold_units_several_outputs_at_once():
    x, w, b = np.array(BITS), np.array([[1, 1, -1], [1, 1, -1]]), np.array([-1, 0, 2])
    y = Perceptron(w, b)(x)  # AND, OR, NAND
    assert y.tolist() == (x @ w + b > 0).tolist() == [
        [0, 0, 1], [0, 1, 1], [0, 1, 1], [1, 1, 0]]  # fmt: skip


def test_iris_petals_by_one_threshold_unit():
    datasets = pytest.importorskip("sklearn.datasets")
    x, species = datasets.load_iris(return_X_y=True)
    petals, setosa = x[:, 2:], (species == 0).astype(float)
    unit = Perceptron([0.0, 0.0])
    assert unit.fit(petals, setosa).converged
    assert (unit(petals) == setosa).all()
    others = petals[50:]  # versicolor and virginica overlap: one line is not enough
    assert not Perceptron([0.0, 0.0]).fit(others, species[50:] == 1.0, epochs=200).converged


# [4] Boolean functions


@pytest.mark.parametrize(
    ("function", "weights", "bias"),
    [
        (lambda a, b: a and b, [1, 1], -1),
        (lambda a, b: a or b, [1, 1], 0),
        (lambda a, b: not (a and b), [-1, -1], 2),
    ],
)
def test_boolean_functions(function, weights, bias):
    unit = Perceptron(weights, bias)
    assert [unit(x) for x in BITS] == [float(function(*x)) for x in BITS]


def test_not():
    assert Perceptron([-1], 1)([[0], [1]]).tolist() == [1, 0]


def test_and_fails_if_it_fires_at_zero():
    unit = Perceptron([1, 1], -1, at_zero=1)
    assert unit([0, 1]) == 1  # and AND(0, 1) is 0


def test_boolean_functions_combine_to_two_layers():
    hidden = Perceptron([[1, -1], [1, -1]], [0, 2])  # OR, NAND
    output = Perceptron([1, 1], -1)  # AND
    assert output(hidden(BITS)).tolist() == [0, 1, 1, 0]  # XOR


# [5] The perceptron learning rule


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("targets", [[0, 0, 0, 1], [0, 1, 1, 1]])
def test_perceptron_learns_and_and_or(targets, batch):
    unit = Perceptron([0, 0])
    run = unit.fit(BITS, targets, batch=batch)
    assert run.converged
    assert run.separable
    assert run.errors[-1] == 0
    assert len(run.weights) > 1
    assert unit(BITS).tolist() == targets


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("learning_rate", [1.0, 0.1])
def test_perceptron_proves_that_it_cannot_learn_xor(batch, learning_rate):
    run = Perceptron([0, 0]).fit(BITS, [0, 1, 1, 0], batch=batch, learning_rate=learning_rate)
    assert run.separable is False
    assert "not separable" in str(run)


def test_perceptron_rule_once():
    unit = Perceptron([[0.5], [-0.5]], 0.25)
    unit.fit([[1, 2]], [[1]], learning_rate=0.1, epochs=1)  # z = −0.25: ŷ = 0, missed by 1
    np.testing.assert_allclose(unit.weights.ravel(), [0.6, -0.3], rtol=1e-15)
    np.testing.assert_allclose(unit.bias, [0.35], rtol=1e-15)


# [6] XOR


def test_xor_by_hand():
    for (x1, x2), wanted in zip(BITS, [(0, 0, 0), (1, 0, 1), (1, 0, 1), (2, 1, 0)], strict=True):
        h1, h2 = relu(x1 + x2), relu(x1 + x2 - 1)
        assert (h1, h2, h1 - 2 * h2) == wanted


def test_xor_as_a_network():
    net = MLP(2, [2, 1])
    net.layers[0].neurons[0].set([1, 1], 0)
    net.layers[0].neurons[1].set([1, 1], -1)
    net.layers[1].neurons[0].set([1, -2], 0)
    assert [net(x).data for x in BITS] == [0, 1, 1, 0]


def test_xor_learned_by_gradient_descent():
    net = MLP(2, [4, 1], "tanh", seed=1)
    targets = [x1 ^ x2 for x1, x2 in BITS]

    def cost():
        return mean([sigmoid_cross_entropy(net(x), t) for x, t in zip(BITS, targets, strict=True)])

    costs = list(gradient_descent(cost, net.parameters(), learning_rate=1.0, steps=300))
    assert costs[-1] < 0.05 < costs[0]
    assert [net(x) > 0 for x in BITS] == [bool(t) for t in targets]


# [7] Activations and their derivatives


def test_activation_derivatives():
    for z in (-2.0, -0.3, 0.7, 3.0):
        assert grad(tanh)(z) == pytest.approx(1 - math.tanh(z) ** 2, rel=1e-14)
        assert grad(sigmoid)(z) == pytest.approx(1 / (2 * (math.cosh(z) + 1)), rel=1e-14)
        # one slide: 2φ(2z) − 1, which with φ = σ is tanh itself, not its derivative
        assert 2 * sigmoid(2 * z) - 1 == pytest.approx(math.tanh(z), rel=1e-14)
    assert grad(relu)(0.0) == 0
    assert leaky_relu(-3.0) == -0.03
    assert grad(leaky_relu)(-3.0) == 0.01


def test_prelu_learns_its_slope():
    alpha = Value(0.25)
    list(gradient_descent(lambda: (prelu(-2.0, alpha) - 1) ** 2, [alpha], steps=50))
    assert alpha.data == pytest.approx(-0.5)


# [8] Softmax


def test_softmax():
    y = softmax(values([0.6, 1.1, -1.5, 1.2, 3.2, -1.1]))
    assert [round(p.data, 4) for p in y] == [0.0548, 0.0904, 0.0067, 0.0999, 0.7382, 0.0100]
    assert sum(p.data for p in y) == pytest.approx(1, abs=1e-15)


def test_softmax_of_two_is_the_sigmoid():
    for z in (-3.0, 0.0, 0.4, 900.0):
        assert softmax([z, 0.0])[0] == pytest.approx(sigmoid(z), rel=1e-14)


# [10] Logistic regression


def test_binary_logistic_regression():
    unit = Neuron(1, "sigmoid", seed=0)
    data = [(-2.0, 0), (-1.0, 0), (1.0, 1), (2.0, 1)]
    list(gradient_descent(lambda: mean([binary_cross_entropy(unit([x]), t) for x, t in data]),
                          unit.parameters(), learning_rate=1.0, steps=50))  # fmt: skip
    assert [unit([x]) > 0.5 for x, _ in data] == [False, False, True, True]
    t, z = 1, unit.net_input([2.0])
    assert grad(lambda z: binary_cross_entropy(sigmoid(z), t))(z.data) == pytest.approx(
        sigmoid(z.data) - t)  # fmt: skip


def test_multinomial_logistic_regression():
    layer = Layer(2, 3, "softmax", seed=0)
    y = layer([0.5, -1.0])
    assert sum(p.data for p in y) == pytest.approx(1)
    z = [n.net_input([0.5, -1.0]).data for n in layer.neurons]
    slopes = grad(lambda z: cross_entropy(softmax(z), 2))(z)
    assert slopes == pytest.approx([y[0].data, y[1].data, y[2].data - 1])


# [11] Losses


def test_losses():
    p = [0.2, 0.7, 0.1]
    assert binary_cross_entropy(0.7, 1) == -math.log(0.7)
    assert binary_cross_entropy(0.7, 0) == -math.log(1 - 0.7)
    assert mean([binary_cross_entropy(0.7, 1), binary_cross_entropy(0.2, 0)]) == pytest.approx(
        -(math.log(0.7) + math.log(0.8)) / 2)  # fmt: skip
    assert cross_entropy(p, 1) == cross_entropy(p, [0, 1, 0]) == -math.log(0.7)
    assert squared_error([0.8, 0.2], [1, 0]) == pytest.approx(0.08)
    assert half_squared_error([0.8, 0.2], [1, 0]) == pytest.approx(0.04)


def test_losses_from_logits_are_equal_and_stable():
    for z, t in product((-3.0, 0.2, 4.0), (0, 1, 0.3)):
        assert sigmoid_cross_entropy(z, t) == pytest.approx(binary_cross_entropy(sigmoid(z), t))
    assert sigmoid_cross_entropy(-1000.0, 1) == 1000
    z = [0.6, 1.1, -1.5]
    assert softmax_cross_entropy(z, 2) == pytest.approx(cross_entropy(softmax(z), 2))
    assert softmax_cross_entropy([1000.0, 0.0], 1) == 1000


# [12] The computation graph L = c (a + 2b)


def test_computation_graph():
    a, b, c = Value(3, "a"), Value(1, "b"), Value(-2, "c")
    d = 2 * b
    e = a + d
    L = c * e
    L.backward()
    assert (d.data, e.data, L.data) == (2, 5, -10)
    assert (a.grad, b.grad, c.grad) == (-2, -4, 5)
    local = {(s.node, s.operand): s.local for s in walk(L)}
    assert local == {(L, c): 5, (L, e): -2, (e, a): 1, (e, d): 1, (d, b): 2}


def test_computation_graph_by_derive():
    a, b, c = Value(3, "a"), Value(1, "b"), Value(-2, "c")
    d = 2 * b
    e = a + d
    L = c * e
    d.label, e.label, L.label = "d", "e", "L"
    assert str(derive(L, wrt=b)) == (
        "∂L/∂b = ∂L/∂e · ∂e/∂d · ∂d/∂b\n"
        "      = c     · 1     · 2\n"
        "      = −2    · 1     · 2\n"
        "      = −4")  # fmt: skip
    assert str(derive(L, wrt=c)) == "∂L/∂c = e\n      = 5"


# [13] Backward differentiation of a two-layer net


def test_chains_of_a_deeper_net_by_derive():
    w = values([0.1 * i for i in range(1, 19)], "w")
    a = values([0.3, 0.6], "x")
    position = 0
    for units in (1, 2, 3), (4, 5, 6):
        inputs, a = a, []
        for i in units:
            weights, position = w[position : position + len(inputs)], position + len(inputs)
            net = sum((wi * xi for wi, xi in zip(weights, inputs, strict=True)), 0.05)
            net.label = f"net{i + 3}"
            a.append(sigmoid(net))
            a[-1].label = f"a{i}"
    net = sum((wi * xi for wi, xi in zip(w[15:], a, strict=True)), 0.05)
    net.label = "net"
    y = sigmoid(net)
    y.label = "y"
    E = binary_cross_entropy(y, 1)
    E.label = "E"
    E.backward()
    last, inner = derive(E, wrt=w[15]), derive(E, wrt=w[6])
    assert str(last).splitlines()[:2] == [
        "∂E/∂w₁₆ = ∂E/∂y  · ∂y/∂net   · ∂net/∂w₁₆",
        "        = (−1/y) · y·(1 − y) · a₄",
    ]
    assert re.sub(" +", " ", str(inner).splitlines()[0]) == (
        "∂E/∂w₇ = ∂E/∂y · ∂y/∂net · ∂net/∂a₄ · ∂a₄/∂net₇ · ∂net₇/∂w₇")
    assert last.value == pytest.approx(w[15].grad, rel=1e-14)
    assert inner.value == pytest.approx(w[6].grad, rel=1e-14)


def test_two_layer_net_by_the_chain_rule():
    net = MLP(2, [2, 1], ["relu", "sigmoid"], seed=3)
    x, t = values([0.8, 0.3], "x"), 1
    y = net(x)
    loss = binary_cross_entropy(y, t)
    loss.backward()
    h1, h2 = net.layers[0].neurons
    out = net.layers[1].neurons[0]
    error = y.data - t  # of σ and cross-entropy together
    h = [n([0.8, 0.3]).data for n in (h1, h2)]
    assert [w.grad for w in out.w] == pytest.approx([error * a for a in h])
    assert out.b.grad == pytest.approx(error)
    for j, neuron in enumerate((h1, h2)):
        back = error * out.w[j].data * (h[j] > 0)
        assert [w.grad for w in neuron.w] == pytest.approx([back * 0.8, back * 0.3])
        assert neuron.b.grad == pytest.approx(back)
    assert len(hessian(lambda z: binary_cross_entropy(sigmoid(z[0]), t))([0.4])) == 1


# [15] Backpropagation by hand


@pytest.fixture
def by_hand():
    """The eight-weight network, with its two biases shared by layer."""
    w = values([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55], "w")
    b = values([0.35, 0.60], "b")
    x, t = values([0.05, 0.10], "x"), (0.01, 0.99)

    def forward():
        in_h = [w[0] * x[0] + w[1] * x[1] + b[0], w[2] * x[0] + w[3] * x[1] + b[0]]
        out_h = [sigmoid(z) for z in in_h]
        in_y = [w[4] * out_h[0] + w[5] * out_h[1] + b[1], w[6] * out_h[0] + w[7] * out_h[1] + b[1]]
        out_y = [sigmoid(z) for z in in_y]
        errors = [half_squared_error(o, target) for o, target in zip(out_y, t, strict=True)]
        return in_h, out_h, in_y, out_y, errors, errors[0] + errors[1]

    return w, b, forward


def test_by_hand_forward(by_hand):
    _, _, forward = by_hand
    in_h, out_h, in_y, out_y, errors, E = forward()
    assert digits(in_h[0], 0.3775, 9)
    assert digits(in_h[1], 0.3925, 9)
    assert digits(out_h[0], 0.593269992, 9)
    assert digits(out_h[1], 0.596884378, 9)
    assert digits(in_y[0], 1.105905967, 9)
    assert digits(in_y[1], 1.224921404, 9)
    assert digits(out_y[0], 0.751365070, 9)
    assert digits(out_y[1], 0.772928465, 9)
    assert digits(errors[0], 0.274811083, 9)
    assert digits(errors[1], 0.023560026, 9)
    assert digits(E, 0.298371109, 9)


def test_by_hand_backward(by_hand):
    w, _, forward = by_hand
    _, out_h, in_y, out_y, _, E = forward()
    E.backward()
    assert digits(math.cosh(in_y[0].data), 1.676435989, 9)
    slope = 1 / (2 * (math.cosh(in_y[0].data) + 1))
    assert digits(slope, 0.186815602, 9)
    local = {(s.node, s.operand): s.local for s in walk(E)}
    assert local[out_y[0], in_y[0]] == pytest.approx(slope, rel=1e-14)
    assert digits(out_y[0].grad, 0.741365070, 9)
    assert digits(w[4].grad, 0.082167041, 9)
    assert digits(out_h[0].grad, 0.036350306, 9)
    assert digits(out_h[0].data * (1 - out_h[0].data), 0.241300709, 9)
    assert digits(w[0].grad, 0.000438568, 9)


def test_by_hand_by_derive(by_hand):
    w, _, forward = by_hand
    _, out_h, in_y, out_y, _, E = forward()
    E.label, in_y[0].label, out_y[0].label = "E", "in_y1", "out_y1"
    assert str(derive(E, wrt=w[4])).splitlines()[::2] == [
        "∂E/∂w₅ = ∂E/∂out_y1      · ∂out_y1/∂in_y1      · ∂in_y1/∂w₅",
        "       = 0.7414          · 0.1868              · 0.5933",
    ]
    exact = str(derive(E, wrt=w[4], digits=9)).splitlines()
    assert re.findall(r"[\d.]+$|[\d.]+(?= +·)", "\n".join(exact[2:]), re.M) == [
        "0.741365070", "0.186815602", "0.593269992", "0.082167041"]  # fmt: skip
    out_h[0].label = "out_h1"
    factors = str(derive(E, wrt=w[0], digits=9)).split("\n\n")[0]
    assert "∂E/∂out_h1" in factors
    assert "= 0.036350306" in factors
    assert factors.endswith("= 0.000438568")


def test_by_hand_one_step_and_ten_thousand(by_hand):
    w, b, forward = by_hand
    steps = gradient_descent(lambda: forward()[-1], w, learning_rate=0.5, steps=10_000)
    next(steps)
    assert digits(w[4], 0.35891648, 8)
    assert digits(w[5], 0.408666186, 9)
    assert digits(w[6], 0.511301270, 9)
    assert digits(w[7], 0.561370121, 9)
    assert digits(w[0], 0.149780716, 9)
    assert digits(w[1], 0.19956143, 8)
    assert digits(w[2], 0.24975114, 8)
    assert digits(w[3], 0.29950229, 8)
    deque(steps, maxlen=0)
    assert f"{forward()[-1]:.2e}" == "3.51e-05"
    assert [p.data for p in b] == [0.35, 0.60]


# [16] Errors shared by weight


def test_hidden_error_is_the_output_error_shared_by_weight():
    W = np.array([[2.0, 3.0], [1.0, 4.0]])  # rows: outputs
    e = np.array([0.8, 0.5])
    share = W / W.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(share.T @ e, [2 / 5 * 0.8 + 1 / 5 * 0.5, 3 / 5 * 0.8 + 4 / 5 * 0.5])
    # without the normaliser, it is what backpropagation computes through linear units
    h = values([0.3, 0.9])
    o = [sum(w * x for w, x in zip(row, h, strict=True)) for row in W]
    sum(ei * oi for ei, oi in zip(e, o, strict=True)).backward()
    np.testing.assert_allclose([x.grad for x in h], W.T @ e)


def test_weight_gradient_of_the_squared_error():
    o_j, w_jk, t_k, alpha = 0.4, Value(0.7), 0.9, 0.3
    o_k = sigmoid(w_jk * o_j)
    squared_error(o_k, t_k).backward()
    E_k = t_k - o_k.data
    assert w_jk.grad == pytest.approx(-2 * E_k * o_k.data * (1 - o_k.data) * o_j, rel=1e-14)
    (_,) = gradient_descent(lambda: squared_error(sigmoid(w_jk * o_j), t_k), [w_jk],
                            learning_rate=alpha, steps=1)  # fmt: skip
    assert w_jk.data == pytest.approx(0.7 - alpha * w_jk.grad, rel=1e-14)


def test_initial_weights_within_one_over_the_root_of_fan_out():
    fan_out = 25
    layer = Layer(10, fan_out, scale=1 / math.sqrt(fan_out), seed=0)
    w = [abs(p.data) for n in layer.neurons for p in n.w]
    assert 0.19 < max(w) <= 0.2


def test_equal_initial_weights_never_break_symmetry():
    net = MLP(2, [3, 1], ["sigmoid", "sigmoid"])
    for p in net.parameters():
        p.data = 0.5
    data = [((0.1, 0.9), 0.8), ((0.7, 0.2), 0.1)]
    list(gradient_descent(lambda: mean([squared_error(net(x), t) for x, t in data]),
                          net.parameters(), learning_rate=2.0, steps=20))  # fmt: skip
    first, *others = net.layers[0].neurons
    assert first.w[0].data != 0.5
    for neuron in others:
        assert [p.data for p in neuron.parameters()] == [p.data for p in first.parameters()]
