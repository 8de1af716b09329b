"""Parameters side by side in one array, and their gradients in another."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, Value

from ..arrays import check_masked

__all__ = ["FlatParameters"]

_CACHE_LINE = 64  # bytes


class FlatParameters:
    """Parameters laid out in one array: an optimizer's step is then a few passes over it.

    Tensors become views of that array, and their gradients are written straight into views of
    another. Values are copied there and back.

    Parameters
    ----------
    parameters : sequence of Tensor or Value
        Leaves, all of one kind and, for Tensors, of one dtype.
    owner : str, optional
        Who is named in errors.

    Attributes
    ----------
    data, grad : ndarray, shape (n,)
        All numbers, and the gradients that `gather` found: the next pass writes over these.
    message : ndarray, shape (n + 2,)
        `grad`, and room for what is sent to others with it (see `mlp.parallel`).
    views, grads : list of ndarray
        Their parts, one a parameter and in its shape.
    idle : list of int
        The positions of the parameters for which `gather` found none.

    Raises
    ------
    TypeError, ValueError
        If there are no parameters, or they are of different kinds, or one is not a leaf.

    Examples
    --------
    >>> W, b = Tensor([[1.0, 2.0]]), Tensor([3.0])
    >>> flat = FlatParameters([W, b])
    >>> (W.sum() * b[0]).backward()
    >>> flat.gather()
    >>> flat.data, flat.grad
    (array([1., 2., 3.]), array([3., 3., 3.]))
    >>> flat.data += 1
    >>> flat.store()
    >>> W
    Tensor([[2., 3.]])
    """

    def __init__(self, parameters: Sequence[Any], owner: str = "FlatParameters") -> None:
        one = isinstance(parameters, (Tensor, Value))
        if one or isinstance(parameters, str) or not isinstance(parameters, Iterable):
            raise TypeError(f"{owner}: parameters is a list of Tensors or of Values, got "
                            f"{parameters!r:.60}{': write [w]' if one else ''}")  # fmt: skip
        self.parameters = list(parameters)
        kinds = {type(p) for p in self.parameters}
        if not kinds:
            raise TypeError(f"{owner}: parameters are Tensors, or Values; got none: a network has "
                            "none before it is built, by an Input or by build(shape)")  # fmt: skip
        if len(kinds) != 1 or not issubclass(*kinds, (Tensor, Value)):
            names = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise TypeError(f"{owner}: parameters are Tensors, or Values; got {names}")
        for p in self.parameters:
            if p.op is not None:
                raise ValueError(f"{owner}: {p!r} is a result, not a parameter: pass the leaves")
        if len(set(map(id, self.parameters))) < len(self.parameters):
            raise ValueError(f"{owner}: a parameter is given twice")
        shapes = [np.shape(p.data) for p in self.parameters]
        dtypes = {np.asarray(p.data).dtype for p in self.parameters}
        if len(dtypes) > 1:
            names = ", ".join(sorted(map(str, dtypes)))
            raise TypeError(f"{owner}: parameters of one dtype, got {names}")
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        self.data = _aligned_zeros(ends[-1], dtypes.pop())
        self.message = _aligned_zeros(ends[-1] + 2, self.data.dtype)
        self.grad = self.message[:-2]
        self.views, self.grads = (
            [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes,
                                                        strict=True)]
            for flat in (self.data, self.grad)
        )  # fmt: skip
        self._tensors = issubclass(*kinds, Tensor)
        self.gather()
        if self._tensors:
            self.store()

    def __reduce__(self) -> tuple[Any, ...]:
        return FlatParameters, (self.parameters,)  # a copy's views are to be of the copy's arrays

    def zeros(self, dtype: Any = None) -> np.ndarray:
        """Make zeros shaped like `data`, for what an optimizer remembers."""
        return _aligned_zeros(self.data.size, self.data.dtype if dtype is None else dtype)

    def gather(self) -> None:
        """Bring `data` and `grad` up to date: where they were changed elsewhere, and for Values.

        Raises
        ------
        ValueError
            If a parameter or its gradient has another shape than before.
        """
        self.idle = []
        here = (self.parameters, self.views, self.grads)
        for k in Tensor.apart(*here) if self._tensors else range(len(self.parameters)):
            p, view, grad = self.parameters[k], self.views[k], self.grads[k]
            _copy("number", p.data, view, p)
            if (g := p.grad) is None:
                grad[...] = 0
                self.idle.append(k)
            else:
                _copy("gradient", g, grad, p)

    def hold(self) -> None:
        """Bring `data` up to date, and let parameters show the gradients that will lie in `grad`.

        It is what `gather` is for code that writes gradients there itself.
        """
        here = (self.parameters, self.views, self.grads)
        if apart := Tensor.apart(*here):
            for k in apart:
                p, view = self.parameters[k], self.views[k]
                if p._data is not view:
                    _copy("number", p._data, view, p)
            Tensor.share(*([x[k] for k in apart] for x in here), filled=True)

    def store(self) -> None:
        """Give the parameters the numbers in `data`: what was computed with them is stale now."""
        if self._tensors:
            Tensor.share(self.parameters, self.views, self.grads)
        else:
            for p, view in zip(self.parameters, self.views, strict=True):
                p.data = view.item()


def _aligned_zeros(n: int, dtype: Any) -> np.ndarray:
    """Make zeros of shape (n,) that begin where a cache line does, as NumPy's own need not.

    A write across two lines takes twice as long, and an optimizer does little else than writing.

    Examples
    --------
    >>> _aligned_zeros(1_000_000, "float32").ctypes.data % 64
    0
    """
    size = n * np.dtype(dtype).itemsize
    memory = np.zeros(size + _CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    return memory[start : start + size].view(dtype)


def _copy(what: str, source: Any, view: np.ndarray, p: Any) -> None:
    check_masked(source, f"the {what} of {p.label or 'a parameter'}")
    if np.shape(source) != view.shape:  # which assignment would broadcast
        name = f" {p.label}" if p.label else ""
        raise ValueError(
            f"the {what}s of parameter{name} had shape {view.shape}, now {np.shape(source)}"
        )
    view[...] = source
