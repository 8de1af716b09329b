"""The command ``mlp``: networks trained, examined and used from the shell; graphs drawn.

What goes wrong is said in one line. The exit code is 0, 1 where the data or a file is at fault,
2 where the command line is, and 130 after Ctrl-C.
"""

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from .. import __version__, parallel
from ..lookup import lookup
from .arguments import Parser, UsageError
from .demo import DEMO
from .drawing import DRAW
from .searching import SEARCH
from .trained import EVALUATE, INFO, PREDICT
from .training import TRAIN

__all__ = ["COMMANDS", "main"]

COMMANDS = {command.name: command for command in (
    TRAIN, SEARCH, EVALUATE, PREDICT, INFO, DRAW, DEMO)}  # fmt: skip

EXAMPLES = """
mlp train digits
mlp evaluate out/digits digits
mlp draw "c*(a + 2*b)" a=3 b=1 c=-2 -o graph.svg
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``mlp`` on the command line; that of this process if not given.

    Returns
    -------
    int
        The exit code.

    Examples
    --------
    >>> main(["draw", "a * b", "a=3", "b=2"])
    node  operation  operands  data  grad
    a                             3     2
    b                             2     3
    #3    multiply   a, b         6     1
    0
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    for stream in sys.stdout, sys.stderr:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # where there is no ━, a ? is better than an error
    name = "mlp"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default", UserWarning)
            warnings.simplefilter("ignore", RuntimeWarning)  # an error follows, if it matters
            warnings.showwarning = _warn
            if not arguments or arguments[0].startswith("-"):
                code = _overview(arguments)
            else:
                command = _command(arguments[0])
                name = f"mlp {command.name}"
                code = command(arguments[1:])
        sys.stdout.flush()
    except UsageError as error:
        return _fail(f"{name}: {error} ({name} --help says more)", 2)
    except SystemExit as end:  # after --help
        return int(end.code or 0)
    except BrokenPipeError:  # who reads the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return _fail(f"{name}: interrupted", 130)
    except (ArithmeticError, ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
        return _fail(f"{name}: {_reason(error).removeprefix(f'{name[4:]}: ')}", 1)
    if code:
        parallel.end("", code)
    return code


def _command(name: str) -> Any:
    try:
        return lookup("command", name, {**COMMANDS})
    except ValueError as error:
        raise UsageError(str(error)) from None


def _overview(arguments: Sequence[str]) -> int:
    lines = [f"  {command.name:10}{command.summary}" for command in COMMANDS.values()]
    parser = Parser(
        "mlp", "Small neural networks, and the graphs that their derivatives come from.\n\n"
        "commands:\n" + "\n".join(lines), EXAMPLES, usage="mlp COMMAND ...",
    )  # fmt: skip
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    if parser.parse(arguments).version:
        print(f"chainrule {__version__}")
        return 0
    parser.print_help(sys.stderr)
    return 2


def _warn(message: Any, *_: Any, **__: Any) -> None:
    rank, _ = parallel.started() or (0, 1)
    if not rank:
        _fail(f"mlp: warning: {message}", 0)


def _fail(message: str, code: int) -> int:
    sys.stdout.flush()
    message = " ".join(message.split())
    if code:
        parallel.end(message, code)
    print(message, file=sys.stderr)
    return code


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
