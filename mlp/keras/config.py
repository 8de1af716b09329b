"""Keras' settings: the type of numbers, and ε."""

import numpy as np

from ..given import one_of
from ..losses.functions import EPSILON
from .missing import missing

__all__ = ["backend", "epsilon", "floatx", "image_data_format", "set_floatx"]

_floatx = ["float32"]


def backend() -> str:
    """Name what computes."""
    return "numpy"


def floatx() -> str:
    """Give the type of parameters and inputs.

    Examples
    --------
    >>> floatx()
    'float32'
    """
    return _floatx[0]


def set_floatx(value: str) -> None:
    """Set the type of what is made from here on.

    Raises
    ------
    ValueError
        If it is no floating type.
    """
    one_of(value, "set_floatx: value", "float16", "float32", "float64")
    _floatx[0] = np.dtype(value).name


def epsilon() -> float:
    """Give ε, how far probabilities are kept from 0 and 1."""
    return EPSILON


def image_data_format() -> str:
    """Name the order of the axes of images: the last is the colour."""
    return "channels_last"


__getattr__ = missing(__name__, __all__)
