"""Losses as functions for both kinds, and as the objects that compile takes."""

import numpy as np
import pytest

import autograd
import mlp
from autograd import Tensor, Value, values
from mlp import losses, metrics

RNG = np.random.default_rng(0)
OUTPUTS = RNG.normal(size=(5, 3))
P = np.exp(OUTPUTS) / np.exp(OUTPUTS).sum(1, keepdims=True)
LABELS = np.array([0, 2, 1, 1, 0])
ONE_HOT = np.eye(3)[LABELS]
SIGNS = 2 * ONE_HOT - 1


@pytest.mark.parametrize(("f", "outputs", "targets"), [
    (losses.squared_error, OUTPUTS, ONE_HOT),
    (losses.half_squared_error, OUTPUTS, ONE_HOT),
    (losses.cross_entropy, P, LABELS),
    (losses.cross_entropy, P, ONE_HOT),
])  # fmt: skip
def test_a_batch_is_its_examples(f, outputs, targets):
    wanted = [f(o.tolist(), t.tolist()) for o, t in zip(outputs, targets, strict=True)]
    np.testing.assert_allclose(f(Tensor(outputs), targets).data, wanted)
    np.testing.assert_allclose(f(outputs, targets), wanted)
    assert losses.mean(f(Tensor(outputs), targets)).data == pytest.approx(np.mean(wanted))


@pytest.mark.parametrize(("f", "outputs", "targets"), [
    (losses.hinge, OUTPUTS, SIGNS),
    (losses.binary_cross_entropy, P, ONE_HOT),
    (losses.sigmoid_cross_entropy, OUTPUTS, ONE_HOT),
])  # fmt: skip
def test_an_array_is_its_elements(f, outputs, targets):
    wanted = [f(o, t) for o, t in zip(outputs.ravel(), targets.ravel(), strict=True)]
    np.testing.assert_allclose(f(Tensor(outputs), targets).data.ravel(), wanted)
    np.testing.assert_allclose(f(outputs, targets).ravel(), wanted)


def test_names_shared_with_autograd_are_for_both_kinds():
    t = Tensor(OUTPUTS)
    np.testing.assert_array_equal(mlp.softmax(t).data, autograd.softmax(t).data)
    np.testing.assert_allclose(mlp.log_softmax(OUTPUTS), np.log(P))
    np.testing.assert_array_equal(
        mlp.softmax_cross_entropy(t, LABELS, reduction="none").data,
        autograd.softmax_cross_entropy(t, LABELS, reduction="none").data)  # fmt: skip
    assert isinstance(mlp.softmax_cross_entropy(values([1.0, 2.0]), 1), Value)
    assert [v.data for v in mlp.softmax(values([1.0, 1.0]))] == [0.5, 0.5]


def test_probabilities_of_arrays_are_cut_off():
    assert losses.binary_cross_entropy(np.zeros(1), np.ones(1))[0] == pytest.approx(-np.log(1e-7))
    assert losses.cross_entropy(np.array([[1.0, 0.0]]), [1])[0] == pytest.approx(-np.log(1e-7))
    with pytest.raises(ValueError, match="within 0…1, got -2 to 3: end the network with a softmax"):
        losses.binary_cross_entropy(np.array([-2.0, 3.0]), np.ones(2))
    with pytest.raises(ValueError, match="a target is within 0…1, got 2"):
        losses.sigmoid_cross_entropy(np.zeros(2), [1, 2])
    with pytest.raises(ValueError, match=r"shape \(2,\), but targets of shape \(3,\)"):
        losses.squared_error(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="−1 or 1, got 0"):
        losses.hinge(np.zeros(2), [1, 0])


@pytest.mark.parametrize(("loss", "z", "y", "phi"), [
    (losses.SparseCategoricalCrossentropy(), OUTPUTS, LABELS, autograd.softmax),
    (losses.CategoricalCrossentropy(), OUTPUTS, P, autograd.softmax),
    (losses.CategoricalCrossentropy(label_smoothing=0.1), OUTPUTS, ONE_HOT, autograd.softmax),
    (losses.BinaryCrossentropy(), OUTPUTS, ONE_HOT, autograd.sigmoid),
    (losses.BinaryCrossentropy(label_smoothing=0.2), OUTPUTS, ONE_HOT, autograd.sigmoid),
])  # fmt: skip
def test_fused_is_equal_to_unfused(loss, z, y, phi):
    targets = loss.prepare(y, z.shape, z.dtype)
    for weights in None, np.arange(1.0, 6.0):
        slopes = []
        for act, x in (phi, Tensor(z)), (lambda x: phi(x) * 1.0, Tensor(z)):
            J = loss.cost(targets, x, act, weights)
            J.backward()
            slopes.append([J.data, *x.grad.ravel()])
        np.testing.assert_allclose(slopes[0], slopes[1], rtol=1e-6, atol=1e-9)
    from_logits = type(loss)(from_logits=True)
    if not getattr(loss, "label_smoothing", 0):
        assert from_logits(y, z).item() == pytest.approx(loss(y, phi(z)).item(), rel=1e-6)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_gradients(name, check_tensors):
    loss = losses.loss(name)
    sparse, p = name.startswith("sparse"), "entropy" in name or name == "poisson"
    outputs = P if p else OUTPUTS
    y = LABELS if sparse else ONE_HOT + 0.5 * (type(loss).__name__ == "MeanAbsolutePercentageError")
    targets = loss.prepare(y, outputs.shape, outputs.dtype)
    check_tensors(lambda z: loss.cost(targets, z, lambda x: x, np.arange(5.0)), outputs)


def test_huber():
    e = np.array([[0.5], [1.0], [-3.0]])
    wanted = np.where(np.abs(e) <= 2, e**2 / 2, 2 * np.abs(e) - 2)
    np.testing.assert_allclose(losses.Huber(delta=2).elements(np.zeros_like(e), e), wanted)
    with pytest.raises(ValueError, match="delta is a number above 0, or infinite, got 0"):
        losses.Huber(0)


def test_as_an_object():
    loss = losses.MeanSquaredError(name="error")
    assert (loss.name, repr(losses.Huber(2.0))) == ("error", "Huber(delta=2.0)")
    assert loss([[1.0], [3.0]], Tensor([[0.0], [0.0]]), [1.0, 0.0]).data == 0.5
    assert losses.loss(loss) is loss
    with pytest.raises(TypeError, match=r"abstract method '?elements"):
        losses.Loss()
    with pytest.raises(ValueError, match="label_smoothing is a number from 0 to 1"):
        losses.BinaryCrossentropy(label_smoothing=2)
    with pytest.raises(ValueError, match="label_smoothing is a number from 0 to 1"):
        losses.CategoricalCrossentropy(label_smoothing=-1)


@pytest.mark.parametrize(("y", "shape", "kind"), [
    (np.zeros((4, 1)), (4, 1), metrics.BinaryAccuracy),
    (np.zeros(4), (4, 1), metrics.BinaryAccuracy),
    (np.zeros(4), (4, 3), metrics.SparseCategoricalAccuracy),
    (np.zeros((4, 1)), (4, 3), metrics.SparseCategoricalAccuracy),
    (np.zeros((4, 3)), (4, 3), metrics.CategoricalAccuracy),
])  # fmt: skip
def test_which_accuracy(y, shape, kind):
    found = metrics.metric("acc", y, shape)
    assert (type(found), found.name, found.better) == (kind, "acc", "max")


def test_metrics_by_name_class_and_loss():
    made = [metrics.metric(m, LABELS, (5, 3)) for m in (
        "mae", losses.Huber(), "binary_accuracy", metrics.BinaryAccuracy, losses.MeanSquaredError,
        metrics.SparseCategoricalAccuracy(name="right"), lambda t, y: y)]  # fmt: skip
    assert [m.name for m in made] == ["mae", "huber", "binary_accuracy", "binary_accuracy",
                                      "mean_squared_error", "right", "<lambda>"]  # fmt: skip
    assert [m.better for m in made] == ["min", "min", "max", "max", "min", "max", None]
    with pytest.raises(TypeError, match=r"abstract method '?values"):
        metrics.Metric()
