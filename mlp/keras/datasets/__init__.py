"""Keras' data sets: MNIST, from a folder or downloaded once."""

from ..missing import missing
from . import mnist

__all__ = ["mnist"]
__getattr__ = missing(__name__, __all__)
