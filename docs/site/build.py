"""Build the site: the documents, the notebooks as they stand, and a page a module on its names.

::

    python docs/site/build.py           # into out/site, as `make site` does
    python docs/site/build.py FOLDER    # into FOLDER/site

The pages are laid out in a folder of their own as they lie in the repository, so that links between
them lead to the same places there and here. A warning is an error.
"""

import inspect
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin

from sphinx.cmd.build import build_main

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from autograd.ops import Elementwise  # noqa: E402
from mlp import keras  # noqa: E402

__all__ = ["MODULES", "main", "reference"]

OUT = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "out"
SOURCE, SITE = OUT / "site-source", OUT / "site"
PAGES = {  # what the site consists of, as its menu shows it
    "The course": ["docs/course", "notebooks/README", "notebooks/[0-9]*"],
    "Solutions": ["notebooks/solutions/*"],
    "How to": ["docs/teaching", "docs/pictures", "docs/gallery", "docs/derivatives",
               "docs/training", "docs/data-and-plots", "docs/saving", "docs/keras",
               "docs/scikit-learn", "docs/search", "docs/scaling", "docs/command-line",
               "docs/extending"],
    "Reference": ["docs/operations", "docs/arrays", "docs/what-is-caught", "docs/reliability",
                  "api/*"],
    "How it works": ["docs/architecture", "docs/vectorize", "docs/straight",
                     "benchmarks/RESULTS"],
    "The project": ["CHANGELOG", "CONTRIBUTING", "findings/README"],
}  # fmt: skip
MODULES = [  # where public names are to be imported from: the first that has one describes it
    "autograd", "autograd.teaching", "autograd.programs", "mlp.layers", "mlp.losses",
    "mlp.optimizers", "mlp.metrics", "mlp.callbacks", "mlp.initializers", "mlp.regularizers",
    "mlp.activations", "mlp.data", "mlp.plots", "mlp.estimators", "mlp.steps", "mlp.parallel",
    "mlp",
    *(f"mlp.keras.{room}" for room, thing in vars(keras).items()
      if room in keras.__all__ and inspect.ismodule(thing)),
    "mlp.keras.datasets.mnist", "mlp.keras",
]  # fmt: skip
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")


def main() -> int:
    """Lay the pages out and have them made; give Sphinx's exit status."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    lay_out()
    status = build_main(["-q", "-W", "--keep-going", "-j", "auto", "-c",
                         str(Path(__file__).parent), str(SOURCE), str(SITE)])  # fmt: skip
    (SITE / "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>chainrule</title>'
        '<meta http-equiv="refresh" content="0; url=README.html">'
        '<a href="README.html">chainrule</a></html>\n', encoding="utf-8")  # fmt: skip
    return status


def lay_out() -> None:
    """Copy the pages, with what they link to, and write those on the modules."""
    for name, text in reference().items():
        page = SOURCE / f"api/{name}.rst"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    menu = ""
    for caption, patterns in PAGES.items():
        names = [name for pattern in patterns for name in sorted(_found(pattern))]
        entries = "\n".join(f"/{name}" for name in names)
        menu += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{entries}\n```\n"
        for name in names:
            if not name.startswith("api/"):
                copy(name)
    copy("README", more=menu)


def _found(pattern: str) -> Iterator[str]:
    """Give the pages that a pattern of the menu stands for, without their suffixes."""
    folder = SOURCE if pattern.startswith("api/") else ROOT
    for path in folder.glob(f"{pattern}.*"):
        if path.suffix in (".md", ".ipynb", ".rst"):
            yield path.relative_to(folder).with_suffix("").as_posix()


def copy(name: str, more: str = "") -> None:
    """Copy a page, with the files that it links to."""
    path = next(path for suffix in (".md", ".ipynb") if (path := ROOT / f"{name}{suffix}").exists())
    target = SOURCE / path.relative_to(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = _LINK.sub(lambda link: f"{link[1]}{linked(path, link[2])}{link[3]}", text) + more
        target.write_text(text, encoding="utf-8")
        return
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = _LINK.sub(
                lambda link: f"{link[1]}{linked(path, link[2])}{link[3]}", "".join(cell["source"]))
    target.write_text(json.dumps(notebook), encoding="utf-8")


def linked(page: Path, link: str) -> str:
    """Bring along what a page links to, and give the link: of a folder, its page."""
    if "://" in link:
        return link
    target = (page.parent / link).resolve()
    if target.is_dir():
        module = target.relative_to(ROOT).as_posix().replace("/", ".")
        if (target / "README.md").exists():
            return f"{link.rstrip('/')}/README.md"
        while module not in MODULES and "." in module:
            module = module.rpartition(".")[0]
        return f"{os.path.relpath(ROOT / 'api', page.parent)}/{module}.rst"
    if target.suffix not in (".md", ".ipynb"):
        copied = SOURCE / target.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(target, copied)
    return link


def reference() -> dict[str, str]:
    """Write a page a module, on every name in its ``__all__``."""
    described: dict[int, str] = {}
    return {name: module_page(name, import_module(name), described) for name in MODULES}


def module_page(name: str, module: ModuleType, described: dict[int, str]) -> str:
    """Write what is to be imported from a module; names that another page has link there."""
    rooms: list[str] = []
    rows: list[str] = []
    numpys: list[str] = []
    own: list[str] = []
    elsewhere: list[str] = []
    for public in module.__all__:
        thing = getattr(module, public)
        known = described.setdefault(id(thing), f"{name}.{public}")
        if inspect.ismodule(thing):
            rooms.append(f":py:mod:`{thing.__name__}`")
        elif isinstance(thing, Elementwise):
            rows.append(public)
        elif (getattr(thing, "__module__", None) or "").startswith("numpy"):
            numpys.append(public)
        elif known != f"{name}.{public}":
            elsewhere.append(f":py:obj:`{public} <{known}>`")
        else:
            own.append(directive(name, public, thing))
    parts = [f"{name}\n{'=' * len(name)}\n", f".. automodule:: {name}\n   :no-members:\n"]
    if rooms:
        parts.append(f"Its modules: {', '.join(rooms)}.\n")
    if elsewhere:
        parts.append(f"Also to be had from here: {', '.join(elsewhere)}.\n")
    if rows:
        parts.append(
            "Operations, each a function of floats, arrays, Values and Tensors, with its formula "
            "and its derivatives in :doc:`the table </docs/operations>`: "
            f"{', '.join(f'``{row}``' for row in rows)}.\n")  # fmt: skip
    if numpys:
        parts.append(f"NumPy's: {', '.join(f'``{function}``' for function in numpys)}.\n")
    return "\n".join([*parts, *own])


def directive(module: str, name: str, thing: Any) -> str:
    """Write how a name is described."""
    if inspect.isclass(thing):
        inherited = "".join(  # which scikit-learn writes, for itself
            f", {method}" for method in dir(thing) if method.endswith("_request"))
        return (f".. autoclass:: {module}.{name}\n   :members:\n"
                f"   :exclude-members: __init__{inherited}\n")  # fmt: skip
    if callable(thing) and not get_origin(thing):
        return f".. autofunction:: {module}.{name}\n"
    held = ", ".join(f"``{key}``" for key in thing) if isinstance(thing, (dict, tuple)) else ""
    return f".. py:data:: {module}.{name}\n\n   {held or f'``{thing!r}``'}\n"


if __name__ == "__main__":
    sys.exit(main())
