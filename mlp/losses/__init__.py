"""Losses with Keras' names, and the functions on which they stand."""

from . import classes, functions
from .classes import *
from .functions import *

__all__ = [*functions.__all__, *classes.__all__]
