"""Write notebooks as pages that need nothing else: no Python, no network, no script for formulas.

::

    python notebooks/page.py 04    # out/04-backpropagation.html, and its solutions beside it
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

from autograd.show.paint.mathml import FONTS, formula, mathml

__all__ = ["main", "page"]

FOLDER = Path(__file__).resolve().parent
_FORMULA = re.compile(
    r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|(?<!\\)\$((?:(?!\n\n)[^$])+?)\$", re.DOTALL)
# Pages of nbconvert ask a network for MathJax, RequireJS and the like, which none of ours needs.
_FROM_ELSEWHERE = re.compile(
    r'<script[^>]*\ssrc="https?:.*?</script>|<script type="module">[^<]*mermaid.*?</script>',
    re.DOTALL,
)


def page(notebook: nbformat.NotebookNode) -> str:
    """Write a notebook as HTML, with formulas as MathML."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _FORMULA.sub(_set, cell.source)
        for output in cell.get("outputs", ()):
            latex = output.get("data", {}).get("text/latex")
            if latex is not None:
                output.data["text/html"] = formula(latex.strip("$"))
    text, _ = HTMLExporter().from_notebook_node(notebook)
    style = f"math {{ font-family: {FONTS} }} div:has(> math) {{ margin-bottom: .6em }}"
    text = text.replace("</head>", f"<style>{style}</style></head>", 1)
    return _FROM_ELSEWHERE.sub("", text)


def _set(found: re.Match[str]) -> str:
    code, display, inline = found.groups()
    if code is not None:
        return code
    # On one line, since an empty line would end the HTML in Markdown.
    return f"\n{formula(display)}\n" if display is not None else mathml(inline)


def main(arguments: list[str]) -> None:
    """Write those whose names begin with one of the texts, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("wanted", nargs="*", help="how their names begin; all if not given")
    parser.add_argument("-o", "--out", type=Path, default=FOLDER.parent / "out", help="the folder")
    given = parser.parse_args(arguments)
    found = [path for path in sorted(FOLDER.glob("**/[0-9]*.ipynb"))
             if path.name.startswith(tuple(given.wanted) or "")]  # fmt: skip
    if not found:
        parser.error(f"no notebook begins with {' or '.join(given.wanted)}")
    given.out.mkdir(parents=True, exist_ok=True)
    for path in found:
        written = given.out / f"{path.stem}.html"
        written.write_text(page(nbformat.read(path, 4)), encoding="utf-8")
        print(written)


if __name__ == "__main__":
    main(sys.argv[1:])
