"""Derivatives put to the test: reverse mode, forward mode and central differences side by side.

A wrong derivative is blamed on the operation and the operand whose partial is wrong.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from .array_ops import ArrayOperation, concatenate, ravel, raw
from .backprop import graph_of
from .modes import no_grad
from .node import Node
from .ops import Elementwise
from .row import numeric
from .tensor import Tensor
from .transforms import flat, gradients, jacobian, jvp, like
from .value import Value

__all__ = ["check_gradients", "check_operation"]

SHOWN = 8  # so many elements of an array are looked at when a row is to blame


def check_gradients(f: Callable[..., Any], *args: Any, order: int = 2, rtol: float = 1e-6) -> None:
    """Compare the derivatives of `f` with central differences, in both modes.

    The derivatives of order n are compared with differences of those of order n − 1. This takes
    some ten evaluations for each number in `args`, and is meant for small functions.

    Parameters
    ----------
    f : callable
        A function of Values, or of Tensors where arrays are given, in lists and tuples of any
        nesting; smooth around `args`.
    *args
        Where to test it: numbers or arrays, in the same nesting.
    order : int, optional
        Up to which order.
    rtol : float, optional
        How far a derivative may be off, relative to its size.

    Raises
    ------
    AssertionError
        If a derivative is wrong. The message names the operation and the operand whose partial
        is wrong; or says that all are right, and so that `f` leaves the graph.

    Examples
    --------
    >>> check_gradients(lambda w, x: (w[0] * x + w[1]).tanh(), [0.3, -0.2], 0.7)
    >>> check_gradients(lambda x: x * x.data, 3.0)
    Traceback (most recent call last):
        ...
    AssertionError: derivative of result 0 by number 0 of the arguments, order 1, forward mode:
    3.0, but central differences give 6. Every partial in its graph is right: does f leave the
    graph, by detach() or .data?
    >>> check_gradients(lambda W, x: np.tanh(W @ x), np.ones((2, 3)), np.array([0.1, 0.2, 0.3]))
    """
    if not callable(f):
        raise TypeError(f"check_gradients: f is a function, got {f!r:.40} ({type(f).__name__})")
    arrays = [np.asarray(numeric("check_gradients", raw(v)), float) for v in flat(args)]
    x = np.concatenate([v.ravel() for v in [*arrays, np.empty(0)]]).tolist()
    first: Callable[[Any], Any]
    if all(v.ndim == 0 for v in arrays):
        given: Callable[[list[float]], Any] = list

        def first(xs: list[Any]) -> list[Any]:
            return flat(f(*like(args, xs)))
    else:
        given = np.array
        first = partial(_of_vector, f, args, [v.shape for v in arrays])

    g = first
    for n in range(1, order + 1):
        try:
            with no_grad():  # plain numbers, also where f has Values in its closure
                columns = [jvp(g, (given(x),), (given(e),))[1] for e in np.eye(len(x)).tolist()]
                modes: dict[str, Any] = {"forward": list(zip(*columns, strict=True)),
                                         "reverse": jacobian(g)(given(x))}  # fmt: skip
        except (TypeError, AttributeError) as error:
            if n == 1:  # f itself failed, not a partial that is not generic
                raise
            raise AssertionError(_blame(first, x, 1, rtol)) from error
        for j in range(len(x)):
            wanted, errors = _difference(partial(_numbers, g), x, j)
            for mode, rows in modes.items():
                for i, row in enumerate(rows):
                    if not _agree(row[j], wanted[i], errors[i], rtol):
                        raise AssertionError(
                            f"derivative of result {i} by number {j} of the arguments, order {n}, "
                            f"{mode} mode: {row[j]}, but central differences give {wanted[i]:.12g}."
                            f" {_blame(g, x, n, rtol)}"
                        )
        g = partial(_flat_jacobian, g)


def _of_vector(f: Callable[..., Any], args: Any, shapes: list[Any], x: Any) -> Any:
    """Call `f` with parts of one vector in the places of arrays and numbers: a vector again."""
    x = _as_tensor(x)
    parts, start = [], 0
    for shape in shapes:
        end = start + math.prod(shape)
        parts.append(x[start:end].reshape(shape))
        start = end
    results = [np.asarray(y, float) if not isinstance(y, Node) else y
               for y in flat(f(*like(args, parts)))]  # fmt: skip
    return _as_tensor(concatenate([ravel(y) for y in results]))


def check_operation(op: Elementwise, *points: Iterable[float], rtol: float = 1e-6) -> None:
    """Test a row of the table: its forwards, its partials, and the derivatives of its partials.

    Floats, arrays and Values must agree with one another, and with central differences.

    Parameters
    ----------
    op : Elementwise
        The row.
    *points : sequence of float
        Where to test it; at its samples if not given. It must be smooth there.
    rtol : float, optional
        How far a derivative may be off, relative to its size.

    Raises
    ------
    AssertionError
        If something is wrong: the message names the operand.

    Examples
    --------
    >>> from autograd import tanh
    >>> check_operation(tanh)
    >>> check_operation(tanh, [-20.0], [20.0])
    """
    if not isinstance(op, Elementwise):
        raise TypeError(f"check_operation takes a row of the table, got {op!r:.60}: "
                        "check_gradients takes any function")  # fmt: skip
    for point in points or op.samples:
        for order in (1, 2):
            for fault in _faults(op, [float(v) for v in point], range(op.arity), order, rtol):
                raise AssertionError(fault)


def _faults(
    op: Elementwise, point: list[float], operands: Iterable[int], order: int, rtol: float
) -> Iterator[str]:
    """Say what is wrong with a row at a point: with its forwards and partials, or (order 2) theirs.

    Every derivative is tested by the difference of what has been tested before it.
    """
    place = ", ".join(f"{n} = {v!r}" for n, v in zip(op.operand_names, point, strict=True))
    varying = [i for i in operands if op.partials[i] is not None]
    y, xs = op.evaluate(*point), [Value(v) for v in point]
    arrays = [np.full(2, v) for v in point]
    with np.errstate(all="ignore"):
        if not _agree(z := op.array(*arrays)[0], y):
            yield f"{op.name} at {place}: {y} for floats, {z} for arrays"
    for i in varying:
        name = f"{op.name}: its partial by {op.operand_names[i]}"
        local, partial_ = op.local(i, point, y), op.partials[i]
        try:
            graph = gradients(op(*xs), [xs[i]], create_graph=True)[0]
            with np.errstate(all="ignore"):
                array = partial_(*arrays, np.full(2, y)) if callable(partial_) else local
        except (TypeError, AttributeError) as error:
            yield f"{name} is not generic: write it with operators and rows of the table ({error})"
            continue
        for kind, d in ("Values", graph.data), ("arrays", np.ravel(array)[0]):
            if not _agree(d, local):
                yield f"{name} at {place}: {local} for floats, {d} for {kind}"
        tests: list[tuple[Any, int, str, Callable[..., Any]]]
        if order == 1:
            tests = [(local, i, "", lambda v: [op.scalar(*v)])]
        else:
            tests = [(d, j, f", differentiated by {op.operand_names[j]},",
                      lambda v, i=i: [op.local(i, v, op.scalar(*v))])
                     for j, d in zip(varying, gradients(graph, [xs[j] for j in varying]),
                                     strict=True)]  # fmt: skip
        for d, j, by, function in tests:
            (wanted,), (off,) = _difference(function, point, j)
            if not _agree(d, wanted, off, rtol):
                yield (f"{name}{by} at {place} is {d}, but central differences give {wanted:.12g}"
                       + ": there is a kink" * _kinked(op, point, j))  # fmt: skip


def _blame(g: Callable[..., Any], x: list[float], order: int, rtol: float) -> str:
    """Find the operation in the graph of `g` that has a wrong partial."""
    of_arrays = _vector(g)
    y = g(np.array(x)) if of_arrays else g([Value(v) for v in x])
    inner, _ = graph_of([y] if of_arrays else [v for v in y if isinstance(v, Node)])
    for n in range(1, order + 1):
        for node in reversed(inner):
            op: Any = node.op
            numbers = [v.data if isinstance(v, Node) else v for v in node.operands]
            variables = [i for i, v in enumerate(node.operands) if isinstance(v, Node)]
            if isinstance(op, ArrayOperation):
                if fault := _array_fault(node, variables, n, rtol):
                    return "The fault is in " + fault
                continue
            points = np.broadcast_arrays(*numbers)
            for point in zip(*(v.ravel()[:SHOWN].tolist() for v in points), strict=True):
                for fault in _faults(op, list(point), variables, n, rtol):
                    return "The fault is in " + fault
    return "Every partial in its graph is right: does f leave the graph, by detach() or .data?"


def _array_fault(node: Any, variables: list[int], order: int, rtol: float) -> str:
    """Say by which operand the rules of an operation on arrays are wrong, if they are."""
    for i in variables:
        operands = [raw(v) for v in node.operands]

        def alone(x: Any, i: int = i, operands: list[Any] = operands) -> Any:
            return node.op(*operands[:i], x, *operands[i + 1 :], **node.settings)

        g = partial(_of_vector, alone, (operands[i],), [operands[i].shape])
        x = operands[i].ravel().tolist()
        for _ in range(order - 1):
            g = partial(_flat_jacobian, g)
        modes = {
            "vjp": jacobian(g)(np.array(x)),
            "jvp": np.stack([jvp(g, (np.array(x),), (e,))[1] for e in np.eye(len(x))], -1),
        }
        for j in range(len(x)):
            wanted, errors = _difference(partial(_numbers, g), x, j)
            for rule, rows in modes.items():
                if not all(map(_agree, rows[:, j], wanted, errors, [rtol] * len(wanted))):
                    return (f"{node.op.name}: its {rule} by operand {i}, of shape "
                            f"{operands[i].shape}, order {order}")  # fmt: skip
    return ""


def _difference(f: Callable[[list[float]], list[float]], x: list[float], j: int) -> Any:
    """Differentiate by ``x[j]`` with central differences: the derivatives, and their errors.

    The step shrinks from a tenth of ``x[j]`` by 8 each time. Two steps give an extrapolation to
    step 0 (Richardson); the best one differs least from the one before, rounding of `f`
    considered. Where `f` is undefined a step is too long.
    """
    h = 0.1 * max(abs(x[j]), 1.0)
    best = slope = guess = np.full(len(f(x)), np.nan)
    errors = np.full(best.shape, np.inf)
    with np.errstate(all="ignore"):
        for _ in range(12):
            above, below = x[j] + h, x[j] - h
            try:
                right, left = np.array(f(_with(x, j, above))), np.array(f(_with(x, j, below)))
            except (ArithmeticError, ValueError):
                right = left = best * np.nan
            rounding = np.finfo(float).eps * np.maximum(abs(right), abs(left)) / h
            last, slope = slope, (right - left) / (above - below)
            before, guess = guess, slope + (slope - last) / 63
            off = abs(guess - before) + rounding
            best, errors = np.where(off < errors, (guess, off), (best, errors))
            if np.all(errors < 1e-9 * abs(best) + 8 * rounding):
                break
            h /= 8
    return best, errors


def _agree(d: Any, wanted: float, error: float = 0.0, rtol: float = 1e-9) -> bool:
    d, wanted, error = float(d), float(wanted), float(error)
    if not error <= 1e-4 * (1 + abs(wanted)):  # nothing to compare with: right if `d` says so too
        return math.isnan(d)
    return math.isclose(d, wanted, rel_tol=rtol, abs_tol=8 * error) or (d != d and wanted != wanted)


def _kinked(op: Elementwise, point: list[float], i: int) -> bool:
    h = 1e-6 * max(abs(point[i]), 1.0)
    left, y, right = (op.ieee(*_with(point, i, point[i] + s)) for s in (-h, 0, h))
    return abs(right - 2 * y + left) > 1e-3 * h


def _flat_jacobian(g: Callable[..., Any], xs: Any) -> Any:
    slopes = jacobian(g)(xs)
    return flat(slopes) if isinstance(xs, list) else _as_tensor(ravel(slopes))


def _as_tensor(x: Any) -> Any:
    return x if isinstance(x, Node) else Tensor(x)


def _numbers(g: Callable[..., Any], x: list[float]) -> list[float]:
    with no_grad():
        if isinstance(g, partial) and _vector(g):
            numbers: list[float] = raw(g(np.array(x))).tolist()
            return numbers
        return [y.data if isinstance(y, Node) else float(y) for y in g([Value(v) for v in x])]


def _vector(g: Any) -> bool:
    """Tell whether a function takes one vector, or lists of numbers."""
    while isinstance(g, partial) and g.func is _flat_jacobian:
        g = g.args[0]
    return isinstance(g, partial)


def _with(x: list[float], j: int, number: float) -> list[float]:
    return [*x[:j], number, *x[j + 1 :]]
