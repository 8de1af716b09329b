"""`Straight`: the steps of `fit` as straight code, which computes what the engine would, bit for bit.

What a step computes is traced once for each size of a batch, and written down (see
`autograd.programs`); then nothing is recorded any more. Whatever the code was made of, the
settings of layers and the loss, belongs to the key under which it is kept, so that a callback that
changes one is followed.
"""

import copy
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from autograd import Elementwise, Tensor
from autograd.programs import Traced, UntraceableError, leaf, split, trace, write_step

from ..optimizers import Optimizer
from .looped import Looped
from .loops import walk

__all__ = ["Code", "Draws", "Straight", "code_of", "described", "read"]

_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.dtype, np.generic)


class Draws:
    """Stands in for a Generator: what is drawn from it is an argument of the code.

    Attributes
    ----------
    made : dict
        Leaves for what was drawn, by name.
    calls : list
        For each of these the method of the Generator and its arguments.
    """

    def __init__(self) -> None:
        self.made: dict[str, Traced] = {}
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def _draw(self, method: str, *args: Any, **kwargs: Any) -> Traced:
        name = f"noise{len(self.made) + 1}"
        self.calls.append((method, args, kwargs))
        self.made[name] = leaf(getattr(np.random.default_rng(0), method)(*args, **kwargs))
        return self.made[name]

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_") or not hasattr(np.random.Generator, method):
            raise AttributeError(method)
        return lambda *args, **kwargs: self._draw(method, *args, **kwargs)


class _Drawn:
    """Stands in for a Generator, and gives again what was drawn."""

    def __init__(self, arrays: Sequence[np.ndarray]) -> None:
        self.arrays = iter(list(arrays))

    def __getattr__(self, method: str) -> Any:
        return lambda *args, **kwargs: next(self.arrays)


def described(x: Any, foreign: bool = False) -> Any:
    """Give something hashable that changes with every setting that code was made of.

    Parameters
    ----------
    x : object
        Layers, a loss, or what they hold.
    foreign : bool, optional
        Whether parts that are none of this package's may be there.

    Raises
    ------
    UntraceableError
        If one is, and may not be.
    """
    if isinstance(x, _PLAIN):
        return repr(x)
    if isinstance(x, Tensor):
        return id(x)
    if isinstance(x, np.ndarray):
        return x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, (list, tuple)):
        return tuple([described(part, foreign) for part in x])
    if isinstance(x, dict):
        return tuple([(k, described(part, foreign)) for k, part in x.items()])
    if isinstance(x, np.random.Generator):
        return "generator"
    kind = x if isinstance(x, (type, FunctionType, BuiltinFunctionType, np.ufunc)) else type(x)
    if (getattr(kind, "__module__", "") or "").partition(".")[0] not in ("mlp", "autograd"):
        if not foreign:
            raise UntraceableError(f"{x!r:.60} is none of this package's")
        return id(x)
    if kind is x:
        return id(x)
    if isinstance(x, Elementwise):
        if not foreign and not x.built_in:
            raise UntraceableError(f"{x!r} is a row of the user's")
        return id(x)
    return id(type(x)), tuple([(k, described(part, foreign)) for k, part in vars(x).items()
                               if k not in ("scope", "rng")])  # fmt: skip


class Code:
    """The code of a step for batches of one size, and what it reads and writes.

    Parameters
    ----------
    f : callable
        Takes Traced leaves by name; gives the cost, and what else is wanted.
    arrays : dict of ndarray
        A batch: inputs, targets, ….
    tensors : dict of Tensor
        The parameters, learned or not.
    flat : FlatParameters
        Those that are learned, and where their gradients are to be.
    draws : Draws, optional
        What `f` draws from.

    Attributes
    ----------
    arrays : list of ndarray
        The buffers of the batch.
    noise : list of ndarray
        Those of what is drawn.
    step : callable
        Computes the cost, and the gradients to where they belong.
    outputs : tuple of ndarray
        What else is wanted.
    idle : list of int
        The parameters that the cost does not depend on.
    places : dict
        Where the parameters, or pieces of one, begin in the vector of all.
    cost : float
        That of the last step.
    looped : Looped, False or None
        The compiled loops; False if there are none, None if nobody has asked yet.
    """

    cost = math.nan
    looped: Any = None

    def __init__(
        self, f: Callable[..., Any], arrays: dict[str, np.ndarray], tensors: dict[str, Tensor],
        flat: Any, draws: Draws | None = None,
    ) -> None:  # fmt: skip
        draws = draws or Draws()
        self.rows = list(arrays)
        self.arrays = [x.copy() for x in arrays.values()]
        self.tensors = list(tensors.values())
        self.bound = [p._data for p in self.tensors]
        given = dict(zip(arrays, self.arrays, strict=True))
        given |= dict(zip(tensors, self.bound, strict=True))
        numbers = {id(p): k for k, p in enumerate(flat.parameters)}
        starts = [0, *np.cumsum([view.size for view in flat.views]).tolist()]
        learned = {n: numbers[id(p)] for n, p in tensors.items() if id(p) in numbers}
        traced = trace(f, given, list(learned), draws.made)
        self.idle = [k for n, k in learned.items() if traced.gradients[n] == 0.0
                     and isinstance(traced.gradients[n], float)]  # fmt: skip
        self.places = {n: starts[k] for n, k in learned.items()}
        if len(learned) == 1:
            ((name, k),) = learned.items()
            traced, pieces = split(traced, name)
            if pieces:
                self.places = {n: starts[k] + a for n, (a, _) in pieces.items()}
                given |= {n: given[name][a:b] for n, (a, b) in pieces.items()}
        self.calls = draws.calls
        self.noise = [np.empty(x.shape, x.dtype) for x in draws.made.values()]
        given |= dict(zip(draws.made, self.noise, strict=True))
        self.traced = traced
        self.given = [given[name] for name in traced.arguments]
        self.code = write_step(traced)
        grads = [flat.grad[start : start + given[n].size].reshape(given[n].shape)
                 for n, start in self.places.items()]  # fmt: skip
        self.step, self.outputs = self.code.compile(*self.given, *grads)

    def moved(self) -> bool:
        """Tell whether a parameter lies elsewhere than when the code was made."""
        return any(p._data is not x for p, x in zip(self.tensors, self.bound, strict=True))

    def load(self, arrays: Sequence[np.ndarray], rows: Any) -> None:
        """Bring the rows of a batch into the buffers."""
        for buffer, array in zip(self.arrays, arrays, strict=True):
            if isinstance(rows, slice) or not array.flags.c_contiguous:
                np.copyto(buffer, array[rows])
            elif array.dtype == buffer.dtype:
                array.take(rows, axis=0, out=buffer, mode="clip")
            else:
                np.copyto(buffer, array.take(rows, axis=0, mode="clip"))

    def draw(self, rng: np.random.Generator) -> None:
        """Draw what the layers would."""
        for buffer, (method, args, kwargs) in zip(self.noise, self.calls, strict=True):
            if method == "random":
                rng.random(out=buffer, dtype=buffer.dtype)
            else:
                buffer[...] = getattr(rng, method)(*args, **kwargs)

    def run(self, optimizer: Optimizer) -> bool:
        """Take the step for what is in the buffers; tell whether it was taken.

        It is not if a number is not finite: the engine does such a step again, which knows that
        0 · ∞ is 0, and what to say.
        """
        with np.errstate(all="ignore"):
            self.cost = float(self.step())
        optimizer.flat.idle = self.idle
        if not math.isfinite(self.cost):
            return False
        try:
            optimizer.advance()
        except FloatingPointError:
            return False
        return True


def code_of(model: Any, flat: Any, arrays: Sequence[np.ndarray]) -> Code:
    """Write the code of a network's step: of its loss and penalties for a batch."""
    tensors = dict(zip(_names(model), model.tensors(), strict=True))
    arrays = [arrays[0].astype(model.dtype), *arrays[1:]]
    draws = Draws()

    def f(x: Any, y: Any, weights: Any = None, **parameters: Any) -> dict[str, Any]:
        memo: dict[int, Any] = {id(model.rng): draws}
        memo |= {id(p): parameters[n] for n, p in tensors.items()}
        memo |= {id(part): None for layer in model.layers for name in ("optimizer", "history")
                 if (part := getattr(layer, name, None)) is not None}  # fmt: skip
        twin = copy.copy(model)
        twin.layers = copy.deepcopy(model.layers, memo)
        before = [dict(vars(layer)) for layer in twin.layers]
        z = twin.net_input(x, True)
        J = model.loss.cost(y, z, twin.activation, weights)
        for penalty in twin.penalties():
            J = J + penalty
        for layer, was in zip(twin.layers, before, strict=True):
            now = {k: v for k, v in vars(layer).items() if k != "scope"}
            was.pop("scope", None)
            if now.keys() != was.keys() or any(now[k] is not was[k] for k in now):
                raise UntraceableError(f"{layer.name} changes itself as it computes")
        return {"J": J, "z": z}

    return Code(f, dict(zip(("x", "y", "weights"), arrays, strict=False)), tensors, flat, draws)


def read(arrays: list[np.ndarray], weighted: bool) -> list[np.ndarray]:
    """Give what the code reads: inputs, targets, and weights if there are any."""
    return [*arrays[:2], *arrays[-1:][:weighted]]


def _names(model: Any) -> list[str]:
    """Name the parameters: W1, b1, W2, …, by their layers."""
    names: list[str] = []
    for k, layer in enumerate(model.layers, 1):
        for p in layer.tensors():
            name = f"{p.label}{k}"
            taken = not name.isidentifier() or name in names or name in ("x", "y", "weights")
            names.append(f"p{len(names)}" if taken else name)
    return names


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
                found = code_of(self.model, optimizer.flat, [a[rows] for a in wanted])
            except UntraceableError as error:
                self.reason, found = str(error), None
            kept[key] = found
        return found

    def steps(
        self, pieces: Iterable[tuple[list[np.ndarray], Any]], optimizer: Optimizer,
        cost: Callable[..., Any], score: Callable[..., None], weighted: bool, watched: bool,
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
        """
        model, flat = self.model, optimizer.flat
        kept = self.prepare(optimizer)
        pieces, whole = iter(pieces), 0
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
            if self.compiled and batch is not None and n == whole and not watched:
                looped = self.looped(batch, optimizer, read(arrays, weighted))
            if looped is not None:
                order, pieces = _together(arrays, rows, n, pieces, looped.most)
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
            if batch is None or not self.step(batch, read(arrays, weighted), rows, optimizer):
                self.again(arrays, rows, optimizer, cost, [] if batch is None else batch.noise)
            else:
                score(batch.cost, n, batch.outputs[0], [a[rows] for a in arrays[2:]])
            yield 1

    def again(
        self, arrays: list[np.ndarray], rows: Any, optimizer: Optimizer, cost: Callable[..., Any],
        noise: Sequence[np.ndarray],
    ) -> None:  # fmt: skip
        """Let the engine take a step, with what was drawn for it already."""
        batch = [a[rows] for a in arrays]
        batch[0] = batch[0].astype(self.model.dtype, copy=False)
        with _drawn_again(self.model, noise):
            for _ in walk(cost, optimizer, [batch]):
                pass

    def looped(
        self, batch: Code, optimizer: Optimizer, arrays: list[np.ndarray]
    ) -> Looped | None:
        """Give the compiled loops of a batch's code; None if there are none."""
        if batch.looped is None:
            try:
                batch.looped = Looped(batch, optimizer, arrays)
            except UntraceableError as error:
                self.reason, batch.looped = str(error), False
            except ModuleNotFoundError as error:
                self.reason, batch.looped = f"{error.name} is not installed", False
        found = batch.looped
        return found if found and found.fits(optimizer) else None

    def step(
        self, batch: Code, arrays: list[np.ndarray], rows: Any, optimizer: Optimizer
    ) -> bool:
        """Take a step with these rows, and tell whether it was taken."""
        batch.load(arrays, rows)
        batch.draw(self.model.rng)
        return batch.run(optimizer)


def _length(arrays: list[np.ndarray], rows: Any) -> int:
    return len(rows) if isinstance(rows, np.ndarray) else len(arrays[0][rows])


def _together(
    arrays: list[np.ndarray], rows: Any, n: int, pieces: Iterator[Any], most: int
) -> tuple[np.ndarray, Iterator[Any]]:
    """Collect batches of one length, a row of places for each; and give what is left."""
    found = [rows]
    for following in itertools.islice(pieces, most - 1):
        if following[0] is not arrays or _length(*following) != n:
            pieces = itertools.chain([following], pieces)
            break
        found.append(following[1])
    places = np.arange(len(arrays[0]))
    return np.stack([places[some] for some in found]), pieces


@contextmanager
def _drawn_again(model: Any, noise: Sequence[np.ndarray]) -> Iterator[None]:
    """Let layers draw what was drawn for a batch."""
    layers = [x for x in _all(model.layers) if noise and vars(x).get("rng") is model.rng]
    drawn = _Drawn([x.copy() for x in noise])
    for layer in layers:
        layer.rng = drawn
    try:
        yield
    finally:
        for layer in layers:
            layer.rng = model.rng


def _all(layers: Sequence[Any]) -> list[Any]:
    """List layers, and those inside."""
    return [x for layer in layers for x in (layer, *_all(getattr(layer, "layers", ())))]
