"""The IDX format, MNIST from folders and from mirrors, mini-batches."""

import contextlib
import errno
import gzip
import hashlib
import http.server
import socket
import struct
import sys
import threading
import tracemalloc
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Tensor
from mlp.data import DataError, DownloadError, batches, load_idx, mnist, mnist_files

REAL = Path(__file__).parents[1] / "../shared/data/mnist"
CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
NAMES = list(mnist_files._SHA256)


def idx(array):
    """Write an array in the IDX format."""
    code = CODES[array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def written(tmp_path):
    """Write bytes to a file, and give its path."""
    def write(content, name="some-idx"):
        path = tmp_path / name
        path.write_bytes(content)
        return path
    return write  # fmt: skip


# The IDX format

ARRAYS = st.sampled_from(list(CODES)).flatmap(
    lambda code: hnp.arrays(
        np.dtype(code), hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5)
    )
)


@settings(deadline=None)
@given(array=ARRAYS, packed=st.booleans())
def test_every_array_comes_back_from_idx(tmp_path_factory, array, packed):
    content = idx(array)
    path = tmp_path_factory.getbasetemp() / "round-trip"
    path.write_bytes(gzip.compress(content) if packed else content)
    back = load_idx(path)
    assert back.dtype == array.dtype
    assert back.dtype.isnative
    assert back.flags.writeable
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()  # NaN and −0 too


@settings(deadline=None)
@given(array=ARRAYS, packed=st.booleans(), at=st.integers(0), by=st.integers(1, 255))
def test_a_damaged_file_is_refused_or_still_an_array(tmp_path_factory, array, packed, at, by):
    content = bytearray(gzip.compress(idx(array), mtime=0) if packed else idx(array))
    content[at % len(content)] ^= by
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content)
    with contextlib.suppress(DataError):  # and nothing else
        assert load_idx(path).nbytes <= 1032 * len(content)


@settings(deadline=None)
@given(array=ARRAYS, packed=st.booleans(), cut=st.integers(1))
def test_every_truncation_is_refused(tmp_path_factory, array, packed, cut):
    content = gzip.compress(idx(array)) if packed else idx(array)
    path = tmp_path_factory.getbasetemp() / "truncated"
    path.write_bytes(content[: -1 - cut % len(content)])
    with pytest.raises(DataError, match=r"truncated|not an IDX file"):
        load_idx(path)


IMAGES = idx(np.arange(24, dtype="u1").reshape(2, 3, 4))


def pack(content):
    return gzip.compress(content, mtime=0)  # the same bytes every time: they name the tests


@pytest.mark.parametrize(("content", "message"), [
    (b"", "not an IDX file: it begins with b''; expected two zero bytes"),
    (b"<!DOCTYPE html>", "not an IDX file: it begins with b'<!DO'"),
    (b"\0\0\x07\1" + IMAGES[4:], r"unknown type 0x07 in byte 2; IDX has 0x08, 0x09, 0x0B"),
    (IMAGES[:9], "truncated in the header: 3 dimensions take 12 bytes, the file has 5"),
    (IMAGES[:-4], r"truncated.*uint8 of shape \(2, 3, 4\), 24 bytes; the file has room for 20"),
    (IMAGES + b"!", r"too long: .* \(2, 3, 4\), 24 bytes; more bytes follow at 40"),
    (pack(IMAGES[:-4]), r"truncated: .*, 24 bytes; only 20 follow it"),
    (pack(IMAGES + b"!"), "too long: .*; more bytes follow at 40"),
    (pack(IMAGES) + b"!", "corrupt gzip: Not a gzipped file"),
    (pack(IMAGES)[:-9], "truncated: the gzip data end too early"),
    (pack(IMAGES)[:-8] + bytes(8), "corrupt gzip: CRC check failed"),
    (pack(IMAGES)[:10] + b"\xff" * 40, "corrupt gzip: Error -3"),
    (b"\0\0\x0e\3" + b"\xff" * 12, r"shape \(4294967295, .* bytes; the file has room for 0"),
    (pack(b"\0\0\x0e\3" + b"\xff" * 12), r"shape \(4294967295, 4294967295, 4294967295\)"),
    (b"\0\0\x08\4" + b"\xff" * 12 + bytes(4), "0 bytes; NumPy holds no such array"),
    (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"!", "1 bytes; NumPy holds no such array: .*255"),
])  # fmt: skip
def test_what_is_wrong_with_an_idx_file_is_said(written, content, message):
    path = written(content)
    with pytest.raises(DataError, match=message) as caught:
        load_idx(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_gzip_file_may_be_packed_as_well_as_can_be(written):
    zeros = np.zeros((1000, 1000), "f4")
    assert not load_idx(written(gzip.compress(idx(zeros), 9))).any()


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match="nowhere-idx"):
        load_idx("nowhere-idx")


def peak(work):
    """Measure the most memory that work() holds at once, as far as Python and NumPy allocate it."""
    tracemalloc.start()
    try:
        result = work()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", [bytes, pack])
def test_reading_holds_one_copy(written, form):
    path = written(form(idx(np.ones((1000, 1000), "f8"))))
    most, array = peak(lambda: load_idx(path))
    assert array.nbytes <= most < 1.2 * array.nbytes


# MNIST from a folder

@pytest.fixture(scope="module")
def small():
    """Make four small files in MNIST's format, by their names."""
    rng = np.random.default_rng(0)
    shapes = [(20, 28, 28), (20,), (10, 28, 28), (10,)]
    return {
        name: idx(rng.integers(0, 10 if len(shape) == 1 else 256, shape, dtype="u1"))
        for name, shape in zip(NAMES, shapes, strict=True)
    }


def assert_small(sets, small, folder):
    for array, content in zip(sets, small.values(), strict=True):
        assert array.tobytes() == content[4 * content[3] + 4 :]
    assert sets.x_train.shape == (20, 28, 28)
    assert sets.y_test.shape == (10,)
    assert sets.x_test.dtype == sets.y_train.dtype == np.uint8


def spelled(style):
    return lambda name: style.format(name, name.replace("-idx", ".idx"))


@pytest.mark.parametrize("style", ["{0}", "{1}", "{0}.gz", "{1}.gz"])
@pytest.mark.parametrize("how", ["argument", "variable"])
def test_mnist_from_a_folder(written, small, tmp_path, monkeypatch, style, how):
    for name, content in small.items():
        packed = gzip.compress(content) if style.endswith("gz") else content
        written(packed, spelled(style)(name))
    if how == "variable":
        monkeypatch.setenv("MLP_DATA", str(tmp_path))
        assert_small(mnist(), small, tmp_path)
    else:
        monkeypatch.setenv("MLP_DATA", "nowhere")
        assert_small(mnist(tmp_path), small, tmp_path)


def test_a_missing_folder_and_a_missing_file_are_named(written, small, tmp_path, monkeypatch):
    monkeypatch.setenv("MLP_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"nowhere, but it is not a folder; download train"):
        mnist()
    for name in NAMES[:3]:
        written(small[name], name)
    with pytest.raises(FileNotFoundError, match=r"no t10k-labels-idx1-ubyte or t10k.*MLP_DATA"):
        mnist(tmp_path)


@pytest.mark.parametrize(("name", "array", "message"), [
    (NAMES[0], np.zeros((19, 28, 28), "u1"), "19 images in .*train-images.* 20 labels in .*train"),
    (NAMES[2], np.zeros((10, 28, 27), "u1"), r"t10k-images.*\(n, 28, 28\), got uint8 .*28, 27"),
    (NAMES[2], np.zeros((10, 28, 28), "f4"), "t10k-images.*got float32"),
    (NAMES[2], np.zeros(10, "u1"), r"t10k-images.*got uint8 of shape \(10,\)"),
    (NAMES[2], np.zeros((), "u1"), r"t10k-images.*got uint8 of shape \(\)"),
    (NAMES[0], np.zeros((0, 28, 28), "u1"), r"train-images.*got uint8 of shape \(0, 28, 28\)"),
    (NAMES[1], np.zeros((20, 28, 28), "u1"), r"train-labels.*labels of shape \(n,\), got uint8"),
    (NAMES[1], np.zeros(20, "i4"), "train-labels.*got int32"),
    (NAMES[3], np.arange(5, 15, dtype="u1"), "t10k-labels.*labels are 0…9, but label 5 is 10"),
])  # fmt: skip
def test_files_that_do_not_fit_are_named(written, small, tmp_path, name, array, message):
    for other in NAMES:
        written(small[other], other)
    written(idx(array), name)
    with pytest.raises(DataError, match=message):
        mnist(tmp_path)


# MNIST from mirrors

class Mirrors(http.server.BaseHTTPRequestHandler):
    """Mirrors of many kinds: the first folder of an address says which, the rest names a file."""

    files: dict[str, bytes]
    asked: list[str]

    def do_GET(self):  # the name that http.server asks for
        self.asked.append(self.path)
        kind, name = self.path.strip("/").split("/")
        body = gzip.compress(self.files[name.removesuffix(".gz")])
        length = len(body)
        match kind:
            case "missing":
                return self.send_error(404)
            case "plain":
                body = self.files[name.removesuffix(".gz")]
                length = len(body)
            case "truncated":
                body = body[: length // 2]
                length = len(body)
            case "dying":
                body = body[: length // 2]
            case "wrong":
                body = gzip.compress(idx(np.zeros((20, 28, 28), "u1")))
                length = len(body)
            case "login":
                body = b"<html>Welcome to our network</html>"
                length = len(body)
            case "corrupt":
                body = body[:100] + bytes(len(body) - 100)
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(small):
    Mirrors.files = small
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirrors) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def cache(small, server, tmp_path, monkeypatch):
    """Let the small files be what mnist() wants, and an empty folder its cache."""
    pooch = pytest.importorskip("pooch", reason="pooch is not installed")
    monkeypatch.delenv("MLP_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    monkeypatch.setattr(mnist_files, "_SHA256", {
        name: hashlib.sha256(content).hexdigest() for name, content in small.items()
    })  # fmt: skip
    monkeypatch.setattr(Mirrors, "asked", [], raising=False)
    return tmp_path / "chainrule" / "mnist"


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", ["good", "plain"])
def test_mnist_is_downloaded_once(small, server, cache, capsys, kind):
    assert_small(mnist(mirrors=[f"{server}/{kind}/"]), small, cache)
    assert "train-images-idx3-ubyte.gz: 100%" in capsys.readouterr().err  # the progress bar
    assert listing(cache) == sorted(NAMES)
    assert_small(mnist(mirrors=[f"{server}/missing"]), small, cache)
    assert len(Mirrors.asked) == 4


BROKEN = {
    "missing": "404",
    "truncated": "SHA256 hash",
    "dying": "IncompleteRead",
    "wrong": "SHA256 hash",
    "login": "SHA256 hash",
    "corrupt": "Error -3 while decompressing",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_the_next_mirror_helps_where_one_is_broken(small, server, cache, kind):
    assert_small(mnist(mirrors=[f"{server}/{kind}", f"{server}/good"]), small, cache)
    assert listing(cache) == sorted(NAMES)
    assert len(Mirrors.asked) == 8


@pytest.mark.parametrize(("kind", "reason"), BROKEN.items())
def test_a_failed_download_leaves_nothing_and_says_what_to_do(server, cache, kind, reason):
    mirror = f"{server}/{kind}"
    with pytest.raises(DownloadError) as caught:
        mnist(mirrors=[mirror, mirror + "/"])
    message = str(caught.value)
    url = f"{mirror}/{NAMES[0]}.gz: "
    assert message.startswith(f"{NAMES[0]} could not be downloaded")
    assert message.count(f"\n  {url}") == 2
    assert reason in message
    assert "MLP_DATA" in message
    assert str(cache) in message
    assert caught.value.__cause__ is not None
    assert listing(cache) == []


def test_without_a_network_it_says_so(cache):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        mirror = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DownloadError, match=r"(?s)refused.*download .* by hand .*MLP_DATA"):
            mnist(mirrors=[mirror])
    assert listing(cache) == []


def test_a_damaged_cache_is_mended(small, server, cache):
    cache.mkdir(parents=True)
    (cache / NAMES[2]).write_bytes(small[NAMES[2]][:-1])
    assert_small(mnist(mirrors=[f"{server}/good"]), small, cache)
    assert listing(cache) == sorted(NAMES)


def test_what_is_already_there_is_kept_when_the_rest_fails(small, server, cache):
    cache.mkdir(parents=True)
    (cache / NAMES[0]).write_bytes(small[NAMES[0]])
    with pytest.raises(DownloadError, match=NAMES[1]):
        mnist(mirrors=[f"{server}/missing"])
    assert listing(cache) == [NAMES[0]]


def test_a_full_disk_is_no_reason_to_try_the_next_mirror(server, cache):
    resource = pytest.importorskip("resource", reason="no limits on this platform")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))  # real writes fail beyond it
    try:
        with pytest.raises(DownloadError) as caught:
            mnist(mirrors=[f"{server}/good", f"{server}/plain"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert f"{cache} could not be written: [Errno {errno.EFBIG}]" in str(caught.value)
    assert "MLP_DATA" in str(caught.value)
    assert len(Mirrors.asked) == 1
    assert listing(cache) == []


def test_a_cache_that_cannot_be_made(server, cache):
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match="could not be written"):
        mnist(mirrors=[f"{server}/good"])


def test_an_interrupted_download_leaves_nothing(server, cache, monkeypatch):
    import requests

    def interrupted(self, size):
        yield b"half of it"
        assert len(listing(cache)) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(requests.Response, "iter_content", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mnist(mirrors=[f"{server}/good"])
    assert listing(cache) == []


def test_no_mirror(cache):
    with pytest.raises(DownloadError, match="no mirror was given"):
        mnist(mirrors=[])


def test_without_pooch_it_says_how_to_install_it(monkeypatch):
    monkeypatch.delenv("MLP_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'chainrule\[data\]'; or .*by hand"):
        mnist()


# All of MNIST

@pytest.mark.skipif(not REAL.is_dir(), reason=f"no MNIST in {REAL}")
def test_all_of_mnist():
    most, sets = peak(lambda: mnist(REAL))
    assert [array.shape for array in sets] == [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]
    assert sets.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(sets.y_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]  # fmt: skip
    for array, checksum in zip(sets, mnist_files._SHA256.values(), strict=True):
        assert hashlib.sha256(idx(array)).hexdigest() == checksum
    assert most < 1.05 * sum(array.nbytes for array in sets)

    def epoch():
        return sum(len(x) for x, y in batches(sets.x_train, sets.y_train, 128, 0))

    most, seen = peak(epoch)
    assert seen == 60000
    assert most < 0.05 * sets.x_train.nbytes


# Mini-batches

@settings(deadline=None)
@given(
    n=st.integers(1, 40), size=st.integers(1, 40), shuffle=st.booleans(), drop_last=st.booleans(),
    dtype=st.sampled_from(["u1", "i8", "f4", "f8", "?", ">f4"]), order=st.sampled_from("CFS"),
    seed=st.integers(0, 9),
)  # fmt: skip
def test_an_epoch_has_every_example_once(n, size, shuffle, drop_last, dtype, order, seed):
    size = min(n, size)
    x = np.arange(n * 6).reshape(n, 2, 3).astype(dtype)
    x = np.repeat(x, 2, axis=2)[:, :, ::2] if order == "S" else np.asarray(x, order=order)
    y = np.arange(n)
    epoch = [
        (xs.copy(), ys)
        for xs, ys in batches(
            x, y, size, seed, shuffle=shuffle, drop_last=drop_last, scale=0.5)
    ]  # fmt: skip
    kept = n - n % size if drop_last else n
    assert [len(ys) for _, ys in epoch[:-1]] == [size] * (len(epoch) - 1)
    rows = np.concatenate([ys for _, ys in epoch])
    assert len(rows) == len(set(rows)) == kept
    floats = np.concatenate([xs for xs, _ in epoch])
    assert floats.dtype == (np.float32 if x.dtype.itemsize in (1, 4) else np.float64)
    np.testing.assert_array_equal(floats, x[rows] * floats.dtype.type(0.5))
    if not shuffle:
        np.testing.assert_array_equal(rows, np.arange(kept))


def test_bytes_are_scaled_to_1_and_floats_are_left():
    grey = np.arange(256, dtype=np.uint8)
    (x, _), = batches(grey, grey, 256, shuffle=False)  # fmt: skip
    assert (x[0], x[255], x.dtype) == (0.0, 1.0, np.float32)
    np.testing.assert_array_max_ulp(x, (grey / 255).astype(np.float32), 1)
    (x, _), = batches([0.1, 1e300, np.nan], grey[:3], 3, shuffle=False)  # fmt: skip
    np.testing.assert_array_equal(x, [0.1, 1e300, np.nan])


def test_the_memory_of_a_batch_is_used_again_and_the_data_are_left():
    x = np.arange(12.0).reshape(6, 2)
    before = x.copy()
    seen = []
    for batch, labels in batches(x, range(6), 2, shuffle=False):
        seen.append(batch.__array_interface__["data"])
        batch += 1
        labels += 1
    assert seen[0] == seen[2] != seen[1]
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("kept", [lambda x: x, lambda x: x[:1], lambda x: x.T, memoryview])
@pytest.mark.parametrize("kind", ["uint8", "float32", "float64", "int64"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_batch_that_is_kept_is_not_overwritten(kept, kind, shuffle):
    x = np.arange(20).reshape(10, 2).astype(kind)
    parts, copies = [], []
    for batch, _ in batches(x, range(10), 3, 0, shuffle=shuffle):
        parts.append(kept(batch))
        copies.append(np.array(parts[-1]))
    for part, copy in zip(parts, copies, strict=True):
        np.testing.assert_array_equal(part, copy)


def test_gradients_of_several_batches_add_up():
    x, w = np.eye(3, dtype="float32"), Tensor(np.ones(3, "float32"))
    costs = [((b @ w) ** 2).sum() for b, _ in batches(x, x, 1, shuffle=False)]
    (costs[0] + costs[1] + costs[2]).backward()
    assert w.grad.tolist() == [2, 2, 2]


def test_a_generator_goes_on_and_a_seed_begins_again():
    x = np.zeros((50, 1))
    rng = np.random.default_rng(3)

    def epoch(rng):
        return np.concatenate([ys for _, ys in batches(x, range(50), 7, rng)]).tolist()

    first = epoch(rng)
    assert first == epoch(3) == epoch(3)
    assert first != epoch(rng)
    assert first != sorted(first)


X, Y = np.zeros((6, 2)), np.zeros(6)


@pytest.mark.parametrize(("x", "y", "size", "error", "message"), [
    (X, Y, 7, ValueError, "batch_size is a whole number from 1 to the 6 examples there are, got 7"),
    (X, Y, 0, ValueError, "from 1, got 0"),
    (X, Y, -2, ValueError, "got -2"),
    (X, Y, 2.0, TypeError, "whole number from 1, got 2.0"),
    (X, Y[:5], 2, ValueError, r"x of shape \(6, 2\) and y of shape \(5,\).*first dimensions"),
    (X[:0], Y[:0], 1, ValueError, r"no examples: x has shape \(0, 2\)"),
    (1.0, 1.0, 1, ValueError, r"x of shape \(\) and y of shape \(\)"),
    (["a", "b"], [0, 1], 1, TypeError, "real numbers, got dtype <U1"),
    ([None, 1], [0, 1], 1, TypeError, "real numbers, got dtype object"),
    ([1j, 1], [0, 1], 1, TypeError, "real numbers, got dtype complex128"),
])  # fmt: skip
def test_batches_of_bad_data_are_refused_by_the_call(x, y, size, error, message):
    with pytest.raises(error, match=message):
        batches(x, y, size)


def test_an_epoch_holds_a_few_batches_beside_the_data():
    x = np.zeros((10000, 784), np.uint8)
    y = np.zeros(10000, np.uint8)
    most, _ = peak(lambda: [len(labels) for _, labels in batches(x, y, 128, 0)])
    assert most < 10 * 128 * 784
