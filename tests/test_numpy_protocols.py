"""Functions of NumPy on Tensors: they record the graph, or say what does instead."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, topological_order
from autograd.ops import UFUNCS

nan, inf = np.nan, np.inf


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
def test_ufuncs_record_the_row(ufunc):
    op = UFUNCS[ufunc]
    xs = [np.full((2, 3), x) for x in op.samples[0]]
    for i in range(op.arity):
        mixed = [Tensor(x) if k == i else x for k, x in enumerate(xs)]
        y = ufunc(*mixed)
        assert (type(y), y.op, y.parents) == (Tensor, op, (mixed[i],))
        assert np.array_equal(y.data, ufunc(*xs))


X, V = np.array([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]]), np.array([1.0, 2.0, 3.0])
CALLS = [
    *((f, (X,), k) for f in (np.sum, np.mean, np.max, np.min, np.var, np.std, np.linalg.norm)
      for k in ({}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)})),
    *((f, (X, 1), {}) for f in (np.sum, np.mean, np.max, np.var, np.argmax, np.take)),
    (np.sum, (X, 0, None, None, True), {}), (np.var, (X, 0, None, None, 1), {}),
    (np.argmax, (X,), {"axis": 1, "keepdims": True}), (np.argmin, (X,), {}),
    (np.matmul, (X, V), {}), (np.matmul, (np.eye(2), X), {}), (np.dot, (X, V), {}),
    (np.dot, (np.eye(2), X), {}), (np.outer, (V, V), {}), (np.reshape, (X, (3, 2)), {}),
    (np.reshape, (X, -1), {}), (np.reshape, (X,), {"shape": 6}), (np.ravel, (X,), {}),
    (np.transpose, (X,), {}), (np.transpose, (X, (1, 0)), {}), (np.transpose, (X,), {"axes": None}),
    (np.swapaxes, (X, 0, -1), {}), (np.squeeze, (X[:1],), {}), (np.squeeze, (X[:1], 0), {}),
    (np.expand_dims, (X, (0, -1)), {}), (np.broadcast_to, (V, (4, 3)), {}),
    (np.take, (X, [0, 1]), {"axis": 1}), (np.clip, (X, 2, 5), {}), (np.clip, (X, None, 5), {}),
    (np.clip, (X,), {"a_min": 2, "a_max": None}), (np.take_along_axis, (X, X.argsort(1), 1), {}),
    (np.where, (X > 2, X, 0), {}), (np.where, (X > 2, 1.0, X), {}),
    (np.shape, (X,), {}), (np.ndim, (X,), {}), (np.size, (X,), {}),
]  # fmt: skip
LISTS = [
    (np.concatenate, {}), (np.concatenate, {"axis": 1}), (np.concatenate, {"axis": None}),
    (np.stack, {}), (np.stack, {"axis": -1}),
]  # fmt: skip


@pytest.mark.parametrize(("f", "args", "kwargs"), CALLS, ids=lambda x: getattr(x, "__name__", ""))
def test_functions_record_the_graph(f, args, kwargs):
    wanted = f(*args, **kwargs)
    arrays = [i for i, x in enumerate(args) if isinstance(x, np.ndarray) and x.dtype == float]
    for i in arrays:
        t = Tensor(args[i])
        y = f(*args[:i], t, *args[i + 1 :], **kwargs)
        assert isinstance(y, Tensor) or f in (np.argmax, np.argmin, np.shape, np.ndim, np.size)
        np.testing.assert_allclose(y.data if isinstance(y, Tensor) else y, wanted, rtol=1e-15)
        if isinstance(y, Tensor):
            assert {t} & {*topological_order(y)}


@pytest.mark.parametrize(("f", "kwargs"), LISTS, ids=lambda x: getattr(x, "__name__", ""))
def test_functions_of_lists_record_the_graph(f, kwargs):
    t = Tensor(X)
    for arrays in ([t, X], [X, t], (t, t), [X.tolist(), t]):
        y = f(arrays, **kwargs)
        assert {t} & {*topological_order(y)}
        assert np.array_equal(y.data, f([X, X], **kwargs))
    parts = np.split(Tensor(V), 3)
    assert [part.data.tolist() for part in parts] == [[1], [2], [3]]
    assert [len(p) for p in np.split(t, indices_or_sections=[1], axis=1)] == [2, 2]


REFUSED = {
    "np.spacing": lambda t: np.spacing(t), "np.unwrap": lambda t: np.unwrap(t),
    "np.fft.fft": lambda t: np.fft.fft(t), "np.vstack dtype=": lambda t: np.vstack(
        [t, t], dtype=float), "np.linalg.eig": lambda t: np.linalg.eig(t),
    "np.add.reduce": lambda t: np.add.reduce(t), "np.add.at": lambda t: np.add.at(t, [0], 1),
    "np.multiply.outer": lambda t: np.multiply.outer(t, t),
    "np.cumsum out=": lambda t: np.cumsum(t, out=np.ones(2)),
    "np.copyto": lambda t: np.copyto(np.ones(2), t),
    "np.exp(…, out=…)": lambda t: np.exp(t, out=np.ones(2)),
    "np.exp(…, where=…)": lambda t: np.exp(t, where=np.array([True, False])),
    "np.add(…, dtype=…)": lambda t: np.add(t, 1, dtype=float),
    "np.sum dtype=": lambda t: np.sum(t, dtype=float), "third": lambda t: np.sum(t, 0, float),
    "np.sum initial=": lambda t: np.sum(t, initial=1.0), "np.max out=": lambda t: np.max(
        t, out=np.ones(())), "np.sum where=": lambda t: np.sum(t, where=np.array([True, False])),
    "np.concatenate dtype=": lambda t: np.concatenate([t, t], dtype=float),
    "np.reshape order=": lambda t: np.reshape(t, 2, order="F"),
    "np.array": lambda t: np.array(t), "np.asarray": lambda t: np.asarray(t),
    "np.array of a list": lambda t: np.array([t, t]), "np.array of 0-d": lambda t: np.array(
        [Tensor(1.0), 2.0]), "np.asarray(dtype)": lambda t: np.asarray(t, dtype=float),
    "np.sum of a list": lambda t: np.sum([t, t]), "float": lambda t: float(t[0]),
    "int": lambda t: int(t[0]), "round": lambda t: round(t[0]), "complex": lambda t: complex(t[0]),
    "in place": lambda t: np.ones(2).__iadd__(t), "index": lambda t: np.ones(2)[t],
    "t[t]": lambda t: t[t], "astype": lambda t: t.astype(int),
}  # fmt: skip


@pytest.mark.parametrize("f", REFUSED.values(), ids=REFUSED)
def test_nothing_leaves_the_graph_in_silence(f):
    t = Tensor([1.0, 2.0])
    with pytest.raises((TypeError, IndexError), match=r"t\.data|takes no|x\.data|indices"):
        f(t)


def test_element_assignment_does_not_leave_the_graph():
    a = np.zeros(2)
    with pytest.raises((TypeError, ValueError)):
        a[0] = Tensor(1.0)
    with pytest.raises(TypeError, match="does not support item assignment"):
        Tensor([1.0])[0] = 2.0
    assert a.tolist() == [0, 0]


def test_in_place_operators_of_arrays_say_what_to_write():
    a = np.ones(2)
    with pytest.raises(TypeError, match=r"write a = a \+ t for a \+= t"):
        a += Tensor([1.0, 2.0])
    assert a.tolist() == [1, 1]


def test_predicates_give_arrays():
    t = Tensor([1.0, nan, -inf])
    assert np.isnan(t).tolist() == [False, True, False]
    assert np.isfinite(t).tolist() == [True, False, False]
    assert np.signbit(t).tolist() == [False, False, True]
    assert np.less(t, 0).tolist() == [False, False, True]
    assert np.argmax(Tensor(V)) == 2


@pytest.mark.parametrize("f", [np.mean, np.var, np.std, np.sum, np.prod, np.cumsum])
@pytest.mark.parametrize("shape", [(3,), (3, 2)])
def test_statistics_of_arrays_of_values(f, shape):
    x = np.array([1.0, 3.0, 2.5, -1.0, 0.5, 7.0][: np.prod(shape)]).reshape(shape)
    v, t = np.frompyfunc(Value, 1, 1)(x), Tensor(x)
    ours = f(v)
    if f is np.cumsum:
        assert [y.data for y in ours] == f(x).tolist()
        return
    assert ours.data == pytest.approx(f(x), rel=1e-14)
    ours.backward()
    if f is not np.prod:
        f(t).backward()
        found = np.frompyfunc(lambda x: x.grad, 1, 1)(v).astype(float)
        np.testing.assert_allclose(found, t.grad, rtol=1e-13)
    if len(shape) == 2:
        assert [y.data for y in f(v, axis=0)] == pytest.approx(f(x, axis=0).tolist())


def test_choices_of_arrays_of_values_are_the_tables():
    v = np.array([Value(-1.0), Value(2.0)])
    y = autograd.maximum(v, 0.0).sum() + autograd.clip(v, -3, 1).sum()
    y.backward()
    assert [x.grad for x in v] == [1, 1]
    assert [s.data for s in autograd.sign(v)] == [-1, 1]
    with pytest.raises(AttributeError, match="'int' object has no attribute 'backward'"):
        np.sign(v)[0].backward()  # as the documents say
    assert np.maximum(v, 0.0)[1] is v[1]
