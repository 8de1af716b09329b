"""A graph seen from further away: its operations in parts, and what passes between these.

The parts are a *partition*: every operation is in one of them. What a picture says of a part is
said of its operations, and the arrows between parts are the edges of the graph between them, no
more and no fewer. So whatever the groups of a program are, the picture is true; and since a part
is divided where others stand between what goes in and what comes out, it has no circle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import Any

from ...backprop import creation
from ...node import Node
from .folds import Folds, Places, Tree, Use
from .scopes import Scope, owns

__all__ = ["NothingError", "Part", "Quotient", "TooManyError", "Uses", "uses_in"]


class TooManyError(ValueError):
    """A picture would have too many boxes or arrows to see anything."""


class NothingError(ValueError):
    """A graph has nothing that a picture of some level could show."""


@dataclass(eq=False)
class Part:
    """Operations that a picture shows as one box.

    Attributes
    ----------
    scope : Scope or None
        The call that they were made in.
    examples : list of list of Node
        The operations, operands before consumers; of several examples, the same operations in
        each.
    trees : list of Tree
        The sums of many terms in it, in the order of the examples.
    neurons : list of Neuron
        What it is, if that is a neuron; one of each example.
    results : list of Node
        Those that other parts use, and roots.
    sources : dict of Part to list of Use
        The parts whose results they use, and where.
    leaves : dict of Use to Node
        The leaves that they use.
    fixed : dict of Node to None
        Those that are written in the box or at its arrows: weights and biases.
    """

    scope: Scope | None
    examples: list[list[Node]]
    trees: list[Tree] = field(default_factory=list)
    neurons: list[Any] = field(default_factory=list)
    results: list[Node] = field(default_factory=list)
    sources: dict[Part, list[Use]] = field(default_factory=dict)
    leaves: dict[Use, Node] = field(default_factory=dict)
    fixed: dict[Node, None] = field(default_factory=dict)

    @property
    def nodes(self) -> Iterator[Node]:
        """The operations of all examples."""
        return chain.from_iterable(self.examples)

    def uses(self) -> Iterator[Use]:
        """List the operands of its operations."""
        return uses_in(self.nodes)

    @property
    def outputs(self) -> list[list[Node]]:
        """The results, each with those that are the same in other examples."""
        if len(self.examples) == 1:
            return [[node] for node in self.results]
        used = {*self.results}
        return [[*same] for same in zip(*self.examples, strict=True) if not used.isdisjoint(same)]

    @property
    def path(self) -> str:
        """The names of the calls around the operations."""
        return self.scope.path if self.scope else ""


class Quotient:
    """The partition of the operations of a graph by keys that some of them have in common.

    Parameters
    ----------
    nodes : sequence of Node
        The graph, operands before consumers.
    roots : sequence of Node
        What is drawn.
    scopes : mapping of Node to Scope
        The call of each operation.
    keys : mapping of Node to Hashable
        Operations of one key are one part, but for circles.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        roots: Sequence[Node],
        scopes: Mapping[Node, Scope | None],
        keys: Mapping[Node, Hashable],
    ) -> None:
        self.roots = roots
        self.folds: Folds = {}
        self.of: dict[Node, Part] = {}
        self.users: dict[Part, dict[Part, None]] = {}
        latest: dict[Hashable, Part] = {}
        users = self.users
        for node in nodes:
            if node.op is None:
                continue
            part = latest.get(keys[node])
            sources = [self.of[x] for x in node.operands if isinstance(x, Node) and x.op]
            if part is None or (
                users[part] and any(_reaches(users, part, x) for x in sources if x is not part)
            ):
                part = latest[keys[node]] = Part(scopes[node], [[]])
                users[part] = {}
            for source in sources:
                if source is not part:
                    users[source][part] = None
            part.examples[0].append(node)
            self.of[node] = part
        self.parts = [*users]

    def source(self, use: Use) -> Part | None:
        """Give the part that an operand comes from; None for a leaf or a constant."""
        x = use.operand
        return self.of[x] if isinstance(x, Node) and x.op is not None else None

    def fold(self, folds: Folds) -> None:
        """Make one part of those that are the same in several examples.

        ``folds`` gives of an operation the sum that the examples are added up in, which of them it
        belongs to, and what it is the same as.
        """
        if not folds:
            return
        counts: Counter[Hashable] = Counter()
        first: dict[Hashable, Part] = {}
        one = {part: part for part in self.parts}  # that it becomes a part of
        for part in self.parts:
            marks = [folds.get(node) for node in part.nodes]
            examples = {mark and mark[:2] for mark in marks}
            if len(examples) == 1 and (example := examples.pop()):
                same = example[0], tuple(mark[2] for mark in marks if mark)
                counts[example, same] += 1
                one[part] = first.setdefault((same, counts[example, same]), part)
        sorter: TopologicalSorter[Part] = TopologicalSorter()
        for part, users in self.users.items():
            sorter.add(one[part], *(one[user] for user in users))
        try:
            sorter.prepare()
        except CycleError:  # examples that were written in another order
            return
        self.folds = folds
        for part, whole in one.items():
            if part is not whole:
                whole.examples += part.examples
                whole.trees += part.trees
                whole.neurons += part.neurons
                self.of.update(dict.fromkeys(part.nodes, whole))
        self.parts = [part for part in self.parts if one[part] is part]

    def finish(self, fixed: Places = {}) -> None:  # noqa: B006  (it is not changed)
        """Find what passes between the parts, and put each after those that it depends on."""
        self.fixed = fixed
        self.changed: set[Node] = set()  # leaves that were set after they had been used
        results = dict.fromkeys(root for root in self.roots if root.op is not None)
        for part in self.parts:
            for node in part.nodes:
                written = fixed.get(node, 0)
                for i, x in enumerate(node.operands):
                    if not isinstance(x, Node):
                        continue
                    if x.op is None:
                        if x._serial > node._serial:
                            self.changed.add(x)
                        if written >> i & 1:
                            part.fixed[x] = None
                        else:
                            part.leaves[Use(node, i)] = x
                    elif (source := self.of[x]) is not part:
                        part.sources.setdefault(source, []).append(Use(node, i))
                        results[x] = None
        for node in sorted(results, key=creation):
            self.of[node].results.append(node)
        done: dict[Part, None] = {}
        for part in sorted(self.parts, key=lambda part: max(e[-1]._serial for e in part.examples)):
            way = [part]
            while way:
                waiting = [x for x in way[-1].sources if x not in done]
                if waiting:
                    way += reversed(waiting)
                else:
                    done[way.pop()] = None
        self.parts = [*done]


def _reaches(users: Mapping[Part, Collection[Part]], start: Part, end: Part) -> bool:
    """Tell whether something of one part goes into the other, on whatever way."""
    seen, found = {start}, [start] if users[start] else []
    while found:
        for part in users[found.pop()]:
            if part is end:
                return True
            if part not in seen:
                seen.add(part)
                found.append(part)
    return False


def uses_in(nodes: Iterable[Node]) -> Iterator[Use]:
    """List the operands of operations."""
    return (Use(node, i) for node in nodes for i in range(len(node.operands)))


class Uses(Counter[Node]):
    """How often each node of a graph is an operand; a root is used once more."""

    def __init__(self, nodes: Iterable[Node], roots: Iterable[Node]) -> None:
        super().__init__(roots)
        self._nodes = nodes
        self._owned: dict[tuple[Any, Any], bool] = {}
        for node in nodes:
            for x in node.operands:
                if isinstance(x, Node):
                    self[x] = self.get(x, 0) + 1  # a Counter is slow in what it has not yet

    def owned(self, node: Node, leaf: Node) -> bool:
        """Tell whether the call that an operation was made in owns a leaf."""
        key = node.call, leaf.call
        if key not in self._owned:
            self._owned[key] = owns(node.call, leaf)
        return self._owned[key]

    @cached_property
    def factors(self) -> set[Node]:
        """The leaves that something computed is multiplied with."""
        pairs = [node.parents for node in self._nodes if node.op and node.op.name == "multiply"]
        return {x for pair in pairs for x in pair if x.op is None and any(y.op for y in pair)}
