"""Run as ``python -m benchmarks.trust programs|accuracy|mutants|fuzz …``."""

import sys
from importlib import import_module

NAMES = ["programs", "accuracy", "mutants", "fuzz"]

if __name__ == "__main__":
    name, *numbers = sys.argv[1:] or [""]
    if name not in NAMES:
        sys.exit(f"python -m benchmarks.trust {'|'.join(NAMES)} …, got {name!r}")
    sys.exit(import_module(f"benchmarks.trust.{name}").main(
        *(int(x) if x.isdecimal() else x for x in numbers)))
