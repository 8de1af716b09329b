"""How long pictures take and how large they are."""

from collections.abc import Callable
from functools import partial
from operator import add, mul, sub
from random import Random

from autograd import Value, gradients, group, topological_order
from autograd.show import draw, steps
from mlp import MLP, squared_error

from .timing import interleaved, seconds, table

__all__ = ["main"]


def expression() -> Value:
    """Give y = (a + 2b) · c."""
    a, b, c = (Value(data, label) for label, data in (("a", 2), ("b", 3), ("c", 4)))
    return (a + 2 * b) * c


def network(*sizes: int) -> Value:
    """Give the squared error of a network of sigmoid units, written out by operation."""
    weight = iter(range(10**6))
    outputs = [Value(0.1 * i, f"x_{i}") for i in range(sizes[0])]
    for depth, size in enumerate(sizes[1:], 1):
        inputs, outputs = outputs, []
        for unit in range(size):
            with group(f"layer {depth}/unit {unit + 1}"):
                total = Value(0.1, f"b_{unit}")
                for x in inputs:
                    total = total + Value(0.3, f"w_{next(weight)}") * x
                outputs.append(total.sigmoid())
    return sum(((y - 1) ** 2 for y in outputs), Value(0.0))


def chain(length: int) -> Value:
    """Give a long chain in which every step uses the same two Values."""
    w, b = Value(0.9, "w"), Value(0.1, "b")
    x = Value(0.5, "x")
    for _ in range(length):
        x = (w * x + b).tanh()
    return x


def comb(leaves: int, products: int) -> Value:
    """Give the sum of products of leaves picked at random, each of them used far apart."""
    pick = Random(0)
    xs = [Value(pick.uniform(-1, 1), f"x_{i}") for i in range(leaves)]
    return sum((pick.choice(xs) * pick.choice(xs) for _ in range(products)), Value(0.0))


def at_random(leaves: int, operations: int, near: int) -> Value:
    """Give the sum of what is left of operations of one of the ``near`` newest and any Value."""
    pick = Random(0)
    values = [Value(pick.uniform(-1, 1), f"x_{i}") for i in range(leaves)]
    for _ in range(operations):
        kind = pick.choice((add, mul, sub))
        values.append(kind(pick.choice(values[-near:]), pick.choice(values)))
    used = {operand for value in values for operand in value.parents}
    return sum((value for value in values if value not in used), Value(0.0))


GRAPHS: dict[str, Callable[[], Value]] = {
    "expression": expression,
    "network 2-2-1": lambda: network(2, 2, 1),
    "network 2-2-2": lambda: network(2, 2, 2),
    "network 3-12-12-2": lambda: network(3, 12, 12, 2),
    "network 4-14-14-2": lambda: network(4, 14, 14, 2),
    "network 4-16-13-2": lambda: network(4, 16, 13, 2),
    "chain of 333 steps": lambda: chain(333),
    "comb of 442 products": lambda: comb(100, 442),
    "random, dense": lambda: at_random(20, 700, 1000),
    "random, deep": lambda: at_random(100, 740, 10),
}


def perceptron(*sizes: int) -> Value:
    """Give the squared error of a network of neurons."""
    model = MLP(sizes[0], sizes[1:], seed=0)
    pick = Random(0)
    return squared_error(model([pick.uniform(-1, 1) for _ in range(sizes[0])]), [0.5] * sizes[-1])


def curvature() -> Value:
    """Give tanh″ as a graph."""
    x = Value(0.5, "x")
    (slope,) = gradients(x.tanh(), [x], create_graph=True)
    return gradients(slope, [x], create_graph=True)[0]


LEVELS: dict[tuple[str, str], Callable[[], Value]] = {
    ("network 2-2-1", "neuron"): lambda: network(2, 2, 1),
    ("MLP 4-8-3", "neuron"): lambda: perceptron(4, 8, 3),
    ("MLP 2-16-16-2", "neuron"): lambda: perceptron(2, 16, 16, 2),
    ("MLP 2-16-16-2", "layer"): lambda: perceptron(2, 16, 16, 2),
    ("MLP 784-100-10", "layer"): lambda: perceptron(784, 100, 10),
    ("tanh″, simplified", "op"): curvature,
}


def main() -> str:
    """Measure, for each graph, the time to draw it and to make the page of its steps, and sizes."""
    graphs = {(name, "op"): make for name, make in GRAPHS.items()} | LEVELS
    roots = {key: make() for key, make in graphs.items()}
    for root in roots.values():
        root.backward()
    times = interleaved({key: partial(svg, root, key[1]) for key, root in roots.items()})
    stepped = {key: root for key, root in roots.items() if key[1] == "op"}
    played = interleaved({key: partial(html, root) for key, root in stepped.items()})
    rows = [
        [*key, f"{len(topological_order(root)):,}", seconds(times[key]), size(svg(root, key[1])),
         seconds(played[key]) if key in played else "", size(html(root)) if key in played else ""]
        for key, root in roots.items()
    ]  # fmt: skip
    heads = ["", "level", "nodes", "draw", "SVG", "steps", "HTML"]
    return "## Pictures\n\n" + table(heads, rows)


def size(text: str) -> str:
    """Write how large a text is."""
    return f"{len(text.encode()) / 1000:.0f} kB"


def svg(root: Value, level: str) -> str:
    """Draw a graph."""
    return draw(root, level=level).svg


def html(root: Value) -> str:
    """Make the page of the steps of a graph."""
    return steps(root).html
