"""Losses with Keras' names, and the functions on which they stand."""

from . import functions, losses
from .functions import *
from .losses import *

__all__ = [*functions.__all__, *losses.__all__]
