"""`as_torch`: from here on, `import torch` gives microdl."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from multiprocessing import spawn
from types import ModuleType, TracebackType
from typing import Any

from ..ops.numpy_protocol import programs
from .modules import OwnModule, absent, has, make
from .table import homes

__all__ = ["Takeover", "as_torch"]

_TOPS = ("torch", "torchvision", "tensorboardX")


class _Finder:
    """Finds `torch`, `torchvision` and what is below them in microdl, before any installed package of the name."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in _TOPS:
            return None
        if not has(name):
            raise ModuleNotFoundError(_reason(name))
        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]  # it has a loader's two methods

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        made = make(module.__name__)
        if isinstance(made, OwnModule):
            made.__spec__, made.__loader__ = module.__spec__, module.__loader__
            made.__package__, made.__path__ = module.__name__, []
            if made.__spec__ is not None and made.__file__ is not None:
                made.__spec__.origin, made.__spec__.has_location = made.__file__, True
        sys.modules[module.__name__] = made  # the import system takes what stands here


class Takeover:
    """What `as_torch` returns: `undo()`, or the end of a `with` block, gives `torch` back its old meaning."""

    def __init__(self) -> None:
        self._finder = _Finder()
        self._names: dict[type, str] = {}
        self._active = False
        self._to_processes = spawn.get_preparation_data

    def start(self) -> None:
        """Take over; nothing where it is done already. RuntimeError where the real package is imported."""
        if self._active:
            return
        _refuse_the_real_ones()
        sys.meta_path.insert(0, self._finder)
        for home, kinds in homes().items():
            for kind in kinds.values():
                self._names.setdefault(kind, kind.__module__)
                kind.__module__ = home
        spawn.get_preparation_data = self._to_a_process
        programs.expect_arrays = True
        self._active = True

    def undo(self) -> None:
        """Forget the stand-ins: the next `import torch` finds what is installed."""
        if not self._active:
            return
        sys.meta_path.remove(self._finder)
        for name in [n for n in sys.modules if n.partition(".")[0] in _TOPS]:
            del sys.modules[name]
        for kind, module in self._names.items():
            kind.__module__ = module
        self._names.clear()
        spawn.get_preparation_data = self._to_processes
        programs.expect_arrays = False
        self._active = False

    def _to_a_process(self, name: str) -> dict[str, Any]:
        """What a process that is not forked is sent before the program: this object first, which takes over there."""
        data = {"torch": self, **self._to_processes(name)}
        if name == "ignore":  # for the fork server, which takes only paths: it is not to run the program's file
            data.pop("init_main_from_path", None)
        return data

    def __reduce__(self) -> Any:
        return as_torch, ()

    def __enter__(self) -> Takeover:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.undo()

    def __repr__(self) -> str:
        return f"<torch is {'microdl' if self._active else 'not microdl'}>"


_takeover = Takeover()


def as_torch() -> Takeover:
    """From here on, `import torch` gives microdl, and so do torch's submodules and torchvision's data sets.

    For a notebook: the first cell says ``import microdl; microdl.as_torch()``, and all below stays as it is. What is
    installed under these names is not touched; it is just not what is found. Classes then say where PyTorch has them
    (``<class 'torch.Tensor'>``), NumPy's functions give arrays where they do for PyTorch's tensors, and a module or
    name that microdl does not have is a ModuleNotFoundError, ImportError or AttributeError at the line that asked for
    it. Calling it again changes nothing.

    Returns:
        a context manager, whose end (or `undo()`) gives the names back; most programs never use it.

    Raises:
        RuntimeError: the real torch or torchvision has been imported in this process. Restart, and call this first.

    Example::

        with microdl.as_torch():
            import torch
            from torch import nn
            print(type(nn.Linear(1, 1)), torch.__version__)
        # <class 'torch.nn.modules.linear.Linear'> 2.13.0+microdl
    """
    _takeover.start()
    return _takeover


def _refuse_the_real_ones() -> None:
    real: Sequence[str] = [n for n in _TOPS if n in sys.modules and not isinstance(sys.modules[n], OwnModule)]
    if real:
        raise RuntimeError(
            f"{real[0]} is already imported (from {getattr(sys.modules[real[0]], '__file__', None)}): its objects and "
            "microdl's would mix. Restart the process or the notebook's kernel, and call microdl.as_torch() before "
            f"anything imports {real[0]}"
        )


def _reason(name: str) -> str:
    """Why `import name` fails: in microdl's words for the missing attribute, where it has some."""
    parent, _, child = name.rpartition(".")
    try:
        if parent:
            getattr(sys.modules[parent], child)
    except AttributeError as error:
        text = str(error)
        return text if "microdl" in text else f"No module named {name!r}: {absent(name)}"
    except ImportError:
        pass
    return f"No module named {name!r}: {absent(name)}"
