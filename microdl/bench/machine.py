"""The machine: its description, and the limits that were measured on it."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .workload import Row, rows, version

__all__ = ["Limits", "describe", "measure_limits"]

CACHE_BYTES = 50e6  # rows that move no more are held against what fits into caches


@dataclass(frozen=True)
class Limits:
    """Operations a second in float32 and float64, and bytes a second within caches and beyond them."""

    float32: float
    float64: float
    near: float
    far: float

    def share(self, row: Row, seconds: float) -> float | None:
        """How near to the machine's limit the row comes; 1 is the limit, None where the row does not know its work."""
        if not row.flops and not row.bytes:
            return None
        bandwidth = self.near if row.bytes <= CACHE_BYTES else self.far
        least = max(row.flops / (self.float64 if row.dtype == "float64" else self.float32), row.bytes / bandwidth)
        return least / seconds

    def __str__(self) -> str:
        return (
            f"limits: {self.float32 / 1e9:.0f} GFLOP/s in float32, {self.float64 / 1e9:.0f} in float64 "
            f"(matrix product); {self.near / 1e9:.1f} GB/s copied or summed within 20 MB, "
            f"{self.far / 1e9:.1f} within 500 MB"
        )


def measure_limits(frameworks: Sequence[str], seconds_of: Callable[[Row, str], float]) -> Limits:
    """The best of what microdl, NumPy and the frameworks reach, for each kind of limit."""
    best: dict[str, float] = {}
    for row in rows("limits"):
        taken = min(seconds_of(row, name) for name in row.builders if name in {"microdl", "numpy", *frameworks})
        kind = row.name.partition(":")[0]
        best[kind] = max(best.get(kind, 0.0), (row.flops or row.bytes) / taken)
    return Limits(*best.values())


def describe(frameworks: Sequence[str], threads: int, rounds: int, seconds: float) -> dict[str, Any]:
    """The machine, the versions and the settings, for the table's foot and for JSON."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "load": load,
        "date": time.strftime("%Y-%m-%d"),
        "threads": threads,
        "rounds": rounds,
        "seconds": seconds,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in frameworks},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
