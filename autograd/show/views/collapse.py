"""From what is one box of a network to a partition of the whole graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence

from ...node import Node
from .folds import Folds, Places, Terms, find_examples, find_forms, trees
from .quotient import Quotient
from .scopes import Scope

__all__ = ["collapsed"]

_PATIENCE = 4  # how often the graph is gone through in search of examples


def collapsed(
    nodes: Sequence[Node], roots: Sequence[Node], scopes: Mapping[Node, Scope | None],
    uses: Counter[Node], keys: Mapping[Node, Hashable], fixed: Places,
) -> Quotient:  # fmt: skip
    """Divide a graph into the neurons or layers that ``keys`` tell, and all else; not finished.

    Leaves that are ``fixed`` are the same in all examples.
    """
    loose = {node: None for node in scopes if node not in keys}
    found = trees(nodes, uses, loose)
    folds: Folds = {}
    ends: dict[Node, None] = {}
    patience = _PATIENCE * len(nodes)
    calls = {scope for scope in scopes.values() if scope is not None}
    again = len({scope.of for scope in calls}) < len(calls) or (not calls and _repeat(fixed))
    for tree in found:
        if patience < 0 or not tree.repeats(2):
            continue
        terms = Terms(tree, uses, scopes, fixed, together=again)
        patience -= terms.size
        find_forms(tree, terms)
        if again and tree.nodes[-1] not in folds:
            same = find_examples(tree, terms, 2, apart=True)
            if any(node in keys for node in same):
                folds |= same
                ends |= {x: None for use in tree.terms if (x := use.operand) in same}
    quotient = Quotient(nodes, roots, scopes, {**keys, **_cones(ends, loose, uses)})
    for tree in found:
        if tree.forms or any(use.operand in ends for use in tree.terms if use.operand in scopes):
            quotient.of[tree.nodes[-1]].trees.append(tree)
    quotient.fold(folds)
    return quotient


def _repeat(fixed: Places) -> bool:
    """Tell whether a weight is used more than once, without which nothing is called again."""
    operands = ((bits >> i & 1, x) for node, bits in fixed.items()
                for i, x in enumerate(node.operands))  # fmt: skip
    leaves = [x for written, x in operands if written]
    return len({*leaves}) < len(leaves)


def _cones(
    ends: Collection[Node], loose: Collection[Node], uses: Mapping[Node, int]
) -> dict[Node, Node]:
    """Give each loose operation the one that it is for.

    What only one box uses, and nobody has named, belongs to that box. So each box has one result,
    and there is no circle among them.
    """
    goals: dict[Node, list[Node]] = {}  # of all that use it
    found: dict[Node, Node] = {}
    for node in reversed([*loose]):
        mine = goals.get(node, [])
        alone = len(mine) == uses[node] and len({*map(id, mine)}) == 1
        found[node] = mine[0] if alone and not node.label and node not in ends else node
        for x in node.operands:
            if isinstance(x, Node) and x in loose:
                goals.setdefault(x, []).append(found[node])
    return found
