"""Derivatives against PyTorch's, at the operator samples that ship with it.

::

    python -m benchmarks.operators [PART OF A NAME]

Each of PyTorch's operators that NumPy has a counterpart of, a function or a line of functions, is
computed with Tensors in NumPy's spelling (`table` and its parts): values, gradients, and second
derivatives along a random direction are compared with PyTorch's. This needs ``torch`` and
``expecttest``.
"""

import itertools
import re
import warnings
from typing import Any

import numpy as np

from autograd import Tensor, gradients

from . import elementwise, losses, products, shapes, sums  # noqa: F401  # they fill the table
from .table import COUNTERPARTS

__all__ = ["compare", "main"]

SAMPLES = 200  # of each operator, at most
LEFT_OUT = "left out"  # what NumPy refuses, say axis 0 of a number, or computes otherwise
REASONS = {  # why they are not compared -> which names
    "complex numbers, which NumPy has and this engine does not":
        r"fft\.(?!i?fftshift)|linalg\.eig(vals)?$|complex|polar|view_as_complex|stft|c(double|float)$|chalf",
    "random, or for training": r".*(dropout|normal|bernoulli|rrelu|fractional|lowrank)",
    "convolutions, pools and windows, which NumPy does not have":
        r"nn\.functional\.(conv|.*pool|interpolate|upsample|unfold|grid|local_response|fold)|"
        r"_upsample|grid_sampler|max_pool",
    "special functions that NumPy does not have":
        r"special\.|polygamma|mvlgamma|lgamma|digamma|erfinv",
    "attention, sequences, embeddings":
        r".*(attention|ctc|embedding_bag|multilabel_margin|multi_margin|nll|cross_entropy)",
    "how memory is laid out, other types": r"as_strided|bfloat16|half|float$|.*sparse",
}

SVD = {  # what is compared of the factors, whose signs are free
    "fn_U": lambda u, s, v: np.abs(u), "fn_S": lambda u, s, v: s,
    "fn_Vh": lambda u, s, v: (s, np.abs(v)), "fn_UVh": lambda u, s, v: (u @ v, s),
}  # fmt: skip


def main(part: str = "") -> str:
    """Compare, and list what differs."""
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    warnings.simplefilter("ignore")
    torch.set_default_dtype(torch.float64)
    right, wrong = [], {}
    for op in op_db:
        name = f"{op.name}:{op.variant_test_name}".removesuffix(":")
        if name not in COUNTERPARTS or part not in name:
            continue
        samples = list(itertools.islice(
            op.sample_inputs("cpu", torch.float64, requires_grad=True), SAMPLES))  # fmt: skip
        found = [compare(op, name, s) for s in samples]
        faults = [fault for fault in found if fault and fault != LEFT_OUT]
        if faults or found.count(LEFT_OUT) == len(found):
            wrong[name] = f"{len(faults)} of {len(samples)} samples: {faults[:1]}"
        else:
            right.append(name)
    lines = [f"- `{name}`: {fault}" for name, fault in wrong.items()]
    agree = f"{len(right)} operators agree, {len(wrong)} do not."
    return "\n".join([agree, *lines, "", *(rest(op_db) if not part else [])])


def rest(op_db: Any) -> list[str]:
    """List by name the operators that are not compared, with the reason."""
    import torch

    found: dict[str, list[str]] = {}
    for op in op_db:
        name = f"{op.name}:{op.variant_test_name}".removesuffix(":")
        if name not in COUNTERPARTS and op.supports_autograd and torch.float64 in op.dtypes:
            reason = next((r for r, names in REASONS.items() if re.match(names, name)), "others")
            found.setdefault(reason, []).append(name)
    return [f"Not compared, {reason} ({len(names)}): {', '.join(names)}\n"
            for reason, names in found.items()]  # fmt: skip


def compare(op: Any, name: str, sample: Any) -> str:
    """Say what differs at a sample; nothing if all is the same."""
    import torch

    leaves: list[Any] = []
    made: dict[int, Tensor] = {}

    def ours(x: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return type(x)(map(ours, x)) if type(x) in (list, tuple) else [*map(ours, x)]
        if not isinstance(x, torch.Tensor):
            return x
        if not (x.requires_grad and x.dtype == torch.float64):
            return x.detach().numpy()
        if id(x) not in made:
            leaves.append(x)
            made[id(x)] = Tensor(x.detach().numpy().copy())
        return made[id(x)]

    try:
        args = [ours(x) for x in (sample.input, *sample.args)]
        kwargs = {n: ours(x) for n, x in sample.kwargs.items()}
        wanted = flat(sample.output_process_fn_grad(op.gradcheck_wrapper(
            op.op, sample.input, *sample.args, **sample.kwargs)))  # fmt: skip
        wanted = [y for y in wanted if isinstance(y, torch.Tensor) and y.dtype == torch.float64]
        try:
            got = COUNTERPARTS[name](*args, **kwargs)
            part = SVD.get(getattr(sample.output_process_fn_grad, "__name__", ""))
            got = flat(part(*got) if part else got)
        except (ValueError, IndexError):  # if NumPy takes this no more than we do, it is left out
            try:
                COUNTERPARTS[name](*plain(args), **plain(kwargs))
            except (ValueError, IndexError):
                return LEFT_OUT
            raise
        rng = np.random.default_rng(0)
        loss: Any = 0.0
        theirs: Any = torch.zeros(())
        for y, z in zip(got, wanted, strict=False):
            if np.shape(plain(y)) != tuple(z.shape) or off(y, z):
                numpys = COUNTERPARTS[name](*plain(args), **plain(kwargs))
                if part is None and same(got, flat(numpys)):
                    return LEFT_OUT
                return f"value {y!r:.60}, not {z!r:.60}"
            w = rng.normal(size=y.shape)
            if z.requires_grad:
                loss, theirs = loss + np.sum(w * y), theirs + (torch.tensor(w) * z).sum()
        if not theirs.requires_grad:
            return ""
        loss = loss if isinstance(loss, Tensor) else Tensor(np.zeros(()))
        xs = [made[id(x)] for x in leaves]
        first = gradients(loss, xs, create_graph=True)
        expected = torch.autograd.grad(
            theirs, leaves, create_graph=True, allow_unused=True, materialize_grads=True)
        if any(map(off, first, expected)):
            return f"gradients {[g.data for g in first]}, not {expected}"
        along, direction = 0.0, torch.zeros(())
        for g, e in zip(first, expected, strict=True):
            v = rng.normal(size=g.shape)
            along = along + (g * v).sum()
            direction = direction + (e * torch.tensor(v)).sum()
        if not direction.requires_grad:
            return ""
        second = gradients(along, xs)
        try:
            expected = torch.autograd.grad(
                direction, leaves, allow_unused=True, materialize_grads=True)
        except RuntimeError:  # PyTorch has no second derivative
            return ""
        if any(map(off, second, expected)):
            return f"second derivatives {second}, not {expected}"
    except Exception as error:  # whatever it is, this operator is not computed
        return f"{type(error).__name__}: {error}"
    return ""


def same(ours: list[Any], numpys: list[Any]) -> bool:
    """Tell whether results are those of NumPy on arrays."""
    pairs = zip(map(plain, ours), map(plain, numpys), strict=True)
    return all(np.shape(x) == np.shape(y) and np.allclose(x, y, equal_nan=True) for x, y in pairs)


def plain(tree: Any) -> Any:
    """Give arrays in the place of Tensors."""
    if isinstance(tree, dict):
        return {n: plain(x) for n, x in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [plain(x) for x in tree]
    return tree.data if isinstance(tree, Tensor) else tree


def flat(tree: Any) -> list[Any]:
    """List the results in whatever structure."""
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in flat(part)]
    return [tree]


def off(ours: Any, theirs: Any) -> bool:
    """Tell whether numbers differ."""
    x = ours.data if isinstance(ours, Tensor) else ours
    wanted = theirs.detach().numpy(force=True)
    known = ~np.isnan(wanted)  # at kinks PyTorch's second derivatives may be NaN
    return not np.allclose(np.asarray(x)[known], wanted[known], 1e-7, 1e-8)

