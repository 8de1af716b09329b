"""Layers on Tensors: what a network of neurons becomes when it is written with matrices."""

from . import activation, base, dense, dropout, normalization, preprocessing
from .activation import *
from .base import *
from .dense import *
from .dropout import *
from .normalization import *
from .preprocessing import *

__all__ = [
    *base.__all__, *dense.__all__, *activation.__all__, *dropout.__all__,
    *normalization.__all__, *preprocessing.__all__,
]  # fmt: skip
