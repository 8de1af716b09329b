"""The site: built without a warning, whole without a network, and looked at in a browser."""

import functools
import http.server
import importlib.util
import inspect
import json
import re
import shutil
import subprocess
import sys
import threading
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

import autograd.programs
import mlp.keras
import mlp.steps
from autograd.ops import Elementwise

ROOT = Path(__file__).parent.parent
BROWSER = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome")), None)
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(needed) is None for needed in ("sphinx", "myst_nb", "furo")),
    reason="Sphinx is not installed (extra site)")  # fmt: skip


def test_the_site(tmp_path):
    """One test, so that it is built once, however many workers there are."""
    done = subprocess.run([sys.executable, ROOT / "docs/site/build.py", tmp_path], cwd=ROOT,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    links_lead_somewhere_and_nothing_comes_from_elsewhere(tmp_path / "site")
    every_public_name_is_described(tmp_path / "site")
    if BROWSER:
        every_page_is_fine_in_a_browser(tmp_path / "site", tmp_path)


def pages(site):
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def links_lead_somewhere_and_nothing_comes_from_elsewhere(site):
    text = {path: path.read_text(encoding="utf-8") for path in pages(site)}
    anchors = {path: {unescape(name) for name in re.findall(r'\bid="([^"]+)"', page)}
               for path, page in text.items()}  # fmt: skip
    links = 0
    for path, page in text.items():
        page = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
        for link in re.findall(r'<a [^>]*?href="([^"]+)"', page):
            if "://" in link or link.startswith("mailto:"):
                continue
            name, _, anchor = unescape(link).partition("#")
            target = (path.parent / unquote(name)).resolve() if name else path
            assert target.exists(), f"{path.name} links to {link}"
            if anchor and target in anchors:
                assert unquote(anchor) in anchors[target], f"{path.name} links to {link}"
            links += 1
        for source in re.findall(r'<(?:img|script|link|iframe)[^>]*?(?:src|href)="([^"]+)"', page):
            assert not re.match(r"(https?:)?//", source), f"{path.name} loads {source}"
    assert links > 3000


def every_public_name_is_described(site):
    ids = set(re.findall(r'id="((?:autograd|mlp)\.[^"]+)"', "".join(
        path.read_text(encoding="utf-8") for path in (site / "api").glob("*.html"))))
    described = {name.rpartition(".")[2] for name in ids}
    for package in autograd, autograd.programs, mlp, mlp.steps, mlp.keras:
        for name in package.__all__:
            thing = getattr(package, name)
            if not isinstance(thing, Elementwise) and not inspect.ismodule(thing):
                assert name in described, name
    table = (site / "docs/operations.html").read_text(encoding="utf-8")
    for name, thing in vars(autograd).items():
        if isinstance(thing, Elementwise) and name == thing.name:
            assert f">{name}(" in table, name


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *_):
        pass


LOOK = """<!doctype html><meta charset="utf-8"><iframe style="width: 390px; height: 800px"></iframe>
<script>(async () => {
    const frame = document.querySelector("iframe"), seen = {};
    for (const page of PAGES) {
        await new Promise((done) => { frame.onload = done; frame.src = page; });
        const inner = frame.contentDocument, player = inner.querySelector(".chainrule-steps");
        const part = (name) => player.shadowRoot.querySelector(name);
        if (player) part("button.last").click();
        seen[page] = {
            title: inner.title, math: inner.querySelectorAll("math").length,
            wide: inner.documentElement.scrollWidth - inner.documentElement.clientWidth,
            steps: player ? part(".where").textContent : "",
        };
    }
    document.title = JSON.stringify(seen);
})()</script>"""


def every_page_is_fine_in_a_browser(site, folder):
    """On a phone: no error, nothing wider than the page, formulas set, and `steps` plays."""
    names = [path.relative_to(site).as_posix() for path in pages(site)
             if not {"_modules", "index.html", "search.html"} & set(path.relative_to(site).parts)]
    script = LOOK.replace("PAGES", json.dumps(names))
    (site / "look.html").write_text(script, encoding="utf-8")
    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            done = subprocess.run(
                [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update",
                 f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", "--dump-dom",
                 "--virtual-time-budget=120000",
                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                 f"http://127.0.0.1:{server.server_port}/look.html"],
                check=True, capture_output=True, text=True, timeout=300)  # fmt: skip
        finally:
            server.shutdown()
            (site / "look.html").unlink()
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not console
    seen = json.loads(unescape(re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)[1]))
    assert set(seen) == set(names)
    assert seen["notebooks/01-computation-graphs.html"]["steps"] == "Backward 5 of 5"
    assert seen["docs/operations.html"]["math"] > 200
    for name, page in seen.items():
        assert "chainrule" in page["title"], name
        assert page["wide"] <= 0, f"{name} is wider than a phone"
