"""The IDX format: arrays in a file, as those of MNIST are kept.

Two zero bytes, the type, the number of dimensions, the dimensions, the numbers; big-endian
throughout. http://yann.lecun.com/exdb/mnist describes it.
"""

import gzip
import io
import math
import os
import struct
import sys
import zlib

import numpy as np

from ..given import file_path

__all__ = ["DataError", "load_idx"]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CHUNK = 1 << 18


class DataError(ValueError):
    """A file is not what it should be; the message says which file, and what is wrong where."""


def load_idx(path: str | os.PathLike[str], mmap_mode: str | None = None) -> np.ndarray:
    """Read an array from an IDX file, plain or packed by gzip.

    Parameters
    ----------
    path : path_like
        The file. Whether it is packed is seen from its content, not from its name.
    mmap_mode : {"r", "c"}, optional
        Leave the numbers of a plain file on the disk, and read those that are looked at, as
        `numpy.load` does: they may be more than memory holds.

    Returns
    -------
    ndarray
        Of the shape and the type in the file (uint8, int8, int16, int32, float32 or float64), in
        the machine's byte order; if it is memory-mapped, in the file's.

    Raises
    ------
    DataError
        If it is not an IDX file, or is truncated, too long or corrupt. A header that promises
        more than the file can hold is refused before any memory is taken.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "labels-idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 0x08, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     load_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    if mmap_mode not in (None, "r", "c"):
        raise ValueError(f'load_idx: mmap_mode is "r" or "c", got {mmap_mode!r:.40}')
    try:
        return _load_idx(path, mmap_mode)
    except EOFError as error:
        raise DataError(f"{path}: truncated: the gzip data end too early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: corrupt gzip: {error}") from error


def _load_idx(path: str | os.PathLike[str], mmap_mode: str | None) -> np.ndarray:
    with file_path(path, "load_idx: path").open("rb") as file:
        stream: io.BufferedIOBase = file
        length = os.fstat(file.fileno()).st_size
        packed = is_gzip(file.peek(2))
        if packed and mmap_mode is not None:
            raise DataError(f"{path}: it is packed by gzip, and cannot be memory-mapped: unpack it "
                            "first, gunzip -k")  # fmt: skip
        if packed:
            stream = gzip.GzipFile(fileobj=file)
            length *= 1032  # deflate's best: 258 bytes from two bits
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0":
            raise DataError(
                f"{path}: not an IDX file: it begins with {magic!r}; expected two zero bytes, "
                "a type and a number of dimensions")  # fmt: skip
        if magic[2] not in _TYPES:
            known = ", ".join(f"0x{code:02X}" for code in _TYPES)
            raise DataError(f"{path}: unknown type 0x{magic[2]:02X} in byte 2; IDX has {known}")
        dtype, ndim = np.dtype(_TYPES[magic[2]]), magic[3]
        dimensions = stream.read(4 * ndim)
        if len(dimensions) < 4 * ndim:
            raise DataError(
                f"{path}: truncated in the header: {ndim} dimensions take {4 * ndim} bytes, "
                f"the file has {len(dimensions)}")  # fmt: skip
        shape = struct.unpack(f">{ndim}I", dimensions)
        size = math.prod(shape) * dtype.itemsize
        start = 4 + 4 * ndim
        promise = f"the header promises {dtype.name} of shape {shape}, {size:,} bytes"
        if size > length - start:
            raise DataError(f"{path}: truncated, or no IDX file: {promise}; "
                            f"the file has room for {max(0, length - start):,}")  # fmt: skip
        if mmap_mode is not None and size == length - start and size:
            return np.memmap(file, dtype, mmap_mode, start, shape)  # type: ignore[call-overload]
        try:
            array = np.empty(shape, dtype)
        except ValueError as error:  # too many dimensions, or a 0 among giants
            raise DataError(f"{path}: {promise}; NumPy holds no such array: {error}") from error
        into = array.reshape(-1).view(np.uint8).data
        position = 0
        while position < size:  # in small pieces: GzipFile.readinto first makes a copy
            read = stream.readinto(into[position : position + _CHUNK])
            if not read:
                raise DataError(f"{path}: truncated: {promise}; only {position:,} follow it")
            position += read
        if stream.read(1):
            raise DataError(f"{path}: too long: {promise}; more bytes follow at {start + size:,}")
    if sys.byteorder == "little":
        array.byteswap(inplace=True)
    return array.view(dtype.newbyteorder("="))


def is_gzip(start: bytes) -> bool:
    """Tell whether a file that begins so is packed by gzip."""
    return start[:2] == b"\x1f\x8b"
