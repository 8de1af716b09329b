"""Neurons, recognised by what they compute: a weighted sum of inputs, and a function of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ...node import Node
from ...symbols import Symbol
from ..scene.text import caption, data
from .folds import Use
from .quotient import Uses

__all__ = ["Neuron", "Term", "find_neurons", "weight_position"]


class Term(NamedTuple):
    """A summand: weight · x; or an x without weight, a bias if that is a leaf or a number."""

    use: Use  # of x
    weight: Use | None = None

    @property
    def x(self) -> Any:
        """What the weight is multiplied with, or the summand itself."""
        return self.use.operand

    @property
    def is_bias(self) -> bool:
        """Whether it is a number of its own."""
        return self.weight is None and (not isinstance(self.x, Node) or self.x.op is None)


@dataclass(eq=False, slots=True)
class Neuron:
    """One call of a neuron.

    Attributes
    ----------
    terms : list of Term
        The summands.
    nodes : list of Node
        The operations, of which `z` is the sum and those after it are its function φ.
    """

    terms: list[Term]
    nodes: list[Node]
    z: Node
    after: list[Node] = field(default_factory=list)

    @property
    def fixed(self) -> Iterator[Use]:
        """Its weights and biases: leaves that are the same in all its calls."""
        for term in self.terms:
            use = term.weight or (term.use if term.is_bias else None)
            if use is not None and isinstance(use.operand, Node):
                yield use

    @property
    def biases(self) -> list[Any]:
        """Its leaves and numbers, without the 0 with which a sum() begins."""
        return [term.x for term in self._own]

    @property
    def _own(self) -> list[Term]:
        return [t for t in self.terms if t.is_bias and (isinstance(t.x, Node) or t.x != 0)]

    @property
    def formula(self) -> str:
        """What it computes, in signs: tanh(Σ w·x + b)."""
        signs = dict.fromkeys("−" if term.use.minus else "+" for term in self._own)
        total = "Σ w·x" + "".join(f" {sign} b" for sign in signs)
        if len(self.after) != 1:
            return f"φ({total})" if self.after else total
        op: Any = self.y.op
        if op.arity == 1 or op.defaults:
            return f"{op.symbol}({total})"
        names = (f"({total})" if x is self.z else caption(x) if isinstance(x, Node) else data(x)
                 for x in self.y.operands)  # fmt: skip
        return Symbol.apply(op, *map(Symbol, names)).text

    @property
    def y(self) -> Node:
        """The output."""
        return self.after[-1] if self.after else self.z


def find_neurons(nodes: Sequence[Node], uses: Uses, grouped: bool) -> list[Neuron]:
    """Find the weighted sums among the operations of one call, and the function of each.

    Parameters
    ----------
    nodes : sequence of Node
        The operations, operands before consumers.
    uses : Counter of Node
        How often each node of the whole graph is used.
    grouped : bool
        Whether they are a call. There, all that depends on one sum is its function, if one result
        comes of it; without groups, that is only one operation.
    """
    sums: dict[Node, Neuron] = {}  # that are not yet part of a larger one
    for node in nodes:
        name, operands = node.op.name, node.operands  # type: ignore[union-attr]
        if name == "multiply":
            position = weight_position(node, uses)
            if position is not None and not (grouped and operands[1 - position] in sums):
                term = Term(Use(node, 1 - position), Use(node, position))
                sums[node] = Neuron([term], [node], node)
        elif name == "add" or (name == "subtract" and _is_number(operands[1])):
            parts = [sums.pop(x, None) if isinstance(x, Node) else None for x in operands]
            if any(parts):
                left, right = (
                    part or Neuron([Term(Use(node, i))], [], node) for i, part in enumerate(parts)
                )
                # In place, since a sum of a thousand terms is made of a thousand sums.
                left.terms += right.terms
                left.nodes += [*right.nodes, node]
                left.z = node
                sums[node] = left
    owner = {neuron.z: neuron for neuron in sums.values()}
    taken = {node for neuron in sums.values() for node in neuron.nodes}
    for node in nodes:
        if node not in taken:
            before = {owner.get(x) for x in node.operands if isinstance(x, Node) and x.op}
            neuron = before.pop() if len(before) == 1 else None
            if neuron is not None and (grouped or _is_activation(node, neuron, uses)):
                owner[node] = neuron
                neuron.after.append(node)
    for neuron in sums.values():
        inside = Counter(x for node in neuron.after for x in node.operands if isinstance(x, Node))
        if sum(uses[node] > inside[node] for node in neuron.after) > 1:
            neuron.after.clear()
    return list(sums.values())


def weight_position(node: Node, uses: Uses) -> int | None:
    """Say which factor of a product is the weight; None if none is a leaf, or both are one."""
    a, b = node.operands[:2]
    first = isinstance(a, Node) and a.op is None
    second = isinstance(b, Node) and b.op is None
    if a is b or not (first or second):
        return None
    if not (first and second):
        return int(second)

    def signs(x: Node) -> Iterator[Any]:
        """Ask whether it is a weight: the layer owns it, it is called one, or made in a group."""
        yield uses.owned(node, x)
        yield x.label[:1].lower() == "w"
        yield x.call is not None
        yield np.ndim(x.data)
        yield x in uses.factors
        yield -uses[x]

    for mine, other in zip(signs(a), signs(b), strict=True):
        if mine != other:
            return int(other > mine)
    return 0


def _is_number(x: Any) -> bool:
    return not isinstance(x, Node) or x.op is None


def _is_activation(node: Node, neuron: Neuron, uses: Uses) -> bool:
    """Tell the only operation on a sum alone: its function, where no group says so."""
    op: Any = node.op
    alone = (op.arity == 1 and op.name != "negative") or bool(op.defaults)
    return alone and uses[neuron.z] == 1 and node.operands[0] is neuron.z
