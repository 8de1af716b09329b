"""What Keras' objects share: they know their arguments, have names, and are found by name."""

import collections
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, Self

from ..given import checked
from ..lookup import lookup
from .missing import Hinting

__all__ = [
    "Configured", "auto_name", "deserializer", "found", "not_here", "registered",
    "reset_names", "serialize", "snake_case",
]  # fmt: skip


class Configured(Hinting):
    """Checks its arguments, and remembers them for `get_config` and `from_config`."""

    _arguments: dict[str, Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith("mlp.keras."):  # what a file calls it: keras.layers.Dense
            cls.saved_as = f"keras.{cls.__module__.split('.')[2]}.{cls.__name__}"
            if "__init__" in vars(cls):
                cls.__init__ = checked(cls.__init__)  # type: ignore[method-assign]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Note the arguments, those that are not given at their defaults."""
        made: Any = super().__new__(cls)
        try:
            bound = inspect.signature(cls.__init__).bind(made, *args, **kwargs)
        except TypeError:  # which __init__ will say better; or it is unpickled
            return made  # type: ignore[no-any-return]
        bound.apply_defaults()
        noted: dict[str, Any] = {}
        for name, p in list(bound.signature.parameters.items())[1:]:
            if p.kind is p.VAR_KEYWORD:
                noted |= bound.arguments[name]
            elif p.kind is not p.VAR_POSITIONAL:
                noted[name] = bound.arguments[name]
        object.__setattr__(made, "_arguments", noted)
        return made  # type: ignore[no-any-return]

    def get_config(self) -> dict[str, Any]:
        """Give the constructor's arguments."""
        return dict(self._arguments)

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        given = {k: x for k, x in vars(self).get("_arguments", {}).items()
                 if k not in defaults or x is not defaults[k].default}  # fmt: skip
        return f"{type(self).__name__}({', '.join(f'{k}={x!r}' for k, x in given.items())})"

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make one with such arguments."""
        return cls(**config)


registered: dict[str, Any] = {}  # classes and functions of one's own, by the names in files

_names: collections.Counter[str] = collections.Counter()


def snake_case(name: str) -> str:
    """Write a class' name as Keras writes the names of its objects.

    Examples
    --------
    >>> snake_case("BatchNormalization"), snake_case("PReLU"), snake_case("AUC")
    ('batch_normalization', 'p_re_lu', 'auc')
    """
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(kind: str) -> str:
    """Give an object of a class a name: ``dense``, then ``dense_1``."""
    name = snake_case(kind)
    _names[name] += 1
    return name if _names[name] == 1 else f"{name}_{_names[name] - 1}"


def reset_names() -> None:
    """Begin to count anew."""
    _names.clear()


def found(kind: str, identifier: Any, table: Mapping[str, Any]) -> Any:
    """Find something by its name, as a class or in small letters; make what is given as a class.

    Keras' ``{"class_name": …, "config": …}`` is understood, too; what is no name stays.
    """
    if isinstance(identifier, Mapping):
        cls = lookup(kind, _described(kind, identifier), table)
        return cls.from_config(identifier.get("config", {}))
    if identifier is not None and not hasattr(identifier, "get_config"):
        identifier = lookup(kind, identifier, table)
    return identifier() if isinstance(identifier, type) else identifier


def _described(kind: str, config: Any) -> Any:
    """Give the name in what `serialize` gave."""
    name = config.get("class_name") if isinstance(config, Mapping) else config
    if not isinstance(name, str):
        raise TypeError(f"there is no {kind} {config!r:.60}: give its name, or the dict that "
                        "serialize gave, with 'class_name' and 'config'")  # fmt: skip
    return name


def serialize(x: Any) -> dict[str, Any]:
    """Describe an object by its class and arguments, for ``deserialize``."""
    if not hasattr(x, "get_config"):
        raise TypeError(f"serialize: x is an object of mlp.keras, with get_config, got {x!r:.60}")
    return {"class_name": type(x).__name__, "config": x.get_config()}


def deserializer(get: Callable[[Any], Any]) -> Callable[..., Any]:
    """Make the ``deserialize`` of a room from its ``get``."""
    @checked
    def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        name = _described("object", config)
        own = (custom_objects or {}).get(name)
        if own is None:
            return get(config)
        return own.from_config(config["config"]) if isinstance(config, Mapping) else own

    deserialize.__doc__ = "Make what `serialize` described; classes of one's own are given by name."
    return deserialize


def not_here(what: str, instead: str = "", **given: Any) -> None:
    """Raise if something is asked for that Keras has, and this does not."""
    for name, x in given.items():
        if x is not None and x is not False:
            raise NotImplementedError(f"{what}: {name}={x!r:.40} is not here"
                                      + (f": {instead}" if instead else ""))  # fmt: skip
