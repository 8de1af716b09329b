"""Networks in files: weights in safetensors, and beside them, as JSON, all that they belong to."""

import json
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Tensor

from ..data.files import PathLike, read_arrays, refusing, write_arrays
from .description import decode, encode, free_name

__all__ = ["Saved", "checked", "describe", "finite_arrays", "named_tensors", "set_tensors"]


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
        content["extra"] = checked(self.extra if extra is None else extra)
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


def checked(extra: Any) -> dict[str, Any]:
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
