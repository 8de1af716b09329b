"""vectorize: scalar networks at the speed of matrices, beside micrograd, CasADi and Dense."""

import shutil
import subprocess
import tempfile
import tracemalloc
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import mlp
from autograd import Value, values, vectorize
from mlp import SGD, Adam
from mlp.steps import Costs

from .demo import demo_step, moons
from .mnist import chainrule, endless, images
from .timing import interleaved, once, repeated, seconds, table

__all__ = ["main"]

STEPS = 1000  # a measurement is the mean of so many fast steps


def vectorized_demo(dtype: str, jit_compile: Any = None) -> Callable[[], Any]:
    """Make a step of the demo that goes through `vectorize`, in micrograd's own words.

    Or many, as straight code or as compiled loops.
    """
    points, targets = (x.astype(dtype) for x in moons())
    model = mlp.MLP(2, [16, 16, 1], seed=1337)
    x, t = values(2, "x"), Value(1.0, "t")
    loss = (1 - t * model(x)).relu() + 1e-4 * sum(p * p for p in model.parameters())
    program = vectorize(loss, [x, t], model.parameters(), dtype=dtype)

    if jit_compile is not None:  # many steps in a call
        optimizer, batches = SGD(program.parameters, 0.1), [[points, targets]] * STEPS
        costs = Costs(program.mean, optimizer, jit_compile)
        return lambda: deque(costs.steps(batches), maxlen=0)

    def step() -> Any:
        total = program.mean(points, targets)
        for p in program.parameters:
            p.zero_grad()
        total.backward()
        for p in program.parameters:
            p.data -= 0.1 * p.grad
        return total

    return step


def by_hand() -> Callable[[], Any]:
    """Write a step of the demo with NumPy."""
    x, t = moons()
    t = t[:, None]
    rng = np.random.default_rng(0)
    theta = rng.uniform(-1, 1, 337)
    parts = np.split(theta, [32, 48, 304, 320, 336])
    W1, b1, W2, b2, W3, b3 = (
        p.reshape(s) for p, s in zip(parts, [(2, 16), 16, (16, 16), 16, (16, 1), 1], strict=True))

    def step() -> Any:
        z1 = x @ W1 + b1
        h1 = np.maximum(z1, 0)
        z2 = h1 @ W2 + b2
        h2 = np.maximum(z2, 0)
        margin = 1 - t * (h2 @ W3 + b3)
        J = np.maximum(margin, 0).mean() + 1e-4 * (theta @ theta)
        d3 = -t * (margin > 0) / len(t)
        d2 = (d3 @ W3.T) * (z2 > 0)
        d1 = (d2 @ W2.T) * (z1 > 0)
        slope = np.concatenate([
            (x.T @ d1).ravel(), d1.sum(0), (h1.T @ d2).ravel(), d2.sum(0), (h2.T @ d3).ravel(),
            d3.sum(0)])  # fmt: skip
        theta[:] -= 0.1 * (slope + 2e-4 * theta)
        return J

    return step


def casadi_functions() -> tuple[Any, Any]:
    """Build one example's loss and gradient on CasADi's scalar graph, mapped over the points."""
    import casadi as ca

    theta, x, t = ca.SX.sym("theta", 337), ca.SX.sym("x", 2), ca.SX.sym("t")
    weights, h = iter(ca.vertsplit(theta)), ca.vertsplit(x)
    for n in 16, 16, 1:
        z = []
        for _ in range(n):
            terms = [next(weights) * a for a in h]
            z.append(sum(terms[1:], terms[0]) + next(weights))
        h = [ca.fmax(a, 0) for a in z] if n > 1 else z
    loss = ca.fmax(1 - t * h[0], 0)
    mapped = ca.Function("f", [theta, x, t], [loss, ca.gradient(loss, theta)]).map(100)
    p, xs, ts = ca.MX.sym("p", 337), ca.MX.sym("xs", 2, 100), ca.MX.sym("ts", 1, 100)
    losses, slopes = mapped(p, xs, ts)
    whole = ca.Function("step", [p, xs, ts], [
        ca.sum2(losses) / 100 + 1e-4 * ca.dot(p, p), ca.sum2(slopes) / 100 + 2e-4 * p])  # fmt: skip
    return mapped, whole


def buffered(function: Any) -> Callable[[], Any]:
    """Run a CasADi function through buffers, without converting anything."""
    points, targets = moons()
    buffer, trigger = function.buffer()
    theta = np.random.default_rng(0).uniform(-1, 1, 337)
    arrays = [theta, points.ravel().copy(), targets.copy()]
    results = [np.zeros(1), np.zeros(337)]
    for k, array in enumerate(arrays):
        buffer.set_arg(k, memoryview(array))
    for k, array in enumerate(results):
        buffer.set_res(k, memoryview(array))

    def step() -> Any:
        trigger()
        theta[:] -= 0.1 * results[1]
        return function, buffer, arrays, results  # alive as long as the step

    return step


def casadi_calls(folder: str) -> dict[str, Callable[[], Any]]:
    """Make the steps by CasADi: from Python, through buffers, and compiled."""
    import casadi as ca

    mapped, whole = casadi_functions()
    points, targets = moons()
    theta = np.random.default_rng(0).uniform(-1, 1, 337)
    xs, ts = points.T.copy(), targets[None]

    def step() -> Any:
        losses, slopes = mapped(theta, xs, ts)
        theta[:] -= 0.1 * (np.asarray(slopes).mean(axis=1) + 2e-4 * theta)
        return losses

    calls: dict[str, Callable[[], Any]] = {
        "CasADi, mapped Function called from Python": step,
        "CasADi, its VM through buffers": buffered(whole),
    }
    if (compiler := shutil.which("cc")) is not None:
        generator = ca.CodeGenerator("step.c")
        generator.add(whole)
        path = Path(generator.generate(f"{folder}/"))
        library = path.with_suffix(".so")
        subprocess.run([compiler, "-O3", "-shared", "-fPIC", "-o", library, path], check=True)
        calls["CasADi, generated C, compiled with -O3"] = buffered(
            ca.external("step", str(library)))  # fmt: skip
    return calls


def demo() -> str:
    """Compare one step of micrograd's demo."""
    fast = {
        "chainrule, vectorized, float64": vectorized_demo("float64"),
        "chainrule, vectorized, float32": vectorized_demo("float32"),
        "NumPy by hand, float64": by_hand(),
    }
    calls = {name: repeated(step, STEPS) for name, step in fast.items()} | {
        "chainrule, straight code, float64": vectorized_demo("float64", "auto"),
        "chainrule, compiled loops, float64": vectorized_demo("float64", True),
    }
    counts = dict.fromkeys(calls, STEPS)
    with tempfile.TemporaryDirectory() as folder:
        try:
            peers = casadi_calls(folder)
        except ImportError:
            print("(left out, not installed: CasADi)")
        else:
            counts |= {name: STEPS if "compiled" in name else 20 for name in peers}
            calls |= {name: repeated(step, counts[name]) for name, step in peers.items()}
        times = {name: t / counts[name] for name, t in interleaved(calls).items()}
    try:
        from micrograd import engine, nn
    except ImportError:
        print("(left out, not installed: micrograd)")
    else:
        step = demo_step(engine.Value, nn.MLP, *(x.tolist() for x in moons()))
        times["micrograd"] = sorted(once(step) for _ in range(3))[1]
    ours = times["chainrule, vectorized, float64"]
    return (
        "## One step of micrograd's demo, vectorized\n\n"
        "2-16-16-1, 100 points, hinge loss and L2: forward, backward, and p ← p − 0.1 ∂J/∂p.\n\n"
        + table(["", "a step", "times the vectorized step"],
                [[name, seconds(t), f"{t / ours:.2f}" if t < 100 * ours else f"{t / ours:,.0f}"]
                 for name, t in sorted(times.items(), key=lambda row: row[1])])
    )  # fmt: skip


def neurons(sizes: list[int], batch: int, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Make an MNIST step of a network of scalar neurons, with its labels as one-hot inputs."""
    model = mlp.MLP(sizes[0], sizes[1:], seed=0, scale=0.05)
    inputs, target = values(sizes[0], "x"), values(sizes[-1], "t")
    loss = mlp.softmax_cross_entropy(model(inputs), target)
    program = vectorize(loss, [inputs, target], model.parameters(), dtype="float32")
    optimizer = Adam(program.parameters)
    hot = np.eye(sizes[-1], dtype=np.float32)[y]
    data = endless(x, hot, batch)

    def step() -> None:
        J = program.mean(*next(data))
        optimizer.zero_grad()
        J.backward()
        optimizer.step()

    return step


def mnist() -> str:
    """Compare one MNIST step of scalar neurons with one of Dense layers."""
    sizes, batch = [784, 64, 32, 10], 128
    x, y = images()
    times = interleaved({
        "Dense layers": repeated(chainrule(sizes, batch, x, y), 100),
        "scalar neurons, vectorized": repeated(neurons(sizes, batch, x, y), 100),
    }, repeats=15)  # fmt: skip
    dense = times["Dense layers"]
    return (
        "## One MNIST step by scalar neurons: 784-64-32-10, batch 128, Adam\n\n"
        + table(["", "a step", "× Dense", "an epoch of 60,000"],
                [[name, seconds(t / 100), f"{t / dense:.2f}", seconds(t / 100 * 468)]
                 for name, t in times.items()])
    )  # fmt: skip


def layered(nodes: int) -> tuple[Any, list[Any], list[Any]]:
    """Record a network of about so many nodes."""
    width = max(2, round((nodes / 4) ** 0.5))
    model = mlp.MLP(width, [width, width, 1], "tanh", seed=0)
    x = values([0.1] * width, "x")
    return model(x), [x], model.parameters()


def irregular(nodes: int) -> tuple[Any, list[Any], list[Any]]:
    """Record a graph without any order: sums and products of earlier results."""
    rng = np.random.default_rng(0)
    x, w = values([0.5] * 100, "x"), values([0.5] * 100, "w")
    pool = [*x, *w]
    picks = rng.integers(0, 200, (nodes // 2, 2)).tolist()
    for k, (i, j) in enumerate(picks):
        a, b = pool[i % len(pool)], pool[-1 - (j % min(len(pool), 150))]
        pool.append((a * b).tanh() if k % 3 else a + b)
    total = pool[-1]
    for v in pool[-nodes // 8 :]:
        total = total + v
    return total, [x], w


def chain(nodes: int) -> tuple[Any, list[Any], list[Any]]:
    """Record a chain: as many levels as nodes."""
    x, w = Value(1.0, "x"), Value(1.0, "w")
    y = x
    for _ in range(nodes // 2):
        y = (y * w).tanh()
    return y, [x], [w]


def growth() -> str:
    """Time `vectorize` itself by the size of the graph, and measure its memory."""
    rows = []
    for what, build, sizes in (
        ("a network", layered, (10**3, 10**4, 10**5, 10**6)),
        ("no order", irregular, (10**3, 10**4, 10**5, 10**6)),
        ("a chain", chain, (10**3, 10**4, 10**5)),
    ):
        for n in sizes:
            graph = build(n)
            made: list[Any] = []
            t = once(lambda graph=graph, made=made: made.append(vectorize(*graph)))
            nodes, operations = made[0].nodes, made[0].operations
            made.clear()
            tracemalloc.start()
            vectorize(*graph)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            rows.append([what, f"{nodes:,}", f"{operations:,}", seconds(t),
                         f"{t / nodes * 1e6:.1f} µs", f"{peak / nodes:.0f}"])  # fmt: skip
    return "## Time to vectorize\n\n" + table(
        ["", "scalar nodes", "operations", "time", "a node", "bytes a node, at the peak"], rows)


def main() -> str:
    """Measure all."""
    return "\n".join(part() for part in (demo, mnist, growth))
