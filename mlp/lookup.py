"""Things that a user may give by name."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["lookup"]


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
