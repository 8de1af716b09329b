#!/usr/bin/env bash
# Expected: a second derivative that is a number is the right one, and a Hessian is symmetric.
# Seen: near 0 sinc'' is −π²/3 = −3.29. At 1e-9 PyTorch gives 0 and JAX 201, at 1e-8 they give −5.21
# and −3.41: the first derivative is a difference of numbers that are nearly the same, over their
# square, and no digit is left. (Last digits are the mathematical library's: only what is off by
# more than 3% is noted. At 0 itself PyTorch has a NaN, which is known, and JAX a branch.) And of aᵇ
# at b = 0 PyTorch's Hessian has 1/a in one corner and 0 in the other: the derivative by a has a
# branch for b = 0, in which b is no variable any more.
# Hurt: whoever looks at curvature: Newton's and natural gradient steps, penalties of gradients,
# influence functions; and whoever checks one framework against the other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv .
bin/pip install --quiet --disable-pip-version-check 'numpy==2.4.6' 'torch==2.13.0' 'jax==0.10.2'

bin/python - >seen <<'END'
import math

import jax
import jax.numpy as jnp
import torch

jax.config.update("jax_enable_x64", True)
print("torch", torch.__version__.partition("+")[0], "jax", jax.__version__)
for x in (1e-9, 1e-8, 1e-6, 1e-3):
    found = {
        "torch": torch.func.grad(torch.func.grad(torch.sinc))(torch.tensor(x, dtype=float)).item(),
        "jax": jax.grad(jax.grad(jnp.sinc))(x).item(),
    }
    off = [name for name, y in found.items() if not math.isclose(y, -math.pi**2 / 3, rel_tol=0.03)]
    print(f"sinc''({x:g}) is off in", " and ".join(off) or "neither")
for a in (2.0, 4.0):
    h = torch.func.hessian(lambda v: v[0] ** v[1])(torch.tensor([a, 0.0], dtype=float))
    g = jax.hessian(lambda v: v[0] ** v[1])(jnp.array([a, 0.0]))
    print(f"of a^b at ({a:g}, 0): torch {h[0, 1]:.2f} and {h[1, 0]:.2f}, "
          f"jax {g[0, 1]:.2f} and {g[1, 0]:.2f}")
END
cat seen
diff - seen <<'END'
torch 2.13.0 jax 0.10.2
sinc''(1e-09) is off in torch and jax
sinc''(1e-08) is off in torch and jax
sinc''(1e-06) is off in neither
sinc''(0.001) is off in neither
of a^b at (2, 0): torch 0.00 and 0.50, jax 0.50 and 0.50
of a^b at (4, 0): torch 0.00 and 0.25, jax 0.25 and 0.25
END
