"""The small data sets: their form, their seeds, and how they are split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp import data
from mlp.data import Dataset, one_hot, shapes, standardize


@pytest.mark.parametrize(("name", "features", "classes"), [
    ("digits", 64, 10), ("iris", 4, 3), ("diabetes", 10, None), ("xor", 2, 2), ("moons", 2, 2),
    ("circles", 2, 2), ("spiral", 2, 3), ("blobs", 2, 3),
])  # fmt: skip
def test_small_sets_are_alike(name, features, classes):
    made, again = getattr(data, name)(), getattr(data, name)()
    assert made.x.shape == (len(made.y), features)
    assert made.x.dtype == np.float64
    assert made.feature_names == again.feature_names
    assert len(made.feature_names) in (0, features)
    if classes:
        assert np.array_equal(np.unique(made.y), np.arange(classes))
        assert made.y.dtype == np.int64
        assert len(made.target_names) in (0, classes)
    assert all(type(name) is str for name in made.feature_names + made.target_names)
    np.testing.assert_array_equal(made.x, again.x)
    np.testing.assert_array_equal(made.y, again.y)


@pytest.mark.parametrize("name", ["xor", "moons", "circles", "spiral", "blobs"])
def test_toy_sets_have_seeds_and_sizes(name):
    make = getattr(data, name)
    noise = {"spread" if name == "blobs" else "noise": 0.3}
    one, other = make(50, seed=1, **noise), make(50, seed=2, **noise)
    assert one.x.shape == (50, 2)
    assert one.x.shape != make(51).x.shape
    assert (one.x != other.x).any()
    with pytest.raises(ValueError, match="n is a whole number from 1, got 0"):
        make(0)


def test_spiral_arms_wind_to_the_unit_circle():
    x, *_ = data.spiral(200, classes=2, turns=1.0, noise=0.0)
    np.testing.assert_allclose(np.hypot(*x.T), np.arange(1, 201) / 200)
    np.testing.assert_allclose(x[-1], [-1.0, 0.0], atol=1e-12)  # half a turn further, and one more
    with pytest.raises(ValueError, match="classes is a whole number from 1, got 0"):
        data.spiral(classes=0)


