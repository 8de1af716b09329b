"""What `fit` and `evaluate` are given, checked: arrays, or what gives batches."""

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import as_array, check_finite
from ..callbacks import Callback
from ..data import minibatches
from ..data.ahead import Ahead, mapped
from ..given import listed, whole
from ..losses import Huber, Loss, MeanAbsoluteError, MeanSquaredError
from ..metrics import Metric

__all__ = [
    "Batches", "Data", "Part", "Stream", "batch_size_of", "called", "choices", "class_weights",
    "gathered",
    "gives_batches", "split",
]  # fmt: skip


Piece = tuple[list[np.ndarray], Any]


@dataclass
class Data:
    """Checked inputs, and beside them what loss and metrics want to see, and weights."""

    arrays: list[np.ndarray]
    metrics: list[Metric]
    weighted: bool

    def __len__(self) -> int:
        return len(self.arrays[0])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an example."""
        return self.arrays[0].shape[1:]

    def steps(self, batch_size: int) -> int:
        """Say how many batches an epoch has."""
        return -(-len(self) // batch_size)

    def batches(
        self, size: int, dtype: Any, rng: np.random.Generator | None = None, start: int = 0
    ) -> Iterable[list[np.ndarray]]:
        """Go through them, in an order that is drawn at once."""
        order = None if rng is None else rng.permutation(len(self))
        return self.read(minibatches(self.arrays, size, order, start=start, dtype=dtype))

    def read(self, batches: Iterable[list[np.ndarray]]) -> Iterable[list[np.ndarray]]:
        """Let a thread read the next from a file, where the arrays are in one."""
        return Ahead(batches) if self.mapped else batches

    @property
    def mapped(self) -> bool:
        """Whether examples lie in a memory-mapped file."""
        return any(map(mapped, self.arrays))

    def pieces(
        self, size: int, dtype: Any, rng: np.random.Generator | None = None, start: int = 0
    ) -> Iterable[Piece]:
        """Give the same as arrays and the rows of a batch, for what takes these itself."""
        if self.mapped:
            return ((batch, slice(None)) for batch in self.batches(size, dtype, rng, start))
        order = None if rng is None else rng.permutation(len(self))
        places = range(start * size, len(self), size)
        return ((self.arrays, slice(k, k + size) if order is None else order[k : k + size])
                for k in places)  # fmt: skip


@dataclass
class Part(Data):
    """`Data` of which an epoch takes so many batches, and the next goes on where it ended."""

    limit: int

    def steps(self, batch_size: int) -> int:
        """Say how many batches an epoch has."""
        return self.limit

    def batches(
        self, size: int, dtype: Any, rng: np.random.Generator | None = None, start: int = 0
    ) -> Iterable[list[np.ndarray]]:
        """Go through the next of them."""
        there = super().steps(size)
        at = getattr(self, "at", 0) % there
        if not at:
            self.rest = iter(super().batches(size, dtype, rng))
        self.at = at + min(self.limit, there - at)
        if self.at - at < self.limit:
            warnings.warn(f"fit: the batches ended after {self.at - at} of {self.limit} steps",
                          stacklevel=3)  # fmt: skip
        return itertools.islice(self.rest, self.at - at)

    def pieces(
        self, size: int, dtype: Any, rng: np.random.Generator | None = None, start: int = 0
    ) -> Iterable[Piece]:
        """Give each batch, and that all of its rows are meant."""
        return ((batch, slice(None)) for batch in self.batches(size, dtype, rng, start))


class Batches:
    """Batches by their number: one of your own says how many there are, and gives each.

    Examples
    --------
    >>> class Squares(Batches):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, k):
    ...         x = np.array([[k], [k + 1]])
    ...         return x, x**2
    >>> [y.ravel().tolist() for x, y in Squares()]
    [[0, 1], [1, 4], [4, 9]]
    """

    def __len__(self) -> int:
        """Say how many there are."""
        raise NotImplementedError(f"{type(self).__name__} has no __len__: how many batches it has")

    def __getitem__(self, k: int) -> Any:
        """Give one: (x, y) or (x, y, sample_weight)."""
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(k): a batch")

    def __iter__(self) -> Iterator[Any]:
        """Go through them."""
        return (self[k] for k in range(len(self)))

    def on_epoch_begin(self) -> None:
        """Before an epoch."""

    def on_epoch_end(self) -> None:
        """After an epoch: here they may be put into another order."""


def gives_batches(x: Any) -> bool:
    """Tell whether x is no array, but gives batches."""
    return isinstance(x, (Iterator, Batches))


def gathered(x: Any, steps: int | None) -> np.ndarray:
    """Put the inputs of batches side by side."""
    batches = [b[0] if isinstance(b, tuple) else b for b in itertools.islice(iter(x), steps)]
    return np.concatenate([as_array(b, "predict: x") for b in batches])


class Stream:
    """What gives batches, in the place of `Data`: each is checked as it comes.

    The next is taken from it, and checked, by a thread while one is learned from.
    With a number of steps an epoch goes on where the last one ended, and begins anew what has come
    to its end; a generator that has ended ends the epoch early, with a warning.
    """

    def __init__(
        self, name: str, source: Any, check: Callable[..., Data], steps: int | None
    ) -> None:
        self.name, self.source, self.check, self.limit = name, source, check, steps
        self.rest = self._begun()
        first = self.first = next(self.rest, None)
        if first is None:
            raise ValueError(f"{name}: x gives no batches")
        self.shape, self.metrics, self.weighted = first.shape, first.metrics, first.weighted

    def _begun(self) -> Ahead:
        return Ahead(map(self._checked, iter(self.source)), eager=False)

    def steps(self, batch_size: int) -> int | None:
        """Say how many batches an epoch has, if that is known."""
        return self.limit or (len(self.source) if hasattr(self.source, "__len__") else None)

    def batches(
        self, size: int, dtype: Any, rng: np.random.Generator | None = None, start: int = 0
    ) -> Iterator[list[np.ndarray]]:
        """Go through those of an epoch."""
        source = self.source if isinstance(self.source, Batches) else None
        if source is not None:
            source.on_epoch_begin()
        taken = 0
        while self.limit is None or taken < self.limit:
            batch, self.first = self.first or next(self.rest, None), None
            if batch is None:
                break
            taken += 1
            if taken != self.limit:
                self.rest.ask()
            x, *others = batch.arrays
            del batch
            yield [x.astype(dtype, copy=False), *others]
        if self.limit is not None and taken < self.limit:
            warnings.warn(f"{self.name}: the batches ended after {taken} of {self.limit} steps",
                          stacklevel=2)  # fmt: skip
        if source is not None:
            source.on_epoch_end()
        ended = self.limit is None or taken < self.limit or taken == self.steps(size)
        if ended and not isinstance(self.source, Iterator):
            self.rest = self._begun()

    def pieces(
        self, size: int, dtype: Any, rng: np.random.Generator | None = None, start: int = 0
    ) -> Iterable[Piece]:
        """Give each batch, and that all of its rows are meant."""
        return ((batch, slice(None)) for batch in self.batches(size, dtype, rng, start))

    def _checked(self, batch: Any) -> Data:
        if not isinstance(batch, (tuple, list)) or len(batch) not in (2, 3):
            raise ValueError(f"{self.name}: a batch is (x, y) or (x, y, sample_weight), got "
                             f"{type(batch).__name__}")  # fmt: skip
        return self.check(*batch)


def choices(given: Any) -> list[Any]:
    """Give one choice, some or None as a list."""
    single = isinstance(given, str) or not isinstance(given, Iterable)
    return [given] if single and given is not None else [] if given is None else [*given]


def called(callbacks: Any) -> list[Any]:
    """Give one callback, some or None as a list."""
    if callable(callbacks) or isinstance(callbacks, Callback):
        return [callbacks]
    return listed(() if callbacks is None else callbacks, "fit: callbacks", "callbacks")


def batch_size_of(name: str, given: int | None) -> int:
    """Give the size of a batch, 32 if nothing is said."""
    return whole(32 if given is None else given, f"{name}: batch_size")


def split(x: Any, y: Any, w: Any, share: float) -> tuple[Any, Any, Any, Any]:
    """Cut off the last examples, as Keras does, before any shuffling."""
    x, y = as_array(x, "fit: x"), as_array(y, "fit: y")
    w = None if w is None else as_array(w, "fit: sample_weight")
    n = len(x) if x.ndim else 0
    if y.shape[:1] != (n,) or (w is not None and w.shape[:1] != (n,)):
        given = f"x has shape {x.shape}, y {y.shape}"
        given += "" if w is None else f", sample_weight {w.shape}"
        raise ValueError(f"fit: as many of each wanted: {given}")
    k = math.floor(n * (1 - share))
    if not 0 < k < n:
        raise ValueError(f"fit: validation_split={share} of {n} examples leaves {k} to learn from "
                         f"and {n - k} to validate: give more, or another share")  # fmt: skip
    held_out = (x[k:], y[k:]) if w is None else (x[k:], y[k:], w[k:])
    return x[:k], y[:k], w if w is None else w[:k], held_out


def class_weights(weights: Any, y: np.ndarray, shape: tuple[int, ...], loss: Loss) -> np.ndarray:
    """Give each example the weight of its class."""
    if not isinstance(weights, Mapping):
        hint = ""
        if isinstance(weights, (list, tuple)):
            hint = f": write {dict(enumerate(weights))!r:.60}"
        raise TypeError("fit: class_weight is a dict of a number for each class, got "
                        f"{weights!r:.60}{hint}")  # fmt: skip
    labels = y.reshape(len(y), -1)
    several = labels.shape[1] > 1
    of_numbers = isinstance(loss, (MeanSquaredError, MeanAbsoluteError, Huber))
    if several and not ((labels >= 0).all() and np.allclose(labels.sum(1), 1, atol=1e-3)):
        raise ValueError("fit: class_weight is for targets of one class each: with several outputs "
                         f"a row has the sum 1, as one-hot ones; got {labels[0].tolist()!r:.60}; "
                         "give sample_weight, a number for each example")  # fmt: skip
    if not several and ((labels != np.round(labels)).any() or (of_numbers and not (
            np.isin(labels, (-1, 0, 1)).all()))):  # fmt: skip
        other = labels[(labels != np.round(labels)) | ~np.isin(labels, (-1, 0, 1))][0]
        raise ValueError(f"fit: class_weight is of classes, but y has numbers, such as {other:g}: "
                         "give sample_weight, a number for each example")  # fmt: skip
    labels = labels.argmax(1) if several else labels[:, 0].astype(int)
    found, which = np.unique(labels, return_inverse=True)
    known = {*range(max(shape[-1], 2)), *found.tolist()}
    if unknown := [c for c in weights if c not in known]:
        raise ValueError(f"fit: class_weight has class {unknown[0]!r}, but there are the classes "
                         f"{min(known)} to {max(known)}")  # fmt: skip
    check_finite(as_array([*weights.values()], "fit: class_weight", float), "fit: class_weight")
    return np.array([weights.get(c, 1.0) for c in found.tolist()], float)[which]
