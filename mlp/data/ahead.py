"""The next mini-batch is prepared while one is learned from; arrays in files are known as such."""

import contextvars
import mmap
import threading
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from typing import Any

import numpy as np

__all__ = ["Ahead", "mapped"]


def mapped(array: Any) -> bool:
    """Tell whether an array, or what it is a part of, lies in a memory-mapped file.

    Examples
    --------
    >>> mapped(np.zeros(3))
    False
    """
    while isinstance(array, (np.ndarray, memoryview)):
        array = array.base if isinstance(array, np.ndarray) else array.obj
    return isinstance(array, mmap.mmap)


class Ahead(Iterator[Any]):
    """Gives what an iterator gives, of which a thread prepares the next while one is in use.

    Parameters
    ----------
    items : iterable
        All of it is gone through by that thread.
    eager : bool, optional
        Whether the next is asked for as one is given; if not, by `ask`.

    Examples
    --------
    >>> list(Ahead([1, 2, 3]))
    [1, 2, 3]
    """

    def __init__(self, items: Iterable[Any], eager: bool = True) -> None:
        self.items, self.eager = iter(items), eager
        self.asked: SimpleQueue[bool] = SimpleQueue()
        self.ready: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self.thread: threading.Thread | None = None
        self.waiting = self.over = False

    def ask(self) -> None:
        """Let the next be prepared."""
        if self.thread is None:
            context = contextvars.copy_context()  # np.errstate and the like hold there, too
            self.thread = threading.Thread(
                target=context.run, args=(_prepare, self.items, self.asked, self.ready),
                name="the next mini-batch", daemon=True)  # fmt: skip
            self.thread.start()
        if not (self.waiting or self.over):
            self.waiting = True
            self.asked.put(True)

    def __next__(self) -> Any:
        self.ask()
        if self.over:
            raise StopIteration
        item, error = self.ready.get()
        self.waiting = False
        if error is not None:
            self.over = True
            raise error
        if self.eager:
            self.ask()
        return item

    def __del__(self) -> None:
        self.asked.put(False)


def _prepare(items: Iterator[Any], asked: SimpleQueue[bool], ready: SimpleQueue[Any]) -> None:
    """Prepare an item when one is asked for, until there is none, or nobody asks any more."""
    while asked.get():
        try:
            ready.put((next(items), None))
        except BaseException as error:  # for whoever waits
            ready.put((None, error))
            return
