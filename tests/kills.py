"""Trainings killed with SIGKILL at random moments, and resumed until they are over.

``python tests/kills.py RUNS [SEED]`` prints how many kills there were, where they hit, and how many
runs ended with other files than the same training did that nobody killed. One process imports
everything, and is forked for each life of a training.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from mlp import Adam, Dense, Dropout, Sequential, load_model
from mlp.callbacks import (
    BackupAndRestore,
    CSVLogger,
    EarlyStopping,
    JSONLogger,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from mlp.data import files

RESULTS = ["log.csv", "log.jsonl", "best.safetensors", "result.safetensors"]


def train(folder, save_freq, delete):
    """Train; what is left in the folder depends on nothing but save_freq."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(96, 5)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + rng.normal(size=96) / 2 > 0).astype(int)
    model = Sequential([Dense(16, "relu"), Dropout(0.3), Dense(2, "softmax")], seed=1)
    model.compile(Adam(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, 8, epochs=12, verbose=0, validation_split=0.25, callbacks=[
        BackupAndRestore(folder / "backup", save_freq, delete_checkpoint=delete),
        EarlyStopping(patience=2, restore_best_weights=True),
        ReduceLROnPlateau(patience=1, factor=0.5),
        CSVLogger(folder / "log.csv"), JSONLogger(folder / "log.jsonl"),
        ModelCheckpoint(folder / "best.safetensors", save_best_only=True)])  # fmt: skip
    model.save(folder / "result.safetensors", extra={"history": history.history})


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_while_writing(at):
    """Make the process die in its write number `at`, at one of four places."""
    count, place = 0, at % 4
    fsync, write = os.fsync, files.write_atomically

    def torn(path, content):
        nonlocal count
        count += 1
        if count != at:
            return write(path, content)
        if place == 0:  # half of it is in the temporary file
            path = Path(path).resolve()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(f".{path.name}.00000000.part").write_bytes(content[: len(content) // 2])
            die()
        if place == 3:  # renamed
            write(path, content)
            die()
        os.fsync = lambda fd: die() if place == 1 else (fsync(fd), die())  # before it, after it
        return write(path, content)

    files.write_atomically = torn


def live(folder, save_freq, delete, moment, write):
    """Fork a process that trains until it is over, or it is killed; tell how it ended."""
    pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            if write:
                die_while_writing(write)
            train(folder, save_freq, delete)
            os._exit(0)
        os._exit(1)
    if moment is not None:
        time.sleep(moment)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def content(folder):
    return {name: (folder / name).read_bytes() for name in RESULTS}


def main(runs, seed):
    choose = random.Random(seed)
    seen: Counter = Counter()
    with tempfile.TemporaryDirectory() as home:
        wanted, duration = {}, {}
        for freq in (1, 3, 7, "epoch"):
            folder = Path(home, f"whole-{freq}")
            folder.mkdir()
            start = time.perf_counter()
            assert live(folder, freq, True, None, 0) == 0, "the training itself fails"
            duration[freq] = time.perf_counter() - start
            wanted[freq] = content(folder)
            assert not any((folder / "backup").iterdir())
        lines = wanted[1]["log.csv"].splitlines()
        assert len(lines) < 13, "it is to stop early"
        assert not lines[-1].endswith(b",0.1"), "at a lower rate"
        assert len({json.dumps({k: v.hex() for k, v in w.items()}) for w in wanted.values()}) == 1
        for run in range(runs):
            folder = Path(home, f"run-{run}")
            folder.mkdir()
            freq, delete = choose.choice([1, 3, 7, "epoch"]), choose.random() < 0.5
            checkpoint = folder / "backup" / "checkpoint.safetensors"
            for attempt in range(choose.randint(1, 4)):
                in_write = (run + attempt) % 3 == 0
                if in_write:
                    code = live(folder, freq, delete, None, choose.randint(1, 8))
                else:
                    code = live(folder, freq, delete, choose.uniform(0, duration[freq]), 0)
                seen["failed"] += code not in (0, -signal.SIGKILL)
                if code == 0:
                    break
                seen["kills"] += 1
                seen["kills in a write"] += in_write
                if checkpoint.exists():  # whole: whoever looks now can read it
                    load_model(checkpoint)
                    seen["with a checkpoint"] += 1
                if (folder / "best.safetensors").exists():
                    load_model(folder / "best.safetensors")
                seen["temporary files left"] += sum(1 for _ in folder.glob("**/.*.part"))
            seen["failed"] += live(folder, freq, delete, None, 0) != 0
            seen["different"] += content(folder) != wanted[freq]
            seen["checkpoints wrong"] += checkpoint.exists() == delete
            seen["temporary checkpoints left"] += len(list((folder / "backup").glob(".*")))
            seen["runs"] += 1
            shutil.rmtree(folder)
    print(json.dumps(seen))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
