"""``mlp draw``: an expression, its values and gradients, and its picture."""

from argparse import Namespace
from pathlib import Path

from .arguments import Command, Parser, UsageError
from .expression import parse

__all__ = ["DRAW"]


def _arguments(parser: Parser) -> None:
    parser.add_argument("expression", metavar="EXPRESSION",
                        help="such as 'c*(a + 2*b)', or 'd = 2*b; e = a + d; L = c*e', which "
                        "labels the nodes; functions are those of docs/operations.md")  # fmt: skip
    parser.add_argument("numbers", metavar="NAME=NUMBER", nargs="*",
                        help="what each name stands for")  # fmt: skip
    parser.add_argument("-o", "--output", metavar="FILE", type=Path,
                        help="the picture, as .svg or .dot, or through Graphviz' program dot as "
                        ".png or .pdf")  # fmt: skip


def _run(arguments: Namespace) -> int:
    from autograd import draw  # which loads all that draws

    numbers: dict[str, float] = {}
    for given in arguments.numbers:
        name, equals, number = given.partition("=")
        try:
            if not equals or name.strip() in numbers:
                raise ValueError
            numbers[name.strip()] = float(number)
        except ValueError:
            raise UsageError(f"each name is given one number, as in a=3, got {given!r}") from None
    L = parse(arguments.expression, **numbers)
    L.backward()
    picture = draw(L)
    print(picture.table)
    if arguments.output is not None:
        picture.save(arguments.output)
        print(f"\nDrawn in {arguments.output}")
    return 0


DRAW = Command(
    "draw", "compute an expression, its gradients, and draw the graph",
    "Compute an expression and the derivatives of its result, and draw the graph of both.\n"
    "An expression that begins with - goes after --.",
    """
mlp draw "c*(a + 2*b)" a=3 b=1 c=-2 -o graph.svg
mlp draw "d = 2*b; e = a + d; L = c*e" a=3 b=1 c=-2
mlp draw -o neuron.png -- "-tanh(w*x + b)" w=0.5 x=2 b=-1
""", _arguments, _run,
)  # fmt: skip
