"""The evidence behind ``docs/reliability.md``: commands that hunt for wrong numbers and lost work.

::

    python -m benchmarks.trust programs 1000    # random programs, beside PyTorch and JAX
    python -m benchmarks.trust accuracy         # in ulps, beside mpmath
"""

__all__: list[str] = []
