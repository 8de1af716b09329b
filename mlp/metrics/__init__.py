"""Metrics: what `Sequential` reports beside the loss, over all examples of an epoch."""

from . import counts, means, statistics
from .counts import *
from .means import *
from .statistics import *

__all__ = [*means.__all__, *statistics.__all__, *counts.__all__]
