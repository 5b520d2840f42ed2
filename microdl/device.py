"""`device`: microdl runs on the CPU, and says so where another device is asked for."""

from __future__ import annotations

from typing import Any, TypeVar

Constant = TypeVar("Constant", "layout", "memory_format")
_KINDS = ("cpu", "cuda", "mps", "xpu", "meta")


class device:
    """A device by name, `device("cpu")` or `device("cuda:0")`. Only the CPU can hold tensors here.

    As in PyTorch, naming a device that is not there is no error; putting a tensor on it is.
    Raises RuntimeError for a name that is no device's.

    >>> import microdl as torch
    >>> torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    device(type='cpu')

    Source: https://pytorch.org/docs/stable/tensor_attributes.html#torch.device
    """

    __slots__ = ("index", "type")

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        kind, _, number = str(type).partition(":")
        if kind not in _KINDS or (number and not number.isdigit()):
            raise RuntimeError(f"Expected one of {', '.join(_KINDS)} device type at start of device string: {type}")
        self.type: str = kind
        self.index: int | None = int(number) if number else index

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __enter__(self) -> device:
        """As the place where tensors are made: the CPU, else AssertionError."""
        require_cpu(self)
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __reduce__(self) -> Any:
        return device, (self.type,) if self.index is None else (self.type, self.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


class memory_format:
    """A wish about the order of a tensor's values in memory: accepted where PyTorch takes it, and without effect.

    `contiguous_format`, `preserve_format`, `channels_last` and `channels_last_3d` are all there are.

    >>> import microdl as torch
    >>> torch.zeros_like(torch.ones(2), memory_format=torch.preserve_format)
    tensor([0., 0.])

    Source: https://pytorch.org/docs/stable/tensor_attributes.html#torch.memory_format
    """

    __slots__ = ("_name",)

    _name: str

    def __init__(self) -> None:
        raise TypeError("cannot create 'torch.memory_format' instances: take torch.contiguous_format or another")

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name  # copies and pickles are this one


class layout:
    """How a tensor's values lie in memory: `torch.strided`, since there are no sparse tensors.

    >>> import microdl as torch
    >>> torch.ones(2).layout
    torch.strided

    Source: https://pytorch.org/docs/stable/tensor_attributes.html#torch.layout
    """

    __slots__ = ("_name",)

    _name: str

    def __init__(self) -> None:
        raise TypeError("cannot create 'torch.layout' instances: there is one, torch.strided")

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name  # copies and pickles are this one


def _constant(kind: type[Constant], name: str) -> Constant:
    constant = object.__new__(kind)
    constant._name = name
    return constant


strided = _constant(layout, "strided")
contiguous_format = _constant(memory_format, "contiguous_format")
preserve_format = _constant(memory_format, "preserve_format")
channels_last = _constant(memory_format, "channels_last")
channels_last_3d = _constant(memory_format, "channels_last_3d")

CPU = device("cpu")


def require_cpu(wanted: Any) -> None:
    """AssertionError (PyTorch's type for it) where a tensor is to go to any device but the CPU."""
    found = device(wanted)
    if found.type != "cpu":
        raise AssertionError(
            f"Torch not compiled with CUDA enabled: microdl runs on the CPU only, not on '{found}'. Use 'cpu', or "
            "choose with 'cuda' if torch.cuda.is_available() else 'cpu'."
        )
