"""What `fit` and `evaluate` are given is checked, once: inputs, targets, weights, metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import softmax

from ..arrays import as_array, check_finite
from ..given import whole
from ..losses import BinaryCrossentropy, Loss
from ..metrics import BinaryAccuracy, Metric
from ..metrics import metric as find_metric
from .given import Data, Part, Stream, class_weights, gives_batches

__all__ = ["Checked"]


class Checked:
    """Takes data for a network, or says what is wrong with them."""

    shape: tuple[int, ...] | None
    dtype: np.dtype
    layers: list[Any]
    loss: Loss | None
    _metrics: Sequence[Any]

    def _check_softmax(self, name: str, shape: tuple[int, ...]) -> None:
        for layer in self.layers:
            shape = layer.output_shape(shape)
            if shape[-1:] == (1,) and layer.activation is softmax:
                raise ValueError(f"{name}: {layer.name} is a softmax of one output, always 1: take "
                                 "'sigmoid', or an output for each class")  # fmt: skip

    def _inputs(self, name: str, x: Any, shape: tuple[int, ...] | None) -> np.ndarray:
        x = as_array(x, f"{name}: x")
        if x.dtype.kind not in "biuf":
            raise TypeError(f"{name}: x must be numbers, got {x.dtype}")
        if not x.ndim or not len(x):
            raise ValueError(f"{name}: no examples: x has shape {x.shape}")
        if x.ndim == 1 and shape in (None, (1,)):
            x = x[:, None]
        if shape is not None and x.shape[1:] != shape:
            one = ": of one example, make a batch: x[None]" if x.shape == shape else ""
            raise ValueError(f"{name}: examples of shape {shape} wanted, got x of shape "
                             f"{x.shape}{one}")  # fmt: skip
        check_finite(x, f"{name}: x", self.dtype)
        return x

    def _outputs(self, x: np.ndarray) -> tuple[int, ...]:
        """Give the shape of the outputs for inputs."""
        return len(x), *self.output_shape(x.shape[1:])  # type: ignore[attr-defined]

    def _data(
        self, name: str, x: Any, y: Any, sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None, shape: tuple[int, ...] | None = None,
    ) -> Data:  # fmt: skip
        """Check all that a training or an evaluation looks at, once."""
        x = self._inputs(name, x, shape or self.shape)
        if y is None:
            raise TypeError(f"{name}: y is missing: give a target for each example")
        y = as_array(y, f"{name}: y")
        if not y.ndim or len(y) != len(x):
            raise ValueError(f"{name}: a target for each example wanted: x has shape {x.shape}, y "
                             f"{y.shape}")  # fmt: skip
        check_finite(y, f"{name}: y", self.dtype)
        loss = self.loss
        assert loss is not None
        self._check_softmax(name, x.shape[1:])
        shape = self._outputs(x)
        metrics = [self._metric(choice, y, shape) for choice in self._metrics]
        arrays = [x, *(m.prepare(y, shape, self.dtype) for m in (loss, *metrics))]
        weights = None
        if class_weight is not None:
            weights = class_weights(class_weight, y, shape, loss)
        elif sample_weight is not None:
            weights = as_array(sample_weight, f"{name}: sample_weight")
            if weights.shape not in (x.shape[:1], (len(x), 1)) or weights.dtype.kind not in "biuf":
                raise ValueError(f"{name}: sample_weight is a number for each of the {len(x)} "
                                 f"examples, got shape {weights.shape}")  # fmt: skip
            weights = weights.ravel()
        if weights is not None:
            check_finite(weights, f"{name}: weights", self.dtype)
            arrays.append(weights.astype(self.dtype, copy=False))
        return Data(arrays, metrics, weights is not None)

    def _source(
        self, name: str, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None,
        *, size: int, steps: int | None = None, shape: tuple[int, ...] | None = None,
    ) -> Any:  # fmt: skip
        """Take arrays, or what gives batches, for so many steps if that is said."""
        def check(x: Any, y: Any = None, weights: Any = None) -> Data:
            return self._data(name, x, y, weights, class_weight, shape)

        if steps is not None:
            steps = whole(steps, f"{name}: steps{'_per_epoch' * (name == 'fit')}")
        if gives_batches(x):
            if y is not None or sample_weight is not None:
                raise TypeError(f"{name}: x is a {type(x).__name__}, which gives batches, (x, y) "
                                "or (x, y, sample_weight): leave y and sample_weight out, or "
                                "write the loop with mlp.descend")  # fmt: skip
            return Stream(name, x, check, steps)
        data = check(x, y, sample_weight)
        return data if steps is None else Part(**vars(data), limit=steps)

    def _metric(self, choice: Any, y: np.ndarray, shape: tuple[int, ...]) -> Metric:
        """Find a metric; an accuracy by name is of logits where the loss is: σ(0) is ½."""
        found = find_metric(choice, y, shape)
        logits = isinstance(self.loss, BinaryCrossentropy) and self.loss.from_logits
        if logits and isinstance(choice, str) and isinstance(found, BinaryAccuracy):
            found.threshold = 0.0
        return found
