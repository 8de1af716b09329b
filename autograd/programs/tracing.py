"""Tracing: a function of Tensors becomes a list of lines, forward and backward, to be written down.

A `Traced` is a Tensor whose comparisons are recorded, too, and whose numbers nobody sees. So the
backward pass, which the engine records as a graph, has no constants in it that hung on the
numbers. Lines are simplified where that is exact, and what is computed twice is one line.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..algebra import EXACT, Rules
from ..array_ops import (
    ArrayOperation,
    broadcast_to,
    divided,
    expand_dims,
    matmul,
    reshape,
    shape_of,
)
from ..array_ops import max as largest
from ..array_ops import sum as total
from ..backprop import graph_of, propagate, topological_order
from ..modes import changed, current
from ..node import Node, next_serial, recorded
from ..ops import Elementwise, chain, detach, exp, log
from ..tensor import Tensor

__all__ = ["COMPARISONS", "Line", "Trace", "Traced", "UntraceableError", "count", "leaf", "lines_of", "number_in",
           "reachable", "singular",
           "split", "trace"]  # fmt: skip


class UntraceableError(TypeError):
    """What a function computes hangs on its numbers in a way that no graph records."""


def _comparison(name: str, compare: Any, array: Any, symbol: str) -> Elementwise:
    return Elementwise(name, compare, array, symbol=symbol, partials=(None, None))


COMPARISONS = [
    _comparison("greater", operator.gt, np.greater, ">"),
    _comparison("greater_equal", operator.ge, np.greater_equal, ">="),
    _comparison("less", operator.lt, np.less, "<"),
    _comparison("less_equal", operator.le, np.less_equal, "<="),
    _comparison("equal", operator.eq, np.equal, "=="),
    _comparison("not_equal", operator.ne, np.not_equal, "!="),
    _comparison("logical_and", operator.and_, np.logical_and, "&"),
    _comparison("logical_or", operator.or_, np.logical_or, "|"),
]


_OF_SHAPE = {np.shape, np.ndim, np.size, np.ones_like, np.zeros_like, np.empty_like}


class Traced(Tensor):
    """A Tensor that also records comparisons, and does not show its numbers."""

    __slots__ = ()

    @staticmethod
    def _record(op: Elementwise, operands: tuple[Any, ...]) -> Any:
        arrays = [x._data if isinstance(x, Tensor) else x for x in operands]
        left = operands if op.arity > 2 else operands[0]
        return _traced(op, left, operands[-1], op.array(*arrays))

    @staticmethod
    def _record_array(
        op: ArrayOperation, operands: tuple[Any, ...], parameters: dict[str, Any]
    ) -> Any:
        if op.name == "getitem" and _holds_traced(parameters["index"]):
            return _picked(operands[0], parameters["index"])
        if any(map(_holds_traced, parameters.values())):
            raise UntraceableError(f"{op.name} is given a setting that differs from batch to batch")
        result = op.compute([x._data if isinstance(x, Tensor) else x for x in operands], parameters)
        return _traced(op, operands, parameters, result[0] if isinstance(result, tuple) else result)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        for op in COMPARISONS:
            if op.array is ufunc:
                return op(*inputs)
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in _OF_SHAPE:
            return function(*(x._data if isinstance(x, Traced) else x for x in args), **kwargs)
        return super().__array_function__(function, types, args, kwargs)

    def _pull(
        self, i: int, x: Any, g: Any, d: Any, operands: tuple[Any, ...], y: Any, into: bool
    ) -> Any:
        if x._data.dtype.kind != "f":  # labels and truth values have no derivative
            return None
        if self.op.name == "linear" and i == 2:  # as the engine computes it
            return ONES_DOT(reshape(g, shape=(-1, g.shape[-1])), axis=0)
        if self.op.name == "linear" and i == 0 and g.ndim > 2:
            return DOT(g, operands[1].T)
        return super()._pull(i, x, g, d, operands, y, into)

    def _seed(self, gradient: Any) -> Any:
        return gradient

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Give the places of the largest elements."""
        return ARGMAX(self, axis=axis, keepdims=keepdims)

    def _seen(self, *_: Any, **__: Any) -> Any:
        raise UntraceableError("it looks at the numbers of a batch, and what it does then would be "
                          "fixed for all")  # fmt: skip

    data = grad = property(_seen)
    __bool__ = item = tolist = _numbers = _seen  # type: ignore[assignment]

    __hash__ = object.__hash__


def _operator(op: Elementwise) -> Any:
    return lambda self, other: op(self, other)


for _op, _name in zip(COMPARISONS, ["gt", "ge", "lt", "le", "eq", "ne", "and", "or"], strict=True):
    setattr(Traced, f"__{_name}__", _operator(_op))


def _traced(op: Any, left: Any, right: Any, data: Any) -> Traced:
    node: Traced = recorded(Traced, op, left, right, np.asarray(data), current.get())
    node.out = None
    return node


def leaf(data: np.ndarray) -> Traced:
    """Make a leaf of an array of any type, which is not copied."""
    node = Traced.__new__(Traced)
    node._data, node._grad, node._label, node.op, node.out = data, None, "", None, None
    node.call, node._serial = current.get().call, next_serial()
    return node


# --- Operations on labels, and fused ones taken apart ---------------------------------------------


def _holds_traced(x: Any) -> bool:
    return isinstance(x, Traced) or (type(x) is tuple and any(map(_holds_traced, x)))


def _at(x: Any, labels: Any) -> tuple[Any, Any]:
    return np.arange(len(labels)), labels


def _less_one(p: Any, labels: Any) -> Any:
    p = p.copy()
    p[_at(p, labels)] -= 1
    return p


def _placed(g: Any, labels: Any, width: int) -> Any:
    x = np.zeros((len(g), width), g.dtype)
    x[_at(x, labels)] = g
    return x


PICK = ArrayOperation("pick", lambda x, labels: x[_at(x, labels)],
                      [lambda g, y, x, labels: PLACE(g, labels, width=shape_of(x)[1]), None])
PLACE = ArrayOperation("place", _placed, [lambda g, y, g_, labels, width: PICK(g, labels), None])
LESS_ONE = ArrayOperation("less_one", _less_one, [None, None])
ONES_DOT = ArrayOperation("sum", lambda g, axis: np.ones(len(g), g.dtype).dot(g), [None])
DOT = ArrayOperation("dot", np.dot, [None, None])
ARGMAX = ArrayOperation("argmax", lambda x, axis=None, keepdims=False: np.argmax(
    x, axis=axis, keepdims=keepdims), [None])  # fmt: skip


def _picked(x: Any, index: Any) -> Any:
    """Index rows by their labels, ``x[arange(n), labels]``."""
    rows, labels = index if type(index) is tuple and len(index) == 2 else (None, None)
    if isinstance(labels, Traced) and x.ndim == 2 and not isinstance(rows, Traced) and (
            np.array_equal(rows, np.arange(len(x)))):  # fmt: skip
        return PICK(x, labels)
    raise UntraceableError("an index differs from batch to batch")


def _through_vjp(
    i: int, g: Any, y: Any, result: Any, z: Any, slope: Any, *weights: Any, reduction: str
) -> Any:
    """Give what the rule of `softmax_cross_entropy` gives, from the slope that forward left."""
    if i != 1:
        return None
    if reduction == "mean":
        g = divided(g, total(weights[0]) if weights else len(z))
    elif reduction == "none":
        g = expand_dims(g, -1)
    if weights:
        g = g * expand_dims(weights[0], 1)
    return slope * g


class _Through(ArrayOperation):
    def flows(self, i: int) -> bool:
        return i == 1


THROUGH = _Through("through", lambda y, *_, **__: y, _through_vjp)
THROUGH.all_flow = False


def cross_entropy(z: Any, target: Any, weights: Any, reduction: str) -> Any:
    """Do what `softmax_cross_entropy` does, operation by operation."""
    x = detach(z)
    shifted = x - largest(x, axis=-1, keepdims=True)
    e = exp(shifted)
    sums = matmul(e, np.ones(shape_of(z)[1], z.dtype))
    p = e / reshape(sums, shape=(-1, 1))
    losses = log(sums)
    if target.ndim == 1:
        losses, slope = losses - PICK(shifted, target), LESS_ONE(p, target)
    else:
        losses = losses * total(target, axis=-1) - total(chain(target, shifted), axis=-1)
        slope = p * total(target, axis=-1, keepdims=True) - target
    given = () if weights is None else (weights,)
    y = losses if weights is None else losses * weights
    if reduction != "none":
        y = total(y)
    if reduction == "mean":
        y = y / (len(z) if weights is None else total(weights))
    return THROUGH(y, z, slope, *given, reduction=reduction)


def _shared(i: int, g: Any, y: Any, result: Any, x: Any, shares: Any) -> Any:
    return g * shares if i == 1 else None


THROUGH_SUM = _Through("through", lambda y, *_: y, _shared)
THROUGH_SUM.all_flow = False


def log_softmax(x: Any, axis: Any) -> Any:
    """Do what `log_softmax` does, operation by operation, for numbers that are finite."""
    x = x - detach(largest(detach(x), axis=axis, keepdims=True))
    still = detach(x)
    sums = log(total(exp(still), axis=axis, keepdims=True))
    return x - THROUGH_SUM(sums, x, exp(still - sums))


Traced._cross_entropy, Traced._log_softmax = map(  # type: ignore[attr-defined]
    staticmethod, (cross_entropy, log_softmax))


# --- Lines ----------------------------------------------------------------------------------------


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
    if line.is_a("transpose") and len(line.shape) < 2:
        return x                                                          # a vector is its own
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
    return line


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
    if apart is not None and isinstance(op, Elementwise) and node.size and all(
            number_in(x) is not None for x in operands):  # fmt: skip
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
        if apart is not None and line.is_a("greater") and line.operands[1:] == (0,):
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
    for inner in topological_order(y)[::-1]:
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


# --- A step of training ---------------------------------------------------------------------------


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
        An array for each argument.
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
    leaves = {n: leaf(x) for n, x in arguments.items()}
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
        raise UntraceableError(f"it computes from a Tensor that is no parameter of it, {strange[0]!r}")
    made = lines_of(found, named, apart=_composite)
    return Trace({n: named[x] for n, x in leaves.items()}, {n: made[y] for n, y in results.items()},
                 {n: 0.0 if g is None else made.get(g, g) for n, g in gradients.items()})  # fmt: skip


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
    parts = {span: x for x in traced.lines if vector in x.operands
             and (span := _span(x, vector.shape)) is not None}  # fmt: skip
    spans = sorted(parts)
    ends = [0, *(b for _, b in spans)]
    if not spans or [a for a, _ in spans] != ends[:-1] or ends[-1] != vector.shape[0]:
        return traced, {}
    gradients: dict[tuple[int, int], Any] = dict.fromkeys(spans, 0.0)
    whole = []  # terms of the gradient that are of the vector as it is
    waiting = [end]
    while waiting:
        x = waiting.pop()
        if isinstance(x, Line) and x.is_a("add") and all(_shape(y) == x.shape for y in x.operands):
            waiting += x.operands
        elif isinstance(x, Line) and x.is_a("scatter") and (
                span := _span(x, vector.shape)) in gradients and gradients[span] == 0.0:  # fmt: skip
            gradients[span] = x.operands[0]
        else:
            whole.append(x)
    names = {}
    for k, span in enumerate(spans, 1):
        piece = parts[span]
        piece.op, piece.operands, piece.name = None, (), f"{name}{k}"
        names[piece.name] = span
    for term in whole:
        for span in spans:
            part = _restricted(term, vector, parts[span])
            if part is None:
                return traced, {}
            before = gradients[span]
            gradients[span] = part if isinstance(before, float) else Line(
                ops.add, (before, part), {}, np.empty(parts[span].shape, vector.dtype))  # fmt: skip
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


def _composite(op: Elementwise) -> bool:
    """Tell whether a row's function on arrays is not one of NumPy's own."""
    return not (isinstance(op.array, np.ufunc) or op.array in (np.where, np.clip))
