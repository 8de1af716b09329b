"""Learning-rate schedules: PyTorch's numbers, and their use."""

import math
import pickle

import pytest

from autograd import Value
from mlp import SGD, gradient_descent
from mlp.optimizers.schedules import cosine_decay, exponential_decay, step_decay, warm_up

SCHEDULES = [
    step_decay(0.1, 3), exponential_decay(0.1, 0.9), cosine_decay(0.1, 8), warm_up(0.1, 4),
    warm_up(cosine_decay(0.1, 8, 0.01), 4),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "name", "settings", "steps"), [
    (step_decay(0.4, 3), "StepLR", {"step_size": 3}, 20),
    (step_decay(0.4, 4, 0.5), "StepLR", {"step_size": 4, "gamma": 0.5}, 20),
    (exponential_decay(0.4, 0.9), "ExponentialLR", {"gamma": 0.9}, 20),
    (cosine_decay(0.4, 20), "CosineAnnealingLR", {"T_max": 20}, 21),
    (cosine_decay(0.4, 20, 0.05), "CosineAnnealingLR", {"T_max": 20, "eta_min": 0.05}, 21),
    (warm_up(0.4, 5), "LinearLR", {"start_factor": 1 / 5, "total_iters": 4}, 20),
])  # fmt: skip
def test_as_in_pytorch(ours, name, settings, steps):
    torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    theirs = getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)
    for k in range(steps):
        assert ours(k) == pytest.approx(theirs.get_last_lr()[0], rel=1e-12, abs=1e-15), k
        optimizer.step()
        theirs.step()


def test_numbers():
    """The formulas, computed by hand."""
    assert step_decay(1.0, 10)(29) == pytest.approx(0.01)
    assert exponential_decay(1.0, 0.5, 10)(15) == pytest.approx(0.5**1.5)
    assert cosine_decay(1.0, 6, 0.2)(2) == pytest.approx(0.2 + 0.8 * 0.75)
    assert [warm_up(0.8, 4)(k) for k in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])


def test_ends():
    assert cosine_decay(1.0, 6, 0.2)(6) == cosine_decay(1.0, 6, 0.2)(600) == 0.2
    assert cosine_decay(0.3, 6)(0) == 0.3
    assert cosine_decay(0.1, 6)(6) == 0


def test_warm_up_then_the_schedule_from_its_start():
    after = cosine_decay(0.4, 10)
    schedule = warm_up(after, 5)
    assert [schedule(k) for k in range(5)] == pytest.approx([0.08, 0.16, 0.24, 0.32, 0.4])
    assert [schedule(k) for k in range(5, 20)] == [after(k) for k in range(15)]
    assert warm_up(lambda k: 1 / (k + 1), 1)(3) == pytest.approx(1 / 3)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_use(schedule):
    """Both ways of training take one, and walk the same way."""
    x, y = Value(4.0), Value(4.0)
    for _ in gradient_descent(lambda: x**2, [x], learning_rate=schedule, steps=8):
        pass
    optimizer = SGD([y], schedule)
    rates = []
    for _ in range(8):
        rates.append(optimizer.rate)
        optimizer.zero_grad()
        (y**2).backward()
        optimizer.step()
    assert rates == [schedule(k) for k in range(8)]
    assert x.data == pytest.approx(y.data, rel=1e-12) == 4 * math.prod(1 - 2 * r for r in rates)


def test_schedules_print_compare_and_pickle():
    for schedule in SCHEDULES:
        assert eval(repr(schedule)) == schedule == pickle.loads(pickle.dumps(schedule))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: step_decay(-0.1, 3), "rate is a number above 0, got -0.1"),
    (lambda: step_decay(0.1, 0), "steps is a whole number from 1, got 0"),
    (lambda: step_decay(0.1, 2.5), "steps is a whole number from 1, got 2.5"),
    (lambda: step_decay(0.1, 2, 0), "factor is a number above 0, got 0"),
    (lambda: exponential_decay(math.nan, 0.9), "rate is a number above 0, got nan"),
    (lambda: exponential_decay(0.1, math.inf), "factor is a number above 0, got inf"),
    (lambda: exponential_decay(0.1, 0.9, 0), "steps is a whole number"),
    (lambda: cosine_decay("0.1", 5), "rate is a number above 0, got '0.1'"),
    (lambda: cosine_decay(0.1, 5, -0.1), "final is a number from 0, got -0.1"),
    (lambda: cosine_decay(0.1, 0), "steps is a whole number"),
    (lambda: warm_up(0, 5), "schedule is a number above 0, got 0"),
    (lambda: warm_up(0.1, -5), "steps is a whole number"),
])  # fmt: skip
def test_bad_settings(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()
