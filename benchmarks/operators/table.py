"""The table of counterparts, and what its parts share."""

from collections.abc import Callable
from typing import Any

from autograd import Tensor
from autograd.array_ops import softmax
from autograd.operation import numpys

__all__ = ["COUNTERPARTS", "F", "data", "out", "over", "same", "softmax_of"]

F = "nn.functional."  # where PyTorch keeps them
COUNTERPARTS: dict[str, Callable[..., Any]] = {}  # PyTorch's operator -> the same in NumPy


def data(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def same(names: str, f: Callable[..., Any] | None = None) -> None:
    """Let operators have the counterpart `f`, or NumPy's function of their own name."""
    for name in names.split():
        COUNTERPARTS[name] = f or numpys(name.partition(":")[0])


def out(f: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """Give parameters of PyTorch the names of NumPy's, and drop those that do not count."""
    spelling = {"dim": "axis", "keepdim": "keepdims", "dims": "axis", "correction": "ddof"}

    def call(*args: Any, **kwargs: Any) -> Any:
        kwargs = {spelling.get(n, n): v for n, v in kwargs.items() if n != "dtype"}
        named = dict(zip(names, args[1:], strict=False))
        return f(args[0], *args[1 + len(names) :], **named, **kwargs)

    return call


def over(f: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        return f(x, axis=tuple(dim) if isinstance(dim, list) else dim, keepdims=keepdim)

    return call


def softmax_of(x: Any, dim: Any, dtype: Any = None, **_: Any) -> Any:
    return softmax(x, dim) if x.ndim and x.size else x * 0 + 1
