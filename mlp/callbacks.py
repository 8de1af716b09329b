"""Callbacks: what `Sequential.fit` calls as it goes, with Keras' names and settings.

A plain function of (epoch, logs) is called at the end of each epoch; `LambdaCallback` and classes
of one's own, derived from `Callback`, at any of its occasions.
"""

import csv
import inspect
import json
import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from .lookup import lookup

__all__ = [
    "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History", "JSONLogger",
    "LambdaCallback", "LearningRateScheduler", "ModelCheckpoint", "ReduceLROnPlateau",
    "TerminateOnNaN",
]  # fmt: skip

Logs = dict[str, float] | None


class Callback:
    """Does something at some occasions of a training; one of your own overrides some of these.

    ``logs`` are means by name: of the epoch as far as it has come, or of all of it, then with
    those of the validation. What is put into it at the end of an epoch goes to the `History`.

    Attributes
    ----------
    model : Sequential
        Setting ``model.stop_training = True`` ends the training.
    params : dict
        ``epochs``, ``steps`` (of an epoch), ``verbose``.

    Examples
    --------
    >>> class Shout(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(f"Epoch {epoch} is over!")
    >>> Shout().on_epoch_end(3)
    Epoch 3 is over!
    """

    model: Any = None
    params: dict[str, Any]

    def set_model(self, model: Any) -> None:
        """Be told whose training it is."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Be told how long it is."""
        self.params = params

    def on_train_begin(self, logs: Logs = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs = None) -> None:
        """After the last epoch; not after an error."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a step, counted from 0."""

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a step."""

    def on_interrupt(self) -> None:
        """When the training ends by an error, or by Ctrl-C (not in Keras)."""


OCCASIONS = [name for name in vars(Callback) if name.startswith("on_")]


class CallbackList:
    """Calls those callbacks that have something to do: the others cost nothing.

    Parameters
    ----------
    callbacks : iterable of Callback or function of (epoch, logs)
        In the order in which they are called; a function that also has methods named like the
        occasions of a `Callback`, such as `mlp.watch`, is called at these.
    model : Sequential
        Whose training it is.
    params : dict
        As of a `Callback`.

    Raises
    ------
    TypeError
        If one is neither.
    """

    def __init__(self, callbacks: Iterable[Any], model: Any, params: dict[str, Any]) -> None:
        self.callbacks = [_callback(c) for c in callbacks]
        for c in self.callbacks:
            c.set_model(model)
            c.set_params(params)
        for name in OCCASIONS:
            setattr(self, name, self._caller(name))

    def _caller(self, name: str) -> Callable[..., None] | None:
        base = getattr(Callback, name)
        busy = [getattr(c, name) for c in self.callbacks
                if getattr(getattr(c, name), "__func__", None) is not base]  # fmt: skip

        def call(*arguments: Any) -> None:
            for f in busy:
                f(*arguments)

        return call if busy else None

    def announce(self, batches: Iterable[Any], start: int = 0) -> Iterator[Any]:
        """Call `on_train_batch_begin` before each mini-batch."""
        for k, batch in enumerate(batches, start):
            self("on_train_batch_begin", k, None)
            yield batch

    def __call__(self, occasion: str, *arguments: Any) -> None:
        """Call all that have something to do at an occasion."""
        call = getattr(self, occasion)
        if call is not None:
            call(*arguments)


def _callback(choice: Any) -> Callback:
    if isinstance(choice, Callback):
        return choice
    if callable(choice) and not isinstance(choice, type):
        own = {name: getattr(choice, name) for name in OCCASIONS if hasattr(choice, name)}
        return LambdaCallback(**own or {"on_epoch_end": choice})
    raise TypeError(f"a callback is a Callback or a function of (epoch, logs), got {choice!r:.60}")


class History(Callback):
    """What `fit` returns: the numbers of each epoch.

    Attributes
    ----------
    history : dict of list of float
        By name: ``loss``, metrics, and with ``val_`` before them those of the validation.
    epoch : list of int
        The numbers of the epochs, from 0.
    params : dict
        ``epochs``, ``steps``, ``verbose``.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.params = {}

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Keep the numbers."""
        self.epoch.append(epoch)
        for name, number in (logs or {}).items():
            self.history.setdefault(name, []).append(number)

    def __repr__(self) -> str:
        last = ", ".join(f"{k} {x[-1]:.4g}" for k, x in self.history.items())
        n = len(self.epoch)
        return f"<History of {n} epoch{'s' * (n != 1)}{': ' * bool(last)}{last}>"


class LambdaCallback(Callback):
    """Calls functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: …)``.

    Parameters
    ----------
    **functions : callable
        By the names of the occasions of a `Callback`, with the same arguments.

    Raises
    ------
    ValueError
        If there is no such occasion.
    """

    def __init__(self, **functions: Callable[..., None] | None) -> None:
        for name, function in functions.items():
            lookup("occasion", name, dict.fromkeys(OCCASIONS))
            if function is not None:
                setattr(self, name, function)


class _Monitor(Callback):
    """Watches a number, of which it knows which end is good."""

    def __init__(self, monitor: str, mode: str, min_delta: float, best: float | None) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f'mode is "auto", "min" or "max", got {mode!r}')
        self.monitor = monitor
        self.mode = mode
        self.min_delta = abs(min_delta)
        self.best = best

    def current(self, logs: Logs) -> float | None:
        """Give the number, or warn that there is none."""
        if self.monitor in (logs or {}):
            return logs[self.monitor]  # type: ignore[index]
        warnings.warn(
            f"{type(self).__name__} watches {self.monitor!r}, which is not there: there are "
            f"{', '.join(logs or {}) or 'no numbers'}" + (
                "; give fit validation_data or validation_split"
                if self.monitor.startswith("val_") else ""),
            stacklevel=5)  # fmt: skip
        return None

    def improved(self, current: float, best: float | None) -> bool:
        """Tell whether a number is better than another by more than `min_delta`."""
        if best is None:
            return not math.isnan(current)
        up = self._mode() == "max"
        return current > best + self.min_delta if up else current < best - self.min_delta

    def _mode(self) -> str:
        if self.mode != "auto":
            return self.mode
        name = self.monitor.removeprefix("val_")
        better = "min" if name == "loss" else self.model.directions().get(name)
        if better is None:
            raise ValueError(f"{type(self).__name__}: is {self.monitor!r} better high or low? Say "
                             'mode="max" or mode="min"')  # fmt: skip
        return str(better)


class EarlyStopping(_Monitor):
    """Ends the training when a number has not improved for some epochs.

    Parameters
    ----------
    monitor : str, optional
        The number.
    min_delta : float, optional
        Only a larger change is an improvement.
    patience : int, optional
        After how many epochs without one it ends.
    verbose : int, optional
        Whether to say so.
    mode : {"auto", "min", "max"}, optional
        Which end is good; ``"auto"`` knows that of losses and of the metrics of `mlp.metrics`.
    baseline : float, optional
        What has to be reached, too.
    restore_best_weights : bool, optional
        Whether to go back to the weights of the best epoch.
    start_from_epoch : int, optional
        Before this epoch, counted from 0, nothing is watched.
    """

    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0.0, patience: int = 0,
        verbose: int = 0, mode: str = "auto", baseline: float | None = None,
        restore_best_weights: bool = False, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta, None)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget an earlier training."""
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look whether it is better, or enough."""
        current = self.current(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.improved(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.improved(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Go back to the best weights."""
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring the weights of the best epoch, {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)


class ReduceLROnPlateau(_Monitor):
    """Lowers the learning rate when a number has not improved for some epochs.

    Parameters
    ----------
    monitor, verbose, mode, min_delta
        As of `EarlyStopping`.
    factor : float, optional
        What the rate is multiplied by, below 1.
    patience : int, optional
        After how many epochs without an improvement.
    cooldown : int, optional
        For how many epochs after that nothing is counted.
    min_lr : float, optional
        The lowest rate.
    """

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10,
        verbose: int = 0, mode: str = "auto", min_delta: float = 1e-4, cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta, None)
        if not 0 <= factor < 1:
            raise ValueError(f"factor is a number from 0 to below 1, got {factor!r}")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget an earlier training."""
        self.best = None
        self.wait = self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look whether it is better, or the rate has to go down."""
        logs = {} if logs is None else logs
        optimizer = self.model.optimizer
        current = self.current(logs)
        logs["learning_rate"] = rate = _fixed_rate(optimizer, self)
        if current is None:
            return
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improved(current, self.best):
            self.best, self.wait = current, 0
        elif not self.cooldown_counter:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                optimizer.learning_rate = max(rate * self.factor, self.min_lr)
                self.cooldown_counter, self.wait = self.cooldown, 0
                if self.verbose:
                    print(f"\nEpoch {epoch + 1}: learning rate reduced to "
                          f"{optimizer.learning_rate:g}")  # fmt: skip


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Parameters
    ----------
    schedule : callable
        Gives the rate from the number of the epoch, from 0, and the rate so far; or from the
        number alone.
    verbose : int, optional
        Whether to print it.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = schedule
        self.verbose = verbose
        parameters = inspect.signature(schedule).parameters.values()
        self._takes_rate = len(parameters) > 1 and all(
            p.default is p.empty or p.name == "lr" for p in list(parameters)[:2])  # fmt: skip

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Set the rate."""
        optimizer = self.model.optimizer
        rate = _fixed_rate(optimizer, self)
        rate = self.schedule(epoch, rate) if self._takes_rate else self.schedule(epoch)
        optimizer.learning_rate = float(rate)
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: the learning rate is {rate:g}")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Report it."""
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


def _fixed_rate(optimizer: Any, callback: Callback) -> float:
    if callable(optimizer.learning_rate):
        raise ValueError(f"{type(callback).__name__} sets the learning rate, but the optimizer has "
                         f"a schedule, {optimizer.learning_rate!r}: give it a number")  # fmt: skip
    return float(optimizer.learning_rate)


class TerminateOnNaN(Callback):
    """Ends the training when the loss, or a gradient, is NaN or infinite, where `fit` raises."""

    def on_invalid(self, batch: int, error: FloatingPointError) -> None:
        """Say so, and end it."""
        print(f"\nBatch {batch}: invalid loss, the training ends ({error})")
        self.model.stop_training = True


class _FileLogger(Callback):
    """Adds a line to a file after each epoch, and has it written at once."""

    def __init__(self, filename: str | os.PathLike[str], append: bool) -> None:
        self.filename = Path(filename)
        self.append = append

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin the file; or look where it ends, without a line that a crash left unfinished."""
        if self.append and self.filename.exists():
            with self.filename.open("rb+") as file:
                content = file.read()
                file.truncate(content.rfind(b"\n") + 1)
        else:
            self.filename.write_bytes(b"")

    def write(self, text: str) -> None:
        """Add a line."""
        with self.filename.open("a", encoding="utf-8", newline="") as file:
            file.write(text + "\n")


class CSVLogger(_FileLogger):
    """Writes the numbers of each epoch to a CSV file as it goes.

    Parameters
    ----------
    filename : path_like
        The file.
    separator : str, optional
        What stands between the columns.
    append : bool, optional
        Whether to go on with a file that is there, in its columns.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__(filename, append)
        self.separator = separator

    def on_train_begin(self, logs: Logs = None) -> None:
        """Find the columns of a file that is there."""
        super().on_train_begin(logs)
        with self.filename.open(encoding="utf-8", newline="") as file:
            self.columns = next(csv.reader(file, delimiter=self.separator), [])

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write a row, and the header before the first."""
        numbers: dict[str, Any] = {"epoch": epoch, **(logs or {})}
        if not self.columns:
            self.columns = list(numbers)
            self._row(self.columns)
        self._row([numbers.get(name, "NA") for name in self.columns])

    def _row(self, cells: list[Any]) -> None:
        self.write(self.separator.join(map(str, cells)))


class JSONLogger(_FileLogger):
    """Writes the numbers of each epoch as JSON, a line an epoch, as it goes; NaN becomes null.

    Parameters
    ----------
    filename : path_like
        The file.
    append : bool, optional
        Whether to go on with a file that is there.
    """

    def __init__(self, filename: str | os.PathLike[str], append: bool = False) -> None:
        super().__init__(filename, append)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write a line."""
        numbers = {k: x if math.isfinite(x) else None for k, x in (logs or {}).items()}
        self.write(json.dumps({"epoch": epoch, **numbers}))


class ModelCheckpoint(_Monitor):
    """Saves the model after each epoch, or after each that is the best so far.

    Parameters
    ----------
    filepath : path_like
        The file; ``{epoch:02d}``, from 1, and names such as ``{val_loss:.2f}`` are filled in.
    monitor, verbose, mode
        As of `EarlyStopping`.
    save_best_only : bool, optional
        Whether only a better model is saved.
    save_weights_only : bool, optional
        Whether ``model.save_weights`` is called, and not ``model.save``.
    save_freq : "epoch" or int, optional
        After how many steps to save.
    initial_value_threshold : float, optional
        What the first to be saved has to be better than.
    """

    def __init__(
        self, filepath: str | os.PathLike[str], monitor: str = "val_loss", verbose: int = 0,
        save_best_only: bool = False, save_weights_only: bool = False, mode: str = "auto",
        save_freq: Any = "epoch", initial_value_threshold: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, 0.0, initial_value_threshold)
        if save_freq != "epoch" and not (isinstance(save_freq, int) and save_freq > 0):
            raise ValueError(f'save_freq is "epoch" or a number of steps, got {save_freq!r}')
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self.steps = self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Note the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save after so many steps."""
        self.steps += 1
        if self.save_freq != "epoch" and self.steps % self.save_freq == 0:
            self._save(batch=batch + 1, logs=logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save after an epoch."""
        if self.save_freq == "epoch":
            self._save(logs=logs)

    def _save(self, logs: Logs, **names: int) -> None:
        path = self.filepath.format(epoch=self.epoch + 1, **names, **(logs or {}))
        if self.save_best_only:
            current = self.current(logs)
            if current is not None:
                if not self.improved(current, self.best):
                    return
                self.best = current
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        if self.verbose:
            print(f"\nEpoch {self.epoch + 1}: saved to {path}")
