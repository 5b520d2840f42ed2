"""The table of the records: what each checker rejects, of wrong ops and of right ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from tests.wrong_ops import WRITTEN

from .worker import Record

__all__ = ["Summary", "markdown", "read", "summaries", "time_of"]

STRATA = (*WRITTEN, "mutation")
Records = Mapping[tuple[str, str], Sequence[Record]]  # by checker and generator
Summary = dict[str, Any]
Within = Callable[[int, float], bool]  # the number of a draw and the time spent by then


def read(lines: str) -> list[Record]:
    return [Record(**json.loads(line)) for line in lines.splitlines()]


def time_of(records: Sequence[Record]) -> float:
    """The CPU seconds that all draws on a right op take, in the median."""
    return median(r.seconds for r in records if r.stratum == "correct")


def summaries(records: Records, seconds: float) -> Iterator[Summary]:
    """For each checker and generator: after 20 draws, after 200, and after the same time; on the ops that all had."""
    limits: dict[str, Within] = {
        "20": lambda draw, _: draw <= 20,
        "200": lambda draw, _: draw <= 200,
        f"{seconds:.2f} s": lambda _, spent: spent <= seconds,
    }
    common = set.intersection(*({(r.stratum, r.name) for r in found} for found in records.values()))
    for (checker, generator), whole in records.items():
        found = [r for r in whole if r.draws and (r.stratum, r.name) in common]
        for name, within in limits.items():
            yield {"checker": checker, "generator": generator, "draws": name} | _summary(found, within, name, seconds)


def _summary(found: Sequence[Record], within: Within, name: str, seconds: float) -> Summary:
    rejected = {id(r): any(within(draw, spent) for draw, spent in r.rejections) for r in found}
    summary: Summary = {}
    for stratum in STRATA:
        group = [r for r in found if r.stratum == stratum]
        summary[stratum] = (sum(rejected[id(r)] for r in group), len(group))
    right = [r for r in found if r.stratum == "correct"]
    silent = {r.name for r in right if not rejected[id(r)]}
    known = {r.name for r in right}
    mutants = [r for r in found if r.stratum == "mutation" and _original(r) in known]
    summary["told apart"] = (sum(rejected[id(r)] and _original(r) in silent for r in mutants), len(mutants))
    summary["alarms"] = (len(right) - len(silent), len(right))
    draws = sum(_draws(r, name, seconds) for r in right)
    summary["draws rejected"] = (sum(within(*at) for r in right for at in r.rejections), draws)
    summary["cut short"] = sum(r.draws < int(name) and not rejected[id(r)] for r in found) if name.isdigit() else 0
    summary["ms a draw"] = 1000 * sum(r.seconds for r in right) / sum(r.draws for r in right)
    return summary


def _original(mutant: Record) -> str:
    return mutant.name.rsplit("-", 2)[0]


def _draws(record: Record, name: str, seconds: float) -> int:
    if name.isdigit():
        return min(record.draws, int(name))
    return round(record.draws * min(1.0, seconds / max(record.seconds, 1e-9)))


COLUMNS = (
    *("checker", "inputs", "draws", *STRATA, "told apart"),
    *("false alarms: ops", "false alarms: draws", "ms a draw"),
)


def markdown(rows: Sequence[Summary]) -> str:
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for row in rows:
        draws = row["draws"] + (f" ({row['cut short']} cut short)" if row["cut short"] else "")
        rates = [_share(row[k]) for k in (*STRATA, "told apart")]
        alarms = "{} of {}".format(*row["alarms"])
        cells = [row["checker"], row["generator"], draws, *rates, alarms, _share(row["draws rejected"], 2)]
        lines.append(f"| {' | '.join([*cells, format(row['ms a draw'], '.1f')])} |")
    return "\n".join(lines)


def _share(counts: tuple[int, int], digits: int = 1) -> str:
    part, whole = counts
    return f"{part / whole:.{digits}%}" if whole else "-"
