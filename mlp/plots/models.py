"""What plots ask of a model, whatever kind it is."""

from typing import Any

import numpy as np

from autograd import Value, no_grad

from ..arrays import as_array
from ..given import function
from ..layers import Dense, Layer
from ..models import Sequential
from ..scalar import MLP, Module

__all__ = ["matrices", "outputs"]


def outputs(model: Any, x: np.ndarray) -> np.ndarray:
    """Compute what a model gives for each example: (examples,), or (examples, outputs).

    A model is anything with ``predict_proba`` or ``predict``, or a function of a batch; a network
    of neurons, which takes one example, is called for each.
    """
    model = _with_matrices(model)
    with no_grad():
        if isinstance(model, Layer):  # not by predict, which may show its progress
            y = model(x)
        elif isinstance(model, Module):
            y = [model(example) for example in x.tolist()]
        elif hasattr(model, "predict_proba"):
            y = model.predict_proba(x)
        else:
            f = model.predict if hasattr(model, "predict") else function(
                model, "a model", "of a batch, or has predict")  # fmt: skip
            y = f(x)
    if isinstance(y, (list, tuple)):
        y = [[z.data if isinstance(z, Value) else z for z in row] if isinstance(row, list)
             else row.data if isinstance(row, Value) else row for row in y]  # fmt: skip
    y = as_array(y, "the outputs")
    if y.ndim == 0 or len(y) != len(x) or y.ndim > 2:
        raise ValueError(f"a model is to give one output, or a row of them, for each of {len(x)} "
                         f"examples; it gave an array of shape {y.shape}")  # fmt: skip
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def _with_matrices(model: Any) -> Any:
    """Write a network of neurons with matrices, which are quick; leave any other model."""
    return Sequential.from_neurons(model) if isinstance(model, MLP) else model


def matrices(model: Any) -> list[tuple[np.ndarray, np.ndarray | None, str]]:
    """List the weights (inputs, outputs), biases and activation of each layer of neurons.

    Raises
    ------
    ValueError
        If there is no such layer yet.
    """
    model = _with_matrices(model)
    if hasattr(model, "coefs_"):  # scikit-learn's
        last = len(model.coefs_) - 1
        phi = [getattr(model, "out_activation_" if i == last else "activation", "")
               for i in range(last + 1)]  # fmt: skip
        return list(zip(model.coefs_, model.intercepts_, phi, strict=True))
    found = [
        (layer.W.data, layer.b.data if layer.use_bias else None,
         getattr(layer.activation, "__name__", ""))
        for layer in getattr(model, "layers", [model]) if isinstance(layer, Dense)
        and hasattr(layer, "W")
    ]  # fmt: skip
    if not found:
        raise ValueError(f"a model is wanted that has weights, but {type(model).__name__} has no "
                         "Dense layer that is built")  # fmt: skip
    return found
