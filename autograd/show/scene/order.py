"""The nodes of a graph in the order in which a reader meets them."""

from __future__ import annotations

from collections.abc import Sequence

from ...backprop import graph_of
from ...node import Node

__all__ = ["MOST_NODES", "is_larger", "operands_first"]

MOST_NODES = 2_000  # that a picture by operation may have


def operands_first(roots: Sequence[Node]) -> list[Node]:
    """List the nodes of a graph in the order of computation, leaves when they are first used."""
    found: dict[Node, None] = {}
    inner, _ = graph_of(roots)
    for node in reversed(inner):
        for x in node.operands:
            if isinstance(x, Node):
                found[x] = None
        found[node] = None
    return [*(found | dict.fromkeys(roots))]


def is_larger(roots: Sequence[Node], limit: int) -> bool:
    """Count nodes and constants, but no further than needed."""
    inner, nodes = graph_of(roots, limit=limit)
    constants = (x for node in inner for x in node.operands if not isinstance(x, Node))
    return len(nodes) + sum(1 for _ in constants) > limit
