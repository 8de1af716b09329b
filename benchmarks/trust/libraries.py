"""What the lines of a random program mean in each library: the names that they call."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import TABLE

__all__ = ["OURS", "jax_names", "torch_names"]

Names = dict[str, Callable[..., Any]]


def _split(names: str) -> list[str]:
    return names.split()


_NUMPYS = _split("""
    sum mean var std max min prod cumsum cumprod reshape transpose concatenate stack take sort flip
    roll trace diagonal median outer tril kron broadcast_to einsum expand_dims pad diff""")
OURS: Names = {
    **TABLE, **{name: getattr(np, name) for name in _NUMPYS},
    **{name: getattr(autograd, name) for name in
       ("softmax", "log_softmax", "logsumexp", "norm", "matmul")},
    "inv": np.linalg.inv, "solve": np.linalg.solve, "det": np.linalg.det, "index": np.array,
    "eye_like": lambda x: np.eye(x.shape[0], dtype=x.dtype),
}  # fmt: skip


def torch_names() -> Names:
    """Give PyTorch's, in NumPy's spelling."""
    import torch
    from torch.nn import functional as F  # noqa: N812

    torch.set_num_threads(1)  # for a few numbers

    def over(f: Any) -> Any:
        return lambda x, axis=None, keepdims=False: (
            f(x, tuple(range(x.ndim)) if axis is None else axis, keepdim=keepdims))

    def spread(f: Any) -> Any:
        return lambda x, axis=None: f(x, dim=axis, correction=0)

    def both(f: Any) -> Any:
        return lambda a, b: f(*(x if isinstance(x, torch.Tensor) else torch.tensor(
            x, dtype=(b if isinstance(b, torch.Tensor) else a).dtype) for x in (a, b)))  # fmt: skip

    def whole(f: Any) -> Any:
        return lambda x, axis=None: f(x.reshape(-1), 0) if axis is None else f(x, axis)

    def roots(x: Any) -> Any:
        return torch.sign(x) * torch.abs(x) ** (1 / 3)

    names = {name: getattr(torch, name) for name in TABLE if hasattr(torch, name)}
    same = _split("cumsum cumprod reshape concatenate stack flip roll diagonal outer tril kron "
                  "broadcast_to einsum matmul diff")  # fmt: skip
    return names | {name: getattr(torch, name) for name in same} | {
        **{name: both(getattr(torch, name)) for name in _split(
            "maximum minimum fmax fmin hypot arctan2 logaddexp logaddexp2 copysign remainder fmod "
            "floor_divide")},
        "cbrt": roots, "expm1": torch.expm1,
        "sigmoid": torch.sigmoid, "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
        "log_sigmoid": F.logsigmoid, "relu": torch.relu,
        "prelu": lambda x, a: x.where(x > 0, a * x),
        "leaky_relu": lambda x, alpha=0.01: F.leaky_relu(x, alpha),
        "elu": lambda x, alpha=1.0: F.elu(x, alpha),
        "silu": F.silu, "gelu": lambda x: F.gelu(x, approximate="tanh"), "rint": torch.round,
        "detach": lambda x: x.detach(), "clip": torch.clamp, "where": torch.where,
        "sum": over(torch.sum), "mean": over(torch.mean), "max": over(torch.amax),
        "min": over(torch.amin), "var": spread(torch.var), "std": spread(torch.std),
        "prod": whole(torch.prod), "logsumexp": over(torch.logsumexp),
        "norm": lambda x, axis=None: torch.linalg.vector_norm(x, dim=axis),
        "softmax": lambda x, axis: torch.softmax(x, axis),
        "log_softmax": lambda x, axis: torch.log_softmax(x, axis),
        "transpose": lambda x, axes: x.permute(axes), "trace": torch.trace,
        "expand_dims": torch.unsqueeze, "sort": lambda x, axis: torch.sort(x, axis)[0],
        "median": lambda x: torch.quantile(x.reshape(-1), 0.5),
        "take": lambda x, k, axis: torch.index_select(x, axis, torch.tensor(k)),
        "pad": lambda x, n: F.pad(x, (n, n) * x.ndim),
        "inv": torch.linalg.inv, "solve": torch.linalg.solve, "det": torch.linalg.det,
        "index": torch.tensor,
        "eye_like": lambda x: torch.eye(x.shape[0], dtype=x.dtype),
    }  # fmt: skip


def jax_names() -> Names:
    """Give JAX's."""
    import jax
    from jax import numpy as jnp
    from jax import scipy

    names = {name: getattr(jnp, name) for name in (*TABLE, *_NUMPYS) if hasattr(jnp, name)}
    return names | {
        **{name: getattr(jax.nn, name) for name in
           ["sigmoid", "softplus", "log_sigmoid", "relu", "leaky_relu", "elu", "silu", "gelu"]},
        "erf": scipy.special.erf, "erfc": scipy.special.erfc,
        "logsumexp": scipy.special.logsumexp, "softmax": jax.nn.softmax,
        "log_softmax": jax.nn.log_softmax, "matmul": jnp.matmul, "norm": lambda x, axis=None: (
            jnp.linalg.norm(x.reshape(-1) if axis is None else x, axis=axis)),
        "prelu": lambda x, a: jnp.where(x > 0, x, a * x), "detach": jax.lax.stop_gradient,
        "take": lambda x, k, axis: jnp.take(x, jnp.asarray(k), axis),
        "inv": jnp.linalg.inv, "solve": jnp.linalg.solve, "det": jnp.linalg.det,
        "index": np.array,
        "eye_like": lambda x: jnp.eye(x.shape[0], dtype=x.dtype),
    }  # fmt: skip
