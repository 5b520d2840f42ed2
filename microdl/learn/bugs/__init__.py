"""A zoo of planted bugs: the mistakes that learners make, each a change of one chapter's reference.

Each is caught by the checks of its chapter, and the explanation names the cause (`why`, a regular expression). A
teacher runs them against tests that students wrote: tests that pass on a bug have missed it.
"""

from importlib import import_module
from pkgutil import iter_modules

from .bug import Bug, planted

__all__ = ["BUGS", "Bug", "planted"]

_CHAPTERS = sorted(name for _, name, _ in iter_modules(__path__) if name.startswith("chapter"))
BUGS: list[Bug] = [bug for name in _CHAPTERS for bug in import_module(f"{__name__}.{name}").BUGS]
