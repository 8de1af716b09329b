"""`Inference`: the outputs of a network as straight code, where nothing is recorded.

The numbers are those of the engine, bit for bit, without what it does between the products. Code is
written when a batch of the same shape comes again, and left when a setting of a layer changes.
"""

from operator import is_not
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.modes import Mode
from autograd.node import recorded
from autograd.programs import UntraceableError, leaf, trace, write_step

from ..layers.base import settings
from ..steps import described
from .twin import named, twin_of

__all__ = ["Inference"]

SHAPES = 8  # of batches, for which code is kept


class Code:
    """What is written for batches of one shape; each call has arrays of its own, as threads need.

    Raises
    ------
    UntraceableError
        If that cannot be.
    """

    def __init__(self, model: Any, x: np.ndarray) -> None:
        def f(x: Any, **parameters: Any) -> dict[str, Any]:
            return {"y": twin_of(model, {}, parameters)(x)}

        tensors = named(model)
        leaves = {n: leaf(p._data, p) for n, p in tensors.items()}
        traced = trace(f, {"x": leaf(x), **leaves}, [])
        if not leaves or any(not argument.uses for argument in traced.arguments.values()):
            raise UntraceableError("it has no parameters, or some may have become constants")
        self.tensors = list(tensors.values())
        self.arrays = [p._data for p in self.tensors]
        self.wanted = [(a.shape, a.dtype) for a in self.arrays]
        self.step_of = write_step(traced).compile

    def __call__(self, x: np.ndarray) -> Any:
        """Compute the outputs; None if one of the numbers on the way is none, or infinite."""
        arrays = [p._data for p in self.tensors]
        if any(map(is_not, arrays, self.arrays)):
            if [(a.shape, a.dtype) for a in arrays] != self.wanted:
                return None
            self.arrays = arrays
        step, _ = self.step_of(x, *arrays)
        try:
            with np.errstate(divide="raise", over="raise", invalid="raise"):
                return step()
        except FloatingPointError:  # the engine warns, if that is to be
            return None


class Inference:
    """The straight code of a network, as far as there is some.

    It does not hold the network, which would not be freed then before the collector comes.
    """

    def __init__(self) -> None:
        self.mark: Any = None  # that of the settings, when they were last looked at
        self.layers: list[Any] = []
        self.key: Any = None  # all that code is made of; None if there is to be none
        self.kept: dict[Any, Code | bool] = {}  # by shape; True if it may be written, False if not

    def __reduce__(self) -> Any:
        return type(None), ()  # a copy of a network writes its own

    def __call__(self, model: Any, x: np.ndarray, mode: Mode) -> Tensor | None:
        """Compute the outputs of a network for a batch; None if the engine has to."""
        if self.mark is not settings.mark or self.layers != model.layers:
            self.look(model)
        if self.key is None or x.dtype is not model.dtype or not x.flags.c_contiguous:
            return None  # sums along rows are of another order where the rows lie otherwise
        code = self.kept.get(x.shape)
        if type(code) is not Code:
            code = self.written(model, x)
        y = code(x) if code else None
        if y is None:
            return None
        result: Tensor = recorded(Tensor, None, None, None, y, mode)
        result.out = None
        return result

    def look(self, model: Any) -> None:
        """Look at the settings of the layers, and leave code that was made of others."""
        self.mark, self.layers = settings.mark, [*model.layers]
        try:
            key = None if model.jit_compile is False else described(self.layers)
        except UntraceableError:
            key = None
        if any(map(_does_more, self.layers)):
            key = None
        if self.key is None or key != self.key:
            self.key, self.kept = key, {}

    def written(self, model: Any, x: np.ndarray) -> Code | None:
        """Write the code for a shape that has come before."""
        known = self.kept.get(x.shape)
        if known is None:
            if len(self.kept) == SHAPES:
                self.kept.clear()
            self.kept[x.shape] = bool(x.size)
            return None
        if not known:
            return None
        try:
            code = self.kept[x.shape] = Code(model, x)
        except UntraceableError:
            self.kept[x.shape] = False
            return None
        return code


def _does_more(layer: Any) -> bool:
    """Tell whether a layer holds what may change though no attribute does, or keeps a penalty."""
    penalty = getattr(layer, "activity_regularizer", None)
    return penalty is not None or any(
        isinstance(x, (list, dict, set, np.ndarray))
        for name, x in vars(layer).items() if not name.startswith("_"))  # fmt: skip
