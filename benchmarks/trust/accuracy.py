"""Activations and losses against mpmath, in ulps: values and derivatives, up to extreme inputs.

::

    python -m benchmarks.trust accuracy [RANDOM POINTS]

An ulp is the distance of two neighbouring numbers of the type at the exact result. Numbers that the
type rounds to 0 or to infinity have to come out as such.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mpmath
import numpy as np
from mpmath import mp, mpf

import autograd
import mlp
from autograd import Tensor
from mlp.keras import activations as keras

__all__ = ["FUNCTIONS", "Row", "main", "measure"]

mp.prec = 400
POINTS = [0.0, *(s * x for s in (1, -1) for x in (
    1e-300, 1e-45, 1e-38, 1e-20, 1e-10, 1e-5, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.9, 1, 1.5, 2, 3, 5, 8, 9,
    10, 15, 17, 20, 30, 36, 40, 50, 87, 88, 89, 100, 103, 104, 300, 700, 709, 710, 745, 746, 1e4,
    1e10, 1e20, 1e38, 1e300))]  # fmt: skip


class Row(NamedTuple):
    """A function with its exact value, and its exact derivative by the first operand."""

    ours: Callable[[Any], Any]
    value: Callable[[Any], Any]
    derivative: Callable[[Any], Any]
    low: float = -np.inf
    high: float = np.inf
    # At which numbers the ulps of both are taken, if not at themselves.
    units: tuple[float, float] = (0.0, 0.0)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def _softplus(x: Any) -> Any:
    return mpmath.log1p(mpmath.exp(x)) if x < 0 else x + mpmath.log1p(mpmath.exp(-x))


def _gelu(x: Any) -> Any:
    return x * _sigmoid(_slope * (x + _CUBE * x**3))


def _gelu_derivative(x: Any) -> Any:
    s = _sigmoid(_slope * (x + _CUBE * x**3))
    other = _sigmoid(-_slope * (x + _CUBE * x**3))
    return s + x * s * other * _slope * (1 + 3 * _CUBE * x * x)


def _normal(x: Any) -> Any:
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2 if x > -300 else mpf(0)


def _mish_derivative(x: Any) -> Any:
    t = mpmath.tanh(_softplus(x))
    return t + x * (1 - t * t) * _sigmoid(x)


_SELU = mpf("1.0507009873554804934193349852946"), mpf("1.6732632423543772848170429916717")
_slope, _CUBE = 2 * mpmath.sqrt(2 / mpmath.pi), mpf("0.044715")
SQUARE_ROOT_OF_PI = mpmath.sqrt(mpmath.pi)


def _against(t: float) -> Row:
    """Make the cross-entropy of a logit and the target t, whose exact share is that float."""
    share = mpf(t)
    return Row(lambda z: mlp.sigmoid_cross_entropy(z, np.full(z.shape, t, z.dtype)),
               lambda z: share * _softplus(-z) + (1 - share) * _softplus(z),
               lambda z: (1 - share) * _sigmoid(z) - share * _sigmoid(-z),
               units=(0, 0.5 * (t == 0.5)))  # it is 0 at 0


def _two(f: Callable[..., Any]) -> Callable[[Any], Any]:
    """Let a function of rows see (z, 0) in each."""
    return lambda z: f(autograd.stack([z, 0 * z], axis=-1))


FUNCTIONS: dict[str, Row] = {
    # What is computed from a y that is nearly 1 has the digits of 1 alone, as in other libraries.
    "sigmoid": Row(autograd.sigmoid, _sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x),
                   units=(0, 0.25)),
    "tanh": Row(autograd.tanh, mpmath.tanh, lambda x: mpmath.sech(x) ** 2, units=(0, 1)),
    "softplus": Row(autograd.softplus, _softplus, _sigmoid),
    "log_sigmoid": Row(autograd.log_sigmoid, lambda x: -_softplus(-x), lambda x: _sigmoid(-x)),
    "relu": Row(autograd.relu, lambda x: max(x, mpf(0)), lambda x: mpf(x > 0)),
    "leaky_relu": Row(lambda x: autograd.leaky_relu(x, 0.25), lambda x: x if x > 0 else x / 4,
                      lambda x: mpf(1) if x > 0 else mpf(1) / 4),
    "elu": Row(autograd.elu, lambda x: x if x > 0 else mpmath.expm1(x),
               lambda x: mpf(1) if x > 0 else mpmath.exp(x)),
    "silu": Row(autograd.silu, lambda x: x * _sigmoid(x),
                lambda x: _sigmoid(x) * (1 + x * _sigmoid(-x))),
    "gelu": Row(autograd.gelu, _gelu, _gelu_derivative),
    "exp": Row(autograd.exp, mpmath.exp, mpmath.exp),
    "expm1": Row(autograd.expm1, mpmath.expm1, mpmath.exp),
    "log": Row(autograd.log, mpmath.log, lambda x: 1 / x, low=1e-37),
    "log1p": Row(autograd.log1p, mpmath.log1p, lambda x: 1 / (1 + x), low=-0.99),
    "erf": Row(autograd.erf, mpmath.erf, lambda x: 2 / SQUARE_ROOT_OF_PI * mpmath.exp(-x * x)),
    "erfc": Row(autograd.erfc, lambda x: mpmath.erfc(x) if x < 100 else mpf(0),
                lambda x: -2 / SQUARE_ROOT_OF_PI * mpmath.exp(-x * x)),
    "arctan": Row(autograd.arctan, mpmath.atan, lambda x: 1 / (1 + x * x)),
    "arcsinh": Row(autograd.arcsinh, mpmath.asinh, lambda x: 1 / mpmath.sqrt(1 + x * x)),
    "softmax of (z, 0)": Row(lambda z: _two(autograd.softmax)(z)[..., 0], _sigmoid,
                             lambda x: _sigmoid(x) * _sigmoid(-x), units=(0, 0.25)),
    "log_softmax of (z, 0)": Row(lambda z: _two(autograd.log_softmax)(z)[..., 0],
                                 lambda x: -_softplus(-x), lambda x: _sigmoid(-x),
                                 units=(1, 1)),
    "logsumexp of (z, 0)": Row(_two(lambda x: autograd.logsumexp(x, axis=-1)), _softplus, _sigmoid,
                               units=(1, 0)),
    "softmax_cross_entropy of (z, 0)": Row(
        _two(lambda x: autograd.softmax_cross_entropy(
            x, np.zeros(x.shape[0], int), reduction="none")),
        lambda x: _softplus(-x), lambda x: -_sigmoid(-x), units=(1, 1)),
    "sigmoid_cross_entropy, t = 0": _against(0.0),
    "sigmoid_cross_entropy, t = 1": _against(1.0),
    "sigmoid_cross_entropy, t = ½": _against(0.5),
    "binary_cross_entropy, t = 1": Row(
        lambda p: mlp.binary_cross_entropy(p, np.ones(p.shape, p.dtype)),
        lambda p: -mpmath.log(p), lambda p: -1 / p, low=1e-5, high=1 - 1e-5),
    "gelu, exact": Row(mlp.activations.gelu_erf, lambda x: x * _normal(x),
                       lambda x: _normal(x) + x * mpmath.npdf(x)),
    "mish": Row(mlp.activations.mish, lambda x: x * mpmath.tanh(_softplus(x)), _mish_derivative),
    "selu": Row(mlp.activations.selu, lambda x: _SELU[0] * (x if x > 0 else _SELU[1] * mpmath.expm1(
        x)), lambda x: _SELU[0] * (1 if x > 0 else _SELU[1] * mpmath.exp(x))),
    "softsign": Row(mlp.activations.softsign, lambda x: x / (1 + abs(x)),
                    lambda x: 1 / (1 + abs(x)) ** 2, units=(0, 1)),
    "hard_sigmoid": Row(mlp.activations.hard_sigmoid, lambda x: min(max(x / 6 + mpf("0.5"), 0), 1),
                        lambda x: mpf((x > -3) - 0.5 * (x == 3) - (x > 3)) / 6, units=(0.5, 0)),
    "squareplus": Row(keras.squareplus, lambda x: (x + mpmath.sqrt(x * x + 4)) / 2,
                      lambda x: (1 + x / mpmath.sqrt(x * x + 4)) / 2, low=-1e3, units=(1e3, 1)),
    "log-cosh of z and 0": Row(
        lambda z: mlp.losses.LogCosh().elements(np.zeros(z.shape, z.dtype), z),
        lambda z: abs(z) + mpmath.log1p(mpmath.exp(-2 * abs(z))) - mpmath.log(2), mpmath.tanh,
        units=(1, 1)),
    "Poisson of z and 2": Row(
        lambda z: mlp.losses.Poisson().elements(np.full(z.shape, 2, z.dtype), z),
        lambda z: z - 2 * mpmath.log(z + mpf(1e-7)), lambda z: 1 - 2 / (z + mpf(1e-7)), low=1e-5,
        units=(1, 1)),
    "squared logarithmic error of z and 1": Row(
        lambda z: mlp.losses.MeanSquaredLogarithmicError().elements(np.ones(z.shape, z.dtype), z),
        lambda z: (mpmath.log1p(z) - mpmath.log(2)) ** 2,
        lambda z: 2 * (mpmath.log1p(z) - mpmath.log(2)) / (1 + z), low=1e-5, units=(1, 1)),
    "squared hinge of z and 1": Row(
        lambda z: mlp.losses.SquaredHinge().elements(np.ones(z.shape, z.dtype), z),
        lambda z: max(1 - z, mpf(0)) ** 2, lambda z: -2 * max(1 - z, mpf(0))),
    "squared error of z and 1": Row(
        lambda z: mlp.losses.MeanSquaredError().elements(np.ones(z.shape, z.dtype), z),
        lambda z: (z - 1) ** 2, lambda z: 2 * (z - 1)),
    "Huber of z and 1": Row(
        lambda z: mlp.losses.Huber().elements(np.ones(z.shape, z.dtype), z),
        lambda z: (z - 1) ** 2 / 2 if abs(z - 1) <= 1 else abs(z - 1) - mpf(1) / 2,
        lambda z: min(max(z - 1, mpf(-1)), mpf(1))),
}  # fmt: skip


def main(count: int = 300) -> int:
    """Print how far each function and its derivative are off at most, and where."""
    print(f"mpmath {mpmath.__version__}, {count} random points and {len(POINTS)} extreme ones.\n")
    kinds = ["float64", "float32"]
    print("| | " + " | ".join(f"{what}, {k}" for k in kinds for what in ("value", "derivative")))
    print("|---" * 5 + "|")
    for name, row in FUNCTIONS.items():
        found = [f"{u:.1f} at {x:.4g}" + f", of {unit:g}" * (unit > 0) for k in kinds
                 for (u, x), unit in zip(measure(row, k, count), row.units, strict=True)]
        print(f"| {name} | {' | '.join(found)} |", flush=True)
    return 0


def measure(row: Row, kind: str, count: int, seed: int = 0) -> list[tuple[float, float]]:
    """Give the largest error of the value and of the derivative, in ulps, and where that is."""
    rng = np.random.default_rng(seed)
    sizes = 10 ** rng.uniform(-6, 3, count) * rng.choice([-1, 1], count)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        x = np.unique(np.array([*POINTS, *sizes], kind))
        x = x[np.isfinite(x) & (x >= row.low) & (x <= row.high)]
        t = Tensor(x)
        y = row.ours(t)
        y.backward(np.ones(x.shape, kind))
        exact = [mpf(float(z)) for z in x]
        return [_worst(x, y.data, [*map(row.value, exact)], row.units[0]),
                _worst(x, t.grad, [*map(row.derivative, exact)], row.units[1])]  # fmt: skip


def _worst(
    x: np.ndarray, found: np.ndarray, exact: Sequence[Any], unit: float = 0.0
) -> tuple[float, float]:
    kind = x.dtype.type
    errors = []
    for y, e in zip(found, exact, strict=True):
        rounded = kind(float(e))  # beyond its range that is infinite
        if np.isfinite(y) and np.isfinite(rounded):
            error = abs(mpf(float(y)) - e) / mpf(float(np.spacing(max(kind(unit), abs(rounded)))))
        else:
            error = 0.0 if y == rounded else np.inf
        errors.append(float(error))
    k = int(np.argmax(errors))
    return errors[k], float(x[k])

