"""Random programs: lines of code that mean the same in every library."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .libraries import OURS

__all__ = ["Text", "of_arrays", "of_numbers"]

LARGEST = 1e3  # of the numbers on the way
REFUSED = (TypeError, ValueError, IndexError, np.linalg.LinAlgError)  # shapes that do not fit
NEAR = 1e-4  # to a kink: there rounding decides, and not the library

# What a row may be handed, and where its kinks are: at 0 of the last column.
UNARY = """
exp small | expm1 small | exp2 small | log positive | log1p positive | log2 positive | square any
log10 positive | sin any | cos any | tan within | arcsin within | arccos within | arctan any
sinh small | cosh small | tanh any | arcsinh any | arccosh above | arctanh within | erf any
erfc any | sinc any | i0 small | sigmoid any | softplus any | log_sigmoid any | silu any | gelu any
relu any {x} | absolute any {x} | leaky_relu any {x} | elu any {x} | sqrt positive | negative any
reciprocal positive | cbrt positive | sign any {x} | floor any {x}-rint({x}) | detach any
ceil any {x}-rint({x}) | trunc any {x}-rint({x}) | rint any {x}-floor({x})-0.5 | positive any
""".replace("\n", "|")
DOMAINS = {"any": "{x}", "small": "tanh({x})", "positive": "({x}*{x} + 0.3)",
           "within": "(0.9*tanh({x}))", "above": "({x}*{x} + 1.1)"}  # fmt: skip
BINARY = {
    "{a} + {b}": "", "{a} - {b}": "", "{a} * {b}": "", "{a} / ({b}*{b} + 0.5)": "",
    "({a}*{a} + 0.3) ** {b}": "{b}", "maximum({a}, {b})": "{a} - {b}",
    "minimum({a}, {b})": "{a} - {b}", "hypot({a}, {b} + 3)": "", "arctan2({a}, {b}*{b} + 0.5)": "",
    "logaddexp({a}, {b})": "", "logaddexp2({a}, {b})": "", "prelu({a}, {b})": "{a}",
    "fmax({a}, {b})": "{a} - {b}", "fmin({a}, {b})": "{a} - {b}",
    "remainder({a}, {b}*{b} + 0.7)": "{a}/({b}*{b} + 0.7) - rint({a}/({b}*{b} + 0.7))",
    "fmod({a}, {b}*{b} + 0.7)": "{a}/({b}*{b} + 0.7) - rint({a}/({b}*{b} + 0.7))",
    "where({a} > {b}, {a}, {b}*{b})": "{a} - {b}", "{a} ** 3": "", "2.0 - {a}": "", "{a} * 0.7": "",
    "clip({a}, -0.9, 1.1)": "({a} + 0.9)*({a} - 1.1)", "copysign({a}, {b})": "{a}*{b}",
    "where({a} > 0, log(where({a} > 0, {a}, 1.0) + 0.1), {b})": "{a}",
}  # fmt: skip


@dataclass
class Text:
    """A program as lines of code, with the numbers that its names begin with.

    Attributes
    ----------
    leaves : dict
        What is differentiated by, by name.
    lines : list of str
        ``name = expression``, in the names of `libraries`.
    weights : dict
        For each name that no other line uses, the gradient that its result gets.
    of_numbers : bool
        Whether it can be run on Values.
    """

    leaves: dict[str, np.ndarray]
    lines: list[str] = field(default_factory=list)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    of_numbers: bool = False

    def __str__(self) -> str:
        leaves = [f"{name} = np.array({x.tolist()}, {x.dtype.name!r})"
                  for name, x in self.leaves.items()]  # fmt: skip
        return "\n".join([*leaves, *self.lines])

    def run(self, names: dict[str, Any], leaves: Any) -> dict[str, Any]:
        """Compute each line with the functions of a library; give all that has a weight."""
        found = dict(zip(self.leaves, leaves, strict=True))
        for line in self.lines:
            name, expression = line.split(" = ", 1)
            found[name] = eval(expression, names, found)  # our own lines
        return {name: found[name] for name in self.weights}


def of_numbers(rng: random.Random, leaves: int = 3, length: int = 8) -> Text:
    """Draw a program of rows, with neurons among them."""
    start = {f"x{i}": np.array(_number(rng)) for i in range(leaves)}
    return _grown(Text(start, of_numbers=True), rng, length, [_unary, _rows, _rows, _neuron])


def of_arrays(rng: random.Random, leaves: int = 3, length: int = 8, dtype: str = "f8") -> Text:
    """Draw a program of rows and array operations."""
    m, n = rng.choice([(2, 3), (3, 3), (1, 3), (4, 2)])
    shapes = [(m, n), (n,), (m, 1), (1, n), (), (n, m), (n, n), (2, m, n)]
    start = {}
    for i in range(leaves):
        shape = rng.choice(shapes) if i else (m, n)
        numbers = [_number(rng) for _ in range(int(np.prod(shape)))]
        start[f"x{i}"] = np.array(numbers, dtype).reshape(shape)
    forms = [_unary, _binary, _reduction, _shape, _product, _indexed]
    return _grown(Text(start), rng, length, forms)


def _number(rng: random.Random) -> float:
    return rng.choice([-1, 1]) * round(rng.uniform(0.05, 2), 3)


def _grown(
    text: Text, rng: random.Random, length: int, forms: list[Callable[..., Any]]
) -> Text:
    start, known = text.leaves, dict(text.leaves)
    used: set[str] = set()
    with np.errstate(all="ignore"):
        for number in itertools.count():
            if len(text.lines) == length or number == 5 * length:
                break
            try:
                expression, kink = rng.choice(forms)(rng, known)
                y = np.asarray(eval(expression, OURS, known))
                distance = np.min(np.abs(eval(kink, OURS, known))) if kink else 1.0
            except REFUSED:
                continue
            kind = next(iter(start.values())).dtype
            small = y.size <= 64 and y.ndim < 4 and np.max(np.abs(y), initial=0) < LARGEST
            if y.size and small and distance > NEAR and y.dtype == kind:
                name = f"v{len(text.lines)}"
                text.lines.append(f"{name} = {expression}")
                used |= {old for old in known if old in _names(expression)}
                known[name] = y
    for name, y in known.items():
        if name not in used and name not in start:
            w = [round(rng.uniform(-1, 1), 3) for _ in range(y.size)]
            text.weights[name] = np.array(w, y.dtype).reshape(y.shape)
    text.leaves = {name: x for name, x in start.items() if name in used} or start
    return text


def _names(expression: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in expression).split())


def _pick(rng: random.Random, known: dict[str, Any]) -> str:
    """Take a name, the latest most often."""
    names = list(known)
    return rng.choice(names[-3:]) if rng.random() < 0.6 else rng.choice(names)


def _unary(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    name, domain, *kink = rng.choice([row for row in UNARY.split("|") if row.strip()]).split()
    x = _pick(rng, known)
    return f"{name}({DOMAINS[domain].format(x=x)})", "".join(kink).format(x=x)


def _binary(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    form, kink = rng.choice(list(BINARY.items()))
    a, b = _pick(rng, known), _pick(rng, known)
    return form.format(a=a, b=b), kink.format(a=a, b=b)


def _rows(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    """Take no comparison, by which Python would decide: `vectorize` refuses these."""
    while ">" in (found := _binary(rng, known))[0]:
        pass
    return found


def _neuron(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    terms = [f"{_pick(rng, known)} * {_pick(rng, known)}" for _ in range(rng.randint(2, 3))]
    return f"tanh({' + '.join(terms)} + {_pick(rng, known)})", ""


def _axis(rng: random.Random, x: np.ndarray) -> int:
    if not x.ndim:
        raise IndexError("a number has no axes")
    return rng.randint(-x.ndim, x.ndim - 1)


def _reduction(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    name = _pick(rng, known)
    axis = _axis(rng, known[name])
    gaps = f"diff(sort({name}, axis={axis}), axis={axis})"
    form, kink = rng.choice([
        ("sum({x}, axis={k})", ""), ("sum({x})", ""), ("mean({x}, axis={k}, keepdims=True)", ""),
        ("mean({x})", ""), ("max({x}, axis={k})", gaps), ("min({x}, axis={k})", gaps),
        ("std({x}, axis={k})", "std({x}, axis={k})"), ("var({x}, axis={k})", ""),
        ("prod({x}, axis={k})", ""), ("cumsum({x}, axis={k})", ""),
        ("cumprod({x}, axis={k})", ""), ("logsumexp({x}, axis={k})", ""),
        ("softmax({x}, axis={k})", ""), ("log_softmax({x}, axis={k})", ""),
        ("norm({x}, axis={k})", "norm({x}, axis={k})"), ("norm({x})", "norm({x})"),
        ("sort({x}, axis={k})", gaps), ("median({x})", "diff(sort(reshape({x}, (-1,)), axis=0))"),
    ])  # fmt: skip
    return form.format(x=name, k=axis), kink.format(x=name, k=axis)


def _shape(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    name, other = _pick(rng, known), _pick(rng, known)
    x = known[name]
    axis = _axis(rng, x)
    axes = rng.sample(range(x.ndim), x.ndim)
    return rng.choice([
        f"reshape({name}, ({x.size},))", f"transpose({name}, {tuple(axes)})",
        f"reshape({name}, {x.shape[::-1]})", f"expand_dims({name}, {axis})",
        f"broadcast_to({name}, {(2, *x.shape)})", f"flip({name}, ({axis},))",
        f"roll({name}, 1, {axis})", f"concatenate([{name}, {other}], {axis})",
        f"stack([{name}, {name} * {name}, {other}], {axis})", f"diff({name})",
        f"pad({name}, 1)", f"tril({name}[None])",
    ]), ""  # fmt: skip


def _product(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    a, b = _pick(rng, known), _pick(rng, known)
    turned = f"transpose({b}, (1, 0))"
    square = f"(matmul({a}, transpose({a}, (1, 0))) + eye_like({a}))"
    return rng.choice([
        f"matmul({a}, {b})", f"matmul({a}, {turned})", f"matmul({turned}, {a})",
        f"outer(reshape({a}, (-1,)), reshape({b}, (-1,)))",
        f"einsum('ij,kj->ik', {a}, {b})", f"einsum('ij,j->i', {a}, {b})",
        f"kron({a}, {b})", f"trace({a})", f"diagonal({a})", f"det({square})", f"inv({square})",
        f"solve({square}, {a})",
    ]), ""  # fmt: skip


def _indexed(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    name = _pick(rng, known)
    x = known[name]
    axis = _axis(rng, x)
    picked = [rng.randint(0, x.shape[axis] - 1) for _ in range(rng.randint(1, 3))]
    first = [rng.randint(0, len(x) - 1) for _ in range(2)]
    return rng.choice([
        f"{name}[{rng.randint(-1, 0)}]", f"{name}[..., {rng.randint(-1, 0)}]", f"{name}[1:]",
        f"{name}[..., None]", f"{name}[index({first})]", f"take({name}, {picked}, {axis})",
        f"{name}[:, index([0, 0])]", f"{name}[index({first}), index([0, 1])]",
    ]), ""  # fmt: skip
