#!/usr/bin/env bash
# Expected: a sigmoid unit that is surely wrong has the largest gradient, and learns fastest.
# Seen: Keras' binary cross-entropy clips probabilities to [1e-7, 1 − 1e-7]. Below a logit of −16.1
# the loss is the constant 16.118, its gradient 0: the unit stays wrong for ever, with no warning.
# The same network with the same loss, from_logits=True, learns.
# Hurt: whoever starts from large weights or unscaled inputs, and sees a loss that stands still.
# Remedy: no activation in the last layer, and from_logits=True.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'jax==0.10.2' 'keras==3.15.1' 'numpy==2.4.6'

KERAS_BACKEND=jax bin/python - >seen <<'END'
import jax, keras, numpy as np

print("keras", keras.__version__, "jax", jax.__version__)
x = target = np.ones((4, 1), "float32")
for logit in (-15.0, -20.0):
    for activation, from_logits in [("sigmoid", False), (None, True)]:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, activation)])
        model.set_weights([np.zeros((1, 1)), np.array([logit])])
        loss = keras.losses.BinaryCrossentropy(from_logits=from_logits)
        model.compile(keras.optimizers.SGD(1.0), loss)
        losses = model.fit(x, target, epochs=50, verbose=0).history["loss"]
        print(f"{activation} from {logit}: loss {losses[0]:.3f}, after 50 epochs {losses[-1]:.3f}")
END
cat seen
diff - seen <<'END'
keras 3.15.1 jax 0.10.2
sigmoid from -15.0: loss 15.000, after 50 epochs 0.012
None from -15.0: loss 15.000, after 50 epochs 0.012
sigmoid from -20.0: loss 16.118, after 50 epochs 16.118
None from -20.0: loss 20.000, after 50 epochs 0.013
END
