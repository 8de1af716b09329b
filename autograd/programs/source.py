"""Differentiate a function of Tensors by tracing it, and write both passes as NumPy code."""

import re
from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import Any

import numpy as np

from ..array_ops import shape_of
from ..backprop import topological_order
from ..modes import changed
from ..ops import Elementwise
from ..transforms import vjp
from .lines import Line, count, lines_of, reachable, singular
from .traced import INFIX, Traced

__all__ = ["INFIX", "Source", "function", "write"]

_BINDS = {"|": 1, "&": 2, ">": 0, ">=": 0, "<": 0, "<=": 0, "==": 0, "!=": 0,
          "+": 4, "-": 4, "*": 5, "/": 5, "@": 5, "**": 7}  # fmt: skip


def _shape(x: Any) -> Any:
    return x.shape if isinstance(x, Line) else shape_of(x)


# --- Code -----------------------------------------------------------------------------------------


class Source:
    """The code of a program, and the arrays that it needs.

    Attributes
    ----------
    text : str
        The definition of a function.
    constants : dict
        Index arrays and other constants, by their names in the text.
    rows : dict
        The rows of the op table that NumPy has no function for, by their names in the text.
    """

    def __init__(self, name: str, batch: int, names: Sequence[str]) -> None:
        self.name = name
        self.batch = batch
        self.taken = {*names, "np", "n", "backward", name}
        self.constants: dict[str, Any] = {}
        self.rows: dict[str, Elementwise] = {}
        self.defines: Elementwise | None = None
        self.ones: dict[Any, str] = {}
        self.counts: dict[str, int] = {}
        self.known: dict[Any, str] = {}
        self.text = ""
        self.careful = False

    def fresh(self, stem: str) -> str:
        """Give a name that is not taken: the stem itself if it ends in no digit, or numbered."""
        name = f"{stem}1" if len(stem) == 1 and stem not in self.taken else stem
        while name in self.taken or not name.isidentifier() or iskeyword(name):
            self.counts[stem] = self.counts.get(stem, 1) + 1
            name = f"{stem}_{self.counts[stem]}" if stem[-1].isdigit() else (
                f"{stem}{self.counts[stem]}")  # fmt: skip
        self.taken.add(name)
        return name

    def constant(self, array: Any, stem: str = "c") -> str:
        """Name an array that the code needs."""
        array = np.asarray(array)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.known:
            self.known[key] = self.fresh(stem)
            self.constants[self.known[key]] = array
        return self.known[key]

    def dims(self, shape: Sequence[int]) -> str:
        """Write a shape: the batch is n."""
        parts = []
        for d in shape:
            many = d // self.batch if d > 0 and d % self.batch == 0 else 0
            parts.append(str(d) if not many else "n" if many == 1 else f"{many} * n")
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})" if parts else "(())"

    def index(self, index: Any, ndim: int) -> str:
        """Write an index; ``...`` as the axes that it stands for."""
        parts = index if isinstance(index, tuple) else (index,)
        if parts[0] is Ellipsis and ndim <= 2:
            parts = (slice(None),) * (ndim - len(parts) + 1) + parts[1:]
        texts = []
        for k in parts:
            if k is Ellipsis:
                texts.append("...")
            elif isinstance(k, slice):
                texts.append(":".join("" if x is None else str(x) for x in
                                      (k.start, k.stop, k.step)[: 2 + (k.step is not None)]))
            else:
                texts.append(str(k) if isinstance(k, int) else self.constant(k, "i"))
        return ", ".join(texts)

    def operand(self, x: Any, binds: int = 0) -> str:
        """Write an operand, in parentheses where it binds weaker than `binds`."""
        if isinstance(x, Line):
            text, own = (x.name, 9) if x.name else self.expression(x)
            return f"({text})" if own < binds else text
        if isinstance(x, np.ndarray) and x.ndim:
            return self.constant(x)
        number = x.item() if isinstance(x, (np.ndarray, np.generic)) else x
        text = repr(number).replace("inf", "np.inf").replace("nan", "np.nan")
        text = text.removesuffix(".0") if text[-2:] == ".0" and abs(number) < 1e6 and not (
            number == 0 and text[0] == "-") and isinstance(number, float) else text  # fmt: skip
        return f"({text})" if text[0] == "-" and binds > 3 else text

    def expression(self, line: Line) -> tuple[str, int]:
        """Write what a line computes, and tell how tightly it binds."""
        op, xs, settings = line.op, line.operands, line.settings
        name = op.name
        if name == "chain" and not (self.careful or singular(xs[1])):
            name = "multiply"
        if symbol := INFIX.get(name):
            binds = _BINDS[symbol]
            left, right = (binds + 1, binds) if symbol == "**" else (binds, binds + 1)
            return f"{self.operand(xs[0], left)} {symbol} {self.operand(xs[1], right)}", binds
        if name == "negative":
            return f"-{self.operand(xs[0], 6)}", 5
        if isinstance(op, Elementwise):
            name = getattr(op.array, "__name__", "")
            function = f"np.{name}" if getattr(np, name, None) is op.array else self.row(op)
            return f"{function}({', '.join(map(self.operand, xs))})", 9
        if name == "matmul":
            return f"{self.operand(xs[0], 5)} @ {self.operand(xs[1], 6)}", 5
        if name == "transpose" and settings.get("axes") is None:
            return f"{self.operand(xs[0], 9)}.T", 9
        if name == "reshape":
            return f"{self.operand(xs[0], 9)}.reshape{self.dims(line.shape)}", 9
        if name == "broadcast_to":
            return f"np.broadcast_to({self.operand(xs[0])}, {self.dims(line.shape)})", 9
        if name == "astype":
            return f"{self.operand(xs[0], 9)}.astype(np.{line.dtype})", 9
        if name == "getitem":
            index = settings["index"]
            if isinstance(index, tuple) and len(index) == 2 and isinstance(index[1], np.ndarray):
                return f"{self.operand(xs[0], 9)}.take({self.constant(index[1], 'i')}, -1)", 9
            return f"{self.operand(xs[0], 9)}[{self.index(index, len(_shape(xs[0])))}]", 9
        if name == "concatenate":
            return f"np.concatenate([{', '.join(map(self.operand, xs))}], -1)", 9
        if name == "sum" and settings.get("axis") == 0 and len(_shape(xs[0])) == 2 and not (
            settings.get("keepdims")):  # fmt: skip
            rows = (_shape(xs[0])[0], xs[0].dtype)  # a product is faster than a sum over rows
            if rows not in self.ones:
                self.ones[rows] = self.fresh("ones")
            return f"{self.ones[rows]} @ {self.operand(xs[0], 6)}", 5
        if name in ("sum", "max", "min"):
            given = ", ".join(f"{k}={v}" for k, v in settings.items()
                              if v is not None and v is not False)
            return f"{self.operand(xs[0], 9)}.{name}({given})", 9
        raise TypeError(f"{name} cannot be written as NumPy code: source() knows the table's rows, "
                        "and the operations on arrays that vectorize makes")  # fmt: skip

    def row(self, op: Elementwise) -> str:
        """Name a row of the table whose function on arrays is not NumPy's own."""
        if op is self.defines:  # but made of it, as that of i0 is of np.i0
            return f"np.{op.name}"
        for name, known in self.rows.items():
            if known is op:
                return name
        name = self.fresh(op.name)
        self.rows[name] = op
        return name

    def statements(self, lines: Sequence[Line], keep: Any, stem: str) -> list[str]:
        """Write lines, operands first; those in `keep` get a name, what is used once need not."""
        code: list[str] = []
        for line in lines:
            if line.name or line.op is None:
                continue
            if line.is_a("scatter") or _scatters(line):
                after = line.consumer
                if line.uses > 1 or line in keep or after is None or not _whole(after):
                    code += self.accumulate(line, "")
                continue  # the others are written by the sum that they are a part of
            line.size += sum(x.size for x in line.operands if isinstance(x, Line) and not x.name)
            if line not in keep and _inlined(line):
                continue
            if line.is_a("linear"):
                x, w, *b = (self.operand(u, 5 + i) for i, u in enumerate(line.operands))
                line.name = self.fresh(line.hint or "t")
                code.append(f"{line.name} = {x} @ {w}")
                code += [f"{line.name} += {bias}" for bias in b]
                continue
            text, _ = self.expression(line)
            line.name = self.fresh(line.hint or stem)
            code.append(f"{line.name} = {text}")
        return code

    def accumulate(self, line: Line, buffer: str) -> list[str]:
        """Write a sum of gradients of parts of one array: one buffer, into which all are added."""
        dense, scattered = _terms(line)
        code: list[str] = []
        shape = self.dims(line.shape)
        dtype = _dtype(line.dtype)
        name = buffer or self.fresh("d")
        covered = _partition([s.settings["index"] for s in scattered], line.shape[-1])
        if dense and covered:
            if not buffer:
                code.append(f"{name} = np.empty({shape}{dtype})")
        elif dense:
            total = " + ".join(self.operand(x, 4) for x in dense)
            if buffer:
                code.append(f"{name}[...] = {total}")
            else:
                own = len(dense) > 1 or (not dense[0].name and isinstance(dense[0].op, Elementwise))
                code.append(f"{name} = {total}" + ("" if own else ".copy()"))
        elif buffer:
            code += [] if covered else [f"{name}.fill(0)"]
        else:
            code.append(f"{name} = np.{'empty' if covered else 'zeros'}({shape}{dtype})")
        for s in scattered:
            code += self.add_part(name, s, covered)
        if dense and covered:
            code += [f"{name} += {self.operand(x)}" for x in dense]
        line.name = name
        return code

    def add_part(self, name: str, line: Line, first: bool) -> list[str]:
        """Write ``name[index] += g``."""
        (g,) = line.operands
        index = line.settings["index"]
        places = index[-1] if isinstance(index, tuple) else index
        if isinstance(places, np.ndarray):
            unique, inverse, counts = np.unique(places, return_inverse=True, return_counts=True)
            if len(unique) < places.size:  # where places repeat, their parts are added up before
                order = self.constant(np.argsort(inverse.ravel(), kind="stable"), "i")
                starts = self.constant(np.cumsum(counts) - counts, "i")
                return [f"{name}[..., {self.constant(unique, 'i')}] += np.add.reduceat("
                        f"{self.operand(g, 9)}.take({order}, -1), {starts}, -1)"]  # fmt: skip
        target = f"{name}[{self.index(index, len(line.shape))}]"
        view = isinstance(places, slice) and (len(line.shape) == 1 or not g.is_a("reshape"))
        if first and view and places.step is None and not g.name:
            inner = g.operands[0] if g.is_a("reshape") else g
            if isinstance(inner, Line) and inner.is_a("matmul") and not inner.name:
                a, b = map(self.operand, inner.operands)
                shaped = f".reshape{self.dims(inner.shape)}" if g.is_a("reshape") else ""
                return [f"np.matmul({a}, {b}, out={target}{shaped})"]
        return [f"{target} {'=' if first else '+='} {self.operand(g)}"]


def _scatters(line: Line) -> bool:
    """Tell whether a line is a sum with parts that are scattered."""
    return _whole(line) and bool(_terms(line)[1])


def _whole(line: Line) -> bool:
    """Tell whether a line is a sum of arrays of its own shape."""
    return line.is_a("add") and all(_shape(x) == line.shape for x in line.operands)


def _terms(line: Line) -> tuple[list[Line], list[Line]]:
    """List the terms of a sum of gradients: whole arrays, and scattered parts."""
    dense, scattered, found = [], [], [line]
    while found:
        x = found.pop()
        part = isinstance(x, Line) and (x is line or (x.uses == 1 and not x.name))
        if part and _whole(x):
            found += reversed(x.operands)
        elif part and x.is_a("scatter"):
            scattered.append(x)
        else:
            dense.append(x)
    return dense, scattered


def _partition(indices: Sequence[Any], width: int) -> bool:
    """Tell whether indices of the last axis fall on every place just once."""
    places = np.zeros(width, int)
    for index in indices:
        np.add.at(places, index[-1] if isinstance(index, tuple) else index, 1)
    return bool((places == 1).all())


def _inlined(line: Line) -> bool:
    """Tell whether a line is written where it is used."""
    if line.is_a("transpose"):
        return True
    if line.uses != 1 or line.hint or line.size > 3:
        return False
    return isinstance(line.op, Elementwise) or line.is_a("reshape", "matmul", "broadcast_to")


# --- Both passes ----------------------------------------------------------------------------------


def write(
    f: Callable[..., Sequence[Any]],
    arguments: dict[str, np.ndarray],
    wrt: Sequence[str],
    results: Sequence[str],
    *,
    name: str,
    batch: int,
    careful: bool = False,
) -> Source:
    """Write a function of arrays and its backward pass as NumPy code.

    Parameters
    ----------
    f : callable
        Takes a Tensor for each argument; gives a list of Tensors, and a dict of names for
        Tensors on the way.
    arguments : dict
        An array for each argument; its numbers do not matter.
    wrt : sequence of str
        The arguments by which to differentiate.
    results : sequence of str
        What the results are called.
    name : str
        The name of the function.
    batch : int
        The number of examples in the arguments; a number that divides no other length.
    careful : bool, optional
        Whether 0 · ∞ is looked for everywhere, not only where a derivative may be infinite.
    """
    leaves = {n: Traced(x) for n, x in arguments.items()}
    with changed(recording=True, anomaly=False, call=None), np.errstate(all="ignore"):
        hints: dict[Any, str] = {}

        def call(*varying: Any) -> Any:
            found, names = f(*(leaves | dict(zip(wrt, varying, strict=True))).values())
            hints.update(names)
            return found

        ys, pull = vjp(call, *(leaves[n] for n in wrt))
        seeds = [Traced(np.ones_like(y._data)) for y in ys]
        slopes = pull(seeds)
    out = Source(name, batch, [*arguments, *(f"d_{n}" for n in (*results, *wrt))])
    out.careful = careful
    named: dict[Any, Line] = {}
    for node, called in [*zip(leaves.values(), arguments, strict=True),
                         *zip(seeds, (f"d_{n}" for n in results), strict=True)]:  # fmt: skip
        named[node] = Line(None, (), {}, node._data)
        named[node].name = called
    order = topological_order(*ys, *(s for s in slopes if isinstance(s, Traced)))
    lines = lines_of(order[::-1], named)
    for node, hint in hints.items():
        found = lines.get(node)
        if isinstance(found, Line) and not found.name and not found.hint:
            found.hint = hint
    tops = [lines[y] for y in ys]
    ends = [lines.get(s, None) for s in slopes]
    forward = reachable(tops)
    backward = [x for x in reachable([e for e in ends if isinstance(e, Line)])
                if x not in set(forward)]  # fmt: skip
    both = list(dict.fromkeys([*forward, *backward]))
    count(both)
    needed = {x for line in backward for x in line.operands if isinstance(x, Line)}
    code = out.statements(forward, {*tops, *(needed & set(forward))}, "t")
    given = ", ".join(out.operand(t) for t in tops)
    inner = out.statements([x for x in backward if x not in ends], set(), "d")
    for n, end in zip(wrt, ends, strict=True):
        inner += _written(out, end, f"d_{n}", arguments[n])
    inner[:0] = [f"{name} = np.ones({out.dims((n,))[1:-2]}{_dtype(dtype)})"
                 for (n, dtype), name in out.ones.items()]  # fmt: skip
    buffers = [f"d_{n}" for n in wrt]
    body = [
        *code, "",
        f"def backward({', '.join([f'd_{n}' for n in results] + [f'{b}=None' for b in buffers])}):",
        *(f"    {line}" for line in inner),
        f"    return {', '.join(buffers)}", "",
        f"return {given}, backward",
    ]  # fmt: skip
    if any(re.search(r"\bn\b", line) for line in body):
        body.insert(0, f"n = len({list(arguments)[1]})")
    out.text = f"def {name}({', '.join(arguments)}):\n" + "\n".join(
        f"    {line}".rstrip() for line in body) + "\n"  # fmt: skip
    return out


def function(op: Elementwise, name: str, rows: dict[str, Elementwise]) -> str:
    """Write a row's function on arrays as Python code, by tracing it; add the rows it calls."""
    xs = [Traced(np.full(3, 0.5)) for _ in op.operand_names]
    try:
        with changed(recording=True, anomaly=False), np.errstate(all="ignore"):
            y = op.array(*xs)
        if not isinstance(y, Traced):
            raise TypeError(f"it gives {y!r:.60}, whatever its operands are")
    except TypeError as error:
        raise TypeError(
            f"{op.name} cannot be written as NumPy code: its function on arrays is not made of "
            f"NumPy functions that are rows of the table ({error})") from None  # fmt: skip
    out = Source(name, 3, [*op.operand_names, *rows])
    out.defines, out.rows = op, rows
    named = {}
    for x, operand in zip(xs, op.operand_names, strict=True):
        named[x] = Line(None, (), {}, x._data)
        named[x].name = operand
    top = lines_of(topological_order(y)[::-1], named)[y]
    lines = reachable([top])
    count(lines)
    code = out.statements(lines, set(), "t")
    return f"def {name}({', '.join(op.operand_names)}):\n" + "".join(
        f"    {line}\n" for line in [*code, f"return {out.operand(top)}"]).rstrip()  # fmt: skip


def _dtype(dtype: Any) -> str:
    """Write the type of a new array, which is float64 if nothing is said."""
    return "" if np.dtype(dtype) == np.dtype(float) else f", np.{dtype}"


def _written(out: Source, line: Any, name: str, like: np.ndarray) -> list[str]:
    """Write the last line of a gradient, into an array that may be given."""
    shape = out.dims(like.shape)
    dtype = _dtype(like.dtype)
    code = [f"if {name} is None:", f"    {name} = np.empty({shape}{dtype})"]
    if not isinstance(line, Line):
        return [*code, f"{name}.fill(0)"]
    if line.name or not (line.is_a("scatter") or _scatters(line)):
        return [*code, f"{name}[...] = {out.operand(line)}"]
    return code + out.accumulate(line, name)
