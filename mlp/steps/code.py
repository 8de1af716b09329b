"""`Code`: a step of training as straight code, with the numbers of the engine, bit for bit."""

import math
from collections.abc import Callable, Mapping, Sequence
from operator import is_not
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from autograd import Elementwise, Tensor
from autograd.programs import Traced, UntraceableError, difference, leaf, split, trace, write_step

from ..optimizers import Optimizer
from .engine import Reduce

__all__ = ["Code", "Draws", "Kept", "described", "later"]

_ASIDE = ("scope", "rng", "_inference", "_straight")  # nothing is computed from them
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
                               if k not in _ASIDE])  # fmt: skip


def later(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Give what layers keep in parameters that are not learned, as results of a trace."""
    return {f"{n}_later": p.later for n, p in parameters.items() if p.later is not None}


class Kept(dict[Any, Any]):
    """Code that was written, by what it is for; a copy begins anew, for it is of other arrays."""

    def __reduce__(self) -> Any:
        return Kept, ()


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
    foreign : bool, optional
        Whether it is a user's: then it is looked whether it computes the same each time.

    Attributes
    ----------
    arrays : list of ndarray
        The buffers of the batch.
    noise : list of ndarray
        Those of what is drawn.
    step : callable
        Computes the cost, and the gradients to where they belong.
    outputs : list of ndarray
        What else is wanted.
    updates : list of tuple
        Parameters that are not learned, and what they are after the step.
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
        flat: Any, draws: Draws | None = None, foreign: bool = False,
    ) -> None:  # fmt: skip
        draws = draws or Draws()
        self.rows = list(arrays)
        self.arrays = [x.copy() for x in arrays.values()]
        self.tensors = list(tensors.values())
        self.bound = [p._data for p in self.tensors]
        given: dict[str, Any] = dict(zip(arrays, self.arrays, strict=True))
        leaves = given | {n: p if isinstance(p, Traced) else leaf(p._data, p)
                          for n, p in tensors.items()}  # fmt: skip
        given |= dict(zip(tensors, self.bound, strict=True))
        numbers = {id(p): k for k, p in enumerate(flat.parameters)}
        starts = [0, *np.cumsum([view.size for view in flat.views]).tolist()]
        learned = {n: numbers[id(p)] for n, p in tensors.items() if id(p) in numbers}
        traced = trace(f, leaves, list(learned), draws.made)
        if foreign:
            draws.made.clear()
            draws.calls.clear()
            first, traced = traced, trace(f, leaves, list(learned), draws.made)
            if odd := difference(first, traced):
                raise UntraceableError(f"{odd} is given another constant each time")
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
        self.step, outputs = self.code.compile(*self.given, *grads)
        results = dict(zip([*traced.results][1:], outputs, strict=True))
        self.updates = [(given[n], results.pop(key)) for n in tensors
                        if (key := f"{n}_later") in results]  # fmt: skip
        self.outputs = [*results.values()]

    def moved(self) -> bool:
        """Tell whether a parameter lies elsewhere than when the code was made."""
        return any(map(is_not, [p._data for p in self.tensors], self.bound))

    def load(self, arrays: Sequence[np.ndarray], rows: Any) -> None:
        """Bring the rows of a batch into the buffers."""
        for buffer, array in zip(self.arrays, arrays, strict=True):
            if isinstance(rows, slice) or not (array.flags.c_contiguous and array.flags.aligned):
                np.copyto(buffer, array[rows])
            elif array.dtype == buffer.dtype:
                array.take(rows, axis=0, out=buffer, mode="clip")
            else:
                np.copyto(buffer, array.take(rows, axis=0, mode="clip"))

    def draw(self, rng: np.random.Generator, buffers: Sequence[np.ndarray] = ()) -> None:
        """Draw what the layers would, into these buffers or the code's own."""
        for buffer, (method, args, kwargs) in zip(buffers or self.noise, self.calls, strict=True):
            if method == "random":
                rng.random(out=buffer, dtype=buffer.dtype)
            else:
                buffer[...] = getattr(rng, method)(*args, **kwargs)

    def run(self, optimizer: Optimizer, reduce: Reduce | None = None) -> bool:
        """Take the step for what is in the buffers; tell whether it was taken.

        It is not if a number is not finite: the engine does such a step again, which knows that
        0 · ∞ is 0, and what to say. With `reduce`, only some rows of a batch are there.
        """
        with np.errstate(all="ignore"):
            self.cost = float(self.step())
        if reduce is not None:
            self.cost = reduce(optimizer.flat, self.cost)
        optimizer.flat.idle = self.idle
        if not math.isfinite(self.cost):
            return False
        try:
            optimizer.proceed()
        except FloatingPointError:
            return False
        for p, now in self.updates:
            np.copyto(p, now)
        return True
