"""Activations, losses, metrics, optimizers and layers compute what Keras' do."""

import numpy as np
import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras' own

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5)).astype("float32")
P = RNG.uniform(0.02, 0.98, (40, 3)).astype("float32")
SOFTMAX = P / P.sum(1, keepdims=True)
ONE_HOT = np.eye(3, dtype="float32")[RNG.integers(0, 3, 40)]
LABELS = ONE_HOT.argmax(1)
REAL = RNG.normal(size=(40, 3)).astype("float32")
WEIGHTS = RNG.uniform(0.2, 2, 40).astype("float32")

ACTIVATIONS = [
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6",
    "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "squareplus",
    "swish", "tanh", "tanh_shrink",
]  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_by_name(name, both):
    z = np.concatenate([X[:, :4], 4 * X[:, :4]])
    both(lambda k: k.Sequential([k.layers.Input((4,)), k.layers.Activation(name)])
         .predict(z, verbose=0))  # fmt: skip
    both(lambda k: k.activations.get(name)(z))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_a_hidden_layer_learn(name, both):
    both(lambda k: trained(k, k.layers.Dense(6, activation=name), epochs=2), atol=2e-5)


def test_activations_with_settings(both):
    both(lambda k: [
        k.activations.elu(X, 0.5), k.activations.celu(X, 0.5), k.activations.leaky_relu(X, 0.05),
        k.activations.gelu(X, approximate=True), k.activations.softmax(X, axis=0),
        k.activations.relu(X, negative_slope=0.1, max_value=0.9, threshold=0.2),
        k.activations.relu(X, max_value=0.5), k.activations.relu(X, threshold=0.3),
        k.activations.threshold(X, 0.1, -5.0), k.activations.glu(X[:, :4]),
        k.activations.hard_shrink(X, 0.1), k.activations.soft_shrink(X, 0.1),
    ])  # fmt: skip


def trained(k, *hidden, loss="mse", y=REAL, epochs=3, optimizer="sgd", last=None, seed=1, **how):
    """Train from the same weights, in the same order; give all numbers that come out."""
    model = k.Sequential([k.layers.Input((5,)), *hidden, k.layers.Dense(3, activation=last)])
    rng = np.random.default_rng(seed)
    model.set_weights([w if np.ptp(w) == 0 and w.ndim == 1 and w.size and w[0] == 1
                       else rng.normal(0, 0.4, w.shape) ** (1 if w.ndim > 1 else 2)
                       for w in model.get_weights()])  # fmt: skip
    model.compile(optimizer, loss, **{n: how.pop(n) for n in ("metrics", "weighted_metrics")
                                      if n in how})  # fmt: skip
    history = model.fit(X, y, epochs=epochs, batch_size=16, shuffle=False, verbose=0, **how)
    out = [np.array(history.history[name], float) for name in sorted(history.history)]
    return [*out, *model.get_weights(), model.predict(X[:3], verbose=0)]


# --- Losses --------------------------------------------------------------------------------------

LOSSES = {
    "MeanSquaredError": ((), REAL, P), "MeanAbsoluteError": ((), REAL, P),
    "MeanAbsolutePercentageError": ((), REAL + 3, P), "Poisson": ((), P, 2 * P),
    "MeanSquaredLogarithmicError": ((), P, 2 * P), "LogCosh": ((), REAL, P),
    "KLDivergence": ((), SOFTMAX, SOFTMAX[::-1].copy()), "CosineSimilarity": ((), REAL, P),
    "Hinge": ((), ONE_HOT, REAL), "SquaredHinge": ((), ONE_HOT, REAL),
    "CategoricalHinge": ((), ONE_HOT, REAL), "Huber": ((0.5,), REAL, P),
    "BinaryCrossentropy": ((False, 0.1), ONE_HOT, P),
    "BinaryFocalCrossentropy": ((True, 0.3, 1.5), ONE_HOT, P),
    "CategoricalCrossentropy": ((False, 0.1), ONE_HOT, SOFTMAX),
    "CategoricalFocalCrossentropy": ((0.3, 1.5), ONE_HOT, SOFTMAX),
    "SparseCategoricalCrossentropy": ((), LABELS, SOFTMAX), "Dice": ((), ONE_HOT, P),
    "Tversky": ((0.3, 0.7), ONE_HOT, P),
}  # fmt: skip


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "none",
                                       "mean_with_sample_weight"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, reduction, both):
    settings, y, p = LOSSES[name]
    weights = None if name in ("Dice", "Tversky") else WEIGHTS
    both(lambda k: getattr(k.losses, name)(*settings, reduction=reduction)(y, p), atol=1e-5)
    both(lambda k: getattr(k.losses, name)(*settings, reduction=reduction)(y, p, weights),
         atol=1e-5)  # fmt: skip


@pytest.mark.parametrize("name", [
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "log_cosh",
    "mean_squared_logarithmic_error", "poisson", "kl_divergence", "cosine_similarity", "hinge",
    "squared_hinge", "categorical_hinge", "huber", "binary_crossentropy",
    "categorical_crossentropy", "binary_focal_crossentropy", "categorical_focal_crossentropy",
])  # fmt: skip
def test_functions_of_losses(name, both):
    p = SOFTMAX if "categorical_cross" in name else P
    both(lambda k: getattr(k.losses, name)(ONE_HOT, p), atol=1e-5)


@pytest.mark.parametrize("name", ["from logits", "sum", "own", "own class", *[
    n for n in LOSSES if n not in ("Poisson", "MeanSquaredLogarithmicError", "KLDivergence")]])
def test_losses_train(name, both):
    last, y = ("softmax", LOSSES[name][1]) if name in LOSSES else (None, REAL)
    if name in ("MeanSquaredError", "Huber", "LogCosh", "Hinge", "SquaredHinge"):
        last = None

    def loss(k):
        if name == "from logits":
            return k.losses.SparseCategoricalCrossentropy(from_logits=True)
        if name == "sum":
            return k.losses.MeanAbsoluteError(reduction="sum")
        if name == "own":
            return lambda t, p: k.ops.mean(k.ops.abs(t - p) ** 3, axis=-1)
        if name == "own class":
            class Own(k.losses.Loss):
                def call(self, y_true, y_pred):
                    return k.ops.sum(k.ops.square(y_true - y_pred), axis=-1)

            return Own()
        return getattr(k.losses, name)(*LOSSES[name][0])

    both(lambda k: trained(k, k.layers.Dense(4, activation="tanh"), loss=loss(k), last=last,
                           y=LABELS if name == "from logits" else y,
                           optimizer=k.optimizers.SGD(0.001 if name == "sum" else 0.01)),
         rtol=2e-5, atol=2e-5)  # fmt: skip


# --- Metrics -------------------------------------------------------------------------------------

METRICS = {
    "AUC": ({}, ONE_HOT, P), "AUC, PR": ({"curve": "PR"}, ONE_HOT, P),
    "AUC, few": ({"num_thresholds": 7, "summation_method": "minoring"}, ONE_HOT, P),
    "AUC, majoring": ({"summation_method": "majoring", "curve": "PR"}, ONE_HOT, P),
    "AUC, given": ({"thresholds": [0.2, 0.5, 0.9]}, ONE_HOT, P),
    "AUC, logits": ({"from_logits": True}, ONE_HOT, REAL),
    "Precision": ({}, ONE_HOT, P), "Precision, some": ({"thresholds": [0.2, 0.7]}, ONE_HOT, P),
    "Precision, top": ({"top_k": 2}, ONE_HOT, P), "Precision, class": ({"class_id": 1}, ONE_HOT, P),
    "Recall": ({}, ONE_HOT, P), "Recall, top": ({"top_k": 1, "class_id": 0}, ONE_HOT, P),
    "TruePositives": ({}, ONE_HOT, P), "FalsePositives": ({"thresholds": 0.3}, ONE_HOT, P),
    "TrueNegatives": ({}, ONE_HOT, P), "FalseNegatives": ({"thresholds": [0.1, 0.9]}, ONE_HOT, P),
    "SensitivityAtSpecificity": ({"specificity": 0.6}, ONE_HOT, P),
    "SpecificityAtSensitivity": ({"sensitivity": 0.6}, ONE_HOT, P),
    "PrecisionAtRecall": ({"recall": 0.6}, ONE_HOT, P),
    "RecallAtPrecision": ({"precision": 0.4}, ONE_HOT, P),
    "F1Score": ({}, ONE_HOT, P), "F1Score, macro": ({"average": "macro"}, ONE_HOT, P),
    "F1Score, micro": ({"average": "micro", "threshold": 0.4}, ONE_HOT, P),
    "FBetaScore": ({"beta": 2.0, "average": "weighted"}, ONE_HOT, P),
    "R2Score": ({}, REAL, P), "R2Score, each": ({"class_aggregation": None}, REAL, P),
    "R2Score, weighted": ({"class_aggregation": "variance_weighted_average"}, REAL, P),
    "R2Score, adjusted": ({"num_regressors": 2}, REAL, P),
    "RootMeanSquaredError": ({}, REAL, P), "MeanSquaredError": ({}, REAL, P),
    "MeanAbsoluteError": ({}, REAL, P), "MeanAbsolutePercentageError": ({}, REAL + 3, P),
    "MeanSquaredLogarithmicError": ({}, P, 2 * P), "LogCoshError": ({}, REAL, P),
    "Poisson": ({}, P, 2 * P), "KLDivergence": ({}, SOFTMAX, P), "Hinge": ({}, ONE_HOT, REAL),
    "SquaredHinge": ({}, ONE_HOT, REAL), "CategoricalHinge": ({}, ONE_HOT, REAL),
    "CosineSimilarity": ({}, REAL, P), "BinaryCrossentropy": ({}, ONE_HOT, P),
    "BinaryCrossentropy, logits": ({"from_logits": True, "label_smoothing": 0.1}, ONE_HOT, REAL),
    "CategoricalCrossentropy": ({}, ONE_HOT, SOFTMAX),
    "SparseCategoricalCrossentropy": ({}, LABELS, SOFTMAX),
    "BinaryAccuracy": ({"threshold": 0.4}, ONE_HOT, P), "CategoricalAccuracy": ({}, ONE_HOT, P),
    "SparseCategoricalAccuracy": ({}, LABELS, P), "TopKCategoricalAccuracy": ({"k": 2}, ONE_HOT, P),
    "SparseTopKCategoricalAccuracy": ({"k": 2}, LABELS, P),
    "PearsonCorrelation": ({}, REAL, P), "ConcordanceCorrelation": ({}, REAL, P),
}  # fmt: skip


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize("name", METRICS)
def test_metrics(name, weights, both):
    settings, y, p = METRICS[name]

    def result(k):
        metric = getattr(k.metrics, name.split(",")[0])(**settings)
        for s in slice(0, 16), slice(16, 32), slice(32, 40):
            metric.update_state(y[s], p[s], None if weights is None else weights[s])
        seen = metric.result()
        metric.reset_state()
        metric.update_state(y[:8], p[:8])
        return [seen, metric.result()]

    both(result, rtol=2e-5)


@pytest.mark.parametrize("name", [n for n in METRICS if "logits" not in n and n not in (
    "F1Score", "R2Score, each", "R2Score, adjusted", "Precision, some", "FalseNegatives")])
def test_metrics_in_fit(name, both):
    """Of a whole epoch: the batches are not of one size."""
    settings, y, _ = METRICS[name]
    sparse = "Sparse" in name

    def run(k):
        metric = getattr(k.metrics, name.split(",")[0])(**settings)
        return trained(k, loss="sparse_categorical_crossentropy" if sparse else "mse", y=y,
                       last="softmax", metrics=[metric], validation_split=0.3)  # fmt: skip

    both(run, rtol=2e-5)


def test_weighted_metrics(both):
    def run(k):
        named = [k.metrics.AUC(name="auc"), "mae", "accuracy", k.metrics.Recall(name="recall")]
        return trained(k, y=ONE_HOT, last="softmax", loss="categorical_crossentropy",
                       weighted_metrics=named, metrics=["mse"], sample_weight=WEIGHTS)  # fmt: skip

    both(run)


# --- Optimizers ----------------------------------------------------------------------------------

OPTIMIZERS = {
    "SGD": {}, "SGD, momentum": {"momentum": 0.9}, "SGD, decay": {"weight_decay": 0.1},
    "SGD, nesterov": {"momentum": 0.8, "nesterov": True}, "Adam": {}, "AdamW": {},
    "Adam, settings": {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3},
    "Adam, amsgrad": {"amsgrad": True, "learning_rate": 0.1}, "Adam, decay": {"weight_decay": 0.1},
    "RMSprop": {}, "RMSprop, more": {"rho": 0.8, "momentum": 0.5, "centered": True},
    "Adagrad": {}, "Adagrad, start": {"initial_accumulator_value": 0.3, "learning_rate": 0.1},
    "Adadelta": {"learning_rate": 1.0}, "Adamax": {}, "Nadam": {"learning_rate": 0.01}, "Lion": {},
    "SGD, clipnorm": {"clipnorm": 0.1}, "Adam, clipvalue": {"clipvalue": 0.01},
    "SGD, global_clipnorm": {"global_clipnorm": 0.1, "momentum": 0.9},
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name, both):
    both(lambda k: trained(
        k, k.layers.Dense(4, activation="tanh"), epochs=4,
        optimizer=getattr(k.optimizers, name.split(",")[0])(**OPTIMIZERS[name])), atol=1e-5)


SCHEDULES = {
    "ExponentialDecay": (0.1, 4, 0.5), "ExponentialDecay, stairs": (0.1, 4, 0.5, True),
    "InverseTimeDecay": (0.1, 4, 0.5), "PiecewiseConstantDecay": ([3, 6], [0.1, 0.05, 0.01]),
    "PolynomialDecay": (0.1, 5, 0.01, 2.0), "PolynomialDecay, cycle": (0.1, 5, 0.01, 2.0, True),
    "CosineDecay": (0.1, 6, 0.1), "CosineDecay, warm": (0.01, 6, 0.1, "c", 0.1, 3),
    "CosineDecayRestarts": (0.1, 3, 2.0, 0.8, 0.1),
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name, both):
    def make(k):
        return getattr(k.optimizers.schedules, name.split(",")[0])(*SCHEDULES[name])

    both(lambda k: [make(k)(step) for step in range(15)])
    both(lambda k: trained(k, optimizer=k.optimizers.SGD(make(k), momentum=0.9)), atol=5e-6)


# --- Layers --------------------------------------------------------------------------------------

LAYERS = {
    "batch normalization": lambda k: [k.layers.Dense(4), k.layers.BatchNormalization()],
    "batch normalization, settings": lambda k: [k.layers.BatchNormalization(
        momentum=0.5, epsilon=0.1, center=False, gamma_regularizer="l2")],
    "layer normalization": lambda k: [k.layers.LayerNormalization(), k.layers.Dense(4, "relu")],
    "prelu": lambda k: [k.layers.Dense(4), k.layers.PReLU()],
    "relu": lambda k: [k.layers.Dense(4), k.layers.ReLU(0.8, 0.1, 0.1)],
    "leaky relu": lambda k: [k.layers.Dense(4), k.layers.LeakyReLU()],
    "elu": lambda k: [k.layers.Dense(4), k.layers.ELU(0.5)],
    "softmax": lambda k: [k.layers.Dense(4), k.layers.Softmax()],
    "reshape": lambda k: [k.layers.Dense(6), k.layers.Reshape((3, -1)), k.layers.Permute((2, 1)),
                          k.layers.Flatten()],
    "repeat": lambda k: [k.layers.RepeatVector(3), k.layers.Dense(2, "tanh"), k.layers.Flatten()],
    "rescaling": lambda k: [k.layers.Rescaling(0.5, offset=0.1), k.layers.Dense(4, "relu")],
    "normalization": lambda k: [k.layers.Normalization(mean=[0.1] * 5, variance=[2.0] * 5)],
    "unit": lambda k: [k.layers.UnitNormalization(), k.layers.Dense(4, "relu")],
    "regularizers": lambda k: [k.layers.Dense(
        4, "tanh", kernel_regularizer=k.regularizers.L2(0.1), bias_regularizer="l1",
        activity_regularizer=k.regularizers.L1(0.01))],
    "constraints": lambda k: [k.layers.Dense(
        6, "relu", kernel_constraint=k.constraints.MaxNorm(0.5), bias_constraint="non_neg"),
        k.layers.Dense(4, kernel_constraint="unit_norm"),
        k.layers.Dense(4, kernel_constraint=k.constraints.MinMaxNorm(0.4, 0.8, rate=0.5))],
    "orthogonal": lambda k: [k.layers.Dense(4, kernel_regularizer="orthogonal_regularizer")],
    "activity": lambda k: [k.layers.Dense(4, "relu"), k.layers.ActivityRegularization(l2=0.05)],
    "lambda": lambda k: [k.layers.Dense(4), k.layers.Lambda(lambda x: k.ops.tanh(x) * 2)],
    "no bias": lambda k: [k.layers.Dense(4, use_bias=False), k.layers.Identity()],
    "nested": lambda k: [k.Sequential([k.layers.Dense(4, "relu"), k.layers.Dense(3)])],
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, both):
    both(lambda k: trained(k, *LAYERS[name](k), epochs=4), atol=1e-5)


def test_a_layer_of_ones_own(both):
    def run(k):
        class Scaled(k.layers.Layer):
            def __init__(self, units, **kwargs):
                super().__init__(**kwargs)
                self.units = units
                self.inner = k.layers.Dense(units, "tanh")

            def build(self, input_shape):
                self.w = self.add_weight(shape=(input_shape[-1], self.units), name="w",
                                         initializer="random_normal", regularizer="l2")
                self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)
                self.fixed = self.add_weight(shape=(self.units,), trainable=False)
                super().build(input_shape)

            def call(self, inputs, training=None):
                y = k.ops.matmul(inputs, self.w) + self.b * self.fixed
                self.add_loss(0.01 * k.ops.mean(k.ops.square(y)))
                return k.ops.relu(y) + self.inner(inputs)

            def get_config(self):
                return {**super().get_config(), "units": self.units}

        layer = Scaled(4)
        numbers = trained(k, layer)
        again = Scaled.from_config(layer.get_config())
        assert (again.units, again.name) == (4, layer.name)
        assert [len(w) for w in (layer.trainable_weights, layer.non_trainable_weights)] == [4, 1]
        return numbers

    both(run)


def test_batches_one_by_one(both):
    def run(k):
        model = k.Sequential([k.layers.Input((5,)), k.layers.Dense(3)])
        model.set_weights([np.full((5, 3), 0.1), np.zeros(3)])
        model.compile("sgd", "mse", metrics=["mae"])
        found = [model.train_on_batch(X[k : k + 10], REAL[k : k + 10]) for k in (0, 10, 20)]
        found.append(model.test_on_batch(X[30:], REAL[30:], sample_weight=WEIGHTS[30:]))
        return [*found, *model.get_weights()]

    both(run)


def test_batches_from_a_generator_and_arrays_by_steps(both):
    def run(k):
        def batches():
            while True:
                for s in slice(0, 16), slice(16, 32), slice(32, 40):
                    yield X[s], REAL[s], WEIGHTS[s]

        found = []
        for given in (batches(),), (X, REAL):
            model = k.Sequential([k.layers.Input((5,)), k.layers.Dense(3)])
            model.set_weights([np.full((5, 3), 0.1), np.zeros(3)])
            model.compile("sgd", "mse", metrics=["mae"])
            history = model.fit(*given, batch_size=None if len(given) == 1 else 10, epochs=4,
                                steps_per_epoch=2, shuffle=False, verbose=0)  # fmt: skip
            found += [*history.history.values(), *model.get_weights()]
        return found

    both(run)


def test_a_binary_classification_from_logits(both):
    def run(k):
        model = k.Sequential([k.layers.Input((5,)), k.layers.Dense(1)])
        model.set_weights([np.full((5, 1), 0.1), np.zeros(1)])
        rate = k.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=10, decay_rate=1)
        model.compile(k.optimizers.Adam(rate), k.losses.BinaryCrossentropy(from_logits=True),
                      metrics=[k.metrics.BinaryCrossentropy(from_logits=True), "accuracy"])
        y = (X[:, :1] > 0).astype(int)
        history = model.fit(X, y, batch_size=10, epochs=4, shuffle=False, verbose=0)
        return [*history.history.values(), *model.get_weights()]

    both(run)
