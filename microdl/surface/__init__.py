"""What PyTorch has and microdl has not: using such a name is an error that says so, and what is there instead.

`names.txt` lists PyTorch's public names (`python -m tests.parity.surface` writes it), `alternatives.py` what to use
in place of the absent ones. A module gets a `__getattr__`, which Python asks only for what is not there. A class does
not, since that would slow each attribute that is there: each absent name is a descriptor that raises.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache
from inspect import getattr_static
from pathlib import Path
from types import ModuleType
from typing import Any

from .._later import Later
from .alternatives import alternative

__all__ = ["Absent", "explain", "install", "names"]

ROOT = __package__.partition(".")[0]
VERSION = "2.13"


@cache
def names() -> dict[str, tuple[str, ...]]:
    """PyTorch's public names, by the module or class they are in, such as `torch.nn.Module`."""
    text = Path(__file__).with_name("names.txt").read_text("utf-8")
    blocks = (block.partition("]") for block in text.split("[")[1:])
    return {space: tuple(words.split()) for space, _, words in blocks}


def explain(owner: str, space: str, name: str, present: Iterable[str]) -> str:
    """The text of the error for a name that is absent.

    Args:
        owner: what was asked, as Python names it: `module 'microdl.nn'`, `'Tensor' object`.
        space: PyTorch's name for it, such as `torch.nn`.
        name: what is absent.
        present: the names that are there.

    >>> print(explain("module 'microdl'", "torch", "sortt", ["std", "sort"]))
    module 'microdl' has no attribute 'sortt'. Close to it: sort.
    """
    text = f"{owner} has no attribute '{name}'"
    known = name in names().get(space, ())
    if known:
        ours = getattr(sys.modules[ROOT], "__version__", "")
        text += f": {space}.{name} is in PyTorch {VERSION}, of which microdl {ours} covers a part."
        instead = alternative(f"{space}.{name}")
        if instead:
            return f"{text} Instead: {instead}."
    else:
        text += "."
    import difflib

    near = difflib.get_close_matches(name, [n for n in present if not n.startswith("_")], n=3, cutoff=0.7)
    return f"{text} Close to it: {', '.join(near)}." if near else text


class Absent:
    """Stands in a class for a name that PyTorch's class has: AttributeError, unless an instance sets it."""

    def __init__(self, space: str, name: str) -> None:
        self._space, self._name = space, name

    def __get__(self, instance: Any, owner: type) -> Any:
        asked = f"type object '{owner.__name__}'" if instance is None else f"'{owner.__name__}' object"
        raise AttributeError(explain(asked, self._space, self._name, present_in(owner)))


def present_in(owner: type) -> list[str]:
    """The public names of a class, without those that only stand for absent ones."""
    found: dict[str, Any] = {}
    for base in reversed(owner.__mro__):
        found.update(vars(base))
    return [name for name, value in found.items() if not (name.startswith("_") or isinstance(value, Absent))]


def install(package: str = ROOT) -> None:
    """Gives every module and class of microdl that has a namesake in PyTorch its errors for absent names.

    What is loaded later installs its own: a `package` is one that is not there when microdl has been imported.
    """
    for space, listed in names().items():
        path = ROOT + space.removeprefix("torch")
        if not f"{path}.".startswith(f"{package}."):
            continue
        module = sys.modules.get(path)
        if module is not None:
            vars(module)["__getattr__"] = _for_module(module, space)
            continue
        parent, _, last = path.rpartition(".")
        cls = vars(sys.modules[parent]).get(last) if parent in sys.modules else None
        if isinstance(cls, type):
            for name in listed:
                if not hasattr(cls, name):
                    setattr(cls, name, Absent(space, name))
            own: Any = cls.__dir__
            setattr(cls, "__dir__", _without_absent(own))  # noqa: B010 - classes are not to be assigned to otherwise


def _without_absent(listed: Callable[[Any], Iterable[str]]) -> Callable[[Any], list[str]]:
    """What completion offers: what the class lists, but not the names that are absent."""

    def __dir__(self: Any) -> list[str]:
        return [name for name in listed(self) if not isinstance(getattr_static(self, name, None), Absent)]

    return __dir__


def _for_module(module: ModuleType, space: str) -> Callable[[str], Any]:
    later = vars(module).get("__getattr__")

    def __getattr__(name: str) -> Any:
        if isinstance(later, Later) and name in later:
            return later(name)
        if name.startswith("__"):
            raise AttributeError(f"module '{module.__name__}' has no attribute '{name}'")
        text = _text(module, space, name)
        if _is_import(sys._getframe(1)):  # Python would replace an AttributeError by a text of its own
            raise ImportError(text, name=module.__name__)
        raise AttributeError(text)

    return __getattr__


@cache
def _text(module: ModuleType, space: str, name: str) -> str:
    return explain(f"module '{module.__name__}'", space, name, dir(module))


def _is_import(frame: Any) -> bool:
    """Whether the caller is at `from module import name`."""
    import dis

    code = frame.f_code.co_code
    return bool(dis.opname[code[frame.f_lasti]] == "IMPORT_FROM") if 0 <= frame.f_lasti < len(code) else False
