"""Operations on arrays; functions composed of them, and which of NumPy's they stand for."""

import inspect
from collections.abc import Callable, Sequence
from functools import cached_property, update_wrapper, wraps
from types import MethodType
from typing import Any, TypeVar, cast

import numpy as np

from .row import holds_objects, numeric

__all__ = [
    "ARRAY_FUNCTIONS", "ARRAY_OPS", "STANDS_FOR", "ArrayFunction", "ArrayOperation",
    "array_function", "array_operation", "numpys", "spelled", "unknown",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

Rule = Callable[..., Any] | None

ARRAY_OPS: dict[str, "ArrayOperation"] = {}


class ArrayOperation:
    """An operation on whole arrays; see `array_operation` for its parts."""

    arity = None  # as many operands as it is given

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        vjp: Sequence[Rule] | Callable[..., Any],
        jvp: Sequence[Rule] | Callable[..., Any] | None = None,
        symbol: str = "",
        out: Sequence[int] = (),
    ) -> None:
        self.name = self.__name__ = name
        self.forward = forward
        self.vjp: Any = vjp
        self.jvp = jvp
        self.symbol = symbol or name
        self.out = frozenset(out)
        self.count = None if callable(vjp) else len(vjp)
        self.all_flow = callable(vjp) or None not in vjp
        self.__doc__ = forward.__doc__

    def __repr__(self) -> str:
        return f"<array operation {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _named, (self.name,)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """As an attribute of a class, an operation is a method."""
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *operands: Any, **parameters: Any) -> Any:
        """Apply the operation to arrays, or to Tensors and arrays."""
        if self.count is not None and len(operands) > (n := self.count):
            names = self.forward.__code__.co_varnames[n:]  # parameters may come by position
            parameters |= zip(names, operands[n:], strict=False)
            operands = operands[:n]
        for x in operands:
            if type(x) is not np.ndarray and hasattr(x, "_record_array"):
                return x._record_array(self, operands, parameters)
        arrays = [x if holds_objects(x) else numeric(self.name, x) for x in operands]
        result = self.compute(arrays, parameters)
        return result[0] if isinstance(result, tuple) else result

    def compute(self, arrays: Sequence[Any], parameters: dict[str, Any]) -> Any:
        """Compute on arrays; an error names the operation and the shapes."""
        try:
            return self.forward(*arrays, **parameters)
        except (TypeError, ValueError) as error:
            known = inspect.signature(self.forward).parameters
            if refused := parameters.keys() - known.keys():
                raise unknown(self.name, refused, [*known][1:]) from None
            if type(error) is not ValueError or str(error).startswith(self.name):
                raise
            shapes = " and ".join(str(np.shape(x)) for x in arrays)
            raise ValueError(f"{self.name} of shape {shapes}: {error}") from None

    differentiable = True

    def flows(self, i: int) -> bool:
        """Tell whether a derivative flows through operand `i`."""
        return self.count is None or self.vjp[i] is not None

    def pull(
        self, i: int, g: Any, y: Any, operands: Sequence[Any], parameters: Any, out: Any = None
    ) -> Any:
        """Give the gradient of operand `i`, given that of the output; written to `out` if given."""
        more = {} if out is None else {"out": out}
        if self.count is None:
            return self.vjp(i, g, y, *operands, **parameters, **more)
        rule = self.vjp[i]
        return None if rule is None else rule(g, y, *operands, **parameters, **more)

    def push(self, i: int, t: Any, y: Any, operands: tuple[Any, ...], parameters: Any) -> Any:
        """Give the tangent of the output, given that of operand `i`."""
        if callable(self.jvp):
            return self.jvp(i, t, y, *operands, **parameters)
        if self.jvp is None or (rule := self.jvp[i]) is None:  # linear: the forward does it
            return self(*operands[:i], t, *operands[i + 1 :], **parameters)
        return rule(t, y, *operands, **parameters)


def array_operation(
    name: str,
    forward: Callable[..., Any],
    vjp: Sequence[Rule] | Callable[..., Any],
    jvp: Sequence[Rule] | Callable[..., Any] | None = None,
    *,
    symbol: str = "",
    out: Sequence[int] = (),
) -> ArrayOperation:
    """Make an operation on arrays that Tensors record.

    Parameters
    ----------
    name : str
        Its name.
    forward : callable
        ``forward(*arrays, **parameters)`` gives an array. Only operands are differentiated.
    vjp : sequence of callable, or callable
        For each operand ``(g, y, *operands, **parameters)``, which gives the gradient of the
        operand from that of the output; None where no gradient flows. Or, for any number of
        operands, one function that takes the operand's position before.
    jvp : the same, optional
        The tangent of the output from that of an operand, ``t`` in place of ``g``. None stands
        for an operand in which the operation is linear.
    symbol : str, optional
        What a picture shows.
    out : sequence of int, optional
        The operands whose vjp can write into an array that it is given as ``out=``.

    Returns
    -------
    ArrayOperation
        A function of arrays and Tensors.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Tensor
    >>> flip = array_operation("flip", np.flip, vjp=[lambda g, y, x: flip(g)])
    >>> x = Tensor([1.0, 2.0, 3.0])
    >>> (flip(x) * np.array([1.0, 10.0, 100.0])).sum().backward()
    >>> x.grad
    array([100.,  10.,   1.])
    """
    if not (isinstance(name, str) and callable(forward)):
        raise TypeError(f"array_operation: a name and a function, got {name!r:.40} and "
                        f"{forward!r:.40}")  # fmt: skip
    if not (callable(vjp) or isinstance(vjp, (list, tuple))):
        raise TypeError("array_operation: vjp is a list with a function for each operand, got "
                        f"{vjp!r:.40}")  # fmt: skip
    op = ArrayOperation(name, forward, vjp, jvp, symbol, out)
    ARRAY_OPS[name] = op
    return op


def _named(name: str) -> ArrayOperation:
    """Find an operation: they are copied and pickled by name."""
    return ARRAY_OPS[name]


# --- Functions composed of operations -------------------------------------------------------------

ARRAY_FUNCTIONS: dict[str, Any] = {}  # by their names in NumPy, with the module: "linalg.inv"
STANDS_FOR: dict[Any, Any] = {}  # NumPy's function -> the one that Tensors take in its place

_SPELLINGS = {
    "dim": "axis", "dims": "axis", "keepdim": "keepdims", "unbiased": "ddof", "correction": "ddof",
    "descending": "np.flip of the result",
}  # fmt: skip


def _array_function(name: str) -> Any:
    """Find a function by its name, for copies and pickles."""
    return ARRAY_FUNCTIONS[name]


class ArrayFunction:
    """A function of Tensors and arrays, composed of operations; see `array_function`."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        update_wrapper(self, function)
        self.function = function
        self.name = name

    @cached_property
    def known(self) -> set[str] | None:
        """The names of its arguments; None if it takes others, too."""
        parameters = inspect.signature(self.function).parameters.values()
        open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
        return None if open_ended else {p.name for p in parameters}

    def __repr__(self) -> str:
        return f"<array function {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _array_function, (self.name,)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """As an attribute of a class, a function is a method."""
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute and record; an argument of another library's spelling is named."""
        if kwargs and self.known is not None and not kwargs.keys() <= self.known:
            raise unknown(self.name, kwargs.keys() - self.known, self.known)
        return self.function(*args, **kwargs)


def spelled(function: F) -> F:
    """Let a function say what is written in place of another library's arguments (a decorator)."""
    known = {*inspect.signature(function).parameters}

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs.keys() <= known:
            raise unknown(function.__name__, kwargs.keys() - known, known)
        return function(*args, **kwargs)

    return cast(F, call)


def unknown(name: str, given: Any, known: Any) -> TypeError:
    """Say which arguments a function does not take, and what is written in their place."""
    text = ", ".join(f"{n}=" for n in sorted(given))
    ways = [f"{_SPELLINGS[n]}= for {n}=" if _SPELLINGS[n] in known else f"{_SPELLINGS[n]} for {n}="
            for n in sorted(given) if n in _SPELLINGS]  # fmt: skip
    takes = ", ".join(f"{n}=" for n in sorted(known)) or "nothing but Tensors"
    return TypeError(f"{name} takes no {text}: " + (
        f"write {', '.join(ways)}" if ways else f"it takes {takes}"))  # fmt: skip


def numpys(name: str) -> Any:
    """Find a function of NumPy by its name; None if this version does not have it."""
    found: Any = np
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def array_function(*names: str) -> Callable[[Callable[..., Any]], Any]:
    """Let a function of Tensors stand for functions of NumPy (a decorator).

    Parameters
    ----------
    *names : str
        Which functions of NumPy, as ``"linalg.inv"``; the one of the same name if not given.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Tensor
    >>> np.median(Tensor([3.0, 1.0, 2.0]))
    Tensor(2.)
    """

    def decorate(function: Any) -> Any:
        theirs = names or (function.__name__,)
        own = function
        if inspect.isfunction(function):
            own = ArrayFunction(function, theirs[0])
        for name in theirs:
            ARRAY_FUNCTIONS[name] = own
            if (f := numpys(name)) is not None:
                STANDS_FOR[f] = own
        return own

    return decorate


def nearest(name: str) -> list[str]:
    """List the functions that stand for one of NumPy whose names are most like one."""
    import difflib  # for an error alone

    return difflib.get_close_matches(name, ARRAY_FUNCTIONS, 3, 0.5)
