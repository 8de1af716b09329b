"""What other libraries have at the top, and what to write in its place."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, ClassVar

__all__ = ["Hinting", "way"]

_TORCH_LOSS = "compile takes a loss by its name"
ELSEWHERE = {  # PyTorch's, scikit-learn's and Keras' names -> what to write
    "Linear": "write Dense(units, activation), which finds the number of its inputs itself",
    "nn": "layers are mlp.Dense, mlp.Dropout, …, a network is mlp.Sequential, losses are in "
          "mlp.losses, and functions in autograd",
    "functional": "functions such as relu and softmax_cross_entropy are in autograd",
    "optim": "optimizers are mlp.SGD, mlp.Adam, …",
    "lr_scheduler": "schedules are in mlp.optimizers.schedules, and go to learning_rate=",
    "Model": "a network is mlp.Sequential([…])",
    "ModuleList": "write a list, or mlp.Sequential([…])",
    "Parameter": "write autograd.Tensor: a layer's attributes of that kind are its parameters",
    "Tensor": "write autograd.Tensor", "tensor": "write autograd.Tensor",
    "Value": "write autograd.Value", "no_grad": "write autograd.no_grad",
    "DataLoader": "write for x, y in mlp.data.batches(x, y, batch_size), or fit(…, batch_size=)",
    "Dataset": "arrays are data sets: mlp.data has some, and cuts others into batches",
    "TensorDataset": "give the arrays to mlp.data.batches, or to fit",
    **{name: f"write Activation({name.lower()!r}), or the layer before as "
             f"Dense(units, {name.lower()!r})"
       for name in ("ReLU", "Sigmoid", "Tanh", "GELU", "SiLU", "ELU", "Softplus", "Softmax")},
    "LeakyReLU": "write Dense(units, 'leaky_relu'), whose slope below 0 is 0.01",
    "Identity": "write Activation('linear')",
    "MSELoss": f"{_TORCH_LOSS}, 'mse'", "L1Loss": f"{_TORCH_LOSS}, 'mae'",
    "HuberLoss": f"{_TORCH_LOSS}, 'huber'", "BCELoss": f"{_TORCH_LOSS}, 'binary_crossentropy'",
    "BCEWithLogitsLoss": "write mlp.losses.BinaryCrossentropy(from_logits=True), or the function "
                         "mlp.sigmoid_cross_entropy",
    "CrossEntropyLoss": "write autograd.softmax_cross_entropy(logits, labels), or in compile "
                        "mlp.losses.SparseCategoricalCrossentropy(from_logits=True)",
    "NLLLoss": "write autograd.softmax_cross_entropy(logits, labels)",
    "manual_seed": "give a network its seed: Sequential([…], seed=0)",
    "clip_grad_norm_": "write mlp.clip_by_norm(parameters, limit)",
    "clip_grad_value_": "write mlp.clip_by_value(parameters, limit)",
    "Adagrad": "write mlp.AdaGrad", "RMSprop": "write mlp.RMSProp",
    "load": "write mlp.load_model(path)", "save": "write model.save(path)",
    "train_test_split": "write train, test = mlp.data.Dataset(x, y).split(0.2)",
    "StandardScaler": "write mlp.data.standardize(train, test), or begin with the layer "
                      "mlp.Normalization()",
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv2D", "MaxPool2d", "MaxPooling2D", "RNN", "LSTM",
                     "GRU", "Embedding", "MultiheadAttention", "Transformer"),
                    "there are dense layers only"),
}  # fmt: skip


_ONE_DEVICE = "there is one device, the processor; a network has its type by dtype="
_PHASE = "fit trains; otherwise a network answers as it is, or as model(x, training=True)"
_AXES = "model.layers are its layers, in their order"
ATTRIBUTES = {  # those of PyTorch's modules and optimizers, and of older Keras -> what to write
    "train": _PHASE, "eval": _PHASE, "forward": "write model(x)",
    **dict.fromkeys(("to", "cuda", "cpu", "half", "float", "double"), _ONE_DEVICE),
    "state_dict": "write get_weights() or save(path); an optimizer has state()",
    "load_state_dict": "write set_weights(weights) or mlp.load_model(path); an optimizer has "
                       "load_state(state)",
    "named_parameters": "a parameter's name is p.label", "param_groups": "there is one: settings "
    "are attributes, such as optimizer.learning_rate = 0.01",
    **dict.fromkeys(("children", "modules", "named_modules", "named_children"), _AXES),
    "predict_classes": "write predict(x).argmax(axis=-1)", "predict_proba": "write predict(x)",
    **{f"{name}_generator": f"write {name}" for name in ("fit", "evaluate", "predict")},
}  # fmt: skip


class Hinting:
    """Answers for attributes that others' objects have, with what to write."""

    hints: ClassVar[dict[str, str]] = ATTRIBUTES

    def __getattr__(self, name: str) -> Any:
        hint = self.hints.get(name)
        text = f"{type(self).__name__} has no {name!r}" + (f": {hint}" if hint else "")
        raise AttributeError(text, name=name, obj=self)


def way(name: str, rooms: Sequence[ModuleType] = ()) -> str | None:
    """Say what to write for a name that `mlp` does not have; None if nobody has it.

    Examples
    --------
    >>> import mlp
    >>> way("Linear")
    'mlp has no Linear: write Dense(units, activation), which finds the number of its inputs itself'
    >>> way("EarlyStopping", [mlp.callbacks])
    'mlp has no EarlyStopping: it is mlp.callbacks.EarlyStopping'
    """
    for room in rooms:
        if name in room.__all__:
            return f"mlp has no {name}: it is {room.__name__}.{name}"
    return f"mlp has no {name}: {ELSEWHERE[name]}" if name in ELSEWHERE else None
