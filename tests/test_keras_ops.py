"""Keras' operations on arrays and on Tensors: the numbers of NumPy, and derivatives."""

import numpy as np
import pytest

from autograd import Tensor
from mlp import Dense, Sequential, keras
from mlp.keras import ops

rng = np.random.default_rng(0)
X = rng.normal(size=(3, 4))


def test_a_cast_of_a_tensor_is_a_tensor_where_there_are_derivatives():
    t = Tensor(X)
    assert isinstance(ops.cast(t, "float32"), Tensor)
    whole = ops.cast(t, "int32")
    assert type(whole) is not Tensor
    np.testing.assert_array_equal(whole, X.astype("int32"))
    assert ops.cast([0.5, 2], "int64").tolist() == [0, 2]


def test_what_is_converted():
    t = Tensor(X)
    assert ops.convert_to_tensor(t) is t
    assert ops.convert_to_tensor(t, "float32").dtype == np.float32
    assert ops.convert_to_tensor([0.5]).dtype == keras.config.floatx()
    assert ops.convert_to_tensor(X).dtype == np.float64
    assert ops.convert_to_tensor([1, 2]).dtype == np.int64
    numbers = ops.convert_to_numpy(t)
    numbers[:] = 0  # a copy
    np.testing.assert_array_equal(t.data, X)


def test_shapes():
    for x in X, Tensor(X):
        assert (ops.shape(x), ops.size(x), ops.ndim(x)) == ((3, 4), 12, 2)


def test_no_derivative_flows_through_what_is_stopped():
    t = Tensor(X)
    (ops.stop_gradient(t) * t).sum().backward()
    np.testing.assert_array_equal(t.grad, X)
    assert ops.stop_gradient(X) is X


def test_a_division_by_nothing_is_nothing_and_so_is_its_derivative():
    a, b = Tensor([1.0, -2.0, 0.0]), Tensor([0.0, 4.0, 0.0])
    y = ops.divide_no_nan(a, b)
    assert y.data.tolist() == [0, -0.5, 0]
    y.sum().backward()
    assert a.grad.tolist() == [0, 0.25, 0]
    assert b.grad.tolist() == [0, 0.125, 0]
    np.testing.assert_allclose(ops.rsqrt(Tensor([4.0, 0.25])).data, [0.5, 2])


@pytest.mark.parametrize("axis", [None, 0, (0, 1), -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp(axis, keepdims):
    t = Tensor(X)
    y = ops.logsumexp(t, axis, keepdims)
    np.testing.assert_allclose(y.data, np.log(np.exp(X).sum(axis=axis, keepdims=keepdims)))
    y.sum().backward()
    np.testing.assert_allclose(t.grad, np.exp(X) / np.exp(X).sum(axis=axis, keepdims=True))
    assert ops.logsumexp(np.array([1e4, 1e4])) == pytest.approx(1e4 + np.log(2))


def test_one_hot():
    assert ops.one_hot([1, 5, 0], 3).tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]
    assert ops.one_hot([1, 0], 3, axis=0, dtype="int8").T.tolist() == [[0, 1, 0], [1, 0, 0]]


def test_names_hold_within_their_scope():
    def halved(x):
        return x / 2

    made = Sequential([Dense(2, keras.activations.relu)], seed=0)
    with keras.utils.custom_object_scope({"halved": halved}):
        assert keras.utils.get_registered_object("halved") is halved
        assert keras.activations.get("relu") is not None
    assert keras.utils.get_registered_object("halved") is None
    assert keras.utils.get_registered_object("halved", {"halved": halved}) is halved
    assert made.layers


@pytest.mark.parametrize(("layer", "mean"), [("GaussianNoise", 0), ("GaussianDropout", 1)])
def test_noise_is_drawn_in_training_alone(layer, mean):
    """Its mean and deviation are those that are said."""
    made = getattr(keras.layers, layer)(0.36)
    made.rng = np.random.default_rng(0)
    x = np.full((200, 200), 2.0, np.float32)
    assert made(x) is x
    noisy = made(x, training=True)
    assert noisy.dtype == np.float32
    noise = noisy - x if mean == 0 else noisy / x
    assert noise.mean() == pytest.approx(mean, abs=0.02)
    assert noise.std() == pytest.approx(0.36 if mean == 0 else 0.75, rel=0.02)
    still = getattr(keras.layers, layer)(0.0)
    assert still(x, training=True) is x


def test_shapes_that_initializers_do_not_take():
    for name, shape in ("Identity", (2, 3, 4)), ("Orthogonal", (3,)):
        with pytest.raises(ValueError, match="a matrix has two axes"):
            getattr(keras.initializers, name)()(shape)
    with pytest.raises(ValueError, match="value has shape"):
        keras.initializers.Constant(np.ones((2, 2)))((3, 5))
