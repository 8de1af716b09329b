"""Optimizers and clipping: PyTorch's numbers, states, and errors that change nothing."""

import math

import numpy as np
import pytest

import mlp
from autograd import Tensor, Value
from mlp import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp, clip_by_norm, clip_by_value
from mlp.optimizers import OPTIMIZERS, optimizer
from mlp.optimizers.parameters import FlatParameters
from mlp.optimizers.schedules import cosine_decay, step_decay

# What it is called here, with what settings; the same of PyTorch.
CASES = [
    (SGD, {}, "SGD", {}),
    (SGD, {"momentum": 0.9}, "SGD", {"momentum": 0.9}),
    (SGD, {"momentum": 0.9, "nesterov": True}, "SGD", {"momentum": 0.9, "nesterov": True}),
    (SGD, {"learning_rate": 0.05, "momentum": 0.5, "weight_decay": 0.1},
     "SGD", {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1}),
    (AdaGrad, {}, "Adagrad", {}),
    (AdaGrad, {"learning_rate": 0.1, "eps": 1e-3, "weight_decay": 0.1},
     "Adagrad", {"lr": 0.1, "eps": 1e-3, "weight_decay": 0.1}),
    (RMSProp, {}, "RMSprop", {}),
    (RMSProp, {"centered": True}, "RMSprop", {"centered": True}),
    (RMSProp, {"alpha": 0.9, "eps": 1e-4, "momentum": 0.8, "centered": True, "weight_decay": 0.1},
     "RMSprop",
     {"alpha": 0.9, "eps": 1e-4, "momentum": 0.8, "centered": True, "weight_decay": 0.1}),
    (RMSProp, {"momentum": 0.5}, "RMSprop", {"momentum": 0.5}),
    (Adam, {}, "Adam", {}),
    (Adam, {"learning_rate": 0.01, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.1},
     "Adam", {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.1}),
    (AdamW, {}, "AdamW", {}),
    (AdamW, {"learning_rate": 0.01, "weight_decay": 0.5}, "AdamW",
     {"lr": 0.01, "weight_decay": 0.5}),
]  # fmt: skip
NAMES = [f"{cls.__name__}-{'-'.join(kw) or 'defaults'}" for cls, kw, *_ in CASES]
KINDS = [SGD, AdaGrad, RMSProp, Adam, AdamW]


def start(dtype=float):
    rng = np.random.default_rng(5)
    return [rng.standard_normal(shape).astype(dtype) for shape in ((3, 4), (4,), ())]


def gradients(steps, dtype=float):
    """Gradients of every size, some of them 0, as dead units have."""
    rng = np.random.default_rng(6)
    for _ in range(steps):
        scale = 10.0 ** rng.integers(-3, 3)
        yield [np.asarray(scale * rng.standard_normal(x.shape) * (rng.random(x.shape) < 0.8), dtype)
               for x in start()]  # fmt: skip


def run(opt, gs):
    for g in gs:
        for p, x in zip(opt.flat.parameters, g, strict=True):
            p.grad = x.copy() if isinstance(p, Tensor) else float(x)
        opt.step()


def numbers(parameters):
    return np.concatenate([np.ravel(p.data) for p in parameters])


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 1e-6)])
@pytest.mark.parametrize(("cls", "settings", "torch_name", "torch_settings"), CASES, ids=NAMES)
def test_a_hundred_steps_as_in_pytorch(
    cls, settings, torch_name, torch_settings, dtype, tolerance
):
    torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    ours = [Tensor(x) for x in start(dtype)]
    theirs = [torch.tensor(x, requires_grad=True) for x in start(dtype)]
    reference = getattr(torch.optim, torch_name)(theirs, **torch_settings)
    opt = cls(ours, **settings)
    moved = numbers(ours)
    for g in gradients(100, dtype):
        run(opt, [g])
        for p, x in zip(theirs, g, strict=True):
            p.grad = torch.tensor(x)
        reference.step()
        expected = np.concatenate([p.detach().numpy().ravel() for p in theirs])
        largest = max(1, np.abs(expected).max())  # a float32 of 50 has been rounded by 2e-6
        np.testing.assert_allclose(numbers(ours), expected, tolerance, tolerance * largest)
    assert ours[0].dtype == dtype
    assert np.abs(numbers(ours) - moved).max() > 1e-3


@pytest.mark.parametrize(("name", "expected"), [
    ("sgd", (0.006046618, -1.197473878)),
    ("momentum", (0.51667875, 0.621845821)),
    ("nesterov", (0.02222418, 0.523984907)),
    ("adagrad", (0.5537312, -1.523979448)),
    ("rmsprop", (0.0, -0.005264082)),
    ("adam", (0.076249153, -1.024586846)),
    ("adamw", (0.071695495, -1.009727283)),
])  # fmt: skip
@pytest.mark.parametrize("kind", [Tensor, Value])
def test_ten_steps_in_a_bowl(name, expected, kind):
    """PyTorch 2.13's numbers, for where it is not installed."""
    w = Tensor([1.0, -2.0]) if kind is Tensor else [Value(1.0), Value(-2.0)]
    opt = optimizer(name)([w] if kind is Tensor else w, learning_rate=0.1)
    for _ in range(10):
        opt.zero_grad()
        (2 * w[0] ** 2 + w[1] ** 2 / 4).backward()
        opt.step()
    assert numbers(opt.flat.parameters) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("cls", KINDS)
def test_default_rates(cls):
    expected = 1e-2 if cls in (AdaGrad, RMSProp) else 1e-3
    assert cls([Value(1.0)]).learning_rate == expected


@pytest.mark.parametrize("cls", KINDS)
def test_a_step_reads_the_gradient_and_does_not_change_it(cls):
    w = Tensor([1.0, 2.0])
    opt = cls([w], weight_decay=0.5)
    (w * np.array([3.0, -4.0])).sum().backward()
    opt.step()
    assert w.grad.tolist() == [3.0, -4.0]
    opt.zero_grad()
    assert w.grad is None


@pytest.mark.parametrize("cls", KINDS)
def test_no_gradient_is_not_a_gradient_of_zero(cls):
    """As in PyTorch: what the cost does not depend on stays, and does not decay or roll on."""
    rolls = {"momentum": 0.9} if cls in (SGD, RMSProp) else {}
    used, other = Tensor([1.0, 1.0]), Tensor([5.0])
    opt = cls([used, other], weight_decay=0.5, **rolls)
    (used.sum() + other.sum()).backward()
    opt.step()
    before, state, u = other.data.copy(), opt.state(), used.data.copy()
    opt.zero_grad()
    used.sum().backward()
    opt.step()
    assert other.data == before
    assert (used.data != u).all()
    for name in opt._arrays:
        assert opt.state()[name][2] == state[name][2]
    used.sum().backward()
    other.grad = np.zeros(1)
    opt.step()
    assert other.data != before


def test_parameters_that_are_set_between_steps():
    w = Tensor([1.0, 2.0])
    opt = SGD([w], 0.5)
    w.data = np.array([10.0, 20.0])
    w.grad = np.ones(2)
    opt.step()
    assert w.data.tolist() == [9.5, 19.5]


def test_flat_parameters_are_taken_as_they_are():
    flat = FlatParameters([Tensor([1.0])])
    assert SGD(flat).flat is flat


def test_a_graph_made_before_a_step_is_stale():
    w = Tensor([3.0])
    opt = SGD([w], 0.1)
    loss = (w**2).sum()
    loss.backward()
    opt.step()
    with pytest.raises(RuntimeError, match="was changed after power had used it"):
        loss.backward()


# The learning rate


def test_the_learning_rate_is_set_between_steps():
    x = Value(0.0)
    opt = SGD([x], 1.0)
    for rate in (1.0, 0.1, 0):
        opt.learning_rate = rate
        x.grad = 1.0
        opt.step()
    assert x.data == pytest.approx(-1.1)


def test_a_schedule_counts_steps_from_zero():
    x = Value(0.0)
    asked = []
    opt = SGD([x], lambda k: asked.append(k) or 1.0)
    for _ in range(3):
        x.grad = 1.0
        opt.step()
    assert asked == [0, 1, 2]
    assert x.data == -3
    assert SGD([x], step_decay(0.3, 2)).rate == 0.3


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf, "fast", None, 1j])
def test_bad_learning_rates(rate):
    x = Value(1.0)
    opt = SGD([x], 0.1)
    refused = pytest.raises((TypeError, ValueError), match="SGD: learning_rate is a number from 0")
    with refused:
        SGD([x], rate)
    with refused:
        opt.learning_rate = rate
    assert opt.learning_rate == 0.1
    opt.learning_rate = lambda k: rate
    x.grad = 1.0
    with pytest.raises((TypeError, ValueError), match=r"learning_rate\(0\) is a number from 0"):
        opt.step()
    assert (x.data, opt.steps) == (1.0, 0)


@pytest.mark.parametrize(("cls", "setting", "message"), [
    (SGD, {"momentum": -1}, "momentum is a number from 0, got -1"),
    (SGD, {"weight_decay": math.nan}, "weight_decay is a number from 0, got nan"),
    (SGD, {"nesterov": True}, "nesterov needs a momentum"),
    (AdaGrad, {"eps": -1e-9}, "eps is a number from 0"),
    (RMSProp, {"alpha": 1.0}, "alpha is a number from 0 to below 1, got 1.0"),
    (Adam, {"beta1": 1}, "beta1 is a number from 0 to below 1"),
    (Adam, {"beta2": "0.9"}, "beta2 is a number from 0 to below 1, got '0.9'"),
])  # fmt: skip
def test_bad_settings(cls, setting, message):
    with pytest.raises((TypeError, ValueError), match=f"{cls.__name__}: {message}"):
        cls([Value(1.0)], **setting)


# Errors change nothing


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("cls", KINDS)
def test_a_gradient_that_is_not_finite(cls, bad):
    w, b = Tensor([1.0, 2.0]), Tensor([3.0], label="b")
    opt = cls([w, b], weight_decay=0.1)
    run(opt, [[np.ones(2), np.ones(1)]])
    before, state = numbers([w, b]), opt.state()
    with pytest.raises(FloatingPointError, match=f"gradient of parameter b is {bad} at step 1"):
        run(opt, [[np.ones(2), np.array([bad])]])
    with pytest.raises(FloatingPointError, match="gradient of parameter 0 is"):
        run(opt, [[np.array([1, -bad]), np.array([bad])]])
    assert (numbers([w, b]) == before).all()
    assert repr(opt.state()) == repr(state)


@pytest.mark.parametrize("cls", KINDS)
def test_a_large_gradient_is_finite_though_its_square_is_not(cls):
    w = Tensor(np.ones(3, "float32"))
    opt = cls([w], 1e-3)
    with np.errstate(all="raise"):
        run(opt, [[np.array([1e20, -1e25, 1.0], "float32")]])
    assert np.isfinite(w.data).all()
    assert w.data[2] < 1


@pytest.mark.parametrize("cls", KINDS)
def test_a_gradient_of_another_shape(cls):
    w, b = Tensor(np.ones((2, 3))), Tensor(np.ones(3), label="b")
    opt = cls([w, b])
    with pytest.raises(ValueError, match=r"gradients of parameter b had shape \(3,\), now \(1,\)"):
        run(opt, [[np.ones((2, 3)), np.ones(1)]])
    w.data = np.ones(3)
    with pytest.raises(ValueError, match=r"numbers of parameter had shape \(2, 3\), now \(3,\)"):
        run(opt, [[np.ones((2, 3)), np.ones(3)]])
    assert (numbers([w, b]) == 1).all()
    assert opt.steps == 0


def test_what_is_not_a_list_of_parameters():
    with pytest.raises(TypeError, match="Tensors, or Values"):
        Adam([Tensor([1.0]), Value(1.0)])
    with pytest.raises(TypeError, match="none"):
        Adam([])
    with pytest.raises(NotImplementedError, match="Optimizer has no _update"):
        run(Optimizer([Value(1.0)], 0.1), [[1.0]])


def test_a_variance_that_rounding_takes_below_zero():
    w = Tensor(np.ones(50, "float32"))
    opt = RMSProp([w], 1e-6, alpha=0.5, centered=True)
    run(opt, [[np.linspace(0.1, 1, 50, dtype="float32")]] * 60)
    assert (opt._s - opt._mean**2).min() < 0
    assert np.isfinite(w.data).all()


# The state


def test_a_state_stays_as_it_was():
    opt = Adam([Tensor([1.0])])
    state = opt.state()
    run(opt, [[np.ones(1)]])
    assert state["m"] == 0


@pytest.mark.parametrize(("cls", "settings", "_1", "_2"), CASES, ids=NAMES)
def test_training_goes_on_from_a_state(cls, settings, _1, _2, tmp_path):
    gs = list(gradients(10))
    whole = cls([Tensor(x) for x in start()], **settings)
    run(whole, gs)
    first = cls([Tensor(x) for x in start()], **settings)
    run(first, gs[:5])
    np.savez(tmp_path / "state.npz", **first.state())
    second = cls([Tensor(p.data.copy()) for p in first.flat.parameters], **settings)
    with np.load(tmp_path / "state.npz") as stored:
        second.load_state(stored)
    run(first, gs[:2])  # which the state does not notice
    run(second, gs[5:])
    assert second.steps == 10
    assert (second.flat.data == whole.flat.data).all()


def test_a_state_has_the_learning_rate_if_that_is_a_number():
    x = Value(1.0)
    opt, other = SGD([x], 0.5), SGD([x], cosine_decay(0.1, 10))
    opt.load_state(SGD([x], 0.25).state())
    assert opt.learning_rate == 0.25
    other.load_state(opt.state())
    assert other.learning_rate == cosine_decay(0.1, 10)
    assert set(other.state()) == {"steps"}
    opt.load_state(other.state())
    assert opt.learning_rate == 0.25


@pytest.mark.parametrize(("change", "message"), [
    ({"m": np.zeros(3)}, r"m: expected 2 finite numbers, got float64 of shape \(3,\)"),
    ({"v": np.zeros(1)}, "v: expected 2"),
    ({"v": np.array([1.0, np.nan])}, "v: expected 2 finite"),
    ({"m": np.zeros(2, int)}, "m: expected 2 finite numbers, got int64"),
    ({"steps": -1}, "steps is a whole number from 0, got -1"),
    ({"learning_rate": -1.0}, "learning_rate is a number from 0"),
    ({"velocity": np.zeros(2)}, "the state of Adam has m, steps, v; got m, steps, v, velocity"),
])  # fmt: skip
def test_bad_states(change, message):
    opt = Adam([Tensor([1.0, 2.0])])
    run(opt, [[np.ones(2)]])
    before = opt.state()
    other = {"steps": 7, "learning_rate": 0.5, "m": np.ones(2), "v": np.ones(2)}
    with pytest.raises(ValueError, match=message):
        opt.load_state(other | change)
    assert repr(opt.state()) == repr(before)


# Names


def test_names():
    x = [Value(1.0)]
    assert optimizer(Adam) is Adam
    assert [OPTIMIZERS[name](x).__class__ for name in ("adam", "adamw", "sgd")] == [
        Adam, AdamW, SGD,
    ]  # fmt: skip
    assert repr(Adam(x)) == "Adam(1 parameters, learning_rate=0.001, steps=0)"
    with pytest.raises(ValueError, match="no optimizer 'admw': did you mean 'adamw'"):
        optimizer("admw")
    with pytest.raises(ValueError, match="no optimizer 'x': choose one of sgd, momentum"):
        optimizer("x")
    with pytest.raises(ValueError, match="no optimizer 3"):
        optimizer(3)
    assert mlp.optimizers.Adam is mlp.Adam


# Clipping


@pytest.mark.parametrize("limit", [0.5, 100.0])
def test_clip_by_norm_as_in_pytorch(limit):
    torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    theirs = [torch.tensor(x, requires_grad=True) for x in start()]
    ours = [Tensor(x) for x in start()]
    for p, q, g in zip(ours, theirs, next(gradients(1)), strict=True):
        p.grad, q.grad = g.copy(), torch.tensor(g)
    expected = torch.nn.utils.clip_grad_norm_(theirs, limit).item()
    assert clip_by_norm(ours, limit) == pytest.approx(expected, rel=1e-12)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-5)


def test_clipping_between_backward_and_step():
    w = Tensor([3.0, 4.0])
    opt = SGD([w, Tensor([1.0])], 1.0)
    (w**2).sum().backward()
    assert clip_by_norm(opt.flat.parameters, 1.0) == pytest.approx(10)
    opt.step()
    assert w.data == pytest.approx([2.4, 3.2])


def test_clip_by_value():
    x, y, unused = Value(1.0), Value(2.0), Value(3.0)
    (10 * x - 0.25 * y).backward()
    clip_by_value([x, y, unused], 0.5)
    assert (x.grad, y.grad, unused.grad) == (0.5, -0.25, None)
    x.grad = -math.inf
    clip_by_value([x], 0.5)
    assert x.grad == -0.5
    w = Tensor([1.0, 2.0])
    w.grad = np.array([math.nan, -7.0])
    clip_by_value([w], 2.0)
    assert repr(w.grad.tolist()) == "[nan, -2.0]"


def test_clipping_refuses():
    x, y = Value(1.0), Value(1.0)
    x.grad, y.grad = math.inf, 1.0
    with pytest.raises(FloatingPointError, match="norm of the gradient is inf"):
        clip_by_norm([x, y], 1.0)
    assert (x.grad, y.grad) == (math.inf, 1.0)
    for clip in clip_by_norm, clip_by_value:
        for limit in 0, -1.0, math.nan, "1":
            with pytest.raises((TypeError, ValueError), match="limit is a number above 0"):
                clip([x], limit)
    assert clip_by_norm([Value(1.0)], 1.0) == 0


@pytest.mark.parametrize("keep", [lambda w: w.grad, lambda w: w.grad[:1], lambda w: w.grad.T])
def test_a_gradient_that_is_kept_stays_as_it_was(keep):
    w = Tensor(np.ones(2))
    optimizer = SGD([w], 0.1)
    (w * 2).sum().backward()
    kept = keep(w)
    (w * 3).sum().backward()  # adds up
    assert w.grad.tolist() == [5, 5]
    optimizer.step()
    optimizer.zero_grad()
    optimizer.step()  # none is 0 for the optimizer
    (w * 5).sum().backward()
    optimizer.step()
    assert kept.tolist() == [2] * len(kept)
    assert w.data.tolist() == pytest.approx([0, 0])


def test_a_gradient_changed_in_place_is_the_one_that_counts():
    w = Tensor(np.ones(2))
    optimizer = SGD([w], 1.0)
    (w * 2).sum().backward()
    w.grad *= 0.25
    w.grad[0] = 0
    optimizer.step()
    assert w.data.tolist() == [1, 0.5]


def test_a_weight_written_while_a_graph_has_it_is_noticed():
    w = Tensor(np.ones(2), "w")
    optimizer = SGD([w], 1.0)
    y = (w * w).sum()
    w.data[0] = 3
    with pytest.raises(RuntimeError, match="label='w'"):
        y.backward()
    (w * w).sum().backward()
    optimizer.step()
    assert w.data.tolist() == [-3, -1]


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_small_and_vanishing_gradients_leave_finite_weights(rule, kind):
    w, wide = Tensor(np.ones(3, kind)), Tensor(np.ones(3))
    optimizers = [rule([p], learning_rate=0.01) for p in (w, wide)]
    for _ in range(5):
        for p, o in zip((w, wide), optimizers, strict=True):
            p.grad = np.array([0, 1e-4, 1], p.dtype)
            o.step()
    assert w.dtype == kind
    np.testing.assert_allclose(w.data.astype(float), wide.data, rtol=5e-3)


@pytest.mark.parametrize("rule", ["adam", "adamw", "adagrad", "rmsprop"])
@pytest.mark.parametrize("eps", [0, 1e-50])
def test_an_epsilon_below_the_type_does_not_make_nan(rule, eps):
    w = Tensor(np.ones(2, "float32"))
    o = OPTIMIZERS[rule]([w], learning_rate=0.1, eps=eps)
    w.grad = np.array([0, 1], "float32")
    o.step()
    assert np.isfinite(w.data).all()


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_clipping_of_large_and_small_gradients(kind):
    big = float(np.finfo(kind).max) / 8
    w, v = Tensor(np.zeros(2, kind)), Value(0.0)
    w.grad, v.grad = np.array([3, 4], kind) * np.asarray(big / 4, kind), 0.0
    kept = w.grad
    assert clip_by_norm([w, v], 1.0) == pytest.approx(5 * big / 4, rel=1e-3)
    np.testing.assert_allclose(w.grad.astype(float), [0.6, 0.8], rtol=1e-3)
    assert kept[0] > 1  # as it was
    clip_by_value([w, v], 0.5)
    assert w.grad.tolist() == [0.5, 0.5]
    w.grad = np.full(70_000, 2000, kind)
    assert clip_by_norm([w], 1.0) == pytest.approx(2000 * 70_000**0.5)
