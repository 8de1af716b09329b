"""Data sets: MNIST and the IDX format, scikit-learn's small sets, toy problems, mini-batches.

Images stay bytes until `batches` turns a mini-batch of them into floats.
"""

import gzip
import io
import math
import operator
import os
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "load_idx", "mnist", "MNIST", "MIRRORS", "DataError", "DownloadError",
    "digits", "iris", "diabetes", "xor", "moons", "circles", "spiral", "blobs", "Dataset",
    "batches",
]  # fmt: skip

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
"""Where `mnist` downloads from, in this order: folders that hold the four .gz files."""

_SHA256 = {  # of the unpacked files: a mirror may have packed them with another gzip
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
_IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CHUNK = 1 << 18


class DataError(ValueError):
    """A file is not what it should be; the message says which file, and what is wrong where."""


class DownloadError(OSError):
    """A file could not be fetched or stored; the message says what to do."""


class MNIST(NamedTuple):
    """The handwritten digits: 28 × 28 bytes an image, 0 is background; labels are 0…9.

    Attributes
    ----------
    x_train, x_test : ndarray of uint8
        Images, of shapes (60000, 28, 28) and (10000, 28, 28).
    y_train, y_test : ndarray of uint8
        Labels, of shapes (60000,) and (10000,).
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


class Dataset(NamedTuple):
    """A small data set; it unpacks as x, y, feature_names, target_names.

    Attributes
    ----------
    x : ndarray of float64
        Examples, of shape (examples, features).
    y : ndarray
        Classes from 0 (int64), or the numbers to predict (float64), of shape (examples,).
    feature_names, target_names : tuple of str
        What the columns of x and the classes are called; empty where they have no names.
    """

    x: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()


# The IDX format: two zero bytes, the type, the number of dimensions, the dimensions, the numbers;
# big-endian throughout. http://yann.lecun.com/exdb/mnist describes it.


def load_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an array from an IDX file, plain or packed by gzip.

    Parameters
    ----------
    path : path_like
        The file. Whether it is packed is seen from its content, not from its name.

    Returns
    -------
    ndarray
        Of the shape and the type in the file (uint8, int8, int16, int32, float32 or float64), in
        the machine's byte order.

    Raises
    ------
    DataError
        If it is not an IDX file, or is truncated, too long or corrupt. A header that promises
        more than the file can hold is refused before any memory is taken.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "labels-idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 0x08, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     load_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    try:
        return _load_idx(path)
    except EOFError as error:
        raise DataError(f"{path}: truncated: the gzip data end too early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: corrupt gzip: {error}") from error


def _load_idx(path: str | os.PathLike[str]) -> np.ndarray:
    with Path(path).open("rb") as file:
        stream: io.BufferedIOBase = file
        length = os.fstat(file.fileno()).st_size
        if _is_gzip(file.peek(2)):
            stream = gzip.GzipFile(fileobj=file)
            length *= 1032  # deflate's best: 258 bytes from two bits
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0":
            raise DataError(
                f"{path}: not an IDX file: it begins with {magic!r}; expected two zero bytes, "
                "a type and a number of dimensions")  # fmt: skip
        if magic[2] not in _IDX_TYPES:
            known = ", ".join(f"0x{code:02X}" for code in _IDX_TYPES)
            raise DataError(f"{path}: unknown type 0x{magic[2]:02X} in byte 2; IDX has {known}")
        dtype, ndim = np.dtype(_IDX_TYPES[magic[2]]), magic[3]
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


def _is_gzip(start: bytes) -> bool:
    return start[:2] == b"\x1f\x8b"


def mnist(
    folder: str | os.PathLike[str] | None = None, *, mirrors: Sequence[str] = MIRRORS
) -> MNIST:
    """Load the MNIST handwritten digits; download them (11 MB, once) if they are nowhere.

    Parameters
    ----------
    folder : path_like, optional
        Where the four files are, plain or .gz, named like train-images-idx3-ubyte or
        train-images.idx3-ubyte. If not given, the folder that the environment variable MLP_DATA
        names; if that is not set, the cache of this user, into which the files are downloaded if
        they are not there (55 MB unpacked, checked by SHA-256).
    mirrors : sequence of str, optional
        Addresses of folders to download from; the next is tried if one fails.

    Returns
    -------
    MNIST
        Images of uint8, and labels. From a folder it may be another set in MNIST's format.

    Raises
    ------
    FileNotFoundError
        If the folder or one of its files is missing.
    DataError
        If a file is damaged, images are not 28 × 28 bytes, there are not as many labels as
        images, or a label is above 9.
    DownloadError
        If no mirror could serve, or the cache could not be written. Nothing half-written stays.
    ModuleNotFoundError
        If something is to be downloaded and pooch is not installed.

    Examples
    --------
    >>> digits = mnist()  # doctest: +SKIP
    >>> digits.x_train.shape, digits.x_train.dtype  # doctest: +SKIP
    ((60000, 28, 28), dtype('uint8'))
    """
    folder = folder or os.environ.get("MLP_DATA") or None
    paths = [
        _download(name, mirrors) if folder is None else _find(Path(folder).expanduser(), name)
        for name in _SHA256
    ]
    return MNIST(*_labelled_images(*paths[:2]), *_labelled_images(*paths[2:]))


def _find(folder: Path, name: str) -> Path:
    for variant in (name, name.replace("-idx", ".idx")):
        for path in (folder / variant, folder / f"{variant}.gz"):
            if path.is_file():
                return path
    missing = f"no {name} or {name}.gz in it" if folder.is_dir() else "it is not a folder"
    raise FileNotFoundError(f"MNIST was looked for in {folder}, but {missing}; {_by_hand()}")


def _by_hand() -> str:
    files = ", ".join(f"{name}.gz" for name in _SHA256)
    return (f"download {files} by hand (from {' or '.join(MIRRORS)}) into a folder, and set the "
            "environment variable MLP_DATA to it, or call mnist(folder)")  # fmt: skip


def _labelled_images(images: Path, labels: Path) -> tuple[np.ndarray, np.ndarray]:
    x, y = load_idx(images), load_idx(labels)
    if x.dtype != np.uint8 or x.shape[1:] != (28, 28) or not len(x):
        raise DataError(f"{images}: expected uint8 images of shape (n, 28, 28), "
                        f"got {x.dtype} of shape {x.shape}")  # fmt: skip
    if y.dtype != np.uint8 or y.ndim != 1:
        raise DataError(f"{labels}: expected uint8 labels of shape (n,), "
                        f"got {y.dtype} of shape {y.shape}")  # fmt: skip
    if len(x) != len(y):
        raise DataError(f"{len(x)} images in {images}, but {len(y)} labels in {labels}")
    if y.max() > 9:
        first = int(np.argmax(y > 9))
        raise DataError(f"{labels}: labels are 0…9, but label {first} is {y[first]}")
    return x, y


def _download(name: str, mirrors: Sequence[str]) -> Path:
    """Give the path of a file in the cache, where it is put first if it is not there, or damaged.

    Pooch downloads to a temporary file, and names it `name` only if its checksum is right.
    """
    try:
        import pooch
        import requests
    except ImportError as error:
        raise ModuleNotFoundError(
            f"downloading MNIST needs pooch: pip install 'chainrule[data]'; or {_by_hand()}"
        ) from error
    cache = Path(pooch.os_cache("chainrule")) / "mnist"
    failures: list[str] = []
    cause: Exception | None = None
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}.gz"
        try:
            return Path(pooch.retrieve(
                url, f"sha256:{_SHA256[name]}", fname=name, path=cache, downloader=_fetch,
            ))  # fmt: skip
        except (requests.RequestException, zlib.error, ValueError) as error:
            failures.append(f"{url}: {error}")
            cause = error
        except OSError as error:  # the disk's fault, not the mirror's: the next would not help
            failures.append(f"{cache} could not be written: {error}")
            cause = error
            break
    raise DownloadError(
        "\n  ".join([
            f"{name} could not be downloaded; nothing half-written was left in {cache}:",
            *(failures or ["no mirror was given"]),
        ]) + f"\nTry again later, or {_by_hand()}.") from cause  # fmt: skip


def _fetch(url: str, output: str, pooch: Any) -> None:
    """Download a file and unpack it on the way, with a progress bar."""
    import requests
    from tqdm import tqdm

    with Path(output).open("wb") as file, requests.get(url, stream=True, timeout=30) as response:
        response.raise_for_status()
        length = int(response.headers.get("content-length", 0)) or None
        unpack = None
        with tqdm(total=length, unit="B", unit_scale=True, desc=url.rpartition("/")[2]) as bar:
            for chunk in response.iter_content(_CHUNK):
                if unpack is None:  # some servers send .gz files as plain ones, compressed for HTTP
                    unpack = zlib.decompressobj(31).decompress if _is_gzip(chunk) else bytes
                file.write(unpack(chunk))
                bar.update(len(chunk))


def digits() -> Dataset:
    """Load scikit-learn's handwritten digits: 1797 images of 8 × 8, numbers from 0 to 16.

    Examples
    --------
    >>> digits().x.shape, digits().target_names[:3]
    ((1797, 64), ('0', '1', '2'))
    """
    from sklearn.datasets import load_digits

    return _named(load_digits())


def iris() -> Dataset:
    """Load Fisher's irises: 150 flowers, 4 lengths in cm, 3 species.

    Examples
    --------
    >>> x, y, feature_names, target_names = iris()
    >>> x.shape, target_names
    ((150, 4), ('setosa', 'versicolor', 'virginica'))
    """
    from sklearn.datasets import load_iris

    return _named(load_iris())


def diabetes() -> Dataset:
    """Load a regression: 442 patients, 10 features (centred, scaled), the disease a year later.

    Examples
    --------
    >>> diabetes().x.shape, diabetes().feature_names[:3]
    ((442, 10), ('age', 'sex', 'bmi'))
    """
    from sklearn.datasets import load_diabetes

    return _named(load_diabetes())


def _named(bunch: Any) -> Dataset:
    names = (tuple(map(str, bunch.get(key, ()))) for key in ("feature_names", "target_names"))
    return Dataset(bunch.data, bunch.target, *names)


def xor(n: int = 4, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """Make n points at the corners of the unit square in turn, of class x₁ XOR x₂.

    Parameters
    ----------
    n : int, optional
        How many.
    noise : float, optional
        Standard deviation of what is added to each coordinate.
    seed : int, optional
        The same seed gives the same points.

    Examples
    --------
    >>> x, y, *_ = xor()
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    corner = np.arange(_from_1("n", n)) % 4
    x = np.stack([corner // 2, corner % 2], axis=1)
    return Dataset(x + _noise(noise, x.shape, seed), (x[:, 0] ^ x[:, 1]).astype(np.int64))


def moons(n: int = 200, *, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Make n points on two half circles that interlock, with noise of a standard deviation.

    Examples
    --------
    >>> moons(100).x.shape
    (100, 2)
    """
    from sklearn.datasets import make_moons

    return Dataset(*make_moons(_from_1("n", n), noise=noise, random_state=seed))


def circles(n: int = 200, *, noise: float = 0.1, factor: float = 0.5, seed: int = 0) -> Dataset:
    """Make n points on two circles, of radius 1 (class 0) and `factor` (class 1), with noise.

    Examples
    --------
    >>> circles(100).x.shape
    (100, 2)
    """
    from sklearn.datasets import make_circles

    return Dataset(*make_circles(
        _from_1("n", n), noise=noise, factor=factor, random_state=seed))  # fmt: skip


def spiral(
    n: int = 300, *, classes: int = 3, turns: float = 0.75, noise: float = 0.1, seed: int = 0
) -> Dataset:
    """Make n points on as many spiral arms as classes, which wind from the centre to radius 1.

    Parameters
    ----------
    n : int, optional
        How many, of the classes in turn.
    classes : int, optional
        The number of arms.
    turns : float, optional
        How often an arm goes round.
    noise : float, optional
        Standard deviation of the angle, in radians.
    seed : int, optional
        The same seed gives the same points.

    Examples
    --------
    >>> spiral(6).y.tolist()
    [0, 1, 2, 0, 1, 2]
    """
    k = np.arange(_from_1("n", n))
    y = k % _from_1("classes", classes)
    radius = (k + 1) / n
    angle = 2 * np.pi * (turns * radius + y / classes) + _noise(noise, k.shape, seed)
    return Dataset(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), y)


def blobs(
    n: int = 200, *, classes: int = 3, features: int = 2, spread: float = 1.0, seed: int = 0
) -> Dataset:
    """Make n points in Gaussian clouds, one a class, of the standard deviation `spread`.

    Examples
    --------
    >>> blobs(100, features=5).x.shape
    (100, 5)
    """
    from sklearn.datasets import make_blobs

    return Dataset(*make_blobs(
        _from_1("n", n), features, centers=_from_1("classes", classes), cluster_std=spread,
        random_state=seed))  # fmt: skip


def _from_1(name: str, number: int) -> int:
    if operator.index(number) < 1:
        raise ValueError(f"{name} is a whole number from 1, got {number!r}")
    return number


def _noise(deviation: float, shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, deviation, shape)


def batches(
    x: Any,
    y: Any,
    batch_size: int,
    rng: np.random.Generator | int | None = None,
    *,
    shuffle: bool = True,
    drop_last: bool = False,
    scale: float | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Go once through a data set in mini-batches: one epoch.

    Bytes become floats a batch at a time, so a set of images never takes more than its own memory.

    Parameters
    ----------
    x : array_like
        Examples, of shape (examples, ...).
    y : array_like
        Targets of any type, of shape (examples, ...).
    batch_size : int
        How many examples a batch has; the last has what remains.
    rng : Generator or int, optional
        Where the shuffling comes from. Pass the same Generator for every epoch: a seed gives the
        same order again.
    shuffle : bool, optional
        Whether to take the examples in a random order.
    drop_last : bool, optional
        Whether to leave out a last batch that is smaller than the others.
    scale : float, optional
        Each number of x is multiplied by it; if not given by 1/255 if x is uint8, else by 1.

    Yields
    ------
    x_batch : ndarray
        Shape (batch_size, ...), float32 if x is uint8 or float32, float64 if x is float64 or
        int64. **The next batch overwrites it**: copy what is to be kept.
    y_batch : ndarray
        Shape (batch_size, ...), of y's type; a new array every time.

    Raises
    ------
    TypeError
        If x are not numbers.
    ValueError
        If there are no examples, not as many targets, or fewer than batch_size. (All are raised
        by the call, not by the first batch.)

    Examples
    --------
    >>> images = np.array([[0, 255], [0, 255], [255, 255]], dtype=np.uint8)
    >>> for x_batch, y_batch in batches(images, [7, 2, 1], 2, shuffle=False):
    ...     print(x_batch.tolist(), y_batch)
    [[0.0, 1.0], [0.0, 1.0]] [7 2]
    [[1.0, 1.0]] [1]
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.kind not in "buif":
        raise TypeError(f"batches: x must be an array of real numbers, got dtype {x.dtype}")
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"batches: x of shape {x.shape} and y of shape {y.shape} are not "
                         "one target for each example: the first dimensions differ")  # fmt: skip
    if not len(x):
        raise ValueError(f"batches: no examples: x has shape {x.shape}")
    if not 1 <= operator.index(batch_size) <= len(x):
        raise ValueError(f"batches: batch_size is a whole number from 1 to the {len(x)} examples "
                         f"there are, got {batch_size!r}")  # fmt: skip
    if scale is None:
        scale = 1 / 255 if x.dtype == np.uint8 else 1.0
    return _batches(x, y, batch_size, np.random.default_rng(rng), shuffle, drop_last, scale)


def _batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator,
    shuffle: bool, drop_last: bool, scale: float,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    n = len(x)
    order = rng.permutation(n) if shuffle else np.arange(n)
    gathered = np.empty((batch_size, *x.shape[1:]), x.dtype)
    floats = np.empty(gathered.shape, np.result_type(x.dtype, np.float32))
    factor = floats.dtype.type(scale)
    straight = x.flags.c_contiguous and x.flags.aligned  # take would first copy all of another x
    for start in range(0, n - batch_size + 1 if drop_last else n, batch_size):
        rows = order[start : start + batch_size]
        some = slice(len(rows))
        if straight:  # clip: every row is there, and "raise" would first make a copy
            x.take(rows, axis=0, out=gathered[some], mode="clip")
        else:
            gathered[some] = x[rows]
        yield np.multiply(gathered[some], factor, out=floats[some]), y[rows]
