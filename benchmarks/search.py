"""A search on one process, on two, and on two workers of Dask: the same scores, and how fast."""

import importlib.util
import logging
import statistics
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np
from sklearn.model_selection import ParameterGrid

from mlp import MLPClassifier, data
from mlp.estimators import kept_search, workers

from .timing import once, seconds, table

__all__ = ["main"]

GRID = {"hidden_layer_sizes": [(32,), (64,), (128,), (64, 32)], "dropout": [0.0, 0.2],
        "learning_rate_init": [1e-2, 3e-3, 1e-3]}  # fmt: skip
EPOCHS, FOLDS, REPEATS = 60, 3, 3


def main() -> str:
    """Measure all, in turn; the processes are there before, as in a search that takes longer."""
    digits = data.digits()
    x, y = (digits.x / 16).astype(np.float32), digits.y
    model = MLPClassifier(max_iter=EPOCHS, n_iter_no_change=EPOCHS, batch_size=32, random_state=0)
    settings = list(ParameterGrid(GRID))
    scores: dict[str, np.ndarray] = {}

    def search(name: str, **where: int | str) -> Callable[[], None]:
        def run() -> None:
            with workers(**where, data=(x, y)):  # type: ignore[arg-type]
                scores[name] = kept_search(
                    model, settings, x, y, cv=FOLDS, verbose=0)["mean_test_score"]

        return run

    with ExitStack() as stack:
        calls = {"one process": search("one process", jobs=1),
                 "two processes": search("two processes", jobs=2)}  # fmt: skip
        if importlib.util.find_spec("distributed"):
            from distributed import LocalCluster

            address = stack.enter_context(LocalCluster(
                n_workers=2, threads_per_worker=1, dashboard_address=None,
                silence_logs=logging.CRITICAL)).scheduler_address
            calls["two workers of Dask"] = search("two workers of Dask", dask=address)
        for name in list(calls)[1:]:
            calls[name]()
        times = [{name: once(call) for name, call in calls.items()} for _ in range(REPEATS)]
    rows = []
    for name in calls:
        factor = statistics.median(turn["one process"] / turn[name] for turn in times)
        same = np.array_equal(scores[name], scores["one process"])
        median = statistics.median(turn[name] for turn in times)
        rows.append([name, seconds(median), f"{factor:.2f}", "the same" if same else "OTHERS"])
    return (f"## A search: {len(settings)} settings on digits, {FOLDS} folds, {EPOCHS} epochs\n\n"
            f"{table(['', 'time', '× as fast', 'scores'], rows)}")  # fmt: skip
