"""Initializers: ranges, variances, and what they are for: signals that live through many layers."""

import math

import numpy as np
import pytest

from mlp import initializers
from mlp.initializers import INITIALIZERS, constant, initializer

RANDOM = [name for name in INITIALIZERS if name not in ("zeros", "ones")]
SHAPE = (300, 200)  # fan_in, fan_out
VARIANCES = {
    "uniform_fan_out": 1 / (3 * 200),
    "glorot_uniform": 2 / 500, "glorot_normal": 2 / 500,
    "he_uniform": 2 / 300, "he_normal": 2 / 300,
    "lecun_uniform": 1 / 300, "lecun_normal": 1 / 300,
}  # fmt: skip


@pytest.mark.parametrize("name", RANDOM)
def test_variance_and_range(name):
    w = INITIALIZERS[name](1, SHAPE)
    sigma = math.sqrt(VARIANCES[name])
    # Of a uniform number, √12 σ wide, or of a normal one cut off at ±2.
    limit = math.sqrt(3) if not name.endswith("normal") else 2 / 0.8796256610342398
    assert w.shape == SHAPE
    assert w.dtype == float
    assert w.mean() == pytest.approx(0, abs=4 * sigma / math.sqrt(w.size))
    assert w.var() == pytest.approx(sigma**2, rel=0.02)
    assert np.abs(w).max() <= limit * sigma * (1 + 1e-12)
    assert np.abs(w).max() > 0.99 * limit * sigma
    inner = np.mean(np.abs(w) < sigma)  # tells the distributions apart
    assert inner == pytest.approx(1 / limit if limit < 2 else 0.6510, abs=0.01)


def test_fan_out_is_the_target_layer():
    """±1/√n, n the number of nodes in the target layer."""
    w = initializers.uniform_fan_out(0, (4, 100))
    assert 0.095 < np.abs(w).max() <= 0.1


@pytest.mark.parametrize("name", RANDOM)
def test_seeds(name):
    draw = INITIALIZERS[name]
    first = draw(3, (5, 4))
    assert (first == draw(3, (5, 4))).all()
    assert (first == draw(np.random.default_rng(3), (5, 4))).all()
    assert not (first == draw(4, (5, 4))).any()
    rng = np.random.default_rng(3)
    assert (first == draw(rng, (5, 4))).all()
    assert not (first == draw(rng, (5, 4))).any()  # a generator goes on
    single = draw(3, (5, 4), "float32")
    assert single.dtype == np.float32
    assert (single == first.astype("float32")).all()


def forward_and_back(draw, activation, derivative, layers=20, width=256):
    """Give the mean squares of a deep net's last signals and first gradients, over the first's."""
    rng = np.random.default_rng(8)
    x = rng.standard_normal((200, width))
    h, ws, slopes = x, [], []
    for _ in range(layers):
        ws.append(draw(rng, (width, width)))
        z = h @ ws[-1]
        h = activation(z)
        slopes.append(derivative(z))
    g = g_last = rng.standard_normal(h.shape)
    for w, slope in zip(reversed(ws), reversed(slopes), strict=True):
        g = (g * slope) @ w.T
    return np.mean(h**2) / np.mean(x**2), np.mean(g**2) / np.mean(g_last**2)


LINEAR = (lambda z: z, np.ones_like)
RELU = (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0)


@pytest.mark.parametrize(
    "name", ["glorot_uniform", "glorot_normal", "lecun_uniform", "lecun_normal"]
)
def test_linear_layers_keep_the_variance(name):
    there, back = forward_and_back(INITIALIZERS[name], *LINEAR)
    assert 0.5 < there < 2
    assert 0.5 < back < 2


@pytest.mark.parametrize("name", ["he_uniform", "he_normal"])
def test_relu_layers_keep_the_mean_square(name):
    there, back = forward_and_back(INITIALIZERS[name], *RELU)
    assert 0.25 < there < 4
    assert 0.25 < back < 4


def test_others_lose_it():
    """What the right variance is for: a factor of 2 too little is 2⁻²⁰ after twenty layers."""
    assert forward_and_back(initializers.glorot_uniform, *RELU)[0] < 1e-5
    assert forward_and_back(initializers.uniform_fan_out, *LINEAR)[0] < 1e-8
    assert forward_and_back(initializers.he_normal, *LINEAR)[0] > 1e5


def test_constants():
    assert initializers.zeros(None, (3,), "float32").dtype == np.float32
    assert initializers.ones(None, (2, 2)).tolist() == [[1, 1], [1, 1]]
    half = constant(0.5)(None, (2, 1), "float32")
    assert half.tolist() == [[0.5], [0.5]]
    assert half.dtype == np.float32
    assert not np.shares_memory(constant(0)(0, (2,)), constant(0)(0, (2,)))


def test_names():
    assert initializer("he_normal") is initializers.he_normal
    assert initializer(initializers.ones) is initializers.ones
    with pytest.raises(ValueError, match="no initializer 'he_nromal': did you mean 'he_normal'"):
        initializer("he_nromal")


@pytest.mark.parametrize("shape", [(3,), (3, 3, 3), (), (-1, 2)])
def test_bad_shapes(shape):
    with pytest.raises(ValueError, match="an initializer's shape is"):
        initializers.he_normal(0, shape)


def test_no_inputs():
    assert initializers.glorot_normal(0, (0, 4)).shape == (0, 4)
    assert initializers.lecun_uniform(0, (0, 0)).shape == (0, 0)
