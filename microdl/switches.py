"""Switches that PyTorch scripts set for speed or reproducibility, answered as PyTorch does on a CPU.

Results here never depend on them: there is one way to compute, and it is deterministic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._warning import warn

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compile",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_warn_always",
    "use_deterministic_algorithms",
]

_PRECISIONS = ("highest", "high", "medium")
_MODES = ("default", "warn", "error")
_state: dict[str, Any] = {"precision": "highest", "mode": 0, "interop": 1, "warn": False}


def compile(model: Any = None, **options: Any) -> Any:
    """The model or function as it is: there is nothing to compile. Also a decorator, with or without options.

    Raises TypeError for what cannot be called.

    >>> import microdl as torch
    >>> model = torch.nn.Linear(2, 1)
    >>> torch.compile(model, mode="reduce-overhead") is model
    True

    Source: https://docs.pytorch.org/docs/stable/generated/torch.compile.html
    """
    unknown = set(options) - {"fullgraph", "dynamic", "backend", "mode", "options", "disable", "recompile_limit"}
    if unknown:
        raise TypeError(f"compile() got an unexpected keyword argument {min(unknown)!r}")
    if model is None:
        same: Callable[[Any], Any] = compile
        return same
    if not callable(model):
        raise TypeError(f"compile() expects a module or a function, got {type(model).__name__}")
    return model


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted and remembered: every algorithm here is deterministic already."""
    _state["mode"] = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms(True)` was called last."""
    return bool(_state["mode"])


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether that was with warn_only=True."""
    return bool(_state["mode"] == 1)


def get_deterministic_debug_mode() -> int:
    """0, 1 (warn) or 2 (error), as set; nothing depends on it."""
    mode: int = _state["mode"]
    return mode


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """ "default", "warn" or "error", or 0, 1, 2. Raises RuntimeError for anything else."""
    if debug_mode not in (*_MODES, 0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected one of {', '.join(_MODES)}, but got {debug_mode}")
    _state["mode"] = _MODES.index(debug_mode) if isinstance(debug_mode, str) else int(debug_mode)


def set_float32_matmul_precision(precision: str) -> None:
    """Remembered; products of float32 are always computed in float32. Warns of a name that is none of the three."""
    if precision not in _PRECISIONS:
        warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current setFloat32MatmulPrecision call has "
            "no effect.",
        )
        return
    _state["precision"] = precision


def get_float32_matmul_precision() -> str:
    """What was set, "highest" at first."""
    precision: str = _state["precision"]
    return precision


def set_num_interop_threads(num: int) -> None:
    """Remembered; operations follow one another. Raises RuntimeError unless num is a positive int."""
    if type(num) is not int or num <= 0:
        raise RuntimeError(f"set_num_interop_threads expects a positive int, but got {num!r}")
    _state["interop"] = num


def get_num_interop_threads() -> int:
    """What was set, 1 at first."""
    num: int = _state["interop"]
    return num


def set_flush_denormal(mode: bool) -> bool:
    """False: denormal numbers are kept, this is not supported."""
    return False


def set_warn_always(b: bool, /) -> None:
    """Remembered; Python's own filters decide how often a warning is shown."""
    _state["warn"] = b


def is_warn_always_enabled() -> bool:
    """What `set_warn_always` was told last, False at first."""
    return bool(_state["warn"])
