"""What is given as an array, and has masked entries, or is none."""

import matplotlib as mpl
import numpy as np
import pytest

import autograd
import mlp
from autograd import Tensor, Value, softmax_cross_entropy, values, vectorize
from mlp import data, losses, plots

mpl.use("Agg")

X = np.array([[1.0, 2.0], [3.0, 4.0]])
MASKED = np.ma.array(X, mask=X > 2)
COLUMN = np.ma.array([0.5, 1.0], mask=[0, 1])
LABELS = np.ma.array([0, 1], mask=[0, 1])
x = values(2, "x")
PROGRAM = vectorize(x[0] * x[1], inputs=[x])


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: Tensor(MASKED), ValueError, "2 of these numbers are masked, and would count"),
    (lambda: setattr(Tensor(X), "data", MASKED), ValueError, "masked"),
    (lambda: Tensor(X) * MASKED, ValueError, "masked"),
    (lambda: Tensor(X) @ MASKED, ValueError, "masked"),
    (lambda: MASKED * Tensor(X), TypeError, "a masked array does not take Values and Tensors"),
    (lambda: np.ma.array([1.0]) + Value(2.0), TypeError, "a masked array does not take Values"),
    (lambda: (Tensor(X) * 2).backward(MASKED), ValueError, "masked"),
    (lambda: Value(COLUMN[1]), ValueError, "masked"),
    (lambda: Tensor(X).data.__setitem__(0, MASKED[1]), ValueError, "data: 2 of these numbers"),
    (lambda: Tensor(X)[LABELS], ValueError, "an index: 1 of these numbers are masked"),
    (lambda: Tensor(X).take(LABELS), ValueError, "take: 1 of these"),
    (lambda: autograd.exp(MASKED), ValueError, "exp: 2 of these"),
    (lambda: autograd.softmax(MASKED), ValueError, "softmax: 2 of these"),
    (lambda: softmax_cross_entropy(MASKED, [0, 1]), ValueError, "masked"),
    (lambda: softmax_cross_entropy(X, LABELS), ValueError, "masked"),
    (lambda: softmax_cross_entropy(X, [0, 1], COLUMN), ValueError, "masked"),
    (lambda: PROGRAM(MASKED), ValueError, "x: 2 of these"),
    (lambda: PROGRAM.mean(X, weights=COLUMN), ValueError, "weights: 1 of these"),
    (lambda: mlp.sigmoid_cross_entropy(COLUMN, [0, 1]), ValueError, "masked"),
    (lambda: losses.MeanSquaredError()(X, MASKED), ValueError, "masked"),
    (lambda: data.batches(MASKED, [0, 1], 1), ValueError, "batches: x has 2 masked"),
    (lambda: data.batches(X, LABELS, 1), ValueError, "batches: y has 1 masked"),
    (lambda: data.Dataset(MASKED, np.zeros(2)), ValueError, "Dataset: x has 2 masked"),
    (lambda: data.Dataset(X, LABELS), ValueError, "Dataset: y has 1 masked"),
    (lambda: data.one_hot(LABELS), ValueError, "one_hot: y has 1 masked"),
    (lambda: mlp.Normalization().adapt(MASKED), ValueError, "adapt: data has 2 masked"),
    (lambda: mlp.Sequential([mlp.Dense(2)]).build(2).layers[0].set_weights([MASKED, [0, 0]]),
     ValueError, "set_weights: one of weights has 2 masked"),
    (lambda: plots.confusion_matrix(LABELS, [0, 1]), ValueError, "y_true has 1 masked"),
    (lambda: plots.decision_boundary(lambda x: x[:, 0], MASKED, [0, 1]), ValueError, "masked"),
    (lambda: plots.predictions(COLUMN, [0.0, 1.0]), ValueError, "y_true has 1 masked"),
    (lambda: plots.images(MASKED, shape=(1, 2)), ValueError, "pictures has 2 masked"),
])  # fmt: skip
def test_masked_entries_do_not_count(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_a_masked_array_without_a_masked_entry_is_an_array():
    whole = np.ma.array(X)
    assert (Tensor(whole) * whole).sum().data == (X * X).sum()
    assert not isinstance(Tensor(whole).data, np.ma.MaskedArray)
