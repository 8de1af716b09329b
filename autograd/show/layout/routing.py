"""A way for every edge of a scene, and with it the place of everything.

The last step of the layered layout. Left of the boxes of a column lies a lane in which every arrow
runs level at the height of its port: labels that are written there meet neither boxes nor curves
nor each other. A picture that would be too wide is broken into rows, and what leads from one to the
next is led back between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from ..scene.model import LABEL_SIZE, PADDING, Edge, Scene
from ..scene.text import text_width
from .layers import GAP, TITLE, Grid, Link, arrange
from .places import fit_frames, place, separate, straighten

__all__ = ["ARROW", "TURN", "WIDEST", "Layout", "Wire", "lay_out"]

TRACK = 8  # the distance of lines that run side by side
TURN = 8  # the radius of a turn at the end of a row
MARGIN = 12
FRAME = 5  # the space between the frame of a cluster and its columns
ARROW = 8  # the length of an arrowhead
WIDEST = 1_800  # of a picture that is not broken into rows
_HIGHEST, _FEW = 2_000, 150  # of a picture in rows, if it has few boxes
_LANE, _CLIMB = 40, 180  # the least room between columns, and how high a usual curve climbs
_BACK = 24  # the most lines that are led back from a row to the next
_MOST_ITEMS = 6_000  # of a picture in rows

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
    grid = arrange(scene)
    widths = [max([scene.boxes[i].width for i in column if i < grid.boxes], default=0)
              for column in grid.columns]  # fmt: skip
    may_be_wide = sum(widths) + _LANE * len(widths) > WIDEST / 2
    in_rows = may_be_wide and _Columns(scene, grid, tight=True, climb=0).width > WIDEST
    if not in_rows:
        columns = _Columns(scene, grid, _heights(grid))
        if columns.width > WIDEST:
            columns = _Columns(scene, grid, columns.middles, tight=True)
        if columns.width <= WIDEST:
            return columns.finished()
    layout = _in_rows(scene, grid)
    if layout and (layout.width > WIDEST or layout.height > _HIGHEST) and grid.boxes <= _FEW:
        layout = _in_rows(scene, grid, tight=True) or layout
    return layout or _Columns(scene, grid, _heights(grid)).finished()


def _in_rows(scene: Scene, grid: Grid, tight: bool = False) -> Layout | None:
    """Lay out a scene in rows, if there are places where few lines lead from one to the next."""
    rows = _Columns(scene, grid, tight=tight).rows_that_fit()
    if rows and grid.tracks:
        grid = arrange(scene, far=math.inf)
    if not rows or len(grid.heights) > _MOST_ITEMS:
        return None
    ends = {row.stop - 1 for row in rows}

    def loosened(links: list[Link]) -> list[Link]:
        """Let what leads from one row to the next be as steep as it may."""
        return [k._replace(weight=0.0) if grid.layers[k.left] in ends else k for k in links]

    dummies = range(grid.boxes, len(grid.layers))
    heights = [TRACK / 2 if tight and i in dummies else h for i, h in enumerate(grid.heights)]
    grid = replace(grid, gap=GAP / 2 if tight else GAP, columns=[*map(list, grid.columns)],
                   heights=heights,
                   incoming=[*map(loosened, grid.incoming)],
                   outgoing=[*map(loosened, grid.outgoing)])  # fmt: skip
    columns = _Columns(scene, grid, _heights(grid), tight)
    columns.stack(rows)
    return columns.finished()


def _heights(grid: Grid) -> list[float]:
    """Find a height for every item."""
    middles = place(grid)
    if grid.contents:
        separate(grid, middles)
    straighten(grid, middles)
    fit_frames(grid, middles)
    return middles


class _Columns:
    """Columns side by side, as far apart as labels and curves need.

    Attributes
    ----------
    lanes, ends : list of float
        Where the lane left of the boxes of each column ends, and where the column does.
    rows : list of range
        The columns of each row.
    """

    def __init__(
        self, scene: Scene, grid: Grid, middles: list[float] | None = None, tight: bool = False,
        climb: float = _CLIMB,
    ) -> None:  # fmt: skip
        self.scene, self.grid = scene, grid
        if middles is None:  # not known yet
            self.middles = [0.0] * len(grid.heights)
            self._space_out(tight, climb)
            return
        items = {*chain.from_iterable(grid.columns)}
        top = min((middles[item] - grid.heights[item] / 2 for item in items), default=0)
        self.middles = [y - top + MARGIN for y in middles]
        self.bottom = max(
            (self.middles[item] + grid.heights[item] / 2 for item in items), default=0
        )
        self.rows = [range(len(grid.columns))]
        self.shifts = [(0.0, 0.0)] * len(grid.columns)  # of each row: to the right, and down
        self.back: dict[int, tuple[float, float, float]] = {}  # where what is led back turns
        self._place_tracks()
        self._space_out(tight, 0)

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

    def _space_out(self, tight: bool, climb: float) -> None:
        scene, grid, middles = self.scene, self.grid, self.middles
        self.lefts = [0.0] * grid.boxes
        self.lanes: list[float] = []
        self.ends: list[float] = []
        self.beside: list[float] = []  # how much wider each is than what stands in frames
        framed = {*chain.from_iterable(grid.contents)}
        depths: list[int] = []
        for cluster in scene.clusters:
            depths.append(1 if cluster.inside is None else 1 + depths[cluster.inside])
        frames = FRAME * max(depths, default=0)  # the most that they take beside a column
        least = max(14 if tight else 26, 2 * frames + 6)
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
            steps = (abs(middles[k.right] + k.port - middles[k.left]) for k in links)
            highest = max(steps, default=0) + climb
            if links:
                most = min(max(90, least, len(links)), 240)  # where many cross, they need more room
                curve = least + highest / (20 if tight else 6)
                self.lanes.append(x + round(min(curve, most)))  # after the curves
                x = self.lanes[-1] + round(max(labels, default=0) + ARROW + 6)
            else:
                x = MARGIN + frames
                self.lanes.append(x)
            boxes = [item for item in column if item < grid.boxes]
            width = max((scene.boxes[item].width for item in boxes), default=0)
            width = max(width, round(title - (x - self.lanes[-1])))
            for item in boxes:
                box = scene.boxes[item]
                # A leaf stands at the right, by its consumer.
                self.lefts[item] = x if box.ports else x + width - box.width
            x += width
            self.ends.append(x)
            rights = (self.lefts[i] + scene.boxes[i].width for i in boxes if i in framed)
            self.beside.append(x - max(rights, default=x))

    def rows_that_fit(self) -> list[range]:
        """Break the columns into rows where few lines lead on, if there are such places."""
        grid, ends, starts = self.grid, self.ends, self.starts
        leads_on = self._leads_on()
        cut = [0] * len(ends)  # how many frames go on after each column
        for contents in grid.contents:
            inner = [grid.layers[i] for i in contents if i < len(grid.layers)]
            for layer in range(min(inner, default=0), max(inner, default=0)):
                cut[layer] += 1
        # The cheapest way to break what comes before each column, and where its last row begins.
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(ends) + 1):
            ways = [(math.inf, 0)]
            for start in reversed(range(end)):
                lines = len(leads_on[start - 1]) if start else 0
                margins = 3 * MARGIN + TRACK * (lines + len(leads_on[end - 1]))
                width = ends[end - 1] - starts[start] + margins
                if width > WIDEST and start < end - 1:
                    break
                if lines <= _BACK:
                    cost = lines + 2 * cut[start - 1] + 8 if start else 0.0
                    ways.append((best[start][0] + cost + 4 * (width / WIDEST) ** 2, start))
            best.append(min(ways))
        if best[-1][0] == math.inf:
            return []
        rows: list[range] = []
        end = len(ends)
        while end:
            rows.insert(0, range(best[end][1], end))
            end = best[end][1]
        return rows

    @property
    def starts(self) -> list[float]:
        """Where each column begins, with its lane."""
        return [0.0, *self.ends[:-1]]

    def _leads_on(self) -> list[set[int]]:
        """Find the items of each column from which lines lead on."""
        leads_on: list[set[int]] = [set() for _ in self.ends]
        layers = self.grid.layers
        for link in chain.from_iterable(self.grid.outgoing):
            for layer in range(layers[link.left], layers[link.right]):
                leads_on[layer].add(link.left)
        return leads_on

    def stack(self, rows: list[range]) -> None:
        """Put rows below each other, with room in between for the lines that are led back."""
        grid, heights, middles, self.rows = self.grid, self.grid.heights, self.middles, rows
        leads_on, starts = self._leads_on(), self.starts
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
            going = sorted(leads_on[row.stop - 1], key=lambda item: -middles[item])
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
