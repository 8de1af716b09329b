"""exp, log and their like for compiled loops, in arithmetic alone, so that loops vectorize.

The C library's take one number after the other. Here a number is taken apart by its bits. With n
the whole number next to x / ln 2 and r = x − n ln 2, at most ln 2 / 2 from 0, eˣ = 2ⁿ eʳ, where
eʳ − 1 is a Taylor series; and log(2ⁿ m) = n ln 2 + log m, where m is between √½ and √2, and
log m = 2 artanh s with s = (m − 1) / (m + 1), another series. Right to 3 units in the last place;
what is less than twice the smallest normal number is 0.
"""

import math
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic, overload

__all__ = ["exp", "expm1", "log", "log1p", "tanh"]

_HERE = njit(nogil=True, cache=True, error_model="numpy")


@intrinsic
def _bits(typing: Any, x: Any) -> Any:
    """Take a number's bits for a whole number."""
    whole = types.int32 if x == types.float32 else types.int64

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(whole))

    return whole(x), generate


@intrinsic
def _of_bits(typing: Any, n: Any) -> Any:
    """Take a whole number for the bits of a number."""
    kind = types.float32 if n == types.int32 else types.float64

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(kind))

    return kind(n), generate


def _made(kind: Any) -> tuple[Any, ...]:
    """Make the functions for numbers of a type: the formulas are the same for all."""
    f, i, digits, bias, terms = (
        (np.float32, np.int32, 23, 127, 7) if kind == types.float32
        else (np.float64, np.int64, 52, 1023, 13))  # fmt: skip
    most = f(math.log(float(np.finfo(f).max)))
    least = f(math.log(2 * float(np.finfo(f).tiny)))
    high = f(math.floor(math.log(2) * 2.0 ** (digits - 12)) / 2.0 ** (digits - 12))  # n · it: exact
    low = f(math.log(2) - float(high) + 2.3190468138462996e-17)  # what is missing in log(2)
    per_ln2, shift = f(1 / math.log(2)), f(1.5 * 2**digits)
    to_exp = tuple([f(1 / math.factorial(k)) for k in range(terms, 1, -1)])
    to_log = tuple([f(2 / (2 * k + 1)) for k in range(terms - 3, 0, -1)])
    one, two, infinity, nothing = f(1), f(2), f(np.inf), f(np.nan)
    shift_bits, root_bits = shift.view(i), f(math.sqrt(0.5)).view(i)

    @_HERE
    def parts(x: Any) -> Any:
        """Give eʳ − 1, and half of 2ⁿ."""
        t = x * per_ln2 + shift  # n stands in its last bits
        n = t - shift
        r = (x - n * high) - n * low
        p = f(0)
        for c in to_exp:
            p = p * r + c
        return r + r * r * p, _of_bits(i((_bits(t) + (bias - 1)) << digits))

    @_HERE
    def exp(x: Any) -> Any:
        p, half = parts(x)
        y = (half + half * p) * two
        return infinity if x > most else f(0) if x < least else y

    @_HERE
    def expm1(x: Any) -> Any:
        p, half = parts(x)
        y = (half * p + (half - f(0.5))) * two
        return infinity if x > most else -one if x < least else y

    @_HERE
    def tanh(x: Any) -> Any:
        u = expm1(-two * abs(x))
        return math.copysign(u / (u + two), x)

    @_HERE
    def log_of(u: Any, rest: Any) -> Any:
        """Give log u + rest, where the rest is little."""
        k = i((_bits(u) - root_bits) >> digits)
        n = _of_bits(i(k + shift_bits)) - shift
        m = _of_bits(i(_bits(u) - (k << digits)))
        s = (m - one) / (m + one)
        p = f(0)
        for c in to_log:
            p = (p + c) * (s * s)
        y = n * high + (s * two + (s * p + (n * low + rest)))
        return y if f(0) < u < infinity else -infinity if u == 0 else u if u > 0 else nothing

    @_HERE
    def log(x: Any) -> Any:
        return log_of(x, f(0))

    @_HERE
    def log1p(x: Any) -> Any:
        u = one + x
        return log_of(u, (x - (u - one)) / u)  # with what was lost in 1 + x

    return exp, expm1, log, log1p, tanh


_FUNCTIONS = {kind: _made(kind) for kind in (types.float32, types.float64)}


def exp(x: Any) -> Any:
    """Give eˣ."""
    return np.exp(x)


def expm1(x: Any) -> Any:
    """Give eˣ − 1."""
    return np.expm1(x)


def log(x: Any) -> Any:
    """Give log x."""
    return np.log(x)


def log1p(x: Any) -> Any:
    """Give log (1 + x)."""
    return np.log1p(x)


def tanh(x: Any) -> Any:
    """Give tanh x = (1 − e⁻²ˣ) / (1 + e⁻²ˣ)."""
    return np.tanh(x)


def _numbered(place: int) -> Any:
    """Make what finds the function for a type of numbers."""
    def find(x: Any) -> Any:
        function = _FUNCTIONS[x if x in _FUNCTIONS else types.float64][place]

        def call(x: Any) -> Any:
            return function(x)

        return call

    return find


for _place, _function in enumerate((exp, expm1, log, log1p, tanh)):
    overload(_function)(_numbered(_place))
