"""Straight code: what `fit` writes down computes what the engine does, bit for bit."""

import numpy as np
import pytest

import mlp
from autograd import Tensor, absolute, detect_anomaly, exp
from autograd.programs import UntraceableError, leaf, trace, write_step
from mlp import Dense, Sequential
from mlp.callbacks import Callback, LambdaCallback
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
from mlp.losses import BinaryCrossentropy, CategoricalCrossentropy

rng = np.random.default_rng(0)
X = rng.random((200, 20)).astype(np.float32)
LABELS = rng.integers(0, 5, 200)
ONE_HOT = np.eye(5)[LABELS]
NUMBERS = X @ rng.random((20, 1))
CLASSES = (NUMBERS.mean() < NUMBERS).astype(int)
WEIGHTS = rng.random(200)
SPARSE, HOT = "sparse_categorical_crossentropy", "categorical_crossentropy"


def network(phi="relu", out=5, last="softmax", **settings):
    return [Dense(16, phi, **settings), Dense(out, last)]


def normalized():
    layer = Normalization()
    layer.adapt(X)
    return [layer, Dense(5, "softmax")]


def frozen():
    layers = network("tanh")
    layers[0].trainable = False
    return layers


def frozen_batches():
    layer = BatchNormalization()
    layer.trainable = False
    return layer


CASES = {
    "labels": (network, SPARSE, LABELS, {"metrics": ["accuracy"]}),
    "one-hot": (network, HOT, ONE_HOT, {"metrics": ["accuracy", "mse"]}),
    "weights": (network, SPARSE, LABELS, {"sample_weight": WEIGHTS}),
    "class weights": (network, SPARSE, LABELS, {"class_weight": {0: 2.0, 3: 0.5}}),
    "float64": (network, SPARSE, LABELS, {"dtype": "float64"}),
    **{phi: (lambda phi=phi: network(phi), SPARSE, LABELS, {}) for phi in (
        "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu", "softplus", "sin", "linear",
        "softmax", "log_softmax")},
    **{loss: (lambda: network("tanh", 1, "linear"), loss, NUMBERS, {})
       for loss in ("mse", "mae", "huber")},
    "hinge": (lambda: network("tanh", 1, "linear"), "hinge", 2 * CLASSES - 1, {}),
    "binary": (lambda: network("tanh", 1, "sigmoid"), "binary_crossentropy", CLASSES,
               {"metrics": ["accuracy"], "sample_weight": WEIGHTS}),
    "several": (lambda: network("tanh", 5, "sigmoid"), "binary_crossentropy", ONE_HOT, {}),
    "logits": (lambda: network("tanh", 1, None), BinaryCrossentropy(True, 0.1), CLASSES, {}),
    "smoothed": (lambda: network("tanh", 5, None), CategoricalCrossentropy(True, 0.1), ONE_HOT,
                 {"sample_weight": WEIGHTS}),
    "softmax, mse": (lambda: network("tanh"), "mse", ONE_HOT, {}),
    "L2": (lambda: network(kernel_regularizer="l2"), HOT, ONE_HOT, {}),
    "L1, L2": (lambda: network(kernel_regularizer="l1_l2", bias_regularizer="l1"), HOT, ONE_HOT,
               {}),
    "dropout": (lambda: [Dense(16, "relu"), Dropout(0.3), Dense(16, "tanh"), Dropout(0.2),
                         Dense(5, "softmax")], HOT, ONE_HOT, {}),
    "PReLU": (lambda: [Dense(16), PReLU(), Dense(5, "softmax")], HOT, ONE_HOT, {}),
    "bytes": (lambda: [Rescaling(1 / 255, -0.5), Flatten(), Dense(16), Activation("relu"),
                       Dense(5, "softmax")], HOT, ONE_HOT,
              {"x": (X * 255).astype(np.uint8).reshape(-1, 4, 5)}),
    "batches": (lambda: [Dense(16), BatchNormalization(), Activation("relu"), Dropout(0.2),
                         Dense(8), BatchNormalization(0.9, scale=False), Dense(5, "softmax")],
                HOT, ONE_HOT, {"validation_split": 0.1, "metrics": ["accuracy"]}),
    "frozen batches": (lambda: [Dense(16), frozen_batches(), Dense(5, "softmax")], HOT, ONE_HOT,
                       {}),
    "batches of images": (lambda: [BatchNormalization(), Flatten(), Dense(5, "softmax")], HOT,
                          ONE_HOT, {"x": X.reshape(-1, 4, 5), "dtype": "float64"}),
    "normalized examples": (lambda: [LayerNormalization(), BatchNormalization(), Dense(5)], "mse",
                            ONE_HOT, {}),
    "normalized": (normalized, HOT, ONE_HOT, {}),
    "sequences": (lambda: [Dense(6, "tanh"), Dense(3, "softmax")], SPARSE,
                  rng.integers(0, 3, (200, 4)), {"x": X.reshape(-1, 4, 5),
                                                 "metrics": ["accuracy"]}),
    "no bias": (lambda: network(use_bias=False), HOT, ONE_HOT, {}),
    "frozen": (frozen, HOT, ONE_HOT, {}),
    "one example": (network, HOT, ONE_HOT, {"batch_size": 1, "epochs": 1}),
    "not shuffled": (network, HOT, ONE_HOT, {"shuffle": False}),
    "columns": (network, HOT, ONE_HOT, {"x": np.asfortranarray(X)}),
    **{name: (network, HOT, ONE_HOT, {"optimizer": name})
       for name in ("sgd", "adagrad", "rmsprop", "adamw")},
    "momentum": (network, HOT, ONE_HOT, {"optimizer": lambda p: mlp.SGD(
        p, lambda k: 0.1 / (k + 1), momentum=0.9, nesterov=True, weight_decay=1e-3)}),
}  # fmt: skip


def fitted(layers, loss, y, *, jit_compile="auto", x=X, dtype="float32", metrics=(),
           optimizer="adam", epochs=3, batch_size=32, **settings):  # fmt: skip
    model = Sequential(layers(), seed=1, dtype=dtype)
    model.compile(optimizer, loss, metrics=metrics, jit_compile=jit_compile)
    history = model.fit(x, y, batch_size, epochs, verbose=0, **settings)
    return model, history.history


def codes(model):
    """List the pieces of code that were written."""
    return [batch for kept in model._straight.kept.values() for batch in kept.values()]


def same(one, other):
    return all(np.array_equal(p.data, q.data)
               for p, q in zip(one.tensors(), other.tensors(), strict=True))  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_as_the_engine(name):
    """Weights and history are those of the engine, and it was straight code that made them."""
    layers, loss, y, settings = CASES[name]
    model, history = fitted(layers, loss, y, jit_compile=False, **settings)
    straight, its = fitted(layers, loss, y, **settings)
    assert model._straight is None
    assert codes(straight)
    assert all(codes(straight)), straight._straight.reason
    assert same(model, straight)
    assert history == its


@pytest.mark.parametrize("trainable", [True, False])
def test_running_means_are_read_where_they_lie(trainable):
    """What somebody writes into them counts, also where the code is kept."""
    def run(jit_compile):
        model = Sequential([Dense(16), BatchNormalization(), Dense(5, "softmax")], seed=1)
        model.layers[1].trainable = trainable
        model.compile("adam", HOT, jit_compile=jit_compile)
        model.fit(X, ONE_HOT, verbose=0)
        model.layers[1].moving_mean.data[:] = 0.3
        model.layers[1].moving_variance.data *= 2
        found = model.fit(X, ONE_HOT, verbose=0, validation_split=0.5).history
        return model, found, model.predict(X, verbose=0)

    (one, history, outputs), (other, its, engines) = run("auto"), run(False)
    assert all(codes(one)), one._straight.reason
    assert same(one, other)
    assert history == its
    assert (outputs == engines).all()


def test_a_step_that_is_not_taken_leaves_the_running_means():
    """The engine takes it again, which computes them once."""
    bad = X.copy()
    bad[7] = 3e38
    models = []
    for jit_compile in "auto", False:
        model = Sequential([Dense(16), BatchNormalization(), Dense(5, "softmax")], seed=1)
        model.compile("sgd", HOT, jit_compile=jit_compile)
        model.fit(X, ONE_HOT, verbose=0)
        with np.errstate(all="ignore"), pytest.raises(FloatingPointError):
            model.fit(bad, ONE_HOT, verbose=0, shuffle=False)
        models.append(model)
    assert np.isnan(models[0].layers[1].moving_variance.data).any()  # which the engine has said
    for p, q in zip(*(m.tensors() for m in models), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


class Doubled(Layer):
    def __call__(self, x, training=False):
        return x * 2.0


class Curious(Layer):
    def __call__(self, x, training=False):
        return x * float(np.abs(getattr(x, "data", x)).max())


def test_what_is_not_ours_is_the_engines():
    """A layer, an activation or a loss of the user's runs as it always did."""
    for layers, loss, y in (
        (lambda: [Doubled(), *network()], HOT, ONE_HOT),
        (lambda: network(lambda z: absolute(z)), HOT, ONE_HOT),
        (lambda: network("tanh", 1, None), lambda t, y: (t - y) ** 2, NUMBERS),
    ):
        model, history = fitted(layers, loss, y)
        other, its = fitted(layers, loss, y, jit_compile=False)
        assert "none of this package's" in model._straight.reason
        assert same(model, other)
        assert history == its


def test_a_users_parts_on_request():
    """With ``jit_compile=True`` they are traced, too, unless they look at numbers."""
    own, its = fitted(lambda: [Doubled(), *network()], HOT, ONE_HOT, jit_compile=True)
    other, history = fitted(lambda: [Doubled(), *network()], HOT, ONE_HOT, jit_compile=False)
    assert all(codes(own))
    for key in history:
        np.testing.assert_allclose(its[key], history[key], rtol=1e-5)
    for p, q in zip(own.tensors(), other.tensors(), strict=True):
        np.testing.assert_allclose(p.data, q.data, atol=1e-5)


def test_what_is_changed_on_the_way_is_followed():
    """A rate, a dropout, a factor of a loss: code that was made of the old one is left."""
    def change(model, step):
        if step == 2:
            model.optimizer.learning_rate = 0.5
            model.layers[1].rate = 0.6
        if step == 4:
            model.layers[0].W.data = model.layers[0].W.data * 0.5
        if step == 5:
            model.loss.label_smoothing = 0.0
            model.layers[2].kernel_regularizer = mlp.regularizers.l2(0.1)

    def run(jit_compile):
        model = Sequential([Dense(8, "tanh"), Dropout(0.2), Dense(5, "softmax")], seed=1)
        model.compile("sgd", HOT, jit_compile=jit_compile)
        seen = []

        class Change(Callback):
            def on_train_batch_end(self, batch, logs=None):
                change(model, batch)
                seen.append(logs["loss"])

        model.fit(X, ONE_HOT, epochs=2, verbose=0, callbacks=Change())
        return model, seen

    model, losses = run("auto")
    other, its = run(False)
    assert losses == its
    assert same(model, other)


def test_the_gradient_is_there_to_be_looked_at():
    """Between steps parameters show the gradient of the last, as they do with the engine."""
    def run(jit_compile):
        model = Sequential(network(), seed=1)
        model.compile("adam", HOT, jit_compile=jit_compile)
        seen = []
        model.fit(X, ONE_HOT, epochs=1, verbose=0, callbacks=LambdaCallback(
            on_train_batch_end=lambda batch, logs: seen.append(model.layers[0].W.grad)))
        return seen

    for ours, theirs in zip(run("auto"), run(False), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_step_that_is_not_finite():
    """The engine takes it again, with the same noise, and says what it always did."""
    def run(jit_compile):
        model = Sequential([Dense(8), Dropout(0.5), Dense(1)], seed=1)
        model.compile(lambda p: mlp.SGD(p, 1e30), "mse", jit_compile=jit_compile)
        with np.errstate(all="ignore"), pytest.raises(FloatingPointError) as error:
            model.fit(X, NUMBERS, verbose=0)
        return model, str(error.value)

    model, message = run("auto")
    other, its = run(False)
    assert message == its
    assert same(model, other)
    assert model.rng.bit_generator.state == other.rng.bit_generator.state


def test_the_hunt_for_nan_is_the_engines():
    """Under `detect_anomaly` every step is recorded."""
    with detect_anomaly():
        model, _ = fitted(network, HOT, ONE_HOT)
    assert model._straight is None


def test_a_step_in_print():
    """Any function of arrays can be traced, and its code be read and run."""
    x, w = rng.random((4, 3)), rng.random((3, 2))
    traced = trace(lambda x, w: {"J": exp(x @ w).mean()}, {"x": x, "w": w}, ["w"])
    step = write_step(traced)
    d_w = np.empty_like(w)
    run, others = step.compile(x, w, d_w)
    J = run()
    assert others == ()
    W = Tensor(w)
    expected = exp(x @ W).mean()
    expected.backward()
    assert expected.item() == J
    assert np.array_equal(d_w, W.grad)
    assert "np.exp(" in step.text


def test_what_looks_at_numbers_is_refused():
    """An ``if``, a float or an index that hangs on a batch is no part of a graph."""
    x = rng.random(3)
    for f in (
        lambda x: {"J": x.sum() if (x > 0).data.all() else -x.sum()},
        lambda x: {"J": x.sum() * x.sum().item()},
        lambda x: {"J": x[x > 0.5].sum()},
        lambda x: {"J": np.sort(x).sum()},
    ):
        with pytest.raises(UntraceableError):
            trace(f, {"x": x}, ["x"])
    with pytest.raises(UntraceableError, match="numbers of a batch"):
        bool(leaf(x) > 0)
    model, _ = fitted(lambda: [Curious(), *network()], HOT, ONE_HOT, jit_compile=True)
    assert "numbers of a batch" in model._straight.reason


def test_bad_input():
    """Another word than those of Keras is refused before anything has changed."""
    with pytest.raises(ValueError, match="jit_compile"):
        Sequential(network()).compile("adam", HOT, jit_compile="yes")


@pytest.mark.parametrize("f", [
    lambda x, w: x * w[0, 0],                                         # a number of a matrix
    lambda x, w: np.swapaxes(w, 0, -2) * x.sum(),                     # axes that stay
    lambda x, w: np.outer(x.sum().reshape(1), w.sum().reshape(1)) * w.sum(),
    lambda x, w: w[np.array([1, 1, 0])] * 3.0,
    lambda x, w: w[np.array([1, 1, 0]), np.array([0, 0, 1])],
    lambda x, w: w[:, np.array([1, 1])] + np.sinc(x),
    lambda x, w: np.i0(w) + np.exp(x * w),
])  # fmt: skip
def test_any_function_of_arrays_and_of_numbers(f):
    """Indices, rows that NumPy has no ufunc for, and a parameter that is one number."""
    numbers = {"x": np.array(0.3), "w": np.array([[0.7, -0.4], [0.2, 1.1]])}

    def cost(x, w):
        return {"J": np.sum(np.tanh(f(x, w)))}

    slopes = {name: np.full_like(a, np.nan) for name, a in numbers.items()}
    run, _ = write_step(trace(cost, numbers, ["x", "w"])).compile(
        *numbers.values(), *slopes.values())
    x, w = map(Tensor, numbers.values())
    J = cost(x, w)["J"]
    J.backward()
    np.testing.assert_allclose(run(), J.item(), 1e-14)
    for name, t in (("x", x), ("w", w)):
        np.testing.assert_allclose(slopes[name], 0.0 if t.grad is None else t.grad, 1e-14)


def test_a_parameter_that_is_one_number_is_learned():
    def learned(jit_compile):
        w = Tensor(0.5)
        steps = mlp.descend(lambda x: ((w * x - 1) ** 2).mean(), mlp.SGD([w], 0.1),
                            [[np.array([1.0, 2.0])]] * 3, jit_compile=jit_compile)  # fmt: skip
        return [*[J for J, _ in steps], w.item()]

    np.testing.assert_allclose(learned(True), learned(False), 1e-14)


@pytest.mark.parametrize("target", ["numpy", "loops", "jax"])
def test_what_fit_would_refuse_is_refused_as_fit_does(target):
    model = Sequential(network(last=None), seed=0)
    model.compile("sgd", SPARSE)
    with pytest.raises(ValueError, match="end the network with a softmax or a sigmoid, or say"):
        model.source(X[:4], LABELS[:4], target=target)
