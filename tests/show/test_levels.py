"""Pictures by neuron and by layer: what they find in a graph, and what they say of it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlp
from autograd import Tensor, Value, draw, group, values
from autograd.show import notebook_bundle
from autograd.show.paint.page import for_print
from mlp import MLP, Dense, Layer, Sequential

from .levels import PICTURES, lecture, named, network
from .test_draw import GOLDEN, ROOT, hashes_of, words
from .test_layout import check

LEVELS = [name for name in PICTURES if not name.startswith("derivative")]


@pytest.fixture(params=PICTURES)
def name(request):
    return request.param


def heads(picture):
    """The titles of the tables."""
    heads = (box.head for box in picture.scene.boxes if box.head)
    return ["".join(run.text for run in head.runs) for head in heads]


def labels(picture):
    return {edge.label: edge.note for edge in picture.scene.edges if edge.label}


def column(picture, head, title):
    """The cells below a title in the table of a neuron."""
    for box in picture.scene.boxes:
        if box.head and box.head.runs[0].text == head:
            for cells in box.columns:
                text = ["".join(run.text for run in cell.runs) for cell in cells]
                if text[0] == title:
                    return text[1:]
    raise LookupError(head, title)


def test_golden(name):
    """To accept new pictures, look at them: ``GOLDEN=write pytest tests/show -k golden``."""
    svg, golden = PICTURES[name]().svg, GOLDEN / f"{name}.svg"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(svg, encoding="utf-8")
    assert svg == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", ["0", "4242"])
def test_same_bytes_in_every_process(seed):
    code = (
        "import hashlib; from tests.show.levels import PICTURES\n"
        "for name, make in PICTURES.items():\n"
        "    print(name, hashlib.sha256(make().svg.encode()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONHASHSEED": seed},
    )  # fmt: skip
    assert dict(line.split() for line in done.stdout.splitlines()) == hashes_of(PICTURES)


def test_nothing_overlaps(name):
    check(PICTURES[name]())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.booleans())
def test_nothing_overlaps_in_any_network(sizes, with_loss):
    y = MLP(sizes[0], sizes[1:], seed=0)(values([0.5] * sizes[0], "x"))
    roots = [y] if isinstance(y, Value) else y
    if with_loss:
        roots = [mlp.squared_error(y, [1.0] * len(roots) if len(roots) > 1 else 1.0)]
        roots[0].backward()
    check(draw(*roots, level="neuron"))
    check(draw(*roots, level="layer"))


# By neuron


def test_the_lecture_by_neuron():
    picture = PICTURES["neuron-lecture"]()
    assert labels(picture) == {
        "w1 = 0.15": "∂E/∂w1 = 0.0004386", "w2 = 0.2": "∂E/∂w2 = 0.0008771",
        "w3 = 0.25": "∂E/∂w3 = 0.0004977", "w4 = 0.3": "∂E/∂w4 = 0.0009954",
        "w5 = 0.4": "∂E/∂w5 = 0.08217", "w6 = 0.45": "∂E/∂w6 = 0.08267",
        "w7 = 0.5": "∂E/∂w7 = −0.0226", "w8 = 0.55": "∂E/∂w8 = −0.02274",
    }  # fmt: skip
    assert heads(picture) == [*(f"{name} = σ(Σ w·x + b)" for name in ("h1", "h2", "o1", "o2")),
                              "E = ½ (t1 − o1)² + ½ (t2 − o2)²"]  # fmt: skip
    assert column(picture, "h1", "in") == ["0.3775", "0.008771"]
    assert column(picture, "o1", "out") == ["0.7514", "0.7414"]
    titles = [cluster.title for cluster in picture.scene.clusters]
    assert titles == ["hidden · b1 = 0.35 (grad 0.01873)", "inputs",
                      "output · b2 = 0.6 (grad 0.1004)"]  # fmt: skip
    assert "local 0.4 · upstream 0.1385 = contribution 0.0554" in picture.svg
    assert [line.split("  ") for line in re.sub("  +", "  ", str(picture)).splitlines()] == [
        ["box", "is", "from", "data", "grad"],
        ["h1", "σ(Σ w·x + b)", "x1, x2", "0.5933", "0.03635"],
        ["h2", "σ(Σ w·x + b)", "x1, x2", "0.5969", "0.04137"],
        ["o1", "σ(Σ w·x + b)", "h1, h2", "0.7514", "0.7414"],
        ["o2", "σ(Σ w·x + b)", "h1, h2", "0.7729", "−0.2171"],
        ["E", "½ (t1 − o1)² + ½ (t2 − o2)²", "o1, o2", "0.2984", "1"],
    ]


def test_neurons_are_found_without_groups():
    found, grouped = PICTURES["neuron-no-groups"](), PICTURES["neuron-lecture"]()
    assert heads(found) == heads(grouped)
    assert labels(found) == labels(grouped)
    assert str(found) == str(grouped)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=2, max_size=4),
       st.sampled_from(["tanh", "relu", "softplus", "linear"]), st.integers(0, 99))  # fmt: skip
def test_what_flows_from_a_box_is_its_gradient(sizes, activation, seed):
    """The contributions on the arrows from an output add up to its gradient."""
    model = MLP(sizes[0], sizes[1:], activation, seed=seed)
    x = values([0.3, -0.7, 0.2, 0.9][: sizes[0]], "x")
    y = model(x)
    outputs = [y] if isinstance(y, Value) else y
    loss = mlp.squared_error(y if len(outputs) == 1 else outputs,
                             0.5 if len(outputs) == 1 else [0.5] * len(outputs))  # fmt: skip
    loss.backward()
    scene = draw(loss, level="neuron").scene
    flows = {}
    for edge in scene.edges:
        flows[edge.source] = flows.get(edge.source, 0.0) + edge.flow
    grads = [leaf.grad for leaf in x]
    for i, box in enumerate(scene.boxes):
        if box.head is None:
            assert flows[i] == pytest.approx(grads.pop(0), abs=1e-12)
        elif i in flows:
            out = box.columns[-1][-1].runs[0].text.replace("−", "-")
            assert f"{flows[i]:.4g}" == pytest.approx(float(out), rel=1e-3, abs=1e-12) or (
                flows[i] == pytest.approx(float(out), rel=1e-3, abs=1e-12)
            )
    assert not grads


def test_weights_and_inputs_that_are_all_leaves():
    """The weight is called so, or made in the group, or used once; else it is the first factor."""
    a, b, c, x, z = *values([1, 2, 3], "a"), Value(4, "x"), Value(8, "z")
    with group("n"):
        y = x * a + b * Value(7, "w") + x * c + z * Value(5, "k")
    assert [*labels(draw(y.tanh(), level="neuron"))] == ["a1 = 1", "w = 7", "a3 = 3", "k = 5"]


def test_sums_that_begin_with_nothing_and_thresholds():
    w, x, theta = Value(2, "w"), Value(3, "x"), Value(0.5, "θ")
    with group("n"):
        y = sum([w * x]).tanh()
    assert heads(draw(y, level="neuron")) == ["n = tanh(Σ w·x)"]
    with group("n"):
        y = (w * x - theta).heaviside()
    picture = draw(y, level="neuron")
    assert heads(picture) == ["n = step(Σ w·x − b)"]
    assert column(picture, "n", "θ") == ["0.5", "–"]
    with group("n"):
        y = w * x + 0.25
    assert column(draw(y, level="neuron"), "n", "b") == ["0.25", ""]


def test_a_weight_is_what_results_are_multiplied_with():
    """In w·x + u·h the first h is a leaf, too; a function of two operands is written as such."""
    w, u, h = Value(0.5, "w"), Value(-0.3, "u"), Value(0.0, "h0")
    for t in range(3):
        with group("cell"):
            h = (w * Value(0.2 * t, f"x{t}") + u * h).tanh()
    rows = [re.split(" {2,}", row)[:3] for row in str(draw(h, level="neuron")).splitlines()[1:]]
    assert rows == [["cell", "tanh(Σ w·x)", "x0, h0"], ["cell(2)", "tanh(Σ w·x)", "x1, cell"],
                    ["cell(3)", "tanh(Σ w·x)", "x2, cell(2)"]]  # fmt: skip
    with group("score"):
        s = (Value(2.0, "k") * Value(3.0, "q") + Value(1.0, "l") * Value(3.0, "r")) / 4
    assert "(Σ w·x)/4" in str(draw(s, level="neuron"))


def test_functions_of_ones_own_and_outside_of_the_group():
    w, x = Value(2, "w"), Value(3, "x")
    with group("n"):
        z = w * x
        y = z * z.sigmoid()
    assert heads(draw(y, level="neuron")) == ["n = φ(Σ w·x)"]
    assert column(draw(y, level="neuron"), "n", "in") == ["6", "–"]
    with group("n"):
        z = w * x
    assert heads(draw(z.relu(), level="neuron")) == ["n = Σ w·x", "relu(n)"]
    assert heads(draw(-z, level="neuron")) == ["n = Σ w·x", "−n"]


def test_a_part_of_a_sum_that_is_used_again():
    """It belongs to one neuron; what else is made of it stands beside."""
    w, x, a, b = Value(2, "w"), Value(3, "x"), Value(1, "a"), Value(5, "b")
    with group("n"):
        part = w * x
        y, z = named("y", (part + a).tanh()), named("z", part + b)
    picture = draw(y, z, level="neuron")
    assert heads(picture)[0] == "y = tanh(Σ w·x + b)"
    assert column(picture, "y", "in") == ["7", "–"]
    assert heads(picture)[1] == "z · add"


def test_neurons_of_one_group():
    """A layer without names for its neurons: each sum is a neuron in the frame."""
    y = Layer(2, 3, "tanh", seed=0, name="hidden")(values([1, 2], "x"))
    picture = draw(*y, level="neuron")
    assert heads(picture) == ["tanh(Σ w·x + b)"] * 3
    assert [len(c.boxes) for c in picture.scene.clusters if c.title == "hidden"] == [3]


def test_constant_inputs_are_shared_by_the_neurons_of_a_layer():
    y = MLP(2, [3, 1], seed=0)([2.0, 2.0])
    pills = [box for box in draw(y, level="neuron").scene.boxes if box.pill]
    assert len(pills) == 2  # the same number twice, but two inputs


def test_several_examples_are_one_network():
    picture = PICTURES["neuron-several-examples"]()
    model = MLP(2, [3, 1], ["tanh", "sigmoid"], seed=1)
    outputs = [model(x).data for x in ((0, 0), (0, 1), (1, 0), (1, 1))]
    low, high = (f"{f(outputs):.4g}" for f in (min, max))
    assert column(picture, "o1", "out")[0] == f"{low} … {high}"
    assert heads(picture) == [
        *(f"{name} = tanh(Σ w·x + b) × 4" for name in ("h1", "h2", "h3")),
        "o1 = σ(Σ w·x + b) × 4", "(c − o1)² × 4", "J = 0.25·Σ",
    ]  # fmt: skip
    assert "o1   σ(Σ w·x + b) × 4 " in str(picture)


def test_examples_with_several_outputs():
    """The losses of the outputs of one example belong together."""
    net = MLP(2, [3, 2], "tanh", seed=0)
    examples = [([0.1 * k, -0.1 * k], [k % 3, 0.5]) for k in range(50)]
    cost = named("J", mlp.mean([mlp.squared_error(net(x), t) for x, t in examples]))
    assert heads(draw(cost, level="neuron")) == [
        *(f"h{k} = tanh(Σ w·x + b) × 50" for k in (1, 2, 3)),
        *(f"o{k} = (Σ w·x + b) × 50" for k in (1, 2)),
        "(c − o1)² × 50", "(0.5 − o2)² × 50", "J = 0.02·Σ",
    ]  # fmt: skip
    assert len(draw(cost, level="layer").scene.boxes) == 6


def test_examples_that_have_met_before_their_sum_stay_apart():
    net = MLP(2, [2, 1], "tanh", seed=0)
    outputs = [net(values([0.1 * k, 0.2], "x")) for k in range(3)]
    middle = mlp.mean(outputs)
    spread = sum((y - middle) ** 2 for y in outputs)
    assert len(heads(draw(spread, level="neuron"))) > 9


def test_a_group_that_is_no_neuron():
    picture = PICTURES["neuron-no-neurons"]()
    assert heads(picture) == ["polar · 6 operations", "y = r·angle"]
    assert {"r", "angle", "3.606", "0.9828"} <= set(words(picture.svg))
    flows = [edge.flow for edge in picture.scene.edges]
    assert flows == pytest.approx([-0.286894, 1.372434, 3.605551 + 0.982794], rel=1e-5)


def test_weights_are_hidden_where_there_are_many():
    assert all("=" in label for label in labels(PICTURES["neuron-2-2-1"]()))
    some = labels(PICTURES["neuron-4-8-3"]())
    assert some
    assert not any("=" in label for label in some)
    many = PICTURES["neuron-2-16-16-1"]()
    assert not labels(many)
    assert many.svg.count("<title>w") == 304  # which say it all
    assert "∂L/∂w304 = " in many.svg


def test_before_backward_by_neuron_and_by_layer():
    y = MLP(2, [2, 1], seed=0)(values([1, 2], "x"))
    assert "∂" not in draw(y, level="neuron").svg
    assert words(draw(y, level="layer").svg).count("–") == 4
    assert all(edge.flow is None for edge in draw(y, level="neuron").scene.edges)


def test_weights_changed_after_use():
    error = lecture()
    w5 = next(p for p in error_leaves(error) if p.label == "w_5")
    w5.data = 0.41
    picture = draw(error, level="neuron")
    assert "w5 = 0.41 (changed)" in labels(picture)
    flows = {edge.label: edge.flow for edge in picture.scene.edges}
    assert flows["w5 = 0.41 (changed)"] is None
    assert flows["w6 = 0.45"] is not None


def error_leaves(root):
    from autograd import topological_order

    return [node for node in topological_order(root) if node.op is None]


# By layer


def rows_of(box):
    texts = [["".join(run.text for run in cell.runs) for cell in cells] for cells in box.columns]
    return dict(zip(*texts, strict=True))


def boxes_by_head(picture):
    return {box.head.runs[0].text: rows_of(box) for box in picture.scene.boxes if box.head}


def test_layers_of_neurons():
    model = MLP(3, [5, 2], "tanh", seed=1)
    loss = named("L", mlp.squared_error(model([1.0, 2.0, 3.0]), [0.0, 1.0]))
    loss.backward()
    found = boxes_by_head(draw(loss, level="layer"))
    norm = np.linalg.norm([p.grad for p in model.layers[0].parameters()])
    assert found["hidden"] | {"‖grad out‖": ""} == {
        "neurons": "5", "output": "5 numbers", "activation": "tanh", "parameters": "20",
        "‖grad‖": f"{norm:.4g}", "‖grad out‖": "",
    }  # fmt: skip
    assert found["output"]["parameters"] == "12"
    assert "activation" not in found["output"]
    assert [edge.label for edge in draw(loss, level="layer").scene.edges] == [
        "3 numbers", "5 numbers", "2 numbers",
    ]  # fmt: skip


def test_layers_of_tensors():
    model = Sequential([Dense(16, "relu"), Dense(4)], seed=0)
    y = model(np.ones((8, 6), "float32"))
    loss = (y * y).sum()
    loss.backward()
    found = boxes_by_head(draw(loss, level="layer"))
    grads = [p.grad for p in model.layers[1].parameters()]
    norm = np.sqrt(sum((g.astype("float64") ** 2).sum() for g in grads))
    assert found["dense2"] | {"‖grad out‖": ""} == {
        "output": "8×4", "parameters": "68", "‖grad‖": f"{norm:.4g}", "‖grad out‖": "",
    }  # fmt: skip
    assert found["dense1"]["parameters"] == "112"
    assert found["dense1"]["activation"] == "relu"


def test_layers_of_a_softmax():
    assert boxes_by_head(PICTURES["layer-softmax"]())["output"]["activation"] == "softmax"
    assert boxes_by_head(PICTURES["layer-softmax"]())["output"]["neurons"] == "3"
    model = Sequential([Dense(3, "softmax")], seed=0)
    assert re.search(r"dense1 +2×3 +softmax ", str(draw(model(np.ones((2, 4))), level="layer")))


def test_parameters_from_outside_of_the_groups():
    found = boxes_by_head(PICTURES["layer-matrices"]())
    assert found["first"]["parameters"] == "8"
    assert found["second"]["parameters"] == "4"
    assert [c.title for c in PICTURES["layer-matrices"]().scene.clusters] == ["encoder"]


# Which one


def test_the_level_goes_by_size():
    assert not heads(draw(network([2, 2, 1])))  # by operation
    assert len(heads(draw(network([2, 5, 1])))) == 7
    assert len(heads(draw(network([2, 20, 20, 1])))) == 4
    assert len(heads(draw(network([2, 20, 20, 1]), level="neuron"))) == 42
    x = Value(1, "x")
    for _ in range(100):
        x = x.tanh()
    assert not heads(draw(x))  # no groups


def test_what_cannot_be_seen_is_refused_with_advice():
    y = MLP(40, [40, 1], seed=0)([0.5] * 40)
    with pytest.raises(ValueError, match=r"1,640 connections.*level='layer'"):
        draw(y, level="neuron")
    with pytest.raises(ValueError, match=r"more than 2,000 nodes.*level='layer'"):
        draw(y, level="op")
    assert len(heads(draw(y))) == 2
    x = Value(1, "x")
    for _ in range(100_000):
        x = x + 1
    with pytest.raises(ValueError, match=r"no sums of weights.*level='op'"):
        draw(x, level="neuron")
    with pytest.raises(ValueError, match=r"no groups.*with group\(name\)"):
        draw(x, level="layer")
    for i in range(401):
        with group(f"step {i}"):
            x = x.tanh()
    with pytest.raises(ValueError, match="402 groups"):
        draw(x, level="layer")


def test_a_recurrence_is_drawn_as_it_goes_on_in_time():
    w, h, g = Value(0.5, "w"), Value(1, "h"), Value(2, "g")
    for _ in range(20):
        with group("cell/h"):
            h = (w * g).tanh()
        with group("cell/g"):
            g = (w * h).tanh()
    picture = draw(g, level="neuron")
    assert len(heads(picture)) == 40
    assert [c.title for c in picture.scene.clusters][:2] == ["cell", "cell (2) · shared weights"]
    assert len(heads(draw(g, level="layer"))) == 20
    h = Value(1, "h")
    for _ in range(3):
        with group("cell/h"):
            h = (w * h).tanh()
    assert heads(draw(h, level="neuron")) == [
        f"h({k}) = tanh(Σ w·x)" for k in (2, 3, 4)  # after the leaf
    ]


def test_a_large_network_is_small_by_layer():
    model = MLP(50, [40, 10], "sigmoid", seed=0)
    loss = mlp.softmax_cross_entropy(model([0.1] * 50), 3)
    loss.backward()
    picture = draw(loss)
    assert boxes_by_head(picture)["hidden"]["parameters"] == "2,040"
    assert len(picture.svg) < 5_000


def test_a_thousand_nodes_are_less_than_a_megabyte():
    assert len(PICTURES["neuron-2-16-16-1"]().svg.encode()) < 200_000


# Everywhere


def test_labels_are_text():
    for level in "neuron", "layer":
        svg = PICTURES[f"{level}-odd-labels"]().svg
        assert "<script" not in svg
        assert "<b>" not in svg
        assert "<" in words(svg)  # the first part of </svg>
    texts = words(PICTURES["neuron-odd-labels"]().svg)
    assert '<script>alert("1")<… = 0.5' in texts
    assert r"\N $\alpha$ = 3.5" in texts


@given(st.text(st.characters()))
def test_any_label_and_group(label):
    w = Value(2, label)
    with group(label), group("n"):
        y = (w * Value(3, label)).tanh()
    y.label = label
    y.backward()
    for level in "neuron", "layer":
        picture = draw(y, level=level)
        ElementTree.fromstring(picture.svg.encode())
        picture.table.encode()
        picture.to_graphviz().source.encode()


def test_notebook():
    picture = PICTURES["neuron-lecture"]()
    bundle = picture._repr_mimebundle_()
    assert bundle["text/plain"] == for_print(picture.table)
    assert bundle["image/svg+xml"] == picture.svg
    error = network([2, 5, 1])
    assert notebook_bundle(error)["image/svg+xml"] == draw(error, level="neuron").svg


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz's `dot` is not installed")
@pytest.mark.parametrize("name", LEVELS)
def test_graphviz(name, tmp_path):
    picture = PICTURES[name]()
    scene, picture.engine = picture.scene, "graphviz"
    titles = re.findall(r"<title>(\S+)</title>", picture.svg)
    assert {str(i) for i in range(len(scene.boxes))} <= set(titles)
    assert sum("&#45;&gt;" in title for title in titles) == len(scene.edges)


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz's `dot` is not installed")
def test_files(tmp_path):
    for level in "neuron", "layer":
        picture = draw(lecture(), level=level, engine="graphviz")
        assert picture.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
        assert picture.save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
        assert "h1" in picture.save(tmp_path / "a.dot").read_text() or level == "layer"


def test_tensors_by_neuron_are_boxes_with_results():
    x = Tensor(np.ones((2, 3)), "x")
    with group("first"):
        h = (x * Tensor(np.ones(3), "w")).tanh()
    picture = draw(h.sum(), level="neuron")
    assert heads(picture) == ["first = tanh(x·w)", "Σ(first)"]


def test_golden_files_are_all_used(graphs):
    assert {path.stem for path in Path(GOLDEN).glob("*.svg")} == {*graphs, *PICTURES}
