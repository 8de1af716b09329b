"""Straight steps of a cost that is a function of the arrays of a batch."""

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, modes
from autograd.programs import Traced, UntraceableError

from ..optimizers import Optimizer
from ..optimizers.compiled import meant
from .code import Code
from .engine import walk
from .looped import Looped

__all__ = ["Costs", "loops_for"]


def code_of_cost(cost: Callable[..., Any], flat: Any, arrays: Sequence[np.ndarray]) -> Code:
    """Write the code of a cost that is a function of the arrays of a batch.

    It has the parameters from elsewhere: as long as it is traced, they are Traced themselves.
    """
    tensors = {f"p{k}": p for k, p in enumerate(flat.parameters)}
    if any(type(p) is not Tensor for p in tensors.values()):
        raise UntraceableError("the parameters are no Tensors")

    def f(**given: Any) -> dict[str, Any]:
        return {"J": cost(*[x for name, x in given.items() if name not in tensors])}

    for p in tensors.values():
        p.__class__ = Traced
    try:
        return Code(f, {f"x{k}": np.asarray(x) for k, x in enumerate(arrays)}, tensors, flat,
                    foreign=True)  # fmt: skip
    finally:
        for p in tensors.values():
            p.__class__ = Tensor


class Costs:
    """Straight steps of a cost that is a function of the arrays of a batch: those of `descend`.

    Parameters
    ----------
    cost : callable
        Computes J.
    optimizer : Optimizer
        Takes the steps.
    jit_compile : {"auto", True, False}, optional
        As straight code; as compiled loops, where that can be; by the engine.
    """

    def __init__(
        self, cost: Callable[..., Any], optimizer: Optimizer, jit_compile: Any = "auto"
    ) -> None:
        self.cost, self.optimizer, self.jit_compile = cost, optimizer, jit_compile
        self.kept: dict[Any, Code | None] = {}
        self.reason = ""

    def code(self, arrays: Sequence[np.ndarray]) -> Code | None:
        """Give the code for a batch; None if the engine has to do it."""
        key = tuple([(a.shape, a.dtype) for a in arrays])
        if key not in self.kept or ((found := self.kept[key]) is not None and found.moved()):
            try:
                self.kept[key] = code_of_cost(self.cost, self.optimizer.flat, arrays)
            except UntraceableError as error:
                self.reason, self.kept[key] = str(error), None
        return self.kept[key]

    def steps(self, batches: Iterable[Sequence[Any]]) -> Iterator[tuple[float, int]]:
        """Take a step for each batch; give its cost and how many examples it had."""
        optimizer, waiting = self.optimizer, iter(batches)
        while (batch := next(waiting, None)) is not None:
            arrays = [np.asarray(x) for x in batch]
            n = len(arrays[0])
            optimizer.flat.hold()
            by_engine = self.jit_compile is False or modes.hunting()
            code = None if by_engine else self.code(arrays)
            if code is None:
                yield from walk(self.cost, optimizer, [batch])
                continue
            if meant(self.jit_compile) and (looped := loops_for(self, code, optimizer, arrays)):
                some, waiting = _alike(batch, waiting, looped.most)
                yield from self.together(looped, some, n)
                continue
            code.load(arrays, slice(None))
            if code.run(optimizer):
                optimizer.flat.store()
                yield code.cost, n
            else:
                yield from walk(self.cost, optimizer, [batch])

    def together(
        self, looped: Looped, batches: list[Sequence[Any]], n: int
    ) -> Iterator[tuple[float, int]]:
        """Take many steps in one call."""
        order = np.arange(n * len(batches)).reshape(-1, n)
        if all(x is batches[0] or all(map(operator.is_, x, batches[0])) for x in batches):
            arrays, order = [np.asarray(x) for x in batches[0]], order % n
        else:
            arrays = [np.concatenate(some) for some in zip(*batches, strict=True)]
        start = 0
        for done, costs, _, _ in looped.steps(arrays, order, False, np.random.default_rng(0)):
            yield from ((float(J), n) for J in costs[start:done])
            if done < len(order):
                yield from walk(self.cost, self.optimizer, [batches[done]])
            start = done + 1


def _alike(
    first: Sequence[Any], others: Iterator[Any], most: int
) -> tuple[list[Sequence[Any]], Iterator[Any]]:
    """Collect batches of one shape, and give what is left."""
    kind = [(np.shape(x), getattr(x, "dtype", None)) for x in first]
    found = [first]
    for following in itertools.islice(others, most - 1):
        if [(np.shape(x), getattr(x, "dtype", None)) for x in following] != kind:
            return found, itertools.chain([following], others)
        found.append(following)
    return found, others


def loops_for(
    owner: Any, code: Code, optimizer: Optimizer, arrays: Sequence[np.ndarray]
) -> Looped | None:
    """Give the compiled loops of a code; None if there are none, and the owner is told why."""
    if code.looped is None:
        try:
            code.looped = Looped(code, optimizer, arrays)
        except UntraceableError as error:
            owner.reason, code.looped = str(error), False
        except ModuleNotFoundError as error:
            owner.reason, code.looped = f"{error.name} is not installed", False
    found = code.looped
    return found if found and found.fits(optimizer) else None
