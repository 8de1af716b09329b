"""The evidence of ``docs/reliability.md``, in short; the commands there run as long as you like."""

from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.trust import draw, fuzz, programs

AMONG = [name for name in ("torch",) if find_spec(name)]
drawn = st.randoms(use_true_random=False)


@pytest.mark.filterwarnings("ignore")
@given(drawn, st.sampled_from(["f4", "f8", "mixed"]), st.booleans())
def test_random_programs_of_arrays(rng, dtype, straight):
    text = draw.of_arrays(rng, dtype=dtype, straight=straight)
    assert programs.judge(text, AMONG)[0] == [], str(text)


@pytest.mark.filterwarnings("ignore")
@given(drawn)
def test_random_programs_of_numbers(rng):
    text = draw.of_numbers(rng)
    assert programs.judge(text, AMONG)[0] == [], str(text)


@pytest.mark.filterwarnings("ignore")
@given(drawn)
def test_random_costs_of_examples(rng):
    text = draw.of_rows(rng)
    assert programs.judge(text, AMONG)[0] == [], str(text)


def test_what_is_wrong_is_found(monkeypatch):
    import numpy as np

    text = draw.Text({"x0": np.array([0.3, 0.7])}, ["v0 = tanh(x0)"], {"v0": np.ones(2)})
    assert programs.compare(text)[0] == []
    monkeypatch.setattr(programs.OURS["tanh"], "partials", (lambda x, y: 1 - y,))
    reverse = programs._reverse(text, [np.ones(2)])
    assert programs.off(reverse["gradient x0"], 1 - np.tanh([0.3, 0.7]) ** 2, "float64")


# eˣ of a rounded x is off by |x| ulps, a number beside 0 by many of its own, and what is below the
# smallest normal number of float32, as arctan' at 1e20, is nothing.
LESS = {"silu": 1000, "gelu": 1000, "gelu, exact": 2000, "mish": 1000, "erf": 500, "erfc": 500,
        "arctan": 1e5, "softmax of (z, 0)": 50, "logsumexp of (z, 0)": 50}  # fmt: skip


@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_activations_and_losses_to_the_last_digits(kind):
    accuracy = pytest.importorskip("benchmarks.trust.accuracy", exc_type=ImportError)
    for name, row in accuracy.FUNCTIONS.items():
        worst = accuracy.measure(row, kind, 100)
        assert max(error for error, _ in worst) < LESS.get(name, 4), name


@pytest.mark.parametrize("name", fuzz.TARGETS)
@given(rng=drawn)
def test_damaged_input_is_refused_or_read(name, rng):
    fuzz.bounded(name, fuzz.damaged(rng.choice(fuzz.TARGETS[name].seeds), rng))


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_what_is_right_is_read(name):
    assert all(fuzz.run(name, seed) for seed in fuzz.TARGETS[name].seeds)
