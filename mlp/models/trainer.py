"""What makes a network trainable by name: `compile`, `fit`, `evaluate`, `predict`, as in Keras."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from autograd import Tensor, modes, no_grad
from autograd.programs import UntraceableError

from ..callbacks import CallbackList, History, TerminateOnNaN
from ..callbacks.progress import Progress, ProgressLogger, check_verbose
from ..data import minibatches
from ..given import flag, number, whole
from ..lookup import lookup
from ..losses import Loss
from ..losses import loss as find_loss
from ..metrics import Metric, numbered
from ..metrics import metric as find_metric
from ..optimizers import Optimizer
from ..optimizers.compiled import meant
from ..optimizers.keras_defaults import KERAS_OPTIMIZERS
from ..parallel import Ranks
from ..steps import DivergenceError, walk
from .backup import BackupAndRestore
from .checked import Checked
from .given import Data, batch_size_of, called, choices, gathered, gives_batches, split
from .loops import Averages, Position
from .shared import Exchange, Rows, agreed, prepared
from .straight import Straight, read, written

__all__ = ["Trainer"]


class Trainer(Checked):
    """`compile`, `fit`, `evaluate` and `predict`, for `Sequential`."""

    # What a network has.
    rng: np.random.Generator
    activation: Callable[[Any], Any]
    net_input: Any
    make: Any
    parameters: Any
    penalties: Any

    loss: Loss | None = None
    optimizer: Optimizer | None = None
    history: History | None = None
    position: Position | None = None
    stop_training = False
    validation_freq: int | Sequence[int] | None = None
    compiled_with: dict[str, Any] | None = None
    jit_compile: Any = "auto"
    ranks: Ranks | None = None
    _make_optimizer: Callable[..., Optimizer] | None = None
    _straight: Straight | None = None
    _metrics: Sequence[Any] = ()
    _unweighted = 0  # how many of them come before those that are weighted
    _metric_list: Sequence[Metric] = ()

    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, *, metrics: Any = (),
        weighted_metrics: Any = (), jit_compile: Any = "auto", ranks: Ranks | None = None,
    ) -> None:  # fmt: skip
        """Choose how the network is trained; what the optimizer remembers begins anew.

        Parameters
        ----------
        optimizer : str, Optimizer or callable, optional
            A name stands for Keras' defaults and numbers; an `Optimizer` of this network's
            parameters has its own; or a class, or a function of the parameters.
        loss : str, Loss or callable
            A name, a `Loss`, or a function of (y_true, y_pred).
        metrics : sequence of str, Metric or callable, optional
            What is reported beside the loss: see `mlp.metrics`.
        weighted_metrics : sequence of str, Metric or callable, optional
            The same, of examples that count as much as `fit` and `evaluate` are told.
        jit_compile : {"auto", True, False}, optional
            Whether `fit` writes the steps down as straight code. ``"auto"`` does so with what is
            this package's own, and no number changes; True with layers and losses of a user's,
            too; False leaves all to the engine.
        ranks : Ranks, optional
            The processes that train it together, each by its rows of every batch: all call `fit`
            with the same arguments (see `mlp.parallel`).

        Raises
        ------
        ValueError
            If a name is not known; nothing has changed then.
        """
        if loss is None:
            raise ValueError("compile: give a loss, such as 'sparse_categorical_crossentropy'")
        if jit_compile not in ("auto", True, False):
            raise ValueError(f'compile: jit_compile is "auto", True or False, got {jit_compile!r}')
        found = find_loss(loss)
        metrics, weighted_metrics = map(choices, (metrics, weighted_metrics))
        every = [*metrics, *weighted_metrics]
        numbered([find_metric(choice, np.zeros((1, 1)), (1, 1)) for choice in every])
        make = made = None
        if isinstance(optimizer, Optimizer):
            made = self._check_parameters(optimizer)
        else:
            name = optimizer.lower() if isinstance(optimizer, str) else optimizer
            make = lookup("optimizer", name, KERAS_OPTIMIZERS)
            if self.shape is not None and self.parameters():  # else in fit, if there is what to fit
                made = make(self.parameters())
        self.loss, self._metrics, self._metric_list = found, every, []
        self._unweighted = len(metrics)
        self._make_optimizer, self.optimizer = make, made
        self.jit_compile, self._straight = jit_compile, None
        self.ranks = ranks if ranks is not None and ranks.size > 1 else None
        self.compiled_with = {"optimizer": optimizer, "loss": loss, "metrics": metrics}
        if weighted_metrics:
            self.compiled_with["weighted_metrics"] = weighted_metrics

    def fit(
        self, x: Any, y: Any = None, batch_size: int | None = None, epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = (), validation_split: float = 0.0, validation_data: Any = None,
        shuffle: bool = True, class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None, initial_epoch: int = 0, validation_batch_size: int | None = None,
        validation_freq: Any = 1, steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
    ) -> History:  # fmt: skip
        """Train for some epochs.

        Parameters
        ----------
        x : array_like, shape (examples, ...)
            Numbers, of any type: they become floats a mini-batch at a time. Or what gives batches,
            (x, y) or (x, y, sample_weight), one after the other: a generator, or a sequence that
            begins anew with each epoch.
        y : array_like, shape (examples, ...)
            Targets, as the loss wants them.
        batch_size : int, optional
            How many examples a step looks at, 32 if not given; the last may have fewer.
        epochs : int, optional
            The number of the last epoch.
        verbose : {"auto", 0, 1, 2}, optional
            Silent, a bar, a line an epoch; ``"auto"`` is a bar where one can be overwritten.
        callbacks : sequence of Callback or function of (epoch, logs), optional
            What is called on the way: see `mlp.callbacks`.
        validation_split : float, optional
            The share of the examples, at the end of x as it is given, on which is not trained,
            but the loss and the metrics are computed after each epoch.
        validation_data : tuple, optional
            (x, y) or (x, y, sample_weight), in place of that.
        shuffle : bool, optional
            Whether each epoch goes through the examples in another order.
        class_weight : dict, optional
            How much the examples of a class count; 1 where a class is missing.
        sample_weight : array_like, shape (examples,), optional
            How much each example counts.
        initial_epoch : int, optional
            The number of the first epoch, from 0.
        validation_batch_size : int, optional
            As batch_size, for the validation.
        validation_freq : int or sequence of int, optional
            After how many epochs there is one; or after which, counted from 1.
        steps_per_epoch, validation_steps : int, optional
            How many batches an epoch and a validation take from what gives batches; of arrays, the
            first of them.

        Returns
        -------
        History
            The numbers of each epoch; also in ``model.history``, as far as they go, after an error
            or Ctrl-C.

        Raises
        ------
        ValueError, TypeError
            If the data do not fit the network or the loss; nothing has changed then.
        FloatingPointError
            If the loss or a gradient is not finite; the parameters are as the last step left them.
        """
        size = batch_size_of("fit", batch_size)
        epochs, shuffle = whole(epochs, "fit: epochs", 0), flag(shuffle, "fit: shuffle")
        initial_epoch = whole(initial_epoch, "fit: initial_epoch", 0)
        if not isinstance(validation_freq, (list, tuple, set)):
            validation_freq = whole(validation_freq, "fit: validation_freq")
        if class_weight is not None and sample_weight is not None:
            raise ValueError("fit: give class_weight or sample_weight, not both")
        self._check_compiled("fit")
        callbacks = called(callbacks)
        share = number(validation_split, "fit: validation_split", "from 0 to below 1")
        if validation_data is None and share:
            x, y, sample_weight, validation_data = split(x, y, sample_weight, share)
        data = self._source("fit", x, y, sample_weight, class_weight, size=size,
                            steps=steps_per_epoch)  # fmt: skip
        val_size = size if validation_batch_size is None else whole(
            validation_batch_size, "fit: validation_batch_size")  # fmt: skip
        held_out = None
        if validation_data is not None:
            if gives_batches(validation_data):
                validation_data = [validation_data]
            elif (not isinstance(validation_data, (tuple, list))
                  or len(validation_data) not in (2, 3)):  # fmt: skip
                raise ValueError("fit: validation_data is (x, y) or (x, y, sample_weight)")
            held_out = self._source("fit: validation_data", *validation_data, shape=data.shape,
                                    size=val_size, steps=validation_steps)  # fmt: skip
        check_verbose(verbose)
        history = History()
        shown = [ProgressLogger(verbose)] if verbose else []
        backups = [c for c in callbacks if isinstance(c, BackupAndRestore)]
        others = [c for c in callbacks if not isinstance(c, BackupAndRestore)]
        call = CallbackList(
            [*others, history, *shown, *backups], self,
            {"verbose": verbose, "epochs": epochs, "steps": data.steps(size)},
            self.ranks is None or self.ranks.first)  # fmt: skip

        self._metric_list = data.metrics
        if self.shape is None:
            self.make(data.shape)
        optimizer = self._prepare_optimizer()
        if backups and type(data) is not Data:
            raise TypeError("fit: BackupAndRestore goes on with arrays, and not with what gives "
                            "batches: it could not tell where that was")  # fmt: skip
        arguments = {
            "batch_size": size, "validation_batch_size": val_size, "shuffle": shuffle,
            "validation_freq": validation_freq, "initial_epoch": initial_epoch}  # fmt: skip
        given = data, held_out
        if self.ranks is not None:
            names = [type(c).__name__ for c in call.callbacks if not c.reports]
            data, held_out = prepared(self, self.ranks, data, held_out, size,
                                      {**arguments, "epochs": epochs, "callbacks": names})
        for backup in backups:
            backup.prepare(call.callbacks, *(d and d.arrays for d in given), arguments)
        self.history = history
        self.stop_training = False
        self.validation_freq = None if held_out is None else validation_freq
        self.position = Position(initial_epoch)
        call("on_train_begin", None)
        logs = self.position.logs  # where a checkpoint may have brought it
        try:
            for epoch in range(self.position.epoch, epochs):
                if self.position.epoch != epoch:
                    self.position = Position(epoch)
                if self.stop_training and not self.position.step:
                    break
                call("on_epoch_begin", epoch, None)
                self._epoch(data, size, shuffle, optimizer, call, self.position)
                logs = self._of_all(self.position.averages).logs()
                if held_out is not None and self.validates(epoch):
                    found = self._of_all(self._evaluate(held_out, val_size, call=call)).logs()
                    logs |= {f"val_{name}": number for name, number in found.items()}
                call("on_epoch_end", epoch, logs)
                if self.ranks is not None:
                    self.stop_training = agreed(self, self.ranks)
            call("on_train_end", logs)
        except BaseException as error:
            call.interrupt(error)
            raise
        return history

    def _epoch(
        self, data: Data, size: int, shuffle: bool, optimizer: Optimizer, call: CallbackList,
        position: Position,
    ) -> None:  # fmt: skip
        """Train for an epoch, or what is left of it; the position says how far it is."""
        generator = self.rng.bit_generator
        now = generator.state
        generator.state = position.order = position.order or now
        straight = self._straighten(optimizer)
        batches = (data.batches if straight is None else data.pieces)(
            size, self.dtype, self.rng if shuffle else None, position.step)
        if position.step:
            generator.state = now
        if self.stop_training:
            batches = ()
        if call.on_train_batch_begin is not None:
            batches = call.announce(batches, position.step)
        exchange = Exchange(self, data, size, position) if isinstance(data, Rows) else None
        cost = self._cost(data, position.averages, training=True, exchange=exchange)
        watched = call.watchers
        asked = exchange is not None and any(  # for numbers of all ranks, after each step
            not (c.reports or isinstance(c, BackupAndRestore)) for c in watched)
        if straight is None:
            reduce = None if exchange is None else exchange.reduce
            steps = (1 for _ in walk(cost, optimizer, batches, reduce))
        else:
            score = self._score(data, position.averages, exchange)
            steps = straight.steps(batches, optimizer, cost, score, data.weighted, bool(watched),
                                   exchange)  # fmt: skip
        try:
            for taken in steps:
                position.step += taken
                if call.on_train_batch_end is not None or asked:
                    found = self._of_all(position.averages) if asked else position.averages
                    call("on_train_batch_end", position.step - 1, found.logs())
                if asked:
                    self.stop_training = data.ranks.any(self.stop_training)
                if self.stop_training:
                    break
        except DivergenceError as error:
            enders = [c for c in call.callbacks if isinstance(c, TerminateOnNaN)]
            if not enders:
                raise
            enders[0].on_invalid(position.step, error)

    def _straighten(self, optimizer: Optimizer) -> Straight | None:
        """Give what writes steps as straight code; None if the engine has to take them."""
        if self.jit_compile is False or modes.hunting():
            return None
        self._straight = self._straight or Straight(self, meant(self.jit_compile))
        return None if self._straight.prepare(optimizer) is None else self._straight

    def _of_all(self, averages: Averages) -> Averages:
        """Give the averages over the examples of all ranks."""
        return averages if self.ranks is None else averages.of_all(self.ranks)

    def _score(
        self, data: Data, averages: Averages, exchange: Exchange | None = None
    ) -> Callable[..., None]:
        """Make the function that adds the cost of a mini-batch and its metrics to the averages."""
        phi = self.activation
        metrics = list(zip(numbered(data.metrics), data.metrics, strict=True))
        averages.results = {k: m.from_sums for k, m in metrics if not m.mean}
        weighted, unweighted = data.weighted, self._unweighted

        def score(cost: float, n: int, outputs: np.ndarray, others: Sequence[np.ndarray]) -> None:
            if exchange is not None and not exchange.share:
                return
            averages.add("loss", cost * n, n)
            for k, ((name, metric), wanted) in enumerate(zip(metrics, others, strict=False)):
                weights = others[-1] if weighted and k >= unweighted else None
                if name in averages.results:
                    averages.states[name] = metric.updated(
                        averages.states.get(name), wanted, phi(outputs), weights)
                    continue
                values = np.asarray(metric.from_net(wanted, outputs, phi))
                if weights is not None:
                    each = values.reshape(len(weights), -1).mean(1)
                    averages.add(name, float((each * weights).sum()), float(weights.sum()))
                    continue
                total = np.count_nonzero(values) if values.dtype == bool else values.sum()
                averages.add(name, float(total), values.size)

        return score

    def _cost(
        self, data: Data, averages: Averages, training: bool, exchange: Exchange | None = None
    ) -> Callable[..., Any]:
        """Make the function that computes the loss of a mini-batch, and adds to the averages."""
        loss, phi, net_input, penalties = self.loss, self.activation, self.net_input, self.penalties
        assert loss is not None
        score, weighted = self._score(data, averages, exchange), data.weighted

        def cost(x: np.ndarray, targets: np.ndarray, *others: np.ndarray) -> Any:
            with nullcontext() if exchange is None else exchange.drawing():
                z = net_input(x, training)
            if not isinstance(z, Tensor):  # of layers without parameters
                z = Tensor(z)
            J = loss.cost(targets, z, phi, others[-1] if weighted else None)
            for penalty in penalties():
                J = J + penalty
            score(J.item(), len(x), z.data, others)
            return J

        return cost

    def _evaluate(
        self, data: Data, size: int, progress: Progress | None = None,
        call: CallbackList | None = None,
    ) -> Averages:  # fmt: skip
        averages = Averages()
        cost = self._cost(data, averages, training=False)
        call = call or CallbackList([], self, {})
        call("on_test_begin", None)
        with no_grad():
            for k, batch in enumerate(data.batches(size, self.dtype)):
                call("on_test_batch_begin", k, None)
                cost(*batch)
                if call.on_test_batch_end is not None:
                    call.on_test_batch_end(k, averages.logs())
                if progress is not None:
                    progress.update(averages.logs())
        call("on_test_end", averages.logs())
        return averages

    def source(
        self, x: Any, y: Any, sample_weight: Any = None, *, target: str = "numpy"
    ) -> str:
        """Write a step of training as code: the cost of a batch, and its gradient.

        Parameters
        ----------
        x, y, sample_weight
            A batch, as `fit` is given; the code is for so many examples.
        target : {"numpy", "loops", "jax"}, optional
            As NumPy, what `fit` runs; as loops for Numba, with the optimizer's step; or as a
            function for JAX, of the batch and the parameters, which `jax.grad` knows.

        Returns
        -------
        str
            A Python module.

        Raises
        ------
        TypeError
            If the network computes what cannot be written so; the message says what.
        ValueError
            If the target is another.
        """
        self._check_compiled("source")
        if target not in ("numpy", "loops", "jax"):
            raise ValueError(f'source: target is "numpy", "loops" or "jax", got {target!r}')
        data = self._data("source", x, y, sample_weight)
        if self.shape is None:
            self.make(data.shape)
        arrays = read(data.arrays, data.weighted)
        try:
            return written(self, self._prepare_optimizer(), arrays, target)
        except UntraceableError:
            cost = self._cost(data, Averages(), training=False)
            with no_grad():  # which may know better what is wrong
                for batch in data.batches(len(data), self.dtype):
                    cost(*batch)
            raise

    def evaluate(
        self, x: Any, y: Any = None, batch_size: int | None = None, verbose: Any = "auto",
        sample_weight: Any = None, return_dict: bool = False, *, steps: int | None = None,
        callbacks: Any = (),
    ) -> Any:  # fmt: skip
        """Compute the loss and the metrics.

        Parameters
        ----------
        x, y, batch_size, verbose, sample_weight
            As of `fit`.
        return_dict : bool, optional
            Whether to give them by name.
        steps : int, optional
            How many batches to look at.
        callbacks : sequence of Callback, optional
            What is called on the way.

        Returns
        -------
        float, list of float or dict
            The loss; or the loss and the metrics, in the order of `compile`.
        """
        size = batch_size_of("evaluate", batch_size)
        self._check_compiled("evaluate")
        return_dict = flag(return_dict, "evaluate: return_dict")
        data = self._source("evaluate", x, y, sample_weight, size=size, steps=steps)
        self._metric_list = data.metrics
        if self.shape is None:
            self.make(data.shape)
        call = CallbackList(called(callbacks), self, {
            "verbose": verbose, "epochs": 1, "steps": data.steps(size)})  # fmt: skip
        with Progress(data.steps(size), verbose) as progress:
            logs = progress.logs = self._evaluate(data, size, progress, call).logs()
        if return_dict:
            return logs
        return [logs[name] for name in self.metrics_names] if data.metrics else logs["loss"]

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", *,
        steps: int | None = None, callbacks: Any = (),
    ) -> np.ndarray:  # fmt: skip
        """Compute the outputs, some examples at a time.

        Parameters
        ----------
        x, batch_size, verbose
            As of `fit`.
        steps : int, optional
            How many batches of x to look at.
        callbacks : sequence of Callback, optional
            What is called on the way.

        Returns
        -------
        ndarray, shape (examples, ...)
            The outputs.
        """
        size = batch_size_of("predict", batch_size)
        steps = None if steps is None else whole(steps, "predict: steps")
        if gives_batches(x):
            x = gathered(x, steps)
        x = self._inputs("predict", x if steps is None else x[: steps * size], self.shape)
        if self.shape is None:
            self.make(x.shape[1:])
        outputs = np.empty(self._outputs(x), self.dtype)
        steps = -(-len(x) // size)
        call = CallbackList(called(callbacks), self, {
            "verbose": verbose, "epochs": 1, "steps": steps})  # fmt: skip
        call("on_predict_begin", None)
        with Progress(steps, verbose) as progress, no_grad():
            for k, (batch,) in enumerate(minibatches([x], size, dtype=self.dtype)):
                call("on_predict_batch_begin", k, None)
                y = self(batch)  # type: ignore[operator]
                found = outputs[k * size : k * size + len(batch)]
                found[...] = y.data if isinstance(y, Tensor) else y
                call("on_predict_batch_end", k, {"outputs": found})
                progress.update()
        call("on_predict_end", None)
        return outputs

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` gives."""
        return ["loss", *numbered(self._metric_list)]

    def directions(self) -> dict[str, str | None]:
        """Give for each metric which end is good, ``"max"`` or ``"min"``, or None if unknown."""
        better = (metric.better for metric in self._metric_list)
        return {"loss": "min", **dict(zip(numbered(self._metric_list), better, strict=True))}

    def validates(self, epoch: int) -> bool:
        """Tell whether `fit` looks at the validation's examples after an epoch, counted from 0."""
        freq = self.validation_freq
        if freq is None or isinstance(freq, int):
            return freq is not None and (epoch + 1) % freq == 0
        return epoch + 1 in freq

    def _check_compiled(self, name: str) -> None:
        if self.loss is None:
            raise RuntimeError(f"{name}: call compile(loss=…, optimizer=…) first")
        if not self.layers:
            raise RuntimeError(f"{name}: the network has no layers: add some")

    def _prepare_optimizer(self) -> Optimizer:
        """Make the optimizer if there is none yet; look that it has these parameters."""
        if not self.parameters():
            raise ValueError("fit: there is nothing to learn: every layer is frozen, or has no "
                             "parameters; set trainable = True, then call compile again"
                             )  # fmt: skip
        if self.optimizer is None:
            assert self._make_optimizer is not None
            self.optimizer = self._make_optimizer(self.parameters())
        return self._check_parameters(self.optimizer)

    def _check_parameters(self, optimizer: Optimizer) -> Optimizer:
        if list(map(id, optimizer.flat.parameters)) != list(map(id, self.parameters())):
            raise ValueError("the optimizer has other parameters than the network: after adding or "
                             "freezing layers, call compile again, with the optimizer's name, its "
                             "class, or a new one")  # fmt: skip
        return optimizer
