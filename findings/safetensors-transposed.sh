#!/usr/bin/env bash
# Expected: what is saved comes back, however an array lies in memory.
# Seen: of a transposed array, safetensors 0.8.0 writes the memory as it lies under the transposed
# shape: it comes back with its numbers in other places, without error or warning. 0.7.0 was right.
# Hurt: whoever saves W.T to hand weights to a framework that keeps them the other way round.
# Remedy: np.ascontiguousarray(W.T).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'numpy==2.4.6' 'safetensors==0.8.0'

bin/python - >seen <<'END'
import numpy as np, safetensors
from safetensors.numpy import load, save

print("numpy", np.__version__, "safetensors", safetensors.__version__)
W = np.arange(6.0).reshape(2, 3)
print("saved ", W.T.tolist())
print("loaded", load(save({"W": W.T}))["W"].tolist())
print("copied", load(save({"W": np.ascontiguousarray(W.T)}))["W"].tolist())
END
cat seen
diff - seen <<'END'
numpy 2.4.6 safetensors 0.8.0
saved  [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
loaded [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
copied [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
END
