"""Helpers around training: `data` has datasets and the `DataLoader`."""

from . import data

__all__ = ["data"]
