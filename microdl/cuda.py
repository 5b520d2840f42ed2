"""`torch.cuda` on a machine without CUDA: nothing is available, and seeding it does nothing."""

from typing import Any

from . import dtypes
from .typed import absent


def is_available() -> bool:
    """False: microdl runs on the CPU."""
    return False


def device_count() -> int:
    """0: there are no devices."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing, as in PyTorch without CUDA."""


def manual_seed_all(seed: int) -> None:
    """Nothing, as in PyTorch without CUDA."""


def empty_cache() -> None:
    """Nothing, as in PyTorch without CUDA."""


def synchronize(device: Any = None) -> None:
    """Nothing: every operation has finished when its call returns."""


for _dtype in dtypes.ALL:
    globals()[f"{_dtype.legacy}Tensor"] = absent(f"torch.cuda.{_dtype.legacy}Tensor")
