"""NumPy's functions as methods of a Tensor: ``t.cumsum(axis=0)`` is ``np.cumsum(t, axis=0)``."""

from typing import Any

import numpy as np

from .. import array_ops, ops
from ..array_ops import raw
from ..operation import ARRAY_FUNCTIONS as _OWN
from . import moves, products, sums
from .dispatch import rounded

__all__ = ["ArrayMethods"]


class ArrayMethods:
    """Operations on whole arrays, as methods."""

    __slots__ = ()

    sum, max, min, norm, prod = (
        array_ops.sum, array_ops.max, array_ops.min, array_ops.norm, sums.prod)  # fmt: skip
    mean, var, std = _OWN["mean"], _OWN["var"], _OWN["std"]
    argmax, argmin = _OWN["argmax"], _OWN["argmin"]
    logsumexp, softmax, log_softmax = (
        array_ops.logsumexp, array_ops.softmax, array_ops.log_softmax)  # fmt: skip
    cumsum, cumprod, ptp = sums.cumsum, sums.cumprod, sums.ptp
    sort, argsort, argpartition = sums.sort, sums.argsort, sums.argpartition
    partition = sums.partition
    ravel, squeeze, swapaxes = _OWN["ravel"], _OWN["squeeze"], _OWN["swapaxes"]
    flatten = _OWN["ravel"]
    repeat, diagonal, compress = moves.repeat, moves.diagonal, _OWN["compress"]
    take, dot, astype, trace = _OWN["take"], _OWN["dot"], array_ops.astype, products.trace
    round = rounded
    __getitem__ = array_ops.getitem

    def __setitem__(self, at: Any, x: Any) -> None:
        raise TypeError("a Tensor does not support item assignment, as results remember it: write "
                        "np.where(condition, x, t) for a new one, or t.data[…] = x for a leaf")

    def __matmul__(self, other: Any) -> Any:
        return array_ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return array_ops.matmul(other, self)

    def reshape(self, *shape: Any) -> Any:
        """Give the same elements in another shape; one length may be −1."""
        return array_ops.reshape(self, shape=shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """Reverse the axes, or give them another order."""
        return array_ops.transpose(self, axes=(axes[0] if len(axes) == 1 else axes) or None)

    @property
    def T(self) -> Any:  # noqa: N802
        """The transpose."""
        return array_ops.transpose(self)

    @property
    def mT(self) -> Any:  # noqa: N802
        """The transpose of each matrix of a stack."""
        return moves.matrix_transpose(self)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Tell whether an element is not 0: a bool or an array, without a derivative."""
        return np.any(raw(self), axis=axis, keepdims=keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Tell whether no element is 0: a bool or an array, without a derivative."""
        return np.all(raw(self), axis=axis, keepdims=keepdims)

    def nonzero(self) -> tuple[Any, ...]:
        """Give the positions of elements that are not 0, an array for each axis."""
        return np.nonzero(raw(self))

    def copy(self) -> Any:
        """Give the same numbers as a node of their own, through which the gradient flows."""
        return ops.positive(self)

    def item(self, *index: Any) -> float:
        """Give the only number, or the one at an index, as a float, outside the graph."""
        return float(raw(self).item(*index))

    def tolist(self) -> Any:
        """Give the numbers in nested lists, outside the graph."""
        return raw(self).tolist()
