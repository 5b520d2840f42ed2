"""Anomaly detection: a backward pass that stops at the step that makes NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._warning import warn
from .graph import Node, TensorBase

__all__ = ["detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_detect_anomaly"]


class _Anomaly:
    """Whether the mode is on, and whether it looks for NaN; for all threads, as in PyTorch."""

    enabled = False
    check_nan = True


anomaly = _Anomaly()


class set_detect_anomaly:
    """Switches the mode, at once or for a block: a step whose gradients have NaN raises a RuntimeError that names it.

    Where the step was recorded is not kept.

    >>> import microdl as torch
    >>> x = torch.tensor(0., requires_grad=True)
    >>> with torch.autograd.set_detect_anomaly(True):
    ...     (x.sqrt() * 0).backward()
    Traceback (most recent call last):
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.

    Source: https://pytorch.org/docs/stable/autograd.html#anomaly-detection
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = (anomaly.enabled, anomaly.check_nan)
        anomaly.enabled, anomaly.check_nan = mode, check_nan

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        anomaly.enabled, anomaly.check_nan = self._before


class detect_anomaly:
    """`set_detect_anomaly(True)` for a block. UserWarning: it takes time."""

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = check_nan
        warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
        )

    def __enter__(self) -> None:
        self._switch = set_detect_anomaly(True, self._check_nan)

    def __exit__(self, *error: object) -> None:
        self._switch.__exit__(*error)


def is_anomaly_enabled() -> bool:
    """Whether the mode is on."""
    return anomaly.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether the mode looks for NaN."""
    return anomaly.check_nan


def check_nan(node: Node, grads: Any) -> None:
    """RuntimeError where a step has made NaN."""
    for i, g in enumerate(grads):
        if g is not None and np.isnan(g._a if isinstance(g, TensorBase) else g).any():
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")
