"""Lines: what is traced, simplified where that is exact; what is computed twice is one line."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..algebra import EXACT, Rules
from ..array_ops import broadcast_to, shape_of
from ..backprop import topological_order
from ..modes import changed
from ..node import Node
from ..ops import Elementwise, chain
from ..tensor import Tensor
from .traced import Traced, leaf

__all__ = [
    "Line", "Trace", "count", "difference", "lines_of", "number_in", "reachable", "singular",
    "split",
]  # fmt: skip


class Line:
    """A traced node, simplified: what becomes a line of code, or a part of one."""

    __slots__ = (
        "consumer", "dtype", "hint", "name", "op", "operands", "settings", "shape", "size", "uses",
    )  # fmt: skip

    def __init__(self, op: Any, operands: Sequence[Any], settings: Any, data: Any) -> None:
        self.op, self.operands, self.settings = op, tuple(operands), settings
        self.shape, self.dtype = data.shape, data.dtype
        self.name, self.hint = "", ""
        self.uses = 0
        self.consumer: Line | None = None  # the last that was found
        self.size = 1  # how many operations its text holds

    def is_a(self, *names: str) -> bool:
        """Tell whether its operation is one of these."""
        return self.op is not None and self.op.name in names


def _shape(x: Any) -> Any:
    return x.shape if isinstance(x, Line) else shape_of(x)


_SIMPLER = Rules(EXACT)


def _simpler(line: Line) -> Any:
    """Simplify a line whose operands are simple; what stands for it has its shape and type."""
    x = line.operands[0]
    if line.is_a("detach", "through"):
        return x
    if line.is_a("reshape", "broadcast_to") and _shape(x) == line.shape:
        return x                                                          # it has that shape
    if line.is_a("transpose") and _axes(line) == [*range(len(line.shape))]:
        return x                                                          # each axis stays
    if line.is_a("astype") and isinstance(x, Line) and x.dtype == line.dtype:
        return x                                                          # it has that type
    if line.is_a("chain") and any(isinstance(x, (int, float)) and x and np.isfinite(x)
                                  for x in line.operands):  # fmt: skip
        line.op = ops.multiply                                            # no 0 · ∞
    # Of truth values there is no negative, and the sum is no number.
    floats = all(x.dtype.kind == "f" for x in line.operands if isinstance(x, Line))
    while floats and (simpler := _SIMPLER(line.op, line.operands)) is not None:
        if not isinstance(simpler, tuple):
            fits = isinstance(simpler, Line) and simpler.shape == line.shape
            return simpler if fits and simpler.dtype == line.dtype else line
        line.op, line.operands = simpler
    if isinstance(line.op, Elementwise) and len(line.operands) == 2:      # it is broadcast anyway
        x, y = line.operands
        if _spread(x) and _shape(y) == line.shape:
            line.operands = x.operands[0], y
        elif _spread(y) and _shape(x) == line.shape:
            line.operands = x, y.operands[0]
        elif isinstance(y, np.ndarray) and _uniform(y, x, line):
            line.operands = x, y.flat[0].item()
        elif isinstance(x, np.ndarray) and _uniform(x, y, line):
            line.operands = x.flat[0].item(), y
    return line


def _axes(line: Line) -> list[int]:
    """List the axes of its operand in the order in which a transpose has them."""
    count, axes = len(line.shape), line.settings.get("axes")
    return [k % count for k in (range(count)[::-1] if axes is None else axes)]


def _uniform(x: np.ndarray, other: Any, line: Line) -> bool:
    """Tell whether a constant array is one number everywhere, for which that can stand."""
    return bool(x.ndim and x.size and x.dtype == line.dtype == getattr(other, "dtype", None)
                and _shape(other) == line.shape and (x == x.flat[0]).all())  # fmt: skip


def _spread(x: Any) -> bool:
    """Tell whether a line is something smaller, broadcast; or a number with axes."""
    return isinstance(x, Line) and (x.is_a("broadcast_to") or number_in(x) is not None)


def number_in(x: Any) -> Any:
    """Give the number that stands everywhere in x, if one is known; or None."""
    if isinstance(x, Line):
        filled = x.is_a("broadcast_to", "reshape") and not isinstance(x.operands[0], Line)
        return x.operands[0] if filled and np.ndim(x.operands[0]) == 0 else None
    return x if np.ndim(x) == 0 else None


def lines_of(
    order: Sequence[Node], named: Mapping[Any, Any], apart: Callable[[Any], bool] | None = None
) -> dict[Any, Any]:
    """Turn traced nodes, operands first, into lines; what is computed twice is one line.

    Parameters
    ----------
    order : sequence of Node
        The nodes.
    named : dict
        Lines or numbers for those that are known.
    apart : callable, optional
        Which rows of the table are taken apart into what their functions on arrays compute.
    """
    made: dict[Any, Any] = dict(named)
    known: dict[Any, Any] = {}
    for node in order:
        if node not in made:
            made[node] = _line(node, [made[x] if isinstance(x, Tensor) else x
                                      for x in node.operands], known, apart)  # fmt: skip
    return made


def _line(node: Any, operands: list[Any], known: dict[Any, Any], apart: Any) -> Any:
    op = node.op
    if apart is not None and node.size and not any(
            isinstance(x, Line) and number_in(x) is None for x in operands):  # fmt: skip
        if not (node._data == node._data.flat[0]).all():
            return node._data                                             # a constant of constants
        number = node._data.flat[0].item()                                # a number of numbers
        if not node.shape:
            return number
        operands, op = [number], broadcast_to
    if apart is not None and op is chain and not singular(operands[1]):
        op = ops.multiply
    if apart is not None and isinstance(op, Elementwise) and apart(op):
        inner = _apart(node, operands, known, apart)
        if inner is not None:
            return inner
    settings = {k: v for k, v in node.settings.items() if k != "saved"}
    if op is broadcast_to:
        settings = {"shape": node.shape}
    line = _simpler(Line(op, operands, settings, node._data))
    if isinstance(line, Line) and line.op is not None:
        if apart is not None and line.is_a("greater") and number_in(line.operands[1]) == 0:
            key = _line_key(ops.maximum, line.operands, {})               # max(x, 0) > 0 if x > 0
            if (positive := known.get(key)) is not None:
                line.operands = positive, 0
        line = known.setdefault(_line_key(line.op, line.operands, line.settings), line)
    return line


def singular(d: Any) -> bool:
    """Tell whether a local derivative may be infinite though the numbers are not."""
    while isinstance(d, Line) and d.is_a("negative", "multiply", "chain"):
        d = next((x for x in d.operands if isinstance(x, Line)
                  and x.is_a("divide", "power", "log")), None)  # fmt: skip
    return isinstance(d, Line) and d.is_a("divide", "power", "log")


def _line_key(op: Any, operands: Any, settings: Any) -> Any:
    return id(op), _key(tuple(operands)), _key(settings)


def _apart(node: Any, operands: list[Any], known: dict[Any, Any], apart: Any) -> Any:
    """Take a row apart into what its function on arrays computes; None if that is no graph."""
    leaves = [leaf(np.asarray(x._data if isinstance(x, Tensor) else x))
              if isinstance(line, Line) else line
              for x, line in zip(node.operands, operands, strict=True)]  # fmt: skip
    named = {x: line for x, line in zip(leaves, operands, strict=True) if isinstance(x, Traced)}
    try:
        with changed(recording=True, anomaly=False), np.errstate(all="ignore"):
            y = node.op.array(*leaves)
    except TypeError:
        return None
    if not isinstance(y, Traced):
        return None
    made: dict[Any, Any] = dict(named)
    inside = topological_order(y)[::-1]
    if any(inner.op is node.op for inner in inside):  # as np.sinc of a Tensor is the row itself
        return None
    for inner in inside:
        if inner not in made:
            made[inner] = _line(inner, [made[x] if isinstance(x, Tensor) else x
                                        for x in inner.operands], known, apart)  # fmt: skip
    return made[y]


def _key(x: Any) -> Any:
    """Give something hashable that tells operands and settings apart."""
    if isinstance(x, np.ndarray):
        return x.dtype.str, x.shape, x.tobytes()
    if isinstance(x, dict):
        return _key(tuple(x.items()))
    if isinstance(x, tuple):
        return tuple(map(_key, x))
    return id(x) if isinstance(x, Line) else repr(x)


def count(lines: Sequence[Line]) -> None:
    """Count how often each line is used, and by whom."""
    for line in lines:
        for x in line.operands:
            if isinstance(x, Line):
                x.uses += 1
                x.consumer = line


def reachable(lines: Sequence[Line]) -> list[Line]:
    """List what lines depend on, operands first."""
    found: dict[Line, None] = {}
    waiting = list(reversed(lines))
    while waiting:
        line = waiting[-1]
        new = [x for x in line.operands if isinstance(x, Line) and x not in found]
        if line in found or not new:
            found[waiting.pop()] = None
        else:
            waiting += reversed(new)
    return list(found)


# --- Traces ---------------------------------------------------------------------------------------


class Trace:
    """What a function of arrays computes, and the gradient of its first result, as lines.

    Attributes
    ----------
    arguments : dict of Line
        By name.
    results : dict of Line
        By name; the first is the cost.
    gradients : dict of Line
        Of the cost, by the names of the arguments; a number where it is one, or 0.
    lines : list of Line
        All that is computed, operands first: what the results need before the rest.
    """

    def __init__(
        self, arguments: dict[str, Line], results: dict[str, Any], gradients: dict[str, Any]
    ) -> None:
        self.arguments, self.results, self.gradients = arguments, results, gradients
        ends = [x for x in (*results.values(), *reversed(gradients.values()))
                if isinstance(x, Line)]  # the gradient of the last layer is there first
        self.lines = [x for x in reachable(ends) if x.op is not None]
        count(self.lines)
        for x in ends:
            x.uses += 1


def difference(one: Trace, other: Trace) -> str:
    """Name an operation in which two traces differ, as by a constant; "" if they are alike."""
    places = [{x: k for k, x in enumerate([*t.arguments.values(), *t.lines])} for t in (one, other)]

    def key(k: int, line: Line) -> Any:
        return (line.op.name, _key(line.settings), line.shape, [
            places[k][x] if isinstance(x, Line) else _key(x) for x in line.operands])  # fmt: skip

    for x, y in zip(one.lines, other.lines, strict=False):
        if key(0, x) != key(1, y):
            return str(x.op.name)
    return "" if len(one.lines) == len(other.lines) else "one of them"


def split(traced: Trace, name: str) -> tuple[Trace, dict[str, tuple[int, int]]]:
    """Take a vector of parameters apart into the pieces that are used, if it is used in pieces.

    Returns
    -------
    Trace
        The same, in which pieces are arguments, and have gradients of their own.
    dict
        Where each piece begins and ends; empty if nothing is taken apart.
    """
    vector, end = traced.arguments[name], traced.gradients[name]
    parts = {span: x for x in traced.lines if any(y is vector for y in x.operands)
             and (span := _span(x, vector.shape)) is not None}  # fmt: skip
    spans = sorted(parts)
    ends = [0, *(b for _, b in spans)]
    if not spans or [a for a, _ in spans] != ends[:-1] or ends[-1] != vector.shape[0]:
        return traced, {}
    gradients: dict[tuple[int, int], Any] = dict.fromkeys(spans, 0.0)
    terms: list[Any] = []  # of the gradient, that are of the vector as it is
    waiting = [end]
    while waiting:
        x = waiting.pop()
        span = _span(x, vector.shape) if isinstance(x, Line) and x.is_a("scatter") else None
        if isinstance(x, Line) and x.is_a("add") and all(_shape(y) == x.shape for y in x.operands):
            waiting += x.operands
        elif span in gradients and isinstance(gradients[span], float):
            gradients[span] = x.operands[0]
        else:
            terms.append(x)
    for term in terms:
        for span in spans:
            part = _restricted(term, vector, parts[span])
            if part is None:
                return traced, {}
            before = gradients[span]
            gradients[span] = part if isinstance(before, float) else Line(
                ops.add, (before, part), {}, np.empty(parts[span].shape, vector.dtype))  # fmt: skip
    names = {}
    for k, span in enumerate(spans, 1):
        piece = parts[span]
        piece.op, piece.operands, piece.name = None, (), f"{name}{k}"
        names[piece.name] = span
    others = {n: g for n, g in traced.gradients.items() if n != name}
    for x in traced.lines:
        x.uses = 0
    pieces = {parts[span].name: parts[span] for span in spans}
    return Trace({**traced.arguments, **pieces}, traced.results, {**others, **{
        parts[span].name: gradients[span] for span in spans}}), names  # fmt: skip


def _span(x: Line, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Give where a part of a vector begins and ends, that a line takes or fills."""
    if len(shape) != 1 or not x.is_a("getitem", "scatter"):
        return None
    index = x.settings["index"]
    *others, part = index if isinstance(index, tuple) else (index,)
    if not isinstance(part, slice) or part.step not in (None, 1) or any(
            k is not Ellipsis for k in others):  # fmt: skip
        return None
    return part.indices(shape[0])[:2]


def _restricted(x: Any, vector: Line, piece: Line) -> Any:
    """Give the part of what is computed from a vector, element by element; or None."""
    if x is vector:
        return piece
    if (number := number_in(x)) is not None:
        return number
    if not isinstance(x, Line) or not isinstance(x.op, Elementwise):
        return None
    operands = [_restricted(y, vector, piece) for y in x.operands]
    if any(y is None for y in operands):
        return None
    return Line(x.op, operands, {}, np.empty(piece.shape, x.dtype))
