"""What is given as a number, a function, a list, …: taken as one, or refused with what to do.

Each takes what was given, and whose argument it is, as ``"Dropout: rate"``.
"""

import math
import operator
import os
from collections.abc import Callable, Iterable
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "NUMBER", "file_path", "flag", "floating", "function", "generator", "listed", "number",
    "one_of", "pair", "text", "whole",
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


def pair(x: Any, name: str, each: Callable[[Any, str], Any]) -> tuple[Any, Any]:
    """Take two of a kind, such as `number` or `whole` takes.

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
