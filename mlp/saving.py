"""Networks in files: weights in safetensors, and beside them, as JSON, all that they belong to."""

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import Tensor

from .description import decode, encode, free_name
from .files import read_arrays, refusing, write_arrays

__all__ = ["Saved", "blank", "describe", "load_model", "named_tensors", "set_tensors"]

PathLike = str | os.PathLike[str]


class Saved:
    """`save`, `save_weights` and `load_weights`, for `Sequential`."""

    extra: dict[str, Any]
    optimizer: Any

    def save(
        self, path: PathLike, extra: dict[str, Any] | None = None, include_optimizer: bool = True
    ) -> None:
        """Write the network to a file, from which `mlp.load_model` makes it again.

        Parameters
        ----------
        path : path_like
            The file, by custom ``*.safetensors``; an older one is replaced when the new one is
            whole.
        extra : dict, optional
            What else is to be in the file, such as the names of the classes, of what JSON has;
            ``model.extra`` if not given.
        include_optimizer : bool, optional
            Whether to write what the optimizer remembers, with which a training goes on.

        Raises
        ------
        TypeError, ValueError
            If something cannot be described, or a weight is not finite; no file has changed then.
        """
        content = describe(self)
        content["extra"] = _checked(self.extra if extra is None else extra)
        if '"@name": "<lambda>"' in json.dumps(content):
            warnings.warn("a lambda is saved without what it does: define it with def, and give it "
                          "to load_model in custom_objects", stacklevel=2)  # fmt: skip
        arrays = finite_arrays(self)
        of_these = self.optimizer is not None and [
            id(p) for p in self.optimizer.flat.parameters] == [id(p) for p in self.parameters()]
        if include_optimizer and of_these:  # not if layers were frozen since
            content["optimizer"] = encode(self.optimizer.state(), arrays, "optimizer")
        write_arrays(path, content, arrays)

    def save_weights(self, path: PathLike) -> None:
        """Write the weights alone, which `load_weights` reads."""
        write_arrays(path, {}, finite_arrays(self))

    def load_weights(self, path: PathLike) -> None:
        """Take over the weights of a file of `save_weights` or `save`.

        Raises
        ------
        OSError, ValueError
            If it is no such file, or its weights have other names, shapes or types; nothing has
            changed then.
        """
        content, arrays = read_arrays(path)
        with refusing(path):
            for name in "optimizer", "training":
                decode(content.get(name), {}, arrays)
            set_tensors(self, arrays)


def load_model(
    path: PathLike, custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> Any:
    """Make the network in a file of ``model.save``, or of a checkpoint.

    Nothing in a file is run, and only classes of `mlp` and of `custom_objects` are made.

    Parameters
    ----------
    path : path_like
        The file.
    custom_objects : dict, optional
        Layers, functions, losses, … of one's own, by the names that they had.
    compile : bool, optional
        Whether to compile it as it was, with what the optimizer remembered.

    Returns
    -------
    Sequential
        The same outputs, and the same training from here, but for what is random.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If it is damaged, another program's, or needs other custom_objects.

    Examples
    --------
    >>> import tempfile
    >>> from mlp import Dense, Sequential
    >>> path = tempfile.mkdtemp() + "/small.safetensors"
    >>> model = Sequential([Dense(3, "relu"), Dense(1)], seed=0).build(2)
    >>> model.save(path, extra={"classes": ["no", "yes"]})
    >>> again = load_model(path)
    >>> x = np.ones((1, 2), np.float32)
    >>> again.extra, bool((again(x).data == model(x).data).all())
    ({'classes': ['no', 'yes']}, True)
    """
    content, arrays = read_arrays(path)
    with refusing(path):
        if "model" not in content:
            raise ValueError("it holds weights alone: make the network, then call load_weights")
        optimizer = decode(content.get("optimizer"), {}, arrays)
        decode(content.get("training"), {}, arrays)
        model = decode(content["model"], custom_objects)
        if not isinstance(model, Saved):
            raise ValueError(f"it describes a {type(model).__name__}, not a network")
        model.extra = _checked(content.get("extra", {}))
        if content["shape"] is not None:
            with blank(model):
                model.build(tuple(content["shape"]))  # type: ignore[attr-defined]
        set_tensors(model, arrays)
        if compile and content["compile"] is not None:
            model.compile(**decode(content["compile"], custom_objects))  # type: ignore[attr-defined]
            if optimizer is not None:
                model._prepare_optimizer().load_state(optimizer)  # type: ignore[attr-defined]
    return model


def describe(model: Any) -> dict[str, Any]:
    """Describe the layers of a network, the shape of its inputs and how it was compiled."""
    return {"model": encode(model, name=model.name or "model"),
            "shape": None if model.shape is None else list(model.shape),
            "compile": encode(model.compiled_with, name="compile")}  # fmt: skip


def named_tensors(model: Any) -> dict[str, Tensor]:
    """Give the parameters by layer and attribute: ``dense1.W``."""
    named: dict[str, Tensor] = {}
    for layer in model.layers:
        attributes = {id(x): name for name, x in vars(layer).items()}
        for i, p in enumerate(layer.tensors()):
            named[free_name(f"{layer.name}.{attributes.get(id(p), i)}", named)] = p
    return named


def finite_arrays(model: Any) -> dict[str, np.ndarray]:
    """Give the weights by name, unless one is not finite."""
    arrays = {name: p.data for name, p in named_tensors(model).items()}
    _check_finite(arrays)
    return arrays


def set_tensors(model: Any, arrays: Mapping[str, np.ndarray]) -> None:
    """Set all parameters by name, if all of them fit.

    Raises
    ------
    ValueError
        If they do not; nothing has changed then.
    """
    tensors = named_tensors(model)
    wanted = {name: (p.dtype.name, p.shape) for name, p in tensors.items()}
    given = {name: (x.dtype.name, x.shape) for name, x in arrays.items()}
    for name in sorted(wanted.keys() | given.keys()):
        if wanted.get(name) != given.get(name):
            shown = [f"{x[0]} of shape {x[1]}" if x else "none"
                     for x in (wanted.get(name), given.get(name))]  # fmt: skip
            raise ValueError(f"weights {name!r}: the network has {shown[0]}, the file {shown[1]}")
    _check_finite(arrays)
    for name, p in tensors.items():
        p.data = arrays[name].copy()


@contextmanager
def blank(model: Any) -> Iterator[None]:
    """Build layers without drawing weights: a shape takes no memory, however large it claims."""
    kept = [(layer, name, f) for layer in _walk(model) for name, f in vars(layer).items()
            if name.endswith("initializer")]  # fmt: skip
    for layer, name, _ in kept:
        setattr(layer, name, lambda rng, shape, dtype: np.broadcast_to(np.zeros((), dtype), shape))
    try:
        yield
    finally:
        for layer, name, f in kept:
            setattr(layer, name, f)


def _walk(layer: Any) -> Iterator[Any]:
    yield layer
    for inner in getattr(layer, "layers", ()):
        yield from _walk(inner)


def _checked(extra: Any) -> dict[str, Any]:
    """See that JSON gives it back as it is."""
    try:
        same = isinstance(extra, dict) and json.loads(json.dumps(extra)) == extra
    except (TypeError, ValueError) as error:
        raise TypeError(f"extra: {error}") from None
    if not same:
        raise TypeError("extra is a dict of what JSON has: text, numbers, lists, dicts with text "
                        f"as keys; got {extra!r:.100}")  # fmt: skip
    return extra


def _check_finite(arrays: Mapping[str, np.ndarray]) -> None:
    for name, x in arrays.items():
        if not np.isfinite(x).all():
            raise ValueError(f"weights {name!r} have {x[~np.isfinite(x)][0]} among them")
