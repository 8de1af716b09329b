"""What holds for every test and every example in the documentation."""

import pytest
from hypothesis import settings

from autograd.ops import TABLE, unregister

# Random tests draw the same examples in every run, and are not timed.
settings.register_profile("reproducible", derandomize=True, deadline=None, max_examples=25)
settings.load_profile("reproducible")


@pytest.fixture(autouse=True)
def same_table():
    """Take operations that a test or an example added out of the table again."""
    before = set(TABLE)
    yield
    for name in set(TABLE) - before:
        unregister(name)
