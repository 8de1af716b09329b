"""The backward pass to step through, and wrong passes beside the right one."""

from .comparison import Comparison
from .steps import Steps, steps

__all__ = ["Comparison", "Steps", "steps"]
