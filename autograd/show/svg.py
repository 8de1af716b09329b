"""Paint a scene as SVG, with presentation attributes alone.

Without style sheets, style attributes and ids a picture looks the same on its own, inside a
web page beside other pictures, and in front ends that strip what they do not trust.
"""

from __future__ import annotations

from html import escape as escape_html

from .layout import ARROW, Wire, lay_out
from .model import (
    DARK,
    FONT,
    FONT_SIZE,
    GREY,
    LABEL_SIZE,
    PADDING,
    PALE,
    PILL,
    SUBSCRIPT_SIZE,
    THIN,
    WHITE,
    Box,
    Cell,
    Run,
    Scene,
    stroke,
)

__all__ = ["svg"]


def svg(scene: Scene) -> str:
    """Lay out a scene and paint it."""
    layout = lay_out(scene)
    width, height = _short(layout.width), _short(layout.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="{FONT}" '
        # Said although it is usual, since a page around the picture may say otherwise.
        f'font-size="{FONT_SIZE}" font-weight="normal" font-style="normal" fill="{DARK}">',
        f"<title>{_escape(scene.title)}</title>",
        f"<desc>{_escape(scene.description)}</desc>",
        f'<rect width="{width}" height="{height}" fill="{WHITE}"/>',
        '<g transform="translate(.5 .5)">',  # lines of one pixel fill a row of pixels
        *(
            _frame(cluster.title, *frame)
            for cluster, frame in zip(scene.clusters, layout.frames, strict=True)
        ),
        "</g>",
        f'<g font-size="{LABEL_SIZE}" text-anchor="end" stroke-width="{THIN}" '
        'transform="translate(.5 .5)">',
        *(_wire(wire, scene.largest) for wire in layout.wires),
        "</g>",
        '<g transform="translate(.5 .5)">',
        *(_box(box, *corner) for box, corner in zip(scene.boxes, layout.corners, strict=True)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _frame(title: str, left: float, top: float, right: float, bottom: float) -> str:
    return (
        f'<rect x="{_short(left)}" y="{_short(top)}" width="{_short(right - left)}" '
        f'height="{_short(bottom - top)}" rx="7" fill="{PILL}" stroke="{PALE}"/>'
        f'<text x="{_short(left + PADDING)}" y="{_short(top + 14)}" font-size="{LABEL_SIZE}" '
        f'fill="{GREY}">{_escape(title)}</text>'
    )


def _wire(wire: Wire, largest: float) -> str:
    """Paint an edge with its arrowhead, label and tooltip, or a stretch of several edges.

    What flows through a stretch is the sum of what flows through its edges: that is how
    gradients come together where a value is used more than once.
    """
    edge = wire.edges[0]
    flows = [edge.flow for edge in wire.edges if edge.flow is not None]
    ink, width = stroke(sum(flows) if flows else None, largest)
    if edge.quiet:
        ink, width = PALE, 1
    end, level = wire.points[-1]
    line = _line(wire.points, shorter=ARROW - 1 if wire.arrow else 0)
    weight = f' stroke-width="{_short(width)}"' if width != THIN else ""
    path = f'<path d="{line}" fill="none" stroke="{ink}"{weight}/>'
    if not wire.arrow:
        return path
    half = 2.6 + width / 2
    head = f"M{_short(end)} {_short(level)}l-{ARROW}-{_short(half)}v{_short(2 * half)}z"
    parts = [path, f'<path d="{head}" fill="{ink}"/>']
    if edge.tooltip:
        parts.insert(0, f"<title>{_escape(edge.tooltip)}</title>")
    if edge.label:
        x, y = _short(end - ARROW - 1), _short(level - 3 - width / 2)
        parts.append(f'<text x="{x}" y="{y}">{_escape(edge.label)}</text>')
    return f"<g>{''.join(parts)}</g>"


def _line(points: tuple[tuple[float, float], ...], shorter: float) -> str:
    """Write a path, level between the points 0 and 1, 2 and 3, …, and curved in between."""
    x, y = points[0]
    path = [f"M{_short(x)} {_short(y)}"]
    for (turn, _), (to, level) in zip(points[1:-1:2], points[2::2], strict=True):
        if level == y:
            continue
        if turn != x:
            path.append(f"h{_short(turn - x)}")
        across, half, down = _short(to - turn), _short((to - turn) / 2), _short(level - y)
        path.append(f"c{half} 0 {half} {down} {across} {down}")
        x, y = to, level
    return "".join(path) + f"h{_short(points[-1][0] - shorter - x)}"


def _box(box: Box, x: float, y: float) -> str:
    width, height = box.width, box.height
    if box.pill:
        colours = f'rx="{_short(height / 2)}" fill="{box.columns[0][0].fill}" stroke="{PALE}"'
    else:
        colours = f'fill="{WHITE}" stroke="{DARK}"'
    parts = [f'<rect width="{_short(width)}" height="{_short(height)}" {colours}/>']
    if box.tooltip:
        parts.insert(0, f"<title>{_escape(box.tooltip)}</title>")
    lines, left, before = [], 0.0, DARK
    for column, across in zip(box.columns, box.widths, strict=True):
        if before != DARK:
            lines.append(f"M{_short(left)} .5V{_short(height - 0.5)}")
        before = column[0].fill
        for row, cell in enumerate(column):
            top, bottom = (height * at / len(column) for at in (row, row + 1))
            if cell.fill != WHITE and not box.pill:
                # Half a pixel belongs to the line around the box.
                inner = (max(left, 0.5), max(top, 0.5))
                outer = (min(left + across, width - 0.5), min(bottom, height - 0.5))
                parts.append(
                    f'<rect x="{_short(inner[0])}" y="{_short(inner[1])}" '
                    f'width="{_short(outer[0] - inner[0])}" '
                    f'height="{_short(outer[1] - inner[1])}" fill="{cell.fill}"/>'
                )
            parts.append(_text(cell, left, across, (top + bottom) / 2))
        left += across
    if lines:
        parts.append(f'<path d="{"".join(lines)}" stroke="{PALE}"/>')
    return f'<g transform="translate({_short(x)} {_short(y)})">{"".join(parts)}</g>'


def _text(cell: Cell, left: float, width: float, middle: float) -> str:
    if not cell.runs:
        return ""
    x = left + (width / 2 if cell.centred else PADDING)
    place = f'x="{_short(x)}" y="{_short(middle + 4)}"'
    if cell.centred:
        place += ' text-anchor="middle"'
    if len(cell.runs) == 1:
        return f"<text {place}{_face(cell.runs[0])}>{_escape(cell.runs[0].text)}</text>"
    spans = (f"<tspan{_face(run)}>{_escape(run.text)}</tspan>" for run in cell.runs)
    return f"<text {place}>{''.join(spans)}</text>"


def _face(run: Run) -> str:
    face = f' dx="{run.gap}"' if run.gap else ""
    face += ' font-weight="bold"' if run.bold else ""
    face += f' fill="{run.ink}"' if run.ink != DARK else ""
    # The shift is a dy, since not every viewer knows baseline-shift.
    return face + (f' font-size="{SUBSCRIPT_SIZE}" dy="3"' if run.subscript else "")


def _escape(text: str) -> str:
    return escape_html(text, quote=False)


def _short(number: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")
