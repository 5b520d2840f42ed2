"""Automatic mixed precision as a CPU program meets it: `autocast` and `GradScaler` that change nothing.

For "cuda" that is what PyTorch does without CUDA, warning included. On the CPU, PyTorch's autocast computes in
bfloat16, which microdl does not have: it stays with float32, and says so.

Source: https://docs.pytorch.org/docs/stable/amp.html
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ._warning import warn

__all__ = ["GradScaler", "autocast", "cuda", "is_autocast_available", "is_autocast_enabled"]

_DEVICES = ("cpu", "cuda", "mps", "xpu", "hpu", "mtia", "xla")


class autocast:
    """A context manager and decorator; computations inside stay as they are.

    Args:
        device_type: "cpu", "cuda", ...
        dtype: what PyTorch would compute in; not used.
        enabled: False is silent. True warns that it is switched off, as PyTorch does for a device that is not there.
        cache_enabled: not used.

    Raises RuntimeError for a device that PyTorch does not know.

    >>> import microdl as torch
    >>> with torch.autocast("cuda", enabled=torch.cuda.is_available()):
    ...     print((torch.ones(2) * 2).dtype)
    torch.float32
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if device_type not in _DEVICES:
            raise RuntimeError(f"Expected one of {', '.join(_DEVICES)} device type: got {device_type!r}")
        if enabled:
            absent = f"{device_type.upper()} is not available. Disabling autocast."
            cpu = "In CPU autocast, microdl computes in float32: it has no bfloat16. Disabling autocast."
            warn(cpu if device_type == "cpu" else absent)
        self.device, self.fast_dtype = device_type, dtype

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def same(*args: Any, **kwargs: Any) -> Any:
            return func(*args, **kwargs)

        return same


class GradScaler:
    """Scales nothing: `scale(loss)` is the loss, `step(optimizer)` steps, `update()` does nothing.

    PyTorch's does the same where it is disabled, as without CUDA; a warning says so unless enabled=False.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled:
            text = f"GradScaler is enabled, but {device.upper()} scaling is not available.  Disabling."
            warn(text)

    def scale(self, outputs: Any) -> Any:
        """The outputs as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step(*args, **kwargs)`."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Nothing."""

    def is_enabled(self) -> bool:
        """False."""
        return False

    def get_scale(self) -> float:
        """1.0."""
        return 1.0

    def state_dict(self) -> dict[str, Any]:
        """Empty, as that of PyTorch's disabled scaler."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing."""


class _CudaAutocast(autocast):
    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class _CudaGradScaler(GradScaler):
    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """False."""
    return False


def is_autocast_available(device_type: str) -> bool:
    """False."""
    return False


cuda = SimpleNamespace(autocast=_CudaAutocast, GradScaler=_CudaGradScaler)  # torch.cuda.amp
