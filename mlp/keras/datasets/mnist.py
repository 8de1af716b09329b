"""The MNIST handwritten digits."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from ...data import mnist

__all__ = ["load_data"]


def load_data(path: Any = "mnist.npz") -> Any:
    """Load images of 28 × 28 bytes, and labels.

    Parameters
    ----------
    path : path_like, optional
        Keras' file ``mnist.npz``, if there is one of that name; else a folder with the four files
        of MNIST. If not given, and the file is not there, as `mlp.data.mnist`: the folder in the
        environment variable MLP_DATA, or what is downloaded once.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : tuples of ndarray of uint8
        Of shapes (60000, 28, 28) and (60000,), (10000, 28, 28) and (10000,).
    """
    file = Path(os.fspath(path)).expanduser()
    if file.is_file():
        with np.load(file, allow_pickle=False) as found:
            x_train, y_train, x_test, y_test = (
                found[k] for k in ("x_train", "y_train", "x_test", "y_test"))  # fmt: skip
    else:
        x_train, y_train, x_test, y_test = mnist(None if path == "mnist.npz" else file)
    return (x_train, y_train), (x_test, y_test)
