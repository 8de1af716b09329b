"""A traced step of training as compiled loops: many steps in one call, on one thread or two.

Of a batch each thread has its rows: it computes them, and a gradient of its own; these are added
up, and each thread changes its part of the parameters. Loops are written from the lines, products
are the BLAS library's. Numba compiles them, once for all: what it made is kept on disk.
"""

import hashlib
import importlib.util
import math
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..ops import Elementwise
from .cells import Number, Update
from .tracing import ONES_DOT, Line, Trace, UntraceableError, number_in

__all__ = ["Loops", "write_loops"]

_BINARY = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "greater": ">",
           "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==",
           "not_equal": "!=", "logical_and": "and", "logical_or": "or"}  # fmt: skip
_FUNCTIONS = {
    "negative": "(-{0})", "positive": "{0}", "square": "({0} * {0})", "absolute": "abs({0})",
    "maximum": "maximum({0}, {1})", "minimum": "minimum({0}, {1})",
    "where": "({1} if {0} else {2})", "power": "({0} ** {1})", "reciprocal": "(f(1) / {0})",
    "clip": "min(max({0}, {1}), {2})",
}  # fmt: skip
_CALLED = ("exp", "log", "sqrt", "tanh", "expm1", "log1p", "sin", "cos", "tan", "arctan", "arcsin",
           "arccos", "sinh", "cosh", "arcsinh", "arccosh", "arctanh", "sign", "floor", "ceil",
           "trunc", "rint", "log2", "log10", "exp2", "hypot", "arctan2", "copysign")  # fmt: skip

HEAD = '''"""Loops that were written from a traced step of training."""

import numpy as np
from numba import njit

from autograd.programs.barrier import wait

f = np.{dtype}


@njit
def maximum(a, b):
    return a if a >= b or a != a else b


@njit
def minimum(a, b):
    return a if a <= b or a != a else b


@njit(nogil=True, cache=True, error_model="numpy", fastmath={{"reassoc", "contract"}})
def run({arguments}):
'''


class Loops:
    """The code of many steps, and what it is called with.

    Attributes
    ----------
    text : str
        A module with a function ``run``.
    buffers : list of ndarray
        Its working memory.
    constants : list of ndarray
        Arrays that the code needs.
    size : int
        The numbers that each thread's gradient takes.
    sums : int
        The sums over a batch that are single numbers.
    """

    def __init__(
        self, text: str, buffers: list[np.ndarray], constants: list[np.ndarray], size: int,
        sums: int, dtype: Any,
    ) -> None:  # fmt: skip
        self.text, self.buffers, self.constants = text, buffers, constants
        self.size, self.sums, self.dtype = size, sums, dtype

    def compile(self) -> Any:
        """Give the compiled function, from disk if it has been made before."""
        name = "step_" + hashlib.sha256(self.text.encode()).hexdigest()[:20]
        if name in sys.modules:
            return sys.modules[name].run  # type: ignore[attr-defined]
        folder = _folder()
        path = folder / f"{name}.py"
        if not path.exists() or path.read_text(encoding="utf-8") != self.text:
            part = folder / f"{name}.{os.getpid()}.part"
            part.write_text(self.text, encoding="utf-8")
            part.replace(path)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
        return module.run

    def prepare(self, threads: int) -> "Run":
        """Allocate what so many threads need."""
        return Run(self, threads)


class Run:
    """Compiled loops with their memory.

    Attributes
    ----------
    gradient : ndarray
        That of the last step.
    """

    def __init__(self, loops: Loops, threads: int) -> None:
        self.loops, self.threads = loops, threads
        self.function = loops.compile()
        self.parts = np.zeros((threads, loops.size), loops.dtype)
        self.sums = np.zeros((threads, max(loops.sums, 1)))

    def __call__(self, first: int, last: int, costs: np.ndarray, *arguments: Any) -> int:
        """Take the steps from `first` to before `last`; say how many were taken."""
        from .barrier import LINE

        flags = np.zeros(LINE * (self.threads + 1), np.int64)
        bad = np.zeros(self.threads, np.int64)
        shared = (first, last, costs, self.parts, self.sums, bad, flags, *arguments,
                  *self.loops.constants, *self.loops.buffers)  # fmt: skip
        if self.threads == 1:
            return int(self.function(0, 1, *shared))
        others = [threading.Thread(target=self.function, args=(me, self.threads, *shared))
                  for me in range(1, self.threads)]  # fmt: skip
        try:
            for other in others:
                other.start()
            return int(self.function(0, self.threads, *shared))
        finally:  # those that were started shall not wait for one that never came
            flags[self.threads * LINE] = 1
            for other in others:
                if other.ident is not None:
                    other.join()


def _folder() -> Path:
    """Give the folder for generated code, which is the user's alone."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("CHAINRULE_CACHE") or Path(base) / "chainrule")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


class _Writer:
    """Writes the code.

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
        self.size = max(places[n] + _size(trace.arguments[n]) for n in places)
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
            elif axes in ((-1,), (1,)) and len(shape) == 2 and not line.is_a("mean"):
                return "B"
        elif line.is_a("transpose") and kinds == ["B"] and len(line.shape) == 2:
            return "T"
        elif line.is_a("reshape") and kinds == ["B"] and line.shape[:1] == (self.n,):
            return "B"
        elif line.is_a("pick", "place", "less_one") and kinds == ["B", "B"]:
            return "B"
        elif line.is_a("astype") and kinds == ["B"]:
            return "B"
        elif isinstance(line.op, Elementwise):
            if "B" in kinds and set(kinds) <= {"B", "U"}:
                return "B"
            if not set(kinds) & {"B", "T"}:
                return "U" if set(kinds) <= {"U"} else "A"
        elif line.is_a("reshape", "transpose", "getitem", "broadcast_to", "sum_of_squares", "sum") and (
                set(kinds) <= {"U"}):  # fmt: skip
            return "U"
        elif line.is_a("reshape") and set(kinds) <= {"R", "A"}:
            return "A"
        raise UntraceableError(f"loops do not know {line.op.name} of {' and '.join(kinds)}")

    # --- Elements ---------------------------------------------------------------------------------

    def number(self, x: Any) -> str:
        x = x.item() if isinstance(x, (np.ndarray, np.generic)) else x
        if isinstance(x, bool):
            return repr(x)
        text = repr(float(x)).replace("inf", "np.inf").replace("nan", "np.nan")
        return f"f({text})"

    def array(self, x: np.ndarray) -> str:
        key = x.dtype.str, x.shape, x.tobytes()
        if key not in self.known:
            self.known[key] = f"c{len(self.constants) + 1}"
            self.constants[self.known[key]] = x
        return self.known[key]

    def element(self, x: Any, i: str, j: str, width: int) -> str:
        """Write the element of an operand in row i and column j of a result that is so wide."""
        if (number := number_in(x)) is not None:
            return self.number(number)
        size = _width(x.shape, self.n) if isinstance(x, Line) and self.kind[x] == "B" else None
        if size is None:  # the same for all rows
            name = self.array(x) if isinstance(x, np.ndarray) else self.whole(x)
            if math.prod(x.shape) == 1:
                return f"{name}{_index(x.shape, ['0'] * len(x.shape))}" if x.shape else name
            if x.shape[-1] != width or math.prod(x.shape) != width:
                raise UntraceableError(f"loops do not broadcast {x.shape} to rows of {width}")
            return f"{name}{_index(x.shape, ['0'] * (len(x.shape) - 1) + [j])}"
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

    def is_column(self, x: Line) -> bool:
        """Tell whether a line with rows is kept as one number a row."""
        return _width(x.shape, self.n) == 1 and x not in self.trace.arguments.values() and (
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
            return self.element(xs[0], i, label, _width(xs[0].shape, self.n))
        return self.applied(x, [self.element(y, i, j, width) for y in xs])

    def applied(self, x: Line, parts: list[str]) -> str:
        """Write a row of the table applied to elements."""
        name = x.op.name
        truths = [isinstance(y, Line) and y.dtype.kind == "b" for y in x.operands]
        if name == "multiply" and any(truths) and not all(truths):  # a mask
            mask, value = parts if truths[0] else parts[::-1]
            return f"({value} if {mask} else f(0))"
        if x.dtype.kind == "f":
            parts = [f"(f(1) if {p} else f(0))" if truth and name != "where" else p
                     for p, truth in zip(parts, truths, strict=True)]  # fmt: skip
        return scalar(name, parts)

    # --- Wholes -----------------------------------------------------------------------------------

    def whole(self, x: Line) -> str:
        """Name an array, or a view, that has nothing to do with rows."""
        if x in self.named:
            return self.named[x]
        if x.op is None:
            raise UntraceableError(f"{x.name} is no array of the loops")
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
        shape: tuple[int, ...] = (self.n, _width(x.shape, self.n))
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
            return after.shape == x.shape
        return after.is_a("sum", "mean")

    # --- The code ---------------------------------------------------------------------------------

    def write(self) -> Loops:
        trace, say = self.trace, self.body.append
        for name, x in trace.arguments.items():
            self.kind[x] = "B" if name in self.rows else "U"
            if name in self.places:
                start = self.places[name]
                self.named[x] = f"{name}_"
                self.head.append(f"{name}_ = w[{start}:{start + _size(x)}].reshape({x.shape})")
            elif name not in self.rows:
                self.named[x] = name
        for x in trace.lines:
            self.kind[x] = self.classify(x)
        self.take_rows()
        for x in trace.lines:
            self.line(x)
        outputs = list(trace.results.values())[1:]
        for x in outputs:
            width = _width(x.shape, self.n)
            say("if keep:")
            say(f"    for i in range(high - low):\n        for j in range({width}):\n"
                f"            kept[k, low + i, j] = {self.element(x, 'i', 'j', width)}"
                .replace("\n", "\n    "))  # fmt: skip
        say("turn = wait(flags, me, threads, turn)")
        say("if turn < 0:\n    return k")
        say("if me == 0:")
        cost = self.total(self.cost)
        for text in [*self.after, f"costs[k] = {cost}",
                     "if not np.isfinite(costs[k]):\n    bad[0] = 1"]:  # fmt: skip
            say("    " + text.replace("\n", "\n    "))
        self.combine()
        say("if check != check:\n    bad[me] = 1")
        say("turn = wait(flags, me, threads, turn)")
        say("if turn < 0:\n    return k")
        say("for other in range(threads):\n    if bad[other]:\n        return k")
        self.change()
        say("turn = wait(flags, me, threads, turn)")
        say("if turn < 0:\n    return k")
        return self.finished()

    def finished(self) -> Loops:
        noise = [n for n in self.rows if n.startswith("noise")]
        data = [n for n in self.rows if n not in noise]
        frozen = [n for n in self.trace.arguments if n not in self.rows and n not in self.places]
        states = [n for n in self.update.values if n != "w"]
        arguments = ["me", "threads", "first", "last", "costs", "parts", "sums", "bad", "flags",
                     "order", *(f"{n}_all" for n in data), *noise, *frozen, "w", *states, "numbers",
                     "keep", "kept", *self.constants, *self.buffers]  # fmt: skip
        total = max(self.places[n] + _size(self.trace.arguments[n]) for n in self.places)
        lines = [
            f"low, high = {self.n} * me // threads, {self.n} * (me + 1) // threads",
            f"start, end = {total} * me // threads, {total} * (me + 1) // threads",
            "g = parts[me]", *self.head, "turn = 0", "for k in range(first, last):",
            *("    " + line.replace("\n", "\n    ") for line in self.body), "return last",
        ]  # fmt: skip
        text = HEAD.format(dtype=self.dtype, arguments=", ".join(arguments)) + "\n".join(
            "    " + line.replace("\n", "\n    ") for line in lines) + "\n"  # fmt: skip
        return Loops(text, list(self.buffers.values()), list(self.constants.values()), self.size,
                     len(self.slots), self.dtype)  # fmt: skip

    def take_rows(self) -> None:
        """Write how a batch is gathered: what goes into products, and the rest where it is used."""
        multiplied = {y for x in self.trace.lines if x.is_a("linear", "matmul", "transpose", "reshape")
                      for y in x.operands if isinstance(y, Line)}  # fmt: skip
        for name in self.rows:
            x = self.trace.arguments[name]
            if name.startswith("noise"):
                self.body.append(f"{name}_ = {name}[k][low:high]")
                self.named[x] = f"{name}_"
            elif x in multiplied and x.dtype.kind == "f":
                self.loop(self.buffer(x), _width(x.shape, self.n), self.gathered(x))

    def gathered(self, x: Line, j: str = "j") -> str:
        """Write an element of the data."""
        cast = "f" if x.dtype.kind == "f" else "np.int64"
        return f"{cast}({x.name}_all[row, {j}])"

    def line(self, x: Line) -> None:
        """Write a line, if it is not written where it is used."""
        kind = self.kind[x]
        if kind == "R":
            self.summed(x)
        elif kind != "B" or self.inlined(x):
            return
        elif x.is_a("linear", "matmul") and len(x.shape) == 2:
            a, b = self.rows_of(x.operands[0]), self.whole(x.operands[1])
            out = self.buffer(x)
            self.body.append(f"np.dot({a}, {b}, {out})")
            if len(x.operands) > 2:
                self.biases[x] = x.operands[2]
                if not (x.uses == 1 and x.consumer is not None
                        and isinstance(x.consumer.op, Elementwise)):  # fmt: skip
                    value = self.element(x, "i", "j", x.shape[1])
                    del self.biases[x]
                    self.loop(out, x.shape[1], value)
        elif x.is_a("matmul", "sum", "max", "min", "argmax"):
            self.reduced(x)
        else:
            width = _width(x.shape, self.n)
            column = self.is_column(x)
            value = self.element_of(x, "j" if width > 1 else "0", width)
            out = self.over(x) or self.buffer(x)
            if column:
                self.body.append(f"for i in range(high - low):\n{self.row(value)}"
                                 f"    {out}[i] = {value}")  # fmt: skip
            else:
                self.loop(out, width, value)

    def element_of(self, x: Line, j: str, width: int) -> str:
        return self.formula(x, "i", j, width)

    def over(self, x: Line) -> str:
        """Give the memory of an operand that is used here for the last and only time."""
        for y in x.operands:
            if isinstance(y, Line) and y.uses == 1 and self.kind[y] == "B" and y in self.named and (
                    y.op is not None and y.shape == x.shape and y.dtype == x.dtype
                    and self.is_column(x) == self.is_column(y)):  # fmt: skip
                self.named[x] = self.named[y]
                return self.named[x]
        return ""

    def loop(self, out: str, width: int, value: str) -> None:
        self.body.append(f"for i in range(high - low):\n{self.row(value)}"
                         f"    for j in range({width}):\n        {out}[i, j] = {value}")

    def row(self, value: str) -> str:
        """Write which example stands in a row, where that is asked for."""
        return "    row = order[k, low + i]\n" if "[row, " in value else ""

    def rows_of(self, x: Line) -> str:
        """Name the memory of a line with rows, for a product."""
        while x.is_a("reshape") and x not in self.named:
            x = x.operands[0]
        if x not in self.named:
            width, column = _width(x.shape, self.n), self.is_column(x)
            value, out = self.formula(x, "i", "j" if width > 1 else "0", width), self.buffer(x)
            if column:
                self.body.append(f"for i in range(high - low):\n{self.row(value)}"
                                 f"    {out}[i] = {value}")  # fmt: skip
            else:
                self.loop(out, width, value)
        if x in self.biases:
            value = self.element(x, "i", "j", x.shape[1])
            del self.biases[x]
            self.loop(self.named[x], x.shape[1], value)
        name = self.named[x]
        return f"{name}.reshape((high - low, 1))" if self.is_column(x) else name

    def reduced(self, x: Line) -> None:
        """Write a sum, or the largest, of each row."""
        source = x.operands[0]
        width = _width(source.shape, self.n)
        value = self.element(source, "i", "j", width)
        code = ["for i in range(high - low):\n" + self.row(value).rstrip()]
        out = self.buffer(x)
        if x.is_a("matmul", "sum"):
            if x.is_a("matmul"):
                other = x.operands[1]
                ones = isinstance(other, np.ndarray) and (other == 1).all()
                value = value if ones else f"{value} * {self.element(other, 'i', 'j', width)}"
            code += ["    total = f(0)", f"    for j in range({width}):",
                     f"        total += {value}", f"    {out}[i] = total"]  # fmt: skip
        else:
            sign = "<" if x.is_a("min") else ">"
            code += [f"    best = {self.element(source, 'i', '0', width)}",
                     "    place = 0", f"    for j in range(1, {width}):", f"        one = {value}",
                     f"        if one {sign} best or one != one:", "            best = one",
                     "            place = j",
                     f"    {out}[i] = {'place' if x.is_a('argmax') else 'best'}"]  # fmt: skip
        self.body.append("\n".join(code))

    def summed(self, x: Line) -> None:
        """Write a sum over the rows of a thread: a number, or an array in its gradient."""
        if x.is_a("matmul"):
            a, b = (self.rows_of(x.operands[0].operands[0]), self.rows_of(x.operands[1]))
            self.body.append(f"np.dot({a}.T, {b}, {self.region(x)}.reshape({x.shape}))")
            return
        source = x.operands[0]
        width = _width(source.shape, self.n)
        if _size(x) == 1 and (x.shape == () or x.op is not ONES_DOT) and x.shape != (1,):
            slot = self.slots.setdefault(x, len(self.slots))
            value = self.element(source, "i", "j" if width > 1 else "0", width)
            self.body.append(f"total{slot} = 0.0\nfor i in range(high - low):\n{self.row(value)}"
                             f"    for j in range({width}):\n        total{slot} += {value}\n"
                             f"sums[me, {slot}] = total{slot}")  # fmt: skip
            return
        value = self.element(source, "i", "j", width)
        self.body.append(
            f"part = {self.region(x)}\npart[:] = f(0)\nfor i in range(high - low):\n{self.row(value)}"
            f"    for j in range({width}):\n        part[j] += {value}")

    def region(self, x: Line) -> str:
        """Give an array's place in the gradient of a thread."""
        if x not in self.regions:
            for name, end in self.gradients.items():
                start = self.places[name]
                if start not in self.regions.values() and x in _sums_in(end, self.kind):
                    self.regions[x] = start
                    break
            else:
                self.regions[x] = self.size
                self.size += _size(x)
        start = self.regions[x]
        return f"g[{start}:{start + _size(x)}]"

    def total(self, x: Any) -> str:
        """Write a number that comes after sums."""
        if not isinstance(x, Line):
            return repr(float(x))
        if x in self.slots:
            value = f"sums[:, {self.slots[x]}].sum()"
            return f"({value} / {_size(x.operands[0])})" if x.is_a("mean") else value
        if self.kind[x] == "R":
            raise UntraceableError("loops do not know a cost that is no sum of numbers")
        if x.is_a("reshape", "broadcast_to"):
            return self.total(x.operands[0])
        if x.is_a("sum_of_squares", "sum"):
            name = f"norm{self.temporary}"
            self.temporary += 1
            source = x.operands[0]
            value = self.flat(source, "q")
            value = f"{value} * {value}" if x.is_a("sum_of_squares") else value
            self.after.append(f"{name} = 0.0\nfor q in range({_size(source)}):\n"
                              f"    {name} += {value}")  # fmt: skip
            return name
        if isinstance(x.op, Elementwise):
            return scalar(x.op.name, [self.total(y) for y in x.operands])
        raise UntraceableError(f"loops do not know a cost with {x.op.name}")

    def flat(self, x: Any, q: str, name: str = "") -> str:
        """Write an element of what has the shape of a parameter, in this thread's part of it."""
        if (number := number_in(x)) is not None:
            return self.number(number)
        if not isinstance(x, Line):
            raise UntraceableError("loops do not know constants beside parameters")
        if self.kind[x] == "R":
            return f"{self.piece('parts[0]', self.regions[x], name)}[{q}]"
        if x.op is None:
            for other, start in self.places.items():
                if self.trace.arguments[other] is x:
                    return f"{self.piece('w', start, name)}[{q}]"
            if not name and len(x.shape) == 1:
                return f"{x.name}[{q}]"
            raise UntraceableError(f"loops do not know {x.name} beside parameters")
        if x.is_a("reshape", "broadcast_to") and (
                not isinstance(x.operands[0], Line) or _size(x.operands[0]) == _size(x)):  # fmt: skip
            return self.flat(x.operands[0], q, name)
        if not isinstance(x.op, Elementwise):
            raise UntraceableError(f"loops do not know {x.op.name} of parameters")
        if any(number_in(y) is None and y.shape != x.shape for y in x.operands):
            raise UntraceableError("loops do not broadcast parameters")
        return self.applied(x, [self.flat(y, q, name) for y in x.operands])

    def piece(self, array: str, start: int, name: str) -> str:
        """Name the part of an array that belongs to a parameter, as far as it is this thread's."""
        if not name:
            return f"{array}[{start}:]"
        own = self.places[name]
        piece = f"{array.strip(']').replace('[', '')}_{start}"
        text = f"{piece} = {array}[{start - own} + begin:{start - own} + stop]"
        if text not in self.pieces:
            self.pieces.append(text)
        return piece

    def combine(self) -> None:
        """Write how the gradients of the threads become one."""
        self.body.append("mine, theirs = parts[0][start:end], parts[threads - 1][start:end]\n"
                         "if threads == 2:\n    for q in range(end - start):\n"
                         "        mine[q] += theirs[q]")  # fmt: skip
        for name, start in self.places.items():
            end = self.gradients[name]
            found = _sums_in(end, self.kind)
            if not found:
                raise UntraceableError(f"{name} has no gradient that is a sum over examples")
            if end in found and self.regions[end] == start:
                continue
            size, self.pieces = _size(self.trace.arguments[name]), []
            value = self.flat(end, "q", name)
            goal = self.piece("parts[0]", start, name)
            code = [f"begin = max(start, {start})", f"stop = max(begin, min(end, {start + size}))"]
            for y in found:
                if (at := self.regions[y]) != start:
                    shift = at - start
                    code += ["if threads == 2:",
                             f"    parts[0][{shift} + begin:{shift} + stop] += "
                             f"parts[1][{shift} + begin:{shift} + stop]"]  # fmt: skip
            code += [*self.pieces, "for q in range(stop - begin):", f"    {goal}[q] = {value}"]
            self.body.append("\n".join(code))
        self.body.append("check = f(0)\nfor q in range(end - start):\n"
                         "    check += mine[q] * f(0)")  # fmt: skip

    def change(self) -> None:
        """Write the optimizer's step."""
        code: list[str] = []
        before: list[str] = []
        made: dict[int, str] = {}
        states = [n for n in self.update.values if n != "w"]
        names = {"w": "weights[q]", "g": "mine[q]", **{n: f"{n}_[q]" for n in states}}

        def value(x: Any) -> str:
            if isinstance(x, str):
                return names[x]
            if isinstance(x, Number):
                name, text = f"number{len(before)}", x.text
                for k in reversed(range(self.update.numbers)):
                    text = text.replace(f"n{k}", f"numbers[k, {k}]")
                before.append(f"{name} = f({text})")
                return name
            if not isinstance(x, tuple):
                return self.number(x)
            if id(x) not in made:
                text = scalar(x[0], [value(y) for y in x[1:]])
                made[id(x)] = f"a{len(made)}"
                code.append(f"    {made[id(x)]} = {text}")
            return made[id(x)]

        ends = {name: value(x) for name, x in self.update.values.items()}
        code += [f"    {names[name]} = {text}" for name, text in ends.items()]
        self.head += ["weights = w[start:end]", *(f"{n}_ = {n}[start:end]" for n in states)]
        self.body.append("\n".join([*before, "for q in range(end - start):", *code]))


def write_loops(
    trace: Trace, rows: Sequence[str], places: Mapping[str, int], update: Update
) -> Loops:
    """Write a traced step, and what an optimizer does then, as loops to be compiled.

    Parameters
    ----------
    trace : Trace
        The step; its second result, if there is one, has a row for each example.
    rows : sequence of str
        The arguments that have a row for each example: inputs first, and those whose names begin
        with noise are given for each step.
    places : dict
        For each argument of which there is a gradient, where it begins in the vector of all.
    update : Update
        What the optimizer does to each number.

    Raises
    ------
    UntraceableError
        If it is no step that can be taken row by row.
    """
    return _Writer(trace, rows, places, update).write()


def scalar(name: str, parts: Sequence[str]) -> str:
    """Write an operation on numbers."""
    if name in _BINARY:
        return f"({parts[0]} {_BINARY[name]} {parts[1]})"
    if name in _FUNCTIONS:
        return _FUNCTIONS[name].format(*parts)
    if name in _CALLED:
        return f"np.{name}({', '.join(parts)})"
    raise UntraceableError(f"loops do not know {name}")


def _unshaped(x: Any) -> Any:
    """Give what a line has the numbers of, in another shape."""
    while isinstance(x, Line) and x.is_a("reshape") and isinstance(x.operands[0], Line):
        x = x.operands[0]
    return x


def _size(x: Any) -> int:
    return math.prod(x.shape)


def _width(shape: tuple[int, ...], n: int) -> int:
    return math.prod(shape[1:])


def _kind(x: Any) -> str:
    return str(x.dtype.kind) if isinstance(x, (Line, np.ndarray)) else "f"


def _index(shape: Sequence[int], places: Sequence[str]) -> str:
    return f"[{', '.join(places)}]"


def _slice_of(x: Line) -> slice | None:
    index = x.settings["index"]
    parts = index if isinstance(index, tuple) else (index,)
    part = parts[-1]
    plain = isinstance(part, slice) and part.step in (None, 1) and len(x.shape) == 1
    return part if plain and all(p is Ellipsis for p in parts[:-1]) else None


def _sums_in(x: Any, kind: Mapping[Line, str]) -> list[Line]:
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
