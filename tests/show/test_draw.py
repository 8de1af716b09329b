"""Pictures as users get them: the bytes, the text in them, files, notebooks, refusals."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd.show.scene.order
from autograd import Tensor, Value, group, topological_order
from autograd.show import draw, notebook_bundle
from autograd.show.scene.model import Edge
from autograd.show.scene.text import plain, shorten, split_subscript
from benchmarks.draw import GRAPHS
from mlp import MLP

SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
HASHES = """
import hashlib, runpy, sys, unittest.mock
sys.modules["pytest"] = unittest.mock.MagicMock()  # for Pythons without it
from autograd.show import draw
graphs = runpy.run_path("tests/show/conftest.py")["GRAPHS"]
for name, make in graphs.items():
    print(name, hashlib.sha256(draw(*make()).svg.encode()).hexdigest())
"""


def hashes(python, seed):
    """Name every graph, with a hash of its picture, as another process draws it."""
    done = subprocess.run(
        [python, "-c", HASHES], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return dict(line.split() for line in done.stdout.splitlines())


def hashes_of(graphs):
    files = {name: GOLDEN / f"{name}.svg" for name in graphs}
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}


def words(svg):
    """Every text of a picture, the words of one text element together."""
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_golden(name, roots):
    """To accept new pictures, look at them: ``GOLDEN=write pytest tests/show -k golden``."""
    svg, golden = draw(*roots).svg, GOLDEN / f"{name}.svg"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(svg, encoding="utf-8")
    assert svg == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_same_bytes_in_every_process(seed, graphs):
    assert hashes(sys.executable, seed) == hashes_of(graphs)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_same_bytes_in_every_python(version, graphs):
    """Each Python that is on the path or known to pyenv, if NumPy can be imported there."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        pytest.skip("this is the Python that runs the other tests")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    for python in filter(None, found):
        if not subprocess.run([python, "-c", "import numpy"], capture_output=True).returncode:
            assert hashes(python, "0") == hashes_of(graphs)
            return
    pytest.skip(f"no Python {version} with NumPy was found")


def test_svg_needs_no_styles_and_no_ids(roots):
    for element in ElementTree.fromstring(draw(*roots).svg).iter():
        assert element.tag.removeprefix(SVG) in {
            "svg", "title", "desc", "g", "rect", "path", "text", "tspan",
        }  # fmt: skip
        assert not {"id", "class", "style", "href", "onload"} & set(element.attrib)


def test_labels_are_text(graphs):
    svg = draw(*graphs["odd-labels"]()).svg
    texts = words(svg)
    assert '<script>alert("1")<…' in texts
    assert {"a & b's", "😀 λθ", r"\N \G \l", "]]>&lt;b&gt;�", "&amp;"} <= set(texts)
    assert "a very a very a ver…" in texts  # and whole in the tooltip:
    assert " ".join(["a very"] * 9) in svg


@given(st.text(st.characters()))  # also surrogates and controls
def test_any_label_and_group(label):
    with group(label):
        y = Value(1, label) + 2
    y.label = label
    picture = draw(y)
    root = ElementTree.fromstring(picture.svg.encode())
    assert root[0].text == f"Computation graph of {shorten(plain(label)) or 'add'}"
    stem, subscript = split_subscript(shorten(plain(label)))
    assert words(picture.svg).count(stem + subscript) >= 2 or not stem.strip()
    picture.table.encode()
    picture.to_graphviz().source.encode()


def test_columns_of_a_table_with_letters_of_all_widths():
    x, y = Value(1, "入力"), Value(2, "é")
    assert repr(draw(x * y)).splitlines() == [
        "node  operation  operands  data  grad",
        "入力                          1     –",
        "é                             2     –",
        "#3    multiply   入力, é      2     –",
    ]


def test_numbers(graphs):
    texts = words(draw(*graphs["odd-numbers"]()).svg)
    assert {"data NaN", "data ∞", "data −0", "data 1e−300", "data −123456.8"} <= set(texts)


def test_no_gradient_is_no_zero():
    y = Value(2) * 3
    assert words(draw(y).svg).count("grad –") == 2
    y.backward()
    assert {"grad 1", "grad 3"} <= set(words(draw(y).svg))


def test_both_edges_of_a_square(graphs):
    svg = draw(*graphs["square"]()).svg
    assert words(svg).count("×3") == 2
    assert svg.count("<title>local 3 · upstream 1 = contribution 3</title>") == 2


def test_subscripts(graphs):
    svg = draw(*graphs["by-hand"]()).svg
    assert 'in</tspan><tspan font-weight="bold" font-size="9" dy="3">h1</tspan>' in svg


def test_local_derivative_of_one_is_written_on_small_graphs_only(graphs):
    assert words(draw(*graphs["lecture"]()).svg).count("×1") == 2
    assert "×1" not in words(draw(*graphs["by-hand"]()).svg)


def test_gradients_that_meet_are_added_up(graphs):
    """The shared stretch of x's edges carries the sum of what they carry."""
    (y,) = graphs["horner"]()
    from autograd.show.layout.routing import lay_out

    scene = draw(y).scene
    shared = [wire for wire in lay_out(scene).wires if len(wire.edges) > 1]
    assert [len(wire.edges) for wire in shared] == [4, 3, 2]
    x = next(i for i, box in enumerate(scene.boxes) if box.tooltip.startswith("x\n"))
    assert sum(e.flow for e in scene.edges if e.source == x) == pytest.approx(1.0625)


def test_dollars_are_text():
    """MathJax in a page takes what is between them for a formula, if no class tells it not to."""
    root = ElementTree.fromstring(draw(Value(1, r"$\theta$") * 2).svg)
    assert root.get("class") == "tex2jax_ignore mathjax_ignore"
    html = draw(Value(1, "$a$") * 2)._repr_mimebundle_()["text/html"]
    assert "jp-mod-unconfined $2" in html
    assert ElementTree.fromstring(draw(Value(1, "a") * 2).svg).get("class") is None


def test_accessible():
    y = Value(2, "a") * Value(3, "b")
    root = ElementTree.fromstring(draw(y).svg)
    assert root.get("role") == "img"
    assert [root[0].tag, root[0].text] == [f"{SVG}title", "Computation graph of multiply"]
    assert [root[1].tag, root[1].text] == [f"{SVG}desc", "3 nodes, before gradients: multiply = 6"]


def test_table(graphs):
    assert repr(draw(*graphs["lecture"]())).splitlines() == [
        "node  operation  operands  data  grad",
        "b                             1    −4",
        "d     multiply   2, b         2    −2",
        "a                             3    −2",
        "e     add        a, d         5    −2",
        "c                            −2     5",
        "L     multiply   c, e       −10     1",
    ]


def test_notebook(graphs):
    (y,) = graphs["lecture"]()
    picture = draw(y)
    bundle = picture._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == picture.table.replace("−", "-")
    assert " style=" not in picture.svg
    assert bundle["image/svg+xml"] == picture.svg
    assert len(bundle["text/html"]) < 1.5 * len(picture.svg)  # the SVG is in it once
    data = re.findall(r'"data:image/svg\+xml;base64,([^"]*)"', bundle["text/html"])
    svg = "".join(base64.b64decode(copy).decode("ascii") for copy in data)
    assert list(ElementTree.fromstring(svg).itertext()) == [
        *ElementTree.fromstring(picture.svg).itertext()
    ]
    assert notebook_bundle(y) == bundle | {"text/plain": repr(y)}


def test_tensors(graphs):
    (y,) = graphs["tensors"]()
    texts = words(draw(y).svg)
    assert {"2×2 float64", "data [[0.1, 0.2], [−0.3, 0.4]]", "data 0.4028", "×0.5"} <= set(texts)
    assert sorted(text for text in texts if text[:1] == "×") == ["×", "×0.5", "×1.795"]
    (y,) = graphs["tensor-layers"]()
    assert {"784×64 float32", "data −1 … 1", "grad –", "128×784 uint8"} <= set(words(draw(y).svg))
    assert "sum(x, axis=(0, 1))" in draw(Tensor(np.ones((2, 3)), "x").sum(axis=(0, 1))).svg
    assert "data []" in words(draw(Tensor(np.zeros((0, 3)))).svg)


def test_table_of_tensors(graphs):
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], "x")
    y = (x * np.arange(6.0).reshape(3, 1, 2)).sum()
    y.backward()
    assert repr(draw(y)).splitlines() == [
        "node  operation  operands              data              grad",
        "x                          [[1, 2], [3, 4]]  [[6, 9], [6, 9]]",
        "#2    multiply   x, 0 … 5            0 … 20             1 … 1",
        "#3    sum        #2                      78                 1",
    ]


def test_tensors_in_a_notebook():
    y = Tensor(np.ones(3), "x").sum()
    bundle = y._repr_mimebundle_(include=None, exclude=None)
    assert bundle == draw(y)._repr_mimebundle_() | {"text/plain": "Tensor(3.)"}


def test_labels_are_text_in_html_too():
    html = draw(Value(1, '"><script>alert(1)</script>'))._repr_mimebundle_()["text/html"]
    (image,) = ElementTree.fromstring(html.replace("<svg", "&lt;svg").replace("></div", "/></div"))
    assert image.tag == "img"
    assert image.get("alt") == 'Computation graph of "><script>alert(1)<…'


def test_huge_graphs_are_refused_before_they_are_walked(monkeypatch):
    x = Value(1.0)
    for _ in range(400):
        x = x + 1
    assert list(notebook_bundle(x)) == ["text/plain"]
    assert "more than 200 nodes" in notebook_bundle(x)["text/plain"]
    for _ in range(100_000):
        x = x + 1
    monkeypatch.setattr(autograd.show.picture, "operands_first", None)
    with pytest.raises(ValueError, match=r"more than 2,000 nodes.*Draw a part"):
        draw(x)
    assert list(notebook_bundle(x)) == ["text/plain"]


def test_constants_count():
    x = Value(1.0)
    for _ in range(999):
        x = x + 1
    draw(x)
    with pytest.raises(ValueError, match="2,000 nodes and constants"):
        draw(x + x + 1)


@pytest.mark.parametrize(
    "name", ["network 4-16-13-2", "comb of 442 products", "random, dense", "random, deep"]
)
def test_a_thousand_nodes_are_less_than_a_megabyte(name):
    root = GRAPHS[name]()
    root.backward()
    assert 950 < len(topological_order(root)) < 1050
    assert len(draw(root).svg.encode()) < 1_000_000


def test_nodes_are_walked_and_not_paths():
    y = Value(1.0)
    for _ in range(200):
        y = y + y
    y.backward()
    assert len(draw(y).scene.edges) == 400


def test_save(tmp_path, graphs):
    picture = draw(*graphs["lecture"]())
    assert picture.save(tmp_path / "a.svg").read_text(encoding="utf-8") == picture.svg
    assert picture.save(str(tmp_path / "a.DOT")).read_text().startswith("digraph")
    assert picture.save(tmp_path / "a.gv").read_text().startswith("digraph")
    with pytest.raises(ValueError, match=r"\.svg, \.dot, \.gv, \.png or \.pdf, not '\.jpg'"):
        picture.save(tmp_path / "a.jpg")


def test_leaves_changed_after_use():
    """After a step of training, the graph's gradients stand beside new numbers, and it is said."""
    a, b = Value(2, "a"), Value(5, "b")
    y = (a * b).tanh() * a
    y.backward()
    before = draw(y)
    b.data = 7
    after = draw(y)
    assert "data 7 (changed)" in words(after.svg)
    assert sum("(changed)" in text for text in words(after.svg)) == 1
    assert after.svg.count("changed after use: the graph was computed with other data") == 1
    # The derivatives of the product are gone, the others stay.
    assert [edge.label for edge in after.scene.edges] == ["", "", "×8.245e−09", "×2", "×1"]
    for old, new in zip(before.scene.edges, after.scene.edges, strict=True):
        assert new == (old if old.label and new.label else Edge(old.source, old.target, old.port))
    assert re.search(r"^b +7 \(changed\) ", after.table, re.M)
    assert after.table.count("changed") == 1
    assert after.to_graphviz().source.count("(changed)") == 1
    # A graph made anew is as it was.
    assert "changed" not in draw(a * b).svg


def test_contributions_are_those_of_the_engine():
    x = Value(0, "x")
    y = x.sqrt() * 0
    y.backward()
    flows = {edge.tooltip: edge.flow for edge in draw(y).scene.edges}
    assert flows["local ∞ · upstream 0 = contribution 0"] == x.grad == 0


def test_wrong_arguments():
    with pytest.raises(TypeError, match="expected one Value or Tensor, or more"):
        draw()
    with pytest.raises(TypeError, match=r"expected Values or Tensors, got float: 3\.0"):
        draw(3.0)
    with pytest.raises(ValueError, match="level='net'; expected 'op', 'neuron' or 'layer'"):
        draw(Value(1), level="net")
    with pytest.raises(ValueError, match="engine='d3'; expected 'builtin' or 'graphviz'"):
        draw(Value(1), engine="d3")
    with pytest.raises(TypeError, match=r"got MLP: MLP.*: draw\(net\(x\)\)"):
        draw(MLP(2, [1]))


def test_drawing_is_loaded_when_first_used():
    code = "import sys, autograd; print([m for m in sys.modules if 'show' in m or m == 'graphviz'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
