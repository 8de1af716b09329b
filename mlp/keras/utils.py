"""Keras' helpers: one-hot targets, seeds, batches by their number, objects by name."""

import random as python_random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..arrays import as_array
from ..given import checked, function
from ..models.given import Batches
from . import config, random
from .missing import missing
from .named import registered, reset_names

__all__ = [
    "CustomObjectScope", "PyDataset", "Sequence", "clear_session", "custom_object_scope",
    "get_custom_objects", "get_registered_name", "get_registered_object", "normalize",
    "register_keras_serializable", "set_random_seed", "to_categorical",
]  # fmt: skip


@checked(x=as_array)
def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Make one-hot targets of labels from 0.

    Raises
    ------
    ValueError
        If there is a label below 0, or beyond the classes.

    Examples
    --------
    >>> to_categorical([0, 2], 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    given = np.asarray(x)
    if given.dtype.kind not in "biuf" or (given != np.floor(given)).any():
        raise ValueError(f"to_categorical: x is labels, whole numbers from 0, got "
                         f"{given.ravel()[:3].tolist()}")  # fmt: skip
    labels = given.astype(np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = int(labels.max(initial=-1)) + 1 if num_classes is None else num_classes
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"to_categorical: x is labels from 0 to {classes - 1}, for num_classes="
                         f"{classes}; got {labels.min()} to {labels.max()}")  # fmt: skip
    return (labels[..., None] == np.arange(classes)).astype(config.floatx())


def _numbers(x: Any, name: str) -> np.ndarray:
    return as_array(x, name, float)


@checked(x=_numbers)
def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """Divide by the norm along an axis.

    Examples
    --------
    >>> normalize([[3.0, 4.0]]).tolist()
    [[0.6, 0.8]]
    """
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"normalize: axis {axis} of x, which has {x.ndim} axes")
    length = np.atleast_1d(np.linalg.norm(x, order, axis, keepdims=True))
    return np.asarray(x) / np.where(length == 0, 1, length)


@checked
def set_random_seed(seed: int) -> None:
    """Begin all that is random anew: of mlp.keras, of NumPy and of Python.

    Examples
    --------
    >>> from mlp.keras.initializers import RandomNormal
    >>> drawn = []
    >>> for _ in range(2):
    ...     set_random_seed(1)
    ...     drawn.append(RandomNormal()((3,)).tolist())
    >>> drawn[0] == drawn[1]
    True
    """
    if not 0 <= seed < 1 << 32:
        raise ValueError(f"set_random_seed: seed is from 0 to 2³² − 1, got {seed}")
    python_random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (a script's own np.random.…)
    random.begin(seed)


@checked
def clear_session(free_memory: bool = True) -> None:
    """Begin to count names anew: the next layer is ``dense`` again."""
    reset_names()


class PyDataset(Batches):
    """Batches by their number; one of your own has `__len__` and `__getitem__`.

    Parameters
    ----------
    workers, use_multiprocessing, max_queue_size
        As in Keras; batches are asked for one after the other.

    Examples
    --------
    >>> class Pairs(PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, k):
    ...         return np.full((3, 1), k), np.full(3, k)
    >>> len(Pairs()), Pairs()[1][1].tolist()
    (2, [1, 1, 1])
    """

    @checked
    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        self.workers, self.use_multiprocessing = workers, use_multiprocessing
        self.max_queue_size = max_queue_size


Sequence = PyDataset

# --- Classes and functions of one's own, by the names that files have of them ---------------------

def get_custom_objects() -> dict[str, Any]:
    """Give the classes and functions that files may name, to be changed."""
    return registered


@checked
def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Any], Any]:
    """Let files name a class or a function of one's own."""
    def register(x: Any) -> Any:
        registered[name or x.__name__] = x
        return x

    return register


def get_registered_name(obj: Any) -> str:
    """Give the name under which a class or a function is known, or its own."""
    function(obj, "get_registered_name: obj", "or a class")
    return next((name for name, x in registered.items() if x is obj), obj.__name__)


@checked
def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Any = None
) -> Any:
    """Find a class or a function by the name under which it is known; None if it is not."""
    return (dict(custom_objects or {}) | registered).get(name)


@contextmanager
def custom_object_scope(*custom_objects: Mapping[str, Any]) -> Iterator[None]:
    """Let files name some classes and functions, within a ``with``."""
    before = dict(registered)
    for some in custom_objects:
        registered.update(some)
    try:
        yield
    finally:
        registered.clear()
        registered.update(before)


CustomObjectScope = custom_object_scope
__getattr__ = missing(__name__, __all__)
