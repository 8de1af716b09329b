"""From places to SVG, to Graphviz' DOT, to a page of HTML."""
