"""One group of cases: run on microdl, compared with outcomes of PyTorch, what is found put in words."""

from __future__ import annotations

from collections.abc import Iterable

import microdl

from .cases import Case, snippet
from .known import unknown
from .outcome import Outcome, compare, run


def problems(cases: Iterable[Case], outcomes: Iterable[Outcome], used: set[object]) -> list[str]:
    """A paragraph for each case that differs: what differs, and a script that shows it on both."""
    found = []
    for case, theirs in zip(cases, outcomes, strict=True):
        left = unknown(case, compare(case, run(microdl, case), theirs), used)
        if left:
            found.append(
                "\n".join([case.text, *(f"    {d}" for d in left), "  " + snippet(case).replace("\n", "\n  ")])
            )
    return found


def report(found: list[str], most: int = 8) -> str:
    more = f"\n... and {len(found) - most} more cases" if len(found) > most else ""
    return f"{len(found)} cases differ from PyTorch\n\n" + "\n\n".join(found[:most]) + more
