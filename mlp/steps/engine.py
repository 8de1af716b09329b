"""Steps of training by the engine: a graph is recorded for each, and walked backward."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..optimizers import Optimizer

__all__ = ["DivergenceError", "walk"]


class DivergenceError(FloatingPointError):
    """The cost or a gradient is not finite: no error of a callback's that came on the way."""


def walk(
    cost: Callable[..., Any], optimizer: Optimizer, batches: Iterable[Sequence[Any]]
) -> Iterator[tuple[float, int]]:
    """Take the steps of `descend`, of which `Sequential.fit` asks for each."""
    for batch in batches:
        J = cost(*batch)
        try:
            number = J.item()
        except AttributeError:
            raise TypeError(f"descend: cost gives a Tensor of one number, got {J!r:.60}") from None
        if not math.isfinite(number):
            raise DivergenceError(
                f"the cost is {number} after {optimizer.steps} steps: try a lower learning rate, "
                "or look for the first nan with autograd.detect_anomaly()"
            )
        optimizer.zero_grad()
        J.backward()
        try:
            optimizer.step()
        except FloatingPointError as error:
            raise DivergenceError(*error.args) from None
        examples = len(batch[0])
        del batch, J  # so that the next mini-batch may lie where this one does
        yield number, examples
