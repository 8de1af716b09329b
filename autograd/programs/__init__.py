"""``vectorize``: write it with scalars, run it at the speed of matrices; and straight code."""

from .inplace import write_step
from .jax_code import write_jax
from .lines import difference, split
from .program import Program
from .traced import Traced, UntraceableError, leaf
from .tracing import trace
from .vectorize import vectorize

__all__ = [
    "Program", "Traced", "UntraceableError", "difference", "leaf", "split", "trace", "vectorize",
    "write_jax", "write_step",
]  # fmt: skip
