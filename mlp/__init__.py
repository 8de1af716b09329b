"""Neural networks on `autograd`: neurons composed of Values, losses, optimizers, training."""

from typing import Any

from . import (
    activations,
    callbacks,
    clipping,
    compiled,
    initializers,
    layers,
    loss_functions,
    losses,
    metrics,
    neuron,
    optimizers,
    perceptron,
    regularizers,
    schedules,
    training,
)
from .activations import *
from .clipping import *
from .compiled import *
from .layers import (
    Activation,
    Dense,
    Dropout,
    Flatten,
    Input,
    Normalization,
    PReLU,
    Rescaling,
)
from .live import watch
from .loss_functions import *
from .neuron import *
from .optimizers import *
from .perceptron import *
from .saving import load_model
from .sequential import Sequential
from .training import *

__all__ = [
    *neuron.__all__, *activations.__all__, *loss_functions.__all__, *perceptron.__all__,
    *optimizers.__all__, *clipping.__all__, *compiled.__all__, *training.__all__,
    "Activation", "Dense", "Dropout", "Flatten", "Input", "Normalization", "PReLU", "Rescaling",
    "Sequential", "load_model", "watch", "callbacks", "initializers", "layers", "losses", "metrics",
    "optimizers", "regularizers", "schedules",
    "MLPClassifier", "MLPRegressor",  # noqa: F405
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in ("MLPClassifier", "MLPRegressor"):  # loaded when first used: scikit-learn is large
        from . import estimators

        return getattr(estimators, name)
    raise AttributeError(f"module 'mlp' has no attribute {name!r}")
