"""Callbacks: what `Sequential.fit` calls as it goes, with Keras' names and settings.

A plain function of (epoch, logs) is called at the end of each epoch; `LambdaCallback` and classes
of one's own, derived from `Callback`, at any of its occasions. (`BackupAndRestore`, which stands on
models, comes from there.)
"""

from . import base, loggers, monitors
from .base import *
from .checkpoint import ModelCheckpoint
from .loggers import *
from .monitors import *

__all__ = [*base.__all__, *monitors.__all__, *loggers.__all__, "ModelCheckpoint"]
