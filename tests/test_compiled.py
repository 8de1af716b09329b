"""`use_numba`, as it was asked for before there was `jit_compile`."""

import importlib.util

import numpy as np
import pytest

import mlp
from mlp import Dense, Sequential
from mlp.optimizers.compiled import meant


@pytest.fixture(autouse=True)
def numpy_again():
    yield
    with pytest.warns(DeprecationWarning, match="use_numba"):
        mlp.use_numba(False)


def test_it_says_what_to_write(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with pytest.warns(DeprecationWarning, match="jit_compile=True"):
        mlp.use_numba()
    assert meant("auto")
    assert meant(True)
    assert not meant(False)


def test_without_numba(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.warns(DeprecationWarning, match="use_numba"), pytest.raises(
            ModuleNotFoundError, match="pip install numba"):  # fmt: skip
        mlp.use_numba()
    assert not meant("auto")


def test_training_without_numba_is_straight_code(monkeypatch):
    """With ``jit_compile=True`` and no Numba, steps are NumPy's, and the reason is known."""
    monkeypatch.setitem(__import__("sys").modules, "numba", None)
    monkeypatch.setitem(__import__("sys").modules, "autograd.programs.kernels", None)
    x, y = np.ones((64, 3)), np.ones((64, 1))
    model = Sequential([Dense(2, "relu"), Dense(1)], seed=0)
    model.compile("sgd", "mse", jit_compile=True)
    model.fit(x, y, 16, 2, verbose=0)
    assert "not installed" in model._straight.reason
