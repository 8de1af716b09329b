"""What a picture consists of: boxes of cells, edges between them, clusters around them.

Whoever makes a picture (by operation, by neuron, by layer) makes a `Scene`; whoever paints one
(the built-in layout and SVG, Graphviz) knows nothing of graphs of Values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from .text import text_width

__all__ = ["Box", "Cell", "Cluster", "Edge", "Path", "Run", "Scene", "largest", "stroke", "tint"]

DARK, GREY, PALE, PILL = "#24292f", "#57606a", "#d0d7de", "#f6f8fa"
YELLOW, WHITE = "#fff5b8", "white"
ODD = "#8250df"  # neither positive nor negative: NaN
FONT = "Helvetica, Arial, sans-serif"
FONT_SIZE, SUBSCRIPT_SIZE, LABEL_SIZE = 12, 9, 11
PADDING = 7  # left and right of a text
THIN = 1.2  # the width of the thinnest line
ROW = 18  # the height of a line of a box, and the distance between two arrows into it


Path = tuple[int, ...]  # the clusters around something, the outermost first


class Run(NamedTuple):
    """A piece of text in one face."""

    text: str
    ink: str = DARK
    bold: bool = False
    subscript: bool = False

    @property
    def width(self) -> float:
        """The width of the text in pixels."""
        size = SUBSCRIPT_SIZE if self.subscript else FONT_SIZE
        return text_width(self.text, size, self.bold)


class Cell(NamedTuple):
    """A rectangle with one line of text."""

    runs: tuple[Run, ...]
    fill: str = WHITE
    centred: bool = True
    least: float = 0  # how wide it is at least, for what will stand in it later

    @property
    def width(self) -> float:
        """The width of the text and of the space left and right of it."""
        return max(round(sum(run.width for run in self.runs) + 2 * PADDING), self.least)


@dataclass(frozen=True)
class Box:
    """A table, column by column; the cells of a column share its height.

    A head is a row above them all.
    """

    columns: tuple[tuple[Cell, ...], ...]
    tooltip: str = ""
    pill: bool = False  # a constant: small, round and grey
    ports: int = 0  # how many edges can end at its left side, each at a place of its own
    head: Cell | None = None
    pitch: int = ROW  # the distance between the ends of two edges
    free: bool = False  # whether edges may end there in any order

    @cached_property
    def widths(self) -> tuple[float, ...]:
        """The widths of the columns, of which the last fills what the head needs more."""
        *widths, last = (max(cell.width for cell in column) for column in self.columns)
        head = self.head.width if self.head else 0
        return (*widths, max(last, head - sum(widths)))

    @cached_property
    def width(self) -> float:
        """The width of the box."""
        return sum(self.widths)

    @cached_property
    def height(self) -> float:
        """The height of the box."""
        rows = self.top + ROW * max(map(len, self.columns))
        above = self.top + 12 - self.pitch if self.top else 0  # and below the outer edges
        return max(rows, above + self.pitch * self.ports)

    @property
    def top(self) -> int:
        """The height of the head."""
        return ROW if self.head else 0

    def port(self, index: int) -> float:
        """Give the height of an arrow's end above (negative) or below the middle of the box."""
        first = self.pitch * (1 - self.ports) / 2
        if self.head:  # where no arrow ends
            first = max(first, self.top + 4 - self.height / 2)
        return first + self.pitch * index


class Edge(NamedTuple):
    """An arrow from the right of a box to a port of another; boxes go by their position."""

    source: int
    target: int = 0
    port: int = 0
    label: str = ""
    flow: float | None = None  # what the arrow's width and colour show; None: nothing yet
    quiet: bool = False  # from a constant: thin and grey
    tooltip: str = ""
    note: str = ""  # a second line of the label, below the arrow


class Cluster(NamedTuple):
    """A frame around some boxes; ``inside`` is the position of the cluster around it."""

    title: str
    boxes: tuple[int, ...]
    inside: int | None = None


@dataclass(frozen=True)
class Scene:
    """A whole picture, not yet laid out. Every edge leads to a box that comes later."""

    title: str
    description: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...] = ()

    @property
    def texts(self) -> Iterator[str]:
        """All that is written in the picture."""
        yield from (self.title, self.description, *(cluster.title for cluster in self.clusters))
        for edge in self.edges:
            yield from (edge.label, edge.note, edge.tooltip)
        for box in self.boxes:
            yield box.tooltip
            cells = (*((box.head,) if box.head else ()), *chain.from_iterable(box.columns))
            yield from (run.text for cell in cells for run in cell.runs)

    @cached_property
    def paths(self) -> list[Path]:
        """The clusters around each box."""
        paths: list[Path] = [()] * len(self.boxes)
        for index, cluster in enumerate(self.clusters):
            for box in cluster.boxes:
                paths[box] += (index,)
        return paths

    @cached_property
    def largest(self) -> float:
        """The largest finite flow, without its sign."""
        return largest(edge.flow for edge in self.edges)


def largest(values: Iterable[float | None]) -> float:
    """Give the largest finite absolute value; 0 if there is none."""
    sizes = (abs(value) for value in values if value is not None)
    return max(filter(math.isfinite, sizes), default=0.0)


def tint(value: float | None, largest: float) -> str:
    """Colour the background of a number: white at zero, light blue above, light red below."""
    if not value:
        return WHITE
    if math.isnan(value):
        return "#eee5fb"
    pale, full = ("#f3f8fc", "#a6cfe8") if value > 0 else ("#fdf3ee", "#f6b090")
    return _mix(pale, full, _share(value, largest))


def stroke(flow: float | None, largest: float) -> tuple[str, float]:
    """Give an arrow its colour and width, by the square root of its share of the largest flow."""
    if flow is None:
        return "#8c959f", THIN
    if math.isnan(flow):
        return ODD, 2.0
    if flow == 0:
        return PALE, THIN
    share = _share(flow, largest)
    pale, full = ("#a3c4dd", "#1f64ab") if flow > 0 else ("#eeb8a8", "#b8202e")
    return _mix(pale, full, share), round(THIN + 2.6 * share, 1)


def _share(value: float, largest: float) -> float:
    """Place a value between 0 and the largest, by the root so that small ones show."""
    return 1.0 if abs(value) >= largest else math.sqrt(abs(value) / largest)


def _mix(start: str, end: str, share: float) -> str:
    """Blend two colours of the form #rrggbb."""
    mixed = (
        round(int(start[i : i + 2], 16) * (1 - share) + int(end[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
