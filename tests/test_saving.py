"""Models and weights in files, and files that are none of ours."""

import copy
import functools
import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Tensor
from mlp import (
    SGD,
    Adam,
    Dense,
    Dropout,
    Flatten,
    Input,
    MLPRegressor,
    PReLU,
    Rescaling,
    Sequential,
    load_model,
)
from mlp.callbacks import ModelCheckpoint, ReduceLROnPlateau
from mlp.data import (
    files,
)
from mlp.initializers import constant
from mlp.layers import Layer
from mlp.losses import Huber
from mlp.metrics import BinaryAccuracy
from mlp.models.description import decode, encode
from mlp.optimizers import (
    schedules,
)
from mlp.regularizers import l1_l2

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = (X.sum(axis=1) > 0).astype(int)
SPARSE = "sparse_categorical_crossentropy"


def network(seed=0, optimizer="adam"):
    model = Sequential([Dense(5, "relu", kernel_regularizer=l1_l2(1e-3, 1e-3)), Dropout(0.2),
                        PReLU(), Dense(2, "softmax", name="classes")], seed=seed)  # fmt: skip
    model.compile(optimizer, SPARSE, metrics=["accuracy"])
    return model


def same(a, b):
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)
    return True


class Scale(Layer):
    def __init__(self, factor, shape=(1, 2)):
        self.factor, self.shape = factor, shape

    def build(self, shape, rng, dtype):
        self.scale = Tensor(np.full(shape, self.factor, dtype))

    def __call__(self, x, training=False):
        return x * self.scale


def swish(z):
    return z * autograd.sigmoid(z)


# What is saved is what is loaded


def test_round_trip(tmp_path):
    model = network()
    model.layers[0].trainable = False
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(X, Y, epochs=2, verbose=0)
    extra = {"classes": ["no", "yes"], "n": 2}
    model.save(tmp_path / "model.safetensors", extra=extra)
    loaded = load_model(tmp_path / "model.safetensors")
    same([loaded.predict(X, verbose=0)], [model.predict(X, verbose=0)])
    assert loaded.extra == extra
    assert encode(loaded) == encode(model)
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert [layer.trainable for layer in loaded.layers] == [False, True, True, True]
    assert loaded.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (
        tmp_path / "model.safetensors").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2  # and no temporary file


def test_training_goes_on_as_it_would_have(tmp_path):
    model = network(optimizer=Adam(learning_rate=0.01))
    model.layers[1].rate = 0.0  # nothing random is saved
    model.fit(X, Y, epochs=2, verbose=0, shuffle=False, callbacks=ReduceLROnPlateau("loss", 0.5, 1))
    model.optimizer.learning_rate /= 2
    model.save(tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors")
    assert loaded.optimizer.learning_rate == model.optimizer.learning_rate == 0.005
    for m in model, loaded:
        m.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    same(loaded.get_weights(), model.get_weights())
    model.save(tmp_path / "m.safetensors", include_optimizer=False)
    assert load_model(tmp_path / "m.safetensors").optimizer.steps == 0
    model.layers[0].trainable = False  # the optimizer's arrays are of more weights
    model.save(tmp_path / "m.safetensors")
    same(load_model(tmp_path / "m.safetensors").get_weights(), model.get_weights())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_types_and_shapes(tmp_path, dtype):
    model = Sequential([Rescaling(1 / 255), Flatten(), Dense(3, use_bias=False)], "images", seed=0,
                       dtype=dtype).build((4, 4))  # fmt: skip
    model.save(tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors")
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 4), np.uint8)
    same([loaded.predict(images, verbose=0)], [model.predict(images, verbose=0)])
    assert (loaded.dtype, loaded.name, loaded.loss) == (dtype, "images", None)


def test_networks_that_are_not_built_or_contain_others_or_names_twice(tmp_path):
    path = tmp_path / "m.safetensors"
    network().save(path)
    assert load_model(path).shape is None
    inner = Sequential([Dense(3, "tanh"), PReLU(0.1)], name="inner")
    model = Sequential([inner, Dense(2, name="same"), Dense(2, name="same")], seed=0).build(3)
    model.layers[1].W.data = np.asfortranarray(model.layers[1].W.data)  # not as it lies in files
    model.save(path)
    loaded = load_model(path)
    same(loaded.get_weights(), model.get_weights())
    assert loaded.layers[0].layers[1].get_config() == {"alpha": 0.1}
    assert sorted(files.read_arrays(path)[1]) == [
        "inner.0", "inner.1", "inner.2", "same.W", "same.W.5", "same.b", "same.b.6"]  # fmt: skip


def test_choices_that_are_objects(tmp_path):
    layer = Dense(1, functools.partial(autograd.leaky_relu, alpha=0.3), name="x",
                  kernel_initializer=constant(0.5), bias_regularizer=l1_l2(0.1, 0.2))  # fmt: skip
    model = Sequential([layer], seed=0).build(3)
    schedule = schedules.warm_up(schedules.step_decay(0.1, 2), 3)
    model.compile(SGD(model.parameters(), schedule, momentum=0.5), Huber(2.0),
                  metrics=["mae", BinaryAccuracy(threshold=0.7), Huber])  # fmt: skip
    model.save(tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors", {"leaky_relu": autograd.leaky_relu})
    assert loaded.optimizer.learning_rate == schedule
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert loaded.layers[0].kernel_initializer == constant(0.5)
    assert loaded.loss.delta == 2
    assert loaded.evaluate(X, Y, verbose=0, return_dict=True) == model.evaluate(
        X, Y, verbose=0, return_dict=True)  # fmt: skip


def test_every_function_of_the_engine_is_an_activation_that_can_be_saved(tmp_path):
    path = tmp_path / "m.safetensors"
    counts = np.arange(8.0)
    model = MLPRegressor("poisson", 4, solver="lbfgs", random_state=0).fit(X[:8], counts)
    model.network_.save(path)
    loaded = load_model(path)
    np.testing.assert_array_equal(loaded.predict(X[:8], verbose=0).ravel(), model.predict(X[:8]))
    Sequential([Dense(np.int64(2), autograd.arctan)]).build(3).save(path)
    assert load_model(path).layers[0].activation is autograd.arctan


def test_ones_own(tmp_path):
    path = tmp_path / "m.safetensors"
    model = Sequential([Scale(2.0, (3, 4)), Dense(2, swish)], seed=0).build(3)
    model.compile(loss=lambda y, p: (p - y) ** 2)
    with pytest.warns(UserWarning, match="a lambda is saved without what it does"):
        model.save(path)
    with pytest.raises(ValueError, match=r"safetensors: it needs .* 'Scale': give custom_objects"):
        load_model(path)
    own = {"Scale": Scale, "swish": swish}
    with pytest.raises(ValueError, match="'<lambda>'"):
        load_model(path, own)
    loaded = load_model(path, own, compile=False)
    same([loaded.predict(X, verbose=0)], [model.predict(X, verbose=0)])
    assert (loaded.layers[0].shape, loaded.loss) == ((3, 4), None)


def test_what_cannot_be_described_is_said_and_the_old_file_stays(tmp_path):
    class Hidden(Layer):
        def __init__(self, n):
            self.kept = n

    path = tmp_path / "m.safetensors"
    network().build(3).save(path)
    before = path.read_bytes()
    spoilt = network().build(3)
    spoilt.layers[0].W.data[0, 0] = np.inf
    for model, extra, error, says in (
        (Sequential([Hidden(3)]), None, TypeError, "Hidden cannot be saved: keep .* 'n'"),
        (Sequential([Scale(X)]), None, TypeError, r"layers.0.factor: an array \(float32"),
        (Sequential([Scale({1: 2})]), None, ValueError, "keys are text"),
        (spoilt, None, ValueError, "'dense1.W' have inf among them"),
        (network(), {1: 2}, TypeError, "extra is a dict of what JSON has"),
        (network(), {"a": (1, 2)}, TypeError, "extra is a dict of what JSON has"),
        (network(), {"a": X}, TypeError, "extra: Object of type ndarray"),
    ):  # fmt: skip
        with pytest.raises(error, match=says):
            model.save(path, extra)
    with pytest.raises(ValueError, match="have inf"):
        spoilt.save_weights(path)
    assert path.read_bytes() == before
    with pytest.raises(IsADirectoryError):
        network().save(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_weights_alone(tmp_path):
    path = tmp_path / "w.safetensors"
    model, other, smaller = network(0).build(3), network(1).build(3), network(1).build(2)
    model.fit(X, Y, verbose=0)
    for write in model.save_weights, model.save:
        write(path)
        other.set_weights([w + 1 for w in other.get_weights()])
        other.load_weights(path)
        same(other.get_weights(), model.get_weights())
        before = smaller.get_weights()
        says = r"w.safetensors: weights 'dense1.W': the network has float32 of shape \(2, 5\), the"
        with pytest.raises(ValueError, match=says):
            smaller.load_weights(path)
        same(smaller.get_weights(), before)
    model.save_weights(path)
    with pytest.raises(ValueError, match="weights alone: make the network"):
        load_model(path)


def test_model_checkpoint(tmp_path):
    names = ModelCheckpoint(tmp_path / "new" / "{epoch:02d}-{val_loss:.2f}.safetensors")
    best = ModelCheckpoint(tmp_path / "best", save_best_only=True, save_weights_only=True)
    model = network()
    history = model.fit(X, Y, epochs=3, verbose=0, validation_split=0.25, callbacks=[names, best])
    losses = history.history["val_loss"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        f"{k:02d}-{loss:.2f}.safetensors" for k, loss in enumerate(losses, 1)]  # fmt: skip
    model.load_weights(tmp_path / "best")
    held_out = X[30:], Y[30:]
    assert model.evaluate(*held_out, verbose=0)[0] == pytest.approx(min(losses))


def test_a_link_stays_a_link_and_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    files.write_atomically(link, b"new")
    assert (real.read_text(), link.is_symlink()) == ("new", True)

    def full(fd):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        files.write_atomically(link, b"newer")
    assert real.read_text() == "new"
    assert sorted(tmp_path.iterdir()) == [link, real]


# Files that are refused


@functools.cache
def saved(folder):
    model = network()
    model.fit(X, Y, verbose=0)
    model.save(folder / "whole")
    return folder / "whole"


@settings(max_examples=200)
@given(data=st.data())
def test_damaged_files_are_refused(data, tmp_path_factory):
    path = saved(tmp_path_factory.getbasetemp())
    damaged = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(damaged) - 1))
    match data.draw(st.sampled_from(["cut", "flip", "overwrite", "insert", "append"])):
        case "cut":
            del damaged[at:]
        case "flip":
            damaged[at] ^= 1 << data.draw(st.integers(0, 7))
        case "overwrite":
            noise = data.draw(st.binary(min_size=1, max_size=40))
            damaged[at : at + len(noise)] = noise
        case "insert":
            damaged[at:at] = data.draw(st.binary(min_size=1, max_size=9))
        case "append":
            damaged += data.draw(st.binary(min_size=1, max_size=9))
    if damaged == path.read_bytes():
        return
    other = path.with_name("damaged")
    other.write_bytes(damaged)
    with pytest.raises(ValueError, match="damaged: "):
        load_model(other)


def test_foreign_files(tmp_path):
    from safetensors.numpy import save

    def header(**entries):
        text = json.dumps(entries).encode()
        return len(text).to_bytes(8, "little") + text

    huge = {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 0]}
    strange = {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}
    ours = {"chainrule": '{"version": 1}'}
    for content, says in (
        (b"", "damaged, or no safetensors file"),
        (b"PK\x03\x04" + bytes(100), "damaged, or no safetensors file"),
        (b"\xff" * 8 + b"{}", "header too large"),
        (header(a=huge), "overflow"),
        (header(a=strange, __metadata__=ours) + b"ab", "(bfloat16|crc32)"),  # known where JAX is
        (save({"w": X}), "a safetensors file, but not one of chainrule"),
        (save({"w": X}, {"chainrule": '{"version": 2}'}), "its format is 2, and this .* reads 1"),
        (save({"w": X}, ours), "crc32"),
        (save({"w": X}, {"chainrule": "[" * 10**5}), "RecursionError"),
        (save({"w": X}, {"chainrule": "[1]"}), "x: "),
        (save({"w": X}, {"chainrule": "{"}), "x: "),
    ):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(ValueError, match=f"x: .*{says}" if says != "x: " else says):
            load_model(tmp_path / "x")
    with pytest.raises(FileNotFoundError, match="missing"):
        load_model(tmp_path / "missing")
    with pytest.raises(IsADirectoryError):
        load_model(tmp_path)


def layer(content):
    return content["model"]["config"]["layers"][0]


def nested(content, depth):
    for _ in range(depth):
        content["model"]["config"]["layers"] = [
            {"@class": "mlp.Sequential", "config": dict(content["model"]["config"])}]  # fmt: skip


HOSTILE = {  # with the right checksum
    "many units": (lambda c, a: layer(c)["config"].update(units=10**12), "classes.W|dense1.W"),
    "units beyond any array": (lambda c, a: layer(c)["config"].update(units=10**30), "Maximum"),
    "half a unit": (lambda c, a: layer(c)["config"].update(units=2.5), "whole number"),
    "many inputs": (lambda c, a: c.update(shape=[10**12]), r"\(1000000000000, 5\)"),
    "inputs built first": (lambda c, a: c["model"]["config"]["layers"].insert(0, {
        "@class": "mlp.Input", "config": {"shape": 10**9}}), "mlp.Input"),
    "no shape": (lambda c, a: c.update(shape="many"), "x: "),
    "a type": (lambda c, a: c["model"]["config"].update(dtype="O"), r"floating type, .* got 'O'"),
    "other code": (lambda c, a: layer(c).update({"@class": "os.system"}), "'os.system'"),
    "other code of ours": (lambda c, a: layer(c).update({"@class": "mlp.lookup"}), "there is none"),
    "a function": (lambda c, a: layer(c).update({"@class": "mlp.relu"}), "is no class"),
    "no layer": (lambda c, a: layer(c).update({"@class": "mlp.Huber", "config": {}}), "layers"),
    "no network": (lambda c, a: c.update(model=layer(c)), "a Dense, not a network"),
    "no such argument": (lambda c, a: layer(c)["config"].update(a=1), "unexpected keyword"),
    "a layer too many": (lambda c, a: a.update({"../../etc/passwd": X}), "the network has none"),
    "weights missing": (lambda c, a: a.pop("dense1.W"), "the file none"),
    "weights of a type": (lambda c, a: a.update({"dense1.b": a["dense1.b"].astype(int)}), "int64"),
    "weights of a shape": (lambda c, a: a.update({"dense1.W": a["dense1.W"].T}), r"\(5, 3\)"),
    "NaN": (lambda c, a: a["dense1.W"].fill(np.nan), "have nan"),
    "NaN remembered": (lambda c, a: a["optimizer.m"].fill(np.nan), "finite numbers"),
    "steps": (lambda c, a: c["optimizer"].update(steps=-1), "steps is a whole number"),
    "an array twice": (lambda c, a: c["optimizer"].update(v={"@array": "optimizer.m"}), "KeyErr"),
    "a loss": (lambda c, a: c["compile"].update(loss="mean"), "there is no loss 'mean'"),
    "parameters": (lambda c, a: c["compile"].update(optimizer={
        "@class": "mlp.Adam", "config": {"parameters": [1]}}), "parameters are Tensors"),
    "extra": (lambda c, a: c.update(extra=[]), "extra is a dict"),
    "deep": (lambda c, a: nested(c, 200), "RecursionError|the network has none"),  # by Python 3.13
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files(case, tmp_path, tmp_path_factory):
    content, arrays = files.read_arrays(saved(tmp_path_factory.getbasetemp()))
    content = copy.deepcopy(content)
    change, says = HOSTILE[case]
    change(content, arrays)
    files.write_arrays(tmp_path / "x", content, arrays)
    with pytest.raises(ValueError, match=says):
        load_model(tmp_path / "x")
    model = network(1).build(3)
    before = model.get_weights()
    if case.startswith("weights"):
        with pytest.raises(ValueError, match=says):
            model.load_weights(tmp_path / "x")
    same(model.get_weights(), before)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text().filter(lambda k: k[:1] != "@"), x)
    | st.tuples(x, x), max_leaves=12)  # fmt: skip


@given(TREES)
def test_descriptions_round_trip(tree):
    arrays = {}
    text = json.dumps(encode({"a": tree, "b": [X, {"c": Y}]}, arrays, "n"))
    found = decode(json.loads(text), arrays=arrays)
    assert found["a"] == tree
    same([found["b"][0], found["b"][1]["c"]], [X, Y])
    assert not arrays


def test_initializers_are_as_before_when_loaded(tmp_path):
    model = Sequential([Input(3), Dense(4, kernel_initializer="he_normal")], seed=0)
    model.save(tmp_path / "m")
    loaded = load_model(tmp_path / "m").build(3)
    assert loaded.layers[0].W.data.std() > 0.1
