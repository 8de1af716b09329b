"""The table of a network's layers, as Keras draws it."""

from collections.abc import Iterable
from typing import Any

import numpy as np

__all__ = ["summary"]

HEAD = ["Layer (type)", "Output Shape", "Param #"]
WIDTHS = [31, 22, 13]  # at least


def summary(model: Any) -> str:
    """Write the layers of a `Sequential`, the shapes of their outputs and how many parameters.

    Examples
    --------
    >>> from mlp import Sequential, layers
    >>> print(summary(Sequential([layers.Input(4), layers.Dense(3)])))
    Model: "sequential"
    ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
    ┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
    ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
    │ dense1 (Dense)                  │ (None, 3)              │            15 │
    └─────────────────────────────────┴────────────────────────┴───────────────┘
     Total params: 15 (60.00 B)
     Trainable params: 15 (60.00 B)
     Non-trainable params: 0 (0.00 B)
    """
    rows = []
    shape = model.shape
    for layer in model.layers:
        count = f"{layer.count_params():,}" if shape is not None else "0 (unbuilt)"
        shape = None if shape is None else layer.output_shape(shape)
        written = "?" if shape is None else f"({', '.join(map(str, (None, *shape)))})"
        rows.append([f"{layer.name} ({type(layer).__name__})", written, count])
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    widths = [max(pair) for pair in zip(widths, WIDTHS, strict=True)]
    lines = [f'Model: "{model.name or "sequential"}"', _rule("┏━┳┓", widths),
             _row("┃", HEAD, widths), _rule("┡━╇┩", widths)]  # fmt: skip
    for k, row in enumerate(rows):
        lines += [_rule("├─┼┤", widths)] * (k > 0) + [_row("│", row, widths)]
    lines.append(_rule("└─┴┘", widths))

    trainable = [p.data for p in model.parameters()]
    all_of_it = [p.data for p in model.tensors()]
    state = model.optimizer.state() if model.optimizer is not None else {}
    remembered = [x for x in state.values() if isinstance(x, np.ndarray)]
    frozen = _count(all_of_it) - _count(trainable), _bytes(all_of_it) - _bytes(trainable)
    lines += [
        _total("Total", _count(all_of_it) + _count(remembered),
               _bytes(all_of_it) + _bytes(remembered)),
        _total("Trainable", _count(trainable), _bytes(trainable)),
        _total("Non-trainable", *frozen),
    ]  # fmt: skip
    if remembered:
        lines.append(_total("Optimizer", _count(remembered), _bytes(remembered)))
    return "\n".join(lines)


def _rule(strokes: str, widths: list[int]) -> str:
    left, stroke, middle, right = strokes
    return left + middle.join(stroke * (width + 2) for width in widths) + right


def _row(bar: str, cells: list[str], widths: list[int]) -> str:
    name, shape, count = cells
    first, second, third = widths
    return f"{bar} {name:{first}} {bar} {shape:{second}} {bar} {count:>{third}} {bar}"


def _count(arrays: Iterable[np.ndarray]) -> int:
    return sum(x.size for x in arrays)


def _bytes(arrays: Iterable[np.ndarray]) -> int:
    return sum(x.nbytes for x in arrays)


def _total(kind: str, count: int, size: float) -> str:
    units = ["B", "KB", "MB", "GB", "TB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f" {kind} params: {count:,} ({size:.2f} {units[0]})"
