"""Parameters of layers, told from inputs, which are what weights are multiplied with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...node import Node
from ...value import Value
from .folds import Use
from .neurons import weight_position
from .quotient import Uses
from .scopes import Scope

__all__ = ["PRODUCTS", "SUMS", "Parameters"]

PRODUCTS = {"multiply", "matmul", "dot", "linear"}
SUMS = {"add", "subtract"}


class Parameters:
    """The layers of a graph and what they own.

    An object owns its parameters; in a group in user code weights are parameters, and leaves that
    are added there and are nowhere an input.

    Attributes
    ----------
    calls : mapping of Node to Scope
        The call of each operation.
    layers : dict of Node to Scope
        The layer that it was made in: hidden, for a number of hidden/h1.
    numbers : Counter of Scope
        Of each call with weights, how many numbers they are multiplied with.
    arrays : dict of Scope to dict
        And which arrays.
    places : dict of Node to int
        Which operands are parameters, as bits.
    """

    def __init__(self, calls: Mapping[Node, Scope | None], uses: Uses) -> None:
        self.calls = calls
        self.layers = {node: _layer_of(node, scope) for node, scope in calls.items()}
        self.numbers: Counter[Scope | None] = Counter()
        self.arrays: dict[Scope | None, dict[int, Any]] = {}
        self.places: dict[Node, int] = {}
        inputs: set[Node] = set()
        others: list[Use] = []
        for node, scope in calls.items():
            if self.layers[node] is None:
                continue
            name, operands, weight, bits = node.op.name, node.operands, None, 0  # type: ignore[union-attr]
            if name in PRODUCTS:
                weight = 1 if name == "linear" else weight_position(node, uses)
                if weight is not None:
                    x = operands[1 - weight]
                    self.numbers[scope] += isinstance(x, float)
                    if isinstance(x, np.ndarray):
                        self.arrays.setdefault(scope, {})[id(x)] = x
            for i, x in enumerate(operands):
                if not isinstance(x, Node) or x.op is not None:
                    continue
                if weight == i or uses.owned(node, x) or (i == 2 and name == "linear"):
                    bits |= 1 << i
                elif name in SUMS:
                    others.append(Use(node, i))
                else:
                    inputs.add(x)
            if bits:
                self.places[node] = bits
        for use in others:
            if use.operand not in inputs and calls[use.node] in self.numbers:
                self.places[use.node] = self.places.get(use.node, 0) | 1 << use.position


def _layer_of(node: Node, scope: Scope | None) -> Scope | None:
    inside = scope is not None and scope.leaf and scope.outer and isinstance(node, Value)
    return scope.outer if inside and scope is not None else scope
