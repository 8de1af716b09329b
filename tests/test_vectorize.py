"""vectorize: the program computes what the scalar graph does, loss and gradients, on any graph."""

import random
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import mlp
from autograd import (
    TABLE,
    Tensor,
    Value,
    draw,
    group,
    hvp,
    jvp,
    topological_order,
    values,
    vectorize,
)
from mlp.cli import demo

UNARY = {  # a row, and a function that brings any number into its domain
    "exp": autograd.tanh, "expm1": autograd.tanh, "log": lambda x: x * x + 0.5,
    "log1p": lambda x: x * x, "sqrt": lambda x: x * x + 0.25, "sin": None, "cos": None,
    "tan": autograd.tanh, "arcsin": lambda x: autograd.tanh(x) * 0.9,
    "arccos": lambda x: autograd.tanh(x) * 0.9, "arctan": None, "sinh": autograd.tanh,
    "cosh": autograd.tanh, "tanh": None, "sigmoid": None, "softplus": None, "log_sigmoid": None,
    "relu": None, "leaky_relu": None, "elu": None, "silu": None, "gelu": None, "absolute": None,
    "square": autograd.tanh, "negative": None, "positive": None, "detach": None, "sign": None,
    "heaviside": None,
}  # fmt: skip
BINARY = ["add", "subtract", "multiply", "maximum", "minimum"]


def grow(rng, inputs, parameters, size, dyadic=False):
    """Build a random graph: sums, products, chains, shared results, repeated operands."""
    pool = [*inputs, *parameters]
    constants = [0.5, -1.5, 2.0, 0.0, 1.0, -0.25]
    pool += [Value(rng.choice(constants))]

    def pick():
        x = rng.choice(pool[-12:] if rng.random() < 0.6 else pool)
        return rng.choice(constants) if rng.random() < 0.08 else x

    def keep(x):
        if isinstance(x, Value):
            pool.append(x if abs(x.data) < 50 else autograd.tanh(x * 0.01))

    while len(pool) < size:
        shape = rng.random()
        if shape < 0.3:
            a, b = pick(), pick()
            keep(TABLE[rng.choice(BINARY)](a, a if rng.random() < 0.1 else b))
        elif shape < 0.45 and not dyadic:
            name = rng.choice(list(UNARY))
            x, into = pick(), UNARY[name]
            if isinstance(x, Value):
                keep(TABLE[name](into(x) if into else x))
        elif shape < 0.5 and not dyadic:
            a, b = pick(), pick()
            keep(a / (autograd.square(b) + 1) if rng.random() < 0.5 else
                 autograd.power(autograd.square(a) + 0.5, rng.choice([2, 0.5, -1, 3, b])))
        elif shape < 0.55:
            a, b, c = pick(), pick(), pick()
            choice = rng.choice([autograd.where, autograd.clip])
            keep(choice(a, b, c) if isinstance(a, Value) else a * b)
        elif shape < 0.7:  # a layer: each neuron sees the same vector
            xs = rng.sample(pool, min(len(pool), rng.randint(1, 5)))
            for _ in range(rng.randint(1, 4)):
                ws = [rng.choice(parameters) if parameters else 0.5 for _ in xs]
                z = sum((w * x for w, x in zip(ws, xs, strict=True)), pick())
                keep(autograd.relu(z) if rng.random() < 0.5 else z * 0.5)
        elif shape < 0.8:  # a convolution: shared weights on windows
            k, signal = rng.randint(1, 3), rng.sample(pool, min(len(pool), 6))
            if not parameters:
                continue
            ws = [rng.choice(parameters) for _ in range(k)]
            for p in range(len(signal) - k + 1):
                keep(sum((w * x for w, x in zip(ws, signal[p : p + k], strict=True)), 0.25) * 0.25)
        elif shape < 0.9:  # a wide sum of signed terms
            z = pick()
            for _ in range(rng.randint(2, 12)):
                t = pick() if rng.random() < 0.5 else pick() * pick()
                z = z + t if rng.random() < 0.6 else z - t
            keep(z * 0.25)
        elif shape < 0.95:  # a deep chain
            z = pick()
            for _ in range(rng.randint(2, 15)):
                z = z * 0.5 + pick()
            keep(z)
        else:  # the largest of several
            xs = [pick() for _ in range(rng.randint(2, 6))]
            z = xs[0]
            for x in xs[1:]:
                z = autograd.maximum(z, x)
            keep(autograd.detach(z) if rng.random() < 0.5 else z)
    return pool


def replay(nodes, numbers):
    """Compute a graph anew for other numbers of some leaves; give the new node for every old."""
    new = {}
    for node in reversed(nodes):
        if node.op is None:
            new[node] = Value(numbers.get(node, node.data), node.label)
        else:
            new[node] = node.op(*(new[x] if isinstance(x, Value) else x for x in node.operands))
    return new


def sizes(order, root):
    """The same computation on absolute values: Σ|terms| forward, Σ|paths| backward."""
    size = {}
    for node in reversed(order):
        if node.op is None:
            size[node] = abs(node.data)
            continue
        xs = [size[x] if isinstance(x, Value) else abs(x) for x in node.operands]
        plain = [x.data if isinstance(x, Value) else x for x in node.operands]
        slopes = [abs(node.op.local(i, plain, node.data)) for i in range(len(plain))]
        size[node] = max(abs(node.data), sum(s * x for s, x in zip(slopes, xs, strict=True) if s))
    upstream = dict.fromkeys(order, 0.0)
    upstream[root] = 1.0
    for node in order:
        if node.op is None:
            continue
        plain = [x.data if isinstance(x, Value) else x for x in node.operands]
        for i, x in enumerate(node.operands):
            if isinstance(x, Value):
                s = abs(node.op.local(i, plain, node.data))
                upstream[x] += upstream[node] * s if upstream[node] and s else 0.0
    return size[root], upstream


def check(loss, inputs, parameters, batches, tolerance=1e-12):
    """Compare a program with the scalar graph, computed for each example."""
    order = topological_order(loss)
    program = vectorize(loss, inputs, parameters)
    assert len(program.steps) <= 3 * len(order) + 10
    losses = program(*batches)
    wanted, gradient, bound = [], np.zeros(len(parameters)), np.zeros(len(parameters))
    flat = [x for xs in inputs for x in (xs if isinstance(xs, list) else [xs])]
    rows = np.concatenate([np.reshape(b, (len(b), -1)) for b in batches], 1)
    for row in rows:
        new = replay(order, dict(zip(flat, row.tolist(), strict=True)))
        root = new[loss]
        root.backward()
        again = topological_order(root)
        size, upstream = sizes(again, root)
        wanted.append((root.data, size))
        for i, p in enumerate(parameters):
            if p in new and new[p].grad is not None:
                gradient[i] += new[p].grad
                bound[i] += upstream.get(new[p], 0.0)
    values, size = np.array(wanted).T
    assert (np.abs(np.broadcast_to(losses.data, values.shape) - values)
            <= tolerance * (1 + size)).all(), (losses.data, values)
    weights = 1.0 if losses.shape else float(len(rows))
    (losses * weights).sum().backward()
    found = program.theta.grad
    found = np.zeros(len(parameters)) if found is None else found[program._places]
    assert (np.abs(found - gradient) <= tolerance * (1 + bound)).all(), (found, gradient)
    return program


def dyadic(rng):
    return rng.randint(-8, 8) / 4


def example(seed, size, exact):
    """A random graph, its leaves, and batches of numbers for its inputs."""
    rng = random.Random(seed)
    number = (lambda: dyadic(rng)) if exact else (lambda: rng.gauss(0, 1))
    x, t = values([number() for _ in range(rng.randint(1, 6))], "x"), Value(number())
    parameters = values([number() for _ in range(rng.randint(0, 8))], "w")
    pool = grow(rng, [*x, t], parameters, size, exact)
    root = pool[-1]
    for node in rng.sample(pool, min(len(pool), 3)):
        root = root + node * 0.5
    leaves = set(topological_order(root))
    if not leaves & set(x) or t not in leaves:
        root = root + x[0] * t
    n = rng.randint(1, 3)
    batches = [np.array([[number() for _ in x] for _ in range(n)]),
               np.array([number() for _ in range(n)])]  # fmt: skip
    return root, [x, t], parameters, batches


@pytest.mark.parametrize("exact", [False, True])
@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_random_graphs(exact, seed):
    """Ten graphs an example; dyadic numbers have ties, and no rounding."""
    for k, size in enumerate([8, 8, 9, 10, 11, 12, 14, 16, 24, 50]):
        check(*example(seed + k, size, exact))


@pytest.mark.parametrize("name", sorted(set(TABLE) & {op.name for op in TABLE.values()}))
def test_every_row(name):
    """Each operation with an input, a parameter and a constant as each of its operands."""
    op = TABLE[name]
    for k in range(op.arity):
        for sample in op.samples:
            x, w = Value(sample[k], "x"), values(sample, "w")
            operands = [*w[:k], x, *w[k + 1 :]]
            y = op(*operands)
            z = op(*sample[:k], x, *sample[k + 1 :])
            total = y * 0.5 + z * 2.0 + x
            numbers = np.array([s[k] for s in op.samples])
            check(total, [x], w, [numbers[:1]], tolerance=1e-11)


# --- The lectures' examples -----------------------------------------------------------------------


def batch(n, *widths):
    rng = np.random.default_rng(n)
    return [rng.normal(size=(n, w) if w else n) for w in widths]


def test_neural_unit():
    neuron, x = mlp.Neuron(3, "sigmoid"), values(3, "x")
    neuron.set([0.2, 0.3, 0.9], 0.5)
    program = check(neuron(x), [x], neuron.parameters(), [np.array([[0.5, 0.6, 0.1]])])
    assert round(program(np.array([[0.5, 0.6, 0.1]])).data.item(), 4) == 0.7047


def test_computation_graph():
    a, b, c = Value(3, "a"), Value(1, "b"), Value(-2, "c")
    check(c * (a + 2 * b), [a], [b, c], [np.array([3.0, 4.0])])


def test_xor():
    x = values(2, "x")
    h1, h2 = autograd.relu(x[0] + x[1]), autograd.relu(x[0] + x[1] - 1)
    bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    program = vectorize([h1, h2, h1 - 2 * h2], [x])
    assert program(bits).data.tolist() == [[0, 0, 0], [1, 0, 1], [1, 0, 1], [2, 1, 0]]


def test_backpropagation_by_hand():
    E = demo.backpropagation_by_hand()
    leaves = {v.label: v for v in topological_order(E) if v.op is None}
    w = [leaves[f"w{k}"] for k in range(1, 9)]
    x, t = [leaves["x1"], leaves["x2"]], [leaves["t1"], leaves["t2"]]
    program = check(E, [x, t], w, [np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])])
    program.theta.grad = None
    program([[0.05, 0.10]], [[0.01, 0.99]]).backward()
    slopes = program.theta.grad[program._places]
    assert [round(slopes[k], 9) for k in (4, 0)] == [0.082167041, 0.000438568]


@pytest.mark.parametrize("activation", sorted(set(mlp.ACTIVATIONS) | {"softmax"}))
def test_every_activation(activation):
    net, x = mlp.MLP(3, [4, 3], ["linear", activation], seed=0), values(3, "x")
    t = values([0.2, 0.5, 0.3], "t")
    check(mlp.squared_error(net(x), t), [x, t], net.parameters(), batch(3, 3, 3))


@pytest.mark.parametrize("loss", ["cross_entropy", "softmax_cross_entropy", "squared_error",
                                  "half_squared_error"])  # fmt: skip
def test_losses_of_several_outputs_take_labels_as_inputs(loss):
    last = "softmax" if loss == "cross_entropy" else "linear"
    net, x, t = mlp.MLP(4, [5, 3], ["tanh", last], seed=0), values(4, "x"), values([1, 0, 0], "t")
    hot = np.eye(3)[[0, 2, 1, 1]]
    check(getattr(mlp, loss)(net(x), t), [x, t], net.parameters(), [*batch(4, 4), hot])


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "sigmoid_cross_entropy", "hinge"])
def test_losses_of_one_output_take_labels_as_inputs(loss):
    last = "sigmoid" if loss == "binary_cross_entropy" else "linear"
    net, x, t = mlp.MLP(2, [3, 1], ["tanh", last], seed=0), values(2, "x"), Value(1.0, "t")
    labels = np.array([1.0, -1.0 if loss == "hinge" else 0.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no decision hangs on an input
        check(getattr(mlp, loss)(net(x), t), [x, t], net.parameters(), [*batch(3, 2), labels])


def test_without_bias_and_collapsed_layers():
    net, x = mlp.MLP(3, [4, 2, 1], "linear", use_bias=False, seed=0), values(3, "x")
    check(net(x), [x], net.parameters(), batch(3, 3))
    a = Value(0.0, "a")
    g = 5 * a - 1
    check(2 * g + 3, [a], [], [np.array([0.5, -2.0])])


# --- What is found --------------------------------------------------------------------------------


def ops_of(program):
    return [step.op.name for step in program.steps if step.op is not None]


def test_a_network_becomes_a_product_a_layer():
    net, x = mlp.MLP(20, [15, 10, 1], seed=0), values(20, "x")
    program = check(net(x), [x], net.parameters(), batch(3, 20))
    assert ops_of(program).count("linear") == 3
    assert "concatenate" not in ops_of(program)
    assert not any(isinstance(k, np.ndarray) for step in program.steps
                   for k in step.settings.get("index", ()))  # nothing is gathered
    assert {name: w.shape for name, w in program.matrices.items()} == {
        "W1": (15, 20), "b1": (15,), "W2": (10, 15), "b2": (10,), "W3": (1, 10), "b3": (1,)}
    np.testing.assert_array_equal(
        program.matrices["W1"], [[w.data for w in n.w] for n in net.layers[0].neurons])
    for w in program.matrices.values():
        assert w.flags.c_contiguous  # safetensors writes others wrongly
        with pytest.raises(ValueError, match="read-only"):  # for it would change nothing
            w[0] = 0


def test_a_convolution_is_a_gathered_product():
    x = values(36, "x")
    kernels = [values(9, f"k{c}_") for c in range(2)]
    biases = values(2, "b")
    maps = [
        [autograd.relu(sum((k[3 * i + j] * x[6 * (p + i) + q + j] for i in range(3)
                            for j in range(3)), b)) for p in range(4) for q in range(4)]
        for k, b in zip(kernels, biases, strict=True)
    ]  # fmt: skip
    pooled = [m[8 * i + 2 * j] + m[8 * i + 2 * j + 1] for m in maps for i in (0, 1) for j in (0, 1)]
    parameters = [*kernels[0], *kernels[1], *biases]
    for p in parameters:
        p.data = random.Random(p.label).gauss(0, 1)
    program = check(sum(v * v for v in pooled), [x], parameters, batch(3, 36))
    assert ops_of(program).count("linear") == 1


def test_a_convolution_in_one_dimension():
    x, w, b = values(12, "x"), values([0.5, -1.0, 0.25], "w"), Value(0.1, "b")
    h = [(w[0] * x[k] + w[1] * x[k + 1] + w[2] * x[k + 2] + b).tanh() for k in range(10)]
    program = check(mlp.squared_error(h, [0.0] * 10), [x], [*w, b], batch(4, 12))
    assert ops_of(program).count("linear") == 1


def test_a_recurrence_shares_its_matrices():
    x = [values(2, f"x{k}_") for k in range(4)]
    cell = mlp.Layer(5, 3, "tanh", seed=0)
    h = [0.0] * 3
    for step in x:
        h = cell([*step, *h])
    program = check(mlp.squared_error(h, [0.5] * 3), x, cell.parameters(), batch(2, 2, 2, 2, 2))
    assert ops_of(program).count("linear") == 4
    assert program.theta.size == 18


def test_equal_nodes_side_by_side():
    x, w = values(2, "x"), values([0.5, 2.0], "w")
    same = [(w[0] * x[0] + w[1] * x[1]).tanh() for _ in range(3)] + [(+x[0]).tanh() + x[1]] * 2
    check(same[0] * same[1] + same[2] * same[3] - same[4], [x], w, batch(3, 2))
    program = vectorize([same[0], same[0], same[1]], [x], w)
    assert program(np.ones((2, 2))).shape == (2, 3)


def test_a_chain_longer_than_is_compiled():
    x, w = Value(0.5, "x"), Value(0.99, "w")
    y = x
    for _ in range(1500):
        y = (y * w).tanh()
    program = check(y, [x], [w], [np.array([0.5, -1.0])])
    assert len(program.steps) > 2000
    assert len(str(program)) < 10_000
    assert program.mean(np.array([0.5, -0.5])).data == pytest.approx(0, abs=1e-15)


def test_wide_sums():
    x, w = values(3000, "x"), values(3000, "w")
    for v in w:
        v.data = 0.5
    program = check(sum((a * b for a, b in zip(w, x, strict=True)), Value(0.0)) + sum(x), [x], w,
                    batch(2, 3000))  # fmt: skip
    assert program.operations < 6


def test_unused_inputs_and_parameters():
    x, w = values(4, "x"), values([0.5, 2.0, 3.0], "w")
    program = check(w[1] * x[2], [x], w, batch(3, 4))
    assert program.theta.grad[program._places[[0, 2]]].tolist() == [0, 0]


# --- Running --------------------------------------------------------------------------------------


@pytest.fixture
def net():
    model, x, t = mlp.MLP(3, [4, 2], "tanh", seed=0), values(3, "x"), values(2, "t")
    penalty = 0.01 * sum(p * p for p in model.parameters())
    scores = model(x)
    loss = mlp.squared_error(scores, t) + penalty
    return model, x, t, scores, loss, penalty


def test_several_outputs(net):
    model, x, t, scores, loss, penalty = net
    X, T = batch(5, 3, 2)
    single = vectorize(loss, [x, t], model.parameters())
    program = vectorize({"loss": loss, "scores": scores, "penalty": penalty}, [x, t],
                        model.parameters())  # fmt: skip
    out = program(X, T)
    assert {k: v.shape for k, v in out.items()} == {"loss": (5,), "scores": (5, 2), "penalty": ()}
    np.testing.assert_allclose(out["scores"].data[3], [y.data for y in model(X[3].tolist())])
    (out["loss"].sum() + out["scores"].sum() * 2 + out["penalty"] * 3).backward()
    pair = vectorize((loss, scores), [x, t], model.parameters())(X, T)
    assert isinstance(pair, tuple)
    one = single(X, T)
    np.testing.assert_allclose(pair[0].data, one.data, rtol=1e-14)
    one.sum().backward()
    with_scores = vectorize(scores, [x], model.parameters())
    (with_scores(X).sum() * 2).backward()
    decay = 3 * 0.02 * single.theta.data
    total = (single.theta.grad + decay)[single._places]
    total += with_scores.theta.grad[with_scores._places]
    np.testing.assert_allclose(program.theta.grad[program._places], total, rtol=1e-12)


def test_mean_and_weights(net):
    model, x, t, _, loss, _ = net
    program = vectorize(loss, [x, t], model.parameters())
    X, T = batch(5, 3, 2)
    losses = program(X, T)
    losses.mean().backward()
    grad = program.theta.grad.copy()
    program.theta.zero_grad()
    J = program.mean(X, T)
    J.backward()
    assert J.data == pytest.approx(losses.data.mean(), rel=1e-14)
    np.testing.assert_allclose(program.theta.grad, grad, rtol=1e-12, atol=1e-15)
    w = [1, 0, 2, 3, 0.5]
    np.testing.assert_allclose(program.mean(X, T, weights=w).data,
                               np.average(losses.data, weights=w))  # fmt: skip
    for wrong in [1, 2], [0] * 5, [-1, 1, 1, 1, 1]:
        with pytest.raises(ValueError, match="expected 5 numbers"):
            program.mean(X, T, weights=wrong)
    with pytest.raises(ValueError, match="no examples"):
        program.mean(X[:0], T[:0])
    assert program(X[:0], T[:0]).shape == (0,)


def test_gradients_of_inputs_and_higher_derivatives(net):
    model, x, t, _, loss, _ = net
    program = vectorize(loss, [x, t], model.parameters())
    X, T = (Tensor(b) for b in batch(2, 3, 2))
    program(X, T).sum().backward()
    for k in range(2):
        new = replay(topological_order(loss), dict(zip([*x, *t], [*X.data[k], *T.data[k]],
                                                       strict=True)))  # fmt: skip
        new[loss].backward()
        np.testing.assert_allclose(X.grad[k], [new[v].grad for v in x], rtol=1e-12)
        np.testing.assert_allclose(T.grad[k], [new[v].grad for v in t], rtol=1e-12)
    v = np.ones(3) / 3

    def along(h):
        return program(X.data + h * v, T.data).data

    _, slope = jvp(lambda X: program(X, T), (X.data,), (np.tile(v, (2, 1)),))
    np.testing.assert_allclose(slope.data, (along(1e-6) - along(-1e-6)) / 2e-6, rtol=1e-7)
    curve = hvp(lambda X: program(X, T).sum(), Tensor(X.data), np.tile(v, (2, 1)))
    second = (along(1e-4) - 2 * along(0) + along(-1e-4)) / 1e-8
    np.testing.assert_allclose((curve.data @ v), second, rtol=1e-5)


def test_zero_times_infinity_is_zero():
    x, w = Value(1.0, "x"), Value(2.0, "w")
    y = autograd.where(x > 0, (w * x).log(), w * x)
    with pytest.warns(UserWarning, match="compared"):
        vectorize(y, [x], [w])
    x = Value(1.0, "x")
    y = autograd.where(autograd.heaviside(x), (w * x).exp(), x * x)
    program = vectorize(y, [x], [w])
    with np.errstate(over="ignore"):
        program(np.array([1.0, -1.0])).sum().backward()
    assert np.isfinite(program.theta.grad).all()
    y = autograd.sqrt(w * x) * x
    program = vectorize(y, [x], [w])
    program(np.array([0.0, 1.0])).sum().backward()
    assert program.theta.grad == pytest.approx(0.5 / 2**0.5)


def test_float32_and_other_types(net):
    model, x, t, _, loss, _ = net
    exact = vectorize(loss, [x, t], model.parameters())
    program = vectorize(loss, [x, t], model.parameters(), dtype="float32")
    X, T = batch(4, 3, 2)
    y = program(X, T)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, exact(X, T).data, rtol=1e-5)
    y.sum().backward()
    assert program.theta.grad.dtype == np.float32
    assert exact(X.round().astype(int).tolist(), T).shape == (4,)


def test_store_and_load(net):
    model, x, t, _, loss, _ = net
    program = vectorize(loss, [x, t], model.parameters())
    optimizer = mlp.SGD(program.parameters, 0.1)
    X, T = batch(4, 3, 2)
    before = [p.data for p in model.parameters()]
    for _ in range(3):
        J = program.mean(X, T)
        optimizer.zero_grad()
        J.backward()
        optimizer.step()
    assert [p.data for p in model.parameters()] == before
    program.store()
    assert [p.data for p in model.parameters()] != before
    again = vectorize(mlp.squared_error(model(x), t), [x, t], model.parameters())
    np.testing.assert_array_equal(again.theta.data[again._places],
                                  program.theta.data[program._places])  # fmt: skip
    for p, number in zip(model.parameters(), before, strict=True):
        p.data = number
    program.load()
    assert program.theta.data[program._places].tolist() == before


def test_the_source_runs_alone(net):
    model, x, t, scores, loss, penalty = net
    activations = sum(TABLE[n](scores[0] * 0.1 + 0.2) for n in (
        "gelu", "elu", "silu", "softplus", "leaky_relu", "log_sigmoid", "relu", "arcsin", "sqrt"))
    odd = x[2] * x[0] + sum(x[k] * model.parameters()[3 * k] for k in range(3)) ** 2
    for outputs in (loss, loss + activations + odd, (loss, scores, penalty)):
        program = vectorize(outputs, [x, t], model.parameters())
        text = program.source()
        assert "autograd" not in text
        alone = {}
        exec(compile(text, "alone", "exec"), alone)
        X, T = batch(4, 3, 2)
        theta = program.theta.data
        *found, backward = alone["program"](theta, X, T)
        wanted = program(X, T)
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a, b.data)
        gs = [np.ones(b.shape) for b in wanted]
        sum((b * g).sum() for b, g in zip(wanted, gs, strict=True)).backward()
        np.testing.assert_allclose(backward(*gs), program.theta.grad, rtol=1e-13, atol=1e-15)


def test_it_learns_as_the_scalar_graph_does():
    scalar, fast = (mlp.MLP(2, [4, 1], "tanh", seed=1) for _ in range(2))
    X, T = batch(6, 2, 0)
    costs = list(mlp.gradient_descent(lambda: mlp.mean([
        mlp.squared_error(scalar(a), b) for a, b in zip(X.tolist(), T.tolist(), strict=True)]),
        scalar.parameters(), steps=10))  # fmt: skip
    x, t = values(2, "x"), Value(0.0, "t")
    program = vectorize(mlp.squared_error(fast(x), t), [x, t], fast.parameters())
    for cost in costs:
        J = program.mean(X, T)
        assert J.data == pytest.approx(cost, rel=1e-12)
        program.theta.zero_grad()
        J.backward()
        program.theta.data = program.theta.data - 0.1 * program.theta.grad


# --- Showing --------------------------------------------------------------------------------------


def test_it_reads_like_the_lecture():
    net, x, t = mlp.MLP(3, [4, 2], seed=0), values(3, "x"), values(2, "t")
    loss = mlp.half_squared_error(net(x), t)
    program = vectorize(loss, [x, t], net.parameters())
    assert str(program).splitlines()[1:] == [
        "# W1 4×3, b1 4, W2 2×4, b2 2",
        "hidden = relu(W1 @ x + b1)                       # 4 numbers, from 28 scalar nodes",
        "loss = sum(0.5 * (t - (W2 @ hidden + b2)) ** 2)  # 1 number, from 23 scalar nodes",
    ]
    assert repr(program).startswith("Program(x: 3, t: 2 → loss; 26 parameters, ")
    latex = program._repr_latex_()
    assert r"\mathrm{hidden} &= \operatorname{relu}\left(W_{1} \, x + b_{1}\right)" in latex
    assert r"W_{1} \in \mathbb{R}^{4 \times 3}" in latex


def test_it_is_drawn(net):
    model, x, t, _, loss, _ = net
    picture = draw(vectorize(loss, [x, t], model.parameters()))
    assert "W1" in picture.table
    assert "linear" in picture.table


def test_labels_are_never_code():
    x, w = values(2, "x"), values([0.5, 2.0], "w")
    with group("n = len(x)\nimport os"):
        h = [(w[0] * x[0]).tanh(), (w[1] * x[1]).tanh()]
    y = h[0] + h[1]
    y.label = "__import__('os')"
    for v, label in zip(x, ("lambda", "np"), strict=True):
        v.label = label
    program = vectorize((y, h), [x], w)
    assert "import os" not in program.source()
    check(y, [x], w, batch(2, 2))


@pytest.mark.parametrize("seed", [348])
def test_graphs_that_once_failed(seed):
    """Two broadcast gradients that are added up where parts of them are scattered."""
    check(*example(seed, 70, True))
