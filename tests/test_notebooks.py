"""The notebooks run, and what is stored in them is what a run gives."""

import importlib.util
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
TWINS = sorted(FOLDER.glob("[0-9][0-9]-*.py"))

# Looked for, not imported: with ipykernel imported here, other tests would believe in a notebook.
for needed in "jupytext", "nbclient", "ipykernel", "matplotlib":
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed (extra notebook)", allow_module_level=True)

import nbformat  # noqa: E402


def load_refresh():
    spec = importlib.util.spec_from_file_location("refresh", FOLDER / "refresh.py")
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    return refresh


refresh = load_refresh()


def shown(output):
    """What an output shows, of which a matplotlib picture is only known to be one."""
    if output.output_type == "stream":
        return {output.name: output.text}
    if "image/png" in output.data:
        return {"image/png": ...}
    return dict(output.data)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_has_its_source():
    assert TWINS
    assert [refresh.notebook_of(twin) for twin in TWINS] == sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.stem)
def test_stored_outputs_are_those_of_a_run(twin):
    stored, source = nbformat.read(refresh.notebook_of(twin), 4), refresh.read(twin)
    nbformat.validate(stored)
    assert [(cell.cell_type, cell.source, cell.metadata) for cell in stored.cells] == [
        (cell.cell_type, cell.source, cell.metadata) for cell in source.cells]  # fmt: skip
    fresh = refresh.run(twin)
    for was, now in zip(code_cells(stored), code_cells(fresh), strict=True):
        kinds = [(out.output_type, out.get("name")) for out in now.outputs]
        assert ("stream", "stderr") not in kinds, f"a warning of\n{now.source}\n{now.outputs}"
        found, wanted = [shown(out) for out in now.outputs], [shown(out) for out in was.outputs]
        assert not re.search(r"\bat 0x[0-9a-f]+|/home/|/root/", str(found)), now.source
        # Compared without pytest's difference of two long texts, which takes minutes.
        if found != wanted:
            pytest.fail(f"make notebooks: another output than the stored one of\n\n{now.source}\n\n"
                        f"now: {found!s:.2000}\n\nstored: {wanted!s:.2000}")  # fmt: skip
