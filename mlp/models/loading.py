"""`load_model`: a network from a file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..data.files import PathLike, read_arrays, refusing
from .description import decode
from .saving import checked, set_tensors
from .sequential import Sequential

__all__ = ["blank", "load_model"]


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
    known = {"mlp.Sequential": Sequential, **(custom_objects or {})}
    content, arrays = read_arrays(path)
    with refusing(path):
        if "model" not in content:
            raise ValueError("it holds weights alone: make the network, then call load_weights")
        optimizer = decode(content.get("optimizer"), {}, arrays)
        decode(content.get("training"), {}, arrays)
        model = decode(content["model"], known)
        if not isinstance(model, Sequential):
            raise ValueError(f"it describes a {type(model).__name__}, not a network")
        model.extra = checked(content.get("extra", {}))
        if content["shape"] is not None:
            with blank(model):
                model.make(tuple(content["shape"]))
        set_tensors(model, arrays)
        if compile and content["compile"] is not None:
            model.compile(**decode(content["compile"], known))
            if optimizer is not None:
                model._prepare_optimizer().load_state(optimizer)
    return model


@contextmanager
def blank(model: Any) -> Iterator[None]:
    """Build layers without drawing weights: a shape takes no memory, however large it claims."""
    kept = [(layer, name, f) for layer in _walk(model) for name, f in vars(layer).items()
            if name.endswith("initializer")]  # fmt: skip
    for layer, name, _ in kept:
        setattr(layer, name, _nothing)
    try:
        yield
    finally:
        for layer, name, f in kept:
            setattr(layer, name, f)


def _nothing(*arguments: Any) -> np.ndarray:
    """Give zeros, in place of an initializer: its last arguments are a shape and a type."""
    *_, shape, dtype = arguments
    return np.broadcast_to(np.zeros((), dtype), shape)


def _walk(layer: Any) -> Iterator[Any]:
    yield layer
    for inner in getattr(layer, "layers", ()):
        yield from _walk(inner)
