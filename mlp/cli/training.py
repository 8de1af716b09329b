"""``mlp train``: a network learns a data set or a table; what came of it lies in a folder."""

import shlex
import sys
from argparse import Namespace
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from .. import parallel
from ..activations import ACTIVATIONS
from ..callbacks import BackupAndRestore, CSVLogger
from ..data import Dataset, TableEncoder
from ..data.notation import PLAIN
from ..layers import Dense, Dropout, Normalization, Rescaling
from ..models import Sequential
from ..optimizers.keras_defaults import KERAS_OPTIMIZERS
from .arguments import RATE, SHARE, Command, Parser, UsageError, choice, fill, sizes, whole
from .report import Assessment
from .sources import Settings, asked, data_arguments, recipe

__all__ = ["CHECKPOINT", "MODEL", "TRAIN"]

MODEL, CHECKPOINT, HISTORY = "model.safetensors", "checkpoint.safetensors", "history.csv"
MOST_LINES = 40  # on the columns of a table
STEPS = 500  # between checkpoints: Ctrl-C writes one in any case


class Checkpoints(BackupAndRestore):
    """Leaves it to the command to say how to go on."""

    def on_interrupt(self) -> None:
        """Let Ctrl-C be what it was."""
        self._give_signals_back()


def _arguments(parser: Parser) -> None:
    add = data_arguments(parser)
    add("--validation-split", type=SHARE(), default=0.1, metavar="SHARE",
        help="of the rest: not learned from, but watched after each epoch; 0.1")
    add = parser.add_argument_group("network and training; what is not given suits the data"
                                    ).add_argument  # fmt: skip
    add("--hidden", type=sizes, metavar="SIZES", help="of the hidden layers: 64,32, or none")
    add("--activation", type=choice("activation", ACTIVATIONS), metavar="NAME",
        help="of the hidden layers: relu, tanh, sigmoid, gelu, ...")
    add("--dropout", type=SHARE(), metavar="SHARE", help="after each hidden layer: 0.2")
    add("--epochs", type=whole(1), metavar="N", help="how often to go through the examples")
    add("--batch-size", type=whole(1), metavar="N", help="examples a step")
    add("--optimizer", type=choice("optimizer", KERAS_OPTIMIZERS), metavar="NAME",
        help=", ".join(KERAS_OPTIMIZERS))
    add("--learning-rate", type=RATE(), metavar="X",
        help="how far a step goes")
    add("--seed", type=whole(0), default=0, metavar="N",
        help="the same seed, the same result, to the last bit; 0")
    add = parser.add_argument_group("results").add_argument
    add("--out", type=Path, metavar="FOLDER", help="where they go; out/ and the name of the data")
    add("--overwrite", action="store_true", help="replace those of an earlier training")
    add("--resume", action="store_true",
        help="go on with a training that was interrupted, or with more epochs")
    add("--quiet", action="store_true", help="say nothing but errors")


def _run(arguments: Namespace) -> int:
    settings = _settings(arguments)
    source = asked(arguments)
    folder = arguments.out or Path("out", Path(arguments.data).stem)
    ranks = None if parallel.started() is None else parallel.Ranks()
    first = ranks is None or ranks.first
    if first:
        _check_folder(folder, arguments)
        folder.mkdir(parents=True, exist_ok=True)
        if arguments.overwrite:
            (folder / CHECKPOINT).unlink(missing_ok=True)
    if ranks is not None and not first:
        ranks.wait()  # the first may have to download it
    train, test = source.load()
    if ranks is not None and first:
        ranks.wait()
    model = _network(train, settings, arguments, ranks)
    say = _silent if arguments.quiet or not first else print
    say(f"{Path(source.name).name}: {len(train):,} examples to learn from, {len(test):,} held out, "
        f"{train.x.shape[1]:,} features")  # fmt: skip
    for line in _read_how(train.encoder):
        say(fill(line))
    say(f"{'-'.join(map(str, _widths(model)))} network, {model.count_params():,} parameters, "
        f"{settings.optimizer}, batches of {settings.batch_size}")  # fmt: skip
    if ranks is not None:
        say(fill(f"{ranks.size} processes, each with its part of every batch: if one dies, all end,"
                 " and the same command with --resume goes on"))  # fmt: skip
    say("")
    model.extra = {
        "source": asdict(source), "checksum": source.checksum(), "learned": len(train),
        "held_out": len(test), "features": list(train.feature_names),
        "image_shape": list(train.image_shape), "encoder": train.encoder.to_dict(),
        "settings": asdict(settings) | {"hidden": list(settings.hidden)},
    }  # fmt: skip
    try:
        history = model.fit(
            train.x, train.y, settings.batch_size, settings.epochs,
            verbose=0 if arguments.quiet or not first else "auto",
            callbacks=[CSVLogger(folder / HISTORY),
                       Checkpoints(folder, STEPS, delete_checkpoint=False)],
            validation_split=arguments.validation_split)  # fmt: skip
    except KeyboardInterrupt:
        if not first:
            return 130
        again = [x for x in arguments.given if x not in ("--resume", "--overwrite")]
        command = ["mlp", *again, "--resume"]
        if ranks is not None:
            command = ["mpiexec", "-n", str(ranks.size), *command]
        print(f"\nmlp train: stopped in epoch {model.position.epoch + 1} of {settings.epochs}; to "
              f"go on: {shlex.join(command)}", file=sys.stderr)  # fmt: skip
        return 130
    if not first:
        ranks.wait()
        return 0
    result = Assessment(model, test)
    model.extra |= {"epochs": len(history.epoch), "figures": result.figures}
    model.save(folder / MODEL)
    say(f"\nOn the {len(test):,} examples held out:\n\n{result.text}\n")
    files = [MODEL, HISTORY]
    try:
        files += result.save_pictures(folder, history)
    except ModuleNotFoundError as error:
        say(f"No pictures: {error}")
    say(fill(f"In {folder}: {', '.join(files)}"))
    if ranks is not None:
        ranks.wait()
    return 0


def _read_how(encoder: TableEncoder) -> list[str]:
    """Say of each column of a table as what it was read."""
    if not encoder.columns:
        return []
    lines = [f"  {line}" for line in str(encoder).splitlines()]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES - 1:] = [f"  and {len(lines) - MOST_LINES + 1} columns more"]
    if encoder.notation != PLAIN:
        lines.insert(0, f"  numbers are written as {encoder.notation}")
    return [*lines, f"  {encoder.target}"]


def _silent(*_: Any) -> None:
    """Say nothing."""


def _settings(arguments: Namespace) -> Settings:
    """Take what is given, and the rest as suits the data."""
    settings = recipe(arguments.data).settings
    given = {f.name: x for f in fields(settings)
             if (x := getattr(arguments, f.name)) is not None}  # fmt: skip
    if "optimizer" in given:
        given = {"learning_rate": None, **given}  # its own, if none is given
    return replace(settings, **given)


def _check_folder(folder: Path, arguments: Namespace) -> None:
    """See that nothing is lost that somebody may want, before anything is done."""
    if arguments.resume and arguments.overwrite:
        raise UsageError("--resume goes on with what --overwrite throws away: give one of them")
    model, checkpoint = ((folder / name).exists() for name in (MODEL, CHECKPOINT))
    if arguments.resume and not checkpoint:
        raise FileNotFoundError(f"there is no training in {folder} to go on with")
    if (model or checkpoint) and not (arguments.resume or arguments.overwrite):
        what, more = ("a model", "and more --epochs to go on") if model else (
            "a training that was interrupted", "to go on")  # fmt: skip
        raise FileExistsError(f"{folder} has {what} already: add --resume {more}, --overwrite to "
                              "begin anew, or another --out")  # fmt: skip


def _network(
    train: Dataset, settings: Settings, arguments: Namespace, ranks: parallel.Ranks | None
) -> Sequential:
    model = Sequential(seed=arguments.seed)
    if train.image_shape:
        model.add(Rescaling(1 / recipe(arguments.data).brightest))
    elif not train.encoder.columns:  # which scale what they encode
        model.add(Normalization())
        model.layers[-1].adapt(train.x)
    for units in settings.hidden:
        model.add(Dense(units, settings.activation))
        if settings.dropout:
            model.add(Dropout(settings.dropout))
    classes = len(train.encoder.target_names)
    model.add(Dense(classes, "softmax") if classes else Dense(1))
    model.build(train.x.shape[1])
    optimizer = settings.optimizer
    if settings.learning_rate is not None:
        optimizer = partial(KERAS_OPTIMIZERS[optimizer], learning_rate=settings.learning_rate)
    if classes:
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"],
                      ranks=ranks)  # fmt: skip
    else:
        model.compile(optimizer, "mean_squared_error", ranks=ranks)
    return model


def _widths(model: Sequential) -> list[int]:
    return [model.shape[0], *(layer.units for layer in model.layers if isinstance(layer, Dense))]


TRAIN = Command(
    "train", "train a network on a data set or a table",
    "Train a network; write model, history and pictures to a folder.",
    """
mlp train digits
mlp train spiral --hidden 64,64 --activation tanh --epochs 200
mlp train penguins.csv --target species --out out/penguins
mlp train mnist --data ~/mnist --dropout 0.3 --epochs 20
mlp train digits --epochs 60 --resume
mpiexec -n 4 mlp train mnist --batch-size 512
""", _arguments, _run,
)  # fmt: skip
