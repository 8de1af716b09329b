# %% [markdown]
# # 11 · Not a plain chain
#
# One layer after the other: so are the networks of the first ten notebooks. Those that read, see
# and play chess have other forms, and all of them are graphs of the same sums and products. So
# nothing has to be added for them, neither to the library nor to the chain rule. You
#
# - lay a way *around* a layer, and see why deep networks have one,
# - use the same weights twice, and find the gradient of both uses in one place,
# - run a cell along time, and watch the gradient fade on its way back,
# - let a network choose which of three words to look at.

# %%
import math
from itertools import product

from autograd import Value, derive, draw, group, steps, values
from mlp import MLP, Layer, gradient_descent, mean, squared_error
from mlp.activations import softmax

def named(label, value):
    value.label = label
    return value

# %% [markdown]
# ## A way around: residual networks
#
# A block computes $f(x)$, and what it gives on is $f(x) + x$. It does not have to say what the
# output is, only what to *change* about the input: the **residual**.

# %%
block, x = MLP(2, [3, 2], "tanh", seed=0), values([0.5, -0.3], "x")
y = [named(f"y{i}", f + xi) for i, (f, xi) in enumerate(zip(block(x), x), 1)]
L = named("L", squared_error(y, [0.2, 0.1]))
L.backward()
draw(L, level="neuron")

# %% [markdown]
# The long arrows are the way around. What does it do to the gradient? Here is the smallest block,
# one weight and a tanh. Two paths lead back to $x$:

# %%
x, w = Value(0.5, "x"), Value(0.1, "w")
f = named("f", (w * x).tanh())
y = named("y", f + x)
derive(y, wrt=x)

# %% [markdown]
# The path through the block carries a tenth. The way around carries **1**, whatever the block does.
# Now thirty blocks, one after the other. How much of the gradient arrives at the first one?

# %%
def arrives(depth, around):
    x = Value(0.5)
    y = x
    for w in values([0.1] * depth, "w"):
        y = (w * y).tanh() + (y if around else 0)
    y.backward()
    return x.grad

print("blocks   plain chain   with a way around")
for depth in (1, 3, 10, 30):
    print(f"{depth:6}   {arrives(depth, False):11.3g}   {arrives(depth, True):17.3g}")

# %% [markdown]
# In the plain chain the tenths multiply, and after thirty blocks nothing is left to learn from.
# With the way around, every factor is 1 and a bit. That is why networks of a hundred layers have it
# (He, Zhang, Ren and Sun, *Deep Residual Learning for Image Recognition*, 2015).
#
# ## The same weights twice
#
# Are these two signatures by the same hand? To compare two things, send both through **one**
# network, and look at the distance of what comes out. The picture has the network twice, once for
# each call, and marks its weights as shared:

# %%
embed = MLP(2, [2, 2], "tanh", seed=0)
a, b = embed(values([0.5, -0.3], "x")), embed(values([1, 2], "z"))
D = named("D", sum((p - q) ** 2 for p, q in zip(a, b)))
D.backward()
draw(D, level="neuron")

# %% [markdown]
# But a weight is one Value, with one `grad`. What is in it? Take two networks with equal weights,
# so that each call has its own, and compare:

# %%
one, two = MLP(2, [2, 2], "tanh", seed=0), MLP(2, [2, 2], "tanh", seed=0)
apart = sum((p - q) ** 2 for p, q in zip(one([0.5, -0.3]), two([1, 2])))
apart.backward()

print("weight   first call   second call      sum    shared")
for p, q, shared in zip(one.parameters()[:3], two.parameters(), embed.parameters()):
    total = p.grad + q.grad
    print(f"{p.label:6} {p.grad:12.4f} {q.grad:13.4f} {total:9.4f} {shared.grad:9.4f}")

# %% [markdown]
# The gradient of a shared weight is the **sum** over its uses. That is no new rule: it is the `+=`
# of [notebook 1](01-computation-graphs.ipynb), where a Value that is used twice has two arrows.
# A convolution is this and nothing else: a few weights, used at every place of an image.
#
# ## A cell in time
#
# A text, a melody, a stock price: one number after the other, and nobody knows how many. A
# **recurrent** network has a memory $h$, and at every step the same cell makes a new one:
#
# $$h_t = \tanh(w\, x_t + u\, h_{t-1} + b)$$

# %%
w, u, b, h0 = Value(0.8, "w"), Value(0.5, "u"), Value(0.1, "b"), Value(0.0, "h0")

def run(inputs):
    h = h0
    for t, x in enumerate(inputs, 1):
        h = named(f"h{t}", (w * x + u * h + b).tanh())
    return h

h3 = run(values([1.0, -0.5, 0.3], "x"))
steps(h3)

# %% [markdown]
# Unrolled, the loop is a chain, and w, u and b are used in each of its steps. Play it: on the way
# back, the gradient of u grows three times. This is called **backpropagation through time**, and is
# what you know already.

# %% [markdown]
# From the end to the beginning there is one path, and on it a factor for each step:

# %%
derive(h3, wrt=h0)

# %% [markdown]
# A product of as many factors as there are steps. If they are below 1, it fades; above 1, it
# explodes. With a small $h$ (then tanh′ is almost 1) a factor is about $u$:

# %%
def remembered(u, length):
    start = h = Value(0.0)
    for _ in range(length):
        h = (u * h).tanh()
    h.backward()
    return start.grad

print("  steps " + "".join(f"u = {u}".rjust(12) for u in (0.5, 0.9, 1.0, 1.1, 1.5)))
for length in (1, 10, 50):
    print(f"{length:7} " + "".join(
        f"{remembered(u, length):12.3g}" for u in (0.5, 0.9, 1.0, 1.1, 1.5)))

# %% [markdown]
# So a plain cell finds it hard to learn what lies far back. Over a short time it can. Here a cell
# of two neurons reads four numbers, each 1 or −1, and shall say at the end what the **first** one
# was:

# %%
cell = Layer(3, 2, "tanh", use_bias=False, scale=0.5, seed=4, name="cell")
readout = Layer(2, 1, "tanh", use_bias=False, seed=1)
sequences = list(product([-1, 1], repeat=4))

def answer(sequence):
    h = [0.0, 0.0]
    for x in sequence:
        h = cell([x, *h])
    return readout(h)

def cost():
    return mean([(answer(s) - 0.9 * s[0]) ** 2 for s in sequences])

parameters = [*cell.parameters(), *readout.parameters()]
costs = list(gradient_descent(cost, parameters, learning_rate=0.3, steps=300))
right = sum((answer(s).data > 0) == (s[0] > 0) for s in sequences)
print(f"cost {costs[0]:.2f} at first, {costs[-1]:.2f} at the end; {right} of 16 right")

# %%
h = values([0, 0], "h")
for t, x in enumerate([1, -1, 1, 1], 1):
    h = cell([Value(x, f"x{t}"), *h])
first = named("first", readout(h))
first.backward()
draw(first, level="neuron")

# %% [markdown]
# The same weights stand in each of the four frames, and are marked as shared. Those of the memory
# are the large ones: what the first input has left is handed on from step to step, with its sign
# turned each time, and the later inputs are hardly listened to.
#
# ## Attention: which word to look at
#
# In "the animal was tired", what does *tired* speak of? A word asks a question, a vector $q$; each
# word of the sentence has a **key** $k_i$, how it wants to be found, and a **value** $v_i$, what it
# has to say. The better a key fits the question, the more of its value is taken:
#
# $$s_i = q \cdot k_i, \qquad p = \text{softmax}(s), \qquad c = \sum_i p_i v_i$$

# %%
sentence = ["the", "animal", "was"]
keys = [[0.1, 0.2], [0.9, -0.3], [-0.4, 0.5]]
meanings = [[0.0, 0.1], [1.0, 0.8], [0.2, -0.6]]
k = [values(key, f"k{i}_") for i, key in enumerate(keys, 1)]
v = [values(meaning, f"v{i}_") for i, meaning in enumerate(meanings, 1)]
q = values([0.3, 0.2], "q")

def attend():
    with group("scores"):
        s = [named(f"s{i}", q[0] * ki[0] + q[1] * ki[1]) for i, ki in enumerate(k, 1)]
    with group("softmax"):
        p = [named(f"p{i}", share) for i, share in enumerate(softmax(s), 1)]
    with group("mix"):
        c = [named(f"c{j + 1}", sum(share * vi[j] for share, vi in zip(p, v))) for j in (0, 1)]
    return p, c

p, c = attend()
L = named("L", squared_error(c, meanings[1]))  # it should have heard of the animal
L.backward()
draw(L)

# %% [markdown]
# Three words, and no step that would not be a sum, a product or an exponential. So the gradient
# finds its way through the choice, too. Let the *question* go downhill:

# %%
def show(p):
    return "   ".join(f"{word} {share.data:.2f}" for word, share in zip(sentence, p))

print("at first        ", show(p))
for _ in gradient_descent(lambda: squared_error(attend()[1], meanings[1]), q,
                          learning_rate=0.5, steps=200):
    pass
print("after 200 steps ", show(attend()[0]))
print("the question    ", *(f"{qi.data:.1f}" for qi in q))

# %% [markdown]
# It has turned towards the key of *animal*, and become longer: the longer the question, the sharper
# the choice. In a Transformer (Vaswani et al., *Attention Is All You Need*, 2017) every word asks
# such a question of all the others, and question, key and value are themselves layers of the word,
# learned like any other. And what comes out is added to what went in: a way around.
#
# ## Exercises
#
# 1. In `arrives`, let the block be $-w\,y$ inside the tanh. What arrives after thirty blocks with a
#    way around, and why is it not 1?
# 2. A cell with $u = 1$, $b = 0$ and no tanh: $h_t = w\, x_t + h_{t-1}$. What does it compute, and
#    what is $\partial h_T/\partial w$? Check it with `derive`.
# 3. Take the first question again, $q = (0.3, 0.2)$, and divide the scores of the three words by 10
#    before the softmax. What happens to the shares, and to the gradient of $q$? Transformers divide
#    by $\sqrt d$, with $d$ the length of a key: why?

# %% [markdown]
# ## Solutions

# %% [markdown]
# **1.** Every factor is now 1 *minus* a bit: $1 - 0.1 \tanh'$. After thirty blocks a share of about
# $0.9^{30} \approx 0.04$ is left, still many powers of ten more than the plain chain has.

# %%
x = y = Value(0.5)
for w in values([0.1] * 30, "w"):
    y = (-w * y).tanh() + y
y.backward()
print(f"{x.grad:.3f}, and 0.9 to the 30th is {0.9**30:.3f}")

# %% [markdown]
# **2.** It adds up: $h_T = w\,(x_1 + \dots + x_T)$, so $\partial h_T/\partial w$ is the sum of the
# inputs, one term for each use of $w$.

# %%
w, x = Value(0.5, "w"), values([1.0, 2.0, 4.0], "x")
h = named("h3", w * x[2] + named("h2", w * x[1] + named("h1", w * x[0])))
derive(h, wrt=w)

# %% [markdown]
# **3.** The shares become nearly equal, and the gradient of $q$ smaller: a flat softmax hardly
# moves. Undivided, a sum of $d$ products grows like
# $\sqrt d$, and the softmax saturates: one share is 1, and again there is no gradient. Divided by
# $\sqrt d$ the scores are of the same size for every $d$.

# %%
for divisor in (1, 10, 0.05):
    question = values([0.3, 0.2], "q")
    scores = [(question[0] * ki[0] + question[1] * ki[1]) / divisor for ki in keys]
    shares = softmax(scores)
    c = [sum(share * vi[j] for share, vi in zip(shares, meanings)) for j in (0, 1)]
    squared_error(c, meanings[1]).backward()
    slope = math.hypot(*(qi.grad for qi in question))
    print(f"divided by {divisor:4}: shares", *(f"{share.data:.2f}" for share in shares),
          f"  length of the gradient {slope:.3f}")
