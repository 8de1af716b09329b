"""What people type for Keras, beside the numbers: files, callbacks, generators, errors."""

import copy
import pickle

import numpy as np
import pytest

import mlp
import mlp.keras as keras
from autograd import draw, gradients
from mlp.keras import callbacks, layers, models, ops, optimizers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 4))
Y = RNG.integers(0, 3, 64)
SPARSE = "sparse_categorical_crossentropy"


def network(optimizer="adam", metrics=("accuracy",)):
    model = keras.Sequential([layers.Input((4,)), layers.Dense(8, "relu"),
                              layers.Dense(3, "softmax")])  # fmt: skip
    model.compile(optimizer, SPARSE, metrics=list(metrics))
    return model


def outputs(model):
    return model.predict(X, verbose=0)


class Scaled(layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return ops.matmul(inputs, self.w)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config


def every_layer():
    return keras.Sequential([
        layers.Dense(8, input_shape=(4,), kernel_regularizer=keras.regularizers.l2(0.1),
                     kernel_initializer=keras.initializers.HeNormal(seed=2)),
        layers.BatchNormalization(), layers.LeakyReLU(0.1), layers.Dropout(0.1, seed=3),
        layers.PReLU(), layers.LayerNormalization(), layers.GaussianNoise(0.1),
        layers.Dense(8, kernel_constraint=keras.constraints.MaxNorm(3)),
        layers.Reshape((2, 4)), layers.Flatten(), layers.Activation("gelu"), Scaled(5),
        layers.Dense(3, activation=keras.activations.softmax),
    ])  # fmt: skip


def test_a_network_of_every_layer_is_saved_and_read(tmp_path):
    model = every_layer()
    schedule = optimizers.schedules.CosineDecay(0.01, 100)
    model.compile(optimizers.Adam(schedule, clipnorm=1.0),
                  keras.losses.SparseCategoricalCrossentropy(),
                  metrics=[keras.metrics.SparseTopKCategoricalAccuracy(k=2), "accuracy"],
                  weighted_metrics=[keras.metrics.SparseCategoricalCrossentropy()])  # fmt: skip
    model.fit(X, Y, epochs=2, verbose=0)
    path = tmp_path / "model.safetensors"
    model.save(path)
    again = models.load_model(path, custom_objects={"Scaled": Scaled})
    np.testing.assert_array_equal(outputs(again), outputs(model))
    assert type(again) is keras.Sequential
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert again.optimizer.iterations == model.optimizer.iterations == 4
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    for m in model, again:
        m.layers[3].rng, m.layers[6].rng = np.random.default_rng(1), np.random.default_rng(2)
        m.fit(X, Y, shuffle=False, verbose=0)
    np.testing.assert_array_equal(outputs(again), outputs(model))
    with pytest.raises(ValueError, match=r"read it by mlp\.keras\.models\.load_model"):
        mlp.load_model(path)
    weights = tmp_path / "weights.safetensors"
    model.save_weights(weights)
    other = every_layer()
    for old, new in zip(model.layers, other.layers, strict=True):
        new.name = old.name
    other.load_weights(weights)
    np.testing.assert_array_equal(outputs(other), outputs(model))


def test_registered_classes_need_not_be_given(tmp_path):
    keras.saving.register_keras_serializable()(Scaled)
    try:
        model = keras.Sequential([layers.Input((4,)), Scaled(2)])
        model.save(tmp_path / "m.safetensors")
        assert isinstance(models.load_model(tmp_path / "m.safetensors").layers[0], Scaled)
    finally:
        keras.utils.get_custom_objects().clear()


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.weights.h5"])
def test_keras_own_files_are_refused_before_anything_is_learned(name):
    for f in (network().save, network().save_weights, models.load_model,
              callbacks.ModelCheckpoint):  # fmt: skip
        with pytest.raises(NotImplementedError, match=r"HDF5: call it model\.safetensors"):
            f(name)


def test_copies():
    model = network()
    model.fit(X, Y, verbose=0)
    for again in copy.deepcopy(model), pickle.loads(pickle.dumps(model)):
        np.testing.assert_array_equal(outputs(again), outputs(model))
        again.fit(X, Y, verbose=0)
        assert (outputs(again) != outputs(model)).any()
        assert again.layers[0].kernel.numpy().shape == (4, 8)
    clone = models.clone_model(model)
    assert [w.shape for w in clone.weights] == [w.shape for w in model.weights]
    assert (outputs(clone) != outputs(model)).any()


def test_the_learning_rate_is_read_and_set():
    rule = optimizers.SGD(0.1)
    model = network(rule)
    assert model.optimizer is rule
    model.fit(X, Y, verbose=0)
    rule.learning_rate.assign(0.0)
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert (rule.learning_rate.numpy(), rule.iterations) == (0.0, 4)
    with pytest.raises(ValueError, match="make a new one for each network"):
        network(rule)
    assert optimizers.SGD(lambda: 0.25).rate == 0.25


def test_weights_are_read_and_set():
    layer = network().layers[0]
    assert layer.kernel is layer.weights[0]
    assert [w.name for w in layer.weights] == ["kernel", "bias"]
    layer.kernel.assign(np.ones((4, 8)))
    layer.bias.assign_sub(np.ones(8))
    np.testing.assert_array_equal(layer.get_weights()[0], np.ones((4, 8)))
    np.testing.assert_array_equal(layer.bias.numpy(), -np.ones(8))
    with pytest.raises(ValueError, match=r"value has shape \(8,\), and kernel \(4, 8\)"):
        layer.kernel.assign(np.ones(8))
    assert not hasattr(layers.Dense(2), "kernel")


def test_frozen_layers_stay():
    model = network()
    model.layers[0].trainable = False
    model.compile("adam", SPARSE)
    before = model.layers[0].get_weights()[0]
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(before, model.layers[0].get_weights()[0])
    assert [len(model.trainable_weights), len(model.non_trainable_weights)] == [2, 2]


def test_a_trained_network_in_another():
    model = keras.Sequential([layers.Dense(3, input_dim=4)])
    logits = outputs(model)
    e = np.exp(logits)
    wanted = e / e.sum(1, keepdims=True)
    np.testing.assert_allclose(outputs(keras.Sequential([model, layers.Softmax()])), wanted,
                               rtol=1e-5)  # fmt: skip
    np.testing.assert_array_equal(outputs(model), logits)


def test_a_seed_gives_the_same_training():
    runs = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        model = network()
        model.fit(X, Y, epochs=2, verbose=0)
        runs.append(outputs(model))
    np.testing.assert_array_equal(*runs)


def test_generators_and_steps():
    def batches():
        while True:
            rows = RNG.integers(0, 64, 16)
            yield X[rows], Y[rows]

    model = network()
    history = model.fit(batches(), steps_per_epoch=5, epochs=3, verbose=0, validation_data=(X, Y))
    assert (model.optimizer.iterations, len(history.history["val_loss"])) == (15, 3)
    model = network()
    some = ((X[k : k + 16], Y[k : k + 16]) for k in range(0, 64, 16))
    model.fit(some, verbose=0)
    assert model.optimizer.iterations == 4
    with pytest.warns(UserWarning, match="the batches ended after 2 of 3 steps"):
        network().fit(((X[:8], Y[:8]) for _ in range(2)), steps_per_epoch=3, verbose=0)
    with pytest.raises(ValueError, match="a batch is \\(x, y\\)"):
        network().fit(iter([X[:8]]), verbose=0)


def test_arrays_by_steps_go_on_where_the_last_epoch_ended():
    whole, parts = network("sgd"), network("sgd")
    parts.set_weights(whole.get_weights())
    whole.fit(X, Y, batch_size=16, epochs=1, shuffle=False, verbose=0)
    parts.fit(X, Y, batch_size=16, epochs=2, steps_per_epoch=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(outputs(parts), outputs(whole))
    assert whole.evaluate(X, Y, batch_size=8, steps=2, verbose=0) == pytest.approx(
        whole.evaluate(X[:16], Y[:16], verbose=0), rel=1e-5)  # fmt: skip
    assert whole.predict(X, batch_size=8, steps=2, verbose=0).shape == (16, 3)


def test_batches_by_their_number():
    epochs = []

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, k):
            return X[16 * k : 16 * k + 16], Y[16 * k : 16 * k + 16]

        def on_epoch_end(self):
            epochs.append(1)

    plain, streamed = network("sgd"), network("sgd")
    streamed.set_weights(plain.get_weights())
    plain.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    streamed.fit(Batches(), epochs=2, verbose=0)
    np.testing.assert_array_equal(outputs(plain), outputs(streamed))
    assert len(epochs) == 2
    assert streamed.evaluate(Batches(), verbose=0) == plain.evaluate(X, Y, 16, verbose=0)
    np.testing.assert_array_equal(streamed.predict(Batches(), verbose=0), outputs(plain))
    with pytest.raises(TypeError, match="BackupAndRestore goes on with arrays"):
        streamed.fit(Batches(), verbose=0, callbacks=callbacks.BackupAndRestore("unused"))


def test_batches_one_by_one():
    model = network("sgd")
    before = model.get_weights()
    wanted = model.evaluate(X[:16], Y[:16], verbose=0)
    assert model.train_on_batch(X[:16], Y[:16]) == pytest.approx(wanted)
    assert (model.get_weights()[0] != before[0]).any()
    wanted = model.evaluate(X[16:32], Y[16:32], verbose=0, return_dict=True)
    assert model.test_on_batch(X[16:32], Y[16:32], return_dict=True) == pytest.approx(wanted)
    assert model.train_on_batch(X[16:32], Y[16:32], class_weight={0: 0.0, 1: 0.0, 2: 0.0})[0] == 0
    assert model.metrics_names == ["loss", "accuracy"]
    for _ in range(3):
        found = model.predict_on_batch(X[:2].tolist())
        np.testing.assert_array_equal(found, model.predict(X[:2], verbose=0))
        assert type(found) is np.ndarray
        found[:] = 0  # nobody else's
    with pytest.raises(ValueError, match="predict_on_batch: examples of shape"):
        model.predict_on_batch(X[0])


def test_every_hook_is_called():
    seen = []

    class Hooks(callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append(("batch", batch))

        def on_epoch_end(self, epoch, logs=None):
            seen.append(("epoch", sorted(logs)))

        def on_test_begin(self, logs=None):
            seen.append(("test begins", logs))

        def on_test_batch_begin(self, batch, logs=None):
            seen.append(("test batch begins", batch))

        def on_test_batch_end(self, batch, logs=None):
            seen.append(("test batch", sorted(logs)))

        def on_test_end(self, logs=None):
            seen.append(("test ends", sorted(logs)))

        def on_predict_begin(self, logs=None):
            seen.append(("predict begins", logs))

        def on_predict_batch_end(self, batch, logs=None):
            seen.append(("predict batch", logs["outputs"].shape))

        def on_predict_end(self, logs=None):
            seen.append(("predict ends", logs))

    model, both = network(), ["accuracy", "loss"]
    model.fit(X[:40], Y[:40], batch_size=30, verbose=0, validation_split=0.25, callbacks=[Hooks()])
    test = [("test begins", {}), ("test batch begins", 0), ("test batch", both),
            ("test ends", both)]  # fmt: skip
    assert seen == [("batch", 0), *test, ("epoch", [*both, "val_accuracy", "val_loss"])]
    seen.clear()
    model.evaluate(X[:10], Y[:10], verbose=0, callbacks=[Hooks()])
    model.predict(X[:10], verbose=0, callbacks=Hooks())
    assert seen == [*test, ("predict begins", {}), ("predict batch", (10, 3)),
                    ("predict ends", {})]  # fmt: skip


def test_callbacks_of_all_kinds_together(tmp_path):
    model = network(optimizers.Adam(0.01))
    model.fit(X, Y, epochs=3, validation_split=0.25, verbose=0, callbacks=[
        callbacks.EarlyStopping(patience=5), callbacks.ReduceLROnPlateau(),
        callbacks.ModelCheckpoint(tmp_path / "{epoch:02d}.safetensors"),
        callbacks.CSVLogger(tmp_path / "log.csv"), callbacks.TerminateOnNaN(),
        callbacks.LearningRateScheduler(lambda epoch, lr: lr * 0.5),
        callbacks.BackupAndRestore(tmp_path / "backup")])  # fmt: skip
    assert model.optimizer.learning_rate == pytest.approx(0.01 / 8)
    assert {p.name for p in tmp_path.glob("*")} == {
        "01.safetensors", "02.safetensors", "03.safetensors", "log.csv", "backup"}


def test_a_resumed_training_has_the_metrics_of_the_whole_epoch(tmp_path):
    def run(metrics, stop_at=None):
        keras.utils.set_random_seed(5)
        keras.utils.clear_session()
        model = network(metrics=metrics())

        class Stop(callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                if stop_at is not None and self.model.optimizer.iterations == stop_at:
                    raise RuntimeError("killed")

        backup = callbacks.BackupAndRestore(tmp_path, save_freq=1)
        return model.fit(X, Y, batch_size=16, epochs=2, verbose=0, callbacks=[Stop(), backup])

    class Largest(keras.metrics.Metric):
        def __init__(self, name="largest", **kwargs):
            super().__init__(name=name, **kwargs)
            self.largest = self.add_weight(name="largest")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.largest.assign(ops.maximum(self.largest, ops.max(y_pred)))

        def result(self):
            return self.largest

    def metrics():
        return ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(k=2), Largest()]

    wanted = run(metrics).history
    with pytest.raises(RuntimeError, match="killed"):
        run(metrics, stop_at=6)
    assert run(metrics).history == wanted


def test_subclasses_of_metrics_have_the_last_word():
    class First(keras.metrics.Recall):
        def update_state(self, y_true, y_pred, sample_weight=None):
            return super().update_state(y_true[:, :1], y_pred[:, :1], sample_weight)

    class Percent(keras.metrics.MeanAbsoluteError):
        def result(self):
            return 100 * super().result()

    y = np.eye(3)[Y]
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3, "sigmoid")])
    model.compile("sgd", "binary_crossentropy",
                  metrics=[First(name="first"), keras.metrics.Recall(class_id=0, name="class"),
                           Percent(name="percent"), "mae"])  # fmt: skip
    found = model.evaluate(X, y, batch_size=10, verbose=0, return_dict=True)
    assert found["first"] == found["class"] > 0
    assert found["percent"] == pytest.approx(100 * found["mae"])


def test_a_loop_of_ones_own():
    model, rule = network(), optimizers.Adam(0.01)
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    mean, accuracy = keras.metrics.Mean(), keras.metrics.SparseCategoricalAccuracy()
    for _ in range(20):
        y = model(X, training=True)
        loss = loss_fn(Y, y)
        grads = gradients(loss, model.trainable_weights)
        rule.apply_gradients(zip(grads, model.trainable_weights, strict=True))
        mean.update_state(loss)
        accuracy.update_state(Y, y)
    assert loss.item() < mean.result()
    assert (rule.iterations, 0 < accuracy.result() < 1) == (20, True)


def test_validation_in_some_epochs():
    history = network().fit(X, Y, epochs=4, validation_data=(X, Y), validation_freq=[1, 4],
                            verbose=0)  # fmt: skip
    assert history.at["val_loss"] == [0, 3]


def test_nan_raises_if_that_is_wanted():
    model = keras.Sequential([layers.Dense(1, input_dim=4)])
    model.compile(optimizers.SGD(1e25), "mse")
    with pytest.raises(RuntimeError, match="batch 1: NaN or infinite"), np.errstate(all="ignore"):
        model.fit(X, X[:, 0], epochs=9, verbose=0,
                  callbacks=[callbacks.TerminateOnNaN(raise_error=True)])  # fmt: skip


def test_it_is_drawn_and_summed_up(capsys):
    model = keras.Sequential([layers.Input((4,)), layers.Dense(2, name="first"),
                              layers.BatchNormalization(name="norm")])  # fmt: skip
    assert "first" in draw(model(X[:2]), level="layer").svg
    model.summary()
    said = capsys.readouterr().out
    assert "first (Dense)" in said
    assert "Non-trainable params: 4" in said


def test_float64():
    keras.config.set_floatx("float64")
    try:
        model = network()
        model.fit(X, Y, verbose=0)
        assert outputs(model).dtype == model.layers[0].kernel.dtype == np.float64
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize(("f", "error", "words"), [
    (lambda: layers.Dense(3, foo=1), TypeError, "Dense takes no 'foo'"),
    (lambda: layers.Dense("3"), TypeError, "units is a whole number, got '3'"),
    (lambda: layers.Dense(3, "reluu"), ValueError, "did you mean 'relu'"),
    (lambda: layers.Dense(3, kernel_constraint="max"), ValueError, "there is no constraint 'max'"),
    (lambda: layers.Dense(3)(keras.Input((4,))), TypeError, "the functional API is not here"),
    (lambda: layers.Dense(3, dtype="float64"), NotImplementedError, "set_floatx"),
    (lambda: optimizers.Adam(lr=0.1), TypeError, "Adam has no 'lr': write learning_rate"),
    (lambda: optimizers.SGD(decay=0.1), TypeError, "give learning_rate a schedule"),
    (lambda: optimizers.Adam(beta1=0.9), TypeError, "did you mean 'beta_1'"),
    (lambda: optimizers.Adam(use_ema=True), NotImplementedError, "use_ema=True is not here"),
    (lambda: optimizers.Adam(clipnorm=1, clipvalue=1), ValueError, "one of clipnorm, "),
    (lambda: network().get_layer("none"), ValueError, "there is no layer 'none': there are dense"),
    (lambda: network().compile("sgd", "mse", metrics="mae"), TypeError, r"write \['mae'\]"),
    (lambda: network().compile("sgd", "mse", loss_weights=[1]), NotImplementedError, "multiply"),
    (lambda: keras.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")]), ValueError,
     "there is a layer 'a' already"),
    (lambda: keras.losses.Huber(reduction="median"), ValueError, "reduction is 'sum_over"),
    (lambda: keras.losses.get("msee"), ValueError, "did you mean"),
    (lambda: keras.metrics.get("acuracy"), ValueError, "did you mean 'accuracy'"),
    (lambda: keras.metrics.AUC(multi_label=True), NotImplementedError, "multi_label"),
    (lambda: keras.metrics.AUC()([[0.0]], [[2.0]]), ValueError, "outputs are probabilities"),
    (lambda: keras.metrics.Precision()([2], [[0.5]]), ValueError, "targets are classes"),
    (lambda: keras.utils.to_categorical([0, 3], 3), ValueError, "labels from 0 to 2"),
    (lambda: keras.config.set_floatx("int8"), ValueError, "value is 'float16'"),
    (lambda: network().predict_classes(X), AttributeError, r"predict\(x\).argmax"),
    (lambda: network().input_shape_of, AttributeError, "Sequential has no 'input_shape_of'"),
    (lambda: keras.Sequential().input_shape, AttributeError, "when the network is built"),
    (lambda: layers.Normalization()(X), ValueError, r"call adapt\(x\) first"),
], ids=range(27))  # fmt: skip
def test_errors_say_what_to_do(f, error, words):
    with pytest.raises(error, match=words):
        f()


def test_what_is_misspelt_is_answered_with_what_is_meant():
    with pytest.raises(ImportError, match="has no 'dense': did you mean 'Dense'"):
        exec("from mlp.keras.layers import dense")
    assert not hasattr(layers, "Conv2D")
    assert not hasattr(keras, "__wrapped__")
    with pytest.raises(ModuleNotFoundError, match=r"No module named .mlp\.nothing."):
        exec("import mlp.nothing")


def test_names_for_get():
    for room, some in {
        "losses": ["bce", "BCE", "mse", "KLD", "logcosh", "squared_hinge", "Huber", "tversky"],
        "metrics": ["bce", "MAE", "auc", "AUC", "f1_score", "mean_squared_error", "logcosh"],
        "initializers": ["normal", "uniform", "he_normal", "zero", "one", "LecunUniform"],
        "regularizers": ["l1l2", "l1", "L2"], "optimizers": ["ADAM", "sgd", "RMSprop", "nadam"],
        "activations": [None, "swish", "leaky_relu", "hard_silu"],
    }.items():  # fmt: skip
        for name in some:
            assert getattr(keras, room).get(name) is not None
    made = optimizers.get({"class_name": "adam", "config": {"learning_rate": 0.5}})
    assert made.get_config()["learning_rate"] == 0.5
    again = optimizers.deserialize(optimizers.serialize(optimizers.SGD(0.2, momentum=0.3)))
    assert (type(again), again.momentum) == (optimizers.SGD, 0.3)


def test_functions_as_losses_and_metrics():
    model = keras.Sequential([layers.Input((4,)), layers.Dense(2)])
    model.compile("sgd", keras.losses.mean_squared_error, metrics=[
        keras.metrics.mean_squared_error, keras.metrics.huber, "cosine_similarity"])
    logs = model.evaluate(X, X[:, :2], verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["mean_squared_error"])
    assert -1 < logs["cosine_similarity"] < 1
    assert 0 < logs["huber"] < logs["loss"]


def test_an_activation_may_be_a_layer(tmp_path):
    model = keras.Sequential([layers.InputLayer(input_shape=(4,)),
                              layers.Dense(8, activation=layers.LeakyReLU(alpha=0.5)),
                              layers.Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", SPARSE)
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m.safetensors")
    again = models.load_model(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(outputs(again), outputs(model))


def test_a_layer_that_makes_its_weights_at_once_and_one_that_counts():
    class Linear(layers.Layer):
        def __init__(self, units=2, input_dim=4):
            super().__init__()
            self.w = self.add_weight(shape=(input_dim, units), initializer="random_normal")
            self.b = keras.Variable(np.zeros(units), name="b")

        def call(self, inputs):
            return ops.matmul(inputs, self.w) + self.b

    class Total(layers.Layer):
        def __init__(self):
            super().__init__()
            self.total = self.add_weight(shape=(4,), initializer="zeros", trainable=False)
            self.noise = keras.random.SeedGenerator(1)

        def call(self, inputs, training=None):
            self.total.assign_add(ops.sum(inputs, axis=0))
            return keras.random.dropout(inputs, 0.5, seed=self.noise) if training else inputs

    total, linear = Total(), Linear()
    model = keras.Sequential([layers.Input((4,)), total, linear])
    model.compile("sgd", "mse")
    total.total.assign(np.zeros(4))
    model.predict(X, verbose=0)
    np.testing.assert_allclose(total.total.numpy(), X.sum(0), rtol=1e-4, atol=1e-5)
    before = model.get_weights()
    model.fit(X, X[:, :2], verbose=0)
    assert [len(model.trainable_weights), len(total.non_trainable_weights)] == [2, 1]
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    with pytest.raises(TypeError, match="the shape comes first"):
        linear.add_weight("kernel", (2, 3))


def test_a_network_in_a_layer_learns_with_it():
    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.net = keras.Sequential([layers.Dense(50), layers.Dropout(0.5)])
            self.more = [layers.GaussianNoise(1.0), layers.Dense(3)]

        def call(self, inputs):
            y = self.net(inputs)
            for layer in self.more:
                y = layer(y)
            return y

    block = Block()
    model = keras.Sequential([layers.Input((4,)), block])
    assert len(block.trainable_weights) == len(model.trainable_weights) == 4
    still, learning = (np.array([model(X, training=t).data for _ in "12"]) for t in (False, True))
    assert (still[0] == still[1]).all()
    assert (learning[0] != learning[1]).all()
    zeros = (block.net(X, training=True).data == 0).mean()
    assert 0.4 < zeros < 0.6
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(X, X[:, :3], verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
