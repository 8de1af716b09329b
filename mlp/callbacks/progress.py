"""Progress as Keras shows it: a bar in a terminal or a notebook, a line an epoch elsewhere."""

import re
import shutil
import sys
import time
from numbers import Real
from typing import Any

from .base import Callback, plain, written

__all__ = [
    "Progress", "ProgressLogger", "broken", "check_verbose", "in_notebook", "is_interactive",
    "line",
]  # fmt: skip

BOLD, GREEN, WHITE, PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"
COLOUR = re.compile(r"\x1b\[\d*m")
WIDTH = 20
NOTEBOOK_DELAY = 1.0  # seconds before a notebook shows a bar


def in_notebook() -> bool:
    """Tell whether a kernel runs this; a terminal's IPython, and what starts kernels, is none."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def is_interactive() -> bool:
    """Tell whether what is printed can be overwritten: in a terminal and in a notebook."""
    return sys.stdout.isatty() or in_notebook()


def check_verbose(verbose: Any) -> None:
    """Raise if it is none of the choices."""
    if not isinstance(verbose, (str, int)) or verbose not in ("auto", 0, 1, 2):
        raise ValueError(f'verbose is 0, 1, 2 or "auto", got {verbose!r:.60}')


def line(
    step: int, steps: int | None, elapsed: float, logs: dict[str, float], *,
    per_step: float | None = None, verbose: int = 1, colour: bool = False, running: bool = False,
) -> str:  # fmt: skip
    """Write the line of an epoch, or of an evaluation: with a bar (`verbose` 1) or without (2).

    Times are in seconds; a `running` line has the time left, and not that since the start.

    Examples
    --------
    >>> print(line(375, 375, 0.93, {"accuracy": 0.7847, "loss": 0.0000772}))
    375/375 ━━━━━━━━━━━━━━━━━━━━ 1s 2ms/step - accuracy: 0.7847 - loss: 7.7200e-05
    """
    per_step = elapsed / max(step, 1) if per_step is None else per_step
    steps = step if steps is None else steps
    bold, green, white, plain = (BOLD, GREEN, WHITE, PLAIN) if colour else ("",) * 4
    count = f"{step:{len(str(steps))}}/{steps}"
    duration = _duration(per_step * (steps - step) if running else elapsed)
    numbers = "".join(f" - {k}: {_number(x)}" for k, x in logs.items())
    if verbose == 2:
        return f"{count} - {duration} - {_time(per_step)}/step{numbers}"
    done = WIDTH * step // max(steps, 1)
    bar = "━" * WIDTH if not colour else f"{green}{'━' * done}{white}{'━' * (WIDTH - done)}{plain}"
    return f"{bold}{count}{plain} {bar} {bold}{duration}{plain} {_time(per_step)}/step{numbers}"


def _number(x: Any) -> str:
    x = plain(x)
    small = isinstance(x, Real) and 0 < abs(x) <= 1e-3
    return written(x, ".4e" if small else ".4f")


def _time(seconds: float) -> str:
    """Write the time of a step."""
    for unit, scale in ("s", 1.0), ("ms", 1e3):
        if seconds * scale >= 1:
            return f"{seconds * scale:.0f}{unit}"
    return f"{seconds * 1e6:.0f}us"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def broken(text: str) -> str:
    """Break a line before a number's name where a narrow terminal would break it anywhere."""
    width, indent = shutil.get_terminal_size().columns, len(COLOUR.sub("", text).split()[0])
    lines = [""]
    for part in text.split(" - "):
        longer = f"{lines[-1]} - {part}" if lines[-1] else part
        if len(COLOUR.sub("", longer)) > width and lines[-1]:
            longer = f"{' ' * indent} - {part}"
            lines.append("")
        lines[-1] = longer
    return "\n".join(lines)


def _print(text: str) -> None:
    """Print a line at once; a kernel does so soon, and stores what came together as one piece."""
    print(text, flush=not in_notebook())


class Progress:
    """The progress of so many steps: silent, a bar, or a line at the end (`verbose` 0, 1, 2).

    ``"auto"`` is 1 in a terminal or a notebook, else 2. Where nothing can be overwritten, 1 prints
    the bar when it is full.
    """

    def __init__(self, steps: int | None, verbose: Any = "auto") -> None:
        check_verbose(verbose)
        self.steps = steps
        self.interactive = is_interactive()
        self.verbose = (1 if self.interactive else 2) if verbose == "auto" else int(verbose)
        self.step = self.timed = 0  # of all, and of those taken here: an epoch may be resumed
        self.logs: dict[str, float] = {}
        self.start = self.last = time.perf_counter()
        self.bar: Any = None
        if self.verbose == 1 and self.interactive:
            self.bar = _tqdm()(self)

    def update(self, logs: dict[str, float] | None = None, step: int | None = None) -> None:
        """Take a step; or say how many are done."""
        before, self.step = self.step, self.step + 1 if step is None else step
        self.timed += self.step - before
        self.last = time.perf_counter()
        if self.bar is not None:
            self.logs = logs or {}
            self.bar.update(self.step - before)

    def running(self) -> str:
        """Write the line of now."""
        return line(self.step, self.steps, self.last - self.start, self.logs,
                    per_step=self.per_step, colour=True, running=True)  # fmt: skip

    @property
    def per_step(self) -> float:
        """Seconds a step."""
        return (self.last - self.start) / max(self.timed, 1)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, error: Any, *_: Any) -> None:
        self.close(None if error else self.logs)

    def close(self, logs: dict[str, float] | None = None) -> None:
        """Print the last line; without `logs`, as after an error, end the line that is there."""
        width = 0
        if self.bar is not None:
            self.bar.leave = logs is None
            self.bar.close()
            width = self.bar.width
            self.bar = None
        if self.verbose and logs is not None:
            elapsed = time.perf_counter() - self.start
            text = line(self.step, self.steps, elapsed, logs, per_step=self.per_step,
                        verbose=self.verbose, colour=self.interactive and self.verbose == 1)
            # In a notebook the line stands where the bar stood, and covers it.
            text += " " * (width - len(COLOUR.sub("", text)))
            _print(broken(text) if sys.stdout.isatty() else text)


def _tqdm() -> Any:
    """Make the bar's class: tqdm says when to draw and where, `line` what."""
    from tqdm import tqdm

    class Bar(tqdm):
        monitor_interval = 0  # no thread that watches over it
        width = 0  # of what is to be covered

        def __init__(self, progress: Progress) -> None:
            self.progress = progress
            # What a notebook has shown once stays in its file: there a short epoch has no bar.
            self.erases = sys.stdout.isatty()
            super().__init__(total=progress.steps, file=sys.stdout, bar_format="{line}",
                             mininterval=0.05, dynamic_ncols=True,
                             delay=0 if self.erases else NOTEBOOK_DELAY)  # fmt: skip

        @property
        def format_dict(self) -> dict[str, Any]:
            return {**super().format_dict, "line": self.progress.running()}

        def display(self, msg: str | None = None, pos: int | None = None) -> bool:
            if self.erases:
                return super().display(msg, pos)
            if msg != "":  # by which it is erased
                self.width = max(self.width, len(COLOUR.sub("", str(self))))
                super().display(msg, pos)
            return True

    return Bar


class ProgressLogger(Callback):
    """Shows the progress of each epoch, as `Progress` does."""

    only_looks = reports = True

    def __init__(self, verbose: Any = "auto") -> None:
        super().__init__()
        self.verbose = verbose
        self.progress: Progress | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Print the header."""
        headed, notebook = self.verbose and self.params["epochs"] > 1, in_notebook()
        if headed and not notebook:
            _print(f"Epoch {epoch + 1}/{self.params['epochs']}")
        self.progress = Progress(self.params["steps"], self.verbose)
        if headed and notebook:  # now: a bar flushes as it is made, and would part header and line
            _print(f"Epoch {epoch + 1}/{self.params['epochs']}")

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Take a step."""
        assert self.progress is not None
        self.progress.update(logs, batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Print the last line."""
        assert self.progress is not None
        self.progress.close(logs or {})

    def on_interrupt(self) -> None:
        """End the line that is there."""
        if self.progress is not None:
            self.progress.close()
