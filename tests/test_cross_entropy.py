"""The fused cross-entropy: labels and targets, weights, impossible classes, bad input."""

import numpy as np
import pytest

from autograd import Tensor, softmax_cross_entropy

inf = np.inf
Z = np.array([[0.3, -1.2, 0.9], [2.0, 0.1, -0.4], [-0.7, 1.1, 0.2], [0.0, 0.5, -1.5]])


def backward(f, z):
    """The loss, and the gradient of its sum."""
    z = Tensor(z)
    y = f(z)
    y.sum().backward()
    return y.data, z.grad


def test_cross_entropy_of_labels_is_that_of_one_hot_targets():
    labels = np.array([0, 2, 1, 1])
    class_weights = np.array([0.2, 1.0, 3.0])
    for weights in (None, class_weights[labels]):
        for reduction in ("mean", "sum", "none"):
            both = [
                (lambda z, t=t: softmax_cross_entropy(z, t, weights, reduction))  # noqa: B023
                for t in (labels, np.eye(3)[labels])
            ]
            (y, g), (wanted, slope) = (backward(f, Z) for f in both)
            assert y == pytest.approx(wanted)
            assert g == pytest.approx(slope)


def test_cross_entropy_with_impossible_classes():
    z = np.array([[0.0, -inf, 0.0], [1e4, 0.0, -1e4]])
    for target in (np.array([0, 0]), np.eye(3)[[0, 0]]):
        losses, g = backward(
            lambda z, t=target: softmax_cross_entropy(z, t, reduction="none"), z)
        assert losses == pytest.approx([np.log(2), 0])
        assert g == pytest.approx(np.array([[-0.5, 0, 0.5], [0, 0, 0]]))


def test_cross_entropy_keeps_float32():
    for target in (np.array([0, 2, 1, 1]), np.eye(3)[[0, 2, 1, 1]]):
        for weights in (None, np.ones(4), [1, 2, 3, 4]):
            t = Tensor(Z, dtype="float32")
            loss = softmax_cross_entropy(t, target, weights)
            loss.backward()
            assert loss.dtype == t.grad.dtype == np.float32


@pytest.mark.parametrize(("change", "error", "message"), [
    ({"target": np.array([0, 3])}, ValueError, "labels from 0 to 2, got 0 to 3"),
    ({"target": np.array([-1, 0])}, ValueError, "labels from 0 to 2, got -1 to 0"),
    ({"target": np.array([0.0, 1])}, TypeError, "labels are integers, got float64"),
    ({"target": np.array([0, 1, 2])}, ValueError, r"got \(2, 3\) and \(3,\)"),
    ({"target": Tensor(np.eye(3)[:2])}, TypeError, "target is a constant"),
    ({"weights": Tensor([1.0, 2.0])}, TypeError, "weights is a constant"),
    ({"weights": np.ones((2, 1))}, ValueError, r"shape \(2,\), got \(2, 1\)"),
    ({"weights": np.ones(3)}, ValueError, r"shape \(2,\), got \(3,\)"),
    ({"reduction": "average"}, ValueError, "not 'average'"),
    ({"z": Tensor(np.ones(3))}, ValueError, r"got \(3,\) and \(2,\)"),
])  # fmt: skip
def test_cross_entropy_refuses(change, error, message):
    good = {"z": Tensor(Z[:2]), "target": np.array([0, 1]), "weights": None}
    with pytest.raises(error, match=message):
        softmax_cross_entropy(**good | change)
