#!/usr/bin/env bash
# Expected: alpha, the L2 penalty of MLPClassifier, pulls as hard for one size of mini-batch as for
# another; the documentation says that it is divided by "the sample size".
# Seen: it is divided by the size of the mini-batch, in every step. In an epoch over the same 400
# examples, batches of 4 pull ten thousand times as hard as one of 400, batches of 40 a hundred
# times. (The inputs are 0, so that nothing but the penalty moves the first layer's weights.)
# Hurt: whoever tunes batch_size and alpha apart, or carries alpha over from another framework.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'numpy==2.4.6' 'scikit-learn==1.9.1'

PYTHONWARNINGS=ignore bin/python - >seen <<'END'
import numpy as np, sklearn
from sklearn.neural_network import MLPClassifier

print("scikit-learn", sklearn.__version__, "numpy", np.__version__)
x, y = np.zeros((400, 3)), np.arange(400) % 2


def weights(alpha, batch_size):
    model = MLPClassifier((4,), solver="sgd", alpha=alpha, batch_size=batch_size, momentum=0,
                          learning_rate_init=0.01, max_iter=1, random_state=0)
    return model.fit(x, y).coefs_[0]


for batch_size in (4, 40, 400):
    kept = (weights(1.0, batch_size) / weights(0.0, batch_size)).mean()
    print(f"batches of {batch_size}: an epoch takes {1 - kept:.6f} of each weight")
END
cat seen
diff - seen <<'END'
scikit-learn 1.9.1 numpy 2.4.6
batches of 4: an epoch takes 0.221443 of each weight
batches of 40: an epoch takes 0.002497 of each weight
batches of 400: an epoch takes 0.000025 of each weight
END
