"""``cost``: what the derivatives of a graph cost, in reverse and in forward mode."""

from __future__ import annotations

from typing import Any, NamedTuple

from .backprop import differentiable_edges, graph_of
from .node import Node
from .value import Value

__all__ = ["Cost", "Operations", "cost"]


class Operations(NamedTuple):
    """What was counted."""

    passes: int
    multiplications: int
    additions: int

    @property
    def total(self) -> int:
        """Multiplications and additions."""
        return self.multiplications + self.additions


class Cost(NamedTuple):
    """Counts of operations; printed, they are a table.

    Attributes
    ----------
    inputs, outputs : int
        Leaves and roots.
    evaluation : int
        Operations that computed the roots: nodes that are no leaves.
    derivatives : int
        Local derivatives, one an edge below a root; either mode needs them.
    reverse, forward : Operations
        What either mode does with them to get the derivative of every root by every leaf.
    """

    inputs: int
    outputs: int
    evaluation: int
    derivatives: int
    reverse: Operations
    forward: Operations

    def __repr__(self) -> str:
        from .show.scene.text import aligned

        rows: list[tuple[str, ...]] = [("", "passes", "×", "+", "total", "per operation")]
        for name, each, mode in (
            ("reverse mode", "root", self.reverse), ("forward mode", "leaf", self.forward),
        ):  # fmt: skip
            share = f"{mode.total / self.evaluation:.2f}" if self.evaluation else "–"
            counts = (mode.passes, mode.multiplications, mode.additions, mode.total)
            rows.append((f"{name}, one pass a {each}", *(f"{n:,}" for n in counts), share))
        leaves, roots = _several(self.inputs, "leaf", "leaves"), _several(self.outputs, "root")
        return (
            f"{leaves}, {roots}: {_several(self.evaluation, 'operation')}, "
            f"{_several(self.derivatives, 'local derivative')}\n\n{aligned(rows, '<>>>>>')}"
        )

    def _repr_html_(self) -> str | None:
        from .show.paint.page import in_jupyter, plain

        return None if in_jupyter() else plain(repr(self))


def cost(*roots: Value) -> Cost:
    """Count what the derivatives of one or more roots by all their leaves cost.

    An edge is an operand that is a Value: constants have no derivative and cost nothing. Each
    edge has a local derivative, and both modes do this with it:

    - *Reverse mode* makes one pass a root. On each edge below that root it multiplies once
      (upstream · local), and adds once for each contribution to a node after the first.
    - *Forward mode* makes one pass a leaf. On each edge above that leaf it multiplies once
      (local · tangent), and adds once for each contribution to a node after the first.

    Products with 1 are counted, too. So with n leaves and one root
    reverse mode costs a small multiple of the evaluation, however large n is, and forward mode up
    to n times as much; with one leaf and m roots it is the other way round (Griewank & Walther,
    *Evaluating Derivatives*, 2nd ed., sections 3.2 to 3.3).

    Parameters
    ----------
    *roots : Value
        The results to differentiate. For an element of a Tensor, use `zoom`.

    Raises
    ------
    TypeError
        If one of them is not a Value, or there are none.

    Examples
    --------
    >>> from autograd import values
    >>> w, x = values([0.1, 0.2, 0.3, 0.4], "w"), [1.0, 2.0, 3.0, 4.0]
    >>> cost(sum((wi * xi for wi, xi in zip(w, x)), Value(0.5, "b")).tanh())
    5 leaves, 1 root: 9 operations, 13 local derivatives
    <BLANKLINE>
                                   passes   ×  +  total  per operation
    reverse mode, one pass a root       1  13  0     13           1.44
    forward mode, one pass a leaf       5  23  0     23           2.56
    """
    for root in roots:
        if not isinstance(root, Value):
            raise TypeError(
                f"cost: expected Values, got {type(root).__name__}"
                + (": zoom(tensor, index) gives one element" if isinstance(root, Node) else "")
            )
    if not roots:
        raise TypeError("cost: expected one Value or more, got none")
    order, nodes = graph_of(roots)
    edges: list[tuple[Node, Any]] = [
        (node, x) for node in order for _, x in differentiable_edges(node)
    ]
    # A set is the bits of an integer. Which leaves each node depends on, and which roots on it:
    leaves = [node for node in nodes if node.op is None]
    below = dict.fromkeys(nodes, 0) | {leaf: 1 << i for i, leaf in enumerate(leaves)}
    for node, x in reversed(edges):
        below[node] |= below[x]
    above = dict.fromkeys(nodes, 0) | {root: 1 << i for i, root in enumerate(dict.fromkeys(roots))}
    started = len(set(roots))
    for node, x in edges:
        above[x] |= above[node]
    backward = sum(above[node].bit_count() for node, _ in edges)
    forward = sum(below[x].bit_count() for _, x in edges)
    # Of the products and seeds that meet at a node, all but the first are added.
    reached = sum(above[node].bit_count() for node in nodes)
    carried = sum(below[node].bit_count() for node in order)
    return Cost(
        len(leaves), started, len(order), sum(above[node] != 0 for node, _ in edges),
        Operations(started, backward, backward + started - reached),
        Operations(len(leaves), forward, forward - carried),
    )  # fmt: skip


def _several(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
