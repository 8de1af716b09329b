"""The steps of a training: by the engine, as straight code, and as compiled loops."""

from .code import Code, Draws, Kept, described, later
from .costs import Costs, loops_for
from .engine import DivergenceError, Reduce, walk
from .looped import Looped, compiled_step, loops_of

__all__ = ["Code", "Costs", "DivergenceError", "Draws", "Kept", "Looped", "Reduce", "compiled_step",
           "described", "later", "loops_for", "loops_of", "walk"]  # fmt: skip
