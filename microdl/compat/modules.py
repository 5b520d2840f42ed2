"""PyTorch's modules, made of microdl's names."""

from __future__ import annotations

import functools
import importlib
from types import ModuleType
from typing import Any

from ..surface import explain, names
from ..surface.alternatives import alternative
from .table import EMPTY, MODULES, VERSION, VISION_VERSION, homes

__all__ = ["OwnModule", "TorchVersion", "absent", "has", "make", "resolve"]


class TorchVersion(str):
    """A version that compares as one: with text, with a tuple of numbers, part by part.

    >>> TorchVersion("2.13.0+microdl") >= "2.9", TorchVersion("2.13.0") < (3,)
    (True, True)

    Source: https://pytorch.org/docs/stable/torch.html (`torch.__version__` is one).
    """

    __slots__ = ()

    def _order(self, other: Any) -> int:
        mine, theirs = _parts(self), _parts(other)
        length = max(len(mine), len(theirs))
        pad = (0,) * length
        a, b = (*mine, *pad)[:length], (*theirs, *pad)[:length]
        return (a > b) - (a < b)

    def __lt__(self, other: Any) -> bool:
        return self._order(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._order(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._order(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._order(other) >= 0

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) if isinstance(other, str) else self._order(other) == 0

    __hash__ = str.__hash__


def _parts(version: Any) -> tuple[int, ...]:
    words = version.split("+")[0].split(".") if isinstance(version, str) else version
    numbers = []
    for word in words:
        digits = "".join(c for c in str(word) if c.isdigit())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


class OwnModule(ModuleType):
    """A module of PyTorch's name: a copy of the names, and microdl's own answer for any other."""

    _source: Any = None

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *vars(self).get("__all__", ())})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if name in dir(self._source) and not _inside(found := getattr(self._source, name)):
            return found  # before a file of that name: `torch.autograd.gradcheck` is a function
        child = f"{self.__name__}.{name}"
        if has(child):
            return importlib.import_module(child)
        try:
            found = getattr(self._source, name)
        except AttributeError as error:
            raise AttributeError(_renamed(str(error), self._source, self.__name__, name)) from None
        if _inside(found):
            raise AttributeError(explain(f"module {self.__name__!r}", self.__name__, name, vars(self)))
        return found


def _renamed(text: str, source: Any, module: str, name: str) -> str:
    """What microdl says of a name that is absent, with PyTorch's name for the module."""
    said = text.replace(f"module {getattr(source, '__name__', '')!r}", f"module {module!r}")
    plain = f"module {module!r} has no attribute {name!r}"
    return f"{plain}: {absent(f'{module}.{name}')}" if source is None or said == plain else said


def absent(name: str) -> str:
    """What to say of a module or name that is not here."""
    top = name.partition(".")[0]
    instead = alternative(name.rpartition(".")[0]) if top == "torch" else None
    advice = f". Instead: {instead}." if instead else ""
    return f"microdl, which stands in for {top} here, does not have {name!r}{advice}"


def has(name: str) -> bool:
    """Whether microdl answers to the module."""
    if name in homes() or name in EMPTY:
        return True
    try:
        return name in MODULES and resolve(MODULES[name]) is not None
    except (ImportError, AttributeError):
        return False


@functools.cache
def resolve(path: str) -> Any:
    """The object at a dotted path; AttributeError or ImportError where there is none."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name is None or not path.startswith(error.name):
            raise
    parent, _, name = path.rpartition(".")
    return getattr(resolve(parent), name)


def make(name: str) -> Any:
    """PyTorch's module `name`, made anew; what is no module, as it is."""
    source = resolve(MODULES[name]) if name in MODULES else None
    if source is not None and not isinstance(source, ModuleType):
        return source
    module = OwnModule(name, getattr(source, "__doc__", None))
    if source is not None:
        module.__dict__.update({k: v for k, v in vars(source).items() if not _own(k) and not _inside(v)})
        if hasattr(source, "__all__"):
            known = {*vars(module), *names().get(name, ())}  # of PyTorch's, also what is loaded when it is named
            module.__dict__["__all__"] = [k for k in source.__all__ if k in known or has(f"{name}.{k}")]
    for each, kind in homes().get(name, {}).items():
        module.__dict__.setdefault(each, kind)
    module._source = _package(name) if source is None else source
    module.__file__ = getattr(source, "__file__", None)
    if name in ("torch", "torchvision"):
        module.__dict__["__version__"] = TorchVersion(VERSION) if name == "torch" else VISION_VERSION
    return module


def _package(name: str) -> Any:
    """What answers for a file of PyTorch's beyond its classes, such as `random_split`: the package it is in."""
    if name in EMPTY:
        return ModuleType(name)
    while name not in MODULES:
        name = name.rpartition(".")[0]
    return resolve(MODULES[name])


def _own(name: str) -> bool:
    """Whether a name belongs to the module itself, such as `__spec__`."""
    return name.startswith("__") and name.endswith("__")


def _inside(value: Any) -> bool:
    """Whether it is a module of microdl's: PyTorch's modules are found by their names, and others are not PyTorch's."""
    return isinstance(value, ModuleType) and value.__name__.startswith("microdl.")
