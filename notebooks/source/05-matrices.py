# %% [markdown]
# # 5 · From neurons to matrices
#
# So far a network was made of neurons, one number at a time. That is how to *understand* it. It is
# not how to compute it: there, all neurons of a layer become one matrix, and all examples another.
# This notebook takes the step from one to the other, and back. You will
#
# - write one network in three ways, and get the same numbers from each,
# - look into a matrix product, and find the neurons in it again,
# - put a whole batch through at once, and see what *broadcasting* does to gradients,
# - see why layers without a bend between them are a waste,
# - meet logistic regression, which is a network of one layer,
# - let the library do the step: a graph of numbers in, a program of matrices out.

# %%
import time

import numpy as np

from autograd import Tensor, Value, derive, draw, sigmoid, topological_order, values, vectorize
from autograd import zoom
from mlp import MLP, Neuron, Sequential, data, plots, softmax_cross_entropy, squared_error
from mlp.plots import figure, finish

# %% [markdown]
# ## By neurons
#
# Two inputs, three hidden sigmoid neurons, one sigmoid neuron as the output, which has no bias
# (`use_bias=False` for its layer):

# %%
net = MLP(2, [3, 1], ["sigmoid", "sigmoid"], use_bias=[True, False])
h1, h2, h3 = net.layers[0].neurons
h1.set([0.5, -0.3], 0.1)
h2.set([-0.8, 0.2], 0.4)
h3.set([0.3, 0.9], -0.2)
net.layers[1].neurons[0].set([1.2, -0.7, 0.5])

x = values([0.6, -1.0], "x")
draw(*net.layers[0](x), level="op")

# %% [markdown]
# That is the hidden layer, with every multiplication and every addition. Three times the same: two
# products, two sums, one σ. Only the numbers differ. Whenever you see the same thing done to
# different numbers, there is a vector waiting to be found.
#
# By neuron, the whole network is easier to see, and there is room for its gradients:

# %%
y = net(x)
y.backward()
draw(y, level="neuron")

# %% [markdown]
# ## By matrices
#
# Write the three neurons below each other:
#
# $$\begin{aligned}
# h_1 &= \sigma(w_{11} x_1 + w_{12} x_2 + b_1) \\
# h_2 &= \sigma(w_{21} x_1 + w_{22} x_2 + b_2) \\
# h_3 &= \sigma(w_{31} x_1 + w_{32} x_2 + b_3)
# \end{aligned}
# \qquad\text{which is}\qquad
# h = \sigma(Wx + b), \quad W \in \mathbb{R}^{n_1 \times n_0}$$
#
# **A row of $W$ is a neuron, a column is an input.** There are $n_0 = 2$ inputs and $n_1 = 3$
# neurons, so $W$ is 3 × 2. The output has a matrix of its own, and no bias: $y = \sigma(Uh)$.
#
# A `Tensor` is an array with a memory, as a `Value` is a number with a memory. (If its picture is
# wider than your window, scroll it sideways, or hide the file list by <kbd>Ctrl</kbd> +
# <kbd>B</kbd>.)

# %%
W = Tensor([[0.5, -0.3],
            [-0.8, 0.2],
            [0.3, 0.9]], "W")
b = Tensor([0.1, 0.4, -0.2], "b")
U = Tensor([[1.2, -0.7, 0.5]], "U")

h = sigmoid(W @ np.array([0.6, -1.0]) + b)
out = sigmoid(U @ h)
h.label, out.label = "h", "y"
out.backward()
out

# %% [markdown]
# Twenty-one operations have become five. And the numbers?

# %%
print(f"by neurons   y = {y.data:.15f}")
print(f"by matrices  y = {out.data.item():.15f}")
print("∂y/∂W by matrices:\n", W.grad.round(6))
print("∂y/∂w by neurons: ")
for neuron in net.layers[0].neurons:
    print("  ", *(f"{w.grad:9.6f}" for w in neuron.w))

# %% [markdown]
# The same. Nothing has been added and nothing is lost: a matrix product *is* these sums of
# products, and what flows back through it is what flows back through them.
#
# ## Zoom
#
# You need not take that on trust. `zoom` opens one element of a Tensor into the graph of numbers
# that it stands for. Here is the second hidden neuron, from inside the matrix:

# %%
z = zoom(h, 1)
z.backward()
draw(z)

# %% [markdown]
# It is the same picture as above, found the other way round. (Labels count from 1, as in a
# formula: `W2,1` is $w_{21}$.) And the gradients of this little graph are those that the matrices
# get, if one asks them for the same element:

# %%
for tensor in (W, b):
    tensor.zero_grad()
h[1].backward()
print("W.grad =\n", W.grad.round(4))
print("b.grad =", b.grad.round(4))
for leaf in topological_order(z):
    if leaf.op is None:
        print(f"zoomed: ∂h2/∂{leaf.label} = {leaf.grad:.4f}")

# %% [markdown]
# The other rows are 0: those weights belong to other neurons.
#
# ## The bias is a weight, too
#
# In [notebook 2](02-neurons.ipynb) the bias was the weight of an input that is always 1. For
# matrices that means: put a $1$ on top of the input, $a_0 = 1$, and the bias as a first column into
# the matrix. Then there is nothing left but a product:
#
# $$Wx + b \;=\; \begin{pmatrix} b_1 & w_{11} & w_{12} \\ b_2 & w_{21} & w_{22} \\
# b_3 & w_{31} & w_{32} \end{pmatrix} \begin{pmatrix} 1 \\ x_1 \\ x_2 \end{pmatrix}$$

# %%
W_with_b = np.column_stack([b.data, W.data])
a = np.array([1, 0.6, -1.0])

print("with a bias      ", h.data)
print("with a₀ = 1      ", sigmoid(W_with_b @ a))
print("the three neurons", np.array([float(n(x).data) for n in net.layers[0].neurons]))

# %% [markdown]
# ## A batch
#
# One example is a vector. Many examples are a matrix again, **a row each**. To multiply it, the
# weights have to stand on the other side, and on their heads:
#
# $$H = \sigma(X W^{\mathsf T} + b)$$
#
# (Libraries store $W^{\mathsf T}$ in the first place, an input a row, so that a layer is
# $XW + b$. `Dense` does so, too.)

# %%
X = np.array([[0.6, -1.0],
              [0.0, 0.5],
              [1.0, 1.0],
              [-0.4, 0.2]])
H = sigmoid(X @ W.T + b)
H.label = "H"
print("X", X.shape, "@ Wᵀ", W.T.shape, "+ b", b.shape, "→ H", H.shape)
print(H.data.round(4))

# %% [markdown]
# Four examples, three neurons, twelve numbers: the first row you know already.
#
# Shapes are the grammar of this language. In a product, **the inner lengths must be the same, and
# disappear**: (4 × 2) @ (2 × 3) is 4 × 3. Get it wrong, and you are told what does not fit:

# %%
try:
    X @ W
except ValueError as error:
    print(error)

# %% [markdown]
# ### Broadcasting
#
# Have you noticed that $b$ has three numbers, and was added to twelve? It was used for *every row*.
# NumPy compares shapes from the right; where one of them has a 1, or nothing, it is repeated:

# %%
for left, right in ((4, 3), (3,)), ((4, 3), (4, 1)), ((4, 1), (1, 3)), ((4, 3), ()):
    shape = (np.zeros(left) + np.zeros(right)).shape
    print(f"{left!s:7} + {right!s:7} → {shape}")

# %% [markdown]
# What is repeated is *used several times*, and you know since [notebook
# 1](01-computation-graphs.ipynb) what that means on the way back: the contributions are **added**.
# So the gradient of a bias is a sum over the batch, and has the shape of the bias:

# %%
Z = X @ W.T + b
upstream = np.array([[1.0, 0, 0], [2, 1, 0], [3, 0, 1], [4, 0, 0]])   # what comes from above
W.zero_grad()
b.zero_grad()
Z.backward(upstream)

print("b.grad =", b.grad, "  the sums of the columns:", upstream.sum(axis=0))
print("W.grad = upstreamᵀ @ X:", np.array_equal(W.grad, upstream.T @ X))

# %% [markdown]
# The second line is worth a thought. $\partial J/\partial W = G^{\mathsf T} X$, with $G$ what comes
# from above: **the gradient of a matrix product is a matrix product.** What goes on to the layer
# before is another one, $GW$. So the way back costs about twice the way forward, and runs on the
# same fast machinery.
#
# Does the shape of everything come out right? A good question before every run:
#
# | | shape | |
# |---|---|---|
# | $X$ | $N \times n_0$ | an example a row |
# | $W$ | $n_1 \times n_0$ | a neuron a row |
# | $b$ | $n_1$ | repeated for each example |
# | $XW^{\mathsf T} + b$ | $N \times n_1$ | |
# | any gradient | as what it belongs to | |
#
# ## Why there has to be a bend
#
# If a matrix is a layer, two layers are two matrices in a row; and the product of two matrices is
# *one* matrix. Take the smallest case, two linear neurons, $g(x) = 5x - 1$ and then $f(x) = 2x +
# 3$:
#
# $$f(g(x)) = 2\,(5x - 1) + 3 = 10x + 1$$

# %%
g, f, one = Neuron(1, "linear"), Neuron(1, "linear"), Neuron(1, "linear")
g.set([5], -1)
f.set([2], 3)
one.set([10], 1)
for number in (-2, 0, 3):
    print(f"x = {number:2}:  f(g(x)) = {f([g([number])]).data:4g}   "
          f"10x + 1 = {one([number]).data:4g}")

# %% [markdown]
# The same with matrices: $W_2 (W_1 x + b_1) + b_2 = (W_2 W_1)\, x + (W_2 b_1 + b_2)$. A hundred
# linear layers can do no more than one. A bend between them ends that:

# %%
line = np.linspace(-1.5, 2, 300)
bent = [f([g([v]).relu()]).data for v in line.tolist()]
ax = finish(figure(6.4, 3.4).add_subplot(), "Two neurons in a row", "x")
ax.plot(line, 10 * line + 1, label="f(g(x)): a line")
ax.plot(line, bent, label="f(relu(g(x))): not any more")
ax.legend(frameon=False)
ax.figure

# %% [markdown]
# ## Networks of one layer
#
# The smallest network has no hidden layer at all. It is worth a look of its own, as statisticians
# have used it for longer than there have been neural networks, under the name of **logistic
# regression**.
#
# ### Binary: one sigmoid
#
# $$\hat y = \sigma(w \cdot x + b)$$
#
# A perceptron says yes or no. This one says *how sure* it is. Two species of iris that no line
# separates cleanly, by the length and width of their petals. (`fit` goes downhill, in batches; the
# cost follows from the last layer, and is the cross-entropy here.)

# %%
iris = data.iris()
petals = iris.x[:, 2:]
names = {"feature_names": ("petal length (cm)", "petal width (cm)")}

both = iris.y > 0
pair, virginica = petals[both], (iris.y[both] == 2).astype(int)

binary = MLP(2, [1], ["sigmoid"], seed=0)
binary.fit(pair, virginica, epochs=600, learning_rate=0.1, seed=0, dtype="float64")
plots.decision_boundary(binary, pair, virginica, target_names=("versicolor", "virginica"), **names)

# %% [markdown]
# The pale strip is where it is in doubt, and in its middle $\hat y = \frac12$, which is where
# $w \cdot x + b = 0$. A straight line, as always with one layer.
#
# ### Multinomial: a softmax
#
# With $K$ classes there are $K$ outputs, and a softmax makes probabilities of them:
#
# $$\hat y = \text{softmax}(Wx + b), \qquad W \in \mathbb{R}^{K \times n}$$

# %%
multinomial = MLP(2, [3], ["softmax"], seed=0)
multinomial.fit(petals, iris.y, epochs=600, learning_rate=0.1, seed=0, dtype="float64")
plots.decision_boundary(multinomial, petals, iris.y, target_names=iris.target_names, **names)

# %% [markdown]
# Both have the most beautiful gradient of all. The loss is the cross-entropy, $-\ln$ of the
# probability that was given to the right answer; the *logits* are the sums $Wx + b$, before sigmoid
# or softmax. What they get back is simply *what it said minus what was right*, $\hat y - t$. For a
# whole batch, with **one-hot** targets $T$ (a row for each example, with a 1 for the right class
# and 0 for the others):
#
# $$\frac{\partial J}{\partial W} = \frac1N\, (\hat Y - T)^{\mathsf T} X$$

# %%
V, c = Tensor(np.zeros((3, 2)), "V"), Tensor(np.zeros(3), "c")
logits = petals @ V.T + c
softmax_cross_entropy(logits, iris.y).backward()

P = np.full((150, 3), 1 / 3)             # softmax of zeros: no idea yet
T = data.one_hot(iris.y, 3)
print("by the library:\n", V.grad.round(4))
print("by the formula:\n", ((P - T).T @ petals / 150).round(4))

# %% [markdown]
# (The binary one is the same with two classes: softmax of two numbers is the sigmoid, as you have
# seen in [notebook 2](02-neurons.ipynb).)
#
# ## Let the library do it
#
# We have collected neurons into matrices by hand, by looking at the graph and finding what is done
# again and again. A program can look, too. `vectorize` takes the graph that **one example** has
# recorded, and gives back a program that computes **whole batches**:

# %%
t = Value(1, "t")
L = squared_error(net(x), t)
L.label = "L"
program = vectorize(L, inputs=[x, t], parameters=net.parameters())
print(program)

# %% [markdown]
# It has found both matrices, and that the second has no bias. Or, as on the blackboard:

# %%
program

# %% [markdown]
# Is it the same? Four examples by numbers, one after the other, then all four by the program:

# %%
targets = [1, 0, 1, 1]
net.zero_grad()
losses = [squared_error(net(row), target) for row, target in zip(X.tolist(), targets)]
J = sum(losses) / 4
J.backward()

batch = program(X, targets)
batch.mean().backward()
program_gradients = program.theta.grad

print("losses by numbers ", *(f"{loss.data:.12f}" for loss in losses))
print("losses by matrices", *(f"{loss:.12f}" for loss in batch.data))
by_numbers = sorted(p.grad for p in net.parameters())
print("gradients equal:", np.allclose(by_numbers, np.sort(program_gradients), rtol=1e-12))

# %% [markdown]
# (`theta` is all its parameters, as one Tensor. Sorted, since the program keeps them in an order of
# its own, in which each matrix is in one piece.) The program is a graph like any other, and can be
# drawn:

# %%
draw(program)

# %% [markdown]
# ### How much faster?
#
# A network that reads digits of 8 × 8 pixels; one step's gradients for 32 of them. By numbers, each
# image makes a graph of thousands of boxes; by the program, 32 images are a handful of products.
# (In its last two lines are softmax and cross-entropy. First the largest output is taken off, as in
# [notebook 2](02-neurons.ipynb); `detach` says that no gradient goes that way.)

# %%
digits = data.digits()
pixels, labels = digits.x / 16, digits.y
reader = MLP(64, [16, 10], "tanh", scale=0.2, seed=0)

one, target = values(pixels[0], "x"), values([0.0] * 10, "t")
loss = softmax_cross_entropy(reader(one), target)
loss.label = "loss"
fast = vectorize(loss, [one, target], reader.parameters())
print(fast)

# %%
T = data.one_hot(labels, 10)

def by_numbers():
    reader.zero_grad()
    rows = zip(pixels[:32].tolist(), T[:32].tolist())
    (sum(softmax_cross_entropy(reader(row), wanted) for row, wanted in rows) / 32).backward()

def by_matrices():
    fast.theta.zero_grad()
    fast.mean(pixels[:32], T[:32]).backward()

def milliseconds(f, times):
    f()                                              # once to warm up
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        f()
        taken.append(1000 * (time.perf_counter() - start))
    return np.median(taken)

ways = {"numbers": milliseconds(by_numbers, 3), "matrices": milliseconds(by_matrices, 50)}
ax = figure(6.4, 2.2).add_subplot()
bars = ax.barh(list(ways), list(ways.values()), color=["#57606a", "#0072b2"])
ax.bar_label(bars, [f" {ms:.3g} ms" for ms in ways.values()])
ax.set(xscale="log", xlim=(0.05, 5000))
ax.invert_yaxis()
finish(ax, f"A step: {ways['numbers'] / ways['matrices']:.0f} times as fast", "milliseconds")
ax.figure

# %% [markdown]
# (Measured when this page was made; run the cell to see your own machine's. The scale is
# logarithmic: a step to the next mark is a factor of ten.)
#
# ### Training through it
#
# `MLP.fit` does all that by itself. It records one example, vectorizes, trains the program in
# batches, and puts what it has learned back into the neurons:

# %%
train, test = digits.split(0.2, seed=0)
history = reader.fit(train.x / 16, train.y, epochs=30, learning_rate=0.01, seed=0, dtype="float64")
plots.learning_curve(history)

# %% [markdown]
# So the network of neurons that you wrote with single numbers reads digits, and has learned it in
# about a second. For many images at once, `Sequential.from_neurons` writes it as layers:

# %%
matrices = Sequential.from_neurons(reader)
read = matrices.predict(test.x / 16, verbose=0).argmax(axis=1)
print(f"{np.mean(read == test.y):.0%} of the digits that it has never seen")
print("one by neurons:", max(range(10), key=lambda k: reader((test.x[0] / 16).tolist())[k].data),
      " the same by matrices:", read[0])

# %% [markdown]
# And the picture by neuron shows what has been learned. Here is a smaller one, for the flowers,
# after its training. Thick arrows carry much of the gradient of this flower's loss:

# %%
std = (iris.x - iris.x.mean(axis=0)) / iris.x.std(axis=0)
flowers = MLP(4, [3, 3], "tanh", seed=2)
flowers.fit(std, iris.y, epochs=60, learning_rate=0.03, seed=0, dtype="float64")

flower = values(std[70], "x")
loss = softmax_cross_entropy(flowers(flower), 1)
loss.label = "loss"
loss.backward()
draw(loss, level="neuron")

# %% [markdown]
# ### The program, as code
#
# At last, the program can be written down. What comes is plain NumPy: no `Value`, no `Tensor`, no
# library. The forward pass, and below it a backward pass that the chain rule has written:

# %%
print(program.source())

# %% [markdown]
# Look for the rules of this notebook in it: `x @ W1` and its bias; `ones @ d3`, the sum over the
# batch that broadcasting asks for; `d2 @ W2.T`, which sends the errors back as in [notebook
# 4](04-backpropagation.ipynb); and two times `np.matmul`, the gradients of the two matrices.
#
# How `vectorize` finds all this is told in [notebook 10](10-vectorize.ipynb).
#
# ## Exercises
#
# 1. A layer has 5 inputs and 3 neurons, the batch 8 examples. Which shapes have $X$, $W$, $b$, $H$
#    and $\partial J/\partial W$? How many multiplications is the product?
# 2. Three linear layers: $x \mapsto 2x + 1$, then $x \mapsto -x$, then $x \mapsto 3x - 2$. Which
#    single one are they?
# 3. Build XOR's network of [notebook 3](03-perceptrons.ipynb) from two matrices, and compute all
#    four inputs at once.
# 4. What is the gradient of $s$ in `(X * s).sum()` if $s$ is a single number? And if it has shape
#    (2,)?
# 5. Vectorize a network with ReLUs and look at its `source()`. What has become of ReLU's
#    derivative?
# 6. `zoom` into one element of the batch `H`, and let `derive` work out its derivative by a weight.
#    (A place in a matrix is a pair: `zoom(H, (1, 0))` is the first neuron in the second example.)

# %% [markdown]
# ## Solutions

# %% [markdown]
# **1.** $X$: 8 × 5, $W$: 3 × 5, $b$: 3, $H$: 8 × 3, and the gradient has the shape of $W$. Each of
# the 24 results takes five products: 120.

# %%
layer, bias = Tensor(np.ones((3, 5))), Tensor(np.zeros(3))
result = np.ones((8, 5)) @ layer.T + bias
result.sum().backward()
print(result.shape, layer.grad.shape, bias.grad.shape)

# %% [markdown]
# **2.** $3 \cdot (-(2x + 1)) - 2 = -6x - 5$.

# %%
chained = [Neuron(1, "linear") for _ in range(3)]
for neuron, (weight, bias) in zip(chained, [(2, 1), (-1, 0), (3, -2)]):
    neuron.set([weight], bias)
for number in (0, 1):
    out = number
    for neuron in chained:
        out = neuron([out])
    print(f"x = {number}: {out.data:g}")

# %% [markdown]
# **3.** $h = \text{relu}(XW^{\mathsf T} + b)$ with two equal rows in $W$, then $y = h_1 - 2h_2$.

# %%
bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
hidden = np.maximum(bits @ np.array([[1, 1], [1, 1]]).T + np.array([0, -1]), 0)
print(hidden @ np.array([1, -2]))

# %% [markdown]
# **4.** It is used for every element, so its gradient is the sum of all of $X$; with shape (2,),
# one sum a column.

# %%
for shape in (), (2,):
    s = Tensor(np.ones(shape))
    (X * s).sum().backward()
    print(s.grad.round(2), "  sum of X:", X.sum(axis=None if shape == () else 0).round(2))

# %% [markdown]
# **5.** A comparison, `> 0`, by which what comes from above is multiplied: true is 1, false is 0.

# %%
rectified = MLP(2, [3, 1], seed=0)
code = vectorize(squared_error(rectified(x), t), [x, t], rectified.parameters()).source()
print(*(line.strip() for line in code.splitlines() if ">" in line), sep="\n")

# %% [markdown]
# **6.**

# %%
element = zoom(H, (1, 0))
weight = next(v for v in topological_order(element) if v.label == "W1,2")
derive(element, wrt=weight)
