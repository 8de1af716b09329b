"""`View`: the numbers of a Tensor, as an array that tells it when they are written."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .node import Node, next_serial
from .row import unmasked

__all__ = ["View", "plain"]


class View(np.ndarray):
    """What ``t.data`` is: an array whose writes are noticed, under whatever name it goes.

    Items, ``-=`` and its like, and ``out=`` of NumPy's elementwise functions write into the
    Tensor, which counts as changed then: a graph that has used it refuses to go backward. Into the
    numbers of a result, from which derivatives are computed, nothing is written. All else computes
    as NumPy does, and gives plain arrays; those that lie in the Tensor's memory are read-only.

    Raises
    ------
    ValueError
        If a result is written into, or a Tensor in another way.

    Examples
    --------
    >>> from autograd import Tensor
    >>> t = Tensor([1.0, 2.0])
    >>> d = t.data
    >>> d -= 0.5
    >>> d[0] = 7
    >>> t, type(d + 1)
    (Tensor([7. , 1.5]), <class 'numpy.ndarray'>)
    """

    __slots__ = ("_owner",)

    _owner: Any  # the leaf that is to know, or the operation whose result this is

    def __array_finalize__(self, other: Any) -> None:
        self._owner = getattr(other, "_owner", None)

    def _memory(self) -> np.ndarray:
        """Give the array to write into."""
        memory: np.ndarray = plain(self)
        if memory.flags.writeable:  # a copy that NumPy has made: the owner's memory is not
            self._owner = None
        elif isinstance(self._owner, Node):
            memory.flags.writeable = True
        elif self._owner is not None:
            raise ValueError(
                f"these numbers are the result of {self._owner.name}, and derivatives are computed "
                "from them: write into a copy, .data.copy()"
            )
        return memory

    def _tell(self) -> None:
        if self._owner is not None:
            self._owner._serial = next_serial()

    def __setitem__(self, index: Any, x: Any) -> None:
        self._memory()[index] = unmasked(x, "data")
        self._tell()

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return plain(part) if isinstance(part, View) and part.flags.writeable else part

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out", ())
        if not all(isinstance(x, np.ndarray) for x in (*inputs, *out)
                   if hasattr(x, "__array_ufunc__") and not isinstance(x, np.generic)):  # fmt: skip
            return NotImplemented  # it is a Tensor's turn
        written = [x for x in (inputs[:1] if method == "at" else out) if isinstance(x, View)]
        memory = {id(x): x._memory() for x in written}
        if out:
            kwargs["out"] = tuple(memory.get(id(x), x) for x in out)
        result = getattr(ufunc, method)(
            *(memory.get(id(x), plain(x)) for x in inputs), **kwargs)
        for x in written:
            x._tell()
        return out[0] if len(out) == 1 else result

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if not all(issubclass(kind, np.ndarray) for kind in types):
            return NotImplemented
        return function(*plain(args), **{name: plain(x) for name, x in kwargs.items()})

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.copy().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return repr(plain(self))


def plain(x: Any) -> Any:
    """Give a View as an array, which can be read only; also those in lists and tuples."""
    if type(x) in (list, tuple):
        return type(x)(map(plain, x))
    return x.view(np.ndarray) if isinstance(x, View) else x


def _computing(name: str) -> Callable[..., Any]:
    def method(self: View, *args: Any, **kwargs: Any) -> Any:
        return getattr(plain(self), name)(*args, **kwargs)

    return method


def _writing(name: str) -> Callable[..., Any]:
    def method(self: View, *args: Any, **kwargs: Any) -> None:
        getattr(self._memory(), name)(*args, **kwargs)
        self._tell()

    return method


# NumPy would give these as Views.
for _name in ("__copy__", "__deepcopy__", "argmax", "argmin", "argpartition", "argsort", "astype",
              "byteswap", "choose", "compress", "copy", "cumprod", "cumsum", "dot", "flatten",
              "repeat", "round", "searchsorted", "take"):  # fmt: skip
    setattr(View, _name, _computing(_name))
for _name in ("fill", "partition", "put", "sort"):
    setattr(View, _name, _writing(_name))
