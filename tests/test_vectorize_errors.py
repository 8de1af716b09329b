"""vectorize: what it refuses, and the decisions of Python of which it warns."""

import warnings

import numpy as np
import pytest

from autograd import Value, logsumexp, no_grad, values, vectorize
from autograd.ops import Elementwise


def test_decisions_are_warned_of():
    x, w = Value(1.0, "x"), Value(2.0, "w")
    with pytest.warns(UserWarning, match="a Value that depend.* compared while .* label='x'"):
        vectorize(w * x if x > 0 else x, [x], [w])
    x = Value(1.0, "x")
    z = max(0, w * x) * 2
    with pytest.warns(UserWarning, match="compared"):
        vectorize(z, [x], [w])


def test_a_comparison_of_the_result_decides_nothing():
    x, w = Value(1.0, "x"), Value(2.0, "w")
    y = w * x
    assert y > 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vectorize(y, [x], [w])


def test_a_comparison_does_not_count_as_a_change():
    x = Value(2.0)
    y = x * x
    assert x > 1
    assert x == 2
    y.backward()
    assert x.grad == 4


def bad_cases():
    x, w = values(2, "x"), values([1.0, 2.0], "w")
    h = w[0] * x[0] + w[1] * x[1]
    with no_grad():
        silent = w[0] * x[0]
    other = values(2, "z")
    return [
        (lambda: vectorize(h, x[0], w), TypeError, r"inputs is a list"),
        (lambda: vectorize(h, [], w), ValueError, "no inputs"),
        (lambda: vectorize(h, [[h]], w), ValueError, r"inputs\[0\] holds leaves, but .* multiply|"
                                                     r"inputs\[0\] holds leaves, but .* add"),
        (lambda: vectorize(h, [x], [h]), ValueError, "parameters holds leaves"),
        (lambda: vectorize(h, [[1.0, 2.0]], w), TypeError, r"inputs\[0\] holds Values, got 1.0"),
        (lambda: vectorize(h, [x, other], w), ValueError, r"inputs\[1\].* not in the graph"),
        (lambda: vectorize(h, [x], [*w, x[0]]), ValueError, "given twice"),
        (lambda: vectorize(h, [other], w), ValueError, "no output depends on the inputs"),
        (lambda: vectorize(w[0] * w[1], [x], w), ValueError, "no output depends on the inputs"),
        (lambda: vectorize((h, other[0] * 2), [x], w), ValueError, "it is a constant"),
        (lambda: vectorize([h, w[0] * 2], [x], w), ValueError, "make them two outputs"),
        (lambda: vectorize(silent, [x], w), ValueError, r"no graph.*no_grad\(\)"),
        (lambda: vectorize(3.0, [x], w), TypeError, "an output is a Value"),
        (lambda: vectorize([], [x], w), ValueError, "empty list"),
        (lambda: vectorize({"a b": h}, [x], w), ValueError, "an identifier"),
        (lambda: vectorize(h, [x], w, dtype=int), TypeError, "a floating type"),
    ]  # fmt: skip


@pytest.mark.parametrize("k", range(len(bad_cases())))
def test_bad_graphs(k):
    call, kind, says = bad_cases()[k]
    with pytest.raises(kind, match=says):
        call()


@pytest.mark.parametrize(
    ("batches", "says"),
    [
        ([np.ones((4, 2)), np.ones(4)], r"x: expected .* shape \(examples, 3\), got \(4, 2\)"),
        ([np.ones(3), np.ones(3)], r"one example is a batch of one, x\[None\]"),
        ([np.ones((4, 3)), np.ones(5)], "the first input has 4 examples"),
        ([np.ones((4, 3)), np.ones((4, 1))], r"t: expected a batch of shape \(examples,\)"),
        ([np.ones((4, 3))], r"takes 2 batches \(x, t\), got 1"),
        ([np.full((4, 3), "a"), np.ones(4)], "expected an array of numbers"),
    ],
)
def test_bad_batches(batches, says):
    x, t = values(3, "x"), Value(0.0, "t")
    program = vectorize(x[0] * x[1] + x[2] * t, [x, t])
    with pytest.raises((ValueError, TypeError), match=says):
        program(*batches)


def test_a_constant_that_was_changed():
    x, c = Value(1.0, "x"), Value(2.0, "c")
    y = c * x
    c.data = 3.0
    with pytest.raises(RuntimeError, match="was changed after multiply had used it"):
        vectorize(y, [x])


def test_a_row_that_cannot_be_written():
    odd = Elementwise("odd", lambda x: 3 * x, lambda x: np.apply_along_axis(lambda v: 3 * v, -1, x),
                      partials=(3,))  # fmt: skip
    x = Value(1.0, "x")
    program = vectorize(odd(x) * x, [x])
    assert program(np.array([2.0])).data.tolist() == [12]
    says = r"odd cannot be written as NumPy code.*np\.apply_along_axis does not take Tensors"
    with pytest.raises(TypeError, match=says):
        program.source()


def test_a_row_that_is_constant_on_arrays_cannot_be_written():
    one = Elementwise("one", lambda x: 1.0, lambda x: np.ones(x.shape), partials=(0,))
    x = Value(1.0, "x")
    with pytest.raises(TypeError, match=r"one cannot be written as NumPy code.*it gives array"):
        vectorize(one(x) * x, [x]).source()


def test_a_derivative_that_cannot_be_written():
    odd = Elementwise("odd", lambda x: 3 * x, lambda x: np.multiply(3, x),
                      partials=(lambda x, y: 3 + 0 * logsumexp(x),))  # fmt: skip
    x, w = Value(1.0, "x"), Value(2.0, "w")
    with pytest.raises(TypeError, match="logsumexp cannot be written as NumPy code"):
        vectorize(odd(w * x), [x], [w]).source()
