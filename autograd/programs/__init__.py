"""``vectorize``: write it with scalars, run it at the speed of matrices; and straight code."""

from .inplace import write_step
from .jax_code import write_jax
from .program import Program
from .tracing import Traced, UntraceableError, leaf, split, trace
from .vectorize import vectorize

__all__ = ["Program", "Traced", "UntraceableError", "leaf", "split", "trace", "vectorize", "write_jax", "write_step"]
