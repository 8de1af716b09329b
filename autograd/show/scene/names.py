"""What is written of the nodes of a graph, as LaTeX and as text: names, and formulas of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from ...array_ops import ArrayOperation
from ...node import Node
from ...symbols import Symbol, derivative
from .text import data, plain, written

__all__ = ["Formulas", "in_latex", "in_text", "names_of"]

_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|"
    "upsilon|phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega"
)
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_DIGITS = {ord(low): high for high, low in zip("0123456789", "₀₁₂₃₄₅₆₇₈₉", strict=True)}
# A stem of letters; after it digits (or w1,2), or an underscore and a word, perhaps in braces.
_NAME = re.compile(
    r"([A-Za-z]+|[Α-ω]|\d[A-Za-z]|[A-Za-z]+\d+(?=_\{?\d))"
    r"(?:(\d+(?:,\d+)*)|_\{([0-9A-Za-zΑ-ω,]+)\}|_([0-9A-Za-zΑ-ω]+))?"
)
_WORDS = re.compile(r"\d+|[A-Za-z]+|.")
_SPECIAL = {
    "\\": r"\backslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#",
    "&": r"\&", "_": r"\_", "^": r"\wedge{}", "~": r"\sim{}", "<": "{<}", ">": "{>}",
}  # fmt: skip


def in_latex(label: str) -> str:
    r"""Write a label as LaTeX, which MathJax and KaTeX set alike.

    A word with digits or with one underscore becomes a letter with a subscript, the name of a
    Greek letter becomes that letter, and whatever else there may be in a label becomes text.

    Examples
    --------
    >>> print(in_latex("w5"), in_latex("out_h1"), in_latex("theta_2"), in_latex("net_7"))
    w_{5} \mathit{out}_{h1} \theta_{2} \mathit{net}_{7}
    >>> print(in_latex("x1_2"), in_latex("<b> 5%"))
    \mathit{x1}_{2} {<}\text{b}{>}\text{ 5}\%
    """
    label = plain(label).translate(_DIGITS)
    if match := _NAME.fullmatch(label):
        stem, *below = filter(None, match.groups())
        words = "".join(_letters(word) for text in below for word in _WORDS.findall(text))
        return _letters(stem) + (f"_{{{words}}}" if below else "")
    pieces = re.split(r"([\\{}$%#&_^~<>])", label)
    return "".join(_SPECIAL.get(piece) or rf"\text{{{piece}}}" for piece in pieces if piece)


def in_text(label: str) -> str:
    """Write a label on one line, digits that are an index as a subscript.

    Examples
    --------
    >>> in_text("w5"), in_text("net_7"), in_text("out_h1"), in_text("x1_2")
    ('w₅', 'net₇', 'out_h1', 'x1_2')
    """
    label = plain(label)
    match = _NAME.fullmatch(label)
    stem, *below = filter(None, match.groups()) if match else [label]
    is_index = below and below[0].isdigit() and not stem[-1].isdigit()
    return stem + below[0].translate(_SUBSCRIPTS) if is_index else label


def _letters(word: str) -> str:
    if _GREEK.fullmatch(word):
        return f"\\{word}"
    return word if len(word) < 2 or not word[0].isalpha() else rf"\mathit{{{word}}}"


def names_of(nodes: Sequence[Node], root: Node) -> dict[Node, Symbol]:
    """Give every node a name of its own: its label, or a letter with a number in order.

    Of two nodes with one label the second is marked; the root is called y if it has none.
    """
    taken = {plain(node.label) for node in nodes}
    clear = (c for c in "vuzqkr" if not any(re.fullmatch(rf"{c}_?\d+", label) for label in taken))
    letter, numbers, uses = next(clear, "node_"), count(1), dict.fromkeys(taken, 0)
    names = {}
    for node in nodes:
        label = plain(node.label)
        if not label:
            bare = "y" if node is root and "y" not in taken else f"{letter}{next(numbers)}"
            names[node] = Symbol(in_latex(bare), in_text(bare))
            continue
        uses[label] += 1
        latex, text = in_latex(label), in_text(label)
        if (use := uses[label]) > 1:
            latex, text = f"{{{latex}}}^{{({use})}}", f"{text}({use})"
        names[node] = Symbol(latex, text)
    return names


@dataclass(frozen=True)
class Formulas:
    """Names of nodes, and what they are in: operations, with names or numbers, and derivatives.

    Numbers have so many ``digits`` after the point, or four significant ones.
    """

    names: Mapping[Node, Symbol]
    digits: int | None = None

    def number(self, x: Any) -> Symbol:
        """Write a number, or an array in short."""
        text = written(x, self.digits) if isinstance(x, float) else data(x)
        return Symbol.of(np.ravel(x)[0], text) if np.size(x) == 1 else Symbol(text)

    def name(self, x: Any) -> Symbol:
        """Write the name of a node; a constant as it is."""
        return self.names[x] if isinstance(x, Node) else self.number(x)

    def evaluation(self, node: Node) -> list[Symbol]:
        """Write how a number came about: a + d, 3 + 2, 5."""
        if node.op is None:
            return [self.number(node.data)]
        names = [self.name(x) for x in node.operands]
        if isinstance(node.op, ArrayOperation):
            operands = ", ".join(x.text for x in names)
            return [Symbol(f"{node.op.name}({operands})"), self.number(node.data)]
        numbers = [self.number(x.data if isinstance(x, Node) else x) for x in node.operands]
        formulas = [Symbol.apply(node.op, *names)]
        if all(x.number is not None for x in numbers):
            formulas.append(Symbol.apply(node.op, *numbers))
        return [*formulas, self.number(node.data)]

    def slope(self, node: Node, position: int) -> Symbol:
        """Write the derivative of a node by one of its operands."""
        op: Any = node.op
        return derivative(op, position, tuple(map(self.name, node.operands)), self.names[node])
