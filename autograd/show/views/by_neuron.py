"""The picture of a network by neuron: a table for each, and its weights on the arrows into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...node import Node
from ...ops import chain
from ...value import Value
from ..scene import model
from ..scene.model import PALE, WHITE, Box, Cell, Edge, Run
from ..scene.text import CHANGED, caption, flat, number, plain, shorten
from .boxes import (
    constant,
    flow_of,
    forms_of,
    name_of,
    names_of,
    operations,
    repeated,
    spread,
    title_cell,
)
from .collapse import collapsed
from .folds import Use, places_of
from .neurons import Neuron, find_neurons
from .quotient import NothingError, Part, Quotient, TooManyError, Uses
from .scopes import Scope, owns, scopes_of
from .sketch import INPUTS, Arrow, Sketch

__all__ = ["MOST", "ByNeuron", "neurons_of", "tell_neurons"]

_BOTH, _WEIGHTS = 24, 80  # the most weights that are written with their gradients, and without
MOST = 1_500  # arrows that a picture may have


def neurons_of(nodes: Sequence[Node], roots: Sequence[Node]) -> Quotient:
    """Divide a graph into neurons, what else is made in a call, and what comes in between.

    Neurons are looked for in each call; in the whole graph if that has no groups.
    """
    scopes, uses = scopes_of(nodes), Uses(nodes, roots)
    grouped = any(scopes.values())
    calls: dict[Scope | None, list[Node]] = {}
    for node, scope in scopes.items():
        if isinstance(node, Value) and (scope or not grouped):
            calls.setdefault(scope, []).append(node)
    neuron_of: dict[Node, Neuron] = {}
    for members in calls.values():
        for neuron in find_neurons(members, uses, grouped):
            neuron_of |= dict.fromkeys([*neuron.nodes, *neuron.after], neuron)
    if not grouped and not neuron_of:
        raise NothingError(
            "draw: level='neuron', but the graph has no group() and no sums of weights times "
            "inputs: draw it by operation, level='op'"
        )
    neurons = dict.fromkeys(neuron_of.values())
    fixed = places_of(use for neuron in neurons for use in neuron.fixed)
    keys: dict[Node, Hashable] = {
        node: neuron_of.get(node, scope) for node, scope in scopes.items()
        if scope is not None or node in neuron_of
    }  # fmt: skip
    quotient = collapsed(nodes, roots, scopes, uses, keys, fixed)
    quotient.finish(tell_neurons(quotient, neuron_of))
    return quotient


def tell_neurons(quotient: Quotient, neuron_of: Mapping[Node, Neuron]) -> dict[Node, int]:
    """Say of each part whether it is a neuron, and give the places of weights and biases."""
    for part in quotient.parts:
        mine = [neuron_of.get(example[0]) for example in part.examples]
        if all(n and len(n.nodes) + len(n.after) == len(e)
               for n, e in zip(mine, part.examples, strict=True)):  # fmt: skip
            part.neurons = mine
    return places_of(use for part in quotient.parts for n in part.neurons for use in n.fixed)


class ByNeuron(Sketch):
    """The picture of ``nodes``, operands before consumers, that ends in ``roots``.

    Raises
    ------
    ValueError
        If there is nothing to show, or too much of it.
    """

    heads, sides = ("box", "is", "from", "data", "grad"), "<<<>>"

    def __init__(self, nodes: Sequence[Node], roots: Sequence[Node], most: int = MOST) -> None:
        super().__init__(neurons_of(nodes, roots), nodes)
        arrows = self.weigh()
        if arrows > most:
            raise TooManyError(
                f"draw: level='neuron' of a network with {arrows:,} connections, too many to see "
                "anything: draw it by layer, level='layer'"
            )
        self.take(self.has)
        self.paint()

    def weigh(self) -> int:
        """Find names, frames and shared weights; give how many arrows there will be."""
        parts = self.quotient.parts
        arrows = sum(
            sum(not term.is_bias for term in part.neurons[0].terms) if part.neurons
            else len(part.sources) for part in parts
        )  # fmt: skip
        self.detail = (arrows <= _BOTH) + (arrows <= _WEIGHTS)  # of the labels of arrows
        self.labels, self.frames = names_of(parts, self.around)
        self._tell_shared()
        self.biases = self._shared_biases()
        for scope, biases in self.biases.items():
            words = [*map(self._in_title, biases)]
            if self.again.issuperset(part for part in parts if self.frames[part] is scope):
                words.append("shared weights")
            self.notes[scope] = "".join(f" · {word}" for word in words)
        self.inputs = {term.use for part in parts for n in part.neurons for term in n.terms}
        return arrows

    def part(self, part: Part) -> None:
        """Add the box of a part."""
        (self._neuron if part.neurons else self._results)(part)

    def has(self, use: Use, leaf: Node, part: Part) -> bool:
        """Tell the leaves that are written in a box from those that have boxes of their own."""
        alone = part.sources and len(self.users[leaf]) == 1
        return use not in self.inputs and bool(alone or owns(use.node.call, leaf))

    def _tell_shared(self) -> None:
        """Find the weights of each neuron, those that several have, and which come again."""
        neurons = [part for part in self.quotient.parts if part.neurons]
        count = Counter(leaf for part in neurons for leaf in part.fixed)
        self.shared = {leaf for leaf, times in count.items() if times > 1}
        seen, self.again = set(), set()
        for part in neurons:
            if (mine := frozenset(part.fixed)) in seen and mine:
                self.again.add(part)
            seen.add(mine)
        self.title = f"Network of {len(seen)} neuron{'s' * (len(seen) != 1)}"
        most = max((len(part.examples) for part in neurons), default=1)
        self.title += f", {most} examples" * (most > 1)

    def _shared_biases(self) -> dict[Scope, list[Node]]:
        """Find the biases that all neurons of a frame share: they stand in its title."""
        neurons: dict[Scope, list[list[Any]]] = {}
        for part, scope in self.frames.items():
            if part.neurons and scope is not None:
                neurons.setdefault(scope, []).append(part.neurons[0].biases)
        shared = {}
        for scope, (first, *others) in neurons.items():
            count = Counter(id(b) for biases in others for b in biases)
            leaves = [b for b in first if isinstance(b, Node)]
            shared[scope] = [b for b in leaves if others and count[id(b)] == len(others)]
        return shared

    def _in_title(self, b: Node) -> str:
        mark = f" {CHANGED}" if b in self.changed else ""
        grad = "" if b.grad is None else f" (grad {number(b.grad)})"
        return f"{flat(caption(b)) or 'b'} = {number(b.data)}{mark}{grad}"

    def _call(self, part: Part) -> str:
        """Give a part its name."""
        label = self.labels[part]
        self.called[part] = self.name(label, self.frames[part]) if label else ""
        return self.called[part]

    def _part(
        self, part: Part, box: Box, arrows: Sequence[Arrow], what: str
    ) -> None:
        """Add a box with the arrows that end there, and its line of the table."""
        name = self.called[part] or self.name("")
        origins = ", ".join(dict.fromkeys(self.names[edge.source] for edge, _ in arrows))
        results = [neuron.y for neuron in part.neurons] or part.results
        self.rows.append((name, what, shorten(origins, 40),
                          spread(y.data for y in results),
                          spread(y.grad for y in results)))  # fmt: skip
        self.add(box, part, part.nodes, name, self.frames[part], arrows)

    def _neuron(self, part: Part) -> None:
        neurons = part.neurons
        weighted: dict[tuple[int, int], list[Use]] = {}
        rest = dict.fromkeys(self.outer_uses(part))
        for position, term in enumerate(neurons[0].terms):
            for neuron in neurons if not term.is_bias else ():
                use = neuron.terms[position].use
                weighted.setdefault((self._input(use, part, position), position), []).append(use)
                rest.pop(use, None)
        arrows: list[Arrow] = [
            (self._weighted(source, neurons[0].terms[position].weight, uses), uses)
            for (source, position), uses in weighted.items()
        ]
        arrows += self._plain(part, rest)
        name = self._call(part)
        formula = neurons[0].formula
        formula = repeated(formula, part)
        head = [*name_of(name, WHITE), Run(f" = {formula}" if name else formula, WHITE)]
        if part in self.again and self.frames[part] is None:
            head.append(Run(" · shared weights", PALE))
        frame = self.frames[part]
        shared = {*map(id, self.biases[frame])} if frame is not None else set()
        columns = [tuple(map(title_cell, ("", "data", "grad")))]
        for b in neurons[0].biases:
            if not isinstance(b, Node):
                columns.append((title_cell("b"), Cell((Run(number(b)),)), Cell(())))
            elif id(b) not in shared:
                columns.append(self._column(caption(b) or "b", [b]))
        if neurons[0].after:
            columns.append(self._column("in", [neuron.z for neuron in neurons]))
        columns.append(self._column("out", [neuron.y for neuron in neurons]))
        box = Box(
            tuple(columns), f"{plain(part.path) or name}\n{operations(part)}",
            ports=len(arrows), head=Cell(tuple(head), model.DARK),
            pitch=(max(2, min(model.ROW, 66 // max(len(arrows), 1))), 15, 32)[self.detail],
        )  # fmt: skip
        self._part(part, box, arrows, formula)

    def _column(self, title: str, nodes: Sequence[Node]) -> tuple[Cell, ...]:
        mark = f" {CHANGED}" if any(node in self.changed for node in nodes) else ""
        shade = model.tint(nodes[0].grad if len(nodes) == 1 else None, self.scale)
        return (
            title_cell(title),
            Cell((Run(spread(node.data for node in nodes) + mark),)),
            Cell((Run(spread(node.grad for node in nodes)),), shade),
        )

    def _input(self, use: Use, part: Part, position: int) -> int:
        """Find the box that an input comes from, or make it.

        Constants have no identity: those at one position are taken for the same in all neurons of
        a frame.
        """
        frame = None if part.sources else INPUTS
        if isinstance(use.operand, Node):
            return self.source(use, frame)
        xs = [neuron.terms[position].x for neuron in part.neurons]
        key = (self.frames[part] or part, position, *map(str, xs))
        if key not in self.place:
            self.add(constant(xs), key, [], spread(xs), frame)
        return self.place[key]

    def _weighted(self, source: int, weight: Use | None, uses: Sequence[Use]) -> Edge:
        """Make the arrow of a weight. Its contribution is that to the input, or would be."""
        if weight is None:
            return _arrow(source, flow_of(uses, self.changed))
        w, grads = weight.operand, [use.node.grad for use in uses]
        flow = None
        if w not in self.changed and not any(g is None for g in grads):
            flow = sum(chain(g, w.data) for g in grads)
        name = flat(caption(w)) or "w"
        label = f"{name} = {number(w.data)}" + (f" {CHANGED}" if w in self.changed else "")
        note = "" if w.grad is None else f"{self.derivative(name)} = {number(w.grad)}"
        if w in self.shared:
            note = f"{note} (shared)" if note else "shared"
        sums = ""
        if flow is not None:
            upstream = number(sum(grads))
            sums = f"local {number(w.data)} · upstream {upstream} = contribution {number(flow)}"
        return Edge(
            source, label=("", number(w.data), label)[self.detail], flow=flow,
            tooltip="\n".join(filter(None, (label, note, sums))),
            note=note if self.detail == 2 else "",
        )  # fmt: skip

    def _plain(self, part: Part, uses: Iterable[Use]) -> Iterator[tuple[Edge, list[Use]]]:
        """Make one arrow of all that comes from one box."""
        frame = None if part.sources or part.trees else INPUTS
        for source, mine in self.by_source(uses, frame).items():
            words = forms_of(part, mine)
            yield _arrow(source, flow_of(mine, self.changed), words), mine

    def _results(self, part: Part) -> None:
        """Show what is no neuron."""
        arrows = [*self._plain(part, self.outer_uses(part)), *self.references(part, None)]
        box, what = self.results(part, self._call(part), arrows)
        self._part(part, box, arrows, what)


def _arrow(source: int, flow: float | None, label: str = "") -> Edge:
    tooltip = "" if flow is None else f"contribution {number(flow)}"
    return Edge(source, label=label, flow=flow, tooltip=tooltip)
