"""Steps of training as compiled loops, many in one call: ``compile(..., jit_compile=True)``."""

import copy
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from autograd.programs import UntraceableError
from autograd.programs.cells import Cell, Number, Update
from autograd.programs.loop_code import write_loops
from autograd.programs.loops import Loops

from ..optimizers import Optimizer

__all__ = ["Looped", "compiled_step", "loops_of", "update_of"]

WORK = 2e10  # operations in a call, some tenths of a second: then Ctrl-C is heard
MOST_STEPS, MOST_KEPT = 1000, 1 << 22  # and no more steps, nor numbers kept for metrics and noise
SHARED = 1e6  # operations in a step from which on two threads are worth it
WIDE = 1e8  # and from which on the library's own threads are better, where there are more than two


def update_of(optimizer: Optimizer) -> Update:
    """Say what a step of an optimizer does to each number.

    Raises
    ------
    UntraceableError
        If it is a user's, or looks at all gradients at once.
    """
    if not type(optimizer).__module__.startswith("mlp."):
        raise UntraceableError(f"{type(optimizer).__name__} is an optimizer of the user's")
    if any(getattr(p, "constraint", None) is not None for p in optimizer.flat.parameters):
        raise UntraceableError("a constraint brings parameters back after each step")
    arrays = {id(x): name for name, x in optimizer._arrays.items()}

    def step(cells: dict[str, Cell], numbers: Sequence[Number]) -> None:
        twin = copy.copy(optimizer)
        for name, x in vars(optimizer).items():
            if id(x) in arrays:
                vars(twin)[name] = cells[arrays[id(x)]]
        twin._scratch, twin._decayed = Cell("scratch"), Cell("scratch")  # type: ignore[assignment]
        eta, *others, twin.steps = numbers  # type: ignore[assignment]
        w, g = cells["w"], cells["g"]
        twin._update(w, twin._prepared(w, g, eta), *others)  # type: ignore[arg-type]

    count = len(optimizer._numbers(0.1)) + 2
    try:
        return Update(step, list(optimizer._arrays), count)
    except (TypeError, ValueError, AttributeError) as error:
        raise UntraceableError(f"{type(optimizer).__name__}: {error}") from None


def loops_of(batch: Any, optimizer: Optimizer | None) -> Loops:
    """Write the loops of a batch's code, with the optimizer's step if there is one."""
    if batch.updates:
        raise UntraceableError("running means are of all rows of a batch")
    update = Update(lambda cells, numbers: None, [], 1)
    if optimizer is not None:
        update = update_of(optimizer)
    noise = [n for n in batch.traced.arguments if n.startswith("noise")]
    return write_loops(batch.traced, [*batch.rows, *noise], batch.places, update)


def compiled_step(batch: Any, flat: Any) -> Callable[[], float]:
    """Compile what stands in for ``batch.step``: cost and gradient of what is in the buffers.

    Raises
    ------
    UntraceableError
        If there are no loops for it.
    ModuleNotFoundError
        If Numba is not installed.
    """
    _check_gradients(batch, flat)
    run = loops_of(batch, None).prepare(1)
    arrays = [a.reshape(len(a), math.prod(a.shape[1:])) for a in batch.arrays]
    noise = [a.reshape(1, len(a), math.prod(a.shape[1:])) for a in batch.noise]
    outputs = [*batch.outputs]
    kept = np.zeros((1, len(arrays[0]), outputs[0][0].size if outputs else 1), flat.data.dtype)
    costs, numbers, order = np.zeros(1), np.zeros((1, 1)), np.arange(len(arrays[0]))[None]
    frozen = _frozen(batch)

    def step() -> float:
        run(0, 1, costs, order, *arrays, *noise, *frozen, flat.data, numbers, bool(outputs), kept)
        np.copyto(flat.grad, run.parts[0, : flat.grad.size])
        for x in outputs:
            x[...] = kept.reshape(x.shape)
        return float(costs[0])

    with _compiling():
        step()
    return step


def _check_gradients(batch: Any, flat: Any) -> None:
    size = sum(math.prod(batch.traced.arguments[n].shape) for n in batch.places)
    if batch.idle or size < flat.data.size:
        raise UntraceableError("some of the parameters have no gradient")


def _frozen(batch: Any) -> list[np.ndarray]:
    """List the parameters that are not learned."""
    given = zip(batch.traced.arguments, batch.given, strict=True)
    return [x for n, x in given
            if n not in batch.rows and n not in batch.places and not n.startswith("noise")]


@contextmanager
def _compiling() -> Iterator[None]:
    from numba.core.errors import NumbaError

    try:
        yield
    except NumbaError as error:
        raise UntraceableError(f"Numba: {error}") from None


class Looped:
    """The compiled loops of a batch's code.

    Parameters
    ----------
    batch : Batch
        The straight code.
    optimizer : Optimizer
        What takes the steps.
    arrays : sequence of ndarray
        What the batches are taken from.

    Raises
    ------
    UntraceableError
        If there are none for it.
    ModuleNotFoundError
        If Numba is not installed.
    """

    def __init__(self, batch: Any, optimizer: Optimizer, arrays: Sequence[np.ndarray]) -> None:
        flat = optimizer.flat
        _check_gradients(batch, flat)
        self.batch, self.optimizer, self.settings = batch, optimizer, _settings(optimizer)
        self.update = update_of(optimizer)
        self.loops = loops_of(batch, optimizer)
        n = len(batch.arrays[0])
        cores = _cores()
        work = 6 * n * flat.data.size
        wide = cores > 2 and work > WIDE
        self.threads = 2 if cores > 1 and n >= 8 and work > SHARED and not wide else 1
        self.run = self.loops.prepare(self.threads)
        self.noise: list[np.ndarray] = []  # for the steps of a call
        kept = sum(x.size for x in (*batch.outputs, *batch.noise))
        self.most = max(1, min(MOST_STEPS, int(WORK / work), MOST_KEPT // max(kept, 1)))
        self.frozen = _frozen(batch)
        self.compile(arrays)

    def compile(self, arrays: Sequence[np.ndarray]) -> None:
        """Take no step, so that Numba compiles what it needs for these arrays.

        Raises
        ------
        UntraceableError
            If it cannot.
        """
        n = len(self.batch.arrays[0])
        if not self.loops.known and sys.stderr.isatty():
            print("compiling the loops of a training step, this once …", file=sys.stderr)
        with _compiling():
            for _ in self.steps(arrays, np.zeros((0, n), int), False, np.random.default_rng(0)):
                pass

    def fits(self, optimizer: Optimizer) -> bool:
        """Tell whether the optimizer is the one of the code, with the same settings."""
        return optimizer is self.optimizer and _settings(optimizer) == self.settings

    def steps(
        self, arrays: Sequence[np.ndarray], order: np.ndarray, keep: bool, rng: np.random.Generator
    ) -> Iterator[tuple[int, np.ndarray, np.ndarray, list[np.ndarray]]]:
        """Take a step for each row of `order`, which says what examples are in its batch.

        Yields
        ------
        done : int
            How many steps were taken: all of them, or up to one whose numbers are not finite, and
            which is left out.
        costs : ndarray
            The costs of all.
        outputs : ndarray
            What the metrics look at.
        noise : list of ndarray
            What was drawn for the step that is left out.
        """
        optimizer, count = self.optimizer, len(order)
        shape = (len(self.batch.arrays[0]), *map(math.prod, [y.shape[1:] for y in
                                                             self.batch.outputs]), 1)[:2]
        kept = np.zeros((count if keep else 0, *shape), optimizer._wide)
        if not self.noise or len(self.noise[0]) < count:
            self.noise = [np.empty((count, *x.shape), x.dtype) for x in self.batch.noise]
        noise = [x[:count] for x in self.noise]
        for drawn in zip(*noise, strict=True):
            self.batch.draw(rng, drawn)
        noise = [x.reshape(count, len(b), b.size // len(b))
                 for x, b in zip(noise, self.batch.noise, strict=True)]  # fmt: skip
        flat = [a.reshape(len(a), int(np.prod(a.shape[1:]))) for a in arrays]
        costs, numbers = np.zeros(count), np.zeros((count, self.update.numbers))
        states = [optimizer._arrays[n] for n in self.update.values if n != "w"]
        done = 0
        while done < count or not count:
            first = optimizer.steps
            rows = []
            for k in range(done, count):
                optimizer.steps = first + k - done
                eta = optimizer.rate
                rows.append((eta, *optimizer._numbers(eta), optimizer.steps))
            numbers[done:] = rows or numbers[done:]
            optimizer.steps = first
            with one_thread(self.threads > 1), np.errstate(all="ignore"):
                # rows of `numbers`, `kept` and noise are counted from 0
                taken = self.run(done, count, costs, order, *flat, *noise, *self.frozen,
                                 optimizer.flat.data, *states, numbers, keep, kept)  # fmt: skip
            optimizer.steps = first + taken - done
            np.copyto(optimizer.flat.grad, self.run.gradient(optimizer.flat.grad.size))
            optimizer.flat.store()
            done = taken
            if not count:
                return
            yield done, costs, kept, [x[done] for x in noise] if done < count else []
            done += 1


def _settings(optimizer: Optimizer) -> dict[str, Any]:
    """Give what the code was made of; the rate and what follows from it are arguments."""
    return {name: x for name, x in vars(optimizer).items()
            if isinstance(x, (bool, int, float, str)) and name not in ("steps", "_learning_rate")}


_lock, _users = threading.Lock(), 0
_limits: Any = None
_threads = 0  # of BLAS, when nobody had limited it here


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    from autograd.programs.kernels import NUMPYS

    if not NUMPYS:
        import scipy.linalg.cython_blas  # noqa: F401  (the library whose products loops call)
    return ThreadpoolController()


def _blas_threads() -> int:
    """Ask how many there are; 0 where that is not to be known."""
    return max((x["num_threads"] for x in _libraries().info() if x["user_api"] == "blas"),
               default=0)  # fmt: skip


def _cores() -> int:
    """Give the cores that a training may use: one where BLAS was left one thread.

    That is how joblib, Dask, MPI and OMP_NUM_THREADS=1 say that others use the rest.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (
        os.cpu_count() or 1)  # fmt: skip
    with _lock:
        return 1 if (_threads if _users else _blas_threads()) == 1 else cores


@contextmanager
def one_thread(wanted: bool) -> Iterator[None]:
    """Leave the products of several threads to one thread each: as long as anybody wants it."""
    global _users, _limits, _threads
    if not wanted:
        yield
        return
    with _lock:
        _users += 1
        if _users == 1:
            _threads = _blas_threads()
            _limits = _libraries().limit(limits=1, user_api="blas")
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _limits.restore_original_limits()
