"""``mlp demo``: a graph, backpropagation by hand, and networks that learn."""

import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from autograd import Value, sigmoid, values

from .. import data
from ..losses import half_squared_error, mean, softmax_cross_entropy
from ..models import gradient_descent
from ..scalar import MLP
from .arguments import Command
from .drawing import DRAW
from .training import TRAIN

__all__ = ["DEMO", "backpropagation_by_hand", "iris", "lecture_graph", "main"]


LECTURE = {
    "in_h1": "0.3775", "in_h2": "0.3925", "out_h1": "0.593269992", "out_h2": "0.596884378",
    "in_y1": "1.105905967", "in_y2": "1.224921404", "out_y1": "0.751365070",
    "out_y2": "0.772928465", "E": "0.298371109", "∂E/∂w5": "0.082167041", "∂E/∂w1": "0.000438568",
    "w1 − ½ ∂E/∂w1": "0.149780716", "w2 − ½ ∂E/∂w2": "0.19956143", "w3 − ½ ∂E/∂w3": "0.24975114",
    "w4 − ½ ∂E/∂w4": "0.29950229", "w5 − ½ ∂E/∂w5": "0.35891648", "w6 − ½ ∂E/∂w6": "0.408666186",
    "w7 − ½ ∂E/∂w7": "0.511301270", "w8 − ½ ∂E/∂w8": "0.561370121",
}  # fmt: skip


def lecture_graph() -> tuple[Value, ...]:
    """Build the course's graph L = c (a + 2b), and differentiate it; give a, b, c, d, e, L."""
    a, b, c = Value(3, "a"), Value(1, "b"), Value(-2, "c")
    d = 2 * b
    e = a + d
    L = c * e
    d.label, e.label, L.label = "d", "e", "L"
    L.backward()
    return a, b, c, d, e, L


def backpropagation_by_hand() -> Value:
    """Work the lectures' example of eight weights, which is Mazur's, beside its printed numbers."""
    x, t = values([0.05, 0.10], "x"), values([0.01, 0.99], "t")
    w = values([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55], "w")
    b = values([0.35, 0.60], "b")
    in_h = [w[0] * x[0] + w[1] * x[1] + b[0], w[2] * x[0] + w[3] * x[1] + b[0]]
    out_h = [sigmoid(z) for z in in_h]
    in_y = [w[4] * out_h[0] + w[5] * out_h[1] + b[1], w[6] * out_h[0] + w[7] * out_h[1] + b[1]]
    out_y = [sigmoid(z) for z in in_y]
    E = half_squared_error(out_y, t)
    E.label = "E"
    for name, nodes in ("in_h", in_h), ("out_h", out_h), ("in_y", in_y), ("out_y", out_y):
        for i, node in enumerate(nodes, 1):
            node.label = f"{name}{i}"
    E.backward()
    computed = {node.label: node.data for node in [*in_h, *out_h, *in_y, *out_y, E]}
    computed |= {f"∂E/∂{p.label}": p.grad for p in w}
    computed |= {f"{p.label} − ½ ∂E/∂{p.label}": p.data - 0.5 * p.grad for p in w}
    print("\nBackpropagation by hand: Matt Mazur's 2-2-2 network of sigmoids, E = ½ Σ (t − o)²\n")
    print(f"   {'':17}computed      by hand")
    for name, lecture in LECTURE.items():
        number, places = computed[name], len(lecture) - 2
        mark = "✓" if f"{number:.{places}f}" == lecture else "✗"
        print(f"   {name:17}{number:<14.{places}f}{lecture:<12}{mark}")
    return E


def iris(steps: int = 40) -> float:
    """Train a network of scalar neurons on iris; give the share of held-out flowers it names."""
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler
    from tqdm import tqdm

    flowers = data.iris()
    x, x_test, y, y_test = train_test_split(
        flowers.x, flowers.y, test_size=30, stratify=flowers.y, random_state=0
    )
    scaler = StandardScaler().fit(x)
    x, x_test = scaler.transform(x).tolist(), scaler.transform(x_test).tolist()
    model = MLP(4, [8, 3], "tanh", seed=0)
    print(f"\nIris: a 4-8-3 network of neurons, {len(model.parameters())} parameters")
    print(f"{len(x)} flowers to learn from, {len(x_test)} held out\n")

    def cost() -> Value:
        return mean([softmax_cross_entropy(model(xi), yi) for xi, yi in zip(x, y, strict=True)])

    descent = gradient_descent(cost, model.parameters(), learning_rate=0.5, steps=steps)
    with tqdm(descent, total=steps, desc="   training", unit="step", file=sys.stdout,
              disable=None) as bar:  # fmt: skip
        for loss in bar:
            bar.set_postfix(loss=f"{loss:.4f}")
    right = [argmax(model(xi)) == yi for xi, yi in zip(x_test, y_test, strict=True)]
    accuracy = sum(right) / len(right)
    print(f"   accuracy on held-out flowers: {sum(right)} of {len(right)}, {accuracy:.1%}")
    return accuracy


def argmax(outputs: Sequence[Value]) -> int:
    """Give the number of the largest output."""
    return max(range(len(outputs)), key=lambda i: outputs[i].data)


def main() -> int:
    """Tell the whole story, with pictures in the folder ``out``; give an exit code."""
    from autograd import draw  # which loads all that draws

    folder = Path("out")
    folder.mkdir(exist_ok=True)
    print("An expression, its values and the derivatives of its result\n")
    code = _command(DRAW, "d = 2*b; e = a + d; L = c*e", "a=3", "b=1", "c=-2",
                    "-o", str(folder / "expression.svg"))  # fmt: skip
    picture = draw(backpropagation_by_hand()).save(folder / "backprop-by-hand.svg")
    print(f"\nDrawn in {picture}")
    iris()
    print("\nDigits: layers of matrices\n")
    return code or _command(TRAIN, "digits", "--epochs", "15", "--overwrite")


def _command(command: Command, *arguments: str) -> int:
    print(f"$ {shlex.join(['mlp', command.name, *arguments])}", flush=True)
    return command(arguments)


def _run(_: Namespace) -> int:
    return main()


DEMO = Command(
    "demo", "tell the whole story, with pictures in the folder out",
    "A graph with its derivatives; a network, backpropagated, beside the numbers that\n"
    "were worked out by hand; networks that learn flowers and digits. Pictures in the\n"
    "folder out.",
    "\nmlp demo\n", lambda parser: None, _run,
)  # fmt: skip
