"""Estimators: weights that are set, trainings that diverge, and what is refused."""

import copy
import inspect
import pickle
import warnings

import numpy as np
import pytest
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.externals._numpydoc.docscrape import NumpyDocString
from sklearn.utils import estimator_html_repr

import mlp

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
MASKED = np.ma.array(X, mask=X > 2)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: mlp.MLPClassifier().fit(MASKED, Y), "X has"),
    (lambda: mlp.MLPRegressor(max_iter=1, tol=1).fit(X, np.ma.array(X[:, 0], mask=Y)), "y has 19"),
    (lambda: mlp.MLPRegressor().fit(X, X[:, 0] * np.float64(1e39)), "y has .* beyond what float32"),
    (lambda: mlp.MLPClassifier(class_weight=[1, 2]).fit(X, Y),
     r"got \[1, 2\]: write \{0: 1, 1: 2\}"),
])  # fmt: skip
def test_what_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_a_masked_example_is_not_predicted(classifier):
    with pytest.raises(ValueError, match="X has"):
        classifier.predict(MASKED)


@pytest.fixture
def classifier():
    return mlp.MLPClassifier((3,), max_iter=300, tol=1.0, random_state=0).fit(X, Y)


def test_weights_of_an_estimator_are_set(classifier):
    W = np.full((4, 3), 0.5)
    classifier.coefs_[0] = W
    classifier.intercepts_ = [[0, 1, 2], np.array([-1.0])]
    hidden = np.maximum(X @ W + [0, 1, 2], 0)
    p = 1 / (1 + np.exp(1 - hidden @ classifier.coefs_[1]))
    np.testing.assert_allclose(classifier.predict_proba(X)[:, 1:], p, rtol=1e-5)
    assert (classifier.coefs_[0] == W).all()
    assert isinstance(classifier.coefs_, list)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_training_goes_on_from_weights_that_were_set(classifier, solver):
    classifier.set_params(warm_start=True, solver=solver, max_iter=1, learning_rate_init=1e-9,
                          max_fun=1)  # fmt: skip
    classifier.coefs_ = [np.zeros((4, 3)), np.zeros((3, 1))]
    classifier.intercepts_ = [np.zeros(3), np.zeros(1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(X, Y)
    np.testing.assert_allclose(classifier.coefs_[0], 0, atol=1e-6)


def test_what_the_weights_of_an_estimator_are_not(classifier):
    before = classifier.predict_proba(X)
    for set_them, error in (
        (lambda: classifier.coefs_.__setitem__(0, np.zeros((1, 3))), ValueError),
        (lambda: classifier.coefs_.__setitem__(0, np.full((4, 3), np.nan)), ValueError),
        (lambda: setattr(classifier, "coefs_", [np.zeros((4, 3))]), ValueError),
        (lambda: classifier.coefs_.append(np.zeros((4, 3))), TypeError),
        (lambda: classifier.coefs_.__iadd__([np.zeros((4, 3))]), TypeError),
        (lambda: classifier.coefs_.pop(), TypeError),
    ):  # fmt: skip
        with pytest.raises(error, match="coefs_"):
            set_them()
    assert (classifier.predict_proba(X) == before).all()
    for copied in copy.deepcopy(classifier.coefs_), pickle.loads(pickle.dumps(classifier.coefs_)):
        assert type(copied) is list


class Explodes(mlp.SGD):
    """Takes good steps at first."""

    def _update(self, w, g, eta):
        super()._update(w, g, eta)
        if self.steps >= self.good:
            w *= 1e30


def test_a_regression_that_diverges_ends_with_its_best_weights():
    y = X[:, 0]
    Explodes.good = 100
    model = mlp.MLPRegressor(
        hidden_layer_sizes=(), solver=Explodes, early_stopping=True, random_state=0,
        learning_rate_init=0.05, max_iter=500, n_iter_no_change=500)  # fmt: skip
    with np.errstate(all="ignore"):
        with pytest.warns(ConvergenceWarning, match=r"stopped being finite in iteration 10"):
            model.fit(X, y)
        assert model.score(X, y) > 0.95
        assert model.n_iter_ == len(model.loss_curve_) == len(model.validation_scores_) < 105
        assert np.isfinite(model.loss_curve_).all()
        model.set_params(early_stopping=False)
        with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            model.fit(X, y)
        Explodes.good = 0
        model.set_params(early_stopping=True)
        with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            model.fit(X * np.float32(1e10), y)


def test_an_error_of_a_function_of_ones_own_stays_what_it_is():
    def phi(z):
        raise FloatingPointError("mine")

    with pytest.raises(FloatingPointError, match=r"^mine$"):
        mlp.MLPRegressor(hidden_layer_sizes=(3,), activation=phi).fit(X, X[:, 0])


def test_elements_of_weights_are_set(classifier):
    W = np.arange(12.0).reshape(4, 3) / 10
    classifier.coefs_[0][:] = W
    classifier.coefs_[1][1, 0] = 0.5
    classifier.intercepts_[0][:2] = 7
    hidden = np.maximum(X @ W + classifier.intercepts_[0], 0)
    assert classifier.intercepts_[0][:2].tolist() == [7, 7]
    z = hidden @ classifier.coefs_[1] + classifier.intercepts_[1]
    assert classifier.coefs_[1][1, 0] == 0.5
    np.testing.assert_allclose(classifier.predict_proba(X)[:, 1:], 1 / (1 + np.exp(-z)), rtol=1e-5)


def test_a_training_begins_with_weights_that_were_set_before():
    start = [np.full((4, 3), 0.5), np.zeros((3, 1))]
    how = {"hidden_layer_sizes": (3,), "solver": "sgd", "learning_rate_init": 1e-9, "max_iter": 1}
    for call, warm in ("partial_fit", False), ("fit", True):
        model = mlp.MLPClassifier(**how, warm_start=warm)
        model.coefs_ = [0, 0]
        model.coefs_[0], model.coefs_[1] = start
        more = {"classes": [0, 1]} if call == "partial_fit" else {}
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            getattr(model, call)(X, Y, **more)
        np.testing.assert_allclose(model.coefs_[0], start[0], atol=1e-6)
        assert model.intercepts_[0].any()  # these were not set
    wrong = mlp.MLPClassifier(**how)
    wrong.coefs_ = [np.zeros((1, 3))]
    with pytest.raises(ValueError, match=r"coefs_: arrays of shapes .* wanted"):
        wrong.partial_fit(X, Y, classes=[0, 1])
    assert not hasattr(wrong, "network_")


@pytest.mark.parametrize("kind", [mlp.MLPClassifier, mlp.MLPRegressor])
def test_the_diagram_of_an_estimator_has_links_and_tips(kind):
    model = kind(hidden_layer_sizes=(3,), max_iter=300, tol=1.0).fit(X, Y)
    page = f"https://scikit-learn.org/{'.'.join(sklearn.__version__.split('.')[:2])}/modules/" \
           f"generated/sklearn.neural_network.{kind.__name__}.html"  # fmt: skip
    html = estimator_html_repr(model)
    assert f'href="{page}"' in html

    class Mine(kind):
        pass

    assert "href=" not in estimator_html_repr(Mine())  # of which no page is there
    if "doc_link" not in inspect.signature(model._get_params_html).parameters:
        pytest.skip("this scikit-learn has no tips")
    found = {name for name, _ in inspect.getmembers(model) if name[0] != "_" and name[-1] == "_"}
    for section, names in ("Parameters", {*model.get_params()}), ("Attributes", found):
        described = {item.name for item in NumpyDocString(inspect.getdoc(kind))[section]}
        assert names <= described
        assert section == "Attributes" or names == described
        assert all(f"--doc-link-{name};" in html for name in names)
