"""`Node`: a place in a computation graph, whatever its data is."""

import itertools
from typing import Any, ClassVar

from .algebra import Arithmetic
from .elsewhere import MICROGRAD, Elsewhere
from .methods import Methods
from .modes import Call, Mode, group
from .ops import Elementwise

__all__ = ["Node"]

next_serial = itertools.count().__next__  # atomic, so safe in threads


class Compared(int):
    """The serial number of a node that Python compared: so that `vectorize` can say which."""

    __slots__ = ()


class Node(Methods, Arithmetic, Elsewhere):
    """Data that remembers the operation and the operands that made it.

    Attributes
    ----------
    grad
        The derivative of a root with respect to this node; None until a backward pass reached it.
    op : Elementwise or None
        The operation; None for a leaf.
    call : Call or None
        The innermost `group` inside which the node was made, as it was entered then.
    """

    # The serial number is the order of creation, so operands come before their consumers. A leaf
    # that is set after it was used is numbered anew: that is how a backward pass knows.
    #
    # Two slots hold the operands: most of an eager step is the garbage collector walking what is
    # alive, and a tuple a node would be twice as much to walk.
    __slots__ = ("_data", "_label", "_left", "_right", "_serial", "call", "grad", "op")

    _data: Any
    _label: str
    _serial: int
    call: Call | None
    grad: Any
    _grad: Any  # the same slot, also where a kind of node has a property of that name
    op: Elementwise | None
    _left: Any  # the only operand, or the first of two, or a tuple of three and more
    _right: Any  # the second of two

    @property
    def operands(self) -> tuple[Any, ...]:
        """The operands in order: nodes, and plain numbers for constants; ``a * a`` has two."""
        if self.op is None:
            return ()
        arity = self.op.arity
        if arity == 2:
            return self._left, self._right
        return (self._left,) if arity == 1 else self._left

    @property
    def settings(self) -> dict[str, Any]:
        """What the operation was given beside its operands, such as an axis."""
        if self.op is None or self.op.arity is not None:
            return {}
        return {name: x for name, x in self._right.items() if name != "saved"}  # for the vjp

    @property
    def data(self) -> Any:
        """The number or array; setting it on a leaf is how training changes a parameter."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        if self.op is not None:
            raise ValueError(
                f"{self!r} is the result of {self.op.name} and cannot be set: "
                "set the leaves it was computed from, and compute it again"
            )
        self._data = self._accept(data)
        self._serial = next_serial()

    def _numbers(self) -> Any:
        """Give the data to what decides by it."""
        return self._data

    # What each kind of node does in its own way.

    _repr_html_: ClassVar[Any]
    _repr_mimebundle_: ClassVar[Any]  # what a notebook shows; see `autograd/__init__.py`
    _propagate: ClassVar[Any]  # carries gradients through the nodes of a graph

    @staticmethod
    def _accept(data: Any) -> Any:
        """Check and convert what a user gives as data."""
        return data

    @staticmethod
    def _record(op: Elementwise, operands: tuple[Any, ...]) -> Any:
        """Compute, and remember the operation and its operands: rows and operators call it."""

    def _unrolled(self, seed: Any) -> bool:
        """Do a backward pass in a quicker way, if there is one, and tell whether it was done."""
        return False

    @staticmethod
    def _store(grads: dict[Any, Any]) -> None:
        """Put the gradients of a complete pass in place: those of leaves are added up."""
        for node, g in grads.items():
            if node.op is not None or node.grad is None:
                node.grad = g
            elif g is not None:
                node.grad += g

    def _check_unchanged(self) -> None:
        """In anomaly mode, raise if an operand was written into after it had been used."""

    def _seed(self, gradient: Any) -> Any:
        """Check the gradient that a backward pass starts from, or give the usual one."""
        return gradient

    def _operands_and_output(self, as_graph: bool) -> tuple[tuple[Any, ...], Any]:
        """Give what a derivative is computed from: numbers or arrays, or the nodes themselves."""
        if as_graph:
            return self.operands, self
        return tuple([x._data if isinstance(x, Node) else x for x in self.operands]), self._data

    def _local(self, i: int, operands: tuple[Any, ...], y: Any) -> Any:
        """Compute the local derivative by operand `i`: a number, an array or a graph."""

    def _pull(
        self, i: int, x: Any, g: Any, d: Any, operands: tuple[Any, ...], y: Any, into: bool
    ) -> Any:
        """Give what operand `i`, `x`, gets of the gradient `g`, by its local derivative `d`."""

    def _push(self, i: int, t: Any, d: Any, operands: tuple[Any, ...], y: Any) -> Any:
        """Give what this node gets of the tangent `t` of operand `i`."""

    @property
    def label(self) -> str:
        """A name for pictures, derivations and error messages; "" for none."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(f"a label must be text, got {label!r}: use str(...)")
        self._label = label

    @property
    def group(self) -> str:
        """The path of the `group` blocks inside which the node was made; "" for none."""
        return self.call.path if self.call is not None else ""

    @group.setter
    def group(self, path: str) -> None:
        self.call = Call(group(path)) if path else None

    @property
    def parents(self) -> tuple["Node", ...]:
        """The operands that are nodes, in order."""
        return tuple(x for x in self.operands if isinstance(x, Node))

    @property
    def _prev(self) -> set["Node"]:
        """The operands that are nodes, under micrograd's name, which its drawings read."""
        return set(self.parents)

    @property
    def _op(self) -> str:
        """The symbol of the operation, as micrograd writes it; "" for a leaf."""
        if self.op is None:
            return ""
        symbol: str = self.op.symbol.strip()
        return MICROGRAD.get(self.op.name, symbol)

    @property
    def _mask(self) -> Any:
        """Stop numpy.ma, which would take `_data` for that of a masked array: off the graph."""
        raise TypeError("a masked array does not take Values and Tensors: fill it in with "
                        "np.ma.filled(x, …), or leave the masked numbers out")  # fmt: skip

    def zero_grad(self) -> None:
        """Forget the gradient: ``grad`` is None again."""
        self.grad = None

    # A leaf is copied. A copy of a result would drag its graph along, or silently leave it.

    def __reduce__(self) -> tuple[Any, ...]:
        if self.op is not None:
            raise TypeError(
                f"{self!r} is a result inside a graph, which is not copied or pickled: "
                f"{type(self).__name__}(x.data) makes a leaf of its data"
            )
        return _leaf, (type(self), self._data, self._label, self.call, self.grad)


Node._grad = Node.grad


def _leaf(kind: Any, data: Any, label: str, call: Call | str | None, grad: Any) -> Node:
    """Make a leaf as it was, for copies and pickles; old ones have a path in place of a call."""
    node: Node = kind(data, label)
    if isinstance(call, str):
        node.group = call
    else:
        node.call = call
    node.grad = grad
    return node


def recorded(kind: Any, op: Any, left: Any, right: Any, data: Any, mode: Mode) -> Any:
    """Make the node of a result, which remembers its operands if the mode is to record."""
    node = object.__new__(kind)
    node._data = data
    node._label = ""
    node._serial = next_serial()
    node._grad = None
    node.call = mode.call
    if mode.recording:
        node.op = op
        node._left = left
        node._right = right
    else:
        node.op = None
    return node
