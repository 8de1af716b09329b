"""Derivatives as one would write them: without ·1, +0 and −−, and nothing computed twice.

The chain rule, applied by a machine, multiplies by a local derivative of 1 or −1 and computes
the same product on either side of a square. The rules take that out of the *picture* of a graph.
The graph itself stays as it was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...modes import Mode
from ...node import Node, recorded

__all__ = ["is_derivative", "simplified"]

Term = tuple[Any, ...]  # an operation and its operands
Rule = Callable[..., Any]  # gives an operand, a number or a Term; None where it does not apply

_NOTHING: Term = (None, None, None)


def _is(x: Any, number: float) -> bool:
    """Tell a constant that is this number, or an array of it."""
    return not isinstance(x, Node) and bool(np.all(np.equal(x, number)))


def _split(x: Any, *names: str) -> Term:
    """Take apart what one of some operations made: operation and operands."""
    match = isinstance(x, Node) and x.op is not None and x.op.name in names and not x.label
    return (x.op, *x.operands, None)[:3] if match else _NOTHING


def _constant(x: Any) -> bool:
    return isinstance(x, float)


def _factor(a: Any, b: Any) -> Any:
    """Draw a constant out of a product: c·(d·x) and c·(−x) are (cd)·x and (−c)·x."""
    op, d, x = _split(b, "multiply", "chain")
    if op and _constant(d):
        return op, a * d, x
    op, x, _ = _split(b, "negative")
    return (ops.multiply, -a, x) if op else None


_PRODUCT: tuple[Rule, ...] = (
    lambda a, b: a if _is(b, 1) else b if _is(a, 1) else None,               # a·1 = a, 1·b = b
    lambda a, b: 0.0 if _is(a, 0) or _is(b, 0) else None,                    # a·0 = 0·b = 0
    lambda a, b: (ops.negative, a) if _is(b, -1) else None,                  # a·(−1) = −a
    lambda a, b: (ops.negative, b) if _is(a, -1) else None,                  # (−1)·b = −b
    lambda a, b: (ops.multiply, b, a) if _constant(b) else None,             # a·c = c·a
    lambda a, b: _factor(a, b) if _constant(a) else None,                    # c·(d·x) = (cd)·x
)  # fmt: skip
_RULES: dict[str, tuple[Rule, ...]] = {
    "multiply": _PRODUCT,
    "chain": _PRODUCT,
    "add": (
        lambda a, b: a if _is(b, 0) else b if _is(a, 0) else None,           # a + 0 = a, 0 + b = b
        lambda a, b: (ops.multiply, 2.0, a) if a is b else None,             # a + a = 2a
        lambda a, b: _without_minus(ops.subtract, a, b),                     # a + (−b) = a − b
        lambda a, b: _without_minus(ops.subtract, b, a),                     # (−a) + b = b − a
    ),
    "subtract": (
        lambda a, b: a if _is(b, 0) else None,                               # a − 0 = a
        lambda a, b: (ops.negative, b) if _is(a, 0) else None,               # 0 − b = −b
        lambda a, b: _without_minus(ops.add, a, b),                          # a − (−b) = a + b
    ),
    "negative": (
        lambda a: _split(a, "negative")[1],                                  # −(−a) = a
        lambda a: _factor(-1.0, a),                                          # −(c·a) = (−c)·a
    ),
    "positive": (lambda a: a,),                                              # +a = a
    "divide": (lambda a, b: a if _is(b, 1) else None,),                      # a / 1 = a
    "power": (lambda a, b: a if _is(b, 1) else None,),                       # a¹ = a
}  # fmt: skip


def _without_minus(op: Any, a: Any, b: Any) -> Term | None:
    minus, x, _ = _split(b, "negative")
    return (op, a, x) if minus else None


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
        term: Any = (node.op, *(stands_for[x] if isinstance(x, Node) else x for x in node.operands))
        while isinstance(term, tuple):
            simpler = next((x for x in _tries(term) if x is not None), None)
            if isinstance(simpler, tuple):
                _pass_by(node, term, simpler)
            elif not _can_replace(simpler, node, any(node is x for x in roots)):
                break
            term = simpler
        stands_for[node] = _made(node, term, made) if isinstance(term, tuple) else term
    return [stands_for[root] for root in roots]


def _tries(term: Term) -> Iterator[Any]:
    op, *operands = term
    return (rule(*operands) for rule in _RULES.get(op.name, ()))


def _can_replace(x: Any, node: Node, is_root: bool) -> bool:
    """Tell whether an operand or a number may stand in the place of a node."""
    if x is None or node.label or (is_root and not (isinstance(x, Node) and x.op)):
        return False
    return bool(np.shape(getattr(x, "data", x)) == np.shape(node.data))


def _pass_by(node: Node, term: Term, simpler: Term) -> None:
    """Take from the gradient of each operand that is passed by what it no longer gets."""
    op, *operands = term
    if node.grad is None:
        return
    values = [x.data if isinstance(x, Node) else x for x in operands]
    for i, x in enumerate(operands):
        if isinstance(x, Node) and x.grad is not None and not any(x is y for y in simpler[1:]):
            partial = op.partials[i]
            local = partial(*values, node.data) if callable(partial) else partial
            rest = x.grad - node.grad * local
            x.grad = np.where(abs(rest) > 1e-12 * abs(x.grad), rest, 0.0)[()]


def _made(node: Node, term: Term, made: dict[Any, Node]) -> Node:
    """Copy a node with other operands, or find one that is the same."""
    op, *operands = term
    key = (op, node.group, repr(node.settings),
           *(x if isinstance(x, float) else id(x) for x in operands))  # fmt: skip
    same = made.get(key)
    if same is not None and not node.label:
        if node.grad is not None:
            same.grad = node.grad if same.grad is None else same.grad + node.grad
        return same
    left, right = operands[0], operands[-1]
    if op.arity is None or op.arity > 2:
        left, right = tuple(operands), node.settings
    copy: Node = recorded(type(node), op, left, right, node.data, Mode(group=node.group))
    copy._serial, copy.label, copy.grad = node._serial, node.label, node.grad
    made.setdefault(key, copy)
    return copy
