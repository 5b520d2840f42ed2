"""What the commands of readers and of teachers share: a chapter by its number, and its checks in another process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from .chapter import Chapter
from .package import Package, assemble

__all__ = ["LearnError", "expect_importable", "outcomes", "the_chapter"]

_SECONDS = 120
_RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
from microdl.learn.checking import run_checks
found = run_checks(sys.argv[2], int(sys.argv[3]))
print("\\n" + json.dumps(found))
"""


class LearnError(Exception):
    """What was asked cannot be done: the text says why, and what to do."""


def the_chapter(every: dict[int, Chapter], number: int) -> Chapter:
    """The chapter of that number; LearnError where there is none."""
    if number not in every:
        raise LearnError(f"there is no chapter {number}: they are {min(every)} to {max(every)}")
    return every[number]


def expect_importable(root: Path) -> None:
    """LearnError where a package in that folder could not be imported for its name."""
    if not root.name.isidentifier():
        raise LearnError(f"{root.name!r} cannot be imported as a package: take a name like mydl")


def outcomes(package: Package, every: dict[int, Chapter], number: int) -> list[dict[str, str]]:
    """Run a chapter's checks in a process of their own: what the reader wrote may loop or crash."""
    with tempfile.TemporaryDirectory() as scratch:
        assemble(Path(scratch, package.name), every, package, number)
        words = [sys.executable, "-c", _RUN, scratch, package.name, str(number)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            why = f"no answer within {_SECONDS} seconds: is there a loop that does not end?"
            return [{"exercise": "all", "says": "the checks end", "state": "error", "why": why}]
    try:
        found: list[dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        return [{"exercise": "all", "says": "the package can be imported", "state": "error", "why": last}]
    return found
