"""Searches: on processes, on a real Dask cluster of this machine; kept, resumed, cut off."""

import json
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
import warnings
from contextlib import contextmanager

import joblib
import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingRandomSearchCV,
    ParameterGrid,
    StratifiedKFold,
)
from threadpoolctl import threadpool_info, threadpool_limits

from mlp import MLPClassifier, data, plots
from mlp.estimators import kept_search, parallel, results_table, workers
from mlp.steps import looped

IRIS = data.iris()
X, Y = IRIS.x.astype(np.float32), IRIS.y
FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)
GRID = {"hidden_layer_sizes": [(4,), (8,), (8, 4)], "learning_rate_init": [0.03, 0.003]}
MODEL = MLPClassifier(max_iter=8, n_iter_no_change=8, random_state=0)


def travels(f):
    """Let a function be sent as it stands, for workers do not find this module."""
    f.__module__ = "__main__"
    return f


WATCH = """
import os, threading, time
def watch(parent=os.getppid()):  # a cluster ends with the tests, however they end
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
"""


@contextmanager
def cluster(folder, *options, nodes=2, **environment):
    """Start a scheduler and workers, as one does in a shell.

    Give its address, the workers' processes, and what starts another.
    """
    pytest.importorskip("distributed")
    file, watch = folder / "scheduler.json", folder / "watch.py"
    watch.write_text(WATCH)
    environment = {**os.environ, **environment}

    def start(*command):
        return subprocess.Popen([sys.executable, "-m", "dask", *command, "--no-dashboard",
                                 "--preload", str(watch)],
                                env=environment, cwd=folder, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)  # fmt: skip

    def add(*options):
        started.append(start("worker", address, "--host", "127.0.0.1", "--no-nanny",
                             "--local-directory", str(folder), *options))  # fmt: skip

    started = [start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)]
    try:
        deadline = time.monotonic() + 60
        while not (file.exists() and file.stat().st_size):  # it is made before it is written
            assert time.monotonic() < deadline, "no scheduler"
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        for _ in range(nodes):
            add(*options)
        if nodes:
            from distributed import Client

            with Client(address, set_as_default=False) as client:
                client.wait_for_workers(nodes, 60)
        yield address, started[1:], add
    finally:
        for process in reversed(started):
            process.kill()
            process.wait(10)


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("cluster"), "--nthreads", "1") as (address, *_):
        yield address


@pytest.fixture
def search():
    def search(model=MODEL, grid=GRID, x=X, **how):
        return kept_search(model, ParameterGrid(grid), x, Y, cv=FOLDS, verbose=0, **how)

    return search


def test_scores_are_those_of_scikit_learn_wherever_they_are_computed(search, dask):
    wanted = GridSearchCV(MODEL, GRID, cv=FOLDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that so few epochs are too few
        wanted = wanted.fit(X, Y).cv_results_
    for where in {"jobs": 1}, {"jobs": 2}, {"dask": dask}:
        with workers(**where, data=(X, Y)):
            found = search()
        assert found["params"] == wanted["params"]
        for name in ("split0_test_score", "split2_test_score", "mean_test_score",
                     "std_test_score", "rank_test_score"):  # fmt: skip
            np.testing.assert_array_equal(found[name], wanted[name])
        assert set(found) - set(wanted) == {"failure"}


def test_scikit_learns_searches_run_on_dask(dask):
    loud = {"max_iter": [3, 6], "solver": ["sgd", "adam"]}
    found = []
    for where in {"jobs": 1}, {"dask": dask}:
        with workers(**where), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            grid = GridSearchCV(MODEL, GRID, cv=FOLDS).fit(X, Y)
            halving = HalvingRandomSearchCV(MODEL, loud, cv=FOLDS, random_state=0,
                                            min_resources=40).fit(X, Y)  # fmt: skip
        found.append((grid.cv_results_["mean_test_score"].tolist(), grid.best_params_,
                      halving.cv_results_["mean_test_score"].tolist(), halving.best_params_))
        assert "resource" in results_table(halving)
        assert plots.search_results(halving).axes
    assert found[0] == found[1]


@travels
def loops_inside(x, y):
    """An estimator whose network was trained on by compiled loops."""
    model = MLPClassifier((8,), max_iter=2, tol=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y)
    model.network_.compile("adam", "sparse_categorical_crossentropy", jit_compile="auto")
    model.network_.fit(x, y, epochs=2, verbose=0)
    return model


def test_code_does_not_travel(dask):
    with workers(dask=dask):
        (there,) = joblib.Parallel()([joblib.delayed(loops_inside)(X, Y)])
    here = loops_inside(X, Y)
    assert here._codes
    assert not there._codes
    blob = pickle.dumps(here)
    assert b"autograd.programs" not in blob
    for model in there, pickle.loads(blob):
        np.testing.assert_array_equal(model.predict_proba(X), here.predict_proba(X))
    wanted = pickle.loads(blob).partial_fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(there.partial_fit(X, Y).predict_proba(X), wanted)
    there.network_.fit(X, Y, epochs=1, verbose=0)


@travels
def threads(_=None):
    return max(x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas")


def test_loops_take_one_thread_where_blas_has_one(monkeypatch):
    monkeypatch.setattr(looped.os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    with threadpool_limits(3):
        assert threads() == 1 or looped._cores() == 4
        with looped.one_thread(True):  # which is a limit of our own
            assert looped._cores() == 4 or threads() == 1
    with threadpool_limits(1):
        assert looped._cores() == 1


def test_what_is_in_the_file_is_not_computed_again(search, tmp_path):
    file = tmp_path / "search.json"
    whole = search(file=file)
    content = json.loads(file.read_bytes())
    assert [(r["setting"], r["fold"]) for r in content["results"]] == [
        (i, k) for i in range(6) for k in range(3)]  # fmt: skip
    del content["results"][4:]
    content["results"][1]["score"] = 0.125  # which no training would give
    file.write_text(json.dumps(content))
    again = search(file=file)
    assert again["split1_test_score"][0] == 0.125
    np.testing.assert_array_equal(again["mean_test_score"][1:], whole["mean_test_score"][1:])
    assert len(json.loads(file.read_bytes())["results"]) == 18
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(("change", "named"), [
    ({"grid": {"alpha": [1, 2]}}, "other settings"), ({"x": X + 1}, "other data"),
    ({"model": MLPClassifier(max_iter=9)}, "other estimator"), ({"scoring": "f1_macro"}, "scoring"),
    ({"about": {"version": 2}}, "version"),
])  # fmt: skip
def test_another_search_in_the_same_file_is_noticed(search, tmp_path, change, named):
    file = tmp_path / "search.json"
    search(grid={"alpha": [1]}, file=file)
    before = file.read_bytes()
    with pytest.raises(ValueError, match=f"search.json: it has another search, .*{named}"):
        search(**{"grid": {"alpha": [1]}, "file": file, **change})
    assert file.read_bytes() == before
    file.write_bytes(before[:-9])
    with pytest.raises(ValueError, match=r"search\.json"):
        search(grid={"alpha": [1]}, file=file)


def test_settings_that_fail_have_no_score_and_others_go_on(search, tmp_path):
    grid = {"solver": ["sgd"], "learning_rate_init": [1e30, 0.01], "hidden_layer_sizes": [4, 0]}
    for _ in range(2):  # what failed is not tried again
        found = search(grid=grid, file=tmp_path / "search.json")
        assert np.isnan(found["mean_test_score"]).tolist() == [True, False, True, True]
        assert found["rank_test_score"].tolist() == [2, 1, 2, 2]
        assert "non-finite" in found["failure"][0]
        assert "hidden_layer_sizes" in found["failure"][2]
        assert not found["failure"][1]
        assert results_table(found).count("failed: ") == 2
        assert plots.search_results(found).axes
    with pytest.raises(ValueError, match=r"no setting has a score; of the first: .*hidden_layer"):
        search(grid={"hidden_layer_sizes": [0]})
    with pytest.raises(ValueError, match="Invalid parameter 'widht'"):
        search(grid={"widht": [3]})
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        search(file=tmp_path / "file" / "search.json")


def test_ctrl_c_in_a_training_ends_the_search_and_its_score_is_not_kept(search, tmp_path):
    class Interrupted(MLPClassifier):
        def _epoch(self, *given):
            raise KeyboardInterrupt

    file = tmp_path / "search.json"
    with pytest.raises(KeyboardInterrupt):
        search(Interrupted(), file=file)
    assert json.loads(file.read_bytes())["results"] == []


@pytest.mark.parametrize("who", ["nobody", "silence", "another", "nonsense"])
def test_where_no_scheduler_answers(who, monkeypatch):
    monkeypatch.setattr(parallel, "PATIENCE", 1.0)
    pytest.importorskip("distributed")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        if who == "another":
            def answer():
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\nwhat do you want of me?")

            threading.Thread(target=answer).start()
        elif who == "nobody":
            server.close()
        elif who == "nonsense":
            address = "my-laptop"
        start = time.monotonic()
        with pytest.raises(ConnectionError, match=f"no Dask scheduler answers at '{address}'"):
            all_of(dask=address)
        assert time.monotonic() - start < 30


def test_workers_that_are_not_there_or_cannot_do_it(tmp_path, monkeypatch):
    (tmp_path / "bare.py").write_text("import sys\nsys.modules['mlp'] = None\n")
    with cluster(tmp_path, nodes=0) as (address, _, add):
        with pytest.raises(ConnectionError, match=f"has no workers.*dask worker {address}"):
            all_of(dask=address)
        monkeypatch.setattr(parallel, "PATIENCE", 60.0)
        add("--preload", "bare.py")
        with pytest.raises(ModuleNotFoundError, match=r"do not find mlp.*: install"):
            all_of(dask=address)


@travels
def die_at(i, number):
    if i == number:
        os._exit(1)
    time.sleep(0.05)
    return i


def all_of(number=None, **where):
    with workers(**where):
        return joblib.Parallel()(joblib.delayed(die_at)(i, number) for i in range(6))


def test_workers_have_one_thread_each_and_the_last_one_goes(tmp_path, monkeypatch):
    calls = [joblib.delayed(threads)(i) for i in range(4)]
    with workers(2):
        assert joblib.Parallel()(calls) == [1] * 4
    pytest.importorskip("distributed")
    from distributed import Client

    with cluster(tmp_path, "--nthreads", "2", nodes=1, OPENBLAS_NUM_THREADS="2") as (address, *_):
        with workers(dask=address) as count:
            assert count == 2
            assert joblib.Parallel()(calls) == [1] * 4
        with Client(address, set_as_default=False) as client:
            assert client.submit(threads).result() == 2  # as it was before
        monkeypatch.setattr(parallel, "LONELY", 1.0)
        with pytest.raises(ConnectionError, match=f"last worker of {address} is gone"):
            all_of(3, dask=address)


def test_a_search_survives_a_worker_and_a_call_that_ends_them_is_named(search, tmp_path):
    grid = {"max_iter": [20, 40, 60, 80], "batch_size": [4]}
    allowed = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with cluster(tmp_path, nodes=3, **allowed) as (address, started, _):
        with workers(dask=address, data=(X, Y)):
            ended = threading.Timer(0.5, started[0].kill)
            ended.start()
            found = search(grid=grid)
            ended.join()
        assert started[0].wait(30)
        np.testing.assert_array_equal(found["mean_test_score"],
                                      search(grid=grid)["mean_test_score"])  # fmt: skip
        assert all_of(dask=address) == list(range(6))
        with pytest.raises(RuntimeError, match="one worker after the other died"):
            all_of(3, dask=address)


def test_the_table_and_the_picture():
    settings = [{"net__size": s, "rate": r, "seed": 0} for s in [(4,), (8, 2)] for r in (0.1, 1.0)]
    results = {"params": settings, "mean_test_score": [0.9, 0.95, np.nan, 0.2],
               "std_test_score": [0.01] * 4, "mean_fit_time": [1.25] * 4}  # fmt: skip
    lines = results_table(results, "accuracy", most=3).splitlines()
    assert lines == ["accuracy  ± folds  size  rate  seconds",
                     "  0.9500   0.0100     4     1     1.25",
                     "  0.9000   0.0100     4   0.1     1.25",
                     "  0.2000   0.0100   8-2     1     1.25", "and 1 more"]  # fmt: skip
    figure = plots.search_results(results, "accuracy")
    assert [ax.get_xlabel() for ax in figure.axes] == ["size", "rate"]
    assert "0.9500 ± 0.0100: size\xa04, rate\xa01" in figure.get_suptitle()
    assert figure._repr_png_()[0][:4] == b"\x89PNG"
    many = [{"alpha": 10.0**-k} for k in range(12)]
    figure = plots.search_results({**results, "params": many, "mean_test_score": np.arange(12),
                                   "std_test_score": np.ones(12)})  # fmt: skip
    assert figure.axes[0].get_xscale() == "log"
    for wrong in 3, {}, MODEL:
        with pytest.raises(TypeError, match="results are those of kept_search"):
            results_table(wrong)
    with pytest.raises(ValueError, match="no setting has a score"):
        plots.search_results({**results, "mean_test_score": [np.nan] * 4})
