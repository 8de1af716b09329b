"""Compiled loops: many steps of training in one call, on one thread or two.

Of a batch each thread has its rows: it computes them, and a gradient of its own; these are added
up, and each thread changes its part of the parameters. Numba compiles the code, once for all: what
it made is kept on disk.
"""

import hashlib
import importlib.util
import os
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Loops", "Run"]


class Loops:
    """The code of many steps, and what it is called with.

    Attributes
    ----------
    text : str
        A module with a function ``run``.
    buffers : list of ndarray
        Its working memory.
    constants : list of ndarray
        Arrays that the code needs.
    size : int
        The numbers that each thread's gradient takes.
    sums : int
        The sums over a batch that are single numbers.
    """

    def __init__(
        self, text: str, buffers: list[np.ndarray], constants: list[np.ndarray], size: int,
        sums: int, dtype: Any,
    ) -> None:  # fmt: skip
        self.text, self.buffers, self.constants = text, buffers, constants
        self.size, self.sums, self.dtype = size, sums, dtype

    @property
    def name(self) -> str:
        """What the module is called: by its text, and what it calls."""
        from . import elementary, kernels

        called = b"".join(Path(str(m.__file__)).read_bytes() for m in (elementary, kernels))
        called += bytes([kernels.NUMPYS])
        return "step_" + hashlib.sha256(self.text.encode() + called).hexdigest()[:20]

    @property
    def known(self) -> bool:
        """Whether it has been compiled before."""
        return any(_folder().glob(f"__pycache__/{self.name}.run-*.nbi"))

    def compile(self) -> Any:
        """Give the compiled function, from disk if it has been made before."""
        name = self.name
        if name in sys.modules:
            return sys.modules[name].run
        folder = _folder()
        path = folder / f"{name}.py"
        if not path.exists() or path.read_text(encoding="utf-8") != self.text:
            part = folder / f"{name}.{os.getpid()}.part"
            part.write_text(self.text, encoding="utf-8")
            part.replace(path)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
        return module.run

    def prepare(self, threads: int) -> "Run":
        """Allocate what so many threads need."""
        return Run(self, threads)


class Run:
    """Compiled loops with their memory."""

    def __init__(self, loops: Loops, threads: int) -> None:
        self.loops, self.threads = loops, threads
        self.function = loops.compile()
        self.parts = np.zeros((threads, loops.size), loops.dtype)
        self.sums = np.zeros((threads, max(loops.sums, 1)))

    def gradient(self, total: int) -> np.ndarray:
        """Give the gradient of the last step, of which each thread has its share."""
        from .kernels import share

        starts = [share(total, me, self.threads) for me in range(self.threads + 1)]
        return np.concatenate([part[a:b] for part, (a, b) in zip(self.parts, pairwise(starts),
                                                                strict=True)])  # fmt: skip

    def part(self, me: int, *shared: Any) -> int:
        """Do what is a thread's to do, with denormal numbers for 0."""
        from .kernels import flush, restore

        before = flush()
        try:
            return int(self.function(me, self.threads, *shared))
        finally:
            restore(before)

    def __call__(self, first: int, last: int, costs: np.ndarray, *arguments: Any) -> int:
        """Take the steps from `first` to before `last`; say how many were taken."""
        from .kernels import LINE

        flags = np.zeros(LINE * (self.threads + 1), np.int64)
        bad = np.zeros(self.threads, np.int64)
        shared = (first, last, costs, self.parts, self.sums, bad, flags, *arguments,
                  *self.loops.constants, *self.loops.buffers)  # fmt: skip
        if self.threads == 1:
            return self.part(0, *shared)
        others = [threading.Thread(target=self.part, args=(me, *shared))
                  for me in range(1, self.threads)]  # fmt: skip
        try:
            for other in others:
                other.start()
            return self.part(0, *shared)
        finally:  # those that were started shall not wait for one that never came
            flags[self.threads * LINE] = 1
            for other in others:
                if other.ident is not None:
                    other.join()


def _folder() -> Path:
    """Give the folder for generated code, which is the user's alone."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("CHAINRULE_CACHE") or Path(base) / "chainrule")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
