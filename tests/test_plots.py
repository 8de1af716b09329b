"""Plots: what is in them, how they show themselves, and that they leave matplotlib as it was."""

import subprocess
import sys

import numpy as np
import pytest

from autograd import Tensor, sigmoid
from mlp import MLP, Dense, Neuron, Perceptron, Sequential, data, plots
from mlp.plots.models import outputs

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra plot)")

HISTORY = {
    "loss": [0.8, 0.4, 0.3, 0.2], "val_loss": [0.7, 0.5, 0.45, 0.6],
    "accuracy": [0.5, 0.7, 0.8, 0.9], "val_accuracy": [0.6, 0.7, 0.8, 0.7],
    "learning_rate": [1, 1, 1, 1],
}  # fmt: skip


def title(ax):
    return ax.get_title(loc="left")


def lines(ax):
    return {line.get_label(): line.get_ydata().tolist() for line in ax.lines}


# Learning curves

def test_learning_curve():
    ax = plots.learning_curve(HISTORY)
    assert lines(ax) == {
        "training": HISTORY["loss"], "validation": HISTORY["val_loss"],
        "best: 0.45 in epoch 3": [0.45]}  # fmt: skip
    assert ax.lines[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert (title(ax), ax.get_xlabel(), ax.get_ylabel()) == (
        "Loss 0.2, in validation 0.6", "epoch", "loss")
    assert "best: 0.8 in epoch 3" in lines(plots.learning_curve(HISTORY, "accuracy"))


def test_learning_curves_have_a_panel_for_each_metric():
    class History:
        history = HISTORY

    figure = plots.learning_curves(History())
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "accuracy"]
    assert [ax.get_ylabel() for ax in plots.learning_curves(HISTORY, ["accuracy"]).axes] == [
        "accuracy"]  # fmt: skip
    assert lines(plots.learning_curve([3.0, 2.0, float("nan")]))["training"][:2] == [3, 2]


def test_nothing_overlaps_where_names_are_long():
    names, long = [f"the number {k}" for k in range(3)], "sparse_categorical_crossentropy"
    y = np.arange(3)
    figures = [
        plots.learning_curves({f"{v}{m}": [0.9, 0.5, 0.7] for v in ("", "val_")
                               for m in (long, "loss", long.replace("crossentropy", "accuracy"))}),
        *(ax.figure for ax in (
            plots.errors(np.zeros((3, 4)), y, np.roll(y, 1), target_names=names),
            plots.confusion_matrix(y, y, target_names=names)))]  # fmt: skip
    for figure in figures:
        figure.draw_without_rendering()
        shown = [ax._left_title for ax in figure.axes] + [t for ax in figure.axes for t in ax.texts]
        boxes = [text.get_window_extent() for text in shown if text.get_text()]
        assert all(figure.bbox.containsx(x) for box in boxes for x in (box.x0, box.x1))
        assert not any(boxes[i].overlaps(box) for i in range(len(boxes)) for box in boxes[:i])


def test_the_best_epoch_of_a_loss_is_the_lowest_whatever_it_is_called():
    for name in "val_huber", "val_sparse_categorical_crossentropy", "val_mse":
        ax = plots.learning_curve({name[4:]: [3.0, 2.0], name: [2.0, 5.0]}, name[4:])
        assert "best: 2 in epoch 1" in lines(ax)


def test_a_history_without_the_metric():
    with pytest.raises(ValueError, match="no epoch of 'auc'; there is loss, val_loss, accuracy"):
        plots.learning_curve(HISTORY, "auc")
    with pytest.raises(ValueError, match="no epoch of 'loss'"):
        plots.learning_curve([])


# Decision boundaries

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 1.0]])


def region(ax, x1, x2):
    """The class in whose colour a place is drawn."""
    image = ax.images[0]
    left, right, bottom, top = image.get_extent()
    rows, columns, _ = image.get_array().shape
    pixel = np.asarray(image.get_array())[
        int((x2 - bottom) / (top - bottom) * rows), int((x1 - left) / (right - left) * columns)]
    hues = [plots.style.rgb(colour) for colour in plots.style.COLOURS]
    paleness = [(1 - pixel) @ (1 - hue) / np.linalg.norm(1 - hue) for hue in hues]
    return int(np.argmax(paleness))


def by_class(x):
    return np.where(x[:, 0] > 1.5, 2, np.where(x[:, 1] > 0.5, 1, 0))


class Labels:
    def predict(self, x):
        return np.array(["a", "b", "c"])[by_class(x)]


class Probabilities(Labels):
    def predict_proba(self, x):
        return 0.1 + 0.7 * np.eye(3)[by_class(x)]


@pytest.mark.parametrize("model", [
    by_class, Labels(), Probabilities(), lambda x: by_class(x).astype(float),
    lambda x: Tensor(np.eye(3)[by_class(x)]),
])  # fmt: skip
def test_regions_of_several_classes(model):
    y = by_class(X)
    if isinstance(model, Labels):
        y = np.array(["a", "b", "c"])[y]
    ax = plots.decision_boundary(model, X, y)
    for x1, x2, k in (0.2, 0.2, 0), (0.2, 0.9, 1), (1.9, 0.9, 2):
        assert region(ax, x1, x2) == k
    assert title(ax) == "5 of 5 right"
    assert [len(points.get_offsets()) for points in ax.collections[-3:]] == [2, 2, 1]


@pytest.mark.parametrize(("model", "threshold"), [
    (lambda x: x[:, 0] - 0.5, None),                         # logits
    (lambda x: sigmoid(x[:, :1] - 0.5), None),               # probabilities
    (lambda x: 10 * x[:, 0], 5.0),
    (lambda x: (x[:, 0] > 0.5).astype(float), None),         # a threshold unit
    (lambda x: x[:, 0] > 0.5, None),
])  # fmt: skip
def test_regions_of_two_classes(model, threshold):
    ax = plots.decision_boundary(model, X, X[:, 0] > 0.5, threshold=threshold,
                                 target_names=["no", "yes"])  # fmt: skip
    assert region(ax, 0.2, 0.5) == 0
    assert region(ax, 1.8, 0.5) == 1
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["no", "yes"]
    boundary = ax.collections[0].get_paths()[0].vertices
    np.testing.assert_allclose(boundary[:, 0], 0.5, atol=0.02)


def test_networks_of_every_kind_give_the_same():
    net = MLP(2, [3, 1], "tanh", seed=0)
    by_hand = [net(x).data for x in X.tolist()]
    model = Sequential.from_neurons(net)
    for kind in net, model, lambda x: model(x):
        np.testing.assert_allclose(outputs(kind, X), by_hand, rtol=1e-12)
    neuron = Neuron(2, "sigmoid", seed=0)
    assert outputs(neuron, X).tolist() == [neuron(x).data for x in X.tolist()]
    assert outputs(Perceptron([1, 1], -1), X).tolist() == [0, 0, 0, 1, 1]
    assert outputs(MLP(2, [3, 2], seed=0), X).shape == (5, 2)


@pytest.mark.parametrize(("model", "x", "y", "message"), [
    (by_class, X[:, :1], [0] * 5, r"x of shape \(examples, 2\) and a class each, got \(5, 1\)"),
    (by_class, X[:0], [], "one example or more"),
    (by_class, X + np.inf, [0] * 5, "of finite numbers"),
    (lambda x: x[:, 0] * np.nan, X, [0, 1, 0, 1, 0], "the model gives NaN"),
    (by_class, X, [0] * 4, r"got \(5, 2\) and \(4,\)"),
    (lambda x: x, X, [0, 1, 2, 0, 1], r"3 classes, but the model gives \(2,\) outputs"),
    (lambda x: 1.0, X, [0, 1, 0, 1, 0], r"for each of 40000 examples; it gave .* shape \(\)"),
    (lambda x: np.full(len(x), 7), X, [0, 1, 0, 1, 0], r"classes other than \[0 1\]: \[7\]"),
])  # fmt: skip
def test_models_and_data_that_do_not_fit(model, x, y, message):
    with pytest.raises(ValueError, match=message):
        plots.decision_boundary(model, x, y)


def test_a_perceptron_s_line_as_it_moved():
    """Course, row 5."""
    y = [0, 0, 0, 1]
    run = Perceptron([0, 0]).fit(X[:4], y)
    ax = plots.perceptron(run, X[:4], y)
    for line, (w1, w2, b) in zip(ax.lines, [w[:, 0] for w in run.weights if w[:2].any()],
                                 strict=True):  # fmt: skip
        np.testing.assert_allclose(w1 * line.get_xdata() + w2 * line.get_ydata() + b, 0, atol=1e-9)
    alphas = [line.get_alpha() for line in ax.lines]
    assert alphas == sorted(alphas)
    assert alphas[-1] == 1
    assert title(plots.perceptron(Perceptron([0, 0]).fit(X[:4], [0, 1, 1, 0]), X[:4], y)) == (
        "Not separable")


def test_confusion_matrix():
    ax = plots.confusion_matrix(list("aabbc"), list("abbba"))
    assert [text.get_text() for text in ax.texts] == ["1", "1", "0", "0", "2", "0", "1", "0", "0"]
    assert title(ax) == "3 of 5 right, 60.0%"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    image = np.asarray(ax.images[0].get_array())
    assert image[1, 1].argmax() == 2       # right: blue
    assert image[2, 0].argmax() == 0       # wrong: orange
    assert (image[0, 2] == 1).all()        # never: white
    with pytest.raises(ValueError, match="a true and a predicted class for each example"):
        plots.confusion_matrix([0, 1], [0])


# Images

def test_errors_are_shown_the_surest_first():
    images = np.arange(4 * 6.0).reshape(4, 2, 3)
    sure = [[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]]
    ax = plots.errors(images, [0, 1, 0, 0], sure, target_names=["cat", "dog"])
    assert title(ax) == "3 of 4 wrong: true → predicted"
    assert [text.get_text() for text in ax.texts] == ["cat → dog", "cat → dog", "dog → cat"]
    assert [image.get_array().tolist() for image in ax.images] == images[[3, 2, 1]].tolist()
    assert title(plots.errors(images, [0, 1, 0, 0], sure, most=1)) == (
        "3 of 4 wrong, 1 shown: true → predicted")
    assert title(plots.errors(images, [0] * 4, [0] * 4)) == "0 of 4 wrong"
    long = plots.errors(images, [0, 1, 0, 0], sure, target_names=["number one", "$x$"])
    assert long.texts[0].get_text() == "number one\n→ \\$x\\$"
    with pytest.raises(ValueError, match=r"for each of 4 images, got \(3,\) and \(4,\)"):
        plots.errors(images, [0] * 3, [0] * 4)


def test_images_and_weights_have_the_shape_asked_for():
    ax = plots.images(np.zeros((7, 12)), shape=(3, 4), titles=list("abcdefg"))
    assert [image.get_array().shape for image in ax.images] == [(3, 4)] * 7
    model = Sequential([Dense(5)], seed=0).build(16)
    ax = plots.weights(model, most=3)
    assert title(ax).startswith("Weights of 3 of 5 neurons, ±")
    second = model.layers[0].W.data[:, 1].reshape(4, 4)
    np.testing.assert_array_equal(ax.images[1].get_array(), second)
    least, most = ax.images[0].get_clim()
    assert least == -most
    for bad in np.zeros((2, 12)), np.zeros((0, 4)):
        with pytest.raises(ValueError, match=r"say shape=\(rows, columns\)"):
            plots.images(bad)


# Functions and costs

@pytest.mark.parametrize(("name", "derivative"), [
    ("sigmoid", lambda z, y: y * (1 - y)), ("tanh", lambda z, y: 1 - y**2),
    ("relu", lambda z, y: z > 0), ("leaky_relu", lambda z, y: np.where(z > 0, 1, 0.01)),
    ("sign", lambda z, y: 0 * z), ("linear", lambda z, y: 0 * z + 1),
])  # fmt: skip
def test_activations_and_their_derivatives(name, derivative):
    """Course, row 7."""
    value, slope = plots.activation(name).lines[-2:]
    z, y = (x[np.isfinite(x)] for x in value.get_data())
    np.testing.assert_allclose(y, plots.curves.find_activation(name)(z))
    z, d = (x[np.isfinite(x)] for x in slope.get_data())
    np.testing.assert_allclose(d, derivative(z, plots.curves.find_activation(name)(z)), atol=1e-12)


def test_lines_are_not_drawn_across_jumps():
    for name, line, at in ("heaviside", -2, 0), ("relu", -1, 0):
        x, y = plots.activation(name).lines[line].get_data()
        gap = int(np.flatnonzero(np.isnan(y))[0])
        assert x[gap - 1] < at < x[gap + 1]
    assert not np.isnan(plots.activation("gelu").lines[-1].get_ydata()).any()
    assert title(plots.activation(lambda z: z * z)) == "<lambda>"
    with pytest.raises(ValueError, match="did you mean 'tanh'"):
        plots.activation("tanhh")
    with pytest.raises(TypeError, match="a function of each number of a Tensor, got 3"):
        plots.activation(lambda z: 3.0)


def test_costs_with_the_path_of_a_descent():
    """Course, row 14."""
    ax = plots.cost_curve(lambda w: (w - 1) ** 2, [3.0, 2.0, 1.5])
    assert ax.lines[-1].get_xydata().tolist() == [[3, 4], [2, 1], [1.5, 0.25]]
    assert title(ax) == "Cost 4 to 0.25 in 2 steps"
    assert ax.lines[0].get_xdata().min() < 1.5
    ax = plots.cost_surface(lambda u, v: u**2 + v**2, [[1.0, 1.0], [0.5, 0.5]], names=("a", "b"))
    assert ax.lines[-1].get_xydata().tolist() == [[1, 1], [0.5, 0.5]]
    assert title(ax) == "Cost 2 to 0.5 in 1 steps"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")
    assert title(plots.cost_surface(lambda u, v: 0 * u, spans=((-1, 1), (-2, 2)))) == ""
    with pytest.raises(ValueError, match=r"a path of shape \(steps, 2\), got \(3,\)"):
        plots.cost_surface(lambda u, v: u, [1, 2, 3])
    with pytest.raises(ValueError, match="gave one of shape"):
        plots.cost_surface(lambda u, v: 1.0)


def test_fits_of_numbers():
    """Course, rows 17 and 18."""
    x = np.linspace(0, 1, 11)
    ax = plots.fitted_curve(lambda x: 2 * x, x, 2 * x + 1)
    assert title(ax) == "Mean squared error 1"
    np.testing.assert_allclose(ax.lines[1].get_ydata(), 2 * ax.lines[1].get_xdata())
    ax = plots.predictions([1, 2, 3], [1, 2, 4], unit="kg")
    assert (title(ax), ax.get_xlabel()) == ("R² = 0.500", "true (kg)")
    with pytest.raises(ValueError, match="predicted number for each example"):
        plots.predictions([], [])
    with pytest.raises(ValueError, match="examples of one feature"):
        plots.fitted_curve(lambda x: x, X, X[:, 0])


# Networks

def test_a_network_s_edges_are_its_weights():
    model = Sequential([Dense(3, "relu"), Dense(2)], seed=0, dtype="float64").build(2)
    model.layers[0].W.data = np.array([[1.0, -2.0, 0.0], [0.5, 4.0, -1.0]])
    ax = plots.network(model, feature_names=["x", "y"], target_names=["no", "yes"])
    edges, nodes = ax.collections[0], ax.collections[2:]
    assert [len(circles.get_offsets()) for circles in nodes] == [2, 3, 2]
    np.testing.assert_allclose(edges.get_linewidths(), 0.3 + 0.8 * np.array([1, 2, 0, 0.5, 4, 1]))
    red = [r > b for r, _, b, _ in edges.get_colors()]
    assert red == [False, True, True, False, False, True]  # 0 is no colour: too thin to see
    assert {"x", "yes", "2 inputs", "3 relu", "2 linear"} <= {text.get_text() for text in ax.texts}
    start, end = edges.get_segments()[1]
    assert start.tolist() == nodes[0].get_offsets()[0].tolist()
    assert end.tolist() == nodes[1].get_offsets()[1].tolist()


def test_wide_layers_are_shown_by_their_ends():
    model = Sequential([Dense(40), Dense(1)], seed=0).build(100)
    ax = plots.network(model, most=8)
    assert [len(circles.get_offsets()) for circles in ax.collections[2:]] == [8, 8, 1]
    assert [text.get_text() for text in ax.texts].count("⋮") == 2
    W = model.layers[0].W.data[np.ix_([0, 1, 2, 3, -4, -3, -2, -1], [0, 1, 2, 3, -4, -3, -2, -1])]
    widths = (np.array(ax.collections[0].get_linewidths()) - 0.3) / 3.2
    np.testing.assert_allclose(widths / widths.max(), abs(W.ravel()) / abs(W).max(), rtol=1e-5)
    with pytest.raises(ValueError, match="no Dense layer that is built"):
        plots.network(Sequential([Dense(3)]))


def test_scikit_learn_s_networks():
    from sklearn.neural_network import MLPClassifier

    flowers = data.iris()
    model = MLPClassifier((5,), max_iter=200, random_state=0, solver="lbfgs").fit(*flowers)
    assert "5 relu" in [text.get_text() for text in plots.network(model).texts]


# How they show themselves

EVERY = {
    "learning_curve": lambda ax=None: plots.learning_curve(HISTORY, ax=ax),
    "decision_boundary": lambda ax=None: plots.decision_boundary(by_class, X, by_class(X), ax),
    "perceptron": lambda ax=None: plots.perceptron(
        Perceptron([0, 0]).fit(X, [0, 0, 0, 1, 1]), X, [0, 0, 0, 1, 1], ax),
    "confusion_matrix": lambda ax=None: plots.confusion_matrix([0, 1, 2], [0, 1, 1], ax),
    "errors": lambda ax=None: plots.errors(np.eye(3).repeat(3, 0)[:, :, None].repeat(3, 2),
                                           [0] * 9, [1] * 9, ax),
    "weights": lambda ax=None: plots.weights(np.eye(9), ax),
    "activation": lambda ax=None: plots.activation("elu", ax),
    "cost_curve": lambda ax=None: plots.cost_curve(lambda w: w**2, [3, 2, 1], ax),
    "cost_surface": lambda ax=None: plots.cost_surface(lambda u, v: u * v, [[1, 2], [3, 4]], ax),
    "fitted_curve": lambda ax=None: plots.fitted_curve(lambda x: x, [1, 2], [3, 4], ax),
    "predictions": lambda ax=None: plots.predictions([1, 2], [1, 3], ax),
    "network": lambda ax=None: plots.network(MLP(2, [3, 1], seed=0), ax),
}  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_every_plot_draws_itself_alike_and_takes_an_ax(name, tmp_path):
    before = dict(matplotlib.rcParams)
    ax = EVERY[name]()
    for file in "a.svg", "b.svg":
        EVERY[name]().figure.savefig(tmp_path / file)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    from matplotlib.figure import Figure

    own = Figure().subplots()
    assert EVERY[name](own) is own
    assert title(own) == title(ax)
    assert dict(matplotlib.rcParams) == before


def test_a_notebook_shows_the_figure_at_its_size():
    ax = plots.activation("tanh")
    for shown in ax, ax.figure:
        image, size = shown._repr_png_()
        assert image.startswith(b"\x89PNG")
        assert size == {"width": 378}  # at 90 pixels an inch, drawn at twice that


def test_axes_of_a_figure_show_it_in_the_colours_of_all_plots():
    ax = plots.style.figure(4, 3).add_subplot()
    assert ax.plot([0, 1])[0].get_color() == plots.style.COLOURS[0]
    assert ax._repr_png_()[0] == ax.figure._repr_png_()[0]
    assert plots.style.figure(4, 3).add_subplot(projection="polar").name == "polar"


def test_a_dollar_sign_begins_no_formula():
    names = [r"$\no_such$", "$5 <b>"]
    for ax in (
        plots.confusion_matrix([0, 1], [0, 1], target_names=names),
        plots.decision_boundary(lambda x: x[:, 0], X[:2], [0, 1], target_names=names,
                                feature_names=names),
        plots.errors(np.zeros((2, 4)), [0, 1], [1, 0], target_names=names),
        plots.network(MLP(2, [2], seed=0), feature_names=names, target_names=names),
    ):  # fmt: skip
        ax._repr_png_()  # a formula would be parsed, and refused


def test_matplotlib_is_imported_when_first_used_and_pyplot_never():
    code = """
import sys, mlp.plots, mlp.data
assert not {"matplotlib", "pandas", "sklearn", "IPython"} & set(sys.modules)
mlp.plots.cost_surface(lambda u, v: u * v, [[1, 2], [3, 4]])._repr_png_()
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_it_says_how_to_install_it(monkeypatch):
    plots.style._figure_class.cache_clear()
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'chainrule\[plot\]'"):
        plots.activation("tanh")
