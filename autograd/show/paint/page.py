"""Pages and parts of pages: HTML that needs nothing from elsewhere."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from abc import ABC, abstractmethod
from base64 import b64encode
from html import escape
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from .mathml import formula

__all__ = [
    "AS_TEXT", "Played", "Shown", "Typeset", "for_print", "image", "in_jupyter", "plain",
    "save_page",
]  # fmt: skip

_FULL_SIZE = "jp-mod-unconfined"  # what JupyterLab calls an image that it shall not shrink
AS_TEXT = "tex2jax_ignore mathjax_ignore"  # where dollars in a label begin no formula
_UNPACK = (
    "var s=this.style.cssText;this.outerHTML=atob(this.src.split(',')[1])"
    f""".replace(/<svg( class="([^"]*))?"?/,'<svg class="{_FULL_SIZE} $2" style="'+s+'"')"""
)
_SPELLED = str.maketrans(  # what pdflatex has not, in words
    {chr(code): unicodedata.name(chr(code)).split()[-1].lower() for code in range(0x3B1, 0x3CA)}
    | {"−": "-", "Σ": "sum", "Π": "product", "√": "sqrt ", "∂": "d", "≤": "<=", "′": "'", "✗": "x"})
_WIDTH = re.compile(r'<svg[^>]* width="([\d.]+)(\w*)"')
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --steps-size: clamp(15px, 1.25vw, 26px); }}
body {{ margin: 0 auto; padding: 1.5vw; max-width: 120rem;
  font: var(--steps-size)/1.5 Helvetica, Arial, sans-serif; }}
h1 {{ font-size: 1.5em; margin: 0 0 .6em; }}
body > svg, img {{ zoom: 1.5; max-width: 100%; height: auto; background: white; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


class Shown(ABC):
    """What a notebook shows by a bundle, and by HTML where a front end asks for that alone."""

    @property
    @abstractmethod
    def svg(self) -> str:
        """The picture as SVG, for front ends without HTML."""

    @property
    @abstractmethod
    def html(self) -> str:
        """The picture as a part of a page."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "image/svg+xml": self.svg,
                "text/plain": for_print(repr(self))}  # fmt: skip

    def _repr_html_(self) -> str | None:
        if in_jupyter():  # which has asked for the bundle
            return None
        bundle = self._repr_mimebundle_()
        return bundle.get("text/html") or plain(bundle["text/plain"])


def in_jupyter() -> bool:
    """Tell whether a Jupyter kernel runs this.

    Its front ends take what they like best of a bundle, and set LaTeX, also where they do not
    trust HTML. Others, such as marimo, know HTML only.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def plain(text: str) -> str:
    """Write text as HTML that keeps its lines."""
    return f'<pre style="line-height:1.35">{escape(text)}</pre>'


def for_print(text: str) -> str:
    r"""Write text in characters that pdflatex, which prints notebooks, has; columns stay columns.

    Examples
    --------
    >>> print(for_print("o1  σ(Σ w·x)  −2\nh   x         10"))
    o1  sigma(sum w·x)  -2
    h   x               10
    """
    if "\n\n" in text:
        return "\n\n".join(map(for_print, text.split("\n\n")))
    lines = text.split("\n")
    width = max(map(len, lines))
    blank = "".join(" " if set(c) == {" "} else "x"
                    for c in zip(*(line.ljust(width) for line in lines), strict=True))  # fmt: skip
    ends = [0, *(gap.end() for gap in re.finditer("  +", blank)), width]
    columns = [[line[a:b].translate(_SPELLED) for line in lines] for a, b in pairwise(ends)]
    rows = zip(*([cell.ljust(max(map(len, column))) for cell in column] for column in columns),
               strict=True)  # fmt: skip
    return "\n".join("".join(row).rstrip() for row in rows)


def image(svg: str, title: str, unpack: bool = True) -> str:
    """Put a picture into HTML as an image, which every front end shows, trusted or not.

    JupyterLab shows no SVG of a notebook that it does not trust, but it does show an image in
    HTML; it takes the script away. Where scripts run, the SVG itself takes the place of the image
    if it is to be unpacked, since only then there are tooltips.

    On a narrow page it shrinks to three quarters at most, and then scrolls in a frame of its own.
    """
    data = b64encode(svg.encode("ascii", "xmlcharrefreplace")).decode()
    onload = f'onload="{escape(_UNPACK)}" ' if unpack else ""
    width, unit = _WIDTH.match(svg).groups()  # type: ignore[union-attr]
    least = f"{0.75 * float(width):.0f}{unit or 'px'}"
    return (
        f'<div style="overflow-x:auto"><img class="{_FULL_SIZE}" alt="{escape(title)}" {onload}'
        f'style="max-width:100%;min-width:{least};height:auto" '
        f'src="data:image/svg+xml;base64,{data}"></div>'
    )


class Typeset(ABC):
    """What a notebook sets as a formula."""

    @property
    @abstractmethod
    def latex(self) -> str:
        """The formula, without the dollars around it."""

    def _repr_latex_(self) -> str:
        return f"$${self.latex}$$"

    def _repr_html_(self) -> str | None:
        return None if in_jupyter() else formula(self.latex)


class Played(Shown):
    """A picture that a script plays on: part of a notebook, or a page of its own.

    Attributes
    ----------
    kind : str
        The room that has the script.
    """

    kind: str

    @property
    @abstractmethod
    def title(self) -> str:
        """What the page is about."""

    def save(self, path: str | Path) -> Path:
        """Write a page that plays and needs no network, and give its path.

        Raises
        ------
        ValueError
            If the name does not end in ``.html``, or the graph is too large.
        """
        alone = self.html.replace("<div", "<div data-alone", 1)  # the keys are for nobody else
        return save_page(path, self.title, alone)

    def played(self, svg: str, data: dict[str, Any]) -> str:
        """Put together the picture, what the script reads, and the script."""
        room = files(__package__.rpartition(".")[0])
        parts = (room / "paint" / "player.js", room / self.kind / f"{self.kind}.js")
        lines = "\n".join(part.read_text(encoding="utf-8") for part in parts).splitlines()
        script = "\n".join(filter(str.strip, lines))  # in Markdown, an empty one would end the HTML
        text = json.dumps(data | {"title": self.title}, ensure_ascii=False, separators=(",", ":"))
        text = text.replace("<", r"\u003c")  # nothing in it ends the element that holds it
        return (
            f'<div class="chainrule-{self.kind}">{image(svg, self.title, unpack=False)}\n'
            f'<script type="application/json">{text}</script>\n'
            f"<script>(() => {{\n{script}\n}})();</script></div>"
        )


def save_page(path: str | Path, title: str, body: str) -> Path:
    """Write a whole page, or leave what was there.

    Raises
    ------
    ValueError
        If the name does not end in ``.html``.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"save: a page has a name in .html, not {path.name!r}")
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(_PAGE.format(title=escape(title), body=body), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path
