"""Training: gradient descent on Values, and on Tensors by mini-batches.

`descend` is the loop on which `Sequential.fit` stands: mini-batches in, costs out.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd import Value

from ..given import function, listed, number, whole
from ..lookup import respelled
from ..optimizers import Optimizer
from ..steps import Costs, walk

__all__ = ["Averages", "Position", "descend", "gradient_descent"]


class Steps(Iterator[Any]):
    """Steps that are taken as they are asked for; if none ever is, it says so, as coroutines do."""

    def __init__(self, name: str, steps: Iterator[Any], count: int | None = None) -> None:
        self.name = name
        self.steps = steps
        self.count = count
        self.taken = -1  # until the first is asked for

    def __next__(self) -> Any:
        self.taken = max(self.taken, 0)
        step = next(self.steps)
        self.taken += 1
        return step

    def __len__(self) -> int:
        if self.count is None:
            raise TypeError(f"{self.name}: how many steps there will be is not known")
        return self.count - max(self.taken, 0)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        of = "" if self.count is None else f" of {self.count}"
        return (f"<{self.name}: {max(self.taken, 0)}{of} steps taken; the next is when it is asked "
                f"for: for J in {self.name}(…), or list({self.name}(…))>")  # fmt: skip

    def __del__(self) -> None:
        if self.taken < 0:
            warnings.warn(
                f"{self.name}(…) was never asked for a step, so nothing was learned: write for J "
                f"in {self.name}(…), or list({self.name}(…))", RuntimeWarning, stacklevel=2)


def descend(
    cost: Callable[..., Any], optimizer: Optimizer, batches: Iterable[Sequence[Any]], *,
    jit_compile: bool = False,
) -> Iterator[tuple[float, int]]:  # fmt: skip
    """Take a step downhill for each mini-batch.

    A step is made when its cost is asked for; a RuntimeWarning tells if none ever was.

    Parameters
    ----------
    cost : callable
        Computes J, a Tensor of one number, from the arrays of a mini-batch.
    optimizer : Optimizer
        Takes the steps.
    batches : iterable of sequences of ndarray
        The arrays of each mini-batch.
    jit_compile : bool, optional
        Whether the cost is traced, and its steps are compiled by Numba, many in one call: it has
        to compute the same of every batch of a shape. Where it looks at numbers, or draws some, it
        is the engine that takes the steps, as always.

    Yields
    ------
    J : float
        The cost before the step.
    n : int
        How many examples the mini-batch had: Σ nJ / Σ n is the mean over an epoch.

    Raises
    ------
    FloatingPointError
        If J or a gradient is not finite; the parameters are then as the last step left them.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Tensor
    >>> from mlp import SGD
    >>> w, x = Tensor([0.0]), np.array([1.0, 3.0])
    >>> for _ in range(10):
    ...     steps = list(descend(lambda x: ((w - x) ** 2).mean(), SGD([w], 0.3), [[x]]))
    >>> print(f"{w.data[0]:.3f}, J = {steps[0][0]:.3f}")
    2.000, J = 1.000
    """
    function(cost, "descend: cost", "of the arrays of a mini-batch, which gives a Tensor")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"descend: optimizer is one of parameters, such as SGD([w], 0.1), got "
                        f"{optimizer!r:.60}")  # fmt: skip
    if not isinstance(batches, Iterable):
        raise TypeError("descend: batches is a list of mini-batches, each a list of arrays, or "
                        f"gives one after the other, got {batches!r:.60}")  # fmt: skip
    if jit_compile:
        return Steps("descend", Costs(cost, optimizer, True).steps(batches))
    return Steps("descend", walk(cost, optimizer, batches))


class Averages:
    """Means and other numbers over the examples of an epoch, as far as it has come, by name.

    Examples
    --------
    >>> averages = Averages()
    >>> averages.add("loss", 6.0, 2)
    >>> averages.add("loss", 3.0, 1)
    >>> averages.logs()
    {'loss': 3.0}
    """

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.counts: dict[str, float] = {}
        self.states: dict[str, Any] = {}  # of what is no mean: see `mlp.metrics.Statistic`
        self.results: dict[str, Callable[[Any], Any]] = {}  # how its number follows

    def add(self, name: str, total: float, count: float) -> None:
        """Add the sum of so many numbers."""
        self.sums[name] = self.sums.get(name, 0.0) + total
        self.counts[name] = self.counts.get(name, 0) + count

    def of_all(self, ranks: Any) -> "Averages":
        """Add up those of all ranks, which have seen other examples."""
        total = Averages()
        vars(total).update(ranks.totals({name: getattr(self, name) for name in
                                         ("sums", "counts", "states")}))  # fmt: skip
        total.results = self.results
        return total

    def logs(self) -> dict[str, float]:
        """Give the numbers, in alphabetical order."""
        counts = self.counts
        found = {k: total / counts[k] if counts[k] else 0.0 for k, total in self.sums.items()}
        found |= {k: self.results[k](state) for k, state in self.states.items()}
        return dict(sorted(found.items()))


@dataclass
class Position:
    """Where a training stands: with the weights, the optimizer's state and ``model.rng``, all.

    Attributes
    ----------
    epoch : int
        The number of the epoch, from 0.
    step : int
        How many of its steps are done.
    order : dict
        The state of ``model.rng`` at the epoch's start, from which its order is drawn.
    averages : Averages
        Of the steps done.
    logs : dict
        The means of the epoch before.
    """

    epoch: int = 0
    step: int = 0
    order: dict[str, Any] = field(default_factory=dict)
    averages: Averages = field(default_factory=Averages)
    logs: dict[str, float] = field(default_factory=dict)


@respelled(lr="learning_rate")
def gradient_descent(
    cost: Callable[[], Value], parameters: Iterable[Value], *,
    learning_rate: float | Callable[[int], float] = 0.1, steps: int = 100,
) -> Iterator[float]:  # fmt: skip
    """Take steps downhill: p ← p − η ∂J/∂p.

    A step is made when its cost is asked for: write ``for J in gradient_descent(…)``, or
    ``list(gradient_descent(…))``. A RuntimeWarning tells if none ever was.

    Parameters
    ----------
    cost : callable
        Computes J, anew at every step, from the parameters and, if it likes, from a batch.
    parameters : iterable of Value
        What to change.
    learning_rate : float or callable, optional
        η, or a function that gives it for a step, counted from 0.
    steps : int, optional
        How many.

    Yields
    ------
    float
        J before each step.

    Raises
    ------
    FloatingPointError
        If J or a derivative is not a finite number; the parameters are then as the last step
        left them.
    TypeError, ValueError
        If a parameter or the cost is no Value, there are no parameters, or the learning rate is
        not a number from 0.

    Examples
    --------
    >>> from autograd import Value
    >>> x = Value(4.0)
    >>> [round(J, 3) for J in gradient_descent(lambda: x**2, [x], steps=3)]
    [16.0, 10.24, 6.554]
    >>> round(x.data, 3)
    2.048
    """
    function(cost, "gradient_descent: cost", "that computes J anew at every step, lambda: …")
    parameters = listed(parameters, "gradient_descent: parameters", "Values")
    if not callable(learning_rate):
        _rate(learning_rate)
    if wrong := [p for p in parameters if not isinstance(p, Value)]:
        raise TypeError(f"gradient_descent: the parameters are Values, got {wrong[0]!r:.40}: "
                        "Tensors learn by an optimizer, such as SGD, and descend")  # fmt: skip
    if not parameters:
        raise ValueError("gradient_descent: no parameters, so there is nothing to learn")
    count = whole(steps, "gradient_descent: steps", 0)
    return Steps("gradient_descent", _descent(cost, parameters, learning_rate, count), count)


def _rate(eta: Any) -> float:
    return number(eta, "gradient_descent: learning_rate", "from 0")


def _descent(
    cost: Callable[[], Value], parameters: list[Value],
    learning_rate: float | Callable[[int], float], count: int,
) -> Iterator[float]:  # fmt: skip
    for step in range(count):
        eta = _rate(learning_rate(step)) if callable(learning_rate) else learning_rate
        J = cost()
        if not isinstance(J, Value):
            raise TypeError("gradient_descent: cost gives a Value, got "
                            f"{J!r:.40} ({type(J).__name__})")  # fmt: skip
        for p in parameters:
            p.zero_grad()
        J.backward()
        reached = [p for p in parameters if p.grad is not None]  # the others do not matter for J
        if not all(map(math.isfinite, [J.data, *(p.grad for p in reached)])):
            raise FloatingPointError(
                f"the cost is {J.data} at step {step}, or one of its derivatives is not finite: "
                f"try a learning rate below {eta:g}, or look where it begins with "
                "autograd.detect_anomaly()"
            )
        for p in reached:
            p.data -= eta * p.grad
        yield J.data
