"""A small automatic differentiation engine: it computes, remembers and differentiates.

>>> from autograd import Value
>>> a, b, c = Value(3), Value(1), Value(-2)
>>> L = c * (a + 2 * b)
>>> L.backward()
>>> a.grad, b.grad, c.grad
(-2.0, -4.0, 5.0)
"""

import sys
from typing import Any

from . import check, fused, modes, ops, transforms, value
from .array_ops import (
    array_operation,
    concatenate,
    log_softmax,
    logsumexp,
    matmul,
    norm,
    softmax,
    stack,
)
from .backprop import Step, topological_order, walk
from .check import *
from .cost import cost
from .elsewhere import way
from .fused import *
from .modes import *
from .moved import Absent, Moved
from .node import Node
from .ops import *
from .tensor import Tensor
from .transforms import *
from .value import *
from .zoom import zoom

__all__ = [
    "Step", "Tensor", "topological_order", "walk",
    "array_operation", "concatenate", "log_softmax", "logsumexp", "matmul", "norm", "softmax",
    "stack",
    *value.__all__, *fused.__all__, *transforms.__all__, *check.__all__, *modes.__all__,
    *ops.__all__,
    "Program", "cost", "derive", "draw", "explore", "steps", "vectorize", "zoom",  # noqa: F405
]  # fmt: skip

__version__ = "0.1.0"

_PICTURES, _PROGRAMS = ("derive", "draw", "explore", "steps"), ("Program", "vectorize")


def _in_a_notebook(node: Node, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """At the end of a notebook cell, show the graph."""
    from .show import notebook_bundle

    return notebook_bundle(node)


def _as_html(node: Node) -> str | None:
    """Show the graph where a front end asks for HTML and for nothing else."""
    from .show import notebook_html

    return notebook_html(node)


Node._repr_mimebundle_ = _in_a_notebook  # here, so that a node knows nothing of pictures
Node._repr_html_ = _as_html


def __dir__() -> list[str]:
    return sorted({*globals(), *_PICTURES, *_PROGRAMS})


def __getattr__(name: str) -> object:  # loaded when first used: importing the engine stays quick
    if name in _PICTURES:
        from . import show

        return getattr(show, name)
    if name in _PROGRAMS:
        from . import programs

        return getattr(programs, name)
    raise AttributeError(way(name) or f"module 'autograd' has no attribute {name!r}", name=name)


sys.meta_path.insert(0, Moved({"autograd.vectorized": "autograd.programs"}))
sys.meta_path.append(Absent("autograd", way))
