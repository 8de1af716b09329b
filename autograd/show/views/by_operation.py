"""The picture of a graph by operation: a box for every node, a pill for every constant.

Sums of several terms are one box, and what repeats itself stands there once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ...backprop import local_derivatives
from ...node import Node
from ...ops import chain
from ..scene.model import Edge
from ..scene.text import kind, number, shorten
from .boxes import constant, forms_of, root_name, single, spread, times
from .folds import Folds, Terms, Use, find_examples, find_forms, trees
from .quotient import Part, Quotient, Uses, uses_in
from .scopes import Scope, home_of, scopes_of
from .sketch import Arrow, Sketch

__all__ = ["ByOperation", "folded", "title_of"]

_SMALL = 20  # boxes up to which ×1 is written on an edge
_WORDS = {"Σ": "sum", "Π": "product", "max": "maximum", "min": "minimum"}


def folded(nodes: Sequence[Node], roots: Sequence[Node], fold: bool | str) -> Quotient:
    """Divide a graph into its operations, with sums of many terms as one."""
    scopes, uses = scopes_of(nodes), Uses(nodes, roots)
    keys: dict[Node, Any] = {node: node for node in nodes if node.op is not None}
    found = trees(nodes, uses, keys) if fold else []
    if fold == "sums":
        found = [tree for tree in found if tree.symbol == "Σ"]
    folds: Folds = {}
    for tree in found:
        keys |= dict.fromkeys(tree.nodes, tree)
        if fold != "sums" and tree.repeats(5):
            terms = Terms(tree, uses, scopes)
            find_forms(tree, terms)
            for form in tree.forms:
                keys |= dict.fromkeys(form.nodes, tree)
            if tree.nodes[-1] not in folds:
                terms = terms if tree.forms else Terms(tree, uses, scopes, together=True)
                folds |= find_examples(tree, terms, 5, apart=False)
    quotient = Quotient(nodes, roots, scopes, keys)
    for tree in found:
        quotient.of[tree.nodes[-1]].trees.append(tree)
    quotient.fold(folds)
    quotient.finish()
    return quotient


def title_of(roots: Sequence[Node]) -> str:
    """Say what a picture by operation is."""
    return f"Computation graph of {', '.join(map(root_name, roots))}"


class ByOperation(Sketch):
    """The picture of ``nodes``, operands before consumers, that ends in ``roots``.

    The gradients are those of the nodes, if others are not given. A title is written where a node
    has no label. With ``fold="sums"`` only sums of several terms are one box, nothing else.
    """

    heads, sides = ("node", "operation", "operands", "data", "grad"), "<<<>>"

    def __init__(
        self,
        nodes: Sequence[Node],
        roots: Sequence[Node],
        grads: Mapping[Node, Any] | None = None,
        titles: Mapping[Node, str] | None = None,
        fold: bool | str = True,
    ) -> None:
        super().__init__(folded(nodes, roots, fold), nodes, grads, titles)
        self.title = title_of(roots)
        self.take(lambda *_: False)
        self.paint()

    @cached_property
    def home(self) -> dict[Node, Scope]:
        """The calls in whose frames leaves stand."""
        return home_of(self.leaves, self.quotient.of)

    @cached_property
    def locals(self) -> dict[Node, list[float | None]]:
        """The local derivatives that are known already."""
        return {}

    def row(self, *texts: str) -> None:
        """Add a line to the table."""
        self.rows.append(texts)

    def part(self, part: Part) -> None:
        """Add the box of a part, after those of its leaves and constants."""
        tree = part.trees[0] if part.trees else None
        within = {*_within(part)}
        bundles: dict[Any, list[Use]] = {}
        for use in part.uses():
            x, slot = use.operand, self.slots.get(use, use)
            if not isinstance(x, Node):
                if use not in within:
                    bundles.setdefault(slot, []).append(use)
            elif x.op is None:
                if use in self.leaves:
                    bundles.setdefault((self.leaves[use][0], slot), []).append(use)
            elif (source := self.quotient.of[x]) is not part:
                slot = source if len(source.examples) > 1 and slot is use else slot
                bundles.setdefault((source, slot), []).append(use)
        # Leaves come before constants.
        order = sorted(bundles, key=lambda key: not isinstance(bundles[key][0].operand, Node))
        places = {key: self._place(part, bundles[key]) for key in order}
        slopes = self._slopes(part) if tree else {}
        ends = [example[-1] for example in part.examples]
        upstream = spread(dict.fromkeys(single(self.grad(x)) for x in ends))
        arrows: list[Arrow] = [
            (self._edge(part, places[key], uses, slopes, upstream), uses)
            for key, uses in bundles.items()
        ]
        arrows += self.references(part, part.scope)
        op: Any = ends[0].op
        words, symbol = (_WORDS[tree.symbol], tree.symbol) if tree else (op.name, op.symbol)
        operands = ", ".join(self._written(part, edge, uses) for edge, uses in arrows)
        here = self.node(part, ends, part.scope, words + times(part), shorten(operands, 40),
                         symbol, arrows)  # fmt: skip
        self.stands_for[here] = [*part.nodes]

    def _written(self, part: Part, edge: Edge, uses: Sequence[Use]) -> str:
        if not uses and edge.label:  # from names
            return edge.label
        many = f"{len(uses)} × " if len(uses) > len(part.examples) else ""
        return many + self.names[edge.source]

    def _place(self, part: Part, uses: Sequence[Use]) -> int:
        """Find the box from which an arrow comes, or make it."""
        if isinstance(uses[0].operand, Node):
            return self.source(uses[0], self.home.get(uses[0].operand))
        xs = [use.operand for use in uses]
        return self.add(constant(xs), uses[0], [], spread(xs), part.scope)

    def _edge(
        self, part: Part, source: int, uses: Sequence[Use], slopes: Mapping[Use, float | None],
        upstream: str,
    ) -> Edge:  # fmt: skip
        """Make an arrow, between numbers with local derivative and contribution.

        There are none if an operand was changed: the number that they depend on is gone.
        """
        use = uses[0]
        x, node, op = use.operand, use.node, use.node.op
        if not isinstance(x, Node) or not op.flows(use.position):  # type: ignore[union-attr]
            return Edge(source, quiet=True)
        if single(x.data) is None or single(node.data) is None:
            return Edge(source, tooltip=f"{kind(x.data)} into {kind(node.data)}")
        known, flows = [], []
        for use in uses:
            slope, grad = self._local(use), single(self.grad(use.node))
            flows.append(None if slope is None or grad is None else chain.evaluate(grad, slope))
            known.append(slopes.get(use, slope))
        flow = None if None in flows else sum(flows)  # type: ignore[arg-type]
        words = forms_of(part, uses) if len(uses) > 1 else ""
        if None in known:
            return Edge(source, label=words, flow=flow)
        local = spread(known)
        tooltip = f"{words}\n" * bool(words) + f"local {local}"
        if flow is not None:
            tooltip += f" · upstream {upstream} = contribution {number(flow)}"
        if not words and ({*known} != {1.0} or (len(self.nodes) <= _SMALL and not part.trees)):
            words = f"×{local}"
        return Edge(source, label=words, flow=flow, tooltip=tooltip)

    def _local(self, use: Use) -> float | None:
        """Give the local derivative along an edge of the graph; None where it is not known."""
        node, position = use
        if node not in self.locals:
            stale = self.changed and not self.changed.isdisjoint(node.parents)
            known = [None] * len(node.operands) if stale else local_derivatives(node)
            self.locals[node] = [*map(single, known)]
        return self.locals[node][position]

    def _slopes(self, part: Part) -> dict[Use, float | None]:
        """Differentiate the result of a tree by all that goes in."""
        slopes: dict[Use, float | None] = {}
        for example in part.examples:
            of: dict[Node, float | None] = {example[-1]: 1.0}
            for node in reversed(example):
                for i, x in enumerate(node.operands):
                    above, local = of[node], self._local(Use(node, i))
                    slope = None if above is None or local is None else chain(above, local)
                    slopes[Use(node, i)] = slope
                    if isinstance(x, Node):
                        of[x] = slope
        return slopes


def _within(part: Part) -> Iterator[Use]:
    """List the constants in the formula of many terms, and the 0 that a sum begins with."""
    for tree in part.trees:
        yield from (use for use in uses_in(tree.nodes) if use not in tree.terms)
        for form in tree.forms:
            yield from uses_in(form.nodes)
