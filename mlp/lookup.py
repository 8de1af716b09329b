"""Things that a user may give by name, and what they were made with."""

import difflib
import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

__all__ = ["arguments", "lookup", "respell", "respelled"]


def lookup(kind: str, choice: str | Callable[..., Any], table: Mapping[str, Any]) -> Any:
    """Find something of a kind by its name; a function is given back as it is.

    Raises
    ------
    ValueError
        If there is no such name; the message has the nearest one.

    Examples
    --------
    >>> lookup("function", "sinus", {"sin": 1, "tan": 2})
    Traceback (most recent call last):
        ...
    ValueError: there is no function 'sinus': did you mean 'sin'?
    """
    if callable(choice):
        return choice
    if isinstance(choice, str) and choice in table:
        return table[choice]
    names = {name.lower(): name for name in table}
    near = difflib.get_close_matches(str(choice).lower(), names, 1)
    hint = f"did you mean {names[near[0]]!r}?" if near else f"choose one of {', '.join(table)}"
    raise ValueError(f"there is no {kind} {choice!r}: {hint}")


def arguments(x: Any) -> dict[str, Any]:
    """Give the constructor's arguments of an object: its attributes of the same names.

    Raises
    ------
    TypeError
        If there is no such attribute.

    Examples
    --------
    >>> from mlp.regularizers import l2
    >>> arguments(l2(0.5))
    {'l1': 0.0, 'l2': 0.5}
    """
    names = inspect.signature(type(x)).parameters
    missing = [name for name in names if not hasattr(x, name)]
    if missing:
        raise TypeError(f"{type(x).__name__} cannot be saved: keep the constructor's argument "
                        f"{missing[0]!r} as an attribute, or write get_config()")  # fmt: skip
    return {name: getattr(x, name) for name in names}


def respelled(**names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let arguments be given by other libraries' names, too (a decorator): theirs, and ours.

    Examples
    --------
    >>> @respelled(lr="learning_rate")
    ... def step(slope, *, learning_rate):
    ...     return -learning_rate * slope
    >>> step(2.0, lr=0.5)
    -1.0
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **settings: Any) -> Any:
            return function(*args, **respell(function.__name__, settings, names))

        return call

    return decorate


def respell(where: str, settings: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Give settings by our names; one that is given by two is a TypeError."""
    renamed = {names.get(name, name): x for name, x in settings.items()}
    if len(renamed) < len(settings):
        raise TypeError(f"{where}: one setting has two names in {', '.join(settings)}: give one")
    return renamed
