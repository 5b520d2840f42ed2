"""A zoo of planted bugs: the mistakes that learners make, each a change of one chapter's reference.

Each is caught by the checks of its chapter, and the explanation names the cause (`why`, a regular expression). A
teacher runs them against tests that students wrote: tests that pass on a bug have missed it.
"""

from . import (
    chapter01,
    chapter02,
    chapter03,
    chapter04,
    chapter05,
    chapter06,
    chapter07,
    chapter08,
    chapter09,
    chapter10,
    chapter11,
    chapter12,
    chapter13,
)
from .bug import Bug, planted

__all__ = ["BUGS", "Bug", "planted"]

_CHAPTERS = (
    chapter01,
    chapter02,
    chapter03,
    chapter04,
    chapter05,
    chapter06,
    chapter07,
    chapter08,
    chapter09,
    chapter10,
    chapter11,
    chapter12,
    chapter13,
)
BUGS: list[Bug] = [bug for chapter in _CHAPTERS for bug in chapter.BUGS]
