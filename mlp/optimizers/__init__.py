"""Optimizers: parameters in one flat array, what walks downhill in it, and how fast."""

from . import clipping, compiled, rules, schedules
from .base import Optimizer
from .clipping import *
from .compiled import *
from .parameters import FlatParameters
from .rules import *

__all__ = [
    "Optimizer", *rules.__all__, *clipping.__all__, *compiled.__all__, "FlatParameters",
    "schedules",
]  # fmt: skip
