"""Layers of a scene: which box stands in which column, and in which order from top to bottom.

The first half of the layered layout after Sugiyama, Tagawa and Toda (1981). Every box gets a
*layer*. An edge that spans several layers passes each of them through a *dummy*, a place kept
free for it, so that it becomes a chain of *links* between neighbouring layers. Then the layers
are *ordered* so that few links cross.

The boxes of a cluster stay together in every layer, below an item that stands for the top of its
frame and above one for the bottom; clusters have the same order in all layers. So there is always
a way to place the frames such that nothing else stands inside.

A *far* edge takes no dummies on its way: it has a track below all columns, which it shares with
the other far edges from its box, and comes up right before its target.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile
from typing import NamedTuple

from ..scene.model import Edge, Path, Scene
from .columns import TRACK

__all__ = ["GAP", "Grid", "Link", "arrange", "assign_layers", "patience"]

GAP = 14  # the least free height between two boxes
SLOT = 12  # the height kept free for an edge that passes
FAR = 12  # the number of layers that an edge passes in the midst of the picture
TITLE = 18  # the height of the line on top of a frame


class Link(NamedTuple):
    """A piece of an edge, or a stretch that several edges from one box share."""

    left: int
    right: int
    port: float  # the height of its right end below the middle of the item
    weight: float  # how much it matters that it is level; 0 from and to a track
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Items in columns, and the links between them.

    The boxes come first, then the dummies, then the top and the bottom of each cluster, which
    are items of several columns.
    """

    boxes: int
    heights: list[float]
    columns: list[list[int]]
    tracks: list[list[int]]  # of each box with far edges: the dummies below the columns
    layers: list[int]  # of boxes and dummies
    incoming: list[list[Link]]
    outgoing: list[list[Link]]
    contents: list[list[int]]  # of each cluster: items, and tops and bottoms of those inside
    gap: float

    def frame(self, cluster: int) -> tuple[int, int]:
        """Give the items that stand for the top and the bottom of a cluster."""
        top = len(self.heights) - 2 * (len(self.contents) - cluster)
        return top, top + 1


def arrange(
    scene: Scene, layers: Sequence[int], far: float = FAR, loose: Collection[int] = (),
    tight: bool = False,
) -> Grid:  # fmt: skip
    """Order the boxes of a scene, which have their layers, and what passes between them.

    An edge is far if it passes more than ``far`` layers; what leads on from ``loose`` ones may be
    as steep as it likes.
    """
    layers, paths = [*layers], [*scene.paths]
    links, tracks = _cut_edges(scene, layers, paths, far, loose)
    _fill_clusters(scene, layers, paths)
    dummies = [TRACK / 2 if tight else SLOT] * (len(layers) - len(scene.boxes))
    frames = [TITLE, 0] * len(scene.clusters)
    size = len(layers) + len(frames)
    grid = Grid(
        boxes=len(scene.boxes),
        heights=[*(box.height for box in scene.boxes), *dummies, *frames],
        columns=[[] for _ in range(max(layers, default=-1) + 1)],
        tracks=tracks,
        layers=layers,
        incoming=[[] for _ in range(size)],
        outgoing=[[] for _ in range(size)],
        contents=[[] for _ in scene.clusters],
        gap=GAP / 2 if tight else GAP,
    )
    below = {dummy for track in tracks for dummy in track}
    for item, layer in enumerate(layers):
        if item not in below:
            grid.columns[layer].append(item)
        if paths[item]:
            grid.contents[paths[item][-1]].append(item)
    for index, cluster in enumerate(scene.clusters):
        if cluster.inside is not None:
            grid.contents[cluster.inside] += grid.frame(index)
    for link in links:
        grid.outgoing[link.left].append(link)
        grid.incoming[link.right].append(link)
    _order(grid, paths)
    for box in range(grid.boxes):
        if scene.boxes[box].free:
            _uncross(grid, box)
    grid.columns[:] = [list(_with_frames(grid, column, paths)) for column in grid.columns]
    return grid


def _uncross(grid: Grid, box: int) -> None:
    """Let edges end at a box in the order in which they come."""
    place = {item: i for i, item in enumerate(grid.columns[grid.layers[box] - 1])}
    old = grid.incoming[box]  # what comes from a track comes from below
    coming = sorted(old, key=lambda link: place.get(link.left, math.inf))
    ports = sorted(link.port for link in old)
    grid.incoming[box] = new = [k._replace(port=p) for k, p in zip(coming, ports, strict=True)]
    for before, link in zip(coming, new, strict=True):
        mine = grid.outgoing[link.left]
        mine[next(i for i, other in enumerate(mine) if other is before)] = link


def patience(grid: Grid, least: int, most: int) -> int:
    """Say how many sweeps over a grid are worth their time: fewer over a large one."""
    return max(least, min(most, 40_000 // max(1, len(grid.heights))))


def assign_layers(scene: Scene, roomy: bool) -> list[int]:
    """Put a box right of all its sources, and then beside its nearest target if that pays.

    With room, what goes into a cluster stands left of all that is in there.
    """
    paths = scene.paths
    sources: list[list[int]] = [[] for _ in scene.boxes]
    targets: list[list[int]] = [[] for _ in scene.boxes]
    for edge in scene.edges:
        sources[edge.target].append(edge.source)
        targets[edge.source].append(edge.target)

    def step(source: int, target: int) -> int:
        """Leave room before a cluster for its leaves, or it would stand above the one before."""
        enters = paths[source][:1] != paths[target][:1] != ()
        leaves = (leaf for leaf in sources[target] if not sources[leaf])
        return 2 if enters and any(paths[leaf][:1] == paths[target][:1] for leaf in leaves) else 1

    layers: list[int] = []
    for box, mine in enumerate(sources):
        inner = (layers[source] + step(source, box) for source in mine if sources[source])
        layers.append(max(inner, default=1) if mine else 0)
    # A box moves at no cost where its sources, and theirs, serve nothing else and come along.
    alone = [len(ends) == 1 for ends in targets]
    for box, mine in enumerate(sources):
        alone[box] &= all(alone[source] for source in mine if sources[source])

    def enters(box: int) -> bool:
        """Tell what stands at the beginning of a cluster, which is short then, for the same."""
        mine = paths[box]
        ends = {paths[target] for target in targets[box]}
        return ends == {mine} != {()} and any(
            sources[source] and paths[source] != mine for source in sources[box]
        )

    def leaves(box: int) -> bool:
        """Tell what stands at the end of a cluster."""
        return any(paths[target][:1] != paths[box][:1] != () for target in targets[box])

    for box in reversed(range(len(layers))):
        longer = sum(not alone[source] for source in sources[box] if sources[source])
        is_leaf = targets[box] and not sources[box]
        if is_leaf and not roomy:
            layers[box] = min(layers[target] for target in targets[box]) - 1
        elif is_leaf or (len(targets[box]) + enters(box) > longer and not leaves(box)):
            layers[box] = min(layers[target] - step(box, target) for target in targets[box])
    for box, mine in enumerate(sources if roomy else ()):  # right beside the leaves, if that pays
        pays = leaves(box) or (scene.clusters and len(mine) >= len(targets[box]))
        if mine and pays and not any(sources[source] for source in mine):
            layers[box] = max(layers[source] for source in mine) + 1
    first = min(layers, default=0)
    return [layer - first for layer in layers]


def _cut_edges(
    scene: Scene, layers: list[int], paths: list[Path], far: float, loose: Collection[int]
) -> tuple[list[Link], list[list[int]]]:
    """Cut edges into links at dummies, which all long edges from one box into one cluster share.

    The dummies are appended to ``layers`` and ``paths``; those of tracks are given, too. (With
    dummies of its own for every edge, a weight that is used in each of a thousand layers would
    need half a million.)
    """
    edges_from: list[list[Edge]] = [[] for _ in scene.boxes]
    inner = [False] * len(scene.boxes)
    for edge in scene.edges:
        edges_from[edge.source].append(edge)
        inner[edge.target] = True
    spans = []  # the layers of each cluster
    for cluster in scene.clusters:
        mine = [layers[box] for box in cluster.boxes]
        spans.append(range(min(mine), max(mine) + 1))
    first = [spans[path[0]].start if path else math.inf for path in paths]
    links: list[Link] = []
    tracks: list[list[int]] = []

    def inside(box: int, layer: int) -> Path:
        """Give the clusters around a box that go on in a layer."""
        return tuple(cluster for cluster in paths[box] if layer in spans[cluster])

    for box, edges in enumerate(edges_from):
        edges.sort(key=lambda edge: layers[edge.target])
        waiting: list[tuple[int, tuple[Edge, ...], list[int] | None]] = [(box, (*edges,), None)]
        for here, leading, track in waiting:
            layer = layers[here] + 1
            if track is not None:
                layer = max(layer, layers[leading[0].target] - 1)
            much = 0.0 if track is not None or layers[here] in loose else 1.0
            ends = [*takewhile(lambda edge: layers[edge.target] == layer, leading)]  # noqa: B023
            rest = leading[len(ends) :]
            for edge in ends:
                port = scene.boxes[edge.target].port(edge.port)
                weight = much * (2 if inner[box] or here != box else 1)
                links.append(Link(here, edge.target, port, weight, (edge,)))
            if rest and track is None and layers[rest[0].target] - layer > far:
                tracks.append(track := [])
            # A line is in a cluster on its way out of it or into it, and not when passing by.
            bundles: dict[Path, list[Edge]] = {}
            out_of = inside(box, layer) if track is None else ()
            for edge in rest if scene.clusters and track is None else ():
                into = inside(edge.target, layer) if layer >= first[edge.target] else ()
                bundles.setdefault(max(into, out_of, key=len), []).append(edge)
            for path, some in bundles.items() if bundles else [((), rest)] * bool(rest):
                dummy = len(layers)
                layers.append(layer)
                paths.append(path)
                level = 0.0 if track is not None else much * (2 if here == box else 8)
                links.append(Link(here, dummy, 0, level, tuple(some)))
                waiting.append((dummy, links[-1].edges, track))
                if track is not None:
                    track.append(dummy)
    return links, tracks


def _common(first: Path, second: Path) -> Path:
    """Give the clusters that have two items inside, the outermost first."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return tuple(cluster for cluster, _ in pairs)


def _fill_clusters(scene: Scene, layers: list[int], paths: list[Path]) -> None:
    """Give every cluster a dummy in those layers on its way where it has nothing else."""
    for index in reversed(range(len(scene.clusters))):  # the inner ones first
        mine = {layer for layer, path in zip(layers, paths, strict=True) if index in path}
        path = next(path[: path.index(index) + 1] for path in paths if index in path)
        for layer in sorted(set(range(min(mine), max(mine))) - mine):
            layers.append(layer)
            paths.append(path)


def _with_frames(grid: Grid, column: Sequence[int], paths: Sequence[Path]) -> Iterator[int]:
    """Put the tops and bottoms of clusters between the items of a column."""
    inside: Path = ()
    for item in (*column, None):
        path = () if item is None else paths[item]
        shared = len(_common(inside, path))
        yield from (grid.frame(cluster)[1] for cluster in reversed(inside[shared:]))
        yield from (grid.frame(cluster)[0] for cluster in path[shared:])
        if item is not None:
            yield item
        inside = path


def _order(grid: Grid, paths: Sequence[Path]) -> None:
    """Order each column by the barycentres of neighbours."""
    columns = grid.columns
    rank = [1.0] * len(grid.layers)  # the place in the column, from 0 at the top to 1
    lefts = [[link.left for link in links] for links in grid.incoming]
    # Two ports of a box are two places.
    spans = [grid.heights[item] * len(columns[layer]) for item, layer in enumerate(grid.layers)]
    rights = [[(k.right, k.port and k.port / spans[k.right]) for k in ks] for ks in grid.outgoing]

    # What the boxes of each cluster are linked to outside.
    outside: list[list[int]] = [[] for _ in grid.contents]
    for link in chain.from_iterable(grid.outgoing if outside else ()):
        left, right = paths[link.left], paths[link.right]
        for cluster in set(left).symmetric_difference(right):
            outside[cluster].append(link.right if cluster in left else link.left)

    def set_ranks(column: Sequence[int]) -> None:
        for position, item in enumerate(column):
            rank[item] = (position + 0.5) / len(column)

    def barycentre(item: int, leftward: bool) -> float:
        if rights[item] and (leftward or not lefts[item]):
            return mean([rank[right] + shift for right, shift in rights[item]])
        return mean([rank[left] for left in lefts[item]], rank[item])

    def mean(places: Sequence[float], default: float = 0.0) -> float:
        return sum(places) / len(places) if places else default

    def crossings() -> int:
        count = 0
        for column in columns:
            seen: list[float] = []
            for item in column:
                for end in sorted([rank[right] + shift for right, shift in rights[item]]):
                    place = bisect(seen, end)
                    count += len(seen) - place
                    seen.insert(place, end)
        return count

    for column in columns:
        set_ranks(column)
    best, fewest = columns[:], math.inf
    older: list[float] = []
    old = rank[:]
    for sweep in range(patience(grid, 4, 12)):
        leftward = sweep % 2 == 0
        frames = [mean([rank[item] for item in items], 0.5) for items in outside]
        # Clusters stay together, in an order that is the same in all columns.
        outer = {path: tuple(x for c in path for x in (frames[c], c)) for path in {*paths}}
        for column in reversed(columns) if leftward else columns:
            column.sort(key=lambda item: (*outer[paths[item]], barycentre(item, leftward)))
            set_ranks(column)
        count = crossings()
        if count < fewest:
            best, fewest = [list(column) for column in columns], count
        if rank == older:  # as after the last sweep but one: it goes on like this
            break
        older, old = old, rank[:]
    columns[:] = best
