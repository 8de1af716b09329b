"""The algebra: every rule is true, of numbers and of derivatives, and no set of them loops."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Tensor, Value, algebra, gradients, ops, symbols, topological_order, values
from autograd.algebra import DRAWN, EXACT, REAL, WRITTEN, Pattern, Rules
from autograd.programs import lines, source, traced
from autograd.show.views import simplify
from autograd.show.views.simplify import simplified
from autograd.symbols import Symbol

NAMES = {getattr(algebra, name): name for name in "abcdnxz"}


def filled(pattern, terms, apply):
    """A pattern with terms in place of its variables."""
    if not isinstance(pattern, Pattern):
        return terms.get(pattern, float(pattern))
    if pattern.op is None:
        return terms[pattern]
    return apply(pattern.op, *(filled(p, terms, apply) for p in pattern.operands))


def variables(pattern):
    """The variables of a pattern, and the literal 0, which also fits −0.0."""
    if not isinstance(pattern, Pattern):
        return [0] if pattern == 0 else []
    if pattern.op is None:
        return [pattern]
    return list(dict.fromkeys(itertools.chain(*map(variables, pattern.operands))))


def formula(rule):
    names = {pattern: Symbol(name) for pattern, name in NAMES.items()}
    return " = ".join(
        side.text if isinstance(side, Symbol) else f"{side:g}"
        for side in (filled(side, names, Symbol.apply) for side in rule))  # fmt: skip


# --- Each rule ------------------------------------------------------------------------------------

NUMBERS = st.floats(-3, 3).map(lambda number: round(number, 3))
POINTS = NUMBERS.filter(lambda number: abs(number) > 0.1)
EXPRESSIONS = (
    lambda u, v: u, lambda u, v: u * v, lambda u, v: ops.sin(u) + v * v,
    lambda u, v: ops.tanh(u - v) * u, lambda u, v: ops.exp(0.3 * u) - 2.5 * v,
)  # fmt: skip


@pytest.mark.parametrize("rule", EXACT + REAL + DRAWN + WRITTEN, ids=formula)
@given(st.data())
def test_value_and_both_derivatives(rule, data):
    """The sides have the same numbers, gradients and second derivatives, of any expressions."""
    at = data.draw(st.tuples(POINTS, POINTS))
    terms = {}
    for variable in variables(rule[0]):
        if variable == 0:
            continue
        if variable.accepts(None):
            terms[variable] = data.draw(st.sampled_from(EXPRESSIONS))
            assume(abs(terms[variable](*at)) > 0.05)  # divisors are not 0
        else:
            number = data.draw(NUMBERS.filter(variable.accepts))
            terms[variable] = lambda u, v, number=number: number

    def derivatives(side):
        u, v = values(at, "u")
        made = {variable: term(u, v) for variable, term in terms.items()}
        y = filled(side, made, lambda op, *operands: op(*operands))
        slopes = gradients(y + ops.sin(u * v), [u, v], create_graph=True)
        return [getattr(y, "data", y), *(s.data for s in slopes), *gradients(slopes[0], [u, v]),
                *gradients(slopes[1], [u, v])]  # fmt: skip

    left, right = map(derivatives, rule)
    assert left == pytest.approx(right, rel=1e-8, abs=1e-8)


EDGES = [0.0, 1.0, 5e-324, 1e-310, 0.1, 1e200, 1.7976931348623157e308, np.inf, np.nan]
EDGES += [-number for number in EDGES]


def one_nan(y):
    """The bits of an array, NaN's sign and payload left out."""
    return np.where(np.isnan(y), y.dtype.type(np.nan), y).tobytes()


def bits(side, terms, dtype):
    """What a side is in floating point."""
    with np.errstate(all="ignore"):
        y = filled(side, terms, lambda op, *operands: op.array(*operands))
    return one_nan(np.broadcast_to(np.asarray(y, dtype), np.shape(next(iter(terms.values())))))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rule", EXACT, ids=formula)
@given(st.data())
def test_exact_rules_are_exact(rule, dtype, data):
    """They hold bit for bit, of all floats."""
    free = variables(rule[0])
    drawn = [tuple(0.0 if x == 0 else data.draw(st.floats(width=32)) for x in free)]
    rows = [*itertools.product(*([0.0, -0.0] if x == 0 else EDGES for x in free)), *drawn]
    with np.errstate(over="ignore"):
        terms = dict(zip(free, np.array(rows).astype(dtype).T, strict=True))
    assert bits(rule[0], terms, dtype) == bits(rule[1], terms, dtype)


def operations(pattern):
    inner = getattr(pattern, "operands", ())
    return (getattr(pattern, "op", None) is not None) + sum(map(operations, inner))


@pytest.mark.parametrize("rule", REAL, ids=formula)
def test_the_others_are_not(rule):
    """What would be less to compute, and is not marked as exact, is not."""
    free = variables(rule[0])
    rows = itertools.product(*([0.0, -0.0] if x == 0 else EDGES for x in free))
    terms = dict(zip(free, np.array([*rows]).T, strict=True))
    exact = bits(rule[0], terms, np.float64) == bits(rule[1], terms, np.float64)
    no_gain = operations(rule[0]) == operations(rule[1])
    assert not exact or no_gain


# --- Sets of rules --------------------------------------------------------------------------------
# All numbers are sums of few powers of two, so that nothing is rounded.

AT = {"u": 0.5, "v": -2.0}
CONSTANTS = st.sampled_from([0.0, 1.0, -1.0, 2.0, -0.5, 4.0])
LEAVES = st.sampled_from([*AT]) | CONSTANTS


def larger(terms):
    return st.one_of(
        st.tuples(st.sampled_from([ops.add, ops.subtract, ops.multiply, ops.chain]), terms, terms),
        st.tuples(st.sampled_from([ops.negative, ops.positive]), terms),
        st.tuples(st.just(ops.divide), terms, LEAVES.filter(bool)),
        st.tuples(st.just(ops.divide), st.just(1.0), st.sampled_from([*AT])),
        st.tuples(st.just(ops.power), terms, st.sampled_from([0.0, 1.0, 2.0])),
        terms.map(lambda x: (ops.add, x, x)), terms.map(lambda x: (ops.multiply, x, x)),
    )  # fmt: skip


TREES = st.recursive(LEAVES, larger, max_leaves=12)


def made(tree, leaves, apply):
    """A tree, with leaves for its names; equal parts are one part."""
    known = {}

    def make(tree):
        if isinstance(tree, float):
            return tree
        if tree not in known:
            known[tree] = (
                leaves[tree] if isinstance(tree, str) else apply(tree[0], *map(make, tree[1:])))
        return known[tree]

    return make(tree)


@given(TREES)
def test_formulas(tree):
    """A formula has the same value, and nothing in it can be written more simply."""
    simple = made(tree, {name: Symbol(name) for name in AT}, Symbol.simplest)

    def value(x):
        if x.op is None:
            return AT[x.text] if x.number is None else x.number
        assert symbols._SIMPLER(x.op, x.operands) is None
        return x.op.evaluate(*map(value, x.operands))

    if isinstance(simple, Symbol):
        assert value(simple) == made(tree, AT, lambda op, *xs: op.evaluate(*xs))


@given(TREES)
def test_graphs(tree):
    """A graph has the same numbers, and nothing in it can be drawn more simply."""
    leaves = {name: Value(number, name) for name, number in AT.items()}
    y = made(tree, leaves, lambda op, *xs: op(*xs))
    assume(isinstance(y, Value))
    y = ops.sin(y)  # a root is never replaced
    (root,) = simplified(topological_order(y)[::-1], [y])
    for node in topological_order(root):
        if node.op is not None:
            data = [x.data if isinstance(x, Value) else x for x in node.operands]
            assert node.op.evaluate(*data) == node.data
            op = ops.multiply if node.op is ops.chain else node.op
            assert simplify._SIMPLER(op, node.operands) is None
    assert root.data == y.data


@pytest.mark.parametrize("rules", [EXACT, EXACT + REAL + DRAWN])
@given(TREES)
def test_rewriting_ends(rules, tree):
    """A set of rules does not go round in circles; what is left, no rule applies to."""
    rewrite = Rules(rules, lambda x: (x[0], x[1:], None) if isinstance(x, tuple) else
                    (None, (), x if isinstance(x, float) else None),
                    lambda op, *xs: (op, *xs), lambda x, y: x == y)  # fmt: skip

    def simple(op, *operands):
        term = op, *operands
        for _ in range(20):
            simpler = rewrite(term[0], term[1:])
            if not isinstance(simpler, tuple):
                return term if simpler is None else simpler
            term = simpler
        raise AssertionError(f"no end: {term}")

    made(tree, {name: name for name in AT}, simple)


def test_numbers_alone_end_too():
    """Two constants once changed places for ever."""
    a = Value(3.0, "a")
    y = (a * 0 + 3.0) * 2.0 + a
    (root,) = simplified(topological_order(y)[::-1], [y])
    assert [x if isinstance(x, float) else x.label for x in root.operands] == [6.0, "a"]


@given(TREES)
def test_code(tree):
    """Code has the same bits as what it was made of, of all floats."""
    edges = np.array([*itertools.product(EDGES, EDGES)]).T.copy()
    arguments = {"u": edges[0], "v": edges[1]}

    def apply(op, *xs):
        return ops.multiply(*xs) if op is ops.chain else op(*xs)  # chain does without 0 · ∞

    def f(u, v):
        return [ops.minimum(made(tree, {"u": u, "v": v}, apply), u)], {}

    code = source.write(f, arguments, ["u"], ["y"], name="f", batch=edges.shape[1])
    scope = {"np": np, **code.constants}
    exec(code.text, scope)
    with np.errstate(all="ignore"):
        found, _ = scope["f"](**arguments)
        ((wanted,), _) = f(*map(Tensor, arguments.values()))
    assert one_nan(found) == one_nan(wanted.data)


def test_code_keeps_truth_values():
    """−x and x + x are something else of truth values: no rule is applied to them."""
    x = traced.leaf(np.array([0.5, -0.5]))
    y = (x > 0) + (x > 0)
    line = lines.lines_of(topological_order(y)[::-1], {x: lines.Line(None, (), {}, x._data)})[y]
    assert (line.op, line.dtype) == (ops.add, bool)
