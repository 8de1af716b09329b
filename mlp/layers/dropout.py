"""`Dropout`: some inputs left out as the network learns."""

from typing import Any

import numpy as np

from .base import Layer, Shape

__all__ = ["Dropout"]


class Dropout(Layer):
    """Set inputs to 0 at random while training, and scale up the others to make up for it.

    Parameters
    ----------
    rate : float
        The share that is set to 0, from 0 to below 1.

    Raises
    ------
    ValueError
        If the rate is no such number.
    """

    def __init__(self, rate: float) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"a dropout rate is from 0 to below 1, got {rate!r}")
        self.rate = rate

    def build(self, shape: Shape, rng: np.random.Generator, dtype: Any) -> None:
        """Keep the generator from which the masks are drawn."""
        self.rng = rng

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Mask a batch if training; pass it on if not."""
        if not training or not self.rate:
            return x
        kept = self.rng.random(x.shape, dtype=np.float32) >= self.rate
        return x * (kept / np.asarray(1 - self.rate, x.dtype)).astype(x.dtype)
