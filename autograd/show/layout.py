"""A place for every box of a scene and a way for every edge.

The second half of the layered layout. A layer is a column of the picture. Left of its boxes
lies a lane in which every arrow runs level at the height of its port: labels that are written
there meet neither boxes nor curves nor each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

from .layers import TITLE, Grid, Link, arrange, patience
from .model import LABEL_SIZE, PADDING, Edge, Scene
from .text import text_width

__all__ = ["ARROW", "Layout", "Wire", "lay_out"]

GAP = 14  # the least free height between two boxes
TRACK = 8  # the height of the track of a far edge
MARGIN = 12
FRAME = 5  # the space between the frame of a cluster and its columns
FRAME_WEIGHT = 4.0  # how much it matters that frames stay where they are
ARROW = 8  # the length of an arrowhead

Pull = tuple[int, float, float]


class Wire(NamedTuple):
    """The line of an edge, or of the stretch that several edges from one box share.

    It runs level from each point with an even position to the next, and curves from there to
    the one after.
    """

    points: tuple[tuple[float, float], ...]
    edges: tuple[Edge, ...]
    arrow: bool  # ends at a box


class Layout(NamedTuple):
    """The size of a picture and where all goes.

    Boxes have a top left corner; the frames of clusters have left, top, right and bottom.
    """

    width: float
    height: float
    corners: tuple[tuple[float, float], ...]
    wires: tuple[Wire, ...]
    frames: tuple[tuple[float, float, float, float], ...]


def lay_out(scene: Scene) -> Layout:
    """Lay out a scene from left to right."""
    grid = arrange(scene)
    middles = _place(grid)
    if grid.contents:
        _separate(grid, middles)
    _straighten(grid, middles)
    _fit_frames(grid, middles)
    items = set(chain.from_iterable(grid.columns))
    top = min((middles[item] - grid.heights[item] / 2 for item in items), default=0)
    middles = [y - top + MARGIN for y in middles]
    bottom = max((middles[item] + grid.heights[item] / 2 for item in items), default=0)
    bottom = _place_tracks(grid, middles, bottom)
    corners, lanes, ends = _space_out(scene, grid, middles)

    def wire(link: Link) -> Wire:
        """Follow a link to a box, or to the dummy at which the edges that share it part."""
        item, end = link.left, ends[grid.layers[link.left]]
        start = corners[item][0] + scene.boxes[item].width if item < grid.boxes else end
        points = [(start, middles[item]), (end, middles[item])]
        while True:
            item, layer = link.right, grid.layers[link.right]
            y = middles[item] + link.port
            arrow = item < grid.boxes
            points += [(lanes[layer], y), (corners[item][0] if arrow else ends[layer], y)]
            if arrow or len(grid.outgoing[item]) > 1:
                return Wire(tuple(points), link.edges, arrow)
            link = grid.outgoing[item][0]

    # A dummy with one link goes on with the wire that has led to it.
    starts = (links for links in grid.outgoing if links)
    wires = [wire(k) for links in starts for k in links if k.left < grid.boxes or len(links) > 1]
    frames: dict[int, tuple[float, float, float, float]] = {}  # by the item of their top
    for cluster, contents in reversed(list(enumerate(grid.contents))):
        upper, lower = grid.frame(cluster)
        inner = [frames[item] for item in contents if item in frames]
        layers = [grid.layers[item] for item in contents if item < len(grid.layers)]
        left = min([lanes[i] for i in layers] + [frame[0] for frame in inner]) - FRAME
        right = max([ends[i] for i in layers] + [frame[2] for frame in inner]) + FRAME
        frames[upper] = left, middles[upper] - TITLE / 2, right, middles[lower]
    rights = [*ends, *(frame[2] for frame in frames.values())]
    return Layout(
        max(rights, default=0) + MARGIN,
        bottom + MARGIN,
        tuple(corners),
        tuple(wires),
        tuple(reversed(frames.values())),
    )


def _distance(grid: Grid, upper: int, lower: int) -> float:
    """Give the least distance between the middles of neighbours in a column."""
    gap = GAP if upper < grid.boxes and lower < grid.boxes else GAP / 2
    return (grid.heights[upper] + grid.heights[lower]) / 2 + gap


def _place(grid: Grid) -> list[float]:
    """Find a height for the middle of every item that makes its links as level as possible."""
    middles = [0.0] * len(grid.heights)
    # What draws each item to its height, first from the right alone: who, how far off, how much.
    ahead = [[(k.right, k.port, k.weight) for k in links if k.weight] for links in grid.outgoing]
    around = [
        [*pulls, *((k.left, -k.port, k.weight) for k in links if k.weight)]
        for pulls, links in zip(ahead, grid.incoming, strict=True)
    ]
    for item, links in enumerate(zip(grid.incoming, grid.outgoing, strict=True)):
        if not any(links):  # the frame of a cluster, which stays, or what nothing leads to
            ahead[item] = around[item] = [(item, 0.0, FRAME_WEIGHT)]
    columns: list[list[tuple[int, float]]] = []  # items, how far they are below the first at least
    for items in grid.columns:
        distances = (_distance(grid, *pair) for pair in pairwise(items))
        columns.append([*zip(items, accumulate(distances, initial=0.0), strict=bool(items))])

    def settle(column: Sequence[tuple[int, float]], pulls: Sequence[Sequence[Pull]]) -> None:
        """Move the items of a column to where they are drawn, as near as the others let them.

        This is isotonic regression by pooling adjacent violators: as long as a block of items is
        to lie below the one before it, the two become one block at their mean.
        """
        blocks: list[tuple[float, float, int]] = []  # mean, weight, length
        for item, offset in column:
            total = weight = 1e-9
            for other, shift, much in pulls[item]:
                total += much * (middles[other] + shift)
                weight += much
            mean, length = total / weight - offset, 1
            while blocks and blocks[-1][0] > mean:
                above, above_weight, above_length = blocks.pop()
                mean = (mean * weight + above * above_weight) / (weight + above_weight)
                weight += above_weight
                length += above_length
            blocks.append((mean, weight, length))
        start = 0
        for mean, _, length in blocks:
            for item, offset in column[start : start + length]:
                middles[item] = mean + offset
            start += length

    for column in reversed(columns):
        settle(column, ahead)
    _fit_frames(grid, middles)
    for _ in range(patience(grid, 2, 20)):
        before = middles[:]
        for column in (*columns, *reversed(columns)):
            settle(column, around)
        _fit_frames(grid, middles)
        if middles == before:
            break
    return [float(round(middle)) for middle in middles]  # as whole as the distances


def _fit_frames(grid: Grid, middles: list[float]) -> None:
    """Move the top and the bottom of every cluster to its outermost contents."""
    heights = grid.heights
    for cluster, contents in reversed(list(enumerate(grid.contents))):
        upper, lower = grid.frame(cluster)
        middles[upper] = min([middles[i] - heights[i] / 2 for i in contents]) - (TITLE + GAP) / 2
        middles[lower] = max([middles[i] + heights[i] / 2 for i in contents]) + GAP / 2


def _separate(grid: Grid, middles: list[float]) -> None:
    """Push down whatever is too close below something else, until nothing is, in any column."""
    before = None
    while middles != before:
        before = middles[:]
        for upper, lower in chain.from_iterable(map(pairwise, grid.columns)):
            middles[lower] = max(middles[lower], middles[upper] + _distance(grid, upper, lower))


def _straighten(grid: Grid, middles: list[float]) -> None:
    """Level links that slope a little, and long edges as far as there is room."""
    above, below = {}, {}
    for column in grid.columns:
        for upper, lower in pairwise(column):
            above[lower], below[upper] = upper, lower

    def room(item: int) -> tuple[float, float]:
        lowest, highest = -math.inf, math.inf
        if (other := above.get(item)) is not None:
            lowest = middles[other] + _distance(grid, other, item)
        if (other := below.get(item)) is not None:
            highest = middles[other] - _distance(grid, item, other)
        return lowest, highest

    def onward(item: int) -> int | None:
        links = (k for k in grid.outgoing[item] if k.right >= grid.boxes and k.weight)
        return next((k.right for k in links), None)

    for column in reversed(grid.columns):
        for item in column:
            near = (k for k in grid.outgoing[item] if k.weight)
            slopes = (middles[k.right] + k.port - middles[item] for k in near)
            slope = min(slopes, key=abs, default=0)
            lowest, highest = room(item)
            if abs(slope) < GAP and lowest <= middles[item] + slope <= highest:
                middles[item] += slope
    for box in range(grid.boxes):
        here = onward(box)
        while here is not None:
            run, (lowest, highest) = [here], room(here)
            while (here := onward(here)) is not None:
                top, bottom = room(here)
                if max(lowest, top) > min(highest, bottom):
                    break
                run.append(here)
                lowest, highest = max(lowest, top), min(highest, bottom)
            ends = [middles[grid.incoming[run[0]][0].left]]
            ends += [middles[k.right] + k.port for k in grid.outgoing[run[-1]][:1] if k.weight]
            places = [(min(max(end, lowest), highest), end) for end in ends]
            for dummy in run:
                middles[dummy] = min(places, key=lambda pair: abs(pair[0] - pair[1]))[0]


def _place_tracks(grid: Grid, middles: list[float], bottom: float) -> float:
    """Put the tracks of far edges below all else, and give the lowest place that they take."""
    taken: list[int] = []  # of each line of tracks: up to which layer
    for track in sorted(grid.tracks, key=lambda track: grid.layers[track[0]]):
        first, last = grid.layers[track[0]], grid.layers[track[-1]]
        line = next((i for i, end in enumerate(taken) if end < first - 1), len(taken))
        taken[line : line + 1] = [last]
        for dummy in track:
            middles[dummy] = bottom + GAP + line * TRACK
    return bottom + GAP + len(taken) * TRACK if taken else bottom


def _space_out(
    scene: Scene, grid: Grid, middles: Sequence[float]
) -> tuple[list[tuple[float, float]], list[float], list[float]]:
    """Put the columns side by side, as far apart as labels and curves need.

    The corners of the boxes come back, and where the lane left of each column begins and where
    the column ends.
    """
    corners = [(0.0, 0.0)] * grid.boxes
    lanes: list[float] = []
    ends: list[float] = []
    depths: list[int] = []
    for cluster in scene.clusters:
        depths.append(1 if cluster.inside is None else 1 + depths[cluster.inside])
    frames = FRAME * max(depths, default=0)  # the most that they take beside a column
    least = max(26, 2 * frames + 6)
    titles = [0.0] * len(grid.columns)  # of the frames around this column alone
    for cluster, contents in zip(scene.clusters, grid.contents, strict=True):
        inner = {grid.layers[item] for item in contents if item < len(grid.layers)}
        if len(inner) == 1:
            title = text_width(cluster.title, LABEL_SIZE) + 2 * (PADDING - FRAME)
            titles[min(inner)] = max(title, titles[min(inner)])
    x = 0.0
    links_into: list[list[Link]] = [[] for _ in grid.columns]
    for link in chain.from_iterable(grid.incoming):
        links_into[grid.layers[link.right]].append(link)
    for column, links, title in zip(grid.columns, links_into, titles, strict=True):
        labels = [
            text_width(label, LABEL_SIZE)
            for k in links if k.right < grid.boxes
            for label in (k.edges[0].label, k.edges[0].note)
        ]  # fmt: skip
        climb = max((abs(middles[k.right] + k.port - middles[k.left]) for k in links), default=0)
        if links:
            most = min(max(90, least, len(links)), 240)  # where many cross, they need more room
            lanes.append(x + round(min(least + climb / 6, most)))  # after the curves
            x = lanes[-1] + round(max(labels, default=0) + ARROW + 6)
        else:
            x = MARGIN + frames
            lanes.append(x)
        boxes = [item for item in column if item < grid.boxes]
        width = max((scene.boxes[item].width for item in boxes), default=0)
        width = max(width, round(title - (x - lanes[-1])))
        for item in boxes:
            box = scene.boxes[item]
            # A leaf stands at the right, by its consumer.
            left = x if box.ports else x + width - box.width
            corners[item] = (left, middles[item] - box.height / 2)
        x += width
        ends.append(x)
    return corners, lanes, ends
