"""Data sets by name, and what suits each; tables from files."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np

from .. import data
from ..data import Dataset, TableEncoder
from ..data.encoding import Target
from ..lookup import lookup
from .arguments import UsageError

__all__ = ["RECIPES", "Recipe", "Settings", "Source", "recipe"]


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
