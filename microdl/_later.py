"""The parts of a package that are imported when they are first named, as a module's `__getattr__` allows (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

__all__ = ["Later"]


class Later:
    """A package's `__getattr__`, which Python asks for what the package has not: once found, it is a plain attribute.

    Args:
        package: the package's name.
        homes: modules as `from` would name them (`.check`), and the names of each, between spaces, that are the
            package's as well. A module of the package's own is one of its names.
        hint: what the error for any other name says besides.
    """

    def __init__(self, package: str, homes: Mapping[str, str], hint: str = "") -> None:
        self._package, self._hint = package, hint
        own = {home.removeprefix("."): home for home in homes if not home.startswith("..")}
        self._homes = own | {name: home for home, names in homes.items() for name in names.split()}

    def __contains__(self, name: str) -> bool:
        return name in self._homes

    def __call__(self, name: str) -> Any:
        home = self._homes.get(name)
        if home is None:
            raise AttributeError(f"module '{self._package}' has no attribute '{name}'{self._hint}")
        module = import_module(home, self._package)
        value = module if home == f".{name}" else getattr(module, name)
        setattr(sys.modules[self._package], name, value)
        return value

    def dir(self) -> list[str]:
        """The package's `__dir__`: what is there, and what will be."""
        return sorted({*vars(sys.modules[self._package]), *self._homes})
