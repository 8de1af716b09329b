"""An epoch of `fit`, beside the bare loop and the peers' own."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import softmax_cross_entropy
from mlp import Adam, Dense, MLPClassifier, Sequential
from mlp.data import batches

from .mnist import images
from .timing import interleaved, seconds, table

__all__ = ["main"]

SIZES, BATCH, STEPS = (64, 32), 128, 200


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

    return epoch


def fit(x: np.ndarray, y: np.ndarray, **how: Any) -> Callable[[], Any]:
    """Do the same by `fit`."""
    model = Sequential([*(Dense(n, "relu") for n in SIZES), Dense(10, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", **how)
    return lambda: model.fit(x, y, batch_size=BATCH, verbose=0)


def keras(x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """Do it by the `fit` of Keras, on JAX."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    layers = [keras.layers.Dense(n, "relu") for n in SIZES]
    model = keras.Sequential([*layers, keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return lambda: model.fit(x, y, batch_size=BATCH, verbose=0)


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

    return epoch


def classifier(kind: Any, x: np.ndarray, y: np.ndarray, **how: Any) -> Callable[[], Any]:
    """Do an epoch of an MLPClassifier, ours or scikit-learn's."""
    model, classes = kind(SIZES, batch_size=BATCH, **how), np.arange(10)
    return lambda: model.partial_fit(x, y, classes=classes)


def sklearn(x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """Do it by scikit-learn."""
    from sklearn.neural_network import MLPClassifier

    return classifier(MLPClassifier, x, y)


def main() -> str:
    """Measure all."""
    x, y = (array[: STEPS * BATCH] for array in images())
    x = x.astype(np.float32) / 255
    calls: dict[str, Callable[[], Any]] = {
        "chainrule, a bare loop": bare(x, y),
        "chainrule, fit": fit(x, y),
        "chainrule, fit with accuracy": fit(x, y, metrics=["accuracy"]),
        "chainrule, MLPClassifier, alpha=0, as the loop": classifier(MLPClassifier, x, y, alpha=0),
        "chainrule, MLPClassifier, with its penalty": classifier(MLPClassifier, x, y),
    }
    peers = {
        "Keras on JAX, fit with accuracy": keras,
        "PyTorch, a bare loop, fused Adam": pytorch,
        "scikit-learn, MLPClassifier, with its penalty": sklearn,
    }
    for name, make in peers.items():
        try:
            calls[name] = make(x, y)
        except ImportError:
            print(f"(left out, not installed: {name})")
    times = interleaved(calls, 9)
    ours = times["chainrule, a bare loop"]
    rows = [[name, seconds(t), seconds(t / STEPS), f"{t / ours:.2f}"] for name, t in times.items()]
    head = ["", f"an epoch of {STEPS} steps", "a step", "× the bare loop"]
    return f"## An epoch of fit: 784-64-32-10, batch 128, Adam\n\n{table(head, rows)}"
