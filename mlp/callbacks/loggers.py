"""Callbacks that write the numbers of each epoch to a file."""

import csv
import io
import json
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data.files import write_atomically
from ..given import checked, file_path
from .base import Callback, Logs, plain

__all__ = ["CSVLogger", "JSONLogger"]


class _FileLogger(Callback):
    """Adds a line to a file after each epoch, and has it written at once."""

    reports = True

    @checked
    def __init__(self, filename: str | os.PathLike[str], append: bool) -> None:
        self.filename = file_path(filename, f"{type(self).__name__}: filename")
        self.append = append

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin the file; or look where it ends, without a line that a crash left unfinished."""
        if self.append and self.filename.exists():
            with self.filename.open("rb+") as file:
                file.truncate(self.whole(file.read()))
        else:
            self.filename.write_bytes(b"")

    def whole(self, content: bytes) -> int:
        """Tell how long it is without an unfinished line."""
        return content.rfind(b"\n") + 1

    def state(self) -> dict[str, Any]:
        """Give all that is in the file."""
        return {"content": self.filename.read_bytes().decode()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Write the file as it was, without epochs that are to come again."""
        write_atomically(self.filename, state["content"].encode())

    def write(self, text: str) -> None:
        """Add a line."""
        with self.filename.open("a", encoding="utf-8", newline="") as file:
            file.write(text)


class CSVLogger(_FileLogger):
    """Writes the numbers of each epoch to a CSV file as it goes.

    A column that comes later, such as those of a validation that is not in every epoch, is added to
    the header; rows that have no such number have NA there.

    Parameters
    ----------
    filename : path_like
        The file.
    separator : str, optional
        What stands between the columns.
    append : bool, optional
        Whether to go on with a file that is there, in its columns.
    """

    @checked
    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__(filename, append)
        if not isinstance(separator, str) or len(separator) != 1:
            raise ValueError(f"CSVLogger: separator is one character, got {separator!r}")
        self.separator = separator

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begin the file, or go on with one that is there."""
        super().on_train_begin(logs)
        self._find_columns()

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Write the file as it was, without epochs that are to come again."""
        super().load_state(state)
        self._find_columns()

    def whole(self, content: bytes) -> int:
        """Look for the last end of a line that is not in quotes."""
        end = super().whole(content)
        return self.whole(content[: end - 1]) if content[:end].count(b'"') % 2 else end

    def _find_columns(self) -> None:
        self.columns = next(iter(self._rows()), [])

    def _rows(self) -> list[list[str]]:
        with self.filename.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file, delimiter=self.separator))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write a row; before the first, and where there are new columns, the header."""
        numbers: dict[str, Any] = {"epoch": epoch} | (logs or {}) | {"epoch": epoch}
        if not self.columns:
            self.columns = list(numbers)
            self.write(self._line(self.columns))
        if new := [name for name in numbers if name not in self.columns]:
            self.columns += new
            rows = [row + ["NA"] * (len(self.columns) - len(row)) for row in self._rows()[1:]]
            text = "".join(map(self._line, [self.columns, *rows]))
            write_atomically(self.filename, text.encode())
        self.write(self._line([numbers.get(name, "NA") for name in self.columns]))

    def _line(self, cells: list[Any]) -> str:
        line = io.StringIO()
        csv.writer(line, delimiter=self.separator, lineterminator="\n").writerow(
            [str(plain(cell)) for cell in cells])  # fmt: skip
        return line.getvalue()


class JSONLogger(_FileLogger):
    """Writes the numbers of each epoch as JSON, a line an epoch, as it goes; NaN becomes null.

    Parameters
    ----------
    filename : path_like
        The file.
    append : bool, optional
        Whether to go on with a file that is there.
    """

    @checked
    def __init__(self, filename: str | os.PathLike[str], append: bool = False) -> None:
        super().__init__(filename, append)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write a line."""
        self.write(json.dumps({"epoch": epoch} | _for_json(logs or {}) | {"epoch": epoch}) + "\n")


def _for_json(x: Any) -> Any:
    """Give what JSON has: null for a number that is not finite, text for what else there is."""
    x = plain(x)
    if isinstance(x, Mapping):
        return {str(k): _for_json(item) for k, item in x.items()}
    if isinstance(x, (list, tuple, np.ndarray)):
        return [_for_json(item) for item in x]
    if isinstance(x, float):
        return x if math.isfinite(x) else None
    return x if x is None or isinstance(x, (bool, int, str)) else str(x)
