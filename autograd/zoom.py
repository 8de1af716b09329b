"""``zoom``: one element of a Tensor as the graph of numbers that it is."""

import math
from collections.abc import Callable
from functools import lru_cache, partial, reduce
from operator import add
from typing import Any

import numpy as np

from .array_ops import ArrayOperation, positions_of, shape_of
from .backprop import stale, topological_order
from .modes import changed
from .ops import maximum
from .tensor import Tensor
from .value import Value

__all__ = ["zoom"]

MOST_VALUES = 100_000

# How an element is computed: a function, and what it takes, a list an operand. Each operand comes
# with the positions of its elements, counted through all its axes. A rule finds the recipe of
# each element of a node.
Recipe = tuple[Callable[..., Any], list[tuple[Any, Any]]]
Rule = Callable[[int], Recipe]


def zoom(tensor: Tensor, index: Any = ...) -> Value:
    """Expand one element of a Tensor into the graph of Values that it stands for.

    A matrix product becomes sums of products, a reduction a chain of additions; only what the
    element depends on is there. The number is that of the Tensor, and so is, after
    ``backward()``, every gradient (in float64).

    Parameters
    ----------
    tensor : Tensor
        A result; the graph goes back to its leaves.
    index : int or tuple, optional
        Which element: as in ``tensor[index]``; needed where there are several.

    Returns
    -------
    Value
        The element. Leaf Tensors are leaf Values, labelled from 1 on as in a formula:
        ``W[0, 1]`` of a Tensor labelled W is W1,2. Constants are numbers.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        If it is no Tensor or not one element, if there would be more than 100,000 Values, or if
        a leaf was changed after it had been used.

    Examples
    --------
    >>> W, x = Tensor([[1.0, 2.0], [3.0, 4.0]], "W"), Tensor([5.0, 6.0], "x")
    >>> y = zoom(W @ x, 1)
    >>> y.backward()
    >>> sorted((v.label, v.data, v.grad) for v in topological_order(y) if v.op is None)
    [('W2,1', 3.0, 5.0), ('W2,2', 4.0, 6.0), ('x1', 5.0, 3.0), ('x2', 6.0, 4.0)]
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"zoom looks into a Tensor, got {type(tensor).__name__}")
    found = np.asarray(_grid(tensor.shape)[index])
    if found.size != 1:
        raise ValueError(f"zoom: index {index!r} of a Tensor of shape {tensor.shape} gives "
                         f"{found.size} elements: give the index of one")  # fmt: skip
    order = topological_order(tensor)
    recipes: dict[Any, dict[int, Recipe]] = {node: {} for node in order}
    recipes[tensor][found.item()] = _LEAF
    total = 0
    for node in order:  # consumers first, so that all elements that are needed are known
        if node.op is None:
            continue
        rule = _RULES.get(node.op.name, _in_one_piece)(node) if isinstance(
            node.op, ArrayOperation) else partial(_elementwise, node)  # fmt: skip
        for position in recipes[node]:
            recipes[node][position] = _, inputs = rule(position)
            for x, positions in inputs:
                total += len(positions)
                if total > MOST_VALUES:
                    raise ValueError(
                        f"zoom: more than {MOST_VALUES:,} Values: look into fewer at a time, one "
                        "example of a batch, one neuron, or detach() what comes before"
                    )
                if isinstance(x, Tensor):
                    if x._serial > node._serial:
                        raise stale(x, node)
                    recipes[x].update(dict.fromkeys(positions.tolist(), _LEAF))
    made: dict[Any, dict[int, Value]] = {}
    for node in reversed(order):
        with changed(recording=True, lenient=True, call=node.call):
            made[node] = {i: _element(node, i, recipe, made) for i, recipe in recipes[node].items()}
    return made[tensor][found.item()]


def _element(node: Any, position: int, recipe: Recipe, made: dict[Any, Any]) -> Value:
    f, inputs = recipe
    if node.op is None:
        value = Value(node.data.flat[position])
        value._left, value._right = node, position  # by which `derive` knows it again
    else:
        value = f(*(
            [made[x][i] for i in positions.tolist()] if isinstance(x, Tensor)
            else np.ravel(x)[positions].astype(float).tolist()
            for x, positions in inputs
        ))  # fmt: skip
    if not isinstance(value, Value):  # an element that no operand has a part in
        value = Value(value)
    if node.label and not value.label:
        place = ",".join(str(k + 1) for k in np.unravel_index(position, node.shape))
        value.label = node.label + place
    return value


_LEAF: Recipe = (list, [])


@lru_cache
def _grid(shape: tuple[int, ...]) -> Any:
    """Give an array of which each element is its own position."""
    return np.arange(math.prod(shape)).reshape(shape)


def _elementwise(node: Any, position: int) -> Recipe:
    place = np.unravel_index(position, node.shape)
    return lambda *lists: node.op(*(x for (x,) in lists)), [
        (x, np.broadcast_to(_grid(shape_of(x)), node.shape)[place].reshape(1))
        for x in node.operands
    ]


def _moved(node: Any) -> Rule:
    """Follow the elements that an operation only moves, by moving their positions."""
    sizes = [math.prod(shape_of(x)) for x in node.operands]
    starts = np.cumsum([0, *sizes])
    grids = [_grid(shape_of(x)) + start for x, start in zip(node.operands, starts, strict=False)]
    sources = np.ravel(node.op.forward(*grids, **node._right))

    def rule(position: int) -> Recipe:
        i = int(np.searchsorted(starts, sources[position], side="right")) - 1
        return _only, [(node.operands[i], sources[position : position + 1] - starts[i])]

    return rule


def _only(xs: list[Any]) -> Any:
    return xs[0]


def _rows(x: Any, axis: Any) -> Any:
    """Give the places over which a reduction goes, a row for each of its results."""
    axes = tuple(range(x.ndim)) if axis is None else positions_of(x, axis)
    kept = [k for k in range(x.ndim) if k not in axes]
    lengths = [math.prod(x.shape[k] for k in some) for some in (kept, axes)]
    return _grid(x.shape).transpose(*kept, *axes).reshape(lengths)


def _directed(node: Any) -> Rule:
    (x,), count = node.operands, node._right.get("count", 1)
    rows = _rows(x, node._right.get("axis"))
    places = np.argsort(rows, axis=None) // rows.shape[1]  # which row an element stands in

    def f(xs: list[Any], row: list[Any]) -> Any:
        squares = _sum_of_squares(row) * count
        return xs[0] / squares.sqrt() if squares.data else xs[0] * 0.0

    return lambda position: (f, [(x, np.array([position])), (x, rows[places[position]])])


def _reduced(node: Any) -> Rule:
    (x,) = node.operands
    rows = _rows(x, node._right.get("axis"))
    reduction = _REDUCTIONS[node.op.name]
    if (count := node._right.get("count", 1)) != 1:  # of the root of a mean square
        return lambda position: (lambda xs: (_sum_of_squares(xs) / count).sqrt(),
                                 [(x, rows[position])])  # fmt: skip
    return lambda position: (reduction, [(x, rows[position])])


def _sum(xs: list[Any]) -> Any:
    return reduce(add, xs) if xs else 0.0


def _sum_of_squares(xs: list[Any]) -> Any:
    return _sum([x * x for x in xs])


def _maximum(xs: list[Any], sign: int = 1) -> Any:
    """Take the largest; the mean of several, which share the gradient."""
    best = np.max([sign * x.data for x in xs])
    ties = [x for x in xs if sign * x.data == best]
    if len(ties) > 1:
        xs = [_sum(ties) / len(ties)] + [x for x in xs if sign * x.data != best]
    return reduce(maximum if sign == 1 else type(xs[0]).minimum, xs)


def _logsumexp(xs: list[Any]) -> Any:
    largest = max(x.data for x in xs)
    if not math.isfinite(largest):
        largest = 0.0
    return _sum([(x - largest).exp() for x in xs]).log() + largest


def _product(node: Any) -> Rule:
    a, b, *bias = node.operands
    rows, columns = np.atleast_2d(_grid(shape_of(a))), _grid(shape_of(b))
    if columns.ndim == 1:
        columns = columns[:, None]
    batch = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    rows = np.broadcast_to(rows, batch + rows.shape[-2:])
    columns = np.broadcast_to(columns, batch + columns.shape[-2:])

    def rule(position: int) -> Recipe:
        place: Any = np.unravel_index(position, (*batch, rows.shape[-2], columns.shape[-1]))
        *stack, i, j = place
        column = columns[(*stack, slice(None), j)]
        return _dot, [(a, rows[(*stack, i)]), (b, column), *((x, j.reshape(1)) for x in bias)]

    return rule


def _dot(row: list[Any], column: list[Any], bias: Any = ()) -> Any:
    return _sum([*(x * y for x, y in zip(row, column, strict=True)), *bias])


def _cross_entropy(node: Any) -> Rule:
    (z,), given = node.operands, node._right
    target, weights, reduction = given["target"], given["weights"], given["reduction"]
    shares = np.ones(len(z)) if weights is None else weights
    if reduction == "mean":
        shares = shares / shares.sum()

    def loss(xs: list[Any], i: int) -> Any:
        if target.ndim == 1:
            return _logsumexp(xs) - xs[target[i]]
        parts = _sum([float(t) * x for t, x in zip(target[i], xs, strict=True) if t])
        return _logsumexp(xs) * float(target[i].sum()) - parts

    def rule(position: int) -> Recipe:
        rows = [position] if reduction == "none" else range(len(z))

        def f(*lists: list[Any]) -> Any:
            return _sum([float(shares[i]) * loss(xs, i) for i, xs in zip(rows, lists, strict=True)])

        return f, [(z, _grid(z.shape)[i]) for i in rows]

    return rule


def _scattered(node: Any) -> Rule:
    (x,), given = node.operands, node._right
    places = np.ravel(_grid(given["shape"])[given["index"]])
    return lambda position: (_sum, [(x, np.flatnonzero(places == position))])


def _in_one_piece(node: Any) -> Rule:
    """Do an operation of which nothing is known with arrays of Values."""

    def f(position: int, *lists: list[Any]) -> Any:
        arrays = [np.empty(shape_of(x), object) for x in node.operands]
        for array, elements in zip(arrays, lists, strict=True):
            array.flat[:] = elements
        try:
            return np.ravel(node.op.forward(*arrays, **node._right))[position]
        except (TypeError, AttributeError) as error:
            raise TypeError(f"zoom: {node.op.name} does not take arrays of Values") from error

    inputs = [(x, _grid(shape_of(x)).ravel()) for x in node.operands]
    return lambda position: (partial(f, position), inputs)


_REDUCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": _sum, "max": _maximum, "min": partial(_maximum, sign=-1), "logsumexp": _logsumexp,
    "norm": lambda xs: _sum_of_squares(xs).sqrt(), "mean": lambda xs: _sum(xs) / len(xs),
}  # fmt: skip
_RULES: dict[str, Callable[[Any], Rule]] = {
    **dict.fromkeys(["reshape", "transpose", "broadcast_to", "getitem", "concatenate"], _moved),
    **dict.fromkeys(_REDUCTIONS, _reduced),
    **dict.fromkeys(["matmul", "linear"], _product), "direction": _directed,
    "softmax_cross_entropy": _cross_entropy, "scatter": _scattered,
    "astype": lambda node: lambda position: (_only, [(node.operands[0], np.array([position]))]),
}  # fmt: skip
