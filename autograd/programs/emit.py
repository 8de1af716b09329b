"""Place and emit: from groups of scalar nodes to operations on Tensors.

Each group's results stand side by side in one vector, its *source*; those of the parameters in
θ, in the order in which matrices use them. What is regular is then a whole source or a slice of
one, and the rest is gathered by index.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import array_ops, ops
from ..array_ops import ARRAY_OPS, getitem, reshape
from ..fused import linear
from .grouping import CLASSES, Group
from .scalar_graph import BATCHED, BATCHLESS, CONSTANT, ScalarGraph

__all__ = ["Emitter", "Step"]

FEW = 4  # so many terms are added one by one, not gathered for a reduction
MANY_PRODUCTS, SMALL_PRODUCT = 32, 256  # so many products of that mean size are one gather


class Step:
    """An operation of a program: what is computed from which earlier steps and constants.

    Attributes
    ----------
    op : callable or None
        A row of the op table or an operation on arrays; None for an input and for θ.
    operands : tuple
        Steps, arrays and numbers.
    settings : dict
        What the operation is given beside them.
    name : str
        What it is called in print; "" for what is on the way.
    nodes : int
        How many scalar nodes it stands for.
    width : int
        How many numbers it has for each example.
    rows : ndarray of int
        The scalar nodes whose numbers these are; none for what is on the way.
    """

    __slots__ = ("name", "nodes", "op", "operands", "rows", "settings", "width")

    def __init__(
        self, op: Any, operands: tuple[Any, ...], settings: dict[str, Any], width: int
    ) -> None:
        self.op, self.operands, self.settings, self.width = op, operands, settings, width
        self.name, self.nodes = "", 0
        self.rows = np.empty(0, int)


class Emitter:
    """Makes the steps, group by group.

    Parameters
    ----------
    g : ScalarGraph
        The graph.
    inputs : list of int
        How many numbers each input has.
    parameters : int
        How many parameters there are; they are numbered after the inputs.
    """

    def __init__(self, g: ScalarGraph, inputs: list[int], parameters: int) -> None:
        self.g = g
        self.steps: list[Step] = []
        self.sources: list[Step] = []
        self.source = np.full(len(g.code), -1)  # where a node stands: in which source,
        self.offset = np.full(len(g.code), -1)  # and at which place
        self.taken: dict[tuple[int, bytes], Step] = {}
        start = 0
        for n in inputs:
            self.stand(Step(None, (), {}, n), np.arange(start, start + n))
            start += n
        self.theta = Step(None, (), {}, parameters)
        self.parameters = np.arange(start, start + parameters)
        self.placed = self.matrices = 0
        self.steps += [*self.sources, self.theta]
        self.sources.append(self.theta)
        self.source[self.parameters] = len(inputs)

    def step(self, op: Any, *operands: Any, width: int, **settings: Any) -> Step:
        """Add a step."""
        made = Step(op, operands, settings, width)
        self.steps.append(made)
        return made

    def stand(self, step: Step, rows: np.ndarray) -> None:
        """Let nodes stand side by side in the result of a step."""
        self.source[rows] = len(self.sources)
        self.offset[rows] = np.arange(len(rows))
        self.sources.append(step)
        step.rows = rows

    # --- Place ------------------------------------------------------------------------------------

    def place(self, parameters: np.ndarray) -> None:
        """Give parameters the next places in θ, in this order; those that have one keep it."""
        new = parameters[self.offset[parameters] < 0]
        if len(new):
            _, first = np.unique(new, return_index=True)
            new = new[np.sort(first)]
            self.offset[new] = np.arange(self.placed, self.placed + len(new))
            self.placed += len(new)

    def is_parameter(self, nodes: np.ndarray) -> bool:
        """Tell whether all are parameters, and not computed from them."""
        return bool((self.source[nodes] == self.source[self.parameters[0]]).all()
                    if len(self.parameters) else False)  # fmt: skip

    # --- Operands ---------------------------------------------------------------------------------

    def take(self, nodes: np.ndarray, whole: bool = False) -> Any:
        """Give the vector of some nodes of one kind: a step, or an array or number of constants.

        If all are the same node its width is 1, as broadcasting makes the rest, unless `whole`.
        """
        if len(nodes) == 1 and self.g.kind[nodes[0]] != CONSTANT:
            return self.take_one(int(nodes[0]))
        if self.g.kind[nodes[0]] == CONSTANT:
            numbers = self.g.data[nodes]
            same = (numbers == numbers[0]).all() and not whole
            return float(numbers[0]) if same else numbers
        if self.g.kind[nodes[0]] == BATCHLESS:
            self.place(nodes[self.source[nodes] == self.source[self.parameters[0]]])
        source, offset = self.source[nodes], self.offset[nodes]
        if (source == source[0]).all():
            return self.pick(self.sources[source[0]], offset, whole)
        cuts = np.flatnonzero(np.diff(source)) + 1
        order = None
        if len(cuts) > 8 and len(cuts) >= 2 * len(np.unique(source)):  # piece by piece is too many
            order = np.argsort(source, kind="stable")
            source, offset = source[order], offset[order]
            cuts = np.flatnonzero(np.diff(source)) + 1
        pieces = [
            self.pick(self.sources[source[i]], part, whole=True)
            for i, part in zip([0, *cuts.tolist()], np.split(offset, cuts), strict=True)
        ]
        joined = self.step(ARRAY_OPS["concatenate"], *pieces, axis=-1, width=len(nodes))
        if order is None:
            return joined
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return self.pick(joined, back)

    def take_one(self, node: int) -> Step:
        """Do the same for a single node."""
        if self.offset[node] < 0:
            self.place(np.array([node]))
        source, k = self.sources[self.source[node]], int(self.offset[node])
        return source if source.width == 1 else self.part(source, slice(k, k + 1), 1)

    def pick(self, source: Step, places: np.ndarray, whole: bool = False) -> Step:
        """Give some places of a source: all, a slice, or a gather by index."""
        first, n = int(places[0]), len(places)
        index: Any = places
        stride = int(places[1]) - first if n > 1 else 1
        if (places == first).all() and not (whole and n > 1):
            index, n = slice(first, first + 1), 1
        elif stride > 0 and (np.diff(places) == stride).all():
            index = slice(first, first + (n - 1) * stride + 1, stride if stride > 1 else None)
        if isinstance(index, slice) and n == source.width:
            return source
        return self.part(source, index, n)

    def part(self, source: Step, index: Any, n: int) -> Step:
        """Index a source; the same part is taken once."""
        key = (id(source), repr(index).encode() if isinstance(index, slice) else index.tobytes())
        if (known := self.taken.get(key)) is None:
            known = self.step(getitem, source, index=(..., index), width=n)
            self.taken[key] = known
        return known

    # --- Emit -------------------------------------------------------------------------------------

    def emit(self, groups: list[Group], sizes: np.ndarray) -> None:
        """Emit all groups, matrices placed first; `sizes` tells how many nodes a row stands for."""
        parts = [part for group in groups for part in self.split(group)]
        for group, grid in parts:
            if grid is not None:
                self.place_matrix(group, grid)
        for group, grid in parts:
            if group.op == "sum":
                if grid is None:
                    group = self.sorted(group)
                made, rows = self.sum(group, grid), group.rows
            elif isinstance(group.op, str):
                reduction = array_ops.max if group.op == "max" else array_ops.min
                made, rows = self.reduce(reduction, group.a), group.rows
            else:
                made, rows = self.elementwise(group)
            made.nodes += int(sizes[rows].sum())
            self.stand(made, rows)
        self.place(self.parameters)

    def order(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Sort rows by the places of their operands, so that these come in one piece."""
        self.place(columns.T[self.is_leaf(columns.T)])
        where = self.source[columns] * (len(self.g.code) + 1) + self.offset[columns]
        return np.lexsort((rows, *where.T[::-1]))

    def sorted(self, group: Group) -> Group:
        """Sort the rows of a sum by their first two terms."""
        if len(group.rows) == 1:
            return group
        assert group.b is not None
        terms = np.where(group.b < 0, group.a, group.b)[:, :2]
        return _only(group, self.order(group.rows, terms))

    def elementwise(self, group: Group) -> tuple[Step, np.ndarray]:
        """Apply a row of the table to vectors of operands, in the order of these."""
        rows, columns = group.rows, group.a
        if len(rows) > 1:
            order = self.order(rows, columns)
            rows, columns = rows[order], columns[order]
        operands = [self.take(column) for column in columns.T]
        width = max(x.width if isinstance(x, Step) else np.size(x) for x in operands)
        if width < len(rows):  # all are the same: recorded again and again
            operands[0] = self.take(columns[:, 0], whole=True)
            width = len(rows)
        return self.step(group.op, *operands, width=width), rows

    def is_leaf(self, nodes: np.ndarray) -> np.ndarray:
        """Tell which are parameters."""
        start = self.parameters[0] if len(self.parameters) else 0
        return (nodes >= start) & (nodes < start + len(self.parameters))

    def reduce(self, reduction: Any, terms: np.ndarray, factors: np.ndarray | None = None) -> Step:
        """Reduce the rows of a matrix of nodes, or of the products with a second matrix."""
        rows, n = terms.shape
        if rows == 1 and self.g.kind[terms[0, 0]] != CONSTANT:  # in any order: that of the places
            self.place(terms[self.is_leaf(terms)])
            order = np.lexsort((self.offset[terms[0]], self.source[terms[0]]))
            terms = terms[:, order]
            factors = None if factors is None else factors[:, order]
        x = self.take(terms.ravel(), whole=rows > 1 or factors is None)
        if factors is not None:
            x = self.times(x, terms, factors, whole=rows > 1)
        if rows > 1:
            x = self.step(reshape, x, shape=(-1, rows, n) if self.batched(terms, factors) else
                          (rows, n), width=rows * n)  # fmt: skip
        return self.step(array_ops.sum if reduction is None else reduction, x, axis=-1,
                         width=rows, **({} if rows > 1 else {"keepdims": True}))  # fmt: skip

    def batched(self, *nodes: np.ndarray | None) -> bool:
        """Tell whether a result has a batch axis."""
        return any(x is not None and self.g.kind[x.flat[0]] == BATCHED for x in nodes)

    def times(self, x: Any, a: np.ndarray, b: np.ndarray, whole: bool = False) -> Step:
        """Multiply the vector x of the nodes `a` by that of the nodes `b`."""
        if (a == b).all():
            if x.width < a.size:
                x = self.take(a.ravel(), whole=True)
            return self.step(ops.square, x, width=x.width)
        y = self.take(b.ravel(), whole)
        width = max(z.width if isinstance(z, Step) else np.size(z) for z in (x, y))
        if width < a.size:
            y, width = self.take(b.ravel(), whole=True), a.size
        return self.step(ops.multiply, x, y, width=width)

    def sum(self, group: Group, grid: "Grid | None") -> Step:
        """Add up the classes of terms, those with the sign + first."""
        assert group.b is not None
        spans = group.spans()
        constant = self.constants(group, spans)
        terms: list[tuple[bool, Any]] = []
        if grid is not None:
            terms.append((grid.part >= len(CLASSES), self.product(group, grid, spans)))
        for part, (start, end) in spans.items():
            single = len(CLASSES[part % len(CLASSES)]) == 1
            a, b = group.a[:, start:end], group.b[:, start:end]
            negative = part >= len(CLASSES)
            n = end - start
            if (n > FEW and n > len(a)) or (n > 1 and len(a) == 1 and self.together(a, b)):
                terms.append((negative, self.reduce(None, a, None if single else b)))
                continue
            for k in range(n):
                term = self.take(a[:, k])
                terms.append((negative, term if single else self.times(term, a[:, k], b[:, k])))
        terms.sort(key=lambda term: term[0])  # those with the sign + first
        if constant is not None:
            terms.insert(0 if terms[0][0] else len(terms), (False, constant))
        total: Step = self.plus(None, terms[0][1], terms[0][0])
        for negative, term in terms[1:]:
            total = self.plus(total, term, negative)
        if total.width < len(group.rows):  # all the same: recorded again and again
            zeros = np.zeros(len(group.rows))
            total = self.step(ops.add, total, zeros, width=len(zeros))
        return total

    def together(self, *nodes: np.ndarray) -> bool:
        """Tell whether nodes stand in one source, each of some arrays in its own."""
        return all((self.source[x] == self.source[x.flat[0]]).all() for x in nodes)

    def constants(self, group: Group, spans: dict[int, Any]) -> Any:
        """Add up the constant terms of each row; the number if all rows have the same."""
        total: Any = None
        for part in (len(CLASSES) - 1, 2 * len(CLASSES) - 1):
            if part in spans:
                start, end = spans.pop(part)
                numbers = self.g.data[group.a[:, start:end]].sum(axis=1)
                numbers = -numbers if part >= len(CLASSES) else numbers
                total = numbers if total is None else total + numbers
        if total is not None and (total == total[0]).all():
            return float(total[0]) or None  # 0 + x is x
        return total

    def plus(self, total: Any, term: Any, negative: bool) -> Any:
        """Add a term, or subtract it."""
        if total is None:
            return self.step(ops.negative, term, width=term.width) if negative else term
        width = max(x.width if isinstance(x, Step) else np.size(x) for x in (total, term))
        return self.step(ops.subtract if negative else ops.add, total, term, width=width)

    # --- Matrix products --------------------------------------------------------------------------

    def split(self, group: Group) -> Iterator[tuple[Group, "Grid | None"]]:
        """Split sums of products into grids, in which every vector meets every other.

        In a layer one vector of activations meets the weights of all neurons; in a convolution
        the windows meet the filters.
        """
        spans = {} if group.part is None else group.spans()
        part = next((k for k in spans if k % len(CLASSES) < 2), None)
        if part is None or group.b is None:  # no products by parameters or constants
            yield group, None
            return
        start, end = spans[part]
        k = end - start
        weights, activations = group.a[:, start:end], group.b[:, start:end]
        factors = self.g.data[weights]
        if len(weights) == 1 and part % len(CLASSES) == 1 and (factors == factors[0, 0]).all():
            yield group, None  # a multiple of a sum
            return
        w_of, w = distinct(weights)
        x_of, x = distinct(activations)
        order = np.lexsort((x_of, w_of))
        cuts = np.flatnonzero(np.diff(w_of[order])) + 1
        alike: dict[bytes, list[np.ndarray]] = {}
        for rows in np.split(order, cuts):
            alike.setdefault(x_of[rows].tobytes(), []).append(rows)
        grids = [np.array(rows).T for rows in alike.values()]  # (windows, filters)
        products = len(group.rows) * k
        if len(grids) > MANY_PRODUCTS and products < SMALL_PRODUCT * len(grids):
            yield group, None
            return
        rest = [rows for rows in grids if rows.size == 1] if len(grids) > 1 or k == 1 else []
        for rows in grids:
            if rows.size > 1 or not rest:
                chosen = rows.ravel()
                yield _only(group, chosen), Grid(part, w[w_of[rows[0]]], x[x_of[rows[:, 0]]])
        if rest:
            yield _only(group, np.sort(np.concatenate(rest, axis=None))), None

    def place_matrix(self, group: Group, grid: "Grid") -> None:
        """Lay out a matrix of parameters as its product uses it, and the biases after it."""
        if self.g.kind[grid.weights[0, 0]] != BATCHLESS:
            return
        matrix = grid.weights.T.ravel()
        if not self.is_parameter(matrix):
            return
        self.place(matrix)
        bias = self.bias(group, grid)
        if bias is not None and self.is_parameter(bias[1]):
            self.place(bias[1])

    def bias(self, group: Group, grid: "Grid") -> tuple[int, np.ndarray] | None:
        """Find the one term of each row that is the same in all windows: its class, and nodes."""
        assert group.part is not None
        part = CLASSES.index((BATCHLESS,)) + grid.part // len(CLASSES) * len(CLASSES)
        at = np.flatnonzero(group.part == part)
        if len(at) != 1:
            return None
        windows, filters = len(grid.windows), len(grid.weights)
        column = group.a[:, at[0]].reshape(windows, filters)
        return (part, column[0]) if (column == column[0]).all() else None

    def product(self, group: Group, grid: "Grid", spans: dict[int, Any]) -> Step:
        """Emit x @ W + b, and take its terms out of `spans`."""
        spans.pop(grid.part)
        windows, k = grid.windows.shape
        filters = len(grid.weights)
        x = self.take(grid.windows.ravel(), whole=True)
        if windows > 1:
            x = self.step(reshape, x, shape=(-1, k), width=k)
        w = self.take(grid.weights.T.ravel(), whole=True)
        if isinstance(w, np.ndarray):
            w = w.reshape(k, filters)
        else:
            w = self.step(reshape, w, shape=(k, filters), width=filters)
            self.matrices += 1
            w.name = f"W{self.matrices}"
        bias = self.bias(group, grid)
        b = []
        if bias is not None:
            spans.pop(bias[0])
            b = [self.take(bias[1], whole=True)]
            if isinstance(w, Step) and not b[0].name and b[0] not in self.sources:
                b[0].name = f"b{self.matrices}"
        y = self.step(linear, x, w, *b, width=filters)
        y.name = f"z{self.matrices}" if isinstance(w, Step) else ""
        if windows > 1:
            y = self.step(reshape, y, shape=(-1, windows * filters), width=windows * filters)
        return y


class Grid:
    """Sums of products in which each of some windows meets each of some filters.

    Attributes
    ----------
    part : int
        The class of the products, with their sign.
    weights : ndarray, shape (filters, k)
        Nodes that have no batch axis.
    windows : ndarray, shape (windows, k)
        Nodes that have one.
    """

    def __init__(self, part: int, weights: np.ndarray, windows: np.ndarray) -> None:
        self.part, self.weights, self.windows = part, weights, windows


def _only(group: Group, rows: np.ndarray) -> Group:
    assert group.b is not None
    return group._replace(rows=group.rows[rows], a=group.a[rows], b=group.b[rows])


def distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each row of a matrix the number of its like, and the distinct rows."""
    if len(rows) == 1:
        return np.zeros(1, int), rows
    _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return inverse.ravel(), rows[first]
