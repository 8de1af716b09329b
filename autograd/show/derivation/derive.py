"""``derive``: the chain rule worked by hand, as on a blackboard."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from ...backprop import creation, differentiable_edges, graph_of
from ...node import Node
from ...ops import chain
from ...symbols import Symbol
from ...value import Value
from ..scene.names import Formulas, names_of
from ..scene.order import operands_first
from ..scene.text import data
from .derivation import Derivation, Factor, Product, Sum, count
from .trace import Trace

__all__ = ["derive"]

MOST_PATHS = 4  # that are written one by one
_MOST_FACTORS = 10  # of a product
_MOST_TERMS = 10  # of a sum
_MOST_SYMBOLS = 24  # of the formula of a derivative


def derive(root: Any, wrt: Any = None, digits: int | None = None) -> Derivation | Trace:
    r"""Work out a derivative by the chain rule, as on a blackboard.

    Labelled nodes are the stations on the way from the root down to `wrt`; what lies between two
    of them becomes one factor. Under each number stands where it comes from: the derivative of
    the operations on the way, written with names. Where several paths meet, each has a row, and
    then they are added up. Of more than four paths, what backpropagation does is written
    instead: the sum over all that use a node.

    Parameters
    ----------
    root : Value
        What is differentiated.
    wrt : Value, optional
        The node to differentiate by. If it is not given, the whole evaluation is a table: how
        every number was computed, and how every gradient.
    digits : int, optional
        The number of decimals; four significant digits if not given.

    Returns
    -------
    Derivation or Trace
        A notebook shows it by its LaTeX; ``str`` and ``print`` give text.

    Raises
    ------
    TypeError
        If one of the two is not a Value. For an element of a Tensor, use `zoom`.
    ValueError
        If the root does not depend on `wrt`, or if the whole table would have too many rows.
    RuntimeError
        If a leaf was changed after it had been used.

    Examples
    --------
    >>> from autograd import Value
    >>> w, x = Value(0.5, "w"), Value(2.0, "x")
    >>> net = w * x - 1
    >>> net.label = "net"
    >>> out = net.sigmoid()
    >>> out.label = "out"
    >>> derive(out, wrt=w)
    ∂out/∂w = ∂out/∂net     · ∂net/∂w
            = out·(1 − out) · x
            = 0.25          · 2
            = 0.5
    >>> print(derive(net, wrt=w).latex)
    \begin{aligned}
    \frac{\partial \mathit{net}}{\partial w} &= \underbrace{2}_{x}
    \end{aligned}
    """
    for role, node in (("root", root), ("wrt", wrt)):
        if not isinstance(node, Value) and (node is not None or role == "root"):
            advice = ": zoom(tensor, index) gives one element as a Value" if isinstance(
                node, Node) else ""  # fmt: skip
            raise TypeError(f"derive: {role} is a {type(node).__name__}, expected a Value{advice}")
    if digits is not None and not 0 <= digits <= 17:
        raise ValueError(f"derive: digits={digits}; expected 0 … 17 decimals, or None")
    if wrt is None:
        return Trace(root, digits)
    return _Stations(root, wrt).derivation(digits)


class _Stations:
    """The labelled nodes between a root and a node below it, and the derivatives between them."""

    def __init__(self, root: Value, wrt: Value) -> None:
        order, found = graph_of((root,))
        wrt = _same_element(wrt, found)
        self.root, self.wrt = root, wrt
        reaches: dict[Node, bool] = {wrt: True}  # who depends on wrt
        for node in reversed(order):
            if node is not wrt:
                reaches[node] = any(reaches.get(x, False) for _, x in differentiable_edges(node))
        self.between = {node for node, whether in reaches.items() if whether}
        self.names = names_of(operands_first((root,)), root)
        if root not in self.between:
            raise ValueError(f"derive: {root!r} does not depend on {wrt!r}, or no derivative flows")
        downward = dict.fromkeys([*order, wrt])
        self.order = [x for x in downward if x in self.between and self._is_station(x)]
        self.places = {node: place for place, node in enumerate(self.order)}
        self.formulas = self._write(order)
        # Of each station those right below it, with the derivatives.
        self.below = {u: self._sweep(u) for u in self.order if u is not wrt} | {wrt: {}}
        self._mark_partial()
        self.paths: dict[Node, int] = {wrt: 1}  # down to wrt
        for u in reversed(self.order[:-1] if wrt is not root else []):
            self.paths[u] = sum(self.paths[x] for x in self.below[u])

    def _is_station(self, node: Node) -> bool:
        return bool(node.label) or node is self.root or node is self.wrt

    def _write(self, order: Sequence[Node]) -> Formulas:
        """Write every node: a label if it has one, or else what it was computed from."""
        written: dict[Node, Symbol] = {}
        formulas = Formulas(written)
        for node in (*(x for x in self.names if x.op is None), *reversed(order)):
            if self._is_station(node):
                written[node] = self.names[node]
            elif node.op is None:
                written[node] = formulas.number(node.data)
            else:
                written[node] = Symbol.simplest(node.op, *map(formulas.name, node.operands))
        return formulas

    def _sweep(self, station: Node) -> dict[Node, Factor]:
        """Differentiate a station by those right below it: a backward pass that stops at them."""
        inside, found = {station}, [station]
        while found:
            for _, x in differentiable_edges(found.pop()):
                if x in self.between and not self._is_station(x) and x not in inside:
                    inside.add(x)
                    found.append(x)
        slopes = {station: (1.0, Symbol.of(1))}
        for node in sorted(inside, key=creation, reverse=True):
            g, written = slopes.pop(node)
            operands, y = node._operands_and_output(False)
            for i, x in differentiable_edges(node):
                if x in self.between:
                    step = self.formulas.slope(node, i)
                    slope = chain(g, node._local(i, operands, y)), written * step
                    if x in slopes:
                        slope = slopes[x][0] + slope[0], slopes[x][1] + slope[1]
                    slopes[x] = slope
        inside.remove(station)
        return {
            x: self._factor(station, x, g, _short(formula, inside))
            for x, (g, formula) in sorted(slopes.items(), key=lambda item: creation(item[0]))
        }

    def _factor(self, above: Node, below: Node, g: float, formula: Symbol | None) -> Factor:
        return Factor(self.names[above], self.names[below], g, formula)

    def _mark_partial(self) -> None:
        """Tell the derivatives that hold stations fixed, which lie on other ways down."""
        under: dict[Node, int] = {}  # the places of all stations that a station depends on, as bits
        for u in reversed(self.order):
            under[u] = 0
            for x in self.below[u]:
                under[u] |= under[x] | 1 << self.places[x]
        for u in self.order:
            for x, factor in self.below[u].items() if len(self.below[u]) > 1 else ():
                ways = (s for s in self.below[u] if s is not x and under[s] >> self.places[x] & 1)
                held = tuple(self.names[s] for s in ways)
                self.below[u][x] = factor._replace(held=held)

    def derivation(self, digits: int | None) -> Derivation:
        """Find the stations that all paths run through, and what lies between them."""
        if self.root is self.wrt:
            one = self._factor(self.root, self.root, 1.0, Symbol.of(1))
            return Derivation(Product((), (one,)), (), digits)
        arrivals: dict[Node, int] = dict.fromkeys(self.order, 0)  # paths from the root
        arrivals[self.root] = 1
        for u in self.order:
            for x in self.below[u]:
                arrivals[x] += arrivals[u]
        total = self.paths[self.root]
        posts = [u for u in self.order if arrivals[u] * self.paths[u] == total]
        factors, sums = [], []
        for above, below in pairwise(posts):
            paths = arrivals[below] // arrivals[above]
            if paths == 1:
                factors.append(self.below[above][below])
                continue
            sums.append(self._sum(above, below, paths))
            words = f"sum of {count(paths)} paths"
            formula = Symbol(rf"\text{{{words}}}", words)
            factors.append(self._factor(above, below, sums[-1].number, formula))
        return Derivation(_product((), factors), sums, digits)

    def _sum(self, above: Node, below: Node, paths: int) -> Sum:
        """Write what the paths from one station to another add up to."""
        between = self.order[self.places[above] : self.places[below]]
        slopes = {above: 1.0}  # of the upper station, by those in between
        for u in between:
            for x, factor in self.below[u].items():
                slopes[x] = slopes.get(x, 0.0) + chain(slopes[u], factor.number)
        if paths <= MOST_PATHS:
            terms = list(self._products(above, below, (), ()))
        else:
            terms = [
                Product(() if u is above else (self.names[u],), (
                    *([self._factor(above, u, slopes[u], None)] if u is not above else []),
                    self.below[u][below],
                )) for u in reversed(between) if below in self.below[u]
            ]  # fmt: skip
        shown = tuple(terms[:_MOST_TERMS])
        return Sum(self.names[above], self.names[below], slopes[below], shown, paths,
                   paths > MOST_PATHS, len(terms) - len(shown))  # fmt: skip

    def _products(
        self, above: Node, below: Node, via: tuple[Symbol, ...], factors: tuple[Factor, ...]
    ) -> Iterator[Product]:
        """Walk the few paths from one station to another; `via` is where they part."""
        while above is not below:
            ways = self.below[above]
            if len(ways) > 1:
                for x, factor in ways.items():
                    at = via if x is below else (*via, self.names[x])
                    yield from self._products(x, below, at, (*factors, factor))
                return
            ((above, factor),) = ways.items()
            factors = (*factors, factor)
        yield _product(via, factors)


def _same_element(wrt: Value, nodes: Iterable[Node]) -> Any:
    """Find the leaf that is the same element of a Tensor, if there is one; `zoom` makes it anew."""

    def element(x: Node) -> tuple[int, int] | None:
        tensor = getattr(x, "_left", None) if x.op is None else None
        return None if tensor is None else (id(tensor), x._right)

    wanted = element(wrt)
    return next((x for x in nodes if wanted and element(x) == wanted), wrt)


def _short(formula: Symbol, between: Collection[Node]) -> Symbol | None:
    """Give a formula; in place of a long one, say which node to label for shorter ones."""
    if formula.size <= _MOST_SYMBOLS:
        return formula
    nodes = sorted(between, key=creation)
    if not nodes:
        return None
    node = nodes[len(nodes) // 2]
    words = f"long: label a node in between, such as the {node.op.name} that gives "  # type: ignore[union-attr]
    number = data(node.data)
    return Symbol(rf"\text{{{words}}}{Symbol.of(node.data, number).latex}", words + number)


def _product(via: tuple[Symbol, ...], factors: Sequence[Factor]) -> Product:
    """Make a product; of very many factors those in the middle become one."""
    if (more := len(factors) - _MOST_FACTORS) > 0:
        half = _MOST_FACTORS // 2
        first, inner, last = factors[:half], factors[half:-half], factors[-half:]
        words = f"product of {more:,} factors"
        whole = Factor(inner[0].above, inner[-1].below, Product((), tuple(inner)).number,
                       Symbol(rf"\text{{{words}}}", words))  # fmt: skip
        factors = [*first, whole, *last]
    return Product(via, tuple(factors))
