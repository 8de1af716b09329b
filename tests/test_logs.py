"""Epochs without a validation, logs of anything, and one error around another's."""

import csv
import json
import pickle

import numpy as np
import pytest

import mlp
from autograd import Value
from mlp import Dense, Sequential
from mlp.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    JSONLogger,
    LambdaCallback,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)


def fit(*callbacks, epochs=6, freq=2, **how):
    model = Sequential([Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", "binary_crossentropy")
    more = {"validation_split": 0.25, "validation_freq": freq} if freq else {}
    return model, model.fit(X, Y, epochs=epochs, verbose=0, callbacks=callbacks, **more, **how)


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Epochs without a validation


def test_a_history_knows_of_which_epochs_its_numbers_are():
    _, history = fit(lambda epoch, logs: logs.update(third=1) if epoch == 4 else None,
                     initial_epoch=2)  # fmt: skip
    assert history.epoch == [2, 3, 4, 5]
    assert history.at == {"loss": [2, 3, 4, 5], "val_loss": [3, 5], "third": [4]}
    again = pickle.loads(pickle.dumps(history))
    assert again.at == history.at
    old = History.__new__(History)  # of a pickle or a checkpoint made before
    old.__setstate__({"history": history.history, "epoch": history.epoch, "params": {}})
    assert old.at == {"loss": [2, 3, 4, 5]}


def test_columns_that_come_later_are_in_the_header(tmp_path):
    path = tmp_path / "log.csv"
    _, history = fit(CSVLogger(path), epochs=4)
    assert path.read_text().splitlines()[0] == "epoch,loss,val_loss"
    assert [row["val_loss"] for row in rows(path)] == [
        "NA", str(history.history["val_loss"][0]), "NA", str(history.history["val_loss"][1])]
    fit(CSVLogger(path, append=True), lambda e, logs: logs.update(a=1), initial_epoch=4)
    assert [row["epoch"] for row in rows(path)] == list("012345")
    fit(lambda e, logs: logs.update(a=e), CSVLogger(path, append=True), initial_epoch=5)
    assert [row["a"] for row in rows(path)] == ["NA"] * 6 + ["5"]
    assert all(None not in row and len(row) == 4 for row in rows(path))


def test_a_resumed_log_has_its_columns(tmp_path):
    path = tmp_path / "log.csv"

    def run(*callbacks):
        return fit(CSVLogger(path), BackupAndRestore(tmp_path / "backup"), *callbacks)[1]

    def stop(epoch, logs):
        if epoch == stop.at:
            raise RuntimeError("stop")

    whole = run()
    wanted = path.read_text()
    for stop.at in 1, 2, 4:
        with pytest.raises(RuntimeError, match="stop"):
            run(stop)
        history = run()
        assert path.read_text() == wanted
        assert (history.at, history.history) == (whole.at, whole.history)


def test_an_unfinished_row_in_quotes_is_taken_off(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('epoch,note\n0,"a\nb"\n1,"c\nd')
    logger = CSVLogger(path, append=True)
    logger.on_train_begin()
    logger.on_epoch_end(1, {"note": "e"})
    assert [row["note"] for row in rows(path)] == ["a\nb", "e"]
    with pytest.raises(ValueError, match="separator is one character, got ', '"):
        CSVLogger(path, ", ")


def test_who_watches_a_validation_waits_for_it(tmp_path):
    class Notes(Callback):
        seen = ()

        def on_epoch_end(self, epoch, logs=None):
            self.seen = [*self.seen, self.model.get_weights()[0]]

    path, notes = tmp_path / "best.safetensors", Notes()
    model, history = fit(  # warnings are errors here
        EarlyStopping(patience=2, restore_best_weights=True), ReduceLROnPlateau(patience=1), notes,
        ModelCheckpoint(path, save_best_only=True),
        ModelCheckpoint(tmp_path / "{epoch}-{val_loss:.2f}.safetensors"), epochs=5)  # fmt: skip
    best = history.at["val_loss"][int(np.argmin(history.history["val_loss"]))]
    assert best == 3
    assert (mlp.load_model(path).get_weights()[0] == notes.seen[best]).all()
    assert (model.get_weights()[0] == notes.seen[best]).all()
    assert sorted(p.name[:2] for p in tmp_path.iterdir()) == ["2-", "4-", "be"]


def test_patience_counts_validations():
    class Worse(Callback):
        def on_epoch_end(self, epoch, logs=None):
            if "val_loss" in logs:
                logs["val_loss"] = float(epoch)

    _, history = fit(Worse(), EarlyStopping(patience=2), epochs=20)
    assert history.epoch[-1] == 5
    _, history = fit(Worse(), ReduceLROnPlateau(patience=1, factor=0.5), epochs=6)
    assert history.history["learning_rate"] == [0.01] * 4 + [0.005] * 2  # said before it is set


def test_without_any_validation_the_best_is_not_known(tmp_path):
    path = tmp_path / "best.safetensors"
    with pytest.warns(UserWarning, match="watches 'val_loss', which is not there"):
        fit(ModelCheckpoint(path, save_best_only=True), freq=None, epochs=1)
    assert not path.exists()
    with pytest.raises(ValueError, match="of 'val_loss' there is no number; there are loss, epoch"):
        fit(ModelCheckpoint(tmp_path / "{val_loss}"), freq=None)


def test_curves_are_at_their_epochs():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra plot)")
    from mlp import plots

    _, history = fit(initial_epoch=1, epochs=7, freq=3)
    training, validation, best = plots.learning_curve(history).lines
    assert training.get_xdata().tolist() == [2, 3, 4, 5, 6, 7]
    assert validation.get_xdata().tolist() == [3, 6]
    assert best.get_xdata().tolist() == [6]
    assert best.get_label().endswith("in epoch 6")
    plots.learning_curves(history)
    with pytest.raises(ValueError, match="of 'val_loss' there are 2 numbers for 6 epochs, and not"):
        plots.learning_curve(history.history)
    assert plots.learning_curve({"loss": [2.0, 1.0], "note": ["a", "b"]}).lines
    gaps = plots.learning_curve({"loss": [2.0, 1.0], "val_loss": [None, 1.5]}).lines[1]
    assert np.isnan(gaps.get_ydata()).tolist() == [True, False]


def test_the_best_is_marked_at_the_end_that_the_metric_knows():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra plot)")
    from mlp import metrics, plots

    class Brier(metrics.Metric):
        name, better = "brier_score", "min"

        def values(self, y_true, y_pred):
            return (y_pred - y_true) ** 2

    model = Sequential([Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", "binary_crossentropy", metrics=[Brier()])
    history = model.fit(X, Y, epochs=4, validation_split=0.25, verbose=0)
    best = plots.learning_curve(history, "brier_score").lines[-1]
    assert best.get_ydata().tolist() == [min(history.history["val_brier_score"])]


def test_watch_counts_epochs():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra plot)")
    watched = mlp.watch(mlp.MLP(2, [1]), X[:, :2], Y)
    fit(watched, initial_epoch=3)
    assert watched.at == {"loss": [3, 4, 5], "val_loss": [3, 5]}
    assert watched.picture().get_suptitle().startswith("epoch 6, loss 0.")
    fit(watched, epochs=1)
    assert watched.epoch == [3, 4, 5, 6]
    old = mlp.watch(mlp.MLP(2, [1]), X[:, :2], Y)
    old.load_state({"history": {"loss": [2.0, 1.0], "val_loss": [3.0]}})
    assert (old.epoch, old.at, old.epochs) == ([0, 1], {"loss": [0, 1]}, 2)


# Logs of anything


def anything(epoch, logs):
    logs |= {"f": np.float32(0.5), "zero": np.array(2.0), "i": np.int64(3), "v": Value(1.5),
             "text": 'he said, "hi"\nand left', "some": np.array([1.0, np.nan]), "none": None,
             "nan": np.float32("nan"), "epoch": "mine"}  # fmt: skip


def test_what_callbacks_report_ends_no_training(tmp_path, capsys):
    model = Sequential([Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", "binary_crossentropy")
    history = model.fit(X, Y, epochs=2, verbose=2, callbacks=[
        anything, CSVLogger(tmp_path / "a.csv"), JSONLogger(tmp_path / "a.json")])  # fmt: skip
    last = rows(tmp_path / "a.csv")[1]
    assert (last["epoch"], last["f"], last["zero"], last["i"]) == ("1", "0.5", "2.0", "3")
    assert last["text"] == 'he said, "hi"\nand left'
    line = json.loads((tmp_path / "a.json").read_text().splitlines()[1])
    assert line.pop("loss") == history.history["loss"][1]
    assert line == {"epoch": 1, "f": 0.5, "zero": 2.0, "i": 3, "v": 1.5, "none": None, "nan": None,
                    "text": 'he said, "hi"\nand left', "some": [1.0, None]}  # fmt: skip
    assert {type(history.history[name][0]) for name in ("f", "zero", "v")} == {float}
    assert 'text he said, "hi" and left' in repr(history)
    assert '- f: 0.5000 - zero: 2.0000 - i: 3.0000 - v: 1.5000 - text: he said, "hi" and left' in (
        capsys.readouterr().out)  # fmt: skip


def test_text_and_numpy_numbers_are_kept_in_a_checkpoint(tmp_path):
    def report(epoch, logs):
        logs |= {"phase": "warm-up", "f": np.float32(epoch)}
        if epoch == report.stops:
            raise RuntimeError("stop")

    report.stops = 1
    keep = [report, BackupAndRestore(tmp_path), mlp.watch(None, X[:, :2], Y), EarlyStopping("f")]
    with pytest.raises(RuntimeError, match="stop"):
        fit(*keep)
    report.stops = -1
    keep[3].mode = "max"
    _, history = fit(*keep, epochs=3)
    assert history.history["phase"] == ["warm-up"] * 3
    assert history.history["f"] == [0, 1, 2]
    with pytest.raises(TypeError, match="EarlyStopping watches 'phase', which is 'warm-up'"):
        fit(report, EarlyStopping("phase", mode="min"))


# One error around another's


@pytest.mark.parametrize("occasion", [
    "on_train_batch_begin", "on_train_batch_end", "on_epoch_begin", "on_epoch_end"])  # fmt: skip
def test_a_callbacks_own_error_is_no_invalid_loss(occasion):
    def fail(*_):
        raise FloatingPointError("mine")

    with pytest.raises(FloatingPointError, match=r"^mine$"):
        fit(TerminateOnNaN(), LambdaCallback(**{occasion: fail}))


def test_what_fails_after_an_error_does_not_hide_it():
    told = []

    class Clumsy(Callback):
        def on_interrupt(self):
            raise OSError("the disk is full")

    def fail(*_):
        raise RuntimeError("first")

    with pytest.raises(RuntimeError, match="first") as caught:
        fit(Clumsy(), LambdaCallback(on_interrupt=lambda: told.append(1)), fail)
    assert caught.value.__notes__ == [
        "Clumsy.on_interrupt failed after that: OSError('the disk is full')"]
    assert told == [1]
