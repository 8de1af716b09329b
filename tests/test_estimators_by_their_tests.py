"""scikit-learn's own tests of its networks, with the import changed."""

import subprocess
import sys
from pathlib import Path

import sklearn.neural_network.tests.test_mlp as theirs

ROOT = Path(__file__).parent.parent
IMPORT = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
LEFT_OUT = ["test_gradient"]  # it looks at the gradient by a private name


def test_they_pass(tmp_path):
    source = Path(theirs.__file__).read_text(encoding="utf-8")
    assert source.count(IMPORT) == 1
    source = source.replace(IMPORT, IMPORT.replace("sklearn.neural_network", "mlp"))
    file = tmp_path / "test_with_the_import_changed.py"
    file.write_text(source, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture\ndef global_random_seed():\n    return 42\n")
    without = [f"--deselect={file.name}::{name}" for name in LEFT_OUT]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}",
         "--durations=8", file, *without], cwd=ROOT, capture_output=True, text=True)  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:]
    passed = int(run.stdout.split(" passed")[0].split()[-1])
    assert passed >= 58, run.stdout[-300:]
