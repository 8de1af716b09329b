"""Data that memory does not hold: arrays in files, batches one after the other."""

import itertools
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from mlp import Dense, Dropout, Normalization, Sequential
from mlp.callbacks import LambdaCallback
from mlp.data import DataError, load_idx
from mlp.data.ahead import Ahead, mapped
from mlp.data.moments import BLOCK, moments

rng = np.random.default_rng(0)
X = rng.normal(size=(50, 4)).astype(np.float32)
Y = X.sum(axis=1, keepdims=True)


def network(**how):
    model = Sequential([Dense(8, "tanh"), Dropout(0.2), Dense(1)], seed=0)
    model.compile("adam", "mse", **how)
    return model


def in_file(folder, x):
    np.save(folder / "x.npy", x)
    return np.load(folder / "x.npy", mmap_mode="r")


class Memory(threading.Thread):
    """Looks how much this process has that lies in no file."""

    def __enter__(self):
        self.start_at, self.peak, self.over = self.now(), 0.0, threading.Event()
        self.start()
        return self

    def now(self):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(x.split()[1]) for x in lines if x.startswith("RssAnon")) / 1024

    def run(self):
        while not self.over.wait(0.005):
            self.peak = max(self.peak, self.now() - self.start_at)

    def __exit__(self, *_):
        self.over.set()
        self.join()


@pytest.mark.skipif(sys.platform != "linux", reason="RssAnon is in Linux' /proc")
@pytest.mark.parametrize("dtype", ["float32", ">f4", "uint8"])
def test_what_lies_in_a_file_is_not_copied(tmp_path, dtype):
    shape = (2**28 // np.dtype(dtype).itemsize // 1024, 1024)  # with holes: nothing is written
    np.lib.format.open_memmap(tmp_path / "x.npy", "w+", dtype, shape)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    y = np.zeros((len(x), 1), np.float32)
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)  # so that what is loaded once is there
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with Memory() as memory:
        if dtype == "float32":
            Normalization().adapt(x[: 1 << 14])
        model.fit(x, y, 1024, verbose=0, validation_split=0.1)
        model.predict(x[:2048], 1024, verbose=0)
    assert memory.peak < 128  # MB, of 256


@pytest.mark.parametrize("jit_compile", ["auto", False])
def test_numbers_are_those_of_memory(tmp_path, jit_compile):
    wanted, found = network(jit_compile=jit_compile), network(jit_compile=jit_compile)
    how = {"batch_size": 7, "epochs": 2, "verbose": 0, "validation_split": 0.2}
    x = in_file(tmp_path, X)
    assert mapped(x)
    assert mapped(np.asarray(x)[3:])
    assert found.fit(x, Y, **how).history == wanted.fit(X, Y, **how).history
    for a, b in zip(found.get_weights(), wanted.get_weights(), strict=True):
        assert (a == b).all()


def test_idx_stays_in_its_file(tmp_path):
    path = tmp_path / "x"
    x = rng.normal(size=(5, 3))
    head = bytes([0, 0, 0x0E, 2]) + np.array(x.shape, ">u4").tobytes()  # 12 bytes: not aligned
    path.write_bytes(head + x.astype(">f8").tobytes())
    found = load_idx(path, mmap_mode="r")
    assert mapped(found)
    assert (found == x).all()
    model = network()
    targets = x.sum(axis=1)
    history = model.fit(found, targets, verbose=0).history
    assert history == network().fit(x, targets, verbose=0).history
    path.write_bytes(head + x.astype(">f8").tobytes()[:-1])
    with pytest.raises(DataError, match="truncated"):
        load_idx(path, mmap_mode="r")
    (tmp_path / "x.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(DataError, match="unpack it first"):
        load_idx(tmp_path / "x.gz", mmap_mode="r")


def test_moments_of_blocks_are_those_of_all():
    x = rng.normal(3, 2, size=(BLOCK // 2 + 9, 3)).astype(np.float32)
    mean, deviation = moments(x)
    np.testing.assert_allclose(mean, x.mean(axis=0, dtype=float), 1e-12)
    np.testing.assert_allclose(deviation, x.std(axis=0, dtype=float), 1e-12)


def test_the_next_batch_is_prepared_while_one_is_learned_from():
    began = [threading.Event() for _ in range(4)]

    def batches():
        for event in began:
            event.set()
            yield X, Y

    def waits(batch, logs):
        if batch < 3:
            assert began[batch + 1].wait(20)

    network().fit(batches(), verbose=0, callbacks=LambdaCallback(on_train_batch_begin=waits))


def test_no_batch_is_taken_that_is_not_learned_from():
    given = itertools.count()
    endless = ((X + next(given), Y) for _ in itertools.count())
    model = network()
    model.fit(endless, epochs=3, steps_per_epoch=4, verbose=0)
    assert next(given) == 12
    plain = network()
    for k in range(12):
        plain.fit(X + k, Y, 50, shuffle=False, verbose=0)
    assert (plain.get_weights()[0] == model.get_weights()[0]).all()


def test_what_fails_in_the_thread_fails_in_fit():
    def batches():
        yield X, Y
        yield X, Y
        raise OSError("the disk is gone")

    model = network()
    with pytest.raises(OSError, match="the disk is gone"):
        model.fit(batches(), verbose=0)
    assert model.optimizer.steps == 2


def test_ahead_gives_all_and_its_thread_ends():
    ahead = Ahead(range(5))
    assert next(ahead) == 0
    thread = ahead.thread
    assert list(ahead) == [1, 2, 3, 4]
    assert list(ahead) == []
    thread.join(20)
    assert not thread.is_alive()
    ahead = Ahead(itertools.count())
    assert next(ahead) == 0
    thread = ahead.thread
    del ahead
    thread.join(20)
    assert not thread.is_alive()
