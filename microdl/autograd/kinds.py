"""The kinds of dtype that an operation computes with: "f" for floating, "i" and "u" for integers, "b" for bool.

What PyTorch has no kernel for is refused in its words, with the kernel's name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..dtypes import from_numpy_dtype


def kind_of(*operands: Any) -> str:
    """The kind of dtype of operands of which at least one is an array, and which agree."""
    return str(_dtype_of(*operands).kind)


def _dtype_of(*operands: Any) -> Any:
    return next(x.dtype for x in operands if hasattr(x, "dtype"))


def no_kernel(kernel: str, d: np.dtype[Any]) -> NotImplementedError:
    """PyTorch's error for a dtype that an operation does not take."""
    remedy = {"b": ".long()", "f": ".float(), or .long() where integers are meant"}.get(d.kind, ".float()")
    return NotImplementedError(
        f"\"{kernel}\" not implemented for '{from_numpy_dtype(d).legacy}'. Convert it first, for example with {remedy}."
    )


def refusing(kernel: str, kinds: str) -> Callable[[Any], Any]:
    """What lets an array through unless it is of one of `kinds`."""

    def let_through(a: Any) -> Any:
        if a.dtype.kind in kinds:
            raise no_kernel(kernel, a.dtype)
        return a

    return let_through


def of_kinds(kinds: str, kernel: str, forward: Callable[..., Any]) -> Callable[..., Any]:
    """A forward that takes operands of `kinds` only; shapes that do not fit together are refused before."""

    @wraps(forward)
    def checked(*args: Any) -> Any:
        d = _dtype_of(*args)
        if d.kind not in kinds:
            np.broadcast(*(x for x in args if isinstance(x, np.ndarray)))
            raise no_kernel(kernel, d)
        return forward(*args)

    return checked
