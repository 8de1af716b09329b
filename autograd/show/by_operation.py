"""The picture of a graph by operation: a box for every node, a pill for every constant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..backprop import local_derivatives
from ..node import Node
from ..ops import chain
from . import model
from .boxes import clusters, constant, description, node_box, root_name, single
from .model import Box, Edge, Scene
from .text import changed_leaves, kind, number

__all__ = ["by_operation"]

_SMALL = 20  # nodes up to which ×1 is written on an edge


def by_operation(
    nodes: Sequence[Node],
    roots: Sequence[Node],
    grads: Mapping[Node, Any] | None = None,
    titles: Mapping[Node, str] | None = None,
) -> Scene:
    """Make the picture of ``nodes``, operands before consumers, that ends in ``roots``.

    The gradients are those of the nodes, if others are not given. A title is written where a node
    has no label.
    """
    if grads is None:
        grads = {node: node.grad for node in nodes}
    scale = model.largest(single(grads[node]) for node in nodes)
    changed = changed_leaves(nodes)
    boxes: list[Box] = []
    edges: list[Edge] = []
    groups: list[str] = []
    place: dict[Node, int] = {}  # the position of a node's box
    for node in nodes:
        sources = []
        for operand in node.operands:
            if isinstance(operand, Node):
                sources.append(place[operand])
            else:
                sources.append(len(boxes))
                boxes.append(constant(operand))
                groups.append(node.group or "")
        place[node] = len(boxes)
        title = titles[node] if titles and not node.label else ""
        boxes.append(node_box(node, grads[node], scale, node in changed, title))
        groups.append(node.group or "")
        edges += _edges(node, grads[node], sources, place[node], ones=len(nodes) <= _SMALL)
    return Scene(
        title=f"Computation graph of {', '.join(map(root_name, roots))}",
        description=description(nodes, roots, grads),
        boxes=tuple(boxes),
        edges=tuple(edges),
        clusters=tuple(clusters(groups)),
    )


def _edges(
    node: Node, upstream: Any, sources: Sequence[int], target: int, ones: bool
) -> Iterator[Edge]:
    """Make the edges into one box, those between numbers with local derivative and contribution.

    There are none if an operand was changed: the number that they depend on is gone.
    """
    known = single(node.data) is not None and not changed_leaves([node])
    locals_ = local_derivatives(node) if known else [None] * len(sources)
    grad = single(upstream)
    for port, (source, x) in enumerate(zip(sources, node.operands, strict=True)):
        if not isinstance(x, Node) or not node.op.flows(port):  # type: ignore[union-attr]
            yield Edge(source, target, port, quiet=True)
            continue
        if single(x.data) is None or single(node.data) is None:
            yield Edge(source, target, port, tooltip=f"{kind(x.data)} into {kind(node.data)}")
            continue
        local = single(locals_[port])  # None, too, for an array operation
        flow = None if local is None or grad is None else chain(grad, local)
        label = tooltip = ""
        if local is not None and (local != 1 or ones):
            label, tooltip = f"×{number(local)}", f"local {number(local)}"
            if flow is not None:
                tooltip += f" · upstream {number(grad)} = contribution {number(flow)}"
        yield Edge(source, target, port, label, flow, tooltip=tooltip)
