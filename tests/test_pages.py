"""Notebooks as pages: whole without a network, formulas set."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
if importlib.util.find_spec("nbconvert") is None:
    pytest.skip("nbconvert is not installed (extra notebook)", allow_module_level=True)
import nbformat  # noqa: E402

NOTEBOOKS = sorted(FOLDER.glob("**/[0-9]*.ipynb"))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The pages of all notebooks, by their names."""
    folder = tmp_path_factory.mktemp("pages")
    subprocess.run([sys.executable, FOLDER / "page.py", "-o", folder], check=True,
                   capture_output=True, cwd=FOLDER.parent)  # fmt: skip
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_needs_nothing_from_elsewhere(written, notebook):
    page = written[notebook.stem]
    assert not re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?//', page)
    assert "import(" not in page
    assert "@import url" not in page
    body = re.sub(r"<(script|pre|code|style).*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"\$[^$\n<]+\$|\\frac|\\begin", body)


def test_formulas_are_set(written):
    assert sum(page.count("<math") for page in written.values()) > 350
    assert "<mfrac>" in written["04-backpropagation"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_formula_goes_on_behind_the_mark_of_a_quotation(notebook):
    """Front ends take formulas out before they read the Markdown: it would be a sign of them."""
    for cell in nbformat.read(notebook, 4).cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"```.*?```|`[^`\n]*`", "", cell.source, flags=re.DOTALL)
            assert not [part for part in text.split("$")[1::2] if re.search(r"\n *[>|]", part)]


def test_on_paper_outputs_are_in_a_font_that_has_the_bar(tmp_path):
    stored = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    nbformat.write(stored, tmp_path / "one.ipynb")
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "latex", tmp_path / "one.ipynb",
                    "--template-file", FOLDER / "paper.tex.j2"], check=True)  # fmt: skip
    before, _, _ = (tmp_path / "one.tex").read_text(encoding="utf-8").partition("\\begin{document}")
    assert before.index("{fontspec}") < before.index("\\setmonofont{DejaVu Sans Mono}")


def test_a_name_that_none_begins_with(tmp_path):
    done = subprocess.run([sys.executable, FOLDER / "page.py", "99", "-o", tmp_path / "new"],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 2
    assert "no notebook begins with 99" in done.stderr
    assert not (tmp_path / "new").exists()
