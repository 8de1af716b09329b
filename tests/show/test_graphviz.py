"""The engine that has the Graphviz program draw."""

import shutil
from xml.etree import ElementTree

import pytest

from autograd import Value
from autograd.show import draw

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz's `dot` is not installed")


def words(svg):
    return [text.text for text in ElementTree.fromstring(svg).iter() if text.tag.endswith("}text")]


@needs_dot
def test_draws_every_graph(roots):
    picture = draw(*roots, engine="graphviz")
    svg = picture.svg
    assert svg.startswith("<svg")
    titles = [e.text for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")]
    boxes = {str(i) for i in range(len(picture.scene.boxes))}
    assert boxes <= set(titles)
    assert sum("->" in title for title in titles) == len(picture.scene.edges)


@needs_dot
def test_labels_are_text(graphs):
    svg = draw(*graphs["odd-labels"](), engine="graphviz").svg
    texts = words(svg)
    assert '<script>alert("1")<…' in texts
    assert {"a & b's", "😀 λ", "θ", "∖N ∖G ∖l", "]]>&lt;b&gt;�", "&amp;"} <= set(texts)
    assert "<script" not in svg
    tooltips = [value for e in ElementTree.fromstring(svg).iter() for value in e.attrib.values()]
    assert any("∖N ∖G ∖l" in tooltip for tooltip in tooltips)


@needs_dot
def test_groups_are_nested_clusters(graphs):
    svg = draw(*graphs["by-hand-groups"](), engine="graphviz").svg
    assert svg.count('class="cluster"') == 6
    assert {"hidden", "h1", "output", "o2"} <= set(words(svg))


@needs_dot
@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_files_for_other_programs(tmp_path, graphs, suffix, magic):
    path = draw(*graphs["lecture"]()).save(tmp_path / f"lecture.{suffix}")
    assert path.read_bytes().startswith(magic)


def test_object_to_change():
    graph = draw(Value(2, "a") * 3).to_graphviz()
    graph.attr(rankdir="TB")
    assert "rankdir=TB" in graph.source
    assert graph.source == draw(Value(2, "a") * 3).to_graphviz().source.replace(
        "\n}", "\n\trankdir=TB\n}"
    )


def test_without_the_program_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    y = Value(2) * 3
    for attempt in (
        lambda: draw(y).save(tmp_path / "y.png"),
        lambda: draw(y, engine="graphviz").svg,
    ):
        with pytest.raises(RuntimeError, match=r"needs its program `dot`.*apt install graphviz"):
            attempt()
    draw(y).save(tmp_path / "y.svg")
