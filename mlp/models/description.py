"""Layers, and all that a network is made of, as JSON: by class, name and constructor's arguments.

Only what belongs to `mlp`, and what the reader hands over by name, is ever made from it.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import autograd

from .. import activations, initializers, layers, losses, metrics, regularizers
from ..layers import tensor_activation
from ..lookup import arguments
from ..optimizers import Optimizer, keras_defaults, rules, schedules

__all__ = ["decode", "difference", "encode", "free_name"]


@functools.cache
def known() -> dict[str, Any]:
    """Give what a description may name, beside what the reader hands over."""
    rooms = initializers, keras_defaults, layers, losses, metrics, regularizers, rules, schedules
    table = {name: getattr(room, name) for room in rooms for name in room.__all__}
    table |= {name: f for name, f in autograd.TABLE.items() if f is getattr(autograd, name, None)}
    table |= activations.ACTIVATIONS | {"Optimizer": Optimizer}
    table |= {name: tensor_activation(name) for name in ("softmax", "log_softmax")}
    del table["Input"]  # of which a network keeps the shape; it would build layers unchecked
    return {f"mlp.{name}": x for name, x in table.items() if callable(x)}


def encode(x: Any, arrays: dict[str, np.ndarray] | None = None, name: str = "") -> Any:
    """Describe x so that `decode` makes an equal one; raise a TypeError or ValueError if it cannot.

    Numbers, text, lists, tuples and dicts of them stay; functions and classes go by name, objects
    by class and arguments; arrays are put into `arrays`, under names that begin with `name`.

    Examples
    --------
    >>> import autograd
    >>> encode([1, autograd.relu])
    [1, {'@name': 'mlp.relu'}]
    """
    if isinstance(x, (np.generic, np.dtype)):
        x = x.item() if isinstance(x, np.generic) else x.name
    if x is None or isinstance(x, (bool, int, float, str)):
        return x
    if isinstance(x, np.ndarray):
        if arrays is None or x.dtype.kind not in "biuf":
            raise TypeError(f"{name}: an array ({x.dtype}, shape {x.shape}) cannot stand here")
        key = free_name(name, arrays)
        arrays[key] = x
        return {"@array": key}
    if isinstance(x, (list, tuple)):
        items = [encode(item, arrays, f"{name}.{i}") for i, item in enumerate(x)]
        return items if isinstance(x, list) else {"@tuple": items}
    if isinstance(x, Mapping):
        if wrong := [k for k in x if not isinstance(k, str) or k.startswith("@")]:
            raise ValueError(f"{name}: keys are text that does not begin with @, got {wrong[0]!r}")
        return {k: encode(item, arrays, f"{name}.{k}") for k, item in x.items()}
    if isinstance(x, functools.partial) and not x.args:
        return {"@partial": _name(x.func), "config": encode(x.keywords, arrays, name)}
    if callable(x) and hasattr(x, "__name__"):
        return {"@name": _name(x)}
    config = x.get_config() if hasattr(x, "get_config") else arguments(x)
    made = {"@class": _name(type(x)), "config": encode(config, arrays, name)}
    if hasattr(x, "trainable"):
        made |= {"name": x.name, "trainable": x.trainable}
    return made


def decode(
    x: Any, custom_objects: Mapping[str, Any] | None = None,
    arrays: dict[str, np.ndarray] | None = None,
) -> Any:  # fmt: skip
    """Make what was described, or raise; what is taken out of `arrays` is no longer there.

    Examples
    --------
    >>> decode({"@class": "mlp.L1L2", "config": {"l2": 0.1}})
    L1L2(l1=0.0, l2=0.1)
    """
    again: Callable[[Any], Any] = functools.partial(
        decode, custom_objects=custom_objects, arrays=arrays)  # fmt: skip
    find: Callable[[str], Any] = functools.partial(_find, custom_objects=custom_objects or {})
    match x:
        case list():
            return [again(item) for item in x]
        case {"@array": name}:
            return (arrays or {}).pop(name)
        case {"@tuple": items}:
            return tuple(again(items))
        case {"@name": name}:
            return find(name)
        case {"@partial": name, "config": config}:
            return functools.partial(find(name), **again(config))
        case {"@class": name, "config": config, **rest}:
            if not isinstance(cls := find(name), type):
                raise TypeError(f"{name} is no class")
            made = cls(**again(config))
            for key in rest.keys() & {"name", "trainable"}:
                setattr(made, key, (str if key == "name" else bool)(rest[key]))
            return made
        case dict():
            return {key: again(item) for key, item in x.items()}
    return x


def _name(x: Any) -> str:
    ours = (name for name, thing in known().items() if thing is x)
    above = isinstance(x, type) and x.__module__.startswith("mlp.models.")  # a network
    own = vars(x).get("saved_as", x.__name__) if isinstance(x, type) else x.__name__
    return next(ours, "") or f"{'mlp.' * above}{own}"


def _find(name: str, custom_objects: Mapping[str, Any]) -> Any:
    table = {**custom_objects, **known()}
    if name not in table:
        ours = name.startswith("mlp.")
        hint = "there is none" if ours else f"give custom_objects={{{name!r}: …}}"
        if name.startswith("keras."):
            hint = "read it by mlp.keras.models.load_model"
        raise ValueError(f"it needs the class or function {name!r}: {hint}")
    return table[name]


def free_name(name: str, taken: Mapping[str, Any]) -> str:
    """Give a name that is not taken, by a number after it if need be."""
    return name if name not in taken else free_name(f"{name}.{len(taken)}", taken)


def difference(old: Any, new: Any, where: str = "") -> str | None:
    """Say the first difference of two descriptions, or None.

    Examples
    --------
    >>> difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]})
    'a[1].b was 2, now 3'
    """
    pairs: Any = ()
    if isinstance(old, dict) and isinstance(new, dict):
        dot = "." if where else ""
        pairs = [(old.get(k), new.get(k), f"{where}{dot}{k}") for k in {**old, **new}]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(old, new, strict=True))]
    elif old != new:
        return f"{where} was {old!r:.80}, now {new!r:.80}"
    return next(filter(None, (difference(*pair) for pair in pairs)), None)
