"""What a callback is, and how `Sequential.fit` calls several; `History`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from autograd import Tensor, Value

from ..given import function
from ..lookup import lookup

__all__ = ["Callback", "CallbackList", "History", "LambdaCallback", "Logs"]

Logs = dict[str, float] | None


class Callback:
    """Does something at some occasions of a training; one of your own overrides some of these.

    ``logs`` are means by name: of the epoch as far as it has come, or of all of it, then with
    those of the validation, if there was one. What is put into it at the end of an epoch, numbers
    or text, goes to the `History`.

    Attributes
    ----------
    model : Sequential
        Setting ``model.stop_training = True`` ends the training.
    params : dict
        ``epochs``, ``steps`` (of an epoch), ``verbose``.
    remembers : sequence of str
        The names of attributes that a checkpoint is to keep: numbers, text, arrays, lists and dicts
        of them.

    Examples
    --------
    >>> class Shout(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(f"Epoch {epoch} is over!")
    >>> Shout().on_epoch_end(3)
    Epoch 3 is over!
    """

    model: Any = None
    params: dict[str, Any]
    remembers: Sequence[str] = ()
    only_looks = False  # whether it changes no setting between steps
    reports = False  # whether it shows or writes, which of many ranks the first does alone

    def state(self) -> dict[str, Any]:
        """Give what it needs to go on in a training that is resumed."""
        return {name: getattr(self, name) for name in self.remembers}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over a state, after `on_train_begin`."""
        for name in self.remembers:
            setattr(self, name, state[name])

    def set_model(self, model: Any) -> None:
        """Be told whose training it is."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Be told how long it is."""
        self.params = params

    def on_train_begin(self, logs: Logs = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs = None) -> None:
        """After the last epoch; not after an error."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a step, counted from 0."""

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a step."""

    def on_test_begin(self, logs: Logs = None) -> None:
        """Before an evaluation, also that of the validation."""

    def on_test_end(self, logs: Logs = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a mini-batch of an evaluation, counted from 0."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a mini-batch of an evaluation."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a mini-batch of a prediction, counted from 0."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a mini-batch of a prediction: ``logs["outputs"]`` are its outputs."""

    def on_interrupt(self) -> None:
        """When the training ends by an error, or by Ctrl-C (not in Keras)."""


OCCASIONS = [name for name in vars(Callback) if name.startswith("on_")]


class CallbackList:
    """Calls those callbacks that have something to do, in order: the others cost nothing."""

    def __init__(
        self, callbacks: Iterable[Any], model: Any, params: dict[str, Any], first: bool = True
    ) -> None:
        self.callbacks = [_callback(c) for c in callbacks]
        self.called = [c for c in self.callbacks if first or not c.reports]
        for c in self.callbacks:
            c.set_model(model)
            c.set_params(params)
        for name in OCCASIONS:
            setattr(self, name, self._caller(name))

    @property
    def watchers(self) -> list[Callback]:
        """Those who may change settings, and are called between steps."""
        return [c for c in self.callbacks if not c.only_looks and any(
            getattr(getattr(c, name), "__func__", None) is not getattr(Callback, name)
            for name in ("on_train_batch_begin", "on_train_batch_end"))]  # fmt: skip

    def _caller(self, name: str) -> Callable[..., None] | None:
        base = getattr(Callback, name)
        busy = [getattr(c, name) for c in self.called
                if getattr(getattr(c, name), "__func__", None) is not base]  # fmt: skip

        def call(*arguments: Any) -> None:
            *others, logs = arguments
            for f in busy:
                f(*others, {} if logs is None else logs)

        return call if busy else None

    def announce(self, batches: Iterable[Any], start: int = 0) -> Iterator[Any]:
        """Call `on_train_batch_begin` before each mini-batch."""
        for k, batch in enumerate(batches, start):
            self("on_train_batch_begin", k, None)
            yield batch

    def interrupt(self, error: BaseException) -> None:
        """Call every `on_interrupt`; what fails there is noted at the error, and hides it not."""
        for c in self.called:
            try:
                c.on_interrupt()
            except Exception as another:
                error.add_note(f"{type(c).__name__}.on_interrupt failed after that: {another!r}")

    def __call__(self, occasion: str, *arguments: Any) -> None:
        """Call all that have something to do at an occasion."""
        call = getattr(self, occasion)
        if call is not None:
            call(*arguments)


def _callback(choice: Any) -> Callback:
    if isinstance(choice, Callback):
        return choice
    if callable(choice) and not isinstance(choice, type):
        return LambdaCallback(on_epoch_end=choice)
    raise TypeError(f"a callback is a Callback or a function of (epoch, logs), got {choice!r:.60}")


class _Curves(dict[str, list[float]]):
    """Numbers by their names; for one that is not there, the names that are."""

    def __missing__(self, name: Any) -> Any:
        raise KeyError(f"{name!r} is not in the history: there are {', '.join(self) or 'none'}")


class History(Callback):
    """What `fit` returns: the numbers of each epoch.

    Attributes
    ----------
    history : dict of list of float
        By name: ``loss``, metrics, and with ``val_`` before them those of the validation.
    epoch : list of int
        The numbers of the epochs, from 0.
    at : dict of list of int
        By name, the epochs of its numbers: not every one need have a validation.
    params : dict
        ``epochs``, ``steps``, ``verbose``.

    Examples
    --------
    >>> history = History()
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.on_epoch_end(1, {"loss": 0.25, "val_loss": 0.3})
    >>> history.at["val_loss"], history
    ([1], <History of 2 epochs: loss 0.25, val_loss 0.3>)
    """

    remembers = ("history", "epoch", "at")

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = _Curves()
        self.epoch: list[int] = []
        self.at: dict[str, list[int]] = {}
        self.params = {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over a state, also an old one, which does not say of which epoch each number is."""
        self.history = _Curves(state["history"])
        longest = max(map(len, self.history.values()), default=0)
        self.epoch = state.get("epoch", [*range(longest)])
        self.at = state.get("at") or {
            name: list(self.epoch) for name, numbers in self.history.items()
            if len(numbers) == len(self.epoch)}  # fmt: skip

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)
        self.load_state(state)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Keep the numbers."""
        self.epoch.append(epoch)
        for name, number in (logs or {}).items():
            self.history.setdefault(name, []).append(plain(number))
            self.at.setdefault(name, []).append(epoch)

    def __repr__(self) -> str:
        last = ", ".join(f"{k} {written(x[-1], '.4g')}" for k, x in self.history.items())
        n = len(self.epoch)
        return f"<History of {n} epoch{'s' * (n != 1)}{': ' * bool(last)}{last}>"


def plain(x: Any) -> Any:
    """Give a number of NumPy or of a graph as Python's own; leave what else is reported.

    Examples
    --------
    >>> import numpy as np
    >>> plain(np.float32(0.5)), plain("warm-up")
    (0.5, 'warm-up')
    """
    x = x.data if isinstance(x, (Tensor, Value)) else x
    return x.item() if isinstance(x, (np.generic, np.ndarray)) and x.size == 1 else x


def written(x: Any, spec: str) -> str:
    """Write a number to some digits, and what else is reported as it is.

    Examples
    --------
    >>> written(0.123456, ".4g"), written("warm-up", ".4g")
    ('0.1235', 'warm-up')
    """
    x = plain(x)
    return format(x, spec) if isinstance(x, Real) else " ".join(str(x).split())


class LambdaCallback(Callback):
    """Calls functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: …)``.

    Parameters
    ----------
    **functions : callable
        By the names of the occasions of a `Callback`, with the same arguments.

    Raises
    ------
    ValueError
        If there is no such occasion.
    """

    def __init__(self, **functions: Callable[..., None] | None) -> None:
        for name, f in functions.items():
            lookup("occasion", name, dict.fromkeys(OCCASIONS))
            if f is not None:
                setattr(self, name, function(f, f"LambdaCallback: {name}", "of what Callback has"))
