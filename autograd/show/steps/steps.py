"""``steps``: the backward pass one application of the chain rule at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, overload

from ...array_ops import ArrayOperation
from ...backprop import Step, creation, walk
from ...node import Node
from ...symbols import Symbol
from ..paint.page import Played, for_print
from ..paint.svg import svg
from ..scene import model
from ..scene.model import Run, Scene
from ..scene.names import Formulas, names_of
from ..scene.order import MOST_NODES, operands_first
from ..scene.text import aligned, data, in_product, shorten
from ..views.boxes import single
from ..views.by_operation import ByOperation
from ..views.folds import Use
from ..views.quotient import Part

__all__ = ["Steps", "steps"]

_MOST_ROWS = 60  # of a table at the end of a cell
_MOST_INPUTS = 8  # that are listed in one line
_MOST_LETTERS = 80  # of a sum of many terms


class Steps(Played, Sequence[Step]):
    """The steps of a backward pass. A notebook plays them; ``str`` gives them as a table.

    Attributes
    ----------
    root : Node
        What was differentiated.
    gradients : dict
        What the steps have added up, of every node that they reached.
    """

    kind = "steps"

    def __init__(self, root: Node, steps: Sequence[Step], seed: Any, remark: str = "") -> None:
        self.root = root
        self.remark = remark
        self._steps = tuple(steps)
        self._seed = seed
        self.gradients = {root: seed} | {step.operand: step.total for step in steps}

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    @cached_property
    def _nodes(self) -> list[Node]:
        return operands_first((self.root,))

    @cached_property
    def _names(self) -> dict[Node, Symbol]:
        return names_of(self._nodes, self.root)

    @cached_property
    def _formulas(self) -> Formulas:
        return Formulas(self._names)

    @property
    def title(self) -> str:
        """What the page is about."""
        return f"Backpropagation through {self._names[self.root].text}{self.remark}"

    @cached_property
    def svg(self) -> str:
        """The picture after the last step."""
        return svg(self._scene)

    @property
    def html(self) -> str:
        """The steps as a part of a page: a picture, and the script that plays on it.

        Raises
        ------
        ValueError
            If there are more than 2,000 nodes.
        """
        if len(self._nodes) > MOST_NODES:
            raise ValueError(f"steps: {self._too_many()}")
        return self.played(svg(self._scene, keys=True, still=True), {"steps": [*self._shown()]})

    def __repr__(self) -> str:
        rows: list[tuple[str, ...]] = [
            ("step", "node", "operand", "upstream", "local", "contribution", "total")
        ]
        for i, step in enumerate(self[:_MOST_ROWS], 1):
            numbers = step.upstream, step.local, step.contribution, step.total
            rows.append((
                str(i), self._names[step.node].text, self._names[step.operand].text,
                *("" if x is None else data(x) for x in numbers),
            ))  # fmt: skip
        rest = len(self) - _MOST_ROWS
        more = f"\n… and {rest:,} more step{'s' * (rest != 1)}" if rest > 0 else ""
        return aligned(rows, "><<>>>>") + more

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        if len(self._nodes) > MOST_NODES:
            return {"text/plain": for_print(f"{self!r}\n({self._too_many()})")}
        return super()._repr_mimebundle_()

    def _too_many(self) -> str:
        return (
            f"{len(self._nodes):,} nodes are too many to watch: take a part of the graph, the loss "
            "of one example or a Value on the way, or read the steps in a loop"
        )

    @cached_property
    def _scene(self) -> Scene:
        """Make the picture, with room in every box for all that will stand in it."""
        grads = {node: self.gradients.get(node) for node in self._nodes}
        names = {node: name.text for node, name in self._names.items()}
        # What goes wrong in a wrong pass may be in the midst of a sum.
        fold = "sums" if not self.remark else False
        view = ByOperation(self._nodes, (self.root,), grads, names, fold)
        if changed := view.changed:
            raise RuntimeError(
                f"steps: {', '.join(names[x] for x in self._nodes if x in changed)} was changed "
                "after these steps were made: compute the result anew, and its steps"
            )
        self._places = view.places
        self._sums = {node: part for part in view.quotient.parts if part.trees
                      for node in part.nodes}  # fmt: skip
        self._edges = {
            use: f"{edge.target}.{edge.port}"
            for edge, uses in zip(view.edges, view.carries, strict=True) for use in uses
        }  # fmt: skip
        boxes = view.boxes
        for step in self:
            box = boxes[place := self._places[step.operand]]
            *left, (*above, last) = box.columns
            width = last._replace(runs=(last.runs[0], Run(data(step.total)))).width
            last = last._replace(least=max(width, last.least))
            boxes[place] = replace(box, columns=(*left, (*above, last)))
        return view.scene()

    def _shown(self) -> Iterator[dict[str, Any]]:
        """Write what the page shows, step by step."""
        names, place_of = self._names, self._places
        leaves = sorted((x for x in self._nodes if x.op is None), key=creation)
        listed = ", ".join(f"{names[x].text} = {data(x.data)}" for x in leaves[:_MOST_INPUTS])
        yield {
            "boxes": [place_of[x] for x in leaves],
            "text": listed + (", …" if len(leaves) > _MOST_INPUTS else ""),
            "note": "The inputs. Forward, every operation computes its number from its operands.",
        }
        for node in self._nodes:
            if node.op is not None and self._whole(node) is node:
                parts = names[node].text, *self._evaluation(node)
                yield {"boxes": [place_of[node]], "text": " = ".join(parts), "note": ""}
        scale = model.largest(map(single, self.gradients.values()))
        top, known = names[self.root].text, dict.fromkeys(self.gradients)
        yield {
            "boxes": [place_of[self.root]], "grad": data(self._seed),
            "fill": model.tint(single(self._seed), scale),
            "text": f"∂{top}/∂{top} = {data(self._seed)}",
            "note": "Backward, every arrow passes on the gradient at its end times its derivative.",
        }  # fmt: skip
        for step in self:
            edge = self._edges.get(Use(step.node, step.position))
            if edge is None:  # within a sum
                continue
            whole = self._whole(step.node)
            if whole is not step.node:
                upstream = self.gradients[whole]
                local = step.local if step.upstream == upstream else -step.local
                step = step._replace(node=whole, upstream=upstream, local=local)
            yield {
                "boxes": [place_of[step.operand]], "edge": edge,
                "grad": data(step.total), "fill": model.tint(single(step.total), scale),
                "text": self._backward(step, known[step.operand]), "note": self._reason(step),
            }  # fmt: skip
            known[step.operand] = step.total

    def _whole(self, node: Node) -> Node:
        """Give the sum of many terms that an addition is part of, or else the node itself."""
        part = self._sums.get(node)
        return node if part is None else part.examples[0][-1]

    def _evaluation(self, node: Node) -> list[str]:
        """Write how a number came about: a + d, 3 + 2, 5."""
        part = self._sums.get(node)
        if part is None:
            return [x.text for x in self._formulas.evaluation(node)]
        tree = part.trees[0]
        terms = [self._formulas.name(use.operand) for use in tree.terms]
        minus = [_is_taken(use, part) for use in tree.terms]
        names = "".join(
            f" {'−' if less else '+'} {x:t2}" for x, less in zip(terms, minus, strict=True)
        )
        return [shorten(names.removeprefix(" + ").strip(), _MOST_LETTERS), data(node.data)]

    def _backward(self, step: Step, before: Any) -> str:
        """Write the arithmetic of a step: ``∂L/∂a += ∂L/∂e · ∂e/∂a = −2 · 1 = −2; total −2``."""
        top, node, x = (self._names[n].text for n in (self.root, step.node, step.operand))
        text = f"∂{top}/∂{x} += ∂{top}/∂{node} · ∂{node}/∂{x} = "
        if step.local is not None:
            text += f"{data(step.upstream)} · {in_product(data(step.local))} = "
        text += f"{data(step.contribution)}; total "
        if before is not None:
            sign = " + " if not (now := data(step.contribution)).startswith("−") else " − "
            text += f"{data(before)}{sign}{now.removeprefix('−')} = "
        return text + data(step.total)

    def _reason(self, step: Step) -> str:
        """Write where a local derivative comes from: ``L = c·e, so ∂L/∂c = e``."""
        node, x, op = step.node, self._names[step.operand].text, step.node.op
        name = self._names[node].text
        if isinstance(op, ArrayOperation) or op is None:
            return f"{name} is made by {op.name if op else ''}, which takes the gradient back whole"
        formula, *_ = self._evaluation(node)
        if node in self._sums:
            return f"{name} = {formula}: a sum passes its gradient on to every term"
        where = ""
        if sum(operand is step.operand for operand in node.operands) > 1:
            where = f" by operand {step.position + 1}"
        slope = self._formulas.slope(node, step.position)
        return f"{name} = {formula}, so{where} ∂{name}/∂{x} = {slope.text}"


def _is_taken(use: Use, part: Part) -> bool:
    """Tell a term that is taken away from a sum."""
    minus, way = False, [use]
    while way:
        minus ^= way[0].minus
        way = [x for x in part.uses() if x.operand is way[0].node]
    return minus


def steps(root: Node, gradient: Any = None) -> Steps:
    """Give the backward pass from `root` as a sequence of steps, one an edge; store nothing.

    A step is the chain rule applied once: what comes from upstream, times the local derivative,
    is what a node contributes to the gradient of one of its operands. At the end of a notebook
    cell a player walks through them: first forward, where every number comes from, then backward.
    It is part of the notebook, so it also plays in an exported page, without a network. Where no
    scripts run, as in a notebook that is not trusted, the picture stays.

    Parameters
    ----------
    root : Value or Tensor
        The result to differentiate.
    gradient : number or array, optional
        The derivative to start from; 1 if not given.

    Raises
    ------
    RuntimeError
        If a leaf was changed after it had been used.

    Examples
    --------
    >>> from autograd import Value
    >>> a, b = Value(2, "a"), Value(5, "b")
    >>> steps(a * b + a)
    step  node  operand  upstream  local  contribution  total
       1  y     v₁              1      1             1      1
       2  y     a               1      1             1      1
       3  v₁    a               1      5             5      6
       4  v₁    b               1      2             2      2
    >>> [step.total for step in steps(a * b + a) if step.operand is a]
    [1.0, 6.0]
    """
    if not isinstance(root, Node):
        raise TypeError(f"steps: expected a Value or a Tensor, got {type(root).__name__}: {root!r}")
    return Steps(root, list(walk(root, gradient)), root._seed(gradient))
