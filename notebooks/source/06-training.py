# %% [markdown]
# # 6 · Training
#
# A network that has just been made knows nothing. Training makes it good, and is mostly a craft:
# there are a dozen knobs, and this notebook turns them one by one. You
#
# - measure how wrong a network is: the usual losses, by hand and by the library,
# - see that a network with one hidden layer can take any form,
# - race seven optimizers, and choose how many examples make a step,
# - begin with weights that keep a deep network alive,
# - catch a network learning by heart, and stop it in three ways,
# - let a search find the right knobs.

# %%
from functools import partial
from math import log

import numpy as np

from autograd import Tensor, Value, relu
from mlp import SGD, AdaGrad, Adam, AdamW, Dense, Dropout, MLPRegressor, RMSProp, Sequential
from mlp import binary_cross_entropy, cross_entropy, half_squared_error, mean, squared_error
from mlp import data, gradient_descent, layers, plots, watch
from mlp.callbacks import EarlyStopping
from mlp.initializers import lecun_normal
from mlp.plots import figure, finish
from mlp.regularizers import l2

# %% [markdown]
# ## How wrong? The losses
#
# A **loss** is one number for one example: the output $\hat y$ beside the target $y$. The **cost**
# $J$ is the mean of the losses of many examples.
#
# ### Numbers: squared error
#
# $$L = \sum_k (t_k - o_k)^2 \qquad\text{or}\qquad E = \tfrac12 \sum_k (t_k - o_k)^2$$
#
# The ½ is there for its derivative alone, which is then $o - t$, without a 2. The output is
# **linear**, since a number may be anything. (A regression on real data, 442 patients, is in
# [notebook 7](07-iris-tables-search.ipynb).)

# %%
o, t = [0.8, 0.2], [1, 0]

print(f"by hand     {(1 - 0.8) ** 2 + (0 - 0.2) ** 2:.2f}")
print(f"library     {squared_error(o, t):.2f}")
print(f"with the ½  {half_squared_error(o, t):.2f}")

# %% [markdown]
# ### Yes or no: binary cross-entropy
#
# The output $\hat y$ of a sigmoid is the probability of a yes. How surprised are we by what
# happened?
#
# $$L = -\,y \ln \hat y - (1 - y) \ln (1 - \hat y) \qquad\qquad J = \frac1N \sum_{i=1}^{N} L_i$$
#
# Only one of the two terms is ever there: $-\ln \hat y$ if the answer is yes ($y = 1$), and
# $-\ln(1 - \hat y)$ if it is no.

# %%
outputs, answers = [0.7, 0.2, 0.9], [1, 0, 0]

losses = [binary_cross_entropy(p, y) for p, y in zip(outputs, answers)]
print("losses  ", *(f"{loss:.4f}" for loss in losses))
print("by hand ", *(f"{loss:.4f}" for loss in (-log(0.7), -log(1 - 0.2), -log(1 - 0.9))))
print("J =     ", f"{mean(losses):.4f}")

# %% [markdown]
# The third one was sure, and wrong. That is what costs; the squared error would let it off:

# %%
p = np.linspace(0.002, 0.998, 400)
ax = figure(6.4, 3.4).add_subplot()
ax.plot(p, -np.log(p), label="y = 1:  −ln ŷ")
ax.plot(p, -np.log(1 - p), label="y = 0:  −ln (1 − ŷ)")
ax.plot(p, p**2, "--", label="y = 0, squared:  ŷ²")
ax.plot(outputs, losses, "ko")
ax.legend(frameon=False, loc="upper center")
finish(ax, "Sure and wrong is dear", "ŷ", "loss")

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

print(f"one-hot [0, 1, 0]  {cross_entropy(p, [0, 1, 0]):.4f}")
print(f"integer 1          {cross_entropy(p, 1):.4f}")
print(f"by hand            {-log(0.7):.4f}")

# %% [markdown]
# | output layer | loss | the name for `compile` |
# |---|---|---|
# | linear | squared error | `mean_squared_error` |
# | sigmoid, one output | binary cross-entropy | `binary_crossentropy` |
# | softmax, one-hot labels | categorical cross-entropy | `categorical_crossentropy` |
# | softmax, integer labels | the same | `sparse_categorical_crossentropy` |
#
# Mixing up the last two is everybody's first error. The library notices. (A `Sequential` is a
# network of the matrices of [notebook 5](05-matrices.ipynb), a `Dense` for each layer. `compile` is
# told how to go downhill and what the loss is, and `fit` trains.)

# %%
model = Sequential([Dense(3, "softmax")], seed=0)
model.compile("sgd", "categorical_crossentropy")
try:
    model.fit(np.zeros((4, 2)), [0, 1, 2, 1], verbose=0)
except ValueError as error:
    print(str(error).replace(": ", ":\n"))

# %% [markdown]
# ## Any curve you like
#
# How much can a network with **one** hidden layer express? With enough hidden neurons it comes as
# close as you like to any continuous function on an interval. That is the **universal
# approximation theorem**. With ReLUs it is easy to see: each of them makes a corner, so the network
# is a chain of straight pieces. The weights below are worked out, not learned. Where there are
# twice as many neurons, a quarter of the error is left:

# %%
def target(x):
    return np.sin(x) + 0.4 * np.sin(2.5 * x) + 0.1 * x

def corners(x, n):
    """Compute one hidden layer of n ReLUs, which meets the curve at n + 1 points."""
    knots = np.linspace(-6, 6, n + 1)
    slopes = np.diff(target(knots)) / np.diff(knots)
    return target(knots[0]) + relu(x[:, None] - knots[:-1]) @ np.diff(slopes, prepend=0)

line = np.linspace(-6, 6, 1500)
print("hidden neurons   largest error")
for n in (10, 20, 40, 80, 160, 320):
    print(f"{n:14}   {abs(corners(line, n) - target(line)).max():.4f}")

# %% [markdown]
# The theorem says that such weights *exist*. That training finds them is another matter. Here is
# what it finds in 120 examples, with more and more tanh neurons. (`MLPRegressor` is such a network,
# too, whose output is a number; [notebook 7](07-iris-tables-search.ipynb) has more of it. `lbfgs`
# is a descent that also looks at how the slope changes; for small problems it is the quickest.)

# %%
x = np.linspace(-6, 6, 120)[:, None]
y = target(x[:, 0])

fig = figure(11, 2.8)
for i, width in enumerate([1, 2, 4, 16], 1):
    model = MLPRegressor(hidden_layer_sizes=width, activation="tanh", solver="lbfgs", alpha=0,
                         tol=3e-4, max_iter=20000, random_state=1).fit(x, y)
    ax = plots.fitted_curve(model, x, y, fig.add_subplot(1, 4, i))
    ax.get_legend().remove()
    error = np.mean((model.predict(x) - y) ** 2)
    finish(ax, f"{width} hidden: error {error:.1g}", "x")
fig

# %% [markdown]
# ## Seven ways down
#
# [Notebook 1](01-computation-graphs.ipynb) went down a cost curve and a cost surface, with steps
# that were too small, right and too large. Here is a long, narrow valley, in which plain gradient
# descent zigzags: what is steep is not where the minimum is. With the gradient $g$,
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
# ($\eta$ is the learning rate. $\mu$ and $\alpha$ say how much of the past is kept, $\lambda$ how
# strong the decay of the weights is. $\hat m$ and $\hat v$ are running means, like the $s$ of
# RMSProp, corrected for having begun at 0. A tiny $\varepsilon$ beside each root keeps it from
# dividing by 0.) From AdaGrad on, each parameter has a step size of its own: steep directions get
# short steps, flat ones long.

# %%
def valley(u, v):
    return (u - 1) ** 2 / 2 + 12 * (v - 0.5) ** 2

racers = {
    "SGD, too small": SGD(0.004),
    "SGD, right": SGD(0.07),
    "SGD, too large": SGD(0.0835),
    "momentum": SGD(0.03, momentum=0.8),
    "Nesterov": SGD(0.03, momentum=0.8, nesterov=True),
    "AdaGrad": AdaGrad(0.7),
    "RMSProp": RMSProp(0.07, alpha=0.9),
    "Adam": Adam(0.25),
    "AdamW": AdamW(0.25, weight_decay=0.1),
}

def race(make, steps=40):
    w = Tensor(np.array([-2.5, 1.2]))
    optimizer, path = make([w]), [w.data.copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        valley(w[0], w[1]).backward()
        optimizer.step()
        path.append(w.data.copy())
    return np.array(path)

fig = figure(11, 6.6)
for i, (name, make) in enumerate(racers.items(), 1):
    ax = fig.add_subplot(3, 3, i)
    plots.cost_surface(valley, race(make), ax, spans=((-3, 2.5), (-0.9, 1.9)))
    finish(ax, name)
fig

# %% [markdown]
# Forty steps each, from the ring to the disc. SGD bounces off the walls. Momentum gathers speed
# along the valley, and sways; Nesterov looks ahead, and sways less. AdaGrad and RMSProp set out in
# another direction: diagonally, because both parameters get steps of the same length, however
# different their slopes are. Adam does both, and so it overshoots, too, but comes back. AdamW
# circles around another point, a little nearer to 0: there its weight decay pulls.
#
# There is no winner for every problem. Adam is a good first choice, since it forgives a learning
# rate that is not quite right. Let it train a network, and watch: in a notebook, `watch` redraws
# this picture as the training goes on.

# %%
spiral = data.spiral(300, noise=0.15)
model = Sequential([Dense(32, "tanh"), Dense(32, "tanh"), Dense(3, "softmax")], seed=0)
model.compile(Adam(0.01), "sparse_categorical_crossentropy")
history = model.fit(spiral.x, spiral.y, epochs=60, batch_size=32, verbose=0,
                    callbacks=[watch(model, spiral.x, spiral.y, every=20)])

# %% [markdown]
# ## How many examples a step?
#
# The gradient of all examples is exact, and dear. The gradient of a **mini-batch** is an estimate,
# and cheap. Here a single linear neuron learns a line from 200 noisy points. In each picture it
# looks at the same number of *examples*:

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=200)
t = 0.9 * x + 0.7 + rng.normal(size=200)

def J(w, b):
    return np.mean((np.multiply.outer(w, x) + np.expand_dims(b, -1) - t) ** 2, axis=-1)

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

fig = figure(11, 3.2)
for i, size in enumerate([1, 20, 200], 1):
    path = stochastic(size)
    ax = plots.cost_surface(J, path, fig.add_subplot(1, 3, i), spans=((-2, 3), (-1.5, 3)))
    finish(ax, f"{size} an update: {len(path) - 1} updates", "w", "b")
fig

# %% [markdown]
# One at a time: many updates, each of them drunk. All at once: three careful ones, and not
# there yet. In between is the place to be, and 20 to 200 is where most people are.
#
# ## Where to begin: initial weights
#
# All weights equal is no good: neurons that are equal stay equal for ever
# ([notebook 4](04-backpropagation.ipynb) shows it). So they are random. But how large? A neuron's
# sum has $n_{in}$ terms, so for weights with mean 0
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
# arrives; then send gradients back:

# %%
def sizes(activation, initializer, depth=20, width=128):
    """Compute the size of activations and of gradients, layer by layer."""
    model = Sequential([Dense(width, activation, kernel_initializer=initializer)
                        for _ in range(depth)], seed=0, dtype="float64").build(width)
    rng = np.random.default_rng(0)
    signals = [Tensor(rng.normal(size=(250, width)))]
    for layer in model.layers:
        signals.append(layer(signals[-1]))
    signals[-1].backward(rng.normal(size=(250, width)))
    return [[np.sqrt(np.mean(a**2)) for a in arrays]
            for arrays in ([s.data for s in signals], [s.grad for s in signals])]

def scaled(factor):
    """Make an initializer of variance factor² / n."""
    return lambda rng, shape, dtype: factor * lecun_normal(rng, shape, dtype)

trials = {"too small": scaled(0.5), "Glorot": "glorot_normal", "He": "he_normal",
          "too large": scaled(2.5)}

fig = figure(11, 5.6)
for row, activation in enumerate(["tanh", "relu"]):
    there, back = fig.add_subplot(2, 2, 2 * row + 1), fig.add_subplot(2, 2, 2 * row + 2)
    for name, initializer in trials.items():
        for ax, size in zip((there, back), sizes(activation, initializer)):
            ax.semilogy(size, "o-", markersize=3.5, label=name)
            ax.set_xticks(range(0, 21, 5))
            ax.minorticks_off()
    back.legend(frameon=False, ncols=2)
    finish(there, f"{activation}: activations", "layer", "root mean square")
    finish(back, f"{activation}: gradients, which come from the right", "layer")
fig

# %% [markdown]
# Look for the lines that stay **level**. Under ReLU only He's does, there and back. Under tanh
# Glorot's stays within a factor of ten both ways, and He's does, too. Too small and too large are
# off by many powers of ten after twenty layers; and tanh hides it on the way there: too large, it
# is saturated. Nothing can be learned where nothing arrives.
#
# ## Learning by heart
#
# Sixty points, with some noise, and a network with far more parameters than it needs. In the end
# it gets nearly all of them right. Is that good?

# %%
train, test = data.moons(360, noise=0.3, seed=3).split(300, seed=0)

def moons_net(*, decay=0.0, dropout=0.0, callbacks=()):
    dense = partial(Dense, activation="relu", kernel_regularizer=l2(decay) if decay else None)
    model = Sequential([dense(64), Dropout(dropout), dense(64), Dropout(dropout),
                        Dense(1, "sigmoid")], seed=0)
    model.compile(Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(train.x, train.y, epochs=100, batch_size=20, verbose=0,
                        validation_data=tuple(test), callbacks=callbacks)
    return model, history

model, history = moons_net()
plots.learning_curves(history)

# %% [markdown]
# On the training data (blue) everything becomes nearly perfect. On points that it has **not** seen
# (orange), the loss is best after a few epochs, and then gets worse and worse. The network has
# begun to learn the noise, point by point. That is **overfitting**, and only data that were held
# out can show it. Three remedies:
#
# - **L2**: large weights cost something, $J + \lambda \sum w^2$. Wild curves need large weights.
#   (In plain gradient descent that is *weight decay*: each step takes the same share off every
#   weight. With Adam, as here, it is not quite, since Adam scales the gradient of the penalty, too;
#   AdamW takes the share off by itself.)
# - **Dropout**: in each step, a random share of the neurons is silent. None can rely on a single
#   other one. When the network is *used*, all of them answer.
# - **Early stopping**: hold out some data, stop when their loss gets no better, and go back to the
#   best weights.

# %%
stop = EarlyStopping(patience=15, restore_best_weights=True)
trained = {"no remedy": model, "L2": moons_net(decay=0.01)[0],
           "dropout": moons_net(dropout=0.5)[0], "early stopping": moons_net(callbacks=[stop])[0]}

fig = figure(11, 3)
for i, (name, model) in enumerate(trained.items(), 1):
    ax = plots.decision_boundary(model, train.x, train.y, fig.add_subplot(1, 4, i), resolution=80)
    ax.get_legend().remove()
    right = np.mean((model(test.x).data[:, 0] > 0.5) == test.y)
    finish(ax, f"{name}: {right:.0%}", frame=False)
fig

# %% [markdown]
# Drawn are the sixty points that they learned from; the number is how many of the 300 *new* ones
# are right. Without a remedy, the boundary winds around single points. With one it is smoother,
# and right more often. (In earnest, early stopping needs points of its own to watch. Here it has
# seen those that judge it.)
#
# Dropout has nothing to rescale in use: in training, the layer divides what it keeps by the share
# that it keeps.

# %%
layer = Dropout(0.5)
layer.build((8,), np.random.default_rng(6), "float64")
print("training", layer(np.ones((1, 8)), training=True))
print("in use  ", layer(np.ones((1, 8))))

# %% [markdown]
# ## Let a search turn the knobs
#
# Learning rate, width, mini-batch size: none of them has a formula. So try them, and compare on
# data that were **held out** of the training. (And keep a third part, the test set, for the very
# end: what was chosen by some data cannot be judged by them.)

# %%
digits, digits_test = data.digits().split(0.3, seed=0)
fit_part, validation = digits.split(0.3, seed=1)

def score(learning_rate, hidden=(32,), batch_size=64):
    model = Sequential([layers.Rescaling(1 / 16), *(Dense(n, "relu") for n in hidden),
                        Dense(10, "softmax")], seed=0)
    model.compile(Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(fit_part.x, fit_part.y, batch_size, epochs=5, verbose=0)
    return model.evaluate(*validation, verbose=0)[1]

rates = [1e-4, 1e-3, 1e-2, 1e-1]
searches = {"mini-batch size": ("batch_size", [16, 64, 256]),
            "hidden layers": ("hidden", [(8,), (128,), (32, 32)])}
fig = figure(11, 3.2)
for i, (name, (knob, settings)) in enumerate(searches.items(), 1):
    table = np.array([[score(rate, **{knob: value}) for rate in rates] for value in settings])
    ax = fig.add_subplot(1, 2, i)
    ax.imshow(table, cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
    for row, column in np.ndindex(table.shape):
        ax.text(column, row, f"{table[row, column]:.0%}", ha="center", va="center")
    ax.set_xticks(range(len(rates)), rates)
    ax.set_yticks(range(len(settings)), settings)
    finish(ax, "", "learning rate", name)
fig

# %% [markdown]
# (Shown is how many of the held-out digits were read correctly after five epochs.) The learning
# rate matters most, by far, so it is what to search first, and in powers of ten. Small batches make
# more steps an epoch, which is why they are ahead here where the rate is low.
# [Notebook 7](07-iris-tables-search.ipynb) lets scikit-learn do such a search, with
# cross-validation.
#
# ## Exercises
#
# 1. Compute by hand the binary cross-entropy of a network that always says 0.5, whatever the
#    answer. Where have you met that number before?
# 2. For $J(w) = 2 w^2$, from which learning rate on does gradient descent fly off? Find it with
#    pencil and paper, and check it with `gradient_descent`.
# 3. Draw `sizes` for He's variance (`"he_normal"`) and the *sigmoid*. What dies, the activations or
#    the gradients, and why?
# 4. In the race, which of SGD (right), momentum, Nesterov and Adam is nearest to the minimum at
#    (1, 0.5) after 40 steps? And after 200? `race(make, steps)` gives the path.
# 5. A dropout layer with rate 0.5 is given many ones. What are the mean and the variance of what
#    comes out in training? And with rate 0.8? Work it out, then check it with a layer.
# 6. Search the learning rate in finer steps, from 0.001 to 0.1 by factors of $\sqrt{10}$, for
#    `hidden=(32, 32)`. Then, and only then, train the best one again and look at the test set,
#    once.

# %% [markdown]
# ## Solutions

# %% [markdown]
# **1.** $-\ln 0.5 = \ln 2 = 0.693$, for both answers: the cost of a coin toss. Notebook 2 ended
# there with its dead network.

# %%
print(f"{binary_cross_entropy(0.5, 0):.4f} {binary_cross_entropy(0.5, 1):.4f} {log(2):.4f}")

# %% [markdown]
# **2.** $w \leftarrow w - \eta \cdot 4w = (1 - 4\eta)\, w$. It grows where $|1 - 4\eta| > 1$, so
# from $\eta = ½$ on.

# %%
for eta in (0.49, 0.5, 0.51):
    w = Value(1.0)
    costs = list(gradient_descent(lambda w=w: 2 * w**2, [w], learning_rate=eta, steps=100))
    print(f"η = {eta:.2f}: from {costs[0]:.1f} to {costs[-1]:.3g}")

# %% [markdown]
# **3.** Going forward nothing dies: every sigmoid gives about ½. But the gradients do, by a factor
# of about 3 a layer, since σ′ is ¼ at best.

# %%
ax = figure(6.4, 3).add_subplot()
for what, size in zip(("activations", "gradients"), sizes("sigmoid", "he_normal")):
    ax.semilogy(size, "o-", label=what)
ax.legend(frameon=False)
finish(ax, "sigmoid, He", "layer", "root mean square")

# %% [markdown]
# **4.** After 40 steps Nesterov is nearest, then momentum and Adam: plain SGD is slow along the
# floor of the valley. Given 200 steps all four arrive, and those with a velocity and a steady rate
# most exactly.

# %%
for steps in (40, 200):
    for name in ("SGD, right", "momentum", "Nesterov", "Adam"):
        distance = np.hypot(*(race(racers[name], steps)[-1] - [1, 0.5]))
        print(f"{steps:4} steps  {name:11} {distance:.1g}")

# %% [markdown]
# **5.** With the rate $r$, a one is kept with probability $1 - r$, and then is $1/(1 - r)$. The
# mean is 1, whatever the rate: so there is nothing to rescale in use. The variance is $r / (1 -
# r)$: 1 for 0.5, and 4 for 0.8. The more is silent, the louder the noise.

# %%
for rate in (0.5, 0.8):
    layer = Dropout(rate)
    layer.build((100_000,), np.random.default_rng(0), "float64")
    out = layer(np.ones((1, 100_000)), training=True)
    print(f"rate {rate}: mean {out.mean():.2f}, variance {out.var():.1f}")

# %% [markdown]
# **6.** What was chosen by the validation data looks a little better on them than it is. The test
# set has had no part in the choice, and says how good it is.

# %%
finer = 10 ** np.arange(-3, -0.9, 0.5)
scores = [score(rate, hidden=(32, 32)) for rate in finer]
for rate, right in zip(finer, scores):
    print(f"{rate:.4f}  {right:.0%}")
best = finer[np.argmax(scores)]

model = Sequential([layers.Rescaling(1 / 16), Dense(32, "relu"), Dense(32, "relu"),
                    Dense(10, "softmax")], seed=0)
model.compile(Adam(best), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(fit_part.x, fit_part.y, 64, epochs=5, verbose=0)
print(f"{best:.4f} on the test set: {model.evaluate(*digits_test, verbose=0)[1]:.0%}")
