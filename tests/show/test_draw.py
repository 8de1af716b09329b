"""Pictures as users get them: the bytes, the text in them, files, notebooks, refusals."""

import base64
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd.show.picture
from autograd import Tensor, Value, group
from autograd.show import draw, notebook_bundle
from autograd.show.text import plain, shorten, split_subscript

SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
HASHES = """
import hashlib, runpy
from autograd.show import draw
graphs = runpy.run_path("tests/show/conftest.py")["GRAPHS"]
for name, make in graphs.items():
    print(name, hashlib.sha256(draw(*make()).svg.encode()).hexdigest())
"""


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
    done = subprocess.run(
        [sys.executable, "-c", HASHES], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.split() == [
        word
        for name, make in graphs.items()
        for word in (name, hashlib.sha256(draw(*make()).svg.encode()).hexdigest())
    ]


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


def test_numbers(graphs):
    texts = words(draw(*graphs["odd-numbers"]()).svg)
    assert {"dataNaN", "data∞", "data−0", "data1e−300", "data−1.235e+05"} <= set(texts)


def test_no_gradient_is_no_zero():
    y = Value(2) * 3
    assert words(draw(y).svg).count("grad–") == 2
    y.backward()
    assert {"grad1", "grad3"} <= set(words(draw(y).svg))


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
    from autograd.show.layout import lay_out

    scene = draw(y).scene
    shared = [wire for wire in lay_out(scene).wires if len(wire.edges) > 1]
    assert [len(wire.edges) for wire in shared] == [4, 3, 2]
    x = next(i for i, box in enumerate(scene.boxes) if box.tooltip.startswith("x\n"))
    assert sum(e.flow for e in scene.edges if e.source == x) == pytest.approx(1.0625)


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
    assert bundle["image/svg+xml"] == picture.svg
    assert bundle["text/plain"] == picture.table
    data = re.findall(r'"data:image/svg\+xml;base64,([^"]*)"', bundle["text/html"])
    assert [base64.b64decode(copy).decode() for copy in data] == [picture.svg] * 2
    assert notebook_bundle(y) == bundle | {"text/plain": repr(y)}


def test_tensors(graphs):
    (y,) = graphs["tensors"]()
    texts = words(draw(y).svg)
    assert {"2×2 float64", "data[[0.1, 0.2], [−0.3, 0.4]]", "data0.4028", "×0.5"} <= set(texts)
    assert sorted(text for text in texts if text[:1] == "×") == ["×", "×0.5", "×1.795"]
    (y,) = graphs["tensor-layers"]()
    assert {"784×64 float32", "data−1 … 1", "grad–", "128×784 uint8"} <= set(words(draw(y).svg))
    assert "sum(x, axis=(0, 1))" in draw(Tensor(np.ones((2, 3)), "x").sum(axis=(0, 1))).svg
    assert "data[]" in words(draw(Tensor(np.zeros((0, 3)))).svg)


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
    tree = ElementTree.fromstring(html.replace(' style="max-width:none">', "/>"))
    assert [element.tag for element in tree.iter()] == ["object", "img"]
    assert tree[0].get("alt") == 'Computation graph of "><script>alert(1)<…'


def test_huge_graphs_are_refused_before_they_are_walked(monkeypatch):
    x = Value(1.0)
    for _ in range(400):
        x = x + 1
    assert list(notebook_bundle(x)) == ["text/plain"]
    assert "more than 200 nodes" in notebook_bundle(x)["text/plain"]
    for _ in range(100_000):
        x = x + 1
    monkeypatch.setattr(autograd.show.picture, "topological_order", None)
    with pytest.raises(ValueError, match=r"more than 2,000 nodes.*Draw a part"):
        draw(x)
    assert list(notebook_bundle(x)) == ["text/plain"]


def test_nodes_are_walked_and_not_paths():
    y = Value(1.0)
    for _ in range(200):
        y = y + y
    y.backward()
    assert draw(y).svg.count("<title>local") == 400


def test_save(tmp_path, graphs):
    picture = draw(*graphs["lecture"]())
    assert picture.save(tmp_path / "a.svg").read_text(encoding="utf-8") == picture.svg
    assert picture.save(str(tmp_path / "a.DOT")).read_text().startswith("digraph")
    with pytest.raises(ValueError, match=r"\.svg, \.dot, \.png or \.pdf, not '\.jpg'"):
        picture.save(tmp_path / "a.jpg")


def test_wrong_arguments():
    with pytest.raises(TypeError, match="expected one Value or Tensor, or more"):
        draw()
    with pytest.raises(TypeError, match=r"expected Values or Tensors, got float: 3\.0"):
        draw(3.0)
    with pytest.raises(ValueError, match="level='neuron'; graphs are drawn by operation"):
        draw(Value(1), level="neuron")
    with pytest.raises(ValueError, match="engine='d3'; expected 'builtin' or 'graphviz'"):
        draw(Value(1), engine="d3")


def test_drawing_is_loaded_when_first_used():
    code = "import sys, autograd; print([m for m in sys.modules if 'show' in m or m == 'graphviz'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
