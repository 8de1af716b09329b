"""Derivatives as one would write them: without ·1, +0 and −−, and nothing computed twice.

The chain rule, applied by a machine, multiplies by a local derivative of 1 or −1 and computes
the same product on either side of a square. The rules take that out of the *picture* of a graph.
The graph itself stays as it was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...algebra import DRAWN, EXACT, REAL, Rules
from ...modes import Mode
from ...node import Node, recorded
from ...tensor import Tensor

__all__ = ["is_derivative", "simplified"]

Term = tuple[Any, tuple[Any, ...]]  # an operation and its operands


def _read(x: Any) -> tuple[Any, ...]:
    """Take apart a node that nobody gave a name; what is no node is a number or an array."""
    if not isinstance(x, Node):
        return None, (), x
    return (None, (), None) if x.label else (x.op, x.operands, None)


_SIMPLER = Rules(EXACT + REAL + DRAWN, read=_read)


def is_derivative(nodes: Sequence[Node]) -> bool:
    """Tell whether a graph has links of the chain rule in it."""
    return any(node.op is ops.chain for node in nodes)


def simplified(nodes: Sequence[Node], roots: Sequence[Node]) -> list[Node]:
    """Give roots that stand for the same numbers, of a graph with less trivial arithmetic.

    What is left has its data, its label and its group, and labelled nodes are never taken out.
    Gradients are those of the simpler graph: where two nodes become one, the sum of theirs.

    Parameters
    ----------
    nodes : sequence of Node
        A graph, operands before consumers.
    roots : sequence of Node
        Its roots.

    Examples
    --------
    >>> from autograd import Value, draw, gradients
    >>> x = Value(0.5, "x")
    >>> (slope,) = gradients(x.tanh(), [x], create_graph=True)
    >>> (curvature,) = gradients(slope, [x], create_graph=True)
    >>> draw(curvature)
    node  operation  operands     data  grad
    x                              0.5     –
    #2    tanh       x          0.4621     –
    #3    multiply   −2, #2    −0.9242     –
    #4    multiply   #2, #2     0.2136     –
    #5    subtract   1, #4      0.7864     –
    #6    chain      #3, #5    −0.7269     –
    """
    stands_for: dict[Node, Any] = {}
    made: dict[Any, Node] = {}
    for node in nodes:
        if node.op is None:
            stands_for[node] = node
            continue
        operands = tuple(stands_for[x] if isinstance(x, Node) else x for x in node.operands)
        term: Any = node.op, operands
        while isinstance(term, tuple):
            op, operands = term
            simpler = _SIMPLER(ops.multiply if op is ops.chain else op, operands)
            if isinstance(simpler, tuple):
                _pass_by(node, term, simpler)
            elif not _can_replace(simpler, node, any(node is x for x in roots)):
                break
            term = simpler
        stands_for[node] = _made(node, term, made) if isinstance(term, tuple) else term
    return [stands_for[root] for root in roots]


def _can_replace(x: Any, node: Node, is_root: bool) -> bool:
    """Tell whether an operand or a number may stand in the place of a node."""
    if x is None or node.label or (is_root and not (isinstance(x, Node) and x.op)):
        return False
    return bool(np.shape(getattr(x, "data", x)) == np.shape(node.data))


def _pass_by(node: Node, term: Term, simpler: Term) -> None:
    """Take from the gradient of each operand that is passed by what it no longer gets."""
    op, operands = term
    if node.grad is None:
        return
    values = [x.data if isinstance(x, Node) else x for x in operands]
    for i, x in enumerate(operands):
        if isinstance(x, Node) and x.grad is not None and not any(x is y for y in simpler[1]):
            partial = op.partials[i]
            local = partial(*values, node.data) if callable(partial) else partial
            rest = x.grad - node.grad * local
            x.grad = np.where(abs(rest) > 1e-12 * abs(x.grad), rest, 0.0)[()]


def _made(node: Node, term: Term, made: dict[Any, Node]) -> Node:
    """Copy a node with other operands, or find one that is the same."""
    op, operands = term
    key = (op, node.call, repr(node.settings),
           *(x if isinstance(x, float) else id(x) for x in operands))  # fmt: skip
    same = made.get(key)
    if same is not None and not node.label:
        if node.grad is not None:
            same.grad = node.grad if same.grad is None else same.grad + node.grad
        return same
    left, right = operands[0], operands[-1]
    if op.arity is None or op.arity > 2:
        left, right = tuple(operands), node.settings
    copy: Node = recorded(type(node), op, left, right, node._data, Mode(call=node.call))
    if isinstance(copy, Tensor):
        copy.out = None
    copy._serial, copy.label, copy.grad = node._serial, node.label, node.grad
    made.setdefault(key, copy)
    return copy
