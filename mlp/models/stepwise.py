"""A batch at a time: `train_on_batch`, `test_on_batch` and `predict_on_batch`, as in Keras."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Tensor, no_grad

from ..steps import walk
from .loops import Averages

__all__ = ["Stepwise"]


class Stepwise:
    """Steps of a training in a loop of one's own."""

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """Take one step, by one batch.

        Parameters
        ----------
        x, y, sample_weight, class_weight
            As of `fit`.
        return_dict : bool, optional
            Whether to give the numbers by name.

        Returns
        -------
        float, list of float or dict
            The loss before the step; or the loss and the metrics, of this batch.
        """
        return self._batch("train_on_batch", True, x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Compute loss and metrics of one batch, and change nothing; else as `train_on_batch`."""
        return self._batch("test_on_batch", False, x, y, sample_weight, None, return_dict)

    def predict_on_batch(self: Any, x: Any) -> np.ndarray:
        """Compute the outputs of one batch."""
        x = self._inputs("predict_on_batch", np.asarray(x), self.shape)
        with no_grad():
            y = self(x.astype(self.dtype, copy=False))
        return np.array(y.data if isinstance(y, Tensor) else y)

    def _batch(
        self: Any, name: str, training: bool, x: Any, y: Any, sample_weight: Any,
        class_weight: Any, return_dict: bool,
    ) -> Any:  # fmt: skip
        self._check_compiled(name)
        data = self._data(name, x, y, sample_weight, class_weight)
        self._metric_list = data.metrics
        if self.shape is None:
            self.make(data.shape)
        averages = Averages()
        cost = self._cost(data, averages, training=training)
        batches = data.batches(len(data), self.dtype)
        if training:
            for _ in walk(cost, self._prepare_optimizer(), batches):
                pass
        else:
            with no_grad():
                for batch in batches:
                    cost(*batch)
        logs = averages.logs()
        if return_dict:
            return logs
        return [logs[k] for k in self.metrics_names] if data.metrics else logs["loss"]
