"""Neurons, recognised by what they compute: a weighted sum of inputs, and a function of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ...node import Node

__all__ = ["Neuron", "Term", "find_neurons", "is_activation", "leaf_uses", "weight_position"]


class Term(NamedTuple):
    """A summand: weight · x; or an x without weight, a bias if that is a leaf or a number."""

    weight: Node | None
    x: Any
    minus: bool = False  # taken away: a threshold

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
    def key(self) -> Hashable:
        """What all calls of the same neuron have in common: its parameters."""
        return tuple(
            term.x if term.is_bias else None if term.weight is None else term.weight
            for term in self.terms
        )

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
        signs = dict.fromkeys("−" if term.minus else "+" for term in self._own)
        total = "Σ w·x" + "".join(f" {sign} b" for sign in signs)
        op = self.after[0].op if self.after else None
        return total if op is None else f"{op.symbol if len(self.after) == 1 else 'φ'}({total})"

    @property
    def y(self) -> Node:
        """The output."""
        return self.after[-1] if self.after else self.z


def find_neurons(nodes: Sequence[Node], uses: Counter[Node], grouped: bool) -> list[Neuron]:
    """Find the weighted sums among the operations of one group, and what comes after each.

    Parameters
    ----------
    nodes : sequence of Node
        The operations, operands before consumers.
    uses : Counter of Node
        How often each leaf of the whole graph is used.
    grouped : bool
        Whether they are a group. There, all that depends on one sum is its function; without
        groups, that is only one operation.
    """
    sums: dict[Node, Neuron] = {}  # that are not yet part of a larger one
    for node in nodes:
        assert node.op is not None
        name, operands = node.op.name, node.operands
        if name == "multiply":
            position = weight_position(operands[0], operands[1], uses)
            if position is not None and not (grouped and operands[1 - position] in sums):
                term = Term(operands[position], operands[1 - position])
                sums[node] = Neuron([term], [node], node)
        elif name == "add" or (name == "subtract" and _is_number(operands[1])):
            parts = [sums.pop(x, None) if isinstance(x, Node) else None for x in operands]
            if any(parts):
                signs = False, name == "subtract"
                left, right = (
                    part or Neuron([Term(None, x, minus)], [], node)
                    for part, x, minus in zip(parts, operands, signs, strict=True)
                )
                # In place, since a sum of a thousand terms is made of a thousand sums.
                left.terms += right.terms
                left.nodes += [*right.nodes, node]
                left.z = node
                sums[node] = left
    owner = {neuron.z: neuron for neuron in sums.values()}
    inside, taken = set(nodes), {node for neuron in sums.values() for node in neuron.nodes}
    for node in nodes:
        if node not in taken:
            before = {owner.get(x) for x in node.operands if isinstance(x, Node) and x in inside}
            neuron = before.pop() if len(before) == 1 else None
            if neuron is not None and (grouped or is_activation(node, neuron)):
                owner[node] = neuron
                neuron.after.append(node)
    return list(sums.values())


def weight_position(a: Any, b: Any, uses: Counter[Node]) -> int | None:
    """Say which factor of a product is the weight; None if none is a leaf, or both are one."""
    leaves = [isinstance(x, Node) and x.op is None for x in (a, b)]
    if a is b or True not in leaves:
        return None
    if False in leaves:
        return leaves.index(True)

    def likelihood(x: Node) -> tuple[bool, bool, int, int]:
        """Ask whether it is called a weight, made where it is used, a matrix, used once."""
        return x.label[:1].lower() == "w", bool(x.group), np.ndim(x.data), -uses[x]

    return int(likelihood(b) > likelihood(a))


def _is_number(x: Any) -> bool:
    return not isinstance(x, Node) or x.op is None


def is_activation(node: Node, neuron: Neuron) -> bool:
    """Tell the first operation on a sum alone: its function, where no group says so."""
    assert node.op is not None
    alone = (node.op.arity == 1 and node.op.name != "negative") or bool(node.op.defaults)
    return alone and not neuron.after and node.operands[0] is neuron.z


def leaf_uses(nodes: Iterable[Node]) -> Counter[Node]:
    """Count how often each leaf is an operand."""
    return Counter(
        x for node in nodes for x in node.operands if isinstance(x, Node) and x.op is None
    )
