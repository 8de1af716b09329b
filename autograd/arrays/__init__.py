"""NumPy's functions on Tensors: moves, products, sums along an axis, linear algebra, and more."""

from . import dispatch, linalg, moves, products, sums

__all__ = ["dispatch", "linalg", "moves", "products", "sums"]
