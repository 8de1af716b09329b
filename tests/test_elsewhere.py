"""What others call things: names that are answered with what to write, and settings by theirs."""

import importlib
import re
import sys

import numpy as np
import pytest

import autograd
import mlp
from autograd import Tensor, Value
from autograd import elsewhere as of_the_engine
from mlp import SGD, Adam, AdamW, elsewhere, gradient_descent
from mlp.lookup import respelled


@pytest.mark.parametrize(("package", "name", "hint"), [
    (mlp, "Linear", "Dense"), (mlp, "nn", "mlp.Sequential"), (mlp, "Model", "mlp.Sequential"),
    (mlp, "DataLoader", "mlp.data.batches"), (mlp, "CrossEntropyLoss", "softmax_cross_entropy"),
    (mlp, "ReLU", "Activation"), (mlp, "EarlyStopping", "it is mlp.callbacks.EarlyStopping"),
    (mlp, "MeanSquaredError", "it is mlp.losses.MeanSquaredError"), (mlp, "Conv2d", "dense layers"),
    (autograd, "numpy", "import numpy as np"), (autograd, "elementwise_grad", "grad"),
    (autograd, "Variable", "Tensor"),
])  # fmt: skip
def test_a_name_of_another_library_says_what_to_write(package, name, hint):
    assert not hasattr(package, name)
    said = rf"^{package.__name__} has no {name}: .*{re.escape(hint)}"
    with pytest.raises(AttributeError, match=said):
        getattr(package, name)
    for statement in (f"from {package.__name__} import {name}",
                      f"import {package.__name__}.{name}",
                      f"from {package.__name__}.{name} import anything"):  # fmt: skip
        with pytest.raises(ImportError, match=said):
            exec(statement)
    assert f"{package.__name__}.{name}" not in sys.modules


@pytest.mark.parametrize("package", [mlp, autograd])
def test_a_name_that_nobody_has_is_missing_as_ever(package):
    with pytest.raises(AttributeError, match=r"has no attribute 'nothing'$"):
        _ = package.nothing
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec(f"from {package.__name__} import nothing")
    with pytest.raises(ModuleNotFoundError, match="No module named"):
        importlib.import_module(f"{package.__name__}.nothing")


def test_what_is_to_be_written_is_there():
    for package, ways in (mlp, elsewhere.ELSEWHERE), (autograd, of_the_engine._AT_THE_TOP):
        for name, way in ways.items():
            assert name not in package.__all__
            for path in re.findall(r"\b(?:mlp|autograd)(?:\.\w+)+", way):
                found = sys.modules[path.split(".")[0]]
                for part in path.split(".")[1:]:
                    found = getattr(found, part)
            for function in re.findall(r"\bwrite (\w+)\(", way):
                assert any(hasattr(p, function) for p in (mlp, autograd)), way


def test_pytorchs_settings():
    w = Tensor([1.0])
    optimizer = SGD([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.step()
    assert w.data[0] == pytest.approx(0.8)
    assert optimizer.get_config() == {"learning_rate": 0.1}
    adam = Adam([w], lr=0.01, betas=(0.8, 0.9))
    assert (adam.learning_rate, adam.beta1, adam.beta2) == (0.01, 0.8, 0.9)
    later = AdamW(lr=0.5, betas=[0.5, 0.6], eps=1e-3)  # for compile
    assert later([w]).get_config() == {
        "learning_rate": 0.5, "beta1": 0.5, "beta2": 0.6, "eps": 1e-3}  # fmt: skip
    x = Value(4.0)
    list(gradient_descent(lambda: x**2, [x], lr=0.25, steps=1))
    assert x.data == 2
    net = mlp.MLP(2, [1], seed=0)
    losses = [mlp.MLP(2, [1], seed=0).fit(np.eye(2), [0.5, 1.0], epochs=2, seed=0, **rate)
              for rate in ({"lr": 0.1}, {"learning_rate": 0.1})]  # fmt: skip
    assert losses[0] == losses[1] != net.fit(np.eye(2), [0.5, 1.0], epochs=2, seed=0)


def test_a_subclass_has_names_of_its_own():
    class Mine(SGD):
        def __init__(self, parameters, lr):
            super().__init__(parameters, 2 * lr)

    assert Mine([Value(1.0)], lr=0.5).learning_rate == 1.0


@pytest.mark.parametrize(("call", "says"), [
    (lambda: SGD([Value(1.0)], lr=0.1, learning_rate=0.1), "SGD: one setting has two names"),
    (lambda: Adam([Value(1.0)], amsgrad=True), "Adam takes no amsgrad=: it takes learning_rate="),
    (lambda: Adam([Value(1.0)], betas=0.9), "Adam: betas is a pair of numbers, got 0.9"),
    (lambda: SGD([Value(1.0)], betas=(0.9, 0.9)), "SGD takes no beta"),
    (lambda: SGD(mlp.MLP(2, [1]), lr=0.1), r"SGD: parameters .*got a MLP: write \.parameters\(\)"),
    (lambda: SGD(Value(1.0), lr=0.1), r"SGD: parameters is a list .*: write \[w\]"),
    (lambda: SGD(0.1, lr=0.1), "SGD: parameters is a list of Tensors or Values, got 0.1"),
    (lambda: gradient_descent(abs, [], lr=1, learning_rate=1), "one setting has two names"),
    (lambda: mlp.Sequential([mlp.Layer(2, 1)]), "a Layer of Values goes into an MLP"),
    (lambda: mlp.Sequential(mlp.Dense(4), mlp.Dense(2)), "layers is a list .* in brackets"),
    (lambda: Adam(mlp.Sequential([mlp.Dense(2)]).parameters()), "Adam: .* before it is built"),
    (lambda: mlp.MLP(2, [3, 1])([[1, 2], [3, 4]]), "one example, a list of 2 numbers"),
    (lambda: mlp.binary_cross_entropy([0.3, 0.2], [1, 0]), r"target is a number.*mean\(\["),
    (lambda: gradient_descent(Value(1.0) ** 2, [Value(1.0)]), r"cost is a function .*lambda"),
    (lambda: mlp.Perceptron(2), r"Perceptron: weights is a list .*write Perceptron\(\[0\]"),
    (lambda: mlp.Dense(3, 2), r"Dense: activation .* got 2: write Dense\(units, activation\)"),
])  # fmt: skip
def test_settings_that_are_refused(call, says):
    with pytest.raises((TypeError, ValueError), match=says):
        call()


def test_a_function_keeps_its_own_name_and_signature():
    @respelled(eta="rate")
    def step(x, *, rate=1.0):
        """Go on."""
        return x - rate

    assert (step(3, eta=2), step(3, rate=2), step(3)) == (1, 1, 2)
    assert (step.__name__, step.__doc__) == ("step", "Go on.")


def test_a_perceptron_by_scikit_learns_names():
    from sklearn.linear_model import Perceptron as Theirs

    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = (x @ [1.0, -2.0, 0.5] > 0.3).astype(float)
    ours = mlp.Perceptron()
    assert repr(ours) == "Perceptron()"
    with pytest.raises(AttributeError, match="no weights yet"):
        _ = ours.coef_
    run = ours.fit(x, y, eta0=1.0, max_iter=1000)
    theirs = Theirs(shuffle=False, tol=None, max_iter=ours.n_iter_).fit(x, y)
    assert run.converged
    assert ours.n_iter_ == len(run.errors)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-12)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-12)
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
    assert ours.score(x, y) == theirs.score(x, y) == 1
    several = mlp.Perceptron(activation="sign")
    targets = np.column_stack([2 * y - 1, np.where(x[:, 0] > 0, 1, -1)])
    assert several.fit(x, targets, epochs=500).converged
    assert several.coef_.shape == (2, 3)
    assert several.score(x, -targets) == 0


def test_a_perceptron_that_is_not_fitted_stays_as_it_was():
    unit = mlp.Perceptron()
    for x, y in ([[1.0, 2.0]], [0.5]), ([1.0, 2.0], [1]), ([[1.0, 2.0]], 1), ([[1.0]], [1, 0]):
        with pytest.raises(ValueError, match="fit: "):
            unit.fit(x, y)
        assert unit.weights is None


@pytest.mark.parametrize(("call", "error", "hint"), [
    (lambda m, o, t: m.train(), AttributeError, "fit trains"),
    (lambda m, o, t: m.forward(t), AttributeError, r"model\(x\)"),
    (lambda m, o, t: m.state_dict(), AttributeError, "get_weights"),
    (lambda m, o, t: o.param_groups, AttributeError, "learning_rate"),
    (lambda m, o, t: o.zero_grad(set_to_none=False), ValueError, "None here"),
    (lambda m, o, t: t.__setitem__(0, 1.0), TypeError, "np.where"),
    (lambda m, o, t: autograd.concatenate([t, t], dim=0), TypeError, "axis= for dim="),
    (lambda m, o, t: autograd.softmax(t, dim=0), TypeError, "axis= for dim="),
    (lambda m, o, t: autograd.cat, AttributeError, "concatenate"),
    (lambda m, o, t: autograd.mean, AttributeError, "np.mean"),
    (lambda m, o, t: type("Net", (mlp.Module,), {"forward": abs}), TypeError, "write __call__"),
    (lambda m, o, t: mlp.callbacks.History().history["acc"], KeyError, "there are none"),
    (lambda m, o, t: mlp.keras.layers.Dense(3, init="zeros"), TypeError, "kernel_initializer now"),
])  # fmt: skip
def test_habits_are_answered(call, error, hint):
    import mlp.keras

    model, t = mlp.Sequential([mlp.Dense(2)], seed=0), Tensor([1.0, 2.0])
    with pytest.raises(error, match=hint):
        call(model, SGD([t], lr=0.1), t)


def test_what_is_real_is_itself():
    t = Tensor([1.0, 2.0])
    np.testing.assert_array_equal(np.real(t).data, t.data)
