"""``MLP.fit``: a network of Values learns as a program on matrices."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from tqdm import tqdm

from autograd import Value, values, vectorize

from ..arrays import as_array, check_finite
from ..data import batches
from ..given import floating, generator, whole
from ..lookup import lookup
from ..losses import functions as loss_functions
from ..optimizers import Optimizer
from ..optimizers import optimizer as find_optimizer
from ..steps import Costs

__all__ = ["fit"]

LOSSES = {name: getattr(loss_functions, name) for name in (
    "squared_error", "half_squared_error", "binary_cross_entropy", "sigmoid_cross_entropy",
    "cross_entropy", "softmax_cross_entropy", "hinge")}  # fmt: skip


def fit(
    model: Any, x: Any, y: Any, loss: str | Callable[..., Any] | None, optimizer: Any,
    learning_rate: Any, epochs: int, batch_size: int, seed: int | None, dtype: str, verbose: bool,
    jit_compile: Any,
) -> list[float]:  # fmt: skip
    """See `MLP.fit`."""
    epochs = whole(epochs, "fit: epochs", 0)
    batch_size = whole(batch_size, "fit: batch_size")
    dtype = floating(dtype, "fit: dtype").name
    rng = generator(seed, "fit: seed")
    inputs = len(model.layers[0].neurons[0].w)
    outputs = len(model.layers[-1].neurons)
    x, y = as_array(x, "fit: x"), as_array(y, "fit: y")
    if x.dtype.kind not in "biuf" or x.ndim < 1 or len(x) == 0:
        raise ValueError(f"fit: x is an array of numbers, (examples, {inputs}), got {x.dtype} of "
                         f"shape {x.shape}")  # fmt: skip
    x = x.reshape(len(x), -1)
    if x.shape[1] != inputs:
        raise ValueError(f"fit: the network takes {inputs} numbers an example, but x has "
                         f"{x.shape[1]}")  # fmt: skip
    if y.dtype.kind not in "biuf" or y.shape[:1] != x.shape[:1]:
        raise ValueError(f"fit: {len(x)} examples, but y is {y.dtype} of shape {y.shape}: give a "
                         "number or a row for each")  # fmt: skip
    for name, numbers in ("x", x), ("y", y):
        check_finite(numbers, f"fit: {name}", dtype)
    y, default = targets(y, outputs, softmax=model.layers[-1].softmax,
                         sigmoid=_name(model.layers[-1].neurons[0].activation) == "sigmoid")
    loss = default if loss is None else loss
    of_example = lookup("loss", loss, LOSSES)
    if isinstance(loss, str):
        of_example(np.full(y.shape, 1 / outputs), y)  # targets that it cannot take raise here
    x = x if x.dtype == np.uint8 else x.astype(dtype, copy=False)
    y = y.astype(dtype, copy=False)

    example = values([0.5] * inputs, "x")
    target: Any = values([1.0] * outputs, "t") if outputs > 1 else Value(1.0, "t")
    cost = of_example(model(example), target)
    if not isinstance(cost, Value):
        raise TypeError(f"fit: loss gives a Value for one example, got {cost!r:.60}: compute it "
                        "from the outputs")  # fmt: skip
    cost.label = "loss"
    program = vectorize(cost, [example, target], model.parameters(), dtype=dtype)
    rate = {} if learning_rate is None else {"learning_rate": learning_rate}
    steps = find_optimizer(optimizer)(program.parameters, **rate)
    if not isinstance(steps, Optimizer):
        raise TypeError("fit: optimizer is a name of mlp.OPTIMIZERS, or makes an optimizer of "
                        f"parameters, got {optimizer!r:.60}")  # fmt: skip
    costs = Costs(program.mean, steps, jit_compile)
    batch_size = min(batch_size, len(x))
    batches(x, y, batch_size)  # whether they fit

    history = []
    bar = tqdm(range(epochs), unit="epoch", file=sys.stdout, disable=not verbose)
    try:
        for _ in bar:
            total = 0.0
            for J, n in costs.steps(batches(x, y, batch_size, rng)):
                total += J * n
            history.append(total / len(x))
            bar.set_postfix(loss=f"{history[-1]:.4f}")
    finally:  # also when it is stopped by hand
        program.store()
    return history


def targets(y: np.ndarray, outputs: int, *, softmax: bool, sigmoid: bool) -> tuple[Any, str]:
    """Give a number for every output of every example, and the loss that suits them."""
    whole = y.dtype.kind in "biu"
    labels = whole and (y.ndim == 1 or y.shape[1:] == (1,))
    if outputs > 1 and labels:
        y = y.ravel()
        if y.min() < 0 or y.max() >= outputs:
            raise ValueError(f"fit: labels from 0 to {outputs - 1} for {outputs} outputs, got "
                             f"{y.min()} to {y.max()}")  # fmt: skip
        hot = np.zeros((len(y), outputs), np.float32)
        hot[np.arange(len(y)), y.astype(int)] = 1
        return hot, "cross_entropy" if softmax else "softmax_cross_entropy"
    if y.shape not in ((len(y), outputs), (len(y),)[: outputs == 1]):
        raise ValueError(f"fit: {outputs} outputs, but y has shape {y.shape}: give "
                         f"{'a number' if outputs == 1 else 'a label or a row'} for each example")
    if outputs == 1:
        y = y.ravel()
    binary = outputs == 1 and labels and ((y == 0) | (y == 1)).all()
    if softmax:
        return y, "cross_entropy"
    if binary:
        return y, "binary_cross_entropy" if sigmoid else "sigmoid_cross_entropy"
    return y, "squared_error"


def _name(activation: Any) -> str:
    return getattr(activation, "__name__", "")
