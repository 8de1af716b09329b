"""`Tensor`: an array that remembers how it was computed."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import array_ops, ops
from .array_ops import ArrayOperation
from .arrays import dispatch
from .arrays.methods import ArrayMethods
from .backprop import backward, propagate, stale
from .modes import current
from .node import Node, next_serial, recorded
from .ops import Elementwise
from .row import as_array, unmasked
from .view import View

__all__ = ["Tensor"]

# What a training step makes it frees again, and the C library gives large blocks back to the
# system: every step would pay for fresh pages. glibc keeps blocks up to the largest it has seen
# freed, at most 32 MiB, so it is shown one (never written to, so it costs nothing).
np.empty(31 << 20, np.uint8)


class Tensor(Node, ArrayMethods):
    """An array in a computation graph: the twin of `Value` for many numbers at once.

    Operators, functions and NumPy's functions of Tensors give Tensors that remember their
    operands; arrays and numbers are constants. Shapes follow NumPy's broadcasting, and a float32
    stays a float32.

    Parameters
    ----------
    data : array_like
        Floats of any shape, copied: a Tensor's numbers are its own. Python's ints become float64.
    label : str, optional
        A name for pictures and error messages.
    dtype : dtype, optional
        A floating type to convert to.

    Raises
    ------
    TypeError
        If `data` is an array of integers, bools, objects or text (an array is a constant as it
        is), or a Value.

    Examples
    --------
    >>> import numpy as np
    >>> W, x = Tensor([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    >>> loss = np.tanh(W @ x / 10).sum()
    >>> loss.backward()
    >>> W.grad.round(4)
    array([[0.0625, 0.075 ],
           [0.0008, 0.001 ]])
    """

    __slots__ = ("_before", "out")

    _data: np.ndarray
    _before: list[int]  # in anomaly mode, checksums of the operands when they were used
    out: np.ndarray | None  # where a backward pass writes the gradient: a part of a flat buffer

    def __init__(self, data: Any, label: str = "", dtype: Any = None) -> None:
        self._data = self._accept(data)
        if dtype is not None:
            self._data = array_ops.astype(self._data, dtype=dtype)
        self._grad = None
        self.op = None
        self.out = None
        self.label = label
        self.call = current.get().call
        self._serial = next_serial()

    @staticmethod
    def _accept(data: Any) -> np.ndarray:
        if type(data) is np.ndarray and data.dtype.kind == "f":
            if 0 in data.strides and not data.flags.writeable:
                return data  # of np.broadcast_to, larger than the memory it takes
            return data.copy()
        if isinstance(data, Node):
            raise TypeError(f"a Tensor of a {type(data).__name__}: use it itself, or its .data")
        array: np.ndarray = np.array(as_array("Tensor", data))
        if array.dtype.kind in "biu" and not isinstance(data, (np.ndarray, np.generic)):
            array = array.astype(float)
        if array.dtype.kind != "f":
            raise TypeError(
                f"a Tensor holds floats, got {array.dtype} of shape {array.shape}: convert it with "
                ".astype(float), or use the array itself, as a constant"
            )
        return array

    @property
    def data(self) -> Any:
        """The numbers, as an array in which writes are noticed: see `autograd.view.View`.

        Setting it on a leaf, also by ``t.data -= …``, is how training changes a parameter.
        """
        view = self._data.view(View)
        view.flags.writeable = False
        view._owner = self if self.op is None else self.op
        return view

    @data.setter
    def data(self, data: Any) -> None:
        if type(data) is View and data._owner is self and data.base is self._data:
            return  # it has been written into, and this has been told
        Node.data.fset(self, data)  # type: ignore[attr-defined]

    def _kept(self) -> Any:
        if self.out is not None and self._grad is self.out:
            self._grad = self._grad.copy()  # the next pass writes there, and this one may be kept
        return self._grad

    grad = property(  # set without a call of Python's
        _kept, Node._grad.__set__,
        doc="The derivative of a root by each number; None until a backward pass reached it.")

    @staticmethod
    def share(
        tensors: list["Tensor"], data: list[np.ndarray], grads: list[np.ndarray],
        filled: bool = False,
    ) -> None:  # fmt: skip
        """Let each keep its numbers and its gradient in arrays that an optimizer has, too.

        What it writes there counts as written when this is called again; `filled` says that the
        gradients are there already.
        """
        for t, x, g in zip(tensors, data, grads, strict=True):
            t._data, t.out, t._serial = x, g, next_serial()
            if filled:
                t._grad = g

    @staticmethod
    def apart(
        tensors: list["Tensor"], data: list[np.ndarray], grads: list[np.ndarray]
    ) -> list[int]:
        """List the positions of those whose numbers or gradient lie elsewhere now."""
        return [k for k, (t, x, g) in enumerate(zip(tensors, data, grads, strict=True))
                if t._data is not x or t._grad is not g]  # fmt: skip

    backward = backward

    @staticmethod
    def _propagate(order: list[Node], grads: dict[Node, Any], store: bool = False) -> None:
        """Do what `propagate` does, unrolled for Tensors: this is the speed of training."""
        if current.get().anomaly:
            return propagate(order, grads, store=store)
        roots = {node: g for node, g in grads.items() if g is not None}
        try:
            with np.errstate(all="ignore", invalid="raise"):  # so says the processor at 0 · ∞
                return _unrolled(order, grads, store)
        except (ArithmeticError, ValueError):  # again, with care
            grads.update(dict.fromkeys(grads) | roots)
            return propagate(order, grads, store=store)

    shape = property(lambda self: self._data.shape, doc="The lengths of the axes.")
    dtype = property(lambda self: self._data.dtype, doc="The type of the elements.")
    ndim = property(lambda self: self._data.ndim, doc="The number of axes.")
    size = property(lambda self: self._data.size, doc="The number of elements.")

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator["Tensor"]:
        return (self[i] for i in range(len(self._data)))

    def __repr__(self) -> str:
        label = f", label={self._label!r}" if self._label else ""
        data = np.array2string(self._data, separator=", ", prefix="Tensor(", threshold=20)
        kind = "" if self._data.dtype == float else f", dtype={self._data.dtype}"
        return f"Tensor({data}{kind}{label})"

    def __format__(self, spec: str) -> str:
        if spec and self.size != 1:
            raise TypeError(f"{spec!r} formats one number, and this Tensor has shape {self.shape}")
        return format(self._data.item(), spec) if spec else repr(self)

    # Comparisons give arrays of bools, which are constants of the graph.

    def __eq__(self, other: Any) -> Any:
        return self._data == array_ops.raw(other)

    def __ne__(self, other: Any) -> Any:
        return self._data != array_ops.raw(other)

    def __lt__(self, other: Any) -> Any:
        return self._data < array_ops.raw(other)

    def __le__(self, other: Any) -> Any:
        return self._data <= array_ops.raw(other)

    def __gt__(self, other: Any) -> Any:
        return self._data > array_ops.raw(other)

    def __ge__(self, other: Any) -> Any:
        return self._data >= array_ops.raw(other)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return bool(self._data)

    # There is no silent exit from the graph.

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError(
            "a Tensor does not turn into an array by itself, which would leave its graph: use "
            "t.data for the array, or a function of autograd in place of this one of NumPy"
        )

    def __float__(self, *_: Any) -> Any:
        raise TypeError("a Tensor does not turn into a number by itself: use t.data.item()")

    __int__ = __round__ = __float__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """``np.exp(t)`` is ``t.exp()``, and ``array * t`` is recorded."""
        return dispatch.call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """``np.sum(t, axis=0)`` is ``t.sum(axis=0)``."""
        return dispatch.call(function, args, kwargs)

    @staticmethod
    def _record(op: Elementwise, operands: tuple[Any, ...]) -> Any:
        """Compute, and remember the operation and its operands: what every row calls."""
        operands = tuple([x if isinstance(x, Tensor) else _constant(op, x) for x in operands])
        arrays = [x._data if isinstance(x, Tensor) else x for x in operands]
        try:
            data = op.array(*arrays)
        except ValueError as error:
            raise _shapes_differ(op, arrays) or error from None
        left = operands if op.arity > 2 else operands[0]
        return _node(op, left, operands[-1], data)

    @staticmethod
    def _record_array(
        op: ArrayOperation, operands: tuple[Any, ...], parameters: dict[str, Any]
    ) -> Any:
        """Do the same for an operation on arrays; its parameters are kept beside its operands."""
        if parameters:
            parameters = {name: x if x is None or x.__class__ in _FIXED else _frozen(x)
                          for name, x in parameters.items()}  # fmt: skip
        arrays, kept = [], []
        for x in operands:
            if isinstance(x, Tensor):
                arrays.append(x._data)
            else:
                x = _constant(op, x)
                arrays.append(x)
            kept.append(x)
        result = op.compute(arrays, parameters)
        if isinstance(result, tuple):
            result, saved = result
            parameters = {**parameters, "saved": saved}
        return _node(op, tuple(kept), parameters, result)

    def _check_unchanged(self) -> None:
        for x, before in zip(self.operands, getattr(self, "_before", ()), strict=False):
            if _checksum(x) != before:
                raise stale(x, self)

    def _seed(self, gradient: Any) -> Any:
        gradient = unmasked(array_ops.raw(gradient), "backward")
        if gradient is None:
            if self.size != 1:
                raise ValueError(
                    f"backward starts from one number, and this Tensor has shape {self.shape}: "
                    "sum it, or give the gradient to start from"
                )
            return np.array(1, self._data.dtype).reshape(self._data.shape)
        seed = np.array(gradient, dtype=self.dtype)  # a copy: it becomes the root's grad
        if seed.shape != self.shape or np.isnan(seed).any():
            raise ValueError(
                f"backward starts from numbers of shape {self.shape}, got {gradient!r:.60} of "
                f"shape {seed.shape}"
            )
        return seed

    def _local(self, i: int, operands: tuple[Any, ...], y: Any) -> Any:
        op: Any = self.op
        if op.arity is None:  # an operation on whole arrays: no derivative stands alone
            return None
        partial = op.partials[i]
        if not callable(partial):
            return partial
        try:
            return partial(*operands, y)
        except (ArithmeticError, ValueError):  # from a plain number, as 1 / 0 is in those of x / 0
            return partial(
                *(np.float64(x) if isinstance(x, (int, float)) else x for x in operands), y
            )

    def _pull(
        self, i: int, x: Any, g: Any, d: Any, operands: tuple[Any, ...], y: Any, into: bool
    ) -> Any:
        op: Any = self.op
        if op.arity is None:
            if into and i in op.out and x.out is not None and x._grad is None:
                return op.pull(i, g, y, operands, self._right, x.out)
            c = op.pull(i, g, y, operands, self._right)
        elif isinstance(d, int):
            c = g if d == 1 else d * g
        else:
            c = ops.chain(g, d)
        return _fitted(c, x) if y is self else _owned(_fitted(c, x), g)

    def _push(self, i: int, t: Any, d: Any, operands: tuple[Any, ...], y: Any) -> Any:
        op: Any = self.op
        if isinstance(op, ArrayOperation):
            c = op.push(i, t, y, operands, self._right)
        else:
            c = ops.chain(d, t)  # in this order: where() drops the NaN of a branch not taken
        if array_ops.shape_of(c) != self.shape:
            c = array_ops.broadcast_to(c, shape=self.shape)
        return array_ops.astype(c, dtype=self.dtype) if c.dtype != self.dtype else c

    @staticmethod
    def _store(grads: dict[Any, Any]) -> None:
        for node, g in grads.items():
            if g is None:
                continue
            if node.op is not None or (node._grad is None and node.out is None):
                node._grad = np.asarray(g)
            elif node._grad is None:
                if node.out is not g:
                    np.copyto(node.out, g)
                node._grad = node.out
            elif node._grad is node.out:
                node._grad += g
            else:
                node._grad = np.asarray(node._grad + g)


def _constant(op: Any, x: Any) -> Any:
    """Check a constant operand: an array or a number."""
    if type(x) is np.ndarray and x.dtype.kind in "fui":
        return x
    if isinstance(x, (float, int)):
        return x
    if isinstance(x, View):  # of a leaf, that may be written into before backward looks
        return x.copy()
    x = unmasked(x, op.name)
    array: Any = x if isinstance(x, (np.ndarray, Node)) else as_array(op.name, x)
    if isinstance(x, Node) or array.dtype.kind not in "biuf":
        raise TypeError(
            f"{op.name}: expected a Tensor, an array or a number, got {x!r:.40} "
            f"({type(x).__name__})"
        )
    return array


_FIXED = {bool, int, slice, str}


def _frozen(x: Any) -> Any:
    """Give an index, an axis or labels as they are now, which the vjp asks for again."""
    if isinstance(x, np.ndarray):
        return unmasked(x, "an index").copy()
    if isinstance(x, list):
        return copy.deepcopy(x)
    return tuple(map(_frozen, x)) if type(x) is tuple else x


def _shapes_differ(op: Elementwise, arrays: list[Any]) -> ValueError | None:
    """Say which dimension keeps shapes from broadcasting, if one does."""
    shapes = [np.shape(x) for x in arrays]
    n = max(map(len, shapes))
    columns = zip(*((1,) * (n - len(shape)) + shape for shape in shapes), strict=True)
    for axis, column in enumerate(columns):
        if len(lengths := sorted(set(column) - {1})) > 1:
            return ValueError(
                f"{op.name}: shapes {' and '.join(map(str, shapes))} do not broadcast: "
                f"axis {axis - n} is {' and '.join(map(str, lengths))}"
            )
    return None


def _unrolled(order: list[Any], grads: dict[Any, Any], store: bool) -> None:
    for node in order:
        g = grads[node]
        if g is None:
            continue
        op, y, made = node.op, node._data, node._serial
        whole, settings = op.arity is None, node._right
        operands = node._left if whole else node.operands
        arrays = [x._data if isinstance(x, Tensor) else x for x in operands]
        for i, x in enumerate(operands):
            if not isinstance(x, Tensor):
                continue
            if x._serial > made:
                raise stale(x, node)
            total = grads[x]
            if whole:
                into = store and total is None
                if into and i in op.out and x.out is not None and x._grad is None:
                    grads[x] = op.pull(i, g, y, arrays, settings, x.out)
                    continue
                if not (op.all_flow or op.flows(i)):
                    continue
                c = op.pull(i, g, y, arrays, settings)
            else:
                d = op.partials[i]
                if d is None:
                    continue
                if callable(d):
                    d = d(*arrays, y)
                    c = ops.chain(g, d) if op.singular else g * d
                else:
                    c = g if d == 1 else d * g
            c = _owned(_fitted(c, x), g)
            if total is not None and total is x.out:
                total += c  # where it is to be in the end
            else:
                grads[x] = c if total is None else total + c


def _fitted(c: Any, x: Tensor) -> Any:
    """Give a contribution the shape and the type of its operand."""
    wanted = x._data
    if c.shape != wanted.shape:
        c = array_ops.unbroadcast(c, wanted.shape)
    return c if c.dtype == wanted.dtype else array_ops.astype(c, dtype=wanted.dtype)


def _owned(c: Any, g: Any) -> Any:
    """Give an array of one's own: no two gradients share one."""
    return c.copy() if c is g or c.base is not None else c


def _node(op: Any, left: Any, right: Any, data: Any) -> Tensor:
    mode = current.get()
    data = np.asarray(data)
    if not mode.recording and data.base is not None:
        data = data.copy()  # a leaf's numbers are its own
    node: Tensor = recorded(Tensor, op, left, right, data, mode)
    node.out = None
    if mode.anomaly:
        operands = left if isinstance(left, tuple) else (left, right)[: op.arity]
        node._before = list(map(_checksum, operands))
        if np.isnan(node._data).any() and not any(
            np.isnan(array_ops.raw(x)).any() for x in operands
        ):
            raise FloatingPointError(f"{op.name} gave nan in an array of shape {node.shape}: the "
                                     "first of this graph")  # fmt: skip
    return node


def _checksum(x: Any) -> int:
    return hash(np.asarray(array_ops.raw(x)).tobytes())
