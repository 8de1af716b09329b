"""Plots for learning and teaching, each a function that takes an ``ax`` and gives the Axes.

Without an ``ax`` they make a figure of their own, which a notebook shows where the Axes are the
end of a cell; ``ax.figure.savefig(path)`` writes it. matplotlib is imported when a plot is first
drawn; neither pyplot nor its global settings are touched. `figure` and `finish` are for plots of
one's own that are to look like these, as are the `COLOURS`.
"""

from . import classes, curves, grids, network_plot, searches
from .classes import *
from .curves import *
from .grids import *
from .network_plot import *
from .searches import *
from .style import COLOURS, figure, finish

__all__ = [
    *curves.__all__, *classes.__all__, *grids.__all__, *network_plot.__all__,
    *searches.__all__,
    "COLOURS", "figure", "finish",
]  # fmt: skip
