"""What the processes do that `test_parallel` starts: ``mpiexec -n 2 python ranks.py NAME``."""

import json
import os
import signal
import sys

import numpy as np

from mlp import Dense, Dropout, Sequential, cli
from mlp.callbacks import LambdaCallback
from mlp.cli import training
from mlp.layers import BatchNormalization, GaussianNoise
from mlp.losses import Loss
from mlp.parallel import Ranks

rng = np.random.default_rng(0)
X = rng.normal(size=(104, 6))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
WEIGHTS = np.linspace(0.5, 2, len(X))


def network(*layers, seed=3):
    layers = layers or (Dense(16, "relu"), Dropout(0.3), GaussianNoise(0.1), Dense(8, "tanh"))
    return Sequential([*layers, Dense(2, "softmax")], seed=seed, dtype="float64")


def curve(ranks, jit_compile, small=False):
    """Train on 93 examples, in batches of 23 and at last of 1; give the numbers of each epoch.

    A small network goes through 90 in batches of 30, without anybody who watches: compiled loops
    take their time for each size of a batch.
    """
    model = network(Dense(4, "relu"), Dropout(0.3)) if small else network()
    model.compile("adam", "categorical_crossentropy", jit_compile=jit_compile, ranks=ranks,
                  metrics=["accuracy", "root_mean_squared_error"], weighted_metrics=["accuracy"])
    lowest = []
    watch = LambdaCallback(on_train_batch_end=lambda _, logs: lowest.append(logs["loss"]))
    history = model.fit(X, np.eye(2)[Y], 30 if small else 23, 3, verbose=0,
                        validation_split=14 / 104 if small else 0.1,
                        sample_weight=WEIGHTS, callbacks=[] if small else [watch])  # fmt: skip
    reason = model._straight.reason if model._straight else ""
    return history.history | {"steps": lowest, "weights": [
        float(abs(w).sum()) for w in model.get_weights()]}, reason  # fmt: skip


class Root(Loss):
    """Is no mean over examples."""

    name = "root"

    def elements(self, y_true, y_pred):
        return (y_pred - y_true) ** 2

    def cost(self, *arguments):
        return super().cost(*arguments) ** 0.5


def refused(ranks):
    """Give what is said of trainings that cannot be."""
    mine = ranks.rank
    cases = {
        "seeds": lambda: (network(seed=mine), X, Y),
        "layers": lambda: (network(Dense(4 + mine)), X, Y),
        "shapes": lambda: (network(), X[mine:], Y[mine:]),
        "data": lambda: (network(), X + mine, Y),
        "few": lambda: (network(), X[:1], Y[:1]),
        "batch": lambda: (network(Dense(4), BatchNormalization()), X, Y),
        "generator": lambda: (network(), iter([(X, Y)]), None),
        "loss": lambda: (network(), X, np.eye(2)[Y]),
        "nothing": lambda: (network(Sequential([Dense(4), Dropout(0.5)])), X, Y),
        "drift": lambda: (network(), X, Y),
    }
    said = {}
    for name, make in cases.items():
        model, x, y = make()
        loss = Root() if name == "loss" else "sparse_categorical_crossentropy"
        model.compile("adam", loss, ranks=ranks)

        def change(epoch, logs, model=model, name=name):
            if mine and name == "drift":
                model.layers[0].W.data += 1e-9

        try:
            model.fit(x, y, epochs=1, verbose=0, callbacks=change)
        except (TypeError, ValueError) as error:
            said[name] = str(error)
    return said


def main(name, *arguments):
    if name == "killed":  # the second process dies in its thirtieth step
        step = training.Checkpoints.on_train_batch_end

        def dying(self, batch, logs=None):
            step(self, batch, logs)
            if self.ranks.rank == 1 and self.model.optimizer.steps == 30:
                os.kill(os.getpid(), signal.SIGKILL)

        training.Checkpoints.on_train_batch_end = dying
        training.STEPS = 8
        return cli.main(arguments)
    ranks = Ranks()
    if name == "fails":
        model = network()
        model.compile("adam", "sparse_categorical_crossentropy", ranks=ranks)

        def fail(batch, logs):
            if ranks.rank == 1:
                raise RuntimeError("a disk is full")

        model.fit(X, Y, epochs=99, verbose=0, callbacks=LambdaCallback(on_train_batch_end=fail))
    found = refused(ranks) if name == "refused" else [
        curve(ranks, "auto"), curve(ranks, False), curve(ranks, True, small=True)]  # fmt: skip
    if ranks.first:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
