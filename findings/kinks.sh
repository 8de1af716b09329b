#!/usr/bin/env bash
# Expected: where a derivative jumps, libraries agree on one value, and relu is max(x, 0).
# Seen: |x| at 0 has slope 1 in JAX and 0 in the others. max(x, 0) at 0 has ½ in JAX, HIPS autograd
# and CasADi and 0 in MyGrad; jax.nn.relu has 0, and so is not max(x, 0). clip at its bound has ½ in
# JAX and CasADi, 0 in the others. Of equal elements, MyGrad's max gives the first all the gradient,
# the others share it.
# Hurt: whoever compares gradients of two libraries on integers, zeros, padding or fresh biases.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'autograd==1.9.1' 'casadi==3.8.2' \
    'jax==0.10.2' 'mygrad==2.5.0' 'numpy==2.4.6'

bin/python - >seen <<'END'
from importlib.metadata import version

import autograd, autograd.numpy as anp, casadi, jax, jax.numpy as jnp, mygrad, numpy as np


def by_casadi(f):
    x = casadi.SX.sym("x")
    return lambda at: float(casadi.Function("f", [x], [casadi.gradient(f(x), x)])(at))


def by_mygrad(f):
    def gradient(at):
        x = mygrad.tensor(at)
        f(x).backward()
        return x.grad.tolist()
    return gradient


print(*(f"{p} {version(p)}" for p in ("jax", "autograd", "casadi", "mygrad")))
print("             JAX HIPS CasADi MyGrad")
print("|x|, 0      ", jax.grad(jnp.abs)(0.0), autograd.grad(anp.abs)(0.0),
      by_casadi(casadi.fabs)(0.0), by_mygrad(mygrad.abs)(0.0))
print("max(x, 0), 0", jax.grad(lambda x: jnp.maximum(x, 0))(0.0),
      autograd.grad(lambda x: anp.maximum(x, 0))(0.0),
      by_casadi(lambda x: casadi.fmax(x, 0))(0.0), by_mygrad(lambda x: mygrad.maximum(x, 0))(0.0))
print("clip, 0     ", jax.grad(lambda x: jnp.clip(x, 0, 1))(0.0),
      autograd.grad(lambda x: anp.clip(x, 0, 1))(0.0),
      by_casadi(lambda x: casadi.fmin(casadi.fmax(x, 0), 1))(0.0),
      by_mygrad(lambda x: mygrad.clip(x, 0, 1))(0.0))
print("jax.nn.relu, 0", jax.grad(jax.nn.relu)(0.0))
ones = np.ones(2)
print("max of [1, 1]", jax.grad(jnp.max)(ones), autograd.grad(anp.max)(ones),
      by_mygrad(mygrad.max)(ones))
END
cat seen
diff - seen <<'END'
jax 0.10.2 autograd 1.9.1 casadi 3.8.2 mygrad 2.5.0
             JAX HIPS CasADi MyGrad
|x|, 0       1.0 0.0 0.0 0.0
max(x, 0), 0 0.5 0.5 0.5 0.0
clip, 0      0.5 0.0 0.5 0.0
jax.nn.relu, 0 0.0
max of [1, 1] [0.5 0.5] [0.5 0.5] [1.0, 0.0]
END
