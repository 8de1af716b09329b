"""Layers that bring mean and variance to what is learned: of a batch, or of each example."""

import math
from typing import Any

import numpy as np

from autograd import Tensor, sqrt, square
from autograd.array_ops import mean
from autograd.programs import Traced, UntraceableError

from ..given import flag, number
from .base import Layer, Shape

__all__ = ["BatchNormalization", "LayerNormalization"]


class LayerNormalization(Layer):
    """Bring each example to mean 0 and variance 1; then γx + β, which are learned.

    Parameters
    ----------
    epsilon : float, optional
        What is added to the variance.
    center, scale : bool, optional
        Whether there is a β, and a γ.

    References
    ----------
    Ba, Kiros and Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> layer = LayerNormalization()
    >>> layer.build((2,), np.random.default_rng(0), "float64")
    >>> layer(np.array([[1.0, 3.0]])).data.round(2)
    array([[-1.,  1.]])
    """

    def __init__(self, epsilon: float = 1e-3, center: bool = True, scale: bool = True) -> None:
        kind = type(self).__name__
        self.epsilon = number(epsilon, f"{kind}: epsilon", "from 0")
        self.center, self.scale = flag(center, f"{kind}: center"), flag(scale, f"{kind}: scale")

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Make γ and β, for each number along the last axis."""
        if self.scale:
            self.gamma = Tensor(np.ones(shape[-1:], dtype), "γ")
        if self.center:
            self.beta = Tensor(np.zeros(shape[-1:], dtype), "β")

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute γ (x − mean) / √(variance + ε) + β."""
        return self.scaled(*centred(x, -1))

    def scaled(self, difference: Any, variance: Any) -> Any:
        """Compute γ d / √(variance + ε) + β."""
        y = difference / sqrt(variance + self.epsilon)
        if self.scale:
            y = y * self.gamma
        return y + self.beta if self.center else y


class BatchNormalization(LayerNormalization):
    """Bring each input to mean 0 and variance 1, over a batch; then γx + β, which are learned.

    After training it goes by running means of the batches' means and variances; so does a frozen
    one as the others learn.

    Parameters
    ----------
    momentum : float, optional
        μ: running means m become μm + (1 − μ) · that of a batch.
    epsilon, center, scale
        As of `LayerNormalization`.

    References
    ----------
    Ioffe and Szegedy, "Batch normalization", 2015.

    Examples
    --------
    >>> layer = BatchNormalization(momentum=0.5)
    >>> layer.build((1,), np.random.default_rng(0), "float64")
    >>> layer(np.array([[1.0], [3.0]]), training=True).data.round(2).ravel()
    array([-1.,  1.])
    >>> layer.moving_mean.data, layer.moving_variance.data
    (array([1.]), array([1.]))
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True,
                 scale: bool = True) -> None:  # fmt: skip
        super().__init__(epsilon, center, scale)
        self.momentum = number(momentum, "BatchNormalization: momentum", "from 0 to 1")

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Make γ and β, and the running means, for each number along the last axis."""
        super().build(shape, rng, dtype)
        self.moving_mean = Tensor(np.zeros(shape[-1:], dtype), "mean")
        self.moving_variance = Tensor(np.ones(shape[-1:], dtype), "variance")

    def parameters(self) -> list[Tensor]:
        """List γ and β: the running means are not learned by descent."""
        running = self.moving_mean, self.moving_variance
        return [p for p in super().parameters() if not any(p is x for x in running)]

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute γ (x − mean) / √(variance + ε) + β, by the batch's or by the running means."""
        centre, variance = aside(self.moving_mean), aside(self.moving_variance)
        if not (training and self.trainable):
            return self.scaled(x - centre, variance)
        axes = tuple(range(x.ndim - 1))
        difference, spread = centred(x, axes)
        now = aside(x).sum(axes) / math.prod(x.shape[:-1]), aside(spread).reshape(variance.shape)
        keep(self.moving_mean, centre + (1 - self.momentum) * (now[0] - centre))
        keep(self.moving_variance, variance + (1 - self.momentum) * (now[1] - variance))
        return self.scaled(difference, spread)


def centred(x: Any, axis: Any) -> tuple[Any, Any]:
    """Compute x − mean and the variance, along axes that stay."""
    difference = x - mean(x, axis=axis, keepdims=True)  # summed in float64, as of a Tensor
    return difference, mean(square(difference), axis=axis, keepdims=True)


def aside(x: Any) -> Any:
    """Give what to compute with beside the graph: the array; in a trace, what stands for it."""
    return x if isinstance(x, Traced) else np.asarray(x.data if isinstance(x, Tensor) else x)


def keep(p: Tensor, now: Any) -> None:
    """Set a parameter that is not learned, computed `aside`; in a trace, after the step."""
    if isinstance(p, Traced):
        p.keep(now)
    elif isinstance(now, Traced):
        raise UntraceableError(f"{p.label} changes with each batch, and is no argument")
    else:
        p.data = now.astype(p.dtype)
