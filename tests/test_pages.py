"""Notebooks as pages: whole without a network, formulas set, with and without solutions."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
if importlib.util.find_spec("nbconvert") is None:
    pytest.skip("nbconvert is not installed (extra notebook)", allow_module_level=True)
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The pages of all notebooks, by their names: with solutions, and without."""
    folder = tmp_path_factory.mktemp("pages")
    found = []
    for name, more in ("all", []), ("handed-out", ["--no-solutions"]):
        subprocess.run([sys.executable, FOLDER / "page.py", "-o", folder / name, *more],
                       check=True, capture_output=True, cwd=FOLDER.parent)  # fmt: skip
        found.append({path.stem: path.read_text(encoding="utf-8")
                      for path in (folder / name).glob("*.html")})  # fmt: skip
    return found


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_needs_nothing_from_elsewhere(written, notebook):
    page = written[0][notebook.stem]
    assert not re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?//', page)
    assert "import(" not in page
    assert "@import url" not in page
    body = re.sub(r"<(script|pre|code|style).*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"\$[^$\n<]+\$|\\frac|\\begin", body)


def test_formulas_are_set(written):
    assert sum(page.count("<math") for page in written[0].values()) > 350
    assert "<mfrac>" in written[0]["04-backpropagation"]


def test_without_the_solutions(written):
    for name, page in written[1].items():
        assert ">Solutions<" not in re.sub(r"<a .*?</a>", "", page), name
        assert len(page) < len(written[0][name]), name


def test_a_name_that_none_begins_with(tmp_path):
    done = subprocess.run([sys.executable, FOLDER / "page.py", "99", "-o", tmp_path / "new"],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 2
    assert "no notebook begins with 99" in done.stderr
    assert not (tmp_path / "new").exists()
