"""The notebooks run, and what is stored in them is what a run gives."""

import importlib.util
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
TWINS = sorted(FOLDER.glob("source/[0-9][0-9]-*.py"))

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


def both(twin):
    """The two notebooks that are made of a source: with what teaches, and with the solutions."""
    return refresh.notebook_of(twin), refresh.solutions_of(twin)


def test_every_notebook_has_its_source():
    assert TWINS
    made = [path for twin in TWINS for path in both(twin)]
    assert sorted(made) == sorted(FOLDER.glob("**/[0-9]*.ipynb"))


def test_no_text_is_lost_behind_the_mark_of_a_cell():
    for twin in TWINS:
        marks = re.findall(r"^# %%(?: .*)?$", twin.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(marks) == {"# %%", "# %% [markdown]"}, twin.name


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.stem)
def test_stored_outputs_are_those_of_a_run(twin):
    sources = refresh.split(refresh.read(twin), twin.stem)
    runs = refresh.split(refresh.run(twin), twin.stem)
    for path, source, fresh in zip(both(twin), sources, runs, strict=True):
        stored = nbformat.read(path, 4)
        nbformat.validate(stored)
        assert [(cell.cell_type, cell.source, cell.metadata) for cell in stored.cells] == [
            (cell.cell_type, cell.source, cell.metadata) for cell in source.cells]  # fmt: skip
        for was, now in zip(code_cells(stored), code_cells(fresh), strict=True):
            kinds = [(out.output_type, out.get("name")) for out in now.outputs]
            assert ("stream", "stderr") not in kinds, f"a warning of\n{now.source}\n{now.outputs}"
            found, wanted = [shown(out) for out in now.outputs], [shown(out) for out in was.outputs]
            assert not re.search(r"\bat 0x[0-9a-f]+|/home/|/root/", str(found)), now.source
            # Compared without pytest's difference of two long texts, which takes minutes.
            if found != wanted:
                pytest.fail(
                    f"make notebooks: another output than the stored one of\n\n{now.source}\n\n"
                    f"now: {found!s:.2000}\n\nstored: {wanted!s:.2000}")  # fmt: skip


def test_solutions_run_the_notebook_that_they_belong_to():
    """As a reader runs them: in their folder, one cell after the other."""
    path = refresh.solutions_of(TWINS[0])
    stored, fresh = nbformat.read(path, 4), nbformat.read(path, 4)
    where = {"metadata": {"path": str(path.parent)}}
    refresh.NotebookClient(fresh, kernel_name="python3", timeout=120, coalesce_streams=True,
                           resources=where).execute()  # fmt: skip
    for was, now in zip(code_cells(stored), code_cells(fresh), strict=True):
        assert [shown(out) for out in now.outputs] == [shown(out) for out in was.outputs]


def test_no_solution_is_seen_before_it_is_asked_for():
    for twin in TWINS:
        lesson, solved = (nbformat.read(path, 4) for path in both(twin))
        assert "## Exercises" in "".join(cell.source for cell in lesson.cells)
        assert not [cell for cell in lesson.cells if cell.source.startswith("**1.**")]
        assert [cell for cell in solved.cells if cell.source.startswith("**1.**")]
