"""A small automatic differentiation engine: it computes, remembers and differentiates.

>>> from autograd import Value
>>> a, b, c = Value(3), Value(1), Value(-2)
>>> L = c * (a + 2 * b)
>>> L.backward()
>>> a.grad, b.grad, c.grad
(-2.0, -4.0, 5.0)
"""

from . import check, modes, ops, transforms, value
from .backprop import Step, topological_order, walk
from .check import *
from .modes import *
from .ops import *
from .transforms import *
from .value import *

__all__ = [
    "Step", "topological_order", "walk",
    *value.__all__, *transforms.__all__, *check.__all__, *modes.__all__, *ops.__all__,
]  # fmt: skip
