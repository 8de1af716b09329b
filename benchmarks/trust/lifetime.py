"""Memory over long trainings, and what a training leaves behind in threads and coroutines.

::

    python -m benchmarks.trust lifetime 100000 [PART OF A KIND'S NAME]    # steps of each
"""

import asyncio
import contextlib
import gc
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Tensor, Value, detect_anomaly, enable_grad, group, no_grad
from autograd.modes import current
from mlp import (
    MLP,
    SGD,
    Adam,
    Dense,
    MLPClassifier,
    Sequential,
    descend,
    gradient_descent,
    mean,
    squared_error,
)
from mlp.data import batches
from mlp.keras.utils import custom_object_scope, get_custom_objects

__all__ = ["KINDS", "main"]

WARM = 0.1  # of the steps, after which memory is to be what it will be
MOST = 4 << 20  # bytes that it may have grown by since: less than one object a step of 100,000
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(64, 3)).astype("f4"), rng.integers(0, 2, 64)


def by_values(steps: int) -> Iterator[Any]:
    """Take steps on a network of Values."""
    net = MLP(2, [2, 1], "tanh", seed=0)

    def cost() -> Any:
        return mean([squared_error(net([1.0, x]), x) for x in (0.0, 1.0)])

    yield from gradient_descent(cost, net.parameters(), learning_rate=0.01, steps=steps)


def by_tensors(steps: int) -> Iterator[Any]:
    """Take steps of an optimizer on Tensors, by a loop of one's own."""
    w, b = Tensor(np.zeros((3, 1), "f4")), Tensor(np.zeros(1, "f4"))
    optimizer = Adam([w, b], 1e-3)
    for _ in range(steps):
        J = ((X @ w + b).tanh() ** 2).mean()
        optimizer.zero_grad()
        J.backward()
        optimizer.step()
        yield J


def by_batches(steps: int) -> Iterator[Any]:
    """Take steps of `descend`, whose batches come from `batches`."""
    w = Tensor(np.zeros((3, 1), "f4"))

    def endless() -> Iterator[Any]:
        for seed in repeat(0):
            yield from batches(X, Y, 16, seed)

    found = descend(lambda x, y: ((x @ w)[:, 0] - y.astype("f4")).square().mean(), SGD([w], 0.01),
                    endless())  # fmt: skip
    for _ in range(steps):
        yield next(found)


def _by_fit(steps: int, jit_compile: Any) -> Iterator[Any]:
    model = Sequential([Dense(4, "relu"), Dense(1, "sigmoid")], seed=0)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], jit_compile=jit_compile)
    for _ in range(steps // 400):
        model.fit(X, Y, 16, epochs=100, verbose=0)
        yield from range(400)


def by_fit(steps: int) -> Iterator[Any]:
    """Take epochs of four steps each of `Sequential.fit`, as straight code."""
    yield from _by_fit(steps, "auto")


def by_engine(steps: int) -> Iterator[Any]:
    """Take them with every step recorded."""
    yield from _by_fit(steps, False)


def by_loops(steps: int) -> Iterator[Any]:
    """Take them as compiled loops, or as straight code where Numba is not installed."""
    yield from _by_fit(steps, True)


def by_looped_batches(steps: int) -> Iterator[Any]:
    """Take steps of `descend` as compiled loops."""
    w = Tensor(np.zeros((3, 1), "f4"))
    for seed in range(steps // 400):
        yield from descend(lambda x, y: ((x @ w)[:, 0] - y).square().mean(), SGD([w], 0.01),
                           [b for k in range(100) for b in batches(X, Y * 1.0, 16, seed + k)],
                           jit_compile=True)  # fmt: skip


def by_program(steps: int) -> Iterator[Any]:
    """Take steps of `MLP.fit`, which goes through `vectorize`."""
    net = MLP(3, [4, 1], "tanh", seed=0)
    for _ in range(steps // 400):
        net.fit(X, Y, epochs=100, batch_size=16, verbose=0)
        yield from range(400)


def by_estimator(steps: int) -> Iterator[Any]:
    """Take steps of an estimator's `partial_fit`."""
    estimator = MLPClassifier((4,), random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(steps):
            yield estimator.partial_fit(X, Y, classes=[0, 1])


KINDS: dict[str, Callable[[int], Iterator[Any]]] = {
    f.__name__: f for f in (
        by_values, by_tensors, by_batches, by_fit, by_engine, by_loops, by_looped_batches,
        by_program, by_estimator)}


def main(steps: int = 10_000, only: str = "by_") -> int:
    """Measure each kind, or some, and look at threads and coroutines."""
    wrong = 0
    for name in filter(lambda name: only in name, KINDS):
        start = time.perf_counter()
        taken, grown, objects = growth(KINDS[name], steps)
        wrong += grown > MOST or objects > 100
        print(f"{name}: {taken:,} steps, {grown:,} bytes and {objects} objects more than after "
              f"{WARM:.0%} of them; {time.perf_counter() - start:.0f} s", flush=True)
    print(f"threads: {threads()}; coroutines: {coroutines()}; generators: {generators()}; "
          f"exceptions: {exceptions()}")  # fmt: skip
    free = not getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"Python {sys.version.split()[0]}, {'without' if free else 'with'} a global lock")
    return min(wrong, 1)


def growth(kind: Callable[[int], Iterator[Any]], steps: int) -> tuple[int, int, int]:
    """Count the steps taken, and bytes and objects by which the process has grown since warm."""
    taken, before = 0, (0, 0)
    for _ in kind(steps):
        taken += 1
        if taken == int(steps * WARM):
            before = _size()
    after = _size()
    return taken, after[0] - before[0], after[1] - before[1]


def _size() -> tuple[int, int]:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096, len(gc.get_objects())


def _weights(seed: int) -> bytes:
    model = Sequential([Dense(4, "relu"), Dense(1, "sigmoid")], seed=seed)
    model.compile("adam", "binary_crossentropy")
    model.fit(X, Y, 16, epochs=20, verbose=0)
    return b"".join(w.tobytes() for w in model.layers[0].get_weights())


def threads(count: int = 4) -> str:
    """Train at once in several threads, while another is in `no_grad`: the same weights."""
    wanted = [_weights(seed) for seed in range(count)]
    found: dict[int, bytes] = {}
    done = threading.Event()

    def quiet() -> None:
        with no_grad(), detect_anomaly(), group("other"):
            done.wait()

    workers = [threading.Thread(target=lambda k=k: found.update({k: _weights(k)}))
               for k in range(count)]  # fmt: skip
    other = threading.Thread(target=quiet)
    for thread in (other, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    done.set()
    other.join()
    assert [found.get(k) for k in range(count)] == wanted
    return f"{count} trainings at once end as one by one"


def coroutines() -> str:
    """Let tasks with and without recording take turns."""

    async def work(recording: bool) -> None:
        x = Value(2.0)
        for _ in range(100):
            if recording:
                y = x * x
            else:
                with no_grad():
                    await asyncio.sleep(0)
                    y = x * x
            await asyncio.sleep(0)
            assert bool(y.parents) == recording

    async def all_of_them() -> None:
        await asyncio.gather(*(work(bool(k % 2)) for k in range(10)))

    asyncio.run(all_of_them())
    return "10 tasks keep their modes"


def exceptions() -> str:
    """Leave every context manager by exceptions, some while others are open."""
    before = current.get()
    entered = 0
    for mode in (no_grad, enable_grad, detect_anomaly, lambda: group("g"),
                 lambda: custom_object_scope({"f": len})):  # fmt: skip
        for error in (ValueError, KeyboardInterrupt, GeneratorExit, SystemExit):
            with contextlib.suppress(BaseException), no_grad(), mode(), group("h"):
                entered += 1
                raise error
            assert current.get() == before
    assert not get_custom_objects()
    return f"{entered} leave the modes as they were"


def generators() -> str:
    """Say what a generator that yields inside of a mode leaves to who asks for its values."""

    def inside() -> Iterator[Value]:
        with no_grad():
            yield Value(1.0)

    steps = inside()
    next(steps)
    leaks = not (Value(2.0) * 2).parents
    steps.close()
    assert (Value(2.0) * 2).parents
    return f"a mode entered in one {'holds' if leaks else 'does not hold'} where it yields"
