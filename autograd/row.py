"""What a row of the table is: a forward, its derivatives, and all that follows from them.

`ops` holds the rows themselves.
"""

import inspect
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

import numpy as np

__all__ = [
    "Elementwise", "TABLE", "UFUNCS", "as_array", "elementwise", "holds_objects", "methods",
    "numeric", "unregister",
]  # fmt: skip

Partial = int | Callable[..., Any] | None

TABLE: dict[str, "Elementwise"] = {}
UFUNCS: dict[object, "Elementwise"] = {}  # NumPy's function -> the row that stands for it
BUILT_IN: set[str] = set()  # the rows of `ops`, which are not replaced
METHODS_OF: list[type] = []  # the classes that have every row as a method


class Elementwise:
    r"""An elementwise operation: a row of the table, and the function that it gives.

    Called with numbers it computes; with arrays it computes elementwise; with `Value`\ s it
    computes and records a node of the graph. See `elementwise` for the columns.

    Examples
    --------
    >>> from autograd import Value, tanh
    >>> tanh(0.0)
    0.0
    >>> tanh(Value(0.0))
    Value(data=0.0, grad=None)
    """

    def __init__(
        self,
        name: str,
        scalar: Callable[..., float],
        array: Callable[..., Any],
        *,
        partials: tuple[Partial, ...],
        symbol: str = "",
        latex: str = "",
        binds: int = 4,
        defaults: dict[str, float] | None = None,
        domain: str = "",
        samples: tuple[tuple[float, ...], ...] = (),
        kinks: tuple[tuple[float, ...], ...] = (),
        singular: bool = False,
        doc: str = "",
    ) -> None:
        self.name = self.__name__ = name
        self.scalar = scalar
        self.array = array
        self.operand_names = _operand_names(partials)
        self.partials = partials
        self.symbol = symbol or name
        self.arity = len(partials)
        self.latex = latex
        if "{0" not in latex:  # a command; a template has doubled braces
            spaced = name.replace("_", r"\ ")
            command = latex or rf"\operatorname{{{{{spaced}}}}}"
            slots = ", ".join(f"{{{i}}}" for i in range(self.arity))
            self.latex = rf"{command}\left({slots}\right)"
        self.binds = binds
        self.defaults = defaults or {}
        self.domain = domain
        self.samples = samples or _SAMPLES[self.arity]
        self.kinks = kinks
        self.singular = singular
        self.all_flow = None not in partials
        self.differentiable = any(p is not None for p in partials)
        self.__doc__ = doc or f"{name}({', '.join(self.operand_names)}), elementwise."

    def __repr__(self) -> str:
        return f"<operation {self.name}({', '.join(self.operand_names)})>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _row, (self.name,)  # rows are singletons: copied and pickled by name

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """As an attribute of a class, a row is a method: ``x.tanh()`` is ``tanh(x)``."""
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *operands: Any, **hyper: Any) -> Any:
        """Apply the operation to numbers, arrays, Values or symbols."""
        if len(operands) != self.arity or hyper:
            operands = self._complete(operands, hyper)
        for x in operands:
            if (record := getattr(type(x), "_record", None)) is not None:
                return record(self, operands)
        if all(isinstance(x, (float, int)) and not isinstance(x, np.generic) for x in operands):
            return self.evaluate(*map(float, operands))
        if any(map(holds_objects, operands)):
            return np.frompyfunc(self, self.arity, 1)(*map(np.asarray, operands))
        named = zip(self.operand_names, operands, strict=True)
        return self.array(*(  # a number beside an array has no type of its own
            x if type(x) in (float, int) else numeric(self.name, x, f"{n} = ") for n, x in named))

    def flows(self, i: int) -> bool:
        """Tell whether a derivative flows through operand `i`."""
        return self.partials[i] is not None

    @property
    def built_in(self) -> bool:
        """Whether it is a row of `ops`, and not a user's."""
        return self.name in BUILT_IN and TABLE.get(self.name) is self

    def evaluate(self, *values: float) -> float:
        """Compute on floats: overflow gives ±inf, a domain error names operation and operands."""
        try:
            return self.scalar(*values)
        except OverflowError:
            return self.ieee(*values)
        except (ValueError, ZeroDivisionError) as error:
            given = ", ".join(
                f"{n} = {v!r}" for n, v in zip(self.operand_names, values, strict=True)
            )
            wanted = f"it needs {self.domain}" if self.domain else str(error)
            raise type(error)(f"{self.name}: got {given}; {wanted}") from None

    def ieee(self, *values: float) -> float:
        """Compute on floats by IEEE rules, which give inf and nan where Python would raise."""
        with np.errstate(all="ignore"):
            return float(self.array(*map(np.float64, values)))

    def local(self, i: int, values: tuple[float, ...] | list[float], y: float) -> float:
        """Give the local derivative ∂y/∂(operand `i`) at floats; it never raises.

        Examples
        --------
        >>> from autograd.ops import multiply
        >>> multiply.local(0, [2.0, 5.0], 10.0)
        5.0
        """
        partial = self.partials[i]
        if not callable(partial):
            return float(partial or 0)
        try:
            return float(partial(*values, y))
        except (ArithmeticError, ValueError):
            with np.errstate(all="ignore"):
                return float(partial(*map(np.float64, values), np.float64(y)))

    def _complete(self, operands: tuple[Any, ...], hyper: dict[str, Any]) -> tuple[Any, ...]:
        """Fill in operands given by keyword, and the defaults."""
        missing = self.operand_names[len(operands) :]
        given = {**self.defaults, **hyper}
        if len(operands) > self.arity or not given.keys() >= set(missing) or hyper.keys() - missing:
            wanted = ", ".join(
                f"{n}={self.defaults[n]:g}" if n in self.defaults else n for n in self.operand_names
            )
            raise TypeError(
                f"{self.name}({wanted}): got {len(operands)} operands"
                + (f" and {', '.join(hyper)}" if hyper else "")
            )
        return *operands, *(given[n] for n in missing)


def holds_objects(x: Any) -> bool:
    """Tell whether an array or a list holds Values, so that an operation goes by element."""
    if isinstance(x, np.ndarray):
        return bool(x.dtype.kind == "O")
    while isinstance(x, (list, tuple)) and x:
        x = x[0]
    return hasattr(type(x), "_record")


def as_array(name: str, x: Any, place: str = "") -> Any:
    """Make an array of what a function of that name takes, or say why it is none."""
    x = unmasked(x, name)
    try:
        return np.asarray(x)
    except ValueError:
        raise ValueError(f"{name}: got {place}{x!r:.60}, whose rows differ in length: an array has "
                         "rows of one length") from None  # fmt: skip


def unmasked(x: Any, name: str) -> Any:
    """Refuse masked entries, which have no derivative, and whose numbers would count."""
    if isinstance(x, np.ndarray) and isinstance(x, np.ma.MaskedArray):  # which take long to load
        if masked := int(np.ma.getmaskarray(x).sum()):
            raise ValueError(
                f"{name}: {masked} of these numbers are masked, and would count: fill them in "
                "with np.ma.filled(x, …), or leave them out, x.compressed()"
            )
        return x.data
    return x


def numeric(name: str, x: Any, place: str = "") -> Any:
    """Give what a function of that name takes as an array of numbers, or refuse it."""
    if type(x) is np.ndarray and x.dtype.kind in "fiub":
        return x
    array = as_array(name, x, place)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected numbers, arrays or Values, got {place}{x!r:.40} "
                        f"({type(x).__name__})")  # fmt: skip
    return array


def _row(name: str) -> Elementwise:
    return TABLE[name]


_SAMPLES: dict[int, tuple[tuple[float, ...], ...]] = {
    1: ((-1.3,), (-0.4,), (0.7,), (2.1,)),
    2: ((0.7, 1.9), (-1.3, 0.6), (2.1, -0.8)),
    3: ((0.7, 1.9, -0.5), (-1.3, 0.6, 1.1)),
}


def _operand_names(partials: tuple[Partial, ...]) -> tuple[str, ...]:
    """Find the operands' names: those of the parameters of the first partial that is a function."""
    if not isinstance(partials, tuple):
        raise TypeError(f"partials is a tuple with an entry for each operand: ({partials!r:.40},)")
    for partial in partials:
        if not (partial is None or type(partial) is int or callable(partial)):
            raise TypeError(f"a partial is a function, a whole number or None, got {partial!r}")
    for partial in partials:
        if isinstance(partial, FunctionType):
            names = tuple(inspect.signature(partial).parameters)
            if len(names) != len(partials) + 1:
                raise ValueError(
                    f"a partial of {len(partials)} operands takes these and the output y, but this "
                    f"one takes {', '.join(names) or 'nothing'}"
                )
            return names[:-1]
    return ("a", "b", "c")[: len(partials)] if len(partials) > 1 else ("x",)


def elementwise(
    name: str,
    scalar: Callable[..., float],
    array: Callable[..., Any],
    *,
    partials: tuple[Partial, ...],
    **columns: Any,
) -> Elementwise:
    r"""Add a row to the table.

    Parameters
    ----------
    name : str
        The name of the function and of the method.
    scalar, array : callable
        The forward on floats (errors are raised and named) and on arrays (NumPy's rules). If
        `array` is a NumPy ufunc, that ufunc applied to a `Value` records this operation.
    partials : tuple
        One an operand: a whole number, a function ``(*operands, y)``, or None.
    symbol : str, optional
        What the node's box shows in a picture; the name if not given.
    latex : str, optional
        A command (``r"\tanh"``) or a template: ``{0:2}`` is the first operand, in parentheses
        if it binds weaker than 2. Sums bind 1, products 2, powers 3, everything else 4.
    binds : int, optional
        How tightly the result binds.
    defaults : dict, optional
        Values of the last operands where they are not given: the hyper-parameters.
    domain : str, optional
        What an operand must be, for error messages and the reference.
    samples, kinks : tuple of tuples, optional
        Points for the tests, where it is smooth, and where it is not.
    singular : bool, optional
        Whether a partial can be infinite, so that arrays must look for 0·∞.

    Returns
    -------
    Elementwise
        The operation, also found in ``TABLE[name]``.

    Raises
    ------
    ValueError
        If the name is that of a row of `ops` or of another attribute, or no identifier. (A
        row of one's own is replaced.)

    Examples
    --------
    >>> from autograd import Value
    >>> cube = elementwise("cube", lambda x: x**3, lambda x: x**3,
    ...                    partials=(lambda x, y: 3 * x * x,))
    >>> x = Value(2.0)
    >>> x.cube().backward()
    >>> x.grad
    12.0
    """
    if not (isinstance(name, str) and name.isidentifier()):
        raise ValueError(f"an operation's name must be an identifier, not {name!r}")
    if name in BUILT_IN or (name not in TABLE and any(_has(cls, name) for cls in METHODS_OF)):
        raise ValueError(f"the name {name!r} is taken: choose another")
    op = Elementwise(name, scalar, array, partials=partials, **columns)
    if name in TABLE:
        unregister(name)  # a cell of a notebook that is run again
    TABLE[name] = op
    if isinstance(array, np.ufunc) or getattr(np, getattr(array, "__name__", ""), None) is array:
        UFUNCS.setdefault(array, op)
    for cls in METHODS_OF:
        setattr(cls, name, op)
    return op


def _has(cls: type[object], name: str) -> bool:
    """Tell whether a class, or one that is derived from it, has an attribute of that name."""
    return hasattr(cls, name) or any(_has(sub, name) for sub in cls.__subclasses__())


def unregister(name: str) -> None:
    """Take an operation of one's own out of the table again."""
    if not isinstance(name, str) or name not in TABLE or name in BUILT_IN:
        raise ValueError(f"unregister: {name!r:.40} is no operation of your own: "
                         f"these are {', '.join(TABLE.keys() - BUILT_IN) or 'none'}")  # fmt: skip
    op = TABLE.pop(name)
    if UFUNCS.get(op.array) is op:
        del UFUNCS[op.array]
    for cls in METHODS_OF:
        delattr(cls, name)


def methods(cls: type) -> type:
    """Give a class every row as a method, those of rows added later too (a class decorator)."""
    METHODS_OF.append(cls)
    for name, op in TABLE.items():
        setattr(cls, name, op)
    return cls
