# %% [markdown]
# # 9 · Under the bonnet
#
# This notebook is for those who want to know how it works inside, and who would like to change it.
# You have met all the parts from outside. Now you
#
# - find out how one line of code can be a number, an array, a graph and a formula,
# - add an operation, then a layer, and have the library check you,
# - differentiate derivatives, and see what it costs: forward, backward, and one over the other,
# - learn what happens at kinks, with zeros, and with numbers that were changed behind one's back.
#
# How graphs become matrices, and where the time goes, is [notebook 10](10-vectorize.ipynb).

# %%
import math
from textwrap import fill

import numpy as np
from IPython.display import Math

from autograd import Tensor, Value, array_operation, check_gradients, check_operation, cost
from autograd import draw, elementwise, grad, gradients, hessian, hvp, jacobian, jvp
from autograd import sin, tanh, topological_order, values
from autograd.ops import TABLE, unregister
from autograd.symbols import Symbol
from mlp import MLP, Adam, Dense, Sequential, plots, squared_error
from mlp.layers import Layer
from mlp.plots import figure, finish

# %% [markdown]
# ## One row, read five ways
#
# All elementwise operations are rows of one table, [`autograd/ops.py`](../autograd/ops.py). This is
# the row of tanh:
#
# ```python
# tanh = elementwise(
#     "tanh", math.tanh, np.tanh, latex=r"\tanh",
#     partials=(lambda x, y: 1 - y * y,))
# ```
#
# A name; how to compute it for a float and for an array; and the derivative, as a function of the
# operand `x` and the output `y`. Nothing else about tanh stands anywhere in the library. That
# little function does everything, **depending on what it is handed**:

# %%
slope = tanh.partials[0]

print("floats   ", f"{slope(0.5, tanh(0.5)):.6f}")

xs = np.array([-1.0, 0.0, 0.5])
print("arrays   ", slope(xs, tanh(xs)).round(6))

v = Value(0.5, "x")
y = tanh(v)
y.label = "y"
print("Values   ", f"{slope(v, y):.6f}, and it has a graph")

value, moved = jvp(tanh, (0.5,), (2.0,))
print("a tangent", f"{moved:.6f} for a tangent of 2: twice the slope")

print("symbols  ", slope(Symbol("x"), Symbol("y")).text)

# %% [markdown]
# | handed | it gives | which is used for |
# |---|---|---|
# | floats | a number | `backward` of Values, the × at an arrow |
# | arrays | an array | `backward` of Tensors: training |
# | Values | a graph | derivatives of derivatives |
# | a number beside a tangent | slope · tangent | forward mode |
# | symbols | a formula | `derive`, and the [table of operations](../docs/operations.md) |
#
# The third of them, drawn:

# %%
draw(slope(v, y))

# %% [markdown]
# That works since the function uses nothing but `*` and `−`, which everybody in this list
# understands. Every row is written so; and each is a function, a method, and what NumPy's function
# of the same name does to a Value:

# %%
print(len(TABLE), "rows, some of them:")
for name in ("sin", "sqrt", "sigmoid", "softplus", "relu", "silu"):
    derivative = TABLE[name].partials[0](Symbol("x"), Symbol("y"))
    print(f"{name:9} {derivative.text}")

# %% [markdown]
# ## Adding an operation
#
# *Snake* is an activation function for periodic data, $x + \sin^2 x$. Its derivative is
# $1 + 2 \sin x \cos x = 1 + \sin 2x$. One row (`latex`, which may be left out, says how a formula
# writes it; `{0}` is the operand, in brackets if it needs some beside a power, `{0:4}`, and
# `binds=1` says that the whole is a sum):

# %%
snake = elementwise(
    "snake", lambda x: x + math.sin(x) ** 2, lambda x: x + np.sin(x) ** 2,
    partials=(lambda x, y: 1 + sin(2 * x),), latex=r"{0} + \sin^2 {0:4}", binds=1)

check_operation(snake)
plots.activation(snake)

# %% [markdown]
# `check_operation` has said nothing, so it is right: floats, arrays and Values agree with each
# other and with differences, up to the second derivative. And it is already everywhere:

# %%
print(f"{Value(0.3).snake():.4f}", Tensor([0.0, 0.3]).snake(), f"{grad(grad(snake))(0.3):.4f}")
MLP(1, [2, 1], snake, seed=0)

# %% [markdown]
# Forget the 2, and you hear about it:

# %%
elementwise("wrong", snake.scalar, snake.array, partials=(lambda x, y: 1 + sin(x),))
try:
    check_operation(TABLE["wrong"])
except AssertionError as error:
    print(fill(str(error), 96))
unregister("wrong")

# %% [markdown]
# ### An operation on whole arrays
#
# Where elements depend on each other there is no single slope. Such an operation has a `vjp` (for
# *vector-Jacobian product*) for each operand: it is handed the gradient `g` of the output, and
# gives that of the operand. Take the cumulative sum. Element $i$ of the input is in all outputs
# from $i$ on, so its gradient is the sum of `g` from $i$ on: a cumulative sum from the other end.

# %%
cumsum = array_operation("cumsum", np.cumsum, vjp=[lambda g, y, x: cumsum(g[::-1])[::-1]])

x = Tensor([1.0, 2.0, 3.0])
(cumsum(x) * np.array([1.0, 10.0, 100.0])).sum().backward()
print(cumsum(x), x.grad)
print(jacobian(cumsum)(np.ones(3)))

# %% [markdown]
# ### A layer
#
# Tensors that are attributes of a layer are its parameters; `build` makes them as soon as the
# number of inputs is known. Here a Snake that learns its frequency, $x + \sin^2(ax) / a$, with an
# $a$ for each neuron:

# %%
class Snake(Layer):
    def build(self, shape, rng, dtype):
        self.a = Tensor(rng.uniform(0.5, 3, shape).astype(dtype), "a")

    def __call__(self, x, training=False):
        return x + sin(self.a * x) ** 2 / self.a

line = np.linspace(-6, 6, 200)[:, None]
inside = line[abs(line[:, 0]) < 3]
target = np.sin(3 * inside)

fig = figure(9.6, 3.4)
for i, bend in enumerate([Snake(), "relu"], 1):
    layers = [Dense(32), bend] if isinstance(bend, Layer) else [Dense(32, bend)]
    model = Sequential([*layers, Dense(1)], seed=0, dtype="float64")
    model.compile(Adam(0.02), "mean_squared_error")
    model.fit(inside, target, epochs=300, verbose=0)
    ax = fig.add_subplot(1, 2, i)
    ax.axvspan(-3, 3, color="#eef1f4")
    ax.plot(line, np.sin(3 * line), color="#57606a", label="sin 3x")
    ax.plot(line, model(line).data, label="network")
    ax.set_ylim(-3, 3)
    finish(ax, "with Snake" if i == 1 else "with ReLU", "x")
ax.legend(frameon=False)
fig

# %% [markdown]
# It has seen the grey part only. There both do well; outside of it each goes on as it is made, in
# waves or straight on. (More in [*Operations and layers of your own*](../docs/extending.md).)
#
# ## At kinks
#
# ReLU has no derivative at 0, $|x|$ neither. A library has to say *something* there, and should say
# the same every time. The rows have their kinks written down, and here is what they give:

# %%
for op in TABLE.values():
    if op.kinks and op.arity <= 2 and op.name != "power":
        point = op.kinks[0]
        y = op.ieee(*point)
        slopes = [op.local(i, point, y) for i in range(op.arity) if op.partials[i] is not None]
        print(f"{op.name:12} at {', '.join(f'{p:g}' for p in point):8} → {y:7.4g}   derivative",
              ", ".join(f"{s:g}" for s in slopes))

# %% [markdown]
# Two maxima that are equal share the gradient, half each. And $\sqrt x$ has an infinite slope at
# 0. What if nobody wants it? In the distance $\sqrt{x^2 + y^2}$ at the origin, an infinite slope
# meets a slope of 0, and $0 \cdot \infty$ is `nan` for every computer. Here, **in the chain rule
# $0 \cdot \infty$ is $0$**: what nothing flows through contributes nothing.

# %%
x, y = Value(0.0, "x"), Value(0.0, "y")
distance = (x * x + y * y).sqrt()
distance.backward()
x.grad, y.grad

# %% [markdown]
# ## Derivatives of derivatives
#
# A derivative that was computed by a graph is a number with a memory, too; so it can be
# differentiated. As a function of functions, `grad` nests:

# %%
line = np.linspace(-3, 3, 201)
ax = finish(figure(6.4, 3.8).add_subplot(), "tanh, and its first three derivatives", "x")
f = tanh
for order in range(4):
    ax.plot(line, [f(point) for point in line.tolist()], label=f"tanh{'′' * order}")
    f = grad(f)
ax.legend(frameon=False)
ax.figure

# %% [markdown]
# `gradients(…, create_graph=True)` keeps the graph of the derivative. Here is tanh″, as a graph
# (what the machine does in vain, products with 1 and things computed twice, is left out of the
# picture):

# %%
x = Value(0.5, "x")
y = x.tanh()
y.label = "y"
(first,) = gradients(y, [x], create_graph=True)
(second,) = gradients(first, [x], create_graph=True)
draw(second)

# %% [markdown]
# Read it off: $-2y \cdot (1 - y^2)$. Nobody has typed that in. And this is what was really
# recorded:

# %%
draw(second, simplify=False)

# %% [markdown]
# ## Forward or backward?
#
# The chain rule is a product of local derivatives along every path. It can be multiplied out from
# either end.
#
# - **Backward** (reverse mode): begin at *one result*. A pass gives its derivative by *every*
#   input.
# - **Forward**: begin at *one input*. A pass gives the derivative of *every* result by it.

# %%
def f(a, b):
    return [a * b, a + b, a.sin() * b]

results, derivatives = jvp(f, (3.0, 5.0), (1.0, 0.0))      # by a: its tangent is 1
print("forward:  ∂/∂a of all results  ", *(f"{d:.4f}" for d in derivatives))

a, b = Value(3.0), Value(5.0)
f(a, b)[2].backward()
print("backward: ∂/∂a, ∂/∂b of the last", f"{a.grad:.4f} {b.grad:.4f}")

# %% [markdown]
# A network has thousands of inputs (the weights) and a single result (the loss). `cost` counts:

# %%
def loss_of(n):
    x = values(np.linspace(-1, 1, n), "x")
    return squared_error(MLP(n, [n, 1], "tanh", seed=0)(x), 1.0)

cost(loss_of(16))

# %%
sizes = (2, 4, 8, 16, 32)
counted = [cost(loss_of(n)) for n in sizes]
leaves = [c.inputs for c in counted]

ax = figure(6.4, 3.8).add_subplot()
ax.loglog(leaves, [c.forward.total for c in counted], "o-", label="forward mode")
ax.loglog(leaves, [c.reverse.total for c in counted], "o-", label="reverse mode")
ax.loglog(leaves, [c.evaluation for c in counted], "--", color="#57606a",
          label="the evaluation itself")
ax.legend(frameon=False)
finish(ax, "All derivatives of one loss", "weights and inputs", "operations")
ax.figure

# %% [markdown]
# The gradient costs two to three times as much as the evaluation, **however many weights there
# are**. That is the *cheap gradient principle*, and it is why there are networks with billions of
# weights. Forward mode gets dearer with each of them. The other way round, with one input and many
# results, forward mode wins:

# %%
angle = Value(0.3, "angle")
cost(*[(k * angle).sin() for k in range(1, 51)])

# %% [markdown]
# ### One over the other
#
# The matrix of all second derivatives, the Hessian, has $n^2$ entries: for a network, far too many.
# But its *product with a vector* is cheap: it is the derivative of the gradient along that vector,
# so one forward pass over a backward pass.

# %%
def J(w):
    hidden = [(w[2 * i] * 0.8 + w[2 * i + 1] * -0.5 + w[6 + i]).tanh() for i in range(3)]
    y = sum(w[9 + i] * h for i, h in enumerate(hidden)) + w[12]
    return (y - 1) ** 2

w = np.random.default_rng(0).normal(size=13).tolist()
direction = [1.0] + [0.0] * 11 + [1.0]

H = np.array(hessian(J)(w))
print("hvp = H v:", np.allclose(hvp(J, w, direction), H @ direction))

ax = figure(4.4, 4).add_subplot()
ax.imshow(H, cmap="RdBu", vmin=-abs(H).max(), vmax=abs(H).max())
finish(ax, "Second derivatives of a loss", "parameter", "parameter")
ax.figure

# %% [markdown]
# Blue is positive, red negative, and it is symmetric, as it should be.
#
# ## Is it right?
#
# Nudge an input by $h$ to either side, and see what happens to the result:
# $(f(x + h) - f(x - h)) / 2h$. How large should $h$ be?

# %%
steps = np.logspace(-13, 0, 80)
errors = [abs((math.tanh(0.5 + h) - math.tanh(0.5 - h)) / (2 * h) - grad(tanh)(0.5))
          for h in steps]
ax = figure(6.4, 3.6).add_subplot()
ax.loglog(steps, np.maximum(errors, 1e-17))
finish(ax, "Error of a central difference of tanh", "h", "error")
ax.figure

# %% [markdown]
# On the right the curve bends too much between the two points; on the left the two numbers are so
# nearly equal that only rounding is left of their difference. The valley is narrow, and never as
# deep as what the chain rule gives.
#
# `check_gradients` looks for the valley by itself, does it for every input in both modes and for
# the second derivatives, and if something is wrong it says which operation is to blame:

# %%
check_gradients(J, w, order=1)

bad_sin = elementwise("bad_sin", math.sin, np.sin, partials=(lambda x, y: 1 - x * x / 2,))
try:
    check_gradients(lambda a, b: (a * b).bad_sin().tanh() + a, 0.9, 1.2)
except AssertionError as error:
    print(fill(str(error), 96))
unregister("bad_sin")

# %% [markdown]
# (The first terms of a series for cos: nearly right, which is the worst kind of wrong.)
#
# ## How `backward` finds its order
#
# A node may pass its gradient on when all who use it have spoken ([notebook
# 4](04-backpropagation.ipynb) shows what happens otherwise). So the nodes have to be sorted:
# everybody before their operands. The textbook does it with a recursive search. Here it is
# simpler:
#
# > Every node gets a serial number when it is made. **An operand is always older than its
# consumer.**
# > So *newest first* is a right order.

# %%
a = Value(3.0, "a")
b = a + 1
c = b * b
d = c * b
b.label, c.label, d.label = "b", "c", "d"
print(" → ".join(node.label for node in topological_order(d)))

# %% [markdown]
# That is all: collect what can be reached, with a list in place of recursion; sort; walk. Here is
# the whole of it in eight lines ([`backprop.py`](../autograd/backprop.py) has a few more, for
# speed and for good error messages):

# %%
def nodes_in_order(result):
    found, waiting = {result}, [result]
    while waiting:
        for operand in waiting.pop().parents:
            if operand not in found:
                found.add(operand)
                waiting.append(operand)
    return sorted(found, key=lambda node: node._serial, reverse=True)

print(" → ".join(node.label for node in nodes_in_order(d)))

# %% [markdown]
# Python gives up recursion at a depth of about a thousand. A chain of a hundred thousand is no
# problem here:

# %%
deep = x = Value(1.0)
for _ in range(100_000):
    deep = deep * 1.00001
deep.backward()
print(f"{x.grad:.4f} = {deep.data:.4f}")

# %% [markdown]
# ### Stale values
#
# The serial number has a second use. A derivative is computed from the numbers that *were* there.
# If a leaf is changed after it was used, the graph is about a past that is gone. Setting `data`
# gives the leaf a new number; now it is *younger* than its consumer, which cannot be, and
# `backward` notices:

# %%
weight = Value(3.0, "w")
square = weight * weight
weight.data = 4.0
try:
    square.backward()
except RuntimeError as error:
    print(fill(str(error), 96))

# %% [markdown]
# Whoever doesn't look computes $2w = 8$ here, where 6 belongs to the result that you have.
#
# ## Exercises
#
# 1. Add `softsign`, $x / (1 + |x|)$, as a row, and have it checked. Its derivative is
#    $1 / (1 + |x|)^2$.
# 2. What is the third derivative of tanh at 0? Work it out from $\tanh'' = -2y(1 - y^2)$, then ask.
# 3. Find the minimum of $f(x) = x^4 - 3x$ by Newton's method, $x \leftarrow x - f'(x)/f''(x)$, from
#    $x = 1.5$. How many steps does it take until ten digits stay as they are?
# 4. A function of 3 inputs has 3 results. Forward or reverse?
# 5. $w \sin x$ at $w = 0$: the gradient by $x$ is 0. Is its derivative by $w$ 0, too?

# %% [markdown]
# ## Solutions

# %% [markdown]
# **1.**

# %%
softsign = elementwise(
    "softsign", lambda x: x / (1 + abs(x)), lambda x: x / (1 + abs(x)),
    partials=(lambda x, y: 1 / (1 + abs(x)) ** 2,))
check_operation(softsign)
Math("y' = " + softsign.partials[0](Symbol("x"), Symbol("y")).latex)

# %% [markdown]
# **2.** $\tanh''' = -2y'(1 - y^2) + 4y^2 y'$, and at 0, where $y = 0$ and $y' = 1$, it is −2.

# %%
grad(grad(grad(tanh)))(0.0)

# %% [markdown]
# **3.** Four or five: near the minimum each step doubles the number of right digits.

# %%
def quartic(x):
    return x**4 - 3 * x

point = 1.5
for step in range(6):
    print(f"step {step}: x = {point:.12f}")
    point -= grad(quartic)(point) / grad(grad(quartic))(point)

# %% [markdown]
# **4.** As good as equal: three passes each.

# %%
p, q, r = values([0.1, 0.2, 0.3])
cost(p * q, q * r, r * p)

# %% [markdown]
# **5.** No: it is $\cos x$. A library that skips what is multiplied by 0 gets this wrong.

# %%
w, x = Value(0.0, "w"), Value(0.5, "x")
(by_x,) = gradients(w * x.sin(), [x], create_graph=True)
(by_w,) = gradients(by_x, [w])
print(f"∂/∂x = {by_x.data:g}, ∂²/∂x∂w = {by_w:.6f}, cos 0.5 = {math.cos(0.5):.6f}")
