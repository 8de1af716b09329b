"""Data sets by name, and what suits each; tables from files."""

import warnings
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from .. import data
from ..data import Dataset, TableEncoder
from ..data.encoding import Target
from ..lookup import lookup
from .arguments import SHARE, Parser, UsageError, choice, notation, pair

__all__ = ["RECIPES", "Recipe", "Settings", "Source", "asked", "data_arguments", "recipe"]


@dataclass(frozen=True)
class Settings:
    """A network and how it is trained."""

    hidden: Sequence[int] = (32, 16)
    activation: str = "relu"
    dropout: float = 0.0
    epochs: int = 60
    batch_size: int = 32
    optimizer: str = "adam"
    learning_rate: float | None = 0.01


@dataclass(frozen=True)
class Recipe:
    """A data set, and settings with which plain ``mlp train`` learns it well in seconds."""

    load: Callable[[], Dataset] | None = None
    settings: Settings = Settings(learning_rate=0.005)
    brightest: int = 1  # of a pixel, where the examples are images


RECIPES = {
    "digits": Recipe(data.digits, Settings((128, 64), dropout=0.3, epochs=30, learning_rate=0.002),
                     brightest=16),
    "iris": Recipe(data.iris, Settings((16,), batch_size=16)),
    "mnist": Recipe(None, Settings((256, 128), dropout=0.2, epochs=10, batch_size=128,
                                   learning_rate=0.001), brightest=255),
    "moons": Recipe(partial(data.moons, 400, noise=0.2), Settings()),
    "circles": Recipe(partial(data.circles, 400), Settings()),
    "spiral": Recipe(partial(data.spiral, 600), Settings((32, 32), "tanh", epochs=100)),
    "blobs": Recipe(partial(data.blobs, 400), Settings((16,), epochs=30)),
    "xor": Recipe(partial(data.xor, 400, noise=0.15), Settings((8,), "tanh")),
    "shapes": Recipe(partial(data.shapes, 3000), Settings((128, 64), dropout=0.2, epochs=30,
                                                          learning_rate=0.001)),
    "diabetes": Recipe(data.diabetes, Settings((16,), dropout=0.1, learning_rate=0.003)),
}  # fmt: skip


def recipe(name: str) -> Recipe:
    """Find a data set by its name; anything that looks like a file is a table."""
    if "." in name or Path(name).exists():
        return RECIPES.get(name, Recipe())
    try:
        found: Recipe = lookup("data set", name, {**RECIPES})
    except ValueError as error:
        raise UsageError(str(error)) from None
    return found


@dataclass(frozen=True)
class Source:
    """A data set in two parts: as it is asked for, and as it is described in a model's file."""

    name: str  # a file or a data set
    target: str | None = None
    task: str | None = None
    ignore: Sequence[str] = ()
    folder: str | None = None
    test: float = 0.2
    seed: int = 0
    decimal: str | None = None
    thousands: str | None = None
    dtype: Mapping[str, str] = field(default_factory=dict)

    def load(self) -> tuple[Dataset, Dataset]:
        """Give the part to learn from and the part to test on; an encoder knows the target."""
        if self.name not in RECIPES:
            return self.table().split(self.test, seed=self.seed)
        if self.name == "mnist":
            return self._mnist()
        load = RECIPES[self.name].load
        assert load is not None
        found = load()
        train, test = found.split(self.test, seed=self.seed)
        target = Target("target", found.target_names)
        if not found.target_names:
            target = Target("target", (), float(train.y.mean()), float(train.y.std()))
        return tuple(
            replace(part, encoder=TableEncoder((), {}, target),
                    y=part.y if target.classes else (part.y - target.mean) / target.scale)
            for part in (train, test))  # fmt: skip

    def table(self) -> data.Table:
        """Read the table; say how many rows have no target."""
        how = {"decimal": self.decimal, "thousands": self.thousands, "dtype": self.dtype}
        if self.target is None:
            columns = ", ".join(data.read_table(self.name, **how).columns)
            raise UsageError(f"say what is to be predicted, --target COLUMN, of {columns}")
        table = data.table(self.name, self.target, task=self.task, ignore=self.ignore,
                           standardize_target=True, **how)  # fmt: skip
        if table.missing_targets:
            warnings.warn(f"rows without {self.target!r} are left out: {table.missing_targets}",
                          stacklevel=2)  # fmt: skip
        return table

    def _mnist(self) -> tuple[Dataset, Dataset]:
        found = data.mnist(self.folder)
        encoder = TableEncoder((), {}, Target("label", tuple("0123456789")))
        return tuple(
            Dataset(x.reshape(len(x), -1), y.astype(np.int64), (), encoder.target_names,
                    "Handwritten digits of 28 × 28 pixels.", (28, 28), encoder)
            for x, y in ((found.x_train, found.y_train), (found.x_test, found.y_test)))

    def checksum(self) -> str:
        """Give the SHA-256 of the file; "" for a data set."""
        return "" if self.name in RECIPES else sha256(Path(self.name).read_bytes()).hexdigest()


def data_arguments(parser: Parser) -> Callable[..., Any]:
    """Add what says which data are meant; give what adds more to their group."""
    parser.add_argument("data", metavar="DATA", help=f"{', '.join(RECIPES)}, or a CSV file")
    add = parser.add_argument_group("data").add_argument
    add("--target", metavar="COLUMN", help="of a table: the column to predict")
    add("--task", type=choice("task", ["classification", "regression"]), metavar="TASK",
        help="of a table: classification or regression, if not as the column looks")
    add("--ignore", metavar="COLUMNS", default="", help="of a table: columns to leave out, a,b")
    notation(add)
    add("--dtype", type=pair, action="append", default=[], metavar="COLUMN=KIND",
        help="of a table: what a column is, if not as it looks: number, text, date, or the form "
             "of its dates, %%d.%%m.%%Y; may be given more than once")
    add("--data", dest="folder", metavar="FOLDER",
        help="of mnist: where its files are; downloaded if not given")
    add("--test-split", type=SHARE(), default=0.2, metavar="SHARE",
        help="held out for the report; 0.2 (mnist has a part of its own)")
    return add


def asked(arguments: Namespace) -> Source:
    """Give the data that `data_arguments` name.

    Raises
    ------
    UsageError
        If there are none of that name, or an option is of no use with them.
    """
    recipe(arguments.data)
    table = arguments.data not in RECIPES
    for option, given, of_use in (
        ("--target", arguments.target, table), ("--task", arguments.task, table),
        ("--ignore", arguments.ignore, table), ("--decimal", arguments.decimal, table),
        ("--thousands", arguments.thousands, table), ("--dtype", arguments.dtype, table),
        ("--data", arguments.folder, arguments.data == "mnist"),
    ):  # fmt: skip
        if given and not of_use:
            raise UsageError(f"{option} is of no use with {arguments.data}")
    return Source(arguments.data, arguments.target, arguments.task,
                    [x.strip() for x in arguments.ignore.split(",") if x.strip()],
                    arguments.folder, arguments.test_split, arguments.seed, arguments.decimal,
                    arguments.thousands, dict(arguments.dtype))  # fmt: skip
