"""What the lines of a random program mean in each library: the names that they call."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import autograd
from autograd import TABLE, Tensor
from autograd.node import Node

__all__ = ["OURS", "jax_names", "torch_names"]

Names = dict[str, Callable[..., Any]]


def _split(names: str) -> list[str]:
    return names.split()


_NUMPYS = _split("""
    sum mean var std max min prod cumsum cumprod reshape transpose concatenate stack take sort flip
    roll trace diagonal median outer tril kron broadcast_to einsum expand_dims pad diff swapaxes
    moveaxis rot90 tile repeat hstack vstack column_stack fliplr triu diag tensordot inner vdot cov
    trapezoid gradient ptp quantile convolve vander nansum average take_along_axis""")
_LINALG = _split("inv solve det cholesky slogdet matrix_power eigvalsh eigh qr svdvals pinv")


def _slope(f: Any, x: Any) -> Any:
    if not isinstance(x, Node):
        return _slope(f, Tensor(x)).data
    return autograd.grad(lambda u: np.sum(f(u)))(x)


def _push(f: Any, x: Any, t: Any) -> Any:
    plain = not isinstance(x, Node) and not isinstance(t, Node)
    tangent = autograd.jvp(f, (x if isinstance(x, Node) else Tensor(x),), (t,))[1]
    return tangent.data if plain else tangent


OURS: Names = {
    **TABLE, **{name: getattr(np, name) for name in _NUMPYS},
    **{name: getattr(autograd, name) for name in
       ("softmax", "log_softmax", "logsumexp", "norm", "matmul")},
    **{name: getattr(np.linalg, name) for name in [*_LINALG, "cross"]}, "index": np.array,
    "eye_like": lambda x: np.eye(x.shape[0], dtype=x.dtype), "slope": _slope, "push": _push,
    "half": lambda x: x.astype("f4").astype(x.dtype), "linear": autograd.linear,
    "cross_entropy": lambda z, k: autograd.softmax_cross_entropy(z, np.array(k), reduction="none"),
}  # fmt: skip


@cache
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

    def slope(f: Any, x: Any) -> Any:
        u = x.view_as(x) if x.requires_grad else x.detach().requires_grad_()
        y = f(u).sum()
        return torch.autograd.grad(y, u, create_graph=True)[0]

    def push(f: Any, x: Any, t: Any) -> Any:  # twice backward is forward
        u = x.view_as(x) if x.requires_grad else x.detach().requires_grad_()
        y = f(u)
        w = torch.zeros_like(y, requires_grad=True)
        (back,) = torch.autograd.grad(y, u, w, create_graph=True)
        return torch.autograd.grad(back, w, t, create_graph=True)[0]

    def convolve(a: Any, b: Any) -> Any:
        return F.conv1d(a[None, None], b.flip(0)[None, None], padding=len(b) - 1)[0, 0]

    names = {name: getattr(torch, name) for name in TABLE if hasattr(torch, name)}
    same = _split("cumsum cumprod reshape concatenate stack flip roll diagonal outer tril kron "
                  "broadcast_to einsum matmul diff swapaxes rot90 tile hstack vstack column_stack "
                  "fliplr triu diag tensordot inner vdot cov")  # fmt: skip
    return names | {name: getattr(torch, name) for name in same} | {
        **{name: both(getattr(torch, name)) for name in _split(
            "maximum minimum fmax fmin hypot arctan2 logaddexp logaddexp2 copysign remainder "
            "fmod")},
        "floor_divide": lambda a, b: torch.floor(a / b),
        "kron": lambda a, b: torch.kron(a.contiguous(), b.contiguous()),
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
        "transpose": lambda x, axes: x.permute(axes), "trace": lambda x: torch.diagonal(x).sum(-1),
        "expand_dims": torch.unsqueeze, "sort": lambda x, axis: torch.sort(x, axis)[0],
        "median": lambda x: torch.quantile(x.reshape(-1), 0.5),
        "take": lambda x, k, axis: torch.index_select(x, axis, torch.tensor(k)),
        "pad": lambda x, n: F.pad(x, (n, n) * x.ndim),
        **{name: getattr(torch.linalg, name) for name in _LINALG}, "index": torch.tensor,
        "vander": lambda x, n: torch.stack([x**k for k in range(n)[::-1]], -1),
        "cross": lambda a, b: torch.linalg.cross(*torch.broadcast_tensors(a, b)),
        "slope": slope, "push": push, "convolve": convolve,
        "eye_like": lambda x: torch.eye(x.shape[0], dtype=x.dtype), "moveaxis": torch.movedim,
        "repeat": lambda x, n, k: torch.repeat_interleave(x, n, dim=k),
        "trapezoid": lambda x, axis: torch.trapezoid(x, dim=axis),
        "gradient": lambda x, axis: torch.gradient(x, dim=axis)[0],
        "ptp": lambda x, axis: torch.amax(x, axis) - torch.amin(x, axis),
        "quantile": lambda x, q, axis: torch.quantile(x, q, dim=axis),
        "nansum": lambda x, axis: torch.nansum(x, dim=axis),
        "average": over(torch.mean), "half": lambda x: x.to(torch.float32).to(x.dtype),
        "take_along_axis": torch.take_along_dim, "linear": lambda x, w, b=0: x @ w + b,
        "cross_entropy": lambda z, k: F.cross_entropy(z, torch.tensor(k), reduction="none"),
    }  # fmt: skip


@cache
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
        **{name: getattr(jnp.linalg, name) for name in [*_LINALG, "cross"]}, "index": np.array,
        "slope": lambda f, x: jax.grad(lambda u: jnp.sum(f(u)))(x),
        "push": lambda f, x, t: jax.jvp(f, (x,), (t,))[1],
        "half": lambda x: x.astype("float32").astype(x.dtype),
        "linear": lambda x, w, b=0: x @ w + b, "cross_entropy": lambda z, k: -jnp.take_along_axis(
            jax.nn.log_softmax(z), np.array(k)[:, None], 1)[:, 0],
        "eye_like": lambda x: jnp.eye(x.shape[0], dtype=x.dtype),
    }  # fmt: skip
