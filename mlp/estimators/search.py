"""Searches that are kept: scikit-learn's cross-validation of many settings, in a file as it goes.

What `GridSearchCV` and its like find is gone with the process. Here the score of each fold is on
the disk as soon as it is known, and the same call goes on from there. Where the trainings run is
said by `workers`, or by `joblib.parallel_config`.
"""

import json
import math
import re
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv, cross_validate

from ..callbacks.progress import Progress
from ..data.files import PathLike, refusing, write_atomically
from ..given import listed
from ..plots.searches import results_of, said, searched

__all__ = ["kept_search", "results_table"]

VERSION = 1
MOST_ROWS = 20


def kept_search(
    estimator: Any, settings: Iterable[Mapping[str, Any]], X: Any, y: Any, *, cv: Any = None,
    scoring: Any = None, file: PathLike | None = None, about: Mapping[str, Any] | None = None,
    verbose: Any = "auto",
) -> dict[str, Any]:  # fmt: skip
    """Score settings of an estimator by cross-validation, and keep each score as it comes.

    Parameters
    ----------
    estimator : estimator
        Of scikit-learn's kind.
    settings : iterable of dict
        Parameters by name, as `sklearn.model_selection.ParameterGrid` and ``ParameterSampler``
        give them.
    X, y : array_like, shape (n_samples, ...)
        The examples and their targets.
    cv : int, splitter or iterable, optional
        The folds, as `sklearn.model_selection.cross_validate` takes them; 5 if not given.
    scoring : str or callable, optional
        What is high for a good one; the estimator's own ``score`` if not given.
    file : str or PathLike, optional
        Where the scores are kept, as JSON: what stands there already is not computed again.
    about : dict, optional
        What else a search is to be known by in its file, by name.
    verbose : {"auto", 0, 1, 2}, optional
        How the progress is shown, as in `mlp.Sequential.fit`.

    Returns
    -------
    dict
        As ``cv_results_`` of scikit-learn's searches: ``params``, ``mean_test_score``,
        ``std_test_score``, ``rank_test_score``, ``mean_fit_time`` in seconds and the like; and
        ``failure``, why a setting has no score: "" if it has one, which is NaN otherwise.

    Raises
    ------
    ValueError
        If a parameter is unknown; if the file is of another search, and of which; if no setting
        has a score.
    OSError
        If the file cannot be written, before anything is computed.
    RuntimeError
        If a worker dies. What was finished is in the file.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import ParameterGrid
    >>> from mlp import MLPClassifier
    >>> x, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(solver="lbfgs", max_iter=50, tol=0.1, random_state=0)
    >>> grid = ParameterGrid({"hidden_layer_sizes": [4, 8], "activation": ["relu", "tanh"]})
    >>> results = kept_search(model, grid, x, y, cv=3, verbose=0)
    >>> results["mean_test_score"].shape
    (4,)
    """
    settings = [dict(setting) for setting in listed(settings, "kept_search: settings", "settings")]
    if not settings:
        raise ValueError("kept_search: settings is empty: give a dict of parameters, at least")
    models = [clone(estimator).set_params(**setting) for setting in settings]
    cv = check_cv(5 if cv is None else cv, y, classifier=is_classifier(estimator))
    folds = list(cv.split(X, y))
    record = _Record(file, {
        "data": joblib.hash((X, y)), "folds": joblib.hash(folds),
        "estimator": f"{type(estimator).__name__}, {_repr(estimator.get_params())}",
        "scoring": _repr(scoring), **(about or {}), "settings": list(map(_repr, settings)),
    })  # fmt: skip
    todo = [(i, k) for i in range(len(settings)) for k in range(len(folds))
            if (i, k) not in record.found]  # fmt: skip
    calls = (joblib.delayed(_fold)((i, k), models[i], X, y, *folds[k], scoring) for i, k in todo)
    # not all at once: loky's own thread fails where processes are ended with calls in its queue
    every = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
    with Progress(len(settings) * len(folds), verbose) as progress:
        progress.step = len(record.found)
        progress.logs = _best(record.found, len(folds))
        if todo:
            with closing(every(calls)) as finished, warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*tasks.*have been")  # where it ends early
                for place, outcome in _living(finished):
                    record.add(place, outcome)
                    progress.update(logs := _best(record.found, len(folds)))
                    progress.logs = logs
    results = _results(settings, len(folds), record.found)
    if np.isnan(results["mean_test_score"]).all():
        raise ValueError(f"no setting has a score; of the first: {results['failure'][0]}")
    return results


def _living(finished: Iterable[Any]) -> Iterator[Any]:
    """Say in a line that a process has died."""
    try:
        yield from finished
    except BrokenExecutor as error:
        ends = "".join(re.findall(r"\{.*\}", str(error))) or "why is not known"
        raise RuntimeError("a worker process died, as one does that is killed or finds no memory "
                           f"({ends.strip('{}')})") from error  # fmt: skip


def _fold(
    place: tuple[int, int], model: Any, X: Any, y: Any, train: Any, test: Any, scoring: Any
) -> tuple[tuple[int, int], dict[str, Any]]:
    """Train on all folds but one, and score on that."""
    start = time.perf_counter()
    with warnings.catch_warnings(), joblib.parallel_config("sequential"):
        warnings.simplefilter("ignore")  # it is one of hundreds; what is no score is said
        warnings.filterwarnings("error", "Training interrupted")  # what is half trained is not kept
        try:
            scores = cross_validate(model, X, y, cv=[(train, test)], scoring=scoring,
                                    error_score="raise")  # fmt: skip
        except UserWarning:
            raise KeyboardInterrupt from None
        except (ArithmeticError, ValueError) as error:  # it diverges, or cannot be
            return place, {"score": None, "seconds": time.perf_counter() - start,
                           "failure": " ".join(str(error).split())}  # fmt: skip
    score = float(scores["test_score"][0])
    finite = math.isfinite(score)
    return place, {"score": score if finite else None, "seconds": float(scores["fit_time"][0]),
                   "failure": "" if finite else f"its score is {score}"}  # fmt: skip


class _Record:
    """The scores of a search by setting and fold, in a file that is always whole."""

    def __init__(self, path: PathLike | None, about: Mapping[str, Any]) -> None:
        self.path, self.about = path, dict(about)
        self.found: dict[tuple[int, int], dict[str, Any]] = {}
        if path is not None:
            if Path(path).exists():
                self._read(Path(path))
            self._write()

    def _read(self, path: Path) -> None:
        with refusing(path):
            content = json.loads(path.read_bytes())
            if content["version"] != VERSION:
                raise ValueError(f"its format is {content['version']!r:.20}, and this chainrule "
                                 f"reads {VERSION}")  # fmt: skip
            known = content["about"]
            other = [name for name in {**known, **self.about}
                     if known.get(name) != self.about.get(name)]  # fmt: skip
            if other:
                raise ValueError(f"it has another search, with other {' and '.join(other)}: "
                                 "begin this one elsewhere, or remove that")  # fmt: skip
            self.found = {(r.pop("setting"), r.pop("fold")): r for r in content["results"]}

    def add(self, place: tuple[int, int], outcome: dict[str, Any]) -> None:
        """Keep what has come of a setting and a fold."""
        self.found[place] = outcome
        if self.path is not None:
            self._write()

    def _write(self) -> None:
        content = {"version": VERSION, "about": self.about, "results": [
            {"setting": i, "fold": k, **self.found[i, k]} for i, k in sorted(self.found)]}
        assert self.path is not None
        write_atomically(self.path, json.dumps(content, indent=1, ensure_ascii=False).encode())


def _repr(x: Any) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(x))  # where it lies is of one process


def _score(outcomes: Sequence[Mapping[str, Any]]) -> np.ndarray:
    return np.array([math.nan if r["score"] is None else r["score"] for r in outcomes])


def _best(found: Mapping[tuple[int, int], Mapping[str, Any]], folds: int) -> dict[str, float]:
    """Give the best mean of those settings that have all their folds."""
    means = [
        _score([found[i, k] for k in range(folds)]).mean() for i in {i for i, _ in found}
        if all((i, k) in found for k in range(folds))]
    known = [x for x in means if math.isfinite(x)]
    return {"best": float(max(known))} if known else {}


def _results(
    settings: Sequence[Any], folds: int, found: Mapping[tuple[int, int], Mapping[str, Any]]
) -> dict[str, Any]:
    """Put it as scikit-learn does."""
    rows = [[found[i, k] for k in range(folds)] for i in range(len(settings))]
    scores = np.array([_score(row) for row in rows])
    seconds = np.array([[r["seconds"] for r in row] for row in rows])
    means = scores.mean(axis=1)
    high = np.where(np.isnan(means), -math.inf, means)
    names = dict.fromkeys(name for setting in settings for name in setting)
    return {
        "params": list(settings),
        **{f"param_{name}": _column([s.get(name) for s in settings]) for name in names},
        **{f"split{k}_test_score": scores[:, k] for k in range(folds)},
        "mean_test_score": means, "std_test_score": scores.std(axis=1),
        "rank_test_score": np.array([1 + int((high > x).sum()) for x in high], np.int32),
        "mean_fit_time": seconds.mean(axis=1), "std_fit_time": seconds.std(axis=1),
        "failure": [next((r["failure"] for r in row if r["failure"]), "") for row in rows],
    }  # fmt: skip


def _column(values: Sequence[Any]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def results_table(results: Any, score: str = "score", most: int | None = MOST_ROWS) -> str:
    """Write the results of a search as a table: the best above, ± over the folds, seconds a fit.

    Parameters
    ----------
    results : mapping or fitted search
        What `kept_search` gives; a search of scikit-learn's, or its ``cv_results_``, also of a
        halving one, whose rounds with more of the resource stand above those with less.
    score : str, optional
        What the score is called.
    most : int, optional
        The most rows; None for all.

    Examples
    --------
    >>> print(results_table({
    ...     "params": [{"alpha": 0.1}, {"alpha": 10.0}], "mean_test_score": [0.75, 0.875],
    ...     "std_test_score": [0.01, 0.02], "mean_fit_time": [1.5, 0.25]}, "accuracy"))
    accuracy  ± folds  alpha  seconds
      0.8750   0.0200     10     0.25
      0.7500   0.0100    0.1     1.50
    """
    results, columns = results_of(results), searched(results)
    means, stds, times = (np.asarray(results[name], float) for name in (
        "mean_test_score", "std_test_score", "mean_fit_time"))  # fmt: skip
    resources = results.get("n_resources")
    if resources is not None:
        columns = {"resource": list(resources), **columns}
    order = sorted(range(len(means)), key=lambda i: (
        -resources[i] if resources is not None else 0, math.isnan(means[i]), -means[i]))
    head = [score, "± folds", *columns, "seconds"]
    rows = [[*(("failed", "–") if math.isnan(means[i]) else (f"{means[i]:.4f}", f"{stds[i]:.4f}")),
             *(said(xs[i]) for xs in columns.values()), f"{times[i]:.2f}"] for i in order[:most]]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))
             for row in (head, *rows)]  # fmt: skip
    if len(order) > len(rows):
        lines.append(f"and {len(order) - len(rows)} more")
    reasons = dict.fromkeys(text for text in results.get("failure", ()) if text)
    return "\n".join(lines + [f"failed: {reason}" for reason in list(reasons)[:3]])
