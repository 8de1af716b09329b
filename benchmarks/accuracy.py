"""What is learned on MNIST: the lecture's network, and a better recipe. Needs MLP_DATA."""

import os
import time
from typing import Any

import numpy as np

from autograd import no_grad, softmax_cross_entropy
from mlp import AdamW, Dense, Dropout, Rescaling, Sequential
from mlp.data import batches, mnist
from mlp.optimizers.schedules import cosine_decay, warm_up

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
    """Train the lecture's network by `fit`, on four fifths of the training images."""
    hidden = [Dense(64, "relu"), Dense(32, "relu")]
    model = Sequential([Rescaling(1 / 255), *hidden, Dense(10, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    history = model.fit(x, y, 128, len(LECTURE), verbose=0, validation_split=0.2)
    took = (time.perf_counter() - start) / len(LECTURE)
    found = history.history["val_accuracy"]
    rows = [[str(k), f"{a:.4f}", f"{b:.4f}"]
            for k, (a, b) in enumerate(zip(found, LECTURE, strict=True), 1)]  # fmt: skip
    head = ["epoch", "val_accuracy", "in the lecture"]
    return f"{table(head, rows)}\nAn epoch with its validation took {seconds(took)}.\n"


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
