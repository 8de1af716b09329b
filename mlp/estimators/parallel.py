"""Where searches compute: processes of this machine, or the workers of a Dask cluster.

joblib and Dask do the work. What is added here: one thread for each worker, an end for what nobody
waits for any more, and errors where there would be silence.
"""

import asyncio
import concurrent.futures
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from joblib import cpu_count, parallel_config
from threadpoolctl import threadpool_limits

from ..given import whole

__all__ = ["workers"]

PATIENCE = 5.0  # seconds for a scheduler to answer, and for it to have a worker
LONELY = 10.0  # seconds for another worker to come when the last is gone
NEEDED = "Dask is not installed: pip install 'chainrule[search]'"


@contextmanager
def workers(
    jobs: int | None = None, dask: str | None = None, data: Sequence[Any] = ()
) -> Iterator[int]:
    """Let what joblib runs in here, such as scikit-learn's searches, run side by side.

    It is `joblib.parallel_config` with one thread a worker, in BLAS and in compiled loops: as many
    threads as there are cores, in each of as many workers, would be in one another's way.

    Parameters
    ----------
    jobs : int, optional
        How many processes of this machine; as many as it has cores if not given.
    dask : str, optional
        The address of a Dask scheduler, ``"tcp://host:8786"``: then its workers do it.
    data : sequence of ndarray, optional
        What many calls are given: every worker of Dask gets it once, and a worker that dies does
        not take the only copy along.

    Yields
    ------
    int
        How many calls run at once.

    Raises
    ------
    ConnectionError
        If nobody answers at the address, or the scheduler has no workers; in the calls, if it has
        none any more.
    ModuleNotFoundError
        If Dask is not installed, or this package is not where the workers are.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from mlp import MLPClassifier
    >>> x, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(solver="lbfgs", max_iter=50, tol=0.1, random_state=0)
    >>> search = GridSearchCV(model, {"hidden_layer_sizes": [4, 8]}, cv=3)
    >>> with workers(2):
    ...     search = search.fit(x, y)
    >>> bool(search.best_score_ > 0.9)
    True
    """
    if dask is not None:
        with _cluster(dask, list(data)) as count:
            yield count
        return
    jobs = cpu_count() if jobs is None else whole(jobs, "workers: jobs")
    with (threadpool_limits(1), parallel_config(
            "loky", n_jobs=jobs, inner_max_num_threads=1, initializer=_begin,
            initargs=(os.getpid(),))):  # fmt: skip
        yield jobs


def _begin(parent: int) -> None:
    """Let a process leave Ctrl-C to the one that started it, and end when that has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _cluster(address: str, data: list[Any]) -> Iterator[int]:
    """Let the workers of a Dask cluster do it."""
    try:
        from distributed import Client
    except ImportError:
        raise ModuleNotFoundError(NEEDED, name="distributed") from None
    with _quiet():
        _look(address)
        client = Client(address, timeout=PATIENCE, set_as_default=False)
        try:
            try:
                client.wait_for_workers(1, PATIENCE)
            except TimeoutError:
                raise ConnectionError(f"the Dask scheduler at {address} has no workers: start some "
                                      f"with `dask worker {address}`") from None  # fmt: skip
            plugin = _one_thread()
            try:
                client.register_plugin(plugin)
            except ModuleNotFoundError as error:
                raise ModuleNotFoundError(
                    f"the workers of {address} do not find {error.name}: install chainrule[search] "
                    "where they are, too", name=error.name) from None
            backend = _dask()(client=client, scatter=data)
            over = threading.Event()
            watch = threading.Thread(target=_watch, args=(client, backend, address, over))
            watch.start()
            try:
                with parallel_config(backend=backend):
                    yield sum(client.nthreads().values())
            finally:
                over.set()
                watch.join()
                if client.status == "running":
                    client.unregister_worker_plugin(plugin.name)
        finally:
            client.close(PATIENCE)


def _look(address: str) -> None:
    """See that a scheduler answers, which a Client would wait for as long as there is silence."""
    from distributed import Security
    from distributed.core import rpc

    async def ask() -> Any:
        keys = Security().get_connection_args("client")
        async with rpc(address, timeout=PATIENCE, connection_args=keys) as peer:
            return await asyncio.wait_for(peer.identity(), PATIENCE)

    try:
        with concurrent.futures.ThreadPoolExecutor(1) as thread:  # this one may have a loop
            found = thread.submit(lambda: asyncio.run(ask())).result()["type"]
    except (AttributeError, ImportError, LookupError, MemoryError, OSError, RuntimeError, TypeError,
            ValueError) as error:  # what speaks another language leads to anything
        spoken = isinstance(error, (OSError, ValueError))
        reason = _short(error) if spoken else "what does, speaks another language"
        raise ConnectionError(f"no Dask scheduler answers at {address!r}: `dask scheduler` starts "
                              f"one, and says its address ({reason})") from None
    if found != "Scheduler":
        raise ConnectionError(f"no Dask scheduler answers at {address!r}, but a {found}")


def _watch(client: Any, backend: Any, address: str, over: threading.Event) -> None:
    """Let all that is waited for fail when there is nobody who could do it."""
    seen = time.monotonic()
    while not over.wait(0.5):
        running = client.status == "running"
        if running and client.scheduler_info()["workers"]:
            seen = time.monotonic()
        elif time.monotonic() - seen > LONELY:
            backend.fail(ConnectionError(
                f"the last worker of {address} is gone" if running else
                f"the Dask scheduler at {address} does not answer any more"))
            return


@cache
def _dask() -> Callable[..., Any]:
    """Make the backend's class."""
    from distributed import KilledWorker
    from joblib._dask import DaskDistributedBackend

    class Dask(DaskDistributedBackend):
        """joblib's, which calls nobody back where a future fails, so that all would wait on."""

        def submit(self, func: Any, callback: Any = None) -> Any:
            future = super().submit(func, callback)
            if callback is not None:
                future.add_done_callback(
                    lambda done: done.exception() and callback(done.exception()))
            return future

        def retrieve_result_callback(self, out: Any) -> Any:
            if isinstance(out, KilledWorker):
                raise RuntimeError("one worker after the other died at the same call, as one does "
                                   "that finds no memory") from out  # fmt: skip
            if isinstance(out, asyncio.CancelledError | concurrent.futures.CancelledError):
                raise ConnectionError("Dask lost what it was to do, as it does where the scheduler "
                                      "or all workers die") from out  # fmt: skip
            if isinstance(out, BaseException):
                raise out
            return super().retrieve_result_callback(out)

        def fail(self, error: Exception) -> None:
            """Let whatever is waited for fail."""
            for future in list(self._results.values()):
                if not future.done():
                    future.set_exception(error)

    return Dask


@cache
def _one_thread() -> Any:
    """Make what is sent to the workers: they are left one thread each, also those that come later.

    The environment that `dask worker` makes does that for processes of its own, and nothing does
    for those with --no-nanny, or for threads.
    """
    from distributed import WorkerPlugin

    class OneThread(WorkerPlugin):
        name = "chainrule-one-thread"

        def setup(self, worker: Any) -> None:
            import scipy.linalg  # noqa: F401  (so that its library is there to be limited)

            from .. import steps  # noqa: F401  (so that it is said if this package is not there)

            self.limits = threadpool_limits(1)

        def teardown(self, worker: Any) -> None:
            self.limits.restore_original_limits()

    return OneThread()


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave it to errors to say what goes wrong."""
    levels = {log: log.level for name, log in logging.root.manager.loggerDict.items()
              if isinstance(log, logging.Logger) and name.startswith("distributed")}  # fmt: skip
    for log in levels:
        log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for log, level in levels.items():
            log.setLevel(level)


def _short(error: BaseException) -> str:
    return f"{' '.join(str(error).split()) or type(error).__name__:.120}"
