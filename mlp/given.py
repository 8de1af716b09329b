"""What is given as a number, a function, a list, …: taken as one, or refused with what to do.

Each takes what was given, and whose argument it is, as ``"Dropout: rate"``.
"""

import functools
import inspect
import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, overload

import numpy as np

__all__ = [
    "CHECKS", "DType", "NUMBER", "Shape", "checked", "dtype_of", "file_path", "flag", "floating",
    "function", "generator", "listed", "mapping", "number", "numbers", "one_of", "pair", "shape_of",
    "text", "whole",
]  # fmt: skip

NUMBER = (float, int, Real)  # Python asks an abstract class last, which takes longer

RANGES: dict[str, Callable[[Any], bool]] = {  # by the words that an error has for them
    "": math.isfinite,
    "from 0": lambda x: 0 <= x < math.inf,
    "above 0": lambda x: 0 < x < math.inf,
    "above 0, or infinite": lambda x: x > 0,
    "from 0 to 1": lambda x: 0 <= x <= 1,
    "from 0 to below 1": lambda x: 0 <= x < 1,
    "above 0 and below 1": lambda x: 0 < x < 1,
}


def number(x: Any, name: str, within: str = "") -> float:
    """Take a number, within one of `RANGES`.

    Examples
    --------
    >>> number(1, "Dropout: rate", "from 0 to below 1")
    Traceback (most recent call last):
        ...
    ValueError: Dropout: rate is a number from 0 to below 1, got 1
    """
    real = isinstance(x, NUMBER)
    if not real or not RANGES[within](x):
        error = ValueError if real else TypeError
        raise error(f"{name} is a number{' ' * bool(within)}{within}, got {x!r:.60}")
    return float(x)


def whole(x: Any, name: str, least: int | None = 1) -> int:
    """Take a whole number from `least`, or any if that is None.

    Examples
    --------
    >>> whole(2.5, "fit: epochs")
    Traceback (most recent call last):
        ...
    TypeError: fit: epochs is a whole number from 1, got 2.5
    """
    wanted = f"{name} is a whole number" + ("" if least is None else f" from {least}")
    try:
        n = operator.index(x)
    except TypeError:
        raise TypeError(f"{wanted}, got {x!r:.60}") from None
    if least is not None and n < least:
        raise ValueError(f"{wanted}, got {n}")
    return n


def flag(x: Any, name: str) -> bool:
    """Take True or False; 1 and 0 stand for them.

    Examples
    --------
    >>> flag("no", "Dense: use_bias")
    Traceback (most recent call last):
        ...
    TypeError: Dense: use_bias is True or False, got 'no'
    """
    if not isinstance(x, (bool, int, np.bool_)) or x not in (0, 1):
        raise TypeError(f"{name} is True or False, got {x!r:.60}")
    return bool(x)


def text(x: Any, name: str) -> str:
    """Take a text.

    Examples
    --------
    >>> text(3, "Dense: name")
    Traceback (most recent call last):
        ...
    TypeError: Dense: name is a text, got 3
    """
    if not isinstance(x, str):
        raise TypeError(f"{name} is a text, got {x!r:.60}")
    return x


def one_of(x: Any, name: str, *known: Any) -> Any:
    """Take one of a few texts, or None where it is one of them.

    Examples
    --------
    >>> one_of("roc", "auc: curve", "ROC", "PR")
    Traceback (most recent call last):
        ...
    ValueError: auc: curve is 'ROC' or 'PR', got 'roc'
    """
    if not (x is None or isinstance(x, str)) or x not in known:
        *others, last = map(repr, known)
        raise ValueError(f"{name} is {', '.join(others)} or {last}, got {x!r:.60}")
    return x


def function(x: Any, name: str, what: str) -> Any:
    """Take a function; `what` goes on from there.

    Examples
    --------
    >>> function(3, "descend: cost", "of the arrays of a mini-batch")
    Traceback (most recent call last):
        ...
    TypeError: descend: cost is a function of the arrays of a mini-batch, got 3 (int)
    """
    if not callable(x):
        raise TypeError(f"{name} is a function {what}, got {x!r:.60} ({type(x).__name__})")
    return x


def listed(x: Any, name: str, of: str) -> list[Any]:
    """Take what can be gone through, but for text and a dict, as a list.

    Examples
    --------
    >>> listed(3, "Sequential: layers", "layers")
    Traceback (most recent call last):
        ...
    TypeError: Sequential: layers is a list of layers, got 3: write it in brackets
    """
    if isinstance(x, (str, bytes, dict)) or not isinstance(x, Iterable):
        raise TypeError(f"{name} is a list of {of}, got {x!r:.60}: write it in brackets")
    return list(x)


def pair(
    x: Any, name: str, each: Callable[[Any, str], Any] = lambda x, name: x
) -> tuple[Any, Any]:
    """Take two things, where `each` is given, of a kind: such as `number` or `whole` takes.

    Examples
    --------
    >>> pair((28, 28, 1), "images: shape", whole)
    Traceback (most recent call last):
        ...
    TypeError: images: shape is a pair, got (28, 28, 1)
    """
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise TypeError(f"{name} is a pair, got {x!r:.60}")
    return each(x[0], name), each(x[1], name)


def generator(seed: Any, name: str) -> np.random.Generator:
    """Make a random generator of a seed; one that is given is taken.

    Examples
    --------
    >>> generator("a", "Sequential: seed")
    Traceback (most recent call last):
        ...
    TypeError: Sequential: seed is a whole number from 0, a numpy Generator or None, got 'a'
    """
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is a whole number from 0, a numpy Generator or None, got "
                        f"{seed!r:.60}") from None  # fmt: skip


def floating(dtype: Any, name: str) -> np.dtype:
    """Take a floating type.

    Examples
    --------
    >>> floating("int8", "Sequential: dtype")
    Traceback (most recent call last):
        ...
    TypeError: Sequential: dtype is a floating type, such as "float32", got 'int8'
    """
    try:
        found = np.dtype(dtype)
    except (TypeError, ValueError):
        found = None
    if found is None or found.kind != "f":
        raise TypeError(f'{name} is a floating type, such as "float32", got {dtype!r:.60}')
    return found


def file_path(path: Any, name: str) -> Path:
    """Take the path of a file or a folder.

    Examples
    --------
    >>> file_path(3, "save: path")
    Traceback (most recent call last):
        ...
    TypeError: save: path is the path of a file, as text or a Path, got 3
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{name} is the path of a file, as text or a Path, got {path!r:.60}")
    return Path(path)


# --- By annotations: what an argument is, its annotation says -------------------------------

F = TypeVar("F", bound=Callable[..., Any])
DType = str | type | np.dtype | None
Shape = Sequence[int]


def shape_of(x: Any, name: str) -> tuple[int, ...]:
    """Take a shape.

    Examples
    --------
    >>> shape_of(3, "normal: shape")
    Traceback (most recent call last):
        ...
    TypeError: normal: shape is a list of whole numbers, got 3: write it in brackets
    """
    return tuple(whole(n, name, 0) for n in listed(x, name, "whole numbers"))


def dtype_of(x: Any, name: str) -> Any:
    """Take a type of numbers as it is given, or None.

    Examples
    --------
    >>> dtype_of("float23", "normal: dtype")
    Traceback (most recent call last):
        ...
    TypeError: normal: dtype is a type of numbers, such as 'float32', got 'float23'
    """
    try:
        kind = "f" if x is None else np.dtype(getattr(x, "name", x)).kind
    except (TypeError, ValueError):
        kind = ""
    if kind not in ("b", "i", "u", "f"):
        raise TypeError(f"{name} is a type of numbers, such as 'float32', got {x!r:.60}")
    return x


def numbers(x: Any, name: str) -> list[float]:
    """Take a list of numbers."""
    return [number(each, f"{name}, each,") for each in listed(x, name, "numbers")]


def mapping(x: Any, name: str) -> Mapping[str, Any]:
    """Take a dict of things by their names."""
    if not isinstance(x, Mapping):
        raise TypeError(f"{name} is a dict of things by their names, got {x!r:.60}")
    return x


CHECKS: dict[Any, Callable[[Any, str], Any]] = {  # by annotations
    bool: flag, int: lambda x, name: whole(x, name, None), float: number, str: text,
    Shape: shape_of, DType: dtype_of, Sequence[float]: numbers, Mapping[str, Any]: mapping,
}  # fmt: skip


@overload
def checked(f: F) -> F: ...
@overload
def checked(**more: Callable[[Any, str], Any]) -> Callable[[F], F]: ...
def checked(f: F | None = None, **more: Callable[[Any, str], Any]) -> Any:
    """Check a function's arguments by their annotations, or some by what is given (a decorator).

    Examples
    --------
    >>> @checked
    ... def scaled(x, factor: float = 1.0):
    ...     return factor * x
    >>> scaled(2.0, factor="3")
    Traceback (most recent call last):
        ...
    TypeError: scaled: factor is a number, got '3'
    """
    if f is None:
        return lambda f: _checked(f, more)
    return _checked(f, {})


def _checked(f: Any, more: dict[str, Callable[[Any, str], Any]]) -> Any:
    parameters = inspect.signature(f).parameters
    checks = {name: check for name, p in parameters.items()
              if (check := more.get(name) or _check(p.annotation)) is not None}  # fmt: skip
    names = [name for name, p in parameters.items() if p.kind is not p.KEYWORD_ONLY]
    if not checks:
        return f

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        called = type(args[0]).__name__ if args and f.__name__ == "__init__" else f.__name__
        taken = [checks[name](x, f"{called}: {name}") if name in checks else x
                 for name, x in zip(names, args, strict=False)]  # fmt: skip
        for name in kwargs.keys() & checks.keys():
            kwargs[name] = checks[name](kwargs[name], f"{called}: {name}")
        return f(*taken, *args[len(taken):], **kwargs)

    return call


def _check(said: Any) -> Callable[[Any, str], Any] | None:
    """Find what takes what an annotation says; None where it says too little."""
    if said in CHECKS:
        return CHECKS[said]
    kinds = said.__args__ if isinstance(said, UnionType) else (said,)
    others = [kind for kind in kinds if kind is not type(None)]
    check = CHECKS.get(others[0]) if len(others) == 1 else None
    if check is None or len(others) == len(kinds):
        return check
    return lambda x, name: None if x is None else check(x, name)
