"""The code that a program writes: rows have their own names, and all that it calls is defined."""

import numpy as np
import pytest

from autograd import TABLE, Value, elementwise, vectorize


@pytest.mark.parametrize("name", ["sinc", "i0"])
def test_rows_that_numpy_has_as_functions_are_written_as_such(name):
    x, w = Value(0.5), Value(2.0)
    program = vectorize(TABLE[name](x) * w, inputs=[x], parameters=[w])
    alone = {}
    exec(compile(program.source(), "alone", "exec"), alone)
    y, backward = alone["program"](np.array([2.0]), np.array([[0.5], [1.5]]))
    assert y.tolist() == (2 * getattr(np, name)(np.array([0.5, 1.5]))).tolist()
    assert backward(np.ones(2)) == pytest.approx(y.sum() / 2)


def test_names_of_rows_and_of_what_the_code_makes_up_differ():
    sigmoid = TABLE["sigmoid"]
    own = [elementwise("t1", lambda x: 3 * x, lambda x: 3 * x, partials=(3,)),
           elementwise("gated", lambda x: x * sigmoid(x), lambda x: x * sigmoid(x), partials=(
               lambda x, y: sigmoid(x) * (1 + x - y),))]  # fmt: skip
    x, w, v = Value(0.5, "x"), Value(2.0), Value(0.25)
    y = sum((row(x) + 0.1) * row(w + k * v) for k, row in enumerate(own))
    program = vectorize(y * v, inputs=[x], parameters=[v, w])
    y = y * v
    y.backward()
    wanted = np.array([v.grad, w.grad])
    assert program(np.array([0.5])).data[0] == pytest.approx(y.data)
    program(np.array([0.5])).backward()
    np.testing.assert_allclose(program.theta.grad, wanted)
    alone = {}
    exec(compile(program.source(), "alone", "exec"), alone)
    found, backward = alone["program"](program.theta.data, np.array([[0.5]]))
    assert found == pytest.approx(y.data)
    np.testing.assert_allclose(backward(np.ones(1)), wanted)
