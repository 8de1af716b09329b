"""Which of Keras' public names are here; the table in ``docs/keras.md`` is made from the answers.

``KERAS_BACKEND=jax python tests/keras3/test_names.py`` writes it, where Keras is installed.
"""

import importlib
import inspect
import os
import re
import sys
import textwrap
import types
from itertools import chain
from pathlib import Path

import pytest

import mlp.keras
from autograd.row import Elementwise
from mlp.keras.missing import advice

PAGE = Path(__file__).parents[2] / "docs" / "keras.md"
MARKS = re.compile(r"(<!-- names: .*?-->\n).*(\n<!-- end of names -->)", re.DOTALL)
# Keras' own workings, which it shows to nobody but by accident.
INNER = {"src"}


def rooms(keras):
    """Give Keras' modules with their public names, by their names below ``keras``."""
    found = {"": keras}
    for name in names(keras):
        x = getattr(keras, name)
        if isinstance(x, types.ModuleType):
            found[name] = x
    found["optimizers.schedules"] = keras.optimizers.schedules
    return found


def names(module):
    return [n for n in dir(module) if n[0] != "_" and n not in INNER]


def here(room):
    """Give the module of `mlp.keras` of a name, or None."""
    if not room:
        return mlp.keras
    try:
        return importlib.import_module(f"mlp.keras.{room}")
    except ImportError:
        return None


def lists(keras):
    """Give for each room what is here, and what is not by what to use."""
    for room, module in rooms(keras).items():
        ours = here(room)
        if ours is None:
            yield room, [], {advice(room): [*names(module)]}
            continue
        wanted = [n for n in names(module) if not isinstance(getattr(module, n), types.ModuleType)]
        there = [n for n in wanted if hasattr(ours, n)]
        missing = {}
        for name in wanted:
            if name not in there:
                missing.setdefault(advice(f"{room}.{name}".lstrip(".")), []).append(name)
        yield room, there, missing


def table(keras):
    """Write the table."""
    text = [f"Of Keras {keras.__version__}.\n"]
    away = []
    for room, there, missing in lists(keras):
        if not there:
            away += [f"| `{room}` | {len(some)} | {hint} |" for hint, some in missing.items()]
            continue
        text.append(f"### `keras{'.' if room else ''}{room}`: {len(there)} of "
                    f"{len(there) + sum(map(len, missing.values()))}\n")
        text.append(wrapped("Here: " + ", ".join(f"`{n}`" for n in there) + ".") + "\n")
        for hint, some in missing.items():
            text.append(wrapped(f"- Not here, {', '.join(f'`{n}`' for n in some)}: {hint}.", "  "))
        if missing:
            text.append("")
    text += ["### Rooms that are not here\n", "| | names | in its place |", "|---|---|---|", *away]
    return "\n".join(text)


def wrapped(line, indent=""):
    return textwrap.fill(line, 100, subsequent_indent=indent, break_long_words=False,
                         break_on_hyphens=False)


def test_the_table_is_up_to_date(keras):
    page = PAGE.read_text(encoding="utf-8")
    if f"Of Keras {keras.__version__}." not in page:
        pytest.skip(f"the table is of another Keras than {keras.__version__}")
    assert MARKS.sub(lambda m: m[1] + table(keras) + m[2], page) == page


def test_what_is_not_here_says_so_and_what_to_use(keras):
    for room, _, missing in lists(keras):
        assert "" not in missing, f"{room}: nothing is said of {missing['']}"
        if here(room) is None:
            with pytest.raises(ImportError, match=re.escape(advice(room)[:40])):
                importlib.import_module(f"mlp.keras.{room}")
            continue
        where = f"mlp.keras.{room}".rstrip(".")
        for name in chain(*missing.values()):
            with pytest.raises(AttributeError, match=f"{where} has no '{name}': ."):
                getattr(here(room), name)
            with pytest.raises(ImportError, match=f"{where} has no '{name}': ."):
                exec(f"from {where} import {name}")


@pytest.mark.parametrize("kind", ["Sequential", "layers.Dense", "optimizers.Adam", "losses.Huber",
                                  "metrics.AUC", "callbacks.Callback"])
def test_what_objects_do_not_have_says_so(kind, keras):
    room, _, cls = kind.rpartition(".")
    arguments = {"Dense": (2,)}.get(cls, ())
    theirs = getattr(getattr(keras, room) if room else keras, cls)
    ours = getattr(here(room), cls)(*arguments)
    silent = []
    for name in names(theirs):
        if name in dir(type(ours)) or name in vars(ours):
            continue
        with pytest.raises(AttributeError) as error:
            getattr(ours, name)
        if f"has no '{name}': " not in str(error.value):
            silent.append(name)
    assert not silent


# Arguments that are not compared: of those that are open, and of convolutions.
COMMON = {"kwargs", "args", "common", "more", "input_axes", "output_axes"}
OTHER_DEFAULT = {"name", "dtype"}  # None, for one that Keras' constructors write out


def test_arguments_and_defaults_are_those_of_keras(keras):
    wrong = []
    for room, there, _ in lists(keras):
        if room in ("ops", "backend", "datasets", ""):
            continue
        for name in there:
            theirs, ours = (getattr(m, name) for m in (rooms(keras)[room], here(room)))
            if not callable(theirs) or name in ("Optimizer", "Layer", "Sequential", "Metric"):
                continue
            wrong += differences(f"{room}.{name}", theirs, ours)
    for method in (
        "compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "summary",
        "get_layer", "save", "pop", "add", "build",
    ):  # fmt: skip
        theirs, ours = (getattr(k.Sequential, method) for k in (keras, mlp.keras))
        wrong += differences(f"Sequential.{method}", theirs, ours)
    assert not wrong, "\n".join(wrong)


def differences(where, theirs, ours):
    """Say which parameters are missing, in another place or of another default."""
    if isinstance(ours, Elementwise):
        return  # an operation of the table: its operands
    wanted, given = (inspect.signature(f).parameters for f in (theirs, ours))
    if len(wanted) == 1 == len(given):
        return  # of one operand, whatever it is called
    wanted = {n: p for n, p in wanted.items() if n not in COMMON}
    open_ended = any(p.kind is p.VAR_KEYWORD for p in given.values())
    given = {n: p for n, p in given.items() if n not in COMMON}
    if room_of_optimizers(where) and open_ended:  # the common ones are given by name
        common = inspect.signature(mlp.keras.optimizers.Optimizer).parameters
        given |= {n: p for n, p in common.items() if n not in {*given, *COMMON}}
    free = open_ended and (room_of_optimizers(where) or where.split(".")[-1][0].islower())
    if not free and [*given][: len(wanted)] != [*wanted][: len(given)]:
        yield f"{where}: {[*wanted]}, here {[*given]}"
    for name, p in wanted.items():
        if name not in given:
            if not open_ended:
                yield f"{where}: no {name}"
        elif name not in OTHER_DEFAULT and not same(p.default, given[name].default):
            yield f"{where}: {name}={p.default!r}, here {given[name].default!r}"


def room_of_optimizers(where):
    return re.match(r"optimizers\.[A-Z]", where)


def same(a, b):
    return a == b or (a in (None, ()) and b in (None, ()))


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(MARKS.sub(lambda m: m[1] + table(keras) + m[2], page), encoding="utf-8")
    sys.exit(0)
