"""`Symbol`: hand it to a partial in place of a number, and out comes a formula.

>>> from autograd.ops import tanh
>>> tanh.partials[0](Symbol("x"), Symbol("y"))
Symbol('1 - y^2')
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from . import ops
from .algebra import EXACT, REAL, WRITTEN, Arithmetic, Rules
from .ops import Elementwise

__all__ = ["Symbol", "derivative", "named"]


class Symbol(Arithmetic):
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
        simpler = _SIMPLER(op, symbols)
        return cls.apply(op, *symbols) if simpler is None else _symbol(simpler)

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


_SIMPLER = Rules(
    EXACT + REAL + WRITTEN, read=lambda x: (x.op, x.operands, x.number), make=Symbol.simplest,
    same=lambda x, y: x is y or (x.op is y.op is None and x._name == y._name),
)  # fmt: skip
