"""The whole evaluation of a graph as a table: how every number came about, and every gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..backprop import Step, creation, walk
from ..node import Node
from ..symbols import Symbol, derivative
from ..value import Value
from .names import names_of
from .picture import operands_first
from .text import aligned, written

__all__ = ["Trace"]

MOST_ROWS = 200
_MOST_TERMS = 4  # of the sum of a gradient


class Trace:
    """A table with a row a node: read it downward for the numbers, upward for the gradients.

    The forward and the reverse trace of Baydin et al., "Automatic differentiation in machine
    learning: a survey", JMLR 18 (2018), tables 2 and 3, side by side.

    Attributes
    ----------
    gradients : dict
        The derivative of the root by every node that it reaches.
    """

    def __init__(self, root: Value, digits: int | None = None) -> None:
        self.root = root
        self.digits = digits
        nodes = operands_first((root,))
        if len(nodes) > MOST_ROWS:
            raise ValueError(
                f"derive: a table of {len(nodes):,} rows is too long to read: derive(root, "
                "wrt=node) works out one derivative, and a node on the way gives a smaller table"
            )
        self._nodes = sorted((node for node in nodes if node.op is None), key=creation)
        self._nodes += [node for node in nodes if node.op is not None]
        self._names = names_of(nodes, root)
        self.gradients: dict[Node, float] = {root: 1.0}
        self._steps: dict[Node, list[Step]] = {}  # by what they contribute to
        for step in walk(root):
            self._steps.setdefault(step.operand, []).append(step)
            self.gradients[step.operand] = step.total

    @property
    def latex(self) -> str:
        """The table as LaTeX, without the dollars around it."""
        head = r"\text{forward} \downarrow & \text{backward} \uparrow \\ \hline"
        rows = (
            f"{self._name(node)} = {' = '.join(self._forward(node, ''))} & "
            f"{' = '.join(self._backward(node, ''))}"
            for node in self._nodes
        )
        body = " \\\\[4pt]\n".join(rows).replace("<", r"\lt ").replace(">", r"\gt ")
        return f"\\begin{{array}}{{l|l}}\n{head}\n{body}\n\\end{{array}}"

    def _repr_latex_(self) -> str:
        return f"$${self.latex}$$"

    def __repr__(self) -> str:
        rows = [("forward ↓", "backward ↑")]
        for node in self._nodes:
            forward = " = ".join([self._name(node).text, *self._forward(node, "t")])
            rows.append((forward, " = ".join(self._backward(node, "t"))))
        return aligned(rows, "<<")

    def _name(self, x: Any) -> Symbol:
        return self._names[x] if isinstance(x, Node) else self._number(x)

    def _number(self, x: float) -> Symbol:
        return Symbol.of(x, written(x, self.digits))

    def _forward(self, node: Node, form: str) -> Iterator[str]:
        """Write the formula of a node, with numbers in it, and the result; ``t`` is for text."""
        if node.op is not None:
            yield f"{Symbol.apply(node.op, *map(self._name, node.operands)):{form}}"
            numbers = (x.data if isinstance(x, Node) else x for x in node.operands)
            yield f"{Symbol.apply(node.op, *map(self._number, numbers)):{form}}"
        yield f"{self._number(node.data):{form}}"

    def _backward(self, node: Node, form: str) -> Iterator[str]:
        """Write the gradient of a node as the sum of what its consumers contribute."""
        yield self._adjoint(node, form)
        steps = self._steps.get(node, [])
        if 0 < len(steps) <= _MOST_TERMS:
            yield " + ".join(
                f"{self._adjoint(step.node, form)} {_TIMES[form]} {self._slope(step):{form}2}"
                for step in steps
            )
            yield " + ".join(
                f"{self._number(step.upstream):{form}{2 * (i > 0)}} {_TIMES[form]} "
                f"{self._number(step.local):{form}2}"
                for i, step in enumerate(steps)
            )
        elif steps:
            words = f"the sum of {len(steps)} contributions"
            yield words if form else rf"\text{{{words}}}"
        if node in self.gradients:
            yield f"{self._number(self.gradients[node]):{form}}"
        else:
            yield "0, since no derivative flows" if form else r"0"

    def _adjoint(self, node: Node, form: str) -> str:
        """Write ∂root/∂node: in LaTeX as the name with a bar, as in the literature."""
        name = self._names[node]
        if form:
            return f"∂{self._names[self.root].text}/∂{name.text}"
        return rf"\overline{{{name.latex}}}"

    def _slope(self, step: Step) -> Symbol:
        symbols = tuple(map(self._name, step.node.operands))
        op: Any = step.node.op
        return derivative(op, step.position, symbols, self._names[step.node])


_TIMES = {"": r"\cdot", "t": "·"}
