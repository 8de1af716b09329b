"""``mlp evaluate``, ``mlp predict`` and ``mlp info``: models of ``mlp train`` are used."""

import csv
import io
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Dataset, TableEncoder, read_table
from ..data.columns import Number
from ..data.files import refusing, write_atomically
from ..models import load_model
from .arguments import Command, Parser, fill, notation
from .report import Assessment
from .sources import RECIPES, Source, recipe
from .training import MODEL

__all__ = ["EVALUATE", "INFO", "PREDICT", "Trained"]


class Trained:
    """A model, and what its file says of the data that it learned.

    Raises
    ------
    OSError, ValueError
        If there is no such file, or it is not of `mlp train`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path / MODEL if path.is_dir() else path
        self.model = load_model(self.path)
        self.about: Mapping[str, Any] = self.model.extra
        if "encoder" not in self.about:
            raise ValueError(f"{self.path}: it says nothing of its data, as models of mlp train do")
        with refusing(self.path):
            self.encoder = TableEncoder.from_dict(self.about["encoder"])
            self.source = Source(**self.about["source"])
            self.features = [str(name) for name in self.about["features"]]
            self.image_shape = tuple(self.about["image_shape"])
            self.checksum = str(self.about["checksum"])
            if self.encoder.target is None:
                raise ValueError("it does not say what it predicts")

    def inputs(self, given: Any) -> np.ndarray:
        """Turn an array, or the rows of a table, into what the network takes."""
        if isinstance(given, np.ndarray):
            return self._array(given)
        if self.image_shape:  # pixels go by their places
            pixels = given.drop(columns=self.encoder.target.name, errors="ignore")
            return self._array(pixels.to_numpy())
        if self.encoder.columns:
            return self.encoder.encode(given)
        columns = tuple(Number(name, False, np.nan, 0, 1, False) for name in self.features)
        return replace(self.encoder, columns=columns).encode(given)

    def _array(self, x: np.ndarray) -> np.ndarray:
        names = [column.name for column in self.encoder.columns]
        wanted = len(names) or self.model.shape[0]
        if not x.ndim or x.size != len(x) * wanted or x.dtype.kind not in "biuf":
            raise ValueError(f"the model takes rows of {wanted} numbers, got an array of {x.dtype} "
                             f"of shape {x.shape}")  # fmt: skip
        x = x.reshape(len(x), -1)
        if not names:
            return x
        from pandas import DataFrame

        return self.encoder.encode(DataFrame(x, columns=names))

    def read(self, path: Any, decimal: str | None, thousands: str | None) -> Any:
        """Read a table, with its columns as they were learned."""
        learned = self.encoder if self.encoder.columns else None
        return read_table(path, decimal=decimal, thousands=thousands, encoder=learned)

    def part(
        self, name: str, target: str | None, decimal: str | None = None,
        thousands: str | None = None,
    ) -> Dataset:  # fmt: skip
        """Give the examples held out of a data set that it learned, or all rows of a table."""
        source = replace(self.source, name=name)
        recipe(name)  # which knows what is no data
        if name in RECIPES and name != self.source.name:
            raise ValueError(f"the model learned {self.source.name}, not {name}")
        if name in RECIPES:
            return source.load()[1]
        encoder = self.encoder
        if source.checksum() == self.checksum:
            frame = source.table().parts(source.test, seed=source.seed)[1]
        else:
            frame = self.read(name, decimal, thousands)
            if target is not None:
                encoder = replace(encoder, target=replace(encoder.target, name=target))
        y = encoder.encode_target(frame)
        return Dataset(self.inputs(frame), y, encoder=encoder)

    def predict(self, given: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Give classes and their probabilities; or numbers."""
        outputs = self.model.predict(self.inputs(given), verbose=0)
        return self.encoder.decode(outputs), outputs if self.encoder.target_names else None


def _model(parser: Parser) -> None:
    parser.add_argument("model", metavar="MODEL", type=Path,
                        help="a folder of mlp train, or a file in it")  # fmt: skip


def _evaluate_arguments(parser: Parser) -> None:
    _model(parser)
    parser.add_argument("data", metavar="DATA",
                        help="the data it learned, of which the part held out is taken, or a table")
    parser.add_argument("--target", metavar="COLUMN", help="if it has another name in the table")
    notation(parser.add_argument)


def _evaluate(arguments: Namespace) -> int:
    trained = Trained(arguments.model)
    part = trained.part(arguments.data, arguments.target, arguments.decimal, arguments.thousands)
    print(f"{trained.path} on {len(part):,} examples of {arguments.data}:\n")
    print(Assessment(trained.model, part).text)
    return 0


def _predict_arguments(parser: Parser) -> None:
    _model(parser)
    parser.add_argument("file", metavar="FILE", type=Path,
                        help="a CSV file with the columns of the training, or an array in .npy")
    notation(parser.add_argument)
    parser.add_argument("--probabilities", action="store_true", help="those of all classes")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path,
                        help="where to write the CSV; standard output if not given")  # fmt: skip


def _predict(arguments: Namespace) -> int:
    trained = Trained(arguments.model)
    given: Any
    if arguments.file.suffix == ".npy":
        with refusing(arguments.file):
            given = np.load(arguments.file, allow_pickle=False)
    else:
        given = trained.read(arguments.file, arguments.decimal, arguments.thousands)
    answers, p = trained.predict(given)
    names, columns = ["prediction"], [answers.tolist()]
    if p is None:
        columns = [[f"{y:.7g}" for y in answers]]
    elif arguments.probabilities:
        names += trained.encoder.target_names
        columns += [[f"{x:.4f}" for x in column] for column in p.T]
    else:
        names.append("probability")
        columns.append([f"{x:.4f}" for x in p.max(axis=1)])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *zip(*columns, strict=True)])
    if arguments.output is None:
        sys.stdout.write(text.getvalue())
    else:
        write_atomically(arguments.output, text.getvalue().encode())
    return 0


def _info(arguments: Namespace) -> int:
    trained = Trained(arguments.model)
    with refusing(trained.path):
        rows = _rows(trained)
    trained.model.summary()
    print()
    for name, value in rows.items():
        print(fill(f"{name:10}{value}", 10))
    return 0


def _rows(trained: Trained) -> dict[str, Any]:
    """Say what the model learned, and how."""
    about, shape, target = trained.about, trained.image_shape, trained.encoder.target
    settings = ", ".join(f"{name.replace('_', ' ')} {x}" for name, x in about["settings"].items()
                         if x is not None)  # fmt: skip
    figures = about.get("figures", {}).items()
    return {
        "File": trained.path,
        "Learned": f"{about['learned']:,} examples of {trained.source.name}, "
                   f"{about['held_out']:,} held out, seed {trained.source.seed}",
        "Inputs": f"images of {shape[0]} × {shape[1]} pixels" if shape else _listed(
            trained.features),
        "Predicts": f"{target.name}: {_listed(target.classes) or 'a number'}",
        "Settings": settings.replace("[", "").replace("]", ""),
        "Held out": ", ".join(f"{name} {x:.4g}" for name, x in figures) or "not looked at yet",
    }  # fmt: skip


def _listed(names: Any, most: int = 12) -> str:
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


EVALUATE = Command(
    "evaluate", "say how well a model does on data",
    "Say how well a model does: on the held-out part of the data that it learned, or on a table.",
    """
mlp evaluate out/digits digits
mlp evaluate out/penguins new-penguins.csv
""", _evaluate_arguments, _evaluate,
)  # fmt: skip

PREDICT = Command(
    "predict", "write what a model predicts, as CSV",
    "Write what a model predicts for each row of a table or an array, as CSV.",
    """
mlp predict out/penguins new-penguins.csv
mlp predict out/digits images.npy --probabilities -o predictions.csv
""", _predict_arguments, _predict,
)  # fmt: skip

INFO = Command(
    "info", "show a model: its layers, what it learned, how well",
    "Show the layers of a model, how many parameters they have, what it learned and how well.",
    "mlp info out/digits", _model, _info,
)  # fmt: skip
