"""Derivatives worked by hand: their factors, their text and their LaTeX."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import (
    Tensor,
    Value,
    derive,
    gradients,
    sigmoid,
    topological_order,
    values,
    walk,
    zoom,
)
from autograd.show.scene.names import in_latex, in_text, names_of


def named(label, value):
    value.label = label
    return value


def slopes(derivation):
    """The factors of the product, as text."""
    return [f"∂{f.above.text}/∂{f.below.text}" for f in derivation.product.factors]


@pytest.fixture
def by_hand(graphs):
    """The nodes of the network of eight weights, by name."""
    return {node.label: node for node in topological_order(*graphs["by-hand"]())}


def well_formed(latex):
    """Whether every brace, bracket and environment is closed, and amsmath has all commands."""
    bare = re.sub(r"\\[{}]", "", latex)
    return (
        bare.count("{") == bare.count("}")
        and latex.count(r"\left") == latex.count(r"\right")
        and latex.count(r"\begin{") == latex.count(r"\end{")
        and not re.search("<[A-Za-z/!?]", latex)  # which would begin an element of a page
        and "−" not in latex and not re.search(r"\\[gl]t\b", latex)
    )  # fmt: skip


def test_a_product():
    w, x = Value(0.5, "w"), Value(2.0, "x")
    net = named("net", w * x - 1)
    out = named("out", net.sigmoid())
    worked = derive(out, wrt=w)
    assert str(worked) == """\
∂out/∂w = ∂out/∂net     · ∂net/∂w
        = out·(1 − out) · x
        = 0.25          · 2
        = 0.5"""
    assert worked._repr_latex_() == r"""$$\begin{aligned}
\frac{\partial \mathit{out}}{\partial w} &= \frac{\partial \mathit{out}}{\partial \mathit{net}} \cdot \frac{\partial \mathit{net}}{\partial w} \\[4pt]
&= \underbrace{0.25}_{\mathit{out} \cdot \left(1 - \mathit{out}\right)} \cdot \underbrace{2}_{x} \\[4pt]
&= 0.5
\end{aligned}$$"""  # noqa: E501


def test_paths_that_meet_at_a_node_are_a_sum_of_their_own(by_hand):
    worked = derive(by_hand["E"], wrt=by_hand["w_1"], digits=9)
    assert slopes(worked) == ["∂E/∂out_h1", "∂out_h1/∂in_h1", "∂in_h1/∂w₁"]
    (both,) = worked.sums
    assert (both.above.text, both.below.text, both.paths) == ("E", "out_h1", 2)
    assert [via.text for term in both.terms for via in term.via] == ["E₁", "E₂"]
    text = str(worked)
    assert "= 0.036350306    · 0.241300709         · 0.050000000" in text
    assert text.endswith("sum: 0.055399425 + (−0.019049118) = 0.036350306")
    assert r"\underbrace{0.036350306}_{\text{sum of 2 paths}}" in worked.latex
    assert r"\text{via } E_{2}\colon\quad" in worked.latex


def test_paths_that_do_not_meet_are_rows_and_a_sum():
    x = Value(2.0, "x")
    h = named("h", x * x)
    y = named("y", h * x)
    assert str(derive(y, wrt=x)) == """\
∂y/∂x = the sum over 2 paths
  directly: ∂y/∂x|h
          = h
          = 4
  via h: ∂y/∂h · ∂h/∂x
       = x     · 2·x
       = 2     · 4
       = 8
  sum: 4 + 8 = 12"""
    assert well_formed(derive(y, wrt=x).latex)


def test_many_paths_are_summed_over_the_consumers():
    x = Value(0.5, "x")
    h = [named(f"h_{i}", (x * i).tanh()) for i in range(5)]
    y = named("y", sum(h[1:], h[0]) ** 2)
    worked = derive(y, wrt=x)
    (total,) = worked.sums
    assert total.paths == 5
    assert [via.text for term in total.terms for via in term.via] == ["h₀", "h₁", "h₂", "h₃", "h₄"]
    assert str(worked).startswith(
        "∂y/∂x = Σ ∂y/∂u · ∂u/∂x over the nodes u that use x (5 paths)\n  via h₀: ")
    assert r"\sum_u \frac{\partial y}{\partial u} \cdot \frac{\partial u}{\partial x}" in (
        worked.latex)
    assert worked.value == pytest.approx(gradients(y, [x])[0])


def test_sums_of_many_terms_are_cut_short():
    x = Value(0.5, "x")
    y = sum((named(f"h_{i}", x * i) for i in range(25)), Value(0.0))
    (total,) = derive(y, wrt=x).sums
    assert (len(total.terms), total.more, total.number) == (10, 15, 300)
    assert str(derive(y, wrt=x)).endswith(" + 8 + 9 + 15 more = 300")


@pytest.mark.parametrize("labelled", [False, True])
def test_paths_are_not_walked_one_by_one(labelled):
    """There are 2^200 of them."""
    y = x = Value(1.0, "x")
    for i in range(200):
        y = named(f"y_{i}" if labelled else "", y + y)
    worked = derive(y, wrt=x)
    assert worked.value == 2.0**200
    assert len(str(worked)) < 2000
    y = x = Value(1.0, "x")
    for i in range(200):  # and with a label in only one of the two ways
        y = y * 0.5 + named(f"z_{i}" if labelled else "", y * 0.5)
    assert derive(y, wrt=x).value == 1
    assert len(derive(y, wrt=x).latex) < 10_000


def test_what_has_no_name_becomes_one_factor():
    x, t = Value(0.5, "x"), Value(0.2, "t")
    o = named("o", x.tanh())
    E = named("E", 0.5 * (t - o) ** 2)
    factor, _ = derive(E, wrt=x).product.factors
    assert factor.formula.text == "o − t"
    L = named("L", -(t * o.log() + (1 - t) * (1 - o).log()))
    assert derive(L, wrt=o).product.factors[0].formula.text == "(1 − t)/(1 − o) − t/o"
    deep = x
    for _ in range(30):
        deep = (deep * x).sin()
    assert str(derive(deep, wrt=x)).splitlines()[0] == (  # in place of what is too long to be read
        "∂y/∂x = long: label a node in between, such as the sin that gives 1.505e−05"
    )
    assert derive(deep, wrt=x).value == pytest.approx(gradients(deep, [x])[0])


def test_by_a_node_on_the_way_and_by_itself(by_hand):
    assert slopes(derive(by_hand["E"], wrt=by_hand["in_o1"])) == [
        "∂E/∂E₁", "∂E₁/∂out_o1", "∂out_o1/∂in_o1"]  # fmt: skip
    assert derive(by_hand["E"], wrt=by_hand["E"]).value == 1
    a = Value(1.5)
    assert str(derive((a * a).sin(), wrt=a)).startswith("∂y/∂v₁ = cos(v₁²)·v₁ + cos(v₁²)·v₁\n")


def test_long_products_are_cut_in_the_middle():
    y = x = Value(1.0, "x")
    for i in range(30):
        y = named(f"y_{i}", y * 2)
    worked = derive(y, wrt=x)
    assert len(worked.product.factors) == 11
    assert worked.product.factors[5].formula.text == "product of 20 factors"
    assert worked.product.factors[5].number == 2**20
    assert worked.value == 2**30


@st.composite
def random_graphs(draw):
    """A graph in which anything may be used anywhere, with and without names."""
    leaf, size = st.floats(-2, 2), st.integers(1, 3)
    nodes = [Value(draw(leaf), f"x_{i}") for i in range(draw(size))]
    for i in range(draw(st.integers(1, 12))):
        a, b = (draw(st.sampled_from(nodes)) for _ in "ab")
        made = draw(st.sampled_from([a + b, a - b, a * b, a.tanh(), a.sigmoid() * b, 2 * a]))
        made.label = draw(st.sampled_from(["", f"h_{i}"]))
        nodes.append(made)
    return nodes[-1], draw(st.sampled_from(nodes))


@given(random_graphs(), st.sampled_from([None, 3, 12]))
def test_the_value_is_the_gradient(graph, digits):
    root, node = graph
    slope = {root: 1.0} | {step.operand: step.total for step in walk(root)}
    if node not in slope:
        with pytest.raises(ValueError, match="does not depend on"):
            derive(root, wrt=node)
        return
    worked = derive(root, wrt=node, digits=digits)
    assert worked.value == pytest.approx(slope[node], rel=1e-9, abs=1e-12)
    assert well_formed(worked.latex)
    for total in worked.sums:
        if not total.more:
            assert sum(term.number for term in total.terms) == pytest.approx(
                total.number, rel=1e-9, abs=1e-12)  # fmt: skip
    trace = derive(root, digits=digits)
    assert trace.gradients == slope
    assert well_formed(trace.latex)


def test_trace(graphs):
    assert str(derive(*graphs["lecture"]())) == """\
forward ↓               backward ↑
a = 3                   ∂L/∂a = ∂L/∂e · 1 = −2 · 1 = −2
b = 1                   ∂L/∂b = ∂L/∂d · 2 = −2 · 2 = −4
c = −2                  ∂L/∂c = ∂L/∂L · e = 1 · 5 = 5
d = 2·b = 2·1 = 2       ∂L/∂d = ∂L/∂e · 1 = −2 · 1 = −2
e = a + d = 3 + 2 = 5   ∂L/∂e = ∂L/∂L · c = 1 · (−2) = −2
L = c·e = (−2)·5 = −10  ∂L/∂L = 1"""


def test_trace_of_the_literature():
    """Baydin et al. (2018), table 3: y = ln x₁ + x₁x₂ − sin x₂ at (2, 5)."""
    x1, x2 = Value(2, "x1"), Value(5, "x2")
    trace = derive(x1.log() + x1 * x2 - x2.sin())
    assert round(trace.gradients[x1], 3) == 5.5
    assert round(trace.gradients[x2], 3) == 1.716
    text = str(trace)
    assert "v₁ = log(x₁) = log(2) = 0.6931 " in text
    assert "y = v₃ − v₄ = 10.69 − (−0.9589) = 11.65 " in text
    assert "∂y/∂x₁ = ∂y/∂v₂ · x₂ + ∂y/∂v₁ · 1/x₁ = 1 · 5 + 1 · 0.5 = 5.5" in text
    assert r"\overline{x_{2}} = \overline{v_{4}} \cdot \cos\left(x_{2}\right)" in trace.latex


def test_trace_of_what_is_not_reached_and_of_many_uses():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    y = a * 2 + b.detach()
    y = y + a + a + a + a
    assert "∂y/∂b = 0, since no derivative flows" in str(derive(y))
    assert "∂y/∂a = the sum of 5 contributions = 6" in str(derive(y))
    with pytest.raises(ValueError, match="a table of 302 rows is too long"):
        derive(sum(values(150), Value(0.0)) * 1)


@pytest.mark.parametrize(
    ("label", "latex", "text"),
    [
        ("w5", "w_{5}", "w₅"), ("w₅", "w_{5}", "w₅"), ("net_7", r"\mathit{net}_{7}", "net₇"),
        ("out_h1", r"\mathit{out}_{h1}", "out_h1"), ("W1,2", "W_{1,2}", "W1,2"),
        ("in_y1", r"\mathit{in}_{y1}", "in_y1"), ("w_{12}", "w_{12}", "w₁₂"),
        ("alpha", r"\alpha", "alpha"), ("theta_2", r"\theta_{2}", "theta₂"), ("θ", "θ", "θ"),
        ("a_b_c", r"\text{a}\_\text{b}\_\text{c}", "a_b_c"), ("2b", "2b", "2b"),
        ("x1_2", r"\mathit{x1}_{2}", "x1_2"), ("k1_1", r"\mathit{k1}_{1}", "k1_1"),
        ("W_x", "W_{x}", "W_x"), ("<b>", r"{<}\text{b}{>}", "<b>"), ("5%", r"\text{5}\%", "5%"),
        ("$x^2$", r"\$\text{x}\wedge{}\text{2}\$", "$x^2$"), ("😀", r"\text{😀}", "😀"),
        (r"\sigma{}", r"\backslash{}\text{sigma}\{\}", r"\sigma{}"),
    ],
)  # fmt: skip
def test_labels(label, latex, text):
    assert (in_latex(label), in_text(label)) == (latex, text)


@given(st.text(st.characters()))
def test_any_label(label):
    x = Value(1.0, label)
    worked = derive(named(label, x * 2), wrt=x)
    assert well_formed(worked.latex.replace("−", ""))
    assert "$" not in worked.latex.replace(r"\$", "")
    worked.latex.encode()
    str(worked).encode()


def test_nodes_that_share_a_label_are_told_apart():
    x, twin = Value(1.0, "x"), Value(2.0, "x")
    y = x * twin
    assert [name.text for name in names_of([x, twin, y], y).values()] == ["x", "x(2)", "y"]
    assert slopes(derive(y, wrt=twin)) == ["∂y/∂x(2)"]
    assert "{x}^{(2)}" in derive(y, wrt=twin).latex
    v1 = Value(1.0, "v1")
    assert names_of([v1, y], v1)[y].text == "u₁"


def test_digits():
    x = Value(2e-7, "x")
    y = x * 123456.789
    assert str(derive(y, wrt=x, digits=2)).endswith("= 123456.79")
    assert str(derive(x * 2e-7 * x, wrt=x, digits=4)).endswith("= 8.0000e−14")
    assert r"8.0000 \cdot 10^{-14}" in derive(x * 2e-7 * x, wrt=x, digits=4).latex
    assert "∞" in str(derive(x * math.inf, wrt=x, digits=4))
    with pytest.raises(ValueError, match="digits=-1"):
        derive(y, wrt=x, digits=-1)


def test_what_is_refused():
    x = Value(1.0, "x")
    with pytest.raises(TypeError, match=r"root is a Tensor, expected a Value: zoom\(tensor, index"):
        derive(Tensor([1.0]) * 2)
    with pytest.raises(TypeError, match="wrt is a float, expected a Value"):
        derive(x * 2, wrt=1.0)
    with pytest.raises(ValueError, match="does not depend on"):
        derive(x * 2, wrt=Value(1.0))
    with pytest.raises(ValueError, match="or no derivative flows"):
        derive(x.detach() * 2, wrt=x)
    y = sigmoid(x)
    x.data = 2.0
    with pytest.raises(RuntimeError, match="was changed after"):
        derive(y, wrt=x)


def test_an_element_of_a_tensor():
    """What `zoom` makes of a leaf is the same element each time."""
    weights = Tensor([[0.1, 0.2], [0.3, 0.4]], "W")
    y = named("y", (Tensor([1.0, 2.0]) @ weights).tanh().sum())
    y.backward()
    root = zoom(y)
    for index in (0, 1), (1, 0):
        assert derive(root, wrt=zoom(weights, index)).value == pytest.approx(weights.grad[index])
    other = Tensor([[0.1, 0.2], [0.3, 0.4]], "W")
    with pytest.raises(ValueError, match="does not depend on"):
        derive(root, wrt=zoom(other, (0, 1)))


def test_what_is_held_fixed_is_said():
    x = Value(3.0, "x")
    u = named("u", x * x)
    v = named("v", u + x)
    y = named("y", u * v * x)
    lines = str(derive(y, wrt=x)).splitlines()
    heads = [line.split("=")[0].split(":")[-1].strip() for line in lines if "∂" in line]
    assert heads == [
        "∂y/∂x", "∂y/∂x|u,v", "∂y/∂u|v · ∂u/∂x", "∂y/∂v · ∂v/∂x|u", "∂y/∂v · ∂v/∂u · ∂u/∂x",
    ]  # fmt: skip
    assert r"\left.\frac{\partial y}{\partial x}\right|_{u,v}" in derive(y, wrt=x).latex


def test_few_digits():
    x = Value(3.0, "x")
    assert [str(derive(x * 0.26, wrt=x, digits=n)).split()[-1] for n in (0, 1, 2)] == [
        "0", "0.3", "0.26",
    ]  # fmt: skip
