"""Run the notebooks: from each ``NN-name.py`` make ``NN-name.ipynb``, with its outputs.

::

    python notebooks/refresh.py           # all of them, as `make notebooks` does
    python notebooks/refresh.py 03 04     # some

The Python file, in jupytext's percent format, is the source. What is written follows from it and
from the library alone: a clean kernel, one thread, no data of the user's, no times, and cells
numbered in their order.
"""

import base64
import io
import os
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL import Image

__all__ = ["TWINS", "main", "notebook_of", "read", "run"]

FOLDER = Path(__file__).resolve().parent
TWINS = sorted(FOLDER.glob("[0-9][0-9]-*.py"))
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
    return twin.with_suffix(".ipynb")


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
        nbformat.write(notebook, notebook_of(twin))
        print(f"{notebook_of(twin).name:32}{time.perf_counter() - start:6.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
