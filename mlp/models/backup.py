"""Checkpoints that hold everything, from which an interrupted training goes on as if it had not."""

import json
import os
import signal
import threading
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..callbacks.base import Callback, Logs, plain
from ..callbacks.checkpoint import check_save_freq
from ..data.files import leftovers, read_arrays, refusing, write_arrays
from ..given import checked, file_path
from ..parallel import Ranks
from .description import decode, difference, encode
from .loops import Averages, Position
from .saving import describe, finite_arrays, set_tensors

__all__ = ["BackupAndRestore"]


class BackupAndRestore(Callback):
    """Keeps a checkpoint, and goes on from one that is there: the training is resumed.

    A training that was killed at any moment and is resumed by the same call of `fit` ends with the
    same weights, numbers and logs, bit for bit, as one that was not. The checkpoint holds the
    weights, what the optimizer and the callbacks remember (`Callback.remembers`), the state of
    everything random, the position in the epoch and the means so far. It is a file as of
    ``model.save``, too: `mlp.load_model` reads it.

    Ctrl-C ends the training when the step is done and in the checkpoint; pressed again, at once.

    Parameters
    ----------
    backup_dir : path_like
        A folder; the checkpoint is ``checkpoint.safetensors`` in it.
    save_freq : "epoch" or int, optional
        After each epoch, or after how many steps, to write it.
    delete_checkpoint : bool, optional
        Whether to delete it when the training is over. If not, the same call of `fit` has nothing
        to do any more, but with more epochs goes on.

    Raises
    ------
    ValueError
        From `fit`, if the checkpoint is of other data, another network or other arguments;
        nothing has changed then.
    """

    @checked
    def __init__(
        self, backup_dir: str | os.PathLike[str], save_freq: Any = "epoch",
        delete_checkpoint: bool = True,
    ) -> None:  # fmt: skip
        check_save_freq(save_freq, "BackupAndRestore")
        self.path = file_path(backup_dir, "BackupAndRestore: backup_dir") / "checkpoint.safetensors"
        self.save_freq = save_freq
        self.delete_checkpoint = delete_checkpoint

    def prepare(
        self, callbacks: Iterable[Callback], data: Sequence[np.ndarray],
        validation_data: Sequence[np.ndarray] | None, arguments: dict[str, Any],
    ) -> None:  # fmt: skip
        """Read the checkpoint, if there is one, and see that it is of this training.

        Of many ranks the first reads and writes it.
        """
        self.callbacks = [c for c in callbacks
                          if c.remembers or type(c).state is not Callback.state]  # fmt: skip
        self.ranks: Ranks | None = self.model.ranks
        self.interrupted = False
        self._saved_at = ""
        find = partial(self._find, data, validation_data, arguments)
        self.found = find() if self.ranks is None else self.ranks.first_does(find)

    def _find(
        self, data: Sequence[np.ndarray], validation_data: Sequence[np.ndarray] | None,
        arguments: dict[str, Any],
    ) -> dict[str, Any] | None:  # fmt: skip
        training = {
            **describe(self.model),
            "callbacks": [type(c).__name__ for c in self.callbacks],
            "random": [type(g.bit_generator).__name__ for g in self._generators()],
            "data": [_fingerprint(x) for x in data],
            "validation_data": [_fingerprint(x) for x in validation_data or ()],
            "fit": arguments,
        }
        self.training: dict[str, Any] = json.loads(json.dumps(training))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for path in leftovers(self.path):
            path.unlink(missing_ok=True)
        if not self.path.exists():
            return None
        content, arrays = read_arrays(self.path)
        with refusing(self.path):
            if "training" not in content:
                raise ValueError("it is a model, not the checkpoint of a training")
            changed = difference({k: content.get(k) for k in self.training}, self.training)
            if changed:
                raise ValueError(f"it is the checkpoint of another training: {changed}. Delete it "
                                 "to begin anew, or give another folder")  # fmt: skip
            found = {"optimizer": decode(content["optimizer"], arrays=arrays),
                     **decode(content["training"], arrays=arrays), "weights": arrays}
            at = [found["position"][name] for name in ("epoch", "step")]
            if any(type(k) is not int or k < 0 for k in at):
                raise ValueError(f"it is of no epoch and step: {at!r:.60}")
            return found

    def on_train_begin(self, logs: Logs = None) -> None:
        """Go on where the checkpoint is; or write the first."""
        if self.ranks is not None:
            self.ranks.wish = self.ranks.granted = False
        if self.found is None:
            self._save(self.model.position)
        else:
            with refusing(self.path):
                self._restore(self.found)
            if self.params["verbose"] and self._first:
                print(f"Resuming from {self.path}, {self._saved_at}")
        self._handler = None
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.getsignal(signal.SIGINT)
            if self._handler is signal.default_int_handler:
                signal.signal(signal.SIGINT, self._interrupt)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Undo what callbacks did for a second time, at the beginning of an epoch that goes on."""
        if self.found is not None and self.model.position.step:
            self._restore(self.found)
        self.found = None

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save after so many steps, or if the training is to end here."""
        model = self.model
        due = self.save_freq != "epoch" and model.optimizer.steps % self.save_freq == 0
        if due or self._is_to_end:
            position = model.position
            if self.ranks is not None:
                position = replace(position, averages=position.averages.of_all(self.ranks))
            self._save(position)
        self._end_if_interrupted()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save after an epoch."""
        last = self.model.stop_training or epoch + 1 == self.params["epochs"]
        if self.save_freq == "epoch" or last or self._is_to_end:
            self._save(Position(epoch + 1, logs={k: plain(x) for k, x in (logs or {}).items()}))
        self._end_if_interrupted()

    def on_train_end(self, logs: Logs = None) -> None:
        """Delete the checkpoint."""
        self._end_if_interrupted()
        self._give_signals_back()
        if self.delete_checkpoint and self._first:
            self.path.unlink(missing_ok=True)

    def on_interrupt(self) -> None:
        """Say where the training can be resumed."""
        self._give_signals_back()
        if self._first:
            print(f"\nThe training ended early: the same call of fit resumes it from {self.path}, "
                  f"{self._saved_at}")  # fmt: skip

    def _interrupt(self, *_: Any) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        if self.ranks is not None:
            self.ranks.wish = True  # which goes to all with the next gradient

    @property
    def _is_to_end(self) -> bool:
        return self.interrupted if self.ranks is None else self.ranks.granted

    @property
    def _first(self) -> bool:
        return self.ranks is None or self.ranks.first

    def _end_if_interrupted(self) -> None:
        if self._is_to_end:
            raise KeyboardInterrupt

    def _give_signals_back(self) -> None:
        if self._handler is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handler)

    def _generators(self) -> list[np.random.Generator]:
        """Find all that is random: the network's generator, and layers' that have others."""
        found = {}
        layers = [self.model]
        for layer in layers:
            layers += getattr(layer, "layers", ())
            found |= {id(x): x for x in vars(layer).values() if isinstance(x, np.random.Generator)}
        return [*found.values()]

    def _save(self, position: Position) -> None:
        self._saved_at = _place(position)
        if not self._first:
            return
        model = self.model
        arrays = finite_arrays(model)
        averages = position.averages
        state = {
            "position": {"epoch": position.epoch, "step": position.step, "order": position.order,
                         "logs": position.logs},
            "averages": {"sums": averages.sums, "counts": averages.counts,
                         "states": averages.states},
            "stop": model.stop_training,
            "random": [g.bit_generator.state for g in self._generators()],
            "callbacks": [c.state() for c in self.callbacks],
        }  # fmt: skip
        content = {**self.training, "extra": model.extra,
                   "optimizer": encode(model.optimizer.state(), arrays, "optimizer"),
                   "training": encode(state, arrays, "training")}  # fmt: skip
        write_arrays(self.path, content, arrays)

    def _restore(self, state: dict[str, Any]) -> None:
        model = self.model
        model.optimizer.load_state(state["optimizer"])
        set_tensors(model, state["weights"])
        model.optimizer.flat.gather()
        model.optimizer.flat.store()  # the weights lie in memory as they would have
        for generator, now in zip(self._generators(), state["random"], strict=True):
            generator.bit_generator.state = now
        for callback, remembered in zip(self.callbacks, state["callbacks"], strict=True):
            if self._first or not callback.reports:
                callback.load_state(remembered)
        averages = Averages()
        if self._first:  # so that they are counted once
            vars(averages).update(state["averages"])
        model.stop_training = state["stop"]
        model.position = Position(**state["position"], averages=averages)
        self._saved_at = _place(model.position)


def _place(position: Position) -> str:
    return f"epoch {position.epoch + 1}, after {position.step} steps"


def _fingerprint(x: np.ndarray) -> str:
    return f"{x.dtype} {x.shape}, checksum {zlib.crc32(np.ascontiguousarray(x)):08x}"
