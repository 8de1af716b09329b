"""How the rows of a table become numbers: learned from some rows, applied to others.

What was learned is plain numbers and text, so that it can be kept as JSON beside a model.
"""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import as_array
from ..lookup import lookup
from .columns import MOST_CATEGORIES, Category, Number, mean_and_scale, recognize
from .entries import (
    AS_LEARNED,
    absent,
    choose,
    floats,
    is_numeric,
    matches,
    some,
    texts,
    warn,
    where,
)
from .idx import DataError
from .notation import MISSING, PLAIN, Notation, kinds, possible, showing

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["TableEncoder"]

MOST_CLASSES = 20  # whole numbers of a target; more are numbers


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
    def fit(
        cls, column: "Series", task: str | None = None, standardize: bool = False,
        notation: Notation = PLAIN, kind: str | None = None,
    ) -> "Target":  # fmt: skip
        name = str(column.name)
        column = column[~absent(column)]
        if not len(column):
            raise DataError(f"the target {name!r} is missing in every row")
        if task is not None:
            lookup("task", task if isinstance(task, str) else repr(task),
                   {"classification": 0, "regression": 1})  # fmt: skip
        categories = column.dtype == "category" or kind == "text"
        if column.dtype == "category":
            column = column.astype(column.cat.categories.dtype)
        stored = is_numeric(column)
        numeric = stored or kind == "number" or (task == "regression" and not categories)
        if numeric and not stored:
            odd = next((x for x in texts(column, notation)
                        if x and x.lower() not in MISSING and notation.read(x) is None), None)
            if odd is not None:
                raise DataError(f"the target {name!r} is no number, as in {odd:.40}: leave it "
                                "empty, or is it task='classification'?")  # fmt: skip
        numbers = floats(column, notation, every=True) if numeric else np.zeros(0)
        numbers = numbers[~np.isnan(numbers)]
        whole = numeric and bool((numbers == np.floor(numbers)).all())
        distinct = len(set(column if stored else numbers if numeric else texts(column, notation)))
        if task is None:
            classes = categories or not numeric or (whole and distinct <= MOST_CLASSES)
            task = "classification" if classes else "regression"
        if distinct == 1:
            raise DataError(f"the target {name!r} is {column.iloc[0]!s:.40} in every row: "
                            "there is nothing to learn")  # fmt: skip
        if task == "classification":
            if whole and kind != "text":
                found: list[Any] = sorted(set(map(int, column.tolist() if stored else numbers)))
            else:
                found = sorted({text for text in texts(column, notation) if text is not None})
            if len(found) > max(MOST_CATEGORIES, len(column) // 2):
                raise DataError(
                    f"the target {name!r} has {len(found)} classes in {len(column)} rows: "
                    "these are numbers (task='regression'), or text that is no class")
            return cls(name, tuple(found))
        if categories:
            raise DataError(f"the target {name!r} has categories, such as {column.iloc[0]!s:.40}: "
                            "task='classification'?")  # fmt: skip
        return cls(name, (), *mean_and_scale(name, numbers)) if standardize else cls(name, ())

    def encode(self, column: "Series", notation: Notation) -> np.ndarray:
        if self.classes:
            places, found = matches(column, [str(name) for name in self.classes], notation)
            unseen = Counter(found[i] or "" for i in np.flatnonzero(places == -2))
            if unseen:
                raise DataError(f"the target {self.name!r} has {some(unseen)}, which did not occur "
                                f"in training, in {where(column, int(np.argmin(places)))}")
            nothing, y = places < 0, places.astype(np.int64)
        else:
            y = (floats(column, notation, every=True) - self.mean) / self.scale
            nothing = np.isnan(y)
        if nothing.any():
            row = where(column, int(np.argmax(nothing)))
            raise DataError(f"the target {self.name!r} is missing in {row}")
        return y

    def missing(self, column: "Series", notation: Notation) -> np.ndarray:
        """Tell which entries are missing."""
        return absent(column) if self.classes else np.isnan(floats(column, notation, every=True))

    def __str__(self) -> str:
        if not self.classes:
            return f"{self.name}: to be predicted, a number"
        names = ", ".join(map(str, self.classes))
        return f"{self.name}: to be predicted, {len(self.classes)} classes, {names:.60}"


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
    notation : Notation
        How numbers are written where they stand as text: decimal mark and thousands.

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
    notation: Notation = PLAIN

    @classmethod
    def fit(
        cls, frame: "DataFrame", target: str | None = None, *, task: str | None = None,
        categorical: Iterable[str] = (), ignore: Iterable[str] = (),
        standardize_target: bool = False, decimal: str | None = None,
        thousands: str | None = None, dtype: Any = None,
    ) -> "TableEncoder":  # fmt: skip
        """Learn from rows; see `table` for the parameters.

        Raises
        ------
        ValueError
            If there is no such column, task, notation or kind of column.
        DataError
            If no column is left to learn from, a number is infinite or can be read in two ways,
            or the target is missing everywhere or always the same.
        """
        names = _names(frame)
        ignore, categorical = list(ignore), list(categorical)
        for name in ignore:
            lookup("column", name, names)
        notation, said = reading(frame, decimal, thousands, dtype, (*categorical, *ignore))
        fitted = None
        if target is not None:
            values = cls.target_column(frame, target)
            fitted = Target.fit(values, task, standardize_target, notation, said.get(target))
            frame = frame[~absent(values)]
        ignored = dict.fromkeys(ignore, "as was asked for")
        columns: list[Number | Category] = []
        for name in names:
            if name == target or name in ignored:
                continue
            found = recognize(name, frame[name], notation, said.get(name))
            if isinstance(found, str):
                ignored[name] = found
            else:
                columns.append(found)
        if not columns:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in ignored.items())
            raise DataError(f"no column to learn from: {reasons or 'there is none but the target'}")
        return cls(tuple(columns), ignored, fitted, notation)

    @staticmethod
    def target_column(frame: "DataFrame", target: str) -> "Series":
        """Give the column of a table that is to be predicted."""
        if callable(target):
            raise TypeError(f"table: target is the name of a column, got {target!r:.60}")
        return frame[lookup("column", target, _names(frame))]

    @property
    def numbers(self) -> dict[str, str]:
        """Tell which columns are numbers, also that of the target."""
        names = [c.name for c in self.columns if isinstance(c, Number) and not c.dates]
        if self.target and not self.target.classes:
            names.append(self.target.name)
        return dict.fromkeys(names, "number")

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
        if frame.attrs.get("open") and self.notation.decimal == ",":
            raise DataError(f"{frame.attrs['open']}: {AS_LEARNED}")
        missing = [column.name for column in self.columns if column.name not in names]
        if missing:
            raise DataError(f"columns are missing: {', '.join(map(repr, missing))}; there are "
                            f"{', '.join(map(repr, names))}")  # fmt: skip
        known = {column.name for column in self.columns} | self.ignored.keys()
        known |= {self.target.name} if self.target else set()
        unknown = [repr(name) for name in names if name not in known]
        if unknown:
            warn(f"columns that did not occur in training are left out: {', '.join(unknown)}", 3)
        x = np.empty((len(frame), len(self.feature_names)))
        at = 0
        for column in self.columns:
            for feature in column.encode(frame[column.name], self.notation):
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
        return self._target().encode(self.target_column(frame, self._target().name), self.notation)

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
        target, outputs = self._target(), as_array(outputs, "decode: outputs")
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
            "notation": _plain(self.notation),
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> "TableEncoder":
        """Make the encoder that gave `state`.

        Raises
        ------
        DataError
            If it is no such state.
        """
        parts = {"number": Number, "category": Category}
        try:
            columns = tuple(
                _restored(parts[c["kind"]], {k: v for k, v in c.items() if k != "kind"})
                for c in state["columns"]
            )
            ignored = {_checked("ignored", str, k): _checked("ignored", str, v)
                       for k, v in state["ignored"].items()}  # fmt: skip
            target = None if state["target"] is None else _restored(Target, state["target"])
            notation = _restored(Notation, state.get("notation", {}))
            possible(notation.decimal, notation.thousands)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DataError(f"no state of a table's encoder: {error!r:.80}") from error
        return cls(columns, ignored, target, notation)


def reading(
    frame: "DataFrame", decimal: str | None, thousands: str | None, dtype: Any,
    as_text: Iterable[str] = (),
) -> tuple[Notation, dict[str, str]]:  # fmt: skip
    """Find how numbers are written in a table, and what is said of its columns."""
    names = _names(frame)
    before = frame.attrs.get("dtype", {})  # as its file was read
    said = {name: kind for name, kind in before.items() if name in names}
    said |= kinds({} if dtype is None else dtype, names)
    said |= kinds(dict.fromkeys(as_text, "text"), names)
    if decimal is None and thousands is None and "decimal" in frame.attrs:
        return Notation(frame.attrs["decimal"], frame.attrs["thousands"]), said
    columns = [frame[name] for name in names if frame[name].dtype.kind == "O"
               and frame[name].dtype != "category" and said.get(name, "number") == "number"]
    notations = possible(decimal, thousands)
    texts = (Counter(x for x in column.tolist() if isinstance(x, str)) for column in columns)
    shown = [(partial(frame.get, column.name), showing(cells, notations))
             for column, cells in zip(columns, texts, strict=True)]  # fmt: skip
    return choose(shown, notations)[0], said


def _names(frame: "DataFrame") -> dict[str, str]:
    names = list(frame.columns)
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"several columns are called {', '.join(map(repr, twice))}")
    if not all(isinstance(name, str) for name in names):
        raise DataError(f"the names of the columns must be text, got {names!r:.60}")
    return dict(zip(names, names, strict=True))


def _plain(part: Any) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(part).items()}


def _restored(kind: Any, state: Mapping[str, Any]) -> Any:
    """Make a dataclass of plain numbers and texts, each checked."""
    wanted = {part.name: part.type for part in fields(kind)}
    needed = {part.name for part in fields(kind) if part.default is dataclasses.MISSING}
    if not needed <= state.keys() <= wanted.keys():
        raise KeyError(f"{', '.join(wanted)} are wanted, got {', '.join(state)}")
    return kind(**{name: _checked(name, wanted[name], given) for name, given in state.items()})


def _checked(name: str, kind: Any, given: Any) -> Any:
    if kind is float and type(given) in (int, float) and math.isfinite(given):
        if name != "scale" or given > 0:
            return float(given)
    elif kind in (str, bool, bool | None) and isinstance(given, kind):
        return given
    elif kind not in (str, bool, float, bool | None) and isinstance(given, (list, tuple)):
        numbers = (int,) if name == "classes" else ()
        if all(type(x) in (str, *numbers) for x in given):
            return tuple(given)
    raise TypeError(f"{name}: {given!r:.40}")
