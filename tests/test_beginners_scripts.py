"""Beginners' scripts, after the pattern of public tutorials: only their imports change.

Each is run twice, from the same initial weights, with the imports of the original and with ours,
and gives the same numbers.
"""

import math
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

SCIKIT_LEARN = {
    "first steps": """
        X, y = [[0.0, 0.0], [1.0, 1.0]], [0, 1]
        clf = MLPClassifier(solver="lbfgs", alpha=1e-5, hidden_layer_sizes=(5, 2), random_state=1)
        clf.fit(X, y)
        predicted = clf.predict([[2.0, 2.0], [-1.0, -2.0]])
        shapes = [coef.shape for coef in clf.coefs_]
        certain = clf.predict_proba([[2.0, 2.0], [1.0, 2.0]]).round(2)
    """,
    "several labels": """
        X, y = [[0.0, 0.0], [1.0, 1.0]], [[0, 1], [1, 1]]
        clf = MLPClassifier(solver="lbfgs", alpha=1e-5, hidden_layer_sizes=(15,), random_state=1)
        clf.fit(X, y)
        predicted = [*clf.predict([[1.0, 2.0]]), *clf.predict([[0.0, 0.0]])]
    """,
    "a regression": """
        X, y = make_regression(n_samples=200, n_features=20, random_state=1)
        X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
        regr = MLPRegressor(random_state=1, max_iter=500, tol=0.1, shuffle=False)
        regr.fit(X_train, y_train)
        first, score, epochs = regr.predict(X_test[:2]), regr.score(X_test, y_test), regr.n_iter_
    """,
    "strategies of learning": """
        strategies = [
            {"solver": "sgd", "learning_rate": "constant", "momentum": 0,
             "learning_rate_init": 0.2},
            {"solver": "sgd", "learning_rate": "constant", "momentum": 0.9,
             "nesterovs_momentum": False, "learning_rate_init": 0.2},
            {"solver": "sgd", "learning_rate": "constant", "momentum": 0.9,
             "nesterovs_momentum": True, "learning_rate_init": 0.2},
            {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0,
             "learning_rate_init": 0.2},
            {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0.9,
             "nesterovs_momentum": False, "learning_rate_init": 0.2},
            {"solver": "sgd", "learning_rate": "adaptive", "momentum": 0.9,
             "learning_rate_init": 0.2},
            {"solver": "adam", "learning_rate_init": 0.01},
        ]
        curves, scores = [], []
        digits = load_digits()
        for X, y in [
            load_iris(return_X_y=True), (digits.data[:300], digits.target[:300]),
            make_circles(noise=0.2, factor=0.5, random_state=1),
            make_moons(noise=0.3, random_state=0),
        ]:
            X = MinMaxScaler().fit_transform(X)
            for strategy in strategies:
                mlp = MLPClassifier(random_state=0, max_iter=15, shuffle=False, **strategy)
                mlp.fit(X, y)
                curves.append(mlp.loss_curve_)
                scores.append(mlp.score(X, y))
    """,
    "what the neurons look for": """
        X, y = load_digits(return_X_y=True)
        X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
        mlp = MLPClassifier(hidden_layer_sizes=(40,), max_iter=8, alpha=1e-4, solver="sgd",
                            verbose=10, random_state=1, learning_rate_init=0.2)
        mlp.fit(X_train, y_train)
        scores = mlp.score(X_train, y_train), mlp.score(X_test, y_test)
        filters = [coef.reshape(8, 8) for coef in mlp.coefs_[0].T]
        vmin, vmax = mlp.coefs_[0].min(), mlp.coefs_[0].max()
    """,
    "a search for parameters": """
        X, y = load_iris(return_X_y=True)
        pipe = make_pipeline(StandardScaler(), MLPClassifier(max_iter=30, random_state=0))
        search = GridSearchCV(pipe, {"mlpclassifier__alpha": [1e-4, 1.0],
                                     "mlpclassifier__hidden_layer_sizes": [(4,), (8, 4)]}, cv=3)
        search.fit(X, y)
        best, scores = search.best_score_, search.cv_results_["mean_test_score"]
    """,
}
TOOLS = """
from sklearn.datasets import load_digits, load_iris, make_circles, make_moons, make_regression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
"""


@pytest.mark.parametrize("name", SCIKIT_LEARN)
def test_scikit_learns_examples(name, capsys):
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        theirs, ours = (
            run(f"{TOOLS}from {library} import MLPClassifier, MLPRegressor", SCIKIT_LEARN[name])
            for library in ("sklearn.neural_network", "mlp"))  # fmt: skip
    assert_same(theirs, ours, rtol=1e-6)


PYTORCH = {
    "a polynomial, by autograd": """
        x = linspace(-math.pi, math.pi, 2000)
        y = sin(x)
        a, b, c, d = (variable(number) for number in (0.3, -0.5, 0.2, 0.1))
        learning_rate = 1e-6
        losses = []
        for t in range(200):
            y_pred = a + b * x + c * x**2 + d * x**3
            loss = ((y_pred - y) ** 2).sum()
            losses.append(loss.item())
            loss.backward()
            with no_grad():
                for p in (a, b, c, d):
                    p.data -= learning_rate * p.grad
                    p.grad = None
        found = [p.item() for p in (a, b, c, d)]
    """,
    "a polynomial, by an optimizer": """
        x = linspace(-math.pi, math.pi, 2000)
        y = sin(x)
        powers = stack([x, x**2, x**3], -1)
        found, losses = [], []
        for Optimizer, settings in [
            (SGD, {"lr": 1e-6, "momentum": 0.9}), (RMSprop, {"lr": 1e-3}),
            (Adam, {"lr": 1e-3, "betas": (0.8, 0.99)}), (AdamW, {"lr": 1e-3, "eps": 1e-6}),
            (Adagrad, {"lr": 0.01, "weight_decay": 0.1}),
        ]:
            W, b = variable([[0.3], [-0.5], [0.2]]), variable([0.1])
            optimizer = Optimizer([W, b], **settings)
            for t in range(60):
                y_pred = (powers @ W + b)[:, 0]
                loss = ((y_pred - y) ** 2).sum()
                losses.append(loss.item())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            found.append([*W.reshape(-1).tolist(), b.item()])
    """,
    "two layers by hand": """
        x, y = sin(linspace(0, 640, 640)).reshape(64, 10), sin(linspace(9, 99, 320)).reshape(64, 5)
        w1 = variable(sin(linspace(1, 300, 300)).reshape(10, 30) * 0.3)
        w2 = variable(sin(linspace(5, 90, 150)).reshape(30, 5) * 0.3)
        losses = []
        for t in range(100):
            y_pred = relu(x @ w1) @ w2
            loss = ((y_pred - y) ** 2).sum()
            losses.append(loss.item())
            loss.backward()
            for w in (w1, w2):
                w.data -= 1e-3 * w.grad
                w.grad = None
        first = w1[0].tolist()
    """,
    "a classification": """
        x = sin(linspace(0, 200, 120)).reshape(40, 3)
        labels = (x[:, 0] + 2 * x[:, 1] > 0) * 1 + (x[:, 2] > 0.5) * 1
        W, b = variable([[0.1, -0.2, 0.3], [0.0, 0.1, -0.1], [0.2, 0.2, -0.3]]), variable([0.0] * 3)
        optimizer = Adam([W, b], lr=0.05)
        losses = []
        for epoch in range(50):
            loss = cross_entropy(tanh(x @ W) + b, labels)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        predicted = (tanh(x @ W) + b).argmax(axis=1).tolist()
    """,
}
THEIRS = """
import math, torch
from torch import linspace, no_grad, relu, sin, stack, tanh
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
def variable(numbers):
    return torch.as_tensor(numbers).clone().requires_grad_()
"""
OURS = """
import math
from numpy import linspace, sin, stack, tanh
from autograd import Tensor as variable, no_grad, relu, softmax_cross_entropy as cross_entropy
from mlp import SGD, AdaGrad as Adagrad, Adam, AdamW, RMSProp as RMSprop
"""


@pytest.fixture
def in_float64():
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.parametrize("name", PYTORCH)
def test_pytorchs_tutorials(name, in_float64):
    theirs, ours = (run(imports, PYTORCH[name]) for imports in (THEIRS, OURS))
    assert theirs["losses"][-1] < theirs["losses"][0]
    assert_same(theirs, ours, rtol=1e-9)


def test_a_logistic_regression_as_hips_autograd_shows_it():
    script = """
        inputs = np.array([[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.30],
                           [0.74, -2.49, 1.39]])
        targets = np.array([True, True, False, True])
        def sigmoid(x):
            return 0.5 * (np.tanh(x / 2.0) + 1)
        def predictions(weights):
            return sigmoid(np.dot(inputs, weights))
        def training_loss(weights):
            p = predictions(weights)
            return -np.sum(np.log(p * targets + (1 - p) * (1 - targets)))
        slope = grad(training_loss)
        weights = np.array([0.0, 0.0, 0.0])
        before = training_loss(weights)
        for i in range(100):
            weights -= slope(weights) * 0.01
        after = training_loss(weights)
    """
    ours = run("import numpy as np\nfrom autograd import grad", script)
    x, t = ours["inputs"], ours["targets"]
    w = np.zeros(3)
    for _ in range(100):
        w -= x.T @ (1 / (1 + np.exp(-x @ w)) - t) * 0.01
    np.testing.assert_allclose(ours["weights"], w, rtol=1e-12)
    assert ours["after"] < ours["before"] == pytest.approx(4 * math.log(2))


def run(imports, script):
    """Run a script; give what it has at the end."""
    names = {}
    exec(imports, names)
    before = {*names}
    exec("if True:" + script, names)
    return {name: x for name, x in names.items() if name not in before}


def assert_same(theirs, ours, rtol):
    """Compare what is a number, an array, or lists of these."""
    compared = 0
    for name, wanted in theirs.items():
        if isinstance(wanted, (int, float, tuple, list, np.ndarray, np.generic)):
            for a, b in zip(leaves(wanted), leaves(ours[name]), strict=True):
                if isinstance(a, (int, float, np.ndarray, np.generic)):
                    np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol, err_msg=name)
                    compared += 1
    assert compared > 3


def leaves(x):
    return [leaf for item in x for leaf in leaves(item)] if isinstance(x, (tuple, list)) else [x]
