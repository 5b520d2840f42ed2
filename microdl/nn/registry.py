"""What a module owns: dictionaries of parameters, buffers and child modules, each also an ordinary attribute."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from typing import Any

__all__ = ["Registry"]

_set, _delete = object.__setattr__, object.__delattr__


class Registry(dict[str, Any]):
    """A dictionary that keeps every entry as an attribute of its owner, too.

    The dictionary is the truth. The attributes are there for speed: a module that had to find its weight by a
    `__getattr__` of its own would pay about 400 ns each time, an ordinary attribute costs 15. Whichever way the
    dictionary is changed, the attribute follows. The owner is referred to weakly, so that dropping a model frees it.
    """

    __slots__ = ("_owner",)

    def __init__(self, owner: Any, entries: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self._owner = weakref.ref(owner)
        self.update(entries)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        owner = self._owner()
        if owner is not None and not _is_property(owner, name):
            _set(owner, name, value)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        owner = self._owner()
        if owner is not None and not _is_property(owner, name):
            with suppress(AttributeError):
                _delete(owner, name)

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]  # unlike dict's | it changes the dictionary only
        self.update(other)
        return self

    # dict's own forms of these would pass by the two methods above
    pop: Any = MutableMapping.pop
    popitem: Any = MutableMapping.popitem
    clear: Any = MutableMapping.clear
    update: Any = MutableMapping.update
    setdefault: Any = MutableMapping.setdefault

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """Copied or pickled by itself it is a plain dictionary; a module makes its own anew."""
        return dict, (dict(self),)


def _is_property(owner: Any, name: str) -> bool:
    """Whether the owner's class defines the attribute with a setter or as a property: that comes first."""
    return hasattr(getattr(type(owner), name, None), "__set__")
