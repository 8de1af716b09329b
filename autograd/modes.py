"""What holds while code runs: recording or not, the group of new nodes, the hunt for NaN.

One immutable `Mode` in a context variable: every thread (and every asyncio task) has its own, and
leaving a ``with`` block restores the one before, also when an exception leaves it.
"""

from collections.abc import Iterator
from contextlib import ContextDecorator
from contextvars import ContextVar
from typing import Any

__all__ = ["detect_anomaly", "enable_grad", "group", "no_grad"]


class Mode:
    """The settings that an operation reads when it makes a node; never changed once made."""

    __slots__ = ("anomaly", "call", "lenient", "outer", "recording")

    def __init__(
        self,
        recording: bool = True,
        call: "Call | None" = None,  # of the innermost group
        anomaly: bool = False,  # check every result for NaN
        lenient: bool = False,  # IEEE rules in place of domain errors: inside a partial
        outer: "Mode | None" = None,  # what held before the innermost group
    ) -> None:
        self.recording = recording
        self.call = call
        self.anomaly = anomaly
        self.lenient = lenient
        self.outer = outer

    def but(self, **settings: Any) -> "Mode":
        """Give the same mode with some settings changed."""
        mode = Mode(self.recording, self.call, self.anomaly, self.lenient, self.outer)
        for name, x in settings.items():
            setattr(mode, name, x)
        return mode


current: ContextVar[Mode] = ContextVar("mode", default=Mode())  # noqa: B039  (it is immutable)


class changed(ContextDecorator):  # noqa: N801  (read as a statement)
    """Change some settings inside a ``with`` block, or inside each call of a function."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def _recreate_cm(self) -> "changed":
        return changed(**self.settings)

    def __enter__(self) -> None:
        self.token = current.set(current.get().but(**self.settings))

    def __exit__(self, *exception: object) -> None:
        current.reset(self.token)


def no_grad() -> Any:
    """Compute without recording: results made inside are constants of any later graph.

    Examples
    --------
    >>> from autograd import Value, no_grad
    >>> a = Value(3.0)
    >>> with no_grad():
    ...     b = a * 2
    >>> b.parents
    ()
    """
    return changed(recording=False)


def enable_grad() -> Any:
    """Record again inside a `no_grad` block."""
    return changed(recording=True)


def detect_anomaly() -> Any:
    """Raise where a NaN is born, forward or backward, and warn where 0 · ∞ was taken as 0.

    Inside, a backward pass also notices that an array of your own, which an operation was given as
    a constant, was written into since. Both are slow: meant for debugging.

    Examples
    --------
    >>> from autograd import Value, detect_anomaly
    >>> big = Value(1e200, label="big")
    >>> with detect_anomaly():
    ...     big * big - big * big
    Traceback (most recent call last):
        ...
    FloatingPointError: subtract gave nan from a = inf, b = inf: the first NaN of this graph
    """
    return changed(anomaly=True)


def hunting() -> bool:
    """Tell whether `detect_anomaly` holds."""
    return current.get().anomaly


class Call:
    """A `group` as it was entered once: what every node that is made inside remembers.

    Attributes
    ----------
    of : group
        The group.
    outer : Call or None
        What it was entered in.
    """

    __slots__ = ("of", "outer")

    def __init__(self, of: "group", outer: "Call | None" = None) -> None:
        self.of = of
        self.outer = outer

    def __iter__(self) -> Iterator["Call"]:
        """Go through the calls around this one, which is the first, to the outermost."""
        call: Call | None = self
        while call is not None:
            yield call
            call = call.outer

    @property
    def path(self) -> str:
        """The names of the groups, the outermost first: ``hidden/h1``."""
        return "/".join(filter(None, [call.of.name for call in self][::-1]))


class group:  # noqa: N801  (read as a statement: with group("h1"))
    """Mark the nodes made inside: pictures draw a group as one cluster.

    Blocks nest, and their names join to a path. A group that is kept is an object: its parameters
    are made inside it once, and every time that it is entered again is a call of it.

    Parameters
    ----------
    name : str
        A name such as ``"hidden"``, or a path such as ``"hidden/h1"``.

    Raises
    ------
    TypeError
        If the name is not text.

    Examples
    --------
    >>> from autograd import Value, group
    >>> with group("hidden"), group("h1"):
    ...     y = Value(1.0) + 2
    >>> y.group
    'hidden/h1'
    >>> double = group("double")
    >>> with double:
    ...     two = Value(2.0, "w")
    >>> with double:
    ...     y = two * 3
    >>> two.group == y.group, two.call is y.call, two.call.of is y.call.of
    (True, False, True)
    """

    __slots__ = ("name",)  # a class of its own: every neuron enters one, so it is quick

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a group's name must be text, got {name!r}")
        self.name = name

    def __enter__(self) -> None:
        mode = current.get()
        call = Call(self, mode.call)
        current.set(Mode(mode.recording, call, mode.anomaly, mode.lenient, mode))

    def __exit__(self, *exception: object) -> None:
        current.set(current.get().outer or Mode())
