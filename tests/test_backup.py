"""Checkpoints: trainings that are interrupted or killed, and end as if they had not been."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd import Tensor
from mlp import SGD, Adam, Dense, Dropout, Sequential, load_model
from mlp.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    JSONLogger,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
)
from mlp.data.files import read_arrays, write_arrays
from mlp.layers import Layer

X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
Y = (X.sum(axis=1) > 0).astype(int)
WEIGHTS = np.linspace(0.5, 2, 30)


class Noise(Layer):
    """Has a generator of its own."""

    def build(self, shape, rng, dtype):
        self.rng = np.random.default_rng(7)
        self.scale = Tensor(np.ones(shape, dtype))

    def __call__(self, x, training=False):
        noise = self.rng.normal(size=x.shape).astype(x.dtype) if training else 0
        return x * self.scale + noise


class Counter(Callback):
    """Counts the steps of an epoch, and keeps an array."""

    remembers = ("steps", "seen")

    def on_train_begin(self, logs=None):
        self.steps, self.seen = {}, np.zeros(3, int)

    def on_train_batch_end(self, batch, logs=None):
        epoch = str(self.model.position.epoch)
        self.steps[epoch] = self.steps.get(epoch, 0) + 1
        self.seen[batch % 3] += 1


class Stop(Exception):
    pass


def stopper(after):
    """Raise after so many steps."""
    steps = []

    def on_train_batch_end(batch, logs):
        steps.append(batch)
        if len(steps) == after:
            raise Stop

    return LambdaCallback(on_train_batch_end=on_train_batch_end)


def network(seed=3, optimizer="adam", units=4, dropout=0.3):
    model = Sequential([Noise(), Dense(units, "tanh"), Dropout(dropout), Dense(2, "softmax")],
                       seed=seed)  # fmt: skip
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(folder, model, *others, save_freq="epoch", epochs=4, delete=False, **how):
    """Train, and give all that comes of it."""
    counter = Counter()
    callbacks = [
        BackupAndRestore(folder / "backup", save_freq, delete_checkpoint=delete), counter,
        LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        CSVLogger(folder / "log.csv"), JSONLogger(folder / "log.jsonl", append=True),
        EarlyStopping(patience=2, restore_best_weights=True),
        ModelCheckpoint(folder / "best", save_best_only=True), *others,
    ]  # fmt: skip
    settings = {"validation_split": 0.2, "sample_weight": WEIGHTS, "verbose": 0}
    history = model.fit(X, Y, 5, epochs, callbacks=callbacks, **{**settings, **how})
    weights = [w.tobytes() for w in model.get_weights()]
    written = [(folder / name).read_bytes() for name in ("log.csv", "log.jsonl", "best")]
    state = {k: np.asarray(v).tobytes() for k, v in model.optimizer.state().items()}
    rng = repr(model.rng.bit_generator.state)
    return history.history, history.epoch, weights, written, state, rng, counter.steps, list(
        counter.seen)  # fmt: skip


SEEDS = {"PCG64": lambda: 3, "MT19937": lambda: np.random.Generator(np.random.MT19937(5))}
OPTIMIZERS = {
    "adam": lambda m: "adam",
    "deferred": lambda m: Adam(learning_rate=0.05),
    "object": lambda m: SGD(m.parameters(), 0.1, momentum=0.9, nesterov=True),
}


def made(seed, optimizer):
    model = network(SEEDS[seed]()).build(3)
    model.compile(OPTIMIZERS[optimizer](model), model.loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize(("seed", "optimizer", "save_freq"), [
    ("PCG64", "adam", "epoch"), ("PCG64", "object", 1), ("MT19937", "deferred", 2),
    ("PCG64", "adam", 7),
])  # fmt: skip
def test_stopped_after_any_step_it_goes_on_to_the_same_end(seed, optimizer, save_freq, tmp_path):
    (tmp_path / "whole").mkdir()
    wanted = train(tmp_path / "whole", made(seed, optimizer), epochs=3)
    steps = sum(wanted[-2].values())
    assert steps > 12
    for after in range(1, steps + 1):
        folder = tmp_path / str(after)
        folder.mkdir()
        for stop in after, 3:  # and once more, three steps later
            try:
                train(folder, made(seed, optimizer), stopper(stop), save_freq=save_freq, epochs=3)
            except Stop:
                continue
        assert train(folder, made(seed, optimizer), save_freq=save_freq, epochs=3) == wanted


def test_what_is_over_is_over_and_more_epochs_go_on(tmp_path, capsys):
    for name in "whole", "parts":
        (tmp_path / name).mkdir()
    wanted = train(tmp_path / "whole", network(), epochs=3)
    path = tmp_path / "whole" / "backup" / "checkpoint.safetensors"
    same = load_model(path, {"Noise": Noise})
    assert same.optimizer.steps == 15
    assert train(tmp_path / "whole", network(), epochs=3) == wanted
    train(tmp_path / "parts", network(), epochs=1)
    assert capsys.readouterr().out == ""
    assert train(tmp_path / "parts", network(), epochs=3, delete=True, verbose=2) == wanted
    text = capsys.readouterr().out
    assert text.startswith("Resuming from ")
    assert "checkpoint.safetensors, epoch 2, after 0 steps\nEpoch 2/3\n5/5 - " in text
    assert not any((tmp_path / "parts" / "backup").iterdir())


def test_stopped_in_an_epoch_it_stays_stopped(tmp_path):
    def stop(batch, logs):
        model.stop_training = (model.position.epoch, batch) == (1, 1)

    def fail(epoch, logs):
        if epoch == 1:
            raise Stop

    (tmp_path / "whole").mkdir()
    model = network()
    wanted = train(tmp_path / "whole", model, LambdaCallback(on_train_batch_end=stop))
    assert wanted[1] == [0, 1]
    assert sum(wanted[-2].values()) == 7
    model = network()
    with pytest.raises(Stop):  # with a checkpoint inside the epoch
        train(tmp_path, model, LambdaCallback(on_train_batch_end=stop), fail, save_freq=1)
    assert train(tmp_path, network()) == wanted


def test_a_bar_goes_on_where_it_was(tmp_path, capsys):
    with pytest.raises(Stop):
        train(tmp_path, network(), stopper(3), save_freq=1)
    train(tmp_path, network(), epochs=1, verbose=2, save_freq=1)
    assert "epoch 1, after 2 steps\n5/5 - " in capsys.readouterr().out


# What does not belong to the checkpoint


@pytest.mark.parametrize(("change", "says"), [
    ({"x": X[:29], "y": Y[:29]}, r"data\[0\] was 'float32 \(30, 3\).*now 'float32 \(29, 3\)"),
    ({"x": X + 1}, r"data\[0\] was 'float32 \(30, 3\), checksum .*', now 'float32 \(30, 3\)"),
    ({"y": 1 - Y}, r"data\[1\] was "),
    ({"batch_size": 7}, "fit.batch_size was 5, now 7"),
    ({"shuffle": False}, "fit.shuffle was True, now False"),
    ({"validation_data": (X, Y)}, r"validation_data was \[\], now"),
    ({"class_weight": {0: 2.0}}, "data was "),
    ({"model": network(units=5)}, r"model.config.layers\[1\].config.units was 4, now 5"),
    ({"model": network(dropout=0.4)}, r"layers\[2\].config.rate was 0.3, now 0.4"),
    ({"model": network(optimizer="sgd")}, "compile.optimizer was 'adam', now 'sgd'"),
    ({"model": network(SEEDS["MT19937"]())}, r"random\[0\] was 'PCG64', now 'MT19937'"),
    ({"callbacks": [EarlyStopping("loss")]}, r"callbacks was \['History'\], now \['EarlySt"),
])  # fmt: skip
def test_another_training_is_refused_and_nothing_changes(change, says, tmp_path):
    how = {"x": X, "y": Y, "batch_size": 5, "epochs": 1, "verbose": 0}
    network().fit(**how, callbacks=BackupAndRestore(tmp_path, delete_checkpoint=False))
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    change = dict(change)
    model, others = change.pop("model", network()), change.pop("callbacks", [])
    model.build(3)
    weights = model.get_weights()
    log = tmp_path / "log.csv"
    log.write_text("precious\n")
    with pytest.raises(ValueError, match=f"checkpoint of another training: .*{says}"):
        model.fit(**{**how, **change, "epochs": 2},
                  callbacks=[*others, BackupAndRestore(tmp_path)])  # fmt: skip
    for w, old in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(w, old)
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before
    assert model.optimizer.steps == 0


@pytest.mark.parametrize("position", [2.5, -1, "1", None])
def test_a_checkpoint_of_no_epoch_is_refused(position, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    network().fit(X, Y, verbose=0, callbacks=BackupAndRestore(tmp_path, delete_checkpoint=False))
    content, arrays = read_arrays(path)
    content["training"]["position"]["epoch"] = position
    write_arrays(path, content, arrays)
    with pytest.raises(ValueError, match=f"checkpoint.*it is of no epoch and step: .{position!r}"):
        network().fit(X, Y, verbose=0, callbacks=BackupAndRestore(tmp_path))


def test_a_refused_checkpoint_spoils_no_log(tmp_path):
    train(tmp_path, network(), epochs=1)
    log = (tmp_path / "log.csv").read_bytes()
    with pytest.raises(ValueError, match="another training"):
        train(tmp_path, network(units=9))
    assert (tmp_path / "log.csv").read_bytes() == log
    path = tmp_path / "backup" / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"checkpoint.safetensors: it is damaged"):
        train(tmp_path, network())
    network().save(path)
    with pytest.raises(ValueError, match="it is a model, not the checkpoint"):
        train(tmp_path, network())
    assert (tmp_path / "log.csv").read_bytes() == log
    with pytest.raises(ValueError, match="save_freq"):
        BackupAndRestore(tmp_path, 0)


# Ctrl-C


@pytest.fixture
def ctrl_c():
    """A function that does what Ctrl-C does, also where it is ignored in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("occasion", ["batch_begin", "epoch_end", "train_end"])
def test_ctrl_c(occasion, ctrl_c, tmp_path, capsys):
    def press(*_):
        if model.position.epoch == 1 or occasion == "train_end":
            ctrl_c()
            reached.append(occasion)  # goes on, until everything is in order

    names = {"batch_begin": "on_train_batch_begin", "epoch_end": "on_epoch_end",
             "train_end": "on_train_end"}  # fmt: skip
    (tmp_path / "whole").mkdir()
    wanted = train(tmp_path / "whole", network())
    model, reached = network(), []
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, model, LambdaCallback(**{names[occasion]: press}), save_freq=100)
    assert reached == [occasion]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    place = {"batch_begin": "epoch 2, after 1 steps", "epoch_end": "epoch 3, after 0 steps",
             "train_end": "epoch 5, after 0 steps"}  # fmt: skip
    assert capsys.readouterr().out == (
        "\nThe training ended early: the same call of fit resumes it from "
        f"{tmp_path / 'backup' / 'checkpoint.safetensors'}, {place[occasion]}\n")  # fmt: skip
    assert train(tmp_path, network(), save_freq=100) == wanted


def test_ctrl_c_twice_ends_at_once(ctrl_c, tmp_path):
    def press(*_):
        ctrl_c()
        ctrl_c()
        raise AssertionError("too late")

    (tmp_path / "whole").mkdir()
    wanted = train(tmp_path / "whole", network())
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, network(), LambdaCallback(on_train_batch_begin=press))
    assert train(tmp_path, network()) == wanted


# Kills


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_killed_at_any_moment():
    script = Path(__file__).with_name("kills.py")
    run = subprocess.run([sys.executable, str(script), "9"], check=True, capture_output=True,
                         text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})  # fmt: skip
    seen = json.loads(run.stdout)
    assert seen["runs"] == 9
    assert seen["kills"] > 6
    assert seen["kills in a write"] > 2
    assert seen["with a checkpoint"] > 3
    assert seen["temporary files left"] > 0
    for wrong in "failed", "different", "checkpoints wrong", "temporary checkpoints left":
        assert seen[wrong] == 0
