"""What `use_numba` was: a choice for all networks, in the place of `jit_compile` for each."""

import importlib.util
import warnings

__all__ = ["use_numba"]

_asked = False


def use_numba(on: bool = True) -> None:
    """Let ``jit_compile="auto"`` mean True from now on, or what it says again.

    .. deprecated:: 0.2
        Write ``compile(..., jit_compile=True)``.

    Parameters
    ----------
    on : bool, optional
        Whether loops are compiled where nothing is said.

    Raises
    ------
    ModuleNotFoundError
        If Numba is not installed.

    Examples
    --------
    >>> import mlp
    >>> mlp.use_numba()         # doctest: +SKIP
    """
    global _asked
    warnings.warn("use_numba: write compile(..., jit_compile=True), or MLP.fit(..., "
                  "jit_compile=True), for each network", DeprecationWarning, stacklevel=2)
    if on and importlib.util.find_spec("numba") is None:
        raise ModuleNotFoundError(
            "use_numba needs Numba, which is not installed: pip install numba", name="numba")
    _asked = bool(on)


def meant(jit_compile: object) -> bool:
    """Tell whether loops are asked for."""
    return jit_compile is True or (_asked and jit_compile == "auto")
