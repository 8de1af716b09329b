"""What Keras has and this has not: an error that says so, and what to use.

``mlp.keras.layers.Conv2D`` is an AttributeError, so that `hasattr` stays False, and ``from
mlp.keras.layers import Conv2D`` an ImportError, with the same words.
"""

import difflib
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from .. import elsewhere

__all__ = ["Hinting", "advice", "missing"]

_IMAGES = "images become rows by Flatten, and Dense layers follow"
_TEXT = "turn text into numbers first, with scikit-learn's CountVectorizer, say"
_FUNCTIONAL = ("write a Sequential; a network of another form is a function of Tensors, with mlp's "
               "layers and mlp.descend")  # fmt: skip
_SEQUENCES = "there are no recurrent layers: PyTorch or Keras itself has them"
_FILES = "networks are written by model.save('name.safetensors') and read by load_model"
_NUMPY = "NumPy's functions and autograd's take Tensors: np.…, autograd.…"
_LOOPS = "Python's own if, for and while: what runs is recorded"
_PIPELINE = "give fit arrays, a generator, or a keras.utils.PyDataset"

# By room and name, what to use in its place; the first that fits.
ADVICE: list[tuple[str, str]] = [
    (r"layers\..*(Conv|Pool|ZeroPadding|Cropping|UpSampling)",
     f"convolutions are not here: {_IMAGES}"),
    (r"layers\.(Maximum|Minimum)", f"layers of several inputs belong to the functional API: "
     f"{_FUNCTIONAL}"),
    (r"layers\.(Rand|Auto|AugMix|Center|Contrast|Cut|Equal|Invert|Max|Mix|Mel|Pipeline|Solar|Resiz"
     r"|STFT)", f"change images with NumPy before fit: {_IMAGES}"),
    (r"layers\..*(Attention)", "attention is not here: PyTorch or Keras itself has it"),
    (r"layers\.(LSTM|GRU|RNN|SimpleRNN|Bidirectional|TimeDistributed|Stacked|Masking|.*Cell)",
     _SEQUENCES),
    (r"layers\.(Text|String|Hash|Integer|Embedding|Category|Discretization|Reversible|Feature)",
     f"{_TEXT}; mlp.data.TableEncoder does it for tables"),
    (r"layers\.(add|Add|average|Average|concat|Concat|dot|Dot|max|min|Max|Min|mul|Mul|sub|Sub)",
     f"layers of several inputs belong to the functional API: {_FUNCTIONAL}"),
    (r"layers\.(SpatialDropout|AlphaDropout)", "there are Dropout, GaussianDropout, GaussianNoise"),
    (r"layers\..*Norm", "there are BatchNormalization, LayerNormalization and Normalization"),
    (r"layers\.(TFSM|Jax|Torch|Flax|EinsumDense|Wrapper|Lora|Spectral)",
     "write a layer of your own: class L(keras.layers.Layer) with build and call"),
    (r"(models\.|layers\.)?(Model|Function|KerasTensor|InputSpec)$",
     f"the functional API is not here: {_FUNCTIONAL}"),
    (r"models\.model_from_json", _FILES),
    (r"applications", "no trained networks come with this: Keras itself, or torchvision, has them"),
    (r"datasets\.(fashion_mnist|cifar|imdb|reuters|boston|california)",
     "mlp.data.mnist(folder) reads whatever has MNIST's format, mlp.data.read_table a CSV file, "
     "and scikit-learn fetches others"),
    (r"callbacks\.(TensorBoard|RemoteMonitor|Swap|Orbax)",
     "CSVLogger and JSONLogger write what comes, mlp.plots and mlp.watch show it"),
    (r"callbacks\.Progbar", "fit's verbose= chooses what is shown"),
    (r"optimizers\.schedules\.(de)?serialize",
     "schedule.get_config and from_config keep what it was made with"),
    (r"optimizers\.", "there are SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, Nadam and "
     "Lion; mlp.optimizers.Optimizer takes a rule of your own"),
    (r"losses\.|metrics\..*_", "a loss or a metric may be a function of (y_true, y_pred)"),
    (r"metrics\.", "derive from keras.metrics.Metric, or give a function of (y_true, y_pred)"),
    (r"utils\.np_utils", "to_categorical is here: from mlp.keras.utils import to_categorical"),
    (r"utils\.(plot_model|model_to_dot)", "draw(model(x)), of autograd, draws a network"),
    (r"utils\..*(dataset|Dataset|Sequence|Feature)", _PIPELINE),
    (r"visualization", "mlp.plots draws images, weights, curves and decision boundaries"),
    (r"utils\..*(img|image|audio|text|bounding|pad_seq)|preprocessing",
     f"read files with other packages, such as Pillow: {_IMAGES}"),
    (r"utils\.(pack|unpack)_x", "batches are tuples: (x, y) or (x, y, sample_weight)"),
    (r"utils\.(.*interactive_logging)", "fit's verbose= chooses what is shown"),
    (r"utils\.(get_source_inputs|is_keras_tensor|standardize_dtype)", _FUNCTIONAL),
    (r"utils\.(get_file|Progbar)", "urllib fetches files, tqdm shows progress"),
    (r"layers\.(de)?serialize", "layer.get_config and from_config keep what it was made with"),
    (r"saving|legacy|export|utils\..*(serial|regist|custom|Custom|Config)", _FILES),
    (r"initializers\.", "derive from keras.initializers.Initializer"),
    (r"activations\.", "an activation may be a function of a Tensor"),
    (r"ops\.(.*conv|.*_pool|extract_patches|(un)?fold$|depth_to|space_to)",
     f"convolutions are not here: {_IMAGES}"),
    (r"ops\.(cond|switch|while_loop|fori_loop|.*scan|map|vectorized_map)$", _LOOPS),
    (r"ops\.(i?r?fft2?|i?stft|eig|polar|view_as_.*)$", "there are no complex numbers here"),
    (r"ops\.custom_gradient", "autograd.elementwise and array_operation make an operation with a "
     "derivative of its own"),
    (r"ops\..*attention", "attention is not here: PyTorch or Keras itself has it"),
    (r"ops(\.|$)", _NUMPY),
    (r"random\.", "numpy.random has more distributions"),
    (r"(quantizers|dtype_policies|mixed_precision|DTypePolicy|FloatDTypePolicy|Quantizer)",
     "keras.config.set_floatx chooses the type of numbers, for a whole network"),
    (r"backend\.[gs]et_value", "write optimizer.learning_rate = …, or variable.assign(…)"),
    (r"backend\.", "keras.ops has the functions of arrays, and keras.config the settings"),
    (r"distribution", "mlp.parallel shares a training among processes"),
    (r"(device|backend|config|RematScope|remat)", "NumPy computes, on this machine's processor"),
    (r"wrappers", "mlp.MLPClassifier and mlp.MLPRegressor are for scikit-learn"),
    (r"tree|Operation|.*Scope|name_scope|src|distillation", "no part of a network needs it here"),
]  # fmt: skip


def advice(path: str) -> str:
    """Say what to use in place of something that is called so below ``keras.``, or nothing.

    Examples
    --------
    >>> advice("layers.Conv2D")
    'convolutions are not here: images become rows by Flatten, and Dense layers follow'
    """
    return next((text for pattern, text in ADVICE if re.match(pattern, path)), "")


def _says(room: str, name: str, there: Sequence[str]) -> str:
    """Write the message: for a slip of the fingers the nearest name, else what to use."""
    path = f"{room.removeprefix('mlp.keras').lstrip('.')}.{name}".lstrip(".")
    text = advice(path)
    near = difflib.get_close_matches(name, there, 1, 0.75)
    if near and (name.lower() == near[0].lower() or not text):
        text = f"did you mean {near[0]!r}?"
    return f"{room} has no {name!r}: " + (text or f"there are {', '.join(there)}")


_rooms: dict[str, Sequence[str]] = {}


def missing(room: str, there: Sequence[str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a module, which answers for names that are not there."""
    _rooms[room] = there
    module = sys.modules[room]
    # With a path, "from room import name" asks the finder below for a name that is not there.
    vars(module).setdefault("__path__", [])

    def __getattr__(name: str) -> Any:  # noqa: N807
        if name.startswith("__"):
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        raise AttributeError(_says(room, name, there), name=name, obj=module)

    return __getattr__


class _Nowhere:
    """The last finder: of what nobody has found, it says what to use."""

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: Any = None) -> None:
        room, _, name = fullname.rpartition(".")
        if room in _rooms and not name.startswith("__"):
            raise ImportError(_says(room, name, _rooms[room]), name=fullname)


sys.meta_path.append(_Nowhere)


_OWN_LOOP = ("write the loop: gradients(loss, parameters), of autograd, and "
             "optimizer.apply_gradients")  # fmt: skip
_CONFIG = "get_config and from_config, or model.save, keep what it was made with"
_KNOWN = "the shapes are input_shape and compute_output_shape(input_shape)"

# Attributes of Keras' objects, and what to use in their place.
ATTRIBUTES: dict[str, str] = {
    **dict.fromkeys(("to_json", "build_from_config", "get_build_config", "compile_from_config",
                     "get_compile_config", "save_own_variables", "load_own_variables",
                     "get_state_tree", "set_state_tree"), _CONFIG),
    **dict.fromkeys(("input", "output", "inputs", "outputs", "input_spec", "compute_output_spec",
                     "symbolic_call"), f"the functional API is not here: {_FUNCTIONAL}; {_KNOWN}"),
    **dict.fromkeys(("train_step", "test_step", "predict_step", "make_train_function",
                     "make_test_function", "make_predict_function", "compute_loss",
                     "compute_metrics", "get_metrics_result", "compute_loss_and_updates",
                     "stateless_compute_loss", "stateless_call", "jax_state_sync",
                     "stateless_apply", "stateless_update_state", "stateless_result",
                     "stateless_reset_state", "minimize"), _OWN_LOOP),
    **dict.fromkeys(("quantize", "quantized_build", "quantized_call", "quantization_mode",
                     "get_quantization_layer_structure", "rematerialized_call", "scale_loss",
                     "finalize_variable_values", "exclude_from_weight_decay", "export"),
                    "it is not here, and nothing in its place"),
    **dict.fromkeys(("compute_mask", "supports_masking"), "give such examples the sample_weight 0"),
    **dict.fromkeys(("dtype_policy", "compute_dtype", "variable_dtype", "input_dtype"),
                    "a network has one type: keras.config.set_floatx, and layer.dtype"),
    "run_eagerly": "compile(…, run_eagerly=True) has all computed line by line",
    **dict.fromkeys(("add_optimizer_variables", "add_variable_from_reference", "assign",
                     "assign_add", "assign_sub", "apply_gradients_to"),
                    "derive from mlp.optimizers.Optimizer, whose _update(w, g, eta) is a step"),
    **dict.fromkeys(("add_weight", "add_variable", "add_loss"), "write a layer that does it"),
    **dict.fromkeys(("enable_lora", "variable_serialization_spec"), "it is not here"),
    "set_weights": "state() and load_state(state) keep what it remembers",
    "metrics": "give compile(metrics=[…])", "interpolate_pr_auc": "result() does it",
    "add_metric": "give compile(metrics=[…])", "metrics_variables": "metric.variables",
    "update_step": "derive from mlp.optimizers.Optimizer, whose _update(w, g, eta) is a step",
    "lr": "write learning_rate",
    "input_shape": "it is known when the network is built: model.build((None, …))",
    "kernel": "a layer has its weights when it is built: layer.build((None, inputs))",
    "bias": "a layer has its weights when it is built: layer.build((None, inputs))",
}  # fmt: skip


class Hinting(elsewhere.Hinting):
    """Answers for attributes that Keras' objects have, and these have not."""

    hints: ClassVar[dict[str, str]] = elsewhere.ATTRIBUTES | ATTRIBUTES
