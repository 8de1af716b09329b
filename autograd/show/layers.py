"""Layers of a scene: which box stands in which column, and in which order from top to bottom.

The first half of the layered layout after Sugiyama, Tagawa and Toda (1981). Every box gets a
*layer*. An edge that spans several layers passes each of them through a *dummy*, a place kept
free for it, so that it becomes a chain of *links* between neighbouring layers. Then the layers
are *ordered* so that few links cross.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Sequence
from dataclasses import dataclass

from .model import Edge, Scene

__all__ = ["Grid", "Link", "arrange", "patience"]

SLOT = 12  # the height kept free for an edge that passes


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of an edge, or a stretch that several edges from one box share."""

    left: int
    right: int
    port: float  # the height of its right end below the middle of the item
    weight: float  # how much it matters that it is level
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Items (the boxes first, then the dummies) in columns, and the links between them."""

    boxes: int
    heights: list[float]
    columns: list[list[int]]
    incoming: list[list[Link]]
    outgoing: list[list[Link]]


def arrange(scene: Scene) -> Grid:
    """Assign the boxes of a scene to layers and order each of them."""
    layers = _assign_layers(scene)
    links = _cut_edges(scene, layers)
    grid = Grid(
        boxes=len(scene.boxes),
        heights=[box.height for box in scene.boxes] + [SLOT] * (len(layers) - len(scene.boxes)),
        columns=[[] for _ in range(max(layers, default=-1) + 1)],
        incoming=[[] for _ in layers],
        outgoing=[[] for _ in layers],
    )
    for item, layer in enumerate(layers):
        grid.columns[layer].append(item)
    for link in links:
        grid.outgoing[link.left].append(link)
        grid.incoming[link.right].append(link)
    _order(grid, layers)
    return grid


def patience(grid: Grid, least: int, most: int) -> int:
    """Say how many sweeps over a grid are worth their time: fewer over a large one."""
    return max(least, min(most, 40_000 // max(1, len(grid.heights))))


def _assign_layers(scene: Scene) -> list[int]:
    """Put a box right of all its sources, and then beside its nearest target if that pays."""
    sources: list[list[int]] = [[] for _ in scene.boxes]
    targets: list[list[int]] = [[] for _ in scene.boxes]
    for edge in scene.edges:
        sources[edge.target].append(edge.source)
        targets[edge.source].append(edge.target)
    layers: list[int] = []
    for mine in sources:
        inner = (layers[source] for source in mine if sources[source])
        layers.append(1 + max(inner, default=0) if mine else 0)
    for box in reversed(range(len(layers))):
        # A leaf always moves; an operation when no more of its edges get longer than shorter.
        longer = sum(bool(sources[source]) for source in sources[box])
        if targets[box] and len(targets[box]) >= longer:
            layers[box] = min(layers[target] for target in targets[box]) - 1
    first = min(layers, default=0)
    return [layer - first for layer in layers]


def _cut_edges(scene: Scene, layers: list[int]) -> list[Link]:
    """Cut edges into links at dummies, which all long edges from one box share.

    The dummies are appended to ``layers``. (With dummies of its own for every edge, a weight
    that is used in each of a thousand layers would need half a million.)
    """
    edges_from: list[list[Edge]] = [[] for _ in scene.boxes]
    inner = [False] * len(scene.boxes)
    for edge in scene.edges:
        edges_from[edge.source].append(edge)
        inner[edge.target] = True
    links = []
    for box, edges in enumerate(edges_from):
        edges.sort(key=lambda edge: layers[edge.target])
        here, done, weight = box, 0, 2.0 if inner[box] else 1.0
        for layer in range(layers[box] + 1, layers[edges[-1].target] + 1 if edges else 0):
            while done < len(edges) and layers[edges[done].target] == layer:
                edge = edges[done]
                port = scene.boxes[edge.target].port(edge.port)
                links.append(Link(here, edge.target, port, weight, (edge,)))
                done += 1
            if done < len(edges):
                level = 2.0 if here == box else 8.0
                links.append(Link(here, len(layers), 0, level, tuple(edges[done:])))
                here, weight = len(layers), 2.0
                layers.append(layer)
    return links


def _order(grid: Grid, layers: Sequence[int]) -> None:
    """Order each column, by the barycentres of neighbours and then by exchanges."""
    columns = grid.columns
    rank = [0.0] * len(layers)  # the place in the column, from 0 at the top to 1

    def set_ranks(column: Sequence[int]) -> None:
        for position, item in enumerate(column):
            rank[item] = (position + 0.5) / len(column)

    def left_end(link: Link) -> float:
        return rank[link.left]

    def right_end(link: Link) -> float:  # two ports of a box are two places
        item = link.right
        return rank[item] + link.port / (grid.heights[item] * len(columns[layers[item]]))

    def barycentre(item: int, leftward: bool) -> float:
        lefts = [left_end(link) for link in grid.incoming[item]]
        rights = [right_end(link) for link in grid.outgoing[item]]
        ends = (rights or lefts) if leftward else (lefts or rights)
        return sum(ends) / len(ends) if ends else rank[item]

    def crossings() -> int:
        count = 0
        for column in columns:
            seen: list[float] = []
            for item in column:
                ends = sorted(right_end(link) for link in grid.outgoing[item])
                count += sum(len(seen) - bisect(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
        return count

    def gain(upper: int, lower: int) -> int:
        """Count the crossings that an exchange of two neighbours would undo."""
        count = 0
        for end, links in ((left_end, grid.incoming), (right_end, grid.outgoing)):
            ends = [end(link) for link in links[lower]]
            for here in [end(link) for link in links[upper]]:
                count += sum((here > there) - (here < there) for there in ends)
        return count

    for column in columns:
        set_ranks(column)
    best, fewest = [list(column) for column in columns], crossings()
    for sweep in range(patience(grid, 4, 12)):
        leftward = sweep % 2 == 0
        for column in reversed(columns) if leftward else columns:
            column.sort(key=lambda item: barycentre(item, leftward))
            set_ranks(column)
        count = crossings()
        if count < fewest or sweep == 0:
            best, fewest = [list(column) for column in columns], count
    columns[:] = best
    for column in columns:
        set_ranks(column)
    for _ in range(patience(grid, 1, 8)):
        before = [list(column) for column in columns]
        for column in columns:
            for position in range(len(column) - 1):
                upper, lower = column[position : position + 2]
                if gain(upper, lower) > 0:
                    column[position : position + 2] = lower, upper
                    rank[upper], rank[lower] = rank[lower], rank[upper]
        if columns == before:
            break
