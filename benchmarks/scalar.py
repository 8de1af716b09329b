"""The scalar engine: micrograd's demo, growth, memory, the cost of importing."""

import os
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

from sklearn.datasets import make_moons

import mlp
from autograd import Value, topological_order

from .timing import interleaved, once, seconds, table

__all__ = ["main"]


def demo_step(value: Any, network: Any) -> Callable[[], Any]:
    """Make one gradient step of micrograd's demo: 2-16-16-1, 100 points, hinge loss and L2."""
    points, classes = make_moons(n_samples=100, noise=0.1, random_state=1)
    targets = (2 * classes - 1).tolist()
    random.seed(1337)
    model = network(2, [16, 16, 1])

    def step() -> Any:
        scores = [model([value(x) for x in point]) for point in points]
        losses = [(1 - t * s).relu() for t, s in zip(targets, scores, strict=True)]
        total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        return total

    return step


def micrograd_demo() -> str:
    """Compare one step of the demo."""
    ours = demo_step(Value, mlp.MLP)
    nodes = len(topological_order(ours()))
    calls = {"chainrule": ours}
    try:
        from micrograd import engine, nn
    except ImportError:
        pass
    else:
        calls["micrograd"] = demo_step(engine.Value, nn.MLP)
    times = interleaved(calls)
    slowest = max(times.values())
    return (
        f"## One step of micrograd's demo, eager, {nodes:,} nodes\n\n"
        "A 2-16-16-1 network of neurons, 100 points, hinge loss and L2; every guard on, the "
        "garbage collector as Python ships it.\n\n"
        + table(["", "a step", "times as fast as micrograd"],
                [[name, seconds(t), f"{slowest / t:.1f}"] for name, t in times.items()])
    )  # fmt: skip


def chain(n: int) -> Value:
    """Build a chain of `n` products."""
    y = Value(1.0)
    for _ in range(n):
        y = y * 1.0000001
    return y


def growth() -> str:
    """Time chains, sums and fans of growing size: linear, and without recursion."""

    def fan(n: int) -> Value:
        a = Value(1.0)
        y = a * 1
        for _ in range(n - 1):
            y = y + a
        return y

    def total(n: int) -> Value:
        return sum([Value(1.0) for _ in range(n)], Value(0.0))

    rows = []
    for what, build, sizes in (
        ("a chain of products", chain, (10**3, 10**4, 10**5, 10**6)),
        ("a sum of terms", total, (10**4, 10**5)),
        ("one node used so often", fan, (10**4, 10**5)),
    ):
        for n in sizes:
            made: list[Value] = []
            forward = once(lambda build=build, n=n, made=made: made.append(build(n)))
            backward = once(made[0].backward)
            free = once(made.clear)
            rows.append([what, f"{n:,}", seconds(forward), seconds(backward), seconds(free),
                         f"{(forward + backward + free) / n * 1e6:.2f} µs"])  # fmt: skip
    return "## Growth\n\n" + table(
        ["", "size", "forward", "backward", "freed", "all, by size"], rows)  # fmt: skip


def memory() -> str:
    """Measure the bytes that a node takes."""
    n = 100_000
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    y = chain(n)
    after, _ = tracemalloc.get_traced_memory()
    y.backward()
    grown, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (
        "## Memory\n\n"
        f"{(after - before) / n:.0f} bytes a node when recorded, {(grown - before) / n:.0f} with "
        f"its gradient, {(peak - before) / n:.0f} at the peak of a backward pass.\n"
    )


def importing() -> str:
    """Compare importing the engine with importing NumPy, in fresh processes."""

    def start(module: str) -> Callable[[], Any]:
        command = [sys.executable, "-c", f"import {module}"]
        return lambda: subprocess.run(command, env=environment, check=True)

    environment = dict(os.environ)  # compiled modules are kept, as for any user
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    times = interleaved({m: start(m) for m in ("numpy", "autograd")}, repeats=15)
    return (
        "## Importing\n\n"
        f"`import numpy` takes {seconds(times['numpy'])} in a fresh process, `import autograd` "
        f"{seconds(times['autograd'] - times['numpy'])} on top of it.\n"
    )


def main() -> str:
    """Measure all."""
    return "\n".join(part() for part in (micrograd_demo, growth, memory, importing))
