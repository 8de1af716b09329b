"""What other libraries call the parts of a node and of the engine, and what to write."""

from typing import Any

__all__ = ["ELSEWHERE", "MICROGRAD", "Elsewhere", "way"]

MICROGRAD = {"multiply": "*", "subtract": "-", "divide": "/", "power": "**", "relu": "ReLU"}

_VARIABLE = ("whatever is a Tensor or a Value has a derivative; a plain array or number is a "
             "constant, and detach() makes one")  # fmt: skip
_DTYPE = "t.astype(dtype) converts a Tensor; there is one device, the processor"
_IN_PLACE = "nothing is changed in place: write t = t + x; leaves are set by t.data = …"
ELSEWHERE = {  # what other libraries call it, and what to write
    "view": "write t.reshape(…)", "permute": "write t.transpose(…)",
    "numpy": "t.data is the array", "requires_grad": _VARIABLE, "requires_grad_": _VARIABLE,
    "grad_fn": "t.op is the operation, and t.operands are what it took",
    "is_leaf": "write t.op is None", "retain_grad": "after backward() results have a grad, too",
    "clone": "write t.copy()", "numel": "write t.size", "dim": "write t.ndim",
    "unsqueeze": "write np.expand_dims(t, axis)", "expand": "write np.broadcast_to(t, shape)",
    "matmul": "write t @ x", "mm": "write t @ x", "mv": "write t @ x", "bmm": "write t @ x",
    "abs": "write abs(t)", "pow": "write t**p", "neg": "write -t", "mul": "write t * x",
    "sub": "write t - x", "div": "write t / x", "clamp": "write t.clip(low, high)",
    "t": "write t.T", "amax": "write t.max(axis=…)", "amin": "write t.min(axis=…)",
    "masked_fill": "write np.where(mask, x, t)", "gather": "write np.take_along_axis(t, k, axis)",
    "index_select": "write t.take(k, axis)", "einsum": 'write np.einsum("…", t, x)',
    "to": _DTYPE, "cpu": _DTYPE, "cuda": _DTYPE, "device": _DTYPE, "float": _DTYPE,
    "double": _DTYPE, "half": _DTYPE, "type": _DTYPE,
    **dict.fromkeys(("add_", "sub_", "mul_", "div_", "copy_", "fill_"), _IN_PLACE),
    "zero_": "write t.zero_grad() for the gradient", "register_hook": "see walk(t), edge by edge",
}  # fmt: skip

_AT_THE_TOP = {  # HIPS autograd's, PyTorch's and JAX', at the top
    "numpy": "write import numpy as np, whose functions take Tensors",
    "scipy": "NumPy's functions take Tensors, and erf, erfc and i0 are in autograd",
    "elementwise_grad": "write grad(lambda x: f(x).sum())",
    "make_vjp": "write vjp(f, x)", "make_jvp": "write jvp(f, (x,), (t,))",
    "hessian_vector_product": "write hvp(f, x, v)", "holomorphic_grad": "there are real numbers "
    "only", "value_and_jacobian": "write jacobian(f)(x)",
    "Variable": "write Tensor", "Function": "write array_operation(name, forward, vjp)",
    "Parameter": "write Tensor", "tensor": "write Tensor", "array": "write Tensor",
    "gradcheck": "write check_gradients(f, x)", "gradgradcheck": "check_gradients looks at the "
    "second derivatives, too", "functional": "write jacobian, hessian, vjp, jvp, hvp",
    "jacrev": "write jacobian", "jacfwd": "write jacobian", "jit": "functions run as they are; "
    "vectorize makes a program of a graph", "vmap": "write for batches; vectorize makes a program "
    "for them of one example",
    "set_grad_enabled": "write with no_grad() or with enable_grad()",
    "inference_mode": "write with no_grad()", "cat": "write concatenate([t, x], axis=…)",
    "mm": "write t @ x", "bmm": "write t @ x", "nn": "networks are in mlp",
    "optim": "optimizers are in mlp", "manual_seed": "numbers are drawn by NumPy's generators",
    "from_numpy": "write Tensor(array)",
    **{name: f"write Tensor(np.{name}(…))" for name in (
        "zeros", "ones", "full", "eye", "arange", "linspace", "zeros_like", "ones_like")},
    **dict.fromkeys(("rand", "randn", "normal"), "write Tensor(rng.normal(size=shape)), with "
                    "rng = np.random.default_rng(0)"),
    **{name: f"write np.{name}(t): NumPy's functions take Tensors" for name in (
        "sum", "mean", "max", "min", "prod", "std", "var", "median", "sort", "argsort", "einsum",
        "dot", "reshape", "transpose", "squeeze", "flatten", "cumsum", "outer", "trace", "argmin")},
}  # fmt: skip


def way(name: str) -> str | None:
    """Say what to write for a name that others have at the top; None if nobody has it."""
    return f"autograd has no {name}: {_AT_THE_TOP[name]}" if name in _AT_THE_TOP else None


class Elsewhere:
    """Answers the names of other libraries with what to write.

    By descriptors, since with ``__getattr__`` Python reads every attribute of a node more slowly.

    >>> from autograd import Value
    >>> hasattr(Value(1.0), "numel"), "numel" in dir(Value(1.0))
    (False, False)
    """

    __slots__ = ()

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not _is_missing(type(self), name)]


class _Missing:
    def __init__(self, name: str, hint: str) -> None:
        self.name, self.hint = name, hint

    def __get__(self, node: Any, kind: type) -> Any:
        raise AttributeError(f"a {kind.__name__} has no {self.name!r}: {self.hint}",
                             name=self.name, obj=node)  # fmt: skip


def _is_missing(kind: type, name: str) -> bool:
    """Tell a name that no class before `Elsewhere` has."""
    found = next((vars(k)[name] for k in kind.__mro__ if name in vars(k)), None)
    return isinstance(found, _Missing)


for _name, _hint in ELSEWHERE.items():
    setattr(Elsewhere, _name, _Missing(_name, _hint))
