"""Files: PyTorch's `.pt` format, read and written without PyTorch.

Source: https://pytorch.org/docs/stable/notes/serialization.html
"""

from .. import surface
from .files import get_unsafe_globals_in_checkpoint, load, save
from .names import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals

__all__ = [
    "add_safe_globals", "clear_safe_globals", "get_safe_globals", "get_unsafe_globals_in_checkpoint", "load",
    "safe_globals", "save",
]  # fmt: skip

surface.install(__name__)
