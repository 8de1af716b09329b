"""From a scene to places: layers, heights, and the ways of the edges."""
