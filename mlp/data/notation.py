"""Numbers as they are written: what a text is as a number, and when it is one at all.

Python's own float takes 1_000, １２, inf and nan for numbers; here they are texts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import NoneType
from typing import Any

from ..lookup import lookup

__all__ = [
    "BLANK", "DECIMALS", "MISSING", "MOST", "Notation", "PLAIN", "THOUSANDS", "are_numbers",
    "are_versions", "is_code", "kinds", "possible", "showing",
    "showing_plainly", "told_of",
]  # fmt: skip

DECIMALS = (".", ",")
THOUSANDS = ("", ".", ",", " ", "'", "’", "\u00a0", "\u202f")
MOST = 0.8  # of the entries that must be numbers, or dates, for the column to be
BLANK = ("", "?")  # missing in any column; the others only where there are numbers, so that
MISSING = frozenset([  # "None" can be a class; all in lower case
    *BLANK, "na", "n/a", "nan", "-nan", "null", "none", "<na>", "#n/a", "#n/a n/a", "#na",
    "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan",
])  # fmt: skip
_USUAL = {*MISSING, *map(str.upper, MISSING), "None", "NaN"}  # as they are usually written
_KINDS = {
    "number": "number", "text": "text", "date": "date", "datetime64[ns]": "date",
    **dict.fromkeys(("int", "int32", "int64", "Int64", "float", "float32", "float64"), "number"),
    **dict.fromkeys(("str", "string", "object", "category", "bool", "boolean"), "text"),
}  # fmt: skip
_LONG = 15  # digits; a float holds any whole number of as many
_CODE = re.compile(r"[+-]?0[0-9]|\+[0-9]{7}")
_POWER = r"(?:[eE][+-]?[0-9]+)?"
_PLAINLY = re.compile(rf"(?:-?(?:0|[1-9][0-9]{{0,14}})(?:\.[0-9]+)?{_POWER}\n)*+")
_SHOWING = [re.compile(rf"^-?{pattern}{_POWER}$", re.MULTILINE) for pattern in (
    r"[1-9][0-9]{0,2}\.[0-9]{3}",  # what could be grouped, what not
    rf"(?:0|[0-9]{{4,}}|[0-9]+(?!\.[0-9]{{3}}{_POWER}$))\.[0-9]+")]  # fmt: skip
_MONTH = re.compile(r"(0?[1-9]|1[0-2])\.(19|20)[0-9]{2}")
_VERSION = re.compile(r"[0-9]{1,3}\.(0|[1-9][0-9]{0,2})")


@dataclass(frozen=True)
class Notation:
    """How numbers are written: the decimal mark, and what stands between thousands.

    Examples
    --------
    >>> german = Notation(",", ".")
    >>> german.read("1.234,5"), german.read("1,5"), german.read("1.5"), german.read("01.02.2024")
    (1234.5, 1.5, None, None)
    >>> german.write(0.25)
    '0,25'
    """

    decimal: str = "."
    thousands: str = ""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        point, mark = re.escape(self.decimal), re.escape(self.thousands)
        mark = r"\s" if self.thousands == " " else mark  # also one that does not break
        whole = rf"[0-9]+|[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+" if mark else "[0-9]+"
        return re.compile(rf"[+-]?(?:(?:{whole})({point}[0-9]*)?|({point}[0-9]+))(e[+-]?[0-9]+)?",
                          re.IGNORECASE)  # fmt: skip

    def read(self, text: str) -> float | None:
        """Give the number that a text is, an int if it is written as one; None if it is none."""
        text = text.strip()
        match = self._pattern.fullmatch(text)
        if match is None:
            return None
        if self.thousands:
            text = "".join(text.replace(self.thousands, "").split())
        if match.lastindex is None and len(text) < 40:
            return int(text)
        return float(text.replace(self.decimal, "."))

    def write(self, x: float) -> str:
        """Write a number as `read` takes it, the same for 1 and 1.0."""
        whole = not isinstance(x, int) and float(x).is_integer()
        return str(int(x) if whole else x).replace(".", self.decimal)

    def __str__(self) -> str:
        return f"1{self.thousands}234{self.decimal}5"


PLAIN = Notation()


def possible(decimal: str | None = None, thousands: str | None = None) -> list[Notation]:
    """List the notations that agree with what is said of them, the plainest first.

    Raises
    ------
    ValueError
        If what is said is none.
    """
    if not isinstance(decimal, (str, NoneType)) or decimal not in (None, *DECIMALS):
        raise ValueError(f"decimal: '.' or ',', got {decimal!r:.60}")
    if not isinstance(thousands, (str, NoneType)) or thousands not in (None, *THOUSANDS):
        raise ValueError(f"thousands: '.', ',', ' ', \"'\" or '' for none, got {thousands!r:.60}")
    if thousands and thousands == decimal:
        raise ValueError(f"decimal and thousands are both {decimal!r}")
    marks = ("", ".", ",") if thousands is None else (thousands,)
    return [Notation(point, mark) for mark in marks for point in ".,"
            if point != mark and decimal in (None, point)]  # fmt: skip


def is_code(text: str) -> bool:
    """Tell whether digits are no number but a name: 007, +491701234567, 12345678901234567.

    Examples
    --------
    >>> [text for text in ("007", "0", "0.5", "-3", "+491701234567", "1e5") if is_code(text)]
    ['007', '+491701234567']
    """
    text = text.strip()
    return bool(_CODE.match(text)) or (
        len(text) > _LONG and text.isdecimal()
        and (len(text) > 300 or int(float(text)) != int(text)))


def are_numbers(cells: Mapping[str, int], notations: list[Notation], others: int = 0) -> bool:
    """Tell whether the texts of a column, each with how often it occurs, are to be numbers.

    Nearly all must be, and none of them a code; `others` counts entries that are stored as numbers.

    Examples
    --------
    >>> plain = [Notation()]
    >>> are_numbers({"1.5": 3, "2": 2, "many": 1}, plain), are_numbers({"1": 1, "007": 1}, plain)
    (True, False)
    """
    told, plain = told_of(cells)
    if are_versions(told) or (told and all(map(_MONTH.fullmatch, told))):
        return False
    if plain and PLAIN in notations:
        return True
    read = [text for text in told if any(n.read(text) is not None for n in notations)]
    share = sum(told[text] for text in read) + others
    if not share or share < MOST * (sum(told.values()) + others):
        return False
    return not any(map(is_code, read))


def told_of(cells: Mapping[str, int]) -> tuple[Mapping[str, int], bool]:
    """Give the texts that are not missing, and whether all are numbers such as 12 and -0.5.

    Examples
    --------
    >>> told_of({"12": 3, "NA": 1, "-0.5": 1}), told_of({"007": 1})
    (({'12': 3, '-0.5': 1}, True), ({'007': 1}, False))
    """
    if _are_plain(cells):
        return cells, True
    told = dict(cells)
    for text in cells.keys() & _USUAL:
        del told[text]
    if told and _are_plain(told):
        return told, True
    told = {text: n for text, n in cells.items() if text.strip().lower() not in MISSING}
    return told, bool(told) and _are_plain(told)


def _are_plain(cells: Mapping[str, int]) -> bool:
    lines = "\n".join([*cells, ""])  # read at once, for there may be millions
    return lines.count("\n") == len(cells) and _PLAINLY.fullmatch(lines) is not None


def showing(cells: Mapping[str, int], notations: list[Notation]) -> list[str]:
    """Give those texts that show how the numbers of a column are written, as 12 does not.

    There are none in a column that is not of numbers.
    """
    if not are_numbers(cells, notations):
        return []
    told, plain = told_of(cells)
    if plain and PLAIN in notations:
        return showing_plainly(told)
    return [text for text in told if not text.strip().isalnum()
            and any(n.read(text) is not None for n in notations)]  # fmt: skip


def showing_plainly(texts: Iterable[str]) -> list[str]:
    """Give the first plain number that may have a group, as 1.234, and the first that has none."""
    lines = "\n".join(texts)
    return [match[0] for pattern in _SHOWING if (match := pattern.search(lines))]


def are_versions(cells: Iterable[str]) -> bool:
    """Tell whether 1.10 comes after 1.9: numbers have all their decimals, or none to spare.

    Examples
    --------
    >>> are_versions(["1.9", "1.10"]), are_versions(["1.25", "1.10"]), are_versions(["1.9", "1.0"])
    (True, False, False)
    """
    parts = []
    for text in cells:
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            return False
        parts.append(match[1])
    padded = [len(part) for part in parts if len(part) > 1 and part.endswith("0")]
    return bool(padded) and min(map(len, parts)) < max(padded)


def kinds(dtype: Any, names: Iterable[str]) -> dict[str, str]:
    """Give what is said of columns as number, text, date, or the form of dates.

    Raises
    ------
    ValueError
        If there is no such column, or no such kind.

    Examples
    --------
    >>> kinds({"zip": str, "born": "%d.%m.%Y"}, ["zip", "born", "size"])
    {'zip': 'text', 'born': '%d.%m.%Y'}
    """
    known = dict.fromkeys(names)
    said = dtype if isinstance(dtype, Mapping) else dict.fromkeys(known, dtype)
    for name in said:
        lookup("column", name, known)
    names_of_kinds = {name: str(getattr(kind, "__name__", kind)) for name, kind in said.items()}
    return {name: kind if "%" in kind else lookup("kind of column", kind, _KINDS)
            for name, kind in names_of_kinds.items()}  # fmt: skip
