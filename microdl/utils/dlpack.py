"""DLPack: memory shared with other libraries' arrays, without a copy.

Source: https://dmlc.github.io/dlpack/latest/python_spec.html
"""

from ..interop import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
