"""A clock for labelled parts of a program, under the names of PyTorch's profiler.

There is no record of single operations: `profile` times what `record_function` labels and, as "profile", the whole.
For operations take Python's cProfile.

Source: https://pytorch.org/docs/stable/profiler.html
"""

from __future__ import annotations

import enum
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["ProfilerActivity", "emit_nvtx", "profile", "record_function", "schedule", "tensorboard_trace_handler"]


class ProfilerActivity(enum.Enum):
    """What to time: always the CPU."""

    CPU, CUDA, XPU = range(3)


class EventAverage:
    """How often a label was entered, and for how long: `key`, `count` and, in microseconds, `cpu_time_total`.

    `self_cpu_time_total` is that without the labels inside, `cpu_time` the mean of one time.
    """

    def __init__(self, key: str) -> None:
        self.key, self.count, self.cpu_time_total, self.self_cpu_time_total = key, 0, 0.0, 0.0

    @property
    def cpu_time(self) -> float:
        """Microseconds of one time."""
        return self.cpu_time_total / self.count


class EventList(list[EventAverage]):
    """What `profile.key_averages()` gives: the labels, and their table."""

    def table(self, sort_by: str | None = None, row_limit: int = 100, **options: Any) -> str:
        """The labels with their times, the largest `sort_by` (an attribute of theirs) first.

        ValueError for what is no such attribute; what concerns a GPU counts as the CPU's total.
        """
        rows = list(self)
        if sort_by is not None:
            name = "cpu_time_total" if "cuda" in sort_by or "device" in sort_by else sort_by
            if any(not hasattr(row, name) for row in rows):
                raise ValueError(f"sort_by={sort_by!r}: take count, cpu_time, cpu_time_total or self_cpu_time_total")
            rows.sort(key=lambda row: getattr(row, name), reverse=True)
        cells: list[tuple[str, ...]] = [("Name", "Self CPU", "CPU total", "CPU time avg", "# of Calls")]
        for row in rows[: None if row_limit < 0 else row_limit]:
            times = (row.self_cpu_time_total, row.cpu_time_total, row.cpu_time)
            cells.append((row.key, *map(_shown, times), str(row.count)))
        widths = [max(len(line[i]) for line in cells) for i in range(5)]
        rule = "  ".join("-" * width for width in widths)
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
        return "\n".join([rule, lines[0], rule, *lines[1:], rule, ""])

    def total_average(self) -> EventAverage:
        """All labels as one."""
        total = EventAverage("Total")
        for row in self:
            total.count += row.count
            total.cpu_time_total += row.self_cpu_time_total
        total.self_cpu_time_total = total.cpu_time_total
        return total


def _shown(microseconds: float) -> str:
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{microseconds / size:.3f}{unit}"
    return f"{microseconds:.3f}us"


_running: list[profile] = []
_open: list[list[float]] = []  # for each label entered and not left: its start, and the time of the labels inside


class record_function:
    """Labels what is inside, as a context manager or a decorator; without a `profile` around it, it does nothing.

    >>> import microdl as torch
    >>> with torch.profiler.profile() as p:
    ...     with torch.profiler.record_function("forward"):
    ...         y = torch.ones(3).sum()
    >>> [(event.key, event.count) for event in p.key_averages()]
    [('forward', 1), ('profile', 1)]
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args

    def __enter__(self) -> record_function:
        _open.append([time.perf_counter(), 0.0])
        return self

    def __exit__(self, *exc: object) -> None:
        start, inside = _open.pop()
        total = (time.perf_counter() - start) * 1e6
        if _open:
            _open[-1][1] += total
        for each in _running:
            each._add(self.name, total, total - inside)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def labelled(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name):
                return function(*args, **kwargs)

        return labelled


class profile:
    """Times the labels entered between `with profile() as p:` and its end, or between `start()` and `stop()`.

    It takes PyTorch's arguments; `enabled` and `on_trace_ready` are heeded: that is called with the profile at the end.
    """

    def __init__(self, enabled: Any = True, *, on_trace_ready: Callable[[Any], Any] | None = None, **_: Any) -> None:
        self.enabled, self.on_trace_ready = enabled, on_trace_ready
        self.step_num = 0
        self._events: dict[str, EventAverage] = {}

    def _add(self, name: str, total: float, alone: float) -> None:
        event = self._events.setdefault(name, EventAverage(name))
        event.count += 1
        event.cpu_time_total += total
        event.self_cpu_time_total += alone

    def start(self) -> None:
        """Begins."""
        if self.enabled:
            _running.append(self)
            self._whole = record_function("profile").__enter__()

    def stop(self) -> None:
        """Ends; the times stay."""
        if self in _running:
            self._whole.__exit__()
            _running.remove(self)
            if self.on_trace_ready is not None:
                self.on_trace_ready(self)

    def step(self) -> None:
        """Counts one step of training; all of them are timed, whatever the schedule."""
        self.step_num += 1

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def key_averages(self, *args: Any, **kwargs: Any) -> EventList:
        """The labels in the order of their first end."""
        return EventList(self._events.values())

    def table(self, sort_by: str | None = None, row_limit: int = 100, **options: Any) -> str:
        """`key_averages().table(...)`."""
        return self.key_averages().table(sort_by, row_limit, **options)

    def export_chrome_trace(self, path: str) -> None:
        """Writes the table as text to `path`: there is no trace of operations."""
        Path(path).write_text(self.table(), "utf-8")

    def __str__(self) -> str:
        return self.table()


def schedule(*, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, **_: Any) -> dict[str, int]:
    """Which steps are to be timed, for `profile(schedule=...)`: here all of them are, and the table is made once."""
    return {"wait": wait, "warmup": warmup, "active": active, "repeat": repeat, "skip_first": skip_first}


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[profile], None]:
    """For `profile(on_trace_ready=...)`: writes the table to `dir_name` as text, since there is no trace."""

    def write(done: profile) -> None:
        Path(dir_name).mkdir(parents=True, exist_ok=True)
        done.export_chrome_trace(str(Path(dir_name, f"{worker_name or 'profile'}.txt")))

    return write


class emit_nvtx:
    """Does nothing: there is no GPU to mark ranges for."""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled = enabled

    def __enter__(self) -> emit_nvtx:
        return self

    def __exit__(self, *exc: object) -> None:
        pass
