"""``microdl learn``: start a package of one's own, check a chapter, get a hint, compare, skip, see what is done."""

from __future__ import annotations

import difflib
from pathlib import Path

from .chapter import chapters
from .package import Package, called
from .running import LearnError, expect_importable, outcomes, the_chapter

__all__ = ["check", "diff", "hint", "skip", "start", "status"]

_SIGNS = {"passed": "ok   ", "wrong": "WRONG", "empty": "to do", "error": "ERROR"}


def start(root: Path) -> int:
    """Lay out the reader's package."""
    every = chapters()
    expect_importable(root)
    Package.start(root, list(every.values()))
    print(f"{root}: {sum(len(c.files) for c in every.values())} files with stubs, one or more a chapter.")
    option = "" if root == Path("mydl") else f" --package {root}"
    print(f"Read {every[1].path.with_suffix('.ipynb')}, fill in the stubs, then: microdl learn check 1{option}")
    return 0


def check(root: Path, numbers: list[int]) -> int:
    """Check chapters; 0 if all pass."""
    package, every = Package(root), chapters()
    good = True
    for number in numbers or sorted(every):
        chapter = the_chapter(every, number)
        found = outcomes(package, every, number)
        print(f"Chapter {number}: {chapter.title}")
        for outcome in found:
            print(f"  {_SIGNS[outcome['state']]} {outcome['exercise']}: {outcome['says']}")
            if outcome["state"] in ("wrong", "error"):
                print("\n".join(f"        {line}" for line in outcome["why"].splitlines()))
        passed = all(outcome["state"] == "passed" for outcome in found)
        package.remember(chapter, passed)
        if not passed:
            waiting = [outcome["exercise"] for outcome in found if outcome["state"] != "passed"]
            print(f"  Stuck? microdl learn hint {number} {waiting[0]}")
        good = good and passed
    return 0 if good else 1


def hint(root: Path, number: int, name: str | None) -> int:
    """Show one hint more than last time."""
    package, chapter = Package(root), the_chapter(chapters(), number)
    by_name = {exercise.name: exercise for exercise in chapter.exercises}
    if name is None:
        written = package.written(chapter)
        name = next((key for key in by_name if key not in written), next(iter(by_name)))
    if name not in by_name:
        raise LearnError(f"chapter {number} has no exercise {name!r}, but {', '.join(by_name)}")
    hints = by_name[name].hints
    shown = package.next_hint(f"{number}.{name}", len(hints))
    print(f"{name}: {by_name[name].task}")
    print("\n".join(f"  {i}. {text}" for i, text in enumerate(hints[:shown], start=1)))
    print(f"  ({len(hints) - shown} more)" if shown < len(hints) else f"  (the last; or: microdl learn diff {number})")
    return 0


def diff(root: Path, number: int) -> int:
    """How the reader's files differ from the reference."""
    package, chapter = Package(root), the_chapter(chapters(), number)
    for file in chapter.files:
        path = package.root / file
        mine = path.read_text("utf-8").splitlines() if path.is_file() else []
        right = called(chapter.reference(file), package.root.name).splitlines()
        lines = difflib.unified_diff(mine, right, str(path), f"reference/{file}", "", "", 3, "")
        print("\n".join(lines) or f"{path} is the reference")
    return 0


def skip(root: Path, number: int) -> int:
    """Put the reference in place of a chapter."""
    package, chapter = Package(root), the_chapter(chapters(), number)
    for kept in package.skip(chapter):
        print(f"what you wrote is kept as {kept}")
    print(f"chapter {number} is the reference now: {', '.join(chapter.files)}")
    return check(root, [number])


def status(root: Path) -> int:
    """What is done."""
    package = Package(root)
    for chapter in chapters().values():
        written = package.written(chapter)
        state = "passed" if package.passed(chapter) else f"{len(written)} of {len(chapter.exercises)} written"
        print(f"{chapter.number:>3}  {chapter.title:<60}{state}")
    return 0
