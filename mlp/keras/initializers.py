"""Keras' initializers: functions of a shape, which draw as those of `mlp.initializers` do."""

import math
from typing import Any

import numpy as np

from ..arrays import as_array
from ..given import DType, Shape, dtype_of, number, one_of, shape_of
from . import config, random
from .missing import missing
from .named import Configured, deserializer, found, serialize
from .random import Seed

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity",
    "IdentityInitializer", "Initializer", "LecunNormal", "LecunUniform", "Ones", "Orthogonal",
    "OrthogonalInitializer", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling",
    "Zeros", "constant", "deserialize", "get", "glorot_normal", "glorot_uniform", "he_normal",
    "he_uniform", "identity", "lecun_normal", "lecun_uniform", "ones", "orthogonal",
    "random_normal", "random_uniform", "serialize", "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip


class Initializer(Configured):
    """Gives the first numbers of a weight; one of your own has ``__call__(shape, dtype=None)``.

    Examples
    --------
    >>> class Alternating(Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return (-1.0) ** np.indices(shape).sum(0)
    >>> Alternating()((2, 2)).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """

    def __call__(self, shape: Shape, dtype: DType = None) -> Any:
        """Give an array of that shape."""
        name = type(self).__name__
        shape, dtype = shape_of(shape, f"{name}: shape"), dtype_of(dtype, f"{name}: dtype")
        return self.numbers(shape, dtype or config.floatx())

    def numbers(self, shape: Shape, dtype: Any) -> Any:
        """Give it, for a shape and a type that have been checked."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(shape, dtype)")


class Constant(Initializer):
    """A number, everywhere.

    Examples
    --------
    >>> Constant(0.5)((2,)).tolist()
    [0.5, 0.5]
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = as_array(value, "Constant: value", float)

    def numbers(self, shape: Shape, dtype: Any) -> np.ndarray:
        """Give an array of that shape."""
        if self.value.ndim and self.value.shape != shape:
            raise ValueError(f"Constant: value has shape {self.value.shape}, for the shape {shape}")
        return np.broadcast_to(self.value, shape).astype(dtype)


class Zeros(Initializer):
    """0, everywhere."""

    def numbers(self, shape: Shape, dtype: Any) -> np.ndarray:
        """Give an array of that shape."""
        return np.zeros(shape, dtype)


class Ones(Initializer):
    """1, everywhere."""

    def numbers(self, shape: Shape, dtype: Any) -> np.ndarray:
        """Give an array of that shape."""
        return np.ones(shape, dtype)


class Identity(Initializer):
    """A multiple of the identity matrix."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def numbers(self, shape: Shape, dtype: Any) -> np.ndarray:
        """Give a matrix."""
        if len(shape) != 2:
            raise ValueError(f"Identity: a matrix has two axes, got the shape {tuple(shape)}")
        return self.gain * np.eye(*shape, dtype=dtype)


class _Random(Initializer):
    """What draws: the same numbers at every call where a seed is given."""

    seed: Any

    def _rng(self) -> np.random.Generator:
        return random.generator(self.seed)


class RandomNormal(_Random):
    """Normally distributed."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> None:
        self.mean, self.seed = mean, seed
        self.stddev = number(stddev, f"{type(self).__name__}: stddev", "from 0")

    def numbers(self, shape: Shape, dtype: Any) -> np.ndarray:
        """Give an array of that shape."""
        return random.normal(shape, self.mean, self.stddev, dtype, self._rng())


class TruncatedNormal(RandomNormal):
    """Normally distributed, but not beyond two standard deviations."""

    def numbers(self, shape: Shape, dtype: Any) -> np.ndarray:
        """Give an array of that shape."""
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self._rng())


class RandomUniform(_Random):
    """Evenly distributed."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Seed = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def numbers(self, shape: Shape, dtype: Any) -> np.ndarray:
        """Give an array of that shape."""
        return random.uniform(shape, self.minval, self.maxval, dtype, self._rng())


class VarianceScaling(_Random):
    """Of variance scale / n, n being the inputs of a unit, its outputs, or their mean.

    Examples
    --------
    >>> w = VarianceScaling(2.0, seed=0)((200, 500))
    >>> print(f"{w.var():.3f}")
    0.010
    """

    def __init__(self, scale: float = 1.0, mode: str = "fan_in",
                 distribution: str = "truncated_normal", seed: Seed = None) -> None:  # fmt: skip
        name = type(self).__name__
        self.scale = number(scale, f"{name}: scale", "above 0")
        self.mode = one_of(mode, f"{name}: mode", "fan_in", "fan_out", "fan_avg")
        self.distribution = one_of(distribution.lower(), f"{name}: distribution", "normal",
                                   "truncated_normal", "untruncated_normal", "uniform")
        self.seed = seed

    def numbers(self, shape: Shape, dtype: Any) -> np.ndarray:
        """Give an array of that shape."""
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        deviation = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * deviation
            return random.uniform(shape, -limit, limit, dtype, self._rng())
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, deviation, dtype, self._rng())
        wider = deviation / 0.87962566103423978  # so that what is left at ±2σ has the variance
        return random.truncated_normal(shape, 0.0, wider, dtype, self._rng())


def fans(shape: Shape) -> tuple[float, float]:
    """Give the numbers of inputs and outputs that a weight of a shape connects."""
    if len(shape) < 2:
        return (*shape, *shape, 1, 1)[:2] if shape else (1, 1)
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def _scaled(name: str, scale: float, mode: str, distribution: str, what: str) -> type:
    """Make the class of a `VarianceScaling` with a name of its own."""
    def __init__(self: Any, seed: Seed = None) -> None:  # noqa: N807
        VarianceScaling.__init__(self, scale, mode, distribution, seed)

    return type(name, (VarianceScaling,), {
        "__init__": __init__, "__module__": __name__,
        "__doc__": f"{what}: as `mlp.initializers.{name}`."})  # fmt: skip


GlorotUniform = _scaled("GlorotUniform", 1.0, "fan_avg", "uniform",
                        "Evenly from ±√(6 / (in + out))")  # fmt: skip
GlorotNormal = _scaled("GlorotNormal", 1.0, "fan_avg", "truncated_normal",
                       "Normal, of variance 2 / (in + out)")  # fmt: skip
HeUniform = _scaled("HeUniform", 2.0, "fan_in", "uniform", "Evenly from ±√(6 / in)")
HeNormal = _scaled("HeNormal", 2.0, "fan_in", "truncated_normal", "Normal, of variance 2 / in")
LecunUniform = _scaled("LecunUniform", 1.0, "fan_in", "uniform", "Evenly from ±√(3 / in)")
LecunNormal = _scaled("LecunNormal", 1.0, "fan_in", "truncated_normal",
                      "Normal, of variance 1 / in")  # fmt: skip


class Orthogonal(_Random):
    """A matrix whose rows, or columns, are orthogonal and of one length.

    Examples
    --------
    >>> W = Orthogonal(seed=0)((4, 2))
    >>> np.allclose(W.T @ W, np.eye(2), atol=1e-6)
    True
    """

    def __init__(self, gain: float = 1.0, seed: Seed = None) -> None:
        self.gain, self.seed = gain, seed

    def numbers(self, shape: Shape, dtype: Any) -> np.ndarray:
        """Give an array of that shape."""
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: a matrix has two axes, got the shape {tuple(shape)}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        z = self._rng().standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(z)
        q *= np.sign(np.diag(r))
        matrix = q if rows >= columns else q.T
        return (self.gain * matrix).reshape(shape).astype(dtype)


IdentityInitializer, OrthogonalInitializer = Identity, Orthogonal
constant, identity, ones, orthogonal, zeros = Constant, Identity, Ones, Orthogonal, Zeros
glorot_normal, glorot_uniform, he_normal, he_uniform = (
    GlorotNormal, GlorotUniform, HeNormal, HeUniform)  # fmt: skip
lecun_normal, lecun_uniform, variance_scaling = LecunNormal, LecunUniform, VarianceScaling
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal

_TABLE = {name: globals()[name] for name in __all__
          if name not in ("Initializer", "deserialize", "get", "serialize")} | {
    "normal": RandomNormal, "one": Ones, "uniform": RandomUniform, "zero": Zeros}  # fmt: skip


def get(identifier: Any) -> Any:
    """Find an initializer by its name; a function (shape, dtype) stays.

    Examples
    --------
    >>> get("zeros")((2,)).tolist()
    [0.0, 0.0]
    """
    return found("initializer", identifier, _TABLE)


deserialize = deserializer(get)
__getattr__ = missing(__name__, __all__)
