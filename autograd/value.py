"""`Value`: one float that remembers how it was computed."""

from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from . import ops
from .backprop import backward
from .floats import propagate_floats, unrolled
from .modes import current
from .node import Compared, Node, next_serial, recorded
from .ops import Elementwise
from .row import unmasked

__all__ = ["Value", "values"]

mode_now = current.get


def _operators(op: Elementwise) -> tuple[Any, Any]:
    """Make the operator of a row and its reflected twin, as fast as Python goes.

    What is rare is left to `_binary`: other kinds of numbers, errors, the hunt for NaN.
    """
    scalar, new = op.scalar, object.__new__

    def operator(a: Any, b: Any) -> Any:
        kind = b.__class__
        if kind is Value:
            y = b._data
        elif kind is float:
            y = b
        elif kind is int:
            b = y = float(b)
        else:
            return Value._binary(op, a, b)
        mode = mode_now()
        try:
            data = scalar(a._data, y)
        except (ArithmeticError, ValueError):
            return Value._binary(op, a, b)
        if mode.anomaly:
            return Value._binary(op, a, b)
        node = new(Value)  # as `recorded` does: the call would add a third to the time
        node._data = data
        node._label = ""
        node._serial = next_serial()
        node.grad = None
        node.call = mode.call
        if mode.recording:
            node.op = op
            node._left = a
            node._right = b
        else:
            node.op = None
        return node

    def reflected(b: Any, a: Any) -> Any:
        if a.__class__ is not float and a.__class__ is not int:
            return Value._binary(op, a, b)
        a = float(a)
        return _result(op, (a, b), (a, b._data))

    return operator, reflected


class Value(Node):
    """A number in a computation graph.

    Operators, methods and functions of Values give new Values that remember their operands;
    `backward` walks that graph from a result to its leaves and leaves a derivative in every
    ``grad``. Plain numbers are constants.

    Comparisons go by number (so ``in`` and ``list.index`` do, too); hashing goes by identity.

    Parameters
    ----------
    data : number
        An int, float, bool, NumPy scalar or 0-d array; kept as a float.
    label : str, optional
        A name for pictures, derivations and error messages.

    Raises
    ------
    TypeError
        If `data` is not a single number, or `label` is not text.

    Examples
    --------
    >>> a, b, c = Value(3, label="a"), Value(1, label="b"), Value(-2, label="c")
    >>> L = c * (a + 2 * b)
    >>> L.backward()
    >>> L.data, a.grad, b.grad, c.grad
    (-10.0, -2.0, -4.0, 5.0)
    """

    __slots__ = ()

    _data: float
    grad: float | None

    def __init__(self, data: Any, label: str = "") -> None:
        self._data = self._accept(data)
        self.grad = None
        self.op = None
        self.label = label
        self.call = current.get().call
        self._serial = next_serial()

    @staticmethod
    def _accept(data: Any) -> float:
        if isinstance(data, Value):
            raise TypeError(f"a Value of a Value: use {data!r} itself, or its .data")
        number: float = _number(data)
        if number is NotImplemented:
            raise TypeError(
                f"a Value holds one number, got {_short(data)}"
                + (": use a Tensor for arrays" if isinstance(data, np.ndarray) else "")
            )
        return number

    backward = backward
    _unrolled = unrolled
    _propagate = staticmethod(propagate_floats)

    def __repr__(self) -> str:
        label = f", label={self._label!r}" if self._label else ""
        return f"Value(data={self._data!r}, grad={self.grad!r}{label})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def item(self) -> float:
        """Give the number, outside the graph: what ``data`` is."""
        return self._data

    # Comparisons go by number and give bools, which are constants of the graph. They mark what is
    # compared, so that `vectorize` can say where Python decided something.

    def __eq__(self, other: object) -> Any:
        return self._data.__eq__(_compared(self, other))

    def __ne__(self, other: object) -> Any:
        return self._data.__ne__(_compared(self, other))

    def __lt__(self, other: Any) -> Any:
        return self._data.__lt__(_compared(self, other))

    def __le__(self, other: Any) -> Any:
        return self._data.__le__(_compared(self, other))

    def __gt__(self, other: Any) -> Any:
        return self._data.__gt__(_compared(self, other))

    def __ge__(self, other: Any) -> Any:
        return self._data.__ge__(_compared(self, other))

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        self._serial = Compared(self._serial)
        return self._data != 0

    # There is no silent exit from the graph.

    def __float__(self, *_: Any) -> Any:
        raise TypeError(
            "a Value does not turn into a plain number by itself, which would leave its graph: "
            "use v.data for the number, or a function of the table (v.exp() for math.exp(v))"
        )

    __int__ = __round__ = __trunc__ = __floor__ = __ceil__ = __float__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """``np.exp(v)`` is ``v.exp()``; beside an array, the operation goes by element."""
        out, op = kwargs.pop("out", None), ops.UFUNCS.get(ufunc)
        if method != "__call__" or kwargs:
            raise TypeError(f"np.{ufunc.__name__} takes Values only in a plain call")
        if ufunc in _PREDICATES:
            return ufunc(*(_compared(x, x) if isinstance(x, Value) else x for x in inputs))
        if op is None:
            raise TypeError(
                f"np.{ufunc.__name__} is not in the table of operations: use v.data for the "
                "number, or add a row with autograd.elementwise"
            )
        result = op(*inputs)
        if out is None:
            return result
        kind = out[0].dtype if isinstance(out[0], np.ndarray) else type(out[0]).__name__
        if str(kind) != "object":
            raise TypeError(
                f"out must be an array of objects to hold Values, not of {kind}: "
                "write a = a + v for a += v"
            )
        out[0][...] = result
        return out[0]

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """``np.where`` and the like are in the table; others take a Value as a 0-d array."""
        if (op := ops.UFUNCS.get(function)) is not None:
            return op(*args, **kwargs)
        return function(*_boxed(args), **kwargs)

    def conjugate(self) -> "Value":
        """Give the Value itself: ``np.var`` of an array of Values asks each for it."""
        return self

    @staticmethod
    def _record(op: Elementwise, operands: tuple[Any, ...]) -> Any:
        if op.arity == 1:  # a Value, or this would not be asked
            return _result(op, operands, (operands[0]._data,))
        if any(isinstance(x, np.ndarray) and (x.ndim or x.dtype == object) for x in operands):
            return np.frompyfunc(op, op.arity, 1)(*_boxed(operands))
        operands = tuple([x if isinstance(x, Value) else _constant(op, x) for x in operands])
        return _result(op, operands, [x._data if isinstance(x, Value) else x for x in operands])

    @staticmethod
    def _binary(op: Elementwise, a: Any, b: Any) -> Any:
        x, y = _number(a), _number(b)
        if x is NotImplemented or y is NotImplemented:
            return NotImplemented
        operands = a if isinstance(a, Value) else x, b if isinstance(b, Value) else y
        return _result(op, operands, (x, y))

    __add__, __radd__ = _operators(ops.add)
    __sub__, __rsub__ = _operators(ops.subtract)
    __mul__, __rmul__ = _operators(ops.multiply)
    __truediv__, __rtruediv__ = _operators(ops.divide)
    __pow__, __rpow__ = _operators(ops.power)
    __mod__, __rmod__ = _operators(ops.remainder)
    __floordiv__, __rfloordiv__ = _operators(ops.floor_divide)

    def _seed(self, gradient: Any) -> Any:
        seed = 1.0 if gradient is None else _number(gradient)
        if seed is NotImplemented or seed != seed:
            raise TypeError(f"backward starts from a number, got {_short(gradient)}")
        return seed

    def _local(self, i: int, operands: tuple[Any, ...], y: Any) -> Any:
        op: Any = self.op
        if y is not self:
            return op.local(i, operands, y)
        partial = op.partials[i]
        if not callable(partial):
            return partial
        try:
            return partial(*operands, y)
        except (ArithmeticError, ValueError):  # from a constant: log(-2) in the partials of (-2)**x
            careful = (x if isinstance(x, Value) else np.float64(x) for x in operands)
            with np.errstate(all="ignore"):
                return partial(*careful, y)

    def _pull(
        self, i: int, x: Any, g: Any, d: Any, operands: tuple[Any, ...], y: Any, into: bool
    ) -> Any:
        return _times(g, d)

    def _push(self, i: int, t: Any, d: Any, operands: tuple[Any, ...], y: Any) -> Any:
        return _times(d, t)  # in this order: where() drops the NaN of a branch not taken


def values(data: int | Iterable[Any], label: str = "") -> list[Value]:
    """Make a list of Values.

    Parameters
    ----------
    data : int or iterable of numbers
        The numbers; an int stands for so many zeros.
    label : str, optional
        Their common name: ``"x"`` gives the labels x1, x2, …

    Examples
    --------
    >>> values([0.05, 0.1], "x")
    [Value(data=0.05, grad=None, label='x1'), Value(data=0.1, grad=None, label='x2')]
    """
    if not isinstance(data, (int, Iterable)):
        raise TypeError(f"values takes numbers in a list, or how many, got {data!r:.40}")
    numbers = [0.0] * data if isinstance(data, int) else data
    try:
        return [Value(x, f"{label}{i}" if label else "") for i, x in enumerate(numbers, 1)]
    except TypeError as error:
        raise TypeError(f"values: {error}") from None


_PREDICATES = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isinf, np.isfinite, np.signbit,
}  # fmt: skip


def _number(x: Any) -> Any:
    """Give the float that `x` stands for, or NotImplemented."""
    if type(x) is float or type(x) is int:  # to ask whether it is a Real takes long
        return float(x)
    if isinstance(x, Value):
        return x._data
    if isinstance(x, Real):
        return float(x)
    if isinstance(x, (np.generic, np.ndarray)) and x.ndim == 0 and x.dtype.kind in "biuf":
        return float(unmasked(x, "a Value"))
    return NotImplemented


def _compared(a: Value, b: Any) -> Any:
    """Give the number of `b`, with which `a` is compared, and mark both."""
    a._serial = Compared(a._serial)
    if isinstance(b, Value):
        b._serial = Compared(b._serial)
    return _number(b)


def _boxed(tree: Any) -> Any:
    """Put every Value of a structure of lists and tuples in a 0-d array, for NumPy."""
    if isinstance(tree, (list, tuple)):
        return type(tree)([_boxed(x) for x in tree])
    return np.array(tree, dtype=object) if isinstance(tree, Value) else tree


def _constant(op: Elementwise, x: Any) -> float:
    """Give a constant operand as a float, or say what is wrong with it."""
    number: float = _number(x)
    if number is NotImplemented:
        raise TypeError(f"{op.name}: expected a Value or a number, got {_short(x)}")
    return number


def _short(x: Any) -> str:
    return f"{x!r:.40} ({type(x).__name__})"


def _times(g: Any, d: Any) -> Any:
    """Multiply as the chain rule does, as a graph in which nothing is multiplied by a plain 1."""
    if not isinstance(d, Value) and d == 1:
        return g
    if not isinstance(g, Value) and g == 1:
        return d
    return ops.chain(g, d)


def _result(op: Elementwise, operands: tuple[Any, ...], numbers: Any) -> Value:
    """Compute, and remember the operation and its operands."""
    mode = mode_now()
    try:
        data = op.scalar(*numbers)
    except (ArithmeticError, ValueError):  # inside a partial by the rules of IEEE
        data = op.ieee(*numbers) if mode.lenient else op.evaluate(*numbers)
    if mode.anomaly:
        _check_birth(op, operands, data)
    left = operands if op.arity > 2 else operands[0]
    node: Value = recorded(Value, op, left, operands[-1], data, mode)
    return node


def _check_birth(op: Elementwise, operands: tuple[Any, ...], data: float) -> None:
    """Raise if a result is NaN and no operand is."""
    if data != data and all(x == x for x in operands):
        given = ", ".join(f"{n} = {x:g}" for n, x in zip(op.operand_names, operands, strict=True))
        raise FloatingPointError(f"{op.name} gave nan from {given}: the first NaN of this graph")
