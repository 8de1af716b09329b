"""Weights to begin with: arrays of random numbers, of a variance that fits the layer.

A unit's input is a sum of fan_in products: for weights of mean 0 its variance is fan_in · Var(w)
times the mean square of the inputs; going backward, gradients are sums of fan_out products. A
variance near 1 / fan keeps both alive through many layers. Equal weights would stay equal for ever.

An initializer is a function of a random generator (or a seed), the shape (fan_in, fan_out) and
the dtype. Numbers are drawn as float64 and rounded, so that a seed gives the same in float32.

References
----------
glorot: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
networks", 2010, equation 16. he: He et al., "Delving deep into rectifiers", 2015, equation 10.
lecun: LeCun et al., "Efficient BackProp", 1998, section 4.6. uniform_fan_out: Rashid, "Make your
own neural network", 2016, whose text speaks of the incoming links, and whose code of the target's
nodes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .given import floating, generator, whole
from .lookup import lookup

__all__ = [
    "INITIALIZERS", "initializer", "zeros", "ones", "constant", "uniform_fan_out",
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
]  # fmt: skip

Initializer = Callable[..., np.ndarray]
Rng = np.random.Generator | int | None
Shape = Sequence[int]


def zeros(rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
    """Give zeros, of any shape: for biases."""
    return np.zeros(_shape(shape), _type(dtype))


def ones(rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
    """Give ones, of any shape."""
    return np.ones(_shape(shape), _type(dtype))


@dataclass(frozen=True)
class constant:  # noqa: N801  (used as a function)
    """Make an initializer that gives a number, in any shape.

    Examples
    --------
    >>> constant(0.5)(None, (2, 3))
    array([[0.5, 0.5, 0.5],
           [0.5, 0.5, 0.5]])
    """

    number: float

    def __call__(self, rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
        """Give the array."""
        return np.full(shape, self.number, dtype)


def uniform_fan_out(rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
    """Draw uniformly from ±1 / √fan_out, fan_out being the number of nodes in the target layer.

    Examples
    --------
    >>> bool(np.abs(uniform_fan_out(0, (100, 25))).max() < 1 / 5)
    True
    """
    _, fan_out = _fans(shape)
    return _uniform(rng, shape, dtype, 1 / (3 * fan_out))


def glorot_uniform(rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
    """Draw uniformly from ±√(6 / (fan_in + fan_out)): the variance is 2 / (fan_in + fan_out).

    It suits tanh and sigmoid; Keras' default.

    Examples
    --------
    >>> glorot_uniform(np.random.default_rng(1), (2, 4)).round(3)
    array([[ 0.024,  0.901, -0.712,  0.897],
           [-0.376, -0.153,  0.655, -0.182]])
    """
    return _uniform(rng, shape, dtype, 2 / sum(_fans(shape)))


def glorot_normal(rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
    """Draw from a normal distribution of variance 2 / (fan_in + fan_out), cut off at 2σ.

    As in Keras: σ is a little wider, so that what is left has the variance. PyTorch does not cut.
    """
    return _normal(rng, shape, dtype, 2 / sum(_fans(shape)))


def he_uniform(rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
    """Draw uniformly from ±√(6 / fan_in): the variance is 2 / fan_in.

    It suits ReLU, which lets half of the mean square through.
    """
    return _uniform(rng, shape, dtype, 2 / _fans(shape)[0])


def he_normal(rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
    """Draw from a normal distribution of variance 2 / fan_in, cut off at 2σ as `glorot_normal`.

    Examples
    --------
    >>> w = he_normal(0, (200, 500))
    >>> print(f"{w.var():.3f}")
    0.010
    """
    return _normal(rng, shape, dtype, 2 / _fans(shape)[0])


def lecun_uniform(rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
    """Draw uniformly from ±√(3 / fan_in): the variance is 1 / fan_in."""
    return _uniform(rng, shape, dtype, 1 / _fans(shape)[0])


def lecun_normal(rng: Rng, shape: Shape, dtype: Any = float) -> np.ndarray:
    """Draw from a normal distribution of variance 1 / fan_in, cut off at 2σ as `glorot_normal`."""
    return _normal(rng, shape, dtype, 1 / _fans(shape)[0])


INITIALIZERS: dict[str, Initializer] = {
    f.__name__: f for f in (
        zeros, ones, uniform_fan_out, glorot_uniform, glorot_normal, he_uniform, he_normal,
        lecun_uniform, lecun_normal)
}  # fmt: skip


def initializer(choice: str | Initializer) -> Initializer:
    """Find an initializer by its name, or raise a ValueError; a function is given back as it is.

    Examples
    --------
    >>> initializer("zeros")(None, (3,))
    array([0., 0., 0.])
    """
    found: Initializer = lookup("initializer", choice, INITIALIZERS)
    return found


def _fans(shape: Shape) -> tuple[int, int]:
    if len(_shape(shape)) != 2:
        raise ValueError(f"an initializer's shape is (fan_in, fan_out) for weights, got {shape!r}")
    return max(1, shape[0]), max(1, shape[1])


def _shape(shape: Any) -> Shape:
    several = isinstance(shape, (tuple, list))
    return tuple(whole(n, "an initializer's shape", 0) for n in (shape if several else [shape]))


def _type(dtype: Any) -> np.dtype:
    return floating(dtype, "an initializer's dtype")


def _uniform(rng: Rng, shape: Shape, dtype: Any, variance: float) -> np.ndarray:
    limit, rng = math.sqrt(3 * variance), generator(rng, "an initializer's rng")
    return rng.uniform(-limit, limit, shape).astype(_type(dtype), copy=False)


def _normal(rng: Rng, shape: Shape, dtype: Any, variance: float) -> np.ndarray:
    dtype, rng = _type(dtype), generator(rng, "an initializer's rng")
    z = rng.standard_normal(shape)
    while (outside := np.abs(z) > 2).any():
        z[outside] = rng.standard_normal(np.count_nonzero(outside))
    z *= math.sqrt(variance) / _SIGMA
    return z.astype(dtype, copy=False)


_SIGMA = 0.87962566103423978  # of a standard normal distribution cut off at ±2
