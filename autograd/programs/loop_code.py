"""A traced step of training written as loops, for Numba: its lines, and an optimizer's step."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..ops import Elementwise
from .cells import Number, Update
from .lines import Line, Trace, number_in
from .loop_elements import Elements, scalar, size_of, sums_in, width_of
from .loops import Loops
from .traced import ONES_DOT, UntraceableError

__all__ = ["write_loops"]

LONG = 64  # numbers of an example
HEAD = '''"""Loops that were written from a traced step of training."""

import numpy as np
from numba import njit

from autograd.programs.elementary import exp, expm1, log, log1p, tanh
from autograd.programs.kernels import dot, fetch, maximum, minimum, own, select, share, wait

f = np.{dtype}


@njit(nogil=True, cache=True, error_model="numpy", fastmath={{"reassoc", "contract"}})
def run({arguments}):
'''


class _Writer(Elements):
    """Writes the code."""

    # --- The code ---------------------------------------------------------------------------------

    def write(self) -> Loops:
        trace, say = self.trace, self.body.append
        for name, x in trace.arguments.items():
            self.kind[x] = "B" if name in self.rows else "U"
            if name in self.places:
                start = self.places[name]
                self.named[x] = f"{name}_"
                self.head.append(f"{name}_ = w[{start}:{start + size_of(x)}].reshape({x.shape})")
            elif name not in self.rows:
                self.named[x] = name
        for x in trace.lines:
            self.kind[x] = self.classify(x)
        self.take_rows()
        for x in trace.lines:
            self.line(x)
        outputs = list(trace.results.values())[1:]
        for x in outputs:
            width = width_of(x)
            say("if keep:")
            say(f"    for i in range(high - low):\n        for j in range({width}):\n"
                f"            kept[k, low + i, j] = {self.element(x, 'i', 'j', width)}"
                .replace("\n", "\n    "))  # fmt: skip
        say("turn = wait(flags, me, threads, turn)")
        say("if turn < 0:\n    return k")
        say("if me == 0:")
        cost = self.total(self.cost, self.after)
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
        total = max(self.places[n] + size_of(self.trace.arguments[n]) for n in self.places)
        lines = [
            f"low, high = {self.n} * me // threads, {self.n} * (me + 1) // threads",
            f"start, end = share({total}, me, threads), share({total}, me + 1, threads)",
            "g = parts[me]", *self.head, "turn = 0", "for k in range(first, last):",
            *("    " + line.replace("\n", "\n    ") for line in self.body), "return last",
        ]  # fmt: skip
        text = HEAD.format(dtype=self.dtype, arguments=", ".join(arguments)) + "\n".join(
            "    " + line.replace("\n", "\n    ") for line in lines) + "\n"  # fmt: skip
        return Loops(text, list(self.buffers.values()), list(self.constants.values()), self.size,
                     len(self.slots), self.dtype)  # fmt: skip

    def take_rows(self) -> None:
        """Write how a batch is gathered: what goes into products, and the rest where it is used."""
        products = [x for x in self.trace.lines
                    if x.is_a("linear", "matmul", "transpose", "reshape")]  # fmt: skip
        multiplied = {y for x in products for y in x.operands if isinstance(y, Line)}
        for name in self.rows:
            x = self.trace.arguments[name]
            if name.startswith("noise"):
                self.body.append(f"{name}_ = {name}[k][low:high]")
                self.named[x] = f"{name}_"
            elif x in multiplied and x.dtype.kind == "f":
                self.loop(self.buffer(x), width_of(x), self.gathered(x))

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
            self.body.append(f"dot({a}, {b}, {out})")
            if len(x.operands) > 2:
                self.biases[x] = x.operands[2]
                if not (x.uses == 1 and x.consumer is not None
                        and isinstance(x.consumer.op, Elementwise)):  # fmt: skip
                    value = self.element(x, "i", "j", x.shape[1])
                    del self.biases[x]
                    self.loop(out, x.shape[1], value)
        elif x.is_a("matmul", "sum", "mean", "max", "min", "argmax"):
            self.reduced(x)
        else:
            width = width_of(x)
            column = self.is_column(x)
            value = self.formula(x, "i", "j" if width > 1 else "0", width)
            out = self.over(x) or self.buffer(x)
            if column:
                self.body.append(f"for i in range(high - low):\n{self.row(value)}"
                                 f"    {out}[i] = {value}")  # fmt: skip
            else:
                self.loop(out, width, value)

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
        """Write which example stands in a row, where that is asked for.

        A row of data that is wide is waited for: the one after next is asked for before.
        """
        if "[row, " not in value:
            return ""
        text = "    row = order[k, low + i]\n"
        for name in self.rows:
            if f"{name}_all[row, j]" in value and width_of(self.trace.arguments[name]) > LONG:
                text += f"    fetch({name}_all, order[k, min(low + i + 2, high - 1)])\n"
        return text

    def rows_of(self, x: Line) -> str:
        """Name the memory of a line with rows, for a product."""
        while x.is_a("reshape") and x not in self.named:
            x = x.operands[0]
        if x not in self.named:
            width, column = width_of(x), self.is_column(x)
            value, out = self.formula(x, "i", "j" if width > 1 else "0", width), self.buffer(x)
            if column:
                self.body.append(f"for i in range(high - low):\n{self.row(value)}"
                                 f"    {out}[i] = {value}")  # fmt: skip
            else:
                self.loop(out, width, value)
        name = self.named[x]
        return f"{name}.reshape((high - low, 1))" if self.is_column(x) else name

    def reduced(self, x: Line) -> None:
        """Write a sum, a mean or the largest of each row."""
        source = x.operands[0]
        width = width_of(source)
        value = self.element(source, "i", "j", width)
        code = ["for i in range(high - low):\n" + self.row(value).rstrip()]
        out = self.buffer(x)
        if x.is_a("matmul", "sum", "mean"):
            if x.is_a("matmul"):
                other = x.operands[1]
                ones = isinstance(other, np.ndarray) and (other == 1).all()
                value = value if ones else f"{value} * {self.element(other, 'i', 'j', width)}"
            code += ["    total = f(0)", f"    for j in range({width}):",
                     f"        total += {value}",
                     f"    {out}[i] = total" + f" / f({width})" * x.is_a("mean")]  # fmt: skip
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
            self.body.append(f"dot({a}.T, {b}, {self.region(x)}.reshape({x.shape}))")
            return
        source = x.operands[0]
        width = width_of(source)
        if size_of(x) == 1 and (x.shape == () or x.op is not ONES_DOT) and x.shape != (1,):
            slot = self.slots.setdefault(x, len(self.slots))
            value = self.element(source, "i", "j" if width > 1 else "0", width)
            self.body.append(f"total{slot} = 0.0\nfor i in range(high - low):\n{self.row(value)}"
                             f"    for j in range({width}):\n        total{slot} += {value}\n"
                             f"sums[me, {slot}] = total{slot}")  # fmt: skip
            return
        value = self.element(source, "i", "j", width)
        self.body.append(
            f"part = {self.region(x)}\npart[:] = f(0)\n"
            f"for i in range(high - low):\n{self.row(value)}    for j in range({width}):\n"
            f"        part[j] += {value}")

    def region(self, x: Line) -> str:
        """Give an array's place in the gradient of a thread."""
        for name, end in self.gradients.items():
            start = self.places[name]
            if start not in self.regions.values() and x in sums_in(end, self.kind):
                break
        else:
            start = self.size
            self.size += size_of(x)
        self.regions[x] = start
        return f"g[{start}:{start + size_of(x)}]"

    def single(self, x: Line) -> str:
        """Name a single number that comes from parameters alone, and is there before the rows."""
        if x not in self.named:
            code: list[str] = []
            value = self.total(x, code)
            self.named[x] = f"single{len(self.named)}"
            self.body += [*code, f"{self.named[x]} = {value}"]
        return self.named[x]

    def total(self, x: Any, code: list[str]) -> str:
        """Write a number that comes after sums, and the code that it needs before."""
        if (number := number_in(x)) is not None:
            return repr(float(number))
        if x in self.slots:
            value = f"sums[:, {self.slots[x]}].sum()"
            return f"({value} / {size_of(x.operands[0])})" if x.is_a("mean") else value
        if x in self.named and size_of(x) == 1:
            return self.named[x]
        if self.kind[x] in "RB":
            raise UntraceableError("loops do not know a cost that is no sum of numbers")
        if x.is_a("reshape", "broadcast_to"):
            return self.total(x.operands[0], code)
        if x.is_a("sum_of_squares", "sum") and size_of(x) == 1:
            name = f"norm{self.temporary}"
            self.temporary += 1
            source = x.operands[0]
            value = self.flat(source, "q")
            value = f"{value} * {value}" if x.is_a("sum_of_squares") else value
            code.append(f"{name} = 0.0\nfor q in range({size_of(source)}):\n    {name} += {value}")
            return name
        if isinstance(x.op, Elementwise):
            return scalar(x.op.name, [self.total(y, code) for y in x.operands])
        raise UntraceableError(f"loops do not know a cost with {x.op.name}")

    def flat(self, x: Any, q: str, name: str = "") -> str:
        """Write an element of what has the shape of a parameter, in this thread's part of it."""
        if (number := number_in(x)) is not None:
            return self.number(number)
        if not isinstance(x, Line):
            raise UntraceableError("loops do not know constants beside parameters")
        if self.kind[x] == "R":
            return f"{self.piece('g', self.regions[x], name)}[{q}]"
        if x.op is None:
            for other, start in self.places.items():
                if self.trace.arguments[other] is x:
                    return f"{self.piece('w', start, name)}[{q}]"
            if not name and len(x.shape) == 1:
                return f"{x.name}[{q}]"
            raise UntraceableError(f"loops do not know {x.name} beside parameters")
        if x.is_a("reshape", "broadcast_to") and size_of(x.operands[0]) == size_of(x):
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
        piece = f"{array}_{start}"
        text = f"{piece} = {array}[{start - own} + begin:{start - own} + stop]"
        if text not in self.pieces:
            self.pieces.append(text)
        return piece

    def combine(self) -> None:
        """Write how the gradients of the threads become one."""
        self.body.append("if threads == 2:\n    own(weights)\nother = parts[threads - 1 - me]\n"
                         "mine, theirs = g[start:end], other[start:end]\n"
                         "check = f(0)\nif threads == 2:\n    for q in range(end - start):\n"
                         "        one = mine[q] + theirs[q]\n        mine[q] = one\n"
                         "        check += one * f(0)\nelse:\n    for q in range(end - start):\n"
                         "        check += mine[q] * f(0)")  # fmt: skip
        for name, start in self.places.items():
            end = self.gradients[name]
            found = sums_in(end, self.kind)
            if not found:
                raise UntraceableError(f"{name} has no gradient that is a sum over examples")
            if any(y not in self.regions for y in found):
                raise UntraceableError(f"the gradient of {name} is computed from single numbers")
            if end in found and self.regions[end] == start:
                continue
            size, self.pieces = size_of(self.trace.arguments[name]), []
            value = self.flat(end, "q", name)
            goal = self.piece("g", start, name)
            code = [f"begin = max(start, {start})", f"stop = max(begin, min(end, {start + size}))"]
            for y in found:
                if (at := self.regions[y]) != start:
                    shift = at - start
                    code += ["if threads == 2:",
                             f"    g[{shift} + begin:{shift} + stop] += "
                             f"other[{shift} + begin:{shift} + stop]"]  # fmt: skip
            code += [*self.pieces, "for q in range(stop - begin):", f"    one = {value}",
                     f"    {goal}[q] = one", "    check += one * f(0)"]  # fmt: skip
            self.body.append("\n".join(code))

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
        self.head += ["weights = w[start:end]", "lent = g[end:] if me == 0 else g[:start]",
                      *(f"{n}_ = {n}[start:end]" for n in states)]
        self.body.append("if threads == 2:\n    own(lent)")
        if ends:  # else the gradient alone is wanted
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
