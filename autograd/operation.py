"""Functions of arrays that are composed of others, and which of NumPy's they stand for."""

import difflib
import inspect
from collections.abc import Callable
from functools import update_wrapper
from types import MethodType
from typing import Any

import numpy as np

__all__ = ["ARRAY_FUNCTIONS", "STANDS_FOR", "ArrayFunction", "array_function", "numpys", "unknown"]

ARRAY_FUNCTIONS: dict[str, Any] = {}  # by their names in NumPy, with the module: "linalg.inv"
STANDS_FOR: dict[Any, Any] = {}  # NumPy's function -> the one that Tensors take in its place

_SPELLINGS = {
    "dim": "axis", "dims": "axis", "keepdim": "keepdims", "unbiased": "ddof", "correction": "ddof",
    "descending": "np.flip of the result",
}  # fmt: skip


class ArrayFunction:
    """A function of Tensors and arrays, composed of operations; see `array_function`."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        update_wrapper(self, function)
        self.function = function
        self.name = name
        parameters = inspect.signature(function).parameters.values()
        open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.known = None if open_ended else {p.name for p in parameters}

    def __repr__(self) -> str:
        return f"<array function {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return ARRAY_FUNCTIONS.__getitem__, (self.name,)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """As an attribute of a class, a function is a method."""
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute and record; an argument of another library's spelling is named."""
        if kwargs and self.known is not None and not kwargs.keys() <= self.known:
            raise unknown(self.name, kwargs.keys() - self.known, self.known)
        return self.function(*args, **kwargs)


def unknown(name: str, given: Any, known: Any) -> TypeError:
    """Say which arguments a function does not take, and what is written in their place."""
    text = ", ".join(f"{n}=" for n in sorted(given))
    ways = [f"{_SPELLINGS[n]}= for {n}=" if _SPELLINGS[n] in known else f"{_SPELLINGS[n]} for {n}="
            for n in sorted(given) if n in _SPELLINGS]  # fmt: skip
    takes = ", ".join(f"{n}=" for n in sorted(known)) or "nothing but Tensors"
    return TypeError(f"{name} takes no {text}: " + (
        f"write {', '.join(ways)}" if ways else f"it takes {takes}"))  # fmt: skip


def numpys(name: str) -> Any:
    """Find a function of NumPy by its name; None if this version does not have it."""
    found: Any = np
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def array_function(*names: str) -> Callable[[Callable[..., Any]], Any]:
    """Let a function of Tensors stand for functions of NumPy (a decorator).

    Parameters
    ----------
    *names : str
        Which functions of NumPy, as ``"linalg.inv"``; the one of the same name if not given.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Tensor
    >>> np.median(Tensor([3.0, 1.0, 2.0]))
    Tensor(2.)
    """

    def decorate(function: Any) -> Any:
        theirs = names or (function.__name__,)
        own = function
        if inspect.isfunction(function):
            own = ArrayFunction(function, theirs[0])
        for name in theirs:
            ARRAY_FUNCTIONS[name] = own
            if (f := numpys(name)) is not None:
                STANDS_FOR[f] = own
        return own

    return decorate


def nearest(name: str) -> list[str]:
    """List the functions that stand for one of NumPy whose names are most like one."""
    return difflib.get_close_matches(name, ARRAY_FUNCTIONS, 3, 0.5)
