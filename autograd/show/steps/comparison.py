"""A wrong backward pass beside the right one, as a picture and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from html import escape
from pathlib import Path

from ...backprop import Step, walk
from ...node import Node
from ...value import Value
from ..paint.page import AS_TEXT, Shown, image, save_page
from ..paint.svg import svg
from ..scene.model import DARK, GREY, WHITE, Cell, Run, Scene
from ..scene.names import names_of
from ..scene.order import MOST_NODES, operands_first
from ..scene.text import aligned, data, in_product
from ..views.by_operation import ByOperation

__all__ = ["Comparison"]

_RIGHT, _WRONG, _FIRST = "#dafbe1", "#ffcecb", "#b8202e"
_TITLES = {
    "topological": "In topological order",
    "depth-first": "Depth-first, without a sort",
    "recursive": "Recursion along every path",
}


class Comparison(Shown):
    """The gradients of a wrong pass beside the right ones.

    Attributes
    ----------
    right, wrong : dict
        The gradients, of every node that is reached.
    first : Step or None
        The first wrong step; None if all goes well.
    """

    def __init__(self, root: Value, taken: Sequence[Step], order: str, accumulate: bool) -> None:
        self.root = root
        self.order, self.accumulate = order, accumulate
        self.right = {root: 1.0} | {step.operand: step.total for step in walk(root)}
        self.wrong = {root: 1.0} | {step.operand: step.total for step in taken}
        self.first, self._position, self._before = None, 0, None
        known: dict[Node, float] = {root: 1.0}
        seen = set()
        for position, step in enumerate(taken, 1):
            before = known.get(step.operand)
            edge = step.node, step.position
            lost = before and step.total != before + step.contribution
            if not same(step.upstream, self.right[step.node]) or lost or edge in seen:
                self.first, self._position, self._before = step, position, before
                break
            known[step.operand] = step.total
            seen.add(edge)

    @cached_property
    def _nodes(self) -> list[Node]:
        nodes = operands_first((self.root,))
        if len(nodes) > MOST_NODES:
            raise ValueError(f"compare: {len(nodes):,} nodes are too many to see: take a few")
        return nodes

    @cached_property
    def _names(self) -> dict[Node, str]:
        return {x: name.text for x, name in names_of(self._nodes, self.root).items()}

    def _differs(self, node: Node) -> bool:
        return not same(self.right.get(node), self.wrong.get(node))

    @property
    def title(self) -> str:
        """What went wrong, in a few words."""
        words = _TITLES[self.order]
        return words if self.accumulate else f"{words}, with = for +="

    @property
    def _other(self) -> str:
        """What the pass is called that is compared with the right one."""
        return "right, too" if self.order == "topological" and self.accumulate else "wrong"

    @property
    def explanation(self) -> str:
        """What went wrong, in a sentence."""
        step = self.first
        if self.order == "topological" and self.accumulate:
            return "This is the right way: ask for another order=, or accumulate=False."
        if step is None:
            return "The gradients do not part. They would if a computed Value were used twice."
        node, x = self._names[step.node], self._names[step.operand]
        where = f"at step {self._position}, from {node} to {x}"
        if not same(step.upstream, self.right[step.node]):
            passed, right = data(step.upstream), data(self.right[step.node])
            if self.order == "recursive":
                return (
                    f"The gradients part {where}: {node} passes on what it has whenever a path "
                    f"comes by, here {passed} where its gradient is {right}; at the next, what it "
                    "passed on before is in it again."
                )
            return (
                f"The gradients part {where}: {node} passed on {passed} before all that use it had "
                f"contributed; its gradient is {right}."
            )
        if not self.accumulate:
            now, before = data(step.contribution), data(self._before)
            return (
                f"The gradients part {where}: {now} replaced the {before} that was there, where it "
                "should have been added."
            )
        return f"The gradients part {where}: what {node} had passed on already was added again."

    @property
    def scene(self) -> Scene:
        """The picture: in every box the right gradient above the wrong one."""
        right = {node: self.right.get(node) for node in self._nodes}
        view = ByOperation(self._nodes, (self.root,), right, self._names, fold=False)
        boxes, edges = view.boxes, view.edges
        for node, place in view.places.items():
            *left, (now, grad) = boxes[place].columns
            grad = grad._replace(runs=(Run("right ", GREY), grad.runs[1]), fill=WHITE)
            boxes[place] = replace(boxes[place], columns=(*left, (now, grad, self._cell(node))))
            if self.first and node is self.first.node:
                end = place, self.first.position
                here = next(i for i, edge in enumerate(edges) if (edge.target, edge.port) == end)
                passed = f"✗ {data(self.first.upstream)} · {in_product(data(self.first.local))}"
                edges[here] = edges[here]._replace(label=passed)
        return replace(view.scene(), title=self.title)

    def _cell(self, node: Node) -> Cell:
        differs, first = self._differs(node), self._is_first(node)
        words = data(self.wrong.get(node, 0.0)) + (" ✗ first" if first else " ✗" if differs else "")
        return Cell(
            (Run(f"{self._other} ", WHITE if first else GREY),
             Run(words, WHITE if first else DARK, bold=differs)),
            _FIRST if first else _WRONG if differs else _RIGHT, centred=False,
        )  # fmt: skip

    def _is_first(self, node: Node) -> bool:
        return self.first is not None and node is self.first.operand

    @property
    def svg(self) -> str:
        """The picture as SVG."""
        return svg(self.scene)

    @property
    def html(self) -> str:
        """The picture and what it shows, as a part of a page."""
        return f"<p class='{AS_TEXT}'><b>{escape(self.title)}.</b> {self._body}"

    @property
    def _body(self) -> str:
        return f"{escape(self.explanation)}</p>\n{image(self.svg, self.title)}"

    def save(self, path: str | Path) -> Path:
        """Write a page that needs no network, and give its path."""
        return save_page(path, self.title, f"<p>{self._body}")

    def __repr__(self) -> str:
        rows: list[tuple[str, ...]] = [("node", "data", "right", self._other, "")]
        for node in self._nodes:
            mark = "✗ first" if self._is_first(node) else "✗" if self._differs(node) else ""
            grads = (self.right.get(node, 0.0), self.wrong.get(node, 0.0))
            rows.append((self._names[node], data(node.data), *map(data, grads), mark))
        return f"{self.title}\n\n{aligned(rows, '<>>><')}\n\n{self.explanation}"



def same(a: float | None, b: float | None) -> bool:
    """Tell whether two gradients are the same but for rounding."""
    a, b = a or 0.0, b or 0.0
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b)) or (a != a and b != b)
