"""Steps of training by the engine: a graph is recorded for each, and walked backward."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..optimizers import Optimizer

__all__ = ["DivergenceError", "Reduce", "walk"]

Reduce = Callable[[Any, float], float]
"""From gradients, in a `FlatParameters`, and a cost by some rows of a batch to those of all."""


class DivergenceError(FloatingPointError):
    """The cost or a gradient is not finite: no error of a callback's that came on the way."""


def walk(
    cost: Callable[..., Any], optimizer: Optimizer, batches: Iterable[Sequence[Any]],
    reduce: Reduce | None = None,
) -> Iterator[tuple[float, int]]:  # fmt: skip
    """Take the steps of `descend`, of which `Sequential.fit` asks for each."""
    for batch in batches:
        J = cost(*batch)
        try:
            number = J.item()
        except AttributeError:
            raise TypeError(f"descend: cost gives a Tensor of one number, got {J!r:.60}") from None
        if reduce is None:
            _check_finite(number, optimizer)
        optimizer.zero_grad()
        J.backward()
        if reduce is not None:  # where others may have what is not finite
            optimizer.flat.gather()
            number = reduce(optimizer.flat, number)
            _check_finite(number, optimizer)
        try:
            (optimizer.step if reduce is None else optimizer.proceed)()
        except FloatingPointError as error:
            raise DivergenceError(*error.args) from None
        examples = len(batch[0])
        del batch, J  # so that the next mini-batch may lie where this one does
        yield number, examples


def _check_finite(number: float, optimizer: Optimizer) -> None:
    if not math.isfinite(number):
        raise DivergenceError(
            f"the cost is {number} after {optimizer.steps} steps: try a lower learning rate, "
            "or look for the first nan with autograd.detect_anomaly()"
        )
