"""Write what follows from the code: ``docs/operations.md``, pictures, the stub of the methods.

Run it as ``make generate`` after a row was added or changed; a test holds them up to date.
"""

import doctest
import re
import sys
import textwrap
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from autograd import draw, jvp, ops, values
from autograd.arrays.dispatch import CONSTANT
from autograd.arrays.methods import ArrayMethods
from autograd.operation import ARRAY_FUNCTIONS
from autograd.ops import TABLE, Elementwise
from autograd.show.paint.svg import svg
from autograd.show.scene.model import DARK, Box, Cell, Cluster, Edge, Run, Scene
from autograd.symbols import derivative, named
from mlp import MLP, binary_cross_entropy, data, gradient_descent, half_squared_error, mean
from mlp.cli.demo import lecture_graph

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))
import imports  # noqa: E402

HEAD = """\
# The table of operations

Written by `make generate` from the rows of `autograd/ops.py`; the formulas are what the derivatives
print when they are handed symbols. Each row is a function (`autograd.tanh(x)`), a method
(`x.tanh()`) and, where NumPy has the same, what `np.tanh(x)` does.

$[x > 0]$ is 1 where the condition holds, and 0 elsewhere. A dash: no derivative flows. Decimals are
rounded: 0.693147 is ln 2, 0.0174533 is π/180.

| operation | y = | derivatives | defined for |
|---|---|---|---|
"""

KINKS = """
## At kinks and edges

Where a function has no derivative, or an infinite one, this is what stands for it. The numbers are
computed from the rows.

| operation | at | y | derivatives |
|---|---|---|---|
"""

FOOT = """
In the chain rule 0 · ∞ is 0: an upstream gradient of exactly 0 contributes 0 also through an
infinite derivative, so that the branch of a `where` that was not taken never turns into NaN; and
an infinite one through a derivative of 0, so that √(x² + y²) has the derivative 0 at 0.
`detect_anomaly` says where that happened.

Derivatives in terms of the output, such as y(1 − y) of the sigmoid and 1 − y² of tanh, are 0 where
y rounds to its limit, in float64 from about 37 and 19: as in PyTorch and JAX.

The mixed second derivative of a power by its base and its exponent is 0 at the base 0, where the
exponent is above 1. It does not exist for exponents up to 1, and what is given there is no number
to rely on: it may be finite, ±∞ or NaN, and depends on the order. Nor has `norm` a second
derivative at 0, nor `std` where all is equal, and ∞ is given on the diagonal; a product such as
‖x‖², which has one, is to be written as `(x * x).sum()`. `detect_anomaly` raises there.

On an **array of Values**, NumPy's own loops of `np.maximum`, `np.minimum`, `np.clip` and
`np.sign` compare the objects and hand one of them back, or a plain number: no derivative flows as
it should, and `'int' object has no attribute 'backward'` is what follows. `autograd.maximum(a,
b)`, `autograd.clip(x, low, high)` and `autograd.sign(x)` take such arrays, and record. (On a
single Value, and on Tensors, NumPy's names do, too.)

Outside its domain a function of a `Value` raises an error that names it; overflow gives ±∞.
Arrays follow NumPy's rules.
"""

STUB = '''\
# Written by `make generate` from the op table: what editors and type checkers see of the methods.
from typing import Any, Self

class Methods:
'''


def number(x: float) -> str:
    """Write a number for LaTeX."""
    return f"{x:.4g}".replace("inf", r"\infty").replace("nan", r"\text{NaN}")


def operation_row(op: Elementwise) -> str:
    """Write a row of the table of operations."""
    operands = named(op.operand_names)
    names = ", ".join(op.operand_names)
    slopes = ", ".join(
        "–" if partial is None else f"${derivative(op, i)}$"
        for i, partial in enumerate(op.partials)
    )
    return f"| `{op.name}({names})` | ${op.latex.format(*operands)}$ | {slopes} | {op.domain} |\n"


def kink_rows(op: Elementwise) -> str:
    """Write what holds at the points where an operation is not smooth."""
    rows = ""
    for point in op.kinks:
        y = op.evaluate(*point)
        at = ", ".join(f"{n} = {x:g}" for n, x in zip(op.operand_names, point, strict=True))
        slopes = ", ".join(
            f"${number(op.local(i, point, y))}$"
            for i, partial in enumerate(op.partials)
            if partial is not None
        )
        rows += f"| `{op.name}` | {at} | {y:g} | {slopes} |\n"
    return rows


def operations() -> str:
    """Write the page of the reference."""
    rows = list(TABLE.values())
    return HEAD + "".join(map(operation_row, rows)) + KINKS + "".join(map(kink_rows, rows)) + FOOT


ARRAYS = """\
# NumPy on Tensors

Written by `make generate` from what signs in under NumPy's names. A function of NumPy that is in
this list takes Tensors and records the graph: `np.cumsum(t, axis=0)`. Its derivatives are right in
both modes and to any order. Arguments go by NumPy's names; `out=`, `dtype=` and `where=` are
refused. All rows of the [table of operations](operations.md) that NumPy has are there, too:
`np.tanh(t)`, `np.hypot(s, t)`, `t % 2`.

```python
>>> import numpy as np
>>> from autograd import Tensor
>>> A = Tensor([[2.0, 1.0], [1.0, 3.0]])
>>> y = np.log(np.linalg.det(A)) + np.einsum("ij,ij", A, A)
>>> y.backward()
>>> A.grad
array([[4.6, 1.8],
       [1.8, 6.4]])

```

## With a derivative

| np. | |
|---|---|
"""

ARRAYS_FOOT = """
## Without: arrays and bools, which are constants of a graph

{}.

`argmax`, `argmin`, `argsort` and `argpartition` give positions, as arrays. Comparisons of Tensors
and `np.isnan(t)` and the like give arrays of bools.

## What holds where there is a choice

- Products are right where factors are 0, and determinants where a matrix is singular.
- What is equal shares the derivative equally when it is sorted, and so in medians and quantiles:
  as in `max`.
- Of a symmetric matrix `cholesky`, `eigh` and `eigvalsh` read one triangle, as in NumPy: the
  derivative by the other is 0. A function of `a + a.T` has the symmetric one.
- Eigenvectors and singular vectors have no derivative where two values are equal, `pinv` and
  `lstsq` none where the rank changes. `svd` takes `full_matrices=False`, where the shape differs.
- Complex numbers are not there: no `eig`, no `fft`.

`python -m benchmarks.operators` compares values, first and second derivatives with PyTorch's, at
the samples that ship with it, and lists what has no counterpart; it needs `torch` and `expecttest`.

## Methods

{}.

`t.item()` and `t.tolist()` give plain numbers, outside the graph; `t.copy()` is a node of its own,
through which the gradient flows. PyTorch's spellings are answered with NumPy's: `t.mean(dim=0)` and
`t.view(2)` say what to write.
"""


def arrays() -> str:
    """Write the page on NumPy's functions."""
    lines: dict[str, list[str]] = {}
    for name, own in sorted(ARRAY_FUNCTIONS.items()):
        doc = (own.__doc__ or "As in NumPy.").partition("\n\n")[0]
        if isinstance(own, Elementwise):
            doc = f"The row `{own.name}` of the [table](operations.md)."
        lines.setdefault(" ".join(doc.split()), []).append(f"`{name}`")
    table = "".join(f"| {', '.join(names)} | {doc} |\n" for doc, names in lines.items())
    methods = sorted(n for n in vars(ArrayMethods) if n[0] != "_")
    foot = ARRAYS_FOOT.format(*(", ".join(f"`{n}`" for n in some) for some in (CONSTANT, methods)))
    return ARRAYS + table + "\n".join(map(wrapped, foot.split("\n")))


def wrapped(line: str) -> str:
    """Break a long line of names."""
    return line if len(line) < 100 else textwrap.fill(line, 100, break_long_words=False)


def stub() -> str:
    """Write the type stub of the methods."""
    lines = ""
    for op in TABLE.values():
        operands = "".join(
            f", {n}: Any = {op.defaults[n] if abs(op.defaults[n]) < 1e300 else '...'}"
            if n in op.defaults
            else f", {n}: Any"
            for n in op.operand_names[1:]
        )
        lines += f"    def {op.name}(self{operands}) -> Self: ...\n"
    return STUB + lines


def expression() -> str:
    """Draw the graph of L = c (a + 2b)."""
    return draw(lecture_graph()[-1]).svg


def by_neuron() -> str:
    """Draw the lecture's 2-2-2 network of sigmoids by neuron: backpropagation by hand."""
    net = MLP(2, [2, 2], ["sigmoid", "sigmoid"], seed=0)
    hidden, output = net.layers
    for neuron, weights in zip(hidden.neurons, ([0.15, 0.20], [0.25, 0.30]), strict=True):
        neuron.set(weights, 0.35)
    for neuron, weights in zip(output.neurons, ([0.40, 0.45], [0.50, 0.55]), strict=True):
        neuron.set(weights, 0.60)
    error = half_squared_error(net(values([0.05, 0.10], "x")), values([0.01, 0.99], "t"))
    error.label = "E"
    error.backward()
    return draw(error, level="neuron").svg


def trained() -> str:
    """Draw a network that has learned XOR by neuron, as it answers (1, 0)."""
    net = MLP(2, [2, 1], ["tanh", "sigmoid"], seed=1)
    x, y = data.xor()

    def cost():
        return mean([binary_cross_entropy(net(xi), t) for xi, t in zip(x.tolist(), y, strict=True)])

    for _ in gradient_descent(cost, net.parameters(), learning_rate=1.0, steps=300):
        pass
    for p in net.parameters():
        p.zero_grad()
    answer = net(values([1.0, 0.0], "x"))
    answer.label = "y"
    answer.backward()
    return draw(answer, level="neuron").svg


# --- The gallery ----------------------------------------------------------------------------------

GALLERY = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")


@cache
def gallery() -> dict[str, str]:
    """Run the code of the gallery, and give its pictures by the names of their files."""
    pictures: dict[str, str] = {}
    names: dict[str, Any] = {}
    for code, name in re.findall(r"```python\n(.*?)```.*?\]\((.*?)\)", GALLERY, re.DOTALL):
        for example in doctest.DocTestParser().get_examples(code):
            if not example.want:  # which is a table, printed
                exec(example.source, names)
        pictures[f"docs/{name}"] = names["picture"].svg
    return pictures


# --- The architecture -----------------------------------------------------------------------------


def box(head: str, *rows: tuple[str, ...], ports: int = 1, least: float = 0) -> Box:
    """Make a box of text under a dark head, of at least a width."""
    columns = tuple(
        tuple(Cell((Run(text),), least=least) for text in column)
        for column in zip(*rows, strict=True)
    )
    return Box(columns, head=Cell((Run(head, "white", bold=True),), DARK), ports=ports)


def five_ways() -> str:
    """Draw what a row's one derivative gives, by what it is handed; all numbers are computed."""
    tanh = ops.tanh
    y, array = tanh(0.5), np.array([0.2, 0.5, 1.5])
    (slope,) = tanh.partials
    readings = [
        ("a float, x = 0.5", f"{slope(0.5, y):.4f}", "Value.backward(), drawn edges"),
        (f"an array, {array}", str(slope(array, tanh(array)).round(2)), "Tensor.backward()"),
        ("Values, Tensors", "a graph of it", "gradients(create_graph=True), grad(grad(f))"),
        ("x = 0.5 and a tangent, 2", f"{jvp(tanh, (0.5,), (2.0,))[1]:.4f}", "jvp: forward mode"),
        ("symbols", derivative(tanh, 0).text, "derive(): the worked chain rule; the reference"),
    ]
    row = box("tanh, a row of ops.py", ("forward", "math.tanh, np.tanh"),
              ("partial", "lambda x, y: 1 - y * y"), ports=0)  # fmt: skip
    boxes = (row, *(box(user, (f"gives {what}",), least=272) for _, what, user in readings))
    edges = tuple(Edge(0, i, label=handed) for i, (handed, *_) in enumerate(readings, 1))
    return svg(Scene("One derivative, read five ways", "the row tanh of ops.py", boxes, edges))


PARTS = {  # what the rooms of both packages hold
    "autograd.row": "what a row is", "autograd.ops": "the table", "autograd.algebra": "rules",
    "autograd.modes": "no_grad, group", "autograd.elsewhere": "others' names",
    "autograd.methods": "x.tanh()", "autograd.symbols": "formulas", "autograd.node": "the record",
    "autograd.array_ops": "matmul, sum, …", "autograd.operation": "what it is",
    "autograd.arrays": "einsum, sort, inv, …", "autograd.backprop": "the chain rule",
    "autograd.floats": "its quick way", "autograd.fused": "a layer's xW + b",
    "autograd.tensor": "one array",
    "autograd.value": "one float", "autograd.view": "writes noticed",
    "autograd.show": "pictures",
    "autograd.transforms": "grad, jvp, …", "autograd.zoom": "one element",
    "autograd.check": "gradients", "autograd.cost": "of the modes",
    "autograd.programs": "matrices, code", "autograd.teaching": "wrong passes",
    "mlp.lookup": "by name", "mlp.elsewhere": "others' names",
    "mlp.arrays": "as arrays", "mlp.given": "as numbers, …", "mlp.initializers": "first weights",
    "mlp.activations": "functions", "mlp.optimizers": "downhill", "mlp.regularizers": "penalties",
    "mlp.data": "sets, tables, files", "mlp.layers": "on Tensors", "mlp.losses": "what is low",
    "mlp.callbacks": "on the way", "mlp.metrics": "what is right", "mlp.scalar": "neurons, MLP",
    "mlp.steps": "engine, code, loops", "mlp.models": "Sequential, fit",
    "mlp.parallel": "many processes", "mlp.plots": "curves, watch", "mlp.cli": "the command mlp",
    "mlp.estimators": "scikit-learn's", "mlp.keras": "Keras' names",
}  # fmt: skip


def modules() -> str:
    """Draw which rooms stand on which, as the import statements say."""
    direct = imports.rooms(imports.graph())
    below = {part: _below(direct, part) & PARTS.keys() for part in PARTS}
    names = sorted(PARTS, key=lambda part: len(below[part]))
    ports = {part: [lower for lower in names if lower in below[part]
                    and not any(lower in below[x] for x in below[part])] for part in names}

    def title(name: str) -> str:
        package, _, part = name.partition(".")
        return f"{part}/" if (ROOT / package / part).is_dir() else f"{part}.py"

    boxes = tuple(box(title(name), (PARTS[name],), ports=len(ports[name])) for name in names)
    arrows = tuple(
        Edge(names.index(lower), names.index(part), port)
        for part in names for port, lower in enumerate(ports[part])
    )  # fmt: skip
    clusters = tuple(
        Cluster(package, tuple(i for i, name in enumerate(names) if name.startswith(package)))
        for package in imports.PACKAGES
    )
    return svg(Scene("What stands on what", "arrows run from a room to who imports it", boxes,
                     arrows, clusters))  # fmt: skip


def _below(direct: dict[str, set[str]], part: str) -> set[str]:
    """Give the entries of its own package on which an entry stands, at whatever remove."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        new = {x for x in direct[waiting.pop()] if x.startswith(part.split(".")[0] + ".")} - found
        found |= new
        waiting += new
    return found


# --- The figures in the README --------------------------------------------------------------------

FIGURES = re.compile(r"(<!-- figures.*?-->\n).*(<!-- end of figures -->)", re.DOTALL)
STEPS = {  # a section of the results -> its column in the README
    "One MNIST step: 784-64-32-10, batch 128, Adam": "784-64-32-10, batch 128",
    "Small batches: 784-64-32-10, batch 1": "the same, batch 1",
    "Wide layers: 784-512-512-10, batch 512": "784-512-512-10, batch 512",
}


def readme() -> str:
    """Write the figures that the README quotes from the benchmarks' results."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    return FIGURES.sub(lambda found: found[1] + figures(results) + found[2], text)


def figures(results: str) -> str:
    """Put the tables of training steps side by side, and quote what fits into a sentence."""
    sections = dict(part.split("\n", 1) for part in results.split("\n## ")[1:])
    eager = next(text for title, text in sections.items() if "micrograd's demo, eager" in title)
    ours, factor, off, engine = next(
        row[1:] for row in rows_of(eager) if row[0].startswith("chainrule"))
    learned = "".join(
        f" The network {network} reads {share} of MNIST's test images after {time} of training."
        for network, share, time in re.findall(
            r"^(\S+), dropout.*: (\S+) of the test images after (\S+ s)\.", results, re.MULTILINE)
    )
    columns = [{row[0]: row for row in rows_of(sections[title])} for title in STEPS]
    lines = [["A step of training, with Adam", *STEPS.values()], ["---"] * (1 + len(STEPS))]
    for name in dict.fromkeys(name for column in columns for name in column
                              if "earlier build" not in name):  # fmt: skip
        cells = (column.get(name) for column in columns)
        lines.append([name, *(f"{row[1]} ({row[3]})" if row else "–" for row in cells)])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    more = "".join(
        f"; vectorized, {row[2]} times"
        for row in rows_of(sections.get("One step of micrograd's demo, vectorized", ""))
        if row[0] == "micrograd"
    )
    text = (
        "Medians of runs side by side, on two cores; in brackets, the time as a multiple of "
        f"chainrule's. A step of micrograd's demo, eager and with every guard on, takes {ours}: "
        f"{factor} times as fast as micrograd{more}. With Python's garbage collector off it takes "
        f"{off} and is {engine} times as fast: that much of the lead is the engine's; the rest is "
        f"that its graphs have no cycles, which the collector has to find.{learned}"
    )
    return f"{table}\n\n{textwrap.fill(text, 100)}\n"


def rows_of(section: str) -> list[list[str]]:
    """Read the first table of a section, without its head."""
    lines = re.findall(r"^\|.*\|$", section, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


GENERATED = {
    "README.md": readme,
    "docs/operations.md": operations,
    "docs/arrays.md": arrays,
    "docs/expression.svg": expression,
    "docs/by-neuron.svg": by_neuron,
    "docs/trained.svg": trained,
    "docs/five-ways.svg": five_ways,
    "docs/modules.svg": modules,
    **{f"docs/{path}": partial(lambda path: gallery()[f"docs/{path}"], path)
       for path in re.findall(r"\]\((gallery/.*?)\)", GALLERY)},
    "autograd/methods.pyi": stub,
}  # fmt: skip

if __name__ == "__main__":
    for path, text in GENERATED.items():
        (ROOT / path).write_text(text(), encoding="utf-8")
        print("wrote", path)
