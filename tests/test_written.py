"""Loops and listings for JAX as they are written: run as plain Python, and by JAX."""

import re

import numpy as np
import pytest

import autograd
from autograd import Tensor, log_softmax, matmul
from autograd.programs import UntraceableError, trace, write_jax, write_step
from autograd.programs.cells import Cell, Number, Update
from autograd.programs.loop_code import write_loops

pytest.importorskip("numba")

N = 6
rng = np.random.default_rng(0)
ROWS = {"x": rng.normal(size=(N, 3)), "k": np.array([0, 2, 1, 1, 0, 2])}
WIDE = {"x": rng.normal(size=(N, 70))}
PARAMETERS = {
    "w": rng.normal(size=(3, 3)), "b": rng.normal(size=3), "m": rng.normal(size=(3, 1)),
    "s": rng.normal(size=1), "v": rng.normal(size=9), "u": rng.normal(size=(70, 2)),
    "h": rng.normal(size=(1, 3)), "o": rng.normal(size=(3, 6)), "q": rng.normal(size=(3, 3)),
    "t": rng.normal(size=()),
}  # fmt: skip
NOTHING = Update(lambda cells, numbers: None, [], 0)  # the gradient alone
SHIFT = np.array([0.5, -1.0, 2.0])


def loops_of(cost, names, others="", rows=ROWS):
    """The loops for a cost of rows, its arguments, and where those that are learned begin."""
    given = {**rows, **{name: PARAMETERS[name] for name in (*names, *others)}}
    ends = np.cumsum([0, *(PARAMETERS[name].size for name in names)]).tolist()
    places = dict(zip(names, ends, strict=False))
    traced = trace(lambda **xs: {"J": cost(**xs)}, given, [*names])
    return write_loops(traced, [*rows], places, NOTHING), given, places


def run(loops, given, places, others="", rows=ROWS):
    """Run loops as Python, on one thread: the cost, and the gradient by each parameter."""
    code = {}
    exec(re.sub(r"@njit\(.*\)\n", "", loops.text), code)
    w = np.concatenate([given[name].ravel() for name in places])
    costs, parts = np.zeros(1), np.zeros((1, loops.size))
    taken = code["run"](
        0, 1, 0, 1, costs, parts, np.zeros((1, max(loops.sums, 1))), np.zeros(1, np.int64),
        np.zeros(32, np.int64), np.arange(N)[None], *(x.reshape((N, -1)) for x in rows.values()),
        *(given[name] for name in others), w, np.zeros((1, 0)), False,
        np.zeros((1, N, 1)), *loops.constants, *loops.buffers)  # fmt: skip
    assert taken == 1
    return costs[0], {name: parts[0, start : start + given[name].size].reshape(given[name].shape)
                      for name, start in places.items()}  # fmt: skip


def engines(cost, given, names):
    tensors = {name: Tensor(x) if name in names else x for name, x in given.items()}
    J = cost(**tensors)
    J.backward()
    return J.item(), {name: tensors[name].grad for name in names}


PICKED = np.arange(N)
COSTS = {  # a cost, what is learned, and what is given besides
    "labels": (lambda x, k, w, b: (x @ w + b)[PICKED, k].tanh().mean(), "wb", ""),
    "what is picked goes into a product": (
        lambda x, k, w, h: ((x @ w)[PICKED, k].reshape((-1, 1)) @ h).tanh().mean(), "wh", ""),
    "a constant for all rows": (lambda x, k, w: ((x @ w - SHIFT) ** 2).mean(), "w", ""),
    "truth values": (lambda x, k, w: np.where(np.logical_and(x @ w > 0.1, True), x @ w,
                                              0.5 * (x @ w)).mean(), "w", ""),
    "columns": (
        lambda x, k, w, m: ((x @ w).tanh() @ m).reshape((-1,)).sigmoid().mean(), "wm", ""),
    "columns in a product": (
        lambda x, k, m, h: ((x @ m).reshape((-1,)).tanh().reshape((-1, 1)) @ h).tanh().mean(),
        "mh", ""),
    "a part of a vector": (
        lambda x, k, w, v: ((x @ w * v[3:6] + v[:3]).tanh() ** 2).mean(), "w", "v"),
    "penalties": (lambda x, k, w, b: ((x @ w + b) ** 2).mean() + 0.1 * (w * w).sum()
                  + abs(b).sum(), "wb", ""),
    "a number that is given": (
        lambda x, k, w, t: ((x @ w) * np.exp(t) + np.exp(t)).tanh().mean() * t, "w", "t"),
    "functions of loops": (
        lambda x, k, w: (np.log(np.exp(x @ w) + 1) + np.log1p((x @ w) ** 2)
                         + np.expm1(x @ w)).mean(), "w", ""),
    "a gradient of two sums": (
        lambda x, k, w: (x @ w).tanh().mean() + ((x * x) @ w).sin().mean(), "w", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", COSTS)
def test_loops_as_python(name):
    """What is written, without Numba, has the engine's cost and gradient."""
    cost, names, others = COSTS[name]
    loops, given, places = loops_of(cost, names, others)
    J, slopes = run(loops, given, places, others)
    expected, theirs = engines(cost, given, names)
    np.testing.assert_allclose(J, expected, rtol=1e-12)
    for n, slope in slopes.items():
        np.testing.assert_allclose(slope, theirs[n], rtol=1e-10, atol=1e-12)


def test_wide_rows_are_asked_for_before():
    cost = lambda x, u: (x @ u).tanh().mean()  # noqa: E731
    loops, given, places = loops_of(cost, "u", rows=WIDE)
    assert "fetch(x_all, order[k, min(low + i + 2, high - 1)])" in loops.text
    J, slopes = run(loops, given, places, rows=WIDE)
    expected, theirs = engines(cost, given, "u")
    np.testing.assert_allclose(J, expected, rtol=1e-12)
    np.testing.assert_allclose(slopes["u"], theirs["u"], rtol=1e-10)


FULL = rng.normal(size=(N, 3))
REFUSED = {  # what loops do not know, which is left to NumPy: a cost, what is learned and given
    "place of U and B": (lambda x, k, w: -log_softmax(x @ w, axis=-1)[PICKED, k].mean(), "w", ""),
    "broadcast_to of B": (lambda x, k, w: ((x @ w).mean(axis=-1) ** 2).mean(), "w", ""),
    "scatter of R": (lambda x, k, v: (x * v[3:6]).tanh().mean(), "v", ""),
    "multiply of parameters alone": (lambda x, k, w: (x @ (2 * w)).tanh().mean(), "w", ""),
    "erf": (lambda x, k, w: autograd.erf(x @ w).mean(), "w", ""),
    "a cost that is no sum of numbers": (
        lambda x, k, m: (x @ m).tanh().sum(axis=0).reshape(()), "m", ""),
    "a cost with getitem": (lambda x, k, w, v: (x @ w).tanh().mean() * v[0], "w", "v"),
    "constants beside parameters": (
        lambda x, k, w: (x @ w).tanh().mean() + (w * FULL[:3]).sum(), "w", ""),
    "q beside parameters": (lambda x, k, w, q: (x @ w).tanh().mean() + (w * q).sum(), "w", "q"),
    "transpose of parameters": (lambda x, k, w: (x @ w).tanh().mean() + (w * w.T).sum(), "w", ""),
    "b has no gradient that is a sum over examples": (
        lambda x, k, w, b: (x @ w).tanh().mean() + (b * b).sum(), "wb", ""),
    "the gradient of s is computed from single numbers": (
        lambda x, k, w, s: ((x @ w) * s - s).tanh().mean(), "ws", ""),
    "do not broadcast parameters": (
        lambda x, k, w, b: (x @ w + b).tanh().mean() + (w * b).sum(), "wb", ""),
    r"do not broadcast \(6, 3\) to rows of 3": (
        lambda x, k, w: (x @ w * FULL).tanh().mean(), "w", ""),
    "do not broadcast rows of 3 to 9": (
        lambda x, k, v, q: (((x @ q).reshape((N, 3, 1)) * x.reshape((N, 1, 3))).reshape((N, 9))
                            @ v.reshape((9, 1))).tanh().mean(), "v", "q"),
    "do not broadcast examples along columns": (
        lambda x, k, m, o: ((x @ m).reshape((-1,)) * (x @ o)).tanh().mean(), "o", "m"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_loops_do_not_know(what):
    with pytest.raises(UntraceableError, match=what):
        loops_of(*REFUSED[what])


# --- JAX ------------------------------------------------------------------------------------------

A, B, V = (rng.normal(size=shape).astype(np.float32) for shape in ((4, 3), (3, 4), 3))
K = np.array([2, 0, 1, 1])
LISTED = {
    "an array of constants": lambda a: (a * np.float32([1.5, -2, 0.25])).tanh().sum(),
    "infinite constants": lambda a: np.maximum(np.minimum(a, np.float32([np.inf, 0.1, 5])),
                                               np.float32([-np.inf, -0.1, 0])).sin().sum(),
    "a negative number": lambda a: (a * -1.5 - 0.5).sin().sum(),
    "slices": lambda a: (a[1:, ::2] ** 2).sum() + a[0, 1] + (a[..., 0] ** 3).sum(),
    "an array of indices": lambda a: (a[np.array([0, 2, 2])] ** 3).sum(),
    "both": lambda a: (a[np.array([0, 2]), np.array([1, 1])] ** 3).sum(),
    "rows of SciPy's": lambda a: (autograd.erf(a) + autograd.erfc(a * 0.5)).sum(),
    "a mean of rows": lambda a: (a.mean(axis=0) ** 2).sum() + (a.sum(axis=1, keepdims=True)
                                                               * a).tanh().sum(),
    "the largest": lambda a: a.max() + (a.min(axis=1) ** 2).sum(),
    "squares": lambda a: (a * a).sum(),
    "products": lambda a: matmul(a, a.T).tanh().sum() + (a @ V).sin().sum(),
    "axes": lambda a: (np.transpose(a.reshape((2, 2, 3)), (1, 0, 2)) ** 3 * np.float32(
        np.arange(12).reshape((2, 2, 3)))).sum(),
    "another shape": lambda a: (a.reshape((-1,)) ** 3).sum() + (
        np.broadcast_to(a, (2, 4, 3)) * np.float32(np.arange(24).reshape((2, 4, 3)))).sin().sum(),
    "joined": lambda a: (np.concatenate([a, a * a], axis=1) * np.float32(range(6))).sin().sum(),
    "another type": lambda a: (a * (a > 0).astype(np.float32)).sin().sum(),
    "a slope that is a constant": lambda a: (a[1:, ::2] * np.float32([[1, 2], [3, 4],
                                                                      [5, 6]])).sum(),
    "the same slope everywhere": lambda a: (a * 3 - 1).sum(),
    "no slope": lambda a: (np.sign(a) * 2).sum(),
    "a linear layer": lambda a: autograd.linear(a, B, np.float32(range(4))).tanh().sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTED)
def test_the_listing_for_jax(name):
    """JAX has the engine's cost and gradient."""
    jax = pytest.importorskip("jax")
    f, code = LISTED[name], {}
    exec(write_jax(trace(lambda a: {"J": f(a)}, {"a": A}, ["a"]), "f", "A cost."), code)
    J, slope = jax.value_and_grad(code["f"])(A)
    a = Tensor(A)
    y = f(a)
    y.backward()
    np.testing.assert_allclose(J, y.item(), rtol=1e-4)
    np.testing.assert_allclose(slope, a.grad, rtol=1e-4, atol=1e-5)


def test_the_listing_of_a_number():
    jax = pytest.importorskip("jax")
    code = {}
    traced = trace(lambda a, b: {"J": a * 3 + b}, dict.fromkeys("ab", np.float32(2)), ["a", "b"])
    exec(write_jax(traced, "f", "A cost."), code)
    assert [float(g) for g in jax.grad(code["f"], (0, 1))(2.0, 2.0)] == [3, 1]


def of_labels(a, k):
    return {"J": (a[np.arange(4), k].tanh() + autograd.softmax_cross_entropy(
        a, k, reduction="none")).sum()}  # fmt: skip


def test_the_listing_of_labels():
    jax = pytest.importorskip("jax")
    code = {}
    exec(write_jax(trace(of_labels, {"a": A, "k": K}, ["a"]), "f", "A cost."), code)
    a = Tensor(A)
    of_labels(a, K)["J"].backward()
    np.testing.assert_allclose(jax.grad(code["f"])(A, K), a.grad, rtol=1e-4, atol=1e-6)


# --- NumPy ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTED)
def test_straight_code(name):
    f = LISTED[name]
    slope, a = np.zeros_like(A), Tensor(A)
    write_step(trace(lambda a: {"J": f(a)}, {"a": A}, ["a"])).compile(A, slope)[0]()
    f(a).backward()
    np.testing.assert_allclose(slope, a.grad, rtol=1e-4, atol=1e-6)


def test_straight_code_of_labels():
    """Also of other labels than those it was traced with."""
    slope, labels = np.zeros_like(A), K.copy()
    traced = trace(of_labels, {"a": A, "k": K}, ["a"])
    run_step = write_step(traced).compile(A, labels, slope)[0]
    for k in K, K[::-1], np.array([0, 0, 2, 1]):
        labels[:], a = k, Tensor(A)
        run_step()
        of_labels(a, k)["J"].backward()
        np.testing.assert_allclose(slope, a.grad, rtol=1e-4, atol=1e-6)


CHOSEN = {  # where in each of its operands' memory the result of `where` may lie
    "the second": lambda a: np.where(A > 0, a.tanh(), a * 2).sin(),
    "the first": lambda a: np.where(A > 0, a * 2, a.tanh()).sin(),
    "views of one memory": lambda a: (a.tanh().T.reshape((2, 6))[:, 1:4] ** 2).sin(),
    "parts of a vector": lambda a: a.reshape((-1,)).tanh()[2:8].reshape((2, 3)) * np.float32(2),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_straight_code_in_the_memory_of_others(name):
    def f(a):
        return {"J": (CHOSEN[name](a) ** 2).sum()}

    slope, a = np.zeros_like(A), Tensor(A)
    write_step(trace(f, {"a": A}, ["a"])).compile(A, slope)[0]()
    f(a)["J"].backward()
    np.testing.assert_allclose(slope, a.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("f", "message"), [
    (lambda a, k: {"J": a.sum(), "other": 3.0}, "other does not depend on what is learned"),
    (lambda a, k: {"J": (a * Tensor(A)).sum()}, "which is no parameter of it"),
    (lambda a, k: {"J": a[k].sum()}, "an index differs from batch to batch"),
])  # fmt: skip
def test_what_cannot_be_traced(f, message):
    with pytest.raises(UntraceableError, match=message):
        trace(f, {"a": A, "k": K}, ["a"])


# --- What an optimizer does to each number --------------------------------------------------------


def test_numbers_of_a_step():
    eta = Number("eta")
    assert [(-eta).text, (2 - eta).text, (eta / 4).text] == ["(-eta)", "(2.0 - eta)", "(eta / 4.0)"]
    w = Cell("w")
    assert (eta * w).value[0] == "multiply"
    assert (eta * w).value[2] == "w"
    with pytest.raises(TypeError):
        np.add.reduce(w)
    with pytest.raises(TypeError):
        w + np.ones(3)  # of an array each number would be another
