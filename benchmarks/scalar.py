"""The scalar engine: micrograd's demo, growth, memory, the cost of importing."""

import json
import os
import statistics
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import mlp
from autograd import Value, topological_order

from .demo import demo_step, moons
from .timing import interleaved, once, seconds, table

__all__ = ["main"]

ROUNDS = 3  # with OTHER_PYTHON=path, also in another Python that has NumPy and micrograd


def micrograd_demo() -> str:
    """Compare one step of the demo, with the garbage collector and without, in turn."""
    points = [x.tolist() for x in moons()]
    nodes = len(topological_order(demo_step(Value, mlp.MLP, *points)()))
    pythons = [sys.executable, *filter(None, [os.environ.get("OTHER_PYTHON")])]
    times: dict[tuple[str, str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for key in product(pythons, ("chainrule", "micrograd"), ("shipped", "off")):
            python, *arguments = key
            run = subprocess.run(
                [python, "-m", "benchmarks.demo", *arguments], input=json.dumps(points),
                capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent,
            )  # fmt: skip
            version, median = json.loads(run.stdout)
            times.setdefault((f"Python {version}", *arguments), []).append(median)
    medians = {key: statistics.median(ts) for key, ts in times.items()}
    rows = []
    for python, name in dict.fromkeys(key[:2] for key in medians):
        cells = []
        for collector in "shipped", "off":
            ours, micrograd = (medians[python, x, collector] for x in (name, "micrograd"))
            cells += [seconds(ours), f"{micrograd / ours:.1f}"]
        rows.append([f"{name}, {python}", *cells])
    return (
        f"## One step of micrograd's demo, eager, {nodes:,} nodes\n\n"
        "A 2-16-16-1 network of neurons, 100 points, hinge loss and L2; every guard on. Medians of "
        f"twelve steps in a row, in {ROUNDS} fresh processes for each, in turn: the garbage "
        "collector as Python ships it, and off.\n\n"
        + table(["", "a step, as shipped", "times as fast as micrograd", "collector off",
                 "times as fast as micrograd"], rows)
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
