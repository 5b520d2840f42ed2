"""A list and a dictionary whose tensors are registered as parameters."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from ..autograd.graph import TensorBase
from .module import Module
from .parameter import Parameter

__all__ = ["ParameterDict", "ParameterList"]


def _as_parameter(value: Any) -> Any:
    """A tensor as a parameter; anything else as it is."""
    return Parameter(value) if isinstance(value, TensorBase) and not isinstance(value, Parameter) else value


def _described(name: str, value: Any, kind: str) -> str:
    if not isinstance(value, Parameter):
        return f"  ({name}): Object of type: {type(value).__name__}"
    return f"  ({name}): Parameter containing: [{kind} of size {'x'.join(map(str, value.shape))}]"


class ParameterList(Module):
    """A list whose tensors are registered: each becomes a `Parameter`. Other values are kept, unregistered.

    >>> import microdl as torch
    >>> weights = torch.nn.ParameterList([torch.zeros(2, 3), torch.zeros(2)])
    >>> weights
    ParameterList(
        (0): Parameter containing: [torch.float32 of size 2x3]
        (1): Parameter containing: [torch.float32 of size 2]
    )
    >>> len(list(weights.parameters()))
    2

    Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def _name(self, index: Any) -> str:
        i = operator.index(index)
        if not -self._size <= i < self._size:
            raise IndexError(f"index {i} is out of range for {self._size} values")
        return str(i % self._size)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return getattr(self, self._name(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        setattr(self, self._name(index), _as_parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (getattr(self, str(i)) for i in range(self._size))

    def append(self, value: Any) -> ParameterList:
        """Adds a value at the end; returns the list."""
        setattr(self, str(self._size), _as_parameter(value))
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Adds values at the end; returns the list. With none added, RuntimeError where a tensor is of integers."""
        if not isinstance(values, Iterable) or isinstance(values, TensorBase):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        for value in [_as_parameter(value) for value in values]:
            self.append(value)
        return self

    __iadd__ = extend

    def pop(self, index: int = -1) -> Any:
        """Takes out and returns the value at an index."""
        values = list(self)
        value = values.pop(operator.index(index))
        for i in range(self._size):
            delattr(self, str(i))
        self._size = 0
        self.extend(values)
        return value

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterList should not be called.")

    def extra_repr(self) -> str:
        return "\n".join(_described(str(i), v, repr(getattr(v, "dtype", ""))) for i, v in enumerate(self))


class ParameterDict(Module):
    """A dictionary whose tensors are registered: each becomes a `Parameter`. Other values are kept, unregistered.

    >>> import microdl as torch
    >>> torch.nn.ParameterDict({"scale": torch.ones(2)})["scale"]
    Parameter containing:
    tensor([1., 1.], requires_grad=True)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(
                f"Index given to ParameterDict cannot be used as a key as it is not a string (type is '{type(key)}')."
            )
        if key not in self._keys and hasattr(self, key):
            raise KeyError(f"attribute '{key}' already exists")
        setattr(self, key, _as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def keys(self) -> Any:
        """The names."""
        return self._keys.keys()

    def values(self) -> Any:
        """The values."""
        return [self[key] for key in self._keys]

    def items(self) -> Any:
        """The names and values."""
        return [(key, self[key]) for key in self._keys]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or `default` where there is none."""
        return self[key] if key in self._keys else default

    def update(self, parameters: Any) -> None:
        """Adds the values of a mapping or of pairs."""
        if not isinstance(parameters, Iterable):
            raise TypeError(
                "ParametersDict.update should be called with an iterable of key/value pairs, but got "
                f"{type(parameters).__name__}"
            )
        pairs = parameters.items() if isinstance(parameters, (Mapping, ParameterDict)) else parameters
        for key, value in [(key, _as_parameter(value)) for key, value in pairs]:
            self[key] = value

    pop: Any = MutableMapping.pop
    popitem: Any = MutableMapping.popitem
    clear: Any = MutableMapping.clear
    setdefault: Any = MutableMapping.setdefault

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterDict should not be called.")

    def extra_repr(self) -> str:
        return "\n".join(_described(key, v, f"torch.{_legacy(v)}Tensor") for key, v in self.items())


def _legacy(value: Any) -> str:
    return str(value.dtype.legacy) if isinstance(value, Parameter) else ""
