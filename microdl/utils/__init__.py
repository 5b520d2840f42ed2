"""Helpers around training: `data` has datasets and the `DataLoader`."""

from . import checkpoint, data, dlpack

__all__ = ["checkpoint", "data", "dlpack"]
