"""What holds for every test and every example in the documentation."""

import os

import pytest
from hypothesis import settings

from autograd.ops import TABLE, unregister

# Random tests draw the same examples in every run, and are not timed.
settings.register_profile("reproducible", derandomize=True, deadline=None, max_examples=25)
settings.load_profile("reproducible")


def pytest_xdist_auto_num_workers():
    """Have a process more than there are cores: tests of processes and browsers wait for these."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def same_table():
    """Take operations that a test or an example added out of the table again."""
    before = set(TABLE)
    yield
    for name in set(TABLE) - before:
        unregister(name)
