"""``microdl learn bugs``: the planted bugs of a chapter against tests that students wrote."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .bugs import BUGS, Bug, planted
from .chapter import Chapter, chapters
from .package import called, write_reference
from .running import LearnError, expect_importable, the_chapter

__all__ = ["find_bugs", "plant"]

_SECONDS = 120
_UNUSED = 99  # the exit code where the tests pass without the package; pytest's own are 0 to 5
_RUN = f"""
import sys
sys.path.insert(0, sys.argv[1])
import pytest
code = pytest.main(sys.argv[3:])
used = getattr(sys.modules.get(sys.argv[2]), "__file__", None) or ""
sys.exit(int(code) or (0 if used.startswith(sys.argv[1]) else {_UNUSED}))
"""
# Nothing is written beside the tests; modules beside them are found after the package that is tested
_OPTIONS = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "--import-mode=append"]


def find_bugs(number: int, tests: Sequence[Path], name: str) -> int:
    """Run each file or folder of tests, which import the package `name`, on the reference and on each planted bug.

    Without tests, list the bugs. 0 where every bug is found by each of them. What the tests do is done on this machine.
    """
    every = chapters()
    bugs = _bugs_of(every, number)
    if not tests:
        print("\n".join(f"{bug.name}  ({bug.exercise}, {bug.file})" for bug in bugs))
        return 0
    if missing := [str(path) for path in tests if not path.exists()]:
        raise LearnError(f"there is no {missing[0]}: give files or folders of tests")
    if importlib.util.find_spec("pytest") is None:
        raise LearnError("pytest runs the tests, and is not installed: pip install pytest")
    found = [_find(bugs, every, path, name) for path in tests]
    if len(found) > 1:
        print(f"\nFound by how many of {len(found)}:")
        for place, bug in enumerate(bugs):
            print(f"{sum(bool(one) and one[place] for one in found):>4}  {bug.name} ({bug.exercise})")
    return 0 if all(one and all(one) for one in found) else 1


def plant(number: int, bug: str, target: Path) -> int:
    """Write the reference of all chapters with one bug into a new folder, for students to find."""
    every = chapters()
    known = {one.name: one for one in _bugs_of(every, number)}
    if bug not in known:
        raise LearnError(f"chapter {number} has no bug {bug!r}, but {', '.join(map(repr, known))}")
    if target.exists():
        raise LearnError(f"{target} exists: give the name of a new folder")
    expect_importable(target)
    _write(target, every, known[bug])
    print(f"{target}: the reference of all chapters, with a bug in it")
    return 0


def _bugs_of(every: dict[int, Chapter], number: int) -> list[Bug]:
    return [bug for bug in BUGS if bug.chapter == the_chapter(every, number).number]


def _find(bugs: Sequence[Bug], every: dict[int, Chapter], tests: Path, name: str) -> list[bool]:
    """Print and return which bugs these tests find; nothing, where they do not pass on the reference."""
    with tempfile.TemporaryDirectory() as scratch:
        packages = [Path(scratch, str(place), name) for place in range(len(bugs) + 1)]
        # Not in the threads below: those that parse at once confuse Python 3.11
        for package, bug in zip(packages, [None, *bugs], strict=True):
            _write(package, every, bug)
        code, words = _run(packages[0], tests)
        if code:
            reasons = {
                5: "no tests are in it",
                _UNUSED: f"they import no {name}: give the name that they do by --package",
            }
            print(f"{tests}: {reasons.get(code, f'they fail on the reference, and so prove nothing: {words}')}")
            return []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(lambda package: _run(package, tests)[0] not in (0, _UNUSED), packages[1:]))
    print(f"{tests}: finds {sum(found)} of {len(bugs)}")
    for bug, seen in zip(bugs, found, strict=True):
        print(f"  {'found ' if seen else 'MISSED'} {bug.name} ({bug.exercise})")
    return found


def _run(package: Path, tests: Path) -> tuple[int, str]:
    """pytest's exit code, and the error or last line that it printed. Tests that do not end have found something."""
    scratch, place = str(package.parent), str(tests.resolve())
    words = [sys.executable, "-B", "-c", _RUN, scratch, package.name, *_OPTIONS, f"--rootdir={scratch}", place]
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            cwd=scratch,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return 1, f"no end within {_SECONDS} seconds"
    lines = (done.stdout.strip() or done.stderr.strip() or "no word").splitlines()
    return done.returncode, next((line[1:].strip() for line in lines if line.startswith("E ")), lines[-1])


def _write(target: Path, every: dict[int, Chapter], bug: Bug | None) -> None:
    write_reference(target, every.values())
    if bug is not None:
        (target / bug.file).write_text(called(planted(bug, every[bug.chapter]), target.name), "utf-8")
