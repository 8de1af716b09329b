"""Every row of the op table as a method: ``x.tanh()`` is ``tanh(x)``.

The rows are attached when this module is imported, so that a new row needs nothing here. What a
type checker and an editor see is ``methods.pyi``, which ``make generate`` writes.
"""

from .row import methods

__all__ = ["Methods"]


@methods
class Methods:
    """The elementwise operations as methods."""

    __slots__ = ()
