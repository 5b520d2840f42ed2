"""One measurement, in a process of its own: build, compare with microdl's numbers, time, read the memory's peak."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import statistics
import sys
import time
import traceback
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .workload import Numbers, Row, difference, package, rows, sample

__all__ = ["command", "environment", "main", "measure", "peak_memory"]

SECONDS_A_SAMPLE = 0.005
MOST_WARM_UP = 20
PROGRAM = """
import importlib.util, os, sys
path = sys.argv[1]
spec = importlib.util.spec_from_file_location("microdl_bench", path, submodule_search_locations=[os.path.dirname(path)])
sys.modules["microdl_bench"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from microdl_bench.worker import main
main()
"""
THREADS = (
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS", "NPROC", "PJRT_NPROC"),  # the last two size the pools of JAX
)


def command() -> list[str]:
    """The start of a worker that has not imported microdl."""
    return [sys.executable, "-c", PROGRAM, str(Path(__file__).with_name("__init__.py"))]


def environment(threads: int) -> dict[str, str]:
    """As this process's, with the same number of threads for every library."""
    one = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if threads == 1 else {}
    return os.environ | dict.fromkeys(THREADS, str(threads)) | {"JAX_PLATFORMS": "cpu"} | one


def main() -> None:
    """Read a job from standard input, and write its result as the last line of standard output."""
    job = json.loads(sys.stdin.read())
    row = next(row for row in rows(job["theme"]) if row.name == job["row"])
    try:
        result = measure(row, job["framework"], job["seconds"], job["threads"], job["reference"])
    except Exception as error:
        traceback.print_exc()
        result = {"error": f"{type(error).__name__}: {error}"}
    print("\n" + json.dumps(result), flush=True)


def measure(row: Row, framework: str, seconds: float, threads: int, reference: Numbers | None) -> dict[str, Any]:
    """Seconds of a call (the median and the best of this process's), memory, numbers; or an error, without times."""
    module = importlib.import_module(package(framework))
    if hasattr(module, "set_num_threads") and module.get_num_threads() != threads:
        module.set_num_threads(threads)
    imported = peak_memory()
    task = row.builders[framework](module)
    _forget_peak()  # what making the data took
    numbers = {name: sample(value) for name, value in task.numbers().items()}
    if reference is not None and (wrong := difference(row, numbers, reference)):
        return {"error": f"mismatch: {wrong}"}
    samples = _samples(task.call, seconds)
    peak = task.peak() if task.peak is not None else peak_memory()
    times = {"seconds": statistics.median(samples), "best": min(samples)}
    allocated = _allocated(task.call) if task.peak is None else 0
    return times | {"peak": peak, "imported": imported, "allocated": allocated, "numbers": numbers}


def _allocated(call: Callable[[], object]) -> int:
    """Bytes that one call holds at the most, beyond what it found: of Python and NumPy, which tell tracemalloc."""
    tracemalloc.start()
    try:
        call()  # the second call finds what the first one has left
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def _samples(call: Callable[[], object], seconds: float) -> list[float]:
    warm_up_ends = time.perf_counter() + seconds / 4
    once = _time(call, 1)
    if once > seconds:  # comparing the numbers was its warm-up
        return [once]
    for _ in range(MOST_WARM_UP):  # allocate, and let the processor speed up
        if time.perf_counter() > warm_up_ends:
            break
        once = min(once, _time(call, 1))
    repeats = max(1, round(SECONDS_A_SAMPLE / once))
    samples: list[float] = []
    end = time.perf_counter() + seconds
    while not samples or time.perf_counter() < end:
        samples.append(_time(call, repeats))
    return samples


def _time(call: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def peak_memory() -> int:
    """Bytes that this process has held at the most.

    From Linux's own file where there is one: getrusage also counts the process that started this one.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
