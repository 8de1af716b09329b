"""Recorded graphs as pictures. Nothing here is imported before it is first used."""

from .picture import Picture, draw, notebook_bundle

__all__ = ["Picture", "draw", "notebook_bundle"]
