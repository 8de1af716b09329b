"""Run as ``python -m benchmarks [NAME …]``: all benchmarks, or those named."""

import sys
from importlib import import_module

from .timing import about

NAMES = ["scalar", "vectorize", "mnist", "fit", "inference", "accuracy", "draw", "search",
         "scaling"]  # fmt: skip

if __name__ == "__main__":
    chosen = sys.argv[1:] or NAMES
    if unknown := set(chosen) - set(NAMES):
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(NAMES)}")
    print(
        "# Results\n\nMade by `make bench` (`python -m benchmarks`), with `MLP_DATA` naming a "
        "folder with MNIST: medians of repeats in turn, on two cores.\n"
    )
    print(about("numpy", "scikit-learn", "micrograd", "casadi", "jax", "keras", "torch", "numba"))
    for name in chosen:
        print(import_module(f"benchmarks.{name}").main())
