# %% [markdown]
# # 4 · Backpropagation by hand
#
# Everybody should do it once: a whole network, forward and backward, with a pencil. This notebook
# is the pencil's friend. It shows every number of a well-known example to its ninth digit, where
# each comes from, and which of them the slides of the
# [lectures](README.md#where-it-comes-from) have wrong. You will
#
# - draw a small network with every gradient,
# - follow the chain rule through it, factor by factor,
# - take one step of gradient descent, then ten thousand,
# - see errors go back along the weights, and write it all once more in thirty lines of NumPy,
# - break it, to see what each part is for.

# %%
import math

import numpy as np

from autograd import Value, cost, derive, draw, explore, sigmoid, steps, teaching, values
from mlp import MLP, binary_cross_entropy, gradient_descent, half_squared_error, mean, squared_error

# %% [markdown]
# ## A network, drawn with its gradients
#
# Two inputs, two ReLU neurons, one sigmoid neuron, which says $y$: how probable a 1 is. The target
# is $t = 0$, so the loss is the cross-entropy $L = -\ln(1 - y)$: 0 if $y$ is 0, and the larger, the
# more it was sure of a 1.

# %%
net = MLP(2, [2, 1], ["relu", "sigmoid"])
h1, h2 = net.layers[0].neurons
h1.set([0.5, 0.2], 0.1)
h2.set([-0.4, 0.1], 0.0)
net.layers[1].neurons[0].set([0.6, -0.3], -0.2)

x = values([0.8, 0.3], "x")
y = net(x)
L = binary_cross_entropy(y, 0)
L.label = "L"
L.backward()
draw(L, level="neuron")

# %% [markdown]
# In each table, `in` is the weighted sum and `out` is what the activation makes of it. At the
# arrows: a weight, and below it what the loss says about it.
#
# Look at h2. Its sum is negative, so ReLU gives 0, and a 0 is what goes back: $w_3$, $w_4$ and
# $b_2$ get **no gradient at all** from this example. And look at o1: the gradient of its sum is
# simply $y - t$. Sigmoid and cross-entropy together are as simple as that:

# %%
print(f"y − t = {y.data - 0:.4f}")

# %% [markdown]
# ## A deeper one: two chains
#
# Three layers: two inputs, three neurons, three more, one output. The lectures work out two
# derivatives in it, that of the last layer's first weight, $w_{16}$, and that of $w_7$, one layer
# down. First the net. All its biases are 0.05; each sum is called *net*, and what the sigmoid makes
# of it *a*:

# %%
w = values([0.1 * i for i in range(1, 19)], "w")

def neuron(weights, inputs, name, output):
    net = sum((wi * xi for wi, xi in zip(weights, inputs)), 0.05)
    a = sigmoid(net)
    net.label, a.label = name, output
    return a

inputs = values([0.3, 0.6], "x")
a123 = [neuron(w[2 * i : 2 * i + 2], inputs, f"net{i + 4}", f"a{i + 1}") for i in range(3)]
a456 = [neuron(w[3 * i + 6 : 3 * i + 9], a123, f"net{i + 7}", f"a{i + 4}") for i in range(3)]
y = neuron(w[15:], a456, "net", "y")
E = binary_cross_entropy(y, 1)
E.label = "E"
draw(E, level="neuron")

# %% [markdown]
# From the error to $w_{16}$ it is three factors:

# %%
derive(E, wrt=w[15])

# %% [markdown]
# and to $w_7$ two more, for the sigmoid and the sum of the neuron in between:

# %%
derive(E, wrt=w[6])

# %% [markdown]
# The first two factors are the same. Nobody computes them twice: **backpropagation is the chain
# rule with its intermediate results kept**.
#
# ## The example
#
# The numbers are those of Matt Mazur's *A Step by Step Backpropagation Example* (2015), which has
# found its way into many lectures. Eight weights and two biases (one for each layer):
#
# | | |
# |---|---|
# | inputs | $x = (0.05,\ 0.10)$ |
# | targets | $t = (0.01,\ 0.99)$ |
# | weights | $w_1 \ldots w_8$ = 0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55 |
# | biases | $b_1 = 0.35$, $b_2 = 0.60$ |
# | error | $E = \frac12 \sum (t - o)^2$ |

# %%
x, t = values([0.05, 0.10], "x"), values([0.01, 0.99], "t")

def start():
    w = values([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55], "w")
    b = values([0.35, 0.60], "b")
    return w, b

def forward(w, b):
    in_h = [w[0] * x[0] + w[1] * x[1] + b[0],
            w[2] * x[0] + w[3] * x[1] + b[0]]
    out_h = [sigmoid(z) for z in in_h]
    in_y = [w[4] * out_h[0] + w[5] * out_h[1] + b[1],
            w[6] * out_h[0] + w[7] * out_h[1] + b[1]]
    out_y = [sigmoid(z) for z in in_y]
    for name, nodes in ("in_h", in_h), ("out_h", out_h), ("in_y", in_y), ("out_y", out_y):
        nodes[0].label, nodes[1].label = f"{name}1", f"{name}2"
    return in_h, out_h, in_y, out_y

w, b = start()
for first, second in forward(w, b):
    print(f"{first.label:6} = {first.data:.9f}   {second.label:6} = {second.data:.9f}")

# %%
in_h, out_h, in_y, out_y = forward(w, b)
E = half_squared_error(out_y, t)
E.label = "E"

E1, E2 = half_squared_error(out_y[0], t[0]), half_squared_error(out_y[1], t[1])
print(f"E = {E1.data:.9f} + {E2.data:.9f} = {E.data:.9f}")

# %% [markdown]
# ### Backward
#
# Before the numbers, the picture. (If it is wider than your window, scroll it sideways, or hide
# the file list by <kbd>Ctrl</kbd> + <kbd>B</kbd>.)

# %%
E.backward()
draw(E, level="neuron")

# %% [markdown]
# The same network to open: click on a layer, then on one of its neurons. All else stays as it is.

# %%
explore(E)

# %% [markdown]
# Everything that follows explains one number or another of this picture. Begin with $w_5$. It is
# three factors away from the error:

# %%
derive(E, wrt=w[4], digits=9)

# %% [markdown]
# The middle factor is the sigmoid's slope. The library writes it as $\sigma\,(1 - \sigma)$. The
# slide with this example takes another form, $\sigma'(z) = 1 / (2(\cosh z + 1))$, and comes to the
# same:

# %%
z = in_y[0].data
print(f"cosh {z:.9f} = {math.cosh(z):.9f}")
print(f"1 / (2 (cosh z + 1)) = {1 / (2 * (math.cosh(z) + 1)):.9f}")

# %% [markdown]
# Now $w_1$, one layer down. The output of its neuron goes to *both* outputs, so the error comes
# back on **two paths**, and they are added:

# %%
derive(E, wrt=w[0], digits=9)

# %% [markdown]
# > **Slips on the slides with this example.** One gives 0.74136607 for
# > $\partial E/\partial out_{y1}$; it is **0.741365070**. It gives 0.241800709 for
# > $out_{h1}(1 - out_{h1})$; it is **0.241300709**. It gives 0.0363503805 for
# > $\partial E/\partial out_{h1}$; it is **0.0363503064**. It writes
# > $\partial E_2 / \partial out_{h2}$ where $out_{h1}$ is meant. And
# > $\partial in_{y1}/\partial w_5$ is written as the whole sum
# > $w_5\, out_{h1} + w_6\, out_{h2} + b_2$, before it is reduced to what it is: $out_{h1}$.

# %%
h = out_h[0]
print(f"∂E/∂out_y1            = {out_y[0].grad:.9f}")
print(f"out_h1 · (1 − out_h1) = {h.data * (1 - h.data):.9f}")
print(f"∂E/∂out_h1            = {h.grad:.10f}")

# %% [markdown]
# All of it once more, one edge at a time: first 27 operations forward, then 46 contributions
# backward.

# %%
steps(E)

# %% [markdown]
# ### One step
#
# With $\eta = 0.5$, each weight becomes $w - \eta\, \partial E/\partial w$. (The example leaves the
# biases where they are.)

# %%
for p in w:
    print(f"{p.label}: {p.data:.2f} − 0.5 · {p.grad:12.9f} = {p.data - 0.5 * p.grad:.9f}")

# %% [markdown]
# ### Ten thousand steps

# %%
def error():
    return half_squared_error(forward(w, b)[-1], t)

errors = list(gradient_descent(error, w, learning_rate=0.5, steps=10_000))
print(f"E = {error().data:.2e}")
print("outputs:", *(f"{o.data:.3f}" for o in forward(w, b)[-1]), "  targets:", 0.01, 0.99)

# %%
from mlp import plots

ax = plots.learning_curve(errors)
ax.set(xscale="log", yscale="log", xlabel="step")
ax

# %% [markdown]
# ## Errors, shared by weight
#
# There is another way to tell this story, without a single derivative. It is that of Tariq Rashid's
# book *Make Your Own Neural Network* (2016), and the lectures tell it after him. *Who is to blame
# for the output's error?* Those hidden neurons that had the largest say in it. So share the error
# in proportion to the weights. With two outputs, each hidden neuron collects its shares from both:

# %%
W = np.array([[2.0, 3.0],       # row: an output, column: a hidden neuron
              [1.0, 4.0]])
e_output = np.array([0.8, 0.5])

share = W / W.sum(axis=1, keepdims=True)
print("shares:\n", share)
print("errors of the hidden neurons:", share.T @ e_output)

# %% [markdown]
# Neuron 1 gets $\frac25 \cdot 0.8 + \frac15 \cdot 0.5 = 0.42$, neuron 2 the rest,
# $\frac35 \cdot 0.8 + \frac45 \cdot 0.5 = 0.88$. The normalisers $2 + 3$ and $1 + 4$ only scale;
# drop them, and what is left is a matrix product:
#
# $$e_h = W^\top e_o$$

# %%
print("without the normaliser:", W.T @ e_output)

# %% [markdown]
# And that is no longer a story. It is exactly what backpropagation sends through linear units:

# %%
h = values([0.3, 0.9], "h")
outputs = [sum(wij * hj for wij, hj in zip(row, h)) for row in W.tolist()]
sum(e * o for e, o in zip(e_output.tolist(), outputs)).backward()
[hj.grad for hj in h]

# %% [markdown]
# For a sigmoid output $o_k$ with the error $E_k = t_k - o_k$ and the squared error as the loss, the
# gradient of the weight from the hidden neuron $j$, which gives $o_j$, is the formula on the left;
# a step with the learning rate $\alpha$ (our $\eta$) is the one on the right:
#
# $$\frac{\partial E}{\partial w_{jk}} = -2\, E_k\; o_k (1 - o_k)\; o_j, \qquad
# \Delta w_{jk} = -\alpha\, \frac{\partial E}{\partial w_{jk}}$$

# %%
o_j, t_k, alpha = 0.4, 0.9, 0.3
w_jk = Value(0.7, "w")
o_k = sigmoid(w_jk * o_j)
squared_error(o_k, t_k).backward()

E_k = t_k - o_k.data
print(f"by the formula  {-2 * E_k * o_k.data * (1 - o_k.data) * o_j:.9f}")
print(f"by the library  {w_jk.grad:.9f}")
print(f"Δw = {-alpha * w_jk.grad:.9f}")

# %% [markdown]
# > **Slips on the slides about it.** The output is printed with $1 - \sum$ where $1 + e^{-\sum}$ is
# > meant: it is $o = 1/(1 + e^{-\sum w o})$. One share of the error is printed as $w_{12}/w_{12}$,
# > which would be 1; it is $w_{12}/(w_{12} + w_{22})$, the weight over the sum of the weights into
# > that output. $(t - o)^2$ is called the node's loss, but the share is then taken of $t - o$.
# > $\Delta w$ drops the factor 2 (harmless: a learning rate half as large). And $W^\top$
# > and the indices of $w_{jk}$ disagree: if $w_{jk}$ leads from $j$ to $k$ and stands in row $j$,
# > then the error goes back by $W$, not by $W^\top$. Here the rows of $W$ are the outputs.
#
# ### Before you start: ranges
#
# - A sigmoid gives numbers strictly between 0 and 1. Inputs and targets belong into that range:
#   Rashid's book takes 0.01 … 0.99, so that no input is dead and no target is out of reach.
# - Initial weights: uniform in $\pm 1/\sqrt n$, with $n$ the number of nodes in the *target* layer.
#   (That is fan-out. Most others take fan-in, the number of weights into a node; see
#   [notebook 6](06-training.ipynb).)

# %%
from mlp import Layer

layer = Layer(10, 25, scale=1 / math.sqrt(25), seed=0)
largest = max(abs(p.data) for neuron in layer.neurons for p in neuron.w)
print(f"largest of 250 weights: {largest:.4f}, and never above 1/√25 = {1 / math.sqrt(25)}")

# %% [markdown]
# ### Why at random? Equal weights never part
#
# Start with all weights equal to 0.5. Then all hidden neurons compute the same, are blamed the
# same, and change by the same. They remain one neuron in three copies, for ever:

# %%
examples = [((0.1, 0.9), 0.8), ((0.7, 0.2), 0.1)]

def three_neurons(net):
    def cost():
        return mean([squared_error(net(x), target) for x, target in examples])
    for _ in gradient_descent(cost, net.parameters(), learning_rate=2.0, steps=20):
        pass
    for neuron in net.layers[0].neurons:
        print("  ".join(f"{p.label} = {p.data:7.4f}" for p in neuron.parameters()))

net = MLP(2, [3, 1], ["sigmoid", "sigmoid"])
for p in net.parameters():
    p.data = 0.5
three_neurons(net)

# %% [markdown]
# From random weights they go three different ways:

# %%
three_neurons(MLP(2, [3, 1], ["sigmoid", "sigmoid"], seed=0))

# %% [markdown]
# ## The whole thing, in thirty lines of NumPy
#
# No library any more, only what you have seen: the forward pass, the errors going back by
# $W^\top$, the formula for Δw. It learns to read handwritten digits of 8 × 8 pixels.

# %%
class Network:
    def __init__(self, n_in, n_hidden, n_out, rng):
        self.W1 = rng.uniform(-1, 1, (n_hidden, n_in)) / np.sqrt(n_hidden)
        self.W2 = rng.uniform(-1, 1, (n_out, n_hidden)) / np.sqrt(n_out)

    def forward(self, x):
        self.x = x
        self.h = 1 / (1 + np.exp(-self.W1 @ x))
        self.o = 1 / (1 + np.exp(-self.W2 @ self.h))
        return self.o

    def backward(self, t):
        e_o = t - self.o
        d_o = -2 * e_o * self.o * (1 - self.o)
        e_h = self.W2.T @ d_o
        d_h = e_h * self.h * (1 - self.h)
        return np.outer(d_h, self.x), np.outer(d_o, self.h)

    def train(self, x, t, alpha):
        self.forward(x)
        dW1, dW2 = self.backward(t)
        self.W1 -= alpha * dW1
        self.W2 -= alpha * dW2

# %%
from mlp import data

train, test = data.digits().split(0.2, seed=0)

def scale(pixels):
    return 0.01 + 0.98 * pixels / 16

targets = 0.01 + 0.98 * data.one_hot(train.y, 10)

network = Network(64, 40, 10, np.random.default_rng(0))
for epoch in range(8):
    for pixels, target in zip(scale(train.x), targets):
        network.train(pixels, target, alpha=0.1)

right = sum(network.forward(scale(pixels)).argmax() == digit for pixels, digit in zip(*test))
print(f"reads {right / len(test):.0%} of {len(test)} digits that it has never seen")

# %% [markdown]
# Are its gradients right? The same network, once more with the library, which derives them by
# itself:

# %%
from autograd import Tensor

pixels, target = scale(train.x[0]), targets[0]
network.forward(pixels)
dW1, dW2 = network.backward(target)

W1, W2 = Tensor(network.W1), Tensor(network.W2)
((sigmoid(W2 @ sigmoid(W1 @ pixels)) - target) ** 2).sum().backward()
np.allclose(W1.grad, dW1), np.allclose(W2.grad, dW2)

# %% [markdown]
# ## Break it
#
# A backward pass has two parts that look like details. Everybody who writes one for the first
# time gets at least one of them wrong. So let us get them wrong on purpose.
#
# ### Why the sort
#
# The obvious way is to recurse: give my operands their gradient, then let each of them do the same.
# Here $q$ is used twice; it passes its gradient on when it has only the first half of it:

# %%
p = Value(3, "p")
q = p + 1
r = q * q
y = r * q
q.label, r.label, y.label = "q", "r", "y"
teaching.compare(y, order="depth-first")

# %% [markdown]
# **A node may speak only when everybody above it has spoken.** The order that ensures this is a
# *topological* one, from the result to the inputs. Watch the wrong pass do it:

# %%
teaching.steps(y, order="depth-first")

# %% [markdown]
# ### Why the sum
#
# The other classic: `=` where `+=` is meant. What comes on the second path overwrites what came
# on the first:

# %%
teaching.compare(y, accumulate=False)

# %% [markdown]
# In Mazur's network the same mistake is easily overlooked: some gradients are even right.
# Which are wrong? Those below a node that is used twice.

# %%
w, b = start()
E = error()
E.backward()
wrong = teaching.gradients(E, accumulate=False)
for p in w:
    print(f"{p.label}   right {p.grad:8.5f}   wrong {wrong[p]:8.5f}")

# %% [markdown]
# ### Why backward
#
# The chain rule could be multiplied out from the other end, too, from one input to the result. That
# takes a pass for *every* weight. From the result down it takes a single one for all of them:

# %%
cost(E)

# %% [markdown]
# For a network with a million weights, the first row stays a single pass and the second becomes a
# million. That is why the field runs on *back*propagation.
#
# ## Exercises
#
# 1. Work out $\partial E/\partial w_7$ of Mazur's network with a pencil, as it was before its first
#    step. What is its sign, and why?
# 2. What are $\partial E/\partial b_1$ and $\partial E/\partial b_2$ there? Why are there several
#    paths?
# 3. Begin anew, by `start()`, and let the biases learn, too. Is the error smaller after 10,000
#    steps?
# 4. In the first network, set $b_2$ so that h2 wakes up. Which gradients appear? (Build it anew:
#    the name `net` has gone to others since.)
# 5. Check `dW1` without any formula: nudge one weight of `network` a little up, then down, and see
#    what the squared error of `pixels` and `target` does.

# %% [markdown]
# ## Solutions

# %% [markdown]
# Mazur's network, anew:

# %%
w, b = start()
E = error()
E.label = "E"

# %% [markdown]
# **1.** The second output is *below* its target, so a larger $w_7$ makes the error smaller.

# %%
derive(E, wrt=w[6], digits=9)

# %% [markdown]
# **2.** Each bias is shared by the two neurons of its layer: a path for each of them.

# %%
derive(E, wrt=b[1])

# %%
E.backward()
print(f"∂E/∂b1 = {b[0].grad:.6f}, ∂E/∂b2 = {b[1].grad:.6f}")

# %% [markdown]
# **3.** Yes: two more knobs.

# %%
for _ in gradient_descent(error, w + b, learning_rate=0.5, steps=10_000):
    pass
print(f"E = {error().data:.2e}")

# %% [markdown]
# **4.** Its sum without the bias is −0.29; with $b_2 = 0.4$ it is positive, and $w_3$, $w_4$,
# $b_2$ have gradients.

# %%
net = MLP(2, [2, 1], ["relu", "sigmoid"])
net.layers[0].neurons[0].set([0.5, 0.2], 0.1)
net.layers[0].neurons[1].set([-0.4, 0.1], 0.4)
net.layers[1].neurons[0].set([0.6, -0.3], -0.2)
L = binary_cross_entropy(net(values([0.8, 0.3], "x")), 0)
L.label = "L"
L.backward()
draw(L, level="neuron")

# %% [markdown]
# **5.** It is slow (two forward passes for each weight), but it is how one finds mistakes.

# %%
def by_nudging(network, i, j, h=1e-5):
    def loss(change):
        network.W1[i, j] += change
        result = ((network.forward(pixels) - target) ** 2).sum()
        network.W1[i, j] -= change
        return result
    return (loss(h) - loss(-h)) / (2 * h)

for i, j in ((0, 2), (5, 20), (39, 60)):
    print(f"nudged {by_nudging(network, i, j):9.6f}   formula {dW1[i, j]:9.6f}")
