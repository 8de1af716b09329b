"""Paint a scene as SVG, with presentation attributes alone.

Without style sheets, style attributes and ids a picture looks the same on its own, inside a
web page beside other pictures, and in front ends that strip what they do not trust.
"""

from __future__ import annotations

from html import escape as escape_html
from itertools import repeat

from ..layout.routing import ARROW, TURN, Wire, lay_out
from ..scene import model
from ..scene.model import DARK, GREY, LABEL_SIZE, PADDING, PALE, THIN, WHITE, Box, Cell, Run, Scene

__all__ = ["svg"]


def svg(scene: Scene, keys: bool = False, still: bool = False) -> str:
    """Lay out a scene and paint it.

    With ``keys`` a script finds its parts: every box and every frame has its position as
    ``data-box`` and ``data-frame``. If the picture is ``still`` to be filled by a script, every
    text has a cell of its own, and every arrow has ``data-edges``: the box it comes from, and the
    box and the port it leads to. A stretch has those of its first arrow, and a plus: all the arrows
    from this box share it that come later in the picture. There are no tooltips then: they would
    tell what the script has not shown yet.
    """
    layout = lay_out(scene)
    size = f'width="{_short(layout.width)}" height="{_short(layout.height)}"'
    dollars = ' class="tex2jax_ignore mathjax_ignore"' if _has_formulas(scene) else ""
    return "\n".join([
        f'<svg{dollars} xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {_short(layout.width)} {_short(layout.height)}" role="img" '
        f'font-family="{model.FONT}" '
        # Said although it is usual, since a page around the picture may say otherwise.
        f'font-size="{model.FONT_SIZE}" font-weight="normal" font-style="normal" fill="{DARK}">',
        f"<title>{_escape(scene.title)}</title>",
        f"<desc>{_escape(scene.description)}</desc>",
        f'<rect {size} fill="{WHITE}"/>',
        f'<g fill="{model.GREY}" font-size="{LABEL_SIZE}" transform="translate(.5 .5)">',
        *(_frame(scene.clusters[i].title, frame, f' data-frame="{i}"' * keys)
          for i, frame in layout.frames),
        "</g>",
        f'<g fill="none" font-size="{LABEL_SIZE}" text-anchor="end" stroke-width="{THIN}" '
        'transform="translate(.5 .5)">',
        *(_wire(wire, scene.largest, still) for wire in layout.wires),
        "</g>",
        '<g xml:space="preserve">',  # a space at the end of a tspan counts
        *map(_box, scene.boxes, layout.corners, range(len(scene.boxes)), repeat(keys),
             repeat(still)),
        "</g>",
        "</svg>\n",
    ])  # fmt: skip


def _has_formulas(scene: Scene) -> bool:
    """Tell whether MathJax would take some text for a formula and set it anew."""
    return any("$" in text or "\\(" in text for text in scene.texts)


def _frame(title: str, frame: tuple[float, float, float, float], key: str) -> str:
    left, top, right, bottom = frame
    painted = (
        f"{_rect(left, top, right, bottom)} "
        f'rx="7" fill="{model.PILL}" stroke="{PALE}"/>'
        f'<text x="{_short(left + PADDING)}" y="{_short(top + 14)}">{_escape(title)}</text>'
    )
    return f"<g{key}>{painted}</g>" if key else painted


def _rect(left: float, top: float, right: float, bottom: float) -> str:
    """Begin a rectangle; where x and y are 0 they need not be said."""
    place = f' x="{_short(left)}"' if left else ""
    place += f' y="{_short(top)}"' if top else ""
    return f'<rect{place} width="{_short(right - left)}" height="{_short(bottom - top)}"'


def _wire(wire: Wire, largest: float, still: bool) -> str:
    """Paint an edge with its arrowhead, label and tooltip, or a stretch of several edges.

    What flows through a stretch is the sum of what flows through its edges: that is how
    gradients come together where a value is used more than once.
    """
    edge = wire.edges[0]
    flows = [edge.flow for edge in wire.edges if edge.flow is not None]
    ink, width = model.stroke(sum(flows) if flows else None, largest)
    if edge.quiet:
        ink, width = PALE, 1
    line = _line(wire.points, shorter=ARROW - 1 if wire.arrow else 0)
    weight = f' stroke-width="{_short(width)}"' if width != THIN else ""
    path = f'<path d="{line}" stroke="{ink}"{weight}/>'
    key = f"{edge.source} {edge.target}.{edge.port}{'' if wire.arrow else ' +'}"
    key = f' data-edges="{key}"' if still else ""
    if not wire.arrow:
        return f"<g{key}>{path}</g>" if still else path
    end, level = wire.points[-1]
    half = 2.6 + width / 2
    head = f"M{_short(end)} {_short(level)}l-{ARROW}-{_short(half)}v{_short(2 * half)}z"
    parts = [_title("" if still else edge.tooltip), path, f'<path d="{head}" fill="{ink}"/>']
    if edge.label:
        place = f'x="{_short(end - ARROW - 1)}" y="{round(level - 3 - width / 2)}"'
        parts.append(f'<text {place} fill="{DARK}">{_escape(edge.label)}</text>')
    if edge.note:
        place = f'x="{_short(end - ARROW - 1)}" y="{round(level + 10 + width / 2)}"'
        parts.append(f'<text {place} fill="{GREY}">{_escape(edge.note)}</text>')
    painted = "".join(parts)
    return f"<g{key}>{painted}</g>" if edge.tooltip or still else painted


def _line(points: tuple[tuple[float, float], ...], shorter: float) -> str:
    """Write a path, level between the points 0 and 1, 2 and 3, …, and curved in between.

    Between points above each other it turns back.
    """
    x, y = points[0]
    path = f"M{_short(x)} {_short(y)}"
    for (turn, _), (to, level) in zip(points[1:-1:2], points[2::2], strict=True):
        if level == y:
            continue
        if turn != x:
            path += f"h{_short(turn - x)}"
        if turn == to:  # at the end of a row, and at the beginning of the next
            r = TURN if turn >= x else -TURN
            path += f"c{r} 0 {r} {TURN} {r} {TURN}v{_short(level - y - 2 * TURN)}"
            path += f"c0 {TURN} {-r} {TURN} {-r} {TURN}"
            x, y = to, level
            continue
        half, down = f"{(to - turn) / 2:.0f}", _short(level - y)
        path += f"c{half} 0 {half} {down} {_short(to - turn)} {down}"
        x, y = to, level
    return f"{path}h{_short(points[-1][0] - shorter - x)}".replace(" -", "-")


def _box(
    box: Box, corner: tuple[float, float], position: int, keys: bool, still: bool
) -> str:  # fmt: skip
    """Paint the cells of a box over a dark rectangle, of which its border is left."""
    width, height = box.width, box.height
    if box.pill:
        parts = [f'{_rect(0.5, 0.5, width + 0.5, height + 0.5)} rx="{_short(height / 2)}" '
                 f'fill="{model.PILL}" stroke="{PALE}"/>']  # fmt: skip
    else:
        parts = [f"{_rect(0, 0, width + 1, height + 1)}/>"]
    left, before, upper = 0.0, DARK, box.top
    if box.head:
        if box.head.fill != DARK:
            parts.append(f'{_rect(1, 1, width, upper)} fill="{box.head.fill}"/>')
        parts.append(_text(box.head, 0.5, width, upper / 2))
    for column, across in zip(box.columns, box.widths, strict=True):
        fill = DARK  # what is seen before the cell is painted
        for row, cell in enumerate(column):
            top, bottom = (upper + (height - upper) * at / len(column) for at in (row, row + 1))
            if (cell.fill != fill or still) and not box.pill:
                # The first cell paints the whole column, and a line that is left to be seen.
                start = left + 1 if still and row else max(left, 1)
                inner = (start, top + 1, left + across, bottom if row else height)
                parts.append(f'{_rect(*inner)} fill="{cell.fill}"/>')
            if row == 0:
                fill = cell.fill
                if fill == before == WHITE:
                    line = f"M{_short(left + 0.5)} {upper + 1}v{_short(height - upper - 1)}"
                    parts.append(f'<path d="{line}" stroke="{PALE}"/>')
            parts.append(_text(cell, left + 0.5, across, (top + bottom) / 2))
        left, before = left + across, fill
    place = f"{_short(corner[0])} {_short(corner[1])}"
    key = f' data-box="{position}"' if keys else ""
    title = _title("" if still else box.tooltip)
    return f'<g{key} transform="translate({place})">{title}{"".join(parts)}</g>'


def _text(cell: Cell, left: float, width: float, middle: float) -> str:
    if not cell.runs:
        return ""
    x = left + (width / 2 if cell.centred else PADDING)
    place = f'x="{x:.0f}" y="{middle + 4.5:.0f}"'
    if cell.centred:
        place += ' text-anchor="middle"'
    if len(cell.runs) == 1:
        return f"<text {place}{_face(cell.runs[0])}>{_escape(cell.runs[0].text)}</text>"
    spans = [(_face(run), _escape(run.text)) for run in cell.runs]
    pieces = (f"<tspan{face}>{text}</tspan>" if face else text for face, text in spans)
    return f"<text {place}>{''.join(pieces)}</text>"


def _face(run: Run) -> str:
    face = ' font-weight="bold"' if run.bold else ""
    face += f' fill="{run.ink}"' if run.ink != DARK else ""
    # The shift is a dy, since not every viewer knows baseline-shift.
    return face + (f' font-size="{model.SUBSCRIPT_SIZE}" dy="3"' if run.subscript else "")


def _title(tooltip: str) -> str:
    return f"<title>{_escape(tooltip)}</title>" if tooltip else ""


def _escape(text: str) -> str:
    return escape_html(text, quote=False)


def _short(number: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")
