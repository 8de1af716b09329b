"""Files that are whole or not there: bytes, and named arrays with a description (safetensors)."""

import json
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..given import file_path

__all__ = ["PathLike", "leftovers", "read_arrays", "refusing", "write_arrays", "write_atomically"]

KEY, VERSION = "chainrule", 1
PathLike = str | os.PathLike[str]


def write_atomically(path: PathLike, content: bytes) -> None:
    """Write a file under a temporary name beside it, have it on the disk, then rename it.

    Whoever opens `path` at any moment finds the old file or the new one, also after a crash. A
    process that is killed may leave the temporary file, whose name begins with a dot.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "new", "a.txt")
    >>> write_atomically(path, b"all of it")
    >>> path.read_text(), list(leftovers(path))
    ('all of it', [])
    """
    path = file_path(path, "save: path").resolve()  # not a link is replaced, but what it points to
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the new name is to be on the disk, too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def leftovers(path: PathLike) -> Iterator[Path]:
    """Find what killed processes left of writing a file."""
    path = Path(path).resolve()
    start = f".{path.name}."
    return (p for p in path.parent.iterdir() if p.name.startswith(start) and p.suffix == ".part")


def write_arrays(path: PathLike, content: dict[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write arrays, a description that JSON can hold, and a checksum of both."""
    from safetensors.numpy import save

    little = {k: np.asarray(x, x.dtype.newbyteorder("<"), order="C") for k, x in arrays.items()}
    text = json.dumps({"version": VERSION, "crc32": _checksum(content, little), **content})
    write_atomically(path, save(little, {KEY: text}))  # a second key would make the order random


def read_arrays(path: PathLike) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what `write_arrays` wrote.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If it is damaged or another program's; the message says what is wrong.
    """
    from safetensors import SafetensorError, safe_open

    file_path(path, "load: path").open("rb").close()  # whose errors have the name of the file
    try:
        with refusing(path), safe_open(os.fspath(path), "numpy") as file:
            metadata = file.metadata() or {}
            if KEY not in metadata:
                raise ValueError("it is a safetensors file, but not one of chainrule")
            content = json.loads(metadata[KEY])
            if (version := content.pop("version")) != VERSION:
                raise ValueError(f"its format is {version!r:.20}, and this chainrule reads "
                                 f"{VERSION}")  # fmt: skip
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if content.pop("crc32") != _checksum(content, arrays):
                raise ValueError("it is damaged: its checksum is another")
            return content, arrays
    except SafetensorError as error:
        raise ValueError(f"{path}: it is damaged, or no safetensors file: {error}") from None


@contextmanager
def refusing(path: PathLike) -> Iterator[None]:
    """Turn whatever a strange file leads to into a ValueError with the name of the file."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError) as error:
        raise ValueError(f"{path}: it is not as it should be: {error!r:.200}") from error


def _checksum(content: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    crc = zlib.crc32(json.dumps(content).encode())
    for name, x in sorted(arrays.items()):
        crc = zlib.crc32(f"{name} {x.dtype.name} {x.shape}".encode(), crc)
        crc = zlib.crc32(x.tobytes(), crc)
    return f"{crc:08x}"
