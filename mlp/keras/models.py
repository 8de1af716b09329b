"""Keras' `Sequential`, with its arguments: on that of `mlp.models`."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from .. import models
from ..given import checked, file_path, listed
from ..lookup import respelled
from ..metrics import metric as find_metric
from ..models.stepwise import Stepwise
from . import (
    activations,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    random,
    regularizers,
)
from .layers.base import learning, of_batch
from .missing import Hinting, missing
from .named import auto_name, not_here, registered

__all__ = ["Sequential", "clone_model", "load_model", "save_model"]


class Sequential(Hinting, Stepwise, models.Sequential):
    """Layers one after the other, as Keras has them: `mlp.Sequential` with Keras' arguments.

    Parameters
    ----------
    layers : iterable of Layer, optional
        The layers; `add` adds more.
    trainable : bool, optional
        Whether it is to be learned.
    name : str, optional
        Its name.

    Examples
    --------
    >>> model = Sequential([layers.Input((4,)), layers.Dense(3, activation="softmax", name="out")])
    >>> model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    >>> x, y = np.zeros((8, 4)), np.arange(8) % 3
    >>> history = model.fit(x, y, epochs=2, verbose=0)
    >>> list(history.history), model.get_layer("out").kernel.shape
    (['accuracy', 'loss'], (4, 3))
    """

    saved_as = "keras.Sequential"

    @checked
    def __init__(
        self, layers: Iterable[Any] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        super().__init__((), name or auto_name("sequential"), seed=random.generator(),
                         dtype=config.floatx())  # fmt: skip
        self.trainable = trainable
        for layer in () if layers is None else listed(layers, "Sequential: layers", "layers"):
            self.add(layer)

    # --- layers ---

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Add a layer; the first may say what one example is, by ``input_shape``."""
        if any(layer.name == other.name for other in self.layers if getattr(layer, "name", "")):
            raise ValueError(f"Sequential: there is a layer {layer.name!r} already: names are "
                             "different")  # fmt: skip
        given = getattr(layer, "given_shape", None)
        if given is not None and self.shape is None and not self.layers:
            self.make(given)
        super().add(layer)

    def pop(self, rebuild: bool = True) -> Any:
        """Take the last layer off, and give it."""
        layer = self.layers.pop()
        if self.shape is not None:
            self.next_shape = self.output_shape(self.shape)
        return layer

    @checked
    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """Find a layer by its name or number."""
        if (name is None) == (index is None):
            raise ValueError("get_layer: give a name, or an index")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"get_layer: index {index} of {len(self.layers)} layers")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.layers)
        raise ValueError(f"there is no layer {name!r}: there are {names or 'none'}")

    def build(self, input_shape: Any = None) -> Self:  # type: ignore[override]
        """Build every layer, for batches of a shape that begins with None, the examples."""
        return self.make(of_batch(input_shape, "build: input_shape")[1:])

    path = property(lambda self: self.name, doc="The name.")
    built = property(lambda self: self.shape is not None, doc="Whether it has its weights.")

    @property
    def input_shape(self) -> Any:
        """The shape of a batch, which begins with None."""
        if self.shape is None:
            raise AttributeError  # of which the message is that of `Hinting`
        return (None, *self.shape)

    variables = property(lambda self: self.tensors(), doc="All that the layers hold.")
    weights = property(lambda self: self.tensors(), doc="All that the layers hold.")
    trainable_variables = property(lambda self: self.parameters(), doc="What is learned.")
    trainable_weights = property(lambda self: self.parameters(), doc="What is learned.")
    losses = property(lambda self: self.penalties(), doc="What layers add to the loss.")
    metrics = property(lambda self: [*self._metric_list], doc="The metrics, once it is fitted.")

    @property
    def non_trainable_variables(self) -> list[Any]:
        """What is not learned."""
        learned = {id(p) for p in self.parameters()}
        return [p for p in self.tensors() if id(p) not in learned]

    non_trainable_weights = non_trainable_variables

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Compute the outputs for a batch."""
        if not hasattr(x, "ndim"):
            x = np.asarray(x, self.dtype)
        if isinstance(x, np.ndarray):
            x = x.astype(self.dtype, copy=False)
        return super().__call__(x, learning() if training is None else bool(training))

    net_input, call = models.Sequential.net_input, __call__

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Give the shape of the outputs for inputs of a shape; both begin with the examples."""
        examples, *shape = of_batch(input_shape, "compute_output_shape: input_shape")
        return (examples, *self.output_shape(tuple(shape)))

    # --- training ---

    @checked
    def compile(  # type: ignore[override]
        self, optimizer: Any = "rmsprop", loss: Any = None, loss_weights: Any = None,
        metrics: Any = None, weighted_metrics: Any = None, run_eagerly: bool = False,
        steps_per_execution: int | str = 1, jit_compile: Any = "auto", auto_scale_loss: bool = True,
    ) -> None:  # fmt: skip
        """Choose how the network is trained.

        Steps are straight code unless they are to `run_eagerly`; with ``jit_compile=True`` they are
        loops that Numba compiles, if it is there.
        """
        not_here("compile", "multiply the loss", loss_weights=loss_weights)
        for name, found in ("metrics", metrics), ("weighted_metrics", weighted_metrics):
            listed_ones = found if isinstance(found, (list, tuple)) else ()
            if isinstance(found, Mapping) or any(isinstance(x, (list, tuple)) for x in listed_ones):
                not_here("compile", f"there is one output: give {name}=[…]", **{name: found})
        given = {"optimizer": optimizers.get(optimizer), "loss": losses.get(loss),
                 "metrics": _metrics(metrics, "metrics"),
                 "weighted_metrics": _metrics(weighted_metrics, "weighted_metrics")}
        rule = given["optimizer"]
        if loss is None:  # a network that is asked, or has a loop of its own
            self.loss, self.optimizer, self.compiled_with = None, rule, None
            return
        ours = isinstance(rule, optimizers.Optimizer)
        super().compile(**given | {"optimizer": rule.build if ours else rule},
                        jit_compile=False if run_eagerly else jit_compile)  # fmt: skip
        self.compiled_with = {k: x for k, x in given.items() if x != []}
        self.optimizer = rule if ours else self.optimizer

    def _metric(self, choice: Any, y: np.ndarray, shape: tuple[int, ...]) -> Any:
        return find_metric(choice, y, shape)  # an accuracy by name has the threshold ½, whatever

    def _prepare_optimizer(self) -> Any:
        if isinstance(self.optimizer, optimizers.Optimizer) and not self.optimizer.built:
            self.optimizer.build(self.parameters())
        return super()._prepare_optimizer()

    @respelled(nb_epoch="epochs")  # as it once was
    def fit(  # type: ignore[override]
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1,
        verbose: Any = "auto", callbacks: Any = None, validation_split: float = 0.0,
        validation_data: Any = None, shuffle: bool = True, class_weight: Any = None,
        sample_weight: Any = None, initial_epoch: int = 0, steps_per_epoch: int | None = None,
        validation_steps: int | None = None, validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:  # fmt: skip
        """Train for some epochs: `mlp.Sequential.fit` in Keras' order of the arguments."""
        return super().fit(
            x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data,
            shuffle, class_weight, sample_weight, initial_epoch, validation_batch_size,
            validation_freq, steps_per_epoch, validation_steps)

    def reset_metrics(self) -> None:
        """Begin to measure anew, as every call does: `train_on_batch` reports its batch alone."""

    def evaluate(  # type: ignore[override]
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = "auto",
        sample_weight: Any = None, steps: int | None = None, callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """Compute the loss and the metrics."""
        return super().evaluate(x, y, batch_size, verbose, sample_weight, return_dict, steps=steps,
                                callbacks=callbacks)  # fmt: skip

    def predict(  # type: ignore[override]
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto",
        steps: int | None = None, callbacks: Any = None,
    ) -> np.ndarray:  # fmt: skip
        """Compute the outputs, some examples at a time."""
        return super().predict(x, batch_size, verbose, steps=steps, callbacks=callbacks)

    # --- looked at, and in files ---

    def summary(  # type: ignore[override]
        self, line_length: int | None = None, positions: Any = None,
        print_fn: Callable[[str], Any] | None = None, expand_nested: bool = False,
        show_trainable: bool = False, layer_range: Any = None,
    ) -> None:  # fmt: skip
        """Print the layers, their shapes and how many parameters they have."""
        super().summary(print_fn or print)

    def get_config(self) -> dict[str, Any]:
        """Give the name and the layers."""
        return {"name": self.name, "trainable": self.trainable, "layers": self.layers}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a network of such layers, which begin anew."""
        made = [type(layer).from_config(layer.get_config()) for layer in config["layers"]]
        return cls(made, name=config.get("name"))

    @checked
    def save(  # type: ignore[override]
        self, filepath: Any, overwrite: bool = True, zipped: Any = None, **more: Any
    ) -> None:
        """Write the network to a ``*.safetensors`` file, from which `load_model` makes it again."""
        super().save(_ours(filepath, overwrite, "save"), **more)

    @checked
    def save_weights(  # type: ignore[override]
        self, filepath: Any, overwrite: bool = True, max_shard_size: Any = None
    ) -> None:
        """Write the weights alone, to a ``*.safetensors`` file."""
        super().save_weights(_ours(filepath, overwrite, "save_weights"))

    def load_weights(  # type: ignore[override]
        self, filepath: Any, skip_mismatch: bool = False
    ) -> None:
        """Take over the weights of such a file."""
        not_here("load_weights", skip_mismatch=skip_mismatch)
        super().load_weights(_ours(filepath, True, "load_weights"))


def _metrics(choices: Any, name: str) -> list[Any]:
    """Find metrics; an accuracy by name waits for the targets, and a name stays the name."""
    if choices is None:
        return []
    if not isinstance(choices, (list, tuple)):
        raise TypeError(f"compile: {name} is a list, got {choices!r:.60}: write [{choices!r:.60}]")
    made = []
    for choice in choices:
        found = choice if choice in ("accuracy", "acc") else metrics.get(choice)
        if isinstance(choice, str) and found is not choice:
            found.name = choice
        made.append(found)
    return made


def _network(model: Any, name: str) -> Any:
    if not isinstance(model, Sequential):
        raise TypeError(f"{name}: model is a keras.Sequential, got {model!r:.60}")
    return model


def _ours(path: Any, overwrite: bool, name: str) -> Any:
    """Refuse Keras' own kinds of files, and to write over one if that is not wanted."""
    file = os.fspath(file_path(path, f"{name}: filepath"))
    if file.endswith((".keras", ".h5", ".hdf5", ".tf")):
        kind = Path(file).suffix
        raise NotImplementedError(
            f"{file}: Keras' {kind} files are not written or read here, which would need HDF5: "
            f"call it {file.removesuffix(kind).removesuffix('.weights')}.safetensors")
    if not overwrite and Path(file).exists():
        raise FileExistsError(f"{name}: {file} is there already, and overwrite=False: give "
                              "another name")  # fmt: skip
    return path


@checked
def load_model(
    filepath: Any, custom_objects: Mapping[str, Any] | None = None, compile: bool = True,
    safe_mode: bool = True,
) -> Any:  # fmt: skip
    """Make the network in a file of ``model.save``: nothing in it is run.

    Examples
    --------
    >>> import tempfile
    >>> model = Sequential([layers.Input((2,)), layers.Dense(1, "swish")])
    >>> path = tempfile.mkdtemp() + "/small.safetensors"
    >>> model.save(path)
    >>> again, x = load_model(path), np.ones((1, 2))
    >>> bool((again.predict(x, verbose=0) == model.predict(x, verbose=0)).all())
    True
    """
    known = {**_known(), **registered, **(custom_objects or {})}
    return models.load_model(_ours(filepath, True, "load_model"), known, compile)


@cache
def _known() -> dict[str, Any]:
    """Give what files of such networks may name: classes with their room, functions without."""
    rooms = (layers, losses, metrics, optimizers, optimizers.schedules, regularizers, initializers,
             constraints)  # fmt: skip
    classes = (getattr(room, name) for room in rooms for name in room.__all__)
    functions = {name: getattr(activations, name) for name in activations.__all__}
    return functions | {cls.saved_as: cls for cls in (*classes, Sequential)
                        if hasattr(cls, "saved_as")}  # fmt: skip


@checked
def save_model(
    model: Any, filepath: Any, overwrite: bool = True, zipped: Any = None, **more: Any
) -> None:
    """Write a network to a file: ``model.save``."""
    _ours(filepath, overwrite, "save_model")
    _network(model, "save_model").save(filepath, overwrite, zipped, **more)


@checked
def clone_model(
    model: Any, input_tensors: Any = None, clone_function: Any = None, call_function: Any = None,
    recursive: bool = False,
) -> Any:  # fmt: skip
    """Make a network of the same layers, with weights of its own, which begin anew."""
    not_here("clone_model", input_tensors=input_tensors, clone_function=clone_function,
             call_function=call_function, recursive=recursive)  # fmt: skip
    clone = type(_network(model, "clone_model")).from_config(model.get_config())
    if model.shape is not None:
        clone.make(model.shape)
    return clone


__getattr__ = missing(__name__, __all__)
