"""`Straight`: the steps of `fit` as straight code, with the numbers of the engine, bit for bit.

What a step computes is traced once for each size of a batch, and written down (see
`autograd.programs`); then nothing is recorded any more. Whatever the code was made of, the
settings of layers and the loss, belongs to the key under which it is kept, so that a callback that
changes one is followed.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.programs import UntraceableError, write_jax

from ..optimizers import Optimizer
from ..steps import (
    Code,
    Draws,
    Reduce,
    compiled_step,
    described,
    later,
    loops_for,
    loops_of,
    walk,
)
from .shared import Exchange, drawing_from
from .twin import named, twin_of

__all__ = ["Straight", "code_of", "read", "written"]


class _Drawn:
    """Stands in for a Generator, and gives again what was drawn."""

    def __init__(self, arrays: Sequence[np.ndarray]) -> None:
        self.arrays = iter(list(arrays))

    def __getattr__(self, method: str) -> Any:
        return lambda *args, **kwargs: next(self.arrays)


def code_of(
    model: Any, flat: Any, arrays: Sequence[np.ndarray], foreign: bool = False,
    cost: Callable[..., Any] | None = None,
) -> Code:  # fmt: skip
    """Write the code of a network's step, of its loss and penalties for a batch.

    Or of another cost, a function of a network and of the arrays.
    """
    tensors = named(model)
    arrays = [arrays[0].astype(model.dtype), *arrays[1:]]
    draws = Draws()

    def f(x: Any, y: Any, weights: Any = None, **parameters: Any) -> dict[str, Any]:
        twin = twin_of(model, {id(model.rng): draws}, parameters)
        before = [dict(vars(layer)) for layer in twin.layers]
        if cost is not None:
            return {"J": cost(twin, x, y, weights)} | later(parameters)
        z = twin.net_input(x, True)
        J = model.loss.cost(y, z, twin.activation, weights)
        for penalty in twin.penalties():
            J = J + penalty
        for layer, was in zip(twin.layers, before, strict=True):
            now = {k: v for k, v in vars(layer).items() if k != "scope"}
            was.pop("scope", None)
            if now.keys() != was.keys() or any(now[k] is not was[k] for k in now):
                raise UntraceableError(f"{layer.name} changes itself as it computes")
        return {"J": J, "z": z} | later(parameters)

    return Code(f, dict(zip(("x", "y", "weights"), arrays, strict=False)), tensors, flat, draws,
                foreign)  # fmt: skip


def written(
    model: Any, optimizer: Optimizer, arrays: Sequence[np.ndarray], target: str
) -> str:
    """Write a network's step for a batch: as ``"numpy"``, ``"loops"`` or ``"jax"``."""
    optimizer.flat.hold()
    code = code_of(model, optimizer.flat, arrays, foreign=True)
    if target == "jax":
        return write_jax(code.traced, "cost", f"Give the cost of {len(arrays[0])} examples.")
    return loops_of(code, optimizer).text if target == "loops" else code.code.module()


def read(arrays: list[np.ndarray], weighted: bool) -> list[np.ndarray]:
    """Give what the code reads: inputs, targets, and weights if there are any."""
    return [*arrays[:2], *arrays[-1:][:weighted]]


class Straight:
    """The straight code of a network's training, as far as there is some.

    Parameters
    ----------
    model : Sequential
        The network, compiled.
    foreign : bool, optional
        Whether layers and losses of a user's are traced, too, and loops are compiled.

    Attributes
    ----------
    reason : str
        Why the engine has to do it, if it has.
    """

    def __init__(self, model: Any, foreign: bool = False) -> None:
        self.model = model
        self.foreign = self.compiled = foreign
        self.kept: dict[Any, dict[Any, Code | None]] = {}
        self.reason = ""

    def __reduce__(self) -> Any:
        return type(None), ()  # a copy of a network writes its own

    def prepare(self, optimizer: Optimizer) -> dict[Any, Code | None] | None:
        """Give the code that there is for the network as it is now, by the size of a batch."""
        try:
            if self.model.dtype.itemsize < 4:
                raise UntraceableError("float16 is added up in float32, in some places")
            key = (described([self.model.loss, self.model.layers], self.foreign),
                   id(optimizer.flat), *map(id, optimizer.flat.parameters))  # fmt: skip
        except UntraceableError as error:
            self.reason = str(error)
            return None
        if key not in self.kept and len(self.kept) > 3:  # a callback changes settings all the time
            self.kept.clear()
        return self.kept.setdefault(key, {})

    def batch(
        self, kept: dict[Any, Code | None], optimizer: Optimizer, arrays: list[np.ndarray],
        rows: Any, n: int, weighted: bool,
    ) -> Code | None:  # fmt: skip
        """Give the code for a batch; None if the engine has to do it."""
        wanted = read(arrays, weighted)
        key = (n, *[(a.shape[1:], a.dtype) for a in wanted])
        found = kept.get(key, self)
        if found is self or (found is not None and found.moved()):
            try:
                found = code_of(self.model, optimizer.flat, [a[rows] for a in wanted],
                                self.foreign)
            except UntraceableError as error:
                self.reason, found = str(error), None
            kept[key] = found
        return found

    def steps(
        self, pieces: Iterable[tuple[list[np.ndarray], Any]], optimizer: Optimizer,
        cost: Callable[..., Any], score: Callable[..., None], weighted: bool, watched: bool,
        exchange: Exchange | None = None,
    ) -> Iterator[int]:  # fmt: skip
        """Take a step for each batch, and say how many were taken together.

        Parameters
        ----------
        pieces : iterable
            Arrays, and which rows of them a batch has.
        optimizer : Optimizer
            Takes the steps.
        cost : callable
            Computes the cost of a batch by the engine, for the steps that are left to it.
        score : callable
            Adds the cost of a batch and its outputs to the means.
        weighted : bool
            Whether the last array has weights.
        watched : bool
            Whether somebody is called between steps who may change settings.
        exchange : Exchange, optional
            With other ranks, which have other rows of each batch.
        """
        model, flat = self.model, optimizer.flat
        reduce = None if exchange is None else exchange.reduce
        kept = self.prepare(optimizer)
        pieces, whole = _Pieces(pieces), 0
        while (piece := next(pieces, None)) is not None:
            arrays, rows = piece
            if watched:
                kept = self.prepare(optimizer)
            n = _length(arrays, rows)
            whole = whole or n
            flat.hold()
            batch = None
            if kept is not None:
                batch = self.batch(kept, optimizer, arrays, rows, n, weighted)
            looped = None
            if exchange is not None:
                if self.compiled and batch is not None:
                    self.compile(batch, flat)
            elif self.compiled and batch is not None and n == whole and not watched:
                looped = loops_for(self, batch, optimizer, read(arrays, weighted))
            if looped is not None:
                order = _together(arrays, rows, n, pieces, looped.most)
                wanted = read(arrays, weighted)
                start = 0
                for done, costs, outputs, noise in looped.steps(
                        wanted, order, len(arrays) > 2 + weighted, model.rng):  # fmt: skip
                    if done > start:
                        some = order[start:done].ravel()
                        score(float(costs[start:done].mean()), len(some),
                              outputs[start:done].reshape(-1, *batch.outputs[0].shape[1:]),
                              [a[some] for a in arrays[2:]])  # fmt: skip
                        yield done - start
                    if done < len(order):
                        self.again(arrays, order[done], optimizer, cost, noise)
                        yield 1
                    start = done + 1
                continue
            if batch is None or not self.step(batch, read(arrays, weighted), rows, optimizer,
                                              exchange):  # fmt: skip
                self.again(arrays, rows, optimizer, cost, [] if batch is None else batch.noise,
                           reduce)  # fmt: skip
            else:
                score(batch.cost, n, batch.outputs[0], [a[rows] for a in arrays[2:]])
            yield 1

    def again(
        self, arrays: list[np.ndarray], rows: Any, optimizer: Optimizer, cost: Callable[..., Any],
        noise: Sequence[np.ndarray], reduce: Reduce | None = None,
    ) -> None:  # fmt: skip
        """Let the engine take a step, with what was drawn for it already."""
        batch = [a[rows] for a in arrays]
        batch[0] = batch[0].astype(self.model.dtype, copy=False)
        drawn = _Drawn([x.copy() for x in noise]) if noise else self.model.rng
        with drawing_from(self.model, drawn):
            for _ in walk(cost, optimizer, [batch], reduce):
                pass

    def step(
        self, batch: Code, arrays: list[np.ndarray], rows: Any, optimizer: Optimizer,
        exchange: Exchange | None = None,
    ) -> bool:  # fmt: skip
        """Take a step with these rows, and tell whether it was taken."""
        batch.load(arrays, rows)
        if exchange is None:
            batch.draw(self.model.rng)
            return batch.run(optimizer)
        batch.draw(exchange.generator())
        return batch.run(optimizer, exchange.reduce)

    def compile(self, batch: Code, flat: Any) -> None:
        """Compile cost and gradient, where that can be, and leave the optimizer's step apart."""
        if batch.looped is None:
            try:
                batch.step, batch.looped = compiled_step(batch, flat), True
            except UntraceableError as error:
                self.reason, batch.looped = str(error), False
            except ModuleNotFoundError as error:
                self.reason, batch.looped = f"{error.name} is not installed", False


def _length(arrays: list[np.ndarray], rows: Any) -> int:
    return len(rows) if isinstance(rows, np.ndarray) else len(arrays[0][rows])


class _Pieces(Iterator[Any]):
    """An iterator to which one may be given back."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.items, self.back = iter(items), []

    def __next__(self) -> Any:
        return self.back.pop() if self.back else next(self.items)


def _together(
    arrays: list[np.ndarray], rows: Any, n: int, pieces: _Pieces, most: int
) -> np.ndarray:
    """Collect batches of one length, a row of places for each."""
    found = [rows]
    for following in itertools.islice(pieces, most - 1):
        if following[0] is not arrays or _length(*following) != n:
            pieces.back.append(following)
            break
        found.append(following[1])
    places = np.arange(len(arrays[0]))
    return np.stack([places[some] for some in found])
