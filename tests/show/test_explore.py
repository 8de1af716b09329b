"""Pictures that open: each is true, the page leads from one to the other."""

import json
import re

import numpy as np
import pytest

from autograd import Value, draw, explore, group, softmax_cross_entropy, values
from mlp import MLP, Dense, Sequential, mean, sigmoid_cross_entropy, squared_error

from .levels import named
from .test_browser import BROWSER, PAGE, PLAIN, drive, screenshot

browser = pytest.mark.skipif(not BROWSER, reason="no Chromium is installed")


def network(*sizes):
    net = MLP(sizes[0], sizes[1:], "tanh", seed=0)
    L = named("L", squared_error(net(values([0.1] * sizes[0], "x")), [0.2] * sizes[-1]))
    L.backward()
    return L


def states(explorer):
    """Give the states as the page has them."""
    return json.loads(re.search(r'json">(.*?)</script>', explorer.html, re.S)[1])["states"]


def trails(explorer):
    return [" › ".join(names) for names in explorer.names.values()]


def test_the_first_picture_is_that_of_draw(graphs):
    """By layer, by neuron where there are no layers, or by operation."""
    x, w = values([1, 2], "x"), values([0.5, -0.2], "w")
    loose, (bare,) = named("y", (w[0] * x[0] + w[1] * x[1]).tanh()), graphs["lecture"]()
    for root, level in (network(2, 2, 1), "layer"), (loose, "neuron"), (bare, "op"):
        explorer, picture = explore(root), draw(root, level=level)
        assert explorer.views[()].scene() == picture.scene
        assert repr(explorer) == picture.table
        assert explorer._repr_mimebundle_()["image/svg+xml"] == picture.svg


def test_layers_open_into_neurons_and_these_into_operations():
    explorer = explore(network(2, 2, 1))
    assert trails(explorer) == [
        "", "hidden", "output", "L", "hidden › h1", "hidden › h2", "output › o1"]  # fmt: skip
    first, hidden, *_, h1, _, _ = states(explorer)
    assert [name for *_, name, _ in first["opens"]] == ["hidden", "output", "L"]
    assert first["opens"][0][1::2] == [1, "opens into 2 neurons"]
    assert [name for *_, name, _ in hidden["opens"]] == ["h1", "h2", "output", "L"]
    assert h1["trail"] == [["Whole", 0], ["hidden", 1], ["h1", 4]]
    assert [to for _, to in h1["closes"]] == [0, 1]
    assert h1["what"] == "h1: 5 operations"
    titles = [cluster.title for cluster in [*explorer.views.values()][4].scene().clusters]
    assert [titles[frame] for frame, _ in h1["closes"]] == ["hidden", "h1"]
    text = h1["svg"]
    assert "tanh(Σ w·x + b)" in text  # h2 is still a neuron, and the output a layer
    assert "parameters" in text


def test_layers_of_arrays_open_into_operations():
    model = Sequential([Dense(4, "relu"), Dense(3)], seed=0)
    loss = softmax_cross_entropy(model(np.ones((2, 3))), np.arange(2))
    assert trails(explore(loss)) == ["", "dense1"]  # the others are one operation


def test_examples_stay_one():
    net = MLP(2, [2, 1], "tanh", seed=0)
    L = mean([sigmoid_cross_entropy(net([0.1 * k, -0.2]), k % 2) for k in range(10)])
    for view in explore(L).views.values():
        assert all(len(part.examples) in (1, 5, 10) for part in view.quotient.parts)
        assert max(len(part.examples) for part in view.quotient.parts) == 10
        assert len(view.boxes) < 30


def test_what_is_in_no_call_has_a_frame():
    with group("layer"):  # two neurons that have no names
        h = [(Value(0.1 * k, f"w{k}") * Value(1.0, f"x{k}") + k).tanh() for k in (1, 2)]
    y = (h[0] + 2) * (h[1] - 3)
    y.backward()
    explorer = explore(y)
    for way, view in explorer.views.items():
        frames = [cluster.title for cluster in view.scene().clusters]
        assert all(name in frames for name in explorer.names[way])
    assert "layer › #2" in trails(explorer)


def test_a_large_graph_opens_as_far_as_there_is_room():
    explorer = explore(network(2, 24, 24, 2))
    assert explorer.closed > 0
    assert len(explorer.html) < 2_000_000
    page = states(explorer)
    assert len(page) == len(explorer.views)
    assert all(to < len(page) for state in page for _, to, *_ in state["opens"])
    assert f'"note":"{explorer.closed} more would open' in explorer.html
    huge = explore(network(40, 60, 2))  # 2,400 weights are too many arrows
    assert "hidden" not in trails(huge)
    assert "output" in trails(huge)


def test_what_cannot_be_explored():
    with pytest.raises(TypeError, match=r"explore\(net\(x\)\)"):
        explore(MLP(2, [1], seed=0))
    with pytest.raises(TypeError, match="explore: expected one Value"):
        explore()
    with pytest.raises(ValueError, match=r"name in \.html"):
        explore(Value(1.0) * 2).save("page.svg")
    x = Value(1.0)
    for _ in range(2_001):
        x = x.tanh()
    with pytest.raises(ValueError, match="too many to see"):
        explore(x)


def test_an_empty_line_would_end_the_html_of_markdown():
    assert "\n\n" not in explore(network(2, 2, 1)).html


SEEN = """
    const seen = () => ({ state: player.dataset.state, text: inside(".text").textContent,
        now: inside("[data-box].now")?.getAttribute("aria-label") ?? "",
        trail: [...player.shadowRoot.querySelectorAll("nav button")].map((b) => b.textContent) });
    const key = (key) => document.body.dispatchEvent(  // keys work at once
        new KeyboardEvent("keydown", { key, bubbles: true }));
    const click = (query) => inside(query).dispatchEvent(
        new MouseEvent("click", { bubbles: true }));
"""


@browser
def test_it_opens_by_keys_clicks_and_buttons(tmp_path):
    page = explore(network(2, 2, 1)).save(tmp_path / "page.html").read_text(encoding="utf-8")
    first, second, hidden, h1, back, root, clicked, closed, whole = drive(tmp_path, page, SEEN + """
        const all = [seen()];
        key("ArrowRight"); all.push(seen()); key("ArrowLeft");
        key("Enter"); all.push(seen());
        key(" "); all.push(seen());
        key("Escape"); all.push(seen());
        key("Escape"); all.push(seen());
        click("[aria-label^=output]"); all.push(seen());
        click("[data-frame].closes"); all.push(seen());
        inside("button.open").click(); inside("button.open").click();
        inside("nav button").click(); all.push(seen());
        return all;""")
    opens = "opens into"
    assert first == {"state": "0", "trail": ["Whole"], "text": f"hidden: {opens} 2 neurons",
                     "now": f"hidden: {opens} 2 neurons"}  # fmt: skip
    assert second["now"] == f"output: {opens} 1 neuron"
    assert hidden["trail"] == ["Whole", "hidden"]
    assert hidden["text"] == f"h1: {opens} 5 operations"
    assert (h1["trail"], h1["text"]) == (["Whole", "hidden", "h1"], "h1: 5 operations")
    assert back == hidden
    assert root == first
    assert clicked["trail"] == ["Whole", "output"]
    assert closed == second  # what was closed is chosen
    assert whole["state"] == "0"


@browser
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_it_stays_in_sight(tmp_path, width, height):
    """The words, the buttons and the box that would open, on a laptop and on a phone."""
    page = explore(network(3, 4, 2)).save(tmp_path / "page.html").read_text(encoding="utf-8")
    found = drive(tmp_path, page, SEEN + """
        const all = [], within = (part, [left, top, right, bottom]) => {
            const place = part.getBoundingClientRect();
            return place.left >= left - 1 && place.right <= right + 1
                && place.top >= top - 1 && place.bottom <= bottom + 1; };
        const right = "ArrowRight";
        for (const press of
                ["", right, "Enter", "Enter", right, right, "Escape", right, "Escape"]) {
            if (press) key(press);
            const { left, top, right, bottom } = inside(".picture").getBoundingClientRect();
            const parts = [".text", ".note", "button.close", "button.open", "select"].map((part) =>
                within(inside(part), [0, 0, innerWidth, innerHeight]));
            const now = inside("[data-box].now");
            all.push([...parts, !now || within(now, [left, top, right, bottom])]);
        }
        return all;""", f"{width},{height}")
    assert len(found) == 9
    assert all(all(parts) for parts in found), found


@browser
def test_it_can_be_reached_without_a_mouse(tmp_path):
    """What opens can be focused and has a name; where the focus was, it stays."""
    html = PAGE.format("", explore(network(2, 2, 1)).html)
    roles, label, focus, name = drive(tmp_path, html, SEEN + """
        const boxes = [...player.shadowRoot.querySelectorAll("[data-box].opens")];
        boxes[1].focus(); const label = seen().now;
        boxes[1].dispatchEvent(new KeyboardEvent("keydown",
            { key: "Enter", bubbles: true, composed: true }));
        return [boxes.map((g) => [g.getAttribute("role"), g.tabIndex]), label,
            player.shadowRoot.activeElement?.getAttribute("aria-label") ?? "nothing",
            player.getAttribute("aria-label")];""")
    assert roles == [["button", 0]] * 3
    assert label.startswith("output: opens into")
    assert focus.startswith("o1")
    assert name == "Network of 2 layers"


@browser
def test_without_scripts_it_is_the_first_picture(tmp_path):
    with group("layer"):
        y = (Value(0.5, "w") * Value(2.0, "x")).tanh()
    explorer = explore(y)
    untrusted = re.sub("<script.*?</script>", "", explorer.html, flags=re.S)
    still, shown = (screenshot(tmp_path, name, PAGE.format(PLAIN, body)) for name, body in
                    (("still", explorer.picture.svg), ("shown", untrusted)))  # fmt: skip
    assert ((still - shown) != 0).any(axis=2).sum() < 200
    assert (still < 100).any(axis=2).sum() > 1000
