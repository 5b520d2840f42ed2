"""PyTorch's names for microdl: programs that say `import torch` run as they are."""

from .takeover import Takeover, as_torch

__all__ = ["Takeover", "as_torch"]
