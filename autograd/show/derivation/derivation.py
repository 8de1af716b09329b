"""A worked derivative: its factors and sums, written as LaTeX and as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...ops import chain
from ...symbols import Symbol
from ..paint.page import Typeset
from ..scene.text import written

__all__ = ["Derivation", "Factor", "Product", "Sum", "count", "in_any_page"]

_SHORT = 3  # factors up to which symbols and numbers share a line


class Factor(NamedTuple):
    """The derivative of one named node by another: what stands for it, its formula, its number."""

    above: Symbol
    below: Symbol
    number: float
    formula: Symbol | None = None
    held: tuple[Symbol, ...] = ()  # nodes that are held fixed, which lie on other paths


class Product(NamedTuple):
    """The derivatives along one path, and what tells that path from others."""

    via: tuple[Symbol, ...]  # empty for a path that leads there directly
    factors: tuple[Factor, ...]

    @property
    def number(self) -> float:
        """The product of the numbers, in the order of the backward pass."""
        result = 1.0
        for factor in self.factors:
            result = chain(result, factor.number)
        return result


class Sum(NamedTuple):
    """A derivative that several paths add up to."""

    above: Symbol
    below: Symbol
    number: float
    terms: tuple[Product, ...]  # of many the first
    paths: int
    local: bool  # a term stands for all paths through one node, and not for one path
    more: int  # how many terms are not written


class Derivation(Typeset):
    """A worked derivative. A notebook shows it as a formula; ``str`` gives it as text.

    Attributes
    ----------
    value : float
        The derivative.
    product : Product
        Its factors, from the root down. All paths run through the nodes between them.
    sums : tuple of Sum
        Those factors for which there is more than one path.
    """

    def __init__(self, product: Product, sums: Sequence[Sum], digits: int | None) -> None:
        self.product = product
        self.sums = tuple(sums)
        self.digits = digits
        self.value = product.number

    @property
    def latex(self) -> str:
        """The derivation as LaTeX, without the dollars around it."""
        lines = []
        if not self._is_one_sum:
            factors = self.product.factors
            slopes = [_slopes(factors)] if len(factors) > 1 else []
            rows = [*slopes, *self._numbers(self.product)]
            lines += [f"&= {row}" for row in rows]
            held = factors[0].held if len(factors) == 1 else ()
            lines[0] = _slope(factors[0].above, factors[-1].below, held) + " " + lines[0]
        for total in self.sums:
            lines.append(f"{_slope(total.above, total.below)} &= {self._headline(total)}")
            for via, factors in total.terms:
                names = ",\\, ".join(name.latex for name in via)
                names = rf"\text{{via }} {names}" if via else r"\text{directly}"
                numbers = list(self._numbers(Product(via, factors)))
                row = rf"{names}\colon\quad & \phantom{{=}}\ {_slopes(factors)}"
                short = len(factors) <= _SHORT
                lines.append(" = ".join([row, *numbers]) if short else row)
                lines += [] if short else ["&= " + " = ".join(numbers)]
            lines.append(rf"\text{{sum}}\colon\quad &= {self._addition(total)}")
        body = in_any_page(" \\\\[4pt]\n".join(lines))
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def __repr__(self) -> str:
        blocks = []
        if not self._is_one_sum:
            factors = self.product.factors
            head = f"∂{factors[0].above.text}/∂{factors[-1].below.text} = "
            blocks.append(_below(head, self._rows(self.product)[len(factors) == 1 :]))
        for total in self.sums:
            head = f"∂{total.above.text}/∂{total.below.text} = {self._headline(total, 't')}"
            rows = [
                _below(f"  via {', '.join(x.text for x in term.via)}: " if term.via
                       else "  directly: ", self._rows(term)) for term in total.terms
            ]  # fmt: skip
            blocks.append("\n".join([head, *rows, f"  sum: {self._addition(total, 't')}"]))
        return "\n\n".join(blocks)

    @property
    def _is_one_sum(self) -> bool:
        return len(self.product.factors) == 1 and len(self.sums) == 1

    def _number(self, x: float) -> Symbol:
        return Symbol.of(x, written(x, self.digits))

    def _numbers(self, product: Product) -> Iterator[str]:
        """Write the numbers, each over where it comes from, and the result."""
        parts: list[str] = []
        for f in product.factors:
            x = f"{self._number(f.number):{2 if parts else 0}}"
            known = f.formula is None or f.formula.number is not None
            parts.append(x if known else rf"\underbrace{{{x}}}_{{{f.formula}}}")
        yield r" \cdot ".join(parts)
        if len(parts) > 1:
            yield self._number(product.number).latex

    def _rows(self, product: Product) -> list[str]:
        """Write symbols, formulas, numbers and the result, a line each, as text."""
        columns: list[tuple[str, str, str]] = []
        for f in product.factors:
            tight = "t2" if len(product.factors) > 1 else "t"
            x = f"{self._number(f.number):{'t2' if columns else 't'}}"
            known = f.formula is None or f.formula.number is not None
            formula = x if known else f"{f.formula:{tight}}"
            held = "|" * bool(f.held) + ",".join(name.text for name in f.held)
            columns.append((f"∂{f.above.text}/∂{f.below.text}{held}", formula, x))
        widths = [max(map(len, column)) for column in columns]
        rows = zip(*columns, strict=True)
        lines = [" · ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        if len(columns) > 1:
            lines.append(self._number(product.number).text)
        if lines[1] == lines[2]:
            del lines[1]
        return lines

    def _headline(self, total: Sum, form: str = "") -> str:
        """Say what a sum runs over, as LaTeX or as text."""
        above, below = total.above, total.below
        if not total.local:
            words = f"the sum over {total.paths} paths"
            return words if form else rf"\text{{{words}}}"
        if form:
            return (
                f"Σ ∂{above.text}/∂u · ∂u/∂{below.text} over the nodes u that use {below.text} "
                f"({count(total.paths)} paths)"
            )
        local = rf"\sum_u {_slope(above, 'u')} \cdot {_slope('u', below)}"
        return rf"{local} \quad \text{{({count(total.paths)} paths)}}"

    def _addition(self, total: Sum, form: str = "") -> str:
        numbers = [self._number(term.number) for term in total.terms]
        texts = [f"{x:{form}{2 if i else 0}}" for i, x in enumerate(numbers)]
        if total.more:
            words = f"{total.more:,} more"
            texts.append(f"{words}" if form else rf"\text{{{words}}}")
        return f"{' + '.join(texts)} = {self._number(total.number):{form}}"


def _slope(above: Symbol | str, below: Symbol | str, held: Sequence[Symbol] = ()) -> str:
    r"""Write ∂above/∂below as LaTeX, with a bar and what is held fixed, if something is."""
    above, below = (x if isinstance(x, str) else x.latex for x in (above, below))
    slope = rf"\frac{{\partial {above}}}{{\partial {below}}}"
    names = ",".join(name.latex for name in held)
    return rf"\left.{slope}\right|_{{{names}}}" if held else slope


def in_any_page(latex: str) -> str:
    """Write LaTeX so that no page takes a sign for the beginning of an element."""
    return re.sub(r"(?<!{)<", r"\\mathrel{<}", latex)


def count(paths: int) -> str:
    """Write how many paths there are."""
    return f"{paths:,}" if paths < 10**9 else "over a billion"


def _below(head: str, lines: Sequence[str]) -> str:
    """Write lines that are equal, with their equals signs in a column."""
    return head + f"\n{'= ':>{len(head)}}".join(lines)


def _slopes(factors: Sequence[Factor]) -> str:
    return r" \cdot ".join(_slope(f.above, f.below, f.held) for f in factors)
