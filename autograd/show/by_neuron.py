"""The picture of a network by neuron: a table for each, and its weights on the arrows into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from ..node import Node
from ..ops import chain
from ..value import Value
from . import model
from .boxes import (
    clusters,
    constant,
    description,
    flows_into,
    gradient_of,
    name_of,
    names_of,
    node_box,
    results_box,
    spread,
)
from .model import GREY, WHITE, Box, Cell, Edge, Run, Scene
from .neurons import Neuron, find_neurons, is_activation, leaf_uses
from .text import CHANGED, aligned, caption, changed_leaves, flat, number
from .units import TooMany, Unit, into_units, stages

__all__ = ["by_neuron"]

_BOTH, _WEIGHTS = 24, 80  # the most weights that are written with their gradients, and without
MOST = 1_500  # arrows that a picture may have


def by_neuron(
    nodes: Sequence[Node], roots: Sequence[Node], most: int = MOST
) -> tuple[Scene, str]:
    """Make the picture and the table of ``nodes``, operands before consumers.

    Neurons are looked for in each group; in the whole graph if that has no groups.

    Raises
    ------
    ValueError
        If there is nothing to show, or too much of it.
    """
    groups: dict[str, list[Node]] = {}
    for node in nodes:
        if isinstance(node, Value) and node.op is not None:
            groups.setdefault(node.group, []).append(node)
    grouped = any(node.group for node in nodes if node.op is not None)
    uses = leaf_uses(nodes)
    neuron_of: dict[Node, Neuron] = {}
    for path, members in groups.items():
        if path or not grouped:
            for neuron in find_neurons(members, uses, grouped):
                neuron_of |= dict.fromkeys([*neuron.nodes, *neuron.after], neuron)
    if not grouped and not neuron_of:
        raise ValueError(
            "draw: level='neuron', but the graph has no group() and no sums of weights times "
            "inputs: draw it by operation, level='op'"
        )
    if grouped:
        _take_activations(groups.get("", ()), neuron_of)
    stage = stages(nodes, lambda node: node not in neuron_of)

    # All calls of a neuron have a number in common; a key of a thousand weights is hashed once.
    found: dict[Hashable, int] = {}
    numbers = {
        neuron: found.setdefault((neuron.z.group, neuron.key), -len(found) - 1)
        for neuron in dict.fromkeys(neuron_of.values())
    }

    def key(node: Node) -> tuple[str, int]:
        neuron = neuron_of.get(node)
        return (neuron.z.group, numbers[neuron]) if neuron else (node.group, stage[node])

    units, of = into_units(nodes, roots, key)
    calls: dict[Unit, list[Neuron]] = {unit: [] for unit in units}
    for neuron in numbers:
        calls[of[neuron.z]].append(neuron)
    arrows = sum(len(calls[u][0].terms) if calls[u] else len(u.sources) for u in units)
    if arrows > most:
        raise TooMany(
            f"draw: level='neuron' of a network with {arrows:,} connections, too many to see "
            "anything: draw it by layer, level='layer'"
        )
    return _Drawing(nodes, roots, units, of, calls, arrows).finished()


def _take_activations(loose: Sequence[Node], neuron_of: dict[Node, Neuron]) -> None:
    """Count for a neuron's function what was applied outside of its group to its sum alone."""
    users = Counter(x for node in loose for x in node.operands if isinstance(x, Node))
    for node in loose:
        x = node.operands[0]
        neuron = neuron_of.get(x) if isinstance(x, Node) else None
        if neuron and users[x] == 1 and is_activation(node, neuron):
            neuron.after.append(node)
            neuron_of[node] = neuron


class _Drawing:
    """A picture in the making."""

    def __init__(
        self,
        nodes: Sequence[Node],
        roots: Sequence[Node],
        units: Sequence[Unit],
        of: dict[Node, Unit],
        calls: dict[Unit, list[Neuron]],
        arrows: int,
    ) -> None:
        self.nodes, self.roots, self.units, self.of, self.calls = nodes, roots, units, of, calls
        self.names, self.frames = names_of(units)
        self.detail = (arrows <= _BOTH) + (arrows <= _WEIGHTS)
        self.scale = model.largest(node.grad for node in nodes if isinstance(node, Value))
        self.changed = changed_leaves(nodes)
        self.boxes: list[Box] = []
        self.paths: list[str] = []  # of the frames around boxes
        self.edges: list[Edge] = []
        self.rows: list[tuple[str, ...]] = [("box", "is", "from", "data", "grad")]
        self.inputs: dict[Hashable, int] = {}
        self.place: dict[Unit, int] = {}
        self.of_root = gradient_of(roots)
        # A bias that all neurons of a frame share stands in its title.
        sharing: dict[str, list[set[Any]]] = {}
        for unit in units:
            if calls[unit]:
                sharing.setdefault(self.frames[unit], []).append(
                    {t.x for t in calls[unit][0].terms if t.is_bias and isinstance(t.x, Node)}
                )
        self.shared = {
            frame: set.intersection(*biases)
            for frame, biases in sharing.items() if frame and len(biases) > 1
        }  # fmt: skip

    def finished(self) -> tuple[Scene, str]:
        """Give the picture, and the table."""
        for unit in self.units:
            if self.calls[unit]:
                self._neuron(unit, self.calls[unit])
            else:
                self._results(unit)
        titles = {
            frame: " · ".join([frame.rpartition("/")[2], *map(self._bias, self._sorted(biases))])
            for frame, biases in self.shared.items()
        }
        scene = Scene(
            f"Network of {sum(map(bool, self.calls.values()))} neurons",
            description(self.nodes, self.roots),
            tuple(self.boxes), tuple(self.edges), tuple(clusters(self.paths, titles)),
        )  # fmt: skip
        return scene, aligned(self.rows, "<<<>>")

    def _sorted(self, leaves: set[Node]) -> list[Node]:
        return sorted(leaves, key=lambda leaf: leaf._serial)

    def _bias(self, b: Node) -> str:
        grad = "" if b.grad is None else f" (grad {number(b.grad)})"
        return f"{flat(caption(b)) or 'b'} = {number(b.data)}{grad}"

    def _add(self, box: Box, frame: str) -> int:
        self.boxes.append(box)
        self.paths.append(frame)
        return len(self.boxes) - 1

    def _neuron(self, unit: Unit, calls: list[Neuron]) -> None:
        first, edges, biases = calls[0], [], []
        for position, term in enumerate(first.terms):
            if term.is_bias:
                if term.x not in self.shared.get(self.frames[unit], ()) and not _is_zero(term.x):
                    biases.append(term.x)
                continue
            for source, mine in self._sources(unit, calls, position).items():
                edges.append(self._weighted(source, term.weight, mine, position))
        inner = {node for call in calls for node in call.nodes}
        flows = flows_into(unit, self.of, self.changed, without=inner)
        edges += [Edge(self.place[source], 0, flow=flow) for source, flow in flows.items()]
        place = self.place[unit] = self._add(
            self._table(unit, calls, biases, len(edges)), self.frames[unit]
        )
        self._connect(edges, place)
        y = [call.y for call in calls]
        origins = ", ".join(
            " ".join(filter(None, (caption(t.weight) if t.weight is not None else "", "·", x)))
            for t, x in zip([t for t in first.terms if not t.is_bias], self._origins(edges),
                            strict=False)
        )  # fmt: skip
        self.rows.append((
            self.names[unit], self._formula(first, bool(biases)), origins,
            spread(n.data for n in y), spread(n.grad for n in y),
        ))  # fmt: skip

    def _origins(self, edges: Iterable[Edge]) -> list[str]:
        by_place = {place: self.names[unit] for unit, place in self.place.items()}
        return [by_place.get(e.source) or self._text(self.boxes[e.source]) for e in edges]

    def _text(self, box: Box) -> str:
        return "".join(run.text for run in box.columns[0][0].runs)

    def _connect(self, edges: Iterable[Edge], target: int) -> None:
        for port, e in enumerate(edges):
            self.edges.append(
                Edge(e.source, target, port, e.label, e.flow, e.quiet, e.tooltip, e.note)
            )

    def _sources(
        self, unit: Unit, calls: list[Neuron], position: int
    ) -> dict[int, list[Neuron]]:
        """Give the boxes from which an input comes, with the calls in which it does."""
        found: dict[int, list[Neuron]] = {}
        leaves: dict[Any, None] = {}
        outside = []
        for call in calls:
            x = call.terms[position].x
            if isinstance(x, Node) and x.op is not None:
                if self.of[x] is not unit:
                    found.setdefault(self.place[self.of[x]], []).append(call)
            else:
                leaves[x] = None
                outside.append(call)
        if leaves:
            number = any(not isinstance(x, Node) for x in leaves)
            key = (*leaves, *((self.frames[unit], position) if number else ()))
            if key not in self.inputs:
                self.inputs[key] = self._add(self._input([*leaves]), "inputs")
            found[self.inputs[key]] = outside
        return found

    def _input(self, leaves: list[Any]) -> Box:
        if len(leaves) == 1:
            (x,) = leaves
            return node_box(x, self.scale, x in self.changed) if isinstance(x, Node) else constant(x)
        numbers = spread(x.data if isinstance(x, Node) else x for x in leaves)
        names = {caption(x) if isinstance(x, Node) else "" for x in leaves}
        name = names.pop() if len(names) == 1 else ""
        cells = (Cell((Run(numbers),), model.PILL if not name else WHITE),)
        if not name:
            return Box((cells,), f"{len(leaves)} examples", pill=True)
        return Box(((Cell((Run(name, bold=True),), model.YELLOW),), cells), f"{len(leaves)} examples")

    def _weighted(
        self, source: int, weight: Node | None, calls: list[Neuron], position: int
    ) -> Edge:
        grads = [call.z.grad for call in calls]
        stale = weight in self.changed
        known = not stale and None not in grads
        w = 1.0 if weight is None else weight.data
        flow = sum(chain(g, w) for g in grads) if known else None
        if weight is None:
            return Edge(source, 0, flow=flow)
        name = flat(caption(weight)) or "w"
        label = f"{name} = {number(w)}" + (f" {CHANGED}" if stale else "")
        note = "" if weight.grad is None else f"{self.of_root(name)} = {number(weight.grad)}"
        lines = [label, note]
        if known:
            into = f"upstream {number(sum(grads))}" if len(grads) == 1 else f"{len(grads)} examples"
            lines.append(f"local {number(w)} · {into} = contribution {number(flow)}")
        return Edge(
            source, 0, 0,
            ("", f"{number(w)}", label)[self.detail], flow,
            tooltip="\n".join(filter(None, lines)), note=note if self.detail == 2 else "",
        )  # fmt: skip

    def _formula(self, call: Neuron, bias: bool) -> str:
        bias = bias or any(term.is_bias and not _is_zero(term.x) for term in call.terms)
        total = "Σ w·x + b" if bias else "Σ w·x"
        if not call.after:
            return total
        return f"{call.after[0].op.symbol if len(call.after) == 1 else 'φ'}({total})"  # type: ignore[union-attr]

    def _table(self, unit: Unit, calls: list[Neuron], biases: list[Any], arrows: int) -> Box:
        name = self.names[unit]
        formula = self._formula(calls[0], bool(biases))
        head = Cell((
            *name_of(name, WHITE), Run(f" = {formula}" if name else formula, WHITE),
        ), model.DARK)  # fmt: skip
        columns = [self._column("", "data", "grad")]
        for b in biases:
            if isinstance(b, Node):
                columns.append(self._numbers(caption(b) or "b", [b]))
            else:
                columns.append(self._column("b", number(b), ""))
        if calls[0].after:
            columns.append(self._numbers("in", [call.z for call in calls]))
        columns.append(self._numbers("out", [call.y for call in calls]))
        examples = f" of {len(calls)} examples" if len(calls) > 1 else ""
        pitch = (max(2, min(18, 66 // max(arrows, 1))), 15, 32)[self.detail]
        return Box(tuple(columns), f"{name}{examples}\n{len(unit.nodes)} operations", ports=arrows,
                   head=head, pitch=pitch)  # fmt: skip

    def _column(self, title: str, data: str, grad: str) -> tuple[Cell, ...]:
        return tuple(Cell((Run(text, GREY),) if text else (), model.PILL if not row or not title else WHITE)
                     for row, text in enumerate((title, data, grad)))

    def _numbers(self, title: str, nodes: list[Node]) -> tuple[Cell, ...]:
        grads = [node.grad for node in nodes]
        mark = f" {CHANGED}" if any(node in self.changed for node in nodes) else ""
        shade = model.tint(grads[0] if len(grads) == 1 else None, self.scale)
        return (
            Cell(name_of(title, GREY, bold=False), model.PILL),
            Cell((Run(spread(node.data for node in nodes) + mark),)),
            Cell((Run(spread(grads)),), shade),
        )

    def _results(self, unit: Unit) -> None:
        flows = flows_into(unit, self.of, self.changed)
        leaves = self._leaves(unit)
        sources = [self.place[source] for source in flows] + leaves
        edges = [Edge(self.place[source], 0, flow=flow, tooltip="" if flow is None else f"contribution {number(flow)}") for source, flow in flows.items()]
        edges += [Edge(leaf, 0) for leaf in leaves]
        box = results_box(unit, self.names, self.of, self.scale, len(edges))
        place = self.place[unit] = self._add(box, self.frames[unit])
        self._connect(edges, place)
        y = unit.results
        self.rows.append((
            self.names[unit], f"{len(unit.nodes)} operations", ", ".join(self._origins(edges)),
            spread(n.data for n in y), spread(n.grad for n in y),
        ))  # fmt: skip

    def _leaves(self, unit: Unit) -> list[int]:
        """Give the boxes of inputs of operations that come before all neurons."""
        if unit.sources:
            return []
        found = dict.fromkeys(x for node in unit.nodes for x in node.operands
                              if isinstance(x, Node) and x.op is None)  # fmt: skip
        for x in found:
            if (x,) not in self.inputs:
                self.inputs[x,] = self._add(self._input([x]), "inputs")
        return [self.inputs[x,] for x in found]


def _is_zero(x: Any) -> bool:
    """Tell the plain 0 with which a sum() begins."""
    return not isinstance(x, Node) and x == 0
