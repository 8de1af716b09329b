"""Layers on Tensors, their flat buffers, and networks of neurons written with matrices."""

import numpy as np
import pytest

import mlp
from autograd import Tensor, Value, no_grad, softmax_cross_entropy, values
from mlp.layers import Activation, Dense, Dropout, Input, Layer, PReLU
from mlp.models.sequential import Sequential
from mlp.optimizers.parameters import FlatParameters

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4))
LABELS = np.array([0, 1, 2, 0, 1, 2])


def small(**how):
    return Sequential([Dense(5, "tanh"), Dense(3)], seed=1, dtype="float64", **how).build(4)


def test_a_layer_is_the_formula():
    model = small()
    first, second = model.layers
    h = np.tanh(X @ first.W.data + first.b.data)
    np.testing.assert_allclose(model(X).data, h @ second.W.data + second.b.data, rtol=1e-14)


def test_the_bias_is_a_weight_of_a_constant_input():
    layer = small().layers[0]
    with_ones = np.column_stack([np.ones(len(X)), X]) @ np.vstack([layer.b.data, layer.W.data])
    np.testing.assert_allclose(layer(X).data, np.tanh(with_ones), rtol=1e-14)


def test_linear_layers_collapse_to_one():
    g, f = Dense(1), Dense(1)
    model = Sequential([g, f], dtype="float64").build(1)
    for layer, weight, bias in (g, 5.0, -1.0), (f, 2.0, 3.0):
        layer.W.data, layer.b.data = np.array([[weight]]), np.array([bias])
    x = np.array([[0.0], [1.0], [-2.5]])
    np.testing.assert_array_equal(model(x).data, 10 * x + 1)


@pytest.mark.parametrize(
    "activation", ["relu", "tanh", "sigmoid", "elu", "gelu", "silu", "softmax"]
)
def test_gradients_by_central_differences(activation):
    model = Sequential([Dense(3, activation), Dense(2)], seed=0, dtype="float64").build(4)
    loss = softmax_cross_entropy(model(X), LABELS % 2)
    loss.backward()
    for p in model.parameters():
        for index in np.ndindex(p.shape):
            kept, h = p.data[index], 1e-6
            costs = []
            for step in (h, -h):
                p.data[index] = kept + step
                costs.append(softmax_cross_entropy(model(X), LABELS % 2).data.item())
            p.data[index] = kept
            assert p.grad[index] == pytest.approx((costs[0] - costs[1]) / (2 * h), abs=1e-8)


def test_flat_buffers_give_the_same_gradients_and_hold_them():
    model, other = small(), small()
    flat = FlatParameters(model.parameters())
    for net in (model, other):
        softmax_cross_entropy(net(X), LABELS).backward()
    flat.gather()
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        assert p._grad is p.out
        assert np.shares_memory(p.out, flat.grad)
        assert np.shares_memory(p.data, flat.data)
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-14)
    np.testing.assert_array_equal(flat.grad, np.concatenate([p.grad.ravel() for p in
                                                             model.parameters()]))  # fmt: skip


def test_flat_buffers_accumulate_exactly():
    model = small()
    flat = FlatParameters(model.parameters())
    for _ in range(2):
        softmax_cross_entropy(model(X), LABELS).backward()
    flat.gather()
    twice = flat.grad.copy()
    model.zero_grad()
    softmax_cross_entropy(model(X), LABELS).backward()
    flat.gather()
    np.testing.assert_array_equal(twice, 2 * flat.grad)


def test_flat_buffers_notice_data_that_was_set_elsewhere():
    p = Tensor([1.0, 2.0])
    flat = FlatParameters([p])
    p.data = np.array([5.0, 6.0])
    flat.gather()
    assert flat.data.tolist() == [5, 6]
    flat.data += 1
    flat.store()
    assert p.data.tolist() == [6, 7]


def test_a_step_makes_the_graph_stale():
    model = small()
    flat = FlatParameters(model.parameters())
    loss = softmax_cross_entropy(model(X), LABELS)
    flat.data += 1
    flat.store()
    with pytest.raises(RuntimeError, match="changed after"):
        loss.backward()


def test_flat_parameters_of_values():
    w = values([1.0, 2.0])
    flat = FlatParameters(w)
    (w[0] * w[1]).backward()
    flat.gather()
    assert flat.grad.tolist() == [2, 1]
    flat.data -= flat.grad
    flat.store()
    assert [p.data for p in w] == [-1, 1]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ([], TypeError),
        ([Value(1.0), Tensor([1.0])], TypeError),
        ([Value(1.0) * 2], ValueError),
        ([Tensor([1.0]), Tensor([1.0], dtype="float32")], TypeError),
        ([1.0], TypeError),
    ],
    ids=["none", "mixed", "result", "dtypes", "number"],
)
def test_parameters_that_are_none(parameters, error):
    with pytest.raises(error):
        FlatParameters(parameters)


def test_a_parameter_given_twice():
    p = Value(1.0)
    with pytest.raises(ValueError, match="twice"):
        FlatParameters([p, p])


def test_dropout():
    layer = Dropout(0.25)
    layer.build((1000,), np.random.default_rng(0), "float32")
    x = np.ones((50, 1000), np.float32)
    assert layer(x) is x
    y = layer(Tensor(x), training=True)
    assert y.dtype == np.float32
    assert set(np.unique(y.data).round(4)) == {0, np.float32(1.3333)}
    assert y.data.mean() == pytest.approx(1, abs=0.02)
    y.sum().backward()


def test_prelu_is_learned():
    model = Sequential([PReLU(0.1)], dtype="float64").build(2)
    loss = model(np.array([[-1.0, 2.0], [-3.0, -4.0]])).sum()
    loss.backward()
    (alpha,) = model.parameters()
    assert alpha.grad.tolist() == [-4, -4]


def test_frozen_layers():
    model = small()
    model.layers[0].trainable = False
    assert model.parameters() == model.layers[1].tensors()
    assert len(model.tensors()) == 4


def test_shapes_and_building():
    model = Sequential([Input(shape=(4,)), Dense(3), Activation("relu"), Dense(2, use_bias=False)])
    assert [p.shape for p in model.parameters()] == [(4, 3), (3,), (3, 2)]
    assert model.next_shape == (2,)
    assert model(X.astype(np.float32)).dtype == np.float32
    late = Sequential([Dense(3)])
    assert late.parameters() == []
    late(X)
    assert [p.shape for p in late.parameters()] == [(4, 3), (3,)]


def test_seeds():
    assert (small().layers[0].W.data == small().layers[0].W.data).all()


def test_a_batch_may_be_a_list():
    model = small()
    np.testing.assert_array_equal(model(X.tolist()).data, model(X).data)
    assert Sequential([Dense(2)], seed=0)([[1.0, 2.0, 3.0]]).shape == (1, 2)


def test_nodes_have_the_groups_of_their_layers():
    assert {n.group for n in small()(X).parents} == {"dense2", "dense1"}


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: Dense(0), ValueError, "from 1, got 0"),
        (lambda: Dense(3, "rleu"), ValueError, "did you mean 'relu'"),
        (lambda: Dropout(1.0), ValueError, "below 1, got 1.0"),
        (lambda: Sequential([3]), TypeError, "takes layers, such as .* got 3"),
        (lambda: small()(np.ones((2, 3))), ValueError, r"\(4,\) wanted, got x, a batch .*\(2, 3\)"),
        (lambda: Sequential([PReLU()]).build(2).to_neurons(), TypeError, "PReLU has no neurons"),
        (lambda: Sequential([Dense(2)]).to_neurons(), ValueError, "not built"),
        (lambda: Dense(2)(X), AttributeError, "Dense has no 'W', and is not built yet: put it in"),
        (lambda: Dropout(0.5)(X, True), AttributeError, "Dropout has no 'rng', and is not built"),
        (lambda: small().layers[0].weight, AttributeError, "^Dense has no 'weight'$"),
        (lambda: Layer().weight, AttributeError, "^Layer has no 'weight'$"),
    ],
)
def test_errors(call, error, says):
    with pytest.raises(error, match=says):
        call()


@pytest.mark.parametrize("activations", ["tanh", ["relu", "softmax"], ["sigmoid", "linear"]])
def test_neurons_and_matrices_are_the_same_network(activations):
    net = mlp.MLP(4, [5, 3], activations, seed=2)
    model = Sequential.from_neurons(net)
    outputs = model(X)
    for x, row in zip(X, outputs.data, strict=True):
        np.testing.assert_allclose([y.data for y in net(x.tolist())], row, rtol=1e-13)
    (outputs**2).sum().backward()
    net.zero_grad()
    sum(y**2 for x in X for y in net(x.tolist())).backward()
    for layer, dense in zip(net.layers, model.layers, strict=True):
        grads = np.array([[w.grad for w in n.w] for n in layer.neurons])
        np.testing.assert_allclose(grads.T, dense.W.grad, atol=1e-12)
        np.testing.assert_allclose([n.b.grad for n in layer.neurons], dense.b.grad, atol=1e-12)
    back = model.to_neurons()
    assert [p.data for p in back.parameters()] == [p.data for p in net.parameters()]
    assert [y.data for y in back([1, 2, 3, 4])] == [y.data for y in net([1, 2, 3, 4])]


def test_without_bias_there_and_back():
    net = mlp.MLP(2, [3, 2], "relu", use_bias=[True, False], seed=0)
    model = Sequential.from_neurons(net)
    assert len(model.parameters()) == 3
    assert [p.data for p in model.to_neurons().parameters()] == [p.data for p in net.parameters()]


def test_nothing_is_recorded_without_gradients():
    with no_grad():
        assert small()(X).parents == ()


def test_a_layer_of_ones_own():
    class Scale(Layer):
        def build(self, shape, rng, dtype):
            self.factor = Tensor(np.ones(shape, dtype), "factor")

        def __call__(self, x, training=False):
            return x * self.factor

    model = Sequential([Scale(), Dense(1)], seed=0, dtype="float64").build(4)
    model(X).sum().backward()
    np.testing.assert_allclose(model.layers[0].factor.grad, X.sum(0) * model.layers[1].W.data[:, 0])


def test_each_feature_is_normalized_and_the_layer_saved(tmp_path):
    x = np.random.default_rng(0).normal([5, -3, 7], [2, 0.1, 0], (500, 3))
    layer = mlp.Normalization()
    with pytest.raises(ValueError, match="call adapt"):
        mlp.Sequential([layer]).build(3)
    layer.adapt(x)
    model = mlp.Sequential([layer], dtype="float64").build(3)
    y = model.predict(x, verbose=0)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), [1, 1, 0], atol=1e-12)
    model.save(tmp_path / "model.safetensors")
    again = mlp.load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(x, verbose=0), y)
    with pytest.raises(ValueError, match=r"inputs of shape \(2,\), got shapes \(3,\)"):
        mlp.Sequential([layer]).build(2)


@pytest.mark.parametrize("x", [np.zeros((6, 4)), 0.0, None, [[0.0] * 4] * 6])
def test_nothing_else_takes_the_place_of_a_parameter(x):
    layer = small().layers[0]
    W = layer.W
    with pytest.raises(TypeError, match=r"W of Dense is a parameter.*\.W\.data = …, or"):
        layer.W = x
    assert layer.W is W
    layer.W = Tensor(W.data + 1)
    assert layer.tensors()[0] is layer.W


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_normalization_keeps_the_variance_of_time_stamps_and_of_small_numbers(kind):
    n = 1000
    x = np.arange(n)[:, None] * [3600.0, 1e-12, 1e15, 0, 0] + [1.7e9, 0, 0, 100.3, 0]
    layer = mlp.layers.Normalization()
    layer.adapt(x)
    layer.build((5,), np.random.default_rng(0), kind)
    y = layer(x.astype(kind)).astype(float)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(y.std(axis=0), [1, 1, 1, 0, 0], rtol=1e-3, atol=1e-5)
    assert layer(x.astype(kind) + 1)[0, 4] == 1  # what was always 0 is only shifted


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_a_variance_that_is_no_number_is_refused(size):
    with pytest.raises(ValueError, match=f"Normalization: {size:g}², the var".replace("+", r"\+")):
        mlp.layers.Normalization().adapt([[size], [-size]])
