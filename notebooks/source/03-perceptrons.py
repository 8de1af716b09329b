# %% [markdown]
# # 3 · Perceptrons, Boolean functions, XOR
#
# A neuron that says only yes or no can compute AND, OR and NOT: the parts of every computer. It
# can *learn* them, too, by a rule that is one line long. And then there is XOR, on which the
# field broke its neck for a decade. You will
#
# - build gates from weights, and see one fail because of a single ≥,
# - watch a line move until it is right,
# - meet a task that no line can do, and a library that *proves* it instead of looping,
# - solve it with two layers: by hand, and by gradient descent.

# %%
import numpy as np

from autograd import draw, relu, values
from mlp import MLP, Perceptron, data, gradient_descent, mean, plots, sigmoid_cross_entropy
from mlp.plots import figure, finish

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])

# %% [markdown]
# ## Gates
#
# A threshold unit gives 1 where $w \cdot x + b > 0$, **strictly**, and 0 elsewhere.
#
# > **A slip of the [lectures](README.md#where-it-comes-from).** A slide has the total of a
# > perceptron with three inputs, $H = W_1 x_1 + W_2 x_2 + W_3 x_3$, which is our $w \cdot x$. There
# > $W_2$ is printed twice: the second of them stands for $W_3$.

# %%
AND = Perceptron([1, 1], -1)
OR = Perceptron([1, 1], 0)
NAND = Perceptron([-1, -1], 2)
NOT = Perceptron([-1], 1)

def table(**gates):
    print("x1 x2  " + "  ".join(gates))
    for x in inputs:
        answers = (f"{gate(x):{len(name)}.0f}" for name, gate in gates.items())
        print(f"{x[0]:2}{x[1]:3}  " + "  ".join(answers))

table(AND=AND, OR=OR, NAND=NAND)
print("NOT:", {x: int(NOT([x])) for x in (0, 1)})

# %% [markdown]
# Seen from above, a gate is a line. On one side the unit fires, on the other it doesn't. All
# three have lines with the same slope, differently shifted: that is the bias.

# %%
def draw_gates(**gates):
    fig = figure(3.3 * len(gates), 2.7)
    for i, (name, gate) in enumerate(gates.items(), 1):
        ax = fig.add_subplot(1, len(gates), i)
        plots.decision_boundary(gate, inputs, gate(inputs).astype(int), ax)
        finish(ax, name, "x1", "x2")
    return fig

draw_gates(AND=AND, OR=OR, NAND=NAND)

# %% [markdown]
# ### One sign, and AND breaks
#
# The line of AND, with $w = (1, 1)$ and $b = -1$, goes *exactly through* the points $(0, 1)$ and
# $(1, 0)$: there $w \cdot x + b = 0$. So it matters what the threshold function does at 0. Many
# books (and `numpy.heaviside(z, 1)`) say 1. Then:

# %%
table(AND=AND, broken=Perceptron([1, 1], -1, at_zero=1))

# %% [markdown]
# It has become an OR. Two ways out: ask for $> 0$, as `Perceptron` does; or, better, choose the
# bias so that no example lies on the line. With $b = -1.5$ both versions are right:

# %%
table(strict=Perceptron([1, 1], -1.5), loose=Perceptron([1, 1], -1.5, at_zero=1))

# %% [markdown]
# ## A line that learns
#
# Rosenblatt, 1958: start with any weights. Show the unit an example. If its answer is right, do
# nothing. If not, move every weight a bit in the direction that would have helped:
#
# $$w_{ij} \leftarrow w_{ij} + \eta \, (y_j - \hat y_j) \, x_i$$
#
# Here $w_{ij}$ leads from input $i$ to unit $j$, which says $\hat y_j$ and should say $y_j$; $\eta$
# is the learning rate. $y_j - \hat y_j$ is 1 if it should have fired and did not, −1 if it should
# not have, and 0 if all is well. (The bias is the weight of an input of 1.) Here it is once, by
# hand: the unit with $w = (0.5, -0.5)$ and $b = 0.25$ sees $x = (1, 2)$, where $z = -0.25$. It says
# 0, and should say 1.

# %%
unit = Perceptron([[0.5], [-0.5]], 0.25)
unit.fit([[1, 2]], [[1]], learning_rate=0.1, epochs=1)
print("w =", unit.weights.ravel().round(3), " b =", unit.bias.round(3))

# %% [markdown]
# That is $0.5 + 0.1 \cdot 1 \cdot 1$, then $-0.5 + 0.1 \cdot 1 \cdot 2$, and
# $0.25 + 0.1 \cdot 1$. Now let it learn AND, from nothing, with $\eta = 1$. Once through all
# examples is called an **epoch**:

# %%
unit = Perceptron([0, 0])
run = unit.fit(inputs, [0, 0, 0, 1])
print(run)
print("errors in each epoch:", run.errors)
print("learned: w =", unit.weights.ravel(), " b =", unit.bias)

# %% [markdown]
# And this is how the line moved, from pale to dark. It stops as soon as nobody complains, not where
# it would be prettiest:

# %%
fig = figure(9.6, 3.8)
for i, (name, targets) in enumerate({"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1]}.items(), 1):
    run = Perceptron([0, 0]).fit(inputs, targets)
    ax = plots.perceptron(run, inputs, targets, fig.add_subplot(1, 2, i))
    finish(ax, f"{name}: {run}", "x1", "x2")
fig

# %% [markdown]
# ### Online or batch
#
# *Online*, the weights change after each example. In *batch* mode all the changes of an epoch are
# added up first. Both get there:

# %%
for name, targets in ("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1]):
    for batch in (False, True):
        run = Perceptron([0, 0]).fit(inputs, targets, batch=batch)
        print(f"{name:4}{'batch ' if batch else 'online'}  {run};  errors {run.errors}")

# %% [markdown]
# That it must get there, if any line can do it, is a theorem (Novikoff, 1962). And the flowers of
# notebook 2? There *setosa* was told apart by a line that we had chosen by eye. Now it finds one:

# %%
iris = data.iris()
petals, setosa = iris.x[:, 2:], (iris.y == 0).astype(int)
run = Perceptron([0, 0]).fit(petals, setosa)
finish(plots.perceptron(run, petals, setosa), f"setosa: {run}", "petal length (cm)",
       "petal width (cm)")

# %% [markdown]
# ## XOR
#
# *One or the other, but not both.* The targets are 0, 1, 1, 0.

# %%
XOR_targets = [0, 1, 1, 0]
run = Perceptron([0, 0]).fit(inputs, XOR_targets)
print(run)
print("separable:", run.separable)

# %% [markdown]
# *Separable* are points that a line can part. The rule has not run out of patience: it has *proved*
# that it would never end. It is deterministic. If an epoch begins with weights that another one
# began with, everything from there on will be the same again, round and round. And if a line
# existed, the theorem says that the rule would have found it. So there is none.
#
# You can see it, too. Put a line anywhere: the two blue discs lie across from each other, and so
# do the two orange squares.

# %%
plots.perceptron(run, inputs, XOR_targets)

# %% [markdown]
# Or by algebra. It would take $b \le 0$ for $(0,0)$, then $w_1 + b > 0$ and $w_2 + b > 0$ for the
# two in the middle. Add these: $w_1 + w_2 + 2b > 0$. But $(1,1)$ asks for $w_1 + w_2 + b \le 0$,
# so $b > 0$. Contradiction.
#
# ## Two layers
#
# We know gates. XOR is *OR, but not AND*, which is to say **OR and NAND**. (With the biases shifted
# by a half, so that no point lies on a line.)

# %%
hidden = Perceptron([[1, -1], [1, -1]], [-0.5, 1.5])   # two units: OR, NAND
output = Perceptron([1, 1], -1.5)                      # one: AND

print("x1 x2   OR NAND   XOR")
for x in inputs:
    h = hidden(x)
    print(f"{x[0]:2}{x[1]:3}{h[0]:5.0f}{h[1]:5.0f}{output(h):6.0f}")

# %%
plots.decision_boundary(lambda x: output(hidden(x)), inputs, XOR_targets)

# %% [markdown]
# Two lines, and the strip between them. Any Boolean function can be built like that, from NAND
# alone if you like.
#
# ## The same with ReLU
#
# A classic network does it with two ReLUs and a linear output:
#
# $$h_1 = \text{relu}(x_1 + x_2), \qquad h_2 = \text{relu}(x_1 + x_2 - 1), \qquad y = h_1 - 2 h_2$$

# %%
print("x1 x2   h1 h2   y")
for x1, x2 in inputs.tolist():
    h1, h2 = relu(x1 + x2), relu(x1 + x2 - 1)
    print(f"{x1:2}{x2:3}{h1:5.0f}{h2:3.0f}{h1 - 2 * h2:4.0f}")

# %% [markdown]
# As a network of neurons, with its numbers for the input $(1, 1)$. (`MLP(2, [2, 1])` has two
# inputs, two hidden neurons and one output; if nothing else is said, the hidden ones are ReLUs, and
# the last one is linear.)

# %%
net = MLP(2, [2, 1])
first, second = net.layers[0].neurons
first.set([1, 1], 0)
second.set([1, 1], -1)
net.layers[1].neurons[0].set([1, -2], 0)

y = net(values([1, 1], "x"))
y.label = "y"
y.backward()
draw(y, level="neuron")

# %% [markdown]
# ### What the hidden layer does
#
# It *moves the points*. On the left are the four inputs, as they come; on the right the same
# four, as the output neuron sees them. Two of them fall together, and now a line can do it.

# %%
H = np.array([[relu(x1 + x2), relu(x1 + x2 - 1)] for x1, x2 in inputs.tolist()])

fig = figure(9.6, 3.8)
left, right = fig.add_subplot(1, 2, 1), fig.add_subplot(1, 2, 2)
plots.decision_boundary(net, inputs, XOR_targets, left, threshold=0.5)
plots.decision_boundary(lambda h: h[:, 0] - 2 * h[:, 1], H, XOR_targets, right, threshold=0.5)
right.text(0.05, 0.08, "(0, 0)")
right.text(0.85, 0.06, "(0, 1) and (1, 0)")
right.text(1.6, 0.98, "(1, 1)")
finish(left, "As they come", "x1", "x2")
finish(right, "In the hidden space", "h1", "h2")
fig

# %% [markdown]
# This is the idea of every deep network: layers that move the data about until the last one has
# an easy task.
#
# ## Learned, not built
#
# Who finds such weights? The perceptron rule cannot: it knows what the *output* should be, but who
# tells the hidden units what they should? Gradients do. Replace the threshold by a bend, and the
# chain rule of [notebook 1](01-computation-graphs.ipynb) carries the blame back through the layers.
# (How, is told digit by digit in [notebook 4](04-backpropagation.ipynb). The cost is that of
# [notebook 2](02-neurons.ipynb): σ of the output is the probability of a 1, which is above ½ where
# the output is above 0.)

# %%
net = MLP(2, [2, 1], "tanh", seed=1)

def cost():
    return mean([sigmoid_cross_entropy(net(x), t) for x, t in zip(inputs.tolist(), XOR_targets)])

costs = list(gradient_descent(cost, net.parameters(), learning_rate=1.0, steps=300))
for x in inputs.tolist():
    print(x, "→", "fires" if net(x) > 0 else "does not fire")

# %%
fig = figure(9.6, 3.8)
plots.learning_curve(costs, ax=fig.add_subplot(1, 2, 1))
plots.decision_boundary(net, inputs, XOR_targets, fig.add_subplot(1, 2, 2))
fig

# %% [markdown]
# The hidden space that it has found by itself:

# %%
H = np.array([[h.data for h in net.layers[0](x)] for x in inputs.tolist()])
w, b = [p.data for p in net.layers[1].neurons[0].w], net.layers[1].neurons[0].b.data
ax = plots.decision_boundary(lambda h: h @ w + b, H, XOR_targets, feature_names=("h1", "h2"))
ax.text(-0.8, 0.97, "(1, 0)")
ax.text(0.55, -0.98, "(0, 1)")
ax.text(0.02, 0.97, "(0, 0) and (1, 1)")
ax

# %% [markdown]
# It is not ours, but it is of the same kind. And it needs some luck with the start: with two ReLUs
# instead of two tanh, most starts get stuck. A few hidden neurons more than necessary make it
# easier.
#
# ## Exercises
#
# 1. Build NOR (*neither of them*), and check it by `table(NOR=…)`.
# 2. Build XOR from four NANDs and nothing else, as a function `xor(x)` for `table`: first
#    $n = \text{NAND}(x_1, x_2)$, then $\text{NAND}(\text{NAND}(x_1, n), \text{NAND}(x_2, n))$.
# 3. Does the learning rate matter for the perceptron rule, if the weights begin at 0? Try η =
#    0.01 and η = 100 on AND.
# 4. Majority: three inputs, fire if at least two of them are 1. Can one unit do it? Let it learn.
# 5. Let `MLP(2, [2, 1], "relu", seed=…)` learn XOR from six different seeds, each in 200 steps with
#    a learning rate of 0.3. How often does it get all four right? And with four hidden neurons?

# %% [markdown]
# ## Solutions

# %% [markdown]
# **1.** It is NOT of OR: turn the signs of an OR with its line between the points.

# %%
table(NOR=Perceptron([-1, -1], 0.5))

# %% [markdown]
# **2.**

# %%
def xor(x):
    n = NAND(x)
    return NAND([NAND([x[0], n]), NAND([x[1], n])])

table(XOR=xor)

# %% [markdown]
# **3.** No: all weights are then η times what they would be with η = 1, and the threshold asks
# only for the sign.

# %%
for rate in (0.01, 1, 100):
    unit = Perceptron([0, 0])
    run = unit.fit(inputs, [0, 0, 0, 1], learning_rate=rate)
    print(f"η = {rate}: {run}, w = {unit.weights.ravel().round(4)}")

# %% [markdown]
# **4.** Yes: a plane cuts those corners off the cube.

# %%
corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
unit = Perceptron([0, 0, 0])
print(unit.fit(corners, corners.sum(axis=1) >= 2))
print("w =", unit.weights.ravel(), " b =", unit.bias)

# %% [markdown]
# **5.** With two it seldom works, with four more often: the more hidden neurons, the more likely
# that some of them begin where they are needed.

# %%
def learns(seed, hidden):
    net = MLP(2, [hidden, 1], "relu", seed=seed)
    def cost():
        return mean([sigmoid_cross_entropy(net(x), t)
                     for x, t in zip(inputs.tolist(), XOR_targets)])
    for _ in gradient_descent(cost, net.parameters(), learning_rate=0.3, steps=200):
        pass
    return all((net(x) > 0) == bool(t) for x, t in zip(inputs.tolist(), XOR_targets))

for hidden in (2, 4):
    print(f"{hidden} hidden neurons: {sum(learns(seed, hidden) for seed in range(6))} of 6")
