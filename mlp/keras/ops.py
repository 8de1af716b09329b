"""Keras' operations, for layers and losses of one's own: NumPy's functions, which take Tensors."""

from typing import Any

import numpy as np

import autograd
from autograd import Tensor

from . import activations, config
from .missing import missing

_NUMPY = """
    abs absolute add all allclose amax amin any append arange arccos arccosh arcsin arcsinh arctan
    arctan2 arctanh argmax argmin argpartition argsort average broadcast_to ceil clip concatenate
    copy cos cosh cross cumprod cumsum deg2rad diag diagonal diff divide dot einsum equal exp exp2
    expand_dims expm1 eye flip floor floor_divide full full_like greater greater_equal hstack hypot
    identity inner isclose isfinite isinf isnan less less_equal linspace log log10 log1p log2
    logaddexp logical_and logical_not logical_or logical_xor logspace matmul max maximum mean median
    meshgrid min minimum mod moveaxis multiply nan_to_num negative nonzero not_equal ones ones_like
    outer pad power prod quantile ravel reciprocal repeat reshape roll round searchsorted sign sin
    sinc sinh sort split sqrt square squeeze stack std subtract sum swapaxes take take_along_axis
    tan tanh tensordot tile trace transpose tril triu true_divide trunc unique var vdot vstack where
    zeros zeros_like
""".split()  # noqa: SIM905
_LINALG = ["cholesky", "det", "eigh", "inv", "norm", "qr", "solve", "svd"]
_FUNCTIONS = [
    "celu", "elu", "gelu", "glu", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "log_sigmoid", "log_softmax", "relu", "relu6", "selu", "sigmoid", "silu",
    "softmax", "softplus", "softsign", "swish",
]  # fmt: skip
globals().update({name: getattr(np, name) for name in _NUMPY})
globals().update({name: getattr(np.linalg, name) for name in _LINALG})
globals().update({name: getattr(activations, name) for name in _FUNCTIONS})
erf = autograd.erf


def cast(x: Any, dtype: Any) -> Any:
    """Give x in another type; a Tensor stays one where that is a floating type.

    Examples
    --------
    >>> cast(np.array([0.5, 2.0]), "int32").tolist()
    [0, 2]
    """
    if isinstance(x, Tensor) and np.dtype(dtype).kind != "f":
        return x.data.astype(dtype)
    return x.astype(dtype) if hasattr(x, "astype") else np.asarray(x, dtype)


def convert_to_tensor(x: Any, dtype: Any = None) -> Any:
    """Give an array, which is a constant; a Tensor stays one."""
    if isinstance(x, Tensor):
        return x if dtype is None else cast(x, dtype)
    if dtype is None and np.asarray(x).dtype.kind == "f":
        dtype = getattr(x, "dtype", config.floatx())
    return np.asarray(x, dtype)


def convert_to_numpy(x: Any) -> np.ndarray:
    """Give the numbers as an array, outside the graph."""
    return np.array(x.data if isinstance(x, Tensor) else x)


def shape(x: Any) -> tuple[int, ...]:
    """Give the lengths of the axes."""
    return tuple(x.shape)


def size(x: Any) -> int:
    """Give the number of elements."""
    return int(x.size)


def ndim(x: Any) -> int:
    """Give the number of axes."""
    return int(x.ndim)


def stop_gradient(x: Any) -> Any:
    """Give x as a constant: no derivative flows through."""
    return x.detach() if isinstance(x, Tensor) else x


def rsqrt(x: Any) -> Any:
    """Compute 1 / √x."""
    return 1 / np.sqrt(x)


def divide_no_nan(x1: Any, x2: Any) -> Any:
    """Compute x₁ / x₂, or 0 where x₂ is 0."""
    zero = convert_to_numpy(x2) == 0
    return np.where(zero, 0.0, x1 / np.where(zero, 1.0, x2))


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Compute ln Σ exp x, without overflow."""
    top = convert_to_numpy(x).max(axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis)


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None) -> np.ndarray:
    """Make one-hot rows of labels; a label that is no class gives zeros."""
    rows = (np.asarray(x)[..., None] == np.arange(num_classes)).astype(dtype or config.floatx())
    return np.moveaxis(rows, -1, axis)


__all__ = [
    *_NUMPY, *_LINALG, *_FUNCTIONS, "cast", "convert_to_numpy", "convert_to_tensor",
    "divide_no_nan", "erf", "logsumexp", "ndim", "one_hot", "rsqrt", "shape", "size",
    "stop_gradient",
]  # fmt: skip
__getattr__ = missing(__name__, __all__)
