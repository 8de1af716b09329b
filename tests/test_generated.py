"""What is generated from the op table, and the LaTeX that its derivatives print."""

import importlib.util
import re
from pathlib import Path

import pytest

from autograd import elementwise, ops
from autograd.ops import TABLE, unregister
from autograd.symbols import Symbol, derivative

ROOT = Path(__file__).parent.parent


SPEC = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
generate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(generate)


@pytest.mark.parametrize("path", generate.GENERATED)
def test_generated_file_is_up_to_date(path):
    assert (ROOT / path).read_text(encoding="utf-8") == generate.GENERATED[path]()


def test_a_new_row_is_in_the_reference_and_in_the_stub():
    elementwise("squash_softly", lambda x: x / (1 + abs(x)), lambda x: x / (1 + abs(x)),
                partials=(lambda x, y: 1 / (1 + abs(x)) ** 2,))  # fmt: skip
    try:
        assert r"| `squash_softly(x)` | $\operatorname{squash\ softly}\left(x\right)$ |" in (
            generate.operations())
        assert "    def squash_softly(self) -> Self: ...\n" in generate.stub()
    finally:
        unregister("squash_softly")


def test_the_readme_quotes_the_results_and_nothing_else():
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    results += (
        "\n## One step of micrograd's demo, vectorized\n\n"
        "|  | a step | times the vectorized step |\n| --- | --- | --- |\n"
        "| micrograd | 1.2 s | 8,765 |\n"
    )
    figures = generate.figures(results)
    assert "; vectorized, 8,765 times" in figures
    quoted = re.findall(r"\d[\d.,]*\d (?:µs|ms|s)|\(\d\.\d\d\)|\d\d\.\d+%", figures)
    assert len(quoted) > 20
    for figure in quoted:
        assert figure.strip("()") in results


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_every_row_prints_latex(op):
    operands = [Symbol(n) for n in op.operand_names]
    for latex in [
        op.latex.format(*operands),
        *(derivative(op, i).latex for i, p in enumerate(op.partials) if p is not None),
    ]:
        assert latex.count("{") == latex.count("}")
        assert latex.count(r"\left") == latex.count(r"\right")
        assert "Symbol" not in latex


def test_parentheses_stand_where_they_are_needed_and_only_there():
    a, b, c = map(Symbol, "abc")
    assert str(a * (b + c)) == r"a \cdot \left(b + c\right)"
    assert str(a * b + c) == r"a \cdot b + c"
    assert str(a - (b - c)) == r"a - \left(b - c\right)"
    assert str(a - b - c) == "a - b - c"
    assert str((a + b) ** (b - 1)) == r"\left(a + b\right)^{b - 1}"
    assert str((a * b) ** 2) == r"\left(a \cdot b\right)^{2}"
    assert str(-(a + b)) == r"-\left(a + b\right)"
    assert str((a + b) / (b * c)) == r"\frac{a + b}{b \cdot c}"
    assert str(a * Symbol.apply(ops.negative, b) ** 2) == r"a \cdot \left(-b\right)^{2}"
    assert str(Symbol.apply(ops.add, -1, -2)) == r"-1 + \left(-2\right)"
    assert [((a + b) ** n).text for n in (2, 3, 4)] == ["(a + b)²", "(a + b)³", "(a + b)^4"]
    assert str(a + -b) == "a - b"
    assert str(1 * a) == str(a * 1) == "a"
    assert str(a * -2) == r"-2 \cdot a"


def test_derivatives_read_as_in_a_textbook():
    written = {name: str(derivative(TABLE[name], 0)) for name in
               ("tanh", "sigmoid", "divide", "power", "log", "arctan", "relu", "sqrt")}  # fmt: skip
    assert written == {
        "tanh": "1 - y^2",
        "sigmoid": r"y \cdot \left(1 - y\right)",
        "divide": r"\frac{1}{b}",
        "power": r"b \cdot a^{b - 1}",
        "log": r"\frac{1}{x}",
        "arctan": r"\frac{1}{1 + x^2}",
        "relu": "[x > 0]",
        "sqrt": r"\frac{1}{2 \cdot y}",
    }


def test_derivative_with_the_names_of_a_graph():
    sigmoid = TABLE["sigmoid"]
    assert str(derivative(sigmoid, 0, ("in_1",), "out_1")) == (
        r"out_1 \cdot \left(1 - out_1\right)")
