"""``explore``: a picture in which layers open into neurons, and neurons into operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...node import Node
from ..paint.page import Played
from ..paint.svg import svg
from ..picture import checked, draw, graph_to_draw
from ..views.opened import Levels, Opened, Way

__all__ = ["Explorer", "explore"]

_LONGEST = 1_600_000  # letters of all pictures, for a page of 2 MB
_MOST_WORK = 500_000  # operations in all pictures


class Explorer(Played):
    """Pictures of one graph, each with something else opened.

    A notebook shows them as one that opens on a click or a key; ``str`` gives the first as a table.

    Attributes
    ----------
    picture : Picture
        That in which nothing is opened.
    views : dict of tuple to Opened
        The pictures, by what is opened in them: nothing in the first.
    names : dict of tuple to tuple of str
        What that is called.
    closed : int
        How many boxes stay closed, for want of room.
    """

    kind = "explore"

    def __init__(self, nodes: Sequence[Node], roots: Sequence[Node]) -> None:
        self.levels = Levels(nodes, roots)
        level = ("layer", "neuron", "op")[self.levels.first]
        self.picture = draw(*roots, level=level, simplify=False)
        self.names: dict[Way, tuple[str, ...]] = {(): ()}
        self.views: dict[Way, Opened] = {}
        self._pictures: dict[Way, str] = {}
        self.closed = 0
        room, work = _LONGEST, _MOST_WORK
        ways: list[Way] = [()]
        for way in ways:
            view = Opened(self.levels, way, self.names[way]) if not way or work > 0 else None
            picture = svg(view.scene(), keys=True) if view else ""
            if view is None or (way and len(picture) > room):
                self.closed += 1
                continue
            room, work = room - len(picture), work - len(nodes)
            self.views[way], self._pictures[way] = view, picture
            for _, name, inner in view.inside():
                if len(inner) > len(way):
                    self.names[inner] = (*self.names[way], name)
                    ways.append(inner)

    @property
    def title(self) -> str:
        """What the page is about."""
        return self.views[()].title

    @property
    def svg(self) -> str:
        """The first picture as SVG."""
        return self.picture.svg

    @property
    def html(self) -> str:
        """The part of a page: the first picture, all others, and the script that opens them."""
        return self.played(self._pictures[()], {
            "note": f"{self.closed} more would open, but the page would be too large."
            if self.closed else "",
            "states": [*map(self._state, self.views)],
        })  # fmt: skip

    def _state(self, way: Way) -> dict[str, Any]:
        """Write what is seen in one state, and to which it leads; states go by their number."""
        view, number = self.views[way], {other: i for i, other in enumerate(self.views)}
        names = ("Whole", *self.names[way])
        frames = [(view.order.index(scope), number[way[:i]]) for i, scope in enumerate(view.around)]
        return {
            "svg": self._pictures[way] if way else "",
            "trail": [(name, number[way[:i]]) for i, name in enumerate(names)],
            "opens": [(place, number[inner], name, f"opens into {self.views[inner].contents()}")
                      for place, name, inner in view.inside() if inner in number],
            "closes": frames,
            "what": f"{names[-1]}: {view.contents()}" if way else view.title,
        }  # fmt: skip

    def __repr__(self) -> str:
        return self.picture.table



def explore(*roots: Node, simplify: bool | None = None) -> Explorer:
    """Draw a graph as a picture to open: a layer into neurons, a neuron into operations.

    At the end of a notebook cell, or as a page, a click on a box with a blue edge opens it, and one
    on its frame closes it again; so do the keys Enter and Esc, with ← and → to go from box to box.
    One box is open at a time, and a neuron in it. Each of the pictures is as true as those of
    `draw`: all of them are partitions of the same graph. Where no scripts run, as in a notebook
    that is not trusted, the first picture stays.

    Boxes open as long as the page is not larger than 2 MB, and the page says how many more there
    are; a layer of more than 1,500 weights, or a box of more than 400 operations, stays closed.

    Parameters
    ----------
    *roots : Value or Tensor
        The results to draw.
    simplify : bool, optional
        Whether trivial arithmetic is left out, as in `draw`.

    Raises
    ------
    ValueError
        If the first picture would have too many boxes or arrows, as in `draw`.

    Examples
    --------
    >>> from autograd import Value, group
    >>> w, x = Value(0.5, "w"), Value(2, "x")
    >>> with group("hidden"), group("h1"):
    ...     h = (w * x + 1).tanh()
    >>> explore(h)
    layer   gives     activation  parameters  ‖grad‖  from
    hidden  1 number  tanh                 1       –  x
    >>> [" › ".join(names) for names in explore(h).names.values()]
    ['', 'hidden', 'hidden › h1']
    """
    return Explorer(*graph_to_draw(checked("explore", roots), simplify))
