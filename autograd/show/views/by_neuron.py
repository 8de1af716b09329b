"""The picture of a network by neuron: a table for each, and its weights on the arrows into it."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Hashable, Sequence
from typing import Any

from ...node import Node
from ...ops import chain
from ...value import Value
from ..scene import model
from ..scene.model import WHITE, Box, Cell, Edge, Run, Scene
from ..scene.text import (
    CHANGED,
    aligned,
    caption,
    changed_leaves,
    data,
    flat,
    number,
    plain,
    shorten,
)
from .boxes import (
    Sketch,
    constant,
    description,
    flows_into,
    gradient_of,
    last_part,
    leaves_of,
    name_of,
    names_of,
    node_box,
    results_box,
    spread,
    title_cell,
)
from .neurons import Neuron, find_neurons, is_activation, leaf_uses
from .units import CircleError, TooManyError, Unit, into_units, stages

__all__ = ["by_neuron"]

_BOTH, _WEIGHTS = 24, 80  # the most weights that are written with their gradients, and without
MOST = 1_500  # arrows that a picture may have


def by_neuron(nodes: Sequence[Node], roots: Sequence[Node], most: int = MOST) -> tuple[Scene, str]:
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
    arrows = sum(
        sum(not term.is_bias for term in calls[unit][0].terms) if calls[unit] else len(unit.sources)
        for unit in units
    )
    if arrows > most:
        raise TooManyError(
            f"draw: level='neuron' of a network with {arrows:,} connections, too many to see "
            "anything: draw it by layer, level='layer'"
        )
    return _Drawing(nodes, roots, of, calls, arrows).finished()


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
    """A picture in the making: boxes are added in the order of computation."""

    def __init__(
        self,
        nodes: Sequence[Node],
        roots: Sequence[Node],
        of: dict[Node, Unit],
        calls: dict[Unit, list[Neuron]],
        arrows: int,
    ) -> None:
        self.of, self.calls = of, calls
        self.names, self.frames = names_of([*calls])
        neurons = sum(map(bool, calls.values()))
        self.title = f"Network of {neurons} neuron{'s' * (neurons != 1)}"
        self.description = description(nodes, roots)
        self.derivative = gradient_of(roots)
        self.scale = model.largest(node.grad for node in nodes if isinstance(node, Value))
        self.changed = changed_leaves(nodes)
        self.detail = (arrows <= _BOTH) + (arrows <= _WEIGHTS)  # of the labels of arrows
        self.shared = self._shared_biases()
        self.sketch = Sketch()
        self.place = self.sketch.place  # of a unit, and of an input
        self.called: list[str] = []  # the names of boxes, for the table
        self.rows = [("box", "is", "from", "data", "grad")]

    def finished(self) -> tuple[Scene, str]:
        """Give the picture, and the table."""
        for unit, calls in self.calls.items():
            if calls:
                self._neuron(unit, calls)
            else:
                self._results(unit)
        titles = {
            frame: " · ".join([last_part(frame), *map(self._in_title, biases)])
            for frame, biases in self.shared.items()
        }
        scene = self.sketch.scene(self.title, self.description, titles)
        return scene, aligned(self.rows, "<<<>>")

    def _shared_biases(self) -> dict[str, list[Node]]:
        """Find the biases that all neurons of a frame share: they stand in its title."""
        neurons: dict[str, list[list[Any]]] = {}
        for unit, calls in self.calls.items():
            if calls and self.frames[unit]:
                neurons.setdefault(self.frames[unit], []).append(calls[0].biases)
        shared = {}
        for frame, (first, *others) in neurons.items():
            count = Counter(b for biases in others for b in {*biases})
            leaves = [b for b in first if isinstance(b, Node)]
            shared[frame] = [b for b in leaves if others and count[b] == len(others)]
        return shared

    def _in_title(self, b: Node) -> str:
        mark = f" {CHANGED}" if b in self.changed else ""
        grad = "" if b.grad is None else f" (grad {number(b.grad)})"
        return f"{flat(caption(b)) or 'b'} = {number(b.data)}{mark}{grad}"

    def _connect(
        self, unit: Unit, box: Box, edges: Sequence[Edge], what: str, y: Sequence[Node]
    ) -> None:
        """Add a box with the edges that end there, and its line of the table."""
        self.sketch.add(box, unit, self.frames[unit], edges)
        self.called.append(self.names[unit])
        origins = ", ".join(self.called[edge.source] for edge in edges)
        self.rows.append((
            self.names[unit], what, shorten(origins, 40),
            spread(node.data for node in y), spread(node.grad for node in y),
        ))  # fmt: skip

    def _neuron(self, unit: Unit, calls: list[Neuron]) -> None:
        edges = [
            self._weighted(source, term.weight, mine)
            for position, term in enumerate(calls[0].terms) if not term.is_bias
            for source, mine in self._sources(unit, calls, position).items()
        ]  # fmt: skip
        summed = {node for call in calls for node in call.nodes}
        flows = flows_into(unit, self.of, self.changed, without=summed)
        edges += (_plain(self.place[source], flow) for source, flow in flows.items())
        name, formula = self.names[unit], calls[0].formula
        head = (*name_of(name, WHITE), Run(f" = {formula}" if name else formula, WHITE))
        shared = self.shared.get(self.frames[unit], [])
        columns = [tuple(map(title_cell, ("", "data", "grad")))]
        for b in calls[0].biases:
            if isinstance(b, Node) and not any(b is x for x in shared):
                columns.append(self._column(caption(b) or "b", [b]))
            elif not isinstance(b, Node):
                columns.append((title_cell("b"), Cell((Run(number(b)),)), Cell(())))
        if calls[0].after:
            columns.append(self._column("in", [call.z for call in calls]))
        columns.append(self._column("out", [call.y for call in calls]))
        examples = f" in {len(calls)} calls" if len(calls) > 1 else ""
        box = Box(
            tuple(columns), f"{plain(unit.path) or name}\n{len(unit.nodes)} operations{examples}",
            ports=len(edges), head=Cell(head, model.DARK),
            pitch=(max(2, min(model.ROW, 66 // max(len(edges), 1))), 15, 32)[self.detail],
        )  # fmt: skip
        self._connect(unit, box, edges, formula, [call.y for call in calls])

    def _column(self, title: str, nodes: Sequence[Node]) -> tuple[Cell, ...]:
        mark = f" {CHANGED}" if any(node in self.changed for node in nodes) else ""
        shade = model.tint(nodes[0].grad if len(nodes) == 1 else None, self.scale)
        return (
            title_cell(title),
            Cell((Run(spread(node.data for node in nodes) + mark),)),
            Cell((Run(spread(node.grad for node in nodes)),), shade),
        )

    def _sources(self, unit: Unit, calls: list[Neuron], position: int) -> dict[int, list[Neuron]]:
        """Give the boxes from which an input comes, with the calls in which it does.

        Leaves and constants are one box, also when they are others in each call. Constants have
        no identity: those at one position are taken for the same in all neurons of a frame.
        """
        found: dict[int, list[Neuron]] = {}
        outside = []
        for call in calls:
            x = call.terms[position].x
            if not isinstance(x, Node) or x.op is None:
                outside.append(call)
            elif self.of[x] is unit:
                raise CircleError(
                    f"draw: {unit.path!r} depends on itself, so that it cannot be one box: draw "
                    "it by operation, level='op', or give each step a group of its own"
                )
            else:
                found.setdefault(self.place[self.of[x]], []).append(call)
        if outside:
            xs = [call.terms[position].x for call in outside]
            numbers = [x for x in xs if not isinstance(x, Node)]
            key = (*xs, *((self.frames[unit], position) if numbers else ()))
            found[self._input(xs, key)] = outside
        return found

    def _input(self, xs: Sequence[Any], key: Hashable) -> int:
        if key in self.place:
            return self.place[key]
        different = [*dict.fromkeys(xs)]
        x, *more = different
        if not more:
            is_node = isinstance(x, Node)
            box = node_box(x, x.grad, self.scale, x in self.changed) if is_node else constant(x)
            self.called.append(caption(x) or data(x.data) if is_node else data(x))
            return self.sketch.add(box, key, "inputs")
        names = {caption(x) if isinstance(x, Node) else "" for x in different}
        name = names.pop() if len(names) == 1 else ""
        text = spread(x.data if isinstance(x, Node) else x for x in xs)
        cells = [(Cell(name_of(name), model.YELLOW),), (Cell((Run(text),)),)]
        if not name:
            cells = [(Cell((Run(text),), model.PILL),)]
        box = Box(tuple(cells), f"in {len(xs)} calls", pill=not name)
        self.called.append(name or text)
        return self.sketch.add(box, key, "inputs")

    def _weighted(self, source: int, weight: Node | None, calls: list[Neuron]) -> Edge:
        """Make the arrow of a weight. Its contribution is that to the input."""
        w = 1.0 if weight is None else weight.data
        grads = [call.z.grad for call in calls]
        flow = None
        if weight not in self.changed and not any(g is None for g in grads):
            flow = sum(chain(g, w) for g in grads)
        if weight is None:
            return _plain(source, flow)
        name = flat(caption(weight)) or "w"
        label = f"{name} = {number(w)}" + (f" {CHANGED}" if weight in self.changed else "")
        note = "" if weight.grad is None else f"{self.derivative(name)} = {number(weight.grad)}"
        sums = ""
        if flow is not None:
            upstream = number(sum(grads))
            sums = f"local {number(w)} · upstream {upstream} = contribution {number(flow)}"
        return Edge(
            source, label=("", number(w), label)[self.detail], flow=flow,
            tooltip="\n".join(filter(None, (label, note, sums))),
            note=note if self.detail == 2 else "",
        )  # fmt: skip

    def _results(self, unit: Unit) -> None:
        """Show what is no neuron."""
        # Before all neurons, what goes in are the inputs.
        inputs = {} if unit.sources else {x: (x,) for x in leaves_of(unit)}
        for x, key in inputs.items():
            self._input([x], key)
        flows = flows_into(unit, ChainMap(inputs, self.of), self.changed)
        edges = [_plain(self.place[source], flow) for source, flow in flows.items()]
        box = results_box(unit, self.names, self.of, self.scale, len(edges))
        assert box.head is not None
        what = box.head.runs[-1].text.lstrip(" =·")
        self._connect(unit, box, edges, what, unit.results)


def _plain(source: int, flow: float | None) -> Edge:
    tooltip = "" if flow is None else f"contribution {number(flow)}"
    return Edge(source, flow=flow, tooltip=tooltip)
