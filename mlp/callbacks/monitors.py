"""Callbacks that watch a number, or set the learning rate."""

import inspect
import math
import warnings
from collections.abc import Callable
from numbers import Real
from typing import Any

from ..given import checked, function, number, whole
from .base import Callback, Logs, plain

__all__ = [
    "EarlyStopping", "LearningRateScheduler", "Monitor", "ReduceLROnPlateau", "TerminateOnNaN",
]  # fmt: skip


class Monitor(Callback):
    """Watches a number, of which it knows which end is good."""

    @checked
    def __init__(self, monitor: str, mode: str, min_delta: float, best: float | None) -> None:
        name = type(self).__name__
        if not isinstance(mode, str) or mode not in ("auto", "min", "max"):
            raise ValueError(f'{name}: mode is "auto", "min" or "max", got {mode!r:.60}')
        if not isinstance(monitor, str):
            raise TypeError(f'{name}: monitor is a name, such as "val_loss", got {monitor!r:.60}')
        self.monitor = monitor
        self.mode = mode
        self.min_delta = abs(number(min_delta, f"{name}: min_delta"))
        self.best = best

    def current(self, epoch: int, logs: Logs) -> float | None:
        """Give the number; warn if there is none, unless it is that of a validation to come."""
        if self.monitor in (logs or {}):
            x = plain(logs[self.monitor])  # type: ignore[index]
            if not isinstance(x, Real):
                raise TypeError(f"{type(self).__name__} watches {self.monitor!r}, which is "
                                f"{x!r:.60}, and no number")  # fmt: skip
            return x
        if not self.waits(epoch, self.monitor):
            warnings.warn(
                f"{type(self).__name__} watches {self.monitor!r}, which is not there: there are "
                f"{', '.join(logs or {}) or 'no numbers'}" + (
                    "; give fit validation_data or validation_split"
                    if self.monitor.startswith("val_") else ""),
                stacklevel=5)  # fmt: skip
        return None

    def waits(self, epoch: int, name: str) -> bool:
        """Tell whether a number is one of the validation, which other epochs have."""
        return (name.startswith("val_") and self.model.validation_freq is not None
                and not self.model.validates(epoch))  # fmt: skip

    def improved(self, current: float, best: float | None) -> bool:
        """Tell whether a number is better than another by more than `min_delta`."""
        if best is None:
            return not math.isnan(current)
        up = self._mode() == "max"
        return current > best + self.min_delta if up else current < best - self.min_delta

    def _mode(self) -> str:
        if self.mode != "auto":
            return self.mode
        better = self.model.directions().get(self.monitor.removeprefix("val_"))
        if better is None:
            raise ValueError(f"{type(self).__name__}: is {self.monitor!r} better high or low? Say "
                             'mode="max" or mode="min"')  # fmt: skip
        return str(better)


class EarlyStopping(Monitor):
    """Ends the training when a number has not improved for some epochs.

    Parameters
    ----------
    monitor : str, optional
        The number, by its name in the logs; epochs without a validation do not count for one of
        the validation.
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

    remembers = ("best", "best_epoch", "best_weights", "stopped_epoch", "wait")

    @checked
    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0.0, patience: int = 0,
        verbose: int = 0, mode: str = "auto", baseline: float | None = None,
        restore_best_weights: bool = False, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta, None)
        self.patience = whole(patience, "EarlyStopping: patience", 0)
        self.verbose = verbose
        self.baseline = None if baseline is None else number(baseline, "EarlyStopping: baseline")
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = whole(start_from_epoch, "EarlyStopping: start_from_epoch", 0)
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget an earlier training."""
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look whether it is better, or enough."""
        current = self.current(epoch, logs)
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


class ReduceLROnPlateau(Monitor):
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

    remembers = ("best", "cooldown_counter", "wait")

    @checked
    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0,
        mode: str = "auto", min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta, None)
        self.factor = number(factor, "ReduceLROnPlateau: factor", "from 0 to below 1")
        self.patience = whole(patience, "ReduceLROnPlateau: patience", 0)
        self.verbose = verbose
        self.cooldown = whole(cooldown, "ReduceLROnPlateau: cooldown", 0)
        self.min_lr = number(min_lr, "ReduceLROnPlateau: min_lr", "from 0")
        self.on_train_begin()

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget an earlier training."""
        self.best = None
        self.wait = self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look whether it is better, or the rate has to go down."""
        logs = {} if logs is None else logs
        optimizer = self.model.optimizer
        current = self.current(epoch, logs)
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

    @checked
    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = function(schedule, "LearningRateScheduler: schedule",
                                 "of the epoch, and of the rate so far")  # fmt: skip
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
            logs["learning_rate"] = _fixed_rate(self.model.optimizer, self)


def _fixed_rate(optimizer: Any, callback: Callback) -> float:
    if callable(optimizer.learning_rate):
        raise ValueError(f"{type(callback).__name__} sets the learning rate, but the optimizer has "
                         f"a schedule, {optimizer.learning_rate!r}: give it a number")  # fmt: skip
    return float(optimizer.learning_rate)


class TerminateOnNaN(Callback):
    """Ends the training when the loss, or a gradient, is NaN or infinite, where `fit` raises.

    Parameters
    ----------
    raise_error : bool, optional
        Whether to raise a RuntimeError in place of that.
    """

    @checked
    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_invalid(self, batch: int, error: FloatingPointError) -> None:
        """Say so, and end it."""
        if self.raise_error:
            raise RuntimeError(f"batch {batch}: NaN or infinite loss or gradient ({error})")
        print(f"\nBatch {batch}: invalid loss, the training ends ({error})")
        self.model.stop_training = True
