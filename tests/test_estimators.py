"""Estimators with scikit-learn's interface: its own checks, and its own numbers."""

import pickle
import warnings
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn.neural_network as theirs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_matrix, csr_matrix
from sklearn.base import clone
from sklearn.datasets import (
    load_diabetes,
    load_digits,
    load_iris,
    make_moons,
    make_multilabel_classification,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlp import SGD, RMSProp
from mlp import estimators as ours

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS = load_iris(return_X_y=True)
DIGITS = load_digits(return_X_y=True)[0] / 16, load_digits(return_X_y=True)[1]


@parametrize_with_checks([
    ours.MLPClassifier(hidden_layer_sizes=(10,), max_iter=25, learning_rate_init=0.05),
    ours.MLPRegressor(hidden_layer_sizes=(10,), max_iter=25, learning_rate_init=0.05),
])
def test_scikit_learns_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


def pair(kind, **parameters):
    return [getattr(module, kind)(**parameters) for module in (ours, theirs)]


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("classes", [2, 3])
def test_scikit_learns_numbers(solver, classes):
    x, y = IRIS[0][: 50 * classes], IRIS[1][: 50 * classes]
    models = pair("MLPClassifier", hidden_layer_sizes=(8, 5), activation="tanh", solver=solver,
                  alpha=0.01, max_iter=25, random_state=1, batch_size=32,
                  learning_rate_init=0.01)  # fmt: skip
    for model in models:
        model.fit(x, y)
    mine, other = models
    assert mine.n_iter_ == other.n_iter_
    np.testing.assert_allclose(mine.loss_, other.loss_, rtol=1e-6)
    if solver != "lbfgs":
        np.testing.assert_allclose(mine.loss_curve_, other.loss_curve_, rtol=1e-6)
        for w, wanted in zip([*mine.coefs_, *mine.intercepts_],
                             [*other.coefs_, *other.intercepts_], strict=True):
            np.testing.assert_allclose(w, wanted, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(mine.predict_proba(x), other.predict_proba(x), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("how", [
    {"solver": "sgd", "learning_rate": "invscaling"},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 1e-2, "n_iter_no_change": 2},
    {"early_stopping": True, "n_iter_no_change": 3, "max_iter": 60},
], ids=str)  # fmt: skip
def test_scikit_learns_course_of_training(how, capsys):
    mine, other = pair("MLPClassifier", **{"hidden_layer_sizes": (6,), "max_iter": 30,
                                           "random_state": 3, "learning_rate_init": 0.02,
                                           "verbose": True} | how)  # fmt: skip
    mine.fit(*IRIS)
    printed = capsys.readouterr().out
    other.fit(*IRIS)
    assert mine.n_iter_ < 60
    assert [line.split(", loss")[0] for line in printed.splitlines()] == [
        line.split(", loss")[0] for line in capsys.readouterr().out.splitlines()]  # fmt: skip
    assert_same(mine, other, IRIS[0])


def assert_same(mine, other, x, rtol=1e-6):
    np.testing.assert_allclose(mine.loss_curve_, other.loss_curve_, rtol=rtol)
    np.testing.assert_allclose(mine.loss_, other.loss_, rtol=rtol)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "n_features_in_", "out_activation_"):
        assert getattr(mine, name) == getattr(other, name), name
    for name in ("best_loss_", "best_validation_score_", "validation_scores_"):
        found, wanted = getattr(mine, name), getattr(other, name)
        assert found == (wanted if wanted is None else pytest.approx(wanted, rel=rtol)), name
    predicted = mine.predict(x)
    assert predicted.dtype == other.predict(x).dtype
    if predicted.dtype.kind == "f":
        np.testing.assert_allclose(predicted, other.predict(x), rtol=1e-3, atol=1e-4)
    else:
        np.testing.assert_array_equal(predicted, other.predict(x))
        np.testing.assert_allclose(mine.predict_proba(x), other.predict_proba(x), atol=1e-5)


def problem(kind):
    if kind == "multilabel":
        x, y = make_multilabel_classification(60, 4, n_classes=3, random_state=0)
        return (x - x.mean(axis=0)) / 5, y
    x = IRIS[0][::2] - IRIS[0].mean(axis=0)
    return x, {
        "classes": IRIS[1][::2],
        "strings": np.array(["no", "yes"])[(IRIS[1][::2] == 1).astype(int)],
        "numbers": x[:, 0] * x[:, 1],
        "several numbers": x[:, :3] * x[:, 1:],
        "counts": IRIS[1][::2].astype(float),
    }[kind]


@given(st.fixed_dictionaries({
    "hidden_layer_sizes": st.sampled_from([(), 5, (4, 3)]),
    "activation": st.sampled_from(["relu", "tanh", "logistic", "identity"]),
    "solver": st.sampled_from(["sgd", "adam"]),
    "alpha": st.sampled_from([0, 0.1]),
    "batch_size": st.sampled_from(["auto", 7]),
    "learning_rate": st.sampled_from(["constant", "invscaling", "adaptive"]),
    "learning_rate_init": st.sampled_from([0.001, 0.02]),
    "max_iter": st.sampled_from([3, 12]),
    "shuffle": st.booleans(),
    "tol": st.sampled_from([1e-4, 1e-2]),
    "warm_start": st.booleans(),
    "momentum": st.sampled_from([0, 0.9]),
    "nesterovs_momentum": st.booleans(),
    "n_iter_no_change": st.sampled_from([1, 10]),
}), st.sampled_from(["multilabel", "classes", "strings", "numbers", "several numbers", "counts"]),
    st.sampled_from(["fit", "fit fit", "fit partial_fit", "partial_fit partial_fit"]),
    st.booleans())  # fmt: skip
@settings(max_examples=40)
def test_scikit_learns_numbers_whatever_is_asked_for(parameters, kind, calls, weighted):
    x, y = problem(kind)
    weights = np.linspace(0.5, 2, len(x)) if weighted else None
    classifies = kind in ("multilabel", "classes", "strings")
    if kind == "counts":
        parameters = {**parameters, "loss": "poisson"}
    models = pair("MLPClassifier" if classifies else "MLPRegressor", random_state=0, **parameters)
    for model in models:
        for call in calls.split():
            more = {}
            if classifies and call == "partial_fit":
                more = {"classes": np.arange(3) if kind == "multilabel" else np.unique(y)}
            getattr(model, call)(x, y, sample_weight=weights, **more)
    assert_same(*models, x)


def test_regression_as_scikit_learn():
    x, y = load_diabetes(return_X_y=True)
    x, y = x * 10, y / 100
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    for how in {}, {"solver": "lbfgs"}, {"loss": "poisson"}:
        mine, other = pair("MLPRegressor", hidden_layer_sizes=(7,), max_iter=20, random_state=0,
                           **how)  # fmt: skip
        for model in (mine, other):
            model.fit(x, y, sample_weight=weights)
        np.testing.assert_allclose(mine.loss_, other.loss_, rtol=1e-5)
        np.testing.assert_allclose(mine.predict(x), other.predict(x), rtol=1e-3, atol=1e-3)


def test_lbfgs_with_several_outputs():
    x = np.linspace(-1, 1, 40)[:, None]
    targets = np.hstack([x**2, np.sin(3 * x)])
    mine, other = pair("MLPRegressor", hidden_layer_sizes=(20,), solver="lbfgs", random_state=0)
    assert mine.fit(x, targets).predict(x).shape == (40, 2)
    assert mine.score(x, targets) > 0.98
    assert mine.loss_ < 1.1 * other.fit(x, targets).loss_


def test_defaults_do_as_well():
    for kind, (x, y) in [("MLPClassifier", IRIS), ("MLPClassifier", DIGITS),
                         ("MLPRegressor", load_diabetes(return_X_y=True))]:
        mine, other = (model.fit(x[::2], y[::2]).score(x[1::2], y[1::2])
                       for model in pair(kind, random_state=0, max_iter=40))  # fmt: skip
        assert abs(mine - other) < 0.005


def test_in_the_tools_of_scikit_learn(tmp_path):
    x, y = IRIS
    pipeline = make_pipeline(StandardScaler(), ours.MLPClassifier((10,), max_iter=80,
                             learning_rate_init=0.02, random_state=0))  # fmt: skip
    assert cross_val_score(pipeline, x, y, cv=3).mean() > 0.9
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-4, 1e-1]}, cv=3).fit(x, y)
    assert search.best_score_ > 0.9
    importance = permutation_importance(search, x, y, n_repeats=3, random_state=0)
    assert importance.importances_mean[2:].max() > 0.1
    joblib.dump(search.best_estimator_, tmp_path / "model")
    copy = joblib.load(tmp_path / "model")
    np.testing.assert_array_equal(copy.predict_proba(x), search.predict_proba(x))


def test_a_copy_trains_on():
    x, y = IRIS
    model = ours.MLPClassifier((5,), random_state=0)
    model.partial_fit(x, y, classes=[0, 1, 2])
    copy = pickle.loads(pickle.dumps(model))
    for m in (model, copy):
        m.partial_fit(x, y)
    assert model.loss_curve_ == copy.loss_curve_
    assert len(copy.loss_curve_) == 2
    np.testing.assert_array_equal(copy.coefs_[0], model.coefs_[0])
    assert "network_" not in vars(clone(model))


def test_what_is_kept_of_bad_input():
    x, y = IRIS
    model = ours.MLPClassifier((5,), random_state=0, max_iter=5).fit(x, y)
    before = model.predict_proba(x)
    for wrong in ({"X": x[:, :2], "y": x[:, 0]}, {"X": x[:99], "y": y[:99], "sample_weight": [1]},
                  {"X": x[:99, :2], "y": y[:99] + 5, "sample_weight": -x}):  # fmt: skip
        with pytest.raises(ValueError, match=r"label type|sample_weight|Sample weights"):
            model.fit(**wrong)
    with pytest.raises(ValueError, match="validation set is too small"):
        model.set_params(early_stopping=True, validation_fraction=0.001).fit(x, y + 5)
    np.testing.assert_array_equal(model.predict_proba(x), before)
    np.testing.assert_array_equal(model.predict(x), before.argmax(axis=1))


def test_what_changes_between_warm_starts():
    x, y = IRIS
    model = ours.MLPClassifier((4,), "tanh", warm_start=True, max_iter=20, solver="lbfgs",
                               random_state=0).fit(x, y)  # fmt: skip
    assert not hasattr(model, "loss_curve_")
    assert model.set_params(solver="sgd").fit(x, y).loss_curve_[-1] < 0.5
    model.set_params(early_stopping=True, max_iter=3).fit(x, y)
    assert len(model.validation_scores_) == len(model.loss_curve_) == 3
    with pytest.raises(ValueError, match=r"the layers have \[4, 3\] neurons, asked .* \[5, 3\]"):
        model.set_params(hidden_layer_sizes=(5,)).fit(x, y)


def test_the_best_weights_are_given_back():
    x, y = load_diabetes(return_X_y=True)
    model = ours.MLPRegressor(hidden_layer_sizes=(9,), early_stopping=True, random_state=0, tol=0,
                              learning_rate_init=0.5, max_iter=40, n_iter_no_change=40)  # fmt: skip
    model.fit(x, y)
    assert model.validation_scores_[-1] < max(model.validation_scores_)
    _, held = train_test_split(np.arange(len(x)), test_size=0.1,
                               random_state=seeded_after(model))  # fmt: skip
    assert model.score(x[held], y[held]) == pytest.approx(max(model.validation_scores_))


def seeded_after(model):
    """Give the random state as it is when the initial weights are drawn."""
    state = np.random.RandomState(model.random_state)
    for w, b in zip(model.coefs_, model.intercepts_, strict=True):
        state.uniform(size=w.shape), state.uniform(size=b.shape)
    return state


def test_warm_start_goes_on():
    x, y = IRIS
    model = ours.MLPClassifier((5,), random_state=0, max_iter=5, warm_start=True).fit(x, y)
    first = model.loss_
    assert model.fit(x, y).loss_ < first
    assert len(model.loss_curve_) == 10
    with pytest.raises(ValueError, match="same classes"):
        model.fit(x[:100], y[:100])


def test_sparse_examples_and_names():
    x, y = DIGITS
    dense, sparse = (ours.MLPClassifier((8,), max_iter=3, random_state=0).fit(kind(x), y)
                     for kind in (np.asarray, csr_matrix))  # fmt: skip
    np.testing.assert_allclose(dense.loss_curve_, sparse.loss_curve_, rtol=1e-9)
    np.testing.assert_array_equal(dense.predict(x), sparse.predict(csc_matrix(x)))
    half = ours.MLPClassifier((8,), max_iter=3, random_state=0).fit(csr_matrix(x, dtype="f"), y)
    assert half.predict_proba(csr_matrix(x)).dtype == half.coefs_[0].dtype == np.float32
    np.testing.assert_allclose(half.loss_curve_, dense.loss_curve_, rtol=1e-4)
    names = np.array(["no", "yes"])[(y > 4).astype(int)]
    model = ours.MLPClassifier((16,), random_state=0, max_iter=40).fit(x, names)
    assert set(model.predict(x)) == {"no", "yes"}
    assert model.predict_proba(x).shape == (len(x), 2)
    assert np.isfinite(model.predict_log_proba(x)).all()


def test_what_scikit_learn_has_not():
    x, y = DIGITS[0].astype(np.float32), DIGITS[1]
    model = ours.MLPClassifier((40, 20), ["relu", "tanh"], dropout=[0.2, 0.0], solver="adamw",
                               learning_rate_init=0.003, max_iter=20, random_state=0)  # fmt: skip
    assert model.fit(x, y).score(x, y) > 0.95
    assert [type(layer).__name__ for layer in model.network_.layers] == [
        "Dense", "Dropout", "Dense", "Dense"]
    assert model.coefs_[0].dtype == np.float32
    again = clone(model).fit(x, y)
    assert again.loss_curve_ == model.loss_curve_

    for solver in ("rmsprop", RMSProp, partial(SGD, momentum=0.9)):
        assert ours.MLPClassifier((20,), solver=solver, random_state=0, max_iter=20,
                                  learning_rate_init=0.02).fit(x, y).score(x, y) > 0.9
    each, one = (ours.MLPClassifier((4, 3), phi, random_state=1, max_iter=3).fit(x, y)
                 for phi in (["sigmoid", "logistic"], "logistic"))  # fmt: skip
    assert each.loss_curve_ == one.loss_curve_
    named = ours.MLPClassifier((5,), random_state=0, max_iter=2).fit(pd.DataFrame(x[:, :2],
                               columns=["left", "right"]), y)  # fmt: skip
    assert named.feature_names_in_.tolist() == ["left", "right"]

    rare = (y == 3) & (np.arange(len(y)) % 4 == 0)
    some = (y == 8) | rare
    recalls = [
        (ours.MLPClassifier((4,), max_iter=8, random_state=0, class_weight=weight)
         .fit(x[some], y[some]).predict(x[rare]) == 3).mean()
        for weight in (None, "balanced", {3: 50})
    ]  # fmt: skip
    assert recalls[0] < recalls[1] <= recalls[2]


def test_the_classic_script_on_images():
    x, y = DIGITS
    mlp = ours.MLPClassifier(hidden_layer_sizes=(40,), max_iter=8, alpha=1e-4, solver="sgd",
                             random_state=1, learning_rate_init=0.2)  # fmt: skip
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(8\)"):
        mlp.fit(x[:1200], y[:1200])
    assert mlp.score(x[1200:], y[1200:]) > 0.88
    assert len(mlp.loss_curve_) == mlp.n_iter_ == 8
    filters = mlp.coefs_[0].T.reshape(40, 8, 8)
    assert filters.std() > 0.05


def test_the_classic_script_on_regularisation():
    x, y = make_moons(noise=0.3, random_state=0)
    grid = np.column_stack([axis.ravel() for axis in np.mgrid[-1:2:5j, -1:2:5j]])
    sizes = []
    for alpha in 0.1, 1:
        mine, other = (
            make_pipeline(StandardScaler(), model).fit(x[:60], y[:60])
            for model in pair("MLPClassifier", solver="lbfgs", alpha=alpha, random_state=1,
                              max_iter=2000, early_stopping=True, hidden_layer_sizes=[10, 10])
        )  # fmt: skip
        assert mine.score(x[60:], y[60:]) == other.score(x[60:], y[60:])
        np.testing.assert_allclose(mine.predict_proba(grid)[:, 1],
                                   other.predict_proba(grid)[:, 1], atol=0.1)  # fmt: skip
        sizes.append(np.linalg.norm(mine[-1].coefs_[0]))
    assert sizes[0] > sizes[1]


def test_examples_without_weight():
    x, y = IRIS
    weights = (np.arange(150) >= 40).astype(float)  # the first four batches have none
    model = ours.MLPClassifier((5,), max_iter=3, batch_size=10, shuffle=False, random_state=0)
    found = model.fit(x, y, sample_weight=weights).predict_proba(x)
    wanted = clone(model).fit(x[40:], y[40:]).predict_proba(x)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


@pytest.mark.parametrize(("wrong", "message"), [
    ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
    ({"solver": "adan"}, "adam"),
    ({"activation": "rleu"}, "relu"),
    ({"activation": ["relu"], "hidden_layer_sizes": (3, 3)}, "1 for 2 hidden layers"),
    ({"alpha": -1}, r"'alpha' parameter of MLPClassifier must be a float in the range \[0"),
    ({"max_iter": 0}, "'max_iter' parameter of MLPClassifier must be an int"),
    ({"learning_rate": "fast"}, "'learning_rate' .*'invscaling'"),
    ({"dropout": 1.0}, r"'dropout' .* range \[0.0, 1.0\)"),
    ({"dropout": [1.0]}, "Dropout: rate"),
    ({"dropout": 0.1, "solver": "lbfgs"}, "choose another solver"),
    ({"class_weight": "balance"}, "'class_weight' .*'balanced'"),
])
def test_wrong_parameters(wrong, message):
    with pytest.raises(ValueError, match=message):
        ours.MLPClassifier(**wrong).fit(*IRIS)


def test_wrong_data():
    x, y = IRIS
    model = ours.MLPClassifier((3,), max_iter=2).fit(x, y)
    with pytest.raises(ValueError, match="expecting 4 features"):
        model.predict(x[:, :2])
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full_like(x, np.nan), y)
    with pytest.raises(AttributeError, match="partial_fit"):
        _ = ours.MLPClassifier(solver="lbfgs").partial_fit
    with pytest.raises(ValueError, match="classes must be passed"):
        ours.MLPClassifier().partial_fit(x, y)
    with pytest.raises(ValueError, match="not supported for partial_fit"):
        ours.MLPClassifier(class_weight="balanced").partial_fit(x, y, classes=[0, 1, 2])
    with (pytest.raises(ValueError, match="non-finite"),
          warnings.catch_warnings(action="ignore", category=RuntimeWarning)):  # overflow
        ours.MLPRegressor(solver="sgd", activation="identity", learning_rate_init=10).fit(x, y)
