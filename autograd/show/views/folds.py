"""What repeats itself in a graph: sums of many terms, terms of one form, examples of a mean.

``a + b + c`` is recorded as two additions, and Python's ``sum`` begins with a 0. A reader sees one
sum; and where the terms of a sum are the same formula of other numbers, that formula once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from ...backprop import creation
from ...node import Node
from .scopes import Scope

__all__ = [
    "Folds", "Form", "Places", "Terms", "Tree", "Use", "find_examples", "find_forms", "places_of",
    "trees",
]  # fmt: skip

_FAMILY = {"add": "Σ", "subtract": "Σ", "multiply": "Π", "maximum": "max", "minimum": "min"}
_LEAST = {"Σ": 3, "Π": 4, "max": 3, "min": 3}  # terms of a tree that is one box
_MANY, _MANY_OF_TWO = 4, 8  # terms of one form up to which each is written, of one or two numbers
_DIGITS = re.compile(r"\d+")


class Use(NamedTuple):
    """An operand: of which operation, and at which place."""

    node: Node
    position: int

    @property
    def operand(self) -> Any:
        """What is used: a node, or a constant."""
        return self.node.operands[self.position]

    @property
    def minus(self) -> bool:
        """Whether it is taken away."""
        return self.position == 1 and self.node.op.name == "subtract"  # type: ignore[union-attr]


Places = Mapping[Node, int]  # of operations, the operands, as bits: of thousands, nothing smaller


def places_of(uses: Iterable[Use]) -> dict[Node, int]:
    """Put together the operands of each operation."""
    places: dict[Node, int] = {}
    for node, position in uses:
        places[node] = places.get(node, 0) | 1 << position
    return places


@dataclass(eq=False)
class Form:
    """Many terms of a tree that are one operation on a few numbers, or these numbers themselves."""

    terms: dict[Use, None]
    nodes: list[Node]  # the operations, a term each; none for numbers themselves


@dataclass(eq=False)
class Tree:
    """A sum of terms, or a product or a maximum, recorded as one operation after the other.

    Attributes
    ----------
    symbol : str
        Σ, Π, max or min.
    nodes : list of Node
        The operations, of which the last has the result.
    terms : dict of Use to None
        Where the terms go in.
    forms : list of Form
        Terms that are written once.
    """

    symbol: str
    nodes: list[Node]
    terms: dict[Use, None]
    forms: list[Form] = field(default_factory=list)

    def repeats(self, times: int) -> bool:
        """Tell whether so many terms may be of one form."""
        operands = (use.operand for use in self.terms)
        count = Counter(x.op if isinstance(x, Node) else "c" for x in operands)
        return max(count.values()) >= times


def trees(
    nodes: Sequence[Node], uses: Counter[Node], inside: Collection[Node]
) -> list[Tree]:
    """Find the sums, products and maxima of several terms among operations, the newest first.

    What is named, or used elsewhere, or made in another call, is no part of a larger sum.
    """
    found, taken = [], set()
    for root in reversed(nodes):
        symbol = _FAMILY.get(root.op.name) if root.op is not None and root in inside else None
        if symbol is None or root in taken:
            continue
        mine, waiting = [root], [Use(root, 1), Use(root, 0)]
        terms: dict[Use, None] = {}
        while waiting:
            use = waiting.pop()
            x = use.operand
            if (
                isinstance(x, Node) and x.op is not None and _FAMILY.get(x.op.name) == symbol
                and uses[x] == 1 and not x.label and x.call is root.call and type(x) is type(root)
            ):  # fmt: skip
                mine.append(x)
                waiting += Use(x, 1), Use(x, 0)
            elif isinstance(x, Node) or symbol != "Σ" or np.any(x):  # Python's sum begins with 0
                terms[use] = None
        if len(terms) >= _LEAST[symbol] or 1 < len(mine) >= len(terms):
            taken.update(mine)
            found.append(Tree(symbol, sorted(mine, key=creation), terms))
    return found


def _outline(node: Node, scopes: Mapping[Node, Scope | None]) -> tuple[Hashable, ...]:
    """Give what two operations of one formula have in common, but for their operands."""
    scope, op = scopes[node], node.op
    settings = repr(node.settings) if op is not None and op.arity is None else ""
    return op, scope and scope.of, node.label and _DIGITS.sub("#", node.label), settings


class Terms:
    """The terms of a tree, each with the operations that only it needs.

    Attributes
    ----------
    groups : list of list of Use
        The terms; with ``together``, those that need the same operations are of one group: a loss
        of several outputs adds several terms of one example.
    own : list of list of Node
        The operations that only one group needs, operands before consumers.
    forms : list of Hashable
        Of each group what it has in common with others of its form. Leaves that only one group
        uses may be others there, and constants.
    same : dict of Node to int
        The same of each of the operations.
    apart : list of bool
        Whether a group depends on no operation that others need, too.
    size : int
        How many nodes were looked at.
    """

    def __init__(
        self, tree: Tree, uses: Counter[Node], scopes: Mapping[Node, Scope | None],
        fixed: Places = {}, together: bool = False,  # noqa: B006  (it is not changed)
    ) -> None:  # fmt: skip
        terms = [*tree.terms]
        users: dict[Node, list[int]] = {}  # the terms that use a node
        waiting: list[tuple[int, int, Node]] = []
        group_of = [*range(len(terms))]  # of each term one of its group; itself at the end

        def group(k: int) -> int:
            while group_of[k] != k:
                group_of[k] = k = group_of[group_of[k]]
            return k

        def arrive(x: Any, k: int) -> None:
            if isinstance(x, Node):
                if x not in users and x.op is not None:
                    heappush(waiting, (-x._serial, k, x))
                users.setdefault(x, []).append(k)

        for k, use in enumerate(terms):
            arrive(use.operand, k)
        owner: dict[Node, int] = {}
        outside: list[int] = []
        while waiting:
            _, k, node = heappop(waiting)
            mine = {group(other) for other in users[node]}
            if len(users[node]) == uses[node] and (together or len(mine) == 1):
                for other in mine:
                    group_of[other] = min(mine)
                owner[node] = k
                for x in node.operands:
                    arrive(x, k)
            else:
                outside += mine
        self.size = len(users)
        places = {k: place for place, k in enumerate(dict.fromkeys(map(group, group_of)))}
        self.groups: list[list[Use]] = [[] for _ in places]
        self.own: list[list[Node]] = [[] for _ in places]
        for k, use in enumerate(terms):
            self.groups[places[group(k)]].append(use)
        for node, k in reversed(owner.items()):
            self.own[places[group(k)]].append(node)
        used_outside = {group(k) for k in outside}
        self.apart = [k not in used_outside for k in places]
        shared = {x for x, ks in users.items() if x.op is None and len({*map(group, ks)}) > 1}
        numbers: dict[Hashable, int] = {}
        self.same: dict[Node, int] = {}

        def role(x: Any, is_fixed: bool) -> Hashable:
            if not isinstance(x, Node):
                return "c"
            own = self.same.get(x)
            if own is not None:
                return own
            # By identity: Values compare by number.
            return -id(x) if x.op is not None or is_fixed or x in shared else "leaf"

        for nodes in self.own:
            for node in nodes:
                bits = fixed.get(node, 0)
                inner = (role(x, bool(bits >> i & 1)) for i, x in enumerate(node.operands))
                key = (*_outline(node, scopes), *inner)
                self.same[node] = numbers.setdefault(key, len(numbers))
        self.forms: list[Hashable] = [
            tuple((use.minus, role(use.operand, False)) for use in mine)
            for mine in self.groups
        ]


def find_forms(tree: Tree, terms: Terms) -> None:
    """Find the terms of a tree that are many of one form, and no more than one operation."""
    groups: dict[Hashable, list[int]] = {}
    for g, form in enumerate(terms.forms):
        groups.setdefault(form, []).append(g)
    for mine in groups.values():
        first = terms.own[mine[0]]
        if len(first) > 1 or (first and first[0].label) or len(terms.groups[mine[0]]) > 1:
            continue
        pair = first and sum(isinstance(x, Node) for x in first[0].operands) > 1
        if len(mine) > (_MANY_OF_TWO if pair else _MANY):
            nodes = [node for g in mine for node in terms.own[g]]
            tree.forms.append(Form({use: None for g in mine for use in terms.groups[g]}, nodes))


Folds = dict[Node, tuple[Hashable, int, int]]


def find_examples(tree: Tree, terms: Terms, least: int, apart: bool) -> Folds:
    """Mark the operations of terms of one form, of which there are at least so many.

    With ``apart`` all groups that share no operation with others are compared, part by part, if
    some are of one form: examples of several classes have losses of several forms.
    """
    deep = [len(nodes) > 1 and (not apart or free) for nodes, free in
            zip(terms.own, terms.apart, strict=True)]  # fmt: skip
    count = Counter(form for form, is_deep in zip(terms.forms, deep, strict=True) if is_deep)
    repeated = {form for form, n in count.items() if n >= least}
    return {
        node: (tree, g, terms.same[node])
        for g, form in enumerate(terms.forms)
        if deep[g] and (form in repeated or (apart and repeated))
        for node in terms.own[g]
    }
