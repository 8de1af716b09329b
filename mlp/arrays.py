"""What is given as an array: taken as one, or refused with what to do."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd import Tensor, Value

from .given import NUMBER

__all__ = ["as_array", "check_finite", "check_masked", "operand"]

_COMPUTED_WITH = (Tensor, np.ndarray, Value, *NUMBER)


def as_array(x: Any, name: str, dtype: Any = None) -> np.ndarray:
    """Take x as an array, if nothing of it is lost by that.

    Raises
    ------
    TypeError
        If it is a sparse matrix, a generator, or no array at all.
    ValueError
        If it has masked entries, or rows of different lengths.

    Examples
    --------
    >>> as_array(np.ma.array([1.0, 1e6], mask=[0, 1]), "x")
    Traceback (most recent call last):
        ...
    ValueError: x has 1 masked entry, whose number would count: fill it in with \
np.ma.filled(x, …), or leave the example out
    """
    if isinstance(x, Tensor):
        x = x.data
    check_masked(x, name)
    short = name.split()[-1]
    if hasattr(x, "toarray"):
        raise TypeError(f"{name} is a sparse matrix of shape {x.shape}: give {short}.toarray(), or "
                        "train an mlp.MLPClassifier or MLPRegressor, which take it as it is")
    if isinstance(x, Iterator):
        raise TypeError(f"{name} is a {type(x).__name__}, and is gone through more than once: give "
                        "an array, or write the loop with mlp.descend, which takes batches as "
                        "they come")  # fmt: skip
    try:
        array = np.asarray(x, dtype)
    except ValueError as error:
        what = "has rows of different lengths" if "inhomogeneous" in str(error) else "is no numbers"
        raise ValueError(f"{name} {what}: {error}") from None
    except TypeError:
        array = None
    if array is None or (array.ndim == 0 and array.dtype == object):
        raise TypeError(f"{name} is an array, got {x!r:.60} ({type(x).__name__})")
    return array


def operand(x: Any, name: str) -> Any:
    """Take what can be computed with, a number, an array, a Value or a Tensor; a list as an array.

    Examples
    --------
    >>> operand("1", "mish: z")
    Traceback (most recent call last):
        ...
    TypeError: mish: z is a number, an array, a Value or a Tensor, got '1' (str)
    """
    if isinstance(x, _COMPUTED_WITH):
        return x
    array = as_array(x, name) if isinstance(x, (list, tuple)) else None
    if array is None or array.dtype.kind not in "biuf":
        raise TypeError(f"{name} is a number, an array, a Value or a Tensor, got {x!r:.60} "
                        f"({type(x).__name__})")  # fmt: skip
    return array


def check_masked(x: Any, name: str) -> None:
    """Raise if there are masked entries: NumPy hands on the numbers below the mask."""
    if not isinstance(x, np.ndarray) or not isinstance(x, np.ma.MaskedArray):
        return  # numpy.ma is loaded when it is first used
    if masked := np.ma.count_masked(x):
        entries, them = ("entry", "it") if masked == 1 else ("entries", "them")
        raise ValueError(f"{name} has {masked} masked {entries}, whose number would count: fill "
                         f"{them} in with np.ma.filled({name.split()[-1]}, …), or leave the "
                         "example out")  # fmt: skip


def check_finite(x: np.ndarray, name: str, dtype: Any = None) -> None:
    """Raise if there is a NaN or an infinity, or a number that `dtype` does not hold.

    Examples
    --------
    >>> check_finite(np.array([1.0, 1e39]), "x", "float32")
    Traceback (most recent call last):
        ...
    ValueError: x has 1e+39 at (1,), beyond what float32 holds, 3.4e+38: scale the numbers, or \
give the network dtype="float64"
    """
    if x.dtype.kind not in "iuf" or not x.size:
        return
    own = np.finfo(x.dtype) if x.dtype.kind == "f" else np.iinfo(x.dtype)
    most = float(own.max if dtype is None else min(float(own.max), float(np.finfo(dtype).max)))
    if x.dtype.kind != "f" and most >= float(own.max):
        return
    with np.errstate(all="ignore"):
        if x.dtype.kind == "f" and x.flags.forc and x.dtype.isnative and x.flags.aligned:
            flat = x.ravel("K")
            squares = np.dot(flat, flat)  # in one pass; NaN and infinity stay in a sum
            if np.isfinite(squares) and squares <= most * most:
                return
        count, first = _entries(x, lambda some: ~np.isfinite(some))
        if count:
            raise ValueError(f"{name} has {x[first]} at {first}, and {count} entries that are not "
                             "finite: fill them in, or leave these examples out")  # fmt: skip
        count, first = _entries(x, lambda some: (some > most) | (some < -most))
    if count:
        raise ValueError(f"{name} has {x[first]} at {first}, beyond what {np.dtype(dtype)} holds, "
                         f"{most:.2g}: scale the numbers, or give the network dtype=\"float64\"")


def _entries(x: np.ndarray, odd: Callable[[Any], Any]) -> tuple[int, tuple[int, ...]]:
    """Count odd entries, and find the first, a block at a time: x may be larger than memory."""
    if not x.ndim:
        return int(odd(x)), ()
    count, first = 0, ()
    rows = max(1, (1 << 22) // max(1, x[:1].size))
    for k in range(0, len(x), rows):
        found = odd(x[k : k + rows])
        if not count and found.any():
            row, *others = np.argwhere(found)[0].tolist()
            first = (k + row, *others)
        count += int(np.count_nonzero(found))
    return count, first
