"""A way for every edge of a scene, and with it the place of everything.

The last step of the layered layout. Left of the boxes of a column lies a lane in which every arrow
runs level at the height of its port: labels that are written there meet neither boxes nor curves
nor each other. A picture that would be too wide is broken into rows, and what leads from one to the
next is led back between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain, product
from typing import NamedTuple

from ..scene.model import LABEL_SIZE, PADDING, Edge, Scene
from ..scene.text import text_width
from .columns import ARROW, FRAME, MARGIN, TRACK, WIDEST, Columns
from .layers import GAP, TITLE, Grid, Link, arrange, assign_layers
from .places import heights

__all__ = ["ARROW", "TURN", "WIDEST", "Layout", "Wire", "lay_out"]

TURN = 8  # the radius of a turn at the end of a row
_HIGHEST, _FEW = 2_000, 150  # of a picture in rows, if it has few boxes

Frame = tuple[float, float, float, float]


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

    Boxes have a top left corner. Frames have the position of their cluster, and left, top, right
    and bottom; a cluster has one in each row.
    """

    width: float
    height: float
    corners: tuple[tuple[float, float], ...]
    wires: tuple[Wire, ...]
    frames: tuple[tuple[int, Frame], ...]


def lay_out(scene: Scene) -> Layout:
    """Lay out a scene from left to right."""
    ways, layout, plan = [], None, None
    for roomy in (True, False)[: 1 + bool(scene.clusters)]:
        layers = assign_layers(scene, roomy)
        columns = Columns(scene, layers)
        ways.append((layers, columns))
        least = max(columns.ends(0, tight=True), default=0) + MARGIN
        if least <= WIDEST * (0.98 if roomy else 1):  # or it is wider, surely or as good as
            plan = _Plan(scene, arrange(scene, layers), columns)
            if plan.width > WIDEST:
                plan.space_out(tight=True)
            if plan.width <= WIDEST:
                return plan.finished()
    for tight, (layers, columns) in product((False, True), ways):
        if rows := columns.rows(tight):
            ends = {row.stop - 1 for row in rows}
            in_rows = _Plan(scene, arrange(scene, layers, math.inf, ends, tight), columns, tight)
            in_rows.stack(rows)
            layout = in_rows.finished()
            fits = layout.width <= WIDEST and layout.height <= _HIGHEST
            if fits or len(scene.boxes) > _FEW:
                return layout
    return layout or (plan or _Plan(scene, arrange(scene, layers), columns)).finished()


class _Plan:
    """Where columns and rows are.

    Attributes
    ----------
    middles : list of float
        The height of each item.
    lanes, ends : list of float
        Where the lane left of the boxes of each column ends, and where the column does.
    rows : list of range
        The columns of each row.
    """

    def __init__(self, scene: Scene, grid: Grid, columns: Columns, tight: bool = False) -> None:
        self.scene, self.grid, self.columns = scene, grid, columns
        middles = heights(grid)
        items = {*chain.from_iterable(grid.columns)}
        top = min((middles[item] - grid.heights[item] / 2 for item in items), default=0)
        self.middles = [y - top + MARGIN for y in middles]
        self.bottom = max(
            (self.middles[item] + grid.heights[item] / 2 for item in items), default=0
        )
        self.rows = [range(len(grid.columns))]
        self.shifts = [(0.0, 0.0)]  # of each row: to the right, and down
        self.back: dict[int, tuple[float, float, float]] = {}  # where what is led back turns
        self._place_tracks()
        self.space_out(tight)

    @property
    def width(self) -> float:
        """The width of all columns side by side."""
        return max(self.ends, default=0) + MARGIN

    def _place_tracks(self) -> None:
        """Put the tracks of far edges below all else."""
        grid = self.grid
        taken: list[int] = []  # of each line of tracks: up to which layer
        for track in sorted(grid.tracks, key=lambda track: grid.layers[track[0]]):
            first, last = grid.layers[track[0]], grid.layers[track[-1]]
            line = next((i for i, end in enumerate(taken) if end < first - 1), len(taken))
            taken[line : line + 1] = [last]
            for dummy in track:
                self.middles[dummy] = self.bottom + GAP + line * TRACK
        self.bottom += GAP + len(taken) * TRACK if taken else 0

    def space_out(self, tight: bool) -> None:
        """Put the columns side by side."""
        grid, middles, boxes = self.grid, self.middles, self.scene.boxes
        climbs, lines = [0.0] * len(grid.columns), [0] * len(grid.columns)
        for k in chain.from_iterable(grid.incoming):
            climb, layer = abs(middles[k.right] + k.port - middles[k.left]), grid.layers[k.right]
            climbs[layer] = max(climb, climbs[layer])
            lines[layer] += 1
        self.lanes, starts, self.ends = self.columns.side_by_side(climbs, lines, tight)
        # A leaf stands at the right, by its consumer.
        self.lefts = [starts[layer] if box.ports else self.ends[layer] - box.width
                      for box, layer in zip(boxes, grid.layers, strict=False)]  # fmt: skip
        self.beside: list[float] = []  # how much wider each is than what stands in frames
        framed = {*chain.from_iterable(grid.contents)}
        for column, end in zip(grid.columns, self.ends, strict=True):
            rights = (self.lefts[i] + boxes[i].width for i in column
                      if i < grid.boxes and i in framed)  # fmt: skip
            self.beside.append(end - max(rights, default=end))

    def stack(self, rows: list[range]) -> None:
        """Put rows below each other, with room in between for the lines that are led back."""
        grid, heights, middles, self.rows = self.grid, self.grid.heights, self.middles, rows
        starts = [0.0, *self.ends]  # of each column, with its lane
        self.shifts = [(0.0, 0.0)] * len(rows)
        row_of = [number for number, row in enumerate(rows) for _ in row]
        items: list[list[int]] = [[] for _ in rows]
        for item, layer in enumerate(grid.layers):
            items[row_of[layer]].append(item)
        y, coming = float(MARGIN), 0  # how many lines come from the row before
        for number, row in enumerate(rows):
            x = MARGIN + TURN + coming * TRACK if number else 0.0
            mine = items[number]
            frames = [frame for _, frame in self._frames(row, self.lanes, self.ends, 0.0)]
            top = min([middles[i] - heights[i] / 2 for i in mine] + [frame[1] for frame in frames])
            low = max([middles[i] + heights[i] / 2 for i in mine] + [frame[3] for frame in frames])
            self.shifts[number] = x - starts[row.start], y - top
            y += low - top + GAP
            last = (item for item in grid.columns[row.stop - 1] if item < len(grid.layers))
            going = sorted(filter(grid.outgoing.__getitem__, last), key=lambda item: -middles[item])
            for k, item in enumerate(going if number < len(rows) - 1 else ()):
                right = self.ends[row.stop - 1] + self.shifts[number][0] + 2 * FRAME + k * TRACK
                self.back[item] = right, y + k * TRACK, MARGIN + k * TRACK
            coming = len(going)
            y += coming * TRACK + GAP
        self.bottom = y - 2 * GAP - coming * TRACK

    def finished(self) -> Layout:
        """Give the places of boxes and frames, and the ways of the edges."""
        grid, boxes = self.grid, self.scene.boxes
        row_of = [number for number, row in enumerate(self.rows) for _ in row]
        shift = [self.shifts[number] for number in row_of]
        layers = grid.layers
        corners = tuple(
            (self.lefts[i] + shift[layers[i]][0],
             self.middles[i] - grid.heights[i] / 2 + shift[layers[i]][1])
            for i in range(grid.boxes)
        )  # fmt: skip
        lanes = [x + dx for x, (dx, _) in zip(self.lanes, shift, strict=True)]
        ends = [x + dx for x, (dx, _) in zip(self.ends, shift, strict=True)]

        def wire(link: Link) -> Wire:
            """Follow a link to a box, or to the dummy at which the edges that share it part."""
            item, layer = link.left, layers[link.left]
            start = corners[item][0] + boxes[item].width if item < grid.boxes else ends[layer]
            y = self.middles[item] + shift[layer][1]
            points = [(start, y), (ends[layer], y)]
            while True:
                item, before, layer = link.right, layer, layers[link.right]
                y = self.middles[item] + link.port + shift[layer][1]
                arrow, to = item < grid.boxes, lanes[layer]
                if row_of[before] != row_of[layer]:
                    right, between, to = self.back[link.left]
                    points[-1] = right, points[-1][1]
                    points += [(right, between), (to, between)]
                points += [(to, y), (corners[item][0] if arrow else ends[layer], y)]
                if arrow or len(grid.outgoing[item]) > 1:
                    return Wire(tuple(points), link.edges, arrow)
                link = grid.outgoing[item][0]

        # A dummy with one link goes on with the wire that has led to it.
        starting = (links for links in grid.outgoing if links)
        wires = [wire(k) for links in starting for k in links
                 if k.left < grid.boxes or len(links) > 1]  # fmt: skip
        frames = {
            (index, number): frame for number, row in enumerate(self.rows)
            for index, frame in self._frames(row, lanes, ends, self.shifts[number][1])
        }  # fmt: skip
        rights = (*ends, *(frame[2] for frame in frames.values()), *(x for x, _, _ in
                  self.back.values()))  # fmt: skip
        margin = MARGIN + (TURN if self.back else 0)
        return Layout(
            max(rights, default=0) + margin, self.bottom + MARGIN, corners, tuple(wires),
            tuple((index, frames[index, number]) for index, number in sorted(frames)),
        )  # fmt: skip

    def _frames(
        self, row: range, lanes: Sequence[float], ends: Sequence[float], dy: float
    ) -> Iterator[tuple[int, Frame]]:
        """Give the frames of clusters in one row, the inner ones first."""
        grid = self.grid
        frames: dict[int, Frame] = {}  # by the item of their top

        def right(item: int) -> float:
            layer = grid.layers[item]
            return ends[layer] - (self.beside[layer] if item < grid.boxes else 0)

        for cluster, contents in reversed(list(enumerate(grid.contents))):
            inner = [frames[item] for item in contents if item in frames]
            mine = [i for i in contents if i < len(grid.layers) and grid.layers[i] in row]
            if mine or inner:
                tops = [self.middles[i] + dy - grid.heights[i] / 2 for i in mine]
                lows = [self.middles[i] + dy + grid.heights[i] / 2 for i in mine]
                left = min([lanes[grid.layers[i]] for i in mine] + [f[0] for f in inner]) - FRAME
                title = text_width(self.scene.clusters[cluster].title, LABEL_SIZE) + 2 * PADDING
                frames[grid.frame(cluster)[0]] = frame = (
                    left, min(tops + [f[1] for f in inner]) - TITLE - grid.gap / 2,
                    max([right(i) for i in mine] + [f[2] for f in inner] + [left + title - FRAME])
                    + FRAME,
                    max(lows + [f[3] for f in inner]) + grid.gap / 2,
                )
                yield cluster, frame
