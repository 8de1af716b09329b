"""The generated code as a module of its own: with its constants, and functions that NumPy lacks."""

from typing import Any

import numpy as np

from .source import Source, function

__all__ = ["array_text", "listing"]


def listing(source: Source) -> str:
    """Write a module that needs nothing but NumPy."""
    parts = ["import numpy as np"]
    constants = [f"{name} = {array_text(x)}" for name, x in source.constants.items()]
    if constants:
        parts.append("\n".join(constants))
    functions: list[str] = []
    while len(functions) < len(rows := source.rows):  # one may call others
        name, op = list(rows.items())[len(functions)]
        functions.append(function(op, name, rows))
    parts += functions
    quiet = '    @np.errstate(all="ignore")\n    def backward('
    parts.append(source.text.replace("    def backward(", quiet).rstrip())
    return "\n\n\n".join(parts) + "\n"


def array_text(x: Any) -> str:
    """Write an array so that it comes out the same."""
    if x.size > 3 and (x == 1).all():
        return f"np.ones({x.shape}, np.{x.dtype})"
    text = np.array2string(x, separator=", ", threshold=x.size + 1, max_line_width=96,
                           floatmode="unique").replace("\n", "\n    ")  # fmt: skip
    for word in "inf", "nan":
        text = text.replace(word, f"np.{word}")
    kind = "" if x.dtype in (float, int) else f", np.{x.dtype}"
    return f"np.array({text}{kind})"
