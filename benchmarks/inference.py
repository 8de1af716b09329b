"""Inference: the MNIST-sized network on one image, and on ten thousand."""

import os
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import no_grad
from mlp import Dense, Sequential

from .timing import apart, repeated, seconds, table

__all__ = ["main"]

SIZES = [784, 64, 32, 10]


def floor(x: np.ndarray) -> Callable[[], None]:
    """Do the products alone, into arrays that are there."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=pair).astype(np.float32) for pair in pairwise(SIZES)]
    results = [np.empty((len(x), m), np.float32) for m in SIZES[1:]]

    def run() -> None:
        for h, w, y in zip([x, *results], weights, results, strict=False):
            np.matmul(h, w, out=y)

    return run


def chainrule(x: np.ndarray) -> Callable[[], Any]:
    """Through the ordinary layers."""
    layers = [Dense(n, "relu") for n in SIZES[1:-1]]
    model = Sequential([*layers, Dense(SIZES[-1])], seed=0).build(SIZES[0])

    def run() -> Any:
        with no_grad():
            return model(x)

    return run


def jax(x: np.ndarray) -> Callable[[], Any]:
    """Jitted; the images come from the host."""
    import jax

    rng = np.random.default_rng(0)
    weights = [(rng.normal(size=(n, m)).astype(np.float32), np.zeros(m, np.float32))
               for n, m in pairwise(SIZES)]  # fmt: skip

    @jax.jit
    def network(weights: Any, x: Any) -> Any:
        *hidden, (w, b) = weights
        for u, c in hidden:
            x = jax.nn.relu(x @ u + c)
        return x @ w + b

    weights = jax.device_put(weights)
    return lambda: jax.block_until_ready(network(weights, x))


def pytorch(x: np.ndarray) -> Callable[[], Any]:
    """Eager, under ``inference_mode``."""
    import torch

    layers: list[Any] = []
    for n, m in pairwise(SIZES):
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    model, images = torch.nn.Sequential(*layers[:-1]), torch.from_numpy(x)

    def run() -> Any:
        with torch.inference_mode():
            return model(images)

    return run


def keras(x: np.ndarray) -> Callable[[], Any]:
    """Through ``predict_on_batch``, Keras' quick way, on JAX."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    layers = [keras.layers.Dense(n, "relu") for n in SIZES[1:-1]]
    model = keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(SIZES[-1])])
    return lambda: model.predict_on_batch(x)


def sklearn(x: np.ndarray) -> Callable[[], Any]:
    """Through ``predict_proba``."""
    from sklearn.neural_network import MLPClassifier

    examples, classes = np.random.default_rng(0).random((100, 784), np.float32), np.arange(10)
    model = MLPClassifier(SIZES[1:-1])
    model.partial_fit(examples, np.arange(100) % 10, classes=classes)
    return lambda: model.predict_proba(x)


CONTENDERS = {
    "the matrix products alone: the floor": floor,
    "chainrule": chainrule,
    "JAX, jitted": jax,
    "PyTorch, eager": pytorch,
    "Keras on JAX, predict_on_batch": keras,
    "scikit-learn, predict_proba": sklearn,
}


def contender(make: Callable[[np.ndarray], Callable[[], Any]], n: int, often: int) -> Any:
    """Make a call that gives the outputs for `n` images, so often."""
    return repeated(make(np.random.default_rng(0).random((n, 784), np.float32)), often)


def main() -> str:
    """Measure both."""
    parts = []
    for title, n, often in ("one image", 1, 3000), ("10,000 images", 10_000, 10):
        times = apart(
            {name: partial(contender, make, n, often) for name, make in CONTENDERS.items()}, 9)
        least, ours = list(times.values())[:2]
        rows = [[name, seconds(t / often), f"{t / least:.2f}", f"{t / ours:.2f}"]
                for name, t in times.items()]  # fmt: skip
        parts.append(f"## Inference: 784-64-32-10, {title}\n\n"
                     + table(["", "a call", "× the floor", "× chainrule"], rows))  # fmt: skip
    return "\n".join(parts)
