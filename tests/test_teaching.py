"""Backward passes that are wrong in the way they say, beside the right one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Tensor, Value, teaching, walk
from autograd.backprop import local_derivatives


def named(label, value):
    value.label = label
    return value


def diamond():
    """A node that is used twice, and passes on: y = b² · b, with b = a + 1."""
    a = Value(3.0, "a")
    b = named("b", a + 1)
    return a, named("y", named("c", b * b) * b)


def as_everybody_writes_it(root, visit_once):
    """Backpropagation without a sort, as it stands in the docstring of `teaching.backward`."""
    grads, visited = {root: 1.0}, set()

    def backward(node):
        visited.add(node)
        locals_ = local_derivatives(node) if node.op else ()
        for operand, local in zip(node.operands, locals_, strict=True):
            if local is not None:
                grads[operand] = grads.get(operand, 0.0) + grads[node] * local
                if not visit_once or operand not in visited:
                    backward(operand)

    backward(root)
    return grads


@st.composite
def random_graphs(draw):
    nodes = [Value(draw(st.integers(-3, 3)), "x"), Value(draw(st.integers(1, 3)), "z")]
    for _ in range(draw(st.integers(1, 9))):
        a, b = (draw(st.sampled_from(nodes[-4:])) for _ in "ab")
        nodes.append(draw(st.sampled_from([a + b, a - b, a * b, 2 * a])))
    return nodes[-1]


@given(random_graphs())
def test_it_is_the_algorithm_that_learners_write(root):
    assert teaching.gradients(root, "depth-first") == as_everybody_writes_it(root, visit_once=True)
    assert teaching.gradients(root, "recursive") == as_everybody_writes_it(root, visit_once=False)


@given(random_graphs())
def test_without_the_mistakes_it_is_the_right_pass(root):
    assert teaching.wrong_walk(root) == list(walk(root))


@given(random_graphs())
def test_overwriting_leaves_the_last_contribution(root):
    taken = teaching.wrong_walk(root, accumulate=False)
    assert all(step.total == step.contribution for step in taken)
    for step in taken:
        assert step.contribution == pytest.approx(step.upstream * step.local)


@given(random_graphs(), st.sampled_from(teaching.ORDERS), st.booleans())
def test_the_mark_stands_where_they_part(root, order, accumulate):
    shown = teaching.compare(root, order, accumulate)
    wrong = {node for node, g in shown.right.items() if shown.wrong.get(node) != pytest.approx(g)}
    assert shown.first is not None or not wrong
    if order == "topological" and accumulate:
        assert shown.first is None
    if shown.first is not None:
        assert str(shown).count("✗ first") <= 1
        assert f"at step {shown._position}, " in shown.explanation


def test_the_sort():
    a, y = diamond()
    assert teaching.gradients(y)[a] == 48
    assert teaching.gradients(y, "depth-first")[a] == 16
    shown = teaching.compare(y, "depth-first")
    assert str(shown) == """\
Depth-first, without a sort

node  data  right  wrong
a        3     48     16  ✗ first
b        4     48     48
c       16      4      4
y       64      1      1

The gradients part at step 3, from b to a: b passed on 16 before all that use it had contributed; \
its gradient is 48."""


def test_the_sum():
    _, y = diamond()
    shown = teaching.compare(y, accumulate=False)
    assert shown.explanation == (
        "The gradients part at step 3, from c to b: 16 replaced the 16 that was there, where it "
        "should have been added."
    )
    assert "b        4     48     16  ✗ first" in str(shown)


def test_the_picture_has_both():
    _, y = diamond()
    svg = teaching.compare(y, "depth-first").svg
    texts = [re.sub("<.*?>", "", text) for text in re.findall(r"<text.*?</text>", svg)]
    assert texts.count("right 48") == 2
    assert "wrong 16 ✗ first" in texts
    assert "✗ 16 · 1" in texts  # on the arrow along which it went wrong


def test_trees_do_not_part():
    x = Value(2.0, "x")
    for order in teaching.ORDERS:
        assert teaching.compare((3 * x).tanh() + 1, order, accumulate=False).first is None
    assert "do not part" in teaching.compare(3 * x, "depth-first").explanation
    assert "right way" in teaching.compare(3 * x).explanation
    assert teaching.gradients(x, "depth-first") == {x: 1}


def test_grads_are_stored_by_backward_alone():
    a, y = diamond()
    teaching.compare(y, "recursive").svg  # noqa: B018
    teaching.steps(y, "recursive").html  # noqa: B018
    assert a.grad is None
    teaching.backward(y, "recursive")
    assert a.grad == 96
    teaching.backward(y, accumulate=False)
    assert a.grad == 16


def test_steps_of_a_wrong_pass_play_too():
    _, y = diamond()
    taken = teaching.steps(y, "depth-first")
    assert taken.title == "Backpropagation through y, depth-first: wrong"
    assert taken.gradients == teaching.gradients(y, "depth-first")
    assert "total 4 + 4 = 8" not in taken.html
    assert "∂y/∂b += ∂y/∂y · ∂y/∂b = 1 · 16 = 16; total 32 + 16 = 48" in taken.html


def test_page(tmp_path):
    x = Value(3.0, "<script>&")
    page = teaching.compare(x * x, accumulate=False).save(tmp_path / "x.html")
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "to &lt;script&gt;&amp;: 3 replaced" in text
    assert sorted(teaching.compare(x * x)._repr_mimebundle_()) == [
        "image/svg+xml", "text/html", "text/plain"]  # fmt: skip


def test_what_is_refused():
    x = Value(1.0)
    with pytest.raises(ValueError, match="order='breadth-first'; expected one of 'topological'"):
        teaching.compare(x, "breadth-first")
    with pytest.raises(TypeError, match="shown on Values, got Tensor"):
        teaching.gradients(Tensor([1.0]))
    for _ in range(40):
        x = x + x
    assert len(teaching.wrong_walk(x, "depth-first")) == 80
    with pytest.raises(ValueError, match="more than 100,000 steps: it walks every path"):
        teaching.backward(x, "recursive")
    assert x.grad is None


def test_deep_graphs():
    y = x = Value(1.0)
    for _ in range(50_000):
        y = y * 1.0
    assert teaching.gradients(y, "depth-first")[x] == 1


def test_the_right_pass_is_not_called_wrong():
    x = Value(3.0, "x")
    assert "right, too" in str(teaching.compare(x * x)).splitlines()[2]
    assert "wrong" not in str(teaching.compare(x * x))


def test_each_order_has_an_explanation_of_its_own():
    a = Value(3.0, "a")
    b = a + 1
    y = b * b * b
    texts = {teaching.compare(y, order).explanation for order in teaching.ORDERS}
    assert len(texts) == 3
    assert "whenever a path comes by" in teaching.compare(y, "recursive").explanation
