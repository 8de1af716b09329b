"""How the columns of a table become numbers: learned from some rows, applied to others.

What was learned is plain numbers and text, so that it can be kept as JSON beside a model.
"""

import datetime
import math
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ..lookup import lookup
from .idx import DataError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["DataWarning", "TableEncoder"]

MOST_CATEGORIES = 100  # of a column; more are no categories, but text
MOST_CLASSES = 20  # whole numbers of a target; more are numbers
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
        return [self.name] + [f"{self.name} missing"] * self.missing

    @classmethod
    def fit(cls, name: str, column: "Series", dates: bool) -> "Number":
        x = _days(column) if dates else _floats(column)
        absent = np.isnan(x)
        x[absent] = fill = float(np.median(x[~absent]))
        return cls(name, dates, fill, *_mean_and_scale(name, x), bool(absent.any()))

    def encode(self, column: "Series") -> list[np.ndarray]:
        x = _days(column) if self.dates else _floats(column)
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
        named = [f"{self.name}={category}" for category in self.categories]
        return named + [f"{self.name} missing"] * self.missing

    @classmethod
    def fit(cls, name: str, column: "Series") -> "Category":
        texts = _texts(column)
        seen = sorted({text for text in texts if text is not None})
        return cls(name, tuple(seen), None in texts)

    def encode(self, column: "Series") -> list[np.ndarray]:
        texts = np.array(_texts(column), object)
        columns = [texts == category for category in self.categories]
        absent = np.array([text is None for text in texts], bool)
        unseen = Counter(texts[~absent & ~np.any(columns, axis=0)])
        if unseen:
            _warn(f"column {self.name!r}: {_some(unseen)} did not occur in training, and count as "
                  "no category", 4)  # fmt: skip
        return columns + [absent] * self.missing

    def __str__(self) -> str:
        names = [*self.categories, *["(missing)"] * self.missing]
        return f"{self.name}: {len(names)} categories, {', '.join(names):.60}"


@dataclass(frozen=True)
class Target:
    """The column to predict: classes, or numbers."""

    name: str
    classes: tuple[Any, ...]  # str or int; none for numbers
    mean: float = 0.0
    scale: float = 1.0

    @property
    def task(self) -> str:
        return "classification" if self.classes else "regression"

    @classmethod
    def fit(cls, column: "Series", task: str | None = None, standardize: bool = False) -> "Target":
        name = str(column.name)
        column = column.dropna()
        if not len(column):
            raise DataError(f"the target {name!r} is missing in every row")
        numeric = _is_numeric(column)
        numbers = _floats(column) if numeric else np.zeros(0)
        distinct = column.nunique()
        if task is None:
            whole = numeric and (numbers == np.floor(numbers)).all()
            classes = not numeric or (whole and distinct <= MOST_CLASSES)
            task = "classification" if classes else "regression"
        lookup("task", task, {"classification": 0, "regression": 1})
        if distinct == 1:
            raise DataError(f"the target {name!r} is {column.iloc[0]!s:.40} in every row: "
                            "there is nothing to learn")  # fmt: skip
        if task == "classification":
            if numeric and (numbers == np.floor(numbers)).all():
                found: list[Any] = sorted({int(x) for x in numbers})
            else:
                found = sorted(set(_texts(column)))
            if len(found) > max(MOST_CATEGORIES, len(column) // 2):
                raise DataError(
                    f"the target {name!r} has {len(found)} classes in {len(column)} rows: "
                    "these are numbers (task='regression'), or text that is no class")
            return cls(name, tuple(found))
        if not numeric:
            raise DataError(f"the target {name!r} is no number, as in {column.iloc[0]!s:.40}: "
                            "task='classification'?")  # fmt: skip
        if not standardize:
            return cls(name, ())
        return cls(name, (), *_mean_and_scale(name, numbers))

    def encode(self, column: "Series") -> np.ndarray:
        if column.isna().any():
            row = int(np.argmax(column.isna())) + 1
            raise DataError(f"the target {self.name!r} is missing in row {row}")
        if not self.classes:
            if not _is_numeric(column):
                raise DataError(f"the target {self.name!r} was a number in training, and is "
                                f"{column.iloc[0]!s:.40} now")  # fmt: skip
            return (_floats(column) - self.mean) / self.scale
        number = {str(name): k for k, name in enumerate(self.classes)}
        texts = _texts(column)
        unseen = Counter(text for text in texts if text not in number)
        if unseen:
            raise DataError(f"the target {self.name!r} has {_some(unseen)}, which did not occur in "
                            "training")  # fmt: skip
        return np.array([number[text] for text in texts], np.int64)


@dataclass(frozen=True)
class TableEncoder:
    """What was learned from a table about how its rows become numbers.

    Numbers are shifted and scaled to mean 0 and standard deviation 1; the median stands for a
    missing one, and a feature of its own says so. Categories are written one-hot, and a missing
    one is a category. ISO dates are numbers of days. What tells nothing of a row is left out: a
    column that is always the same, an id that numbers the rows, or whose texts are no categories.

    Attributes
    ----------
    columns : tuple of Number and Category
        How each column becomes features.
    ignored : dict
        The columns that are left out, and why.
    target : Target or None
        The column to predict.

    Examples
    --------
    >>> import pandas as pd
    >>> encoder = TableEncoder.fit(pd.DataFrame({"size": [1, 3], "colour": ["red", "blue"]}))
    >>> print(encoder)
    size: numbers, mean 2, deviation 1
    colour: 2 categories, blue, red
    >>> encoder.encode(pd.DataFrame({"colour": ["red"], "size": [4]}))
    array([[2., 0., 1.]])
    >>> TableEncoder.from_dict(encoder.to_dict()) == encoder
    True
    """

    columns: tuple[Number | Category, ...]
    ignored: dict[str, str] = field(default_factory=dict)
    target: Target | None = None

    @classmethod
    def fit(
        cls,
        frame: "DataFrame",
        target: str | None = None,
        *,
        task: str | None = None,
        categorical: Iterable[str] = (),
        ignore: Iterable[str] = (),
        standardize_target: bool = False,
    ) -> "TableEncoder":
        """Learn from rows; see `table` for the parameters.

        Raises
        ------
        ValueError
            If there is no such column or task.
        DataError
            If no column is left to learn from, a number is infinite, or the target is missing
            everywhere or always the same.
        """
        fitted = None
        if target is not None:
            values = cls.target_column(frame, target)
            fitted = Target.fit(values, task, standardize_target)
            frame = frame[values.notna()]
        names = _names(frame)
        chosen = [lookup("column", name, names) for name in (*categorical, *ignore)]
        ignored = dict.fromkeys(ignore, "as was asked for")
        columns: list[Number | Category] = []
        for name in names:
            if name == target or name in ignored:
                continue
            column = frame[name]
            found = Category.fit(name, column) if name in chosen else _recognize(name, column)
            if isinstance(found, str):
                ignored[name] = found
            else:
                columns.append(found)
        if not columns:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in ignored.items())
            raise DataError(f"no column to learn from: {reasons or 'there is none but the target'}")
        return cls(tuple(columns), ignored, fitted)

    @staticmethod
    def target_column(frame: "DataFrame", target: str) -> "Series":
        """Give the column of a table that is to be predicted."""
        return frame[lookup("column", target, _names(frame))]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of x are called."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def target_names(self) -> tuple[str, ...]:
        """What the classes are called; empty if the target is a number."""
        return tuple(map(str, self.target.classes)) if self.target else ()

    def encode(self, frame: "DataFrame") -> np.ndarray:
        """Turn rows into x, of shape (rows, features).

        Columns go by name, in any order; a superfluous one is left out with a warning. Categories
        that are new count as none, with a warning.

        Raises
        ------
        DataError
            If a column is missing, has no number where there were numbers, or an infinite one.
        """
        names = _names(frame)
        missing = [column.name for column in self.columns if column.name not in names]
        if missing:
            raise DataError(f"columns are missing: {', '.join(map(repr, missing))}; there are "
                            f"{', '.join(map(repr, names))}")  # fmt: skip
        known = {column.name for column in self.columns} | self.ignored.keys()
        known |= {self.target.name} if self.target else set()
        unknown = [repr(name) for name in names if name not in known]
        if unknown:
            _warn(f"columns that did not occur in training are left out: {', '.join(unknown)}", 3)
        x = np.empty((len(frame), len(self.feature_names)))
        at = 0
        for column in self.columns:
            for feature in column.encode(frame[column.name]):
                x[:, at] = feature
                at += 1
        return x

    def encode_target(self, frame: "DataFrame") -> np.ndarray:
        """Turn the target's column into y: classes from 0, or numbers.

        Raises
        ------
        DataError
            If a target is missing, or a class is new.
        """
        return self._target().encode(self.target_column(frame, self._target().name))

    def decode(self, outputs: Any) -> np.ndarray:
        """Turn what a network gives back into what stands in the table.

        Parameters
        ----------
        outputs : array_like
            For classes: their numbers (int, one a row), or probabilities, one a class, or that of
            the second class of two. For numbers: one a row.

        Raises
        ------
        ValueError
            If the shape is none of these.
        """
        target, outputs = self._target(), np.asarray(outputs)
        if outputs.ndim == 2 and outputs.shape[1] == 1:
            outputs = outputs[:, 0]
        if not target.classes and outputs.ndim == 1:
            return outputs * target.scale + target.mean
        k = len(target.classes)
        if outputs.ndim == 2 and outputs.shape[1] == k:
            outputs = outputs.argmax(axis=1)
        elif outputs.ndim == 1 and outputs.dtype.kind == "f" and k == 2:
            outputs = (outputs > 0.5).astype(int)
        if not k or outputs.ndim != 1 or outputs.dtype.kind not in "iub":
            raise ValueError(f"decode: outputs of {k or 'no'} classes, got an array of "
                             f"{outputs.dtype} of shape {outputs.shape}")  # fmt: skip
        return np.array(target.classes)[outputs.astype(int)]

    def _target(self) -> Target:
        if self.target is None:
            raise ValueError("this encoder was fitted without a target")
        return self.target

    def __str__(self) -> str:
        left_out = [f"{name}: left out, {reason}" for name, reason in self.ignored.items()]
        return "\n".join([*map(str, self.columns), *left_out])

    def to_dict(self) -> dict[str, Any]:
        """Give what was learned as numbers, text, lists and dicts, for JSON."""
        return {
            "columns": [{"kind": type(c).__name__.lower(), **_plain(c)} for c in self.columns],
            "ignored": self.ignored,
            "target": self.target and _plain(self.target),
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> "TableEncoder":
        """Make the encoder that gave `state`.

        Raises
        ------
        DataError
            If it is no such state.
        """
        kinds = {"number": Number, "category": Category}
        try:
            columns = tuple(
                _restored(kinds[c["kind"]], {k: v for k, v in c.items() if k != "kind"})
                for c in state["columns"]
            )
            ignored = {_checked("ignored", str, k): _checked("ignored", str, v)
                       for k, v in state["ignored"].items()}  # fmt: skip
            target = None if state["target"] is None else _restored(Target, state["target"])
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"no state of a table's encoder: {error!r:.80}") from error
        return cls(columns, ignored, target)


def _recognize(name: str, column: "Series") -> Number | Category | str:
    """See what kind of column it is; a text says why it tells nothing."""
    present = column.dropna()
    if not len(present):
        return "missing in every row"
    if not all(isinstance(x, _SCALARS) for x in present[:1000]):
        return f"entries such as {present.iloc[0]!s:.30} are neither numbers nor text"
    distinct = present.nunique()
    if distinct == 1 and len(present) == len(column):
        return "always the same"
    if _is_numeric(column):
        return _numbers_rows(column) or Number.fit(name, column, dates=False)
    if column.dtype.kind == "M":
        return Number.fit(name, column, dates=True)
    texts = [text for text in _texts(present) if text is not None]
    if _share(map(_is_number, texts)) >= _MOST:
        return Number.fit(name, column, dates=False)
    if _share(map(_ISO_DATE.fullmatch, texts)) >= _MOST:
        return Number.fit(name, column, dates=True)
    if _share(map(_OTHER_DATE.fullmatch, texts)) >= _MOST:
        return f"dates such as {texts[0]:.20} can be read in two ways: write 2024-12-31"
    if len(texts) > 2 and len(set(texts)) == len(texts):
        return "another text in every row"
    if distinct > MOST_CATEGORIES or distinct > max(10, len(texts) / 2):
        return f"{distinct} texts in {len(texts)} rows are no categories"
    return Category.fit(name, column)


def _numbers_rows(column: "Series") -> str:
    """Say why a column of numbers tells nothing but which row it is; "" if it does.

    It must be called so: other whole numbers in order, such as years, may well matter.
    """
    if not _ID.search(str(column.name)) or not _is_numeric(column) or not column.is_unique:
        return ""
    x = column.to_numpy(float, na_value=np.nan)
    return "numbers the rows" if len(x) > 2 and (x == np.floor(x)).all() else ""


def _share(tests: Iterable[Any]) -> float:
    results = list(map(bool, tests))
    return sum(results) / len(results)


def _is_numeric(column: "Series") -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _floats(column: "Series") -> np.ndarray:
    """Give a column as floats, NaN for what is missing; what is no number is missing, and said."""
    import pandas as pd

    if not _is_numeric(column):
        numbers = pd.to_numeric(column.astype(object), errors="coerce")
        odd = Counter(column[numbers.isna() & column.notna()].astype(str))
        if odd and numbers.notna().sum() < _MOST * column.notna().sum():
            raise DataError(f"column {column.name!r} has numbers in it, but here {_some(odd)}")
        if odd:
            _warn(f"column {column.name!r}: {_some(odd)} is no number, and taken as missing")
        column = numbers
    x = column.to_numpy(float, na_value=np.nan, copy=True)
    if np.isinf(x).any():
        row = int(np.argmax(np.isinf(x)))
        raise DataError(f"column {column.name!r}: {x[row]} in row {row + 1}; numbers are finite")
    return x


def _mean_and_scale(name: str, x: np.ndarray) -> tuple[float, float]:
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
        _warn(f"column {column.name!r}: {_some(odd)} is no date, and taken as missing")
    return ((dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy(float, copy=True)


def _texts(column: "Series") -> list[str | None]:
    """Give the entries of a column as text, None for what is missing; 1 and 1.0 are the same."""
    entries = column.astype(object).where(column.notna(), None)
    return [None if x is None else _text(x) for x in entries]


def _text(x: Any) -> str:
    return str(int(x)) if isinstance(x, float) and x.is_integer() else str(x).strip()


def _names(frame: "DataFrame") -> dict[str, str]:
    names = list(frame.columns)
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"several columns are called {', '.join(map(repr, twice))}")
    if not all(isinstance(name, str) for name in names):
        raise DataError(f"the names of the columns must be text, got {names!r:.60}")
    return dict(zip(names, names, strict=True))


def _some(counts: Mapping[str, int]) -> str:
    """List the first few texts, with how often they occur."""
    listed = [f"{text[:30]!r}" + (f" ({n} times)" if n > 1 else "") for text, n in counts.items()]
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")


def _warn(message: str, level: int = 5) -> None:
    warnings.warn(message, DataWarning, stacklevel=level)  # of who called the encoder


def _plain(part: Any) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(part).items()}


def _restored(kind: Any, state: Mapping[str, Any]) -> Any:
    """Make a dataclass of plain numbers and texts, each checked."""
    wanted = {part.name: part.type for part in fields(kind)}
    if state.keys() != wanted.keys():
        raise KeyError(f"{', '.join(wanted)} are wanted, got {', '.join(state)}")
    return kind(**{name: _checked(name, wanted[name], state[name]) for name in wanted})


def _checked(name: str, kind: Any, given: Any) -> Any:
    if kind is float and type(given) in (int, float) and math.isfinite(given):
        if name != "scale" or given > 0:
            return float(given)
    elif kind in (str, bool) and type(given) is kind:
        return given
    elif kind not in (str, bool, float) and isinstance(given, (list, tuple)):
        numbers = (int,) if name == "classes" else ()
        if all(type(x) in (str, *numbers) for x in given):
            return tuple(given)
    raise TypeError(f"{name}: {given!r:.40}")
