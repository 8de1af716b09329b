"""What is learned on MNIST: the lecture's network, and a better recipe. Needs MLP_DATA."""

import os
import time

import numpy as np

from mlp import AdamW, Dense, Dropout, Rescaling, Sequential
from mlp.data import mnist
from mlp.optimizers.schedules import cosine_decay, warm_up

from .mnist import floor
from .timing import once, repeated, seconds, table

__all__ = ["main"]

LECTURE = [0.9352, 0.9521, 0.9592, 0.9617, 0.9632, 0.9671]


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
    epochs, size, sizes = 15, 128, [784, 512, 256, 10]
    batches = -(-len(x) // size)

    def made() -> Sequential:
        first, second = (Dense(n, "relu", kernel_initializer="he_uniform") for n in sizes[1:-1])
        model = Sequential([Rescaling(1 / 255), first, Dropout(0.3), second, Dropout(0.3),
                            Dense(10, "softmax")], seed=0).build(784)  # fmt: skip
        rate = warm_up(cosine_decay(2e-3, epochs * batches), epochs * batches // 20)
        model.compile(AdamW(model.parameters(), rate), "sparse_categorical_crossentropy",
                      jit_compile=True)  # fmt: skip
        return model

    made().fit(x[:size], y[:size], size, verbose=0)  # so that it is compiled
    model = made()
    took = once(lambda: model.fit(x, y, size, epochs, verbose=0))
    right = model.predict(x_test, 1000, verbose=0).argmax(1) == y_test
    step, least = took / epochs / batches, once(repeated(floor(sizes, size), batches)) / batches
    return (
        f"784-512-256-10, dropout 0.3, AdamW, {epochs} epochs: {right.mean():.2%} of the test "
        f"images after {seconds(took)}.\nIt was compiled, and a step took {seconds(step)}: "
        f"{step / least:.2f} times its products alone.\n"
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
