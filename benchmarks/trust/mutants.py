"""Formulas wronged one at a time: the tests have to notice each.

::

    python -m benchmarks.trust mutants [PART OF A FILE'S NAME] [EVERY N-TH]

Of every row the partials, of every operation on arrays the vjp and jvp, get another sign, a factor
of 2, another operand, + for −, × for ÷; rewrite rules and optimizers alike; the engine forgets to
add up, or to undo broadcasting. Each wrong module is imported by a process of its own, which runs
the tests of that part. What survives is printed: it is equivalent, or a test is missing.
"""

import ast
import contextlib
import importlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Mutant", "main", "mutants"]

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 300  # seconds; a mutant that hangs is noticed, too
TESTS = {  # of what is wronged in a file
    "autograd/ops.py": "test_ops test_ops_edges test_range",
    "autograd/array_ops.py": "test_array_ops test_numpy_functions test_range",
    "autograd/arrays/*.py": "test_numpy_functions test_array_ops",
    "autograd/fused.py": "test_cross_entropy test_array_ops test_range",
    "autograd/algebra.py": "test_algebra show/test_simplify show/test_derive",
    "mlp/optimizers/rules.py": "test_optimizers test_keras",
    "autograd/tensor.py": "test_tensor test_array_ops test_optimizers",
    "autograd/backprop.py": "test_backprop test_transforms test_ops",
    "autograd/floats.py": "test_floats test_backprop",
}
SWAPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
           ast.Pow: ast.Mult}  # fmt: skip
STEPS = {  # functions whose statements are wronged
    "rules.py": ("_update", "_decay"), "tensor.py": ("_unrolled", "_store", "_fitted"),
    "backprop.py": ("sweep", "push"), "floats.py": ("propagate_floats", "unrolled"),
}  # fmt: skip
LARGE = ["pytest", "hypothesis.extra.numpy", "scipy.sparse", "scipy.special", "sklearn.base",
         "pandas", "torch"]  # fmt: skip
CALLS = {"multiply": "divide", "divide": "multiply", "subtract": "add", "add": "subtract",
         "sqrt": "square", "maximum": "minimum"}  # fmt: skip


class Mutant(NamedTuple):
    """A module with one formula wronged."""

    path: Path
    what: str
    row: str  # whose formula it is, if it is a row's
    code: Any


def main(part: str = "", step: int = 1) -> int:
    """Run the tests on each mutant, and print those that survive."""
    for name in LARGE:  # imported once, and not by each process
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    start, count, survivors = time.perf_counter(), 0, []
    for pattern, tests in TESTS.items():
        for path in sorted(ROOT.glob(pattern)):
            if part not in str(path):
                continue
            chosen = list(mutants(path))[::step]
            right = compile(path.read_text(encoding="utf-8"), path, "exec")
            if chosen and caught(Mutant(path, "nothing", "", right), tests.split()):
                sys.exit(f"the tests of {path} fail as they are")
            for mutant in chosen:
                count += 1
                if not caught(mutant, tests.split()):
                    survivors.append(mutant)
                    print(f"survives: {path.relative_to(ROOT)}, {mutant.what}", flush=True)
    seconds, alive = time.perf_counter() - start, len(survivors)
    print(f"{count} mutants, {count - alive} caught, {alive} survive; {seconds:.0f} s")
    return min(len(survivors), 1)


def caught(mutant: Mutant, tests: list[str]) -> bool:
    """Tell whether a test fails: first those with the row's name or of the first file, then all."""
    files = [f"tests/{name}.py" for name in tests]
    first = [files[0], "-k", mutant.row] if mutant.row else files[:1]
    return any(_fails(mutant, chosen) for chosen in (first, files))


def _fails(mutant: Mutant, chosen: list[str]) -> bool:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) not in (0, 5)  # 5: no such test
    try:
        signal.alarm(LIMIT)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        os.chdir(ROOT)
        sys.path.insert(0, str(ROOT))
        read = SourceFileLoader.get_code

        def get_code(self: SourceFileLoader, name: str) -> Any:
            return mutant.code if Path(self.path) == mutant.path else read(self, name)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
        import pytest

        how = ["-x", "-q", "-p", "no:cacheprovider",
               "-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what is imported above
        os._exit(int(pytest.main([*how, *chosen])))
    finally:
        os._exit(1)


def mutants(path: Path) -> Iterator[Mutant]:
    """Give the module once for each formula in it and each way to wrong it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for row, holder, key in _formulas(tree, path):
        right = _get(holder, key)
        changes = [(holder, key, wrong) for wrong in _wrongs(right)]
        for holder, key, wrong in [*changes, *_inside(right)]:
            shown = None if isinstance(wrong, (ast.expr, ast.stmt)) else holder
            was = _get(holder, key)
            before = shown or was
            what = f"line {before.lineno}: {ast.unparse(before)}"
            _set(holder, key, wrong)
            what += f" → {ast.unparse(shown or wrong)}"
            yield Mutant(path, what, row, compile(ast.fix_missing_locations(tree), path, "exec"))
            _set(holder, key, was)


def _get(holder: Any, key: Any) -> Any:
    return holder[key] if isinstance(key, int) else getattr(holder, key)


def _set(holder: Any, key: Any, node: Any) -> None:
    if isinstance(key, int):
        holder[key] = node
    else:
        setattr(holder, key, node)


def _formulas(tree: ast.Module, path: Path) -> Iterator[tuple[str, Any, Any]]:
    """Find what is to be wronged: the row, and where the formula hangs."""
    functions = {f.name: f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)}
    seen: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", "")
            row = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
            rules = [k.value for k in node.keywords if k.arg in ("partials", "vjp", "jvp")]
            rules += node.args[2:4] if called == "array_operation" else []
            for rule in rules:
                yield from _rules(rule, row if called == "elementwise" else "", functions, seen)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
            yield "", node, "right"  # a rewrite rule
        elif isinstance(node, ast.FunctionDef) and node.name in STEPS.get(path.name, ()):
            for i in range(len(node.body)):
                yield "", node.body, i


def _rules(
    rule: Any, row: str, functions: dict[str, Any], seen: set[str]
) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(rule, (ast.Tuple, ast.List)):
        for i, part in enumerate(rule.elts):
            if isinstance(part, ast.Lambda):
                yield row, part, "body"
            elif isinstance(part, ast.UnaryOp) or getattr(part, "value", None) is not None:
                yield row, rule.elts, i
            else:
                yield from _rules(part, row, functions, seen)
    elif isinstance(rule, ast.Lambda):
        yield row, rule, "body"
    elif isinstance(rule, ast.Name) and rule.id in functions and rule.id not in seen:
        seen.add(rule.id)
        for node in ast.walk(functions[rule.id]):
            if isinstance(node, ast.Return):
                yield row, node, "value"


def _wrongs(right: Any) -> Iterator[ast.expr]:
    """Give other signs, factors and operands."""
    if not isinstance(right, ast.expr):
        return
    zero = isinstance(right, ast.Constant) and right.value == 0
    if not zero:
        yield ast.UnaryOp(ast.USub(), right)
        yield ast.BinOp(ast.Constant(2), ast.Mult(), right)
    else:
        yield ast.Constant(1)


def _inside(right: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Find an operator or an operand inside a formula, and what is wrong in its place."""
    for node in ast.walk(right):
        for name, child in ast.iter_fields(node):
            for key, part in enumerate(child) if isinstance(child, list) else [(name, child)]:
                holder = child if isinstance(child, list) else node
                if isinstance(part, ast.AugAssign):  # = for +=
                    yield holder, key, ast.Assign([part.target], part.value, lineno=part.lineno)
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in SWAPPED:
            yield node, "op", SWAPPED[type(node.op)]()
        elif isinstance(node, ast.IfExp) and "total + c" in ast.unparse(node):
            yield node, "orelse", node.body  # the last contribution alone
        elif isinstance(node, ast.Attribute) and node.attr in CALLS:
            yield node, "attr", CALLS[node.attr]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "unbroadcast":
            yield node, "func", ast.Lambda(ast.parse("lambda c, shape: 0").body[0].value.args,
                                           ast.Name("c", ast.Load()))  # type: ignore[attr-defined]
        elif isinstance(node, ast.Name) and node.id in ("a", "b"):
            yield node, "id", {"a": "b", "b": "a"}[node.id]
