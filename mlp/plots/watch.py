"""Training to watch: what a network has learned so far, redrawn in place as it learns."""

import math
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .. import plots
from ..arrays import as_array
from ..callbacks import History, Logs
from ..callbacks.base import written
from ..callbacks.progress import in_notebook
from .models import matrices
from .style import figure, png

__all__ = ["watch"]

_MOST_NEURONS = 40  # of a layer of a network that is drawn, too


class watch(History):  # noqa: N801  (read as a verb: for loss in watch(…))
    """Draw the decision boundary, the loss and the network every few epochs, in place.

    In a notebook, of Jupyter or marimo, one picture is redrawn as training goes on, and the last
    one stays in the saved file: an image, which needs no script and no widget. Interrupt the
    kernel to stop: training ends as it is, with its picture, and without a traceback. In marimo
    let the cell end without a value, ``history = model.fit(…)``, which would take the picture's
    place. Elsewhere nothing is shown; with `file` the picture is also written to a file.

    It is made for both ways of training: ``for loss in watch(…, losses)`` goes through the losses
    of a loop, and ``fit(…, callbacks=[watch(…)])`` is told of each epoch.

    Parameters
    ----------
    model : model
        A network of Values or Tensors, or anything that `mlp.plots.decision_boundary` takes.
    x, y : array_like
        Examples, of shape (examples, features), and their targets. The boundary is drawn for two
        features, and the curve for one; of others, the loss and the network alone.
    losses : iterable of float, optional
        The losses of a loop that trains the model, such as `gradient_descent` gives.
    every : int, optional
        After how many epochs, or losses, to draw anew.
    file : path_like, optional
        Where to write each picture (.png, .svg or .pdf).
    target_names : sequence of str, optional
        What the classes are called.

    Attributes
    ----------
    history, epoch, at
        The losses and metrics so far, as a `History` has them.
    interrupted : bool
        Whether training was interrupted.

    Raises
    ------
    ValueError
        If there is not a target for each example, or `every` is no whole number from 1.

    Examples
    --------
    >>> from mlp import MLP, data, gradient_descent, mean, sigmoid_cross_entropy
    >>> x, y = data.xor()
    >>> net = MLP(2, [4, 1], "tanh", seed=1)
    >>> def cost():
    ...     return mean([sigmoid_cross_entropy(net(xi), yi) for xi, yi in zip(x.tolist(), y)])
    >>> for loss in watch(net, x, y, gradient_descent(cost, net.parameters(), steps=20)):
    ...     pass
    >>> loss < 0.7
    True
    """

    def __init__(
        self, model: Any, x: Any, y: Any, losses: Iterable[float] | None = None, *, every: int = 5,
        file: str | Path | None = None, target_names: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        self.x, self.y = as_array(x, "watch: x", float), as_array(y, "watch: y")
        if self.x.ndim != 2 or self.y.shape[:1] != self.x.shape[:1] or not len(self.x):
            raise ValueError("watch: x of shape (examples, features) and y, a target each, got "
                             f"{self.x.shape} and {self.y.shape}")  # fmt: skip
        if not isinstance(every, int) or every < 1:
            raise ValueError(f"watch: every is a whole number from 1, got {every!r:.60}")
        self.model, self.losses, self.every = model, losses, every
        self.file = None if file is None else Path(file)
        self.target_names = target_names
        self.interrupted = False
        self._drawn = 0  # epochs when it was last drawn
        self._display: Any = None

    @property
    def epochs(self) -> int:
        """How many epochs, or losses, there have been."""
        return len(self.epoch)

    def __iter__(self) -> Iterator[float]:
        if self.losses is None:
            raise TypeError("watch: no losses to go through: watch(model, x, y, losses)")
        try:
            for loss in self.losses:
                self.on_epoch_end(self.epochs, {"loss": loss})
                self._draw_now_and_then()
                yield loss
        except KeyboardInterrupt:
            self.interrupted = True
        finally:  # also when the loop is left, or an error ends it
            self.draw()

    def set_model(self, model: Any) -> None:
        """Keep the model that is drawn, of which that of `fit` may be a part."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Take the loss and metrics of an epoch, from `fit`."""
        after = self.epoch[-1] + 1 if self.epoch else 0  # another fit may begin at 0 again
        super().on_epoch_end(max(epoch, after), logs)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Draw what the last epoch has brought, now that its line of progress is printed."""
        self._draw_now_and_then()

    def _draw_now_and_then(self) -> None:
        if self.epochs % self.every == 0 or self.epochs == 1:
            self.draw()

    def on_train_end(self, logs: Logs = None) -> None:
        """Draw the end of the training."""
        self.draw()

    def on_interrupt(self) -> None:
        """Draw what there is when the training is interrupted."""
        self.interrupted = True
        self.draw()

    def draw(self) -> None:
        """Draw now, if there is something new, and somebody to see it."""
        if self.epochs == self._drawn and not self.interrupted:
            return
        self._drawn = self.epochs
        notebook, marimo = in_notebook(), _marimo()
        if not notebook and marimo is None and self.file is None:
            return
        shown = self.picture()
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            shown.savefig(self.file)
        if marimo is not None:
            marimo.output.replace(marimo.Html(_html(shown)))
        elif notebook:
            from IPython.display import display

            image, size = png(shown)
            bundle = {"image/png": image, "text/plain": self._state()}
            if self._display is None:
                self._display = display(bundle, metadata={"image/png": size}, raw=True,
                                        display_id=True)  # fmt: skip
            else:
                self._display.update(bundle, metadata={"image/png": size}, raw=True)

    def picture(self) -> Any:
        """Draw what has been learned so far, as a matplotlib Figure."""
        panels = [self._learned] if self.x.shape[1] <= 2 and self.y.ndim == 1 else []
        panels += [self._curve] if self.epochs else []
        panels += [self._network] if self._is_small() else []
        shown = figure(4.6 * max(len(panels), 1), 3.9)
        for i, panel in enumerate(panels, 1):
            panel(shown.add_subplot(1, len(panels), i))
        shown.suptitle(self._state(), x=0.01, ha="left", fontsize=10, color=plots.style.GREY)
        return shown

    def _state(self) -> str:
        loss = self.history.get("loss", [math.nan])[-1]
        stopped = ", interrupted" if self.interrupted else ""
        epoch = self.epoch[-1] + 1 if self.epoch else 0
        return f"epoch {epoch}{stopped}, loss {written(loss, '.4g')}"

    def _learned(self, ax: Any) -> None:
        if self.x.shape[1] == 2:
            plots.decision_boundary(self.model, self.x, self.y, ax, resolution=120,
                                    target_names=self.target_names)  # fmt: skip
        else:
            plots.fitted_curve(self.model, self.x, self.y, ax)

    def _curve(self, ax: Any) -> None:
        metric = "loss" if "loss" in self.history else next(iter(self.history))
        plots.learning_curve(self, metric, ax)

    def _network(self, ax: Any) -> None:
        plots.network(self.model, ax, most=12)

    def _is_small(self) -> bool:
        try:
            layers = matrices(self.model)
        except ValueError:
            return False
        return max(max(W.shape) for W, _, _ in layers) <= _MOST_NEURONS


def _marimo() -> Any:
    """Give marimo where it runs this as a notebook, or else None."""
    marimo = sys.modules.get("marimo")
    return marimo if marimo is not None and marimo.running_in_notebook() else None


def _html(shown: Any) -> str:
    """Write a figure as an image in HTML."""
    image, size = png(shown)
    source = f"data:image/png;base64,{b64encode(image).decode()}"
    return f'<img src="{source}" width="{size["width"]}" style="max-width: 100%">'
