"""Tables: a file of rows and columns becomes data sets that a network can learn from."""

import csv
import io
import math
import os
import re
import warnings
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..given import file_path, listed
from .encoding import TableEncoder, Target, reading
from .entries import choose, days, floats
from .idx import DataError
from .notation import BLANK, PLAIN, Notation, are_numbers, kinds, possible, showing, told_of
from .plain import Plain, plain_columns
from .sets import Dataset, split_rows

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["Table", "read_table", "table"]

LARGEST = 1 << 30  # bytes of a file; its table takes a few times as many
_SAMPLE = 1 << 16  # bytes from which the delimiter is seen
_NO_TABLES = {
    b"PK\x03\x04": "a zip or Excel file: save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save the sheet as CSV",
    b"\x1f\x8b": "packed by gzip: unpack it first",
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file: read it with pandas, and pass the DataFrame",
}


def read_table(
    path: str | os.PathLike[str], *, decimal: str | None = None, thousands: str | None = None,
    dtype: Any = None, encoder: TableEncoder | None = None,
) -> "DataFrame":  # fmt: skip
    r"""Read a table from a text file whose first line has the names of the columns.

    Comma, semicolon, tab or bar between fields, quotes, UTF-8, UTF-16 or Windows' encoding are
    seen from the file. A column is numbers if all its entries are, and none has a leading zero;
    everything else stays text as it is written. Empty fields and ``?`` are missing entries, and
    in a column of numbers ``NA``, ``None``, ``null``, ``nan`` and the like are, too.

    Parameters
    ----------
    path : path_like
        The file.
    decimal, thousands : str, optional
        The decimal mark, "." or ",", and what groups the digits before it; "" for nothing. If not
        given, they are seen from the numbers of the file, in all of which they must make sense.
    dtype : mapping of str to str, optional
        What columns are: "number", "text", "date" (of the form 2024-12-31), or the form of their
        dates, such as "%d.%m.%Y". The names of pandas' types are taken for the first two.
    encoder : TableEncoder, optional
        Reads columns, and numbers in them, as it learned them.

    Returns
    -------
    pandas.DataFrame
        A row a line.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If there is no such column, notation or kind of column.
    DataError
        If it is no such table, larger than 1 GiB, or its numbers can be read in two ways; the
        message says what is wrong, where, and what to do.
    ModuleNotFoundError
        If pandas is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "leaves.csv")
    ...     _ = path.write_text("length;kind;place\n1,5;oak;007\n0,7;elm;012\n")
    ...     read_table(path)
       length kind place
    0     1.5  oak   007
    1     0.7  elm   012
    """
    pd = import_pandas()
    path = file_path(path, "read_table: path")
    if encoder is not None and not isinstance(encoder, TableEncoder):
        raise TypeError(f"read_table: encoder is a TableEncoder, got {encoder!r:.60}")
    notations = possible(decimal, thousands)
    file = _File.opened(path)
    names = file.names(pd)
    said = {} if dtype is None else kinds(dtype, names)
    learned = {}
    if encoder is not None:
        learned = dict.fromkeys(names, "text") | encoder.numbers
        if decimal is None and thousands is None:
            notations = [encoder.notation]
    unsaid = [name for name in names if {**learned, **said}.get(name, "number") == "number"]
    plain = file.plain_columns(names) if PLAIN in notations else {}
    plain = {name: plain[name] for name in unsaid if name in plain}
    texts = file.texts(pd, [name for name in names if name not in plain], every=not plain)
    cells = {name: Counter(texts[name].tolist()) for name in texts}
    shown = [(partial(file.column, pd, name), plain[name].showing) if name in plain else
             (partial(texts.get, name), showing(cells[name], notations)) for name in unsaid]
    notation, otherwise = choose(shown, notations, file.mark != ",")
    how = {"file": str(path), "encoding": file.encoding, "separator": file.mark}

    def column(name: str) -> Any:
        found = plain.get(name)
        if found is None or (found.showing and notation.decimal != "."):
            column = file.column(pd, name) if found else texts[name]
            known = cells.get(name) or Counter(column.tolist())
            return _column(column, known, notation, said.get(name), learned.get(name))
        return found.numbers.astype(float) if said.get(name) == "number" else found.numbers

    frame = pd.DataFrame({name: column(name) for name in names}, columns=pd.Index(names))
    frame.attrs = {**how, "decimal": notation.decimal, "thousands": notation.thousands,
                   "dtype": said, "open": otherwise}  # fmt: skip
    return frame


@dataclass(frozen=True)
class _File:
    """A text file of rows and columns."""

    path: Path
    content: bytes
    encoding: str
    mark: str

    @classmethod
    def opened(cls, path: Path) -> "_File":
        """Read its bytes; see how its text is written, and what separates fields."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST:
                raise DataError(
                    f"{path}: {size:,} bytes, and a table is held in memory: read a part of it "
                    "with pandas.read_csv(path, nrows=...), and pass the DataFrame"
                )
            content = file.read()
        for magic, what in _NO_TABLES.items():
            if content.startswith(magic):
                raise DataError(f"{path}: not a text file but {what}")
        encoding = _encoding(path, content)
        return cls(path, content, encoding, _separator(
            path, content[:_SAMPLE].decode(encoding, "replace")))  # fmt: skip

    def _read(self, pd: Any, **which: Any) -> "DataFrame":
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)
                frame: DataFrame = pd.read_csv(
                    io.BytesIO(self.content), encoding=self.encoding, index_col=False, dtype=object,
                    na_filter=False, skipinitialspace=True, sep=self.mark, **which)
        except pd.errors.ParserWarning as error:
            raise DataError(
                f"{self.path}: rows have more fields than there are column names") from error
        except (pd.errors.ParserError, ValueError) as error:
            reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
            raise DataError(f"{self.path}: {reason}") from error
        frame.columns = frame.columns.map(lambda name: str(name).strip())
        return frame

    def names(self, pd: Any) -> list[str]:
        """Give the names of the columns."""
        return [*self._read(pd, nrows=1).columns]  # with no rows, pandas takes ten times as long

    def texts(self, pd: Any, names: list[str], every: bool = False) -> dict[str, "Series"]:
        """Give some columns, or every one, as they are written."""
        if not names:
            return {}
        wanted = {*names}
        which = {} if every else {"usecols": lambda name: str(name).strip() in wanted}
        frame = self._read(pd, **which)
        if not len(frame):
            raise DataError(f"{self.path}: column names, but no rows")
        columns = {name: frame[name] for name in names}
        for column in columns.values():
            column.attrs = {
                "file": str(self.path), "encoding": self.encoding, "separator": self.mark}
        return columns

    def column(self, pd: Any, name: str) -> "Series":
        """Give a column as it is written."""
        return self.texts(pd, [name])[name]

    def plain_columns(self, names: list[str]) -> dict[str, Plain]:
        """Read the columns that are plainly numbers, if there are neither quotes nor odd lines."""
        _, _, rows = self.content.partition(b"\n")
        rows = rows.replace(b"\r\n", b"\n").strip(b"\n") + b"\n"
        if self.encoding == "utf-16" or len(rows) < 2 or b'"' in rows:
            return {}
        found = plain_columns(rows, self.mark, len(names))
        return {names[k]: x for k, x in found.items()}


def _encoding(path: Path, content: bytes) -> str:
    """See how a text is written."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in content[:_SAMPLE]:
        raise DataError(f"{path}: not a text file: it has zero bytes")
    for encoding in "utf-8", "cp1252":
        try:
            content.decode(encoding)
        except UnicodeDecodeError as error:
            failure = error
        else:
            return encoding.replace("8", "8-sig")
    raise DataError(f"{path}: not a text file: {failure}")


def _column(
    column: "Series", cells: Mapping[str, int], notation: Notation, said: str | None,
    learned: str | None,
) -> Any:  # fmt: skip
    """Give a column of texts as what it is said to be, or as it looks if nothing is said."""
    if said == "number":
        return floats(column, notation, every=True)
    if said is not None and said != "text":
        days(column, "" if said == "date" else said, every=True)  # as the encoder will
    kind = said or learned
    entries = column.tolist()
    if kind == "number" or (kind is None and are_numbers(cells, [notation])):
        told, plain = told_of(cells)
        read: Any = notation.read
        if plain and notation.decimal == ".":  # the same, for millions
            read = float if set("".join(told)) & set(".eE") else int
        known = dict(zip(told, map(read, told), strict=True))
        if None not in known.values():
            x = np.array([*map(known.get, entries)], float)  # None is NaN
            whole = len(told) == len(cells) and set(map(type, known.values())) == {int}
            return x.astype(np.int64) if whole and np.abs(x).max() < 1 << 53 else x
    if all(text.strip() in BLANK for text in cells):
        return np.full(len(column), math.nan)
    return [math.nan if text.strip() in BLANK else text for text in entries]


def import_pandas() -> Any:
    """Give pandas, or say how to install it."""
    try:
        import pandas
    except ImportError as error:
        raise ModuleNotFoundError(
            "tables need pandas: pip install 'chainrule[table]'") from error  # fmt: skip
    return pandas


def _separator(path: Path, sample: str) -> str:
    """See what separates the fields of a table; check the names of its columns."""
    lines = [line for line in sample.splitlines() if line.strip()]
    if not lines:
        raise DataError(f"{path}: empty")
    tables = {mark: _fields(lines[:200], mark) for mark in ",;\t|"}
    # Of the marks that give every row as many fields as the header, the one that gives most.
    mark = max(tables, key=lambda mark: (_regular(tables[mark]), len(tables[mark][0])))
    names = [name.strip() for name in tables[mark][0]]
    if len(lines) > 1 and all(re.fullmatch(r"[-+]?[0-9.,]+(e[-+]?[0-9]+)?", x) for x in names):
        raise DataError(
            f"{path}: the first line has numbers, and is to have the names of the columns: "
            f"{', '.join(names):.60}"
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DataError(f"{path}: several columns are called {', '.join(map(repr, twice))}")
    return mark


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
        train, held_out = self.parts(test, seed=seed)
        encoder = self._fit(train)
        return self._encoded(encoder, train), self._encoded(encoder, held_out)

    def parts(self, test: float = 0.2, *, seed: int = 0) -> tuple["DataFrame", "DataFrame"]:
        """Divide it as `split` does, and leave the rows as they are."""
        classes = None
        if self.task == "classification":
            notation, said = self._reading()
            values, kind = self.frame[self.target], said.get(self.target)
            classes = Target.fit(values, self.task, notation=notation, kind=kind).encode(
                values, notation)  # fmt: skip
        rows = split_rows(len(self), test, classes, seed)
        return self.frame.iloc[rows[0]], self.frame.iloc[rows[1]]

    def dataset(self) -> Dataset:
        """Turn all rows into numbers, as all rows say."""
        return self._encoded(self._fit(self.frame), self.frame)

    def _fit(self, frame: "DataFrame") -> TableEncoder:
        return TableEncoder.fit(frame, self.target, task=self.task, **self.options)

    def _reading(self) -> tuple[Notation, dict[str, str]]:
        how = {name: self.options.get(name) for name in ("decimal", "thousands", "dtype")}
        return reading(self.frame, **how)

    def _encoded(self, encoder: TableEncoder, frame: "DataFrame") -> Dataset:
        return Dataset(encoder.encode(frame), encoder.encode_target(frame), encoder.feature_names,
                       encoder.target_names, f"A table, to predict {self.target}.",
                       encoder=encoder)  # fmt: skip


def table(
    source: Any, target: str, *, task: str | None = None, categorical: Iterable[str] = (),
    ignore: Iterable[str] = (), standardize_target: bool = False, decimal: str | None = None,
    thousands: str | None = None, dtype: Any = None,
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
    decimal, thousands, dtype
        How numbers are written, and what columns are, as in `read_table`; they hold for the texts
        of a DataFrame, too.

    Returns
    -------
    Table
        To `split`.

    Raises
    ------
    ValueError
        If there is no such column (the nearest is named), task, notation or kind of column.
    DataError
        If the file is no table, its numbers can be read in two ways, or the target is missing
        everywhere or always the same.

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
    categorical, ignore = (_columns(x, f"table: {name}") for name, x in (
        ("categorical", categorical), ("ignore", ignore)))  # fmt: skip
    if not isinstance(source, pd.DataFrame):
        said = dtype
        if dtype is None or isinstance(dtype, Mapping):
            said = {**(dtype or {}), **dict.fromkeys((*categorical, *ignore), "text")}
        source = file_path(source, "table: source, where it is no DataFrame,")
        source = read_table(source, decimal=decimal, thousands=thousands, dtype=said)
    values = TableEncoder.target_column(source, target)
    notation, said = reading(source, decimal, thousands, dtype, (*categorical, *ignore))
    fitted = Target.fit(values, task, notation=notation, kind=said.get(target))
    missing = fitted.missing(values, notation)
    options = {"categorical": categorical, "ignore": ignore, "dtype": said,
               "standardize_target": standardize_target, "decimal": notation.decimal,
               "thousands": notation.thousands}  # fmt: skip
    return Table(source[~missing], target, fitted.task, int(missing.sum()), options)


def _columns(names: Any, name: str) -> tuple[Any, ...]:
    found = tuple(listed(names, name, "columns"))
    if wrong := [x for x in found if not isinstance(x, Hashable)]:
        raise TypeError(f"{name} is a list of columns by their names, got {wrong[0]!r:.60}")
    return found
