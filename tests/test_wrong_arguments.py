"""Every public function, called with one wrong argument, answers with an error that names it."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, check_gradients, tanh
from autograd.ops import TABLE, Elementwise


def results():
    """A result of a graph of Values, and one of Tensors."""
    a, t = Value(2.0, "a"), Tensor([[1.0, 2.0], [3.0, 4.0]], "t")
    return a * a, (t * t).sum()


Y, Z = results()
T = Tensor([[1.0, 2.0], [3.0, 4.0]])
CALLS = {  # each public function with arguments that are right, but for the rows of the table
    "Tensor": ([1.0, 2.0],), "Value": (1.0,), "values": (3,), "concatenate": ([T, T],),
    "stack": ([T, T],), "matmul": (T, T), "linear": (T, T), "norm": (T,), "softmax": (T,),
    "log_softmax": (T,), "logsumexp": (T,), "softmax_cross_entropy": (T, np.array([0, 1])),
    "topological_order": (Y,), "walk": (Y,), "cost": (Y,), "derive": (Y,), "draw": (Y,),
    "steps": (Y,), "explore": (Y,), "vectorize": (Y,), "zoom": (Z,), "gradients": (Y, [Value(1.0)]),
    "grad": (abs,), "value_and_grad": (abs,), "jacobian": (abs,), "hessian": (abs,),
    "vjp": (abs, 2.0), "jvp": (abs, (2.0,), (1.0,)), "hvp": (abs, 2.0, 1.0),
    "check_gradients": (abs, 1.0), "check_operation": (tanh,), "unregister": ("absent",),
    "group": ("a",), "array_operation": ("absent", np.flip, [None]),
}  # fmt: skip
WITHOUT_ARGUMENTS = {"Call", "Step", "Program", "TABLE", "Elementwise", "no_grad", "enable_grad",
                     "detect_anomaly", "elementwise"}  # fmt: skip
WRONG = {
    "None": None, "text": "text", "dict": {}, "object": object(), "complex": 1j, "set": {1},
    "text in an array": np.array(["a"]), "rows that differ": [[1], [1, 2]], "a negative int": -7,
    "nan": float("nan"), "a list": [1, 2],
}  # fmt: skip
TAKEN_BY_THE_USERS = {"a list", "rows that differ"}  # an f may take lists: it is the one that fails


def test_every_public_function_is_called():
    rows = {n for n in autograd.__all__ if isinstance(getattr(autograd, n), Elementwise)}
    assert {*autograd.__all__} - rows - WITHOUT_ARGUMENTS == {*CALLS}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("name", [*CALLS, *TABLE])
def test_an_error_names_the_function(name, kind, monkeypatch):
    monkeypatch.setattr("autograd.operation.ARRAY_OPS", {})  # what is made here is not kept
    f = getattr(autograd, name)
    right = CALLS.get(name) or (1.0,) * f.arity
    for i in range(len(right)):
        if kind in TAKEN_BY_THE_USERS and i and callable(right[0]):
            continue
        with np.errstate(all="ignore"):
            error = error_of(f, *right[:i], WRONG[kind], *right[i + 1 :])
        if error is not None:
            assert type(error) in (TypeError, ValueError, ZeroDivisionError, AssertionError)
            assert name in str(error) or name in ("Value", "check_gradients"), error


def error_of(f, *args):
    """What a call raises."""
    try:
        found = f(*args)
        list(found) if f is autograd.walk else None
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: autograd.gradients(Y, Value(1.0)), TypeError, r"write \[x\]"),
    (lambda: autograd.grad(Y), TypeError, "grad takes a function, as lambda .* got Value"),
    (lambda: autograd.hvp(abs, "a", 1.0), TypeError, "hvp: an argument is a number or an array"),
    (lambda: autograd.stack(3), TypeError, "stack: expected a list of arrays, got 3"),
    (lambda: autograd.concatenate([]), ValueError, "concatenate: expected a list of arrays, and"),
    (lambda: autograd.stack([T, T[0]]), ValueError, r"stack: arrays of shape \(2,\) and \(2, 2\)"),
    (lambda: autograd.tanh([[1], [1, 2]]), ValueError, r"tanh: got x = .* rows of one length"),
    (lambda: autograd.norm("a"), TypeError, "norm: expected numbers, arrays or Values, got 'a'"),
    (lambda: autograd.unregister("tanh"), ValueError, "'tanh' is no operation of your own"),
    (lambda: autograd.walk(3).__next__(), TypeError, "walk takes a Value or a Tensor"),
    (lambda: Z.backward(retain_graph=True), TypeError, "backward takes no retain_graph="),
    (lambda: Y.backward(create_graph=True), TypeError, "write gradients"),
])  # fmt: skip
def test_errors_say_what_to_write(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(("name", "hint"), [
    ("view", "reshape"), ("numpy", r"\.data"), ("requires_grad", "constant"), ("clone", "copy"),
    ("grad_fn", r"\.op"), ("unsqueeze", "expand_dims"), ("cuda", "processor"), ("add_", "in place"),
])  # fmt: skip
def test_names_of_other_libraries_are_answered(name, hint):
    for node in T, Value(1.0):
        assert not hasattr(node, name)
        with pytest.raises(AttributeError, match=rf"has no '{name}': .*{hint}"):
            getattr(node, name)
    with pytest.raises(AttributeError, match=r"no attribute 'foo'$"):
        _ = T.foo


def test_check_gradients_takes_arrays():
    W, b = np.array([[0.3, -1.2], [1.1, 0.4]]), 0.7
    assert check_gradients(lambda W: np.tanh(W).sum(), W) is None
    check_gradients(lambda p, b: [np.cumprod(p[0], axis=1) * b, p[1].max()], [W, W + 1], b)
    wrong = autograd.array_operation("wrong", np.square, vjp=[lambda g, y, x: g * x],
                                     jvp=[lambda t, y, x: 2 * t * x])  # fmt: skip
    try:
        with pytest.raises(AssertionError, match=r"reverse mode.*wrong: its vjp by operand 0"):
            check_gradients(lambda W: wrong(np.sin(W)), W)
    finally:
        del autograd.array_ops.ARRAY_OPS["wrong"]
    with pytest.raises(AssertionError, match="does f leave the graph"):
        check_gradients(lambda W: W.data * W, W)
    row = autograd.elementwise("bent", np.sin, np.sin, partials=(lambda x, y: x,))
    try:
        with pytest.raises(AssertionError, match=r"bent: its partial by x at x = 0\.3"):
            check_gradients(lambda W: W.bent(), W)
    finally:
        autograd.unregister("bent")
    assert row.name not in TABLE
