"""What a browser shows of a picture, wherever the picture stands."""

import re
import shutil
import struct
import subprocess
import zlib

import numpy as np
import pytest

from autograd.show import draw

from .levels import PICTURES

BROWSER = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome")), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--hide-scrollbars", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--window-size=600,240",
]  # fmt: skip
PAGE = '<!doctype html><html><head><meta charset="utf-8">{}</head><body>{}</body></html>'
PLAIN = "<style>body { margin: 0 } svg, img, object { display: block }</style>"
# What a notebook's page and a neighbour's picture might say about text, lines and fills.
LOUD = PLAIN + (
    "<style>body { font: italic 20px serif; color: red; text-align: right; line-height: 3 }"
    ".node, #n0, .edge { fill: red; stroke: red }</style>"
)

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium is installed")


def screenshot(folder, name, page):
    """Give the screenshot of a page as an array of bytes: rows, columns, channels."""
    (folder / f"{name}.html").write_text(page, encoding="utf-8")
    subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}",
         f"--screenshot={folder / name}.png", f"file://{folder / name}.html"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return read_png((folder / f"{name}.png").read_bytes())


def read_png(data):
    """Decode a PNG file of 8 bits a channel."""
    position, packed = 8, b""
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        chunk = data[position + 8 : position + 8 + length]
        if kind == b"IHDR":
            width, height, _, colours = struct.unpack(">IIBB", chunk[:10])
        elif kind == b"IDAT":
            packed += chunk
        position += length + 12
    channels = {2: 3, 6: 4}[colours]
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    above = [0] * (width + 1) * channels  # with a pixel of zeros at the left
    picture = []
    for kind, *row in rows.tolist():
        line = [0] * channels
        for i, byte in enumerate(row):
            left, up, corner = line[i], above[i + channels], above[i]
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda x: abs(guess - x))
            line.append((byte + (0, left, up, (left + up) // 2, nearest)[kind]) & 255)
        above = line
        picture.append(line[channels:])
    return np.array(picture).reshape(height, width, channels)[:, :, :3]


def dom(folder, page):
    """Give a page as it is after its scripts have run."""
    (folder / "dom.html").write_text(page, encoding="utf-8")
    return subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom",
         f"file://{folder / 'dom.html'}"],
        check=True, capture_output=True, text=True, timeout=120,
    ).stdout  # fmt: skip


def test_looks_alike_everywhere(tmp_path, graphs):
    """On its own, as a notebook shows it, trusted and not, and amid loud styles."""
    picture = draw(*graphs["lecture"]())
    svg, html = picture.svg, picture._repr_mimebundle_()["text/html"]
    untrusted = re.sub(' onload="[^"]*"', "", html)
    assert untrusted != html
    inline = screenshot(tmp_path, "inline", PAGE.format(PLAIN, svg))
    assert 1000 < (inline < 100).any(axis=2).sum() < 10_000  # dark pixels
    pages = {"html": PLAIN + html, "untrusted": PLAIN + untrusted, "loud": LOUD + svg}
    for name, page in pages.items():
        other = screenshot(tmp_path, name, PAGE.format("", page))
        # Curves may be smoothed a little differently.
        assert ((other - inline) != 0).any(axis=2).sum() < 200
        assert abs(other - inline).max() < 80


def test_tooltips_in_a_notebook(tmp_path, graphs):
    """Where scripts run, as in a trusted notebook; elsewhere the image stays."""
    picture = draw(*graphs["odd-labels"]())
    html = picture._repr_mimebundle_()["text/html"]
    page = dom(tmp_path, PAGE.format("", html))
    assert page.count("<title>local 1 · upstream 1 = contribution 1</title>") == 8
    assert "<img" not in page
    assert "😀 λ_θ" in page
    assert "<script" not in page


def test_exported_notebook(tmp_path, graphs):
    """What nbconvert makes of a notebook shows the picture at its full size, and its tooltips."""
    nbformat = pytest.importorskip("nbformat", reason="nbconvert is not installed (extra notebook)")
    nbconvert = pytest.importorskip("nbconvert", reason="it is not installed (extra notebook)")
    picture = draw(*graphs["by-hand"]())
    output = nbformat.v4.new_output("display_data", data=picture._repr_mimebundle_())
    cell = nbformat.v4.new_code_cell("y", outputs=[output])
    page, _ = nbconvert.HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    page = re.sub(r'<script[^>]* src="http[^>]*></script>', "", page)  # nothing from elsewhere
    measure = """<script>addEventListener("load", () => setTimeout(() => {
    document.title = document.querySelector("svg[role=img]").getBoundingClientRect().width;
    }))</script>"""
    shown = dom(tmp_path, page.replace("</body>", measure + "</body>"))
    width = re.search(r'<svg xmlns="\S*" width="(\d+)"', picture.svg)[1]
    assert f"<title>{width}</title>" in shown
    assert shown.count("<title>local") == picture.svg.count("<title>local")


def test_networks_look_alike_everywhere(tmp_path):
    """Tables, labels in two lines and shared biases, in a notebook and amid loud styles."""
    picture = PICTURES["neuron-by-hand"]()
    inline = screenshot(tmp_path, "inline", PAGE.format(PLAIN, picture.svg))
    dark = (inline < 100).all(axis=2)
    assert dark[30:80, 260:].sum() > 2000  # the head of the table
    html = PLAIN + picture._repr_mimebundle_()["text/html"]
    for name, page in {"html": html, "loud": LOUD + picture.svg}.items():
        other = screenshot(tmp_path, name, PAGE.format("", page))
        assert ((other - inline) != 0).any(axis=2).sum() < 200
        assert abs(other - inline).max() < 80


def test_tooltips_of_weights_in_a_notebook(tmp_path):
    """Where a label has no room, the tooltip says it."""
    picture = PICTURES["neuron-4-8-3"]()
    page = dom(tmp_path, PAGE.format("", picture._repr_mimebundle_()["text/html"]))
    assert len(re.findall(r"<title>w\d+ = \S+\n∂L/∂w\d+ = \S+\nlocal", page)) == 56


@pytest.mark.parametrize("name", ["by-hand-groups", "neuron-4-8-3", "layer-sequential"])
def test_texts_fit_their_boxes(tmp_path, graphs, name):
    """The table of widths holds for the browser's font: measured, no text is wider."""
    svg = (PICTURES[name]() if name in PICTURES else draw(*graphs[name]())).svg
    script = """<script>
    const texts = [...document.querySelectorAll("svg > g:last-of-type > g > text")];
    document.title = texts.map(t => [t.getBBox().width, t.parentNode.getBBox().width]).join(";");
    </script>"""
    shown = dom(tmp_path, PAGE.format(PLAIN, svg + script))
    title = re.search(r"<head>.*?<title>(.*?)</title>", shown, re.S)
    widths = [tuple(map(float, pair.split(","))) for pair in title[1].split(";")]
    assert len(widths) > 25
    assert all(0 < text < box - 10 for text, box in widths)
