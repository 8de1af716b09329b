"""What would be a wrong number, or nothing at all, without a word: training says what to do."""

import io
import warnings

import numpy as np
import pytest
import scipy.sparse
from tqdm import tqdm

import mlp
from autograd import Tensor, Value
from mlp import Dense, Sequential, cross_entropy, descend, gradient_descent, layers, losses, metrics

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
MASKED = np.ma.array(X, mask=X > 2)
LARGE = X.astype(float) * 1e39
LOGITS = [2.0, 1.0, 0.1]


def network(*last, loss="binary_crossentropy", **how):
    model = Sequential([*(last or [Dense(1, "sigmoid")])], seed=0)
    model.compile("sgd", loss, **how)
    return model


# Two things under one name


def test_metrics_of_one_name_are_numbered():
    low, high = (metrics.BinaryAccuracy(threshold=t) for t in (0.1, 0.9))
    model = network(metrics=[low, high, low])
    history = model.fit(X, Y, epochs=2, validation_split=0.25, verbose=0)
    names = ["binary_accuracy", "binary_accuracy_1", "binary_accuracy_2"]
    assert list(history.history) == [*names, "loss", *(f"val_{n}" for n in [*names, "loss"])]
    assert model.metrics_names == ["loss", *names]
    p = model.predict(X, verbose=0)[:, 0]
    rates = [((p > t) == Y).mean() for t in (0.1, 0.9, 0.1)]
    assert model.evaluate(X, Y, verbose=0)[1:] == pytest.approx(rates)
    by_name = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert [by_name[n] for n in names] == pytest.approx(rates)
    assert rates[0] != rates[1]
    assert low.name == high.name == "binary_accuracy"  # of the user's own object


def test_functions_of_one_name_and_one_called_loss():
    def loss(y_true, y_pred):
        return abs(y_true - y_pred)

    def far(factor):
        def distance(y_true, y_pred):
            return factor * abs(y_true - y_pred)

        return distance

    model = network(metrics=[loss, far(1), far(2), "accuracy", "accuracy"])
    numbers = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert sorted(numbers) == ["accuracy", "accuracy_1", "distance", "distance_1", "loss", "loss_1"]
    assert numbers["loss"] == network().evaluate(X, Y, verbose=0)
    assert numbers["loss_1"] == numbers["distance"] == pytest.approx(numbers["distance_1"] / 2)
    assert model.directions() == {"loss": "min", "loss_1": None, "distance": None,
                                  "distance_1": None, "accuracy": "max", "accuracy_1": "max"}
    with pytest.raises(ValueError, match="a metric is called 'val_loss', and val_ begins"):
        network(metrics=[metrics.BinaryAccuracy("val_loss")])


def test_callbacks_follow_the_numbered_names():
    stop = mlp.callbacks.EarlyStopping("val_accuracy_1", patience=50)
    model = network(metrics=["accuracy", metrics.BinaryAccuracy("accuracy", 0.4)])
    history = model.fit(X, Y, epochs=30, validation_split=0.25, verbose=0, callbacks=stop)
    assert stop.best == max(history.history["val_accuracy_1"])


# Nothing to learn


@pytest.mark.parametrize("network_of", [
    lambda: [layers.Rescaling(2.0)],
    lambda: [layers.Flatten(), layers.Normalization([0.0] * 4, [4.0] * 4)],
    lambda: [layers.Dropout(0.5)],
])  # fmt: skip
def test_a_network_without_parameters_is_all_but_fitted(network_of, tmp_path):
    model = Sequential(network_of())
    model.compile("adam", "mse", metrics=["mae"])
    factor = {"Rescaling": 2.0, "Flatten": 0.5, "Dropout": 1.0}[type(model.layers[0]).__name__]
    wanted = [((factor - 1) ** 2 * X**2).mean(), abs((factor - 1) * X).mean()]
    assert model.evaluate(X, X, verbose=0) == pytest.approx(wanted, rel=1e-5)
    np.testing.assert_allclose(model.predict(X, verbose=0), factor * X, rtol=1e-6)
    model.save(tmp_path / "m.safetensors")
    assert mlp.load_model(tmp_path / "m.safetensors").evaluate(X, X, verbose=0) == (
        pytest.approx(wanted, rel=1e-5))  # fmt: skip
    model.summary(print_fn=str)
    with pytest.raises(ValueError, match="fit: there is nothing to learn: every layer is frozen"):
        model.fit(X, X, verbose=0)


def test_a_frozen_network_is_all_but_fitted(tmp_path):
    model = network()
    model.fit(X, Y, verbose=0)
    wanted = model.evaluate(X, Y, verbose=0)
    for compile_again in False, True:
        model.layers[0].trainable = False
        if compile_again:
            model.compile("sgd", "binary_crossentropy")
        assert model.evaluate(X, Y, verbose=0) == wanted
        model.predict(X, verbose=0)
        model.summary(print_fn=str)
        model.save(tmp_path / "m.safetensors")
        again = mlp.load_model(tmp_path / "m.safetensors")
        assert again.evaluate(X, Y, verbose=0) == wanted
        for frozen in model, again:
            with pytest.raises(ValueError, match="nothing to learn"):
                frozen.fit(X, Y, verbose=0)
    again.layers[0].trainable = True
    again.fit(X, Y, verbose=0)
    assert again.evaluate(X, Y, verbose=0) < wanted


def test_a_network_of_which_a_layer_was_frozen_is_evaluated():
    model = network(Dense(3), Dense(1, "sigmoid"))
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = False
    assert model.evaluate(X, Y, verbose=0) > 0
    with pytest.raises(ValueError, match="call compile again, with the optimizer's name"):
        model.fit(X, Y, verbose=0)
    model.compile("sgd", "binary_crossentropy")
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    changed = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [False, False, True, True]


# Steps that nobody asks for


@pytest.mark.parametrize("statement", [
    lambda w: gradient_descent(lambda: w**2, [w]),
    lambda w: descend(lambda x: (w * x).sum(), mlp.SGD([w], 0.1), [X]),
    lambda w: mlp.watch(mlp.MLP(2, [1]), X[:, :2], Y, gradient_descent(lambda: w**2, [w])),
])  # fmt: skip
def test_a_descent_that_nobody_asks_for_a_step_says_so(statement):
    w = Value(4.0)
    with pytest.warns(RuntimeWarning, match="never asked for a step, so nothing was") as told:
        statement(w)
    assert told[0].filename == __file__
    assert w.data == 4


def test_a_descent_that_is_asked_says_nothing():
    w = Value(4.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = [w.data for _ in gradient_descent(lambda: w**2, [w], steps=3)]
        assert len(set(seen)) == 3
        steps = gradient_descent(lambda: w**2, [w], steps=3)
        assert len(steps) == 3
        assert next(steps) > 0
        assert len(steps) == 2
        assert repr(steps).startswith("<gradient_descent: 1 of 3 steps taken")
        del steps
        list(gradient_descent(lambda: w**2, [w], steps=0))
        assert list(descend(lambda x: w, mlp.SGD([w], 0.1), [])) == []
        shown = io.StringIO()
        list(tqdm(gradient_descent(lambda: w**2, [w], steps=3), file=shown))
    assert "3/3" in shown.getvalue()
    t = Tensor([4.0])
    steps = descend(lambda x: (t * x).sum(), mlp.SGD([t], 0.1), [[X[:, 0]]])
    with pytest.raises(TypeError, match="descend: how many steps there will be is not known"):
        len(steps)
    assert list(steps)


@pytest.mark.parametrize(("parameters", "error", "says"), [
    ([], ValueError, "no parameters, so there is nothing to learn"),
    ([Tensor([1.0])], TypeError, "the parameters are Values, got Tensor"),
    ([0.5], TypeError, "the parameters are Values, got 0.5"),
])  # fmt: skip
def test_parameters_that_do_not_descend(parameters, error, says):
    with pytest.raises(error, match=says):
        gradient_descent(lambda: Value(1.0), parameters)


# Probabilities


@pytest.mark.parametrize("p", [
    LOGITS, list(map(Value, LOGITS)), np.array([LOGITS]), Tensor([LOGITS]), np.array(LOGITS),
    [0.3, 0.3, 0.3], Tensor([[0.2, 0.3, 0.5], [0.5, 0.4, 0.3]]), [-0.1, 0.1, 1.0],
    [float("nan"), 0.5, 0.5],
])  # fmt: skip
def test_logits_are_no_probabilities(p):
    target = [0] * len(p) if getattr(p, "ndim", 1) == 2 else 0
    with pytest.raises(ValueError, match=r"of the sum 1, got .* from logits, use softmax_cross_en"):
        cross_entropy(p, target)


def test_probabilities_may_be_rounded():
    assert cross_entropy([0.33, 0.33, 0.33], 0) == -np.log(0.33)
    assert cross_entropy([0.05, 0.10, 0.01, 0.10, 0.74, 0.01], 4) == -np.log(0.74)
    p = Tensor([[0.25, 0.75], [0.5, 0.5]])
    assert cross_entropy(p, [1, 0]).data.tolist() == [-np.log(0.75), -np.log(0.5)]


@pytest.mark.parametrize(("target", "says"), [
    ([-1], "labels from 0 to 1, of shape .*; got the label -1"), ([2], "got the label 2"),
    ([0.5], "got float64 of"), ([0, 1], r"got int64 of \(2,\)"),
    ([[0.5, -0.5]], "numbers from 0, got -0.5"), ([[np.nan, 1]], "numbers from 0, got nan"),
])  # fmt: skip
def test_targets_of_rows(target, says):
    with pytest.raises(ValueError, match=says):
        cross_entropy(np.array([[0.5, 0.5]]), target)


@pytest.mark.parametrize(("last", "loss"), [
    (Dense(1, "softmax"), "binary_crossentropy"), (Dense(1, mlp.softmax), "mse"),
    (layers.Activation("softmax"), "mse"), (Dense(1), "categorical_crossentropy"),
    (Dense(1), "sparse_categorical_crossentropy"),
])  # fmt: skip
def test_one_output_is_no_choice(last, loss):
    model = network(Dense(1), last, loss=loss)
    for call in model.fit, model.evaluate:
        with pytest.raises(ValueError, match=r"always|is 1"):
            call(X, Y, verbose=0)
    with pytest.raises(ValueError, match="a softmax of one neuron is always 1: give"):
        mlp.MLP(2, [1], ["softmax"])
    for name in "categorical_accuracy", "sparse_categorical_accuracy":
        with pytest.raises(ValueError, match="for two classes use 'binary_accuracy'"):
            network(metrics=[name]).evaluate(X, Y, verbose=0)


def test_an_accuracy_is_of_classes_and_knows_logits():
    with pytest.raises(ValueError, match="binary_accuracy: targets are classes, 0 and 1, got -1"):
        metrics.BinaryAccuracy()([[-1], [1]], [[0.2], [0.8]])
    model = network(Dense(1), loss=losses.BinaryCrossentropy(from_logits=True),
                    metrics=["accuracy"])  # fmt: skip
    right = ((model.predict(X, verbose=0)[:, 0] > 0) == Y).mean()
    assert model.evaluate(X, Y, verbose=0)[1] == pytest.approx(right)


def test_whole_outputs_do_not_round_targets():
    assert losses.MeanSquaredError()([[0.5]], np.array([[1]])) == 0.25

    class Bias(metrics.Metric):
        def values(self, y_true, y_pred):
            return y_pred - y_true

    assert Bias()([[0.5]], np.array([[1]])) == 0.5


# Arrays that are none, or not all there


def fit(x=X, y=Y, loss="binary_crossentropy", **how):
    return network(loss=loss).fit(x, y, verbose=0, **how)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: fit(MASKED), ValueError, r"fit: x has \d masked .*np.ma.filled\(x, …\)"),
    (lambda: fit(y=np.ma.array(Y, mask=Y)), ValueError, "fit: y has 19 masked entries"),
    (lambda: fit(sample_weight=np.ma.array(X[:, 0], mask=Y)), ValueError, "sample_weight has 19"),
    (lambda: network().predict(MASKED), ValueError, "predict: x has"),
    (lambda: mlp.MLP(4, [1]).fit(MASKED, Y), ValueError, "fit: x has"),
    (lambda: mlp.Perceptron([1, 1, 1, 1])(MASKED), ValueError, "x has"),
    (lambda: losses.MeanSquaredError()(MASKED, X), ValueError, "mean_squared_error: y_true has"),
    (lambda: fit(scipy.sparse.csr_matrix(X)), TypeError, r"sparse matrix .* give x.toarray\(\)"),
    (lambda: fit(pair for pair in [(X, Y)]), TypeError, "x is a generator.*mlp.descend"),
    (lambda: fit(y=iter(Y)), TypeError, "fit: y is a"),
    (lambda: fit(y=None), TypeError, "fit: y is missing"),
    (lambda: fit([[1.0], [1.0, 2.0]], [0, 1]), ValueError, "x has rows of different lengths"),
    (lambda: fit(None), TypeError, "fit: x is an array, got None"),
    (lambda: fit(LARGE), ValueError, r'beyond what float32 holds, 3.4e\+38.*dtype="float64"'),
    (lambda: network().predict(LARGE), ValueError, "predict: x has .* beyond what float32"),
    (lambda: network(loss="mse").evaluate(X, LARGE[:, 0]), ValueError, "evaluate: y has .* beyond"),
    (lambda: fit(sample_weight=abs(LARGE[:, 0])), ValueError, "fit: weights has .* beyond"),
    (lambda: Sequential([Dense(1)], dtype="float16").predict(X.astype(int) + 70_000), ValueError,
     "beyond what float16 holds"),
    (lambda: mlp.MLP(4, [1]).fit(LARGE, Y), ValueError, "fit: x has .* beyond"),
    (lambda: mlp.MLP(4, [1]).fit(np.where(X > 2, np.nan, X), Y), ValueError, "fit: x has nan at"),
    (lambda: mlp.MLP(4, [1]).fit(X, np.where(Y, np.nan, X[:, 0])), ValueError, "fit: y has nan at"),
    (lambda: mlp.MLP(4, [1]).fit(X, Y, loss="hinge"), ValueError, "the target is −1 or 1, got 0"),
    (lambda: mlp.MLP(4, [1]).fit(X, Y + 1, loss="sigmoid_cross_entropy"), ValueError, "got 2"),
    (lambda: mlp.Perceptron([1, 1], np.nan), ValueError, "bias: every number must be finite"),
])  # fmt: skip
def test_what_is_no_array_is_refused(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_a_masked_array_without_a_masked_entry_is_an_array():
    assert network().predict(np.ma.array(X), verbose=0).shape == (40, 1)


def test_one_example_is_no_batch():
    model = network()
    model.build(4)
    for call in model.predict, model:
        with pytest.raises(ValueError, match=r"of one example, make a batch: x\[None\]"):
            call(X[0])


@pytest.mark.parametrize(("how", "error", "says"), [
    ({"class_weight": [1, 2]}, TypeError, r"a dict of .* got \[1, 2\]: write \{0: 1, 1: 2\}"),
    ({"class_weight": "balanced"}, TypeError, "a dict of a number for each class, got 'balanced'"),
    ({"class_weight": {0: "a"}}, ValueError, "class_weight is no numbers: could not convert"),
    ({"y": X[:, 1], "loss": "mse", "class_weight": {0: 2.0}}, ValueError, "y has numbers, such as"),
    ({"y": 3 * Y, "loss": "mse", "class_weight": {0: 2.0}}, ValueError, "such as 3: give sample_w"),
])  # fmt: skip
def test_class_weights_are_of_classes(how, error, says):
    with pytest.raises(error, match=says):
        fit(**how)


def test_class_weights_of_several_outputs_want_one_class_each():
    model = network(Dense(3, "sigmoid"))
    with pytest.raises(ValueError, match=r"got \[1, 0, 1\]; give sample_weight"):
        model.fit(X, (X[:, :3] > 0).astype(int), class_weight={0: 2.0}, verbose=0)
    model.fit(X, np.eye(3)[Y], class_weight={0: 2.0}, verbose=0)
