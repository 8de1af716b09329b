"""Run as ``python -m benchmarks.operators [PART OF A NAME]``."""

import sys

from . import main

print(main(*sys.argv[1:]))
