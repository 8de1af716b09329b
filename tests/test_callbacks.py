"""Callbacks, the files they write, and what is shown on the way."""

import csv
import fcntl
import json
import math
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import textwrap
import types

import numpy as np
import pytest

from mlp import SGD, Dense, Sequential
from mlp.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    JSONLogger,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from mlp.callbacks.progress import Progress, is_interactive, line

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype(np.float32)
Y = X.sum(1)


def network(**how):
    model = Sequential([Dense(1)], seed=0)
    model.compile(**{"optimizer": "sgd", "loss": "mse", "metrics": ["mae"], **how})
    return model


def fit(*callbacks, epochs=3, model=None, **how):
    model = model or network()
    return model, model.fit(X, Y, 10, epochs=epochs, verbose=0, callbacks=callbacks, **how)


class Given(Callback):
    """Puts given numbers in the place of val_loss, and small steps of the weight."""

    def __init__(self, numbers):
        self.numbers = numbers

    def on_epoch_end(self, epoch, logs=None):
        logs["val_loss"] = self.numbers[epoch]
        self.model.set_weights([np.full((3, 1), epoch), [0.0]])


def weight(model):
    return model.get_weights()[0][0, 0]


def test_occasions_in_order():
    calls = []
    names = [n for n in vars(Callback) if n.startswith("on_") and n != "on_interrupt"]
    spy = LambdaCallback(**{n: lambda *a, n=n: calls.append((n, *a[:-1])) for n in names})
    fit(spy, epochs=2)
    steps = [(f"on_train_batch_{end}", k) for k in range(4) for end in ("begin", "end")]
    one = [("on_epoch_begin", 0), *steps, ("on_epoch_end", 0)]
    two = [("on_epoch_begin", 1), *steps, ("on_epoch_end", 1)]
    assert calls == [("on_train_begin",), *one, *two, ("on_train_end",)]
    with pytest.raises(ValueError, match="did you mean 'on_epoch_end'"):
        LambdaCallback(on_epoch_ends=print)


def test_a_plain_function_and_the_logs_of_a_batch():
    seen, batches = [], []
    _, history = fit(lambda epoch, logs: seen.append((epoch, logs["loss"])),
                     LambdaCallback(on_train_batch_end=lambda k, logs: batches.append(logs)))
    assert seen == list(enumerate(history.history["loss"]))
    assert batches[3] == {"loss": seen[0][1], "mae": history.history["mae"][0]}
    assert len(batches) == 12


def test_stopping_in_an_epoch():
    def stop(batch, logs):
        model.stop_training = batch == 1

    model = network()
    _, history = fit(LambdaCallback(on_train_batch_end=stop), model=model)
    assert history.epoch == [0]
    assert model.optimizer.steps == 2
    _, history = fit(model=model)  # not for ever
    assert len(history.epoch) == 3


def test_early_stopping():
    numbers = [5.0, 3.0, 4.0, 3.5, 3.2, 1.0]
    stop = EarlyStopping(patience=2)
    model, history = fit(Given(numbers), stop, epochs=6)
    assert history.history["val_loss"] == numbers[:4]
    assert (stop.stopped_epoch, stop.best_epoch, weight(model)) == (3, 1, 3)
    model, history = fit(Given(numbers), EarlyStopping(patience=2, restore_best_weights=True),
                         epochs=6)  # fmt: skip
    assert weight(model) == 1
    model, history = fit(Given(numbers), EarlyStopping(patience=9, restore_best_weights=True),
                         epochs=5)  # fmt: skip
    assert weight(model) == 1  # also when it was never enough
    _, history = fit(Given(numbers), EarlyStopping(mode="max", patience=2), epochs=6)
    assert len(history.epoch) == 3
    _, history = fit(Given(numbers), EarlyStopping(min_delta=2.5, patience=1), epochs=6)
    assert len(history.epoch) == 2
    _, history = fit(Given(numbers), EarlyStopping(patience=1, start_from_epoch=2), epochs=6)
    assert len(history.epoch) == 6
    _, history = fit(Given(numbers), EarlyStopping(patience=3, baseline=2.0), epochs=6)
    assert len(history.epoch) == 3


def test_which_end_is_good(capsys):
    model = Sequential([Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy", lambda t, y: t - y])
    stop = EarlyStopping("accuracy", patience=3, verbose=1, restore_best_weights=True)
    model.fit(X, Y > 0, epochs=50, verbose=0, callbacks=stop)
    assert stop.best == max(model.history.history["accuracy"])
    assert "early stopping" in capsys.readouterr().out
    with pytest.raises(ValueError, match="is '<lambda>' better high or low"):
        model.fit(X, Y > 0, epochs=2, verbose=0, callbacks=EarlyStopping("<lambda>"))
    with pytest.raises(ValueError, match='mode is "auto"'):
        EarlyStopping(mode="most")
    with pytest.warns(UserWarning, match="watches 'val_loss'.*there are loss, mae; give fit valid"):
        fit(EarlyStopping(), epochs=1)


def test_learning_rates(capsys):
    model, history = fit(LearningRateScheduler(lambda epoch, lr: lr / 2, verbose=1))
    assert history.history["learning_rate"] == [0.005, 0.0025, 0.00125]
    assert "Epoch 1: the learning rate is 0.005" in capsys.readouterr().out
    model, history = fit(LearningRateScheduler(lambda epoch: 1 / (1 + epoch)))
    assert model.optimizer.learning_rate == pytest.approx(1 / 3)
    plateau = ReduceLROnPlateau(patience=2, factor=0.5, cooldown=1, min_lr=0.004)
    _, history = fit(Given([1.0] * 9), plateau, epochs=9)
    assert history.history["learning_rate"] == [0.01] * 3 + [0.005] * 2 + [0.004] * 4
    scheduled = network(optimizer=SGD(learning_rate=lambda step: 0.1))
    with pytest.raises(ValueError, match="has a schedule"):
        fit(LearningRateScheduler(lambda e: 0.1), model=scheduled)
    with pytest.raises(ValueError, match="factor"):
        ReduceLROnPlateau(factor=1)


def test_nan(capsys):
    model = network(optimizer=SGD(learning_rate=1e15))
    with np.errstate(all="ignore"):
        with pytest.raises(FloatingPointError):
            fit(model=model)
        model = network(optimizer=SGD(learning_rate=1e15))
        _, history = fit(TerminateOnNaN(), model=model)
    assert len(history.epoch) == 1
    assert not math.isfinite(history.history["loss"][0])
    assert np.isfinite(model.get_weights()[0]).all()
    assert re.search(r"Batch \d: invalid loss", capsys.readouterr().out)


def test_csv(tmp_path):
    path = tmp_path / "log.csv"
    lengths = []
    model, history = fit(CSVLogger(path), lambda *_: lengths.append(len(path.read_text())))
    assert lengths == sorted(set(lengths))  # written as it goes
    with path.open("a") as file:
        file.write("3,0.1")  # a crash
    fit(CSVLogger(path, append=True), model=model, initial_epoch=3, epochs=5)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert [float(row["loss"]) for row in rows[:3]] == history.history["loss"]
    fit(CSVLogger(path, ";"), model=model)
    assert path.read_text().startswith("epoch;loss;mae\n0;")
    assert len(path.read_text().splitlines()) == 4


def test_json_lines(tmp_path):
    path = tmp_path / "log.jsonl"
    model, history = fit(JSONLogger(path))
    with path.open("a") as file:
        file.write('{"epoch": 3, "lo')
    fit(JSONLogger(path, append=True), model=model, initial_epoch=3, epochs=5)
    rows = list(map(json.loads, path.read_text().splitlines()))
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["mae"] for row in rows[:3]] == history.history["mae"]


def test_json_of_what_is_not_finite(tmp_path):
    logger = JSONLogger(tmp_path / "log")
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": math.nan})
    assert (tmp_path / "log").read_text() == '{"epoch": 0, "loss": null}\n'


def test_an_unwritable_log_stops_before_training(tmp_path):
    model = network()
    with pytest.raises(FileNotFoundError, match="nowhere"):
        fit(CSVLogger(tmp_path / "nowhere" / "log.csv"), model=model)
    assert model.optimizer.steps == 0


def test_model_checkpoint(tmp_path):
    class Saved(Sequential):
        def save(self, path):
            saved.append((path, weight(self)))

    def run(**how):
        saved.clear()
        model = Saved([Dense(1)], seed=0)
        model.compile("sgd", "mse")
        fit(Given([3.0, 4.0, 2.0]), ModelCheckpoint(**how), model=model)
        return saved

    saved = []
    path = str(tmp_path / "new" / "m-{epoch:02d}-{val_loss:.1f}")
    assert run(filepath=path) == [(path.format(epoch=e, val_loss=v), e - 1)
                                  for e, v in ((1, 3.0), (2, 4.0), (3, 2.0))]  # fmt: skip
    assert run(filepath="m", save_best_only=True) == [("m", 0), ("m", 2)]
    assert run(filepath="m", save_best_only=True, initial_value_threshold=2.5) == [("m", 2)]
    assert len(run(filepath="m", save_freq=5)) == 2
    with pytest.raises(ValueError, match="save_freq"):
        ModelCheckpoint("m", save_freq="step")
    with pytest.raises(ValueError, match=r"'\{val_los\}', but of 'val_los' there is no number"):
        run(filepath="{val_los}")


def test_history_in_a_line():
    _, history = fit(epochs=2)
    last = history.history
    assert repr(history) == (f"<History of 2 epochs: loss {last['loss'][-1]:.4g}, "
                             f"mae {last['mae'][-1]:.4g}>")  # fmt: skip
    assert repr(History()) == "<History of 0 epochs>"


def test_interrupted():
    def interrupt(batch, logs):
        if model.position.epoch == 2 and batch == 1:
            raise KeyboardInterrupt

    model = network()
    with pytest.raises(KeyboardInterrupt):
        fit(LambdaCallback(on_train_batch_end=interrupt), model=model)
    assert model.history.epoch == [0, 1]
    assert (model.position.epoch, model.position.step) == (2, 2)
    fit(model=model)


# What is shown


@pytest.mark.parametrize(("arguments", "wanted"), [
    ((375, 375, 0.9, {"loss": 0.5}), "375/375 ━━━━━━━━━━━━━━━━━━━━ 1s 2ms/step - loss: 0.5000"),
    ((1, 375, 4000.0, {}), "  1/375 ━━━━━━━━━━━━━━━━━━━━ 1:06:40 4000s/step"),
    ((9, 9, 0.0009, {"loss": 1e-5}), "9/9 ━━━━━━━━━━━━━━━━━━━━ 0s 100us/step - loss: 1.0000e-05"),
    ((10, 10, 75.0, {"loss": 0.0}), "10/10 ━━━━━━━━━━━━━━━━━━━━ 1:15 8s/step - loss: 0.0000"),
])  # fmt: skip
def test_lines(arguments, wanted):
    assert line(*arguments) == wanted


def test_time_left_and_colours():
    text = line(5, 20, 10.0, {}, running=True, colour=True)
    assert text == ("\x1b[1m 5/20\x1b[0m \x1b[32m━━━━━\x1b[37m━━━━━━━━━━━━━━━\x1b[0m "
                    "\x1b[1m30s\x1b[0m 2s/step")  # fmt: skip
    assert line(20, 20, 1.0, {"loss": 2.0}, verbose=2) == "20/20 - 1s - 50ms/step - loss: 2.0000"


def test_verbose_where_nothing_can_be_overwritten(capsys):
    model = network()
    for verbose, wanted in (
        (0, r""),
        (1, r"Epoch 1/2\n4/4 ━{20} 0s \d+\w?s/step - loss: .*\nEpoch 2/2\n4/4 ━+ .*\n"),
        (2, r"Epoch 1/2\n4/4 - 0s - \d+\w?s/step - loss: .* - mae: .*\nEpoch 2/2\n4/4 - .*\n"),
    ):
        model.fit(X, Y, 10, epochs=2, verbose=verbose)
        assert re.fullmatch(wanted, capsys.readouterr().out)
    model.fit(X, Y, 10)
    assert capsys.readouterr().out.startswith("4/4 - 0s")
    with pytest.raises(ValueError, match="verbose is 0, 1, 2"):
        Progress(3, 4)


def test_a_process_that_only_starts_kernels_is_no_notebook(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    assert not is_interactive()


def in_a_terminal(code, interrupt=False):
    """Run a program in a pseudo-terminal; give what it wrote there."""
    program = textwrap.dedent("""
        import signal, time
        import numpy as np
        from mlp import Dense, Sequential
        from mlp.callbacks import LambdaCallback
        model = Sequential([Dense(1)], seed=0)
        model.compile("sgd", "mse")
        x = np.ones((40, 3))
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    """) + textwrap.dedent(code)
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 24, 60, 0, 0))
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([sys.executable, "-c", program], stdout=follower, stderr=follower,
                               stdin=follower, env=environment)  # fmt: skip
    os.close(follower)
    written = b""
    while True:
        try:
            part = os.read(leader, 1 << 16)
        except OSError:  # the other end is closed
            break
        written += part
        if not part:
            break
        if interrupt and b"2/4" in written:
            interrupt = False
            process.send_signal(signal.SIGINT)
    process.wait()
    os.close(leader)
    return written.decode()


def test_a_bar_in_a_terminal():
    text = in_a_terminal("""
        model.fit(x, x[:, 0], 10, epochs=2,
                  callbacks=LambdaCallback(on_train_batch_end=lambda *_: time.sleep(0.06)))
    """)
    assert re.search(r"Epoch 1/2\r\n", text)
    assert re.search(r"\r.{0,5}2/4.{0,40}━.* - loss: ", text)  # drawn over itself
    last = re.sub(r"\x1b\[\d+m", "", text.split("\r")[-2])
    assert re.fullmatch(r"4/4 ━{20} 0s \d+ms/step - loss: \d\.\d+(e-\d+)?", last)
    running = [re.sub(r"\x1b\[\d+m", "", part) for part in text.split("\r") if "━" in part]
    assert max(map(len, running)) <= 60


def test_ctrl_c_in_a_terminal():
    text = in_a_terminal("""
        try:
            model.fit(x, x[:, 0], 10, epochs=9,
                      callbacks=LambdaCallback(on_train_batch_end=lambda *_: time.sleep(0.3)))
        except KeyboardInterrupt:
            print("stopped", model.history, model.position.epoch)
    """, interrupt=True)  # fmt: skip
    assert text.endswith("\r\nstopped <History of 0 epochs> 0\r\n")
