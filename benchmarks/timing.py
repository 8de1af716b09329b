"""How things are timed: interleaved repeats, the median, ratios within one run."""

import gc
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

__all__ = ["about", "interleaved", "once", "seconds", "table"]


def once(f: Callable[[], object]) -> float:
    """Time one call.

    What earlier calls left behind is collected first, so that nobody pays for another's cycles;
    during the call the garbage collector runs as Python ships it.
    """
    gc.collect()
    start = time.perf_counter()
    f()
    return time.perf_counter() - start


def interleaved(calls: dict[str, Callable[[], object]], repeats: int = 7) -> dict[str, float]:
    """Time several calls in turn, `repeats` times, after one round to warm up: medians."""
    for f in calls.values():
        f()
    times = [{name: once(f) for name, f in calls.items()} for _ in range(repeats)]
    return {name: statistics.median(row[name] for row in times) for name in calls}


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
    return f"Python {platform.python_version()}, {', '.join(found)}; {platform.machine()}.\n"
