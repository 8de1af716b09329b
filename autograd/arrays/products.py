"""Products of arrays: one contraction, ``einsum``, from which all the others follow."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..array_ops import (
    array_operation,
    broadcast_to,
    dot,
    expand_dims,
    getitem,
    matmul,
    ravel,
    reshape,
    shape_of,
    take,
    unbroadcast,
)
from ..array_ops import outer as _outer
from ..array_ops import sum as total
from ..operation import array_function
from .moves import diagonal, flip, moveaxis, pad

__all__ = [
    "convolve", "correlate", "cross", "einsum", "inner", "kron", "matvec", "tensordot", "trace",
    "vdot", "vecdot", "vecmat",
]  # fmt: skip

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # all that einsum has for axes


def _contract(*xs: Any, terms: tuple[str, ...], out: str) -> Any:
    """Sum the products over the letters that `out` does not have; no operand has one twice."""
    return np.einsum(f"{','.join(terms)}->{out}", *xs, optimize=len(xs) > 1)


def _contract_vjp(i: int, g: Any, y: Any, *xs: Any, terms: tuple[str, ...], out: str) -> Any:
    """Contract the gradient with the other operands, to the letters of this one."""
    others = (*xs[:i], *xs[i + 1 :])
    names = (*terms[:i], *terms[i + 1 :])
    held = set(out).union(*names)
    d = contract(g, *others, terms=(out, *names), out="".join(c for c in terms[i] if c in held))
    d = expand_dims(d, tuple(k for k, c in enumerate(terms[i]) if c not in held))  # summed alone
    shape = shape_of(xs[i])
    ones = tuple(1 if n == 1 else m for n, m in zip(shape, shape_of(d), strict=True))
    return broadcast_to(unbroadcast(d, ones), shape=shape)


contract = array_operation("einsum", _contract, _contract_vjp, symbol="Σ ×")


@array_function()
def einsum(*operands: Any, optimize: Any = True) -> Any:
    """Sum products over indices, by Einstein's convention: ``einsum("ij,jk->ik", a, b)``.

    Parameters
    ----------
    *operands : str and arrays
        The indices of each operand, separated by commas, then ``->`` and those of the result
        (without: those that occur once, in alphabetical order), ``...`` for the axes that are
        broadcast; then the operands. Or in turn operands and lists of whole numbers.
    optimize : object, optional
        Taken as NumPy takes it; the order of the products is always optimized.

    Raises
    ------
    ValueError
        If the indices do not fit the operands.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Tensor
    >>> np.einsum("ij,kj->ik", Tensor([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]]))
    Tensor([[11., 17.]])
    """
    if not isinstance(operands[0], str):
        operands = _lettered(operands)
    subscripts, *xs = operands
    left, arrow, out = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(xs):
        raise ValueError(f"einsum: {subscripts!r} is for {len(terms)} operands, got {len(xs)}")
    free = [c for c in LETTERS if c not in subscripts]
    extra = (len(shape_of(x)) - len(t.replace("...", "")) for t, x in zip(terms, xs, strict=True))
    dots = "".join(free[: max(0, *extra, 0)])
    if not arrow:
        once = sorted(c for c in set(left) - {",", "."} if left.count(c) == 1)
        out = ("..." if "..." in left else "") + "".join(once)
    for k, (term, x) in enumerate(zip(terms, xs, strict=True)):
        n = len(shape_of(x)) - len(term.replace("...", ""))
        if n < 0 or (n and "..." not in term):
            raise ValueError(f"einsum: {term!r} of {subscripts!r} for an operand of shape "
                             f"{shape_of(x)}: {len(term.replace('...', ''))} indices and "
                             f"{len(shape_of(x))} axes")  # fmt: skip
        term = term.replace("...", dots[len(dots) - n :])
        while repeated := next((c for c in term if term.count(c) > 1), None):
            i = term.index(repeated)
            j = term.index(repeated, i + 1)
            xs[k] = x = diagonal(x, 0, i, j)
            term = "".join(c for p, c in enumerate(term) if p not in (i, j)) + repeated
        terms[k] = term
    out = out.replace("...", dots)
    if unheard := set(out) - set("".join(terms)):
        raise ValueError(f"einsum: {subscripts!r}: the result has {', '.join(sorted(unheard))}, "
                         "which no operand has")  # fmt: skip
    return contract(*xs, terms=tuple(terms), out=out)


def _lettered(operands: Sequence[Any]) -> tuple[Any, ...]:
    """Write the indices that are given as lists of whole numbers with letters."""
    pairs, rest = divmod(len(operands), 2)

    def term(indices: Any) -> str:
        return "".join("..." if k is Ellipsis else LETTERS[k] for k in indices)

    terms = ",".join(term(operands[2 * k + 1]) for k in range(pairs))
    return (terms + ("->" + term(operands[-1]) if rest else ""), *operands[0 : 2 * pairs : 2])


@array_function()
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum the products over some axes of `a` and `b`: the last and first `axes`, or a pair."""
    n, m = len(shape_of(a)), len(shape_of(b))
    if isinstance(axes, int):
        axes = range(n - axes, n), range(axes)
    left, right = (np.atleast_1d(np.array(k, int)).tolist() for k in axes)
    letters = LETTERS
    names = list(letters[n : n + m])
    for i, j in zip(left, right, strict=True):
        if shape_of(a)[i] != shape_of(b)[j]:
            raise ValueError(f"tensordot: {shape_of(a)} and {shape_of(b)}: axes {i} and {j}, of "
                             f"{shape_of(a)[i]} and {shape_of(b)[j]} elements, differ")
        names[j] = letters[i % n]
    return einsum(f"{letters[:n]},{''.join(names)}->" + "".join(
        c for c in [*letters[:n], *names] if (c in names) != (c in letters[:n])), a, b)  # fmt: skip


@array_function()
def inner(a: Any, b: Any) -> Any:
    """Sum the products over the last axes of both."""
    return tensordot(a, b, (-1, -1)) if shape_of(a) and shape_of(b) else a * b


@array_function()
def vdot(a: Any, b: Any) -> Any:
    """Multiply all elements of `a` with those of `b`, and sum."""
    return dot(ravel(a), ravel(b))


@array_function("vecdot", "linalg.vecdot")
def vecdot(x1: Any, x2: Any, axis: int = -1) -> Any:
    """Sum the products along one axis, of vectors that are broadcast."""
    return einsum("...i,...i->...", moveaxis(x1, axis, -1), moveaxis(x2, axis, -1))


@array_function()
def matvec(x1: Any, x2: Any) -> Any:
    """Multiply matrices with vectors."""
    return einsum("...ij,...j->...i", x1, x2)


@array_function()
def vecmat(x1: Any, x2: Any) -> Any:
    """Multiply vectors with matrices."""
    return einsum("...i,...ij->...j", x1, x2)


@array_function()
def kron(a: Any, b: Any) -> Any:
    """Put in the place of each element of `a` the array `b`, multiplied with it."""
    n = max(len(shape_of(a)), len(shape_of(b)))
    a, b = (reshape(x, shape=(1,) * (n - len(shape_of(x))) + shape_of(x)) for x in (a, b))
    pairs = expand_dims(a, tuple(range(1, 2 * n, 2))) * expand_dims(b, tuple(range(0, 2 * n, 2)))
    return reshape(pairs, shape=tuple(i * j for i, j in zip(shape_of(a), shape_of(b), strict=True)))


@array_function()
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Sum the diagonal."""
    return total(diagonal(x, offset, axis1, axis2), axis=-1)


@array_function()
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1,
          axis: int | None = None) -> Any:  # fmt: skip
    """Compute the cross product of vectors with three elements."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    if shape_of(a)[-1] != 3 or shape_of(b)[-1] != 3:
        raise ValueError(f"cross: vectors of {shape_of(a)[-1]} and {shape_of(b)[-1]} elements: "
                         "both must have 3")  # fmt: skip
    after, before = (1, 2, 0), (2, 0, 1)
    return moveaxis(take(a, after, -1) * take(b, before, -1)
                    - take(a, before, -1) * take(b, after, -1), -1, axisc)  # fmt: skip


array_function("linalg.trace")(lambda x, offset=0: trace(x, offset, -2, -1))
array_function("linalg.outer")(lambda x1, x2: _outer(x1, x2))
array_function("linalg.tensordot")(lambda x1, x2, axes=2: tensordot(x1, x2, axes))
array_function("linalg.cross")(lambda x1, x2, axis=-1: cross(x1, x2, axis=axis))


@array_function()
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Slide `v` along `a`, and sum the products at each place."""
    n, m = shape_of(a)[0], shape_of(v)[0]
    if n < m:
        return flip(correlate(v, a, mode))
    widths = {"valid": (0, 0), "same": (m // 2, m - 1 - m // 2), "full": (m - 1, m - 1)}
    if mode not in widths:
        raise ValueError(f"correlate: mode={mode!r}: it is one of {', '.join(widths)}")
    before, after = widths[mode]
    windows = np.arange(n + before + after - m + 1)[:, None] + np.arange(m)
    return matmul(getitem(pad(a, (before, after)), index=windows), v)


@array_function()
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Slide `v`, reversed, along `a`, and sum the products at each place."""
    n, m = shape_of(a)[0], shape_of(v)[0]
    if n < m:
        a, v = v, a
    return correlate(a, flip(v), mode)
