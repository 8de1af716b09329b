"""Sixty graphs, of ten kinds of architecture and of growing size: what pictures are held to."""

from itertools import pairwise

from autograd import Value, group, values
from mlp import MLP, Layer, Neuron, mean, sigmoid_cross_entropy, squared_error
from mlp.activations import softmax

from .levels import named


def numbers(n, label, start=0.3):
    return values([round(start - 0.17 * i, 2) for i in range(n)], label)


def total(outputs, label="L"):
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return (named(label, squared_error(outputs, [0.2] * len(outputs))),)


def residual(n):
    """A block and what goes past it, n times."""
    x = numbers(2, "x")
    for k in range(n):
        block = MLP(2, [2, 2], "tanh", seed=k)
        x = [y + xi for y, xi in zip(block(x), x, strict=True)]
    return total(x)


def skips(n):
    """Layers that all go to the output, and the inputs, too."""
    inputs = h = numbers(2, "x")
    seen = [*inputs]
    for k in range(n):
        h = Layer(2, 2, "tanh", seed=k, name=f"layer{k + 1}", prefix=f"l{k + 1}.")(h)
        seen += h
    return total(Neuron(len(seen), "sigmoid", seed=9, name="head")(seen))


def side_by_side(n):
    """Networks of the same names on inputs of their own, multiplied."""
    product = Value(1.0, "one")
    for k in range(n + 1):
        product = product * MLP(2, [2, 1], "tanh", seed=k)(numbers(2, "xyzuvwr"[k]))
    return total(product)


def one_after_another(n):
    """A network on what another gives."""
    h = numbers(2, "x")
    for k in range(n + 1):
        h = MLP(2, [2, 2], "tanh", seed=k)(h)
    return total(h)


def shared(n):
    """A Siamese network: the distances of n + 1 embeddings, each to the next."""
    net = MLP(2, [2, 2], "tanh", seed=0)
    embedded = [net(numbers(2, "abcdefg"[k], 0.1 * k)) for k in range(n + 1)]
    pairs = [sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) for a, b in pairwise(embedded)]
    for k, distance in enumerate(pairs, 1):
        distance.label = f"d{k}"
    return (named("L", sum(pairs)),)


def critic(n):
    """A critic that sees real examples and generated ones."""
    generator, judge = MLP(1, [2, 2], "tanh", seed=0), MLP(2, [2, 1], ["tanh", "sigmoid"], seed=1)
    real = mean([judge(numbers(2, "x", 0.1 * k)).log() for k in range(n)])
    fake = mean([(1 - judge(generator([Value(0.1 * k, "z")]))).log() for k in range(n)])
    return (named("L", -real - fake),)


def in_time(n):
    """A cell that is unrolled, with a loss at each step."""
    cell = Layer(3, 2, "tanh", seed=0, name="cell", prefix="c")
    h, losses = [Value(0.0, "h1"), Value(0.0, "h2")], []
    for t in range(n + 1):
        h = cell([Value(0.1 * t, f"x{t}"), *h])
        losses.append(squared_error(h[0], 0.1))
    return (named("L", sum(losses)),)


def attention(n):
    """One query and some words: scores, their softmax, and the mean of the words."""
    words, query = [numbers(2, f"w{k + 1}_", 0.2 * k) for k in range(n + 1)], numbers(2, "q")
    with group("scores"):
        scores = [word[0] * query[0] + word[1] * query[1] for word in words]
    with group("softmax"):
        shares = softmax(scores)
    with group("mix"):
        mixed = [sum(p * word[i] for p, word in zip(shares, words, strict=True)) for i in (0, 1)]
    return total(mixed)


def losses(n):
    """Several losses on one network, a penalty on all weights, and several roots."""
    net = MLP(2, [2, n], "tanh", seed=0)
    outputs = net(numbers(2, "x"))
    outputs = outputs if isinstance(outputs, list) else [outputs]
    parts = [named(f"L{k}", sigmoid_cross_entropy(y, k % 2)) for k, y in enumerate(outputs, 1)]
    penalty = named("R", 0.01 * sum(p * p for p in net.parameters()))
    return named("L", sum(parts) + penalty), penalty, outputs[0]


def ensemble(n):
    """The mean of several networks on the same inputs."""
    x = numbers(2, "x")
    return total(named("y", mean([MLP(2, [2, 1], "tanh", seed=k)(x) for k in range(n + 1)])))


KINDS = [
    residual, skips, side_by_side, one_after_another, shared, critic, in_time, attention, losses,
    ensemble,
]  # fmt: skip


def corpus():
    """Make all of them, with gradients, each with its name."""
    for kind in KINDS:
        for n in range(1, 7):
            roots = kind(n)
            roots[0].backward()
            yield f"{kind.__name__} {n}", roots
