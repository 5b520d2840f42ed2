"""`microdl learn`: the tutorials' other half, in which the reader's own framework grows and is checked."""

from __future__ import annotations

import importlib
import io
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from .excerpt import excerpt

__all__ = ["excerpt", "use"]


def use(chapters: int, name: str = "mydl") -> ModuleType:
    """The package as it is after so many chapters, imported as mydl: the reader's own, where the working folder has one
    of this name, and the reference for each chapter of it that has not passed.

    >>> from microdl import learn
    >>> learn.use(chapters=0).__doc__
    'My own deep learning framework.'
    """
    from .chapter import chapters as every
    from .package import NAME, Package, assemble, write_reference

    scratch = Path(tempfile.mkdtemp(prefix="microdl-learn-"))
    known = {number: chapter for number, chapter in every().items() if number <= chapters}
    if Path(name, ".microdl-learn.json").is_file():
        assemble(scratch / NAME, known, Package(Path(name)), chapters + 1)
    else:
        write_reference(scratch / NAME, list(known.values()))
    for loaded in [module for module in sys.modules if module.split(".")[0] == NAME]:
        del sys.modules[loaded]
    sys.path.insert(0, str(scratch))
    importlib.invalidate_caches()
    _draw_figures()
    return importlib.import_module(NAME)


def _draw_figures() -> None:
    """In a notebook, figures and axes at the end of a cell are drawn, also those that pyplot knows nothing of."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None:
        pictures = shell.display_formatter.formatters["image/png"]
        pictures.for_type_by_name("matplotlib.figure", "Figure", _png)
        pictures.for_type_by_name("matplotlib.axes._axes", "Axes", _png)


def _png(drawn: Any) -> bytes:
    file = io.BytesIO()  # without the program's version equal figures are equal bytes
    getattr(drawn, "figure", drawn).savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
