"""Every public function and class of `mlp.keras`, called with one wrong argument, says what."""

import inspect
import re

import numpy as np

import mlp.keras as keras
from autograd import Tensor
from autograd.row import Elementwise

P = np.array([[0.6, 0.4], [0.3, 0.7]], "float32")
ROOMS = [
    keras.activations, keras.callbacks, keras.config, keras.constraints, keras.datasets.mnist,
    keras.initializers, keras.layers, keras.losses, keras.metrics, keras.models, keras.optimizers,
    keras.optimizers.schedules, keras.random, keras.regularizers, keras.saving, keras.utils, keras,
]  # fmt: skip
RIGHT = {  # by the name of an argument
    "x": P, "z": P, "inputs": P, "y_true": [[1.0, 0.0], [0.0, 1.0]], "y_pred": P, "shape": (2, 2),
    "rate": 0.5, "stddev": 0.1, "target_shape": (2, 1), "dims": (1,), "n": 2, "specificity": 0.5,
    "sensitivity": 0.5, "recall": 0.5, "precision": 0.5, "units": 2, "activation": "relu",
    "scale": 0.5, "function": np.tanh, "filepath": "m.safetensors", "backup_dir": "backup",
    "schedule": lambda epoch: 0.1, "filename": "log.csv", "initial_learning_rate": 0.1,
    "decay_steps": 2, "first_decay_steps": 2, "decay_rate": 0.5, "boundaries": [2],
    "values": [0.1, 0.2], "identifier": None, "minval": 0, "maxval": 4, "seed": 1,
    "threshold": 0.5, "default_value": 0.0, "initializer": [1.0, 2.0], "value": 0.5,
    "fn": np.subtract, "obj": dict, "name": "n",
}  # fmt: skip
OWN = {  # of a function or a class
    "set_floatx": {"value": "float32"}, "Variable": {"shape": None}, "Input": {"shape": (2,)},
    "InputLayer": {"shape": (2,)},
    "to_categorical": {"x": [0, 1]},
    **{f"sparse_{name}": {"y_true": [0, 1]} for name in (
        "categorical_accuracy", "categorical_crossentropy", "top_k_categorical_accuracy")},
}  # fmt: skip
LAYER = {"name": "l", "trainable": True, "input_shape": (2,), "dtype": np.float32}
OPTIMIZER = {"weight_decay": 0.1, "clipnorm": 1.0, "name": "o"}
NAMED = {"activations": "relu", "callbacks": "", "constraints": "non_neg", "initializers": "zeros",
         "losses": "mse", "metrics": "mse", "optimizers": "sgd", "regularizers": "l2"}  # fmt: skip
WORDS = {"CallbackList": "callback", "InputLayer": "Input"}
NO_PAIRS = "Mean", "Sum", "MeanMetricWrapper"  # what takes numbers, or is a user's function
ELSEWHERE = {  # what others' tests have, or what takes nothing that can be wrong
    "Optimizer", "ActivityRegularization", "custom_object_scope", "CustomObjectScope", "load_data",
    "serialize", "linear",
}  # fmt: skip


def network():
    model = keras.Sequential([keras.layers.Dense(2, activation="softmax", input_shape=(3,))])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def calls():
    """Give functions and classes with the words of their errors, and arguments that are right."""
    seen, model = set(), network()
    for room in ROOMS:
        for name in room.__all__:
            f = getattr(room, name)
            if not callable(f) or isinstance(f, Elementwise) or id(f) in seen or name in ELSEWHERE:
                continue
            seen.add(id(f))
            kind = NAMED.get(room.__name__.split(".")[-1])
            own = {"model": model, **dict.fromkeys(("config", "identifier"), kind)}
            own |= OWN.get(name, {}) | ({"name": kind} if name == "deserialize" else {})
            parameters = inspect.signature(f).parameters.values()
            right = {p.name: (RIGHT | own)[p.name] if p.default is p.empty or p.name in own
                     else p.default for p in parameters
                     if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}  # fmt: skip
            cls = f if inspect.isclass(f) else object
            more = {p.kind for p in parameters} & {inspect.Parameter.VAR_KEYWORD}
            right |= LAYER if issubclass(cls, keras.Layer) and more else {}
            right |= OPTIMIZER if issubclass(cls, keras.Optimizer) else {}
            called = re.sub(r"_\d+$", "", getattr(f(**right), "name", name))
            words = f"{WORDS.get(name, name)}|{called}"
            yield f, words, right
            if issubclass(cls, keras.Initializer) and cls is not keras.Initializer:
                yield f(**right), name, {"shape": (2, 2), "dtype": "float32"}
            elif issubclass(cls, (keras.Loss, keras.Metric)):
                yield from examples(f, words, right, "Sparse" in name)


def examples(f, words, right, sparse):
    if f in (keras.Loss, keras.Metric, *map(vars(keras.metrics).get, NO_PAIRS)):
        return
    made = f(**right)
    yield (lambda **batch: made(**batch)), words, {
        "y_true": [0, 1] if sparse else RIGHT["y_true"], "y_pred": P, "sample_weight": [1.0, 2.0]}


def methods():
    """Go on with what objects do."""
    model, layer, w = network(), keras.layers.Layer(), Tensor([1.0])
    dense = keras.layers.Dense(2)
    dense.build((None, 3))
    x, y = np.ones((4, 3)), np.array([0, 1, 0, 1])
    yield lambda **a: network().fit(**a), "fit|verbose", {
        "x": x, "y": y, "batch_size": 2, "epochs": 1, "verbose": 0, "validation_split": 0.25,
        "shuffle": True, "initial_epoch": 0, "steps_per_epoch": None}  # fmt: skip
    yield lambda **a: network().compile(**a), "compile", {
        "optimizer": "sgd", "loss": "mse", "metrics": ["mae"], "weighted_metrics": None,
        "run_eagerly": False}  # fmt: skip
    yield model.evaluate, "evaluate|verbose", {"x": x, "y": y, "verbose": 0, "return_dict": True}
    yield model.predict, "predict|verbose", {"x": x, "batch_size": 2, "verbose": 0, "steps": None}
    yield model.train_on_batch, "train_on_batch", {"x": x, "y": y, "sample_weight": None}
    yield model.get_layer, "get_layer|layer", {"name": model.layers[0].name}
    yield model.get_layer, "get_layer", {"index": 0}
    yield lambda **a: keras.Sequential().add(**a), "Sequential", {"layer": keras.layers.Dense(2)}
    yield lambda **a: keras.Sequential([keras.layers.Dense(2)]).build(**a), "build", {
        "input_shape": (None, 3)}  # fmt: skip
    yield model.compute_output_shape, "compute_output_shape", {"input_shape": (None, 3)}
    yield model.set_weights, "set_weights", {"weights": [np.ones((3, 2)), np.ones(2)]}
    yield model.save, "save", {"filepath": "m.safetensors"}
    yield layer.add_weight, "add_weight", {
        "shape": (2,), "initializer": "zeros", "trainable": True, "name": "w"}  # fmt: skip
    yield lambda **a: keras.layers.Dense(2)(**a), "Dense", {"x": x}
    yield dense.set_weights, "set_weights", {"weights": [np.ones((3, 2)), np.ones(2)]}
    yield lambda **a: keras.layers.Normalization().adapt(**a), "Normalization|adapt", {"data": x}
    yield lambda **a: keras.optimizers.SGD().apply(**a), "apply|SGD", {
        "grads": [np.ones((1,))], "trainable_variables": [w]}  # fmt: skip
    yield lambda **a: keras.optimizers.SGD().apply_gradients(**a), "apply_gradients|SGD", {
        "grads_and_vars": [(np.ones((1,)), w)]}  # fmt: skip
    yield keras.layers.Variable([1.0, 2.0]).assign, "assign", {"value": [1.0, 2.0]}
    yield keras.metrics.Mean().update_state, "Mean|update_state", {"values": [1.0]}


def test_an_error_names_function_and_argument(falls_short, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network().save("m.safetensors")
    short = [line for found in (calls, methods) for call in found() for line in falls_short(*call)]
    assert not short, "\n".join(short)
