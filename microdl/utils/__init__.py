"""Helpers around training: `data` has datasets and the `DataLoader`."""

from . import data, dlpack

__all__ = ["data", "dlpack"]
