"""What the documents point to is there. (Their Python examples run as doctests.)"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted(ROOT.glob("docs/*.md")),
    *(ROOT / name / "README.md" for name in ("notebooks", "findings")),
]
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def anchors(page):
    """Give the anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pages
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in links:
        if "://" not in link:
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link
    assert links or page.name != "README.md"


@pages
def test_make_knows_what_is_called(page):
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = page.read_text(encoding="utf-8")
    calls = re.findall(r"(?:`|^)make ([a-z][a-z ]*)", text, re.MULTILINE)
    assert {word for call in calls for word in call.split()} <= set(targets)
    assert calls or page.name != "CONTRIBUTING.md"


def test_the_row_in_the_readme_is_a_row_of_the_table():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (row,) = (block for block in blocks if ">>>" not in block)
    assert row in (ROOT / "autograd" / "ops.py").read_text()


def test_the_architecture_names_every_file():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for path in [*(ROOT / "autograd").iterdir(), *(ROOT / "mlp").iterdir()]:
        if not path.name.startswith("__") and (path.is_dir() or path.suffix == ".py"):
            assert f"(../{path.parent.name}/{path.name})" in page, path.name
