"""Cells: arrays that note what is done to them in place, as formulas of each of their elements."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

__all__ = ["Cell", "Number", "Update"]


class Number:
    """A number that differs from step to step, as the text of a formula.

    Examples
    --------
    >>> eta = Number("eta")
    >>> (1 - eta * 0.01).text
    '(1.0 - (eta * 0.01))'
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __neg__(self) -> "Number":
        return Number(f"(-{self.text})")


def _binary(symbol: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def forward(self: Number, other: Any) -> Any:
        if isinstance(other, Cell):
            return NotImplemented
        return Number(f"({self.text} {symbol} {_text(other)})")

    def backward(self: Number, other: Any) -> Any:
        return Number(f"({_text(other)} {symbol} {self.text})")

    return forward, backward


def _text(x: Any) -> str:
    return x.text if isinstance(x, Number) else repr(float(x))


for _name, _symbol in {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**"}.items():
    _forward, _backward = _binary(_symbol)
    setattr(Number, f"__{_name}__", _forward)
    setattr(Number, f"__r{_name}__", _backward)


class Cell(NDArrayOperatorsMixin):
    """An array of which every element is changed in the same way.

    Attributes
    ----------
    value : str or tuple
        What an element is now: the name of an array, or an operation's name and its operands.

    Examples
    --------
    >>> w, g = Cell("w"), Cell("g")
    >>> w -= 0.1 * g
    >>> w.value
    ('subtract', 'w', ('multiply', 0.1, 'g'))
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        (out,) = kwargs.pop("out", (None,))
        if method != "__call__" or kwargs or any(
                not isinstance(x, (Cell, Number, float, int)) for x in inputs):  # fmt: skip
            return NotImplemented
        made = ufunc.__name__, *(x.value if isinstance(x, Cell) else x for x in inputs)
        if out is None:
            return Cell(made)
        out.value = made
        return out


class Update:
    """A step of an optimizer, for each element alike.

    Attributes
    ----------
    numbers : int
        How many numbers it needs that differ from step to step.
    values : dict
        For each array what its elements become: w, and what is remembered; of g it is read.
    """

    def __init__(
        self, step: Callable[..., None], arrays: Sequence[str], numbers: int
    ) -> None:
        cells = {name: Cell(name) for name in ("w", "g", *arrays)}
        step(cells, [Number(f"n{k}") for k in range(numbers)])
        self.numbers = numbers
        self.values: Mapping[str, Any] = {
            name: cell.value for name, cell in cells.items()
            if name != "g" and cell.value != name}  # fmt: skip


