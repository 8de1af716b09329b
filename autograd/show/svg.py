"""Paint a scene as SVG, with presentation attributes alone.

Without style sheets, style attributes and ids a picture looks the same on its own, inside a
web page beside other pictures, and in front ends that strip what they do not trust.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from .layout import ARROW, Wire, lay_out
from .model import (
    DARK,
    FONT,
    FONT_SIZE,
    LABEL_SIZE,
    PADDING,
    PALE,
    SUBSCRIPT_SIZE,
    WHITE,
    Box,
    Cell,
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
        f'font-size="{FONT_SIZE}" fill="{DARK}">',
        f"<title>{escape(scene.title)}</title>",
        f"<desc>{escape(scene.description)}</desc>",
        f'<rect width="{width}" height="{height}" fill="{WHITE}"/>',
        f'<g font-size="{LABEL_SIZE}" text-anchor="end" transform="translate(.5 .5)">',
        *(_wire(wire, scene.largest) for wire in layout.wires),
        "</g>",
        '<g transform="translate(.5 .5)">',  # lines of one pixel fill a row of pixels
        *(_box(box, *corner) for box, corner in zip(scene.boxes, layout.corners, strict=True)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


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
    parts = [f'<path d="{line}" fill="none" stroke="{ink}" stroke-width="{_short(width)}"/>']
    if wire.arrow:
        half, back = 2.6 + width / 2, _short(end - ARROW)
        parts.append(
            f'<path d="M{_short(end)} {_short(level)}L{back} {_short(level - half)}'
            f'V{_short(level + half)}Z" fill="{ink}"/>'
        )
        if edge.tooltip:
            parts.insert(0, f"<title>{escape(edge.tooltip)}</title>")
        if edge.label:
            x, y = _short(end - ARROW - 1), _short(level - 3 - width / 2)
            parts.append(f'<text x="{x}" y="{y}">{escape(edge.label)}</text>')
    return f"<g>{''.join(parts)}</g>"


def _line(points: tuple[tuple[float, float], ...], shorter: float) -> str:
    """Write a path, level between the points 0 and 1, 2 and 3, …, and curved in between."""
    x, y = points[0]
    path = [f"M{_short(x)} {_short(y)}"]
    for (turn, _), (to, level) in zip(points[1:-1:2], points[2::2], strict=True):
        if level == y:
            continue
        if turn != x:
            path.append(f"H{_short(turn)}")
        middle = _short((turn + to) / 2)
        path.append(f"C{middle} {_short(y)} {middle} {_short(level)} {_short(to)} {_short(level)}")
        x, y = to, level
    return "".join(path) + f"H{_short(points[-1][0] - shorter)}"


def _box(box: Box, x: float, y: float) -> str:
    width, height = _short(box.width), _short(box.height)
    frame = f'<rect width="{width}" height="{height}"'
    if box.pill:
        frame += f' rx="{_short(box.height / 2)}"'
    cells, lines, left = [], [], 0.0
    for column, across in zip(box.columns, box.widths, strict=True):
        if left:
            lines.append(f"M{_short(left)} 0V{height}")
        for row, cell in enumerate(column):
            top, bottom = (box.height * at / len(column) for at in (row, row + 1))
            if cell.fill != WHITE and not box.pill:
                cells.append(
                    f'<rect x="{_short(left)}" y="{_short(top)}" width="{_short(across)}" '
                    f'height="{_short(bottom - top)}" fill="{cell.fill}"/>'
                )
            cells.append(_text(cell, left, across, (top + bottom) / 2))
        left += across
    if box.pill:
        parts = [f'{frame} fill="{box.columns[0][0].fill}" stroke="{PALE}"/>', *cells]
    else:
        parts = [f'{frame} fill="{WHITE}"/>', *cells]
        if lines:
            parts.append(f'<path d="{"".join(lines)}" stroke="{PALE}"/>')
        parts.append(f'{frame} fill="none" stroke="{DARK}"/>')
    if box.tooltip:
        parts.insert(0, f"<title>{escape(box.tooltip)}</title>")
    return f'<g transform="translate({_short(x)} {_short(y)})">{"".join(parts)}</g>'


def _text(cell: Cell, left: float, width: float, middle: float) -> str:
    if not cell.runs:
        return ""
    x = left + (width / 2 if cell.centred else PADDING)
    anchor = ' text-anchor="middle"' if cell.centred else ""
    spans = []
    for run in cell.runs:
        face = f' dx="{run.gap}"' if run.gap else ""
        face += ' font-weight="bold"' if run.bold else ""
        face += f' fill="{run.ink}"' if run.ink != DARK else ""
        # The shift is a dy, since not every viewer knows baseline-shift.
        face += f' font-size="{SUBSCRIPT_SIZE}" dy="3"' if run.subscript else ""
        spans.append(f"<tspan{face}>{escape(run.text)}</tspan>" if face else escape(run.text))
    return f'<text x="{_short(x)}" y="{_short(middle + 4)}"{anchor}>{"".join(spans)}</text>'


def _short(number: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")
