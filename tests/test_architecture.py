"""The rooms of both packages: arrows run down, nothing is left out of the wheel."""

import ast
import pickle
import subprocess
import sys
import tarfile
import zipfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

import autograd
import mlp

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))
import generate  # noqa: E402
import imports  # noqa: E402

STANDS_ON = imports.graph()


@pytest.mark.parametrize("graph", [STANDS_ON, imports.rooms(STANDS_ON)], ids=["files", "rooms"])
def test_no_import_closes_a_circle(graph):
    way = imports.circle(graph)
    assert not way, f"{way[-2]} imports {way[-1]}, which closes a circle: {' → '.join(way)}"


def test_autograd_knows_nothing_of_mlp():
    for module, names in STANDS_ON.items():
        for name in names:
            up = module.startswith("autograd") and name.startswith("mlp")
            assert not up, f"{module} imports {name}: autograd stands below mlp"


def test_a_circle_is_found_and_named():
    assert imports.circle({"a": {"b"}, "b": {"c", "d"}, "c": set(), "d": {"b"}}) == ["b", "d", "b"]
    assert imports.circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_every_import_is_read(tmp_path, monkeypatch):
    folder = tmp_path / "autograd" / "room"
    folder.mkdir(parents=True)
    for path in folder.parent / "__init__.py", folder / "__init__.py", folder / "b.py":
        path.write_text("")
    (folder / "a.py").write_text(
        "from importlib import import_module\n"
        "from . import b\nfrom .. import thing\n"
        "def f():\n    import autograd.room\n    import_module('mlp.late')\n")
    (tmp_path / "mlp").mkdir()
    (tmp_path / "mlp" / "late.py").write_text("")
    monkeypatch.setattr(imports, "ROOT", tmp_path)
    imports.modules.cache_clear()
    try:
        assert imports.graph()["autograd.room.a"] == {
            "autograd", "autograd.room", "autograd.room.b", "mlp", "mlp.late"}
    finally:
        imports.modules.cache_clear()


def test_nothing_is_imported_by_a_name_that_is_made_up():
    """But what has moved, which goes by its old name, and is tested below."""
    for module, path in imports.modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in (
                    "import_module", "__import__"):
                plain = isinstance(node.args[0], ast.Constant)
                assert plain or module == "autograd.moved", f"{module}: {ast.unparse(node)}"


def test_the_map_shows_every_room():
    entries = set(imports.rooms(STANDS_ON)) - {"autograd", "mlp", "mlp.__main__", "autograd.moved"}
    assert entries == set(generate.PARTS)


def test_the_rooms_are_few():
    entries = [path for path in (ROOT / "mlp").iterdir() if path.suffix != ".typed"]
    assert len([path for path in entries if path.name != "__pycache__"]) <= 23


OLD = [  # what pickles of 0.1 and its documents name: module, attribute
    "mlp.activations linear", "mlp.callbacks.backup BackupAndRestore", "mlp.callbacks.base History",
    "mlp.compiled use_numba", "mlp.data.sets Dataset", "mlp.demo lecture_graph",
    "mlp.estimators MLPClassifier", "mlp.expression parse", "mlp.files write_atomically",
    "mlp.initializers glorot_uniform", "mlp.keras_optimizers KerasAdam", "mlp.layers Dense",
    "mlp.live watch", "mlp.loss_functions hinge", "mlp.losses BinaryCrossentropy",
    "mlp.metrics BinaryAccuracy", "mlp.neuron MLP", "mlp.optimizers Adam",
    "mlp.parameters FlatParameters", "mlp.perceptron PerceptronRun", "mlp.progress Progress",
    "mlp.regularizers L1L2", "mlp.schedules cosine_decay", "mlp.sequential Sequential",
    "mlp.solvers Solvers", "mlp.training Position", "autograd.node _leaf", "autograd.ops _row",
    "autograd.vectorized.program Program",
]  # fmt: skip


@pytest.mark.parametrize("name", OLD)
def test_what_was_pickled_before_is_found(name):
    module, attribute = name.split()
    found = pickle.loads(f"c{module}\n{attribute}\n.".encode())
    assert found is getattr(import_module(module), attribute)
    assert import_module(module) is import_module(import_module(module).__name__)


def test_old_names_lead_somewhere():
    moved = [finder for finder in sys.meta_path if type(finder).__name__ == "Moved"]
    for finder in moved:
        for old, new in finder.places.items():
            assert old not in imports.modules()
            assert new in imports.modules(), f"{old} is said to be {new}, which is not there"


def test_backup_and_restore_is_a_callback_by_its_name():
    assert mlp.callbacks.BackupAndRestore is mlp.models.BackupAndRestore
    assert "BackupAndRestore" in mlp.callbacks.__all__


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The wheel and the sdist, made of a copy: what they hold, the sdist without its first folder.

    The copy is of what git would keep, or of everything where this is an sdist itself.
    """
    copy, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("made")
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True).stdout.splitlines()  # fmt: skip
    if not (ROOT / ".git").exists():
        listed = (ROOT / "chainrule.egg-info" / "SOURCES.txt").read_text().splitlines()
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    code = f"""from setuptools import build_meta
build_meta.build_sdist({str(made)!r}), build_meta.build_wheel({str(made)!r})"""
    subprocess.run([sys.executable, "-c", code], cwd=copy, check=True, capture_output=True)
    (wheel,), (sdist,) = made.glob("*.whl"), made.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    return set(zipfile.ZipFile(wheel).namelist()), held, set(listed)


def test_the_wheel_holds_every_file(packages):
    wanted = {path.relative_to(ROOT).as_posix() for package in imports.PACKAGES
              for path in (ROOT / package).rglob("*")
              if path.suffix in (".py", ".pyi", ".js", ".typed")}  # fmt: skip
    assert wanted <= packages[0], wanted - packages[0]


def test_the_sdist_holds_what_is_tested_and_read(packages):
    _, held, listed = packages
    assert {"tests/conftest.py", "tests/show/golden/lecture.svg", "docs/course.md"} <= held
    missing = {name for name in listed if (ROOT / name).is_file()} - held
    assert not missing


def test_both_packages_have_the_version_of_the_distribution():
    assert mlp.__version__ == autograd.__version__ == version("chainrule")


def test_another_package_of_the_name_autograd_is_named(tmp_path):
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import mlp"
    found = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert "is not chainrule's but another's, such as HIPS autograd" in found.stderr
    assert "pip uninstall autograd chainrule" in found.stderr
