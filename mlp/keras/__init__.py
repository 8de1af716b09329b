"""Keras 3, by its names, arguments and defaults: ``import mlp.keras as keras``.

A layer of names. What computes are the rooms of `mlp`, whose own names keep their own defaults;
``docs/keras.md`` says what is here and what is not.
"""

from . import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    random,
    regularizers,
    saving,
    utils,
)
from .initializers import Initializer
from .layers import Input, Layer, Variable
from .losses import Loss
from .metrics import Metric
from .missing import missing
from .models import Sequential
from .optimizers import Optimizer
from .regularizers import Regularizer

__all__ = [
    "Initializer", "Input", "Layer", "Loss", "Metric", "Optimizer", "Regularizer", "Sequential",
    "Variable", "activations", "backend", "callbacks", "config", "constraints", "datasets",
    "initializers", "layers", "losses", "metrics", "models", "ops", "optimizers", "random",
    "regularizers", "saving", "utils", "version",
]  # fmt: skip

__version__ = "3.0.0+chainrule"


def version() -> str:
    """Give the version of the interface."""
    return __version__


__getattr__ = missing(__name__, __all__)
