"""``explore``: pictures of a graph that open, from layers to operations."""
