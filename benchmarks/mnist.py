"""One training step of the MNIST-sized network, beside its matrix products and its peers."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import softmax_cross_entropy
from mlp.data import batches, mnist
from mlp.layers import Dense, Rescaling
from mlp.models.sequential import Sequential
from mlp.optimizers import Adam

from .timing import apart, repeated, seconds, table

__all__ = ["main"]

WHERE = """## Where the time of an MNIST step goes

Part by part, where a step took 0.30 ms and by hand 0.26: gathering a batch of bytes and scaling it
0.03 ms (by hand 0.03), forward with the loss 0.11 (0.10), backward 0.11 (0.08), Adam 0.06 (0.05).
What the engine adds is calls between the products, 440 for 6 nodes and 11 edges: over layers of two
neurons a step takes 0.07 ms (by hand 0.03), so that nearly all it adds is there, whatever the size.
Of Adam, a third is the square root, which NumPy's own loops take with the oldest vector
instructions. And both cores read the batch and the weights: to write those anew takes 0.02 ms more
than with one thread for the products, or 0.06 where the cores are far apart, which a virtual
machine does not tell; all rows but the floor are then slower by as much.
(Measured once, in line; Adam's part holds the check for NaN.)
"""
FLOOR, OURS = "the matrix products alone: the floor", "chainrule, fit, NumPy alone"
EARLIER = os.environ.get("BENCH_EARLIER", "")  # a checkout of an earlier build, to compare with
STEPS, EXAMPLES = 200, 25_600  # a time is the mean over so many, whichever is less


def images() -> tuple[np.ndarray, np.ndarray]:
    """Give MNIST from the folder MLP_DATA; or random bytes, with which steps are some µs slower.

    Units die on those, and Adam's moments become denormal numbers.
    """
    if os.environ.get("MLP_DATA"):
        data = mnist()
        return data.x_train.reshape(-1, 784), data.y_train
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (60_000, 784), np.uint8), rng.integers(0, 10, 60_000, np.uint8)


def steps_of(batch: int) -> int:
    """Say how many steps are timed at once: fewer of large batches."""
    return min(STEPS, EXAMPLES // batch)


def floor(sizes: list[int], batch: int, *_: np.ndarray) -> Callable[[], None]:
    """Do the matrix products of a step alone, into arrays that are there: no step can be faster."""
    rng = np.random.default_rng(0)

    def array(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    pairs = list(pairwise(sizes))
    inputs = [array(batch, n) for n in sizes]
    weights = [array(n, m) for n, m in pairs]
    results = [array(batch, m) for _, m in pairs]
    slopes = [array(n, m) for n, m in pairs]

    def step() -> None:
        for k in range(len(pairs)):
            np.matmul(inputs[k], weights[k], out=results[k])
        for k in reversed(range(len(pairs))):
            np.matmul(inputs[k].T, inputs[k + 1], out=slopes[k])
            if k:
                np.matmul(inputs[k + 1], weights[k].T, out=results[k - 1])

    return step


def endless(x: np.ndarray, y: np.ndarray, batch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give mini-batches, epoch after epoch."""
    rng = np.random.default_rng(0)
    while True:
        yield from batches(x, y, batch, rng, drop_last=True)


def chainrule(sizes: list[int], batch: int, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Through the ordinary layers and `backward`."""
    layers = [Dense(n, "relu") for n in sizes[1:-1]]
    model = Sequential([*layers, Dense(sizes[-1])], seed=0).build(sizes[0])
    optimizer = Adam(model.parameters())
    data = endless(x, y, batch)

    def step() -> None:
        images, labels = next(data)
        loss = softmax_cross_entropy(model(images, training=True), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def earlier(sizes: list[int], batch: int, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Do the same with an earlier build, whose packages take the place of these."""
    for name in [n for n in sys.modules if n.partition(".")[0] in ("autograd", "mlp")]:
        del sys.modules[name]
    sys.path.insert(0, EARLIER)
    for name in ("softmax_cross_entropy", "batches", "Dense", "Sequential", "Adam"):
        module = import_module("autograd" if name[0] == "s" else "mlp.data" if name == "batches"
                               else "mlp")  # fmt: skip
        globals()[name] = getattr(module, name)
    return chainrule(sizes, batch, x, y)


def fitted(
    sizes: list[int], batch: int, x: np.ndarray, y: np.ndarray, jit_compile: Any
) -> Callable[[], None]:
    """Do all steps by `fit`: as straight code, or as compiled loops."""
    layers = [Rescaling(1 / 255), *(Dense(n, "relu") for n in sizes[1:-1])]
    model = Sequential([*layers, Dense(sizes[-1], "softmax")], seed=0)
    model.build(sizes[0])
    model.compile(Adam(model.parameters()), "sparse_categorical_crossentropy",
                  jit_compile=jit_compile)  # fmt: skip
    n = steps_of(batch) * batch
    return lambda: model.fit(x[:n], y[:n], batch, verbose=0)


def by_hand(sizes: list[int], batch: int, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Write the step out with NumPy, everything in place: what an engine is measured by."""
    rng = np.random.default_rng(0)
    shapes = [shape for n, m in pairwise(sizes) for shape in ((n, m), (m,))]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    w, g, M, V, scratch = np.zeros((5, ends[-1]), np.float32)

    def views(flat: np.ndarray) -> list[np.ndarray]:
        parts = np.split(flat, ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    parameters, slopes = views(w), views(g)
    for W in parameters[::2]:
        W[...] = rng.normal(size=W.shape) / len(W) ** 0.5
    outputs = [np.empty((batch, n), np.float32) for n in sizes[1:]]
    ones, rows, data, t = np.ones(batch, np.float32), np.arange(batch), endless(x, y, batch), 0

    def step() -> None:
        nonlocal t
        images, labels = next(data)
        h, last, inputs = images, len(outputs) - 1, [images, *outputs]
        for k, z in enumerate(outputs):
            np.matmul(h, parameters[2 * k], out=z)
            z += parameters[2 * k + 1]
            h = z if k == last else np.maximum(z, 0, out=z)
        h -= h.max(axis=1, keepdims=True)
        picked = h[rows, labels]
        np.exp(h, out=h)
        total = h.sum(axis=1, keepdims=True)
        (np.log(total).sum() - picked.sum()) / batch  # the loss
        h /= total
        h[rows, labels] -= 1
        h /= batch
        for k in reversed(range(len(outputs))):
            np.matmul(inputs[k].T, h, out=slopes[2 * k])
            np.matmul(ones, h, out=slopes[2 * k + 1])
            if k:
                h = h @ parameters[2 * k].T
                h *= outputs[k - 1] > 0
        t += 1
        np.multiply(M, 0.9, out=M)
        np.add(M, g, out=M)
        np.multiply(V, 0.999, out=V)
        np.multiply(g, g, out=scratch)
        np.add(V, scratch, out=V)
        a = ((1 - 0.999) / (1 - 0.999**t)) ** 0.5
        np.sqrt(V, out=scratch)
        np.add(scratch, 1e-8 / a, out=scratch)
        np.divide(M, scratch, out=scratch)
        np.multiply(scratch, 1e-3 * 0.1 / (1 - 0.9**t) / a, out=scratch)
        np.subtract(w, scratch, out=w)

    return step


def pytorch(
    sizes: list[int], batch: int, x: np.ndarray, y: np.ndarray, **how: bool
) -> Callable[[], None]:
    """Eager, with the batch gathered by PyTorch from floats."""
    import torch

    torch.manual_seed(0)
    layers: list[Any] = []
    for n, m in pairwise(sizes):
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), **how)
    xs, ys = torch.from_numpy(x).float() / 255, torch.from_numpy(y).long()
    state = {"order": torch.randperm(len(xs)), "at": 0}

    def step() -> None:
        if state["at"] + batch > len(xs):
            state.update(order=torch.randperm(len(xs)), at=0)
        rows = state["order"][state["at"] : state["at"] + batch]
        state["at"] += batch
        loss = torch.nn.functional.cross_entropy(model(xs[rows]), ys[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def jax_program(sizes: list[int]) -> tuple[Any, Any]:
    """Write the step as JAX does: a pure function of parameters, moments and a batch."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    parameters = [
        (rng.normal(size=(n, m)).astype(np.float32) / np.float32(n**0.5), np.zeros(m, np.float32))
        for n, m in pairwise(sizes)
    ]

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        *hidden, (w, b) = parameters
        for u, c in hidden:
            x = jax.nn.relu(x @ u + c)
        log_p = jax.nn.log_softmax(x @ w + b)
        return -jnp.take_along_axis(log_p, y[:, None], 1).mean()

    def step(state: Any, x: Any, y: Any) -> Any:
        p, m, v, t = state
        g, t = jax.grad(loss)(p, x, y), t + 1
        tree = jax.tree_util.tree_map
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        a, b = 1 - 0.9**t, 1 - 0.999**t
        p = tree(lambda p, m, v: p - 1e-3 * (m / a) / (jnp.sqrt(v / b) + 1e-8), p, m, v)
        return p, m, v, t

    zeros = jax.tree_util.tree_map(np.zeros_like, parameters)
    return step, (parameters, zeros, zeros, np.float32(0))


def jax_step(sizes: list[int], batch: int, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Jitted, with donated buffers and a batch from the host."""
    import jax

    step, state = jax_program(sizes)
    compiled = jax.jit(step, donate_argnums=0)
    data = endless(x, y.astype(np.int32), batch)
    now = [compiled(state, *next(data))]

    def one() -> None:
        now[0] = jax.block_until_ready(compiled(now[0], *next(data)))

    return one


def jax_epoch(sizes: list[int], batch: int, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Do all steps in one jitted ``lax.scan``, the data on the device."""
    import jax

    step, state = jax_program(sizes)
    images = jax.device_put(x.astype(np.float32) / 255)
    labels = jax.device_put(y.astype(np.int32))

    @jax.jit
    def scan(state: Any, images: Any, labels: Any, order: Any) -> Any:
        return jax.lax.scan(lambda s, i: (step(s, images[i], labels[i]), None), state, order)[0]

    rng, now, steps = np.random.default_rng(0), [state], steps_of(batch)

    def epoch() -> None:
        order = rng.permutation(len(x))[: steps * batch].reshape(steps, batch)
        now[0] = jax.block_until_ready(scan(now[0], images, labels, order))

    return epoch


def sklearn(sizes: list[int], batch: int, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """Do all steps by MLPClassifier's `fit`."""
    from sklearn.neural_network import MLPClassifier

    n = steps_of(batch) * batch
    xs, ys = x[:n].astype(np.float32) / 255, y[:n]
    model = MLPClassifier(sizes[1:-1], batch_size=batch, max_iter=1, warm_start=True)

    def fit() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that one epoch is too few
            model.fit(xs, ys)

    return fit


def contender(
    make: Callable[..., Callable[[], None]], sizes: list[int], batch: int, **how: Any
) -> Callable[[], None]:
    """Make a call that does some steps on MNIST."""
    call = make(sizes, batch, *images(), **how)
    return call if make in (jax_epoch, sklearn, fitted) else repeated(call, steps_of(batch))


CONTENDERS: dict[str, tuple[Callable[..., Callable[[], None]], dict[str, Any]]] = {
    FLOOR: (floor, {}),
    OURS: (fitted, {"jit_compile": "auto"}),
    "chainrule, fit, compiled loops": (fitted, {"jit_compile": True}),
    "chainrule, a loop by hand over the engine": (chainrule, {}),
    **({"the same by an earlier build": (earlier, {})} if EARLIER else {}),
    "NumPy by hand, without an engine": (by_hand, {}),
    "JAX, a scan over the data on the device": (jax_epoch, {}),
    "JAX, a jitted step": (jax_step, {}),
    "PyTorch, eager, fused Adam": (pytorch, {"fused": True}),
    "PyTorch, eager, foreach Adam": (pytorch, {"foreach": True}),
    "scikit-learn, MLPClassifier.fit": (sklearn, {}),
}


def step_table(sizes: list[int], batch: int, repeats: int) -> str:
    """Compare one step of a network."""
    times = apart(
        {name: partial(contender, make, sizes, batch, **how)
         for name, (make, how) in CONTENDERS.items()}, repeats)  # fmt: skip
    steps, least, ours = steps_of(batch), times[FLOOR], times[OURS]
    rows = [[name, seconds(t / steps), f"{t / least:.2f}", f"{t / ours:.2f}"]
            for name, t in times.items()]  # fmt: skip
    return table(["", "a step", "× the floor", "× chainrule"], rows)


def main() -> str:
    """Measure all."""
    parts = []
    for title, sizes, batch, repeats in (
        ("One MNIST step: 784-64-32-10, batch 128, Adam", [784, 64, 32, 10], 128, 15),
        ("Small batches: 784-64-32-10, batch 1", [784, 64, 32, 10], 1, 9),
        ("Small batches: 784-64-32-10, batch 8", [784, 64, 32, 10], 8, 9),
        ("Small batches: 784-64-32-10, batch 32", [784, 64, 32, 10], 32, 9),
        ("Wide layers: 784-512-512-10, batch 512", [784, 512, 512, 10], 512, 5),
    ):
        parts.append(f"## {title}\n\n{step_table(sizes, batch, repeats)}")
    return "\n".join([*parts, WHERE])
