"""All cases, in groups: one test for each group."""

from __future__ import annotations

from ..cases import Case
from . import elementwise, indexing, linear_algebra, losses, making, modules, noise, rarer, reductions, shaping

TABLE: dict[str, list[Case]] = {}
for _part in (elementwise, reductions, shaping, indexing, linear_algebra, losses, modules, noise, making, rarer):
    for _group, _cases in _part.TABLE.items():
        if _group in TABLE:
            raise ValueError(f"two groups of cases are called {_group!r}")
        TABLE[_group] = [
            c.but(strides=_part in (elementwise, shaping, making, indexing))
            for c in {c.text: c for c in _cases}.values()
        ]
