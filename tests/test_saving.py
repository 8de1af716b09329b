"""Models in files, checkpoints, and trainings that are killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Tensor
from mlp import Dense, Dropout, Flatten, PReLU, Rescaling, Sequential, load_model
from mlp.callbacks import BackupAndRestore, CSVLogger, ModelCheckpoint
from mlp.layers import Layer
from mlp.regularizers import l1_l2

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = (X.sum(axis=1) > 0).astype(int)


def network(seed=0):
    model = Sequential([Dense(5, "relu", kernel_regularizer=l1_l2(1e-3, 1e-3)), Dropout(0.2),
                        PReLU(), Dense(2, "softmax", name="classes")], seed=seed)  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Scale(Layer):
    def build(self, shape, rng, dtype):
        self.factor = Tensor(np.full(shape, 2.0, dtype), "factor")

    def __call__(self, x, training=False):
        return x * self.factor


def test_round_trip(tmp_path):
    model = network()
    model.layers[0].trainable = False
    model.fit(X, Y, epochs=2, verbose=0)
    extra = {"classes": ["no", "yes"], "n": 2}
    model.save(tmp_path / "model.safetensors", extra=extra)
    loaded = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    assert loaded.extra == extra
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert [layer.trainable for layer in loaded.layers] == [False, True, True, True]
    assert loaded.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    loaded.save(tmp_path / "again.safetensors", extra=extra)
    assert (tmp_path / "again.safetensors").read_bytes() == (
        tmp_path / "model.safetensors").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "again.safetensors", "model.safetensors"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_and_shapes(tmp_path, dtype):
    model = Sequential([Rescaling(1 / 255), Flatten(), Dense(3, use_bias=False)], seed=0,
                       dtype=dtype).build((4, 4))  # fmt: skip
    model.save(tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors")
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 4), np.uint8)
    np.testing.assert_array_equal(
        loaded.predict(images, verbose=0), model.predict(images, verbose=0))
    assert loaded.dtype == dtype


def test_weights_alone(tmp_path):
    model, other = network(0), network(1)
    for m in (model, other):
        m.build(3)
    model.save_weights(tmp_path / "w.safetensors")
    other.load_weights(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    smaller = Sequential([Dense(4)], seed=0).build(3)
    before = smaller.get_weights()
    with pytest.raises(ValueError, match=r"w\.safetensors"):
        smaller.load_weights(tmp_path / "w.safetensors")
    for w, wanted in zip(smaller.get_weights(), before, strict=True):
        np.testing.assert_array_equal(w, wanted)


def test_a_layer_of_ones_own(tmp_path):
    model = Sequential([Scale(), Dense(2)], seed=0).build(3)
    model.save(tmp_path / "m.safetensors")
    with pytest.raises(ValueError, match="Scale"):
        load_model(tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors", custom_objects={"Scale": Scale})
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


@settings(max_examples=150)
@given(data=st.data())
def test_damaged_files_are_refused(data, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    path = folder / "whole.safetensors"
    if not path.exists():
        network().build(3).save(path)
    whole = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        damaged = whole
        damaged[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (folder / "damaged.safetensors").write_bytes(damaged)
    with pytest.raises(ValueError, match=r"damaged\.safetensors"):
        load_model(folder / "damaged.safetensors")


def test_foreign_and_missing_files(tmp_path):
    from safetensors.numpy import save_file

    save_file({"w": np.zeros(3, np.float32)}, tmp_path / "foreign.safetensors")
    with pytest.raises(ValueError, match=r"foreign\.safetensors"):
        load_model(tmp_path / "foreign.safetensors")
    (tmp_path / "huge.safetensors").write_bytes((2**40).to_bytes(8, "little") + b"{}")
    with pytest.raises(ValueError, match=r"huge\.safetensors"):
        load_model(tmp_path / "huge.safetensors")
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "missing.safetensors")


def test_an_interrupted_training_goes_on(tmp_path):
    def train(folder, epochs):
        model = network(3)
        history = model.fit(X, Y, 8, epochs=epochs, verbose=0, validation_split=0.25, callbacks=[
            BackupAndRestore(folder / "backup", 2, delete_checkpoint=False),
            CSVLogger(folder / "log.csv"),
            ModelCheckpoint(folder / "{epoch:02d}.safetensors")])  # fmt: skip
        return model, history

    for name in "whole", "parts":
        (tmp_path / name).mkdir()
    model, history = train(tmp_path / "whole", 6)
    train(tmp_path / "parts", 2)
    resumed, going_on = train(tmp_path / "parts", 6)
    for w, wanted in zip(resumed.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(w, wanted)
    assert going_on.history == history.history
    for name in "log.csv", "06.safetensors":
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_the_checkpoint_of_another_training_is_refused(tmp_path):
    network().fit(X, Y, 8, epochs=1, verbose=0, callbacks=BackupAndRestore(
        tmp_path, delete_checkpoint=False))  # fmt: skip
    model = network()
    with pytest.raises(ValueError, match="another training"):
        model.fit(X + 1, Y, 8, epochs=2, verbose=0, callbacks=BackupAndRestore(tmp_path))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_killed_at_any_moment():
    script = Path(__file__).with_name("kills.py")
    run = subprocess.run([sys.executable, str(script), "10"], check=True, capture_output=True,
                         text=True, cwd=script.parent.parent)  # fmt: skip
    seen = json.loads(run.stdout)
    assert seen["runs"] == 10
    assert seen["kills"] > 5
    assert seen["failed"] == seen["different"] == seen["checkpoints wrong"] == 0
    assert seen["temporary checkpoints left"] == 0
