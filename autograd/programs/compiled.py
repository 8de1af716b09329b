"""A function of Tensors as one recorded operation that runs as generated NumPy code.

Its derivative is what the engine derives from the operations inside.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..array_ops import ArrayOperation, concatenate, getitem, ravel, reshape
from ..modes import current
from ..node import Node, recorded
from ..tensor import Tensor
from ..transforms import jvp, vjp
from .source import Source, write

__all__ = ["Compiled"]


class Compiled:
    """A function of a vector of parameters and of batches, compiled when it is first called.

    Parameters
    ----------
    f : callable
        Takes Tensors; gives a list of Tensors, and names for Tensors on the way.
    arguments : sequence of str
        What its arguments are called: the parameters, then the batches.
    results : sequence of str
        What its results are called.
    examples : callable
        Gives arrays like the arguments, and the number of examples in them.
    """

    def __init__(
        self,
        f: Callable[..., tuple[list[Any], dict[Any, str]]],
        arguments: Sequence[str],
        results: Sequence[str],
        examples: Callable[[], tuple[list[np.ndarray], int]],
    ) -> None:
        self.f = f
        self.arguments = list(arguments)
        self.results = list(results)
        self.examples = examples
        self.functions: dict[Any, Any] = {}
        self.first: Any = None  # the one by the parameters
        self.shapes: list[tuple[int, ...]] = []  # of several results, when it last ran
        self.operation = ArrayOperation("program", self._forward, self._vjp, self._jvp, out=(0,))

    def __call__(self, *operands: Any) -> list[Any]:
        """Compute the results: Tensors, recorded."""
        theta, *arrays = operands
        mode = current.get()
        if mode.anomaly or Tensor in map(type, arrays):
            y = self.operation(*operands)
        else:  # the same, without the checks that a user's operands need
            data, saved = self._forward(theta._data, *arrays)
            y = recorded(
                Tensor, self.operation, operands, {"saved": saved}, np.asarray(data), mode)
            y.out = None
        if len(self.results) == 1:
            return [y]
        return [reshape(getitem(y, index=slice(end - size, end)), shape=shape)
                for end, size, shape in _spans(self.shapes)]  # fmt: skip

    def source(self, wrt: Sequence[str], name: str = "program", careful: bool = False) -> Source:
        """Write it as NumPy code, with the derivatives by the arguments `wrt`."""
        arrays, batch = self.examples()
        return write(self.f, dict(zip(self.arguments, arrays, strict=False)), wrt, self.results,
                     name=name, batch=batch, careful=careful)  # fmt: skip

    def function(self, wrt: tuple[str, ...], careful: bool = False) -> Any:
        """Compile the code, when it is first needed."""
        key = wrt, careful
        if key not in self.functions:
            source = self.source(wrt, careful=careful)
            names = {"np": np, **source.constants, **{n: op.array for n, op in source.rows.items()}}
            exec(compile(source.text, "<program>", "exec"), names)  # it has no text of a user's
            self.functions[key] = names["program"]
        return self.functions[key]

    def _forward(self, *arrays: Any) -> Any:
        if self.first is None:
            self.first = self.function((self.arguments[0],))
        *results, pull = self.first(*arrays)
        if len(results) == 1:
            return results[0], (pull, None)
        self.shapes = [r.shape for r in results]
        return np.concatenate([r.ravel() for r in results]), (pull, self.shapes)

    def _vjp(
        self, i: int, g: Any, y: Any, *operands: Any, saved: Any = None, out: Any = None
    ) -> Any:
        if isinstance(y, Node):  # to be differentiated again: by the operations inside
            return vjp(self._whole, *operands)[1](g)[i]
        pull, shapes = saved
        # Where the engine has the processor say that it met 0 · ∞, it will ask again without that.
        careful = np.geterr()["invalid"] != "raise"
        if i or careful:
            *_, pull = self.function((self.arguments[i],), careful)(*operands)
        if shapes is None:
            return pull(g, out)
        parts = [g[end - size : end].reshape(shape) for end, size, shape in _spans(shapes)]
        return pull(*parts, out)

    def _jvp(self, i: int, t: Any, y: Any, *operands: Any, saved: Any = None) -> Any:
        def f(x: Any) -> Any:
            return self._whole(*operands[:i], x, *operands[i + 1 :])

        return jvp(f, (operands[i],), (t,))[1]

    def _whole(self, *operands: Any) -> Any:
        """Compute the results by the operations inside, as one vector where there are several."""
        results = self.f(*operands)[0]
        return results[0] if len(results) == 1 else concatenate([ravel(r) for r in results])


def _spans(shapes: Sequence[tuple[int, ...]]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Give where the results end in one vector of all, with their sizes and shapes."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    return list(zip(np.cumsum(sizes).tolist(), sizes, shapes, strict=True))
