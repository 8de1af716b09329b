"""Tables: a file of rows and columns becomes data sets that a network can learn from."""

import csv
import os
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .encoding import TableEncoder, Target
from .idx import DataError
from .sets import Dataset, split_rows

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Table", "read_table", "table"]

LARGEST = 1 << 30  # bytes of a file; its table takes a few times as many
_SAMPLE = 1 << 16  # bytes from which delimiter and decimal comma are guessed
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+")
_DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NO_TABLES = {
    b"PK\x03\x04": "a zip or Excel file: save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save the sheet as CSV",
    b"\x1f\x8b": "packed by gzip: unpack it first",
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file: read it with pandas, and pass the DataFrame",
}


def read_table(path: str | os.PathLike[str]) -> "DataFrame":
    r"""Read a table from a text file whose first line has the names of the columns.

    Comma, semicolon, tab or bar between fields, quotes, a decimal comma, UTF-8, UTF-16 or
    Windows' encoding are seen from the file. Empty fields, ``NA``, ``nan``, ``null``, ``None``,
    ``?`` and the like are missing entries.

    Parameters
    ----------
    path : path_like
        The file.

    Returns
    -------
    pandas.DataFrame
        A row a line.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DataError
        If it is no such table, or larger than 1 GiB; the message says what is wrong.
    ModuleNotFoundError
        If pandas is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "leaves.csv")
    ...     _ = path.write_text("length;kind\n1,5;oak\n0,7;elm\n")
    ...     read_table(path)
       length kind
    0     1.5  oak
    1     0.7  elm
    """
    pd = import_pandas()
    path = Path(path)
    with path.open("rb") as file:
        size, sample = os.fstat(file.fileno()).st_size, file.read(_SAMPLE)
    if size > LARGEST:
        raise DataError(
            f"{path}: {size:,} bytes, and a table is held in memory: read a part of it with "
            "pandas.read_csv(path, nrows=...), and pass the DataFrame"
        )
    for magic, what in _NO_TABLES.items():
        if sample.startswith(magic):
            raise DataError(f"{path}: not a text file but {what}")
    utf16 = sample.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in sample and not utf16:
        raise DataError(f"{path}: not a text file: it has zero bytes")
    form = _form(path, sample.decode("utf-16" if utf16 else "utf-8-sig", "replace"))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp1252"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)
                frame = pd.read_csv(path, encoding=encoding, index_col=False, low_memory=False,
                                    skipinitialspace=True, na_values=["?"], **form)  # fmt: skip
            break
        except UnicodeDecodeError as error:
            failure = f"not a text file: {error}"
        except pd.errors.ParserWarning as error:
            raise DataError(f"{path}: rows have more fields than there are column names") from error
        except (pd.errors.ParserError, ValueError) as error:
            reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
            raise DataError(f"{path}: {reason}") from error
    else:
        raise DataError(f"{path}: {failure}")
    frame.columns = frame.columns.map(lambda name: str(name).strip())
    if not len(frame):
        raise DataError(f"{path}: column names, but no rows")
    return frame


def import_pandas() -> Any:
    """Give pandas, or say how to install it."""
    try:
        import pandas
    except ImportError as error:
        raise ModuleNotFoundError(
            "tables need pandas: pip install 'chainrule[table]'") from error  # fmt: skip
    return pandas


def _form(path: Path, sample: str) -> dict[str, Any]:
    """Guess how a table is written from how it begins, and check the names of its columns."""
    lines = [line for line in sample.splitlines() if line.strip()]
    if not lines:
        raise DataError(f"{path}: empty")
    tables = {mark: _fields(lines[:200], mark) for mark in ",;\t|"}
    # Of the marks that give every row as many fields as the header, the one that gives most.
    mark = max(tables, key=lambda mark: (_regular(tables[mark]), len(tables[mark][0])))
    names, *rows = tables[mark]
    names = [name.strip() for name in names]
    if len(lines) > 1 and all(re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", name) for name in names):
        raise DataError(
            f"{path}: the first line has numbers, and is to have the names of the columns: "
            f"{', '.join(names):.60}"
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DataError(f"{path}: several columns are called {', '.join(map(repr, twice))}")
    fields = [field.strip() for row in rows for field in row]

    def some(pattern: re.Pattern[str]) -> bool:
        return any(pattern.fullmatch(field) for field in fields)

    form = {"sep": mark, "decimal": ".", "thousands": None}
    if some(_DECIMAL_COMMA) and not some(_DECIMAL_POINT) and mark != ",":
        form |= {"decimal": ",", "thousands": "."}
    elif some(_THOUSANDS):
        form["thousands"] = ","
    return form


def _fields(lines: list[str], mark: str) -> list[list[str]]:
    return list(csv.reader(lines, delimiter=mark, skipinitialspace=True))


def _regular(rows: list[list[str]]) -> bool:
    width = len(rows[0])
    return width > 1 and sum(len(row) == width for row in rows) > 0.9 * len(rows)


@dataclass(frozen=True, eq=False)
class Table:
    """Rows with a target, not yet numbers: those are learned from the part to train on.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows whose target is not missing.
    target : str
        The column to predict.
    task : {"classification", "regression"}
        Whether the target is a class or a number.
    missing_targets : int
        How many rows were left out because their target is missing.
    options : dict
        What `TableEncoder.fit` is called with.
    """

    frame: "DataFrame"
    target: str
    task: str
    missing_targets: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        columns = len(self.frame.columns) - 1
        return f"<Table: {len(self)} rows of {columns} columns and {self.target!r}, {self.task}>"

    def split(self, test: float = 0.2, *, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Divide it as `Dataset.split` does, and turn both into numbers as the first part says.

        Raises
        ------
        ValueError
            If one of the parts would be empty, or a class would be in the second alone.
        DataError
            If there is nothing to learn from.
        """
        classes = None
        if self.task == "classification":
            values = self.frame[self.target]
            classes = Target.fit(values, self.task).encode(values)
        train, test_rows = split_rows(len(self), test, classes, seed)
        encoder = self._fit(self.frame.iloc[train])
        return (
            self._encoded(encoder, self.frame.iloc[train]),
            self._encoded(encoder, self.frame.iloc[test_rows]),
        )

    def dataset(self) -> Dataset:
        """Turn all rows into numbers, as all rows say."""
        return self._encoded(self._fit(self.frame), self.frame)

    def _fit(self, frame: "DataFrame") -> TableEncoder:
        return TableEncoder.fit(frame, self.target, task=self.task, **self.options)

    def _encoded(self, encoder: TableEncoder, frame: "DataFrame") -> Dataset:
        return Dataset(encoder.encode(frame), encoder.encode_target(frame), encoder.feature_names,
                       encoder.target_names, f"A table, to predict {self.target}.",
                       encoder=encoder)  # fmt: skip


def table(
    source: Any, target: str, *, task: str | None = None, categorical: Iterable[str] = (),
    ignore: Iterable[str] = (), standardize_target: bool = False,
) -> Table:  # fmt: skip
    """Read a table to learn from.

    Parameters
    ----------
    source : path_like or pandas.DataFrame
        A file, read by `read_table`, or the table itself.
    target : str
        The column to predict.
    task : {"classification", "regression"}, optional
        Whether the target is a class or a number. If not given, text is a class, and so are whole
        numbers of which there are 20 or fewer.
    categorical : iterable of str, optional
        Columns of categories that do not look it, such as codes that are numbers.
    ignore : iterable of str, optional
        Columns to leave out.
    standardize_target : bool, optional
        Whether numbers to predict are shifted and scaled, too; `TableEncoder.decode` undoes it.

    Returns
    -------
    Table
        To `split`.

    Raises
    ------
    ValueError
        If there is no such column (the nearest is named), or no such task.
    DataError
        If the file is no table, or the target is missing everywhere or always the same.

    Examples
    --------
    >>> import pandas as pd
    >>> leaves = pd.DataFrame({
    ...     "length": [1.5, 0.7, None, 1.2, 0.4, 1.1], "edge": ["a", "b", "b", "a", "b", "a"],
    ...     "kind": ["oak", "elm", "elm", "oak", "elm", "oak"]})
    >>> train, test = table(leaves, target="kind").split(2)
    >>> train.feature_names, train.target_names
    (('length', 'length missing', 'edge=a', 'edge=b'), ('elm', 'oak'))
    >>> test.y.tolist(), train.encoder.decode(test.y).tolist()
    ([0, 1], ['elm', 'oak'])
    """
    pd = import_pandas()
    frame = source if isinstance(source, pd.DataFrame) else read_table(source)
    values = TableEncoder.target_column(frame, target)
    task = Target.fit(values, task).task
    present = values.notna().to_numpy()
    options = {"categorical": tuple(categorical), "ignore": tuple(ignore),
               "standardize_target": standardize_target}  # fmt: skip
    rows = frame.loc[present].reset_index(drop=True)
    return Table(rows, target, task, int(np.sum(~present)), options)
