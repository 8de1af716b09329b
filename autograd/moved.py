"""Modules under the names that they had once: old programs, notebooks and pickles go on working."""

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["Moved"]


class Moved:
    """Finds a module under its old name; what comes is the module itself, under both names.

    It stands first in ``sys.meta_path``: the usual finder would load a copy from the new folder.
    Its bases in ``importlib.abc`` are left out, as they take long to load.

    Parameters
    ----------
    places : dict of str to str
        The full names of modules and packages, old and new.

    Examples
    --------
    >>> import autograd
    >>> import autograd.vectorized.grouping
    >>> autograd.vectorized.grouping.__name__
    'autograd.programs.grouping'
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = places

    def _place(self, name: str) -> str | None:
        for old, new in self.places.items():
            if name == old or name.startswith(f"{old}."):
                return new + name.removeprefix(old)
        return None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Tell that a module is to be had under this name."""
        loader: Any = self
        return ModuleSpec(name, loader) if self._place(name) else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python to make an empty one."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the module as it is called now in the place of the empty one."""
        new = self._place(module.__name__)
        assert new is not None
        sys.modules[module.__name__] = import_module(new)
