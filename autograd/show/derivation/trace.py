"""The whole evaluation of a graph as a table: how every number came about, and every gradient."""

from __future__ import annotations

from collections.abc import Iterator

from ...backprop import Step, creation, walk
from ...node import Node
from ...value import Value
from ..paint.page import Typeset
from ..scene.names import Formulas, names_of
from ..scene.order import operands_first
from ..scene.text import aligned
from .derivation import in_any_page

__all__ = ["Trace"]

MOST_ROWS = 200
_MOST_TERMS = 4  # of the sum of a gradient


class Trace(Typeset):
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
        self._formulas = Formulas(names_of(nodes, root), digits)
        self.gradients: dict[Node, float] = {root: 1.0}
        self._steps: dict[Node, list[Step]] = {}  # by what they contribute to
        for step in walk(root):
            self._steps.setdefault(step.operand, []).append(step)
            self.gradients[step.operand] = step.total

    @property
    def latex(self) -> str:
        """The table as LaTeX, without the dollars around it."""
        head = r"\text{forward} \downarrow & \text{backward} \uparrow \\ \hline"
        rows = (" & ".join(self._row(node, "")) for node in self._nodes)
        body = in_any_page(" \\\\[4pt]\n".join(rows))
        return f"\\begin{{array}}{{l|l}}\n{head}\n{body}\n\\end{{array}}"

    def __repr__(self) -> str:
        rows = [("forward ↓", "backward ↑"), *(self._row(node, "t") for node in self._nodes)]
        return aligned(rows, "<<")

    def _row(self, node: Node, form: str) -> tuple[str, str]:
        """Write how a number came about, and how a gradient; ``t`` is for text."""
        forward = self._formulas.names[node], *self._formulas.evaluation(node)
        return " = ".join(f"{x:{form}}" for x in forward), " = ".join(self._backward(node, form))

    def _backward(self, node: Node, form: str) -> Iterator[str]:
        """Write the gradient of a node as the sum of what its consumers contribute."""
        yield self._adjoint(node, form)
        steps, number, times = self._steps.get(node, []), self._formulas.number, _TIMES[form]
        if 0 < len(steps) <= _MOST_TERMS:
            slopes = (self._formulas.slope(step.node, step.position) for step in steps)
            yield " + ".join(
                f"{self._adjoint(step.node, form)} {times} {slope:{form}2}"
                for step, slope in zip(steps, slopes, strict=True)
            )
            yield " + ".join(
                f"{number(step.upstream):{form}{2 * (i > 0)}} {times} {number(step.local):{form}2}"
                for i, step in enumerate(steps)
            )
        elif steps:
            words = f"the sum of {len(steps)} contributions"
            yield words if form else rf"\text{{{words}}}"
        if node in self.gradients:
            yield f"{number(self.gradients[node]):{form}}"
        else:
            yield "0, since no derivative flows" if form else "0"

    def _adjoint(self, node: Node, form: str) -> str:
        """Write ∂root/∂node: in LaTeX as the name with a bar, as in the literature."""
        names = self._formulas.names
        if form:
            return f"∂{names[self.root].text}/∂{names[node].text}"
        return rf"\overline{{{names[node].latex}}}"


_TIMES = {"": r"\cdot", "t": "·"}
