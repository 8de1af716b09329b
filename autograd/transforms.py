"""Functions that make functions: gradients, directional derivatives, Jacobians, Hessians.

They differentiate functions of Values. An argument is a number, a Value, or a list or tuple of
arguments; a result has the shape of what it belongs to. Numbers in give numbers out; where a
result depends on other Values too (the arguments of an outer transform, the parameters in a
closure), it is a Value, differentiable in turn. So transforms nest to any order.

No transform reads or writes a ``grad``. Each works on aliases of its arguments: its derivatives
cannot be confused with those of a transform around it.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from numbers import Real
from typing import Any

import numpy as np

from .array_ops import reshape, stack
from .backprop import graph_of, propagate, push
from .modes import changed, current
from .node import Node, next_serial
from .ops import positive
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
    if isinstance(xs, Node) or not hasattr(type(xs), "__iter__"):
        raise TypeError(f"gradients: xs is a list of Values, got {xs!r:.60}: write [x], and take "
                        "the first of the results")  # fmt: skip
    for node in (y, *xs):
        if not isinstance(node, Node):
            raise TypeError(f"gradients takes Values, got {node!r} ({type(node).__name__})")
    return _pull([y], [gradient], xs, create_graph)


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
    _check_function("grad", f)

    @wraps(f)
    def gradient(*args: Any, **settings: Any) -> Any:
        return value_and_grad(f, argnums)(*args, **settings)[1]

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
    _check_function("value_and_grad", f)
    chosen = (argnums,) if isinstance(argnums, int) else argnums

    @wraps(f)
    def both(*args: Any, **settings: Any) -> tuple[Any, Any]:
        if not all(-len(args) <= i < len(args) for i in chosen):
            raise TypeError(f"grad: argnums is {argnums}, but {len(args)} arguments were given")
        places = [i % len(args) for i in chosen]
        if len(set(places)) < len(places):
            raise ValueError(f"grad: argnums {argnums} names an argument twice")

        def g(*xs: Any) -> Any:
            given = list(args)
            for i, x in zip(places, xs, strict=True):
                given[i] = x
            return f(*given, **settings)

        trace = _Trace("grad", g, tuple(args[i] for i in places))
        if isinstance(trace.result, (list, tuple)):
            many = trace.result
            raise TypeError(f"grad: f returned {len(many)} results in a {type(many).__name__}, "
                            "expected one number: use jacobian")  # fmt: skip
        slopes = trace.pull([trace.result], [None])
        return trace.plain(trace.result), slopes[0] if isinstance(argnums, int) else slopes

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
    trace = _Trace("vjp", f, primals)

    def pull(weights: Any) -> tuple[Any, ...]:
        outputs, ws = flat(trace.result), flat(weights)
        if shape(weights) != shape(trace.result):
            raise ValueError(f"vjp: {len(outputs)} results, but {len(ws)} weights, "
                             "or in another structure")  # fmt: skip
        ws = [_vector("vjp", w, y) for w, y in zip(ws, outputs, strict=True)]
        return tuple(trace.pull(outputs, ws, trace.live or _any_node_recorded(ws)))

    return trace.plain(trace.result), pull


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
    return _forward("jvp", f, primals, tangents)


def _forward(name: str, f: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    if not isinstance(primals, (list, tuple)) or not isinstance(tangents, (list, tuple)):
        raise TypeError(f"{name}: primals and tangents are tuples, with an entry for each argument")
    primals, tangents = tuple(primals), tuple(tangents)
    trace = _Trace(name, f, primals)
    xs, directions = flat(trace.aliases), flat(tangents)
    if shape(primals) != shape(tangents):
        raise ValueError(f"{name}: {len(xs)} numbers in primals, {len(directions)} in tangents, "
                         "or in another structure")  # fmt: skip
    directions = [_vector(name, t, x) for x, t in zip(xs, directions, strict=True)]
    live = trace.live or _any_node_recorded(directions)
    order, _ = graph_of(_nodes(trace.result), trace.start)
    moved = push(order, dict(zip(xs, directions, strict=True)), live)

    def derivative(y: Any) -> Any:
        d = moved.get(y) if isinstance(y, Node) else None
        return _as_derivative(y, _zero(y) if d is None else d, live)

    return trace.plain(trace.result), mapped(derivative, trace.result)


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
    _check_function("jacobian", f)

    def matrix(x: Any) -> Any:
        trace = _Trace("jacobian", f, (x,))

        def rows(y: Any) -> Any:
            if not isinstance(y, Tensor):
                return trace.pull([y], [None])[0]
            ones = np.eye(y.size, dtype=y.dtype).reshape(-1, *y.shape)
            columns = zip(*(flat(trace.pull([y], [one])) for one in ones), strict=True)
            join = stack if trace.live else np.stack
            return like(trace.aliases[0], [
                reshape(join(column), shape=y.shape + x.shape)
                for x, column in zip(flat(trace.aliases), columns, strict=True)
            ])  # fmt: skip

        return mapped(rows, trace.result)

    return matrix


def hessian(f: Callable[..., Any]) -> Callable[[Any], Any]:
    """Make the function that computes the second derivatives of `f`, by one argument.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    _check_function("hessian", f)
    return jacobian(grad(f))


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """Multiply the Hessian of `f` at `x` by `v` without building it: forward over reverse.

    Examples
    --------
    >>> hvp(lambda x: x[0] ** 2 * x[1], [3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """
    _check_function("hvp", f)
    return _forward("hvp", grad(f), (x,), (v,))[1]


class _Trace:
    """A call of `f` on aliases of `args`.

    It is *live* if the result depends on Values that existed before: then its derivatives are
    Values, too.
    """

    def __init__(self, name: str, f: Callable[..., Any], args: tuple[Any, ...]) -> None:
        _check_function(name, f)
        self.start = next_serial()
        recording = current.get().recording
        with changed(recording=True):
            self.aliases = mapped(partial(_alias, name), args)
            self.result = mapped(_checked_result, f(*self.aliases))
        _, nodes = graph_of(_nodes(self.result), self.start)
        outside = any(node._serial < self.start for node in nodes)
        inside = any(isinstance(x, Node) for x in flat(args))
        self.live = recording and (inside or outside)

    def pull(self, outputs: list[Any], seeds: list[Any], live: bool | None = None) -> Any:
        """Give the derivatives of the sum of `outputs`, weighted with `seeds`, by the aliases."""
        live = self.live if live is None else live
        slopes = _pull(outputs, seeds, flat(self.aliases), live, self.start)
        return like(self.aliases, slopes)

    def plain(self, tree: Any) -> Any:
        """Give the numbers of a structure; the nodes themselves if it is live."""
        return mapped(lambda y: y._data if isinstance(y, Node) and not self.live else y, tree)


def _checked_result(y: Any) -> Any:
    if isinstance(y, np.ndarray) and y.dtype == object:
        return mapped(_checked_result, y.tolist())
    if not isinstance(y, (Node, Real)):
        raise TypeError(
            "a function to differentiate returns numbers, alone or in lists and tuples; "
            f"this one returned {y!r:.60} ({type(y).__name__})"
        )
    return y


def _check_function(name: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(f"{name} takes a function, as lambda x: x**2, and where to differentiate "
                        f"it, got {f!r:.60} ({type(f).__name__})")  # fmt: skip


def _alias(name: str, x: Any) -> Any:
    """Make a node of one's own: of a Value or Tensor, a number or an array."""
    if isinstance(x, Node):
        return positive(x)
    try:
        return Tensor(x) if isinstance(x, np.ndarray) and x.ndim else Value(x)
    except TypeError as error:
        raise TypeError(f"{name}: an argument is a number or an array, or lists of them: "
                        f"{error}") from None  # fmt: skip


def _pull(
    outputs: Sequence[Any], seeds: Sequence[Any], xs: Sequence[Node], create_graph: bool,
    since: int = 0,
) -> list[Any]:  # fmt: skip
    """Sweep once from all outputs; plain numbers among them are constants."""
    now = next_serial()
    order, grads = graph_of(_nodes(outputs), since)
    with changed(recording=create_graph, lenient=True):
        for y, seed in zip(outputs, seeds, strict=True):
            if isinstance(y, Node):
                checked = y._seed(seed)
                g = seed if create_graph and isinstance(seed, Node) else checked
                grads[y] = g if grads[y] is None else grads[y] + g
        if create_graph:
            propagate(order, grads, create_graph=True)
        else:
            for kind in (Value, Tensor):  # no operation joins one to the other
                kind._propagate([node for node in order if isinstance(node, kind)], grads)
        found = [_zero(x) if grads.get(x) is None else grads[x] for x in xs]
        return [_as_derivative(x, d, create_graph, now) for x, d in zip(xs, found, strict=True)]


def _zero(x: Any) -> Any:
    return np.zeros_like(x._data) if isinstance(x, Tensor) else 0.0


def _as_derivative(x: Any, d: Any, live: bool, since: int = 0) -> Any:
    """Give a derivative by (or of) `x`: as a node of its own if live, as a number if not."""
    if not live:
        d = d._data if isinstance(d, Node) else d
        return np.asarray(d) if isinstance(x, Tensor) else float(d)
    if isinstance(d, Node):
        return positive(d) if d._serial < since else d  # ∂(ab)/∂a is b: not b itself
    return Tensor(d) if isinstance(x, Tensor) else Value(d)


def _vector(name: str, v: Any, x: Any) -> Any:
    """Check a tangent of `x`, or a weight for it: a node, a number or an array of its shape."""
    if not isinstance(v, Node):
        try:
            v = (x if isinstance(x, Node) else Value)._accept(v)
        except TypeError as error:
            raise TypeError(f"{name}: a tangent, or weight, of {x!r:.40}: {error}") from None
    if np.shape(v) != np.shape(x):
        raise ValueError(f"{name}: a tangent, or weight, of shape {np.shape(v)} for an array of "
                         f"shape {np.shape(x)}: they must be the same")  # fmt: skip
    return v


def _nodes(tree: Any) -> list[Node]:
    return [y for y in flat(tree) if isinstance(y, Node)]


def _any_node_recorded(tree: Any) -> bool:
    return current.get().recording and bool(_nodes(tree))


# Structures: numbers in lists and tuples, nested at will.


def mapped(f: Callable[[Any], Any], tree: Any) -> Any:
    """Apply `f` to every leaf of a structure."""
    if not isinstance(tree, (list, tuple)):
        return f(tree)
    parts = [mapped(f, x) for x in tree]
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def flat(tree: Any) -> list[Any]:
    """List the leaves of a structure."""
    leaves: list[Any] = []
    mapped(leaves.append, tree)
    return leaves


def shape(tree: Any) -> Any:
    """Give the nesting of a structure, in which lists and tuples are alike."""
    return [shape(x) for x in tree] if isinstance(tree, (list, tuple)) else None


def like(tree: Any, leaves: Iterable[Any]) -> Any:
    """Give `leaves` the structure of `tree`."""
    following = iter(leaves)
    return mapped(lambda _: next(following), tree)
