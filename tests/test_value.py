"""`Value`: a number among numbers, and no silent exit from its graph."""

import copy
import json
import math
import operator
import pickle
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from autograd import Value, exp, gradients, maximum, values, where

inf = math.inf
NUMBERS = [
    2, 2.0, True, Fraction(1, 2), np.float64(2), np.float32(2), np.float16(2), np.int64(2),
    np.int8(-2), np.uint8(2), np.bool_(True), np.array(2.0), np.array(2), np.array(True),
]  # fmt: skip
NOT_NUMBERS = ["2", b"2", None, 1j, [2.0], (2.0,), {}, np.array([2.0]), np.array([[2.0]]),
               np.array("2"), np.complex128(2), Decimal(2), object(), float, np.datetime64("2020"),
               np.array(None)]  # fmt: skip


def kind(x):
    return type(x).__name__


# --- Making one -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS, ids=kind)
def test_numbers_of_all_kinds_become_a_float(number):
    v = Value(number)
    assert type(v.data) is float
    assert v.data == float(number)
    assert v.grad is None
    assert (v.op, v.operands, v.parents, v.label, v.group) == (None, (), (), "", "")
    v.data = number
    assert type(v.data) is float


@pytest.mark.parametrize("x", NOT_NUMBERS, ids=kind)
def test_anything_else_is_refused_and_named(x):
    message = r"a Value holds one number, got .*\(" + type(x).__name__ + r"\)"
    with pytest.raises(TypeError, match=message):
        Value(x)
    v = Value(3.0, label="v")
    with pytest.raises(TypeError, match=message):
        v.data = x
    assert (v.data, v.label) == (3.0, "v")


def test_an_array_is_pointed_to_tensor():
    for array in np.ones(3), np.ones((1, 1)), np.ones(1):
        with pytest.raises(TypeError, match="use a Tensor for arrays"):
            Value(array)


def test_a_value_of_a_value_is_refused():
    with pytest.raises(TypeError, match=r"a Value of a Value: use Value\(data=3.0.* itself"):
        Value(Value(3.0))


@pytest.mark.parametrize("label", [None, 3, b"w", ["w"], Value(1.0)], ids=kind)
def test_a_label_is_text(label):
    with pytest.raises(TypeError, match="a label must be text, got"):
        Value(1.0, label=label)
    v = Value(1.0, label="w")
    with pytest.raises(TypeError, match="a label must be text, got"):
        v.label = label
    assert v.label == "w"
    v.label = "ω"
    assert v.label == "ω"


def test_values():
    assert [(v.data, v.label) for v in values([3, 4.5], "x")] == [(3.0, "x1"), (4.5, "x2")]
    assert [(v.data, v.label) for v in values(2)] == [(0.0, ""), (0.0, "")]
    assert [v.data for v in values(np.array([1.0, 2.0]))] == [1.0, 2.0]
    with pytest.raises(TypeError, match="a Value holds one number, got 'a'"):
        values(["a"])


def test_no_other_attributes():
    with pytest.raises(AttributeError):
        Value(1.0).gard = 3  # a slip of the pen is not swallowed
    with pytest.raises(AttributeError):
        Value(1.0).parents = ()


# --- Operators ------------------------------------------------------------------------------------

OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod,
    operator.floordiv,
]  # fmt: skip


@pytest.mark.parametrize("f", OPERATORS)
def test_operators_and_their_reflected_twins(f):
    """1 − x is not x − 1, and 2 / p is not p / 2."""
    a, b, h = 3.0, 1.7, 1e-6
    by_a = (f(a + h, b) - f(a - h, b)) / (2 * h)
    by_b = (f(a, b + h) - f(a, b - h)) / (2 * h)
    for make in (lambda: (Value(a), Value(b)), lambda: (Value(a), b), lambda: (a, Value(b))):
        x, y = make()
        z = f(x, y)
        assert type(z) is Value
        assert z.data == f(a, b)
        assert z.operands == (x, y)
        z.backward()
        if isinstance(x, Value):
            assert x.grad == pytest.approx(by_a, rel=1e-8)
        if isinstance(y, Value):
            assert y.grad == pytest.approx(by_b, rel=1e-8)


@pytest.mark.parametrize("f", OPERATORS)
@pytest.mark.parametrize("number", [n for n in NUMBERS if n != 0], ids=kind)
def test_numbers_of_all_kinds_on_either_side(f, number):
    v, plain = Value(3.0), float(number)
    for y, wanted in (f(v, number), f(3.0, plain)), (f(number, v), f(plain, 3.0)):
        assert type(y) is Value
        assert y.data == wanted
        assert y.parents == (v,)
        assert all(type(x) in (float, Value) for x in y.operands)


def test_unary_operators():
    v = Value(-3.0)
    assert [(-v).data, (+v).data, abs(v).data] == [3.0, -3.0, 3.0]
    assert gradients(-v, [v]) + gradients(+v, [v]) + gradients(abs(v), [v]) == [-1, 1, -1]
    assert +v is not v


def test_in_place_operators_make_new_values():
    v = w = Value(3.0)
    w += 1
    w *= 2
    w -= 3
    w /= 4
    w **= 2
    assert w is not v
    assert (v.data, w.data) == (3.0, 1.5625)
    w.backward()
    assert v.grad == 2 * 1.25 * 0.5


@pytest.mark.parametrize("f", OPERATORS)
@pytest.mark.parametrize("x", ["2", None, 1j, Decimal(2), object(), {}], ids=kind)
def test_operators_refuse_what_is_no_number(f, x):
    v = Value(3.0)
    for call in (lambda: f(v, x), lambda: f(x, v)):
        with pytest.raises(TypeError):
            call()
    assert (v.data, v.grad) == (3.0, None)


@pytest.mark.parametrize("f", [
    divmod, operator.matmul, operator.and_, operator.lshift,
])  # fmt: skip
def test_operators_that_have_no_derivative_here(f):
    with pytest.raises(TypeError, match="unsupported operand"):
        f(Value(3.0), 2)
    with pytest.raises(TypeError, match="unsupported operand"):
        f(2, Value(3.0))


def test_other_classes_get_their_turn():
    class Other:
        def __radd__(self, other):
            return "radd"

        def __add__(self, other):
            return "add"

        def __gt__(self, other):
            return "gt"

        def __eq__(self, other):
            return "eq"

        __hash__ = None

    v, other = Value(1.0), Other()
    assert (v + other, other + v, v < other, v == other) == ("radd", "add", "gt", "eq")


def test_functions_of_python_that_add_and_compare():
    a, b = Value(2.0), Value(3.0)
    assert sum([a, b, 1]).data == 6
    assert math.prod([a, b]).data == 6
    assert max(a, b) is b
    assert min([b, a]) is a
    assert [v.data for v in sorted([b, a])] == [2, 3]
    y = sum(x * w for x, w in zip([a, b], [10.0, 20.0], strict=True))
    assert gradients(y, [a, b]) == [10, 20]


# --- Comparison and hashing -----------------------------------------------------------------------


@pytest.mark.parametrize("f", [
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
])  # fmt: skip
def test_comparison_goes_by_number(f):
    for a, b in (1, 2), (2, 2), (3, 2), (math.nan, 2), (inf, inf):
        wanted = f(float(a), float(b))
        for x, y in ((Value(a), Value(b)), (Value(a), b), (a, Value(b)),
                     (np.float64(a), Value(b)), (Value(a), np.float64(b))):  # fmt: skip
            assert f(x, y) == wanted
            assert type(f(x, y)) in (bool, np.bool_)
        assert f(np.array([a, b]), Value(b)).tolist() == [wanted, f(b, b)]
        assert f(Value(a), np.array([b, a])).tolist() == [wanted, f(a, a)]


def test_comparison_with_what_is_no_number():
    v = Value(2.0)
    assert (v == "2", v != "2", v == None, v != None) == (False, True, False, True)  # noqa: E711
    assert v is not None
    with pytest.raises(TypeError, match="'<' not supported"):
        _ = v < "2"
    with pytest.raises(TypeError, match="'>=' not supported"):
        _ = v >= None


def test_in_and_index_go_by_number():
    a, b = Value(2.0), Value(3.0)
    assert 3 in [a, b]
    assert Value(3.0) in [a, b]
    assert 4 not in [a, b]
    assert [a, b].index(3) == [a, b].index(Value(3.0)) == 1
    assert [a, b, Value(2.0)].count(a) == 2


def test_hashing_goes_by_identity():
    a, b = Value(2.0), Value(2.0)
    assert hash(a) == hash(a)
    assert len({a, b, a}) == 2
    assert {a: "a", b: "b"}[a] == "a"
    before = hash(a)
    a.data = 5.0
    assert hash(a) == before
    many = {Value(1.0) for _ in range(1000)}
    assert len(many) == 1000


def test_truth():
    assert Value(0.5)
    assert Value(-1)
    assert not Value(0.0)
    assert Value(math.nan)


# --- No silent exit -------------------------------------------------------------------------------


@pytest.mark.parametrize("exit_", [
    float, int, complex, math.exp, math.sqrt, math.floor, math.ceil, lambda v: "%f" % v, # noqa: UP031
    lambda v: math.fsum([v]), np.float64, np.float32, lambda v: np.array([v], float),
    lambda v: np.zeros(2).__setitem__(0, v), lambda v: np.full(2, v, dtype=float),
    lambda v: np.array(v, dtype=float), lambda v: np.asarray([v, v]).astype(float),
    lambda v: np.array([v]).__array__(float),
])  # fmt: skip
def test_turning_into_a_plain_number_points_to_data_and_functions(exit_):
    with pytest.raises(TypeError, match=re.escape("use v.data for the number, or a function")):
        exit_(Value(0.5))


@pytest.mark.parametrize("exit_", [
    operator.index, round, range, lambda v: [1, 2][v], lambda v: [1] * v, lambda v: v * [1],
    len, list, lambda v: v[0], json.dumps, bytes, lambda v: pow(v, 2, 3), hex, chr,
])  # fmt: skip
def test_what_a_float_does_not_do_a_value_does_not_either(exit_):
    with pytest.raises(TypeError):
        exit_(Value(1.0))


def test_format():
    v = Value(-2.5, label="v")
    assert f"{v:.3f}" == "-2.500"
    assert f"{v:>+10.2e}" == " -2.50e+00"
    assert f"{v:g}" == f"{v.data:g}"
    assert "{:05.1f}".format(v) == "-02.5"  # noqa: UP032
    assert f"{v}" == str(v) == repr(v) == "Value(data=-2.5, grad=None, label='v')"
    v.backward()
    assert repr(v) == "Value(data=-2.5, grad=1.0, label='v')"
    assert repr(Value(1)) == "Value(data=1.0, grad=None)"
    with pytest.raises(ValueError, match="format"):
        f"{v:d}"


# --- Copies and pickles ---------------------------------------------------------------------------

COPIES = [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v)),
          lambda v: pickle.loads(pickle.dumps(v, protocol=2))]  # fmt: skip


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_leaf_is_copied_whole(duplicate):
    v = Value(3.0, label="w")
    v.group = "hidden/h1"
    (v * v).backward()
    w = duplicate(v)
    assert w is not v
    assert (w.data, w.grad, w.label, w.group) == (3.0, 6.0, "w", "hidden/h1")
    w.data, w.grad = 4.0, 1.0
    assert (v.data, v.grad) == (3.0, 6.0)
    (w * w).backward()
    assert (w.grad, v.grad) == (9.0, 6.0)


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_result_is_not_copied(duplicate):
    y = Value(3.0) * 2
    for tree in y, [y], {"y": (y,)}:
        if duplicate is copy.copy and tree is not y:
            continue
        with pytest.raises(TypeError, match=r"Value\(x.data\) makes a leaf of its data"):
            duplicate(tree)


def test_shared_leaves_stay_shared_in_a_deep_copy():
    w = Value(3.0)
    a, b = copy.deepcopy([w, w])
    assert a is b
    assert a is not w


# --- NumPy ----------------------------------------------------------------------------------------


def test_numpy_functions_give_values():
    v = Value(0.5)
    for f in np.exp, np.tanh, np.sin, np.log, np.sqrt, np.square, np.abs, np.negative, np.sign:
        y = f(v)
        assert type(y) is Value
        assert y.parents == (v,)
        assert y.data == pytest.approx(float(f(0.5)), rel=1e-15)
    for y, wanted in [
        (np.maximum(v, 1), 1), (np.maximum(0.25, v), 0.5), (np.power(2.0, v), 2**0.5),
        (np.power(v, 2), 0.25), (np.add(v, v), 1), (np.clip(v, 0.6, 1), 0.6),
        (np.where(True, v, 0.0), 0.5), (np.heaviside(v, 0.0), 1), (np.divide(1, v), 2),
    ]:  # fmt: skip
        assert type(y) is Value
        assert y.data == pytest.approx(wanted, rel=1e-15)


def test_arrays_and_values_mix_by_element():
    v, a = Value(2.0), np.array([1.0, 4.0])
    for array, wanted in [
        (a * v, [2, 8]), (v * a, [2, 8]), (a - v, [-1, 2]), (v - a, [1, -2]), (a / v, [0.5, 2]),
        (v / a, [2, 0.5]), (a**v, [1, 16]), (v**a, [2, 16]), (a + v, [3, 6]), (v + a, [3, 6]),
        (np.maximum(a, v), [2, 4]), (maximum(v, a), [2, 4]), (v.maximum(a), [2, 4]),
        (np.where(a > 2, v, 0), [0, 2]), (where(a > 2, v, a), [1, 2]),
        (np.array([3, 5]) * v, [6, 10]),
    ]:  # fmt: skip
        assert isinstance(array, np.ndarray)
        assert array.dtype == object
        assert all(type(y) is Value for y in array)
        assert [y.data for y in array] == wanted
    total = np.sum(a * v)
    assert type(total) is Value
    assert gradients(total, [v]) == [5.0]
    matrix = np.arange(4).reshape(2, 2) * v
    assert matrix.shape == (2, 2)
    assert matrix[1, 0].data == 4


def test_an_array_of_no_dimension_is_a_number():
    v = Value(2.0)
    for y in (v * np.array(3.0), np.array(3.0) * v, v * np.array(v), np.array(v) * v,
              np.multiply(np.array(v), np.array(3))):  # fmt: skip
        assert type(y) is Value
        assert y.data in (6.0, 4.0)
        assert v in y.parents


def test_a_matrix_times_a_vector_of_values_is_a_scalar_graph():
    W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array(values([5.0, 6.0], "x"))
    y = W @ x + np.array([0.5, Value(-0.5)])
    assert [v.data for v in y] == [17.5, 38.5]
    loss = np.sum(np.tanh(y / 100) ** 2)
    wanted = np.tanh(np.array([17.5, 38.5]) / 100)
    assert loss.data == pytest.approx(float(np.sum(wanted**2)), rel=1e-14)
    loss.backward()
    by_y = 2 * wanted * (1 - wanted**2) / 100
    assert [[w.grad for w in row] for row in W] == pytest.approx(np.outer(by_y, [5, 6]), rel=1e-13)
    assert [v.grad for v in x] == pytest.approx(by_y @ [[1, 2], [3, 4]], rel=1e-13)
    plain = np.array([[1.0, 2.0], [3.0, 4.0]]) @ x
    assert [v.data for v in plain] == [17, 39]
    assert np.dot(x, [1, 2]).data == 17
    assert (x @ x).data == 61
    assert [v.data for v in np.outer(x, x).ravel()] == [25, 30, 30, 36]


def test_numpy_reductions():
    x = values([3.0, 1.0, 2.0])
    assert np.sum(x).data == 6
    assert np.prod(x).data == 6
    assert np.mean(np.array(x)).data == 2
    assert np.max(x) is x[0]
    assert np.argmin(x) == 1
    assert [v.data for v in np.cumsum(x)] == [3, 4, 6]
    assert [v.data for v in np.sort(x)] == [1, 2, 3]
    assert np.linalg.norm(np.array(x)).data == pytest.approx(math.sqrt(14))
    assert gradients(np.mean(np.array(x)), x) == pytest.approx([1 / 3] * 3)


def test_numpy_questions_get_plain_answers():
    v = Value(2.0)
    assert not np.isnan(v)
    assert np.isfinite(v)
    assert np.isinf(Value(inf))
    assert np.allclose(v, 2.0)
    assert np.signbit(-v)
    assert np.equal(v, 2.0)
    assert np.less(np.array([1, 3]), v).tolist() == [True, False]


def test_out_takes_arrays_of_objects_only():
    v, out = Value(2.0), np.empty(2, dtype=object)
    assert np.multiply(np.array([1.0, 4.0]), v, out=out) is out
    assert [y.data for y in out] == [2, 8]
    a = np.array([1.0, 4.0])
    with pytest.raises(TypeError, match=r"not of float64: write a = a \+ v for a \+= v"):
        a += v
    assert a.tolist() == [1, 4]
    with pytest.raises(TypeError, match="not of Value"):
        np.add(v, 1, out=v)
    objects = np.array([v, v])
    objects += 1
    assert [y.data for y in objects] == [3, 3]


@pytest.mark.parametrize("call", [
    lambda v: np.spacing(v), lambda v: np.nextafter(v, 1), lambda v: np.ldexp(v, 2),
    lambda v: np.gcd(1, v),
    lambda v: np.logical_and(v, True), lambda v: np.ones((2, 2)) @ v,
])  # fmt: skip
def test_numpy_functions_outside_the_table_say_so(call):
    with pytest.raises(TypeError, match=r"np\.\w+ is not in the table of operations|unsupported"):
        call(Value(2.0))


@pytest.mark.parametrize("call", [
    lambda v: np.add.outer(v, np.arange(2)), lambda v: np.add.at(np.zeros(2), 0, v),
    lambda v: np.add(v, 1, where=True), lambda v: np.add(v, 1, dtype=float),
    lambda v: np.multiply.reduce(v),
])  # fmt: skip
def test_unusual_calls_of_numpy_functions_are_refused(call):
    with pytest.raises(TypeError, match="takes Values only in a plain call"):
        call(Value(2.0))


def test_no_value_ever_holds_an_array():
    v = Value(2.0)
    for y in (*(np.ones(3) * v), *np.exp(np.array([v, v])), np.mean(np.array([v, v]))):
        assert type(y.data) is float


# --- Bad input leaves everything as it was --------------------------------------------------------


@pytest.mark.parametrize("bad", [
    lambda v, y: y + "a", lambda v, y: exp("a") + y, lambda v, y: y.maximum([1, "a"]),
    lambda v, y: (y - y).log(), lambda v, y: y / 0, lambda v, y: y.backward("a"),
    lambda v, y: y.backward(math.nan), lambda v, y: setattr(v, "data", "a"),
    lambda v, y: setattr(y, "data", 3.0), lambda v, y: setattr(v, "label", 3),
    lambda v, y: np.spacing(y), lambda v, y: float(y), lambda v, y: copy.copy(y),
    lambda v, y: y.clip(lo=1), lambda v, y: gradients(y, [3.0]), lambda v, y: gradients(3.0, [v]),
])  # fmt: skip
def test_errors_leave_graph_and_gradients_alone(bad):
    v = Value(3.0, label="v")
    y = v * v
    y.backward()
    with pytest.raises((TypeError, ValueError, ZeroDivisionError)):
        bad(v, y)
    assert (v.data, v.grad, v.label, y.data, y.grad) == (3.0, 6.0, "v", 9.0, 1.0)
    assert y.operands == (v, v)
    y.backward()
    assert v.grad == 12.0
