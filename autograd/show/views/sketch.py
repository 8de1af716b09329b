"""A picture in the making: boxes, the leaves that go in, and what all that stands for.

Beside boxes and arrows it keeps which nodes a box stands for, and which edges of the graph an arrow
does: so the picture can be read back, and held to the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from ...backprop import creation
from ...node import Node
from ..scene import model
from ..scene.model import Box, Cluster, Edge, Scene
from ..scene.text import CHANGED, flat, plain, shorten
from .boxes import (
    common,
    description,
    forms_of,
    gradient_of,
    leaves_box,
    names_in_short,
    node_box,
    pill,
    results_box,
    single,
    spread,
)
from .folds import Use
from .quotient import Part, Quotient, uses_in
from .scopes import Scope

__all__ = ["INPUTS", "Arrow", "Sketch"]

INPUTS = Scope("inputs")

_FEW = 4  # leaves of many terms, up to which arrows lead from where they stand

Slot = Hashable  # a role that the leaves of several terms or examples have in common
Arrow = tuple[Edge, Sequence[Use]]


class Sketch:
    """A picture to which boxes are added in the order of computation.

    Attributes
    ----------
    around : sequence of Scope
        The calls that were opened.
    place : dict
        The position of the box of a part, or of leaves.
    names : list of str
        What each box is called in the table.
    stands_for : list of list of Node
        What each box stands for: the operations of a part, or leaves.
    carries : list of sequence of Use
        The edges of the graph that each arrow stands for.
    """

    heads: tuple[str, ...] = ()
    around: Sequence[Scope] = ()
    sides = title = ""

    def __init__(
        self, quotient: Quotient, nodes: Sequence[Node], grads: Mapping[Node, Any] | None = None,
        titles: Mapping[Node, str] | None = None,
    ) -> None:  # fmt: skip
        self.quotient = quotient
        self.description = description(nodes, quotient.roots, grads)
        self.derivative = gradient_of(quotient.roots)
        self.grads, self.titles = grads, titles or {}
        self.nodes = nodes
        self.changed = quotient.changed
        self.boxes: list[Box] = []
        self.scopes: list[Scope | None] = []
        self.edges: list[Edge] = []
        self.rows = [self.heads]
        self.place: dict[Any, int] = {}
        self.names: list[str] = []
        self.stands_for: list[list[Node]] = []
        self.carries: list[Sequence[Use]] = []
        self._within: list[Use] = []
        self.inputs: set[Use] = set()  # of neurons
        self.referred: dict[Part, dict[Slot, list[Use]]] = {}
        self.called: dict[Any, str] = {}  # in formulas
        self.notes: dict[Scope, str] = {}  # in the titles of frames
        self._taken: set[str] = set()
        self._numbers: dict[Scope, int] = {}
        self._frames_of: Counter[str] = Counter()
        self.slots = _slots_of(quotient.parts)

    @cached_property
    def scale(self) -> float:
        """The largest gradient, which is coloured the most."""
        grads = (node.grad for node in self.nodes) if self.grads is None else self.grads.values()
        return model.largest(g if isinstance(g, float) else single(g) for g in grads)

    def grad(self, node: Node) -> Any:
        """Give the gradient of a node."""
        return node.grad if self.grads is None else self.grads[node]

    @cached_property
    def users(self) -> dict[Node, set[Part]]:
        """The parts that use a leaf; of a root all of them."""
        users = {root: {*self.quotient.parts} for root in self.quotient.roots}
        for part in self.quotient.parts:
            for leaf in (*part.leaves.values(), *part.fixed):
                users.setdefault(leaf, set()).add(part)
        return users

    def part(self, part: Part) -> None:
        """Add the box of a part, after those of its leaves and constants."""
        raise NotImplementedError

    def paint(self) -> None:
        """Add all boxes."""
        for part in self.quotient.parts:
            self.part(part)
        for root in self.quotient.roots:
            if root.op is None:
                self.leaf(root, [root], None)

    def take(self, is_within: Callable[[Use, Node, Part], bool]) -> None:
        """Tell the uses of leaves that are written in boxes from those that are arrows.

        Parameters that are written elsewhere, and what many terms of one form use beside others,
        are named only.
        """
        roles: dict[Node, dict[Slot, None]] = {}
        self.outside: dict[Use, Node] = {}
        many = self._in_forms()
        fixed = {x for part in self.quotient.parts for x in part.fixed}
        used = {x for part in self.quotient.parts for use, x in part.leaves.items()
                if use not in many}  # fmt: skip
        for part in self.quotient.parts:
            for use, leaf in part.leaves.items():
                if is_within(use, leaf, part):
                    self._within.append(use)
                elif (leaf in fixed and use not in self.inputs) or (use in many and leaf in used):
                    self._within.append(use)
                    slot = self.slots.get(use) if use in many else None
                    self.referred.setdefault(part, {}).setdefault(slot, []).append(use)
                else:
                    self.outside[use] = leaf
                    roles.setdefault(leaf, {})[self.slots.get(use)] = None
        # Leaves stand together if they have all their roles in common. One that has such a role
        # beside others stands in the box of each, and in one of its own.
        together: dict[Hashable, list[Node]] = {}
        for leaf, mine in roles.items():
            for key in [tuple(mine)] if None not in mine else [(role,) for role in mine if role]:
                together.setdefault(key, []).append(leaf)
        self.leaves: dict[Use, tuple[Hashable, list[Node]]] = {}
        for use, leaf in self.outside.items():
            mine = roles[leaf]
            key = tuple(mine) if None not in mine else (self.slots.get(use),)
            found = together.get(key, [])
            self.leaves[use] = (key, found) if len(found) > 1 else (leaf, [leaf])

    def _in_forms(self) -> set[Use]:
        """Find the uses of many leaves by terms of one form."""
        found: set[Use] = set()
        for part in self.quotient.parts:
            for form in (form for tree in part.trees for form in tree.forms):
                uses = [use for use in (*form.terms, *uses_in(form.nodes)) if use in part.leaves]
                if len({use.operand for use in uses}) > _FEW:
                    found.update(uses)
        return found

    def references(self, part: Part, scope: Scope | None) -> Iterator[Arrow]:
        """Make arrows from the names of leaves that stand elsewhere."""
        for uses in self.referred.get(part, {}).values():
            leaves = sorted({use.operand for use in uses}, key=creation)
            key, name = ("names", *leaves), names_in_short(leaves)
            if key not in self.place:
                self.add(pill(name), key, [], name, scope)
            yield Edge(self.place[key], label=forms_of(part, uses), quiet=True), []

    def results(self, part: Part, name: str, arrows: Sequence[Arrow]) -> tuple[Box, str]:
        """Show what comes out of a part, and the leaves that are in the box; say what it is."""
        named = {*chain.from_iterable(self.referred.get(part, {}).values())}
        within = dict.fromkeys(x for use, x in part.leaves.items()
                               if use not in self.leaves and use not in named)  # fmt: skip
        of = self.quotient.of
        return results_box(part, name, self.called, of, self.scale, arrows, [*within])

    def outer_uses(self, part: Part) -> Iterator[Use]:
        """List the edges that end in a part and are arrows."""
        yield from chain.from_iterable(part.sources.values())
        yield from (use for use in part.leaves if use in self.leaves)

    def source(self, use: Use, scope: Scope | None = None) -> int:
        """Find the box that an operand comes from; that of leaves is made where it is missing."""
        source = self.quotient.source(use)
        return self.place[source] if source is not None else self.leaf(*self.leaves[use], scope)

    def by_source(self, uses: Iterable[Use], scope: Scope | None = None) -> dict[int, list[Use]]:
        """Put together what comes from one box."""
        found: dict[int, list[Use]] = {}
        for use in uses:
            found.setdefault(self.source(use, scope), []).append(use)
        return found

    def leaf(self, key: Any, leaves: Sequence[Node], scope: Scope | None) -> int:
        """Find the box of a leaf, or of several, or make it."""
        if key in self.place:
            return self.place[key]
        if len(leaves) == 1:
            return self.node(key, leaves, scope)
        grads, name = [*map(self.grad, leaves)], self.name(names_in_short(leaves), scope)
        now, slope = texts = spread(x.data for x in leaves), spread(grads)
        mark = f" {CHANGED}" if any(x in self.changed for x in leaves) else ""
        box = leaves_box(leaves, texts, grads, self.scale, self.changed)
        self.row(name, "", f"{len(leaves)} numbers", now + mark, slope)
        return self.add(box, key, leaves, name, scope)

    def node(
        self, key: Any, nodes: Sequence[Node], scope: Scope | None, words: str = "",
        operands: str = "", symbol: str = "", arrows: Sequence[Arrow] = (),
    ) -> int:  # fmt: skip
        """Add the box of a leaf or an operation, which may be the same in several examples."""
        label, changed = common(nodes), nodes[0] in self.changed
        grads = [*map(self.grad, nodes)]
        shade, title = model.WHITE, f" × {len(nodes)}"
        if len(nodes) == 1:
            shade = model.tint(single(grads[0]), self.scale)
            title = "" if label else self.titles.get(nodes[0], "")
        now, slope = texts = spread(x.data for x in nodes), spread(grads)
        box = node_box(
            nodes, label, title, texts, shade, changed, grads[0], symbol, len(arrows)
        )  # fmt: skip
        name = self.name(label, scope)
        self.called[key] = name if label else ""
        self.row(name, words, operands, now + f" {CHANGED}" * changed, slope)
        return self.add(box, key, nodes, name, scope, arrows)

    def row(self, *texts: str) -> None:
        """Add a line of a leaf or an operation to the table, if that has such lines."""

    def name(self, name: str, scope: Scope | None = None) -> str:
        """Give a box's name for the table; the second of one name is marked, as its frame is."""
        number = self._number(scope) if scope and name else 1
        name = flat(name) or f"#{len(self.rows)}"
        while (marked := name + f"({number})" * (number > 1)) in self._taken:
            number += 1
        self._taken.add(marked)
        return marked

    def _number(self, scope: Scope) -> int:
        """Count the frames of one name up to that of a call."""
        if scope not in self._numbers:
            self._frames_of[scope.path] += 1
            self._numbers[scope] = self._frames_of[scope.path]
        return self._numbers[scope]

    def add(
        self, box: Box, key: Any, stands_for: Iterable[Node], name: str,
        scope: Scope | None = None, arrows: Iterable[Arrow] = (),
    ) -> int:  # fmt: skip
        """Add a box, and the arrows that end there, from the top down; give its position."""
        here = self.place[key] = len(self.boxes)
        for around in scope or ():
            self._number(around)
        self.names.append(name)
        self.boxes.append(box)
        self.scopes.append(scope)
        self.stands_for.append([*stands_for])
        for port, (edge, uses) in enumerate(arrows):
            self.edges.append(edge._replace(target=here, port=port))
            self.carries.append(uses)
        return here

    @property
    def within(self) -> list[Use]:
        """The edges from leaves that are written in a box, or at an arrow into it."""
        fixed = self.quotient.fixed.items()
        return self._within + [
            Use(node, i) for node, bits in fixed for i in range(len(node.operands)) if bits >> i & 1
        ]

    @property
    def places(self) -> dict[Node, int]:
        """The box of every node."""
        return {node: place for place, nodes in enumerate(self.stands_for) for node in nodes}

    def scene(self) -> Scene:
        """Give the picture, with a frame for every call."""
        frames = tuple(self._frames())
        return Scene(self.title, self.description, tuple(self.boxes), tuple(self.edges), frames)

    def _frames(self) -> Iterator[Cluster]:
        members: dict[Scope, list[int]] = {}
        for place, scope in enumerate(self.scopes):
            for around in scope or ():
                if around.name:
                    members.setdefault(around, []).append(place)
        # An outer frame comes before those inside it.
        self.order = order = sorted(members, key=lambda scope: (scope.path, min(members[scope])))
        for scope in order:
            number = f" ({self._numbers[scope]})" * (self._numbers[scope] > 1)
            title = shorten(plain(scope.name)) + number + self.notes.get(scope, "")
            outer = next((x for x in [*scope][1:] if x in members), None)
            inside = order.index(outer) if outer else None
            yield Cluster(title, tuple(members[scope]), inside)


def _slots_of(parts: Iterable[Part]) -> dict[Use, Slot]:
    """Find the roles in which leaves can stand together: of terms of one form, and of examples."""
    slots: dict[Use, Slot] = {}
    for part in parts:
        for example in part.examples if len(part.examples) > 1 else ():
            for i, node in enumerate(example):
                for position, x in enumerate(node.operands):
                    slots[Use(node, position)] = part, i, _first(x, node, position)
        several = len(part.trees) // len(part.examples)
        for number, tree in enumerate(part.trees):
            for k, form in enumerate(tree.forms):
                role = part, number % several, k
                slots |= dict.fromkeys(form.terms, (role, None))
                slots |= {Use(node, i): (role, _first(x, node, i)) for node in form.nodes
                          for i, x in enumerate(node.operands)}  # fmt: skip
    return slots


def _first(x: Any, node: Node, position: int) -> int:
    """Give the first place of an operand, which in a·a has two."""
    return next(i for i, y in enumerate(node.operands[: position + 1]) if y is x)
