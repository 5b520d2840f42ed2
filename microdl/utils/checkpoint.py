"""`checkpoint`: PyTorch's way to forget what a part of a model computed and compute it again in backward.

Here models are small, and the part is simply computed: values, gradients and random numbers are the same.

Source: https://pytorch.org/docs/stable/checkpoint.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["checkpoint", "checkpoint_sequential"]

_OPTIONS = ("context_fn", "determinism_check", "debug", "early_stop", "preserve_rng_state")


def checkpoint(function: Callable[..., Any], *args: Any, use_reentrant: bool | None = None, **kwargs: Any) -> Any:
    """`function(*args, **kwargs)`; PyTorch's options say how to compute it again and have no meaning here.

    ValueError for keyword arguments with `use_reentrant=True`, as in PyTorch.

    >>> import microdl as torch
    >>> from microdl.utils.checkpoint import checkpoint
    >>> checkpoint(torch.square, torch.tensor([3.]), use_reentrant=False)
    tensor([9.])
    """
    rest = {name: value for name, value in kwargs.items() if name not in _OPTIONS}
    if use_reentrant and rest:
        raise ValueError("Unexpected keyword arguments: " + ",".join(rest))
    return function(*args, **rest)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """The functions of a list, or modules of a Sequential, one after another; `segments` has no meaning here."""
    for function in functions:
        input = function(input)
    return input
