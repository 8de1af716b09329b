"""A graph as a plain-text table, for terminals and for those who do not see pictures."""

from __future__ import annotations

from collections.abc import Sequence

from ..node import Node
from .text import data, plain, shorten

__all__ = ["table"]


def table(nodes: Sequence[Node]) -> str:
    """Write a line a node, operands before consumers; a node without a label gets a number."""
    names = {
        node: shorten(plain(node.label)) or f"#{position}"
        for position, node in enumerate(nodes, start=1)
    }
    rows = [("node", "operation", "operands", "data", "grad")]
    for node in nodes:
        operands = (names[x] if isinstance(x, Node) else data(x) for x in node.operands)
        rows.append(
            (
                names[node],
                node.op.name if node.op else "",
                ", ".join(operands),
                data(node.data),
                "–" if node.grad is None else data(node.grad),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            text.rjust(width) if column > 2 else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
