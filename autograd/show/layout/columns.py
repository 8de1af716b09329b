"""How much room the columns of a picture need, and where one that is too wide breaks into rows.

That follows from the layers of its boxes, before any of them has a height.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..scene.model import LABEL_SIZE, PADDING, Scene
from ..scene.text import text_width

__all__ = ["ARROW", "FRAME", "MARGIN", "TRACK", "WIDEST", "Columns"]

TRACK = 8  # the distance of lines that run side by side
MARGIN = 12
FRAME = 5  # the space between the frame of a cluster and its columns
ARROW = 8  # the length of an arrowhead
WIDEST = 1_800  # of a picture that is not broken into rows
_CLIMB = 180  # how high a usual curve climbs
_BACK = 24  # the most lines that are led back from a row to the next
_MOST_LINES = 6_000  # of all columns of a picture in rows


class Columns:
    """The columns of a scene whose boxes have their layers.

    Attributes
    ----------
    boxes, labels : list of float
        How wide what stands in each column is, and what is written at the arrows into it.
    ports : list of float
        How far from the middle of a box the arrows into each column end at most.
    lines : list of int
        How many lines lead into each column.
    leads_on : list of int
        From how many boxes lines lead on after each column.
    cut : list of int
        How many frames go on after each column; those of frames alone do not count.
    """

    def __init__(self, scene: Scene, layers: Sequence[int]) -> None:
        count = max(layers, default=-1) + 1
        self.boxes, self.labels, self.titles = [0.0] * count, [0.0] * count, [0.0] * count
        self.ports = [0.0] * count
        self.lines, self.leads_on, self.cut = [0] * count, [0] * count, [0] * count
        ends = [*layers]  # how far the lines from each box lead
        for edge in scene.edges:
            layer = layers[edge.target]
            width = text_width(edge.label, LABEL_SIZE)
            if edge.note:
                width = max(width, text_width(edge.note, LABEL_SIZE))
            self.labels[layer] = max(width, self.labels[layer])
            port = abs(scene.boxes[edge.target].port(edge.port))
            self.ports[layer] = max(port, self.ports[layer])
            self.lines[layer] += 1
            ends[edge.source] = max(layer, ends[edge.source])
        for box, layer, end in zip(scene.boxes, layers, ends, strict=True):
            self.boxes[layer] = max(box.width, self.boxes[layer])
            for passed in range(layer, end):
                self.leads_on[passed] += 1
                self.lines[passed + 1] += passed + 1 < end
        for index, cluster in enumerate(scene.clusters):
            title = text_width(cluster.title, LABEL_SIZE) + 2 * (PADDING - FRAME)
            mine = [layers[box] for box in cluster.boxes if scene.paths[box][-1] == index]
            first, last = min(mine, default=0), max(mine, default=0)
            for layer in range(first, last):
                self.cut[layer] += 1
            if mine and first == last:  # the frame is no wider than the column
                self.titles[first] = max(title, self.titles[first])
        self.frames = FRAME * max(map(len, scene.paths), default=0)  # the most beside a column

    def side_by_side(
        self, climbs: Sequence[float], lines: Sequence[int], tight: bool
    ) -> tuple[list[float], list[float], list[float]]:
        """Say where the lane of each column ends, and where its boxes begin and end.

        So many lines lead into each column, of which the steepest ``climbs`` so high.
        """
        least = max(14 if tight else 26, 2 * self.frames + 6)
        x = 0.0
        lanes: list[float] = []
        starts: list[float] = []
        ends: list[float] = []
        for layer, (climb, count) in enumerate(zip(climbs, lines, strict=True)):
            lane = start = float(MARGIN + self.frames)
            if count:
                most = min(max(90, least, count), 240)  # where many cross, they need more room
                curve = least + climb / (20 if tight else 6)
                lane = x + round(min(curve, most))  # after the curves
                start = lane + round(self.labels[layer] + ARROW + 6)
            x = start + max(self.boxes[layer], round(self.titles[layer] - (start - lane)))
            lanes.append(lane)
            starts.append(start)
            ends.append(x)
        return lanes, starts, ends

    def ends(self, climb: float, tight: bool) -> list[float]:
        """Say where all columns end side by side, if all curves climb that high to their ports."""
        return self.side_by_side([port + climb for port in self.ports], self.lines, tight)[2]

    def rows(self, tight: bool) -> list[range]:
        """Break the columns into rows where few lines lead on, if there are such places."""
        if sum(self.leads_on) > _MOST_LINES:
            return []
        ends = self.ends(_CLIMB, tight)
        # The cheapest way to break what comes before each column, and where its last row begins.
        best: list[tuple[float, int]] = [(0.0, 0)]
        for last, end in enumerate(ends):
            ways = [(math.inf, 0)]
            for start in range(last, -1, -1):
                lines = self.leads_on[start - 1] if start else 0
                margins = 3 * MARGIN + TRACK * (lines + self.leads_on[last])
                width = end - (ends[start - 1] if start else 0) + margins
                if width > WIDEST and start < last:
                    break
                if lines <= _BACK:
                    cost = lines + 2 * self.cut[start - 1] + 8 if start else 0.0
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
