"""A network's twin: the same layers, whose parameters are what a trace computes with."""

import copy
from collections.abc import Mapping
from typing import Any

from autograd import Tensor

__all__ = ["named", "twin_of"]


def named(model: Any) -> dict[str, Tensor]:
    """Give the parameters by names: W1, b1, W2, …, by their layers."""
    found: dict[str, Tensor] = {}
    for k, layer in enumerate(model.layers, 1):
        for p in layer.tensors():
            name = f"{p.label}{k}"
            taken = not name.isidentifier() or name in found or name in ("x", "y", "weights")
            found[f"p{len(found)}" if taken else name] = p
    return found


def twin_of(model: Any, memo: Mapping[int, Any], parameters: Mapping[str, Any]) -> Any:
    """Copy a network with these in the place of its parameters.

    Parameters
    ----------
    model : Sequential
        The network.
    memo : dict
        What stands in for other parts, by their ids.
    parameters : dict
        By the names of `named`.
    """
    instead = dict(memo)
    instead |= {id(p): parameters[n] for n, p in named(model).items()}
    instead |= {id(part): None for layer in model.layers for name in ("optimizer", "history")
                if (part := getattr(layer, name, None)) is not None}  # fmt: skip
    twin = copy.copy(model)
    twin.layers = copy.deepcopy(model.layers, instead)
    return twin
