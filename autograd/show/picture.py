"""``draw``: the recorded graph as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backprop import graph_of, topological_order
from ..node import Node
from .by_operation import by_operation
from .dot import digraph, render
from .model import Scene
from .page import image
from .svg import svg
from .text import table

if TYPE_CHECKING:
    from graphviz import Digraph

__all__ = ["Picture", "draw", "notebook_bundle"]

MOST_NODES = 2_000  # that a picture may have, and
MOST_NODES_IN_NOTEBOOK = 200  # that one which nobody asked for may add to a notebook's file


class Picture:
    """A drawn graph. A notebook shows it; ``str`` gives it as a table.

    Attributes
    ----------
    scene : Scene
        The boxes, edges and clusters, with their texts and colours.
    table : str
        The same graph as plain text, a line a node.
    """

    def __init__(self, scene: Scene, table: str, engine: str = "builtin") -> None:
        self.scene = scene
        self.table = table
        self.engine = engine

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        if self.engine == "builtin":
            return svg(self.scene)
        document = render(self.scene, "svg").decode()
        return document[document.index("<svg") :]  # an HTML page cannot have the XML prologue

    def to_graphviz(self) -> Digraph:
        """Give the graph as an object of the ``graphviz`` package, to change or to render."""
        return digraph(self.scene)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file and give its path.

        The suffix says what to write: ``.svg`` (drawn by the picture's engine), ``.dot``, or
        ``.png`` and ``.pdf``, which are drawn by Graphviz and need its program ``dot``.

        Raises
        ------
        ValueError
            If the suffix is another one.
        RuntimeError
            If ``dot`` is needed and not installed.

        Examples
        --------
        >>> import tempfile
        >>> from autograd import Value
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw(Value(2) * 3).save(f"{folder}/product.svg").name
        'product.svg'
        """
        path = Path(path)
        match path.suffix.lower():
            case ".svg":
                path.write_text(self.svg, encoding="utf-8")
            case ".dot":
                path.write_text(self.to_graphviz().source, encoding="utf-8")
            case ".png" | ".pdf" as suffix:
                path.write_bytes(render(self.scene, suffix[1:]))
            case suffix:
                raise ValueError(f"save: a name in .svg, .dot, .png or .pdf, not {suffix!r}")
        return path

    def __repr__(self) -> str:
        return self.table

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        # Front ends without HTML show the SVG as it is.
        html = image(self.svg, self.scene.title)
        return {"text/html": html, "image/svg+xml": self.svg, "text/plain": self.table}


def draw(*roots: Node, level: str = "op", engine: str = "builtin") -> Picture:
    """Draw the graph from which one or more Values or Tensors were computed.

    A box stands for a Value: the symbol of its operation, its label, its number and, after
    ``backward()``, its gradient. Inputs are yellow, constants grey and round. An arrow carries
    the local derivative; its width and its colour (blue positive, red negative) show its
    contribution, which is the local derivative times the gradient at its end. Where a Value
    is used several times, its contributions add up.

    A Tensor's box shows its shape and type, and the numbers where they are four or fewer, or
    else the smallest and the largest. Its arrows carry no number; see `zoom` for one element.

    Parameters
    ----------
    *roots : Value or Tensor
        The results to draw.
    level : {"op"}
        A box an operation.
    engine : {"builtin", "graphviz"}
        Who lays the picture out: Python code that is always there, or the program ``dot``.

    Raises
    ------
    ValueError
        If the graph has more than 2,000 nodes and constants, or for another level or engine.

    Examples
    --------
    >>> from autograd import Value
    >>> a, b = Value(3, label="a"), Value(2, label="b")
    >>> y = a * b
    >>> y.backward()
    >>> draw(y)
    node  operation  operands  data  grad
    a                             3     2
    b                             2     3
    #3    multiply   a, b         6     1
    >>> draw(y).svg[:4]
    '<svg'
    """
    for root in roots:
        if not isinstance(root, Node):
            raise TypeError(
                f"draw: expected Values or Tensors, got {type(root).__name__}: {root!r}"
            )
    if not roots:
        raise TypeError("draw: expected one Value or Tensor, or more, got none")
    if level != "op":
        raise ValueError(f"draw: level={level!r}; graphs are drawn by operation, level='op'")
    if engine not in ("builtin", "graphviz"):
        raise ValueError(f"draw: engine={engine!r}; expected 'builtin' or 'graphviz'")
    if _is_larger(roots, MOST_NODES):
        raise ValueError(
            f"draw: the graph has more than {MOST_NODES:,} nodes and constants, too many to see "
            "anything. Draw a part: the loss of one example instead of all, or a Value on the way."
        )
    nodes = operands_first(roots)
    return Picture(by_operation(nodes, roots), table(nodes), engine)


def notebook_bundle(node: Node) -> dict[str, str]:
    """Show a node at the end of a notebook cell: as itself, with a picture if that is small.

    Examples
    --------
    >>> from autograd import Value
    >>> sorted(notebook_bundle(Value(2) * 3))
    ['image/svg+xml', 'text/html', 'text/plain']
    """
    if _is_larger((node,), MOST_NODES_IN_NOTEBOOK):
        remark = f"(not drawn by itself: more than {MOST_NODES_IN_NOTEBOOK} nodes and constants)"
        return {"text/plain": f"{node!r}\n{remark}"}
    return draw(node)._repr_mimebundle_() | {"text/plain": repr(node)}


def _is_larger(roots: Sequence[Node], limit: int) -> bool:
    """Count nodes and constants, but no further than needed."""
    inner, nodes = graph_of(roots, limit=limit)
    constants = (x for node in inner for x in node.operands if not isinstance(x, Node))
    return len(nodes) + sum(1 for _ in constants) > limit


def operands_first(roots: Sequence[Node]) -> list[Node]:
    """List the nodes of a graph in the order of computation, leaves when they are first used."""
    found: dict[Node, None] = {}
    for node in reversed(topological_order(*roots)):
        if node.op is not None:
            found.update((x, None) for x in node.operands if isinstance(x, Node))
            found[node] = None
    found.update(dict.fromkeys(roots))
    return list(found)
