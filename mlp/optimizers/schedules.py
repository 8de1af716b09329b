"""Learning-rate schedules: functions from the number of a step, from 0, to a rate.

They are for ``learning_rate=`` of the optimizers and of `mlp.gradient_descent`; any function of
the step will do there. A schedule prints as it was made, and can be compared and pickled; one whose
rates are not numbers above 0 (the last may be 0), or whose steps are not a whole number, raises a
ValueError.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..given import number, whole

__all__ = ["cosine_decay", "exponential_decay", "step_decay", "warm_up"]


@dataclass(frozen=True)
class step_decay:  # noqa: N801  (used as a function)
    """Multiply the rate by a factor every so many steps: η₀ · factor^⌊k / steps⌋.

    Parameters
    ----------
    rate : float
        η₀, the rate of step 0.
    steps : int
        For how many steps k the rate stays the same.
    factor : float, optional
        What it is multiplied by then.

    References
    ----------
    He et al., "Deep residual learning", 2016, divide the rate by 10 where the error stands still.
    PyTorch's StepLR.

    Examples
    --------
    >>> schedule = step_decay(0.1, steps=2, factor=0.5)
    >>> [schedule(k) for k in range(5)]
    [0.1, 0.1, 0.05, 0.05, 0.025]
    """

    rate: float
    steps: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _check(self, rate=self.rate, factor=self.factor)

    def __call__(self, k: int) -> float:
        """Give the rate of step `k`."""
        return self.rate * self.factor ** (k // self.steps)


@dataclass(frozen=True)
class exponential_decay:  # noqa: N801
    """Multiply the rate by a factor, spread evenly over so many steps: η₀ · factor^(k / steps).

    Parameters
    ----------
    rate : float
        η₀, the rate of step 0.
    factor : float
        What the rate has been multiplied by after `steps` steps.
    steps : int, optional
        1 if not given: the factor of every step.

    References
    ----------
    PyTorch's ExponentialLR (one step), Keras' ExponentialDecay.

    Examples
    --------
    >>> schedule = exponential_decay(0.4, 0.25, steps=2)
    >>> [schedule(k) for k in range(4)]
    [0.4, 0.2, 0.1, 0.05]
    """

    rate: float
    factor: float
    steps: int = 1

    def __post_init__(self) -> None:
        _check(self, rate=self.rate, factor=self.factor)

    def __call__(self, k: int) -> float:
        """Give the rate of step `k`."""
        return self.rate * self.factor ** (k / self.steps)


@dataclass(frozen=True)
class cosine_decay:  # noqa: N801
    """Go down half a wave of the cosine: η₁ + (η₀ − η₁)(1 + cos(πk / steps)) / 2, then stay at η₁.

    Parameters
    ----------
    rate : float
        η₀, the rate of step 0.
    steps : int
        How many steps the descent takes.
    final : float, optional
        η₁.

    References
    ----------
    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5
    without restarts. PyTorch's CosineAnnealingLR (which goes up again), Keras' CosineDecay.

    Examples
    --------
    >>> schedule = cosine_decay(0.1, steps=2)
    >>> [round(schedule(k), 4) for k in range(4)]
    [0.1, 0.05, 0.0, 0.0]
    """

    rate: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        _check(self, rate=self.rate)
        number(self.final, "cosine_decay: final", "from 0")

    def __call__(self, k: int) -> float:
        """Give the rate of step `k`."""
        if k >= self.steps:
            return self.final
        return self.final + (self.rate - self.final) * (1 + math.cos(math.pi * k / self.steps)) / 2


@dataclass(frozen=True)
class warm_up:  # noqa: N801
    """Go up evenly to the first rate of a schedule, η₀ (k + 1) / steps, then follow it.

    Parameters
    ----------
    schedule : float or callable
        η₀, to stay there, or a schedule; its step 0 comes after the warm-up.
    steps : int
        How many steps the warm-up takes; the last of them is at η₀.

    References
    ----------
    Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, section 2.2.
    PyTorch's SequentialLR of LinearLR(1 / steps, 1, steps − 1) and the schedule.

    Examples
    --------
    >>> schedule = warm_up(step_decay(0.4, steps=2, factor=0.5), steps=4)
    >>> [round(schedule(k), 4) for k in range(8)]
    [0.1, 0.2, 0.3, 0.4, 0.4, 0.4, 0.2, 0.2]
    """

    schedule: float | Callable[[int], float]
    steps: int

    def __post_init__(self) -> None:
        _check(self, **({} if callable(self.schedule) else {"schedule": self.schedule}))

    def __call__(self, k: int) -> float:
        """Give the rate of step `k`."""
        after = max(0, k - self.steps)
        rate = self.schedule(after) if callable(self.schedule) else self.schedule
        return rate * min(k + 1, self.steps) / self.steps


def _check(made: Any, **numbers: Any) -> None:
    name = type(made).__name__
    whole(made.steps, f"{name}: steps")
    for setting, x in numbers.items():
        number(x, f"{name}: {setting}", "above 0")
