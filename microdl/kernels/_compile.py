"""How a kernel is declared: compiled at first use, kept on disk, and never in silence."""

import atexit
import functools
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import event as numba_event
from numba.core.caching import FunctionCache
from numba.core.runtime import nrt

F = TypeVar("F", bound=Callable[..., Any])

_config: Any = numba.config
_events: Any = numba_event
_reference_counts: Any = nrt.rtsys


def kernel(*flags: str) -> Callable[[F], F]:
    """Declare a function of arrays that Numba compiles at its first call and keeps on disk.

    `flags` names the LLVM floating-point flags, one by one ("contract", "reassoc", "nsz", "arcp"): `fastmath=True`
    would also assume that there is no NaN and no infinity. With NUMBA_DISABLE_JIT=1 a kernel is plain Python on NumPy
    scalars, without their warnings: compiled code has none.

    A helper that a kernel of another file calls is compiled into it, and Numba does not see that file change: after
    editing such a helper, delete `__pycache__/*.nb*`.
    """

    def declare(function: F) -> F:
        if _config.DISABLE_JIT:
            return _without_warnings(function)
        jit: Any = numba.njit(nogil=True, error_model="numpy", fastmath=set(flags))
        return _on_disk(jit(function))  # type: ignore[no-any-return]

    return declare


class ByDtype(dict[str, Any]):
    """The machine code of a kernel for each dtype, "f" or "d", made at first use: `ByDtype(f, 2, 1)["f"](x, y)`.

    To call it saves Numba's look at the types, half of what a call with small arrays costs; so the arguments must be of
    just these types, or memory is misread. `likes` has for each argument the number of dimensions of an array of the
    dtype, in C order, or any value of the argument's type in a list.
    """

    def __init__(self, function: Any, *likes: int | list[Any]) -> None:
        super().__init__()
        self._function, self._likes = function, likes

    def __missing__(self, char: str) -> Any:
        compiled = getattr(self._function, "compile", None)  # none with NUMBA_DISABLE_JIT=1
        examples = [like[0] if isinstance(like, list) else np.empty((0,) * like, char) for like in self._likes]
        code = compiled(tuple(map(numba.typeof, examples))) if compiled else self._function
        return self.setdefault(char, code)


class _Files(FunctionCache):
    """A kernel's compiled code on disk: Numba's files, but for two things.

    Numba numbers them: of two processes that compile at once, one's index may name the other's code. With the process
    in the name, all that can happen is that a kernel is compiled once more.

    Before it looks for code Numba refreshes its target: it imports all that it is able to compile, and SciPy for its
    BLAS, a third of the time that a process needs until its first training step is done. Compiled code needs the
    runtime that counts references, and no more. Where there is none on disk, the compiler refreshes the target itself.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]  # Numba has no types
        pattern = getattr(self._cache_file, "_data_name_pattern", None)
        if pattern is not None:
            self._cache_file._data_name_pattern = _NameWithPid(pattern.replace("{number:d}", "{pid:d}-{number:d}"))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        _reference_counts.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


class _NameWithPid(str):
    def format(self, *args: object, **values: object) -> str:
        return super().format(*args, pid=os.getpid(), **values)


def _on_disk(dispatcher: Any) -> Any:
    """What `cache=True` does, with our files."""
    dispatcher._cache = _Files(dispatcher.py_func)
    return dispatcher


def _without_warnings(function: F) -> F:
    @functools.wraps(function)
    def plain(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args)

    return plain  # type: ignore[return-value]


class Reporter(numba_event.Listener):
    """Tells the user on stderr that kernels are being compiled. Numba's event does not fire when one comes from disk.

    A terminal shows the count and the name of the kernel while it compiles; a file or a notebook gets one line. The
    time follows when the process ends. The environment variable MICRODL_QUIET=1 silences both.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.seconds = 0.0
        self._told = 0
        self._told_seconds = 0.0
        self._depth = 0
        self._started = 0.0
        self._silent = False

    def on_start(self, event: numba_event.Event) -> None:
        self._depth += 1
        if self._depth > 1 or not _is_ours(event):
            return
        self._started = time.perf_counter()
        self.names.append(_name(event))
        if self._speaks():
            self._told += 1
            self._announce()

    def on_end(self, event: numba_event.Event) -> None:
        self._depth -= 1
        if self._depth or not _is_ours(event):
            return
        seconds = time.perf_counter() - self._started
        self.seconds += seconds
        if self._speaks():
            self._told_seconds += seconds
            if sys.stderr.isatty():
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # the line is the program's own again

    @contextmanager
    def silenced(self) -> Iterator[None]:
        """For a caller that shows the progress itself."""
        before, self._silent = self._silent, True
        try:
            yield
        finally:
            self._silent = before

    def summary(self) -> None:
        if self._told and self._speaks():
            kernels = "1 kernel" if self._told == 1 else f"{self._told} kernels"
            message = f"microdl: compiled {kernels} in {self._told_seconds:.1f} s; the next run loads them from disk"
            print(message, file=sys.stderr)

    def _announce(self) -> None:
        message = "microdl: compiling kernels for this machine (once) ..."
        if sys.stderr.isatty():
            print(f"\r\x1b[K{message} {self._told}: {self.names[-1]}", end="", file=sys.stderr, flush=True)
        elif self._told == 1:
            print(message, file=sys.stderr, flush=True)

    def _speaks(self) -> bool:
        return not self._silent and sys.stderr is not None and os.environ.get("MICRODL_QUIET") != "1"


def _is_ours(event: numba_event.Event) -> bool:
    module: str = event.data["dispatcher"].py_func.__module__
    return module.startswith(f"{__package__}.")


def _name(event: numba_event.Event) -> str:
    function = event.data["dispatcher"].py_func
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__.lstrip('_')}"


reporter = Reporter()
_events.register("numba:compile", reporter)
atexit.register(reporter.summary)
