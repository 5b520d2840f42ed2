"""`torch.mps` where there is no Apple GPU."""

from __future__ import annotations


def is_available() -> bool:
    """False: microdl runs on the CPU."""
    return False


def device_count() -> int:
    """0: there are no devices."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing, as in PyTorch without such a device."""


def empty_cache() -> None:
    """Raises RuntimeError, as PyTorch does without such a device."""
    raise RuntimeError("Cannot execute emptyCache() without MPS backend: microdl runs on the CPU")


def synchronize() -> None:
    """Raises RuntimeError, as PyTorch does without such a device."""
    raise RuntimeError("Cannot execute deviceSynchronize() without MPS backend: microdl runs on the CPU")
