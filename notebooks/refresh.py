"""Run the notebooks: of each ``source/NN-name.py`` make ``NN-name.ipynb``, with its outputs.

::

    python notebooks/refresh.py           # all of them, as `make notebooks` does
    python notebooks/refresh.py 03 04     # some

The Python file, in jupytext's percent format, is the source. What stands in it after the heading
"Solutions" becomes a notebook of its own, ``solutions/NN-solutions.ipynb``, which runs the other
one first: so nobody sees a solution before it is asked for. What is written follows from the source
and from the library alone: a clean kernel, one thread, no data of the user's, no times, and cells
numbered in their order.
"""

import base64
import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL import Image

__all__ = ["TWINS", "main", "notebook_of", "read", "run", "solutions_of", "split"]

FOLDER = Path(__file__).resolve().parent
TWINS = sorted(FOLDER.glob("source/[0-9][0-9]-*.py"))
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_ENVIRONMENT = {
    "MLP_DATA": "",  # the data sets that everybody has
    **dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                     "NUMBA_NUM_THREADS"], "1"),
}  # fmt: skip
_SECONDS = 300  # a cell


def notebook_of(twin: Path) -> Path:
    """Give the notebook that is made of a Python file."""
    return FOLDER / f"{twin.stem}.ipynb"


def solutions_of(twin: Path) -> Path:
    """Give the notebook of solutions that is made of a Python file."""
    return FOLDER / "solutions" / f"{twin.stem[:2]}-solutions.ipynb"


def read(twin: Path) -> nbformat.NotebookNode:
    """Read a Python file as a notebook without outputs."""
    notebook = jupytext.read(twin, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(_METADATA)
    for i, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{i}"
    return notebook


def run(twin: Path) -> nbformat.NotebookNode:
    """Run a Python file as a notebook, in a kernel without the settings of the user.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    notebook = read(twin)
    client = NotebookClient(
        notebook, kernel_name="python3", extra_arguments=["--log-level=ERROR"], timeout=_SECONDS,
        record_timing=False, coalesce_streams=True,
        resources={"metadata": {"path": str(FOLDER.parent)}})  # fmt: skip
    with tempfile.TemporaryDirectory() as settings:
        client.execute(env=os.environ | _ENVIRONMENT | {"IPYTHONDIR": settings})
    notebook.metadata = nbformat.from_dict(_METADATA)  # the kernel added its version
    return notebook


def split(
    notebook: nbformat.NotebookNode, name: str
) -> tuple[nbformat.NotebookNode, nbformat.NotebookNode]:
    """Part the solutions from a notebook of some name; each of the two links to the other."""
    (at,) = (k for k, cell in enumerate(notebook.cells) if cell.source == "## Solutions")
    lesson, solved = notebook.cells[:at], notebook.cells[at + 1 :]
    title = lesson[0].source.split("\n", 1)[0].removeprefix("# ")
    exercises = _from_below(lesson[-1].source.partition("## Exercises")[2])
    for cell in solved:
        if cell.cell_type == "markdown":
            cell.source = _from_below(cell.source)
    more = nbformat.v4.new_markdown_cell(f"[Solutions](solutions/{name[:2]}-solutions.ipynb)")
    head = nbformat.v4.new_markdown_cell(
        f"# Solutions of {title}\n\nThe exercises of [the notebook](../{name}.ipynb), which the "
        f"next cell runs, since the solutions use what it defines:{exercises}")  # fmt: skip
    first = nbformat.v4.new_code_cell(f"%%capture\n%run ../{name}.ipynb")
    return _numbered([*lesson, more]), _numbered([head, first, *solved])


def _from_below(text: str) -> str:
    """Write links to other files as they are from the folder of the solutions."""
    return re.sub(r"\]\((?![a-z]+:|#)", "](../", text)


def _numbered(cells: list[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    """Make a notebook of cells, as if it had been run from its first cell to its last."""
    codes = (cell for cell in cells if cell.cell_type == "code")
    for i, cell in enumerate(cells, 1):
        cell.id = f"cell-{i}"
    for count, cell in enumerate(codes, 1):
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    return nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(_METADATA))


def make_smaller(notebook: nbformat.NotebookNode) -> None:
    """Store pictures of pixels in 256 colours: a third of the size, and looking the same."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", ()):
                png = io.BytesIO(base64.b64decode(output.data["image/png"]))
                few = io.BytesIO()
                Image.open(png).convert("RGB").quantize(
                    256, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE
                ).save(few, "png", optimize=True)
                output.data["image/png"] = base64.b64encode(few.getvalue()).decode()


def main(wanted: list[str]) -> None:
    """Run those whose names begin with one of the texts, or all."""
    twins = [twin for twin in TWINS if twin.name.startswith(tuple(wanted) or "")]
    if not twins:
        raise SystemExit(f"no notebook begins with {' or '.join(wanted)}: there are "
                         f"{', '.join(twin.stem for twin in TWINS)}")  # fmt: skip
    for twin in twins:
        start = time.perf_counter()
        notebook = run(twin)
        make_smaller(notebook)
        for part, path in zip(split(notebook, twin.stem), (notebook_of(twin), solutions_of(twin)),
                              strict=True):  # fmt: skip
            path.parent.mkdir(exist_ok=True)
            nbformat.write(part, path)
        print(f"{notebook_of(twin).name:32}{time.perf_counter() - start:6.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
