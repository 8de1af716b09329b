"""What is given as an array, and has masked entries, or is none."""

import numpy as np
import pytest

from autograd import Tensor, Value

X = np.array([[1.0, 2.0], [3.0, 4.0]])
MASKED = np.ma.array(X, mask=X > 2)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: Tensor(MASKED), ValueError, "2 of these numbers are masked, and would count"),
    (lambda: setattr(Tensor(X), "data", MASKED), ValueError, "masked"),
    (lambda: Tensor(X) * MASKED, ValueError, "masked"),
    (lambda: Tensor(X) @ MASKED, ValueError, "masked"),
    (lambda: MASKED * Tensor(X), TypeError, "a masked array does not take Values and Tensors"),
    (lambda: np.ma.array([1.0]) + Value(2.0), TypeError, "a masked array does not take Values"),
    (lambda: (Tensor(X) * 2).backward(MASKED), ValueError, "masked"),
])  # fmt: skip
def test_masked_entries_do_not_count(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_a_masked_array_without_a_masked_entry_is_an_array():
    whole = np.ma.array(X)
    assert (Tensor(whole) * whole).sum().data == (X * X).sum()
    assert not isinstance(Tensor(whole).data, np.ma.MaskedArray)
