"""Training by `fit`, beside the bare loop and the peers' own."""

import os
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd import softmax_cross_entropy
from mlp import Adam, Dense, MLPClassifier, Sequential
from mlp.data import batches

from .mnist import images
from .timing import apart, repeated, seconds, table

__all__ = ["main"]

SIZES, BATCH, STEPS, EPOCHS = (64, 32), 128, 200, 3


def bare(x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Run the loop that a user would write: forward, loss, backward, step."""
    model = Sequential([*(Dense(n, "relu") for n in SIZES), Dense(10)], seed=0).build(784)
    optimizer, rng = Adam(model.parameters()), np.random.default_rng(0)

    def epoch() -> None:
        for inputs, labels in batches(x, y, BATCH, rng):
            loss = softmax_cross_entropy(model(inputs, training=True), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return repeated(epoch, EPOCHS)


def fit(x: np.ndarray, y: np.ndarray, **how: Any) -> Callable[[], Any]:
    """Do the same by `fit`."""
    model = Sequential([*(Dense(n, "relu") for n in SIZES), Dense(10, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", **how)
    return lambda: model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)


def keras(x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """Do it by the `fit` of Keras, on JAX."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    layers = [keras.layers.Dense(n, "relu") for n in SIZES]
    model = keras.Sequential([*layers, keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return lambda: model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)


def pytorch(x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Write the loop of PyTorch's own introduction, with a batch gathered by an index."""
    import torch

    model = torch.nn.Sequential(
        torch.nn.Linear(784, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32), torch.nn.ReLU(),
        torch.nn.Linear(32, 10))  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    xs, ys = torch.from_numpy(x), torch.from_numpy(y).long()

    def epoch() -> None:
        for rows in torch.randperm(len(xs)).split(BATCH):
            loss = torch.nn.functional.cross_entropy(model(xs[rows]), ys[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return repeated(epoch, EPOCHS)


def classifier(
    x: np.ndarray, y: np.ndarray, kind: Any = MLPClassifier, **how: Any
) -> Callable[[], None]:
    """Do it by an MLPClassifier, ours or scikit-learn's."""
    model = kind(SIZES, batch_size=BATCH, max_iter=EPOCHS, warm_start=True, **how)

    def fit() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that so few epochs are too few
            model.fit(x, y)

    return fit


def sklearn(x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """Do it by scikit-learn."""
    from sklearn.neural_network import MLPClassifier

    return classifier(x, y, MLPClassifier)


def contender(make: Callable[..., Callable[[], Any]], **how: Any) -> Callable[[], Any]:
    """Make a call that trains on some of MNIST."""
    x, y = (array[: STEPS * BATCH] for array in images())
    return make(x.astype(np.float32) / 255, y, **how)


def main() -> str:
    """Measure all."""
    times = apart({
        "chainrule, a bare loop": partial(contender, bare),
        "chainrule, fit": partial(contender, fit),
        "chainrule, fit with accuracy": partial(contender, fit, metrics=["accuracy"]),
        "chainrule, MLPClassifier, alpha=0, as the loop": partial(contender, classifier, alpha=0),
        "chainrule, MLPClassifier, with its penalty": partial(contender, classifier),
        "Keras on JAX, fit with accuracy": partial(contender, keras),
        "PyTorch, a bare loop, fused Adam": partial(contender, pytorch),
        "scikit-learn, MLPClassifier, with its penalty": partial(contender, sklearn),
    }, 9)  # fmt: skip
    ours, steps = times["chainrule, a bare loop"], EPOCHS * STEPS
    rows = [[name, seconds(t), seconds(t / steps), f"{t / ours:.2f}"] for name, t in times.items()]
    head = ["", f"{EPOCHS} epochs of {STEPS} steps", "a step", "× the bare loop"]
    return f"## Training by fit: 784-64-32-10, batch 128, Adam\n\n{table(head, rows)}"
