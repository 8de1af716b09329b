"""The operations that were counted are those that are carried out."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Tensor, Value, cost, values
from autograd.backprop import graph_of, push, sweep
from autograd.cost import Operations
from mlp import MLP


class Counting(float):
    """A number that counts what is done with it."""

    multiplications = additions = 0

    def __mul__(self, other):
        Counting.multiplications += 1
        return Counting(float(self) * other)

    __rmul__ = __mul__

    def __add__(self, other):
        Counting.additions += 1
        return Counting(float(self) + other)


@pytest.fixture(scope="module")
def counted():
    """Run both modes of the engine on numbers that count, every product done as one."""

    def run(*roots):
        order, nodes = graph_of(roots)
        found = []
        for mode, starts in ((reverse, roots), (forward, [x for x in nodes if x.op is None])):
            Counting.multiplications = Counting.additions = 0
            for start in starts:
                mode(start, order, nodes)
            found.append(Operations(len(starts), Counting.multiplications, Counting.additions))
        return tuple(found)

    def reverse(root, order, nodes):
        deque(sweep(order, dict.fromkeys(nodes) | {root: Counting(1)}), maxlen=0)

    def forward(leaf, order, nodes):
        push(order, {leaf: Counting(1)})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Value, "_pull", lambda self, i, x, g, d, operands, y, into: g * d)
        patch.setattr(Value, "_push", lambda self, i, t, d, operands, y: t * float(d))
        yield run


def test_one_output(counted):
    net = MLP(3, [5, 4, 1], "tanh", seed=0)
    y = (net([0.1, 0.2, 0.3]) - 1) ** 2
    found = cost(y)
    assert (found.reverse, found.forward) == counted(y)
    assert found.inputs == len(net.parameters())
    assert found.reverse.total < 3 * found.evaluation
    assert found.forward.total > 5 * found.reverse.total


def test_one_input(counted):
    x = Value(0.5, "x")
    roots = [(x * i).tanh() * x for i in range(1, 9)]
    found = cost(*roots)
    assert (found.reverse, found.forward) == counted(*roots)
    assert (found.inputs, found.outputs) == (1, 8)
    total = sum(roots[1:], roots[0])
    assert cost(total).reverse.total == cost(total).forward.total  # 1 → 1: neither wins


@given(st.data())
def test_any_graph(counted, data):
    nodes = values([1.0, 2.0, 3.0])
    for _ in range(data.draw(st.integers(1, 15))):
        a, b = (data.draw(st.sampled_from(nodes)) for _ in "ab")
        nodes.append(data.draw(st.sampled_from([a + b, a * b, a - 1, a.tanh(), a.detach() * b])))
    roots = nodes[-data.draw(st.integers(1, 2)) :]
    found = cost(*roots)
    assert (found.reverse, found.forward) == counted(*roots)


def test_table():
    a, b, c = Value(3, "a"), Value(1, "b"), Value(-2, "c")
    assert str(cost(c * (a + 2 * b))) == """\
3 leaves, 1 root: 3 operations, 5 local derivatives

                               passes  ×  +  total  per operation
reverse mode, one pass a root       1  5  0      5           1.67
forward mode, one pass a leaf       3  6  0      6           2.00"""
    assert str(cost(a)).endswith("–")


def test_what_is_refused():
    with pytest.raises(TypeError, match=r"expected Values, got Tensor: zoom\(tensor, index\)"):
        cost(Tensor(1.0))
    with pytest.raises(TypeError, match="one Value or more, got none"):
        cost()
