"""Settings of all tests: random tests draw the same examples in every run, and are not timed."""

from hypothesis import settings

settings.register_profile("reproducible", derandomize=True, deadline=None, max_examples=25)
settings.load_profile("reproducible")
