"""From the start of Python to the end of a first training step, and the main job with and without compiled kernels."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from ..workload import Row, Task

__all__ = ["ROWS"]

STEP = """
import {module} as torch
if torch.get_num_threads() != {threads}:
    torch.set_num_threads({threads})
torch.manual_seed(0)
model = torch.nn.Linear(64, 10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
x, y = torch.rand(64, 64), torch.randint(0, 10, (64,))
for _ in range(2):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())
"""
PEAK = """
try:
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
except OSError:
    print(0)
"""


def first_step(module: str, torch: Any) -> Task:
    """The loss after one step, so that the step counts; the process is timed as its user waits for it."""
    program = STEP.format(module=module, threads=torch.get_num_threads()) + PEAK

    def call() -> list[str]:
        return _run(program)

    return Task(call, lambda: {"loss": float(call()[0])}, lambda: 1024 * int(call()[1]))


def main_job(cached: bool, _: Any) -> Task:
    """`microdl train` as it is; without cache its kernels are compiled into an empty folder."""
    kernels = peak = 0

    def train() -> None:
        nonlocal kernels, peak
        with tempfile.TemporaryDirectory() as folder:
            cache = Path(folder, "cache")
            setting = {} if cached else {"NUMBA_CACHE_DIR": str(cache)}
            words = ["train", "--out", str(Path(folder, "out"))]
            program = f"from microdl.cli import main\nassert main({words!r}) == 0\n{PEAK}"
            peak = 1024 * int(_run(program, setting)[-1])
            kernels = len(list(cache.rglob("*.nbi")))

    def numbers() -> dict[str, Any]:
        train()
        return {"kernels compiled": kernels}

    return Task(train, numbers, lambda: peak)


def _run(program: str, settings: dict[str, str] | None = None) -> list[str]:
    """The words that a new process prints. Raises RuntimeError with its last words where it fails.

    All have their byte code on disk, as pip leaves it: a folder of sources that may not keep its own would be compiled
    at each start.
    """
    command, environment = [sys.executable, "-c", program], os.environ | (settings or {})
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(program.split()[:4])} ... failed: {done.stderr[-500:]}")
    return done.stdout.split()


ROWS = [
    Row(
        "import and a first training step",
        {name: partial(first_step, name) for name in ("microdl", "torch")},
        aims={"torch": 3},
        tolerance=1e-5,
    ),
    Row("main job, kernels cached", {"microdl": partial(main_job, True)}),
    Row("main job, empty cache", {"microdl": partial(main_job, False)}, most_seconds=15),
]
