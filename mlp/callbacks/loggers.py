"""Callbacks that write the numbers of each epoch to a file."""

import csv
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..data.files import write_atomically
from .base import Callback, Logs

__all__ = ["CSVLogger", "JSONLogger"]


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
