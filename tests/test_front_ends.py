"""What front ends ask for: bundles, HTML alone, elements of lists; and what a kernel leaves."""

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import mlp
from autograd import Tensor, Value, cost, derive, draw, explore, steps, teaching, values, vectorize
from mlp import MLP


def graph():
    a, b, c = Value(3, "a"), Value(1, "b"), Value(-2, "c")
    y = c * (a + 2 * b)
    y.backward()
    return y, b


def program():
    net, x = MLP(2, [3, 1], seed=0), values(2, "x")
    return vectorize(net(x) ** 2, inputs=[x], parameters=net.parameters())


FRAMED = '<div style="overflow-x:auto">'  # in which a picture scrolls
SHOWN = {  # what is shown, and how its HTML begins
    "Value": (lambda: graph()[0], FRAMED + "<img "),
    "Tensor": (lambda: Tensor([1.0, 2.0], "t").tanh(), FRAMED + "<img "),
    "draw": (lambda: draw(graph()[0]), FRAMED + "<img "),
    "steps": (lambda: steps(graph()[0]), f'<div class="chainrule-steps">{FRAMED}<img '),
    "explore": (lambda: explore(MLP(2, [3, 1], seed=0)([1, 2])),
                f'<div class="chainrule-explore">{FRAMED}<img '),
    "compare": (lambda: teaching.compare(graph()[0], accumulate=False),
                "<p class='tex2jax_ignore mathjax_ignore'><b>In topological"),
    "derive": (lambda: derive(*graph()), '<div style="overflow-x:auto;padding:.4em 0"><math '),
    "trace": (lambda: derive(graph()[0]), '<div style="overflow-x:auto;padding:.4em 0"><math '),
    "program": (program, '<div style="overflow-x:auto;padding:.4em 0"><math '),
    "cost": (lambda: cost(graph()[0]), "<pre "),
    "many": (lambda: sum(values([0.5] * 300, "x")), "<pre "),
    "many steps": (lambda: steps(sum(x * 1.5 for x in values([0.5] * 1200, "x"))), "<pre "),
}


@pytest.mark.parametrize("name", SHOWN)
def test_where_html_alone_is_asked_for(name):
    make, start = SHOWN[name]
    assert make()._repr_html_().startswith(start)


@pytest.mark.parametrize("name", SHOWN)
def test_a_jupyter_kernel_takes_the_bundle(name, monkeypatch):
    """It would put the HTML beside the LaTeX, and show it first, also where it is not trusted."""
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=...))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    assert SHOWN[name][0]()._repr_html_() is None
    shell.get_ipython = lambda: None
    assert SHOWN[name][0]()._repr_html_() is not None


def test_text_beside_pictures_can_be_printed_by_pdflatex():
    y, _ = graph()
    for shown in draw(y), explore(y), steps(y), teaching.compare(y, accumulate=False):
        bundle = shown._repr_mimebundle_()
        assert "-2" in bundle["text/plain"]
        assert "\N{MINUS SIGN}" not in bundle["text/plain"]
        assert "\N{MINUS SIGN}" in str(shown)
    net = draw(MLP(2, [2, 1], "sigmoid", seed=0)([1, 2]), level="neuron")
    header, first, *_ = net._repr_mimebundle_()["text/plain"].splitlines()
    assert "sigma(sum w·x + b)  " in first
    assert header.index("from") == first.index("1, 2")  # columns are columns


def test_elements_of_a_list_are_text():
    def _leaf_formatter(value):  # what marimo calls for each of them
        return value._repr_html_()

    y, _ = graph()
    y.label = "<y>"
    assert _leaf_formatter(y) == (
        "<code>Value(data=-10.0, grad=1.0, label=&#x27;&lt;y&gt;&#x27;)</code>")
    assert _leaf_formatter(draw(y)).startswith(FRAMED + "<img")


@pytest.fixture(scope="module")
def notebook():
    """A notebook with an output of every kind, as a kernel has stored it."""
    pytest.importorskip("nbconvert", reason="it is not installed (extra notebook)")
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    cells = []
    for name, (make, _) in SHOWN.items():
        thing = make()
        if hasattr(thing, "_repr_mimebundle_"):
            data = thing._repr_mimebundle_()
        else:
            data = {"text/plain": repr(thing)}
        if hasattr(thing, "_repr_latex_"):
            data["text/latex"] = thing._repr_latex_()
        output = new_output("execute_result", data, execution_count=1)
        cells.append(new_code_cell(name, outputs=[output], metadata={
            "slideshow": {"slide_type": "slide"}}))  # fmt: skip
    return new_notebook(cells=cells)


def test_slides_play_steps(notebook):
    from nbconvert import SlidesExporter

    slides = re.findall(r"<section>.*?</section>", SlidesExporter().from_notebook_node(notebook)[0],
                        re.DOTALL)  # fmt: skip
    assert len(slides) >= len(SHOWN)
    (played,) = (slide for slide in slides if 'class="chainrule-steps"' in slide)
    assert "<img " in played
    assert "attachShadow" in played


def test_markdown_has_pictures_in_files(notebook):
    """With the order of kinds that `docs/course.md` names."""
    from nbconvert import MarkdownExporter

    page = (Path(__file__).parent.parent / "docs/course.md").read_text(encoding="utf-8")
    order = json.loads(re.search(r"display_data_priority='(.*?)'", page)[1])
    exporter = MarkdownExporter(config={"NbConvertBase": {"display_data_priority": order}})
    text, resources = exporter.from_notebook_node(notebook)
    assert len(resources["outputs"]) == text.count("![svg]") == 6
    assert text.count("$$") == 6
    assert "<" not in re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)


@pytest.mark.skipif(not shutil.which("rsvg-convert"), reason="it is not installed (librsvg2-bin)")
def test_latex_has_pictures_and_formulas(notebook):
    """With the command that `docs/course.md` names."""
    from nbconvert import LatexExporter
    from traitlets.config import Config

    page = (Path(__file__).parent.parent / "docs/course.md").read_text(encoding="utf-8")
    command = re.search(r"SVG2PDFPreprocessor.command='(.*?)'", page)[1]
    exporter = LatexExporter(config=Config(SVG2PDFPreprocessor={"command": command}))
    text, resources = exporter.from_notebook_node(notebook)
    files = [data for name, data in resources["outputs"].items() if name.endswith(".pdf")]
    assert len(files) == 6
    assert all(data.startswith(b"%PDF") for data in files)
    assert r"\frac{\partial y}{\partial b}" in text


def test_marimo_shows_them():
    pytest.importorskip("marimo", reason="it is not installed")
    from marimo._output.formatting import try_format

    net, (y, b) = MLP(9, [9, 1], seed=0), graph()
    for cell in (y, b), {"loss": y}, net.parameters(), [steps(y), derive(y, wrt=b), cost(y)]:
        shown = try_format(cell)
        assert shown.mimetype == "application/json", shown.traceback
    assert "<img" not in try_format(net.parameters()).data
    shown = {name: try_format(make()) for name, (make, _) in SHOWN.items()}
    assert {output.mimetype for output in shown.values()} == {"text/html"}
    for name in "steps", "explore":
        assert "<iframe" in shown[name].data  # in which scripts run
    assert "<math" in shown["derive"].data


def test_watch_redraws_in_marimo(monkeypatch):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra plot)")
    drawn = []
    marimo = SimpleNamespace(running_in_notebook=lambda: True, Html=str,
                             output=SimpleNamespace(replace=drawn.append))  # fmt: skip
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    x, y = mlp.data.xor(20, noise=0.2)
    for _ in mlp.watch(MLP(2, [3, 1], seed=0), x, y, [0.5, 0.4, 0.3], every=2):
        pass
    assert len(drawn) == 3
    assert all(re.match(r'<img src="data:image/png;base64,[^"]+" width="\d+" ', x) for x in drawn)
    marimo.running_in_notebook = lambda: False
    list(mlp.watch(MLP(2, [3, 1], seed=0), x, y, [0.5]))
    assert len(drawn) == 3


FIT = """\
import time
import numpy as np
import mlp
from mlp.callbacks import LambdaCallback
x = np.linspace(-1, 1, 40)[:, None]
model = mlp.Sequential([mlp.Dense(1)], seed=0)
model.compile("sgd", "mse")
def fit(seconds, *callbacks):
    wait = LambdaCallback(on_train_batch_end=lambda batch, logs: time.sleep(seconds))
    model.fit(x, x[:, 0], batch_size=10, epochs=2, callbacks=[wait, *callbacks])
"""
CELLS = [FIT, "fit(0)", "fit(0, mlp.watch(model, x, x[:, 0]))", "fit(0.4)"]


def test_an_executed_notebook_has_a_line_an_epoch():
    for needed in "nbclient", "ipykernel", "matplotlib":
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed (extra notebook)")
    import nbclient
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    _, short, watched, slow = (cell.outputs for cell in notebook.cells)
    line = r"4/4 ━{20} \ds \d+[mu]?s/step - loss: \d\.\d+(e-\d+)? *\n"

    def printed(outputs):
        text = "".join(out.text for out in outputs if out.output_type == "stream")
        return re.sub(r"\x1b\[\d*m", "", text)

    assert re.fullmatch(rf"Epoch 1/2\n{line}Epoch 2/2\n{line}", printed(short))
    assert len(short) <= 2  # pieces: Jupyter Book makes a box of each
    assert re.fullmatch(rf"Epoch 1/2\n{line}Epoch 2/2\n{line}", printed(watched))
    assert [out.output_type for out in watched].count("display_data") == 1
    before = watched[: [out.output_type for out in watched].index("display_data")]
    assert printed(before).count("4/4") == 1  # the line of the first epoch, and then the picture
    # Where a bar was shown, the line is written over it, as Jupyter does and exporters.
    last = [part.split("\r")[-1] for part in printed(slow).split("\n")]
    assert re.fullmatch(rf"Epoch 1/2\n{line}Epoch 2/2\n{line}", "\n".join(last))
    assert "\r" in printed(slow)
    assert not re.search(r"\r {9}", printed(slow))
