"""What older scripts ask of Keras' backend."""

from .config import backend, epsilon, floatx, image_data_format, set_floatx
from .missing import missing
from .utils import clear_session

__all__ = ["backend", "clear_session", "epsilon", "floatx", "image_data_format", "set_floatx"]
__getattr__ = missing(__name__, __all__)
