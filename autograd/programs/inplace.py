"""A traced step of training as NumPy code that allocates nothing: a call for each operation.

Buffers and views of them are made once, around the step. What nobody needs any more lends its
memory to what has the same shape, products are written straight to where the gradients lie, and
the numbers are those of the engine, bit for bit.
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..ops import TABLE, Elementwise
from .lines import Line, Trace
from .listing import array_text
from .traced import ONES_DOT, is_numpys

__all__ = ["Step", "write_step"]

_VIEWS = ("reshape", "transpose", "broadcast_to")
_OVER = ("add", "subtract", "multiply", "divide", "negative", "maximum", "minimum", "square",
         "sqrt", "absolute", "where", "logical_and", "logical_or", "less_one")  # fmt: skip
_REDUCTIONS = {"sum": "add", "max": "maximum", "min": "minimum"}


class Step:
    """The code of a step, and the arrays and functions that it needs.

    Attributes
    ----------
    text : str
        The definition of a function of the arguments and the gradients, which allocates buffers,
        and gives the function that takes a step and returns the first result, and a tuple of the
        others.
    names : dict
        Constants and functions, by their names in the text.
    origins : dict
        Where the functions are found, by the same names.
    """

    def __init__(self, text: str, names: dict[str, Any], origins: dict[str, str]) -> None:
        self.text, self.names, self.origins = text, names, origins

    def module(self) -> str:
        """Write it as a module of its own."""
        parts = [f"{name} = {self.origins.get(name) or array_text(x)}"
                 for name, x in self.names.items()]  # fmt: skip
        imports = ["import numpy as np", *["import autograd"] * bool(self.origins)]
        constants = ["\n".join(parts)] if parts else []
        return "\n\n\n".join(["\n\n".join(["\n".join(imports), *constants]), self.text])

    @cached_property
    def compile(self) -> Callable[..., Any]:
        """A function of arguments and gradients that makes the step for them."""
        names = {"np": np, **self.names}
        exec(compile(self.text, "<step>", "exec"), names)  # it has no text of a user's
        step_of: Callable[..., Any] = names["step_of"]
        return step_of


class _Writer:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.setup: list[str] = []
        self.code: list[str] = []
        self.names: dict[str, Any] = {}
        self.origins: dict[str, str] = {}
        self.known: dict[Any, str] = {}  # constants and views that have a name
        self.left = {x: x.uses for x in trace.lines}  # how often each is still to be used
        self.home: dict[Line, Line] = {}  # of a view, whose memory it shows
        self.free: dict[Any, list[str]] = {}  # buffers that nobody needs, by shape and type
        self.buffers = 0
        self.target = self.targets()

    def targets(self) -> dict[Line, str]:
        """Say which lines are written straight to where a gradient is to be."""
        found: dict[Line, str] = {}
        for name, end in self.trace.gradients.items():
            new = isinstance(end, Line) and end.op is not None and end not in found
            shape = self.trace.arguments[name].shape
            if new and end.shape == shape != () and not self.is_view(end):
                found[end] = f"d_{name}"
        return found

    # --- Names ------------------------------------------------------------------------------------

    def constant(self, x: Any, stem: str = "c") -> str:
        """Name an array or a function that the code needs."""
        key = (x.dtype.str, x.shape, x.tobytes()) if isinstance(x, np.ndarray) else id(x)
        if key not in self.known:
            self.known[key] = f"{stem}{sum(n.startswith(stem) for n in self.names) + 1}"
            self.names[self.known[key]] = x
        return self.known[key]

    def view(self, text: str) -> str:
        """Name a view of a buffer, made once."""
        if text not in self.known:
            self.known[text] = f"v{sum(x.startswith('v') for x in self.known.values()) + 1}"
            self.setup.append(f"{self.known[text]} = {text}")
        return self.known[text]

    def buffer(self, shape: tuple[int, ...], dtype: Any) -> str:
        """Give a buffer that nobody needs, or a new one."""
        if free := self.free.get((shape, dtype)):
            return free.pop()
        self.buffers += 1
        name = f"t{self.buffers}"
        self.setup.append(f"{name} = np.empty({shape}, np.{dtype})")
        return name

    def is_view(self, line: Line) -> bool:
        """Tell whether a line shows the memory of another."""
        if line.is_a("getitem"):
            return _simple(line.settings["index"])
        x = line.operands[0]
        return line.is_a(*_VIEWS) and isinstance(x, Line) and x.shape != () and (
            not line.is_a("reshape") or _contiguous(x))  # fmt: skip

    def operand(self, x: Any) -> str:
        """Write an operand."""
        if isinstance(x, Line):
            return x.name
        if isinstance(x, np.ndarray):
            return self.constant(x) if x.ndim else repr(x.item())
        return repr(x.item() if isinstance(x, np.generic) else x).replace("inf", "np.inf").replace(
            "nan", "np.nan")  # fmt: skip

    # --- Memory -----------------------------------------------------------------------------------

    def owner(self, line: Line) -> Line:
        """Give the line in whose memory this one lies."""
        while line in self.home:
            line = self.home[line]
        return line

    def used(self, line: Line) -> None:
        """Count a use, and give memory back that nobody will look at again."""
        for x in line.operands:
            if isinstance(x, Line) and x in self.left:
                self.left[x] -= 1
                self.release(x)

    def release(self, line: Line) -> None:
        if self.left[line] == 0:
            if line in self.home:
                home = self.home[line]
                if home in self.left:
                    self.left[home] -= 1
                    self.release(home)
            elif line.name[0] == "t" and line.shape:
                self.free.setdefault((line.shape, line.dtype), []).append(line.name)

    def place(self, line: Line) -> str:
        """Say where a line is written: as a gradient, over an operand not needed more, or anew."""
        if line in self.target:
            return self.target[line]
        if line.is_a(*_OVER):  # over itself, exp and its like are slower, and rounded otherwise
            for x in line.operands:
                if isinstance(x, Line) and x in self.left and x not in self.home and (
                    self.left[x] == sum(y is x for y in line.operands)
                    and x.name[0] == "t" and x.shape == line.shape and x.dtype == line.dtype
                ):  # fmt: skip
                    self.left[x] = -1  # its memory goes on
                    return x.name
        return self.buffer(line.shape, line.dtype)

    # --- Statements -------------------------------------------------------------------------------

    def write(self) -> Step:
        for line in self.trace.lines:
            self.statement(line)
        for name, end in self.trace.gradients.items():
            if not isinstance(end, Line) or self.target.get(end) != f"d_{name}":
                self.code.append(f"d_{name}[...] = {self.operand(end)}")
        results = [self.operand(x) for x in self.trace.results.values()]
        arguments = [*self.trace.arguments, *(f"d_{n}" for n in self.trace.gradients)]
        text = "\n".join([
            f"def step_of({', '.join(arguments)}):",
            *(f"    {line}" for line in self.setup), "",
            "    def step():",
            *(f"        {line}" for line in self.code),
            f"        return {results[0]}", "",
            f"    return step, ({''.join(f'{name}, ' for name in results[1:])})", "",
        ])  # fmt: skip
        return Step(text, self.names, self.origins)

    def statement(self, line: Line) -> None:
        """Write a line."""
        if line.shape == ():
            line.name = f"s{len(self.code)}"
            self.code.append(f"{line.name} = {self.number(line)}")
        elif self.is_view(line):
            (x,) = (x for x in line.operands if isinstance(x, Line))
            line.name = self.view(self.shown(line, x.name))
            self.home[line] = x
            return
        else:
            self.array(line)
        self.used(line)

    def shown(self, line: Line, x: str) -> str:
        """Write a view."""
        if line.is_a("getitem"):
            return f"{x}[{_index(line.settings['index'])}]"
        if line.is_a("transpose"):
            axes = line.settings.get("axes")
            if axes is None or len(axes) == 2:
                return f"{x}.T"
            return f"{x}.transpose({tuple(map(int, axes))})"
        if line.is_a("reshape"):
            return f"{x}.reshape({line.shape})"
        return f"np.broadcast_to({x}, {line.shape})"

    def number(self, line: Line) -> str:
        """Write what gives a single number."""
        op, xs = line.op, [self.operand(x) for x in line.operands]
        if isinstance(op, Elementwise):
            if op.array is np.where:
                return f"{xs[1]} if {xs[0]} else {xs[2]}"
            return f"{self.function(op)}({', '.join(xs)})"
        if op.name in _REDUCTIONS:
            return f"np.{_REDUCTIONS[op.name]}.reduce({xs[0]}, axis=None)"
        if op.name == "mean":
            n = line.operands[0].shape
            return (f"np.{line.dtype}(np.add.reduce({xs[0]}, axis=None, dtype=np.float64) / "
                    f"{int(np.prod(n))})")  # fmt: skip
        if op.name in ("matmul", "sum_of_squares"):
            return f"{xs[0]}.dot({xs[-1]})" if op.name == "matmul" else self.squares(xs[0], line)
        return self.call(line, xs) + "[()]" * line.is_a("reshape", "getitem")  # and no view

    def squares(self, x: str, line: Line) -> str:
        flat = self.view(f"{x}.reshape(-1)") if len(line.operands[0].shape) > 1 else x
        return f"{flat}.dot({flat})"

    def function(self, op: Elementwise) -> str:
        if is_numpys(op):
            return f"np.{op.array.__name__}"
        name = self.constant(op.array, f"{op.name}_")
        known = TABLE.get(op.name) is op
        self.origins[name] = f"autograd.{op.name}.array" if known else f"...  # {op.name}"
        return name

    def call(self, line: Line, xs: Sequence[str]) -> str:
        """Write a call of an operation's own forward, which allocates what it gives."""
        op: Any = line.op
        given = [f"{k}={v!r}" if not isinstance(v, np.ndarray) else f"{k}={self.constant(v)}"
                 for k, v in line.settings.items()]  # fmt: skip
        settings = line.settings
        if not all(isinstance(v, np.ndarray) or _literal(v) for v in settings.values()):
            forward = self.constant(_bound(op.forward, settings), f"{op.name}_")
            self.origins[forward] = f"...  # {op.name}, with {settings}"
            return f"{forward}({', '.join(xs)})"
        name = self.constant(op.forward, f"{op.name}_")
        self.origins[name] = f"autograd.array_ops.ARRAY_OPS[{op.name!r}].forward"
        return f"{name}({', '.join([*xs, *given])})"

    def array(self, line: Line) -> None:
        """Write what gives an array, into a buffer."""
        op, xs = line.op, [self.operand(x) for x in line.operands]
        out = line.name = self.place(line)
        say = self.code.append
        if isinstance(op, Elementwise):
            if op.array is np.where:
                if xs[2] != out:
                    if xs[1] == out:  # the other way round
                        say(f"np.copyto({out}, {xs[2]}, where=np.logical_not({xs[0]}))")
                        return
                    if xs[0] == out:
                        xs[0] = f"{out}.copy()"
                        say(f"{out}[...] = np.where({', '.join(xs)})")
                        return
                    say(f"np.copyto({out}, {xs[2]})")
                say(f"np.copyto({out}, {xs[1]}, where={xs[0]})")
            elif isinstance(op.array, np.ufunc) or op.array is np.clip:
                say(f"{self.function(op)}({', '.join(xs)}, out={out})")
            else:
                say(f"{out}[...] = {self.function(op)}({', '.join(xs)})")
            return
        if op.name == "linear" and _plain(line):
            say(f"{xs[0]}.dot({xs[1]}, out={out})")
            if len(xs) > 2:
                say(f"np.add({out}, {xs[2]}, out={out})")
        elif op.name == "matmul" and _plain(line):
            say(f"{xs[0]}.dot({xs[1]}, out={out})")
        elif op is ONES_DOT:
            ones = self.constant(np.ones(line.operands[0].shape[0], line.dtype))
            say(f"{ones}.dot({xs[0]}, out={out})")
        elif op.name in _REDUCTIONS and line.dtype.kind == "f" and line.operands[0].dtype != "f2":
            axis, keep = line.settings.get("axis"), line.settings.get("keepdims", False)
            shape = line.operands[0].shape
            if op.name != "sum" and axis == -1 and len(shape) == 2 and shape[1] < 64:
                turned = self.buffer((shape[1], shape[0]), line.dtype)  # faster along columns
                self.free.setdefault(((shape[1], shape[0]), line.dtype), []).append(turned)
                say(f"np.copyto({turned}, {xs[0]}.T)")
                flat = self.view(f"{out}.reshape({shape[0]})")
                say(f"np.{_REDUCTIONS[op.name]}.reduce({turned}, axis=0, out={flat})")
            else:
                say(f"np.{_REDUCTIONS[op.name]}.reduce({xs[0]}, axis={axis}, keepdims={keep}, "
                    f"out={out})")  # fmt: skip
        elif op.name == "astype":
            say(f"np.copyto({out}, {xs[0]}, casting='unsafe')")
        elif op.name in ("pick", "place", "less_one"):
            self.labelled(line, xs, out)
        elif op.name == "concatenate":
            say(f"np.concatenate(({', '.join(xs)},), axis={line.settings.get('axis', 0)}, "
                f"out={out})")  # fmt: skip
        elif op.name in ("reshape", "broadcast_to"):  # of what no view shows
            shape = line.operands[0].shape if isinstance(line.operands[0], Line) else ()
            say(f"np.copyto({self.view(f'{out}.reshape({shape})')}, {xs[0]})"
                if op.name == "reshape" and shape else f"{out}[...] = {xs[0]}")  # fmt: skip
        elif op.name == "scatter" and _simple(line.settings["index"]):
            say(f"{out}.fill(0)")
            say(f"{out}[{_index(line.settings['index'])}] += {xs[0]}")
        else:
            say(f"{out}[...] = {self.call(line, xs)}")

    def labelled(self, line: Line, xs: Sequence[str], out: str) -> None:
        """Write what is done at the label of each row."""
        name = line.op.name
        rows, width = (line if name != "pick" else line.operands[0]).shape
        places = f"places_{xs[1]}"
        if places not in self.known:
            starts = self.constant(np.arange(rows) * width)
            self.known[places] = places
            self.setup.append(f"{places} = np.empty({rows}, np.int64)")
            self.code.append(f"np.add({starts}, {xs[1]}, out={places})")
        if name == "pick":
            self.code.append(f"{xs[0]}.take({places}, out={out}, mode='clip')")
            return
        if name == "place":
            self.code.append(f"{out}.fill(0)")
        elif out != xs[0]:
            self.code.append(f"np.copyto({out}, {xs[0]})")
        flat = self.view(f"{out}.reshape(-1)")
        self.code.append(f"{flat}[{places}] " + ("-= 1" if name == "less_one" else f"= {xs[0]}"))


def write_step(trace: Trace) -> Step:
    """Write a traced step as NumPy code."""
    return _Writer(trace).write()


def _bound(forward: Any, settings: Any) -> Any:
    return lambda *xs: forward(*xs, **settings)


def _literal(x: Any) -> bool:
    """Tell whether what `repr` gives can be written into code."""
    if isinstance(x, tuple):
        return all(map(_literal, x))
    return isinstance(x, (int, str, type(None))) or (type(x) is float and math.isfinite(x))


def _simple(index: Any) -> bool:
    """Tell whether an index takes a part of the memory, and no element twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(k is Ellipsis or k is None or type(k) is int or isinstance(k, slice) for k in parts)


def _contiguous(x: Any) -> bool:
    """Tell whether a line's memory is in one piece, row by row."""
    while x.is_a("reshape"):
        x = x.operands[0]
    return not x.is_a("transpose", "broadcast_to") and (
        not x.is_a("getitem") or (len(x.shape) == len(x.operands[0].shape) == 1
        and x.settings["index"] is not None and _unit_slice(x.settings["index"])))  # fmt: skip


def _unit_slice(index: Any) -> bool:
    part = index[-1] if isinstance(index, tuple) else index
    return isinstance(part, slice) and part.step in (None, 1)


def _plain(line: Line) -> bool:
    """Tell whether a product is one of matrices or vectors, all of one floating type."""
    return all(len(x.shape) <= 2 and x.dtype == line.dtype for x in line.operands)


def _index(index: Any) -> str:
    parts = index if isinstance(index, tuple) else (index,)
    texts = []
    for k in parts:
        if isinstance(k, slice):
            start, stop = ("" if x is None else str(x) for x in (k.start, k.stop))
            texts.append(f"{start}:{stop}" + (f":{k.step}" if k.step is not None else ""))
        else:
            texts.append("..." if k is Ellipsis else str(k))
    return ", ".join(texts)

