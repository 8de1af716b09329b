"""What a browser shows of a picture, wherever the picture stands."""

import base64
import re
import shutil
import subprocess

import pytest

from autograd.show import draw

BROWSER = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome")), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--hide-scrollbars", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--window-size=1100,600",
]  # fmt: skip
PAGE = '<!doctype html><html><head><meta charset="utf-8">{}</head><body>{}</body></html>'
PLAIN = "<style>body { margin: 0 } svg, img { display: block }</style>"
# What a notebook's page and a neighbour's picture might say about text, lines and fills.
LOUD = PLAIN + (
    "<style>body { font: italic 20px serif; color: red; text-align: right; line-height: 3 }"
    ".node, #n0, .edge { fill: red; stroke: red }</style>"
)

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium is installed")


def screenshot(folder, name, page):
    """Give the screenshot of a page as the bytes of a PNG file."""
    (folder / f"{name}.html").write_text(page, encoding="utf-8")
    subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}",
         f"--screenshot={folder / name}.png", f"file://{folder / name}.html"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return (folder / f"{name}.png").read_bytes()


def test_looks_alike_everywhere(tmp_path, graphs):
    """Inline as in an exported notebook, as an image as in an untrusted one, amid loud styles."""
    svg = draw(*graphs["lecture"]()).svg
    data = base64.b64encode(svg.encode()).decode()
    inline = screenshot(tmp_path, "inline", PAGE.format(PLAIN, svg))
    image = PAGE.format(PLAIN, f'<img src="data:image/svg+xml;base64,{data}">')
    blank = screenshot(tmp_path, "blank", PAGE.format(PLAIN, ""))
    assert inline != blank
    assert screenshot(tmp_path, "image", image) == inline
    assert screenshot(tmp_path, "loud", PAGE.format(LOUD, svg)) == inline


def test_texts_fit_their_boxes(tmp_path, graphs):
    """The table of widths holds for the browser's font: measured, no text is wider."""
    svg = draw(*graphs["by-hand-groups"]()).svg
    script = """<script>
    const texts = [...document.querySelectorAll("svg > g:last-of-type > g > text")];
    document.title = texts.map(t => [t.getBBox().width, t.parentNode.getBBox().width]).join(";");
    </script>"""
    page = tmp_path / "texts.html"
    page.write_text(PAGE.format(PLAIN, svg + script), encoding="utf-8")
    done = subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{page}"],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    title = re.search(r"<head>.*?<title>(.*?)</title>", done.stdout, re.S)
    widths = [tuple(map(float, pair.split(","))) for pair in title[1].split(";")]
    assert len(widths) > 80
    assert all(0 < text < box - 10 for text, box in widths)
