"""``mlp search``: settings of a network are tried, each by cross-validation; the best is named."""

import csv
import io
import math
import shlex
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..activations import ACTIVATIONS
from ..data import Dataset
from ..data.files import write_atomically
from ..optimizers.keras_defaults import KERAS_OPTIMIZERS
from ..plots.searches import said
from .arguments import (
    RATE,
    SHARE,
    Command,
    Parser,
    UsageError,
    choice,
    fill,
    several,
    sizes,
    whole,
)
from .sources import Settings, asked, data_arguments, recipe

__all__ = ["SEARCH"]

RECORD, TABLE, PICTURE = "search.json", "results.csv", "results.png"
SCORES = {"r2": "R²"}
CHOICES = [field.name for field in fields(Settings)]


def _arguments(parser: Parser) -> None:
    data_arguments(parser)
    add = parser.add_argument_group("what is tried, one or several of each; what is not given "
                                    "suits the data").add_argument  # fmt: skip
    add("--hidden", type=several(partial(sizes, mark="-")), metavar="SIZES,…",
        help="hidden layers: 32,64,128-64,none is four of them")
    add("--activation", type=several(choice("activation", ACTIVATIONS)), metavar="NAME,…",
        help="of the hidden layers: relu,tanh")
    add("--dropout", type=several(SHARE()), metavar="SHARE,…",
        help="after each hidden layer: 0,0.2")  # fmt: skip
    add("--epochs", type=several(whole(1)), metavar="N,…", help="how often through the examples")
    add("--batch-size", type=several(whole(1)), metavar="N,…", help="examples a step")
    add("--optimizer", type=several(choice("optimizer", KERAS_OPTIMIZERS)), metavar="NAME,…",
        help=", ".join(KERAS_OPTIMIZERS))
    add("--learning-rate", type=several(RATE()), metavar="X,…", help="how far a step goes")
    add("--tries", type=whole(1), metavar="N", help="not all settings but N, drawn at random")
    add = parser.add_argument_group("how they are judged").add_argument
    add("--folds", type=whole(2), default=5, metavar="N", help="parts of the cross-validation; 5")
    add("--scoring", metavar="NAME",
        help="scikit-learn's name of a score; accuracy, or r2 of numbers")
    add("--seed", type=whole(0), default=0, metavar="N", help="the same seed, the same scores; 0")
    add = parser.add_argument_group("where it runs").add_argument
    add("--jobs", type=whole(1), metavar="N", help="processes; as many as there are cores")
    add("--dask", metavar="ADDRESS",
        help="of a Dask scheduler, tcp://host:8786, whose workers do it")  # fmt: skip
    add = parser.add_argument_group("results").add_argument
    add("--out", type=Path, metavar="FOLDER",
        help="where they go; out/, the name of the data and -search")  # fmt: skip
    add("--overwrite", action="store_true", help="replace those of an earlier search")
    add("--resume", action="store_true", help="go on with a search that was interrupted")
    add("--quiet", action="store_true", help="say nothing but errors")


def _run(arguments: Namespace) -> int:
    from sklearn.model_selection import KFold, ParameterGrid, ParameterSampler, StratifiedKFold

    from ..estimators import kept_search, results_table, workers

    source, given = asked(arguments), _given(arguments)
    folder = arguments.out or Path("out", f"{Path(arguments.data).stem}-search")
    _check(folder, arguments)
    train, test = source.load()
    classes = len(train.encoder.target_names)
    scoring = arguments.scoring or ("accuracy" if classes else "r2")
    chosen = list(ParameterGrid(given))
    if arguments.tries is not None and arguments.tries < len(chosen):
        chosen = list(ParameterSampler(given, arguments.tries, random_state=arguments.seed))
    chosen = [{name: setting[name] for name in given} for setting in chosen]  # in this order
    model, x = _estimator(train, arguments)
    settings = [_parameters(setting, recipe(arguments.data).settings) for setting in chosen]
    folds = (StratifiedKFold if classes else KFold)(
        arguments.folds, shuffle=True, random_state=arguments.seed)  # fmt: skip
    say = _silent if arguments.quiet else print
    if arguments.overwrite:
        (folder / RECORD).unlink(missing_ok=True)
    try:
        with workers(arguments.jobs, arguments.dask, (x, train.y)) as count:
            say(f"{Path(source.name).name}: {len(train):,} examples to search with, {len(test):,} "
                f"held out, {x.shape[1]:,} features")  # fmt: skip
            say(fill(_plan(given, len(chosen), arguments, count)) + "\n")
            results = kept_search(
                model, settings, x, train.y, cv=folds, scoring=scoring, file=folder / RECORD,
                verbose=0 if arguments.quiet else "auto")  # fmt: skip
    except KeyboardInterrupt:
        print(f"\nmlp search: stopped; to go on: {_again(arguments)}", file=sys.stderr)
        return 130
    except (ConnectionError, RuntimeError) as error:
        if not (folder / RECORD).exists():
            raise
        raise RuntimeError(f"{error}; to go on from what is finished: {_again(arguments)}"
                           ) from error  # fmt: skip
    results["params"] = chosen
    named = SCORES.get(scoring, scoring.replace("_", " "))
    say("\n" + "\n".join(map(fill, results_table(results, named).splitlines())))
    files = [RECORD, TABLE]
    write_atomically(folder / TABLE, _csv(results, scoring).encode())
    try:
        from .. import plots

        plots.search_results(results, named).savefig(folder / PICTURE, dpi=160)
        files.append(PICTURE)
    except ModuleNotFoundError as error:
        say(f"\nNo picture: {error}")
    best = chosen[int(np.nanargmax(results["mean_test_score"]))]
    say("\n" + fill(f"In {folder}: {', '.join(files)}"))
    say(f"To train the best, and see how it does on what is held out:\n"
        f"  {_training(arguments, best)}")  # fmt: skip
    return 0


def _silent(*_: Any) -> None:
    """Say nothing."""


def _given(arguments: Namespace) -> dict[str, list[Any]]:
    """Give the choices of each setting that is given, and see that there are some."""
    given = {name: x for name in CHOICES if (x := getattr(arguments, name)) is not None}
    if not given:
        raise UsageError("say what is to be tried, such as --hidden 32,64 --learning-rate "
                         "1e-2,1e-3")  # fmt: skip
    if arguments.scoring is not None:
        from sklearn.metrics import get_scorer_names

        try:
            choice("score", get_scorer_names())(arguments.scoring)
        except Exception as error:
            raise UsageError(f"argument --scoring: {error}") from None
    if arguments.jobs is not None and arguments.dask is not None:
        raise UsageError("--jobs is of processes here, --dask of workers elsewhere: give one")
    return given


def _check(folder: Path, arguments: Namespace) -> None:
    """See that nothing is lost that somebody may want, before anything is done."""
    if arguments.resume and arguments.overwrite:
        raise UsageError("--resume goes on with what --overwrite throws away: give one of them")
    there = (folder / RECORD).exists()
    if arguments.resume and not there:
        raise FileNotFoundError(f"there is no search in {folder} to go on with")
    if there and not (arguments.resume or arguments.overwrite):
        raise FileExistsError(f"{folder} has a search already: add --resume to go on, --overwrite "
                              "to begin anew, or another --out")  # fmt: skip


def _estimator(train: Dataset, arguments: Namespace) -> tuple[Any, np.ndarray]:
    """Give the network to be set, and the examples as it takes them."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    from ..estimators import MLPClassifier, MLPRegressor

    kind = MLPClassifier if train.encoder.target_names else MLPRegressor
    model = kind(alpha=0, random_state=arguments.seed)
    x = train.x.astype(np.float32)
    if train.image_shape:
        x /= recipe(arguments.data).brightest
    scaled = train.image_shape or train.encoder.columns
    return Pipeline([*([] if scaled else [("scale", StandardScaler())]), ("network", model)]), x


@dataclass(frozen=True)
class Solver:
    """An optimizer as ``mlp train`` makes it, for the estimators: with Keras' defaults."""

    name: str
    learning_rate: float | None  # its own, if none is given

    def __call__(self, parameters: Any, _: float) -> Any:
        """Make it for the parameters of a network."""
        rate = {} if self.learning_rate is None else {"learning_rate": self.learning_rate}
        return KERAS_OPTIMIZERS[self.name](parameters, **rate)


def _parameters(setting: Mapping[str, Any], suited: Settings) -> dict[str, Any]:
    """Give a setting of the command line as the estimator's parameters."""
    if "optimizer" in setting:
        suited = replace(suited, learning_rate=None)  # its own, if none is given
    whole = replace(suited, **setting)
    return {f"network__{name}": x for name, x in {
        "hidden_layer_sizes": tuple(whole.hidden), "activation": whole.activation,
        "dropout": whole.dropout, "max_iter": whole.epochs, "n_iter_no_change": whole.epochs,
        "batch_size": whole.batch_size, "solver": Solver(whole.optimizer, whole.learning_rate),
    }.items()}  # fmt: skip


def _plan(given: Mapping[str, Sequence[Any]], tried: int, arguments: Namespace, count: int) -> str:
    """Say how many settings there are, and who tries them."""
    several = {name: xs for name, xs in given.items() if len(xs) > 1}
    whole = math.prod(map(len, several.values()))
    words = " × ".join(f"{len(xs)} of {name.replace('_', ' ')}" for name, xs in several.items())
    of = f"{tried:,} of {whole:,} settings" if tried < whole else (
        "1 setting" if whole == 1 else f"{whole:,} settings")  # fmt: skip
    where = f"at {arguments.dask}, {count} at once" if arguments.dask else (
        "in this process" if count == 1 else f"on {count} processes")  # fmt: skip
    return (f"{of}{f' ({words})' if words else ''}, {arguments.folds} folds: "
            f"{tried * arguments.folds:,} trainings {where}")  # fmt: skip


def _again(arguments: Namespace) -> str:
    """Write the command that goes on."""
    given = [x for x in arguments.given if x not in ("--resume", "--overwrite")]
    return shlex.join(["mlp", *given, "--resume"])


def _training(arguments: Namespace, best: Mapping[str, Any]) -> str:
    """Write the command that trains the network with a setting."""
    words = ["mlp", "train", arguments.data]
    for name in "target", "task", "ignore", "decimal", "thousands", "folder":
        if given := getattr(arguments, name):
            words += ["--data" if name == "folder" else f"--{name}", given]
    for column, kind in arguments.dtype:
        words += ["--dtype", f"{column}={kind}"]
    if arguments.test_split != 0.2:
        words += ["--test-split", str(arguments.test_split)]
    for name, x in best.items():
        words += [f"--{name.replace('_', '-')}", said(x).replace("-", ",") if name == "hidden"
                  else str(x)]  # fmt: skip
    return shlex.join([*words, "--seed", str(arguments.seed)] if arguments.seed else words)


def _csv(results: Mapping[str, Any], scoring: str) -> str:
    """Write all results, the best first."""
    folds = [name for name in results if name.startswith("split")]
    names = list(results["params"][0])
    rows = [["rank", scoring, "deviation", *names, "seconds",
             *(f"fold {k}" for k in range(1, len(folds) + 1)), "failure"]]  # fmt: skip
    for i in np.argsort(results["rank_test_score"], kind="stable"):
        numbers = [results[n][i] for n in ("mean_test_score", "std_test_score")]
        rows.append([
            str(results["rank_test_score"][i]), *map(str, numbers),
            *(said(results["params"][i][name]) for name in names),
            str(results["mean_fit_time"][i]), *(str(results[n][i]) for n in folds),
            results["failure"][i]])  # fmt: skip
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


SEARCH = Command(
    "search", "try settings of a network, and name the best",
    "Try settings of a network by cross-validation, side by side; write scores,\n"
    "a table and a picture to a folder, and name the best. What is scored is kept.",
    """
mlp search digits --hidden 32,64,128 --learning-rate 1e-2,1e-3
mlp search penguins.csv --target species --hidden none,16,32-16
mlp search digits --hidden 32,64,128 --learning-rate 1e-2,1e-3 --resume
mlp search mnist --hidden 128,256-128 --dask tcp://127.0.0.1:8786
""", _arguments, _run,
)  # fmt: skip
