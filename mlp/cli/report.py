"""How good a network is on a part of a data set: figures, a report as text, pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Dataset
from ..data.columns import Number

__all__ = ["Assessment"]


class Assessment:
    """What a network gives for examples, beside what is true: `figures`, and a report as `text`."""

    def __init__(self, model: Any, part: Dataset) -> None:
        from sklearn import metrics

        self.model, self.part = model, part
        self.outputs = model.predict(part.x, verbose=0)
        self.classes = len(part.encoder.target_names)
        n = len(part)
        if self.classes:
            self.true, self.predicted = part.y, self.outputs.argmax(axis=1)
            right = int((self.true == self.predicted).sum())
            self.figures = {"accuracy": right / n}
            report = metrics.classification_report(
                self.true, self.predicted, labels=range(self.classes),
                target_names=part.encoder.target_names, zero_division=0)  # fmt: skip
            self.text = f"{report.rstrip()}\n\n{right:,} of {n:,} right: {right / n:.1%}"
        else:
            self.true, self.predicted = map(part.encoder.decode, (part.y, self.outputs))
            pair = self.true, self.predicted
            self.figures = {"MAE": float(metrics.mean_absolute_error(*pair)),
                            "RMSE": float(metrics.root_mean_squared_error(*pair))}  # fmt: skip
            if n > 1 and np.ptp(self.true) > 0:
                self.figures = {"R²": float(metrics.r2_score(*pair)), **self.figures}
            self.text = "\n".join(f"{k:>12}{x:10.4g}" for k, x in self.figures.items())

    def pictures(self, history: Any) -> Iterator[tuple[str, Any]]:
        """Draw what helps to understand it; give names and figures."""
        from .. import plots

        part, names = self.part, self.part.encoder.target_names
        yield "learning-curves", plots.learning_curves(history)
        if not self.classes:
            yield "predictions", plots.predictions(self.true, self.predicted).figure
            return
        yield "confusion-matrix", plots.confusion_matrix(
            self.true, self.predicted, target_names=names).figure
        if part.image_shape:
            yield "errors", plots.errors(part.x, self.true, self.outputs, target_names=names,
                                         shape=part.image_shape).figure  # fmt: skip
            yield "weights", plots.weights(self.model, shape=part.image_shape).figure
        elif part.x.shape[1] == 2 and all(isinstance(c, Number) for c in part.encoder.columns):
            mean, scale = np.array([(c.mean, c.scale) for c in part.encoder.columns]
                                   or [(0.0, 1.0)]).T  # fmt: skip
            yield "decision-boundary", plots.decision_boundary(
                lambda x: self.model.predict((x - mean) / scale, verbose=0), part.x * scale + mean,
                self.true, target_names=names, feature_names=part.feature_names).figure

    def save_pictures(self, folder: Path, history: Any) -> list[str]:
        """Write the pictures; give the names of the files."""
        names = []
        for name, figure in self.pictures(history):
            names.append(f"{name}.png")
            figure.savefig(folder / names[-1], dpi=160)
        return names
