"""Pictures as files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from microdl._atomic import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["save_figure"]

# What would make two equal pictures differ in their bytes: program versions and dates.
METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Creator": None, "Date": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}


def save_figure(figure: Figure | Axes, path: str | os.PathLike[str], dpi: int = 150) -> None:
    """Write a figure to a ``.png``, ``.svg`` or ``.pdf`` file: whole, or not at all.

    No date or version is written, so equal figures give equal bytes (with one version of matplotlib).

    Args:
        figure: any matplotlib figure, or the axes that the functions of this package return: the whole figure that
            they are in is written.
        path: the file; one of that name is replaced.
        dpi: pixels an inch.

    Raises:
        TypeError: ``figure`` is neither a figure nor axes.
        ValueError: the file name ends in none of ``.png``, ``.svg``, ``.pdf``.
        FileNotFoundError: the folder does not exist.
        IsADirectoryError: ``path`` is a folder.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in METADATA:
        raise ValueError(f"cannot draw into {os.fspath(path)!r}: end its name in .png, .svg or .pdf")
    from matplotlib import rc_context

    whole = _whole_figure(figure)
    content = io.BytesIO()
    with rc_context({"svg.hashsalt": "microdl"}):
        whole.savefig(content, format=kind, dpi=dpi, metadata=METADATA[kind])
    write_atomically(path, content.getvalue())


def _whole_figure(drawn: object) -> Figure:
    from matplotlib.figure import Figure

    found = drawn
    while not isinstance(found, Figure):  # axes, and figures within figures
        outer = getattr(found, "figure", None)
        if outer is None or outer is found:
            raise TypeError(f"save_figure writes a matplotlib figure, or the axes in one; got {type(drawn).__name__}")
        found = outer
    return found
