"""`Traced`: a Tensor whose comparisons are recorded, too, and whose numbers nobody sees.

So the backward pass, which the engine records as a graph, has no constants in it that hung on the
numbers: both passes can be written down. Operations on labels, and fused ones, are taken apart.
"""

import operator
from typing import Any

import numpy as np

from ..array_ops import ArrayOperation, divided, expand_dims, matmul, reshape, shape_of
from ..array_ops import max as largest
from ..array_ops import sum as total
from ..modes import current
from ..node import next_serial, recorded
from ..ops import Elementwise, chain, detach, exp, log
from ..tensor import Tensor

__all__ = ["COMPARISONS", "INFIX", "ONES_DOT", "Traced", "UntraceableError", "is_numpys", "leaf"]


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


INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**",
         **{op.name: op.symbol for op in COMPARISONS}}  # fmt: skip


def is_numpys(op: Elementwise) -> bool:
    """Tell whether a row's function on arrays is one of NumPy's own."""
    return isinstance(op.array, np.ufunc) or op.array in (np.where, np.clip)


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
        op: Any = self.op
        if op.name == "linear" and i == 2:  # as the engine computes it
            return ONES_DOT(reshape(g, shape=(-1, g.shape[-1])), axis=0)
        if op.name == "linear" and i == 0 and g.ndim > 2:
            return DOT(g, operands[1].T)
        return super()._pull(i, x, g, d, operands, y, into)

    def _seed(self, gradient: Any) -> Any:
        return gradient

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Give the places of the largest elements."""
        return ARGMAX(self, axis=axis, keepdims=keepdims)

    def keep(self, now: Any) -> None:
        """Say what an argument is to be after the step: a running mean, say."""
        self._left = now

    @property
    def later(self) -> Any:
        """What an argument is to be after the step; None if it stays."""
        return getattr(self, "_left", None) if self.op is None else None

    def _seen(self, *_: Any, **__: Any) -> Any:
        raise UntraceableError("it looks at the numbers of a batch, and what it does then would be "
                          "fixed for all")  # fmt: skip

    data = grad = property(_seen)
    __bool__ = item = tolist = _numbers = _seen

    __hash__ = object.__hash__


def _operator(op: Elementwise) -> Any:
    return lambda self, other: op(self, other)


for _op, _name in zip(COMPARISONS, ["gt", "ge", "lt", "le", "eq", "ne", "and", "or"], strict=True):
    setattr(Traced, f"__{_name}__", _operator(_op))


def _traced(op: Any, left: Any, right: Any, data: Any) -> Traced:
    node: Traced = recorded(Traced, op, left, right, np.asarray(data), current.get())
    node.out = None
    return node


_KINDS: dict[Any, Any] = {Tensor: Traced}


def _kind(of: Any) -> Any:
    """Give the kind of Tensor that is traced in place of another."""
    if of not in _KINDS:
        _KINDS[of] = type(f"Traced{of.__name__}", (Traced, of), {"__slots__": ()})
    return _KINDS[of]


def _own_slots(kind: type) -> list[str]:
    """List the attributes that a kind of Tensor has beside a Tensor's."""
    return [name for cls in kind.__mro__ if issubclass(cls, Tensor) and cls is not Tensor
            for name in vars(cls).get("__slots__", ())]  # fmt: skip


def leaf(data: np.ndarray, like: Any = None) -> Traced:
    """Make a leaf of an array of any type, which is not copied; with the attributes of another."""
    kind = Traced if like is None else _kind(type(like))
    node: Traced = kind.__new__(kind)
    for name in _own_slots(type(like)):
        setattr(node, name, getattr(like, name))
    node._data, node._grad, node._label, node.op, node.out = data, None, "", None, None
    node.call, node._serial = current.get().call, next_serial()
    return node


# --- Operations on labels, and fused ones taken apart ---------------------------------------------


def _holds_traced(x: Any) -> bool:
    return isinstance(x, Traced) or (type(x) is tuple and any(map(_holds_traced, x)))


def _at(labels: Any) -> tuple[Any, Any]:
    return np.arange(len(labels)), labels


def _less_one(p: Any, labels: Any) -> Any:
    p = p.copy()
    p[_at(labels)] -= 1
    return p


def _placed(g: Any, labels: Any, width: int) -> Any:
    x = np.zeros((len(g), width), g.dtype)
    x[_at(labels)] = g
    return x


PLACE: ArrayOperation
PICK = ArrayOperation("pick", lambda x, labels: x[_at(labels)],
                      [lambda g, y, x, labels: PLACE(g, labels, width=shape_of(x)[1]), None])
PLACE = ArrayOperation("place", _placed, [lambda g, y, g_, labels, width: PICK(g, labels), None])
LESS_ONE = ArrayOperation("less_one", _less_one, [None, None])
ONES_DOT = ArrayOperation("sum", lambda g, axis: np.ones(len(g), g.dtype).dot(g), [None])
DOT = ArrayOperation("dot", np.dot, [None, None])
ARGMAX = ArrayOperation("argmax", lambda x, axis=None, keepdims=False: np.argmax(
    x, axis=axis, keepdims=keepdims), [None])  # fmt: skip


def _picked(x: Any, index: Any) -> Any:
    """Index rows by their labels, ``x[arange(n), labels]``."""
    rows: Any
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


Traced._cross_entropy = staticmethod(cross_entropy)  # type: ignore[attr-defined]
Traced._log_softmax = staticmethod(log_softmax)  # type: ignore[attr-defined]
