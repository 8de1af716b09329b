"""Optimizers as Keras computes them: those that a name stands for in `Sequential.compile`.

The classes of `mlp.optimizers` have the defaults and numbers of PyTorch, which differ in where ε is
added, and in what a momentum remembers under a changing rate. `mlp.keras.optimizers` has these
under Keras' names, and with Keras' names of the settings.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd import norm

from .base import Optimizer
from .rules import SGD, AdaGrad, Adam, RMSProp

__all__ = [
    "KERAS_OPTIMIZERS", "KerasAdaDelta", "KerasAdaGrad", "KerasAdaMax", "KerasAdam", "KerasAdamW",
    "KerasLion", "KerasNadam", "KerasRMSProp", "KerasSGD",
]  # fmt: skip


class _AsKeras(Optimizer):
    """What Keras' optimizers share: gradients are cut down, and weights decay on their own.

    Parameters
    ----------
    clipnorm, global_clipnorm, clipvalue : float, optional
        The largest norm of the gradient of a parameter; of all of them; the largest number.
    weight_decay : float, optional
        λ: w ← (1 − ηλ)w before each step.
    """

    def __init__(
        self, parameters: Any, learning_rate: Any = 1e-3, *, clipnorm: float | None = None,
        clipvalue: float | None = None, global_clipnorm: float | None = None,
        weight_decay: float | None = None, **settings: Any,
    ) -> None:  # fmt: skip
        limits = {"clipnorm": clipnorm, "global_clipnorm": global_clipnorm, "clipvalue": clipvalue}
        given = {k: self._number(k, x) for k, x in limits.items() if x is not None}
        if len(given) > 1:
            raise ValueError(f"one of {', '.join(limits)} may be given, got {', '.join(given)}")
        super().__init__(parameters, learning_rate, weight_decay=weight_decay or 0.0, **settings)
        self.clipnorm, self.global_clipnorm, self.clipvalue = map(given.get, limits)
        self._clipped = self.flat.zeros(self._wide) if any(given.values()) else None

    def _prepared(self, w: np.ndarray, g: np.ndarray, eta: float) -> np.ndarray:
        if self.weight_decay:
            w *= 1 - eta * self.weight_decay
        if (cut := self._clipped) is None:
            return g
        if self.clipvalue:
            return np.clip(g, -self.clipvalue, self.clipvalue, out=cut)
        np.copyto(cut, g)
        limit = self.clipnorm or self.global_clipnorm
        for s in self._slices if self.clipnorm else [slice(None)]:
            if (length := float(norm(cut[s]))) > limit:
                cut[s] *= limit / length
        return cut


class KerasSGD(_AsKeras, SGD):
    """`SGD` as Keras computes it: a momentum v ← μv − ηg remembers steps, w ← w + v."""

    def __init__(self, parameters: Any, learning_rate: Any = 0.01, **settings: Any) -> None:
        super().__init__(parameters, learning_rate, **settings)

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        step = self._scratch
        np.multiply(g, -eta, out=step)
        if self.momentum:
            v = self._v
            v *= self.momentum
            v += step
            if self.nesterov:
                w += step
                np.multiply(v, self.momentum, out=step)
            else:
                step = v
        w += step


class _EpsilonHat(_AsKeras, Adam):
    """Adam with ε added to √v, before its bias is taken away: ε̂ of the paper's section 2."""

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *, eps: float = 1e-7,
                 amsgrad: bool = False, **settings: Any) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, eps=eps, **settings)
        self.amsgrad = amsgrad
        if amsgrad:
            self._largest = self._zeros("largest")

    def _epsilon(self, t: int) -> float:
        return self.eps / math.sqrt(1 - self.beta2**t)

    def _numbers(self, eta: float) -> tuple[float, ...]:
        if not self.amsgrad:
            return super()._numbers(eta)
        t = self.steps + 1
        rate = eta * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)
        return rate, max(self.eps, self._tiny)

    def _update(  # type: ignore[override]
        self, w: np.ndarray, g: np.ndarray, rate: float, eps: float
    ) -> None:
        if not self.amsgrad:
            super()._update(w, g, rate, eps)
            return
        _follow(self._m, g, self.beta1, self._scratch)
        np.multiply(g, g, out=self._scratch)
        _follow(self._v, self._scratch, self.beta2, self._decayed)
        np.maximum(self._largest, self._v, out=self._largest)
        w -= rate * self._m / (np.sqrt(self._largest) + eps)


class KerasAdam(_EpsilonHat):
    """`Adam` as Keras computes it, w ← w − ηm √(1 − β₂ᵗ) / (1 − β₁ᵗ) / (√v + ε), ε = 1e-7.

    With `amsgrad`, the largest v so far takes the place of v (Reddi et al., 2018).
    """


class KerasAdamW(_EpsilonHat):
    """`KerasAdam` with the weight decay of `AdamW`, 0.004."""

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *,
                 weight_decay: float = 0.004, **settings: Any) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, weight_decay=weight_decay, **settings)


class KerasRMSProp(_AsKeras, RMSProp):
    """`RMSProp` as Keras computes it: s ← ρs + (1 − ρ)g², w ← w − ηg / √(s + ε), ρ = 0.9.

    Centered, s is less the square of a running mean of g; a momentum v ← μv + ηg / √(s + ε)
    remembers steps.
    """

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *,
                 alpha: float = 0.9, eps: float = 1e-7, **settings: Any) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, alpha=alpha, eps=eps, **settings)

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        s, step = self._s, self._scratch
        np.multiply(g, g, out=step)
        _follow(s, step, self.alpha, self._decayed)
        if self.centered:
            _follow(self._mean, g, self.alpha, self._decayed)
            s = np.maximum(s - np.square(self._mean), 0)  # rounding may take it below
        _divided(g, s, max(self.eps, self._tiny), eta, step)
        if self.momentum:
            self._v *= self.momentum
            self._v += step
            step = self._v
        w -= step


class KerasAdaGrad(_AsKeras, AdaGrad):
    """`AdaGrad` as Keras computes it: s begins at 0.1, w ← w − ηg / √(s + ε)."""

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *, eps: float = 1e-7,
                 start: float = 0.1, **settings: Any) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, eps=eps, **settings)
        self.start = start
        self._s += start

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        s, step = self._s, self._scratch
        s += np.multiply(g, g, out=step)
        _divided(g, s, max(self.eps, self._tiny), eta, step)
        w -= step


class KerasAdaDelta(_AsKeras):
    """w ← w + ηu with u = −g √(d + ε) / √(s + ε), s and d following g² and u².

    Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
    """

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *, rho: float = 0.95,
                 eps: float = 1e-7, **settings: Any) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, **settings)
        self.rho = self._number("rho", rho, "from 0 to below 1")
        self.eps = self._number("eps", eps)
        self._s, self._d = self._zeros("squares"), self._zeros("steps_squared")

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        eps = max(self.eps, self._tiny)
        _follow(self._s, np.square(g), self.rho, self._scratch)
        u = -g * np.sqrt((self._d + eps) / (self._s + eps))
        _follow(self._d, np.square(u), self.rho, self._scratch)
        w += eta * u


class _Moments(_AsKeras):
    """What remembers a mean of gradients, m, and something of their size."""

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *, beta1: float = 0.9,
                 beta2: float = 0.999, eps: float = 1e-7, **settings: Any) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, **settings)
        self.beta1 = self._number("beta1", beta1, "from 0 to below 1")
        self.beta2 = self._number("beta2", beta2, "from 0 to below 1")
        self.eps = self._number("eps", eps)
        self._m, self._v = self._zeros("m"), self._zeros("v")


class KerasAdaMax(_Moments):
    """Adam in which v ← max(β₂v, |g|): w ← w − ηm / (1 − β₁ᵗ) / (v + ε).

    Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 2.
    """

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        _follow(self._m, g, self.beta1, self._scratch)
        self._v *= self.beta2
        np.maximum(self._v, np.abs(g), out=self._v)
        rate = eta / (1 - self.beta1 ** (self.steps + 1))
        w -= rate * self._m / (self._v + max(self.eps, self._tiny))


class KerasNadam(_Moments):
    """Adam with Nesterov's momentum, which grows: μₜ = β₁ (1 − ½ · 0.96ᵗ).

    m̂ = μₜ₊₁ m / (1 − μ₁⋯μₜ₊₁) + (1 − μₜ) g / (1 − μ₁⋯μₜ), w ← w − ηm̂ / (√v̂ + ε).

    Dozat, "Incorporating Nesterov momentum into Adam", 2016.
    """

    _last = (0, 1.0)  # a step, and the product up to it

    def _numbers(self, eta: float) -> tuple[float, ...]:
        t = self.steps + 1
        return eta, self._factor(t), self._factor(t + 1), self._product(t)

    def _update(  # type: ignore[override]
        self, w: np.ndarray, g: np.ndarray, eta: float, now: float, ahead: float, product: float
    ) -> None:
        t = self.steps + 1
        _follow(self._m, g, self.beta1, self._scratch)
        _follow(self._v, np.square(g), self.beta2, self._scratch)
        m = ahead / (1 - product * ahead) * self._m + (1 - now) / (1 - product) * g
        w -= eta * m / (np.sqrt(self._v / (1 - self.beta2**t)) + max(self.eps, self._tiny))

    def _factor(self, t: int) -> float:
        return self.beta1 * (1 - 0.5 * 0.96**t)

    def _product(self, t: int) -> float:
        """Compute μ₁⋯μₜ, from the last if that is known."""
        before, product = self._last if self._last[0] < t else (0, 1.0)
        for k in range(before + 1, t + 1):
            product *= self._factor(k)
        self._last = t, product
        return product


class KerasLion(_Moments):
    """w ← w − η sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g.

    Chen et al., "Symbolic discovery of optimization algorithms", 2023.
    """

    def __init__(self, parameters: Any, learning_rate: Any = 1e-3, *, beta2: float = 0.99,
                 **settings: Any) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, beta2=beta2, **settings)

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        w -= eta * np.sign(self.beta1 * self._m + (1 - self.beta1) * g)
        _follow(self._m, g, self.beta2, self._scratch)


def _follow(mean: np.ndarray, x: np.ndarray, beta: float, scratch: np.ndarray) -> None:
    """Let a mean follow: βm + (1 − β)x."""
    mean *= beta
    mean += np.multiply(x, 1 - beta, out=scratch)


def _divided(g: np.ndarray, s: np.ndarray, eps: float, eta: float, step: np.ndarray) -> None:
    """Write ηg / √(s + ε)."""
    np.add(s, eps, out=step)
    np.sqrt(step, out=step)
    np.divide(g, step, out=step)
    step *= eta


KERAS_OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": partial(SGD, learning_rate=0.01),
    "adadelta": KerasAdaDelta,
    "adagrad": KerasAdaGrad,
    "adam": KerasAdam,
    "adamax": KerasAdaMax,
    "adamw": KerasAdamW,
    "lion": KerasLion,
    "nadam": KerasNadam,
    "rmsprop": KerasRMSProp,
}
