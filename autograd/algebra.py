"""The algebra: one table of rules for formulas, for pictures of graphs and for generated code.

A rule is written as its formula. What looks like the left side of ``>>`` becomes the right side,
where a, b and x are any terms, and c, d and n numbers.

>>> from autograd.symbols import Symbol
>>> Symbol("u") + -Symbol("v") * 1
Symbol('u - v')
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import is_
from typing import Any, ClassVar

import numpy as np

from . import ops
from .ops import chain, hypot, sqrt, square

__all__ = ["DRAWN", "EXACT", "REAL", "WRITTEN", "Arithmetic", "Pattern", "Rules"]

Rule = tuple["Pattern", Any]  # and what replaces it


class Arithmetic:
    """Python's operators, for what makes a term of its operands: they call the rows."""

    __slots__ = ()
    _record: ClassVar[Any]

    def __add__(self, other: Any) -> Any:
        return self._record(ops.add, (self, other))

    def __radd__(self, other: Any) -> Any:
        return self._record(ops.add, (other, self))

    def __sub__(self, other: Any) -> Any:
        return self._record(ops.subtract, (self, other))

    def __rsub__(self, other: Any) -> Any:
        return self._record(ops.subtract, (other, self))

    def __mul__(self, other: Any) -> Any:
        return self._record(ops.multiply, (self, other))

    def __rmul__(self, other: Any) -> Any:
        return self._record(ops.multiply, (other, self))

    def __truediv__(self, other: Any) -> Any:
        return self._record(ops.divide, (self, other))

    def __rtruediv__(self, other: Any) -> Any:
        return self._record(ops.divide, (other, self))

    def __pow__(self, other: Any) -> Any:
        return self._record(ops.power, (self, other))

    def __rpow__(self, other: Any) -> Any:
        return self._record(ops.power, (other, self))

    def __mod__(self, other: Any) -> Any:
        return self._record(ops.remainder, (self, other))

    def __rmod__(self, other: Any) -> Any:
        return self._record(ops.remainder, (other, self))

    def __floordiv__(self, other: Any) -> Any:
        return self._record(ops.floor_divide, (self, other))

    def __rfloordiv__(self, other: Any) -> Any:
        return self._record(ops.floor_divide, (other, self))

    def __neg__(self) -> Any:
        return self._record(ops.negative, (self,))

    def __pos__(self) -> Any:
        return self._record(ops.positive, (self,))

    def __abs__(self) -> Any:
        return self._record(ops.absolute, (self,))


class Pattern(Arithmetic):
    """What a term may look like: a variable, or an operation on patterns and numbers.

    Parameters
    ----------
    op : Elementwise, optional
        The operation; None for a variable.
    operands : tuple, optional
        Its operands.
    accepts : callable, optional
        Whether a variable stands for this number, or for None: for what is no number.
    """

    __slots__ = ("accepts", "head", "op", "operands")

    def __init__(
        self, op: Any = None, operands: tuple[Any, ...] = (), accepts: Any = lambda number: True
    ) -> None:
        self.op, self.operands, self.accepts = op, operands, accepts
        self.head = op or (None if accepts(None) else True)  # True for a number, None for any term

    @classmethod
    def _record(cls, op: Any, operands: tuple[Any, ...]) -> Pattern:
        return cls(op, operands)

    def __rshift__(self, other: Any) -> Rule:
        return self, other


a, b, x = Pattern(), Pattern(), Pattern()
c, d = (Pattern(accepts=lambda number: isinstance(number, (int, float))) for _ in "cd")
n = Pattern(accepts=lambda number: number is not None and number < 0)
z = Pattern(accepts=lambda number: number != 0)

# Exact in floating point, bit for bit, for −0.0, ∞ and NaN, too: the only ones for code.
EXACT = (
    c + d >> c + d, c - d >> c - d, c * d >> c * d, -c >> -c,    # numbers are computed
    a + a >> 2 * a,
    a + -b >> a - b,
    -a + b >> b - a,
    a - -b >> a + b,
    a * 1 >> a,
    1 * b >> b,
    a * -1 >> -a,
    -1 * b >> -b,
    a / 1 >> a,
    a ** 1 >> a,
    a ** 0 >> 1,
    -(-x) >> x,  # noqa: B002
    +x >> x,
)  # fmt: skip

# True of real numbers, but floats have a second zero, and know 0 · ∞.
REAL = (
    a + 0 >> a,
    0 + b >> b,
    a - 0 >> a,
    0 - b >> -b,
    a * 0 >> 0,
    0 * b >> 0,
    a * c >> c * a,  # exact, but code gains nothing by it
    c * (d * x) >> c * d * x,
    c * chain(d, x) >> chain(c * d, x),
    -chain(c, x) >> chain(-c, x),
)

# In a picture a minus is a box less where a number has it.
DRAWN = (
    c * -x >> -c * x,
    -(c * x) >> -c * x,
)

# On paper it stands in front, and there are squares and fractions.
WRITTEN = (
    n * b >> -(-n * b),
    -a * b >> -(a * b),
    a * -b >> -(a * b),
    n / b >> -(-n / b),
    -a / b >> -(a / b),
    -(a - b) >> b - a,
    -((a - b) * x) >> (b - a) * x,
    -((a - b) / x) >> (b - a) / x,
    a * a >> square(a),
    a * (1 / b) >> a / b,
    1 / a * b >> b / a,
    0 / z >> 0,
    hypot(1, a) >> sqrt(1 + square(a)),
    chain(a, b) >> a * b,
)


def _read(x: Any) -> tuple[Any, ...]:
    return (x.op, x.operands, None) if hasattr(x, "op") else (None, (), x)


class Rules:
    """Some of the rules, for one kind of term.

    Parameters
    ----------
    rules : sequence of Rule
        The rules; of several that apply the first is taken.
    read : callable, optional
        Gives the operation that made a term, or None; its operands; and the number that it is,
        or None. If not given, what has no ``op`` is a number.
    make : callable, optional
        Makes a term of an operation and its operands; the pair if not given.
    same : callable, optional
        Tells whether two terms are the same; whether they are one object if not given.

    Examples
    --------
    >>> from autograd.symbols import Symbol
    >>> Rules(EXACT)(ops.multiply, (Symbol("u"), -1.0))
    (<operation negative(x)>, (Symbol('u'),))
    """

    def __init__(
        self, rules: Sequence[Rule], read: Any = _read,
        make: Any = lambda op, *operands: (op, operands), same: Any = is_,
    ) -> None:  # fmt: skip
        self.rules, self.read, self.make, self.same = rules, read, make, same
        self.tops = {pattern.op for pattern, _ in rules}
        self.known: dict[Any, Sequence[Rule]] = {}

    def __call__(self, op: Any, operands: Sequence[Any]) -> Any:
        """Give what stands for an operation on these operands more simply; None if nothing does."""
        if op not in self.tops:
            return None
        heads = op, *[own or number is not None for own, _, number in map(self.read, operands)]
        if heads not in self.known:
            self.known[heads] = [
                rule for rule in self.rules
                if all(getattr(p, "head", True) in (None, head)
                       for p, head in zip((rule[0], *rule[0].operands), heads, strict=True))
            ]  # fmt: skip
        for pattern, replacement in self.known[heads]:
            bound: dict[Any, Any] = {}
            if all(map(self._fits, pattern.operands, operands, repeat(bound))):
                return self._made(replacement, bound)
        return None

    def _fits(self, pattern: Any, term: Any, bound: dict[Any, Any]) -> Any:
        """Tell whether a term looks like a pattern, and note what variables stand for."""
        op, operands, number = self.read(term)
        if not isinstance(pattern, Pattern):
            equal = number == pattern
            return bool(equal.all()) if isinstance(equal, np.ndarray) else equal
        if pattern.op:
            return op is pattern.op and all(
                map(self._fits, pattern.operands, operands, repeat(bound)))
        return pattern.accepts(number) and self.same(bound.setdefault(pattern, term), term)

    def _made(self, pattern: Any, bound: dict[Any, Any]) -> Any:
        """Make what a pattern stands for; an operation on numbers is computed."""
        if not isinstance(pattern, Pattern):
            return float(pattern)
        if not pattern.op:
            return bound[pattern]
        if all(getattr(p, "head", None) is True for p in pattern.operands):
            return pattern.op.evaluate(*(float(self.read(bound[p])[2]) for p in pattern.operands))
        return self.make(pattern.op, *(self._made(p, bound) for p in pattern.operands))
