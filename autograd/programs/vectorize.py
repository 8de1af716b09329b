"""``vectorize``: from the graph of one example to a program for batches."""

import re
import warnings
from collections.abc import Iterable, Sequence
from keyword import iskeyword
from typing import Any

import numpy as np

from ..node import Compared
from ..value import Value
from .emit import Emitter, Step
from .formulas import christen
from .grouping import climb, flatten, group, levels
from .program import Input, Output, Program
from .scalar_graph import BATCHED, CONSTANT, ScalarGraph, read

__all__ = ["vectorize"]

Outputs = Value | Sequence[Value] | dict[str, Any]


def vectorize(
    outputs: Outputs,
    inputs: Sequence[Value | Sequence[Value]],
    parameters: Iterable[Value] = (),
    *,
    dtype: Any = "float64",
) -> Program:
    """Turn the graph that one example recorded into a program that computes whole batches.

    Neurons that see the same numbers become a matrix product, nodes that do the same to
    different numbers one operation on a vector. The program computes what the graph does, and
    the engine differentiates it.

    What Python decided while the graph was recorded is fixed in the program, as the branch of an
    ``if v > 0``; use ``where``, ``maximum`` or ``relu``, which decide for every example. Where a
    comparison hung on an input or a parameter there is a warning.

    Parameters
    ----------
    outputs : Value, or list, tuple or dict of Values
        What to compute, such as the loss of one example. A list is a vector; a tuple or dict are
        several outputs, each a Value or a list.
    inputs : sequence
        The leaves that differ from example to example, labels too: each a list of Values, which
        will be given as (examples, numbers), or a single Value, given as (examples,).
    parameters : iterable of Value
        The leaves that are learned. All other leaves are constants.
    dtype : dtype, optional
        ``"float64"`` for the same numbers as the graph, ``"float32"`` for speed.

    Returns
    -------
    Program
        Call it with a batch for each input.

    Raises
    ------
    TypeError, ValueError
        If an input or a parameter is not a leaf, or is given twice; if none of an input is in the
        graph; if there is no graph, or none that depends on an input.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import Value, values, vectorize
    >>> w, b = values([0.5, -1.0, 2.0, 0.25], "w"), Value(0.5, "b")
    >>> x = values([1.0, 2.0], "x")
    >>> h = [(w[0] * x[0] + w[1] * x[1] + b).relu(), (w[2] * x[0] + w[3] * x[1] + b).relu()]
    >>> program = vectorize(h, [x], [*w, b])
    >>> print(program)
    # Program(x: 2 → y; 5 parameters, 2 operations from 10 scalar nodes)
    # W1 2×2, b1 2
    y = relu(W1 @ x + b1)  # 2 numbers, from 10 scalar nodes
    >>> program(np.array([[1.0, 2.0], [3.0, 1.0]]))
    Tensor([[0.  , 3.  ],
            [1.  , 6.75]])
    """
    named, structure = _outputs(outputs)
    sets = [_leaves(f"inputs[{k}]", [x] if isinstance(x, Value) else x)
            for k, x in enumerate(_sequence(inputs))]  # fmt: skip
    values = _leaves("parameters", parameters)
    _check_distinct(sets, values)
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"vectorize: dtype is a floating type, got {dtype}")
    g = read([v for _, vs, _ in named for v in vs], [x for xs in sets for x in xs], values)
    _check_graph(g, named, sets)
    _warn_of_decisions(g)

    flat = flatten(g)
    groups = group(g, flat, levels(g, flat))
    owner, _ = climb(flat.root, np.ones(len(g.code), np.int8))
    sizes = np.bincount(owner[g.code >= 0], minlength=len(g.code))
    emitter = Emitter(g, [len(xs) for xs in sets], len(values))
    emitter.emit(groups, sizes)

    results, start = [], 0
    for name, vs, vector in named:
        ids = g.roots[start : start + len(vs)]
        start += len(vs)
        step = emitter.take(ids, whole=True)
        results.append(Output(name, step, bool(g.kind[ids[0]] == BATCHED), vector))
    steps = _used(emitter.steps, results, leaves=len(sets) + 1)
    taken: set[str] = {y.name for y in results}
    described = [
        Input(_name_of(xs, k, taken), len(xs), isinstance(x, Value))
        for k, (xs, x) in enumerate(zip(sets, inputs, strict=True))
    ]
    christen(steps, g.nodes, taken)
    program = Program(steps, described, results, structure, values,
                      emitter.offset[emitter.parameters], g.data[: sum(map(len, sets))],
                      dtype)  # fmt: skip
    program.nodes = len(g.nodes) - g.first
    return program


def _used(steps: list[Step], outputs: list[Output], leaves: int) -> list[Step]:
    """Leave out the steps that no output depends on."""
    used = {y.step for y in outputs}
    for step in reversed(steps):
        if step in used:
            used.update(x for x in step.operands if isinstance(x, Step))
    return [step for k, step in enumerate(steps) if k < leaves or step in used]


# --- What is given --------------------------------------------------------------------------------


def _outputs(outputs: Any) -> tuple[list[tuple[str, list[Value], bool]], type | None]:
    """List the outputs: name, Values, and whether they are a vector; and their structure."""
    structure: type | None = None
    if isinstance(outputs, dict):
        structure, pairs = dict, list(outputs.items())
        for name, _ in pairs:
            if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
                raise ValueError(f"vectorize: the name of an output is an identifier, not {name!r}")
    elif isinstance(outputs, tuple):
        structure, pairs = tuple, [(f"y{k}", y) for k, y in enumerate(outputs, 1)]
    else:
        name = _identifier(outputs.label) if isinstance(outputs, Value) else "y"
        pairs = [(name or ("loss" if isinstance(outputs, Value) else "y"), outputs)]
    found = []
    for name, y in pairs:
        vector = not isinstance(y, Value)
        vs = list(y) if vector and hasattr(y, "__iter__") else [y]
        if not vs:
            raise ValueError(f"vectorize: output {name} is an empty list")
        for v in vs:
            if not isinstance(v, Value):
                raise TypeError(f"vectorize: an output is a Value or a list of Values, got "
                                f"{v!r:.60} ({type(v).__name__})")  # fmt: skip
        found.append((name, vs, vector))
    if not found:
        raise ValueError("vectorize: no outputs: give the loss, for example")
    return found, structure


def _sequence(inputs: Any) -> Sequence[Any]:
    if isinstance(inputs, Value) or not isinstance(inputs, (list, tuple)):
        raise TypeError(f"vectorize: inputs is a list, with a list of Values or a single Value for "
                        f"each: inputs=[x, y]; got {inputs!r:.60}")  # fmt: skip
    if not inputs:
        raise ValueError("vectorize: no inputs: give the leaves that differ between examples")
    return inputs


def _leaves(what: str, values: Any) -> list[Value]:
    """Check that all are Values, and leaves."""
    found = list(values) if hasattr(values, "__iter__") else [values]
    for k, v in enumerate(found):
        if not isinstance(v, Value):
            raise TypeError(f"vectorize: {what} holds Values, got {v!r:.60} ({type(v).__name__}) "
                            f"at place {k}; the numbers of an example are given as Values, see "
                            "values()")  # fmt: skip
        if v.op is not None:
            raise ValueError(f"vectorize: {what} holds leaves, but {v!r} at place {k} is the "
                             f"result of {v.op.name}: give what it was computed from")  # fmt: skip
    if not found and what != "parameters":
        raise ValueError(f"vectorize: {what} is empty")
    return found


def _check_distinct(sets: list[list[Value]], parameters: list[Value]) -> None:
    seen: dict[int, str] = {}
    for what, vs in [*((f"inputs[{k}]", xs) for k, xs in enumerate(sets)),
                     ("parameters", parameters)]:  # fmt: skip
        for v in vs:
            if id(v) in seen:
                raise ValueError(f"vectorize: {v!r} is given twice, in {seen[id(v)]} and in {what}")
            seen[id(v)] = what


def _check_graph(
    g: ScalarGraph, named: list[tuple[str, list[Value], bool]], sets: list[list[Value]]
) -> None:
    start = 0
    batched = False
    for name, vs, _ in named:
        kinds = g.kind[g.roots[start : start + len(vs)]]
        start += len(vs)
        for v, kind in zip(vs, kinds.tolist(), strict=True):
            if v.op is None:
                raise ValueError(f"vectorize: output {name}, {v!r}, has no graph: it is a leaf, or "
                                 "was made under no_grad()")  # fmt: skip
            if kind == CONSTANT:
                raise ValueError(f"vectorize: output {name}, {v!r}, depends on none of the inputs "
                                 "and parameters: it is a constant")  # fmt: skip
        if (kinds != kinds[0]).any():
            raise ValueError(f"vectorize: some Values of output {name} depend on inputs, and some "
                             "on parameters alone: make them two outputs")  # fmt: skip
        batched |= bool(kinds[0] == BATCHED)
    if not batched:
        raise ValueError(
            "vectorize: no output depends on the inputs. Give the leaves from which it was "
            "computed; copies, and numbers in place of Values, are not in the graph")
    used = np.zeros(len(g.code), bool)
    used[g.operands[g.operands >= 0]] = True
    start = 0
    for k, xs in enumerate(sets):
        if not used[start : start + len(xs)].any():
            raise ValueError(
                f"vectorize: inputs[{k}], {xs[0]!r}{', …' * (len(xs) > 1)}, is not in the graph of "
                "the outputs: give the Values from which they were computed (what was computed "
                "under no_grad() has no graph)")  # fmt: skip
        start += len(xs)


def _warn_of_decisions(g: ScalarGraph) -> None:
    """Warn of Values that Python compared on the way: what it decided then is fixed."""
    roots = set(g.roots.tolist())
    compared = [v for i, v in enumerate(g.nodes)
                if isinstance(v._serial, Compared) and g.kind[i] != CONSTANT
                and i not in roots]  # fmt: skip
    if compared:
        many = f"{len(compared):,} Values" if len(compared) > 1 else "a Value"
        warnings.warn(
            f"vectorize: {many} that depend on inputs or parameters were compared while the graph "
            f"was recorded (the first is {compared[0]!r}). What Python decided then, in an if or "
            "max(), holds for all examples now; use where(), maximum() or relu() to decide for "
            "each", stacklevel=3)  # fmt: skip


# --- Names ----------------------------------------------------------------------------------------


def _name_of(xs: list[Value], k: int, taken: set[str]) -> str:
    """Name an input by what its labels have in common: x1, x2, … are x."""
    stems = {re.sub(r"\d+$", "", x.label) for x in xs} if len(xs) > 1 else {xs[0].label}
    name = _identifier(stems.pop() if len(stems) == 1 else "") or ("x", "y")[k % 2]
    while name in taken or name in ("theta", "weights", "backward", "n", "np", "program", "chain"):
        name += "_"
    taken.add(name)
    return name


def _identifier(label: str) -> str:
    """Give a label if it can be a name in code, or else nothing."""
    return label if re.fullmatch(r"[A-Za-z]\w*", label, re.ASCII) and not iskeyword(label) else ""
