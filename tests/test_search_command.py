"""The command ``mlp search``: what it prints and keeps, what it refuses, and how it ends."""

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlp import cli

MLP = [sys.executable, "-m", "mlp"]
LONG = ["search", "iris", "--hidden", "32,64", "--learning-rate", "0.1,0.01", "--epochs", "80",
        "--folds", "3", "--jobs", "2"]  # fmt: skip
RECORD = Path("out/iris-search/search.json")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def run(capsys, command):
    """Give what is printed and the exit code; what is said of an error is one line."""
    code = cli.main(shlex.split(command))
    out, err = capsys.readouterr()
    if code:
        assert len(err.splitlines()) == 1
    return out, err, code


def scores(folder="out/iris-search"):
    """Give the scores of each setting by fold, as the table has them."""
    with Path(folder, "results.csv").open() as file:
        return {(r["hidden"], r["learning_rate"]): [r[k] for k in sorted(r) if "fold" in k]
                for r in csv.DictReader(file)}  # fmt: skip


def test_what_is_printed_and_what_is_kept(capsys):
    command = ("search iris --hidden 4,none,8-4 --learning-rate 1e-1,1e-2 --epochs 4 --folds 2 "
               "--jobs 1")  # fmt: skip
    out, err, code = run(capsys, command)
    assert (err, code) == ("", 0)
    assert "iris: 120 examples to search with, 30 held out, 4 features" in out
    assert "6 settings (3 of hidden × 2 of learning rate), 2 folds: 12 trainings in this" in out
    assert "\n12/12 - " in out
    table = out[out.index("accuracy  ±"):].splitlines()
    found = [float(line.split()[0]) for line in table[1:7]]
    assert found == sorted(found, reverse=True)
    assert {line.split()[2] for line in table[1:7]} == {"4", "none", "8-4"}
    best = shlex.split(next(line for line in table if "mlp train" in line))
    hidden, rate, _ = table[1].split()[2:]
    assert best[:4] == ["mlp", "train", "iris", "--hidden"]
    assert best[4:] == [hidden.replace("-", ","), "--epochs", "4", "--learning-rate", rate]
    folder = RECORD.parent
    assert (folder / "results.png").read_bytes()[:4] == b"\x89PNG"
    assert len(scores()) == 6
    assert max(map(len, out.splitlines())) <= 100

    before = scores()
    assert "add --resume to go on" in run(capsys, command)[1]
    out, _, code = run(capsys, f"{command} --resume --quiet")
    assert (out, code, scores()) == ("", 0, before)
    _, err, code = run(capsys, f"{command.replace('none', '6')} --resume")
    assert "search.json: it has another search, with other settings" in err
    assert code == 1
    assert run(capsys, f"{command} --seed 1 --resume")[1].count("data and folds and estimator")
    assert run(capsys, f"{command} --overwrite --tries 2")[2] == 0
    assert len(scores()) == 2
    assert run(capsys, best[1] + " " + shlex.join(best[2:]) + " --quiet")[2] == 0


def test_numbers_of_a_table_are_searched_by_r2(capsys):
    rows = "".join(f"{i % 7},{'ab'[i % 2]},{i % 7 + 3 * (i % 2)}\n" for i in range(60))
    Path("t.csv").write_text(f"x,k,y\n{rows}")
    out, err, code = run(capsys, "search t.csv --target y --optimizer adam,sgd --task regression "
                         "--epochs 3 --folds 2 --jobs 1 --test-split 0.3 --seed 2")  # fmt: skip
    assert (err, code) == ("", 0)
    assert "    R²  ± folds  optimizer  seconds" in out
    assert "mlp train t.csv --target y --task regression --test-split 0.3 --epochs 3 " in out
    assert out.rstrip().endswith(" --seed 2")


@pytest.mark.parametrize(("options", "code", "message"), [
    ("", 2, "say what is to be tried, such as --hidden 32,64"),
    ("--hidden 0,8", 2, "--hidden: sizes such as 64-32, or none, got '0'"),
    ("--hidden 8,", 2, "--hidden: sizes such as 64-32, or none, got ''"),
    ("--activation rellu", 2, "there is no activation 'rellu': did you mean 'relu'?"),
    ("--optimizer adam,x", 2, "there is no optimizer 'x'"),
    ("--learning-rate 1,-1", 2, "a number above 0, got '-1'"),
    ("--dropout 1", 2, "a number from 0 to below 1"),
    ("--hidden 8 --folds 1", 2, "a whole number from 2"),
    ("--hidden 8 --scoring acuracy", 2, "there is no score 'acuracy': did you mean 'accuracy'?"),
    ("--hidden 8 --target x", 2, "--target is of no use with iris"),
    ("--hidden 8 --jobs 2 --dask tcp://127.0.0.1:1", 2, "give one"),
    ("--hidden 8 --resume --overwrite", 2, "give one of them"),
    ("--hidden 8 --resume", 1, "there is no search in out/iris-search to go on with"),
    ("--hidden 8 --out file/x --jobs 1", 1, "file"),
    ("--hidden 8 --jobs 1 --scoring roc_auc --epochs 1", 1, "no setting has a score; of the first"),
    ("--hidden 8 --jobs 1 --optimizer sgd --learning-rate 1e30 --epochs 1", 1, "non-finite"),
])  # fmt: skip
def test_what_is_refused(capsys, options, code, message):
    Path("file").touch()
    _, err, found = run(capsys, f"search iris {options}")
    assert found == code
    assert err.startswith("mlp search: ")
    assert message in err


def children(parent):
    """Give the processes that a process has started, and those that they have."""
    psutil = pytest.importorskip("psutil")
    return psutil.Process(parent).children(recursive=True)


def begin(*options):
    """Start a search, and wait until some of it is kept; give the process and its children."""
    before = len(json.loads(RECORD.read_bytes())["results"]) if RECORD.exists() else 0
    process = subprocess.Popen([*MLP, *LONG, *options], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not RECORD.exists() or len(json.loads(RECORD.read_bytes())["results"]) <= before:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    return process, children(process.pid)


def gone(processes):
    import psutil

    left = psutil.wait_procs(processes, 30)[1]
    return [p for p in left if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []


@pytest.mark.skipif(os.name != "posix", reason="it is of signals")
def test_a_search_that_is_killed_or_interrupted_goes_on_where_it_was(capsys):
    process, started = begin()
    process.kill()
    process.communicate()
    assert len(started) >= 2
    assert gone(started)

    process, started = begin("--resume")
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == f"\nmlp search: stopped; to go on: {shlex.join(['mlp', *LONG, '--resume'])}\n"
    assert gone(started)
    kept = json.loads(RECORD.read_bytes())["results"]
    assert 2 <= len(kept) < 12

    process, started = begin("--resume")
    next(p for p in started if "popen_loky" in " ".join(p.cmdline())).kill()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith("mlp search: a worker process died, as one does that is killed or finds ")
    assert err.endswith("--resume\n")
    assert err.count("\n") == 1
    assert gone(started)

    assert run(capsys, shlex.join([*LONG[:-2], "--jobs", "1", "--resume"]))[2] == 0
    now = {(r["setting"], r["fold"]): r for r in json.loads(RECORD.read_bytes())["results"]}
    assert all(now[r["setting"], r["fold"]] == r for r in kept)
    again = shlex.join([*LONG[:-2], "--jobs", "1", "--out", "whole", "--quiet"])
    assert run(capsys, again) == ("", "", 0)
    assert scores("whole") == scores()
