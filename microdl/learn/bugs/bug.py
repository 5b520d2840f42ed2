"""A planted bug: one change of a chapter's reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..chapter import Chapter

__all__ = ["Bug", "bugs_in", "planted"]


@dataclass(frozen=True)
class Bug:
    """In `file` of a chapter, `right` is replaced by `wrong`; the check of `exercise` then explains `why`."""

    chapter: int
    name: str
    file: str
    right: str
    wrong: str
    exercise: str
    why: str


def bugs_in(chapter: int, file: str) -> Callable[[str, str, str, str, str], Bug]:
    """Makes bugs of one file: the function takes name, right, wrong, exercise and why."""
    return lambda name, right, wrong, exercise, why: Bug(chapter, name, file, right, wrong, exercise, why)


def planted(bug: Bug, chapter: Chapter) -> str:
    """The file with the bug. ValueError where what it replaces is not there exactly once."""
    text = chapter.reference(bug.file)
    if text.count(bug.right) != 1:
        raise ValueError(f"{bug.name}: {bug.right!r} stands {text.count(bug.right)} times in {bug.file}")
    return text.replace(bug.right, bug.wrong)
