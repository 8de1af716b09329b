"""Modules under the names that they had once, and what to write for those that others have."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["Absent", "Moved"]


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


class Absent:
    """Answers the import of what another library has: an ImportError says what to write.

    It stands last in ``sys.meta_path``, where Python comes to when nobody has found the name.

    Parameters
    ----------
    package : str
        In which package the name is looked for.
    way : callable
        Says what to write for a name, or gives None.

    Examples
    --------
    >>> from autograd import numpy
    Traceback (most recent call last):
        ...
    ImportError: autograd has no numpy: write import numpy as np, whose functions take Tensors
    """

    def __init__(self, package: str, way: Callable[[str], str | None]) -> None:
        self.package, self.way = package, way

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise if there is something to say."""
        package, _, inside = name.partition(".")
        if package == self.package and (answer := self.way(inside.partition(".")[0])):
            raise ImportError(answer, name=name)
