"""The table of a theme, as text that is also Markdown; the same as JSON; and its place in a README."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from .machine import Limits
from .runner import Measured, Result
from .workload import Row, package

__all__ = ["Table", "as_json", "foot", "growth", "in_readme", "missing", "places"]

LEGEND = textwrap.fill(
    "Ratios are other / microdl, with half the range of the rounds; (figure to reach), 1 where none is given; "
    "! is below it. Limit: the least time that the machine allows for the row's arithmetic or memory traffic, "
    "over microdl's. Peak: most memory of the process in MB, and what of it came after the import. Call: the most that "
    "one call of microdl's takes, in kB, arrays and Python's objects.",
    width=118,
)


class Table:
    """Writes line by line, as results come: the widths of the columns are known before."""

    def __init__(self, rows: Sequence[Row], frameworks: Sequence[str], limits: Limits | None) -> None:
        self.peers = [name for name in frameworks if name != "microdl"]
        self.limits = limits
        peers = [max(18, len(name) + 10) for name in self.peers]
        self.widths = [max(len(row.name) for row in rows), 15, *peers, 11, 28 if self._torch else 16, 8]

    def head(self) -> str:
        peers = [f"{name} / microdl" for name in self.peers]
        memory = "peak: microdl" + (f" / {self._torch}" if self._torch else "")
        line = self._line(["work", "microdl", *peers, "limit", memory, "call, kB"])
        return f"{line}\n|{'|'.join('-' * (width + 2) for width in self.widths)}|"

    def line(self, result: Result) -> str:
        ratios = [_ratio(result, name) if name in result.measured else "" for name in self.peers]
        return self._line(
            [result.row.name, _own(result), *ratios, self._limit(result), self._peaks(result), _call(result)]
        )

    @property
    def _torch(self) -> str | None:
        return next((name for name in self.peers if package(name) == "torch"), None)

    def _line(self, cells: Sequence[str]) -> str:
        padded = [cells[0].ljust(self.widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(cells[1:], self.widths[1:], strict=True)]
        return f"| {' | '.join(padded)} |"

    def _limit(self, result: Result) -> str:
        ours, row = result.measured["microdl"], result.row
        share = self.limits.share(row, ours.median) if self.limits and ours.seconds else None
        if share is None:
            return ""
        return f"{share:.0%}" + (_aim(share >= row.share, f"{row.share:.0%}") if row.share else "")

    def _peaks(self, result: Result) -> str:
        shown = [result.measured.get(name) for name in ("microdl", self._torch) if name]
        cells = [_memory(measured) for measured in shown if measured and measured.seconds]
        more = len(cells) == 2 and shown[0] and shown[1] and shown[0].peak > shown[1].peak
        return " / ".join(cells) + (" !" if more else "")


def _own(result: Result) -> str:
    ours = result.measured["microdl"]
    if ours.error:
        return "error"
    late = result.row.most_seconds and ours.median > result.row.most_seconds
    most = f" (< {result.row.most_seconds:.0f} s)" if result.row.most_seconds else ""
    return _duration(ours.median) + _spread(ours.spread, ours) + most + (" !" if late else "")


def _ratio(result: Result, name: str) -> str:
    measured = result.measured[name]
    if measured.error:
        return "differs" if measured.error.startswith("mismatch") else "error"
    ratio = result.ratio(name) or math.nan
    text = f"{ratio:.2f}" + _spread(result.ratio_spread(name), measured)
    aim = result.row.aims.get(name)
    return text + _aim(result.reached(name), f"{aim:g}" if aim else "")


def _aim(reached: bool, aim: str) -> str:
    return (f" ({aim})" if aim else "") + ("" if reached else " !")


def _spread(spread: float, measured: Measured) -> str:
    return f" ±{spread:.0%}" if len(measured.seconds) > 1 else ""


def _duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1000 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds * 1e6:.2f} us"


def _memory(measured: Measured) -> str:
    return f"{measured.peak / 1e6:.0f} (+{max(measured.peak - measured.imported, 0) / 1e6:.0f})"


def _call(result: Result) -> str:
    allocated = result.measured["microdl"].allocated
    return f"{allocated / 1e3:.3g}" if 0 < allocated < 1e6 else f"{allocated / 1e3:.0f}" if allocated else ""


def missing(peers: Sequence[str], installed: Sequence[str], used: Sequence[str]) -> list[str]:
    """A word for each peer that was asked for and is not in the table."""
    absent = [f"{name}: not installed" for name in peers if name not in installed]
    return absent + [
        f"{name}: nothing here has a counterpart" for name in peers if name in installed and name not in used
    ]


def growth(results: Sequence[Result]) -> list[str]:
    """For each axis the exponent between neighbouring sizes: time grows as size ** exponent, linearly where it is 1."""
    times: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for result in results:
        for name, measured in result.measured.items():
            if result.row.axis and measured.seconds:
                axis, size = result.row.axis
                times.setdefault((axis, name), []).append((size, measured.median))
    lines = []
    for (axis, name), points in times.items():
        slopes = [math.log(t2 / t1) / math.log(s2 / s1) for (s1, t1), (s2, t2) in pairwise(points)]
        lines.append(f"time with {axis}, {name}: exponents {', '.join(f'{slope:.2f}' for slope in slopes)}")
    return lines


def foot(machine: dict[str, Any], limits: Limits | None) -> list[str]:
    load = "" if machine["load"] is None else f", load {machine['load']:.1f} when it began"
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return [
        f"{machine['date']}, machine: {machine['processor']}, {machine['cores']} cores, {machine['system']}{load}",
        f"versions: {versions}",
        f"settings: {machine['threads']} threads, {machine['rounds']} rounds of {machine['seconds']:g} s a process",
        *([str(limits)] if limits else []),
    ]


def as_json(machine: dict[str, Any], limits: Limits | None, results: Sequence[Result]) -> dict[str, Any]:
    return {
        "machine": machine,
        "limits": asdict(limits) if limits else None,
        "results": [_result_as_json(result, limits) for result in results],
    }


def _result_as_json(result: Result, limits: Limits | None) -> dict[str, Any]:
    row, ours = result.row, result.measured["microdl"]
    return {
        "theme": result.theme,
        "row": row.name,
        "measured": {name: asdict(measured) for name, measured in result.measured.items()},
        "ratios": {name: result.ratio(name) for name in result.measured if name != "microdl"},
        "aims": dict(row.aims),
        "limit": limits.share(row, ours.median) if limits and ours.seconds else None,
        "limit_aim": row.share or None,
        "errors": result.errors,
    }


def in_readme(path: Path, blocks: dict[str, str]) -> None:
    """Put each theme's block between its markers: `<!-- bench:steps -->` and `<!-- /bench:steps -->`."""
    text = path.read_text("utf-8")
    for theme, block in blocks.items():
        before, after = places(path, text, theme)
        text = f"{before}\n{block}\n{after}"
    path.write_text(text, "utf-8")


def places(path: Path, text: str, theme: str) -> tuple[str, str]:
    """What stands before a theme's table and after it, markers included. Raises ValueError where these are missing."""
    opening, closing = f"<!-- bench:{theme} -->", f"<!-- /bench:{theme} -->"
    before, found, rest = text.partition(opening)
    _, closed, after = rest.partition(closing)
    if not found or not closed:
        raise ValueError(f"{path} has no {opening} with a {closing} after it, where the table would go")
    return before + opening, closing + after
