"""``vectorize``: write it with scalars, run it at the speed of matrices."""

from .program import Program
from .vectorize import vectorize

__all__ = ["Program", "vectorize"]
