"""``draw``: the recorded graph as a picture."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backprop import graph_of
from ..node import Node
from .paint.dot import digraph, render
from .paint.page import Shown, image, in_jupyter, plain
from .paint.svg import svg
from .scene.order import MOST_NODES, is_larger, operands_first
from .scene.text import aligned
from .views.by_layer import ByLayer
from .views.by_neuron import ByNeuron
from .views.by_operation import ByOperation
from .views.quotient import TooManyError
from .views.simplify import is_derivative, simplified
from .views.sketch import Sketch

if TYPE_CHECKING:
    from graphviz import Digraph

__all__ = ["Picture", "checked", "draw", "graph_to_draw", "notebook_bundle", "notebook_html"]

FEW_NODES = 50  # in groups, up to which a graph is drawn by operation if nothing else is said
FEW_WEIGHTS = 400  # up to which a larger one is drawn by neuron
MOST_NODES_IN_NOTEBOOK = 200  # that a picture which nobody asked for may add to a file


class Picture(Shown):
    """A drawn graph. A notebook shows it; ``str`` gives it as a table.

    Attributes
    ----------
    scene : Scene
        The boxes, edges and clusters, with their texts and colours.
    table : str
        The same graph as plain text, a line a node.
    """

    def __init__(self, view: Sketch, engine: str = "builtin") -> None:
        self.scene = view.scene()
        self.engine = engine
        self._lines = view.rows, view.sides

    @cached_property
    def table(self) -> str:
        """The graph as text."""
        return aligned(*self._lines)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        if self.engine == "builtin":
            return svg(self.scene)
        document = render(self.scene, "svg").decode()
        return document[document.index("<svg") :]  # an HTML page cannot have the XML prologue

    @property
    def html(self) -> str:
        """The picture as a part of a page."""
        return image(self.svg, self.scene.title)

    def to_graphviz(self) -> Digraph:
        """Give the graph as an object of the ``graphviz`` package, to change or to render."""
        return digraph(self.scene)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file and give its path.

        The suffix says what to write: ``.svg`` (drawn by the picture's engine), ``.dot`` or
        ``.gv``, or ``.png`` and ``.pdf``, which are drawn by Graphviz and need its program ``dot``.

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
            case ".dot" | ".gv":
                path.write_text(self.to_graphviz().source, encoding="utf-8")
            case ".png" | ".pdf" as suffix:
                path.write_bytes(render(self.scene, suffix[1:]))
            case suffix:
                raise ValueError(f"save: a name in .svg, .dot, .gv, .png or .pdf, not {suffix!r}")
        return path

    def __repr__(self) -> str:
        return self.table



def draw(
    *roots: Node,
    level: str | None = None,
    engine: str = "builtin",
    simplify: bool | None = None,
    fold: bool = True,
) -> Picture:
    """Draw the graph from which one or more Values or Tensors were computed.

    *By operation*, a box stands for a Value: the symbol of its operation, its label, its number
    and, after ``backward()``, its gradient. Inputs are yellow, constants grey and round. An arrow
    carries the local derivative; its width and its colour (blue positive, red negative) show its
    contribution, which is the local derivative times the gradient at its end. Where a Value
    is used several times, its contributions add up.

    A Tensor's box shows its shape and type, and the numbers where they are four or fewer, or
    else the smallest and the largest. Its arrows carry no number; see `zoom` for one element.

    *By neuron*, a box stands for a weighted sum and its function: the sum goes in, the output comes
    out, and the weights stand at the arrows. An ``mlp.Neuron`` is one, and so is any sum of
    products with leaves, inside a `group` or in a graph without groups. Other groups are boxes
    with their results, and so is what comes before and after the network.

    *By layer*, a box stands for a group: the layers of an ``mlp.MLP`` or ``mlp.Sequential``, or
    one's own.

    Parameters
    ----------
    *roots : Value or Tensor
        The results to draw.
    level : {"op", "neuron", "layer"}, optional
        What a box is. If not given, an operation; above 60 nodes, if most of them are in
        groups, a neuron; and above 400 weights a layer.
    engine : {"builtin", "graphviz"}
        Who lays the picture out: Python code that is always there, or the program ``dot``.
    simplify : bool, optional
        Whether trivial arithmetic is left out: · 1, + 0, −(−a), and what is computed twice. If
        not given, it is where derivatives were recorded, with ``create_graph=True``.
    fold : bool, optional
        Whether sums of several terms are one box, and terms of one form one arrow, by operation;
        False shows what was recorded.

    Raises
    ------
    ValueError
        If the picture would have too many boxes or arrows, if there is nothing to show at a
        level, or for another level or engine.

    Examples
    --------
    >>> from autograd import Value, group
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

    >>> w, x = Value(0.5, "w"), Value(2, "x")
    >>> with group("h1"):
    ...     h = (w * x + 1).tanh()
    >>> draw(h, level="neuron")
    box  is               from   data  grad
    h1   tanh(Σ w·x + b)  x     0.964     –
    """
    roots = checked("draw", roots)
    if level not in (None, "op", "neuron", "layer"):
        raise ValueError(f"draw: level={level!r}; expected 'op', 'neuron' or 'layer'")
    if engine not in ("builtin", "graphviz"):
        raise ValueError(f"draw: engine={engine!r}; expected 'builtin' or 'graphviz'")
    by_op = level == "op" or (level is None and not _is_network(roots))
    if by_op and is_larger(roots, MOST_NODES):
        raise ValueError(
            f"draw: the graph has more than {MOST_NODES:,} nodes and constants, too many to see "
            "anything. Draw a part: the loss of one example instead of all, or a Value on the way. "
            "Or compute each layer inside `with group(name)`, and draw it by level='layer'."
        )
    nodes, roots = graph_to_draw(roots, simplify)
    view: Sketch
    if level == "neuron":
        view = ByNeuron(nodes, roots)
    elif level == "layer":
        view = ByLayer(nodes, roots)
    elif by_op:
        view = ByOperation(nodes, roots, fold=fold)
    else:
        try:  # the finest view that can be read
            view = ByNeuron(nodes, roots, FEW_WEIGHTS)
        except TooManyError:
            view = ByLayer(nodes, roots)
    return Picture(view, engine)


def checked(name: str, roots: Sequence[Any]) -> tuple[Node, ...]:
    """Give the nodes that a picture is asked for, or say what to ask for."""
    roots = tuple(node for root in roots for node in getattr(root, "_graph", lambda r=root: [r])())
    for root in roots:
        if not isinstance(root, Node):
            advice = f"; draw what it computes: {name}(net(x))" if callable(root) else ""
            raise TypeError(
                f"{name}: expected Values or Tensors, got {type(root).__name__}: {root!r}{advice}"
            )
    if not roots:
        raise TypeError(f"{name}: expected one Value or Tensor, or more, got none")
    return roots


def graph_to_draw(
    roots: tuple[Node, ...], simplify: bool | None
) -> tuple[list[Node], tuple[Node, ...]]:
    """Give the nodes of a graph, operands before consumers, and its roots; perhaps simplified."""
    nodes = operands_first(roots)
    if simplify or (simplify is None and is_derivative(nodes)):
        roots = tuple(simplified(nodes, roots))
        nodes = operands_first(roots)
    return nodes, roots


def notebook_bundle(node: Node) -> dict[str, str]:
    """Show a node at the end of a notebook cell: as itself, with a picture if that is small.

    Examples
    --------
    >>> from autograd import Value
    >>> sorted(notebook_bundle(Value(2) * 3))
    ['image/svg+xml', 'text/html', 'text/plain']
    """
    if is_larger((node,), MOST_NODES_IN_NOTEBOOK):
        remark = f"(not drawn by itself: more than {MOST_NODES_IN_NOTEBOOK} nodes and constants)"
        return {"text/plain": f"{node!r}\n{remark}"}
    return draw(node)._repr_mimebundle_() | {"text/plain": repr(node)}


def notebook_html(node: Node) -> str | None:
    """Show a node where HTML is asked for: as a picture, or as text among others of a list.

    Examples
    --------
    >>> from autograd import Value
    >>> notebook_html(Value(2) * 3)[:4]
    '<div'
    """
    if in_jupyter():
        return None
    if _in_a_list():
        return f"<code>{escape(repr(node))}</code>"
    bundle = notebook_bundle(node)
    return bundle.get("text/html") or plain(bundle["text/plain"])


def _in_a_list() -> bool:
    """Tell whether marimo asks for an element of a list or dict: it does so for each of them."""
    frame = sys._getframe()
    for _ in range(6):
        if frame is None or frame.f_code.co_name == "_leaf_formatter":
            break
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and frame.f_code.co_name == "_leaf_formatter"


def _is_network(roots: tuple[Node, ...]) -> bool:
    """Tell whether most of a graph, and enough of it, is in groups, from some thousands of nodes.

    Sums do not count, nor what is done with leaves alone: a penalty on all weights changes nothing.
    """
    inner, _ = graph_of(roots, limit=MOST_NODES)
    grouped = [node for node in inner if node.call is not None]
    loose = sum(
        node.call is None and getattr(node.op, "name", "") not in ("add", "subtract")
        and any(x.op is not None for x in node.parents) for node in inner
    )  # fmt: skip
    leaves = {x for node in grouped for x in node.parents if x.op is None}
    return len(grouped) > loose and len(grouped) + len(leaves) > FEW_NODES
