"""From a graph to a scene: by operation, by neuron, by layer."""
