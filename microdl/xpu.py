"""`torch.xpu` where there is no Intel GPU."""

from __future__ import annotations

from typing import Any, NoReturn


def is_available() -> bool:
    """False: microdl runs on the CPU."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0: there are no devices."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing, as in PyTorch without such a device."""


def manual_seed_all(seed: int) -> None:
    """Nothing, as in PyTorch without such a device."""


def empty_cache() -> None:
    """Nothing, as in PyTorch without such a device."""


def _refuse(*args: Any) -> NoReturn:
    """Raises AssertionError, as PyTorch does without such a device."""
    raise AssertionError("Torch not compiled with XPU enabled: microdl runs on the CPU only")


current_device = synchronize = get_device_name = get_device_properties = set_device = _refuse
