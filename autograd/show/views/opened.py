"""Pictures in which a layer is opened into neurons, and a neuron into operations.

Each is a picture of one partition of the graph: what is not opened stays the box that it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from ...node import Node
from .by_layer import ByLayer
from .by_neuron import MOST, ByNeuron, neurons_of, tell_neurons
from .by_operation import ByOperation, folded, title_of
from .folds import Tree, Use, trees
from .neurons import Neuron
from .quotient import NothingError, Part, Quotient, Uses
from .scopes import Scope, scopes_of
from .sketch import Sketch

__all__ = ["Levels", "Opened", "Way"]

_MOST_OPERATIONS = 400  # that a box may open into

Way = tuple[Part, ...]  # what is opened: a layer, a neuron in it


class Levels:
    """The partitions of a graph, one finer than the other: by layer, neuron and operation.

    Attributes
    ----------
    divided : list of Quotient
        By layer, if there are layers, and by neuron, if there are any.
    first : int
        The first level: 0 is by layer, 1 by neuron, 2 by operation.
    """

    def __init__(self, nodes: Sequence[Node], roots: Sequence[Node]) -> None:
        self.nodes, self.roots = nodes, roots
        self.uses = Uses(nodes, roots)
        self.divided: list[Quotient] = []
        self.layers = None
        with suppress(NothingError):
            self.layers = ByLayer(nodes, roots)
            self.divided.append(self.layers.quotient)
        with suppress(NothingError):
            by_neuron = neurons_of(nodes, roots)
            neurons = (n for part in by_neuron.parts for n in part.neurons)
            # Without a call, a product may be a product and no neuron.
            if self.layers or any(sum(t.weight is not None for t in n.terms) > 1 for n in neurons):
                self.divided.append(by_neuron)
        self.first = 2 - len(self.divided)
        self.calls = self.layers.own.calls if self.layers else scopes_of(nodes)
        self.layer_of = self.layers.own.layers if self.layers else self.calls
        # Where each operation is at each level: in which part, and in which example there.
        self.places = [
            {node: (part, k) for part in quotient.parts
             for k, example in enumerate(part.examples) for node in example}
            for quotient in self.divided
        ]  # fmt: skip
        self.neurons: dict[Node, Neuron] = {
            node: neuron for quotient in self.divided for part in quotient.parts
            for neuron in part.neurons for node in (*neuron.nodes, *neuron.after)
        }  # fmt: skip

    def within(self, way: Way) -> list[Node]:
        """List the operations of what is opened last."""
        return [
            node for node in way[-1].nodes
            if all(place[node][0] is part for place, part in zip(self.places, way, strict=False))
        ]

    def depths(self, way: Way) -> dict[Node, int]:
        """Give the level of each operation."""
        depths = {node: self.first for node in self.nodes if node.op is not None}
        for i in range(1, len(way) + 1):
            depths |= dict.fromkeys(self.within(way[:i]), self.depth(way[:i]))
        return depths

    def depth(self, way: Way) -> int:
        """Give the level into which the last of a way opens: neurons, or else operations."""
        if self.first + len(way) < 2:
            (place,) = self.places[len(way) :]
            parts = {place[node][0]: None for node in way[-1].nodes}
            arrows = sum(len(part.neurons[0].terms) if part.neurons else 1 for part in parts)
            if arrows <= MOST and (len(parts) > 1 or any(part.neurons for part in parts)):
                return 1
        return 2

    def opens(self, way: Way) -> bool:
        """Tell whether there is something to be seen inside the last of a way, and not too much."""
        if self.depth(way) == 1:
            return True
        inside, examples = self.within(way), len(way[-1].examples)
        if len(inside) > _MOST_OPERATIONS * examples:
            return False
        sums = self.trees(inside)
        return len({id(sums.get(node, node)) for node in inside}) > examples

    def trees(self, nodes: Sequence[Node]) -> dict[Node, Tree]:
        """Find the sums of many terms among some operations."""
        inside = dict.fromkeys(nodes)
        found = trees(nodes, self.uses, inside)
        return {node: tree for tree in found if all(x in inside for x in tree.nodes)
                for node in tree.nodes}  # fmt: skip


class Opened(ByLayer, ByNeuron, ByOperation):  # type: ignore[misc]  # whose tables differ
    """The picture of a graph in which the boxes of a way are opened."""

    def __init__(self, levels: Levels, way: Way, names: Sequence[str]) -> None:
        self.levels, self.way, self.depths = levels, way, levels.depths(way)
        if levels.layers is not None:
            self.own = levels.layers.own
        self.around = []
        if levels.divided:
            quotient = self._divided(names)
        else:
            quotient = folded(levels.nodes, levels.roots, True)
        Sketch.__init__(self, quotient, levels.nodes)
        self.weigh()
        if levels.layers is not None:
            self.title = levels.layers.title
        elif not levels.divided:
            self.title = title_of(levels.roots)
        self.title = ": ".join(filter(None, (self.title, " › ".join(names))))
        self.take(self._is_within)
        far = {part for part in quotient.parts if not self._depth(part)}
        self.bundle({leaf for leaf, parts in self.users.items() if parts <= far})
        self.paint()

    def _divided(self, names: Sequence[str]) -> Quotient:
        """Divide what is opened, and leave the rest as it is."""
        levels, depths = self.levels, self.depths
        scopes = {
            node: (levels.calls if depth else levels.layer_of)[node]
            for node, depth in depths.items()
        }
        sums: dict[Node, Tree] = {}
        for i, name in enumerate(names, 1):
            inside = levels.within(self.way[:i])
            scope = (levels.calls if levels.first + i > 1 else levels.layer_of)[inside[0]]
            outer, here = self.around[-1] if self.around else None, {*inside}
            if scope is None or (outer and outer not in scope) or any(
                scope in (x or ()) for node, x in scopes.items() if node not in here
            ):  # what was not made in a call of its own has a frame all the same
                scope = Scope(name, outer or scope)
                scopes |= dict.fromkeys(inside, scope)
            scope.name = scope.name or name
            self.around = [*self.around, scope]
            sums = levels.trees([node for node in inside if depths[node] == 2])
        quotient = Quotient(levels.nodes, levels.roots, scopes, {
            node: (*(place[node] for place in levels.places[: depth + 1 - levels.first]),
                   sums.get(node, node) if depth == 2 else None)
            for node, depth in depths.items()
        })  # fmt: skip
        known = (tree for i, divided in enumerate(levels.divided, levels.first)
                 for part in divided.parts for tree in part.trees
                 if depths[tree.nodes[-1]] == i)  # fmt: skip
        for tree in (*known, *dict.fromkeys(sums.values())):
            quotient.of[tree.nodes[-1]].trees.append(tree)
        quotient.fold(levels.divided[0].folds)
        fixed = tell_neurons(
            quotient, {node: x for node, x in levels.neurons.items() if depths[node] == 1}
        )
        if levels.layers is not None:
            fixed |= {node: bits for node, bits in self.own.places.items() if not depths[node]}
        quotient.finish(fixed)
        return quotient

    def _depth(self, part: Part) -> int:
        return self.depths[part.examples[0][0]]

    def _is_within(self, use: Use, leaf: Node, part: Part) -> bool:
        depth = self._depth(part)
        return depth < 2 and (self.has if depth else self.holds)(use, leaf, part)

    def part(self, part: Part) -> None:
        """Add the box of a part, as its level has it."""
        (ByLayer, ByNeuron, ByOperation)[self._depth(part)].part(self, part)

    def inside(self) -> Iterator[tuple[int, str, Way]]:
        """Give the boxes that can be opened: the place, the name, and the way."""
        for part in self.quotient.parts:
            depth, node = self._depth(part), part.examples[0][0]
            if depth < 2:
                places = self.levels.places[: depth + 1 - self.levels.first]
                way = tuple(place[node][0] for place in places)
                if self.levels.opens(way):
                    place = self.place[part]
                    yield place, self.called[part] or self.names[place], way

    def contents(self) -> str:
        """Say how many boxes there are in what was opened last."""
        inside = self.levels.within(self.way)
        parts = {self.quotient.of[node]: None for node in inside}
        if self.levels.depth(self.way) == 1:
            word = "neuron" if all(part.neurons for part in parts) else "part"
            return f"{len(parts)} {word}{'s' * (len(parts) != 1)}"
        return f"{len(inside) // len(self.way[-1].examples)} operations"
