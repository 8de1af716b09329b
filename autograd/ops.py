r"""The table: one row an elementwise operation, and every derivative written once.

A *partial* is the derivative of a row's output ``y`` with respect to one operand. It is a number
that never changes (``1``), or a function of the operands and the output, written only with
operators, comparisons as numbers (``x > 0``) and other functions of this table. So the same
statement is read five ways: floats give a local derivative, arrays an array of them, `Value`\ s
a differentiable graph, a tangent beside it the forward mode, and symbols give LaTeX.
``None`` stands for an operand through which no derivative flows.

An operation of your own is one row: it becomes a function, a method of `Value`, a LaTeX rule, a
row of the reference and of the tests.
"""

import inspect
import math
import operator
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

import numpy as np

Partial = int | Callable[..., Any] | None

TABLE: dict[str, "Elementwise"] = {}
UFUNCS: dict[object, "Elementwise"] = {}  # NumPy's function -> the row that stands for it
BUILT_IN: set[str] = set()  # the rows of this file, which are not replaced
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
        arrays = [np.asarray(x) for x in operands]
        if any(x.dtype == object and x.ndim for x in arrays):
            return np.frompyfunc(self, self.arity, 1)(*arrays)
        for name, given, x in zip(self.operand_names, operands, arrays, strict=True):
            if x.dtype.kind not in "biuf":
                raise TypeError(
                    f"{self.name}: expected numbers, arrays or Values, got {name} = {given!r:.40} "
                    f"({type(given).__name__})"
                )
        return self.array(*arrays)

    def flows(self, i: int) -> bool:
        """Tell whether a derivative flows through operand `i`."""
        return self.partials[i] is not None

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
        If the name is that of a row of this file or of another attribute, or no identifier. (A
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
    if not name.isidentifier():
        raise ValueError(f"an operation's name must be an identifier, not {name!r}")
    if name in BUILT_IN or (name not in TABLE and any(_has(cls, name) for cls in METHODS_OF)):
        raise ValueError(f"the name {name!r} is taken: choose another")
    op = Elementwise(name, scalar, array, partials=partials, **columns)
    if name in TABLE:
        unregister(name)  # a cell of a notebook that is run again
    TABLE[name] = op
    if isinstance(array, np.ufunc):
        UFUNCS.setdefault(array, op)
    for cls in METHODS_OF:
        setattr(cls, name, op)
    return op


def _has(cls: type[object], name: str) -> bool:
    """Tell whether a class, or one that is derived from it, has an attribute of that name."""
    return hasattr(cls, name) or any(_has(sub, name) for sub in cls.__subclasses__())


def unregister(name: str) -> None:
    """Take an operation of one's own out of the table again."""
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


# Rows whose derivatives are in terms of rows further down.
log: Elementwise
sign: Elementwise
cos: Elementwise
cosh: Elementwise
where: Elementwise
minimum: Elementwise
chain: Elementwise

# --- Arithmetic -----------------------------------------------------------------------------------

add = elementwise(
    "add", operator.add, np.add, symbol="+", latex="{0} + {1:1}", binds=1,
    partials=(1, 1))

subtract = elementwise(
    "subtract", operator.sub, np.subtract, symbol="−", latex="{0} - {1:2}", binds=1,
    partials=(1, -1))

multiply = elementwise(
    "multiply", operator.mul, np.multiply, symbol="×", latex=r"{0:2} \cdot {1:2}", binds=2,
    partials=(lambda a, b, y: b, lambda a, b, y: a))

divide = elementwise(
    "divide", operator.truediv, np.divide, symbol="÷", latex=r"\frac{{{0}}}{{{1}}}",
    domain="b ≠ 0", singular=True,
    partials=(lambda a, b, y: 1 / b, lambda a, b, y: -y / b))

power = elementwise(
    "power", math.pow, np.power, symbol="^", latex="{0:4}^{{{1}}}", binds=3,
    domain="a > 0, or a < 0 and b whole, or a = 0 and b ≥ 0", singular=True,
    samples=((0.7, 1.9), (1.3, -0.6), (2.1, 3.0)),
    kinks=((0.0, 0.0), (0.0, 1.0), (0.0, 2.5), (-2.0, 3.0)),
    partials=(lambda a, b, y: chain(b, a ** (b - 1)),     # 0 where b = 0, also at a = 0
              lambda a, b, y: y * log(a + (a == 0))))     # 0 where a = 0

negative = elementwise(
    "negative", operator.neg, np.negative, symbol="−", latex="-{0:2}", binds=1,
    partials=(-1,))

positive = elementwise(
    "positive", operator.pos, np.positive, symbol="+", latex="{0}",
    partials=(1,))

absolute = elementwise(
    "absolute", abs, np.absolute, symbol="|x|", latex=r"\left\lvert {0} \right\rvert",
    kinks=((0.0,),),
    partials=(lambda x, y: sign(x),))

square = elementwise(
    "square", lambda x: x * x, np.square, symbol="x²", latex="{0:4}^2", binds=3,
    partials=(lambda x, y: 2 * x,))

sqrt = elementwise(
    "sqrt", math.sqrt, np.sqrt, symbol="√", latex=r"\sqrt{{{0}}}", domain="x ≥ 0", singular=True,
    samples=((0.4,), (0.7,), (2.1,)), kinks=((0.0,),),
    partials=(lambda x, y: 1 / (2 * y),))

# --- Exponentials and logarithms ------------------------------------------------------------------

exp = elementwise(
    "exp", math.exp, np.exp, latex="e^{{{0}}}", binds=3,
    partials=(lambda x, y: y,))

expm1 = elementwise(
    "expm1", math.expm1, np.expm1, latex="e^{{{0}}} - 1", binds=1,
    partials=(lambda x, y: exp(x),))

log = elementwise(
    "log", math.log, np.log, latex=r"\ln", domain="x > 0", singular=True,
    samples=((0.4,), (0.7,), (2.1,)),
    partials=(lambda x, y: 1 / x,))

log1p = elementwise(
    "log1p", math.log1p, np.log1p, latex=r"\ln\left(1 + {0:1}\right)", domain="x > −1",
    samples=((-0.6,), (0.4,), (2.1,)), singular=True,
    partials=(lambda x, y: 1 / (1 + x),))

# --- Trigonometry ---------------------------------------------------------------------------------

sin = elementwise(
    "sin", math.sin, np.sin, latex=r"\sin", domain="a finite x",
    partials=(lambda x, y: cos(x),))

cos = elementwise(
    "cos", math.cos, np.cos, latex=r"\cos", domain="a finite x",
    partials=(lambda x, y: -sin(x),))

tan = elementwise(
    "tan", math.tan, np.tan, latex=r"\tan", domain="a finite x",
    partials=(lambda x, y: 1 + y * y,))

arcsin = elementwise(
    "arcsin", math.asin, np.arcsin, latex=r"\arcsin", domain="−1 ≤ x ≤ 1", singular=True,
    samples=((-0.7,), (0.2,), (0.6,)), kinks=((1.0,),),
    partials=(lambda x, y: 1 / sqrt((1 - x) * (1 + x)),))

arccos = elementwise(
    "arccos", math.acos, np.arccos, latex=r"\arccos", domain="−1 ≤ x ≤ 1", singular=True,
    samples=((-0.7,), (0.2,), (0.6,)), kinks=((1.0,),),
    partials=(lambda x, y: -1 / sqrt((1 - x) * (1 + x)),))

arctan = elementwise(
    "arctan", math.atan, np.arctan, latex=r"\arctan",
    partials=(lambda x, y: 1 / (1 + x * x),))

sinh = elementwise(
    "sinh", math.sinh, np.sinh, latex=r"\sinh",
    partials=(lambda x, y: cosh(x),))

cosh = elementwise(
    "cosh", math.cosh, np.cosh, latex=r"\cosh",
    partials=(lambda x, y: sinh(x),))

tanh = elementwise(
    "tanh", math.tanh, np.tanh, latex=r"\tanh",
    partials=(lambda x, y: 1 - y * y,))

# --- Activations ----------------------------------------------------------------------------------
# exp(−|x|) cannot overflow, and keeps every digit of sigmoid(−40).


def _sigmoid(x: float) -> float:
    e = math.exp(-abs(x))
    return (1 if x >= 0 else e) / (1 + e)


def _sigmoid_array(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


sigmoid = elementwise(
    "sigmoid", _sigmoid, _sigmoid_array, symbol="σ", latex=r"\sigma",
    partials=(lambda x, y: y * (1 - y),))

softplus = elementwise(
    "softplus", lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
    lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    partials=(lambda x, y: sigmoid(x),))

log_sigmoid = elementwise(
    "log_sigmoid", lambda x: min(x, 0.0) - math.log1p(math.exp(-abs(x))),
    lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
    symbol="ln σ", latex=r"\ln\sigma",
    partials=(lambda x, y: sigmoid(-x),))

relu = elementwise(
    "relu", lambda x: max(x, 0.0), lambda x: np.maximum(x, 0), kinks=((0.0,),),
    partials=(lambda x, y: x > 0,))

prelu = elementwise(
    "prelu", lambda x, alpha: x if x > 0 else alpha * x,
    lambda x, alpha: np.where(x > 0, x, alpha * x), kinks=((0.0, 0.25),),
    partials=(lambda x, alpha, y: where(x > 0, 1, alpha),
              lambda x, alpha, y: where(x > 0, 0, x)))

leaky_relu = elementwise(
    "leaky_relu", prelu.scalar, prelu.array, defaults={"alpha": 0.01}, kinks=((0.0, 0.01),),
    partials=prelu.partials)

elu = elementwise(
    "elu", lambda x, alpha: x if x > 0 else alpha * math.expm1(x),
    lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    defaults={"alpha": 1.0}, kinks=((0.0, 1.0), (0.0, 0.5)),
    partials=(lambda x, alpha, y: where(x > 0, 1, alpha * exp(where(x > 0, 0, x))),
              lambda x, alpha, y: expm1(where(x > 0, 0, x))))

silu = elementwise(  # by the chain rule's product, in which σ(−∞) · −∞ is 0
    "silu", lambda x: chain.scalar(_sigmoid(x), x), lambda x: chain.array(_sigmoid_array(x), x),
    partials=(lambda x, y: chain(s := sigmoid(x), 1 + chain(x, 1 - s)),))

_GELU_SCALE, _GELU_CUBE = 2 * math.sqrt(2 / math.pi), 0.044715  # Hendrycks & Gimpel's tanh form:
# 1 + tanh(u) = 2σ(2u), and σ keeps its digits where 1 + tanh(−9) has lost them


def _gelu_array(x: Any) -> Any:
    with np.errstate(over="ignore"):  # x³ may be inf: σ is 0 or 1 then
        return chain.array(_sigmoid_array(_GELU_SCALE * x * (1 + _GELU_CUBE * x * x)), x)


def _gelu_partial(x: Any, y: Any) -> Any:
    s = sigmoid(_GELU_SCALE * x * (1 + _GELU_CUBE * x * x))
    slope = _GELU_SCALE * (1 + 3 * _GELU_CUBE * x * x)
    return s + chain(chain(chain(x, s), 1 - s), slope)  # far out s (1 − s) is 0, and the slope inf


gelu = elementwise(
    "gelu", lambda x: chain.scalar(_sigmoid(_GELU_SCALE * x * (1 + _GELU_CUBE * x * x)), x),
    _gelu_array,
    partials=(_gelu_partial,))

# --- Choices --------------------------------------------------------------------------------------

maximum = elementwise(
    "maximum", lambda a, b: a if a >= b or a != a else b, np.maximum, symbol="max", latex=r"\max",
    kinks=((1.0, 1.0),),
    partials=(lambda a, b, y: (a > b) + 0.5 * (a == b),
              lambda a, b, y: (b > a) + 0.5 * (a == b)))

minimum = elementwise(
    "minimum", lambda a, b: a if a <= b or a != a else b, np.minimum, symbol="min", latex=r"\min",
    kinks=((1.0, 1.0),),
    partials=(lambda a, b, y: (a < b) + 0.5 * (a == b),
              lambda a, b, y: (b < a) + 0.5 * (a == b)))

clip = elementwise(
    "clip", lambda x, low, high: minimum.scalar(maximum.scalar(x, low), high), np.clip,
    defaults={"low": -math.inf, "high": math.inf},
    samples=((0.3, -1.0, 1.0), (-2.0, -1.0, 1.0), (3.0, -1.0, 1.0)),
    kinks=((-1.0, -1.0, 1.0), (1.0, -1.0, 1.0)),
    partials=(lambda x, low, high, y: (x >= low) * (x <= high),
              lambda x, low, high, y: (x < low) * (low <= high),
              lambda x, low, high, y: 1 - (high >= low) * (high >= x)))

where = elementwise(
    "where", lambda condition, a, b: a if condition else b, np.where,
    latex=r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
    samples=((1.0, 0.7, 1.9), (0.0, 0.7, 1.9)),
    partials=(None, lambda condition, a, b, y: condition != 0,
              lambda condition, a, b, y: condition == 0))

sign = elementwise(
    "sign", lambda x: float(x > 0) - float(x < 0) if x == x else x, np.sign,
    latex=r"\operatorname{{sgn}}\left({0}\right)", kinks=((0.0,),),
    partials=(0,))

heaviside = elementwise(
    "heaviside", lambda x, at_zero: at_zero if x == 0 else float(x > 0) if x == x else x,
    np.heaviside, symbol="step", latex=r"\Theta\left({0}\right)", defaults={"at_zero": 1.0},
    kinks=((0.0, 1.0),),
    partials=(0, lambda x, at_zero, y: x == 0))

detach = elementwise(
    "detach", float, np.positive,
    partials=(None,))

# --- The chain rule itself ------------------------------------------------------------------------


def _chain_array(g: Any, d: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return np.where((g == 0) | ((d == 0) & (g == g)), 0, g * d)


chain = elementwise(  # upstream · local, in which 0 · ∞ is 0, and a NaN from upstream goes on
    "chain", lambda g, d: g * d if g and (d or g != g) else 0.0, _chain_array, symbol="×",
    latex=r"{0:2} \cdot {1:2}", binds=2,
    partials=(lambda g, d, y: d, lambda g, d, y: g))

BUILT_IN.update(TABLE)

# Computed, so that a new row is exported, too.
__all__ = ["TABLE", "Elementwise", "elementwise", "unregister"] + list(TABLE)  # noqa: RUF005
