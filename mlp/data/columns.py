"""Columns of a table as numbers: what each kind learns from some rows, and makes of others."""

import datetime
import math
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .idx import DataError

if TYPE_CHECKING:
    from pandas import Series

__all__ = [
    "Category", "DataWarning", "Number", "floats", "is_numeric", "mean_and_scale", "recognize",
    "some", "texts", "warn",
]  # fmt: skip

MOST_CATEGORIES = 100  # of a column; more are no categories, but text
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")
_OTHER_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}( .*)?")
_ID = re.compile(
    r"(^|[_ .-])(id|ID|Id)$|[a-z](Id|ID)$|^(Unnamed: \d+|(?i:index|row|no\.?|nr\.?|#))$")
_SCALARS = (str, float, int, np.floating, np.integer, np.bool_, datetime.date)
_MOST = 0.8  # of the entries that must be numbers, or dates, for the column to be


class DataWarning(UserWarning):
    """Some entries of a table could not be used as they are; the message says which, and how."""


@dataclass(frozen=True)
class Number:
    """A column of numbers, or of dates, which are days since 1970."""

    name: str
    dates: bool
    fill: float  # the median, in the place of missing entries
    mean: float
    scale: float
    missing: bool  # whether a second feature says that an entry was missing

    @property
    def features(self) -> list[str]:
        """What its features are called."""
        return [self.name] + [f"{self.name} missing"] * self.missing

    @classmethod
    def fit(cls, name: str, column: "Series", dates: bool) -> "Number":
        """Learn from a column."""
        x = _days(column) if dates else floats(column)
        absent = np.isnan(x)
        x[absent] = fill = float(np.median(x[~absent]))
        return cls(name, dates, fill, *mean_and_scale(name, x), bool(absent.any()))

    def encode(self, column: "Series") -> list[np.ndarray]:
        """Give the features of a column, each an array."""
        x = _days(column) if self.dates else floats(column)
        absent = np.isnan(x)
        x[absent] = self.fill
        return [(x - self.mean) / self.scale] + [absent] * self.missing

    def __str__(self) -> str:
        what = "days" if self.dates else "numbers"
        return (f"{self.name}: {what}, mean {self.mean:.4g}, deviation {self.scale:.4g}"
                + f", {self.fill:.4g} where missing" * self.missing)  # fmt: skip


@dataclass(frozen=True)
class Category:
    """A column of categories, each of which becomes a feature that is 1 or 0."""

    name: str
    categories: tuple[str, ...]
    missing: bool  # whether missing entries are a category of their own

    @property
    def features(self) -> list[str]:
        """What its features are called."""
        named = [f"{self.name}={category}" for category in self.categories]
        return named + [f"{self.name} missing"] * self.missing

    @classmethod
    def fit(cls, name: str, column: "Series") -> "Category":
        """Learn from a column."""
        found = texts(column)
        seen = sorted({text for text in found if text is not None})
        return cls(name, tuple(seen), None in found)

    def encode(self, column: "Series") -> list[np.ndarray]:
        """Give the features of a column, each an array."""
        found = np.array(texts(column), object)
        columns = [found == category for category in self.categories]
        absent = np.array([text is None for text in found], bool)
        unseen = Counter(found[~absent & ~np.any(columns, axis=0)])
        if unseen:
            warn(f"column {self.name!r}: {some(unseen)} did not occur in training, and count as "
                 "no category", 4)  # fmt: skip
        return columns + [absent] * self.missing

    def __str__(self) -> str:
        names = [*self.categories, *["(missing)"] * self.missing]
        return f"{self.name}: {len(names)} categories, {', '.join(names):.60}"


def recognize(name: str, column: "Series") -> Number | Category | str:
    """See what kind of column it is; a text says why it tells nothing."""
    present = column.dropna()
    if not len(present):
        return "missing in every row"
    if not all(isinstance(x, _SCALARS) for x in present[:1000]):
        return f"entries such as {present.iloc[0]!s:.30} are neither numbers nor text"
    distinct = present.nunique()
    if distinct == 1 and len(present) == len(column):
        return "always the same"
    if is_numeric(column):
        return _numbers_rows(column) or Number.fit(name, column, dates=False)
    if column.dtype.kind == "M":
        return Number.fit(name, column, dates=True)
    found = [text for text in texts(present) if text is not None]
    if _share(map(_is_number, found)) >= _MOST:
        return Number.fit(name, column, dates=False)
    if _share(map(_ISO_DATE.fullmatch, found)) >= _MOST:
        return Number.fit(name, column, dates=True)
    if _share(map(_OTHER_DATE.fullmatch, found)) >= _MOST:
        return f"dates such as {found[0]:.20} can be read in two ways: write 2024-12-31"
    if len(found) > 2 and len(set(found)) == len(found):
        return "another text in every row"
    if distinct > MOST_CATEGORIES or distinct > max(10, len(found) / 2):
        return f"{distinct} texts in {len(found)} rows are no categories"
    return Category.fit(name, column)


def _numbers_rows(column: "Series") -> str:
    """Say why a column of numbers tells nothing but which row it is; "" if it does.

    It must be called so: other whole numbers in order, such as years, may well matter.
    """
    if not _ID.search(str(column.name)) or not is_numeric(column) or not column.is_unique:
        return ""
    x = column.to_numpy(float, na_value=np.nan)
    return "numbers the rows" if len(x) > 2 and (x == np.floor(x)).all() else ""


def _share(tests: Iterable[Any]) -> float:
    results = list(map(bool, tests))
    return sum(results) / len(results)


def is_numeric(column: "Series") -> bool:
    """Tell whether a column is stored as numbers; bools are categories."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def floats(column: "Series") -> np.ndarray:
    """Give a column as floats, NaN for what is missing; what is no number is missing, and said."""
    import pandas as pd

    if not is_numeric(column):
        numbers = pd.to_numeric(column.astype(object), errors="coerce")
        odd = Counter(column[numbers.isna() & column.notna()].astype(str))
        if odd and numbers.notna().sum() < _MOST * column.notna().sum():
            raise DataError(f"column {column.name!r} has numbers in it, but here {some(odd)}")
        if odd:
            warn(f"column {column.name!r}: taken as missing, being no number: {some(odd)}")
        column = numbers
    x = column.to_numpy(float, na_value=np.nan, copy=True)
    if np.isinf(x).any():
        at = int(np.argmax(np.isinf(x)))
        label = column.index[at]  # rows may have been shuffled
        row = label + 1 if isinstance(label, (int, np.integer)) else label
        raise DataError(f"column {column.name!r}: {x[at]} in row {row}; numbers are finite")
    return x


def mean_and_scale(name: str, x: np.ndarray) -> tuple[float, float]:
    """Give mean and standard deviation, or 1 where there is none but from rounding."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = float(x.mean()), float(x.std())
    if not math.isfinite(scale):
        raise DataError(f"column {name!r}: the numbers, up to {np.abs(x).max():g}, are too large")
    return mean, scale if scale > 1e-12 * abs(mean) else 1.0


def _days(column: "Series") -> np.ndarray:
    """Give a column of ISO dates as days since 1970, NaN for what is missing."""
    import pandas as pd

    dates = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
    odd = Counter(column[dates.isna() & column.notna()].astype(str))
    if odd:
        warn(f"column {column.name!r}: taken as missing, being no date: {some(odd)}")
    return ((dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy(float, copy=True)


def texts(column: "Series") -> list[str | None]:
    """Give the entries of a column as text, None for what is missing; 1 and 1.0 are the same."""
    entries = column.astype(object).where(column.notna(), None)
    return [None if x is None else _text(x) for x in entries]


def _text(x: Any) -> str:
    return str(int(x)) if isinstance(x, float) and x.is_integer() else str(x).strip()


def some(counts: Mapping[str, int]) -> str:
    """List the first few texts, with how often they occur."""
    listed = [f"{text[:30]!r}" + (f" ({n} times)" if n > 1 else "") for text, n in counts.items()]
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")


def warn(message: str, level: int = 5) -> None:
    """Warn; the level is that of who called the encoder."""
    warnings.warn(message, DataWarning, stacklevel=level)
