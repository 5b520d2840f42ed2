"""Processes in turn: each framework once a round, medians over the rounds."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import worker
from .workload import Numbers, Row, installed, package

__all__ = ["Measured", "Result", "Settings", "compare", "default_threads", "frameworks_of", "launch"]


def default_threads() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Settings:
    """Processes for each row and framework, how long each measures, and the threads of every library in them."""

    rounds: int = 3
    seconds: float = 1.0
    threads: int = field(default_factory=default_threads)


@dataclass
class Measured:
    """A framework's rounds: seconds of a call, and the most bytes held: in all, after the import, and by one call."""

    seconds: list[float] = field(default_factory=list)
    peak: int = 0
    imported: int = 0
    allocated: int = 0
    error: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the range, relative to the median."""
        return (max(self.seconds) - min(self.seconds)) / 2 / self.median


@dataclass
class Result:
    """What a row gave, by framework; microdl is the first."""

    theme: str
    row: Row
    measured: dict[str, Measured]

    def ratio(self, framework: str) -> float | None:
        """Its time over microdl's; None where either failed."""
        ours, theirs = self.measured["microdl"], self.measured[framework]
        return theirs.median / ours.median if ours.seconds and theirs.seconds and not theirs.error else None

    def ratio_spread(self, framework: str) -> float:
        """Half the range of the rounds' ratios, relative to the ratio of the medians."""
        pairs = zip(self.measured[framework].seconds, self.measured["microdl"].seconds, strict=True)
        ratios = [theirs / ours for theirs, ours in pairs]
        return (max(ratios) - min(ratios)) / 2 / (self.ratio(framework) or 1.0)

    def reached(self, framework: str) -> bool:
        ratio = self.ratio(framework)
        return ratio is not None and ratio >= self.row.aims.get(framework, 1.0)

    @property
    def errors(self) -> list[str]:
        found = [(name, measured.error) for name, measured in self.measured.items() if measured.error]
        return [f"{self.row.name}, {name}: {error}" for name, error in found]


def frameworks_of(row: Row, peers: Sequence[str]) -> list[str]:
    """microdl, and the peers that were asked for, are installed, and have a way of doing this."""
    chosen = {"microdl", *(name for name in peers if installed(name))}
    return [name for name in row.builders if package(name) in chosen]


def compare(theme: str, row: Row, peers: Sequence[str], settings: Settings) -> Result:
    """Measure a row with every framework in turn. A failed or differing one has an error instead of times."""
    measured = {name: Measured() for name in frameworks_of(row, peers)}
    reference: Numbers | None = None
    for _ in range(settings.rounds):
        for name, found in measured.items():
            if found.error:
                continue
            answer = launch(theme, row.name, name, settings, reference)
            if "error" in answer:
                found.error, found.seconds = answer["error"], []
                if name == "microdl":  # nothing to compare with
                    return Result(theme, row, {"microdl": found})
                continue
            reference = reference or answer["numbers"]
            found.seconds.append(answer["seconds"])
            found.peak, found.imported = max(found.peak, answer["peak"]), answer["imported"]
            found.allocated = max(found.allocated, answer["allocated"])
    return Result(theme, row, measured)


def launch(theme: str, row: str, framework: str, settings: Settings, reference: Numbers | None) -> dict[str, Any]:
    """One measurement in a new process; what goes wrong there is in the answer's `error`."""
    job = {
        "theme": theme,
        "row": row,
        "framework": framework,
        "seconds": settings.seconds,
        "threads": settings.threads,
        "reference": reference,
    }
    done = subprocess.run(
        worker.command(),
        input=json.dumps(job),
        stdout=subprocess.PIPE,  # standard error is shared: kernels that are being compiled say so there
        text=True,
        env=worker.environment(settings.threads),
    )
    if done.returncode or not done.stdout.strip():
        return {"error": f"its process ended with code {done.returncode}"}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
