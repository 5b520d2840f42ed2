"""Ops whose value is right and whose gradient is wrong, to measure gradient checkers by.

Three strata: `historical` (seen in released libraries and courses), `blind` (by an author who knew no checker) and
`mutation` (correct ops with one edit in their backward, drawn from `correct`).
"""

from __future__ import annotations

import importlib
import pkgutil

from .entry import Witness, WrongOp

__all__ = ["Witness", "WrongOp", "corpus", "stratum"]


def stratum(name: str) -> list[WrongOp]:
    """The entries of every module in a folder beside this file; none where there is no such folder."""
    try:
        package = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as e:
        if e.name != f"{__name__}.{name}":
            raise
        return []
    found: list[WrongOp] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        found += getattr(importlib.import_module(f"{package.__name__}.{module}"), "ENTRIES", [])
    return found


def corpus() -> list[tuple[str, WrongOp]]:
    """Every wrong op, with its stratum."""
    from .mutations import frozen

    entries = [(name, op) for name in ("historical", "blind") for op in stratum(name)]
    return entries + [("mutation", op) for op in frozen()]
