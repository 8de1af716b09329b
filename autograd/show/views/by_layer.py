"""The picture of a network by layer: a box for each, with what it has and what it gives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from math import fsum, sqrt
from typing import Any

import numpy as np

from ...node import Node
from ...value import Value
from ..scene import model
from ..scene.model import GREY, WHITE, Box, Cell, Edge, Run
from ..scene.text import caption, flat, number, plain, shorten
from .boxes import (
    common,
    constant,
    forms_of,
    name_of,
    operations,
    pill,
    times,
)
from .collapse import collapsed
from .folds import Use
from .parameters import PRODUCTS, SUMS, Parameters
from .quotient import NothingError, Part, TooManyError, Uses
from .scopes import Scope, scopes_of
from .sketch import Arrow, Sketch

__all__ = ["ByLayer"]

_MOST = 400  # boxes
_LINEAR = PRODUCTS | SUMS | {"divide"}


class ByLayer(Sketch):
    """The picture of ``nodes``, operands before consumers, that ends in ``roots``.

    Raises
    ------
    ValueError
        If there are no groups, or too many.
    """

    heads, sides = ("layer", "gives", "activation", "parameters", "‖grad‖", "from"), "<<<>><"

    def __init__(self, nodes: Sequence[Node], roots: Sequence[Node]) -> None:
        scopes, uses = scopes_of(nodes), Uses(nodes, roots)
        if not any(scopes.values()):
            raise NothingError(
                "draw: level='layer', but the graph has no groups: compute each layer inside "
                "`with group(name)`, or draw it by operation, level='op'"
            )
        self.own = Parameters(scopes, uses)
        layers, fixed = self.own.layers, self.own.places
        keys = {node: layer for node, layer in layers.items() if layer is not None}
        quotient = collapsed(nodes, roots, layers, uses, keys, fixed)
        quotient.finish(fixed)
        super().__init__(quotient, nodes)
        self.nodes = [*scopes]  # by whose gradients boxes are coloured
        parts = quotient.parts
        if len(parts) > _MOST:
            raise TooManyError(
                f"draw: level='layer' of {len(parts):,} groups, too many to see anything: draw a "
                "part, such as a result on the way"
            )
        found = len({part.scope.of for part in parts if part.scope})
        self.title = f"Network of {found} layer{'s' * (found != 1)}"
        self.take(self.holds)
        self.bundle({*self.outside.values()})
        self.paint()

    @cached_property
    def seen(self) -> set[Node]:
        """The parameters of the boxes before."""
        return set()

    def holds(self, use: Use, leaf: Node, part: Part) -> bool:
        """Tell a leaf that is written in a box from one that has a box of its own."""
        return bool(part.scope is None and part.sources and len(self.users[leaf]) == 1)

    def bundle(self, leaves: Collection[Node]) -> None:
        """Let Values that first go into one part stand together, for whatever else they go into."""
        first: dict[Node, Any] = {}
        self.bundles: dict[Any, dict[Node, None]] = {}
        for use, leaf in self.outside.items():
            if leaf in leaves:
                slot = self.slots.get(use, leaf)
                key = (self.quotient.of[use.node],) if isinstance(leaf, Value) else slot
                self.bundles.setdefault(first.setdefault(leaf, key), {})[leaf] = None
        lists = {key: [*bundle] for key, bundle in self.bundles.items()}
        for use, leaf in self.outside.items():
            if leaf in first:
                self.leaves[use] = first[leaf], lists[first[leaf]]

    def leaf(self, key: Any, leaves: Sequence[Node], scope: Scope | None) -> int:
        """Find the box of a leaf, or of several, or make it."""
        if len(leaves) == 1 or key in self.place or key not in self.bundles:
            return super().leaf(key, leaves, scope)
        names = f"{flat(caption(leaves[0]))} … {flat(caption(leaves[-1]))}"
        name = names if leaves[0].label else "inputs"
        columns = (Cell((Run(name, bold=True),), model.YELLOW),), (Cell((Run(_size(leaves)),)),)
        return self.add(Box(columns), key, leaves, name, scope)

    def part(self, part: Part) -> None:
        """Add the box of a layer, or of what comes in between."""
        origins: list[str] = []
        arrows: list[Arrow] = []
        for source, uses in self.by_source(self.outer_uses(part)).items():
            used = [*dict.fromkeys(use.operand for use in uses)]
            inner = self.quotient.source(uses[0]) is not None
            flow = _norm(used) if inner else None
            name = self.names[source]
            tooltip = f"‖{self.derivative(name)}‖ = {_known(flow)}" if inner else ""
            each = len(used) // len(part.examples)
            size = _size(used) if each * len(part.examples) != len(used) else (
                _size(used[:each]) + times(part))  # fmt: skip
            label = forms_of(part, uses) or size
            arrows.append((Edge(source, label=label, flow=flow, tooltip=tooltip), uses))
            origins.append(name if inner or (name and len(used) == 1) else size)
        for arrow in self.references(part, None):
            arrows.append(arrow)
            origins.append(self.names[arrow[0].source])
        calls = {self.own.calls[node]: None for node in part.examples[0]} if part.scope else {}
        for key, box, size in self._constants(calls):
            if key not in self.place:
                self.add(box, key, [], size)
            arrows.append((Edge(self.place[key], label=size, quiet=True), []))
            origins.append(size)
        name = self._name(part)
        parameters = [*part.fixed]
        new = [x for x in parameters if x not in self.seen]
        self.seen.update(new)
        count = f"{_count(new):,}" if new else ""
        if len(new) < len(parameters):
            count += " + " * bool(new) + f"{_count(parameters) - _count(new):,} shared"
        activation = self._activation(part) if part.scope else ""
        if part.scope:
            box = self._layer_box(part, calls, name, parameters, count, activation,
                                  len(arrows))  # fmt: skip
        else:
            box, what = self.results(part, name, arrows)
            name = name or what
        self.rows.append((
            name, _size(self._firsts(part)) + times(part), activation,
            count, _known(_norm(parameters)) if parameters else "",
            shorten(", ".join(origins), 60),
        ))  # fmt: skip
        frame = part.scope.outer if part.scope else None
        self.add(box, part, part.nodes, name, frame, arrows)

    def _name(self, part: Part) -> str:
        label = part.scope.name if part.scope else ""
        if not part.scope and len(part.outputs) == 1:
            label = common(part.outputs[0])
        self.called[part] = self.name(shorten(plain(label)), part.scope) if label else (
            f"#{len(self.called) + 1}" if part.scope else "")
        return self.called[part]

    def _firsts(self, part: Part) -> list[Node]:
        return [same[0] for same in part.outputs]

    def _constants(self, calls: Collection[Scope | None]) -> Iterator[tuple[Any, Box, str]]:
        """Give the numbers and arrays that weights are multiplied with: key, box and size."""
        arrays = {i: x for call in calls for i, x in self.own.arrays.get(call, {}).items()}
        yield from ((i, constant([x]), _size([x])) for i, x in arrays.items())
        if numbers := max((self.own.numbers[call] for call in calls), default=0):
            size = _size([0.0] * numbers)
            yield object(), pill(size), size

    def _activation(self, part: Part) -> str:
        """Give the last function; "" if that is a product or a sum."""
        last = part.results[-1]
        scope, op = self.own.calls[last], last.op
        assert op is not None
        weighted = scope in self.own.numbers or scope is part.scope
        if scope is not None and not weighted and scope.name:
            return shorten(plain(scope.name))  # a group such as softmax
        if op.name == "exp" and any(x.op and x.op.name == "logsumexp" for x in last._left.parents):
            return "softmax"
        return op.symbol if op.name not in _LINEAR else ""

    def _layer_box(
        self, part: Part, calls: Collection[Scope | None], name: str, parameters: list[Node],
        count: str, activation: str, arrows: int,
    ) -> Box:  # fmt: skip
        results = self._firsts(part)
        neurons = [call for call in calls if call in self.own.numbers and call is not part.scope]
        rows = []
        if len(part.examples) > 1:
            rows.append(("examples", f"{len(part.examples)}"))
        if isinstance(results[0], Value):
            rows += [("neurons", f"{len(neurons)}")] if neurons else []
            rows.append(("output", _size(results)))
        else:
            rows.append(("output", _size(results[-1:])))
        if activation:
            rows.append(("activation", activation))
        if parameters:
            rows.append(("parameters", count))
            rows.append(("‖grad‖", _known(_norm(parameters))))
        rows.append(("‖grad out‖", _known(_norm(part.results))))
        labels, values = zip(*rows, strict=True)
        columns = (
            tuple(Cell((Run(text, GREY),), model.PILL, centred=False) for text in labels),
            tuple(Cell((Run(text),), centred=False) for text in values),
        )
        tooltip = "\n".join(filter(None, [
            plain(part.path), operations(part),
            *(f"{plain(x.label)} {_size([x])}" for x in parameters if not isinstance(x, Value)),
        ]))  # fmt: skip
        head = Cell(name_of(name, WHITE), model.DARK)
        return Box(columns, tooltip, ports=arrows, head=head, free=True)


def _count(leaves: Iterable[Node]) -> int:
    """Count numbers, each element of an array for itself."""
    return sum(1 if isinstance(x, Value) else np.size(x.data) for x in leaves)


def _size(xs: Sequence[Any]) -> str:
    """Say how many numbers pass: the shape of an array, or how many Values."""
    first = xs[0].data if xs and isinstance(xs[0], Node) else xs[0] if xs else 0
    if len(xs) == 1 and np.ndim(first):
        return "×".join(map(str, np.shape(first)))
    return f"{len(xs)} number{'s' * (len(xs) != 1)}"


def _norm(nodes: Iterable[Node]) -> float | None:
    """Give the length of the gradient of some nodes; None where it is not known."""
    grads = [node.grad for node in nodes]
    if any(g is None for g in grads):
        return None
    return sqrt(fsum(g * g if isinstance(g, float) else float(np.vdot(g, g)) for g in grads))


def _known(norm: float | None) -> str:
    return "–" if norm is None else number(norm)
