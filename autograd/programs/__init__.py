"""``vectorize``: write it with scalars, run it at the speed of matrices; and straight code."""

from .inplace import write_step
from .program import Program
from .tracing import Traced, UntraceableError, leaf, trace
from .vectorize import vectorize

__all__ = ["Program", "Traced", "UntraceableError", "leaf", "trace", "vectorize", "write_step"]
