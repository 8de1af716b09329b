"""One training over many processes: measured with 1, 2 and 4, and what a model says of 1,024.

``python -m benchmarks scaling`` starts the processes by itself; needs the extra mpi.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mlp import Dense, Sequential
from mlp.callbacks import Callback
from mlp.parallel import Ranks

from .timing import seconds, table

__all__ = ["Link", "Step", "main", "simulated"]

PROCESSES, REPEATS, STEPS = (1, 2, 4), 9, 12
NETWORKS = {"784-64-32-10": ((64, 32), 128), "784-512-512-10": ((512, 512), 512)}
ROWS = (16, 64, 256, 512)
SIZES = (1, 1_000, 10_000, 100_000, 1_000_000)
FARTHER = (8, 16, 32, 64, 128, 256, 512, 1024)
FLOAT = 4  # bytes
CORES = os.cpu_count() or 1
SHARED = 4096  # rows of a batch


# --- What runs in each process ------------------------------------------------------------------


class Clock(Callback):
    """Notes how long each step takes: on the clock of a wall, or of this thread's processor.

    On a machine where others are at work, the first is theirs, too; what a step computes is fitted
    to the second.
    """

    only_looks = True

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.ends = [self.now()]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.ends.append(self.now())


def network(hidden: tuple[int, ...], ranks: Ranks | None) -> Sequential:
    model = Sequential([*(Dense(n, "relu") for n in hidden), Dense(10, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", ranks=ranks)
    return model


def step_times(
    model: Sequential, x: np.ndarray, y: np.ndarray, size: int, now: Callable[[], float]
) -> list[float]:
    """Time some steps, without the first, for which code is written."""
    clock, n = Clock(now), size * STEPS
    model.fit(x[:n], y[:n], size, verbose=0, callbacks=clock)
    return np.diff(clock.ends)[2:].tolist()


def worker() -> None:
    """Measure in turn with 1, 2, 4 processes; those who are not needed sleep."""
    from mpi4py import MPI

    world = Ranks()
    comms = {p: world.comm.Split(int(world.rank >= p)) for p in PROCESSES}
    ranks = {p: Ranks(comm) for p, comm in comms.items()}
    rng = np.random.default_rng(0)
    x = rng.random((STEPS * max(ROWS), 784), np.float32)
    y = rng.integers(10, size=len(x))
    found: dict[str, dict[str, list[float]]] = {}

    def measure(what: str, case: Any, p: int, f: Callable[..., list[float]], *given: Any) -> None:
        if world.rank < p:
            found.setdefault(what, {}).setdefault(str(case), []).extend(f(*given))
        world.wait()

    def reduce(p: int, data: np.ndarray) -> list[float]:
        times = []
        for _ in range(20):
            ranks[p]._wait(comms[p].Ibarrier())
            start = time.perf_counter()
            ranks[p]._wait(comms[p].Iallreduce(MPI.IN_PLACE, data))
            times.append(time.perf_counter() - start)
        return times

    for name, (hidden, size) in NETWORKS.items():
        models = {p: network(hidden, ranks[p]) for p in PROCESSES}
        alone = network(hidden, None)
        for _ in range(REPEATS):
            for p in PROCESSES:
                measure(f"steps {name}", p, p, step_times, models[p], x, y, size,
                        time.perf_counter)  # fmt: skip
            for rows in ROWS:
                measure(f"rows {name}", rows, 1, step_times, alone, x, y, rows,
                        time.thread_time)  # fmt: skip
    for _ in range(REPEATS):
        for p in PROCESSES[1:]:
            for n in SIZES:
                measure(f"reduce {p}", n, p, reduce, p, np.ones(n, np.float32))
    if world.first:
        print(json.dumps(found))


# --- The model ----------------------------------------------------------------------------------


@dataclass
class Link:
    """What a message costs.

    Attributes
    ----------
    alpha : float
        Seconds before anything arrives.
    beta : float
        Seconds a byte, with its addition.
    """

    alpha: float
    beta: float

    def ring(self, size: float, p: int) -> float:
        """Each of 2(p − 1) times, 1/p of it goes to the neighbour: 2(p−1)α + 2(p−1)/p · sβ."""
        return 2 * (p - 1) * self.alpha + 2 * (p - 1) / p * size * self.beta

    def tree(self, size: float, p: int) -> float:
        """Each of log₂ p times, all of it is exchanged with another: log₂ p · (α + sβ)."""
        return float(np.log2(p)) * (self.alpha + size * self.beta)

    def reduce(self, size: float, p: int) -> float:
        """Take the better, as MPI does."""
        return min(self.ring(size, p), self.tree(size, p)) if p > 1 else 0.0


ADDING = 0.1e-9  # seconds a byte: reading two and writing one, at 30 GB a second
LINKS = {  # no machine here: what is usual
    "10 Gbit/s, 20 µs": Link(20e-6, 0.8e-9 + ADDING),
    "100 Gbit/s, 2 µs": Link(2e-6, 0.08e-9 + ADDING),
}


@dataclass
class Step:
    """What a step costs: a + c · rows, and how much longer the slowest of many takes.

    Attributes
    ----------
    fixed, row : float
        a and c, in seconds.
    size : int
        The bytes of the gradient.
    spread : ndarray
        Times of single steps by their median, from which stragglers are drawn.
    """

    fixed: float
    row: float
    size: int
    spread: np.ndarray

    def slowest(self, p: int) -> float:
        """Give the mean of the largest of p: Σ t₍ᵢ₎ ((i/n)ᵖ − ((i−1)/n)ᵖ), of n sorted times."""
        n = len(self.spread)
        chance = np.diff((np.arange(n + 1) / n) ** p)
        return float(np.sort(self.spread) @ chance)

    def time(self, batch: float, p: int, link: Link) -> float:
        """Give the time of a step of p processes."""
        return (self.fixed + self.row * batch / p) * self.slowest(p) + link.reduce(self.size, p)


def simulated(
    step: Step, batch: float, p: int, link: Link, steps: int = 50, seed: int = 0
) -> float:
    """Play it, message by message: everybody waits for nobody but whom he has it from."""
    rng = np.random.default_rng(seed)
    now = np.zeros(p)
    ring = link.ring(step.size, p) <= link.tree(step.size, p)
    for _ in range(steps):
        now = now + (step.fixed + step.row * batch / p) * rng.choice(step.spread, p)
        if ring:
            for _ in range(2 * (p - 1)):
                now = np.maximum(now, np.roll(now, 1)) + link.alpha + step.size / p * link.beta
        else:
            for k in range(int(np.log2(p))):
                other = now[np.arange(p) ^ (1 << k)]
                now = np.maximum(now, other) + link.alpha + step.size * link.beta
    return float(now.max()) / steps


def fitted(x: Any, times: Any) -> tuple[float, float]:
    """Fit a + b x by the smallest relative errors, with neither below 0."""
    from scipy.optimize import nnls

    x, times = np.asarray(x, float), np.asarray(times, float)
    scale = np.array([1.0, x.max()])
    (a, b), _ = nnls(np.stack([1 / times, x / scale[1] / times], 1), np.ones(len(x)))
    return float(a), float(b / scale[1])


# --- Memory -------------------------------------------------------------------------------------


def growth(size: int = 4 << 30, width: int = 1024) -> tuple[float, float, float]:
    """Train on a file of so many bytes; give GB, MB by which memory grew, and seconds."""
    def anonymous() -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(x.split()[1]) for x in lines if x.startswith("RssAnon")) / 1024

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.npy")
        shape = (size // FLOAT // width, width)
        np.lib.format.open_memmap(path, "w+", np.float32, shape)  # with holes
        x, y = np.load(path, mmap_mode="r"), np.zeros((shape[0], 1), np.float32)
        over, peak, start = threading.Event(), [0.0], anonymous()

        def watch() -> None:
            while not over.wait(0.01):
                peak[0] = max(peak[0], anonymous() - start)

        thread = threading.Thread(target=watch)
        thread.start()
        model = Sequential([Dense(1)], seed=0)
        model.compile("sgd", "mse")
        began = time.perf_counter()
        model.fit(x, y, 4096, verbose=0, validation_split=0.1)
        taken = time.perf_counter() - began
        over.set()
        thread.join()
    return x.nbytes / 2**30, peak[0], taken


# --- The report ---------------------------------------------------------------------------------


def measured() -> dict[str, Any]:
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        raise ImportError(f"no {mpiexec}: pip install 'chainrule[mpi]'")
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    output = subprocess.run(
        [mpiexec, "-n", str(max(PROCESSES)), sys.executable, "-m", "benchmarks.scaling"],
        stdout=subprocess.PIPE, text=True, env=environment, check=True).stdout  # fmt: skip
    found: dict[str, Any] = json.loads(output)
    return found


def parameters(hidden: tuple[int, ...]) -> int:
    sizes = (784, *hidden, 10)
    return sum((a + 1) * b for a, b in itertools.pairwise(sizes))


def main() -> str:
    """Measure, fit, foretell, and play it."""
    load = os.getloadavg()[0]
    found = measured()
    steps, here, text = comparison(found, load)
    text += predictions(steps, here)
    size, grown, taken = growth()
    text.append(f"Training on a memory-mapped array of {size:.0f} GB: {grown:.0f} MB more memory "
                f"of its own at most (RssAnon), an epoch in {taken:.1f} s.\n")  # fmt: skip
    return "\n".join(text)


def comparison(
    found: dict[str, dict[str, list[float]]], load: float
) -> tuple[dict[str, Step], Link, list[str]]:
    """Fit the model to what was measured with one and two, and put it beside that."""
    def quick(what: str, case: Any) -> float:
        return float(np.percentile(found[what][str(case)], 10))

    alpha, beta = fitted([n * FLOAT for n in SIZES],
                         [min(found["reduce 2"][str(n)]) for n in SIZES])  # fmt: skip
    here, steps, rows, costs = Link(alpha, beta), {}, [], []
    for name, (hidden, batch) in NETWORKS.items():
        every = [np.array(found[f"rows {name}"][str(n)]) for n in ROWS]
        spread = np.concatenate([ts / np.percentile(ts, 10) for ts in every])
        steps[name] = step = Step(*fitted(ROWS, [np.percentile(ts, 10) for ts in every]),
                                  parameters(hidden) * FLOAT, spread)  # fmt: skip
        one = step.fixed + step.row * batch
        for p in PROCESSES:
            crowd = max(1.0, p / CORES)  # of those who share a core, one has it at a time
            said = (step.fixed + step.row * batch / p + here.reduce(step.size, p)) * crowd
            of = found[f"steps {name}"]
            ratios = [statistics.median(of["1"]) / statistics.median(of[str(p)]),
                      quick(f"steps {name}", 1) / quick(f"steps {name}", p), one / said]
            rows.append([f"{name}, batch {batch}", str(p), seconds(statistics.median(of[str(p)])),
                         seconds(quick(f"steps {name}", p)), seconds(said),
                         *(f"{r:.2f}" for r in ratios)])  # fmt: skip
        costs.append([name, f"{parameters(hidden):,}", seconds(step.fixed), seconds(step.row),
                      f"{np.mean(spread):.3f}"])  # fmt: skip
    return steps, here, [
        f"## One training over many processes: 1, 2 and 4 on {CORES} cores, a thread each\n",
        "The quickest tenth comes closest to what the machine does when it is left alone; others "
        f"kept {load:.1f} processes busy meanwhile. × is how many times as fast as one process: by "
        "the medians, by the quickest tenths, by the model.\n",
        table(["", "processes", "a step, median", "quickest tenth", "the model", "×", "×", "×"],
              rows),
        "What a step computes, a + c · rows of processor time, fitted to one process with "
        f"{ROWS[0]} to {ROWS[-1]} rows; and its mean by its quickest tenth:\n",
        table(["", "parameters", "a", "c, a row", "spread"], costs),
        f"An all-reduce of s bytes between two: {seconds(alpha)} + s · {beta * 1e9:.2f} ns, fitted "
        "to the quickest of\n",
        table(["float32 numbers", *(f"{n:,}" for n in SIZES)],
              [[f"{p} processes", *(seconds(min(found[f"reduce {p}"][str(n)])) for n in SIZES)]
               for p in PROCESSES[1:]]),
    ]  # fmt: skip


def predictions(steps: dict[str, Step], here: Link) -> list[str]:
    """Say what the model says of many, and what comes of playing it."""
    links = {"as between these two": here, **LINKS}
    wide, step = list(steps.items())[-1]
    text = []
    for per, title in (None, f"a batch of {SHARED:,} is shared"), (512, "each has 512 of a batch"):
        lines = []
        for name, link in links.items():
            for what, f in ("model", step.time), ("simulation", partial(simulated, step)):
                cells = []
                for p in FARTHER:
                    batch = SHARED if per is None else per * p
                    one = (step.fixed + step.row * batch) * step.slowest(1)
                    cells.append(f"{one / f(batch, p, link):.1f}")
                lines.append([f"{name}: {what}", *cells])
        text += [f"How many times as fast as one process {wide} is, where {title}:\n",
                 table(["processes", *(f"{p:,}" for p in FARTHER)], lines)]
    lines = [[name, *(f"{2 * s.size * link.beta / s.row:,.0f}" for s in steps.values())]
             for name, link in links.items()]  # fmt: skip
    return [*text, "Rows of each process that take as long as a ring takes for the bytes, of "
            "however many processes:\n", table(["", *steps], lines)]  # fmt: skip


if __name__ == "__main__":
    worker()
