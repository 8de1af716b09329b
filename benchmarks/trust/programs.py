"""Random programs here and in other libraries: values, gradients, second derivatives, forward mode.

::

    python -m benchmarks.trust programs 1000 [FIRST SEED]

A program of arrays is run eagerly, in reverse and in forward mode, and in PyTorch and JAX, where
these are installed. One of numbers is run on Values, through `vectorize`, as the straight code that
it writes, and there. What differs is listed: ours from all others; or the others among themselves.
"""

import copy
import gc
import os
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
from autograd.programs import UntraceableError, trace, write_jax, write_step
from autograd.programs.loop_code import write_loops
from mlp import SGD, descend
from mlp.steps.looped import update_of

from .draw import Text, of_arrays, of_numbers, of_rows
from .libraries import OURS, jax_names, torch_names

__all__ = ["compare", "judge", "main"]

Found = dict[str, np.ndarray]  # what was computed -> its numbers
TOLERANCE = {"float64": 1e-8, "float32": 1e-3}
EXAMPLES = 3
RARELY = {"jax": 501, "listing": 701, "loops": 2000}  # they are compiled for each program
LIBRARIES = [name for name in ("torch", "jax") if find_spec(name)]


def main(count: int = 1000, first: int = 0, step: int = 1) -> int:
    """Compare, print what differs, and say whether something was wrong here."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # JAX runs it once
    judge(drawn(1))  # all libraries are there now: what they are made of is no garbage
    gc.freeze()
    start, wrong, unlike, runs = time.perf_counter(), 0, Counter[str](), Counter[str]()
    examples: dict[str, Text] = {}
    for seed in range(first, first + count, step):
        text = drawn(seed)
        rare = [way for way, often in RARELY.items() if seed % often == 0]
        faults, others = judge(text, [x for x in LIBRARIES if x != "jax" or x in rare], runs, rare)
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


def drawn(seed: int) -> Text:
    """Draw the program of a seed: every fourth of numbers, every 2,000th a cost of examples."""
    rng = random.Random(seed)
    if seed % RARELY["loops"] == 0:
        return of_rows(rng)
    if seed % 4 == 0:
        return of_numbers(rng)
    if seed % 8 == 2:
        return of_arrays(rng, dtype="f4" if seed % 16 == 2 else "f8", straight=True)
    return of_arrays(rng, dtype="mixed" if seed % 16 == 1 else "f4" if seed % 4 == 1 else "f8")


def judge(
    text: Text, among: Sequence[str] = LIBRARIES, runs: Counter[str] | None = None,
    ways: Sequence[str] = (),
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Do what `compare` does; where something differs, ask the other libraries, too."""
    faults, others = compare(text, among, runs, ways)
    asked = [*among] == LIBRARIES or not (faults or others)
    return (faults, others) if asked else compare(text, LIBRARIES, None, ways)


def compare(
    text: Text, among: Sequence[str] = (), runs: Counter[str] | None = None,
    rare: Sequence[str] = (),
) -> tuple[list[str], list[str]]:
    """Run a program in all ways; say what is wrong here, and where others differ."""
    rng = np.random.default_rng(len(str(text)))
    along = [rng.normal(size=x.shape).astype(x.dtype) for x in text.leaves.values()]
    ways: list[Callable[..., Found]] = [_forward, *[_step] * text.straight]
    ways += [f for name, f in (("listing", _listing), ("loops", _loops)) if name in rare]
    if text.of_numbers:
        ways += [_values, _program] if len(text.leaves) > 1 else [_values]
    libraries = [f for name, f in (("torch", _torch), ("jax", _jax)) if name in among]
    try:
        here = _reverse(text, along)
    except (TypeError, ValueError, IndexError) as error:
        return [], [f"refused here: {type(error).__name__} {error!s:.60}"]
    least = min(x.dtype.itemsize for x in text.leaves.values())
    kind = "float32" if least < 8 or "half(" in str(text) else "float64"
    faults, others, done, broken, ours = [], [], [_reverse], False, [here]
    for way in ways:
        try:
            found = way(text, along)
        except UntraceableError:
            continue
        except Exception as error:  # whatever it is, reverse mode did without
            faults.append(f"{way.__name__}: {type(error).__name__} {error}")
            broken = True
            continue
        done.append(way)
        ours.append(found)
        faults += [f"{way.__name__}: {what} is {x.tolist()}, and in reverse {here[what].tolist()}"
                   for what, x in found.items() if off(x, here[what], kind)]
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
    if faults and kind == "float32" and _rounding(text, along, here, theirs):
        faults, others = [], [*others, "rounding decides, and not the library"]
    if faults and not broken and len(theirs) > 1 and 10 * _apart(*theirs.values()) > np.max(
            [_apart(x, y) for x in ours for y in theirs.values()]):  # fmt: skip
        faults, others = [], [*others, "the others differ as much from each other"]
    if runs is not None:
        runs.update([*(f.__name__.strip("_") for f in done), *theirs])
    return faults, others


def _rounding(
    text: Text, along: list[np.ndarray], here: Found, theirs: dict[str, Found]
) -> bool:  # fmt: skip
    """Tell whether all are far from the float64 results of a float32 program, and these agree."""
    wide = copy.copy(text)
    wide.leaves = {name: x.astype(float) for name, x in text.leaves.items()}
    if "half(" in str(text) or compare(wide, list(theirs))[0]:
        return False
    exact = _reverse(wide, [x.astype(float) for x in along])

    def error(found: Found) -> float:
        return max(float(np.max(np.abs(found[what] - x), initial=0)) / (
            1 + float(np.max(np.abs(x), initial=0))) for what, x in exact.items())  # fmt: skip

    others = [*theirs.values()] or [_forward(text, along) | here]
    return error(here) < 30 * max(map(error, others))


def _apart(found: Found, other: Found) -> float:
    """Give the largest difference of what both have computed."""
    both = [(x, other[what]) for what, x in found.items() if what in other]
    return float(np.max([np.max(np.abs(x - y), initial=0) / (1 + np.max(np.abs(y), initial=0))
                         if x.shape == y.shape else np.inf for x, y in both]))  # fmt: skip


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


def _traced(text: Text) -> Any:
    """Trace it: the number that is differentiated, and its derivatives by all leaves."""

    def f(**leaves: Any) -> dict[str, Any]:
        return {"J": _total(text, text.run(OURS, leaves.values()), np.sum)}

    return trace(f, text.leaves, [*text.leaves])


def _step(text: Text, along: list[np.ndarray]) -> Found:
    """Run it as straight code of NumPy."""
    slopes = [np.zeros_like(x) for x in text.leaves.values()]
    run, _ = write_step(_traced(text)).compile(*text.leaves.values(), *slopes)
    run()
    return _named(text, "gradient", slopes)


def _listing(text: Text, along: list[np.ndarray]) -> Found:
    """Run it as the code that is written for JAX."""
    import jax

    jax.config.update("jax_enable_x64", True)
    code: dict[str, Any] = {}
    exec(write_jax(_traced(text), "program", "A random program."), code)
    slopes = jax.grad(code["program"], range(len(text.leaves)))(*text.leaves.values())
    return _named(text, "gradient", slopes)


def _loops(text: Text, along: list[np.ndarray]) -> Found:
    """Run it as compiled loops: a step of gradient descent gives the gradient."""
    (name, x), *others = text.leaves.items()
    tensors = [Tensor(w) for _, w in others]
    optimizer = SGD(tensors, 1.0)

    def cost(x: Any) -> Any:
        return text.run(OURS, [x, *tensors])["J"]

    places = np.cumsum([0, *(w.size for _, w in others)]).tolist()
    wrt = dict(zip([n for n, _ in others], places, strict=False))
    traced = trace(lambda **leaves: text.run(OURS, leaves.values()), text.leaves, [*wrt])
    write_loops(traced, [name], wrt, update_of(optimizer))  # or there are none for it
    [_] = descend(cost, optimizer, [[x]], jit_compile=True)
    return {f"gradient {n}": w - t.data for (n, w), t in zip(others, tensors, strict=True)}


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
