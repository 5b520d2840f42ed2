"""Wrong ops that were thought up apart from any checker and from any one reported bug."""

from __future__ import annotations

from ..entry import WrongOp
from . import (
    axes,
    bounds,
    broadcasting,
    edges,
    indexing,
    layouts,
    losses,
    matrices,
    scalings,
    seconds,
    sequences,
    states,
    structure,
    tapes,
    terms,
    upstreams,
)

_FILES = (
    broadcasting,
    matrices,
    tapes,
    terms,
    states,
    layouts,
    indexing,
    axes,
    bounds,
    edges,
    scalings,
    seconds,
    upstreams,
    losses,
    structure,
    sequences,
)
ENTRIES: list[WrongOp] = [entry for file in _FILES for entry in file.ENTRIES]
