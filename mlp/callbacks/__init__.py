"""Callbacks: what `Sequential.fit` calls as it goes, with Keras' names and settings.

A plain function of (epoch, logs) is called at the end of each epoch; `LambdaCallback` and classes
of one's own, derived from `Callback`, at any of its occasions.
"""

from . import backup, base, monitors, writers
from .backup import *
from .base import *
from .monitors import *
from .writers import *

__all__ = [*base.__all__, *monitors.__all__, *writers.__all__, *backup.__all__]
