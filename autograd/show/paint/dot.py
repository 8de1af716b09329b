"""The same scenes drawn by Graphviz, for those who like its layouts or want another format."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from ..scene import model
from ..scene.model import DARK, GREY, PALE, PILL, Box, Cell, Edge, Run, Scene

if TYPE_CHECKING:
    from graphviz import Digraph

__all__ = ["digraph", "render"]


def digraph(scene: Scene) -> Digraph:
    """Translate a scene to a graph of the ``graphviz`` package, with HTML-like labels."""
    from graphviz import Digraph

    font = {"fontname": "Arial", "fontcolor": DARK}
    graph = Digraph(
        graph_attr={
            **font, "rankdir": "LR", "bgcolor": "white", "nodesep": "0.15", "ranksep": "0.4",
            "fontsize": str(model.FONT_SIZE), "style": "rounded", "tooltip": _escape(scene.title),
        },
        node_attr={**font, "shape": "plain", "fontsize": str(model.FONT_SIZE)},
        edge_attr={**font, "fontsize": str(model.LABEL_SIZE), "arrowsize": "0.7"},
    )
    inside: dict[int | None, list[int]] = {}
    for index, cluster in enumerate(scene.clusters):
        inside.setdefault(cluster.inside, []).append(index)

    def fill(part: Digraph, index: int | None) -> None:
        """Put what stands in a cluster into it: first the clusters inside, then the boxes."""
        members = range(len(scene.boxes)) if index is None else scene.clusters[index].boxes
        deeper: set[int] = set()
        for inner in inside.get(index, ()):
            cluster = scene.clusters[inner]
            deeper.update(cluster.boxes)
            with part.subgraph(name=f"cluster{inner}") as frame:
                frame.attr(
                    label=f"<{_escape(cluster.title)}>", tooltip=_escape(cluster.title),
                    color=PALE, bgcolor=PILL, fontcolor=GREY,
                )
                fill(frame, inner)
        for box in members:
            if box not in deeper:
                _add(part, box, scene.boxes[box])

    fill(graph, None)
    for edge in scene.edges:
        ink, width = (PALE, 1) if edge.quiet else model.stroke(edge.flow, scene.largest)
        graph.edge(
            str(edge.source), str(edge.target), label=_label(edge),
            color=ink, penwidth=f"{width:.1f}",
            tooltip=_escape(edge.tooltip), labeltooltip=_escape(edge.tooltip),
        )
    return graph


def render(scene: Scene, suffix: str) -> bytes:
    """Have the ``dot`` program lay out and paint a scene.

    Raises
    ------
    RuntimeError
        If there is no such program.
    """
    from graphviz import ExecutableNotFound

    graph = digraph(scene)
    if suffix == "png":
        graph.attr(dpi="192")
    try:
        return bytes(graph.pipe(format=suffix))
    except ExecutableNotFound as error:
        raise RuntimeError(
            f"a picture as {suffix} by Graphviz needs its program `dot`, which is not installed "
            "here: apt install graphviz, brew install graphviz, conda install graphviz, or "
            "https://graphviz.org/download. The built-in engine's .svg needs nothing."
        ) from error


def _add(part: Digraph, index: int, box: Box) -> None:
    tooltip = _escape(box.tooltip) or " "
    if box.pill:
        cell = box.columns[0][0]
        part.node(
            str(index), f"<{_runs(cell.runs)}>", shape="box", style="rounded,filled", color=PALE,
            fillcolor=cell.fill, margin="0.08,0.04", width="0", height="0", tooltip=tooltip,
        )
        return
    rows = math.lcm(*map(len, box.columns))
    lines = [_cell(box.head, 1, len(box.columns))] if box.head else []
    for row in range(rows):
        spans = ((column, rows // len(column)) for column in box.columns)
        lines.append("".join(_cell(c[row // n], n) for c, n in spans if row % n == 0))
    table = f'<table border="1" cellborder="1" cellspacing="0" cellpadding="4" color="{DARK}">'
    part.node(str(index), f"<{table}<tr>{'</tr><tr>'.join(lines)}</tr></table>>", tooltip=tooltip)


def _cell(cell: Cell, rows: int, columns: int = 1) -> str:
    align = "center" if cell.centred else "left"
    return (
        f'<td rowspan="{rows}" colspan="{columns}" align="{align}" color="{PALE}" '
        f'bgcolor="{cell.fill}">{_runs(cell.runs)}</td>'
    )


def _label(edge: Edge) -> str:
    text = "<br/>".join(_escape(line) for line in (edge.label, edge.note) if line)
    return text and f"<{text}>"


def _runs(runs: tuple[Run, ...]) -> str:
    text = ""
    for run in runs:
        piece = _escape(run.text)
        piece = f"<b>{piece}</b>" if run.bold else piece
        size = f' point-size="{model.SUBSCRIPT_SIZE}"' if run.subscript else ""
        piece = f'<font color="{run.ink}"{size}>{piece}</font>'
        text += f"<sub>{piece}</sub>" if run.subscript else piece
    return text or " "


def _escape(text: str) -> str:
    """Escape text; a sign that looks the same stands for a backslash.

    Graphviz takes a backslash for a command, once or twice, as the place and its version may be.
    """
    return escape(text).replace("\\", "∖")
