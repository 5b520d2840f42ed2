"""Ops whose value is right and whose gradient is wrong, to measure gradient checkers by.

Four strata: `historical` (seen in released libraries and courses), `blind` and `blind2` (by authors who knew no
checker; the second was written when the checker had been changed after what the first had shown, and also holds right
ops that are hard to check) and `mutation` (correct ops with one edit in their backward, drawn from `correct`).
"""

from __future__ import annotations

import importlib
import pkgutil

from .entry import Witness, WrongOp

__all__ = ["WRITTEN", "Witness", "WrongOp", "corpus", "stratum"]

WRITTEN = ("historical", "blind", "blind2")  # the strata that were written by hand


def stratum(name: str) -> list[WrongOp]:
    """The entries of every module in a folder beside this file; none where there is no such folder."""
    try:
        package = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as e:
        if e.name != f"{__name__}.{name}":
            raise
        return []
    found: list[WrongOp] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name != "__main__"):
        found += getattr(importlib.import_module(f"{package.__name__}.{module}"), "ENTRIES", [])
    return found


def corpus() -> list[tuple[str, WrongOp]]:
    """Every wrong op, with its stratum."""
    from .mutations import frozen

    entries = [(name, op) for name in WRITTEN for op in stratum(name)]
    return entries + [("mutation", op) for op in frozen()]
