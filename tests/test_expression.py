"""Expressions as text: what they become, and that nothing else than arithmetic gets through."""

import contextlib
import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import TABLE, Value, topological_order
from mlp.cli.expression import ExpressionError, parse

ABC = {"a": 3, "b": 1, "c": -2}


def test_the_lecture_s_graph():
    L = parse("c*(a+2*b)", **ABC)
    L.backward()
    leaves = {node.label: node for node in topological_order(L) if node.op is None}
    assert L.data == -10
    assert {name: leaf.grad for name, leaf in leaves.items()} == {"a": -2, "b": -4, "c": 5}
    assert [node.op.name for node in topological_order(L) if node.op] == [
        "multiply", "add", "multiply"]  # fmt: skip


@pytest.mark.parametrize("text", [
    "d = 2*b; e = a + d; L = c*e", "d = 2*b\ne = a + d\r\nL = c*e\n", " d=2*b;e=a+d;L=c*e; # so",
    "a = 3; b = 1; c = -2; d = 2*b; e = a + d; L = c*e",
])  # fmt: skip
def test_assignments_name_the_nodes(text):
    given = {} if text.startswith("a") else ABC
    L = parse(text, **given)
    assert {node.label: node.data for node in topological_order(L)} == {
        "a": 3, "b": 1, "c": -2, "d": 2, "e": 5, "L": -10}  # fmt: skip


def test_a_name_is_one_leaf_and_a_value_is_taken_as_it_is():
    v = Value(3.0, "given")
    y = parse("x*x + x", x=v)
    y.backward()
    assert (y.data, v.grad, v.label) == (12, 7, "given")
    assert parse("y = x", x=v) is v
    assert v.label == "given"


@pytest.mark.parametrize(("text", "number"), [
    ("2 + 3*4", 14), ("-2**2", -4), ("2**-1", 0.5), ("2**3**2", 512), ("(1 - 2) / 4", -0.25),
    ("+3", 3), ("1_000 * 1e-3", 1), ("0x10", 16), ("ln(1) + abs(-2) + max(1, 2) - min(1, 2)", 3),
    ("pow(2, 3)", 8), ("leaky_relu(-1, alpha=0.5)", -0.5), ("leaky_relu(-1)", -0.01),
    ("where(1, 2, 3)", 2), ("x = 2; x*x", 4), ("θ = 1; θ + 1", 2), ("exp(1000)", math.inf),
    ("9**9**9**9**9", math.inf), ("(\n1 +\n2)", 3),
])  # fmt: skip
def test_arithmetic(text, number):
    result = parse(text)
    assert type(result) is Value
    assert result.data == number


@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.arity == 1])
def test_every_function_of_the_table(name):
    x = TABLE[name].samples[0][0]
    assert parse(f"{name}(x)", x=x).data == TABLE[name](x)


@pytest.mark.parametrize(("text", "message", "position"), [
    ("", "nothing to compute", 0),
    ("a + d", "no number is given for d: at character 5, d", 4),
    ("a + lenght", "no number is given for lenght, did you mean length", 4),
    ("a.real", r"Attribute is not allowed: only numbers, names, \+ - \* / \*\* and functions", 0),
    ("a + b.__class__", "Attribute", 4),
    ("é + θ.x", "Attribute", 4),
    ("__import__('os').system('ls')", "Call is not allowed", 0),
    ("__import__('os')", "there is no function __import__", 0),
    ("a + tanhh(b)", "there is no function tanhh, did you mean tanh", 4),
    ("elementwise(a)", "there is no function elementwise", 0),
    ("[x for x in a]", "ListComp", 0), ("(lambda: 1)", "Lambda", 1), ("a[0]", "Subscript", 0),
    ("a if b else c", "IfExp", 0), ("a < b", "Compare", 0), ("a and b", "BoolOp", 0),
    ("f'{a}'", "JoinedStr", 0), ("(a := 3)", "NamedExpr", 1), ("a // b", "FloorDiv", 0),
    ("a % b", "Mod", 0), ("~a", "Invert", 0), ("not a", "Not", 0), ("{a}", "Set", 0),
    ("'a'", "'a' is no real number", 0), ("True", "True is no real", 0), ("a*1j", "1j is no", 2),
    ("a^2", r"a power is written with \*\*, not \^", 0),
    ("c*(a+2b)", r"a product is written with \*, as in 2\*b", 5),
    ("a*(b", "'\\(' was never closed", 2),
    ("a b", "invalid syntax", 2),
    ("relu(*a)", r"\* and \*\* in a call", 5), ("relu(**a)", r"\* and \*\* in a call", 5),
    ("relu(a, b)", "got 2 operands", 0), ("leaky_relu(a, beta=1)", "got 1 operands and beta", 0),
    ("1/0", "divide: got a = 1.0, b = 0.0; it needs b ≠ 0", 0),
    ("b + log(-a)", "log: got x = -3.0", 4),
    ("a = 4", "a has a value already", 0), ("x = 1; x = 2", "x has a value already", 7),
    ("x = y = a", "one name is assigned at a time", 0), ("x, y = a, b", "one name", 0),
    ("a; b", "only the last may go without a name", 0),
    ("a\nb.c", "only the last may go without a name", 0), ("x = a\nb.c", "Attribute", 6),
    ("import os", "only expressions and assignments", 0), ("x: int = 3", "only expressions", 0),
    ("del a", "only expressions", 0), ("def f(): pass", "only expressions", 0),
    ("1e999", "the number is too large", 0), ("9" * 400, "the number is too large", 0),
    ("9" * 5000, "the number is too large", 0),
    ("(" * 500 + "1" + ")" * 500, "too many nested parentheses", 200),
    ("(" * 150 + "1" + ")" * 150 + "+a.b", "Attribute", 302),
    ("-" * 150 + "1", "nested more than 100 deep", 100),
    ("+".join("1" * 300), "nested more than 100 deep", 0),
    ("1+" * 4000 + "1", "nested", None), ("-" * 9000 + "1", "nested", None),
    ("2**" * 3000 + "2", "nested", None), ("a" * 10_001, "longer than 10,000", 0),
    ("\0", "null bytes", 0), ("\ud800", "surrogates", 0),
])  # fmt: skip
def test_what_is_refused_is_said_with_its_place(text, message, position):
    given = {"é": 1, "θ": 1, "length": 1} if set(text) & {"é", "θ"} or "lenght" in text else {}
    names = {name: n for name, n in ABC.items() if name in text} | given
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text, **names)
    assert position in (None, caught.value.position)  # where Python gives up, it may vary
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def test_numbers_that_are_none_or_not_used():
    with pytest.raises(ExpressionError, match="b is to be a number, got 'one'"):
        parse("a + b", a=3, b="one")
    with pytest.raises(ExpressionError, match="lenght is given a number, but does not occur, did "
                                              "you mean length"):  # fmt: skip
        parse("length = 3; 2*length", lenght=3)
    with pytest.raises(TypeError, match="expected text, got 3"):
        parse(3)


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "c", "2", "0.5", "1e3"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda x: f"-{x}"),
        inner.map(lambda x: f"({x})**2"),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS, st.tuples(*[st.floats(0.5, 2)] * 3))
def test_it_is_what_python_computes(text, numbers):
    given = {name: n for name, n in zip("abc", numbers, strict=True) if name in text}
    try:
        wanted = eval(text, {"__builtins__": {}}, dict(given))  # of our own making
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match="divide"):
            parse(text, **given)
        return
    assert parse(text, **given).data == pytest.approx(wanted, rel=1e-12)


ANYTHING = st.text(max_size=40) | st.text(
    st.sampled_from(string.ascii_lowercase[:4] + "01.+-*/()[]{}=;:,\n\r\t _'\"\\@^~%<>!#jex"),
    max_size=60) | st.lists(st.sampled_from(
        ["a", "b", "2", "(", ")", "+", "*", "**", "exp", "log", "lambda", "x:", "for", "in", "if",
         "else", ".", "__class__", "=", ";", "\n", " ", "yield", "await", "[", "]", "'s'"]),
        max_size=25).map("".join)  # fmt: skip


@given(ANYTHING)
def test_any_text_is_computed_or_refused(text):
    names = {"a": 0.5, "b": -2}
    with contextlib.suppress(ExpressionError):  # and nothing else
        assert type(parse(text, **{k: n for k, n in names.items() if k in text})) is Value
