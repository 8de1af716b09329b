"""Columns of a table as numbers: what each kind learns from some rows, and makes of others."""

import datetime
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .entries import (
    about,
    absent,
    days,
    floats,
    is_date,
    is_numeric,
    matches,
    rows,
    some,
    texts,
    warn,
)
from .idx import DataError
from .moments import moments
from .notation import MISSING, MOST, Notation, are_numbers, are_versions

if TYPE_CHECKING:
    from pandas import Series

__all__ = ["Category", "Number", "mean_and_scale", "recognize"]

MOST_CATEGORIES = 100  # of a column; more are no categories, but text
_OTHER_DATE = re.compile(
    r"([0-9]{1,2}[./-][0-9]{1,2}[./-]([0-9]{2}){1,2}|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2})( .*)?")
_ID = re.compile(
    r"(^|[_ .-])(id|ID|Id)$|[a-z](Id|ID)$|^(Unnamed: \d+|(?i:index|row|no\.?|nr\.?|#))$")
_SCALARS = (str, float, int, np.floating, np.integer, np.bool_, datetime.date)


@dataclass(frozen=True)
class Number:
    """A column of numbers, or of dates, which are days since 1970."""

    name: str
    dates: bool
    fill: float  # the median, in the place of missing entries
    mean: float
    scale: float
    missing: bool  # whether a second feature says that an entry was missing
    form: str = ""  # of dates that are not ISO's, such as %d.%m.%Y
    zoned: bool | None = None  # whether times have a time zone; None where there are none

    @property
    def features(self) -> list[str]:
        """What its features are called."""
        return [self.name] + [f"{self.name} missing"] * self.missing

    @classmethod
    def fit(
        cls, name: str, column: "Series", notation: Notation, dates: bool = False, form: str = "",
        every: bool = False,
    ) -> "Number":  # fmt: skip
        """Learn from a column; `every` entry must be a number or date, or else nearly all."""
        zoned = None
        if dates:
            x, zoned = days(column, form, every)
        else:
            x = floats(column, notation, every)
        nothing = np.isnan(x)
        if nothing.all():
            raise DataError(f"{about(column)}: missing in every row")
        x[nothing] = fill = float(np.median(x[~nothing]))
        return cls(name, dates, fill, *mean_and_scale(name, x), bool(nothing.any()), form,
                   zoned)  # fmt: skip

    def encode(self, column: "Series", notation: Notation) -> list[np.ndarray]:
        """Give the features of a column, each an array."""
        if self.dates:
            x, zoned = days(column, self.form)
            if None not in (zoned, self.zoned) and zoned != self.zoned:
                has = ("none", "a time zone")
                raise DataError(f"{about(column)}: times had {has[not zoned]} in training, and "
                                f"have {has[zoned]} here")  # fmt: skip
        else:
            x = floats(column, notation)
        nothing = np.isnan(x)
        if nothing.any() and not self.missing and not math.isnan(self.fill):
            warn(f"{about(column)}: missing in {rows(column, nothing)}, as never in training: "
                 f"taken as {self.fill:.4g}", 4)  # fmt: skip
        x[nothing] = self.fill
        return [(x - self.mean) / self.scale] + [nothing] * self.missing

    def __str__(self) -> str:
        what = f"dates ({self.form or '2024-12-31'}), in days" if self.dates else "numbers"
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
    def fit(cls, name: str, column: "Series", notation: Notation) -> "Category":
        """Learn from a column."""
        found = texts(column, notation)
        seen = sorted({text for text in found if text is not None})
        return cls(name, tuple(seen), None in found)

    def encode(self, column: "Series", notation: Notation) -> list[np.ndarray]:
        """Give the features of a column, each an array."""
        places, found = matches(column, self.categories, notation)
        unseen = Counter(found[i] or "" for i in np.flatnonzero(places == -2))
        for word in [word for word in unseen if self.missing and word.lower() in MISSING]:
            places[[text == word for text in found]] = -1
            del unseen[word]
        if unseen:
            warn(f"{about(column)}: {some(unseen)} did not occur in training, and count as "
                 "no category", 4)  # fmt: skip
        if (places == -1).any() and not self.missing:
            warn(f"{about(column)}: missing in {rows(column, places == -1)}, as never in "
                 "training: counts as no category", 4)  # fmt: skip
        known = [places == k for k in range(len(self.categories))]
        return known + [places == -1] * self.missing

    def __str__(self) -> str:
        names = [*self.categories, *["(missing)"] * self.missing]
        return f"{self.name}: {len(names)} categories, {', '.join(names):.60}"


def recognize(
    name: str, column: "Series", notation: Notation, kind: str | None = None
) -> Number | Category | str:  # fmt: skip
    """See what kind of column it is, if that is not said; a text says why it tells nothing."""
    if kind == "text":
        return Category.fit(name, column, notation)
    if kind == "number":
        return Number.fit(name, column, notation, every=True)
    if kind is not None:
        return Number.fit(name, column, notation, True, "" if kind == "date" else kind, every=True)
    nothing = absent(column)
    present = column[~nothing]
    if not len(present):
        return "missing in every row"
    odd = next((x for x in present if not isinstance(x, _SCALARS)), None)
    if odd is not None:
        return f"entries such as {odd!s:.30} are neither numbers nor text"
    if is_numeric(column):
        if present.nunique() == 1 and not nothing.any():
            return "always the same"
        return _numbers_rows(column) or Number.fit(name, column, notation)
    if present.dtype.kind == "M":
        if present.nunique() == 1 and not nothing.any():
            return "always the same"
        return Number.fit(name, column, notation, dates=True)
    return _recognize_texts(name, column, notation)


def _recognize_texts(name: str, column: "Series", notation: Notation) -> Number | Category | str:
    found = [text for text in texts(column, notation) if text is not None]
    counts = Counter(found)
    if len(counts) == 1 and len(found) == len(column):
        return "always the same"
    declared = column.dtype == "category"
    if not declared:
        entries = column[~absent(column)].astype(object).tolist()
        plain = [isinstance(x, (int, float, np.number)) and not isinstance(x, bool)
                 for x in entries]  # fmt: skip
        cells = Counter(str(x) for x, known in zip(entries, plain, strict=True) if not known)
        if are_numbers(cells, [notation], sum(plain)):
            return Number.fit(name, column, notation)
        if notation.decimal == "." and are_versions(counts):
            warn(f"{about(column)}: {', '.join(list(counts)[:3])} can be versions, and are taken "
                 f"as text: say dtype={{{name!r}: 'number'}}, or 'text'", 5)  # fmt: skip
        dates = sum(n for text, n in counts.items() if is_date(text))
        if dates >= MOST * len(found):
            return Number.fit(name, column, notation, dates=True)
        others = sum(n for text, n in counts.items() if _OTHER_DATE.fullmatch(text))
        if others >= MOST * len(found):
            return (f"dates such as {found[0]:.20} can be read in two ways: write 2024-12-31, or "
                    f"say dtype={{{name!r}: '%d.%m.%Y'}}")  # fmt: skip
        if len(found) > 2 and len(counts) == len(found):
            return "another text in every row"
    if len(counts) > MOST_CATEGORIES or len(counts) > max(10, len(found) / 2):
        return f"{len(counts)} texts in {len(found)} rows are no categories"
    return Category.fit(name, column, notation)


def _numbers_rows(column: "Series") -> str:
    """Say why a column of numbers tells nothing but which row it is; "" if it does.

    It must be called so: other whole numbers in order, such as years, may well matter.
    """
    if not _ID.search(str(column.name)) or not column.is_unique:
        return ""
    x = column.to_numpy(float, na_value=np.nan)
    return "numbers the rows" if len(x) > 2 and (x == np.floor(x)).all() else ""


def mean_and_scale(name: str, x: np.ndarray) -> tuple[float, float]:
    """Give mean and standard deviation, or 1 where there is none but from rounding."""
    mean, deviation = map(float, moments(x))
    with np.errstate(over="ignore"):
        if np.isinf(x - mean).any():
            raise DataError(f"column {name!r}: the numbers, up to {np.abs(x).max():g}, are too "
                            "large")  # fmt: skip
    return mean, deviation or 1.0
