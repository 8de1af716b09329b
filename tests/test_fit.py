"""compile, fit, evaluate, predict: beside Keras' numbers (test_keras.py), how they behave."""

import copy
import pickle
import re

import numpy as np
import pytest

import mlp
from autograd import Tensor, softmax_cross_entropy
from mlp import Adam, Sequential, data, layers
from mlp.callbacks import progress
from mlp.data import minibatches
from mlp.layers import Activation, Dense, Dropout, Flatten, Input, Layer, Rescaling
from mlp.losses import SparseCategoricalCrossentropy
from mlp.regularizers import l1_l2

DIGITS = data.digits()
X, Y = (DIGITS.x / 16).astype(np.float32), DIGITS.y
SPARSE = "sparse_categorical_crossentropy"


def network(*hidden, seed=0, optimizer="adam", loss=SPARSE, metrics=("accuracy",), last="softmax"):
    model = Sequential(seed=seed)
    model.add(layers.Input(shape=(64,)))
    for layer in hidden or [Dense(32, activation="relu")]:
        model.add(layer)
    model.add(Dense(10, activation=last))
    model.compile(loss=loss, optimizer=optimizer, metrics=list(metrics))
    return model


def weights_of(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


def test_the_lectures_script(capsys):
    x_train_1d, y_train, X_test, y_test = X[:1400], Y[:1400], X[1400:], Y[1400:]
    model = Sequential(seed=0)
    model.add(layers.Input(shape=(x_train_1d.shape[1],)))
    model.add(Dense(64, activation="relu"))
    model.add(Dense(32, activation="relu"))
    model.add(Dense(10, activation="softmax"))
    model.compile(loss=SPARSE, optimizer="adam", metrics=["accuracy"])
    history = model.fit(x_train_1d, y_train, epochs=20, batch_size=32, validation_split=0.2)
    y_pred_classes = np.argmax(model.predict(X_test), axis=1)
    assert (y_pred_classes == y_test).mean() > 0.9
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(len(numbers) == 20 for numbers in history.history.values())
    assert all(type(x) is float for numbers in history.history.values() for x in numbers)
    assert history.epoch == list(range(20))
    assert history.params == {"verbose": "auto", "epochs": 20, "steps": 35}
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/20"
    assert re.fullmatch(r"35/35 - \d+s - \d+(us|ms|s)/step - accuracy: \d\.\d{4} - loss: \d\.\d{4} "
                        r"- val_accuracy: \d\.\d{4} - val_loss: \d\.\d{4}", lines[1])  # fmt: skip
    assert re.fullmatch(r"13/13 - \d+s - \d+(us|ms|s)/step", lines[-1])


def test_fit_is_the_loop_that_a_user_would_write():
    model = network(optimizer=Adam(learning_rate=0.002))
    other = Sequential([Dense(32, "relu"), Dense(10)], seed=0).build(64)
    optimizer, rng = Adam(other.parameters(), 0.002), np.random.default_rng()
    rng.bit_generator.state = copy.deepcopy(model.rng.bit_generator.state)
    losses = model.fit(X[:100], Y[:100], 32, epochs=3, verbose=0).history["loss"]
    for wanted in losses:
        order, total = rng.permutation(100), 0
        for rows in np.split(order, [32, 64, 96]):
            loss = softmax_cross_entropy(other(X[rows], training=True), Y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.data.item() * len(rows)
        assert wanted == pytest.approx(total / 100, rel=1e-6)
    np.testing.assert_allclose(weights_of(model), weights_of(other), rtol=1e-5, atol=1e-7)


def test_evaluate_predict_and_the_validation_agree():
    model = network()
    history = model.fit(X, Y, epochs=2, validation_split=0.25, verbose=0)
    k = int(len(X) * 0.75)
    loss, accuracy = model.evaluate(X[k:], Y[k:], batch_size=100, verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(loss, rel=1e-5)
    assert history.history["val_accuracy"][-1] == accuracy
    p = model.predict(X[k:], batch_size=7, verbose=0)
    assert p.shape == (len(X) - k, 10)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p, model(X[k:]).data, rtol=1e-5, atol=1e-7)
    assert accuracy == (p.argmax(1) == Y[k:]).mean()
    assert loss == pytest.approx(-np.log(p[np.arange(len(p)), Y[k:]]).mean(), rel=1e-5)
    by_name = model.evaluate(X[k:], Y[k:], verbose=0, return_dict=True)
    assert by_name == pytest.approx({"accuracy": accuracy, "loss": loss})
    plain = network(metrics=())
    assert isinstance(plain.evaluate(X, Y, verbose=0), float)


def test_validation_data_with_weights_and_now_and_then():
    model = network()
    held_out = (X[:50], Y[:50], np.full(50, 2.0))
    history = model.fit(X, Y, epochs=4, validation_data=held_out, validation_freq=2, verbose=0,
                        validation_batch_size=50)  # fmt: skip
    assert len(history.history["loss"]) == 4
    assert len(history.history["val_loss"]) == 2
    twice = 2 * model.evaluate(X[:50], Y[:50], verbose=0)[0]
    assert history.history["val_loss"][-1] == pytest.approx(twice, rel=1e-5)


def test_a_seed_gives_the_same_training_and_no_shuffle_the_given_order():
    runs = [network(Dense(16, "relu"), Dropout(0.3)) for _ in range(2)]
    for model in runs:
        model.fit(X, Y, epochs=2, verbose=0)
    np.testing.assert_array_equal(*map(weights_of, runs))
    straight, shuffled = network(), network()
    straight.fit(X[:32], Y[:32], verbose=0, shuffle=False)
    straight.fit(X[32:64], Y[32:64], verbose=0, shuffle=False)
    whole = network()
    whole.fit(X[:64], Y[:64], verbose=0, shuffle=False)
    np.testing.assert_array_equal(weights_of(straight), weights_of(whole))
    shuffled.fit(X[:64], Y[:64], verbose=0)
    assert (weights_of(shuffled) != weights_of(whole)).any()


def test_fit_goes_on_where_it_was():
    once, twice = network(), network()
    once.fit(X, Y, epochs=3, verbose=0)
    twice.fit(X, Y, epochs=1, verbose=0)
    history = twice.fit(X, Y, epochs=3, initial_epoch=1, verbose=0)
    assert history.epoch == [1, 2]
    np.testing.assert_array_equal(weights_of(once), weights_of(twice))


def test_an_epoch_goes_on_in_its_middle():
    """What a checkpoint needs: the order's random state, and the number of steps done."""
    order = np.random.default_rng(0).permutation(100)
    arrays = [X[:100].astype("float64"), Y[:100]]
    whole = [[a.copy() for a in batch] for batch in minibatches(arrays, 32, order)]
    assert [len(x) for x, _ in whole] == [32, 32, 32, 4]
    rest = list(minibatches(arrays, 32, order, start=3))
    np.testing.assert_array_equal(rest[0][0], whole[3][0])
    np.testing.assert_array_equal(rest[0][1], whole[3][1])
    seen = []

    class Look(Layer):
        def __call__(self, x, training=False):
            seen.extend(x.ravel().astype(int))
            return x

    model, at = Sequential([Input(1), Look(), Dense(1), Dropout(0.5)], seed=0), []
    model.compile("sgd", "mse")
    model.fit(np.arange(100), np.zeros(100), 32, epochs=2, verbose=0,
              callbacks=mlp.callbacks.LambdaCallback(on_train_batch_end=lambda *_: at.append(
                  (model.position.epoch, model.position.step))))  # fmt: skip
    assert at == [(e, s) for e in (0, 1) for s in range(1, 5)]
    again = np.random.default_rng()
    again.bit_generator.state = model.position.order
    assert seen[100:] == again.permutation(100).tolist()


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64", "bool", "float16"])
def test_inputs_of_any_type(dtype):
    x = DIGITS.x.astype(dtype)
    model = network(Rescaling(1 / 16), Dense(16, "relu"))
    same = network(Rescaling(1 / 16), Dense(16, "relu"))
    model.fit(x, Y, verbose=0)
    same.fit(x.astype(np.float32), Y, verbose=0)
    np.testing.assert_array_equal(weights_of(model), weights_of(same))
    assert model.predict(x[:3], verbose=0).dtype == np.float32


def test_images_lists_and_tensors():
    images = DIGITS.x.reshape(-1, 8, 8)
    first = [Input((8, 8)), Rescaling(2 / 16, offset=-1), Flatten()]
    model = Sequential([*first, Dense(10, "softmax")])
    model.compile("sgd", SPARSE)
    model.fit(images[:, ::-1], Y, verbose=0)  # not contiguous
    assert model.predict(images[:4].tolist(), verbose=0).shape == (4, 10)
    np.testing.assert_allclose(model.layers[0](images[:1].astype(np.float32)).max(),
                               images[:1].max() / 8 - 1)  # fmt: skip
    line = Sequential([Dense(1)], seed=0)
    line.compile(mlp.SGD(learning_rate=0.1), "mse", metrics=["mae"])
    x = np.linspace(0, 1, 50)
    line.fit(Tensor(x), list(3 * x + 1), epochs=100, verbose=0)
    assert line.evaluate(x, 3 * x + 1, verbose=0)[0] < 0.01


def test_labels_of_any_kind():
    wanted = network()
    wanted.fit(X, Y, verbose=0)
    for y in Y.astype(np.uint8), Y.astype(float), Y[:, None], Y.tolist():
        model = network()
        model.fit(X, y, verbose=0)
        np.testing.assert_array_equal(weights_of(model), weights_of(wanted))
    one_hot = network(loss="categorical_crossentropy")
    one_hot.fit(X, np.eye(10)[Y], verbose=0)
    np.testing.assert_allclose(weights_of(one_hot), weights_of(wanted), rtol=1e-4, atol=1e-6)


def test_the_softmax_is_looked_through():
    """With logits as large as these p is 0 and 1 to the last digit, and the loss is right."""
    for last in [Dense(2, "softmax")], [Dense(2), Activation("softmax")], [Dense(2, mlp.softmax)]:
        model = Sequential([Input(1), *last])
        model.set_weights([[[1000.0, -1000.0]], [0.0, 0.0]])
        model.compile("sgd", SPARSE)
        x, y = np.ones((4, 1)), np.ones(4, int)
        assert model.evaluate(x, y, verbose=0) == 2000
        model.fit(x, y, verbose=0)
        assert model.get_weights()[1] == pytest.approx([-0.01, 0.01])
    model = Sequential([Input(1), Dense(1, "sigmoid")])
    model.set_weights([[[1000.0]], [0.0]])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    assert model.evaluate(np.ones((4, 1)), np.zeros(4), verbose=0) == [1000, 0]


def test_from_logits():
    losses = []
    for last, loss in ("softmax", SPARSE), (None, SparseCategoricalCrossentropy(from_logits=True)):
        model = network(last=last, loss=loss)
        losses.append(model.fit(X, Y, epochs=2, verbose=0).history["loss"])
    assert losses[0] == losses[1]


def test_a_layer_with_a_call_of_its_own_is_not_looked_through():
    class Halved(Dense):
        def __call__(self, x, training=False):
            return super().__call__(x, training) * 0.5

    model = Sequential([Input(64), Halved(10, "softmax")], seed=0)
    model.compile("sgd", "mse")
    assert model.net_input(X[:2]).data.sum() == pytest.approx(1.0, rel=1e-5)
    assert model.activation(3.0) == 3.0


def test_sequences_of_rows():
    """Dense layers work on the last axis, and losses on every position."""
    x, y = X.reshape(-1, 4, 16)[:40], Y[:160].reshape(40, 4)
    model = Sequential([Input((4, 16)), Dense(10, "softmax")], seed=0)
    model.compile("sgd", SPARSE, metrics=["accuracy"])
    loss, accuracy = model.evaluate(x, y, verbose=0)
    p = model.predict(x, verbose=0).reshape(160, 10)
    assert loss == pytest.approx(-np.log(p[np.arange(160), y.ravel()]).mean(), rel=1e-5)
    assert accuracy == (p.argmax(1) == y.ravel()).mean()
    weights = np.arange(40.0)
    wanted = -(np.log(p[np.arange(160), y.ravel()]) * weights.repeat(4)).mean()
    assert model.evaluate(x, y, sample_weight=weights, verbose=0)[0] == pytest.approx(wanted, 1e-5)
    model.fit(x, y, verbose=0)


def test_functions_of_ones_own():
    def cubed(y_true, y_pred):
        return abs(y_pred - y_true) ** 3

    def worst(y_true, y_pred):
        return abs(y_pred - y_true).max()

    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", cubed, metrics=[worst, mlp.metrics.BinaryAccuracy(threshold=0.3)])
    history = model.fit(X, Y > 4, verbose=0).history
    assert list(history) == ["binary_accuracy", "loss", "worst"]


def test_a_loss_that_leaves_the_graph():
    model = network(loss=lambda t, y: float(y.data.sum()), metrics=())
    with pytest.raises(TypeError, match=r"the loss <lambda> gave .*float.* no derivative"):
        model.fit(X, np.eye(10)[Y], verbose=0)
    model = network(metrics=[lambda t, y: 0.5])
    assert model.fit(X, Y, verbose=0).history["<lambda>"] == [0.5]


def test_class_weights_of_classes_1_and_minus_1():
    model, other = (network(Dense(4, "relu"), loss="mse", metrics=()) for _ in range(2))
    for m in model, other:
        m.add(Dense(1, "tanh"))
        m.compile("sgd", "hinge")
    other.set_weights(model.get_weights())
    y = np.where(Y > 4, 1, -1)
    model.fit(X, y, class_weight={-1: 3.0}, shuffle=False, verbose=0)
    other.fit(X, y, sample_weight=np.where(y > 0, 1, 3), shuffle=False, verbose=0)
    np.testing.assert_array_equal(weights_of(model), weights_of(other))


def test_optimizers_by_name_class_object_and_function():
    for optimizer in "Adam", Adam, Adam(1e-3), lambda p: mlp.SGD(p, 0.1, momentum=0.9):
        network(optimizer=optimizer).fit(X, Y, verbose=0)
    model = Sequential([Input(64), Dense(10, "softmax")], seed=0)
    mine = mlp.SGD(model.parameters(), 0.5)
    model.compile(mine, SPARSE)
    model.fit(X, Y, verbose=0)
    assert model.optimizer is mine
    assert mine.steps == 57


def test_weights():
    model = network()
    W, b, *_ = model.get_weights()
    assert (W.shape, b.shape, model.count_params()) == ((64, 32), (32,), 2410)
    other = network(seed=5)
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    W += 1
    assert (model.layers[0].get_weights()[0] != W).all()
    with pytest.raises(ValueError, match=r"shapes \[\(64, 32\), .* got \[\(64, 32\)\]"):
        model.set_weights([W])
    with pytest.raises(ValueError, match=r"got \[\(32, 64\)"):
        model.set_weights([W.T, *model.get_weights()[1:]])
    model.fit(X, Y, verbose=0)
    model.set_weights(other.get_weights())  # the optimizer's flat arrays notice
    before = weights_of(model)
    model.fit(X[:1], Y[:1], verbose=0)
    assert np.abs(weights_of(model) - before).max() < 0.01


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_goes_on_alike_and_apart(copied):
    model = network()
    model.fit(X, Y, verbose=0)
    model.history = None
    before, other = weights_of(model), copied(model)
    other.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(weights_of(model), before)
    assert (weights_of(other) != before).mean() > 0.5
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(weights_of(model), weights_of(other))


def test_outputs_that_are_all_0():
    model = Sequential([Input(64), Dense(10, "softmax"), Dropout(0.9)], seed=0)
    model.compile("sgd", SPARSE)
    assert np.isfinite(model.fit(X, Y, verbose=0).history["loss"][0])


def test_regularizers_are_in_the_loss():
    plain = network(Dense(8, "relu"))
    layer = Dense(8, "relu", kernel_regularizer=l1_l2(0.1, 0.2), bias_regularizer=lambda b: b.sum())
    model = network(layer)
    model.layers[0].b.data = np.full(8, 0.5, np.float32)
    plain.set_weights(model.get_weights())
    W = model.get_weights()[0]
    penalty = 0.1 * np.abs(W).sum() + 0.2 * (W**2).sum() + 4
    losses = [m.evaluate(X, Y, verbose=0)[0] for m in (model, plain)]
    assert losses[0] - losses[1] == pytest.approx(penalty, rel=1e-4)


def test_a_network_in_a_network():
    inner = Sequential([Dense(16, "relu"), Dense(10, "softmax")])
    model = Sequential([Input(64), inner], seed=0)
    flat = network(Dense(16, "relu"))
    flat.set_weights(model.get_weights())
    model.compile("sgd", SPARSE)
    flat.compile("sgd", SPARSE)
    for m in model, flat:
        m.fit(X, Y, shuffle=False, verbose=0)
    np.testing.assert_allclose(weights_of(model), weights_of(flat), rtol=1e-5)


def test_summary(capsys):
    model = Sequential([Dense(3), Dropout(0.5), Dense(1)], name="mine")
    model.summary()
    assert "│ dense1 (Dense)                  │ ?                      │   0 (unbuilt) │" in (
        capsys.readouterr().out)  # fmt: skip
    model.build(4)
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert text.startswith('Model: "mine"\n┏━━')
    assert "│ dropout2 (Dropout)              │ (None, 3)              │             0 │" in text
    assert text.endswith(" Total params: 27 (108.00 B)\n Trainable params: 4 (16.00 B)\n"
                         " Non-trainable params: 15 (60.00 B)\n Optimizer params: 8 (32.00 B)")
    assert len({len(line) for line in text.splitlines()[1:-4]}) == 1


# What goes wrong says what to do, and nothing has changed.

BAD = {
    "shape": ({"x": X[:, :63]}, ValueError, r"shape \(64,\) wanted, got x of shape \(1797, 63\)"),
    "one example": ({"x": X[0], "y": Y[:64]}, ValueError, r"got x of shape \(64,\)"),
    "too few labels": ({"y": Y[1:]}, ValueError, r"x has shape \(1797, 64\), y \(1796,\)"),
    "labels too large": ({"y": Y + 1}, ValueError, "from 0 to 9, for 10 outputs; got 1 to 10"),
    "labels below 0": ({"y": Y - 1}, ValueError, "got -1 to 8"),
    "one-hot": ({"y": np.eye(10)[Y]}, ValueError, "use 'categorical_crossentropy'"),
    "not whole": ({"y": Y + 0.5}, ValueError, "labels are whole numbers"),
    "names": ({"y": np.array(["a"] * len(Y))}, ValueError, "labels are whole numbers from 0, got"),
    "text": ({"x": np.full(X.shape, "a")}, TypeError, "x must be numbers, got <U1"),
    "nan": ({"x": np.where(np.arange(64) == 3, np.nan, X)}, ValueError, r"x has nan at \(0, 3\), "
            "and 1797 entries"),
    "no data": ({"x": X[:0], "y": Y[:0]}, ValueError, r"no examples: x has shape \(0, 64\)"),
    "batch size": ({"batch_size": 0}, ValueError, "batch_size is a whole number from 1, got 0"),
    "batch text": ({"batch_size": "32"}, TypeError, "batch_size is a whole number"),
    "split": ({"validation_split": 1.0}, ValueError, "from 0 to below 1, got 1.0"),
    "split of one": ({"x": X[:1], "y": Y[:1], "validation_split": 0.5}, ValueError,
                     "of 1 examples leaves 0 to learn from"),
    "nothing held out": ({"x": X[:9], "y": Y[:9], "validation_split": 1e-20}, ValueError,
                         "leaves 9 to learn from and 0 to validate"),
    "validation shape": ({"validation_data": (X[:5, :3], Y[:5])}, ValueError,
                         r"validation_data: examples of shape \(64,\)"),
    "validation": ({"validation_data": X}, ValueError, "validation_data is"),
    "class": ({"class_weight": {10: 2.0}}, ValueError, "class 10, but .* 0 to 9"),
    "both weights": ({"class_weight": {1: 2.0}, "sample_weight": X[:, 0]}, ValueError, "not both"),
    "weights": ({"sample_weight": np.ones(5)}, ValueError, r"each of the 1797 .* shape \(5,\)"),
    "nan weight": ({"class_weight": {1: np.nan}}, ValueError, "class_weight has nan"),
    "frequency": ({"validation_freq": 0}, ValueError, "validation_freq is a whole number from 1"),
    "first epoch": ({"initial_epoch": -1}, ValueError, "initial_epoch is a whole number from 0"),
    "verbose": ({"verbose": 3}, ValueError, "verbose is 0, 1, 2"),
    "callback": ({"callbacks": [3]}, TypeError, "a callback is a Callback or a function"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_data_change_nothing(case):
    change, error, says = BAD[case]
    model = network()
    before = weights_of(model), copy.deepcopy(model.rng.bit_generator.state), model.optimizer.steps
    with pytest.raises(error, match=says):
        model.fit(**{"x": X, "y": Y, "verbose": 0, **change})
    assert (weights_of(model) == before[0]).all()
    assert (model.rng.bit_generator.state, model.optimizer.steps) == before[1:]
    unbuilt = Sequential([Dense(10, "softmax")], seed=0)
    unbuilt.compile("sgd", SPARSE)
    if case not in ("shape", "one example"):
        with pytest.raises(error, match=says):
            unbuilt.fit(**{"x": X, "y": Y, "verbose": 0, **change})
        assert unbuilt.shape is None


@pytest.mark.parametrize(("how", "y", "says"), [
    ({"loss": "categorical_crossentropy"}, Y, "use 'sparse_categorical_crossentropy'"),
    ({"loss": "binary_crossentropy"}, Y, "labels of 10 classes.*sparse_categorical_crossentropy"),
    ({"loss": "binary_crossentropy"}, np.eye(10)[Y] * 3, "got 0 to 3: for more classes"),
    ({"loss": "hinge"}, np.eye(10)[Y] * 3, "classes are −1 and 1, or 0 and 1; got 0, 3"),
    ({"loss": "mse"}, X[:, :4], r"shape \(1797, 4\) for outputs of shape \(examples, 10\)"),
    ({"last": "linear"}, Y, "end the network with a softmax.*from_logits=True"),
])  # fmt: skip
def test_targets_that_do_not_fit_the_loss(how, y, says):
    model = network(metrics=(), **how)
    with pytest.raises(ValueError, match=says):
        model.fit(X, y, verbose=0)


@pytest.mark.parametrize(("how", "says"), [
    ({"loss": "sparse_categorical_crossentrpy"}, f"did you mean '{SPARSE}'"),
    ({"optimizer": "adem"}, "did you mean 'ada"),
    ({"metrics": ["acuracy"]}, "no metric 'acuracy': did you mean 'accuracy'"),
    ({"loss": None}, "give a loss"),
])  # fmt: skip
def test_unknown_names(how, says):
    model = network()
    before = model.loss, model.optimizer
    with pytest.raises(ValueError, match=says):
        model.compile(**{"loss": SPARSE, "optimizer": "adam", "metrics": ["accuracy"], **how})
    assert (model.loss, model.optimizer) == before


def test_names_in_layers():
    with pytest.raises(ValueError, match="no regularizer 'l3'"):
        Dense(3, kernel_regularizer="l3")
    with pytest.raises(ValueError, match="l2 is a number from 0, got -1"):
        l1_l2(l2=-1)
    with pytest.raises(ValueError, match="Input comes first"):
        Sequential([Dense(3), Input(4)])


def test_not_compiled_and_compiled_for_another_network():
    model = Sequential([Input(64), Dense(10, "softmax")])
    for call in model.fit, model.evaluate:
        with pytest.raises(RuntimeError, match=r"call compile\(loss=…"):
            call(X, Y)
    empty = Sequential()
    empty.compile("sgd", SPARSE)
    with pytest.raises(RuntimeError, match="fit: the network has no layers"):
        empty.fit(X, Y)
    assert repr(empty) == "<Sequential: no layers>"
    assert repr(model) == "<Sequential: dense1; 650 parameters>"
    assert model.predict(X[:2], verbose=0).shape == (2, 10)
    model.compile("sgd", SPARSE)
    model.add(Dense(10, "softmax"))
    with pytest.raises(ValueError, match="call compile again"):
        model.fit(X, Y, verbose=0)
    with pytest.raises(ValueError, match="call compile again"):
        model.compile(model.optimizer, "mse")
    assert model.loss.name == SPARSE
    model.compile("sgd", SPARSE)
    model.fit(X, Y, verbose=0)


def test_a_batch_larger_than_the_data():
    history = network().fit(X[:20], Y[:20], batch_size=1000, verbose=0)
    assert history.params["steps"] == 1


def test_a_loss_that_explodes_leaves_the_parameters():
    x, y = X * 1e30, X[:, :1] * 1e30
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="lower learning rate"):
        model.fit(x, y, verbose=0)
    assert np.isfinite(weights_of(model)).all()
    assert model.history.epoch == []


def test_custom_layer_without_net_input():
    class Double(Layer):
        def __call__(self, x, training=False):
            return x * 2

    model = Sequential([Input(64), Dense(10, "softmax"), Double()], seed=0)
    assert model.activation(1.0) == 1.0
    assert model.net_input(X[:1]).data.sum() == pytest.approx(2)


def test_a_narrow_terminal_breaks_the_line_of_an_epoch_before_a_name(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    text = progress.line(9, 9, 1.0, {"accuracy": 0.5, "loss": 1.0, "val_loss": 2.0}, colour=True)
    rows = progress.broken(text).splitlines()
    assert [progress.COLOUR.sub("", row) for row in rows] == [
        "9/9 ━━━━━━━━━━━━━━━━━━━━ 1s 111ms/step - accuracy: 0.5000",
        "    - loss: 1.0000 - val_loss: 2.0000"]  # fmt: skip
    monkeypatch.setenv("COLUMNS", "120")
    assert progress.broken(text) == text
