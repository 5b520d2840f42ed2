"""`device`: microdl runs on the CPU, and says so where another device is asked for."""

from __future__ import annotations

from typing import Any

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

    def __hash__(self) -> int:
        return hash((self.type, self.index))


CPU = device("cpu")


def require_cpu(wanted: Any) -> None:
    """AssertionError (PyTorch's type for it) where a tensor is to go to any device but the CPU."""
    found = device(wanted)
    if found.type != "cpu":
        raise AssertionError(
            f"Torch not compiled with CUDA enabled: microdl runs on the CPU only, not on '{found}'. Use 'cpu', or "
            "choose with 'cuda' if torch.cuda.is_available() else 'cpu'."
        )
