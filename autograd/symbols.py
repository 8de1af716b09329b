"""`Symbol`: hand it to a partial in place of a number, and out comes LaTeX.

>>> from autograd.ops import tanh
>>> tanh.partials[0](Symbol("x"), Symbol("y"))
Symbol('1 - y^2')
"""

from collections.abc import Callable, Iterable
from typing import Any

from . import ops
from .ops import Elementwise

__all__ = ["Symbol", "derivative", "named"]


class Symbol:
    r"""LaTeX that knows how tightly it binds, so that it gets parentheses where it needs them.

    Parameters
    ----------
    latex : str
        What is written.
    binds : int, optional
        1 as a sum, 2 as a product, 3 as a power, 4 as a name: as in the op table.

    Examples
    --------
    >>> a, b = Symbol("a"), Symbol("b")
    >>> 2 * (a + b) ** 3
    Symbol('2 \\cdot \\left(a + b\\right)^{3}')
    """

    __slots__ = ("binds", "latex")

    def __init__(self, latex: str, binds: int = 4) -> None:
        self.latex = latex
        self.binds = binds

    def __repr__(self) -> str:
        return f"Symbol({self.latex!r})"

    def __format__(self, spec: str) -> str:
        """Write it for a place that takes what binds at least as tightly as `spec`."""
        return rf"\left({self.latex}\right)" if self.binds < int(spec or 0) else self.latex

    def __add__(self, other: Any) -> "Symbol":
        return self._record(ops.add, (self, other))

    def __radd__(self, other: Any) -> "Symbol":
        return self._record(ops.add, (other, self))

    def __sub__(self, other: Any) -> "Symbol":
        return self._record(ops.subtract, (self, other))

    def __rsub__(self, other: Any) -> "Symbol":
        return self._record(ops.subtract, (other, self))

    def __mul__(self, other: Any) -> "Symbol":
        return self._record(ops.multiply, (self, other))

    def __rmul__(self, other: Any) -> "Symbol":
        return self._record(ops.multiply, (other, self))

    def __truediv__(self, other: Any) -> "Symbol":
        return self._record(ops.divide, (self, other))

    def __rtruediv__(self, other: Any) -> "Symbol":
        return self._record(ops.divide, (other, self))

    def __pow__(self, other: Any) -> "Symbol":
        return self._record(ops.power, (self, other))

    def __neg__(self) -> "Symbol":
        return self._record(ops.negative, (self,))

    def __abs__(self) -> "Symbol":
        return self._record(ops.absolute, (self,))

    # A comparison is a number: Iverson's bracket, 1 where it holds and 0 where not.

    def __gt__(self, other: Any) -> "Symbol":
        return self._bracket(">", other)

    def __ge__(self, other: Any) -> "Symbol":
        return self._bracket(r"\ge", other)

    def __lt__(self, other: Any) -> "Symbol":
        return self._bracket("<", other)

    def __le__(self, other: Any) -> "Symbol":
        return self._bracket(r"\le", other)

    def __eq__(self, other: object) -> Any:
        return self._bracket("=", other)

    def __ne__(self, other: object) -> Any:
        return self._bracket(r"\ne", other)

    __hash__ = None  # type: ignore[assignment]  # equality makes LaTeX, not a bool

    def _bracket(self, relation: str, other: Any) -> "Symbol":
        return Symbol(f"[{self} {relation} {_symbol(other)}]")

    def __str__(self) -> str:
        return self.latex

    @staticmethod
    def _record(op: Elementwise, operands: tuple[Any, ...]) -> "Symbol":
        """Write the operation, after its simplification: what every row calls."""
        operands = tuple(map(_symbol, operands))
        texts = tuple(x.latex for x in operands)
        if (simpler := _SIMPLER.get(op.name, _as_it_is)(*texts)) is not None:
            return simpler if isinstance(simpler, Symbol) else operands[simpler]
        return Symbol(op.latex.format(*operands), op.binds)


def derivative(op: Elementwise, i: int, operands: tuple[Any, ...] = (), y: Any = None) -> Symbol:
    r"""Write the derivative of an operation by its operand `i`.

    Parameters
    ----------
    op : Elementwise
        A row of the table.
    i : int
        Which operand.
    operands, y : Symbol or str, optional
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
               rf"\text{{{name.replace('_', ' ')}}}")
        for name in names
    ]  # fmt: skip


def _symbol(x: Any) -> Symbol:
    if isinstance(x, Symbol):
        return x
    if isinstance(x, str):
        return Symbol(x)
    return Symbol(f"{x:.6g}".replace("inf", r"\infty"), 1 if x < 0 else 4)


def _as_it_is(*texts: str) -> None:
    """Leave an operation unsimplified."""


_SIMPLER: dict[str, Callable[..., Symbol | int | None]] = {
    "add": lambda a, b: Symbol(f"{a} - {b[1:]}", 1) if b.startswith("-") else None,  # a + −b
    "multiply": lambda a, b: (
        1 if a == "1" else 0 if b == "1"                       # 1 · b, a · 1
        else Symbol(f"{a}^2", 3) if a == b and a.isalnum()     # a · a
        else None),
    "divide": lambda a, b: (
        Symbol(rf"-\frac{{{a[1:]}}}{{{b}}}", 1) if a[0] == "-" and a[1:].isalnum() else None),
    "where": lambda condition, a, b: Symbol(ops.where.latex.format(condition.strip("[]"), a, b)),
    "chain": lambda a, b: 1 if a == "1" else 0 if b == "1" else None,
}  # fmt: skip
