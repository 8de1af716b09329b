"""Entries of a table: as numbers, days or texts, each read alone; and where they stand."""

import csv
import datetime
import re
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .idx import DataError
from .notation import BLANK, MISSING, MOST, PLAIN, Notation, is_code

if TYPE_CHECKING:
    from pandas import Series

__all__ = [
    "AS_LEARNED", "DataWarning", "absent", "about", "choose", "days", "floats", "is_date",
    "is_numeric", "matches", "rows", "some", "texts", "warn", "where",
]  # fmt: skip

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class DataWarning(UserWarning):
    """Some entries of a table could not be used as they are; the message says which, and how."""


def is_numeric(column: "Series") -> bool:
    """Tell whether a column is stored as numbers; bools are categories."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    numeric = is_numeric_dtype(column.dtype) and column.dtype.kind != "c"
    return numeric and not is_bool_dtype(column.dtype)


def is_date(text: str) -> bool:
    """Tell whether a text is a date, or a time of a day, of the form 2024-12-31."""
    return _ISO_DATE.fullmatch(text.strip()) is not None


def absent(column: "Series") -> np.ndarray:
    """Tell where a column has nothing: an empty text is as good as none."""
    nothing = column.isna().to_numpy(bool, copy=True)
    if column.dtype.kind not in "iufcbmM":
        nothing |= [isinstance(x, str) and x.strip() in BLANK for x in column.tolist()]
    return nothing


def texts(column: "Series", notation: Notation = PLAIN) -> list[str | None]:
    """Give the entries of a column as text, None for what is missing; 1 and 1.0 are the same."""
    entries = zip(column.astype(object).tolist(), absent(column), strict=True)
    return [None if nothing else _text(x, notation) for x, nothing in entries]


def _text(x: Any, notation: Notation) -> str:
    return notation.write(x) if isinstance(x, (float, np.floating)) else str(x).strip()


def floats(column: "Series", notation: Notation, every: bool = False) -> np.ndarray:
    """Give a column as floats, NaN for what is missing.

    What is no number is missing, and said, if it is little; an error, if it is much, or if
    `every` entry must be one.
    """
    if is_numeric(column):
        x = column.to_numpy(float, na_value=np.nan, copy=True)
    elif column.dtype.kind == "b" or column.dtype == "boolean":
        x = column.astype(object).where(column.notna(), np.nan).to_numpy(float)
    else:
        x = _read(column, lambda entry: _number(entry, notation), every,
                  f"number, written as {notation}", "has numbers in it",
                  "say decimal= (--decimal) if the file is written otherwise")  # fmt: skip
    if np.isinf(x).any():
        at = int(np.argmax(np.isinf(x)))
        raise DataError(f"{about(column)}: {x[at]} in {where(column, at)}; numbers are finite")
    return x


def _number(entry: Any, notation: Notation) -> float | None:
    if isinstance(entry, str):
        read = notation.read(entry)
        return float(entry) if read is None and _INFINITE.fullmatch(entry.strip()) else read
    plain = isinstance(entry, (int, float, np.number)) and not isinstance(entry, bool)
    return float(entry) if plain else None


def days(
    column: "Series", form: str = "", every: bool = False
) -> tuple[np.ndarray, bool | None]:  # fmt: skip
    """Give a column of dates as days since 1970, NaN for what is missing.

    Texts are ISO dates, or of a form such as %d.%m.%Y; without a time zone they are taken as UTC.
    Whether they have one is given, too: None if they are days alone.
    """
    if column.dtype.kind == "M":
        import pandas as pd

        dates = pd.to_datetime(column, utc=True)
        x = ((dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy(float, copy=True)
        zoned = getattr(column.dtype, "tz", None) is not None
        return x, zoned if zoned or (x[~np.isnan(x)] % 1).any() else None
    zones: dict[bool, Any] = {}

    def read(entry: Any) -> float | None:
        date = _date(entry, form)
        if date is None:
            return None
        if date.tzinfo or date.time() != datetime.time():
            zones.setdefault(date.tzinfo is not None, entry)
        date = date if date.tzinfo else date.replace(tzinfo=datetime.UTC)
        return (date - _EPOCH) / datetime.timedelta(days=1)

    x = _read(column, read, every, f"date, written as {form or '2024-12-31'}", "has dates in it",
              "write them as in training")  # fmt: skip
    if len(zones) == 2:
        raise DataError(f"{about(column)}: {zones[True]!s:.40} has a time zone, and "
                        f"{zones[False]!s:.40} has none: give all of them one, or none")
    return x, next(iter(zones), None)


def _date(entry: Any, form: str) -> datetime.datetime | None:
    if isinstance(entry, str) or (form and isinstance(entry, int)):  # 20241231, of %Y%m%d
        text = str(entry).strip()
        try:
            if form:
                return datetime.datetime.strptime(text, form)
            return datetime.datetime.fromisoformat(text) if is_date(text) else None
        except ValueError:
            return None
    if isinstance(entry, datetime.datetime):  # also one of pandas
        return entry
    if isinstance(entry, datetime.date):
        return datetime.datetime(entry.year, entry.month, entry.day)
    return None


def _read(
    column: "Series", read: Callable[[Any], float | None], every: bool, what: str, learned: str,
    advice: str,
) -> np.ndarray:  # fmt: skip
    """Read each entry alone; see what could not be."""
    entries, nothing = column.astype(object).tolist(), absent(column)
    known: dict[Any, float | None] = {}  # 1 == True, and so the type belongs to it
    x, odd = np.full(len(entries), np.nan), []
    for i, entry in enumerate(entries):
        if nothing[i] or (isinstance(entry, str) and entry.strip().lower() in MISSING):
            nothing[i] = True
            continue
        key = type(entry), entry if isinstance(entry, Hashable) else None
        if key not in known:
            known[key] = read(entry)
        if known[key] is None:
            odd.append(i)
        else:
            x[i] = known[key]
    if not odd:
        return x
    counts = Counter(str(entries[i]) for i in odd)
    if every:
        raise DataError(f"{about(column)}: no {what}: {some(counts)}, in "
                        f"{where(column, odd[0])}; correct it, or leave it empty")  # fmt: skip
    told = len(x) - nothing.sum()
    if told - len(odd) < MOST * told:
        raise DataError(f"{about(column)} {learned}, but here {some(counts)}, in "
                        f"{where(column, odd[0])}: no {what}; {advice}")  # fmt: skip
    warn(f"{about(column)}: taken as missing, being no {what.partition(',')[0]}: {some(counts)}, "
         f"in {where(column, odd[0])}")  # fmt: skip
    return x


def choose(
    columns: Iterable[tuple[Callable[[], "Series"], Iterable[str]]], notations: list[Notation],
    proof: bool = False,
) -> tuple[Notation, str]:
    """Find the notation in which every number of a table's texts can be read.

    Of each column come what gives it, and those texts that show how its numbers are written.

    Where there are several, they must read the same; but unless `proof` is wanted, a decimal point
    is one where nothing speaks against it. What could then be read otherwise is given, too.

    Raises
    ------
    DataError
        If there is none, or they read different numbers.
    """
    marked = {text: column for column, texts in columns for text in texts}
    fitting = [n for n in notations if all(n.read(text) is not None for text in marked)]
    if not fitting:
        best = max(notations, key=lambda n: sum(n.read(text) is not None for text in marked))
        other = next(text for text in marked if best.read(text) is None)
        one = next(text for text in marked if best.read(text) is not None)
        one, other = sorted((one, other), key=list(marked).index)
        raise DataError(f"{_cell(marked, one)} and {_cell(marked, other)} are not written in one "
                        f"way: {_HOW}")  # fmt: skip
    first, *rest = fitting
    for text in marked:
        for n in rest:
            if n.read(text) != first.read(text):
                open_to = f"{_cell(marked, text)} is {first.read(text):.15g} or {n.read(text):.15g}"
                if first == PLAIN and not proof:
                    return first, open_to
                raise DataError(f"{open_to}: {_HOW}")
    return first, ""


_HOW = ("say decimal='.' or decimal=',' (--decimal), or dtype={COLUMN: 'text'} "
        "(--dtype COLUMN=text) where it is no number")  # fmt: skip


def _cell(marked: Mapping[str, Callable[[], "Series"]], text: str) -> str:
    column = marked[text]()
    return f"{about(column)}, {where(column, column.tolist().index(text))}: {text!r}"


def matches(
    column: "Series", names: Sequence[str], notation: Notation
) -> tuple[np.ndarray, list[str | None]]:
    """Find the entries of a column among names.

    An entry is what is written as it is; or else the only name that means the same, such as 1.5
    for 1.50 or true for True, so that it does not matter how a file has been read.

    Returns
    -------
    places : ndarray of int
        For each entry the place of its name, -1 if it is missing, -2 if it has none.
    texts : list of str or None
        The entries as text.

    Raises
    ------
    DataError
        If a number could be two of the names, such as 1.1 and 1.10.
    """
    exact = {name: k for k, name in enumerate(names)}
    alike: dict[Any, list[int]] = {}
    for k, name in enumerate(names):
        if not is_code(name):  # a 7 is no 007
            alike.setdefault(_meaning(name, notation), []).append(k)

    def find(entry: Any, text: str) -> int:
        if isinstance(entry, str) and text in exact:
            return exact[text]
        meaning = _meaning(text, notation)
        same = alike.get(meaning, []) if meaning else []
        if len(same) > 1 and not isinstance(entry, str):
            one, other = (names[k] for k in same[:2])
            raise DataError(f"{about(column)}: {text} can be {one!r} or {other!r}: {AS_LEARNED}")
        return same[0] if len(same) == 1 else exact.get(text, -2)

    if is_numeric(column) and column.isna().any() and column.notna().any():
        words = [name for name in names if name.lower() in MISSING and name not in BLANK]
        if words:
            raise DataError(f"{about(column)}: {where(column, int(np.argmax(column.isna())))} can "
                            f"be {words[0]!r} or missing: {AS_LEARNED}")  # fmt: skip
    found = texts(column, notation)
    known: dict[Any, int] = {}
    places = np.full(len(found), -1)
    entries = column.astype(object).tolist()
    for i, (entry, text) in enumerate(zip(entries, found, strict=True)):
        if text is None:  # a category "?" is none of those that are learned now
            places[i] = exact.get(entry.strip(), -1) if isinstance(entry, str) else -1
            continue
        key = isinstance(entry, str), text
        if key not in known:
            known[key] = find(entry, text)
        places[i] = known[key]
    return places, found


AS_LEARNED = "read the file with read_table(path, encoder=encoder), as it was learned"


def _meaning(text: str, notation: Notation) -> Any:
    """Give what a text stands for in other ways of writing it, too; None if it has no others."""
    number = notation.read(text)
    if number is not None:
        return ("number", number)
    return text.lower() if text.lower() in ("true", "false") else None


def about(column: "Series") -> str:
    """Name a column, and the file that it is of."""
    file = column.attrs.get("file")
    return f"{file}: column {column.name!r}" if file else f"column {column.name!r}"


def where(column: "Series", i: int) -> str:
    """Say in which line of its file the i-th entry of a column stands, or in which row."""
    label = column.index[i]  # rows may have been shuffled
    if not isinstance(label, (int, np.integer)):
        return f"row {label}"
    try:
        line = _line(column, int(label), str(column.iloc[i]))
    except (OSError, ValueError, csv.Error):  # a file that is no longer what it was
        line = None
    return f"row {label + 1}" if line is None else f"line {line}"


def rows(column: "Series", which: np.ndarray) -> str:
    """Name the first of some entries, and say how many there are."""
    first, n = where(column, int(np.argmax(which))), int(which.sum())
    return first if n == 1 else f"{n} rows, the first of them {first}"


def _line(column: "Series", row: int, entry: str) -> int | None:
    how = column.attrs
    if "file" not in how:
        return None
    with Path(how["file"]).open(encoding=how["encoding"], newline="") as file:
        start, names, at = 0, None, -1
        reader = csv.reader(file, delimiter=how["separator"], skipinitialspace=True)
        for fields in reader:
            line, start = start + 1, reader.line_num
            if not "".join(fields).strip() and len(fields) < 2:
                continue
            if names is None:
                names = [name.strip() for name in fields]
            elif (at := at + 1) == row:  # the label is of this file if the entry is there
                field = dict(zip(names, fields, strict=False)).get(column.name)
                return line if field is not None and _same(field, entry) else None
    return None


def _same(field: str, entry: str) -> bool:
    field, entry = field.strip(), entry.strip()
    return field == entry or entry in ("nan", "inf", "-inf") or not any(map(str.isalpha, entry))


def some(counts: Mapping[str, int]) -> str:
    """List the first few texts, with how often they occur."""
    listed = [f"{text[:30]!r}" + (f" ({n} times)" if n > 1 else "") for text, n in counts.items()]
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")


def warn(message: str, level: int = 6) -> None:
    """Warn; the level is that of who called the encoder."""
    warnings.warn(message, DataWarning, stacklevel=level)
