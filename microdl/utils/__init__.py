"""Helpers around training: `data` has datasets and the `DataLoader`."""

from .. import surface
from . import checkpoint, data, dlpack

__all__ = ["checkpoint", "data", "dlpack"]

surface.install(__name__)
