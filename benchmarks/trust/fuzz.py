"""Everything that reads what others wrote, fed with damaged and made-up input.

::

    python -m benchmarks.trust fuzz 100000        # seeds, damaged at random
    python -m benchmarks.trust fuzz idx 100000    # of one target; with atheris, if it is installed

Each reader may refuse by its own errors, and by no other; what a small input makes it take of
memory is bounded; a label stays text wherever it is shown.
"""

import contextlib
import gzip
import html.parser
import io
import json
import random
import re
import struct
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np

from autograd import Value, derive, draw, steps
from mlp import Dense, Sequential, load_model
from mlp.callbacks import BackupAndRestore
from mlp.cli import main as command
from mlp.cli.expression import ExpressionError, parse
from mlp.data import DataError, load_idx, read_table, table
from mlp.data.files import read_arrays, write_arrays

__all__ = ["TARGETS", "Target", "damaged", "main", "run"]

MOST = 64 << 20  # bytes that a reader may take for an input of at most a few thousand
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz"))


class Target(NamedTuple):
    """A reader, inputs that are right, and the errors by which it may refuse others."""

    read: Callable[[bytes], Any]
    seeds: list[bytes]
    refuses: tuple[type[BaseException], ...]


def _file(content: bytes) -> Path:
    path = FOLDER / "given"
    path.write_bytes(content)
    return path


def _idx(content: bytes) -> None:
    load_idx(_file(content))


def _model(content: bytes) -> None:
    load_model(_file(content))


def _description(content: bytes) -> None:
    """Give what passes for a model, up to its checksum, whose description is this."""
    described = json.loads(content)
    if not isinstance(described, dict):
        raise ValueError("it would not be written")
    write_arrays(FOLDER / "made", described, _ARRAYS)
    load_model(FOLDER / "made")


def _checkpoint(content: bytes) -> None:
    """Give a training this as its checkpoint, as it is or with its checksum."""
    path = FOLDER / "backup" / "checkpoint.safetensors"
    if content.startswith(b"{"):
        described = json.loads(content)
        if not isinstance(described, dict):
            raise ValueError("it would not be written")
        write_arrays(path, described, _STATE)
    else:
        path.write_bytes(content)
    _trained()


def _trained() -> None:
    model = Sequential([Dense(2, "relu"), Dense(1)], seed=0).build(3)
    model.compile("adam", "mse")
    model.fit(np.ones((4, 3)), np.ones(4), 2, epochs=2, verbose=0,
              callbacks=[BackupAndRestore(FOLDER / "backup", 1, delete_checkpoint=False)])


def _table(content: bytes) -> None:
    frame = read_table(_file(content))
    table(frame, frame.columns[-1]).dataset()


def _expression(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    made = set(re.findall(r"(\w+) *=", text))
    parse(text, **dict.fromkeys(set(re.findall(r"[a-e]\b", text)) - made, 1.5))


def _arguments(content: bytes) -> None:
    """Give the command line; of the commands those that neither train nor write."""
    words = content.decode("utf-8", "replace").split("\0")
    if words[0] in ("train", "demo") or any(word.startswith(("-o", "--o")) for word in words):
        return
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = command(words)
    assert code in (0, 1, 2), code


class _Tags(html.parser.HTMLParser):
    found = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found += 1


def _labels(content: bytes) -> None:
    """Show a label in every form: it adds no element, and ends no string."""
    text = content.decode("utf-8", "replace")
    plain, strange = _shown("x"), _shown(text)
    for what, form in strange.items():
        assert form == plain[what], f"{what} of {text!r}"


def _shown(label: str) -> dict[str, Any]:
    """Draw it, and give what does not hang on the label."""
    x = Value(3.0, label)
    y = x * x + 1
    y.backward()
    picture = draw(y)
    svg = ElementTree.fromstring(picture.svg)
    page = steps(y)._repr_mimebundle_()["text/html"]
    tags = _Tags()
    tags.feed(page)
    picture.save(FOLDER / "picture.dot")
    dot = (FOLDER / "picture.dot").read_text(encoding="utf-8")
    dot = re.sub(r'"(?:[^"\\]|\\.)*"', '""', dot, flags=re.DOTALL)
    latex = re.sub(r"\\.", "", derive(y, wrt=x)._repr_latex_())  # without commands and escapes
    return {"svg": sum(e.tag.rpartition("}")[2] not in ("tspan", "text", "title")
                       for e in svg.iter()),
            "scripts": page.lower().count("<script"), "dot": dot.count("->"),
            "latex": [latex.count("{") - latex.count("}"), latex.count("$")]}  # fmt: skip


def _saved() -> bytes:
    model = Sequential([Dense(2, "relu"), Dense(1)], seed=0).build(3)
    model.compile("adam", "mse")
    model.fit(np.ones((4, 3)), np.ones(4), verbose=0)
    model.save(FOLDER / "seed")
    return (FOLDER / "seed").read_bytes()


_SAVED = _saved()
_ARRAYS = read_arrays(FOLDER / "seed")[1]
_HEADER = json.loads(_SAVED[8 : 8 + struct.unpack("<Q", _SAVED[:8])[0]])
_DESCRIBED = json.loads(next(iter(_HEADER["__metadata__"].values())))
_trained()
_CHECKPOINT = (FOLDER / "backup" / "checkpoint.safetensors").read_bytes()
_CONTENT, _STATE = read_arrays(FOLDER / "backup" / "checkpoint.safetensors")
_IDX = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])
TARGETS = {
    "idx": Target(_idx, [_IDX, gzip.compress(_IDX), b"\0\0\x0e\1\0\0\0\1" + b"\0" * 8],
                  (DataError,)),
    "model": Target(_model, [_SAVED], (ValueError,)),
    "description": Target(_description, [json.dumps({
        k: x for k, x in _DESCRIBED.items() if k not in ("version", "crc32")}).encode()],
        (ValueError,)),
    "checkpoint": Target(_checkpoint, [_CHECKPOINT, json.dumps(_CONTENT).encode()], (ValueError,)),
    "table": Target(_table, [
        b"a,b,y\n1,2.5,p\n2,3.5,q\n3,,p\n4,1.5,q\n", b"a;y\n1,5;oak\n2,25;elm\n1,0;oak\n",
        b'"a"\t"y"\n2024-12-31\t1\n2024-01-01\t2\n2023-05-05\t1\n',
        "größe,y\n1.000,x\n2.500,y\n".encode("cp1252")], (DataError, ValueError)),
    "expression": Target(_expression, [
        b"c * (a + 2*b)", b"d = 2*b; e = a + d; L = c*e", b"leaky_relu(a, alpha=0.1) ** -b + c"],
        (ExpressionError,)),
    "arguments": Target(_arguments, [
        b"draw\0a * b\0a=3\0b=2", b"info\0given", b"evaluate\0given\0digits", b"--help", b"predict",
        b"draw\0--\0-tanh(w)\0w=1e5"], ()),
    "labels": Target(_labels, [
        b"weight", b"<b>&amp;</b>", b'"; x [shape=box]', b"$\\frac{a}{b}$", b"</text><svg/>",
        "σ\u202e\0\x07".encode(), b"\\\n\r\t%#_^~{}"], ()),
}  # fmt: skip


def run(name: str, content: bytes) -> bool:
    """Feed a reader; tell whether it took the input. What it must not do, it raises."""
    target = TARGETS[name]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            target.read(content)
        except target.refuses:
            return False
    return True


def damaged(seed: bytes, rng: random.Random) -> bytes:
    """Cut, flip, overwrite, repeat and insert, some times over; or put other things into JSON."""
    if seed.startswith(b"{") and rng.random() < 0.8:
        return json.dumps(_other(json.loads(seed), rng)).encode()
    content = bytearray(seed)
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        at = rng.randint(0, len(content))
        size = rng.choice([1, 1, 2, 4, 9])
        match rng.choice(["cut", "flip", "overwrite", "insert", "repeat", "number", "end"]):
            case "cut":
                del content[at : at + size]
            case "flip" if at < len(content):
                content[at] ^= 1 << rng.randint(0, 7)
            case "overwrite":
                content[at : at + size] = bytes(rng.choices(range(256), k=size))
            case "insert":
                content[at:at] = rng.choice(_WORDS)
            case "repeat":
                content[at:at] = content[at : at + 9 * size] * rng.randint(1, 4)
            case "number":
                content[at : at + 4] = rng.choice([b"\xff" * 4, b"\0" * 4, b"9999", b"-1e9"])
            case "end":
                del content[at:]
    return bytes(content)


def _other(tree: Any, rng: random.Random) -> Any:
    """Give a tree of JSON with something else in a place or two."""
    if isinstance(tree, (dict, list)) and tree and rng.random() < 0.85:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        key = rng.choice(keys)
        changed = tree.copy()
        changed[key] = _other(tree[key], rng)
        if rng.random() < 0.1:
            del changed[rng.choice(keys)]
        return changed
    return rng.choice([None, True, -1, 0, 1, 2.5, 1e308, 10**12, "", "mlp.Dense", "relu", "nan", [],
                       {}, [[]], {"class": "mlp.Dense"}, [1, 2, 3], [10**9, 10**9]])  # fmt: skip


_WORDS = [b"\0", b"\xff", b'"', b"'", b",", b";", b"\n", b"\r\n", b"(", b"((((", b"[", b"{", b"}",
          b"<", b">", b"&", b"\\", b"$", b"=", b"inf", b"nan", b"-", b"1e999", b"null", b"true",
          b"\xc3\xa4", b"\xe2\x80\xae", b"NA", b"%", b" ", b"\t", b"0", b"007"]  # fmt: skip


def main(first: str | int = 1000, count: int = 0) -> int:
    """Feed damaged seeds to every target, or to one; say what was wrong."""
    names = list(TARGETS) if isinstance(first, int) else [first]
    count = first if isinstance(first, int) else count or 1000
    if len(names) == 1 and find_spec("atheris"):
        return _guided(names[0], count)
    wrong = 0
    for name in names:
        start, taken, before, rng = time.perf_counter(), 0, wrong, random.Random(0)
        for i in range(count):
            content = damaged(rng.choice(TARGETS[name].seeds), rng)
            try:
                taken += bounded(name, content) if i % 50 == 0 else run(name, content)
            except Exception as error:  # whatever it is, it should not have come
                wrong += 1
                if wrong - before < 9:
                    print(f"{name} of {content[:99]!r}: {type(error).__name__}: {error!s:.200}")
        seconds = time.perf_counter() - start
        print(f"{name}: {count:,} inputs, {taken:,} of them taken, in {seconds:.0f} s", flush=True)
    print(f"{wrong} crashes")
    return min(wrong, 1)


def bounded(name: str, content: bytes) -> bool:
    """Do what `run` does, and look at the memory that it takes."""
    tracemalloc.start()
    try:
        taken = run(name, content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST, f"took {peak:,} bytes"
    return taken


def _guided(name: str, count: int) -> int:
    """Let atheris look for inputs that reach other code."""
    import atheris

    corpus = FOLDER / "corpus"
    corpus.mkdir()
    for i, seed in enumerate(TARGETS[name].seeds):
        (corpus / str(i)).write_bytes(seed)
    atheris.Setup([sys.argv[0], f"-runs={count}", "-timeout=300", str(corpus)],
                  lambda content: run(name, content) and None)  # fmt: skip
    atheris.Fuzz()
    return 0
