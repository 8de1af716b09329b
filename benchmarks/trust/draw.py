"""Random programs: lines of code that mean the same in every library."""

import itertools
import random
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .libraries import OURS

__all__ = ["Text", "of_arrays", "of_numbers", "of_rows"]

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
deg2rad any | rad2deg small
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
    "floor_divide({a}, {b}*{b} + 0.7)": "{a}/({b}*{b} + 0.7) - rint({a}/({b}*{b} + 0.7))",
}  # fmt: skip
# Derivatives inside of a program, whose functions hang on another of its names, too.
NESTED = [
    "slope(lambda u: tanh(u) * {b}, {a})", "slope(lambda u: sin(u * {b}) + u, {a})",
    "slope(lambda u: slope(lambda t: exp(-t * t * u) * {b}, u) * u, {a})",
    "push(lambda u: sigmoid(u) * u, {a}, {a} * {a})", "push(lambda u: tanh(u) * {a}, {a}, {b})",
    "slope(lambda u: push(lambda t: sin(t * u), {b}, u), {a})",
    "push(lambda u: slope(lambda t: log(t * t + u * u + 0.5), u), {a}, {b})",
]

# What looks at numbers, and is refused where a program is traced.
LOOKING = [
    "cholesky", "column_stack", "convolve", "det", "diag", "diagonal", "eigh", "eigvalsh", "flip",
    "fliplr", "hstack", "logsumexp", "median", "nansum", "pad", "quantile", "repeat", "roll",
    "rot90", "slogdet", "sort", "tile", "trace", "tril", "triu", "vstack",
]


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
    straight : bool
        Whether it was drawn to be traced.
    """

    leaves: dict[str, np.ndarray]
    lines: list[str] = field(default_factory=list)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    of_numbers: bool = False
    straight: bool = False

    def __str__(self) -> str:
        leaves = [f"{name} = np.array({x.tolist()}, {x.dtype.name!r})"
                  for name, x in self.leaves.items()]  # fmt: skip
        return "\n".join([*leaves, *self.lines])

    def run(self, names: dict[str, Any], leaves: Any) -> dict[str, Any]:
        """Compute each line with the functions of a library; give all that has a weight."""
        found = names | dict(zip(self.leaves, leaves, strict=True))
        for line in self.lines:
            name, expression = line.split(" = ", 1)
            found[name] = eval(expression, found)  # our own lines
        return {name: found[name] for name in self.weights}


def of_numbers(rng: random.Random, leaves: int = 3, length: int = 8) -> Text:
    """Draw a program of rows, with neurons among them."""
    start = {f"x{i}": np.array(_number(rng)) for i in range(leaves)}
    forms = [_unary, _rows, _rows, _neuron]
    if nested := rng.random() < 0.5:  # which cannot be traced
        forms.append(_nested)
    return _grown(Text(start, of_numbers=True, straight=not nested), rng, length, forms)


def of_arrays(
    rng: random.Random, leaves: int = 3, length: int = 8, dtype: str = "f8", straight: bool = False
) -> Text:
    """Draw a program of rows and array operations.

    Of the dtype "mixed" its leaves take turns; "straight" are those alone that can be traced.
    """
    m, n = rng.choice([(2, 3), (3, 3), (1, 3), (4, 2)])
    shapes = [(m, n), (n,), (m, 1), (1, n), (), (n, m), (n, n), (2, m, n)]
    start = {}
    for i in range(leaves):
        shape = rng.choice(shapes) if i else (m, n)
        numbers = [_number(rng) for _ in range(int(np.prod(shape)))]
        kind = ("f4", "f8")[i % 2] if dtype == "mixed" else dtype
        start[f"x{i}"] = np.array(numbers, kind).reshape(shape)
    forms = [_unary, _binary, _reduction, _shape, _indexed, _moved]
    if dtype != "mixed":  # PyTorch multiplies no matrices of two types
        forms += [_product, _factored]
    if straight:
        return _grown(Text(start, straight=True), rng, length, forms, never=LOOKING)
    return _grown(Text(start), rng, length, [*forms, _nested])


def of_rows(rng: random.Random, length: int = 6) -> Text:
    """Draw a cost of rows of examples x0, as loops are compiled for: all else is parameters."""
    n, k = rng.choice([(4, 3), (8, 2), (9, 5)])
    shapes = {"x0": (n, k), "x1": (k, k), "x2": (k,), "x3": (k, k)}
    start = {name: np.array([_number(rng) for _ in range(int(np.prod(shape)))]).reshape(shape)
             for name, shape in shapes.items()}  # fmt: skip
    text = _grown(Text(start, straight=True), rng, length, [_layer, _of_rows, _of_rows],
                  first="v0 = linear(x0, x1, x2)")  # fmt: skip
    text.lines.append(f"J = {' + '.join(f'mean(sum({x} * {x}, axis=-1))' for x in text.weights)}")
    text.leaves, text.weights = start, {"J": np.ones(())}
    return text


def _number(rng: random.Random) -> float:
    return rng.choice([-1, 1]) * round(rng.uniform(0.05, 2), 3)


def _grown(
    text: Text, rng: random.Random, length: int, forms: list[Callable[..., Any]], first: str = "",
    never: Container[str] = (),
) -> Text:  # fmt: skip
    start, known = text.leaves, dict(text.leaves)
    used: set[str] = set()
    kinds = {x.dtype for x in start.values()}
    if first:
        text.lines.append(first)
        name, expression = first.split(" = ")
        known[name], used = eval(expression, {**OURS, **known}), _names(expression) & set(known)
    with np.errstate(all="ignore"):
        for number in itertools.count():
            if len(text.lines) == length or number == 5 * length:
                break
            try:
                expression, kink = rng.choice(forms)(rng, known)
                if expression.partition("(")[0] in never:
                    continue
                names = {**OURS, **known}
                y = np.asarray(eval(expression, names))
                distance = np.min(np.abs(eval(kink, names))) if kink else 1.0
            except REFUSED:
                continue
            small = y.size <= 64 and y.ndim < 4 and np.max(np.abs(y), initial=0) < LARGEST
            if y.size and small and distance > NEAR and y.dtype in kinds:
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
        f"{name}[::2]", f"{name}[1:, None, ..., :-1]", f"{name}[index({first}), ..., None]",
        f"{name}[index({[rng.random() < 0.7 for _ in x]})]",
        f"{name}[index({(np.arange(x.size).reshape(x.shape) % 3 > 0).tolist()})]",
    ]), ""  # fmt: skip


def _nested(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    a = _pick(rng, known)
    alike = [name for name in known if known[name].shape == known[a].shape
             and known[name].dtype == known[a].dtype]  # fmt: skip
    return rng.choice(NESTED).format(a=a, b=rng.choice(alike)), ""


def _moved(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    name, other = _pick(rng, known), _pick(rng, known)
    i, j = _axis(rng, known[name]), _axis(rng, known[name])
    return rng.choice([
        f"swapaxes({name}, {i}, {j})", f"moveaxis({name}, {i}, {j})", f"rot90({name})",
        f"tile({name}, (2, 1))", f"repeat({name}, 2, {i})", f"hstack([{name}, {other}])",
        f"vstack([{name}, {other}])", f"column_stack([{name}, {other}])", f"fliplr({name})",
        f"triu({name}[None])", f"diag({name})", f"expand_dims({name}, {i}) * {other}",
        f"half({name}) + {name}",
    ]), ""  # fmt: skip


def _factored(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    """Take what is not drawn in `_product` and `_reduction`; the kinks are equal eigenvalues."""
    a, b = _pick(rng, known), _pick(rng, known)
    k = _axis(rng, known[a])
    square = f"(matmul({a}, transpose({a}, (1, 0))) + eye_like({a}))"
    gaps = f"diff(sort({a}, axis={k}), axis={k})"
    labels = [rng.randint(0, known[a].shape[-1] - 1) for _ in range(known[a].shape[0])]
    return rng.choice([
        (f"tensordot({a}, {b}, 1)", ""), (f"inner({a}, {b})", ""), (f"cross({a}, {b})", ""),
        (f"vdot(reshape({a}, (-1,)), reshape({a}, (-1,)))", ""), (f"cholesky({square})", ""),
        (f"slogdet({square})[1]", ""), (f"matrix_power({square}, -2)", ""),
        (f"eigvalsh({square})", f"0.001*diff(eigvalsh({square}))"),
        (f"eigh({square})[1] ** 2", f"0.001*diff(eigvalsh({square}))"),
        (f"qr({a})[1]", f"0.001*svdvals({a}[..., :{known[a].shape[-2:][0]}])"),
        (f"svdvals({a})", f"0.001*hstack([svdvals({a}), diff(svdvals({a}))])"),
        (f"pinv({a})", f"0.001*svdvals({a})"), (f"cov({a})", ""), (f"trapezoid({a}, axis={k})", ""),
        (f"gradient({a}, axis={k})", ""), (f"ptp({a}, axis={k})", gaps),
        (f"quantile({a}, 0.3, axis={k})", gaps),
        (f"convolve(reshape({a}, (-1,)), reshape({b}, (-1,)))", ""), (f"vander({a}, 3)", ""),
        (f"linear({a}, {b})", ""), (f"linear({a}, transpose({a}, (1, 0)), {b})", ""),
        (f"cross_entropy({a}, {labels})", ""), (f"nansum({a}, axis={k})", ""),
        (f"average({a}, axis={k})", ""), (f"take_along_axis({a}, index([[0, 1]]), -1)", ""),
        (f"where({a} > 0, {a}, {b} / where({a} > 0, 1.0, {a}))", a),
    ])  # fmt: skip


def _layer(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    return f"linear({_row(rng, known)}, {rng.choice(['x1', 'x3'])}, x2)", ""


def _row(rng: random.Random, known: dict[str, Any]) -> str:
    """Take what has a row for each example."""
    return rng.choice([name for name in known if name[0] == "v"])


def _of_rows(rng: random.Random, known: dict[str, Any]) -> tuple[str, str]:
    x, y = _row(rng, known), _row(rng, known)
    rows = {"ROW": known[x]}  # of which rows of the table are drawn
    for _ in range(rng.randint(0, 1)):
        form, kink = rng.choice([_unary, _binary])(rng, rows)
        return form.replace("ROW", x), kink.replace("ROW", x)
    gaps = f"diff(sort({x}, axis=-1), axis=-1)"
    return rng.choice([
        (f"{x} - max({x}, axis=-1, keepdims=True)", gaps), (f"softmax({x}, axis=-1)", ""),
        (f"{x} / (1 + sum({x} * {x}, axis=-1, keepdims=True))", ""),
        (f"log_softmax({x}, axis=-1)", ""),
        (f"{x} * x2", ""), (f"square({x} - x0)", ""), (f"{x} * {y}", ""), (f"{x} - {y}", ""),
        (f"maximum({x}, {y} - 0.1)", f"{x} - {y} + 0.1"),
    ])  # fmt: skip
