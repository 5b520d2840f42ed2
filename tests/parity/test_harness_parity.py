"""The harness against PyTorch itself: every case, the list of known differences, the record, and what has no case."""

from __future__ import annotations

import pytest

import microdl
from tests.harness import record
from tests.harness.cases import Case
from tests.harness.check import problems, report
from tests.harness.known import KNOWN
from tests.harness.outcome import Outcome, compare, run
from tests.harness.surface import public_names
from tests.harness.tables import TABLE

torch = pytest.importorskip("torch", reason="live parity runs where torch 2.13 is installed; .ci/run installs it")

_used: set[object] = set()
_checked: set[str] = set()


@pytest.mark.parametrize("group", TABLE)
def test_live(group: str) -> None:
    outcomes = [run(torch, case) for case in TABLE[group]]
    found = problems(TABLE[group], outcomes, _used)
    _checked.add(group)
    assert not found, report(found)
    old = [c.text for c, o, r in zip(TABLE[group], outcomes, record.of_group(group), strict=True) if _differ(c, o, r)]
    assert not old, f"the record differs from PyTorch; run python -m tests.harness.record: {old[:5]}"


def _differ(case: Case, live: Outcome, recorded: Outcome) -> bool:
    return bool(compare(case, live, recorded))


def test_every_known_difference_occurs() -> None:
    for group in TABLE.keys() - _checked:
        problems(TABLE[group], [run(torch, case) for case in TABLE[group]], _used)
    gone = [k for k in KNOWN if k not in _used]
    assert not gone, f"these no longer occur; take them out of tests/harness/known.py: {gone}"


def test_every_public_callable_has_a_case() -> None:
    called = {case.call for cases in TABLE.values() for case in cases}
    missing = sorted(public_names(microdl, torch) - called)
    assert not missing, f"give these a case in tests/harness/tables: {missing}"
