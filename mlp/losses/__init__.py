"""Losses with Keras' names, and the functions on which they stand."""

from . import classes, functions, further
from .classes import *
from .functions import *
from .further import *

__all__ = [*functions.__all__, *classes.__all__, *further.__all__]
