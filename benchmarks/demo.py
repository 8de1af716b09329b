"""micrograd's demo: steps in a row, in a process with nothing else in it.

Run as ``python -m benchmarks.demo chainrule|micrograd shipped|off`` with the points on standard
input: what the garbage collector costs depends on all that a process has loaded, so that a
contender has one of its own, and with little in it. A step is timed by the clock of the process.
"""

import gc
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

__all__ = ["demo_step", "moons"]

STEPS = 12


def moons() -> tuple[Any, Any]:
    """Give the 100 points of the demo, and their classes as −1 and 1: arrays."""
    from sklearn.datasets import make_moons

    points, classes = make_moons(n_samples=100, noise=0.1, random_state=1)
    return points, 2.0 * classes - 1


def demo_step(value: Any, network: Any, points: Any, targets: Any) -> Callable[[], Any]:
    """Make one gradient step of micrograd's demo: 2-16-16-1, 100 points, hinge loss and L2."""
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


def main(name: str, collector: str) -> None:
    """Print the Python that runs, and the median of so many steps."""
    if name == "chainrule":
        from autograd import Value
        from mlp import MLP
    else:
        from micrograd.engine import Value
        from micrograd.nn import MLP
    step = demo_step(Value, MLP, *json.load(sys.stdin))
    step()
    if collector == "off":
        gc.disable()
    times = []
    for _ in range(STEPS):
        start = time.process_time()
        step()
        times.append(time.process_time() - start)
    print(json.dumps([sys.version.split()[0], statistics.median(times)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
