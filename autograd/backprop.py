"""Backpropagation: the chain rule, applied once an edge, from a root to its leaves.

No recursion, no closures in the graph, and nothing is stored before a pass is complete.
"""

import warnings
from collections import deque
from collections.abc import Collection, Iterator
from math import inf
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from .modes import changed, current
from .node import Node

__all__ = ["Step", "backward", "local_derivatives", "topological_order", "walk"]

creation = attrgetter("_serial")


def topological_order(*roots: Node) -> list[Node]:
    """List the nodes that `roots` depend on, every node before its operands, leaves last.

    Whoever was created later cannot be an operand: so the newest first is a topological order,
    in which each node stands once, however many paths lead to it.

    Examples
    --------
    >>> from autograd import Value
    >>> a = Value(3.0, label="a")
    >>> square = a * a
    >>> [node.label or node.op.symbol for node in topological_order(square + a)]
    ['+', '×', 'a']
    """
    for root in roots:
        if not isinstance(root, Node):
            raise TypeError(f"topological_order takes Values or Tensors, got {root!r:.60}")
    inner, grads = graph_of(roots)
    return inner + [node for node in grads if node.op is None]


def graph_of(
    roots: Collection[Node], since: int = 0, limit: float = inf
) -> tuple[list[Node], dict[Node, Any]]:
    """Give the nodes with operands, in topological order; and every node, with a gradient None.

    Nodes that were created before the serial number `since` count as leaves: they cannot depend
    on any that were created after it. After more than `limit` nodes the rest is left out.
    """
    grads: dict[Node, Any] = dict.fromkeys(roots)
    found = list(grads)
    inner = []
    while found and len(grads) <= limit:
        node = found.pop()
        op: Any = node.op
        if op is None or node._serial < since:
            continue
        inner.append(node)
        arity = op.arity
        for x in ((node._right, node._left) if arity == 2 else
                  node._left if arity is None else node.operands):  # fmt: skip
            if isinstance(x, Node) and x not in grads:
                grads[x] = None
                found.append(x)
    inner.sort(key=creation, reverse=True)
    return inner, grads


def backward(root: Any, gradient: Any = None, **others: Any) -> None:
    """Add the derivative of `root` to the ``grad`` of every leaf that it depends on.

    Nodes in between get the derivative of this pass in place of an older one.

    Parameters
    ----------
    root : Node
        The node to differentiate.
    gradient : number, optional
        The derivative to start from; 1 if not given.

    Raises
    ------
    RuntimeError
        If a leaf was changed after it had been used. No ``grad`` is touched then.

    Examples
    --------
    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """
    if others:
        raise TypeError(
            f"backward takes no {', '.join(f'{n}=' for n in others)}: a graph is kept as long as a "
            "name holds it, and gone through as often as you like; for derivatives of derivatives "
            "write gradients(y, xs, create_graph=True)"
        )
    seed = root._seed(gradient)
    if not root._unrolled(seed):
        order, grads = graph_of((root,))
        grads[root] = seed
        root._propagate(order, grads, store=True)
        root._store(grads)


def propagate(
    order: list[Node], grads: dict[Node, Any], create_graph: bool = False, store: bool = False
) -> None:
    """Apply the chain rule along every edge of `order`; `grads` holds the roots' gradients."""
    with np.errstate(all="ignore"):
        deque(sweep(order, grads, create_graph, store), maxlen=0)


class Step(NamedTuple):
    """One application of the chain rule: one edge of the graph, walked backward."""

    node: Node  # the consumer
    position: int  # which of its operands
    operand: Node
    upstream: Any  # ∂root/∂node
    local: Any  # ∂node/∂operand
    contribution: Any  # upstream · local
    total: Any  # ∂root/∂operand, as far as it has been added up


def walk(root: Node, gradient: Any = None) -> Iterator[Step]:
    """Walk the backward pass step by step, and store nothing.

    Parameters
    ----------
    root : Node
        The node to differentiate.
    gradient : number, optional
        The derivative to start from; 1 if not given.

    Yields
    ------
    Step
        An edge, its local derivative and what it contributes.

    Raises
    ------
    RuntimeError
        If a leaf was changed after it had been used.

    Examples
    --------
    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(5.0, label="b")
    >>> for step in walk(a * b + a):
    ...     print(step.operand.label or "a·b", step.upstream, step.local, step.total)
    a·b 1.0 1.0 1.0
    a 1.0 1.0 1.0
    a 1.0 5.0 6.0
    b 1.0 2.0 2.0
    """
    if not isinstance(root, Node):
        raise TypeError(f"walk takes a Value or a Tensor, the result, got {root!r:.60}")
    order, grads = graph_of((root,))
    grads[root] = root._seed(gradient)
    steps = sweep(order, grads)
    while True:
        with np.errstate(all="ignore"):  # not across a yield: it would be the caller's, too
            step = next(steps, None)
        if step is None:
            return
        yield Step._make(step)


def sweep(
    order: list[Node], grads: dict[Node, Any], create_graph: bool = False, store: bool = False
) -> Iterator[tuple[Any, ...]]:
    """Apply the chain rule along every edge of `order`; yield what makes a `Step`."""
    anomaly = current.get().anomaly
    for node in reversed(order) if anomaly else ():  # a leaf before a view of it
        node._check_unchanged()
    for node in order:
        g = grads[node]
        if g is None:  # reached only through operands that pass no gradient on
            continue
        operands, y = node._operands_and_output(create_graph)
        for i, x in differentiable_edges(node):
            total = grads[x]
            d = node._local(i, operands, y)
            c = node._pull(i, x, g, d, operands, y, store and total is None)
            if anomaly:
                _inspect(node, i, g, d, c)
            grads[x] = total = c if total is None else total + c
            yield node, i, x, g, d, c, total


def push(
    order: list[Node], tangents: dict[Node, Any], create_graph: bool = False
) -> dict[Node, Any]:
    """Carry the tangents of leaves forward through `order`, operands first: forward mode."""
    with changed(recording=create_graph, lenient=True), np.errstate(all="ignore"):
        for node in reversed(order):
            operands, y = node._operands_and_output(create_graph)
            for i, x in differentiable_edges(node):
                if (t := tangents.get(x)) is not None:
                    c = node._push(i, t, node._local(i, operands, y), operands, y)
                    tangents[node] = tangents[node] + c if node in tangents else c
    return tangents


def differentiable_edges(node: Node) -> list[tuple[int, Node]]:
    """List the operands through which a derivative flows, with their positions."""
    op: Any = node.op
    if not op.differentiable:
        return []
    edges, made = [], node._serial
    for i, x in enumerate(node.operands):
        if isinstance(x, Node):
            if x._serial > made:
                raise stale(x, node)
            edges.append((i, x))
    return edges if op.all_flow else [(i, x) for i, x in edges if op.flows(i)]


def local_derivatives(node: Node) -> tuple[float | None, ...]:
    """Give ∂node/∂operand for each operand; None for constants and where no gradient flows.

    Examples
    --------
    >>> from autograd import Value
    >>> local_derivatives(Value(3.0) * Value(4.0))
    (4.0, 3.0)
    """
    op: Any = node.op
    operands, y = node._operands_and_output(False)
    with np.errstate(all="ignore"):
        return tuple(
            node._local(i, operands, y) if isinstance(x, Node) and op.flows(i) else None
            for i, x in enumerate(node.operands)
        )


def stale(leaf: Node, node: Node) -> RuntimeError:
    op: Any = node.op
    return RuntimeError(
        f"{leaf!r} was changed after {op.name} had used it, and the derivatives of that graph "
        "would be wrong: compute the result anew before backward(), or change leaves after it"
    )


def _inspect(node: Node, i: int, *edge: Any) -> None:
    """Report a NaN that is born in the backward pass, and a 0 · ∞ that counted as 0."""
    op: Any = node.op
    names = getattr(op, "operand_names", None)
    where = f"the derivative of {op.name} by {names[i] if names else f'operand {i}'} at {node!r}"
    g, d, c = (x._data if isinstance(x, Node) else x for x in edge)
    if np.isnan(c).any() and not np.isnan(g).any():
        raise FloatingPointError(
            f"{where} is {'nan' if d is None else d}: with {g} from upstream, the first NaN")
    if d is not None and (((g == 0) & ~np.isfinite(d)) | ((d == 0) & ~np.isfinite(g))).any():
        warnings.warn(f"{where} is {d}, and {g} from upstream: 0 · ∞ counts as 0", stacklevel=4)
