"""Modules that hold modules: in sequence, by index, by name."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from .module import Module, framed, indented
from .tree import require_module

__all__ = ["DataParallel", "ModuleDict", "ModuleList", "Sequential"]

C = TypeVar("C", bound="_ByIndex")


class _ByIndex(Module):
    """What `Sequential` and `ModuleList` share: children in order, under the names "0", "1", ..."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def _key(self, index: Any) -> str:
        """The name of the child at an index; IndexError outside [-n, n)."""
        n, i = len(self), operator.index(index)
        if not -n <= i < n:
            raise IndexError(f"index {i} is out of range for {n} modules")
        return list(self._modules)[i]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._part(list(self._modules.items())[index])
        return self._modules[self._key(index)]

    def _part(self, items: list[tuple[str, Module]]) -> Any:
        raise NotImplementedError

    def __setitem__(self, index: Any, module: Module) -> None:
        setattr(self, self._key(index), module)

    def __delitem__(self, index: Any) -> None:
        gone = list(self._modules)[index] if isinstance(index, slice) else [self._key(index)]
        self._renumber(module for name, module in list(self._modules.items()) if name not in gone)

    def _renumber(self, modules: Iterable[Any]) -> None:
        new = list(modules)
        self._modules.clear()
        self._modules.update((str(i), module) for i, module in enumerate(new))

    def append(self: C, module: Module) -> C:
        """Adds a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self: C, modules: Iterable[Module]) -> C:
        """Adds modules at the end; returns the container. TypeError, with none added, where one is no module."""
        for module in (new := self._iterable(modules)):
            require_module(module)
        for module in new:
            self.append(module)
        return self

    def _iterable(self, modules: Any) -> list[Any]:
        if not isinstance(modules, Iterable):
            name = type(self).__name__
            raise TypeError(f"{name}.extend should be called with an iterable, but got {type(modules).__name__}")
        return list(modules)

    def insert(self, index: int, module: Module) -> Any:
        """Puts a module before the one at `index`."""
        raise NotImplementedError

    def _insert(self, index: int, module: Module) -> None:
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)

    def pop(self, key: Any) -> Any:
        """Takes out and returns the module at an index."""
        module = self[key]
        del self[key]
        return module

    def __iadd__(self: C, other: Iterable[Module]) -> C:
        return self.extend(other)


class Sequential(_ByIndex):
    """Modules, each called with the result of the one before; given one by one or in an OrderedDict with names.

    >>> from collections import OrderedDict
    >>> from microdl import nn
    >>> nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=64, out_features=10, bias=True)
    )
    >>> nn.Sequential(OrderedDict([("hidden", nn.Linear(64, 32)), ("act", nn.ReLU())])).act
    ReLU()

    Raises TypeError for what is no module.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = len(args) == 1 and isinstance(args[0], OrderedDict)
        pairs = args[0].items() if named else ((str(i), module) for i, module in enumerate(args))
        for name, module in pairs:
            self.add_module(name, require_module(module))

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)
        return input

    def _part(self, items: list[tuple[str, Module]]) -> Any:
        return type(self)(OrderedDict(items))

    def insert(self, index: int, module: Module) -> Sequential:
        """Puts a module before the one at `index`; returns the container. IndexError outside [-n, n]."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}, not {type(module)}")
        n = len(self)
        if not -n <= index <= n:
            raise IndexError(f"Index out of range: {index} for {n} modules")
        self._insert(index, module)
        return self

    def _iterable(self, modules: Any) -> list[Any]:
        return list(modules)

    def __add__(self, other: Any) -> Sequential:
        return Sequential(*self, *_sequential(other))

    def __iadd__(self, other: Any) -> Sequential:
        return self.extend(_sequential(other))

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*(module for _ in range(_factor(self, times)) for module in self))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        own = list(self)
        for _ in range(_factor(self, times) - 1):
            self.extend(own)
        return self


def _sequential(other: Any) -> Sequential:
    if not isinstance(other, Sequential):
        raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
    return other


def _factor(module: Module, times: Any) -> int:
    if not isinstance(times, int):
        raise TypeError(f"unsupported operand type(s) for *: {type(module)} and {type(times)}")
    if times <= 0:
        raise ValueError(f"Non-positive multiplication factor {times} for {type(module)}")
    return times


class DataParallel(Module):
    """A module as it is: where there are no GPUs, PyTorch's `DataParallel` calls it and no more.

    >>> import microdl as torch
    >>> torch.nn.DataParallel(torch.nn.Identity())(torch.ones(1))
    tensor([1.])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.DataParallel.html
    """

    module: Any

    def __init__(self, module: Any, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module, self.output_device, self.dim = module, output_device, dim
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class ModuleList(_ByIndex):
    """A list whose modules are registered, as they would not be in a plain list. It is not itself called.

    >>> from microdl import nn
    >>> layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
    >>> layers
    ModuleList(
      (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)
    )
    >>> len(list(layers.parameters()))
    6

    Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _part(self, items: list[tuple[str, Module]]) -> Any:
        return type(self)(module for _, module in items)

    def insert(self, index: int, module: Module) -> None:
        """Puts a module before the one at `index`, counted as a list does."""
        self._insert(index, require_module(module))

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        """As PyTorch prints it: equal neighbours are one line, with their number."""
        blocks: list[tuple[int, int, str]] = []
        for i, text in enumerate(map(repr, self)):
            if blocks and blocks[-1][2] == text:
                blocks[-1] = (blocks[-1][0], i, text)
            else:
                blocks.append((i, i, text))
        lines = [
            f"({first}): {indented(text)}"
            if first == last
            else f"({first}-{last}): {last - first + 1} x {indented(text)}"
            for first, last, text in blocks
        ]
        return framed(self._get_name(), [], lines)


class ModuleDict(Module):
    """A dictionary whose modules are registered. It is not itself called.

    >>> from microdl import nn
    >>> nn.ModuleDict({"linear": nn.Linear(2, 1), "act": nn.Tanh()})["act"]
    Tanh()

    Source: https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Removes all modules."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Takes out and returns a module. KeyError where there is none of that name."""
        return self._modules.pop(key)

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def items(self) -> Any:
        """The names and modules."""
        return self._modules.items()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Adds the modules of a mapping or of pairs; TypeError, with none added, where one is no module."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                "ModuleDict.update should be called with an iterable of key/value pairs, but got "
                f"{type(modules).__name__}"
            )
        pairs = list(modules.items()) if isinstance(modules, (Mapping, ModuleDict)) else list(map(_pair, modules))
        for _, module in pairs:
            require_module(module)
        for key, module in pairs:
            self[key] = module


def _pair(pair: Any) -> tuple[str, Any]:
    if not isinstance(pair, Iterable):
        raise TypeError(
            f"ModuleDict.update: a (key, module) pair should be Iterable, but is of type {type(pair).__name__}"
        )
    found = tuple(pair)
    if len(found) != 2:
        raise ValueError(f"ModuleDict.update: a (key, module) pair has length {len(found)}; 2 is required")
    return found
