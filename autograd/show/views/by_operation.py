"""The picture of a graph by operation: a box for every node, a pill for every constant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...backprop import local_derivatives
from ...node import Node
from ...ops import chain
from ..scene import model
from ..scene.model import Edge, Scene
from ..scene.text import changed_leaves, kind, number
from .boxes import Sketch, constant, description, node_box, root_name, single

__all__ = ["by_operation", "places"]

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
    changed, ones, sketch = changed_leaves(nodes), len(nodes) <= _SMALL, Sketch()
    for node in nodes:
        sources = [
            sketch.place[x] if isinstance(x, Node)
            else sketch.add(constant(x), (node, port), node.group)
            for port, x in enumerate(node.operands)
        ]  # fmt: skip
        title = titles[node] if titles and not node.label else ""
        box = node_box(node, grads[node], scale, node in changed, title)
        sketch.add(box, node, node.group, _edges(node, grads[node], sources, ones))
    title = f"Computation graph of {', '.join(map(root_name, roots))}"
    return sketch.scene(title, description(nodes, roots, grads))


def places(scene: Scene, nodes: Sequence[Node]) -> dict[Node, int]:
    """Find the box of every node in the picture by operation."""
    boxes = (place for place, box in enumerate(scene.boxes) if not box.pill)
    return dict(zip(nodes, boxes, strict=True))


def _edges(node: Node, upstream: Any, sources: Sequence[int], ones: bool) -> Iterator[Edge]:
    """Make the edges into one box, those between numbers with local derivative and contribution.

    There are none if an operand was changed: the number that they depend on is gone.
    """
    known = single(node.data) is not None and not changed_leaves([node])
    locals_ = local_derivatives(node) if known else [None] * len(sources)
    grad = single(upstream)
    for port, (source, x) in enumerate(zip(sources, node.operands, strict=True)):
        if not isinstance(x, Node) or not node.op.flows(port):  # type: ignore[union-attr]
            yield Edge(source, quiet=True)
            continue
        if single(x.data) is None or single(node.data) is None:
            yield Edge(source, tooltip=f"{kind(x.data)} into {kind(node.data)}")
            continue
        local = single(locals_[port])  # None, too, for an array operation
        flow = None if local is None or grad is None else chain(grad, local)
        label = tooltip = ""
        if local is not None and (local != 1 or ones):
            label, tooltip = f"×{number(local)}", f"local {number(local)}"
            if flow is not None:
                tooltip += f" · upstream {number(grad)} = contribution {number(flow)}"
        yield Edge(source, label=label, flow=flow, tooltip=tooltip)
