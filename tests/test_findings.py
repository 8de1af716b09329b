"""Findings have one shape, and pin what they install. (They are not run: that needs a network.)"""

import os
import re
import shlex
from pathlib import Path

import pytest

FINDINGS = Path(__file__).parents[1] / "findings"
SCRIPTS = sorted(FINDINGS.glob("*.sh"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_finding_says_what_it_is_and_pins_its_packages(script):
    text = script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
    assert text.startswith("#!/usr/bin/env bash\n# Expected: ")
    assert re.findall(r"^# (Expected|Seen|Hurt): ", text, re.MULTILINE) == [
        "Expected", "Seen", "Hurt"]  # fmt: skip
    assert "\nset -euo pipefail\nfolder=$(mktemp -d)\n" in text
    assert text.endswith("END\n")
    assert max(map(len, text.splitlines())) <= 100
    (install,) = re.findall(r"bin/pip install ((?:.*\\\n)*.*)", text)
    words = shlex.split(install.replace("\\\n", " "))
    packages = [word for word in words if not word.startswith("--")]
    assert packages
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", package) for package in packages)
    assert not re.search(r"chainrule|import mlp|from mlp", text)


def test_the_page_lists_them_all():
    page = (FINDINGS / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \[`.*`\]\((.*)\)", page, re.MULTILINE) == [s.name for s in SCRIPTS]
