"""From what is one box of a network to a partition of the whole graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence

from ...node import Node
from .folds import Folds, Terms, Use, find_examples, find_forms, trees
from .quotient import Quotient
from .scopes import Scope

__all__ = ["collapsed"]

_PATIENCE = 4  # how often the graph is gone through in search of examples


def collapsed(
    nodes: Sequence[Node], roots: Sequence[Node], scopes: Mapping[Node, Scope | None],
    uses: Counter[Node], keys: Mapping[Node, Hashable], fixed: Collection[Use],
) -> Quotient:  # fmt: skip
    """Divide a graph into the neurons or layers that ``keys`` tell, and all else.

    Leaves that are ``fixed`` are the same in all examples.
    """
    loose = {node: None for node in scopes if node not in keys}
    found = trees(nodes, uses, loose)
    folds: Folds = {}
    ends: dict[Node, None] = {}
    patience = _PATIENCE * len(nodes)
    for tree in found:
        if patience < 0 or not tree.repeats(2):
            continue
        terms = Terms(tree, uses, scopes, fixed)
        patience -= terms.size
        find_forms(tree, terms)
        if tree.nodes[-1] not in folds:
            same = find_examples(tree, terms, 2, apart=True)
            if any(node in keys for node in same):
                folds |= same
                ends |= {x: None for use in tree.terms if (x := use.operand) in same}
    quotient = Quotient(nodes, roots, scopes, {**keys, **_cones(nodes, (*roots, *ends), loose)})
    for tree in found:
        if tree.forms or any(use.operand in ends for use in tree.terms if use.operand in scopes):
            quotient.of[tree.nodes[-1]].trees.append(tree)
    quotient.fold(folds)
    quotient.finish()
    return quotient


def _cones(
    nodes: Sequence[Node], ends: Collection[Node], loose: Collection[Node]
) -> dict[Node, Node]:
    """Give each loose operation the one that it is for.

    What only one box uses, and nobody has named, belongs to that box. So each box has one result,
    and there is no circle among them.
    """
    goal: dict[Node, Node | None] = dict.fromkeys(ends)  # None: there are several
    for node in reversed(nodes):
        if node.op is None:
            continue
        mine = None
        if node in loose:
            mine = None if node.label else goal.get(node)
            mine = goal[node] = node if mine is None else mine
        for x in node.operands:
            if isinstance(x, Node) and goal.setdefault(x, mine) is not mine:
                goal[x] = None
    return {node: mine for node in loose if (mine := goal[node]) is not None}
