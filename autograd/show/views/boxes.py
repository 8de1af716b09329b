"""What the pictures of all levels have in common: boxes for nodes and for results, and frames."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from ...backprop import local_derivatives
from ...node import Node
from ...ops import chain, power
from ...symbols import Symbol
from ..scene import model
from ..scene.model import DARK, GREY, WHITE, Box, Cell, Edge, Run
from ..scene.text import (
    CHANGED,
    caption,
    data,
    flat,
    kind,
    number,
    plain,
    shorten,
    split_subscript,
)
from .folds import Form, Tree, Use
from .quotient import Part
from .scopes import Scope

__all__ = [
    "common", "constant", "description", "flow_of", "forms_of", "gradient_of", "last_part",
    "leaves_box", "name_of", "names_in_short", "names_of", "node_box", "operations", "pill",
    "repeated", "results_box", "root_name",
    "single", "spread", "times", "title_cell",
]  # fmt: skip

_MOST_RESULTS, _MOST_LEAVES, _LONGEST = 8, 4, 48  # of a box: rows, letters of a formula
_MOST_ROWS, _MOST_BLOCKS = 12, 4  # of a table of leaves


def root_name(root: Node) -> str:
    """Give the label of a root, its operation or its number."""
    return caption(root) or (root.op.name if root.op else data(root.data))


def description(
    nodes: Sequence[Node], roots: Sequence[Node], grads: Mapping[Node, Any] | None = None
) -> str:
    """Say in words how large a graph is, and what comes out."""
    found = (node.grad for node in nodes) if grads is None else grads.values()
    backward = "with" if any(grad is not None for grad in found) else "before"
    results = "; ".join(f"{root_name(root)} = {data(root.data)}" for root in roots)
    return f"{len(nodes)} nodes, {backward} gradients: {results}"


def name_of(label: str, ink: str = DARK, bold: bool = True) -> tuple[Run, ...]:
    """Write a name, with a subscript where there is an underscore."""
    stem, subscript = split_subscript(label)
    words = (Run(stem, ink, bold), Run(subscript, ink, bold, subscript=True))
    return tuple(run for run in words if run.text)


def single(x: Any) -> float | None:
    """Give a number, also that of an array of one element; None for other arrays, and for None."""
    if x is None or isinstance(x, float):
        return x
    return float(np.ravel(x)[0]) if np.size(x) == 1 else None


def constant(xs: Sequence[Any]) -> Box:
    """Show a number, a small array, or what a large array is; of several, the range."""
    return pill(spread(xs)) if np.size(xs[0]) <= 4 else pill(kind(xs[0]), data(xs[0]))


def pill(text: str, tooltip: str = "") -> Box:
    """Make a small round box."""
    return Box(((Cell((Run(text),), model.PILL),),), tooltip, pill=True)


def node_box(
    nodes: Sequence[Node], label: str, title: str, texts: tuple[str, str], shade: str,
    changed: bool, grad: Any, symbol: str = "", ports: int = 0,
) -> Box:  # fmt: skip
    """Show a node: operation, label and a title, data and gradient; of several examples ranges."""
    node, *more = nodes
    name = (*name_of(label), *((Run(title, GREY),) if title else ()))
    columns: list[tuple[Cell, ...]] = []
    if node.op is None:
        columns.append((Cell(name, model.YELLOW),))
    else:
        columns.append((Cell((Run(symbol, model.WHITE, bold=True),), model.DARK),))
        if name:
            columns.append((Cell(name),))
    rows = _rows(*texts, shade, changed)
    if isinstance(node.data, np.ndarray):
        rows = (Cell((Run(kind(node.data), GREY),), centred=False), *rows)
    tooltip = f"{len(nodes)} examples" if more else _tooltip(node, grad, changed)
    return Box((*columns, rows), tooltip, ports=ports)


def _rows(now: str, slope: str, shade: str, changed: bool) -> tuple[Cell, ...]:
    """Write data over a gradient."""
    mark = (Run(f" {CHANGED}", GREY),) if changed else ()
    return (Cell((Run("data ", GREY), Run(now), *mark), centred=False),
            Cell((Run("grad ", GREY), Run(slope)), shade, centred=False))  # fmt: skip


def leaves_box(
    leaves: Sequence[Node], texts: tuple[str, str], grads: Sequence[Any], scale: float,
    changed: Collection[Node],
) -> Box:  # fmt: skip
    """Show many leaves as a table; of very many, the ranges."""
    if len(leaves) > _MOST_ROWS * _MOST_BLOCKS:
        text = Cell((Run(f"{len(leaves):,} numbers", GREY),), centred=False)
        name = Cell(name_of(names_in_short(leaves)), model.YELLOW)
        both = _rows(*texts, WHITE, any(x in changed for x in leaves))
        return Box(((name,), (text, *both)))
    rows = -(-len(leaves) // -(-len(leaves) // _MOST_ROWS))
    columns: list[tuple[Cell, ...]] = []
    for start in range(0, len(leaves), rows):
        some, gap = leaves[start : start + rows], [Cell(())] * (start + rows - len(leaves))
        marks = [f" {CHANGED}" if x in changed else "" for x in some]
        columns += [
            (title_cell(""), *(Cell(name_of(caption(x)), model.YELLOW) for x in some), *gap),
            (title_cell("data"), *(Cell((Run(data(x.data) + mark),))
                                   for x, mark in zip(some, marks, strict=True)), *gap),
            (title_cell("grad"), *(Cell((Run(spread([g])),), model.tint(single(g), scale))
                                   for g in grads[start : start + rows]), *gap),
        ]  # fmt: skip
    lines = (f"{plain(x.label)} = {_exactly(x.data)}".removeprefix(" = ") for x in leaves)
    return Box(tuple(columns), "\n".join(lines))


def common(nodes: Sequence[Node]) -> str:
    """Give the label that nodes have in common, digits aside where they differ; "" for none."""
    if len(nodes) == 1:
        return caption(nodes[0])
    names = {*map(caption, nodes)}
    if len(names) > 1:
        names = {re.sub(r"[_.]?\d+(,\d+)*$", "", name) for name in names}
    return names.pop() if len(names) == 1 else ""


def names_in_short(nodes: Sequence[Node]) -> str:
    """Write the names of several: the first … the last."""
    first, last = flat(caption(nodes[0])), flat(caption(nodes[-1]))
    return first if first == last else f"{first} … {last}" if first and last else ""


def _tooltip(node: Node, grad: Any, changed: bool) -> str:
    arguments = [
        caption(x) or data(x.data) if isinstance(x, Node) else data(x) for x in node.operands
    ]
    arguments += [f"{k}={v}" for k, v in node.settings.items() if isinstance(v, (int, tuple))]
    formula = f"{node.op.name}({', '.join(arguments)})" if node.op else ""
    lines = [
        " = ".join(filter(None, (plain(node.label), formula))),
        f"data {_exactly(node.data)}",
        "" if grad is None else f"grad {_exactly(grad)}",
        "changed after use: the graph was computed with other data" if changed else "",
    ]
    return "\n".join(filter(None, lines))


def _exactly(x: Any) -> str:
    """Write a number with many digits, an array with some."""
    if isinstance(x, np.ndarray):
        return np.array2string(x, precision=6, threshold=20, edgeitems=2)
    return f"{x:.10g}"


def spread(numbers: Iterable[Any]) -> str:
    """Write a number; of several, the smallest and the largest; – if one is not known."""
    found = [*numbers]
    if any(x is None for x in found) or not found:
        return "–"
    if len(found) == 1:
        return data(found[0])
    low, high = number(min(map(np.min, found))), number(max(map(np.max, found)))
    return low if low == high else f"{low} … {high}"


def gradient_of(roots: Sequence[Node]) -> Callable[[str], str]:
    """Give how the derivative by something is written: ∂E/∂w5 where there is one root, E."""
    name = flat(caption(roots[0])) if len(roots) == 1 else ""
    return (lambda x: f"∂{name}/∂{x}") if name else (lambda x: "grad")


def last_part(path: str) -> str:
    """Give the last name of a path of groups, on one short line."""
    return shorten(plain(path.rpartition("/")[2]))


def operations(part: Part) -> str:
    """Say how many there are, or which one."""
    first, *others = part.examples[0]
    name = f"{1 + len(others):,} operations" if others else first.op.name  # type: ignore[union-attr]
    return name + times(part)


def repeated(formula: str, part: Part) -> str:
    """Write a formula, and how many examples it stands for."""
    is_sum = len(part.examples) > 1 and re.search(r" [+−] (?![^(]*\))", formula)
    return f"({formula}){times(part)}" if is_sum else f"{formula}{times(part)}"


def times(part: Part) -> str:
    """Say how many examples there are, if there are several."""
    return f" × {len(part.examples):,}" if len(part.examples) > 1 else ""


def names_of(
    parts: Sequence[Part], opened: Collection[Scope] = ()
) -> tuple[dict[Part, str], dict[Part, Scope | None]]:
    """Name each part, and give the call in whose frame it stands.

    A part that is alone in its call has the call's name and stands in the frame around it, if that
    is not opened. Others stand in the frame of their call, and are named by what comes out of them.
    """
    count = Counter(part.scope for part in parts)
    names, frames = {}, {}
    for part in parts:
        scope = part.scope
        alone = scope and scope.leaf and count[scope] == 1 and scope not in opened
        outputs = part.outputs
        label = common([n.y for n in part.neurons] or (outputs[0] if len(outputs) == 1 else ()))
        name = label.removeprefix("out_").removeprefix("in_")
        names[part] = (scope is not None and alone and last_part(scope.name)) or name
        frames[part] = scope.outer if scope is not None and alone else scope
    return names, frames


def flow_of(uses: Iterable[Use], changed: Collection[Node]) -> float | None:
    """Add up what flows back along edges of the graph; None if nothing is known.

    That is before a backward pass, and where an operand was changed.
    """
    total = None
    for node, position in uses:
        grad = single(node.grad)
        if any(isinstance(x, Node) and x in changed for x in node.operands):
            return None
        local = None if grad is None else single(local_derivatives(node)[position])
        if local is not None:
            total = (total or 0.0) + chain(grad, local)
    return total


def results_box(
    part: Part, name: str, names: Mapping[Part, str], of: Mapping[Node, Part], scale: float,
    arrows: Sequence[tuple[Edge, Any]], within: Sequence[Node],
) -> tuple[Box, str]:  # fmt: skip
    """Show what comes out of some operations, and leaves that are in the box; say what it is."""
    results = part.outputs[-_MOST_RESULTS:]
    formula = formula_of(part, of, names)
    between = " = " if name and formula else " · " if name else ""
    what = repeated(formula, part) if formula else operations(part)
    head = Cell((*name_of(name, WHITE), Run(between + what, WHITE)), model.DARK)
    data_of = [Cell((Run(spread(y.data for y in same)),)) for same in results]
    grads = [
        Cell((Run(spread(y.grad for y in same)),),
             model.tint(single(same[0].grad) if len(same) == 1 else None, scale))
        for same in results
    ]  # fmt: skip
    if len(results) > 1:
        named = any(same[0].label for same in results)
        titles = ["", *(common(same) for same in results)] if named else []
        columns = [
            (*map(title_cell, titles),),
            (title_cell("data"), *data_of),
            (title_cell("grad"), *grads),
        ]
    else:
        shown = [x for x in within if x.label] if len(within) <= _MOST_LEAVES else []
        columns = [
            (*map(title_cell, ["data", "grad", *map(caption, shown)]),),
            (*data_of, *grads, *(Cell((Run(data(x.data)),)) for x in shown)),
        ]
    return Box(
        tuple(filter(None, columns)), operations(part), ports=len(arrows), head=head,
        pitch=max(15 if any(edge.label for edge, _ in arrows) else 2,
                  min(model.ROW, 90 // max(len(arrows), 1))), free=True,
    ), what  # fmt: skip


def title_cell(text: str) -> Cell:
    """Make a cell in a row or column of titles."""
    return Cell(name_of(text, GREY, bold=False), model.PILL)


_NAMELESS = "\0"
_HALF = re.compile(r"(?<![\w.])0\.5·")


def formula_of(part: Part, of: Mapping[Node, Part], names: Mapping[Part, str]) -> str:
    """Write the result of a part as a formula of what goes in; "" if that is long or nameless."""
    if len(part.outputs) != 1:
        return ""
    trees = {tree.nodes[-1]: tree for tree in part.trees}
    budget = _LONGEST

    def formula(xs: Sequence[Any]) -> Symbol:
        """Write what is the same in all examples."""
        nonlocal budget
        budget -= 1
        x = xs[0]
        if budget < 0:
            return Symbol(_NAMELESS)
        if not isinstance(x, Node):
            return _constant_in_formula(xs)
        if x in trees:
            return sum_of(trees[x])
        if x.op is not None and of[x] is part and " " in x.op.symbol:  # such as xW + b
            inner = [formula(ys).text for ys in zip(*(y.operands for y in xs), strict=True)]
            return Symbol(f"{x.op.name}({', '.join(inner)})")
        if x.op is not None and of[x] is part:
            return Symbol.simplest(x.op, *map(formula, zip(*(y.operands for y in xs), strict=True)))
        name = names[of[x]] if x.op and len(of[x].outputs) == 1 else ""
        return Symbol(flat(name or common(xs)) or (
            _NAMELESS if x.op or len({*xs}) > 1 else data(x.data)))  # fmt: skip

    def sum_of(tree: Tree) -> Symbol:
        """Write a sum of many terms, those of one form once."""
        many = {use for form in tree.forms for use in form.terms}
        words = [form_words(form, len(form.terms)) for form in tree.forms]
        parts = [Symbol(f"{tree.symbol} {text}") for text in words]
        several = dict.fromkeys(of[x] for use in tree.terms if use not in many
                                if isinstance(x := use.operand, Node) and x.op)  # fmt: skip
        folded = {source for source in several if len(source.examples) > 1}
        parts += [Symbol(tree.symbol)] if folded else []
        for use in tree.terms:
            x = use.operand
            if use not in many and not (isinstance(x, Node) and x.op and of[x] in folded):
                parts.append(formula([x]))
        return reduce(add, parts)

    same = formula(part.outputs[0])
    line = _HALF.sub("½ ", same.text)
    return line if len(line) <= _LONGEST and _NAMELESS not in line else ""


def _constant_in_formula(xs: Sequence[Any]) -> Symbol:
    """Write a constant; one that has several values as a letter."""
    if len({*map(str, xs)}) > 1:
        return Symbol("c")
    return Symbol.of(xs[0], data(xs[0])) if np.size(xs[0]) == 1 else Symbol(data(xs[0]))


def form_words(form: Form, count: int) -> str:
    """Write some terms of one form once: 16 × w²."""
    if not form.nodes:
        xs = [use.operand for use in form.terms]
        words = flat(common([x for x in xs if isinstance(x, Node)]))
    else:
        names = []
        for i in range(len(form.nodes[0].operands)):
            xs = [node.operands[i] for node in form.nodes]
            is_node = isinstance(xs[0], Node)
            # θ as all the parameters of several layers are called together.
            if is_node:
                names.append(Symbol(flat(common(xs)) or "xθ"[all(x.call for x in xs)]))
            elif len({*map(str, xs)}) > 1:
                names.append(Symbol(f"({spread(xs)})"))
            else:
                names.append(_constant_in_formula(xs))
        op: Any = form.nodes[0].op
        if op.name == "multiply" and form.nodes[0].operands[0] is form.nodes[0].operands[1]:
            op, names[1] = power, Symbol.of(2)
        words = Symbol.apply(op, *names).text
    sign = "−" * next(iter(form.terms)).minus
    return f"{sign}{count:,} × {words}" if words else f"{sign}{count:,} terms"


def forms_of(part: Part, uses: Sequence[Use]) -> str:
    """Write what an arrow carries, if that is terms of one form."""
    node, count = uses[0].node, len({use.node for use in uses}) // len(part.examples)
    for form in (form for tree in part.trees for form in tree.forms):
        if uses[0] in form.terms or any(node is x for x in form.nodes):
            return form_words(form, count if form.nodes else len(uses) // len(part.examples))
    return ""
