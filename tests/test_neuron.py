"""Neurons, layers, networks, losses and gradient descent beyond the lectures' examples."""

import random

import numpy as np
import pytest

import mlp
from autograd import Value, no_grad, tanh, topological_order, values, walk
from mlp import MLP, Layer, Neuron, gradient_descent, mean


def test_parameters_are_numbered_through_the_network():
    labels = [p.label for p in MLP(2, [2, 2]).parameters()]
    assert labels == ["w1", "w2", "b1", "w3", "w4", "b2", "w5", "w6", "b3", "w7", "w8", "b4"]


def test_groups_tell_layer_and_neuron():
    model = MLP(2, [3, 3, 1])
    groups = {node.group for node in topological_order(model(values([1.0, 2.0])))}
    assert groups == {
        "", "output/o1",
        *(f"hidden{k}/h{k}.{i}" for k in (1, 2) for i in (1, 2, 3)),
    }  # fmt: skip


def test_sum_and_output_are_labelled():
    labels = {node.label for node in topological_order(*MLP(2, [1, 2], "tanh")([1.0, 2.0]))}
    assert {"in_h1", "out_h1", "out_o1", "out_o2"} <= labels


def test_seeds():
    def weights(**how):
        return [p.data for p in MLP(3, [4, 2], **how).parameters()]

    assert weights(seed=1) == weights(seed=1) == weights(seed=random.Random(1))
    assert weights(seed=1) != weights(seed=2)
    random.seed(7)
    first = weights()
    random.seed(7)
    assert weights() == first


def test_an_activation_for_each_layer():
    model = MLP(2, [3, 3, 2], ["tanh", tanh, "softmax"])
    assert sum(y.data for y in model([0.1, 0.2])) == pytest.approx(1)
    assert "softmax" in repr(model)


def test_without_bias():
    layer = Layer(3, 2, use_bias=False)
    assert len(layer.parameters()) == 6
    assert [y.data for y in layer([0, 0, 0])] == [0, 0]
    layer.neurons[0].set([1, 2, 3])
    with pytest.raises(ValueError, match="no bias"):
        layer.neurons[0].set([1, 2, 3], 4)


@pytest.mark.parametrize("x", [[1, 2], (1.0, 2.0), np.array([1.0, 2.0]), [Value(1), 2]])
def test_inputs_of_every_kind(x):
    neuron = Neuron(2, "linear")
    neuron.set([3, 4], 5)
    assert neuron(x).data == 16


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Neuron(2)([1.0]), "a neuron of 2 inputs got 1"),
        (lambda: Neuron(0), "Neuron: n_inputs is a whole number from 1, got 0"),
        (lambda: MLP(2, []), "0 layers"),
        (lambda: MLP(2, [1, 0]), "got 0"),
        (lambda: MLP(2, [1, 1], ["relu"]), "2 layers, but 1 activations"),
        (lambda: Neuron(2, "rleu"), "did you mean 'relu'"),
        (lambda: Neuron(2, "zzz"), "choose one of linear, sigmoid"),
        (lambda: Neuron(2).set([1.0], 0.0), "2 weights and a bias"),
        (lambda: mlp.softmax([]), "at least one"),
        (lambda: mean([]), "no losses"),
        (lambda: mlp.hinge(1.0, 0), "−1 or 1, got 0"),
        (lambda: mlp.binary_cross_entropy(0.5, 2), "within 0…1, got 2"),
        (lambda: mlp.binary_cross_entropy(0.5, float("nan")), "got nan"),
        (lambda: mlp.binary_cross_entropy(0.0, 1), "log: got x = 0"),
        (lambda: mlp.cross_entropy([0.5, 0.5], 2), "from 0 to 1, or .* got 2"),
        (lambda: mlp.cross_entropy([0.5, 0.5], [1, 0, 0]), "2 classes, but 3"),
        (lambda: mlp.cross_entropy([0.5, 0.5], 0.5), "whole number"),
        (lambda: mlp.squared_error([1.0], [1.0, 2.0]), "1 outputs, but 2 targets"),
        (lambda: list(gradient_descent(lambda: Value(1), [], learning_rate=-1)), "got -1"),
        (lambda: list(gradient_descent(lambda: Value(1), [], learning_rate=float("nan"))), "nan"),
        (lambda: mlp.Perceptron([1.0, float("nan")]), "finite"),
        (lambda: mlp.Perceptron([1.0, 2.0])([1.0]), "2 inputs wanted"),
        (lambda: mlp.Perceptron([1.0], activation="relu"), '"heaviside" or "sign"'),
        (lambda: mlp.Perceptron([1.0]).fit([[1.0]], [0.5]), "targets of heaviside are 0 and 1"),
        (lambda: mlp.Perceptron([1.0]).fit([[1.0]], [0, 1]), "targets of shape"),
        (lambda: mlp.Perceptron([1.0]).fit([[1.0, 2.0]], [0]), r"\(examples, 1\)"),
        (lambda: mlp.Perceptron([1.0]).fit([[1.0]], [0], learning_rate=-1), "above 0, got -1"),
        (lambda: mlp.Perceptron([1.0]).fit([[1.0]], [0], epochs=0), "from 1, got 0"),
        (lambda: mlp.Perceptron([1.0, 2.0], [1, 2, 3]), "1 outputs, but a bias of shape"),
    ],
)
def test_errors_say_what_was_given(call, says):
    with pytest.raises(ValueError, match=says):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: Neuron(1)(3.5),
        lambda: mlp.softmax(Value(3.5)),
        lambda: mlp.cross_entropy(3.5, 0),
        lambda: mlp.softmax_cross_entropy(3.5, 0),
        lambda: mean(3.5),
    ],
)
def test_one_number_is_no_list(call):
    with pytest.raises(TypeError, match=r"is a list of numbers, got .*3\.5.*: write one"):
        call()


def test_running_out_of_epochs_proves_nothing():
    run = mlp.Perceptron([0.0, 0.0]).fit([[0.0, 1.0], [0.1, 1.0]], [0, 1], epochs=2)
    assert not run.converged
    assert run.separable is None
    assert "not converged in 2 epochs" in str(run)


def test_gradient_descent_stops_at_a_cost_that_is_no_number():
    x = Value(1.0)

    def cost():
        return x * x * 1e300

    steps = gradient_descent(cost, [x], learning_rate=1.0, steps=5)
    assert next(steps) == 1e300
    stayed = x.data
    with pytest.raises(FloatingPointError, match="inf at step 1"):
        next(steps)
    assert x.data == stayed


def test_learning_rate_by_step():
    x = Value(1.0)
    list(gradient_descent(lambda: 1 * x, [x], learning_rate=lambda step: 0.5**step, steps=3))
    assert x.data == 1 - (1 + 0.5 + 0.25)


def test_losses_and_networks_run_without_recording():
    model = MLP(2, [3, 3], "sigmoid", seed=0)
    with no_grad():
        loss = mlp.softmax_cross_entropy(model([1.0, 2.0]), 1)
    assert loss.parents == ()


def test_softmax_gradient_does_not_flow_through_the_shift():
    z = values([0.3, 0.3, -1.0])
    y = mlp.softmax(z)[0]
    assert "maximum" not in {step.node.op.name for step in walk(y)}
    y.backward()
    p = [y.data for y in mlp.softmax(z)]
    assert [x.grad for x in z] == pytest.approx([p[0] * (1 - p[0]), -p[0] * p[1], -p[0] * p[2]])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: MLP(2, 3), "sizes is a list"),
        (lambda: Neuron(2)(np.zeros((2, 5))), "call it for each example"),
        (lambda: list(gradient_descent(lambda: 1.0, [Value(1)])), "cost gives a Value, got 1.0"),
    ],
)
def test_things_of_another_kind(call, says):
    with pytest.raises(TypeError, match=says):
        call()


def test_a_derivative_that_is_not_finite_changes_nothing():
    x, y = Value(0.0), Value(2.0)
    with pytest.raises(FloatingPointError, match="not finite"):
        list(gradient_descent(lambda: x.sqrt() + y, [x, y]))
    assert (x.data, y.data) == (0, 2)


def test_parameters_may_come_from_a_generator():
    x = Value(1.0)
    list(gradient_descent(lambda: x**2, (p for p in [x]), steps=2))
    assert x.data == pytest.approx(0.64)


def test_setting_weights_is_all_or_nothing():
    neuron = Neuron(2)
    before = [p.data for p in neuron.parameters()]
    with pytest.raises(TypeError):
        neuron.set([1.0, "a"], 0.0)
    assert [p.data for p in neuron.parameters()] == before


def test_a_change_lost_in_rounding_is_no_proof():
    run = mlp.Perceptron([1.0, 1.0], -5.0).fit([[0, 0], [1, 1]], [0, 1], learning_rate=1e-20)
    assert run.separable is None
    assert "lost in rounding" in str(run)
    with pytest.raises(FloatingPointError, match="overflow in epoch 1"):
        mlp.Perceptron([0.0]).fit([[1e200], [2e200]], [0, 1], learning_rate=1e200)


def test_a_probability_is_one():
    with pytest.raises(ValueError, match="within 0…1"):
        mlp.binary_cross_entropy(Value(1.5), 1)
