"""The small data sets: their form, their seeds, and how they are split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp import Adam, Dense, Sequential, data
from mlp.data import Dataset, one_hot, shapes, standardize


@pytest.mark.parametrize(("name", "features", "classes"), [
    ("digits", 64, 10), ("iris", 4, 3), ("diabetes", 10, None), ("xor", 2, 2), ("moons", 2, 2),
    ("circles", 2, 2), ("spiral", 2, 3), ("blobs", 2, 3), ("shapes", 256, 4),
])  # fmt: skip
def test_small_sets_are_alike(name, features, classes):
    made, again = getattr(data, name)(), getattr(data, name)()
    assert made.x.shape == (len(made.y), features)
    assert made.x.dtype == np.float64
    assert made.feature_names == again.feature_names
    assert len(made.feature_names) in (0, features)
    assert np.prod(made.image_shape) in (1, features)
    assert made.description.endswith(".")
    if classes:
        assert np.array_equal(np.unique(made.y), np.arange(classes))
        assert made.y.dtype == np.int64
        assert len(made.target_names) == classes
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




def test_a_data_set_unpacks_and_prints_itself():
    flowers = data.iris()
    x, y = flowers
    assert x is flowers.x
    assert y is flowers.y
    assert len(flowers) == 150
    assert repr(flowers) == "<Dataset: 150 examples of 4 features, 3 classes>"
    assert repr(data.diabetes()) == "<Dataset: 442 examples of 10 features, a number each>"


# Splits

@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5), share=st.floats(0.05, 0.95),
    seed=st.integers(0, 5),
)  # fmt: skip
def test_a_split_has_every_example_once_and_each_class_by_its_share(sizes, share, seed):
    y = np.repeat(np.arange(len(sizes)), sizes)
    whole = Dataset(np.arange(len(y), dtype=float)[:, None], y)
    wanted = round(len(y) * share)
    if not 1 <= wanted <= len(y) - len(sizes):
        with pytest.raises(ValueError, match=r"split: test=.* must remain"):
            whole.split(share, seed=seed)
        return
    train, test = whole.split(share, seed=seed)
    assert sorted([*train.x[:, 0], *test.x[:, 0]]) == list(range(len(y)))
    assert len(test) == wanted
    np.testing.assert_array_equal(test.y, y[test.x[:, 0].astype(int)])
    assert set(train.y) == set(y)
    for k, n in enumerate(sizes):
        fair = (n - 1) * wanted / (len(y) - len(sizes))
        assert abs((test.y == k).sum() - fair) <= 1


def test_splits_have_seeds_and_are_mixed():
    flowers = data.iris()
    (train, test), (again, _), (other, _) = (flowers.split(0.2, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(train.x, again.x)
    assert (train.x != other.x).any()
    assert (np.diff(train.y) < 0).any()
    assert (np.diff(test.y) < 0).any()
    assert test.target_names == flowers.target_names
    numbers, held_out = data.diabetes().split(42)
    assert (len(numbers), len(held_out)) == (400, 42)
    for bad in (0, 0.0, 148, 1.5, -3):
        with pytest.raises((ValueError, TypeError), match=r"split|integer"):
            flowers.split(bad)


def test_standardize_learns_of_the_first_alone():
    train, test = data.iris().split()
    constant = np.full((len(train), 1), 0.1)
    train = Dataset(np.hstack([train.x, constant]), train.y)
    test = Dataset(np.hstack([test.x, constant[:30] + 1]), test.y)
    scaled, other = standardize(train, test)
    np.testing.assert_allclose(scaled.x[:, :4].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.x[:, :4].std(axis=0), 1)
    np.testing.assert_allclose(scaled.x[:, 4], 0, atol=1e-12)
    np.testing.assert_allclose(
        other.x, (test.x - train.x.mean(axis=0)) / [*train.x[:, :4].std(axis=0), 1])


def test_standardize_keeps_the_digits_of_a_tall_table():
    x = np.full((2_000_000, 2), 0.1, "float32")  # the mean that NumPy gives down axis 0 is 0.0985
    x[::2, 1] = 0.3
    (scaled,) = standardize(Dataset(x, np.zeros(len(x))))
    assert scaled.x.dtype == x.dtype
    np.testing.assert_allclose(scaled.x[:2], [[0, 1], [0, -1]], atol=1e-6)


def test_one_hot_labels():
    assert one_hot([1, 0], 3).tolist() == [[0, 1, 0], [1, 0, 0]]
    for bad, message in (
        ([0, 3], "classes are 0…2, got 0…3"), ([-1], "got -1"), ([0.5], "whole number"),
        ([[1]], "whole number"), ([], "whole number"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            one_hot(bad, 3)


def test_a_network_tells_four_shapes_apart():
    """Course, row 22: classes of small images, from one-hot targets."""
    train, test = shapes(800, size=12).split(0.25)
    model = Sequential([Dense(48, "relu"), Dense(4, "softmax")], seed=0).build(144)
    optimizer, rng = Adam(model.parameters(), learning_rate=0.005), np.random.default_rng(0)
    images, targets = train.x.astype("float32"), one_hot(train.y).astype("float32")
    for _ in range(25):
        for x, t in data.batches(images, targets, 50, rng):
            loss = -(t * (model(x) + 1e-12).log()).sum() / len(x)
            model.zero_grad()
            loss.backward()
            optimizer.step()
    right = model(test.x).data.argmax(axis=1) == test.y
    assert right.mean() > 0.7  # by chance 0.25
    assert (train.x >= 0).all()
    assert (train.x <= 1).all()


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int64"])
def test_standardized_is_what_it_says(kind):
    n, info = 200_000, np.iinfo("i8") if kind == "int64" else np.finfo(kind)
    x = np.full((n, 5), 100.3, kind)
    x[:, 1] += np.linspace(0, 8, n).astype(kind)
    x[:, 2] = np.where(np.arange(n) % 4, info.max // 2, -(info.max // 2))
    x[:, 3] = np.arange(n) % 2 * (1 if kind == "int64" else info.tiny)
    x[:, 4] = 0
    train, test = standardize(Dataset(x, np.zeros(n, int)), Dataset(x[:2] + 1, np.zeros(2, int)))
    assert train.x.dtype == (float if kind == "int64" else kind)
    found = train.x.astype(float)
    assert np.abs(found.mean(axis=0)).max() < (1e-3 if kind == "float16" else 1e-5)
    np.testing.assert_allclose(found.std(axis=0), [0, 1, 1, 1, 0], rtol=1e-3)
    assert test.x[0, 4] == 1


def test_time_stamps_keep_their_variance():
    x = 1.7e9 + np.arange(1000.0)[:, None] * [1.0, 1e-3, 0]
    (s,) = standardize(Dataset(x, np.zeros(1000, int)))
    np.testing.assert_allclose(s.x.std(axis=0), [1, 1, 0], rtol=1e-6)
