"""The optimizers by Keras' names; what they do is `mlp.optimizers.keras_defaults`."""

import difflib
import inspect
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from autograd import Tensor

from ...arrays import as_array
from ...given import listed, pair
from ...optimizers import base, keras_defaults
from ..named import Configured, deserializer, found, not_here, serialize, snake_case
from . import schedules

__all__ = [
    "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Nadam", "Optimizer", "RMSprop",
    "SGD", "deserialize", "get", "serialize",
]  # fmt: skip


class _AtOnce(type(base.Optimizer)):  # type: ignore[misc]
    """Lets ``Adam(1e-3)`` be an optimizer, which is told its parameters later."""

    __call__ = type.__call__


class Optimizer(Configured, base.Optimizer, metaclass=_AtOnce):
    """What Keras' optimizers share. They are made without parameters, which `compile` gives them.

    Parameters
    ----------
    learning_rate : float, LearningRateSchedule or callable
        The rate; or what gives it for a step; or a function without arguments.
    weight_decay : float, optional
        λ: w ← (1 − ηλ)w before each step.
    clipnorm, clipvalue, global_clipnorm : float, optional
        The largest norm of each gradient; the largest number; the largest norm of all of them.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> import numpy as np
    >>> optimizer = Adam(0.01, beta_1=0.8, clipnorm=1.0)
    >>> w = Tensor([1.0])
    >>> optimizer.apply_gradients([(np.array([0.5]), w)])
    >>> w.data.round(2), optimizer.iterations
    (array([0.99]), 1)
    """

    _names: ClassVar[dict[str, str]] = {}  # Keras' name of a setting -> mlp's

    def __init__(
        self, learning_rate: Any, weight_decay: float | None = None, clipnorm: float | None = None,
        clipvalue: float | None = None, global_clipnorm: float | None = None, use_ema: bool = False,
        ema_momentum: float = 0.99, ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None, gradient_accumulation_steps: int | None = None,
        name: str | None = None, *, settings: dict[str, Any] | None = None, **unknown: Any,
    ) -> None:  # fmt: skip
        kind = type(self).__name__
        if unknown:
            raise TypeError(f"{kind} has no {_instead(self, *unknown)}")
        not_here(kind, use_ema=use_ema, ema_overwrite_frequency=ema_overwrite_frequency,
                 loss_scale_factor=loss_scale_factor,
                 gradient_accumulation_steps=gradient_accumulation_steps)  # fmt: skip
        self.name = name or snake_case(kind)
        self._given = {
            **{self._names.get(k, k): x for k, x in (settings or {}).items()}, "clipnorm": clipnorm,
            "clipvalue": clipvalue, "global_clipnorm": global_clipnorm,
            "weight_decay": weight_decay}  # fmt: skip
        self.built = False
        self._start([Tensor(0.0)], _rate(learning_rate))  # which says what is wrong with a setting

    def _start(self, parameters: Sequence[Any], learning_rate: Any) -> None:
        super().__init__(parameters, learning_rate, **self._given)

    def _number(self, name: str, x: Any, within: str = "from 0") -> float:
        theirs = {ours: name for name, ours in self._names.items()}
        return super()._number(theirs.get(name, name), x, within)

    def build(self, variables: Sequence[Any]) -> "Optimizer":
        """Begin with these parameters, unless it has them already.

        Raises
        ------
        ValueError
            If it has those of another network.
        """
        if [*map(id, variables)] == [*map(id, self.flat.parameters)]:
            return self
        if self.built and self.steps:
            raise ValueError(f"this {type(self).__name__} has learned other parameters: make a new "
                             "one for each network")  # fmt: skip
        self._start([*variables], self._learning_rate)
        self.built = True
        return self

    def advance(self) -> None:
        """Change the parameters by their gradients, and bring those back that are constrained."""
        super().advance()
        for p in self.flat.parameters:
            if (constraint := getattr(p, "constraint", None)) is not None:
                p.assign(constraint(p.data))

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
        """Take a step by gradients that are given, each with its parameter."""
        pairs = listed(grads_and_vars, "apply_gradients: grads_and_vars", "(gradient, variable)")
        pairs = [pair(each, "apply_gradients: each of grads_and_vars") for each in pairs]
        self.apply([g for g, _ in pairs], [v for _, v in pairs])

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Take a step by gradients that are given."""
        if trainable_variables is not None:
            given = listed(trainable_variables, "apply: trainable_variables", "Variables")
            if not all(isinstance(p, Tensor) for p in given):
                raise TypeError(f"apply: trainable_variables are Variables, got {given!r:.60}")
            self.build(given)
        elif not self.built:
            raise ValueError("apply: give trainable_variables, too, at the first step")
        parameters, grads = self.flat.parameters, listed(grads, "apply: grads", "arrays")
        if len(grads) != len(parameters):
            raise ValueError(f"apply: grads are {len(grads)}, for {len(parameters)} parameters")
        given = [None if g is None else as_array(g, "apply: one of grads", float) for g in grads]
        for p, g in zip(parameters, given, strict=True):
            if g is not None and g.shape != p.shape:
                raise ValueError(f"apply: one of grads has shape {g.shape}, for a parameter of "
                                 f"shape {p.shape}")  # fmt: skip
        for p, g in zip(parameters, given, strict=True):
            p.grad = None if g is None else g.astype(p.dtype, copy=False)
        self.step()

    @property
    def learning_rate(self) -> Any:
        """The rate, a number; or the schedule that gives it for a step."""
        if callable(self._learning_rate):
            return self._learning_rate
        rate = _Rate(self._learning_rate)
        rate.optimizer = self
        return rate

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        base.Optimizer.learning_rate.fset(self, _rate(rate))  # type: ignore[attr-defined]

    iterations = property(lambda self: self.steps, doc="The number of steps taken.")

    @property
    def variables(self) -> list[Any]:
        """What it remembers of the parameters."""
        return [*self._arrays.values()]

    def get_config(self) -> dict[str, Any]:
        """Give the settings, and the rate as it is now."""
        rate = self._learning_rate
        return {**super().get_config(), "name": self.name, "learning_rate": rate}

    __repr__ = base.Optimizer.__repr__


class _Rate(float):
    """A rate that is a number, with Keras' spelling of what can be done to it."""

    optimizer: Any

    def numpy(self) -> float:
        """Give the number."""
        return float(self)

    def assign(self, value: float) -> None:
        """Set the rate."""
        self.optimizer.learning_rate = value


def _instead(optimizer: Any, name: str, *others: str) -> str:
    """Say what to write in place of an argument that there is not."""
    parameters = inspect.signature(type(optimizer)).parameters
    known = [n for n in parameters if parameters[n].kind is not inspect.Parameter.VAR_KEYWORD]
    instead = {"lr": "write learning_rate", "decay": "give learning_rate a schedule, such as "
               "keras.optimizers.schedules.InverseTimeDecay"}  # fmt: skip
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"{name!r}: {instead.get(name, hint)}"


def _rate(learning_rate: Any) -> Any:
    """Let a function without arguments be one of the step; make a schedule of its description."""
    if isinstance(learning_rate, dict):
        return found("schedule", learning_rate, vars(schedules))
    if callable(learning_rate) and not inspect.signature(learning_rate).parameters:
        return lambda step: learning_rate()
    return learning_rate


class SGD(Optimizer, keras_defaults.KerasSGD):
    """Stochastic gradient descent, with or without momentum: `mlp.SGD` by Keras' arguments."""

    def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False,
                 **common: Any) -> None:  # fmt: skip
        settings = {"momentum": momentum, "nesterov": nesterov and momentum > 0}
        super().__init__(learning_rate, settings=settings, **common)


_BETAS = {"beta_1": "beta1", "beta_2": "beta2", "epsilon": "eps"}


class Adam(Optimizer, keras_defaults.KerasAdam):
    """Adam as Keras computes it, with Keras' arguments."""

    _names: ClassVar[dict[str, str]] = _BETAS

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999,
                 epsilon: float = 1e-7, amsgrad: bool = False, **common: Any) -> None:  # fmt: skip
        settings = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon, "amsgrad": amsgrad}
        super().__init__(learning_rate, settings=settings, **common)


class AdamW(Optimizer, keras_defaults.KerasAdamW):
    """Adam with a decay of the weights, 0.004 if not given."""

    _names: ClassVar[dict[str, str]] = _BETAS

    def __init__(
        self, learning_rate: Any = 0.001, weight_decay: float = 0.004, beta_1: float = 0.9,
        beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False, **common: Any,
    ) -> None:  # fmt: skip
        settings = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon, "amsgrad": amsgrad}
        super().__init__(learning_rate, weight_decay, settings=settings, **common)


class RMSprop(Optimizer, keras_defaults.KerasRMSProp):
    """RMSprop as Keras computes it, with Keras' arguments."""

    _names: ClassVar[dict[str, str]] = {"rho": "alpha", "epsilon": "eps"}

    def __init__(self, learning_rate: Any = 0.001, rho: float = 0.9, momentum: float = 0.0,
                 epsilon: float = 1e-7, centered: bool = False, **common: Any) -> None:  # fmt: skip
        settings = {"rho": rho, "momentum": momentum, "epsilon": epsilon, "centered": centered}
        super().__init__(learning_rate, settings=settings, **common)


class Adagrad(Optimizer, keras_defaults.KerasAdaGrad):
    """Adagrad as Keras computes it, with Keras' arguments."""

    _names: ClassVar[dict[str, str]] = {"initial_accumulator_value": "start", "epsilon": "eps"}

    def __init__(self, learning_rate: Any = 0.001, initial_accumulator_value: float = 0.1,
                 epsilon: float = 1e-7, **common: Any) -> None:  # fmt: skip
        settings = {"initial_accumulator_value": initial_accumulator_value, "epsilon": epsilon}
        super().__init__(learning_rate, settings=settings, **common)


class Adadelta(Optimizer, keras_defaults.KerasAdaDelta):
    """Adadelta with Keras' arguments."""

    _names: ClassVar[dict[str, str]] = {"epsilon": "eps"}

    def __init__(self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7,
                 **common: Any) -> None:  # fmt: skip
        settings = {"rho": rho, "epsilon": epsilon}
        super().__init__(learning_rate, settings=settings, **common)


class Adamax(Optimizer, keras_defaults.KerasAdaMax):
    """Adamax with Keras' arguments."""

    _names: ClassVar[dict[str, str]] = _BETAS

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999,
                 epsilon: float = 1e-7, **common: Any) -> None:  # fmt: skip
        settings = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
        super().__init__(learning_rate, settings=settings, **common)


class Nadam(Optimizer, keras_defaults.KerasNadam):
    """Nadam with Keras' arguments."""

    _names: ClassVar[dict[str, str]] = _BETAS

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999,
                 epsilon: float = 1e-7, **common: Any) -> None:  # fmt: skip
        settings = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
        super().__init__(learning_rate, settings=settings, **common)


class Lion(Optimizer, keras_defaults.KerasLion):
    """Lion with Keras' arguments."""

    _names: ClassVar[dict[str, str]] = _BETAS

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.99,
                 **common: Any) -> None:  # fmt: skip
        settings = {"beta_1": beta_1, "beta_2": beta_2}
        super().__init__(learning_rate, settings=settings, **common)


_TABLE = {cls.__name__: cls for cls in
          (Adadelta, Adagrad, Adam, AdamW, Adamax, Lion, Nadam, RMSprop, SGD)}  # fmt: skip


def get(identifier: Any) -> Any:
    """Find an optimizer by its name, in any letters; one that is made stays.

    Examples
    --------
    >>> get("adam").get_config()["learning_rate"]
    0.001
    """
    names = {name.lower(): name for name in _TABLE}
    if isinstance(identifier, str):
        identifier = names.get(identifier.lower(), identifier)
    if isinstance(identifier, dict):
        name = identifier.get("class_name")
        identifier = {**identifier, "class_name": names.get(str(name).lower(), name)}
    return found("optimizer", identifier, _TABLE)


deserialize = deserializer(get)
