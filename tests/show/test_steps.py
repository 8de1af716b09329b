"""The steps of a backward pass: as a sequence, as text, and as a part of a page."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd.show.paint.page
from autograd import Tensor, Value, steps, values, walk
from autograd.show.layout.routing import lay_out
from autograd.show.scene.model import Run
from autograd.show.scene.text import plain
from autograd.show.steps.steps import MOST_NODES
from mlp.cli.demo import lecture_graph

ROOT = Path(__file__).parents[2]


def shown(taken):
    """What the page knows of the steps."""
    text = re.search(r'<script type="application/json">(.*?)</script>', taken.html, re.S)[1]
    return json.loads(text)["steps"]


def test_a_sequence_of_steps():
    *_, L = lecture_graph()
    taken = steps(L)
    assert list(taken) == list(walk(L))
    assert len(taken) == 5
    assert taken[-1].operand.label == "b"
    assert taken[-1].total == taken.gradients[taken[-1].operand] == -4
    assert taken[:2] == tuple(walk(L))[:2]
    assert [step.total for step in steps(L, gradient=10)] == [50, -20, -20, -20, -40]


def test_nothing_is_stored():
    x = Value(3.0, "x")
    y = x * x
    steps(y).html  # noqa: B018
    assert x.grad is y.grad is None
    y.backward()
    y.backward()
    assert shown(steps(y))[-1]["grad"] == "6"  # and not the 12 that the leaf has by now


def test_every_number_is_explained():
    *_, L = lecture_graph()
    start, *forward, seed, c, e, a, d, b = shown(steps(L))
    assert start["text"] == "a = 3, b = 1, c = −2"
    assert [step["text"] for step in forward] == [
        "d = 2·b = 2·1 = 2", "e = a + d = 3 + 2 = 5", "L = c·e = (−2)·5 = −10"]  # fmt: skip
    assert seed["text"] == "∂L/∂L = 1"
    assert e["text"] == "∂L/∂e += ∂L/∂L · ∂L/∂e = 1 · (−2) = −2; total −2"
    assert a["text"] == "∂L/∂a += ∂L/∂e · ∂e/∂a = −2 · 1 = −2; total −2"
    assert (c["note"], b["note"]) == ("L = c·e, so ∂L/∂c = e", "d = 2·b, so ∂d/∂b = 2")
    assert [step["grad"] for step in (seed, c, e, a, d, b)] == ["1", "5", "−2", "−2", "−2", "−4"]


def test_totals_are_added_up():
    x = Value(3.0, "x")
    last = shown(steps(x * x - 7 * x))[-1]
    assert last["text"] == "∂y/∂x += ∂y/∂v₁ · ∂v₁/∂x = 1 · 3 = 3; total −4 + 3 = −1"
    assert last["note"] == "v₁ = x·x, so by operand 2 ∂v₁/∂x = x"


def test_arrows_and_boxes_of_the_page_are_in_the_picture(graphs):
    for make in graphs.values():
        taken = steps(make()[0], gradient=np.ones(np.shape(make()[0].data)))
        picture = base64.b64decode(re.search(r'svg\+xml;base64,([^"]*)"', taken.html)[1]).decode()
        assert picture.count("<title>") == 1  # no tooltip tells what comes later
        boxes = set(re.findall(r'data-box="(\d+)"', picture))
        arrows = re.findall(r'data-edges="(\d+) (\d+\.\d+)"', picture)
        edges = {edge for _, edge in arrows}
        for wire in lay_out(taken._scene).wires:
            source, shared = wire.edges[0].source, [f"{e.target}.{e.port}" for e in wire.edges]
            mine = [edge for box, edge in arrows if int(box) == source]
            if wire.arrow:
                assert shared[0] in mine
            else:  # what the script takes for the arrows that share a stretch
                assert f'data-edges="{source} {shared[0]} +"' in picture
                assert mine[mine.index(shared[0]) :] == shared
        for step in shown(taken):
            assert {str(key) for key in step["boxes"]} <= boxes
            assert step.get("edge") is None or step["edge"] in edges


def test_a_box_has_room_for_every_running_total():
    x = Value(1.0, "x")
    y = x * 1.23456e-10 - 1.23456e-10 * x  # 0 at the end
    taken = steps(y)
    assert taken.gradients[x] == 0
    box = next(box for box in taken._scene.boxes if box.tooltip.startswith("x\n"))
    assert box.widths[-1] >= Run("grad ").width + Run("−1.235e−10").width


def test_table():
    a, b = Value(2, "a"), Value(5, "b_1")
    lines = str(steps(a * b)).splitlines()
    assert lines[0].split() == ["step", "node", "operand", "upstream", "local", "contribution",
                                "total"]  # fmt: skip
    assert lines[1].split() == ["1", "y", "a", "1", "5", "5", "5"]
    assert str(steps(sum(values(100), Value(0.0)))).endswith("\n… and 140 more steps")


def test_labels_are_text():
    label = '</script><script>alert("1")</script><!-- \\ $x$ & \u2028 😀'
    x = Value(1.0, label)
    taken = steps((x * 2).tanh())
    html = taken.html
    assert html.count("<script") == html.count("</script") == 2
    assert "<!--" not in html
    assert plain(label) in shown(taken)[0]["text"]
    assert html.count("<img") == 1


@given(st.text(st.characters()))  # also surrogates and controls
def test_any_label(label):
    y = Value(1, label) * 2
    y.label = label
    taken = steps(y)
    html = taken.html
    html.encode()
    assert html.count("<script") == 2
    assert len(shown(taken)) == 4
    repr(taken).encode()


def test_page_needs_nothing_from_elsewhere(tmp_path, graphs):
    path = steps(*graphs["by-hand"]()).save(tmp_path / "backprop.html")
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://", page)
    assert not re.search(r"\sid=", page)
    assert "<title>Backpropagation through E</title>" in page
    assert page.startswith("<!doctype html>")
    assert len(page) < 90_000  # of 40 nodes
    assert [p.name for p in tmp_path.iterdir()] == ["backprop.html"]


def test_a_page_that_fails_leaves_the_one_before(tmp_path, monkeypatch):
    taken, path = steps(Value(1.0) * 2), tmp_path / "page.html"
    path.write_text("before")
    monkeypatch.setattr(autograd.show.paint.page, "_PAGE", "{title}{body}\ud800")
    with pytest.raises(UnicodeEncodeError):
        taken.save(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ValueError, match=r"a name in \.html, not 'page\.svg'"):
        taken.save(tmp_path / "page.svg")


def test_notebook():
    bundle = steps(Value(1.0) * 2)._repr_mimebundle_()
    assert sorted(bundle) == ["image/svg+xml", "text/html", "text/plain"]
    assert bundle["image/svg+xml"].startswith("<svg")


def test_large_graphs_are_refused_with_advice(tmp_path):
    taken = steps(sum(values([1.0] * MOST_NODES), Value(0.0)))
    assert len(taken) == 2 * MOST_NODES
    bundle = taken._repr_mimebundle_()
    assert sorted(bundle) == ["text/plain"]
    assert "take a part of the graph" in bundle["text/plain"]
    with pytest.raises(ValueError, match="too many to watch"):
        taken.save(tmp_path / "large.html")


def test_changed_leaves():
    x = Value(3.0, "x")
    y = x * x
    taken = steps(y)
    x.data = 4.0
    with pytest.raises(RuntimeError, match="x was changed after these steps were made"):
        taken.svg  # noqa: B018
    with pytest.raises(RuntimeError, match="was changed after"):
        steps(y)


def test_tensors(graphs):
    taken = steps(*graphs["tensors"]())
    texts = [step["text"] for step in shown(taken)]
    assert any("matmul(x, W)" in text for text in texts)
    assert any(text.startswith("∂L/∂W += ∂L/∂v₁ · ∂v₁/∂W = ") for text in texts)
    w = next(step.operand for step in taken if step.operand.label == "W")
    np.testing.assert_array_equal(taken.gradients[w], w.grad)
    assert len(steps(Tensor([1.0, 2.0]) * 2, gradient=[1, 1])) == 1


MAKE = """
import hashlib, runpy, sys, unittest.mock
sys.modules["pytest"] = unittest.mock.MagicMock()  # for Pythons without it
from autograd import derive, steps, teaching
graphs = runpy.run_path("tests/show/conftest.py")["GRAPHS"]
made = []
for name in ("lecture", "by-hand", "horner", "odd-labels", "choice"):
    (root,) = graphs[name]()
    made += [steps(root).html, str(steps(root)), derive(root).latex, str(derive(root))]
    made += [teaching.compare(root, "depth-first").html]
    made += [derive(root, wrt=step.operand).latex for step in steps(root)]
print(hashlib.sha256("".join(made).encode()).hexdigest())
"""


def test_same_bytes_in_every_process():
    def run(seed):
        return subprocess.run(
            [sys.executable, "-c", MAKE], cwd=ROOT, capture_output=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout  # fmt: skip

    assert len({run(seed) for seed in ("0", "1", "4242")}) == 1


def test_only_nodes():
    with pytest.raises(TypeError, match="expected a Value or a Tensor, got float"):
        steps(2.0)


def test_a_sum_of_many_terms_is_one_box():
    """It gets its number in one step, and passes its gradient on to each term."""
    w = values([1, 2, 3, 4], "w")
    s = w[0] + w[1] - w[2] + (w[3] + 5)
    s.label = "s"
    shown = [(step["text"], step["note"]) for step in shown_by(steps(s * s))]
    texts = [text for text, _ in shown]
    assert "s = w₁ + w₂ − w₃ + w₄ + 5 = 9" in texts
    assert "∂y/∂w₃ += ∂y/∂s · ∂s/∂w₃ = 18 · (−1) = −18; total −18" in texts
    assert sum("∂s/∂w" in text for text in texts) == 4
    assert len(steps(s * s)) == 9  # of the graph as it was recorded: those within the sum, too


def shown_by(taken):
    html = taken.html
    island = html.split('<script type="application/json">')[1].split("</script>")[0]
    return json.loads(island)["steps"]
