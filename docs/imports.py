"""What stands on what: every import of both packages, read from the source.

Lazy imports count, and those for type checkers, and text that is given to ``import_module``. Who
imports ``a.b.c`` stands on the packages a and a.b, too, which are loaded before it.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("autograd", "mlp")

Graph = dict[str, set[str]]


@cache
def modules() -> dict[str, Path]:
    """Give the files of both packages by the names of their modules."""
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
            for path in paths}  # fmt: skip


def imports(module: str) -> Iterator[str]:
    """Give the modules of both packages that a module names."""
    path = modules()[module]
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: Iterable[str] = ()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package.rsplit(".", node.level - 1)[0] if node.level else ""
            start = ".".join(filter(None, (start, node.module)))
            names = [f"{start}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            names = [x.value for x in node.args[:1] if isinstance(x, ast.Constant)]
        for name in names:
            while name and name not in modules():
                name = name.rpartition(".")[0]
            if name:
                yield name


def graph() -> Graph:
    """Give for each module those on which it stands."""
    stands_on: Graph = {}
    for module in modules():
        named = set(imports(module)) - {module}
        loaded = {x for name in named for x in parents(name)} - {module, *parents(module)}
        stands_on[module] = named | loaded
    return stands_on


def parents(module: str) -> list[str]:
    """Give the packages in which a module lies, outermost first."""
    parts = module.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


def circle(stands_on: Graph) -> list[str]:
    """Find a way from a module back to itself; empty if there is none."""
    done: set[str] = set()
    for start in stands_on:
        way: list[str] = []
        branches = [iter([start])]
        while branches:
            module = next(branches[-1], None)
            if module is None:
                branches.pop()
                done.update(way[-1:])
                del way[-1:]
            elif module in way:
                return [*way[way.index(module):], module]
            elif module not in done:
                way.append(module)
                branches.append(iter(sorted(stands_on[module])))
    return []


def rooms(stands_on: Graph) -> Graph:
    """Give for each entry of a package, a file or a folder, the entries on which it stands."""
    def entry(module: str) -> str:
        return ".".join(module.split(".")[:2])

    found: Graph = {entry(module): set() for module in stands_on}
    for module, names in stands_on.items():
        found[entry(module)] |= {entry(name) for name in names} - {entry(module)}
    return found


def floors(stands_on: Graph) -> dict[str, int]:
    """Give each entry its floor: one above the highest on which it stands."""
    @cache
    def floor(name: str) -> int:
        return 1 + max(map(floor, stands_on[name]), default=-1)

    return {name: floor(name) for name in stands_on}
