"""Comparisons and inputs for tests: PyTorch's `torch.testing`.

Source: https://pytorch.org/docs/stable/testing.html
"""

from .comparison import assert_allclose, assert_close
from .inputs import make_tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]
