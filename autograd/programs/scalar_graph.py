"""Read: a recorded graph of Values as arrays, a number a node."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from ..backprop import graph_of, stale
from ..value import Value

__all__ = ["BATCHED", "BATCHLESS", "CONSTANT", "ScalarGraph", "read", "upwards"]

CONSTANT, BATCHLESS, BATCHED = 0, 1, 2  # depends on nothing, on parameters alone, on an input


class ScalarGraph:
    """A graph as arrays. Leaves are numbered first: inputs, parameters, constants.

    Then come the results, each after its operands, and at last the plain numbers.

    Attributes
    ----------
    nodes : list of Value
        All but the plain numbers.
    ops : list of Elementwise
        The operations that occur.
    code : ndarray of int, shape (n,)
        Which operation made a node; −1 for leaves, and for what depends on constants alone.
    operands : ndarray of int, shape (n, arity)
        The numbers of the operands, −1 where there are fewer.
    data : ndarray, shape (n,)
        The numbers that were recorded.
    kind : ndarray of int, shape (n,)
        CONSTANT, BATCHLESS or BATCHED.
    first : int
        The number of the first result.
    roots : ndarray of int
        The numbers of the outputs.
    """

    nodes: list[Any]
    ops: list[Any]
    code: np.ndarray
    operands: np.ndarray
    data: np.ndarray
    kind: np.ndarray
    first: int
    roots: np.ndarray

    def columns(self) -> list[list[int]]:
        """Give the operands of the results: a list of all first ones, one of all second ones."""
        results = self.operands[self.first : len(self.nodes)]
        return [column.tolist() for column in results.T]

    def code_of(self, name: str) -> int:
        """Give the code of an operation; −2 if it does not occur."""
        return next((i for i, op in enumerate(self.ops) if op.name == name), -2)


def read(
    roots: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value]
) -> ScalarGraph:
    """Give numbers to the nodes that `roots` depend on, and all inputs and parameters.

    Raises
    ------
    RuntimeError
        If a leaf that is a constant was changed after it had been used.
    """
    g = ScalarGraph()
    results, found = graph_of(roots)
    results.reverse()
    index: dict[Any, int] = {node: i for i, node in enumerate(chain(inputs, parameters))}
    varying = len(index)
    for node in found:
        if node.op is None and node not in index:
            index[node] = len(index)
    g.first = len(index)
    index.update(zip(results, range(g.first, g.first + len(results)), strict=True))
    g.nodes = list(index)

    flat = [x for node in results for x in node.operands]
    ids = np.array([-1 if x.__class__ is float else index[x] for x in flat], int)
    bits = np.array([x for x in flat if x.__class__ is float], float).view(np.int64)
    numbers, inverse = np.unique(bits, return_inverse=True)  # by bits: −0.0 is not 0.0
    ids[ids < 0] = len(index) + inverse
    codes: dict[Any, int] = {}
    code = np.array([codes.setdefault(node.op, len(codes)) for node in results], int)
    g.ops = list(codes)
    arity = np.array([op.arity for op in g.ops], int)[code]
    n = len(index) + len(numbers)
    g.operands = np.full((n, arity.max(initial=1)), -1)
    rows = g.operands[g.first : len(index)]
    rows[np.arange(rows.shape[1]) < arity[:, None]] = ids
    g.code = np.full(n, -1)
    g.code[g.first : len(index)] = code
    g.data = np.concatenate([[node._data for node in g.nodes], numbers.view(float)])

    for k in np.flatnonzero((ids >= varying) & (ids < g.first)).tolist():
        consumer = results[np.searchsorted(np.cumsum(arity), k, side="right")]
        if flat[k]._serial > consumer._serial:
            raise stale(flat[k], consumer)
    kind = [BATCHED] * len(inputs) + [BATCHLESS] * len(parameters)
    kind += [CONSTANT] * (n - len(kind))
    g.kind = np.array(upwards(g, kind), np.int8)
    g.code[g.kind == CONSTANT] = -1  # what depends on constants alone is one: its number is known
    g.roots = np.array([index[root] for root in roots], int)
    return g


def upwards(g: ScalarGraph, values: list[int], plus: np.ndarray | None = None) -> list[int]:
    """Give each result the largest value of its operands, plus a number of its own.

    One pass in plain Python: a deep graph has too few nodes a level for NumPy.
    """
    values.append(0)  # the operand −1
    columns = g.columns()
    own = [0] * len(columns[0]) if plus is None else plus[g.first : len(g.nodes)].tolist()
    if len(columns) == 2:
        for i, (a, b, more) in enumerate(zip(*columns, own, strict=True), g.first):
            x, y = values[a], values[b]
            values[i] = (x if x > y else y) + more
    else:
        value: Callable[[int], int] = values.__getitem__
        for i, (*row, more) in enumerate(zip(*columns, own, strict=True), g.first):
            values[i] = max(map(value, row)) + more
    return values[:-1]
