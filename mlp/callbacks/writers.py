"""Callbacks that write the numbers of each epoch, or the model, to files."""

import csv
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import write_atomically
from .base import Callback, Logs
from .monitors import Monitor

__all__ = ["CSVLogger", "JSONLogger", "ModelCheckpoint"]


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

    def state(self) -> dict[str, Any]:
        """Give all that is in the file."""
        return {"content": self.filename.read_bytes().decode()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Write the file as it was, without epochs that are to come again."""
        write_atomically(self.filename, state["content"].encode())

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
        """Begin the file, or go on with one that is there."""
        super().on_train_begin(logs)
        self._find_columns()

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Write the file as it was, without epochs that are to come again."""
        super().load_state(state)
        self._find_columns()

    def _find_columns(self) -> None:
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


def check_save_freq(save_freq: Any) -> None:
    """Raise if it is neither ``"epoch"`` nor a number of steps."""
    if save_freq != "epoch" and not (isinstance(save_freq, int) and save_freq > 0):
        raise ValueError(f'save_freq is "epoch" or a number of steps, got {save_freq!r}')


class ModelCheckpoint(Monitor):
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
        After each epoch, or after how many steps, to save.
    initial_value_threshold : float, optional
        What the first to be saved has to be better than.
    """

    remembers = ("best", "epoch", "steps")

    def __init__(
        self, filepath: str | os.PathLike[str], monitor: str = "val_loss", verbose: int = 0,
        save_best_only: bool = False, save_weights_only: bool = False, mode: str = "auto",
        save_freq: Any = "epoch", initial_value_threshold: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, 0.0, initial_value_threshold)
        check_save_freq(save_freq)
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
        numbers = {"epoch": self.epoch + 1, **names, **(logs or {})}
        try:
            path = self.filepath.format(**numbers)
        except KeyError as error:
            raise ValueError(f"ModelCheckpoint: the file is called {self.filepath!r}, but of "
                             f"{error} there is no number, only of {', '.join(numbers)}"
                             ) from None  # fmt: skip
        if self.save_best_only:
            current = self.current(logs)
            if current is not None:
                if not self.improved(current, self.best):
                    return
                self.best = current
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        if self.verbose:
            print(f"\nEpoch {self.epoch + 1}: saved to {path}")
