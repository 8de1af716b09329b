"""Networks composed of Values: neurons, layers and `MLP`; and perceptrons, which are not."""

from . import neuron, perceptron
from .neuron import *
from .perceptron import *

__all__ = [*neuron.__all__, *perceptron.__all__]
