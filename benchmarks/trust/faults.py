"""Trainings on a full disk, in a read-only folder, side by side, forked, with a clock gone back.

::

    python -m benchmarks.trust faults [PART OF A NAME]

What is on the disk stays whole, what is wrong is said, and who goes on ends with the same bytes as
a training that nobody disturbed. Killed processes have a command of their own: ``tests/kills.py``.
Disks are file systems of a few kilobytes in memory, which needs the right to mount them.
"""

import contextlib
import errno
import gzip
import hashlib
import http.server
import io
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mlp import Dense, Dropout, Sequential, load_model
from mlp.callbacks import BackupAndRestore, CSVLogger, ModelCheckpoint
from mlp.data import mnist_files

__all__ = ["FAULTS", "main"]

FAULTS: dict[str, tuple[str, Callable[[Path], None]]] = {}  # what comes of it, and the attempt
RESULTS = ["best.safetensors", "log.csv", "result.safetensors"]


class Skipped(Exception):  # noqa: N818
    """It cannot be tried on this machine."""


def fault(outcome: str) -> Callable[[Any], Any]:
    def add(f: Any) -> Any:
        FAULTS[f.__name__] = outcome, f
        return f

    return add


def main(only: str = "") -> int:
    """Try each fault, or some, and say what came of it."""
    wrong = 0
    for name, (outcome, f) in FAULTS.items():
        if only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                f(Path(folder))
                print(f"{name}: {outcome}", flush=True)
            except Skipped as reason:
                print(f"{name}: not tried, {reason}", flush=True)
            except BaseException:
                wrong += 1
                print(f"{name} FAILS:\n{traceback.format_exc()}", flush=True)
    return min(wrong, 1)


def train(folder: Path, units: int = 8, disturb: Any = None) -> None:
    """Train for eight epochs, with a checkpoint at every third step."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(48, 4)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    model = Sequential([Dense(units, "relu"), Dropout(0.2), Dense(2, "softmax")], seed=1)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    callbacks = [BackupAndRestore(folder / "backup", 3), CSVLogger(folder / "log.csv"),
                 ModelCheckpoint(folder / "best.safetensors", monitor="loss", mode="min",
                                 save_best_only=True)]  # fmt: skip
    model.fit(x, y, 8, epochs=8, verbose=0, callbacks=[*callbacks, *([disturb] if disturb else [])])
    model.save(folder / "result.safetensors")


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in RESULTS}


def undisturbed(folder: Path) -> dict[str, bytes]:
    (folder / "whole").mkdir()
    train(folder / "whole")
    return content(folder / "whole")


def forked(work: Callable[[], Any]) -> int:
    """Start a process that does some work; give its number."""
    pid = os.fork()
    if pid:
        return pid
    with contextlib.suppress(BaseException):
        work()
        os._exit(0)
    os._exit(1)


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextlib.contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small file system."""
    place = folder / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place],
                          capture_output=True, text=True, check=False)  # fmt: skip
    if made.returncode:
        raise Skipped(f"mount says {made.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def said(number: int, work: Callable[[], Any]) -> bool:
    """Tell whether it raises the system's error of this number."""
    try:
        work()
    except OSError as error:
        return error.errno == number
    return False


def whole(place: Path) -> None:
    """See that every model can be read, and that no temporary file was left."""
    models = [*place.glob("**/*.safetensors")]
    assert models
    for path in models:
        load_model(path)
    assert not [*place.glob("**/*.part")]


@fault("the error says so, checkpoints and models are whole, and with room it ends the same.")
def full_disk(folder: Path) -> None:
    wanted = undisturbed(folder)
    with disk(folder, "64k") as place:
        filler = place / "filler"

        def fill(epoch: int, logs: Any) -> None:
            if epoch == 3:
                with contextlib.suppress(OSError), filler.open("wb", 0) as file:
                    while file.write(b"x" * 512):
                        pass

        assert said(errno.ENOSPC, lambda: train(place, disturb=fill))
        whole(place)
        filler.unlink()
        train(place)
        assert content(place) == wanted


@fault("the error says so, and what is there is as it was.")
def read_only(folder: Path) -> None:
    with disk(folder, "256k") as place:
        train(place)
        before = content(place)
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        model = load_model(place / "result.safetensors")
        assert said(errno.EROFS, lambda: model.save(place / "result.safetensors"))
        assert content(place) == before


@fault("it ends with the same bytes.")
def clock_goes_back(folder: Path) -> None:
    wanted = undisturbed(folder)
    (folder / "back").mkdir()
    now = time.time
    try:
        time.time = lambda: 2e9 - now()
        train(folder / "back")
    finally:
        time.time = now
    assert content(folder / "back") == wanted


@fault("each ends with the same bytes or says what is wrong; a checkpoint is never torn.")
def two_in_one_folder(folder: Path) -> None:
    wanted = undisturbed(folder)
    (folder / "both").mkdir()
    pids = [forked(lambda: train(folder / "both")) for _ in range(2)]
    codes = [*map(ended, pids)]
    assert set(codes) <= {0, 1}, codes
    assert 0 in codes, codes
    found = content(folder / "both")
    for name in ("best.safetensors", "result.safetensors"):
        assert found[name] == wanted[name], name


def quiet(work: Callable[[], Any]) -> Any:
    with contextlib.redirect_stderr(io.StringIO()):
        return work()


class Slowly(http.server.BaseHTTPRequestHandler):
    """Serves files a piece at a time, and breaks off in the middle of each fifth."""

    files: ClassVar[dict[str, bytes]] = {}
    asked = 0

    def do_GET(self) -> None:  # the name that http.server asks for
        body = gzip.compress(self.files[self.path.strip("/").removesuffix(".gz")])
        Slowly.asked += 1
        broken = Slowly.asked % 5 == 0
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for start in range(0, len(body) // (1 + broken), 512):
                self.wfile.write(body[start : start + 512])
                time.sleep(0.001)

    def log_message(self, *_: Any) -> None:
        pass


@fault("a file that is there is whole, and the next attempt has all, 200 times.")
def killed_and_interrupted_downloads(folder: Path) -> None:
    import pooch
    import requests  # here, and not in each process

    assert requests
    pooch.get_logger().setLevel("ERROR")
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (99, 28, 28), np.uint8), np.arange(99, dtype="u1") % 10
    packed = {"images": struct.pack(">4B3I", 0, 0, 8, 3, *images.shape) + images.tobytes(),
              "labels": struct.pack(">4B1I", 0, 0, 8, 1, 99) + labels.tobytes()}  # fmt: skip
    Slowly.files = {name: packed[name.split("-")[1]] for name in mnist_files._SHA256}
    mnist_files._SHA256 = {name: hashlib.sha256(x).hexdigest() for name, x in Slowly.files.items()}
    pooch.os_cache = lambda name: folder / name
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = "127.0.0.1"
    os.environ.pop("MLP_DATA", None)
    choose, kills = random.Random(0), 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slowly) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        mirror = f"http://127.0.0.1:{server.server_port}"
        longest = 0.5
        for _ in range(200):
            pid = forked(lambda: quiet(lambda: mnist_files.mnist(mirrors=[mirror])))
            time.sleep(choose.uniform(0, longest))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            kills += ended(pid) == -signal.SIGKILL
            for path in (folder / "chainrule" / "mnist").glob("*ubyte"):
                assert path.read_bytes() == Slowly.files[path.name], path
            if choose.random() < 0.3:
                found = quiet(lambda: mnist_files.mnist(mirrors=[mirror] * 3))
                assert np.array_equal(found.x_train, images)
                shutil.rmtree(folder / "chainrule")
        server.shutdown()
    print(f"{kills} downloads were killed")


@fault("both go on from there to the same bytes.")
def fork_in_the_middle(folder: Path) -> None:
    wanted = undisturbed(folder)
    children: list[int] = []

    def fork(epoch: int, logs: Any) -> None:
        if epoch == 3:
            children.append(os.fork())

    found = False
    (folder / "parent").mkdir()
    try:
        train(folder / "parent", disturb=fork)
        found = content(folder / "parent")["result.safetensors"] == wanted["result.safetensors"]
    finally:
        if children == [0]:
            os._exit(not found)
    assert ended(children[0]) == 0
    assert found
