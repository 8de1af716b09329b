"""The picture of a graph by operation: a box for every Value, a pill for every constant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..backprop import local_derivatives
from ..node import Node
from ..ops import chain
from . import model
from .model import GREY, Box, Cell, Cluster, Edge, Run, Scene
from .text import CHANGED, caption, changed_leaves, number, plain, shorten, split_subscript

__all__ = ["by_operation"]

_SMALL = 20  # nodes up to which ×1 is written on an edge


def by_operation(nodes: Sequence[Node], roots: Sequence[Node]) -> Scene:
    """Make the picture of ``nodes``, operands before consumers, that ends in ``roots``."""
    scale = model.largest(node.grad for node in nodes)
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
                boxes.append(Box(((Cell((Run(number(operand)),), model.PILL),),), pill=True))
                groups.append(node.group or "")
        place[node] = len(boxes)
        boxes.append(_box(node, scale, node in changed))
        groups.append(node.group or "")
        edges += _edges(node, sources, place[node], ones=len(nodes) <= _SMALL)
    names = [
        caption(root) or (root.op.name if root.op else number(root.data)) for root in roots
    ]
    backward = "with" if any(node.grad is not None for node in nodes) else "before"
    results = (f"{name} = {number(root.data)}" for name, root in zip(names, roots, strict=True))
    return Scene(
        title=f"Computation graph of {', '.join(names)}",
        description=f"{len(nodes)} nodes, {backward} gradients: {'; '.join(results)}",
        boxes=tuple(boxes),
        edges=tuple(edges),
        clusters=tuple(_clusters(groups)),
    )


def _box(node: Node, scale: float, changed: bool) -> Box:
    stem, subscript = split_subscript(caption(node))
    words = (Run(stem, bold=True), Run(subscript, bold=True, subscript=True))
    title = tuple(run for run in words if run.text)
    columns: list[tuple[Cell, ...]] = []
    if node.op is None:
        columns.append((Cell(title, model.YELLOW),))
    else:
        columns.append((Cell((Run(node.op.symbol, model.WHITE, bold=True),), model.DARK),))
        if title:
            columns.append((Cell(title),))
    data = [Run("data ", GREY), Run(number(node.data))]
    if changed:
        data.append(Run(f" {CHANGED}", GREY))
    grad = (Run("grad ", GREY), Run("–" if node.grad is None else number(node.grad)))
    colour = model.tint(node.grad, scale)
    columns.append((Cell(tuple(data), centred=False), Cell(grad, colour, centred=False)))
    return Box(tuple(columns), _tooltip(node, changed), ports=len(node.operands))


def _tooltip(node: Node, changed: bool) -> str:
    arguments = (
        caption(x) or number(x.data) if isinstance(x, Node) else number(x) for x in node.operands
    )
    formula = f"{node.op.name}({', '.join(arguments)})" if node.op else ""
    lines = [
        " = ".join(filter(None, (plain(node.label), formula))),
        f"data {node.data:.10g}",
        "" if node.grad is None else f"grad {node.grad:.10g}",
        "changed after use: the graph was computed with another number" if changed else "",
    ]
    return "\n".join(filter(None, lines))


def _edges(node: Node, sources: Sequence[int], target: int, ones: bool) -> Iterator[Edge]:
    """Make the edges into one box, each with its local derivative and contribution.

    There are none if an operand was changed: the number that they depend on is gone.
    """
    stale = bool(changed_leaves([node]))
    for port, (source, local) in enumerate(zip(sources, local_derivatives(node), strict=True)):
        if local is None or stale:
            yield Edge(source, target, port, quiet=local is None)
            continue
        flow = None if node.grad is None else chain(node.grad, local)
        if local == 1 and not ones:
            yield Edge(source, target, port, flow=flow)
            continue
        tooltip = f"local {number(local)}"
        if flow is not None:
            tooltip += f" · upstream {number(node.grad)} = contribution {number(flow)}"
        yield Edge(source, target, port, f"×{number(local)}", flow, tooltip=tooltip)


def _clusters(groups: Sequence[str]) -> Iterator[Cluster]:
    """Make a frame for every group, and one for every group of groups such as hidden/h1."""
    members: dict[str, list[int]] = {}
    for box, group in enumerate(groups):
        parts = group.split("/") if group else []
        for depth in range(len(parts)):
            members.setdefault("/".join(parts[: depth + 1]), []).append(box)
    paths = sorted(members)  # so that an outer frame comes before those inside it
    for path in paths:
        outer, _, title = path.rpartition("/")
        inside = paths.index(outer) if outer else None
        yield Cluster(shorten(plain(title)), tuple(members[path]), inside)
