"""What a browser shows of a picture, wherever the picture stands, and of the steps on it."""

import json
import re
import shutil
import struct
import subprocess
import zlib

import numpy as np
import pytest

from autograd.show import draw, steps

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


def dom(folder, page, size="600,240"):
    """Give a page as it is after its scripts have run, in a window of some size."""
    (folder / "dom.html").write_text(page, encoding="utf-8")
    return subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom",
         f"--window-size={size}", "--virtual-time-budget=10000", f"file://{folder / 'dom.html'}"],
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
    assert page.count("<title>5 terms\nlocal 1 · upstream 1 = contribution 5</title>") == 1
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
    width = int(re.search(r'<svg xmlns="\S*" width="(\d+)"', picture.svg)[1])
    for window, seen in (2000, width), (600, 0.75 * width):  # and there it is scrolled
        shown = dom(tmp_path, page.replace("</body>", measure + "</body>"), f"{window},400")
        assert float(re.search("<title>([0-9.]+)</title>", shown)[1]) == pytest.approx(seen, abs=1)
    assert shown.count("<title>local") == picture.svg.count("<title>local")


def test_a_narrow_page_scrolls_a_picture_in_its_frame(tmp_path, graphs):
    """It shrinks to three quarters at most; the page itself stays as wide as the window."""
    html = draw(*graphs["by-hand"]())._repr_mimebundle_()["text/html"]
    script = """<script>addEventListener("load", () => setTimeout(() => {
    const frame = document.querySelector("div");
    document.title = [document.documentElement.scrollWidth, frame.scrollWidth,
        document.querySelector("[style*=min-width]").getBoundingClientRect().width]; }))</script>"""
    untrusted = re.sub(' onload="[^"]*"', "", html)
    for page in html, untrusted:
        shown = dom(tmp_path, PAGE.format(PLAIN, page + script), "500,300")
        found = re.search(r"<title>([0-9.,]+)</title>", shown)[1]
        whole, frame, picture = map(float, found.split(","))
        assert whole <= 500 < picture == pytest.approx(frame, abs=1)


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


# Runs `body` when the page stands, on `player`, and leaves what it returns as JSON in the title.
DRIVE = """<script>addEventListener("load", () => setTimeout(async () => {{
    const players = [...document.querySelectorAll("[class^=chainrule]")], player = players[0];
    const inside = (query, n = 0) => players[n].shadowRoot.querySelector(query);
    const press = (key) => player.dispatchEvent(
        new KeyboardEvent("keydown", {{ key, bubbles: true }}));
    const wait = (ms) => new Promise((done) => setTimeout(done, ms));
    const state = (n = 0) => ({{
        text: inside(".text", n).textContent, where: inside(".where", n).textContent,
        boxes: [...players[n].shadowRoot.querySelectorAll("[data-box]")].map((box) =>
            [...box.querySelectorAll("text")].map((text) => text.textContent).join("|")),
        now: [...players[n].shadowRoot.querySelectorAll(".now")].map((g) =>
            g.dataset.box ?? g.dataset.edges.split(" ")[1]).sort(),
        labels: [...players[n].shadowRoot.querySelectorAll("[data-edges] text")].filter((text) =>
            getComputedStyle(text).visibility === "visible").map((text) => text.textContent),
    }});
    document.title = JSON.stringify(await (async () => {{ {} }})());
}}))</script></body>"""


def drive(folder, page, body, size="1280,720"):
    """Open a page, run a script on it and give what that returns."""
    shown = dom(folder, page.replace("</body>", DRIVE.format(body)), size)
    title = re.search(r"<title>(.*?)</title>", shown, re.S)[1]
    return json.loads(title.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def test_steps_are_walked(tmp_path, graphs):
    """By buttons, keys and the slider, forward and back again."""
    page = steps(*graphs["lecture"]()).save(tmp_path / "page.html").read_text(encoding="utf-8")
    start, computed, passed, slid, back, end, over, first = drive(tmp_path, page, """
        const seen = [state()];
        inside("button.forward").click(); press("ArrowRight"); seen.push(state());
        for (let k = 0; k < 4; k++) document.body.dispatchEvent(  // keys work at once
            new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
        seen.push(state());
        const slider = inside("input"); slider.value = 8; slider.oninput(); seen.push(state());
        press("ArrowLeft"); press("ArrowLeft"); seen.push(state());
        inside("button.last").click(); seen.push(state());
        press("ArrowRight"); seen.push(state());
        press("Home"); seen.push(state());
        return seen;""")
    a, b, c, d, e, L = 3, 0, 5, 2, 4, 6  # where their boxes are
    assert (start["text"], start["where"]) == ("a = 3, b = 1, c = −2", "Forward 0 of 3")
    assert start["boxes"][a] == "a|data 3|grad "
    assert start["boxes"][L] == "×|L|data |grad "
    assert start["labels"] == start["now"] == []
    assert (computed["text"], computed["where"]) == ("e = a + d = 3 + 2 = 5", "Forward 2 of 3")
    assert computed["boxes"][e] == "+|e|data 5|grad "
    assert computed["now"] == ["4", "4.0", "4.1"]
    assert (passed["where"], passed["now"]) == ("Backward 2 of 5", ["4", "6.1"])
    assert passed["text"] == "∂L/∂e += ∂L/∂L · ∂L/∂e = 1 · (−2) = −2; total −2"
    assert passed["labels"] == ["×−2", "×5"]
    assert [passed["boxes"][i] for i in (c, e, a)] == [
        "c|data −2|grad 5", "+|e|data 5|grad −2", "a|data 3|grad "]  # fmt: skip
    assert slid["boxes"][d] == "×|d|data 2|grad −2"
    assert back == passed
    assert end == over
    assert end["boxes"][b] == "b|data 1|grad −4"
    assert first == start


def test_steps_play_by_themselves(tmp_path, graphs):
    page = steps(*graphs["square"]()).save(tmp_path / "page.html").read_text(encoding="utf-8")
    assert drive(tmp_path, page, """
        const button = inside("button.play"), at = () => player.dataset.step;
        inside("select").value = "4×";
        press(" "); const playing = button.textContent;
        while (at() < 2) await wait(50);
        press(" "); const paused = [button.textContent, at()]; await wait(700);
        return [playing, ...paused, at()];""") == ["Pause", "Play", "2", "2"]


def test_steps_that_no_script_plays_are_a_picture(tmp_path, graphs):
    """As JupyterLab shows a notebook that it does not trust: without scripts."""
    taken = steps(*graphs["lecture"]())
    untrusted = re.sub("<script.*?</script>", "", taken.html, flags=re.S)
    still, shown = (screenshot(tmp_path, name, PAGE.format(PLAIN, body))
                    for name, body in (("still", taken.svg), ("shown", untrusted)))  # fmt: skip
    assert ((still - shown) != 0).any(axis=2).sum() < 200
    assert (still < 100).any(axis=2).sum() > 1000


def test_steps_in_an_exported_notebook(tmp_path, graphs):
    """Several outputs in one page do not disturb each other, or loud styles them."""
    nbformat = pytest.importorskip("nbformat", reason="nbconvert is not installed (extra notebook)")
    nbconvert = pytest.importorskip("nbconvert", reason="it is not installed (extra notebook)")
    cells = [
        nbformat.v4.new_code_cell("steps(y)", outputs=[
            nbformat.v4.new_output("display_data", data=steps(*graphs[name]())._repr_mimebundle_())
        ]) for name in ("lecture", "odd-labels")
    ]  # fmt: skip
    page, _ = nbconvert.HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=cells))
    page = re.sub(r'<script[^>]* src="http[^>]*></script>', "", page)  # nothing from elsewhere
    page = page.replace("</head>", LOUD + "</head>")
    one, other, size = drive(tmp_path, page, """
        press("End"); return [state(0), state(1),
            getComputedStyle(inside(".note", 1)).fontStyle];""")
    assert one["where"] == "Backward 5 of 5"
    assert other["where"] == "Forward 0 of 1"
    assert '<script>alert("1")</script> = 0' in other["text"]
    assert size == "normal"


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_steps_stay_in_sight(tmp_path, graphs, width, height):
    """The explanation, the buttons and the current box, on a laptop and on a phone."""
    page = steps(*graphs["by-hand"]()).save(tmp_path / "page.html").read_text(encoding="utf-8")
    seen = drive(tmp_path, page, """
        const seen = [], inner = [innerWidth, innerHeight];
        for (let k = 0; k < 60; k += 3) {
            for (let n = 0; n < 3; n++) press("ArrowRight");
            const frame = inside(".picture").getBoundingClientRect();
            const parts = [".text", ".note", "button.play", "button.last"]
                .map((part) => inside(part));
            const now = [...player.shadowRoot.querySelectorAll("[data-box].now")];
            seen.push([...parts, ...now].map((part) => {
                const place = part.getBoundingClientRect(), box = now.includes(part);
                const [left, top, right, bottom] = box
                    ? [frame.left, frame.top, frame.right, frame.bottom] : [0, 0, ...inner];
                return place.left >= left - 1 && place.right <= right + 1
                    && place.top >= top - 1 && place.bottom <= bottom + 1;
            }));
        }
        return seen;""", f"{width},{height}")
    assert len(seen) == 20
    assert all(all(parts) and len(parts) == 5 for parts in seen)


def test_steps_that_were_hidden_at_first(tmp_path, graphs):
    """As on a slide that is not shown yet."""
    html = f'<div id="slide" style="display: none">{steps(*graphs["by-hand"]()).html}</div>'
    fit, share = drive(tmp_path, PAGE.format("", html), """
        document.getElementById("slide").style.display = "block";
        const svg = inside("svg");
        return [player.shadowRoot.querySelectorAll("select")[1].value,
                svg.getBoundingClientRect().width / svg.getAttribute("width")];""")
    assert fit == "fit"
    assert 0.74 < share <= 1.6


def test_an_empty_line_would_end_the_html_of_markdown(graphs):
    assert "\n\n" not in steps(*graphs["by-hand"]()).html
