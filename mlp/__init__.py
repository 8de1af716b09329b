"""Neural networks on `autograd`: neurons composed of Values, losses, optimizers, training."""

import sys
from typing import Any

import autograd

if not hasattr(autograd, "Value"):  # before anything here wants a name that it does not have
    raise ImportError(
        f"the autograd in {autograd.__file__} is not chainrule's but another's, such as HIPS "
        "autograd, which has the same import name: one of them in an environment. Remove both, "
        "pip uninstall autograd chainrule, and install chainrule again",
        name="autograd",
    )

from autograd.moved import Absent, Moved

from . import (
    activations,
    callbacks,
    data,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
    scalar,
)
from .activations import *
from .elsewhere import way
from .layers import (
    Activation,
    Dense,
    Dropout,
    Flatten,
    Input,
    Normalization,
    PReLU,
    Rescaling,
)
from .losses.functions import *
from .models import BackupAndRestore, Sequential, load_model, loops
from .models.loops import *
from .optimizers import *
from .plots.watch import watch
from .scalar import *

__all__ = [
    *scalar.__all__, *activations.__all__, *losses.functions.__all__, *optimizers.__all__,
    *loops.__all__,
    "Activation", "Dense", "Dropout", "Flatten", "Input", "Normalization", "PReLU", "Rescaling",
    "Sequential", "load_model", "watch", "callbacks", "initializers", "layers", "losses", "metrics",
    "optimizers", "regularizers",
    "MLPClassifier", "MLPRegressor",  # noqa: F405
]  # fmt: skip

__version__ = autograd.__version__  # both come in one distribution

callbacks.BackupAndRestore = BackupAndRestore  # here, since it stands on models, which call back
callbacks.__all__.append("BackupAndRestore")


def __getattr__(name: str) -> Any:
    if name in ("MLPClassifier", "MLPRegressor"):  # loaded when first used: scikit-learn is large
        from . import estimators

        return getattr(estimators, name)
    raise AttributeError(way(name, _ROOMS) or f"module 'mlp' has no attribute {name!r}", name=name)


_ROOMS = (layers, losses, optimizers, callbacks, metrics, initializers, regularizers, data)


sys.meta_path.insert(0, Moved({
    f"mlp.{name}": f"mlp.{room}.{now or name}" for room, names in {
        "cli": {"demo": "", "expression": ""},
        "data": {"files": ""},
        "estimators": {"solvers": ""},
        "losses": {"loss_functions": "functions"},
        "models": {"description": "", "saving": "", "sequential": "", "summary": "", "trainer": "",
                   "training": "loops"},
        "optimizers": {"clipping": "", "compiled": "", "keras_optimizers": "keras_defaults",
                       "parameters": "", "schedules": ""},
        "plots": {"live": "watch"},
        "scalar": {"neuron": "", "neuron_fit": "fit", "perceptron": ""},
    }.items() for name, now in names.items()
} | {"mlp.progress": "mlp.callbacks.progress", "mlp.callbacks.backup": "mlp.models.backup"}))
sys.meta_path.append(Absent("mlp", lambda name: way(name, _ROOMS)))
