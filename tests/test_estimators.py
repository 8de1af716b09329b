"""Estimators with scikit-learn's interface: its own checks, and its own numbers."""

import pickle
import warnings

import numpy as np
import pytest
import sklearn.neural_network as theirs
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlp import estimators as ours

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS = load_iris(return_X_y=True)
DIGITS = load_digits(return_X_y=True)[0] / 16, load_digits(return_X_y=True)[1]


@parametrize_with_checks([
    ours.MLPClassifier(hidden_layer_sizes=(10,), max_iter=100),
    ours.MLPRegressor(hidden_layer_sizes=(10,), max_iter=100, learning_rate_init=0.01),
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
    {"early_stopping": True, "n_iter_no_change": 3, "max_iter": 60},
    {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 1e-2, "n_iter_no_change": 2,
     "momentum": 0},
    {"solver": "sgd", "nesterovs_momentum": False},
    {"shuffle": False, "activation": "logistic"},
], ids=str)  # fmt: skip
def test_scikit_learns_course_of_training(how):
    mine, other = pair("MLPClassifier", **{"hidden_layer_sizes": (6,), "max_iter": 30,
                                           "random_state": 3, "learning_rate_init": 0.02} | how)
    for model in (mine, other):
        model.fit(*IRIS)
    np.testing.assert_allclose(mine.loss_curve_, other.loss_curve_, rtol=1e-6)
    assert mine.n_iter_ == other.n_iter_
    assert mine.t_ == other.t_
    if mine.early_stopping:
        assert mine.validation_scores_ == pytest.approx(other.validation_scores_)
        assert mine.best_validation_score_ == pytest.approx(other.best_validation_score_)
    np.testing.assert_array_equal(mine.predict(IRIS[0]), other.predict(IRIS[0]))


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


def test_multilabel_and_several_outputs():
    x, y = make_multilabel_classification(n_classes=4, random_state=0)
    mine, other = pair("MLPClassifier", hidden_layer_sizes=(9,), max_iter=30, random_state=0)
    for model in (mine, other):
        model.fit(x, y)
    np.testing.assert_allclose(mine.loss_curve_, other.loss_curve_, rtol=1e-6)
    np.testing.assert_array_equal(mine.predict(x), other.predict(x))
    two = ours.MLPRegressor(hidden_layer_sizes=(20,), solver="lbfgs", random_state=0)
    x = np.linspace(-1, 1, 40)[:, None]
    targets = np.hstack([x**2, np.sin(3 * x)])
    assert two.fit(x, targets).predict(x).shape == (40, 2)
    assert two.score(x, targets) > 0.98


def test_defaults_do_as_well():
    for x, y in IRIS, DIGITS:
        scores = [model.fit(x[::2], y[::2]).score(x[1::2], y[1::2])
                  for model in pair("MLPClassifier", random_state=0, max_iter=60)]  # fmt: skip
        assert abs(scores[0] - scores[1]) < 0.02


def test_in_the_tools_of_scikit_learn():
    x, y = IRIS
    pipeline = make_pipeline(StandardScaler(), ours.MLPClassifier((10,), max_iter=80,
                             learning_rate_init=0.02, random_state=0))  # fmt: skip
    assert cross_val_score(pipeline, x, y, cv=3).mean() > 0.9
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-4, 1e-1]}, cv=3).fit(x, y)
    assert search.best_score_ > 0.9
    importance = permutation_importance(search, x, y, n_repeats=3, random_state=0)
    assert importance.importances_mean[2:].max() > 0.1
    copy = pickle.loads(pickle.dumps(search.best_estimator_))
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
    np.testing.assert_array_equal(dense.predict(x), sparse.predict(csr_matrix(x)))
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


def test_verbose(capsys):
    ours.MLPClassifier((3,), max_iter=2, verbose=True, random_state=0).fit(*IRIS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["Iteration 1", "Iteration 2"]


@pytest.mark.parametrize(("wrong", "message"), [
    ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
    ({"solver": "adan"}, "adam"),
    ({"activation": "rleu"}, "relu"),
    ({"activation": ["relu"], "hidden_layer_sizes": (3, 3)}, "1 for 2 hidden layers"),
    ({"alpha": -1}, "alpha must be a number >= 0"),
    ({"max_iter": 0}, "max_iter must be a whole number from 1"),
    ({"learning_rate": "fast"}, "learning_rate"),
    ({"dropout": 1.0}, "dropout rate"),
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
