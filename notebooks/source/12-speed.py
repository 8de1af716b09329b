# %% [markdown]
# # 12 · Speed
#
# One network, one rule, and five ways to run them: the slowest takes thousands of times as long as
# the fastest. None of them computes anything else. What falls away is what stood *between* the
# multiplications. You
#
# - train the same network as Values, vectorized, as layers, as straight code and as compiled loops,
#   and find the same numbers each time,
# - read the code that `fit` has written for itself,
# - measure all of it on your own machine, and see what is left to gain,
# - learn when none of it helps.
#
# All times in the pictures are those of the machine on which the cells ran last. To see yours, run
# the notebook.

# %%
import importlib.util
import sys
import time

import numpy as np

from autograd import values, vectorize
from mlp import MLP, SGD, Dense, Dropout, Sequential, data, mean, softmax_cross_entropy
from mlp.layers import Layer
from mlp.losses import CategoricalCrossentropy
from mlp.plots import figure, finish

# %% [markdown]
# ## The rules of the race
#
# The network reads digits of 8 × 8 pixels: 64 inputs, 16 tanh neurons, 10 outputs, 1,210 weights.
# A **step** takes 32 images, computes the cost and its gradient, and walks a tenth of it downhill.
# Everybody begins with the same weights and gets the same images in the same order. So everybody
# must come to the same cost; who does not is disqualified.

# %%
digits = data.digits()
X, T = digits.x[:1600] / 16, data.one_hot(digits.y[:1600], 10)
N, eta = 32, 0.1

def start():
    return MLP(64, [16, 10], "tanh", scale=0.2, seed=0)

def batches(count):
    return [(X[i : i + N], T[i : i + N]) for i in range(0, count * N, N)]

# %% [markdown]
# ## 1 · Values
#
# As in [notebook 4](04-backpropagation.ipynb): every number is an object, every operation a node.

# %%
def as_values(net, count):
    costs = []
    for rows, targets in batches(count):
        pairs = zip(rows.tolist(), targets.tolist())
        J = mean([softmax_cross_entropy(net(x), t) for x, t in pairs])
        net.zero_grad()
        J.backward()
        for p in net.parameters():
            p.data -= eta * p.grad
        costs.append(J.data)
    return np.mean(costs)

print(f"the mean cost of the first 4 steps: {as_values(start(), 4):.9f}")

# %% [markdown]
# ## 2 · Vectorized
#
# `vectorize` finds the matrices in the graph of one image, as you have seen in
# [notebook 10](10-vectorize.ipynb). What were some tens of thousands of nodes are a handful for
# each step, and each of them is a `Tensor` of many numbers:

# %%
def vectorized(net):
    x, t = values(X[0], "x"), values(T[0], "t")
    loss = softmax_cross_entropy(net(x), t)
    loss.label = "loss"
    return vectorize(loss, [x, t], net.parameters())

def as_program(program, count):
    costs = []
    for rows, targets in batches(count):
        program.theta.zero_grad()
        J = program.mean(rows, targets)
        J.backward()
        program.theta.data -= eta * program.theta.grad
        costs.append(J.data)
    return np.mean(costs)

program = vectorized(start())
print(f"{program.nodes:,} nodes of one image have become {program.operations} operations")
print(f"the mean cost of the first 4 steps: {as_program(program, 4):.9f}")

# %% [markdown]
# ## 3 · Layers
#
# Who writes a network with `Sequential` says at once where the matrices are. `jit_compile=False`
# has the engine take the steps: forward it records a graph of Tensors, backward it walks along it.
# The rows of the table have a few helpers here: $XW + b$ is one operation, and so is the softmax
# with its cross-entropy.

# %%
def compiled(jit_compile, net=None):
    model = Sequential.from_neurons(net or start())
    model.compile(SGD(eta), CategoricalCrossentropy(from_logits=True), jit_compile=jit_compile)
    return model

def as_layers(model, count):
    fitted = model.fit(X[: count * N], T[: count * N], N, epochs=1, shuffle=False, verbose=0)
    return fitted.history["loss"][0]

engine = compiled(False)
print(f"the mean cost of the first 4 steps: {as_layers(engine, 4):.9f}")

# %% [markdown]
# ## 4 · Straight code
#
# From one step to the next the graph is the same: the same operations in the same order, only with
# other numbers. Why record it each time, and sort it, and look up what the derivative of a product
# is? `fit` does that **once**, and writes down what was done. `jit_compile="auto"` means this, and
# is what you get when you say nothing. Here is the code, for a batch of four:

# %%
straight = compiled("auto")
print(straight.source(X[:4], T[:4]))

# %% [markdown]
# You can read it from the top, since it is what you would have written yourself:
#
# - `step_of` is called once. It takes the arrays, and makes room for every result. No step will
#   ever ask for memory again: that is what `out=` is for. (`v3 = t2.T` costs nothing; it is the
#   same memory, read the other way round.)
# - `step` is one step. Its first half is forward: product, bias, tanh, product, bias, then the
#   softmax and its cross-entropy.
# - Then backward, from the end to the beginning. Find $1 - \tanh^2$, and the two products that give
#   `d_W2` and `d_W1`. A buffer whose number nobody needs any more is used again.
#
# There is no graph, no `backward`, no object but arrays. And the numbers? They are those of the
# engine, and not only to the ninth digit:

# %%
print(f"the mean cost of the first 4 steps: {as_layers(straight, 4):.9f}")
same = [np.array_equal(p.data, q.data) for p, q in zip(engine.tensors(), straight.tensors())]
print("all weights equal to the last bit:", all(same))

# %% [markdown]
# ## 5 · Compiled loops
#
# Each line of straight code is still a call from Python into NumPy, and each call reads arrays from
# memory and writes one back. `jit_compile=True` writes the same step as loops over single numbers,
# which [Numba](https://numba.pydata.org) compiles for your processor: the optimizer is in it, too,
# and many steps are one call. It takes some seconds, once; the next time it comes from the disk.
# Here is what becomes of $\tanh(XW + b)$:

# %%
code = compiled(True).source(X[:N], T[:N], target="loops").splitlines()
first = next(k for k, line in enumerate(code) if "dot(t1_, W1_" in line)
print(*code[first : first + 4], sep="\n")
last = next(k for k, line in enumerate(code) if "number0 =" in line)
print("        …", *code[last : last + 5], sep="\n")

# %% [markdown]
# In the first loop a number is fetched, gets its bias, is bent, and goes back: one way through
# memory in place of two. The last lines are the step of SGD, $w \leftarrow w - \eta\, g$, and
# `number0` is $\eta$. (A second processor core, if there is one, takes half of a larger batch;
# `low` and `high` say which half.)
#
# Numba is an extra (`pip install "chainrule[fast]"`). Where it is not installed, `fit` runs
# straight code instead, and the numbers are the same but for rounding:

# %%
has_numba = importlib.util.find_spec("numba") is not None
loops = compiled(True)
print(f"the mean cost of the first 4 steps: {as_layers(loops, 4):.9f}")
same = [np.allclose(p.data, q.data, rtol=1e-12) for p, q in zip(engine.tensors(), loops.tensors())]
print("all weights equal to twelve digits:", all(same))

# %% [markdown]
# ## The race
#
# How to measure you know from [notebook 10](10-vectorize.ipynb): all of them in turn, once to warm
# up, then the median. A sixth one is there for comparison. It computes the products of a step and
# nothing else, neither bias nor tanh: **nobody can be faster who multiplies with NumPy.**

# %%
W1, W2 = np.zeros((64, 16)), np.zeros((16, 10))
hidden, logits = np.zeros((N, 16)), np.zeros((N, 10))

def products(count):
    for rows, _ in batches(count):
        np.dot(rows, W1)              # forward
        np.dot(hidden, W2)
        np.dot(hidden.T, logits)      # backward: for W2, for the hidden neurons, for W1
        np.dot(logits, W2.T)
        np.dot(rows.T, hidden)

net = start()
racers = {  # what takes so many steps
    "Values": (lambda count: as_values(net, count), 1),
    "vectorized": (lambda count: as_program(program, count), 50),
    "layers, by the engine": (lambda count: as_layers(engine, count), 50),
    "straight code": (lambda count: as_layers(straight, count), 50),
    "compiled loops": (lambda count: as_layers(loops, count), 50),
    "the products alone": (products, 50),
}
if not has_numba:
    del racers["compiled loops"]

def race(racers, rounds):
    """Give each one's microseconds a step: the median of some rounds, after one to warm up."""
    taken = {name: [] for name in racers}
    for _ in range(rounds + 1):
        for name, (run, count) in racers.items():
            begun = time.perf_counter()
            run(count)
            taken[name].append((time.perf_counter() - begun) / count * 1e6)
    return {name: np.median(times[1:]) for name, times in taken.items()}

def bars(ax, measured, label, title, unit):
    colours = ["#57606a" if name.startswith("the ") else "#0072b2" for name in measured]
    drawn = ax.barh(list(measured), list(measured.values()), color=colours)
    ax.bar_label(drawn, [label(number) for number in measured.values()], padding=4)
    low, high = min(measured.values()), max(measured.values())
    ax.set(xscale="log", xlim=(low / 3, high * 40))
    ax.invert_yaxis()
    return finish(ax, title, unit)

measured = race(racers, rounds=5)
slowest = measured["Values"]
ax = bars(figure(8.4, 3.2).add_subplot(), measured,
          lambda us: f"{us:,.0f} µs, {slowest / us:,.0f} ×" if us < slowest else f"{us:,.0f} µs",
          "A step of training, and how many times as fast as with Values", "microseconds")
if not has_numba:
    ax.text(1, 0, 'compiled loops: pip install "chainrule[fast]"', transform=ax.transAxes,
            ha="right", va="bottom", color="#57606a")
ax.figure

# %% [markdown]
# The scale is logarithmic: to the next mark is a factor of ten. The large step is the one from
# numbers to matrices. After that it is about factors that you can count on your fingers, and the
# grey bar says how much there is left to gain. (The second and the third are near each other: `fit`
# does more for a step than our loop over `program`, such as to look whether its cost is finite,
# and has the shorter graph in exchange.)
#
# ## What falls away
#
# Why is it so? Count the *calls*: how often does Python call a function, its own or one of NumPy's,
# to take one step?

# %%
def calls(run, count):
    found = 0

    def notice(frame, event, argument):
        nonlocal found
        found += event in ("call", "c_call")

    run(count)                                       # what is made once is not counted
    sys.setprofile(notice)
    try:
        run(count)
    finally:
        sys.setprofile(None)
    return found / count

counted = {name: calls(run, count) for name, (run, count) in racers.items()}
bars(figure(8.4, 3.2).add_subplot(), counted, lambda n: f"{n:,.0f}" if n >= 10 else f"{n:.1f}",
     "Calls in one step", "calls").figure

# %% [markdown]
# A call costs some tens of nanoseconds at least, and up to a microsecond if NumPy has to look at
# the shapes of its arrays first. Compare the two pictures:
#
# - From Values to matrices times and calls fall together, by a factor of a thousand or more: a step
#   of Values *is* calls, and little else.
# - From the engine to straight code, too. The arithmetic is the same to the last bit.
# - Compiled loops do a step without any call. What is left is what `fit` does around them, to put
#   the images in order and to add the costs up.
#
# ## When it does not help
#
# With 16 neurons a product is soon done, and all that is around it shows. What if the layer is
# wider? Here are engine and straight code, as multiples of what the products alone take:

# %%
def wide(width, jit_compile):
    model = Sequential([Dense(width, "tanh"), Dense(10)], seed=0)
    model.compile(SGD(0.01), CategoricalCrossentropy(from_logits=True), jit_compile=jit_compile)
    return model

def products_of(width):
    W1, W2 = np.zeros((64, width), "float32"), np.zeros((width, 10), "float32")
    hidden, logits = np.zeros((N, width), "float32"), np.zeros((N, 10), "float32")
    rows = X[:N].astype("float32")

    def run(count):
        for _ in range(count):
            np.dot(rows, W1), np.dot(hidden, W2), np.dot(hidden.T, logits)
            np.dot(logits, W2.T), np.dot(rows.T, hidden)
    return run

widths = (8, 32, 128, 512)
ratios = {"layers, by the engine": [], "straight code": []}
for width in widths:
    pair = [wide(width, False), wide(width, "auto")]
    racing = {name: (lambda count, model=model: as_layers(model, count), 10)
              for name, model in zip(ratios, pair)}
    times = race(racing | {"products": (products_of(width), 10)}, rounds=9)
    for name, found in ratios.items():
        found.append(times[name] / times["products"])

ax = figure(6.8, 3.6).add_subplot()
for name, found in ratios.items():
    ax.plot(widths, found, "o-", label=name)
ax.axhline(1, color="#57606a", linestyle="--", label="the products alone")
ax.set(xscale="log", yscale="log", xticks=widths)
ax.set_xticks([], minor=True)
ax.set_xticklabels(widths)
ax.legend(frameon=False)
finish(ax, "A step, as a multiple of its products", "neurons in the hidden layer", "times").figure

# %% [markdown]
# The wider, the nearer both come to the dashed line, and to each other. In a large network nearly
# all of the time is in the products, and **nobody's code around them matters**: this is why large
# networks are trained on hardware that multiplies faster, and why Python is fast enough to say what
# is to be multiplied.
#
# So, if a training takes too long:
#
# - first ask whether there are numbers where matrices could be: that is worth more than all the
#   rest;
# - then make batches larger, as long as it learns as well
#   ([notebook 6](06-training.ipynb) has tried);
# - a small network that is trained for hours is worth `jit_compile=True`;
# - for a large one, [the page on straight code](../docs/straight.md) tells how the same step is
#   written for JAX: `model.source(x, y, target="jax")`.
#
# ## Exercises
#
# 1. Three of the five products of a step are in its backward pass. Which line of the straight code
#    gives the gradient of the hidden neurons? A sixth product would give the gradient of the
#    *pixels*. Write it down, and say why it is not there.
# 2. Guess first: how much longer does a step take for 64 images instead of 32, as Values and as
#    straight code? Then measure.
# 3. Put `Dropout(0.2)` between the two layers of `wide(16, "auto")`, and look at the `source` for a
#    batch. What is new on the way forward, and where does the noise come from?
# 4. Write a layer that gives `x` if the mean of `x.data` is above 0, and else `-x`
#    ([notebook 9](09-under-the-bonnet.ipynb) has the recipe). Can the step of a network with it be
#    written down? Ask `source`, and let `fit` train it with `jit_compile="auto"`.
# 5. With pencil and paper: in a step the products take 60% of the time. How much faster can it
#    become if all the rest is done away with? And if the products are made twice as fast, and the
#    rest stays as it is? (The rule behind both is called Amdahl's law.)

# %% [markdown]
# ## Solutions

# %% [markdown]
# **1.** Its output has a row for each image and a column for each hidden neuron, and it multiplies
# with $W_2^{\mathsf T}$. For the pixels it would be the same once more, one layer down: what has
# come to the hidden sums, times $W_1^{\mathsf T}$. Nobody asks for it, because images are not
# learned; the code has only what leads to a parameter.

# %%
text = straight.source(X[:4], T[:4])
print(*(line.strip() for line in text.splitlines() if "W2.T" in line), sep="\n")
transposed = next(line.split()[0] for line in text.splitlines() if line.endswith("= W2.T"))
print(*(line.strip() for line in text.splitlines() if f"{transposed}, out" in line), sep="\n")

# %% [markdown]
# **2.** Twice as many images are twice as many nodes, so Values take twice as long. For straight
# code the number of calls is the same, and only the arrays are longer: it takes a little more, far
# from twice as much.

# %%
def once(net, size):
    pairs = zip(X[:size].tolist(), T[:size].tolist())
    net.zero_grad()
    mean([softmax_cross_entropy(net(x), t) for x, t in pairs]).backward()

def fitted(size):
    model = compiled("auto")
    return lambda count: model.fit(
        X[: count * size], T[: count * size], size, epochs=1, shuffle=False, verbose=0)

sizes = {f"{name}, {size} images": (run, count) for size in (32, 64) for name, run, count in (
    ("Values", lambda count, size=size: once(net, size), 1),
    ("straight code", fitted(size), 25))}
bars(figure(8.4, 2.6).add_subplot(), race(dict(sorted(sizes.items())), rounds=9),
     lambda us: f"{us:,.0f} µs", "Twice as many images", "microseconds a step").figure

# %% [markdown]
# **3.** `noise1` is an argument of the step, like the batch. It is drawn by the same generator as
# ever, before each step, and handed in; so the numbers are those of the engine. Forward there are
# three lines more: which neurons stay, by what they are multiplied (1 / 0.8, so that the sum stays
# what it was), and the product. On the way back the gradient is multiplied by the same; the other
# new lines there see to it that $0 \cdot \infty$ is $0$ in the chain rule
# ([notebook 9](09-under-the-bonnet.ipynb)).

# %%
layers = [Dense(16, "tanh"), Dropout(0.2), Dense(10)]
dropped = Sequential(layers, seed=0)
dropped.compile(SGD(0.01), CategoricalCrossentropy(from_logits=True))
lines = [line.strip() for line in dropped.source(X[:4], T[:4]).splitlines()]
noisy = next(k for k, line in enumerate(lines) if "(noise1" in line)
print(*lines[noisy : noisy + 3], sep="\n")

# %% [markdown]
# **4.** No: what Python decides while the step is recorded would be decided for all batches. It
# says so, and `fit` lets the engine take the steps, which decides each time anew.

# %%
class Turned(Layer):
    def build(self, shape, rng, dtype):
        pass

    def __call__(self, x, training=False):
        return x if x.data.mean() > 0 else -x

model = Sequential([Dense(16, "tanh"), Turned(), Dense(10)], seed=0)
model.compile(SGD(0.01), CategoricalCrossentropy(from_logits=True), jit_compile="auto")
try:
    model.source(X[:4], T[:4])
except TypeError as error:
    print(error)
history = model.fit(X, T, N, epochs=3, verbose=0).history["loss"]
print("the cost falls:", history[0] > history[1] > history[2])

# %% [markdown]
# **5.** Without the rest 0.6 of the time is left: $1 / 0.6 \approx 1.67$ times as fast,
# and no more, however clever the code. With products of twice the speed, $0.3 + 0.4 = 0.7$ is left:
# $1 / 0.7 \approx 1.43$. What is a small part cannot give much, whatever is done to it.
