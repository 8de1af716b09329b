"""A graph seen from further away: its operations in units, and what passes between them.

A unit is a neuron, the operations of a group, or operations that are in no group: the loss after
the last layer, say.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from ...node import Node

__all__ = ["CircleError", "TooManyError", "Unit", "into_units", "stages"]


class CircleError(ValueError):
    """Groups depend on each other, so that none comes before the other."""


class TooManyError(ValueError):
    """A picture would have too many boxes or arrows to see anything."""


@dataclass(eq=False)
class Unit:
    """Operations that a picture shows as one box.

    Attributes
    ----------
    path : str
        Their group.
    nodes : list of Node
        The operations, operands before consumers.
    results : list of Node
        Those that other units use, and roots.
    sources : dict of Unit to list of Node
        The units whose results they use, with these results.
    """

    path: str
    nodes: list[Node] = field(default_factory=list)
    results: list[Node] = field(default_factory=list)
    sources: dict[Unit, list[Node]] = field(default_factory=dict)


def stages(nodes: Sequence[Node], loose: Callable[[Node], bool]) -> dict[Node, int]:
    """Give operations numbers that grow where a path enters what is loose, or leaves it.

    So loose operations of one number can be one unit: no path leads out of it and back.
    """
    stage: dict[Node, int] = {}
    for node in nodes:
        if node.op is not None:
            least = 0
            for x in node.operands:
                if isinstance(x, Node) and stage.get(x, 0) > least:
                    least = stage[x]
            stage[node] = least + (least % 2 != loose(node))
    return stage


def into_units(
    nodes: Sequence[Node], roots: Sequence[Node], key: Callable[[Node], tuple[str, Hashable]]
) -> tuple[list[Unit], dict[Node, Unit]]:
    """Put together the operations that have a key (group, anything) in common.

    Returns
    -------
    list of Unit
        The units, each after those that it depends on.
    dict of Node to Unit
        Where an operation is.

    Raises
    ------
    CircleError
        If units depend on each other in a circle.
    """
    units: dict[Hashable, Unit] = {}
    of: dict[Node, Unit] = {}
    results = dict.fromkeys(root for root in roots if root.op is not None)
    for node in nodes:
        if node.op is None:
            continue
        name = key(node)
        unit = of[node] = units.setdefault(name, Unit(name[0]))
        unit.nodes.append(node)
        for x in node.operands:
            if isinstance(x, Node) and x.op is not None and (source := of[x]) is not unit:
                results[x] = None
                used = unit.sources.setdefault(source, [])
                if not used or used[-1] is not x:
                    used.append(x)
    for node in results:
        of[node].results.append(node)
    for unit in units.values():
        unit.sources = {source: [*dict.fromkeys(used)] for source, used in unit.sources.items()}
    try:
        order = [*TopologicalSorter({u: [*u.sources] for u in units.values()}).static_order()]
    except CycleError as error:
        names = " → ".join(repr(unit.path or "(no group)") for unit in reversed(error.args[1]))
        raise CircleError(
            f"draw: the groups depend on each other in a circle, {names}, so that they cannot be "
            "boxes: draw it by operation, level='op', or give each step a group of its own"
        ) from None
    return order, of
