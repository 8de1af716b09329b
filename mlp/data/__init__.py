"""Data: MNIST, scikit-learn's small sets, toy problems, tables from files, mini-batches."""

from . import batching, encoding, idx, mnist_files, sets, tables
from .batching import *
from .encoding import *
from .entries import DataWarning
from .idx import *
from .mnist_files import *
from .sets import *
from .tables import *

__all__ = [
    *idx.__all__, *mnist_files.__all__, *sets.__all__, *tables.__all__, *encoding.__all__,
    *batching.__all__, "DataWarning",
]  # fmt: skip
