"""Random programs here and in other libraries: values, gradients, second derivatives, forward mode.

::

    python -m benchmarks.trust programs 1000 [FIRST SEED]

A program of arrays is run eagerly, in reverse and in forward mode, and in PyTorch and JAX, where
these are installed. One of numbers is run on Values, through `vectorize`, as the straight code that
it writes, and there. What differs is listed: ours from all others; or the others among themselves.
"""

import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from autograd import Tensor, Value, gradients, jvp, vectorize
from autograd.node import Node

from .draw import Text, of_arrays, of_numbers
from .libraries import OURS, jax_names, torch_names

__all__ = ["compare", "judge", "main"]

Found = dict[str, np.ndarray]  # what was computed -> its numbers
TOLERANCE = {"float64": 1e-8, "float32": 1e-3}
EXAMPLES = 3
RARELY = 100  # JAX compiles every operation anew for other shapes
LIBRARIES = [name for name in ("torch", "jax") if find_spec(name)]


def main(count: int = 1000, first: int = 0) -> int:
    """Compare, print what differs, and say whether something was wrong here."""
    warnings.simplefilter("ignore")
    start, wrong, unlike, runs = time.perf_counter(), 0, Counter[str](), Counter[str]()
    examples: dict[str, Text] = {}
    for seed in range(first, first + count):
        rng = random.Random(seed)
        text = of_numbers(rng) if seed % 4 == 0 else of_arrays(
            rng, dtype="f4" if seed % 4 == 1 else "f8")  # fmt: skip
        libraries = [x for x in LIBRARIES if x != "jax" or seed % RARELY == 0]
        faults, others = judge(text, libraries, runs)
        for other in set(others):
            unlike[other] += 1
            examples.setdefault(other, text)
        if faults:
            wrong += 1
            print(f"--- program {seed}\n{text}\n" + "\n".join(faults), flush=True)
    seconds = time.perf_counter() - start
    ways = ", ".join(f"{way} {n:,}" for way, n in runs.items())
    print(f"{count:,} programs in {seconds:.0f} s: {wrong} are wrong; run by {ways}")
    for what, n in unlike.most_common():
        print(f"{n:,} times {what}, first in\n{examples[what]}")
    return min(wrong, 1)


def judge(
    text: Text, among: Sequence[str] = LIBRARIES, runs: Counter[str] | None = None
) -> tuple[list[str], list[str]]:
    """Do what `compare` does; where something differs, ask the other libraries, too."""
    faults, others = compare(text, among, runs)
    return compare(text, LIBRARIES, runs) if faults and among != LIBRARIES else (faults, others)


def compare(
    text: Text, among: Sequence[str] = (), runs: Counter[str] | None = None
) -> tuple[list[str], list[str]]:
    """Run a program in all ways; say what is wrong here, and where others differ."""
    rng = np.random.default_rng(len(str(text)))
    along = [rng.normal(size=x.shape).astype(x.dtype) for x in text.leaves.values()]
    ways: list[Callable[..., Found]] = [_forward]
    if text.of_numbers:
        ways += [_values, _program] if len(text.leaves) > 1 else [_values]
    libraries = [f for name, f in (("torch", _torch), ("jax", _jax)) if name in among]
    try:
        here = _reverse(text, along)
    except (TypeError, ValueError, IndexError) as error:
        return [], [f"refused here: {error!s:.60}"]
    kind = next(iter(text.leaves.values())).dtype.name
    faults, others = [], []
    for way in ways:
        faults += [f"{way.__name__}: {what} is {x.tolist()}, and in reverse {here[what].tolist()}"
                   for what, x in way(text, along).items() if off(x, here[what], kind)]
    theirs = {}
    for f in libraries:
        try:
            theirs[f.__name__.strip("_")] = f(text, along)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            others.append(f"{f.__name__} refuses: {type(error).__name__} {error!s:.60}")
    for what, x in here.items():
        unlike = [name for name, found in theirs.items() if off(x, found[what], kind)]
        if unlike and len(unlike) == len(theirs):
            faults += [f"{what} is {x.tolist()}, and {theirs[name][what].tolist()} in {name}"
                       for name in unlike]  # fmt: skip
        others += [f"{what.split()[0]} of {name} differs, and not of the others" for name in unlike
                   if len(unlike) < len(theirs)]
    if runs is not None:
        runs.update([*(f.__name__.strip("_") for f in (_reverse, *ways)), *theirs])
    return faults, others


def off(x: np.ndarray, wanted: np.ndarray, kind: str) -> bool:
    """Tell whether numbers differ by more than rounding; NaN is no number."""
    if x.shape != wanted.shape:
        return True
    scale = 1 + np.max(np.abs(wanted), initial=0)
    return not np.max(np.abs(x - wanted), initial=0) <= TOLERANCE[kind] * scale


def plain(x: Any) -> np.ndarray:
    """Give the numbers of a node, or of another library's array."""
    return np.asarray(x.data if isinstance(x, Node) else x)


# --- Here ----------------------------------------------------------------------------------------


def _total(text: Text, found: dict[str, Any], sum_: Any, constant: Any = lambda x: x) -> Any:
    """Give the number that is differentiated: Σ w v over the results."""
    total: Any = 0.0
    for name, w in text.weights.items():
        total = total + sum_(found[name] * constant(w))
    return total


def _leaves(text: Text) -> list[Tensor]:
    return [Tensor(x) for x in text.leaves.values()]


def _named(text: Text, what: str, results: Any) -> Found:
    return {f"{what} {name}": plain(x)
            for name, x in zip(text.leaves, results, strict=True)}  # fmt: skip


def _reverse(text: Text, along: list[np.ndarray]) -> Found:
    """Run it on Tensors: backward, and gradients of gradients."""
    xs = _leaves(text)
    found = text.run(OURS, xs)
    J = _total(text, found, np.sum)
    values = {f"value {name}": plain(found[name])
              for name in text.weights}  # fmt: skip
    first = seconds = [Tensor(np.zeros(x.shape, x.dtype)) for x in xs]
    if isinstance(J, Tensor):
        J.backward()
        first = [x.grad if x.grad is not None else np.zeros(x.shape, x.dtype) for x in xs]
        slopes = gradients(J, xs, create_graph=True)
        turn = sum((g * v).sum() for g, v in zip(slopes, along, strict=True))
        seconds = gradients(turn, xs) if isinstance(turn, Tensor) else seconds
    slope = sum(np.sum(plain(g) * v)
                for g, v in zip(first, along, strict=True))  # fmt: skip
    return {**values, **_named(text, "gradient", first), **_named(text, "second", seconds),
            "forward J": np.asarray(slope)}  # fmt: skip


def _forward(text: Text, along: list[np.ndarray]) -> Found:
    """Run it in forward mode, and forward through the reverse mode."""

    def total(*xs: Any) -> Any:
        return _total(text, text.run(OURS, xs), np.sum)

    def slopes(*xs: Any) -> Any:
        J = total(*xs)
        return gradients(J, xs, create_graph=True) if isinstance(J, Tensor) else [0 * x for x in xs]

    slope = jvp(total, _leaves(text), along)[1]
    second = jvp(slopes, _leaves(text), along)[1]
    return {"forward J": plain(slope),
            **_named(text, "second", second)}


def _values(text: Text, along: list[np.ndarray]) -> Found:
    """Run it on Values."""
    xs = [Value(x.item()) for x in text.leaves.values()]
    found = text.run(OURS, xs)
    J = _total(text, found, lambda x: x, float)
    J.backward()
    slopes = gradients(J, xs, create_graph=True)
    turn = sum(g * float(v) for g, v in zip(slopes, along, strict=True))
    return {**{f"value {name}": plain(found[name]) for name in text.weights},
            **_named(text, "gradient", [x.grad or 0.0 for x in xs]),
            **_named(text, "second", gradients(turn, xs))}  # fmt: skip


def _program(text: Text, along: list[np.ndarray]) -> Found:
    """Run it through `vectorize`, on a batch of equal examples, and as the code that this writes.

    The first leaf is a parameter, whose derivative is the sum of those of the examples.
    """
    theta, *inputs = [Value(x.item()) for x in text.leaves.values()]
    outputs = text.run(OURS, [theta, *inputs])
    program = vectorize(outputs, inputs=inputs, parameters=[theta])
    batches = [Tensor(np.full(EXAMPLES, x.data)) for x in inputs]
    found = program(*batches)
    J = _total(text, found, _all, float)
    xs = [*program.parameters, *batches]
    slopes = gradients(J, xs, create_graph=True)
    turn = sum((g * float(v)).sum() for g, v in zip(slopes, along, strict=True))
    seconds = gradients(turn, xs)
    alike = {f"value {name}": y.data for name, y in found.items()}
    if straight := _straight(program, batches, text):
        results, by_theta = straight
        for name, y in zip(text.weights, results, strict=True):
            if not np.allclose(y.ravel(), alike[f"value {name}"].ravel(), 1e-12, 1e-12):
                alike[f"value {name}"] = y
        if not np.allclose(by_theta, slopes[0].data, 1e-9, 1e-9):
            slopes = [by_theta, *slopes[1:]]
    each = [1 / EXAMPLES, *[1.0] * len(inputs)]
    gradient = [plain(g) * s for g, s in zip(slopes, each, strict=True)]
    second = [plain(g) * s for g, s in zip(seconds, each, strict=True)]
    return {**{what: _one(y) for what, y in alike.items()},
            **_named(text, "gradient", map(_one, gradient)),
            **_named(text, "second", map(_one, second))}  # fmt: skip


def _straight(program: Any, batches: list[Tensor], text: Text) -> Any:
    """Run the code that a program writes, as a user does: results, and the gradient by θ."""
    try:
        code: dict[str, Any] = {}
        exec(program.source(), code)
    except TypeError as error:
        if "cannot be written as NumPy code" in str(error):  # of sinc and i0
            return None
        raise
    *results, pull = code["program"](program.theta.data, *(x.data[:, None] for x in batches))
    given = zip(results, text.weights.values(), strict=True)
    return results, pull(*(np.full(y.shape, w * EXAMPLES / y.size) for y, w in given))


def _all(y: Any) -> Any:
    """Add up all examples, also of a result that does not depend on them."""
    return np.sum(y) * (EXAMPLES / y.size)


def _one(batch: np.ndarray) -> np.ndarray:
    """Give the number that all examples have, or them all where they differ."""
    numbers = np.ravel(batch)
    return numbers[0] if np.allclose(numbers, numbers[0], 1e-12, 1e-12) else numbers


# --- There ---------------------------------------------------------------------------------------


def _torch(text: Text, along: list[np.ndarray]) -> Found:
    import torch

    names = torch_names()
    xs = [torch.tensor(x, requires_grad=True) for x in text.leaves.values()]
    found = text.run(names, xs)
    J = _total(text, found, torch.sum, torch.tensor)
    first = second = [torch.zeros_like(x) for x in xs]
    how = {"allow_unused": True, "materialize_grads": True}
    if J.requires_grad:
        first = torch.autograd.grad(J, xs, create_graph=True, **how)
        turn = sum((g * torch.tensor(v)).sum() for g, v in zip(first, along, strict=True))
        second = torch.autograd.grad(turn, xs, **how) if turn.requires_grad else second
    slope = sum((g * torch.tensor(v)).sum() for g, v in zip(first, along, strict=True))
    given = {f"value {name}": found[name] for name in text.weights}
    given |= {f"gradient {name}": g for name, g in zip(text.leaves, first, strict=True)}
    given |= {f"second {name}": g for name, g in zip(text.leaves, second, strict=True)}
    return {what: x.detach().numpy(force=True) for what, x in {**given, "forward J": slope}.items()}


def _jax(text: Text, along: list[np.ndarray]) -> Found:
    import jax

    jax.config.update("jax_enable_x64", True)
    names = jax_names()
    xs = [jax.numpy.asarray(x) for x in text.leaves.values()]

    def total(*xs: Any) -> Any:
        found = text.run(names, xs)
        return _total(text, found, jax.numpy.sum), found

    every = tuple(range(len(xs)))
    slopes = jax.grad(total, every, has_aux=True)
    first, second, found = jax.jvp(slopes, xs, along, has_aux=True)
    _, slope, _ = jax.jvp(total, xs, along, has_aux=True)
    return {**{f"value {name}": np.asarray(found[name]) for name in text.weights},
            **_named(text, "gradient", first), **_named(text, "second", second),
            "forward J": np.asarray(slope)}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
