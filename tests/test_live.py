"""Training to watch: in a real kernel, in an exported page, and where there is no notebook."""

import base64
import re

import numpy as np
import pytest

from mlp import MLP, Dense, Sequential, data
from mlp.plots.watch import watch

pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra plot)")

X, Y = data.xor(30, noise=0.2)
NET = MLP(2, [3, 1], "tanh", seed=0)


def panels(figure):
    return [ax.get_title(loc="left").split()[0] for ax in figure.axes]


def test_the_losses_go_through_and_nothing_is_shown(capsys):
    watched = watch(NET, X, Y, (1 / n for n in range(1, 8)), every=3)
    assert list(watched) == [1 / n for n in range(1, 8)]
    assert watched.history == {"loss": [1 / n for n in range(1, 8)]}
    assert capsys.readouterr() == ("", "")


def test_it_is_drawn_every_few_epochs_and_at_the_end(monkeypatch, tmp_path):
    drawn = []
    monkeypatch.setattr(watch, "picture", lambda self: drawn.append(self.epochs) or Paper())

    class Paper:
        def savefig(self, file):
            file.write_text("")

    for _ in watch(NET, X, Y, range(11), every=4, file=tmp_path / "new" / "a.png"):
        pass
    assert drawn == [1, 4, 8, 11]
    assert (tmp_path / "new" / "a.png").exists()


def test_the_panels_fit_the_data():
    def after(model, x, y, **logs):
        watched = watch(model, x, y)
        watched.on_epoch_end(0, logs)
        return watched.picture()

    figure = after(NET, X, Y, accuracy=0.9, loss=0.5, val_loss=0.6)
    assert panels(figure) == [figure.axes[0].get_title(loc="left").split()[0], "Loss", "Largest"]
    assert figure.get_suptitle() == "epoch 1, loss 0.5"
    assert "validation" in [line.get_label() for line in figure.axes[1].lines]
    assert panels(after(lambda x: x, X[:, :1], X[:, 1], loss=1.0)) == ["Mean", "Loss"]
    wide = MLP(64, [50, 10], seed=0)
    assert panels(after(wide, np.zeros((3, 64)), [0, 1, 2], loss=1.0)) == ["Loss"]


def test_in_fit_the_last_picture_is_of_the_end(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(watch, "_state", lambda self: drawn.append(self.epochs) or "")
    model = Sequential([Dense(3, "tanh"), Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    watched = watch(model, X, Y, file=tmp_path / "a.png", every=2)
    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=watched)
    assert drawn == [1, 2, 3]
    assert watched.history == history.history
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")

    def stop(epoch, logs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[watched, stop])
    assert watched.interrupted
    assert drawn[-1] == 4
    with pytest.raises(TypeError, match=r"no losses to go through: watch\(model, x, y, losses\)"):
        iter(watched).__next__()


def test_an_error_of_the_training_is_not_hidden_and_leaves_the_picture(tmp_path):
    def losses():
        yield 1.0
        raise FloatingPointError("too steep")

    watched = watch(NET, X, Y, losses(), file=tmp_path / "a.png")
    with pytest.raises(FloatingPointError, match="too steep"):
        list(watched)
    assert watched.history["loss"] == [1.0]


@pytest.mark.parametrize(("x", "y", "every", "message"), [
    (X, Y[:3], 5, r"got \(30, 2\) and \(3,\)"), (X[:, 0], Y, 5, r"got \(30,\)"),
    (X, Y, 0, "every is a whole number from 1, got 0"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_at_once(x, y, every, message):
    with pytest.raises(ValueError, match=message):
        watch(NET, x, y, every=every)


CELLS = ["""\
from mlp import MLP, data, gradient_descent, mean, plots, sigmoid_cross_entropy
from mlp.plots.watch import watch
x, y = data.xor(30, noise=0.2)
net = MLP(2, [3, 1], "tanh", seed=1)
def cost():
    return mean([sigmoid_cross_entropy(net(a), int(t)) for a, t in zip(x.tolist(), y)])
losses = gradient_descent(cost, net.parameters(), learning_rate=1.0, steps=8)
for loss in watch(net, x, y, losses, every=3):
    pass
""", """\
import os, signal
def endless():
    for n in range(10_000):
        if n == 7:
            os.kill(os.getpid(), signal.SIGINT)  # what the button "interrupt" does
        yield 1 / (n + 1)
for loss in watch(net, x, y, endless(), every=3):
    pass
""", "plots.decision_boundary(net, x, y)"]


def test_a_notebook_keeps_the_last_picture():
    """Run by a kernel, interrupted as well, and exported to a page."""
    nbformat = pytest.importorskip("nbformat", reason="it is not installed (extra notebook)")
    nbclient = pytest.importorskip("nbclient", reason="it is not installed (extra notebook)")
    nbconvert = pytest.importorskip("nbconvert", reason="it is not installed (extra notebook)")
    pytest.importorskip("ipykernel", reason="it is not installed (extra notebook)")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [cell.outputs for cell in notebook.cells]
    assert [[out.output_type for out in outs] for outs in outputs] == [
        ["display_data"], ["display_data"], ["execute_result"]]  # fmt: skip
    assert outputs[0][0].data["text/plain"].startswith("epoch 8, loss 0.")
    assert outputs[1][0].data["text/plain"] == "epoch 7, interrupted, loss 0.1429"
    for (out,) in outputs:
        assert base64.b64decode(out.data["image/png"]).startswith(b"\x89PNG")
        assert set(out.data) == {"image/png", "text/plain"}
        assert 300 < out.metadata["image/png"]["width"] < 1400
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    assert len(re.findall(r'<img[^>]* src="data:image/png;base64,', page, re.S)) == 3
    assert "Traceback" not in page
