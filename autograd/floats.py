"""The backward pass of Values: from the newest to the oldest, row by row.

Whoever was created later cannot be an operand: so the order of creation is all the order that a
backward pass needs. Values stand in a list at the place of their serial number, which is walked
from its end. Nothing is searched, sorted or hashed, and nothing is marked in the graph: two threads
may walk it at once, and a pass that an exception ends has changed nothing.

The derivatives of the common rows are written into the loop, as the table has them: to call them
would take as long as all the rest.
"""

import re
from heapq import heapify, heappop, heappush
from typing import Any

from .backprop import propagate, stale
from .modes import current
from .node import Node
from .ops import TABLE, Elementwise, chain

__all__ = ["COMMON", "newest_first", "propagate_floats", "slopes", "unrolled"]

Window = tuple[list[Any], list[Any]]  # Values, and the gradient of each; None where is no Value


def unrolled(root: Node, seed: float) -> bool:
    """Do a backward pass, and tell whether it was done: not where care is needed."""
    windows = newest_first({root: seed})
    for nodes, grads in windows:
        for node, g in zip(nodes, grads, strict=True):
            if node is None:
                continue
            if node.op is not None or node.grad is None:
                node.grad = g
            elif g is not None:
                node.grad += g
    return bool(windows)


def propagate_floats(order: list[Node], grads: dict[Node, Any], store: bool = False) -> None:
    """Do what `propagate` does, for the Values of a graph."""
    if order:
        seeds = {x: g for x, g in grads.items()
                 if g is not None and x._propagate is propagate_floats}  # fmt: skip
        windows = newest_first(seeds, order[-1]._serial)
        for nodes, found in windows:
            grads.update(zip(nodes, found, strict=True))
        if not windows:
            propagate(order, grads)


def newest_first(seeds: dict[Any, Any], since: int = 0) -> list[Window]:
    """Give all Values that `seeds` depend on, with their gradients; nothing where care is needed.

    Values from before the serial number `since` count as leaves.

    A list holds a window of serial numbers, of which there may be far more than Values; whoever is
    older waits in a heap. The next window is as large as the Values in this one suggest: so time
    and memory are in proportion to the graph.
    """
    if current.get().anomaly:
        return []
    older: dict[Any, Any] = dict(seeds)
    waiting = [(-x._serial, x) for x in seeds]
    heapify(waiting)
    windows: list[Window] = []
    size = 64

    def reach(x: Node, c: Any, node: Node) -> None:
        """Add what `node` contributes to its operand `x`; None adds nothing."""
        if x._serial > node._serial:
            raise stale(x, node)
        place: Any = x._serial - base
        totals: Any = grads
        if place >= 0:
            values[place] = x
        else:
            place, totals = x, older
            if x not in older:
                older[x] = None
                heappush(waiting, (-x._serial, x))
        total = totals[place]
        totals[place] = total if c is None else c if total is None else total + c

    try:
        while waiting and -waiting[0][0] >= since:
            newest = -waiting[0][0]
            base = max(newest + 1 - size, since)
            values: list[Any] = [None] * (newest + 1 - base)
            grads: list[Any] = values.copy()
            while waiting and -waiting[0][0] >= base:
                serial, x = heappop(waiting)
                values[-serial - base], grads[-serial - base] = x, older.pop(x)
            size = 4 + 4 * _walk(values, grads, base, reach)
            windows.append((values, grads))
    except (ArithmeticError, ValueError):  # a partial divided by zero, say
        return []
    return [*windows, (list(older), list(older.values()))]


def _contributions(node: Node, g: Any) -> list[tuple[Node, Any]]:
    """List the operands of a Value, each with what it gets of the gradient `g`, None if nothing."""
    op: Any = node.op
    nodes = [x for x in node.operands if isinstance(x, Node)]
    if g is None or not op.differentiable:
        return [(x, None) for x in nodes if x.op is not None]
    numbers = [x._data if isinstance(x, Node) else x for x in node.operands]
    slopes = [d(*numbers, node._data) if callable(d) and isinstance(x, Node) else d
              for x, d in zip(node.operands, op.partials, strict=True)]  # fmt: skip
    return [(x, d if d is None else g if d == 1 and op.arity == 2 else chain.scalar(g, d))
            for x, d in zip(node.operands, slopes, strict=True) if isinstance(x, Node)]


# --- The loop, with the derivatives of the table --------------------------------------------------

COMMON = ("add", "multiply", "subtract", "relu", "tanh", "divide", "power", "negative", "sigmoid",
           "exp", "log", "square", "sqrt")  # fmt: skip

_LOOP = """
def walk(values, grads, base, reach):
    gaps = 0
    for i in range(len(values) - 1, -1, -1):
        node = values[i]
        if node is None:
            gaps += 1
            continue
        op = node.op
        if op is None:
            continue
        g = grads[i]
        if g is None:
            pass{rows}
        for x, c in contributions(node, g):
            reach(x, c, node)
    return len(values) - gaps
"""

_ROW = """
        elif op is {op.name}_row:{loads}{edges}
            continue"""

_EDGE = """
            if {x}.__class__ is not float:
                d = {d}
                c = g * d if g and (d or g != g) else {otherwise}
                k = {x}._serial - base
                if 0 <= k < i:
                    total = grads[k]
                    if total is None:
                        values[k] = {x}
                        grads[k] = c
                    else:
                        grads[k] = total + c
                else:
                    reach({x}, c, node)"""


class _Code:
    """Python code: handed to a partial in place of a number, out comes the formula."""

    def __init__(self, text: str) -> None:
        self.text = text

    @staticmethod
    def of(x: Any) -> str:
        """Write what a partial gave, or is."""
        return x.text if isinstance(x, _Code) else repr(float(x))

    @staticmethod
    def _record(op: Elementwise, operands: tuple[Any, ...]) -> "_Code":
        return _Code(f"{op.name}({', '.join(map(_Code.of, operands))})")  # what every row calls

    def __neg__(self) -> "_Code":
        return _Code(f"(-{self.text})")


def _infix(sign: str) -> Any:
    """Make an operator of code, and its reflected twin."""

    def forward(a: Any, b: Any) -> _Code:
        return _Code(f"({_Code.of(a)} {sign} {_Code.of(b)})")

    return forward, lambda b, a: forward(a, b)


_SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "gt": ">", "eq": "=="}

for _name, _sign in _SIGNS.items():
    for _prefix, _function in zip(("__", "__r"), _infix(_sign), strict=True):
        setattr(_Code, f"{_prefix}{_name}__", _function)


def slopes(op: Elementwise) -> list[str]:
    """Write the derivatives of a row as Python.

    >>> from autograd.ops import divide, tanh
    >>> slopes(tanh), slopes(divide)
    (['(1.0 - (y * y))'], ['(1.0 / b)', '((-y) / b)'])
    """
    given = [_Code(name) for name in (*op.operand_names, "y")]
    return [_Code.of(d(*given) if callable(d) else d) for d in op.partials]


def _row(op: Elementwise) -> str:
    """Write how a row hands a gradient to its operands."""
    sides = ("left", "right")[: op.arity]
    written = slopes(op)
    loads = {x: f"node._{x}" for x in sides}
    loads |= {name: f"{x} if {x}.__class__ is float else {x}._data"
              for name, x in zip(op.operand_names, sides, strict=True)}  # fmt: skip
    loads |= {"y": "node._data"}
    edges = [_EDGE.format(x=x, d=d, otherwise="g if d == 1 else 0.0" if op.arity == 2 else "0.0")
             for x, d in zip(sides, written, strict=True)]  # fmt: skip
    used = set(re.findall(r"\w+", " ".join((*written, *sides))))
    return _ROW.format(op=op, edges="".join(edges), loads="".join(
        f"\n            {name} = {load}" for name, load in loads.items() if name in used))


def _compiled() -> Any:
    """Write the loop, with the rows in it, and compile it."""
    text = _LOOP.format(rows="".join(_row(TABLE[name]) for name in COMMON))
    names: dict[str, Any] = {"contributions": _contributions}
    names |= {name: op.scalar for name, op in TABLE.items()}
    names |= {f"{name}_row": TABLE[name] for name in COMMON}
    exec(compile(text, "<the backward pass of Values>", "exec"), names)
    return names["walk"]


def _walk(*arguments: Any) -> int:
    """Compile the loop when it is first needed, and put it in the place of this function."""
    globals()["_walk"] = walk = _compiled()
    size: int = walk(*arguments)
    return size
