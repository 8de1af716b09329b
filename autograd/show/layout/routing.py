"""A way for every edge of a scene, and with it the place of everything.

The last step of the layered layout. Left of the boxes of a column lies a lane in which every arrow
runs level at the height of its port: labels that are written there meet neither boxes nor curves
nor each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from ..scene.model import LABEL_SIZE, PADDING, Edge, Scene
from ..scene.text import text_width
from .layers import TITLE, Grid, Link, arrange
from .places import GAP, fit_frames, place, separate, straighten

__all__ = ["ARROW", "Layout", "Wire", "lay_out"]

TRACK = 8  # the height of the track of a far edge
MARGIN = 12
FRAME = 5  # the space between the frame of a cluster and its columns
ARROW = 8  # the length of an arrowhead


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
    middles = place(grid)
    if grid.contents:
        separate(grid, middles)
    straighten(grid, middles)
    fit_frames(grid, middles)
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
