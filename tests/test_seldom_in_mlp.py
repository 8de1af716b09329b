"""What is seldom entered in networks: what code and loops leave to the engine, rare arguments."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

import mlp
from autograd import Tensor
from mlp import Dense, Sequential, keras
from mlp.data import TableEncoder
from mlp.estimators import MLPClassifier, MLPRegressor, kept_search
from mlp.steps import Costs

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(40, 3)), rng.normal(size=(40, 1))


class Halving(mlp.SGD):
    """An optimizer of the user's."""


def test_loops_leave_what_they_do_not_know_to_straight_code():
    """With the same numbers, and a reason."""
    pytest.importorskip("numba")

    def run(make, jit_compile):
        w = Tensor(np.ones((3, 1)))
        steps = Costs(lambda x: ((x @ w).tanh() ** 2).mean(), make([w]), jit_compile)
        return [J for J, _ in steps.steps([[X]] * 5)], w.data, steps.reason

    J, w, reason = run(lambda p: Halving(p, 0.1), True)
    assert "Halving is an optimizer of the user's" in reason
    expected, its, _ = run(lambda p: mlp.SGD(p, 0.1), False)
    np.testing.assert_allclose(J, expected, rtol=1e-12)
    np.testing.assert_allclose(w, its, rtol=1e-12)


class Mine(Dense):
    """A layer of the user's."""


@pytest.mark.parametrize(("layers", "dtype", "reason"), [
    ([Dense(2, "tanh"), Dense(1)], "float16", "float16 is added up in float32"),
    ([Mine(2, "tanh"), Dense(1)], "float32", "is none of this package's"),
])  # fmt: skip
def test_straight_code_leaves_them_to_the_engine(layers, dtype, reason):
    model = Sequential(copy.deepcopy(layers), seed=0, dtype=dtype)
    model.compile("sgd", "mse")
    losses = model.fit(X, Y, 10, 3, verbose=0).history["loss"]
    assert reason in model._straight.reason
    assert losses[-1] < losses[0]


def test_copies_of_a_network_write_their_own_code():
    model = Sequential([Dense(2, "tanh"), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(X, Y, 10, 1, verbose=0)
    twin = pickle.loads(pickle.dumps(model))
    assert twin._straight is not model._straight
    for one in model, twin:
        one.fit(X, Y, 10, 1, verbose=0, shuffle=False)
    np.testing.assert_array_equal(model(X).data, twin(X).data)


def test_batches_that_are_none_or_too_few():
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="x gives no batches"):
        model.fit(iter([]), epochs=1, verbose=0)

    class Nothing(mlp.models.given.Batches):
        pass

    with pytest.raises(NotImplementedError, match="has no __len__"):
        len(Nothing())
    with pytest.raises(NotImplementedError, match=r"has no __getitem__\(k\)"):
        Nothing()[0]


def test_metrics_and_layers_of_keras():
    metric = keras.metrics.Mean()
    metric.update_state([1.0, 3.0])
    assert metric.result() == 2
    variable = keras.metrics.Metric(name="mine").add_weight(name="seen")
    variable.assign_add(Tensor(2.5))
    variable.assign_add(1)
    assert float(np.asarray(variable)) == 3.5
    layer = keras.layers.Dense(5)
    assert tuple(layer.compute_output_shape((None, 3))) == (None, 5)
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(2)])
    last = model.layers[-1]
    assert model.pop() is last
    assert len(model.layers) == 1


def test_columns_that_cannot_be_told_apart():
    twice = pd.DataFrame(np.ones((4, 3)), columns=["a", "b", "a"])
    with pytest.raises(ValueError, match="several columns are called 'a'"):
        TableEncoder.fit(twice)
    with pytest.raises(ValueError, match="the names of the columns must be text"):
        TableEncoder.fit(pd.DataFrame(np.ones((4, 2)), columns=["a", 7]))


def test_estimators_before_and_beside_what_they_learn():
    with pytest.raises(AttributeError, match="is not fitted yet"):
        MLPClassifier().coefs_  # noqa: B018
    with pytest.raises(ValueError, match="the Poisson loss needs targets from 0"):
        MLPRegressor(loss="poisson", max_iter=2).fit(X, Y.ravel())
    with pytest.raises(ValueError, match="settings is empty"):
        kept_search(MLPClassifier(), [], X, Y.ravel() > 0)


def test_what_has_no_parameters_lists_none():
    from mlp.scalar.neuron import Module

    assert Module().parameters() == []
