"""Functions that make functions: gradients, directional derivatives, Jacobians, Hessians.

They differentiate functions of Values. An argument is a number, a Value, or a list or tuple of
arguments; a result has the shape of what it belongs to. Numbers in give numbers out; where a
result depends on other Values too (the arguments of an outer transform, the parameters in a
closure), it is a Value, differentiable in turn. So transforms nest to any order.

No transform reads or writes a ``grad``. Each works on aliases of its arguments: its derivatives
cannot be confused with those of a transform around it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from .array_ops import reshape, stack
from .backprop import graph_of, push, sweep
from .modes import changed, current
from .node import Node, next_serial
from .ops import chain, positive
from .tensor import Tensor
from .value import Value

__all__ = ["grad", "gradients", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]


def gradients(
    y: Node, xs: Sequence[Node], gradient: Any = None, *, create_graph: bool = False
) -> list[Any]:
    """Give the derivatives of `y` with respect to each of `xs`, and store nothing.

    Parameters
    ----------
    y : Value
        What to differentiate.
    xs : sequence of Value
        By what: leaves, or nodes in between.
    gradient : number, optional
        The derivative to start from; 1 if not given.
    create_graph : bool, optional
        Whether the derivatives are to be differentiated in turn.

    Returns
    -------
    list
        Floats; Values if `create_graph`. 0 where `y` does not depend on an x.

    Raises
    ------
    RuntimeError
        If a leaf was changed after it had been used.

    Examples
    --------
    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> (slope,) = gradients(x**3, [x], create_graph=True)
    >>> gradients(slope, [x])
    [12.0]
    """
    for node in (y, *xs):
        if not isinstance(node, Node):
            raise TypeError(f"gradients takes Values, got {node!r} ({type(node).__name__})")
    return _pull(y, xs, gradient, create_graph)


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """Make the function that computes the gradient of `f`.

    Parameters
    ----------
    f : callable
        A function that returns one number.
    argnums : int or tuple of int, optional
        By which of its positional arguments to differentiate.

    Returns
    -------
    callable
        Takes what `f` takes; gives a result like the argument, or a tuple of such results.

    Raises
    ------
    TypeError
        If `f` returns anything but one number, or an argument is not made of numbers.

    Examples
    --------
    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda w, x: w[0] * x + w[1])([3.0, 1.0], 2.0)
    [2.0, 1.0]
    """

    def gradient(*args: Any) -> Any:
        return value_and_grad(f, argnums)(*args)[1]

    return gradient


def value_and_grad(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> Callable[..., tuple[Any, Any]]:
    """Make the function that computes `f` and its gradient, as a pair; see `grad`.

    Examples
    --------
    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    chosen = (argnums,) if isinstance(argnums, int) else argnums

    def both(*args: Any) -> tuple[Any, Any]:
        def g(*xs: Any) -> Any:
            given = list(args)
            for i, x in zip(chosen, xs, strict=True):
                given[i] = x
            return f(*given)

        aliases, y, live = _trace(g, tuple(args[i] for i in chosen))
        if isinstance(y, (list, tuple)):
            raise TypeError(f"grad: f returned {len(y)} results in a {type(y).__name__}, "
                            "expected one number: use jacobian")  # fmt: skip
        xs = _flat(aliases)
        result = _like(aliases, _pull(y, xs, None, live, stop=xs))
        return _number(y, live), result[0] if isinstance(argnums, int) else result

    return both


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Compute `f`, and give the function that multiplies a vector by its Jacobian (reverse mode).

    Returns
    -------
    result
        ``f(*primals)``.
    pull : callable
        Takes weights for the results, in their structure; gives a tuple of the derivatives of
        the weighted sum, one entry an argument.

    Examples
    --------
    >>> result, pull = vjp(lambda x, y: [x * y, x + y], 3.0, 5.0)
    >>> result, pull([1.0, 10.0])
    ([15.0, 8.0], (15.0, 13.0))
    """
    aliases, result, live = _trace(f, primals)
    outputs, xs = _flat(result), _flat(aliases)

    def pull(weights: Any) -> tuple[Any, ...]:
        if _shape(weights) != _shape(result):
            raise ValueError(f"vjp: {len(outputs)} results, but {len(_flat(weights))} weights, "
                             "or in another structure")  # fmt: skip
        ws = [w if isinstance(w, Node) else Value._accept(w) for w in _flat(weights)]
        rows = [_pull(y, xs, None, live, stop=xs) for y in outputs]
        sums = [sum((chain(w, row[j]) for w, row in zip(ws, rows, strict=True)), 0.0)
                for j in range(len(xs))]  # fmt: skip
        return tuple(_like(aliases, sums))

    return _map(lambda y: _number(y, live), result), pull


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Compute `f` and its derivative along a direction, in one pass forward (forward mode).

    Parameters
    ----------
    f : callable
        Any function of Values; its result may be a list or tuple.
    primals, tangents : sequence
        The arguments, and the direction: of the same structure.

    Returns
    -------
    result, derivative
        ``f(*primals)`` and its derivative along `tangents`.

    Raises
    ------
    ValueError
        If primals and tangents differ in structure.

    Examples
    --------
    >>> jvp(lambda x, y: [x * y, x + y], (3.0, 5.0), (1.0, 0.0))
    ([15.0, 8.0], [5.0, 1.0])
    """
    primals, tangents = tuple(primals), tuple(tangents)
    aliases, result, live = _trace(f, primals)
    xs, directions = _flat(aliases), _flat(tangents)
    if _shape(primals) != _shape(tangents):
        raise ValueError(f"jvp: {len(xs)} numbers in primals, {len(directions)} in tangents, "
                         "or in another structure")  # fmt: skip
    directions = [t if isinstance(t, Node) else x._accept(t)
                  for x, t in zip(xs, directions, strict=True)]  # fmt: skip
    live = live or (current.get().recording and any(isinstance(t, Node) for t in directions))
    outputs = [y for y in _flat(result) if isinstance(y, Node)]
    order, _ = graph_of(outputs, frozenset(xs))
    moved = push(order, dict(zip(xs, directions, strict=True)), live)

    def derivative(y: Any) -> Any:
        d = moved.get(y, _zero(y)) if isinstance(y, Node) else 0.0
        return _node(d) if live else d if isinstance(d, np.ndarray) else float(_number(d, live))

    return _map(lambda y: _number(y, live), result), _map(derivative, result)


def jacobian(f: Callable[..., Any]) -> Callable[[Any], Any]:
    """Make the function that computes every derivative of every result of `f`, by one argument.

    Examples
    --------
    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 5.0])
    [[5.0, 3.0], [1.0, 1.0]]

    Of a Tensor by a Tensor, the shape is that of the result and that of the argument:

    >>> import numpy as np
    >>> jacobian(lambda x: x**2)(np.array([3.0, 5.0]))
    array([[ 6.,  0.],
           [ 0., 10.]])
    """

    def matrix(x: Any) -> Any:
        (alias,), result, live = _trace(f, (x,))
        xs = _flat(alias)

        def rows(y: Any) -> Any:
            if not isinstance(y, Tensor):
                return _like(alias, _pull(y, xs, None, live, stop=xs))
            ones = np.eye(y.size, dtype=y.dtype).reshape(-1, *y.shape)
            columns = zip(*(_pull(y, xs, one, live, stop=xs) for one in ones), strict=True)
            return _like(alias, [
                reshape(stack(column) if live else np.stack(column), shape=y.shape + x.shape)
                for x, column in zip(xs, columns, strict=True)
            ])  # fmt: skip

        return _map(rows, result)

    return matrix


def hessian(f: Callable[..., Any]) -> Callable[[Any], Any]:
    """Make the function that computes the second derivatives of `f`, by one argument.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f))


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """Multiply the Hessian of `f` at `x` by `v` without building it: forward over reverse.

    Examples
    --------
    >>> hvp(lambda x: x[0] ** 2 * x[1], [3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """
    return jvp(grad(f), (x,), (v,))[1]


def _trace(f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, Any, bool]:
    """Call `f` on aliases of `args`: give the aliases, the result, and whether that is *live*.

    It is if it depends on Values that existed before: then its derivatives are Values too.
    """
    start = next_serial()
    recording = current.get().recording
    with changed(recording=True):
        aliases = _map(_alias, args)
        result = f(*aliases)
    for y in _flat(result):
        if not isinstance(y, (Node, Real)):
            raise TypeError(
                "a function to differentiate returns numbers, alone or in lists and tuples; "
                f"this one returned {y!r:.60} ({type(y).__name__})"
            )
    outputs = [y for y in _flat(result) if isinstance(y, Node)]
    _, nodes = graph_of(outputs, frozenset(_flat(aliases)))
    outside = any(node.op is None and node._serial < start for node in nodes)
    inside = any(isinstance(x, Node) for x in _flat(args))
    return aliases, result, recording and (inside or outside)


def _alias(x: Any) -> Any:
    """Make a node of one's own: of a Value or Tensor, a number or an array."""
    if isinstance(x, Node):
        return positive(x)
    return Tensor(x) if isinstance(x, np.ndarray) and x.ndim else Value(x)


def _pull(
    y: Any, xs: Sequence[Node], gradient: Any, create_graph: bool, stop: Sequence[Node] = ()
) -> list[Any]:
    """Give the derivatives of `y` by `xs`; nodes in `stop` count as leaves."""
    if not isinstance(y, Node):
        return [Value(0.0) if create_graph else 0.0 for _ in xs]  # f gave a constant
    order, grads = graph_of((y,), frozenset(stop))
    seed = y._seed(gradient)
    grads[y] = gradient if create_graph and isinstance(gradient, Node) else seed
    if create_graph:
        with changed(recording=True, lenient=True):
            deque(sweep(order, grads, create_graph=True), maxlen=0)
    else:
        y._propagate(order, grads)
    found = [_zero(x) if (g := grads.get(x)) is None else g for x in xs]
    return list(map(_node, found)) if create_graph else found


def _zero(x: Node) -> Any:
    return np.zeros_like(x.data) if isinstance(x, Tensor) else 0.0


def _node(d: Any) -> Any:
    """Make a derivative a node, if it is none."""
    return d if isinstance(d, Node) else Tensor(d) if isinstance(d, np.ndarray) else Value(d)


def _number(y: Any, live: bool) -> Any:
    return y._data if isinstance(y, Node) and not live else y


def _map(f: Callable[[Any], Any], tree: Any) -> Any:
    """Apply `f` to every leaf of a structure of lists and tuples."""
    return type(tree)([_map(f, x) for x in tree]) if isinstance(tree, (list, tuple)) else f(tree)


def _flat(tree: Any) -> list[Any]:
    """List the leaves of a structure of lists and tuples."""
    leaves: list[Any] = []
    _map(leaves.append, tree)
    return leaves


def _shape(tree: Any) -> Any:
    """Give the nesting of a structure, in which lists and tuples are alike."""
    return [_shape(x) for x in tree] if isinstance(tree, (list, tuple)) else None


def _like(tree: Any, leaves: Iterable[Any]) -> Any:
    """Give `leaves` the structure of `tree`."""
    following = iter(leaves)
    return _map(lambda _: next(following), tree)
