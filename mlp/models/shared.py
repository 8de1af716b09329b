"""What `fit` does as one of many ranks: its rows of each batch, and what it has to ask the others.

The order of the examples and the noise are drawn for all rows on every rank, from generators that
stand alike; so the numbers are those of one process, but for the order in which they are added up.
"""

import copy
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from autograd import Tensor, no_grad

from ..data import minibatches
from ..layers.dropout import Dropout, GaussianDropout, GaussianNoise
from ..parallel import Ranks
from .given import Data, Piece
from .loops import Position

__all__ = ["Exchange", "Rows", "agreed", "drawing_from", "prepared"]

NOISE = (Dropout, GaussianDropout, GaussianNoise)
SAMPLE = 1000  # rows of the data by which ranks compare them


@dataclass
class Rows(Data):
    """`Data` of which a rank takes its rows of each batch."""

    ranks: Ranks

    def own(self, n: int) -> slice:
        """Give its rows of n; where there is none for it, the first, which then does not count."""
        rows = self.ranks.rows(n)
        return rows if rows.stop > rows.start else slice(0, 1)

    def places(
        self, size: int, rng: np.random.Generator | None, start: int
    ) -> Iterator[slice | np.ndarray]:
        """Say where they are, batch by batch."""
        order = None if rng is None else rng.permutation(len(self))

        def one(k: int) -> slice | np.ndarray:
            rows = self.own(min(size, len(self) - k))
            here = slice(k + rows.start, k + rows.stop)
            return here if order is None else order[here]

        return map(one, range(start * size, len(self), size))

    def batches(
        self, size: int, dtype: Any, rng: np.random.Generator | None = None, start: int = 0
    ) -> Iterable[list[np.ndarray]]:
        """Go through its rows, in an order that is drawn at once."""
        rows = self.own(size)
        every = np.arange(len(self)) if rng is None else None
        order = [p if every is None else every[p] for p in self.places(size, rng, start)]
        return self.read(minibatches(self.arrays, rows.stop - rows.start,
                                     np.concatenate(order or [np.arange(0)]), dtype=dtype))

    def pieces(
        self, size: int, dtype: Any, rng: np.random.Generator | None = None, start: int = 0
    ) -> Iterable[Piece]:
        """Give the same as arrays and rows."""
        if self.mapped:
            return super().pieces(size, dtype, rng, start)
        return ((self.arrays, rows) for rows in self.places(size, rng, start))


class Exchange:
    """What a rank has to do with the others in an epoch.

    Parameters
    ----------
    model : Sequential
        The network.
    data : Rows
        The examples.
    size : int
        How many a batch has, on all ranks together.
    position : Position
        Where the training stands: it says which batch this is.
    """

    def __init__(self, model: Any, data: Rows, size: int, position: Position) -> None:
        self.model, self.data, self.size, self.position = model, data, size, position

    @property
    def n(self) -> int:
        """How many examples the batch has."""
        return min(self.size, len(self.data) - self.position.step * self.size)

    @property
    def share(self) -> float:
        """How large a share of them this rank has."""
        rows = self.data.ranks.rows(self.n)
        return (rows.stop - rows.start) / self.n

    def reduce(self, flat: Any, cost: float) -> float:
        """Make cost and gradient of the batch from those of the ranks."""
        return self.data.ranks.reduce(flat, cost, self.share)

    def generator(self) -> Any:
        """Stand in for the network's Generator: draw for the batch, and give one's own rows."""
        return _Drawn(self.model.rng, self.n, self.data.own(self.n))

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Let layers draw for the batch."""
        with drawing_from(self.model, self.generator()):
            yield


class _Drawn:
    """Draws for n rows, and gives some of them.

    Examples
    --------
    >>> whole = np.random.default_rng(0).random((4, 3), np.float32)
    >>> some = _Drawn(np.random.default_rng(0), 4, slice(1, 3)).random((2, 3), dtype=np.float32)
    >>> bool((some == whole[1:3]).all())
    True
    """

    def __init__(self, rng: np.random.Generator, n: int, rows: slice) -> None:
        self.rng, self.n, self.rows = rng, n, rows

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._draw(method, args, kwargs)

    def _draw(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        own = self.rows.stop - self.rows.start

        def whole(x: Any) -> Any:
            return (self.n, *x[1:]) if isinstance(x, tuple) and x[:1] == (own,) else x

        out = kwargs.pop("out", None)
        if method == "random" and out is not None and self._leaps(out):
            return out
        args = args if out is None else (out.shape,)
        kwargs = {name: whole(x) for name, x in kwargs.items()}
        found = getattr(self.rng, method)(*map(whole, args), **kwargs)[self.rows]
        if out is None:
            return found
        out[...] = found
        return out

    def _leaps(self, out: np.ndarray) -> bool:
        """Draw its rows alone, where the generator can leap over those of others."""
        bits, words = self.rng.bit_generator, out[0].nbytes / 8  # of 64 bits, that a row takes
        if not isinstance(bits, np.random.PCG64) or words % 1 or bits.state["has_uint32"]:
            return False
        bits.advance(self.rows.start * int(words))
        self.rng.random(out=out, dtype=out.dtype.type)
        bits.advance((self.n - self.rows.stop) * int(words))
        return True


@contextmanager
def drawing_from(model: Any, generator: Any) -> Iterator[None]:
    """Let the layers that draw from the network's generator draw from another."""
    layers = [x for x in every(model.layers) if vars(x).get("rng") is model.rng]
    for layer in layers:
        layer.rng = generator
    try:
        yield
    finally:
        for layer in layers:
            layer.rng = model.rng


def every(layers: Sequence[Any]) -> list[Any]:
    """List layers, and those inside."""
    return [x for layer in layers for x in (layer, *every(getattr(layer, "layers", ())))]


def prepared(
    model: Any, ranks: Ranks, data: Data, held_out: Data | None, size: int,
    facts: dict[str, Any],
) -> tuple[Rows, Data | None]:  # fmt: skip
    """See that a training can be shared out, and that all ranks mean the same; give one's part.

    Raises
    ------
    TypeError, ValueError
        If it cannot, or they do not.
    """
    for part in data, held_out:
        if part is not None and type(part) is not Data:
            raise TypeError("fit: ranks share arrays, in memory or memory-mapped, of which each "
                            "takes its rows: give x and y, and no steps_per_epoch")  # fmt: skip
    if model.dtype.itemsize < 4:
        raise TypeError(f"fit: ranks add up gradients in float32 or float64, not in {model.dtype}")
    if ranks.size > min(size, len(data)):
        raise ValueError(f"fit: {ranks.size} ranks share a batch of {min(size, len(data))} "
                         "examples: each needs one at least; give a larger batch_size, or start "
                         "fewer")  # fmt: skip
    ranks.agree("fit", {name: repr(x) for name, x in facts.items()} | _facts(model, data, held_out))
    _check_rows(model, data)
    if held_out is not None:
        rows = ranks.rows(len(held_out))
        held_out = Data([a[rows] for a in held_out.arrays], held_out.metrics, held_out.weighted)
    return Rows(data.arrays, data.metrics, data.weighted, ranks), held_out


def _facts(model: Any, data: Data, held_out: Data | None) -> dict[str, str]:
    """Describe what all ranks have to have in common."""
    optimizer, state = model.optimizer, model.rng.bit_generator.state
    settings = {k: x for k, x in vars(optimizer).items() if isinstance(x, (bool, int, float, str))}
    facts = {
        "the layers": ", ".join(f"{x.name} {[p.shape for p in x.tensors()]}" for x in model.layers),
        "the type of numbers": str(model.dtype),
        "the loss": repr(type(model.loss).__name__),
        "the optimizer": f"{type(optimizer).__name__} {settings}",
        "the weights (give Sequential the same seed)":
            _checksum([p.data for p in model.tensors()]),
        "the optimizer's memory": _checksum(optimizer._arrays.values()),
        "the random numbers (give Sequential the same seed)":
            f"{zlib.crc32(repr((state['state'], state.get('has_uint32'))).encode()):08x}",
    }  # fmt: skip
    for part, name in (data, "the examples"), (held_out, "the validation's examples"):
        if part is not None:
            facts[f"the shapes of {name}"] = str([f"{a.dtype} {a.shape}" for a in part.arrays])
            facts[name] = _checksum([a[:: max(1, len(a) // SAMPLE)] for a in part.arrays])
    return facts


def agreed(model: Any, ranks: Ranks) -> bool:
    """See that ranks have the same weights after an epoch; tell whether one of them is to stop.

    Raises
    ------
    ValueError
        If they have not, as where a callback changes them on one rank alone.
    """
    weights = _checksum([p.data for p in model.tensors()])
    ranks.agree("fit", {f"the weights after epoch {model.position.epoch + 1}": weights})
    return ranks.any(model.stop_training)


def _checksum(arrays: Iterable[np.ndarray]) -> str:
    crc = 0
    for x in arrays:
        crc = zlib.crc32(np.ascontiguousarray(x), crc)
    return f"checksum {crc:08x}"


def _check_rows(model: Any, data: Data) -> None:
    """See that what is computed of rows does not depend on what other rows are beside them.

    Raises
    ------
    ValueError
        If a layer, the loss or a metric needs the whole batch.
    """
    for metric in data.metrics:
        if not metric.mean and not type(metric).updated.__module__.startswith("mlp.metrics"):
            raise ValueError(f"fit: the metric {metric.name} keeps something that many ranks "
                             "cannot add up: evaluate it after the training")  # fmt: skip
    x, targets, *others = [a[:4] for a in data.arrays]
    weights = others[-1] if data.weighted else None
    x = x.astype(model.dtype)
    if len(x) < 2:
        return
    with no_grad(), np.errstate(all="ignore"):
        *layers, last = copy.deepcopy(_innermost(model.layers))
        for layer in layers:
            if not isinstance(layer, NOISE):
                x = _alone(layer, partial(layer, training=True), x)
        z = x
        if not isinstance(last, NOISE):
            net_input = last.net_input or last
            z = _alone(last, lambda x: net_input(x, True), x)
        parts = [model.loss.cost(targets[s], Tensor(z[s]), model.activation,
                                 None if weights is None else weights[s]).item() * len(z[s])
                 for s in (slice(None), slice(0, 1), slice(1, None))]  # fmt: skip
    if not np.isclose(parts[0], parts[1] + parts[2], rtol=1e-3, equal_nan=True):
        raise ValueError(f"fit: the loss {model.loss.name} of a batch is not the mean of its "
                         "examples' losses, which is what many ranks compute")  # fmt: skip


def _innermost(layers: Sequence[Any]) -> list[Any]:
    """List layers in the order in which they are applied, with those of networks in their place."""
    return [x for layer in layers
            for x in (_innermost(layer.layers) if hasattr(layer, "layers") else [layer])]


def _alone(layer: Any, f: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    """Apply a layer, and see that rows alone give the same as beside others."""
    whole, first, rest = (_numbers(f(some)) for some in (x, x[:1], x[1:]))
    if not np.allclose(whole, np.concatenate([first, rest]), 1e-3, 1e-5, equal_nan=True):
        raise ValueError(f"fit: {layer.name} computes something else of an example when others are "
                         f"beside it, or draws numbers of its own: a {type(layer).__name__} needs "
                         "the whole batch, of which a rank has some rows only; LayerNormalization, "
                         "say, does not")  # fmt: skip
    return whole


def _numbers(x: Any) -> np.ndarray:
    return np.asarray(x.data if isinstance(x, Tensor) else x)
