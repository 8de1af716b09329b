"""What the commands have in common: how arguments are read, and what is said of wrong ones."""

import argparse
import difflib
import math
import re
import shutil
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from ..data.notation import DECIMALS, THOUSANDS, kinds
from ..lookup import lookup

__all__ = [
    "RATE", "SHARE", "Command", "Parser", "UsageError", "choice", "fill", "notation", "number",
    "pair", "several", "sizes", "whole",
]  # fmt: skip


class UsageError(ValueError):
    """The command line is wrong; the message says what."""


class Parser(argparse.ArgumentParser):
    """argparse, with examples at the end of its help and errors that name the nearest option."""

    def __init__(self, prog: str, description: str, examples: str, **settings: Any) -> None:
        epilog = "examples:\n" + "\n".join(f"  {line}" for line in examples.strip().splitlines())
        folded = "\n".join(fill(line, 12) for line in description.splitlines())
        super().__init__(prog=prog, description=folded, epilog=epilog, allow_abbrev=False,
                         formatter_class=argparse.RawDescriptionHelpFormatter,
                         **settings)  # fmt: skip

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Read arguments; those without a name may stand before and after those with one."""
        plain = "--" in arguments  # which argparse would lose
        parse = self.parse_known_args if plain else self.parse_known_intermixed_args
        found, rest = parse(arguments)
        if rest and not rest[0].startswith("-"):
            raise UsageError(f"there is one argument too many: {rest[0]}")
        if rest:
            known = re.findall(r"--[a-z-]+", self.format_help())
            near = difflib.get_close_matches(rest[0].partition("=")[0], known, 1)
            hint = f"did you mean {near[0]}?" if near else "what begins with - goes after --"
            raise UsageError(f"there is no option {rest[0]}: {hint}")
        return found

    def error(self, message: str) -> NoReturn:
        """Raise, and leave it to `main` to say it."""
        raise UsageError(message.replace("the following arguments are required:", "missing:"))


@dataclass(frozen=True)
class Command:
    """A command: what its help says, what arguments it has, what it does."""

    name: str
    summary: str
    description: str
    examples: str
    add_arguments: Callable[[Parser], None]
    run: Callable[[argparse.Namespace], int]

    def __call__(self, arguments: Sequence[str]) -> int:
        """Read the arguments and do it; give the exit code."""
        parser = Parser(f"mlp {self.name}", self.description, self.examples)
        self.add_arguments(parser)
        found = parser.parse(arguments)
        found.given = [self.name, *arguments]
        return self.run(found)


def fill(text: str, indent: int = 2) -> str:
    """Break text where the terminal ends."""
    width = shutil.get_terminal_size().columns
    return textwrap.fill(text, max(width, 40), subsequent_indent=" " * indent,
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip


def choice(kind: str, table: Any) -> Callable[[str], str]:
    """Take one of some names."""

    def read(text: str) -> str:
        try:
            lookup(kind, text, dict.fromkeys(table))
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return text

    return read


def whole(least: int) -> Callable[[str], int]:
    """Take whole numbers from `least`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,18}", text) or int(text) < least:
            raise argparse.ArgumentTypeError(f"a whole number from {least}, got {text!r:.40}")
        return int(text)

    return read


def number(low: float, high: float, what: str) -> Callable[[str], float]:
    """Take numbers from `low` to below `high`, or above 0 where `high` is infinite."""

    def read(text: str) -> float:
        try:
            x = float(text)
        except ValueError:
            x = math.nan
        if not low <= x < high or (math.isinf(high) and x == 0):
            raise argparse.ArgumentTypeError(f"{what}, got {text!r:.40}")
        return x

    return read


SHARE = partial(number, 0, 1, "a number from 0 to below 1")
RATE = partial(number, 0, math.inf, "a number above 0")


def several(read: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    """Take values with commas between them, each once."""
    return lambda text: list(dict.fromkeys(map(read, text.split(","))))


def sizes(text: str, mark: str = ",") -> tuple[int, ...]:
    """Take the sizes of layers, such as 64,32."""
    if text == "none":
        return ()
    if not re.fullmatch(rf"[1-9]\d{{0,5}}({mark}[1-9]\d{{0,5}})*", text):
        raise argparse.ArgumentTypeError(f"sizes such as 64{mark}32, or none, got {text!r:.40}")
    return tuple(map(int, text.split(mark)))


def pair(text: str) -> tuple[str, str]:
    """Take what is said of a column, such as zip=text."""
    column, mark, kind = text.rpartition("=")
    if not (column and mark and kind):
        raise argparse.ArgumentTypeError(
            f"COLUMN=number, COLUMN=text, COLUMN=date or COLUMN=%d.%m.%Y, got {text!r:.40}")
    try:
        kinds({column: kind}, [column])
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return column, kind


def notation(add: Callable[..., Any]) -> None:
    """Add the options for how the numbers of a table are written."""
    add("--decimal", type=choice("decimal mark", DECIMALS), metavar="MARK",
        help="of a table: the decimal mark, . or , where the file leaves it open")
    add("--thousands", type=choice("mark for thousands", THOUSANDS), metavar="MARK",
        help="of a table: what stands between thousands, as the . in 1.234,5")
