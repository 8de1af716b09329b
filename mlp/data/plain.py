"""Columns of a file that are plainly numbers, such as 12 and -0.5: read at once from its bytes.

Entries may be missing. What is written otherwise, or may be a version or a month, is left to
`tables`, which looks at each entry.
"""

import io
import re
from typing import Any, NamedTuple

import numpy as np

from .notation import showing_plainly

__all__ = ["Plain", "plain_columns"]

_ZERO, _POINT, _MINUS, _LINE = b"0.-\n"
_EXACT = 15  # digits of a whole number that a float has, whatever they are
_POWER = re.compile(rb"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?[eE][+-]?[0-9]+")
_POWERS = 10.0 ** np.arange(_EXACT + 1)


class Plain(NamedTuple):
    """A column: its numbers, and those entries that show how they are written (`showing`)."""

    numbers: np.ndarray
    showing: list[str]


def plain_columns(rows: bytes, mark: str, n: int) -> dict[int, Plain]:
    r"""Read those of n columns that are plainly numbers, each by its place.

    There are none where a line has not n fields: then there is something to be said.

    Examples
    --------
    >>> plain_columns(b"1,a,0.5\n20,b,-7\n,,\n", ",", 3)[2]
    Plain(numbers=array([ 0.5, -7. ,  nan]), showing=['0.5'])
    """
    fields = _Fields.found(np.frombuffer(rows, np.uint8), ord(mark), n)
    if fields is None:
        return {}
    powers = fields.powers(rows)
    odd = (fields.odd & ~powers).any(0) | fields.blank.all(0)
    plain = ~(odd | fields.versions_or_months())
    long = (powers | (fields.whole + fields.decimals > _EXACT)).any(0)
    found: dict[int, Plain] = {}
    for parse, which in (_quotients, plain & ~long), (_floats, plain & long):
        if which.any():
            places = np.flatnonzero(which)
            part = fields if which.all() else fields.take(places)
            showing = part.showing(rows)
            found |= {k: Plain(x, shown) for k, x, shown in zip(
                places.tolist(), parse(part, mark), showing, strict=True)}  # fmt: skip
    return found


class _Fields(NamedTuple):
    """Where fields lie in the bytes a: arrays of a row a line."""

    a: np.ndarray
    start: np.ndarray  # of a field
    first: np.ndarray  # its first digit, after a minus
    point: np.ndarray  # its point, or the end
    end: np.ndarray
    odd: np.ndarray  # whether it is no number such as 12 and -0.5

    @classmethod
    def found(cls, a: np.ndarray, mark: int, n: int) -> "_Fields | None":
        """Find them, if there are n in each line."""
        at = np.flatnonzero(a - _ZERO > 9)  # no digits: bytes below "0" come round to 255
        byte = a[at]
        is_end = (byte == mark) | (byte == _LINE)
        end = at[is_end]
        lines = np.flatnonzero(byte[is_end] == _LINE)
        if not np.array_equal(lines, np.arange(n - 1, len(end), n)) or len(end) % n:
            return None
        start = np.concatenate(([0], end[:-1] + 1))
        field = np.cumsum(is_end) - is_end  # of each byte that is no digit
        is_point, is_minus = byte == _POINT, (byte == _MINUS) & (at == start[field])
        first, point, pointed = start.copy(), end.copy(), field[is_point]
        first[field[is_minus]] += 1
        point[pointed] = at[is_point]
        odd = (point == first) & ((start < end) | (n == 1))  # a line of nothing is not counted
        odd |= (point - first > _EXACT) | (point == end - 1)
        odd |= (a[first] == _ZERO) & (point - first > 1)
        odd[field[~(is_end | is_point | is_minus)]] = True
        odd[pointed[1:][pointed[1:] == pointed[:-1]]] = True
        return cls(a, *(x.reshape(-1, n) for x in (start, first, point, end, odd)))

    @property
    def blank(self) -> np.ndarray:
        """Where there is nothing."""
        return self.start == self.end

    def take(self, places: np.ndarray) -> "_Fields":
        """Give some of the columns."""
        return _Fields(self.a, *(x[:, places] for x in self[1:]))

    @property
    def whole(self) -> np.ndarray:
        """How many digits stand before the point."""
        return self.point - self.first

    @property
    def decimals(self) -> np.ndarray:
        """How many stand after it: -1 where there is none."""
        return self.end - self.point - 1

    def powers(self, rows: bytes) -> np.ndarray:
        """Tell where there is a number such as 1.5e-05, in columns that have nothing odd but it."""
        found = np.zeros_like(self.odd)
        for k in range(found.shape[1]):
            at = np.flatnonzero(self.odd[:, k])
            ends = zip(self.start[at, k].tolist(), self.end[at, k].tolist(), strict=True)
            if all(_POWER.fullmatch(rows, i, j) for i, j in ends):
                found[at, k] = True
        return found

    def versions_or_months(self) -> np.ndarray:
        """Tell which columns may be: 1.9 and 1.10, or 1.2024."""
        whole, decimals, a = self.whole, self.decimals, self.a
        short = (self.first == self.start) & (whole <= 3)
        version = short & ((decimals == 1) | ((decimals == 2) | (decimals == 3))
                           & (a[np.minimum(self.point + 1, len(a) - 1)] != _ZERO))  # fmt: skip
        padded = (decimals > 1) & (a[self.end - 1] == _ZERO)
        months = short & (whole <= 2) & (decimals == 4)
        blank = self.blank
        found: np.ndarray = (version | blank).all(0) & padded.any(0) | (months | blank).all(0)
        return found

    def showing(self, rows: bytes) -> list[list[str]]:
        """Give of each column those entries that `showing_plainly` gives, if not in their order."""
        has_point = (self.decimals > 0) & ~self.odd
        grouped = has_point & (self.whole <= 3) & (self.decimals == 3)
        grouped &= self.a[self.first] != _ZERO
        texts: list[list[str]] = [[] for _ in range(self.end.shape[1])]
        for which in grouped, has_point & ~grouped:
            for k in np.flatnonzero(which.any(0)).tolist():
                i = which[:, k].argmax()
                texts[k].append(rows[self.start[i, k] : self.end[i, k]].decode("ascii"))
        for k in np.flatnonzero(self.odd.any(0)).tolist():
            at = np.flatnonzero(self.odd[:, k])
            ends = zip(self.start[at, k].tolist(), self.end[at, k].tolist(), strict=True)
            texts[k] += showing_plainly(rows[i:j].decode("ascii") for i, j in ends)
        return texts

    def text(self, mark: str) -> bytes:
        """Write these fields with marks between, and line ends."""
        lengths = (self.end - self.start + 1).ravel()
        if lengths.sum() == len(self.a):
            return self.a.tobytes()
        ends = np.cumsum(lengths)
        at = np.arange(ends[-1]) + np.repeat(self.start.ravel() - ends + lengths, lengths)
        text = self.a[at]
        text[ends - 1] = ord(mark)
        text[ends[self.end.shape[1] - 1 :: self.end.shape[1]] - 1] = _LINE
        return text.tobytes()


def _quotients(fields: _Fields, mark: str) -> Any:
    """Read the digits as whole numbers, and divide by powers of ten: both are exact in floats."""
    from pandas import read_csv

    digits = io.BytesIO(fields.text(mark).replace(b".", b""))
    blank = fields.blank.any(0).tolist()
    x = read_csv(digits, sep=mark, header=None, names=range(len(blank)), skip_blank_lines=False,
                 dtype={k: float if some else np.int64 for k, some in enumerate(blank)}).to_numpy()
    decimals = np.maximum(fields.decimals, 0)
    for column, power, negative, some in zip(
        x.T, decimals.T, (fields.first > fields.start).T, blank, strict=True
    ):
        if not power.any():
            yield column + 0.0 if some else column.astype(np.int64)  # of whole numbers, -0 is 0
            continue
        numbers = column / _POWERS[power]
        np.copysign(numbers, -1, out=numbers, where=negative)
        yield numbers


def _floats(fields: _Fields, mark: str) -> Any:
    """Read each number of many digits as `float` does."""
    text = fields.text(mark).decode("ascii").replace("\n", mark)[:-1]
    entries = [float(entry or "nan") for entry in text.split(mark)]
    return np.array(entries).reshape(fields.end.shape).T.copy()
