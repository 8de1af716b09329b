"""Measurements beside the peers: ``make bench`` prints them, and writes ``RESULTS.md``."""
