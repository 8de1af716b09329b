"""`Sequential`: layers one after the other, trained, looked at and written to files."""

from . import loops
from .backup import BackupAndRestore
from .loading import load_model
from .loops import *
from .sequential import Sequential

__all__ = ["BackupAndRestore", "Sequential", "load_model", *loops.__all__]
