"""Wrong backward passes, to be seen beside the right one: why the sort, and why the sum.

Nothing here is for use. These are the two mistakes that everybody makes who writes backpropagation
for the first time, and a third that hides the second; `compare` shows what comes of them.

>>> from autograd import Value
>>> x = Value(3.0, "x")
>>> y = x * x
>>> gradients(y, accumulate=False)[x], gradients(y)[x]
(3.0, 6.0)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from .backprop import Step, differentiable_edges, walk
from .node import Node
from .ops import chain
from .value import Value

if TYPE_CHECKING:
    from .show.steps.comparison import Comparison
    from .show.steps.steps import Steps

__all__ = ["ORDERS", "backward", "compare", "gradients", "steps", "wrong_walk"]

Order = Literal["topological", "depth-first", "recursive"]
ORDERS = ("topological", "depth-first", "recursive")
MOST_STEPS = 100_000  # of a pass that may walk every path


def wrong_walk(root: Value, order: Order = "topological", accumulate: bool = True) -> list[Step]:
    """Walk the backward pass in the wrong way, and store nothing; see `backward`."""
    if not isinstance(root, Value):
        raise TypeError(
            f"the wrong ways are shown on Values, got {type(root).__name__}: for an element of a "
            "Tensor, zoom(tensor, index)"
        )
    if order not in ORDERS:
        raise ValueError(f"order={order!r}; expected one of {', '.join(map(repr, ORDERS))}")
    grads: dict[Node, float] = {root: 1.0}
    taken = []
    for node, i, x, local in _edges(root, order):
        # What is passed on is whatever has arrived by now: in a wrong order, not yet all of it.
        upstream = grads[node]
        contribution = chain(upstream, local)
        grads[x] = grads[x] + contribution if accumulate and x in grads else contribution
        taken.append(Step(node, i, x, upstream, local, contribution, grads[x]))
        if len(taken) > MOST_STEPS:
            raise ValueError(
                f"order={order!r} takes more than {MOST_STEPS:,} steps: it walks every path, and "
                "their number doubles with every node that is used twice. Take a smaller graph"
            )
    return taken


def _edges(root: Value, order: Order) -> Iterator[tuple[Node, int, Node, float]]:
    """List the edges in the order in which they are walked, with their local derivatives."""
    if order == "topological":
        yield from ((step.node, step.position, step.operand, step.local) for step in walk(root))
        return
    visited: set[Node] = {root}
    # In place of recursion, of which Python has not enough: the nodes on the way, and what is left.
    stack: list[tuple[Node, Iterator[tuple[int, Node]]]]
    stack = [(root, iter(differentiable_edges(root) if root.op else ()))]
    while stack:
        node, edges = stack[-1]
        for i, x in edges:
            operands, y = node._operands_and_output(False)
            yield node, i, x, node._local(i, operands, y)
            if x.op is not None and (order == "recursive" or x not in visited):
                visited.add(x)
                stack.append((x, iter(differentiable_edges(x))))
                break
        else:
            stack.pop()


def gradients(
    root: Value, order: Order = "topological", accumulate: bool = True
) -> dict[Node, float]:
    """Give the gradients that `backward` would store, of every node that it reaches."""
    taken = wrong_walk(root, order, accumulate)
    return {root: 1.0} | {step.operand: step.total for step in taken}


def backward(root: Value, order: Order = "topological", accumulate: bool = True) -> None:
    """Put gradients into ``grad``, in a way that may be wrong.

    The grads of before are replaced: this is not meant to be trained with.

    Parameters
    ----------
    root : Value
        The node to differentiate.
    order : {"topological", "depth-first", "recursive"}
        When a node passes its gradient on to its operands. ``"topological"``: after all its
        consumers have contributed, which is right. ``"depth-first"``: as soon as it is reached
        for the first time, as in this function, which everybody writes first::

            def backward(node):
                visited.add(node)
                for operand, local in node.edges():
                    operand.grad += node.grad * local
                    if operand not in visited:
                        backward(operand)

        A node that two others use passes on what the first of them contributed; what the second
        contributes comes too late. ``"recursive"``: the same without ``visited``. Such a node
        passes on the first contribution, and then once more both; and the number of steps is that
        of all paths.
    accumulate : bool
        Whether the contributions to a node are added up (``+=``), which is right, or the last one
        replaces the others (``=``).

    Raises
    ------
    TypeError, ValueError
        If the root is no Value, for another order, or if there are too many steps.

    Examples
    --------
    >>> a = Value(3.0, "a")
    >>> b = a + 1
    >>> y = b * b * b
    >>> for order in ORDERS:
    ...     backward(y, order)
    ...     print(f"{order:12}{a.grad:5.0f}")
    topological    48
    depth-first    16
    recursive      96
    """
    for node, g in gradients(root, order, accumulate).items():
        node.grad = g


def compare(
    root: Value, order: Order = "topological", accumulate: bool = True
) -> Comparison:
    """Put the gradients of a wrong pass beside the right ones, and mark where they part.

    A notebook shows the picture of the graph, in which every box has both; ``str`` gives a table.
    No ``grad`` is touched.

    Examples
    --------
    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> y.label = "y"
    >>> compare(y, accumulate=False)
    In topological order, with = for +=
    <BLANKLINE>
    node  data  right  wrong
    x        3      6      3  ✗ first
    y        9      1      1
    <BLANKLINE>
    The gradients part at step 2, from y to x: 3 replaced the 3 that was there, where it should have
    been added.
    """
    from .show.steps.comparison import Comparison

    return Comparison(root, wrong_walk(root, order, accumulate), order, accumulate)


def steps(root: Value, order: Order = "topological", accumulate: bool = True) -> Steps:
    """Give the steps of a wrong pass, which a notebook plays as those of `autograd.steps`."""
    from .show.steps.steps import Steps

    remark = "".join([
        "" if order == "topological" else f", {order}: wrong",
        "" if accumulate else ", overwriting: wrong",
    ])  # fmt: skip
    return Steps(root, wrong_walk(root, order, accumulate), 1.0, remark)
