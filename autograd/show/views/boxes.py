"""What the pictures of all levels have in common: boxes for nodes and for results, and frames."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from ...backprop import local_derivatives
from ...node import Node
from ...ops import chain
from ...symbols import Symbol
from ..scene import model
from ..scene.model import DARK, GREY, WHITE, Box, Cell, Cluster, Edge, Run, Scene
from ..scene.text import (
    CHANGED,
    caption,
    data,
    flat,
    kind,
    number,
    plain,
    shorten,
    split_subscript,
)
from .units import Unit

__all__ = [
    "Sketch", "clusters", "constant", "description", "flows_into", "gradient_of", "last_part",
    "leaves_of", "name_of", "names_of", "node_box", "operations", "results_box", "root_name",
    "single", "spread", "title_cell", "written",
]  # fmt: skip

_MOST_RESULTS, _MOST_LEAVES, _LONGEST = 8, 4, 48  # of a box: rows, and letters of a formula


class Sketch:
    """A picture in the making: boxes in the order of computation, each with a key to find it."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.frames: list[str] = []  # of each box: the path of groups around it
        self.edges: list[Edge] = []
        self.place: dict[Any, int] = {}  # of the box with a key

    def add(self, box: Box, key: Any, frame: str = "", edges: Iterable[Edge] = ()) -> int:
        """Add a box, and the edges that end there, from the top down; give its position."""
        here = self.place[key] = len(self.boxes)
        self.boxes.append(box)
        self.frames.append(frame)
        self.edges += (e._replace(target=here, port=port) for port, e in enumerate(edges))
        return here

    def scene(self, title: str, description: str, titles: Mapping[str, str] = {}) -> Scene:
        """Give the picture, with a frame for every group, whose title may be another."""
        frames = tuple(clusters(self.frames, titles))
        return Scene(title, description, tuple(self.boxes), tuple(self.edges), frames)


def root_name(root: Node) -> str:
    """Give the label of a root, its operation or its number."""
    return caption(root) or (root.op.name if root.op else data(root.data))


def description(
    nodes: Sequence[Node], roots: Sequence[Node], grads: Mapping[Node, Any] | None = None
) -> str:
    """Say in words how large a graph is, and what comes out."""
    found = (node.grad for node in nodes) if grads is None else grads.values()
    backward = "with" if any(grad is not None for grad in found) else "before"
    results = "; ".join(f"{root_name(root)} = {data(root.data)}" for root in roots)
    return f"{len(nodes)} nodes, {backward} gradients: {results}"


def name_of(label: str, ink: str = DARK, bold: bool = True) -> tuple[Run, ...]:
    """Write a name, with a subscript where there is an underscore."""
    stem, subscript = split_subscript(label)
    words = (Run(stem, ink, bold), Run(subscript, ink, bold, subscript=True))
    return tuple(run for run in words if run.text)


def single(x: Any) -> float | None:
    """Give a number, also that of an array of one element; None for other arrays, and for None."""
    if x is None or isinstance(x, float):
        return x
    return float(np.ravel(x)[0]) if np.size(x) == 1 else None


def constant(x: Any) -> Box:
    """Show a number, a small array, or what a large array is."""
    text, tooltip = (data(x), "") if np.size(x) <= 4 else (kind(x), data(x))
    return Box(((Cell((Run(text),), model.PILL),),), tooltip, pill=True)


def node_box(node: Node, grad: Any, scale: float, changed: bool, title: str = "") -> Box:
    """Show a node: operation, label (or a title in its place), data and gradient."""
    name = (*name_of(caption(node)), *((Run(title, GREY),) if title else ()))
    columns: list[tuple[Cell, ...]] = []
    if node.op is None:
        columns.append((Cell(name, model.YELLOW),))
    else:
        columns.append((Cell((Run(node.op.symbol, model.WHITE, bold=True),), model.DARK),))
        if name:
            columns.append((Cell(name),))
    now = [Run("data ", GREY), Run(data(node.data))]
    if changed:
        now.append(Run(f" {CHANGED}", GREY))
    slope = (Run("grad ", GREY), Run("–" if grad is None else data(grad)))
    shade = model.tint(single(grad), scale)
    rows = [Cell(tuple(now), centred=False), Cell(slope, shade, centred=False)]
    if isinstance(node.data, np.ndarray):
        rows.insert(0, Cell((Run(kind(node.data), GREY),), centred=False))
    columns.append(tuple(rows))
    return Box(tuple(columns), _tooltip(node, grad, changed), ports=len(node.operands))


def _tooltip(node: Node, grad: Any, changed: bool) -> str:
    arguments = [
        caption(x) or data(x.data) if isinstance(x, Node) else data(x) for x in node.operands
    ]
    arguments += [f"{k}={v}" for k, v in node.settings.items() if isinstance(v, (int, tuple))]
    formula = f"{node.op.name}({', '.join(arguments)})" if node.op else ""
    lines = [
        " = ".join(filter(None, (plain(node.label), formula))),
        f"data {_exactly(node.data)}",
        "" if grad is None else f"grad {_exactly(grad)}",
        "changed after use: the graph was computed with other data" if changed else "",
    ]
    return "\n".join(filter(None, lines))


def _exactly(x: Any) -> str:
    """Write a number with many digits, an array with some."""
    if isinstance(x, np.ndarray):
        return np.array2string(x, precision=6, threshold=20, edgeitems=2)
    return f"{x:.10g}"


def clusters(groups: Sequence[str], titles: Mapping[str, str] = {}) -> Iterator[Cluster]:
    """Make a frame for every group, and one for every group of groups such as hidden/h1.

    There is a group for each box, and perhaps a title for some of them.
    """
    members: dict[str, list[int]] = {}
    for box, group in enumerate(groups):
        parts = group.split("/") if group else []
        for depth in range(len(parts)):
            members.setdefault("/".join(parts[: depth + 1]), []).append(box)
    paths = sorted(members)  # so that an outer frame comes before those inside it
    for path in paths:
        outer = path.rpartition("/")[0]
        inside = paths.index(outer) if outer else None
        yield Cluster(titles.get(path) or last_part(path), tuple(members[path]), inside)


def spread(numbers: Iterable[Any]) -> str:
    """Write a number; of several, the smallest and the largest; – if one is not known."""
    found = [*numbers]
    if any(x is None for x in found) or not found:
        return "–"
    if len(found) == 1 or np.size(found[0]) != 1:
        return data(found[0])
    low, high = number(np.min(found)), number(np.max(found))
    return low if low == high else f"{low} … {high}"


def gradient_of(roots: Sequence[Node]) -> Callable[[str], str]:
    """Give how the derivative by something is written: ∂E/∂w5 where there is one root, E."""
    name = flat(caption(roots[0])) if len(roots) == 1 else ""
    return (lambda x: f"∂{name}/∂{x}") if name else (lambda x: "grad")


def last_part(path: str) -> str:
    """Give the last name of a path of groups, on one short line."""
    return shorten(plain(path.rpartition("/")[2]))


def leaves_of(unit: Unit) -> list[Node]:
    """List the leaves that some operations use."""
    operands = (x for node in unit.nodes for x in node.operands)
    return [*dict.fromkeys(x for x in operands if isinstance(x, Node) and x.op is None)]


def operations(unit: Unit) -> str:
    """Say how many there are."""
    return f"{len(unit.nodes):,} operation{'s' * (len(unit.nodes) != 1)}"


def names_of(units: Sequence[Unit]) -> tuple[dict[Unit, str], dict[Unit, str]]:
    """Name each unit, and give the path of the frame that it stands in.

    A unit that is alone in its group has the group's name and stands in the group around it.
    Several units of one group stand in its frame, and are named by what comes out of them.
    """
    count = Counter(unit.path for unit in units)
    outer = {path[:i] for path in count for i, character in enumerate(path) if character == "/"}
    names, frames = {}, {}
    for unit in units:
        alone = count[unit.path] == 1 and unit.path not in outer
        labels = {caption(y) for y in unit.results} - {""}
        label = labels.pop() if len(labels) == 1 else ""
        name = label.removeprefix("out_").removeprefix("in_")
        names[unit] = (alone and last_part(unit.path)) or name
        frames[unit] = unit.path.rpartition("/")[0] if alone else unit.path
    return names, frames


def flows_into(
    unit: Unit, of: Mapping[Node, Any], changed: Collection[Node], without: Collection[Node] = ()
) -> dict[Any, float | None]:
    """Add up what a unit contributes to the gradients of each source, ``of`` which the nodes are.

    Operations in ``without`` are left out. None stands for what is unknown: before a backward
    pass, and where an operand was changed.
    """
    flows: dict[Any, float | None] = {}
    unknown = set()
    for node in unit.nodes:
        sources = [of.get(x, unit) if isinstance(x, Node) else unit for x in node.operands]
        if node in without or all(source is unit for source in sources):
            continue
        stale = any(isinstance(x, Node) and x in changed for x in node.operands)
        grad, locals_ = single(node.grad), () if stale else local_derivatives(node)
        for source, local in zip_longest(sources, map(single, locals_)):
            if source is not unit:
                flow = flows.setdefault(source, None)
                if stale:
                    unknown.add(source)
                elif local is not None and grad is not None:
                    flows[source] = chain(grad, local) + (flow or 0.0)
    return flows | dict.fromkeys(unknown)


def results_box(
    unit: Unit, names: Mapping[Unit, str], of: Mapping[Node, Unit], scale: float, arrows: int
) -> Box:
    """Show what comes out of some operations, and the leaves that go in."""
    results, many = unit.results[-_MOST_RESULTS:], len(unit.results) > 1
    name = names[unit]
    formula = "" if many else written(unit.results[0], of, names)
    what = formula or operations(unit)
    between = " = " if name and formula else " · " if name else ""
    head = Cell((*name_of(name, WHITE), Run(between + what, WHITE)), model.DARK)
    data_of = [Cell((Run(data(y.data)),)) for y in results]
    grads = [
        Cell((Run("–" if y.grad is None else data(y.grad)),), model.tint(single(y.grad), scale))
        for y in results
    ]
    if many:
        titles = ["", *map(caption, results)] if any(y.label for y in results) else []
        columns = [
            (*map(title_cell, titles),),
            (title_cell("data"), *data_of),
            (title_cell("grad"), *grads),
        ]
    else:
        leaves = [x for x in leaves_of(unit) if x.label]
        shown = leaves if unit.sources and len(leaves) <= _MOST_LEAVES else []
        columns = [
            (*map(title_cell, ["data", "grad", *map(caption, shown)]),),
            (*data_of, *grads, *(Cell((Run(data(x.data)),)) for x in shown)),
        ]
    return Box(
        tuple(filter(None, columns)), operations(unit), ports=arrows, head=head,
        pitch=max(2, min(model.ROW, 90 // max(arrows, 1))),
    )  # fmt: skip


def title_cell(text: str) -> Cell:
    """Make a cell in a row or column of titles."""
    return Cell(name_of(text, GREY, bold=False), model.PILL)


_NAMELESS = "\0"
_HALF = re.compile(r"(?<![\w.])0\.5·")


def written(y: Node, of: Mapping[Node, Unit], names: Mapping[Unit, str]) -> str:
    """Write a result of a unit as a formula of what goes in; "" if that is long or has no name."""
    unit = of[y]
    if len(unit.nodes) > _LONGEST:
        return ""

    def formula(x: Any) -> Symbol:
        if not isinstance(x, Node):
            return Symbol.of(x, data(x)) if np.size(x) == 1 else Symbol(data(x))
        if x.op is not None and of[x] is unit:
            return Symbol.simplest(x.op, *map(formula, x.operands))
        name = names[of[x]] if x.op and len(of[x].results) == 1 else ""
        return Symbol(flat(name or caption(x)) or (_NAMELESS if x.op else data(x.data)))

    line = _HALF.sub("½ ", formula(y).text)
    return line if len(line) <= _LONGEST and _NAMELESS not in line else ""
