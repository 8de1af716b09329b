"""Flatten, level, group: which nodes become one operation on vectors.

Everything here is integer arrays with an entry a node, an edge or a term; the work is linear but
for sorting.
"""

from typing import Any, NamedTuple

import numpy as np

from .scalar_graph import BATCHED, BATCHLESS, CONSTANT, ScalarGraph, upwards

__all__ = ["CLASSES", "Flat", "Group", "Terms", "flatten", "group", "levels"]

# The terms of a sum by the kinds of their factors (the lesser first), in the order in which they
# are added up: each class first with the sign +, then all with the sign −. The constants last.
CLASSES: list[tuple[int, ...]] = [
    (BATCHLESS, BATCHED), (CONSTANT, BATCHED), (BATCHED, BATCHED), (BATCHED,),
    (BATCHLESS, BATCHLESS), (CONSTANT, BATCHLESS), (BATCHLESS,), (CONSTANT,),
]  # fmt: skip
SUM = -3  # the code of an n-ary sum


class Terms(NamedTuple):
    """The operands of n-ary operations, those of one row side by side."""

    row: np.ndarray  # the node that is the sum
    part: np.ndarray  # a sum's: the class of the term, plus the number of classes if negative
    a: np.ndarray  # the term; the first factor of a product
    b: np.ndarray  # the second factor; −1 if there is none


class Flat(NamedTuple):
    """What `flatten` finds."""

    root: np.ndarray  # the node into which a node has been absorbed; itself if it has not
    terms: Terms  # of sums
    extremes: Terms  # of trees of max and min
    sums: np.ndarray  # of bool: the nodes that are n-ary sums
    trees: np.ndarray  # of bool: the nodes that are n-ary maxima or minima


class Group(NamedTuple):
    """Nodes that one operation computes."""

    op: Any  # a row of the op table; "sum", "max" or "min" for n-ary ones
    rows: np.ndarray  # the nodes
    a: np.ndarray  # (rows, operands): operands, terms or first factors
    b: np.ndarray | None = None  # second factors
    part: np.ndarray | None = None  # (terms,): the classes of a sum's terms

    def spans(self) -> dict[int, tuple[int, int]]:
        """Give where the terms of each class begin and end."""
        classes, first = np.unique(np.asarray(self.part), return_index=True)
        ends = [*first[1:].tolist(), self.a.shape[1]]
        return dict(zip(classes.tolist(), zip(first.tolist(), ends, strict=True), strict=True))


def flatten(g: ScalarGraph) -> Flat:
    """Find n-ary sums, the products that are terms of them, and trees of max and min."""
    n = len(g.code)
    row, position = np.nonzero((g.operands >= 0) & (g.code >= 0)[:, None])
    operand = g.operands[row, position]
    uses = np.bincount(operand, minlength=n)
    uses[g.roots] += 2  # outputs stay
    consumer = np.arange(n)
    consumer[operand] = row  # the only one, where there is one use
    once = uses == 1
    add, subtract, negative, positive, multiply, detach = map(
        g.code_of, ("add", "subtract", "negative", "positive", "multiply", "detach"))  # fmt: skip

    # (a + b) − c, −(a + b): an inner sum with one consumer is a part of the outer one.
    sums = np.isin(g.code, (add, subtract, negative, positive))
    inner = sums & once & sums[consumer]
    minus = (g.code[row] == negative) | ((g.code[row] == subtract) & (position == 1))
    sign = np.ones(n, np.int8)
    sign[operand[minus & inner[operand]]] = -1
    root, sign = climb(np.where(inner, consumer, np.arange(n)), sign)

    # a·b + c·d: a product with one consumer is a term of it.
    product = (g.code == multiply) & once & sums[consumer]
    edge = sums[row] & ~inner[operand]
    term = operand[edge]
    a = np.where(product[term], g.operands[term, 0], term)
    b = np.where(product[term], g.operands[term, -1 if g.operands.shape[1] < 2 else 1], -1)
    swap = product[term] & (g.kind[a] > g.kind[b])
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    part = np.zeros(len(term), int)
    for k, kinds in enumerate(CLASSES):
        second = (b >= 0) & (g.kind[b] == kinds[1]) if kinds[1:] else b < 0
        part[(g.kind[a] == kinds[0]) & second] = k
    part += len(CLASSES) * ((sign[row[edge]] < 0) != minus[edge])

    # max(max(a, b), c) under detach: elsewhere it stays pairwise, as ties share the gradient so.
    extremes, trees = [], np.zeros(n, bool)
    whole = np.arange(n)
    for code in map(g.code_of, ("maximum", "minimum")):
        same = g.code == code
        chained = same & once & same[consumer]
        top, _ = climb(np.where(chained, consumer, whole), np.ones(n, np.int8))
        silent = same & once & (g.code[consumer] == detach)
        edges = same[row] & ~chained[operand]
        mixed = np.zeros(n, bool)
        mixed[top[row[edges & (g.kind[operand] != BATCHED)]]] = True
        tree = silent & ~mixed & (np.bincount(top[same], minlength=n) > 1)
        chained &= tree[top]
        root = np.where(chained, top, root)
        trees |= tree
        extremes.append(edges & tree[top[row]])
    edges = np.logical_or(*extremes)
    root = np.where(product, consumer, root)
    tops = root[row[edges]]
    return Flat(
        root, _by_row(Terms(root[row[edge]], part, a, b)),
        _by_row(Terms(tops, np.zeros(len(tops), int), operand[edges], np.full(len(tops), -1))),
        sums & ~inner, trees)  # fmt: skip


def climb(parent: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the top of each node's chain of parents, and the product of the signs on the way.

    The chains are halved again and again, so that a long one takes few passes.
    """
    while ((above := parent[parent]) != parent).any():
        sign = sign * sign[parent]
        parent = above
    return parent, sign


def _by_row(terms: Terms) -> Terms:
    """Put the terms of a row side by side, in the order of their classes, else as written."""
    order = np.lexsort((terms.part, terms.row))
    return Terms(*(column[order] for column in terms))


def levels(g: ScalarGraph, flat: Flat) -> np.ndarray:
    """Give each node its level: one more than its deepest operand's; 0 for leaves."""
    alone = (flat.root == np.arange(len(flat.root))) & (g.code >= 0)
    return np.array(upwards(g, [0] * len(g.code), alone.astype(int)))


def group(g: ScalarGraph, flat: Flat, level: np.ndarray) -> list[Group]:
    """Collect the nodes of one level with one signature; lower levels first.

    The signature is the operation and the kinds of its operands; of a sum, how many terms of
    each class it has.
    """
    rows = np.flatnonzero((g.code >= 0) & (flat.root == np.arange(len(g.code))))
    sums, trees = flat.sums[rows], flat.trees[rows]
    operands = g.operands[rows]
    if operands.shape[1] > 1:  # x·w is w·x
        swap = (g.code[rows] == g.code_of("multiply")) & (
            g.kind[operands[:, 0]] > g.kind[operands[:, 1]])  # fmt: skip
        operands[swap, :2] = operands[swap, 1::-1]
    code = np.where(sums, SUM, g.code[rows])
    signature = [level[rows], code - SUM, g.kind[rows], trees.astype(int)]
    signature += [np.where(sums | trees | (x < 0), 0, g.kind[x]) for x in operands.T]
    place = np.full(len(g.code), -1)
    place[rows] = np.arange(len(rows))
    spans = []
    for terms in flat.terms, flat.extremes:
        count = np.bincount(place[terms.row], minlength=len(rows))
        spans.append((terms, np.cumsum(count) - count, count))
        signature.append(count)
    by_class = place[flat.terms.row], flat.terms.part
    for k in range(2 * len(CLASSES)):
        signature.append(np.bincount(by_class[0][by_class[1] == k], minlength=len(rows)))
    key = pack(signature)
    order = np.argsort(key, kind="stable")
    cuts = np.flatnonzero(np.diff(key[order])) + 1
    starts, ends = [0, *cuts.tolist()], [*cuts.tolist(), len(order)]
    groups = []
    for start, end in zip(starts, ends, strict=True) if len(order) else ():
        chosen = order[start:end]
        one = chosen[0]
        if not (sums[one] or trees[one]):
            op = g.ops[g.code[rows[one]]]
            groups.append(Group(op, rows[chosen], operands[chosen, : op.arity]))
            continue
        terms, first, count = spans[0 if sums[one] else 1]
        at = first[chosen][:, None] + np.arange(count[one])
        if sums[one]:
            groups.append(Group("sum", rows[chosen], terms.a[at], terms.b[at], terms.part[at[0]]))
        else:
            name = g.ops[g.code[rows[one]]].name[:3]
            groups.append(Group(name, rows[chosen], terms.a[at]))
    return groups


def pack(columns: list[np.ndarray]) -> np.ndarray:
    """Make one number of each row of integers from 0, in the order of the rows."""
    key = np.zeros(len(columns[0]), int)
    size = 1  # keys are below it
    for column in columns:
        base = int(column.max(initial=0)) + 1
        if size * base >= 2**62:
            known, key = np.unique(key, return_inverse=True)
            size = len(known)
        key, size = key * base + column, size * base
    return key
