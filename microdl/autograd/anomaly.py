"""The switches for anomaly detection, which has no effect here."""

from __future__ import annotations

import warnings

__all__ = ["detect_anomaly", "is_anomaly_enabled", "set_detect_anomaly"]


class set_detect_anomaly:
    """Accepted, as a call or a context manager. True warns that microdl looks for no NaN in the backward pass."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        if mode and check_nan:
            text = "microdl does not look for NaN in the backward pass: anomaly detection has no effect"
            warnings.warn(text, stacklevel=2 if type(self) is set_detect_anomaly else 3)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        pass


class detect_anomaly(set_detect_anomaly):
    """`set_detect_anomaly(True)`."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)


def is_anomaly_enabled() -> bool:
    """False."""
    return False
