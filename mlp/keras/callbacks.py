"""Keras' callbacks, with its arguments: on those of `mlp.callbacks`."""

from typing import Any

from .. import callbacks
from ..callbacks import (
    CSVLogger,
    EarlyStopping,
    History,
    LearningRateScheduler,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from ..given import checked, listed
from ..models import BackupAndRestore as _Backup
from .missing import missing
from .models import _ours
from .named import not_here

__all__ = [
    "BackupAndRestore", "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History",
    "LambdaCallback", "LearningRateScheduler", "ModelCheckpoint", "ReduceLROnPlateau",
    "TerminateOnNaN",
]  # fmt: skip


class Callback(callbacks.Callback):
    """Does something at some occasions; one of your own overrides some of the methods ``on_…``.

    ``on_batch_begin`` and ``on_batch_end`` are others' names of ``on_train_batch_…``.
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step, counted from 0."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for end in "begin", "end":
            own = vars(cls).get(f"on_batch_{end}")
            if own is not None and f"on_train_batch_{end}" not in vars(cls):
                setattr(cls, f"on_train_batch_{end}", own)


class CallbackList(callbacks.CallbackList):
    """Calls several callbacks, for loops of one's own."""

    @checked
    def __init__(
        self, callbacks: Any = None, add_history: bool = False, add_progbar: bool = False,
        model: Any = None, **params: Any,
    ) -> None:  # fmt: skip
        not_here("CallbackList", add_progbar=add_progbar)
        given = [] if callbacks is None else listed(
            callbacks, "CallbackList: callbacks", "callbacks")  # fmt: skip
        super().__init__([*given, *([History()] if add_history else ())], model, params)


class LambdaCallback(callbacks.LambdaCallback):
    """Calls functions at the occasions that are given by name."""

    def __init__(
        self, on_epoch_begin: Any = None, on_epoch_end: Any = None, on_train_begin: Any = None,
        on_train_end: Any = None, on_train_batch_begin: Any = None, on_train_batch_end: Any = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            on_epoch_begin=on_epoch_begin, on_epoch_end=on_epoch_end,
            on_train_begin=on_train_begin, on_train_end=on_train_end,
            on_train_batch_begin=on_train_batch_begin, on_train_batch_end=on_train_batch_end,
            **kwargs)


class ModelCheckpoint(callbacks.ModelCheckpoint):
    """Saves the model after each epoch, or after each that is the best: to ``*.safetensors``."""

    @checked
    def __init__(
        self, filepath: Any, monitor: str = "val_loss", verbose: int = 0,
        save_best_only: bool = False, save_weights_only: bool = False, mode: str = "auto",
        save_freq: Any = "epoch", initial_value_threshold: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(_ours(filepath, True, "ModelCheckpoint"), monitor, verbose,
                         save_best_only, save_weights_only, mode, save_freq,
                         initial_value_threshold)  # fmt: skip


class BackupAndRestore(_Backup):
    """Keeps a checkpoint, from which a training that was killed goes on."""

    @checked
    def __init__(
        self, backup_dir: Any, save_freq: Any = "epoch", double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:  # fmt: skip
        not_here("BackupAndRestore", "a checkpoint is whole or not there, so that one will do",
                 double_checkpoint=double_checkpoint)  # fmt: skip
        super().__init__(backup_dir, save_freq, delete_checkpoint)


__getattr__ = missing(__name__, __all__)
