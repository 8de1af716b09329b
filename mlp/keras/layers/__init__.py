"""Keras' layers, with its arguments and defaults: on those of `mlp.layers`."""

from ..missing import missing
from . import base, core, shaping
from .base import *
from .core import *
from .shaping import *

__all__ = [*base.__all__, *core.__all__, *shaping.__all__]
__getattr__ = missing(__name__, __all__)
