"""Run as ``python -m benchmarks.trust programs|accuracy|mutants|fuzz|faults|lifetime …``."""

import sys
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec

NAMES = ["programs", "accuracy", "mutants", "fuzz", "faults", "lifetime"]

if __name__ == "__main__":
    name, *given = sys.argv[1:] or [""]
    if name not in NAMES:
        sys.exit(f"python -m benchmarks.trust {'|'.join(NAMES)} …, got {name!r}")
    watched = nullcontext()
    if name == "fuzz" and given and not given[0].isdecimal() and find_spec("atheris"):
        import atheris

        watched = atheris.instrument_imports(include=["mlp", "autograd"])
    with watched:
        main = import_module(f"benchmarks.trust.{name}").main
    sys.exit(main(*(int(x) if x.isdecimal() else x for x in given)))
