"""Warnings that show the program's line: the nearest one that is not microdl's own."""

from __future__ import annotations

import sys
import warnings

_OWN = __name__.partition(".")[0]


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """`warnings.warn` in the name of whoever called microdl, however many calls lie in between."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == _OWN:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
