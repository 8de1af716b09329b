"""The same weights and mini-batches give the same losses, metrics and weights as Keras 3.

Keras' numbers are in ``keras.json``, which ``python tests/test_keras.py`` writes where Keras is
installed (``pip install keras jax``); there a few are also computed anew.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).with_name("keras.json")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 6)).astype(np.float32)
LABELS = (X @ RNG.normal(size=(6, 3))).argmax(1).astype(np.int32)  # JAX has no int64
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
BINARY = (X[:, :1] + X[:, 1:2] > 0).astype(np.float32)
REAL = np.stack([X[:, 0] * 3, np.sin(X[:, 1]), X[:, 2] - X[:, 3]], 1).astype(np.float32)
WEIGHTS = RNG.uniform(0.2, 2, 150).astype(np.float32)
SPARSE = "sparse_categorical_crossentropy"

# last activation, loss, targets, and more
CASES = {
    "labels": ("softmax", SPARSE, LABELS, {}),
    "labels in a column": ("softmax", SPARSE, LABELS[:, None].astype(np.int64), {}),
    "labels, without softmax": ("sigmoid", SPARSE, LABELS, {}),
    "one-hot": ("softmax", "categorical_crossentropy", ONE_HOT, {}),
    "one-hot, without softmax": ("sigmoid", "categorical_crossentropy", ONE_HOT, {}),
    "binary": ("sigmoid", "binary_crossentropy", BINARY, {}),
    "binary, some outputs": ("sigmoid", "binary_crossentropy", ONE_HOT, {}),
    "binary, without sigmoid": ("softmax", "binary_crossentropy", ONE_HOT, {}),
    "mse": (None, "mean_squared_error", REAL, {"metrics": ["mae", "mse"]}),
    "mse, one output": (None, "mse", REAL[:, 0], {"metrics": ["mean_absolute_error"]}),
    "mae": ("tanh", "mean_absolute_error", REAL, {"metrics": ["mse"]}),
    "huber": (None, "huber", REAL, {"metrics": ["mae"]}),
    "hinge": ("tanh", "hinge", BINARY, {"metrics": ["mae"]}),
    "hinge, ±1": ("tanh", "hinge", 2 * BINARY - 1, {"metrics": ["mae"]}),
    **{name: ("softmax", SPARSE, LABELS, {"optimizer": name, "metrics": ["acc"]})
       for name in ("adam", "rmsprop", "adagrad", "adamw")},
    "relu": ("softmax", SPARSE, LABELS, {"hidden": "relu"}),
    "regularizers": ("softmax", SPARSE, LABELS, {"regularized": True}),
    "weights": ("softmax", SPARSE, LABELS, {"sample_weight": WEIGHTS, "optimizer": "adam"}),
    "weights, mse": (None, "mse", REAL, {"sample_weight": WEIGHTS, "metrics": ["mae"]}),
    "weights, binary": ("sigmoid", "binary_crossentropy", BINARY, {"sample_weight": WEIGHTS}),
    "class weights": ("softmax", SPARSE, LABELS, {"class_weight": {0: 0.5, 2: 3.0}}),
    "class weights, one-hot": ("softmax", "categorical_crossentropy", ONE_HOT,
                               {"class_weight": {0: 0.5, 2: 3.0}}),
}  # fmt: skip


def train(package, name):
    """Train a network of Keras or of this project; give all numbers that come out."""
    last, loss, y, how = CASES[name]
    how = {"optimizer": "sgd", "metrics": ["accuracy"], "hidden": "tanh", **how}
    outputs = 3 if loss == SPARSE else y.size // len(y)
    more = {"kernel_regularizer": "l2", "bias_regularizer": "l1"}
    make = package.layers
    model = package.Sequential([
        make.Input(shape=(6,)),
        make.Dense(7, activation=how.pop("hidden"), **more if how.pop("regularized", 0) else {}),
        make.Dense(outputs, activation=last)])  # fmt: skip
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.5, n) for n in [(6, 7), 7, (7, outputs), outputs]])
    model.compile(loss=loss, optimizer=how.pop("optimizer"), metrics=how.pop("metrics"))
    history = model.fit(X, y, epochs=4, batch_size=32, shuffle=False, verbose=0,
                        validation_split=0.2, **how)  # fmt: skip
    weights = {f"w{k}": w.ravel().tolist() for k, w in enumerate(model.get_weights())}
    scores = model.evaluate(X, y, verbose=0)
    outputs = model.predict(X[:5], verbose=0).ravel().tolist()
    return {**history.history, **weights, "evaluate": scores, "predict": outputs}


def compare(found, wanted):
    assert list(found) == list(wanted)
    for key, numbers in wanted.items():
        np.testing.assert_allclose(found[key], numbers, rtol=1e-4, atol=3e-6, err_msg=key)


@pytest.mark.parametrize("name", CASES)
def test_as_keras(name):
    import mlp

    compare(train(mlp, name), json.loads(GOLDEN.read_text())[name])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras' own
@pytest.mark.parametrize("name", ["labels", "regularizers"])
def test_the_numbers_are_those_of_keras(name):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras", reason="Keras is not installed: pip install keras jax")
    compare(train(keras, name), json.loads(GOLDEN.read_text())[name])


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    def rounded(x):
        return float(f"{x:.7g}") if isinstance(x, float) else [rounded(y) for y in x]

    golden = {name: {key: rounded(x) for key, x in train(keras, name).items()} for name in CASES}
    lines = [f" {json.dumps(n)}: {json.dumps(golden[n])}" for n in golden]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    sys.exit(0)
