"""The picture of a graph by operation: a box for every Value, a pill for every constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
from .text import number, plain, shorten, split_subscript

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["by_operation", "name"]

_SMALL = 20  # nodes up to which ×1 is written on an edge


def by_operation(nodes: Sequence[Node], roots: Sequence[Node]) -> Scene:
    """Make the picture of ``nodes``, operands before consumers, that ends in ``roots``."""
    scale = largest(node.grad for node in nodes)
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
                boxes.append(Box(((Cell((Run(number(operand)),), PILL),),), pill=True))
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
        + "; ".join(f"{name(root)} = {number(root.data)}" for root in roots),
        boxes=tuple(boxes),
        edges=tuple(edges),
        clusters=tuple(_clusters(groups)),
    )


def name(node: Node) -> str:
    """Call a node by its label, or else by its operation or its number."""
    return shorten(plain(node.label)) or (node.op.name if node.op else number(node.data))


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
    grad = "–" if node.grad is None else number(node.grad)
    columns.append(
        (
            Cell((Run("data", GREY), Run(number(node.data), gap=4)), centred=False),
            Cell((Run("grad", GREY), Run(grad, gap=4)), tint(node.grad, scale), centred=False),
        )
    )
    arguments = ", ".join(
        shorten(plain(operand.label)) or number(operand.data)
        if isinstance(operand, Node)
        else number(operand)
        for operand in node.operands
    )
    formula = f"{node.op.name}({arguments})" if node.op else ""
    heading = " = ".join(filter(None, (plain(node.label), formula)))
    lines = [heading, f"data {node.data:.12g}"]
    if node.grad is not None:
        lines.append(f"grad {node.grad:.12g}")
    return Box(tuple(columns), "\n".join(filter(None, lines)), ports=len(node.operands))


def _edges(node: Node, sources: Sequence[int], target: int, ones: bool) -> Iterator[Edge]:
    """Make the edges into one box, each with its local derivative and contribution."""
    for port, (source, local) in enumerate(zip(sources, local_derivatives(node), strict=True)):
        if local is None:
            yield Edge(source, target, port, quiet=True)
            continue
        label = f"×{number(local)}" if ones or local != 1 else ""
        if node.grad is None:
            yield Edge(source, target, port, label, tooltip=f"local {number(local)}")
            continue
        # As in the backward pass, a zero upstream contributes zero, also through an infinity.
        flow = node.grad * local if node.grad else 0.0
        tooltip = (
            f"local {number(local)} · upstream {number(node.grad)} = contribution {number(flow)}"
        )
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
