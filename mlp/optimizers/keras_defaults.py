"""The optimizers that a name stands for in `Sequential.compile`: with Keras' defaults and numbers.

The classes of `mlp.optimizers` have those of PyTorch, which differ in where ε is added.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .base import Optimizer
from .rules import SGD, AdaGrad, Adam, AdamW, RMSProp

__all__ = ["KERAS_OPTIMIZERS", "KerasAdaGrad", "KerasAdam", "KerasAdamW", "KerasRMSProp"]


class _EpsilonHat(Adam):
    """Adam with ε added to √v, before its bias is taken away: ε̂ of the paper's section 2."""

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *,
                 eps: float = 1e-7, **settings: Any) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, eps=eps, **settings)
        self._eps_hat = self.eps

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        self.eps = self._eps_hat / math.sqrt(1 - self.beta2 ** (self.steps + 1))
        super()._update(w, g, eta)


class KerasAdam(_EpsilonHat):
    """`Adam` as Keras computes it, w ← w − ηm √(1 − β₂ᵗ) / (1 − β₁ᵗ) / (√v + ε), ε = 1e-7."""


class KerasAdamW(_EpsilonHat, AdamW):
    """`KerasAdam` with the weight decay of `AdamW`, 0.004."""

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *,
                 weight_decay: float = 0.004, **settings: Any) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, weight_decay=weight_decay, **settings)


class KerasRMSProp(RMSProp):
    """`RMSProp` as Keras computes it: s ← ρs + (1 − ρ)g², w ← w − ηg / √(s + ε), ρ = 0.9."""

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *,
                 alpha: float = 0.9, eps: float = 1e-7) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, alpha=alpha, eps=eps)

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        s, step = self._s, self._scratch
        np.multiply(g, g, out=step)
        step *= 1 - self.alpha
        s *= self.alpha
        s += step
        _divided(g, s, max(self.eps, self._tiny), eta, step)
        w -= step


class KerasAdaGrad(AdaGrad):
    """`AdaGrad` as Keras computes it: s begins at 0.1, w ← w − ηg / √(s + ε)."""

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *,
                 eps: float = 1e-7, start: float = 0.1) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, eps=eps)
        self._s += start

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        s, step = self._s, self._scratch
        s += np.multiply(g, g, out=step)
        _divided(g, s, max(self.eps, self._tiny), eta, step)
        w -= step


def _divided(g: np.ndarray, s: np.ndarray, eps: float, eta: float, step: np.ndarray) -> None:
    """Write ηg / √(s + ε)."""
    np.add(s, eps, out=step)
    np.sqrt(step, out=step)
    np.divide(g, step, out=step)
    step *= eta


KERAS_OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": partial(SGD, learning_rate=0.01),
    "adagrad": KerasAdaGrad,
    "rmsprop": KerasRMSProp,
    "adam": KerasAdam,
    "adamw": KerasAdamW,
}
