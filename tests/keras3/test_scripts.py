"""Beginners' scripts for Keras run with only their imports changed, and to the same numbers."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from mlp import data

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"),
              pytest.mark.filterwarnings("ignore::UserWarning")]  # fmt: skip  # Keras' own
SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.py"))


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder in MNIST's format: scikit-learn's digits, three times as wide and high."""
    folder = tmp_path_factory.mktemp("digits")
    x, y = data.digits()
    x = np.kron(x.reshape(-1, 8, 8) * 15.9, np.ones((3, 3))).astype(np.uint8)
    x, y = np.pad(x, ((0, 0), (2, 2), (2, 2))), y.astype(np.uint8)
    for name, part in ("train", slice(0, 1000)), ("t10k", slice(1000, None)):
        for kind, array in ("images-idx3", x[part]), ("labels-idx1", y[part]):
            head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            with gzip.open(folder / f"{name}-{kind}-ubyte.gz", "wb") as file:
                file.write(head + array.tobytes())
    return folder


def run(script, package, monkeypatch, weights, digits):
    """Run a script without shuffling and dropout, from weights if there are any; else note them."""
    first = []
    fit = package.Sequential.fit

    def fit_in_order(model, *args, **kwargs):
        if not first:
            if not model.built:
                model.build((None, *np.shape(args[0])[1:]))
            first.extend(model.get_weights())
            if weights is not None:
                model.set_weights(weights)
        return fit(model, *args, shuffle=False, **kwargs)

    module = package.__name__
    text = re.sub(r"^(from|import) keras\b", rf"\1 {module}", script.read_text(), flags=re.M)
    text = text.replace(f"import {module}\n", f"import {module} as keras\n")
    text = re.sub(r"Dropout\([\d.]+\)", "Dropout(0.0)", text)
    with monkeypatch.context() as patched:
        patched.setattr(package.Sequential, "fit", fit_in_order)
        patched.setenv("MLP_DATA", str(digits))
        if module == "keras":
            found = data.mnist(digits)
            patched.setattr(package.datasets.mnist, "load_data", lambda: (found[:2], found[2:]))
        names = {}
        exec(compile(text, script.name, "exec"), names)
    return names, first


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_script(script, keras, monkeypatch, digits, capsys):
    import mlp.keras

    keras.utils.set_random_seed(1)
    theirs, weights = run(script, keras, monkeypatch, None, digits)
    said = capsys.readouterr().out
    ours, own = run(script, mlp.keras, monkeypatch, weights, digits)
    assert [w.shape for w in own] == [w.shape for w in weights]
    wanted, found = theirs["history"].history, ours["history"].history
    assert [*found] == [*wanted]
    for name, numbers in wanted.items():
        np.testing.assert_allclose(found[name], numbers, rtol=5e-4, atol=1e-5, err_msg=name)
    for name in "results", "predictions":
        np.testing.assert_allclose(ours[name], theirs[name], rtol=2e-3, atol=2e-4, err_msg=name)
    again = capsys.readouterr().out
    if "Summary" in said:  # the tables of layers are the same, but for the optimizer's numbers
        assert table(again) == table(said)


def table(text):
    return [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in text.splitlines()
            if "│" in line]  # fmt: skip
