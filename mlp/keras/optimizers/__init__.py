"""Keras' optimizers, with its names, arguments, defaults and numbers."""

from ..missing import missing
from . import rules, schedules
from .rules import *

__all__ = [*rules.__all__, "schedules"]
__getattr__ = missing(__name__, __all__)
