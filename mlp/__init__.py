"""Neural networks on `autograd`: neurons composed of Values, losses, optimizers, training."""

from . import (
    activations,
    clipping,
    compiled,
    initializers,
    layers,
    losses,
    neuron,
    optimizers,
    perceptron,
    schedules,
    training,
)
from .activations import *
from .clipping import *
from .compiled import *
from .layers import Activation, Dense, Dropout, Input, PReLU, Sequential
from .live import watch
from .losses import *
from .neuron import *
from .optimizers import *
from .perceptron import *
from .training import *

__all__ = [
    *neuron.__all__, *activations.__all__, *losses.__all__, *perceptron.__all__,
    *optimizers.__all__, *clipping.__all__, *compiled.__all__, *training.__all__,
    "Activation", "Dense", "Dropout", "Input", "PReLU", "Sequential", "watch",
    "initializers", "layers", "optimizers", "schedules",
]  # fmt: skip
