"""Optimizers: from the gradients of parameters to their next values.

All parameters lie in one array w, and their gradients in another, g (see `FlatParameters`), so
that a step is a few passes over whole arrays. Defaults and results are those of PyTorch.
"""

import inspect
import itertools
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any

import numpy as np

from autograd import Tensor

from .compiled import loops
from .lookup import lookup
from .parameters import FlatParameters

__all__ = [
    "Optimizer", "SGD", "AdaGrad", "RMSProp", "Adam", "AdamW", "OPTIMIZERS", "optimizer",
]  # fmt: skip

LearningRate = float | Callable[[int], float]
Parameters = Sequence[Any] | FlatParameters


class _Deferrable(type):
    """Lets ``Adam(1e-3)``, without parameters, stand for a function of them."""

    def __call__(cls, parameters: Any = None, *args: Any, **settings: Any) -> Any:
        if args or not (parameters is None or isinstance(parameters, Real) or callable(parameters)):
            made = super().__call__(parameters, *args, **settings)
            names = list(inspect.signature(cls.__init__).parameters)[2:]  # without self, parameters
            made._settings = dict(zip(names, args, strict=False)) | settings
            return made
        if parameters is not None:
            settings = {"learning_rate": parameters, **settings}
        super().__call__([Tensor(0.0)], **settings)  # finds what is wrong with them now
        return partial(cls, **settings)


class Optimizer(metaclass=_Deferrable):
    """What all optimizers share; one of your own says in `_update` what a step does.

    A parameter whose ``grad`` is None is left as it is, and what the optimizer remembers of it,
    too: the cost does not depend on it, which is not a gradient of 0.

    Parameters
    ----------
    parameters : sequence of Tensor or Value, or FlatParameters
        What to change: leaves, all of one kind. ``Adam(1e-3)`` without them is a function of them,
        for `Sequential.compile`.
    learning_rate : float or callable
        η ≥ 0, or a function that gives it for a step, counted from 0 (see `mlp.schedules`). It may
        be set between steps; other settings stay as they are.
    weight_decay : float, optional
        λ: λw is added to the gradient, as if ½λ|w|² were added to the cost.

    Attributes
    ----------
    flat : FlatParameters
        The parameters and their gradients.
    steps : int
        The steps taken so far.

    Raises
    ------
    TypeError, ValueError
        If the parameters are not such, or a setting is not a number in its range.

    Examples
    --------
    >>> from autograd import Tensor
    >>> class SignDescent(Optimizer):
    ...     def _update(self, w, g, eta):
    ...         w -= eta * np.sign(g)
    >>> w = Tensor([3.0, -2.0])
    >>> optimizer = SignDescent([w], learning_rate=0.5)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 2.5, -1.5])
    """

    def __init__(
        self, parameters: Parameters, learning_rate: LearningRate, *,
        weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        self._settings: dict[str, Any] = {}
        self.learning_rate = learning_rate
        self.weight_decay = _number("weight_decay", weight_decay)
        self.steps = 0
        flat = parameters if isinstance(parameters, FlatParameters) else FlatParameters(parameters)
        self.flat = flat
        ends = np.cumsum([np.size(p.data) for p in flat.parameters]).tolist()
        self._slices = [slice(*pair) for pair in itertools.pairwise([0, *ends])]
        self._arrays: dict[str, np.ndarray] = {}
        self._scratch, self._decayed = flat.zeros(), flat.zeros()

    def _zeros(self, name: str) -> np.ndarray:
        """Make an array to remember from step to step: it belongs to the state."""
        self._arrays[name] = self.flat.zeros()
        return self._arrays[name]

    @property
    def learning_rate(self) -> LearningRate:
        """η, or the function that gives it for a step."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: LearningRate) -> None:
        self._learning_rate = rate if callable(rate) else _number("learning_rate", rate)

    @property
    def rate(self) -> float:
        """η of the coming step, a number."""
        rate = self._learning_rate
        if callable(rate):
            return _number(f"learning_rate({self.steps})", rate(self.steps))
        return rate

    def step(self) -> None:
        """Change the parameters by their gradients.

        Raises
        ------
        FloatingPointError
            If a gradient is not finite, which would spoil the parameters for good (PyTorch goes
            on, and all is NaN). Nothing has changed then, as after any other error.
        ValueError
            If a schedule's learning rate is not a number from 0, or a gradient is of another
            shape than its parameter.
        """
        eta = self.rate
        flat = self.flat
        flat.gather()
        w, g = flat.data, flat.grad
        idle = [s for p, s in zip(flat.parameters, self._slices, strict=True) if p.grad is None]
        state = (w, *self._arrays.values()) if idle else ()
        kept = [(x, s, x[s].copy()) for x in state for s in idle]
        with np.errstate(all="ignore"):  # so that no pass can raise, and leave half a step
            if not math.isfinite(g.dot(g)):  # half the time of np.isfinite(g).all()
                self._check_finite(g)
            if self.weight_decay:
                g = self._decay(w, g, eta)
            self._update(w, g, eta)
        for x, s, numbers in kept:
            x[s] = numbers
        self.steps += 1
        flat.store()

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        """Change w in place, and not g: what each optimizer does in its own way."""
        raise NotImplementedError(f"{type(self).__name__} has no _update(w, g, eta)")

    def _decay(self, w: np.ndarray, g: np.ndarray, eta: float) -> np.ndarray:
        """Give g + λw."""
        np.multiply(w, self.weight_decay, out=self._decayed)
        return np.add(self._decayed, g, out=self._decayed)

    def _check_finite(self, g: np.ndarray) -> None:
        for i, (p, s) in enumerate(zip(self.flat.parameters, self._slices, strict=True)):
            wrong = g[s][~np.isfinite(g[s])]
            if wrong.size:
                raise FloatingPointError(
                    f"the gradient of parameter {p.label or i} is {wrong[0]} at step {self.steps}, "
                    "so the step was not taken: try a lower learning rate, or look for the first "
                    "nan with autograd.detect_anomaly()"
                )

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for p in self.flat.parameters:
            p.grad = None

    def state(self) -> dict[str, Any]:
        """Give what training needs to go on as if it had not stopped, beside the parameters.

        Returns
        -------
        dict
            ``steps``, ``learning_rate`` where that is a number, and the arrays (copies) that the
            optimizer remembers, each with a number for every number in ``flat.data``.
        """
        numbers = {} if callable(self.learning_rate) else {"learning_rate": self.learning_rate}
        return {"steps": self.steps, **numbers, **{k: x.copy() for k, x in self._arrays.items()}}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over a state of the same kind of optimizer, for parameters of the same shapes.

        Its learning rate is taken over, too, unless this one has a schedule.

        Raises
        ------
        ValueError
            If it is another's; nothing has changed then.
        """
        given, wanted = set(state) - {"learning_rate"}, {"steps", *self._arrays}
        if given != wanted:
            raise ValueError(f"the state of {type(self).__name__} has {', '.join(sorted(wanted))}; "
                             f"got {', '.join(sorted(given)) or 'nothing'}")  # fmt: skip
        arrays = {name: np.asarray(state[name]) for name in self._arrays}
        for name, x in arrays.items():
            if x.shape != self.flat.data.shape or x.dtype.kind != "f" or not np.isfinite(x).all():
                raise ValueError(f"{name}: expected {self.flat.data.size} finite numbers, "
                                 f"got {x.dtype} of shape {x.shape}")  # fmt: skip
        steps = operator.index(state["steps"])
        if steps < 0:
            raise ValueError(f"steps is a whole number from 0, got {steps}")
        if "learning_rate" in state and not callable(self.learning_rate):
            self.learning_rate = np.asarray(state["learning_rate"]).item()
        self.steps = steps
        for name, x in arrays.items():
            self._arrays[name][...] = x

    def get_config(self) -> dict[str, Any]:
        """Give the settings with which it was made."""
        return dict(self._settings)

    def __repr__(self) -> str:
        return (f"{type(self).__name__}({self.flat.data.size} parameters, "
                f"learning_rate={self.learning_rate!r}, steps={self.steps})")  # fmt: skip


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
        self.momentum = _number("momentum", momentum)
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum above 0, such as 0.9")
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
        self.eps = _number("eps", eps)
        super().__init__(parameters, learning_rate, weight_decay=weight_decay)
        self._s = self._zeros("squares")

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        s, step = self._s, self._scratch
        s += np.multiply(g, g, out=step)
        np.sqrt(s, out=step)
        step += self.eps
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
        self.alpha = _number("alpha", alpha, below=1)
        self.eps = _number("eps", eps)
        self.momentum = _number("momentum", momentum)
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
        step += self.eps
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
        self.beta1 = _number("beta1", beta1, below=1)
        self.beta2 = _number("beta2", beta2, below=1)
        self.eps = _number("eps", eps)
        super().__init__(parameters, learning_rate, weight_decay=weight_decay)
        self._m, self._v = self._zeros("m"), self._zeros("v")

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        # Ten passes. The arrays hold M = m / (1 − β₁) and V = v / (1 − β₂), which saves two; with
        # a = √((1 − β₂) / (1 − β₂ᵗ)), √v̂ + ε is a (√V + ε/a), and a joins the other scalars.
        t = self.steps + 1
        a = math.sqrt((1 - self.beta2) / (1 - self.beta2**t))
        rate = eta * (1 - self.beta1) / (1 - self.beta1**t) / a
        M, V, step = self._m, self._v, self._scratch
        if (compiled := loops.get("adam")) is not None:
            number = w.dtype.type  # as NumPy takes a Python number beside an array
            compiled(w, g, M, V, *map(number, (self.beta1, self.beta2, self.eps / a, rate)))
            return
        M *= self.beta1
        M += g
        V *= self.beta2
        V += np.multiply(g, g, out=step)
        np.sqrt(V, out=step)
        step += self.eps / a
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


def _number(name: str, x: Any, below: float = math.inf) -> float:
    if not isinstance(x, Real) or not 0 <= x < below:
        end = "" if below == math.inf else f" and below {below:g}"
        raise ValueError(f"{name} is a number from 0{end}, got {x!r}")
    return float(x)
