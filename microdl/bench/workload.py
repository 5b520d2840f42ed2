"""What is measured: a row of a theme, and the task that one framework makes of it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = [
    "PEERS", "THEMES", "Builder", "Numbers", "Row", "Task",
    "difference", "installed", "package", "rows", "sample", "version",
]  # fmt: skip

THEMES = (
    *("steps", "small", "float64", "optimisers", "losses", "loader", "chain", "training", "neighbours"),
    *("features", "start", "growth"),
)  # fmt: skip
PEERS = ("torch", "jax", "numpy", "mygrad", "sklearn", "faiss", "skimage")
SAMPLED = 1000  # entries of a large array that are compared, besides its norm

Numbers = dict[str, list[float]]


@dataclass(frozen=True)
class Task:
    """A row's work in one framework: `call` is timed, after `numbers` have been compared with microdl's.

    Args:
        call: the work, once.
        numbers: losses, outputs, gradients: arrays by name. Called once, before anything is timed.
        peak: bytes of memory at the most, where the work is done by another process.
    """

    call: Callable[[], object]
    numbers: Callable[[], Mapping[str, Any]]
    peak: Callable[[], int] | None = None


Builder = Callable[[Any], Task]  # is given the framework's module


@dataclass(frozen=True)
class Row:
    """One line of a theme's table.

    Args:
        name: what is done, with its sizes.
        builders: a function for each framework; `torch-fused` is a way of using `torch`.
        aims: the ratio other / microdl to reach, by framework; 1 where nothing is said.
        flops, bytes: of one call, at least; 0: unknown.
        dtype: in which precision the machine's limit is taken.
        share: of the machine's limit, to reach.
        most_seconds: that microdl may take.
        tolerance: by which numbers may differ, relative to the largest; by name where they differ in kind.
        axis: along what and where this row stands, in a theme that measures growth.
    """

    name: str
    builders: Mapping[str, Builder]
    aims: Mapping[str, float] = field(default_factory=dict)
    flops: float = 0.0
    bytes: float = 0.0
    dtype: str = "float32"
    share: float = 0.0
    most_seconds: float = 0.0
    tolerance: float | Mapping[str, float] = 1e-4
    axis: tuple[str, float] | None = None


def rows(theme: str) -> list[Row]:
    """The rows of a theme, whose module is imported now."""
    module = importlib.import_module(f"{__package__}.themes.{theme}")
    found: list[Row] = module.ROWS
    return found


def package(framework: str) -> str:
    """`torch-fused` is `torch`."""
    return framework.partition("-")[0]


def installed(framework: str) -> bool:
    return importlib.util.find_spec(package(framework)) is not None


def version(framework: str) -> str:
    names = {"sklearn": "scikit-learn", "faiss": "faiss-cpu", "skimage": "scikit-image"}
    name = names.get(package(framework), package(framework))
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "(from source)"


def sample(value: Any) -> list[float]:
    """An array's entries, or its norm and a thousand of its entries: light enough to leave the peak of memory alone."""
    flat = np.asarray(value).reshape(-1)
    if flat.size <= SAMPLED:
        return [float(v) for v in flat]
    picked = np.random.default_rng(flat.size).integers(0, flat.size, SAMPLED)
    return [float(np.linalg.norm(flat)), *(float(v) for v in flat[picked])]


def difference(row: Row, numbers: Numbers, reference: Numbers) -> str:
    """Where two frameworks' numbers differ by more than the row allows, in words; empty where they agree."""
    common = [name for name in numbers if name in reference]
    if not common:
        return f"nothing to compare: it gave {sorted(numbers)}, microdl {sorted(reference)}"
    for name in common:
        ours, theirs = np.array(reference[name]), np.array(numbers[name])
        if ours.shape != theirs.shape:
            return f"{name} has another size than microdl's"
        allowed = row.tolerance if isinstance(row.tolerance, (int, float)) else row.tolerance.get(name, 1e-4)
        scale = max(float(np.abs(ours).max(initial=0.0)), 1e-30)
        worst = float(np.abs(ours - theirs).max(initial=0.0)) / scale
        if not worst <= allowed:  # NaN is a difference
            return f"{name} differs from microdl's by {worst:.2g} of the largest, where {allowed:g} is allowed"
    return ""
