"""Modes (no_grad, group, detect_anomaly), and threads, each of which has its own."""

import math
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograd import (
    Value,
    detect_anomaly,
    enable_grad,
    gradients,
    group,
    log,
    no_grad,
    relu,
    sin,
    sqrt,
    tanh,
    values,
    where,
)

inf = math.inf


# --- Modes ----------------------------------------------------------------------------------------


def test_no_grad_makes_constants():
    a = Value(3.0)
    with no_grad():
        b = a * 2
        with enable_grad():
            c = a * 2
    assert (b.op, b.parents, b.data) == (None, (), 6)
    assert c.parents == (a,)
    (a * b).backward()
    assert (a.grad, b.grad) == (6, 3)


def test_no_grad_as_a_decorator():
    @no_grad()
    def constant(x):
        return x * 2

    a = Value(3.0)
    assert [constant(a).parents, constant(a).parents, (a * 2).parents] == [(), (), (a,)]


@pytest.mark.parametrize("mode", [no_grad, detect_anomaly, lambda: group("g")])
def test_modes_end_with_their_block_also_when_an_exception_leaves_it(mode):
    with pytest.raises(ZeroDivisionError), mode(), no_grad(), group("h"):
        _ = 1 / Value(0.0)
    y = Value(2.0) * 3
    assert (len(y.parents), y.group) == (1, "")
    assert math.isnan((Value(inf) - inf).data)


def test_a_failing_backward_leaves_no_mode_behind():
    a = Value(1.0)
    y = a * a
    a.data = 2.0
    for call in (lambda: gradients(y, [a], create_graph=True), y.backward):
        with pytest.raises(RuntimeError):
            call()
    with pytest.raises(ValueError, match="log: got"):
        log(Value(-1.0))
    assert (a * a).parents == (a, a)


def test_modes_belong_to_a_thread():
    inside, checked = threading.Event(), threading.Event()
    seen = {}

    def other():
        inside.wait(10)
        y = Value(2.0) * 3
        seen["other"] = (len(y.parents), y.group, math.isnan((Value(inf) - inf).data))
        with group("there"):
            seen["group"] = (Value(1.0) + 1).group
        checked.set()

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad(), group("here"), detect_anomaly():
        inside.set()
        assert checked.wait(10)
        y = Value(2.0) * 3
        assert (y.parents, y.group) == ((), "here")
    thread.join()
    assert seen == {"other": (1, "", True), "group": "there"}


def test_groups_nest_and_join():
    with group("net"):
        w = Value(1.0)
        with group("hidden/h1"):
            y = w * 2
        z = w + 1
    assert (w.group, y.group, z.group) == ("net", "net/hidden/h1", "net")
    assert (w * 2).group == ""
    for bad in None, 3, ["a"]:
        with pytest.raises(TypeError, match="a group's name must be text"), group(bad):
            pass


def test_a_group_that_is_kept_is_called():
    kept = group("kept")
    with group("net"), kept:
        w = Value(1.0)
    with kept:
        y = w * 2
        z = y + 1
    with kept:
        again = w * 2
    assert w.call.of is y.call.of is again.call.of is kept
    assert y.call is z.call
    assert len({id(x.call) for x in (w, y, again)}) == 3
    assert (w.call.outer.path, y.call.outer, w.group, y.group) == ("net", None, "net/kept", "kept")
    copy, owner = copy_of((w, kept))
    assert copy.group == "net/kept"
    assert copy.call.of is owner


def copy_of(x):
    return pickle.loads(pickle.dumps(x))


def test_anomaly_names_where_nan_is_born_forward():
    a = Value(inf, label="a")
    with detect_anomaly():
        with pytest.raises(FloatingPointError, match="subtract gave nan from a = inf, b = inf"):
            a - a
        with pytest.raises(FloatingPointError, match="multiply gave nan from a = inf, b = 0"):
            a * 0
        assert math.isnan(Value(math.nan).sigmoid().data)  # not born here: it was given
        assert (a + 1).data == inf
    assert math.isnan((a - a).data)


def test_anomaly_names_where_nan_is_born_backward():
    a = Value(-2.0)
    b = Value(3.0)
    y = a**b
    y.backward()
    assert math.isnan(b.grad)
    with detect_anomaly(), pytest.raises(FloatingPointError, match="derivative of power by b"):
        y.backward()
    x = Value(0.0)
    y = sqrt(x * x)  # the derivative of the root is inf, that of the square 0
    with detect_anomaly(), pytest.warns(UserWarning, match=r"multiply by [ab] .* 0 · ∞"):
        y.backward()
    assert x.grad == 0


@pytest.mark.parametrize("create_graph", [False, True])
def test_anomaly_reports_a_hidden_zero_times_infinity(create_graph):
    x = Value(0.0)
    y = where(0.0, sqrt(x), x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradients(y, [x], create_graph=create_graph)[0] == 1
    with detect_anomaly(), pytest.warns(UserWarning, match=r"sqrt by x .* 0 · ∞ counts as 0"):
        assert gradients(y, [x], create_graph=create_graph)[0] == 1


def test_anomaly_is_silent_on_a_healthy_graph():
    xs = values([0.3, -0.7, 1.2])
    y = (xs[0] * xs[1] + tanh(xs[2] * xs[0])).exp()
    with detect_anomaly():
        found = gradients(y, xs, create_graph=True)
        y.backward()
    assert [x.grad for x in xs] == pytest.approx([g.data for g in found], rel=1e-13)


# --- Threads --------------------------------------------------------------------------------------


def test_threads_with_graphs_of_their_own():
    def work(seed):
        x = Value(seed / 10)
        for _ in range(20):
            with group(f"thread/{seed}"):
                y = x
                for _ in range(50):
                    y = tanh(y * x) + x
            assert y.group == f"thread/{seed}"
            x.zero_grad()
            y.backward()
        return x.grad

    alone = [work(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == alone


def test_threads_that_share_parameters():
    """Each thread differentiates its own loss of the same parameters, and stores nothing."""
    w = values([0.3, -0.7, 0.2])

    def work(seed):
        found = []
        for i in range(20):
            x = (seed + i) / 10
            y = tanh(w[0] * x + w[1]) * w[2] + sin(w[0] * w[1])
            slopes = gradients(y, w, create_graph=True)
            found.append([s.data for s in slopes] + gradients(slopes[0], w))
        return found

    alone = [work(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == alone
    assert [v.grad for v in w] == [None] * 3


def test_a_group_nests_in_itself_and_keeps_the_other_modes():
    g = group("h")
    with detect_anomaly(), g, g:
        assert (Value(1.0) + 1).group == "h/h"
        with pytest.raises(FloatingPointError):
            Value(inf) - inf
    assert (Value(1.0) + 1).group == ""


def test_a_nan_from_upstream_goes_on():
    x = Value(-1.0)
    r = relu(x)
    ((r * 0 + math.nan) * r).backward()
    assert math.isnan(x.grad)
