"""What is to be seen: boxes, edges and clusters, the order, names and numbers in writing."""
