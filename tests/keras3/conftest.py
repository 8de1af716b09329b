"""Keras beside `mlp.keras`: the same calls give the same numbers.

Keras' numbers are in ``numbers.json``, which is written where Keras is installed (``pip install
keras jax``) by ``KERAS_NUMBERS=write python -m pytest -n 0 tests/keras3``; every tenth of them is
computed anew there.
"""

import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

collect_ignore_glob = ["scripts/*"]  # which are run by a test
GOLDEN = Path(__file__).with_name("numbers.json")
WRITE = os.environ.get("KERAS_NUMBERS") == "write"


@pytest.fixture(scope="session")
def keras():
    os.environ.setdefault("KERAS_BACKEND", "jax")
    return pytest.importorskip("keras", reason="Keras is not installed: pip install keras jax")


@pytest.fixture(scope="session")
def golden():
    found = {} if WRITE else json.loads(GOLDEN.read_text())
    yield found
    if WRITE:
        lines = [f" {json.dumps(name)}: {json.dumps(x)}" for name, x in sorted(found.items())]
        GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def numbers(x):
    """What a package gave, as an array."""
    return np.asarray(x.data if type(x).__module__.startswith("autograd") else x, float)


def listed(found):
    return [numbers(x) for x in (found if isinstance(found, (list, tuple)) else [found])]


@pytest.fixture
def both(request, golden):
    """Compute by `mlp.keras`, and compare with what Keras gave."""
    import mlp.keras

    calls = []

    def compare(f, rtol=1e-5, atol=1e-6):
        name = f"{request.node.name} {len(calls)}"
        calls.append(name)
        if WRITE or zlib.crc32(name.encode()) % 10 == 0:
            wanted = listed(f(request.getfixturevalue("keras")))
            golden[name] = [[list(w.shape), [float(f"{x:.7g}") for x in w.ravel()]] for w in wanted]
        else:
            wanted = [np.reshape(x, shape) for shape, x in golden[name]]
        for w, g in zip(wanted, listed(f(mlp.keras)), strict=True):
            np.testing.assert_allclose(g, w, rtol=rtol, atol=atol)

    return compare
