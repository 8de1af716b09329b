"""Calls as a picture tells them apart: which operations were made in one, and what it owns.

Every time that a layer is applied is a call of its own, whatever its name. Groups in user code are
entered part by part, though: ``hidden/h1``, then ``hidden/h2``. So a prefix stays one call until
the same full path is entered again.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...modes import Call, group
from ...node import Node

__all__ = ["Scope", "home_of", "owns", "scopes_of"]


@dataclass(eq=False)
class Scope:
    """A call of an object, or of a group.

    Attributes
    ----------
    name : str
        Its own name; "" for an object that has none.
    outer : Scope or None
        The call around it.
    of : Hashable
        What was called: the group that an object keeps; of other groups the path.
    leaf : bool
        Whether there is no call inside.
    """

    name: str
    outer: Scope | None = None
    of: Hashable = None
    leaf: bool = True
    entered: set[Hashable] = field(default_factory=set)

    def __iter__(self) -> Iterator[Scope]:
        """Go through the calls around this one, which is the first, to the outermost."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    @property
    def path(self) -> str:
        """The names, the outermost first."""
        return "/".join(filter(None, [scope.name for scope in self][::-1]))


def owns(call: Call | None, leaf: Node) -> bool:
    """Tell a parameter of what is called: it was made inside of that, at another time."""
    return any(
        mine.of is made.of and mine is not made
        for mine in call or () for made in leaf.call or ()
    )  # fmt: skip


def scopes_of(nodes: Iterable[Node]) -> dict[Node, Scope | None]:
    """Find the call of every operation, in the order of creation."""
    made: dict[group, set[Call]] = {}  # of what parameters are made in: when
    calls: dict[Call, None] = {}
    inner = []
    for node in nodes:
        if node.op is not None:
            inner.append(node)
        elif node.call is not None:
            calls[node.call] = None
    for call in calls:
        for around in call:
            made.setdefault(around.of, set()).add(around)
    found: dict[Call | None, Scope | None] = {None: None}
    latest: dict[Hashable, Scope] = {}
    for node in inner:
        if node.call is not None and node.call not in found:
            _find(node.call, found, latest, made)
    return {node: found[node.call] for node in inner}


def _find(
    call: Call,
    found: dict[Call | None, Scope | None],
    latest: dict[Hashable, Scope],
    made: dict[group, set[Call]],
) -> None:
    chain: list[tuple[Call, list[Hashable]]] = []
    for around in [*call][::-1]:
        is_object = made.get(around.of, {around}) != {around}
        names: Collection[str] = filter(None, around.of.name.split("/"))  # type: ignore[assignment]
        chain.append((around, [around.of] if is_object else [*names]))
    path = tuple(step for _, steps in chain for step in steps)
    scope = None
    for around, steps in chain:
        if around in found:
            scope = found[around]
            continue
        for step in steps:
            old = latest.get((scope, step))
            if old is None or path in old.entered or not isinstance(step, str):
                if scope is not None:
                    scope.leaf = False
                of = step if not isinstance(step, str) else (scope and scope.of, step)
                name = step if isinstance(step, str) else around.of.name
                old = latest[scope, step] = Scope(name, scope, of)
            scope = old
        found[around] = scope
    for mine in scope or ():
        mine.entered.add(path)


def home_of(uses: Iterable[Any], parts: Mapping[Node, Any]) -> dict[Node, Scope]:
    """Find the calls in whose frames leaves stand: all that use them are in there, and own them."""
    users: dict[Node, list[Scope | None]] = {}
    for node, position in uses:
        users.setdefault(node.operands[position], []).append(parts[node].scope)
    found = {}
    for leaf, scopes in users.items():
        made = {call.of for call in leaf.call or ()}
        for scope in scopes[0] or () if made else ():
            if (scope.of in made or scope.path == leaf.group) and all(
                scope in (other or ()) for other in scopes
            ):
                found[leaf] = scope
                break
    return found
