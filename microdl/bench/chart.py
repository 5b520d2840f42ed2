"""The ratios as a chart that can be read in grey: a marker for each framework, a line where both are equally fast."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .runner import Result

__all__ = ["draw"]

MARKERS = {
    "torch": ("o", "black"),
    "torch-foreach": ("<", "black"),
    "torch-fused": (">", "black"),
    "jax": ("s", "white"),
    "numpy": ("^", "grey"),
    "mygrad": ("D", "white"),
    "sklearn": ("P", "grey"),
    "faiss": ("X", "grey"),
}


def draw(results: Sequence[Result], path: Path) -> None:
    """Write the chart. Raises ModuleNotFoundError without matplotlib (the extra `plots`)."""
    from matplotlib.figure import Figure

    rows = [result for result in results if len(result.measured) > 1]
    figure = Figure(figsize=(8, 1.2 + 0.24 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for name, (marker, fill) in MARKERS.items():
        found = [(result.ratio(name), place) for place, result in enumerate(rows) if name in result.measured]
        shown = [(ratio, place) for ratio, place in found if ratio is not None]
        if shown:
            ratios, places = zip(*shown, strict=True)
            axes.scatter(ratios, places, marker=marker, c=fill, edgecolors="black", s=36, label=name, zorder=3)
    for place, result in enumerate(rows):
        for name, aim in result.row.aims.items():
            if name in result.measured:
                axes.plot(aim, place, "|", color="black", markersize=9, markeredgewidth=1, zorder=2)
                axes.annotate(name[0], (aim, place), (1.5, 2), textcoords="offset points", fontsize=5, zorder=4)
    axes.plot([], [], "|", color="black", markersize=9, label="to reach (t: torch, j: jax, ...)")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.xaxis.set_minor_formatter(lambda x, _: f"{x:g}" if f"{x:g}".strip("0.") in ("2", "5") else "")
    axes.set_yticks(range(len(rows)), [f"{result.theme}: {result.row.name}" for result in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="both", color="0.9", zorder=0)
    axes.set_xlabel("time of the other / time of microdl (right of the line: microdl is faster)")
    figure.legend(fontsize=7, loc="outside upper center", ncols=len(MARKERS) + 1)
    figure.savefig(path, dpi=150)
