"""Inference: where nothing is recorded a network's outputs are straight code, bit for bit."""

import copy
import gc
import threading
import warnings
import weakref

import numpy as np
import pytest

from autograd import Tensor, detect_anomaly, elementwise, no_grad, tanh
from mlp import Dense, Sequential
from mlp.keras import layers as keras_layers
from mlp.layers import (
    Activation,
    BatchNormalization,
    Dropout,
    Flatten,
    Layer,
    LayerNormalization,
    Normalization,
    PReLU,
    Rescaling,
)
from mlp.models import inference

rng = np.random.default_rng(0)
X = rng.normal(size=(7, 20)).astype(np.float32)


def outputs(model, x=X, times=3):
    """Compute them several times, by the last of which code would be there."""
    with no_grad():
        found = [model(x) for _ in range(times)]
    assert not any(y.parents for y in found)
    for y in found[1:]:
        np.testing.assert_array_equal(y.data, found[0].data)
        assert y.dtype == found[0].dtype
    return found[-1].data


def by_engine(model, x=X):
    """Compute them with the graph, which no code has to do with."""
    return model(x).data


def is_code(model, x=X):
    """Tell whether there is code for a batch like x."""
    return isinstance(model._inference.kept.get(x.shape), inference.Code)


def network(*layers, dtype="float32", shape=20):
    model = Sequential(layers, seed=1, dtype=dtype)
    model.build(shape)
    for p in model.tensors():  # biases that do something
        p.data = (p.data + rng.random(p.shape) * 0.1).astype(p.dtype)
    return model


CASES = {
    **{str(phi): lambda phi=phi: [Dense(16, phi), Dense(5, phi)] for phi in (
        "relu", "tanh", "sigmoid", "softmax", "log_softmax", "leaky_relu", "elu", "gelu", "silu",
        "softplus", "selu", "softsign", "relu6", "hard_sigmoid", None)},
    "no bias": lambda: [Dense(16, "relu", use_bias=False), Dense(5)],
    "dropout": lambda: [Dense(16, "relu"), Dropout(0.5), Dense(5, "softmax")],
    "layer normalization": lambda: [Dense(16), LayerNormalization(), Dense(5)],
    "batch normalization": lambda: [Dense(16), BatchNormalization(), Dense(5)],
    "normalized inputs": lambda: [LayerNormalization(), BatchNormalization(), Dense(5)],
    "PReLU": lambda: [Dense(16), PReLU(), Dense(5)],
    "activations": lambda: [Dense(16), Activation("tanh"), Rescaling(0.5), Dense(5)],
    "regularizer": lambda: [Dense(16, "relu", kernel_regularizer="l2"), Dense(5)],
    "frozen": lambda: [Dense(16, "relu"), Dense(5)],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_code_gives_the_numbers_of_the_engine(case, dtype):
    model = network(*CASES[case](), dtype=dtype)
    model.layers[0].trainable = case != "frozen"
    for n in 7, 1:
        x = X[:n].astype(dtype)
        np.testing.assert_array_equal(outputs(model, x), by_engine(model, x))
        assert is_code(model, x)


def test_an_image_is_flattened():
    model = network(Flatten(), Dense(4, "relu"), shape=(4, 5))
    x = X.reshape(7, 4, 5)
    np.testing.assert_array_equal(outputs(model, x), by_engine(model, x))
    assert is_code(model, x)


class Doubled(Layer):
    """A layer of a user's, which counts its calls."""

    calls = 0

    def __call__(self, x, training=False):
        self.calls += 1
        return x * 2


def normalized():
    layer = Normalization()
    layer.adapt(X)
    return layer


@pytest.mark.parametrize("make", [
    lambda: [Doubled(), Dense(5)],
    lambda: [Dense(16, lambda x: tanh(x)), Dense(5)],
    lambda: [Dense(16, elementwise("mine", float, np.tanh, partials=(1,))), Dense(5)],
    lambda: [normalized(), Dense(5)],
    lambda: [Sequential([Dense(16, "relu")]), Dense(5)],
], ids=["layer", "activation", "row", "arrays", "network"])
def test_what_may_change_without_a_sign_is_left_to_the_engine(make):
    model = network(*make())
    np.testing.assert_array_equal(outputs(model), by_engine(model))
    assert not is_code(model)
    if isinstance(model.layers[0], Doubled):
        assert model.layers[0].calls == 4


CHANGES = {
    "activation": lambda m: setattr(m.layers[0], "activation", tanh),
    "no bias": lambda m: setattr(m.layers[0], "use_bias", False),
    "a parameter": lambda m: setattr(m.layers[0], "W", Tensor(m.layers[0].W.data * 2, "W")),
    "its numbers": lambda m: setattr(m.layers[0].W, "data", m.layers[0].W.data * 2),
    "its numbers in place": lambda m: m.layers[0].W.data.__imul__(2),
    "one number": lambda m: m.layers[1].b.data.__setitem__(0, 7),
    "weights": lambda m: m.set_weights([2 * w for w in m.get_weights()]),
    "another layer": lambda m: m.layers.__setitem__(0, Dense(16, "tanh")) or m.build(20),
    "one more": lambda m: m.add(Activation("sigmoid")),
    "one less": lambda m: m.layers.pop(),
    "wider": lambda m: [m.layers.__setitem__(0, Dense(9)), m.layers.__setitem__(1, Dense(3)),
                        m.build(20)],
    "a shape": lambda m: [setattr(p, "data", np.ones(shape, np.float32)) for p, shape in zip(
        m.tensors(), [(20, 9), (9,), (9, 5)], strict=False)],
    "a running mean": lambda m: m.layers[3].moving_mean.data.__setitem__(0, 2),
    "its factor": lambda m: setattr(m.layers[3], "epsilon", 0.5),
    "a layer of a user's": lambda m: m.layers.insert(0, Doubled()),
    "factor": lambda m: setattr(m.layers[2], "scale", 3.0),
    "a trained step": lambda m: [m.compile("adam", "mse"),
                                 m.fit(X, np.ones((7, 5)), verbose=0, epochs=2)],
    "a type": lambda m: setattr(m.layers[0].W, "data", m.layers[0].W.data.astype(float)),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_followed_at_once(change):
    model = network(Dense(16, "relu"), Dense(5), Rescaling(1.5), BatchNormalization())
    before = outputs(model)
    assert is_code(model)
    CHANGES[change](model)
    with no_grad():
        after = model(X).data
    assert after.shape != before.shape or (after != before).any()
    np.testing.assert_array_equal(after, by_engine(model))
    np.testing.assert_array_equal(outputs(model), by_engine(model))


def test_a_loop_that_replaces_its_parameters_keeps_the_code():
    """``p.data = p.data − …`` moves a parameter, for which nothing is written anew."""
    model = network(Dense(16, "relu"), Dense(5))
    outputs(model)
    code = model._inference.kept[X.shape]
    for _ in range(3):
        for p in model.parameters():
            p.data = p.data * 0.9
        with no_grad():
            now = model(X).data
        np.testing.assert_array_equal(now, by_engine(model))
    assert model._inference.kept[X.shape] is code


def test_each_result_is_an_array_of_its_own():
    model = network(Dense(16, "relu"), Dense(5))
    outputs(model)
    with no_grad():
        one, other = model(X), model(-X)
        kept = one.data.copy()
        one.data[:] = 0
        again = model(X)
    np.testing.assert_array_equal(again.data, kept)
    assert (other.data != kept).any()
    assert not one.data.any()


def test_a_network_with_code_is_freed_without_the_collector():
    gc.disable()
    try:
        model = network(Dense(16, "relu"), Dense(5))
        outputs(model)
        assert is_code(model)
        gone = weakref.ref(model)
        del model
        assert gone() is None
    finally:
        gc.enable()


def test_a_graph_that_is_recorded_is_whole():
    model = network(Dense(16, "relu"), Dense(5))
    outputs(model)
    y = model(X)
    assert y.parents
    y.sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    with no_grad():
        z = model(Tensor(X))
    assert not z.parents
    np.testing.assert_array_equal(z.data, y.data)


def test_the_engine_is_taken_by_choice_and_by_a_hunt_for_nan():
    model = network(Dense(16, "relu"), Dense(5))
    model.compile("sgd", "mse", jit_compile=False)
    outputs(model)
    assert not is_code(model)
    model.compile("sgd", "mse")
    outputs(model)
    assert is_code(model)
    model.layers[0].W.data[:] = 3e38  # whose products are ∞ and −∞
    with no_grad(), detect_anomaly(), np.errstate(all="ignore"), \
            pytest.raises(FloatingPointError, match="linear"):  # fmt: skip
        model(X)


@pytest.mark.parametrize("phi", ["relu", "sigmoid", "softmax"])
@pytest.mark.parametrize("x", [np.inf, np.nan, 1e38], ids=str)
def test_of_what_is_not_finite_as_much_is_said(phi, x):
    """The same numbers, and the same warnings."""
    model = network(Dense(16, "linear"), Dense(5, phi))
    code = network(Dense(16, "linear"), Dense(5, phi))
    code.set_weights(model.get_weights())
    outputs(code)
    assert is_code(code)
    bad = X.copy()
    bad[3] = x
    found = []
    for m in code, model:
        with warnings.catch_warnings(record=True) as said, no_grad():
            warnings.simplefilter("always")
            found.append((m(bad).data, [str(w.message) for w in said]))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]
    np.testing.assert_array_equal(outputs(code), by_engine(code))


def test_threads_do_not_share_buffers():
    model = network(Dense(16, "relu"), Dense(5))
    outputs(model)
    inputs = [rng.normal(size=X.shape).astype(np.float32) for _ in range(4)]
    wanted = [by_engine(model, x) for x in inputs]
    wrong = []

    def ask(x, y):
        for _ in range(500):
            with no_grad():
                if (model(x).data != y).any():
                    wrong.append(1)

    threads = [threading.Thread(target=ask, args=pair) for pair in zip(inputs, wanted, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_copies_pickles_and_files_leave_the_code(tmp_path):
    model = network(Dense(16, "relu"), Dense(5))
    wanted = outputs(model)
    twin = copy.deepcopy(model)
    twin.layers[0].W.data *= 2
    assert (outputs(twin) != wanted).any()
    np.testing.assert_array_equal(outputs(model), wanted)
    model.save(tmp_path / "model.safetensors")
    outer = Sequential([model, Dense(2)], seed=0)
    outer.build(20)
    outer.compile("sgd", "mse")
    outer.fit(X, np.ones((7, 2)), verbose=0)  # a network in a network that has code
    np.testing.assert_array_equal(outputs(outer), by_engine(outer))


def test_other_batches_are_left_to_the_engine():
    """Numbers of another type, no examples, lists: what they give does not hang on how often."""
    model = network(Dense(16, "relu"), Dense(5))
    for x in X.astype(float), X[:0], (X * 10).astype(int), X.tolist(), X[:, ::-1]:
        np.testing.assert_array_equal(outputs(model, x), by_engine(model, x))
    model = network(LayerNormalization(), Dense(5), dtype="float64")
    for k in range(20):  # sums along rows go another way where rows lie otherwise
        x = np.asfortranarray(np.random.default_rng(k).normal(size=X.shape))
        np.testing.assert_array_equal(outputs(model, x), by_engine(model, x))
    with no_grad(), pytest.raises(ValueError, match="examples of shape"):
        model(X[:, :3])


@pytest.mark.parametrize("layers", [[Rescaling(0.5)], [Dropout(0.5)], [Flatten()], []])
def test_a_network_without_parameters_gives_what_it_did(layers):
    model = Sequential(layers).build(20)
    with no_grad():
        found = [model(X) for _ in range(3)]
    assert {*map(type, found)} == {np.ndarray}
    np.testing.assert_array_equal(found[2], found[0])


def test_as_many_shapes_as_there_are():
    model = network(Dense(16, "relu"), Dense(5))
    for _ in range(2):
        for n in range(1, 20):
            x = rng.normal(size=(n, 20)).astype(np.float32)
            np.testing.assert_array_equal(outputs(model, x), by_engine(model, x))
    assert len(model._inference.kept) <= inference.SHAPES


def test_predict_and_keras():
    model = network(Dense(16, "relu"), keras_layers.Dense(5, "softmax"))
    wanted = by_engine(model)
    for _ in range(3):
        np.testing.assert_array_equal(model.predict(X, batch_size=3, verbose=0), np.concatenate(
            [by_engine(model, X[k : k + 3]) for k in (0, 3, 6)]))  # fmt: skip
    assert is_code(model, X[:3])
    np.testing.assert_allclose(model.predict(X, verbose=0), wanted, rtol=1e-5)


def test_a_penalty_of_outputs_is_kept_as_before():
    layer = keras_layers.Dense(5, activity_regularizer="l2")
    model = network(layer)
    outputs(model)
    assert not is_code(model)
    with no_grad():
        model(X)
    assert float(layer.losses[0].data) > 0
