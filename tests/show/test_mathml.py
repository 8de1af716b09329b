"""Formulas as MathML: those of every row, of the derivations, and those of the documents."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autograd import Value, derive
from autograd.ops import TABLE
from autograd.show.paint.mathml import formula, mathml
from autograd.symbols import derivative, named

ROOT = Path(__file__).parents[2]


def seen(latex, display=False):
    """The characters that a formula shows, in their order, after it was read as XML."""
    page = ET.fromstring(mathml(latex, display))
    return "".join(page.itertext()).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_every_row_and_its_derivatives(op):
    operands = named(op.operand_names)
    formulas = [op.latex.format(*operands)]
    formulas += [derivative(op, i).latex for i, p in enumerate(op.partials) if p is not None]
    for latex in formulas:
        letters = re.sub(r"\\(begin|end)\{\w+\}|\\(?!alpha|pi)[A-Za-z]+", "", latex)
        for sign in re.findall(r"[A-Za-z0-9]", re.sub(r"\\(alpha|pi)", "", letters)):
            assert sign in seen(latex)


@pytest.mark.parametrize(("latex", "wanted"), [
    ("a + b", "<mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow>"),
    ("-2", '<mrow><mo form="prefix">−</mo><mn>2</mn></mrow>'),
    ("w_{5}^2", "<msubsup><mi>w</mi><mn>5</mn><mn>2</mn></msubsup>"),
    (r"\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
    (r"\mathit{net}", '<mi style="font-style:italic">net</mi>'),
    (r"\underbrace{x}_{y}",
     '<munder><munder><mi>x</mi><mo stretchy="true">⏟</mo></munder><mi>y</mi></munder>'),
    (r"\left.x\right|_{u}", '<msub><mrow><mi>x</mi><mo stretchy="false">|</mo></mrow><mi>u</mi>'
     "</msub>"),
    (r"\sin x", '<mrow><mi>sin</mi><mspace width="0.167em"/><mi>x</mi></mrow>'),
    (r"x \mathrel{<} y", "<mrow><mi>x</mi><mo>&lt;</mo><mi>y</mi></mrow>"),
    ("f''", "<msup><mi>f</mi><mrow><mo>′</mo><mo>′</mo></mrow></msup>"),
])  # fmt: skip
def test_elements(latex, wanted):
    assert mathml(latex) == f"<math>{wanted}</math>"


def test_a_sign_is_told_from_a_difference():
    assert mathml("a - b").count('form="prefix"') == 0
    assert mathml("a = -b").count('form="prefix"') == 1
    assert mathml(r"\left(-2\right) - 3").count('form="prefix"') == 1


def test_a_label_is_text_and_never_markup():
    x = Value(2, '<script>alert("1")</script> & {$x$} \\')
    y = x * x
    shown = derive(y, wrt=x)._repr_html_()
    page = ET.fromstring(shown)
    assert "<script" not in shown
    assert "script" in "".join(page.itertext())
    assert {element.tag for element in page.iter()} <= {
        "div", "math", "mtable", "mtr", "mtd", "mrow", "mi", "mn", "mo", "mfrac", "munder", "msup",
        "mspace", "mphantom"}  # fmt: skip


def test_derivations_say_what_their_latex_says():
    a, b = Value(2, "a"), Value(3, "b")
    y = (a * b + b) * a
    y.label = "y"
    worked = derive(y, wrt=a)
    shown = "".join(ET.fromstring(worked._repr_html_()).itertext())
    for number in re.findall(r"\d+", worked.latex.replace("4pt", "")):
        assert number in shown
    table = "".join(ET.fromstring(derive(y)._repr_html_()).itertext())
    assert "forward↓backward↑" in table.replace("\N{NO-BREAK SPACE}", "")
    assert "<mtd" in derive(y)._repr_html_()


@pytest.mark.parametrize(("latex", "message"), [
    (r"\nosuch{x}", r"\\nosuch is not known, in"),
    (r"\frac{x", "expected } at 'the end'"),
    (r"x}", "} without its beginning"),
    (r"\begin{tabular}x\end{tabular}", "'tabular' is not known"),
    (r"\begin{aligned}x\end{cases}", "'aligned' ends with 'cases'"),
    (r"\left(x", r"expected \\right at 'the end'"),
])  # fmt: skip
def test_what_it_does_not_know_is_an_error(latex, message):
    with pytest.raises(ValueError, match=re.escape(message).replace(r"\\\\", r"\\")):
        mathml(latex)


def formulas_of(path):
    """The formulas between dollars in a document, or in the prose of a notebook's source."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        cells = re.findall(r"^# %% \[markdown\].*?(?=^# %%|\Z)", text, re.M | re.S)
        text = re.sub(r"^# ?", "", "\n\n".join(cells), flags=re.M)
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
    formulas = r"\$\$(.+?)\$\$|(?<!\\)\$((?:(?!\n\n)[^$])+?)\$"
    return [a or b for a, b in re.findall(formulas, text, re.S)]


PAGES = [*sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("notebooks/source/*.py"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_course_can_be_set(path):
    for latex in formulas_of(path):
        ET.fromstring(formula(latex))


def test_the_course_has_formulas():
    assert sum(len(formulas_of(path)) for path in PAGES) > 400
