"""Keras' schedules of learning rates: functions of the number of a step."""

import math
from collections.abc import Sequence
from typing import Any

from ..missing import missing
from ..named import Configured

__all__ = [
    "CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay",
    "LearningRateSchedule", "PiecewiseConstantDecay", "PolynomialDecay",
]  # fmt: skip


class LearningRateSchedule(Configured):
    """A rate for each step, counted from 0; one of your own has ``__call__(step)``.

    Examples
    --------
    >>> class Halved(LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.1 if step < 100 else 0.05
    >>> Halved()(100)
    0.05
    """

    def __call__(self, step: int) -> float:
        """Give the rate of a step."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(step)")


class ExponentialDecay(LearningRateSchedule):
    """η₀ · rate^(step / steps); with `staircase`, the quotient without its fraction.

    Examples
    --------
    >>> ExponentialDecay(0.4, decay_steps=2, decay_rate=0.25)(1)
    0.2
    """

    def __init__(self, initial_learning_rate: float, decay_steps: float, decay_rate: float,
                 staircase: bool = False, name: str = "ExponentialDecay") -> None:  # fmt: skip
        _from_1(self, decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def _part(self, step: int) -> float:
        return step // self.decay_steps if self.staircase else step / self.decay_steps

    def __call__(self, step: int) -> float:
        """Give the rate of a step."""
        return float(self.initial_learning_rate * self.decay_rate ** self._part(step))


class InverseTimeDecay(ExponentialDecay):
    """η₀ / (1 + rate · step / steps); with `staircase`, the quotient without its fraction."""

    def __init__(self, initial_learning_rate: float, decay_steps: float, decay_rate: float,
                 staircase: bool = False, name: str = "InverseTimeDecay") -> None:  # fmt: skip
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step: int) -> float:
        """Give the rate of a step."""
        return float(self.initial_learning_rate / (1 + self.decay_rate * self._part(step)))


class PiecewiseConstantDecay(LearningRateSchedule):
    """A rate up to each boundary, and one after the last."""

    def __init__(self, boundaries: Sequence[float], values: Sequence[float],
                 name: str = "PiecewiseConstant") -> None:  # fmt: skip
        if len(boundaries) + 1 != len(values):
            raise ValueError(f"PiecewiseConstantDecay: values are one more than boundaries, got "
                             f"{len(values)} and {len(boundaries)}")  # fmt: skip
        self.boundaries, self.values, self.name = [*boundaries], [*values], name

    def __call__(self, step: int) -> float:
        """Give the rate of a step."""
        return float(self.values[sum(step > boundary for boundary in self.boundaries)])


class PolynomialDecay(LearningRateSchedule):
    """From η₀ down to η₁ as (1 − step / steps)^power; with `cycle`, again and again, longer."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: float, end_learning_rate: float = 1e-4,
        power: float = 1.0, cycle: bool = False, name: str = "PolynomialDecay",
    ) -> None:  # fmt: skip
        _from_1(self, decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle = end_learning_rate, power, cycle
        self.name = name

    def __call__(self, step: int) -> float:
        """Give the rate of a step."""
        steps = self.decay_steps
        if self.cycle:
            steps *= max(1, math.ceil(step / steps))
        left = 1 - min(step, steps) / steps
        first, last = self.initial_learning_rate, self.end_learning_rate
        return float((first - last) * left**self.power + last)


class CosineDecay(LearningRateSchedule):
    """Half a wave of the cosine from η₀ down to αη₀; before that, a line up to `warmup_target`."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: float, alpha: float = 0.0,
        name: str = "CosineDecay", warmup_target: float | None = None, warmup_steps: float = 0,
    ) -> None:  # fmt: skip
        _from_1(self, decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps, self.alpha = (
            initial_learning_rate, decay_steps, alpha)  # fmt: skip
        self.name, self.warmup_target, self.warmup_steps = name, warmup_target, warmup_steps

    def __call__(self, step: int) -> float:
        """Give the rate of a step."""
        first, target, warm = self.initial_learning_rate, self.warmup_target, self.warmup_steps
        if target is not None:
            if step < warm:
                return float(first + (target - first) * step / warm)
            first, step = target, step - warm
        return float(first * _wave(min(step, self.decay_steps) / self.decay_steps, self.alpha))


class CosineDecayRestarts(LearningRateSchedule):
    """`CosineDecay` again and again, each `t_mul` times as long and from `m_mul` times the rate."""

    def __init__(
        self, initial_learning_rate: float, first_decay_steps: float, t_mul: float = 2.0,
        m_mul: float = 1.0, alpha: float = 0.0, name: str = "SGDRDecay",
    ) -> None:  # fmt: skip
        _from_1(self, first_decay_steps=first_decay_steps)
        self.initial_learning_rate, self.first_decay_steps = (
            initial_learning_rate, first_decay_steps)  # fmt: skip
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step: int) -> float:
        """Give the rate of a step."""
        part, height, length = step / self.first_decay_steps, 1.0, 1.0
        while part >= length:
            part, height, length = part - length, height * self.m_mul, length * self.t_mul
        wave = _wave(part / length, 0.0) * height
        return float(self.initial_learning_rate * ((1 - self.alpha) * wave + self.alpha))


def _wave(part: float, alpha: float) -> float:
    return (1 - alpha) * 0.5 * (1 + math.cos(math.pi * part)) + alpha


def _from_1(schedule: Any, **steps: Any) -> None:
    for name, n in steps.items():
        if not n > 0:
            raise ValueError(f"{type(schedule).__name__}: {name} is a number above 0, got {n!r}")


__getattr__ = missing(__name__, __all__)
