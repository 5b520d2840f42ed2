"""`torch.cuda` on a machine without CUDA: nothing is available, seeding does nothing, asking for a device is an error.

Source: https://docs.pytorch.org/docs/stable/cuda.html
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NoReturn

from . import amp as _amp
from . import dtypes
from .typed import absent

amp = _amp.cuda


def is_available() -> bool:
    """False: microdl runs on the CPU."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False."""
    return False


def device_count() -> int:
    """0: there are no devices."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing, as in PyTorch without CUDA."""


def manual_seed_all(seed: int) -> None:
    """Nothing, as in PyTorch without CUDA."""


def seed() -> None:
    """Nothing, as in PyTorch without CUDA."""


def seed_all() -> None:
    """Nothing, as in PyTorch without CUDA."""


def empty_cache() -> None:
    """Nothing, as in PyTorch without CUDA."""


def get_rng_state_all() -> list[Any]:
    """No states: there are no devices."""
    return []


def set_rng_state_all(new_states: list[Any]) -> None:
    """Nothing, for no states."""


def memory_allocated(device: Any = None) -> int:
    """0, as in PyTorch without CUDA; and so the others of the kind."""
    return 0


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """No statistics, as in PyTorch without CUDA."""
    return OrderedDict()


def get_arch_list() -> list[str]:
    """No architectures, as in PyTorch without CUDA."""
    return []


def is_tf32_supported() -> bool:
    """False."""
    return False


class OutOfMemoryError(RuntimeError):
    """What a GPU that is full raises: here, nothing."""


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def synchronize(device: Any = None) -> None:
    """Nothing: every operation has finished when its call returns. (PyTorch without CUDA raises here.)"""


def _refuse(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises AssertionError, as PyTorch without CUDA does."""
    raise AssertionError(
        "Torch not compiled with CUDA enabled: microdl runs on the CPU only. Ask torch.cuda.is_available() first"
    )


current_device = get_device_name = get_device_capability = get_device_properties = set_device = init = _refuse
mem_get_info = current_stream = default_stream = _refuse
get_rng_state = initial_seed = memory_summary = reset_peak_memory_stats = ipc_collect = _refuse


class _Refusing:
    """Can be asked `isinstance`, and not made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            f"torch.cuda.{type(self).__name__} requires CUDA support: microdl runs on the CPU only. Ask "
            "torch.cuda.is_available() first, and take time.perf_counter for times"
        )


class Event(_Refusing):
    """RuntimeError, as in PyTorch without CUDA."""


class Stream(_Refusing):
    """RuntimeError, as in PyTorch without CUDA."""


for _dtype in dtypes.ALL:
    globals()[f"{_dtype.legacy}Tensor"] = absent(f"torch.cuda.{_dtype.legacy}Tensor")
