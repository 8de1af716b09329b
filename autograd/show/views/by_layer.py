"""The picture of a network by layer: a box for each, with what it has and what it gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum, sqrt
from typing import Any

import numpy as np

from ...node import Node
from ...value import Value
from ..scene import model
from ..scene.model import GREY, WHITE, Box, Cell, Edge, Run, Scene
from ..scene.text import aligned, caption, changed_leaves, flat, number, plain, shorten
from .boxes import (
    Sketch,
    constant,
    description,
    gradient_of,
    last_part,
    name_of,
    node_box,
    operations,
    results_box,
)
from .neurons import leaf_uses, weight_position
from .units import TooManyError, Unit, into_units, stages

__all__ = ["by_layer"]

_MOST = 400  # boxes
_PRODUCTS = {"multiply", "matmul", "dot", "linear"}
_LINEAR = _PRODUCTS | {"add", "subtract", "divide"}


def by_layer(nodes: Sequence[Node], roots: Sequence[Node]) -> tuple[Scene, str]:
    """Make the picture and the table of ``nodes``, operands before consumers.

    Raises
    ------
    ValueError
        If there are no groups, or too many.
    """
    inner = [node for node in nodes if node.op is not None]
    if not any(node.group for node in inner):
        raise ValueError(
            "draw: level='layer', but the graph has no groups: compute each layer inside "
            "`with group(name)`, or draw it by operation, level='op'"
        )
    layer = {node: _layer_of(node) for node in inner}
    stage = stages(nodes, lambda node: not layer[node])
    units, of = into_units(nodes, roots, lambda x: (layer[x], 0 if layer[x] else stage[x]))
    if len(units) > _MOST:
        raise TooManyError(
            f"draw: level='layer' of {len(units):,} groups, too many to see anything: draw a "
            "part, such as a result on the way"
        )
    uses, changed, of_root = leaf_uses(nodes), changed_leaves(nodes), gradient_of(roots)
    scale = model.largest(node.grad for node in inner if isinstance(node, Value))
    names = {unit: last_part(unit.path) for unit in units}
    sketch = Sketch()
    rows = [("layer", "gives", "activation", "parameters", "‖grad‖", "from")]
    for unit in units:
        parts = _parts_of(unit, uses)
        into = []
        for source, used in unit.sources.items():
            flow = _norm(used)
            tooltip = f"‖{of_root(names[source] or 'out')}‖ = {_known(flow)}"
            into.append(
                Edge(sketch.place[source], label=_size(used), flow=flow, tooltip=tooltip)
            )
        for key, leaves in parts.inputs.items():
            if key not in sketch.place:
                sketch.add(_input_box(leaves, scale, changed), key)
            is_constant = not isinstance(leaves[0], Node)
            into.append(Edge(sketch.place[key], label=_size(leaves), quiet=is_constant))
        if unit.path:
            box = _layer_box(unit, names[unit], parts, len(into))
        else:
            names[unit] = caption(unit.results[-1]) if len(unit.results) == 1 else ""
            box = results_box(unit, names, of, scale, len(into))
        sketch.add(box, unit, unit.path.rpartition("/")[0], into)
        origins = [names[source] or _size(used) for source, used in unit.sources.items()]
        rows.append((
            names[unit], _size(unit.results), parts.activation if unit.path else "",
            f"{parts.count:,}" if parts.parameters else "",
            _known(_norm(parts.parameters)) if parts.parameters else "",
            ", ".join([*origins, *map(_size, parts.inputs.values())]),
        ))  # fmt: skip
    layers = sum(1 for unit in units if unit.path)
    title = f"Network of {layers} layer{'s' * (layers != 1)}"
    return sketch.scene(title, description(nodes, roots)), aligned(rows, "<<<>><")


def _layer_of(node: Node) -> str:
    """Give the layer in whose group a node was made: hidden, for a number of hidden/h1."""
    outer = node.group.rpartition("/")[0] if isinstance(node, Value) else ""
    return outer or node.group


@dataclass
class _Parts:
    """What a layer is made of.

    Attributes
    ----------
    parameters : list of Node
        Leaves that are no inputs.
    inputs : dict
        The leaves and constants that come in: of Values all together, of arrays one by one.
    neurons : int
        How many groups inside have weights.
    activation : str
        The last function; "" if that is a product or a sum.
    """

    parameters: list[Node] = field(default_factory=list)
    inputs: dict[Any, list[Any]] = field(default_factory=dict)
    neurons: int = 0
    activation: str = ""

    @property
    def count(self) -> int:
        """The number of parameters, each element of an array for itself."""
        return sum(1 if isinstance(x, Value) else np.size(x.data) for x in self.parameters)


def _parts_of(unit: Unit, uses: Counter[Node]) -> _Parts:
    """Tell parameters from inputs: these are multiplied with weights, and made in no group."""
    parameters: dict[Node, None] = {}
    values: dict[Node, None] = {}
    tensors: dict[Node, None] = {}
    parts = _Parts()
    weights: dict[str, dict[Any, bool]] = {}  # of each group: whether on a constant number
    for node in unit.nodes:
        op, operands = node.op, node.operands
        assert op is not None
        weight = None
        if op.name in _PRODUCTS:
            weight = 1 if op.name == "linear" else weight_position(operands[0], operands[1], uses)
        for i, x in enumerate(operands):
            if isinstance(x, Node):
                if x.op is None:
                    is_input = weight == 1 - i and not x.group
                    kind = values if isinstance(x, Value) else tensors
                    (kind if is_input else parameters)[x] = None
            elif weight == 1 - i and np.ndim(x):
                parts.inputs[id(x)] = [x]
        if weight is not None:
            on_number = isinstance(operands[1 - weight], float)
            weights.setdefault(node.group, {})[operands[weight]] = on_number
    if not unit.path:  # what loose operations take in stands in their box
        return _Parts()
    parts.parameters = [x for x in parameters if x not in values and x not in tensors]
    parts.inputs |= {x: [x] for x in tensors}
    if values:
        parts.inputs[tuple(values)] = [*values]
    constants = max((sum(mine.values()) for mine in weights.values()), default=0)
    if constants:
        parts.inputs[unit, "constants"] = [0.0] * constants
    parts.neurons = len(weights.keys() - {unit.path})
    last = unit.results[-1]
    inside = last.group.removeprefix(unit.path).lstrip("/")
    assert last.op is not None
    if inside and last.group not in weights:
        parts.activation = shorten(plain(inside))  # a group such as softmax
    elif last.op.name not in _LINEAR:
        parts.activation = last.op.symbol
    return parts


def _size(xs: Sequence[Any]) -> str:
    """Say how many numbers pass: the shape of an array, or how many Values."""
    first = xs[0].data if xs and isinstance(xs[0], Node) else xs[0] if xs else 0
    if len(xs) == 1 and np.ndim(first):
        return "×".join(map(str, np.shape(first)))
    return f"{len(xs)} number{'s' * (len(xs) != 1)}"


def _norm(nodes: Sequence[Node]) -> float | None:
    """Give the length of the gradient of some nodes; None where it is not known."""
    grads = [node.grad for node in nodes]
    if any(g is None for g in grads):
        return None
    return sqrt(fsum(g * g if isinstance(g, float) else float(np.vdot(g, g)) for g in grads))


def _known(norm: float | None) -> str:
    return "–" if norm is None else number(norm)


def _input_box(leaves: Sequence[Any], scale: float, changed: set[Node]) -> Box:
    first, last = leaves[0], leaves[-1]
    if len(leaves) == 1:
        if not isinstance(first, Node):
            return constant(first)
        return node_box(first, first.grad, scale, first in changed)
    if not isinstance(first, Node):
        return Box(((Cell((Run(_size(leaves)),), model.PILL),),), pill=True)
    names = f"{flat(caption(first))} … {flat(caption(last))}" if first.label else "inputs"
    return Box((
        (Cell((Run(names, bold=True),), model.YELLOW),), (Cell((Run(_size(leaves)),)),),
    ))  # fmt: skip


def _layer_box(unit: Unit, name: str, parts: _Parts, arrows: int) -> Box:
    if isinstance(unit.results[0], Value):
        rows = [("neurons", f"{parts.neurons}")] if parts.neurons else []
        rows.append(("output", _size(unit.results)))
    else:
        rows = [("output", _size(unit.results[-1:]))]
    if parts.activation:
        rows.append(("activation", parts.activation))
    if parts.parameters:
        rows.append(("parameters", f"{parts.count:,}"))
        rows.append(("‖grad‖", _known(_norm(parts.parameters))))
    rows.append(("‖grad out‖", _known(_norm(unit.results))))
    labels, values = zip(*rows, strict=True)
    columns = (
        tuple(Cell((Run(text, GREY),), model.PILL, centred=False) for text in labels),
        tuple(Cell((Run(text),), centred=False) for text in values),
    )
    tooltip = "\n".join([
        plain(unit.path), operations(unit),
        *(f"{plain(x.label)} {_size([x])}" for x in parts.parameters if not isinstance(x, Value)),
    ])  # fmt: skip
    return Box(columns, tooltip, ports=arrows, head=Cell(name_of(name, WHITE), model.DARK))
