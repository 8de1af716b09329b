"""`Symbol`: hand it to a partial in place of a number, and out comes a formula.

>>> from autograd.ops import tanh
>>> tanh.partials[0](Symbol("x"), Symbol("y"))
Symbol('1 - y^2')
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from . import ops
from .ops import Elementwise

__all__ = ["Symbol", "derivative", "named"]


class Symbol:
    r"""A name, a number or an operation on Symbols, which writes itself as LaTeX and as text.

    Operations simplify where every reader would: 1 · a is a, and a + −b is a − b. Nothing is
    written before it is asked for, so that a formula may be far too large to be.

    Parameters
    ----------
    latex : str
        A name as LaTeX.
    text : str, optional
        The same as text; as in LaTeX if not given.

    Attributes
    ----------
    number : float or None
        What it stands for, if that is a number.
    size : int
        How many names, numbers and operations it consists of.

    Examples
    --------
    >>> a, b = Symbol("a"), Symbol("b")
    >>> formula = 2 * (a + b) ** 3
    >>> print(formula.latex, formula.text, sep="     ")
    2 \cdot \left(a + b\right)^{3}     2·(a + b)³
    """

    __slots__ = ("_name", "number", "op", "operands", "size")

    def __init__(self, latex: str, text: str | None = None) -> None:
        self._name = latex, latex if text is None else text
        self.number: float | None = None
        self.op: Any = None
        self.operands: tuple[Symbol, ...] = ()
        self.size = 1

    @classmethod
    def of(cls, number: float, text: str = "") -> Symbol:
        """Make the Symbol of a number, which is written with six digits if not said otherwise."""
        text = text or f"{number:.6g}".replace("inf", "∞").replace("nan", "NaN").replace("-", "−")
        latex, _, exponent = text.replace("−", "-").partition("e")
        latex = latex.replace("∞", r"\infty").replace("NaN", r"\text{NaN}")
        symbol = cls(latex + (rf" \cdot 10^{{{int(exponent)}}}" if exponent else ""), text)
        symbol.number = float(number)
        return symbol

    @classmethod
    def apply(cls, op: Any, *operands: Any) -> Symbol:
        """Write an operation as it stands, without simplification."""
        symbol = cls("")
        symbol.op, symbol.operands = op, tuple(map(_symbol, operands))
        symbol.size = min(1 + sum(x.size for x in symbol.operands), 10**9)
        return symbol

    @classmethod
    def simplest(cls, op: Any, *operands: Any) -> Symbol:
        """Write an operation, or what stands for it more simply."""
        symbols = tuple(map(_symbol, operands))
        simpler = _SIMPLER[op.name](*symbols) if op.name in _SIMPLER else None
        return cls.apply(op, *symbols) if simpler is None else simpler

    @property
    def latex(self) -> str:
        """The formula as LaTeX."""
        return _written(self, False).text

    @property
    def text(self) -> str:
        """The formula as a line of text."""
        return _written(self, True).text

    def __repr__(self) -> str:
        return f"Symbol({self.latex!r})"

    def __str__(self) -> str:
        return self.latex

    def __format__(self, spec: str) -> str:
        """Write it for a place that takes what binds at least so tightly: ``2``, or t2 as text."""
        return format(_written(self, spec[:1] == "t"), spec.removeprefix("t"))

    def __add__(self, other: Any) -> Symbol:
        return self.simplest(ops.add, self, other)

    def __radd__(self, other: Any) -> Symbol:
        return self.simplest(ops.add, other, self)

    def __sub__(self, other: Any) -> Symbol:
        return self.simplest(ops.subtract, self, other)

    def __rsub__(self, other: Any) -> Symbol:
        return self.simplest(ops.subtract, other, self)

    def __mul__(self, other: Any) -> Symbol:
        return self.simplest(ops.multiply, self, other)

    def __rmul__(self, other: Any) -> Symbol:
        return self.simplest(ops.multiply, other, self)

    def __truediv__(self, other: Any) -> Symbol:
        return self.simplest(ops.divide, self, other)

    def __rtruediv__(self, other: Any) -> Symbol:
        return self.simplest(ops.divide, other, self)

    def __pow__(self, other: Any) -> Symbol:
        return self.simplest(ops.power, self, other)

    def __rpow__(self, other: Any) -> Symbol:
        return self.simplest(ops.power, other, self)

    def __neg__(self) -> Symbol:
        return self.simplest(ops.negative, self)

    def __abs__(self) -> Symbol:
        return self.simplest(ops.absolute, self)

    # A comparison is a number: Iverson's bracket, 1 where it holds and 0 where not.

    def __gt__(self, other: Any) -> Symbol:
        return self.apply(_GREATER, self, other)

    def __ge__(self, other: Any) -> Symbol:
        return self.apply(_AT_LEAST, self, other)

    def __lt__(self, other: Any) -> Symbol:
        return self.apply(_LESS, self, other)

    def __le__(self, other: Any) -> Symbol:
        return self.apply(_AT_MOST, self, other)

    def __eq__(self, other: object) -> Any:
        return self.apply(_EQUAL, self, other)

    def __ne__(self, other: object) -> Any:
        return self.apply(_UNEQUAL, self, other)

    __hash__ = None  # type: ignore[assignment]  # equality makes a formula, not a bool

    @classmethod
    def _record(cls, op: Elementwise, operands: tuple[Any, ...]) -> Symbol:
        return cls.simplest(op, *operands)  # what every row calls


def derivative(op: Elementwise, i: int, operands: tuple[Any, ...] = (), y: Any = None) -> Symbol:
    r"""Write the derivative of an operation by its operand `i`.

    Parameters
    ----------
    op : Elementwise
        A row of the table.
    i : int
        Which operand.
    operands, y : Symbol or str or number, optional
        What the operands and the output are called; their names in the table, and ``y``.

    Examples
    --------
    >>> from autograd.ops import divide, sigmoid
    >>> print(derivative(sigmoid, 0), derivative(divide, 1))
    y \cdot \left(1 - y\right) -\frac{y}{b}
    """
    partial = op.partials[i]
    if not callable(partial):
        return _symbol(partial or 0)
    return _symbol(partial(*map(_symbol, operands or named(op.operand_names)), _symbol(y or "y")))


def named(names: Iterable[str]) -> list[Symbol]:
    """Make Symbols of the names of operands."""
    return [
        Symbol(rf"\{name}" if name == "alpha" else name if len(name) == 1 else
               rf"\text{{{name.replace('_', ' ')}}}", name)
        for name in names
    ]  # fmt: skip


def _symbol(x: Any) -> Symbol:
    if isinstance(x, Symbol):
        return x
    return Symbol(x) if isinstance(x, str) else Symbol.of(x)


# How an operation is written: a template for LaTeX and one for text, each with how tightly the
# result binds: 0 as −2, 1 as a sum, 2 as a product, 3 as a power, 4 as a name, as in the op table.


class _Template(NamedTuple):
    template: str
    binds: int


class _Relation(NamedTuple):
    """What stands between the sides of a comparison, in LaTeX and in text."""

    latex: str
    text: str
    name: str = "relation"


_GREATER, _LESS, _EQUAL = _Relation(">", ">"), _Relation("<", "<"), _Relation("=", "=")
_AT_LEAST, _AT_MOST, _UNEQUAL = (
    _Relation(r"\ge", "≥"), _Relation(r"\le", "≤"), _Relation(r"\ne", "≠"))  # fmt: skip

_TEXT = {
    "add": _Template("{0} + {1:1}", 1), "subtract": _Template("{0} − {1:2}", 1),
    "multiply": _Template("{0:2}·{1:2}", 2), "chain": _Template("{0:2}·{1:2}", 2),
    "divide": _Template("{0:2}/{1:3}", 2), "power": _Template("{0:4}^{1:4}", 3),
    "negative": _Template("−{0:2}", 1), "positive": _Template("{0:4}", 4),
    "absolute": _Template("|{0}|", 4), "square": _Template("{0:4}²", 3),
    "where": _Template("({1} if {0} else {2})", 4),
}  # fmt: skip


_SUPERSCRIPTS = {"2": "²", "3": "³"}


class _Written(NamedTuple):
    """A formula as a template takes it."""

    text: str
    binds: int
    brackets: tuple[str, str]

    def __format__(self, spec: str) -> str:
        weak = self.binds < int(spec or 0)
        return self.text.join(self.brackets) if weak else self.text


def _written(x: Symbol, as_text: bool) -> _Written:
    """Write a formula as LaTeX or as text."""
    brackets = ("(", ")") if as_text else (r"\left(", r"\right)")
    if x.op is None:
        weak = x.number is not None and math.copysign(1, x.number) < 0
        return _Written(x._name[as_text], 0 if weak else 4, brackets)
    if isinstance(x.op, _Relation):
        template = _Template(f"[{{0}} {x.op[as_text]} {{1}}]", 4)
    elif as_text:
        template = _TEXT.get(x.op.name) or _as_a_call(x.op, len(x.operands))
    else:
        template = _Template(x.op.latex, x.op.binds)
    operands = [_written(operand, as_text) for operand in x.operands]
    if x.op is ops.where and isinstance(x.operands[0].op, _Relation):
        operands[0] = operands[0]._replace(text=operands[0].text[1:-1])
    if as_text and x.op is ops.power and operands[1].text in _SUPERSCRIPTS:
        template = _Template(f"{{0:4}}{_SUPERSCRIPTS[operands[1].text]}", 3)
    return _Written(template.template.format(*operands), template.binds, brackets)


def _as_a_call(op: Any, arity: int) -> _Template:
    if arity == 2 and len(op.symbol) == 1 and not op.symbol.isalnum():
        return _Template(f"{{0:2}} {op.symbol} {{1:2}}", 1)
    name = op.name if op.symbol[-1:].isspace() else op.symbol
    slots = ", ".join(f"{{{i}}}" for i in range(arity))
    return _Template(f"{name.replace('{', '{{').replace('}', '}}')}({slots})", 4)


# Simplifications: what stands for an operation on these operands; None if nothing simpler does.


def _is(x: Symbol, op: Elementwise) -> bool:
    return x.op is op


def _same(a: Symbol, b: Symbol) -> bool:
    return a.op is None and b.op is None and a._name == b._name


def _add(a: Symbol, b: Symbol) -> Symbol | None:
    if a.number is not None and b.number is not None:
        return Symbol.of(a.number + b.number)
    if a.number == 0 or b.number == 0:
        return b if a.number == 0 else a                       # 0 + b, a + 0
    if _is(b, ops.negative):
        return a - b.operands[0]                               # a + −b
    if _same(a, b):
        return 2 * a                                           # a + a
    if _is(a, ops.negative):
        return b - a.operands[0]                               # −a + b
    return None


def _subtract(a: Symbol, b: Symbol) -> Symbol | None:
    if a.number is not None and b.number is not None:
        return Symbol.of(a.number - b.number)
    if b.number == 0:
        return a                                               # a − 0
    if _is(b, ops.negative):
        return a + b.operands[0]                               # a − −b
    return None


def _multiply(a: Symbol, b: Symbol) -> Symbol | None:
    if b.number is not None and a.number is None:
        a, b = b, a                                            # the number first
    if a.number is not None:
        if b.number is not None:
            return Symbol.of(a.number * b.number)
        if a.number in (0, 1):
            return b if a.number else a                        # 0 · b, 1 · b
        if a.number < 0:
            return -(-a.number * b)                            # −2 · b
        if _is(b, ops.multiply) and b.operands[0].number is not None:
            return a.number * b.operands[0].number * b.operands[1]    # 2 · (3 · b)
        if _is(b, ops.negative):
            return -(a * b.operands[0])                        # 2 · −b
        return Symbol.apply(ops.multiply, a, b)
    if _is(a, ops.negative) or _is(b, ops.negative):
        return -(-a * b if _is(a, ops.negative) else a * -b)   # −a · b, a · −b
    if _same(a, b):
        return Symbol.apply(ops.square, a)                     # a · a
    if _is(b, ops.divide) and b.operands[0].number == 1:
        return a / b.operands[1]                               # a · 1/b
    if _is(a, ops.divide) and a.operands[0].number == 1:
        return b / a.operands[1]                               # 1/a · b
    return None


def _divide(a: Symbol, b: Symbol) -> Symbol | None:
    if b.number == 1 or (a.number == 0 and b.number != 0):
        return a                                               # a ÷ 1, 0 ÷ b
    if _is(a, ops.negative) or (a.number is not None and a.number < 0):
        return -(-a / b)                                       # −a ÷ b
    return None


def _negative(x: Symbol) -> Symbol | None:
    if x.number is not None:
        return Symbol.of(-x.number)
    if _is(x, ops.negative):
        return x.operands[0]                                   # −−x
    if _is(x, ops.subtract):
        return x.operands[1] - x.operands[0]                   # −(a − b)
    if (_is(x, ops.multiply) or _is(x, ops.divide)) and _is(x.operands[0], ops.subtract):
        return Symbol.simplest(x.op, -x.operands[0], x.operands[1])  # −(a − b) · c, −(a − b) ÷ c
    return None


def _power(a: Symbol, b: Symbol) -> Symbol | None:
    if b.number == 1 or b.number == 0:
        return a if b.number else Symbol.of(1)                 # a¹, a⁰
    return None


_SIMPLER: dict[str, Callable[..., Symbol | None]] = {
    "add": _add, "subtract": _subtract, "multiply": _multiply, "divide": _divide,
    "power": _power, "negative": _negative, "positive": lambda x: x,
    "chain": lambda g, d: g * d,
}  # fmt: skip
