"""MNIST, the handwritten digits: found in a folder, or downloaded once."""

import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..given import file_path
from .idx import DataError, is_gzip, load_idx

__all__ = ["MIRRORS", "MNIST", "DownloadError", "mnist"]

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
_CHUNK = 1 << 18


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
    place = None if folder is None else file_path(folder, "mnist: folder").expanduser()
    paths = [
        _download(name, mirrors) if place is None else _find(place, name)
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
                    unpack = zlib.decompressobj(31).decompress if is_gzip(chunk) else bytes
                file.write(unpack(chunk))
                bar.update(len(chunk))
