"""How Sphinx makes the site: ``build.py`` calls it, on the pages that it has laid out."""

import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.util import logging

sys.path.insert(0, str(Path(__file__).parents[2]))
from autograd import __version__
from autograd.show.paint.mathml import formula, mathml

project, author = "chainrule", "the authors of chainrule"
project_copyright = "%Y, the authors of chainrule"
version = release = __version__
root_doc = "README"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]

# The notebooks have their outputs.
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_update_mathjax = False
html_math_renderer = "chainrule"

# A public name is described where it is to be imported from, in NumPy's style.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
default_role = "py:obj"
add_module_names = False
python_use_unqualified_type_names = True
viewcode_line_numbers = True

html_theme = "furo"
html_title = f"chainrule {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_search_summary = False  # it would fetch pages, which a folder of files does not allow
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,  # the arrow keys are for `steps`
    "light_css_variables": {"color-brand-primary": "#0a58ca", "color-brand-content": "#0a58ca"},
    "dark_css_variables": {"color-brand-primary": "#7ab7ff", "color-brand-content": "#7ab7ff"},
}

_LOG = logging.getLogger(__name__)


def _write(translator: Any, node: nodes.Element, write: Any) -> None:
    """Put a formula into the page; one that cannot be set is a warning, and so an error."""
    latex = node.astext()
    try:
        translator.body.append(write(latex))
    except ValueError as error:
        _LOG.warning(str(error), location=node)
        translator.body.append(translator.encode(latex))
    raise nodes.SkipNode


_find = PythonDomain.find_obj


def _near(domain: PythonDomain, env: Any, module: str, *rest: Any) -> list[tuple[str, Any]]:
    """Let the type of a parameter, a bare name, lead to a class: of Keras' names, among those."""
    found = _find(domain, env, module, *rest)
    if len(found) < 2:
        return found
    keras = str(module).startswith("mlp.keras")
    classes = [(name, entry) for name, entry in found if entry.objtype == "class"]
    return [pair for pair in classes if pair[0].startswith("mlp.keras") == keras] or classes


_BACK = re.compile(r'(?P<page>href="[^"#]*/api/(?P<module>[\w.]+)\.html#)(?P<name>[\w.]+)')


def _back_to_its_page(app: Sphinx, page: str, _: str, context: dict[str, Any], *__: Any) -> None:
    """Lead from source back to each name where it is described.

    viewcode takes all names in a file for those of one module; here a file may be described on
    several modules' pages.
    """
    if not page.startswith("_modules/"):
        return
    objects = app.env.domains.python_domain.objects
    on = {name: entry.docname for name, entry in objects.items() if not entry.aliased}

    def right(link: re.Match[str]) -> str:
        parts = link["name"].split(".")
        names = (".".join([link["module"], *parts[k:]]) for k in range(len(parts)))
        return link["page"] + next(x for x in names if on.get(x) == f"api/{link['module']}")

    context["body"] = _BACK.sub(right, context["body"])


def _one_tree_for_all_sources(
    app: Sphinx, page: str, _: str, context: dict[str, Any], *__: Any
) -> None:  # fmt: skip
    """Make the tree of all pages once for those of source, in which none of them is."""
    if page.startswith("_modules/"):
        make, above = context["toctree"], page.count("/")  # links go so many folders up

        def tree(**how: Any) -> str:
            if above not in _TREES:
                _TREES[above] = make(**how)
            return _TREES[above]

        context["toctree"] = tree


_TREES: dict[int, str] = {}


def _bars_as_they_are(*arguments: Any) -> None:
    """Keep |w| what it is in a docstring, where two bars would ask for a substitution."""
    lines = arguments[-1]
    lines[:] = [
        line if "`" in line or ">>>" in line else line.replace("|", r"\|") for line in lines
    ]


def setup(app: Sphinx) -> None:
    """Set formulas as MathML: browsers need neither a script nor a network for it."""
    PythonDomain.find_obj = _near  # a class of its own could not be handed to the processes
    app.connect("autodoc-process-docstring", _bars_as_they_are)
    app.connect("html-page-context", _back_to_its_page)
    app.connect("html-page-context", _one_tree_for_all_sources, priority=400)  # before the theme
    app.add_html_math_renderer(
        "chainrule",
        inline_renderers=(lambda translator, node: _write(translator, node, mathml), None),
        block_renderers=(lambda translator, node: _write(translator, node, formula), None),
    )
