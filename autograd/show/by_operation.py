"""The picture of a graph by operation: a box for every node, a pill for every constant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..backprop import local_derivatives
from ..node import Node
from ..ops import chain
from . import model
from .model import GREY, Box, Cell, Cluster, Edge, Run, Scene
from .text import (
    CHANGED,
    caption,
    changed_leaves,
    data,
    kind,
    number,
    plain,
    shorten,
    split_subscript,
)

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
    scale = model.largest(_single(grads[node]) for node in nodes)
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
                boxes.append(_constant(operand))
                groups.append(node.group or "")
        place[node] = len(boxes)
        title = titles[node] if titles and not node.label else ""
        boxes.append(_box(node, grads[node], scale, node in changed, title))
        groups.append(node.group or "")
        edges += _edges(node, grads[node], sources, place[node], ones=len(nodes) <= _SMALL)
    names = [
        caption(root) or (root.op.name if root.op else data(root.data)) for root in roots
    ]
    backward = "with" if any(grads[node] is not None for node in nodes) else "before"
    results = (f"{name} = {data(root.data)}" for name, root in zip(names, roots, strict=True))
    return Scene(
        title=f"Computation graph of {', '.join(names)}",
        description=f"{len(nodes)} nodes, {backward} gradients: {'; '.join(results)}",
        boxes=tuple(boxes),
        edges=tuple(edges),
        clusters=tuple(_clusters(groups)),
    )


def _single(x: Any) -> float | None:
    """Give a number, also that of an array of one element; None for other arrays, and for None."""
    return float(np.ravel(x)[0]) if x is not None and np.size(x) == 1 else None


def _constant(x: Any) -> Box:
    """Show a number, a small array, or what a large array is."""
    text, tooltip = (data(x), "") if np.size(x) <= 4 else (kind(x), data(x))
    return Box(((Cell((Run(text),), model.PILL),),), tooltip, pill=True)


def _box(node: Node, grad: Any, scale: float, changed: bool, title: str) -> Box:
    stem, subscript = split_subscript(caption(node))
    words = (Run(stem, bold=True), Run(subscript, bold=True, subscript=True), Run(title, GREY))
    name = tuple(run for run in words if run.text)
    columns: list[tuple[Cell, ...]] = []
    if node.op is None:
        columns.append((Cell(name, model.YELLOW),))
    else:
        columns.append((Cell((Run(node.op.symbol, model.WHITE, bold=True),), model.DARK),))
        if name:
            columns.append((Cell(name),))
    now = [Run("data ", GREY), Run(data(node.data))]
    if changed:
        now.append(Run(f" {CHANGED}", GREY))
    slope = (Run("grad ", GREY), Run("–" if grad is None else data(grad)))
    shade = model.tint(_single(grad), scale)
    rows = [Cell(tuple(now), centred=False), Cell(slope, shade, centred=False)]
    if isinstance(node.data, np.ndarray):
        rows.insert(0, Cell((Run(kind(node.data), GREY),), centred=False))
    columns.append(tuple(rows))
    return Box(tuple(columns), _tooltip(node, grad, changed), ports=len(node.operands))


def _tooltip(node: Node, grad: Any, changed: bool) -> str:
    arguments = [
        caption(x) or data(x.data) if isinstance(x, Node) else data(x) for x in node.operands
    ]
    arguments += [f"{k}={v}" for k, v in node.settings.items() if isinstance(v, (int, tuple))]
    formula = f"{node.op.name}({', '.join(arguments)})" if node.op else ""
    lines = [
        " = ".join(filter(None, (plain(node.label), formula))),
        f"data {_exactly(node.data)}",
        "" if grad is None else f"grad {_exactly(grad)}",
        "changed after use: the graph was computed with other data" if changed else "",
    ]
    return "\n".join(filter(None, lines))


def _exactly(x: Any) -> str:
    """Write a number with many digits, an array with some."""
    if isinstance(x, np.ndarray):
        return np.array2string(x, precision=6, threshold=20, edgeitems=2)
    return f"{x:.10g}"


def _edges(
    node: Node, upstream: Any, sources: Sequence[int], target: int, ones: bool
) -> Iterator[Edge]:
    """Make the edges into one box, those between numbers with local derivative and contribution.

    There are none if an operand was changed: the number that they depend on is gone.
    """
    known = np.size(node.data) == 1 and not changed_leaves([node])
    locals_ = local_derivatives(node) if known else [None] * len(sources)
    grad = _single(upstream)
    for port, (source, x) in enumerate(zip(sources, node.operands, strict=True)):
        if not isinstance(x, Node) or not node.op.flows(port):  # type: ignore[union-attr]
            yield Edge(source, target, port, quiet=True)
            continue
        if np.size(x.data) != 1 or np.size(node.data) != 1:
            yield Edge(source, target, port, tooltip=f"{kind(x.data)} into {kind(node.data)}")
            continue
        local = _single(locals_[port])  # None, too, for an array operation
        flow = None if local is None or grad is None else chain(grad, local)
        label = tooltip = ""
        if local is not None and (local != 1 or ones):
            label, tooltip = f"×{number(local)}", f"local {number(local)}"
            if flow is not None:
                tooltip += f" · upstream {number(grad)} = contribution {number(flow)}"
        yield Edge(source, target, port, label, flow, tooltip=tooltip)


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
