# %% [markdown]
# # 6 · Training
#
# A network that has just been made knows nothing. Training makes it good, and is mostly a craft:
# there are a dozen knobs, and this notebook turns them one by one, always with a picture. You
#
# - measure how wrong a network is: the usual losses, by hand and by the library,
# - go downhill, with a learning rate that is too small, right, and too large,
# - see that a network with one hidden layer can take any form,
# - race seven optimizers against each other,
# - begin with weights that keep a deep network alive,
# - catch a network learning by heart, and stop it in three ways,
# - let a search find the right knobs.

# %%
from functools import partial
from itertools import product
from math import log

import numpy as np

from autograd import Tensor, Value, relu, sigmoid
from mlp import SGD, AdaGrad, Adam, AdamW, Dense, Dropout, MLPRegressor, RMSProp, Sequential
from mlp import binary_cross_entropy, cross_entropy, half_squared_error, mean, squared_error
from mlp import data, gradient_descent, initializers, layers, plots, schedules, watch
from mlp.callbacks import EarlyStopping
from mlp.plots import figure, finish
from mlp.regularizers import l2

# %% [markdown]
# ## How wrong? The losses
#
# A **loss** is one number for one example: the output $\hat y$ beside the target $y$. The **cost**
# $J$ is the mean of the losses of many examples. Everything else in this notebook is about making
# $J$ small.
#
# ### Numbers: squared error
#
# $$L = \sum_k (t_k - o_k)^2 \qquad\text{or}\qquad E = \tfrac12 \sum_k (t_k - o_k)^2$$
#
# The ½ is there for its derivative alone, which is then $o - t$, without a 2.

# %%
o, t = [0.8, 0.2], [1, 0]

print("by hand   ", f"{(1 - 0.8) ** 2 + (0 - 0.2) ** 2:.2f}")
print("library   ", f"{squared_error(o, t):.2f}")
print("with the ½", f"{half_squared_error(o, t):.2f}")

# %% [markdown]
# ### Yes or no: binary cross-entropy
#
# The output $\hat y$ of a sigmoid is the probability of a yes. How surprised are we by what
# happened?
#
# $$L = -\,y \ln \hat y - (1 - y) \ln (1 - \hat y)$$
#
# Only one of the two terms is ever there: $-\ln \hat y$ if the answer is yes ($y = 1$), and
# $-\ln(1 - \hat y)$ if it is no. The cost of $N$ examples is
#
# $$J = -\frac1N \sum_{i=1}^{N} \bigl( y_i \ln \hat y_i + (1 - y_i) \ln (1 - \hat y_i) \bigr)$$

# %%
outputs, answers = [0.7, 0.2, 0.9], [1, 0, 0]

losses = [binary_cross_entropy(p, y) for p, y in zip(outputs, answers)]
print("losses  ", *(f"{loss:.4f}" for loss in losses))
print("by hand ", *(f"{loss:.4f}" for loss in (-log(0.7), -log(1 - 0.2), -log(1 - 0.9))))
print("J =     ", f"{mean(losses):.4f}")

# %% [markdown]
# The third one was sure, and wrong. That is what costs:

# %%
p = np.linspace(0.002, 0.998, 400)
fig = figure(9.6, 3.5)

ax = fig.add_subplot(1, 2, 1)
ax.plot(p, -np.log(p), label="y = 1:  −ln ŷ")
ax.plot(p, -np.log(1 - p), label="y = 0:  −ln (1 − ŷ)")
ax.plot(outputs, losses, "ko")
ax.legend(frameon=False, loc="upper center")
finish(ax, "Cross-entropy: sure and wrong is dear", "ŷ", "loss")

ax = fig.add_subplot(1, 2, 2)
ax.plot(p, (1 - p) ** 2, label="y = 1:  (1 − ŷ)²")
ax.plot(p, p**2, label="y = 0:  ŷ²")
ax.set_ylim(-0.3, 6.5)
ax.legend(frameon=False, loc="upper center")
finish(ax, "Squared error: never more than 1", "ŷ", "loss")
fig

# %% [markdown]
# ### One of many: categorical cross-entropy
#
# A softmax gives a probability for each class. The loss is the surprise at the true one, $i$:
#
# $$L = -\sum_k y_k \ln \hat y_k = -\ln \hat y_i$$
#
# The target can be written as a **one-hot** vector, or as the **integer** $i$. It is the same
# number.

# %%
p = [0.2, 0.7, 0.1]

print("one-hot [0, 1, 0] ", f"{cross_entropy(p, [0, 1, 0]):.4f}")
print("integer 1         ", f"{cross_entropy(p, 1):.4f}")
print("by hand           ", f"{-log(0.7):.4f}")

# %% [markdown]
# | output layer | loss | the name for `compile` |
# |---|---|---|
# | linear | squared error | `mean_squared_error` |
# | sigmoid, one output | binary cross-entropy | `binary_crossentropy` |
# | softmax, one-hot labels | categorical cross-entropy | `categorical_crossentropy` |
# | softmax, integer labels | the same | `sparse_categorical_crossentropy` |
#
# Mixing up the last two is everybody's first error. The library notices:

# %%
model = Sequential([Dense(3, "softmax")], seed=0)
model.compile("sgd", "categorical_crossentropy")
try:
    model.fit(np.zeros((4, 2)), [0, 1, 2, 1], verbose=0)
except ValueError as error:
    print(error)

# %% [markdown]
# ## Downhill
#
# Take the smallest network there is, one neuron with a linear output, and eight measurements. Its
# cost is a **surface** over its two parameters: each point of the plane is one choice of $w$ and
# $b$.
#
# $$J(w, b) = \frac1N \sum_i (w x_i + b - t_i)^2 \qquad w \leftarrow w - \eta\,\frac{\partial J}
# {\partial w} \qquad b \leftarrow b - \eta\,\frac{\partial J}{\partial b}$$

# %%
x = np.array([-1.5, -1.1, -0.6, -0.2, 0.4, 0.8, 1.2, 1.7])
t = np.array([-0.5, -0.4, 0.4, 0.2, 1.3, 1.1, 2.0, 2.2])

def J(w, b):
    return np.mean((np.multiply.outer(w, x) + np.expand_dims(b, -1) - t) ** 2, axis=-1)

def descend(learning_rate, steps=12, start=(-1.0, 2.5)):
    p = Tensor(np.array(start))
    optimizer, path = SGD([p], learning_rate), [p.data.copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        ((p[0] * x + p[1] - t) ** 2).mean().backward()
        optimizer.step()
        path.append(p.data.copy())
    return np.array(path)

fig = figure(11, 3.4)
for i, (eta, name) in enumerate([(0.01, "too small"), (0.3, "right"), (0.87, "too large")], 1):
    ax = fig.add_subplot(1, 3, i)
    plots.cost_surface(J, descend(eta), ax, spans=((-2, 4), (-2.5, 3.5)))
    finish(ax, f"η = {eta}: {name}", "w", "b")
fig

# %% [markdown]
# The ring is the start, the disc the end, after 12 steps each. On the left they end before anything
# has happened. On the right, each step jumps across the valley to the other side, and gets nowhere.
#
# A cut through the surface shows it best: here along $w$ alone, with $b$ held at its best value. On
# the right, the cost *rises* with each step.

# %%
best = np.polyfit(x, t, 1)

def cut(w):
    return J(w, np.full_like(w, best[1]))

def slope(w):
    return 2 * np.mean((w * x + best[1] - t) * x)

fig = figure(11, 3.1)
for i, (eta, name) in enumerate([(0.05, "too small"), (0.35, "right"), (0.92, "too large")], 1):
    path = [-0.7]
    for _ in range(6):
        path.append(path[-1] - eta * slope(path[-1]))
    ax = plots.cost_curve(cut, path, fig.add_subplot(1, 3, i), span=(-2.7, 4.5))
    finish(ax, f"η = {eta}: {name}", "w", "cost J(w)")
fig

# %% [markdown]
# > **On a slide** it says that gradient descent "guarantees an approximation to the desired output
# > with each learning iteration". It promises nothing of the kind. A step that is too large makes
# > things worse, as you have just seen. And even good steps end in the *nearest* valley, which
# > need not be a deep one.
#
# ## Any curve you like
#
# How much can a network with **one** hidden layer express? Everything: with enough hidden neurons
# it comes as close as you like to any continuous function on an interval. That is the **universal
# approximation theorem**, and here is the idea, without any training. Two sigmoids with large
# weights make a step up and a step down: a **bump**. Four of them make two bumps, and a curve is
# nothing but many bumps of the right heights.

# %%
def target(x):
    return np.sin(x) + 0.4 * np.sin(2.5 * x) + 0.1 * x

def bumps(x, n):
    """Compute one hidden layer of n + 1 sigmoids: a staircase of n steps."""
    edges = np.linspace(-7, 7, n + 1)
    heights = target((edges[1:] + edges[:-1]) / 2)
    h = sigmoid(5 * n * (x[:, None] - edges))           # the hidden layer, steep
    return h @ np.diff(heights, prepend=0, append=0)    # the output: up here, down there

line = np.linspace(-6, 6, 1500)
fig = figure(11, 3.1)
for i, n in enumerate([6, 16, 60], 1):
    ax = fig.add_subplot(1, 3, i)
    ax.plot(line, target(line), color="#57606a", label="wanted")
    ax.plot(line, bumps(line, n), color="#d55e00", label=f"{n + 1} hidden neurons")
    ax.legend(frameon=False, loc="upper left")
    ax.set_ylim(-2, 3.2)
    finish(ax, f"Largest error {abs(bumps(line, n) - target(line)).max():.2f}", "x")
fig

# %% [markdown]
# With ReLUs it is even nicer: they make corners, so the network is a chain of straight pieces.
# These weights are worked out, not learned, and the error falls with the square of the number of
# neurons:

# %%
def corners(x, n):
    """Compute one hidden layer of n ReLUs, which meets the curve at n + 1 points."""
    knots = np.linspace(-6, 6, n + 1)
    slopes = np.diff(target(knots)) / np.diff(knots)
    return target(knots[0]) + relu(x[:, None] - knots[:-1]) @ np.diff(slopes, prepend=0)

print("hidden neurons   largest error")
for n in (10, 20, 40, 80, 160, 320):
    print(f"{n:14}   {abs(corners(line, n) - target(line)).max():.4f}")

# %% [markdown]
# ### And learned
#
# The theorem says that such weights *exist*. That training finds them is another matter. Let us
# see what it finds in 120 examples. (`lbfgs` is a descent that also looks at how the slope changes;
# for small problems like this one it is the quickest.)

# %%
x = np.linspace(-6, 6, 120)[:, None]
y = target(x[:, 0])

widths, errors = (1, 2, 4, 8, 16, 32), []
fig = figure(11, 5.8)
for i, width in enumerate(widths, 1):
    model = MLPRegressor(hidden_layer_sizes=width, activation="tanh", solver="lbfgs", alpha=0,
                         tol=3e-4, max_iter=20000, random_state=1).fit(x, y)
    errors.append(np.mean((model.predict(x) - y) ** 2))
    ax = plots.fitted_curve(model, x, y, fig.add_subplot(2, 3, i))
    ax.get_legend().set_visible(i == 1)
    finish(ax, f"{width} hidden: mean squared error {errors[-1]:.2g}", "x")
fig

# %%
ax = figure(6.4, 3.2).add_subplot()
ax.loglog(widths, errors, "o-")
ax.set_xticks(widths, widths)
ax.minorticks_off()
finish(ax, "Wider fits better", "hidden neurons", "mean squared error")
ax.figure

# %% [markdown]
# ## Seven ways down
#
# Real cost surfaces are not round. Here is a long, narrow valley, in which plain gradient descent
# zigzags: what is steep is not where the minimum is. With the gradient $g$,
#
# | | remembers | step |
# |---|---|---|
# | **SGD** | nothing | $w \leftarrow w - \eta g$ |
# | **momentum** | a velocity | $v \leftarrow \mu v + g, \quad w \leftarrow w - \eta v$ |
# | **Nesterov** | a velocity, and looks ahead | $w \leftarrow w - \eta\,(g + \mu v)$ |
# | **AdaGrad** | all squares so far, $s \leftarrow s + g^2$ | $w \leftarrow w - \eta g / \sqrt s$ |
# | **RMSProp** | recent squares, $s \leftarrow \alpha s + (1-\alpha) g^2$ | the same |
# | **Adam** | means of $g$ and $g^2$ | $w \leftarrow w - \eta\, \hat m / \sqrt{\hat v}$ |
# | **AdamW** | the same | first $w \leftarrow (1 - \eta\lambda)\, w$, then as Adam |
#
# (A tiny $\varepsilon$ beside each root keeps it from dividing by 0.) From AdaGrad on, each
# parameter has a step size of its own: steep directions get short steps, flat ones long.

# %%
def valley(u, v):
    return (u - 1) ** 2 / 2 + 12 * (v - 0.5) ** 2

racers = {
    "SGD": SGD(0.07),
    "momentum": SGD(0.03, momentum=0.8),
    "Nesterov": SGD(0.03, momentum=0.8, nesterov=True),
    "AdaGrad": AdaGrad(0.7),
    "RMSProp": RMSProp(0.07, alpha=0.9),
    "Adam": Adam(0.25),
    "AdamW": AdamW(0.25, weight_decay=0.1),
}

def race(make, steps=40):
    w = Tensor(np.array([-2.5, 1.6]))
    optimizer, path = make([w]), [w.data.copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        valley(w[0], w[1]).backward()
        optimizer.step()
        path.append(w.data.copy())
    return np.array(path)

paths = {name: race(make) for name, make in racers.items()}

# %%
fig = figure(11, 8.4)
for i, (name, path) in enumerate(paths.items(), 1):
    ax = fig.add_subplot(3, 3, i)
    plots.cost_surface(valley, path, ax, spans=((-3, 2.5), (-0.9, 2.1)))
    finish(ax, name)
ax = fig.add_subplot(3, 3, (8, 9))
for name, path in paths.items():
    ax.semilogy(valley(*path.T), label=name)
ax.set_ylim(1e-5, 50)
ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
finish(ax, "Cost by step", "step")
fig

# %% [markdown]
# Forty steps each, all from the ring. SGD bounces off the walls. Momentum gathers speed along the
# valley, and sways; Nesterov looks ahead, and sways less. AdaGrad and RMSProp set out in another
# direction: diagonally, because both parameters get steps of the same length, however different
# their slopes are. Adam does both, and so it overshoots, too, but comes back. AdamW circles around
# another point, a little nearer to 0: there its weight decay pulls.
#
# ### The same race, on a network
#
# Three spiral arms, and a network of two hidden layers. Each optimizer has the learning rate that
# suits it:

# %%
spiral = data.spiral(300, noise=0.15)

rates = {
    "SGD": SGD(0.3),
    "momentum": SGD(0.05, momentum=0.9),
    "Nesterov": SGD(0.05, momentum=0.9, nesterov=True),
    "AdaGrad": AdaGrad(0.05),
    "RMSProp": RMSProp(0.005),
    "Adam": Adam(0.01),
    "AdamW": AdamW(0.01),
}

def learn_spiral(make):
    model = Sequential([Dense(32, "tanh"), Dense(32, "tanh"), Dense(3, "softmax")], seed=0)
    model.compile(make, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, model.fit(spiral.x, spiral.y, epochs=60, batch_size=32, verbose=0)

ax = figure(7.4, 4).add_subplot()
for name, make in rates.items():
    model, history = learn_spiral(make)
    ax.semilogy(history.history["loss"], label=name)
ax.legend(frameon=False)
finish(ax, "Three spiral arms", "epoch", "loss")
ax.figure

# %% [markdown]
# There is no winner for every problem. AdaGrad begins well and then loses heart, because its sum
# of squares only ever grows. Adam is a good first choice, since it forgives a learning rate that
# is not quite right.
#
# A training can be watched, too: in a notebook, `watch` redraws this picture as it goes on.

# %%
model = Sequential([Dense(32, "tanh"), Dense(32, "tanh"), Dense(3, "softmax")], seed=0)
model.compile(rates["Adam"], "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(spiral.x, spiral.y, epochs=60, batch_size=32, verbose=0,
                    callbacks=[watch(model, spiral.x, spiral.y, every=10)])

# %% [markdown]
# ### A learning rate that changes
#
# Long steps at first, short ones at the end: a **schedule** takes the number of the step and gives
# the rate. Any optimizer takes one in place of a number.

# %%
k = np.arange(200)
ax = figure(7.4, 3.2).add_subplot()
for name, schedule in {
    "step_decay": schedules.step_decay(0.1, steps=50, factor=0.5),
    "exponential_decay": schedules.exponential_decay(0.1, factor=0.1, steps=100),
    "cosine_decay": schedules.cosine_decay(0.1, steps=200),
    "warm_up, then cosine": schedules.warm_up(schedules.cosine_decay(0.1, steps=180), steps=20),
}.items():
    ax.plot(k, [schedule(step) for step in k], label=name)
ax.legend(frameon=False)
finish(ax, "", "step", "learning rate η")
ax.figure

# %% [markdown]
# ## Where to begin: initial weights
#
# All weights equal is no good: neurons that are equal stay equal for ever (notebook 4 shows it). So
# they are random. But how large? A neuron's sum has $n_{in}$ terms, so for weights with mean 0
#
# $$\text{Var}(z) = n_{in} \cdot \text{Var}(w) \cdot \overline{x^2}$$
#
# If $n_{in} \cdot \text{Var}(w)$ is below 1, the signal shrinks from layer to layer; above 1, it
# grows. So the right variance is about one over the number of inputs:
#
# | | Var(w) | suits |
# |---|---|---|
# | **Glorot** (Xavier) | $2 / (n_{in} + n_{out})$: right for there *and* back | tanh, sigmoid |
# | **He** | $2 / n_{in}$: ReLU takes off half, the 2 makes up for it | ReLU |
#
# Send 250 random examples through twenty layers, without any training, and look at the size of what
# arrives:

# %%
def sizes(activation, initializer, layers=20, width=128):
    """Compute the size of activations and of gradients, layer by layer."""
    hidden = [Dense(width, activation, kernel_initializer=initializer) for _ in range(layers)]
    model = Sequential(hidden, seed=0).build(width)
    signals = [Tensor(np.random.default_rng(0).normal(size=(250, width)).astype("float32"))]
    for layer in model.layers:
        signals.append(layer(signals[-1]))
    signals[-1].backward(np.random.default_rng(1).normal(size=(250, width)).astype("float32"))
    return ([np.sqrt(np.mean(s.data.astype(float) ** 2)) for s in signals],
            [np.sqrt(np.mean(s.grad.astype(float) ** 2)) for s in signals])

def normal(factor):
    """Make an initializer with `factor` times the standard deviation of LeCun's, √(1/n)."""
    return lambda rng, shape, dtype: factor * initializers.lecun_normal(rng, shape, dtype)

trials = {"too small": normal(0.5), "glorot_normal": "glorot_normal", "he_normal": "he_normal",
          "too large": normal(2.5)}
fig = figure(11, 6.4)
for row, activation in enumerate(["tanh", "relu"]):
    forward, backward = fig.add_subplot(2, 2, 2 * row + 1), fig.add_subplot(2, 2, 2 * row + 2)
    for name, initializer in trials.items():
        there, back = sizes(activation, initializer)
        forward.semilogy(there, "o-", markersize=3.5, label=name)
        backward.semilogy(back, "o-", markersize=3.5)
    finish(forward, f"{activation}: activations", "layer", "root mean square")
    finish(backward, f"{activation}: gradients, which come from the right", "layer")
    forward.legend(frameon=False, ncols=2)
    for ax in (forward, backward):
        ax.set_xticks(range(0, 21, 5))
        ax.minorticks_off()
fig

# %% [markdown]
# Look for the lines that stay **level**. Under ReLU only He's does, there and back. Under tanh
# Glorot's stays within a factor of ten both ways (it sinks slowly on the way there, since tanh
# always takes off a little), and He's does, too. Too small and too large are off by many powers of
# ten after twenty layers; and tanh hides it on the way there: too large, it is saturated. Nothing
# can be learned where nothing arrives.
#
# In numbers, for ReLU with He and without:

# %%
for name in ("he_normal", "too small"):
    there, back = sizes("relu", trials[name])
    print(f"{name:10} after 20 layers: {there[-1] / there[0]:.1g} of the size")

# %% [markdown]
# And it matters. The same ten-layer network (tanh) on handwritten digits, trained in the same way
# from three starts:

# %%
digits, digits_test = data.digits().split(0.3, seed=0)
scale = layers.Rescaling(1 / 16)

ax = figure(7.4, 3.6).add_subplot()
for name in ("too small", "glorot_normal", "too large"):
    hidden = [Dense(32, "tanh", kernel_initializer=trials[name]) for _ in range(10)]
    model = Sequential([scale, *hidden, Dense(10, "softmax")], seed=0)
    model.compile(SGD(0.05), "sparse_categorical_crossentropy")
    ax.plot(model.fit(digits.x, digits.y, epochs=12, verbose=0).history["loss"], label=name)
ax.legend(frameon=False)
finish(ax, "Ten hidden layers, three starts", "epoch", "loss")
ax.figure

# %% [markdown]
# From weights that are too small, nothing comes through, and nothing is learned. Too large does
# less harm here, since tanh cuts the signal off; with ReLU it would overflow in the second step.
# (Then `fit` stops with an error that says so.)
#
# ## Learning by heart
#
# Sixty points, with some noise, and a network with far more parameters than it needs. In the end
# it gets them all right. Is that good?

# %%
train, test = data.moons(360, noise=0.3, seed=3).split(300, seed=0)

def moons_net(*, decay=0.0, dropout=0.0, epochs=100, callbacks=()):
    dense = partial(Dense, activation="relu", kernel_regularizer=l2(decay) if decay else None)
    model = Sequential([dense(64), Dropout(dropout), dense(64), Dropout(dropout),
                        Dense(1, "sigmoid")], seed=0)
    model.compile(Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(train.x, train.y, epochs=epochs, batch_size=20, verbose=0,
                        validation_data=(test.x, test.y), callbacks=callbacks)
    return model, history

model, history = moons_net()
plots.learning_curves(history)

# %% [markdown]
# On the training data (blue) everything becomes nearly perfect. On points that it has **not** seen
# (red), the loss is best after a few epochs, and then gets worse and worse. The network has begun
# to learn the noise, point by point. That is **overfitting**, and only data that were held out can
# show it.
#
# Three remedies:
#
# - **L2** (weight decay): large weights cost something, $J + \lambda \sum w^2$. Wild curves need
#   large weights.
# - **Dropout**: in each step, a random share of the neurons is silent. None can rely on a single
#   other one.
# - **Early stopping**: hold out some data, stop when their loss gets no better, and go back to the
#   best weights.

# %%
remedies = {
    "L2": {"decay": 0.01},
    "dropout": {"dropout": 0.5},
    "early stopping": {"callbacks": [EarlyStopping(patience=15, restore_best_weights=True)]},
}
trained = {"nothing": (model, history)}
trained |= {name: moons_net(**how) for name, how in remedies.items()}

fig = figure(11, 6.2)
for i, (name, (model, history)) in enumerate(trained.items()):
    for row, part in enumerate([train, test]):
        ax = plots.decision_boundary(model, part.x, part.y, fig.add_subplot(2, 4, 4 * row + i + 1),
                                     resolution=80)
        right = np.mean((model(part.x).data[:, 0] > 0.5) == part.y)
        ax.get_legend().remove()
        side = "new points" if row else "training points"
        finish(ax, f"{name}: {right:.0%}", "", "" if i else side, frame=False)
fig

# %% [markdown]
# Above, the 60 points each network was trained on; below, the 300 it has never seen. Without a
# remedy, the boundary winds around single points. With one it is smoother, and right more often
# where it counts, in the lower row. The loss of the new points says it even more clearly (that of
# L2 begins high, because the penalty is a part of it):

# %%
ax = figure(7.4, 3.8).add_subplot()
for name, (model, history) in trained.items():
    ax.plot(history.history["val_loss"], label=name)
ax.set_ylim(0, 1.5)
ax.legend(frameon=False)
finish(ax, "Loss of points that are new to it", "epoch", "validation loss")
ax.figure

# %% [markdown]
# > **How dropout is switched off.** When the network is *used*, all neurons answer, and nothing is
# > rescaled: the layer has divided what it kept by the share that it kept, during training.

# %%
layer = Dropout(0.5)
layer.build((8,), np.random.default_rng(4), "float64")
print("training", layer(np.ones((1, 8)), training=True))
print("in use  ", layer(np.ones((1, 8))))

# %% [markdown]
# ## How many examples a step?
#
# The gradient of all examples is exact, and dear. The gradient of a **mini-batch** is an estimate,
# and cheap. Here is the same neuron as above, with 200 examples, and the same number of *examples*
# looked at in each picture:

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=200)
t = 0.9 * x + 0.7 + rng.normal(size=200)

def stochastic(batch_size, examples=600, learning_rate=0.1):
    p = Tensor(np.array([-1.5, 2.5]))
    optimizer, path, order = SGD([p], learning_rate), [p.data.copy()], np.random.default_rng(1)
    for _ in range(examples // batch_size):
        some = order.choice(200, batch_size, replace=False)
        optimizer.zero_grad()
        ((p[0] * x[some] + p[1] - t[some]) ** 2).mean().backward()
        optimizer.step()
        path.append(p.data.copy())
    return np.array(path)

fig = figure(11, 3.4)
for i, size in enumerate([1, 20, 200], 1):
    path = stochastic(size)
    ax = plots.cost_surface(J, path, fig.add_subplot(1, 3, i), spans=((-2, 3), (-1.5, 3)))
    finish(ax, f"{size} an update: {len(path) - 1} updates", "w", "b")
fig

# %% [markdown]
# One at a time: many updates, each of them drunk. All at once: three careful ones, and not
# there yet. In between is the place to be, and 20 to 200 is where most people are.
#
# ## Let a search turn the knobs
#
# Learning rate, width, mini-batch size: none of them has a formula. So try them, and compare on
# data that were **held out** of the training. (And keep a third part, the test set, for the very
# end: what was chosen by some data cannot be judged by them.)

# %%
fit_part, validation = digits.split(0.3, seed=1)

def score(learning_rate, hidden=(32,), batch_size=32):
    model = Sequential([scale, *(Dense(n, "relu") for n in hidden), Dense(10, "softmax")], seed=0)
    model.compile(Adam(learning_rate), "sparse_categorical_crossentropy",
                  metrics=["accuracy"])
    history = model.fit(fit_part.x, fit_part.y, batch_size, epochs=5, verbose=0,
                        validation_data=tuple(validation))
    return history.history["val_accuracy"][-1]

def heatmap(ax, table, rows, columns, row_name, column_name):
    ax.imshow(table, cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
    for i, j in product(range(len(rows)), range(len(columns))):
        ax.text(j, i, f"{table[i, j]:.0%}", ha="center", va="center")
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    finish(ax, "", column_name, row_name)

rates, sizes_, nets = [1e-4, 1e-3, 1e-2, 1e-1], [16, 64, 256], [(8,), (128,), (32, 32)]
by_size = np.array([[score(rate, batch_size=size) for rate in rates] for size in sizes_])
by_net = np.array([[score(rate, hidden=net) for rate in rates] for net in nets])

fig = figure(11.5, 3.6)
heatmap(fig.add_subplot(1, 2, 1), by_size, sizes_, rates, "mini-batch size", "learning rate")
heatmap(fig.add_subplot(1, 2, 2), by_net, nets, rates, "hidden layers", "learning rate")
fig

# %% [markdown]
# (Shown is how many of the held-out digits were read correctly after five epochs.) The learning
# rate matters most, by far, so it is what to search first, and in powers of ten. Small batches make
# more steps an epoch, which is why they are ahead here where the rate is low.
#
# [Notebook 7](07-iris-tables-search.ipynb) lets scikit-learn do such a search, with
# cross-validation.
#
# ## Exercises
#
# 1. Compute by hand the binary cross-entropy of a network that always says 0.5, whatever the
#    answer. Where have you met that number before?
# 2. For $J(w) = 2 w^2$, from which learning rate on does gradient descent fly off? Find it with
#    pencil and paper, and check it.
# 3. How many ReLUs do you need for $|x|$, exactly, on all of the real line? Write the network down.
# 4. Give Adam ten times its learning rate in the valley, and then a tenth. How does it compare with
#    SGD?
# 5. What happens in the twenty-layer experiment with He's variance and the *sigmoid*?
# 6. Combine L2 and dropout on the moons. Is it better than each alone?

# %% [markdown] jp-MarkdownHeadingCollapsed=true
# ## Solutions
#
# Unfold them by the arrow beside the heading.

# %% [markdown]
# **1.** $-\ln 0.5 = \ln 2 = 0.693$, for both answers: the cost of a coin toss. Notebook 2 ended
# there with its dead network.

# %% tags=["solution"] jupyter={"source_hidden": true}
print(f"{binary_cross_entropy(0.5, 0):.4f} {binary_cross_entropy(0.5, 1):.4f} {log(2):.4f}")

# %% [markdown]
# **2.** $w \leftarrow w - \eta \cdot 4w = (1 - 4\eta)\, w$. It grows where $|1 - 4\eta| > 1$, so
# from $\eta = ½$ on.

# %% tags=["solution"] jupyter={"source_hidden": true}
for eta in (0.49, 0.5, 0.51):
    w = Value(1.0)
    costs = list(gradient_descent(lambda w=w: 2 * w**2, [w], learning_rate=eta, steps=100))
    print(f"η = {eta:.2f}: from {costs[0]:.1f} to {costs[-1]:.3g}")

# %% [markdown]
# **3.** Two: $|x| = \text{relu}(x) + \text{relu}(-x)$.

# %% tags=["solution"] jupyter={"source_hidden": true}
two = Sequential([Dense(2, "relu", use_bias=False), Dense(1, use_bias=False)]).build(1)
two.layers[0].W.data[:] = [[1, -1]]
two.layers[1].W.data[:] = [[1], [1]]
print(two(np.array([[-30.0], [-0.5], [0.0], [7.0]])).data.ravel())

# %% [markdown]
# **4.** Adam's steps are about as long as the learning rate says, however steep it is. Ten times
# that is a dance around the minimum; a tenth gets there, but not in 40 steps. SGD with ten times
# its rate is gone.

# %% tags=["solution"] jupyter={"source_hidden": true}
fig = figure(9.2, 3.4)
for i, rate in enumerate([2.5, 0.025], 1):
    ax = fig.add_subplot(1, 2, i)
    path = race(Adam(rate))
    plots.cost_surface(valley, path, ax, spans=((-4, 4), (-4, 4)))
    finish(ax, f"Adam, η = {rate}")
fig

# %% [markdown]
# **5.** Going forward nothing dies: every sigmoid gives about ½. But their *differences* do, and
# the gradients with them, by a factor of about 3 a layer: σ′ is ¼ at best.

# %% tags=["solution"] jupyter={"source_hidden": true}
there, back = sizes("sigmoid", "he_normal")
ax = figure(6.4, 3.2).add_subplot()
ax.semilogy(there, "o-", label="activations")
ax.semilogy(back, "o-", label="gradients")
ax.legend(frameon=False)
finish(ax, "sigmoid, He", "layer", "root mean square")
ax.figure

# %% [markdown]
# **6.** See for yourself. Both do the same kind of thing, so do not expect them to add up.

# %% tags=["solution"] jupyter={"source_hidden": true}
ax = figure(7.4, 3.6).add_subplot()
for name, (model, history) in (trained | {"both": moons_net(decay=0.01, dropout=0.5)}).items():
    if name != "early stopping":
        ax.plot(history.history["val_loss"], label=name)
ax.set_ylim(0, 1.5)
ax.legend(frameon=False)
finish(ax, "Loss of points that are new to it", "epoch", "validation loss")
ax.figure
