"""Every public function and class of `mlp`, called with one wrong argument, says what is wrong."""

import inspect
from pathlib import Path

import numpy as np
import pytest

import autograd
import mlp
from autograd import Tensor, Value
from mlp import (
    MLP,
    Dense,
    Sequential,
    callbacks,
    data,
    initializers,
    layers,
    losses,
    metrics,
    regularizers,
)

X, Y = np.linspace(0, 1, 12).reshape(4, 3), np.array([0, 1, 0, 1])
FOLDERS = tuple(str(Path(package.__file__).parent) for package in (autograd, mlp))
def with_grad():
    w = Tensor([1.0, 2.0])
    (w * w).sum().backward()
    return w


def network():
    model = Sequential([Dense(2, "softmax")], seed=0).build(3)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def optimizer(**settings):
    return {"parameters": [Tensor([1.0])], "learning_rate": 0.1, "weight_decay": 0.1, **settings}


def defaults(f, **required):
    """Give a function's own defaults, and what is right where it has none."""
    found = {name: p.default for name, p in inspect.signature(f).parameters.items()}
    return {name: x for name, x in (found | required).items() if x is not inspect.Parameter.empty}


REQUIRED = {
    "Activation": {"activation": "relu"}, "Dense": {"units": 2}, "Dropout": {"rate": 0.5},
    "GaussianDropout": {"rate": 0.5}, "GaussianNoise": {"stddev": 0.1}, "Input": {"shape": 3},
    "Permute": {"dims": (2, 1)}, "PrecisionAtRecall": {"recall": 0.5}, "RepeatVector": {"n": 2},
    "RecallAtPrecision": {"precision": 0.5}, "Rescaling": {"scale": 0.5},
    "Reshape": {"target_shape": (3, -1)}, "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}  # fmt: skip


def functions(folder):
    """Give what is called, by the words that its errors have for it, and arguments that are right.

    The words are separated by bars: one of them has to be there.
    """
    eps = {"eps": 1e-8}
    pair = {"outputs": [1.0, 2.0], "targets": [1.0, 2.0]}
    for name, settings in {
        "SGD": {"momentum": 0.9}, "AdaGrad": eps, "RMSProp": {"alpha": 0.9, "momentum": 0.9, **eps},
        "Adam": {"beta1": 0.9, "beta2": 0.9, **eps}, "AdamW": {"beta1": 0.9, "beta2": 0.9, **eps},
        "Optimizer": {},
    }.items():  # fmt: skip
        yield getattr(mlp, name), name, optimizer(**settings)
    yield mlp.FlatParameters, "FlatParameters", {"parameters": [Tensor([1.0])]}
    yield mlp.optimizer, "optimizer", {"choice": "sgd"}
    for clip in mlp.clip_by_norm, mlp.clip_by_value:
        yield clip, clip.__name__, {"parameters": [with_grad()], "limit": 1.0}
    for schedule, settings in {
        mlp.schedules.step_decay: {"rate": 0.1, "steps": 2, "factor": 0.5},
        mlp.schedules.exponential_decay: {"rate": 0.1, "factor": 0.5, "steps": 2},
        mlp.schedules.cosine_decay: {"rate": 0.1, "steps": 2, "final": 0.01},
        mlp.schedules.warm_up: {"schedule": 0.1, "steps": 2},
    }.items():
        yield schedule, schedule.__name__, settings
    yield lambda **a: list(mlp.gradient_descent(**a)), "gradient_descent", {
        "cost": lambda: Value(1.0) * 2, "parameters": [Value(1.0)], "learning_rate": 0.1,
        "steps": 2}  # fmt: skip
    yield lambda **a: list(mlp.descend(**a)), "descend", {
        "cost": lambda x: (Tensor(x) * 2).sum(), "optimizer": mlp.SGD([Tensor([1.0])], 0.1),
        "batches": [[X]]}  # fmt: skip

    neuron = {"activation": "relu", "scale": 1.0, "seed": 0}
    yield mlp.Neuron, "Neuron|group", {"n_inputs": 2, **neuron, "name": "h"}
    yield mlp.Layer, "Layer|group", {"n_inputs": 2, "n_outputs": 3, **neuron, "name": "h"}
    yield mlp.MLP, "MLP", {"n_inputs": 2, "sizes": [2, 1], "use_bias": True, **neuron}
    yield MLP(2, [2, 1]), "neuron", {"x": [1.0, 2.0]}
    yield mlp.Layer(2, 2), "neuron", {"x": [1.0, 2.0]}
    yield mlp.Neuron(2), "neuron", {"x": [1.0, 2.0]}
    yield mlp.Neuron(2).set, "Neuron", {"weights": [1.0, 2.0], "bias": 1.0}
    yield MLP(3, [2, 1]).fit, "fit|Adam", {
        "x": X, "y": Y, "loss": None, "optimizer": "adam", "learning_rate": 0.1, "epochs": 1,
        "batch_size": 2, "seed": 0, "dtype": "float32"}  # fmt: skip
    yield mlp.Perceptron, "Perceptron", {
        "weights": [0, 0], "bias": 0.0, "activation": "sign", "at_zero": 0.0}  # fmt: skip
    unit = mlp.Perceptron([0, 0, 0])
    yield unit, "Perceptron", {"x": X}
    yield unit.fit, "fit", {"x": X, "y": Y, "learning_rate": 0.1, "epochs": 2}

    yield mlp.mean, "mean", {"losses": [1.0, 2.0]}
    yield mlp.squared_error, "squared_error", pair
    yield mlp.half_squared_error, "squared_error", pair
    yield mlp.binary_cross_entropy, "binary_cross_entropy", {"probability": 0.5, "target": 1}
    yield mlp.sigmoid_cross_entropy, "sigmoid_cross_entropy", {"logit": 0.5, "target": 1}
    yield mlp.cross_entropy, "cross_entropy", {"probabilities": [0.5, 0.5], "target": 1}
    yield mlp.softmax_cross_entropy, "softmax", {"logits": [0.5, 0.5], "target": 1}
    yield mlp.hinge, "hinge", {"score": 0.5, "target": 1}
    yield mlp.softmax, "softmax", {"z": [1.0, 2.0]}
    yield mlp.log_softmax, "log_softmax", {"z": [1.0, 2.0]}

    yield mlp.Dense, "Dense", {
        "units": 2, "activation": "relu", "kernel_initializer": "he_normal",
        "bias_initializer": "zeros", "kernel_regularizer": "l2",
        "bias_regularizer": "l2"}  # fmt: skip
    yield mlp.Normalization, "Normalization", {"mean": [0.0], "variance": [1.0]}
    yield lambda data: mlp.Normalization().adapt(data), "adapt", {"data": X}
    yield mlp.Sequential, "Sequential", {"layers": [Dense(2)], "seed": 0, "dtype": "float32"}
    yield lambda layer: Sequential().add(layer), "Sequential", {"layer": Dense(2)}
    yield lambda shape: Sequential([Dense(2)]).build(shape), "build", {"shape": 3}
    yield network(), "Sequential", {"x": X}
    yield network().set_weights, "set_weights", {"weights": [np.ones((3, 2)), np.ones(2)]}
    yield lambda **a: network().compile(**a), "compile", {
        "optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}  # fmt: skip
    yield lambda **a: network().fit(verbose=0, **a), "fit|callback", {
        "x": X, "y": Y, "batch_size": 2, "epochs": 1, "callbacks": [], "validation_split": 0.25,
        "class_weight": {0: 1.0}, "initial_epoch": 0, "validation_batch_size": 2,
        "validation_freq": 1}  # fmt: skip
    yield lambda **a: network().fit(X, Y, **a), "fit|verbose", {
        "verbose": 0, "validation_data": (X, Y), "sample_weight": np.ones(4)}  # fmt: skip
    yield lambda **a: network().evaluate(verbose=0, **a), "evaluate", {
        "x": X, "y": Y, "batch_size": 2, "sample_weight": np.ones(4)}  # fmt: skip
    yield lambda **a: network().predict(verbose=0, **a), "predict", {"x": X, "batch_size": 2}
    yield Sequential.from_neurons, "from_neurons|Sequential", {
        "network": MLP(2, [2]), "dtype": "float64"}  # fmt: skip
    saved = folder / "model.safetensors"
    network().save(saved)
    yield network().save, "save", {"path": saved}
    yield mlp.load_model, "load", {"path": saved}
    yield mlp.watch, "watch", {
        "model": MLP(2, [2, 1]), "x": X[:, :2], "y": Y, "losses": [1.0], "every": 5}  # fmt: skip

    for room in losses, metrics, layers:
        for name in room.__all__:
            cls = getattr(room, name)
            if not inspect.isclass(cls) or inspect.isabstract(cls):
                continue
            right = defaults(cls, **REQUIRED.get(name, {}))
            yield cls, f"{name}|{getattr(cls, 'name', '') or name}", right
            if room is not layers:
                targets = [1] if "Sparse" in name else [[1.0, 0.0]]
                yield cls(**right), cls.name, {
                    "y_true": targets, "y_pred": [[0.7, 0.3]], "sample_weight": None}  # fmt: skip
    for name in mlp.activations.__all__:
        if inspect.isfunction(f := getattr(mlp.activations, name)) and name != "activation":
            yield f, name, {"z": [1.0, 2.0] if "softmax" in name else 1.0}
    yield losses.loss, "loss", {"choice": "mse"}
    yield lambda choice: metrics.metric(choice, Y, (4, 1)), "metric", {"choice": "mse"}
    for name in (
        "zeros", "ones", "uniform_fan_out", "glorot_uniform", "glorot_normal", "he_uniform",
        "he_normal", "lecun_uniform", "lecun_normal",
    ):  # fmt: skip
        right = {"rng": 0, "shape": (2, 3), "dtype": "float32"}
        yield getattr(initializers, name), "initializer", right
    yield initializers.initializer, "initializer", {"choice": "zeros"}
    yield regularizers.L1L2, "L1L2", {"l1": 0.1, "l2": 0.1}
    yield regularizers.regularizer, "regularizer", {"choice": "l2"}

    named = {"monitor": "val_loss", "mode": "auto", "min_delta": 0.0}
    for cls, settings in {
        callbacks.EarlyStopping: {**named, "patience": 1, "baseline": 0.5, "start_from_epoch": 0},
        callbacks.ReduceLROnPlateau: {
            **named, "factor": 0.5, "patience": 1, "cooldown": 0, "min_lr": 0.0},
        callbacks.ModelCheckpoint: {"filepath": saved, "save_freq": "epoch"},
        callbacks.BackupAndRestore: {"backup_dir": folder, "save_freq": "epoch"},
        callbacks.LearningRateScheduler: {"schedule": lambda epoch: 0.1},
        callbacks.CSVLogger: {"filename": folder / "log.csv", "separator": ","},
        callbacks.JSONLogger: {"filename": folder / "log.json"},
    }.items():  # fmt: skip
        yield cls, cls.__name__, settings

    for f in data.xor, data.moons, data.circles, data.spiral, data.blobs, data.shapes:
        yield f, f.__name__, defaults(f)
    yield data.one_hot, "one_hot", {"y": [0, 1], "classes": 2}
    yield data.standardize, "standardize", {"train": data.xor()}
    yield data.xor(40).split, "split", {"test": 0.2, "seed": 0}
    yield lambda **a: list(data.batches(**a)), "batches", {
        "x": X, "y": Y, "batch_size": 2, "rng": 0, "scale": 1.0}  # fmt: skip
    yield lambda **a: list(data.minibatches(**a)), "minibatches", {
        "arrays": [X, Y], "batch_size": 2}  # fmt: skip
    (folder / "labels").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    yield data.load_idx, "idx", {"path": folder / "labels"}


def functions_of_tables(folder):
    """Go on with what needs pandas."""
    (folder / "a.csv").write_text("x,z,kind\n1,2,a\n2,3,b\n3,4,a\n4,1,b\n")
    yield data.read_table, "read_table|decimal|thousands", {
        "path": folder / "a.csv", "decimal": None, "thousands": None, "dtype": None,
        "encoder": None}  # fmt: skip
    yield data.table, "table", {
        "source": folder / "a.csv", "target": "kind", "task": "classification", "categorical": (),
        "ignore": (), "dtype": None}  # fmt: skip


def functions_that_draw(folder):
    """Go on with what needs matplotlib; axes are those of another, and text may be anything."""
    from mlp import plots

    net, ends = MLP(2, [2, 1], seed=0), (-1.0, 1.0)
    numbers = {"loss": [1.0, 0.5], "accuracy": [0.1, 0.2]}
    classes = {"y_true": [0, 1], "y_pred": [0, 1], "target_names": ["a", "b"]}
    yield plots.activation, "activation|ax", {"function": "relu", "ax": None, "span": 4.0}
    yield plots.activations, "activation", {"names": ["relu"]}
    yield plots.cost_curve, "cost_curve", {"cost": abs, "path": [1.0, 0.5], "span": ends}
    yield plots.cost_surface, "cost_surface", {
        "cost": np.hypot, "path": [(1.0, 0.5)], "spans": (ends, ends),
        "names": ("a", "b")}  # fmt: skip
    yield plots.fitted_curve, "fitted_curve|model|layer|neuron", {
        "model": MLP(1, [2, 1]), "x": X[:, :1], "y": Y}  # fmt: skip
    yield plots.learning_curve, "learning_curve", {"history": numbers, "metric": "loss"}
    yield plots.learning_curves, "learning_curve", {"history": numbers, "metrics": ["loss"]}
    yield plots.predictions, "predictions", {"y_true": [1.0, 2.0], "y_pred": [1.0, 2.0]}
    yield plots.confusion_matrix, "confusion_matrix|names", classes
    yield plots.decision_boundary, "decision_boundary|model|names|neuron", {
        "model": net, "x": X[:, :2], "y": Y, "target_names": ["a", "b"],
        "feature_names": ["u", "v"], "threshold": 0.5, "resolution": 20}  # fmt: skip
    run = mlp.Perceptron([0, 0]).fit(X[:, :2], Y, epochs=3)
    yield plots.perceptron, "perceptron", {"run": run, "x": X[:, :2], "y": Y, "most": 3}
    yield plots.errors, "errors|images|names", {
        "x": np.ones((4, 4)), "y_true": Y, "y_pred": 1 - Y, "target_names": ["a", "b"],
        "shape": (2, 2), "most": 3}  # fmt: skip
    yield plots.images, "images", {
        "pictures": np.ones((4, 4)), "titles": [*"abcd"], "shape": (2, 2),
        "columns": 2}  # fmt: skip
    yield plots.weights, "weights|images|layer", {
        "model": MLP(4, [2, 1]), "shape": (2, 2), "most": 4}  # fmt: skip
    yield plots.network, "network|layer", {
        "model": net, "feature_names": ["a", "b"], "target_names": ["c"], "most": 5}  # fmt: skip


THE_USERS_OWN = {  # what fails there is a function of the user's, with what the user gave it
    ("descend", "batches", "a list of text"), ("descend", "batches", "rows that differ"),
    ("descend", "batches", "a wrong shape"), ("descend", "batches", "text"),
    ("fit|Adam", "optimizer", "a function"),
}  # fmt: skip


@pytest.mark.parametrize(("found", "needs"), [
    (functions, "sklearn"), (functions_of_tables, "pandas"), (functions_that_draw, "matplotlib"),
])  # fmt: skip
def test_an_error_names_function_and_argument(found, needs, tmp_path, monkeypatch, falls_short):
    pytest.importorskip(needs)
    monkeypatch.chdir(tmp_path)  # a file may be called "text"
    short = []
    for f, words, right in found(tmp_path):
        short += falls_short(f, words, right, THE_USERS_OWN)
    assert not short, "\n".join(short)


def test_an_error_of_another_is_found(falls_short):
    assert "its type" in falls_short(lambda x: x.shape, "f", {"x": X})[0]
    assert "not raised by us" in falls_short(lambda x: x + "a", "f", {"x": "b"})[0]
    assert not falls_short(mlp.Dropout, "Dropout", {"rate": 0.5})
    assert "does not name the function" in falls_short(mlp.Dropout, "Dense", {"rate": 0.5})[0]
    moved = falls_short(lambda share: mlp.Dropout(share), "Dropout", {"share": 0.5})
    assert "does not name the argument" in moved[0]

    def silent(share: float):
        return share

    assert "f(share=text): taken" in falls_short(silent, "f", {"share": 0.5})


def test_every_public_name_is_called(tmp_path):
    called = {getattr(f, "__name__", type(f).__name__) for f, _, _ in functions(tmp_path)}
    called |= {"gradient_descent", "descend", "batches", "minibatches", "Layer", "L1L2", "Dataset",
               "metric"}
    takes_nothing = {"Flatten", "digits", "iris", "diabetes", "History", "TerminateOnNaN"}
    elsewhere = {  # their own tests have what they refuse
        "MLPClassifier", "MLPRegressor", "use_numba", "PerceptronRun", "Module", "Averages",
        "Position", "l1", "l2", "l1_l2", "Loss", "Metric", "Callback", "CallbackList", "Monitor",
        "LambdaCallback", "DataError", "DownloadError", "DataWarning", "MNIST", "mnist", "load_idx",
        "Table", "table", "read_table", "TableEncoder", "activation", "linear", "constant",
        "numbered", "Shape", "tensor_activation", "Statistic", "Batches",
    }  # fmt: skip
    rooms = (mlp, layers, losses, metrics, initializers, regularizers, callbacks, data)
    public = {name for room in rooms for name in room.__all__ if callable(getattr(room, name))}
    assert public - called - takes_nothing - elsewhere == set()
