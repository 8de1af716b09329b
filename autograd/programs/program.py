"""`Program`: what `vectorize` gives: few operations on Tensors for a whole batch."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..array_ops import reshape
from ..array_ops import sum as total
from ..row import as_array
from ..tensor import Tensor
from .compiled import Compiled
from .emit import Step
from .formulas import latex, text
from .jax_code import write_jax
from .listing import listing
from .traced import Traced
from .tracing import trace

__all__ = ["Input", "Output", "Program"]

MOST_COMPILED = 2_000  # a program of more steps is run by the engine, step by step
_PRIMES = [p for p in range(3, 1000) if all(p % q for q in range(2, p))]


class Input(NamedTuple):
    """An argument of a program."""

    name: str
    width: int
    single: bool  # one number an example, and no list


class Output(NamedTuple):
    """A result of a program."""

    name: str
    step: Step
    batched: bool
    vector: bool  # a list of numbers


class Program:
    """A graph of Values as a few operations on Tensors; made by `vectorize`.

    Called with batches it gives the outputs, recorded as one operation, so that ``backward()``
    and the transforms go through it. ``print`` shows its formulas; `draw` its operations.

    Attributes
    ----------
    parameters : list of Tensor
        What an optimizer changes: one vector θ, in which each matrix is a piece.
    matrices : dict
        These pieces, by their names in the formulas: arrays that show the numbers of θ.
    steps : list of Step
        The operations.
    """

    def __init__(
        self,
        steps: list[Step],
        inputs: list[Input],
        outputs: list[Output],
        structure: type | None,
        values: list[Any],
        places: np.ndarray,
        example: np.ndarray,
        dtype: Any,
    ) -> None:
        self.steps, self.inputs, self.outputs = steps, inputs, outputs
        self.dtype = np.dtype(dtype)
        self.nodes = 0
        self._structure, self._values, self._places = structure, values, places
        self._example = example
        for step in steps:  # constants have the type of the program
            step.operands = tuple(
                x.astype(self.dtype) if isinstance(x, np.ndarray) else x for x in step.operands)
        self.theta = Tensor(np.empty(len(values), self.dtype), "theta")
        self.parameters = [self.theta]
        self.load()
        names = ["theta", *(x.name for x in inputs)]
        results = [y.name for y in outputs]
        self._each = Compiled(self.run, names, results, self._like_batch)
        self._mean = Compiled(self._run_mean, [*names, "weights"], results, self._like_batch)
        self._uniform = np.ones(1, self.dtype)

    # --- Running ----------------------------------------------------------------------------------

    def __call__(self, *batches: Any) -> Any:
        """Compute the outputs for every example of a batch.

        Parameters
        ----------
        *batches : array_like or Tensor
            For each input the numbers of all examples: (examples, numbers) for a list of Values,
            (examples,) for a single one.

        Returns
        -------
        Tensor, tuple or dict
            The outputs in the structure that was given to `vectorize`: (examples,) for a Value,
            (examples, numbers) for a list. What depends on parameters alone has no axis of
            examples.

        Raises
        ------
        TypeError, ValueError
            If there are not as many batches as inputs, or one is of another shape.
        """
        arrays = self._checked(batches)
        if len(self.steps) > MOST_COMPILED or type(self.theta) is Traced:
            return self._like_given(self.run(self.theta, *arrays)[0])
        return self._like_given(self._each(self.theta, *arrays))

    def mean(self, *batches: Any, weights: Any = None) -> Any:
        """Compute the means of the outputs over a batch: J, from the losses of the examples.

        The same as the mean of what a call gives, as one operation.

        Parameters
        ----------
        *batches : array_like or Tensor
            As in a call.
        weights : array_like, shape (examples,), optional
            How much each example counts: Σ w·loss / Σ w.

        Returns
        -------
        Tensor, tuple or dict
            The means; what depends on parameters alone is as it is.
        """
        arrays = self._checked(batches)
        n = len(arrays[0])
        if n == 0:
            raise ValueError("the mean of no examples: give at least one")
        if weights is not None:
            given = as_array("weights", weights).astype(self.dtype, copy=False)
            if given.shape != (n,) or not (given >= 0).all() or not given.any():
                raise ValueError(f"weights: expected {n} numbers from 0, not all 0, got "
                                 f"{weights!r:.60}")  # fmt: skip
            shares = given / given.sum()
        elif len(self._uniform) == n:
            shares = self._uniform
        else:
            shares = self._uniform = np.full(n, 1 / n, self.dtype)
        if len(self.steps) > MOST_COMPILED or type(self.theta) is Traced:
            return self._like_given(self._run_mean(self.theta, *arrays, shares)[0])
        return self._like_given(self._mean(self.theta, *arrays, shares))

    def _checked(self, batches: Sequence[Any]) -> list[Any]:
        """Give arrays of the right shapes and type."""
        if len(batches) != len(self.inputs):
            names = ", ".join(x.name for x in self.inputs)
            raise TypeError(f"the program takes {len(self.inputs)} batches ({names}), got "
                            f"{len(batches)}")  # fmt: skip
        arrays: list[Any] = []
        n = -1
        for x, (name, width, single) in zip(batches, self.inputs, strict=True):
            if type(x) is not np.ndarray or x.dtype != self.dtype:
                x = self._converted(name, x)
            shape = x.shape
            n = shape[0] if n < 0 and shape else n
            if shape != ((n,) if single else (n, width)):
                raise _wrong_batch(name, shape, n, width, single)
            arrays.append(x.reshape(n, 1) if single else x)
        return arrays

    def _converted(self, name: str, x: Any) -> Any:
        """Give an array or Tensor of the program's type."""
        if not isinstance(x, Tensor):
            x = as_array(name, x)
            if x.dtype.kind not in "biuf":
                raise TypeError(f"{name}: expected an array of numbers, got {x.dtype}")
        return x if x.dtype == self.dtype else x.astype(self.dtype)

    def _like_given(self, results: list[Any]) -> Any:
        """Give results the structure of the outputs."""
        if self._structure is dict:
            return {y.name: result for y, result in zip(self.outputs, results, strict=True)}
        return tuple(results) if self._structure is tuple else results[0]

    def run(self, theta: Any, *inputs: Any) -> tuple[list[Any], dict[Any, str]]:
        """Do the steps one by one on Tensors: the outputs, and names for what is on the way."""
        done: dict[Step, Any] = {}
        names = {}
        leaves = iter((*inputs, theta))
        for step in self.steps:
            if step.op is None:
                done[step] = next(leaves)
                continue
            done[step] = step.op(*[done[x] if isinstance(x, Step) else x for x in step.operands],
                                 **step.settings)  # fmt: skip
            if step.name:
                names[done[step]] = step.name
        return [done[y.step] if y.vector else reshape(done[y.step], shape=(-1,) * y.batched)
                for y in self.outputs], names  # fmt: skip

    def _run_mean(self, theta: Any, *inputs: Any) -> tuple[list[Any], dict[Any, str]]:
        """Do the steps, and take the weighted means of the outputs; the last input is weights."""
        *batches, weights = inputs
        results, names = self.run(theta, *batches)
        column = reshape(weights, shape=(-1, 1))
        return [total((column if y.vector else weights) * r, axis=0) if y.batched else r
                for y, r in zip(self.outputs, results, strict=True)], names  # fmt: skip

    def _like_batch(self) -> tuple[list[np.ndarray], int]:
        """Give θ, a batch and weights to trace with; the number of examples divides no width."""
        lengths = {abs(n) for step in self.steps
                   for n in (step.width, *step.settings.get("shape", ()))}  # fmt: skip
        n = next(p for p in _PRIMES if all(k % p or not k for k in lengths))
        widths = [x.width for x in self.inputs]
        arrays = [np.full((n, width), 0.5, self.dtype) for width in widths]
        return [self.theta.data, *arrays, np.full(n, 0.5, self.dtype)], n

    # --- Parameters -------------------------------------------------------------------------------

    def store(self) -> None:
        """Give the Values that were the parameters the numbers in θ."""
        for value, number in zip(self._values, self.theta.data[self._places].tolist(), strict=True):
            value.data = number

    def load(self) -> None:
        """Take the numbers of the Values that were the parameters into θ."""
        theta = np.empty(len(self._values), self.dtype)
        theta[self._places] = [value.data for value in self._values]
        self.theta.data = theta

    @property
    def matrices(self) -> dict[str, np.ndarray]:
        """Copies of the pieces of θ by their names: W1, b1, …; rows lie one after another.

        They are read-only: set ``program.theta.data``, or the Values and `load`.
        """
        found: dict[str, np.ndarray] = {}
        for step in self.steps:
            if step.name and step.op is not None:
                source, chain = step, []
                while source.op is not None and source.op.name in ("getitem", "reshape"):
                    chain.append(source)
                    source = source.operands[0]
                if source is self.steps[len(self.inputs)]:
                    x = self.theta.data
                    for part in reversed(chain):
                        x = part.op(x, **part.settings)
                    matrix = found[step.name] = np.array(x.T if x.ndim == 2 else x, order="C")
                    matrix.flags.writeable = False
        return found

    # --- Showing ----------------------------------------------------------------------------------

    def source(self, target: str = "numpy") -> str:
        """Write the program as a plain function, with its backward pass.

        Parameters
        ----------
        target : {"numpy", "jax"}, optional
            What it is written with.

        Returns
        -------
        str
            A Python module of its own. Its function ``program(theta, …)`` takes the parameters,
            and a batch of each input as (examples, numbers). With NumPy it gives the outputs, and
            a function that takes their gradients and gives that of ``theta``. With JAX it gives
            the outputs; `jax.jit`, `jax.grad` by ``theta`` and `jax.lax.scan` take it, and its
            backward pass is the one that is written there.

        Raises
        ------
        ValueError
            If the target is another.
        """
        if target == "numpy":
            return listing(self._each.source(("theta",)))
        if target != "jax":
            raise ValueError(f'source: target is "numpy" or "jax", got {target!r}')
        arrays, batch = self._like_batch()
        names = ["theta", *(x.name for x in self.inputs)]
        results = [y.name for y in self.outputs]
        traced = trace(
            lambda **given: dict(zip(results, self.run(*given.values())[0], strict=True)),
            dict(zip(names, arrays, strict=False)), ["theta"], seeds=[f"d_{n}" for n in results])
        return write_jax(traced, "program", f"Give {', '.join(results)} for a batch of "
                         f"{' and '.join(names[1:])}.", [f"d_{n}" for n in results],
                         batch)  # fmt: skip

    def __str__(self) -> str:
        return text(self)

    def __repr__(self) -> str:
        inputs = ", ".join(f"{x.name}: {x.width}" for x in self.inputs)
        return (f"Program({inputs} → {', '.join(y.name for y in self.outputs)}; "
                f"{len(self._values):,} parameters, {self.operations} operations from "
                f"{self.nodes:,} scalar nodes)")  # fmt: skip

    def _repr_latex_(self) -> str:
        return latex(self)

    def _repr_html_(self) -> str | None:
        from ..show.paint.mathml import formula
        from ..show.paint.page import in_jupyter

        return None if in_jupyter() else formula(latex(self).strip("$"))

    @property
    def operations(self) -> int:
        """How many of the steps compute: all but inputs, parameters, and parts of others."""
        moves = ("getitem", "reshape", "concatenate")
        return sum(step.op is not None and step.op.name not in moves for step in self.steps)

    def _graph(self) -> list[Tensor]:
        """Give the outputs for the recorded example, for `draw`: matrices are leaves in it."""
        done: dict[Step, Any] = {}
        matrices = self.matrices
        start = 0
        for k, step in enumerate(self.steps):
            if k < len(self.inputs):
                end = start + step.width
                done[step] = Tensor(self._example[None, start:end].astype(self.dtype),
                                    self.inputs[k].name)  # fmt: skip
                start = end
            elif step.op is None:
                done[step] = Tensor(self.theta.data, "θ")
            elif step.name in matrices:
                x = matrices[step.name]
                done[step] = Tensor(x.T if x.ndim == 2 else x, step.name)
            else:
                done[step] = step.op(*[done[x] if isinstance(x, Step) else x
                                       for x in step.operands], **step.settings)  # fmt: skip
                done[step].label = step.name
        return [done[y.step] for y in self.outputs]


def _wrong_batch(
    name: str, shape: tuple[int, ...], n: int, width: int, single: bool
) -> ValueError:
    form = "(examples,)" if single else f"(examples, {width})"
    message = f"{name}: expected a batch of shape {form}, got {shape}"
    if not single and shape == (width,):
        message += f": one example is a batch of one, {name}[None]"
    elif len(shape) == 2 - single and shape[1:] == ((),) * 0 + (() if single else (width,)):
        message += f": the first input has {n} examples"
    return ValueError(message)
