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

import math
import operator
from functools import cache
from typing import Any

import numpy as np

from .row import BUILT_IN, elementwise, unregister
from .row import TABLE as TABLE
from .row import UFUNCS as UFUNCS
from .row import Elementwise as Elementwise
from .row import _row as _row  # under which rows were pickled


def _floats(array: Any) -> Any:
    """Make the forward on floats of one on arrays that is defined everywhere."""
    def scalar(*xs: float) -> float:
        with np.errstate(all="ignore"):
            return float(array(*map(np.float64, xs)))

    return scalar


# Rows whose derivatives are in terms of rows further down.
log: Elementwise
hypot: Elementwise
sigmoid: Elementwise
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

reciprocal = elementwise(
    "reciprocal", lambda x: 1 / x, np.reciprocal, symbol="1/x", latex=r"\frac{{1}}{{{0}}}",
    domain="x ≠ 0", singular=True,
    partials=(lambda x, y: -y * y,))

cbrt = elementwise(
    "cbrt", math.cbrt, np.cbrt, symbol="∛", latex=r"\sqrt[3]{{{0}}}", singular=True,
    kinks=((0.0,),),
    partials=(lambda x, y: 1 / (3 * y * y),))

hypot = elementwise(  # its derivative at 0 is 0, as that of |x|
    "hypot", math.hypot, np.hypot, latex=r"\sqrt{{{0:4}^2 + {1:4}^2}}", kinks=((0.0, 0.0),),
    partials=(lambda a, b, y: a / (y + (y == 0)), lambda a, b, y: b / (y + (y == 0))))

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

exp2 = elementwise(
    "exp2", math.exp2, np.exp2, latex="2^{{{0}}}", binds=3,
    partials=(lambda x, y: y * math.log(2),))

log2 = elementwise(
    "log2", math.log2, np.log2, latex=r"\log_2", domain="x > 0", singular=True,
    samples=((0.4,), (0.7,), (2.1,)),
    partials=(lambda x, y: 1 / (x * math.log(2)),))

log10 = elementwise(
    "log10", math.log10, np.log10, latex=r"\log_{{10}}", domain="x > 0", singular=True,
    samples=((0.4,), (0.7,), (2.1,)),
    partials=(lambda x, y: 1 / (x * math.log(10)),))

logaddexp = elementwise(
    "logaddexp", _floats(np.logaddexp), np.logaddexp,
    latex=r"\ln\left(e^{{{0}}} + e^{{{1}}}\right)",
    partials=(lambda a, b, y: sigmoid(a - b), lambda a, b, y: sigmoid(b - a)))

logaddexp2 = elementwise(
    "logaddexp2", _floats(np.logaddexp2), np.logaddexp2,
    latex=r"\log_2\left(2^{{{0}}} + 2^{{{1}}}\right)",
    partials=(lambda a, b, y: sigmoid((a - b) * math.log(2)),
              lambda a, b, y: sigmoid((b - a) * math.log(2))))

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

arctan2 = elementwise(
    "arctan2", math.atan2, np.arctan2, kinks=((0.0, 0.0),),
    partials=(lambda a, b, y: _over_square(b, a, b), lambda a, b, y: _over_square(-a, a, b)))


def _over_square(x: Any, a: Any, b: Any) -> Any:
    """Compute x / (a² + b²), which is 0 at the origin, without a square that overflows."""
    h = hypot(a, b)
    return x / (h + (h == 0)) / (h + (h == 0))


sinh = elementwise(
    "sinh", math.sinh, np.sinh, latex=r"\sinh",
    partials=(lambda x, y: cosh(x),))

cosh = elementwise(
    "cosh", math.cosh, np.cosh, latex=r"\cosh",
    partials=(lambda x, y: sinh(x),))

tanh = elementwise(
    "tanh", math.tanh, np.tanh, latex=r"\tanh",
    partials=(lambda x, y: 1 - y * y,))

arcsinh = elementwise(
    "arcsinh", math.asinh, np.arcsinh, latex=r"\operatorname{{arsinh}}",
    partials=(lambda x, y: 1 / hypot(1, x),))

arccosh = elementwise(
    "arccosh", math.acosh, np.arccosh, latex=r"\operatorname{{arcosh}}", domain="x ≥ 1",
    singular=True, samples=((1.4,), (2.1,)), kinks=((1.0,),),
    partials=(lambda x, y: 1 / (sqrt(x - 1) * sqrt(x + 1)),))

arctanh = elementwise(
    "arctanh", math.atanh, np.arctanh, latex=r"\operatorname{{artanh}}", domain="−1 < x < 1",
    singular=True, samples=((-0.7,), (0.2,), (0.6,)),
    partials=(lambda x, y: 1 / ((1 - x) * (1 + x)),))

deg2rad = elementwise(
    "deg2rad", math.radians, np.deg2rad, latex=r"\frac{{\pi}}{{180}} \cdot {0:2}", binds=2,
    partials=(lambda x, y: math.pi / 180,))

rad2deg = elementwise(
    "rad2deg", math.degrees, np.rad2deg, latex=r"\frac{{180}}{{\pi}} \cdot {0:2}", binds=2,
    partials=(lambda x, y: 180 / math.pi,))


# --- Special functions ----------------------------------------------------------------------------


def _kind(x: Any) -> Any:
    """Give the floating type in which a function of `x` is given."""
    return np.result_type(np.asarray(x), np.float16)


def _each(function: Any) -> Any:
    """Apply a function of one float to every element of an array, whose type is kept."""
    return lambda x: np.vectorize(function, otypes=[_kind(x)])(x)


erf = elementwise(
    "erf", math.erf, _each(math.erf),
    partials=(lambda x, y: 2 / math.sqrt(math.pi) * exp(-x * x),))

erfc = elementwise(
    "erfc", math.erfc, _each(math.erfc),
    partials=(lambda x, y: -2 / math.sqrt(math.pi) * exp(-x * x),))


@cache
def _sinc(k: int) -> Elementwise:
    """Make the row of the derivative of order `k` of sinc: the next one is its partial."""
    return Elementwise(
        f"sinc{k}", _floats(lambda x: _sinc_array(x, k)), lambda x: _sinc_array(x, k),
        latex=rf"\operatorname{{{{sinc}}}}^{{{{({k})}}}}", partials=(lambda x, y: _sinc(k + 1)(x),))


def _sinc_array(x: Any, k: int) -> Any:
    """Compute it: far from 0 by x f⁽ᵏ⁾ + k f⁽ᵏ⁻¹⁾ = πᵏ⁻¹ sin(πx + kπ/2), and near by the series."""
    far = np.where(small := np.abs(x) < 1 + k / 4, 1, x)
    y = np.sin(np.pi * far) / (np.pi * far)
    for i in range(1, k + 1):
        y = (np.pi ** (i - 1) * np.sin(np.pi * far + i * np.pi / 2) - i * y) / far
    near, series = np.where(small, x, 0), 0.0
    for m in range(40 + k, (k - 1) // 2, -1):  # (−1)ᵐ (πx)²ᵐ / (2m + 1)!, differentiated
        n = 2 * m - k
        series = near**n * ((-1) ** m * np.pi ** (2 * m) / math.factorial(n) / (2 * m + 1)) + series
    return np.where(small, series, y).astype(_kind(x))


sinc = elementwise(
    "sinc", _floats(np.sinc), np.sinc,
    latex=r"\frac{{\sin\left(\pi \cdot {0:2}\right)}}{{\pi \cdot {0:2}}}",
    partials=(lambda x, y: _sinc(1)(x),))


@cache
def _bessel(n: int) -> Elementwise:
    """Make the row of Iₙ, the modified Bessel function: Iₙ′ = (Iₙ₋₁ + Iₙ₊₁) / 2."""
    return Elementwise(
        f"i{n}", _floats(lambda x: _bessel_array(x, n)), lambda x: _bessel_array(x, n),
        latex=f"I_{{{{{n}}}}}",
        partials=(lambda x, y: (_bessel(abs(n - 1))(x) + _bessel(n + 1)(x)) / 2,))


def _bessel_array(x: Any, n: int) -> Any:
    """Compute the mean of exp(x cos θ) cos nθ over a circle, whose odd part in cos θ is 0."""
    angles = (np.arange(128) + 0.5) / 256 * np.pi
    wave = (np.sinh if n % 2 else np.cosh)(np.multiply.outer(x, np.cos(angles)))
    with np.errstate(invalid="ignore"):
        return (wave @ np.cos(n * angles) / 128).astype(_kind(x))


i0 = elementwise(
    "i0", _floats(np.i0), lambda x: np.i0(x).reshape(np.shape(x)), latex="I_0",
    partials=(lambda x, y: _bessel(1)(x),))

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

fmax = elementwise(
    "fmax", lambda a, b: b if a != a else a if a >= b or b != b else b, np.fmax,
    kinks=((1.0, 1.0), (1.0, math.nan)),
    partials=(lambda a, b, y: (a > b) + 0.5 * (a == b) + (b != b),
              lambda a, b, y: (b > a) + 0.5 * (a == b) + (a != a)))

fmin = elementwise(
    "fmin", lambda a, b: b if a != a else a if a <= b or b != b else b, np.fmin,
    kinks=((1.0, 1.0), (1.0, math.nan)),
    partials=(lambda a, b, y: (a < b) + 0.5 * (a == b) + (b != b),
              lambda a, b, y: (b < a) + 0.5 * (a == b) + (a != a)))

copysign = elementwise(
    "copysign", math.copysign, np.copysign, kinks=((0.0, 1.0), (1.0, 0.0)),
    partials=(lambda a, b, y: sign(a) * sign(y), 0))

_LARGEST = float(np.finfo(float).max)


def _nan_to_num(x: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    """Replace what is not finite; the largest float64 stands for the largest of x's type."""
    kind = _kind(x)
    largest = float(np.finfo(kind).max)
    high, low = (np.where(np.abs(v) == _LARGEST, np.copysign(largest, v), v)
                 for v in (np.asarray(posinf, float), np.asarray(neginf, float)))  # fmt: skip
    finite = np.where(x == np.inf, high, np.where(x == -np.inf, low, x))
    return np.where(np.isnan(x), nan, finite).astype(kind)


nan_to_num = elementwise(
    "nan_to_num", _floats(_nan_to_num), _nan_to_num,
    defaults={"nan": 0.0, "posinf": _LARGEST, "neginf": -_LARGEST},
    samples=((0.7, 0.0, 9.0, -9.0), (-1.3, 0.5, 9.0, -9.0)),
    kinks=((math.nan, 0.0, 9.0, -9.0), (math.inf, 0.0, 9.0, -9.0), (-math.inf, 0.0, 9.0, -9.0)),
    partials=(lambda x, nan, posinf, neginf, y: abs(x) < math.inf,
              lambda x, nan, posinf, neginf, y: x != x,
              lambda x, nan, posinf, neginf, y: x == math.inf,
              lambda x, nan, posinf, neginf, y: x == -math.inf))

# --- Whole numbers --------------------------------------------------------------------------------

floor, ceil, trunc, rint = (
    elementwise(ufunc.__name__, _floats(ufunc), ufunc, latex=latex, kinks=kinks,
                samples=((-0.7,), (0.2,), (0.7,)), partials=(0,))
    for ufunc, latex, kinks in (
        (np.floor, r"\left\lfloor {0} \right\rfloor", ((1.0,),)),
        (np.ceil, r"\left\lceil {0} \right\rceil", ((1.0,),)),
        (np.trunc, r"\operatorname{{trunc}}", ((1.0,),)),
        (np.rint, r"\operatorname{{round}}", ((0.5,),)),
    ))

_WITHIN = ((0.7, 1.9), (-0.6, 1.3), (0.4, -0.8))

floor_divide = elementwise(
    "floor_divide", operator.floordiv, np.floor_divide, symbol="//", domain="b ≠ 0",
    latex=r"\left\lfloor \frac{{{0}}}{{{1}}} \right\rfloor", samples=_WITHIN, kinks=((2.0, 1.0),),
    partials=(0, 0))

remainder = elementwise(  # a − n b, with n whole
    "remainder", operator.mod, np.remainder, symbol="mod", domain="b ≠ 0", binds=2,
    latex=r"{0:2} \bmod {1:3}", samples=_WITHIN, kinks=((2.0, 1.0),),
    partials=(1, lambda a, b, y: rint((y - a) / b)))

fmod = elementwise(  # the same, with the sign of a
    "fmod", math.fmod, np.fmod, domain="a finite a, and b ≠ 0",
    samples=_WITHIN, kinks=((2.0, 1.0),),
    partials=(1, lambda a, b, y: rint((y - a) / b)))

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

UFUNCS |= {  # NumPy's other names, and functions that are none of NumPy's ufuncs
    np.radians: deg2rad, np.degrees: rad2deg, np.fabs: absolute, np.float_power: power,
    np.conjugate: positive, np.i0: i0,
}

# Computed, so that a new row is exported, too.
__all__ = ["TABLE", "Elementwise", "elementwise", "unregister"] + list(TABLE)  # noqa: RUF005
