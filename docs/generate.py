"""Write what follows from the code: ``docs/operations.md``, two pictures, the stub of the methods.

Run it as ``make generate`` after a row was added or changed; a test holds them up to date.
"""

from pathlib import Path

from autograd import draw, values
from autograd.ops import TABLE, Elementwise
from autograd.symbols import derivative, named
from mlp import MLP, half_squared_error
from mlp.demo import lecture_graph

ROOT = Path(__file__).parent.parent

HEAD = """\
# The table of operations

Written by `make generate` from the rows of `autograd/ops.py`; the formulas are what the derivatives
print when they are handed symbols. Each row is a function (`autograd.tanh(x)`), a method
(`x.tanh()`) and, where NumPy has the same, what `np.tanh(x)` does.

$[x > 0]$ is 1 where the condition holds, and 0 elsewhere. A dash: no derivative flows.

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
y rounds to its limit, from about 37 and 19: as in PyTorch and JAX. The mixed second derivative of a
power by its base and its exponent does not exist at the base 0, and what is given there is finite.

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


def stub() -> str:
    """Write the type stub of the methods."""
    lines = ""
    for op in TABLE.values():
        operands = "".join(
            f", {n}: Any = {op.defaults[n]!r}".replace("= inf", "= ...").replace("= -inf", "= ...")
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


GENERATED = {
    "docs/operations.md": operations,
    "docs/expression.svg": expression,
    "docs/by-neuron.svg": by_neuron,
    "autograd/methods.pyi": stub,
}

if __name__ == "__main__":
    for path, text in GENERATED.items():
        (ROOT / path).write_text(text(), encoding="utf-8")
        print("wrote", path)
