"""`torch.accelerator` where there is none.

Source: https://docs.pytorch.org/docs/stable/accelerator.html
"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = [
    "current_accelerator", "current_device_index", "device_count", "empty_cache", "is_available", "set_device_index",
    "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """False: microdl runs on the CPU.

    >>> import microdl as torch
    >>> torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
    'cpu'
    """
    return False


def current_accelerator(check_available: bool = False) -> None:
    """None: there is no accelerator."""


def device_count() -> int:
    """0: there are no devices."""
    return 0


def _refuse(*args: Any) -> NoReturn:
    """Raises RuntimeError, as PyTorch does without an accelerator."""
    raise RuntimeError(
        "Cannot access accelerator device when none is available: microdl runs on the CPU. Ask "
        "torch.accelerator.is_available() first"
    )


current_device_index = set_device_index = synchronize = empty_cache = _refuse
