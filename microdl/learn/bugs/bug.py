"""A planted bug: one change of a chapter's reference."""

from __future__ import annotations

from dataclasses import dataclass

from ..chapter import Chapter

__all__ = ["Bug", "planted"]


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


def planted(bug: Bug, chapter: Chapter) -> str:
    """The file with the bug. ValueError where what it replaces is not there exactly once."""
    text = chapter.reference(bug.file)
    if text.count(bug.right) != 1:
        raise ValueError(f"{bug.name}: {bug.right!r} stands {text.count(bug.right)} times in {bug.file}")
    return text.replace(bug.right, bug.wrong)
