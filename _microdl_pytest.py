"""The pytest plugin of microdl: `--grad-examples N`, tests of ops under `@gradtest`, and failures shown as reports
alone.

It stands beside the package, and imports nothing of it: every run of pytest loads it, also those that have nothing to
do with microdl. `-p no:microdl` leaves it out.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

examples: int | None = None  # what --grad-examples asks for; microdl.testing.pytests reads it


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise pytest.UsageError(f"--grad-examples must be an integer of at least 1, got {text!r}")
    return int(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("microdl", "gradient tests (microdl.testing)")
    group.addoption(
        "--grad-examples", metavar="N", type=_count, help="examples that each gradtest draws (default 200)"
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    global examples
    examples = config.getoption("--grad-examples")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> Any:
    """An op that `@gradtest` has marked: its test, beside it."""
    test = vars(obj).get("__gradtest__") if hasattr(obj, "__dict__") else None
    if test is None:
        return None
    return [pytest.Function.from_parent(collector, name=test.__name__, callobj=test)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A wrong gradient is told by its report, under the line of the test that asked, without a traceback."""
    report: Any = yield
    finding = sys.modules.get("microdl.testing.finding")
    caught = call.excinfo
    if finding is None or caught is None or not isinstance(caught.value, finding.GradcheckError):
        return report
    if report.outcome != "failed" or item.config.getoption("fulltrace"):
        return report
    shown: Any = caught.getrepr(style="value", chain=False)
    entry = shown.reprtraceback.reprentries[-1]
    shown.reprtraceback.reprentries = [entry]
    entry.lines[:0] = _asked(item, caught)
    report.longrepr = shown
    return report


def _asked(item: pytest.Item, caught: pytest.ExceptionInfo[BaseException]) -> list[str]:
    """The lines of the user's code that led to the check."""
    lines = []
    for entry in caught.traceback:
        path = Path(str(entry.path))
        if path.is_relative_to(item.path.parent):
            lines += [f"{path.name}:{entry.lineno + 1}: {str(entry.statement).strip()}"]
    return [*lines, ""] if lines else []
