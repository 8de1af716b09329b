"""Trainings over many processes: real ones, started by mpiexec on this machine."""

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mlp import cli, parallel
from mlp.models.shared import _Drawn
from mlp.parallel import Ranks

pytest.importorskip("mpi4py", reason="mpi4py is not installed (extra mpi)")
BIN = Path(sys.executable).parent
MPIEXEC = shutil.which("mpiexec", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
SCRIPT = Path(__file__).with_name("ranks.py")
sys.path.insert(0, str(SCRIPT.parent))
import ranks  # noqa: E402


def mpi(n, *command, timeout=100, **environment):
    """Run processes; give what came of them, and the seconds that it took."""
    start = time.perf_counter()
    found = subprocess.run(
        [MPIEXEC, *(["-n", str(n)] if n else []), *map(str, command)], text=True,
        capture_output=True, timeout=timeout, check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment})  # fmt: skip
    return found, time.perf_counter() - start


def test_many_processes_learn_what_one_does():
    found, _ = mpi(3, sys.executable, SCRIPT, "curves")
    assert found.returncode == 0, found.stderr
    for (numbers, reason), how in zip(json.loads(found.stdout), ("auto", False, True), strict=True):
        wanted, _ = ranks.curve(None, "auto", small=how is True)
        assert numbers.keys() == wanted.keys()
        for name in wanted:
            np.testing.assert_allclose(numbers[name], wanted[name], 1e-9, err_msg=f"{how} {name}")
        if importlib.util.find_spec("numba"):
            assert reason == ""


def test_what_cannot_be_shared_is_refused_on_all():
    found, _ = mpi(2, sys.executable, SCRIPT, "refused")
    assert found.returncode == 0, found.stderr
    said = json.loads(found.stdout)
    for name, text in {
        "seeds": "the ranks disagree on the weights (give Sequential the same seed)",
        "layers": "the ranks disagree on the layers",
        "shapes": "the ranks disagree on the shapes of the examples: rank 0 has ['float64 (104, 6)",
        "data": "the ranks disagree on the examples",
        "few": "2 ranks share a batch of 1 examples: each needs one at least",
        "batch": "a BatchNormalization needs the whole batch",
        "generator": "ranks share arrays",
        "drift": "the ranks disagree on the weights after epoch 1",
        "loss": "the loss root of a batch is not the mean of its examples' losses",
    }.items():
        assert text in said.pop(name)
    assert not said


def test_an_error_in_one_process_ends_all():
    found, seconds = mpi(2, sys.executable, SCRIPT, "fails")
    assert found.returncode
    assert "rank 1 of 2: Traceback" in found.stderr
    assert "RuntimeError: a disk is full" in found.stderr
    assert seconds < 60


def rows(path):
    with path.open() as file:
        return [[float(x) for x in row] for row in list(csv.reader(file))[1:]]


def test_a_process_is_killed_and_others_go_on_from_the_checkpoint(tmp_path):
    train = ["train", "digits", "--epochs", "2", "--dropout", "0.2"]
    found, seconds = mpi(2, sys.executable, SCRIPT, "killed", *train, "--out", tmp_path / "many")
    assert found.returncode
    assert "if one dies, all end, and the same command with --resume" in " ".join(
        found.stdout.split())  # fmt: skip
    assert seconds < 60
    assert not (tmp_path / "many" / "model.safetensors").exists()
    found, _ = mpi(3, BIN / "mlp", *train, "--out", tmp_path / "many", "--resume")
    assert found.returncode == 0, found.stderr
    assert found.stdout.count("Resuming from") == found.stdout.count("right: ") == 1
    assert "after 24 steps" in found.stdout
    assert cli.main([*train, "--out", str(tmp_path / "one"), "--quiet"]) == 0
    many, one = (rows(tmp_path / name / "history.csv") for name in ("many", "one"))
    np.testing.assert_allclose(many, one, 1e-3)


def test_a_part_of_the_data_that_cannot_be_read_is_named(tmp_path):
    good = tmp_path / "good"
    good.mkdir()
    for part, n in ("train", 40), ("t10k", 10):
        for kind, shape in ("images-idx3", (n, 28, 28)), ("labels-idx1", (n,)):
            head = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()
            path = good / f"{part}-{kind}-ubyte"
            path.write_bytes(head + bytes(np.prod(shape)))
    command = [BIN / "mlp", "train", "mnist", "--out", tmp_path / "out", "--data"]
    bad = tmp_path / "bad"
    found, seconds = mpi(0, "-n", "1", *command, good, ":", "-n", "1", *command, bad)
    assert found.returncode == 1
    assert f"rank 1 of 2: mlp train: MNIST was looked for in {bad}" in found.stderr
    assert "Traceback" not in found.stderr
    assert seconds < 60


def test_another_mpiexec_is_noticed():
    command = [str(BIN / "mlp"), "train", "xor"]
    two = {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "4"}
    found = subprocess.run(command, env={**os.environ, **two}, capture_output=True, text=True,
                           timeout=60, check=False)  # fmt: skip
    assert found.returncode == 1
    assert "mpiexec started 4 processes, and mpi4py's MPI knows of 1" in found.stderr


def test_without_mpi4py_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "2")
    assert parallel.started() == (0, 2)
    assert cli.main(["train", "xor"]) == 1
    assert "pip install 'chainrule[mpi]'" in capsys.readouterr().err


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [4, 3])
def test_noise_is_that_of_the_whole_batch(bits, dtype, width):
    wanted, found = (np.random.Generator(bits(5)) for _ in range(2))
    for rows in slice(0, 2), slice(2, 5), slice(5, 7), slice(1, 2):
        whole = wanted.random((7, width), dtype)
        some = np.empty((rows.stop - rows.start, width), dtype)
        _Drawn(found, 7, rows).random(out=some, dtype=dtype)
        assert (some == whole[rows]).all()
        whole = wanted.normal(1, 2, (7, width))
        some = _Drawn(found, 7, rows).normal(1, 2, some.shape)
        assert (some == whole[rows]).all()


def test_rows_are_shared_out_evenly():
    for n in range(12):
        for size in range(1, 6):
            parts = []
            for rank in range(size):
                one = Ranks.__new__(Ranks)
                one.rank, one.size = rank, size
                parts.append(one.rows(n))
            assert [k for part in parts for k in range(n)[part]] == list(range(n))
            lengths = [part.stop - part.start for part in parts]
            assert max(lengths) - min(lengths) <= 1
