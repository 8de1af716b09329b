"""A program as formulas, of one example as in a lecture: h = relu(W @ x + b)."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops import Elementwise
from .emit import Step
from .source import INFIX

__all__ = ["christen", "latex", "text"]

SHOWN = 40  # of a long program so many formulas are shown, and the last few
LONGEST = 72  # a formula on the way longer than that gets a name of its own


class Text:
    """A formula as plain text, and how tightly it binds."""

    def __init__(self, text: str, binds: int = 4) -> None:
        self.text, self.binds = text, binds

    def __str__(self) -> str:
        return self.text

    @property
    def length(self) -> int:
        """How many characters are seen."""
        return len(self.text)

    def __format__(self, spec: str) -> str:
        return f"({self.text})" if self.binds < int(spec or 0) else self.text

    @staticmethod
    def _record(op: Elementwise, operands: tuple[Any, ...]) -> "Text":
        xs = [x if isinstance(x, Text) else Text(_number(x), 1 if x < 0 else 4) for x in operands]
        if op.name == "negative":
            return Text(f"-{xs[0]:2}", 1)
        if op.name == "square":
            return Text(f"{xs[0]:4}**2", 3)
        if op.name in INFIX:
            binds = {"add": 1, "subtract": 1, "multiply": 2, "divide": 2}.get(op.name, 3)
            left, right = (4, 3) if op.name == "power" else (binds, binds + (op.name != "add"))
            a, b = (f"{x:{k}}" for x, k in zip(xs, (left, right), strict=True))
            return Text(f"{a} {INFIX[op.name]} {b}", binds)
        return Text(f"{op.name}({', '.join(map(format, xs))})")


class Latex(Text):
    """A formula as LaTeX, by the templates of the op table."""

    @property
    def length(self) -> int:
        """How many characters are seen, about."""
        return len(re.sub(r"\\(left|right|[,;])|\\\w+(?=\{)|[{}\\_^ ]", "", self.text))

    def __format__(self, spec: str) -> str:
        return rf"\left({self.text}\right)" if self.binds < int(spec or 0) else self.text

    @staticmethod
    def _record(op: Elementwise, operands: tuple[Any, ...]) -> "Latex":
        xs = [x if isinstance(x, Text) else Latex(_number(x), 1 if x < 0 else 4) for x in operands]
        return Latex(op.latex.format(*xs), op.binds)


def _number(x: float) -> str:
    return f"{x:.6g}"


# How operations on arrays are written, in text and in LaTeX.

_TEXT: dict[str, Callable[..., Text]] = {
    "linear": lambda s, x, w, *b: Text(
        f"{w:2} @ {x:3}" + "".join(f" + {u}" for u in b), 1 if b else 2),
    "getitem": lambda s, x: Text(f"{x:4}[{_index(s.settings['index'])}]"),
    "concatenate": lambda s, *xs: Text(f"[{', '.join(map(format, xs))}]"),
    "reshape": lambda s, x: x,
    **{name: lambda s, x: Text(f"{s.op.name}({x})") for name in ("sum", "max", "min")},
}
_LATEX: dict[str, Callable[..., Text]] = {
    "linear": lambda s, x, w, *b: Latex(
        rf"{w:2} \, {x:3}" + "".join(f" + {u}" for u in b), 1 if b else 2),
    "getitem": lambda s, x: Latex(rf"{{{x:4}}}_{{[{_index(s.settings['index'])}]}}", 3),
    "concatenate": lambda s, *xs: Latex(rf"\left[{', '.join(map(format, xs))}\right]"),
    "reshape": lambda s, x: x,
    "sum": lambda s, x: Latex(rf"\textstyle\sum {x:2}", 2),
    "max": lambda s, x: Latex(rf"\max {x:3}", 3),
    "min": lambda s, x: Latex(rf"\min {x:3}", 3),
}


def _index(index: Any) -> str:
    """Write an index of the last axis, counted from 0 as in Python."""
    k = index[-1] if isinstance(index, tuple) else index
    if isinstance(k, slice):
        if k.step is None and k.stop == k.start + 1:
            return str(k.start)
        return f"{k.start}:{k.stop}" + (f":{k.step}" if k.step else "")
    if np.size(k) <= 6:
        return ", ".join(map(str, np.ravel(k).tolist()))
    return f"{np.ravel(k)[0]}, {np.ravel(k)[1]}, …, {np.ravel(k)[-1]}"


def formulas(
    program: Any, table: dict[str, Any], make: Any, name: Any
) -> list[tuple[Step, Any]]:
    """Write the formulas of a program: the steps that have one, each with its text."""
    uses: dict[Step, int] = dict.fromkeys((y.step for y in program.outputs), 2)
    for step in program.steps:
        for x in step.operands:
            if isinstance(x, Step):
                uses[x] = uses.get(x, 0) + 1
    matrices = program.matrices
    outputs = {y.step: y.name for y in program.outputs}
    done: dict[Step, Any] = {}
    lines: list[tuple[Step, Any]] = []
    unnamed = 0
    for k, step in enumerate(program.steps):
        if step.op is None:
            called = program.inputs[k].name if k < len(program.inputs) else "θ"
            done[step] = make(name(called))
            continue
        if step.name in matrices:
            done[step] = make(name(step.name))
            continue
        xs = [done[x] if isinstance(x, Step) else _constant(x, make) for x in step.operands]
        f = step.op if isinstance(step.op, Elementwise) else table[step.op.name]
        formula = f(*xs) if isinstance(step.op, Elementwise) else f(step, *xs)
        moves = step.op.name in ("getitem", "reshape")
        called = outputs.get(step, step.name)
        inner = not called and (uses.get(step, 0) == 1 or moves)
        if inner and formula.length <= LONGEST:
            done[step] = formula
            continue
        if called and step not in outputs and uses.get(step, 0) == 1 and called[0] == "z" and (
            called[1:].isdigit()):  # what the activation is applied to is shown inside it
            done[step] = formula
            continue
        if not called:
            unnamed += 1
            called = f"v{unnamed}"
        lines.append((step, (name(called), formula)))
        done[step] = make(name(called))
    return lines


def _constant(x: Any, make: Any) -> Any:
    if isinstance(x, (int, float)):
        return float(x)
    if np.size(x) and (x == x.flat[0]).all():
        return float(x.flat[0])
    return make("const" if np.size(x) > 4 else str(np.round(x, 4).tolist()))


def sizes_of(program: Any, lines: list[tuple[Step, Any]]) -> dict[Step, tuple[int, int]]:
    """Count what stands behind each formula: its numbers, and the scalar nodes they were."""
    shown = {step for step, _ in lines}
    counts: dict[Step, tuple[int, int]] = {}
    waiting: dict[Step, int] = {}
    for step in program.steps:
        operands = {x for x in step.operands if isinstance(x, Step)}
        nodes = step.nodes + sum(waiting.pop(x, 0) for x in operands)
        if step in shown:
            counts[step] = step.width, nodes
        elif nodes:
            waiting[step] = nodes
    return counts


def text(program: Any) -> str:
    """Write a program as plain text."""
    lines = formulas(program, _TEXT, Text, str)
    counts = sizes_of(program, lines)
    head = f"# {program!r}"
    shapes = [f"{name} {'×'.join(map(str, x.shape))}" for name, x in program.matrices.items()]
    rows = [f"# {', '.join(shapes)}"] if shapes else []
    many = len(lines) > SHOWN + 10
    shown = [*lines[:SHOWN], *lines[-5:]] if many else lines
    written = [f"{name} = {formula}" for _, (name, formula) in shown]
    width = min(max(map(len, written), default=0), LONGEST)
    for k, (line, (step, _)) in enumerate(zip(written, shown, strict=True)):
        if many and k == SHOWN:
            rows.append(f"…  # {len(lines) - len(shown):,} more")
        n, nodes = counts[step]
        what = f"{n:,} number{'s' * (n > 1)}"
        rows.append(f"{line:{width}}  # {what}" + (
            f", from {nodes:,} scalar node{'s' * (nodes > 1)}" if nodes else ""))  # fmt: skip
    return "\n".join([head, *rows])


def latex(program: Any) -> str:
    """Write a program as LaTeX, for notebooks."""
    lines = formulas(program, _LATEX, Latex, _latex_name)
    matrices = program.matrices
    shown = lines if len(lines) <= SHOWN + 10 else lines[:SHOWN]
    rows = [rf"{name} &= {formula}" for _, (name, formula) in shown]
    if len(shown) < len(lines):
        rows.append(rf"&\;\;\vdots \quad \text{{{len(lines) - len(shown):,} more}}")
    times = r" \times "
    spaces = [rf"{_latex_name(name)} \in \mathbb{{R}}^{{{times.join(map(str, x.shape))}}}"
              for name, x in matrices.items()]  # fmt: skip
    rows += ["& " + r", \; ".join(spaces[k : k + 4]) for k in range(0, len(spaces), 4)]
    return "$$\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$$"


def _latex_name(name: str) -> str:
    if name == "θ":
        return r"\theta"
    stem, number = re.fullmatch(r"(.*?)_?(\d*)", name).groups()  # type: ignore[union-attr]
    stem = stem.replace("_", r"\_")
    stem = stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"
    return rf"{stem}_{{{number}}}" if number else stem


def christen(steps: list[Step], nodes: list[Any], taken: set[str]) -> None:
    """Name vectors by the groups and labels of their nodes: the last of a group has its name."""
    for step in reversed(steps):
        if step.op is None or not len(step.rows):
            continue
        values = [nodes[k] for k in step.rows[:1000].tolist()]
        if len(values) == 1:
            name = values[0].label or values[0].group
        else:
            name = _common([v.group.split("/") for v in values])
        if not name:
            continue
        name = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        if name and not name[0].isdigit() and name not in taken:
            taken.add(name)
            step.name = name


def _common(paths: list[list[str]]) -> str:
    """Give the path that some paths begin with."""
    first, last = min(paths), max(paths)
    same = [a for a, b in zip(first, last, strict=False) if a == b]
    k = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(same))
    return "_".join(first[:k])
