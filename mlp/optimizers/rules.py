"""The rules by which the optimizers step; defaults and results are those of PyTorch.

Those of Keras are in `mlp.keras.optimizers`, and what a name stands for in `Sequential.compile`.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from ..lookup import lookup
from .base import LearningRate, Optimizer, Parameters

__all__ = ["SGD", "AdaGrad", "RMSProp", "Adam", "AdamW", "OPTIMIZERS", "optimizer"]


class SGD(Optimizer):
    """Stochastic gradient descent: w ← w − ηg; with momentum, v ← μv + g and w ← w − ηv.

    Nesterov's momentum looks ahead: w ← w − η(g + μv), with the new v.

    Parameters
    ----------
    parameters, learning_rate, weight_decay
        As of an `Optimizer`.
    momentum : float, optional
        μ.
    nesterov : bool, optional
        Whether the momentum is Nesterov's.

    References
    ----------
    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Sutskever et
    al., "On the importance of initialization and momentum in deep learning", 2013, where v
    contains η.

    Examples
    --------
    >>> from autograd import Value
    >>> x = Value(4.0)
    >>> optimizer = SGD([x], learning_rate=0.1, momentum=0.9)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (x**2).backward()
    ...     optimizer.step()
    >>> round(x.data, 3)
    0.248
    """

    def __init__(
        self, parameters: Parameters, learning_rate: LearningRate = 1e-3, *,
        momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        self.momentum = self._number("momentum", momentum)
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov needs a momentum above 0, such as 0.9")
        super().__init__(parameters, learning_rate, weight_decay=weight_decay)
        if momentum:
            self._v = self._zeros("velocity")

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        step = self._scratch
        if self.momentum:
            v = self._v
            v *= self.momentum
            v += g
            if self.nesterov:
                np.multiply(v, self.momentum, out=step)
                g = np.add(step, g, out=step)
            else:
                g = v
        np.multiply(g, eta, out=step)
        w -= step


class AdaGrad(Optimizer):
    """A rate for each parameter, by all its gradients so far: s ← s + g², w ← w − ηg / (√s + ε).

    Parameters
    ----------
    parameters, learning_rate, weight_decay
        As of an `Optimizer`.
    eps : float, optional
        ε.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive subgradient methods", 2011.

    Examples
    --------
    The first step has the length η whatever the gradient:

    >>> from autograd import Tensor
    >>> w = Tensor([1.0, 1.0])
    >>> (w * np.array([0.01, 100.0])).sum().backward()
    >>> AdaGrad([w], learning_rate=0.1).step()
    >>> w.data
    array([0.9, 0.9])
    """

    def __init__(
        self, parameters: Parameters, learning_rate: LearningRate = 1e-2, *,
        eps: float = 1e-10, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        self.eps = self._number("eps", eps)
        super().__init__(parameters, learning_rate, weight_decay=weight_decay)
        self._s = self._zeros("squares")

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        s, step = self._s, self._scratch
        s += np.multiply(g, g, out=step)
        np.sqrt(s, out=step)
        step += max(self.eps, self._tiny)
        np.divide(g, step, out=step)
        step *= eta
        w -= step


class RMSProp(Optimizer):
    """A rate for each parameter, by its recent gradients.

    s ← αs + (1 − α)g², u = g / (√s + ε), w ← w − ηu; with momentum, v ← μv + u and w ← w − ηv.
    Centered, s is less the square of a running mean of g: it estimates a variance.

    Parameters
    ----------
    parameters, learning_rate, weight_decay
        As of an `Optimizer`.
    alpha : float, optional
        α: s remembers about 1 / (1 − α) steps.
    eps : float, optional
        ε.
    momentum : float, optional
        μ.
    centered : bool, optional
        Whether s is a variance.

    References
    ----------
    Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012; centered:
    Graves, "Generating sequences with recurrent neural networks", 2013 (with ε inside the root).

    Examples
    --------
    >>> from autograd import Tensor
    >>> w = Tensor([1.0, 1.0])
    >>> (w * np.array([0.01, 100.0])).sum().backward()
    >>> RMSProp([w], learning_rate=0.01).step()
    >>> w.data.round(3)
    array([0.9, 0.9])
    """

    def __init__(
        self, parameters: Parameters, learning_rate: LearningRate = 1e-2, *,
        alpha: float = 0.99, eps: float = 1e-8, momentum: float = 0.0, centered: bool = False,
        weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        self.alpha = self._number("alpha", alpha, "from 0 to below 1")
        self.eps = self._number("eps", eps)
        self.momentum = self._number("momentum", momentum)
        self.centered = centered
        super().__init__(parameters, learning_rate, weight_decay=weight_decay)
        self._s = self._zeros("squares")
        if centered:
            self._mean = self._zeros("mean")
        if momentum:
            self._v = self._zeros("velocity")

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        s, step, alpha = self._s, self._scratch, self.alpha
        np.multiply(g, g, out=step)
        step *= 1 - alpha
        s *= alpha
        s += step
        if self.centered:
            mean = self._mean
            np.multiply(g, 1 - alpha, out=step)
            mean *= alpha
            mean += step
            np.multiply(mean, mean, out=step)
            np.subtract(s, step, out=step)
            np.maximum(step, 0, out=step)  # rounding may take it below, and the root to NaN
            np.sqrt(step, out=step)
        else:
            np.sqrt(s, out=step)
        step += max(self.eps, self._tiny)
        np.divide(g, step, out=step)
        if self.momentum:
            v = self._v
            v *= self.momentum
            v += step
            np.multiply(v, eta, out=step)
        else:
            step *= eta
        w -= step


class Adam(Optimizer):
    """Momentum, and a rate for each parameter, both without bias towards their start at 0.

    m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ),
    w ← w − ηm̂ / (√v̂ + ε), t being the number of the step, from 1.

    Parameters
    ----------
    parameters, learning_rate, weight_decay
        As of an `Optimizer`.
    beta1, beta2 : float, optional
        β₁ and β₂: m remembers about 1 / (1 − β₁) steps, v about 1 / (1 − β₂).
    eps : float, optional
        ε (Keras has 1e-7).

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.

    Examples
    --------
    >>> from autograd import Tensor
    >>> w = Tensor([1.0, 1.0])
    >>> (w * np.array([0.01, 100.0])).sum().backward()
    >>> Adam([w], learning_rate=0.1).step()
    >>> w.data.round(6)
    array([0.9, 0.9])
    """

    def __init__(
        self, parameters: Parameters, learning_rate: LearningRate = 1e-3, *,
        beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        self.beta1 = self._number("beta1", beta1, "from 0 to below 1")
        self.beta2 = self._number("beta2", beta2, "from 0 to below 1")
        self.eps = self._number("eps", eps)
        super().__init__(parameters, learning_rate, weight_decay=weight_decay)
        self._m, self._v = self._zeros("m"), self._zeros("v")

    def _epsilon(self, t: int) -> float:
        """Give ε of step t."""
        return self.eps

    def _numbers(self, eta: float) -> tuple[float, ...]:
        # With a = √((1 − β₂) / (1 − β₂ᵗ)), √v̂ + ε is a (√V + ε/a), and a joins the other scalars.
        t = self.steps + 1
        a = math.sqrt((1 - self.beta2) / (1 - self.beta2**t))
        rate = eta * (1 - self.beta1) / (1 - self.beta1**t) / a
        return rate, max(self._epsilon(t) / a, self._tiny)

    def _update(  # type: ignore[override]
        self, w: np.ndarray, g: np.ndarray, rate: float, eps: float
    ) -> None:
        # Ten passes. The arrays hold M = m / (1 − β₁) and V = v / (1 − β₂), which saves two.
        M, V, step = self._m, self._v, self._scratch
        M *= self.beta1
        M += g
        V *= self.beta2
        V += np.multiply(g, g, out=step)
        np.sqrt(V, out=step)
        step += eps
        np.divide(M, step, out=step)
        step *= rate
        w -= step


class AdamW(Adam):
    """`Adam` with the weight decay apart from the gradient: w ← (1 − ηλ)w before each step.

    Parameters
    ----------
    parameters, learning_rate, beta1, beta2, eps
        As of `Adam`.
    weight_decay : float, optional
        λ.

    References
    ----------
    Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.

    Examples
    --------
    Where the gradient is 0, only the decay is left:

    >>> from autograd import Tensor
    >>> w = Tensor([1.0, 1.0])
    >>> (w * np.array([0.0, 100.0])).sum().backward()
    >>> AdamW([w], learning_rate=0.1, weight_decay=0.5).step()
    >>> w.data.round(6)
    array([0.95, 0.85])
    """

    def __init__(
        self, parameters: Parameters, learning_rate: LearningRate = 1e-3, *,
        beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 1e-2,
    ) -> None:  # fmt: skip
        super().__init__(parameters, learning_rate, beta1=beta1, beta2=beta2, eps=eps,
                         weight_decay=weight_decay)  # fmt: skip

    def _decay(self, w: np.ndarray, g: np.ndarray, eta: float) -> np.ndarray:
        w *= 1 - eta * self.weight_decay
        return g


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "momentum": partial(SGD, momentum=0.9),
    "nesterov": partial(SGD, momentum=0.9, nesterov=True),
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}


def optimizer(choice: str | Callable[..., Optimizer]) -> Callable[..., Optimizer]:
    """Find an optimizer's class by its name; a class is given back as it is.

    Raises
    ------
    ValueError
        If no optimizer has that name.

    Examples
    --------
    >>> optimizer("adam").__name__
    'Adam'
    """
    found: Callable[..., Optimizer] = lookup("optimizer", choice, OPTIMIZERS)
    return found
