"""What is read at once from the bytes of a file is what reading it by entry gives."""

import random

import numpy as np
import pytest

pytest.importorskip("pandas")

from mlp.data import read_table, tables
from mlp.data.plain import plain_columns

RANDOM = random.Random(0)
ENTRIES = [
    lambda: str(RANDOM.randint(-300, 300)), lambda: f"{RANDOM.gauss(0, 1):.3f}",
    lambda: f"{RANDOM.gauss(0, 1):.{RANDOM.randint(1, 4)}f}", lambda: repr(RANDOM.gauss(0, 1)),
    lambda: repr(RANDOM.gauss(0, 1e-4)), lambda: f"{RANDOM.randint(1, 3)}.{RANDOM.randint(1, 12)}",
    lambda: f"{RANDOM.randint(1, 12)}.20{RANDOM.randint(10, 24)}", lambda: RANDOM.choice("ab"),
    lambda: f"{RANDOM.randint(0, 99):03}",
    lambda: f"{RANDOM.randint(1, 9)}.{RANDOM.randint(100, 999)}",
    lambda: str(10 ** RANDOM.randint(12, 17)), lambda: RANDOM.choice(
        ["-0", "-0.0", "", "NA", "+7", " 5", ".5", "5.", "1,5", "123456789012.345", "1.2.3", "5-3",
         "-", ".", "1e5", "e5", "0.00000000000001"])]  # fmt: skip


def written():
    mark, line = RANDOM.choice(",,;\t"), RANDOM.choice(["\n", "\r\n"])
    n, rows = RANDOM.randint(1, 4), RANDOM.randint(1, 9)
    kinds = [RANDOM.choice(ENTRIES) for _ in range(n)]
    table = [[(RANDOM.choice(ENTRIES) if RANDOM.random() < 0.05 else kind)() for kind in kinds]
             for _ in range(rows)]  # fmt: skip
    return line.join(mark.join(row) for row in [[*"abcd"[:n]], *table]) + RANDOM.choice(["", line])


def found(path):
    try:
        frame = read_table(path)
    except ValueError as error:
        return str(error)[-60:]  # which entries it shows, may differ
    columns = {name: (frame[name].dtype, [*map(repr, frame[name])]) for name in frame}
    return columns, frame.attrs


def test_the_same_comes_out_entry_by_entry(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    for _ in range(120):
        path.write_bytes(written().encode())
        fast = found(path)
        with monkeypatch.context() as m:
            m.setattr(tables, "plain_columns", lambda *a: {})
            assert fast == found(path), path.read_text()


def test_plain_columns_are_not_read_by_entry(tmp_path, monkeypatch):
    x = np.random.default_rng(0).normal(size=(50, 3)).round(4)
    lines = [",".join(map(str, row)) + ",a," for row in x.tolist()]
    (tmp_path / "t.csv").write_text("\n".join(["p,q,r,kind,none", *lines]))
    seen, read = [], tables._column

    def noted(column, *how):
        seen.append(column.name)
        return read(column, *how)

    monkeypatch.setattr(tables, "_column", noted)
    frame = read_table(tmp_path / "t.csv")
    assert seen == ["kind", "none"]
    np.testing.assert_array_equal(frame[["p", "q", "r"]].to_numpy(), x)


def test_numbers_are_those_of_float():
    x = np.random.default_rng(0).normal(size=200)
    texts = [f"{number:.{d}f}" for d in (1, 5, 9, 14, 16) for number in x]
    (column,) = plain_columns("\n".join([*texts, ""]).encode(), ",", 1).values()
    assert column.numbers.tolist() == [*map(float, texts)]
    short = [t for t in texts if len(t) < 15]
    (column,) = plain_columns("\n".join([*short, ""]).encode(), ",", 1).values()
    assert column.numbers.tolist() == [*map(float, short)]
