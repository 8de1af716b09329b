"""The .venv that make sets up is kept, and made anew where it is not the one that is needed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[1] / "Makefile"


@pytest.fixture
def plan(tmp_path):
    """Give a function that lists what make would do, in a folder whose .venv is set up."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / ".venv/.ready").touch()

    def make(*arguments):
        command = ["make", "--dry-run", "--file", MAKEFILE, *arguments]
        path = {"PATH": os.environ["PATH"]}  # and nothing of a make that runs this test
        return subprocess.run(
            command, cwd=tmp_path, env=path, check=True, capture_output=True, text=True).stdout

    return make


def test_a_venv_is_kept(plan):
    for given in [], [f"PYTHON={sys.executable}"]:
        (command,) = plan("test", *given).splitlines()
        assert command.startswith(".venv/bin/python -m pytest")


def test_a_change_of_pyproject_is_installed_into_it(plan, tmp_path):
    (tmp_path / ".venv/.ready").unlink()
    assert "-m venv  .venv" in plan("demo")
    assert "pip install" in plan("demo")


def test_a_venv_of_another_python_is_made_anew(plan, tmp_path):
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\necho 3.99.0\n")
    other.chmod(0o755)
    assert f"{other} -m venv --clear .venv" in plan("test", f"PYTHON={other}")


def test_a_venv_whose_python_is_gone_is_made_anew(plan, tmp_path):
    python = tmp_path / ".venv/bin/python"
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    assert "python3 -m venv --clear .venv" in plan("lint")
