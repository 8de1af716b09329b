"""The picture of a graph by operation: a box for every node, a pill for every constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backprop import local_derivatives
from ..node import Node
from .model import (
    DARK,
    GREY,
    PILL,
    WHITE,
    YELLOW,
    Box,
    Cell,
    Cluster,
    Edge,
    Run,
    Scene,
    largest,
    tint,
)
from .text import data, kind, number, plain, shorten, split_subscript

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["by_operation", "name"]

_SMALL = 20  # nodes up to which ×1 is written on an edge


def by_operation(nodes: Sequence[Node], roots: Sequence[Node]) -> Scene:
    """Make the picture of ``nodes``, operands before consumers, that ends in ``roots``."""
    scale = largest(_single(node.grad) for node in nodes)
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
        boxes.append(_box(node, scale))
        groups.append(node.group or "")
        edges += _edges(node, sources, place[node], ones=len(nodes) <= _SMALL)
    names = ", ".join(name(root) for root in roots)
    backward = "with" if any(node.grad is not None for node in nodes) else "before"
    return Scene(
        title=f"Computation graph of {names}",
        description=f"{len(nodes)} nodes, {backward} gradients: "
        + "; ".join(f"{name(root)} = {data(root.data)}" for root in roots),
        boxes=tuple(boxes),
        edges=tuple(edges),
        clusters=tuple(_clusters(groups)),
    )


def name(node: Node) -> str:
    """Call a node by its label, or else by its operation or its number."""
    return shorten(plain(node.label)) or (node.op.name if node.op else data(node.data))


def _single(x: Any) -> float | None:
    """Give a number, also that of an array of one element; None for other arrays, and for None."""
    return float(np.ravel(x)[0]) if x is not None and np.size(x) == 1 else None


def _constant(x: Any) -> Box:
    """Show a number, a small array, or what a large array is."""
    text, tooltip = (data(x), "") if np.size(x) <= 4 else (kind(x), data(x))
    return Box(((Cell((Run(text),), PILL),),), tooltip, pill=True)


def _box(node: Node, scale: float) -> Box:
    label = shorten(plain(node.label))
    stem, subscript = split_subscript(label)
    title = [Run(stem, bold=True), Run(subscript, bold=True, subscript=True)]
    title = [run for run in title if run.text]
    columns: list[tuple[Cell, ...]] = []
    if node.op is None:
        columns.append((Cell(tuple(title), YELLOW),))
    else:
        columns.append((Cell((Run(node.op.symbol, WHITE, bold=True),), DARK),))
        if title:
            columns.append((Cell(tuple(title)),))
    grad = "–" if node.grad is None else data(node.grad)
    shade = tint(_single(node.grad), scale)
    rows = [
        Cell((Run("data", GREY), Run(data(node.data), gap=4)), centred=False),
        Cell((Run("grad", GREY), Run(grad, gap=4)), shade, centred=False),
    ]
    if isinstance(node.data, np.ndarray):
        rows.insert(0, Cell((Run(kind(node.data), GREY),), centred=False))
    columns.append(tuple(rows))
    arguments = [
        shorten(plain(operand.label)) or data(operand.data)
        if isinstance(operand, Node)
        else data(operand)
        for operand in node.operands
    ]
    arguments += [f"{k}={v}" for k, v in node.settings.items() if isinstance(v, (int, tuple))]
    formula = f"{node.op.name}({', '.join(arguments)})" if node.op else ""
    heading = " = ".join(filter(None, (plain(node.label), formula)))
    lines = [heading, f"data {_exactly(node.data)}"]
    if node.grad is not None:
        lines.append(f"grad {_exactly(node.grad)}")
    return Box(tuple(columns), "\n".join(filter(None, lines)), ports=len(node.operands))


def _exactly(x: Any) -> str:
    """Write a number with many digits, an array with some."""
    if isinstance(x, np.ndarray):
        return np.array2string(x, precision=6, threshold=20, edgeitems=2)
    return f"{x:.12g}"


def _edges(node: Node, sources: Sequence[int], target: int, ones: bool) -> Iterator[Edge]:
    """Make the edges into one box, each with its local derivative and contribution."""
    locals_ = local_derivatives(node) if np.size(node.data) == 1 else ()
    for port, (source, x) in enumerate(zip(sources, node.operands, strict=True)):
        if not isinstance(x, Node) or not node.op.flows(port):  # type: ignore[union-attr]
            yield Edge(source, target, port, quiet=True)
            continue
        if not locals_ or np.size(x.data) != 1:
            yield Edge(source, target, port, tooltip=f"{kind(x.data)} into {kind(node.data)}")
            continue
        if (local := _single(locals_[port])) is None:  # an array operation
            yield Edge(source, target, port)
            continue
        label = f"×{number(local)}" if ones or local != 1 else ""
        if (grad := _single(node.grad)) is None:
            yield Edge(source, target, port, label, tooltip=f"local {number(local)}")
            continue
        # As in the backward pass, a zero upstream contributes zero, also through an infinity.
        flow = grad * local if grad else 0.0
        tooltip = f"local {number(local)} · upstream {number(grad)} = contribution {number(flow)}"
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
