"""The page of what is caught when: every row is run, and what comes is what it says."""

import builtins
import contextlib
import re
import warnings
from pathlib import Path

import pytest

from autograd import detect_anomaly

PAGE = (Path(__file__).parent.parent / "docs" / "what-is-caught.md").read_text(encoding="utf-8")
START = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
ROWS = {
    f"{title}: {cells[0]}": (title, re.fullmatch(r"`(.*)`", cells[1])[1], cells[2])
    for title, section in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    for line in re.findall(r"^\| (.*) \|$", section, re.MULTILINE)
    if (cells := line.split(" | "))[0] != "what"
}


def run(code, comes):
    """Run the code of a row, and compare."""
    names = {}
    exec(START, names)
    error, _, message = comes.partition(": ")
    if comes.startswith("`"):
        exec(code, names)
        assert eval(comes.strip("`"), names), comes
        return
    kind = getattr(builtins, error)
    how = pytest.warns if issubclass(kind, Warning) else pytest.raises
    with how(kind, match=re.escape(message)):
        exec(code, names)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_is_caught_when(row):
    title, code, comes = row
    anomaly = "detect_anomaly" in title
    with detect_anomaly() if anomaly else contextlib.nullcontext():
        run(code, comes)
    if anomaly:  # or it would stand higher up
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            names = {}
            exec(f"{START}\n{code}", names)


def test_the_page_has_rows_of_each_kind():
    assert {title for title, *_ in ROWS.values()} == {
        "Always", "Under `detect_anomaly`", "Not at all"}
    assert len(ROWS) >= 10
