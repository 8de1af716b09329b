"""`ModelCheckpoint`: the model in a file, after each epoch or the best."""

import os
from typing import Any

from ..given import checked, file_path
from .base import Logs
from .monitors import Monitor

__all__ = ["ModelCheckpoint", "check_save_freq"]


def check_save_freq(save_freq: Any, owner: str) -> None:
    """Raise if it is neither ``"epoch"`` nor a number of steps."""
    steps = isinstance(save_freq, int) and save_freq > 0
    if not steps and not (isinstance(save_freq, str) and save_freq == "epoch"):
        raise ValueError(f'{owner}: save_freq is "epoch" or a number of steps, got '
                         f"{save_freq!r:.60}")  # fmt: skip


class ModelCheckpoint(Monitor):
    """Saves the model after each epoch, or after each that is the best so far.

    Parameters
    ----------
    filepath : path_like
        The file; ``{epoch:02d}``, from 1, and names such as ``{val_loss:.2f}`` are filled in. After
        an epoch without a validation, a file with such a name is not written.
    monitor, verbose, mode
        As of `EarlyStopping`.
    save_best_only : bool, optional
        Whether only a better model is saved; without a number to go by, none is.
    save_weights_only : bool, optional
        Whether ``model.save_weights`` is called, and not ``model.save``.
    save_freq : "epoch" or int, optional
        After each epoch, or after how many steps, to save.
    initial_value_threshold : float, optional
        What the first to be saved has to be better than.
    """

    remembers = ("best", "epoch", "steps")
    reports = True

    @checked
    def __init__(
        self, filepath: str | os.PathLike[str], monitor: str = "val_loss", verbose: int = 0,
        save_best_only: bool = False, save_weights_only: bool = False, mode: str = "auto",
        save_freq: Any = "epoch", initial_value_threshold: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, 0.0, initial_value_threshold)
        check_save_freq(save_freq, "ModelCheckpoint")
        self.filepath = os.fspath(file_path(filepath, "ModelCheckpoint: filepath"))
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
        if self.save_best_only:
            current = self.current(self.epoch, logs)
            if current is None or not self.improved(current, self.best):
                return
        numbers = {**(logs or {}), "epoch": self.epoch + 1, **names}
        try:
            path = self.filepath.format(**numbers)
        except (LookupError, TypeError, ValueError) as error:
            missing = str(error.args[0]) if isinstance(error, KeyError) else ""
            if not names and self.waits(self.epoch, missing):
                return
            raise ValueError(
                f"ModelCheckpoint: the file is called {self.filepath!r}, but "
                + (f"of {missing!r} there is no number" if missing else f"that fails: {error}")
                + f"; there are {', '.join(numbers)}") from None  # fmt: skip
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        if self.save_best_only:
            self.best = current
        if self.verbose:
            print(f"\nEpoch {self.epoch + 1}: saved to {path}")
