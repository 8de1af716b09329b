"""Neural networks on `autograd`: neurons composed of Values, losses, training."""

from . import activations, losses, neuron, perceptron, training
from .activations import *
from .losses import *
from .neuron import *
from .perceptron import *
from .training import *

__all__ = [
    *neuron.__all__, *activations.__all__, *losses.__all__, *perceptron.__all__,
    *training.__all__,
]  # fmt: skip
