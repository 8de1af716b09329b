# %% [markdown]
# # 10 · How `vectorize` works
#
# A library that is written with matrices has to be told where they are. Here they are *found*, in a
# graph that knows nothing of them. You
#
# - follow `vectorize` on its way from a graph to matrices, step by step,
# - see what it cannot know, and how it says so,
# - measure where the time goes, and why everybody wants matrices.

# %%
import time
import warnings
from textwrap import fill

import numpy as np

from autograd import Tensor, Value, draw, no_grad, values, vectorize
from autograd.programs import emit, grouping, scalar_graph
from mlp import MLP, squared_error
from mlp.plots import figure, finish

# %% [markdown]
# ## Five steps
#
# In [notebook 5](05-matrices.ipynb) `vectorize` turned a graph of numbers into matrix products, in
# five steps, none of which knows anything about neural networks. We follow a small one through
# them: two inputs, two tanh neurons, one output $y$, which is drawn here. After it comes only the
# loss, $L = (t - y)^2$.

# %%
net = MLP(2, [2, 1], "tanh", seed=3)
x, t = values([0.5, -1.0], "x"), Value(1.0, "t")
y = net(x)
L = squared_error(y, t)
L.label = "L"
draw(y, level="op")

# %% [markdown]
# First it is read into arrays: every node a number, leaves first.

# %%
g = scalar_graph.read([L], [*x, t], net.parameters())

def name(i):
    return g.nodes[i].label or f"#{i}" if i < len(g.nodes) else f"{g.data[i]:g}"

for i in range(g.first, len(g.nodes)):
    op = g.ops[g.code[i]]
    operands = ", ".join(name(k) for k in g.operands[i] if k >= 0)
    print(f"{name(i):7}= {op.name}({operands})")

# %% [markdown]
# ### 1 · Flatten
#
# $(w_1 x_1 + w_2 x_2) + b_1$ is a sum of a sum. A sum that only another sum uses is a part of it,
# and so is a product that only a sum uses. What is left are *long* sums:

# %%
flat = grouping.flatten(g)
left = [i for i in range(g.first, len(g.nodes)) if flat.root[i] == i]

for i in left:
    if flat.sums[i]:
        terms = ""
        for row, part, a, b in zip(*flat.terms):
            if row == i:
                sign = " − " if part >= len(grouping.CLASSES) else " + "
                terms += sign + name(a) + (f"·{name(b)}" if b >= 0 else "")
        print(f"{name(i):7}={terms.removeprefix(' +')}")
print(f"{len(g.nodes) - g.first} operations have become {len(left)}")

# %% [markdown]
# ### 2 · Level, 3 · Group
#
# A node's level is one more than that of its deepest operand. Nodes of **one level that do the
# same** are a group: the same operation; for sums, as many products of weights and inputs.

# %%
level = grouping.levels(g, flat)
groups = grouping.group(g, flat, level)

ax = figure(9, 3.4).add_subplot()
colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"]
for k, group in enumerate(groups):
    where = level[group.rows[0]]
    operation = group.op if isinstance(group.op, str) else group.op.name
    heights = np.arange(len(group.rows)) - (len(group.rows) - 1) / 2
    ax.scatter([where] * len(heights), heights, 900, colours[k % 6], zorder=2)
    for height, i in zip(heights, group.rows):
        ax.text(where, height - 0.42, name(i), ha="center", va="top")
    ax.text(where, heights[-1] + 0.42, operation, ha="center", fontweight="bold")
ax.set(xlim=(0.4, level.max() + 0.6), ylim=(-1.3, 1.4), xticks=range(1, level.max() + 1))
finish(ax, f"{len(groups)} groups", "level").set_yticks([])
ax.figure

# %% [markdown]
# ### 4 · Place
#
# A group's results stand side by side, as one vector. And the parameters are put in the order in
# which their sums use them, so that each matrix is *one piece of memory*, and nothing has to be
# gathered:

# %%
emitter = emit.Emitter(g, [2, 1], len(net.parameters()))
owner, _ = grouping.climb(flat.root, np.ones(len(g.code), np.int8))
sizes = np.bincount(owner[g.code >= 0], minlength=len(g.code))
emitter.emit(groups, sizes)

order = np.argsort(emitter.offset[emitter.parameters])
print("the network's order:", *(p.label for p in net.parameters()))
print("the program's order:", *(name(i) for i in emitter.parameters[order]))

# %% [markdown]
# The first four are the matrix as $x W$ needs it, an input a row: $w_1$ and $w_3$ are what $x_1$ is
# multiplied with. Then the biases, then the next matrix.
#
# ### 5 · Emit
#
# Each group becomes an operation on Tensors. Slices and shapes, which cost nothing, are marked by a
# dot:

# %%
for step in emitter.steps:
    if step.op is None:
        continue
    free = step.op.name in ("getitem", "reshape")
    print(f"{'·' if free else ' '} {step.name:3} {step.op.name:9} {step.width} number"
          + "s" * (step.width > 1)
          + f", for {step.nodes} of the graph" * (step.nodes > 0))

# %% [markdown]
# And `vectorize` writes them as formulas:

# %%
print(vectorize(L, [x, t], net.parameters()))

# %% [markdown]
# Where is the derivative? Nowhere: these are ordinary operations, which the engine differentiates
# as any others. That is why it cannot be wrong in a way of its own.
#
# What has no regularity stays as it is, only slower. And what Python has decided while the graph
# was recorded is fixed: the graph knows what was computed, not what might have been. You are
# warned:

# %%
a, b = Value(0.5, "a"), Value(0.2, "b")
y = a * b + max(a, b)                     # Python's max, which compares
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    vectorize(y, [a, b])
print(fill(str(caught[0].message), 96))

# %% [markdown]
# ## Where the time goes
#
# What does a multiplication cost? Six ways to do it, from an object each to a matrix product:

# %%
def nanoseconds(f, count, repeats=7):
    """Give the time of one multiplication: the median of some runs, after one to warm up."""
    f()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        f()
        taken.append((time.perf_counter() - start) / count * 1e9)
    return np.median(taken)

n = 10_000
number, one = 1.5, Value(1.5)
A, B, rows = Tensor(np.ones((256, 256))), Tensor(np.ones((256, 256))), Tensor(np.ones(1_000_000))

def floats():
    for _ in range(n):
        number * number

def unrecorded():
    with no_grad():
        recorded()

def recorded():
    for _ in range(n):
        one * one

def and_back():
    total = one
    for _ in range(n):
        total = total * one
    total.backward()

ways = {
    "Python's floats": nanoseconds(floats, n),
    "Values, under no_grad": nanoseconds(unrecorded, n),
    "Values": nanoseconds(recorded, n),
    "Values, and backward": nanoseconds(and_back, n),
    "Tensors, elementwise": nanoseconds(lambda: rows * rows, rows.size),
    "Tensors, a matrix product": nanoseconds(lambda: A @ B, 256**3),
}
ax = figure(8, 3.2).add_subplot()
colours = ["#57606a", *["#e69f00"] * 3, *["#0072b2"] * 2]
bars = ax.barh(list(ways), list(ways.values()), color=colours)
ax.bar_label(bars, [f" {ns:,.0f} ns" if ns > 10 else f" {ns:.2g} ns" for ns in ways.values()])
ax.set(xscale="log", xlim=(0.01, 20_000))
ax.invert_yaxis()
finish(ax, "One multiplication", "nanoseconds")
ax.figure

# %% [markdown]
# (Times of the machine on which this page was made.) Read it from the top:
#
# - A Value is an object. To make one, with its operands and its place in the graph, takes longer
#   than the multiplication itself, by far. That is the price for seeing every number.
# - A Tensor is an object, too, but **one for a million numbers**. What is left is memory: to read
#   two numbers and write one.
# - A matrix product uses each number that it has read hundreds of times, so not even memory is in
#   the way. This is why everybody wants matrices, and why `vectorize` looks for them.
#
# So: if training is slow, make fewer and larger operations. If it is fast enough, leave it
# readable. ([Notebook 12](12-speed.ipynb) goes on here: a network, trained in five ways.)
#
# ### How to measure
#
# - Once to warm up: the first call compiles, allocates, and fills caches.
# - Several times, and the **median**: another program may be running.
# - What belongs together in turn, A B A B, on one machine in one go. A machine that is warm is
#   slower.
# - The whole before the parts: `python -m cProfile -s tottime script.py` tells where to look.
#
# The project's own figures, beside those of other libraries, are in
# [`benchmarks/RESULTS.md`](../benchmarks/RESULTS.md), and `make bench` makes them anew.
#
# ## Exercises
#
# 1. How many operations does `vectorize` need for a chain of 50 additions and tanhs, each of the
#    one before? And for 50 tanhs of different numbers? (`vectorize` takes a list of results, too.)
# 2. Slide two weights along six numbers: $y_i = \tanh(w_1 x_i + w_2 x_{i+1})$ for five $i$. That is
#    a *convolution*. What does `vectorize` make of it?

# %% [markdown]
# ## Solutions

# %% [markdown]
# **1.** A chain has nothing to collect, since each waits for the one before: a hundred. Fifty tanhs
# of different numbers are one.

# %%
link = first_link = Value(0.1, "x")
for k in range(50):
    link = (link + 0.1).tanh()
many = values(50, "x")
print(vectorize(link, [first_link]).operations, "for the chain,",
      vectorize([v.tanh() for v in many], [many]).operations, "for the vector")

# %% [markdown]
# **2.** One matrix product: the five windows are gathered, and the weights are a matrix of one row.

# %%
x, w = values(6, "x"), values([0.5, -1.0], "w")
print(vectorize([(w[0] * x[i] + w[1] * x[i + 1]).tanh() for i in range(5)], [x], w))
