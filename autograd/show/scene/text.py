"""Numbers and names as a picture writes them, how wide they come out, and texts in columns.

A layout that asked the fonts of the machine would differ from machine to machine; the widths
of Helvetica (and of Arial and Liberation Sans, which share them) are a small table instead.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ...node import Node

__all__ = [
    "CHANGED", "aligned", "caption", "data", "flat", "in_product", "kind",
    "number", "plain", "shorten", "split_subscript", "text_width", "written",
]  # fmt: skip

CHANGED = "(changed)"  # said of leaves that were set after they had been used

# Advance widths in thousandths of the font size, each with the characters that have it.
_REGULAR = {
    191: "'", 222: "ijl", 260: "|", 278: " !,./:;I[\\]ft·", 333: "()-`r²³", 334: "{}", 355: '"',
    389: "*", 446: "ε", 469: "^", 494: "∂", 500: "Jcksvxyzγλ", 549: "÷√≤≥±", 584: "+<=>~−×",
    611: "FTZ", 617: "σΣ", 648: "φ", 667: "&ABEKPSVXYΔ", 690: "π", 713: "∞", 722: "CDHNRUw",
    748: "Ω", 778: "GOQω", 833: "Mm½", 889: "%", 944: "W", 1000: "—…→", 1015: "@",
}
_BOLD = {
    238: "'", 278: " ,./I\\ijl·", 280: "|", 333: "!()-:;[]`ft²³", 389: "*r{}", 474: '"ε',
    494: "∂", 500: "z", 549: "÷√≤≥±", 584: "+<=>^~−×", 611: "?FLTZbdghnopquΣδβημαρ",
    667: "EPSVXY", 684: "σ", 713: "∞φ", 722: "&ABCDHKNRUΔ", 766: "π", 778: "GOQw", 802: "Ω",
    833: "M½", 845: "ω", 889: "%m", 944: "W", 975: "@", 1000: "—…→",
}
_DIGIT = 556  # digits, and most lower-case letters


class _Widths(dict[str, int]):
    """Widths of characters, those that are not in the table estimated rather too wide than not."""

    def __init__(self, table: Mapping[int, str]) -> None:
        super().__init__((chr(code), _DIGIT) for code in range(128))
        self.update((c, width) for width, characters in table.items() for c in characters)

    def __missing__(self, character: str) -> int:
        if unicodedata.category(character) in _OVER:
            return 0
        return 1300 if unicodedata.east_asian_width(character) in "WF" else 720


_USUAL = {*"−–…×·Σ∂‖→²"}  # of one column
_OVER = "Mn", "Me", "Cf"  # characters that are drawn over the one before
_WIDTHS = _Widths(_REGULAR), _Widths(_BOLD)

_SUBSCRIPT = re.compile(r"([^_$]+)_(?:\{([^{}$]+)\}|([^_{}$]+))")
_UNPRINTABLE = re.compile(  # or it would turn round what is written beside it
    r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)


@lru_cache(10_000)
def text_width(text: str, size: float = 12, bold: bool = False) -> float:
    """Give the width of a line of Helvetica, in the unit of ``size``.

    Examples
    --------
    >>> text_width("data", size=10)
    19.46
    """
    return round(sum(map(_WIDTHS[bold].__getitem__, text)) * size / 1000, 2)


def number(value: Any) -> str:
    """Write a number with four significant digits, and up to seven before it takes an exponent.

    Examples
    --------
    >>> [number(x) for x in (2.0, -0.0, 1 / 3, 123456.789, 1e7, float("inf"), float("nan"))]
    ['2', '−0', '0.3333', '123456.8', '1e+07', '∞', 'NaN']
    """
    text = f"{value:.4g}"
    if "e+0" in text:
        text = f"{value:.7g}"
        text = f"{value:.4g}" if "e" in text else text
    text = text.replace("-", "−")
    return text.replace("inf", "∞").replace("nan", "NaN")


def written(x: float, digits: int | None) -> str:
    """Write a number with so many decimals, or with four significant digits.

    Examples
    --------
    >>> written(0.0821670407, 9), written(-2e-9, 4), written(0.6, 0), written(0.0821670407, None)
    ('0.082167041', '−2.0000e−09', '1', '0.08217')
    """
    if digits is None or not math.isfinite(x):
        return number(x)
    least = 10.0 ** (2 - digits) if digits > 2 else 0.0  # that still has some digits
    plain = x == 0 or least <= abs(x) < 1e15 or x == round(x, digits)
    return f"{x:.{digits}{'f' if plain else 'e'}}".replace("-", "−")


def data(x: Any) -> str:
    """Write a number, or an array: up to four numbers in full, of more the extremes.

    Examples
    --------
    >>> data(0.25), data(np.eye(2)), data(np.arange(10))
    ('0.25', '[[1, 0], [0, 1]]', '0 … 9')
    """
    if isinstance(x, float):
        return number(x)
    array = np.asarray(x)
    if array.ndim == 0:
        return number(array)
    if array.size <= 4:
        return f"[{', '.join(map(data, array))}]"
    return f"{number(array.min())} … {number(array.max())}"


def kind(array: Any) -> str:
    """Write the shape and the type of an array.

    Examples
    --------
    >>> kind(np.zeros((64, 10), "float32")), kind(np.float64(1))
    ('64×10 float32', 'float64')
    """
    return f"{'×'.join(map(str, array.shape))} {array.dtype}".strip()


def plain(label: str) -> str:
    r"""Put a label on one line, with a � for each character that no picture has a place for.

    Examples
    --------
    >>> plain("two\n  lines\x00")
    'two lines�'
    """
    return _UNPRINTABLE.sub("\ufffd", " ".join(label.split()))


def shorten(label: str, length: int = 20) -> str:
    """Cut a long label short with an ellipsis.

    Examples
    --------
    >>> shorten("a label of many, many words")
    'a label of many, ma…'
    """
    return label if len(label) <= length else label[: length - 1].rstrip() + "…"


def split_subscript(label: str) -> tuple[str, str]:
    """Split a label with one underscore into the letter and its subscript.

    Examples
    --------
    >>> split_subscript("out_h1"), split_subscript("w_{12}"), split_subscript("a_b_c")
    (('out', 'h1'), ('w', '12'), ('a_b_c', ''))
    """
    match = _SUBSCRIPT.fullmatch(label)
    return (match[1], match[2] or match[3]) if match else (label, "")


def caption(node: Node) -> str:
    """Give a node's label on one short line; "" if it has none."""
    return shorten(plain(node.label))


def flat(label: str) -> str:
    """Write a label with a number for its subscript as one word, where there are no subscripts.

    Examples
    --------
    >>> flat("w_12"), flat("out_h1"), flat("x1_2")
    ('w12', 'out_h1', 'x1_2')
    """
    stem, subscript = split_subscript(label)
    return stem + subscript if subscript.isdecimal() and not stem[-1:].isdecimal() else label


def aligned(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Put texts in columns, each flush with the left or the right, ``<`` or ``>``.

    Examples
    --------
    >>> print(aligned([("name", "data"), ("x", "0.5"), ("out", "12")], "<>"))
    name  data
    x      0.5
    out     12
    """
    sizes = [[*map(_columns, row)] for row in rows]
    widths = [*map(max, zip(*sizes, strict=True))]
    lines = []
    for row, mine in zip(rows, sizes, strict=True):
        texts = []
        for text, size, side, width in zip(row, mine, sides, widths, strict=True):
            space = " " * (width - size)
            texts.append(text + space if side == "<" else space + text)
        lines.append("  ".join(texts).rstrip())
    return "\n".join(lines)


def _columns(text: str) -> int:
    """Give the width of a text where all letters are equally wide, and Chinese ones twice that."""
    odd = [c for c in text if c > "\u02ff" and c not in _USUAL]
    over = sum(unicodedata.category(c) in _OVER for c in odd)
    return len(text) - over + sum(unicodedata.east_asian_width(c) in "WF" for c in odd)


def in_product(number: str) -> str:
    """Put a number that is not the first of a product in parentheses if it is negative."""
    return f"({number})" if number.startswith("−") else number
