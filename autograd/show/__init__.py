"""Recorded graphs as pictures. Nothing here is imported before it is first used."""

from .derivation.derivation import Derivation
from .derivation.derive import derive
from .derivation.trace import Trace
from .explore.explore import Explorer, explore
from .picture import Picture, draw, notebook_bundle, notebook_html
from .steps.steps import Steps, steps

__all__ = [
    "Derivation", "Explorer", "Picture", "Steps", "Trace", "derive", "draw", "explore",
    "notebook_bundle", "notebook_html", "steps",
]  # fmt: skip
