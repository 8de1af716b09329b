"""The loops that Numba compiles give NumPy's numbers, bit for bit."""

import importlib.util
import sys

import numpy as np
import pytest

import mlp
from autograd import Tensor
from mlp.data import batches
from mlp.optimizers import compiled
from mlp.optimizers.compiled import loops

needs_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="Numba is not installed: pip install numba")


@pytest.fixture(autouse=True)
def numpy_again():
    yield
    mlp.use_numba(False)


def trained(optimizer, dtype, weight_decay):
    rng = np.random.default_rng(0)
    w = Tensor(rng.normal(size=(20, 30)).astype(dtype))
    optimizer = optimizer([w], 0.01, weight_decay=weight_decay)
    for _ in range(20):
        w.grad = rng.normal(size=w.shape).astype(dtype)
        optimizer.step()
    return w.data


@needs_numba
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", [mlp.Adam, mlp.AdamW])
def test_adam(optimizer, dtype):
    numpy = trained(optimizer, dtype, 0.1)
    mlp.use_numba()
    assert "adam" in loops
    compiled = trained(optimizer, dtype, 0.1)
    np.testing.assert_array_equal(compiled, numpy)


@needs_numba
def test_mini_batches_of_bytes():
    images = np.random.default_rng(0).integers(0, 256, (100, 4, 5), np.uint8)
    numpy = [(x.copy(), y) for x, y in batches(images, np.arange(100), 32, 0)]
    mlp.use_numba()
    for (x, y), (x_numpy, y_numpy) in zip(
            batches(images, np.arange(100), 32, 0), numpy, strict=True):
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x, x_numpy)
        np.testing.assert_array_equal(y, y_numpy)


def test_without_numba(monkeypatch):
    compiled._compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(ModuleNotFoundError, match="pip install numba"):
        mlp.use_numba()
    assert not loops
