"""`microdl bench`: themes in turn, a table as it grows, and then JSON, a chart, or tables in a README."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import report
from .machine import Limits, describe, measure_limits
from .runner import Result, Settings, compare, frameworks_of, launch
from .workload import Row, installed, package, rows

__all__ = ["Request", "run"]


@dataclass(frozen=True)
class Request:
    """What `microdl bench` was asked for."""

    themes: Sequence[str] = ("steps",)
    peers: Sequence[str] = ("torch", "numpy")
    only: str = ""
    settings: Settings = field(default_factory=Settings)
    json: bool = False
    chart: Path | None = None
    readme: Path | None = None

    def rows(self) -> dict[str, list[Row]]:
        """Of each theme those whose name holds the word that was asked for."""
        chosen = {theme: [row for row in rows(theme) if self.only.lower() in row.name.lower()] for theme in self.themes}
        return {theme: found for theme, found in chosen.items() if found}


def run(request: Request) -> int:
    """Measure, print, write; 1 where a measurement failed or a peer computed other numbers.

    Raises, before anything is measured: ValueError where nothing has the name asked for, or the README has no place
    for a theme; OSError where it cannot be read; ModuleNotFoundError where a chart is asked for without matplotlib.
    """
    chosen = request.rows()
    _check(request, list(chosen))
    present = [name for name in request.peers if installed(name)]
    every = [row for found in chosen.values() for row in found]
    used = [name for row in every for name in frameworks_of(row, present)]
    for word in report.missing(request.peers, present, [package(name) for name in used]):
        print(word, file=sys.stderr)
    settings = request.settings
    versions = ["microdl", "numpy", *(name for name in present if name in {package(n) for n in used} - {"numpy"})]
    machine = describe(versions, settings.threads, settings.rounds, settings.seconds)
    limits = _limits(present, settings)
    results: list[Result] = []
    blocks = {}
    for theme, found in chosen.items():
        mine, text = _theme(theme, found, request, limits)
        results += mine
        blocks[theme] = "\n".join([text, "", "```text", *report.growth(mine), *report.foot(machine, limits), "```"])
    if request.json:
        print(json.dumps(report.as_json(machine, limits, results), indent=1))
    else:
        print("", *report.foot(machine, limits), report.LEGEND, sep="\n")
    if request.readme:
        report.in_readme(request.readme, blocks)
    if request.chart:
        from .chart import draw

        draw(results, request.chart)
    errors = [error for result in results for error in result.errors]
    for error in errors:
        print(f"microdl bench: error: {error}", file=sys.stderr)
    return int(bool(errors))


def _check(request: Request, themes: Sequence[str]) -> None:
    if not themes:
        raise ValueError(f"no row of {', '.join(request.themes)} has {request.only!r} in its name")
    if request.readme:
        text = request.readme.read_text("utf-8")
        for theme in themes:
            report.places(request.readme, text, theme)
    if request.chart and not installed("matplotlib"):
        raise ModuleNotFoundError("a chart needs matplotlib: pip install 'microdl[plots]'")


def _theme(theme: str, found: list[Row], request: Request, limits: Limits) -> tuple[list[Result], str]:
    """The results, and the table, which is printed while it grows unless JSON is asked for."""
    names = [name for row in found for name in frameworks_of(row, request.peers)]
    table = report.Table(found, list(dict.fromkeys(names)), limits)
    out = sys.stderr if request.json else sys.stdout
    print(f"\n{theme}: {_title(theme)}\n\n{table.head()}", file=out, flush=True)
    lines, results = [table.head()], []
    for row in found:
        results.append(compare(theme, row, request.peers, request.settings))
        lines.append(table.line(results[-1]))
        print(lines[-1], file=out, flush=True)
    growth = report.growth(results)
    print(*growth, sep="\n", end="\n" if growth else "", file=out)
    return results, "\n".join(lines)


def _title(theme: str) -> str:
    return (importlib.import_module(f"{__package__}.themes.{theme}").__doc__ or "").splitlines()[0]


def _limits(present: Sequence[str], settings: Settings) -> Limits:
    short = Settings(1, min(settings.seconds, 0.3), settings.threads)

    def seconds_of(row: Row, name: str) -> float:
        answer = launch("limits", row.name, name, short, None)
        if "error" in answer:
            raise ValueError(f"measuring the machine's {row.name} with {name} failed: {answer['error']}")
        taken: float = answer["best"]
        return taken

    return measure_limits(present, seconds_of)
