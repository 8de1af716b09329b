"""Formulas wronged one at a time: the tests have to notice each.

::

    python -m benchmarks.trust mutants [PART OF A FILE'S NAME] [EVERY N-TH]

Of every row the partials, of every operation on arrays the vjp and jvp, get another sign, a factor
of 2, another operand, + for −, × for ÷; rewrite rules and optimizers alike; the engine forgets to
add up, or to undo broadcasting. What survives is printed: it is equivalent, or a test is missing.

The tests are collected once. A first run notes which functions each test enters, and how long it
takes. For each mutant a process is forked, in which the functions get their wrong code; it runs the
tests that enter them, the shortest first, until one fails. What is computed as a module is
imported, as rules are, is wronged in a process that imports it anew.
"""

import ast
import contextlib
import gc
import importlib
import os
import pickle
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

__all__ = ["Mutant", "main", "mutants"]

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120  # seconds of its own that a mutant may take: one that hangs is noticed, too
TESTS = {  # of what is wronged in a file: first when it is imported anew
    "autograd/ops.py": "test_ops test_ops_edges test_floats test_value",
    "autograd/array_ops.py": "test_array_ops test_numpy_functions test_range",
    "autograd/arrays/*.py": "test_numpy_functions test_array_ops",
    "autograd/fused.py": "test_cross_entropy test_array_ops test_range",
    "autograd/algebra.py": "test_algebra show/test_simplify show/test_derive test_program_source "
                           "test_vectorize test_straight",
    "mlp/optimizers/rules.py": "test_optimizers test_keras",
    "autograd/tensor.py": "test_tensor test_array_ops test_optimizers",
    "autograd/backprop.py": "test_backprop test_transforms test_ops",
    "autograd/floats.py": "test_floats test_backprop",
}
ALSO = ["test_check", "test_losses", "test_straight", "test_vectorize", "test_schedules",
        "test_teaching", "test_zoom", "test_transforms"]  # which all enter, after those
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
    code: CodeType
    changes: list[tuple[Any, CodeType]] | None  # what is to be put in the place of what, if known


def main(part: str = "", step: int = 1) -> int:
    """Run the tests on each mutant, and print those that survive."""
    for name in LARGE:  # imported once, and not by each process
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    start, count = time.perf_counter(), 0
    anew: list[tuple[Mutant, list[str]]] = []
    there: list[Mutant] = []
    files: set[str] = set()
    for pattern, tests in TESTS.items():
        for path in sorted(ROOT.glob(pattern)):
            if part in str(path):
                for mutant in list(mutants(path))[::step]:
                    count += 1
                    if path.name == "floats.py" or mutant.changes is None:
                        anew.append((mutant, tests.split()))
                    else:
                        there.append(mutant)
                        files |= set(tests.split())
    survivors = _anew(anew) + (_in_place(there, files) if there else [])  # that imports all
    seconds, alive = time.perf_counter() - start, len(survivors)
    print(f"{count} mutants, {count - alive} caught, {alive} survive; {seconds:.0f} s")
    return min(alive, 1)


def _survives(mutant: Mutant) -> None:
    print(f"survives: {mutant.path.relative_to(ROOT)}, {mutant.what}", flush=True)


def _forked(work: Any, limit: float = LIMIT) -> int:
    """Let a silent process do some work that gives its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        signal.setitimer(signal.ITIMER_PROF, limit)
        signal.alarm(int(20 * limit))  # for the machine may have others
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        os._exit(int(work()))
    finally:
        os._exit(1)


# --- In place -------------------------------------------------------------------------------------

Key = tuple[Any, ...]


class _Plain:
    """Random tests that fail are not tried with simpler numbers: that takes most of the time."""

    def pytest_configure(self) -> None:
        from hypothesis import Phase, settings

        settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate))
        settings.load_profile("mutants")


class _Session(_Plain):
    """What pytest does with the tests that it has collected: it runs some, for each mutant."""

    def __init__(self, wronged: list[Mutant]) -> None:
        self.mutants = wronged
        self.survivors: list[Mutant] = []
        self.tried = 0

    def pytest_runtestloop(self, session: Any) -> bool:
        items = {item.nodeid: item for item in session.items}
        reached = self.record(session, items)
        for k, mutant in enumerate(self.mutants):
            keys = {key for key, _ in mutant.changes or []}
            chosen = sorted((seconds, name) for name, (seconds, entered) in reached.items()
                            if keys & entered)  # fmt: skip
            tests = [items[name] for _, name in chosen]
            if not _forked(lambda m=mutant, t=tests: self.try_out(session, m, t)):
                self.survivors.append(mutant)
                _survives(mutant)
                print(f"    though {len(tests)} tests enter it", flush=True)
            self.tried += 1
            if k % 50 == 49:
                print(f"{self.tried} of {len(self.mutants)} tried", flush=True)
        return True

    def try_out(self, session: Any, mutant: Mutant, tests: list[Any]) -> bool:
        """Patch the functions, and run tests until one fails."""
        _patch(mutant.changes or [])
        return any(self.fails(session, tests, i) for i in range(len(tests)))

    def fails(self, session: Any, tests: list[Any], i: int) -> bool:
        """Run a test; tell whether it failed."""
        before = session.testsfailed
        after = tests[i + 1] if i + 1 < len(tests) else None
        tests[i].config.hook.pytest_runtest_protocol(item=tests[i], nextitem=after)
        return bool(session.testsfailed > before)

    def record(self, session: Any, items: dict[str, Any]) -> dict[str, tuple[float, set[Key]]]:
        """Note for each test how long it takes, and which functions it enters."""
        files = {str(mutant.path) for mutant in self.mutants}
        with tempfile.NamedTemporaryFile() as notes:

            def work() -> bool:
                reached, tests, known = {}, list(items.values()), {}
                entered: set[Key] = set()

                def enter(frame: Any, event: str, _: Any) -> None:
                    code = frame.f_code
                    if event == "call" and code.co_filename in files:
                        if code not in known:
                            known[code] = _key(code)
                        entered.add(known[code])

                for i, item in enumerate(tests):
                    entered = set()
                    start = time.perf_counter()
                    threading.setprofile(enter)
                    sys.setprofile(enter)
                    failed = self.fails(session, tests, i)
                    sys.setprofile(None)
                    if failed:
                        print(f"{item.nodeid} fails as it is", file=sys.__stderr__)
                    else:
                        reached[item.nodeid] = time.perf_counter() - start, entered
                Path(notes.name).write_bytes(pickle.dumps(reached))
                return False

            if _forked(work, 3000):
                sys.exit("the tests could not be run")
            found: dict[str, tuple[float, set[Key]]] = pickle.loads(Path(notes.name).read_bytes())
        print(f"{len(found)} of {len(items)} tests pass as they are", flush=True)
        return found


def _in_place(wronged: list[Mutant], files: set[str]) -> list[Mutant]:
    """Collect the tests once, and run what enters a mutant in a process forked for it."""
    import pytest

    session = _Session(wronged)
    paths = [f"tests/{name}.py" for name in sorted({*files, *ALSO})]
    pytest.main(["-q", "-p", "no:cacheprovider", "-s",
                 "-W", "ignore::pytest.PytestAssertRewriteWarning", *paths], plugins=[session])
    if session.tried < len(wronged):
        sys.exit("the tests could not be collected")
    return session.survivors


def _key(code: CodeType) -> Key:
    """Tell functions apart, also those that stand in one line."""
    return (code.co_filename, code.co_firstlineno, code.co_qualname, code.co_argcount,
            tuple(code.co_positions()))  # fmt: skip


def _changes(right: CodeType, wrong: CodeType) -> list[tuple[Key, CodeType]] | None:
    """List the functions whose code differs, or None where it is not functions alone."""
    found = []
    inside = [(a, b) for a, b in zip(right.co_consts, wrong.co_consts, strict=False)
              if isinstance(a, CodeType) and isinstance(b, CodeType)]  # fmt: skip
    for a, b in inside:
        if a != b:
            if a.co_freevars != b.co_freevars:
                return None
            more = _changes(a, b)
            found += [(_key(a), b), *(more or [])]
    plain = [[x for x in code.co_consts if not isinstance(x, CodeType)] for code in (right, wrong)]
    same = (right.co_code, right.co_names) == (wrong.co_code, wrong.co_names)
    if right.co_name == "<module>" and not (same and repr(plain[0]) == repr(plain[1])):
        return None
    return found


def _patch(changes: Sequence[tuple[Key, CodeType]]) -> None:
    """Give live functions their wrong code."""
    wrong = dict(changes)
    files = {key[0] for key in wrong}
    count = 0
    for f in gc.get_objects():
        if type(f) is FunctionType and f.__code__.co_filename in files:
            code = wrong.get(_key(f.__code__))
            if code is not None:
                f.__code__ = code
                count += 1
    assert count


# --- Imported anew --------------------------------------------------------------------------------


def _anew(wronged: list[tuple[Mutant, list[str]]]) -> list[Mutant]:
    survivors = []
    for k, (mutant, tests) in enumerate(wronged, 1):
        if not _caught(mutant, tests):
            survivors.append(mutant)
            _survives(mutant)
        if k % 50 == 0:
            print(f"{k} of {len(wronged)} tried", flush=True)
    return survivors


def _caught(mutant: Mutant, tests: list[str]) -> bool:
    """Tell whether a test fails: first those with the row's name or of the first file, then all."""
    files = [f"tests/{name}.py" for name in tests]
    steps = [[files[0], "-k", mutant.row], files] if mutant.row else [files[:1], files[1:]]
    return any(_forked(lambda chosen=chosen: _tested(mutant, chosen)) for chosen in steps)


def _tested(mutant: Mutant, chosen: list[str]) -> int:
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    read = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, name: str) -> Any:
        return mutant.code if Path(self.path) == mutant.path else read(self, name)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
    import pytest

    how = ["-x", "-q", "-p", "no:cacheprovider",
           "-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what is imported above
    status = int(pytest.main([*how, *chosen], plugins=[_Plain()]))
    return status not in (0, 5)  # 5: there is no such test


# --- Mutants --------------------------------------------------------------------------------------


def mutants(path: Path) -> Iterator[Mutant]:
    """Give the module once for each formula in it and each way to wrong it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    whole = compile(tree, path, "exec")
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
            code = compile(ast.fix_missing_locations(tree), path, "exec")
            changes = _changes(whole, code)
            yield Mutant(path, what, row, code, changes)
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
