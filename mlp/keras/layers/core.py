"""Layers that learn or are noise: Dense, Dropout, BatchNormalization, and activations."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import prelu, square

from ... import layers
from ...given import function as of_inputs
from .. import activations, constraints, initializers, random, regularizers
from ..named import not_here
from .base import Layer

__all__ = [
    "Activation", "ActivityRegularization", "BatchNormalization", "Dense", "Dropout", "ELU",
    "GaussianDropout", "GaussianNoise", "Identity", "Lambda", "LayerNormalization", "LeakyReLU",
    "PReLU", "ReLU", "Softmax", "UnitNormalization",
]  # fmt: skip


class Dense(Layer, layers.Dense):
    """A layer of neurons, φ(xW + b): `mlp.layers.Dense` with Keras' arguments.

    Examples
    --------
    >>> layer = Dense(2, activation="relu")
    >>> layer(np.ones((4, 3))).shape, layer.kernel.shape, layer.bias.shape
    ((4, 2), (3, 2), (2,))
    """

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, lora_rank: int | None = None, lora_alpha: float | None = None,
        quantization_config: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        not_here("Dense", lora_rank=lora_rank, lora_alpha=lora_alpha,
                 quantization_config=quantization_config)  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        layers.Dense.__init__(
            self, units, activations.get(activation), use_bias=use_bias,
            kernel_initializer=initializers.get(kernel_initializer),
            bias_initializer=initializers.get(bias_initializer),
            kernel_regularizer=regularizers.get(kernel_regularizer),
            bias_regularizer=regularizers.get(bias_regularizer), name=self.name)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        self.W = self.add_weight((input_shape[-1], self.units), self.kernel_initializer,
                                 regularizer=self.kernel_regularizer,
                                 constraint=self.kernel_constraint, name="kernel")  # fmt: skip
        if self.use_bias:
            self.b = self.add_weight((self.units,), self.bias_initializer,
                                     regularizer=self.bias_regularizer,
                                     constraint=self.bias_constraint, name="bias")  # fmt: skip

    kernel = property(lambda self: self.W, doc="W, of shape (inputs, units).")
    bias = property(lambda self: self.b if self.use_bias else None, doc="b, of shape (units,).")
    net_input = layers.Dense.net_input  # a loss computes from it, where it can


class Activation(Layer, layers.Activation):
    """An activation function as a layer: `mlp.layers.Activation` with Keras' names.

    Examples
    --------
    >>> Activation("leaky_relu")(np.array([[-4.0]], "float32"))
    array([[-0.8]], dtype=float32)
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    net_input = layers.Activation.net_input


class _Function(Layer):
    """A layer that is an activation function with settings."""

    def call(self, inputs: Any) -> Any:
        """Apply it."""
        return self.function(inputs)

    def function(self, x: Any) -> Any:
        """Compute it."""
        raise NotImplementedError


class ReLU(_Function):
    """The activation relu, with its settings."""

    def __init__(self, max_value: float | None = None, negative_slope: float = 0.0,
                 threshold: float = 0.0, **kwargs: Any) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def function(self, x: Any) -> Any:
        """Compute it."""
        return activations.relu(x, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(_Function):
    """The activation leaky_relu; here the slope below 0 is 0.3 if not given."""

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
        super().__init__(**kwargs)
        self.negative_slope = negative_slope

    def function(self, x: Any) -> Any:
        """Compute it."""
        return activations.leaky_relu(x, self.negative_slope)


class ELU(_Function):
    """The activation elu."""

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def function(self, x: Any) -> Any:
        """Compute it."""
        return activations.elu(x, self.alpha)


class Softmax(_Function):
    """The activation softmax, along an axis."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        if axis == -1:
            self.activation, self.net_input = activations.get("softmax"), _itself

    def function(self, x: Any) -> Any:
        """Compute it."""
        return activations.softmax(x, self.axis)


def _itself(x: Any, training: bool = False) -> Any:
    return x


class PReLU(Layer):
    """A ReLU whose slope below 0 is learned, for each input; it begins at 0."""

    def __init__(
        self, alpha_initializer: Any = "Zeros", alpha_regularizer: Any = None,
        alpha_constraint: Any = None, shared_axes: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        not_here("PReLU", shared_axes=shared_axes)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)

    def build(self, input_shape: Any) -> None:
        """Make a slope for each input."""
        self.alpha = self.add_weight(input_shape[1:], self.alpha_initializer,
                                     regularizer=self.alpha_regularizer,
                                     constraint=self.alpha_constraint, name="alpha")  # fmt: skip

    def call(self, inputs: Any) -> Any:
        """Compute x where it is above 0, and αx elsewhere."""
        return prelu(inputs, self.alpha)


class Dropout(Layer, layers.Dropout):
    """Inputs set to 0 at random while training: `mlp.layers.Dropout` with Keras' arguments."""

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: random.Seed = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        not_here("Dropout", noise_shape=noise_shape)
        layers.Dropout.__init__(self, rate)
        _seed(self, seed)


class GaussianNoise(Layer, layers.GaussianNoise):
    """Normal noise while training: `mlp.layers.GaussianNoise` with Keras' arguments."""

    def __init__(self, stddev: float, seed: random.Seed = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layers.GaussianNoise.__init__(self, stddev)
        _seed(self, seed)


class GaussianDropout(Layer, layers.GaussianDropout):
    """Factors that are noise: `mlp.layers.GaussianDropout` with Keras' arguments."""

    def __init__(self, rate: float, seed: random.Seed = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layers.GaussianDropout.__init__(self, rate)
        _seed(self, seed)


def _seed(layer: Any, seed: Any) -> None:
    layer.seed = seed
    if seed is not None:
        layer.rng = random.generator(seed)


class LayerNormalization(Layer, layers.LayerNormalization):
    """`mlp.layers.LayerNormalization` with Keras' arguments."""

    def __init__(
        self, axis: int = -1, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones",
        beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
        gamma_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        layers.LayerNormalization.__init__(self, epsilon, center, scale)
        _norm(self, axis, beta_constraint, gamma_constraint)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)

    def build(self, input_shape: Any) -> None:
        """Make γ and β."""
        _make_scale(self, input_shape[-1:])


class BatchNormalization(Layer, layers.BatchNormalization):
    """`mlp.layers.BatchNormalization` with Keras' arguments."""

    def __init__(
        self, axis: int = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True,
        scale: bool = True, beta_initializer: Any = "zeros", gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros", moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
        gamma_constraint: Any = None, renorm: bool = False, renorm_clipping: Any = None,
        renorm_momentum: float = 0.99, synchronized: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        not_here("BatchNormalization", renorm=renorm, renorm_clipping=renorm_clipping,
                 synchronized=synchronized)  # fmt: skip
        layers.BatchNormalization.__init__(self, momentum, epsilon, center, scale)
        _norm(self, axis, beta_constraint, gamma_constraint)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)

    def build(self, input_shape: Any) -> None:
        """Make γ and β, and the running means."""
        shape = input_shape[-1:]
        _make_scale(self, shape)
        self.moving_mean = self.add_weight(shape, self.moving_mean_initializer, trainable=False,
                                           name="moving_mean")  # fmt: skip
        self.moving_variance = self.add_weight(shape, self.moving_variance_initializer,
                                               trainable=False, name="moving_variance")  # fmt: skip


def _norm(layer: Any, axis: Any, beta_constraint: Any, gamma_constraint: Any) -> None:
    layer.beta_constraint = constraints.get(beta_constraint)
    layer.gamma_constraint = constraints.get(gamma_constraint)
    if str(axis) not in ("-1", "[-1]", "(-1,)"):
        not_here(type(layer).__name__, "the last axis is that of the features", axis=axis)
    layer.axis = -1


def _make_scale(layer: Any, shape: Any) -> None:
    for name, wanted in ("gamma", layer.scale), ("beta", layer.center):
        if wanted:
            first, regularizer, constraint = (
                getattr(layer, f"{name}_{kind}")
                for kind in ("initializer", "regularizer", "constraint"))  # fmt: skip
            setattr(layer, name, layer.add_weight(shape, first, regularizer=regularizer,
                                                  constraint=constraint, name=name))  # fmt: skip


class UnitNormalization(Layer):
    """Bring each example to length 1."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        """Compute x / |x|."""
        squares = square(inputs).sum(axis=self.axis, keepdims=True)
        return inputs / np.maximum(squares, 1e-12) ** 0.5


class ActivityRegularization(Layer):
    """Pass a batch on, and add λ₁ Σ |x| + λ₂ Σ x² of it to the loss, by the number of examples."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1, l2), **kwargs)
        self.l1, self.l2 = l1, l2

    def call(self, inputs: Any) -> Any:
        """Give x."""
        return inputs


class Identity(Layer):
    """Pass a batch on as it is."""

    def call(self, inputs: Any) -> Any:
        """Give x."""
        return inputs


class Lambda(Layer):
    """A function of a Tensor as a layer.

    Examples
    --------
    >>> Lambda(lambda x: x * 2)(np.array([[1.5]])).tolist()
    [[3.0]]
    """

    def __init__(
        self, function: Callable[..., Any], output_shape: Any = None, mask: Any = None,
        arguments: dict[str, Any] | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        not_here("Lambda", mask=mask)
        if not (arguments is None or isinstance(arguments, dict)):
            raise TypeError(f"Lambda: arguments is a dict, got {arguments!r:.60}")
        self.function = of_inputs(function, "Lambda: function", "of a Tensor")
        self.arguments = arguments or {}

    def call(self, inputs: Any) -> Any:
        """Apply it."""
        return self.function(inputs, **self.arguments)
