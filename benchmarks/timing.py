"""How things are timed: interleaved repeats, the median, ratios within one run."""

import gc
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection

from threadpoolctl import threadpool_info

__all__ = ["about", "apart", "interleaved", "once", "repeated", "seconds", "table"]

LOWERED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # what makes a comparison with JAX wrong
REST = 0.2  # seconds; the threads of OpenBLAS spin for about half of it after their last product


def once(f: Callable[[], object]) -> float:
    """Time one call.

    What earlier calls left behind is collected first, so that nobody pays for another's cycles;
    during the call the garbage collector runs as Python ships it.
    """
    gc.collect()
    start = time.perf_counter()
    f()
    return time.perf_counter() - start


def repeated(f: Callable[[], object], times: int) -> Callable[[], None]:
    """Make a call that does many: of one that is short, the mean is measured."""

    def run() -> None:
        for _ in range(times):
            f()

    return run


def interleaved(calls: dict[str, Callable[[], object]], repeats: int = 7) -> dict[str, float]:
    """Time several calls in turn, `repeats` times, after one round to warm up: medians."""
    for f in calls.values():
        f()
    times = [{name: once(f) for name, f in calls.items()} for _ in range(repeats)]
    return {name: statistics.median(row[name] for row in times) for name in calls}


def apart(
    makers: Mapping[str, Callable[[], Callable[[], object]]], repeats: int = 7
) -> dict[str, float]:
    """Time in turn what each maker makes, every one in a process of its own: medians.

    So each runs as it would alone. In one process, the threads of one library spin while the next
    is timed, and whoever has freed a large array has changed how memory is had for all.

    Parameters
    ----------
    makers : mapping of str to callable
        Functions that give a call to time. They can be pickled; one that lacks a library raises
        ImportError, and is left out.
    repeats : int, optional
        How many turns there are; in each, a call to warm up comes first.
    """
    for name in LOWERED:
        if os.environ.pop(name, None) is not None:
            print(f"(unset for this: {name}, with which NumPy's products are those of an older "
                  "processor, and JAX's are not)")  # fmt: skip
    context = multiprocessing.get_context("spawn")
    servers: dict[str, Connection] = {}
    for name, make in makers.items():
        ours, theirs = context.Pipe()
        context.Process(target=_serve, args=(theirs, make), daemon=True).start()
        theirs.close()  # so that a process that fails is noticed
        if ours.recv():
            servers[name] = ours
        else:
            print(f"(left out, not installed: {name})")
    times: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(repeats):
        for name, server in servers.items():
            time.sleep(REST)
            server.send("go")
            times[name].append(server.recv())
    for server in servers.values():
        server.send(None)
    return {name: statistics.median(ts) for name, ts in times.items()}


def _serve(connection: Connection, make: Callable[[], Callable[[], object]]) -> None:
    try:
        call = make()
    except ImportError:
        connection.send(False)
        return
    connection.send(True)
    while connection.recv():
        call()
        connection.send(once(call))


def seconds(t: float) -> str:
    """Write a time with a unit that fits."""
    for unit, scale in ("s", 1), ("ms", 1e3):
        if t * scale >= 1:
            return f"{t * scale:.3g} {unit}"
    return f"{t * 1e6:.3g} µs"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Write a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def about(*packages: str) -> str:
    """Say on what and with which versions a run was made."""
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} missing")
    import numpy  # noqa: F401  (whose library is looked at)

    kernels = {f"{x['internal_api']} {x['version']} for {x.get('architecture', '?')}"
               for x in threadpool_info() if x["user_api"] == "blas"}  # fmt: skip
    return (f"Python {platform.python_version()}, {', '.join(found)}; {platform.machine()}; "
            f"{', '.join(sorted(kernels))}.\n")  # fmt: skip
