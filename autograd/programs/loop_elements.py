"""The elements of a traced step, for loops: what has rows of examples, and how each is computed."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..ops import Elementwise
from .cells import Update
from .lines import Line, Trace, number_in
from .traced import INFIX, UntraceableError

__all__ = ["Elements", "scalar", "size_of", "sums_in", "width_of"]

_BINARY = {**INFIX, "logical_and": "and", "logical_or": "or"}  # of truth values
_FUNCTIONS = {
    "negative": "(-{0})", "positive": "{0}", "square": "({0} * {0})", "absolute": "abs({0})",
    "maximum": "maximum({0}, {1})", "minimum": "minimum({0}, {1})",
    "reciprocal": "(f(1) / {0})",
    "clip": "min(max({0}, {1}), {2})",
}  # fmt: skip
_OURS = ("exp", "expm1", "log", "log1p", "tanh")  # of `elementary`, with which loops vectorize
_CALLED = ("sqrt", "sin", "cos", "tan", "arctan", "arcsin",
           "arccos", "sinh", "cosh", "arcsinh", "arccosh", "arctanh", "sign", "floor", "ceil",
           "trunc", "rint", "log2", "log10", "exp2", "hypot", "arctan2", "copysign")  # fmt: skip


class Elements(ABC):
    """Knows what hangs on what in a step, and writes elements of what is computed.

    Parameters
    ----------
    trace : Trace
        The step.
    rows : sequence of str
        The arguments that have a row for each example.
    places : dict
        Of each parameter where it begins among all.
    update : Update
        What the optimizer does.
    """

    def __init__(
        self, trace: Trace, rows: Sequence[str], places: Mapping[str, int], update: Update
    ) -> None:
        self.trace, self.rows, self.places, self.update = trace, list(rows), places, update
        self.cost: Any = next(iter(trace.results.values()))
        self.dtype = self.cost.dtype
        first = trace.arguments[self.rows[0]]
        self.n = first.shape[0]
        self.gradients = {n: _unshaped(g) for n, g in trace.gradients.items()}
        self.kind: dict[Line, str] = {}
        self.head: list[str] = []
        self.body: list[str] = []
        self.after: list[str] = []  # what the first thread does with sums
        self.buffers: dict[str, np.ndarray] = {}
        self.constants: dict[str, np.ndarray] = {}
        self.known: dict[Any, str] = {}
        self.slots: dict[Line, int] = {}  # of sums that are single numbers
        self.regions: dict[Line, int] = {}  # of sums that are arrays, in a thread's gradient
        self.size = max(places[n] + size_of(trace.arguments[n]) for n in places)
        self.named: dict[Line, str] = {}
        self.biases: dict[Line, Any] = {}  # of products whose bias is added where they are used
        self.temporary = 0
        self.pieces: list[str] = []

    # --- What hangs on what -----------------------------------------------------------------------

    def classify(self, line: Line) -> str:
        """Tell whether a line has rows of examples (B; T if turned), is a sum of them (R), comes
        after such a sum (A), or has nothing to do with them (U).
        """  # noqa: D205
        kinds = [self.kind[x] for x in line.operands if isinstance(x, Line)]
        if line.is_a("matmul", "linear"):
            if kinds[0] == "T" and kinds[1:] == ["B"]:
                return "R"
            if kinds[0] == "B" and set(kinds[1:]) <= {"U"} and len(line.operands[0].shape) == 2:
                return "B"
        elif line.is_a("sum", "mean", "max", "min", "argmax") and kinds == ["B"]:
            axis = line.settings.get("axis")
            axes = axis if isinstance(axis, tuple) else (axis,)
            shape = line.operands[0].shape
            if line.is_a("sum", "mean") and (axis is None or 0 in axes) and len(shape) <= 2:
                if axis is None or len(axes) == len(shape) or axes == (0,):
                    return "R"
            elif axes in ((-1,), (1,)) and len(shape) == 2:
                return "B"
        elif line.is_a("transpose") and kinds == ["B"] and len(line.shape) == 2:
            return "T"
        elif set(kinds) == {"B"} and line.shape[:1] == (self.n,) and line.is_a(
                "reshape", "pick", "place", "less_one", "astype"):
            return "B"
        elif isinstance(line.op, Elementwise):
            if "B" in kinds and set(kinds) <= {"B", "U"}:
                return "B"
            if not set(kinds) & {"B", "T"}:
                return "U" if set(kinds) <= {"U"} else "A"
        elif set(kinds) <= {"U"} and line.is_a(
                "reshape", "transpose", "getitem", "broadcast_to", "sum_of_squares", "sum"):
            return "U"
        elif line.is_a("reshape") and set(kinds) <= {"R", "A"}:
            return "A"
        raise UntraceableError(f"loops do not know {line.op.name} of {' and '.join(kinds)}")

    # --- Elements ---------------------------------------------------------------------------------

    def number(self, x: Any) -> str:
        """Write a number in the type of the step."""
        x = x.item() if isinstance(x, (np.ndarray, np.generic)) else x
        if isinstance(x, bool):
            return repr(x)
        text = repr(float(x)).replace("inf", "np.inf").replace("nan", "np.nan")
        return f"f({text})"

    def array(self, x: np.ndarray) -> str:
        """Name a constant array."""
        key = x.dtype.str, x.shape, x.tobytes()
        if key not in self.known:
            self.known[key] = f"c{len(self.constants) + 1}"
            self.constants[self.known[key]] = x
        return self.known[key]

    def element(self, x: Any, i: str, j: str, width: int) -> str:
        """Write the element of an operand in row i and column j of a result that is so wide."""
        if (number := number_in(x)) is not None:
            return self.number(number)
        size = width_of(x) if isinstance(x, Line) and self.kind[x] == "B" else None
        if size is None:  # the same for all rows
            if isinstance(x, Line) and size_of(x) == 1 and self.kind[x] == "U" and x.op is not None:
                return f"f({self.single(x)})"
            name = self.array(x) if isinstance(x, np.ndarray) else self.whole(x)
            if math.prod(x.shape) == 1:
                return f"{name}[{', '.join(['0'] * len(x.shape))}]" if x.shape else name
            if x.shape[-1] != width or math.prod(x.shape) != width:
                raise UntraceableError(f"loops do not broadcast {x.shape} to rows of {width}")
            return f"{name}[{', '.join(['0'] * (len(x.shape) - 1) + [j])}]"
        if size != width and size != 1:
            raise UntraceableError(f"loops do not broadcast rows of {size} to {width}")
        if len(x.shape) == 1 and width != 1:
            raise UntraceableError("loops do not broadcast examples along columns")
        j = "0" if size == 1 else j
        if x in self.named:
            name = self.named[x]
            value = f"{name}[{i}]" if self.is_column(x) else f"{name}[{i}, {j}]"
            if x in self.biases:
                value = f"({value} + {self.element(self.biases[x], i, j, size)})"
            return value
        return self.gathered(x, j) if x.op is None else self.formula(x, i, j, size)

    def gathered(self, x: Line, j: str = "j") -> str:
        """Write an element of the data."""
        cast = "f" if x.dtype.kind == "f" else "np.int64"
        return f"{cast}({x.name}_all[row, {j}])"

    @abstractmethod
    def single(self, x: Line) -> str:
        """Name a single number that comes from parameters alone."""

    def is_column(self, x: Line) -> bool:
        """Tell whether a line with rows is kept as one number a row."""
        return width_of(x) == 1 and x not in self.trace.arguments.values() and (
            not x.is_a("linear", "matmul") or len(x.shape) == 1)  # fmt: skip

    def formula(self, x: Line, i: str, j: str, width: int) -> str:
        """Write what an element is computed from."""
        name, xs = x.op.name, x.operands
        if name in ("reshape", "detach"):
            return self.element(xs[0], i, j, width)
        if name == "astype":
            inner = self.element(xs[0], i, j, width)
            return f"(f(1) if {inner} else f(0))" if _kind(xs[0]) == "b" else f"f({inner})"
        if name == "less_one":
            label = self.element(xs[1], i, "0", 1)
            return f"({self.element(xs[0], i, j, width)} - (f(1) if {j} == {label} else f(0)))"
        if name == "place":
            label = self.element(xs[1], i, "0", 1)
            return f"({self.element(xs[0], i, '0', 1)} if {j} == {label} else f(0))"
        if name == "pick":
            label = self.element(xs[1], i, "0", 1)
            return self.element(xs[0], i, label, width_of(xs[0]))
        return self.applied(x, [self.element(y, i, j, width) for y in xs])

    def applied(self, x: Line, parts: list[str]) -> str:
        """Write a row of the table applied to elements."""
        name = x.op.name
        truths = [isinstance(y, Line) and y.dtype.kind == "b" for y in x.operands]
        if name == "multiply" and any(truths) and not all(truths):  # a mask
            mask, value = parts if truths[0] else parts[::-1]
            return f"select({mask}, {value}, f(0))"
        if x.dtype.kind == "f":
            parts = [f"(f(1) if {p} else f(0))" if truth and name != "where" else p
                     for p, truth in zip(parts, truths, strict=True)]  # fmt: skip
        return scalar(name, parts)

    # --- Wholes -----------------------------------------------------------------------------------

    def whole(self, x: Line) -> str:
        """Name an array, or a view, that has nothing to do with rows."""
        if x in self.named:
            return self.named[x]
        if x.is_a("transpose") and len(x.shape) == 2:
            text = f"{self.whole(x.operands[0])}.T"
        elif x.is_a("reshape"):
            text = f"{self.whole(x.operands[0])}.reshape({x.shape})"
        elif x.is_a("getitem") and (part := _slice_of(x)) is not None:
            text = f"{self.whole(x.operands[0])}[{part.start or 0}:{part.stop}]"
        else:
            raise UntraceableError(f"loops do not know {x.op.name} of parameters alone")
        name = self.named[x] = f"v{len(self.head)}"
        self.head.append(f"{name} = {text}")
        return name

    def buffer(self, x: Line) -> str:
        """Give a line with rows memory of its own."""
        name = f"t{len(self.buffers) + 1}"
        shape: tuple[int, ...] = (self.n, width_of(x))
        if self.is_column(x):
            shape = (self.n,)
        self.buffers[name] = np.zeros(shape, x.dtype)
        self.head.append(f"{name}_ = {name}[low:high]")
        self.named[x] = f"{name}_"
        return f"{name}_"

    def inlined(self, x: Line) -> bool:
        """Tell whether a line is written where it is used."""
        if x.is_a("reshape", "pick", "place"):
            return True
        after = x.consumer
        if x.uses != 1 or after is None or self.kind.get(after) not in ("B", "R"):
            return False
        if not (isinstance(x.op, Elementwise) or x.is_a("less_one", "astype")):
            return False
        if isinstance(after.op, Elementwise) or after.is_a("less_one", "astype"):
            return bool(after.shape == x.shape)
        return bool(after.is_a("sum", "mean"))


def scalar(name: str, parts: Sequence[str]) -> str:
    """Write an operation on numbers."""
    if name in _BINARY:
        return f"({parts[0]} {_BINARY[name]} {parts[1]})"
    if name in _FUNCTIONS:
        return _FUNCTIONS[name].format(*parts)
    if name == "where":  # without a branch, unless what is not chosen takes long to compute
        condition, a, b = parts
        slow = "np." in a + b
        return f"({a} if {condition} else {b})" if slow else f"select({condition}, {a}, {b})"
    if name in _OURS:
        return f"{name}({parts[0]})"
    if name in _CALLED:
        return f"np.{name}({', '.join(parts)})"
    raise UntraceableError(f"loops do not know {name}")


def _unshaped(x: Any) -> Any:
    """Give what a line has the numbers of, in another shape."""
    while isinstance(x, Line) and x.is_a("reshape") and isinstance(x.operands[0], Line):
        x = x.operands[0]
    return x


def size_of(x: Any) -> int:
    """Give how many numbers a line has."""
    return math.prod(x.shape)


def width_of(x: Any) -> int:
    """Give how many numbers an example has."""
    return math.prod(x.shape[1:])


def _kind(x: Any) -> str:
    return str(x.dtype.kind) if isinstance(x, (Line, np.ndarray)) else "f"


def _slice_of(x: Line) -> slice | None:
    index = x.settings["index"]
    parts = index if isinstance(index, tuple) else (index,)
    part = parts[-1]
    plain = isinstance(part, slice) and part.step in (None, 1) and len(x.shape) == 1
    return part if plain and all(p is Ellipsis for p in parts[:-1]) else None


def sums_in(x: Any, kind: Mapping[Line, str]) -> list[Line]:
    """List the sums over rows that are arrays, from which a gradient is made."""
    found: list[Line] = []
    waiting = [x]
    while waiting:
        y = waiting.pop()
        if isinstance(y, Line) and kind.get(y) == "R":
            found.append(y)
        elif isinstance(y, Line) and kind.get(y) == "A":
            waiting += y.operands
    return list(dict.fromkeys(found))
