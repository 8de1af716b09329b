"""What all optimizers share: from the gradients of parameters to their next values.

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

from ..elsewhere import Hinting
from ..given import number
from ..lookup import respell
from .parameters import FlatParameters

__all__ = ["LearningRate", "Optimizer", "Parameters"]

LearningRate = float | Callable[[int], float]
Parameters = Sequence[Any] | FlatParameters
SPELLINGS = {"lr": "learning_rate", "beta_1": "beta1", "beta_2": "beta2", "epsilon": "eps"}


class _Deferrable(type):
    """Lets ``Adam(1e-3)``, without parameters, stand for a function of them.

    It takes settings by PyTorch's and Keras' names, too: ``lr=``, ``betas=``.
    """

    def __call__(cls, parameters: Any = None, *args: Any, **settings: Any) -> Any:
        settings = cls._respelled(settings)
        if hasattr(parameters, "parameters") and not isinstance(parameters, FlatParameters):
            raise TypeError(f"{cls.__name__}: parameters is a list of Tensors or Values, got a "
                            f"{type(parameters).__name__}: write .parameters() after it")
        if args or not (parameters is None or isinstance(parameters, Real) or callable(parameters)):
            made = super().__call__(parameters, *args, **settings)
            names = list(inspect.signature(cls.__init__).parameters)[2:]  # without self, parameters
            made._settings = dict(zip(names, args, strict=False)) | settings
            return made
        if parameters is not None:
            if "learning_rate" in settings:
                raise TypeError(f"{cls.__name__}: parameters is a list of Tensors or Values, got "
                                f"{parameters!r:.60}")  # fmt: skip
            settings = {"learning_rate": parameters, **settings}
        super().__call__([Tensor(0.0)], **settings)  # finds what is wrong with them now
        return partial(cls, **settings)

    def _respelled(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Give settings by the names that the constructor has; refuse what it does not know."""
        takes = inspect.signature(cls.__init__).parameters
        if "betas" in settings and "betas" not in takes:
            betas = settings.pop("betas")
            if not isinstance(betas, (tuple, list)) or len(betas) != 2:
                raise ValueError(f"{cls.__name__}: betas is a pair of numbers, got {betas!r:.60}")
            settings |= zip(("beta1", "beta2"), betas, strict=True)
        names = {theirs: ours for theirs, ours in SPELLINGS.items() if theirs not in takes}
        settings = respell(cls.__name__, settings, names)
        if not any(p.kind is p.VAR_KEYWORD for p in takes.values()):
            for name in settings.keys() - takes.keys():
                raise TypeError(f"{cls.__name__} takes no {name}=: it takes "
                                f"{', '.join(f'{n}=' for n in [*takes][2:])}")  # fmt: skip
        return settings


class Optimizer(Hinting, metaclass=_Deferrable):
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
        self.weight_decay = self._number("weight_decay", weight_decay)
        self.steps = 0
        self.flat = flat = parameters if isinstance(parameters, FlatParameters) else (
            FlatParameters(parameters, type(self).__name__))  # fmt: skip
        ends = np.cumsum([np.size(p.data) for p in flat.parameters]).tolist()
        self._slices = [slice(*pair) for pair in itertools.pairwise([0, *ends])]
        self._arrays: dict[str, np.ndarray] = {}
        # float16 has neither the squares of gradients nor an ε: what is between is float32.
        self._wide = np.result_type(flat.data, np.float32)
        self._tiny = float(np.finfo(self._wide).tiny)  # what ε is at least: 0 / 0 is no step
        self._scratch, self._decayed = flat.zeros(self._wide), flat.zeros(self._wide)

    def _number(self, name: str, x: Any, within: str = "from 0") -> float:
        return number(x, f"{type(self).__name__}: {name}", within)

    def _zeros(self, name: str) -> np.ndarray:
        """Make an array to remember from step to step: it belongs to the state."""
        self._arrays[name] = self.flat.zeros(self._wide)
        return self._arrays[name]

    @property
    def learning_rate(self) -> LearningRate:
        """η, or the function that gives it for a step."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: LearningRate) -> None:
        self._learning_rate = rate if callable(rate) else self._number("learning_rate", rate)

    @property
    def rate(self) -> float:
        """η of the coming step, a number."""
        rate = self._learning_rate
        if callable(rate):
            rate = number(rate(self.steps), f"{type(self).__name__}: learning_rate({self.steps})",
                          "from 0")  # fmt: skip
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
        self.flat.gather()
        self.advance()

    def proceed(self) -> None:
        """Do the same as `advance`, by the `step` of a user's if there is one."""
        own = type(self).step is not Optimizer.step
        (self.step if own else self.advance)()

    def advance(self) -> None:
        """Take the step of `step` by the gradients that lie in ``flat.grad``."""
        eta = self.rate
        flat = self.flat
        w, g = flat.data, flat.grad
        if w.dtype != self._wide:
            w, g = w.astype(self._wide), g.astype(self._wide)
        idle = [self._slices[k] for k in flat.idle]
        state = (w, *self._arrays.values()) if idle else ()
        kept = [(x, s, x[s].copy()) for x in state for s in idle]
        with np.errstate(all="ignore"):  # so that no pass can raise, and leave half a step
            if not math.isfinite(g.dot(g)):  # half the time of np.isfinite(g).all()
                self._check_finite(g)
            self._update(w, self._prepared(w, g, eta), *self._numbers(eta))
            for x, s, numbers in kept:
                x[s] = numbers
            if w is not flat.data:
                flat.data[:] = w
        self.steps += 1
        flat.store()

    def _numbers(self, eta: float) -> tuple[float, ...]:
        """Give the numbers that an update needs, which differ from step to step."""
        return (eta,)

    def _update(self, w: np.ndarray, g: np.ndarray, eta: float) -> None:
        """Change w in place, and not g: what each optimizer does in its own way."""
        raise NotImplementedError(f"{type(self).__name__} has no _update(w, g, eta)")

    def _prepared(self, w: np.ndarray, g: np.ndarray, eta: float) -> np.ndarray:
        """Do what comes before each update: the decay of the weights."""
        return self._decay(w, g, eta) if self.weight_decay else g

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

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients: they are None until the next pass, and not 0."""
        if not set_to_none:
            raise ValueError("zero_grad: a gradient that no pass has reached is None here, not 0: "
                             "leave set_to_none= out")  # fmt: skip
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

