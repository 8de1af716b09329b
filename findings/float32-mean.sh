#!/usr/bin/env bash
# Expected: the mean of two million times 0.1 is 0.1, to about seven digits, however one asks.
# Seen: NumPy sums pairwise only along the axis that lies together in memory. Down the columns of a
# table, float32 is added up one by one: the mean is 1.5% off, and the standard deviation of equal
# numbers is not 0. The same table in Fortran's order is right. Numba is off wherever one asks: its
# mean() differs from that of the NumPy code that it compiles.
# Hurt: whoever standardizes a tall table of float32 features, or compiles such code.
# Remedy: x.mean(axis=0, dtype=float).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'numpy==2.4.6' 'numba==0.68.1'

bin/python - >seen <<'END'
import numba, numpy as np

print("numpy", np.__version__, "numba", numba.__version__)
x = np.full((2_000_000, 2), 0.1, "float32")
print(f"columns            {x.mean(axis=0)[0]:.6f} ± {x.std(axis=0)[0]:.6f}")
print(f"in Fortran's order {np.asfortranarray(x).mean(axis=0)[0]:.6f}")
print(f"added in float64   {x.mean(axis=0, dtype=float)[0]:.6f}")
column = np.ascontiguousarray(x[:, 0])
print(f"one column         {column.mean():.6f}")
print(f"the same in Numba  {numba.njit(lambda a: a.mean())(column):.6f}")
END
cat seen
diff - seen <<'END'
numpy 2.4.6 numba 0.68.1
columns            0.098512 ± 0.001486
in Fortran's order 0.100000
added in float64   0.100000
one column         0.100000
the same in Numba  0.098512
END
