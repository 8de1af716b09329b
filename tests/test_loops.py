"""Compiled loops, and the listing for JAX: the numbers of the engine, but for rounding."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import mlp
from autograd import Tensor, Value, values, vectorize
from mlp import Dense, Sequential
from mlp.callbacks import LambdaCallback
from mlp.layers import BatchNormalization, Dropout, LayerNormalization, Rescaling
from mlp.steps import Costs

pytest.importorskip("numba")

rng = np.random.default_rng(0)
X = rng.integers(0, 256, (500, 40), np.uint8)
LABELS = rng.integers(0, 5, 500)
NUMBERS = X @ rng.random((40, 1)) / 5000
SPARSE = "sparse_categorical_crossentropy"
LAYERS = {
    "classes": (lambda: [Rescaling(1 / 255), Dense(24, "tanh"), Dropout(0.3), Dense(5, "softmax")],
                SPARSE, LABELS, "adam"),
    "numbers": (lambda: [Rescaling(1 / 255), Dense(9, "elu", kernel_regularizer="l2"), Dense(1)],
                "mse", NUMBERS, lambda p: mlp.SGD(p, 0.05, momentum=0.9)),
    "nadam": (lambda: [Rescaling(1 / 255), Dense(9, "relu"), Dense(5, "softmax")], SPARSE, LABELS,
              "nadam"),
    "layers": (lambda: [Rescaling(1 / 255), Dense(12), LayerNormalization(), Dense(5, "softmax")],
               SPARSE, LABELS, "adam"),
}  # fmt: skip


def trained(name, jit_compile, *, seed=1, epochs=6, dtype="float32", callbacks=(), **settings):
    layers, loss, y, optimizer = LAYERS[name]
    model = Sequential(layers(), seed=seed, dtype=dtype)
    model.compile(optimizer, loss, metrics=["accuracy"] if y.ndim == 1 else ["mae"],
                  jit_compile=jit_compile)  # fmt: skip
    history = model.fit(X, y, 100, epochs, verbose=0, callbacks=callbacks, **settings)
    return model, history.history


def looped(model):
    return [code for kept in model._straight.kept.values() for code in kept.values() if code.looped]


@pytest.mark.parametrize(("name", "dtype", "limit"), [
    ("classes", "float32", 1e-5), ("classes", "float64", 1e-12), ("numbers", "float32", 1e-5),
    ("layers", "float64", 1e-12), ("nadam", "float64", 1e-12)])
def test_as_the_engine(name, dtype, limit):
    """Weights, losses and metrics are the engine's, but for rounding."""
    settings = {"sample_weight": np.linspace(0.5, 1.5, 500)} if name == "classes" else {}
    engine, history = trained(name, False, dtype=dtype, **settings)
    loops, its = trained(name, True, dtype=dtype, **settings)
    assert looped(loops), loops._straight.reason
    for p, q in zip(engine.tensors(), loops.tensors(), strict=True):
        assert np.linalg.norm(p.data - q.data) < limit * max(np.linalg.norm(p.data), 1)
    for key, numbers in history.items():
        np.testing.assert_allclose(its[key], numbers, rtol=10 * limit)
    assert engine.rng.bit_generator.state == loops.rng.bit_generator.state


def test_means_over_a_batch_are_straight_code():
    model = Sequential([Rescaling(1 / 255), Dense(9), BatchNormalization(), Dense(5, "softmax")],
                       seed=1)  # fmt: skip
    model.compile("adam", SPARSE, jit_compile=True)
    model.fit(X, LABELS, 100, verbose=0)
    assert model._straight.reason == "running means are of all rows of a batch"
    assert not looped(model)
    engine = Sequential([Rescaling(1 / 255), Dense(9), BatchNormalization(), Dense(5, "softmax")],
                        seed=1)  # fmt: skip
    engine.compile("adam", SPARSE, jit_compile=False)
    engine.fit(X, LABELS, 100, verbose=0)
    for p, q in zip(engine.tensors(), model.tensors(), strict=True):
        assert np.array_equal(p.data, q.data)
    with pytest.raises(TypeError, match="running means"):
        model.source(X[:4], LABELS[:4], target="loops")
    _, results = model.source(X[:4], LABELS[:4]).split("return step, (")
    assert results.count("t") == 3  # the outputs, and two running means
    assert "custom_vjp" in model.source(X[:4], LABELS[:4], target="jax")


def test_the_same_from_run_to_run():
    """With one number of threads, all is the same to the last bit; also beside another training."""
    first, history = trained("classes", True)
    found = []
    threads = [threading.Thread(target=lambda: found.append(trained("classes", True)))
               for _ in range(2)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other, its in [trained("classes", True), *found]:
        assert its == history
        for p, q in zip(first.tensors(), other.tensors(), strict=True):
            assert np.array_equal(p.data, q.data)


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_two_threads_have_the_numbers_of_one(name, monkeypatch):
    """Small steps are one thread's; here two share them, as they do larger ones."""
    monkeypatch.setattr("mlp.steps.looped._cores", lambda: 2)
    one, history = trained(name, True, dtype="float64")
    monkeypatch.setattr("mlp.steps.looped.SHARED", 0)
    two, its = trained(name, True, dtype="float64")
    again, the_same = trained(name, True, dtype="float64")
    assert {code.looped.threads for code in looped(one)} == {1}
    assert {code.looped.threads for code in looped(two)} == {2}
    for p, q, r in zip(one.tensors(), two.tensors(), again.tensors(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(q.data, r.data)
    assert its == the_same
    for key, numbers in history.items():
        np.testing.assert_allclose(its[key], numbers, rtol=1e-9)


def test_a_forked_process_trains_on():
    """Nothing of the threads is left between calls."""
    code = (
        "import os, sys; sys.path.insert(0, 'tests'); from test_loops import trained\n"
        "trained('classes', True)\n"
        "if (child := os.fork()) == 0:\n"
        "    trained('classes', True); os._exit(0)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))")
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120,
                   cwd=Path(__file__).parent.parent)  # fmt: skip


def test_a_callback_after_each_step_has_steps():
    """It is called after each, and sees the parameters of then: as NumPy, to the last bit."""
    def run(jit_compile):
        seen = []
        model, _ = trained("classes", jit_compile, epochs=1, callbacks=LambdaCallback(
            on_train_batch_end=lambda k, logs: seen.append((k, logs["loss"]))))  # fmt: skip
        return model, seen

    model, seen = run(True)
    _, engines = run(False)
    assert not looped(model)
    assert seen == engines
    assert [k for k, _ in seen] == [0, 1, 2, 3, 4]


def test_a_step_that_is_not_finite_is_the_engines():
    """It is not taken; the error is the engine's."""
    def run(jit_compile):
        model = Sequential([Rescaling(1 / 255), Dense(9, "elu"), Dense(1)], seed=1)
        model.compile(lambda p: mlp.SGD(p, 1e12), "mse", jit_compile=jit_compile)
        with np.errstate(all="ignore"), pytest.raises(FloatingPointError) as error:
            model.fit(X, NUMBERS, 100, 20, verbose=0)
        return model, str(error.value)

    model, message = run(True)
    other, its = run(False)
    assert message.split(" is ")[0] == its.split(" is ")[0]
    assert model.optimizer.steps == other.optimizer.steps
    assert all(np.isfinite(p.data).all() for p in model.tensors())


def test_neurons_as_loops():
    """`MLP.fit` takes the same road: the numbers of the program, but for rounding."""
    def run(jit_compile):
        net = mlp.MLP(6, [7, 3], "tanh", seed=0)
        losses = net.fit(X[:200, :6], LABELS[:200] % 3, epochs=3, batch_size=50, seed=0,
                         dtype="float64", jit_compile=jit_compile)  # fmt: skip
        return losses, [p.data for p in net.parameters()]

    engine, straight, loops = map(run, (False, "auto", True))
    assert engine == straight
    for ours, theirs in zip(loops, engine, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_descend_many_steps_at_once():
    """A cost that is a function of the batch; one that draws is left to the engine."""
    x, t = values(2, "x"), Value(1.0, "t")
    net = mlp.MLP(2, [6, 1], "tanh", seed=3)
    loss = (1 - t * net(x)).relu() + 1e-3 * sum(p * p for p in net.parameters())
    program = vectorize(loss, [x, t], net.parameters())
    points, signs = rng.normal(size=(60, 2)), np.sign(rng.normal(size=60))

    def run(jit_compile):
        program.load()
        optimizer = mlp.SGD(program.parameters, lambda k: 0.1 / (k + 1))
        steps = list(mlp.descend(program.mean, optimizer, [[points, signs]] * 40,
                                 jit_compile=jit_compile))  # fmt: skip
        return steps, program.theta.data.copy()

    (engine, theta), (loops, its) = run(False), run(True)
    np.testing.assert_allclose(loops, engine, rtol=1e-10)
    np.testing.assert_allclose(its, theta, rtol=1e-9)

    w = Tensor([1.0, 2.0])
    costs = Costs(lambda x: ((w - x + np.random.default_rng().normal(size=2)) ** 2).mean(),
                  mlp.SGD([w], 0.1), True)  # fmt: skip
    list(costs.steps([[points]] * 3))
    assert "another constant" in costs.reason


def test_the_listings():
    """Loops can be read; JAX has the same cost and gradient."""
    model, _ = trained("numbers", False)
    text = model.source(X[:100], NUMBERS[:100], target="loops")
    assert "for i in range(high - low):" in text
    compile(text, "<loops>", "exec")
    jax = pytest.importorskip("jax")
    names = {}
    exec(model.source(X[:100], NUMBERS[:100], target="jax"), names)
    arrays = [X[:100].astype(np.float32), NUMBERS[:100].astype(np.float32),
              *(p.data.copy() for p in model.tensors())]  # fmt: skip
    J, slopes = jax.jit(jax.value_and_grad(names["cost"], (2, 3, 4, 5)))(*map(np.asarray, arrays))
    cost = model.loss.cost(arrays[1], model(arrays[0]), lambda z: z)
    for penalty in model.penalties():
        cost = cost + penalty
    model.zero_grad()
    cost.backward()
    np.testing.assert_allclose(float(J), cost.item(), rtol=1e-5)
    for slope, p in zip(slopes, model.tensors(), strict=True):
        np.testing.assert_allclose(np.asarray(slope), p.grad, rtol=1e-4, atol=1e-5)


def test_a_program_for_jax():
    """Of several outputs and for a batch of any size; kinks are this engine's."""
    jax = pytest.importorskip("jax")
    w, x = values([0.5, -1.0], "w"), values(2, "x")
    h = w[0] * x[0] + w[1] * x[1]
    program = vectorize({"size": abs(h), "both": [h.relu(), h * h]}, [x], w, dtype="float32")
    names = {}
    exec(program.source(target="jax"), names)
    batch = np.array([[0, 0], [1, 2], [2, 1.0], [3, 0]], np.float32)
    theta = program.theta.data.copy()
    size, both = jax.jit(names["program"])(theta, batch)
    results = program(batch)
    np.testing.assert_allclose(size, results["size"].data, rtol=1e-6)
    np.testing.assert_allclose(both, results["both"].data, rtol=1e-6)
    slope = jax.grad(lambda theta: names["program"](theta, batch)[0].sum())(theta)
    program.theta.grad = None
    results["size"].sum().backward()
    np.testing.assert_allclose(slope, program.theta.grad, rtol=1e-6)
    with pytest.raises(ValueError, match='"numpy" or "jax"'):
        program.source(target="torch")


def test_the_functions_of_loops():
    """Exp, log and their like are right to 3 units in the last place, and at the ends."""
    import numba

    from autograd.programs import elementary

    ends = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e3, -1e3, -1.0, -2.0]
    for name in elementary.__all__:
        f, scalar = getattr(np, name), getattr(elementary, name)
        loop = numba.njit(numba_loop(scalar), error_model="numpy")
        for kind in (np.float32, np.float64):
            wide, near = (80 if kind == np.float32 else 700), rng.normal(size=9000)
            x = np.concatenate([rng.uniform(-wide, wide, 9000), near, near * 1e-4, ends])
            x = (np.concatenate([np.exp(x[:-9]), ends]) if name == "log" else x).astype(kind)
            with np.errstate(all="ignore"):
                expected, there = f(x.astype(np.longdouble)), f(x)
            found, numbers = loop(x), np.isfinite(there)
            np.testing.assert_array_equal(found[~numbers], there[~numbers])
            unit = np.spacing(np.abs(there[numbers])).astype(np.longdouble)
            assert np.max(np.abs(found[numbers] - expected[numbers]) / unit) < 3, (name, kind)


def numba_loop(scalar):
    def loop(x):
        y = np.empty_like(x)
        for k in range(x.size):
            y[k] = scalar(x[k])
        return y

    return loop


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_products_of_loops(kind):
    """Of arrays and turned ones; and what is no array in line falls back to Numba's own."""
    import numba

    from autograd.programs.kernels import dot

    @numba.njit
    def products(a, b, c, d):
        dot(a, b, c)
        dot(a.T, c, d)
        dot(c, b.T, a)

    a, b = rng.normal(size=(5, 7)).astype(kind), rng.normal(size=(7, 3)).astype(kind)
    c, d, before = np.empty((5, 3), kind), np.empty((7, 3), kind), a.copy()
    products(a, b, c, d)
    np.testing.assert_allclose(c, before @ b, rtol=1e-5)
    np.testing.assert_allclose(d, before.T @ c, rtol=1e-5)
    np.testing.assert_allclose(a, c @ b.T, rtol=1e-5)


def test_denormal_numbers_are_as_before_after_training():
    """Threads take them for 0 in a training, and only there."""
    trained("classes", True, epochs=1)
    assert np.float32(1e-40) * np.float32(0.5) != 0
