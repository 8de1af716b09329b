"""What is learned on MNIST: the lecture's network, and a better recipe. Needs MLP_DATA."""

import os
import time
from typing import Any

import numpy as np

from autograd import no_grad, softmax_cross_entropy
from mlp import Adam, AdamW, Dense, Dropout, Sequential
from mlp.data import batches, mnist
from mlp.schedules import cosine_decay, warm_up

from .timing import seconds, table

__all__ = ["main"]

LECTURE = [0.9352, 0.9521, 0.9592, 0.9617, 0.9632, 0.9671]


def train(model: Sequential, optimizer: Any, x: np.ndarray, y: np.ndarray, rng: Any) -> float:
    """Train for an epoch with mini-batches of 128; give the seconds it took."""
    start = time.perf_counter()
    for images, labels in batches(x, y, 128, rng):
        loss = softmax_cross_entropy(model(images, training=True), labels)
        model.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - start


def accuracy(model: Sequential, x: np.ndarray, y: np.ndarray) -> float:
    """Give the share of images whose label the network names."""
    with no_grad():
        right = [(model(images).data.argmax(1) == labels).sum()
                 for images, labels in batches(x, y, 1000, shuffle=False)]  # fmt: skip
    return float(np.sum(right) / len(y))


def lecture(x: np.ndarray, y: np.ndarray) -> str:
    """Train the lecture's network on four fifths of the training images, as Keras splits them."""
    n = len(x) * 4 // 5
    model = Sequential([Dense(64, "relu"), Dense(32, "relu"), Dense(10)], seed=0).build(784)
    optimizer, rng, rows = Adam(model.parameters()), np.random.default_rng(0), []
    for epoch, wanted in enumerate(LECTURE, 1):
        took = train(model, optimizer, x[:n], y[:n], rng)
        found = accuracy(model, x[n:], y[n:])
        rows.append([str(epoch), f"{found:.4f}", f"{wanted:.4f}", seconds(took)])
    return table(["epoch", "val_accuracy", "in the lecture", "training took"], rows)


def recipe(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> str:
    """Train a wider network with dropout, AdamW and a learning rate that rises and falls."""
    epochs, size = 15, 128
    steps = epochs * -(-len(x) // size)
    hidden = [Dense(n, "relu", kernel_initializer="he_uniform") for n in (512, 256)]
    layers = [hidden[0], Dropout(0.3), hidden[1], Dropout(0.3), Dense(10)]
    model = Sequential(layers, seed=0).build(784)
    rate = warm_up(cosine_decay(2e-3, steps), steps // 20)
    optimizer, rng = AdamW(model.parameters(), rate), np.random.default_rng(0)
    took = sum(train(model, optimizer, x, y, rng) for _ in range(epochs))
    return (
        f"784-512-256-10, dropout 0.3, AdamW, {epochs} epochs: "
        f"{accuracy(model, x_test, y_test):.2%} of the test images after {seconds(took)}.\n"
    )


def main() -> str:
    """Measure both."""
    if not os.environ.get("MLP_DATA"):
        return "## What is learned on MNIST\n\n(Not measured: MLP_DATA names no folder.)\n"
    data = mnist()
    x, x_test = (images.reshape(-1, 784) for images in (data.x_train, data.x_test))
    return (
        "## What is learned on MNIST\n\n" + lecture(x, data.y_train) + "\n"
        + recipe(x, data.y_train, x_test, data.y_test)
    )  # fmt: skip
