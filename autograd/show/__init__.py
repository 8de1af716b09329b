"""Recorded graphs as pictures. Nothing here is imported before it is first used."""

from .derivation import Derivation
from .derive import derive
from .picture import Picture, draw, notebook_bundle
from .steps import Steps, steps
from .trace import Trace

__all__ = [
    "Derivation", "Picture", "Steps", "Trace", "derive", "draw", "notebook_bundle", "steps",
]  # fmt: skip
