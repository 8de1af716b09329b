"""The geometry of pictures, measured in the SVG: what may not overlap does not."""

import re
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, group, values
from autograd.show import draw, explore
from autograd.show.layout.routing import lay_out
from autograd.show.paint.svg import _line
from autograd.show.scene.text import text_width
from mlp import MLP, Layer

SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Rectangle:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other, slack=0.6):
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.top < other.bottom - slack
            and other.top < self.bottom - slack
        )

    def holds(self, x, y, slack=0.6):
        return (
            self.left + slack < x < self.right - slack
            and self.top + slack < y < self.bottom - slack
        )


def measure(svg):
    """Give the boxes, the labels of edges, and points along the lines of a picture."""
    _, _, _, _, wires, boxes = ElementTree.fromstring(svg)
    rectangles, labels, points = [], [], []
    for box in boxes:
        x, y = map(float, re.findall(r"[\d.]+", box.get("transform")))
        frame = box.find(f"{SVG}rect")
        rectangles.append(
            Rectangle(x, y, x + float(frame.get("width")), y + float(frame.get("height")))
        )
    for text in wires.iter(f"{SVG}text"):
        x, y = float(text.get("x")), float(text.get("y"))
        labels.append(Rectangle(x - text_width(text.text, 11), y - 8, x, y))
    for path in wires.iter(f"{SVG}path"):
        if path.get("fill") == "none":
            points += follow(path.get("d"))
    return rectangles, labels, points


def follow(path):
    """Give points along a path of M, h, v and c commands, a few pixels apart."""
    points = []
    for command, numbers in re.findall(r"([Mhvc])([-\d. ]+)", path):
        n = [float(x) for x in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            x, y = n
        elif command == "h":
            points += [(x + n[0] * i / 50, y) for i in range(51)]
            x += n[0]
        elif command == "v":
            points += [(x, y + n[0] * i / 50) for i in range(51)]
            y += n[0]
        else:
            for i in range(21):
                t = i / 20
                a, b, c = 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
                points.append(
                    (x + a * n[0] + b * n[2] + c * n[4], y + a * n[1] + b * n[3] + c * n[5])
                )
            x, y = x + n[4], y + n[5]
    return points


def check(picture):
    boxes, labels, points = measure(picture.svg)
    things = [*boxes, *labels]
    for i, one in enumerate(things):
        assert not any(one.meets(other) for other in things[:i])
    for x, y in points:
        assert not any(thing.holds(x, y) for thing in things)
    layout, scene = lay_out(picture.scene), picture.scene
    frames = [(index, Rectangle(*frame)) for index, frame in layout.frames]
    for index, frame in frames:
        cluster = scene.clusters[index]
        title = Rectangle(frame.left + 7, frame.top + 6, 0, frame.top + 14)
        title.right = title.left + text_width(cluster.title, 11)
        assert not any(title.meets(thing) for thing in things)
        assert frame.left >= 0
        assert frame.right <= layout.width
        for i, box in enumerate(boxes):
            if i not in cluster.boxes:
                assert not frame.meets(box)
    for index, cluster in enumerate(scene.clusters):
        mine = [frame for other, frame in frames if other == index]
        for i in cluster.boxes:  # it is inside in one of its rows
            box = boxes[i]
            assert any(f.holds(box.left, box.top) and f.holds(box.right, box.bottom) for f in mine)
    for i, (index, one) in enumerate(frames):
        for outer, other in frames[:i]:
            around = set(scene.clusters[index].boxes) <= set(scene.clusters[outer].boxes)
            assert not one.meets(other) or around
    for box in boxes:
        assert 0 <= box.left < box.right <= layout.width
        assert 0 <= box.top < box.bottom <= layout.height


@st.composite
def graphs(draw_from, groups=("",)):
    """Make graphs of up to 60 nodes, with long edges, many uses of one node, several roots."""
    step = st.tuples(
        st.sampled_from("+-*t2w"), st.integers(0, 12), st.integers(0, 60), st.sampled_from(groups)
    )
    leaves = draw_from(st.integers(1, 6))
    nodes = [Value(0.3 * i - 0.7, f"x_{i}" if i % 2 else "") for i in range(leaves)]
    unused = dict.fromkeys(nodes)
    for kind, near, far, name in draw_from(st.lists(step, min_size=1, max_size=54)):
        a, b = nodes[-1 - near % len(nodes)], nodes[far % len(nodes)]
        with group(name):
            match kind:
                case "+":
                    node = a + b
                case "-":
                    node = a - b
                case "*":
                    node = a * b
                case "t":
                    node = b.tanh()
                case "2":
                    node = 2 * a
                case _:
                    node = a.clip(-1.5, b)
        if near == 7:
            node.label = "a rather long label"
        nodes.append(node)
        for operand in (a, b) if kind in "+-*" else (b,) if kind == "t" else node.parents:
            unused.pop(operand, None)
        unused[node] = None
    roots = list(unused)
    for root in roots:
        root.backward()
    return roots


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_nothing_overlaps(roots):
    check(draw(*roots))


@settings(max_examples=60, deadline=None)
@given(graphs(groups=("", "a", "a/b", "a/c", "d", "d/e/f", "g/h/i/j/k")))
def test_nothing_overlaps_and_frames_hold_their_own(roots):
    check(draw(*roots))


def test_a_frame_with_a_gap_holds_nothing_else():
    x = Value(0.5, "x")
    with group("a"):
        y = x.tanh()
    for _ in range(4):
        y = y.sigmoid()
    with group("a"):
        y = y.tanh()
    check(draw(y))


def test_golden_graphs(roots):
    check(draw(*roots))


def test_leaves_stand_beside_their_nearest_consumer(roots):
    scene = draw(*roots).scene
    layout = lay_out(scene)
    columns = sorted({corner[0] for corner, box in zip(layout.corners, scene.boxes, strict=True)
                      if box.ports})  # fmt: skip
    for i, (box, (x, _)) in enumerate(zip(scene.boxes, layout.corners, strict=True)):
        targets = [layout.corners[edge.target][0] for edge in scene.edges if edge.source == i]
        if not box.ports and targets:
            assert sum(x + box.width <= column < min(targets) for column in columns) == 0


def test_a_tree_has_no_crossings():
    """With every node used once, lines in the order of their sources are in that of their ends."""

    def tree(depth):
        if not depth:
            return Value(depth, f"x_{depth}")
        return tree(depth - 1) * tree(depth - 1) if depth % 2 else tree(depth - 1).tanh() - 1

    scene = draw(tree(7)).scene
    layout = lay_out(scene)
    steps = {}
    for wire in layout.wires:
        for (x, y), (_, end) in zip(wire.points[1:-1:2], wire.points[2::2], strict=True):
            steps.setdefault(x, []).append((y, end))
    for links in steps.values():
        ends = [end for _, end in sorted(links)]
        assert ends == sorted(ends)


def test_a_long_chain_is_broken_into_rows():
    x = w = Value(0.5, "w")
    for _ in range(40):
        x = (w * x).tanh()
    x.backward()
    picture = draw(x)
    check(picture)
    layout = lay_out(picture.scene)
    assert layout.width <= 1800
    lefts = [left for left, _ in layout.corners]
    assert sum(right < left for left, right in pairwise(lefts)) > 3  # where a new row begins


def test_no_line_crosses_the_frame_of_another_neuron():
    """What goes into a frame enters it at its left, where others go on into theirs."""
    x = values([0.3, -0.1], "x")
    y = Layer(2, 3, "tanh", seed=0)(x)
    pictures = [draw(*y, level="op").scene]
    pictures += [view.scene() for view in explore(*y).views.values()]
    assert len(pictures) == 6
    for scene in pictures:
        layout = lay_out(scene)
        for wire in layout.wires:
            ends = {end for edge in wire.edges for end in (edge.source, edge.target)}
            points = follow(re.sub("([hc])-", r"\1 -", _line(wire.points, 0)))
            for index, frame in layout.frames:
                if ends.isdisjoint(scene.clusters[index].boxes):
                    assert not any(Rectangle(*frame).holds(x, y, 1) for x, y in points)


def test_labels_have_room_where_many_arrows_end():
    x = values([0.3, -0.1], "x")
    nets = [MLP(2, [1], "tanh", seed=k) for k in range(12)]
    check(draw(sum(net(x) ** (k + 1) for k, net in enumerate(nets)), level="layer"))


def test_rows_in_groups():
    """A frame has a piece in every row."""
    x = Value(0.5, "x")
    with group("all"):
        for _ in range(30):
            x = x.tanh() + 0.1
    picture = draw(x, level="op")
    check(picture)
    frames = lay_out(picture.scene).frames
    assert {index for index, _ in frames} == {0}
    assert len(frames) > 2
