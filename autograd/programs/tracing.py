"""Tracing: a function of Tensors becomes lines, forward and backward, to be written down."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..backprop import graph_of, propagate, topological_order
from ..modes import changed
from ..tensor import Tensor
from .lines import Line, Trace, lines_of
from .traced import Traced, UntraceableError, is_numpys, leaf

__all__ = ["trace"]


def trace(
    f: Callable[..., Mapping[str, Any]], arguments: Mapping[str, Any], wrt: Sequence[str],
    drawn: Mapping[str, Traced] | None = None, seeds: Sequence[str] = (),
) -> Trace:  # fmt: skip
    """Trace a function and the backward pass of its first result.

    Parameters
    ----------
    f : callable
        Takes a Traced for each argument, by name; gives results by name, Tensors.
    arguments : dict
        An array for each argument, or a leaf.
    wrt : sequence of str
        The arguments by which to differentiate.
    drawn : dict, optional
        Where `f` puts leaves that it makes on the way, by name: random numbers are arguments, too.
    seeds : sequence of str, optional
        What the gradients of all results are called, if these are arguments; if not, gradients are
        of the first result.

    Raises
    ------
    UntraceableError
        If what it computes hangs on numbers in a way that no graph records.
    """
    leaves = {n: x if isinstance(x, Traced) else leaf(x) for n, x in arguments.items()}
    with changed(recording=True, anomaly=False, call=None), np.errstate(all="ignore"):
        results = dict(f(**leaves))
        leaves |= drawn or {}
        for name, y in results.items():
            if not isinstance(y, Traced):
                raise UntraceableError(f"{name} does not depend on what is learned")
        roots = list(results.values()) if seeds else list(results.values())[:1]
        order, slopes = graph_of(roots)
        starts = [leaf(np.ones_like(y._data)) for y in roots]
        slopes |= zip(roots, starts, strict=True)
        with changed(lenient=True):
            propagate(order, slopes, create_graph=True)
        gradients = {n: slopes.get(leaves[n]) for n in wrt}
    named: dict[Any, Any] = {}
    if seeds:
        leaves |= zip(seeds, starts, strict=True)
    else:
        named[starts[0]] = 1.0
    for name, x in leaves.items():
        named[x] = Line(None, (), {}, x._data)
        named[x].name = name
    ends = [x for x in (*results.values(), *gradients.values()) if isinstance(x, Tensor)]
    found = topological_order(*ends)[::-1]
    if strange := [x for x in found if x.op is None and x not in named]:
        raise UntraceableError(f"it computes from {strange[0]!r}, which is no parameter of it")
    made = lines_of(found, named, apart=lambda op: not is_numpys(op))
    return Trace(
        {n: named[x] for n, x in leaves.items()}, {n: made[y] for n, y in results.items()},
        {n: 0.0 if g is None else made.get(g, g) for n, g in gradients.items()})
