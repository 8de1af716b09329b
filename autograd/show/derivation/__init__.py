"""The chain rule, worked: one derivative, or all of them as a table."""
