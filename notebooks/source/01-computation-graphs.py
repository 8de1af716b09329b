# %% [markdown]
# # 1 · Computation graphs and the chain rule
#
# Every neural network learns by one question, asked a million times over: *if I turn this knob a
# little, what happens to the result?* The answer is a derivative, and this notebook shows where
# it comes from. You will
#
# - write an expression and see it as a graph,
# - watch the derivatives flow back through it, one edge at a time,
# - go downhill with them, at a good pace and at two bad ones.
#
# You need school algebra, and to know that the slope of $x^2$ is $2x$. Run a cell with
# <kbd>Shift</kbd> + <kbd>Enter</kbd>; change anything you like.

# %%
from autograd import Value, derive, steps, teaching, walk
from mlp import gradient_descent, plots
from mlp.plots import figure

# %% [markdown]
# ## An expression remembers how it was computed
#
# A `Value` is a number with a memory. Here is $L(a, b, c) = c\,(a + 2b)$, written in the three
# small steps that a machine would take: $d = 2b$, then $e = a + d$, then $L = c \cdot e$.

# %%
a, b, c = Value(3, "a"), Value(1, "b"), Value(-2, "c")

d = 2 * b
e = a + d
L = c * e

d.label, e.label, L.label = "d", "e", "L"
L

# %% [markdown]
# That picture is the **computation graph**. Read it from left to right: yellow boxes are inputs,
# the grey pill is a constant, and each other box says which operation made it. Numbers have
# flowed through it to the right, up to $L = -10$. No gradient is there yet: every box says
# `grad –`, which is not the same as 0.
#
# ## Now backwards
#
# One call walks the graph from the right to the left.

# %%
L.backward()
L

# %% [markdown]
# Each `grad` is the derivative of $L$ by that box:
#
# $$\frac{\partial L}{\partial a} = -2 \qquad \frac{\partial L}{\partial b} = -4 \qquad
# \frac{\partial L}{\partial c} = 5$$
#
# What does $-4$ mean? Turn the knob $b$ up by a thousandth, and $L$ falls by four thousandths.
# Try it:

# %%
nudge = 0.001
before = -2 * (3 + 2 * 1)
after = -2 * (3 + 2 * (1 + nudge))
print(f"{(after - before) / nudge:.4f}")

# %% [markdown]
# ## A number on every edge
#
# Look at the picture again: at each arrow stands a small number with a ×. It is the **local
# derivative**, what the box at the arrow's head makes of a small change at its tail. To know it,
# a box needs to know nothing but its own operation: a sum has 1 for both operands; a product has,
# for each operand, the *other* one.

# %%
for step in walk(L):
    above, below = step.node.label, step.operand.label
    print(f"∂{above}/∂{below} = {step.local:2g}")

# %% [markdown]
# | edge | local derivative | here |
# |---|---|---|
# | $L = c \cdot e$ | $\partial L/\partial e = c$ | −2 |
# | | $\partial L/\partial c = e$ | 5 |
# | $e = a + d$ | $\partial e/\partial a = \partial e/\partial d = 1$ | 1 |
# | $d = 2b$ | $\partial d/\partial b = 2$ | 2 |
#
# ## The chain rule
#
# How does $b$ reach $L$? Through $d$, then through $e$. Along a path, **local derivatives
# multiply**. That is the whole chain rule, and `derive` writes it as you would on the blackboard,
# with the formula of each factor under its number:

# %%
derive(L, wrt=b)

# %%
derive(L, wrt=a)

# %% [markdown]
# ## One edge at a time
#
# Backpropagation is nothing but this rule, done in a clever order: from the result to the inputs,
# so that each box can pass on what it has got. At every edge,
#
# > what comes from above × the local derivative, **added** to what the box below has so far.
#
# Run the cell below; then press *Play*, or click the picture and use the keys ← and →. First the
# numbers run forward, then the gradients run back.

# %%
steps(L)

# %% [markdown]
# The same as a table, to be read down for the numbers and then *up* for the gradients (a bar over a
# name is short for $\partial L/\partial$ of it):

# %%
derive(L)

# %% [markdown]
# ## Why *added*?
#
# Since a number may be used twice. In $y = u \cdot x$ with $u = x \cdot x$, a change of $x$ reaches
# $y$ in two ways, and both count.

# %%
x = Value(2, "x")
u = x * x
y = u * x
u.label, y.label = "u", "y"
y.backward()
y

# %%
derive(y, wrt=x)

# %% [markdown]
# **Along a path multiply, over paths add.** It agrees with what you know: $y = x^3$, so the slope
# is $3x^2 = 12$.
#
# What if somebody writes `=` where `+=` is meant? The library knows that mistake, and shows it
# beside the right gradients:

# %%
teaching.compare(y, accumulate=False)

# %% [markdown]
# There is another side to adding up. `backward` adds to the gradients that are there already, so
# that several results can share their inputs. Call it again without `zero_grad()`, and you have
# everything twice:

# %%
print("once:  ", x.grad)
y.backward()
print("twice: ", x.grad)

x.zero_grad()
y.backward()
print("zeroed:", x.grad)

# %% [markdown]
# ## Downhill
#
# A derivative points uphill. To make a cost $J(w)$ *smaller*, take a step against it:
#
# $$w \leftarrow w - \eta \, \frac{\partial J}{\partial w}$$
#
# $\eta$ (eta) is the **learning rate**. `gradient_descent` takes such steps. It is given the cost,
# as a function to call, and a list of the knobs; each round of the loop is a step, and we only
# note where it has been.

# %%
def J(w):
    return (w - 1) ** 2

def descend(cost, start, learning_rate, steps=12):
    w = Value(start, "w")
    path = [w.data]
    for _ in gradient_descent(lambda: cost(w), [w], learning_rate=learning_rate, steps=steps):
        path.append(w.data)
    return path

plots.cost_curve(J, descend(J, -3, learning_rate=0.3), span=(-4, 6))

# %% [markdown]
# Ring: the start. Disc: the end. The steps get shorter by themselves, because the slope does.
#
# ### Too small, right, too large

# %%
fig = figure(9.6, 6.4)
for i, rate in enumerate([0.02, 0.3, 0.95, 1.05], 1):
    ax = plots.cost_curve(J, descend(J, -3, rate), fig.add_subplot(2, 2, i), span=(-6, 8))
    ax.set_xlabel(f"w, with η = {rate}")
fig

# %% [markdown]
# - **η = 0.02** is *too small*: twelve steps, and not half of the way.
# - **η = 0.3** is *right*.
# - **η = 0.95** jumps to and fro over the valley, and gets down slowly.
# - **η = 1.05** is *too large*: every step lands higher than the last.
#
# > **A slide says** that gradient descent "guarantees an approximation to the desired output with
# > each learning iteration". (The slides are those of the [lectures](README.md#where-it-comes-from)
# > that this course follows; you need not have seen them.) It is not so, as the last picture shows.
# > Gradient descent promises neither that a step makes the cost smaller nor that it ends near what
# > you want.
#
# It doesn't even with a good rate. Where a curve has two valleys, the start decides which one you
# find:

# %%
def two_valleys(w):
    return w**4 / 4 - w**2 + w / 3 + 2

fig = figure(9.6, 3.6)
for i, start in enumerate([-2, 2], 1):
    path = descend(two_valleys, start, learning_rate=0.1, steps=30)
    plots.cost_curve(two_valleys, path, fig.add_subplot(1, 2, i), span=(-2.3, 2.3))
fig

# %% [markdown]
# And when a step lands so high that the numbers run out, the library stops and says so, instead of
# going on with `nan`:

# %%
try:
    descend(lambda w: w**4, 3, learning_rate=1)
except FloatingPointError as error:
    print(str(error).replace(": ", ":\n"))

# %% [markdown]
# ## Two knobs: a cost surface
#
# A line $y = wx + b$ through five points has two knobs. Its cost, the mean of the squared
# distances, is a landscape over both. We look at it from above; a contour line joins places of
# equal cost.

# %%
points = [(-1.0, -1.2), (0.0, 0.4), (1.0, 1.3), (2.0, 3.1), (3.0, 4.4)]

def J(w, b):
    return sum((w * x + b - y) ** 2 for x, y in points) / len(points)

def descend_both(learning_rate, steps=25):
    w, b = Value(-1.0, "w"), Value(3.0, "b")
    path = [(w.data, b.data)]
    for _ in gradient_descent(lambda: J(w, b), [w, b], learning_rate=learning_rate, steps=steps):
        path.append((w.data, b.data))
    return path

fig = figure(10.8, 3.8)
for i, rate in enumerate([0.01, 0.15, 0.29], 1):
    plots.cost_surface(J, descend_both(rate), fig.add_subplot(1, 3, i),
                       spans=((-2.5, 4.5), (-3, 4)), names=(f"w, with η = {rate}", "b"))
fig

# %% [markdown]
# Too small, right, too large: the same story, now with a twist. The valley is long and narrow. In
# its steep direction a large rate swings from wall to wall; along its floor every rate is slow.
# Much of [notebook 6](06-training.ipynb) is about that.
#
# A neural network has thousands of knobs in place of two. The graph gets larger. Nothing else
# changes.
#
# ## Exercises
#
# 1. Set $a = 1$, $b = 4$, $c = 3$ in $L = c\,(a + 2b)$. Work out the three derivatives on paper,
#    then let the library check you.
# 2. Draw the graph of $y = (x + 1)\cdot x$ on paper, with a local derivative on every edge. What is
#    $\partial y/\partial x$ at $x = 3$, as a sum over two paths?
# 3. For which learning rates does gradient descent on $J(w) = (w-1)^2$ reach the minimum in a
#    *single* step? From which rate on does it run away?
# 4. Find a learning rate for `two_valleys`, starting at −2, with which the descent jumps over the
#    hill and ends in the *other* valley. (Look between 0.5 and 0.7, and in small steps.)

# %% [markdown]
# ## Solutions

# %% [markdown]
# **1.** $\partial L/\partial a = c = 3$, $\partial L/\partial b = 2c = 6$, $\partial L/\partial c =
# a + 2b = 9$.

# %%
a, b, c = Value(1, "a"), Value(4, "b"), Value(3, "c")
(c * (a + 2 * b)).backward()
a.grad, b.grad, c.grad

# %% [markdown]
# **2.** Through the sum: $x \cdot 1 = 3$. Directly: $x + 1 = 4$. Together 7, which is $2x + 1$.

# %%
x = Value(3, "x")
u = x + 1
y = u * x
u.label, y.label = "u", "y"
derive(y, wrt=x)

# %% [markdown]
# **3.** One step leads from $w$ to $w - \eta \cdot 2(w - 1)$. With $\eta = 0.5$ that is 1, from
# anywhere. The distance from 1 is multiplied by $1 - 2\eta$ in every step, so from $\eta = 1$ on
# it does not shrink any more.

# %%
for rate in (0.5, 0.99, 1.0, 1.01):
    path = descend(lambda w: (w - 1) ** 2, -3, rate, steps=5)
    print(f"η = {rate}: ", *(f"{w:.3g}" for w in path))

# %% [markdown]
# **4.** The first step leads to $-2 + \tfrac{11}{3} \eta$, and the hilltop is at 0.17: from 0.60 on
# it lands beyond. With 0.60 and 0.61 the descent comes to rest in the other valley; with more it
# swings to and fro in there. That is no method, it is luck: one trains from several starts instead.

# %%
path = descend(two_valleys, -2, learning_rate=0.61, steps=40)
plots.cost_curve(two_valleys, path, span=(-2.3, 2.3))
