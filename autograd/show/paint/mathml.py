"""Formulas as MathML, which browsers set by themselves: no script, and nothing from a network."""

from __future__ import annotations

import re
from html import escape

__all__ = ["FONTS", "formula", "mathml"]

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_TALL = re.compile(r"<(mfrac|mtable|munder)\b")  # what brackets have to grow around
_RELATION = re.compile(r"<mo>[^<]*</mo>$")  # after which a minus is a sign
_LETTERS = dict(zip(
    re.findall(r"\w+", """alpha beta gamma delta varepsilon epsilon zeta eta theta iota kappa lambda
        mu nu xi pi rho sigma tau upsilon varphi phi chi psi omega Gamma Delta Theta Lambda Xi Pi
        Sigma Upsilon Phi Psi Omega"""),
    "αβγδεϵζηθικλμνξπρστυφϕχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True,
))  # fmt: skip
_SIGNS = {
    "cdot": "·", "times": "×", "pm": "±", "partial": "∂", "infty": "∞", "ge": "≥", "le": "≤",
    "ne": "≠", "in": "∈", "top": "⊤", "ldots": "…", "dots": "…", "leftarrow": "←", "to": "→",
    "mapsto": "↦",
    "uparrow": "↑", "downarrow": "↓", "colon": ":", "wedge": "∧", "sim": "∼", "backslash": "\\",
    "sum": "∑", "prod": "∏", "approx": "≈", "odot": "⊙", "nabla": "∇", "Rightarrow": "⇒",
    "vdots": "⋮",
    **{sign: sign for sign in "{}$%#&_"},
}  # fmt: skip
_NAMES = {"partial", "infty", "top", "dots", "ldots", "nabla"}  # which are no operators
_FUNCTIONS = {
    "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "exp", "log", "ln",
    "max", "min",
}  # fmt: skip
_SPACES = {",": 1 / 6, ";": 5 / 18, " ": 1 / 4, "quad": 1, "qquad": 2, "!": -1 / 6}  # in em
_FENCES = {"lvert": "|", "rvert": "|", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉",
           "{": "{", "}": "}", "lVert": "‖", "rVert": "‖"}  # fmt: skip
_FACES = {"mathit": "font-style:italic", "mathrm": "", "mathsf": "font-family:sans-serif",
          "operatorname": "", "text": ""}  # fmt: skip
_BOARD = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "C": "ℂ"}
FONTS = "Latin Modern Math,STIX Two Math,Cambria Math,DejaVu Math TeX Gyre,math"  # on any system
# As wide as it is, so that what is around it can scroll.
_DISPLAY = f"width:max-content;margin:0 auto;font-family:{FONTS}"
_TABLES = {  # how the columns stand, and what is around them
    "aligned": ("rl", "", ""), "cases": ("l", "{", ""), "pmatrix": ("c", "(", ")"),
    "bmatrix": ("c", "[", "]"), "matrix": ("c", "", ""), "array": ("l", "", ""),
}  # fmt: skip


def mathml(latex: str, display: bool = False) -> str:
    r"""Write LaTeX as MathML: all that formulas of this project consist of.

    Parameters
    ----------
    latex : str
        A formula, without the dollars around it.
    display : bool, optional
        Whether it stands on lines of its own.

    Raises
    ------
    ValueError
        If there is something in it that this does not know, or a brace or an end is missing.

    Examples
    --------
    >>> mathml(r"\frac{x}{2}")
    '<math><mfrac><mi>x</mi><mn>2</mn></mfrac></math>'
    """
    reader = _Reader(latex)
    body = reader.row()
    if reader.next:
        raise ValueError(f"mathml: {reader.next} without its beginning, in {latex!r}")
    if not display:
        return f"<math>{body}</math>"
    return f'<math display="block" style="{_DISPLAY}">{body}</math>'


def formula(latex: str) -> str:
    """Write a formula as a part of a page, which scrolls where the page is narrower."""
    return f'<div style="overflow-x:auto;padding:.4em 0">{mathml(latex, display=True)}</div>'


class _Reader:
    """Reads LaTeX from its beginning to its end; what was read comes out as elements."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.tokens = _TOKEN.findall(latex)[::-1]  # the next one stands last

    @property
    def next(self) -> str:
        """The next token that is no space, or nothing."""
        while self.tokens and self.tokens[-1].isspace():
            self.tokens.pop()
        return self.tokens[-1] if self.tokens else ""

    def take(self, wanted: str = "") -> str:
        """Take the next token, which may have to be a certain one."""
        token = self.next
        if not token or wanted not in ("", token):
            raise ValueError(f"mathml: expected {wanted or 'more'} at {token or 'the end'!r}, "
                             f"in {self.latex!r}")  # fmt: skip
        self.tokens.pop()
        return token

    def row(self) -> str:
        """Read up to what ends a row: a brace, a cell's or a line's end, a right fence."""
        parts: list[str] = []
        while (token := self.next) and token not in ("}", "&", r"\\", r"\end", r"\right"):
            signed = token in ("+", "-") and (not parts or bool(_RELATION.search(parts[-1])))
            part = self.scripted()
            parts.append(part.replace("<mo>", '<mo form="prefix">', 1) if signed else part)
            if token[1:] in _FUNCTIONS and self.next not in ("(", "[", ",", ")", r"\left", ""):
                parts.append(_space(1 / 6))
        return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"

    def argument(self) -> str:
        """Read what a command takes: a group in braces, or one letter, digit or command."""
        if self.next == "{":
            self.take()
            inner = self.row()
            self.take("}")
            return inner
        if len(self.next) > 1 and self.next[0].isdigit():
            number = self.take()
            self.tokens.append(number[1:])
            return f"<mn>{number[0]}</mn>"
        return self.atom()

    def raw(self) -> str:
        """Read a group as text, or one letter."""
        if self.next != "{":
            return self.take()
        self.take()
        parts: list[str] = []
        while self.tokens and self.tokens[-1] != "}":
            token = self.tokens.pop()
            parts.append(token[1:] if token[0] == "\\" and not token[1:].isalpha() else token)
        self.take("}")
        return "".join(parts)

    def scripted(self) -> str:
        """Read an element with what stands below and above it."""
        start = self.next
        base, below, above = self.atom(), "", ""
        while self.next in ("_", "^", "'"):
            match self.take():
                case "_":
                    below = self.argument()
                case "^":
                    above += self.argument()
                case _:
                    above += "<mo>′</mo>"
        if above.count("<mo>′</mo>") > 1:
            above = f"<mrow>{above}</mrow>"
        stacked = start in (r"\underbrace", r"\sum", r"\prod")
        kind = {(True, False): "sub", (False, True): "sup", (True, True): "subsup"}.get(
            (bool(below), bool(above)))  # fmt: skip
        if kind is None:
            return base
        if stacked:
            kind = kind.replace("sub", "under").replace("sup", "over")
        return f"<m{kind}>{base}{below}{above}</m{kind}>"

    def atom(self) -> str:
        """Read one element."""
        token = self.next
        if token == "{":
            return f"<mrow>{self.argument()}</mrow>"
        self.take()
        if token[0] == "\\":
            return self.command(token[1:])
        if token[0].isdigit() or token == "½":
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        return _fence(token) if token in "()[]|" else f"<mo>{escape(token.replace('-', '−'))}</mo>"

    def command(self, name: str) -> str:
        """Read what a command takes, and write it."""
        if name in _LETTERS:
            upright = ' mathvariant="normal"' if name[0].isupper() else ""
            return f"<mi{upright}>{_LETTERS[name]}</mi>"
        if name in _SIGNS:
            kind = "mi" if name in _NAMES else "mo"
            return f"<{kind}>{escape(_SIGNS[name])}</{kind}>"
        if name in _FUNCTIONS:
            return f"<mi>{name}</mi>"
        if name in _SPACES:
            return _space(_SPACES[name])
        if name in _FENCES:
            return _fence(_FENCES[name])
        if name in _FACES:
            return _in_face(name, self.raw())
        match name:
            case "frac" | "tfrac":
                fraction = f"<mfrac>{self.argument()}{self.argument()}</mfrac>"
                small = name == "tfrac"
                return f'<mstyle displaystyle="false">{fraction}</mstyle>' if small else fraction
            case "sqrt":
                if self.next != "[":
                    return f"<msqrt>{self.argument()}</msqrt>"
                self.take()
                degree = self.atom()
                self.take("]")
                return f"<mroot>{self.argument()}{degree}</mroot>"
            case "hat":
                return f'<mover accent="true">{self.argument()}<mo stretchy="false">^</mo></mover>'
            case "overline":  # as a border, which no font lacks
                return f'<mrow style="border-top:thin solid">{self.argument()}</mrow>'
            case "underbrace":
                return f'<munder>{self.argument()}<mo stretchy="true">⏟</mo></munder>'
            case "mathbb":
                letter = self.raw()
                return f"<mi>{_BOARD.get(letter, letter)}</mi>"
            case "mathrel":
                return f"<mo>{escape(self.raw())}</mo>"
            case "bmod":
                return '<mo lspace="0.22em" rspace="0.22em">mod</mo>'
            case "phantom":
                return f"<mphantom>{self.argument()}</mphantom>"
            case "displaystyle" | "textstyle":
                style = str(name == "displaystyle").lower()
                return f'<mstyle displaystyle="{style}">{self.row()}</mstyle>'
            case "left":
                left = self.fence()
                inner = self.row()
                self.take(r"\right")
                # A browser gives a bracket that may grow the width of its largest form.
                tall = _TALL.search(inner) is not None
                return f"<mrow>{_fence(left, tall)}{inner}{_fence(self.fence(), tall)}</mrow>"
            case "begin":
                return self.table(self.raw())
        raise ValueError(f"mathml: \\{name} is not known, in {self.latex!r}")

    def fence(self) -> str:
        """Read what follows on a left or a right: a bracket, a bar, or a dot for nothing."""
        token = self.take()
        return "" if token == "." else _FENCES.get(token[1:], token[-1])

    def table(self, name: str) -> str:
        """Read an environment of rows and columns."""
        if name not in _TABLES:
            raise ValueError(f"mathml: {name!r} is not known, in {self.latex!r}")
        columns, left, right = _TABLES[name]
        bars: tuple[int, ...] = ()
        if name == "array":
            first, *others = self.raw().split("|")
            columns = "".join((first, *others))
            bars = tuple(len("".join((first, *others[:k]))) for k in range(len(others)))
        rows: list[str] = []
        line = False
        while True:
            while self.next == r"\hline":
                line = bool(self.take())
            cells = [self.row()]
            while self.next == "&":
                self.take()
                cells.append(self.row())
            if len(cells) > 1 or cells[0] != "<mrow></mrow>":
                rows.append(_table_row(cells, name, columns, bars, line))
            line = False
            if self.next != r"\\":
                break
            self.take()
            if self.next == "[":  # the distance to the next line, which the rows have anyway
                while self.take() != "]":
                    pass
        self.take(r"\end")
        if (end := self.raw()) != name:
            raise ValueError(f"mathml: {name!r} ends with {end!r}, in {self.latex!r}")
        display = str(name == "aligned").lower()
        body = f'<mtable displaystyle="{display}">{"".join(rows)}</mtable>'
        if not left and not right:
            return body
        return f"<mrow>{_fence(left, True)}{body}{_fence(right, True)}</mrow>"


_SIDES = {
    side[0]: f"text-align:{side};text-align:-moz-{side};text-align:-webkit-{side};"
    for side in ("right", "left", "center")
}


def _table_row(
    cells: list[str], name: str, columns: str, bars: tuple[int, ...], line: bool
) -> str:
    """Write a row, with styles that say what browsers do not read from attributes."""
    written = ""
    for k, cell in enumerate(cells):
        style = _SIDES[columns[k % len(columns)]]
        style += "padding:.25em 0" if name == "aligned" else "padding:.25em .5em"
        style += ";border-left:thin solid" if k in bars else ""
        style += ";border-top:thin solid" if line else ""
        written += f'<mtd style="{style}">{cell}</mtd>'
    return f"<mtr>{written}</mtr>"


def _fence(sign: str, stretchy: bool = False) -> str:
    if not sign:
        return ""
    return f'<mo stretchy="{str(stretchy).lower()}">{escape(sign)}</mo>'


def _space(width: float) -> str:
    return f'<mspace width="{width:.3g}em"/>'


def _in_face(name: str, text: str) -> str:
    """Write words; no mtext, which counts as a space: around it operators have none."""
    kept = escape(text).replace(" ", "\N{NO-BREAK SPACE}")  # a table's column would be too narrow
    style = f' style="{_FACES[name]}"' if _FACES[name] else ""
    upright = ' mathvariant="normal"' if len(text) == 1 and name != "mathit" else ""
    return f"<mi{upright}{style}>{kept}</mi>"
