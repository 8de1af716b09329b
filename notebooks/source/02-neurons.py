# %% [markdown]
# # 2 · Neurons, biases, activations
#
# A neuron is a small thing: it weighs its inputs, adds them up, and bends the sum. In this
# notebook you
#
# - work one out, number by number,
# - see what the bias is for,
# - meet neurons that only say yes or no, and let one recognise a flower,
# - look at all the usual activation functions beside their derivatives, and at two ways in which
#   they get stuck,
# - turn any numbers into probabilities.

# %%
import numpy as np

from autograd import Value, derive, draw, grad, heaviside, prelu, relu, sigmoid, sign, tanh, values
from mlp import MLP, Neuron, Perceptron, gradient_descent, mean
from mlp import data, plots, sigmoid_cross_entropy, softmax, squared_error
from mlp.plots import figure, finish

# %% [markdown]
# ## One neuron
#
# $$y = \sigma(z), \qquad z = w_1 x_1 + w_2 x_2 + w_3 x_3 + b, \qquad
# \sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# With the weights $w = (0.2, 0.3, 0.9)$, the bias $b = 0.5$ and the inputs $x = (0.5, 0.6, 0.1)$:

# %%
neuron = Neuron(3, "sigmoid")
neuron.set([0.2, 0.3, 0.9], 0.5)

x = values([0.5, 0.6, 0.1], "x")
z = neuron.net_input(x)
y = sigmoid(z)                    # or at once: y = neuron(x)
z.label, y.label = "z", "y"
print(f"z = {z.data:.2f}")
print(f"y = {y.data:.4f}")

# %% [markdown]
# (The [lectures](README.md#where-it-comes-from) that this course follows give .70 for this neuron,
# which is the same, rounded.) The picture shows how z comes about: three products, their sum, and
# the bias.

# %%
draw(z, level="op")

# %% [markdown]
# With the bend at the end it is a neuron, and easier to see as what it is: one box. This time with
# the gradients:

# %%
y.backward()
draw(y, level="neuron")

# %% [markdown]
# Below each weight stands the derivative of $y$ by it. It is largest for $w_2$, which has the
# largest input. (The widths of the arrows say what goes back to the *inputs*; there it is the
# weights that count.)

# %%
derive(y, wrt=neuron.w[1])

# %% [markdown]
# > **A slide says** that "weights typically range between 0 and 1". They take any sign, and
# > any size. A negative weight says: *the more of this, the less I fire.* You will meet some in a
# > minute.
#
# ## What the bias is for
#
# Take a neuron with a single input, and no bias: $\sigma(w_0 x)$. A larger $w_0$ makes the curve
# steeper. But all of them go through the same point, $(0, \tfrac12)$. No weight can move the step
# elsewhere.
#
# Now let the second weight stand at an input that is always 1: $\sigma(w_0 x + w_1 \cdot 1)$.
# It *shifts* the curve.

# %%
line = np.linspace(-10, 10, 400)
fig = figure(9.6, 3.8)

left = fig.add_subplot(1, 2, 1)
for w0 in (0.5, 1, 2, 5):
    left.plot(line, sigmoid(w0 * line), label=f"w₀ = {w0}")
finish(left, "σ(w₀ x): steeper", "x")
left.legend(frameon=False)

right = fig.add_subplot(1, 2, 2)
for w1 in (5, 0, -5):
    right.plot(line, sigmoid(1 * line + w1 * 1), label=f"w₁ = {w1}")
right.plot(2, sigmoid(1 * 2 - 5 * 1), "ko")
right.text(3.4, 0.02, "σ(−3) = 0.0474")
finish(right, "σ(1 · x + w₁ · 1): shifted", "x")
right.legend(frameon=False)
fig

# %% [markdown]
# With $w_0 = 1$ and $w_1 = -5$ the step is at $x = 5$; so at $x = 2$ the neuron is still almost
# silent:

# %%
unit = Neuron(2, "sigmoid", use_bias=False)
unit.set([1, -5])
print(f"a weight on an input of 1: σ(1·2 − 5·1) = {unit([2, 1]).data:.4f}")

unit = Neuron(1, "sigmoid")
unit.set([1], -5)
print(f"a bias, the same:          σ(1·2 − 5)   = {unit([2]).data:.4f}")

# %% [markdown]
# That is all a bias is: the weight of an input that is always 1.
#
# ## Yes or no: threshold units
#
# The first artificial neurons did not bend the sum, they cut it: *fire* if $z$ is above the
# threshold, *don't* if it is below. Two functions do that, and they differ in what happens exactly
# *at* the threshold:

# %%
for z in (-2.0, 0.0, 2.0):
    print(f"z = {z:4}   heaviside {heaviside(z):g}   sgn {sign(z):2g}")

# %% [markdown]
# heaviside(0) is 1 here, and sgn(0) is 0. It sounds like a quibble. It is not, as [notebook
# 3](03-perceptrons.ipynb) shows: there a whole AND gate breaks over it, so `Perceptron` asks for
# $z > 0$, strictly, unless you say otherwise.
#
# A `Perceptron` is a layer of such **threshold logic units**. It computes $\varphi(XW + b)$, where
# $\varphi$ is the cut: all rows of $X$ (the examples) and all columns of $W$ (the units) at once.

# %%
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
W = np.array([[1, 1, -1],
              [1, 1, -1]])
b = np.array([-1, 0, 2])

units = Perceptron(W, b)
units(X)

# %% [markdown]
# Four examples, three units, twelve answers. (Do you recognise the columns? Notebook 3 does.)
#
# ### A flower
#
# Iris is a famous old data set: 150 flowers of three species, published by R. A. Fisher in 1936.
# Petals alone, length and width, make a picture. The species *setosa* has small ones; so a unit
# with two **negative** weights should do:
#
# $$\text{setosa if} \quad -1 \cdot \text{length} - 1 \cdot \text{width} + 3.2 > 0$$

# %%
iris = data.iris()
petals = iris.x[:, 2:]
setosa = (iris.y == 0).astype(int)

unit = Perceptron([-1, -1], 3.2)
names = {"feature_names": ("petal length (cm)", "petal width (cm)")}
plots.decision_boundary(unit, petals, setosa, target_names=("others", "setosa"), **names)

# %% [markdown]
# One unit, one straight line, 150 flowers right. We have chosen its three numbers by eye; in the
# next notebook it finds them.
#
# ### One line is not enough
#
# Now the species in the middle, *versicolor*. A single line has only two sides, and the others lie
# on both:

# %%
versicolor = (iris.y == 1).astype(int)
fig = figure(11, 3.8)
for i, (w, bias) in enumerate([([1, 1], -3.2), ([-1, -1], 6.5)], 1):
    ax = fig.add_subplot(1, 2, i)
    plots.decision_boundary(Perceptron(w, bias), petals, versicolor, ax,
                            target_names=("others", "versicolor"), **names)
fig

# %% [markdown]
# Put both lines together (fire if *this* unit and *that* unit fire) and it works almost
# everywhere. That needs a second layer of units, and is where [notebook 3](03-perceptrons.ipynb)
# leads.
#
# ## The gallery of activation functions
#
# A cut has no slope: its derivative is 0 wherever it exists, so no gradient can flow through it.
# What learns by gradients needs a bend. Here are the usual ones, each with its derivative
# (dashed), which the library has computed, not been told:

# %%
def prelu_quarter(z):
    return prelu(z, 0.25)

plots.activations(["linear", "sigmoid", "tanh", "relu", "leaky_relu", prelu_quarter,
                   "heaviside", "sign"])

# %% [markdown]
# | | $\varphi(z)$ | $\varphi'(z)$ |
# |---|---|---|
# | linear | $z$ | $1$ |
# | sigmoid | $\sigma(z) = 1/(1 + e^{-z})$ | $\sigma(z)\,(1 - \sigma(z)) = 1 / (2(\cosh z + 1))$ |
# | tanh | $(e^z - e^{-z})/(e^z + e^{-z})$ | $1 - \tanh^2 z$ |
# | ReLU | $\max(0, z)$ | $1$ if $z > 0$, else $0$ |
# | leaky ReLU | $z$ if $z > 0$, else $0.01\,z$ | $1$ if $z > 0$, else $0.01$ |
# | PReLU | $z$ if $z > 0$, else $\alpha z$ | $1$ if $z > 0$, else $\alpha$ (which is **learned**) |
# | heaviside | $1$ if $z \ge 0$, else $0$ | $0$ |
# | sgn | $-1$, $0$ or $1$ | $0$ |
# | softmax | $e^{z_i} / \sum_j e^{z_j}$ | of a whole layer: below |
#
# > **Two slips of the lectures.** A slide gives the derivative of tanh as $2\varphi(2z) - 1$. Read
# > $\varphi$ as $\sigma$, and that is tanh *itself*; its derivative is $1 - \tanh^2 z$. And two
# > decks disagree about ReLU′(0): it is 1 in one, 0 in the other. Mathematically there is none;
# > here it is 0, as in every framework.

# %%
z = 0.7
print(f"2σ(2z) − 1   = {2 * sigmoid(2 * z) - 1:.4f}")
print(f"tanh z       = {tanh(z):.4f}")
print(f"1 − tanh² z  = {1 - tanh(z) ** 2:.4f}")
print(f"tanh′(z)     = {grad(tanh)(z):.4f}")

# %%
grad(relu)(0.0)

# %% [markdown]
# PReLU's α is a parameter like any weight. Ask for $\text{PReLU}_\alpha(-2) = 1$, and gradient
# descent finds the α for it:

# %%
alpha = Value(0.25, "α")
costs = list(gradient_descent(lambda: (prelu(-2.0, alpha) - 1) ** 2, [alpha], steps=50))
print(f"α = {alpha.data:.4f}")

# %% [markdown]
# ## Getting stuck, first way: saturation
#
# Look at the dashed line of the sigmoid. It is ¼ at best, and a few steps aside there is almost
# nothing left:

# %%
for z in (0, 2, 4, 8):
    print(f"σ′({z}) = {grad(sigmoid)(z):.4f}")

# %% [markdown]
# A neuron out there is **saturated**. It hardly learns, *however wrong it is*. Below, two of them
# are to answer 0 to an input of 1; both are wrong at the start, one is *very* wrong. (Their cost is
# the *squared error*, the square of what they answer minus what they should.)

# %%
def learn(start):
    neuron = Neuron(1, "sigmoid")
    neuron.set([start], start)
    return list(gradient_descent(lambda: squared_error(neuron([1.0]), 0.0), neuron.parameters(),
                                 learning_rate=0.5, steps=300))

ax = finish(figure(6.4, 3.8).add_subplot(), "", "step", "squared error")
for start in (0.5, 2.5):
    ax.plot(learn(start), label=f"w = b = {start}: begins at z = {2 * start:g}")
ax.legend(frameon=False)
ax

# %% [markdown]
# A network is **layers** of neurons, each of which takes all that the layer before gives. In a deep
# one it gets worse: on the way back, each layer multiplies by one more σ′, which is at most ¼.
#
# Here are three networks, six layers deep: two inputs, five layers of eight neurons, and a last
# neuron without a bend, whose sum $z$ is called a **logit**. They are to tell two half-moons of
# points apart: $\sigma(z)$ is how probable a yes is. The cost is the mean of the *cross-entropy*,
# $-\ln$ of the probability that the right answer was given ([notebook 6](06-training.ipynb) says
# why). Drawn is the length of each layer's gradient:

# %%
points = data.moons(24)

def cost(net):
    return mean([sigmoid_cross_entropy(net(x), t) for x, t in zip(points.x.tolist(), points.y)])

ax = finish(figure(6.4, 3.8).add_subplot(), "", "layer", "length of its gradient")
for name in ("sigmoid", "tanh", "relu"):
    net = MLP(2, [8, 8, 8, 8, 8, 1], name, seed=0)
    cost(net).backward()
    lengths = [sum(p.grad**2 for p in layer.parameters()) ** 0.5 for layer in net.layers]
    ax.semilogy(range(1, 7), lengths, "o-", label=name)
ax.legend(frameon=False)
ax

# %% [markdown]
# Gradients flow from the right to the left. Through the sigmoids, less than a hundredth of them
# arrives at the first layer: this is the **vanishing gradient**. Through ReLUs they keep their
# size, which is one reason why ReLU is everybody's first choice.
#
# ## Getting stuck, second way: dead ReLUs
#
# ReLU has a trap of its own. Where it is 0, its slope is 0, too. A step that is too large can
# throw a neuron so far that it gives 0 for *every* example. Then no gradient comes through it any
# more, and it never returns: it is **dead**.
#
# Here is a real run. For four steps the learning rate is far too large; then it is a sensible one.

# %%
def silent(net):
    """Count the hidden neurons whose sum is negative for every example."""
    return sum(all(n.net_input(x).data < 0 for x in points.x.tolist())
               for n in net.layers[0].neurons)

def run(activation, too_large=15.0):
    net = MLP(2, [6, 1], activation, seed=0)
    costs, counts = [], []
    for J in gradient_descent(lambda: cost(net), net.parameters(), steps=100,
                              learning_rate=lambda step: too_large if step < 4 else 1.0):
        costs.append(J)
        counts.append(silent(net))
    return net, costs, counts

fig = figure(9.6, 3.8)
losses = finish(fig.add_subplot(1, 2, 1), "", "step", "cost")
counted = finish(fig.add_subplot(1, 2, 2), "", "step", "neurons that are silent, of 6")
nets = {}
for name in ("relu", "leaky_relu"):
    nets[name], costs, counts = run(name)
    losses.plot(costs, label=f"{name}: ends at {costs[-1]:.3f}")
    counted.plot(counts)
losses.legend(frameon=False)
fig

# %% [markdown]
# The blue network is dead: all six neurons are silent, for ever. What is left is the bias of the
# output, which says the same to everybody: a probability of ½. So its cost is
# −ln ½ = ln 2 = 0.693, that of a coin toss. The orange one has been thrown just as far. But a leaky
# ReLU has a slope of 0.01 where ReLU has none, and that is enough to crawl on: the cost falls, and
# two of its neurons are back.

# %%
for name, net in nets.items():
    weights = net.layers[0].neurons[0].w
    print(f"{name:11} ∂J/∂w of the first neuron: {weights[0].grad:.5f} {weights[1].grad:.5f}")

# %% [markdown]
# ## Softmax: numbers into probabilities
#
# Six outputs of a network, of any size and sign, are to become six probabilities. Take their
# exponentials, which are positive, and divide by the sum:
#
# $$\text{softmax}(z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$

# %%
z = values([0.6, 1.1, -1.5, 1.2, 3.2, -1.1], "z")
p = softmax(z)
print(*(f"{pi.data:.4f}" for pi in p), sep="   ")
print("sum", round(sum(pi.data for pi in p), 12))

# %% [markdown]
# > **The lectures' slide** on these six numbers has 0.055, 0.090, 0.006, 0.099, 0.74, 0.010. Some
# > of these are rounded, and some cut off: 0.0067 is nearer to 0.007, and 0.0999 to 0.100.

# %%
fig = figure(9.6, 3.2)
ax = finish(fig.add_subplot(1, 2, 1), "z", "")
ax.bar(range(1, 7), [zi.data for zi in z], color="#0072b2")
ax = finish(fig.add_subplot(1, 2, 2), "softmax(z)", "")
ax.bar(range(1, 7), [pi.data for pi in p], color="#e69f00")
fig

# %% [markdown]
# The largest takes most, and none gets nothing: a *soft* maximum. Unlike the others in the gallery,
# it is a function of the whole layer; raise one $z$, and all the probabilities change:

# %%
p[4].backward()
for zi in z:
    print(f"∂p5/∂{zi.label} = {zi.grad:7.4f}")

# %% [markdown]
# ### Of two numbers, softmax is the sigmoid
#
# $$\frac{e^{z}}{e^{z} + e^{0}} = \frac{1}{1 + e^{-z}} = \sigma(z)$$
#
# So a network with one sigmoid output and one with two softmax outputs can say the same things.

# %%
for z in (-3.0, 0.0, 0.4, 900.0):
    print(f"z = {z:5}   softmax {softmax([z, 0.0])[0]:.6f}   sigmoid {sigmoid(z):.6f}")

# %% [markdown]
# (Did $e^{900}$ worry you? It is too large for a float. The library subtracts the largest $z$
# from all of them first, which changes nothing else.)
#
# ## Exercises
#
# 1. Give a sigmoid neuron with one input a weight and a bias, so that it answers ½ at $x = 3$ and
#    more than 0.99 at $x = 4$. (Weights and inputs are lists, also where there is only one.)
# 2. Show by numbers that $\sigma'(z) = \sigma(z)\,(1 - \sigma(z)) = 1/(2(\cosh z + 1))$.
# 3. Add 100 to all six $z$ of the softmax above. What happens, and why?
# 4. Combine the two units of "one line is not enough" by a third one that fires if *both* fire.
#    (Both of them are one `Perceptron`, with a column of weights each.) How many of the 150 flowers
#    does it get right, as versicolor or not?
# 5. Run the dead-ReLU experiment with `too_large=1.0`. How many neurons die?

# %% [markdown]
# ## Solutions

# %% [markdown]
# **1.** The sum must be 0 at 3, so $b = -3w$; and at 4 it is $w$, which has to be above 4.6.

# %%
unit = Neuron(1, "sigmoid")
unit.set([5], -15)
print(f"{unit([3]).data:.2f}  {unit([4]).data:.4f}")

# %% [markdown]
# **2.**

# %%
for z in (-2.0, 0.0, 0.7, 3.0):
    s = sigmoid(z)
    print(f"{grad(sigmoid)(z):.6f}  {s * (1 - s):.6f}  {1 / (2 * (np.cosh(z) + 1)):.6f}")

# %% [markdown]
# **3.** Nothing: $e^{z + 100} = e^{100} e^z$, and the factor is in the numerator and in the
# denominator.

# %%
print(*(f"{p:.4f}" for p in softmax([100.6, 101.1, 98.5, 101.2, 103.2, 98.9])), sep="   ")

# %% [markdown]
# **4.** AND of two units: weights 1 and 1, bias −1. The two-layer network has 146 of 150
# right.

# %%
both = Perceptron([[1, -1], [1, -1]], [-3.2, 6.5])
third = Perceptron([1, 1], -1)
plots.decision_boundary(lambda x: third(both(x)), petals, versicolor,
                        target_names=("others", "versicolor"), **names)

# %% [markdown]
# **5.** One, in the first step; the others learn. To kill them all takes steps that are far too
# large.

# %%
net, costs, counts = run("relu", too_large=1.0)
print(counts[-1], "of 6 are silent; the cost is", f"{costs[-1]:.2f}")
