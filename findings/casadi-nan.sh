#!/usr/bin/env bash
# Expected: as in floating point, x/x at 0, x − x at infinity and 0·x at NaN are NaN.
# Seen: CasADi simplifies as the graph is built: x/x is the constant 1, x − x and 0·x are 0, and √x²
# is |x|, whose slope at 0 is 0. What NumPy, given the same function, calls NaN, is a number.
# Hurt: whoever relies on a NaN to notice a singular model or missing data, or checks a function
# written for both NumPy and CasADi against itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'casadi==3.8.2' 'numpy==2.4.6'

bin/python - >seen <<'END'
import casadi, numpy as np

print("casadi", casadi.__version__, "numpy", np.__version__)
np.seterr(all="ignore")
x = casadi.SX.sym("x")
for name, f, at in [
    ("x / x", lambda x: x / x, 0.0), ("x - x", lambda x: x - x, np.inf),
    ("0 * x", lambda x: 0 * x, np.nan),
]:
    found = float(casadi.Function("f", [x], [f(x)])(at))
    print(f"{name} at {at}: NumPy {f(np.float64(at))}, CasADi {found}")
print("sqrt(x ** 2) is", casadi.sqrt(x**2))
END
cat seen
diff - seen <<'END'
casadi 3.8.2 numpy 2.4.6
x / x at 0.0: NumPy nan, CasADi 1.0
x - x at inf: NumPy nan, CasADi 0.0
0 * x at nan: NumPy nan, CasADi 0.0
sqrt(x ** 2) is fabs(x)
END
