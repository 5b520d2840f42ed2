"""`torch.multiprocessing`: the names of Python's module, whose submodules (`spawn`) are not PyTorch's functions."""

from __future__ import annotations

import multiprocessing

__all__ = list(multiprocessing.__all__)

globals().update({name: getattr(multiprocessing, name) for name in __all__})
