"""A traced function as JAX: one pure function, for what JAX does with it and where it runs it.

Its backward pass is the trace's own, so that derivatives at kinks are this engine's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ops import Elementwise
from .lines import Line, Trace
from .traced import INFIX, UntraceableError, is_numpys

__all__ = ["write_jax"]

_SPECIAL = {"erf": "jax.scipy.special.erf", "erfc": "jax.scipy.special.erfc"}

FRAME = '''import jax
import jax.numpy as jnp

{precision}{constants}
def _forward({arguments}):
{forward}
    return ({results},), ({kept})


def _backward({given}):
{backward}
    return {gradients}


@jax.custom_vjp
def {name}({arguments}):
    """{doc}"""
    results, _ = _forward({arguments})
    return {answer}


def _forward_and_kept({arguments}):
    results, kept = _forward({arguments})
    return {answer}, kept


def _pull(kept, {seeds}):
    {unpack}
    return {pulled}


{name}.defvjp(_forward_and_kept, _pull)
'''
_X64 = '''if not jax.config.jax_enable_x64:
    raise RuntimeError("this code computes in float64, which JAX has turned off: run "
                       'jax.config.update("jax_enable_x64", True) first')

'''


class _Writer:
    def __init__(self, trace: Trace, batch: int) -> None:
        self.trace, self.batch = trace, batch
        self.constants: dict[str, str] = {}
        self.known: dict[Any, str] = {}
        self.names: dict[Line, str] = {x: name for name, x in trace.arguments.items()}

    def dim(self, d: int) -> str:
        """Write a length: the batch is n, where it may be of any size."""
        many = d // self.batch if self.batch and d > 0 and d % self.batch == 0 else 0
        return str(d) if not many else "n" if many == 1 else f"{many} * n"

    def shape(self, shape: Sequence[int]) -> str:
        parts = [self.dim(d) for d in shape]
        return f"({', '.join(parts)}{',' * (len(parts) == 1)})"

    def operand(self, x: Any) -> str:
        if isinstance(x, Line):
            return self.names[x]
        if isinstance(x, np.ndarray) and x.ndim:
            return self.constant(x)
        number = x.item() if isinstance(x, (np.ndarray, np.generic)) else x
        text = repr(number).replace("inf", "jnp.inf").replace("nan", "jnp.nan")
        return f"({text})" if text[0] == "-" else text

    def slope(self, name: str, g: Any) -> str:
        """Write the gradient of an argument, which may be the same whatever is computed."""
        if isinstance(g, Line) or np.ndim(g):
            return self.operand(g)
        return f"jnp.full_like({name}, {self.operand(g)})"

    def constant(self, x: np.ndarray) -> str:
        if self.batch and len(x) == self.batch and (x == 1).all():
            return f"jnp.ones(n, jnp.{x.dtype})"
        key = x.dtype.str, x.shape, x.tobytes()
        if key not in self.known:
            name = self.known[key] = f"c{len(self.constants) + 1}"
            text = np.array2string(x, separator=", ", threshold=x.size + 1, max_line_width=96,
                                   floatmode="unique")  # fmt: skip
            for word in "inf", "nan":
                text = text.replace(word, f"jnp.{word}")
            kind = f", jnp.{x.dtype}" if x.dtype.kind == "f" else ""  # whole numbers are JAX's own
            self.constants[name] = f"jnp.array({text}{kind})"
        return self.known[key]

    def index(self, index: Any) -> str:
        parts = index if isinstance(index, tuple) else (index,)
        texts = []
        for k in parts:
            if isinstance(k, slice):
                ends = ["" if x is None else str(x) for x in (k.start, k.stop, k.step)]
                texts.append(":".join(ends[: 2 + (k.step is not None)]))
            elif isinstance(k, np.ndarray):
                texts.append(self.constant(k))
            else:
                texts.append("..." if k is Ellipsis else str(k))
        return ", ".join(texts)

    def expression(self, line: Line) -> str:
        """Write what a line computes."""
        op, xs, settings = line.op, [self.operand(x) for x in line.operands], line.settings
        name = op.name
        if name in INFIX:
            return f"{xs[0]} {INFIX[name]} {xs[1]}"
        if isinstance(op, Elementwise):
            if name in _SPECIAL:
                return f"{_SPECIAL[name]}({xs[0]})"
            if name == "chain":
                g, d = xs
                return f"jnp.where(({g} == 0) | (({d} == 0) & ({g} == {g})), 0, {g} * {d})"
            if not is_numpys(op):
                raise UntraceableError(f"{name} cannot be written as JAX code")
            return f"jnp.{op.array.__name__}({', '.join(xs)})"
        if name == "linear":
            return f"{xs[0]} @ {' + '.join(xs[1:])}"
        if name in ("matmul", "dot"):
            return f"jnp.matmul({xs[0]}, {xs[1]})"
        if name in ("sum", "max", "min", "mean", "argmax"):
            given = "".join(f", {k}={v}" for k, v in settings.items()
                            if v is not None and v is not False)
            return f"jnp.{name}({xs[0]}{given})"
        if name == "sum_of_squares":
            return f"jnp.sum({xs[0]} * {xs[0]})"
        if name == "transpose":
            axes = settings.get("axes")
            return f"{xs[0]}.T" if axes is None else f"jnp.transpose({xs[0]}, {(*map(int, axes),)})"
        if name == "reshape":
            return f"jnp.reshape({xs[0]}, {self.shape(line.shape)})"
        if name == "broadcast_to":
            return f"jnp.broadcast_to({xs[0]}, {self.shape(line.shape)})"
        if name == "astype":
            return f"{xs[0]}.astype(jnp.{line.dtype})"
        if name == "getitem":
            return f"{xs[0]}[{self.index(settings['index'])}]"
        if name == "scatter":
            zeros = f"jnp.zeros({self.shape(line.shape)}, jnp.{line.dtype})"
            return f"{zeros}.at[{self.index(settings['index'])}].add({xs[0]})"
        if name == "concatenate":
            return f"jnp.concatenate([{', '.join(xs)}], axis={settings.get('axis', 0)})"
        rows = f"jnp.arange(len({xs[-1]})), {xs[-1]}"
        if name == "pick":
            return f"{xs[0]}[{rows}]"
        if name == "less_one":
            return f"{xs[0]}.at[{rows}].add(-1)"
        if name == "place":
            zeros = f"jnp.zeros({self.shape(line.shape)}, jnp.{line.dtype})"
            return f"{zeros}.at[{rows}].set({xs[0]})"
        raise UntraceableError(f"{name} cannot be written as JAX code")

    def code(self, lines: Sequence[Line], stem: str) -> list[str]:
        """Write lines."""
        code = []
        for k, line in enumerate(lines, 1):
            text = self.expression(line)
            self.names[line] = f"{stem}{k}"
            code.append(f"{stem}{k} = {text}")
        return code


def write_jax(
    trace: Trace, name: str, doc: str, seeds: Sequence[str] = (), batch: int = 0
) -> str:
    """Write a traced function as a module for JAX.

    Parameters
    ----------
    trace : Trace
        What is computed. Its gradients are of the first result, or of all with `seeds`.
    name, doc : str
        What the function is called, and what it says of itself.
    seeds : sequence of str, optional
        The arguments that are the gradients of the results, which is what the function is not
        given itself.
    batch : int, optional
        The number of examples in the trace, where that may be another; it divides no other length.

    Raises
    ------
    UntraceableError
        If JAX has no function for something.
    """
    writer = _Writer(trace, batch)
    arguments = [n for n in trace.arguments if n not in seeds]
    shown = list(trace.results.values()) if seeds else list(trace.results.values())[:1]
    ends = [x for x in shown if isinstance(x, Line)]
    before = _before(ends)
    first = [x for x in trace.lines if x in before]
    rest = [x for x in trace.lines if x not in before]
    if not seeds:  # of a cost, the gradients are there as soon as it is: they are what is kept
        gradients = [g for g in trace.gradients.values() if isinstance(g, Line)]
        wanted = _before(gradients)
        rest = [x for x in rest if x in wanted]
    forward = writer.code(first, "t")
    backward = writer.code(rest, "d")
    found = {n: writer.slope(n, g) for n, g in trace.gradients.items()}
    results = ", ".join(writer.operand(x) for x in shown)
    needed = [y for x in rest for y in x.operands if isinstance(y, Line)] + [
        g for g in trace.gradients.values() if isinstance(g, Line)]  # fmt: skip
    kept = list(dict.fromkeys(
        [writer.names[y] for y in needed if y not in set(rest) and writer.names[y] not in seeds]
        + [n for n in found if found[n].startswith("jnp.full_like")]))
    every = "\n".join([*forward, *backward])
    count = f"n = len({arguments[1]})" if batch and "n" in _words(every) else ""
    dtype = trace.lines[-1].dtype if trace.lines else np.dtype(float)
    answer = "results[0]" if len(shown) == 1 else "results"
    pulled = {n: f"g{k}" if seeds else f"seed * g{k}" for k, n in enumerate(found)}
    gives = ", ".join(pulled.get(n, "None") for n in arguments)
    passed = ["seed"] if len(shown) == 1 else ["seeds"]
    call = ", ".join(["*kept", *(["seed"] if len(shown) == 1 else ["*seeds"]) * bool(seeds)])
    return FRAME.format(
        precision=_X64 if dtype == np.float64 else "",
        constants="".join(f"{n} = {text}\n" for n, text in writer.constants.items()),
        arguments=", ".join(arguments), name=name, doc=doc, results=results,
        kept=_tuple(kept),
        forward=_block([count, *forward] if "n" in _words("\n".join(forward)) else forward),
        given=", ".join([*kept, *seeds]), seeds=", ".join(passed), answer=answer,
        backward=_block([count.replace(arguments[1], _batched(kept, seeds, trace, writer)),
                         *backward] if count and "n" in _words("\n".join(backward)) else backward),
        gradients=f"({_tuple(list(found.values()))})",
        unpack=f"({_tuple([f'g{k}' for k in range(len(found))])}) = _backward({call})",
        pulled=gives + ("," if len(arguments) == 1 else ""),
    )  # fmt: skip


def _batched(kept: Sequence[str], seeds: Sequence[str], trace: Trace, writer: _Writer) -> str:
    """Name something of the backward pass that has a row for each example."""
    for line, name in writer.names.items():
        if name in (*seeds, *kept) and line.shape[:1] == (writer.batch,):
            return name
    return seeds[0]


def _tuple(parts: Sequence[str]) -> str:
    return ", ".join(parts) + "," * (len(parts) == 1)


def _words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() or c == "_" else " " for c in text).split())


def _block(lines: Sequence[str]) -> str:
    return "\n".join(f"    {line}" for line in lines if line) or "    pass"


def _before(ends: Sequence[Line]) -> set[Line]:
    """Give all that some lines depend on."""
    found: set[Line] = set()
    waiting = list(ends)
    while waiting:
        line = waiting.pop()
        if line not in found:
            found.add(line)
            waiting += [x for x in line.operands if isinstance(x, Line)]
    return found
