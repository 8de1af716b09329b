"""One training over many processes: data-parallel synchronous gradient descent, over MPI.

Every rank has all parameters. Of each batch it computes the gradient by some of the rows; gradients
are added up in one call, and each rank takes the same step.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import numpy as np

__all__ = ["Ranks", "end", "started"]

GRACE = 1.0  # seconds that other ranks leave to the first, which mostly has the same to say
LAUNCHERS = {"PMI": "MPICH's", "OMPI_COMM_WORLD": "Open MPI's"}  # and what they set for a process
_yield = getattr(os, "sched_yield", lambda: time.sleep(0))


def started() -> tuple[int, int] | None:
    """Tell which of how many processes this is that ``mpiexec`` started; None if it did not.

    Returns
    -------
    rank, size : int
        As the environment has them: MPI is not loaded.

    Examples
    --------
    >>> started()  # outside mpiexec
    """
    for name in LAUNCHERS:
        rank, size = (os.environ.get(f"{name}_{part}", "") for part in ("RANK", "SIZE"))
        if rank.isdigit() and size.isdigit():
            return int(rank), int(size)
    return None


def _mpi() -> Any:
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise ModuleNotFoundError("a training over many processes needs mpi4py and an MPI: "
                                  f"pip install 'chainrule[mpi]' ({error})", name="mpi4py"
                                  ) from error  # fmt: skip
    return MPI


def end(message: str, code: int) -> None:
    """End every process that ``mpiexec`` started, with a message; return if this is the only one.

    The first rank speaks at once. Another waits a second before it does: mostly the first has the
    same to say, and has ended it by then.
    """
    rank, size = started() or (0, 1)
    if size == 1:
        return
    try:
        MPI = _mpi()
    except ModuleNotFoundError:  # then nobody waits for anybody
        return
    if rank:
        time.sleep(GRACE)
        message = f"rank {rank} of {size}: {message}"
    if message:
        print(message, file=sys.stderr, flush=True)
    sys.stdout.flush()
    MPI.COMM_WORLD.Abort(code)
    os._exit(code)  # where that comes back before it has an effect


def _end_by_error(
    kind: type[BaseException], error: BaseException, at: TracebackType | None
) -> None:
    """Print a traceback, as Python does, and end the others, too: they would wait for ever."""
    end("".join(traceback.format_exception(kind, error, at)).rstrip(), 1)


class Ranks:
    """The processes of a training, as ``mpiexec -n 4`` starts them: for ``compile(ranks=…)``.

    While it is there, an error that nobody catches ends all of them, and each has as many threads
    for products as there are cores for it.

    Parameters
    ----------
    comm : mpi4py.MPI.Comm, optional
        Those that take part; all, if not given.

    Attributes
    ----------
    rank, size : int
        Which one this is, from 0, and how many there are.

    Raises
    ------
    ModuleNotFoundError
        If mpi4py is not installed.
    RuntimeError
        If ``mpiexec`` is that of another MPI.

    Examples
    --------
    >>> ranks = Ranks()  # doctest: +SKIP
    >>> model.compile("adam", "mse", ranks=ranks)  # doctest: +SKIP
    >>> if ranks.first:  # doctest: +SKIP
    ...     model.save("model.safetensors")
    """

    def __init__(self, comm: Any = None) -> None:
        self.MPI = MPI = _mpi()
        self.comm = MPI.COMM_WORLD if comm is None else comm
        self.rank, self.size = self.comm.Get_rank(), self.comm.Get_size()
        wanted = started()
        if comm is None and wanted is not None and wanted[1] != self.size:
            raise RuntimeError(
                f"mpiexec started {wanted[1]} processes, and mpi4py's MPI knows of {self.size}: it "
                f"is another one, {MPI.Get_library_version().split(',')[0].strip():.60}; use its "
                "own mpiexec, such as the one beside this Python")  # fmt: skip
        self.wish = self.granted = False  # to end the training: one's own, and everybody's
        if self.size > 1:
            sys.excepthook = _end_by_error
            self._share_cores()

    def __reduce__(self) -> Any:
        return type(None), ()  # a copy of a network is trained alone

    def __repr__(self) -> str:
        return f"<rank {self.rank} of {self.size}>"

    @property
    def first(self) -> bool:
        """Whether this is the one that reports and writes."""
        return self.rank == 0

    def _share_cores(self) -> None:
        here = self.comm.Split_type(self.MPI.COMM_TYPE_SHARED)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (
            os.cpu_count() or 1)  # fmt: skip
        if not {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"} & os.environ.keys():
            from threadpoolctl import threadpool_limits

            self._limits = threadpool_limits(max(1, cores // here.Get_size()), "blas")
        here.Free()

    def rows(self, n: int) -> slice:
        """Give this rank's part of n rows: they are shared out evenly, the first get those over."""
        each, over = divmod(n, self.size)
        start = each * self.rank + min(self.rank, over)
        return slice(start, start + each + (self.rank < over))

    def reduce(self, flat: Any, cost: float, share: float) -> float:
        """Make the mean gradient of a batch from those of the ranks, in one call.

        Parameters
        ----------
        flat : FlatParameters
            In its ``grad`` is the mean gradient by this rank's rows; then that of all.
        cost : float
            Their mean cost.
        share : float
            How large a share of the batch they are.

        Returns
        -------
        float
            The mean cost of the batch.
        """
        message = flat.message
        with np.errstate(all="ignore"):
            message[-2] = cost
            message[:-1] *= message.dtype.type(share)
            message[-1] = self.wish
        self._wait(self.comm.Iallreduce(self.MPI.IN_PLACE, message))
        self.granted = bool(message[-1] > 0)
        return float(message[-2])

    def _wait(self, request: Any) -> None:
        """Wait, and leave the core to others who have something to do; Ctrl-C is heard."""
        while not request.Test():
            _yield()

    def wait(self) -> None:
        """Wait until all ranks are here, without work for the processor."""
        request = self.comm.Ibarrier()
        while not request.Test():
            time.sleep(0.005)

    def totals(self, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Add up tables of numbers by their names, those of all ranks."""
        found: dict[str, dict[str, Any]] = {name: {} for name in tables}
        for theirs in self.comm.allgather(tables):
            for name, table in theirs.items():
                for key, x in table.items():
                    found[name][key] = found[name][key] + x if key in found[name] else x
        return found

    def any(self, wish: bool) -> bool:
        """Tell whether a rank wishes it."""
        return any(self.comm.allgather(wish))

    def first_does(self, f: Callable[[], Any]) -> Any:
        """Let the first rank do something; give all what came of it, or raise what it raised."""
        found = error = None
        if self.first:
            try:
                found = f()
            except Exception as raised:
                error = raised
        found, error = self.comm.bcast((found, error))
        if error is not None:
            raise error
        return found

    def agree(self, owner: str, facts: Mapping[str, str]) -> None:
        """See that all ranks have the same.

        Parameters
        ----------
        owner : str
            Who is named in errors.
        facts : mapping of str to str
            By name what each is to have; that of the first rank is compared with all others.

        Raises
        ------
        ValueError
            On all ranks, if one has something else.
        """
        first, *others = self.comm.allgather(dict(facts))
        for rank, other in enumerate(others, 1):
            for name in first | other:
                here, there = first.get(name), other.get(name)
                if here != there:
                    raise ValueError(f"{owner}: the ranks disagree on {name}: rank 0 has "
                                     f"{here!s:.200}, rank {rank} {there!s:.200}")  # fmt: skip
